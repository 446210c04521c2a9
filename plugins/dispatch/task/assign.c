/*
 * assign.c - incident.dispatch: somebody is sent, and incident.assist: others are asked to join. One task
 * each for the users, units and teams named. Of an incident's tasks one leads (主办), the others help (协办).
 * Kernel thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "task/task.h"

static enum fq_status unknown(struct fq_call *c, const char *path, const struct dp_assignee *a) {
  char member[2 * FQ_ID_MAX];
  snprintf(member, sizeof member, "%s.%s", path, a->member);
  return fq_fail(c->error, FQ_E_PARAMS, "assignee.unknown", member, "没有可派遣的 %s",
                 "nobody to send by the name of %s", a->id);
}

enum fq_status dp_assignee_need(struct fq_call *c, const fq_json *to, const char *path,
                                struct dp_assignee *a) {
  static const char *const members[] = {"user", "unit", "team"};
  int given = 0;
  for (int k = 0; k < 3; k++) {
    const char *id = fq_json_str(to, members[k]);
    if (!id) continue;
    given++;
    a->member = members[k];
    a->id = id;
  }
  if (given != 1)
    return fq_fail(c->error, FQ_E_PARAMS, "params", path, "每项只写 user、unit、team 之一",
                   "each is exactly one of user, unit, team");
  if (!strcmp(a->member, "user")) {
    fq_stmt *q = fq_sql(c->db, "SELECT display FROM account WHERE name = ?1 AND disabled = 0", "s", a->id);
    if (!fq_row(q)) return unknown(c, path, a);
    const char *display = fq_col_str(q, 0);
    dp_text(a->name, sizeof a->name, display && *display ? display : a->id);
    fq_done(q);
    return dp_may_send(c, a->id, path);
  }
  struct fq_unit u;
  if (!fq_org_unit(c->db, a->id, &u) || (!strcmp(a->member, "team") && strcmp(u.kind, "team")))
    return unknown(c, path, a);
  dp_text(a->name, sizeof a->name, *u.name ? u.name : a->id);
  return FQ_OK;
}

enum fq_status dp_assignee_free(struct fq_call *c, const struct dp_incident *i, const struct dp_assignee *a,
                                const char *path) {
  static const char *const by[] = {
      "SELECT 1 FROM task WHERE incident = ?1 AND ended_ms IS NULL AND to_user = ?2 LIMIT 1",
      "SELECT 1 FROM task WHERE incident = ?1 AND ended_ms IS NULL AND to_unit = ?2 LIMIT 1",
      "SELECT 1 FROM task WHERE incident = ?1 AND ended_ms IS NULL AND to_team = ?2 LIMIT 1"};
  const char *sql = by[!strcmp(a->member, "user") ? 0 : !strcmp(a->member, "unit") ? 1 : 2];
  if (!fq_int(c->db, 0, sql, "is", i->n, a->id)) return FQ_OK;
  return fq_fail(c->error, FQ_E_CONFLICT, "task.duplicate", path, "%s 已有该事件的任务",
                 "%s already has a task on this incident", a->name);
}

/* When the order lapses, how often it rings, and when a phone that has not confirmed it counts as not
 * reached. `expires_in_ms` is for policies, which see no clock. */
enum fq_status dp_order_terms(struct fq_call *c, struct dp_order *o) {
  const struct dp_self *self = c->self;
  const char *text = fq_json_str(c->params, "expires");
  int64_t in_ms = fq_json_int(c->params, "expires_in_ms", 0);
  o->expires_ms = text ? fq_time_parse(text) : in_ms ? c->now_ms + in_ms : 0;
  o->remind_ms = fq_json_int(c->params, "remind_ms", 0);
  o->remind_times = o->remind_ms ? fq_json_int(c->params, "remind_times", 3) : 0;
  o->receipt_ms = fq_json_int(c->params, "receipt_ms", self->receipt_ms);
  if (text && o->expires_ms <= c->now_ms)
    return fq_fail(c->error, FQ_E_PARAMS, "expires.past", "params.expires", "失效时间 %s 已过",
                   "the order would have lapsed already at %s", text);
  if (!o->remind_ms && fq_json_get(c->params, "remind_times"))
    return fq_fail(c->error, FQ_E_PARAMS, "params", "params.remind_times",
                   "只写了催接次数,还要写间隔 remind_ms", "remind_times needs remind_ms, the time between");
  return FQ_OK;
}

enum fq_status dp_order_send(struct fq_call *c, const struct dp_incident *i, const struct dp_assignee *a,
                             const struct dp_order *o, char id[FQ_ID_MAX]) {
  dp_id_make(id, 't', fq_next_seq(c));
  fq_json *data = fq_json_object(), *to = fq_json_object();
  bool user = !strcmp(a->member, "user"), team = !strcmp(a->member, "team");
  fq_json_set_str(data, "task", id);
  fq_json_set_str(to, a->member, a->id);
  fq_json_set(data, "to", to);
  fq_json_set_str(data, "name", a->name);
  fq_json_set_str(data, "state", dp_task_state_name(DP_T_SENT));
  fq_json_set_int(data, "rev", 1);
  fq_json_set_str(data, "role", o->lead ? "lead" : "assist");
  if (o->lead_from) fq_json_set_str(data, "lead_from", o->lead_from);
  if (o->instead_of) fq_json_set_str(data, "instead_of", o->instead_of);
  if (o->asked_by) fq_json_set_str(data, "asked_by", o->asked_by);
  dp_set_opt(data, "note", c->params, "note");
  if (o->expires_ms) fq_json_set_time(data, "expires_at", o->expires_ms);
  if (o->remind_ms) {
    fq_json_set_int(data, "remind_ms", o->remind_ms);
    fq_json_set_int(data, "remind_times", o->remind_times);
  }
  /* A unit has a desk with somebody at it; what is in doubt is whether a phone is reached. */
  if (o->receipt_ms && (user || team)) fq_json_set_int(data, "receipt_ms", o->receipt_ms);
  /* Enough for a phone to show and ring at once, before it has asked for anything. */
  fq_json_set_int(data, "number", i->number);
  fq_json_set_str(data, "category", i->category);
  fq_json_set_int(data, "level", i->level);
  fq_json_set_str(data, "incident_title", i->title);
  fq_json *place = dp_place_json(i->lon, i->lat, -1);
  if (place) fq_json_set(data, "place", place);
  dp_set_files(c->db, data, i);
  char *also = dp_task_heard_by(c->db, user ? a->id : "", user || team ? "" : a->id, team ? a->id : "");
  enum fq_status s = dp_emit(c, i, "task.created", data, also);
  free(also);
  return s == FQ_OK ? dp_reserve_fulfil(c, i, a) : s;
}

/* ---- several at once ------------------------------------------------------------------------------ */

struct sending {
  struct dp_order order;
  fq_json *tasks, *names;
};

/* Which of `to` leads: the one marked; else the first, when nobody leads yet. -1: none of them. */
static enum fq_status who_leads(struct fq_call *c, const struct dp_incident *i, int *leads) {
  int at = 0, marked = -1;
  fq_json_each(to, fq_json_get(c->params, "to")) {
    if (fq_json_bool(to, "lead", false)) {
      if (marked >= 0)
        return fq_fail(c->error, FQ_E_PARAMS, "lead.twice", "params.to", "主办只能有一个",
                       "only one of them can lead");
      marked = at;
    }
    at++;
  }
  *leads = marked >= 0 ? marked : dp_lead_taken(c->db, i) ? -1 : 0;
  return FQ_OK;
}

static enum fq_status send_all(struct fq_call *c, const struct dp_incident *i, struct sending *all,
                               int leads) {
  char path[FQ_ID_MAX], id[FQ_ID_MAX], before[FQ_ID_MAX];
  int at = 0;
  fq_json_each(to, fq_json_get(c->params, "to")) {
    struct dp_assignee a = {0};
    struct dp_order o = all->order;
    snprintf(path, sizeof path, "params.to[%d]", at);
    o.lead = at == leads;
    if (o.lead && dp_lead_open(c->db, i, before)) o.lead_from = before;
    enum fq_status s = dp_assignee_need(c, to, path, &a);
    if (s == FQ_OK) s = dp_assignee_free(c, i, &a, path);
    if (s == FQ_OK) s = dp_order_send(c, i, &a, &o, id);
    if (s != FQ_OK) return s;
    fq_json_push(all->tasks, fq_json_new_str(id));
    fq_json_push(all->names, fq_json_new_str(a.name));
    at++;
  }
  return FQ_OK;
}

/* Takes and frees the lists. */
static enum fq_status said(struct fq_call *c, struct dp_incident *i, struct sending *all, const char *kind,
                           enum dp_state next) {
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "state", dp_state_name(next));
  fq_json_set_int(data, "rev", i->rev + 1);
  fq_json_set(data, "tasks", fq_json_dup(all->tasks));
  fq_json_set(data, "names", fq_json_dup(all->names));
  dp_set_opt(data, "note", c->params, "note");
  enum fq_status s = dp_emit(c, i, kind, data, NULL);
  if (s != FQ_OK) return s;
  fq_json_set_str(c->result, "id", i->id);
  fq_json_set_str(c->result, "state", dp_state_name(next));
  fq_json_set_int(c->result, "rev", i->rev + 1);
  fq_json_set(c->result, "tasks", fq_json_dup(all->tasks));
  return FQ_OK;
}

static enum fq_status send(struct fq_call *c, enum dp_verb v, const char *kind) {
  struct dp_incident i;
  struct sending all = {0};
  enum dp_state next;
  int leads = -1;
  enum fq_status s = dp_incident_need(c, "id", &i);
  if (s == FQ_OK) s = dp_rev_check(c, i.rev);
  if (s == FQ_OK) s = dp_step(c, &i, v, &next);
  if (s == FQ_OK) s = dp_order_terms(c, &all.order);
  if (s == FQ_OK && v == DP_V_DISPATCH) s = who_leads(c, &i, &leads);
  if (s != FQ_OK) return s;
  if (v == DP_V_ASSIST) all.order.asked_by = c->actor->name;
  all.tasks = fq_json_array();
  all.names = fq_json_array();
  s = send_all(c, &i, &all, leads);
  if (s == FQ_OK) s = said(c, &i, &all, kind, next);
  fq_json_free(all.tasks);
  fq_json_free(all.names);
  return s;
}

enum fq_status dp_incident_dispatch(struct fq_call *c) {
  return send(c, DP_V_DISPATCH, "incident.dispatched");
}

enum fq_status dp_incident_assist(struct fq_call *c) {
  return send(c, DP_V_ASSIST, "incident.assist_asked");
}
