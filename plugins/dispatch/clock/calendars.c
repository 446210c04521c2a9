/*
 * calendars.c - calendar.set, calendar.remove, calendar.list and the cache. A calendar that changes does not
 * move the clocks that run; with `recompute` a timer takes them a few hundred at a time, so that no tick is
 * long. Kernel thread; the query on a reader thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock/calendars.h"

/* ---- reading them --------------------------------------------------------------------------------- */

#define CURRENT                                                                                              \
  "SELECT v.body, v.n FROM calendar AS c JOIN calendar_version AS v ON v.n = c.n WHERE c.name = ?1"

static struct dp_calendar *parse(const char *body) {
  fq_json *json = fq_json_parse(body, strlen(body), NULL);
  struct dp_calendar *c = dp_calendar_read(json, NULL);
  fq_json_free(json);
  return c;
}

struct dp_calendar *dp_calendar_load(fq_db *db, const char *name, bool removed_too) {
  fq_stmt *q = fq_sql(db, CURRENT " AND c.removed <= ?2", "si", name, (int64_t)removed_too);
  if (!fq_row(q)) return NULL;
  struct dp_calendar *c = parse(fq_col_str(q, 0));
  fq_done(q);
  return c;
}

/* Read calendars, by their text: right whatever a rolled back command had put into the tables. */
enum { SLOTS = 8 };
struct dp_calendars {
  struct {
    char *text;
    struct dp_calendar *calendar;
  } slot[SLOTS];
  unsigned next;
};

void dp_calendars_free(struct dp_calendars *all) {
  for (int x = 0; all && x < SLOTS; x++) {
    free(all->slot[x].text);
    dp_calendar_free(all->slot[x].calendar);
  }
  free(all);
}

static const struct dp_calendar *cached(struct dp_self *self, const char *text) {
  struct dp_calendars *all = self->calendars;
  if (!all) all = self->calendars = calloc(1, sizeof *all);
  if (!all) abort();
  for (int x = 0; x < SLOTS; x++)
    if (all->slot[x].text && !strcmp(all->slot[x].text, text)) return all->slot[x].calendar;
  int x = (int)(all->next++ % SLOTS);
  free(all->slot[x].text);
  dp_calendar_free(all->slot[x].calendar);
  all->slot[x].text = strdup(text);
  all->slot[x].calendar = parse(text);
  return all->slot[x].calendar;
}

static const struct dp_calendar *first(struct dp_self *self, fq_stmt *q, int64_t *version) {
  if (!fq_row(q)) return NULL;
  const struct dp_calendar *c = cached(self, fq_col_str(q, 0));
  if (version) *version = fq_col_int(q, 1);
  fq_done(q);
  return c;
}

const struct dp_calendar *dp_calendar_current(struct dp_self *self, fq_db *db, const char *name,
                                              int64_t *version) {
  return first(self, fq_sql(db, CURRENT, "s", name), version);
}

const struct dp_calendar *dp_calendar_in_use(struct dp_self *self, fq_db *db, const char *name) {
  return first(self, fq_sql(db, CURRENT " AND c.removed = 0", "s", name), NULL);
}

const struct dp_calendar *dp_calendar_version(struct dp_self *self, fq_db *db, int64_t version) {
  return first(self, fq_sql(db, "SELECT body FROM calendar_version WHERE n = ?1", "i", version), NULL);
}

const struct dp_calendar *dp_calendar_plain(void) {
  static const struct dp_calendar plain = {.offset_ms = 8 * 60 * DP_MINUTE_MS};
  return &plain;
}

/* ---- commands ------------------------------------------------------------------------------------- */

/* Calendars hold for the whole county. */
enum fq_status dp_target_county(struct fq_call *c, struct fq_target *t) {
  (void)c;
  t->org[0] = '\0';
  return FQ_OK;
}

static void subject_of(char out[2 * FQ_ID_MAX], const char *name) {
  snprintf(out, 2 * FQ_ID_MAX, "calendar:%s", name);
}

static enum fq_status emit(struct fq_call *c, const char *kind, const char *name, fq_json *data) {
  char subject[2 * FQ_ID_MAX];
  subject_of(subject, name);
  fq_json_set_str(data, "name", name);
  return fq_emit(c, (struct fq_draft){.kind = kind, .subject = subject, .data = data});
}

static fq_json *body_of(const fq_json *params) {
  fq_json *body = fq_json_object();
  const char *offset = fq_json_str(params, "offset");
  fq_json_set_str(body, "offset", offset ? offset : "+08:00");
  dp_set_opt(body, "week", params, "week");
  dp_set_opt(body, "days", params, "days");
  return body;
}

static bool same_text(const char *a, const char *b) {
  return !strcmp(a ? a : "", b ? b : "");
}

/* Does it say what is there already? Setting a pack's calendar again at each deployment is no news. */
static bool unchanged(fq_db *db, const char *name, const char *title, const char *body) {
  fq_stmt *q = fq_sql(db,
                      "SELECT v.body, v.title FROM calendar AS c JOIN calendar_version AS v ON v.n = c.n"
                      " WHERE c.name = ?1 AND c.removed = 0",
                      "s", name);
  if (!fq_row(q)) return false;
  bool same = same_text(fq_col_str(q, 0), body) && same_text(fq_col_str(q, 1), title);
  fq_done(q);
  return same;
}

/* Is a clock open whose due time an earlier version has given? */
static bool behind(fq_db *db, const char *name) {
  return fq_int(db, 0,
                "SELECT 1 FROM clock WHERE calendar = ?1 AND stopped_ms IS NULL AND reckoned < (SELECT n FROM"
                " calendar WHERE name = ?1) LIMIT 1",
                "s", name) != 0;
}

static enum fq_status set(struct fq_call *c, const char *name, fq_json *body) {
  const char *title = fq_json_str(c->params, "title");
  bool recompute = fq_json_bool(c->params, "recompute", false);
  char *text = fq_json_print(body);
  bool same = unchanged(c->db, name, title, text) && !(recompute && behind(c->db, name));
  free(text);
  fq_json_set_bool(c->result, "changed", !same);
  if (same) {
    fq_json_free(body);
    return FQ_OK;
  }
  if (title) fq_json_set_str(body, "title", title);
  if (recompute) fq_json_set_bool(body, "recompute", true);
  return emit(c, "calendar.set", name, body);
}

enum fq_status dp_calendar_set(struct fq_call *c) {
  const char *name = fq_json_str(c->params, "name");
  if (!strcmp(name, "plain"))
    return fq_fail(c->error, FQ_E_PARAMS, "calendar.name", "params.name", "plain 指自然时间,不能作日历名",
                   "plain stands for any time: it is no calendar's name");
  fq_json *body = body_of(c->params);
  struct dp_calendar *read = dp_calendar_read(body, c->error);
  bool opens = read && dp_calendar_opens(read, c->now_ms);
  dp_calendar_free(read);
  if (opens) return set(c, name, body);
  fq_json_free(body);
  if (!read) return c->error->status;
  return fq_fail(c->error, FQ_E_PARAMS, "calendar.empty", "params.week", "这个日历此后没有任何工作时间",
                 "this calendar has no working time ahead");
}

static enum fq_status unknown(struct fq_error *e, const char *name) {
  return fq_fail(e, FQ_E_NOT_FOUND, "calendar.unknown", "params.name", "没有日历 %s", "no calendar %s", name);
}

enum fq_status dp_calendar_remove(struct fq_call *c) {
  const char *name = fq_json_str(c->params, "name");
  if (!fq_int(c->db, 0, "SELECT 1 FROM calendar WHERE name = ?1 AND removed = 0", "s", name))
    return unknown(c->error, name);
  int64_t used = fq_int(c->db, 0,
                        "SELECT count(*) FROM (SELECT 1 FROM clock WHERE calendar = ?1 AND stopped_ms IS NULL"
                        " LIMIT 1000)",
                        "s", name);
  if (used)
    return fq_fail(c->error, FQ_E_CONFLICT, "calendar.used", "params.name",
                   "还有 %lld 个时钟按日历 %s 计时,办结后才能删除",
                   "%lld clocks run by calendar %s: it can go when they have stopped", (long long)used, name);
  return emit(c, "calendar.removed", name, fq_json_object());
}

/* ---- recompute ------------------------------------------------------------------------------------ */

enum { BATCH = 200 };

static void keep_place(fq_json *into, const struct dp_clock_key *k) {
  fq_json *after = fq_json_object();
  fq_json_set_str(after, "incident", k->incident);
  fq_json_set_str(after, "policy", k->policy);
  fq_json_set_str(after, "clock", k->name);
  fq_json_set(into, "after", after);
}

static size_t next_batch(fq_db *db, const char *name, const fq_json *after, struct dp_clock_key *out) {
  const char *policy = fq_json_str(after, "policy"), *clock = fq_json_str(after, "clock");
  fq_stmt *q = fq_sql(db,
                      "SELECT incident, policy, name FROM clock WHERE calendar = ?1 AND stopped_ms IS NULL"
                      " AND (incident, policy, name) > (?2, ?3, ?4) ORDER BY incident, policy, name LIMIT ?5",
                      "sissi", name, dp_id_n(fq_json_str(after, "incident"), 'i'), policy ? policy : "",
                      clock ? clock : "", (int64_t)BATCH);
  size_t n = 0;
  while (fq_row(q)) {
    dp_id_make(out[n].incident, 'i', fq_col_int(q, 0));
    dp_text(out[n].policy, FQ_ID_MAX, fq_col_str(q, 1));
    dp_text(out[n++].name, FQ_ID_MAX, fq_col_str(q, 2));
  }
  return n;
}

enum fq_status dp_calendar_recompute(struct fq_call *c) {
  struct dp_clock_key *batch = calloc(BATCH, sizeof *batch);
  if (!batch) abort();
  const char *name = fq_json_str(c->params, "name");
  size_t n = next_batch(c->db, name, fq_json_get(c->params, "after"), batch);
  int64_t moved = 0;
  enum fq_status s = FQ_OK;
  for (size_t x = 0; x < n && s == FQ_OK; x++)
    s = dp_clock_recompute(c, &batch[x], &moved);
  fq_json *data = fq_json_object();
  fq_json_set_int(data, "moved", moved);
  fq_json_set_int(data, "kept", (int64_t)n - moved);
  if (n == BATCH) keep_place(data, &batch[n - 1]);
  free(batch);
  if (s == FQ_OK) return emit(c, "calendar.recomputed", name, data);
  fq_json_free(data);
  return s;
}

/* ---- apply ---------------------------------------------------------------------------------------- */

static void recompute_soon(struct fq_apply *a, const struct fq_entry *e) {
  const char *name = fq_json_str(e->data, "name");
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "name", name);
  dp_set_opt(params, "after", e->data, "after");
  fq_timer_set(a, e->subject, e->at_ms, "calendar.recompute", e->subject, params);
}

enum fq_status dp_apply_calendar_set(struct fq_apply *a, const struct fq_entry *e) {
  const char *name = fq_json_str(e->data, "name");
  fq_json *body = body_of(e->data);
  char *text = fq_json_print(body);
  fq_exec(a->db,
          "INSERT INTO calendar_version(n, name, title, body, set_ms, set_by) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
          "isssis", e->seq, name, fq_json_str(e->data, "title"), text, e->at_ms, e->actor);
  fq_exec(a->db,
          "INSERT INTO calendar(name, n) VALUES(?1, ?2) ON CONFLICT(name) DO UPDATE SET n = ?2, removed = 0",
          "si", name, e->seq);
  free(text);
  fq_json_free(body);
  if (fq_json_bool(e->data, "recompute", false)) recompute_soon(a, e);
  return FQ_OK;
}

/* Its versions stay: a clock that is reopened years later still knows its hours. */
enum fq_status dp_apply_calendar_removed(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "UPDATE calendar SET removed = 1 WHERE name = ?1", "s", fq_json_str(e->data, "name"));
  return FQ_OK;
}

enum fq_status dp_apply_calendar_recomputed(struct fq_apply *a, const struct fq_entry *e) {
  if (fq_json_get(e->data, "after")) recompute_soon(a, e);
  return FQ_OK;
}

/* ---- query ---------------------------------------------------------------------------------------- */

enum fq_status dp_calendar_list(struct fq_query *q) {
  fq_json *rows = fq_json_array();
  fq_stmt *r =
      fq_sql(q->db,
             "SELECT v.body, v.name, v.title, v.set_ms, v.set_by, (SELECT count(*) FROM clock WHERE"
             " calendar = c.name AND stopped_ms IS NULL) FROM calendar AS c JOIN calendar_version AS v"
             " ON v.n = c.n WHERE c.removed = 0 ORDER BY c.name",
             "");
  while (fq_row(r)) {
    const char *body = fq_col_str(r, 0);
    fq_json *row = fq_json_parse(body, strlen(body), NULL);
    fq_json_set_str(row, "name", fq_col_str(r, 1));
    if (!fq_col_null(r, 2)) fq_json_set_str(row, "title", fq_col_str(r, 2));
    fq_json_set_time(row, "set_at", fq_col_int(r, 3));
    fq_json_set_str(row, "set_by", fq_col_str(r, 4));
    fq_json_set_int(row, "clocks", fq_col_int(r, 5));
    fq_json_push(rows, row);
  }
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}
