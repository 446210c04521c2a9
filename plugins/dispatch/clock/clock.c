/*
 * clock.c - the clocks of an incident: a limit between two milestones. Policies start them by clock.start;
 * the milestones stop them in apply, so nothing is escalated after somebody answered. Here are what is done
 * by hand, the query, and apply. Kernel thread.
 */
#include <stdlib.h>
#include <string.h>

#include "clock/calendars.h"

enum fq_status dp_target_clock(struct fq_call *c, struct fq_target *t) {
  return dp_target_incident(c, "incident", false, t);
}

/* ---- commands ------------------------------------------------------------------------------------ */

/* Whose clock: as given, else the policy that asks, else whoever asks. */
void dp_clock_key_of(struct fq_call *c, struct dp_clock_key *key) {
  const char *given = fq_json_str(c->params, "policy"), *asks = given ? given : c->actor->name;
  dp_text(key->incident, FQ_ID_MAX, fq_json_str(c->params, "incident"));
  dp_text(key->policy, FQ_ID_MAX, strncmp(asks, "policy/", 7) ? asks : asks + 7);
  dp_text(key->name, FQ_ID_MAX, fq_json_str(c->params, "name"));
}

/* stop, pause, resume: one clock by name, by hand or by policy. */
static enum fq_status by_hand(struct fq_call *c, const char *kind, bool from_paused) {
  struct dp_incident i;
  struct dp_clock_key key;
  struct dp_clock k;
  enum fq_status s = dp_incident_need(c, "incident", &i);
  if (s != FQ_OK) return s;
  dp_clock_key_of(c, &key);
  if (!dp_clock_load(c->db, &key, &k))
    return fq_fail(c->error, FQ_E_NOT_FOUND, "clock.unknown", "params.name", "该事件没有时钟 %s/%s",
                   "this incident has no clock %s/%s", key.policy, key.name);
  if (from_paused && dp_next(DP_V_COMMENT, i.state) == DP_NO)
    return fq_fail(c->error, FQ_E_CONFLICT, "incident.state", "params.incident", "事件已并案,时钟随拆案恢复",
                   "the incident is merged: its clocks go on when it is split off");
  bool paused = dp_clock_is(&k, "paused");
  if (from_paused ? !paused : !dp_clock_runs(&k) && !(paused && !strcmp(kind, "clock.stopped")))
    return fq_fail(c->error, FQ_E_CONFLICT, "clock.state", "params.name", "时钟现为 %s", "the clock is %s",
                   k.state);
  return dp_emit(c, &i, kind, dp_clock_about(&k), NULL);
}

enum fq_status dp_clock_stop(struct fq_call *c) {
  return by_hand(c, "clock.stopped", false);
}
enum fq_status dp_clock_pause(struct fq_call *c) {
  return by_hand(c, "clock.paused", false);
}
enum fq_status dp_clock_resume(struct fq_call *c) {
  return by_hand(c, "clock.resumed", true);
}

/* ---- query --------------------------------------------------------------------------------------- */

enum fq_status dp_clock_list(struct fq_query *q) {
  struct dp_incident i;
  enum fq_status s = dp_incident_seen(q, "incident", &i);
  if (s != FQ_OK) return s;
  fq_json_set(q->result, "rows", dp_clocks_json(q->db, i.id));
  return FQ_OK;
}

/* ---- apply --------------------------------------------------------------------------------------- */

static void key_of(const struct fq_entry *e, struct dp_clock_key *key) {
  dp_text(key->incident, FQ_ID_MAX, e->subject);
  dp_text(key->policy, FQ_ID_MAX, fq_json_str(e->data, "policy"));
  dp_text(key->name, FQ_ID_MAX, fq_json_str(e->data, "clock"));
}

static bool of_entry(struct fq_apply *a, const struct fq_entry *e, struct dp_clock *k) {
  struct dp_clock_key key;
  key_of(e, &key);
  return dp_clock_load(a->db, &key, k);
}

static void insert(struct fq_apply *a, const struct fq_entry *e, const struct dp_clock *k) {
  const fq_json *d = e->data;
  const char *stopped = fq_json_str(d, "stopped_at");
  int64_t n = dp_id_n(e->subject, 'i');
  fq_exec(a->db,
          "INSERT INTO clock(incident, policy, name, to_milestone, state, from_ms, due_ms, limit_ms, warn, "
          "warned,"
          " stopped_ms, title, grace_ms, pauses)"
          " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, nullif(?10, 0), ?11, ?12, ?13)",
          "issisiiisisii", n, k->key.policy, k->key.name, (int64_t)dp_milestone_of(fq_json_str(d, "to")),
          k->state, k->from_ms, k->due_ms, k->limit_ms, *k->warn ? k->warn : NULL,
          stopped ? fq_time_parse(stopped) : (int64_t)0, fq_json_str(d, "title"), k->grace_ms,
          (int64_t)k->pauses);
  if (*k->calendar || k->unit != DP_U_TIME)
    fq_exec(a->db,
            "UPDATE clock SET calendar = ?4, unit = ?5, days = nullif(?6, 0), from_now = ?7, reckoned ="
            " nullif(?8, 0) WHERE incident = ?1 AND policy = ?2 AND name = ?3",
            "issssiii", n, k->key.policy, k->key.name, *k->calendar ? k->calendar : NULL,
            dp_unit_name((enum dp_unit)k->unit), k->days, (int64_t)k->from_now, k->reckoned);
}

static void to_state(struct fq_apply *a, struct dp_clock *k, const char *state) {
  dp_text(k->state, sizeof k->state, state);
  dp_clock_save(a, k);
}

/* What it has left at this moment, never 0: one that is overdue has used up some of its grace. */
static int64_t left_at(struct fq_apply *a, const struct dp_clock *k, int64_t at_ms, bool overdue) {
  int64_t left_ms = dp_clock_between(a->self, a->db, k, at_ms, k->due_ms);
  if (overdue) return left_ms < 0 ? left_ms : -1;
  return left_ms > 0 ? left_ms : 1;
}

enum fq_status dp_apply_clock_started(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data, *warn = fq_json_get(d, "warn");
  const char *calendar = fq_json_str(d, "calendar"), *from = fq_json_str(d, "count_from");
  struct dp_clock k = {.from_ms = fq_time_parse(fq_json_str(d, "from_at")),
                       .due_ms = fq_time_parse(fq_json_str(d, "due_at")),
                       .limit_ms = fq_json_int(d, "limit_ms", 0),
                       .grace_ms = fq_json_int(d, "grace_ms", 0),
                       .pauses = dp_clock_pauses(fq_json_get(d, "pauses")),
                       .unit = dp_unit_of(fq_json_str(d, "days")),
                       .days = fq_json_int(d, "limit_days", 0),
                       .from_now = from && !strcmp(from, "now")};
  key_of(e, &k.key);
  dp_text(k.state, sizeof k.state, fq_json_str(d, "state"));
  if (calendar && strcmp(calendar, "plain")) {
    dp_text(k.calendar, sizeof k.calendar, calendar);
    dp_calendar_current(a->self, a->db, calendar, &k.reckoned);
  }
  char *points = warn && fq_json_size(warn) ? fq_json_print(warn) : NULL;
  dp_text(k.warn, sizeof k.warn, points);
  free(points);
  insert(a, e, &k);
  if (dp_clock_is(&k, "paused")) {
    k.remaining_ms = left_at(a, &k, e->at_ms, false);
    dp_clock_save(a, &k);
  }
  if (dp_clock_runs(&k) && !fq_json_str(d, "stopped_at")) dp_clock_arm(a, &k, e->at_ms);
  return FQ_OK;
}

enum fq_status dp_apply_clock_warned(struct fq_apply *a, const struct fq_entry *e) {
  struct dp_clock k;
  if (!of_entry(a, e, &k)) return FQ_OK;
  k.warned = fq_json_num(e->data, "share", 0);
  to_state(a, &k, "due_soon");
  dp_clock_arm(a, &k, e->at_ms);
  return FQ_OK;
}

/* Not before the limit itself: then there is nothing left to remind of. */
enum fq_status dp_apply_clock_deferred(struct fq_apply *a, const struct fq_entry *e) {
  struct dp_clock k;
  if (!of_entry(a, e, &k)) return FQ_OK;
  int64_t until_ms = fq_time_parse(fq_json_str(e->data, "until"));
  double share = fq_json_num(e->data, "share", 0);
  if (until_ms < k.due_ms) {
    dp_clock_warn_at(a, &k, share, until_ms);
    return FQ_OK;
  }
  k.warned = share;
  dp_clock_save(a, &k);
  dp_clock_arm(a, &k, e->at_ms);
  return FQ_OK;
}

enum fq_status dp_apply_clock_overdue(struct fq_apply *a, const struct fq_entry *e) {
  struct dp_clock k;
  if (!of_entry(a, e, &k) || k.stopped_ms) return FQ_OK;
  to_state(a, &k, "overdue");
  dp_clock_arm(a, &k, e->at_ms);
  return FQ_OK;
}

enum fq_status dp_apply_clock_breached(struct fq_apply *a, const struct fq_entry *e) {
  struct dp_clock k;
  if (!of_entry(a, e, &k)) return FQ_OK;
  if (!k.stopped_ms) to_state(a, &k, "breached");
  dp_clock_disarm(a, &k.key);
  return FQ_OK;
}

enum fq_status dp_apply_clock_stopped(struct fq_apply *a, const struct fq_entry *e) {
  struct dp_clock k;
  if (!of_entry(a, e, &k)) return FQ_OK;
  k.stopped_ms = e->at_ms;
  to_state(a, &k, "stopped");
  dp_clock_disarm(a, &k.key);
  return FQ_OK;
}

/* Another due time: a clock that was overdue is so no longer when it lies ahead. */
enum fq_status dp_apply_clock_moved(struct fq_apply *a, const struct fq_entry *e) {
  struct dp_clock k;
  if (!of_entry(a, e, &k)) return FQ_OK;
  k.due_ms = fq_time_parse(fq_json_str(e->data, "due_at"));
  if (*k.calendar) dp_calendar_current(a->self, a->db, k.calendar, &k.reckoned);
  if (!dp_clock_runs(&k)) {
    dp_clock_save(a, &k);
    return FQ_OK;
  }
  bool ahead = k.due_ms > e->at_ms;
  to_state(a, &k, dp_clock_is(&k, "overdue") && ahead ? (k.warned > 0 ? "due_soon" : "running") : k.state);
  dp_clock_arm(a, &k, e->at_ms);
  return FQ_OK;
}

enum fq_status dp_apply_clock_paused(struct fq_apply *a, const struct fq_entry *e) {
  dp_clocks_pause(a, e->subject, fq_json_str(e->data, "policy"), fq_json_str(e->data, "clock"), e->at_ms);
  return FQ_OK;
}

enum fq_status dp_apply_clock_resumed(struct fq_apply *a, const struct fq_entry *e) {
  dp_clocks_resume(a, e->subject, fq_json_str(e->data, "policy"), fq_json_str(e->data, "clock"), e->at_ms);
  return FQ_OK;
}

void dp_clocks_reach(struct fq_apply *a, const char *incident, enum dp_milestone m, int64_t at_ms) {
  struct dp_clock k[DP_CLOCKS_MOST];
  size_t n = dp_clock_collect(a->db, incident, DP_CLOCKS_OPEN, m, k);
  for (size_t x = 0; x < n; x++) {
    /* A paused clock is late when it was so before the pause. */
    bool late = dp_clock_is(&k[x], "paused") ? k[x].remaining_ms < 0 : at_ms > k[x].due_ms;
    late |= dp_clock_is(&k[x], "breached") || dp_clock_is(&k[x], "overdue");
    k[x].stopped_ms = at_ms;
    to_state(a, &k[x], late ? "met_late" : "met");
    dp_clock_disarm(a, &k[x].key);
  }
}

static bool named(const struct dp_clock *k, const char *policy, const char *name) {
  return !name || (!strcmp(k->key.policy, policy) && !strcmp(k->key.name, name));
}

static enum dp_state state_of(fq_db *db, const char *incident) {
  enum dp_state state = DP_NO;
  fq_stmt *q = fq_sql(db, "SELECT state FROM incident WHERE n = ?1", "i", dp_id_n(incident, 'i'));
  if (!fq_row(q)) return state;
  state = dp_state_of(fq_col_str(q, 0));
  fq_done(q);
  return state;
}

/* A pause keeps what is left; a breached clock has nothing left and stays as it is. */
void dp_clocks_pause(struct fq_apply *a, const char *incident, const char *policy, const char *name,
                     int64_t at_ms) {
  struct dp_clock k[DP_CLOCKS_MOST];
  size_t n = dp_clock_collect(a->db, incident, DP_CLOCKS_OPEN, DP_MILESTONE_COUNT, k);
  enum dp_state state = name || !n ? DP_NO : state_of(a->db, incident);
  for (size_t x = 0; x < n; x++) {
    if (!dp_clock_runs(&k[x]) || !named(&k[x], policy, name) || !dp_clock_rests(&k[x], state)) continue;
    k[x].remaining_ms = left_at(a, &k[x], at_ms, dp_clock_is(&k[x], "overdue"));
    k[x].by_hand = name != NULL;
    to_state(a, &k[x], "paused");
    dp_clock_disarm(a, &k[x].key);
  }
}

static void go_on(struct fq_apply *a, struct dp_clock *k, int64_t at_ms) {
  bool overdue = k->remaining_ms < 0;
  k->due_ms = dp_clock_add(a->self, a->db, k, at_ms, k->remaining_ms);
  k->remaining_ms = k->stopped_ms = 0;
  k->by_hand = false;
  if (*k->calendar) dp_calendar_current(a->self, a->db, k->calendar, &k->reckoned);
  to_state(a, k, overdue ? "overdue" : k->warned > 0 ? "due_soon" : "running");
  dp_clock_arm(a, k, at_ms);
}

/* The incident goes on, and with it what stood still because of it; what was paused by hand waits for a hand.
 */
void dp_clocks_resume(struct fq_apply *a, const char *incident, const char *policy, const char *name,
                      int64_t at_ms) {
  struct dp_clock k[DP_CLOCKS_MOST];
  size_t n = dp_clock_collect(a->db, incident, DP_CLOCKS_PAUSED, DP_MILESTONE_COUNT, k);
  for (size_t x = 0; x < n; x++)
    if (named(&k[x], policy, name) && (name || !k[x].by_hand)) go_on(a, &k[x], at_ms);
}

/* What was answered turned out not to be: the clocks to that milestone go on with the time they had left.
 * The time the verifier took is not charged. Those met late were judged already. */
void dp_clocks_reopen(struct fq_apply *a, const char *incident, enum dp_milestone m, int64_t at_ms) {
  struct dp_clock k[DP_CLOCKS_MOST];
  size_t n = dp_clock_collect(a->db, incident, DP_CLOCKS_ANSWERED, m, k);
  for (size_t x = 0; x < n; x++) {
    bool overdue = k[x].grace_ms && k[x].due_ms <= k[x].stopped_ms;
    k[x].remaining_ms = left_at(a, &k[x], k[x].stopped_ms, overdue && dp_clock_is(&k[x], "dropped"));
    go_on(a, &k[x], at_ms);
  }
}

/* The incident is void: nothing is owed any more (until it is reopened). */
void dp_clocks_drop(struct fq_apply *a, const char *incident, int64_t at_ms) {
  struct dp_clock k[DP_CLOCKS_MOST];
  size_t n = dp_clock_collect(a->db, incident, DP_CLOCKS_OPEN, DP_MILESTONE_COUNT, k);
  for (size_t x = 0; x < n; x++) {
    bool breached = dp_clock_is(&k[x], "breached");
    /* Paused: the stop is put where its remaining time is kept. */
    if (k[x].remaining_ms) k[x].due_ms = dp_clock_add(a->self, a->db, &k[x], at_ms, k[x].remaining_ms);
    k[x].remaining_ms = 0;
    k[x].by_hand = false;
    k[x].stopped_ms = at_ms;
    to_state(a, &k[x], breached ? "met_late" : "dropped");
    dp_clock_disarm(a, &k[x].key);
  }
}
