/*
 * owner.c - who answers for an incident: up the ladder (escalate), down (send_down), across (transfer). The
 * state stays what it is; orders given stay given. Kernel thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "incident/incident.h"

/* Does the owner stand on the ladder of units, or beside it, as a department or a team does? */
static bool on_a_rung(fq_db *db, const char *org) {
  struct fq_unit u;
  return fq_org_unit(db, org, &u) && dp_level_of(u.kind) >= 0;
}

/* An owner that does not see the place from where it sits: its lists find the incident by this, and it is
 * told of the files, because it has not seen the report. */
void dp_set_away(fq_db *db, fq_json *data, const struct dp_incident *i, const char *owner) {
  if (fq_org_within(db, i->org, owner)) return;
  fq_json_set_bool(data, "away", true);
  dp_set_files(db, data, i);
}

/* The entry of a change of owner: from, owner, and what one that sits elsewhere needs. */
static fq_json *owned_by(struct fq_call *c, const struct dp_incident *i, const struct dp_rung *owner) {
  struct fq_unit u;
  fq_json *data = fq_json_object(), *from = fq_json_object();
  fq_json_set_str(from, "level", dp_level_name(i->owner_level));
  fq_json_set_str(from, "org", i->owner_org);
  if (fq_org_unit(c->db, i->owner_org, &u)) fq_json_set_str(from, "name", u.name);
  fq_json_set(data, "from", from);
  fq_json_set(data, "owner", dp_rung_json(owner));
  dp_set_away(c->db, data, i, owner->org);
  dp_set_opt(data, "reason", c->params, "reason");
  return data;
}

static enum fq_status owned(struct fq_call *c, const struct dp_incident *i, const char *kind,
                            enum dp_state next, const struct dp_rung *owner, fq_json *data) {
  char also[FQ_ID_MAX + 8];
  snprintf(also, sizeof also, "unit/%s", owner->org);
  bool away = fq_json_bool(data, "away", false); /* the others hear by the tree */
  enum fq_status s = dp_verb_finish(c, i, kind, next, data, away ? also : NULL);
  if (s == FQ_OK) fq_json_set(c->result, "owner", dp_rung_json(owner));
  return s;
}

/* ---- up --------------------------------------------------------------------------------------------------
 */

/* 越级: rungs where somebody sits that were chosen past. Empty ones are skipped by themselves. */
static void say_over(struct fq_call *c, fq_json *data, const struct dp_ladder *l, int above,
                     enum dp_level below) {
  fq_json *passed = fq_json_array();
  for (size_t x = 0; x < l->count; x++) {
    const struct dp_rung *r = &l->rungs[x];
    if ((int)r->level > above && r->level < below && dp_rung_staffed(c->db, r, c->now_ms))
      fq_json_push(passed, dp_rung_json(r));
  }
  if (!fq_json_size(passed)) {
    fq_json_free(passed);
    return;
  }
  fq_json_set_bool(data, "over", true);
  fq_json_set(data, "passed", passed);
}

/* Up the ladder to `to`, or to the next staffed rung above it. A department stands just below the rung of its
 * own level: from a county department the county's centre is a step up. */
enum fq_status dp_incident_escalate(struct fq_call *c) {
  struct dp_incident i;
  enum dp_state next;
  enum fq_status s = dp_verb_begin(c, DP_V_ESCALATE, &i, &next);
  if (s != FQ_OK) return s;
  int to = dp_level_of(fq_json_str(c->params, "to"));
  bool rung = on_a_rung(c->db, i.owner_org);
  int above = (int)i.owner_level - !rung;
  struct dp_ladder ladder;
  struct dp_rung owner;
  dp_ladder_of(c->db, i.org, &ladder);
  ladder.at_ms = c->now_ms;
  fq_json *skipped = fq_json_array();
  if (to <= above || !dp_rung_find(c->db, &ladder, (enum dp_level)to, rung ? &i : NULL, &owner, skipped)) {
    fq_json_free(skipped);
    return fq_fail(c->error, FQ_E_CONFLICT, "incident.owner", "params.to",
                   "事件已由%s级负责,不能再上报到该级%.0s", "%.0sthe incident is already owned at %s level",
                   dp_level_zh(i.owner_level), dp_level_name(i.owner_level));
  }
  fq_json *data = owned_by(c, &i, &owner);
  dp_set_opt(data, "to", c->params, "to");
  fq_json_set(data, "skipped", skipped);
  say_over(c, data, &ladder, above, owner.level);
  return owned(c, &i, "incident.escalated", next, &owner, data);
}

/* ---- down ------------------------------------------------------------------------------------------------
 */

static enum fq_status nobody(struct fq_call *c, const char *path, const char *zh, const char *en) {
  return fq_fail(c->error, FQ_E_CONFLICT, "incident.nobody_below", path, "%s%.0s", "%.0s%s", zh, en);
}

/* Somebody can answer for the unit: on a rung those whom the ladder knows; elsewhere a desk or a department.
 */
static bool staffed(struct fq_call *c, const struct fq_unit *u) {
  int level = dp_level_of(u->kind);
  struct dp_rung r = {.level = level < 0 ? DP_L_COUNTY : (enum dp_level)level,
                      .roles = level < 0 ? FQ_ROLE_DESK | FQ_ROLE_DEPARTMENT : 0};
  dp_text(r.org, sizeof r.org, u->id);
  return dp_rung_staffed(c->db, &r, c->now_ms);
}

/* The rung a unit counts as: its own, or that of the first unit of the ladder above it. */
static void rung_of(fq_db *db, const struct fq_unit *u, struct dp_rung *out) {
  struct dp_ladder l;
  dp_ladder_of(db, u->id, &l);
  *out = (struct dp_rung){.level = l.count ? l.rungs[0].level : DP_L_COUNTY};
  dp_text(out->org, sizeof out->org, u->id);
  dp_text(out->name, sizeof out->name, *u->name ? u->name : u->id);
}

/* The very unit: below the owner, and somebody sits there. */
static enum fq_status down_to_unit(struct fq_call *c, const struct dp_incident *i, const char *org,
                                   struct dp_rung *out) {
  struct fq_unit u;
  if (!fq_org_unit(c->db, org, &u))
    return fq_fail(c->error, FQ_E_PARAMS, "org.unknown", "params.org", "没有机构 %s", "no unit %s", org);
  if (!strcmp(org, i->owner_org) || !fq_org_within(c->db, org, i->owner_org))
    return fq_fail(c->error, FQ_E_CONFLICT, "incident.not_below", "params.org",
                   "%s 不在现负责单位之下;平级或向外请用移交",
                   "%s is not below the owner; across, use transfer", u.name);
  if (!staffed(c, &u)) {
    char zh[200], en[200];
    snprintf(zh, sizeof zh, "%s 无人在岗,不能下派到此", u.name);
    snprintf(en, sizeof en, "nobody is on duty at %s", u.name);
    return nobody(c, "params.org", zh, en);
  }
  rung_of(c->db, &u, out);
  return FQ_OK;
}

/* The first staffed rung at `to` or lower, on the ladder above the place. */
static enum fq_status down_to_level(struct fq_call *c, const struct dp_incident *i, int to,
                                    struct dp_rung *out, fq_json *skipped) {
  struct dp_ladder l;
  dp_ladder_of(c->db, i->org, &l);
  for (size_t x = l.count; x > 0; x--) {
    const struct dp_rung *r = &l.rungs[x - 1];
    if (r->level >= i->owner_level || (to >= 0 && (int)r->level > to)) continue;
    if (dp_rung_staffed(c->db, r, c->now_ms)) {
      *out = *r;
      return FQ_OK;
    }
    fq_json_push(skipped, dp_rung_json(r));
  }
  char zh[320], en[320];
  const char *first = fq_json_str(fq_json_first(skipped), "name");
  snprintf(zh, sizeof zh, "事件现由%s级负责,其下%s%s%s", dp_level_zh(i->owner_level),
           first ? "各级无人在岗:从 " : "再无一级", first ? first : "", first ? " 往下都空着" : "");
  snprintf(en, sizeof en, "the incident is owned at %s level; %s%s%s", dp_level_name(i->owner_level),
           first ? "nobody is on duty at " : "there is no rung below", first ? first : "",
           first ? " or below it" : "");
  return nobody(c, "params.to", zh, en);
}

enum fq_status dp_incident_send_down(struct fq_call *c) {
  struct dp_incident i;
  enum dp_state next;
  enum fq_status s = dp_verb_begin(c, DP_V_SEND_DOWN, &i, &next);
  if (s != FQ_OK) return s;
  const char *level = fq_json_str(c->params, "to"), *org = fq_json_str(c->params, "org");
  int to = dp_level_of(level);
  if (level && org)
    return fq_fail(c->error, FQ_E_PARAMS, "params", "params.org", "to 与 org 只写一个",
                   "give one of to and org");
  if (level && to >= (int)i.owner_level)
    return fq_fail(c->error, FQ_E_CONFLICT, "incident.not_below", "params.to",
                   "事件现由%s级负责,下派须向下;向上请用上报%.0s",
                   "%.0sthe incident is owned at %s level: down means below that; up is escalate",
                   dp_level_zh(i.owner_level), dp_level_name(i.owner_level));
  struct dp_rung owner;
  fq_json *skipped = fq_json_array();
  s = org ? down_to_unit(c, &i, org, &owner) : down_to_level(c, &i, to, &owner, skipped);
  if (s != FQ_OK) {
    fq_json_free(skipped);
    return s;
  }
  fq_json *data = owned_by(c, &i, &owner);
  dp_set_opt(data, "to", c->params, "to");
  fq_json_set(data, "skipped", skipped);
  return owned(c, &i, "incident.sent_down", next, &owner, data);
}

/* ---- across ----------------------------------------------------------------------------------------------
 */

enum fq_status dp_incident_transfer(struct fq_call *c) {
  struct dp_incident i;
  struct fq_unit u;
  enum dp_state next;
  enum fq_status s = dp_verb_begin(c, DP_V_TRANSFER, &i, &next);
  if (s != FQ_OK) return s;
  const char *to = fq_json_str(c->params, "to");
  if (!fq_org_unit(c->db, to, &u))
    return fq_fail(c->error, FQ_E_PARAMS, "org.unknown", "params.to", "没有机构 %s", "no unit %s", to);
  if (!strcmp(to, i.owner_org))
    return fq_fail(c->error, FQ_E_CONFLICT, "incident.owner", "params.to", "事件本来就由 %s 负责",
                   "%s owns it already", u.name);
  if (!staffed(c, &u))
    return fq_fail(c->error, FQ_E_CONFLICT, "unit.nobody", "params.to",
                   "%s 没有值班或部门账号在岗,移交后无人负责", "nobody at %s could take it over", u.name);
  struct dp_rung owner;
  rung_of(c->db, &u, &owner);
  return owned(c, &i, "incident.transferred", next, &owner, owned_by(c, &i, &owner));
}

/* ---- who may ---------------------------------------------------------------------------------------------
 */

/* Who owns it hands it on, or who stands above the owner. A desk between the place and the owner does not
 * take it away; a department hands on what is its own and nothing else. */
enum fq_status dp_target_owner(struct fq_call *c, struct fq_target *t) {
  struct dp_incident i;
  const struct fq_actor *a = c->actor;
  enum fq_status s = dp_incident_need(c, "id", &i);
  if (s != FQ_OK) return s;
  dp_text(t->org, sizeof t->org, i.owner_org);
  t->own = (a->roles & (FQ_ROLE_DESK | FQ_ROLE_DEPARTMENT)) && a->org && !strcmp(i.owner_org, a->org);
  if (t->own || a->system || (a->roles & (FQ_ROLE_DESK | FQ_ROLE_POLICY))) return FQ_OK;
  return fq_fail(c->error, FQ_E_FORBIDDEN, "incident.foreign", "", "事件 %s 不由贵单位负责",
                 "%s is not owned by your unit", i.id);
}
