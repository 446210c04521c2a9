/*
 * Asking about the org tree: all of it, one level, by name, and what hangs on one unit. Reader threads.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "kernel/org.h"

static enum fq_status reach(struct fq_query *q, const char *org, const char *path) {
  if (fq_role_reaches(q->db, q->actor, org) || fq_org_within(q->db, q->actor->org, org)) return FQ_OK;
  return fq_fail(q->error, FQ_E_FORBIDDEN, "scope", path, "单位 %s 不在您的管辖范围内",
                 "unit %s is outside your area", org);
}

static enum fq_status unknown(struct fq_query *q, const char *id, const char *path) {
  return fq_fail(q->error, FQ_E_NOT_FOUND, "org.unknown", path, "没有单位 %s", "no unit %s", id);
}

enum fq_status fq_org_tree(struct fq_query *q) {
  const char *root = fq_json_str(q->params, "root"), *kind = fq_json_str(q->params, "kind");
  char from[512] = "/";
  if (!root && !q->actor->system) root = q->actor->org;
  if (root) {
    struct fq_org_row r;
    enum fq_status st = reach(q, root, "params.root");
    if (st) return st;
    if (!fq_org_row(q->db, root, &r)) return unknown(q, root, "params.root");
    fq_copy(from, sizeof from, r.path);
  }
  int64_t base = 0, depth = fq_json_int(q->params, "depth", 10);
  for (const char *p = from; *p; p++)
    base += *p == '/';
  fq_json *units = fq_json_array();
  fq_stmt *s = fq_sql(q->db,
                      "SELECT id, parent, kind, name, lon, lat, length(path) - length(replace(path, '/', "
                      "'')) AS level FROM org"
                      " WHERE path >= ?1 AND path < ?1 || 'zzzz' AND (?2 IS NULL OR kind = ?2) ORDER BY path",
                      "ss", from, kind);
  while (fq_row(s)) {
    if (fq_col_int(s, 6) - base > depth) continue;
    fq_json *u = fq_json_object();
    fq_json_set_str(u, "id", fq_col_str(s, 0));
    fq_json_set_str(u, "parent", fq_col_str(s, 1));
    fq_json_set_str(u, "kind", fq_col_str(s, 2));
    fq_json_set_str(u, "name", fq_col_str(s, 3));
    if (!fq_col_null(s, 4)) fq_json_set_num(u, "lon", fq_col_num(s, 4));
    if (!fq_col_null(s, 5)) fq_json_set_num(u, "lat", fq_col_num(s, 5));
    fq_json_push(units, u);
  }
  fq_json_set(q->result, "units", units);
  return FQ_OK;
}

/* ---- rows of lists ----------------------------------------------------------------------------------- */

#define LISTED                                                                                               \
  "o.id, o.parent, o.kind, o.name, o.valid_to, o.rev,"                                                       \
  " (SELECT count(*) FROM org c WHERE c.parent = o.id AND (?1 OR c.valid_to IS NULL)),"                      \
  " (SELECT count(*) FROM account a WHERE a.org = o.id AND a.disabled = 0), o.path"

static fq_json *listed(fq_stmt *s) {
  static const char *const texts[] = {"id", "parent", "kind", "name", "valid_to"};
  fq_json *u = fq_json_object();
  for (int k = 0; k < 5; k++)
    if (!fq_col_null(s, k)) fq_json_set_str(u, texts[k], fq_col_str(s, k));
  fq_json_set_int(u, "rev", fq_col_int(s, 5));
  fq_json_set_int(u, "children", fq_col_int(s, 6));
  fq_json_set_int(u, "people", fq_col_int(s, 7));
  return u;
}

enum fq_status fq_org_children(struct fq_query *q) {
  const char *parent = fq_json_str(q->params, "parent"), *after = fq_json_str(q->params, "after");
  int64_t limit = fq_json_int(q->params, "limit", 200), n = 0;
  bool closed = fq_json_bool(q->params, "closed", false), top = !parent;
  if (top) parent = q->actor->system ? "" : q->actor->org; /* the tree begins with the caller's own unit */
  if (parent[0]) {
    struct fq_org_row r;
    if (!fq_org_row(q->db, parent, &r)) return unknown(q, parent, "params.parent");
    enum fq_status st = reach(q, parent, "params.parent");
    if (st) return st;
  }
  fq_json *rows = fq_json_array();
  char last[FQ_ID_MAX] = "";
  fq_stmt *s = top && parent[0] ? fq_sql(q->db, "SELECT " LISTED " FROM org o WHERE o.id = ?2", "is",
                                         (int64_t)closed, parent)
                                : fq_sql(q->db,
                                         "SELECT " LISTED " FROM org o WHERE o.parent = ?2 AND o.id > ?3"
                                         " AND (?1 OR o.valid_to IS NULL) ORDER BY o.id LIMIT ?4",
                                         "issi", (int64_t)closed, parent, after ? after : "", limit + 1);
  while (fq_row(s)) {
    if (n++ == limit) {
      fq_json_set_str(q->result, "next", last);
      fq_done(s);
      break;
    }
    fq_copy(last, sizeof last, fq_col_str(s, 0));
    fq_json_push(rows, listed(s));
  }
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}

/* The units from the root down to the one with this path, without itself. */
static fq_json *above(fq_db *db, const char *path) {
  char *copy = fq_strdup(path), *rest = copy, *id, *last = strrchr(copy, '/');
  fq_json *list = fq_json_array();
  if (last && last > copy) {
    *last = '\0';
    if ((last = strrchr(copy, '/'))) *last = '\0';
  }
  while ((id = strsep(&rest, "/"))) {
    struct fq_unit u;
    if (!*id || !fq_org_unit(db, id, &u)) continue;
    fq_json *one = fq_json_object();
    fq_json_set_str(one, "id", u.id);
    fq_json_set_str(one, "name", u.name);
    fq_json_push(list, one);
  }
  free(copy);
  return list;
}

/* What somebody types is searched for as it is: % and _ are letters. */
static void like(const char *text, char out[200]) {
  size_t n = 0;
  out[n++] = '%';
  for (; *text && n < 190; text++) {
    if (strchr("%_\\", *text)) out[n++] = '\\';
    out[n++] = *text;
  }
  out[n++] = '%';
  out[n] = '\0';
}

enum fq_status fq_org_search(struct fq_query *q) {
  const char *kind = fq_json_str(q->params, "kind"), *after = fq_json_str(q->params, "after");
  const char *typed = fq_json_str(q->params, "text");
  int64_t limit = fq_json_int(q->params, "limit", 20), n = 0;
  bool closed = fq_json_bool(q->params, "closed", false);
  char text[200], from[512] = "", last[FQ_ID_MAX] = "";
  like(typed ? typed : "", text);
  if (!q->actor->system) fq_org_path(q->db, q->actor->org, from);
  fq_json *rows = fq_json_array();
  fq_stmt *s =
      fq_sql(q->db,
             "SELECT " LISTED " FROM org o WHERE (o.name LIKE ?2 ESCAPE '\\' OR o.id LIKE ?2 ESCAPE '\\')"
             " AND (?1 OR o.valid_to IS NULL) AND (?3 IS NULL OR o.kind = ?3) AND o.id > ?4"
             " AND substr(o.path, 1, length(?5)) = ?5 ORDER BY o.id LIMIT ?6",
             "issssi", (int64_t)closed, text, kind, after ? after : "", from, limit + 1);
  while (fq_row(s)) {
    if (n++ == limit) {
      fq_json_set_str(q->result, "next", last);
      fq_done(s);
      break;
    }
    fq_copy(last, sizeof last, fq_col_str(s, 0));
    fq_json *u = listed(s);
    fq_json_set(u, "above", above(q->db, fq_col_str(s, 8)));
    fq_json_push(rows, u);
  }
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}

enum fq_status fq_org_get(struct fq_query *q) {
  const char *id = fq_json_str(q->params, "id");
  struct fq_org_row r;
  if (!fq_org_row(q->db, id, &r)) return unknown(q, id, "params.id");
  enum fq_status st = reach(q, id, "params.id");
  if (st) return st;
  fq_json *unit = fq_org_row_json(&r);
  fq_json_each(m, unit) fq_json_set(q->result, fq_json_name(m), fq_json_dup(m));
  fq_json_free(unit);
  fq_json_set_int(q->result, "rev", r.rev);
  fq_json_set(q->result, "above", above(q->db, r.path));
  static const struct {
    const char *name, *sql;
  } counts[] = {
      {"children", "SELECT count(*) FROM org WHERE parent = ?2 AND valid_to IS NULL AND ?1 <> ''"},
      {"units_below",
       "SELECT count(*) FROM org WHERE path > ?1 AND path < ?1 || 'zzzz' AND valid_to IS NULL AND ?2 <> ''"},
      {"people", "SELECT count(*) FROM account WHERE org = ?2 AND disabled = 0 AND ?1 <> ''"},
      {"people_below",
       "SELECT count(*) FROM account a JOIN org o ON o.id = a.org WHERE a.disabled = 0 AND o.path >= ?1"
       " AND o.path < ?1 || 'zzzz' AND ?2 <> ''"},
  };
  for (size_t k = 0; k < sizeof counts / sizeof *counts; k++)
    fq_json_set_int(q->result, counts[k].name, fq_int(q->db, 0, counts[k].sql, "ss", r.path, id));
  fq_stmt *s = fq_sql(q->db, "SELECT actor, at_ms FROM journal WHERE seq = ?", "i", r.rev);
  if (fq_row(s)) {
    fq_json_set_str(q->result, "changed_by", fq_col_str(s, 0));
    fq_json_set_time(q->result, "changed_at", fq_col_int(s, 1));
    fq_done(s);
  }
  return FQ_OK;
}
