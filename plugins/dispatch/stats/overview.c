/*
 * overview.c - stats.overview: the figures of a board, asked every few seconds. It reads the open incidents,
 * of which there are few, today's reports, and a row a unit of today's counts. Reader threads.
 */
#include <stdlib.h>
#include <string.h>

#include "stats/stats.h"

enum { TOWNSHIPS_MOST = 512 };

struct figures {
  int64_t open, overdue, reported, closed, breached;
};
struct board {
  struct fq_query *q;
  char org[FQ_ID_MAX];
  int64_t by_state[DP_STATE_COUNT], by_level[5];
  struct figures all, of[TOWNSHIPS_MOST];
  char township[TOWNSHIPS_MOST][FQ_ID_MAX];
  size_t count;
};

/* Of a county that has more townships than any, the rest are counted in the whole only. */
static struct figures *of_township(struct board *b, const char *org) {
  static _Thread_local struct figures nowhere;
  for (size_t x = 0; x < b->count; x++)
    if (!strcmp(b->township[x], org)) return &b->of[x];
  if (b->count == TOWNSHIPS_MOST || !*org) return &nowhere;
  dp_text(b->township[b->count], FQ_ID_MAX, org);
  return &b->of[b->count++];
}

/* State and level stand before the long text in the row, the township in the index: no text is read. */
static void open_ones(struct board *b) {
#define OPEN                                                                                                 \
  "SELECT township, state, level, EXISTS(SELECT 1 FROM clock k WHERE k.incident = i.n AND k.state IN "       \
  "('overdue', 'breached'))"                                                                                 \
  " FROM incident i INDEXED BY incident_open WHERE ended_ms IS NULL AND state <> 'merged'"
  char path[512] = "", township[FQ_ID_MAX] = "";
  struct dp_ladder l;
  if (*b->org) {
    fq_stmt *s = fq_sql(b->q->db, "SELECT path FROM org WHERE id = ?1", "s", b->org);
    if (fq_row(s)) {
      dp_text(path, sizeof path, fq_col_str(s, 0));
      fq_done(s);
    }
    dp_ladder_of(b->q->db, b->org, &l);
    for (size_t x = 0; x < l.count; x++)
      if (l.rungs[x].level == DP_L_TOWNSHIP) dp_text(township, sizeof township, l.rungs[x].org);
  }
  bool whole = !*b->org || fq_int(b->q->db, 0, "SELECT parent = '' FROM org WHERE id = ?1", "s", b->org);
  fq_stmt *s =
      whole ? fq_sql(b->q->db, OPEN, "")
      : !strcmp(township, b->org)
          ? fq_sql(b->q->db, OPEN " AND township = ?1", "s", township)
          : fq_sql(b->q->db, OPEN " AND (?1 = '' OR township = ?1) AND substr(path, 1, length(?2)) = ?2",
                   "ss", township, path);
  while (fq_row(s)) {
    struct figures *f = of_township(b, fq_col_str(s, 0));
    int64_t level = fq_col_int(s, 2), late = fq_col_int(s, 3);
    b->by_state[dp_state_of(fq_col_str(s, 1))]++;
    b->by_level[level >= 1 && level <= 4 ? level : 4]++;
    b->all.open++;
    b->all.overdue += late;
    f->open++;
    f->overdue += late;
  }
}

/* sql gives (unit's code, a number, a number) for today. */
static void today(struct board *b, const char *sql, int64_t from, bool reports) {
  struct {
    int64_t unit, x, y;
  } *rows = NULL;
  size_t count = 0, cap = 0;
  fq_stmt *s = fq_sql(b->q->db, sql, "i", from);
  while (fq_row(s)) {
    if (count == cap) rows = realloc(rows, (cap = cap ? 2 * cap : 256) * sizeof *rows);
    if (!rows) abort();
    rows[count].unit = fq_col_int(s, 0);
    rows[count].x = fq_col_int(s, 1);
    rows[count++].y = fq_col_int(s, 2);
  }
  for (size_t r = 0; r < count; r++) {
    char org[FQ_ID_MAX] = "", township[FQ_ID_MAX] = "";
    s = fq_sql(b->q->db, "SELECT org FROM stat_unit WHERE code = ?1", "i", rows[r].unit);
    if (fq_row(s)) {
      dp_text(org, sizeof org, fq_col_str(s, 0));
      fq_done(s);
    }
    if (*b->org && !fq_org_within(b->q->db, org, b->org)) continue;
    struct dp_ladder l;
    dp_ladder_of(b->q->db, org, &l);
    for (size_t x = 0; x < l.count; x++)
      if (l.rungs[x].level == DP_L_TOWNSHIP) dp_text(township, sizeof township, l.rungs[x].org);
    struct figures *f = of_township(b, township);
    if (reports) {
      f->reported += rows[r].x;
      b->all.reported += rows[r].x;
    } else {
      f->closed += rows[r].x;
      f->breached += rows[r].y;
      b->all.closed += rows[r].x;
      b->all.breached += rows[r].y;
    }
  }
  free(rows);
}

static void set_figures(fq_json *j, const struct figures *f) {
  fq_json_set_int(j, "open", f->open);
  fq_json_set_int(j, "overdue", f->overdue);
  fq_json_set_int(j, "reported", f->reported);
  fq_json_set_int(j, "closed", f->closed);
  fq_json_set_int(j, "breached", f->breached);
}

static void answer(struct board *b, int64_t since_ms) {
  fq_json *result = b->q->result, *states = fq_json_object(), *levels = fq_json_object(),
          *rows = fq_json_array();
  for (int s = 1; s < DP_STATE_COUNT; s++)
    if (b->by_state[s]) fq_json_set_int(states, dp_state_name((enum dp_state)s), b->by_state[s]);
  for (int l = 1; l <= 4; l++)
    fq_json_set_int(levels, (char[]){(char)('0' + l), '\0'}, b->by_level[l]);
  for (size_t x = 0; x < b->count; x++) {
    struct fq_unit u;
    fq_json *row = fq_json_object();
    fq_json_set_str(row, "org", b->township[x]);
    fq_json_set_str(row, "name", fq_org_unit(b->q->db, b->township[x], &u) ? u.name : b->township[x]);
    set_figures(row, &b->of[x]);
    fq_json_push(rows, row);
  }
  fq_json_set_time(result, "at", b->q->now_ms);
  fq_json_set_time(result, "since", since_ms);
  set_figures(result, &b->all);
  fq_json_set(result, "by_state", states);
  fq_json_set(result, "by_level", levels);
  fq_json_set(result, "townships", rows);
  fq_json_set_int(result, "head", b->q->head);
}

enum fq_status dp_stats_overview(struct fq_query *q) {
  struct board *b = calloc(1, sizeof *b);
  if (!b) abort();
  b->q = q;
  enum fq_status s = st_scope(q, b->org);
  if (s == FQ_OK) {
    int64_t day = st_day(q->now_ms), since_ms = day * ST_DAY_MS - ST_ZONE_MS;
    open_ones(b);
    today(b, "SELECT unit, count(*), 0 FROM stat_time WHERE n >= ?1 AND kept GROUP BY unit",
          st_first_n(q->db, since_ms), true);
    today(b, "SELECT unit, closed, breached FROM stat_day WHERE day = ?1", day, false);
    answer(b, since_ms);
  }
  free(b);
  return s;
}
