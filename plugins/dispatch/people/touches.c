/*
 * touches.c - people.touches: what hangs on a unit or on somebody, asked before either is closed, moved or
 * disabled; and officer.get, what is kept of one who can be sent. Reader threads.
 */
#include <string.h>

#include "people/people.h"

struct count {
  const char *name, *sql;
};

/* ?1 the path of the unit, ?2 now, ?3 the unit. */
#define BELOW " IN (SELECT id FROM org WHERE substr(path, 1, length(?1)) = ?1)"
static const struct count of_unit[] = {
    {"incidents", "SELECT count(*) FROM incident WHERE ended_ms IS NULL AND (substr(path, 1, length(?1)) = ?1"
                  " OR owner_org" BELOW ") AND ?2 AND ?3"},
    {"tasks", "SELECT count(*) FROM task t LEFT JOIN account a ON a.name = t.to_user WHERE t.ended_ms IS NULL"
              " AND (t.to_unit" BELOW " OR t.to_team" BELOW " OR a.org" BELOW ") AND ?2 AND ?3"},
    {"clocks", "SELECT count(*) FROM clock c JOIN incident i ON i.n = c.incident WHERE c.stopped_ms IS NULL"
               " AND i.ended_ms IS NULL AND (substr(i.path, 1, length(?1)) = ?1 OR i.owner_org" BELOW ")"
               " AND ?2 AND ?3"},
    {"officers", "SELECT count(*) FROM officer WHERE (grid" BELOW " OR employer" BELOW " OR manager" BELOW ")"
                 " AND ?2 AND ?3"},
    {"shifts", "SELECT count(*) FROM duty_shift WHERE until_ms > ?2 AND org" BELOW " AND ?3"},
    {"bindings",
     "SELECT count(*) FROM binding WHERE (until_ms IS NULL OR until_ms > ?2) AND org" BELOW " AND ?3"},
    {"fallbacks", "SELECT count(*) FROM fallback WHERE (owner" BELOW " OR org" BELOW ") AND ?2 AND ?3"},
    {NULL, NULL}};
/* ?1 the user, ?2 now, ?3 unused. */
static const struct count of_user[] = {
    {"incidents", "SELECT count(*) FROM incident WHERE ended_ms IS NULL AND reporter = ?1 AND ?2 AND ?3"},
    {"tasks", "SELECT count(*) FROM task WHERE ended_ms IS NULL AND to_user = ?1 AND ?2 AND ?3"},
    {"asked", "SELECT count(*) FROM climb WHERE asked = ?1 AND ?2 AND ?3"},
    {"shifts", "SELECT count(*) FROM duty_shift WHERE user = ?1 AND until_ms > ?2 AND ?3"},
    {"bindings",
     "SELECT count(*) FROM binding WHERE holder = ?1 AND (until_ms IS NULL OR until_ms > ?2) AND ?3"},
    {"deputy_of", "SELECT count(*) FROM leave WHERE deputy = ?1 AND until_ms > ?2 AND ?3"},
    {NULL, NULL}};

static void counted(struct fq_query *q, const struct count *list, const char *first) {
  for (; list->name; list++)
    fq_json_set_int(q->result, list->name, fq_int(q->db, 0, list->sql, "sii", first, q->now_ms, (int64_t)1));
}

/* The unit where somebody sits: within the caller's reach? */
static enum fq_status his_unit(struct fq_query *q, const char *user) {
  char org[FQ_ID_MAX] = "";
  fq_stmt *s = fq_sql(q->db, "SELECT org FROM account WHERE name = ?1", "s", user);
  if (fq_row(s)) {
    dp_text(org, sizeof org, fq_col_str(s, 0));
    fq_done(s);
  }
  if (!*org)
    return fq_fail(q->error, FQ_E_NOT_FOUND, "user.unknown", "params.user", "没有用户 %s", "no user %s",
                   user);
  return dp_org_reach(q, org, "params.user");
}

enum fq_status dp_people_touches(struct fq_query *q) {
  const char *org = fq_json_str(q->params, "org"), *user = fq_json_str(q->params, "user");
  struct dp_area area;
  if (!org == !user)
    return fq_fail(q->error, FQ_E_PARAMS, "params.missing", "params", "请写 org 或 user", "give org or user");
  enum fq_status s = user ? his_unit(q, user) : dp_area_asked(q, org, &area);
  if (s == FQ_OK) counted(q, user ? of_user : of_unit, user ? user : area.path);
  return s;
}

enum fq_status dp_officer_get(struct fq_query *q) {
  const char *user = fq_json_str(q->params, "user");
  enum fq_status st = his_unit(q, user);
  if (st != FQ_OK) return st;
  fq_json_set_str(q->result, "user", user);
  fq_stmt *s =
      fq_sql(q->db, "SELECT skills, capacity, grid, employer, manager, born FROM officer WHERE user = ?1",
             "s", user);
  bool there = fq_row(s);
  const char *skills = there ? fq_col_str(s, 0) : NULL;
  fq_json *list = skills ? fq_json_parse(skills, strlen(skills), NULL) : NULL;
  fq_json_set(q->result, "skills", list ? list : fq_json_array());
  if (!there) return FQ_OK;
  static const char *const texts[] = {"grid", "employer", "manager"};
  for (int k = 0; k < 3; k++)
    if (!fq_col_null(s, 2 + k)) fq_json_set_str(q->result, texts[k], fq_col_str(s, 2 + k));
  if (!fq_col_null(s, 1)) fq_json_set_int(q->result, "capacity", fq_col_int(s, 1));
  if (!fq_col_null(s, 5)) fq_json_set_int(q->result, "born", fq_col_int(s, 5));
  fq_done(s);
  return FQ_OK;
}
