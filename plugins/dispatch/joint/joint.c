/*
 * joint.c - incident.joint: an incident becomes joint work of a type (矛盾纠纷联调 ...), under a lead; each
 * member has a task. Kernel thread; queries on reader threads.
 */
#include <stdlib.h>
#include <string.h>

#include "joint/joint.h"

/* What counties commonly have; the dictionary `joint_types` of a pack takes their place. */
static const struct dp_word types[] = {{"mediate", "矛盾纠纷联调", "Disputes"},
                                       {"patrol", "社会治安联防", "Public security"},
                                       {"key_work", "重点工作联动", "Key work"},
                                       {"rectify", "治安突出问题联治", "Public order problems"},
                                       {"service", "服务管理联抓", "Services"},
                                       {"safety", "基层平安联创", "Safe neighbourhoods"},
                                       {0}};

static enum fq_status unit_name(struct fq_call *c, const char *unit, const char *path, struct fq_unit *u) {
  if (fq_org_unit(c->db, unit, u)) return FQ_OK;
  return fq_fail(c->error, FQ_E_PARAMS, "org.unknown", path, "没有机构 %s", "no unit %s", unit);
}

static enum fq_status add_member(struct fq_call *c, const char *unit, const char *path, fq_json *members) {
  struct fq_unit u;
  enum fq_status s = unit_name(c, unit, path, &u);
  if (s != FQ_OK) return s;
  fq_json_each(m, members) if (!strcmp(fq_json_str(m, "unit"), unit)) return FQ_OK;
  fq_json *one = fq_json_object();
  fq_json_set_str(one, "unit", unit);
  fq_json_set_str(one, "name", *u.name ? u.name : unit);
  fq_json_push(members, one);
  return FQ_OK;
}

/* The unit at the head of it leads the work, too (主办). */
static enum fq_status make_lead(struct fq_call *c, int64_t task) {
  char id[FQ_ID_MAX];
  dp_id_make(id, 't', task);
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "id", id);
  return fq_call_method(c, "task.lead", params, NULL);
}

/* Everybody who has no open task on it is sent one; the others are at work on it already. */
static enum fq_status send(struct fq_call *c, const struct dp_incident *i, const fq_json *members,
                           fq_json **tasks) {
  fq_json *to = fq_json_array();
  bool lead = true; /* the first */
  *tasks = fq_json_array();
  fq_json_each(m, members) {
    const char *unit = fq_json_str(m, "unit");
    int64_t open = fq_int(
        c->db, 0, "SELECT n FROM task WHERE incident = ?1 AND to_unit = ?2 AND ended_ms IS NULL LIMIT 1",
        "is", i->n, unit);
    enum fq_status s = open && lead ? make_lead(c, open) : FQ_OK;
    if (s != FQ_OK) {
      fq_json_free(to);
      return s;
    }
    if (!open) {
      fq_json *one = fq_json_object();
      fq_json_set_str(one, "unit", unit);
      if (lead) fq_json_set_bool(one, "lead", true);
      fq_json_push(to, one);
    }
    lead = false;
  }
  if (!fq_json_size(to)) {
    fq_json_free(to);
    return FQ_OK;
  }
  fq_json *params = fq_json_object(), *result = NULL;
  fq_json_set_str(params, "id", i->id);
  fq_json_set(params, "to", to);
  dp_set_opt(params, "note", c->params, "note");
  enum fq_status s = fq_call_method(c, "incident.dispatch", params, &result);
  if (s == FQ_OK) fq_json_each(t, fq_json_get(result, "tasks")) fq_json_push(*tasks, fq_json_dup(t));
  fq_json_free(result);
  return s;
}

static enum fq_status until_ahead(struct fq_call *c) {
  const char *until = fq_json_str(c->params, "until");
  if (!until || fq_time_parse(until) > c->now_ms) return FQ_OK;
  return fq_fail(c->error, FQ_E_PARAMS, "joint.until", "params.until", "期限 %s 已过", "%s is over already",
                 until);
}

enum fq_status dp_incident_joint(struct fq_call *c) {
  struct dp_incident i;
  struct dp_term type;
  enum dp_state next;
  const char *lead = fq_json_str(c->params, "lead");
  enum fq_status s = dp_incident_need(c, "id", &i);
  if (s == FQ_OK) s = dp_rev_check(c, i.rev);
  if (s == FQ_OK) s = dp_step(c, &i, DP_V_DISPATCH, &next);
  if (s == FQ_OK) s = until_ahead(c);
  if (s == FQ_OK) s = dp_term_need(c, "joint_types", types, "type", &type);
  if (s != FQ_OK) return s;
  fq_json *members = fq_json_array(), *tasks = NULL;
  s = add_member(c, lead, "params.lead", members);
  if (s == FQ_OK)
    fq_json_each(m, fq_json_get(c->params, "members")) if (s == FQ_OK) s =
        add_member(c, fq_json_as_str(m), "params.members", members);
  if (s == FQ_OK) s = send(c, &i, members, &tasks);
  if (s != FQ_OK) {
    fq_json_free(members);
    fq_json_free(tasks);
    return s;
  }
  struct dp_incident moved;
  if (dp_incident_load(c->db, i.id, &moved)) i = moved;
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "type", type.code);
  fq_json_set_str(data, "type_name", type.zh);
  fq_json_set_str(data, "lead", lead);
  fq_json_set_str(data, "lead_name", fq_json_str(fq_json_first(members), "name"));
  fq_json_set(data, "members", members);
  fq_json_set(data, "tasks", fq_json_dup(tasks));
  dp_set_opt(data, "note", c->params, "note");
  const char *until = fq_json_str(c->params, "until");
  if (until) fq_json_set_time(data, "until", fq_time_parse(until));
  fq_json_set_str(c->result, "id", i.id);
  fq_json_set_str(c->result, "state", dp_state_name(i.state));
  fq_json_set_int(c->result, "rev", i.rev);
  fq_json_set(c->result, "tasks", tasks);
  return dp_emit(c, &i, "joint.formed", data, NULL);
}

/* Formed again: another lead, more members. The latest stands. */
enum fq_status dp_apply_joint(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  const char *until = fq_json_str(d, "until");
  char *members = fq_json_print(fq_json_get(d, "members"));
  int64_t incident = dp_id_n(e->subject, 'i');
  fq_exec(a->db, "DELETE FROM joint WHERE incident = ?1", "i", incident);
  fq_exec(a->db,
          "INSERT INTO joint(n, incident, type, type_name, lead, lead_name, members, note, until_ms, by_user,"
          " formed_ms, path) SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, nullif(?9, 0), ?10, ?11, path"
          " FROM incident WHERE n = ?2",
          "iissssssisi", e->seq, incident, fq_json_str(d, "type"), fq_json_str(d, "type_name"),
          fq_json_str(d, "lead"), fq_json_str(d, "lead_name"), members, fq_json_str(d, "note"),
          until ? fq_time_parse(until) : (int64_t)0, e->actor, e->at_ms);
  free(members);
  return FQ_OK;
}

/* ---- queries ------------------------------------------------------------------------------------- */

/* Done: its work is fed back. In time: by the day set; when none is, without a clock that was missed. */
#define DONE "i.handled_ms IS NOT NULL"
#define IN_TIME                                                                                              \
  "(" DONE " AND (j.until_ms IS NULL OR i.handled_ms <= j.until_ms) AND (j.until_ms IS NOT NULL OR NOT"      \
  " EXISTS (SELECT 1 FROM clock k WHERE k.incident = i.n AND k.state IN ('breached', 'met_late'))))"

static fq_json *joint_row(fq_stmt *q) {
  fq_json *j = fq_json_object();
  const char *members = fq_col_str(q, 4);
  fq_json_set_str(j, "type", fq_col_str(q, 0));
  fq_json_set_str(j, "type_name", fq_col_str(q, 1));
  fq_json_set_str(j, "lead", fq_col_str(q, 2));
  fq_json_set_str(j, "lead_name", fq_col_str(q, 3));
  fq_json_set(j, "members", fq_json_parse(members, strlen(members), NULL));
  if (!fq_col_null(q, 5)) fq_json_set_str(j, "note", fq_col_str(q, 5));
  if (!fq_col_null(q, 6)) fq_json_set_time(j, "until", fq_col_int(q, 6));
  fq_json_set_str(j, "by", fq_col_str(q, 7));
  fq_json_set_time(j, "formed_at", fq_col_int(q, 8));
  return j;
}
#define COLUMNS                                                                                              \
  "j.type, j.type_name, j.lead, j.lead_name, j.members, j.note, j.until_ms, j.by_user, j.formed_ms"

void dp_joint_set(fq_db *db, int64_t incident, fq_json *into) {
  fq_stmt *q = fq_sql(db, "SELECT " COLUMNS " FROM joint j WHERE j.incident = ?1", "i", incident);
  if (!fq_row(q)) return;
  fq_json_set(into, "joint", joint_row(q));
  fq_done(q);
}

enum fq_status dp_joint_list(struct fq_query *q) {
  char path[512], id[FQ_ID_MAX];
  bool area;
  int64_t limit = fq_json_int(q->params, "limit", 50), count = 0, last = 0;
  const char *after = fq_json_str(q->params, "after");
  int64_t before = after ? dp_id_n(after, 'j') : INT64_MAX;
  enum fq_status s = dp_reach(q, path, &area);
  if (s != FQ_OK) return s;
  fq_json *rows = fq_json_array();
  fq_stmt *r = fq_sql(q->db,
                      "SELECT " COLUMNS ", j.n, i.n, i.number, i.title, i.state, " DONE ", " IN_TIME
                      " FROM joint j JOIN incident i ON i.n = j.incident WHERE j.n < ?1"
                      " AND substr(j.path, 1, length(?2)) = ?2 AND (?3 IS NULL OR j.type = ?3)"
                      " AND (?4 IS NULL OR j.lead = ?4) AND (?5 = 0 OR i.ended_ms IS NULL)"
                      " ORDER BY j.n DESC LIMIT ?6",
                      "isssii", before, path, fq_json_str(q->params, "type"), fq_json_str(q->params, "lead"),
                      (int64_t)fq_json_bool(q->params, "open", false), limit + 1);
  while (fq_row(r)) {
    if (count++ == limit) continue;
    fq_json *j = joint_row(r);
    last = fq_col_int(r, 9);
    dp_id_make(id, 'j', last);
    fq_json_set_str(j, "id", id);
    dp_id_make(id, 'i', fq_col_int(r, 10));
    fq_json_set_str(j, "incident", id);
    fq_json_set_int(j, "number", fq_col_int(r, 11));
    fq_json_set_str(j, "title", fq_col_str(r, 12));
    fq_json_set_str(j, "state", fq_col_str(r, 13));
    fq_json_set_bool(j, "done", fq_col_int(r, 14) != 0);
    if (fq_col_int(r, 14)) fq_json_set_bool(j, "on_time", fq_col_int(r, 15) != 0);
    fq_json_push(rows, j);
  }
  fq_json_set(q->result, "rows", rows);
  dp_id_make(id, 'j', last);
  if (count > limit) fq_json_set_str(q->result, "next", id);
  return FQ_OK;
}

enum fq_status dp_joint_report(struct fq_query *q) {
  char path[512];
  bool area;
  enum fq_status s = dp_reach(q, path, &area);
  if (s != FQ_OK) return s;
  fq_json *rows = fq_json_array();
  fq_stmt *r = fq_sql(
      q->db,
      "SELECT j.type, max(j.type_name), count(*), sum(" DONE "), sum(i.ended_ms IS NULL AND NOT "
      "(" DONE ")), sum(" IN_TIME "), sum(j.until_ms IS NOT NULL AND NOT (" DONE ") AND j.until_ms < ?4)"
      " FROM joint j JOIN incident i ON i.n = j.incident"
      " WHERE j.formed_ms >= ?1 AND j.formed_ms < ?2 AND substr(j.path, 1, length(?3)) = ?3"
      " GROUP BY j.type ORDER BY 1",
      "iisi", fq_time_parse(fq_json_str(q->params, "from")), fq_time_parse(fq_json_str(q->params, "until")),
      path, q->now_ms);
  while (fq_row(r)) {
    fq_json *j = fq_json_object();
    fq_json_set_str(j, "type", fq_col_str(r, 0));
    fq_json_set_str(j, "name", fq_col_str(r, 1));
    fq_json_set_int(j, "count", fq_col_int(r, 2));
    fq_json_set_int(j, "done", fq_col_int(r, 3));
    fq_json_set_int(j, "open", fq_col_int(r, 4));
    fq_json_set_int(j, "on_time", fq_col_int(r, 5));
    fq_json_set_int(j, "overdue", fq_col_int(r, 6));
    fq_json_push(rows, j);
  }
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}
