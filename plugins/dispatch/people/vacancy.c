/*
 * vacancy.c - where nobody sits: roster.vacancies lists grids, villages, townships and police posts without
 * anybody, since when, and who covers. Since when is a small projection of its own: who sits where (`seat`),
 * and which unit lost its last one when (`vacancy`). Kernel thread; the query on a reader thread.
 */
#include <stdio.h>
#include <string.h>

#include "people/people.h"

/* Whoever can have work of a unit counts as sitting there: not its residents, not its administrators. */
#define SEATED ((int64_t)FQ_ROLE_OFFICER | DP_DESKS)

/* He sits now where his account and officer.set say; where he sat may be empty now. */
void dp_seat_moved(struct fq_apply *a, const char *user, int64_t at_ms) {
  char was[FQ_ID_MAX] = "", is[FQ_ID_MAX] = "";
  fq_stmt *q = fq_sql(a->db, "SELECT org FROM seat WHERE user = ?1", "s", user);
  if (fq_row(q)) {
    dp_text(was, sizeof was, fq_col_str(q, 0));
    fq_done(q);
  }
  q = fq_sql(a->db,
             "SELECT coalesce(f.grid, a.org) FROM account a LEFT JOIN officer f ON f.user = a.name"
             " WHERE a.name = ?1 AND a.disabled = 0 AND (a.roles & ?2) != 0",
             "si", user, SEATED);
  if (fq_row(q)) {
    dp_text(is, sizeof is, fq_col_str(q, 0));
    fq_done(q);
  }
  if (!strcmp(was, is)) return;
  if (*is) {
    fq_exec(a->db, "INSERT OR REPLACE INTO seat(user, org) VALUES(?1, ?2)", "ss", user, is);
    fq_exec(a->db, "DELETE FROM vacancy WHERE org = ?1", "s", is);
  } else {
    fq_exec(a->db, "DELETE FROM seat WHERE user = ?1", "s", user);
  }
  if (*was)
    fq_exec(a->db,
            "INSERT OR IGNORE INTO vacancy(org, since_ms) SELECT ?1, ?2"
            " WHERE NOT EXISTS(SELECT 1 FROM seat WHERE org = ?1)",
            "si", was, at_ms);
}

/* An account of the server's: its own apply comes first, so the row says what is so now. */
enum fq_status dp_apply_seated(struct fq_apply *a, const struct fq_entry *e) {
  dp_seat_moved(a, e->subject, e->at_ms);
  return dp_apply_staff_moved(a, e);
}

enum fq_status dp_apply_unseated(struct fq_apply *a, const struct fq_entry *e) {
  return dp_apply_seated(a, e);
}

enum fq_status dp_apply_unit(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db,
          "INSERT OR IGNORE INTO vacancy(org, since_ms) SELECT ?1, ?2"
          " WHERE NOT EXISTS(SELECT 1 FROM seat WHERE org = ?1)",
          "si", e->subject, e->at_ms);
  return dp_apply_staff_moved(a, e);
}

/* ---- the report ------------------------------------------------------------------------------------------
 */

#define UNITS " kind IN ('grid', 'village', 'police_post', 'township') AND valid_to IS NULL"

/* The deputy rule: whoever is bound to the unit, else the next rung above it that somebody sits on. */
static fq_json *cover(fq_db *db, const char *org, int64_t at_ms) {
  struct dp_ladder l;
  struct dp_rung r;
  char bound[FQ_ID_MAX] = "", display[96];
  fq_stmt *q = fq_sql(db,
                      "SELECT holder FROM binding WHERE subject = ?1 AND from_ms <= ?2"
                      " AND (until_ms IS NULL OR until_ms > ?2) ORDER BY n LIMIT 1",
                      "si", org, at_ms);
  if (fq_row(q)) {
    dp_text(bound, sizeof bound, fq_col_str(q, 0));
    fq_done(q);
  }
  struct dp_who who;
  if (*bound && dp_stand_in(db, bound, at_ms, &who, NULL)) {
    fq_json *j = fq_json_object();
    fq_json_set_str(j, "user", who.user);
    fq_json_set_str(j, "display", who.display);
    fq_json_set_str(j, "by", "binding");
    return j;
  }
  dp_ladder_of(db, org, &l);
  l.at_ms = at_ms;
  if (!dp_rung_find(db, &l, (enum dp_level)0, NULL, &r, NULL)) return NULL;
  fq_json *j = dp_rung_json(&r);
  if (*r.asked) {
    dp_display(db, r.asked, display);
    fq_json_set_str(j, "user", r.asked);
    fq_json_set_str(j, "display", display);
  }
  fq_json_set_str(j, "by", r.fallback ? "fallback" : "rung");
  return j;
}

static fq_json *counts(fq_db *db, const char *below) {
  fq_json *kinds = fq_json_object();
  fq_stmt *q =
      fq_sql(db,
             "SELECT o.kind, count(*), sum(NOT EXISTS(SELECT 1 FROM seat s WHERE s.org = o.id)) FROM org o"
             " WHERE" UNITS " AND substr(o.path, 1, length(?1)) = ?1 GROUP BY o.kind",
             "s", below);
  while (fq_row(q)) {
    fq_json *k = fq_json_object();
    fq_json_set_int(k, "units", fq_col_int(q, 1));
    fq_json_set_int(k, "vacant", fq_col_int(q, 2));
    fq_json_set(kinds, fq_col_str(q, 0), k);
  }
  return kinds;
}

/* How old the officers are, where their year of birth is known; counted, never listed. */
static fq_json *ages(fq_db *db, const char *below, int64_t now_ms, int64_t *officers) {
  static const char *const bands[] = {"under_30", "30_44", "45_59", "60_plus", "unknown"};
  int64_t year = 1970 + (int64_t)((double)now_ms / 1000 / 86400 / 365.2425), in[5] = {0};
  fq_stmt *q =
      fq_sql(db,
             "SELECT CASE WHEN f.born IS NULL THEN 4 WHEN ?2 - f.born < 30 THEN 0 WHEN ?2 - f.born < 45"
             " THEN 1 WHEN ?2 - f.born < 60 THEN 2 ELSE 3 END, count(*) FROM seat s"
             " JOIN account a ON a.name = s.user AND (a.roles & ?3) != 0 JOIN org o ON o.id = s.org"
             " LEFT JOIN officer f ON f.user = s.user WHERE substr(o.path, 1, length(?1)) = ?1 GROUP BY 1",
             "sii", below, year, (int64_t)FQ_ROLE_OFFICER);
  *officers = 0;
  while (fq_row(q)) {
    in[fq_col_int(q, 0)] = fq_col_int(q, 1);
    *officers += fq_col_int(q, 1);
  }
  if (in[4] == *officers) return NULL;
  fq_json *j = fq_json_object();
  for (int k = 0; k < 5; k++)
    fq_json_set_int(j, bands[k], in[k]);
  return j;
}

struct vacant {
  char org[FQ_ID_MAX], kind[24], name[96];
  int64_t since_ms;
};

enum fq_status dp_roster_vacancies(struct fq_query *q) {
  const char *org = fq_json_str(q->params, "org"), *kind = fq_json_str(q->params, "kind");
  const char *after = fq_json_str(q->params, "after");
  int64_t limit = fq_json_int(q->params, "limit", 100), officers;
  char below[512] = "";
  if (!org && !q->actor->system) org = q->actor->org;
  enum fq_status reach = org ? dp_org_reach(q, org, "params.org") : FQ_OK;
  if (reach != FQ_OK) return reach;
  fq_stmt *s = fq_sql(q->db, "SELECT path FROM org WHERE id = ?1", "s", org);
  if (fq_row(s)) {
    dp_text(below, sizeof below, fq_col_str(s, 0));
    fq_done(s);
  }
  struct vacant page[200];
  int64_t n = 0;
  bool more = false;
  s = fq_sql(q->db,
             "SELECT o.id, o.kind, o.name, v.since_ms FROM org o LEFT JOIN vacancy v ON v.org = o.id"
             " WHERE" UNITS " AND (?3 IS NULL OR kind = ?3) AND o.id > ?2"
             " AND substr(o.path, 1, length(?1)) = ?1 AND NOT EXISTS(SELECT 1 FROM seat WHERE org = o.id)"
             " ORDER BY o.id LIMIT ?4",
             "sssi", below, after ? after : "", kind, limit + 1);
  while (fq_row(s)) {
    if (n == limit) {
      more = true;
      fq_done(s);
      break;
    }
    struct vacant *v = &page[n++];
    dp_text(v->org, sizeof v->org, fq_col_str(s, 0));
    dp_text(v->kind, sizeof v->kind, fq_col_str(s, 1));
    dp_text(v->name, sizeof v->name, fq_col_str(s, 2));
    v->since_ms = fq_col_int(s, 3);
  }
  fq_json *rows = fq_json_array();
  for (int64_t x = 0; x < n; x++) {
    fq_json *r = fq_json_object(), *by = cover(q->db, page[x].org, q->now_ms);
    fq_json_set_str(r, "org", page[x].org);
    fq_json_set_str(r, "kind", page[x].kind);
    fq_json_set_str(r, "name", page[x].name);
    if (page[x].since_ms) fq_json_set_time(r, "since", page[x].since_ms);
    if (by) fq_json_set(r, "cover", by);
    fq_json_push(rows, r);
  }
  fq_json_set(q->result, "rows", rows);
  if (more) fq_json_set_str(q->result, "next", page[n - 1].org);
  fq_json_set(q->result, "counts", counts(q->db, below));
  fq_json *by_age = ages(q->db, below, q->now_ms, &officers);
  fq_json_set_int(q->result, "officers", officers);
  if (by_age) fq_json_set(q->result, "ages", by_age);
  return FQ_OK;
}
