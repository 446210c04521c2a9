/*
 * assign.c - incident.dispatch: somebody is sent. One task each for the users, units and teams named; then
 * the incident is dispatched. Kernel thread.
 */
#include <stdio.h>
#include <string.h>

#include "task/task.h"

struct assignee {
  const char *member, *id; /* "user", "officer-0001" */
  char name[96];
};

static enum fq_status unknown(struct fq_call *c, size_t at, const struct assignee *a) {
  char path[FQ_ID_MAX];
  snprintf(path, sizeof path, "params.to[%zu].%s", at, a->member);
  return fq_fail(c->error, FQ_E_PARAMS, "assignee.unknown", path, "没有可派遣的 %s",
                 "nobody to send by the name of %s", a->id);
}

static enum fq_status resolve(struct fq_call *c, const fq_json *to, size_t at, struct assignee *a) {
  static const char *const members[] = {"user", "unit", "team"};
  int given = 0;
  for (int k = 0; k < 3; k++) {
    const char *id = fq_json_str(to, members[k]);
    if (!id) continue;
    given++;
    a->member = members[k];
    a->id = id;
  }
  if (given != 1) {
    char path[FQ_ID_MAX];
    snprintf(path, sizeof path, "params.to[%zu]", at);
    return fq_fail(c->error, FQ_E_PARAMS, "params", path, "每项只写 user、unit、team 之一",
                   "each is exactly one of user, unit, team");
  }
  if (!strcmp(a->member, "user")) {
    fq_stmt *q = fq_sql(c->db, "SELECT display FROM account WHERE name = ?1 AND disabled = 0", "s", a->id);
    if (!fq_row(q)) return unknown(c, at, a);
    const char *display = fq_col_str(q, 0);
    dp_text(a->name, sizeof a->name, display && *display ? display : a->id);
    fq_done(q);
    char path[FQ_ID_MAX];
    snprintf(path, sizeof path, "params.to[%zu].user", at);
    return dp_may_send(c, a->id, path);
  }
  struct fq_unit u;
  if (!fq_org_unit(c->db, a->id, &u) || (!strcmp(a->member, "team") && strcmp(u.kind, "team")))
    return unknown(c, at, a);
  dp_text(a->name, sizeof a->name, *u.name ? u.name : a->id);
  return FQ_OK;
}

static bool busy_with_it(struct fq_call *c, const struct dp_incident *i, const struct assignee *a) {
  static const char *const by[] = {
      "SELECT 1 FROM task WHERE incident = ?1 AND ended_ms IS NULL AND to_user = ?2 LIMIT 1",
      "SELECT 1 FROM task WHERE incident = ?1 AND ended_ms IS NULL AND to_unit = ?2 LIMIT 1",
      "SELECT 1 FROM task WHERE incident = ?1 AND ended_ms IS NULL AND to_team = ?2 LIMIT 1"};
  const char *sql = by[!strcmp(a->member, "user") ? 0 : !strcmp(a->member, "unit") ? 1 : 2];
  return fq_int(c->db, 0, sql, "is", i->n, a->id) != 0;
}

/* When the order lapses; 0: never. `expires_in_ms` is for policies, which see no clock. */
static enum fq_status expiry(struct fq_call *c, int64_t *at_ms) {
  const char *text = fq_json_str(c->params, "expires");
  int64_t in_ms = fq_json_int(c->params, "expires_in_ms", 0);
  *at_ms = text ? fq_time_parse(text) : in_ms ? c->now_ms + in_ms : 0;
  if (text && *at_ms <= c->now_ms)
    return fq_fail(c->error, FQ_E_PARAMS, "expires.past", "params.expires", "失效时间 %s 已过",
                   "the order would have lapsed already at %s", text);
  return FQ_OK;
}

static enum fq_status send_one(struct fq_call *c, const struct dp_incident *i, const struct assignee *a,
                               int64_t expires_ms, fq_json *tasks, fq_json *names) {
  char id[FQ_ID_MAX], also[FQ_ID_MAX + 8];
  dp_id_make(id, 't', fq_next_seq(c));
  fq_json *data = fq_json_object(), *to = fq_json_object();
  fq_json_set_str(data, "task", id);
  fq_json_set_str(to, a->member, a->id);
  fq_json_set(data, "to", to);
  fq_json_set_str(data, "name", a->name);
  fq_json_set_str(data, "state", dp_task_state_name(DP_T_SENT));
  fq_json_set_int(data, "rev", 1);
  dp_set_opt(data, "note", c->params, "note");
  if (expires_ms) fq_json_set_time(data, "expires_at", expires_ms);
  /* Enough for a phone to show and ring at once, before it has asked for anything. */
  fq_json_set_int(data, "number", i->number);
  fq_json_set_str(data, "category", i->category);
  fq_json_set_int(data, "level", i->level);
  fq_json_set_str(data, "incident_title", i->title);
  fq_json *place = dp_place_json(i->lon, i->lat, -1);
  if (place) fq_json_set(data, "place", place);
  fq_json_push(tasks, fq_json_new_str(id));
  fq_json_push(names, fq_json_new_str(a->name));
  snprintf(also, sizeof also, "%s/%s", strcmp(a->member, "user") ? "unit" : "user", a->id);
  return dp_emit(c, i, "task.created", data, also);
}

enum fq_status dp_incident_dispatch(struct fq_call *c) {
  struct dp_incident i;
  enum dp_state next;
  enum fq_status s = dp_incident_need(c, "id", &i);
  if (s == FQ_OK) s = dp_rev_check(c, i.rev);
  if (s == FQ_OK) s = dp_step(c, &i, DP_V_DISPATCH, &next);
  int64_t expires_ms = 0;
  if (s == FQ_OK) s = expiry(c, &expires_ms);
  if (s != FQ_OK) return s;

  fq_json *tasks = fq_json_array(), *names = fq_json_array();
  size_t at = 0;
  fq_json_each(to, fq_json_get(c->params, "to")) {
    struct assignee a = {0};
    if ((s = resolve(c, to, at, &a)) != FQ_OK) goto out;
    if (busy_with_it(c, &i, &a)) {
      char path[FQ_ID_MAX];
      snprintf(path, sizeof path, "params.to[%zu]", at);
      s = fq_fail(c->error, FQ_E_CONFLICT, "task.duplicate", path, "%s 已有该事件的任务",
                  "%s already has a task on this incident", a.name);
      goto out;
    }
    if ((s = send_one(c, &i, &a, expires_ms, tasks, names)) != FQ_OK) goto out;
    at++;
  }
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "state", dp_state_name(next));
  fq_json_set_int(data, "rev", i.rev + 1);
  fq_json_set(data, "tasks", fq_json_dup(tasks));
  fq_json_set(data, "names", fq_json_dup(names));
  dp_set_opt(data, "note", c->params, "note");
  if ((s = dp_emit(c, &i, "incident.dispatched", data, NULL)) != FQ_OK) goto out;
  fq_json_set_str(c->result, "id", i.id);
  fq_json_set_str(c->result, "state", dp_state_name(next));
  fq_json_set_int(c->result, "rev", i.rev + 1);
  fq_json_set(c->result, "tasks", tasks);
  tasks = NULL;
out:
  fq_json_free(tasks);
  fq_json_free(names);
  return s;
}
