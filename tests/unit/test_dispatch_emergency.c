/* Emergencies: declared, people called out and called again, clocks cut short, the board, the end. */
#include <stdio.h>
#include <string.h>

#include "dispatch_world.h"

#define TOWN_A  "430525100000"
#define VILLAGE "430525100201"
#define POLICY  "policy/three-limits"
static char e[FQ_ID_MAX];

static void declare(const char *who, const char *org, const char *more) {
  act(who, "emergency.start", "{\"title\":\"防汛\",\"level\":2,\"org\":\"%s\",\"reason\":\"红色预警\"%s}",
      org, more);
  snprintf(e, sizeof e, "%s", fq_json_str(w.result, "id"));
}

/* A member of an entry's data, as text. */
static int64_t count_people(const char *kind) {
  const char *text = entry(kind, "data");
  fq_json *j = fq_json_parse(text, strlen(text), NULL);
  assert_non_null(j);
  int64_t n = (int64_t)fq_json_size(fq_json_get(j, "people"));
  fq_json_free(j);
  return n;
}

static bool said(const char *kind, const char *column, const char *what) {
  return strstr(entry(kind, column), what) != NULL;
}

static int64_t number(const fq_json *j, const char *member, const char *of) {
  return fq_json_int(fq_json_get(j, member), of, -1);
}

static void those_on_duty_are_called(void **state) {
  declare("commander", TOWN_A, "");
  assert_int_equal(fq_json_int(w.result, "called", -1), 3); /* the director, a1, a2; a3 is off duty */
  assert_int_equal(entries("emergency.called"), 1);
  assert_string_equal(entry("emergency.called", "audience"),
                      "user/director-a user/officer-a1 user/officer-a2");
  assert_string_equal(entry("emergency.called", "subject"), e);
  assert_string_equal(entry("emergency.started", "org"), TOWN_A);
  assert_string_equal(entry("emergency.started", "audience"), "unit/" TOWN_A);
  assert_true(said("emergency.called", "data", "\"reason\":\"红色预警\""));
}

/* By leave and roster, and not by what somebody once said. */
static void the_roster_says_who(void **state) {
  act("system", "leave.set",
      "{\"user\":\"officer-a2\",\"from\":\"2026-11-21T00:00:00Z\",\"until\":\"2026-11-23T00:00:00Z\","
      "\"reason\":\"x\"}");
  declare("commander", TOWN_A, "");
  assert_string_equal(entry("emergency.called", "audience"), "user/director-a user/officer-a1");
  act("commander", "emergency.end", "{\"id\":\"%s\",\"note\":\"x\"}", e);
  act("admin", "roster.set",
      "{\"org\":\"%s\",\"rows\":[{\"user\":\"officer-a1\",\"from\":\"2026-11-22T12:00:00Z\","
      "\"until\":\"2026-11-22T20:00:00Z\"},{\"user\":\"officer-a3\",\"from\":\"2026-11-21T20:00:00Z\","
      "\"until\":\"2026-11-22T12:00:00Z\"}]}",
      GRID_A1);
  act("officer-a3", "duty.start", "{}");
  declare("commander", TOWN_A, "");
  assert_string_equal(entry("emergency.called", "audience"), "user/director-a user/officer-a3");
  act("commander", "emergency.end", "{\"id\":\"%s\",\"note\":\"x\"}", e);
  declare("commander", TOWN_A, ",\"users\":[\"officer-a2\"]"); /* by name, on leave or not */
  assert_true(said("emergency.called", "audience", "user/officer-a2"));
}

static void all_or_by_name(void **state) {
  declare("commander", TOWN_A, ",\"call_out\":\"all\"");
  assert_int_equal(fq_json_int(w.result, "called", -1), 4);
  /* units wherever the commander reaches, each person once; by name on duty or not */
  declare("commander", "430525101000",
          ",\"units\":[\"430525-D01\",\"430525100201\",\"" GRID_A1
          "\"],\"users\":[\"officer-a3\",\"officer-a1\"]");
  assert_string_equal(entry("emergency.called", "audience"),
                      "user/department-01 user/officer-a1 user/officer-a3 user/officer-a2");
}

static void nobody_to_call(void **state) {
  declare("commander", "430525102000", "");
  assert_int_equal(fq_json_int(w.result, "called", -1), 0);
  assert_int_equal(entries("emergency.called"), 0);
  assert_int_equal(fq_int(fq_kernel_db(w.kernel), -1, "SELECT count(*) FROM timer", ""), 0);
  act("commander", "emergency.end", "{\"id\":\"%s\",\"note\":\"无人\"}", e);
}

static void a_county_is_called_in_portions(void **state) {
  for (int k = 0; k < 450; k++)
    act("system", "user.add", "{\"name\":\"clerk-%03d\",\"org\":\"430525100000\",\"roles\":[\"director\"]}",
        k);
  declare("commander", "430525", "");
  assert_int_equal(fq_json_int(w.result, "called", -1), 450 + 8);
  assert_int_equal(entries("emergency.called"), 3);
  assert_int_equal(count_people("emergency.called"), 58);
  at(5 * MINUTE);
  assert_int_equal(entries("emergency.called"), 6);
}

static void who_may_declare(void **state) {
  static const char params[] =
      "{\"title\":\"x\",\"level\":1,\"org\":\"%s\",\"reason\":\"y\",\"users\":[%s],\"units\":[%s]}";
  refused("dispatcher", "emergency.start", FQ_E_FORBIDDEN, "role", params, TOWN_A, "", "");
  refused("officer-a1", "emergency.start", FQ_E_FORBIDDEN, "role", params, TOWN_A, "", "");
  refused("director-a", "emergency.start", FQ_E_FORBIDDEN, "scope", params, "430525101000", "", "");
  refused("director-a", "emergency.start", FQ_E_FORBIDDEN, "scope", params, "430525", "", "");
  refused("director-a", "emergency.start", FQ_E_FORBIDDEN, "org.foreign", params, TOWN_A, "",
          "\"430525101201\"");
  refused("director-a", "emergency.start", FQ_E_FORBIDDEN, "org.foreign", params, TOWN_A, "\"officer-b1\"",
          "");
  refused("director-a", "emergency.start", FQ_E_NOT_FOUND, "user.unknown", params, TOWN_A, "\"nobody\"", "");
  refused("director-a", "emergency.start", FQ_E_PARAMS, "org.unknown", params, TOWN_A, "", "\"nowhere\"");
  refused("commander", "emergency.start", FQ_E_PARAMS, "org.unknown", params, "nowhere", "", "");
  refused("director-a", "emergency.start", FQ_E_NOT_FOUND, "incident.unknown",
          "{\"title\":\"x\",\"level\":1,\"org\":\"%s\",\"reason\":\"y\",\"incident\":\"i9\"}", TOWN_A);
  char theirs[FQ_ID_MAX];
  snprintf(theirs, sizeof theirs, "%s", report("officer-b1", GRID_B1, "fire"));
  refused("director-a", "emergency.start", FQ_E_FORBIDDEN, "incident.foreign",
          "{\"title\":\"x\",\"level\":1,\"org\":\"%s\",\"reason\":\"y\",\"incident\":\"%s\"}", TOWN_A,
          theirs);
  assert_int_equal(entries("emergency.started"), 0);
  declare(POLICY, TOWN_A, "");
}

static void one_for_a_unit(void **state) {
  declare("director-a", TOWN_A, "");
  refused("commander", "emergency.start", FQ_E_CONFLICT, "emergency.in_force",
          "{\"title\":\"x\",\"level\":1,\"org\":\"%s\",\"reason\":\"y\"}", TOWN_A);
  assert_non_null(strstr(w.error.zh, e));
  char first[FQ_ID_MAX];
  snprintf(first, sizeof first, "%s", e);
  declare("commander", "430525", "");
  declare("director-a", VILLAGE, "");
  act("director-a", "emergency.end", "{\"id\":\"%s\",\"note\":\"水退\"}", first);
  declare("director-a", TOWN_A, ""); /* the next one */
}

static void answers(void **state) {
  declare("commander", TOWN_A, "");
  at(2 * MINUTE);
  act("officer-a1", "emergency.answer",
      "{\"id\":\"%s\",\"coming\":true,\"eta_ms\":600000,\"note\":\"骑车来\"}", e);
  assert_true(said("emergency.answered", "data", "\"eta_at\":\"2026-11-22T00:12:00.000Z\""));
  assert_string_equal(entry("emergency.answered", "audience"), "user/officer-a1");
  refused("officer-a2", "emergency.answer", FQ_E_FORBIDDEN, "emergency.not_yours",
          "{\"id\":\"%s\",\"coming\":true,\"user\":\"officer-a1\"}", e);
  refused("officer-b1", "emergency.answer", FQ_E_FORBIDDEN, "emergency.not_called",
          "{\"id\":\"%s\",\"coming\":true}", e);
  refused("director-b", "emergency.answer", FQ_E_FORBIDDEN, "scope",
          "{\"id\":\"%s\",\"coming\":true,\"user\":\"officer-a2\"}", e);
  refused("officer-a1", "emergency.answer", FQ_E_NOT_FOUND, "emergency.unknown",
          "{\"id\":\"e1\",\"coming\":true}");
  /* by voice, for him */
  act("dispatcher", "emergency.answer",
      "{\"id\":\"%s\",\"coming\":false,\"user\":\"officer-a2\",\"note\":\"腿伤\"}", e);
  const fq_json *b = act("commander", "emergency.board", "{\"id\":\"%s\"}", e);
  assert_int_equal(number(b, "calls", "called"), 3);
  assert_int_equal(number(b, "calls", "answered"), 2);
  assert_int_equal(number(b, "calls", "coming"), 1);
  assert_int_equal(number(b, "calls", "not_coming"), 1);
  assert_int_equal(number(b, "calls", "silent"), 1);
  assert_int_equal(number(b, "calls", "first_answer_ms"), 2 * MINUTE);
  const fq_json *silent = fq_json_first(fq_json_get(fq_json_get(b, "calls"), "silent_people"));
  assert_string_equal(fq_json_str(silent, "user"), "director-a");
  /* the last one: nobody is left to call again */
  act("director-a", "emergency.answer", "{\"id\":\"%s\",\"coming\":true}", e);
  assert_int_equal(fq_int(fq_kernel_db(w.kernel), -1, "SELECT count(*) FROM timer", ""), 0);
  /* another word later: the first time stays */
  at(30 * MINUTE);
  act("officer-a1", "emergency.answer", "{\"id\":\"%s\",\"coming\":false,\"note\":\"路断了\"}", e);
  b = act("commander", "emergency.board", "{\"id\":\"%s\"}", e);
  assert_int_equal(number(b, "calls", "not_coming"), 2);
  assert_int_equal(number(b, "calls", "first_answer_ms"), 2 * MINUTE);
  assert_int_equal(entries("emergency.called"), 1);
}

static void the_silent_are_called_again(void **state) {
  declare("commander", TOWN_A, ",\"again_ms\":180000");
  act("officer-a1", "emergency.answer", "{\"id\":\"%s\",\"coming\":true}", e);
  at(3 * MINUTE - 1);
  assert_int_equal(entries("emergency.called"), 1);
  at(3 * MINUTE);
  assert_int_equal(entries("emergency.called"), 2);
  assert_string_equal(entry("emergency.called", "audience"), "user/director-a user/officer-a2");
  assert_true(said("emergency.called", "data", "\"round\":2"));
  assert_string_equal(entry("emergency.called", "actor"), "system");
  at(6 * MINUTE);
  act("director-a", "emergency.answer", "{\"id\":\"%s\",\"coming\":true}", e);
  at(9 * MINUTE);
  assert_int_equal(entries("emergency.called"), 4);
  assert_string_equal(entry("emergency.called", "audience"), "user/officer-a2");
  assert_int_equal(entries("emergency.unanswered"), 0);
  at(12 * MINUTE);
  assert_int_equal(entries("emergency.called"), 4); /* three times again, no more */
  assert_int_equal(entries("emergency.unanswered"), 1);
  assert_true(said("emergency.unanswered", "data", "officer-a2"));
  at(HOUR);
  assert_int_equal(entries("emergency.called") + entries("emergency.unanswered"), 5);
  const fq_json *b = act("commander", "emergency.board", "{\"id\":\"%s\"}", e);
  assert_int_equal(
      fq_json_int(fq_json_first(fq_json_get(fq_json_get(b, "calls"), "silent_people")), "calls", 0), 4);
}

static void late_after_an_outage(void **state) {
  declare("commander", TOWN_A, "");
  wake_at(HOUR);
  assert_int_equal(entries("emergency.called"), 2); /* once, late; then the pauses begin anew */
  at(HOUR + 5 * MINUTE);
  assert_int_equal(entries("emergency.called"), 3);
  act("commander", "emergency.end", "{\"id\":\"%s\",\"note\":\"解除\"}", e);
  at(3 * HOUR);
  assert_int_equal(entries("emergency.called"), 3);
}

static int64_t limit_of(const char *incident_id, const char *name) {
  fq_json_each(k, fq_json_get(incident(incident_id),
                              "clocks")) if (!strcmp(fq_json_str(k, "name"),
                                                     name)) return fq_json_int(k, "limit_ms", -1);
  return -1;
}

static void clock(const char *of, const char *name) {
  act(POLICY, "clock.start",
      "{\"incident\":\"%s\",\"name\":\"%s\",\"from\":\"reported\",\"to\":\"dispatched\",\"limit_ms\":600000}",
      of, name);
}

static void clocks_are_cut_short(void **state) {
  char a[FQ_ID_MAX], b[FQ_ID_MAX];
  snprintf(a, sizeof a, "%s", report("officer-a1", GRID_A1, "fire"));
  snprintf(b, sizeof b, "%s", report("officer-b1", GRID_B1, "fire"));
  clock(a, "before");
  assert_null(strstr(entry("clock.started", "data"), "heightened"));
  declare("commander", "430525", ",\"factor\":0.8");
  char county[FQ_ID_MAX];
  snprintf(county, sizeof county, "%s", e);
  declare("director-a", TOWN_A, "");
  clock(a, "during");
  assert_int_equal(limit_of(a, "during"), 300000); /* the shorter of the two */
  assert_true(said("clock.started", "data", "\"heightened\":0.5"));
  clock(b, "during");
  assert_int_equal(limit_of(b, "during"), 480000);
  assert_int_equal(limit_of(a, "before"), 600000); /* what was promised stays */
  act("director-a", "emergency.raise", "{\"id\":\"%s\",\"level\":1,\"reason\":\"溃坝\",\"factor\":0.25}", e);
  clock(a, "raised");
  assert_int_equal(limit_of(a, "raised"), 150000);
  act("director-a", "emergency.end", "{\"id\":\"%s\",\"note\":\"水退\"}", e);
  clock(a, "after");
  assert_int_equal(limit_of(a, "after"), 480000); /* the county's still is */
  act("commander", "emergency.end", "{\"id\":\"%s\",\"note\":\"解除\"}", county);
  clock(a, "over");
  assert_int_equal(limit_of(a, "over"), 600000);
  assert_int_equal(limit_of(a, "during"), 300000);
  at(5 * MINUTE);
  assert_int_equal(entries("clock.breached"), 2); /* a during, a raised */
}

static void raise_and_note(void **state) {
  declare("director-a", TOWN_A, "");
  refused("director-a", "emergency.raise", FQ_E_CONFLICT, "emergency.same",
          "{\"id\":\"%s\",\"level\":2,\"reason\":\"x\"}", e);
  refused("dispatcher", "emergency.raise", FQ_E_FORBIDDEN, "role",
          "{\"id\":\"%s\",\"level\":1,\"reason\":\"x\"}", e);
  refused("director-b", "emergency.raise", FQ_E_FORBIDDEN, "scope",
          "{\"id\":\"%s\",\"level\":1,\"reason\":\"x\"}", e);
  act("commander", "emergency.raise", "{\"id\":\"%s\",\"level\":1,\"reason\":\"水位上涨\"}", e);
  assert_true(said("emergency.raised", "data", "\"from\":2"));
  act("dispatcher", "emergency.note", "{\"id\":\"%s\",\"text\":\"堤上已有 40 人\"}", e);
  assert_string_equal(entry("emergency.noted", "audience"), "unit/" TOWN_A);
  refused("director-b", "emergency.note", FQ_E_FORBIDDEN, "scope", "{\"id\":\"%s\",\"text\":\"x\"}", e);
  /* a desk below takes part in the county's */
  declare("commander", "430525", "");
  act("director-b", "emergency.note", "{\"id\":\"%s\",\"text\":\"乙镇已到位\"}", e);
  refused("director-b", "emergency.end", FQ_E_FORBIDDEN, "scope", "{\"id\":\"%s\",\"note\":\"x\"}", e);
}

static void ends_with_its_summary(void **state) {
  char before[FQ_ID_MAX], during[FQ_ID_MAX], t[FQ_ID_MAX];
  snprintf(before, sizeof before, "%s", report("officer-a1", GRID_A1, "fire"));
  declare("commander", TOWN_A, "");
  snprintf(during, sizeof during, "%s", report("officer-a1", GRID_A1, "fire"));
  report("officer-b1", GRID_B1, "fire"); /* elsewhere */
  clock(during, "dispatch");
  at(6 * MINUTE);
  snprintf(t, sizeof t, "%s", task_for(during, "officer-a1"));
  finish_task("officer-a1", t);
  act("officer-a1", "emergency.answer", "{\"id\":\"%s\",\"coming\":true}", e);
  act("officer-a2", "emergency.answer", "{\"id\":\"%s\",\"coming\":false}", e);
  act("commander", "emergency.note", "{\"id\":\"%s\",\"text\":\"第一次会商\"}", e);
  at(10 * MINUTE);
  const fq_json *s =
      fq_json_get(act("commander", "emergency.end", "{\"id\":\"%s\",\"note\":\"险情解除\"}", e), "summary");
  assert_int_equal(fq_json_int(s, "duration_ms", 0), 10 * MINUTE);
  assert_int_equal(number(s, "calls", "called"), 3);
  assert_int_equal(number(s, "calls", "silent"), 1);
  assert_int_equal(number(s, "incidents", "total"), 1);
  assert_int_equal(number(fq_json_get(s, "incidents"), "by_state", "handled"), 1);
  assert_int_equal(number(s, "clocks", "breached"), 1);
  assert_int_equal(number(s, "tasks", "finished"), 1);
  assert_int_equal(fq_json_int(s, "notes", 0), 1);
  /* those who may be on their way are told; who said no is not */
  assert_string_equal(entry("emergency.released", "audience"), "user/director-a user/officer-a1");
  static const char *const verbs[] = {"answer", "note", "raise", "end"};
  static const char *const params[] = {"\"coming\":true", "\"text\":\"x\"", "\"level\":1,\"reason\":\"x\"",
                                       "\"note\":\"x\""};
  for (int k = 0; k < 4; k++) {
    char method[32];
    snprintf(method, sizeof method, "emergency.%s", verbs[k]);
    refused(k ? "commander" : "officer-a1", method, FQ_E_CONFLICT, "emergency.ended", "{\"id\":\"%s\",%s}", e,
            params[k]);
  }
  /* afterwards nothing counts any more */
  report("officer-a1", GRID_A1, "fire");
  const fq_json *r = act("director-a", "emergency.report", "{\"id\":\"%s\",\"limit\":3}", e);
  assert_int_equal(number(fq_json_get(r, "summary"), "incidents", "total"), 1);
  assert_int_equal(fq_json_size(fq_json_get(r, "entries")), 3);
  assert_string_equal(fq_json_str(fq_json_first(fq_json_get(r, "entries")), "kind"), "emergency.started");
  assert_string_equal(fq_json_str(fq_json_first(fq_json_get(r, "entries")), "zh"), "进入应急");
  int64_t next = fq_json_int(r, "next", 0);
  r = act("director-a", "emergency.report", "{\"id\":\"%s\",\"after\":%lld}", e, (long long)next);
  const fq_json *last = NULL;
  fq_json_each(line, fq_json_get(r, "entries")) last = line;
  assert_string_equal(fq_json_str(last, "kind"), "emergency.ended");
  assert_null(fq_json_get(r, "next"));
  assert_int_equal(number(act("commander", "emergency.board", "{\"id\":\"%s\"}", e), "incidents", "total"),
                   1);
}

static size_t open_for(const char *who) {
  return fq_json_size(fq_json_get(act(who, "emergency.open", "{}"), "rows"));
}

static void who_sees_what(void **state) {
  declare("commander", "430525", ",\"users\":[\"officer-b1\"],\"units\":[\"430525100201\"]");
  report("officer-a1", GRID_A1, "fire");
  report("officer-b1", GRID_B1, "fire");
  assert_int_equal(open_for("dispatcher"), 1);
  assert_int_equal(open_for("director-a"), 1); /* it holds for him */
  assert_int_equal(open_for("department-01"), 1);
  assert_int_equal(open_for("officer-a1"), 1);
  assert_non_null(fq_json_get(fq_json_first(fq_json_get(w.result, "rows")), "mine"));
  assert_int_equal(open_for("officer-a3"), 0); /* not called */
  const fq_json *b = act("director-b", "emergency.board", "{\"id\":\"%s\"}", e);
  assert_int_equal(number(b, "incidents", "total"), 1);
  assert_int_equal(fq_json_int(b, "open_incidents", 0), 1);
  assert_int_equal(number(b, "calls", "called"), 1); /* officer-b1 alone */
  assert_false(fq_json_bool(b, "whole", true));
  b = act("commander", "emergency.board", "{\"id\":\"%s\"}", e);
  assert_int_equal(number(b, "incidents", "total"), 2);
  assert_int_equal(number(b, "calls", "called"), 3);
  refused("officer-a1", "emergency.board", FQ_E_FORBIDDEN, "role", "{\"id\":\"%s\"}", e);
  refused("commander", "emergency.board", FQ_E_NOT_FOUND, "emergency.unknown", "{\"id\":\"e1\"}");
  declare("director-a", TOWN_A, "");
  refused("director-b", "emergency.board", FQ_E_FORBIDDEN, "emergency.foreign", "{\"id\":\"%s\"}", e);
  refused("director-b", "emergency.report", FQ_E_FORBIDDEN, "emergency.foreign", "{\"id\":\"%s\"}", e);
  assert_int_equal(open_for("director-b"), 1);
  assert_int_equal(open_for("commander"), 2);
}

static void the_board_shows_what_presses(void **state) {
  char i[FQ_ID_MAX];
  snprintf(i, sizeof i, "%s",
           report("officer-a1", GRID_A1, "fire")); /* open before it began: on the board, too */
  clock(i, "dispatch");
  at(11 * MINUTE);
  declare("commander", TOWN_A, "");
  task_for(i, "officer-a1");
  clock(i, "other"); /* reached late: judged at once, no longer pressing */
  const fq_json *b = act("commander", "emergency.board", "{\"id\":\"%s\"}", e);
  assert_int_equal(fq_json_int(b, "open_tasks", -1), 1);
  assert_int_equal(fq_json_int(b, "breached_clocks", -1), 0);
  assert_int_equal(number(b, "incidents", "total"), 0);
  snprintf(i, sizeof i, "%s", report("officer-a1", GRID_A1, "fire"));
  clock(i, "dispatch");
  at(20 * MINUTE);
  b = act("commander", "emergency.board", "{\"id\":\"%s\"}", e);
  assert_int_equal(fq_json_int(b, "breached_clocks", -1), 1);
  assert_string_equal(fq_json_str(fq_json_first(fq_json_get(b, "breached")), "incident"), i);
  assert_string_equal(fq_json_str(fq_json_first(fq_json_get(b, "last")), "kind"), "emergency.called");
}

static void rebuilt(void **state) {
  char i[FQ_ID_MAX];
  declare("commander", "430525", "");
  snprintf(i, sizeof i, "%s", report("officer-a1", GRID_A1, "fire"));
  clock(i, "dispatch");
  act("officer-a1", "emergency.answer", "{\"id\":\"%s\",\"coming\":true,\"eta_ms\":1000}", e);
  at(5 * MINUTE);
  act("commander", "emergency.raise", "{\"id\":\"%s\",\"level\":3,\"reason\":\"缓和\"}", e);
  act("commander", "emergency.end", "{\"id\":\"%s\",\"note\":\"解除\"}", e);
  declare("commander", TOWN_A, "");
  rebuild_gives_the_same(); /* one over, one in force with its timer */
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, world_open, world_close)
int main(void) {
  const struct CMUnitTest tests[] = {
      T(those_on_duty_are_called),
      T(the_roster_says_who),
      T(all_or_by_name),
      T(nobody_to_call),
      T(a_county_is_called_in_portions),
      T(who_may_declare),
      T(one_for_a_unit),
      T(answers),
      T(the_silent_are_called_again),
      T(late_after_an_outage),
      T(clocks_are_cut_short),
      T(raise_and_note),
      T(ends_with_its_summary),
      T(who_sees_what),
      T(the_board_shows_what_presses),
      cmocka_unit_test_setup_teardown(rebuilt, world_open_on_disk, world_close),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
