/* The workshop module's table of contents: see workshop.h. Kernel thread. */
#include "workshop/workshop.h"

#include <stdlib.h>

#include "base/mem.h"
#include "loop/loop.h"
#include "workshop/workshop_internal.h"

void fq_workshop_children(void *self, const char *plugins, const char *config) {
  struct fq_workshop *w = self;
  size_t n = 0;
  w->children = true;
  if (plugins) {
    w->child_args[n++] = fq_strdup("--plugins");
    w->child_args[n++] = fq_strdup(plugins);
  }
  if (config) {
    w->child_args[n++] = fq_strdup("--config");
    w->child_args[n++] = fq_strdup(config);
  }
}

struct fq_task_config fq_workshop_task(const struct fq_workshop *w, const struct fq_run_kind *kind) {
  return (struct fq_task_config){.kind = kind,
                                 .args = w->child_args,
                                 .memory_bytes = w->memory_bytes,
                                 .wall_ms = (int64_t)(w->minutes * 60000),
                                 .kernel = w->kernel};
}

static enum fq_status init(void *self, fq_kernel *k, struct fq_error *e) {
  struct fq_workshop *w = self;
  w->kernel = k;
  if (!w->jobs_most) w->jobs_most = 2;
  if (w->minutes <= 0) w->minutes = 10;
  if (!w->memory_bytes) w->memory_bytes = 1ll << 30;
  if (w->children) {
    size_t n = 0;
    while (w->child_args[n])
      n++;
    if (fq_data_dir(k)[0]) {
      w->child_args[n++] = fq_strdup("--data");
      w->child_args[n++] = fq_strdup(fq_data_dir(k));
    }
    fq_policy_set_gate(k, fq_workshop_play, w);
  }
  return FQ_OK;
}

static enum fq_status start(void *self, fq_kernel *k, struct fq_error *e) {
  fq_jobs_start(self);
  return FQ_OK;
}

static void stop(void *self, fq_kernel *k) {
  fq_jobs_stop(self);
  fq_workshop_play_end(self);
}

void fq_workshop_free(void *self) {
  struct fq_workshop *w = self;
  if (!w) return;
  fq_jobs_fini(w);
  for (size_t i = 0; i < sizeof w->child_args / sizeof *w->child_args; i++)
    free(w->child_args[i]);
  fq_alarm_free(w->again);
  pthread_mutex_destroy(&w->lock);
  free(w);
}

static const struct fq_option options[] = {
    {"jobs", FQ_O_INT, FQ_OPTION_AT(struct fq_workshop, jobs_most), .fallback = "2", .min = 1, .max = 16,
     .zh = "同时运行的作业数,其余排队", .en = "jobs that run at a time; others wait"},
    {"minutes", FQ_O_NUMBER, FQ_OPTION_AT(struct fq_workshop, minutes), .fallback = "10", .min = 0.01,
     .max = 1440, .zh = "一个作业最多运行几分钟", .en = "minutes one job may take"},
    {"memory", FQ_O_SIZE, FQ_OPTION_AT(struct fq_workshop, memory_bytes), .fallback = "1 GiB",
     .min = 256 << 20, .max = 64.0 * (1 << 30), .zh = "一个作业的内存上限(地址空间)",
     .en = "memory one job may use (address space)"},
    {0}};

static const struct fq_plugin *const parts[] = {&fq_workshop_draft, &fq_workshop_job, NULL};

const struct fq_plugin fq_workshop_module = {FQ_PLUGIN_HEAD,
                                             .name = "workshop",
                                             .version = "1",
                                             .zh = "规则工坊",
                                             .en = "the policy workshop",
                                             .options = options,
                                             .self_bytes = sizeof(struct fq_workshop),
                                             .init = init,
                                             .start = start,
                                             .stop = stop,
                                             .fini = fq_workshop_free,
                                             .parts = parts};

void *fq_workshop_new(void) {
  struct fq_workshop *w = fq_alloc(sizeof *w);
  pthread_mutex_init(&w->lock, NULL);
  return w;
}
