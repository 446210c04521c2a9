/*
 * view.c - what policies may ask about units, rungs and people. Pure reads, recorded with the decision.
 * Kernel thread.
 */
#include <math.h>
#include <string.h>

#include "people/people.h"

/* The next staffed rung above the owner (at `level` or above); nil when there is none. */
enum fq_status dp_view_rung_above(struct fq_view *v) {
  struct dp_incident i;
  struct dp_ladder l;
  struct dp_rung r;
  if (!dp_incident_load(v->db, dp_view_subject(v), &i)) return FQ_OK;
  const char *name = fq_json_as_str(dp_view_arg(v, 1));
  int level = name ? dp_level_of(name) : 0;
  if (level < 0)
    return fq_fail(v->error, FQ_E_PARAMS, "view.args", "level", "没有层级 %s", "there is no level %s", name);
  dp_ladder_of(v->db, i.org, &l);
  l.at_ms = v->now_ms;
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
  const char *org = fq_json_as_str(dp_view_arg(v, 0));
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
  const char *org = fq_json_as_str(dp_view_arg(v, 0)), *role = fq_json_as_str(dp_view_arg(v, 1));
  uint32_t roles = role ? 0 : FQ_ROLE_ALL;
#define X(id, name, zh)                                                                                      \
  if (role && !strcmp(role, name)) roles = FQ_ROLE_##id;
  FQ_ROLES(X)
#undef X
  if (!roles)
    return fq_fail(v->error, FQ_E_PARAMS, "view.args", "role", "没有角色 %s", "there is no role %s", role);
  v->answer = fq_json_array();
  fq_stmt *q = fq_sql(v->db,
                      "SELECT a.name, a.display, " DP_PRESENCE_COLUMNS DP_PRESENCE_FROM
                      " WHERE a.org = ?2 AND a.disabled = 0 AND (a.roles & ?3) != 0 ORDER BY a.name",
                      "isi", v->now_ms, org, (int64_t)roles);
  while (fq_row(q)) {
    struct dp_absence away;
    if (!dp_presence_read(q, 2, &away)) continue;
    fq_json *u = fq_json_object();
    fq_json_set_str(u, "user", fq_col_str(q, 0));
    fq_json_set_str(u, "display", fq_col_str(q, 1));
    fq_json_push(v->answer, u);
  }
  return FQ_OK;
}
