/*
 * waiting.c - stats.waiting: how much waits on each of a desk's boards, for the numbers on their tabs. Asked
 * often: each count reads an index of what is open, never what is done. Reader threads.
 */
#include "stats/stats.h"

enum { FOLLOW_UP_DAYS = 30 }; /* as far back as followup.list looks by itself */

enum second { NOTHING, SINCE, WHO };
struct counted {
  const char *name, *loud; /* the second: how many of them are late */
  const char *sql;         /* (count, late); ?1 the area's path, ?2 since when or who asks */
  enum second second;
};

#define AREA(column) "substr(" column ", 1, length(?1)) = ?1"
static const struct counted all[] = {
    {"whistles", "whistles_missing",
     "SELECT count(*), total(EXISTS(SELECT 1 FROM whistle_unit u WHERE u.whistle = w.n AND u.state = "
     "'absent'))"
     " FROM whistle w WHERE w.ended_ms IS NULL AND " AREA("w.path"),
     NOTHING},
    {"cards", "cards_overdue",
     "SELECT count(*), count(overdue_ms) FROM card WHERE ended_ms IS NULL AND answered_ms IS NULL"
     " AND " AREA("path"),
     NOTHING},
    {"requests", NULL,
     "SELECT count(*), 0 FROM request r JOIN incident i ON i.n = r.incident WHERE r.state = 'open'"
     " AND " AREA("i.path"),
     NOTHING},
    {"countersigns", "countersigns_overdue",
     "SELECT count(*), total(overdue) FROM countersign c JOIN incident i ON i.n = c.incident"
     " WHERE c.state = 'open' AND " AREA("i.path"),
     NOTHING},
    {"follow_ups", "follow_ups_low",
     "SELECT count(*), total(low) FROM followup WHERE closed_ms >= ?2 AND done_ms IS NULL AND " AREA("path"),
     SINCE},
    {"mediations", NULL, "SELECT count(*), 0 FROM mediation WHERE state = 'open' AND " AREA("path"), NOTHING},
    {"shifts", NULL,
     "SELECT count(*), 0 FROM shift s JOIN org o ON o.id = s.org WHERE s.handed_ms IS NOT NULL"
     " AND s.taken_ms IS NULL AND s.user <> ?2 AND " AREA("o.path"),
     WHO},
};

static fq_stmt *count(struct fq_query *q, const struct counted *c, const char *path) {
  switch (c->second) {
  case SINCE:
    return fq_sql(q->db, c->sql, "si", path, q->now_ms - FOLLOW_UP_DAYS * ST_DAY_MS);
  case WHO:
    return fq_sql(q->db, c->sql, "ss", path, q->actor->name);
  default:
    return fq_sql(q->db, c->sql, "s", path);
  }
}

enum fq_status dp_stats_waiting(struct fq_query *q) {
  struct dp_area area;
  enum fq_status s = dp_area_asked(q, fq_json_str(q->params, "org"), &area);
  if (s != FQ_OK) return s;
  for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
    fq_stmt *row = count(q, &all[k], area.path);
    if (!fq_row(row)) continue;
    fq_json_set_int(q->result, all[k].name, fq_col_int(row, 0));
    if (all[k].loud) fq_json_set_int(q->result, all[k].loud, fq_col_int(row, 1));
    fq_done(row);
  }
  return FQ_OK;
}
