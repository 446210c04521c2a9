/*
 * Putting the kernel together: database, modules, threads; and taking it apart. Reads like a table of
 * contents. Kernel thread.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "kernel/internal.h"
#include "store/migrate.h"
#include "store/timer.h"

static enum fq_status read_key(fq_kernel *k, struct fq_error *e) {
  if (k->config.memory) return fq_random(k->key, sizeof k->key), FQ_OK;
  char path[600];
  snprintf(path, sizeof path, "%s/county.key", k->data_dir);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) {
    fq_random(k->key, sizeof k->key);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool kept = fd >= 0 && write(fd, k->key, sizeof k->key) == (ssize_t)sizeof k->key && fsync(fd) == 0;
    if (fd >= 0) close(fd);
    if (kept) return FQ_OK;
  } else if (fd >= 0) {
    bool whole = read(fd, k->key, sizeof k->key) == (ssize_t)sizeof k->key;
    close(fd);
    if (whole) return FQ_OK;
  }
  return fq_fail(e, FQ_E_STORAGE, "key", path, "无法读写县密钥 %s:%s",
                 "cannot read or write the county key %s: %s", path, strerror(errno));
}

/* The epoch changes when the journal is another one: terminals then take a snapshot instead of resuming. */
static enum fq_status read_epoch(fq_kernel *k, struct fq_error *e) {
  fq_stmt *q = fq_sql(k->db, "SELECT value FROM meta WHERE name = 'epoch'", "");
  if (fq_row(q)) {
    fq_copy(k->epoch, sizeof k->epoch, fq_col_str(q, 0));
    fq_done(q);
  } else {
    fq_random_token(k->epoch, 12);
    bool former = fq_db_allow_write(k->db, true);
    fq_exec(k->db, "INSERT INTO meta(name, value) VALUES('epoch', ?)", "s", k->epoch);
    fq_db_allow_write(k->db, former);
  }
  return fq_db_error(k->db, e);
}

fq_kernel *fq_kernel_open(const struct fq_kernel_config *config, struct fq_error *e) {
  fq_kernel *k = fq_alloc(sizeof *k);
  k->config = *config;
  if (!k->config.tick_commands) k->config.tick_commands = 512;
  if (!k->config.rearm_ms)
    k->config.rearm_ms = 5000; /* late by this much after a jump of the clock, at most */
  k->queue_tail = &k->queue;
  k->clock.fake_ms = config->fake_clock ? 1 : 0;
  k->loop = fq_loop_new();
  fq_prepare_init(k);
  if (!config->memory) {
    fq_copy(k->data_dir, sizeof k->data_dir, config->data_dir);
    snprintf(k->path, sizeof k->path, "%s/%s", k->data_dir, config->file ? config->file : "county.db");
  }
  k->db = fq_db_open(config->memory ? NULL : k->path, FQ_DB_WRITER, e);
  if (!k->db) goto fail;
  fq_db_run(k->db, fq_journal_schema);
  fq_db_run(k->db, fq_timer_schema);
  fq_db_run(k->db, fq_receipt_schema);
  fq_journal_head(k->db, &k->head);
  if (fq_db_error(k->db, e) || read_key(k, e) || read_epoch(k, e)) goto fail;
  const struct fq_plugin *const own[] = {&fq_journal_module, &fq_org_module,        &fq_account_module,
                                         &fq_factor_module,  &fq_dictionary_module, &fq_form_module,
                                         &fq_outbox_module,  &fq_blob_module,       &fq_backup_module,
                                         &fq_device_module,  &fq_audit_module,      &fq_health_module};
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
    if (fq_kernel_add(k, own[i], k, e)) goto fail;
  return k;
fail:
  fq_kernel_close(k);
  return NULL;
}

static enum fq_status taken(struct fq_error *e, const struct fq_plugin *p, const char *name) {
  return fq_fail(e, FQ_E_CONFLICT, "module.duplicate", name, "模块 %s:“%s”已由别的模块登记",
                 "module %s: \"%s\" is already declared by another module", p->name, name);
}

static struct bound_kind *kind_slot(fq_kernel *k, const char *name) {
  struct bound_kind *b = fq_map_get(k->kinds, name);
  if (!b) fq_map_put(&k->kinds, name, b = fq_alloc(sizeof *b));
  return b;
}

static void add_apply(struct bound_kind *b, const struct fq_kind *kind, void *self, bool owner) {
  struct bound_apply *a = fq_alloc(sizeof *a), **at = &b->applies;
  *a = (struct bound_apply){.fn = kind->apply, .self = self};
  if (!owner)
    while (*at)
      at = &(*at)->next;
  a->next = *at;
  *at = a;
}

static enum fq_status add(fq_kernel *k, const struct fq_plugin *p, void *self, struct fq_error *e) {
  if (k->module_count == MAX_MODULES)
    return fq_fail(e, FQ_E_CONFLICT, "module.count", p->name, "模块过多(最多 %d 个)",
                   "too many modules (at most %d)", MAX_MODULES);
  for (const struct fq_kind *x = p->kinds; x && x->name; x++) {
    struct bound_kind *b = fq_map_get(k->kinds, x->name);
    if (b && b->kind) return taken(e, p, x->name);
  }
  for (const struct fq_method *x = p->methods; x && x->name; x++)
    if (fq_map_get(k->methods, x->name)) return taken(e, p, x->name);
  struct fq_module *m = &k->modules[k->module_count++];
  *m = (struct fq_module){.table = p, .self = self};
  fq_prepare_add(k, p);
  bool deaf = k->config.lean && p->size > offsetof(struct fq_plugin, derived) && p->derived;
  for (const struct fq_kind *x = p->kinds; x && x->name; x++) {
    struct bound_kind *b = kind_slot(k, x->name);
    b->kind = x;
    if (!deaf) add_apply(b, x, self, true);
  }
  for (const struct fq_kind *x = p->also_applies; x && x->name; x++)
    if (!deaf) add_apply(kind_slot(k, x->name), x, self, false);
  for (const struct fq_reaction *x = p->reactions; x && x->kind; x++) {
    struct bound_reaction *r = fq_alloc(sizeof *r), **at = &kind_slot(k, x->kind)->reactions;
    while (*at)
      at = &(*at)->next;
    *r = (struct bound_reaction){.reaction = x, .module = m};
    *at = r;
  }
  for (const struct fq_method *x = p->methods; x && x->name; x++) {
    struct bound_method *b = fq_alloc(sizeof *b);
    *b = (struct bound_method){.method = x, .module = m};
    fq_map_put(&k->methods, x->name, b);
  }
  return FQ_OK;
}

enum fq_status fq_kernel_add(fq_kernel *k, const struct fq_plugin *p, void *self, struct fq_error *e) {
  enum fq_status s = add(k, p, self, e);
  for (const struct fq_plugin *const *part = p->parts; !s && part && *part; part++)
    s = add(k, *part, self, e);
  return s;
}

enum fq_status fq_kernel_boot(fq_kernel *k, struct fq_error *e) {
  for (struct fq_map *i = k->kinds; i; i = fq_map_next(i)) {
    const struct bound_kind *b = fq_map_value(i);
    if (!b->kind)
      return fq_fail(e, FQ_E_NOT_FOUND, "kind.unknown", fq_map_key(i),
                     "没有模块登记记录种类“%s”,却有模块要处理它",
                     "no module declares the entry kind \"%s\" that another wants to hear", fq_map_key(i));
  }
  for (size_t i = 0; i < k->module_count; i++)
    if (fq_migrate(k->db, k->modules[i].table->name, k->modules[i].table->migrations, e)) return e->status;
  if (!k->config.memory && k->config.readers > 0) {
    k->readers = fq_pool_new(k->loop, k->config.readers, fq_reader_open, fq_reader_close, k);
    k->helpers = fq_pool_new(k->loop, k->config.helpers > 0 ? k->config.helpers : 1, NULL, NULL, NULL);
  }
  for (; k->inited < k->module_count; k->inited++) {
    const struct fq_module *m = &k->modules[k->inited];
    if (m->table->init && m->table->init(m->self, k, e)) {
      if (!e->status)
        fq_fail(e, FQ_E_INTERNAL, "module.init", m->table->name, "模块 %s 启动失败",
                "module %s failed to initialise", m->table->name);
      if (!e->path[0]) fq_copy(e->path, sizeof e->path, m->table->name);
      k->inited++; /* its fini runs as well */
      return e->status;
    }
  }
  return FQ_OK;
}

enum fq_status fq_kernel_start(fq_kernel *k, struct fq_error *e) {
  fq_tick_init(k);
  for (; k->started < k->module_count; k->started++) {
    const struct fq_module *m = &k->modules[k->started];
    if (m->table->start && m->table->start(m->self, k, e)) return e->status ? e->status : FQ_E_INTERNAL;
  }
  fq_tick_soon(k);
  return FQ_OK;
}

int fq_kernel_run(fq_kernel *k) {
  fq_loop_run(k->loop);
  return 0;
}

void fq_kernel_stop(fq_kernel *k) {
  fq_loop_stop(k->loop);
}

static void free_kind(void *p) {
  struct bound_kind *b = p;
  while (b->applies) {
    struct bound_apply *next = b->applies->next;
    free(b->applies);
    b->applies = next;
  }
  while (b->reactions) {
    struct bound_reaction *next = b->reactions->next;
    free(b->reactions);
    b->reactions = next;
  }
  free(b);
}

void fq_kernel_close(fq_kernel *k) {
  if (!k) return;
  k->closing = true;
  while (k->started > 0) {
    const struct fq_module *m = &k->modules[--k->started];
    if (m->table->stop) m->table->stop(m->self, k);
  }
  fq_outside_close(k);
  /* What is still queued was not acknowledged; the transports that asked are gone. */
  while (k->queue) {
    struct fq_request *r = k->queue;
    k->queue = r->next;
    fq_fail(&r->error, FQ_E_STORAGE, "stopping", "", "服务器正在停止,未作任何更改",
            "the server is stopping, nothing was changed");
    fq_answer(k, r);
  }
  k->queue_tail = &k->queue;
  fq_pool_free(k->readers);
  fq_pool_free(k->helpers);
  fq_loop_step(k->loop);
  while (k->sessions)
    fq_session_drop(k, k->sessions);
  while (k->inited > 0) {
    const struct fq_module *m = &k->modules[--k->inited];
    if (m->table->fini) m->table->fini(m->self);
  }
  fq_alarm_free(k->due);
  fq_alarm_free(k->probe);
  fq_db_close(k->db);
  fq_loop_free(k->loop);
  fq_map_clear(&k->methods, free);
  fq_map_clear(&k->preparers, free);
  fq_map_clear(&k->kinds, free_kind);
  fq_map_clear(&k->login_failures, free);
  fq_map_clear(&k->tickets, free);
  fq_map_clear(&k->blobs_gone, free);
  fq_map_clear(&k->by_user, NULL);
  fq_map_clear(&k->by_org, NULL);
  fq_map_clear(&k->by_sid, NULL);
  free(k);
}

const struct fq_module *fq_kernel_modules(const fq_kernel *k, size_t *count) {
  *count = k->module_count;
  return k->modules;
}

bool fq_kernel_lean(const fq_kernel *k) {
  return k->config.lean;
}
fq_db *fq_kernel_db(fq_kernel *k) {
  return k->db;
}
struct fq_loop *fq_kernel_loop(fq_kernel *k) {
  return k->loop;
}
const char *fq_epoch(fq_kernel *k) {
  return k->epoch;
}
const char *fq_data_dir(fq_kernel *k) {
  return k->data_dir;
}
int64_t fq_now_ms(fq_kernel *k) {
  return fq_clock_ms(&k->clock);
}

const struct fq_kind *fq_kernel_kind(const fq_kernel *k, const char *name) {
  const struct bound_kind *b = fq_map_get(k->kinds, name);
  return b ? b->kind : NULL;
}

void fq_kernel_set_react(fq_kernel *k, fq_react_fn fn, void *self) {
  k->react = fn;
  k->react_self = self;
}

void fq_kernel_set_time(fq_kernel *k, int64_t ms) {
  k->clock.fake_ms = ms;
}

enum fq_status fq_kernel_run_until(fq_kernel *k, int64_t ms, struct fq_error *e) {
  for (;;) {
    fq_tick_queue(k);
    int64_t due = fq_timer_earliest(k->db), rings = fq_after_earliest(k);
    bool alarm = rings >= 0 && (due < 0 || rings < due);
    if (alarm) due = rings;
    if (due < 0 || due > ms) break;
    if (due > k->clock.fake_ms) k->clock.fake_ms = due;
    if (alarm) {
      fq_after_ring(k);
      continue;
    }
    if (fq_tick_direct(k, NULL, k->clock.fake_ms))
      return fq_fail(e, FQ_E_STORAGE, "storage", "", "时钟步进失败:%s", "the tick failed: %s",
                     k->storage_why);
  }
  if (ms > k->clock.fake_ms) k->clock.fake_ms = ms;
  return FQ_OK;
}

struct posted {
  fq_kernel *kernel;
  void (*fn)(fq_kernel *k, void *arg);
  void (*work)(void *arg);
  void *arg;
};

static void run_posted(void *arg) {
  struct posted *p = arg;
  p->fn(p->kernel, p->arg);
  free(p);
}

static void work_posted(void *context, void *arg) {
  struct posted *p = arg;
  p->work(p->arg);
}

void fq_post(fq_kernel *k, void (*fn)(fq_kernel *k, void *arg), void *arg) {
  struct posted *p = fq_alloc(sizeof *p);
  *p = (struct posted){.kernel = k, .fn = fn, .arg = arg};
  fq_loop_post(k->loop, run_posted, p);
}

void fq_work(fq_kernel *k, void (*work)(void *arg), void (*done)(fq_kernel *k, void *arg), void *arg) {
  struct posted *p = fq_alloc(sizeof *p);
  *p = (struct posted){.kernel = k, .fn = done, .work = work, .arg = arg};
  if (k->helpers)
    fq_pool_add(k->helpers, work_posted, run_posted, p);
  else
    work_posted(NULL, p), fq_loop_post(k->loop, run_posted, p);
}

bool fq_ready(fq_kernel *k, char *why, size_t cap) {
  fq_copy(why, cap, k->storage_down ? k->storage_why : "");
  for (size_t i = 0; i < k->inited && !why[0]; i++)
    if (k->modules[i].table->health) k->modules[i].table->health(k->modules[i].self, why, cap);
  return !why[0];
}

bool fq_route(fq_kernel *k, struct fq_http *h) {
  for (size_t i = 0; i < k->module_count; i++)
    for (const struct fq_route *r = k->modules[i].table->routes; r && r->prefix; r++)
      if (!strncmp(h->path, r->prefix, strlen(r->prefix))) {
        h->path += strlen(r->prefix);
        h->status = 200;
        r->fn(k->modules[i].self, h);
        return true;
      }
  return false;
}

char *fq_metrics(fq_kernel *k) {
  struct fq_buf b = {0};
  const struct {
    const char *name, *type, *help;
    double value;
  } own[] = {
      {"fengqiao_ticks_total", "counter", "transactions", k->stats.ticks},
      {"fengqiao_ticks_failed_total", "counter", "transactions that could not commit", k->stats.failed_ticks},
      {"fengqiao_tick_slowest_ms", "gauge", "slowest tick since the start", k->stats.slowest_ms},
      {"fengqiao_commands_total", "counter", "commands taken from the queue", k->stats.commands},
      {"fengqiao_queries_total", "counter", "queries", k->stats.queries},
      {"fengqiao_refused_total", "counter", "requests answered with an error", k->stats.refused},
      {"fengqiao_entries_total", "counter", "journal entries committed", k->stats.entries},
      {"fengqiao_journal_head", "gauge", "number of the last entry", (double)k->head.seq},
      {"fengqiao_storage_up", "gauge", "1 when commits succeed", k->storage_down ? 0 : 1},
  };
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
    fq_buf_fmt(&b, "# HELP %s %s\n# TYPE %s %s\n%s %.17g\n", own[i].name, own[i].help, own[i].name,
               own[i].type, own[i].name, own[i].value);
  for (size_t i = 0; i < k->inited; i++)
    for (const struct fq_metric *m = k->modules[i].table->metrics; m && m->name; m++)
      fq_buf_fmt(&b, "# HELP %s %s\n# TYPE %s %s\n%s %.17g\n", m->name, m->help, m->name,
                 m->counter ? "counter" : "gauge", m->name, m->read(k->modules[i].self));
  return b.data;
}
