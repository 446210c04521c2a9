/* list.c - requests as others see them: request.list, in incident.get, in view.requests. Reads only. */
#include "request/request.h"

#include <string.h>

static void set_person(fq_json *j, const char *member, fq_stmt *q, int column) {
  if (!fq_col_null(q, column)) fq_json_set_str(j, member, fq_col_str(q, column));
}

static fq_json *row(fq_stmt *q) {
  fq_json *j = fq_json_object();
  char id[FQ_ID_MAX];
  dp_id_make(id, 'r', fq_col_int(q, 0));
  fq_json_set_str(j, "id", id);
  dp_id_make(id, 'i', fq_col_int(q, 1));
  fq_json_set_str(j, "incident", id);
  static const char *const texts[] = {"what",   "state", "asked_by",    "asked_unit", "reason",
                                      "policy", "clock", "answered_by", "note"};
  for (int k = 0; k < 9; k++)
    if (!fq_col_null(q, 2 + k) && *fq_col_str(q, 2 + k)) fq_json_set_str(j, texts[k], fq_col_str(q, 2 + k));
  if (!fq_col_null(q, 11)) fq_json_set_int(j, "by_ms", fq_col_int(q, 11));
  static const char *const times[] = {"until", "due_at", "asked_at", "answered_at"};
  for (int k = 0; k < 4; k++)
    if (!fq_col_null(q, 12 + k)) fq_json_set_time(j, times[k], fq_col_int(q, 12 + k));
  set_person(j, "asked_by_name", q, 16);
  set_person(j, "answered_by_name", q, 17);
  return j;
}

#define COLUMNS                                                                                              \
  "SELECT n, incident, what, state, asked_by, asked_unit, reason, policy, clock, answered_by, note, by_ms,"  \
  " until_ms, due_ms, asked_ms, answered_ms, (SELECT display FROM account WHERE name = asked_by),"           \
  " (SELECT display FROM account WHERE name = answered_by) FROM request "

fq_json *dp_requests_json(fq_db *db, int64_t incident) {
  fq_json *list = fq_json_array();
  fq_stmt *q = fq_sql(db, COLUMNS "WHERE incident = ?1 AND state = 'open' ORDER BY n", "i", incident);
  while (fq_row(q))
    fq_json_push(list, row(q));
  return list;
}

enum fq_status dp_view_requests(struct fq_view *v) {
  int64_t n = dp_id_n(dp_view_subject(v), 'i');
  v->answer = fq_json_array();
  fq_stmt *q = fq_sql(v->db, COLUMNS "WHERE incident = ?1 ORDER BY n", "i", n);
  while (fq_row(q))
    fq_json_push(v->answer, row(q));
  return FQ_OK;
}

enum { LOOKED_AT = 2000 }; /* rows a page walks over at most; it ends there, and the next one goes on */

/* Open ones oldest first, answered ones newest first: which of the two, where it goes on, what is asked. */
struct turn {
  bool open;
  int64_t incident, after; /* 0: of any incident; from the beginning */
  const char *state;
};

static fq_stmt *walk(fq_db *db, const struct turn *t) {
  int64_t after = t->after || t->open ? t->after : INT64_MAX, most = LOOKED_AT + 1;
#define OPEN     "state = 'open' AND n > ?1 ORDER BY n LIMIT ?2"
#define ANSWERED "state <> 'open' AND n < ?1 AND (?3 IS NULL OR state = ?3) ORDER BY n DESC LIMIT ?2"
  static const char *const any[] = {COLUMNS "WHERE " ANSWERED, COLUMNS "WHERE " OPEN};
  static const char *const of_one[] = {COLUMNS "WHERE incident = ?4 AND " ANSWERED,
                                       COLUMNS "WHERE incident = ?4 AND " OPEN};
  if (t->incident) return fq_sql(db, of_one[t->open], "iisi", after, most, t->state, t->incident);
  return t->open ? fq_sql(db, any[1], "ii", after, most) : fq_sql(db, any[0], "iis", after, most, t->state);
}

/* Fills up to `limit` rows that the actor may see. False: there is more, and `next` is the last one looked
 * at. */
static bool fill(struct fq_query *q, const struct turn *t, int64_t limit, fq_json *rows,
                 char next[FQ_ID_MAX]) {
  fq_json *all = fq_json_array();
  int64_t looked = 0;
  bool whole = true;
  fq_stmt *s = walk(q->db, t);
  while (fq_row(s))
    fq_json_push(all, row(s));
  fq_json_each(r, all) {
    struct dp_incident i;
    if ((int64_t)fq_json_size(rows) >= limit || looked++ == LOOKED_AT) {
      whole = false;
      break;
    }
    dp_text(next, FQ_ID_MAX, fq_json_str(r, "id"));
    if (!dp_incident_load(q->db, fq_json_str(r, "incident"), &i) || !dp_may_see(q->db, q->actor, &i))
      continue;
    fq_json *j = fq_json_dup(r);
    fq_json_set_int(j, "number", i.number);
    fq_json_set_str(j, "incident_title", i.title);
    fq_json_set_str(j, "incident_state", dp_state_name(i.state));
    fq_json_push(rows, j);
  }
  fq_json_free(all);
  return whole;
}

enum fq_status dp_request_list(struct fq_query *q) {
  const char *incident = fq_json_str(q->params, "incident"), *state = fq_json_str(q->params, "state"),
             *after = fq_json_str(q->params, "after");
  int64_t limit = fq_json_int(q->params, "limit", 50), from = after ? dp_id_n(after, 'r') : 0;
  struct turn t = {.state = state};
  if (incident) {
    struct dp_incident i;
    enum fq_status s = dp_incident_seen(q, "incident", &i);
    if (s != FQ_OK) return s;
    t.incident = i.n;
  }
  if (after && !from)
    return fq_fail(q->error, FQ_E_PARAMS, "request.unknown", "params.after", "没有申请 %s", "no request %s",
                   after);
  bool open = !state || !strcmp(state, "open"), answered = !state || strcmp(state, "open"), whole = true;
  /* Without a state a page may end among the open ones or among the answered ones: the row tells. */
  bool on =
      state ? open : !from || fq_int(q->db, 0, "SELECT state = 'open' FROM request WHERE n = ?1", "i", from);
  char next[FQ_ID_MAX] = "";
  fq_json *rows = fq_json_array();
  if (open && on) {
    t.open = true;
    t.after = from;
    whole = fill(q, &t, limit, rows, next);
    from = 0;
  }
  if (answered && whole) {
    t.open = false;
    t.after = from;
    whole = fill(q, &t, limit, rows, next);
  }
  fq_json_set(q->result, "rows", rows);
  if (!whole) fq_json_set_str(q->result, "next", next);
  return FQ_OK;
}
