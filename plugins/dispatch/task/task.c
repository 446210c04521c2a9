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
  if (v == DP_TV_ACCEPT && dp_task_open(t->state) && !*t->user && strcmp(t->accepted_by, c->actor->name))
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
  dp_set_occurred(c, data);
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
  fq_json *data = dp_task_change(&t, next);
  dp_set_occurred(c, data);
  if ((s = dp_emit(c, &i, "task.finished", data, NULL)) != FQ_OK) return s;
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
  dp_set_occurred(c, data);
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
