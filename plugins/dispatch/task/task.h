/* task.h - what the files of this part share. Kernel thread; queries on reader threads. */
#ifndef FQ_PLUGIN_DISPATCH_TASK_H
#define FQ_PLUGIN_DISPATCH_TASK_H

#include "dispatch.h"

/* Several words of one sentence: a timer's id is "task:t12:expire". */
#define DP_TIMER_ID (FQ_ID_MAX + 16)

/* ---- the verbs' beginning and end (task.c), who (who.c), timers (apply.c)
 * -------------------------------------------------------- */

/* Loads the task and its incident, checks the revision and the step. */
enum fq_status dp_task_begin(struct fq_call *c, enum dp_task_verb v, struct dp_task *t, struct dp_incident *i,
                             enum dp_task_state *next);
fq_json *dp_task_change(const struct dp_task *t,
                        enum dp_task_state next); /* {task, state, rev} of its entry */
enum fq_status dp_task_answer(struct fq_call *c, const struct dp_task *t, enum dp_task_state next,
                              int64_t rev);
/* Emits `kind`, which ends the task without its work done, with what follows: the lead passes on, the
 * incident waits for somebody to be sent anew or is done. */
enum fq_status dp_task_lapse(struct fq_call *c, struct dp_task *t, struct dp_incident *i, const char *kind,
                             fq_json *data);
/* "user/x", "unit/y" or "unit/team user/each ...": who hears of it after it has ended, too. free() */
char *dp_task_heard_by(fq_db *db, const char *user, const char *unit, const char *team);
/* "run `method` for this task at `due_ms`": one timer a task and purpose. */
void dp_task_timer(struct fq_apply *a, const char *task, const char *incident, const char *what,
                   int64_t due_ms, const char *method);
void dp_task_timer_clear(struct fq_apply *a, const char *task, const char *what);

/* ---- sending (assign.c) --------------------------------------------------------------------------- */

struct dp_assignee {
  const char *member, *id; /* "user", "officer-0001"; from the parameters */
  char name[96];
};
/* What an order says beside whom it is for. */
struct dp_order {
  bool lead;
  const char *lead_from, *instead_of, *asked_by;           /* NULL: not said */
  int64_t expires_ms, remind_ms, remind_times, receipt_ms; /* 0: none */
};
enum fq_status dp_assignee_need(struct fq_call *c, const fq_json *to, const char *path,
                                struct dp_assignee *a);
enum fq_status dp_assignee_free(struct fq_call *c, const struct dp_incident *i, const struct dp_assignee *a,
                                const char *path);
enum fq_status dp_order_terms(struct fq_call *c, struct dp_order *o);
enum fq_status dp_order_send(struct fq_call *c, const struct dp_incident *i, const struct dp_assignee *a,
                             const struct dp_order *o, char id[FQ_ID_MAX]);

/* ---- the lead (lead.c) ---------------------------------------------------------------------------- */

bool dp_lead_open(fq_db *db, const struct dp_incident *i, char id[FQ_ID_MAX]);
bool dp_lead_taken(fq_db *db, const struct dp_incident *i); /* open, or has finished in this round */
/* When `t` was the lead: says in `data` who is now. */
void dp_lead_pass(fq_db *db, const struct dp_task *t, fq_json *data);
void dp_lead_apply(struct fq_apply *a, const struct fq_entry *e, const char *lead);

/* ---- reservations (reserve.c) ---------------------------------------------------------------------- */

enum fq_status dp_reserve_fulfil(struct fq_call *c, const struct dp_incident *i, const struct dp_assignee *a);

/* ---- methods ---------------------------------------------------------------------------------------- */

DP_COMMAND(dp_incident_dispatch);
DP_COMMAND(dp_incident_assist);
DP_COMMAND(dp_incident_reserve);
DP_COMMAND(dp_incident_unreserve);
DP_COMMAND(dp_reserve_lapse);
DP_COMMAND(dp_task_delivered);
DP_COMMAND(dp_task_seen);
DP_COMMAND(dp_task_accept);
DP_COMMAND(dp_task_decline);
DP_COMMAND(dp_task_arrive);
DP_COMMAND(dp_task_feedback);
DP_COMMAND(dp_task_finish);
DP_COMMAND(dp_task_expire);
DP_COMMAND(dp_task_lead);
DP_COMMAND(dp_task_reassign);
DP_COMMAND(dp_task_recall);
DP_COMMAND(dp_task_remind);
DP_COMMAND(dp_task_undelivered);
DP_COMMAND(dp_checkin_start);
DP_COMMAND(dp_checkin_stop);
DP_COMMAND(dp_checkin_clear);
DP_COMMAND(dp_check_in);
DP_COMMAND(dp_check_in_due);
DP_COMMAND(dp_check_in_miss);
DP_APPLY(dp_apply_task_created);
DP_APPLY(dp_apply_task);
DP_APPLY(dp_apply_lead_changed);
DP_APPLY(dp_apply_reminded);
DP_APPLY(dp_apply_undelivered);
DP_APPLY(dp_apply_reminders_resume); /* incident.resumed */
DP_APPLY(dp_apply_checkin);
DP_APPLY(dp_apply_reserve);
DP_APPLY(dp_apply_reserve_incident); /* the incident has ended */
enum fq_status dp_reserve_ready(struct fq_call *c, const struct fq_entry *e);
DP_TARGET(dp_target_task);      /* params.id is a task: the assignee's own */
DP_TARGET(dp_target_task_desk); /* params.id is a task: the desks' above its incident */
DP_TARGET(dp_target_assist);    /* params.id is an incident: the desks' and its lead's */
DP_QUERY(dp_task_mine);
DP_QUERY(dp_task_alarms);
DP_QUERY(dp_reserve_list);
DP_VIEW(dp_view_tasks);

#endif
