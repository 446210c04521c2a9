/* The kinds of runs, the kernel they work on, and how they report: see run.h. */
#include "workshop/run.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "policy/module.h"
#include "policy/pack.h"
#include "workshop/workshop.h"

const struct fq_run_kind *const fq_run_kinds[] = {&fq_run_test,   &fq_run_check,   &fq_run_prove,
                                                  &fq_run_replay, &fq_run_project, NULL};

const struct fq_run_kind *fq_run_kind(const char *name) {
  for (const struct fq_run_kind *const *k = fq_run_kinds; *k; k++)
    if (name && !strcmp((*k)->name, name)) return *k;
  return NULL;
}

bool fq_run_lists(const char *lists, const char *name) {
  size_t n = strlen(name);
  for (const char *at = lists; n && at && (at = strstr(at, name)); at++)
    if ((at == lists || at[-1] == ' ') && (!at[n] || at[n] == ' ')) return !strchr(name, ' ');
  return false;
}

static fq_kernel *open_kernel(const struct fq_run *r, int64_t now_ms, bool lean, void **world,
                              struct fq_error *e) {
  fq_kernel *k =
      fq_kernel_open(&(struct fq_kernel_config){.memory = true, .fake_clock = true, .lean = lean}, e);
  if (!k) return NULL;
  fq_kernel_set_time(k, now_ms);
  *world = r->world(r->worlds);
  if (!r->add(*world, k, e) && !fq_policy_add(k, e) &&
      !(lean && fq_kernel_add(k, &fq_workshop_module, fq_workshop_new(), e)) && !fq_kernel_boot(k, e))
    return k;
  fq_kernel_close(k);
  r->world_free(*world);
  *world = NULL;
  return NULL;
}

fq_kernel *fq_run_kernel(const struct fq_run *r, int64_t now_ms, void **world, struct fq_error *e) {
  return open_kernel(r, now_ms, false, world, e);
}

fq_kernel *fq_run_past(const struct fq_run *r, void **world, struct fq_past **past, struct fq_error *e) {
  char path[600];
  snprintf(path, sizeof path, "%s/county.db", r->data_dir);
  fq_kernel *k = open_kernel(r, 1, true, world, e);
  *past = k ? fq_past_open(k, path, e) : NULL;
  if (!k || *past) return k;
  fq_kernel_close(k);
  r->world_free(*world);
  *world = NULL;
  return NULL;
}

fq_json *fq_run_summary(const struct fq_run *r, bool ok, int64_t began_us) {
  const fq_json *files = fq_json_get(r->pack, "files");
  char version[48], digest[65];
  fq_pack_version(files, version, sizeof version);
  fq_pack_digest(files, digest);
  fq_json *o = fq_json_object();
  fq_json_set_bool(o, "ok", ok);
  fq_json_set_str(o, "pack", fq_json_str(r->pack, "pack"));
  fq_json_set_str(o, "version", version);
  fq_json_set_str(o, "digest", digest);
  fq_json_set_int(o, "ms", (fq_monotonic_us() - began_us) / 1000);
  return o;
}

static void line(const struct fq_report_file *f, fq_json *o) {
  char *text = fq_json_print(o);
  fprintf(f->out, "%s\n", text);
  free(text);
  fq_json_free(o);
}

static void progress(void *arg, double share, const char *zh, const char *en) {
  struct fq_report_file *f = arg;
  int percent = (int)(share * 100);
  if (percent == f->shown) return;
  f->shown = percent;
  if (f->json) {
    fq_json *o = fq_json_object(), *p = fq_json_object();
    fq_json_set_num(p, "share", share);
    fq_json_set_str(p, "zh", zh);
    fq_json_set_str(p, "en", en);
    fq_json_set(o, "progress", p);
    line(f, o);
    fflush(f->out);
  } else if (isatty(STDERR_FILENO)) {
    fprintf(stderr, "\r%3d %% %s / %s\033[K%s", percent, zh, en, percent == 100 ? "\r\033[K" : "");
  }
}

static void row(void *arg, const char *list, const fq_json *value) {
  struct fq_report_file *f = arg;
  if (f->only && strcmp(f->only, list)) return;
  if (!f->json) {
    if (f->only || !fq_run_lists(f->kind->asked, list)) f->kind->print(f->out, list, value);
    return;
  }
  fq_json *o = fq_json_object();
  fq_json_set_str(o, "list", list);
  fq_json_set(o, "row", fq_json_dup(value));
  line(f, o);
}

static void summary(void *arg, const fq_json *value) {
  struct fq_report_file *f = arg;
  f->ok = fq_json_bool(value, "ok", false);
  if (!f->json) {
    f->kind->print(f->out, NULL, value);
    return;
  }
  fq_json *o = fq_json_object();
  fq_json_set(o, "summary", fq_json_dup(value));
  line(f, o);
}

struct fq_report fq_report_lines(struct fq_report_file *f) {
  f->shown = -1;
  return (struct fq_report){.arg = f, .progress = progress, .row = row, .summary = summary};
}
