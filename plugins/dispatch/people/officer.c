/*
 * officer.c - who can be sent and who is on duty: officer.set (skills, capacity, grid), duty.start, duty.end,
 * duty.list. Who exists, with which role and where, is the server's account table; this plugin only reads it.
 * Kernel thread; the query on a reader thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "people/people.h"

struct person {
  char name[FQ_ID_MAX], org[FQ_ID_MAX];
};

/* params.user, else the actor himself. */
static enum fq_status person(struct fq_call *c, struct person *p) {
  const char *user = fq_json_str(c->params, "user");
  if (!user) user = c->actor->name;
  fq_stmt *q = fq_sql(c->db, "SELECT name, org FROM account WHERE name = ?1 AND disabled = 0", "s", user);
  if (!fq_row(q))
    return fq_fail(c->error, FQ_E_NOT_FOUND, "user.unknown", "params.user", "没有用户 %s", "no user %s",
                   user);
  dp_text(p->name, sizeof p->name, fq_col_str(q, 0));
  dp_text(p->org, sizeof p->org, fq_col_str(q, 1));
  fq_done(q);
  return FQ_OK;
}

enum fq_status dp_target_user(struct fq_call *c, struct fq_target *t) {
  struct person p;
  enum fq_status s = person(c, &p);
  if (s != FQ_OK) return s;
  dp_text(t->org, sizeof t->org, p.org);
  t->own = !strcmp(p.name, c->actor->name);
  if (t->own || c->actor->system || (c->actor->roles & (FQ_ROLE_DESK | FQ_ROLE_ADMIN_SYSTEM))) return FQ_OK;
  return fq_fail(c->error, FQ_E_FORBIDDEN, "duty.foreign", "params.user", "只能登记自己的值班",
                 "one signs on and off for oneself");
}

static enum fq_status emit(struct fq_call *c, const struct person *p, const char *kind, fq_json *data) {
  char audience[FQ_ID_MAX + 8];
  snprintf(audience, sizeof audience, "user/%s", p->name);
  return fq_emit(c, (struct fq_draft){
                        .kind = kind, .subject = p->name, .org = p->org, .audience = audience, .data = data});
}

/* What is not given stays as it was; what params.clear names is taken away. */
enum fq_status dp_officer_set(struct fq_call *c) {
  struct person p;
  enum fq_status s = person(c, &p);
  if (s != FQ_OK) return s;
  const char *grid = fq_json_str(c->params, "grid");
  struct fq_unit u;
  if (grid && !fq_org_unit(c->db, grid, &u))
    return fq_fail(c->error, FQ_E_PARAMS, "grid.unknown", "params.grid", "没有网格 %s", "there is no grid %s",
                   grid);
  /* 县聘、镇管、村用: who employs him, who manages him; who uses him is where his account sits. */
  static const char *const units[] = {"employer", "manager"};
  for (size_t k = 0; k < 2; k++) {
    const char *unit = fq_json_str(c->params, units[k]);
    char path[32];
    snprintf(path, sizeof path, "params.%s", units[k]);
    if (unit && !fq_org_unit(c->db, unit, &u))
      return fq_fail(c->error, FQ_E_PARAMS, "org.unknown", path, "没有单位 %s", "no unit %s", unit);
  }
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "user", p.name);
  static const char *const members[] = {"skills", "capacity", "grid", "employer", "manager", "born", "clear"};
  for (size_t k = 0; k < sizeof members / sizeof *members; k++)
    dp_set_opt(data, members[k], c->params, members[k]);
  if ((s = emit(c, &p, "officer.set", data)) != FQ_OK) return s;
  fq_json_set_str(c->result, "user", p.name);
  return FQ_OK;
}

static enum fq_status duty(struct fq_call *c, const char *kind, bool on) {
  struct person p;
  enum fq_status s = person(c, &p);
  if (s != FQ_OK) return s;
  fq_json_set_str(c->result, "user", p.name);
  fq_json_set_bool(c->result, "on_duty", on);
  /* -1: he has never signed on or off, so either is news. */
  if (fq_int(c->db, -1, "SELECT on_duty FROM duty WHERE user = ?1", "s", p.name) == on) return FQ_OK;
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "user", p.name);
  return emit(c, &p, kind, data);
}

enum fq_status dp_duty_start(struct fq_call *c) {
  return duty(c, "duty.started", true);
}

enum fq_status dp_duty_end(struct fq_call *c) {
  return duty(c, "duty.ended", false);
}

enum fq_status dp_duty_list(struct fq_query *q) {
  const char *org = fq_json_str(q->params, "org");
  if (!org) org = q->actor->system ? "" : q->actor->org;
  enum fq_status reach = dp_org_reach(q, org, "params.org");
  if (reach != FQ_OK) return reach;
  char below[512] = "";
  fq_stmt *s = fq_sql(q->db, "SELECT path FROM org WHERE id = ?1", "s", org);
  if (fq_row(s)) {
    dp_text(below, sizeof below, fq_col_str(s, 0));
    fq_done(s);
  }
  /* A phone asks whether its owner is on duty; the roster of others is for desks. */
  const char *self = dp_area_reach(q->actor) ? NULL : q->actor->name;
  const struct dp_self *plugin = q->self;
  bool choosy = fq_json_get(q->params, "on_duty") != NULL, wanted = fq_json_bool(q->params, "on_duty", false);
  int64_t limit = fq_json_int(q->params, "limit", INT64_MAX);
  char last[FQ_ID_MAX] = "";
  bool more = false;
  fq_json *rows = fq_json_array();
  s = fq_sql(q->db,
             "SELECT a.name, a.display, coalesce(f.grid, a.org), f.skills, f.capacity, d.since_ms,"
             "       (SELECT count(*) FROM task t WHERE t.to_user = a.name AND t.ended_ms IS NULL),"
             "       f.employer, f.manager, a.org, o.name, " DP_PRESENCE_COLUMNS DP_PRESENCE_FROM
             " JOIN org o ON o.id = a.org LEFT JOIN officer f ON f.user = a.name"
             " WHERE a.disabled = 0 AND (a.roles & ?3) != 0 AND substr(o.path, 1, length(?2)) = ?2"
             " AND (?4 IS NULL OR a.name = ?4) AND (?5 IS NULL OR a.name > ?5)"
             " AND (?6 IS NULL OR instr(lower(a.name), lower(?6)) OR instr(lower(a.display), lower(?6))"
             " OR instr(lower(o.name), lower(?6))) ORDER BY a.name",
             "isisss", q->now_ms, below, (int64_t)FQ_ROLE_OFFICER | DP_DESKS, self,
             fq_json_str(q->params, "after"), fq_json_str(q->params, "text"));
  while (fq_row(s)) {
    struct dp_absence away;
    struct dp_position at;
    bool on_duty = dp_presence_read(s, 11, &away);
    if (choosy && on_duty != wanted) continue;
    if ((int64_t)fq_json_size(rows) == limit) {
      more = true;
      fq_done(s);
      break;
    }
    fq_json *r = fq_json_object();
    dp_text(last, sizeof last, fq_col_str(s, 0));
    fq_json_set_str(r, "user", fq_col_str(s, 0));
    fq_json_set_str(r, "display", fq_col_str(s, 1));
    fq_json_set_str(r, "org", fq_col_str(s, 2));
    const char *skills = fq_col_str(s, 3);
    fq_json *list = skills ? fq_json_parse(skills, strlen(skills), NULL) : NULL;
    fq_json_set(r, "skills", list ? list : fq_json_array());
    if (!fq_col_null(s, 4)) fq_json_set_int(r, "capacity", fq_col_int(s, 4));
    fq_json_set_str(r, "org_name", fq_col_str(s, 10));
    fq_json_set_bool(r, "on_duty", on_duty);
    if (away.why != DP_HERE) {
      char zh[128], en[128];
      dp_absence_words(&away, zh, en);
      fq_json_set_str(r, "why_zh", zh);
      fq_json_set_str(r, "why_en", en);
    }
    if (*away.deputy) fq_json_set_str(r, "deputy", away.deputy);
    if (!fq_col_null(s, 5)) fq_json_set_time(r, "since", fq_col_int(s, 5));
    fq_json_set_int(r, "load", fq_col_int(s, 6));
    if (!fq_col_null(s, 7)) fq_json_set_str(r, "employer", fq_col_str(s, 7));
    if (!fq_col_null(s, 8)) fq_json_set_str(r, "manager", fq_col_str(s, 8));
    if (dp_position_get(plugin->positions, last, &at)) {
      fq_json *place = dp_place_json(at.lon, at.lat, at.acc_m);
      fq_json_set_time(place, "at", at.at_ms);
      fq_json_set_bool(place, "fresh", q->now_ms - at.at_ms <= plugin->position_fresh_ms);
      fq_json_set(r, "position", place);
    }
    fq_json *reserved = dp_reserved_json(q->db, fq_col_str(s, 0), fq_col_str(s, 9));
    if (reserved) fq_json_set(r, "reserved", reserved);
    fq_json_push(rows, r);
  }
  fq_json_set(q->result, "rows", rows);
  if (more) fq_json_set_str(q->result, "next", last);
  return FQ_OK;
}

/* ---- apply --------------------------------------------------------------------------------------- */

static const struct {
  const char *member, *sql;
} clears[] = {{"grid", "UPDATE officer SET grid = NULL WHERE user = ?1"},
              {"capacity", "UPDATE officer SET capacity = NULL WHERE user = ?1"},
              {"employer", "UPDATE officer SET employer = NULL WHERE user = ?1"},
              {"manager", "UPDATE officer SET manager = NULL WHERE user = ?1"},
              {"born", "UPDATE officer SET born = NULL WHERE user = ?1"}};

enum fq_status dp_apply_officer(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *skills = fq_json_get(e->data, "skills");
  char *list = skills ? fq_json_print(skills) : NULL;
  fq_exec(a->db,
          "INSERT INTO officer(user, grid, skills, capacity, employer, manager, born)"
          " VALUES(?1, ?2, coalesce(?3, '[]'), nullif(?4, 0), ?5, ?6, nullif(?7, 0))"
          " ON CONFLICT(user) DO UPDATE SET grid = coalesce(?2, grid), skills = coalesce(?3, skills),"
          " capacity = coalesce(nullif(?4, 0), capacity), employer = coalesce(?5, employer),"
          " manager = coalesce(?6, manager), born = coalesce(nullif(?7, 0), born)",
          "sssissi", e->subject, fq_json_str(e->data, "grid"), list, fq_json_int(e->data, "capacity", 0),
          fq_json_str(e->data, "employer"), fq_json_str(e->data, "manager"), fq_json_int(e->data, "born", 0));
  free(list);
  fq_json_each(m, fq_json_get(e->data, "clear")) {
    const char *what = fq_json_as_str(m);
    for (size_t k = 0; what && k < sizeof clears / sizeof *clears; k++)
      if (!strcmp(clears[k].member, what)) fq_exec(a->db, clears[k].sql, "s", e->subject);
  }
  dp_seat_moved(a, e->subject, e->at_ms);
  return dp_apply_staff_moved(a, e);
}

enum fq_status dp_apply_duty(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db,
          "INSERT INTO duty(user, on_duty, since_ms) VALUES(?1, ?2, ?3)"
          " ON CONFLICT(user) DO UPDATE SET on_duty = excluded.on_duty, since_ms = excluded.since_ms",
          "sii", e->subject, (int64_t)!strcmp(e->kind, "duty.started"), e->at_ms);
  return dp_apply_staff_moved(a, e);
}
