/* Tasks: lead and helpers, reassigning, keeping somebody for later, check-ins, reminders, receipts, teams. */
#include <stdio.h>
#include <string.h>

#include "dispatch_world.h"

#define TEAM "430525-T1"

static char i[FQ_ID_MAX], t[FQ_ID_MAX], u[FQ_ID_MAX], v[FQ_ID_MAX];

/* The id of the at-th task of the last dispatch. */
static const char *sent(char out[FQ_ID_MAX], int at) {
  const fq_json *one = fq_json_first(fq_json_get(w.result, "tasks"));
  while (at--)
    one = fq_json_next(one);
  return keep(out, fq_json_as_str(one));
}

static const char *task_member(const char *task, const char *member) {
  static char text[200];
  fq_json_each(row, fq_json_get(incident(i), "tasks")) {
    if (strcmp(fq_json_str(row, "id"), task)) continue;
    const char *s = fq_json_str(row, member);
    snprintf(text, sizeof text, "%s", s ? s : "");
    return text;
  }
  fail_msg("no task %s", task);
  return "";
}

static void role_is(const char *task, const char *role) {
  assert_string_equal(task_member(task, "role"), role);
}

/* However it came about: at most one open lead, and one while anybody is open and none has finished. */
static void one_lead(void) {
  int open = 0, leads = 0, finished = 0;
  fq_json_each(row, fq_json_get(incident(i), "tasks")) {
    bool lead = !strcmp(fq_json_str(row, "role"), "lead");
    const char *s = fq_json_str(row, "state");
    finished += lead && !strcmp(s, "finished");
    if (!strcmp(s, "finished") || !strcmp(s, "declined") || !strcmp(s, "recalled") || !strcmp(s, "expired"))
      continue;
    open++;
    leads += lead;
  }
  assert_true(leads <= 1);
  if (open && !finished) assert_int_equal(leads, 1);
}

static void has(const char *kind, const char *column, const char *part) {
  const char *text = entry(kind, column);
  if (!strstr(text, part)) fail_msg("%s %s: %s lacks %s", kind, column, text, part);
}
static void lacks(const char *kind, const char *column, const char *part) {
  const char *text = entry(kind, column);
  if (strstr(text, part)) fail_msg("%s %s: %s has %s", kind, column, text, part);
}

/* a1 and b1 and the department are sent; a1 leads. */
static void three(void) {
  keep(i, report("officer-a3", GRID_A1, "fire"));
  act("dispatcher", "incident.dispatch",
      "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a1\"},{\"user\":\"officer-b1\"},{\"unit\":\"430525-D01\"}]"
      "}",
      i);
  sent(t, 0);
  const fq_json *tasks = fq_json_get(w.result, "tasks");
  keep(u, fq_json_as_str(fq_json_next(fq_json_first(tasks))));
  keep(v, fq_json_as_str(fq_json_next(fq_json_next(fq_json_first(tasks)))));
}

/* ---- lead and helpers ------------------------------------------------------------------------------ */

static void the_first_leads(void **state) {
  three();
  role_is(t, "lead");
  role_is(u, "assist");
  role_is(v, "assist");
  /* sent later: helps, unless marked */
  char x[FQ_ID_MAX];
  keep(x, task_for(i, "officer-a2"));
  role_is(x, "assist");
  act("dispatcher", "task.recall", "{\"id\":\"%s\",\"reason\":\"不需要\"}", x);
  act("dispatcher", "incident.dispatch", "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a2\",\"lead\":true}]}",
      i);
  sent(x, 0);
  role_is(x, "lead");
  role_is(t, "assist");
  has("task.created", "data", "\"lead_from\":\"t");
  one_lead();
  refused("dispatcher", "incident.dispatch", FQ_E_PARAMS, "lead.twice",
          "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a3\",\"lead\":true},{\"team\":\"x\",\"lead\":true}]}",
          i);
  rebuild_gives_the_same();
}

static void the_desk_names_another(void **state) {
  three();
  act("director-a", "task.lead", "{\"id\":\"%s\",\"reason\":\"职责所在\"}", v);
  role_is(v, "lead");
  role_is(t, "assist");
  has("task.lead_changed", "data", t); /* from */
  has("task.lead_changed", "audience", "user/officer-a1 user/officer-b1 unit/430525-D01");
  int64_t before = entries("task.lead_changed");
  act("dispatcher", "task.lead", "{\"id\":\"%s\"}", v); /* so it is already */
  assert_int_equal(entries("task.lead_changed"), before);
  refused("officer-a1", "task.lead", FQ_E_FORBIDDEN, "role", "{\"id\":\"%s\"}", t);
  refused("director-b", "task.lead", FQ_E_FORBIDDEN, "scope", "{\"id\":\"%s\"}", t);
  act("officer-b1", "task.decline", "{\"id\":\"%s\",\"reason\":\"x\"}", u);
  refused("dispatcher", "task.lead", FQ_E_CONFLICT, "task.state", "{\"id\":\"%s\"}", u);
  one_lead();
  rebuild_gives_the_same();
}

static void the_lead_passes_on(void **state) {
  /* who has accepted comes before who was sent earlier */
  three();
  act("department-01", "task.accept", "{\"id\":\"%s\"}", v);
  act("officer-a1", "task.decline", "{\"id\":\"%s\",\"reason\":\"在外\"}", t);
  role_is(v, "lead");
  has("task.declined", "data", "\"lead\":{\"task\":\"t");
  has("task.declined", "data", "\"name\":\"应急管理局\"");
  one_lead();
  /* a helper's end moves nothing */
  act("officer-b1", "task.decline", "{\"id\":\"%s\",\"reason\":\"x\"}", u);
  lacks("task.declined", "data", "\"lead\"");
  /* nobody is left: whoever is sent next leads */
  act("department-01", "task.decline", "{\"id\":\"%s\",\"reason\":\"x\"}", v);
  lacks("task.declined", "data", "\"lead\"");
  state_is(i, "accepted");
  keep(t, task_for(i, "officer-a2"));
  role_is(t, "lead");
  /* an order that lapses passes it, too */
  keep(u, task_for(i, "officer-b1"));
  act("dispatcher", "incident.dispatch",
      "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a1\",\"lead\":true}],\"expires_in_ms\":60000}", i);
  at(2 * MINUTE);
  role_is(t, "lead");
  has("task.expired", "data", "\"lead\":{\"task\":\"t");
  one_lead();
  rebuild_gives_the_same();
}

static void all_must_finish_or_be_released(void **state) {
  three();
  finish_task("officer-a1", t);
  state_is(i, "handling");
  one_lead();
  act("officer-b1", "task.accept", "{\"id\":\"%s\"}", u);
  /* the lead has finished: sending another makes a helper */
  char x[FQ_ID_MAX];
  keep(x, task_for(i, "officer-a2"));
  role_is(x, "assist");
  finish_task("officer-a2", x);
  act("department-01", "task.decline", "{\"id\":\"%s\",\"reason\":\"x\"}", v);
  state_is(i, "handling");
  /* the desk may end a helper's task with a reason, and then it was the last */
  refused("dispatcher", "task.recall", FQ_E_PARAMS, "params.missing", "{\"id\":\"%s\"}", u);
  refused("officer-b1", "task.recall", FQ_E_FORBIDDEN, "role", "{\"id\":\"%s\",\"reason\":\"x\"}", u);
  act("dispatcher", "task.recall", "{\"id\":\"%s\",\"reason\":\"已处置完毕\"}", u);
  state_is(i, "handled");
  has("task.recalled", "audience", "user/officer-b1");
  rebuild_gives_the_same();
}

static void recall_one(void **state) {
  three();
  act("dispatcher", "task.recall", "{\"id\":\"%s\",\"reason\":\"派错了\"}", t);
  role_is(u, "lead");
  act("officer-b1", "task.accept", "{\"id\":\"%s\"}", u);
  /* the lead who has begun is replaced, not withdrawn */
  refused("dispatcher", "task.recall", FQ_E_CONFLICT, "task.state", "{\"id\":\"%s\",\"reason\":\"x\"}", u);
  act("dispatcher", "task.lead", "{\"id\":\"%s\"}", v);
  act("dispatcher", "task.recall", "{\"id\":\"%s\",\"reason\":\"x\"}", u);
  act("dispatcher", "task.recall", "{\"id\":\"%s\",\"reason\":\"x\"}", v);
  state_is(i, "accepted"); /* nobody is on it any more */
  refused("officer-b1", "task.accept", FQ_E_CONFLICT, "task.recalled", "{\"id\":\"%s\"}", u);
  rebuild_gives_the_same();
}

static void asked_to_join(void **state) {
  keep(i, report("officer-a3", GRID_A1, "fire"));
  refused("dispatcher", "incident.assist", FQ_E_CONFLICT, "incident.state",
          "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a2\"}]}", i);
  keep(t, task_for(i, "officer-a1"));
  /* the lead asks himself, without being anybody's superior */
  act("officer-a1", "incident.assist",
      "{\"id\":\"%s\",\"to\":[{\"unit\":\"430525-D01\"},{\"user\":\"officer-b1\"}],\"note\":\"需要水泵\"}",
      i);
  sent(u, 0);
  sent(v, 0);
  role_is(t, "lead");
  role_is(u, "assist");
  has("task.created", "data", "\"asked_by\":\"officer-a1\"");
  has("incident.assist_asked", "data", "\"names\":[\"应急管理局\",\"officer-b1\"]");
  has("incident.assist_asked", "audience", "user/officer-b1");
  assert_int_equal(fq_json_int(incident(i), "rev", 0), 3);
  refused("officer-b1", "incident.assist", FQ_E_FORBIDDEN, "task.not_lead",
          "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a2\"}]}", i);
  refused("officer-a3", "incident.assist", FQ_E_FORBIDDEN, "task.not_lead",
          "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a2\"}]}", i); /* its reporter */
  refused("officer-a2", "incident.assist", FQ_E_FORBIDDEN, "incident.foreign",
          "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a2\"}]}", i);
  refused("director-a", "incident.assist", FQ_E_CONFLICT, "task.duplicate",
          "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-b1\"}]}", i);
  refused("director-a", "incident.assist", FQ_E_PARAMS, "params.unknown",
          "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a2\",\"lead\":true}]}", i);
  act("director-a", "incident.assist", "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a2\"}]}", i);
  one_lead();
  rebuild_gives_the_same();
}

/* ---- steps taken without a network ------------------------------------------------------------------ */

static void told_late(void **state) {
  three();
  char then[32], data[96];
  fq_time_format(fq_now_ms(w.kernel) - 40 * 60000, then);
  act("officer-a1", "task.accept", "{\"id\":\"%s\",\"occurred_at\":\"%s\"}", t, then);
  snprintf(data, sizeof data, "\"occurred_at\":\"%s\"", then);
  has("task.accepted", "data", data); /* told beside the server's time, by which clocks go */
  act("officer-a1", "task.arrive", "{\"id\":\"%s\",\"occurred_at\":\"1970-01-02T00:00:00Z\"}", t);
  has("task.arrived", "data",
      "\"clock_skew\":true"); /* a phone that lost its clock is believed in nothing but this */
  has("task.arrived", "data", "\"occurred_claimed\":\"1970-01-02T00:00:00Z\"");
  rebuild_gives_the_same();
}

/* ---- somebody else instead -------------------------------------------------------------------------- */

static void reassigned(void **state) {
  three();
  act("officer-a1", "task.accept", "{\"id\":\"%s\"}", t);
  act("dispatcher", "task.reassign",
      "{\"id\":\"%s\",\"to\":{\"user\":\"officer-a2\"},\"reason\":\"离得更近\",\"expires_in_ms\":600000}", t);
  char x[FQ_ID_MAX];
  keep(x, fq_json_str(w.result, "task"));
  assert_string_equal(fq_json_str(w.result, "state"), "recalled");
  role_is(x, "lead");
  assert_string_equal(task_member(x, "instead_of"), t);
  assert_string_equal(task_member(t, "reassigned_to"), x);
  assert_string_equal(task_member(t, "reason"), "离得更近");
  assert_true(*task_member(x, "expires_at"));
  state_is(i, "handling"); /* as long as somebody is on it, the work goes on */
  has("task.recalled", "audience", "user/officer-a1");
  has("task.recalled", "data", "\"reassigned_name\":\"officer-a2\"");
  has("task.created", "audience", "user/officer-a2");
  one_lead();
  /* a helper stays a helper */
  act("dispatcher", "task.reassign", "{\"id\":\"%s\",\"to\":{\"user\":\"officer-a1\"},\"reason\":\"x\"}", u);
  role_is(keep(v, fq_json_str(w.result, "task")), "assist");
  refused("officer-a1", "task.accept", FQ_E_CONFLICT, "task.recalled", "{\"id\":\"%s\"}", t);
  refused("dispatcher", "task.reassign", FQ_E_CONFLICT, "task.duplicate",
          "{\"id\":\"%s\",\"to\":{\"user\":\"officer-a2\"},\"reason\":\"x\"}", x);
  refused("dispatcher", "task.reassign", FQ_E_PARAMS, "assignee.unknown",
          "{\"id\":\"%s\",\"to\":{\"user\":\"nobody\"},\"reason\":\"x\"}", x);
  refused("dispatcher", "task.reassign", FQ_E_PARAMS, "params", "{\"id\":\"%s\",\"to\":{},\"reason\":\"x\"}",
          x);
  refused("director-b", "task.reassign", FQ_E_FORBIDDEN, "scope",
          "{\"id\":\"%s\",\"to\":{\"user\":\"officer-b1\"},\"reason\":\"x\"}", x);
  act("dispatcher", "incident.suspend", "{\"id\":\"%s\",\"reason\":\"等\"}", i);
  refused("dispatcher", "task.reassign", FQ_E_CONFLICT, "incident.state",
          "{\"id\":\"%s\",\"to\":{\"user\":\"officer-b1\"},\"reason\":\"x\"}", x);
  rebuild_gives_the_same();
}

/* ---- kept for later --------------------------------------------------------------------------------- */

static bool is_candidate(const char *incident_id, const char *user, const char *why_zh) {
  act("dispatcher", "incident.candidates", "{\"id\":\"%s\"}", incident_id);
  fq_json_each(row, fq_json_get(w.result, "rows")) if (!strcmp(fq_json_str(row, "user"), user)) return true;
  fq_json_each(row, fq_json_get(w.result, "excluded")) {
    if (strcmp(fq_json_str(row, "user"), user)) continue;
    assert_string_equal(fq_json_str(row, "reason_zh"), why_zh);
  }
  return false;
}

static void reserved(void **state) {
  char busy[FQ_ID_MAX], other[FQ_ID_MAX];
  keep(busy, report("officer-a3", GRID_A1, "fire")); /* #1 */
  keep(i, report("officer-a3", GRID_A1, "fire"));    /* #2 */
  keep(other, report("officer-a3", GRID_A1, "fire"));
  keep(t, task_for(busy, "officer-a1"));
  act("officer-a1", "task.accept", "{\"id\":\"%s\"}", t);
  assert_true(is_candidate(other, "officer-a1", ""));
  act("dispatcher", "incident.reserve", "{\"id\":\"%s\",\"user\":\"officer-a1\",\"note\":\"他最熟\"}", i);
  has("reserve.made", "audience", "user/officer-a1");
  assert_false(is_candidate(other, "officer-a1", "已为 #2 预留"));
  assert_true(is_candidate(i, "officer-a1", ""));
  act("dispatcher", "duty.list", "{}");
  fq_json_each(row, fq_json_get(w.result, "rows")) {
    bool him = !strcmp(fq_json_str(row, "user"), "officer-a1");
    assert_int_equal(fq_json_int(fq_json_get(row, "reserved"), "number", 0), him ? 2 : 0);
  }
  act("director-a", "reserve.list", "{}");
  assert_int_equal(fq_json_size(fq_json_get(w.result, "rows")), 1);
  act("director-b", "reserve.list", "{}");
  assert_int_equal(fq_json_size(fq_json_get(w.result, "rows")), 0);
  assert_int_equal(fq_json_size(fq_json_get(incident(i), "reserved")), 1);
  refused("dispatcher", "incident.reserve", FQ_E_CONFLICT, "reserve.taken",
          "{\"id\":\"%s\",\"user\":\"officer-a1\"}", other);
  refused("dispatcher", "incident.reserve", FQ_E_CONFLICT, "task.duplicate",
          "{\"id\":\"%s\",\"user\":\"officer-a1\"}", busy);
  refused("dispatcher", "incident.reserve", FQ_E_PARAMS, "params", "{\"id\":\"%s\"}", i);
  refused("dispatcher", "incident.unreserve", FQ_E_CONFLICT, "reserve.none",
          "{\"id\":\"%s\",\"user\":\"officer-a1\"}", other);
  refused("officer-a1", "incident.reserve", FQ_E_FORBIDDEN, "role", "{\"id\":\"%s\",\"user\":\"officer-a1\"}",
          i);
  refused("director-b", "incident.reserve", FQ_E_FORBIDDEN, "scope",
          "{\"id\":\"%s\",\"user\":\"officer-b1\"}", i);

  /* his last task ends: the desk hears that he is free, and sends him */
  act("officer-a1", "task.feedback", "{\"id\":\"%s\",\"text\":\"x\"}", t);
  assert_int_equal(entries("reserve.ready"), 0);
  act("officer-a1", "task.finish", "{\"id\":\"%s\"}", t);
  assert_int_equal(entries("reserve.ready"), 1);
  assert_string_equal(entry("reserve.ready", "subject"), i);
  task_for(i, "officer-a1");
  assert_int_equal(entries("reserve.fulfilled"), 1);
  act("dispatcher", "reserve.list", "{}");
  assert_int_equal(fq_json_size(fq_json_get(w.result, "rows")), 0);
  rebuild_gives_the_same();
}

static void reservations_end(void **state) {
  char other[FQ_ID_MAX];
  keep(i, report("officer-a3", GRID_A1, "fire"));
  keep(other, report("officer-a3", GRID_A1, "fire"));
  /* by time, also when the server was down at the time */
  act("dispatcher", "incident.reserve",
      "{\"id\":\"%s\",\"user\":\"officer-a2\",\"until\":\"2026-11-22T01:00:00Z\"}", i);
  wake_at(90 * MINUTE);
  assert_int_equal(entries("reserve.lapsed"), 1);
  has("reserve.lapsed", "data", "\"late_ms\":1800000");
  assert_true(is_candidate(other, "officer-a2", ""));
  refused("dispatcher", "incident.reserve", FQ_E_PARAMS, "until.past",
          "{\"id\":\"%s\",\"user\":\"officer-a2\",\"until\":\"2026-11-22T01:00:00Z\"}", i);
  /* by the desk */
  act("policy/p", "incident.reserve", "{\"id\":\"%s\",\"user\":\"officer-a2\",\"for_ms\":600000}", i);
  act("dispatcher", "incident.unreserve", "{\"id\":\"%s\",\"user\":\"officer-a2\",\"reason\":\"x\"}", i);
  assert_true(is_candidate(other, "officer-a2", ""));
  /* a unit is everybody who sits there; with the incident it ends */
  act("dispatcher", "incident.reserve", "{\"id\":\"%s\",\"unit\":\"%s\",\"for_ms\":6000000}", i, GRID_A1);
  assert_false(is_candidate(other, "officer-a1", "已为 #1 预留"));
  act("dispatcher", "incident.void", "{\"id\":\"%s\",\"reason\":\"误报\"}", i);
  assert_true(is_candidate(other, "officer-a1", ""));
  refused("dispatcher", "incident.reserve", FQ_E_CONFLICT, "incident.state",
          "{\"id\":\"%s\",\"user\":\"officer-a2\"}", i);
  /* merged: what the other incident needs is for the desk to say */
  keep(i, report("officer-a3", GRID_A1, "fire"));
  act("dispatcher", "incident.reserve", "{\"id\":\"%s\",\"user\":\"officer-a2\",\"for_ms\":6000000}", i);
  act("dispatcher", "incident.merge", "{\"id\":\"%s\",\"into\":\"%s\",\"reason\":\"同一件事\"}", i, other);
  assert_true(is_candidate(other, "officer-a2", ""));
  assert_int_equal(
      fq_int(fq_kernel_db(w.kernel), 0, "SELECT count(*) FROM timer WHERE id LIKE 'reserve:%'", ""), 0);
  rebuild_gives_the_same();
}

/* ---- are you well? ------------------------------------------------------------------------------------- */

static size_t alarms(const char *who) {
  act(who, "task.alarms", "{}");
  return fq_json_size(fq_json_get(w.result, "rows"));
}

static void watched(void) {
  keep(i, report("officer-a3", GRID_A1, "fire"));
  act("dispatcher", "incident.dispatch",
      "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a1\"},{\"user\":\"officer-b1\"}]}", i);
  sent(t, 0);
  act("officer-a1", "task.accept", "{\"id\":\"%s\"}", t);
  act("dispatcher", "task.checkin_start", "{\"id\":\"%s\",\"every_ms\":900000,\"grace_ms\":120000}", t);
}

static void a_missed_check_in(void **state) {
  watched();
  assert_string_equal(fq_json_str(w.result, "due_at"), "2026-11-22T00:15:00.000Z");
  at(14 * MINUTE);
  act("officer-a1", "task.check_in",
      "{\"id\":\"%s\",\"place\":{\"lon\":110.5,\"lat\":27.1},\"note\":\"正在上山\"}", t);
  at(28 * MINUTE);
  assert_int_equal(entries("task.check_in_due"), 0); /* he was heard of at 14 */
  at(29 * MINUTE);
  assert_int_equal(entries("task.check_in_due"), 1);
  has("task.check_in_due", "audience", "user/officer-a1");
  at(31 * MINUTE - 1);
  assert_int_equal(alarms("dispatcher"), 0);
  at(31 * MINUTE);
  assert_int_equal(entries("task.check_in_missed"), 1);
  has("task.check_in_missed", "data", "\"count\":1");
  has("task.check_in_missed", "data", "\"last_at\":\"2026-11-22T00:14:00.000Z\"");
  has("task.check_in_missed", "audience", "user/officer-b1"); /* who is nearest to him */
  assert_int_equal(alarms("dispatcher"), 1);
  assert_int_equal(alarms("director-a"), 1);
  assert_int_equal(alarms("officer-b1"), 1);
  assert_int_equal(alarms("director-b"), 0);
  assert_int_equal(alarms("officer-a2"), 0);
  /* silent still: it counts */
  at(50 * MINUTE);
  assert_int_equal(entries("task.check_in_missed"), 2);
  has("task.check_in_missed", "data", "\"count\":2");
  /* his word lowers no alarm: somebody has to have heard it */
  act("officer-a1", "task.check_in", "{\"id\":\"%s\"}", t);
  assert_int_equal(alarms("dispatcher"), 1);
  assert_true(fq_json_bool(fq_json_first(fq_json_get(w.result, "rows")), "answered", false));
  refused("officer-a1", "task.checkin_clear", FQ_E_FORBIDDEN, "role", "{\"id\":\"%s\",\"note\":\"x\"}", t);
  refused("director-b", "task.checkin_clear", FQ_E_FORBIDDEN, "scope", "{\"id\":\"%s\",\"note\":\"x\"}", t);
  refused("dispatcher", "task.checkin_clear", FQ_E_PARAMS, "params.missing", "{\"id\":\"%s\"}", t);
  act("dispatcher", "task.checkin_clear", "{\"id\":\"%s\",\"note\":\"已通话,手机没电\"}", t);
  assert_int_equal(alarms("dispatcher"), 0);
  refused("dispatcher", "task.checkin_clear", FQ_E_CONFLICT, "alarm.none", "{\"id\":\"%s\",\"note\":\"x\"}",
          t);
  /* and it goes on, counting from one again */
  at(67 * MINUTE);
  has("task.check_in_missed", "data", "\"count\":1");
  rebuild_gives_the_same();
}

static void check_ins_end(void **state) {
  watched();
  refused("officer-b1", "task.check_in", FQ_E_FORBIDDEN, "task.foreign", "{\"id\":\"%s\"}", t);
  /* raised, then the task ends: nothing more is asked, the alarm stays */
  at(17 * MINUTE);
  assert_int_equal(alarms("dispatcher"), 1);
  act("officer-a1", "task.decline", "{\"id\":\"%s\",\"reason\":\"受伤\"}", t);
  at(120 * MINUTE);
  assert_int_equal(entries("task.check_in_missed"), 1);
  assert_int_equal(alarms("dispatcher"), 1);
  refused("officer-a1", "task.check_in", FQ_E_CONFLICT, "task.state", "{\"id\":\"%s\"}", t);
  act("dispatcher", "task.checkin_clear", "{\"id\":\"%s\",\"note\":\"已送医\"}", t);
  assert_int_equal(alarms("dispatcher"), 0);
  assert_int_equal(
      fq_int(fq_kernel_db(w.kernel), 0, "SELECT count(*) FROM timer WHERE id LIKE '%:checkin'", ""), 0);
  /* started by himself, stopped by the desk */
  keep(t, task_for(i, "officer-a1"));
  act("officer-a1", "task.accept", "{\"id\":\"%s\"}", t);
  refused("officer-a1", "task.check_in", FQ_E_CONFLICT, "checkin.none", "{\"id\":\"%s\"}", t);
  act("officer-a1", "task.checkin_start", "{\"id\":\"%s\",\"every_ms\":60000}", t);
  has("task.checkin_started", "data", "\"grace_ms\":60000");
  refused("officer-a1", "task.checkin_stop", FQ_E_FORBIDDEN, "role", "{\"id\":\"%s\"}", t);
  act("dispatcher", "task.checkin_stop", "{\"id\":\"%s\"}", t);
  at(130 * MINUTE);
  assert_int_equal(entries("task.check_in_due"), 1);
  refused("dispatcher", "task.checkin_stop", FQ_E_CONFLICT, "checkin.none", "{\"id\":\"%s\"}", t);
  /* a policy asks, and finishing is an answer */
  act("policy/p", "task.checkin_start", "{\"id\":\"%s\",\"every_ms\":60000}", t);
  act("officer-a1", "task.feedback", "{\"id\":\"%s\",\"text\":\"x\"}", t);
  act("officer-a1", "task.finish", "{\"id\":\"%s\"}", t);
  at(140 * MINUTE);
  assert_int_equal(entries("task.check_in_due"), 1);
  rebuild_gives_the_same();
}

/* A server that was down has reminded nobody: he gets his grace from the reminder. */
static void check_ins_after_an_outage(void **state) {
  watched();
  wake_at(60 * MINUTE);
  assert_int_equal(entries("task.check_in_due"), 1);
  has("task.check_in_due", "data", "\"late_ms\":2700000");
  assert_int_equal(entries("task.check_in_missed"), 0);
  at(62 * MINUTE);
  assert_int_equal(entries("task.check_in_missed"), 1);
  rebuild_gives_the_same();
}

/* ---- silence ----------------------------------------------------------------------------------------- */

static void reminded(void **state) {
  keep(i, report("officer-a3", GRID_A1, "fire"));
  act("dispatcher", "incident.dispatch",
      "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a1\"}],\"remind_ms\":180000,\"remind_times\":2}", i);
  sent(t, 0);
  at(3 * MINUTE);
  assert_int_equal(entries("task.reminded"), 1);
  has("task.reminded", "data", "\"times\":1,\"of\":2,\"delivered\":false");
  has("task.reminded", "audience", "user/officer-a1");
  act("officer-a1", "task.delivered", "{\"id\":\"%s\",\"device\":\"phone-7\"}", t);
  assert_string_equal(task_member(t, "device"), "phone-7");
  at(6 * MINUTE);
  has("task.reminded", "data", "\"times\":2,\"of\":2,\"delivered\":true");
  at(60 * MINUTE);
  assert_int_equal(entries("task.reminded"), 2);
  /* stops when answered, either way, and when it lapses */
  static const char *const answers[] = {"task.accept", "task.decline"};
  for (int k = 0; k < 2; k++) {
    keep(i, report("officer-a3", GRID_A1, "fire"));
    act("dispatcher", "incident.dispatch",
        "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a2\"}],\"remind_ms\":60000}", i);
    sent(t, 0);
    act("officer-a2", answers[k], k ? "{\"id\":\"%s\",\"reason\":\"x\"}" : "{\"id\":\"%s\"}", t);
  }
  keep(i, report("officer-a3", GRID_A1, "fire"));
  act("dispatcher", "incident.dispatch",
      "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-b1\"}],\"remind_ms\":60000,\"expires_in_ms\":90000}", i);
  at(120 * MINUTE);
  assert_int_equal(entries("task.reminded"), 3);
  refused("dispatcher", "incident.dispatch", FQ_E_PARAMS, "params",
          "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a3\"}],\"remind_times\":2}", i);
  rebuild_gives_the_same();
}

static void no_reminding_while_suspended(void **state) {
  keep(i, report("officer-a3", GRID_A1, "fire"));
  act("dispatcher", "incident.dispatch",
      "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a1\"}],\"remind_ms\":180000}", i);
  act("dispatcher", "incident.suspend", "{\"id\":\"%s\",\"reason\":\"等\"}", i);
  at(30 * MINUTE);
  assert_int_equal(entries("task.reminded"), 0);
  act("dispatcher", "incident.resume", "{\"id\":\"%s\"}", i);
  at(32 * MINUTE);
  assert_int_equal(entries("task.reminded"), 0);
  at(33 * MINUTE);
  assert_int_equal(entries("task.reminded"), 1);
  rebuild_gives_the_same();
}

static void the_phone_is_not_reached(void **state) {
  three();
  at(1 * MINUTE);
  act("officer-b1", "task.delivered", "{\"id\":\"%s\"}", u);
  at(10 * MINUTE);
  /* a1's phone only: b1's has it, and a department has a desk */
  assert_int_equal(entries("task.undelivered"), 1);
  has("task.undelivered", "data", "\"name\":\"officer-a1\"");
  has("task.undelivered", "data", "\"after_ms\":120000");
  assert_true(*task_member(t, "undelivered_at"));
  act("dispatcher", "incident.assist",
      "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a2\"}],\"receipt_ms\":30000}", i);
  at(11 * MINUTE);
  assert_int_equal(entries("task.undelivered"), 2);
  act("dispatcher", "incident.assist", "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a3\"}],\"receipt_ms\":0}",
      i);
  at(60 * MINUTE);
  assert_int_equal(entries("task.undelivered"), 2);
  rebuild_gives_the_same();
}

/* ---- teams ------------------------------------------------------------------------------------------------
 */

static void a_team(void **state) {
  act("system", "org.import",
      "{\"units\":[{\"id\":\"" TEAM "\",\"parent\":\"430525\",\"kind\":\"team\",\"name\":\"森防一队\"}]}");
  for (int k = 1; k <= 3; k++)
    act("system", "user.add", "{\"name\":\"ranger-%d\",\"org\":\"" TEAM "\",\"roles\":[\"officer\"]}", k);
  keep(i, report("officer-a3", GRID_A1, "fire"));
  act("dispatcher", "incident.dispatch", "{\"id\":\"%s\",\"to\":[{\"team\":\"" TEAM "\"}]}", i);
  sent(t, 0);
  has("task.created", "audience", "unit/" TEAM " user/ranger-1 user/ranger-2 user/ranger-3");
  /* each of them has it, sees the incident, and the first to answer takes it */
  for (int k = 1; k <= 3; k++) {
    char who[FQ_ID_MAX];
    snprintf(who, sizeof who, "ranger-%d@" TEAM, k);
    act(who, "task.mine", "{}");
    assert_int_equal(fq_json_size(fq_json_get(w.result, "rows")), 1);
    act(who, "incident.get", "{\"id\":\"%s\"}", i);
    act(who, "incident.open", "{}");
    assert_int_equal(fq_json_size(fq_json_get(w.result, "rows")), 1);
    act(who, "incident.list", "{}");
    assert_int_equal(fq_json_size(fq_json_get(w.result, "rows")), 1);
  }
  act("ranger-2@" TEAM, "task.delivered", "{\"id\":\"%s\"}", t);
  act("ranger-2@" TEAM, "task.accept", "{\"id\":\"%s\"}", t);
  assert_string_equal(task_member(t, "accepted_by"), "ranger-2");
  refused("ranger-1@" TEAM, "task.accept", FQ_E_CONFLICT, "task.taken", "{\"id\":\"%s\"}", t);
  refused("officer-a1", "task.arrive", FQ_E_FORBIDDEN, "task.foreign", "{\"id\":\"%s\"}", t);
  act("ranger-1@" TEAM, "incident.assist", "{\"id\":\"%s\",\"to\":[{\"unit\":\"430525-D01\"}]}", i);
  act("ranger-1@" TEAM, "incident.comment", "{\"id\":\"%s\",\"text\":\"已到山口\"}", i);
  act("ranger-1@" TEAM, "task.feedback", "{\"id\":\"%s\",\"text\":\"灭了\"}", t);
  act("ranger-3@" TEAM, "task.finish", "{\"id\":\"%s\"}", t);
  has("task.finished", "audience", "user/ranger-1 user/ranger-2 user/ranger-3");
  refused("dispatcher", "incident.dispatch", FQ_E_PARAMS, "assignee.unknown",
          "{\"id\":\"%s\",\"to\":[{\"team\":\"%s\"}]}", i, GRID_A1);
  /* an officer who sits at a unit that is no team does not speak for it */
  keep(i, report("officer-a3", GRID_A1, "fire"));
  act("dispatcher", "incident.dispatch", "{\"id\":\"%s\",\"to\":[{\"unit\":\"%s\"}]}", i, GRID_A2);
  sent(t, 0);
  refused("officer-a2", "task.accept", FQ_E_FORBIDDEN, "task.foreign", "{\"id\":\"%s\"}", t);
  rebuild_gives_the_same();
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_open_on_disk, world_close)
int main(void) {
  const struct CMUnitTest tests[] = {
      T(the_first_leads),
      T(the_desk_names_another),
      T(the_lead_passes_on),
      T(all_must_finish_or_be_released),
      T(recall_one),
      T(asked_to_join),
      T(told_late),
      T(reassigned),
      T(reserved),
      T(reservations_end),
      T(a_missed_check_in),
      T(check_ins_end),
      T(check_ins_after_an_outage),
      T(reminded),
      T(no_reminding_while_suspended),
      T(the_phone_is_not_reached),
      T(a_team),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
