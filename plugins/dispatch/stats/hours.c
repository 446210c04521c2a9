/*
 * hours.c - stats.hours: when people report, by the day of the week and the hour, in the county's time. One
 * pass over the narrow table. Reader threads.
 */
#include <stdlib.h>

#include "stats/stats.h"

enum { DAYS = 7, HOURS = 24, SPAN_DAYS = 28 };

/* Which of the small numbers stand for a unit within `org`. The caller frees. */
static bool *units_within(struct fq_query *q, const char *org, int64_t *count) {
  *count = 1 + fq_int(q->db, 0, "SELECT max(code) FROM stat_unit", "");
  bool *in = calloc((size_t)*count, sizeof *in);
  if (!in) abort();
  fq_stmt *s = fq_sql(q->db, "SELECT code, org FROM stat_unit", "");
  while (fq_row(s)) {
    int64_t code = fq_col_int(s, 0);
    if (code < *count) in[code] = !*org || fq_org_within(q->db, fq_col_str(s, 1), org);
  }
  return in;
}

static void count_hours(struct fq_query *q, const char *org, int64_t from_ms, int64_t until_ms,
                        int64_t of[DAYS][HOURS], int64_t *total) {
  int64_t units;
  bool *in = units_within(q, org, &units);
  fq_stmt *s = fq_sql(q->db, "SELECT at_ms, unit FROM stat_time WHERE n >= ?1 AND at_ms < ?2 AND kept", "ii",
                      st_first_n(q->db, from_ms), until_ms);
  while (fq_row(s)) {
    int64_t at_ms = fq_col_int(s, 0) + ST_ZONE_MS, unit = fq_col_int(s, 1);
    if (unit >= units || !in[unit]) continue;
    /* 1970-01-01 was a Thursday; the week begins on Monday. */
    of[(at_ms / ST_DAY_MS + 3) % DAYS][at_ms % ST_DAY_MS / (ST_DAY_MS / HOURS)]++;
    (*total)++;
  }
  free(in);
}

enum fq_status dp_stats_hours(struct fq_query *q) {
  const char *from = fq_json_str(q->params, "from"), *until = fq_json_str(q->params, "until");
  int64_t until_ms = until ? fq_time_parse(until) : q->now_ms;
  int64_t from_ms = from ? fq_time_parse(from) : until_ms - SPAN_DAYS * ST_DAY_MS;
  int64_t of[DAYS][HOURS] = {{0}}, total = 0;
  char org[FQ_ID_MAX];
  enum fq_status s = st_scope(q, org);
  if (s != FQ_OK) return s;
  if (from_ms >= until_ms)
    return fq_fail(q->error, FQ_E_PARAMS, "stats.span", "params.from", "from 应早于 until",
                   "from should be before until");
  count_hours(q, org, from_ms, until_ms, of, &total);
  fq_json *days = fq_json_array();
  for (int d = 0; d < DAYS; d++) {
    fq_json *hours = fq_json_array();
    for (int h = 0; h < HOURS; h++)
      fq_json_push(hours, fq_json_new_int(of[d][h]));
    fq_json_push(days, hours);
  }
  fq_json_set_time(q->result, "from", from_ms);
  fq_json_set_time(q->result, "until", until_ms);
  fq_json_set_int(q->result, "total", total);
  fq_json_set(q->result, "days", days);
  return FQ_OK;
}
