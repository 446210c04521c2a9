/*
 * store.c - loading a whistle and its departments, and emitting entries about it: the departments it names
 * hear all of them. Knows the tables, no verb. Kernel thread (loads: any thread with a handle of its own).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "whistle/whistle.h"

bool dp_whistle_load(fq_db *db, const char *id, struct dp_whistle *out) {
  memset(out, 0, sizeof *out);
  int64_t n = dp_id_n(id, 'w');
  if (!n) return false;
  fq_stmt *q =
      fq_sql(db,
             "SELECT rev, incident, state, by_user, lon, lat, radius_m, blown_ms, due_ms FROM whistle"
             " WHERE n = ?1",
             "i", n);
  if (!fq_row(q)) return false;
  out->n = n;
  dp_text(out->id, sizeof out->id, id);
  out->rev = fq_col_int(q, 0);
  out->incident = fq_col_int(q, 1);
  out->state = dp_whistle_state_of(fq_col_str(q, 2));
  dp_text(out->by, sizeof out->by, fq_col_str(q, 3));
  out->lon = fq_col_null(q, 4) ? NAN : fq_col_num(q, 4);
  out->lat = fq_col_null(q, 5) ? NAN : fq_col_num(q, 5);
  out->radius_m = fq_col_int(q, 6);
  out->blown_ms = fq_col_int(q, 7);
  out->due_ms = fq_col_int(q, 8);
  fq_done(q);
  return true;
}

enum fq_status dp_whistle_need(struct fq_call *c, struct dp_whistle *w, struct dp_incident *i) {
  const char *id = fq_json_str(c->params, "id");
  char incident[FQ_ID_MAX];
  if (dp_whistle_load(c->db, id, w)) {
    dp_id_make(incident, 'i', w->incident);
    if (dp_incident_load(c->db, incident, i)) return FQ_OK;
  }
  return fq_fail(c->error, FQ_E_NOT_FOUND, "whistle.unknown", "params.id", "没有哨单 %s", "no whistle %s",
                 id ? id : "");
}

void dp_whistle_count(fq_db *db, const struct dp_whistle *w, struct dp_whistle_tally *out) {
  memset(out, 0, sizeof *out);
  fq_stmt *q = fq_sql(db,
                      "SELECT sum(u.state IN ('here', 'late')), sum(u.state IN ('waiting', 'absent')),"
                      " sum(u.measure IS NOT NULL), sum(u.measure IS NULL AND u.state != 'excused'),"
                      " sum(u.measure IS NOT NULL AND t.state != 'finished')"
                      " FROM whistle_unit u LEFT JOIN task t ON t.n = u.task WHERE u.whistle = ?1",
                      "i", w->n);
  if (!fq_row(q)) return;
  out->present = fq_col_int(q, 0);
  out->missing = fq_col_int(q, 1);
  out->measured = fq_col_int(q, 2);
  out->without = fq_col_int(q, 3);
  out->open = fq_col_int(q, 4);
  fq_done(q);
}

static char *add_word(char *words, const char *kind, const char *name) {
  size_t used = words ? strlen(words) : 0, more = strlen(kind) + strlen(name) + 2;
  char *grown = realloc(words, used + more);
  if (!grown) abort(); /* as everywhere: exhaustion ends the process (fengqiao.h, FAILURE) */
  snprintf(grown + used, more, "%s%s%s", used ? " " : "", kind, name);
  return grown;
}

char *dp_whistle_heard_by(fq_db *db, char *words, const char *unit) {
  words = add_word(words, "unit/", unit);
  fq_stmt *q = dp_team_officers(db, unit);
  while (fq_row(q))
    words = add_word(words, "user/", fq_col_str(q, 0));
  return words;
}

enum fq_status dp_whistle_emit(struct fq_call *c, struct dp_whistle *w, const struct dp_incident *i,
                               const char *kind, enum dp_whistle_state next, fq_json *data,
                               const char *also) {
  char *words = add_word(NULL, "user/", w->by);
  fq_stmt *q = fq_sql(c->db, "SELECT unit FROM whistle_unit WHERE whistle = ?1 ORDER BY unit", "i", w->n);
  while (fq_row(q))
    words = dp_whistle_heard_by(c->db, words, fq_col_str(q, 0));
  if (also) words = add_word(words, "", also);
  w->state = next;
  w->rev++;
  fq_json_set_str(data, "whistle", w->id);
  fq_json_set_str(data, "state", dp_whistle_state_name(next));
  fq_json_set_int(data, "rev", w->rev);
  enum fq_status s = dp_emit(c, i, kind, data, words);
  free(words);
  return s;
}

enum fq_status dp_whistle_answer(struct fq_call *c, const struct dp_whistle *w) {
  fq_json_set_str(c->result, "id", w->id);
  fq_json_set_str(c->result, "state", dp_whistle_state_name(w->state));
  fq_json_set_int(c->result, "rev", w->rev);
  return FQ_OK;
}

bool dp_whistle_unit(fq_db *db, int64_t whistle, const char *unit, char name[96], char state[16]) {
  fq_stmt *q = fq_sql(db, "SELECT name, state FROM whistle_unit WHERE whistle = ?1 AND unit = ?2", "is",
                      whistle, unit);
  if (!fq_row(q)) return false;
  dp_text(name, 96, fq_col_str(q, 0));
  dp_text(state, 16, fq_col_str(q, 1));
  fq_done(q);
  return true;
}

enum fq_status dp_whistle_unit_need(struct fq_call *c, const struct dp_whistle *w, const char *unit,
                                    char name[96], char state[16]) {
  if (dp_whistle_unit(c->db, w->n, unit, name, state)) return FQ_OK;
  char zh[200], en[200], text_zh[300], text_en[300];
  dp_whistle_names(c->db, w->n, "SELECT name FROM whistle_unit WHERE whistle = ?1 ORDER BY unit", zh, en);
  snprintf(text_zh, sizeof text_zh, "没有吹哨叫 %s;叫的是%s", unit, zh);
  snprintf(text_en, sizeof text_en, "the whistle does not call %s; it calls %s", unit, en);
  return fq_fail(c->error, FQ_E_PARAMS, "whistle.unit", "params.unit", "%s%.0s", "%.0s%s", text_zh, text_en);
}

/* Whole names only: half a Chinese character would be no text at all. */
static void add_name(char *to, size_t cap, const char *between, const char *name) {
  size_t used = strlen(to), more = strlen(name) + (used ? strlen(between) : 0);
  if (used + more + 4 < cap)
    snprintf(to + used, cap - used, "%s%s", used ? between : "", name);
  else if (used + 4 < cap && strcmp(to + used - 3, "…"))
    strcpy(to + used, "…");
}

void dp_whistle_names(fq_db *db, int64_t whistle, const char *sql, char zh[200], char en[200]) {
  zh[0] = en[0] = '\0';
  fq_stmt *q = fq_sql(db, sql, "i", whistle);
  while (fq_row(q)) {
    add_name(zh, 200, "、", fq_col_str(q, 0));
    add_name(en, 200, ", ", fq_col_str(q, 0));
  }
}
