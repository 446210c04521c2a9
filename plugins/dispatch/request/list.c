/* list.c - requests as others see them: request.list, in incident.get, in view.requests. Reads only. */
#include "request/request.h"

#include <string.h>

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
  return j;
}

#define COLUMNS                                                                                              \
  "SELECT n, incident, what, state, asked_by, asked_unit, reason, policy, clock, answered_by, note, by_ms,"  \
  " until_ms, due_ms, asked_ms, answered_ms FROM request "

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

enum { LOOKED_AT = 2000 }; /* rows a page walks over at most: what is older is found by its incident */

/* Fills up to `limit` rows that the actor may see; `sql` gives requests in order. */
static void fill(struct fq_query *q, fq_stmt *s, int64_t limit, fq_json *rows) {
  fq_json *all = fq_json_array();
  while (fq_row(s))
    fq_json_push(all, row(s));
  fq_json_each(r, all) {
    struct dp_incident i;
    if ((int64_t)fq_json_size(rows) >= limit) break;
    if (!dp_incident_load(q->db, fq_json_str(r, "incident"), &i) || !dp_may_see(q->db, q->actor, &i))
      continue;
    fq_json *j = fq_json_dup(r);
    fq_json_set_int(j, "number", i.number);
    fq_json_set_str(j, "incident_title", i.title);
    fq_json_set_str(j, "incident_state", dp_state_name(i.state));
    fq_json_push(rows, j);
  }
  fq_json_free(all);
}

enum fq_status dp_request_list(struct fq_query *q) {
  const char *incident = fq_json_str(q->params, "incident"), *state = fq_json_str(q->params, "state");
  int64_t limit = fq_json_int(q->params, "limit", 50), n = 0;
  if (incident) {
    struct dp_incident i;
    enum fq_status s = dp_incident_seen(q, "incident", &i);
    if (s != FQ_OK) return s;
    n = i.n;
  }
  fq_json *rows = fq_json_array();
  if (!state || !strcmp(state, "open"))
    fill(q,
         incident
             ? fq_sql(q->db, COLUMNS "WHERE incident = ?1 AND state = 'open' ORDER BY n", "i", n)
             : fq_sql(q->db, COLUMNS "WHERE state = 'open' ORDER BY n LIMIT ?1", "i", (int64_t)LOOKED_AT),
         limit, rows);
  if (!state || strcmp(state, "open"))
    fill(q,
         incident
             ? fq_sql(q->db,
                      COLUMNS "WHERE incident = ?1 AND state <> 'open' AND (?2 IS NULL OR state = ?2)"
                              " ORDER BY n DESC",
                      "is", n, state)
             : fq_sql(q->db,
                      COLUMNS "WHERE state <> 'open' AND (?2 IS NULL OR state = ?2) ORDER BY n DESC LIMIT"
                              " ?1",
                      "is", (int64_t)LOOKED_AT, state),
         limit, rows);
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}
