/*
 * report.c - whistle.report: how often the whistle is blown and what comes of it. Too many whistles and too
 * few are both worth a look: the rate per 100 incidents is held against a band. Reader threads.
 */
#include <stdlib.h>
#include <string.h>

#include "whistle/whistle.h"

struct span {
  int64_t from_ms, until_ms, first, beyond; /* incidents: first <= n < beyond */
  double low, high;                         /* whistles per 100 incidents */
  int64_t enough;                           /* fewer incidents say nothing of a rate */
  char path[512];
};

static const char *band(const struct span *s, int64_t incidents, double rate) {
  if (incidents < s->enough) return "few";
  return rate < s->low ? "low" : rate > s->high ? "high" : "sane";
}

static void set_rate(fq_json *j, const struct span *s, int64_t incidents, int64_t whistles) {
  double rate = incidents ? 100.0 * (double)whistles / (double)incidents : 0;
  fq_json_set_int(j, "incidents", incidents);
  fq_json_set_int(j, "whistles", whistles);
  fq_json_set_num(j, "per_100", (double)(int64_t)(rate * 10 + 0.5) / 10);
  fq_json_set_str(j, "band", band(s, incidents, rate));
}

static void set_share(fq_json *j, const char *name, int64_t part, int64_t whole) {
  if (whole) fq_json_set_num(j, name, (double)(int64_t)(1000.0 * (double)part / (double)whole + 0.5) / 1000);
}

#define BLOWN "w.blown_ms >= ?1 AND w.blown_ms < ?2 AND substr(w.path, 1, length(?3)) = ?3"

struct count {
  char org[FQ_ID_MAX];
  int64_t incidents, whistles;
};
struct counts {
  struct count *of;
  size_t n;
};

/* A county has a few dozen townships. */
static void count(struct counts *c, const char *org, int64_t incidents, int64_t whistles) {
  size_t x = 0;
  while (x < c->n && strcmp(c->of[x].org, org))
    x++;
  if (x == c->n) {
    c->of = realloc(c->of, ++c->n * sizeof *c->of);
    if (!c->of) abort(); /* as everywhere: exhaustion ends the process (fengqiao.h, FAILURE) */
    c->of[x] = (struct count){.incidents = 0};
    dp_text(c->of[x].org, sizeof c->of[x].org, org);
  }
  c->of[x].incidents += incidents;
  c->of[x].whistles += whistles;
}

static fq_json *place_row(fq_db *db, const struct span *s, const struct count *c) {
  struct fq_unit u;
  fq_json *row = fq_json_object();
  fq_json_set_str(row, "org", c->org);
  fq_json_set_str(row, "name", fq_org_unit(db, c->org, &u) ? u.name : c->org);
  set_rate(row, s, c->incidents, c->whistles);
  return row;
}

/* By grid as the database counts them, in the narrow table of durations; a township is the sum of its grids.
 * The whistle of an old incident counts where nothing was reported since, too. Gives the incidents of all. */
static int64_t by_place(fq_db *db, const struct span *s, fq_json *townships, fq_json *grids) {
  struct counts above = {NULL, 0};
  int64_t incidents = 0;
  fq_stmt *q = fq_sql(db,
                      "SELECT p.org, sum(p.i), sum(p.w) FROM (SELECT u.org, c.i, 0 w FROM (SELECT unit,"
                      " count(*) i FROM stat_time WHERE n >= ?1 AND n < ?2 AND kept GROUP BY unit) c"
                      " JOIN stat_unit u ON u.code = c.unit UNION ALL SELECT org, 0, count(*) FROM whistle"
                      " WHERE blown_ms >= ?4 AND blown_ms < ?5 GROUP BY org) p JOIN org o ON o.id = p.org"
                      " WHERE substr(o.path, 1, length(?3)) = ?3 GROUP BY p.org ORDER BY p.org",
                      "iisii", s->first, s->beyond, s->path, s->from_ms, s->until_ms);
  while (fq_row(q)) {
    struct count c = {.incidents = fq_col_int(q, 1), .whistles = fq_col_int(q, 2)};
    struct dp_ladder l;
    dp_text(c.org, sizeof c.org, fq_col_str(q, 0));
    dp_ladder_of(db, c.org, &l);
    for (size_t x = 0; x < l.count; x++)
      if (l.rungs[x].level == DP_L_TOWNSHIP) count(&above, l.rungs[x].org, c.incidents, c.whistles);
    fq_json_push(grids, place_row(db, s, &c));
    incidents += c.incidents;
  }
  for (size_t x = 0; x < above.n; x++)
    fq_json_push(townships, place_row(db, s, &above.of[x]));
  free(above.of);
  return incidents;
}

static void set_median(fq_db *db, const struct span *s, const char *unit, int64_t came, fq_json *j) {
  if (!came) return;
  fq_json_set_int(j, "median_arrival_ms",
                  fq_int(db, 0,
                         "SELECT u.came_ms - w.blown_ms FROM whistle w JOIN whistle_unit u ON u.whistle = w.n"
                         " WHERE " BLOWN " AND (?4 IS NULL OR u.unit = ?4) AND u.state IN ('here', 'late')"
                         " ORDER BY 1 LIMIT 1 OFFSET ?5",
                         "iissi", s->from_ms, s->until_ms, s->path, unit, (came - 1) / 2));
}

/* Those excused were not expected: they count neither for nor against. */
#define COUNTS                                                                                               \
  "sum(u.state != 'excused'), sum(u.state IN ('here', 'late')), sum(u.state = 'here'), sum(u.state = "       \
  "'late'),"                                                                                                 \
  " sum(u.state = 'absent'), sum(u.measure IS NOT NULL), sum(t.state IS 'finished')"

static void set_counts(fq_stmt *q, int column, fq_json *j) {
  int64_t called = fq_col_int(q, column), came = fq_col_int(q, column + 1), here = fq_col_int(q, column + 2);
  int64_t measures = fq_col_int(q, column + 5), done = fq_col_int(q, column + 6);
  fq_json_set_int(j, "called", called);
  fq_json_set_int(j, "came", came);
  fq_json_set_int(j, "on_time", here);
  fq_json_set_int(j, "late", fq_col_int(q, column + 3));
  fq_json_set_int(j, "absent", fq_col_int(q, column + 4));
  fq_json_set_int(j, "measures", measures);
  fq_json_set_int(j, "measures_done", done);
  set_share(j, "arrival_rate", came, called);
  set_share(j, "on_time_rate", here, called);
  set_share(j, "measures_done_rate", done, measures);
}

static fq_json *by_department(fq_db *db, const struct span *s, int64_t incidents) {
  fq_json *list = fq_json_array();
  fq_stmt *q =
      fq_sql(db,
             "SELECT u.unit, max(u.name), count(*), " COUNTS
             " FROM whistle w JOIN whistle_unit u ON u.whistle = w.n LEFT JOIN task t ON t.n = u.task"
             " WHERE " BLOWN " GROUP BY u.unit ORDER BY 3 DESC, 1",
             "iis", s->from_ms, s->until_ms, s->path);
  while (fq_row(q)) {
    fq_json *row = fq_json_object();
    fq_json_set_str(row, "unit", fq_col_str(q, 0));
    fq_json_set_str(row, "name", fq_col_str(q, 1));
    set_rate(row, s, incidents, fq_col_int(q, 2));
    set_counts(q, 3, row);
    set_median(db, s, fq_col_str(q, 0), fq_col_int(q, 4), row);
    fq_json_push(list, row);
  }
  return list;
}

static fq_json *total(fq_db *db, const struct span *s, int64_t incidents) {
  fq_json *j = fq_json_object();
  set_rate(
      j, s, incidents,
      fq_int(db, 0, "SELECT count(*) FROM whistle w WHERE " BLOWN, "iis", s->from_ms, s->until_ms, s->path));
  fq_stmt *q =
      fq_sql(db,
             "SELECT " COUNTS
             " FROM whistle w JOIN whistle_unit u ON u.whistle = w.n LEFT JOIN task t ON t.n = u.task"
             " WHERE " BLOWN,
             "iis", s->from_ms, s->until_ms, s->path);
  if (!fq_row(q)) return j;
  int64_t came = fq_col_int(q, 1);
  set_counts(q, 0, j);
  fq_done(q);
  set_median(db, s, NULL, came, j);
  return j;
}

enum fq_status dp_whistle_report(struct fq_query *q) {
  const fq_json *p = q->params;
  struct span s = {.from_ms = fq_time_parse(fq_json_str(p, "from")),
                   .until_ms = fq_time_parse(fq_json_str(p, "until")),
                   .low = fq_json_num(p, "low", 1),
                   .high = fq_json_num(p, "high", 15),
                   .enough = fq_json_int(p, "enough", 20)};
  bool area;
  if (s.until_ms <= s.from_ms || s.high < s.low)
    return fq_fail(q->error, FQ_E_PARAMS, "whistle.span", s.high < s.low ? "params.high" : "params.until",
                   "应晚于 from;high 不小于 low", "until comes after from, and high is not below low");
  enum fq_status st = dp_reach(q, s.path, &area);
  if (st != FQ_OK) return st;
  s.first = dp_incident_since(q->db, s.from_ms);
  s.beyond = dp_incident_since(q->db, s.until_ms);
  fq_json *townships = fq_json_array(), *grids = fq_json_array();
  int64_t incidents = by_place(q->db, &s, townships, grids);
  fq_json_set_num(q->result, "low", s.low);
  fq_json_set_num(q->result, "high", s.high);
  fq_json_set(q->result, "total", total(q->db, &s, incidents));
  fq_json_set(q->result, "townships", townships);
  fq_json_set(q->result, "grids", grids);
  fq_json_set(q->result, "departments", by_department(q->db, &s, incidents));
  return FQ_OK;
}
