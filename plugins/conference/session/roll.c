/*
 * roll.c - roll call: everybody who was asked into the conference says that he is there, until its time is
 * over or all have. Kernel thread.
 */
#include <stdlib.h>
#include <string.h>

#include "session/session.h"

/* Who should be here: all but those who were put out, the one who asks, and those of a desk that has sent
 * somebody. */
static bool expected(const struct cf_member *m, const char *by) {
  bool out = m->state == CF_LEFT && !strcmp(m->left_why, "kicked");
  bool hushed = m->state == CF_INVITED && *m->desk && !m->ring_until_ms;
  return !m->hidden && !m->banned && !out && !hushed && strcmp(m->user, by) != 0;
}

static enum fq_status close_roll(struct fq_call *c, const struct cf_conf *v) {
  fq_json *here = fq_json_array(), *missing = fq_json_array(), *data = fq_json_object();
  fq_stmt *q =
      fq_sql(c->db, "SELECT user, here_ms FROM conf_here WHERE conf = ?1 ORDER BY here_ms, user", "i", v->n);
  while (fq_row(q))
    fq_json_push(fq_col_null(q, 1) ? missing : here, fq_json_new_str(fq_col_str(q, 0)));
  fq_json_set_int(data, "call", v->roll);
  fq_json_set(data, "here", here);
  fq_json_set(data, "missing", missing);
  return cf_emit(c, v, "conf.roll_closed", data, NULL);
}

/* One at a time: another begins where the one before is closed. */
enum fq_status cf_roll_call(struct fq_call *c) {
  struct cf_conf v;
  size_t count;
  enum fq_status s = cf_need_chair(c, &v);
  if (s == FQ_OK && v.roll && !v.roll_closed_ms) s = close_roll(c, &v);
  if (s != FQ_OK) return s;
  fq_json *users = fq_json_array(), *data = fq_json_object();
  struct cf_member *list = cf_members(c->db, v.n, &count);
  for (size_t k = 0; k < count; k++)
    if (expected(&list[k], c->actor->name)) fq_json_push(users, fq_json_new_str(list[k].user));
  free(list);
  int64_t call = fq_next_seq(c);
  fq_json_set_int(data, "call", call);
  fq_json_set_time(data, "until", c->now_ms + 1000 * fq_json_int(c->params, "seconds", 60));
  fq_json_set(data, "users", users);
  if ((s = cf_emit(c, &v, "conf.roll_called", data, NULL)) != FQ_OK) return s;
  cf_answer(c, &v);
  fq_json_set_int(c->result, "call", call);
  return FQ_OK;
}

enum fq_status cf_here(struct fq_call *c) {
  struct cf_conf v;
  struct cf_member me;
  int64_t call = fq_json_int(c->params, "call", 0);
  enum fq_status s = cf_need_seat(c, &v, &me);
  if (s != FQ_OK) return s;
  if (call != v.roll || v.roll_closed_ms)
    return fq_fail(c->error, FQ_E_CONFLICT, "conf.roll_over", "params.call", "点名已结束",
                   "that roll call is over");
  int64_t waits = fq_int(c->db, -1, "SELECT here_ms IS NULL FROM conf_here WHERE conf = ?1 AND user = ?2",
                         "is", v.n, me.user);
  if (waits) {
    fq_json *data = cf_about(me.user);
    fq_json_set_int(data, "call", call);
    s = cf_emit(c, &v, "conf.here", data, NULL);
    bool all =
        !fq_int(c->db, 0, "SELECT 1 FROM conf_here WHERE conf = ?1 AND here_ms IS NULL LIMIT 1", "i", v.n);
    if (s == FQ_OK && all) s = close_roll(c, &v);
  }
  if (s == FQ_OK) cf_answer(c, &v);
  return s;
}

enum fq_status cf_roll_due(struct fq_call *c) {
  struct cf_conf v;
  if (!cf_conf_load(c->db, fq_json_str(c->params, "id"), &v) || !cf_live(&v) || !v.roll || v.roll_closed_ms)
    return FQ_OK;
  return close_roll(c, &v);
}
