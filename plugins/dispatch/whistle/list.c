/*
 * list.c - whistles as terminals, pages and policies see them: whistle.get, .list, .open, view.whistles, and
 * what an incident says of its own. Reads only; any thread with a handle of its own.
 */
#include <math.h>
#include <string.h>

#include "whistle/whistle.h"

static void set_id(fq_json *j, const char *name, char letter, int64_t n) {
  char id[FQ_ID_MAX];
  dp_id_make(id, letter, n);
  fq_json_set_str(j, name, id);
}

static fq_json *unit_row(fq_stmt *q) {
  fq_json *u = fq_json_object();
  fq_json_set_str(u, "unit", fq_col_str(q, 0));
  fq_json_set_str(u, "name", fq_col_str(q, 1));
  fq_json_set_str(u, "state", fq_col_str(q, 2));
  dp_col_time(u, "came_at", q, 3);
  if (!fq_col_null(q, 4)) fq_json_set_int(u, "distance_m", fq_col_int(q, 4));
  dp_col_text(u, "by", q, 5);
  if (fq_col_int(q, 6)) fq_json_set_bool(u, "by_hand", true);
  dp_col_text(u, "note", q, 7);
  if (fq_col_null(q, 8)) return u;
  fq_json *m = fq_json_object();
  fq_json_set_str(m, "text", fq_col_str(q, 8));
  dp_col_time(m, "due_at", q, 9);
  set_id(m, "task", 't', fq_col_int(q, 10));
  fq_json_set_str(m, "state", fq_col_str(q, 11));
  fq_json_set_int(m, "version", fq_col_int(q, 12));
  fq_json_set(u, "measure", m);
  return u;
}

static fq_json *units_json(fq_db *db, int64_t whistle) {
  fq_json *list = fq_json_array();
  fq_stmt *q = fq_sql(db,
                      "SELECT u.unit, u.name, u.state, u.came_ms, u.distance_m, u.by_user, u.by_hand, u.note,"
                      " u.measure, u.measure_due_ms, u.task, coalesce(t.state, ''), u.version"
                      " FROM whistle_unit u LEFT JOIN task t ON t.n = u.task WHERE u.whistle = ?1"
                      " ORDER BY u.unit",
                      "i", whistle);
  while (fq_row(q))
    fq_json_push(list, unit_row(q));
  return list;
}

static fq_json *whistle_json(fq_db *db, int64_t n) {
  fq_stmt *q = fq_sql(db,
                      "SELECT w.incident, i.number, i.title, i.category, i.level, w.state, w.rev, w.by_user,"
                      " w.by_org, w.kind, w.reason, w.lon, w.lat, w.radius_m, w.within_ms, w.blown_ms,"
                      " w.due_ms, w.ended_ms, w.outcome, w.org, w.minutes"
                      " FROM whistle w JOIN incident i ON i.n = w.incident WHERE w.n = ?1",
                      "i", n);
  if (!fq_row(q)) return NULL;
  fq_json *j = fq_json_object();
  set_id(j, "id", 'w', n);
  set_id(j, "incident", 'i', fq_col_int(q, 0));
  fq_json_set_int(j, "number", fq_col_int(q, 1));
  fq_json_set_str(j, "incident_title", fq_col_str(q, 2));
  fq_json_set_str(j, "category", fq_col_str(q, 3));
  fq_json_set_int(j, "level", fq_col_int(q, 4));
  fq_json_set_str(j, "state", fq_col_str(q, 5));
  fq_json_set_int(j, "rev", fq_col_int(q, 6));
  fq_json_set_str(j, "by", fq_col_str(q, 7));
  dp_set_person(db, j, "by_name", fq_col_str(q, 7));
  dp_col_text(j, "by_org", q, 8);
  dp_col_text(j, "kind", q, 9);
  dp_col_text(j, "reason", q, 10);
  fq_json *place = fq_col_null(q, 11) ? NULL : dp_place_json(fq_col_num(q, 11), fq_col_num(q, 12), -1);
  if (place) fq_json_set(j, "place", place);
  fq_json_set_int(j, "radius_m", fq_col_int(q, 13));
  fq_json_set_int(j, "within_ms", fq_col_int(q, 14));
  dp_col_time(j, "blown_at", q, 15);
  dp_col_time(j, "due_at", q, 16);
  dp_col_time(j, "ended_at", q, 17);
  dp_col_text(j, "outcome", q, 18);
  fq_json_set_str(j, "org", fq_col_str(q, 19));
  fq_json_set_int(j, "minutes_version", fq_col_int(q, 20));
  fq_done(q);
  fq_json_set(j, "units", units_json(db, n));
  return j;
}

/* Minutes and follow-ups, oldest first. */
static void set_notes(fq_db *db, int64_t n, fq_json *j) {
  fq_json *minutes = fq_json_array(), *follow_ups = fq_json_array();
  fq_stmt *q = fq_sql(db,
                      "SELECT what, version, text, ok, attachments, by_user, at_ms FROM whistle_note"
                      " WHERE whistle = ?1 ORDER BY seq",
                      "i", n);
  while (fq_row(q)) {
    bool follow_up = !strcmp(fq_col_str(q, 0), "follow_up");
    const char *files = fq_col_str(q, 4);
    fq_json *note = fq_json_object(), *attachments = files ? fq_json_parse(files, strlen(files), NULL) : NULL;
    if (follow_up)
      fq_json_set_bool(note, "ok", fq_col_int(q, 3) != 0);
    else
      fq_json_set_int(note, "version", fq_col_int(q, 1));
    dp_col_text(note, "text", q, 2);
    if (attachments) fq_json_set(note, "attachments", attachments);
    fq_json_set_str(note, "by", fq_col_str(q, 5));
    dp_set_person(db, note, "by_name", fq_col_str(q, 5));
    dp_col_time(note, "at", q, 6);
    fq_json_push(follow_up ? follow_ups : minutes, note);
  }
  fq_json_set(j, "minutes", minutes);
  fq_json_set(j, "follow_ups", follow_ups);
}

/* ---- for others ---------------------------------------------------------------------------------- */

bool dp_whistle_calls(fq_db *db, int64_t incident, const char *unit) {
  return fq_int(db, 0,
                "SELECT 1 FROM whistle w JOIN whistle_unit u ON u.whistle = w.n WHERE w.incident = ?1"
                " AND u.unit = ?2 LIMIT 1",
                "is", incident, unit) != 0;
}

void dp_whistles_set(fq_db *db, int64_t incident, fq_json *j) {
  fq_json *list = fq_json_array();
  fq_stmt *q =
      fq_sql(db, "SELECT n, state, due_ms FROM whistle WHERE incident = ?1 ORDER BY n", "i", incident);
  while (fq_row(q)) {
    fq_json *w = fq_json_object();
    set_id(w, "id", 'w', fq_col_int(q, 0));
    fq_json_set_str(w, "state", fq_col_str(q, 1));
    dp_col_time(w, "due_at", q, 2);
    fq_json_set(w, "units", units_json(db, fq_col_int(q, 0)));
    fq_json_push(list, w);
  }
  if (fq_json_size(list))
    fq_json_set(j, "whistles", list);
  else
    fq_json_free(list);
}

enum fq_status dp_view_whistles(struct fq_view *v) {
  int64_t incident = dp_id_n(dp_view_subject(v), 'i'), keys[50];
  size_t count = 0;
  v->answer = fq_json_array();
  fq_stmt *q = fq_sql(v->db, "SELECT n FROM whistle WHERE incident = ?1 ORDER BY n LIMIT 50", "i", incident);
  while (fq_row(q))
    keys[count++] = fq_col_int(q, 0);
  for (size_t x = 0; x < count; x++)
    fq_json_push(v->answer, whistle_json(v->db, keys[x]));
  return FQ_OK;
}

/* Who is usually called for a category: the dictionary `departments`, code = category, its column `units`. */
enum fq_status dp_view_departments_for(struct fq_view *v) {
  const char *category = fq_json_as_str(dp_view_arg(v, 0));
  v->answer = fq_json_array();
  if (!category) return FQ_OK;
  fq_stmt *q = fq_sql(v->db, "SELECT attributes FROM dictionary WHERE name = 'departments' AND code = ?1",
                      "s", category);
  if (!fq_row(q)) return FQ_OK;
  const char *text = fq_col_str(q, 0);
  fq_json *attributes = text ? fq_json_parse(text, strlen(text), NULL) : NULL;
  fq_done(q);
  const char *units = fq_json_str(attributes, "units");
  for (const char *p = units ? units : ""; *p;) {
    char unit[FQ_ID_MAX];
    struct fq_unit u;
    size_t n = strcspn(p, " ");
    dp_text(unit, n < sizeof unit ? n + 1 : sizeof unit, p);
    /* A county need not have every unit its pack knows. */
    if (n && fq_org_unit(v->db, unit, &u)) fq_json_push(v->answer, fq_json_new_str(unit));
    p += n + (p[n] == ' ');
  }
  fq_json_free(attributes);
  return FQ_OK;
}

/* ---- queries ------------------------------------------------------------------------------------- */

enum fq_status dp_whistle_get(struct fq_query *q) {
  const char *id = fq_json_str(q->params, "id");
  struct dp_whistle w;
  struct dp_incident i;
  char incident[FQ_ID_MAX];
  if (!dp_whistle_load(q->db, id, &w))
    return fq_fail(q->error, FQ_E_NOT_FOUND, "whistle.unknown", "params.id", "没有哨单 %s", "no whistle %s",
                   id ? id : "");
  dp_id_make(incident, 'i', w.incident);
  if (!dp_incident_load(q->db, incident, &i) || !dp_may_see(q->db, q->actor, &i))
    return fq_fail(q->error, FQ_E_FORBIDDEN, "whistle.foreign", "", "哨单 %s 不在您的辖区内,也没有叫您的单位",
                   "%s is neither within your reach nor calls your unit", id);
  fq_json *j = whistle_json(q->db, w.n);
  set_notes(q->db, w.n, j);
  fq_json_each(m, j) fq_json_set(q->result, fq_json_name(m), fq_json_dup(m));
  fq_json_free(j);
  return FQ_OK;
}

/* In the subtree; or he blew it, reported what it is about, or sits at a unit it calls. */
#define SEEN                                                                                                 \
  " AND ((?2 IS NOT NULL AND substr(path, 1, length(?2)) = ?2) OR (?7 = 0 AND (by_user = ?3"                 \
  " OR EXISTS (SELECT 1 FROM whistle_unit u WHERE u.whistle = whistle.n AND u.unit = ?4)"                    \
  " OR EXISTS (SELECT 1 FROM incident i WHERE i.n = whistle.incident AND i.reporter = ?3))))"                \
  " AND (?5 IS NULL OR state = ?5) AND (?8 = 0 OR incident = ?8)"                                            \
  " AND (?9 IS NULL OR EXISTS (SELECT 1 FROM whistle_unit u WHERE u.whistle = whistle.n AND u.unit = ?9))"   \
  " ORDER BY n DESC LIMIT ?6"

static enum fq_status answer(struct fq_query *q, bool open, int64_t limit) {
  static const char *const sql[] = {
      "SELECT n FROM whistle WHERE n < ?1" SEEN,
      "SELECT n FROM whistle WHERE n < ?1 AND ended_ms IS NULL" SEEN,
  };
  const char *after = fq_json_str(q->params, "after"), *incident = fq_json_str(q->params, "incident");
  int64_t before = after ? dp_id_n(after, 'w') : INT64_MAX, keys[500];
  size_t count = 0;
  char path[512];
  bool area;
  enum fq_status s = dp_reach(q, path, &area);
  if (s != FQ_OK) return s;
  if (after && !before)
    return fq_fail(q->error, FQ_E_PARAMS, "whistle.unknown", "params.after", "没有哨单 %s", "no whistle %s",
                   after);
  const char *sits = dp_team_of(q->actor);
  bool only_there = fq_json_str(q->params, "org") != NULL;
  fq_stmt *rows = fq_sql(q->db, sql[open], "issssiiis", before, area ? path : NULL, q->actor->name, sits,
                         fq_json_str(q->params, "state"), limit + 1, (int64_t)only_there,
                         incident ? dp_id_n(incident, 'i') : (int64_t)0, fq_json_str(q->params, "unit"));
  while (fq_row(rows))
    keys[count++] = fq_col_int(rows, 0);
  bool more = (int64_t)count > limit;
  fq_json *list = fq_json_array();
  for (size_t x = 0; x < count - more; x++)
    fq_json_push(list, whistle_json(q->db, keys[x]));
  fq_json_set(q->result, "rows", list);
  if (more) set_id(q->result, "next", 'w', keys[limit - 1]);
  return FQ_OK;
}

enum fq_status dp_whistle_list(struct fq_query *q) {
  return answer(q, fq_json_bool(q->params, "open", false), fq_json_int(q->params, "limit", 50));
}

/* The whistle board. A county with more open at once has stopped reading it. */
enum fq_status dp_whistle_open(struct fq_query *q) {
  return answer(q, true, 400);
}
