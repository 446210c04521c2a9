/* The dispatch plugin on the real kernel: the seven steps, the step tables, rights, revisions, reports. */
#include <stdio.h>
#include <string.h>

#include "dispatch_world.h"

/* ---- the loop, closed ---------------------------------------------------------------------------- */

static void seven_steps(void **state) {
  char i[FQ_ID_MAX], t[FQ_ID_MAX];
  const fq_json *r =
      act("officer-a1", "incident.report",
          "{\"category\":\"fire\",\"level\":2,\"title\":\"山火\",\"text\":\"后山冒烟\","
          "\"place\":{\"lon\":110.501,\"lat\":27.101,\"acc\":8},\"occurred_at\":\"2026-11-21T23:50:00Z\"}");
  keep(i, fq_json_str(r, "id"));
  assert_int_equal(fq_json_int(r, "number", 0), 1);
  assert_string_equal(fq_json_str(r, "grid"), GRID_A1);
  assert_string_equal(fq_json_str(fq_json_get(r, "owner"), "level"), "grid");
  assert_true(fq_json_int(r, "n", 0) > 0);
  assert_string_equal(entry("incident.reported", "subject"), i);
  assert_string_equal(entry("incident.reported", "org"), GRID_A1);
  assert_string_equal(entry("incident.reported", "audience"), "user/officer-a1");

  at(1 * MINUTE);
  act("dispatcher", "incident.accept", "{\"id\":\"%s\"}", i);
  at(2 * MINUTE);
  keep(t, task_for(i, "officer-a2"));
  state_is(i, "dispatched");
  assert_string_equal(entry("task.created", "audience"), "user/officer-a1 user/officer-a2");
  assert_string_equal(entry("incident.dispatched", "audience"), "user/officer-a1 user/officer-a2");
  act("officer-a2", "task.delivered", "{\"id\":\"%s\"}", t);
  act("officer-a2", "task.seen", "{\"id\":\"%s\"}", t);
  state_is(i, "dispatched");
  at(3 * MINUTE);
  act("officer-a2", "task.accept", "{\"id\":\"%s\"}", t);
  state_is(i, "handling");
  act("officer-a2", "task.arrive", "{\"id\":\"%s\",\"place\":{\"lon\":110.5,\"lat\":27.1}}", t);
  act("officer-a2", "task.feedback", "{\"id\":\"%s\",\"text\":\"已扑灭\"}", t);
  state_is(i, "handling");
  at(4 * MINUTE);
  act("officer-a2", "task.finish", "{\"id\":\"%s\"}", t);
  state_is(i, "handled");
  assert_string_equal(entry("incident.handled", "audience"), "user/officer-a1 user/officer-a2");
  act("director-a", "incident.verify", "{\"id\":\"%s\",\"pass\":true}", i);
  at(5 * MINUTE);
  r = act("director-a", "incident.close", "{\"id\":\"%s\",\"class\":\"风险就地化解\"}", i);
  assert_string_equal(fq_json_str(r, "state"), "closed");

  r = incident(i);
  assert_string_equal(fq_json_str(r, "occurred_at"), "2026-11-21T23:50:00.000Z");
  assert_string_equal(fq_json_str(r, "reported_at"), "2026-11-22T00:00:00.000Z");
  assert_string_equal(fq_json_str(r, "accepted_at"), "2026-11-22T00:01:00.000Z");
  assert_string_equal(fq_json_str(r, "dispatched_at"), "2026-11-22T00:02:00.000Z");
  assert_string_equal(fq_json_str(r, "handled_at"), "2026-11-22T00:04:00.000Z");
  assert_string_equal(fq_json_str(r, "closed_at"), "2026-11-22T00:05:00.000Z");
  assert_string_equal(fq_json_str(fq_json_get(r, "where"), "township"), "甲镇");
  assert_int_equal(fq_json_int(fq_json_get(r, "place"), "acc", 0), 8);
  /* accepted, dispatched, handling, handled, verified, closed: six changes after the first */
  assert_int_equal(fq_json_int(r, "rev", 0), 7);
  const fq_json *task = fq_json_first(fq_json_get(r, "tasks"));
  static const char *const marks[] = {"delivered_at", "seen_at",     "accepted_at",
                                      "arrived_at",   "fed_back_at", "finished_at"};
  for (size_t k = 0; k < 6; k++)
    assert_non_null(fq_json_str(task, marks[k]));

  /* more of everything, then: the tables are what the journal says */
  report("officer-b1", GRID_B1, "dispute");
  act("policy/three-limits", "clock.start",
      "{\"incident\":\"%s\",\"name\":\"x\",\"from\":\"occurred\",\"to\":\"reported\",\"limit_ms\":60000}", i);
  keep(i, report("officer-a1", GRID_A1, "fire"));
  act("policy/three-limits", "clock.start",
      "{\"incident\":\"%s\",\"name\":\"dispatch\",\"from\":\"reported\",\"to\":\"dispatched\",\"limit_ms\":"
      "300000,"
      "\"warn\":[0.5,0.8]}",
      i);
  act("dispatcher", "incident.dispatch",
      "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a1\"},{\"unit\":\"430525-D01\"}],\"expires_in_ms\":600000}",
      i);
  act("policy/three-limits", "clock.start",
      "{\"incident\":\"%s\",\"name\":\"resolve\",\"from\":\"dispatched\",\"to\":\"handled\",\"limit_ms\":"
      "300000,"
      "\"warn\":[0.5]}",
      i);
  at(8 * MINUTE);
  act("dispatcher", "incident.suspend", "{\"id\":\"%s\",\"reason\":\"等材料\"}", i);
  if (*w.dir) rebuild_gives_the_same();
}

static void already_solved(void **state) {
  char i[FQ_ID_MAX];
  act("officer-a1", "incident.report",
      "{\"category\":\"sanitation\",\"title\":\"已清理\",\"grid\":\"%s\",\"solved\":true}", GRID_A1);
  keep(i, fq_json_str(w.result, "id"));
  state_is(i, "handled");
  assert_non_null(strstr(entry("incident.handled", "data"), "已清理"));
  refused("dispatcher", "incident.close", FQ_E_CONFLICT, "incident.state", "{\"id\":\"%s\"}", i);
  act("dispatcher", "incident.verify", "{\"id\":\"%s\",\"pass\":true}", i);
  act("dispatcher", "incident.close", "{\"id\":\"%s\"}", i);
}

/* ---- every state against every verb --------------------------------------------------------------- */

/* Brings a new incident into a state by the ordinary road. */
static void bring(char i[FQ_ID_MAX], const char *to) {
  char t[FQ_ID_MAX];
  keep(i, report("officer-a1", GRID_A1, "fire"));
  if (!strcmp(to, "reported")) return;
  if (!strcmp(to, "returned")) {
    act("dispatcher", "incident.return", "{\"id\":\"%s\",\"reason\":\"不清楚\"}", i);
  } else if (!strcmp(to, "voided")) {
    act("dispatcher", "incident.void", "{\"id\":\"%s\",\"reason\":\"误报\"}", i);
  } else if (!strcmp(to, "suspended")) {
    act("dispatcher", "incident.suspend", "{\"id\":\"%s\",\"reason\":\"等\"}", i);
  } else if (!strcmp(to, "merged")) {
    char into[FQ_ID_MAX];
    keep(into, report("officer-a1", GRID_A1, "fire"));
    act("dispatcher", "incident.merge", "{\"id\":\"%s\",\"into\":\"%s\"}", i, into);
  } else {
    act("dispatcher", "incident.accept", "{\"id\":\"%s\"}", i);
    if (!strcmp(to, "accepted")) return;
    keep(t, task_for(i, "officer-b1"));
    if (!strcmp(to, "dispatched")) return;
    if (!strcmp(to, "handling")) {
      act("officer-b1", "task.accept", "{\"id\":\"%s\"}", t);
      return;
    }
    finish_task("officer-b1", t);
    if (!strcmp(to, "handled")) return;
    act("dispatcher", "incident.verify", "{\"id\":\"%s\",\"pass\":true}", i);
    if (!strcmp(to, "verified")) return;
    act("dispatcher", "incident.close", "{\"id\":\"%s\"}", i);
  }
}

/* What a verb needs to be there beforehand: an owner above the grid, a clock. Tried in every state, and may
 * fail there. */
static const struct {
  const char *verb, *who, *method, *params;
} needs[] = {
    {"incident.send_down", "dispatcher", "incident.escalate",
     "{\"id\":\"%s\",\"to\":\"county\",\"reason\":\"x\"}"},
    {"incident.extend", "policy/x", "clock.start",
     "{\"incident\":\"%s\",\"name\":\"c\",\"from\":\"reported\",\"to\":\"closed\",\"limit_ms\":3600000}"},
};

static void every_state_and_verb(void **state) {
  static const char *const states[] = {"reported",  "accepted", "dispatched", "handling",
                                       "handled",   "verified", "closed",     "returned",
                                       "suspended", "merged",   "voided"};
  /* Written out here once more, in words: the table in the plugin has to agree. A verb may need something to
   * be there first (a clock, an owner above the grid): `first` is called beforehand and may fail. */
  static const struct {
    const char *method, *params, *allowed;
  } verbs[] = {
      {"incident.accept", "{\"id\":\"%s\"}", "reported returned"},
      {"incident.dispatch", "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a2\"}]}",
       "reported accepted dispatched handling"},
      {"incident.verify", "{\"id\":\"%s\",\"pass\":true}", "handled"},
      {"incident.verify", "{\"id\":\"%s\",\"pass\":false}", "handled"},
      {"incident.close", "{\"id\":\"%s\"}", "verified"},
      {"incident.return", "{\"id\":\"%s\",\"reason\":\"x\"}", "reported accepted"},
      {"incident.escalate", "{\"id\":\"%s\",\"to\":\"township\",\"reason\":\"x\"}",
       "reported accepted dispatched handling handled"},
      {"incident.comment", "{\"id\":\"%s\",\"text\":\"x\"}",
       "reported accepted dispatched handling handled verified closed returned suspended voided"},
      {"incident.urge", "{\"id\":\"%s\"}", "reported accepted dispatched handling handled verified"},
      {"incident.supervise", "{\"id\":\"%s\",\"card\":\"red\",\"note\":\"x\"}",
       "reported accepted dispatched handling handled verified returned suspended"},
      {"incident.suspend", "{\"id\":\"%s\",\"reason\":\"x\"}", "reported accepted dispatched handling"},
      {"incident.resume", "{\"id\":\"%s\"}", "suspended"},
      {"incident.reopen", "{\"id\":\"%s\",\"reason\":\"x\"}", "closed voided"},
      {"incident.recall", "{\"id\":\"%s\"}", "dispatched"},
      {"incident.assist", "{\"id\":\"%s\",\"to\":[{\"unit\":\"430525-D01\"}]}", "dispatched handling"},
      {"incident.void", "{\"id\":\"%s\",\"reason\":\"x\"}", "reported accepted returned"},
      {"incident.transfer", "{\"id\":\"%s\",\"to\":\"430525-D01\",\"reason\":\"x\"}",
       "reported accepted dispatched handling"},
      {"incident.send_down", "{\"id\":\"%s\",\"reason\":\"x\"}", "reported accepted dispatched handling"},
      {"incident.extend", "{\"id\":\"%s\",\"by_ms\":60000,\"reason\":\"x\"}",
       "reported accepted dispatched handling"},
      {"incident.split", "{\"id\":\"%s\",\"reason\":\"x\"}", "merged"},
      {"incident.ask_suspend", "{\"id\":\"%s\",\"reason\":\"x\"}", "reported accepted dispatched handling"},
      {"incident.rate", "{\"id\":\"%s\",\"score\":5,\"by_phone\":true}", "closed"},
      {"incident.attach",
       "{\"id\":\"%s\",\"attachments\":[\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"]"
       "}",
       "reported accepted dispatched handling handled verified closed returned suspended"},
      {"incident.countersign", "{\"id\":\"%s\",\"units\":[\"430525-D01\"],\"text\":\"x\"}",
       "reported accepted dispatched handling handled"},
  };
  for (size_t s = 0; s < sizeof states / sizeof *states; s++) {
    for (size_t v = 0; v < sizeof verbs / sizeof *verbs; v++) {
      char i[FQ_ID_MAX], word[32];
      bring(i, states[s]);
      snprintf(word, sizeof word, "%s", states[s]);
      for (size_t k = 0; k < sizeof needs / sizeof *needs; k++)
        if (!strcmp(needs[k].verb, verbs[v].method))
          (void)try(needs[k].who, needs[k].method, needs[k].params, i);
      bool allowed = strstr(verbs[v].allowed, word) != NULL;
      enum fq_status got = try("dispatcher", verbs[v].method, verbs[v].params, i);
      if (allowed && got) fail_msg("%s when %s: %s", verbs[v].method, states[s], w.error.en);
      if (allowed) continue;
      if (got != FQ_E_CONFLICT || strcmp(w.error.code, "incident.state"))
        fail_msg("%s when %s: %d %s", verbs[v].method, states[s], got, w.error.code);
      assert_non_null(strstr(w.error.en, states[s])); /* says where it is */
      assert_true(*w.error.zh);
      state_is(i, states[s]);
      /* b1 must not run out of capacity or pile up: nothing here asks for it */
    }
  }
}

static void bring_task(char i[FQ_ID_MAX], char t[FQ_ID_MAX], const char *to) {
  keep(i, report("officer-a1", GRID_A1, "fire"));
  if (!strcmp(to, "expired")) {
    act("dispatcher", "incident.dispatch",
        "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-b1\"}],\"expires_in_ms\":1000}", i);
    keep(t, fq_json_as_str(fq_json_first(fq_json_get(w.result, "tasks"))));
    static int64_t later;
    at(later += 2 * SECOND);
    return;
  }
  keep(t, task_for(i, "officer-b1"));
  if (!strcmp(to, "delivered") || !strcmp(to, "seen")) {
    char method[32];
    snprintf(method, sizeof method, "task.%s", to);
    act("officer-b1", method, "{\"id\":\"%s\"}", t);
  } else if (!strcmp(to, "declined")) {
    act("officer-b1", "task.decline", "{\"id\":\"%s\",\"reason\":\"在外\"}", t);
  } else if (!strcmp(to, "recalled")) {
    act("dispatcher", "incident.recall", "{\"id\":\"%s\"}", i);
  } else if (strcmp(to, "sent")) {
    act("officer-b1", "task.accept", "{\"id\":\"%s\"}", t);
    if (!strcmp(to, "accepted")) return;
    act("officer-b1", "task.arrive", "{\"id\":\"%s\"}", t);
    if (!strcmp(to, "arrived")) return;
    act("officer-b1", "task.feedback", "{\"id\":\"%s\",\"text\":\"x\"}", t);
    if (!strcmp(to, "fed_back")) return;
    act("officer-b1", "task.finish", "{\"id\":\"%s\"}", t);
  }
}

/* The tasks brought lead their incidents; what differs for helpers is in test_dispatch_tasks.c. */
static void every_task_state_and_verb(void **state) {
  static const char *const states[] = {"sent",     "delivered", "seen",     "accepted", "arrived",
                                       "fed_back", "finished",  "declined", "recalled", "expired"};
  static const struct {
    const char *who, *method, *params, *allowed;
  } verbs[] = {
      {"officer-b1", "task.delivered", "{\"id\":\"%s\"}",
       "sent delivered seen accepted arrived fed_back finished declined recalled expired"},
      {"officer-b1", "task.seen", "{\"id\":\"%s\"}",
       "sent delivered seen accepted arrived fed_back finished declined recalled expired"},
      {"officer-b1", "task.accept", "{\"id\":\"%s\"}", "sent delivered seen"},
      {"officer-b1", "task.decline", "{\"id\":\"%s\",\"reason\":\"x\"}", "sent delivered seen accepted"},
      {"officer-b1", "task.arrive", "{\"id\":\"%s\"}", "sent delivered seen accepted"},
      {"officer-b1", "task.feedback", "{\"id\":\"%s\",\"text\":\"x\"}", "accepted arrived fed_back"},
      {"officer-b1", "task.finish", "{\"id\":\"%s\"}", "fed_back"},
      {"officer-b1", "task.checkin_start", "{\"id\":\"%s\",\"every_ms\":60000}", "accepted arrived fed_back"},
      {"dispatcher", "task.recall", "{\"id\":\"%s\",\"reason\":\"x\"}", "sent delivered seen"},
      {"dispatcher", "task.lead", "{\"id\":\"%s\"}", "sent delivered seen accepted arrived fed_back"},
      {"dispatcher", "task.reassign", "{\"id\":\"%s\",\"reason\":\"x\",\"to\":{\"user\":\"officer-a2\"}}",
       "sent delivered seen accepted arrived fed_back"},
  };
  for (size_t s = 0; s < sizeof states / sizeof *states; s++) {
    for (size_t v = 0; v < sizeof verbs / sizeof *verbs; v++) {
      char i[FQ_ID_MAX], t[FQ_ID_MAX];
      bring_task(i, t, states[s]);
      task_state_is(i, t, states[s]);
      bool allowed = strstr(verbs[v].allowed, states[s]) != NULL;
      enum fq_status got = try(verbs[v].who, verbs[v].method, verbs[v].params, t);
      if (allowed && got) fail_msg("%s when %s: %s", verbs[v].method, states[s], w.error.en);
      if (allowed) continue;
      /* An order that is gone says that it is gone. */
      bool goes = !strcmp(verbs[v].method, "task.accept") || !strcmp(verbs[v].method, "task.arrive");
      bool gone = !strcmp(states[s], "recalled") || !strcmp(states[s], "expired");
      char code[48] = "task.state";
      if (goes && gone) snprintf(code, sizeof code, "task.%s", states[s]);
      if (got != FQ_E_CONFLICT || strcmp(w.error.code, code))
        fail_msg("%s when %s: %d %s", verbs[v].method, states[s], got, w.error.code);
      task_state_is(i, t, states[s]);
    }
  }
}

/* ---- what tasks do to their incident ---------------------------------------------------------------- */

static void receipts_are_idempotent(void **state) {
  char i[FQ_ID_MAX], t[FQ_ID_MAX];
  keep(i, report("officer-a1", GRID_A1, "fire"));
  keep(t, task_for(i, "officer-a2"));
  act("officer-a2", "task.delivered", "{\"id\":\"%s\"}", t);
  act("officer-a2", "task.delivered", "{\"id\":\"%s\"}", t);
  assert_int_equal(entries("task.delivered"), 1);
  act("officer-a2", "task.accept", "{\"id\":\"%s\"}", t);
  act("officer-a2", "task.delivered", "{\"id\":\"%s\"}", t); /* the receipt was slower than the man */
  task_state_is(i, t, "accepted");
  assert_int_equal(entries("task.delivered"), 1);
}

static void the_last_refusal_gives_it_back(void **state) {
  char i[FQ_ID_MAX], t[FQ_ID_MAX], u[FQ_ID_MAX];
  keep(i, report("officer-a1", GRID_A1, "fire"));
  keep(t, task_for(i, "officer-a2"));
  keep(u, task_for(i, "officer-b1"));
  act("officer-a2", "task.decline", "{\"id\":\"%s\",\"reason\":\"在外地\"}", t);
  state_is(i, "dispatched");
  act("officer-b1", "task.accept", "{\"id\":\"%s\"}", u);
  act("officer-b1", "task.decline", "{\"id\":\"%s\",\"reason\":\"车坏了\"}", u);
  state_is(i, "accepted");
  assert_non_null(strstr(entry("task.declined", "data"), "\"incident_state\":\"accepted\""));
  assert_non_null(strstr(entry("task.declined", "audience"), "user/officer-b1"));
  act("dispatcher", "incident.comment", "{\"id\":\"%s\",\"text\":\"x\"}", i);
  assert_string_equal(entry("incident.commented", "audience"),
                      "user/officer-a1"); /* who declined is out of it */
  keep(t, task_for(i, "officer-a2"));     /* sent again: he may be asked twice */
  state_is(i, "dispatched");
}

static void all_must_finish(void **state) {
  char i[FQ_ID_MAX], t[FQ_ID_MAX], u[FQ_ID_MAX], v[FQ_ID_MAX];
  keep(i, report("officer-a1", GRID_A1, "fire"));
  keep(t, task_for(i, "officer-a2"));
  keep(u, task_for(i, "officer-b1"));
  keep(v, task_for(i, "officer-a1"));
  finish_task("officer-a2", t);
  state_is(i, "handling");
  finish_task("officer-b1", u);
  state_is(i, "handling");
  act("officer-a1", "task.decline", "{\"id\":\"%s\",\"reason\":\"不必\"}", v);
  state_is(i, "handled"); /* what is left is finished */
  act("dispatcher", "incident.verify", "{\"id\":\"%s\",\"pass\":false,\"note\":\"没弄好\"}", i);
  state_is(i, "accepted");
  assert_null(fq_json_str(incident(i), "handled_at"));
  /* a new round: the old work does not complete it */
  keep(t, task_for(i, "officer-a1"));
  act("officer-a1", "task.decline", "{\"id\":\"%s\",\"reason\":\"不行\"}", t);
  state_is(i, "accepted");
}

static void a_stale_order_lapses(void **state) {
  char i[FQ_ID_MAX], t[FQ_ID_MAX];
  keep(i, report("officer-a1", GRID_A1, "fire"));
  act("dispatcher", "incident.dispatch",
      "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a2\"}],\"expires\":\"2026-11-22T00:10:00Z\"}", i);
  keep(t, fq_json_as_str(fq_json_first(fq_json_get(w.result, "tasks"))));
  act("officer-a2", "task.seen", "{\"id\":\"%s\"}", t);
  at(9 * MINUTE);
  task_state_is(i, t, "seen");
  at(10 * MINUTE);
  task_state_is(i, t, "expired");
  state_is(i, "accepted");
  refused("officer-a2", "task.accept", FQ_E_CONFLICT, "task.expired", "{\"id\":\"%s\"}", t);
  /* accepted in time: it cannot lapse */
  act("dispatcher", "incident.dispatch",
      "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a2\"}],\"expires_in_ms\":60000}", i);
  keep(t, fq_json_as_str(fq_json_first(fq_json_get(w.result, "tasks"))));
  act("officer-a2", "task.accept", "{\"id\":\"%s\"}", t);
  at(20 * MINUTE);
  task_state_is(i, t, "accepted");
  refused("dispatcher", "incident.dispatch", FQ_E_PARAMS, "expires.past",
          "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-b1\"}],\"expires\":\"2026-11-22T00:00:01Z\"}", i);
}

static void a_lapse_while_suspended(void **state) {
  char i[FQ_ID_MAX];
  keep(i, report("officer-a1", GRID_A1, "fire"));
  act("dispatcher", "incident.dispatch",
      "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a2\"}],\"expires_in_ms\":60000}", i);
  char t[FQ_ID_MAX];
  keep(t, fq_json_as_str(fq_json_first(fq_json_get(w.result, "tasks"))));
  act("dispatcher", "incident.suspend", "{\"id\":\"%s\",\"reason\":\"等\"}", i);
  refused("officer-a2", "task.accept", FQ_E_CONFLICT, "incident.state", "{\"id\":\"%s\"}", t);
  at(2 * MINUTE);
  task_state_is(i, t, "expired");
  state_is(i, "suspended");
  act("dispatcher", "incident.resume", "{\"id\":\"%s\"}", i);
  state_is(i, "accepted");
}

/* ---- reports ------------------------------------------------------------------------------------------- */

static void the_same_case_twice(void **state) {
  char i[FQ_ID_MAX];
  const char *params = "{\"category\":\"fire\",\"title\":\"x\",\"grid\":\"" GRID_A1
                       "\",\"source\":\"12345\",\"external_id\":\"%s\"}";
  keep(i, fq_json_str(act("dispatcher", "incident.report", params, "abc"), "id"));
  assert_null(fq_json_get(w.result, "dup"));
  const fq_json *r = act("dispatcher", "incident.report", params, "abc");
  assert_string_equal(fq_json_str(r, "id"), i);
  assert_true(fq_json_bool(r, "dup", false));
  assert_string_equal(fq_json_str(fq_json_get(r, "owner"), "level"), "grid");
  assert_int_equal(entries("incident.reported"), 1);
  r = act("dispatcher", "incident.report", params, "abd");
  assert_null(fq_json_get(r, "dup"));
  assert_int_equal(fq_json_int(r, "number", 0), 2);
}

static void where_it_is(void **state) {
  /* by place; by the reporter's own unit; a department is no place */
  act("dispatcher", "incident.report",
      "{\"category\":\"fire\",\"title\":\"x\",\"place\":{\"lon\":110.701,\"lat\":27.0}}");
  assert_string_equal(fq_json_str(w.result, "grid"), GRID_B1);
  act("officer-a2", "incident.report", "{\"category\":\"fire\",\"title\":\"x\"}");
  assert_string_equal(fq_json_str(w.result, "grid"), GRID_A2);
  act("department-01", "incident.report", "{\"category\":\"fire\",\"title\":\"x\"}");
  assert_string_equal(fq_json_str(w.result, "grid"), "430525");
  act("system", "incident.report", "{\"category\":\"fire\",\"title\":\"x\"}");
  assert_string_equal(fq_json_str(w.result, "grid"), "430525");
  refused("dispatcher", "incident.report", FQ_E_PARAMS, "grid.unknown",
          "{\"category\":\"fire\",\"title\":\"x\",\"grid\":\"430525999999-01\"}");
  assert_string_equal(w.error.path, "params.grid");
}

static void wrong_clocks(void **state) {
  static const struct {
    const char *claimed, *kept;
    bool skew;
  } cases[] = {
      {"2026-11-21T20:00:00Z", "2026-11-21T20:00:00.000Z", false}, /* reported late, believed */
      {"2026-11-22T00:04:00Z", "2026-11-22T00:00:00.000Z", false}, /* ordinary drift */
      {"2026-11-22T00:06:00Z", "2026-11-22T00:00:00.000Z", true},
      {"1970-01-01T00:00:05Z", "2026-11-22T00:00:00.000Z", true},
  };
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    char i[FQ_ID_MAX];
    act("officer-a1", "incident.report", "{\"category\":\"fire\",\"title\":\"x\",\"occurred_at\":\"%s\"}",
        cases[k].claimed);
    keep(i, fq_json_str(w.result, "id"));
    const fq_json *r = incident(i);
    assert_string_equal(fq_json_str(r, "occurred_at"), cases[k].kept);
    assert_int_equal(fq_json_bool(r, "clock_skew", false), cases[k].skew);
    assert_int_equal(strstr(entry("incident.reported", "data"), "occurred_claimed") != NULL, cases[k].skew);
  }
}

/* ---- revisions and rights --------------------------------------------------------------------------------
 */

static void stale_revisions(void **state) {
  char i[FQ_ID_MAX];
  keep(i, report("officer-a1", GRID_A1, "fire"));
  act("dispatcher", "incident.comment", "{\"id\":\"%s\",\"text\":\"x\",\"rev\":1}", i);
  refused("dispatcher", "incident.accept", FQ_E_CONFLICT, "rev.stale", "{\"id\":\"%s\",\"rev\":1}", i);
  assert_int_equal(w.error.rev, 2);
  act("dispatcher", "incident.accept", "{\"id\":\"%s\",\"rev\":2}", i);
  char t[FQ_ID_MAX];
  keep(t, task_for(i, "officer-a2"));
  act("officer-a2", "task.seen", "{\"id\":\"%s\",\"rev\":1}", t);
  refused("officer-a2", "task.accept", FQ_E_CONFLICT, "rev.stale", "{\"id\":\"%s\",\"rev\":1}", t);
  assert_int_equal(w.error.rev, 2);
  refused("dispatcher", "incident.accept", FQ_E_NOT_FOUND, "incident.unknown", "{\"id\":\"i999999\"}");
  refused("dispatcher", "incident.accept", FQ_E_NOT_FOUND, "incident.unknown", "{\"id\":\"%s\"}", t);
  refused("officer-a2", "task.accept", FQ_E_NOT_FOUND, "task.unknown", "{\"id\":\"t01\"}");
}

static void rights(void **state) {
  char i[FQ_ID_MAX], t[FQ_ID_MAX];
  keep(i, report("officer-a1", GRID_A1, "fire"));
  /* a sibling township */
  refused("director-b", "incident.accept", FQ_E_FORBIDDEN, "scope", "{\"id\":\"%s\"}", i);
  refused("director-b", "incident.comment", FQ_E_FORBIDDEN, "scope", "{\"id\":\"%s\",\"text\":\"x\"}", i);
  refused("director-b", "incident.get", FQ_E_FORBIDDEN, "incident.foreign", "{\"id\":\"%s\"}", i);
  refused("director-b", "clock.list", FQ_E_FORBIDDEN, "incident.foreign", "{\"incident\":\"%s\"}", i);
  refused("director-b", "incident.candidates", FQ_E_FORBIDDEN, "incident.foreign", "{\"id\":\"%s\"}", i);
  refused("director-b", "incident.list", FQ_E_FORBIDDEN, "org.foreign", "{\"org\":\"430525100000\"}");
  refused("director-b", "duty.list", FQ_E_FORBIDDEN, "org.foreign", "{\"org\":\"430525100000\"}");
  refused("director-b", "duty.end", FQ_E_FORBIDDEN, "scope", "{\"user\":\"officer-a1\"}");
  /* officers: their own reports and tasks, even where they sit */
  refused("officer-a1", "incident.accept", FQ_E_FORBIDDEN, "role", "{\"id\":\"%s\"}", i);
  refused("officer-a3", "incident.comment", FQ_E_FORBIDDEN, "incident.foreign",
          "{\"id\":\"%s\",\"text\":\"x\"}", i);
  refused("officer-a3", "incident.get", FQ_E_FORBIDDEN, "incident.foreign", "{\"id\":\"%s\"}", i);
  act("officer-a1", "incident.comment", "{\"id\":\"%s\",\"text\":\"x\"}", i);
  act("officer-a1", "incident.get", "{\"id\":\"%s\"}", i);
  keep(t, task_for(i, "officer-b1"));
  refused("officer-a1", "task.accept", FQ_E_FORBIDDEN, "task.foreign", "{\"id\":\"%s\"}", t);
  refused("department-01", "task.accept", FQ_E_FORBIDDEN, "task.foreign", "{\"id\":\"%s\"}", t);
  act("officer-b1", "incident.comment", "{\"id\":\"%s\",\"text\":\"路上\"}", i);
  act("officer-b1", "task.accept", "{\"id\":\"%s\"}", t);
  act("dispatcher", "task.arrive", "{\"id\":\"%s\"}", t); /* by voice, through the desk */
  refused("officer-a1", "duty.end", FQ_E_FORBIDDEN, "duty.foreign", "{\"user\":\"officer-a2\"}");
  refused("officer-a1", "officer.set", FQ_E_FORBIDDEN, "role", "{\"user\":\"officer-a1\",\"skills\":[]}");
  refused("policy/x", "incident.close", FQ_E_FORBIDDEN, "role", "{\"id\":\"%s\"}", i);
}

static void a_department_is_a_unit(void **state) {
  char i[FQ_ID_MAX], t[FQ_ID_MAX];
  keep(i, report("officer-a1", GRID_A1, "fire"));
  refused("department-01", "incident.get", FQ_E_FORBIDDEN, "incident.foreign", "{\"id\":\"%s\"}", i);
  act("dispatcher", "incident.dispatch", "{\"id\":\"%s\",\"to\":[{\"unit\":\"430525-D01\"}]}", i);
  keep(t, fq_json_as_str(fq_json_first(fq_json_get(w.result, "tasks"))));
  assert_string_equal(entry("incident.dispatched", "audience"), "user/officer-a1 unit/430525-D01");
  act("department-01", "incident.get", "{\"id\":\"%s\"}", i);
  assert_int_equal(fq_json_size(fq_json_get(act("department-01", "task.mine", "{}"), "rows")), 1);
  assert_int_equal(fq_json_size(fq_json_get(act("department-01", "incident.open", "{}"), "rows")), 1);
  finish_task("department-01", t);
  state_is(i, "handled");
}

static void who_is_sent(void **state) {
  char i[FQ_ID_MAX];
  keep(i, report("officer-a1", GRID_A1, "fire"));
  refused("dispatcher", "incident.dispatch", FQ_E_PARAMS, "assignee.unknown",
          "{\"id\":\"%s\",\"to\":[{\"user\":\"nobody\"}]}", i);
  assert_string_equal(w.error.path, "params.to[0].user");
  refused("dispatcher", "incident.dispatch", FQ_E_PARAMS, "assignee.unknown",
          "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a2\"},{\"team\":\"430525-D01\"}]}", i);
  refused("dispatcher", "incident.dispatch", FQ_E_PARAMS, "params",
          "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a2\",\"unit\":\"430525-D01\"}]}", i);
  refused("dispatcher", "incident.dispatch", FQ_E_CONFLICT, "task.duplicate",
          "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a2\"},{\"user\":\"officer-a2\"}]}", i);
  state_is(i, "reported"); /* nothing of the refused ones was kept */
  assert_int_equal(entries("task.created"), 0);
  act("system", "user.disable", "{\"name\":\"officer-a2\"}");
  refused("dispatcher", "incident.dispatch", FQ_E_PARAMS, "assignee.unknown",
          "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a2\"}]}", i);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, world_open, world_close)
int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(seven_steps, world_open_on_disk, world_close),
      T(already_solved),
      T(every_state_and_verb),
      T(every_task_state_and_verb),
      T(receipts_are_idempotent),
      T(the_last_refusal_gives_it_back),
      T(all_must_finish),
      T(a_stale_order_lapses),
      T(a_lapse_while_suspended),
      T(the_same_case_twice),
      T(where_it_is),
      T(wrong_clocks),
      T(stale_revisions),
      T(rights),
      T(a_department_is_a_unit),
      T(who_is_sent),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
