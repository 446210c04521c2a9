/*
 * note.c - what a shift hands to the next, put together by the server from what is open: nothing is left out
 * because somebody was tired. The most pressing matters stand in full, all others by number. Reads only; any
 * thread with a handle of its own.
 */
#include <string.h>

#include "supervise/supervise.h"

#define FULL     100               /* matters told in full, by level, then the oldest first */
#define NUMBERS  20000             /* the others, by number: more than a county has open, 140 KiB */
#define PROMISED INT64_C(43200000) /* what falls due in the next twelve hours is the next shift's */
#define PROMISES 100
#define AREA     "substr(i.path, 1, length(?1)) = ?1"
/* From what is open to its clocks, never the other way: the clocks of all closed ones stay in their table. */
#define OPEN_CLOCKS                                                                                          \
  "incident i INDEXED BY incident_open_n CROSS JOIN clock k ON k.incident = i.n WHERE i.ended_ms IS NULL"

/* ---- counts ------------------------------------------------------------------------------------------- */

/* Newest first until the shift began: keys grow with time, so this costs the shift, not the county. */
static int64_t reported_since(fq_db *db, const struct dp_area *area, int64_t since_ms) {
  int64_t n = 0;
  fq_stmt *q =
      *area->township
          ? fq_sql(db,
                   "SELECT reported_ms, substr(path, 1, length(?1)) = ?1 FROM incident"
                   " WHERE township = ?2 ORDER BY n DESC",
                   "ss", area->path, area->township)
          : fq_sql(db, "SELECT reported_ms, substr(path, 1, length(?1)) = ?1 FROM incident ORDER BY n DESC",
                   "s", area->path);
  while (fq_row(q)) {
    if (fq_col_int(q, 0) < since_ms) {
      fq_done(q);
      break;
    }
    n += fq_col_int(q, 1);
  }
  return n;
}

/* Due within the shift and not met by then: of what is open, and of what was closed in it. */
static int64_t breached_since(fq_db *db, const struct dp_area *area, int64_t since_ms, int64_t now_ms) {
#define LATE "k.due_ms >= ?2 AND k.due_ms <= ?3 AND k.state IN ('breached', 'met_late') AND " AREA
  return fq_int(db, 0, "SELECT count(*) FROM " OPEN_CLOCKS " AND " LATE, "sii", area->path, since_ms,
                now_ms) +
         fq_int(db, 0,
                "SELECT count(*) FROM followup f JOIN incident i ON i.n = f.incident JOIN clock k ON "
                "k.incident = i.n"
                " WHERE f.closed_ms >= ?2 AND i.ended_ms IS NOT NULL AND " LATE,
                "sii", area->path, since_ms, now_ms);
}

/* ---- what is open ------------------------------------------------------------------------------------- */

/* Its most pressing clock. */
static void set_clock(fq_db *db, fq_json *j, int64_t n) {
  fq_stmt *q = fq_sql(db,
                      "SELECT name, title, state, due_ms FROM clock WHERE incident = ?1"
                      " AND state IN ('breached', 'overdue', 'running', 'due_soon', 'paused')"
                      " ORDER BY state NOT IN ('breached', 'overdue'), due_ms LIMIT 1",
                      "i", n);
  if (!fq_row(q)) return;
  fq_json *k = fq_json_object();
  fq_json_set_str(k, "name", fq_col_str(q, 0));
  dp_col_text(k, "title", q, 1);
  fq_json_set_str(k, "state", fq_col_str(q, 2));
  dp_col_time(k, "due_at", q, 3);
  fq_done(q);
  fq_json_set(j, "clock", k);
}

/* Who is on it, by name. */
static void set_sent(fq_db *db, fq_json *j, int64_t n) {
  fq_json *names = fq_json_array();
  fq_stmt *q =
      fq_sql(db, "SELECT name FROM task WHERE incident = ?1 AND ended_ms IS NULL ORDER BY n LIMIT 5", "i", n);
  while (fq_row(q))
    fq_json_push(names, fq_json_new_str(fq_col_str(q, 0)));
  fq_json_set(j, "sent", names);
}

static fq_json *matter(fq_db *db, fq_stmt *q) {
  fq_json *j = fq_json_object();
  char id[FQ_ID_MAX];
  int64_t n = fq_col_int(q, 0);
  dp_id_make(id, 'i', n);
  fq_json_set_str(j, "id", id);
  fq_json_set_int(j, "number", fq_col_int(q, 1));
  fq_json_set_str(j, "title", fq_col_str(q, 2));
  fq_json_set_int(j, "level", fq_col_int(q, 3));
  fq_json_set_str(j, "state", fq_col_str(q, 4));
  dp_col_text(j, "owner", q, 5);
  dp_col_text(j, "card", q, 6);
  if (fq_col_int(q, 7)) fq_json_set_int(j, "urges", fq_col_int(q, 7));
  dp_col_time(j, "reported_at", q, 8);
  dp_col_text(j, "place", q, 9);
  set_clock(db, j, n);
  set_sent(db, j, n);
  return j;
}

static void open_matters(fq_db *db, const struct dp_area *area, fq_json *out) {
  fq_json *open = fq_json_object(), *rows = fq_json_array(), *others = fq_json_array();
  int64_t total = 0;
#define MATTER                                                                                               \
  "SELECT i.n, i.number, i.title, i.level, i.state, coalesce(o.name, i.owner_org), i.card, i.urges,"         \
  " i.reported_ms, coalesce(p.name, i.org) FROM incident i LEFT JOIN org o ON o.id = i.owner_org"            \
  " LEFT JOIN org p ON p.id = i.org WHERE i.ended_ms IS NULL AND " AREA
#define ORDER " ORDER BY i.level, i.n"
  fq_stmt *q = *area->township
                   ? fq_sql(db, MATTER " AND i.township = ?2" ORDER, "ss", area->path, area->township)
                   : fq_sql(db, MATTER ORDER, "s", area->path);
  while (fq_row(q)) {
    if (++total <= FULL)
      fq_json_push(rows, matter(db, q));
    else if (total <= FULL + NUMBERS)
      fq_json_push(others, fq_json_new_int(fq_col_int(q, 1)));
  }
  fq_json_set_int(open, "total", total);
  fq_json_set(open, "rows", rows);
  fq_json_set(open, "others", others);
  fq_json_set(out, "open", open);
}

static void unanswered_cards(fq_db *db, const struct dp_area *area, fq_json *out) {
  fq_json *rows = fq_json_array();
  fq_stmt *q =
      fq_sql(db,
             "SELECT i.number, i.title, k.card, k.note, k.given_ms, k.due_ms, k.overdue_ms IS NOT NULL"
             " FROM card k JOIN incident i ON i.n = k.incident WHERE k.ended_ms IS NULL"
             " AND k.answered_ms IS NULL AND substr(k.path, 1, length(?1)) = ?1 ORDER BY k.n",
             "s", area->path);
  while (fq_row(q)) {
    fq_json *j = fq_json_object();
    fq_json_set_int(j, "number", fq_col_int(q, 0));
    fq_json_set_str(j, "title", fq_col_str(q, 1));
    fq_json_set_str(j, "card", fq_col_str(q, 2));
    dp_col_text(j, "note", q, 3);
    dp_col_time(j, "given_at", q, 4);
    dp_col_time(j, "due_at", q, 5);
    fq_json_set_bool(j, "overdue", fq_col_int(q, 6) != 0);
    fq_json_push(rows, j);
  }
  fq_json_set(out, "cards", rows);
}

/* A safety check-in that nobody answered stays raised until a desk clears it. */
static void alarms(fq_db *db, const struct dp_area *area, fq_json *out) {
  fq_json *rows = fq_json_array();
  fq_stmt *q =
      fq_sql(db,
             "SELECT i.number, i.title, t.name, t.alarm_ms FROM task t JOIN incident i ON i.n = t.incident"
             " WHERE t.alarm_ms IS NOT NULL AND " AREA " ORDER BY t.n",
             "s", area->path);
  while (fq_row(q)) {
    fq_json *j = fq_json_object();
    fq_json_set_int(j, "number", fq_col_int(q, 0));
    fq_json_set_str(j, "title", fq_col_str(q, 1));
    fq_json_set_str(j, "name", fq_col_str(q, 2));
    dp_col_time(j, "raised_at", q, 3);
    fq_json_push(rows, j);
  }
  fq_json_set(out, "alarms", rows);
}

/* More time or a pause, asked for: somebody waits for the answer. */
static void requests(fq_db *db, const struct dp_area *area, fq_json *out) {
  fq_json *rows = fq_json_array();
  fq_stmt *q =
      fq_sql(db,
             "SELECT i.number, i.title, r.what, coalesce(a.display, r.asked_by), r.reason, r.asked_ms"
             " FROM request r JOIN incident i ON i.n = r.incident LEFT JOIN account a ON a.name = r.asked_by"
             " WHERE r.state = 'open' AND " AREA " ORDER BY r.n",
             "s", area->path);
  while (fq_row(q)) {
    fq_json *j = fq_json_object();
    fq_json_set_int(j, "number", fq_col_int(q, 0));
    fq_json_set_str(j, "title", fq_col_str(q, 1));
    fq_json_set_str(j, "what", fq_col_str(q, 2));
    fq_json_set_str(j, "by", fq_col_str(q, 3));
    dp_col_text(j, "reason", q, 4);
    dp_col_time(j, "asked_at", q, 5);
    fq_json_push(rows, j);
  }
  fq_json_set(out, "requests", rows);
}

/* What was promised to somebody by a time that the next shift will see. */
static void promises(fq_db *db, const struct dp_area *area, int64_t now_ms, fq_json *out) {
  fq_json *rows = fq_json_array();
  fq_stmt *q = fq_sql(db,
                      "SELECT i.number, i.title, k.name, k.title, k.due_ms FROM " OPEN_CLOCKS
                      " AND k.state IN ('running', 'due_soon') AND k.due_ms <= ?2 AND " AREA
                      " ORDER BY k.due_ms, i.n LIMIT ?3",
                      "sii", area->path, now_ms + PROMISED, (int64_t)PROMISES);
  while (fq_row(q)) {
    fq_json *j = fq_json_object();
    fq_json_set_int(j, "number", fq_col_int(q, 0));
    fq_json_set_str(j, "title", fq_col_str(q, 1));
    fq_json_set_str(j, "clock", fq_col_str(q, 2));
    dp_col_text(j, "clock_title", q, 3);
    dp_col_time(j, "due_at", q, 4);
    fq_json_push(rows, j);
  }
  fq_json_set(out, "promised", rows);
}

/* Raised and not over: those of the area and those it stands in. */
static void emergencies(fq_db *db, const char *org, fq_json *out) {
  fq_json *rows = fq_json_array();
  fq_stmt *q = fq_sql(db,
                      "SELECT n, title, level, org, started_ms FROM emergency INDEXED BY emergency_in_force"
                      " WHERE ended_ms IS NULL ORDER BY n",
                      "");
  while (fq_row(q)) {
    const char *at = fq_col_str(q, 3);
    if (*org && !fq_org_within(db, at, org) && !fq_org_within(db, org, at)) continue;
    fq_json *j = fq_json_object();
    char id[FQ_ID_MAX];
    dp_id_make(id, 'e', fq_col_int(q, 0));
    fq_json_set_str(j, "id", id);
    fq_json_set_str(j, "title", fq_col_str(q, 1));
    fq_json_set_int(j, "level", fq_col_int(q, 2));
    dp_col_time(j, "started_at", q, 4);
    fq_json_push(rows, j);
  }
  fq_json_set(out, "emergencies", rows);
}

fq_json *dp_shift_compose(fq_db *db, const char *user, const char *org, int64_t since_ms, int64_t now_ms) {
  struct dp_area area;
  struct fq_unit u;
  fq_json *out = fq_json_object(), *counts = fq_json_object();
  dp_area_of(db, org, &area);
  fq_json_set_str(out, "from", user);
  fq_stmt *q = fq_sql(db, "SELECT display FROM account WHERE name = ?1", "s", user);
  if (fq_row(q)) {
    dp_col_text(out, "from_name", q, 0);
    fq_done(q);
  }
  fq_json_set_str(out, "at_org", org);
  fq_json_set_str(out, "org_name", fq_org_unit(db, org, &u) ? u.name : org);
  fq_json_set_time(out, "since_at", since_ms);
  fq_json_set_time(out, "until_at", now_ms);
  fq_json_set_int(counts, "reported", reported_since(db, &area, since_ms));
  fq_json_set_int(
      counts, "closed",
      fq_int(db, 0,
             "SELECT count(*) FROM followup WHERE closed_ms >= ?2 AND substr(path, 1, length(?1)) = ?1", "si",
             area.path, since_ms));
  fq_json_set_int(counts, "breached", breached_since(db, &area, since_ms, now_ms));
  fq_json_set(out, "counts", counts);
  emergencies(db, org, out);
  alarms(db, &area, out);
  requests(db, &area, out);
  open_matters(db, &area, out);
  unanswered_cards(db, &area, out);
  promises(db, &area, now_ms, out);
  return out;
}
