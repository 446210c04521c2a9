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

#define D(fn) cmocka_unit_test_setup_teardown(fn, world_open_on_disk, world_close)
int main(void) {
  const struct CMUnitTest tests[] = {
      D(fallback_owner_finds_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
