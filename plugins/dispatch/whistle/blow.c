/*
 * blow.c - whistle.blow: a township calls departments to the place of an incident within a time; and how it
 * ends: closed after its follow-up, or withdrawn. Kernel thread.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "whistle/whistle.h"

static bool in_the_field(const struct fq_actor *a) {
  return !a->system && !(a->roles & (FQ_ROLE_DESK | FQ_ROLE_POLICY));
}

enum fq_status dp_target_blow(struct fq_call *c, struct fq_target *t) {
  return dp_target_incident(c, "incident", in_the_field(c->actor), t);
}

/* The county says whether its grid officers may blow; then only for what they reported or were sent to. */
static enum fq_status may_blow(struct fq_call *c) {
  const struct dp_self *self = c->self;
  if (!in_the_field(c->actor) || self->officer_whistle) return FQ_OK;
  return fq_fail(c->error, FQ_E_FORBIDDEN, "whistle.officer", "", "本县未授权网格员吹哨,请报镇(办)中心吹哨",
                 "in this county officers do not blow the whistle: ask the township to");
}

/* Every unit of the tree that is no rung of the ladder can be called: a department, a station, a team. */
static enum fq_status callable(struct fq_call *c, int64_t incident, const char *unit, size_t at,
                               struct fq_unit *u) {
  char path[FQ_ID_MAX];
  snprintf(path, sizeof path, "params.units[%zu]", at);
  if (!fq_org_unit(c->db, unit, u) || dp_level_of(u->kind) >= 0)
    return fq_fail(c->error, FQ_E_PARAMS, "whistle.not_department", path, "%s 不是部门,不能叫来报到",
                   "%s is no department: it cannot be called", unit);
  char of[FQ_ID_MAX];
  int64_t n = fq_int(c->db, 0,
                     "SELECT w.n FROM whistle w JOIN whistle_unit u ON u.whistle = w.n WHERE w.incident = ?1"
                     " AND w.ended_ms IS NULL AND u.unit = ?2",
                     "is", incident, unit);
  if (!n) return FQ_OK;
  dp_id_make(of, 'w', n);
  return fq_fail(c->error, FQ_E_CONFLICT, "whistle.duplicate", path, "%s 已由哨单 %s 叫来",
                 "%s has been called already, by %s", u->name, of);
}

static enum fq_status units_of(struct fq_call *c, int64_t incident, fq_json *units) {
  size_t at = 0;
  fq_json_each(m, fq_json_get(c->params, "units")) {
    struct fq_unit u;
    const char *unit = fq_json_as_str(m);
    enum fq_status s = callable(c, incident, unit, at, &u);
    if (s != FQ_OK) return s;
    fq_json_each(known, units) {
      if (strcmp(fq_json_str(known, "unit"), unit)) continue;
      char path[FQ_ID_MAX];
      snprintf(path, sizeof path, "params.units[%zu]", at);
      return fq_fail(c->error, FQ_E_PARAMS, "whistle.twice", path, "%s 写了两次", "%s is named twice", unit);
    }
    fq_json *one = fq_json_object();
    fq_json_set_str(one, "unit", unit);
    fq_json_set_str(one, "name", *u.name ? u.name : unit);
    fq_json_push(units, one);
    at++;
  }
  return FQ_OK;
}

/* Where to come to: as given, else where it is, else the middle of its grid. */
static fq_json *place_of(struct fq_call *c, const struct dp_incident *i) {
  const fq_json *given = fq_json_get(c->params, "place");
  struct fq_unit u;
  if (given) return dp_place_json(fq_json_num(given, "lon", NAN), fq_json_num(given, "lat", NAN), -1);
  fq_json *place = dp_place_json(i->lon, i->lat, -1);
  return place || !fq_org_unit(c->db, i->org, &u) ? place : dp_place_json(u.lon, u.lat, -1);
}

static const double remind_at[] = {0.5, 0.8};

enum fq_status dp_whistle_blow(struct fq_call *c) {
  struct dp_incident i;
  enum dp_state same;
  enum fq_status s = may_blow(c);
  if (s == FQ_OK) s = dp_incident_need(c, "incident", &i);
  if (s == FQ_OK) s = dp_step(c, &i, DP_V_WHISTLE, &same);
  if (s != FQ_OK) return s;
  fq_json *units = fq_json_array();
  if ((s = units_of(c, i.n, units)) != FQ_OK) {
    fq_json_free(units);
    return s;
  }
  struct dp_whistle w = {.n = fq_next_seq(c)};
  dp_id_make(w.id, 'w', w.n);
  dp_text(w.by, sizeof w.by, c->actor->name);
  w.due_ms = c->now_ms + fq_json_int(c->params, "within_ms", 0);

  fq_json *data = fq_json_object(), *remind = fq_json_array();
  /* dp_whistle_emit() asks the table for the departments, which apply has not filled yet. */
  char *also = NULL;
  fq_json_each(u, units) also = dp_whistle_heard_by(c->db, also, fq_json_str(u, "unit"));
  fq_json_set(data, "units", units);
  fq_json *place = place_of(c, &i);
  if (place) fq_json_set(data, "place", place);
  fq_json_set_int(data, "radius_m", fq_json_int(c->params, "radius_m", 300));
  fq_json_set_int(data, "within_ms", fq_json_int(c->params, "within_ms", 0));
  fq_json_set_time(data, "due_at", w.due_ms);
  for (size_t k = 0; k < sizeof remind_at / sizeof *remind_at; k++)
    fq_json_push(remind, fq_json_new_num(remind_at[k]));
  fq_json_set(data, "remind", remind);
  fq_json_set_str(data, "reason", fq_json_str(c->params, "reason"));
  dp_set_opt(data, "kind", c->params, "kind");
  if (c->actor->org && *c->actor->org) fq_json_set_str(data, "by_org", c->actor->org);
  /* Enough for a desk to show and ring at once, before it has asked for anything. */
  fq_json_set_int(data, "number", i.number);
  fq_json_set_str(data, "category", i.category);
  fq_json_set_int(data, "level", i.level);
  fq_json_set_str(data, "incident_title", i.title);
  s = dp_whistle_emit(c, &w, &i, "whistle.blown", DP_W_BLOWN, data, also);
  free(also);
  if (s != FQ_OK) return s;
  fq_json_set_time(c->result, "due_at", w.due_ms);
  return dp_whistle_answer(c, &w);
}

/* ---- the end ------------------------------------------------------------------------------------- */

enum fq_status dp_whistle_close(struct fq_call *c) {
  struct dp_whistle w;
  struct dp_incident i;
  enum dp_whistle_state next;
  char zh[200], en[200], text_zh[320], text_en[320];
  enum fq_status s = dp_whistle_need(c, &w, &i);
  if (s != FQ_OK) return s;
  dp_whistle_names(
      c->db, w.n,
      "SELECT name FROM whistle_unit WHERE whistle = ?1 AND measure IS NULL AND state != 'excused'"
      " ORDER BY unit",
      zh, en);
  /* One that is over needs no measure any more; of an open one, the missing measure is the reason to name. */
  if (*zh && dp_whistle_next(DP_WV_WITHDRAW, w.state) != DP_W_NO) {
    snprintf(text_zh, sizeof text_zh, "%s还没有措施:先定措施,或说明理由免除", zh);
    snprintf(text_en, sizeof text_en, "no measure yet from %s: agree on one, or excuse it with a reason", en);
    return fq_fail(c->error, FQ_E_CONFLICT, "whistle.no_measure", "params.id", "%s%.0s", "%.0s%s", text_zh,
                   text_en);
  }
  if ((s = dp_whistle_step(c, &w, DP_WV_CLOSE, &next)) != FQ_OK) return s;
  fq_json *data = fq_json_object();
  dp_set_opt(data, "note", c->params, "note");
  if ((s = dp_whistle_emit(c, &w, &i, "whistle.closed", next, data, NULL)) != FQ_OK) return s;
  return dp_whistle_answer(c, &w);
}

static enum fq_status withdraw(struct fq_call *c, struct dp_whistle *w, const struct dp_incident *i,
                               const char *reason) {
  enum dp_whistle_state next;
  enum fq_status s = dp_whistle_step(c, w, DP_WV_WITHDRAW, &next);
  if (s != FQ_OK) return s;
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "reason", reason);
  return dp_whistle_emit(c, w, i, "whistle.withdrawn", next, data, NULL);
}

enum fq_status dp_whistle_withdraw(struct fq_call *c) {
  struct dp_whistle w;
  struct dp_incident i;
  enum fq_status s = dp_whistle_need(c, &w, &i);
  if (s == FQ_OK) s = withdraw(c, &w, &i, fq_json_str(c->params, "reason"));
  return s == FQ_OK ? dp_whistle_answer(c, &w) : s;
}

/* Reaction: a report that was none calls nobody any more. */
enum fq_status dp_whistle_voided(struct fq_call *c, const struct fq_entry *e) {
  struct dp_incident i;
  if (!dp_incident_load(c->db, e->subject, &i)) return FQ_OK;
  for (;;) {
    struct dp_whistle w;
    char id[FQ_ID_MAX];
    dp_id_make(
        id, 'w',
        fq_int(c->db, 0, "SELECT n FROM whistle WHERE incident = ?1 AND ended_ms IS NULL LIMIT 1", "i", i.n));
    if (!dp_whistle_load(c->db, id, &w)) return FQ_OK;
    enum fq_status s = withdraw(c, &w, &i, "事件已作废");
    if (s != FQ_OK) return s;
  }
}
