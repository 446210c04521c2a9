/*
 * view.c - what the views of all parts begin with, and what policies find beside an entry (e.incident,
 * e.order). Pure reads; every answer is recorded with the decision. Kernel thread.
 */
#include <string.h>

#include "dispatch.h"

const fq_json *dp_view_arg(const struct fq_view *v, int at) {
  const fq_json *a = fq_json_first(v->args);
  while (a && at-- > 0)
    a = fq_json_next(a);
  return a;
}

const char *dp_view_subject(const struct fq_view *v) {
  const fq_json *a = dp_view_arg(v, 0);
  const char *id = fq_json_as_str(a);
  return id ? id : fq_json_str(a, "id");
}

/* e.incident for everything about an incident; e.order for what is about one of its tasks (data.task is its
 * id). */
void dp_context(void *self, fq_db *db, const struct fq_entry *e, fq_json *into) {
  (void)self;
  bool task = !strncmp(e->kind, "task.", 5);
  if (!dp_kind(e->kind)) return;
  fq_json *incident = dp_incident_json(db, dp_id_n(e->subject, 'i'), DP_WITH_TEXT);
  if (incident) fq_json_set(into, "incident", incident);
  fq_json *order = task ? dp_task_json(db, dp_id_n(fq_json_str(e->data, "task"), 't')) : NULL;
  if (order) fq_json_set(into, "order", order);
}
