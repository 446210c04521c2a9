/*
 * gather.c - departments come: whistle.check_in inside the geofence, confirm by hand, excuse; the reminders
 * before the limit and what is said of those absent at the limit. Kernel thread.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "whistle/whistle.h"

/* A phone that knows itself to be wrong by so much is believed so far; one that says it may be anywhere is
 * not. */
#define CREDIT_M 500.0

/* Which of the called departments the actor belongs to: its own unit, or one above it. */
static bool sits_at(struct fq_call *c, const struct dp_whistle *w, char unit[FQ_ID_MAX]) {
  const char *given = fq_json_str(c->params, "unit");
  bool found = false;
  fq_stmt *q = fq_sql(c->db, "SELECT unit FROM whistle_unit WHERE whistle = ?1 ORDER BY unit", "i", w->n);
  while (!found && fq_row(q)) {
    const char *one = fq_col_str(q, 0);
    if (given && strcmp(given, one)) continue;
    found = c->actor->system ? given != NULL : c->actor->org && fq_org_within(c->db, c->actor->org, one);
    if (!found) continue;
    dp_text(unit, FQ_ID_MAX, one);
    fq_done(q);
  }
  return found;
}

enum fq_status dp_target_check_in(struct fq_call *c, struct fq_target *t) {
  struct dp_whistle w;
  struct dp_incident i;
  char unit[FQ_ID_MAX];
  enum fq_status s = dp_whistle_need(c, &w, &i);
  if (s != FQ_OK) return s;
  dp_text(t->org, sizeof t->org, i.org);
  t->own = sits_at(c, &w, unit);
  if (t->own || c->actor->system) return FQ_OK;
  return fq_fail(c->error, FQ_E_FORBIDDEN, "whistle.foreign", "", "哨单 %s 没有叫您的单位",
                 "%s does not call your unit", w.id);
}

enum fq_status dp_target_whistle(struct fq_call *c, struct fq_target *t) {
  struct dp_whistle w;
  struct dp_incident i;
  const struct fq_actor *a = c->actor;
  enum fq_status s = dp_whistle_need(c, &w, &i);
  if (s != FQ_OK) return s;
  dp_text(t->org, sizeof t->org, i.org);
  bool desk = a->roles & FQ_ROLE_DESK;
  t->own = !strcmp(w.by, a->name) || (desk && a->org && !strcmp(i.owner_org, a->org));
  if (t->own || a->system || (a->roles & (FQ_ROLE_DESK | FQ_ROLE_POLICY))) return FQ_OK;
  return fq_fail(c->error, FQ_E_FORBIDDEN, "whistle.foreign", "", "不是您吹的哨 %s", "%s is not your whistle",
                 w.id);
}

/* Inside, outside by how much, or (no place to come to) inside in any case. */
static enum fq_status fence(struct fq_call *c, const struct dp_whistle *w, fq_json *data) {
  const fq_json *place = fq_json_get(c->params, "place");
  if (!place || isnan(w->lon)) return FQ_OK;
  double acc = fq_json_num(place, "acc", 0);
  double away = fq_distance_m(w->lon, w->lat, fq_json_num(place, "lon", NAN), fq_json_num(place, "lat", NAN));
  fq_json_set_int(data, "distance_m", llround(away));
  if (away - (acc < CREDIT_M ? acc : CREDIT_M) <= (double)w->radius_m) return FQ_OK;
  return fq_fail(c->error, FQ_E_CONFLICT, "whistle.outside", "params.place",
                 "距报到地点 %.0f 米,应在 %lld 米以内;定位不准的,可由镇(办)确认",
                 "%.0f m from the place: check in within %lld m, or have the desk confirm it", away,
                 (long long)w->radius_m);
}

static enum fq_status come(struct fq_call *c, struct dp_whistle *w, const struct dp_incident *i,
                           const char *unit, bool by_hand) {
  char name[96], state[16];
  enum dp_whistle_state next;
  enum fq_status s = dp_whistle_unit_need(c, w, unit, name, state);
  if (s != FQ_OK) return s;
  if (!strcmp(state, "here") || !strcmp(state, "late")) {
    /* A phone on a bad line asks twice. */
    fq_json_set_bool(c->result, "dup", true);
    return dp_whistle_answer(c, w);
  }
  if ((s = dp_whistle_step(c, w, DP_WV_CHECK_IN, &next)) != FQ_OK) return s;
  fq_json *data = fq_json_object();
  if ((s = fence(c, w, data)) != FQ_OK) {
    fq_json_free(data);
    return s;
  }
  /* The last one that was missing: all are there. */
  struct dp_whistle_tally t;
  dp_whistle_count(c->db, w, &t);
  bool missing = strcmp(state, "excused") != 0;
  if (t.missing == missing && dp_whistle_next(DP_WV_GATHER, w->state) != DP_W_NO)
    next = dp_whistle_next(DP_WV_GATHER, w->state);
  bool late = c->now_ms > w->due_ms;
  fq_json_set_str(data, "unit", unit);
  fq_json_set_str(data, "name", name);
  fq_json_set_bool(data, "late", late);
  if (late) fq_json_set_int(data, "late_ms", c->now_ms - w->due_ms);
  fq_json_set_int(data, "took_ms", c->now_ms - w->blown_ms);
  static const char *const members[] = {"place", "note", "reason"};
  for (size_t k = 0; k < sizeof members / sizeof *members; k++)
    dp_set_opt(data, members[k], c->params, members[k]);
  if (by_hand) fq_json_set_bool(data, "by_hand", true);
  if ((s = dp_whistle_emit(c, w, i, "whistle.checked_in", next, data, NULL)) != FQ_OK) return s;
  fq_json_set_bool(c->result, "late", late);
  return dp_whistle_answer(c, w);
}

enum fq_status dp_whistle_check_in(struct fq_call *c) {
  struct dp_whistle w;
  struct dp_incident i;
  char unit[FQ_ID_MAX];
  enum fq_status s = dp_whistle_need(c, &w, &i);
  if (s == FQ_OK) s = dp_rev_check(c, w.rev);
  if (s != FQ_OK) return s;
  if (!sits_at(c, &w, unit))
    return fq_fail(c->error, FQ_E_PARAMS, "whistle.unit", "params.unit", "要写明哪个部门报到",
                   "say which department checks in");
  return come(c, &w, &i, unit, false);
}

/* A position is not always to be had, and the desk can see who stands before it. */
enum fq_status dp_whistle_confirm(struct fq_call *c) {
  struct dp_whistle w;
  struct dp_incident i;
  enum fq_status s = dp_whistle_need(c, &w, &i);
  if (s == FQ_OK) s = dp_rev_check(c, w.rev);
  return s == FQ_OK ? come(c, &w, &i, fq_json_str(c->params, "unit"), true) : s;
}

enum fq_status dp_whistle_excuse(struct fq_call *c) {
  struct dp_whistle w;
  struct dp_incident i;
  char name[96], state[16];
  const char *unit = fq_json_str(c->params, "unit");
  enum dp_whistle_state next;
  enum fq_status s = dp_whistle_need(c, &w, &i);
  if (s == FQ_OK) s = dp_rev_check(c, w.rev);
  if (s == FQ_OK) s = dp_whistle_unit_need(c, &w, unit, name, state);
  if (s == FQ_OK) s = dp_whistle_step(c, &w, DP_WV_EXCUSE, &next);
  if (s != FQ_OK) return s;
  if (fq_int(c->db, 0, "SELECT 1 FROM whistle_unit WHERE whistle = ?1 AND unit = ?2 AND measure IS NOT NULL",
             "is", w.n, unit))
    return fq_fail(c->error, FQ_E_CONFLICT, "whistle.has_measure", "params.unit",
                   "%s已有措施,不必免除;任务做不了的,请拒单或改定措施",
                   "%s has a measure already: decline its task, or agree on another", name);
  /* As if it were not called: the others may be all there, or all have their measure. */
  struct dp_whistle_tally t;
  dp_whistle_count(c->db, &w, &t);
  bool missing = !strcmp(state, "waiting") || !strcmp(state, "absent");
  bool without = strcmp(state, "excused") != 0;
  enum dp_whistle_state gathered = dp_whistle_next(DP_WV_GATHER, next),
                        agreed = dp_whistle_next(DP_WV_AGREE, next);
  if (t.missing == missing && gathered != DP_W_NO) next = gathered;
  if (t.without == without && t.measured && agreed != DP_W_NO) next = agreed;
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "unit", unit);
  fq_json_set_str(data, "name", name);
  dp_set_opt(data, "reason", c->params, "reason");
  if ((s = dp_whistle_emit(c, &w, &i, "whistle.excused", next, data, NULL)) != FQ_OK) return s;
  return dp_whistle_answer(c, &w);
}

/* ---- timers -------------------------------------------------------------------------------------- */

/* Half of the time is over, most of it is: those not there yet are told. */
enum fq_status dp_whistle_remind(struct fq_call *c) {
  struct dp_whistle w;
  struct dp_incident i;
  enum fq_status s = dp_whistle_need(c, &w, &i);
  if (s != FQ_OK || c->now_ms >= w.due_ms || dp_whistle_next(DP_WV_LAPSE, w.state) == DP_W_NO) return s;
  fq_json *names = fq_json_array(), *units = fq_json_array();
  fq_stmt *q = fq_sql(c->db,
                      "SELECT unit, name FROM whistle_unit WHERE whistle = ?1 AND state = 'waiting' ORDER BY "
                      "unit",
                      "i", w.n);
  while (fq_row(q)) {
    fq_json_push(units, fq_json_new_str(fq_col_str(q, 0)));
    fq_json_push(names, fq_json_new_str(fq_col_str(q, 1)));
  }
  if (!fq_json_size(units)) {
    fq_json_free(units);
    fq_json_free(names);
    return FQ_OK;
  }
  fq_json *data = fq_json_object();
  fq_json_set(data, "units", units);
  fq_json_set(data, "names", names);
  fq_json_set_num(data, "share", fq_json_num(c->params, "share", 0));
  fq_json_set_int(data, "remaining_ms", w.due_ms - c->now_ms);
  return dp_whistle_emit(c, &w, &i, "whistle.reminded", w.state, data, NULL);
}

/* The desk above a department is its superior; it hears that the department did not come. */
static void superior_of(fq_db *db, const char *unit, fq_json *data, char also[FQ_ID_MAX + 8]) {
  struct fq_unit u, above;
  also[0] = '\0';
  if (!fq_org_unit(db, unit, &u) || !fq_org_unit(db, u.parent, &above)) return;
  fq_json *superior = fq_json_object();
  fq_json_set_str(superior, "org", above.id);
  fq_json_set_str(superior, "name", above.name);
  fq_json_set(data, "superior", superior);
  snprintf(also, FQ_ID_MAX + 8, "unit/%s", above.id);
}

enum fq_status dp_whistle_lapse(struct fq_call *c) {
  struct dp_whistle w;
  struct dp_incident i;
  enum fq_status s = dp_whistle_need(c, &w, &i);
  enum dp_whistle_state next = s == FQ_OK ? dp_whistle_next(DP_WV_LAPSE, w.state) : DP_W_NO;
  if (s != FQ_OK || next == DP_W_NO) return s;
  for (;;) {
    /* One at a time: emitting changes the table that would be read. */
    char unit[FQ_ID_MAX], name[96], also[FQ_ID_MAX + 8];
    fq_stmt *q = fq_sql(c->db,
                        "SELECT unit, name FROM whistle_unit WHERE whistle = ?1 AND state = 'waiting'"
                        " ORDER BY unit LIMIT 1",
                        "i", w.n);
    if (!fq_row(q)) return FQ_OK;
    dp_text(unit, sizeof unit, fq_col_str(q, 0));
    dp_text(name, sizeof name, fq_col_str(q, 1));
    fq_done(q);
    fq_json *data = fq_json_object();
    fq_json_set_str(data, "unit", unit);
    fq_json_set_str(data, "name", name);
    fq_json_set_time(data, "due_at", w.due_ms);
    fq_json_set_int(data, "late_ms", fq_json_int(c->params, "late_ms", 0));
    superior_of(c->db, unit, data, also);
    if ((s = dp_whistle_emit(c, &w, &i, "whistle.absent", next, data, *also ? also : NULL)) != FQ_OK)
      return s;
  }
}
