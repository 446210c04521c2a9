/*
 * follow.c - after the close: who is asked whether it was well done (回访). Each closing stands in the queue
 * until somebody has asked, or the incident was opened again. Commands and apply on the kernel thread, the
 * queue on reader threads.
 */
#include <string.h>

#include "supervise/supervise.h"

enum { LOW = 2 }; /* of five: very dissatisfied, dissatisfied */

enum fq_status dp_incident_follow_up(struct fq_call *c) {
  struct dp_incident i;
  enum dp_state next;
  enum fq_status s = dp_incident_need(c, "id", &i);
  if (s == FQ_OK) s = dp_step(c, &i, DP_V_FOLLOW_UP, &next);
  if (s != FQ_OK) return s;
  static const char *const members[] = {"satisfied", "text", "by"};
  bool satisfied = fq_json_bool(c->params, "satisfied", true);
  fq_json *data = fq_json_object();
  for (size_t k = 0; k < 3; k++)
    dp_set_opt(data, members[k], c->params, members[k]);
  fq_json_set_int(data, "closing",
                  fq_int(c->db, 0, "SELECT max(n) FROM followup WHERE incident = ?1", "i", i.n));
  if (!satisfied) fq_json_set_str(data, "offer", "incident.reopen");
  if ((s = dp_emit(c, &i, "incident.followed_up", data, NULL)) != FQ_OK) return s;
  fq_json_set_str(c->result, "id", i.id);
  if (!satisfied) fq_json_set_str(c->result, "offer", "incident.reopen");
  return FQ_OK;
}

/* ---- apply ------------------------------------------------------------------------------------------ */

enum fq_status dp_apply_followed_up(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "UPDATE followup SET done_ms = ?2, satisfied = ?3 WHERE n = ?1", "iii",
          fq_json_int(e->data, "closing", 0), e->at_ms, (int64_t)fq_json_bool(e->data, "satisfied", true));
  return FQ_OK;
}

enum fq_status dp_apply_over(struct fq_apply *a, const struct fq_entry *e) {
  int64_t incident = dp_id_n(e->subject, 'i'), source = 0;
  const char *how = e->kind + sizeof "incident." - 1;
  dp_cards_end(a, incident, how, e->at_ms);
  /* A card outlives a merge, lest merging be the way around it; it ends with the other one. */
  while ((source = fq_int(a->db, 0,
                          "SELECT source FROM merged WHERE target = ?1 AND source > ?2 ORDER BY 1 LIMIT 1",
                          "ii", incident, source)))
    dp_cards_end(a, source, how, e->at_ms);
  if (strcmp(how, "closed")) return FQ_OK;
  fq_exec(
      a->db,
      "INSERT INTO followup(n, incident, closed_ms, path) SELECT ?1, n, ?3, path FROM incident WHERE n = ?2",
      "iii", e->seq, incident, e->at_ms);
  return FQ_OK;
}

enum fq_status dp_apply_over_again(struct fq_apply *a, const struct fq_entry *e) {
  int64_t incident = dp_id_n(e->subject, 'i');
  fq_exec(a->db, "UPDATE followup SET done_ms = ?2 WHERE incident = ?1 AND done_ms IS NULL", "ii", incident,
          e->at_ms);
  /* Its card ended with it, and so do those of what was merged into it: nothing shows one that is not open.
   */
  fq_exec(
      a->db,
      "UPDATE incident SET card = NULL WHERE n = ?1 OR n IN (SELECT source FROM merged WHERE target = ?1)",
      "i", incident);
  return FQ_OK;
}

/* The reporter's own low score brings it back, also when somebody had asked before; what he says on the
 * telephone is the asking itself. */
enum fq_status dp_apply_rated_low(struct fq_apply *a, const struct fq_entry *e) {
  if (fq_json_int(e->data, "score", 5) > LOW || fq_json_bool(e->data, "by_phone", false)) return FQ_OK;
  fq_exec(a->db,
          "UPDATE followup SET low = 1, done_ms = NULL WHERE n = (SELECT max(n) FROM followup WHERE incident "
          "= ?1)",
          "i", dp_id_n(e->subject, 'i'));
  return FQ_OK;
}

/* ---- the queue -------------------------------------------------------------------------------------- */

enum fq_status dp_followup_list(struct fq_query *q) {
  const fq_json *p = q->params;
  struct dp_area area;
  enum fq_status s = dp_area_asked(q, fq_json_str(p, "org"), &area);
  if (s != FQ_OK) return s;
  int64_t limit = fq_json_int(p, "limit", 50), last = 0;
  int64_t since_ms = q->now_ms - fq_json_int(p, "days", 30) * INT64_C(86400000);
  bool more = false;
  fq_json *rows = fq_json_array();
  fq_stmt *k =
      fq_sql(q->db,
             "SELECT f.n, f.incident, f.closed_ms, i.number, i.title, i.category, i.level, i.reporter,"
             " coalesce(a.display, i.reporter), i.class, i.address, i.rating, i.rating_text FROM followup f"
             " JOIN incident i ON i.n = f.incident LEFT JOIN account a ON a.name = i.reporter"
             " WHERE f.closed_ms >= ?1 AND f.n > ?2 AND f.done_ms IS NULL"
             " AND substr(f.path, 1, length(?3)) = ?3 AND f.low >= ?5 ORDER BY f.closed_ms, f.n LIMIT ?4",
             "iisii", since_ms, fq_json_int(p, "after", 0), area.path, limit + 1,
             (int64_t)fq_json_bool(p, "low", false));
  while (fq_row(k)) {
    if ((int64_t)fq_json_size(rows) == limit) {
      more = true;
      fq_done(k);
      break;
    }
    static const struct {
      const char *name;
      int column;
    } texts[] = {{"title", 4}, {"category", 5}, {"reporter", 7},    {"reporter_name", 8},
                 {"class", 9}, {"address", 10}, {"rating_text", 12}};
    fq_json *j = fq_json_object();
    char id[FQ_ID_MAX];
    last = fq_col_int(k, 0);
    fq_json_set_int(j, "n", last);
    dp_id_make(id, 'i', fq_col_int(k, 1));
    fq_json_set_str(j, "incident", id);
    fq_json_set_int(j, "number", fq_col_int(k, 3));
    fq_json_set_int(j, "level", fq_col_int(k, 6));
    fq_json_set_time(j, "closed_at", fq_col_int(k, 2));
    for (size_t x = 0; x < sizeof texts / sizeof *texts; x++)
      if (!fq_col_null(k, texts[x].column)) fq_json_set_str(j, texts[x].name, fq_col_str(k, texts[x].column));
    if (!fq_col_null(k, 11)) fq_json_set_int(j, "rating", fq_col_int(k, 11));
    fq_json_push(rows, j);
  }
  fq_json_set(q->result, "rows", rows);
  if (more) fq_json_set_int(q->result, "next", last);
  return FQ_OK;
}
