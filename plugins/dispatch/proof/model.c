/*
 * model.c - what the static proof asks of this plugin (fengqiao.h, section 12): which situations there are,
 * who is there at a time and who answers for a place. What commands mean is in command.c. Reads only; kernel
 * thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "people/people.h"
#include "proof/proof.h"

/* ---- situations ------------------------------------------------------------------------------------------
 */

/* Fills id and name of the nearest unit of that kind at or above `org`. */
static void nearest(fq_db *db, const char *org, const char *kind, fq_json *row, const char *id,
                    const char *name) {
  struct fq_unit u;
  char at[FQ_ID_MAX];
  dp_text(at, sizeof at, org);
  for (int depth = 0; depth < 16 && *at && fq_org_unit(db, at, &u); depth++) {
    if (!strcmp(u.kind, kind)) {
      fq_json_set_str(row, id, u.id);
      fq_json_set_str(row, name, u.name);
      return;
    }
    dp_text(at, sizeof at, u.parent);
  }
}

/* Where things happen: grids, villages that have none, townships that have neither. */
static fq_json *places(fq_db *db) {
  fq_json *rows = fq_json_array();
  fq_stmt *q = fq_sql(
      db,
      "SELECT o.id, o.name FROM org o WHERE o.valid_to IS NULL AND o.kind IN ('grid', 'village', 'township')"
      " AND NOT EXISTS(SELECT 1 FROM org c WHERE c.parent = o.id AND c.valid_to IS NULL"
      "  AND c.kind IN ('grid', 'village')) ORDER BY o.id",
      "");
  while (fq_row(q)) {
    fq_json *row = fq_json_object();
    fq_json_set_str(row, "id", fq_col_str(q, 0));
    fq_json_set_str(row, "name", fq_col_str(q, 1));
    fq_json_push(rows, row);
  }
  fq_json *out = fq_json_array();
  fq_json_each(r, rows) {
    fq_json *row = fq_json_dup(r);
    const char *id = fq_json_str(r, "id");
    nearest(db, id, "village", row, "village", "village_name");
    nearest(db, id, "township", row, "township", "township_name");
    if (!fq_json_str(row, "village")) {
      fq_json_set_str(row, "village", id);
      fq_json_set_str(row, "village_name", fq_json_str(r, "name"));
    }
    fq_json_push(out, row);
  }
  fq_json_free(rows);
  return out;
}

/* Those of the county's dictionary, and the one a report has without any. */
static fq_json *categories(fq_db *db) {
  fq_json *out = fq_json_array();
  bool other = false;
  fq_stmt *q =
      fq_sql(db, "SELECT code FROM dictionary WHERE name = 'categories' ORDER BY position, code", "");
  while (fq_row(q)) {
    fq_json_push(out, fq_json_new_str(fq_col_str(q, 0)));
    other |= !strcmp(fq_col_str(q, 0), "other");
  }
  if (!other) fq_json_push(out, fq_json_new_str("other"));
  return out;
}

static fq_json *begin(const char *place, const char *category, int level) {
  fq_json *p = fq_json_object();
  fq_json_set_str(p, "grid", place);
  fq_json_set_str(p, "category", category);
  fq_json_set_int(p, "level", level);
  fq_json_set_str(p, "title", "证明");
  return p;
}

/* ---- who is there ----------------------------------------------------------------------------------------
 */

static fq_json *changes(fq_db *db, int64_t from_ms, int64_t until_ms) {
  fq_json *out = fq_json_array();
  fq_stmt *q =
      fq_sql(db,
             "SELECT from_ms FROM leave UNION SELECT until_ms FROM leave UNION SELECT from_ms FROM duty_shift"
             " UNION SELECT until_ms FROM duty_shift UNION SELECT from_ms FROM binding"
             " UNION SELECT until_ms FROM binding ORDER BY 1",
             "");
  while (fq_row(q))
    if (!fq_col_null(q, 0) && fq_col_int(q, 0) >= from_ms && fq_col_int(q, 0) < until_ms)
      fq_json_push(out, fq_json_new_int(fq_col_int(q, 0)));
  return out;
}

struct text {
  char *s;
  size_t len, cap;
};
static void add(struct text *t, const char *s) {
  size_t n = strlen(s) + 1;
  if (t->len + n + 1 > t->cap) {
    t->cap = (t->len + n + 1) * 2;
    if (!(t->s = realloc(t->s, t->cap))) abort();
  }
  memcpy(t->s + t->len, s, n);
  t->s[t->len + n - 1] = ' ';
  t->len += n;
  t->s[t->len] = '\0';
}

/* Everybody who is not there and why, who has which shift, and which bindings are in force. */
static char *staff(fq_db *db, int64_t at_ms) {
  struct text t = {NULL, 0, 0};
  char item[3 * FQ_ID_MAX];
  add(&t, "");
  fq_stmt *q =
      fq_sql(db, "SELECT a.name, " DP_PRESENCE_COLUMNS DP_PRESENCE_FROM " ORDER BY a.name", "i", at_ms);
  while (fq_row(q)) {
    struct dp_absence why;
    if (dp_presence_read(q, 1, &why)) continue;
    snprintf(item, sizeof item, "%s=%d%s", fq_col_str(q, 0), why.why, why.deputy);
    add(&t, item);
    if (why.why != DP_ON_LEAVE) continue;
    snprintf(item, sizeof item, "%lld", (long long)why.until_ms); /* said in words to policies */
    add(&t, item);
  }
  add(&t, "|");
  q = fq_sql(db,
             "SELECT org || '/' || user || '/' || coalesce(post, '') FROM duty_shift WHERE from_ms <= ?1"
             " AND until_ms > ?1 ORDER BY 1",
             "i", at_ms);
  while (fq_row(q))
    add(&t, fq_col_str(q, 0));
  add(&t, "|");
  q = fq_sql(db,
             "SELECT n || '' FROM binding WHERE from_ms <= ?1 AND (until_ms IS NULL OR until_ms > ?1)"
             " ORDER BY n",
             "i", at_ms);
  while (fq_row(q))
    add(&t, fq_col_str(q, 0));
  return t.s;
}

static fq_json *rung_of(fq_db *db, const struct dp_rung *r, int64_t at_ms, struct text *shape) {
  struct dp_who who;
  struct dp_absence why;
  char zh[128], en[128];
  bool there = dp_rung_who(db, r, at_ms, &who, &why);
  fq_json *j = fq_json_object();
  fq_json_set_str(j, "level", dp_level_name(r->level));
  fq_json_set_str(j, "level_zh", dp_level_zh(r->level));
  fq_json_set_str(j, "org", r->org);
  fq_json_set_str(j, "name", r->name);
  fq_json_set_bool(j, "there", there);
  if (there) fq_json_set_str(j, "user", who.user);
  if (*who.instead_of) fq_json_set_str(j, "instead_of", who.instead_of);
  if (!there) {
    dp_absence_words(&why, zh, en);
    fq_json_set_str(j, "why", zh);
  }
  snprintf(zh, sizeof zh, "%s%c", dp_level_name(r->level), there ? '+' : '-');
  add(shape, zh);
  return j;
}

static fq_json *rungs_of(fq_db *db, const struct dp_ladder *l, int64_t at_ms, struct text *shape) {
  fq_json *rungs = fq_json_array();
  for (size_t x = 0; x < l->count; x++)
    fq_json_push(rungs, rung_of(db, &l->rungs[x], at_ms, shape));
  return rungs;
}

/* The built-in ladder, whose lowest staffed rung owns what is reported, and every ladder that is set up. */
static fq_json *ladder(fq_db *db, const char *place, int64_t at_ms) {
  struct dp_ladder l;
  struct dp_rung r;
  struct text shape = {NULL, 0, 0};
  fq_json *out = fq_json_object(), *named = fq_json_object(), *owner = fq_json_object();
  char names[8][FQ_ID_MAX];
  size_t n = 0;
  dp_ladder_of(db, place, &l);
  l.at_ms = at_ms;
  fq_json_set(out, "rungs", rungs_of(db, &l, at_ms, &shape));
  fq_json_set(out, "owner", owner);
  if (dp_rung_find(db, &l, DP_L_GRID, NULL, &r, NULL)) {
    fq_json_set_str(owner, "level", dp_level_name(r.level));
    fq_json_set_str(owner, "org", r.org);
    fq_json_set_str(owner, "name", r.name);
    fq_json_set_bool(owner, "fallback", r.fallback);
  }
  fq_json_set_bool(out, "fallback", dp_fallback_of(db, place, &r));
  fq_stmt *q = fq_sql(db, "SELECT name FROM ladder ORDER BY name LIMIT 8", "");
  while (fq_row(q))
    dp_text(names[n++], FQ_ID_MAX, fq_col_str(q, 0));
  for (size_t x = 0; x < n; x++) {
    add(&shape, names[x]);
    if (dp_ladder_at(db, names[x], place, NULL, at_ms, &l))
      fq_json_set(named, names[x], rungs_of(db, &l, at_ms, &shape));
  }
  fq_json_set(out, "named", named);
  fq_json_set_str(out, "shape", shape.s ? shape.s : "");
  free(shape.s);
  return out;
}

static const char *level_zh(const char *level) {
  int at = dp_level_of(level);
  return at < 0 ? level : dp_level_zh((enum dp_level)at);
}

/* ---- the table -------------------------------------------------------------------------------------------
 */

static const char *const learns[] = {
    "officer.set",       "duty.started",   "duty.ended",   "ladder.set",       "fallback.set",
    "binding.set",       "binding.ended",  "roster.set",   "leave.set",        "leave.ended",
    "roster.overridden", "roster.removed", "calendar.set", "calendar.removed", NULL};

#define EVERYTHING (FQ_AXIS_CATEGORY | FQ_AXIS_LEVEL | FQ_AXIS_TIME | FQ_AXIS_STAFF | FQ_AXIS_LADDER)
static const struct fq_proof_axes members[] = {{"category", FQ_AXIS_CATEGORY},
                                               {"incident.category", FQ_AXIS_CATEGORY},
                                               {"level", FQ_AXIS_LEVEL},
                                               {"incident.level", FQ_AXIS_LEVEL},
                                               {"at", FQ_AXIS_TIME},
                                               {"occurred_at", FQ_AXIS_TIME},
                                               {"incident.occurred_at", FQ_AXIS_TIME},
                                               {"incident.reported_at", FQ_AXIS_TIME},
                                               {"incident.updated_at", FQ_AXIS_TIME},
                                               /* the same everywhere */
                                               {"kind", 0},
                                               {"solved", 0},
                                               {"incident.id", 0},
                                               {"incident.state", 0},
                                               {0}};
static const struct fq_proof_axes views[] = {{"unit", 0},
                                             {"departments_for", 0},
                                             {"emergency", 0},
                                             {"tasks", 0},
                                             {"requests", 0},
                                             {"countersigns", 0},
                                             {"whistles", 0},
                                             {"mediations", 0},
                                             {"owner", FQ_AXIS_LADDER},
                                             {"rung_above", FQ_AXIS_LADDER},
                                             {"who", FQ_AXIS_STAFF},
                                             {"on_duty", FQ_AXIS_STAFF},
                                             {"nearest_officer", FQ_AXIS_STAFF},
                                             {"candidates", FQ_AXIS_STAFF | FQ_AXIS_CATEGORY},
                                             {"roster", EVERYTHING},
                                             {0}};
static const char *const timeless[] = {"clock.start",      "clock.stop",     "clock.pause",
                                       "clock.resume",     "incident.urge",  "incident.supervise",
                                       "incident.comment", "supervise.lift", NULL};

const struct fq_proof_model dp_proof_model = {.kind = "incident.reported",
                                              .method = "incident.report",
                                              .learns = learns,
                                              .members = members,
                                              .views = views,
                                              .timeless = timeless,
                                              .levels = 4,
                                              .places = places,
                                              .categories = categories,
                                              .changes = changes,
                                              .staff = staff,
                                              .ladder = ladder,
                                              .begin = begin,
                                              .effect = dp_proof_effect,
                                              .contradict = dp_proof_contradict,
                                              .owner = dp_proof_owner,
                                              .state = dp_proof_state,
                                              .level_zh = level_zh};
