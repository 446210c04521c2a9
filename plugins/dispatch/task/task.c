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
             "iii", i->n, t->n, i->round) != 0 ||
      dp_merge_finished(c->db, i);
}

static fq_json *change(const struct dp_task *t, enum dp_task_state next) {
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "task", t->id);
  fq_json_set_str(data, "state", dp_task_state_name(next));
  fq_json_set_int(data, "rev", t->rev + 1);
  return data;
}

static enum fq_status answer(struct fq_call *c, const struct dp_task *t, enum dp_task_state next,
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
  char also[FQ_ID_MAX + 8];
  snprintf(also, sizeof also, "%s%s", *t->user ? "user/" : "unit/",
           *t->user   ? t->user
           : *t->unit ? t->unit
                      : t->team);
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "state", dp_state_name(next));
  fq_json_set_int(data, "rev", i->rev + 1);
  fq_json_set_str(data, "by", c->actor->name);
  fq_json_set_str(data, "task", t->id);
  return dp_emit(c, i, "incident.handled", data, also);
}

static enum fq_status need(struct fq_call *c, enum dp_task_verb v, struct dp_task *t, struct dp_incident *i,
                           enum dp_task_state *next) {
  enum fq_status s = dp_task_need(c, t, i);
  if (s == FQ_OK) s = dp_rev_check(c, t->rev);
  return s == FQ_OK ? dp_task_step(c, t, v, next) : s;
}

/* Receipts: idempotent, without effect on the incident. */
static enum fq_status receipt(struct fq_call *c, enum dp_task_verb v, const char *kind) {
  struct dp_task t;
  struct dp_incident i;
  enum dp_task_state next;
  enum fq_status s = need(c, v, &t, &i, &next);
  if (s != FQ_OK) return s;
  if (next == t.state) return answer(c, &t, next, t.rev);
  if ((s = dp_emit(c, &i, kind, change(&t, next), NULL)) != FQ_OK) return s;
  return answer(c, &t, next, t.rev + 1);
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
  enum fq_status s = need(c, v, &t, &i, &next);
  if (s == FQ_OK) s = dp_step(c, &i, DP_V_BEGIN, &handling);
  if (s != FQ_OK) return s;
  fq_json *data = change(&t, next);
  static const char *const members[] = {"text", "attachments", "place"};
  for (size_t k = 0; k < 3; k++)
    dp_set_opt(data, members[k], c->params, members[k]);
  moves(data, &i, handling);
  if ((s = dp_emit(c, &i, kind, data, NULL)) != FQ_OK) return s;
  return answer(c, &t, next, t.rev + 1);
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
  enum fq_status s = need(c, DP_TV_FINISH, &t, &i, &next);
  if (s == FQ_OK) s = dp_step(c, &i, DP_V_BEGIN, &handling);
  if (s != FQ_OK) return s;
  bool open, finished;
  others(c, &i, &t, &open, &finished);
  if ((s = dp_emit(c, &i, "task.finished", change(&t, next), NULL)) != FQ_OK) return s;
  if (!open && (s = handled(c, &i, &t)) != FQ_OK) return s;
  return answer(c, &t, next, t.rev + 1);
}

/* A task ends without its work done. When it was the last one, the incident is done (others finished) or
 * waits for somebody to be sent anew; a suspended one decides that when it is resumed. */
static enum fq_status lapse(struct fq_call *c, struct dp_task *t, struct dp_incident *i, const char *kind,
                            fq_json *data) {
  bool open, finished;
  others(c, i, t, &open, &finished);
  bool waits = !open && !finished;
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
  enum fq_status s = need(c, DP_TV_DECLINE, &t, &i, &next);
  if (s == FQ_OK) s = dp_step(c, &i, DP_V_BEGIN, &handling);
  if (s != FQ_OK) return s;
  fq_json *data = change(&t, next);
  dp_set_opt(data, "reason", c->params, "reason");
  if ((s = lapse(c, &t, &i, "task.declined", data)) != FQ_OK) return s;
  return answer(c, &t, next, t.rev + 1);
}

/* Timer: an order nobody accepted in time is withdrawn, because a stale order is dangerous. */
enum fq_status dp_task_expire(struct fq_call *c) {
  struct dp_task t;
  struct dp_incident i;
  enum fq_status s = dp_task_need(c, &t, &i);
  if (s != FQ_OK) return s;
  enum dp_task_state next = dp_task_next(DP_TV_EXPIRE, t.state);
  if (next == DP_T_NO) return FQ_OK;
  fq_json *data = change(&t, next);
  fq_json_set_int(data, "late_ms", fq_json_int(c->params, "late_ms", 0));
  return lapse(c, &t, &i, "task.expired", data);
}

/* His own task; a unit's task for those who sit at the unit's desk. The desks above may act for him, as when
 * an officer answers by voice. */
enum fq_status dp_target_task(struct fq_call *c, struct fq_target *t) {
  struct dp_task task;
  struct dp_incident i;
  enum fq_status s = dp_task_need(c, &task, &i);
  if (s != FQ_OK) return s;
  const struct fq_actor *a = c->actor;
  dp_text(t->org, sizeof t->org, i.org);
  if (a->system) return FQ_OK;
  const char *unit = *task.unit ? task.unit : task.team;
  bool desk = a->roles & FQ_ROLE_DESK, sits = desk || (a->roles & FQ_ROLE_DEPARTMENT);
  t->own = !strcmp(task.user, a->name) || (sits && *unit && a->org && !strcmp(unit, a->org));
  if (t->own || desk) return FQ_OK;
  return fq_fail(c->error, FQ_E_FORBIDDEN, "task.foreign", "", "不是派给您的任务 %s", "%s is not your task",
                 task.id);
}

/* ---- apply --------------------------------------------------------------------------------------- */

static void timer_id(char out[FQ_ID_MAX + 16], const char *task) {
  snprintf(out, FQ_ID_MAX + 16, "task:%s:expire", task);
}

enum fq_status dp_apply_task_created(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data, *to = fq_json_get(d, "to");
  const char *task = fq_json_str(d, "task"), *expires = fq_json_str(d, "expires_at");
  int64_t expires_ms = expires ? fq_time_parse(expires) : 0;
  fq_exec(a->db,
          "INSERT INTO task(n, incident, rev, state, to_user, to_unit, to_team, name, note, created_ms, "
          "expires_ms)"
          " VALUES(?1, ?2, 1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, nullif(?10, 0))",
          "iissssssii", dp_id_n(task, 't'), dp_id_n(e->subject, 'i'), fq_json_str(d, "state"),
          fq_json_str(to, "user"), fq_json_str(to, "unit"), fq_json_str(to, "team"), fq_json_str(d, "name"),
          fq_json_str(d, "note"), e->at_ms, expires_ms);
  dp_load_moved(a, fq_json_str(to, "user"), 1);
  if (expires_ms) {
    char id[FQ_ID_MAX + 16];
    timer_id(id, task);
    fq_json *params = fq_json_object();
    fq_json_set_str(params, "id", task);
    fq_timer_set(a, id, expires_ms, "task.expire", e->subject, params);
  }
  return FQ_OK;
}

enum fq_status dp_apply_task(struct fq_apply *a, const struct fq_entry *e) {
  /* The first time of each step is kept: a second feedback does not move the first. What ends a task says
   * whose it was. */
  static const struct {
    const char *verb, *sql;
  } marks[] = {
      {"delivered", "UPDATE task SET delivered_ms = ?2 WHERE n = ?1"},
      {"seen", "UPDATE task SET seen_ms = ?2 WHERE n = ?1"},
      {"accepted", "UPDATE task SET accepted_ms = ?2 WHERE n = ?1"},
      {"arrived", "UPDATE task SET arrived_ms = ?2, accepted_ms = coalesce(accepted_ms, ?2) WHERE n = ?1"},
      {"fed_back", "UPDATE task SET fed_back_ms = coalesce(fed_back_ms, ?2) WHERE n = ?1"},
      {"finished", "UPDATE task SET finished_ms = ?2, ended_ms = ?2 WHERE n = ?1 RETURNING to_user"},
      {"declined", "UPDATE task SET ended_ms = ?2 WHERE n = ?1 RETURNING to_user"},
      {"recalled", "UPDATE task SET ended_ms = ?2 WHERE n = ?1 RETURNING to_user"},
      {"expired", "UPDATE task SET ended_ms = ?2 WHERE n = ?1 RETURNING to_user"},
  };
  const fq_json *d = e->data;
  const char *task = fq_json_str(d, "task"), *verb = e->kind + sizeof "task." - 1;
  const char *incident_state = fq_json_str(d, "incident_state");
  int64_t n = dp_id_n(task, 't'), incident = dp_id_n(e->subject, 'i');
  fq_exec(a->db, "UPDATE task SET state = ?2, rev = ?3, reason = coalesce(?4, reason) WHERE n = ?1", "isis",
          n, fq_json_str(d, "state"), fq_json_int(d, "rev", 0), fq_json_str(d, "reason"));
  char relieved[FQ_ID_MAX] = "";
  for (size_t k = 0; k < sizeof marks / sizeof *marks; k++) {
    if (strcmp(verb, marks[k].verb)) continue;
    fq_stmt *q = fq_sql(a->db, marks[k].sql, "ii", n, e->at_ms);
    while (fq_row(q))
      dp_text(relieved, sizeof relieved, fq_col_str(q, 0));
  }
  dp_load_moved(a, relieved, -1);
  if (incident_state)
    fq_exec(a->db, "UPDATE incident SET state = ?2, rev = ?3, updated_ms = ?4 WHERE n = ?1", "isii", incident,
            incident_state, fq_json_int(d, "incident_rev", 0), e->at_ms);
  else
    fq_exec(a->db, "UPDATE incident SET updated_ms = ?2 WHERE n = ?1", "ii", incident, e->at_ms);
  /* Accepted or ended: the order cannot go stale any more. */
  enum dp_task_state s = dp_task_state_of(fq_json_str(d, "state"));
  if (s != DP_T_DELIVERED && s != DP_T_SEEN) {
    char id[FQ_ID_MAX + 16];
    timer_id(id, task);
    fq_timer_clear(a, id);
  }
  return FQ_OK;
}
