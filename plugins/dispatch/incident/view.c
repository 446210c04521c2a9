/*
 * view.c - what policies may ask about an incident, its tasks and its clocks. Pure reads, recorded with the
 * decision. Kernel thread.
 */
#include "clock/clock.h"
#include "incident/incident.h"
#include "task/task.h"

enum fq_status dp_view_incident(struct fq_view *v) {
  v->answer = dp_incident_json(v->db, dp_id_n(dp_view_subject(v), 'i'), DP_WITH_ALL);
  return FQ_OK;
}

enum fq_status dp_view_owner(struct fq_view *v) {
  struct dp_incident i;
  struct fq_unit u;
  if (!dp_incident_load(v->db, dp_view_subject(v), &i)) return FQ_OK;
  struct dp_rung r = {.level = i.owner_level};
  dp_text(r.org, sizeof r.org, i.owner_org);
  if (fq_org_unit(v->db, i.owner_org, &u)) dp_text(r.name, sizeof r.name, u.name);
  v->answer = dp_rung_json(&r);
  return FQ_OK;
}

enum fq_status dp_view_tasks(struct fq_view *v) {
  v->answer = dp_tasks_json(v->db, dp_id_n(dp_view_subject(v), 'i'));
  return FQ_OK;
}

enum fq_status dp_view_clocks(struct fq_view *v) {
  struct dp_incident i;
  if (dp_incident_load(v->db, dp_view_subject(v), &i)) v->answer = dp_clocks_json(v->db, i.id);
  return FQ_OK;
}
