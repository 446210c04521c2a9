/* The clocks of the dispatch plugin: started, warned, overdue, breached, met, paused, by calendars, and never
 * heard after an answer. */
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
  start(POLICY, "accept", "reported", "accepted", 10 * MINUTE, "[]");
  at(4 * MINUTE);
  act("dispatcher", "incident.void", "{\"id\":\"%s\",\"reason\":\"误报\"}", i);
  clock_is("dispatch", "stopped");
  at(60 * MINUTE);
  assert_int_equal(entries("clock.breached"), 0);
  act("dispatcher", "incident.reopen", "{\"id\":\"%s\",\"reason\":\"不是误报\"}", i);
  clock_is("dispatch", "running");
  clock_is("accept", "met"); /* who brings it back takes it on */
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
  refused(POLICY, "clock.start", FQ_E_PARAMS, "clock.limit", CLOCK("reported", "handled", ""), i);
  refused(POLICY, "clock.start", FQ_E_PARAMS, "clock.limit",
          CLOCK("reported", "handled", ",\"limit_ms\":1,\"limit_days\":1"), i);
  refused(POLICY, "clock.start", FQ_E_PARAMS, "clock.limit",
          CLOCK("reported", "handled", ",\"limit_ms\":1,\"count_from\":\"now\""), i);
  refused(POLICY, "clock.start", FQ_E_PARAMS, "clock.calendar",
          CLOCK("reported", "handled", ",\"limit_days\":7"), i);
  refused(POLICY, "clock.start", FQ_E_PARAMS, "params.type", CLOCK("reported", "solved", ",\"limit_ms\":1"),
          i);
  refused(POLICY, "clock.start", FQ_E_PARAMS, "clock.warn",
          CLOCK("reported", "handled", ",\"limit_ms\":1,\"warn\":[0.8,0.5]"), i);
  refused(POLICY, "clock.start", FQ_E_NOT_FOUND, "calendar.unknown",
          CLOCK("reported", "handled", ",\"limit_ms\":1,\"calendar\":\"work\""), i);
  refused(POLICY, "clock.start", FQ_E_PARAMS, "params.unknown",
          CLOCK("reported", "handled", ",\"limt_ms\":1"), i);
}

/* ---- overdue and breached ------------------------------------------------------------------------- */

static void overdue_then_breached(void **state) {
  new_incident();
  task_for(i, "officer-a1");
  act(POLICY, "clock.start",
      "{\"incident\":\"%s\",\"name\":\"h\",\"from\":\"reported\",\"to\":\"handled\",\"limit_ms\":%lld,"
      "\"grace_ms\":%lld,\"warn\":[0.5]}",
      i, (long long)HOUR, (long long)(10 * MINUTE));
  at(HOUR - 1);
  clock_is("h", "due_soon");
  at(HOUR);
  clock_is("h", "overdue");
  assert_int_equal(entries("clock.breached"), 0);
  /* with whom it lay when the limit passed */
  const char *said = entry("clock.overdue", "data");
  assert_non_null(strstr(said, "\"charged\":{\"org\":\"" GRID_A1 "\",\"level\":\"grid\""));
  assert_non_null(strstr(said, "\"user\":\"officer-a1\""));
  assert_int_equal(member("clock.overdue", "late_ms"), 0);
  at(70 * MINUTE - 1);
  clock_is("h", "overdue");
  at(70 * MINUTE);
  clock_is("h", "breached");
  assert_int_equal(entries("clock.overdue"), 1);
  assert_int_equal(entries("clock.breached"), 1);
  assert_non_null(strstr(entry("clock.breached", "data"), "\"charged\""));
  at(3 * HOUR);
  assert_int_equal(entries("clock.breached"), 1);
}

static void graced(const char *name, int64_t limit_ms, int64_t grace_ms) {
  act(POLICY, "clock.start",
      "{\"incident\":\"%s\",\"name\":\"%s\",\"from\":\"reported\",\"to\":\"dispatched\",\"limit_ms\":%lld,"
      "\"grace_ms\":%lld}",
      i, name, (long long)limit_ms, (long long)grace_ms);
}

/* Answered within the grace it is late, but never breached; a pause keeps what is left of the grace. */
static void the_grace_runs_and_rests(void **state) {
  new_incident();
  graced("a", 10 * MINUTE, 10 * MINUTE);
  at(14 * MINUTE);
  clock_is("a", "overdue");
  act("dispatcher", "incident.suspend", "{\"id\":\"%s\",\"reason\":\"等天亮\"}", i);
  clock_is("a", "paused");
  at(5 * HOUR);
  act("dispatcher", "incident.resume", "{\"id\":\"%s\"}", i);
  clock_is("a", "overdue");
  at(5 * HOUR + 6 * MINUTE - 1);
  clock_is("a", "overdue");
  at(5 * HOUR + 6 * MINUTE);
  clock_is("a", "breached");
  new_incident();
  graced("a", 10 * MINUTE, 10 * MINUTE);
  at(5 * HOUR + 17 * MINUTE);
  task_for(i, "officer-a1");
  clock_is("a", "met_late");
  at(9 * HOUR);
  assert_int_equal(entries("clock.breached"), 1);
  assert_int_equal(entries("clock.overdue"), 2);
}

/* Down beyond the grace: both are said, in their order. */
static void late_after_an_outage_with_a_grace(void **state) {
  new_incident();
  graced("a", 10 * MINUTE, 10 * MINUTE);
  wake_at(30 * MINUTE);
  clock_is("a", "breached");
  assert_int_equal(entries("clock.overdue"), 1);
  assert_int_equal(member("clock.overdue", "late_ms"), 20 * MINUTE);
  assert_int_equal(member("clock.breached", "late_ms"), 10 * MINUTE);
  act("officer-a1", "incident.report",
      "{\"category\":\"fire\",\"title\":\"x\",\"occurred_at\":\"2026-11-22T00:15:00Z\"}");
  snprintf(i, sizeof i, "%s", fq_json_str(w.result, "id"));
  act(POLICY, "clock.start",
      "{\"incident\":\"%s\",\"name\":\"b\",\"from\":\"occurred\",\"to\":\"handled\",\"limit_ms\":%lld,"
      "\"grace_ms\":%lld}",
      i, (long long)(10 * MINUTE), (long long)(10 * MINUTE));
  clock_is("b", "overdue"); /* when it starts */
  at(35 * MINUTE);
  clock_is("b", "breached");
}

/* ---- bugs that others have shipped ---------------------------------------------------------------- */

/* The answer comes in the tick in which the timers are due: it counts first, and they have nothing to say. */
static void nothing_is_escalated_after_an_answer_in_the_same_tick(void **state) {
  new_incident();
  start(POLICY, "plain", "reported", "dispatched", 10 * MINUTE, "[0.5]");
  graced("graced", 5 * MINUTE, 5 * MINUTE);
  at(5 * MINUTE);
  fq_kernel_set_time(w.kernel, w.t0_ms + 10 * MINUTE);
  task_for(i, "officer-a1");
  clock_is("plain", "met");
  clock_is("graced", "met_late");
  at(2 * HOUR);
  assert_int_equal(entries("clock.breached"), 0);
  assert_int_equal(fq_int(fq_kernel_db(w.kernel), 0, "SELECT count(*) FROM timer", ""), 0);
}

/* Two policies, one name, and two names of one policy: each is warned, paused, stopped and judged alone. */
static void one_clock_never_overrides_another(void **state) {
  new_incident();
  start(POLICY, "dispatch", "reported", "dispatched", 30 * MINUTE, "[0.5]");
  start("policy/strict", "dispatch", "reported", "dispatched", 10 * MINUTE, "[0.5]");
  start(POLICY, "handle", "reported", "handled", 20 * MINUTE, "[]");
  at(5 * MINUTE);
  clock_is("dispatch", "running");
  assert_string_equal(clock_state(i, "strict", "dispatch"), "due_soon");
  act("dispatcher", "clock.pause", "{\"incident\":\"%s\",\"name\":\"dispatch\",\"policy\":\"strict\"}", i);
  at(20 * MINUTE);
  clock_is("handle", "breached");
  clock_is("dispatch", "due_soon");
  assert_string_equal(clock_state(i, "strict", "dispatch"), "paused");
  act("dispatcher", "clock.stop", "{\"incident\":\"%s\",\"name\":\"dispatch\",\"policy\":\"strict\"}", i);
  at(30 * MINUTE);
  clock_is("dispatch", "breached");
  assert_string_equal(clock_state(i, "strict", "dispatch"), "stopped");
  assert_int_equal(entries("clock.breached"), 2);
}

/* ---- calendars ------------------------------------------------------------------------------------ */

/* The world begins on Sunday 2026-11-22 at 08:00, Beijing time. */
#define MONDAY(hour, minute) (24 * HOUR + ((hour)-8) * HOUR + (minute)*MINUTE)
#define HOURS                "[[\"08:30\",\"12:00\"],[\"14:30\",\"17:30\"]]"
#define WEEK                                                                                                 \
  "\"week\":{\"mon\":" HOURS ",\"tue\":" HOURS ",\"wed\":" HOURS ",\"thu\":" HOURS ",\"fri\":" HOURS "}"

static void office(const char *rest) {
  act("admin", "calendar.set", "{\"name\":\"office\"," WEEK "%s}", rest);
}

static void working(const char *name, const char *to, const char *limit) {
  act(POLICY, "clock.start",
      "{\"incident\":\"%s\",\"name\":\"%s\",\"from\":\"reported\",\"to\":\"%s\",\"calendar\":\"office\",%s}",
      i, name, to, limit);
}

static void due_is(const char *name, int64_t after_t0_ms) {
  char wanted[32];
  fq_time_format(w.t0_ms + after_t0_ms, wanted);
  fq_json_each(k, fq_json_get(incident(i), "clocks")) {
    if (strcmp(fq_json_str(k, "name"), name)) continue;
    assert_string_equal(fq_json_str(k, "due_at"), wanted);
    return;
  }
  fail_msg("no clock %s", name);
}

static void no_reminder_at_midnight(void **state) {
  office("");
  at(MONDAY(17, 0)); /* half an hour before they close */
  new_incident();
  working("hours", "handled", "\"limit_ms\":7200000,\"warn\":[0.3,0.5,0.8]");
  working("days", "handled", "\"limit_days\":3,\"warn\":[0.2,0.5]");
  working("natural", "handled", "\"limit_days\":2,\"days\":\"natural\",\"warn\":[0.1,0.2,0.3]");
  due_is("hours", MONDAY(24 + 10, 0));
  at(MONDAY(24 + 8, 30) - 1); /* the whole night */
  assert_int_equal(entries("clock.warned"), 0);
  at(MONDAY(24 * 7, 0));
  assert_true(entries("clock.warned") >= 6);
  fq_stmt *q = fq_sql(fq_kernel_db(w.kernel),
                      "SELECT at_ms FROM journal WHERE kind IN ('clock.warned',"
                      " 'clock.breached')",
                      "");
  while (fq_row(q)) {
    int64_t minute = (fq_col_int(q, 0) - w.t0_ms) / MINUTE % (24 * 60) + 8 * 60; /* of the day in Beijing */
    assert_true((minute >= 8 * 60 + 30 && minute <= 12 * 60) ||
                (minute >= 14 * 60 + 30 && minute <= 17 * 60 + 30));
  }
}

/* Also when the server was down at the time, and when the hours have changed since. */
static void a_late_reminder_waits_for_opening(void **state) {
  office("");
  at(MONDAY(17, 0));
  new_incident();
  working("late", "handled", "\"limit_ms\":7200000,\"warn\":[0.2]"); /* 17:24 */
  wake_at(MONDAY(23, 0));
  assert_int_equal(entries("clock.deferred"), 1);
  at(MONDAY(24 + 8, 30) - 1);
  assert_int_equal(entries("clock.warned"), 0);
  at(MONDAY(24 + 8, 30));
  assert_int_equal(entries("clock.warned"), 1);
  clock_is("late", "due_soon");
  at(MONDAY(24 + 10, 0));
  clock_is("late", "breached");
  new_incident();
  working("changed", "handled", "\"limit_ms\":7200000,\"warn\":[0.5]"); /* 11:00 of 12:00 */
  act("admin", "calendar.set", "{\"name\":\"office\",\"week\":{\"wed\":" HOURS "}}");
  at(MONDAY(24 + 12, 0) - 1);
  assert_int_equal(entries("clock.deferred"), 2); /* there is no opening before the limit */
  assert_int_equal(entries("clock.warned"), 1);
  at(MONDAY(24 + 12, 0));
  clock_is("changed", "breached");
  rebuild_gives_the_same();
}

static void working_time_rests_and_goes_on(void **state) {
  office("");
  at(MONDAY(11, 0));
  new_incident();
  working("w", "handled", "\"limit_ms\":14400000"); /* four hours: 17:30 */
  due_is("w", MONDAY(17, 30));
  at(MONDAY(11, 30));
  act("dispatcher", "incident.suspend", "{\"id\":\"%s\",\"reason\":\"等天亮\"}", i);
  assert_int_equal(fq_json_int(fq_json_first(fq_json_get(incident(i), "clocks")), "remaining_ms", 0),
                   210 * MINUTE);
  at(MONDAY(24 + 3, 0)); /* at night: nothing is lost or won */
  act("dispatcher", "incident.resume", "{\"id\":\"%s\"}", i);
  due_is("w", MONDAY(24 + 12, 0));
  char t[FQ_ID_MAX];
  at(MONDAY(24 + 9, 0));
  snprintf(t, sizeof t, "%s", task_for(i, "officer-a1"));
  finish_task("officer-a1", t);
  clock_is("w", "met");
  at(MONDAY(48 + 16, 0));
  act("dispatcher", "incident.verify", "{\"id\":\"%s\",\"pass\":false}", i);
  clock_is("w", "running");
  due_is("w", MONDAY(72 + 10, 0)); /* three hours were left: 1.5 today, 1.5 tomorrow */
  at(MONDAY(72 + 10, 0));
  clock_is("w", "breached");
}

static void in_days(void **state) {
  office(",\"days\":[{\"date\":\"2026-11-24\",\"kind\":\"holiday\",\"name\":\"县庆\"},"
         "{\"date\":\"2026-11-28\",\"kind\":\"workday\"}]");
  at(MONDAY(10, 0));
  new_incident();
  working("week", "handled", "\"limit_days\":4"); /* Wednesday, Thursday, Friday, Saturday */
  due_is("week", MONDAY(5 * 24 + 17, 30));
  working("now", "handled", "\"limit_days\":2,\"count_from\":\"now\"");
  due_is("now", MONDAY(3 * 24 + 10, 0));
  working("natural", "handled", "\"limit_days\":1,\"days\":\"natural\""); /* a holiday: the next day */
  due_is("natural", MONDAY(2 * 24 + 17, 30));
  act(POLICY, "clock.start",
      "{\"incident\":\"%s\",\"name\":\"plain\",\"from\":\"reported\",\"to\":\"handled\",\"limit_days\":1,"
      "\"days\":\"natural\"}",
      i);
  due_is("plain", MONDAY(48, 0)); /* 24:00 of the next day */
  at(MONDAY(5 * 24 + 17, 30) - 1);
  clock_is("week", "running");
  at(MONDAY(5 * 24 + 17, 30));
  clock_is("week", "breached");
}

static void which_states_pause(void **state) {
  static const struct {
    const char *pauses, *suspended, *returned;
  } cases[] = {{"", "paused", "paused"},
               {",\"pauses\":[]", "running", "running"},
               {",\"pauses\":[\"returned\"]", "running", "paused"},
               {",\"pauses\":[\"suspended\"]", "paused", "running"}};
  for (size_t x = 0; x < 4; x++) {
    char limit[80];
    office("");
    new_incident();
    snprintf(limit, sizeof limit, "\"limit_ms\":36000000%s", cases[x].pauses);
    working("w", "handled", limit);
    act("dispatcher", "incident.suspend", "{\"id\":\"%s\",\"reason\":\"等天亮\"}", i);
    clock_is("w", cases[x].suspended);
    act("dispatcher", "incident.resume", "{\"id\":\"%s\"}", i);
    clock_is("w", "running");
    act("dispatcher", "incident.return", "{\"id\":\"%s\",\"reason\":\"不清\"}", i);
    clock_is("w", cases[x].returned);
    act("dispatcher", "incident.accept", "{\"id\":\"%s\"}", i);
    clock_is("w", "running");
  }
}

/* What a hand has stopped waits for a hand, whatever becomes of the incident meanwhile. */
static void paused_by_hand_stays(void **state) {
  new_incident();
  start(POLICY, "dispatch", "reported", "dispatched", 10 * MINUTE, "[]");
  const char *params = "{\"incident\":\"%s\",\"name\":\"dispatch\",\"policy\":\"three-limits\"}";
  act("dispatcher", "clock.pause", params, i);
  act("dispatcher", "incident.suspend", "{\"id\":\"%s\",\"reason\":\"等天亮\"}", i);
  act("dispatcher", "incident.resume", "{\"id\":\"%s\"}", i);
  clock_is("dispatch", "paused");
  act("dispatcher", "clock.resume", params, i);
  clock_is("dispatch", "running");
  act("dispatcher", "incident.suspend", "{\"id\":\"%s\",\"reason\":\"等天亮\"}", i);
  act("dispatcher", "incident.resume", "{\"id\":\"%s\"}", i);
  clock_is("dispatch", "running");
}

/* Started while its incident waits, it waits as well. */
static void started_while_it_waits(void **state) {
  new_incident();
  act("dispatcher", "incident.suspend", "{\"id\":\"%s\",\"reason\":\"等天亮\"}", i);
  at(4 * MINUTE);
  start(POLICY, "dispatch", "reported", "dispatched", 10 * MINUTE, "[0.5]");
  clock_is("dispatch", "paused");
  act(POLICY, "clock.start",
      "{\"incident\":\"%s\",\"name\":\"on\",\"from\":\"reported\",\"to\":\"dispatched\",\"limit_ms\":600000,"
      "\"pauses\":[]}",
      i);
  at(60 * MINUTE);
  clock_is("on", "breached");
  act("dispatcher", "incident.resume", "{\"id\":\"%s\"}", i);
  due_is("dispatch", 66 * MINUTE);
  at(66 * MINUTE);
  clock_is("dispatch", "breached");
}

/* One that is merged stands still with its clocks until it is split off: a hand cannot set them going. */
static void merged_clocks_wait(void **state) {
  char other[FQ_ID_MAX];
  snprintf(other, sizeof other, "%s", report("officer-a1", GRID_A1, "fire"));
  new_incident();
  start(POLICY, "dispatch", "reported", "dispatched", 10 * MINUTE, "[]");
  act("dispatcher", "incident.merge", "{\"id\":\"%s\",\"into\":\"%s\"}", i, other);
  clock_is("dispatch", "paused");
  refused("dispatcher", "clock.resume", FQ_E_CONFLICT, "incident.state",
          "{\"incident\":\"%s\",\"name\":\"dispatch\",\"policy\":\"three-limits\"}", i);
  act("dispatcher", "incident.split", "{\"id\":\"%s\",\"reason\":\"不是一件事\"}", i);
  clock_is("dispatch", "running");
}

static void extended(const char *name, int64_t by_ms) {
  char id[FQ_ID_MAX];
  act("officer-a1", "incident.extend",
      "{\"id\":\"%s\",\"clock\":\"%s\",\"by_ms\":%lld,\"reason\":\"等配件\"}", i, name, (long long)by_ms);
  snprintf(id, sizeof id, "%s", fq_json_str(w.result, "id"));
  act("director-a", "request.grant", "{\"id\":\"%s\"}", id);
}

/* Hours are working hours; whole days of a clock in working days are working days. */
static void more_of_its_own_time(void **state) {
  office("");
  at(MONDAY(16, 0));
  new_incident();
  task_for(i, "officer-a1");
  working("hours", "handled", "\"limit_ms\":7200000,\"warn\":[0.5]");
  working("days", "handled", "\"limit_days\":1");
  working("natural", "handled", "\"limit_days\":2,\"days\":\"natural\"");
  at(MONDAY(17, 10));
  clock_is("hours", "due_soon");
  extended("hours", 3 * HOUR);
  due_is("hours", MONDAY(24 + 12, 0)); /* was Tuesday 09:00 */
  clock_is("hours", "running");        /* half of five hours is ahead again */
  extended("days", 48 * HOUR);
  due_is("days", MONDAY(3 * 24 + 17, 30));
  extended("natural", 72 * HOUR); /* ends on a Saturday: Monday */
  due_is("natural", MONDAY(7 * 24 + 17, 30));
  extended("days", 90 * MINUTE);
  due_is("days", MONDAY(4 * 24 + 10, 0));
  act("dispatcher", "incident.suspend", "{\"id\":\"%s\",\"reason\":\"等天亮\"}", i);
  at(MONDAY(24 + 20, 0));
  act("dispatcher", "incident.resume", "{\"id\":\"%s\"}",
      i); /* 20 minutes of Monday and 3.5 hours were left */
  due_is("hours", MONDAY(48 + 14, 50));
  at(MONDAY(48 + 14, 50));
  clock_is("hours", "breached");
  rebuild_gives_the_same();
}

/* ---- calendars that change ------------------------------------------------------------------------ */

#define HOLIDAY ",\"days\":[{\"date\":\"2026-11-24\",\"kind\":\"holiday\"}]"

static void a_changed_calendar_moves_nothing_unasked(void **state) {
  office("");
  at(MONDAY(16, 0));
  new_incident();
  working("w", "handled", "\"limit_ms\":7200000"); /* Tuesday 09:00 */
  office(HOLIDAY);
  assert_true(fq_json_bool(w.result, "changed", false));
  due_is("w", MONDAY(24 + 9, 0));
  at(MONDAY(16, 10));
  assert_int_equal(entries("clock.moved"), 0);
  working("x", "handled", "\"limit_ms\":7200000"); /* what starts now follows it */
  due_is("x", MONDAY(48 + 9, 0));
  office(HOLIDAY);
  assert_false(fq_json_bool(w.result, "changed", true)); /* no entry either */
  assert_int_equal(entries("calendar.set"), 2);
  office(HOLIDAY ",\"recompute\":true");
  at(MONDAY(16, 11));
  due_is("w", MONDAY(48 + 9, 0));
  due_is("x", MONDAY(48 + 9, 0));
  assert_int_equal(entries("clock.moved"), 1);
  assert_string_equal(entry("clock.moved", "subject"), i);
  assert_non_null(strstr(entry("clock.moved", "data"), "\"was_due_at\":\"2026-11-24T01:00:00.000Z\""));
  assert_int_equal(member("calendar.recomputed", "moved"), 1);
  assert_int_equal(member("calendar.recomputed", "kept"), 1);
  at(MONDAY(48 + 9, 0));
  clock_is("w", "breached");
  rebuild_gives_the_same();
}

/* One that was paused keeps what it has left; one that stands still finds the new hours when it goes on. */
static void recompute_after_a_pause(void **state) {
  office("");
  at(MONDAY(9, 0));
  new_incident();
  working("w", "handled", "\"limit_ms\":7200000");
  at(MONDAY(10, 0));
  act("dispatcher", "incident.suspend", "{\"id\":\"%s\",\"reason\":\"等天亮\"}", i);
  at(MONDAY(17, 0));
  act("dispatcher", "incident.resume", "{\"id\":\"%s\"}", i); /* an hour left: Tuesday 09:00 */
  due_is("w", MONDAY(24 + 9, 0));
  char first[FQ_ID_MAX];
  snprintf(first, sizeof first, "%s", i);
  new_incident();
  working("w", "handled", "\"limit_ms\":7200000");
  act("dispatcher", "incident.suspend", "{\"id\":\"%s\",\"reason\":\"等天亮\"}", i);
  office(HOLIDAY ",\"recompute\":true");
  at(MONDAY(17, 10));
  act("dispatcher", "incident.resume", "{\"id\":\"%s\"}", i);
  due_is("w", MONDAY(48 + 10, 10)); /* 20 minutes today */
  snprintf(i, sizeof i, "%s", first);
  due_is("w", MONDAY(48 + 9, 0));
  rebuild_gives_the_same();
}

/* More than one batch; the clocks of other calendars and those that are over stay. */
static void recompute_many(void **state) {
  office("");
  at(MONDAY(16, 0));
  for (int x = 0; x < 150; x++) {
    new_incident();
    working("a", "handled", "\"limit_ms\":7200000");
    working("b", "handled", "\"limit_days\":1");
    working("c", "handled", "\"limit_ms\":3600000");
    if (x % 2)
      act("dispatcher", "clock.stop", "{\"incident\":\"%s\",\"name\":\"a\",\"policy\":\"three-limits\"}", i);
  }
  office(HOLIDAY ",\"recompute\":true");
  at(MONDAY(16, 1));
  assert_int_equal(entries("clock.moved"), 75 + 150);
  assert_int_equal(entries("calendar.recomputed"), 2);
  due_is("b", MONDAY(48 + 17, 30));
  office(HOLIDAY ",\"recompute\":true"); /* a clock that did not move is still of the earlier version */
  at(MONDAY(16, 2));
  assert_int_equal(entries("clock.moved"), 75 + 150);
}

static void calendars_that_are_wrong(void **state) {
#define SET(rest)         "{\"name\":\"c\"," rest "}"
#define WRONG(code, rest) refused("admin", "calendar.set", FQ_E_PARAMS, code, SET(rest))
  WRONG("calendar.overlap", "\"week\":{\"mon\":[[\"08:30\",\"12:00\"],[\"11:59\",\"17:30\"]]}");
  assert_string_equal(w.error.path, "params.week.mon[1]");
  WRONG("calendar.overlap", "\"week\":{\"mon\":[[\"14:30\",\"17:30\"],[\"08:30\",\"12:00\"]]}");
  WRONG("calendar.segment", "\"week\":{\"mon\":[[\"12:00\",\"08:30\"]]}");
  WRONG("calendar.segment", "\"week\":{\"mon\":[[\"12:00\",\"12:00\"]]}");
  WRONG("calendar.time", "\"week\":{\"mon\":[[\"08:60\",\"12:00\"]]}");
  WRONG("calendar.time", "\"week\":{\"mon\":[[\"08:30\",\"24:01\"]]}");
  WRONG("calendar.time", "\"week\":{\"mon\":[[\"0830h\",\"12:00\"]]}");
  WRONG("params.range", "\"week\":{\"mon\":[[\"08:30\"]]}");
  WRONG("params.unknown", "\"week\":{\"monday\":[[\"08:30\",\"12:00\"]]}");
  WRONG("calendar.segments",
        "\"week\":{\"mon\":[[\"01:00\",\"02:00\"],[\"02:00\",\"03:00\"],[\"03:00\",\"04:00\"],"
        "[\"04:00\",\"05:00\"],[\"05:00\",\"06:00\"],[\"06:00\",\"07:00\"],[\"07:00\",\"08:00\"]]}");
  WRONG("calendar.date", WEEK ",\"days\":[{\"date\":\"2026-02-30\",\"kind\":\"holiday\"}]");
  WRONG("calendar.date", WEEK ",\"days\":[{\"date\":\"2026/02/03\",\"kind\":\"holiday\"}]");
  WRONG("calendar.twice", WEEK ",\"days\":[{\"date\":\"2026-02-17\",\"kind\":\"holiday\"},"
                               "{\"date\":\"2026-02-17\",\"kind\":\"workday\"}]");
  WRONG("calendar.hours",
        WEEK ",\"days\":[{\"date\":\"2026-02-17\",\"kind\":\"holiday\",\"hours\":" HOURS "}]");
  WRONG("calendar.hours", "\"days\":[{\"date\":\"2027-02-17\",\"kind\":\"workday\"}]");
  WRONG("params.type", WEEK ",\"days\":[{\"date\":\"2026-02-17\",\"kind\":\"party\"}]");
  WRONG("calendar.offset", WEEK ",\"offset\":\"+15:00\"");
  WRONG("calendar.offset", WEEK ",\"offset\":\"08:000\"");
  WRONG("calendar.empty", "\"title\":\"无\"");
  WRONG("calendar.empty",
        "\"days\":[{\"date\":\"2026-02-17\",\"kind\":\"workday\",\"hours\":" HOURS "}]"); /* past */
  refused("admin", "calendar.set", FQ_E_PARAMS, "calendar.name", "{\"name\":\"plain\"," WEEK "}");
  refused("dispatcher", "calendar.set", FQ_E_FORBIDDEN, "role", SET(WEEK));
  assert_int_equal(entries("calendar.set"), 0);
}

static void removed_and_set_again(void **state) {
  office("");
  at(MONDAY(9, 0));
  new_incident();
  working("w", "dispatched", "\"limit_ms\":3600000");
  refused("admin", "calendar.remove", FQ_E_CONFLICT, "calendar.used", "{\"name\":\"office\"}");
  refused("admin", "calendar.remove", FQ_E_NOT_FOUND, "calendar.unknown", "{\"name\":\"nope\"}");
  act("dispatcher", "incident.void", "{\"id\":\"%s\",\"reason\":\"误报\"}", i);
  act("admin", "calendar.remove", "{\"name\":\"office\"}");
  refused("admin", "calendar.remove", FQ_E_NOT_FOUND, "calendar.unknown", "{\"name\":\"office\"}");
  assert_int_equal(fq_json_size(fq_json_get(act("dispatcher", "calendar.list", "{}"), "rows")), 0);
  at(MONDAY(13, 0));
  act("dispatcher", "incident.reopen", "{\"id\":\"%s\",\"reason\":\"不是误报\"}", i);
  due_is("w", MONDAY(15, 30)); /* it still knows its hours */
  new_incident();
  refused(POLICY, "clock.start", FQ_E_NOT_FOUND, "calendar.unknown",
          CLOCK("reported", "handled", ",\"limit_ms\":1,\"calendar\":\"office\""), i);
  office("");
  assert_true(fq_json_bool(w.result, "changed", false));
  const fq_json *row = fq_json_first(fq_json_get(act("dispatcher", "calendar.list", "{}"), "rows"));
  assert_string_equal(fq_json_str(row, "name"), "office");
  assert_string_equal(fq_json_str(row, "offset"), "+08:00");
  assert_int_equal(fq_json_int(row, "clocks", 0), 1);
  rebuild_gives_the_same();
}

/* A calendar that ends: what cannot be reckoned is refused, what runs already is not lost. */
static void a_calendar_that_ends(void **state) {
  act("admin", "calendar.set",
      "{\"name\":\"office\",\"days\":[{\"date\":\"2026-11-23\",\"kind\":\"workday\",\"hours\":" HOURS "}]}");
  at(MONDAY(9, 0));
  new_incident();
  refused(POLICY, "clock.start", FQ_E_CONFLICT, "calendar.ended",
          CLOCK("reported", "handled", ",\"limit_ms\":28800000,\"calendar\":\"office\""), i);
  refused(POLICY, "clock.start", FQ_E_CONFLICT, "calendar.ended",
          CLOCK("reported", "handled", ",\"limit_days\":1,\"calendar\":\"office\""), i);
  working("w", "handled", "\"limit_ms\":7200000,\"grace_ms\":36000000");
  at(MONDAY(10, 0));
  act("dispatcher", "incident.suspend", "{\"id\":\"%s\",\"reason\":\"等天亮\"}", i);
  at(MONDAY(20, 0));
  act("dispatcher", "incident.resume", "{\"id\":\"%s\"}", i);
  due_is("w", MONDAY(21, 0)); /* any time, when no working time is left */
}

static void explained(void **state) {
  office(HOLIDAY);
  const fq_json *r =
      act("dispatcher", "calendar.check",
          "{\"name\":\"office\",\"from\":\"2026-11-23T16:00:00+08:00\",\"limit_ms\":14400000}");
  assert_string_equal(fq_json_str(r, "due_at"), "2026-11-25T03:00:00.000Z");
  assert_string_equal(fq_json_str(r, "due_local"), "2026-11-25 11:00");
  const fq_json *day = fq_json_first(fq_json_get(r, "days"));
  assert_string_equal(fq_json_str(day, "date"), "2026-11-23");
  assert_string_equal(fq_json_str(day, "weekday"), "mon");
  assert_int_equal(fq_json_int(day, "counted_ms", 0), 90 * MINUTE);
  day = fq_json_next(day);
  assert_string_equal(fq_json_str(day, "kind"), "holiday");
  assert_int_equal(fq_json_int(day, "counted_ms", -1), 0);
  day = fq_json_next(day);
  assert_int_equal(fq_json_int(day, "counted_ms", 0), 150 * MINUTE);
  assert_null(fq_json_next(day));
  r = act("dispatcher", "calendar.check",
          "{\"name\":\"office\",\"from\":\"2026-11-23T16:00:00+08:00\",\"limit_days\":2}");
  assert_string_equal(fq_json_str(r, "due_local"), "2026-11-26 17:30");
  int64_t last = 0;
  fq_json_each(d, fq_json_get(r, "days")) last = fq_json_int(d, "day", last);
  assert_int_equal(last, 2);
  r = act(
      "dispatcher", "calendar.check",
      "{\"name\":\"plain\",\"from\":\"2026-11-23T16:00:00+08:00\",\"limit_days\":2,\"days\":\"natural\"}");
  assert_string_equal(fq_json_str(r, "due_local"), "2026-11-26 00:00");
  assert_int_equal(fq_json_size(fq_json_get(r, "days")), 3);
  r = act("dispatcher", "calendar.check", "{\"name\":\"office\",\"limit_days\":500}");
  assert_true(fq_json_bool(r, "more", false));
  refused("dispatcher", "calendar.check", FQ_E_NOT_FOUND, "calendar.unknown",
          "{\"name\":\"x\",\"limit_ms\":1}");
  refused("dispatcher", "calendar.check", FQ_E_PARAMS, "clock.limit", "{\"name\":\"office\"}");
  refused("dispatcher", "calendar.check", FQ_E_PARAMS, "clock.calendar",
          "{\"name\":\"plain\",\"limit_days\":1}");
}

/* All of it once, then rebuilt from the journal. */
static void the_same_from_the_journal(void **state) {
  office("");
  at(MONDAY(9, 0));
  new_incident();
  working("a", "handled", "\"limit_ms\":7200000,\"grace_ms\":3600000,\"warn\":[0.25,0.5]");
  working("b", "handled", "\"limit_days\":3,\"pauses\":[\"returned\"],\"warn\":[0.5]");
  working("c", "closed", "\"limit_days\":2,\"days\":\"natural\",\"count_from\":\"now\"");
  at(MONDAY(10, 15));
  act("dispatcher", "incident.suspend", "{\"id\":\"%s\",\"reason\":\"等天亮\"}", i);
  at(MONDAY(16, 0));
  office(HOLIDAY ",\"recompute\":true");
  at(MONDAY(16, 1));
  act("dispatcher", "incident.resume", "{\"id\":\"%s\"}", i);
  at(MONDAY(48 + 8, 40));
  clock_is("a", "overdue");
  rebuild_gives_the_same();
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, world_open, world_close)
#define D(fn) cmocka_unit_test_setup_teardown(fn, world_open_on_disk, world_close)
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
      T(overdue_then_breached),
      T(the_grace_runs_and_rests),
      T(late_after_an_outage_with_a_grace),
      T(nothing_is_escalated_after_an_answer_in_the_same_tick),
      T(one_clock_never_overrides_another),
      T(no_reminder_at_midnight),
      D(a_late_reminder_waits_for_opening),
      T(working_time_rests_and_goes_on),
      T(in_days),
      T(which_states_pause),
      T(paused_by_hand_stays),
      T(merged_clocks_wait),
      T(started_while_it_waits),
      D(more_of_its_own_time),
      D(a_changed_calendar_moves_nothing_unasked),
      D(recompute_after_a_pause),
      T(recompute_many),
      T(calendars_that_are_wrong),
      D(removed_and_set_again),
      T(a_calendar_that_ends),
      T(explained),
      D(the_same_from_the_journal),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
