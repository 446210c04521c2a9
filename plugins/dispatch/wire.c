/*
 * wire.c - rows as the JSON that terminals, pages and policies see: incident, task, clock. Also who may see
 * an incident. Reads only; any thread with a handle of its own.
 */
#include <math.h>
#include <string.h>

#include "dispatch.h"

void dp_col_time(fq_json *j, const char *name, fq_stmt *q, int column) {
  if (!fq_col_null(q, column)) fq_json_set_time(j, name, fq_col_int(q, column));
}

void dp_col_text(fq_json *j, const char *name, fq_stmt *q, int column) {
  const char *s = fq_col_str(q, column);
  if (s && *s) fq_json_set_str(j, name, s);
}

fq_json *dp_place_json(double lon, double lat, double acc_m) {
  if (isnan(lon) || isnan(lat)) return NULL;
  fq_json *place = fq_json_object();
  fq_json_set_num(place, "lon", lon);
  fq_json_set_num(place, "lat", lat);
  if (acc_m >= 0) fq_json_set_num(place, "acc", acc_m); /* NAN is not >= 0 */
  return place;
}

/* ---- tasks --------------------------------------------------------------------------------------- */

#define TASK_COLUMNS                                                                                         \
  "n, incident, to_user, to_unit, to_team, name, state, rev, note, reason, created_ms, delivered_ms,"        \
  " seen_ms, accepted_ms, arrived_ms, fed_back_ms, finished_ms, expires_ms, role, accepted_by, device,"      \
  " instead_of, replaced_by, remind_ms, remind_times, reminded, undelivered_ms, checkin_ms, "                \
  "checkin_grace_ms,"                                                                                        \
  " checkin_due_ms, checkin_at_ms, checkin_missed, alarm_ms"

static void set_task_id(fq_json *t, const char *name, fq_stmt *q, int column) {
  char id[FQ_ID_MAX];
  if (fq_col_null(q, column)) return;
  dp_id_make(id, 't', fq_col_int(q, column));
  fq_json_set_str(t, name, id);
}

/* The check-ins asked for, and the alarm, which may outlive them. */
static void set_checkin(fq_json *t, fq_stmt *q) {
  if (fq_col_null(q, 27) && fq_col_null(q, 32)) return;
  fq_json *k = fq_json_object();
  if (!fq_col_null(q, 27)) {
    fq_json_set_int(k, "every_ms", fq_col_int(q, 27));
    fq_json_set_int(k, "grace_ms", fq_col_int(q, 28));
    dp_col_time(k, "due_at", q, 29);
  }
  dp_col_time(k, "last_at", q, 30);
  if (fq_col_int(q, 31)) fq_json_set_int(k, "missed", fq_col_int(q, 31));
  dp_col_time(k, "raised_at", q, 32);
  fq_json_set(t, "checkin", k);
}

static fq_json *task_row(fq_stmt *q) {
  fq_json *t = fq_json_object(), *to = fq_json_object();
  char id[FQ_ID_MAX];
  dp_id_make(id, 't', fq_col_int(q, 0));
  fq_json_set_str(t, "id", id);
  dp_id_make(id, 'i', fq_col_int(q, 1));
  fq_json_set_str(t, "incident", id);
  dp_col_text(to, "user", q, 2);
  dp_col_text(to, "unit", q, 3);
  dp_col_text(to, "team", q, 4);
  fq_json_set(t, "to", to);
  fq_json_set_str(t, "name", fq_col_str(q, 5));
  fq_json_set_str(t, "state", fq_col_str(q, 6));
  fq_json_set_int(t, "rev", fq_col_int(q, 7));
  dp_col_text(t, "note", q, 8);
  dp_col_text(t, "reason", q, 9);
  static const char *const times[] = {"created_at", "delivered_at", "seen_at",     "accepted_at",
                                      "arrived_at", "fed_back_at",  "finished_at", "expires_at"};
  for (int k = 0; k < 8; k++)
    dp_col_time(t, times[k], q, 10 + k);
  dp_col_text(t, "role", q, 18);
  dp_col_text(t, "accepted_by", q, 19);
  dp_col_text(t, "device", q, 20);
  set_task_id(t, "instead_of", q, 21);
  set_task_id(t, "reassigned_to", q, 22);
  if (!fq_col_null(q, 23)) {
    fq_json_set_int(t, "remind_ms", fq_col_int(q, 23));
    fq_json_set_int(t, "remind_times", fq_col_int(q, 24));
    fq_json_set_int(t, "reminded", fq_col_int(q, 25));
  }
  dp_col_time(t, "undelivered_at", q, 26);
  set_checkin(t, q);
  return t;
}

fq_json *dp_task_json(fq_db *db, int64_t n) {
  fq_stmt *q = fq_sql(db, "SELECT " TASK_COLUMNS " FROM task WHERE n = ?1", "i", n);
  if (!fq_row(q)) return NULL;
  fq_json *t = task_row(q);
  fq_done(q);
  return t;
}

fq_json *dp_tasks_json(fq_db *db, int64_t incident) {
  fq_json *list = fq_json_array();
  fq_stmt *q = fq_sql(db, "SELECT " TASK_COLUMNS " FROM task WHERE incident = ?1 ORDER BY n", "i", incident);
  while (fq_row(q))
    fq_json_push(list, task_row(q));
  return list;
}

/* ---- clocks -------------------------------------------------------------------------------------- */

fq_json *dp_clocks_json(fq_db *db, const char *incident) {
  fq_json *list = fq_json_array();
  fq_stmt *q = fq_sql(
      db,
      "SELECT name, policy, CASE state WHEN 'dropped' THEN 'stopped' ELSE state END, from_ms,"
      " due_ms, limit_ms, stopped_ms, remaining_ms, to_milestone, title, grace_ms, calendar, unit, days"
      " FROM clock WHERE incident = ?1"
      " ORDER BY due_ms, policy, name",
      "i", dp_id_n(incident, 'i'));
  while (fq_row(q)) {
    fq_json *k = fq_json_object();
    fq_json_set_str(k, "name", fq_col_str(q, 0));
    fq_json_set_str(k, "policy", fq_col_str(q, 1));
    fq_json_set_str(k, "state", fq_col_str(q, 2));
    fq_json_set_time(k, "from_at", fq_col_int(q, 3));
    fq_json_set_time(k, "due_at", fq_col_int(q, 4));
    fq_json_set_int(k, "limit_ms", fq_col_int(q, 5));
    dp_col_time(k, "stopped_at", q, 6);
    if (!fq_col_null(q, 7)) fq_json_set_int(k, "remaining_ms", fq_col_int(q, 7));
    fq_json_set_str(k, "to", dp_milestone_name((enum dp_milestone)fq_col_int(q, 8)));
    if (!fq_col_null(q, 9)) fq_json_set_str(k, "title", fq_col_str(q, 9));
    if (fq_col_int(q, 10)) fq_json_set_int(k, "grace_ms", fq_col_int(q, 10));
    dp_col_text(k, "calendar", q, 11);
    dp_col_text(k, "days", q, 12);
    if (!fq_col_null(q, 13)) fq_json_set_int(k, "limit_days", fq_col_int(q, 13));
    fq_json_push(list, k);
  }
  return list;
}

/* ---- the incident -------------------------------------------------------------------------------- */

void dp_where_on(const struct dp_ladder *l, fq_json *j) {
  fq_json *where = fq_json_object();
  for (size_t x = 0; x < l->count; x++)
    if (l->rungs[x].level != DP_L_COUNTY)
      fq_json_set_str(where, dp_level_name(l->rungs[x].level), l->rungs[x].name);
  fq_json_set(j, "where", where);
}

void dp_where_set(fq_db *db, fq_json *j, const char *org) {
  struct dp_ladder l;
  dp_ladder_of(db, org, &l);
  dp_where_on(&l, j);
}

void dp_owner_named(fq_json *j, const char *level, const char *org, const char *name) {
  fq_json *owner = fq_json_object();
  fq_json_set_str(owner, "level", level);
  fq_json_set_str(owner, "org", org);
  fq_json_set_str(owner, "name", name);
  fq_json_set(j, "owner", owner);
}

void dp_owner_set(fq_db *db, fq_json *j, const char *level, const char *org) {
  struct fq_unit u;
  dp_owner_named(j, level, org, fq_org_unit(db, org, &u) ? u.name : org);
}

static fq_json *rating(fq_stmt *q, int column) {
  fq_json *j = fq_json_object();
  fq_json_set_int(j, "score", fq_col_int(q, column));
  dp_col_text(j, "text", q, column + 1);
  dp_col_text(j, "by", q, column + 2);
  dp_col_time(j, "at", q, column + 3);
  return j;
}

fq_json *dp_incident_json(fq_db *db, int64_t n, int with) {
  fq_stmt *q = fq_sql(
      db,
      "SELECT number, rev, state, category, level, title, text, lon, lat, acc, org, address,"
      " reporter, source, owner_level, owner_org, card, urges, attachments, class, occurred_ms,"
      " reported_ms, updated_ms, accepted_ms, dispatched_ms, handled_ms, verified_ms, closed_ms,"
      " external_id, clock_skew, suspended_until_ms, rating, rating_text, rated_by, rated_ms, merged_into,"
      " joined FROM incident WHERE n = ?1",
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
  if (with & DP_WITH_TEXT) dp_col_text(j, "text", q, 6);
  fq_json *place = fq_col_null(q, 7) ? NULL
                                     : dp_place_json(fq_col_num(q, 7), fq_col_num(q, 8),
                                                     fq_col_null(q, 9) ? -1 : fq_col_num(q, 9));
  if (place) fq_json_set(j, "place", place);
  dp_text(org, sizeof org, fq_col_str(q, 10));
  fq_json_set_str(j, "grid", org);
  fq_json_set_str(j, "org", org);
  dp_col_text(j, "address", q, 11);
  fq_json_set_str(j, "reporter", fq_col_str(q, 12));
  fq_json_set_str(j, "source", fq_col_str(q, 13));
  dp_text(level, sizeof level, fq_col_str(q, 14));
  dp_text(owner, sizeof owner, fq_col_str(q, 15));
  dp_col_text(j, "card", q, 16);
  fq_json_set_int(j, "urges", fq_col_int(q, 17));
  const char *files = fq_col_str(q, 18);
  fq_json *attachments = files ? fq_json_parse(files, strlen(files), NULL) : NULL;
  fq_json_set(j, "attachments", attachments ? attachments : fq_json_array());
  dp_col_text(j, "class", q, 19);
  static const char *const times[] = {"occurred_at",   "reported_at", "updated_at",  "accepted_at",
                                      "dispatched_at", "handled_at",  "verified_at", "closed_at"};
  for (int k = 0; k < 8; k++)
    dp_col_time(j, times[k], q, 20 + k);
  dp_col_text(j, "external_id", q, 28);
  if (fq_col_int(q, 29)) fq_json_set_bool(j, "clock_skew", true);
  dp_col_time(j, "suspended_until", q, 30);
  if (!fq_col_null(q, 31)) fq_json_set(j, "rating", rating(q, 31));
  int64_t merged_into = fq_col_int(q, 35), joined = fq_col_int(q, 36);
  fq_done(q);
  dp_merge_json(db, n, merged_into, joined, j);
  dp_where_set(db, j, org);
  dp_owner_set(db, j, level, owner);
  fq_json *climb = dp_climb_json(db, n);
  if (climb) fq_json_set(j, "climb", climb);
  if (with & DP_WITH_CLOCKS) fq_json_set(j, "clocks", dp_clocks_json(db, id));
  if (with & DP_WITH_TASKS) fq_json_set(j, "tasks", dp_tasks_json(db, n));
  fq_json *reserved = with == DP_WITH_ALL ? dp_reservations_json(db, n) : NULL;
  if (reserved) fq_json_set(j, "reserved", reserved);
  if (with & DP_WITH_JOINT) {
    dp_whistles_set(db, n, j);
    dp_mediations_set(db, n, j);
    dp_joint_set(db, n, j);
  }
  if (with & DP_WITH_ASKED) {
    fq_json_set(j, "requests", dp_requests_json(db, n));
    fq_json_set(j, "countersigns", dp_countersigns_json(db, n));
  }
  if (with == DP_WITH_ALL) dp_forms_set(db, n, j);
  return j;
}

/* ---- who may see it ------------------------------------------------------------------------------ */

/* Desks, and those who audit or serve them, see their subtree; everybody else only what is theirs. */
bool dp_area_reach(const struct fq_actor *a) {
  return a->system || (a->roles & (FQ_ROLE_DESK | FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_AUDIT |
                                   FQ_ROLE_SERVICE | FQ_ROLE_POLICY));
}

bool dp_may_see(fq_db *db, const struct fq_actor *a, const struct dp_incident *i) {
  if (a->system || !strcmp(a->name, i->reporter)) return true;
  if (dp_area_reach(a) && fq_org_within(db, i->org, a->org)) return true;
  bool unit = a->roles & (FQ_ROLE_DESK | FQ_ROLE_DEPARTMENT);
  if (unit && !strcmp(i->owner_org, a->org)) return true;
  if (dp_whistle_calls(db, i->n, dp_team_of(a)) || dp_mediates(db, i->n, a->name)) return true;
  if (dp_climb_asks(db, i->n, a)) return true;
  if (dp_merge_reporter(db, i, a->name)) return true;
  return fq_int(db, 0,
                "SELECT 1 FROM task WHERE incident = ?1 AND (to_user = ?2 OR to_unit = ?3 OR to_team = ?4)"
                " UNION ALL SELECT 1 FROM countersign WHERE incident = ?1 AND unit = ?3 LIMIT 1",
                "isss", i->n, a->name, dp_sits_at(a), dp_team_of(a)) != 0;
}
