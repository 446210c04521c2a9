/*
 * lead.c - who leads: of an incident's open tasks at most one, and one as long as its work is not done. When
 * the lead's task ends unfinished, the next of the open ones leads, and the entry that ended it says so: who
 * has accepted before who has not, then who was sent first. A lead that has finished stays the lead while the
 * helpers finish. Kernel thread.
 */
#include <string.h>

#include "task/task.h"

bool dp_lead_open(fq_db *db, const struct dp_incident *i, char id[FQ_ID_MAX]) {
  int64_t n =
      fq_int(db, 0, "SELECT n FROM task WHERE incident = ?1 AND ended_ms IS NULL AND role = 'lead' LIMIT 1",
             "i", i->n);
  if (n) dp_id_make(id, 't', n);
  return n != 0;
}

bool dp_lead_taken(fq_db *db, const struct dp_incident *i) {
  return fq_int(db, 0,
                "SELECT 1 FROM task WHERE incident = ?1 AND role = 'lead'"
                " AND (ended_ms IS NULL OR (state = 'finished' AND n > ?2)) LIMIT 1",
                "ii", i->n, i->round) != 0;
}

static fq_json *as_lead(const char *task, const char *name) {
  fq_json *lead = fq_json_object();
  fq_json_set_str(lead, "task", task);
  fq_json_set_str(lead, "name", name);
  return lead;
}

void dp_lead_pass(fq_db *db, const struct dp_task *t, fq_json *data) {
  if (!t->lead) return;
  char id[FQ_ID_MAX];
  fq_stmt *q = fq_sql(db,
                      "SELECT n, name FROM task WHERE incident = ?1 AND n != ?2 AND ended_ms IS NULL"
                      " ORDER BY accepted_ms IS NULL, n LIMIT 1",
                      "ii", t->incident, t->n);
  if (!fq_row(q)) return;
  dp_id_make(id, 't', fq_col_int(q, 0));
  fq_json_set(data, "lead", as_lead(id, fq_col_str(q, 1)));
  fq_done(q);
}

enum fq_status dp_task_lead(struct fq_call *c) {
  struct dp_task t;
  struct dp_incident i;
  enum dp_task_state next;
  enum fq_status s = dp_task_begin(c, DP_TV_LEAD, &t, &i, &next);
  if (s != FQ_OK) return s;
  char before[FQ_ID_MAX];
  if (!t.lead) {
    fq_json *data = dp_task_change(&t, next);
    if (dp_lead_open(c->db, &i, before)) fq_json_set_str(data, "from", before);
    fq_json_set(data, "lead", as_lead(t.id, t.name));
    dp_set_opt(data, "reason", c->params, "reason");
    if ((s = dp_emit(c, &i, "task.lead_changed", data, NULL)) != FQ_OK) return s;
  }
  return dp_task_answer(c, &t, next, t.lead ? t.rev : t.rev + 1);
}

/* ---- apply --------------------------------------------------------------------------------------- */

void dp_lead_apply(struct fq_apply *a, const struct fq_entry *e, const char *lead) {
  fq_exec(a->db,
          "UPDATE task SET role = CASE n WHEN ?2 THEN 'lead' ELSE 'assist' END"
          " WHERE incident = ?1 AND ended_ms IS NULL",
          "ii", dp_id_n(e->subject, 'i'), dp_id_n(lead, 't'));
}

enum fq_status dp_apply_lead_changed(struct fq_apply *a, const struct fq_entry *e) {
  const char *task = fq_json_str(e->data, "task");
  dp_lead_apply(a, e, task);
  fq_exec(a->db, "UPDATE task SET rev = ?2 WHERE n = ?1", "ii", dp_id_n(task, 't'),
          fq_json_int(e->data, "rev", 0));
  return FQ_OK;
}
