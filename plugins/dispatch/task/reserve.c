/*
 * reserve.c - keeping somebody for a later call 预留: he is busy now, and what he does next is decided. While
 * it holds he is no candidate for other incidents; when his last open task ends the desk hears that he is
 * ready (a policy may send him). It is fulfilled when he is sent to that incident, lapses at its time, and is
 * over when the incident is. A reserved unit or team means everybody who sits there. Kernel thread; the query
 * and the lookups also on reader threads.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "task/task.h"

struct reservation {
  int64_t n, incident, until_ms;
  char id[FQ_ID_MAX], name[96];
};

#define READ_ROW                                                                                             \
  "SELECT n, incident, coalesce(until_ms, 0), name FROM reservation WHERE ended_ms IS NULL AND "

static bool read_row(fq_stmt *q, struct reservation *r) {
  if (!fq_row(q)) return false;
  r->n = fq_col_int(q, 0);
  r->incident = fq_col_int(q, 1);
  r->until_ms = fq_col_int(q, 2);
  dp_text(r->name, sizeof r->name, fq_col_str(q, 3));
  dp_id_make(r->id, 'r', r->n);
  fq_done(q);
  return true;
}

/* The open reservation of this user, or of this unit. */
static bool find(fq_db *db, const char *member, const char *id, struct reservation *r) {
  return read_row(!strcmp(member, "user") ? fq_sql(db, READ_ROW "to_user = ?1 LIMIT 1", "s", id)
                                          : fq_sql(db, READ_ROW "to_unit = ?1 LIMIT 1", "s", id),
                  r);
}

static fq_json *about(const struct reservation *r, const struct dp_incident *i, const char *member,
                      const char *id) {
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "reservation", r->id);
  fq_json_set_str(data, member, id);
  fq_json_set_str(data, "name", r->name);
  fq_json_set_int(data, "number", i->number);
  fq_json_set_str(data, "incident_title", i->title);
  return data;
}

/* Takes data. Who is kept hears it, too. */
static enum fq_status say(struct fq_call *c, const struct dp_incident *i, const char *kind, fq_json *data) {
  char also[FQ_ID_MAX + 8];
  const char *user = fq_json_str(data, "user"), *unit = fq_json_str(data, "unit");
  snprintf(also, sizeof also, "%s/%s", user ? "user" : "unit", user ? user : unit ? unit : "");
  return dp_emit(c, i, kind, data, also);
}

/* user or unit, exactly one of them; a team is a unit. */
static enum fq_status kept(struct fq_call *c, struct dp_assignee *a) {
  const char *user = fq_json_str(c->params, "user"), *unit = fq_json_str(c->params, "unit");
  if (!user == !unit)
    return fq_fail(c->error, FQ_E_PARAMS, "params", "params", "写 user 或 unit 之一",
                   "exactly one of user, unit");
  return dp_assignee_need(c, c->params, "params", a);
}

static enum fq_status until(struct fq_call *c, int64_t *at_ms) {
  const char *text = fq_json_str(c->params, "until");
  int64_t for_ms = fq_json_int(c->params, "for_ms", 0);
  *at_ms = text ? fq_time_parse(text) : for_ms ? c->now_ms + for_ms : 0;
  if (text && *at_ms <= c->now_ms)
    return fq_fail(c->error, FQ_E_PARAMS, "until.past", "params.until", "截止时间 %s 已过",
                   "the reservation would have lapsed already at %s", text);
  return FQ_OK;
}

/* One at a time: who is kept for two is kept for neither. */
static enum fq_status not_kept_yet(struct fq_call *c, const struct dp_assignee *a) {
  struct reservation r;
  struct dp_incident other;
  char of[FQ_ID_MAX];
  if (!find(c->db, a->member, a->id, &r)) return FQ_OK;
  dp_id_make(of, 'i', r.incident);
  if (!dp_incident_load(c->db, of, &other)) return FQ_OK;
  char path[FQ_ID_MAX];
  snprintf(path, sizeof path, "params.%s", a->member);
  return fq_fail(c->error, FQ_E_CONFLICT, "reserve.taken", path, "%s 已为 #%lld 预留",
                 "%s is reserved for #%lld", a->name, (long long)other.number);
}

enum fq_status dp_incident_reserve(struct fq_call *c) {
  struct dp_incident i;
  struct dp_assignee a = {0};
  struct reservation r = {0};
  enum dp_state same;
  enum fq_status s = dp_incident_need(c, "id", &i);
  if (s == FQ_OK) s = dp_step(c, &i, DP_V_RESERVE, &same);
  if (s == FQ_OK) s = kept(c, &a);
  if (s == FQ_OK) s = dp_assignee_free(c, &i, &a, "params");
  if (s == FQ_OK) s = not_kept_yet(c, &a);
  if (s == FQ_OK) s = until(c, &r.until_ms);
  if (s != FQ_OK) return s;
  dp_id_make(r.id, 'r', fq_next_seq(c));
  dp_text(r.name, sizeof r.name, a.name);
  fq_json *data = about(&r, &i, a.member, a.id);
  if (r.until_ms) fq_json_set_time(data, "until", r.until_ms);
  dp_set_opt(data, "note", c->params, "note");
  if ((s = say(c, &i, "reserve.made", data)) != FQ_OK) return s;
  fq_json_set_str(c->result, "id", i.id);
  fq_json_set_str(c->result, "reservation", r.id);
  return FQ_OK;
}

enum fq_status dp_incident_unreserve(struct fq_call *c) {
  struct dp_incident i;
  struct dp_assignee a = {0};
  struct reservation r;
  enum fq_status s = dp_incident_need(c, "id", &i);
  if (s == FQ_OK) s = kept(c, &a);
  if (s != FQ_OK) return s;
  if (!find(c->db, a.member, a.id, &r) || r.incident != i.n)
    return fq_fail(c->error, FQ_E_CONFLICT, "reserve.none", "params", "没有为本事件预留 %s",
                   "%s is not reserved for this incident", a.name);
  fq_json *data = about(&r, &i, a.member, a.id);
  dp_set_opt(data, "reason", c->params, "reason");
  if ((s = say(c, &i, "reserve.released", data)) != FQ_OK) return s;
  fq_json_set_str(c->result, "id", i.id);
  fq_json_set_str(c->result, "reservation", r.id);
  return FQ_OK;
}

/* He is sent where he was kept for. */
enum fq_status dp_reserve_fulfil(struct fq_call *c, const struct dp_incident *i,
                                 const struct dp_assignee *a) {
  struct reservation r;
  const char *member = strcmp(a->member, "user") ? "unit" : "user";
  if (!find(c->db, member, a->id, &r) || r.incident != i->n) return FQ_OK;
  return say(c, i, "reserve.fulfilled", about(&r, i, member, a->id));
}

/* Timer. */
enum fq_status dp_reserve_lapse(struct fq_call *c) {
  struct reservation r;
  struct dp_incident i;
  char of[FQ_ID_MAX], user[FQ_ID_MAX] = "", unit[FQ_ID_MAX] = "";
  int64_t n = dp_id_n(fq_json_str(c->params, "id"), 'r');
  if (!read_row(fq_sql(c->db, READ_ROW "n = ?1", "i", n), &r)) return FQ_OK;
  fq_stmt *q = fq_sql(c->db, "SELECT to_user, to_unit FROM reservation WHERE n = ?1", "i", n);
  while (fq_row(q)) {
    dp_text(user, sizeof user, fq_col_str(q, 0));
    dp_text(unit, sizeof unit, fq_col_str(q, 1));
  }
  dp_id_make(of, 'i', r.incident);
  if (!dp_incident_load(c->db, of, &i)) return FQ_OK;
  fq_json *data = *user ? about(&r, &i, "user", user) : about(&r, &i, "unit", unit);
  fq_json_set_int(data, "late_ms", fq_json_int(c->params, "late_ms", 0));
  return say(c, &i, "reserve.lapsed", data);
}

/* Reaction: a task has ended, however. Was it his last? */
enum fq_status dp_reserve_ready(struct fq_call *c, const struct fq_entry *e) {
  struct dp_task t;
  struct dp_incident i;
  struct reservation r;
  char of[FQ_ID_MAX];
  if (!dp_task_load(c->db, fq_json_str(e->data, "task"), &t)) return FQ_OK;
  const char *member = *t.user ? "user" : "unit", *id = *t.user ? t.user : *t.unit ? t.unit : t.team;
  if (!find(c->db, member, id, &r)) return FQ_OK;
  static const char *const by_user = "SELECT 1 FROM task WHERE ended_ms IS NULL AND to_user = ?1 LIMIT 1";
  static const char *const by_unit = "SELECT 1 FROM task WHERE ended_ms IS NULL AND to_unit = ?1 LIMIT 1";
  static const char *const by_team = "SELECT 1 FROM task WHERE ended_ms IS NULL AND to_team = ?1 LIMIT 1";
  bool busy = *t.user ? fq_int(c->db, 0, by_user, "s", id)
                      : fq_int(c->db, 0, by_unit, "s", id) || fq_int(c->db, 0, by_team, "s", id);
  dp_id_make(of, 'i', r.incident);
  if (busy || !dp_incident_load(c->db, of, &i)) return FQ_OK;
  return say(c, &i, "reserve.ready", about(&r, &i, member, id));
}

/* ---- apply --------------------------------------------------------------------------------------- */

static void timer_id(char out[DP_TIMER_ID], int64_t n) {
  snprintf(out, DP_TIMER_ID, "reserve:r%lld:until", (long long)n);
}

static void over(struct fq_apply *a, int64_t n, const char *why, int64_t at_ms) {
  char timer[DP_TIMER_ID];
  fq_exec(a->db, "UPDATE reservation SET ended_ms = ?2, ended = ?3 WHERE n = ?1", "iis", n, at_ms, why);
  timer_id(timer, n);
  fq_timer_clear(a, timer);
}

enum fq_status dp_apply_reserve(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  const char *id = fq_json_str(d, "reservation"), *until = fq_json_str(d, "until");
  const char *verb = e->kind + sizeof "reserve." - 1;
  int64_t n = dp_id_n(id, 'r'), until_ms = until ? fq_time_parse(until) : 0;
  if (!strcmp(verb, "ready")) {
    fq_exec(a->db, "UPDATE reservation SET ready_ms = ?2 WHERE n = ?1", "ii", n, e->at_ms);
  } else if (strcmp(verb, "made")) {
    over(a, n, verb, e->at_ms);
  } else {
    fq_exec(a->db,
            "INSERT INTO reservation(n, incident, to_user, to_unit, name, note, by_user, made_ms, until_ms)"
            " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, nullif(?9, 0))",
            "iisssssii", n, dp_id_n(e->subject, 'i'), fq_json_str(d, "user"), fq_json_str(d, "unit"),
            fq_json_str(d, "name"), fq_json_str(d, "note"), e->actor, e->at_ms, until_ms);
    if (until_ms) {
      char timer[DP_TIMER_ID];
      timer_id(timer, n);
      fq_json *params = fq_json_object();
      fq_json_set_str(params, "id", id);
      fq_timer_set(a, timer, until_ms, "reserve.lapse", e->subject, params);
    }
  }
  return FQ_OK;
}

/* Closed, voided, merged: there is nothing left to be kept for. */
enum fq_status dp_apply_reserve_incident(struct fq_apply *a, const struct fq_entry *e) {
  for (;;) {
    int64_t n = fq_int(a->db, 0, "SELECT n FROM reservation WHERE incident = ?1 AND ended_ms IS NULL LIMIT 1",
                       "i", dp_id_n(e->subject, 'i'));
    if (!n) return FQ_OK;
    over(a, n, e->kind, e->at_ms);
  }
}

/* ---- lookups ------------------------------------------------------------------------------------- */

fq_json *dp_reserved_users(fq_db *db, int64_t incident) {
  fq_json *users = fq_json_object();
  fq_stmt *q = fq_sql(db,
                      "SELECT coalesce(r.to_user, a.name), i.number FROM reservation r JOIN incident i"
                      " ON i.n = r.incident LEFT JOIN account a ON a.org = r.to_unit"
                      " WHERE r.ended_ms IS NULL AND r.incident != ?1",
                      "i", incident);
  while (fq_row(q))
    if (!fq_col_null(q, 0)) fq_json_set_int(users, fq_col_str(q, 0), fq_col_int(q, 1));
  return users;
}

fq_json *dp_reserved_json(fq_db *db, const char *user, const char *org) {
  fq_stmt *q = fq_sql(db,
                      "SELECT r.incident, i.number, r.until_ms FROM reservation r JOIN incident i"
                      " ON i.n = r.incident WHERE r.ended_ms IS NULL AND (r.to_user = ?1 OR r.to_unit = ?2)"
                      " ORDER BY r.to_user IS NULL LIMIT 1",
                      "ss", user, org);
  if (!fq_row(q)) return NULL;
  char id[FQ_ID_MAX];
  fq_json *j = fq_json_object();
  dp_id_make(id, 'i', fq_col_int(q, 0));
  fq_json_set_str(j, "incident", id);
  fq_json_set_int(j, "number", fq_col_int(q, 1));
  if (!fq_col_null(q, 2)) fq_json_set_time(j, "until", fq_col_int(q, 2));
  fq_done(q);
  return j;
}

#define COLUMNS "n, incident, to_user, to_unit, name, note, by_user, made_ms, until_ms, ready_ms"

static fq_json *row(fq_stmt *q) {
  fq_json *j = fq_json_object();
  char id[FQ_ID_MAX];
  static const char *const texts[] = {"user", "unit", "name", "note", "by"};
  static const char *const times[] = {"made_at", "until", "ready_at"};
  dp_id_make(id, 'r', fq_col_int(q, 0));
  fq_json_set_str(j, "id", id);
  dp_id_make(id, 'i', fq_col_int(q, 1));
  fq_json_set_str(j, "incident", id);
  for (int k = 0; k < 5; k++)
    if (!fq_col_null(q, 2 + k)) fq_json_set_str(j, texts[k], fq_col_str(q, 2 + k));
  for (int k = 0; k < 3; k++)
    if (!fq_col_null(q, 7 + k)) fq_json_set_time(j, times[k], fq_col_int(q, 7 + k));
  return j;
}

fq_json *dp_reservations_json(fq_db *db, int64_t incident) {
  fq_json *list = NULL;
  fq_stmt *q =
      fq_sql(db, "SELECT " COLUMNS " FROM reservation WHERE incident = ?1 AND ended_ms IS NULL ORDER BY n",
             "i", incident);
  while (fq_row(q)) {
    if (!list) list = fq_json_array();
    fq_json_push(list, row(q));
  }
  return list;
}

/* Open ones for incidents in reach, or for those of one incident. Few at any time. */
enum fq_status dp_reserve_list(struct fq_query *q) {
  fq_json *rows = fq_json_array(), *open = fq_json_array();
  const char *only = fq_json_str(q->params, "incident");
  fq_stmt *s = fq_sql(q->db,
                      "SELECT " COLUMNS " FROM reservation INDEXED BY reservation_incident"
                      " WHERE ended_ms IS NULL ORDER BY n LIMIT 1000",
                      "");
  while (fq_row(s))
    fq_json_push(open, row(s));
  fq_json_each(r, open) {
    struct dp_incident i;
    const char *of = fq_json_str(r, "incident");
    if ((only && strcmp(only, of)) || !dp_incident_load(q->db, of, &i) || !dp_may_see(q->db, q->actor, &i))
      continue;
    fq_json *j = fq_json_dup(r);
    fq_json_set_int(j, "number", i.number);
    fq_json_set_str(j, "incident_title", i.title);
    fq_json_push(rows, j);
  }
  fq_json_free(open);
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}
