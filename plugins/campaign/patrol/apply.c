/*
 * apply.c - the tables of plans and patrols follow their entries. Fixes are keyed by their time, so a batch
 * that comes twice changes nothing. Kernel thread.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "patrol/patrol.h"

#define STILL_M 8    /* nearer than this the phone lies in a pocket and its fix wanders */
#define FASTEST 60.0 /* metres a second: beyond, the fix jumped */

static int64_t time_of(const fq_json *d, const char *member, int64_t otherwise) {
  const char *s = fq_json_str(d, member);
  return s ? fq_time_parse(s) : otherwise;
}

static void timer(struct fq_apply *a, const char *kind, const char *id, int64_t due_ms, const char *method) {
  char name[FQ_ID_MAX + 24];
  snprintf(name, sizeof name, "patrol:%s:%s", id, kind);
  if (!due_ms) {
    fq_timer_clear(a, name);
    return;
  }
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "id", id);
  fq_timer_set(a, name, due_ms, method, id, params);
}

/* ---- plans ----------------------------------------------------------------------------------------------
 */

enum fq_status cp_apply_planned(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  int64_t every_ms = fq_json_int(d, "every_ms", 0);
  char *points = fq_json_print(fq_json_get(d, "points"));
  fq_exec(
      a->db,
      "INSERT INTO patrol_plan(n, rev, name, org, points, every_ms, set_ms, set_by)"
      " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT(n) DO UPDATE SET rev = ?2, name = ?3, org = ?4,"
      " points = ?5, every_ms = ?6, set_ms = ?7, set_by = ?8, retired_ms = NULL",
      "iisssiis", cp_id_n(e->subject, CP_PLAN), fq_json_int(d, "rev", 1), fq_json_str(d, "name"), e->org,
      points, every_ms, e->at_ms, e->actor);
  free(points);
  timer(a, "due", e->subject, every_ms ? e->at_ms + every_ms : 0, "patrol.remind");
  return FQ_OK;
}

enum fq_status cp_apply_retired(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "UPDATE patrol_plan SET retired_ms = ?2 WHERE n = ?1", "ii", cp_id_n(e->subject, CP_PLAN),
          e->at_ms);
  timer(a, "due", e->subject, 0, NULL);
  return FQ_OK;
}

enum fq_status cp_apply_overdue(struct fq_apply *a, const struct fq_entry *e) {
  timer(a, "due", e->subject, time_of(e->data, "again_at", 0), "patrol.remind");
  return FQ_OK;
}

/* Walked, if only in part: the next time counts from here. */
static void walked(struct fq_apply *a, const char *plan, int64_t at_ms) {
  fq_exec(a->db, "UPDATE patrol_plan SET last_ms = max(coalesce(last_ms, 0), ?2) WHERE n = ?1", "ii",
          cp_id_n(plan, CP_PLAN), at_ms);
  fq_stmt *q = fq_sql(a->db, "SELECT every_ms, last_ms FROM patrol_plan WHERE n = ?1 AND retired_ms IS NULL",
                      "i", cp_id_n(plan, CP_PLAN));
  if (!fq_row(q)) return;
  int64_t every_ms = fq_col_int(q, 0), last_ms = fq_col_int(q, 1);
  fq_done(q);
  if (every_ms) timer(a, "due", plan, last_ms + every_ms, "patrol.remind");
}

/* ---- patrols --------------------------------------------------------------------------------------------
 */

enum fq_status cp_apply_started(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data, *points = fq_json_get(d, "points");
  char *text = points ? fq_json_print(points) : NULL;
  fq_exec(a->db,
          "INSERT INTO patrol(n, key, user, plan, name, org, points, started_ms, began_ms)"
          " VALUES(?1, coalesce(?2, ''), ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
          "ississsii", cp_id_n(e->subject, CP_PATROL), fq_json_str(d, "key"), fq_json_str(d, "user"),
          cp_id_n(fq_json_str(d, "plan"), CP_PLAN), fq_json_str(d, "name"), e->org, text, e->at_ms,
          time_of(d, "at", e->at_ms));
  free(text);
  timer(a, "end", e->subject, time_of(d, "until", 0), "patrol.expire");
  return FQ_OK;
}

/* Ticked again: the later word stands. */
enum fq_status cp_apply_ticked(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data, *place = fq_json_get(d, "place"), *files = fq_json_get(d, "attachments");
  const fq_json *checks = fq_json_get(d, "checks");
  char *names = files ? fq_json_print(files) : NULL, *said = checks ? fq_json_print(checks) : NULL;
  bool far = fq_json_bool(d, "far", false) || fq_json_bool(d, "unplaced", false);
  fq_exec(
      a->db,
      "INSERT INTO patrol_point(patrol, point, at_ms, ok, far, distance_m, lon, lat, note, files, checks)"
      " VALUES(?1, ?2, ?3, ?4, ?5, nullif(?6, -1), ?7, ?8, ?9, ?10, ?11)"
      " ON CONFLICT(patrol, point) DO UPDATE SET at_ms = ?3, ok = ?4, far = ?5, distance_m = nullif(?6, -1),"
      " lon = ?7, lat = ?8, note = ?9, files = coalesce(?10, files), checks = coalesce(?11, checks)",
      "isiiiiddsss", cp_id_n(e->subject, CP_PATROL), fq_json_str(d, "point"), time_of(d, "at", e->at_ms),
      (int64_t)fq_json_bool(d, "ok", true), (int64_t)far, fq_json_int(d, "distance_m", -1),
      place ? fq_json_num(place, "lon", NAN) : NAN, place ? fq_json_num(place, "lat", NAN) : NAN,
      fq_json_str(d, "note"), names, said);
  free(names);
  free(said);
  return FQ_OK;
}

/* Fixes come out of order, batch by batch: what was walked is counted anew over all of them. */
static int64_t metres(fq_db *db, int64_t patrol) {
  double sum = 0, lon = NAN, lat = NAN;
  int64_t last_ms = 0;
  fq_stmt *q =
      fq_sql(db, "SELECT at_ms, lon, lat FROM patrol_fix WHERE patrol = ?1 ORDER BY at_ms", "i", patrol);
  while (fq_row(q)) {
    int64_t at_ms = fq_col_int(q, 0);
    double x = fq_col_num(q, 1), y = fq_col_num(q, 2);
    double step = isnan(lon) ? 0 : fq_distance_m(lon, lat, x, y);
    if (!isnan(lon) && (step < STILL_M || step > FASTEST * (double)(at_ms - last_ms) / 1000)) continue;
    sum += step;
    lon = x;
    lat = y;
    last_ms = at_ms;
  }
  return (int64_t)llround(sum);
}

enum fq_status cp_apply_tracked(struct fq_apply *a, const struct fq_entry *e) {
  int64_t n = cp_id_n(e->subject, CP_PATROL);
  fq_json_each(f, fq_json_get(e->data, "fixes")) {
    const fq_json *lat = fq_json_next(fq_json_first(f));
    fq_exec(a->db, "INSERT OR IGNORE INTO patrol_fix(patrol, at_ms, lon, lat) VALUES(?1, ?2, ?3, ?4)", "iidd",
            n, (int64_t)fq_json_as_num(fq_json_next(lat), 0), fq_json_as_num(fq_json_first(f), 0),
            fq_json_as_num(lat, 0));
  }
  fq_exec(a->db, "UPDATE patrol SET metres = ?2 WHERE n = ?1", "ii", n, metres(a->db, n));
  return FQ_OK;
}

enum fq_status cp_apply_ended(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  const char *plan = fq_json_str(d, "plan");
  int64_t at_ms = time_of(d, "at", e->at_ms);
  fq_exec(a->db, "UPDATE patrol SET ended_ms = ?2, note = ?3, why = ?4 WHERE n = ?1", "iiss",
          cp_id_n(e->subject, CP_PATROL), at_ms, fq_json_str(d, "note"), fq_json_str(d, "why"));
  if (plan && fq_json_int(d, "done", 0)) walked(a, plan, at_ms);
  timer(a, "end", e->subject, 0, NULL);
  return FQ_OK;
}
