/*
 * ring.c - people are asked to come: invited, rung, rung again, and what they answer. One timer a conference
 * rings for all who are due; it is a row, so it goes on ringing after a restart. Kernel thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/session.h"

enum fq_status cf_ring(struct fq_call *c, const struct cf_conf *v, fq_json *users, int64_t round, bool pull) {
  fq_json *data = fq_json_object();
  fq_json_set(data, "users", users);
  fq_json_set_int(data, "round", round);
  fq_json_set_time(data, "until", c->now_ms + v->ring_ms);
  if (pull) fq_json_set_bool(data, "auto", true);
  fq_json_set_str(data, "title", v->title);
  fq_json_set_str(data, "by", v->by);
  fq_json_set_str(data, "by_name", v->by_name);
  if (*v->incident) {
    fq_json_set_str(data, "incident", v->incident);
    fq_json_set_int(data, "number", v->number);
  }
  if (v->audio_only) fq_json_set_bool(data, "audio_only", true);
  return cf_emit(c, v, "conf.rang", data, NULL);
}

enum fq_status cf_invite(struct fq_call *c, const struct cf_conf *v, fq_json *people) {
  if (!fq_json_size(people)) {
    fq_json_free(people);
    return FQ_OK;
  }
  int64_t there = fq_int(c->db, 0, "SELECT count(*) FROM conf_member WHERE conf = ?1", "i", v->n);
  if (there + (int64_t)fq_json_size(people) > CF_MEMBERS) {
    fq_json_free(people);
    return fq_fail(c->error, FQ_E_CONFLICT, "conf.many", "params.to", "一个会商最多 %d 人",
                   "at most %d people in a conference", CF_MEMBERS);
  }
  fq_json *users = fq_json_array(), *data = fq_json_object();
  fq_json_each(p, people) fq_json_push(users, fq_json_new_str(fq_json_str(p, "user")));
  fq_json_set(data, "users", people);
  fq_json_set_str(data, "by", c->actor->name);
  enum fq_status s = cf_emit(c, v, "conf.invited", data, NULL);
  if (s == FQ_OK) return cf_ring(c, v, users, 1, false);
  fq_json_free(users);
  return s;
}

/* A chair invites; so does whoever speaks in a conference that is not locked. */
static enum fq_status may_invite(struct fq_call *c, struct cf_conf *v) {
  struct cf_member me;
  enum fq_status s = cf_need(c, v);
  if (s != FQ_OK || c->actor->system || cf_desk_of(c->db, c->actor, v->org)) return s;
  if ((s = cf_need_seat(c, v, &me)) != FQ_OK) return s;
  if (me.role == CF_CHAIR || (me.role == CF_SPEAKER && !v->locked)) return FQ_OK;
  return fq_fail(c->error, FQ_E_FORBIDDEN, "conf.chair", "params.id",
                 v->locked ? "会商已锁定,由主持人邀请" : "由主持人或发言人邀请",
                 v->locked ? "it is locked: the chair invites" : "the chair invites, or a speaker");
}

enum fq_status cf_conf_invite(struct fq_call *c) {
  struct cf_conf v;
  const char *role = fq_json_str(c->params, "role");
  fq_json *people = NULL, *invited = fq_json_array();
  enum fq_status s = may_invite(c, &v);
  if (s == FQ_OK)
    s = cf_called(c, &v, fq_json_get(c->params, "to"), role ? cf_role_of(role) : CF_SPEAKER, &people);
  if (s == FQ_OK) {
    fq_json_each(p, people) fq_json_push(invited, fq_json_new_str(fq_json_str(p, "user")));
    s = cf_invite(c, &v, people);
  }
  if (s != FQ_OK) {
    fq_json_free(invited);
    return s;
  }
  cf_answer(c, &v);
  fq_json_set(c->result, "invited", invited);
  return FQ_OK;
}

/* A guest has no account; his name is a relative's, sealed in the journal. Nothing rings: he has a link, and
 * opens it when it reaches him. */
enum fq_status cf_conf_invite_guest(struct fq_call *c) {
  const struct cf_self *self = c->self;
  struct cf_conf v;
  struct cf_member m;
  const char *user = fq_json_str(c->params, "user");
  enum fq_status s = cf_need(c, &v);
  if (s != FQ_OK) return s;
  if (cf_member_load(c->db, v.n, user, &m) && cf_present(m.state)) {
    cf_answer(c, &v);
    return FQ_OK;
  }
  fq_json *people = fq_json_array(), *p = cf_about(user);
  char *sealed = fq_seal_text(self->kernel, fq_json_str(c->params, "name"));
  fq_json_set_str(p, "sealed_name", sealed);
  fq_json_set_str(p, "role", cf_role_name(CF_FAMILY));
  fq_json_set_int(p, "priority", cf_priority(c->db, &v, user, FQ_ROLE_FAMILY, CF_FAMILY));
  fq_json_set_bool(p, "guest", true);
  fq_json *data = fq_json_object();
  fq_json_push(people, p);
  free(sealed);
  fq_json_set(data, "users", people);
  fq_json_set_str(data, "by", c->actor->name);
  if ((s = cf_emit(c, &v, "conf.invited", data, NULL)) == FQ_OK) cf_answer(c, &v);
  return s;
}

static fq_json *just(const char *user) {
  fq_json *users = fq_json_array();
  fq_json_push(users, fq_json_new_str(user));
  return users;
}

static enum fq_status banned(struct fq_call *c, const struct cf_member *m) {
  return fq_fail(c->error, FQ_E_CONFLICT, "conf.banned", "params.user",
                 "%s 已被禁止加入此会商,只能由主持人重新邀请",
                 "%s is banned from it: the chair may invite him anew", m->user);
}

/* Again, by hand: who has declined, has not answered, or has hung up by mistake. */
enum fq_status cf_conf_ring(struct fq_call *c) {
  struct cf_conf v;
  struct cf_member m;
  enum fq_status s = may_invite(c, &v);
  if (s == FQ_OK) s = cf_need_other(c, &v, "user", CF_A_RING, &m);
  if (s != FQ_OK) return s;
  if (m.banned) return banned(c, &m);
  if ((s = cf_ring(c, &v, just(m.user), 1, false)) == FQ_OK) cf_answer(c, &v);
  return s;
}

/* Whoever is rung, by his own name. */
static enum fq_status mine(struct fq_call *c, struct cf_conf *v, enum cf_act act, struct cf_member *m) {
  enum fq_status s = cf_need(c, v);
  if (s != FQ_OK) return s;
  if (!cf_member_load(c->db, v->n, c->actor->name, m) || m->banned)
    return fq_fail(c->error, FQ_E_FORBIDDEN, "conf.foreign", "params.id", "您未被邀请加入会商 %s",
                   "you have not been asked into %s", v->id);
  return cf_next_seat(act, m->state) ? FQ_OK : cf_refuse_seat(c, "params.id", m);
}

enum fq_status cf_conf_ringing(struct fq_call *c) {
  struct cf_conf v;
  struct cf_member m;
  enum fq_status s = mine(c, &v, CF_A_RINGING, &m);
  if (s == FQ_OK && m.state != CF_RINGING) s = cf_emit(c, &v, "conf.ringing", cf_about(m.user), NULL);
  if (s == FQ_OK) cf_answer(c, &v);
  return s;
}

enum fq_status cf_conf_decline(struct fq_call *c) {
  struct cf_conf v;
  struct cf_member m;
  enum fq_status s = mine(c, &v, CF_A_DECLINE, &m);
  if (s == FQ_OK && m.state != CF_DECLINED) {
    fq_json *data = cf_about(m.user);
    cf_set_opt(data, "reason", c->params);
    s = cf_emit(c, &v, "conf.declined", data, m.user);
  }
  if (s == FQ_OK) cf_answer(c, &v);
  return s;
}

/* His page joins by itself when it is open; else it rings on. A home is not a post: never relatives. */
enum fq_status cf_conf_pull(struct fq_call *c) {
  struct cf_conf v;
  struct cf_member m;
  char org[FQ_ID_MAX] = "";
  uint32_t roles = 0;
  enum fq_status s = cf_need_chair(c, &v);
  if (s == FQ_OK) s = cf_need_other(c, &v, "user", CF_A_RING, &m);
  if (s != FQ_OK) return s;
  fq_stmt *q = fq_sql(c->db, "SELECT org, roles FROM account WHERE name = ?1 AND disabled = 0", "s", m.user);
  if (fq_row(q)) {
    cf_text(org, sizeof org, fq_col_str(q, 0));
    roles = (uint32_t)fq_col_int(q, 1);
    fq_done(q);
  }
  if (m.guest || m.role == CF_FAMILY || !(roles & CF_STAFF))
    return fq_fail(c->error, FQ_E_FORBIDDEN, "conf.family", "params.user", "不能强拉家属入会",
                   "a relative is never pulled in");
  if (!c->actor->system && !fq_org_within(c->db, org, c->actor->org))
    return fq_fail(c->error, FQ_E_FORBIDDEN, "conf.reach", "params.user", "%s 不归您管辖,不能强拉",
                   "%s does not answer to you", m.user);
  if (m.banned) return banned(c, &m);
  fq_json *data = cf_about(m.user);
  cf_set_opt(data, "reason", c->params);
  if ((s = cf_emit(c, &v, "conf.pulled", data, m.user)) != FQ_OK) return s;
  if ((s = cf_ring(c, &v, just(m.user), 1, true)) == FQ_OK) cf_answer(c, &v);
  return s;
}

static enum fq_status ring_on(struct fq_call *c, const struct cf_conf *v, const struct cf_member *list,
                              size_t count, int64_t round, bool pull) {
  fq_json *users = fq_json_array();
  for (size_t k = 0; k < count; k++)
    if (list[k].ring_until_ms && list[k].ring_until_ms <= c->now_ms && list[k].ring_round == round &&
        list[k].pulled == pull)
      fq_json_push(users, fq_json_new_str(list[k].user));
  if (!fq_json_size(users)) {
    fq_json_free(users);
    return FQ_OK;
  }
  if (round < CF_ROUNDS) return cf_ring(c, v, users, round + 1, pull);
  fq_json *data = fq_json_object();
  fq_json_set(data, "users", users);
  return cf_emit(c, v, "conf.timed_out", data, NULL);
}

/* The timer: some have not answered. The last round first, so that nobody is counted twice. */
enum fq_status cf_ring_due(struct fq_call *c) {
  struct cf_conf v;
  size_t count;
  if (!cf_conf_load(c->db, fq_json_str(c->params, "id"), &v) || !cf_live(&v)) return FQ_OK;
  struct cf_member *list = cf_members(c->db, v.n, &count);
  enum fq_status s = FQ_OK;
  for (int64_t round = CF_ROUNDS; s == FQ_OK && round > 0; round--)
    for (int pull = 0; s == FQ_OK && pull < 2; pull++)
      s = ring_on(c, &v, list, count, round, pull);
  free(list);
  return s;
}
