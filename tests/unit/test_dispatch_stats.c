/* Statistics: each figure against one counted the long way round, from the incidents themselves. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch_world.h"
#include "stats/stats.h"
#include "store/db.h"

static uint64_t dice_state;
static uint32_t dice(uint32_t sides) {
  dice_state = dice_state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(dice_state >> 33) % sides;
}

/* ---- order ------------------------------------------------------------------------------------------- */

static int ascending(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

static void sorted_as_qsort_sorts(void **state) {
  static const size_t sizes[] = {0, 1, 2, 63, 64, 65, 1000, 70000};
  static int64_t v[70000], same[70000], spare[70000];
  dice_state = 1;
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    for (uint32_t bits = 1; bits <= 61; bits += 12) {
      for (size_t i = 0; i < sizes[s]; i++)
        v[i] = same[i] = (int64_t)(((uint64_t)dice(1u << 30) << 31 | dice(1u << 30)) >> (61 - bits));
      st_sort(v, spare, sizes[s]);
      qsort(same, sizes[s], sizeof *same, ascending);
      assert_memory_equal(v, same, sizes[s] * sizeof *v);
    }
  }
}

/* The definition, word for word. */
static int64_t nearest_rank(const int64_t *v, size_t n, double p) {
  int64_t best = INT64_MAX;
  for (size_t i = 0; i < n; i++) {
    size_t not_above = 0;
    for (size_t j = 0; j < n; j++)
      not_above += v[j] <= v[i];
    if ((double)not_above * 100 >= p * (double)n && v[i] < best) best = v[i];
  }
  return best;
}

static void nearest_rank_it_is(void **state) {
  static const double ps[] = {0.1, 1, 25, 50, 75, 90, 95, 99, 99.9, 100};
  int64_t v[120];
  dice_state = 2;
  for (size_t n = 1; n <= 120; n++) {
    for (size_t i = 0; i < n; i++)
      v[i] = dice(n % 2 ? 1000000 : 7);
    qsort(v, n, sizeof *v, ascending);
    for (size_t p = 0; p < sizeof ps / sizeof *ps; p++)
      assert_int_equal(st_percentile(v, n, ps[p]), nearest_rank(v, n, ps[p]));
  }
}

/* ---- the query against the incidents ------------------------------------------------------------------ */

static int64_t now_ms; /* after t0 */
static void later(uint32_t most_ms) {
  at(now_ms += 1 + dice(most_ms));
}

static char newest[FQ_ID_MAX];

static void one_life(void) {
  static const char *const grids[] = {GRID_A1, GRID_A2, GRID_B1, GRID_C1, "430525101201", "430525102000"};
  static const char *const categories[] = {"fire", "dispute", "flood"};
  char i[FQ_ID_MAX], t[FQ_ID_MAX], occurred[32];
  bool solved = !dice(8);
  fq_time_format(w.t0_ms + now_ms - dice(5000000), occurred);
  char former[FQ_ID_MAX];
  snprintf(former, sizeof former, "%s", newest);
  act("officer-a1", "incident.report",
      "{\"category\":\"%s\",\"level\":%u,\"title\":\"测试\",\"grid\":\"%s\",\"occurred_at\":\"%s\","
      "\"solved\":%s}",
      categories[dice(3)], 1 + dice(4), grids[dice(6)], occurred, solved ? "true" : "false");
  snprintf(i, sizeof i, "%s", fq_json_str(w.result, "id"));
  snprintf(newest, sizeof newest, "%s", i);
  if (!solved) {
    if (!dice(3) && *former &&
        !try("dispatcher", "incident.merge", "{\"id\":\"%s\",\"into\":\"%s\"}", i, former)) {
      if (dice(2)) return;
      later(100000);
      act("dispatcher", "incident.split", "{\"id\":\"%s\",\"reason\":\"不是一件事\"}", i);
    }
    if (!dice(10)) {
      act("dispatcher", "incident.void", "{\"id\":\"%s\",\"reason\":\"误报\"}", i);
      if (dice(2)) return;
      later(100000);
      act("dispatcher", "incident.reopen", "{\"id\":\"%s\",\"reason\":\"属实\"}", i);
    }
    if (!dice(10)) return;
  }
  for (int round = 0; round < 3; round++) {
    if (!solved) {
      later(600000);
      snprintf(t, sizeof t, "%s", task_for(i, "officer-a2"));
      if (!dice(5)) {
        act("dispatcher", "incident.recall", "{\"id\":\"%s\"}", i);
        later(60000);
        snprintf(t, sizeof t, "%s", task_for(i, "officer-a3"));
        later(600000);
        finish_task("officer-a3", t);
      } else {
        if (!dice(6)) return;
        later(9000000);
        finish_task("officer-a2", t);
      }
    }
    if (!dice(5)) return;
    solved = false;
    bool pass = dice(4) != 0;
    act("dispatcher", "incident.verify", "{\"id\":\"%s\",\"pass\":%s}", i, pass ? "true" : "false");
    if (!pass) continue;
    act("dispatcher", "incident.close", "{\"id\":\"%s\"}", i);
    if (dice(5)) return;
    act("dispatcher", "incident.reopen", "{\"id\":\"%s\",\"reason\":\"复发\"}", i);
  }
}

/* What the incidents themselves say: SQL over the rows of the incident part. */
#define MEASURE_SQL(what)                                                                                    \
  "SELECT " what                                                                                             \
  " FROM incident WHERE state NOT IN ('voided', 'merged') AND reported_ms >= ?1 AND reported_ms <"           \
  " ?2 AND (?3 IS NULL OR substr(path, 1, length(?3)) = ?3) AND (?4 IS NULL OR category = ?4)"               \
  " AND (?5 = 0 OR level = ?5)"
static const char *const measured[] = {
    MEASURE_SQL("reported_ms - occurred_ms"),
    MEASURE_SQL("dispatched_ms - reported_ms") " AND dispatched_ms IS NOT NULL",
    MEASURE_SQL("handled_ms - dispatched_ms") " AND handled_ms IS NOT NULL AND dispatched_ms IS NOT NULL",
};
static const char *const waited[] = {
    NULL,
    MEASURE_SQL("?6 - reported_ms") " AND dispatched_ms IS NULL AND handled_ms IS NULL",
    MEASURE_SQL("?6 - dispatched_ms") " AND dispatched_ms IS NOT NULL AND handled_ms IS NULL",
};
static const char *const names[] = {"detect", "dispatch", "resolve"};

struct asked {
  int64_t from_ms, until_ms, level, limit_ms;
  const char *path, *category;
};

static size_t values(const char *sql, const struct asked *k, int64_t *out) {
  size_t n = 0;
  fq_stmt *q = strstr(sql, "?6") ? fq_sql(fq_kernel_db(w.kernel), sql, "iissii", k->from_ms, k->until_ms,
                                          k->path, k->category, k->level, w.t0_ms + now_ms)
                                 : fq_sql(fq_kernel_db(w.kernel), sql, "iissi", k->from_ms, k->until_ms,
                                          k->path, k->category, k->level);
  while (fq_row(q))
    out[n++] = fq_col_int(q, 0);
  return n;
}

/* Returns how many were measured: a test that compares nothing with nothing proves nothing. */
static size_t same_figures(const fq_json *group, int m, const struct asked *k) {
  static int64_t v[4096], waiting[4096];
  const fq_json *f = fq_json_get(group, names[m]);
  size_t n = values(measured[m], k, v), within = 0, overdue = 0;
  for (size_t x = waited[m] ? values(waited[m], k, waiting) : 0; x--;)
    overdue += waiting[x] > k->limit_ms;
  int64_t sum = 0, max = 0;
  for (size_t x = 0; x < n; x++) {
    sum += v[x];
    within += v[x] <= k->limit_ms;
    if (v[x] > max) max = v[x];
  }
  assert_non_null(f);
  assert_int_equal(fq_json_int(f, "count", -1), n);
  assert_int_equal(fq_json_int(f, "within", -1), within);
  if (m) assert_int_equal(fq_json_int(f, "overdue", -1), overdue);
  if (n + overdue)
    assert_float_equal(fq_json_num(f, "rate", -1), (double)within / (double)(n + overdue), 1e-12);
  if (!n) return 0;
  assert_int_equal(fq_json_int(f, "mean_ms", -1), sum / (int64_t)n);
  assert_int_equal(fq_json_int(f, "max_ms", -1), max);
  size_t percentiles = 0;
  fq_json_each(one, fq_json_get(f, "percentiles")) {
    assert_int_equal(fq_json_int(one, "ms", -1), nearest_rank(v, n, fq_json_num(one, "p", 0)));
    percentiles++;
  }
  assert_int_equal(percentiles, 4);
  return n;
}

static const int64_t usual_ms[] = {30 * MINUTE, 5 * MINUTE, 3 * HOUR};

static void total_is(const char *who, const char *params, struct asked k) {
  const fq_json *r = act(who, "stats.times", "{%s}", params);
  for (int m = 0; m < 3; m++) {
    k.limit_ms = usual_ms[m];
    same_figures(fq_json_get(r, "total"), m, &k);
  }
}

static void path_of(const char *org, char out[200]) {
  fq_stmt *q = fq_sql(fq_kernel_db(w.kernel), "SELECT path FROM org WHERE id = ?1", "s", org);
  assert_true(fq_row(q));
  snprintf(out, 200, "%s", fq_col_str(q, 0));
  fq_done(q);
}

static void each_group_is_right(const char *by, struct asked k) {
  char query[64], path[200];
  snprintf(query, sizeof query, "{\"by\":\"%s\"}", by);
  fq_json *r = fq_json_dup(act("commander", "stats.times", "%s", query));
  int64_t incidents = 0;
  size_t compared = 0;
  char before[FQ_ID_MAX] = "";
  fq_json_each(g, fq_json_get(r, "groups")) {
    struct asked one = k;
    const char *key = fq_json_str(g, "group");
    assert_true(strcmp(key, before) > 0); /* each once, in order */
    snprintf(before, sizeof before, "%s", key);
    if (!strcmp(by, "category")) {
      one.category = key;
    } else if (!strcmp(by, "level")) {
      one.level = key[0] - '0';
    } else if (!strcmp(by, "day")) {
      char text[40];
      snprintf(text, sizeof text, "%sT00:00:00+08:00", key);
      one.from_ms = fq_time_parse(text);
      one.until_ms = one.from_ms + 24 * HOUR;
    } else {
      path_of(key, path);
      one.path = path;
    }
    for (int m = 0; m < 3; m++) {
      one.limit_ms = usual_ms[m];
      compared += same_figures(g, m, &one);
    }
    incidents += fq_json_int(g, "incidents", 0);
  }
  assert_true(compared > 100);
  assert_int_equal(incidents, fq_json_int(fq_json_get(r, "total"), "incidents", -1));
  fq_json_free(r);
}

static void as_counted_the_long_way(void **state) {
  dice_state = 3;
  now_ms = 0;
  *newest = '\0';
  for (int x = 0; x < 250; x++) {
    later(400000);
    one_life();
  }
  assert_true(entries("incident.merged") > 5 && entries("incident.split") > 2);
  struct asked k = {.from_ms = 0, .until_ms = INT64_MAX};
  char path[200];
  total_is("commander", "", k);
  k.category = "fire";
  total_is("commander", "\"category\":\"fire\"", k);
  k.category = "nothing";
  total_is("commander", "\"category\":\"nothing\"", k);
  k.category = NULL;
  k.level = 2;
  total_is("system", "\"level\":2", k);
  k.level = 0;
  path_of("430525100000", path);
  k.path = path;
  total_is("director-a", "", k);
  total_is("commander", "\"org\":\"430525100000\"", k);
  path_of(GRID_A2, path);
  total_is("director-a", "\"org\":\"" GRID_A2 "\"", k);
  k.path = NULL;
  char span[120], from[32], until[32];
  for (int x = 0; x < 20; x++) {
    k.from_ms = w.t0_ms + dice((uint32_t)now_ms);
    k.until_ms = k.from_ms + 1 + dice(20000000);
    fq_time_format(k.from_ms, from);
    fq_time_format(k.until_ms, until);
    snprintf(span, sizeof span, "\"from\":\"%s\",\"until\":\"%s\"", from, until);
    total_is("commander", span, k);
  }
  k = (struct asked){.from_ms = 0, .until_ms = INT64_MAX};
  static const char *const by[] = {"category", "level", "day"};
  for (size_t x = 0; x < sizeof by / sizeof *by; x++)
    each_group_is_right(by[x], k);
  rebuild_gives_the_same();

  /* a county from before there were statistics */
  fq_db *db = fq_kernel_db(w.kernel);
  fq_db_allow_write(db, true);
  assert_true(fq_db_run(db, "DROP TABLE stat_unit; DROP TABLE stat_category; DROP TABLE stat_time; DROP TABLE"
                            " stat_day; DELETE FROM migration WHERE module = 'dispatch.stats'"));
  restart();
  assert_true(fq_int(fq_kernel_db(w.kernel), 0, "SELECT count(*) FROM stat_time", "") == 250);
  rebuild_gives_the_same();
}

/* A unit's group holds what lies in it; what was reported above that rung stands under the unit it was
 * reported at. */
static void by_place(void **state) {
  static const char *const at_[] = {GRID_A1, GRID_A2, "430525101201", "430525102000", "430525102000"};
  for (size_t x = 0; x < sizeof at_ / sizeof *at_; x++)
    report("officer-a1", at_[x], "fire");
  static const struct {
    const char *by, *groups[6];
    int counts[6];
  } want[] = {{"township", {"430525100000", "430525101000", "430525102000"}, {2, 1, 2}},
              {"village", {"430525100201", "430525101201", "430525102000"}, {2, 1, 2}},
              {"grid", {GRID_A1, GRID_A2, "430525101201", "430525102000"}, {1, 1, 1, 2}}};
  for (size_t x = 0; x < 3; x++) {
    const fq_json *r = act("commander", "stats.times", "{\"by\":\"%s\",\"measure\":\"detect\"}", want[x].by);
    int g = 0;
    fq_json_each(group, fq_json_get(r, "groups")) {
      bool seen = false;
      for (int k = 0; want[x].groups[k]; k++) {
        if (strcmp(want[x].groups[k], fq_json_str(group, "group"))) continue;
        assert_int_equal(fq_json_int(group, "incidents", 0), want[x].counts[k]);
        seen = true;
      }
      assert_true(seen);
      assert_non_null(fq_json_str(group, "name"));
      assert_null(fq_json_get(group, "resolve"));
      g++;
    }
    assert_int_equal(g, want[x].groups[3] ? 4 : 3);
  }
}

/* Midnight and Monday are the county's: 2026-11-22 is a Sunday, and 16:00 UTC is its midnight. */
static void by_period(void **state) {
  report("officer-a1", GRID_A1, "fire");
  at(15 * HOUR + 59 * MINUTE);
  report("officer-a1", GRID_A1, "fire");
  at(16 * HOUR);
  report("officer-a1", GRID_A1, "fire");
  at(9 * 24 * HOUR);
  report("officer-a1", GRID_A1, "fire");
  static const struct {
    const char *by, *keys[3];
    int counts[3];
  } want[] = {{"day", {"2026-11-22", "2026-11-23", "2026-12-01"}, {2, 1, 1}},
              {"week", {"2026-W47", "2026-W48", "2026-W49"}, {2, 1, 1}},
              {"month", {"2026-11", "2026-12"}, {3, 1}}};
  for (size_t x = 0; x < 3; x++) {
    const fq_json *r = act("commander", "stats.times", "{\"by\":\"%s\"}", want[x].by);
    size_t g = 0;
    fq_json_each(group, fq_json_get(r, "groups")) {
      assert_string_equal(fq_json_str(group, "group"), want[x].keys[g]);
      assert_int_equal(fq_json_int(group, "incidents", 0), want[x].counts[g]);
      g++;
    }
    assert_int_equal(g, x == 2 ? 2 : 3);
  }
}

/* Nobody has come and the limit is over: that is outside the limit now, not once somebody comes. */
static void who_waits_too_long_counts(void **state) {
  report("officer-a1", GRID_A1, "fire");
  const fq_json *f = fq_json_get(fq_json_get(act("commander", "stats.times", "{}"), "total"), "dispatch");
  assert_null(fq_json_get(f, "rate"));
  assert_int_equal(fq_json_int(f, "overdue", -1), 0);
  at(5 * MINUTE + 1);
  f = fq_json_get(fq_json_get(act("commander", "stats.times", "{}"), "total"), "dispatch");
  assert_int_equal(fq_json_int(f, "overdue", -1), 1);
  assert_float_equal(fq_json_num(f, "rate", -1), 0, 0);
  f = fq_json_get(
      fq_json_get(act("commander", "stats.times", "{\"limits\":{\"dispatch_ms\":600000}}"), "total"),
      "dispatch");
  assert_int_equal(fq_json_int(f, "overdue", -1), 0);
}

static void refusals(void **state) {
  refused("director-a", "stats.times", FQ_E_FORBIDDEN, "org.foreign", "{\"org\":\"430525101000\"}");
  refused("director-a", "stats.overview", FQ_E_FORBIDDEN, "org.foreign", "{\"org\":\"430525\"}");
  refused("commander", "stats.times", FQ_E_PARAMS, "org.unknown", "{\"org\":\"nowhere\"}");
  refused("officer-a1", "stats.times", FQ_E_FORBIDDEN, "role", "{}");
  refused("department-01", "stats.overview", FQ_E_FORBIDDEN, "role", "{}");
  refused("commander", "stats.times", FQ_E_PARAMS, "stats.percentile", "{\"percentiles\":[50,0]}");
  refused("commander", "stats.times", FQ_E_PARAMS, "stats.span",
          "{\"from\":\"2026-11-02T00:00:00Z\",\"until\":\"2026-11-01T00:00:00Z\"}");
}

/* ---- the board --------------------------------------------------------------------------------------- */

static void board_is(const char *who, const char *params, const char *field, int64_t value) {
  const fq_json *r = act(who, "stats.overview", "{%s}", params);
  if (fq_json_int(r, field, 0) != value)
    fail_msg("%s of %s {%s}: %lld, expected %lld", field, who, params, (long long)fq_json_int(r, field, 0),
             (long long)value);
}

static void a_board(void **state) {
  char a[FQ_ID_MAX], b[FQ_ID_MAX], c[FQ_ID_MAX];
  snprintf(a, sizeof a, "%s", report("officer-a1", GRID_A1, "fire"));
  snprintf(b, sizeof b, "%s", report("officer-b1", GRID_B1, "fire"));
  snprintf(c, sizeof c, "%s", report("officer-b1", GRID_B1, "fire"));
  act("policy/p", "clock.start",
      "{\"incident\":\"%s\",\"name\":\"x\",\"from\":\"reported\",\"to\":\"dispatched\",\"limit_ms\":60000}",
      b);
  at(2 * MINUTE);
  finish_task("officer-a2", task_for(a, "officer-a2"));
  act("dispatcher", "incident.verify", "{\"id\":\"%s\",\"pass\":true}", a);
  act("dispatcher", "incident.close", "{\"id\":\"%s\"}", a);
  act("dispatcher", "incident.void", "{\"id\":\"%s\",\"reason\":\"误报\"}", c);
  char same[FQ_ID_MAX];
  snprintf(same, sizeof same, "%s", report("officer-b1", GRID_B1, "fire"));
  act("dispatcher", "incident.merge", "{\"id\":\"%s\",\"into\":\"%s\"}", same, b);
  static const struct {
    const char *who, *params;
    int64_t open, overdue, reported, closed, breached;
  } want[] = {{"commander", "", 1, 1, 2, 1, 1},
              {"director-a", "", 0, 0, 1, 1, 0},
              {"director-b", "", 1, 1, 1, 0, 1},
              {"commander", "\"org\":\"430525101201\"", 1, 1, 1, 0, 1},
              {"commander", "\"org\":\"" GRID_A2 "\"", 0, 0, 0, 0, 0}};
  for (size_t x = 0; x < sizeof want / sizeof *want; x++) {
    board_is(want[x].who, want[x].params, "open", want[x].open);
    board_is(want[x].who, want[x].params, "overdue", want[x].overdue);
    board_is(want[x].who, want[x].params, "reported", want[x].reported);
    board_is(want[x].who, want[x].params, "closed", want[x].closed);
    board_is(want[x].who, want[x].params, "breached", want[x].breached);
  }
  const fq_json *r = act("commander", "stats.overview", "{}");
  assert_int_equal(fq_json_int(fq_json_get(r, "by_state"), "reported", 0), 1);
  assert_int_equal(fq_json_int(fq_json_get(r, "by_level"), "4", 0), 1);
  assert_int_equal(fq_json_size(fq_json_get(r, "townships")), 2);
  fq_json_each(t, fq_json_get(r, "townships")) {
    bool of_a = !strcmp(fq_json_str(t, "org"), "430525100000");
    assert_int_equal(fq_json_int(t, "closed", -1), of_a);
    assert_int_equal(fq_json_int(t, "open", -1), !of_a);
  }
  /* the next day begins with nothing but what is open */
  at(24 * HOUR);
  board_is("commander", "", "reported", 0);
  board_is("commander", "", "closed", 0);
  board_is("commander", "", "breached", 0);
  board_is("commander", "", "open", 1);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, world_open, world_close)
/* Midnight UTC of 2026-11-22, a Sunday, is eight o'clock in the county. */
static void the_hours_of_the_week(void **state) {
  at(30 * MINUTE);
  report("dispatcher", GRID_A1, "fire"); /* Sunday, 8 */
  at(16 * HOUR - SECOND);
  report("dispatcher", GRID_A2, "fire"); /* Sunday, 23 */
  at(16 * HOUR + SECOND);
  report("dispatcher", GRID_B1, "fire"); /* Monday, 0 */
  act("dispatcher", "incident.void", "{\"id\":\"%s\",\"reason\":\"误报\"}",
      report("dispatcher", GRID_B1, "fire"));
  at(17 * HOUR);
  static const struct {
    const char *who, *params;
    int sunday8, sunday23, monday0, total;
  } asked[] = {{"commander", "{}", 1, 1, 1, 3},
               {"director-a", "{}", 1, 1, 0, 2},
               {"commander", "{\"org\":\"430525101000\"}", 0, 0, 1, 1},
               {"commander", "{\"from\":\"2026-11-22T10:00:00Z\"}", 0, 1, 1, 2},
               {"commander", "{\"until\":\"2026-11-22T16:00:00Z\"}", 1, 1, 0, 2},
               {"commander", "{\"until\":\"2026-11-22T00:00:00Z\"}", 0, 0, 0, 0}};
  for (size_t x = 0; x < sizeof asked / sizeof *asked; x++) {
    const fq_json *r = act(asked[x].who, "stats.hours", "%s", asked[x].params);
    int64_t of[7][24], sum = 0;
    int d = 0;
    fq_json_each(day, fq_json_get(r, "days")) {
      int h = 0;
      assert_int_equal(fq_json_size(day), 24);
      fq_json_each(n, day) sum += of[d][h++] = (int64_t)fq_json_as_num(n, -1);
      d++;
    }
    assert_int_equal(d, 7);
    assert_int_equal(of[6][8], asked[x].sunday8);
    assert_int_equal(of[6][23], asked[x].sunday23);
    assert_int_equal(of[0][0], asked[x].monday0);
    assert_int_equal(sum, asked[x].total);
    assert_int_equal(fq_json_int(r, "total", -1), sum);
  }
  refused("director-a", "stats.hours", FQ_E_FORBIDDEN, "org.foreign", "{\"org\":\"430525101000\"}");
  refused("officer-a1", "stats.hours", FQ_E_FORBIDDEN, "role", "{}");
  refused("commander", "stats.hours", FQ_E_PARAMS, "stats.span",
          "{\"from\":\"2026-11-23T00:00:00Z\",\"until\":\"2026-11-22T00:00:00Z\"}");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(sorted_as_qsort_sorts),
      cmocka_unit_test(nearest_rank_it_is),
      cmocka_unit_test_setup_teardown(as_counted_the_long_way, world_open_on_disk, world_close),
      T(by_place),
      T(by_period),
      T(who_waits_too_long_counts),
      T(refusals),
      T(a_board),
      T(the_hours_of_the_week),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
