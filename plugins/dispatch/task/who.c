/*
 * who.c - whose task it is: the assignee's own, those at the unit's desk, each officer of a team; who hears
 * of it, and which commands that gives them. Kernel thread; dp_sits_at() and dp_team_of() anywhere.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "task/task.h"

const char *dp_sits_at(const struct fq_actor *a) {
  return a->roles & (FQ_ROLE_DESK | FQ_ROLE_DEPARTMENT) ? a->org : NULL;
}

const char *dp_team_of(const struct fq_actor *a) {
  return a->roles & (FQ_ROLE_DESK | FQ_ROLE_DEPARTMENT | FQ_ROLE_OFFICER) ? a->org : NULL;
}

/* A larger team has a desk; "unit/<team>" reaches that. */
fq_stmt *dp_team_officers(fq_db *db, const char *team) {
  return fq_sql(db,
                "SELECT name FROM account WHERE org = ?1 AND disabled = 0 AND (roles & ?2) != 0"
                " ORDER BY name LIMIT 30",
                "si", team, (int64_t)FQ_ROLE_OFFICER);
}

char *dp_task_heard_by(fq_db *db, const char *user, const char *unit, const char *team) {
  size_t cap = 32 * (FQ_ID_MAX + 8);
  char *words = malloc(cap);
  if (!words) abort();
  int n = snprintf(words, cap, "%s%s", *user ? "user/" : "unit/", *user ? user : *unit ? unit : team);
  if (!*team) return words;
  fq_stmt *q = dp_team_officers(db, team);
  while (fq_row(q))
    n += snprintf(words + n, cap - (size_t)n, " user/%s", fq_col_str(q, 0));
  return words;
}

/* His own; a unit's for those who sit at the unit's desk; a team's for each of the team. */
static bool his(const struct fq_actor *a, const struct dp_task *t) {
  const char *sits = dp_sits_at(a), *team = dp_team_of(a);
  return !strcmp(t->user, a->name) || (*t->unit && sits && !strcmp(t->unit, sits)) ||
         (*t->team && team && !strcmp(t->team, team));
}

/* The desks above may act for him, as when an officer answers by voice. */
enum fq_status dp_target_task(struct fq_call *c, struct fq_target *t) {
  struct dp_task task;
  struct dp_incident i;
  enum fq_status s = dp_task_need(c, &task, &i);
  if (s != FQ_OK) return s;
  const struct fq_actor *a = c->actor;
  dp_text(t->org, sizeof t->org, i.org);
  if (a->system || (a->roles & FQ_ROLE_POLICY)) return FQ_OK;
  t->own = his(a, &task);
  if (t->own || (a->roles & FQ_ROLE_DESK)) return FQ_OK;
  return fq_fail(c->error, FQ_E_FORBIDDEN, "task.foreign", "", "不是派给您的任务 %s", "%s is not your task",
                 task.id);
}

enum fq_status dp_target_task_desk(struct fq_call *c, struct fq_target *t) {
  struct dp_task task;
  struct dp_incident i;
  enum fq_status s = dp_task_need(c, &task, &i);
  if (s != FQ_OK) return s;
  const struct fq_actor *a = c->actor;
  dp_text(t->org, sizeof t->org, i.org);
  t->own = (a->roles & FQ_ROLE_DESK) && a->org && !strcmp(i.owner_org, a->org);
  return FQ_OK;
}

/* The desks'; and the lead may ask for help without going through them. */
enum fq_status dp_target_assist(struct fq_call *c, struct fq_target *t) {
  struct dp_incident i;
  struct dp_task lead;
  char id[FQ_ID_MAX];
  enum fq_status s = dp_target_incident(c, "id", true, t);
  const struct fq_actor *a = c->actor;
  if (s != FQ_OK || a->system || (a->roles & (FQ_ROLE_DESK | FQ_ROLE_POLICY))) return s;
  if ((s = dp_incident_need(c, "id", &i)) != FQ_OK) return s;
  if (dp_lead_open(c->db, &i, id) && dp_task_load(c->db, id, &lead) && his(a, &lead)) return FQ_OK;
  return fq_fail(c->error, FQ_E_FORBIDDEN, "task.not_lead", "", "只有主办人或调度可以请求协同",
                 "only the lead or a desk asks others to join");
}
