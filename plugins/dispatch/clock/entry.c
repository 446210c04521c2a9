/*
 * entry.c - what is said of a clock, and the methods of its timer: due soon, overdue, breached. The clock may
 * have stopped or moved in the same tick: then there is nothing to say. Kernel thread.
 */
#include <string.h>

#include "clock/calendars.h"

fq_json *dp_clock_about(const struct dp_clock *k) {
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "incident", k->key.incident);
  fq_json_set_str(data, "clock", k->key.name);
  fq_json_set_str(data, "policy", k->key.policy);
  if (*k->title) fq_json_set_str(data, "title", k->title);
  return data;
}

/* With whom it lies: the unit that owns the incident, and whoever has it to do. */
static fq_json *charged(fq_db *db, const struct dp_incident *i) {
  static const char *const kinds[] = {"user", "unit", "team"};
  fq_json *j = fq_json_object(), *assignees = fq_json_array();
  fq_json_set_str(j, "org", i->owner_org);
  fq_json_set_str(j, "level", dp_level_name(i->owner_level));
  fq_stmt *q = fq_sql(db,
                      "SELECT to_user, to_unit, to_team, n, name, state FROM task WHERE incident = ?1 AND"
                      " ended_ms IS NULL ORDER BY n LIMIT 20",
                      "i", i->n);
  while (fq_row(q)) {
    char id[FQ_ID_MAX];
    fq_json *one = fq_json_object();
    for (int x = 0; x < 3; x++)
      if (!fq_col_null(q, x)) fq_json_set_str(one, kinds[x], fq_col_str(q, x));
    dp_id_make(id, 't', fq_col_int(q, 3));
    fq_json_set_str(one, "task", id);
    fq_json_set_str(one, "name", fq_col_str(q, 4));
    fq_json_set_str(one, "state", fq_col_str(q, 5));
    fq_json_push(assignees, one);
  }
  fq_json_set(j, "assignees", assignees);
  return j;
}

enum fq_status dp_clock_tell(struct fq_call *c, const struct dp_incident *i, const struct dp_clock *k,
                             const char *kind, int64_t late_ms) {
  fq_json *data = dp_clock_about(k);
  fq_json_set_time(data, "due_at", k->due_ms);
  if (k->grace_ms) fq_json_set_time(data, "breach_at", dp_clock_breach_ms(c->self, c->db, k));
  fq_json_set_int(data, "limit_ms", k->limit_ms);
  fq_json_set_int(data, "late_ms", late_ms);
  fq_json_set(data, "charged", charged(c->db, i));
  return dp_emit(c, i, kind, data, NULL);
}

static enum fq_status clock_move(struct fq_call *c, const struct dp_incident *i, const struct dp_clock *k,
                                 int64_t due_ms, const char *why) {
  fq_json *data = dp_clock_about(k);
  fq_json_set_time(data, "due_at", due_ms);
  fq_json_set_time(data, "was_due_at", k->due_ms);
  fq_json_set_str(data, "why", why);
  return dp_emit(c, i, "clock.moved", data, NULL);
}

static bool due(struct fq_call *c, struct dp_incident *i, struct dp_clock *k) {
  struct dp_clock_key key;
  dp_text(key.incident, FQ_ID_MAX, fq_json_str(c->params, "incident"));
  dp_text(key.policy, FQ_ID_MAX, fq_json_str(c->params, "policy"));
  dp_text(key.name, FQ_ID_MAX, fq_json_str(c->params, "name"));
  return dp_incident_load(c->db, key.incident, i) && dp_clock_load(c->db, &key, k) && dp_clock_runs(k);
}

/* The server was down until midnight, or the hours have changed: the reminder waits for the office to open.
 */
static enum fq_status defer(struct fq_call *c, const struct dp_incident *i, const struct dp_clock *k,
                            int64_t until_ms) {
  fq_json *data = dp_clock_about(k);
  fq_json_set_num(data, "share", fq_json_num(c->params, "share", 0));
  fq_json_set_time(data, "until", until_ms);
  return fq_emit(c,
                 (struct fq_draft){.kind = "clock.deferred", .subject = i->id, .org = i->org, .data = data});
}

enum fq_status dp_clock_warn(struct fq_call *c) {
  struct dp_incident i;
  struct dp_clock k;
  if (!due(c, &i, &k)) return FQ_OK;
  int64_t open_ms = dp_clock_opens(c->self, c->db, &k, c->now_ms);
  if (open_ms > c->now_ms && c->now_ms < k.due_ms) return defer(c, &i, &k, open_ms);
  fq_json *data = dp_clock_about(&k);
  fq_json_set_num(data, "share", fq_json_num(c->params, "share", 0));
  fq_json_set_time(data, "due_at", k.due_ms);
  fq_json_set_int(data, "late_ms", fq_json_int(c->params, "late_ms", 0));
  return dp_emit(c, &i, "clock.warned", data, NULL);
}

/* At the limit: overdue while a grace runs, breached at its end or at once. */
enum fq_status dp_clock_breach(struct fq_call *c) {
  struct dp_incident i;
  struct dp_clock k;
  if (!due(c, &i, &k) || c->now_ms < k.due_ms) return FQ_OK;
  bool last = !k.grace_ms || dp_clock_is(&k, "overdue");
  return dp_clock_tell(c, &i, &k, last ? "clock.breached" : "clock.overdue",
                       fq_json_int(c->params, "late_ms", 0));
}

/* A clock that nobody has paused or moved is reckoned anew from its start; any other keeps what it has left.
 */
static int64_t reckoned_anew(const struct dp_clock *k, const struct dp_calendar *was,
                             const struct dp_calendar *now, int64_t now_ms) {
  const struct dp_limit limit = {
      .unit = (enum dp_unit)k->unit, .ms = k->limit_ms, .days = k->days, .from_now = k->from_now};
  if (dp_limit_due(&limit, was, k->from_ms) == k->due_ms) return dp_limit_due(&limit, now, k->from_ms);
  if (k->unit == DP_U_NATURAL_DAYS) return k->due_ms;
  return dp_calendar_add(now, now_ms, dp_calendar_between(was, now_ms, k->due_ms));
}

enum fq_status dp_clock_recompute(struct fq_call *c, const struct dp_clock_key *key, int64_t *moved) {
  struct dp_incident i;
  struct dp_clock k;
  if (!dp_incident_load(c->db, key->incident, &i) || !dp_clock_load(c->db, key, &k) || !dp_clock_runs(&k))
    return FQ_OK; /* paused: it finds the new hours when it goes on */
  const struct dp_calendar *was = dp_calendar_version(c->self, c->db, k.reckoned),
                           *now = dp_calendar_current(c->self, c->db, k.calendar, NULL);
  if (!was || !now) return FQ_OK;
  int64_t due_ms = reckoned_anew(&k, was, now, c->now_ms);
  if (due_ms == DP_NEVER || due_ms == k.due_ms) return FQ_OK;
  ++*moved;
  return clock_move(c, &i, &k, due_ms, "calendar");
}
