/*
 * report.c - mediation.report: at which level disputes were resolved (小事不出村、大事不出镇), how many, how
 * satisfied the parties were. Each row carries the filter with which mediation.list shows its cases. Reader
 * threads.
 */
#include <string.h>

#include "mediation/mediation.h"

struct span {
  int64_t from_ms, until_ms;
  const char *org; /* as asked for, or NULL */
  char path[512];
};

static double share(int64_t part, int64_t whole) {
  return whole ? (double)(int64_t)(1000.0 * (double)part / (double)whole + 0.5) / 1000 : 0;
}

static void set_filter(fq_json *row, const struct span *s, const char *member, const char *value,
                       const char *state) {
  fq_json *f = fq_json_object();
  fq_json_set_time(f, "ended_from", s->from_ms);
  fq_json_set_time(f, "ended_until", s->until_ms);
  if (s->org) fq_json_set_str(f, "org", s->org);
  if (state) fq_json_set_str(f, "state", state);
  if (member) fq_json_set_str(f, member, value);
  fq_json_set(row, "filter", f);
}

/* Those withdrawn were not mediated to an end: they count neither as success nor as failure. */
#define COUNTS                                                                                               \
  "count(*), sum(state = 'settled'), sum(state = 'failed'), sum(state = 'to_court'),"                        \
  " sum(state = 'withdrawn'), sum(satisfied IS 1), sum(satisfied IS NOT NULL)"
#define ENDED " FROM mediation WHERE ended_ms >= ?1 AND ended_ms < ?2 AND substr(path, 1, length(?3)) = ?3"

static void set_counts(fq_stmt *q, int column, fq_json *row) {
  static const char *const names[] = {"ended", "settled", "failed", "to_court", "withdrawn"};
  int64_t v[7];
  for (int k = 0; k < 7; k++)
    v[k] = fq_col_int(q, column + k);
  for (int k = 0; k < 5; k++)
    fq_json_set_int(row, names[k], v[k]);
  if (v[0] > v[4]) fq_json_set_num(row, "success_rate", share(v[1], v[0] - v[4]));
  fq_json_set_int(row, "asked", v[6]);
  if (v[6]) fq_json_set_num(row, "satisfaction_rate", share(v[5], v[6]));
}

static fq_json *rows_by(struct fq_query *q, const struct span *s, const char *sql, const char *member) {
  fq_json *rows = fq_json_array();
  fq_stmt *r = fq_sql(q->db, sql, "iis", s->from_ms, s->until_ms, s->path);
  while (fq_row(r)) {
    fq_json *row = fq_json_object();
    const char *value = fq_col_str(r, 0), *name = fq_col_str(r, 1);
    struct fq_unit u;
    fq_json_set_str(row, member, value);
    if (!strcmp(member, "org"))
      fq_json_set_str(row, "name", fq_org_unit(q->db, value, &u) ? u.name : value);
    else if (name)
      fq_json_set_str(row, "name", name);
    set_counts(r, 2, row);
    set_filter(row, s, member, value, NULL);
    fq_json_push(rows, row);
  }
  return rows;
}

/* Lowest first, with what was settled up to there: "not beyond the village" is one number. */
static fq_json *by_level(struct fq_query *q, const struct span *s) {
  static const struct {
    const char *level, *zh;
  } levels[] = {{"household", "户"}, {"courtyard", "院落"}, {"grid", "网格"},
                {"village", "村"},   {"township", "镇"},    {"county", "县"}};
  fq_json *rows = fq_json_array();
  int64_t settled = fq_int(q->db, 0, "SELECT count(*)" ENDED " AND state = 'settled'", "iis", s->from_ms,
                           s->until_ms, s->path),
          so_far = 0;
  for (size_t k = 0; k < sizeof levels / sizeof *levels; k++) {
    int64_t here = fq_int(q->db, 0, "SELECT count(*)" ENDED " AND state = 'settled' AND level = ?4", "iiss",
                          s->from_ms, s->until_ms, s->path, levels[k].level);
    fq_json *row = fq_json_object();
    fq_json_set_str(row, "level", levels[k].level);
    fq_json_set_str(row, "name", levels[k].zh);
    fq_json_set_int(row, "settled", here);
    so_far += here;
    fq_json_set_num(row, "share", share(here, settled));
    fq_json_set_num(row, "not_beyond", share(so_far, settled));
    set_filter(row, s, "level", levels[k].level, "settled");
    fq_json_push(rows, row);
  }
  return rows;
}

enum fq_status dp_mediation_report(struct fq_query *q) {
  struct span s = {.from_ms = fq_time_parse(fq_json_str(q->params, "from")),
                   .until_ms = fq_time_parse(fq_json_str(q->params, "until")),
                   .org = fq_json_str(q->params, "org")};
  bool area;
  if (s.until_ms <= s.from_ms)
    return fq_fail(q->error, FQ_E_PARAMS, "mediation.span", "params.until", "应晚于 from",
                   "until comes after from");
  enum fq_status st = dp_reach(q, s.path, &area);
  if (st != FQ_OK) return st;
  fq_json *total = fq_json_object();
  fq_json_set_int(total, "opened",
                  fq_int(q->db, 0,
                         "SELECT count(*) FROM mediation WHERE opened_ms >= ?1 AND opened_ms < ?2"
                         " AND substr(path, 1, length(?3)) = ?3",
                         "iis", s.from_ms, s.until_ms, s.path));
  fq_stmt *r = fq_sql(q->db, "SELECT " COUNTS ENDED, "iis", s.from_ms, s.until_ms, s.path);
  if (fq_row(r)) {
    set_counts(r, 0, total);
    fq_done(r);
  }
  set_filter(total, &s, NULL, NULL, NULL);
  fq_json_set(q->result, "total", total);
  fq_json_set(q->result, "levels", by_level(q, &s));
  fq_json_set(
      q->result, "classes",
      rows_by(q, &s, "SELECT class, max(class_name), " COUNTS ENDED " GROUP BY 1 ORDER BY 1", "class"));
  fq_json_set(q->result, "kinds",
              rows_by(q, &s, "SELECT kind, NULL, " COUNTS ENDED " GROUP BY 1 ORDER BY 1", "kind"));
  fq_json_set(q->result, "townships",
              rows_by(q, &s,
                      "SELECT township, NULL, " COUNTS ENDED " AND township != '' GROUP BY 1 ORDER BY 1",
                      "org"));
  return FQ_OK;
}
