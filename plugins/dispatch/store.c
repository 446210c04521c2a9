/*
 * store.c - loading the rows a command works on, and emitting entries about an incident: one place decides
 * who hears them. Knows the tables, no verb. Kernel thread (loads: any thread with a handle of its own).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch.h"

/* Ids are a letter and the journal number of the entry that made the row, so the row's key is a number
 * that only grows: the tables and their indexes stay append-local. */
int64_t dp_id_n(const char *id, char letter) {
  if (!id || id[0] != letter || id[1] < '1' || id[1] > '9' || strlen(id) > 17) return 0;
  int64_t n = 0;
  for (const char *p = id + 1; *p; p++) {
    if (*p < '0' || *p > '9') return 0;
    n = n * 10 + (*p - '0');
  }
  return n;
}

void dp_id_make(char out[FQ_ID_MAX], char letter, int64_t n) {
  snprintf(out, FQ_ID_MAX, "%c%lld", letter, (long long)n);
}

void dp_text(char *out, size_t cap, const char *s) {
  size_t n = s ? strnlen(s, cap - 1) : 0;
  if (n) memcpy(out, s, n);
  out[n] = '\0';
}

void dp_set_opt(fq_json *to, const char *name, const fq_json *from, const char *member) {
  const fq_json *v = fq_json_get(from, member);
  if (v) fq_json_set(to, name, fq_json_dup(v));
}

bool dp_incident_load(fq_db *db, const char *id, struct dp_incident *out) {
  memset(out, 0, sizeof *out);
  int64_t n = dp_id_n(id, 'i');
  if (!n) return false;
  fq_stmt *q = fq_sql(db,
                      "SELECT number, rev, round, org, reporter, category, owner_org, title, state, before,"
                      " owner_level, level, lon, lat, occurred_ms, reported_ms, accepted_ms, dispatched_ms,"
                      " handled_ms, verified_ms, closed_ms, merged_into, joined FROM incident WHERE n = ?1",
                      "i", n);
  if (!fq_row(q)) return false;
  out->n = n;
  dp_text(out->id, sizeof out->id, id);
  out->number = fq_col_int(q, 0);
  out->rev = fq_col_int(q, 1);
  out->round = fq_col_int(q, 2);
  dp_text(out->org, sizeof out->org, fq_col_str(q, 3));
  dp_text(out->reporter, sizeof out->reporter, fq_col_str(q, 4));
  dp_text(out->category, sizeof out->category, fq_col_str(q, 5));
  dp_text(out->owner_org, sizeof out->owner_org, fq_col_str(q, 6));
  dp_text(out->title, sizeof out->title, fq_col_str(q, 7));
  out->state = dp_state_of(fq_col_str(q, 8));
  out->before = dp_state_of(fq_col_str(q, 9));
  int level = dp_level_of(fq_col_str(q, 10));
  out->owner_level = level < 0 ? DP_L_GRID : (enum dp_level)level;
  out->level = (int)fq_col_int(q, 11);
  out->lon = fq_col_null(q, 12) ? NAN : fq_col_num(q, 12);
  out->lat = fq_col_null(q, 13) ? NAN : fq_col_num(q, 13);
  for (int m = 0; m < DP_MILESTONE_COUNT; m++)
    out->at_ms[m] = fq_col_int(q, 14 + m);
  out->merged_into = fq_col_int(q, 14 + DP_MILESTONE_COUNT);
  out->joined = fq_col_int(q, 15 + DP_MILESTONE_COUNT);
  fq_done(q);
  return true;
}

/* Keys and times grow together, so a time is found by halving, without an index of times. */
int64_t dp_first_since(fq_db *db, const char *last, const char *next, int64_t at_ms) {
  int64_t low = 0, high = 1 + fq_int(db, 0, last, "");
  while (low < high) {
    int64_t middle = low + (high - low) / 2, n = high, then_ms = at_ms;
    fq_stmt *q = fq_sql(db, next, "i", middle);
    if (fq_row(q)) {
      n = fq_col_int(q, 0);
      then_ms = fq_col_int(q, 1);
      fq_done(q);
    }
    if (then_ms >= at_ms)
      high = middle;
    else
      low = n + 1;
  }
  return low;
}

int64_t dp_incident_since(fq_db *db, int64_t at_ms) {
  return dp_first_since(db, "SELECT max(n) FROM incident",
                        "SELECT n, reported_ms FROM incident WHERE n >= ?1 ORDER BY n LIMIT 1", at_ms);
}

bool dp_task_load(fq_db *db, const char *id, struct dp_task *out) {
  memset(out, 0, sizeof *out);
  int64_t n = dp_id_n(id, 't');
  if (!n) return false;
  fq_stmt *q =
      fq_sql(db,
             "SELECT incident, rev, to_user, to_unit, to_team, state, name, accepted_by, role, ended_ms,"
             " remind_ms, remind_times, reminded, checkin_ms, checkin_grace_ms, checkin_due_ms,"
             " checkin_missed, checkin_at_ms, alarm_ms FROM task WHERE n = ?1",
             "i", n);
  if (!fq_row(q)) return false;
  out->n = n;
  dp_text(out->id, sizeof out->id, id);
  out->incident = fq_col_int(q, 0);
  out->rev = fq_col_int(q, 1);
  dp_text(out->user, sizeof out->user, fq_col_str(q, 2));
  dp_text(out->unit, sizeof out->unit, fq_col_str(q, 3));
  dp_text(out->team, sizeof out->team, fq_col_str(q, 4));
  out->state = dp_task_state_of(fq_col_str(q, 5));
  dp_text(out->name, sizeof out->name, fq_col_str(q, 6));
  dp_text(out->accepted_by, sizeof out->accepted_by, fq_col_str(q, 7));
  const char *role = fq_col_str(q, 8);
  out->lead = role && !strcmp(role, "lead");
  int64_t *const numbers[] = {&out->ended_ms,      &out->remind_ms, &out->remind_times, &out->reminded,
                              &out->every_ms,      &out->grace_ms,  &out->due_ms,       &out->missed,
                              &out->seen_alive_ms, &out->alarm_ms};
  for (int k = 0; k < 10; k++)
    *numbers[k] = fq_col_int(q, 9 + k);
  fq_done(q);
  return true;
}

enum fq_status dp_incident_need(struct fq_call *c, const char *member, struct dp_incident *out) {
  const char *id = fq_json_str(c->params, member);
  if (dp_incident_load(c->db, id, out)) return FQ_OK;
  char path[FQ_ID_MAX];
  snprintf(path, sizeof path, "params.%s", member);
  return fq_fail(c->error, FQ_E_NOT_FOUND, "incident.unknown", path, "没有事件 %s", "no incident %s",
                 id ? id : "");
}

enum fq_status dp_task_need(struct fq_call *c, struct dp_task *task, struct dp_incident *incident) {
  const char *id = fq_json_str(c->params, "id");
  char of[FQ_ID_MAX];
  if (dp_task_load(c->db, id, task)) {
    dp_id_make(of, 'i', task->incident);
    if (dp_incident_load(c->db, of, incident)) return FQ_OK;
  }
  return fq_fail(c->error, FQ_E_NOT_FOUND, "task.unknown", "params.id", "没有任务 %s", "no task %s",
                 id ? id : "");
}

/* A list of distinct words, in the order they came. */
struct names {
  char *text;
  size_t len;
};

static void add(struct names *l, const char *kind, const char *name) {
  size_t a = strlen(kind), b = strlen(name), n = a + b;
  for (const char *p = l->text; p && *p;) {
    size_t w = strcspn(p, " ");
    if (w == n && !memcmp(p, kind, a) && !memcmp(p + a, name, b)) return;
    p += w + (p[w] == ' ');
  }
  char *more = realloc(l->text, l->len + n + 2);
  if (!more) abort(); /* as everywhere: exhaustion ends the process (fengqiao.h, FAILURE) */
  l->text = more;
  if (l->len) l->text[l->len++] = ' ';
  memcpy(l->text + l->len, kind, a);
  memcpy(l->text + l->len + a, name, b + 1);
  l->len += n;
}

char *dp_audience(fq_db *db, const struct dp_incident *i, const char *also) {
  struct names l = {0};
  if (*i->reporter) add(&l, "user/", i->reporter);
  fq_stmt *q = fq_sql(db,
                      "SELECT to_user, to_unit, to_team FROM task WHERE incident = ?1 AND ended_ms IS NULL"
                      " ORDER BY n",
                      "i", i->n);
  while (fq_row(q)) {
    if (!fq_col_null(q, 0)) add(&l, "user/", fq_col_str(q, 0));
    if (!fq_col_null(q, 1)) add(&l, "unit/", fq_col_str(q, 1));
    if (fq_col_null(q, 2)) continue;
    add(&l, "unit/", fq_col_str(q, 2));
    fq_stmt *members = dp_team_officers(db, fq_col_str(q, 2));
    while (fq_row(members))
      add(&l, "user/", fq_col_str(members, 0));
  }
  /* Who reported the same thing hears what becomes of it. */
  q = i->joined ? fq_sql(db, "SELECT reporter FROM merged WHERE target = ?1 ORDER BY source", "i", i->n)
                : NULL;
  while (fq_row(q))
    add(&l, "user/", fq_col_str(q, 0));
  q = fq_sql(db, "SELECT unit FROM countersign WHERE incident = ?1 AND state = 'open' ORDER BY n", "i", i->n);
  while (fq_row(q))
    add(&l, "unit/", fq_col_str(q, 0));
  /* Units above the place hear by the tree; an owner elsewhere has to be named. */
  if (*i->owner_org && strcmp(i->owner_org, i->org) && !fq_org_within(db, i->org, i->owner_org))
    add(&l, "unit/", i->owner_org);
  char word[FQ_ID_MAX + 8];
  for (size_t n; also && *also; also += n + (also[n] == ' ')) {
    n = strcspn(also, " ");
    snprintf(word, sizeof word, "%.*s", (int)n, also);
    add(&l, "", word);
  }
  return l.text;
}

enum fq_status dp_emit(struct fq_call *c, const struct dp_incident *i, const char *kind, fq_json *data,
                       const char *also) {
  char *audience = dp_audience(c->db, i, also);
  enum fq_status s = fq_emit(
      c,
      (struct fq_draft){.kind = kind, .subject = i->id, .org = i->org, .audience = audience, .data = data});
  free(audience);
  return s;
}
