/*
 * list.c - alarms as pages see them: panic.open (what is raised now, with who was told and who has answered),
 * panic.get, panic.list. The latest position of whoever pressed stands beside the place he pressed at. Reader
 * threads.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "panic/panic.h"

#define LINES 200 /* of an alarm's story */

static fq_json *told_row(fq_stmt *q) {
  fq_json *j = fq_json_object();
  fq_json_set_str(j, "who", fq_col_str(q, 0));
  fq_json_set_str(j, "why", fq_col_str(q, 1));
  dp_col_text(j, "name", q, 2);
  fq_json_set_int(j, "step", fq_col_int(q, 3));
  dp_col_time(j, "told_at", q, 4);
  dp_col_time(j, "received_at", q, 5);
  dp_col_time(j, "answered_at", q, 6);
  if (!fq_col_null(q, 7)) fq_json_set_bool(j, "coming", fq_col_int(q, 7) != 0);
  dp_col_time(j, "eta_at", q, 8);
  dp_col_text(j, "note", q, 9);
  dp_col_text(j, "by_name", q, 10);
  return j;
}

static fq_json *told(fq_db *db, const struct dp_panic *p) {
  fq_json *list = fq_json_array();
  fq_stmt *q =
      fq_sql(db,
             "SELECT who, why, name, step, told_ms, received_ms, answered_ms, coming, eta_ms, note, by_name"
             " FROM panic_told WHERE panic = ?1 ORDER BY answered_ms IS NULL, answered_ms, told_ms, who",
             "i", p->n);
  while (fq_row(q))
    fq_json_push(list, told_row(q));
  return list;
}

/* Is it he (or his desk) who has not answered yet? Then it rings where he is. */
static bool rings(fq_db *db, const struct dp_panic *p, const fq_json *words) {
  if (p->disposed_ms) return false;
  fq_json_each(
      w, words) if (fq_int(db, 0,
                           "SELECT 1 FROM panic_told WHERE panic = ?1 AND who = ?2 AND answered_ms IS NULL",
                           "is", p->n, fq_json_as_str(w))) return true;
  return false;
}

static void last_position(struct dp_self *self, const struct dp_panic *p, fq_json *j) {
  struct dp_position at;
  if (!*p->user || !dp_position_get(self->positions, p->user, &at)) return;
  fq_json *place = dp_place_json(at.lon, at.lat, at.acc_m);
  if (!place) return;
  fq_json_set(j, "last_place", place);
  fq_json_set_time(j, "last_at", at.at_ms);
}

static void put_incident(fq_db *db, const struct dp_panic *p, fq_json *j) {
  static const char *const members[] = {"number", "title", "state", "where"};
  char id[FQ_ID_MAX];
  dp_id_make(id, 'i', p->incident);
  fq_json_set_str(j, "incident", id);
  fq_json *i = dp_incident_json(db, p->incident, 0);
  for (size_t k = 0; k < sizeof members / sizeof *members; k++)
    dp_set_opt(j, members[k], i, members[k]);
  fq_json_free(i);
}

static fq_json *alarm(struct fq_query *q, const struct dp_panic *p) {
  static const char *const texts[] = {"name",  "address", "device", "text",
                                      "voice", "how",     "note",   "disposed_by"};
  fq_stmt *s =
      fq_sql(q->db,
             "SELECT name, address, device, text, voice, how, note, disposed_by, lon, lat, acc, occurred_ms,"
             " repeats, silent FROM panic WHERE n = ?1",
             "i", p->n);
  if (!fq_row(s)) return NULL;
  fq_json *j = fq_json_object();
  fq_json_set_str(j, "id", p->id);
  fq_json_set_str(j, "org", p->org);
  fq_json_set_str(j, "by", p->by);
  if (*p->user) fq_json_set_str(j, "user", p->user);
  for (int k = 0; k < 8; k++)
    dp_col_text(j, texts[k], s, k);
  fq_json *place = fq_col_null(s, 8) ? NULL
                                     : dp_place_json(fq_col_num(s, 8), fq_col_num(s, 9),
                                                     fq_col_null(s, 10) ? -1 : fq_col_num(s, 10));
  if (place) fq_json_set(j, "place", place);
  dp_col_time(j, "occurred_at", s, 11);
  if (fq_col_int(s, 12)) fq_json_set_int(j, "repeats", fq_col_int(s, 12));
  if (fq_col_int(s, 13)) fq_json_set_bool(j, "silent", true);
  fq_done(s);
  fq_json_set_time(j, "raised_at", p->raised_ms);
  if (p->disposed_ms) fq_json_set_time(j, "disposed_at", p->disposed_ms);
  fq_json_set_int(j, "round", p->round);
  fq_json_set_int(j, "step", p->step);
  fq_json_set_bool(j, "settled", p->settled != 0);
  put_incident(q->db, p, j);
  last_position(q->self, p, j);
  fq_json *words = dp_panic_words(q->db, p, q->actor);
  if (rings(q->db, p, words)) fq_json_set_bool(j, "rings", true);
  if (fq_json_size(words))
    fq_json_set(j, "mine", words);
  else
    fq_json_free(words);
  fq_json_set(j, "told", told(q->db, p));
  return j;
}

/* None is left out, however many are raised: one that nobody sees rings in an empty room. */
enum fq_status dp_panic_open(struct fq_query *q) {
  int64_t *keys = NULL;
  size_t count = 0;
  fq_json *rows = fq_json_array();
  fq_stmt *s = fq_sql(q->db, "SELECT n FROM panic WHERE disposed_ms IS NULL ORDER BY n DESC", "");
  while (fq_row(s)) {
    if (count % 64 == 0 && !(keys = realloc(keys, (count + 64) * sizeof *keys))) abort();
    keys[count++] = fq_col_int(s, 0);
  }
  for (size_t x = 0; x < count; x++) {
    struct dp_panic p;
    char id[FQ_ID_MAX];
    dp_id_make(id, 'p', keys[x]);
    if (!dp_panic_load(q->db, id, &p) || !dp_panic_may_see(q->db, &p, q->actor)) continue;
    fq_json_push(rows, alarm(q, &p));
  }
  free(keys);
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}

/* Its story, as it stands in the journal. */
static fq_json *story(fq_db *db, const struct dp_panic *p) {
  static const char *const members[] = {"name", "who", "coming", "note", "round",
                                        "step", "to",  "silent", "how",  "place"};
  fq_json *rows = fq_json_array();
  char incident[FQ_ID_MAX];
  dp_id_make(incident, 'i', p->incident);
  fq_stmt *q = fq_sql(db,
                      "SELECT seq, at_ms, kind, actor, data FROM journal WHERE subject = ?1 AND subject <> ''"
                      " AND kind LIKE 'panic.%' ORDER BY seq LIMIT ?2",
                      "si", incident, (int64_t)LINES);
  while (fq_row(q)) {
    const char *kind = fq_col_str(q, 2), *text = fq_col_str(q, 4);
    fq_json *j = fq_json_object(), *d = fq_json_parse(text, strlen(text), NULL);
    fq_json_set_int(j, "n", fq_col_int(q, 0));
    fq_json_set_time(j, "at", fq_col_int(q, 1));
    fq_json_set_str(j, "kind", kind);
    dp_kind_words(kind, j);
    fq_json_set_str(j, "actor", fq_col_str(q, 3));
    for (size_t k = 0; k < sizeof members / sizeof *members; k++)
      dp_set_opt(j, members[k], d, members[k]);
    fq_json_free(d);
    fq_json_push(rows, j);
  }
  return rows;
}

enum fq_status dp_panic_get(struct fq_query *q) {
  struct dp_panic p;
  const char *id = fq_json_str(q->params, "id");
  if (!dp_panic_load(q->db, id, &p))
    return fq_fail(q->error, FQ_E_NOT_FOUND, "panic.unknown", "params.id", "没有报警 %s", "no alarm %s", id);
  if (!dp_panic_may_see(q->db, &p, q->actor))
    return fq_fail(q->error, FQ_E_FORBIDDEN, "panic.foreign", "params.id", "报警 %s 与您无关",
                   "%s is no business of yours", id);
  fq_json *j = alarm(q, &p);
  fq_json_each(m, j) fq_json_set(q->result, fq_json_name(m), fq_json_dup(m));
  fq_json_free(j);
  fq_json_set(q->result, "story", story(q->db, &p));
  return FQ_OK;
}

/* Past and present ones of an area, the newest first. */
enum fq_status dp_panic_list(struct fq_query *q) {
  const char *how = fq_json_str(q->params, "how"), *after = fq_json_str(q->params, "after");
  const char *from = fq_json_str(q->params, "from"), *until = fq_json_str(q->params, "until");
  int64_t limit = fq_json_int(q->params, "limit", 50), last = 0;
  struct dp_area area;
  enum fq_status st = dp_area_asked(q, fq_json_str(q->params, "org"), &area);
  if (st != FQ_OK) return st;
  int64_t *keys = calloc((size_t)limit + 1, sizeof *keys);
  size_t count = 0;
  if (!keys) abort();
  fq_stmt *s =
      fq_sql(q->db,
             "SELECT p.n FROM panic p JOIN org o ON o.id = p.org WHERE p.n < ?1"
             " AND substr(o.path, 1, length(?2)) = ?2 AND (?3 IS NULL OR p.how = ?3)"
             " AND p.raised_ms >= ?4 AND p.raised_ms < ?5 ORDER BY p.n DESC LIMIT ?6",
             "issiii", after ? dp_id_n(after, 'p') : INT64_MAX, area.path, how,
             from ? fq_time_parse(from) : (int64_t)0, until ? fq_time_parse(until) : INT64_MAX, limit + 1);
  while (fq_row(s))
    keys[count++] = fq_col_int(s, 0);
  fq_json *rows = fq_json_array();
  for (size_t x = 0; x < count && x < (size_t)limit; x++) {
    struct dp_panic p;
    char id[FQ_ID_MAX];
    dp_id_make(id, 'p', last = keys[x]);
    if (dp_panic_load(q->db, id, &p)) fq_json_push(rows, alarm(q, &p));
  }
  fq_json_set(q->result, "rows", rows);
  if (count > (size_t)limit) {
    char next[FQ_ID_MAX];
    dp_id_make(next, 'p', last);
    fq_json_set_str(q->result, "next", next);
  }
  free(keys);
  return FQ_OK;
}
