/*
 * task.c - the verbs of a task: the machine's receipt (delivered), the human's (seen, accept, decline), and
 * the work (arrive, feedback, finish). What they do to the incident follows from its open tasks: the first
 * acceptance starts the handling, the last finish completes it, the last refusal gives it back to the
 * dispatcher. Kernel thread.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "task/task.h"

/* What is left of an incident's tasks when this one is taken away. */
static void others(struct fq_call *c, const struct dp_incident *i, const struct dp_task *t, bool *open,
                   bool *finished) {
  *open = fq_int(c->db, 0, "SELECT 1 FROM task WHERE incident = ?1 AND n != ?2 AND ended_ms IS NULL LIMIT 1",
                 "ii", i->n, t->n) != 0;
  /* Work finished before a failed verification does not count a second time. */
  *finished =
      fq_int(c->db, 0,
             "SELECT 1 FROM task WHERE incident = ?1 AND n != ?2 AND n > ?3 AND state = 'finished' LIMIT 1",
             "iii", i->n, t->n, i->round) != 0;
}

fq_json *dp_task_change(const struct dp_task *t, enum dp_task_state next) {
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "task", t->id);
  fq_json_set_str(data, "state", dp_task_state_name(next));
  fq_json_set_int(data, "rev", t->rev + 1);
  return data;
}

enum fq_status dp_task_answer(struct fq_call *c, const struct dp_task *t, enum dp_task_state next,
                              int64_t rev) {
  fq_json_set_str(c->result, "id", t->id);
  fq_json_set_str(c->result, "state", dp_task_state_name(next));
  fq_json_set_int(c->result, "rev", rev);
  return FQ_OK;
}

/* The incident moves along with its task: the entry of the task says to which state. */
static void moves(fq_json *data, struct dp_incident *i, enum dp_state next) {
  if (next == DP_NO || next == i->state) return;
  i->state = next;
  i->rev++;
  fq_json_set_str(data, "incident_state", dp_state_name(next));
  fq_json_set_int(data, "incident_rev", i->rev);
}

static enum fq_status handled(struct fq_call *c, struct dp_incident *i, const struct dp_task *t) {
  enum dp_state next;
  enum fq_status s = dp_step(c, i, DP_V_HANDLE, &next);
  if (s != FQ_OK) return s;
  /* His task has ended, so he is no longer among those with an open one. */
  char *also = dp_task_heard_by(c->db, t->user, t->unit, t->team);
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "state", dp_state_name(next));
  fq_json_set_int(data, "rev", i->rev + 1);
  fq_json_set_str(data, "by", c->actor->name);
  fq_json_set_str(data, "task", t->id);
  s = dp_emit(c, i, "incident.handled", data, also);
  free(also);
  return s;
}

/* A phone that was away needs more than "not in this state": whether to go, and whom to ask. */
static enum fq_status explain(struct fq_call *c, enum dp_task_verb v, const struct dp_task *t) {
  if (v != DP_TV_ACCEPT && v != DP_TV_ARRIVE) return FQ_E_CONFLICT;
  char when[32];
  fq_time_format(t->ended_ms, when);
  if (t->state == DP_T_EXPIRED)
    return fq_fail(c->error, FQ_E_CONFLICT, "task.expired", "params.id",
                   "该派单已于 %s 失效,不必前往;仍可处置的,请联系调度",
                   "the order lapsed at %s: do not go; ask the desk", when);
  if (t->state == DP_T_RECALLED)
    return fq_fail(c->error, FQ_E_CONFLICT, "task.recalled", "params.id", "该派单已于 %s 撤回,不必前往",
                   "the order was withdrawn at %s: do not go", when);
  if (*t->accepted_by && strcmp(t->accepted_by, c->actor->name) && v == DP_TV_ACCEPT && !*t->user)
    return fq_fail(c->error, FQ_E_CONFLICT, "task.taken", "params.id", "%s 已接单", "%s has accepted it",
                   t->accepted_by);
  return FQ_E_CONFLICT;
}

enum fq_status dp_task_begin(struct fq_call *c, enum dp_task_verb v, struct dp_task *t, struct dp_incident *i,
                             enum dp_task_state *next) {
  enum fq_status s = dp_task_need(c, t, i);
  if (s == FQ_OK) s = dp_rev_check(c, t->rev);
  if (s == FQ_OK && (s = dp_task_step(c, t, v, next)) != FQ_OK) s = explain(c, v, t);
  return s;
}

/* Receipts: idempotent, without effect on the incident. */
static enum fq_status receipt(struct fq_call *c, enum dp_task_verb v, const char *kind) {
  struct dp_task t;
  struct dp_incident i;
  enum dp_task_state next;
  enum fq_status s = dp_task_begin(c, v, &t, &i, &next);
  if (s != FQ_OK) return s;
  if (next == t.state) return dp_task_answer(c, &t, next, t.rev);
  fq_json *data = dp_task_change(&t, next);
  dp_set_opt(data, "device", c->params, "device");
  if ((s = dp_emit(c, &i, kind, data, NULL)) != FQ_OK) return s;
  return dp_task_answer(c, &t, next, t.rev + 1);
}

enum fq_status dp_task_delivered(struct fq_call *c) {
  return receipt(c, DP_TV_DELIVERED, "task.delivered");
}

enum fq_status dp_task_seen(struct fq_call *c) {
  return receipt(c, DP_TV_SEEN, "task.seen");
}

/* Work on a task is work on its incident: possible only while that one may be handled. */
static enum fq_status work(struct fq_call *c, enum dp_task_verb v, const char *kind) {
  struct dp_task t;
  struct dp_incident i;
  enum dp_task_state next;
  enum dp_state handling;
  enum fq_status s = dp_task_begin(c, v, &t, &i, &next);
  if (s == FQ_OK) s = dp_step(c, &i, DP_V_BEGIN, &handling);
  if (s != FQ_OK) return s;
  fq_json *data = dp_task_change(&t, next);
  static const char *const members[] = {"text", "attachments", "place"};
  for (size_t k = 0; k < 3; k++)
    dp_set_opt(data, members[k], c->params, members[k]);
  moves(data, &i, handling);
  if ((s = dp_emit(c, &i, kind, data, NULL)) != FQ_OK) return s;
  return dp_task_answer(c, &t, next, t.rev + 1);
}

enum fq_status dp_task_accept(struct fq_call *c) {
  return work(c, DP_TV_ACCEPT, "task.accepted");
}

enum fq_status dp_task_arrive(struct fq_call *c) {
  return work(c, DP_TV_ARRIVE, "task.arrived");
}

enum fq_status dp_task_feedback(struct fq_call *c) {
  return work(c, DP_TV_FEEDBACK, "task.fed_back");
}

enum fq_status dp_task_finish(struct fq_call *c) {
  struct dp_task t;
  struct dp_incident i;
  enum dp_task_state next;
  enum dp_state handling;
  enum fq_status s = dp_task_begin(c, DP_TV_FINISH, &t, &i, &next);
  if (s == FQ_OK) s = dp_step(c, &i, DP_V_BEGIN, &handling);
  if (s != FQ_OK) return s;
  bool open, finished;
  others(c, &i, &t, &open, &finished);
  if ((s = dp_emit(c, &i, "task.finished", dp_task_change(&t, next), NULL)) != FQ_OK) return s;
  if (!open && (s = handled(c, &i, &t)) != FQ_OK) return s;
  return dp_task_answer(c, &t, next, t.rev + 1);
}

/* A task ends without its work done. When it was the last one, the incident is done (others finished) or
 * waits for somebody to be sent anew; a suspended one decides that when it is resumed. */
enum fq_status dp_task_lapse(struct fq_call *c, struct dp_task *t, struct dp_incident *i, const char *kind,
                             fq_json *data) {
  bool open, finished;
  others(c, i, t, &open, &finished);
  bool waits = !open && !finished;
  dp_lead_pass(c->db, t, data);
  if (waits) moves(data, i, dp_next(DP_V_UNDISPATCH, i->state));
  enum fq_status s = dp_emit(c, i, kind, data, NULL);
  if (s != FQ_OK || open || !finished || dp_next(DP_V_HANDLE, i->state) == DP_NO) return s;
  return handled(c, i, t);
}

enum fq_status dp_task_decline(struct fq_call *c) {
  struct dp_task t;
  struct dp_incident i;
  enum dp_task_state next;
  enum dp_state handling;
  enum fq_status s = dp_task_begin(c, DP_TV_DECLINE, &t, &i, &next);
  if (s == FQ_OK) s = dp_step(c, &i, DP_V_BEGIN, &handling);
  if (s != FQ_OK) return s;
  fq_json *data = dp_task_change(&t, next);
  dp_set_opt(data, "reason", c->params, "reason");
  if ((s = dp_task_lapse(c, &t, &i, "task.declined", data)) != FQ_OK) return s;
  return dp_task_answer(c, &t, next, t.rev + 1);
}

/* Timer: an order nobody accepted in time is withdrawn, because a stale order is dangerous. */
enum fq_status dp_task_expire(struct fq_call *c) {
  struct dp_task t;
  struct dp_incident i;
  enum fq_status s = dp_task_need(c, &t, &i);
  if (s != FQ_OK) return s;
  enum dp_task_state next = dp_task_next(DP_TV_EXPIRE, t.state);
  if (next == DP_T_NO) return FQ_OK;
  fq_json *data = dp_task_change(&t, next);
  fq_json_set_int(data, "late_ms", fq_json_int(c->params, "late_ms", 0));
  return dp_task_lapse(c, &t, &i, "task.expired", data);
}

/* ---- whose task ------------------------------------------------------------------------------------ */

const char *dp_sits_at(const struct fq_actor *a) {
  return a->roles & (FQ_ROLE_DESK | FQ_ROLE_DEPARTMENT) ? a->org : NULL;
}

const char *dp_team_of(const struct fq_actor *a) {
  return a->roles & (FQ_ROLE_DESK | FQ_ROLE_DEPARTMENT | FQ_ROLE_OFFICER) ? a->org : NULL;
}

/* A larger team has a desk; "unit/<team>" reaches that. */
fq_stmt *dp_team_officers(fq_db *db, const char *team) {
  return fq_sql(db,
                "SELECT name FROM account WHERE org = ?1 AND disabled = 0 AND (roles & ?2) != 0"
                " ORDER BY name LIMIT 30",
                "si", team, (int64_t)FQ_ROLE_OFFICER);
}

char *dp_task_heard_by(fq_db *db, const char *user, const char *unit, const char *team) {
  size_t cap = 32 * (FQ_ID_MAX + 8);
  char *words = malloc(cap);
  if (!words) abort();
  int n = snprintf(words, cap, "%s%s", *user ? "user/" : "unit/", *user ? user : *unit ? unit : team);
  if (!*team) return words;
  fq_stmt *q = dp_team_officers(db, team);
  while (fq_row(q))
    n += snprintf(words + n, cap - (size_t)n, " user/%s", fq_col_str(q, 0));
  return words;
}

/* His own task; a unit's for those who sit at the unit's desk; a team's for each of the team. The desks above
 * may act for him, as when an officer answers by voice. */
enum fq_status dp_target_task(struct fq_call *c, struct fq_target *t) {
  struct dp_task task;
  struct dp_incident i;
  enum fq_status s = dp_task_need(c, &task, &i);
  if (s != FQ_OK) return s;
  const struct fq_actor *a = c->actor;
  dp_text(t->org, sizeof t->org, i.org);
  if (a->system || (a->roles & FQ_ROLE_POLICY)) return FQ_OK;
  const char *sits = dp_sits_at(a), *team = dp_team_of(a);
  t->own = !strcmp(task.user, a->name) || (*task.unit && sits && !strcmp(task.unit, sits)) ||
           (*task.team && team && !strcmp(task.team, team));
  if (t->own || (a->roles & FQ_ROLE_DESK)) return FQ_OK;
  return fq_fail(c->error, FQ_E_FORBIDDEN, "task.foreign", "", "不是派给您的任务 %s", "%s is not your task",
                 task.id);
}

enum fq_status dp_target_task_desk(struct fq_call *c, struct fq_target *t) {
  struct dp_task task;
  struct dp_incident i;
  enum fq_status s = dp_task_need(c, &task, &i);
  if (s != FQ_OK) return s;
  const struct fq_actor *a = c->actor;
  dp_text(t->org, sizeof t->org, i.org);
  t->own = (a->roles & FQ_ROLE_DESK) && a->org && !strcmp(i.owner_org, a->org);
  return FQ_OK;
}

/* The desks'; and the lead may ask for help without going through them. */
enum fq_status dp_target_assist(struct fq_call *c, struct fq_target *t) {
  struct dp_incident i;
  struct dp_task lead;
  char id[FQ_ID_MAX];
  enum fq_status s = dp_target_incident(c, "id", true, t);
  const struct fq_actor *a = c->actor;
  if (s != FQ_OK || a->system || (a->roles & (FQ_ROLE_DESK | FQ_ROLE_POLICY))) return s;
  if ((s = dp_incident_need(c, "id", &i)) != FQ_OK) return s;
  const char *sits = dp_sits_at(a), *team = dp_team_of(a);
  if (dp_lead_open(c->db, &i, id) && dp_task_load(c->db, id, &lead) &&
      (!strcmp(lead.user, a->name) || (*lead.unit && sits && !strcmp(lead.unit, sits)) ||
       (*lead.team && team && !strcmp(lead.team, team))))
    return FQ_OK;
  return fq_fail(c->error, FQ_E_FORBIDDEN, "task.not_lead", "", "只有主办人或调度可以请求协同",
                 "only the lead or a desk asks others to join");
}

/* ---- apply --------------------------------------------------------------------------------------- */

void dp_task_timer_id(char out[DP_TIMER_ID], const char *task, const char *what) {
  snprintf(out, DP_TIMER_ID, "task:%s:%s", task, what);
}

void dp_task_timer(struct fq_apply *a, const char *task, const char *incident, const char *what,
                   int64_t due_ms, const char *method) {
  char id[DP_TIMER_ID];
  dp_task_timer_id(id, task, what);
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "id", task);
  fq_timer_set(a, id, due_ms, method, incident, params);
}

void dp_task_timer_clear(struct fq_apply *a, const char *task, const char *what) {
  char id[DP_TIMER_ID];
  dp_task_timer_id(id, task, what);
  fq_timer_clear(a, id);
}

/* A task sent before tasks had roles: the first of its incident led. */
static const char *role_of(struct fq_apply *a, const struct fq_entry *e) {
  const char *role = fq_json_str(e->data, "role");
  if (role) return role;
  return fq_int(a->db, 0, "SELECT 1 FROM task WHERE incident = ?1 LIMIT 1", "i", dp_id_n(e->subject, 'i'))
             ? "assist"
             : "lead";
}

enum fq_status dp_apply_task_created(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data, *to = fq_json_get(d, "to");
  const char *task = fq_json_str(d, "task"), *expires = fq_json_str(d, "expires_at");
  const char *instead_of = fq_json_str(d, "instead_of"), *user = fq_json_str(to, "user");
  int64_t expires_ms = expires ? fq_time_parse(expires) : 0, receipt_ms = fq_json_int(d, "receipt_ms", 0);
  int64_t remind_ms = fq_json_int(d, "remind_ms", 0);
  if (fq_json_get(d, "lead_from")) dp_lead_apply(a, e, task);
  fq_exec(
      a->db,
      "INSERT INTO task(n, incident, rev, state, to_user, to_unit, to_team, name, note, created_ms, "
      "expires_ms, role, instead_of, remind_ms, remind_times, receipt_ms)"
      " VALUES(?1, ?2, 1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, nullif(?10, 0), ?11, nullif(?12, 0), nullif(?13, 0),"
      " ?14, nullif(?15, 0))",
      "iissssssiisiiii", dp_id_n(task, 't'), dp_id_n(e->subject, 'i'), fq_json_str(d, "state"), user,
      fq_json_str(to, "unit"), fq_json_str(to, "team"), fq_json_str(d, "name"), fq_json_str(d, "note"),
      e->at_ms, expires_ms, role_of(a, e), dp_id_n(instead_of, 't'), remind_ms,
      fq_json_int(d, "remind_times", 0), receipt_ms);
  dp_load_moved(a, user, 1);
  if (expires_ms) dp_task_timer(a, task, e->subject, "expire", expires_ms, "task.expire");
  if (remind_ms) dp_task_timer(a, task, e->subject, "remind", e->at_ms + remind_ms, "task.remind");
  if (receipt_ms) dp_task_timer(a, task, e->subject, "receipt", e->at_ms + receipt_ms, "task.unreached");
  return FQ_OK;
}

/* The timers that a task in this state has no more use for. */
static void disarm(struct fq_apply *a, const char *task, const bool armed[4], enum dp_task_state s) {
  bool waits = s == DP_T_SENT || s == DP_T_DELIVERED || s == DP_T_SEEN;
  static const char *const purposes[] = {"expire", "remind", "receipt", "checkin"};
  const bool over[] = {!waits, !waits, s != DP_T_SENT, !dp_task_open(s)};
  for (int k = 0; k < 4; k++)
    if (over[k] && armed[k]) dp_task_timer_clear(a, task, purposes[k]);
}

enum fq_status dp_apply_task(struct fq_apply *a, const struct fq_entry *e) {
  /* The first time of each step is kept: a second feedback does not move the first. What ends a task says
   * whose it was, and ends the check-ins; an alarm stays raised. */
#define ENDED "ended_ms = ?2, checkin_ms = NULL, checkin_due_ms = NULL WHERE n = ?1 RETURNING to_user"
  static const struct {
    const char *verb, *sql;
  } marks[] = {
      {"delivered", "UPDATE task SET delivered_ms = ?2 WHERE n = ?1"},
      {"seen", "UPDATE task SET seen_ms = ?2 WHERE n = ?1"},
      {"accepted", "UPDATE task SET accepted_ms = ?2 WHERE n = ?1"},
      {"arrived", "UPDATE task SET arrived_ms = ?2, accepted_ms = coalesce(accepted_ms, ?2) WHERE n = ?1"},
      {"fed_back", "UPDATE task SET fed_back_ms = coalesce(fed_back_ms, ?2) WHERE n = ?1"},
      {"finished", "UPDATE task SET finished_ms = ?2, " ENDED},
      {"declined", "UPDATE task SET " ENDED},
      {"recalled", "UPDATE task SET " ENDED},
      {"expired", "UPDATE task SET " ENDED},
  };
#undef ENDED
  const fq_json *d = e->data;
  const char *task = fq_json_str(d, "task"), *verb = e->kind + sizeof "task." - 1;
  const char *incident_state = fq_json_str(d, "incident_state"), *device = fq_json_str(d, "device");
  const char *replaced_by = fq_json_str(d, "reassigned_to"),
             *lead = fq_json_str(fq_json_get(d, "lead"), "task");
  int64_t n = dp_id_n(task, 't'), incident = dp_id_n(e->subject, 'i');
  enum dp_task_state state = dp_task_state_of(fq_json_str(d, "state"));
  fq_stmt *q =
      fq_sql(a->db,
             "UPDATE task SET state = ?2, rev = ?3, reason = coalesce(?4, reason) WHERE n = ?1"
             " RETURNING expires_ms, remind_ms, receipt_ms, checkin_ms",
             "isis", n, dp_task_state_name(state), fq_json_int(d, "rev", 0), fq_json_str(d, "reason"));
  bool armed[4] = {false};
  while (fq_row(q))
    for (int k = 0; k < 4; k++)
      armed[k] = !fq_col_null(q, k);
  disarm(a, task, armed, state);
  char relieved[FQ_ID_MAX] = "";
  for (size_t k = 0; k < sizeof marks / sizeof *marks; k++) {
    if (strcmp(verb, marks[k].verb)) continue;
    q = fq_sql(a->db, marks[k].sql, "ii", n, e->at_ms);
    while (fq_row(q))
      dp_text(relieved, sizeof relieved, fq_col_str(q, 0));
  }
  dp_load_moved(a, relieved, -1);
  if (state == DP_T_ACCEPTED || state == DP_T_ARRIVED)
    fq_exec(a->db, "UPDATE task SET accepted_by = coalesce(accepted_by, ?2) WHERE n = ?1", "is", n, e->actor);
  if (device) fq_exec(a->db, "UPDATE task SET device = coalesce(device, ?2) WHERE n = ?1", "is", n, device);
  if (replaced_by)
    fq_exec(a->db, "UPDATE task SET replaced_by = ?2 WHERE n = ?1", "ii", n, dp_id_n(replaced_by, 't'));
  if (lead) dp_lead_apply(a, e, lead);
  if (incident_state)
    fq_exec(a->db, "UPDATE incident SET state = ?2, rev = ?3, updated_ms = ?4 WHERE n = ?1", "isii", incident,
            incident_state, fq_json_int(d, "incident_rev", 0), e->at_ms);
  else
    fq_exec(a->db, "UPDATE incident SET updated_ms = ?2 WHERE n = ?1", "ii", incident, e->at_ms);
  return FQ_OK;
}
