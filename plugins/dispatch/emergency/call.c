/*
 * call.c - emergency.start and the call-out by roster: who is called, in which portions, and calling the
 * silent again. Kernel thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emergency/emergency.h"
#include "people/people.h"

#define PORTION   200 /* people an entry calls: some 15 KiB of it */
#define MOST_DESK 500 /* units that hear of the emergency by name */

/* ---- lists of people ------------------------------------------------------------------------------ */

struct person {
  char user[FQ_ID_MAX], unit[FQ_ID_MAX];
};
struct people {
  struct person *all;
  size_t count, cap;
};

static void people_add(struct people *p, const char *user, const char *unit) {
  if (p->count == p->cap) {
    p->cap = p->cap ? p->cap * 2 : 256;
    p->all = realloc(p->all, p->cap * sizeof *p->all);
    if (!p->all) abort();
  }
  dp_text(p->all[p->count].user, FQ_ID_MAX, user);
  dp_text(p->all[p->count++].unit, FQ_ID_MAX, unit);
}

static int by_unit(const void *a, const void *b) {
  const struct person *x = a, *y = b;
  int d = strcmp(x->unit, y->unit);
  return d ? d : strcmp(x->user, y->user);
}

/* In the order of units, each once: a person sits at one unit, so doubles are neighbours. */
static void people_sort(struct people *p) {
  size_t kept = 0;
  if (p->count) qsort(p->all, p->count, sizeof *p->all, by_unit);
  for (size_t x = 0; x < p->count; x++)
    if (!kept || strcmp(p->all[kept - 1].user, p->all[x].user)) p->all[kept++] = p->all[x];
  p->count = kept;
}

/* ---- portions ------------------------------------------------------------------------------------- */

static enum fq_status portion(struct fq_call *c, const struct dp_emergency *e, const char *kind,
                              const struct person *p, size_t n, int64_t round) {
  struct fq_unit u;
  char *audience = malloc(n * (FQ_ID_MAX + 8) + 1);
  if (!audience) abort();
  size_t used = 0;
  fq_json *data = fq_json_object(), *list = fq_json_array();
  for (size_t x = 0; x < n; x++) {
    used += (size_t)sprintf(audience + used, "%suser/%s", x ? " " : "", p[x].user);
    fq_json *one = fq_json_object();
    fq_json_set_str(one, "user", p[x].user);
    fq_json_set_str(one, "unit", p[x].unit);
    fq_json_push(list, one);
  }
  /* What a phone needs to ring and to show. */
  fq_json_set_str(data, "title", e->title);
  fq_json_set_int(data, "level", e->level);
  fq_json_set_str(data, "at_org", e->org);
  if (fq_org_unit(c->db, e->org, &u)) fq_json_set_str(data, "org_name", u.name);
  fq_json_set_str(data, "reason", e->reason);
  if (round) fq_json_set_int(data, "round", round);
  fq_json_set_int(data, "again_ms", e->again_ms);
  fq_json_set(data, "people", list);
  enum fq_status s = dp_emergency_emit(c, e, kind, audience, data);
  free(audience);
  return s;
}

static enum fq_status portions(struct fq_call *c, const struct dp_emergency *e, const char *kind,
                               const struct people *p, int64_t round) {
  enum fq_status s = FQ_OK;
  for (size_t from = 0; from < p->count && s == FQ_OK; from += PORTION) {
    size_t n = p->count - from < PORTION ? p->count - from : PORTION;
    s = portion(c, e, kind, p->all + from, n, round);
  }
  return s;
}

enum fq_status dp_emergency_portions(struct fq_call *c, const struct dp_emergency *e, const char *kind,
                                     const char *whom, int64_t round) {
  struct people p = {0};
  char sql[160];
  snprintf(sql, sizeof sql, "SELECT user, unit FROM emergency_call WHERE emergency = ?1 AND %s", whom);
  fq_stmt *q = fq_sql(c->db, sql, "i", e->n);
  while (fq_row(q))
    people_add(&p, fq_col_str(q, 0), fq_col_str(q, 1));
  people_sort(&p);
  enum fq_status s = portions(c, e, kind, &p, round);
  free(p.all);
  return s;
}

/* ---- who is called -------------------------------------------------------------------------------- */

#define MANNED (FQ_ROLE_DESK | FQ_ROLE_DEPARTMENT)

/* ?2 and what is below it, by the index on parents: what it costs is the subtree, not the county. */
#define BELOW                                                                                                \
  "WITH RECURSIVE below(id) AS (SELECT ?2 UNION SELECT org.id FROM org JOIN below ON org.parent = "          \
  "below.id) "

/* On duty is whoever the people part says is there: leave, roster, what he said himself. */
static void people_below(struct fq_call *c, const char *org, bool all, struct people *p) {
  struct dp_absence unused;
  fq_stmt *q =
      fq_sql(c->db,
             BELOW "SELECT a.name, a.org, " DP_PRESENCE_COLUMNS DP_PRESENCE_FROM
                   " WHERE a.org IN (SELECT id FROM below) AND a.disabled = 0 AND (a.roles & ?3) != 0",
             "isi", c->now_ms, org, (int64_t)(MANNED | FQ_ROLE_OFFICER));
  while (fq_row(q))
    if (all || dp_presence_read(q, 2, &unused)) people_add(p, fq_col_str(q, 0), fq_col_str(q, 1));
}

char *dp_emergency_desks(fq_db *db, const char *org) {
  char *text = calloc(MOST_DESK, FQ_ID_MAX + 8);
  if (!text) abort();
  size_t used = 0;
  fq_stmt *q = fq_sql(db,
                      BELOW "SELECT DISTINCT a.org FROM below JOIN account a ON a.org = below.id"
                            " WHERE a.disabled = 0 AND (a.roles & ?1) != 0 ORDER BY a.org LIMIT ?3",
                      "isi", (int64_t)MANNED, org, (int64_t)MOST_DESK);
  while (fq_row(q))
    used += (size_t)sprintf(text + used, "%sunit/%s", used ? " " : "", fq_col_str(q, 0));
  return text;
}

static bool in_reach(struct fq_call *c, const char *org) {
  return c->actor->system || fq_org_within(c->db, org, c->actor->org);
}

static enum fq_status people_of_units(struct fq_call *c, bool all, struct people *p) {
  const fq_json *units = fq_json_get(c->params, "units");
  struct fq_unit u;
  if (!units || !fq_json_size(units)) {
    people_below(c, fq_json_str(c->params, "org"), all, p);
    return FQ_OK;
  }
  fq_json_each(m, units) {
    const char *org = fq_json_as_str(m);
    if (!fq_org_unit(c->db, org, &u))
      return fq_fail(c->error, FQ_E_PARAMS, "org.unknown", "params.units", "没有机构 %s", "no unit %s", org);
    if (!in_reach(c, org))
      return fq_fail(c->error, FQ_E_FORBIDDEN, "org.foreign", "params.units", "%s 不在您的辖区内,不能召集",
                     "%s is not within your unit: you cannot call it out", org);
    people_below(c, org, all, p);
  }
  return FQ_OK;
}

/* Named people are called whether on duty or not. */
static enum fq_status people_by_name(struct fq_call *c, struct people *p) {
  fq_json_each(m, fq_json_get(c->params, "users")) {
    const char *user = fq_json_as_str(m);
    char org[FQ_ID_MAX] = "";
    fq_stmt *q = fq_sql(c->db, "SELECT org FROM account WHERE name = ?1 AND disabled = 0", "s", user);
    if (!fq_row(q))
      return fq_fail(c->error, FQ_E_NOT_FOUND, "user.unknown", "params.users", "没有用户 %s", "no user %s",
                     user);
    dp_text(org, sizeof org, fq_col_str(q, 0));
    fq_done(q);
    if (!in_reach(c, org))
      return fq_fail(c->error, FQ_E_FORBIDDEN, "org.foreign", "params.users", "%s 不在您的辖区内,不能召集",
                     "%s is not within your unit: you cannot call him out", user);
    people_add(p, user, org);
  }
  return FQ_OK;
}

/* ---- start, again --------------------------------------------------------------------------------- */

static enum fq_status in_force_already(struct fq_call *c, const char *org) {
  fq_stmt *q = fq_sql(c->db, "SELECT n, title FROM emergency WHERE org = ?1 AND ended_ms IS NULL", "s", org);
  if (!fq_row(q)) return FQ_OK;
  char id[FQ_ID_MAX], title[200];
  dp_id_make(id, 'e', fq_col_int(q, 0));
  dp_text(title, sizeof title, fq_col_str(q, 1));
  fq_done(q);
  return fq_fail(c->error, FQ_E_CONFLICT, "emergency.in_force", "params.org",
                 "该单位已处于应急状态:%s %s;请先结束,或调整其级别",
                 "this unit is in an emergency already: %s %s; end that, or change its level", id, title);
}

/* The incident it is about, when it is about one. */
static enum fq_status incident_in_reach(struct fq_call *c) {
  struct dp_incident i;
  enum fq_status s = dp_incident_need(c, "incident", &i);
  if (s != FQ_OK || dp_may_see(c->db, c->actor, &i)) return s;
  return fq_fail(c->error, FQ_E_FORBIDDEN, "incident.foreign", "params.incident", "事件 %s 不在您的辖区内",
                 "%s is not within your reach", i.id);
}

static fq_json *started(struct fq_call *c, const struct dp_emergency *e, size_t people) {
  static const char *const members[] = {"reason", "incident", "units"};
  struct fq_unit u;
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "emergency", e->id);
  fq_json_set_str(data, "title", e->title);
  fq_json_set_int(data, "level", e->level);
  fq_json_set_str(data, "at_org", e->org);
  if (fq_org_unit(c->db, e->org, &u)) fq_json_set_str(data, "org_name", u.name);
  fq_json_set_num(data, "factor", e->factor);
  fq_json_set_int(data, "again_ms", e->again_ms);
  fq_json_set_int(data, "people", (int64_t)people);
  for (size_t k = 0; k < sizeof members / sizeof *members; k++)
    dp_set_opt(data, members[k], c->params, members[k]);
  return data;
}

enum fq_status dp_emergency_start(struct fq_call *c) {
  const fq_json *p = c->params;
  struct people people = {0};
  struct dp_emergency e = {.n = fq_next_seq(c),
                           .level = (int)fq_json_int(p, "level", 4),
                           .again_ms = fq_json_int(p, "again_ms", 300000),
                           .factor = fq_json_num(p, "factor", 0.5)};
  const char *call_out = fq_json_str(p, "call_out");
  dp_id_make(e.id, 'e', e.n);
  dp_text(e.org, sizeof e.org, fq_json_str(p, "org"));
  dp_text(e.title, sizeof e.title, fq_json_str(p, "title"));
  dp_text(e.reason, sizeof e.reason, fq_json_str(p, "reason"));
  enum fq_status s = in_force_already(c, e.org);
  if (s == FQ_OK && fq_json_get(p, "incident")) s = incident_in_reach(c);
  if (s == FQ_OK) s = people_of_units(c, call_out && !strcmp(call_out, "all"), &people);
  if (s == FQ_OK) s = people_by_name(c, &people);
  if (s == FQ_OK) {
    people_sort(&people);
    char *desks = dp_emergency_desks(c->db, e.org);
    s = dp_emergency_emit(c, &e, "emergency.started", desks, started(c, &e, people.count));
    free(desks);
  }
  if (s == FQ_OK) s = portions(c, &e, "emergency.called", &people, 1);
  free(people.all);
  if (s != FQ_OK) return s;
  fq_json_set_str(c->result, "id", e.id);
  fq_json_set_int(c->result, "called", (int64_t)people.count);
  return FQ_OK;
}

/* Timer: those who have not answered are called again; after the last time they are listed, and that is that:
 * somebody has to walk over. */
enum fq_status dp_emergency_again(struct fq_call *c) {
  struct dp_emergency e;
  if (!dp_emergency_load(c->db, fq_json_str(c->params, "id"), &e) || e.ended_ms) return FQ_OK;
  if (e.round < DP_EMERGENCY_CALLS)
    return dp_emergency_portions(c, &e, "emergency.called", DP_SILENT, e.round + 1);
  return dp_emergency_portions(c, &e, "emergency.unanswered", DP_SILENT, 0);
}
