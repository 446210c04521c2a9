/* What administrators do: units with revisions, accounts and the three offices, tables tried first, bindings
 * by the hundred, what hangs on a unit or a person. */
#include <stdio.h>
#include <string.h>

#include "dispatch_world.h"

#define A_TOWN  "430525100000"
#define B_TOWN  "430525101000"
#define VILLAGE "430525100201"

static const fq_json *nth(const fq_json *list, size_t n) {
  const fq_json *m = fq_json_first(list);
  while (m && n--)
    m = fq_json_next(m);
  return m;
}

static int64_t rev_of(const char *unit) {
  return fq_json_int(act("admin", "org.get", "{\"id\":\"%s\"}", unit), "rev", 0);
}

static int64_t account_rev(const char *name) {
  return fq_json_int(act("admin", "user.get", "{\"name\":\"%s\"}", name), "rev", 0);
}

/* ---- units -----------------------------------------------------------------------------------------------
 */

static void a_unit_is_changed_as_it_was_seen(void **state) {
  int64_t rev = rev_of(GRID_A1);
  assert_true(rev > 0);
  act("admin", "org.set",
      "{\"id\":\"" GRID_A1
      "\",\"rev\":%lld,\"kind\":\"grid\",\"name\":\"新一格\",\"lon\":110.5,\"lat\":27.1}",
      (long long)rev);
  refused("admin", "org.set", FQ_E_CONFLICT, "rev.stale",
          "{\"id\":\"" GRID_A1 "\",\"rev\":%lld,\"kind\":\"grid\",\"name\":\"另一格\"}", (long long)rev);
  assert_true(w.error.rev > rev);
  const fq_json *u = act("admin", "org.get", "{\"id\":\"" GRID_A1 "\"}");
  assert_string_equal(fq_json_str(u, "name"), "新一格");
  assert_string_equal(fq_json_str(u, "parent"), VILLAGE);
  assert_string_equal(fq_json_str(u, "changed_by"), "admin");
  assert_int_equal(fq_json_int(u, "people", -1), 2);
  assert_string_equal(fq_json_str(nth(fq_json_get(u, "above"), 0), "id"), "430525");
  assert_int_equal(fq_json_size(fq_json_get(u, "above")), 3);
  refused("admin", "org.set", FQ_E_CONFLICT, "org.taken",
          "{\"id\":\"" GRID_A1 "\",\"rev\":0,\"kind\":\"grid\",\"name\":\"x\",\"parent\":\"" VILLAGE "\"}");
  refused("admin", "org.set", FQ_E_NOT_FOUND, "org.unknown",
          "{\"id\":\"g\",\"rev\":7,\"kind\":\"grid\",\"name\":\"x\",\"parent\":\"" VILLAGE "\"}");
  refused("admin", "org.set", FQ_E_PARAMS, "org.parent",
          "{\"id\":\"g\",\"rev\":0,\"kind\":\"grid\",\"name\":\"x\",\"parent\":\"nowhere\"}");
  refused("dispatcher", "org.set", FQ_E_FORBIDDEN, "role",
          "{\"id\":\"g\",\"rev\":0,\"kind\":\"grid\",\"name\":\"x\",\"parent\":\"" VILLAGE "\"}");
  act("admin", "org.set",
      "{\"id\":\"g\",\"rev\":0,\"kind\":\"grid\",\"name\":\"x\",\"parent\":\"" VILLAGE "\"}");
  assert_int_equal(rev_of("g"), fq_json_int(act("admin", "org.get", "{\"id\":\"g\"}"), "rev", 0));
  rebuild_gives_the_same();
}

static void a_unit_moves_with_all_below(void **state) {
  int64_t rev = rev_of(VILLAGE);
  refused("admin", "org.move", FQ_E_PARAMS, "org.cycle",
          "{\"id\":\"" VILLAGE "\",\"rev\":%lld,\"parent\":\"" GRID_A1 "\"}", (long long)rev);
  refused("admin", "org.set", FQ_E_PARAMS, "org.parent",
          "{\"id\":\"" VILLAGE "\",\"rev\":%lld,\"kind\":\"village\",\"name\":\"甲村\",\"parent\":\"" B_TOWN
          "\"}",
          (long long)rev);
  const fq_json *r = act("admin", "org.move",
                         "{\"id\":\"" VILLAGE "\",\"rev\":%lld,\"parent\":\"" B_TOWN "\"}", (long long)rev);
  assert_int_equal(fq_json_int(r, "below", 0), 3);
  r = act("director-b", "org.get", "{\"id\":\"" GRID_A1 "\"}"); /* it is his now */
  assert_string_equal(fq_json_str(nth(fq_json_get(r, "above"), 1), "id"), B_TOWN);
  refused("director-a", "org.get", FQ_E_FORBIDDEN, "scope", "{\"id\":\"" GRID_A1 "\"}");
  rebuild_gives_the_same();
}

static void a_unit_is_closed_when_nobody_is_left(void **state) {
  const char *close = "{\"id\":\"%s\",\"rev\":%lld,\"reason\":\"撤并\"%s}";
  refused("admin", "org.close", FQ_E_CONFLICT, "org.people", close, GRID_A1, (long long)rev_of(GRID_A1), "");
  refused("admin", "org.close", FQ_E_CONFLICT, "org.root", close, "430525", (long long)rev_of("430525"), "");
  refused("admin", "org.close", FQ_E_PARAMS, "org.date", close, GRID_A3, (long long)rev_of(GRID_A3),
          ",\"valid_to\":\"2026-11-23\"");
  refused("admin", "org.close", FQ_E_PARAMS, "params.missing", "{\"id\":\"" GRID_A3 "\",\"rev\":1}");
  refused("admin", "org.close", FQ_E_CONFLICT, "org.children", close, "430525102000",
          (long long)rev_of("430525102000"), "");
  const fq_json *r =
      act("admin", "org.close", close, "430525102000", (long long)rev_of("430525102000"), ",\"below\":true");
  assert_int_equal(fq_json_int(r, "closed", 0), 3);
  assert_string_equal(fq_json_str(act("admin", "org.get", "{\"id\":\"" GRID_C1 "\"}"), "valid_to"),
                      "2026-11-22");
  refused("admin", "org.close", FQ_E_CONFLICT, "org.closed", close, GRID_C1, (long long)rev_of(GRID_C1), "");
  refused("admin", "user.add", FQ_E_CONFLICT, "org.closed",
          "{\"name\":\"late\",\"org\":\"" GRID_C1 "\",\"roles\":[\"officer\"]}");
  refused("admin", "org.reopen", FQ_E_CONFLICT, "org.closed", "{\"id\":\"" GRID_C1 "\",\"rev\":%lld}",
          (long long)rev_of(GRID_C1));
  r = act("admin", "org.children", "{\"parent\":\"430525\"}");
  fq_json_each(u, fq_json_get(r, "rows")) assert_string_not_equal(fq_json_str(u, "id"), "430525102000");
  act("admin", "org.reopen", "{\"id\":\"430525102000\",\"rev\":%lld}", (long long)rev_of("430525102000"));
  refused("admin", "org.reopen", FQ_E_CONFLICT, "org.open", "{\"id\":\"430525102000\",\"rev\":%lld}",
          (long long)rev_of("430525102000"));
  rebuild_gives_the_same();
}

static void the_tree_is_asked_level_by_level(void **state) {
  const fq_json *r = act("director-a", "org.children", "{}");
  assert_int_equal(fq_json_size(fq_json_get(r, "rows")), 1);
  assert_string_equal(fq_json_str(nth(fq_json_get(r, "rows"), 0), "id"), A_TOWN);
  r = act("admin", "org.children", "{\"parent\":\"" VILLAGE "\",\"limit\":2}");
  assert_int_equal(fq_json_size(fq_json_get(r, "rows")), 2);
  assert_int_equal(fq_json_int(nth(fq_json_get(r, "rows"), 0), "people", 0), 2);
  r = act("admin", "org.children", "{\"parent\":\"" VILLAGE "\",\"limit\":2,\"after\":\"%s\"}",
          fq_json_str(r, "next"));
  assert_int_equal(fq_json_size(fq_json_get(r, "rows")), 1);
  assert_null(fq_json_get(r, "next"));
  refused("director-a", "org.children", FQ_E_FORBIDDEN, "scope", "{\"parent\":\"" B_TOWN "\"}");
  r = act("admin", "org.search", "{\"text\":\"一格\"}");
  assert_int_equal(fq_json_size(fq_json_get(r, "rows")), 3);
  assert_int_equal(fq_json_size(fq_json_get(act("admin", "org.search", "{\"text\":\"%%\"}"), "rows")), 0);
  r = act("director-a", "org.search", "{\"text\":\"一格\"}");
  assert_int_equal(fq_json_size(fq_json_get(r, "rows")), 1);
}

static void a_table_of_units_is_tried_first(void **state) {
  const fq_json *r =
      act("admin", "org.check",
          "{\"units\":["
          "{\"id\":\"" VILLAGE "-08\",\"parent\":\"" VILLAGE "\",\"kind\":\"grid\",\"name\":\"八格\"},"
          "{\"id\":\"" VILLAGE "-09\",\"parent\":\"" VILLAGE "\",\"kind\":\"wall\",\"name\":\"九格\"},"
          "{\"id\":\"" VILLAGE "-08\",\"parent\":\"" VILLAGE "\",\"kind\":\"grid\",\"name\":\"又八格\"},"
          "{\"id\":\"" GRID_A1 "\",\"parent\":\"" VILLAGE
          "\",\"kind\":\"grid\",\"name\":\"改名\",\"lon\":110.5,\"lat\":27.1},"
          "{\"id\":\"" GRID_A2 "\",\"parent\":\"" VILLAGE
          "\",\"kind\":\"grid\",\"name\":\"二格\",\"lon\":110.52,\"lat\":27.1},"
          "{\"id\":\"x\",\"parent\":\"before\",\"kind\":\"team\",\"name\":\"队\"},"
          "{\"id\":\"y\",\"parent\":\"nowhere\",\"kind\":\"team\",\"name\":\"队\"},"
          "{\"id\":\"" VILLAGE "\",\"parent\":\"" GRID_A3 "\",\"kind\":\"village\",\"name\":\"甲村\"}],"
          "\"known\":[\"before\"]}");
  static const char *const acts[] = {"add", "error", "error", "change", "same", "add", "error", "error"};
  for (size_t i = 0; i < 8; i++)
    assert_string_equal(fq_json_str(nth(fq_json_get(r, "rows"), i), "act"), acts[i]);
  assert_string_equal(fq_json_str(nth(fq_json_get(r, "rows"), 1), "path"), "kind");
  assert_string_equal(fq_json_str(nth(fq_json_get(r, "rows"), 2), "code"), "org.twice");
  assert_string_equal(fq_json_str(nth(fq_json_get(r, "rows"), 7), "code"), "org.cycle");
  assert_string_equal(fq_json_as_str(nth(fq_json_get(nth(fq_json_get(r, "rows"), 3), "changes"), 0)), "name");
  assert_int_equal(fq_json_int(r, "errors", 0), 4);
  assert_string_equal(fq_json_str(act("admin", "org.get", "{\"id\":\"" GRID_A1 "\"}"), "name"), "一格");
}

/* ---- accounts --------------------------------------------------------------------------------------------
 */

static void a_table_closes_no_unit_where_somebody_sits(void **state) {
  const char *rows = "{\"units\":[{\"id\":\"%s\",\"parent\":\"%s\",\"kind\":\"%s\",\"name\":\"关\","
                     "\"valid_to\":\"%s\"}]}";
  refused("admin", "org.import", FQ_E_CONFLICT, "org.people", rows, GRID_A1, VILLAGE, "grid", "2026-11-20");
  assert_string_equal(w.error.path, "params.units[0].valid_to");
  refused("admin", "org.import", FQ_E_CONFLICT, "org.people", rows, VILLAGE, A_TOWN, "village", "2026-11-20");
  refused("admin", "org.import", FQ_E_CONFLICT, "org.root", rows, "430525", "", "county", "2026-11-20");
  refused("admin", "org.import", FQ_E_PARAMS, "org.date", rows, GRID_A3, VILLAGE, "grid", "2026-11-23");
  refused("admin", "org.import", FQ_E_PARAMS, "org.date", rows, GRID_A3, VILLAGE, "grid", "soon");
  const fq_json *r = act("admin", "org.check", rows, GRID_A1, VILLAGE, "grid", "2026-11-20");
  assert_string_equal(fq_json_str(nth(fq_json_get(r, "rows"), 0), "code"), "org.people");
  assert_string_equal(fq_json_str(nth(fq_json_get(r, "rows"), 0), "path"), "valid_to");
  assert_null(fq_json_str(act("admin", "org.get", "{\"id\":\"" GRID_A1 "\"}"), "valid_to"));
  act("admin", "org.import", rows, GRID_A3, VILLAGE, "grid", "2026-11-20");
  assert_string_equal(fq_json_str(act("admin", "org.get", "{\"id\":\"" GRID_A3 "\"}"), "valid_to"),
                      "2026-11-20");
  act("admin", "org.import", rows, GRID_A3, VILLAGE, "grid", "2026-11-20"); /* the same table once more */
  rebuild_gives_the_same();
}

static void the_three_offices_stay_apart(void **state) {
  refused("admin", "user.add", FQ_E_PARAMS, "user.duties",
          "{\"name\":\"both\",\"org\":\"430525\",\"roles\":[\"admin.audit\",\"admin.security\"]}");
  refused("admin", "user.add", FQ_E_FORBIDDEN, "user.duties",
          "{\"name\":\"dispatcher\",\"org\":\"430525\",\"roles\":[\"dispatcher\",\"admin.security\"]}");
  refused("admin", "user.add", FQ_E_FORBIDDEN, "user.own",
          "{\"name\":\"admin\",\"org\":\"430525\",\"roles\":[\"admin.system\",\"dispatcher\"]}");
  refused("admin", "user.disable", FQ_E_FORBIDDEN, "user.own", "{\"name\":\"admin\"}");
  refused(
      "admin", "user.add", FQ_E_FORBIDDEN, "user.password",
      "{\"name\":\"guard\",\"org\":\"430525\",\"roles\":[\"admin.security\"],\"password\":\"long enough\"}");
  act("admin", "user.add",
      "{\"name\":\"guard\",\"org\":\"430525\",\"roles\":[\"admin.security\"],\"rev\":0}");
  refused("admin", "user.add", FQ_E_CONFLICT, "user.taken",
          "{\"name\":\"guard\",\"org\":\"430525\",\"roles\":[\"admin.security\"],\"rev\":0}");
  refused("admin", "user.password", FQ_E_FORBIDDEN, "role",
          "{\"name\":\"guard\",\"password\":\"long enough\"}");
  refused("admin", "session.end", FQ_E_FORBIDDEN, "role", "{\"user\":\"guard\"}");
  refused("guard", "user.add", FQ_E_FORBIDDEN, "role",
          "{\"name\":\"n\",\"org\":\"430525\",\"roles\":[\"officer\"]}");
  act("guard", "user.password", "{\"name\":\"officer-a1\",\"password\":\"long enough\"}");
  rebuild_gives_the_same();
}

static void an_account_is_changed_as_it_was_seen(void **state) {
  int64_t rev = account_rev("officer-a1");
  const char *set = "{\"name\":\"officer-a1\",\"display\":\"%s\",\"org\":\"" GRID_A1
                    "\",\"roles\":[\"officer\"],\"rev\":%lld}";
  int64_t now = fq_json_int(act("admin", "user.add", set, "张三", (long long)rev), "rev", 0);
  assert_true(now > rev);
  refused("admin", "user.add", FQ_E_CONFLICT, "rev.stale", set, "李四", (long long)rev);
  assert_int_equal(w.error.rev, now);
  act("admin", "user.disable", "{\"name\":\"officer-a1\",\"rev\":%lld,\"reason\":\"调离\"}", (long long)now);
  refused("admin", "user.enable", FQ_E_CONFLICT, "rev.stale", "{\"name\":\"officer-a1\",\"rev\":%lld}",
          (long long)now);
  act("admin", "user.enable", "{\"name\":\"officer-a1\"}");
  refused("admin", "user.enable", FQ_E_CONFLICT, "user.enabled", "{\"name\":\"officer-a1\"}");
  const fq_json *u = act("admin", "user.get", "{\"name\":\"officer-a1\"}");
  assert_string_equal(fq_json_str(u, "display"), "张三");
  assert_false(fq_json_bool(u, "disabled", true));
  refused("admin", "user.get", FQ_E_NOT_FOUND, "user.unknown", "{\"name\":\"nobody\"}");
  rebuild_gives_the_same();
}

static void accounts_are_found(void **state) {
  const fq_json *r =
      act("admin", "user.list", "{\"role\":\"officer\",\"org\":\"" A_TOWN "\",\"below\":true,\"limit\":2}");
  assert_int_equal(fq_json_size(fq_json_get(r, "rows")), 2);
  assert_int_equal(fq_json_int(r, "total", 0), 3);
  assert_true(fq_json_get(nth(fq_json_get(r, "rows"), 0), "has_password") != NULL);
  r = act("admin", "user.list",
          "{\"role\":\"officer\",\"org\":\"" A_TOWN "\",\"below\":true,\"limit\":2,\"after\":\"%s\"}",
          fq_json_str(r, "next"));
  assert_int_equal(fq_json_size(fq_json_get(r, "rows")), 1);
  assert_null(fq_json_get(r, "next"));
  r = act("dispatcher", "user.list", "{\"text\":\"officer-b\"}");
  assert_int_equal(fq_json_size(fq_json_get(r, "rows")), 1);
  assert_null(fq_json_get(nth(fq_json_get(r, "rows"), 0), "has_password"));
  assert_int_equal(fq_json_size(fq_json_get(act("admin", "user.list", "{\"disabled\":true}"), "rows")), 0);
  assert_int_equal(fq_json_size(fq_json_get(act("admin", "user.list", "{\"text\":\"_\"}"), "rows")), 0);
  refused("admin", "user.list", FQ_E_PARAMS, "user.role", "{\"role\":\"king\"}");
  refused("director-a", "user.list", FQ_E_FORBIDDEN, "scope", "{\"org\":\"" B_TOWN "\"}");
}

static void a_table_of_accounts_is_all_or_nothing(void **state) {
  const char *rows = "{\"users\":["
                     "{\"name\":\"n1\",\"display\":\"甲\",\"org\":\"" GRID_A3
                     "\",\"roles\":[\"officer\"],\"password\":\"long enough\"},"
                     "{\"name\":\"n2\",\"display\":\"乙\",\"org\":\"%s\",\"roles\":[\"officer\"]}]}";
  const fq_json *r = act("admin", "user.check", rows, "nowhere");
  assert_string_equal(fq_json_str(nth(fq_json_get(r, "rows"), 0), "act"), "add");
  assert_string_equal(fq_json_str(nth(fq_json_get(r, "rows"), 1), "code"), "org.unknown");
  refused("admin", "user.add_many", FQ_E_PARAMS, "org.unknown", rows, "nowhere");
  refused("admin", "user.get", FQ_E_NOT_FOUND, "user.unknown", "{\"name\":\"n1\"}");
  assert_int_equal(fq_json_int(act("admin", "user.add_many", rows, GRID_A3), "set", 0), 2);
  assert_true(fq_json_bool(act("admin", "user.get", "{\"name\":\"n1\"}"), "has_password", false));
  assert_false(fq_json_bool(act("admin", "user.get", "{\"name\":\"n2\"}"), "has_password", true));
  refused("admin", "user.add_many", FQ_E_FORBIDDEN, "user.password", rows, GRID_A3); /* n1 has one by now */
  rebuild_gives_the_same();
}

/* ---- what hangs on whom ----------------------------------------------------------------------------------
 */

static void what_it_touches(void **state) {
  report("dispatcher", GRID_A1, "fire");
  act("admin", "binding.set",
      "{\"kind\":\"grid_head\",\"holder\":\"officer-a1\",\"subject\":\"" GRID_A1 "\"}");
  act("director-a", "leave.set",
      "{\"user\":\"officer-a2\",\"deputy\":\"officer-a1\",\"from\":\"2026-11-25T00:00:00Z\",\"until\":"
      "\"2026-11-26T00:00:00Z\",\"reason\":\"x\"}");
  const fq_json *t = act("admin", "people.touches", "{\"org\":\"" A_TOWN "\"}");
  assert_int_equal(fq_json_int(t, "incidents", -1), 1);
  assert_int_equal(fq_json_int(t, "bindings", -1), 1);
  t = act("admin", "people.touches", "{\"org\":\"" B_TOWN "\"}");
  assert_int_equal(fq_json_int(t, "incidents", -1), 0);
  t = act("admin", "people.touches", "{\"user\":\"officer-a1\"}");
  assert_int_equal(fq_json_int(t, "bindings", -1), 1);
  assert_int_equal(fq_json_int(t, "deputy_of", -1), 1);
  refused("admin", "people.touches", FQ_E_PARAMS, "params.missing", "{}");
  refused("admin", "people.touches", FQ_E_NOT_FOUND, "user.unknown", "{\"user\":\"nobody\"}");
  refused("director-b", "people.touches", FQ_E_FORBIDDEN, "org.foreign", "{\"user\":\"officer-a1\"}");
}

static void an_officer_leaves_his_grid(void **state) {
  act("admin", "officer.set",
      "{\"user\":\"officer-a1\",\"skills\":[\"fire\"],\"grid\":\"" GRID_A3 "\",\"born\":1980}");
  const fq_json *o = act("admin", "officer.get", "{\"user\":\"officer-a1\"}");
  assert_string_equal(fq_json_str(o, "grid"), GRID_A3);
  assert_int_equal(fq_json_int(o, "capacity", 0), 2);
  act("admin", "officer.set", "{\"user\":\"officer-a1\",\"skills\":[],\"clear\":[\"grid\",\"capacity\"]}");
  o = act("admin", "officer.get", "{\"user\":\"officer-a1\"}");
  assert_null(fq_json_get(o, "grid"));
  assert_null(fq_json_get(o, "capacity"));
  assert_int_equal(fq_json_int(o, "born", 0), 1980);
  rebuild_gives_the_same();
}

static void a_table_of_bindings(void **state) {
  const char *rows = "{\"rows\":["
                     "{\"kind\":\"grid_head\",\"holder\":\"officer-a1\",\"subject\":\"" GRID_A1 "\"},"
                     "{\"kind\":\"grid_head\",\"holder\":\"officer-a2\",\"subject\":\"" GRID_A2
                     "\",\"until\":\"2026-12-01T00:00:00Z\"}%s]}";
  const fq_json *r =
      act("admin", "binding.check", rows,
          ",{\"kind\":\"grid_head\",\"holder\":\"officer-a3\",\"subject\":\"" GRID_A1 "\"},"
          "{\"kind\":\"nothing\",\"holder\":\"officer-a3\",\"subject\":\"" GRID_A1 "\"},"
          "{\"kind\":\"household\",\"holder\":\"officer-a3\",\"subject\":\"" GRID_A1 "\"},"
          "{\"holder\":\"officer-a3\"},{\"kind\":\"grid_head\",\"holder\":\"nobody\",\"subject\":\"" GRID_A3
          "\"},"
          "{\"kind\":\"grid_head\",\"holder\":\"officer-a3\",\"subject\":\"" GRID_A3 "\",\"from\":\"soon\"}");
  static const char *const codes[] = {
      NULL,           NULL,         "binding.twice", "binding.kind", "binding.subject", "params.missing",
      "user.unknown", "params.time"};
  for (size_t i = 0; i < 8; i++) {
    const char *code = fq_json_str(nth(fq_json_get(r, "rows"), i), "code");
    if (codes[i])
      assert_string_equal(code, codes[i]);
    else
      assert_null(code);
  }
  refused("admin", "binding.set_many", FQ_E_CONFLICT, "binding.taken", rows,
          ",{\"kind\":\"grid_head\",\"holder\":\"officer-a3\",\"subject\":\"" GRID_A1 "\"}");
  assert_string_equal(w.error.path, "params.rows[2].holder");
  assert_int_equal(fq_json_size(fq_json_get(act("admin", "binding.list", "{}"), "rows")), 0);
  r = act("admin", "binding.set_many", rows, "");
  assert_int_equal(fq_json_int(r, "set", 0), 2);
  assert_null(fq_json_get(r, "id"));
  refused("director-b", "binding.set_many", FQ_E_FORBIDDEN, "org.foreign", rows, "");
  r = act("admin", "binding.list", "{\"ends_before\":\"2026-12-22T00:00:00Z\"}");
  assert_int_equal(fq_json_size(fq_json_get(r, "rows")), 1);
  assert_int_equal(
      fq_json_size(fq_json_get(act("admin", "binding.list", "{\"org\":\"" GRID_A1 "\"}"), "rows")), 1);
  refused("director-b", "binding.list", FQ_E_FORBIDDEN, "org.foreign", "{\"org\":\"" A_TOWN "\"}");
  rebuild_gives_the_same();
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, world_open, world_close)
#define D(fn) cmocka_unit_test_setup_teardown(fn, world_open_on_disk, world_close)
int main(void) {
  const struct CMUnitTest tests[] = {
      D(a_unit_is_changed_as_it_was_seen),
      D(a_unit_moves_with_all_below),
      D(a_unit_is_closed_when_nobody_is_left),
      T(the_tree_is_asked_level_by_level),
      T(a_table_of_units_is_tried_first),
      D(a_table_closes_no_unit_where_somebody_sits),
      D(the_three_offices_stay_apart),
      D(an_account_is_changed_as_it_was_seen),
      T(accounts_are_found),
      D(a_table_of_accounts_is_all_or_nothing),
      T(what_it_touches),
      D(an_officer_leaves_his_grid),
      D(a_table_of_bindings),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
