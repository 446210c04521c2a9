/*
 * remind.c - silence has two reasons, and the desk is told which: the phone is not reached (task.undelivered:
 * no receipt within a time of sending), or nobody answers (task.reminded 催接: the order rings again every so
 * often until it is accepted, declined or has lapsed). Kernel thread.
 */
#include <string.h>

#include "task/task.h"

/* What both say, so that a phone can ring and a desk can read it without asking. */
static fq_json *about(const struct dp_task *t, const struct dp_incident *i) {
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "task", t->id);
  fq_json_set_str(data, "name", t->name);
  fq_json_set_int(data, "number", i->number);
  fq_json_set_str(data, "incident_title", i->title);
  return data;
}

/* Timer: nobody has accepted yet. While the incident is suspended nobody could: see resuming below. */
enum fq_status dp_task_remind(struct fq_call *c) {
  struct dp_task t;
  struct dp_incident i;
  enum fq_status s = dp_task_need(c, &t, &i);
  if (s != FQ_OK || dp_task_next(DP_TV_REMIND, t.state) == DP_T_NO) return s;
  if (dp_next(DP_V_BEGIN, i.state) == DP_NO || t.reminded >= t.remind_times) return FQ_OK;
  fq_json *data = about(&t, &i);
  fq_json_set_int(data, "times", t.reminded + 1);
  fq_json_set_int(data, "of", t.remind_times);
  fq_json_set_bool(data, "delivered", t.state != DP_T_SENT);
  fq_json_set_int(data, "late_ms", fq_json_int(c->params, "late_ms", 0));
  return dp_emit(c, &i, "task.reminded", data, NULL);
}

/* Timer: no terminal has confirmed the order. */
enum fq_status dp_task_undelivered(struct fq_call *c) {
  struct dp_task t;
  struct dp_incident i;
  enum fq_status s = dp_task_need(c, &t, &i);
  if (s != FQ_OK || dp_task_next(DP_TV_UNREACHED, t.state) == DP_T_NO) return s;
  fq_json *data = about(&t, &i);
  fq_json_set_int(data, "after_ms", fq_int(c->db, 0, "SELECT receipt_ms FROM task WHERE n = ?1", "i", t.n));
  fq_json_set_int(data, "late_ms", fq_json_int(c->params, "late_ms", 0));
  return dp_emit(c, &i, "task.undelivered", data, NULL);
}

/* ---- apply --------------------------------------------------------------------------------------- */

enum fq_status dp_apply_reminded(struct fq_apply *a, const struct fq_entry *e) {
  const char *task = fq_json_str(e->data, "task");
  int64_t times = fq_json_int(e->data, "times", 0), n = dp_id_n(task, 't'),
          every_ms = fq_int(a->db, 0, "SELECT remind_ms FROM task WHERE n = ?1", "i", n);
  fq_exec(a->db, "UPDATE task SET reminded = ?2 WHERE n = ?1", "ii", n, times);
  if (times < fq_json_int(e->data, "of", 0))
    dp_task_timer(a, task, e->subject, "remind", e->at_ms + every_ms, "task.remind");
  return FQ_OK;
}

enum fq_status dp_apply_undelivered(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "UPDATE task SET undelivered_ms = ?2 WHERE n = ?1", "ii",
          dp_id_n(fq_json_str(e->data, "task"), 't'), e->at_ms);
  return FQ_OK;
}

/* The silence while the incident was suspended was nobody's: reminding starts anew when it goes on. */
enum fq_status dp_apply_reminders_resume(struct fq_apply *a, const struct fq_entry *e) {
  int64_t n = 0;
  for (;;) {
    int64_t every_ms = 0;
    fq_stmt *q = fq_sql(a->db,
                        "SELECT n, remind_ms FROM task WHERE incident = ?1 AND n > ?2 AND ended_ms IS NULL"
                        " AND accepted_ms IS NULL AND reminded < remind_times ORDER BY n LIMIT 1",
                        "ii", dp_id_n(e->subject, 'i'), n);
    if (!fq_row(q)) return FQ_OK;
    n = fq_col_int(q, 0);
    every_ms = fq_col_int(q, 1);
    fq_done(q);
    char task[FQ_ID_MAX];
    dp_id_make(task, 't', n);
    dp_task_timer(a, task, e->subject, "remind", e->at_ms + every_ms, "task.remind");
  }
}
