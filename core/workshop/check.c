/* check: everything that can be said of a candidate before anybody is decided about: what does not compile,
 * the scenarios, the proof. See run.h. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "policy/host.h"
#include "workshop/run_internal.h"

/* -- what does not compile
 * ------------------------------------------------------------------------------------- */

static void add_lines(const struct fq_run *r, fq_json *finding) {
  const char *path = fq_json_str(finding, "path");
  const char *text = path ? fq_json_str(fq_json_get(r->pack, "files"), path) : NULL;
  if (text && !fq_json_get(finding, "lines"))
    fq_json_set(finding, "lines", fq_lines_around(text, (int)fq_json_int(finding, "line", 0)));
}

/* How many there are; -1: the run has failed. */
static int64_t find(const struct fq_run *r, struct fq_error *e) {
  void *world = NULL;
  fq_json *result = NULL;
  fq_kernel *k = fq_run_kernel(r, 0, &world, e);
  if (!k) return -1;
  enum fq_status st = fq_kernel_call(k, NULL, "pack.check", fq_json_dup(r->pack), &result, e);
  fq_kernel_close(k);
  r->world_free(world);
  if (st) return -1;
  const fq_json *findings = fq_json_get(result, "findings");
  int64_t count = (int64_t)fq_json_size(findings);
  fq_json_each(f, findings) {
    fq_json *row = fq_json_dup(f);
    add_lines(r, row);
    r->out.row(r->out.arg, "findings", row);
    fq_json_free(row);
  }
  fq_json_free(result);
  return count;
}

/* -- a run within the run
 * -------------------------------------------------------------------------------------- */

/* Its rows are ours, its progress is a stretch of ours, its summary a part of ours. */
struct within {
  const struct fq_run *run;
  double from, to;
  fq_json *summary;
};

static void progress(void *arg, double share, const char *zh, const char *en) {
  struct within *w = arg;
  w->run->out.progress(w->run->out.arg, w->from + share * (w->to - w->from), zh, en);
}
static void row(void *arg, const char *list, const fq_json *value) {
  struct within *w = arg;
  w->run->out.row(w->run->out.arg, list, value);
}
static void summary(void *arg, const fq_json *value) {
  struct within *w = arg;
  w->summary = fq_json_dup(value);
}
static bool cancelled(void *arg) {
  struct within *w = arg;
  return w->run->out.cancelled && w->run->out.cancelled(w->run->out.arg);
}

static struct fq_run run_within(struct within *w, const fq_json *options) {
  struct fq_run inner = *w->run;
  inner.options = options;
  inner.out = (struct fq_report){
      .arg = w, .progress = progress, .row = row, .summary = summary, .cancelled = cancelled};
  return inner;
}

/* -- the whole
 * ------------------------------------------------------------------------------------------------- */

static bool has_county(const struct fq_run *r) {
  if (!r->data_dir) return false;
  char *path = fq_printf("%s/county.db", r->data_dir);
  bool there = access(path, R_OK) == 0;
  free(path);
  return there;
}

static enum fq_status play(const struct fq_run *r, struct fq_scenario_count *count, struct fq_error *e) {
  struct within w = {.run = r, .from = 0.05, .to = has_county(r) ? 0.5 : 1};
  *count = (struct fq_scenario_count){0};
  if (!fq_scenario_files(fq_json_get(r->pack, "files"))) return FQ_OK;
  struct fq_run inner = run_within(&w, r->options);
  return fq_run_scenarios(&inner, NULL, count, e);
}

/* JSON null where there is no county to prove it for. NULL: the run has failed. */
static fq_json *prove(const struct fq_run *r, struct fq_error *e) {
  struct within w = {.run = r, .from = 0.5, .to = 1};
  if (!has_county(r)) return fq_json_new_null();
  fq_json *options = fq_json_object();
  struct fq_run inner = run_within(&w, options);
  enum fq_status st = fq_run_prove.run(&inner, e);
  fq_json_free(options);
  if (!st) return w.summary ? w.summary : fq_json_new_null();
  fq_json_free(w.summary);
  return NULL;
}

static enum fq_status run(const struct fq_run *r, struct fq_error *e) {
  int64_t began_us = fq_monotonic_us(), findings = find(r, e);
  struct fq_scenario_count stories = {0};
  fq_json *proof = NULL;
  if (findings < 0) return e->status;
  r->out.progress(r->out.arg, 0.05, "编译", "compiled");
  if (!findings && play(r, &stories, e)) return e->status; /* a pack that does not compile has no story */
  if (!findings && !(proof = prove(r, e))) return e->status;
  bool proved = fq_json_type(proof) != FQ_JSON_OBJECT || !fq_json_int(proof, "errors", 0);
  fq_json *s = fq_run_summary(r, !findings && !stories.failed && proved, began_us), *o = fq_json_object();
  fq_json_set_int(s, "findings", findings);
  fq_json_set_int(o, "played", stories.played);
  fq_json_set_int(o, "failed", stories.failed);
  fq_json_set(s, "scenarios", o);
  fq_json_set(s, "proof", proof ? proof : fq_json_new_null());
  r->out.summary(r->out.arg, s);
  fq_json_free(s);
  return FQ_OK;
}

static void print_finding(FILE *out, const fq_json *f) {
  long long line = fq_json_int(f, "line", 0);
  const char *zh = fq_json_str(f, "zh"), *en = fq_json_str(f, "en");
  fprintf(out, "✗ %s", fq_json_str(f, "path"));
  if (line) fprintf(out, ":%lld", line);
  fprintf(out, ": %s\n", zh);
  if (strcmp(zh, en)) fprintf(out, "    %s\n", en);
  fq_json_each(l, fq_json_get(f, "lines"))
      fprintf(out, "    %5lld %s %s\n", (long long)fq_json_int(l, "line", 0),
              fq_json_int(l, "line", 0) == line ? ">" : " ", fq_json_str(l, "text"));
}

static void print_summary(FILE *out, const fq_json *s) {
  const fq_json *stories = fq_json_get(s, "scenarios"), *proof = fq_json_get(s, "proof");
  long long findings = fq_json_int(s, "findings", 0), played = fq_json_int(stories, "played", 0),
            failed = fq_json_int(stories, "failed", 0);
  fprintf(out, "%s %s %s\n", fq_json_bool(s, "ok", false) ? "✓" : "✗", fq_json_str(s, "pack"),
          fq_json_str(s, "version"));
  if (findings) {
    fprintf(out, "  %lld 处错误,情景和证明未做 / %lld mistakes; scenarios and proof were left out\n",
            findings, findings);
    return;
  }
  fprintf(out, "  情景 %lld 个,%lld 个没有通过 / %lld scenarios, %lld did not come true\n", played, failed,
          played, failed);
  if (fq_json_type(proof) == FQ_JSON_OBJECT)
    fprintf(out, "  证明:%lld 处错误,%lld 处警告 / proof: %lld errors, %lld warnings\n",
            (long long)fq_json_int(proof, "errors", 0), (long long)fq_json_int(proof, "warnings", 0),
            (long long)fq_json_int(proof, "errors", 0), (long long)fq_json_int(proof, "warnings", 0));
  else
    fprintf(out, "  没有县的数据,未作证明(--data DIR) / no county, so no proof (--data DIR)\n");
}

static void print(FILE *out, const char *list, const fq_json *value) {
  if (!list)
    print_summary(out, value);
  else if (!strcmp(list, "findings"))
    print_finding(out, value);
  else if (!strcmp(list, "scenarios"))
    fq_print_scenario(out, value);
  else
    fq_run_prove.print(out, list, value);
}

const struct fq_run_kind fq_run_check = {.name = "check",
                                         .run = run,
                                         .print = print,
                                         .lists = "findings scenarios problems villages coverage rules",
                                         .asked = "villages coverage rules",
                                         .zh = "检查",
                                         .en = "check"};
