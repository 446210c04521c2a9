/*
 * sum.c - what an emergency comes to: who was called and who answered, the incidents of the period and the
 * area, their clocks and tasks. The end's summary, the board and the report count in this one way. Incidents
 * are keyed by journal number, so "since it began" is a range of keys. Reads only; any thread with a handle
 * of its own.
 */
#include <string.h>

#include "emergency/emergency.h"

static void set_time(fq_json *j, const char *name, int64_t ms) {
  if (ms) fq_json_set_time(j, name, ms);
}

static void set_name(fq_db *db, fq_json *j, const char *member, const char *org) {
  struct fq_unit u;
  fq_json_set_str(j, member, fq_org_unit(db, org, &u) ? u.name : org);
}

fq_json *dp_emergency_json(fq_db *db, const struct dp_emergency *e) {
  fq_json *j = fq_json_object();
  char id[FQ_ID_MAX];
  fq_json_set_str(j, "id", e->id);
  fq_json_set_str(j, "state", e->ended_ms ? "ended" : "in_force");
  fq_json_set_str(j, "title", e->title);
  fq_json_set_int(j, "level", e->level);
  fq_json_set_str(j, "org", e->org);
  set_name(db, j, "org_name", e->org);
  if (*e->reason) fq_json_set_str(j, "reason", e->reason);
  if (e->incident) {
    dp_id_make(id, 'i', e->incident);
    fq_json_set_str(j, "incident", id);
  }
  fq_json_set_num(j, "factor", e->factor);
  fq_json_set_str(j, "started_by", e->by);
  fq_json_set_time(j, "started_at", e->started_ms);
  set_time(j, "ended_at", e->ended_ms);
  return j;
}

/* ---- the called ------------------------------------------------------------------------------------- */

static void count_units(fq_db *db, const struct dp_emergency *e, const char *path, fq_json *out) {
  int64_t called = 0, coming = 0, absent = 0;
  fq_json *units = fq_json_array();
  fq_stmt *q =
      fq_sql(db,
             "SELECT k.unit, coalesce(o.name, k.unit), count(*), total(k.coming = 1), total(k.coming = 0)"
             " FROM emergency_call k LEFT JOIN org o ON o.id = k.unit WHERE k.emergency = ?1"
             " AND substr(coalesce(o.path, ''), 1, length(?2)) = ?2 GROUP BY k.unit ORDER BY k.unit",
             "is", e->n, path);
  while (fq_row(q)) {
    int64_t n[3] = {fq_col_int(q, 2), fq_col_int(q, 3), fq_col_int(q, 4)};
    fq_json *u = fq_json_object();
    fq_json_set_str(u, "org", fq_col_str(q, 0));
    fq_json_set_str(u, "name", fq_col_str(q, 1));
    fq_json_set_int(u, "called", n[0]);
    fq_json_set_int(u, "coming", n[1]);
    fq_json_set_int(u, "not_coming", n[2]);
    fq_json_set_int(u, "silent", n[0] - n[1] - n[2]);
    fq_json_push(units, u);
    called += n[0];
    coming += n[1];
    absent += n[2];
  }
  fq_json_set_int(out, "called", called);
  fq_json_set_int(out, "answered", coming + absent);
  fq_json_set_int(out, "coming", coming);
  fq_json_set_int(out, "not_coming", absent);
  fq_json_set_int(out, "silent", called - coming - absent);
  fq_json_set(out, "units", units);
}

/* How long people took to answer: the first, and the one in the middle. */
static void answer_times(fq_db *db, const struct dp_emergency *e, fq_json *out) {
  int64_t n = fq_int(db, 0, "SELECT count(answered_ms) FROM emergency_call WHERE emergency = ?1", "i", e->n);
  static const char nth[] = "SELECT answered_ms - called_ms FROM emergency_call WHERE emergency = ?1"
                            " AND answered_ms IS NOT NULL ORDER BY 1 LIMIT 1 OFFSET ?2";
  if (!n) return;
  fq_json_set_int(out, "first_answer_ms", fq_int(db, 0, nth, "ii", e->n, (int64_t)0));
  fq_json_set_int(out, "median_answer_ms", fq_int(db, 0, nth, "ii", e->n, (n - 1) / 2));
}

fq_json *dp_emergency_calls(fq_db *db, const struct dp_emergency *e, const char *path) {
  fq_json *out = fq_json_object();
  count_units(db, e, path, out);
  answer_times(db, e, out);
  set_time(out, "again_at",
           e->ended_ms ? 0
                       : fq_int(db, 0, "SELECT due_ms FROM timer WHERE id = 'emergency:' || ?1 || ':again'",
                                "s", e->id));
  return out;
}

/* ---- incidents, clocks, tasks of the period --------------------------------------------------------- */

#define PERIOD "i.n > ?1 AND i.n < ?2 AND substr(i.path, 1, length(?3)) = ?3"

static void add_to(fq_json *counts, const char *name, int64_t n) {
  fq_json_set_int(counts, name, fq_json_int(counts, name, 0) + n);
}

static void count_incidents(fq_db *db, const struct dp_emergency *e, int64_t until, const char *path,
                            fq_json *out) {
  static const char *const level[] = {"0", "1", "2", "3", "4"};
  fq_json *sum = fq_json_object(), *states = fq_json_object(), *levels = fq_json_object();
  int64_t total = 0, open = 0;
  fq_stmt *q =
      fq_sql(db,
             "SELECT i.state, i.level, count(*), total(i.ended_ms IS NULL) FROM incident i WHERE " PERIOD
             " GROUP BY i.state, i.level ORDER BY i.state, i.level",
             "iis", e->n, until, path);
  while (fq_row(q)) {
    int64_t n = fq_col_int(q, 2), l = fq_col_int(q, 1);
    add_to(states, fq_col_str(q, 0), n);
    add_to(levels, level[l >= 0 && l <= 4 ? l : 0], n);
    total += n;
    open += fq_col_int(q, 3);
  }
  fq_json_set_int(sum, "total", total);
  fq_json_set_int(sum, "open", open);
  fq_json_set(sum, "by_state", states);
  fq_json_set(sum, "by_level", levels);
  fq_json_set(out, "incidents", sum);
}

static void count_row(fq_json *out, const char *member, const char *const *names, fq_stmt *q) {
  fq_json *j = fq_json_object();
  if (fq_row(q)) {
    for (int k = 0; names[k]; k++)
      fq_json_set_int(j, names[k], fq_col_int(q, k));
    fq_done(q);
  }
  fq_json_set(out, member, j);
}

fq_json *dp_emergency_sum(fq_db *db, const struct dp_emergency *e, const struct dp_area *area,
                          int64_t now_ms) {
  static const char *const clocks[] = {"total", "breached", NULL};
  static const char *const tasks[] = {"total", "accepted", "arrived", "finished", "open", NULL};
  fq_json *out = fq_json_object();
  int64_t until = e->ended_n ? e->ended_n : INT64_MAX;
  fq_json_set_int(out, "duration_ms", (e->ended_ms ? e->ended_ms : now_ms) - e->started_ms);
  fq_json *calls = fq_json_object();
  count_units(db, e, "", calls);
  fq_json_free(fq_json_detach(calls, "units")); /* a county has hundreds; the report asks the table */
  answer_times(db, e, calls);
  fq_json_set(out, "calls", calls);
  count_incidents(db, e, until, area->path, out);
  count_row(out, "clocks", clocks,
            fq_sql(db,
                   "SELECT count(*), total(k.state IN ('breached', 'met_late')) FROM incident i"
                   " JOIN clock k ON k.incident = i.n WHERE " PERIOD,
                   "iis", e->n, until, area->path));
  count_row(out, "tasks", tasks,
            fq_sql(db,
                   "SELECT count(*), count(t.accepted_ms), count(t.arrived_ms), count(t.finished_ms),"
                   " total(t.ended_ms IS NULL) FROM incident i JOIN task t ON t.incident = i.n WHERE " PERIOD,
                   "iis", e->n, until, area->path));
  fq_json_set_int(out, "notes",
                  fq_int(db, 0,
                         "SELECT count(*) FROM journal WHERE subject = ?1 AND subject <> ''"
                         " AND kind = 'emergency.noted'",
                         "s", e->id));
  return out;
}
