/*
 * plan.c - patrol plans: the points of a round, how near one must get, what to look at, how often it is to be
 * walked. A plan that nobody walks in its time is told to the desk, again and again. Kernel thread; loading
 * on any thread with a handle of its own.
 */
#include <stdio.h>
#include <string.h>

#include "patrol/patrol.h"

int64_t cp_id_n(const char *id, const char *prefix) {
  size_t p = strlen(prefix);
  if (!id || strncmp(id, prefix, p) != 0 || strlen(id) > p + 16 || !id[p]) return 0;
  int64_t n = 0;
  for (const char *s = id + p; *s; s++) {
    if (*s < '0' || *s > '9') return 0;
    n = n * 10 + (*s - '0');
  }
  return n;
}

void cp_id_make(char out[FQ_ID_MAX], const char *prefix, int64_t n) {
  snprintf(out, FQ_ID_MAX, "%s%lld", prefix, (long long)n);
}

void cp_text(char *out, size_t cap, const char *s) {
  size_t n = s ? strnlen(s, cap - 1) : 0;
  if (n) memcpy(out, s, n);
  out[n] = '\0';
}

void cp_set_opt(fq_json *to, const char *name, const fq_json *from, const char *member) {
  const fq_json *v = fq_json_get(from, member);
  if (v) fq_json_set(to, name, fq_json_dup(v));
}

bool cp_area_reach(const struct fq_actor *a) {
  return a->system ||
         (a->roles & (FQ_ROLE_DESK | FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_AUDIT | FQ_ROLE_SERVICE));
}

/* ---- rows -----------------------------------------------------------------------------------------------
 */

bool cp_plan_load(fq_db *db, const char *id, struct cp_plan *out) {
  memset(out, 0, sizeof *out);
  fq_stmt *q = fq_sql(db,
                      "SELECT n, rev, every_ms, set_ms, last_ms, retired_ms, org, name, points"
                      " FROM patrol_plan WHERE n = ?1",
                      "i", cp_id_n(id, CP_PLAN));
  if (!fq_row(q)) return false;
  out->n = fq_col_int(q, 0);
  out->rev = fq_col_int(q, 1);
  out->every_ms = fq_col_int(q, 2);
  out->set_ms = fq_col_int(q, 3);
  out->last_ms = fq_col_int(q, 4);
  out->retired_ms = fq_col_int(q, 5);
  cp_text(out->org, sizeof out->org, fq_col_str(q, 6));
  cp_text(out->name, sizeof out->name, fq_col_str(q, 7));
  const char *points = fq_col_str(q, 8);
  out->points = fq_json_parse(points, strlen(points), NULL);
  cp_id_make(out->id, CP_PLAN, out->n);
  fq_done(q);
  return true;
}

void cp_plan_free(struct cp_plan *p) {
  fq_json_free(p->points);
  p->points = NULL;
}

bool cp_plan_his(fq_db *db, const struct cp_plan *p, const struct fq_actor *a) {
  if (a->system || fq_org_within(db, p->org, a->org)) return true;
  return !cp_area_reach(a) && fq_org_within(db, a->org, p->org);
}

const fq_json *cp_point(const fq_json *points, const char *id) {
  fq_json_each(m, points) if (!strcmp(fq_json_str(m, "id"), id)) return m;
  return NULL;
}

/* ---- commands -------------------------------------------------------------------------------------------
 */

static enum fq_status unknown(struct fq_call *c, const char *id) {
  return fq_fail(c->error, FQ_E_NOT_FOUND, "patrol.no_plan", "params.id", "没有巡逻计划 %s",
                 "no patrol plan %s", id ? id : "");
}

/* The unit it is for, and the one it was for. */
enum fq_status cp_target_plan(struct fq_call *c, struct fq_target *t) {
  const char *id = fq_json_str(c->params, "id"), *org = fq_json_str(c->params, "org");
  struct cp_plan p = {.n = 0};
  struct fq_unit u;
  bool found = id && cp_plan_load(c->db, id, &p);
  cp_plan_free(&p);
  if (id && !found) return unknown(c, id);
  if (found && !c->actor->system && !fq_org_within(c->db, p.org, c->actor->org))
    return fq_fail(c->error, FQ_E_FORBIDDEN, "org.foreign", "params.id", "%s 不在您的辖区内",
                   "%s is not within your unit", p.org);
  cp_text(t->org, sizeof t->org, org ? org : p.org);
  if (fq_org_unit(c->db, t->org, &u)) return FQ_OK;
  return fq_fail(c->error, FQ_E_PARAMS, "org.unknown", "params.org", "没有机构 %s", "no unit %s", t->org);
}

/* Points with the radius filled in: what a patrol is measured by stands in the plan, not in an option. */
static enum fq_status points_of(struct fq_call *c, fq_json **out) {
  const struct cp_self *self = c->self;
  fq_json *list = fq_json_array();
  int at = 0;
  fq_json_each(m, fq_json_get(c->params, "points")) {
    const char *id = fq_json_str(m, "id");
    char path[64];
    if (cp_point(list, id)) {
      snprintf(path, sizeof path, "params.points[%d].id", at);
      fq_json_free(list);
      return fq_fail(c->error, FQ_E_PARAMS, "patrol.twice", path, "点位编号 %s 重复",
                     "two points are called %s", id);
    }
    fq_json *one = fq_json_dup(m);
    if (!fq_json_get(m, "radius_m")) fq_json_set_int(one, "radius_m", self->radius_m);
    fq_json_push(list, one);
    at++;
  }
  *out = list;
  return FQ_OK;
}

enum fq_status cp_plan_set(struct fq_call *c) {
  const char *given = fq_json_str(c->params, "id"), *org = fq_json_str(c->params, "org");
  struct cp_plan p = {.n = 0};
  char id[FQ_ID_MAX];
  fq_json *points = NULL;
  if (given && !cp_plan_load(c->db, given, &p)) return unknown(c, given);
  cp_plan_free(&p);
  int64_t rev = fq_json_int(c->params, "rev", p.rev);
  if (rev != p.rev) {
    enum fq_status s =
        fq_fail(c->error, FQ_E_CONFLICT, "rev.stale", "params.rev", "计划已被别人改过(现为第 %lld 版)",
                "the plan has been changed meanwhile (it is at %lld)", (long long)p.rev);
    c->error->rev = p.rev;
    return s;
  }
  enum fq_status s = points_of(c, &points);
  if (s != FQ_OK) return s;
  cp_id_make(id, CP_PLAN, p.n ? p.n : fq_next_seq(c));
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "name", fq_json_str(c->params, "name"));
  fq_json_set(data, "points", points);
  fq_json_set_int(data, "rev", p.rev + 1);
  cp_set_opt(data, "every_ms", c->params, "every_ms");
  s = fq_emit(c, (struct fq_draft){.kind = "patrol.planned", .subject = id, .org = org, .data = data});
  if (s != FQ_OK) return s;
  fq_json_set_str(c->result, "id", id);
  fq_json_set_int(c->result, "rev", p.rev + 1);
  return FQ_OK;
}

enum fq_status cp_plan_retire(struct fq_call *c) {
  struct cp_plan p;
  const char *id = fq_json_str(c->params, "id");
  if (!cp_plan_load(c->db, id, &p)) return unknown(c, id);
  cp_plan_free(&p);
  if (p.retired_ms)
    return fq_fail(c->error, FQ_E_CONFLICT, "patrol.retired", "params.id", "计划 %s 已停用",
                   "%s is retired already", id);
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "name", p.name);
  cp_set_opt(data, "reason", c->params, "reason");
  fq_json_set_str(c->result, "id", id);
  return fq_emit(c, (struct fq_draft){.kind = "patrol.retired", .subject = id, .org = p.org, .data = data});
}

/* Timer: its time is over and nobody has walked it. */
enum fq_status cp_plan_remind(struct fq_call *c) {
  struct cp_plan p;
  if (!cp_plan_load(c->db, fq_json_str(c->params, "id"), &p)) return FQ_OK;
  cp_plan_free(&p);
  if (p.retired_ms || !p.every_ms) return FQ_OK;
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "name", p.name);
  fq_json_set_int(data, "every_ms", p.every_ms);
  if (p.last_ms) fq_json_set_time(data, "last_at", p.last_ms);
  fq_json_set_time(data, "again_at", c->now_ms + p.every_ms);
  fq_json_set_int(data, "late_ms", fq_json_int(c->params, "late_ms", 0));
  return fq_emit(c, (struct fq_draft){.kind = "patrol.overdue", .subject = p.id, .org = p.org, .data = data});
}
