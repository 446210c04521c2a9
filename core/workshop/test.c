/* test: a pack's scenarios. See run.h, policy/scenario.h. */
#include <string.h>

#include "base/clock.h"
#include "policy/scenario.h"
#include "workshop/run_internal.h"

struct telling {
  const struct fq_run *run;
  void *world;
};

static enum fq_status add(void *arg, fq_kernel *k, struct fq_error *e) {
  struct telling *t = arg;
  t->world = t->run->world(t->run->worlds);
  return t->run->add(t->world, k, e);
}

static void gone(void *arg) {
  struct telling *t = arg;
  t->run->world_free(t->world);
  t->world = NULL;
}

static bool row(void *arg, const fq_json *value, int at, int count) {
  const struct fq_run *r = ((struct telling *)arg)->run;
  r->out.row(r->out.arg, "scenarios", value);
  r->out.progress(r->out.arg, (double)at / count, fq_json_str(value, "title"), fq_json_str(value, "file"));
  return !r->out.cancelled || !r->out.cancelled(r->out.arg);
}

enum fq_status fq_run_scenarios(const struct fq_run *r, const char *only, struct fq_scenario_count *count,
                                struct fq_error *e) {
  struct telling t = {.run = r};
  return fq_scenario_play(
      &(struct fq_scenario_config){
          .pack = r->pack, .only = only, .add = add, .gone = gone, .row = row, .arg = &t},
      count, e);
}

static enum fq_status run(const struct fq_run *r, struct fq_error *e) {
  struct fq_scenario_count count;
  int64_t began_us = fq_monotonic_us();
  if (fq_run_scenarios(r, fq_json_str(r->options, "only"), &count, e)) return e->status;
  fq_json *s = fq_run_summary(r, !count.failed, began_us);
  fq_json_set_int(s, "played", count.played);
  fq_json_set_int(s, "failed", count.failed);
  r->out.summary(r->out.arg, s);
  fq_json_free(s);
  return FQ_OK;
}

void fq_print_scenario(FILE *out, const fq_json *row) {
  const char *file = fq_json_str(row, "file");
  fprintf(out, "%s %s  (%s, %.1f ms)\n", fq_json_bool(row, "ok", false) ? "✓" : "✗",
          fq_json_str(row, "title"), file, fq_json_num(row, "ms", 0));
  fq_json_each(w, fq_json_get(row, "wrong")) {
    const char *zh = fq_json_str(w, "zh"), *en = fq_json_str(w, "en");
    fprintf(out, "    %s:%lld: %s\n", file, (long long)fq_json_int(w, "line", 0), zh);
    if (strcmp(zh, en)) fprintf(out, "        %s\n", en);
  }
}

static void print(FILE *out, const char *list, const fq_json *value) {
  if (list) fq_print_scenario(out, value);
}

static const struct fq_param options[] = {{.name = "only",
                                           .type = FQ_T_STRING,
                                           .min = 1,
                                           .max = 160,
                                           .zh = "只演文件名含这几个字的",
                                           .en = "only files with this in their name"},
                                          {0}};

const struct fq_run_kind fq_run_test = {.name = "test",
                                        .options = options,
                                        .run = run,
                                        .print = print,
                                        .lists = "scenarios",
                                        .zh = "情景",
                                        .en = "scenarios"};
