/*
 * view.c - what policies may ask (view.incident, view.owner, ...) and what they find beside an entry
 * (e.incident, e.order). Pure reads; every answer is recorded with the decision. Kernel thread.
 */
#include <math.h>
#include <string.h>

#include "dispatch.h"

static const fq_json *arg(const struct fq_view *v, int at) {
  const fq_json *a = fq_json_first(v->args);
  while (a && at-- > 0)
    a = fq_json_next(a);
  return a;
}

const char *dp_view_subject(const struct fq_view *v) {
  const fq_json *a = arg(v, 0);
  const char *id = fq_json_as_str(a);
  return id ? id : fq_json_str(a, "id");
}

static bool subject(const struct fq_view *v, struct dp_incident *i) {
  return dp_incident_load(v->db, dp_view_subject(v), i);
}

enum fq_status dp_view_incident(struct fq_view *v) {
  v->answer = dp_incident_json(v->db, dp_id_n(dp_view_subject(v), 'i'), DP_WITH_ALL);
  return FQ_OK;
}

enum fq_status dp_view_tasks(struct fq_view *v) {
  v->answer = dp_tasks_json(v->db, dp_id_n(dp_view_subject(v), 'i'));
  return FQ_OK;
}

enum fq_status dp_view_clocks(struct fq_view *v) {
  struct dp_incident i;
  if (subject(v, &i)) v->answer = dp_clocks_json(v->db, i.id);
  return FQ_OK;
}

enum fq_status dp_view_owner(struct fq_view *v) {
  struct dp_incident i;
  struct fq_unit u;
  if (!subject(v, &i)) return FQ_OK;
  struct dp_rung r = {.level = i.owner_level};
  dp_text(r.org, sizeof r.org, i.owner_org);
  if (fq_org_unit(v->db, i.owner_org, &u)) dp_text(r.name, sizeof r.name, u.name);
  v->answer = dp_rung_json(&r);
  return FQ_OK;
}

/* The next staffed rung above the owner (at `level` or above); nil when there is none. */
enum fq_status dp_view_rung_above(struct fq_view *v) {
  struct dp_incident i;
  struct dp_ladder l;
  struct dp_rung r;
  if (!subject(v, &i)) return FQ_OK;
  const char *name = fq_json_as_str(arg(v, 1));
  int level = name ? dp_level_of(name) : DP_L_GRID;
  if (level < 0)
    return fq_fail(v->error, FQ_E_PARAMS, "view.args", "level", "没有层级 %s", "there is no level %s", name);
  dp_ladder_of(v->db, i.org, &l);
  fq_json *skipped = fq_json_array();
  if (dp_rung_find(v->db, &l, (enum dp_level)level, &i, &r, skipped)) {
    v->answer = dp_rung_json(&r);
    fq_json_set(v->answer, "skipped", skipped);
  } else {
    fq_json_free(skipped);
  }
  return FQ_OK;
}

enum fq_status dp_view_unit(struct fq_view *v) {
  struct fq_unit u;
  const char *org = fq_json_as_str(arg(v, 0));
  if (!org || !fq_org_unit(v->db, org, &u)) return FQ_OK;
  v->answer = fq_json_object();
  fq_json_set_str(v->answer, "id", u.id);
  if (*u.parent) fq_json_set_str(v->answer, "parent", u.parent);
  fq_json_set_str(v->answer, "kind", u.kind);
  fq_json_set_str(v->answer, "name", u.name);
  if (!isnan(u.lon) && !isnan(u.lat)) {
    fq_json_set_num(v->answer, "lon", u.lon);
    fq_json_set_num(v->answer, "lat", u.lat);
  }
  return FQ_OK;
}

/* Who sits exactly at this unit, on duty, with this role (any when left out). */
enum fq_status dp_view_on_duty(struct fq_view *v) {
  const char *org = fq_json_as_str(arg(v, 0)), *role = fq_json_as_str(arg(v, 1));
  uint32_t roles = role ? 0 : FQ_ROLE_ALL;
#define X(id, name, zh)                                                                                      \
  if (role && !strcmp(role, name)) roles = FQ_ROLE_##id;
  FQ_ROLES(X)
#undef X
  if (!roles)
    return fq_fail(v->error, FQ_E_PARAMS, "view.args", "role", "没有角色 %s", "there is no role %s", role);
  v->answer = fq_json_array();
  fq_stmt *q =
      fq_sql(v->db,
             "SELECT a.name, a.display FROM account a LEFT JOIN duty d ON d.user = a.name WHERE a.org = ?1"
             " AND a.disabled = 0 AND (a.roles & ?2) != 0 AND coalesce(d.on_duty, (a.roles & ?3) != 0)"
             " ORDER BY a.name",
             "sii", org, (int64_t)roles, (int64_t)FQ_ROLE_DESK);
  while (fq_row(q)) {
    fq_json *u = fq_json_object();
    fq_json_set_str(u, "user", fq_col_str(q, 0));
    fq_json_set_str(u, "display", fq_col_str(q, 1));
    fq_json_push(v->answer, u);
  }
  return FQ_OK;
}

/* e.incident for everything about an incident; e.order for what is about one of its tasks (data.task is its
 * id). */
void dp_context(void *self, fq_db *db, const struct fq_entry *e, fq_json *into) {
  (void)self;
  bool task = !strncmp(e->kind, "task.", 5);
  if (!task && strncmp(e->kind, "incident.", 9) && strncmp(e->kind, "clock.", 6)) return;
  fq_json *incident = dp_incident_json(db, dp_id_n(e->subject, 'i'), DP_WITH_TEXT);
  if (incident) fq_json_set(into, "incident", incident);
  fq_json *order = task ? dp_task_json(db, dp_id_n(fq_json_str(e->data, "task"), 't')) : NULL;
  if (order) fq_json_set(into, "order", order);
}
