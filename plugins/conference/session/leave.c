/*
 * leave.c - who gets up, and when it is over: leaving, seats that stay empty, an empty room, the end.
 * Kernel thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/session.h"

#define CF_SLICE 100 /* members in one step: each leads to three entries at most */

/* When he was the last, the empty room is kept for a while: who hung up by mistake finds it there. */
static void put_empty(struct fq_call *c, const struct cf_conf *v, const struct cf_member *m, fq_json *data) {
  bool last = !m->hidden && cf_seated(m->state) && cf_count_seated(c->db, v->n) == 1;
  if (last) fq_json_set_time(data, "empty_at", c->now_ms + CF_EMPTY_MS);
}

enum fq_status cf_leave(struct fq_call *c, const struct cf_conf *v, const struct cf_member *m,
                        const char *why) {
  fq_json *data = cf_about(m->user);
  fq_json_set_str(data, "why", why);
  if (m->hidden) return cf_emit_hidden(c, v, "conf.unmonitored", data, m->user);
  put_empty(c, v, m, data);
  enum fq_status s = cf_emit(c, v, "conf.left", data, m->user);
  return s == FQ_OK ? cf_floor_let_go(c, v, m->user, "left") : s;
}

enum fq_status cf_conf_leave(struct fq_call *c) {
  struct cf_conf v;
  struct cf_member m;
  const char *id = fq_json_str(c->params, "id");
  if (!cf_conf_load(c->db, id, &v) || !cf_member_load(c->db, v.n, c->actor->name, &m))
    return fq_fail(c->error, FQ_E_NOT_FOUND, "conf.unknown", "params.id", "您不在会商 %s 中",
                   "you are not in %s", id);
  enum fq_status s = FQ_OK;
  if (cf_live(&v) && cf_next_seat(CF_A_LEAVE, m.state)) s = cf_leave(c, &v, &m, "hangup");
  if (s == FQ_OK) cf_answer(c, &v);
  return s;
}

/* ---- the end ------------------------------------------------------------------------------------------ */

enum fq_status cf_end(struct fq_call *c, const struct cf_conf *v, const char *why, const char *reason) {
  enum cf_state next = cf_next(v->recording ? CF_V_END : CF_V_CLOSE, v->state);
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "by", c->actor->name);
  fq_json_set_str(data, "why", why);
  if (reason) fq_json_set_str(data, "reason", reason);
  fq_json_set_str(data, "title", v->title);
  if (*v->incident) {
    fq_json_set_str(data, "incident", v->incident);
    fq_json_set_int(data, "number", v->number);
  }
  fq_json_set_int(data, "people",
                  fq_int(c->db, 0,
                         "SELECT count(*) FROM conf_member WHERE conf = ?1 AND hidden = 0 AND joined_ms"
                         " IS NOT NULL",
                         "i", v->n));
  fq_json_set_int(data, "duration_ms", c->now_ms - v->created_ms);
  fq_json_set_str(data, "state", cf_state_name(next));
  if (next == CF_ENDING) fq_json_set_time(data, "close_at", c->now_ms + CF_CLOSING_MS);
  return cf_emit(c, v, "conf.ended", data, NULL);
}

/* The chair's, and any desk's above it. */
enum fq_status cf_conf_end(struct fq_call *c) {
  struct cf_conf v;
  enum fq_status s = cf_need(c, &v);
  if (s == FQ_OK && !cf_desk_of(c->db, c->actor, v.org)) s = cf_need_chair(c, &v);
  if (s == FQ_OK) s = cf_end(c, &v, "ended", fq_json_str(c->params, "reason"));
  if (s == FQ_OK) cf_answer(c, &v);
  return s;
}

enum fq_status cf_empty_due(struct fq_call *c) {
  struct cf_conf v;
  if (!cf_conf_load(c->db, fq_json_str(c->params, "id"), &v) || !cf_live(&v)) return FQ_OK;
  return cf_count_seated(c->db, v.n) ? FQ_OK : cf_end(c, &v, "empty", NULL);
}

/* The recording's end was never told. */
enum fq_status cf_closing_due(struct fq_call *c) {
  struct cf_conf v;
  if (!cf_conf_load(c->db, fq_json_str(c->params, "id"), &v) || v.state != CF_ENDING) return FQ_OK;
  fq_json *data = fq_json_object();
  fq_json_set_bool(data, "on", false);
  fq_json_set_str(data, "state", cf_state_name(cf_next(CF_V_CLOSE, v.state)));
  fq_json_set_str(data, "why_zh", "录制未按时收尾");
  fq_json_set_str(data, "why_en", "the recording was not finished in time");
  return cf_emit(c, &v, "conf.recording_set", data, NULL);
}

/* ---- what the lines do ---------------------------------------------------------------------------------
 */

static enum fq_status lost(struct fq_call *c, const struct cf_conf *v, const struct cf_member *m) {
  const struct cf_self *self = c->self;
  if (m->state == CF_SIGNALLING_LOST) return FQ_OK;
  if (m->hidden) return cf_leave(c, v, m, "timeout");
  fq_json *data = cf_about(m->user);
  fq_json_set_str(data, "state", cf_seat_name(CF_SIGNALLING_LOST));
  fq_json_set_time(data, "seat_until", c->now_ms + self->seat_ms);
  enum fq_status s = cf_emit(c, v, "conf.media", data, NULL);
  return s == FQ_OK ? cf_floor_let_go(c, v, m->user, "left") : s;
}

/* Told by media/. Late news of a page that no longer has the seat is no news. */
enum fq_status cf_conf_member_media(struct fq_call *c) {
  static const struct {
    const char *state;
    enum cf_act act;
  } told[] = {{"connected", CF_A_CONNECT},
              {"media_lost", CF_A_LOSE_MEDIA},
              {"signalling_lost", CF_A_LOSE_SIGNALLING},
              {"gone", CF_A_LEAVE}};
  struct cf_conf v;
  struct cf_member m;
  const char *state = fq_json_str(c->params, "state"), *session = fq_json_str(c->params, "session");
  if (!cf_conf_load(c->db, fq_json_str(c->params, "id"), &v) || !cf_live(&v) ||
      !cf_member_load(c->db, v.n, fq_json_str(c->params, "user"), &m) ||
      (session && strcmp(session, m.session) != 0))
    return FQ_OK;
  size_t k = 0;
  while (strcmp(told[k].state, state) != 0)
    k++;
  enum cf_seat next = cf_next_seat(told[k].act, m.state);
  if (next == CF_NO_SEAT || next == m.state) return FQ_OK;
  if (next == CF_SIGNALLING_LOST) return lost(c, &v, &m);
  if (next == CF_LEFT) return cf_leave(c, &v, &m, "timeout");
  if (m.hidden) return FQ_OK; /* nobody is shown how well he sees */
  fq_json *data = cf_about(m.user);
  fq_json_set_str(data, "state", cf_seat_name(next));
  return cf_emit(c, &v, "conf.media", data, NULL);
}

enum fq_status cf_seat_due(struct fq_call *c) {
  struct cf_conf v;
  size_t count;
  enum fq_status s = FQ_OK;
  if (!cf_conf_load(c->db, fq_json_str(c->params, "id"), &v) || !cf_live(&v)) return FQ_OK;
  struct cf_member *list = cf_members(c->db, v.n, &count);
  for (size_t k = 0; s == FQ_OK && k < count; k++)
    if (list[k].seat_until_ms && list[k].seat_until_ms <= c->now_ms) s = cf_leave(c, &v, &list[k], "timeout");
  free(list);
  return s;
}

/* Those who sit in conferences that go on, of one session or of all, a slice of them. */
static enum fq_status lose(struct fq_call *c, const char *session) {
  enum fq_status s = FQ_OK;
  struct {
    int64_t conf;
    char user[FQ_ID_MAX];
  } who[CF_SLICE];
  size_t n = 0;
  fq_stmt *q = fq_sql(c->db,
                      "SELECT m.conf, m.user FROM conference v JOIN conf_member m ON m.conf = v.n"
                      " WHERE v.ended_ms IS NULL AND m.state IN ('joining', 'connected', 'media_lost')"
                      " AND (?1 IS NULL OR m.session = ?1) ORDER BY 1, 2 LIMIT ?2",
                      "si", session, (int64_t)CF_SLICE);
  while (fq_row(q)) {
    who[n].conf = fq_col_int(q, 0);
    cf_text(who[n++].user, FQ_ID_MAX, fq_col_str(q, 1));
  }
  for (size_t x = 0; s == FQ_OK && x < n; x++) {
    struct cf_conf v;
    struct cf_member m;
    char id[FQ_ID_MAX];
    cf_id_make(id, who[x].conf);
    if (cf_conf_load(c->db, id, &v) && cf_member_load(c->db, v.n, who[x].user, &m)) s = lost(c, &v, &m);
  }
  if (n == CF_SLICE) fq_json_set_bool(c->result, "more", true);
  return s;
}

enum fq_status cf_session_gone(struct fq_call *c) {
  return lose(c, fq_json_str(c->params, "session"));
}

/* The server begins. They have as long as after any cut to come back. */
enum fq_status cf_restarted(struct fq_call *c) {
  return lose(c, NULL);
}

static void end_sessions(fq_kernel *k, void *arg) {
  fq_guest_end(k, arg);
  free(arg);
}

void cf_end_guest(struct fq_call *c, const char *user) {
  char *name = strdup(user);
  if (!name) abort();
  fq_post(((struct cf_self *)c->self)->kernel, end_sessions, name);
}
