/*
 * brief.c - an incident as a line of a list: what is needed to place it, to read it and to send somebody, and
 * no more. A desk with ten thousand open ones starts from these, a page at a time, and asks for those that
 * changed by their ids. Reader threads.
 */
#include <stdlib.h>
#include <string.h>

#include "incident/incident.h"

/* The clocks that run or are paused, the first due first. What has stopped is history. */
static fq_json *clocks(fq_db *db, int64_t n) {
  fq_json *list = fq_json_array();
  fq_stmt *q = fq_sql(db,
                      "SELECT name, policy, state, from_ms, due_ms, limit_ms, remaining_ms, title, grace_ms"
                      " FROM clock WHERE incident = ?1"
                      " AND state IN ('running', 'due_soon', 'overdue', 'breached', 'paused')"
                      " AND stopped_ms IS NULL ORDER BY due_ms, policy, name",
                      "i", n);
  while (fq_row(q)) {
    fq_json *k = fq_json_object();
    fq_json_set_str(k, "name", fq_col_str(q, 0));
    fq_json_set_str(k, "policy", fq_col_str(q, 1));
    fq_json_set_str(k, "state", fq_col_str(q, 2));
    fq_json_set_time(k, "from_at", fq_col_int(q, 3));
    fq_json_set_time(k, "due_at", fq_col_int(q, 4));
    fq_json_set_int(k, "limit_ms", fq_col_int(q, 5));
    if (!fq_col_null(q, 6)) fq_json_set_int(k, "remaining_ms", fq_col_int(q, 6));
    dp_col_text(k, "title", q, 7);
    if (fq_col_int(q, 8)) fq_json_set_int(k, "grace_ms", fq_col_int(q, 8));
    fq_json_push(list, k);
  }
  return list;
}

/* Those at work or done with it. Who declined, lapsed or was withdrawn is not on it. */
static fq_json *tasks(fq_db *db, int64_t n) {
  fq_json *list = fq_json_array();
  fq_stmt *q =
      fq_sql(db,
             "SELECT n, to_user, to_unit, to_team, name, state, rev, role FROM task WHERE incident = ?1"
             " AND state NOT IN ('declined', 'recalled', 'expired') ORDER BY n",
             "i", n);
  while (fq_row(q)) {
    fq_json *t = fq_json_object(), *to = fq_json_object();
    char id[FQ_ID_MAX];
    dp_id_make(id, 't', fq_col_int(q, 0));
    fq_json_set_str(t, "id", id);
    dp_col_text(to, "user", q, 1);
    dp_col_text(to, "unit", q, 2);
    dp_col_text(to, "team", q, 3);
    fq_json_set(t, "to", to);
    fq_json_set_str(t, "name", fq_col_str(q, 4));
    fq_json_set_str(t, "state", fq_col_str(q, 5));
    fq_json_set_int(t, "rev", fq_col_int(q, 6));
    dp_col_text(t, "role", q, 7);
    fq_json_push(list, t);
  }
  return list;
}

/* The places of one answer. A thousand lines lie in a few hundred grids: each is looked up once, unless
 * another has taken its slot. */
enum { PLACES = 256 };
struct places {
  fq_db *db;
  struct dp_ladder at[PLACES];
};

static struct places *places_new(fq_db *db) {
  struct places *p = calloc(1, sizeof *p);
  if (!p) abort();
  p->db = db;
  return p;
}

static const struct dp_ladder *place_of(struct places *p, const char *org) {
  uint32_t h = 2166136261u;
  for (const char *c = org; *c; c++)
    h = (h ^ (unsigned char)*c) * 16777619u;
  struct dp_ladder *l = &p->at[h % PLACES];
  if (!l->count || strcmp(l->place, org)) dp_ladder_of(p->db, org, l);
  return l;
}

/* Nearly always a unit of the place's own line. */
static void owner_set(struct places *p, const struct dp_ladder *l, fq_json *j, const char *level,
                      const char *owner) {
  for (size_t x = 0; x < l->count; x++)
    if (!strcmp(l->rungs[x].org, owner)) return dp_owner_named(j, level, owner, l->rungs[x].name);
  dp_owner_set(p->db, j, level, owner);
}

static fq_json *brief(struct places *p, int64_t n) {
  fq_db *db = p->db;
  fq_stmt *q =
      fq_sql(db,
             "SELECT number, rev, state, category, level, title, lon, lat, acc, org, address, reporter,"
             " owner_level, owner_org, card, urges, reported_ms, suspended_until_ms, rating,"
             " (SELECT count(*) FROM request r WHERE r.incident = incident.n AND r.state = 'open')"
             " FROM incident WHERE n = ?1",
             "i", n);
  if (!fq_row(q)) return NULL;
  fq_json *j = fq_json_object();
  char id[FQ_ID_MAX], org[FQ_ID_MAX], level[16], owner[FQ_ID_MAX];
  dp_id_make(id, 'i', n);
  fq_json_set_str(j, "id", id);
  fq_json_set_int(j, "number", fq_col_int(q, 0));
  fq_json_set_int(j, "rev", fq_col_int(q, 1));
  fq_json_set_str(j, "state", fq_col_str(q, 2));
  fq_json_set_str(j, "category", fq_col_str(q, 3));
  fq_json_set_int(j, "level", fq_col_int(q, 4));
  fq_json_set_str(j, "title", fq_col_str(q, 5));
  fq_json *place = fq_col_null(q, 6) ? NULL
                                     : dp_place_json(fq_col_num(q, 6), fq_col_num(q, 7),
                                                     fq_col_null(q, 8) ? -1 : fq_col_num(q, 8));
  if (place) fq_json_set(j, "place", place);
  dp_text(org, sizeof org, fq_col_str(q, 9));
  fq_json_set_str(j, "org", org);
  dp_col_text(j, "address", q, 10);
  fq_json_set_str(j, "reporter", fq_col_str(q, 11));
  dp_text(level, sizeof level, fq_col_str(q, 12));
  dp_text(owner, sizeof owner, fq_col_str(q, 13));
  dp_col_text(j, "card", q, 14);
  fq_json_set_int(j, "urges", fq_col_int(q, 15));
  dp_col_time(j, "reported_at", q, 16);
  dp_col_time(j, "suspended_until", q, 17);
  if (!fq_col_null(q, 18)) {
    fq_json *rating = fq_json_object();
    fq_json_set_int(rating, "score", fq_col_int(q, 18));
    fq_json_set(j, "rating", rating);
  }
  fq_json_set_int(j, "asked", fq_col_int(q, 19));
  fq_done(q);
  const struct dp_ladder *l = place_of(p, org);
  dp_where_on(l, j);
  owner_set(p, l, j, level, owner);
  fq_json_set(j, "clocks", clocks(db, n));
  fq_json_set(j, "tasks", tasks(db, n));
  return j;
}

/* Ids that are unknown or out of reach are left out: the terminal takes them from its list. */
enum fq_status dp_incident_get_many(struct fq_query *q) {
  fq_json *rows = fq_json_array();
  struct places *p = places_new(q->db);
  fq_json_each(x, fq_json_get(q->params, "ids")) {
    struct dp_incident i;
    if (!dp_incident_load(q->db, fq_json_as_str(x), &i) || !dp_may_see(q->db, q->actor, &i)) continue;
    fq_json *j = brief(p, i.n);
    if (j) fq_json_push(rows, j);
  }
  free(p);
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}

/* What the actor is named in, wherever it is: his reports, his orders; his unit's orders, what was
 * transferred to it, what it is asked to sign. */
#define OWN                                                                                                  \
  "SELECT n FROM incident WHERE reporter = ?1 AND ended_ms IS NULL"                                          \
  " UNION SELECT incident FROM task WHERE to_user = ?1 AND ended_ms IS NULL"                                 \
  " UNION SELECT incident FROM task WHERE to_unit = ?2 AND ended_ms IS NULL"                                 \
  " UNION SELECT incident FROM task WHERE to_team = ?3 AND ended_ms IS NULL"                                 \
  " UNION SELECT n FROM incident WHERE owner_org = ?2 AND ended_ms IS NULL AND away = 1"                     \
  " UNION SELECT incident FROM countersign WHERE unit = ?2 AND state = 'open'"
#define OF(what) "SELECT n FROM (" what ") WHERE n < ?4 ORDER BY n DESC LIMIT ?5"

static fq_stmt *open_ones(struct fq_query *q, int64_t before, int64_t fetch) {
  const struct fq_actor *a = q->actor;
  const char *sits = dp_sits_at(a), *team = dp_team_of(a);
  if (!dp_area_reach(a)) return fq_sql(q->db, OF(OWN), "sssii", a->name, sits, team, before, fetch);
  struct dp_area in;
  dp_area_of(q->db, a->system ? NULL : a->org, &in);
  if (a->system || fq_int(q->db, 0, "SELECT parent = '' FROM org WHERE id = ?1", "s", a->org))
    return fq_sql(q->db, "SELECT n FROM incident WHERE ended_ms IS NULL AND n < ?1 ORDER BY n DESC LIMIT ?2",
                  "ii", before, fetch);
  if (*in.township)
    return fq_sql(q->db,
                  OF(OWN " UNION SELECT n FROM incident WHERE township = ?7 AND ended_ms IS NULL"
                         " AND substr(path, 1, length(?6)) = ?6"),
                  "sssiiss", a->name, sits, team, before, fetch, in.path, in.township);
  return fq_sql(q->db,
                OF(OWN " UNION SELECT n FROM incident WHERE ended_ms IS NULL"
                       " AND substr(path, 1, length(?6)) = ?6"),
                "sssiis", a->name, sits, team, before, fetch, in.path);
}

/* Everything open in reach, newest first: what a terminal starts from. It is what the same session then hears
 * about, so a desk sees what its unit was sent elsewhere, too. Keys first, one more than asked for; then
 * rows. */
enum fq_status dp_incident_open(struct fq_query *q) {
  const char *after = fq_json_str(q->params, "after");
  int64_t before = after ? dp_id_n(after, 'i') : INT64_MAX;
  size_t limit = (size_t)fq_json_int(q->params, "limit", DP_OPEN_PAGE), count = 0;
  if (after && !before)
    return fq_fail(q->error, FQ_E_NOT_FOUND, "incident.unknown", "params.after", "没有事件 %s",
                   "no incident %s", after);
  int64_t *keys = calloc(limit + 1, sizeof *keys);
  if (!keys) abort();
  fq_stmt *s = open_ones(q, before, (int64_t)limit + 1);
  while (fq_row(s) && count <= limit)
    keys[count++] = fq_col_int(s, 0);
  fq_json *rows = fq_json_array();
  struct places *p = places_new(q->db);
  for (size_t x = 0; x < count && x < limit; x++) {
    fq_json *j = brief(p, keys[x]);
    if (j) fq_json_push(rows, j);
  }
  free(p);
  fq_json_set(q->result, "rows", rows);
  if (count > limit) {
    char next[FQ_ID_MAX];
    dp_id_make(next, 'i', keys[limit - 1]);
    fq_json_set_str(q->result, "next", next);
  }
  free(keys);
  return FQ_OK;
}
