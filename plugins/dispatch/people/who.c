/*
 * who.c - "who answers for this household now?": every rung of a ladder at a place with its unit, its holder,
 * who stands in, or why nobody does, and to whom it would fall. One query for people, one view for policies.
 * Reads only.
 */
#include <math.h>
#include <string.h>

#include "people/people.h"

static fq_json *person(fq_db *db, const char *user) {
  char display[96];
  fq_json *j = fq_json_object();
  dp_display(db, user, display);
  fq_json_set_str(j, "user", user);
  fq_json_set_str(j, "display", display);
  return j;
}

static fq_json *rung(fq_db *db, const struct dp_rung *r, int64_t at_ms) {
  struct dp_who who;
  struct dp_absence why;
  char zh[128], en[128];
  bool there = dp_rung_who(db, r, at_ms, &who, &why);
  fq_json *j = dp_rung_json(r);
  if (*r->holder) fq_json_set(j, "holder", person(db, r->holder));
  fq_json_set_bool(j, "available", there);
  if (there) fq_json_set(j, "answers", person(db, who.user));
  if (*who.instead_of) fq_json_set(j, "deputy", person(db, who.user));
  if (!there || *who.instead_of) {
    dp_absence_words(&why, zh, en);
    fq_json_set_str(j, "why_zh", zh);
    fq_json_set_str(j, "why_en", en);
  }
  if (r->wait_ms) fq_json_set_int(j, "wait_ms", r->wait_ms);
  return j;
}

static fq_json *who_answers(fq_db *db, const char *ladder, const char *org, const char *address,
                            int64_t at_ms) {
  struct dp_ladder l;
  struct dp_rung r;
  if (!dp_ladder_at(db, ladder, org, address, at_ms, &l)) return NULL;
  l.at_ms = dp_as_of(db, at_ms);
  fq_json *j = fq_json_object(), *rungs = fq_json_array();
  fq_json_set_str(j, "ladder", ladder ? ladder : DP_DEFAULT_LADDER);
  fq_json_set_str(j, "grid", org);
  if (address && *address) fq_json_set_str(j, "address", address);
  for (size_t x = 0; x < l.count; x++)
    fq_json_push(rungs, rung(db, &l.rungs[x], l.at_ms));
  fq_json_set(j, "rungs", rungs);
  if (dp_rung_find(db, &l, (enum dp_level)0, NULL, &r, NULL)) {
    fq_json *to = dp_rung_json(&r);
    if (*r.asked) fq_json_set(to, "answers", person(db, r.asked));
    fq_json_set(j, "falls_to", to);
  }
  if (dp_fallback_of(db, org, &r)) fq_json_set(j, "fallback", dp_rung_json(&r));
  return j;
}

/* The place asked for: an address code, a unit, or the grid around a point. */
static bool site(fq_db *db, const fq_json *from, const char **address, char org[FQ_ID_MAX]) {
  const char *code = fq_json_str(from, "household");
  const fq_json *place = fq_json_get(from, "place");
  struct fq_unit u;
  if (!code) code = fq_json_str(from, "address");
  *address = code;
  org[0] = '\0';
  if (code) dp_address_unit(db, code, org);
  const char *grid = fq_json_str(from, "grid");
  if (!*org && grid && fq_org_unit(db, grid, &u)) dp_text(org, FQ_ID_MAX, grid);
  if (!*org && place && fq_json_type(place) == FQ_JSON_OBJECT)
    fq_org_grid_at(db, fq_json_num(place, "lon", NAN), fq_json_num(place, "lat", NAN), org);
  return *org;
}

enum fq_status dp_ladder_who(struct fq_query *q) {
  const char *address, *ladder = fq_json_str(q->params, "ladder"), *at = fq_json_str(q->params, "at");
  char org[FQ_ID_MAX];
  if (!site(q->db, q->params, &address, org))
    return fq_fail(
        q->error, FQ_E_PARAMS, "place.unknown", "params",
        "请写明网格、位置或地址编码(如 430525100201-01/12),且单位须存在",
        "give a grid, a place or an address code such as 430525100201-01/12 of a unit that exists");
  enum fq_status reach = dp_org_reach(q, org, "params");
  if (reach != FQ_OK) return reach;
  fq_json *j = who_answers(q->db, ladder, org, address, at ? fq_time_parse(at) : q->now_ms);
  if (!j)
    return fq_fail(q->error, FQ_E_PARAMS, "ladder.unknown", "params.ladder", "没有阶梯 %s", "no ladder %s",
                   ladder);
  fq_json_each(m, j) fq_json_set(q->result, fq_json_name(m), fq_json_dup(m));
  fq_json_free(j);
  return FQ_OK;
}

/* view.who(incident | "grid" | "grid/12" | {lon=, lat=}[, ladder]) */
enum fq_status dp_view_who(struct fq_view *v) {
  const fq_json *what = dp_view_arg(v, 0);
  const char *ladder = fq_json_as_str(dp_view_arg(v, 1)), *id = dp_view_subject(v), *address = NULL;
  char org[FQ_ID_MAX] = "", of[256] = "";
  struct dp_incident i;
  struct fq_unit u;
  if (dp_incident_load(v->db, id, &i)) {
    dp_text(org, sizeof org, i.org);
    fq_stmt *q = fq_sql(v->db, "SELECT address FROM incident WHERE n = ?1", "i", i.n);
    if (fq_row(q)) {
      dp_text(of, sizeof of, fq_col_str(q, 0));
      fq_done(q);
    }
    address = of;
  } else if (id) {
    address = id;
    dp_address_unit(v->db, id, org);
    if (fq_org_unit(v->db, id, &u)) dp_text(org, sizeof org, id);
  } else if (what && fq_json_type(what) == FQ_JSON_OBJECT) {
    fq_org_grid_at(v->db, fq_json_num(what, "lon", NAN), fq_json_num(what, "lat", NAN), org);
  }
  if (!*org) return FQ_OK;
  v->answer = who_answers(v->db, ladder, org, address, v->now_ms);
  if (v->answer) return FQ_OK;
  return fq_fail(v->error, FQ_E_PARAMS, "view.args", "ladder", "没有阶梯 %s", "there is no ladder %s",
                 ladder);
}
