/*
 * shift.c - shifts of a desk: begun, handed over with the note that the server composes, taken over by the
 * next. Who takes over has begun his own. Commands and apply on the kernel thread, queries on reader threads.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "supervise/supervise.h"

#define UNKNOWN_MS INT64_C(43200000) /* who has begun no shift is shown the last twelve hours */

static void read_row(fq_stmt *q, struct dp_shift *s) {
  s->n = fq_col_int(q, 0);
  s->started_ms = fq_col_int(q, 1);
  s->handed_ms = fq_col_int(q, 2);
  s->taken_ms = fq_col_int(q, 3);
  dp_text(s->user, sizeof s->user, fq_col_str(q, 4));
  dp_text(s->org, sizeof s->org, fq_col_str(q, 5));
  dp_text(s->to, sizeof s->to, fq_col_str(q, 6));
  dp_id_make(s->id, 's', s->n);
}

#define COLUMNS "n, started_ms, handed_ms, taken_ms, user, org, to_user"

static bool shift_of(fq_db *db, const char *user, struct dp_shift *out) {
  memset(out, 0, sizeof *out);
  fq_stmt *q = fq_sql(db, "SELECT " COLUMNS " FROM shift WHERE user = ?1 AND handed_ms IS NULL", "s", user);
  if (!fq_row(q)) return false;
  read_row(q, out);
  fq_done(q);
  return true;
}

static bool shift_load(fq_db *db, const char *id, struct dp_shift *out) {
  memset(out, 0, sizeof *out);
  fq_stmt *q = fq_sql(db, "SELECT " COLUMNS " FROM shift WHERE n = ?1", "i", dp_id_n(id, 's'));
  if (!fq_row(q)) return false;
  read_row(q, out);
  fq_done(q);
  return true;
}

static enum fq_status emit(struct fq_call *c, const char *id, const char *org, const char *kind,
                           const char *also, fq_json *data) {
  char audience[FQ_ID_MAX + 8] = "";
  if (also && *also) snprintf(audience, sizeof audience, "user/%s", also);
  fq_json_set_str(data, "shift", id);
  return fq_emit(
      c, (struct fq_draft){.kind = kind, .subject = id, .org = org, .audience = audience, .data = data});
}

/* ---- commands --------------------------------------------------------------------------------------- */

enum fq_status dp_shift_start(struct fq_call *c) {
  struct dp_shift s;
  char id[FQ_ID_MAX];
  if (shift_of(c->db, c->actor->name, &s)) {
    fq_json_set_str(c->result, "id", s.id);
    fq_json_set_bool(c->result, "dup", true);
    return FQ_OK;
  }
  dp_id_make(id, 's', fq_next_seq(c));
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "user", c->actor->name);
  fq_json_set_str(c->result, "id", id);
  return emit(c, id, c->actor->org, "shift.started", c->actor->name, data);
}

/* To whom: somebody who could sit at this desk. */
static enum fq_status taker(struct fq_call *c, const struct dp_shift *s, const char *to) {
  char org[FQ_ID_MAX] = "";
  fq_stmt *q = fq_sql(c->db, "SELECT org FROM account WHERE name = ?1 AND disabled = 0 AND (roles & ?2) != 0",
                      "si", to, (int64_t)FQ_ROLE_DESK);
  if (fq_row(q)) {
    dp_text(org, sizeof org, fq_col_str(q, 0));
    fq_done(q);
  }
  if (!*org)
    return fq_fail(c->error, FQ_E_NOT_FOUND, "user.unknown", "params.to", "没有调度台用户 %s",
                   "no desk user %s", to);
  if (!strcmp(to, s->user) || !fq_org_within(c->db, s->org, org))
    return fq_fail(c->error, FQ_E_PARAMS, "shift.to", "params.to", "%s 不能接这个台的班",
                   "%s cannot take this desk", to);
  return FQ_OK;
}

enum fq_status dp_shift_hand_over(struct fq_call *c) {
  struct dp_shift s;
  const char *to = fq_json_str(c->params, "to");
  if (!shift_of(c->db, c->actor->name, &s))
    return fq_fail(c->error, FQ_E_CONFLICT, "shift.none", "", "您没有在值的班次,请先开始值班(shift.start)",
                   "you have no shift to hand over: begin one with shift.start");
  enum fq_status st = to ? taker(c, &s, to) : FQ_OK;
  if (st != FQ_OK) return st;
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "user", s.user);
  dp_set_opt(data, "to", c->params, "to");
  dp_set_opt(data, "note", c->params, "note");
  fq_json_set(data, "summary", dp_shift_compose(c->db, s.user, s.org, s.started_ms, c->now_ms));
  if ((st = emit(c, s.id, s.org, "shift.handed_over", to, data)) != FQ_OK) return st;
  fq_json_set_str(c->result, "id", s.id);
  return FQ_OK;
}

enum fq_status dp_target_shift(struct fq_call *c, struct fq_target *t) {
  struct dp_shift s;
  const char *id = fq_json_str(c->params, "id");
  if (!shift_load(c->db, id, &s))
    return fq_fail(c->error, FQ_E_NOT_FOUND, "shift.unknown", "params.id", "没有班次 %s", "no shift %s", id);
  dp_text(t->org, sizeof t->org, s.org);
  return FQ_OK;
}

/* Whoever is there takes it, also when another was named: a desk must not stand empty over a name. */
enum fq_status dp_shift_take_over(struct fq_call *c) {
  struct dp_shift s, mine;
  shift_load(c->db, fq_json_str(c->params, "id"), &s); /* the target has found it */
  if (!s.handed_ms)
    return fq_fail(c->error, FQ_E_CONFLICT, "shift.running", "params.id", "%s 尚未交班",
                   "%s has not handed over yet", s.user);
  if (s.taken_ms)
    return fq_fail(c->error, FQ_E_CONFLICT, "shift.taken", "params.id", "班次 %s 已有人接",
                   "%s has been taken over", s.id);
  if (!strcmp(s.user, c->actor->name))
    return fq_fail(c->error, FQ_E_FORBIDDEN, "shift.own", "", "不能接自己交出的班",
                   "one does not take over from oneself");
  char next[FQ_ID_MAX];
  bool running = shift_of(c->db, c->actor->name, &mine);
  dp_id_make(next, 's', fq_next_seq(c));
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "user", c->actor->name);
  fq_json_set_str(data, "from", s.user);
  dp_set_opt(data, "note", c->params, "note");
  if (!running) fq_json_set_str(data, "begins", next);
  fq_json_set_str(c->result, "id", running ? mine.id : next);
  return emit(c, s.id, s.org, "shift.taken_over", s.user, data);
}

/* ---- apply ------------------------------------------------------------------------------------------ */

static void begin(struct fq_apply *a, const char *id, const char *user, const char *org, int64_t at_ms) {
  fq_exec(a->db, "INSERT INTO shift(n, user, org, started_ms) VALUES(?1, ?2, ?3, ?4)", "issi",
          dp_id_n(id, 's'), user, org, at_ms);
}

enum fq_status dp_apply_shift_started(struct fq_apply *a, const struct fq_entry *e) {
  begin(a, e->subject, fq_json_str(e->data, "user"), e->org, e->at_ms);
  return FQ_OK;
}

enum fq_status dp_apply_shift_handed_over(struct fq_apply *a, const struct fq_entry *e) {
  char *summary = fq_json_print(fq_json_get(e->data, "summary"));
  fq_exec(a->db, "UPDATE shift SET handed_ms = ?2, to_user = ?3, note = ?4, summary = ?5 WHERE n = ?1",
          "iisss", dp_id_n(e->subject, 's'), e->at_ms, fq_json_str(e->data, "to"),
          fq_json_str(e->data, "note"), summary);
  free(summary);
  return FQ_OK;
}

enum fq_status dp_apply_shift_taken_over(struct fq_apply *a, const struct fq_entry *e) {
  const char *user = fq_json_str(e->data, "user"), *next = fq_json_str(e->data, "begins");
  fq_exec(a->db, "UPDATE shift SET taken_ms = ?2, taken_by = ?3, take_note = ?4 WHERE n = ?1", "iiss",
          dp_id_n(e->subject, 's'), e->at_ms, user, fq_json_str(e->data, "note"));
  if (next) begin(a, next, user, e->org, e->at_ms);
  return FQ_OK;
}

/* ---- queries ---------------------------------------------------------------------------------------- */

static void set_text(fq_json *j, const char *name, fq_stmt *q, int column) {
  if (!fq_col_null(q, column)) fq_json_set_str(j, name, fq_col_str(q, column));
}

#define ROW                                                                                                  \
  "SELECT s.n, s.user, coalesce(a.display, s.user), s.org, coalesce(o.name, s.org), s.started_ms,"           \
  " s.handed_ms, s.to_user, s.note, s.taken_ms, s.taken_by, s.take_note, s.summary, t.display, b.display"    \
  " FROM shift s LEFT JOIN account a ON a.name = s.user LEFT JOIN org o ON o.id = s.org"                     \
  " LEFT JOIN account t ON t.name = s.to_user LEFT JOIN account b ON b.name = s.taken_by"

static fq_json *row(fq_stmt *q, bool summary) {
  static const struct {
    const char *name;
    int column;
  } texts[] = {{"user", 1}, {"display", 2},   {"org", 3},        {"org_name", 4}, {"to", 7},
               {"note", 8}, {"taken_by", 10}, {"take_note", 11}, {"to_name", 13}, {"taken_by_name", 14}};
  fq_json *j = fq_json_object();
  char id[FQ_ID_MAX];
  dp_id_make(id, 's', fq_col_int(q, 0));
  fq_json_set_str(j, "id", id);
  for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
    set_text(j, texts[k].name, q, texts[k].column);
  dp_col_time(j, "started_at", q, 5);
  dp_col_time(j, "handed_at", q, 6);
  dp_col_time(j, "taken_at", q, 9);
  fq_json_set_str(j, "state", !fq_col_null(q, 9) ? "taken" : !fq_col_null(q, 6) ? "handed" : "running");
  const char *text = fq_col_str(q, 12);
  fq_json *whole = text ? fq_json_parse(text, strlen(text), NULL) : NULL;
  if (whole && summary) {
    fq_json_set(j, "summary", whole);
    return j;
  }
  if (whole) {
    dp_set_opt(j, "counts", whole, "counts");
    fq_json_set_int(j, "open", fq_json_int(fq_json_get(whole, "open"), "total", 0));
  }
  fq_json_free(whole);
  return j;
}

enum fq_status dp_shift_list(struct fq_query *q) {
  const char *after = fq_json_str(q->params, "after");
  struct dp_area area;
  enum fq_status s = dp_area_asked(q, fq_json_str(q->params, "org"), &area);
  if (s != FQ_OK) return s;
  int64_t limit = fq_json_int(q->params, "limit", 50), before = after ? dp_id_n(after, 's') : INT64_MAX,
          last = 0;
  bool more = false;
  fq_json *rows = fq_json_array();
  fq_stmt *k = fq_sql(
      q->db,
      ROW " WHERE s.n < ?1 AND substr(coalesce(o.path, ''), 1, length(?2)) = ?2"
          " AND (?3 = 0 OR (s.handed_ms IS NOT NULL AND s.taken_ms IS NULL)) ORDER BY s.n DESC LIMIT ?4",
      "isii", before, area.path, (int64_t)fq_json_bool(q->params, "waiting", false), limit + 1);
  while (fq_row(k)) {
    if ((int64_t)fq_json_size(rows) == limit) {
      more = true;
      fq_done(k);
      break;
    }
    last = fq_col_int(k, 0);
    fq_json_push(rows, row(k, false));
  }
  fq_json_set(q->result, "rows", rows);
  if (more) {
    char next[FQ_ID_MAX];
    dp_id_make(next, 's', last);
    fq_json_set_str(q->result, "next", next);
  }
  return FQ_OK;
}

/* One that was handed over, as it was then; without an id, what would be handed over now. */
enum fq_status dp_shift_note(struct fq_query *q) {
  const char *id = fq_json_str(q->params, "id");
  const struct fq_actor *a = q->actor;
  struct dp_shift s;
  if (!id) {
    bool running = shift_of(q->db, a->name, &s);
    fq_json_set(q->result, "summary",
                dp_shift_compose(q->db, a->name, running ? s.org : a->org,
                                 running ? s.started_ms : q->now_ms - UNKNOWN_MS, q->now_ms));
    fq_json_set_str(q->result, "state", "preview");
    if (running) fq_json_set_str(q->result, "running", s.id);
    return FQ_OK;
  }
  if (!shift_load(q->db, id, &s))
    return fq_fail(q->error, FQ_E_NOT_FOUND, "shift.unknown", "params.id", "没有班次 %s", "no shift %s", id);
  if (!a->system && strcmp(s.user, a->name) && strcmp(s.to, a->name) && !fq_org_within(q->db, s.org, a->org))
    return fq_fail(q->error, FQ_E_FORBIDDEN, "shift.foreign", "", "班次 %s 不在您的辖区内",
                   "%s is not within your unit", s.id);
  fq_stmt *k = fq_sql(q->db, ROW " WHERE s.n = ?1", "i", s.n);
  if (!fq_row(k)) return FQ_OK;
  fq_json *j = row(k, true);
  fq_done(k);
  fq_json_each(m, j) fq_json_set(q->result, fq_json_name(m), fq_json_dup(m));
  fq_json_free(j);
  return FQ_OK;
}
