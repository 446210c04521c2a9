/*
 * floor.c - push to talk: one holds the floor, the others wait in a line by priority and then by turn. A
 * higher priority takes it from whoever holds it; who was interrupted asks again when he still presses the
 * button, for by then nobody may be near his microphone. Kernel thread.
 */
#include <string.h>

#include "session/session.h"

static enum fq_status give(struct fq_call *c, const struct cf_conf *v, const char *user, int64_t priority,
                           const char *from) {
  fq_json *data = cf_about(user);
  fq_json_set_int(data, "priority", priority);
  fq_json_set_time(data, "until", c->now_ms + CF_FLOOR_MS);
  if (!strcmp(v->holder, user))
    fq_json_set_bool(data, "renewed", true);
  else if (from && *from)
    fq_json_set_str(data, "from", from);
  return cf_emit(c, v, "conf.floor_given", data, NULL);
}

static enum fq_status next_in_line(struct fq_call *c, const struct cf_conf *v) {
  char user[FQ_ID_MAX];
  fq_stmt *q = fq_sql(
      c->db, "SELECT user, priority FROM conf_floor WHERE conf = ?1 ORDER BY priority DESC, seq LIMIT 1", "i",
      v->n);
  if (!fq_row(q)) return FQ_OK;
  cf_text(user, sizeof user, fq_col_str(q, 0));
  int64_t priority = fq_col_int(q, 1);
  fq_done(q);
  struct cf_conf now;
  return cf_conf_load(c->db, v->id, &now) ? give(c, &now, user, priority, NULL) : FQ_OK;
}

enum fq_status cf_floor_let_go(struct fq_call *c, const struct cf_conf *v, const char *user,
                               const char *why) {
  struct cf_conf now;
  bool waits = fq_int(c->db, 0, "SELECT 1 FROM conf_floor WHERE conf = ?1 AND user = ?2", "is", v->n, user);
  if (!cf_conf_load(c->db, v->id, &now) || !cf_live(&now)) return FQ_OK;
  bool holds = !strcmp(now.holder, user);
  if (!holds && !waits) return FQ_OK;
  fq_json *data = cf_about(user);
  fq_json_set_str(data, "why", why);
  if (!holds) fq_json_set_bool(data, "waited", true);
  enum fq_status s = cf_emit(c, &now, "conf.floor_released", data, NULL);
  return s == FQ_OK && holds ? next_in_line(c, &now) : s;
}

enum fq_status cf_floor_ask(struct fq_call *c) {
  struct cf_conf v;
  struct cf_member me;
  enum fq_status s = cf_need_seat(c, &v, &me);
  if (s != FQ_OK) return s;
  if (me.role == CF_VIEWER)
    return fq_fail(c->error, FQ_E_FORBIDDEN, "conf.viewer", "params.id", "观看者不能发言",
                   "a viewer does not speak");
  int64_t asked = fq_json_int(c->params, "priority", me.priority);
  int64_t priority = asked < me.priority ? asked : me.priority;
  if (!*v.holder || !strcmp(v.holder, me.user) || priority > v.holder_priority)
    s = give(c, &v, me.user, priority, v.holder);
  else if (fq_int(c->db, 0, "SELECT priority FROM conf_floor WHERE conf = ?1 AND user = ?2", "is", v.n,
                  me.user) != priority) {
    fq_json *data = cf_about(me.user);
    fq_json_set_int(data, "priority", priority);
    s = cf_emit(c, &v, "conf.floor_waits", data, NULL);
  }
  struct cf_conf now;
  if (s != FQ_OK || !cf_conf_load(c->db, v.id, &now)) return s;
  cf_answer(c, &now);
  fq_json_set_bool(c->result, "holds", !strcmp(now.holder, me.user));
  return FQ_OK;
}

enum fq_status cf_floor_release(struct fq_call *c) {
  struct cf_conf v;
  struct cf_member me;
  enum fq_status s = cf_need_seat(c, &v, &me);
  if (s == FQ_OK) s = cf_floor_let_go(c, &v, me.user, "released");
  if (s == FQ_OK) cf_answer(c, &v);
  return s;
}

enum fq_status cf_floor_take(struct fq_call *c) {
  struct cf_conf v;
  struct cf_member m;
  const char *user = fq_json_str(c->params, "user");
  enum fq_status s = cf_need_chair(c, &v);
  if (s == FQ_OK && user) s = cf_need_other(c, &v, "user", CF_A_SIT, &m);
  if (s == FQ_OK && !user && !cf_member_load(c->db, v.n, c->actor->name, &m))
    s = fq_fail(c->error, FQ_E_PARAMS, "params.missing", "params.user", "写明给谁", "whose is it to be?");
  if (s == FQ_OK && m.role == CF_VIEWER)
    s = fq_fail(c->error, FQ_E_CONFLICT, "conf.viewer", "params.user", "观看者不能发言",
                "a viewer does not speak");
  if (s == FQ_OK) s = give(c, &v, m.user, m.priority, v.holder);
  if (s == FQ_OK) cf_answer(c, &v);
  return s;
}

/* Held and not renewed: a button that hangs must not keep everybody else from speaking. */
enum fq_status cf_floor_due(struct fq_call *c) {
  struct cf_conf v;
  if (!cf_conf_load(c->db, fq_json_str(c->params, "id"), &v) || !cf_live(&v) || !*v.holder ||
      v.floor_until_ms > c->now_ms)
    return FQ_OK;
  return cf_floor_let_go(c, &v, v.holder, "lapsed");
}
