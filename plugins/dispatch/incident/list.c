/*
 * list.c - the queries: incident.get and .list. Reader threads; one consistent
 * snapshot each. Pages are cut by key (n), newest first, never by offset.
 */
#include <stdlib.h>
#include <string.h>

#include "incident/incident.h"
#include "supervise/supervise.h"

static enum fq_status unknown(struct fq_query *q, const char *path, const char *id) {
  return fq_fail(q->error, FQ_E_NOT_FOUND, "incident.unknown", path, "没有事件 %s", "no incident %s",
                 id ? id : "");
}

static enum fq_status foreign(struct fq_query *q, const char *id) {
  return fq_fail(q->error, FQ_E_FORBIDDEN, "incident.foreign", "", "事件 %s 不在您的辖区内",
                 "%s is not within your reach", id);
}

enum fq_status dp_incident_seen(struct fq_query *q, const char *member, struct dp_incident *i) {
  const char *id = fq_json_str(q->params, member);
  if (!dp_incident_load(q->db, id, i)) return unknown(q, member, id);
  return dp_may_see(q->db, q->actor, i) ? FQ_OK : foreign(q, id);
}

/* The result is the incident itself, so its members are moved up one floor. */
enum fq_status dp_incident_get(struct fq_query *q) {
  struct dp_incident i;
  enum fq_status s = dp_incident_seen(q, "id", &i);
  if (s != FQ_OK) return s;
  fq_json *j = dp_incident_json(q->db, i.n, DP_WITH_ALL);
  fq_json_set(j, "cards", dp_cards_json(q->db, i.n));
  fq_json_each(m, j) fq_json_set(q->result, fq_json_name(m), fq_json_dup(m));
  fq_json_free(j);
  return FQ_OK;
}

struct page {
  fq_json *rows;
  int64_t limit, last;
  bool more;
};

static bool page_add(struct page *p, struct fq_query *q, int64_t n) {
  if ((int64_t)fq_json_size(p->rows) == p->limit) {
    p->more = true;
    return false;
  }
  fq_json *j = dp_incident_json(q->db, n, DP_WITH_TASKS | DP_WITH_CLOCKS);
  if (j) fq_json_push(p->rows, j);
  p->last = n;
  return true;
}

/* Rows are asked for in one statement and filled by others; keys are copied out first. */
static void page_fill(struct page *p, struct fq_query *q, fq_stmt *s) {
  int64_t *keys = calloc((size_t)p->limit + 1, sizeof *keys);
  size_t n = 0;
  if (!keys) abort();
  while (fq_row(s)) {
    keys[n++] = fq_col_int(s, 0);
    if (n == (size_t)p->limit + 1) {
      fq_done(s);
      break;
    }
  }
  for (size_t x = 0; x < n && page_add(p, q, keys[x]); x++)
    continue;
  free(keys);
}

#define STRETCH 200000 /* entries: some 20,000 incidents, 20 ms of a reader's time */
#define FILTERS " AND (?4 IS NULL OR state = ?4) AND (?5 IS NULL OR category = ?5) ORDER BY n DESC LIMIT ?6"

enum fq_status dp_incident_list(struct fq_query *q) {
  const fq_json *p = q->params;
  const char *state = fq_json_str(p, "state"), *category = fq_json_str(p, "category"),
             *org = fq_json_str(p, "org");
  const char *after = fq_json_str(p, "after");
  bool open = fq_json_bool(p, "open", false);
  int64_t before = after ? dp_id_n(after, 'i') : INT64_MAX;
  if (after && !before) return unknown(q, "params.after", after);
  struct page page = {.rows = fq_json_array(), .limit = fq_json_int(p, "limit", 50)};
  int64_t fetch = page.limit + 1;

  if (!dp_area_reach(q->actor)) {
    /* His own, and his unit's. No index leads to closed ones, because it would cost every report: they are
     * found by walking back, a stretch of the journal a page; `next` goes on where the stretch ended. */
    int64_t from = before == INT64_MAX ? q->head + 1 : before, floor = from > STRETCH ? from - STRETCH : 0;
    if (open) floor = 0;
    page_fill(&page, q,
              fq_sql(q->db,
                     "SELECT n FROM incident WHERE n < ?1 AND n >= ?8 AND (?7 = 0 OR ended_ms IS NULL)"
                     " AND (reporter = ?2 OR (owner_org = ?3 AND away = 1)"
                     "      OR EXISTS (SELECT 1 FROM task t WHERE t.incident = incident.n"
                     "      AND (t.to_user = ?2 OR t.to_unit = ?3 OR t.to_team = ?9))"
                     "      OR EXISTS (SELECT 1 FROM countersign s WHERE s.incident = incident.n"
                     "      AND s.unit = ?3))" FILTERS,
                     "issssiiis", before, q->actor->name, dp_sits_at(q->actor), state, category, fetch,
                     (int64_t)open, floor, dp_team_of(q->actor)));
    if (!page.more && floor > 0) {
      page.more = true;
      page.last = floor;
    }
  } else {
    struct dp_area s;
    enum fq_status st = dp_area_asked(q, org, &s);
    if (st != FQ_OK) {
      fq_json_free(page.rows);
      return st;
    }
    static const char *const by_township[2] = {
        "SELECT n FROM incident WHERE township = ?3 AND n < ?1 AND substr(path, 1, length(?2)) = ?2" FILTERS,
        "SELECT n FROM incident WHERE township = ?3 AND n < ?1 AND substr(path, 1, length(?2)) = ?2"
        " AND ended_ms IS NULL" FILTERS};
    static const char *const by_county[2] = {
        "SELECT n FROM incident WHERE n < ?1 AND substr(path, 1, length(?2)) = ?2 AND ?3 = ''" FILTERS,
        "SELECT n FROM incident WHERE n < ?1 AND substr(path, 1, length(?2)) = ?2 AND ?3 = ''"
        " AND ended_ms IS NULL" FILTERS};
    const char *sql = *s.township ? by_township[open] : by_county[open];
    page_fill(&page, q, fq_sql(q->db, sql, "issssi", before, s.path, s.township, state, category, fetch));
  }
  fq_json_set(q->result, "rows", page.rows);
  if (page.more) {
    char next[FQ_ID_MAX];
    dp_id_make(next, 'i', page.last);
    fq_json_set_str(q->result, "next", next);
  }
  fq_json_set_int(q->result, "head", q->head);
  return FQ_OK;
}
