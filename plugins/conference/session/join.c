/*
 * join.c - who sits down: joining, coming back, watching unseen. A seat belongs to one session, so that a
 * call on the phone is not answered by the desk's console as well. Kernel thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/session.h"

static enum fq_status need_session(struct fq_call *c) {
  if (*cf_session(c)) return FQ_OK;
  return fq_fail(c->error, FQ_E_REQUEST, "conf.session", "", "只能从打开的会话加入",
                 "one joins from an open session");
}

/* He cannot sit in two at once from the same page: the other one is left. */
static enum fq_status leave_others(struct fq_call *c, int64_t but) {
  int64_t others[8];
  size_t n = 0;
  enum fq_status s = FQ_OK;
  fq_stmt *q =
      fq_sql(c->db,
             "SELECT m.conf FROM conf_member m JOIN conference v ON v.n = m.conf WHERE m.session = ?1"
             " AND m.session <> '' AND m.conf <> ?2 AND v.ended_ms IS NULL LIMIT 8",
             "si", cf_session(c), but);
  while (fq_row(q))
    others[n++] = fq_col_int(q, 0);
  for (size_t k = 0; s == FQ_OK && k < n; k++) {
    struct cf_conf v;
    struct cf_member m;
    char id[FQ_ID_MAX];
    cf_id_make(id, others[k]);
    if (cf_conf_load(c->db, id, &v) && cf_member_load(c->db, v.n, c->actor->name, &m) &&
        cf_next_seat(CF_A_LEAVE, m.state))
      s = cf_leave(c, &v, &m, "replaced");
  }
  return s;
}

/* Invited, or a desk above it that comes by itself while the door is open. */
static enum fq_status may_join(struct fq_call *c, const struct cf_conf *v, bool member,
                               const struct cf_member *m) {
  bool creator = !strcmp(v->by, c->actor->name);
  if (member && m->banned)
    return fq_fail(c->error, FQ_E_FORBIDDEN, "conf.banned", "params.id", "您已被禁止加入此会商",
                   "you are banned from it");
  if ((member && !m->hidden) || creator) return FQ_OK;
  if (!cf_desk_of(c->db, c->actor, v->org))
    return fq_fail(c->error, FQ_E_FORBIDDEN, "conf.foreign", "params.id", "您未被邀请加入会商 %s",
                   "you have not been asked into %s", v->id);
  if (v->locked)
    return fq_fail(c->error, FQ_E_CONFLICT, "conf.locked", "params.id", "会商已锁定,请主持人邀请",
                   "it is locked: ask the chair to invite you");
  return FQ_OK;
}

static enum fq_status room(struct fq_call *c, const struct cf_conf *v, bool seated) {
  if (!v->cap || seated || cf_count_seated(c->db, v->n) < v->cap) return FQ_OK;
  return fq_fail(c->error, FQ_E_CONFLICT, "conf.full", "params.id",
                 "直连会商最多 %lld 人;要更多人须装媒体服务器 janus",
                 "at most %lld without a media server: install janus for more", (long long)v->cap);
}

/* The others at his desk are no longer rung. */
static enum fq_status hush(struct fq_call *c, const struct cf_conf *v, const struct cf_member *m) {
  if (!*m->desk) return FQ_OK;
  fq_json *users = fq_json_array(), *data;
  size_t count;
  struct cf_member *list = cf_members(c->db, v->n, &count);
  for (size_t k = 0; k < count; k++)
    if (!strcmp(list[k].desk, m->desk) && list[k].ring_until_ms && strcmp(list[k].user, m->user) != 0)
      fq_json_push(users, fq_json_new_str(list[k].user));
  free(list);
  if (!fq_json_size(users)) {
    fq_json_free(users);
    return FQ_OK;
  }
  data = fq_json_object();
  fq_json_set(data, "users", users);
  fq_json_set_str(data, "by", m->user);
  return cf_emit(c, v, "conf.hushed", data, NULL);
}

static fq_json *seat(struct fq_call *c, const struct cf_conf *v, const struct cf_member *m) {
  fq_json *data = cf_about(c->actor->name);
  bool was = cf_seated(m->state) && !m->hidden;
  if (!m->guest) {
    char name[96];
    cf_display(c->db, c->actor->name, name);
    fq_json_set_str(data, "name", name);
  }
  fq_json_set_str(data, "session", cf_session(c));
  fq_json_set_str(data, "role", cf_role_name(m->role));
  fq_json_set_int(data, "priority", m->priority);
  fq_json_set_bool(data, "audio_only", fq_json_bool(c->params, "audio_only", false) || v->audio_only);
  if (was) fq_json_set_bool(data, "took_over", true);
  int64_t people = cf_count_seated(c->db, v->n) + !was;
  enum cf_state next = people > 1 ? cf_next(CF_V_FILL, v->state) : v->state;
  if (next == CF_ACTIVE && v->degraded) next = CF_DEGRADED;
  if (next != v->state) fq_json_set_str(data, "state", cf_state_name(next));
  return data;
}

static void answer(struct fq_call *c, const struct cf_conf *v) {
  struct cf_member m;
  cf_answer(c, v);
  if (!cf_member_load(c->db, v->n, c->actor->name, &m)) return;
  fq_json *j = cf_about(m.user);
  fq_json_set_str(j, "state", cf_seat_name(m.state));
  fq_json_set_str(j, "role", cf_role_name(m.role));
  fq_json_set_bool(j, "audio_only", m.audio_only);
  if (m.hidden) fq_json_set_bool(j, "hidden", true);
  fq_json_set(c->result, "member", j);
}

enum fq_status cf_conf_join(struct fq_call *c) {
  struct cf_conf v;
  struct cf_member m;
  enum fq_status s = cf_need(c, &v);
  if (s == FQ_OK) s = need_session(c);
  if (s != FQ_OK) return s;
  bool member = cf_member_load(c->db, v.n, c->actor->name, &m), seated = member && cf_seated(m.state);
  if ((s = may_join(c, &v, member, &m)) != FQ_OK) return s;
  if (seated && !m.hidden && m.state != CF_SIGNALLING_LOST && !strcmp(m.session, cf_session(c))) {
    answer(c, &v); /* said twice */
    return FQ_OK;
  }
  if ((s = room(c, &v, seated && !m.hidden)) != FQ_OK || (s = leave_others(c, v.n)) != FQ_OK) return s;
  if (!member || m.hidden) {
    m.role = !strcmp(v.by, c->actor->name)                    ? CF_CHAIR
             : c->actor->roles & CF_STAFF || c->actor->system ? CF_SPEAKER
                                                              : CF_FAMILY;
    m.priority = cf_priority(c->db, &v, c->actor->name, c->actor->roles, m.role);
  }
  if ((s = cf_emit(c, &v, "conf.joined", seat(c, &v, &m), c->actor->name)) != FQ_OK) return s;
  if (member && (s = hush(c, &v, &m)) != FQ_OK) return s;
  answer(c, &v);
  return FQ_OK;
}

/* His page was loaded again, or the server was: the seat he has goes to this session. */
enum fq_status cf_conf_resume(struct fq_call *c) {
  struct cf_conf v;
  struct cf_member m;
  enum fq_status s = cf_need(c, &v);
  if (s == FQ_OK) s = need_session(c);
  if (s != FQ_OK) return s;
  if (!cf_member_load(c->db, v.n, c->actor->name, &m) || m.banned)
    return fq_fail(c->error, FQ_E_FORBIDDEN, "conf.foreign", "params.id", "您不在会商 %s 中",
                   "you are not in %s", v.id);
  if (!cf_next_seat(CF_A_RESUME, m.state)) return cf_refuse_seat(c, "params.id", &m);
  if ((s = leave_others(c, v.n)) != FQ_OK) return s;
  fq_json *data = cf_about(m.user);
  fq_json_set_str(data, "session", cf_session(c));
  if (m.hidden) {
    fq_json_set_bool(data, "resumed", true);
    s = cf_emit_hidden(c, &v, "conf.monitored", data, m.user);
  } else
    s = cf_emit(c, &v, "conf.resumed", data, NULL);
  if (s == FQ_OK) answer(c, &v);
  return s;
}

/* Unseen, with a reason, and written down. Where pictures go from page to page nobody can watch unseen. */
enum fq_status cf_conf_monitor(struct fq_call *c) {
  struct cf_conf v;
  struct cf_member m;
  enum fq_status s = cf_need(c, &v);
  if (s == FQ_OK) s = need_session(c);
  if (s != FQ_OK) return s;
  if (!c->actor->system && !fq_org_within(c->db, v.org, c->actor->org))
    return fq_fail(c->error, FQ_E_FORBIDDEN, "scope", "params.id", "会商 %s 不在您的管辖范围内",
                   "%s is outside your area", v.id);
  if (cf_member_load(c->db, v.n, c->actor->name, &m) && !m.hidden && cf_present(m.state))
    return cf_refuse_seat(c, "params.id", &m);
  if (!strcmp(v.backend, "mesh") && v.cap)
    return fq_fail(c->error, FQ_E_CONFLICT, "conf.mesh", "params.id", "直连会商无法旁听:须装媒体服务器 janus",
                   "nobody can watch a call without a media server unseen: install janus");
  if ((s = leave_others(c, v.n)) != FQ_OK) return s;
  char name[96];
  fq_json *data = cf_about(c->actor->name);
  cf_display(c->db, c->actor->name, name);
  fq_json_set_str(data, "name", name);
  fq_json_set_str(data, "session", cf_session(c));
  cf_set_opt(data, "reason", c->params);
  if ((s = cf_emit_hidden(c, &v, "conf.monitored", data, c->actor->name)) == FQ_OK) answer(c, &v);
  return s;
}
