/* Supervision: cards answered, overdue and lifted; follow-up; shifts handed over; the after-action report. */
#include <stdio.h>
#include <string.h>

#include "dispatch_world.h"

#define TOWN_A "430525100000"
#define POLICY "policy/three-limits"
static char i[FQ_ID_MAX];

static void new_incident(void) {
  snprintf(i, sizeof i, "%s", report("officer-a1", GRID_A1, "fire"));
}

static void give(const char *who, const char *card, const char *more) {
  act(who, "incident.supervise", "{\"id\":\"%s\",\"card\":\"%s\",\"note\":\"尽快\"%s}", i, card, more);
}

static size_t queue(const char *who, const char *params) {
  return fq_json_size(fq_json_get(act(who, "supervise.list", "%s", params), "rows"));
}

static const fq_json *first(const char *member) {
  return fq_json_first(fq_json_get(w.result, member));
}

static bool said(const char *kind, const char *column, const char *what) {
  return strstr(entry(kind, column), what) != NULL;
}

static int64_t timers(void) {
  return fq_int(fq_kernel_db(w.kernel), -1, "SELECT count(*) FROM timer WHERE id LIKE 'card:%'", "");
}

/* ---- cards ------------------------------------------------------------------------------------------ */

static void answered_and_lifted(void **state) {
  new_incident();
  give("commander", "yellow", ",\"within_ms\":3600000");
  assert_int_equal(timers(), 1);
  assert_int_equal(queue("dispatcher", "{\"answered\":false}"), 1);
  assert_string_equal(fq_json_str(first("rows"), "card"), "yellow");
  assert_string_equal(fq_json_str(first("rows"), "due_at"), "2026-11-22T01:00:00.000Z");
  /* not the reporter's to answer, nor anybody's who has no part in it */
  refused("officer-a1", "supervise.answer", FQ_E_FORBIDDEN, "supervise.foreign",
          "{\"id\":\"%s\",\"text\":\"x\"}", i);
  refused("officer-b1", "supervise.answer", FQ_E_FORBIDDEN, "supervise.foreign",
          "{\"id\":\"%s\",\"text\":\"x\"}", i);
  refused("director-b", "supervise.answer", FQ_E_FORBIDDEN, "scope", "{\"id\":\"%s\",\"text\":\"x\"}", i);
  task_for(i, "officer-a2");
  at(30 * MINUTE);
  act("officer-a2", "supervise.answer", "{\"id\":\"%s\",\"text\":\"已到现场\"}", i);
  assert_true(said("supervise.answered", "data", "\"in_time\":true"));
  assert_int_equal(timers(), 0);
  assert_int_equal(queue("dispatcher", "{\"answered\":false}"), 0);
  assert_int_equal(queue("dispatcher", "{\"answered\":true}"), 1); /* until it is lifted */
  at(2 * HOUR);
  assert_int_equal(entries("supervise.overdue"), 0);
  assert_string_equal(fq_json_str(incident(i), "card"), "yellow");
  refused("dispatcher", "supervise.lift", FQ_E_FORBIDDEN, "role", "{\"id\":\"%s\",\"note\":\"x\"}", i);
  act("commander", "supervise.lift", "{\"id\":\"%s\",\"note\":\"已整改\"}", i);
  assert_null(fq_json_get(incident(i), "card"));
  assert_int_equal(queue("dispatcher", "{}"), 0);
  refused("commander", "supervise.lift", FQ_E_CONFLICT, "supervise.none", "{\"id\":\"%s\",\"note\":\"x\"}",
          i);
  refused("director-a", "supervise.answer", FQ_E_CONFLICT, "supervise.none", "{\"id\":\"%s\",\"text\":\"x\"}",
          i);
}

static void a_township_does_not_lift_the_countys_card(void **state) {
  new_incident();
  give("commander", "red", "");
  refused("director-a", "supervise.lift", FQ_E_FORBIDDEN, "supervise.issuer",
          "{\"id\":\"%s\",\"note\":\"x\"}", i);
  assert_non_null(strstr(w.error.zh, "commander"));
  act("commander", "supervise.lift", "{\"id\":\"%s\",\"note\":\"x\"}", i);
  give("director-a", "red", "");
  act("director-a", "supervise.lift", "{\"id\":\"%s\",\"note\":\"x\"}", i);
  give("director-a", "red", "");
  act("commander", "supervise.lift", "{\"id\":\"%s\",\"note\":\"x\"}", i); /* from above */
  give(POLICY, "yellow", "");
  act("director-a", "supervise.lift", "{\"id\":\"%s\",\"note\":\"x\"}", i); /* a rule's: any head in reach */
}

static void not_answered_in_time(void **state) {
  new_incident();
  give("commander", "yellow", ",\"within_ms\":3600000");
  at(HOUR - 1);
  assert_int_equal(entries("supervise.overdue"), 0);
  at(HOUR);
  assert_int_equal(entries("supervise.overdue"), 1);
  assert_string_equal(entry("supervise.overdue", "subject"), i);
  assert_true(said("supervise.overdue", "data", "\"by\":\"commander\""));
  act("director-a", "supervise.answer", "{\"id\":\"%s\",\"text\":\"迟了\"}", i);
  assert_true(said("supervise.answered", "data", "\"in_time\":false"));
  at(10 * HOUR);
  assert_int_equal(entries("supervise.overdue"), 1);
}

/* A red card takes the yellow one's place, and its time. */
static void replaced(void **state) {
  new_incident();
  give("commander", "yellow", ",\"within_ms\":3600000");
  at(30 * MINUTE);
  give("commander", "red", ",\"within_ms\":7200000");
  at(HOUR);
  assert_int_equal(entries("supervise.overdue"), 0);
  assert_int_equal(queue("commander", "{}"), 1);
  at(3 * HOUR);
  assert_int_equal(entries("supervise.overdue"), 1);
  assert_true(said("supervise.overdue", "data", "\"card\":\"red\""));
}

static void late_after_an_outage(void **state) {
  new_incident();
  give("commander", "yellow", ",\"within_ms\":3600000");
  wake_at(3 * HOUR);
  assert_int_equal(entries("supervise.overdue"), 1);
  assert_true(said("supervise.overdue", "data", "\"late_ms\":7200000"));
}

static void close_it(void) {
  char t[FQ_ID_MAX];
  snprintf(t, sizeof t, "%s", task_for(i, "officer-a1"));
  finish_task("officer-a1", t);
  act("dispatcher", "incident.verify", "{\"id\":\"%s\",\"pass\":true}", i);
  act("dispatcher", "incident.close", "{\"id\":\"%s\"}", i);
}

static void over_with_the_incident(void **state) {
  new_incident();
  give("commander", "yellow", ",\"within_ms\":3600000");
  close_it();
  assert_int_equal(timers(), 0);
  assert_int_equal(queue("commander", "{}"), 0);
}

static void told_with_a_merge(void **state) {
  char into[FQ_ID_MAX];
  new_incident();
  snprintf(into, sizeof into, "%s", i);
  new_incident();
  give("commander", "yellow", ",\"within_ms\":3600000");
  act("dispatcher", "incident.comment", "{\"id\":\"%s\",\"text\":\"同一处火\"}", i);
  act("dispatcher", "incident.merge", "{\"id\":\"%s\",\"into\":\"%s\",\"reason\":\"重复\"}", i, into);
  /* the card stays: merging is no way around it */
  assert_int_equal(timers(), 1);
  assert_int_equal(queue("commander", "{}"), 1);
  /* what became of it is told with the other, in order */
  const fq_json *r = act("dispatcher", "incident.after_action", "{\"id\":\"%s\"}", into);
  int64_t last = 0;
  size_t of_merged = 0;
  fq_json_each(l, fq_json_get(r, "entries")) {
    assert_true(fq_json_int(l, "n", 0) > last);
    last = fq_json_int(l, "n", 0);
    if (fq_json_str(l, "of")) of_merged++;
  }
  assert_true(of_merged >= 4);
  assert_int_equal(fq_json_size(fq_json_get(r, "comments")), 1);
}

static void the_queue(void **state) {
  char a[FQ_ID_MAX];
  new_incident();
  snprintf(a, sizeof a, "%s", i);
  give("commander", "yellow", "");
  snprintf(i, sizeof i, "%s", report("officer-b1", GRID_B1, "fire"));
  give("commander", "red", "");
  act("dispatcher", "incident.dispatch", "{\"id\":\"%s\",\"to\":[{\"unit\":\"430525-D01\"}]}", i);
  assert_int_equal(queue("dispatcher", "{}"), 2);
  assert_string_equal(fq_json_str(first("rows"), "incident"), a); /* oldest first */
  assert_int_equal(queue("dispatcher", "{\"card\":\"red\"}"), 1);
  assert_int_equal(queue("dispatcher", "{\"org\":\"" TOWN_A "\"}"), 1);
  assert_int_equal(queue("director-a", "{}"), 1);
  assert_int_equal(queue("department-01", "{}"), 1); /* what it was sent to */
  assert_string_equal(fq_json_str(first("rows"), "incident"), i);
  refused("director-a", "supervise.list", FQ_E_FORBIDDEN, "org.foreign", "{\"org\":\"430525101000\"}");
  refused("director-a", "supervise.list", FQ_E_PARAMS, "org.unknown", "{\"org\":\"nowhere\"}");
  refused("officer-a1", "supervise.list", FQ_E_FORBIDDEN, "role", "{}");
  assert_int_equal(queue("dispatcher", "{\"limit\":1}"), 1);
  char page[64];
  snprintf(page, sizeof page, "{\"limit\":1,\"after\":%lld}", (long long)fq_json_int(w.result, "next", 0));
  assert_int_equal(queue("dispatcher", page), 1);
  assert_string_equal(fq_json_str(first("rows"), "incident"), i);
  assert_null(fq_json_get(w.result, "next"));
  at(MINUTE);
  act("department-01", "supervise.answer", "{\"id\":\"%s\",\"text\":\"正在办\"}", i);
  act("commander", "supervise.report", "{}");
  assert_int_equal(fq_json_size(fq_json_get(w.result, "rows")), 2);
  fq_json_each(r, fq_json_get(w.result, "rows")) {
    bool b = fq_json_int(r, "red", 0) == 1;
    assert_int_equal(fq_json_int(r, "cards", 0), 1);
    assert_int_equal(fq_json_int(r, "answered", -1), b);
    assert_int_equal(fq_json_int(r, "answer_ms", -1), b ? MINUTE : -1);
    assert_int_equal(fq_json_int(r, "open", -1), 1);
  }
  act("commander", "supervise.report", "{\"until\":\"2026-11-21T00:00:00Z\"}");
  assert_int_equal(fq_json_size(fq_json_get(w.result, "rows")), 0);
  act("director-a", "supervise.report", "{}");
  assert_int_equal(fq_json_size(fq_json_get(w.result, "rows")), 1);
}

/* ---- follow-up -------------------------------------------------------------------------------------- */

static size_t to_ask(const char *who, const char *params) {
  return fq_json_size(fq_json_get(act(who, "followup.list", "%s", params), "rows"));
}

static void followed_up(void **state) {
  new_incident();
  refused("dispatcher", "incident.follow_up", FQ_E_CONFLICT, "incident.state",
          "{\"id\":\"%s\",\"satisfied\":true,\"by\":\"phone\"}", i);
  assert_non_null(strstr(w.error.zh, "回访"));
  close_it();
  assert_int_equal(to_ask("dispatcher", "{}"), 1);
  assert_string_equal(fq_json_str(first("rows"), "reporter"), "officer-a1");
  assert_int_equal(to_ask("director-b", "{}"), 0);
  act("dispatcher", "incident.follow_up",
      "{\"id\":\"%s\",\"satisfied\":true,\"by\":\"phone\",\"text\":\"谢谢\"}", i);
  assert_null(fq_json_get(w.result, "offer"));
  assert_int_equal(to_ask("dispatcher", "{}"), 0);
  refused("officer-a1", "incident.follow_up", FQ_E_FORBIDDEN, "role",
          "{\"id\":\"%s\",\"satisfied\":true,\"by\":\"phone\"}", i);
  refused("director-b", "incident.follow_up", FQ_E_FORBIDDEN, "scope",
          "{\"id\":\"%s\",\"satisfied\":true,\"by\":\"phone\"}", i);
}

static void not_satisfied_offers_to_reopen(void **state) {
  new_incident();
  close_it();
  act("dispatcher", "incident.follow_up",
      "{\"id\":\"%s\",\"satisfied\":false,\"by\":\"visit\",\"text\":\"又冒烟\"}", i);
  assert_string_equal(fq_json_str(w.result, "offer"), "incident.reopen");
  act("dispatcher", "incident.reopen", "{\"id\":\"%s\",\"reason\":\"回访不满意\"}", i);
  assert_int_equal(to_ask("dispatcher", "{}"), 0);
  close_it();
  assert_int_equal(to_ask("dispatcher", "{}"), 1); /* the second closing is asked about, too */
}

static void reopened_by_itself_needs_no_question(void **state) {
  new_incident();
  close_it();
  act("dispatcher", "incident.reopen", "{\"id\":\"%s\",\"reason\":\"复燃\"}", i);
  assert_int_equal(to_ask("dispatcher", "{}"), 0);
}

/* The reporter's own low score brings it back; a high one does not, nor what was heard on the telephone. */
static void rated_low(void **state) {
  new_incident();
  close_it();
  act("dispatcher", "incident.follow_up", "{\"id\":\"%s\",\"satisfied\":true,\"by\":\"phone\"}", i);
  act("dispatcher", "incident.rate", "{\"id\":\"%s\",\"score\":1,\"by_phone\":true}", i);
  act("officer-a1", "incident.rate", "{\"id\":\"%s\",\"score\":4}", i);
  assert_int_equal(to_ask("dispatcher", "{}"), 0);
  act("officer-a1", "incident.rate", "{\"id\":\"%s\",\"score\":2,\"text\":\"又堵了\"}", i);
  new_incident();
  close_it();
  assert_int_equal(to_ask("dispatcher", "{}"), 2);
  assert_int_equal(to_ask("dispatcher", "{\"low\":true}"), 1);
  assert_int_equal(fq_json_int(first("rows"), "rating", 0), 2);
  assert_string_equal(fq_json_str(first("rows"), "rating_text"), "又堵了");
}

static void the_queue_of_questions_ends(void **state) {
  for (int k = 0; k < 3; k++) {
    new_incident();
    close_it();
    at((k + 1) * 24 * HOUR);
  }
  assert_int_equal(to_ask("dispatcher", "{}"), 3);
  assert_int_equal(to_ask("dispatcher", "{\"days\":2}"), 2);
  assert_int_equal(to_ask("dispatcher", "{\"limit\":2}"), 2);
  char page[64];
  snprintf(page, sizeof page, "{\"after\":%lld}", (long long)fq_json_int(w.result, "next", 0));
  assert_int_equal(to_ask("dispatcher", page), 1);
}

/* ---- shifts ----------------------------------------------------------------------------------------- */

static void handed_over(void **state) {
  char before[FQ_ID_MAX], s[FQ_ID_MAX];
  new_incident();
  snprintf(before, sizeof before, "%s", i);
  refused("dispatcher", "shift.hand_over", FQ_E_CONFLICT, "shift.none", "{}");
  at(HOUR);
  act("dispatcher", "shift.start", "{}");
  snprintf(s, sizeof s, "%s", fq_json_str(w.result, "id"));
  act("dispatcher", "shift.start", "{}");
  assert_true(fq_json_bool(w.result, "dup", false));
  assert_string_equal(fq_json_str(w.result, "id"), s);
  at(2 * HOUR);
  new_incident();
  close_it();
  new_incident();
  act(POLICY, "clock.start",
      "{\"incident\":\"%s\",\"name\":\"dispatch\",\"from\":\"reported\",\"to\":\"dispatched\",\"limit_ms\":"
      "60000}",
      i);
  act(POLICY, "clock.start",
      "{\"incident\":\"%s\",\"name\":\"whole\",\"from\":\"reported\",\"to\":\"closed\",\"limit_ms\":"
      "36000000}",
      i);
  give("commander", "yellow", "");
  act("dispatcher", "incident.extend",
      "{\"id\":\"%s\",\"clock\":\"whole\",\"by_ms\":60000,\"reason\":\"下雨\"}", i);
  at(3 * HOUR);
  /* what would be handed over, before it is */
  const fq_json *n = fq_json_get(act("dispatcher", "shift.note", "{}"), "summary");
  assert_string_equal(fq_json_str(w.result, "state"), "preview");
  const fq_json *counts = fq_json_get(n, "counts"), *open = fq_json_get(n, "open");
  assert_int_equal(fq_json_int(counts, "reported", -1), 2);
  assert_int_equal(fq_json_int(counts, "closed", -1), 1);
  assert_int_equal(fq_json_int(counts, "breached", -1), 1);
  assert_int_equal(fq_json_int(open, "total", -1), 2); /* the one from before the shift, too */
  assert_int_equal(fq_json_size(fq_json_get(n, "cards")), 1);
  assert_int_equal(fq_json_size(fq_json_get(n, "promised")), 1);
  assert_int_equal(fq_json_size(fq_json_get(n, "requests")), 1);
  assert_string_equal(fq_json_str(fq_json_first(fq_json_get(n, "requests")), "reason"), "下雨");
  assert_int_equal(fq_json_size(fq_json_get(n, "alarms")), 0);
  assert_int_equal(entries("shift.handed_over"), 0);
  refused("dispatcher", "shift.hand_over", FQ_E_NOT_FOUND, "user.unknown", "{\"to\":\"officer-a1\"}");
  refused("dispatcher", "shift.hand_over", FQ_E_PARAMS, "shift.to", "{\"to\":\"director-a\"}");
  refused("commander", "shift.take_over", FQ_E_CONFLICT, "shift.running", "{\"id\":\"%s\"}", s);
  act("dispatcher", "shift.hand_over", "{\"to\":\"commander\",\"note\":\"注意水库\"}");
  assert_string_equal(entry("shift.handed_over", "audience"), "user/commander");
  act("commander", "shift.list", "{\"waiting\":true}");
  assert_int_equal(fq_json_size(fq_json_get(w.result, "rows")), 1);
  assert_int_equal(fq_json_int(first("rows"), "open", -1), 2);
  refused("dispatcher", "shift.take_over", FQ_E_FORBIDDEN, "shift.own", "{\"id\":\"%s\"}", s);
  refused("director-a", "shift.take_over", FQ_E_FORBIDDEN, "scope", "{\"id\":\"%s\"}", s);
  refused("commander", "shift.take_over", FQ_E_NOT_FOUND, "shift.unknown", "{\"id\":\"s1\"}");
  at(3 * HOUR + MINUTE);
  act("commander", "shift.take_over", "{\"id\":\"%s\",\"note\":\"收到\"}", s);
  char next[FQ_ID_MAX];
  snprintf(next, sizeof next, "%s", fq_json_str(w.result, "id"));
  assert_string_equal(entry("shift.taken_over", "audience"), "user/dispatcher");
  refused("commander", "shift.take_over", FQ_E_CONFLICT, "shift.taken", "{\"id\":\"%s\"}", s);
  act("commander", "shift.list", "{\"waiting\":true}");
  assert_int_equal(fq_json_size(fq_json_get(w.result, "rows")), 0);
  /* his own has begun with it */
  act("commander", "shift.start", "{}");
  assert_string_equal(fq_json_str(w.result, "id"), next);
  /* the note stays as it was */
  act("dispatcher", "incident.dispatch", "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a1\"}]}", before);
  act("commander", "shift.note", "{\"id\":\"%s\"}", s);
  assert_string_equal(fq_json_str(w.result, "taken_by"), "commander");
  assert_string_equal(fq_json_str(w.result, "note"), "注意水库");
  fq_json_each(r, fq_json_get(fq_json_get(fq_json_get(w.result, "summary"), "open"), "rows"))
      assert_string_equal(fq_json_str(r, "state"), "reported");
  refused("director-a", "shift.note", FQ_E_FORBIDDEN, "shift.foreign", "{\"id\":\"%s\"}", s);
  refused("commander", "shift.note", FQ_E_NOT_FOUND, "shift.unknown", "{\"id\":\"s1\"}");
}

static void a_desks_own_area(void **state) {
  new_incident();
  report("officer-b1", GRID_B1, "fire");
  act("director-a", "emergency.start",
      "{\"title\":\"防汛\",\"level\":2,\"org\":\"" TOWN_A "\",\"reason\":\"雨\"}");
  const fq_json *n = fq_json_get(act("director-a", "shift.note", "{}"), "summary");
  assert_int_equal(fq_json_int(fq_json_get(n, "open"), "total", -1), 1);
  assert_int_equal(fq_json_int(fq_json_get(n, "counts"), "reported", -1), 1);
  assert_int_equal(fq_json_size(fq_json_get(n, "emergencies")), 1);
  n = fq_json_get(act("director-b", "shift.note", "{}"), "summary");
  assert_int_equal(fq_json_size(fq_json_get(n, "emergencies")), 0);
}

static void raised_alarms(void **state) {
  char t[FQ_ID_MAX];
  new_incident();
  snprintf(t, sizeof t, "%s", task_for(i, "officer-a1"));
  act("officer-a1", "task.accept", "{\"id\":\"%s\"}", t);
  act("dispatcher", "task.checkin_start", "{\"id\":\"%s\",\"every_ms\":600000}", t);
  at(2 * HOUR);
  const fq_json *n = fq_json_get(act("dispatcher", "shift.note", "{}"), "summary");
  assert_int_equal(fq_json_size(fq_json_get(n, "alarms")), 1);
  assert_int_equal(fq_json_int(fq_json_first(fq_json_get(n, "alarms")), "number", 0), 1);
}

/* Nothing is lost: what does not fit in full stands by number. */
static void everything_by_number(void **state) {
  for (int k = 0; k < 130; k++)
    new_incident();
  act("dispatcher", "shift.start", "{}");
  const fq_json *open = fq_json_get(fq_json_get(act("dispatcher", "shift.note", "{}"), "summary"), "open");
  assert_int_equal(fq_json_int(open, "total", 0), 130);
  assert_int_equal(fq_json_size(fq_json_get(open, "rows")), 100);
  assert_int_equal(fq_json_size(fq_json_get(open, "others")), 30);
  act("dispatcher", "shift.hand_over", "{}");
  act("commander", "shift.list", "{\"limit\":1}");
  assert_int_equal(fq_json_int(first("rows"), "open", 0), 130);
}

/* ---- after action ----------------------------------------------------------------------------------- */

static size_t lines(const fq_json *r, const char *kind) {
  size_t n = 0;
  fq_json_each(l, fq_json_get(r, "entries")) n += !strcmp(fq_json_str(l, "kind"), kind);
  return n;
}

static void the_whole_story(void **state) {
  new_incident();
  act(POLICY, "clock.start",
      "{\"incident\":\"%s\",\"name\":\"dispatch\",\"from\":\"reported\",\"to\":\"dispatched\",\"limit_ms\":"
      "60000}",
      i);
  at(5 * MINUTE);
  give("commander", "yellow", "");
  act("officer-a1", "incident.comment", "{\"id\":\"%s\",\"text\":\"风很大\"}", i);
  close_it();
  act("dispatcher", "incident.follow_up", "{\"id\":\"%s\",\"satisfied\":true,\"by\":\"visit\"}", i);
  const fq_json *r = act("dispatcher", "incident.after_action", "{\"id\":\"%s\"}", i);
  assert_true(fq_json_bool(r, "whole", false));
  assert_string_equal(fq_json_str(fq_json_get(r, "incident"), "id"), i);
  assert_int_equal(lines(r, "incident.reported"), 1);
  assert_int_equal(lines(r, "clock.breached"), 1);
  assert_int_equal(lines(r, "task.arrived"), 1);
  assert_int_equal(lines(r, "incident.followed_up"), 1);
  assert_int_equal(fq_json_size(fq_json_get(r, "comments")), 1);
  assert_int_equal(fq_json_size(fq_json_get(r, "cards")), 1);
  int64_t last = 0;
  fq_json_each(l, fq_json_get(r, "entries")) {
    assert_true(fq_json_int(l, "n", 0) > last);
    last = fq_json_int(l, "n", 0);
    assert_non_null(fq_json_str(l, "zh"));
    assert_non_null(fq_json_str(l, "en"));
    assert_non_null(fq_json_str(l, "by"));
    if (!strcmp(fq_json_str(l, "kind"), "incident.followed_up")) {
      assert_string_equal(fq_json_str(l, "said_zh"), "满意 · 上门");
      assert_string_equal(fq_json_str(l, "said_en"), "satisfied · by a visit");
    }
  }
  fq_json_each(m, fq_json_get(r, "milestones")) if (!strcmp(fq_json_str(m, "name"), "dispatched"))
      assert_int_equal(fq_json_int(m, "since_report_ms", 0), 5 * MINUTE);
}

/* As incident.get; and of the story, only what he may hear. */
static void what_one_may_hear(void **state) {
  new_incident();
  give("commander", "yellow", "");
  task_for(i, "officer-a2"); /* from now on he hears */
  act("dispatcher", "incident.comment", "{\"id\":\"%s\",\"text\":\"x\"}", i);
  const fq_json *r = act("officer-a2", "incident.after_action", "{\"id\":\"%s\"}", i);
  assert_int_equal(lines(r, "incident.supervised"), 0);
  assert_int_equal(lines(r, "incident.commented"), 1);
  assert_int_equal(lines(r, "task.created"), 1);
  r = act("director-a", "incident.after_action", "{\"id\":\"%s\"}", i);
  assert_int_equal(lines(r, "incident.supervised"), 1);
  refused("officer-b1", "incident.after_action", FQ_E_FORBIDDEN, "incident.foreign", "{\"id\":\"%s\"}", i);
  refused("director-b", "incident.after_action", FQ_E_FORBIDDEN, "incident.foreign", "{\"id\":\"%s\"}", i);
  refused("dispatcher", "incident.after_action", FQ_E_NOT_FOUND, "incident.unknown", "{\"id\":\"i1\"}");
}

/* ---- policies, rebuilding ----------------------------------------------------------------------------- */

static void deployed(const char *text) {
  fq_json *params = fq_json_object(), *files = fq_json_object();
  fq_json_set_str(files, "pack.lua", "name = 'test'\nversion = '1'\npolicies = { 'policies/p.lua' }\n");
  fq_json_set_str(files, "policies/p.lua", text);
  fq_json_set_str(params, "pack", "test");
  fq_json_set(params, "files", files);
  fq_json_free(w.result);
  w.result = NULL;
  if (fq_kernel_call(w.kernel, NULL, "pack.deploy", params, &w.result, &w.error)) fail_msg("%s", w.error.en);
}

static void a_rule_raises_the_card(void **state) {
  deployed(
      "return policy { name = 'cards', on = {\n"
      "  ['incident.reported'] = function(e, view)\n"
      "    if view.emergency(e.incident.org) then return supervise(e.incident, 'yellow', '应急', { within = "
      "minutes(30) }) end\n"
      "  end,\n"
      "  ['supervise.overdue'] = function(e, view)\n"
      "    if e.card == 'yellow' then return supervise(e.incident, 'red', '黄牌逾期未答复') end\n"
      "  end,\n"
      "  ['supervise.answered'] = function(e, view) return lift(e.incident, '已答复') end,\n"
      "  ['emergency.started'] = function(e, view) return emergency_note(e.emergency, '各村到岗') end,\n"
      "} }");
  new_incident();
  assert_null(fq_json_get(incident(i), "card"));
  act("commander", "emergency.start",
      "{\"title\":\"防汛\",\"level\":2,\"org\":\"" TOWN_A "\",\"reason\":\"雨\"}");
  assert_int_equal(entries("emergency.noted"), 1);
  new_incident();
  assert_string_equal(fq_json_str(incident(i), "card"), "yellow");
  at(30 * MINUTE);
  assert_string_equal(fq_json_str(incident(i), "card"), "red");
  assert_int_equal(entries("policy.failed") + entries("policy.refused"), 0);
  act("director-a", "supervise.answer", "{\"id\":\"%s\",\"text\":\"在办\"}", i);
  assert_null(fq_json_get(incident(i), "card"));
  const fq_json *r = act("commander", "incident.after_action", "{\"id\":\"%s\"}", i);
  assert_int_equal(fq_json_size(fq_json_get(r, "policies")), 3);
  assert_string_equal(fq_json_str(fq_json_first(fq_json_get(r, "policies")), "policy"), "cards");
}

static void a_rule_declares_an_emergency(void **state) {
  deployed("return policy { name = 'flood', on = {\n"
           "  ['incident.reported'] = function(e, view)\n"
           "    if e.incident.level == 1 and not view.emergency(e.incident.org) then\n"
           "      return start_emergency { title = e.title, level = 1, org = '" TOWN_A
           "', reason = '一级事件', incident = e.incident, factor = 0.25, again = minutes(2) }\n"
           "    end\n"
           "  end,\n"
           "} }");
  act("officer-a1", "incident.report",
      "{\"category\":\"flood\",\"title\":\"溃坝\",\"grid\":\"%s\",\"level\":1}", GRID_A1);
  assert_int_equal(entries("policy.failed") + entries("policy.refused"), 0);
  assert_int_equal(entries("emergency.started"), 1);
  assert_string_equal(entry("emergency.started", "actor"), "policy/flood");
  assert_true(said("emergency.started", "data", "\"factor\":0.25"));
  at(2 * MINUTE);
  assert_int_equal(entries("emergency.called"), 2);
  act("officer-a1", "incident.report",
      "{\"category\":\"flood\",\"title\":\"又一处\",\"grid\":\"%s\",\"level\":1}", GRID_A1);
  assert_int_equal(entries("emergency.started"), 1);
}

static void rebuilt(void **state) {
  new_incident();
  act("dispatcher", "shift.start", "{}");
  give("commander", "yellow", ",\"within_ms\":60000");
  at(2 * MINUTE);
  act("director-a", "supervise.answer", "{\"id\":\"%s\",\"text\":\"在办\"}", i);
  act("commander", "supervise.lift", "{\"id\":\"%s\",\"note\":\"好\"}", i);
  give("commander", "red", "");
  close_it();
  act("dispatcher", "incident.follow_up", "{\"id\":\"%s\",\"satisfied\":false,\"by\":\"phone\"}", i);
  act("dispatcher", "incident.reopen", "{\"id\":\"%s\",\"reason\":\"x\"}", i);
  give("commander", "yellow", ",\"within_ms\":3600000");
  act("dispatcher", "shift.hand_over", "{\"note\":\"x\"}");
  act("commander", "shift.take_over", "{\"id\":\"%s\"}", fq_json_str(w.result, "id"));
  rebuild_gives_the_same();
}

/* ---- what waits on the boards ------------------------------------------------------------------------ */

static int64_t waits(const char *who, const char *member) {
  return fq_json_int(act(who, "stats.waiting", "{}"), member, -1);
}

static void what_waits(void **state) {
  static const char *const all[] = {
      "whistles",     "whistles_missing",     "cards",      "cards_overdue",  "requests",
      "countersigns", "countersigns_overdue", "follow_ups", "follow_ups_low", "mediations",
      "shifts"};
  for (size_t k = 0; k < sizeof all / sizeof *all; k++)
    assert_int_equal(waits("dispatcher", all[k]), 0);
  new_incident();
  give("commander", "yellow", ",\"within_ms\":3600000");
  act("dispatcher", "whistle.blow",
      "{\"incident\":\"%s\",\"units\":[\"430525-D01\"],\"within_ms\":3600000,\"reason\":\"x\"}", i);
  act("dispatcher", "incident.countersign",
      "{\"id\":\"%s\",\"units\":[\"430525-D01\"],\"text\":\"x\",\"within_ms\":3600000}", i);
  act("officer-a1", "mediation.open", "{\"incident\":\"%s\",\"kind\":\"people\",\"class\":\"other\"}", i);
  assert_int_equal(waits("dispatcher", "cards"), 1);
  assert_int_equal(waits("dispatcher", "cards_overdue"), 0);
  assert_int_equal(waits("dispatcher", "whistles"), 1);
  assert_int_equal(waits("director-a", "countersigns"), 1);
  assert_int_equal(waits("director-a", "mediations"), 1);
  assert_int_equal(waits("director-b", "whistles"), 0); /* not in his township */
  assert_int_equal(waits("director-b", "cards"), 0);
  at(2 * HOUR);
  assert_int_equal(waits("dispatcher", "cards_overdue"), 1);
  assert_int_equal(waits("dispatcher", "whistles_missing"), 1);
  assert_int_equal(waits("dispatcher", "countersigns_overdue"), 1);
  act("director-a", "supervise.answer", "{\"id\":\"%s\",\"text\":\"x\"}", i);
  assert_int_equal(waits("dispatcher", "cards"), 0); /* it waits for nobody's answer */
  act("dispatcher", "shift.start", "{}");
  assert_non_null(fq_json_str(act("dispatcher", "shift.note", "{}"), "running"));
  act("dispatcher", "shift.hand_over", "{}");
  assert_null(fq_json_str(act("dispatcher", "shift.note", "{}"), "running"));
  assert_int_equal(waits("commander", "shifts"), 1);
  assert_int_equal(waits("dispatcher", "shifts"), 0); /* one does not take over from oneself */
  refused("director-b", "stats.waiting", FQ_E_FORBIDDEN, "org.foreign", "{\"org\":\"" TOWN_A "\"}");
  refused("officer-a1", "stats.waiting", FQ_E_FORBIDDEN, "role", "{}");
}

#define T(fn)      cmocka_unit_test_setup_teardown(fn, world_open, world_close)
#define RULES(fn)  cmocka_unit_test_setup_teardown(fn, world_open_with_policies, world_close)
#define ONDISK(fn) cmocka_unit_test_setup_teardown(fn, world_open_on_disk, world_close)
int main(void) {
  const struct CMUnitTest tests[] = {
      T(answered_and_lifted),
      T(a_township_does_not_lift_the_countys_card),
      T(not_answered_in_time),
      T(replaced),
      T(late_after_an_outage),
      T(over_with_the_incident),
      T(told_with_a_merge),
      T(the_queue),
      T(followed_up),
      T(not_satisfied_offers_to_reopen),
      T(reopened_by_itself_needs_no_question),
      T(rated_low),
      T(the_queue_of_questions_ends),
      T(handed_over),
      T(a_desks_own_area),
      T(raised_alarms),
      T(everything_by_number),
      T(the_whole_story),
      T(what_one_may_hear),
      T(what_waits),
      RULES(a_rule_raises_the_card),
      RULES(a_rule_declares_an_emergency),
      ONDISK(rebuilt),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
