/*
 * clock.c - the clocks of an incident: a limit between two milestones. Policies start them by clock.start;
 * the milestones stop them in apply, so nothing is escalated after somebody answered. A clock has one timer
 * at a time: its next warn point, then its breach. Two policies' clocks of one name are two clocks. Kernel
 * thread.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock/clock.h"

struct key {
  char incident[FQ_ID_MAX], policy[FQ_ID_MAX], name[FQ_ID_MAX];
};
struct clock {
  struct key key;
  int64_t due_ms, limit_ms, remaining_ms, stopped_ms;
  double warned;  /* the greatest share warned of so far */
  char warn[128]; /* the shares to warn at, as JSON */
  char state[16];
  char title[128]; /* what people call it; "" for none */
};

#define COLUMNS "policy, name, due_ms, limit_ms, remaining_ms, stopped_ms, warned, warn, state, title"

static void read_row(fq_stmt *q, const char *incident, struct clock *k) {
  dp_text(k->key.incident, FQ_ID_MAX, incident);
  dp_text(k->key.policy, FQ_ID_MAX, fq_col_str(q, 0));
  dp_text(k->key.name, FQ_ID_MAX, fq_col_str(q, 1));
  k->due_ms = fq_col_int(q, 2);
  k->limit_ms = fq_col_int(q, 3);
  k->remaining_ms = fq_col_int(q, 4);
  k->stopped_ms = fq_col_int(q, 5);
  k->warned = fq_col_num(q, 6);
  dp_text(k->warn, sizeof k->warn, fq_col_str(q, 7));
  dp_text(k->state, sizeof k->state, fq_col_str(q, 8));
  dp_text(k->title, sizeof k->title, fq_col_str(q, 9));
}

static bool load(fq_db *db, const char *incident, const char *policy, const char *name, struct clock *k) {
  fq_stmt *q = fq_sql(db, "SELECT " COLUMNS " FROM clock WHERE incident = ?1 AND policy = ?2 AND name = ?3",
                      "iss", dp_id_n(incident, 'i'), policy, name);
  if (!fq_row(q)) return false;
  read_row(q, incident, k);
  fq_done(q);
  return true;
}

static bool runs(const struct clock *k) {
  return !k->stopped_ms && (!strcmp(k->state, "running") || !strcmp(k->state, "due_soon"));
}

enum fq_status dp_target_clock(struct fq_call *c, struct fq_target *t) {
  return dp_target_incident(c, "incident", false, t);
}

/* ---- commands ------------------------------------------------------------------------------------ */

/* Whose clock: as given, else the policy that asks, else whoever asks. */
static void policy_of(struct fq_call *c, char out[FQ_ID_MAX]) {
  const char *given = fq_json_str(c->params, "policy"), *name = given ? given : c->actor->name;
  dp_text(out, FQ_ID_MAX, strncmp(name, "policy/", 7) ? name : name + 7);
}

/* The share left out or out of order is refused here; the words for policies refuse it earlier and better. */
static enum fq_status warn_points(struct fq_call *c) {
  double last = 0;
  fq_json_each(share, fq_json_get(c->params, "warn")) {
    double v = fq_json_as_num(share, 0);
    if (!(v > last) || v >= 1)
      return fq_fail(c->error, FQ_E_PARAMS, "clock.warn", "params.warn", "预警点须在 0 与 1 之间并递增",
                     "warn points rise between 0 and 1");
    last = v;
  }
  return FQ_OK;
}

static fq_json *about(const char *incident, const char *policy, const char *name, const char *title) {
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "incident", incident);
  fq_json_set_str(data, "clock", name);
  fq_json_set_str(data, "policy", policy);
  if (title && *title) fq_json_set_str(data, "title", title);
  return data;
}

static enum fq_status breach(struct fq_call *c, const struct dp_incident *i, const char *policy,
                             const char *name, const char *title, int64_t due_ms, int64_t limit_ms,
                             int64_t late_ms) {
  fq_json *data = about(i->id, policy, name, title);
  fq_json_set_time(data, "due_at", due_ms);
  fq_json_set_int(data, "limit_ms", limit_ms);
  fq_json_set_int(data, "late_ms", late_ms);
  return dp_emit(c, i, "clock.breached", data, NULL);
}

enum fq_status dp_clock_start(struct fq_call *c) {
  struct dp_incident i;
  struct clock old;
  enum fq_status s = dp_incident_need(c, "incident", &i);
  if (s == FQ_OK) s = warn_points(c);
  if (s != FQ_OK) return s;
  char policy[FQ_ID_MAX];
  policy_of(c, policy);
  const char *name = fq_json_str(c->params, "name");
  if (load(c->db, i.id, policy, name, &old)) {
    /* It was started once and keeps its due time: sending a second officer buys nobody time. */
    fq_json_set_str(c->result, "state", old.state);
    fq_json_set_bool(c->result, "dup", true);
    return FQ_OK;
  }
  int from = dp_milestone_of(fq_json_str(c->params, "from")),
      to = dp_milestone_of(fq_json_str(c->params, "to"));
  if (from < 0 || to < 0 || to <= from)
    return fq_fail(c->error, FQ_E_PARAMS, "clock.span", "params.to", "时钟须从较早的节点到较晚的节点",
                   "a clock runs from an earlier milestone to a later one");
  if (!i.at_ms[from])
    return fq_fail(c->error, FQ_E_CONFLICT, "clock.from", "params.from", "事件尚未到节点 %s",
                   "the incident has not reached %s yet", dp_milestone_name((enum dp_milestone)from));
  if (dp_next(DP_V_COMMENT, i.state) == DP_NO || i.state == DP_VOIDED)
    return fq_fail(c->error, FQ_E_CONFLICT, "incident.state", "params.incident", "事件已作废或并案,不再计时",
                   "a voided or merged incident has no clocks");

  int64_t limit_ms = fq_json_int(c->params, "limit_ms", 0), due_ms = i.at_ms[from] + limit_ms;
  /* Reached, itself or by a later milestone (a report already solved was never dispatched). */
  int64_t reached_ms = 0;
  for (int m = to; m < DP_MILESTONE_COUNT && !reached_ms; m++)
    reached_ms = i.at_ms[m];
  bool over = reached_ms ? reached_ms > due_ms : c->now_ms >= due_ms;

  const char *title = fq_json_str(c->params, "title");
  fq_json *data = about(i.id, policy, name, title);
  fq_json_set_str(data, "from", dp_milestone_name((enum dp_milestone)from));
  fq_json_set_str(data, "to", dp_milestone_name((enum dp_milestone)to));
  fq_json_set_time(data, "from_at", i.at_ms[from]);
  fq_json_set_time(data, "due_at", due_ms);
  fq_json_set_int(data, "limit_ms", limit_ms);
  dp_set_opt(data, "warn", c->params, "warn");
  fq_json_set_str(data, "calendar", "plain");
  const char *state = reached_ms ? (over ? "met_late" : "met") : over ? "breached" : "running";
  fq_json_set_str(data, "state", state);
  if (reached_ms) fq_json_set_time(data, "stopped_at", reached_ms);
  if ((s = dp_emit(c, &i, "clock.started", data, NULL)) != FQ_OK) return s;
  if (over && (s = breach(c, &i, policy, name, title, due_ms, limit_ms, 0)) != FQ_OK) return s;
  fq_json_set_str(c->result, "state", state);
  fq_json_set_time(c->result, "due_at", due_ms);
  return FQ_OK;
}

/* Timers' methods. The clock may have stopped or moved in the same tick: then there is nothing to say. */
static bool due(struct fq_call *c, struct dp_incident *i, struct clock *k) {
  return dp_incident_load(c->db, fq_json_str(c->params, "incident"), i) &&
         load(c->db, i->id, fq_json_str(c->params, "policy"), fq_json_str(c->params, "name"), k) && runs(k);
}

enum fq_status dp_clock_warn(struct fq_call *c) {
  struct dp_incident i;
  struct clock k;
  if (!due(c, &i, &k)) return FQ_OK;
  fq_json *data = about(i.id, k.key.policy, k.key.name, k.title);
  fq_json_set_num(data, "share", fq_json_num(c->params, "share", 0));
  fq_json_set_time(data, "due_at", k.due_ms);
  fq_json_set_int(data, "late_ms", fq_json_int(c->params, "late_ms", 0));
  return dp_emit(c, &i, "clock.warned", data, NULL);
}

enum fq_status dp_clock_breach(struct fq_call *c) {
  struct dp_incident i;
  struct clock k;
  if (!due(c, &i, &k) || c->now_ms < k.due_ms) return FQ_OK;
  return breach(c, &i, k.key.policy, k.key.name, k.title, k.due_ms, k.limit_ms,
                fq_json_int(c->params, "late_ms", 0));
}

/* stop, pause, resume: one clock by name, by hand or by policy. */
static enum fq_status by_hand(struct fq_call *c, const char *kind, bool from_paused) {
  struct dp_incident i;
  struct clock k;
  char policy[FQ_ID_MAX];
  enum fq_status s = dp_incident_need(c, "incident", &i);
  if (s != FQ_OK) return s;
  policy_of(c, policy);
  const char *name = fq_json_str(c->params, "name");
  if (!load(c->db, i.id, policy, name, &k))
    return fq_fail(c->error, FQ_E_NOT_FOUND, "clock.unknown", "params.name", "该事件没有时钟 %s/%s",
                   "this incident has no clock %s/%s", policy, name);
  bool paused = !strcmp(k.state, "paused");
  if (from_paused ? !paused : !runs(&k) && !(paused && !strcmp(kind, "clock.stopped")))
    return fq_fail(c->error, FQ_E_CONFLICT, "clock.state", "params.name", "时钟现为 %s", "the clock is %s",
                   k.state);
  return dp_emit(c, &i, kind, about(i.id, policy, name, k.title), NULL);
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

static void timer_id(char *out, size_t cap, const struct key *k) {
  snprintf(out, cap, "clock:%s:%s:%s", k->incident, k->policy, k->name);
}

static void disarm(struct fq_apply *a, const struct key *k) {
  char id[4 * FQ_ID_MAX];
  timer_id(id, sizeof id, k);
  fq_timer_clear(a, id);
}

/* The next thing this clock has to say: a warn point ahead of `at_ms` not warned of yet, else its breach. */
static void arm(struct fq_apply *a, const struct clock *k, int64_t at_ms) {
  char id[4 * FQ_ID_MAX];
  timer_id(id, sizeof id, &k->key);
  fq_json *params = fq_json_object(), *warn = *k->warn ? fq_json_parse(k->warn, strlen(k->warn), NULL) : NULL;
  fq_json_set_str(params, "incident", k->key.incident);
  fq_json_set_str(params, "policy", k->key.policy);
  fq_json_set_str(params, "name", k->key.name);
  const char *method = "clock.breach";
  int64_t when_ms = k->due_ms;
  if (warn) {
    fq_json_each(share, warn) {
      double v = fq_json_as_num(share, 1);
      int64_t point_ms = k->due_ms - llround((double)k->limit_ms * (1 - v));
      if (v <= k->warned || point_ms <= at_ms) continue;
      method = "clock.warn";
      when_ms = point_ms;
      fq_json_set_num(params, "share", v);
      break;
    }
  }
  fq_timer_set(a, id, when_ms, method, k->key.incident, params);
  fq_json_free(warn);
}

enum fq_status dp_apply_clock_started(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data, *warn = fq_json_get(d, "warn");
  const char *stopped = fq_json_str(d, "stopped_at"), *state = fq_json_str(d, "state");
  char *points = warn && fq_json_size(warn) ? fq_json_print(warn) : NULL;
  struct clock k = {.due_ms = fq_time_parse(fq_json_str(d, "due_at")),
                    .limit_ms = fq_json_int(d, "limit_ms", 0)};
  dp_text(k.key.incident, FQ_ID_MAX, e->subject);
  dp_text(k.key.policy, FQ_ID_MAX, fq_json_str(d, "policy"));
  dp_text(k.key.name, FQ_ID_MAX, fq_json_str(d, "clock"));
  dp_text(k.warn, sizeof k.warn, points);
  fq_exec(a->db,
          "INSERT INTO clock(incident, policy, name, to_milestone, state, from_ms, due_ms, limit_ms, warn, "
          "warned,"
          " stopped_ms, title) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, nullif(?10, 0), ?11)",
          "issisiiisis", dp_id_n(e->subject, 'i'), k.key.policy, k.key.name,
          (int64_t)dp_milestone_of(fq_json_str(d, "to")), state, fq_time_parse(fq_json_str(d, "from_at")),
          k.due_ms, k.limit_ms, points, stopped ? fq_time_parse(stopped) : (int64_t)0,
          fq_json_str(d, "title"));
  free(points);
  if (!strcmp(state, "running")) arm(a, &k, e->at_ms);
  return FQ_OK;
}

static void set_state(struct fq_apply *a, const struct clock *k, const char *state) {
  fq_exec(
      a->db,
      "UPDATE clock SET state = ?4, due_ms = ?5, remaining_ms = nullif(?6, 0), stopped_ms = nullif(?7, 0),"
      " warned = ?8 WHERE incident = ?1 AND policy = ?2 AND name = ?3",
      "isssiiid", dp_id_n(k->key.incident, 'i'), k->key.policy, k->key.name, state, k->due_ms,
      k->remaining_ms, k->stopped_ms, k->warned);
}

static bool of_entry(struct fq_apply *a, const struct fq_entry *e, struct clock *k) {
  return load(a->db, e->subject, fq_json_str(e->data, "policy"), fq_json_str(e->data, "clock"), k);
}

enum fq_status dp_apply_clock_warned(struct fq_apply *a, const struct fq_entry *e) {
  struct clock k;
  if (!of_entry(a, e, &k)) return FQ_OK;
  k.warned = fq_json_num(e->data, "share", 0);
  set_state(a, &k, "due_soon");
  arm(a, &k, e->at_ms);
  return FQ_OK;
}

enum fq_status dp_apply_clock_breached(struct fq_apply *a, const struct fq_entry *e) {
  struct clock k;
  if (!of_entry(a, e, &k)) return FQ_OK;
  if (!k.stopped_ms) set_state(a, &k, "breached");
  disarm(a, &k.key);
  return FQ_OK;
}

enum fq_status dp_apply_clock_stopped(struct fq_apply *a, const struct fq_entry *e) {
  struct clock k;
  if (!of_entry(a, e, &k)) return FQ_OK;
  k.stopped_ms = e->at_ms;
  set_state(a, &k, "stopped");
  disarm(a, &k.key);
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

/* All clocks of an incident that `sql` selects, copied out: changing rows under a running statement is asking
 * for surprises. An incident with more clocks than this has a policy that needs a conversation. */
enum { MOST = 64 };
static size_t collect(struct fq_apply *a, const char *incident, const char *sql, int64_t m,
                      struct clock *out) {
  size_t n = 0;
  fq_stmt *q = fq_sql(a->db, sql, "ii", dp_id_n(incident, 'i'), m);
  while (fq_row(q)) {
    if (n < MOST) read_row(q, incident, &out[n++]);
  }
  return n;
}

void dp_clocks_reach(struct fq_apply *a, const char *incident, enum dp_milestone m, int64_t at_ms) {
  struct clock k[MOST];
  size_t n = collect(a, incident,
                     "SELECT " COLUMNS
                     " FROM clock WHERE incident = ?1 AND to_milestone <= ?2 AND stopped_ms IS NULL",
                     m, k);
  for (size_t x = 0; x < n; x++) {
    /* A paused clock had time left when it was paused. */
    bool late = strcmp(k[x].state, "paused") && at_ms > k[x].due_ms;
    k[x].stopped_ms = at_ms;
    set_state(a, &k[x], late || !strcmp(k[x].state, "breached") ? "met_late" : "met");
    disarm(a, &k[x].key);
  }
}

static bool named(const struct clock *k, const char *policy, const char *name) {
  return !name || (!strcmp(k->key.policy, policy) && !strcmp(k->key.name, name));
}

/* A pause keeps what is left; a breached clock has nothing left and stays as it is. */
void dp_clocks_pause(struct fq_apply *a, const char *incident, const char *policy, const char *name,
                     int64_t at_ms) {
  struct clock k[MOST];
  size_t n =
      collect(a, incident,
              "SELECT " COLUMNS " FROM clock WHERE incident = ?1 AND ?2 = 0 AND stopped_ms IS NULL", 0, k);
  for (size_t x = 0; x < n; x++) {
    if (!runs(&k[x]) || !named(&k[x], policy, name)) continue;
    k[x].remaining_ms = k[x].due_ms > at_ms ? k[x].due_ms - at_ms : 1;
    set_state(a, &k[x], "paused");
    disarm(a, &k[x].key);
  }
}

static void go_on(struct fq_apply *a, struct clock *k, int64_t at_ms) {
  k->due_ms = at_ms + k->remaining_ms;
  k->remaining_ms = k->stopped_ms = 0;
  set_state(a, k, k->warned > 0 ? "due_soon" : "running");
  arm(a, k, at_ms);
}

void dp_clocks_resume(struct fq_apply *a, const char *incident, const char *policy, const char *name,
                      int64_t at_ms) {
  struct clock k[MOST];
  size_t n = collect(
      a, incident, "SELECT " COLUMNS " FROM clock WHERE incident = ?1 AND ?2 = 0 AND state = 'paused'", 0, k);
  for (size_t x = 0; x < n; x++)
    if (named(&k[x], policy, name)) go_on(a, &k[x], at_ms);
}

/* What was answered turned out not to be: the clocks to that milestone go on with the time they had left.
 * The time the verifier took is not charged. Those met late were judged already. */
void dp_clocks_reopen(struct fq_apply *a, const char *incident, enum dp_milestone m, int64_t at_ms) {
  struct clock k[MOST];
  size_t n = collect(a, incident,
                     "SELECT " COLUMNS " FROM clock WHERE incident = ?1 AND stopped_ms IS NOT NULL AND"
                     " ((to_milestone >= ?2 AND state = 'met') OR state = 'dropped')",
                     m, k);
  for (size_t x = 0; x < n; x++) {
    k[x].remaining_ms = k[x].due_ms > k[x].stopped_ms ? k[x].due_ms - k[x].stopped_ms : 1;
    go_on(a, &k[x], at_ms);
  }
}

/* The incident is void: nothing is owed any more (until it is reopened). */
void dp_clocks_drop(struct fq_apply *a, const char *incident, int64_t at_ms) {
  struct clock k[MOST];
  size_t n =
      collect(a, incident,
              "SELECT " COLUMNS " FROM clock WHERE incident = ?1 AND ?2 = 0 AND stopped_ms IS NULL", 0, k);
  for (size_t x = 0; x < n; x++) {
    bool breached = !strcmp(k[x].state, "breached");
    /* Paused: the stop is put where its remaining time is kept. */
    if (k[x].remaining_ms) k[x].due_ms = at_ms + k[x].remaining_ms;
    k[x].remaining_ms = 0;
    k[x].stopped_ms = at_ms;
    set_state(a, &k[x], breached ? "met_late" : "dropped");
    disarm(a, &k[x].key);
  }
}

/* ---- extension ----------------------------------------------------------------------------------- */

size_t dp_clocks_named(fq_db *db, const char *incident, const char *policy, const char *name, bool open,
                       struct dp_clock_now *out) {
  size_t n = 0;
  fq_stmt *q = fq_sql(db,
                      "SELECT policy, name, title, state, due_ms FROM clock WHERE incident = ?1"
                      " AND (?2 IS NULL OR policy = ?2) AND (?3 IS NULL OR name = ?3)"
                      " AND (?4 = 0 OR state IN ('running', 'due_soon', 'paused'))"
                      " ORDER BY state <> 'breached', due_ms, policy, name",
                      "issi", dp_id_n(incident, 'i'), policy, name, (int64_t)open);
  while (fq_row(q)) {
    if (n++) continue;
    dp_text(out->policy, sizeof out->policy, fq_col_str(q, 0));
    dp_text(out->name, sizeof out->name, fq_col_str(q, 1));
    dp_text(out->title, sizeof out->title, fq_col_str(q, 2));
    dp_text(out->state, sizeof out->state, fq_col_str(q, 3));
    out->due_ms = fq_col_int(q, 4);
  }
  return n;
}

int64_t dp_clock_extended(fq_db *db, const char *incident, const struct dp_clock_now *k, int64_t by_ms) {
  (void)db;
  (void)incident;
  return k->due_ms + by_ms;
}

/* The greatest share of the limit that was warned of and has still passed. */
static double still_passed(const struct clock *k, int64_t due_ms, int64_t at_ms) {
  double passed = 0;
  fq_json *warn = *k->warn ? fq_json_parse(k->warn, strlen(k->warn), NULL) : NULL;
  fq_json_each(share, warn) {
    double v = fq_json_as_num(share, 1);
    if (v <= k->warned && due_ms - llround((double)k->limit_ms * (1 - v)) <= at_ms) passed = v;
  }
  fq_json_free(warn);
  return passed;
}

void dp_clocks_extend(struct fq_apply *a, const char *incident, const char *policy, const char *name,
                      int64_t by_ms, int64_t at_ms) {
  struct clock k;
  if (!load(a->db, incident, policy, name, &k) || k.stopped_ms) return;
  bool paused = !strcmp(k.state, "paused");
  k.due_ms += by_ms;
  k.limit_ms += by_ms;
  if (paused) k.remaining_ms += by_ms;
  k.warned = still_passed(&k, paused ? at_ms + k.remaining_ms : k.due_ms, at_ms);
  fq_exec(a->db, "UPDATE clock SET limit_ms = ?4 WHERE incident = ?1 AND policy = ?2 AND name = ?3", "issi",
          dp_id_n(incident, 'i'), policy, name, k.limit_ms);
  bool whole = !paused && k.due_ms > at_ms;
  set_state(a, &k, paused ? "paused" : !whole ? "breached" : k.warned > 0 ? "due_soon" : "running");
  if (whole) arm(a, &k, at_ms);
}
