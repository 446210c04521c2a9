/* Patrols on the real kernel with a fake clock: plans, rounds walked with and without a network, tracks,
 * rounds that nobody walked. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "fengqiao.h"
#include "kernel/kernel.h"
#include "patrol/patrol.h"
#include "store/compare.h"

#define TOWN    "430525100000"
#define VILLAGE "430525100201"
#define GRID    "430525100201-01"
#define OTHER   "430525101000"
#define MINUTE  INT64_C(60000)
#define HOUR    (60 * MINUTE)

extern const struct fq_plugin fq_plugin;

static const struct fq_actor people[] = {
    {.name = "director", .org = TOWN, .roles = FQ_ROLE_DIRECTOR},
    {.name = "director-b", .org = OTHER, .roles = FQ_ROLE_DIRECTOR},
    {.name = "officer", .org = GRID, .roles = FQ_ROLE_OFFICER},
    {.name = "officer-2", .org = GRID, .roles = FQ_ROLE_OFFICER},
    {.name = "officer-b", .org = OTHER, .roles = FQ_ROLE_OFFICER},
    {.name = "system", .org = "", .roles = FQ_ROLE_ALL, .system = true},
};

static struct {
  fq_kernel *kernel;
  struct cp_self *self;
  fq_json *result;
  struct fq_error error;
  int64_t t0_ms;
  char dir[64], plan[FQ_ID_MAX], patrol[FQ_ID_MAX];
} w;

static struct cp_self *new_self(void) {
  struct cp_self *self = calloc(1, sizeof *self);
  assert_non_null(self);
  *self = (struct cp_self){.longest_ms = 12 * HOUR, .radius_m = 50};
  return self;
}

static fq_kernel *new_kernel(const char *file, struct cp_self *self) {
  struct fq_kernel_config config = {.data_dir = w.dir, .file = file, .fake_clock = true};
  fq_kernel *k = fq_kernel_open(&config, &w.error);
  if (!k) fail_msg("open: %s", w.error.en);
  fq_kernel_set_time(k, w.t0_ms);
  if (fq_kernel_add(k, &fq_plugin, self, &w.error) || fq_kernel_boot(k, &w.error))
    fail_msg("boot: %s", w.error.en);
  return k;
}

static enum fq_status call(const char *who, const char *method, const char *params, va_list ap) {
  static char text[65536];
  size_t x = 0;
  while (strcmp(people[x].name, who) != 0)
    x++;
  vsnprintf(text, sizeof text, params, ap);
  memset(&w.error, 0, sizeof w.error);
  fq_json *p = fq_json_parse(text, strlen(text), &w.error);
  if (!p) fail_msg("%s: bad JSON in the test: %s", method, text);
  fq_json_free(w.result);
  w.result = NULL;
  return fq_kernel_call(w.kernel, &people[x], method, p, &w.result, &w.error);
}

static const fq_json *act(const char *who, const char *method, const char *params, ...) {
  va_list ap;
  va_start(ap, params);
  enum fq_status s = call(who, method, params, ap);
  va_end(ap);
  if (s != FQ_OK) fail_msg("%s as %s: %d %s %s: %s", method, who, s, w.error.code, w.error.path, w.error.en);
  return w.result;
}

static void refused(const char *who, const char *method, enum fq_status status, const char *code,
                    const char *path, const char *params, ...) {
  va_list ap;
  va_start(ap, params);
  enum fq_status s = call(who, method, params, ap);
  va_end(ap);
  if (s != status || strcmp(w.error.code, code) != 0 || strcmp(w.error.path, path) != 0)
    fail_msg("%s as %s: expected %d %s at %s, got %d %s at %s: %s", method, who, status, code, path, s,
             w.error.code, w.error.path, w.error.en);
  assert_true(*w.error.zh && *w.error.en);
}

static void at(int64_t after_ms) {
  if (fq_kernel_run_until(w.kernel, w.t0_ms + after_ms, &w.error)) fail_msg("run_until: %s", w.error.en);
}

static int64_t entries(const char *kind) {
  return fq_int(fq_kernel_db(w.kernel), 0, "SELECT count(*) FROM journal WHERE kind = ?1", "s", kind);
}

static const char *when(int64_t after_ms) {
  static char text[4][32];
  static int turn;
  turn = (turn + 1) % 4;
  fq_time_format(w.t0_ms + after_ms, text[turn]);
  return text[turn];
}

static void rebuild_gives_the_same(void) {
  char path[128], rebuilt[128];
  struct cp_self *self = new_self();
  snprintf(path, sizeof path, "%s/county.db", w.dir);
  snprintf(rebuilt, sizeof rebuilt, "%s/rebuilt.db", w.dir);
  fq_kernel *k = new_kernel("rebuilt.db", self);
  if (fq_kernel_rebuild(k, path, NULL, &w.error) || fq_compare(path, rebuilt, stderr, &w.error))
    fail_msg("rebuild: %s", w.error.en);
  fq_kernel_close(k);
  free(self);
  unlink(rebuilt);
}

/* Three points 110 m apart on a line to the east, the last without a radius of its own. */
static void set_plan(const char *more) {
  act("director", "patrol.plan",
      "{\"name\":\"夜巡一组\",\"org\":\"" VILLAGE "\",\"points\":["
      "{\"id\":\"gate\",\"name\":\"村口\",\"lon\":110.5000,\"lat\":27.1,\"radius_m\":30,\"checks\":[\"路灯\","
      "\"护栏\"]},"
      "{\"id\":\"pond\",\"name\":\"水塘\",\"lon\":110.5011,\"lat\":27.1,\"radius_m\":30},"
      "{\"id\":\"school\",\"name\":\"小学\",\"lon\":110.5022,\"lat\":27.1}]%s}",
      more);
  snprintf(w.plan, sizeof w.plan, "%s", fq_json_str(w.result, "id"));
}

static void start(const char *who, const char *more) {
  act(who, "patrol.start", "{\"plan\":\"%s\"%s}", w.plan, more);
  snprintf(w.patrol, sizeof w.patrol, "%s", fq_json_str(w.result, "id"));
}

static const fq_json *row(const char *id) {
  return act("director", "patrol.get", "{\"id\":\"%s\"}", id);
}

static int setup(void **state) {
  (void)state;
  memset(&w, 0, sizeof w);
  strcpy(w.dir, "/tmp/campaign-XXXXXX");
  assert_non_null(mkdtemp(w.dir));
  w.t0_ms = fq_time_parse("2026-11-22T00:00:00Z");
  w.self = new_self();
  w.kernel = new_kernel(NULL, w.self);
  act("system", "org.import",
      "{\"units\":[{\"id\":\"430525\",\"kind\":\"county\",\"name\":\"洞口县\"},"
      "{\"id\":\"" TOWN "\",\"parent\":\"430525\",\"kind\":\"township\",\"name\":\"甲镇\"},"
      "{\"id\":\"" OTHER "\",\"parent\":\"430525\",\"kind\":\"township\",\"name\":\"乙镇\"},"
      "{\"id\":\"" VILLAGE "\",\"parent\":\"" TOWN "\",\"kind\":\"village\",\"name\":\"甲村\"},"
      "{\"id\":\"" GRID "\",\"parent\":\"" VILLAGE
      "\",\"kind\":\"grid\",\"name\":\"一格\",\"lon\":110.5,\"lat\":27.1}]}");
  for (size_t x = 0; !people[x].system; x++)
    act("system", "user.add", "{\"name\":\"%s\",\"org\":\"%s\",\"roles\":[\"%s\"]}", people[x].name,
        people[x].org, people[x].roles == FQ_ROLE_OFFICER ? "officer" : "director");
  set_plan("");
  return 0;
}

static int teardown(void **state) {
  (void)state;
  static const char *const files[] = {"county.db", "county.db-wal", "county.db-shm", "county.key", "lock"};
  char path[128];
  fq_json_free(w.result);
  fq_kernel_close(w.kernel);
  free(w.self);
  for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
    snprintf(path, sizeof path, "%s/%s", w.dir, files[k]);
    unlink(path);
  }
  static const char *const dirs[] = {"blobs/tmp", "blobs", ""};
  for (size_t k = 0; k < 3; k++) {
    snprintf(path, sizeof path, "%s/%s", w.dir, dirs[k]);
    rmdir(path);
  }
  return 0;
}

/* ---- plans ----------------------------------------------------------------------------------------------
 */

static void a_plan_is_set_changed_and_retired(void **state) {
  (void)state;
  const fq_json *p = fq_json_first(fq_json_get(act("officer", "patrol.plans", "{}"), "rows"));
  assert_string_equal(fq_json_str(p, "name"), "夜巡一组");
  assert_int_equal(fq_json_size(fq_json_get(p, "points")), 3);
  const fq_json *school = fq_json_next(fq_json_next(fq_json_first(fq_json_get(p, "points"))));
  assert_int_equal(fq_json_int(school, "radius_m", 0), 50); /* the option's, from now on the plan's own */
  act("director", "patrol.plan",
      "{\"id\":\"%s\",\"rev\":1,\"name\":\"夜巡\",\"org\":\"" TOWN
      "\",\"points\":[{\"id\":\"a\",\"name\":\"甲\",\"lon\":110,\"lat\":27}]}",
      w.plan);
  refused("director", "patrol.plan", FQ_E_CONFLICT, "rev.stale", "params.rev",
          "{\"id\":\"%s\",\"rev\":1,\"name\":\"夜巡\",\"org\":\"" TOWN
          "\",\"points\":[{\"id\":\"a\",\"name\":\"甲\",\"lon\":110,\"lat\":27}]}",
          w.plan);
  act("director", "patrol.retire", "{\"id\":\"%s\",\"reason\":\"换线路\"}", w.plan);
  assert_int_equal(fq_json_size(fq_json_get(act("officer", "patrol.plans", "{}"), "rows")), 0);
  refused("director", "patrol.retire", FQ_E_CONFLICT, "patrol.retired", "params.id", "{\"id\":\"%s\"}",
          w.plan);
  rebuild_gives_the_same();
}

static void bad_plans_are_refused(void **state) {
  (void)state;
  refused("director", "patrol.plan", FQ_E_PARAMS, "patrol.twice", "params.points[1].id",
          "{\"name\":\"x\",\"org\":\"" TOWN
          "\",\"points\":[{\"id\":\"a\",\"name\":\"甲\",\"lon\":110,\"lat\":27},"
          "{\"id\":\"a\",\"name\":\"乙\",\"lon\":110,\"lat\":27}]}");
  refused("director", "patrol.plan", FQ_E_PARAMS, "org.unknown", "params.org",
          "{\"name\":\"x\",\"org\":\"nowhere\",\"points\":[{\"id\":\"a\",\"name\":\"甲\",\"lon\":110,\"lat\":"
          "27}]}");
  refused("director-b", "patrol.retire", FQ_E_FORBIDDEN, "org.foreign", "params.id", "{\"id\":\"%s\"}",
          w.plan);
  refused("director", "patrol.retire", FQ_E_NOT_FOUND, "patrol.no_plan", "params.id",
          "{\"id\":\"plan-9999\"}");
}

static void a_plan_not_walked_is_told(void **state) {
  (void)state;
  set_plan(",\"every_ms\":14400000");
  at(4 * HOUR);
  assert_int_equal(entries("patrol.overdue"), 1);
  at(5 * HOUR);
  const fq_json *p =
      fq_json_first(fq_json_get(act("director", "patrol.coverage", "{\"after\":\"plan-1\"}"), "rows"));
  while (strcmp(fq_json_str(p, "id"), w.plan) != 0)
    p = fq_json_next(p);
  assert_true(fq_json_bool(p, "overdue", false));
  start("officer", "");
  act("officer", "patrol.point", "{\"id\":\"%s\",\"point\":\"gate\",\"ok\":true}", w.patrol);
  act("officer", "patrol.end", "{\"id\":\"%s\"}", w.patrol);
  at(8 * HOUR + 59 * MINUTE); /* what was set for 8:00 moved with the walk at 5:00 */
  assert_int_equal(entries("patrol.overdue"), 1);
  at(9 * HOUR);
  assert_int_equal(entries("patrol.overdue"), 2);
  rebuild_gives_the_same();
}

/* ---- a round --------------------------------------------------------------------------------------------
 */

static void a_round_is_walked(void **state) {
  (void)state;
  start("officer", "");
  assert_int_equal(fq_json_int(w.result, "points", 0), 3);
  act("officer", "patrol.point",
      "{\"id\":\"%s\",\"point\":\"gate\",\"ok\":true,\"place\":{\"lon\":110.5001,\"lat\":27.1,\"acc\":5},"
      "\"checks\":[{\"name\":\"路灯\",\"ok\":true},{\"name\":\"护栏\",\"ok\":false}]}",
      w.patrol);
  assert_false(fq_json_bool(w.result, "far", true));
  assert_in_range(fq_json_int(w.result, "distance_m", 0), 9, 11);
  assert_int_equal(fq_json_int(w.result, "left", 0), 2);
  /* 60 m off a radius of 30: far, unless the fix itself is no better than that */
  act("officer", "patrol.point",
      "{\"id\":\"%s\",\"point\":\"pond\",\"ok\":false,\"note\":\"护栏倒了\","
      "\"place\":{\"lon\":110.5017,\"lat\":27.1,\"acc\":10}}",
      w.patrol);
  assert_true(fq_json_bool(w.result, "far", false));
  act("officer", "patrol.point",
      "{\"id\":\"%s\",\"point\":\"pond\",\"ok\":false,\"note\":\"护栏倒了\","
      "\"place\":{\"lon\":110.5017,\"lat\":27.1,\"acc\":40}}",
      w.patrol);
  assert_false(fq_json_bool(w.result, "far", true));
  act("officer", "patrol.point", "{\"id\":\"%s\",\"point\":\"school\",\"ok\":true}", w.patrol);
  assert_true(fq_json_bool(w.result, "far", false)); /* nobody knows where he was */
  act("officer", "patrol.end", "{\"id\":\"%s\",\"note\":\"完\"}", w.patrol);
  assert_int_equal(fq_json_int(w.result, "missed", -1), 0);
  const fq_json *p = row(w.patrol);
  assert_int_equal(fq_json_int(p, "done", 0), 3);
  assert_int_equal(fq_json_int(p, "far", 0), 1);
  assert_int_equal(fq_json_int(p, "findings", 0), 1);
  assert_non_null(fq_json_str(p, "ended_at"));
  const fq_json *gate = fq_json_get(fq_json_first(fq_json_get(p, "round")), "done");
  assert_int_equal(fq_json_size(fq_json_get(gate, "checks")), 2);
  at(HOUR);
  const fq_json *c = fq_json_first(fq_json_get(act("director", "patrol.coverage", "{}"), "rows"));
  assert_int_equal(fq_json_int(c, "walks", 0), 1);
  assert_int_equal(fq_json_int(c, "ticked", 0), 3);
  assert_int_equal(fq_json_int(c, "wanted", 0), 3);
  rebuild_gives_the_same();
}

/* Walked in the hills, sent at home: in order by its own key, everything at least twice. */
static void a_round_without_a_network(void **state) {
  (void)state;
  at(3 * HOUR);
  for (int twice = 0; twice < 2; twice++) {
    act("officer", "patrol.start", "{\"plan\":\"%s\",\"key\":\"k-1\",\"occurred_at\":\"%s\"}", w.plan,
        when(HOUR));
    snprintf(w.patrol, sizeof w.patrol, "%s", fq_json_str(w.result, "id"));
    act("officer", "patrol.point", "{\"id\":\"k-1\",\"point\":\"gate\",\"ok\":true,\"occurred_at\":\"%s\"}",
        when(HOUR + 5 * MINUTE));
    /* the later batch first: it came through another cell */
    act("officer", "patrol.track", "{\"id\":\"k-1\",\"fixes\":[[110.5022,27.1,%lld],[110.5033,27.1,%lld]]}",
        (long long)(w.t0_ms + HOUR + 4 * MINUTE), (long long)(w.t0_ms + HOUR + 6 * MINUTE));
    act("officer", "patrol.track", "{\"id\":\"k-1\",\"fixes\":[[110.5000,27.1,%lld],[110.5011,27.1,%lld]]}",
        (long long)(w.t0_ms + HOUR), (long long)(w.t0_ms + HOUR + 2 * MINUTE));
    act("officer", "patrol.end", "{\"id\":\"k-1\",\"occurred_at\":\"%s\"}", when(2 * HOUR));
  }
  assert_true(fq_json_bool(w.result, "over", false));
  assert_int_equal(entries("patrol.started"), 1);
  assert_int_equal(entries("patrol.ended"), 1);
  const fq_json *p = row(w.patrol);
  assert_string_equal(fq_json_str(p, "began_at"), when(HOUR));
  assert_string_equal(fq_json_str(p, "ended_at"), when(2 * HOUR));
  assert_int_equal(fq_json_size(fq_json_get(p, "track")), 4);
  assert_in_range(fq_json_int(p, "metres", 0), 320, 334); /* three times 109 m */
  rebuild_gives_the_same();
}

static void what_no_phone_can_have_seen_is_dropped(void **state) {
  (void)state;
  at(HOUR);
  start("officer", "");
  int64_t now_ms = w.t0_ms + HOUR;
  act("officer", "patrol.track",
      "{\"id\":\"%s\",\"fixes\":[[110.5,27.1,%lld],[110.5,27.1,%lld],[110.5,27.1,1000],[110.5,27.1,%lld]]}",
      w.patrol, (long long)now_ms, (long long)(now_ms + HOUR), (long long)(now_ms - HOUR));
  assert_int_equal(fq_json_int(w.result, "kept", 0), 1);
  assert_int_equal(fq_json_int(w.result, "dropped", 0), 3);
  refused("officer", "patrol.track", FQ_E_PARAMS, "patrol.fix", "params.fixes[1]",
          "{\"id\":\"%s\",\"fixes\":[[110.5,27.1,%lld],[27.1,110.5,%lld]]}", w.patrol, (long long)now_ms,
          (long long)now_ms);
  /* a jump of a kilometre in a second is the satellites', not his */
  act("officer", "patrol.track", "{\"id\":\"%s\",\"fixes\":[[110.51,27.1,%lld],[110.5001,27.1,%lld]]}",
      w.patrol, (long long)(now_ms + 1000), (long long)(now_ms + 20000));
  assert_in_range(fq_json_int(row(w.patrol), "metres", 99), 9, 11);
  /* a phone that believes in 1970 began now */
  start("officer", ",\"occurred_at\":\"1970-01-01T00:00:00Z\"");
  assert_string_equal(fq_json_str(row(w.patrol), "began_at"), when(HOUR));
}

static void one_round_at_a_time(void **state) {
  (void)state;
  char first[FQ_ID_MAX];
  start("officer", "");
  strcpy(first, w.patrol);
  at(HOUR);
  act("officer", "patrol.start", "{}"); /* a free one, wherever he goes */
  assert_int_equal(fq_json_int(w.result, "points", -1), 0);
  assert_string_equal(fq_json_str(row(first), "why"), "next");
  assert_int_equal(fq_json_size(fq_json_get(act("officer", "patrol.list", "{\"running\":true}"), "rows")), 1);
  assert_int_equal(fq_json_size(fq_json_get(act("officer", "patrol.list", "{\"running\":false}"), "rows")),
                   1);
}

static void one_that_nobody_ends(void **state) {
  (void)state;
  start("officer", "");
  at(6 * HOUR);
  fq_kernel_close(w.kernel);
  free(w.self);
  w.self = new_self();
  w.kernel = new_kernel(NULL, w.self);
  fq_kernel_set_time(w.kernel, w.t0_ms + 6 * HOUR);
  at(12 * HOUR - 1);
  assert_int_equal(entries("patrol.ended"), 0);
  at(12 * HOUR);
  assert_string_equal(fq_json_str(row(w.patrol), "why"), "time");
  act("officer", "patrol.point", "{\"id\":\"%s\",\"point\":\"gate\",\"ok\":true,\"occurred_at\":\"%s\"}",
      w.patrol, when(HOUR)); /* what he had done comes all the same */
  assert_int_equal(fq_json_int(row(w.patrol), "done", 0), 1);
  rebuild_gives_the_same();
}

/* ---- whose it is ----------------------------------------------------------------------------------------
 */

static void a_patrol_is_its_walkers(void **state) {
  (void)state;
  start("officer", "");
  refused("officer-2", "patrol.point", FQ_E_FORBIDDEN, "patrol.not_yours", "params.id",
          "{\"id\":\"%s\",\"point\":\"gate\",\"ok\":true}", w.patrol);
  refused("director", "patrol.track", FQ_E_FORBIDDEN, "patrol.not_yours", "params.id",
          "{\"id\":\"%s\",\"fixes\":[[110.5,27.1,1]]}", w.patrol);
  refused("officer-2", "patrol.get", FQ_E_FORBIDDEN, "patrol.foreign", "params.id", "{\"id\":\"%s\"}",
          w.patrol);
  refused("director-b", "patrol.get", FQ_E_FORBIDDEN, "patrol.foreign", "params.id", "{\"id\":\"%s\"}",
          w.patrol);
  refused("officer-b", "patrol.start", FQ_E_FORBIDDEN, "patrol.foreign", "params.plan", "{\"plan\":\"%s\"}",
          w.plan);
  refused("officer", "patrol.start", FQ_E_NOT_FOUND, "patrol.no_plan", "params.plan",
          "{\"plan\":\"plan-9999\"}");
  refused("officer", "patrol.point", FQ_E_PARAMS, "patrol.no_point", "params.point",
          "{\"id\":\"%s\",\"point\":\"nowhere\",\"ok\":true}", w.patrol);
  refused("officer", "patrol.end", FQ_E_NOT_FOUND, "patrol.unknown", "params.id", "{\"id\":\"patrol-9999\"}");
  assert_int_equal(fq_json_size(fq_json_get(act("officer-b", "patrol.plans", "{}"), "rows")), 0);
  assert_int_equal(fq_json_size(fq_json_get(act("officer-2", "patrol.list", "{}"), "rows")), 0);
  assert_int_equal(fq_json_size(fq_json_get(act("director-b", "patrol.list", "{}"), "rows")), 0);
  assert_int_equal(
      fq_json_size(fq_json_get(act("director", "patrol.list", "{\"org\":\"" GRID "\"}"), "rows")), 0);
  assert_int_equal(fq_json_size(fq_json_get(act("director", "patrol.list", "{}"), "rows")), 1);
  refused("director-b", "patrol.coverage", FQ_E_FORBIDDEN, "org.foreign", "params.org",
          "{\"org\":\"" TOWN "\"}");
  act("director", "patrol.end", "{\"id\":\"%s\"}", w.patrol); /* forgotten, and the desk sees it */
  assert_string_equal(fq_json_str(row(w.patrol), "why"), "desk");
}

static void lists_come_in_pages(void **state) {
  (void)state;
  for (int k = 0; k < 3; k++)
    start("officer", "");
  const fq_json *page = act("director", "patrol.list", "{\"limit\":2}");
  assert_int_equal(fq_json_size(fq_json_get(page, "rows")), 2);
  char next[FQ_ID_MAX];
  snprintf(next, sizeof next, "%s", fq_json_str(page, "next"));
  page = act("director", "patrol.list", "{\"limit\":2,\"after\":\"%s\"}", next);
  assert_int_equal(fq_json_size(fq_json_get(page, "rows")), 1);
  assert_null(fq_json_str(page, "next"));
  set_plan("");
  page = act("officer", "patrol.plans", "{\"limit\":1}");
  snprintf(next, sizeof next, "%s", fq_json_str(page, "next"));
  page = act("officer", "patrol.plans", "{\"limit\":1,\"after\":\"%s\"}", next);
  assert_string_equal(fq_json_str(fq_json_first(fq_json_get(page, "rows")), "id"), w.plan);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(a_plan_is_set_changed_and_retired),
      TEST(bad_plans_are_refused),
      TEST(a_plan_not_walked_is_told),
      TEST(a_round_is_walked),
      TEST(a_round_without_a_network),
      TEST(what_no_phone_can_have_seen_is_dropped),
      TEST(one_round_at_a_time),
      TEST(one_that_nobody_ends),
      TEST(a_patrol_is_its_walkers),
      TEST(lists_come_in_pages),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
