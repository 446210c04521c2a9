/*
 * rights.c - who may do what. Inside a conference it is the member's role that counts, not his account's; a
 * desk above it may always come in, end it, and take the chair once it sits there. Kernel thread.
 */
#include <stdio.h>
#include <string.h>

#include "session/session.h"

const char *cf_session(const struct fq_call *c) {
  return c->session ? c->session : "";
}

bool cf_desk_of(fq_db *db, const struct fq_actor *a, const char *org) {
  return a->system || (a->roles & CF_DESK && fq_org_within(db, org, a->org));
}

/* Incidents are known by their entries alone: an audience is a list of "user/x" and "unit/y". */
bool cf_has_part(fq_db *db, const char *incident, const char *user, const char *org, uint32_t roles) {
  char by_user[FQ_ID_MAX + 8], by_unit[FQ_ID_MAX + 8];
  snprintf(by_user, sizeof by_user, " user/%s ", user);
  snprintf(by_unit, sizeof by_unit, " unit/%s ", roles & (CF_DESK | FQ_ROLE_DEPARTMENT) ? org : "");
  return fq_int(db, 0,
                "SELECT 1 FROM journal WHERE subject = ?1 AND subject <> '' AND (actor = ?4"
                " OR instr(' ' || audience || ' ', ?2) OR instr(' ' || audience || ' ', ?3)) LIMIT 1",
                "ssss", incident, by_user, by_unit, user) != 0;
}

enum fq_status cf_target_conf(struct fq_call *c, struct fq_target *t) {
  struct cf_conf v;
  struct cf_member m;
  const char *id = fq_json_str(c->params, "id");
  if (!cf_conf_load(c->db, id, &v))
    return fq_fail(c->error, FQ_E_NOT_FOUND, "conf.unknown", "params.id", "没有会商 %s", "no conference %s",
                   id);
  cf_text(t->org, sizeof t->org, v.org);
  t->own = cf_member_load(c->db, v.n, c->actor->name, &m);
  return FQ_OK;
}

enum fq_status cf_need(struct fq_call *c, struct cf_conf *v) {
  const char *id = fq_json_str(c->params, "id"), *zh, *en;
  if (!cf_conf_load(c->db, id, v))
    return fq_fail(c->error, FQ_E_NOT_FOUND, "conf.unknown", "params.id", "没有会商 %s", "no conference %s",
                   id ? id : "");
  if (cf_live(v)) return FQ_OK;
  cf_state_words(v->state, &zh, &en);
  return fq_fail(c->error, FQ_E_CONFLICT, "conf.over", "params.id", "会商 %s %s%.0s", "conference %s: %.0s%s",
                 v->id, zh, en);
}

enum fq_status cf_refuse_seat(struct fq_call *c, const char *path, const struct cf_member *m) {
  const char *zh, *en;
  cf_seat_words(m->state, &zh, &en);
  return fq_fail(c->error, FQ_E_CONFLICT, "conf.seat", path, "%s%s%.0s,不能这样做",
                 "%s %.0s%s: not possible now", *m->name && !m->guest ? m->name : m->user, zh, en);
}

enum fq_status cf_need_seat(struct fq_call *c, struct cf_conf *v, struct cf_member *me) {
  enum fq_status s = cf_need(c, v);
  if (s != FQ_OK) return s;
  if (!cf_member_load(c->db, v->n, c->actor->name, me) || me->banned)
    return fq_fail(c->error, FQ_E_FORBIDDEN, "conf.foreign", "params.id", "您不在会商 %s 中",
                   "you are not in %s", v->id);
  if (me->hidden)
    return fq_fail(c->error, FQ_E_CONFLICT, "conf.hidden", "params.id", "旁听者只看不说,先正式加入",
                   "a monitor watches and says nothing: join first");
  return cf_next_seat(CF_A_SIT, me->state) ? FQ_OK : cf_refuse_seat(c, "params.id", me);
}

enum fq_status cf_need_chair(struct fq_call *c, struct cf_conf *v) {
  struct cf_member me;
  enum fq_status s = cf_need(c, v);
  if (s != FQ_OK || c->actor->system) return s;
  if (cf_member_load(c->db, v->n, c->actor->name, &me) && me.role == CF_CHAIR && !me.hidden &&
      cf_seated(me.state))
    return FQ_OK;
  return fq_fail(c->error, FQ_E_FORBIDDEN, "conf.chair", "params.id",
                 "只有在会的主持人可以;值班台加入后可先接任主持人",
                 "the chair's alone, while he is in it; a desk may join and take the chair");
}

enum fq_status cf_need_other(struct fq_call *c, const struct cf_conf *v, const char *param, enum cf_act act,
                             struct cf_member *out) {
  char path[32];
  const char *user = fq_json_str(c->params, param);
  snprintf(path, sizeof path, "params.%s", param);
  if (!cf_member_load(c->db, v->n, user, out) || out->hidden)
    return fq_fail(c->error, FQ_E_NOT_FOUND, "conf.no_member", path, "会商中没有 %s", "%s is no member of it",
                   user);
  return cf_next_seat(act, out->state) ? FQ_OK : cf_refuse_seat(c, path, out);
}
