/*
 * project.c - the rows this part keeps: one of each incident, begun by its report, and one of each day and
 * unit. Small numbers instead of words, so that a million rows are 40 MB; keys that grow, so that a report
 * appends. Kernel thread.
 */
#include <string.h>

#include "stats/stats.h"

/* The small number of a word; words are few and come once. */
static int64_t code_of(struct fq_apply *a, const char *find, const char *add, const char *word) {
  int64_t code = fq_int(a->db, 0, find, "s", word);
  if (code) return code;
  fq_exec(a->db, add, "s", word);
  return fq_int(a->db, 0, find, "s", word);
}

enum fq_status dp_apply_st_reported(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  int64_t unit = code_of(a, "SELECT code FROM stat_unit WHERE org = ?1",
                         "INSERT INTO stat_unit(org) VALUES(?1)", fq_json_str(d, "grid"));
  int64_t category = code_of(a, "SELECT code FROM stat_category WHERE category = ?1",
                             "INSERT INTO stat_category(category) VALUES(?1)", fq_json_str(d, "category"));
  int64_t occurred_ms = fq_time_parse(fq_json_str(d, "occurred_at"));
  fq_exec(a->db,
          "INSERT INTO stat_time(n, at_ms, unit, category, level, kept, detect_ms) VALUES(?1, ?2, ?3, ?4, "
          "?5, 1, ?6)",
          "iiiiii", dp_id_n(e->subject, 'i'), e->at_ms, unit, category, fq_json_int(d, "level", 4),
          e->at_ms - occurred_ms);
  return FQ_OK;
}

/* The first time counts: who is sent again does not make the first dispatch later. */
enum fq_status dp_apply_st_dispatched(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "UPDATE stat_time SET dispatch_ms = ?2 - at_ms WHERE n = ?1 AND dispatch_ms IS NULL", "ii",
          dp_id_n(e->subject, 'i'), e->at_ms);
  return FQ_OK;
}

/* The last time counts. Solved by the reporter himself, nobody was sent: -1, neither measured nor waited for.
 */
enum fq_status dp_apply_st_handled(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db,
          "UPDATE stat_time SET resolve_ms = CASE WHEN dispatch_ms >= 0 THEN ?2 - at_ms - dispatch_ms ELSE "
          "-1 END,"
          " dispatch_ms = coalesce(dispatch_ms, -1) WHERE n = ?1",
          "ii", dp_id_n(e->subject, 'i'), e->at_ms);
  return FQ_OK;
}

/* It was not handled after all: the matter is open again, and so is the measure. */
enum fq_status dp_apply_st_reopened(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(
      a->db,
      "UPDATE stat_time SET kept = 1, resolve_ms = NULL, dispatch_ms = nullif(dispatch_ms, -1) WHERE n = ?1",
      "i", dp_id_n(e->subject, 'i'));
  return FQ_OK;
}

enum fq_status dp_apply_st_verified(struct fq_apply *a, const struct fq_entry *e) {
  return fq_json_bool(e->data, "pass", false) ? FQ_OK : dp_apply_st_reopened(a, e);
}

/* Void, or the same matter as another report: it is no incident of its own. */
enum fq_status dp_apply_st_left(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "UPDATE stat_time SET kept = 0 WHERE n = ?1", "i", dp_id_n(e->subject, 'i'));
  return FQ_OK;
}

enum fq_status dp_apply_st_back(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "UPDATE stat_time SET kept = 1 WHERE n = ?1", "i", dp_id_n(e->subject, 'i'));
  return FQ_OK;
}

enum fq_status dp_apply_st_closed(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(
      a->db,
      "INSERT INTO stat_day(day, unit, closed, breached) SELECT ?2, unit, 1, 0 FROM stat_time WHERE n = ?1"
      " ON CONFLICT(day, unit) DO UPDATE SET closed = closed + 1",
      "ii", dp_id_n(e->subject, 'i'), st_day(e->at_ms));
  return FQ_OK;
}

enum fq_status dp_apply_st_breached(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(
      a->db,
      "INSERT INTO stat_day(day, unit, closed, breached) SELECT ?2, unit, 0, 1 FROM stat_time WHERE n = ?1"
      " ON CONFLICT(day, unit) DO UPDATE SET breached = breached + 1",
      "ii", dp_id_n(e->subject, 'i'), st_day(e->at_ms));
  return FQ_OK;
}

/* ---- reading, for both queries ---------------------------------------------------------------------- */

int64_t st_first_n(fq_db *db, int64_t at_ms) {
  return dp_first_since(db, "SELECT max(n) FROM stat_time",
                        "SELECT n, at_ms FROM stat_time WHERE n >= ?1 ORDER BY n LIMIT 1", at_ms);
}

enum fq_status st_scope(struct fq_query *q, char org[FQ_ID_MAX]) {
  const char *given = fq_json_str(q->params, "org");
  struct fq_unit u;
  dp_text(org, FQ_ID_MAX, given ? given : q->actor->system ? "" : q->actor->org);
  if (given && !fq_org_unit(q->db, given, &u)) return dp_org_unknown(q, given);
  return given ? dp_org_reach(q, given, "params.org") : FQ_OK;
}
