/*
 * reassign.c - taking a single task away: task.recall (nobody has begun, or a helper is no longer needed) and
 * task.reassign 改派 (somebody else does it instead, and keeps the lead if it was that). The first assignee
 * hears of either. Kernel thread.
 */
#include <string.h>

#include "task/task.h"

enum fq_status dp_task_recall(struct fq_call *c) {
  struct dp_task t;
  struct dp_incident i;
  enum dp_task_state next;
  enum fq_status s = dp_task_need(c, &t, &i);
  if (s == FQ_OK) s = dp_task_begin(c, t.lead ? DP_TV_RECALL : DP_TV_RELEASE, &t, &i, &next);
  if (s != FQ_OK) return s;
  fq_json *data = dp_task_change(&t, next);
  dp_set_opt(data, "reason", c->params, "reason");
  if ((s = dp_task_lapse(c, &t, &i, "task.recalled", data)) != FQ_OK) return s;
  return dp_task_answer(c, &t, next, t.rev + 1);
}

enum fq_status dp_task_reassign(struct fq_call *c) {
  struct dp_task t;
  struct dp_incident i;
  struct dp_assignee to = {0};
  struct dp_order o = {0};
  enum dp_task_state next;
  enum dp_state sent;
  enum fq_status s = dp_task_begin(c, DP_TV_REASSIGN, &t, &i, &next);
  if (s == FQ_OK) s = dp_step(c, &i, DP_V_DISPATCH, &sent);
  if (s == FQ_OK) s = dp_assignee_need(c, fq_json_get(c->params, "to"), "params.to", &to);
  if (s == FQ_OK) s = dp_assignee_free(c, &i, &to, "params.to");
  if (s == FQ_OK) s = dp_order_terms(c, &o);
  if (s != FQ_OK) return s;

  /* The task made is the entry after this one, so this one can name it. */
  char id[FQ_ID_MAX];
  dp_id_make(id, 't', fq_next_seq(c) + 1);
  fq_json *data = dp_task_change(&t, next);
  dp_set_opt(data, "reason", c->params, "reason");
  fq_json_set_str(data, "reassigned_to", id);
  fq_json_set_str(data, "reassigned_name", to.name);
  if ((s = dp_emit(c, &i, "task.recalled", data, NULL)) != FQ_OK) return s;
  o.lead = t.lead;
  o.instead_of = t.id;
  if ((s = dp_order_send(c, &i, &to, &o, id)) != FQ_OK) return s;
  fq_json_set_str(c->result, "task", id);
  return dp_task_answer(c, &t, next, t.rev + 1);
}
