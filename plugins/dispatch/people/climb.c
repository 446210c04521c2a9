/*
 * climb.c - a ladder that climbs by itself: incident.climb asks the lowest staffed rung and waits; each time
 * nobody has answered, the next staffed one is asked, and at the end the fallback owner has it. One durable
 * timer an incident. Whatever answers (accept, dispatch, return, suspend ...) takes the timer away in the
 * same tick, so a rung is never asked after somebody has answered. Kernel thread; the query on a reader
 * thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "people/people.h"

struct climb {
  char ladder[FQ_ID_MAX], org[FQ_ID_MAX], address[256];
  enum dp_level level;
};

static bool load(fq_db *db, int64_t incident, struct climb *out) {
  fq_stmt *q = fq_sql(db, "SELECT ladder, level, org, address FROM climb WHERE incident = ?1", "i", incident);
  if (!fq_row(q)) return false;
  int level = dp_level_of(fq_col_str(q, 1));
  dp_text(out->ladder, sizeof out->ladder, fq_col_str(q, 0));
  dp_text(out->org, sizeof out->org, fq_col_str(q, 2));
  dp_text(out->address, sizeof out->address, fq_col_str(q, 3));
  out->level = level < 0 ? DP_L_COUNTY : (enum dp_level)level;
  fq_done(q);
  return true;
}

/* How long each rung is waited for: as the call says for that rung, for all, as the ladder says, ten minutes.
 */
static fq_json *waits(const struct fq_call *c, const struct dp_ladder *l) {
  fq_json *out = fq_json_object();
  const fq_json *given = fq_json_get(c->params, "waits");
  int64_t all_ms = fq_json_int(c->params, "wait_ms", 0);
  for (size_t x = 0; x < l->count; x++) {
    const struct dp_rung *r = &l->rungs[x];
    const char *level = dp_level_name(r->level);
    int64_t ms = all_ms ? all_ms : r->wait_ms ? r->wait_ms : DP_DEFAULT_WAIT_MS;
    fq_json_set_int(out, level, fq_json_int(given, level, ms));
  }
  return out;
}

/* What both entries say of the rung that is asked now. */
static void put_rung(struct fq_call *c, const struct dp_incident *i, fq_json *data, const struct dp_rung *r,
                     fq_json *skipped, int64_t wait_ms) {
  fq_json_set(data, "owner", dp_rung_json(r));
  fq_json_set(data, "skipped", skipped);
  dp_set_away(c->db, data, i, r->org);
  if (*r->asked) {
    fq_json *asked = fq_json_object();
    fq_json_set_str(asked, "user", r->asked);
    fq_json_set_str(asked, "display", r->display);
    if (*r->instead_of) fq_json_set_str(asked, "instead_of", r->instead_of);
    fq_json_set(data, "asked", asked);
  }
  if (r->fallback) {
    fq_json_set_bool(data, "fallback", true);
  } else {
    fq_json_set_int(data, "wait_ms", wait_ms);
    fq_json_set_time(data, "next_at", c->now_ms + wait_ms);
  }
}

static enum fq_status tell(struct fq_call *c, const struct dp_incident *i, const char *kind, fq_json *data,
                           const struct dp_rung *r) {
  char also[FQ_ID_MAX + 8] = "";
  if (*r->asked)
    snprintf(also, sizeof also, "user/%s", r->asked);
  else
    snprintf(also, sizeof also, "unit/%s", r->org);
  return dp_emit(c, i, kind, data, also);
}

static void address_of(fq_db *db, int64_t incident, char out[256]) {
  fq_stmt *q = fq_sql(db, "SELECT address FROM incident WHERE n = ?1", "i", incident);
  out[0] = '\0';
  if (!fq_row(q)) return;
  dp_text(out, 256, fq_col_str(q, 0));
  fq_done(q);
}

enum fq_status dp_incident_climb(struct fq_call *c) {
  struct dp_incident i;
  enum dp_state next;
  enum fq_status s = dp_incident_need(c, "id", &i);
  if (s == FQ_OK) s = dp_step(c, &i, DP_V_CLIMB, &next);
  if (s != FQ_OK) return s;
  const char *ladder = fq_json_str(c->params, "ladder"), *given = fq_json_str(c->params, "address");
  const char *from = fq_json_str(c->params, "from");
  char address[256], unit[FQ_ID_MAX];
  address_of(c->db, i.n, address);
  if (given) dp_text(address, sizeof address, given);
  dp_address_unit(c->db, address, unit);
  if (!*unit) address[0] = '\0'; /* a street and a number, not the code of a household */
  struct climb running;
  fq_json_set_str(c->result, "id", i.id);
  if (load(c->db, i.n, &running) && !strcmp(running.ladder, ladder)) {
    fq_json_set_bool(c->result, "running", true);
    return FQ_OK;
  }
  struct dp_ladder l;
  struct dp_rung r;
  if (!dp_ladder_at(c->db, ladder, i.org, address, c->now_ms, &l))
    return fq_fail(c->error, FQ_E_PARAMS, "ladder.unknown", "params.ladder", "没有阶梯 %s", "no ladder %s",
                   ladder);
  fq_json *skipped = fq_json_array();
  if (!dp_rung_find(c->db, &l, from ? (enum dp_level)dp_level_of(from) : (enum dp_level)0, NULL, &r,
                    skipped)) {
    fq_json_free(skipped);
    return fq_fail(c->error, FQ_E_CONFLICT, "ladder.empty", "params.ladder",
                   "阶梯 %s 在 %s 没有任何一级可问,也没有兜底单位",
                   "ladder %s has no rung at %s, and there is no fallback owner", ladder, i.org);
  }
  fq_json *data = fq_json_object(), *wait = waits(c, &l);
  fq_json_set_str(data, "ladder", ladder);
  fq_json_set_str(data, "state", dp_state_name(next));
  fq_json_set_int(data, "rev", i.rev + 1);
  if (*address) fq_json_set_str(data, "address", address);
  put_rung(c, &i, data, &r, skipped, fq_json_int(wait, dp_level_name(r.level), DP_DEFAULT_WAIT_MS));
  fq_json_set(data, "waits", wait);
  fq_json_set(c->result, "owner", dp_rung_json(&r));
  if (*r.asked) fq_json_set_str(c->result, "asked", r.asked);
  return tell(c, &i, "ladder.started", data, &r);
}

static enum fq_status stop(struct fq_call *c, const struct dp_incident *i, const char *ladder,
                           const char *why) {
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "ladder", ladder);
  fq_json_set_str(data, "why", why);
  return dp_emit(c, i, "ladder.stopped", data, NULL);
}

static fq_json *climbed(struct fq_call *c, const struct dp_incident *i, const struct climb *k,
                        const struct dp_rung *r, fq_json *skipped) {
  fq_json *data = fq_json_object(), *from = fq_json_object();
  int64_t wait_ms = DP_DEFAULT_WAIT_MS;
  fq_stmt *q = fq_sql(c->db, "SELECT waits FROM climb WHERE incident = ?1", "i", i->n);
  if (fq_row(q)) {
    const char *text = fq_col_str(q, 0);
    fq_json *waits = text ? fq_json_parse(text, strlen(text), NULL) : NULL;
    wait_ms = fq_json_int(waits, dp_level_name(r->level), wait_ms);
    fq_json_free(waits);
    fq_done(q);
  }
  fq_json_set_str(from, "level", dp_level_name(k->level));
  fq_json_set_str(from, "org", k->org);
  fq_json_set(data, "from", from);
  fq_json_set_str(data, "to", dp_level_name(r->level));
  fq_json_set_bool(data, "by_itself", true);
  fq_json_set_str(data, "ladder", k->ladder);
  fq_json_set_str(data, "reason", r->fallback ? "逐级无人应答,兜底" : "上一级未在时限内应答");
  fq_json_set_int(data, "late_ms", fq_json_int(c->params, "late_ms", 0));
  put_rung(c, i, data, r, skipped, wait_ms);
  fq_json_set_str(data, "state", dp_state_name(i->state));
  fq_json_set_int(data, "rev", i->rev + 1);
  return data;
}

/* Timer: the rung that was asked has not answered. */
enum fq_status dp_climb_on(struct fq_call *c) {
  struct dp_incident i;
  struct climb k;
  enum fq_status s = dp_incident_need(c, "id", &i);
  if (s != FQ_OK) return s;
  if (!load(c->db, i.n, &k)) return FQ_OK;
  if (dp_next(DP_V_CLIMB, i.state) == DP_NO) return stop(c, &i, k.ladder, "answered");
  /* Somebody gave it to a unit that is not on the ladder: it is theirs now. */
  if (strcmp(i.owner_org, k.org)) return stop(c, &i, k.ladder, "moved");
  struct dp_ladder l;
  struct dp_rung r;
  if (!dp_ladder_at(c->db, k.ladder, i.org, k.address, c->now_ms, &l)) l.count = 0;
  fq_json *skipped = fq_json_array();
  i.owner_level = k.level;
  bool up = dp_rung_find(c->db, &l, k.level, &i, &r, skipped) ||
            (dp_fallback_of(c->db, i.org, &r) && strcmp(r.org, k.org));
  if (!up) {
    fq_json_free(skipped);
    return stop(c, &i, k.ladder, "top");
  }
  return tell(c, &i, "incident.escalated", climbed(c, &i, &k, &r, skipped), &r);
}

/* ---- 我来办 -------------------------------------------------------------------------------------------- */

bool dp_climb_asks(fq_db *db, int64_t incident, const struct fq_actor *a) {
  bool unit = (a->roles & (FQ_ROLE_DESK | FQ_ROLE_DEPARTMENT)) && a->org && *a->org;
  return fq_int(db, 0, "SELECT 1 FROM climb WHERE incident = ?1 AND (asked = ?2 OR org = ?3)", "iss",
                incident, a->name, unit ? a->org : NULL) != 0;
}

enum fq_status dp_target_asked(struct fq_call *c, struct fq_target *t) {
  struct dp_incident i;
  enum fq_status s = dp_incident_need(c, "id", &i);
  if (s != FQ_OK) return s;
  dp_text(t->org, sizeof t->org, i.org);
  t->own = dp_climb_asks(c->db, i.n, c->actor);
  if (t->own || c->actor->system || (c->actor->roles & FQ_ROLE_DESK)) return FQ_OK;
  return fq_fail(c->error, FQ_E_FORBIDDEN, "ladder.foreign", "", "事件 %s 现在没有问到您",
                 "%s is not asked of you now", i.id);
}

/* Who is asked takes it: an order to himself, accepted at once. */
enum fq_status dp_ladder_take(struct fq_call *c) {
  struct dp_incident i;
  struct climb k;
  enum fq_status s = dp_incident_need(c, "id", &i);
  if (s != FQ_OK) return s;
  if (!load(c->db, i.n, &k))
    return fq_fail(c->error, FQ_E_CONFLICT, "ladder.none", "params.id", "事件 %s 没有在逐级询问,或已有人应答",
                   "no ladder is climbing for %s, or somebody has answered", i.id);
  fq_json *order = fq_json_object(), *to = fq_json_array(), *me = fq_json_object(), *sent = NULL;
  fq_json_set_str(order, "id", i.id);
  fq_json_set_str(me, "user", c->actor->name);
  fq_json_push(to, me);
  fq_json_set(order, "to", to);
  dp_set_opt(order, "note", c->params, "note");
  if ((s = fq_call_method(c, "incident.dispatch", order, &sent)) != FQ_OK) return s;
  fq_json *mine = fq_json_object();
  const char *task = fq_json_as_str(fq_json_first(fq_json_get(sent, "tasks")));
  fq_json_set_str(mine, "id", task);
  fq_json_set_str(c->result, "id", i.id);
  fq_json_set_str(c->result, "task", task);
  fq_json_free(sent);
  return fq_call_method(c, "task.accept", mine, NULL);
}

/* ---- apply -----------------------------------------------------------------------------------------------
 */

static void timer_id(char out[FQ_ID_MAX + 8], const char *incident) {
  snprintf(out, FQ_ID_MAX + 8, "climb:%s", incident);
}

static void set_timer(struct fq_apply *a, const char *incident, int64_t due_ms) {
  char id[FQ_ID_MAX + 8];
  timer_id(id, incident);
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "id", incident);
  fq_timer_set(a, id, due_ms, "incident.climb_on", incident, params);
}

/* Every dispatch ends here, and hardly an incident has a ladder that climbs: a look is cheaper than deleting
 * nothing. */
static void drop(struct fq_apply *a, const char *incident) {
  int64_t n = dp_id_n(incident, 'i');
  if (!fq_int(a->db, 0, "SELECT 1 FROM climb WHERE incident = ?1", "i", n)) return;
  fq_exec(a->db, "DELETE FROM climb WHERE incident = ?1", "i", n);
  char id[FQ_ID_MAX + 8];
  timer_id(id, incident);
  fq_timer_clear(a, id);
}

static const char *asked_of(const fq_json *data) {
  return fq_json_str(fq_json_get(data, "asked"), "user");
}

enum fq_status dp_apply_ladder_started(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data, *owner = fq_json_get(d, "owner");
  int64_t n = dp_id_n(e->subject, 'i');
  fq_exec(a->db,
          "UPDATE incident SET owner_level = ?2, owner_org = ?3, rev = ?4, updated_ms = ?5, away = ?6 WHERE "
          "n = ?1",
          "issiii", n, fq_json_str(owner, "level"), fq_json_str(owner, "org"), fq_json_int(d, "rev", 0),
          e->at_ms, (int64_t)fq_json_bool(d, "away", false));
  drop(a, e->subject); /* another ladder may have been climbing */
  const char *next = fq_json_str(d, "next_at");
  if (!next) return FQ_OK;
  char *waits = fq_json_print(fq_json_get(d, "waits"));
  fq_exec(a->db,
          "INSERT INTO climb(incident, ladder, level, org, asked, address, waits, due_ms)"
          " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
          "issssssi", n, fq_json_str(d, "ladder"), fq_json_str(owner, "level"), fq_json_str(owner, "org"),
          asked_of(d), fq_json_str(d, "address"), waits, fq_time_parse(next));
  free(waits);
  set_timer(a, e->subject, fq_time_parse(next));
  return FQ_OK;
}

enum fq_status dp_apply_ladder_stopped(struct fq_apply *a, const struct fq_entry *e) {
  drop(a, e->subject);
  return FQ_OK;
}

enum fq_status dp_apply_answered(struct fq_apply *a, const struct fq_entry *e) {
  drop(a, e->subject);
  return FQ_OK;
}

/* A rung higher. When somebody did it by hand, the ladder goes on from there, with that rung's full wait. */
enum fq_status dp_apply_climbed(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data, *owner = fq_json_get(d, "owner");
  const char *next = fq_json_str(d, "next_at"), *level = fq_json_str(owner, "level");
  int64_t n = dp_id_n(e->subject, 'i'), due_ms = next ? fq_time_parse(next) : 0;
  if (fq_json_bool(d, "by_itself", false) && !next) {
    drop(a, e->subject);
    return FQ_OK;
  }
  fq_json *waits = NULL;
  fq_stmt *q = fq_sql(a->db, "SELECT waits FROM climb WHERE incident = ?1", "i", n);
  if (!fq_row(q)) return FQ_OK;
  const char *text = fq_col_str(q, 0);
  if (text) waits = fq_json_parse(text, strlen(text), NULL);
  fq_done(q);
  if (!due_ms) due_ms = e->at_ms + fq_json_int(waits, level, DP_DEFAULT_WAIT_MS);
  fq_json_free(waits);
  fq_exec(a->db, "UPDATE climb SET level = ?2, org = ?3, asked = ?4, due_ms = ?5 WHERE incident = ?1",
          "isssi", n, level, fq_json_str(owner, "org"), asked_of(d), due_ms);
  set_timer(a, e->subject, due_ms);
  return FQ_OK;
}

/* ---- queries ---------------------------------------------------------------------------------------------
 */

fq_json *dp_climb_json(fq_db *db, int64_t incident) {
  fq_stmt *q =
      fq_sql(db, "SELECT ladder, level, asked, due_ms FROM climb WHERE incident = ?1", "i", incident);
  if (!fq_row(q)) return NULL;
  fq_json *j = fq_json_object();
  fq_json_set_str(j, "ladder", fq_col_str(q, 0));
  fq_json_set_str(j, "level", fq_col_str(q, 1));
  if (!fq_col_null(q, 2)) fq_json_set_str(j, "asked", fq_col_str(q, 2));
  fq_json_set_time(j, "next_at", fq_col_int(q, 3));
  fq_done(q);
  return j;
}

/* What waits for the caller's answer, the most urgent first. */
enum fq_status dp_ladder_mine(struct fq_query *q) {
  const struct fq_actor *a = q->actor;
  bool unit = (a->roles & (FQ_ROLE_DESK | FQ_ROLE_DEPARTMENT)) && a->org && *a->org;
  fq_json *rows = fq_json_array();
  fq_stmt *s =
      fq_sql(q->db,
             "SELECT c.incident, i.number, i.title, i.category, i.level, c.ladder, c.level, c.due_ms, c.asked"
             " FROM climb c JOIN incident i ON i.n = c.incident WHERE c.asked = ?1 OR c.org = ?2"
             " ORDER BY c.due_ms, c.incident LIMIT 200",
             "ss", a->name, unit ? a->org : NULL);
  while (fq_row(s)) {
    fq_json *r = fq_json_object();
    char id[FQ_ID_MAX];
    dp_id_make(id, 'i', fq_col_int(s, 0));
    fq_json_set_str(r, "incident", id);
    fq_json_set_int(r, "number", fq_col_int(s, 1));
    fq_json_set_str(r, "title", fq_col_str(s, 2));
    fq_json_set_str(r, "category", fq_col_str(s, 3));
    fq_json_set_int(r, "level", fq_col_int(s, 4));
    fq_json_set_str(r, "ladder", fq_col_str(s, 5));
    fq_json_set_str(r, "rung", fq_col_str(s, 6));
    fq_json_set_time(r, "next_at", fq_col_int(s, 7));
    if (!fq_col_null(s, 8)) fq_json_set_str(r, "asked", fq_col_str(s, 8));
    fq_json_push(rows, r);
  }
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}
