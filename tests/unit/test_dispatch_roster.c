/* Duty roster, leave and deputies, vacancies: who is there, and everything that follows from it. */
#include <stdio.h>
#include <string.h>

#include "dispatch_world.h"

#define A_TOWN "430525100000"
#define DAY    (24 * HOUR)

static const fq_json *nth(const fq_json *list, size_t n) {
  const fq_json *m = fq_json_first(list);
  while (m && n--)
    m = fq_json_next(m);
  return m;
}

static const fq_json *who_is(const fq_json *rows, const char *user) {
  fq_json_each(r, rows) if (!strcmp(fq_json_str(r, "user"), user)) return r;
  return NULL;
}

static void owner_is(const char *grid, const char *level) {
  act("dispatcher", "incident.report", "{\"category\":\"fire\",\"title\":\"x\",\"grid\":\"%s\"}", grid);
  assert_string_equal(fq_json_str(fq_json_get(w.result, "owner"), "level"), level);
}

static const char *excluded_because(const char *incident, const char *user) {
  static char reason[200];
  act("dispatcher", "incident.candidates", "{\"id\":\"%s\"}", incident);
  const fq_json *x = who_is(fq_json_get(w.result, "excluded"), user);
  snprintf(reason, sizeof reason, "%s", x ? fq_json_str(x, "reason_zh") : "");
  return reason;
}

static const char *shift(const char *org, const char *user, const char *from, const char *until,
                         const char *post) {
  static char id[FQ_ID_MAX];
  act("admin", "roster.set",
      "{\"org\":\"%s\",\"rows\":[{\"user\":\"%s\",\"from\":\"2026-11-%s:00Z\",\"until\":\"2026-11-%s:00Z\"%s%"
      "s%s}]}",
      org, user, from, until, *post ? ",\"post\":\"" : "", post, *post ? "\"" : "");
  snprintf(id, sizeof id, "%s", fq_json_as_str(fq_json_first(fq_json_get(w.result, "shifts"))));
  return id;
}

/* ---- the roster
 * -------------------------------------------------------------------------------------------- */

static void shifts(void **state) {
  const char *row = "{\"org\":\"" A_TOWN "\",\"rows\":[%s]}";
#define ROW(user, from, until)                                                                               \
  "{\"user\":\"" user "\",\"from\":\"2026-11-" from ":00Z\",\"until\":\"2026-11-" until ":00Z\"}"
  act("director-a", "roster.set", row,
      ROW("officer-a1", "22T08:00", "22T20:00") "," ROW("officer-a2", "22T20:00", "23T08:00"));
  assert_string_equal(entry("roster.set", "audience"), "user/officer-a1 user/officer-a2");
  char id[FQ_ID_MAX];
  snprintf(id, sizeof id, "%s", fq_json_as_str(fq_json_first(fq_json_get(w.result, "shifts"))));
  refused("director-a", "roster.set", FQ_E_CONFLICT, "roster.overlap", row,
          ROW("officer-a1", "22T19:00", "22T21:00"));
  assert_non_null(strstr(w.error.en, id));
  refused("director-a", "roster.set", FQ_E_CONFLICT, "roster.overlap", row,
          ROW("officer-a3", "24T08:00", "24T20:00") "," ROW("officer-a3", "24T19:00", "24T21:00"));
  assert_string_equal(w.error.path, "params.rows[1].user");
  act("director-a", "roster.set", row,
      ROW("officer-a1", "22T20:00", "22T22:00")); /* one after the other is none */
  refused("director-a", "roster.set", FQ_E_PARAMS, "roster.times", row,
          ROW("officer-a3", "24T08:00", "24T08:00"));
  refused("director-a", "roster.set", FQ_E_CONFLICT, "roster.closed", row,
          ROW("officer-a3", "21T08:00", "21T20:00"));
  refused("director-a", "roster.set", FQ_E_PARAMS, "user.unknown", row,
          ROW("nobody", "24T08:00", "24T20:00"));
  refused("director-a", "roster.set", FQ_E_FORBIDDEN, "org.foreign", row,
          ROW("officer-b1", "24T08:00", "24T20:00"));
  refused("director-b", "roster.set", FQ_E_FORBIDDEN, "scope", row,
          ROW("officer-a3", "24T08:00", "24T20:00"));
  refused("officer-a1", "roster.set", FQ_E_FORBIDDEN, "role", row, ROW("officer-a1", "24T08:00", "24T20:00"));
  const fq_json *r = act("director-a", "roster.list", "{}");
  assert_int_equal(fq_json_size(fq_json_get(r, "rows")), 3);
  r = act("officer-a2", "roster.list", "{}"); /* his own unit has none */
  assert_int_equal(fq_json_size(fq_json_get(r, "rows")), 0);
  refused("director-b", "roster.list", FQ_E_FORBIDDEN, "org.foreign", "{\"org\":\"" A_TOWN "\"}");
  refused("director-a", "roster.list", FQ_E_PARAMS, "roster.times",
          "{\"from\":\"2026-01-01T00:00:00Z\",\"until\":\"2026-12-01T00:00:00Z\"}");
  /* a shift that runs ends; one to come goes; one that has ended stays as it was */
  at(9 * HOUR);
  act("director-a", "roster.remove", "{\"id\":\"%s\",\"reason\":\"家中有事\"}", id);
  r = act("director-a", "roster.list", "{}");
  assert_string_equal(fq_json_str(nth(fq_json_get(r, "rows"), 0), "until"), "2026-11-22T09:00:00.000Z");
  refused("director-a", "roster.remove", FQ_E_CONFLICT, "roster.closed", "{\"id\":\"%s\"}", id);
  refused("director-a", "roster.remove", FQ_E_NOT_FOUND, "roster.unknown", "{\"id\":\"d1\"}");
  snprintf(id, sizeof id, "%s", shift(A_TOWN, "officer-a3", "25T08:00", "25T20:00", ""));
  act("director-a", "roster.remove", "{\"id\":\"%s\"}", id);
  assert_int_equal(fq_json_size(fq_json_get(act("director-a", "roster.list", "{}"), "rows")), 3);
  rebuild_gives_the_same();
}

/* A unit that keeps a roster is empty when nobody on it is there, however many sit at the unit. */
static void a_roster_decides(void **state) {
  owner_is(GRID_A1, "grid"); /* a1 signed on, no roster */
  shift(GRID_A1, "officer-a1", "22T08:00", "22T12:00", "");
  shift(GRID_A1, "officer-a3", "22T12:00", "22T16:00", "");
  owner_is(GRID_A1, "grid"); /* it has not begun yet: as if there were none */
  at(8 * HOUR);
  owner_is(GRID_A1, "grid");
  assert_string_equal(excluded_because(report("dispatcher", GRID_A1, "other"), "officer-a1"), "");
  at(12 * HOUR); /* a3's time, but he has not signed on; a1's is over */
  owner_is(GRID_A1, "township");
  assert_string_equal(excluded_because(report("dispatcher", GRID_A1, "other"), "officer-a1"), "不在班");
  act("officer-a3", "duty.start", "{}");
  owner_is(GRID_A1, "grid");
  at(16 * HOUR); /* the roster has run out: who signed on is there */
  owner_is(GRID_A1, "grid");
  assert_string_equal(excluded_because(report("dispatcher", GRID_A1, "other"), "officer-a1"), "");
  rebuild_gives_the_same();
}

/* A director who signed off yesterday is expected at his shift today; signing off from it counts. */
static void signed_off_before_the_shift(void **state) {
  act("director-a", "duty.end", "{}");
  owner_is(GRID_A3, "county");
  shift(A_TOWN, "director-a", "22T08:00", "22T20:00", "lead");
  at(8 * HOUR);
  owner_is(GRID_A3, "township");
  at(9 * HOUR);
  act("director-a", "duty.start", "{}");
  act("director-a", "duty.end", "{}");
  owner_is(GRID_A3, "county");
  at(20 * HOUR + 1);
  owner_is(GRID_A3, "county");
}

static void who_has_duty_now(void **state) {
  shift(A_TOWN, "officer-a2", "22T00:00", "22T12:00", "deputy");
  shift(A_TOWN, "director-a", "22T00:00", "22T12:00", "lead");
  shift(A_TOWN, "director-a", "22T12:00", "22T20:00", "lead");
  at(HOUR);
  const fq_json *r = act("director-a", "roster.now", "{}");
  assert_true(fq_json_bool(r, "keeps_roster", false));
  assert_int_equal(fq_json_size(fq_json_get(r, "rows")), 2);
  assert_string_equal(fq_json_str(nth(fq_json_get(r, "rows"), 0), "post"), "lead");
  assert_string_equal(fq_json_str(nth(fq_json_get(r, "rows"), 1), "user"), "officer-a2");
  assert_string_equal(fq_json_str(nth(fq_json_get(r, "rows"), 1), "by"), "roster");
  /* 调班: the whole day is b1's */
  refused("director-a", "roster.override", FQ_E_FORBIDDEN, "org.foreign",
          "{\"org\":\"" A_TOWN
          "\",\"date\":\"2026-11-22\",\"user\":\"officer-b1\",\"instead_of\":\"director-a\","
          "\"reason\":\"会议\"}");
  refused("commander", "roster.override", FQ_E_CONFLICT, "roster.none",
          "{\"org\":\"" A_TOWN
          "\",\"date\":\"2026-11-22\",\"user\":\"officer-b1\",\"instead_of\":\"officer-a3\","
          "\"reason\":\"会议\"}");
  refused("commander", "roster.override", FQ_E_CONFLICT, "roster.closed",
          "{\"org\":\"" A_TOWN
          "\",\"date\":\"2026-11-20\",\"user\":\"officer-b1\",\"instead_of\":\"director-a\","
          "\"reason\":\"会议\"}");
  refused("commander", "roster.override", FQ_E_PARAMS, "roster.times",
          "{\"org\":\"" A_TOWN "\",\"date\":\"22.11.\",\"user\":\"officer-b1\",\"instead_of\":\"director-a\","
          "\"reason\":\"会议\"}");
  refused("commander", "roster.override", FQ_E_PARAMS, "roster.self",
          "{\"org\":\"" A_TOWN
          "\",\"date\":\"2026-11-22\",\"user\":\"director-a\",\"instead_of\":\"director-a\","
          "\"reason\":\"会议\"}");
  act("commander", "roster.override",
      "{\"org\":\"" A_TOWN "\",\"date\":\"2026-11-22\",\"user\":\"director-b\",\"instead_of\":\"director-a\","
      "\"reason\":\"会议\"}");
  assert_string_equal(entry("roster.overridden", "audience"), "user/director-b user/director-a");
  assert_int_equal(entries("roster.overridden"), 2); /* two shifts that day */
  refused("commander", "roster.override", FQ_E_CONFLICT, "roster.replaced",
          "{\"org\":\"" A_TOWN "\",\"from\":\"2026-11-22T02:00:00Z\",\"until\":\"2026-11-22T03:00:00Z\","
          "\"user\":\"officer-a3\",\"instead_of\":\"director-a\",\"reason\":\"会议\"}");
  at(2 * HOUR);
  r = act("director-a", "roster.now", "{}");
  assert_null(who_is(fq_json_get(r, "rows"), "director-a"));
  const fq_json *b = who_is(fq_json_get(r, "rows"), "director-b");
  assert_string_equal(fq_json_str(b, "by"), "override");
  assert_string_equal(fq_json_str(b, "instead_of"), "director-a");
  owner_is(GRID_A3, "township"); /* b sits elsewhere, but has the shift */
  act("director-b", "duty.end", "{}");
  owner_is(GRID_A3, "county");
  rebuild_gives_the_same();
}

/* ---- leave
 * ------------------------------------------------------------------------------------------------- */

#define LEAVE(user, from, until, more)                                                                       \
  "{\"user\":\"" user "\",\"from\":\"2026-11-" from ":00Z\",\"until\":\"2026-11-" until                      \
  ":00Z\",\"reason\":\"病\"" more "}"

static void leave(void **state) {
  refused("officer-a1", "leave.set", FQ_E_FORBIDDEN, "role", LEAVE("officer-a1", "22T06:00", "23T00:00", ""));
  refused("director-b", "leave.set", FQ_E_FORBIDDEN, "scope",
          LEAVE("officer-a1", "22T06:00", "23T00:00", ""));
  refused("director-a", "leave.set", FQ_E_PARAMS, "leave.times",
          LEAVE("officer-a1", "23T06:00", "23T00:00", ""));
  refused("director-a", "leave.set", FQ_E_CONFLICT, "leave.closed",
          LEAVE("officer-a1", "20T06:00", "21T00:00", ""));
  refused("director-a", "leave.set", FQ_E_PARAMS, "leave.self",
          LEAVE("officer-a1", "22T06:00", "23T00:00", ",\"deputy\":\"officer-a1\""));
  refused("director-a", "leave.set", FQ_E_FORBIDDEN, "org.foreign",
          LEAVE("officer-a1", "22T06:00", "23T00:00", ",\"deputy\":\"officer-b1\""));
  refused("director-a", "leave.set", FQ_E_NOT_FOUND, "user.unknown",
          LEAVE("nobody", "22T06:00", "23T00:00", ""));
  act("director-a", "leave.set", LEAVE("officer-a1", "22T06:00", "23T00:00", ",\"deputy\":\"officer-a2\""));
  assert_string_equal(entry("leave.set", "audience"), "user/officer-a1 user/officer-a2");
  refused("director-a", "leave.set", FQ_E_CONFLICT, "leave.overlap",
          LEAVE("officer-a1", "22T20:00", "24T00:00", ""));
  refused("director-a", "leave.set", FQ_E_CONFLICT, "leave.deputy_away",
          LEAVE("officer-a2", "22T20:00", "24T00:00", ",\"deputy\":\"officer-a1\""));

  char i[FQ_ID_MAX];
  snprintf(i, sizeof i, "%s", report("dispatcher", GRID_A1, "other"));
  assert_string_equal(excluded_because(i, "officer-a1"), "");
  at(6 * HOUR); /* nobody did anything: the time has come */
  assert_string_equal(excluded_because(i, "officer-a1"), "请假至 11-23 08:00");
  refused("dispatcher", "incident.dispatch", FQ_E_CONFLICT, "officer.on_leave",
          "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a1\"}]}", i);
  assert_string_equal(w.error.path, "params.to[0]");
  assert_non_null(strstr(w.error.zh, "officer-a2"));
  assert_non_null(strstr(w.error.en, "the deputy is officer-a2"));
  owner_is(GRID_A1, "grid"); /* by the deputy */
  act("officer-a2", "duty.end", "{}");
  owner_is(GRID_A1, "township");
  act("officer-a2", "duty.start", "{}");
  const fq_json *row = who_is(fq_json_get(act("director-a", "duty.list", "{}"), "rows"), "officer-a1");
  assert_false(fq_json_bool(row, "on_duty", true));
  assert_string_equal(fq_json_str(row, "deputy"), "officer-a2");
  row =
      who_is(fq_json_get(act("dispatcher", "roster.now", "{\"org\":\"" GRID_A1 "\"}"), "rows"), "officer-a2");
  assert_string_equal(fq_json_str(row, "by"), "deputy");
  assert_int_equal(
      fq_json_size(fq_json_get(act("dispatcher", "roster.list", "{\"org\":\"" GRID_A1 "\"}"), "leaves")), 1);

  /* back early; then the record stays */
  at(7 * HOUR);
  refused("director-a", "leave.end", FQ_E_NOT_FOUND, "leave.none", "{\"user\":\"officer-a3\"}");
  act("director-a", "leave.end", "{\"user\":\"officer-a1\"}");
  char id[FQ_ID_MAX];
  snprintf(id, sizeof id, "%s", fq_json_str(w.result, "id"));
  assert_string_equal(excluded_because(i, "officer-a1"), "");
  refused("director-a", "leave.end", FQ_E_CONFLICT, "leave.closed", "{\"user\":\"officer-a1\",\"id\":\"%s\"}",
          id);
  task_for(i, "officer-a1");
  /* called off before it began: as if it had never been */
  act("director-a", "leave.set", LEAVE("officer-a1", "25T00:00", "26T00:00", ""));
  act("director-a", "leave.end", "{\"user\":\"officer-a1\"}");
  assert_int_equal(
      fq_json_size(fq_json_get(act("dispatcher", "roster.list", "{\"org\":\"" GRID_A1 "\"}"), "leaves")), 1);
  rebuild_gives_the_same();
}

/* Two who stand in for one another in turn: nobody is asked for ever. */
static void deputies_in_a_ring(void **state) {
  act("director-a", "leave.set", LEAVE("officer-a1", "22T00:00", "22T08:00", ",\"deputy\":\"officer-a2\""));
  act("director-a", "leave.set", LEAVE("officer-a2", "22T10:00", "23T08:00", ",\"deputy\":\"officer-a1\""));
  act("director-a", "leave.end", "{\"user\":\"officer-a1\"}");
  act("director-a", "leave.set", LEAVE("officer-a1", "22T09:00", "22T10:00", ",\"deputy\":\"officer-a2\""));
  at(9 * HOUR);
  owner_is(GRID_A1, "grid");
  at(10 * HOUR);
  owner_is(GRID_A2, "grid");
  act("officer-a1", "duty.end", "{}");
  owner_is(GRID_A2, "township");
}

/* The view of policies, on the kernel's own copy, as time passes without any entry. */
extern const struct fq_plugin dp_people_part;
static void nearest_is(const char *incident, int64_t after_ms, const char *user) {
  const struct fq_view_fn *f = dp_people_part.views;
  while (strcmp(f->name, "nearest_officer"))
    f++;
  fq_json *args = fq_json_array();
  fq_json_push(args, fq_json_new_str(incident));
  struct fq_view v = {.db = fq_kernel_db(w.kernel),
                      .self = w.self,
                      .now_ms = w.t0_ms + after_ms,
                      .args = args,
                      .error = &w.error};
  assert_int_equal(f->fn(&v), FQ_OK);
  fq_json_free(args);
  if (user)
    assert_string_equal(fq_json_str(v.answer, "user"), user);
  else
    assert_null(v.answer);
  fq_json_free(v.answer);
}

static void as_time_passes(void **state) {
  char i[FQ_ID_MAX];
  snprintf(i, sizeof i, "%s", report("dispatcher", GRID_A1, "other"));
  act("director-a", "leave.set", LEAVE("officer-a1", "22T06:00", "22T10:00", ""));
  shift(GRID_A2, "officer-a2", "22T00:00", "22T08:00", "");
  shift(GRID_A2, "officer-a2", "22T09:00", "22T12:00", "");
  nearest_is(i, HOUR, "officer-a1");
  nearest_is(i, 6 * HOUR - 1, "officer-a1");
  nearest_is(i, 6 * HOUR, "officer-a2");
  nearest_is(i, 8 * HOUR, "officer-b1"); /* between two shifts */
  nearest_is(i, 9 * HOUR, "officer-a2");
  nearest_is(i, 10 * HOUR, "officer-a1");
}

/* ---- vacancies
 * --------------------------------------------------------------------------------------------- */

static const fq_json *vacant(const char *org) {
  fq_json_each(r, fq_json_get(w.result, "rows")) if (!strcmp(fq_json_str(r, "org"), org)) return r;
  return NULL;
}

static void vacancies(void **state) {
  const fq_json *r = act("dispatcher", "roster.vacancies", "{}");
  /* grids A3 and C1, the villages, township C */
  assert_int_equal(fq_json_size(fq_json_get(r, "rows")), 6);
  const fq_json *grids = fq_json_get(fq_json_get(r, "counts"), "grid");
  assert_int_equal(fq_json_int(grids, "units", 0), 5);
  assert_int_equal(fq_json_int(grids, "vacant", 0), 2);
  assert_int_equal(fq_json_int(r, "officers", 0), 4);
  assert_null(fq_json_get(r, "ages"));
  assert_string_equal(fq_json_str(vacant(GRID_A3), "since"), "2026-11-22T00:00:00.000Z");
  const fq_json *cover = fq_json_get(vacant(GRID_A3), "cover");
  assert_string_equal(fq_json_str(cover, "user"), "director-a");
  assert_string_equal(fq_json_str(cover, "level"), "township");
  assert_string_equal(fq_json_str(fq_json_get(vacant(GRID_C1), "cover"), "level"), "county");
  /* somebody leaves, somebody comes, somebody is bound to it */
  at(HOUR);
  act("system", "user.disable", "{\"name\":\"officer-b1\"}");
  act("admin", "officer.set",
      "{\"user\":\"officer-a3\",\"skills\":[],\"grid\":\"" GRID_A3 "\",\"born\":1990}");
  act("admin", "officer.set", "{\"user\":\"officer-a1\",\"skills\":[],\"born\":1960}");
  act("admin", "binding.set",
      "{\"kind\":\"grid_head\",\"holder\":\"officer-a2\",\"subject\":\"" GRID_B1 "\"}");
  r = act("dispatcher", "roster.vacancies", "{\"kind\":\"grid\"}");
  assert_int_equal(fq_json_size(fq_json_get(r, "rows")), 2);
  assert_null(vacant(GRID_A3));
  assert_string_equal(fq_json_str(vacant(GRID_B1), "since"), "2026-11-22T01:00:00.000Z");
  assert_string_equal(fq_json_str(fq_json_get(vacant(GRID_B1), "cover"), "by"), "binding");
  assert_string_equal(fq_json_str(fq_json_get(vacant(GRID_B1), "cover"), "user"), "officer-a2");
  const fq_json *ages = fq_json_get(r, "ages");
  assert_int_equal(fq_json_int(ages, "30_44", 0), 1);
  assert_int_equal(fq_json_int(ages, "60_plus", 0), 1);
  assert_int_equal(fq_json_int(ages, "unknown", 0), 1);
  /* he moves: his old grid is empty from then on, the other no more */
  at(2 * HOUR);
  act("system", "user.add", "{\"name\":\"officer-a2\",\"org\":\"" GRID_C1 "\",\"roles\":[\"officer\"]}");
  act("dispatcher", "roster.vacancies", "{}");
  assert_string_equal(fq_json_str(vacant(GRID_A2), "since"), "2026-11-22T02:00:00.000Z");
  assert_null(vacant(GRID_C1));
  /* within one's own unit; in pages */
  r = act("director-a", "roster.vacancies", "{}");
  assert_int_equal(fq_json_size(fq_json_get(r, "rows")), 2);
  refused("director-b", "roster.vacancies", FQ_E_FORBIDDEN, "org.foreign", "{\"org\":\"" A_TOWN "\"}");
  r = act("dispatcher", "roster.vacancies", "{\"limit\":1}");
  assert_int_equal(fq_json_size(fq_json_get(r, "rows")), 1);
  act("dispatcher", "roster.vacancies", "{\"limit\":200,\"after\":\"%s\"}", fq_json_str(r, "next"));
  assert_null(fq_json_get(w.result, "next"));
  rebuild_gives_the_same();
}

/* 县聘、镇管、村用 */
static void employment(void **state) {
  act("admin", "officer.set",
      "{\"user\":\"officer-a1\",\"skills\":[\"fire\"],\"employer\":\"430525\",\"manager\":\"" A_TOWN "\"}");
  const fq_json *r = who_is(fq_json_get(act("director-a", "duty.list", "{}"), "rows"), "officer-a1");
  assert_string_equal(fq_json_str(r, "employer"), "430525");
  assert_string_equal(fq_json_str(r, "manager"), A_TOWN);
  refused("admin", "officer.set", FQ_E_PARAMS, "org.unknown",
          "{\"user\":\"officer-a1\",\"skills\":[],\"manager\":\"nowhere\"}");
  assert_string_equal(w.error.path, "params.manager");
  rebuild_gives_the_same();
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, world_open, world_close)
#define D(fn) cmocka_unit_test_setup_teardown(fn, world_open_on_disk, world_close)
int main(void) {
  const struct CMUnitTest tests[] = {
      D(shifts),
      D(a_roster_decides),
      T(signed_off_before_the_shift),
      D(who_has_duty_now),
      D(leave),
      T(deputies_in_a_ring),
      T(as_time_passes),
      D(vacancies),
      D(employment),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
