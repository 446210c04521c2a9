/*
 * list.c - plans, patrols, one patrol with its track, and how well the plans of an area are walked. Reader
 * threads.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "patrol/patrol.h"

#define TRACK_MOST 2000 /* points of a line: more are not seen on a map */
#define DAYS_30    (30 * 86400000LL)

static void col_text(fq_json *j, const char *name, fq_stmt *q, int column) {
  const char *s = fq_col_str(q, column);
  if (s && *s) fq_json_set_str(j, name, s);
}

static void col_time(fq_json *j, const char *name, fq_stmt *q, int column) {
  if (fq_col_int(q, column)) fq_json_set_time(j, name, fq_col_int(q, column));
}

static void col_json(fq_json *j, const char *name, fq_stmt *q, int column) {
  const char *s = fq_col_str(q, column);
  fq_json *v = s ? fq_json_parse(s, strlen(s), NULL) : NULL;
  if (v) fq_json_set(j, name, v);
}

/* The subtree asked for, as the start of a unit's path; "" for the whole county. */
static enum fq_status area_of(struct fq_query *q, char path[512]) {
  const char *org = fq_json_str(q->params, "org");
  bool named = org != NULL;
  path[0] = '\0';
  if (!org && q->actor->system) return FQ_OK;
  if (!org) org = q->actor->org;
  fq_stmt *s = fq_sql(q->db, "SELECT path FROM org WHERE id = ?1", "s", org);
  if (!fq_row(s))
    return fq_fail(q->error, FQ_E_PARAMS, "org.unknown", "params.org", "没有机构 %s", "no unit %s", org);
  cp_text(path, 512, fq_col_str(s, 0));
  fq_done(s);
  if (!named || q->actor->system || fq_org_within(q->db, org, q->actor->org)) return FQ_OK;
  return fq_fail(q->error, FQ_E_FORBIDDEN, "org.foreign", "params.org", "%s 不在您的辖区内",
                 "%s is not within your unit", org);
}

/* ---- plans ----------------------------------------------------------------------------------------------
 */

static fq_json *plan_row(struct fq_query *q, struct cp_plan *p) {
  struct fq_unit u;
  fq_json *j = fq_json_object();
  int64_t due_ms = p->every_ms ? (p->last_ms > p->set_ms ? p->last_ms : p->set_ms) + p->every_ms : 0;
  fq_json_set_str(j, "id", p->id);
  fq_json_set_int(j, "rev", p->rev);
  fq_json_set_str(j, "name", p->name);
  fq_json_set_str(j, "org", p->org);
  if (fq_org_unit(q->db, p->org, &u)) fq_json_set_str(j, "org_name", u.name);
  fq_json_set(j, "points", p->points);
  p->points = NULL;
  if (p->every_ms) fq_json_set_int(j, "every_ms", p->every_ms);
  if (p->last_ms) fq_json_set_time(j, "last_at", p->last_ms);
  if (due_ms) fq_json_set_time(j, "due_at", due_ms);
  if (due_ms && due_ms < q->now_ms) fq_json_set_bool(j, "overdue", true);
  return j;
}

/* Those he may walk; for a desk those of its area. */
enum fq_status cp_patrol_plans(struct fq_query *q) {
  int64_t limit = fq_json_int(q->params, "limit", 100);
  int64_t after = cp_id_n(fq_json_str(q->params, "after"), CP_PLAN);
  fq_json *rows = fq_json_array();
  char path[512], id[FQ_ID_MAX], last[FQ_ID_MAX] = "";
  enum fq_status st = area_of(q, path);
  if (st != FQ_OK) return st;
  bool named = fq_json_get(q->params, "org") != NULL;
  fq_stmt *s =
      fq_sql(q->db,
             "SELECT p.n, substr(o.path, 1, length(?2)) = ?2 FROM patrol_plan p JOIN org o ON o.id = p.org"
             " WHERE p.n > ?1 AND p.retired_ms IS NULL ORDER BY p.n",
             "is", after, path);
  while (fq_row(s)) {
    struct cp_plan p;
    if (named && !fq_col_int(s, 1)) continue;
    cp_id_make(id, CP_PLAN, fq_col_int(s, 0));
    if (!cp_plan_load(q->db, id, &p)) continue;
    bool his = cp_plan_his(q->db, &p, q->actor);
    if (his && (int64_t)fq_json_size(rows) == limit) {
      fq_json_set_str(q->result, "next", last);
      cp_plan_free(&p);
      fq_done(s);
      break;
    }
    if (his) {
      cp_text(last, sizeof last, id);
      fq_json_push(rows, plan_row(q, &p));
    }
    cp_plan_free(&p);
  }
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}

/* ---- patrols --------------------------------------------------------------------------------------------
 */

#define PATROL_COLUMNS                                                                                       \
  "p.n, p.user, coalesce(a.display, p.user), p.plan, p.name, p.org, coalesce(o.name, p.org), p.began_ms,"    \
  " p.ended_ms, p.why, p.note, coalesce(json_array_length(p.points), 0), p.metres,"                          \
  " (SELECT count(*) FROM patrol_point k WHERE k.patrol = p.n),"                                             \
  " (SELECT count(*) FROM patrol_point k WHERE k.patrol = p.n AND k.far),"                                   \
  " (SELECT count(*) FROM patrol_point k WHERE k.patrol = p.n AND NOT k.ok),"                                \
  " (SELECT max(at_ms) FROM patrol_fix f WHERE f.patrol = p.n), p.key"
#define PATROL_FROM " FROM patrol p LEFT JOIN account a ON a.name = p.user LEFT JOIN org o ON o.id = p.org "

static fq_json *patrol_row(fq_db *db, fq_stmt *s) {
  fq_json *j = fq_json_object();
  char id[FQ_ID_MAX];
  cp_id_make(id, CP_PATROL, fq_col_int(s, 0));
  fq_json_set_str(j, "id", id);
  fq_json_set_str(j, "user", fq_col_str(s, 1));
  fq_json_set_str(j, "display", fq_col_str(s, 2));
  if (fq_col_int(s, 3)) {
    cp_id_make(id, CP_PLAN, fq_col_int(s, 3));
    fq_json_set_str(j, "plan", id);
  }
  col_text(j, "name", s, 4);
  fq_json_set_str(j, "org", fq_col_str(s, 5));
  fq_json_set_str(j, "org_name", fq_col_str(s, 6));
  fq_json_set_time(j, "began_at", fq_col_int(s, 7));
  col_time(j, "ended_at", s, 8);
  col_text(j, "why", s, 9);
  col_text(j, "note", s, 10);
  static const char *const counts[] = {"points", "metres", "done", "far", "findings"};
  for (int k = 0; k < 5; k++)
    fq_json_set_int(j, counts[k], fq_col_int(s, 11 + k));
  col_time(j, "last_at", s, 16);
  col_text(j, "key", s, 17);
  fq_stmt *f = fq_sql(db, "SELECT lon, lat FROM patrol_fix WHERE patrol = ?1 ORDER BY at_ms DESC LIMIT 1",
                      "i", fq_col_int(s, 0));
  if (fq_row(f)) {
    fq_json *place = fq_json_object();
    fq_json_set_num(place, "lon", fq_col_num(f, 0));
    fq_json_set_num(place, "lat", fq_col_num(f, 1));
    fq_json_set(j, "place", place);
    fq_done(f);
  }
  return j;
}

enum fq_status cp_patrol_list(struct fq_query *q) {
  int64_t limit = fq_json_int(q->params, "limit", 50);
  const char *after = fq_json_str(q->params, "after"), *user = fq_json_str(q->params, "user");
  const char *from = fq_json_str(q->params, "from"), *until = fq_json_str(q->params, "until");
  bool area = cp_area_reach(q->actor);
  char path[512] = "", last[FQ_ID_MAX] = "";
  if (area) {
    enum fq_status st = area_of(q, path);
    if (st != FQ_OK) return st;
  } else {
    user = q->actor->name; /* others walk their own */
  }
  fq_json *rows = fq_json_array();
  fq_stmt *s = fq_sql(
      q->db,
      "SELECT " PATROL_COLUMNS PATROL_FROM
      "WHERE p.n < ?1 AND (?2 = '' OR substr(o.path, 1, length(?2)) = ?2)"
      " AND (?3 IS NULL OR p.user = ?3) AND (?4 = 0 OR p.plan = ?4)"
      " AND (?5 < 0 OR (p.ended_ms IS NULL) = ?5) AND p.began_ms >= ?6 AND p.began_ms < ?7"
      " ORDER BY p.n DESC LIMIT ?8",
      "issiiiii", after ? cp_id_n(after, CP_PATROL) : INT64_MAX, path, user,
      cp_id_n(fq_json_str(q->params, "plan"), CP_PLAN),
      fq_json_get(q->params, "running") ? (int64_t)fq_json_bool(q->params, "running", false) : (int64_t)-1,
      from ? fq_time_parse(from) : (int64_t)0, until ? fq_time_parse(until) : INT64_MAX, limit + 1);
  while (fq_row(s)) {
    if ((int64_t)fq_json_size(rows) == limit) {
      fq_json_set_str(q->result, "next", last);
      fq_done(s);
      break;
    }
    cp_id_make(last, CP_PATROL, fq_col_int(s, 0));
    fq_json_push(rows, patrol_row(q->db, s));
  }
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}

static fq_json *points(fq_db *db, const struct cp_patrol *p) {
  fq_json *list = fq_json_array();
  fq_json_each(m, p->points) {
    fq_json *j = fq_json_dup(m);
    fq_stmt *q = fq_sql(db,
                        "SELECT at_ms, ok, far, distance_m, note, files, checks FROM patrol_point"
                        " WHERE patrol = ?1 AND point = ?2",
                        "is", p->n, fq_json_str(m, "id"));
    if (fq_row(q)) {
      fq_json *done = fq_json_object();
      fq_json_set_time(done, "at", fq_col_int(q, 0));
      fq_json_set_bool(done, "ok", fq_col_int(q, 1) != 0);
      if (fq_col_int(q, 2)) fq_json_set_bool(done, "far", true);
      if (!fq_col_null(q, 3)) fq_json_set_int(done, "distance_m", fq_col_int(q, 3));
      col_text(done, "note", q, 4);
      col_json(done, "attachments", q, 5);
      col_json(done, "checks", q, 6);
      fq_json_set(j, "done", done);
      fq_done(q);
    }
    fq_json_push(list, j);
  }
  return list;
}

/* Every so many of the fixes, and the last of them. */
static fq_json *track(fq_db *db, int64_t patrol) {
  fq_json *list = fq_json_array();
  int64_t count = fq_int(db, 0, "SELECT count(*) FROM patrol_fix WHERE patrol = ?1", "i", patrol);
  int64_t step = 1 + count / TRACK_MOST, at = 0;
  fq_stmt *q =
      fq_sql(db, "SELECT lon, lat, at_ms FROM patrol_fix WHERE patrol = ?1 ORDER BY at_ms", "i", patrol);
  while (fq_row(q)) {
    bool last = ++at == count;
    if (at % step && !last && at != 1) continue;
    fq_json *f = fq_json_array();
    fq_json_push(f, fq_json_new_num(fq_col_num(q, 0)));
    fq_json_push(f, fq_json_new_num(fq_col_num(q, 1)));
    fq_json_push(f, fq_json_new_int(fq_col_int(q, 2)));
    fq_json_push(list, f);
  }
  return list;
}

enum fq_status cp_patrol_get(struct fq_query *q) {
  struct cp_patrol p;
  const char *id = fq_json_str(q->params, "id");
  if (!cp_patrol_load(q->db, id, &p))
    return fq_fail(q->error, FQ_E_NOT_FOUND, "patrol.unknown", "params.id", "没有巡逻 %s", "no patrol %s",
                   id);
  bool may = !strcmp(p.user, q->actor->name) ||
             (cp_area_reach(q->actor) && (q->actor->system || fq_org_within(q->db, p.org, q->actor->org)));
  if (!may) {
    cp_patrol_free(&p);
    return fq_fail(q->error, FQ_E_FORBIDDEN, "patrol.foreign", "params.id", "%s 与您无关",
                   "%s is no business of yours", id);
  }
  fq_stmt *s = fq_sql(q->db, "SELECT " PATROL_COLUMNS PATROL_FROM "WHERE p.n = ?1", "i", p.n);
  if (fq_row(s)) {
    fq_json *row = patrol_row(q->db, s);
    fq_done(s);
    fq_json_each(m, row) fq_json_set(q->result, fq_json_name(m), fq_json_dup(m));
    fq_json_free(row);
  }
  fq_json_set(q->result, "round", points(q->db, &p));
  if (fq_json_bool(q->params, "track", true)) fq_json_set(q->result, "track", track(q->db, p.n));
  cp_patrol_free(&p);
  return FQ_OK;
}

/* ---- how well the plans are walked ------------------------------------------------------------------------
 */

static void walks(fq_db *db, const struct cp_plan *p, int64_t from_ms, int64_t until_ms, fq_json *row) {
  fq_stmt *s = fq_sql(
      db,
      "SELECT count(DISTINCT w.n), count(k.point), coalesce(sum(k.far), 0), coalesce(sum(NOT k.ok), 0)"
      " FROM patrol w LEFT JOIN patrol_point k ON k.patrol = w.n WHERE w.plan = ?1 AND w.began_ms >= ?2"
      " AND w.began_ms < ?3",
      "iii", p->n, from_ms, until_ms);
  static const char *const members[] = {"walks", "ticked", "far", "findings"};
  if (!fq_row(s)) return;
  for (int k = 0; k < 4; k++)
    fq_json_set_int(row, members[k], fq_col_int(s, k));
  fq_done(s);
  int64_t wanted = fq_int(db, 0,
                          "SELECT coalesce(sum(json_array_length(points)), 0) FROM patrol WHERE plan = ?1"
                          " AND began_ms >= ?2 AND began_ms < ?3",
                          "iii", p->n, from_ms, until_ms);
  fq_json_set_int(row, "wanted", wanted);
}

enum fq_status cp_patrol_coverage(struct fq_query *q) {
  const char *from = fq_json_str(q->params, "from"), *until = fq_json_str(q->params, "until");
  int64_t until_ms = until ? fq_time_parse(until) : q->now_ms;
  int64_t from_ms = from ? fq_time_parse(from) : until_ms - DAYS_30;
  int64_t limit = fq_json_int(q->params, "limit", 100);
  char path[512], id[FQ_ID_MAX] = "";
  enum fq_status st = area_of(q, path);
  if (st != FQ_OK) return st;
  fq_json *rows = fq_json_array();
  fq_stmt *s =
      fq_sql(q->db,
             "SELECT p.n FROM patrol_plan p JOIN org o ON o.id = p.org WHERE p.n > ?1"
             " AND p.retired_ms IS NULL AND substr(o.path, 1, length(?2)) = ?2 ORDER BY p.n LIMIT ?3",
             "isi", cp_id_n(fq_json_str(q->params, "after"), CP_PLAN), path, limit + 1);
  while (fq_row(s)) {
    struct cp_plan p;
    if ((int64_t)fq_json_size(rows) == limit) {
      fq_json_set_str(q->result, "next", id);
      fq_done(s);
      break;
    }
    cp_id_make(id, CP_PLAN, fq_col_int(s, 0));
    if (!cp_plan_load(q->db, id, &p)) continue;
    fq_json *row = plan_row(q, &p);
    fq_json_set_int(row, "points", (int64_t)fq_json_size(fq_json_get(row, "points")));
    walks(q->db, &p, from_ms, until_ms, row);
    fq_json_push(rows, row);
  }
  fq_json_set_time(q->result, "from", from_ms);
  fq_json_set_time(q->result, "until", until_ms);
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}
