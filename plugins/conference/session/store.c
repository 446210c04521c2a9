/*
 * store.c - a conference and its members as their rows stand. Any thread with a handle of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/session.h"

int64_t cf_id_n(const char *id) {
  char *end;
  if (!id || *id != 'v') return 0;
  long long n = strtoll(id + 1, &end, 10);
  return n > 0 && !*end ? n : 0;
}

void cf_id_make(char out[FQ_ID_MAX], int64_t n) {
  snprintf(out, FQ_ID_MAX, "v%lld", (long long)n);
}

void cf_text(char *out, size_t cap, const char *s) {
  snprintf(out, cap, "%s", s ? s : "");
}

void cf_display(fq_db *db, const char *user, char out[96]) {
  cf_text(out, 96, user);
  fq_stmt *q = fq_sql(db, "SELECT display FROM account WHERE name = ?1", "s", user);
  if (!fq_row(q)) return;
  const char *display = fq_col_str(q, 0);
  if (display && *display) cf_text(out, 96, display);
  fq_done(q);
}

#define TEXT(member, column) cf_text(member, sizeof member, fq_col_str(q, column))

bool cf_conf_load(fq_db *db, const char *id, struct cf_conf *out) {
  memset(out, 0, sizeof *out);
  fq_stmt *q = fq_sql(db,
                      "SELECT n, rev, number, ring_ms, rotate_s, cap, created_ms, ended_ms, holder_priority,"
                      " floor_until_ms, roll, roll_at_ms, roll_until_ms, roll_closed_ms, locked, recording,"
                      " audio_only, degraded, state, org, by, by_name, incident, title, backend, layout,"
                      " spotlight, broadcast, holder, why_zh, why_en, cannot, ended_why"
                      " FROM conference WHERE n = ?1",
                      "i", cf_id_n(id));
  if (!fq_row(q)) return false;
  int64_t *const numbers[] = {
      &out->n,    &out->rev,        &out->number,        &out->ring_ms,         &out->rotate_s,
      &out->cap,  &out->created_ms, &out->ended_ms,      &out->holder_priority, &out->floor_until_ms,
      &out->roll, &out->roll_at_ms, &out->roll_until_ms, &out->roll_closed_ms};
  bool *const flags[] = {&out->locked, &out->recording, &out->audio_only, &out->degraded};
  for (int k = 0; k < 14; k++)
    *numbers[k] = fq_col_int(q, k);
  for (int k = 0; k < 4; k++)
    *flags[k] = fq_col_int(q, 14 + k) != 0;
  out->state = cf_state_of(fq_col_str(q, 18));
  TEXT(out->org, 19);
  TEXT(out->by, 20);
  TEXT(out->by_name, 21);
  TEXT(out->incident, 22);
  TEXT(out->title, 23);
  TEXT(out->backend, 24);
  TEXT(out->layout, 25);
  TEXT(out->spotlight, 26);
  TEXT(out->broadcast, 27);
  TEXT(out->holder, 28);
  TEXT(out->why_zh, 29);
  TEXT(out->why_en, 30);
  TEXT(out->cannot, 31);
  TEXT(out->ended_why, 32);
  fq_done(q);
  cf_id_make(out->id, out->n);
  return true;
}

bool cf_live(const struct cf_conf *v) {
  return cf_next(CF_V_TAKE_PART, v->state) != CF_NONE;
}

#define MEMBER                                                                                               \
  "SELECT user, name, session, desk, left_why, quality, role, state, priority, ring_round, ring_until_ms,"   \
  " seat_until_ms, hand_ms, since_ms, guest, hidden, banned, pulled, muted, silenced, may_unmute, camera,"   \
  " screen, audio_only, sealed_name FROM conf_member WHERE conf = ?1"

static void read_member(fq_stmt *q, struct cf_member *m) {
  memset(m, 0, sizeof *m);
  int64_t *const numbers[] = {&m->priority,      &m->ring_round, &m->ring_until_ms,
                              &m->seat_until_ms, &m->hand_ms,    &m->since_ms};
  bool *const flags[] = {&m->guest,    &m->hidden,     &m->banned, &m->pulled, &m->muted,
                         &m->silenced, &m->may_unmute, &m->camera, &m->screen, &m->audio_only};
  TEXT(m->user, 0);
  TEXT(m->name, 1);
  TEXT(m->session, 2);
  TEXT(m->desk, 3);
  TEXT(m->left_why, 4);
  TEXT(m->quality, 5);
  m->role = cf_role_of(fq_col_str(q, 6));
  m->state = cf_seat_of(fq_col_str(q, 7));
  for (int k = 0; k < 6; k++)
    *numbers[k] = fq_col_int(q, 8 + k);
  for (int k = 0; k < 10; k++)
    *flags[k] = fq_col_int(q, 14 + k) != 0;
  TEXT(m->sealed_name, 24);
}

bool cf_member_load(fq_db *db, int64_t conf, const char *user, struct cf_member *out) {
  memset(out, 0, sizeof *out);
  fq_stmt *q = fq_sql(db, MEMBER " AND user = ?2", "is", conf, user);
  if (!fq_row(q)) return false;
  read_member(q, out);
  fq_done(q);
  return true;
}

struct cf_member *cf_members(fq_db *db, int64_t conf, size_t *count) {
  size_t cap = 16;
  struct cf_member *list = malloc(cap * sizeof *list);
  *count = 0;
  fq_stmt *q = fq_sql(db, MEMBER " ORDER BY hidden, asked, user", "i", conf);
  while (fq_row(q)) {
    if (*count == cap) list = realloc(list, (cap *= 2) * sizeof *list);
    if (!list) abort(); /* as everywhere: exhaustion ends the process */
    read_member(q, &list[(*count)++]);
  }
  return list;
}

const char *cf_path(fq_db *db, const char *org, char *out) {
  fq_stmt *q = fq_sql(db, "SELECT path FROM org WHERE id = ?1", "s", org);
  cf_text(out, 512, "-"); /* of nothing */
  if (!fq_row(q)) return out;
  cf_text(out, 512, fq_col_str(q, 0));
  fq_done(q);
  return out;
}

int64_t cf_count_seated(fq_db *db, int64_t conf) {
  return fq_int(db, 0,
                "SELECT count(*) FROM conf_member WHERE conf = ?1 AND hidden = 0 AND state IN"
                " ('joining', 'connected', 'media_lost', 'signalling_lost')",
                "i", conf);
}
