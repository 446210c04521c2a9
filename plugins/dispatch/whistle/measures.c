/*
 * measures.c - what the departments agree on: the minutes, one concrete measure each, which is a task of the
 * incident, and the follow-up. A measure has no state of its own: it is as far as its task is. Kernel thread.
 */
#include <stdio.h>
#include <string.h>

#include "whistle/whistle.h"

static enum fq_status begin(struct fq_call *c, enum dp_whistle_verb v, struct dp_whistle *w,
                            struct dp_incident *i, enum dp_whistle_state *next) {
  enum fq_status s = dp_whistle_need(c, w, i);
  if (s == FQ_OK) s = dp_rev_check(c, w->rev);
  return s == FQ_OK ? dp_whistle_step(c, w, v, next) : s;
}

static enum fq_status nobody_here(struct fq_call *c, const struct dp_whistle *w) {
  struct dp_whistle_tally t;
  dp_whistle_count(c->db, w, &t);
  if (t.present) return FQ_OK;
  return fq_fail(c->error, FQ_E_CONFLICT, "whistle.nobody_here", "params.id", "还没有部门报到,无从会商",
                 "no department has checked in yet: there is nobody to consult");
}

enum fq_status dp_whistle_minutes(struct fq_call *c) {
  struct dp_whistle w;
  struct dp_incident i;
  enum dp_whistle_state next;
  enum fq_status s = begin(c, DP_WV_MINUTES, &w, &i, &next);
  if (s == FQ_OK) s = nobody_here(c, &w);
  if (s != FQ_OK) return s;
  fq_json *data = fq_json_object();
  int64_t version = 1 + fq_int(c->db, 0, "SELECT minutes FROM whistle WHERE n = ?1", "i", w.n);
  fq_json_set_int(data, "version", version);
  dp_set_opt(data, "text", c->params, "text");
  dp_set_opt(data, "attachments", c->params, "attachments");
  if ((s = dp_whistle_emit(c, &w, &i, "whistle.minuted", next, data, NULL)) != FQ_OK) return s;
  fq_json_set_int(c->result, "version", version);
  return dp_whistle_answer(c, &w);
}

/* ---- measures ------------------------------------------------------------------------------------ */

enum fq_status dp_target_measure(struct fq_call *c, struct fq_target *t) {
  const struct fq_actor *a = c->actor;
  const char *unit = fq_json_str(c->params, "unit");
  bool own = (a->roles & FQ_ROLE_DEPARTMENT) && a->org && unit && !strcmp(a->org, unit);
  if (!own) return dp_target_whistle(c, t);
  struct dp_whistle w;
  struct dp_incident i;
  char name[96], state[16];
  enum fq_status s = dp_whistle_need(c, &w, &i);
  if (s != FQ_OK) return s;
  t->own = dp_whistle_unit(c->db, w.n, unit, name, state);
  dp_text(t->org, sizeof t->org, i.org);
  return t->own ? FQ_OK : dp_target_whistle(c, t);
}

/* The task it becomes: the one the unit has open on this incident already, else one sent now. */
static enum fq_status task_of(struct fq_call *c, const struct dp_incident *i, const char *unit,
                              char task[FQ_ID_MAX], bool *sent) {
  int64_t n =
      fq_int(c->db, 0, "SELECT n FROM task WHERE incident = ?1 AND to_unit = ?2 AND ended_ms IS NULL LIMIT 1",
             "is", i->n, unit);
  *sent = !n;
  if (n) {
    dp_id_make(task, 't', n);
    return FQ_OK;
  }
  fq_json *params = fq_json_object(), *to = fq_json_array(), *one = fq_json_object(), *result = NULL;
  fq_json_set_str(params, "id", i->id);
  fq_json_set_str(one, "unit", unit);
  fq_json_push(to, one);
  fq_json_set(params, "to", to);
  dp_set_opt(params, "note", c->params, "text");
  enum fq_status s = fq_call_method(c, "incident.dispatch", params, &result);
  if (s == FQ_OK) dp_text(task, FQ_ID_MAX, fq_json_as_str(fq_json_first(fq_json_get(result, "tasks"))));
  fq_json_free(result);
  return s;
}

enum fq_status dp_whistle_measure(struct fq_call *c) {
  struct dp_whistle w;
  struct dp_incident i;
  char name[96], state[16], task[FQ_ID_MAX];
  const char *unit = fq_json_str(c->params, "unit"), *due = fq_json_str(c->params, "due");
  enum dp_whistle_state next;
  bool sent;
  enum fq_status s = begin(c, DP_WV_MEASURE, &w, &i, &next);
  if (s == FQ_OK) s = dp_whistle_unit_need(c, &w, unit, name, state);
  if (s == FQ_OK) s = nobody_here(c, &w);
  if (s != FQ_OK) return s;
  if (due && fq_time_parse(due) <= c->now_ms)
    return fq_fail(c->error, FQ_E_PARAMS, "whistle.due", "params.due", "完成时限 %s 已过",
                   "the time set, %s, is over already", due);
  if ((s = task_of(c, &i, unit, task, &sent)) != FQ_OK) return s;
  /* The dispatch has moved the incident on. */
  struct dp_incident moved;
  if (sent && dp_incident_load(c->db, i.id, &moved)) i = moved;

  int64_t version = 1 + fq_int(c->db, 0, "SELECT version FROM whistle_unit WHERE whistle = ?1 AND unit = ?2",
                               "is", w.n, unit);
  struct dp_whistle_tally t;
  dp_whistle_count(c->db, &w, &t);
  bool without = version == 1 && strcmp(state, "excused") != 0;
  if (t.without == without) next = dp_whistle_next(DP_WV_AGREE, next);
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "unit", unit);
  fq_json_set_str(data, "name", name);
  fq_json_set_str(data, "text", fq_json_str(c->params, "text"));
  fq_json_set_str(data, "task", task);
  fq_json_set_int(data, "version", version);
  if (due) fq_json_set_time(data, "due_at", fq_time_parse(due));
  if ((s = dp_whistle_emit(c, &w, &i, "whistle.measure_agreed", next, data, NULL)) != FQ_OK) return s;
  fq_json_set_str(c->result, "task", task);
  return dp_whistle_answer(c, &w);
}

/* Timer: the time set for a measure is over. A finished task has nothing to answer for. */
enum fq_status dp_whistle_measure_lapse(struct fq_call *c) {
  struct dp_whistle w;
  struct dp_incident i;
  char name[96], state[16];
  const char *unit = fq_json_str(c->params, "unit");
  enum fq_status s = dp_whistle_need(c, &w, &i);
  if (s != FQ_OK || !dp_whistle_unit(c->db, w.n, unit, name, state)) return s;
  int64_t open = fq_int(c->db, 0,
                        "SELECT u.task FROM whistle_unit u JOIN task t ON t.n = u.task WHERE u.whistle = ?1"
                        " AND u.unit = ?2 AND t.state != 'finished'",
                        "is", w.n, unit);
  if (!open) return FQ_OK;
  char task[FQ_ID_MAX];
  dp_id_make(task, 't', open);
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "unit", unit);
  fq_json_set_str(data, "name", name);
  fq_json_set_str(data, "task", task);
  fq_json_set_int(data, "late_ms", fq_json_int(c->params, "late_ms", 0));
  return dp_whistle_emit(c, &w, &i, "whistle.measure_overdue", w.state, data, NULL);
}

/* ---- the follow-up ------------------------------------------------------------------------------- */

enum fq_status dp_whistle_follow_up(struct fq_call *c) {
  struct dp_whistle w;
  struct dp_incident i;
  enum dp_whistle_state next;
  bool ok = fq_json_bool(c->params, "ok", false);
  enum fq_status s = begin(c, ok ? DP_WV_FOLLOW_UP : DP_WV_FOLLOW_FAIL, &w, &i, &next);
  if (s != FQ_OK) return s;
  char zh[200], en[200], text_zh[320], text_en[320];
  dp_whistle_names(c->db, w.n,
                   "SELECT u.name FROM whistle_unit u JOIN task t ON t.n = u.task WHERE u.whistle = ?1"
                   " AND u.measure IS NOT NULL AND t.state != 'finished' ORDER BY u.unit",
                   zh, en);
  if (ok && *zh) {
    snprintf(text_zh, sizeof text_zh, "%s的措施尚未完成,不能回访通过", zh);
    snprintf(text_en, sizeof text_en, "the measure of %s is not done: the follow-up cannot say it is", en);
    return fq_fail(c->error, FQ_E_CONFLICT, "whistle.measure_open", "params.ok", "%s%.0s", "%.0s%s", text_zh,
                   text_en);
  }
  fq_json *data = fq_json_object();
  dp_set_opt(data, "text", c->params, "text");
  fq_json_set_bool(data, "ok", ok);
  dp_set_opt(data, "attachments", c->params, "attachments");
  if ((s = dp_whistle_emit(c, &w, &i, "whistle.followed_up", next, data, NULL)) != FQ_OK) return s;
  return dp_whistle_answer(c, &w);
}
