/*
 * prove: over every village, category, level and hour of a week, who would own it, within which limits, who
 * is sent; and what becomes of it when nobody acts. See run.h, prove.h.
 */
#include "workshop/prove.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "workshop/run_internal.h"

#define OFFSET_MS (8 * HOUR_MS) /* a county's hours are those of Beijing */

/* -- the county
 * ----------------------------------------------------------------------------------------------- */

static const char *const core_kinds[] = {
    "org.unit_set",  "user.set",           "user.disabled", "dictionary.set",
    "pack.deployed", "policy.rolled_back", "policy.moved",  NULL};

static bool find_model(struct proof *p) {
  p->modules = fq_kernel_modules(p->kernel, &p->module_count);
  for (size_t i = 0; i < p->module_count && !p->model; i++) {
    p->plugin = p->modules[i].table;
    p->model = p->plugin->proof;
  }
  return p->model;
}

static int64_t monday_after(int64_t ms) {
  int64_t days = (ms + OFFSET_MS) / DAY_MS; /* 1970-01-01 was a Thursday */
  int64_t monday = days - (days + 3) % 7;
  return (monday < days ? monday + 7 : monday) * DAY_MS - OFFSET_MS;
}

/* A Monday's date, else the week that comes after what the county did last: the same input, the same week. */
static enum fq_status find_week(struct proof *p, int64_t last_ms, struct fq_error *e) {
  const char *week = fq_json_str(p->run->options, "week");
  char text[40];
  p->week_ms = monday_after(last_ms ? last_ms : fq_now_ms(p->kernel));
  if (!week) return FQ_OK;
  fq_copy(text, sizeof text, week);
  if (strlen(week) == 10) snprintf(text, sizeof text, "%sT00:00:00+08:00", week);
  p->week_ms = fq_time_parse(text);
  if (p->week_ms >= 0 && monday_after(p->week_ms) == p->week_ms) return FQ_OK;
  return fq_fail(e, FQ_E_PARAMS, "proof.week", "week", "应为一个周一的日期,如 2026-03-02",
                 "expected the date of a Monday, such as 2026-03-02");
}

static enum fq_status learn(struct proof *p, int64_t *last_ms, struct fq_error *e) {
  fq_json *kinds = fq_json_array();
  char *path = fq_printf("%s/county.db", p->run->data_dir);
  for (const char *const *k = core_kinds; *k; k++)
    fq_json_push(kinds, fq_json_new_str(*k));
  for (const char *const *k = p->model->learns; *k; k++)
    fq_json_push(kinds, fq_json_new_str(*k));
  enum fq_status st = fq_kernel_learn(p->kernel, path, kinds, last_ms, e);
  free(path);
  fq_json_free(kinds);
  return st;
}

static enum fq_status open_county(struct proof *p, struct fq_error *e) {
  int64_t last_ms = 0;
  p->kernel = fq_run_kernel(p->run, 1, &p->world, e);
  if (!p->kernel) return e->status;
  p->db = fq_kernel_db(p->kernel);
  if (!find_model(p))
    return fq_fail(e, FQ_E_NOT_FOUND, "proof.model", "", "没有插件说明什么可供证明",
                   "no plugin says what there is to prove");
  enum fq_status st = learn(p, &last_ms, e);
  if (!st) st = find_week(p, last_ms, e);
  if (st) return st;
  fq_kernel_set_time(p->kernel, p->week_ms - 1);
  fq_json *deploy = fq_json_dup(p->run->pack);
  return fq_kernel_call(p->kernel, NULL, "pack.deploy", deploy, NULL, e);
}

/* -- the run
 * -------------------------------------------------------------------------------------------------- */

static void silent_progress(void *arg, double share, const char *zh, const char *en) {
  (void)arg, (void)share, (void)zh, (void)en;
}
static void silent_row(void *arg, const char *list, const fq_json *value) {
  (void)arg, (void)list, (void)value;
}

/* What only a person's doing leads to - declining, reporting back - the scenarios show. */
static void play_scenarios(const struct proof *p) {
  struct fq_run quiet = *p->run;
  struct fq_scenario_count count;
  struct fq_error ignored = {0}; /* whether they come true is told by `test` */
  quiet.out = (struct fq_report){.progress = silent_progress, .row = silent_row};
  fq_run_scenarios(&quiet, NULL, &count, &ignored);
}

static size_t decisions(const struct proof *p) {
  size_t n = 0;
  for (size_t i = 0; i < p->handler_count; i++)
    n += fq_tree_decisions(p->handlers[i].tree);
  return n;
}

static void summary(const struct proof *p, int64_t began_us) {
  fq_json *s = fq_run_summary(p->run, !p->errors, began_us);
  char week[32];
  int64_t situations = (int64_t)(p->place_count * p->category_count * p->level_count * p->slot_count);
  fq_time_format(p->week_ms, week);
  fq_json_set_int(s, "situations", situations);
  fq_json_set_int(s, "classes", (int64_t)fq_map_size(p->classes));
  fq_json_set_int(s, "villages", (int64_t)p->village_count);
  fq_json_set_int(s, "places", (int64_t)p->place_count);
  fq_json_set_int(s, "categories", (int64_t)p->category_count);
  fq_json_set_int(s, "levels", (int64_t)p->level_count);
  fq_json_set_int(s, "slots", (int64_t)p->slot_count);
  fq_json_set_int(s, "decisions", (int64_t)decisions(p));
  fq_json_set_int(s, "played", (int64_t)p->ending_count);
  fq_json_set_bool(s, "played_all", p->played_all);
  fq_json_set_int(s, "errors", p->errors);
  fq_json_set_int(s, "warnings", p->warnings);
  fq_json_set_int(s, "notes", p->notes);
  fq_json_set_str(s, "week", week);
  fq_json_set_int(s, "passive_ms", p->passive_ms);
  p->run->out.summary(p->run->out.arg, s);
  fq_json_free(s);
}

static enum fq_status prove(struct proof *p, struct fq_error *e) {
  enum fq_status st = open_county(p, e);
  if (!st) st = prove_county(p, e);
  if (st) return st;
  p->host = fq_policy_host(p->kernel);
  p->coverage = fq_coverage_new();
  fq_coverage_use(p->coverage);
  st = prove_walk_open(p, e);
  if (!st) {
    play_scenarios(p);
    st = prove_find(p, e);
  }
  fq_coverage_use(NULL);
  return st;
}

static enum fq_status run(const struct fq_run *r, struct fq_error *e) {
  struct proof p = {.run = r, .played_all = true};
  int64_t began_us = fq_monotonic_us();
  p.passive_ms = fq_json_int(r->options, "passive", 7 * DAY_MS);
  enum fq_status st = prove(&p, e);
  if (!st) {
    summary(&p, began_us);
    r->out.progress(r->out.arg, 1, "证明完毕", "proved");
  }
  prove_find_free(&p);
  prove_play_free(&p);
  if (p.kernel) {
    prove_walk_close(&p);
    prove_county_free(&p);
    fq_kernel_close(p.kernel);
    r->world_free(p.world);
  }
  fq_coverage_free(p.coverage);
  return st;
}

static const struct fq_param options[] = {
    {.name = "village", .type = FQ_T_ID, .zh = "只证明这个村(或网格)", .en = "only this village or grid"},
    {.name = "category", .type = FQ_T_ID, .zh = "只证明这个类别", .en = "only this category"},
    {.name = "level", .type = FQ_T_INT, .min = 1, .max = 9, .zh = "只证明这个等级", .en = "only this level"},
    {.name = "passive",
     .type = FQ_T_INT,
     .min = 60000,
     .max = 31 * 86400000.0,
     .zh = "无人处置推演多久(毫秒),默认 7 天",
     .en = "how long nobody acts, in ms; 7 days"},
    {.name = "week",
     .type = FQ_T_STRING,
     .min = 10,
     .max = 30,
     .zh = "哪一周:周一的日期,默认县里最后一条记录之后的一周",
     .en = "the date of a Monday; the week after the county's last entry"},
    {0}};

const struct fq_run_kind fq_run_prove = {.name = "prove",
                                         .options = options,
                                         .county = true,
                                         .run = run,
                                         .print = prove_print,
                                         .lists = "problems villages coverage rules",
                                         .asked = "villages coverage rules",
                                         .zh = "证明",
                                         .en = "proof"};
