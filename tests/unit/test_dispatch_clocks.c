/* The clocks of the dispatch plugin: started, warned, breached, met, paused, and never heard after an answer.
 */
#include <stdio.h>
#include <string.h>

#include "dispatch_world.h"

#define POLICY "policy/three-limits"
static char i[FQ_ID_MAX];

static void new_incident(void) {
  snprintf(i, sizeof i, "%s", report("officer-a1", GRID_A1, "fire"));
}

static void start(const char *who, const char *name, const char *from, const char *to, int64_t limit_ms,
                  const char *warn) {
  act(who, "clock.start",
      "{\"incident\":\"%s\",\"name\":\"%s\",\"from\":\"%s\",\"to\":\"%s\",\"limit_ms\":%lld,\"warn\":%s,"
      "\"calendar\":\"plain\"}",
      i, name, from, to, (long long)limit_ms, warn);
}

static void clock_is(const char *name, const char *state) {
  const char *s = clock_state(i, "three-limits", name);
  assert_non_null(s);
  assert_string_equal(s, state);
}

static int64_t member(const char *kind, const char *name) {
  const char *text = entry(kind, "data");
  fq_json *j = fq_json_parse(text, strlen(text), NULL);
  int64_t v = fq_json_int(j, name, -1);
  fq_json_free(j);
  return v;
}

static void warned_and_breached(void **state) {
  new_incident();
  start(POLICY, "dispatch", "reported", "dispatched", 10 * MINUTE, "[0.5,0.8]");
  clock_is("dispatch", "running");
  assert_int_equal(
      fq_int(fq_kernel_db(w.kernel), 0, "SELECT count(*) FROM timer WHERE id LIKE 'clock:%'", ""), 1);
  at(5 * MINUTE - 1);
  assert_int_equal(entries("clock.warned"), 0);
  at(5 * MINUTE);
  assert_int_equal(entries("clock.warned"), 1);
  clock_is("dispatch", "due_soon");
  assert_non_null(strstr(entry("clock.warned", "data"), "\"share\":0.5"));
  at(8 * MINUTE);
  assert_int_equal(entries("clock.warned"), 2);
  at(10 * MINUTE - 1);
  assert_int_equal(entries("clock.breached"), 0);
  at(10 * MINUTE);
  assert_int_equal(entries("clock.breached"), 1);
  clock_is("dispatch", "breached");
  assert_int_equal(member("clock.breached", "late_ms"), 0);
  assert_int_equal(member("clock.breached", "limit_ms"), 10 * MINUTE);
  assert_string_equal(entry("clock.breached", "subject"), i);
  assert_string_equal(entry("clock.breached", "org"), GRID_A1);
  assert_string_equal(entry("clock.breached", "actor"), "system");
  at(12 * MINUTE);
  task_for(i, "officer-a1");
  clock_is("dispatch", "met_late");
  at(60 * MINUTE);
  assert_int_equal(entries("clock.breached"), 1);
}

static void nothing_after_the_answer(void **state) {
  new_incident();
  start(POLICY, "dispatch", "reported", "dispatched", 10 * MINUTE, "[0.5]");
  at(4 * MINUTE);
  task_for(i, "officer-a1");
  clock_is("dispatch", "met");
  assert_int_equal(
      fq_int(fq_kernel_db(w.kernel), 0, "SELECT count(*) FROM timer WHERE id LIKE 'clock:%'", ""), 0);
  at(60 * MINUTE);
  assert_int_equal(entries("clock.warned") + entries("clock.breached"), 0);
}

/* Reaching a milestone answers the clocks to all before it: a report already solved was never dispatched. */
static void a_later_milestone_answers_too(void **state) {
  act("officer-a1", "incident.report",
      "{\"category\":\"fire\",\"title\":\"x\",\"grid\":\"%s\",\"solved\":true}", GRID_A1);
  snprintf(i, sizeof i, "%s", fq_json_str(w.result, "id"));
  start(POLICY, "dispatch", "reported", "dispatched", 10 * MINUTE, "[]");
  clock_is("dispatch", "met");
  start(POLICY, "verify", "handled", "verified", 10 * MINUTE, "[]");
  clock_is("verify", "running");
}

static void judged_at_once(void **state) {
  act("officer-a1", "incident.report",
      "{\"category\":\"fire\",\"title\":\"x\",\"occurred_at\":\"2026-11-21T23:00:00Z\"}");
  snprintf(i, sizeof i, "%s", fq_json_str(w.result, "id"));
  start(POLICY, "detect", "occurred", "reported", 30 * MINUTE, "[0.5]");
  clock_is("detect", "met_late");
  assert_int_equal(entries("clock.breached"), 1);
  start(POLICY, "detect2", "occurred", "reported", 2 * HOUR, "[0.5]");
  clock_is("detect2", "met");
  /* due before it was started, and not answered */
  start(POLICY, "whole", "occurred", "handled", 30 * MINUTE, "[]");
  clock_is("whole", "breached");
  assert_int_equal(entries("clock.breached"), 2);
  assert_int_equal(
      fq_int(fq_kernel_db(w.kernel), 0, "SELECT count(*) FROM timer WHERE id LIKE 'clock:%'", ""), 0);
  assert_int_equal(entries("clock.started"), 3);
}

static void late_after_an_outage(void **state) {
  new_incident();
  start(POLICY, "dispatch", "reported", "dispatched", 10 * MINUTE, "[0.5,0.8]");
  wake_at(30 * MINUTE);
  assert_int_equal(entries("clock.breached"), 1);
  assert_int_equal(member("clock.breached", "late_ms"), 20 * MINUTE);
  assert_int_equal(entries("clock.warned"), 1); /* the one that was armed; the other is past */
  at(60 * MINUTE);
  assert_int_equal(entries("clock.breached"), 1);
}

static void two_policies_one_name(void **state) {
  new_incident();
  start(POLICY, "dispatch", "reported", "dispatched", 10 * MINUTE, "[]");
  start("policy/strict", "dispatch", "reported", "dispatched", 5 * MINUTE, "[]");
  at(6 * MINUTE);
  clock_is("dispatch", "running");
  assert_string_equal(clock_state(i, "strict", "dispatch"), "breached");
  assert_non_null(strstr(entry("clock.breached", "data"), "\"policy\":\"strict\""));
  /* started again: it keeps its due time */
  start(POLICY, "dispatch", "reported", "dispatched", 60 * MINUTE, "[]");
  assert_true(fq_json_bool(w.result, "dup", false));
  at(10 * MINUTE);
  clock_is("dispatch", "breached");
}

static void paused_and_resumed(void **state) {
  new_incident();
  start(POLICY, "dispatch", "reported", "dispatched", 10 * MINUTE, "[0.5,0.8]");
  at(6 * MINUTE); /* warned at 5, 4 minutes left */
  act("dispatcher", "incident.suspend", "{\"id\":\"%s\",\"reason\":\"等天亮\"}", i);
  clock_is("dispatch", "paused");
  assert_int_equal(fq_json_int(fq_json_first(fq_json_get(incident(i), "clocks")), "remaining_ms", 0),
                   4 * MINUTE);
  at(2 * HOUR);
  assert_int_equal(entries("clock.breached"), 0);
  act("dispatcher", "incident.resume", "{\"id\":\"%s\"}", i);
  clock_is("dispatch", "due_soon");
  at(2 * HOUR + 2 * MINUTE); /* 0.8: two minutes before due */
  assert_int_equal(entries("clock.warned"), 2);
  at(2 * HOUR + 4 * MINUTE - 1);
  assert_int_equal(entries("clock.breached"), 0);
  at(2 * HOUR + 4 * MINUTE);
  assert_int_equal(entries("clock.breached"), 1);
}

static void returned_pauses_until_accepted(void **state) {
  new_incident();
  start(POLICY, "dispatch", "reported", "dispatched", 10 * MINUTE, "[]");
  at(4 * MINUTE);
  act("dispatcher", "incident.return", "{\"id\":\"%s\",\"reason\":\"地址不清\"}", i);
  clock_is("dispatch", "paused");
  at(60 * MINUTE);
  act("dispatcher", "incident.accept", "{\"id\":\"%s\"}", i);
  clock_is("dispatch", "running");
  at(66 * MINUTE);
  clock_is("dispatch", "breached");
}

static void by_hand(void **state) {
  new_incident();
  start(POLICY, "dispatch", "reported", "dispatched", 10 * MINUTE, "[]");
  const char *params = "{\"incident\":\"%s\",\"name\":\"dispatch\",\"policy\":\"three-limits\"}";
  refused("dispatcher", "clock.resume", FQ_E_CONFLICT, "clock.state", params, i);
  act("dispatcher", "clock.pause", params, i);
  clock_is("dispatch", "paused");
  refused("dispatcher", "clock.pause", FQ_E_CONFLICT, "clock.state", params, i);
  at(60 * MINUTE);
  act("dispatcher", "clock.resume", params, i);
  at(69 * MINUTE);
  act("dispatcher", "clock.stop", params, i);
  clock_is("dispatch", "stopped");
  at(90 * MINUTE);
  assert_int_equal(entries("clock.breached"), 0);
  new_incident();
  start(POLICY, "dispatch", "reported", "dispatched", 10 * MINUTE, "[]");
  act("dispatcher", "clock.pause", params, i);
  at(4 * HOUR);
  task_for(i, "officer-a1"); /* paused with time left: answered in time */
  clock_is("dispatch", "met");
  refused("dispatcher", "clock.stop", FQ_E_NOT_FOUND, "clock.unknown",
          "{\"incident\":\"%s\",\"name\":\"nope\"}", i);
  refused("dispatcher", "clock.start", FQ_E_FORBIDDEN, "role",
          "{\"incident\":\"%s\",\"name\":\"x\",\"from\":\"reported\",\"to\":\"handled\",\"limit_ms\":1}", i);
}

static void a_failed_verification_goes_on(void **state) {
  new_incident();
  char t[FQ_ID_MAX];
  snprintf(t, sizeof t, "%s", task_for(i, "officer-a1"));
  start(POLICY, "resolve", "dispatched", "handled", 60 * MINUTE, "[]");
  at(20 * MINUTE);
  finish_task("officer-a1", t);
  clock_is("resolve", "met");
  at(50 * MINUTE); /* the verifier's half hour is not charged */
  act("dispatcher", "incident.verify", "{\"id\":\"%s\",\"pass\":false}", i);
  clock_is("resolve", "running");
  at(90 * MINUTE - 1);
  clock_is("resolve", "running");
  at(90 * MINUTE);
  clock_is("resolve", "breached");
}

static void void_and_back(void **state) {
  new_incident();
  start(POLICY, "dispatch", "reported", "dispatched", 10 * MINUTE, "[]");
  at(4 * MINUTE);
  act("dispatcher", "incident.void", "{\"id\":\"%s\",\"reason\":\"误报\"}", i);
  clock_is("dispatch", "stopped");
  at(60 * MINUTE);
  assert_int_equal(entries("clock.breached"), 0);
  act("dispatcher", "incident.reopen", "{\"id\":\"%s\",\"reason\":\"不是误报\"}", i);
  clock_is("dispatch", "running");
  at(66 * MINUTE);
  clock_is("dispatch", "breached");
}

static void wrong_clocks(void **state) {
  new_incident();
#define CLOCK(from, to, rest)                                                                                \
  "{\"incident\":\"%s\",\"name\":\"x\",\"from\":\"" from "\",\"to\":\"" to "\"" rest "}"
  refused(POLICY, "clock.start", FQ_E_PARAMS, "clock.span", CLOCK("handled", "reported", ",\"limit_ms\":1"),
          i);
  refused(POLICY, "clock.start", FQ_E_PARAMS, "clock.span", CLOCK("reported", "reported", ",\"limit_ms\":1"),
          i);
  refused(POLICY, "clock.start", FQ_E_CONFLICT, "clock.from",
          CLOCK("dispatched", "handled", ",\"limit_ms\":1"), i);
  refused(POLICY, "clock.start", FQ_E_PARAMS, "params.missing", CLOCK("reported", "handled", ""), i);
  refused(POLICY, "clock.start", FQ_E_PARAMS, "params.type", CLOCK("reported", "solved", ",\"limit_ms\":1"),
          i);
  refused(POLICY, "clock.start", FQ_E_PARAMS, "clock.warn",
          CLOCK("reported", "handled", ",\"limit_ms\":1,\"warn\":[0.8,0.5]"), i);
  refused(POLICY, "clock.start", FQ_E_PARAMS, "params.type",
          CLOCK("reported", "handled", ",\"limit_ms\":1,\"calendar\":\"work\""), i);
  refused(POLICY, "clock.start", FQ_E_PARAMS, "params.unknown",
          CLOCK("reported", "handled", ",\"limt_ms\":1"), i);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, world_open, world_close)
int main(void) {
  const struct CMUnitTest tests[] = {
      T(warned_and_breached),
      T(nothing_after_the_answer),
      T(a_later_milestone_answers_too),
      T(judged_at_once),
      T(late_after_an_outage),
      T(two_policies_one_name),
      T(paused_and_resumed),
      T(returned_pauses_until_accepted),
      T(by_hand),
      T(a_failed_verification_goes_on),
      T(void_and_back),
      T(wrong_clocks),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
