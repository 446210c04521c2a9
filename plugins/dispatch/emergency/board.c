/*
 * board.c - the queries: emergency.open, .board, .report; and what policies may ask. A desk below sees its
 * own part of a board: its people, its incidents. Reader threads; the view on the kernel thread.
 */
#include <string.h>

#include "emergency/emergency.h"

#define ROWS 50 /* of each list on a board; the counts are whole */
#define LAST 20 /* lines of the log on it */

/* ---- who may look ------------------------------------------------------------------------------------- */

/* The area he sees of it. */
static enum fq_status seen(struct fq_query *q, struct dp_emergency *e, struct dp_area *area, bool *whole) {
  const struct fq_actor *a = q->actor;
  const char *id = fq_json_str(q->params, "id");
  if (!dp_emergency_load(q->db, id, e))
    return fq_fail(q->error, FQ_E_NOT_FOUND, "emergency.unknown", "params.id", "没有应急 %s",
                   "no emergency %s", id);
  *whole = a->system || fq_org_within(q->db, e->org, a->org);
  bool part = !*whole && (a->roles & FQ_ROLE_DESK) && fq_org_within(q->db, a->org, e->org);
  if (*whole || part) {
    dp_area_of(q->db, *whole ? e->org : a->org, area);
    return FQ_OK;
  }
  return fq_fail(q->error, FQ_E_FORBIDDEN, "emergency.foreign", "", "应急 %s 与您的辖区无关",
                 "%s does not touch your unit", e->id);
}

/* ---- lists ----------------------------------------------------------------------------------------------
 */

static fq_json *silent_people(fq_db *db, const struct dp_emergency *e, const char *path) {
  fq_json *rows = fq_json_array();
  fq_stmt *q =
      fq_sql(db,
             "SELECT k.user, coalesce(a.display, k.user), k.unit, coalesce(o.name, k.unit), k.calls"
             " FROM emergency_call k LEFT JOIN account a ON a.name = k.user"
             " LEFT JOIN org o ON o.id = k.unit WHERE k.emergency = ?1 AND k." DP_SILENT
             " AND substr(coalesce(o.path, ''), 1, length(?2)) = ?2 ORDER BY k.unit, k.user LIMIT ?3",
             "isi", e->n, path, (int64_t)ROWS);
  while (fq_row(q)) {
    fq_json *p = fq_json_object();
    fq_json_set_str(p, "user", fq_col_str(q, 0));
    fq_json_set_str(p, "display", fq_col_str(q, 1));
    fq_json_set_str(p, "unit", fq_col_str(q, 2));
    fq_json_set_str(p, "unit_name", fq_col_str(q, 3));
    fq_json_set_int(p, "calls", fq_col_int(q, 4));
    fq_json_push(rows, p);
  }
  return rows;
}

static fq_json *coming_people(fq_db *db, const struct dp_emergency *e, const char *path) {
  fq_json *rows = fq_json_array();
  fq_stmt *q =
      fq_sql(db,
             "SELECT k.user, coalesce(a.display, k.user), k.unit, k.answered_ms, k.eta_ms, k.note, k.coming"
             " FROM emergency_call k LEFT JOIN account a ON a.name = k.user"
             " LEFT JOIN org o ON o.id = k.unit WHERE k.emergency = ?1 AND k.coming IS NOT NULL"
             " AND substr(coalesce(o.path, ''), 1, length(?2)) = ?2"
             " ORDER BY k.coming DESC, k.eta_ms, k.answered_ms, k.user LIMIT ?3",
             "isi", e->n, path, (int64_t)ROWS * 4);
  while (fq_row(q)) {
    fq_json *p = fq_json_object();
    fq_json_set_str(p, "user", fq_col_str(q, 0));
    fq_json_set_str(p, "display", fq_col_str(q, 1));
    fq_json_set_str(p, "unit", fq_col_str(q, 2));
    fq_json_set_bool(p, "coming", fq_col_int(q, 6) != 0);
    fq_json_set_time(p, "answered_at", fq_col_int(q, 3));
    if (!fq_col_null(q, 4)) fq_json_set_time(p, "eta_at", fq_col_int(q, 4));
    if (!fq_col_null(q, 5)) fq_json_set_str(p, "note", fq_col_str(q, 5));
    fq_json_push(rows, p);
  }
  return rows;
}

/* Of all that is open in the area, from before it began, too. */
static void open_matters(fq_db *db, const struct dp_area *area, fq_json *out) {
  fq_json *breached = fq_json_array(), *tasks = fq_json_array();
  int64_t open = 0, clocks = 0, orders = 0;
  char id[FQ_ID_MAX];
  fq_stmt *q = dp_area_open(db, area);
  while (fq_row(q)) {
    int64_t n = fq_col_int(q, 0);
    open++;
    fq_stmt *k =
        fq_sql(db,
               "SELECT c.name, c.policy, c.title, c.due_ms, i.number, i.title FROM clock c JOIN incident i"
               " ON i.n = c.incident WHERE c.incident = ?1 AND c.state = 'breached'",
               "i", n);
    while (fq_row(k)) {
      if (++clocks > ROWS) continue;
      fq_json *j = fq_json_object();
      dp_id_make(id, 'i', n);
      fq_json_set_str(j, "incident", id);
      fq_json_set_int(j, "number", fq_col_int(k, 4));
      fq_json_set_str(j, "incident_title", fq_col_str(k, 5));
      fq_json_set_str(j, "clock", fq_col_str(k, 0));
      fq_json_set_str(j, "policy", fq_col_str(k, 1));
      if (!fq_col_null(k, 2)) fq_json_set_str(j, "title", fq_col_str(k, 2));
      fq_json_set_time(j, "due_at", fq_col_int(k, 3));
      fq_json_push(breached, j);
    }
    fq_stmt *t = fq_sql(db, "SELECT n FROM task WHERE incident = ?1 AND ended_ms IS NULL ORDER BY n", "i", n);
    while (fq_row(t))
      if (++orders <= ROWS) fq_json_push(tasks, dp_task_json(db, fq_col_int(t, 0)));
  }
  fq_json_set_int(out, "open_incidents", open);
  fq_json_set_int(out, "breached_clocks", clocks);
  fq_json_set(out, "breached", breached);
  fq_json_set_int(out, "open_tasks", orders);
  fq_json_set(out, "tasks", tasks);
}

static void push_line(fq_stmt *q, fq_json *rows) {
  static const char *const members[] = {"text",  "note", "reason", "user",  "coming", "eta_at",
                                        "level", "from", "factor", "round", "title"};
  const char *kind = fq_col_str(q, 2), *text = fq_col_str(q, 4);
  fq_json *j = fq_json_object(), *d = fq_json_parse(text, strlen(text), NULL);
  fq_json_set_int(j, "n", fq_col_int(q, 0));
  fq_json_set_time(j, "at", fq_col_int(q, 1));
  fq_json_set_str(j, "kind", kind);
  dp_kind_words(kind, j);
  fq_json_set_str(j, "actor", fq_col_str(q, 3));
  for (size_t k = 0; k < sizeof members / sizeof *members; k++)
    dp_set_opt(j, members[k], d, members[k]);
  const fq_json *people = fq_json_get(d, "people");
  if (fq_json_type(people) == FQ_JSON_ARRAY) fq_json_set_int(j, "people", (int64_t)fq_json_size(people));
  fq_json_free(d);
  fq_json_push(rows, j);
}

/* Answers stand in the list of people; here they would push everything else off the board. */
static fq_json *last_lines(fq_db *db, const char *id) {
  fq_json *rows = fq_json_array();
  fq_stmt *q =
      fq_sql(db,
             "SELECT seq, at_ms, kind, actor, data FROM journal WHERE subject = ?1 AND subject <> ''"
             " AND kind LIKE 'emergency.%' AND kind <> 'emergency.answered' ORDER BY seq DESC LIMIT ?2",
             "si", id, (int64_t)LAST);
  while (fq_row(q))
    push_line(q, rows);
  return rows;
}

/* ---- queries ----------------------------------------------------------------------------------------------
 */

/* In force where he sits, above him, or below; for those who are no desk, what they were called to. */
enum fq_status dp_emergency_open(struct fq_query *q) {
  const struct fq_actor *a = q->actor;
  fq_json *rows = fq_json_array();
  fq_stmt *s =
      fq_sql(q->db,
             "SELECT e.n, k.calls, k.coming, k.answered_ms FROM emergency e LEFT JOIN emergency_call k"
             " ON k.emergency = e.n AND k.user = ?1 WHERE e.ended_ms IS NULL ORDER BY e.n",
             "s", a->name);
  while (fq_row(s)) {
    struct dp_emergency e;
    char id[FQ_ID_MAX];
    bool called = !fq_col_null(s, 1);
    dp_id_make(id, 'e', fq_col_int(s, 0));
    if (!dp_emergency_load(q->db, id, &e)) continue;
    bool here = a->system || (dp_area_reach(a) && fq_org_within(q->db, e.org, a->org)) ||
                ((a->roles & (FQ_ROLE_DESK | FQ_ROLE_DEPARTMENT)) && fq_org_within(q->db, a->org, e.org));
    if (!called && !here) continue;
    fq_json *j = dp_emergency_json(q->db, &e);
    if (called) {
      fq_json *mine = fq_json_object();
      fq_json_set_int(mine, "calls", fq_col_int(s, 1));
      if (!fq_col_null(s, 2)) fq_json_set_bool(mine, "coming", fq_col_int(s, 2) != 0);
      if (!fq_col_null(s, 3)) fq_json_set_time(mine, "answered_at", fq_col_int(s, 3));
      fq_json_set(j, "mine", mine);
    }
    fq_json_push(rows, j);
  }
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}

static void into(fq_json *to, fq_json *from) {
  fq_json_each(m, from) fq_json_set(to, fq_json_name(m), fq_json_dup(m));
  fq_json_free(from);
}

enum fq_status dp_emergency_board(struct fq_query *q) {
  struct dp_emergency e;
  struct dp_area area;
  bool whole;
  enum fq_status s = seen(q, &e, &area, &whole);
  if (s != FQ_OK) return s;
  const char *people = whole ? "" : area.path; /* departments were called, too: they sit outside the area */
  into(q->result, dp_emergency_json(q->db, &e));
  into(q->result, dp_emergency_sum(q->db, &e, &area, q->now_ms));
  fq_json *calls = dp_emergency_calls(q->db, &e, people);
  fq_json_set(calls, "silent_people", silent_people(q->db, &e, people));
  fq_json_set(calls, "answers", coming_people(q->db, &e, people));
  fq_json_set(q->result, "calls", calls);
  open_matters(q->db, &area, q->result);
  fq_json_set(q->result, "last", last_lines(q->db, e.id));
  fq_json_set_bool(q->result, "whole", whole);
  return FQ_OK;
}

/* The story in order, a page at a time; the sums as they were when it ended. */
enum fq_status dp_emergency_report(struct fq_query *q) {
  struct dp_emergency e;
  struct dp_area area;
  bool whole;
  enum fq_status s = seen(q, &e, &area, &whole);
  if (s != FQ_OK) return s;
  int64_t limit = fq_json_int(q->params, "limit", 500), last = 0;
  const char *people = whole ? "" : area.path;
  into(q->result, dp_emergency_json(q->db, &e));
  fq_json *kept = NULL;
  fq_stmt *k = NULL;
  if (whole)
    k = fq_sql(q->db, "SELECT summary FROM emergency WHERE n = ?1 AND summary IS NOT NULL", "i", e.n);
  if (fq_row(k)) {
    const char *text = fq_col_str(k, 0);
    kept = fq_json_parse(text, strlen(text), NULL);
    fq_done(k);
  }
  fq_json_set(q->result, "summary", kept ? kept : dp_emergency_sum(q->db, &e, &area, q->now_ms));
  fq_json *calls = dp_emergency_calls(q->db, &e, people);
  fq_json_set(calls, "silent_people", silent_people(q->db, &e, people));
  fq_json_set(q->result, "calls", calls);
  fq_json *rows = fq_json_array();
  k = fq_sql(
      q->db,
      "SELECT seq, at_ms, kind, actor, data FROM journal WHERE subject = ?1 AND subject <> '' AND seq > ?2"
      " AND kind LIKE 'emergency.%' ORDER BY seq LIMIT ?3",
      "sii", e.id, fq_json_int(q->params, "after", 0), limit);
  while (fq_row(k)) {
    last = fq_col_int(k, 0);
    push_line(k, rows);
  }
  if ((int64_t)fq_json_size(rows) == limit) fq_json_set_int(q->result, "next", last);
  fq_json_set(q->result, "entries", rows);
  return FQ_OK;
}

/* The one whose clocks are shortest at this unit; nil when there is none. */
enum fq_status dp_view_emergency(struct fq_view *v) {
  struct dp_emergency e;
  const fq_json *arg = dp_view_arg(v, 0);
  const char *org = fq_json_as_str(arg);
  if (!org) org = fq_json_str(arg, "org");
  if (!org)
    return fq_fail(v->error, FQ_E_PARAMS, "view.args", "org", "emergency(org):缺少机构",
                   "emergency(org): which?");
  if (dp_emergency_at(v->db, org, &e)) v->answer = dp_emergency_json(v->db, &e);
  return FQ_OK;
}
