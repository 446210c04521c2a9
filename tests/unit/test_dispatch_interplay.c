/* Where the parts of the plugin meet: what one of them does to what another has promised. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch_world.h"

#define TOWN_A "430525100000"
#define D01    "430525-D01"

static const char *keep(char out[FQ_ID_MAX], const char *id) {
  snprintf(out, FQ_ID_MAX, "%s", id);
  return out;
}

static bool lists(const char *who, const char *method, const char *member, const char *id) {
  fq_json_each(
      r, fq_json_get(act(who, method, "{}"), "rows")) if (!strcmp(fq_json_str(r, member), id)) return true;
  return false;
}

static void merge(const char *id, const char *into) {
  act("dispatcher", "incident.merge", "{\"id\":\"%s\",\"into\":\"%s\"}", id, into);
}

static void verify(const char *who, const char *id, bool pass) {
  act(who, "incident.verify", "{\"id\":\"%s\",\"pass\":%s,\"note\":\"x\"}", id, pass ? "true" : "false");
}

/* ---- owners that sit elsewhere ------------------------------------------------------------------------ */

/* Whoever owns what nobody owns finds it again after his page was reloaded. */
static void fallback_owner_finds_it(void **state) {
  char i[FQ_ID_MAX], climbed[FQ_ID_MAX];
  static const char *const all[] = {"officer-a1", "officer-a2", "director-a", "dispatcher", "commander"};
  keep(climbed, report("officer-b1", GRID_A1, "fire"));
  for (size_t x = 0; x < 5; x++)
    act("system", "duty.end", "{\"user\":\"%s\"}", all[x]);
  act("admin", "fallback.set", "{\"org\":\"" TOWN_A "\",\"owner\":\"" D01 "\"}");
  keep(i, report("officer-b1", GRID_A1, "fire"));
  assert_string_equal(fq_json_str(fq_json_get(incident(i), "owner"), "org"), D01);
  assert_true(lists("department-01", "incident.open", "id", i));
  assert_true(lists("department-01", "incident.list", "id", i));
  assert_false(lists("department-01", "incident.open", "id", climbed));
  act("dispatcher", "incident.climb", "{\"id\":\"%s\",\"ladder\":\"default\"}", climbed);
  assert_string_equal(fq_json_str(fq_json_get(incident(climbed), "owner"), "org"), D01);
  assert_true(lists("department-01", "incident.open", "id", climbed));
  rebuild_gives_the_same();
}

/* ---- clocks of what waits ------------------------------------------------------------------------------ */

/* More time granted while the incident is suspended starts no clock: it goes on with the incident. */
static void more_time_while_suspended(void **state) {
  char i[FQ_ID_MAX], request[FQ_ID_MAX];
  keep(i, report("officer-a1", GRID_A1, "fire"));
  task_for(i, "officer-a1");
  act("policy/p", "clock.start",
      "{\"incident\":\"%s\",\"name\":\"c\",\"from\":\"reported\",\"to\":\"handled\",\"limit_ms\":600000}", i);
  act("officer-a1", "incident.extend", "{\"id\":\"%s\",\"by_ms\":3600000,\"reason\":\"等吊车\"}", i);
  keep(request, fq_json_str(w.result, "id"));
  at(10 * MINUTE);
  assert_string_equal(clock_state(i, "p", "c"), "breached");
  act("dispatcher", "incident.suspend", "{\"id\":\"%s\",\"reason\":\"停工\"}", i);
  act("dispatcher", "request.grant", "{\"id\":\"%s\"}", request);
  assert_string_equal(clock_state(i, "p", "c"), "paused");
  at(24 * HOUR);
  assert_int_equal(entries("clock.breached"), 1);
  act("dispatcher", "incident.resume", "{\"id\":\"%s\"}", i);
  assert_string_equal(clock_state(i, "p", "c"), "running");
  at(25 * HOUR - 1); /* an hour was granted, ten minutes were gone: all of it is left */
  assert_int_equal(entries("clock.breached"), 1);
  at(25 * HOUR);
  assert_int_equal(entries("clock.breached"), 2);
  rebuild_gives_the_same();
}

#define D(fn) cmocka_unit_test_setup_teardown(fn, world_open_on_disk, world_close)
int main(void) {
  const struct CMUnitTest tests[] = {
      D(fallback_owner_finds_it),
      D(more_time_while_suspended),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
