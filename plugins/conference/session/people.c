/*
 * people.c - whom a call reaches: from targets to accounts. Who is on duty and where phones are, another
 * plugin knows; it is asked by its command duty.present. Kernel thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/session.h"

/* Priorities on the floor, 1 to 10; what a chair gives by hand goes before. */
enum { P_VIEWER = 1, P_OFFICER = 3, P_SPEAKER = 5, P_CHAIR = 8, P_COMMANDER = 9, P_IN_NEED = 10 };

/* Whose panic button opened the incident. */
static bool in_need(fq_db *db, const struct cf_conf *v, const char *user) {
  return *v->incident &&
         fq_int(db, 0,
                "SELECT 1 FROM journal WHERE subject = ?1 AND subject <> '' AND kind = 'panic.raised'"
                " AND (actor = ?2 OR json_extract(data, '$.user') = ?2) LIMIT 1",
                "ss", v->incident, user) != 0;
}

int64_t cf_priority(fq_db *db, const struct cf_conf *v, const char *user, uint32_t roles, enum cf_role role) {
  if (in_need(db, v, user)) return P_IN_NEED;
  if (role == CF_VIEWER) return P_VIEWER;
  if (roles & (FQ_ROLE_COMMANDER | FQ_ROLE_DIRECTOR)) return P_COMMANDER;
  if (role == CF_CHAIR) return P_CHAIR;
  return roles & CF_DESK || !(roles & FQ_ROLE_OFFICER) ? P_SPEAKER : P_OFFICER;
}

struct account {
  char name[FQ_ID_MAX], org[FQ_ID_MAX];
  uint32_t roles;
};

static bool load(fq_db *db, const char *user, struct account *a) {
  fq_stmt *q = fq_sql(db, "SELECT name, org, roles FROM account WHERE name = ?1 AND disabled = 0", "s", user);
  if (!fq_row(q)) return false;
  cf_text(a->name, sizeof a->name, fq_col_str(q, 0));
  cf_text(a->org, sizeof a->org, fq_col_str(q, 1));
  a->roles = (uint32_t)fq_col_int(q, 2);
  fq_done(q);
  return true;
}

/* A department or team serves the whole of what it hangs below. */
static bool serves(fq_db *db, const char *org, const char *whom) {
  struct fq_unit u;
  if (!fq_org_unit(db, org, &u)) return false;
  bool area = !strcmp(u.kind, "county") || !strcmp(u.kind, "township") || !strcmp(u.kind, "village") ||
              !strcmp(u.kind, "grid");
  return !area && fq_org_within(db, whom, u.parent);
}

/* Below him, above him, a department's of his, or one who has a part in the same incident: a township does
 * not ring into the next one, for whoever is rung hears what it is about. */
static bool may_call(struct fq_call *c, const struct cf_conf *v, const struct account *a) {
  const struct fq_actor *me = c->actor;
  if (me->system || fq_org_within(c->db, me->org, a->org)) return true;
  if (!(me->roles & (CF_DESK | FQ_ROLE_DEPARTMENT)))
    return *v->incident && cf_has_part(c->db, v->incident, a->name, a->org, a->roles);
  return fq_org_within(c->db, a->org, me->org) || serves(c->db, a->org, me->org) ||
         serves(c->db, me->org, a->org) ||
         (*v->incident && cf_has_part(c->db, v->incident, a->name, a->org, a->roles));
}

struct calling {
  struct fq_call *c;
  const struct cf_conf *v;
  enum cf_role role;
  bool chair; /* it is the chair who calls */
  fq_json *people;
  char path[64];
};

static bool listed(const fq_json *people, const char *user) {
  fq_json_each(p, people) if (!strcmp(fq_json_str(p, "user"), user)) return true;
  return false;
}

/* One who is there already is not asked again. */
static enum fq_status add(struct calling *k, const char *user, const char *desk) {
  struct fq_call *c = k->c;
  struct account a;
  struct cf_member m;
  if (!load(c->db, user, &a) || !(a.roles & CF_ALL))
    return fq_fail(c->error, FQ_E_PARAMS, "user.unknown", k->path, "没有可呼叫的用户 %s",
                   "no user %s to call", user);
  if (!may_call(c, k->v, &a))
    return fq_fail(c->error, FQ_E_FORBIDDEN, "conf.reach", k->path, "%s 不在您能呼叫的范围内;请县值班台邀请",
                   "%s is out of your reach: ask the county's desk", user);
  bool member = cf_member_load(c->db, k->v->n, user, &m) && !m.hidden;
  if (member && m.banned && !k->chair)
    return fq_fail(c->error, FQ_E_CONFLICT, "conf.banned", k->path,
                   "%s 已被禁止加入此会商,只有主持人能再邀请",
                   "%s is banned from it: only the chair can ask him in again", user);
  if (!strcmp(user, c->actor->name) || listed(k->people, user) || (member && cf_present(m.state)))
    return FQ_OK;
  if (fq_json_size(k->people) >= CF_MEMBERS)
    return fq_fail(c->error, FQ_E_PARAMS, "conf.many", k->path, "一次最多呼叫 %d 人",
                   "at most %d people at once", CF_MEMBERS);
  enum cf_role role = a.roles & CF_STAFF ? k->role : CF_FAMILY;
  char display[96];
  fq_json *p = cf_about(user);
  cf_display(c->db, user, display);
  fq_json_set_str(p, "name", display);
  fq_json_set_str(p, "role", cf_role_name(role));
  fq_json_set_int(p, "priority", cf_priority(c->db, k->v, user, a.roles, role));
  if (desk) fq_json_set_str(p, "desk", desk);
  fq_json_push(k->people, p);
  return FQ_OK;
}

static enum fq_status nobody(struct calling *k) {
  return fq_fail(k->c->error, FQ_E_CONFLICT, "conf.nobody", k->path, "那里此刻没有人在岗",
                 "nobody is on duty there now");
}

/* Those on duty there, by the plugin that knows. */
static enum fq_status present(struct calling *k, const fq_json *target) {
  struct fq_call *c = k->c;
  fq_json *answer = NULL;
  enum fq_status s = fq_call_method(c, "duty.present", fq_json_dup(target), &answer);
  if (s != FQ_OK) {
    if (c->error && !strncmp(c->error->path, "params", 6)) {
      char path[160];
      snprintf(path, sizeof path, "%s%.80s", k->path, c->error->path + 6);
      cf_text(c->error->path, sizeof c->error->path, path);
    }
    return s;
  }
  size_t before = fq_json_size(k->people);
  const fq_json *users = fq_json_get(answer, "users");
  fq_json_each(u, users) if (s == FQ_OK) s = add(k, fq_json_as_str(u), NULL);
  bool empty = fq_json_size(users) == 0;
  fq_json_free(answer);
  return s == FQ_OK && empty && fq_json_size(k->people) == before ? nobody(k) : s;
}

/* A desk is rung as one: the first to answer speaks for it. An officer in need of one gets one: where the
 * unit has none that is on duty and that he may call, it is the next above. */
static enum fq_status desk_above(struct calling *k, const char *unit) {
  struct fq_call *c = k->c;
  struct account a;
  struct fq_unit u;
  char at[FQ_ID_MAX];
  bool found = false;
  enum fq_status s = FQ_OK;
  cf_text(at, sizeof at, unit);
  for (int up = 0; up < 8 && !found && s == FQ_OK && fq_org_unit(c->db, at, &u); up++) {
    fq_json *target = fq_json_object(), *answer = NULL;
    fq_json_set_str(target, "unit", at);
    if ((s = fq_call_method(c, "duty.present", target, &answer)) != FQ_OK) break;
    fq_json_each(user, fq_json_get(answer, "users")) {
      const char *name = fq_json_as_str(user);
      if (s != FQ_OK || !load(c->db, name, &a) || !(a.roles & CF_DESK) || !may_call(c, k->v, &a)) continue;
      s = add(k, name, at);
      found = true;
    }
    fq_json_free(answer);
    cf_text(at, sizeof at, u.parent);
  }
  return s != FQ_OK || found ? s : nobody(k);
}

static enum fq_status known_unit(struct calling *k, const char *unit) {
  struct fq_call *c = k->c;
  struct fq_unit u;
  if (!fq_org_unit(c->db, unit, &u))
    return fq_fail(c->error, FQ_E_PARAMS, "org.unknown", k->path, "没有机构 %s", "no unit %s", unit);
  return FQ_OK;
}

static enum fq_status one(struct calling *k, const fq_json *t) {
  const char *user = fq_json_str(t, "user"), *unit = fq_json_str(t, "unit"), *team = fq_json_str(t, "team");
  const fq_json *circle = fq_json_get(t, "circle");
  if (!!user + !!unit + !!team + !!circle != 1)
    return fq_fail(k->c->error, FQ_E_PARAMS, "conf.target", k->path, "写 user、unit、team、circle 中的一个",
                   "one of user, unit, team, circle");
  if (user) return add(k, user, NULL);
  bool officer = !(k->c->actor->roles & (CF_DESK | FQ_ROLE_DEPARTMENT)) && !k->c->actor->system;
  if (circle && officer)
    return fq_fail(k->c->error, FQ_E_FORBIDDEN, "conf.reach", k->path, "画圈呼叫由值班台发起",
                   "a circle is called by a desk");
  if (!circle) {
    enum fq_status s = known_unit(k, unit ? unit : team);
    if (s != FQ_OK) return s;
  }
  return unit && officer ? desk_above(k, unit) : present(k, t);
}

enum fq_status cf_called(struct fq_call *c, const struct cf_conf *v, const fq_json *to, enum cf_role role,
                         fq_json **out) {
  struct cf_member me;
  struct calling k = {.c = c, .v = v, .role = role, .people = fq_json_array()};
  k.chair = cf_member_load(c->db, v->n, c->actor->name, &me) && me.role == CF_CHAIR && !me.hidden;
  enum fq_status s = FQ_OK;
  size_t n = 0;
  fq_json_each(t, to) {
    snprintf(k.path, sizeof k.path, "params.to[%zu]", n++);
    if ((s = one(&k, t)) != FQ_OK) break;
  }
  if (s == FQ_OK)
    *out = k.people;
  else
    fq_json_free(k.people);
  return s;
}
