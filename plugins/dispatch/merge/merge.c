/*
 * merge.c - 并案 and 拆案: two reports of one thing become one piece of work, and two again when they were
 * not. Nothing is lost on the way: the merged incident keeps its row, its files and what its clocks had left;
 * who reported it hears what becomes of the other; orders not finished go over to the other, and come back.
 * Kernel thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "merge/merge.h"
#include "task/task.h"

/* ---- what others ask ------------------------------------------------------------------------------ */

static fq_json *brief(fq_stmt *q) {
  char id[FQ_ID_MAX];
  fq_json *m = fq_json_object();
  dp_id_make(id, 'i', fq_col_int(q, 0));
  fq_json_set_str(m, "id", id);
  fq_json_set_int(m, "number", fq_col_int(q, 1));
  static const char *const texts[] = {"title", "text", "category", "reporter", "source", "address"};
  for (int k = 0; k < 6; k++)
    if (!fq_col_null(q, 2 + k)) fq_json_set_str(m, texts[k], fq_col_str(q, 2 + k));
  const char *files = fq_col_str(q, 8);
  fq_json *attachments = files ? fq_json_parse(files, strlen(files), NULL) : NULL;
  fq_json_set(m, "attachments", attachments ? attachments : fq_json_array());
  fq_json_set_time(m, "reported_at", fq_col_int(q, 9));
  fq_json_set_time(m, "merged_at", fq_col_int(q, 10));
  fq_json *place = fq_col_null(q, 11) ? NULL : dp_place_json(fq_col_num(q, 11), fq_col_num(q, 12), -1);
  if (place) fq_json_set(m, "place", place);
  return m;
}

void dp_merge_json(fq_db *db, int64_t n, int64_t merged_into, int64_t joined, fq_json *into) {
  if (merged_into) {
    char id[FQ_ID_MAX];
    fq_json *target = fq_json_object();
    dp_id_make(id, 'i', merged_into);
    fq_json_set_str(target, "id", id);
    fq_json_set_int(target, "number",
                    fq_int(db, 0, "SELECT number FROM incident WHERE n = ?1", "i", merged_into));
    fq_json_set(into, "merged_into", target);
  }
  if (!joined) return;
  fq_json *list = fq_json_array();
  fq_stmt *q = fq_sql(db,
                      "SELECT i.n, number, title, text, category, i.reporter, i.source, address, attachments,"
                      " reported_ms, m.at_ms, lon, lat FROM merged m JOIN incident i ON i.n = m.source"
                      " WHERE m.target = ?1 ORDER BY m.source",
                      "i", n);
  while (fq_row(q))
    fq_json_push(list, brief(q));
  fq_json_set(into, "merged", list);
}

bool dp_merge_reporter(fq_db *db, const struct dp_incident *i, const char *user) {
  return i->joined && fq_int(db, 0, "SELECT 1 FROM merged WHERE target = ?1 AND reporter = ?2 LIMIT 1", "is",
                             i->n, user) != 0;
}

bool dp_merge_finished(fq_db *db, const struct dp_incident *i) {
  return i->joined &&
         fq_int(db, 0,
                "SELECT 1 FROM merged m JOIN incident s ON s.n = m.source JOIN task t ON t.incident"
                " = s.n WHERE m.target = ?1 AND t.n > max(?2, s.round) AND t.state = 'finished' LIMIT 1",
                "ii", i->n, i->round) != 0;
}

/* ---- tasks that go over ---------------------------------------------------------------------------- */

enum { MOST_TASKS = 256 }; /* open orders of one incident; a merge of more is refused */
struct moving {
  size_t count;
  int64_t n[MOST_TASKS];
  bool begun;   /* somebody has accepted or is there */
  int64_t lead; /* 主办 among them, 0: none */
};

/* Open tasks of an incident: all of them, or (home) those that came from there. */
static void open_tasks(fq_db *db, int64_t incident, int64_t home, struct moving *m) {
  m->count = 0;
  m->begun = false;
  m->lead = 0;
  fq_stmt *q = fq_sql(
      db,
      "SELECT n, accepted_ms IS NOT NULL, role = 'lead' FROM task WHERE incident = ?1 AND ended_ms IS NULL"
      " AND (?2 = 0 OR home = ?2) ORDER BY n",
      "ii", incident, home);
  while (fq_row(q)) {
    if (m->count < MOST_TASKS) m->n[m->count] = fq_col_int(q, 0);
    m->count++;
    m->begun |= fq_col_int(q, 1) != 0;
    if (fq_col_int(q, 2)) m->lead = fq_col_int(q, 0);
  }
}

static enum fq_status move_one(struct fq_call *c, const char *from, struct dp_incident *to, int64_t n,
                               enum dp_state state, bool lead, bool back) {
  struct dp_task t;
  char id[FQ_ID_MAX];
  dp_id_make(id, 't', n);
  if (!dp_task_load(c->db, id, &t)) return FQ_OK;
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "task", id);
  fq_json_set_str(data, "state", dp_task_state_name(t.state));
  fq_json_set_int(data, "rev", t.rev + 1);
  fq_json_set_str(data, "from", from);
  fq_json_set_str(data, "to", to->id);
  fq_json_set_str(data, "role", lead ? "lead" : "assist");
  if (back) fq_json_set_bool(data, "back", true);
  /* As with a new order: enough for a phone to show at once. */
  fq_json_set_int(data, "number", to->number);
  fq_json_set_str(data, "category", to->category);
  fq_json_set_int(data, "level", to->level);
  fq_json_set_str(data, "incident_title", to->title);
  fq_json *place = dp_place_json(to->lon, to->lat, -1);
  if (place) fq_json_set(data, "place", place);
  if (state != to->state) {
    to->state = state;
    to->rev++;
    fq_json_set_str(data, "incident_state", dp_state_name(state));
    fq_json_set_int(data, "incident_rev", to->rev);
  }
  char *also = dp_task_heard_by(c->db, t.user, t.unit, t.team);
  enum fq_status s = dp_emit(c, to, "task.moved", data, also);
  free(also);
  return s;
}

/* All of them. Where nobody leads yet, the one that led does, else the first. */
static enum fq_status move_all(struct fq_call *c, const char *from, struct dp_incident *to,
                               const struct moving *m, enum dp_state state, bool back) {
  int64_t lead = dp_lead_taken(c->db, to) ? 0 : m->lead ? m->lead : m->count ? m->n[0] : 0;
  for (size_t k = 0; k < m->count; k++) {
    enum fq_status s = move_one(c, from, to, m->n[k], state, m->n[k] == lead, back);
    if (s != FQ_OK) return s;
  }
  return FQ_OK;
}

/* An order that comes to an incident nobody was sent to yet is its dispatch: clocks and policies know that
 * one. */
static enum fq_status dispatched(struct fq_call *c, struct dp_incident *i, const struct moving *m,
                                 enum dp_state state) {
  fq_json *data = fq_json_object(), *tasks = fq_json_array(), *names = fq_json_array();
  char id[FQ_ID_MAX];
  for (size_t k = 0; k < m->count; k++) {
    dp_id_make(id, 't', m->n[k]);
    fq_json_push(tasks, fq_json_new_str(id));
    fq_stmt *q = fq_sql(c->db, "SELECT name FROM task WHERE n = ?1", "i", m->n[k]);
    while (fq_row(q))
      fq_json_push(names, fq_json_new_str(fq_col_str(q, 0)));
  }
  i->state = state;
  fq_json_set_str(data, "state", dp_state_name(state));
  fq_json_set_int(data, "rev", ++i->rev);
  fq_json_set(data, "tasks", tasks);
  fq_json_set(data, "names", names);
  return dp_emit(c, i, "incident.dispatched", data, NULL);
}

/* ---- incident.merge -------------------------------------------------------------------------------- */

/* The other one has to be within the actor's reach as well: kernel and target ask about `id` alone. */
static enum fq_status reaches(struct fq_call *c) {
  struct fq_target t = {.org = ""};
  enum fq_status s = dp_target_incident(c, "into", false, &t);
  const struct fq_actor *a = c->actor;
  if (s != FQ_OK || t.own || a->system || (a->roles & FQ_ROLE_POLICY) || fq_org_within(c->db, t.org, a->org))
    return s;
  return fq_fail(c->error, FQ_E_FORBIDDEN, "incident.foreign", "params.into", "事件 %s 不在您的辖区内",
                 "%s is not within your reach", fq_json_str(c->params, "into"));
}

static enum fq_status possible(struct fq_call *c, const struct dp_incident *i, const struct dp_incident *into,
                               enum dp_state *next, const struct moving *m) {
  if (i->n == into->n)
    return fq_fail(c->error, FQ_E_CONFLICT, "merge.itself", "params.into", "事件不能并入它自己",
                   "an incident cannot be merged into itself");
  if (i->joined)
    return fq_fail(c->error, FQ_E_CONFLICT, "merge.chain", "params.id",
                   "已有 %lld 件并入事件 %s:请先拆出,或把对方并入本件",
                   "%lld others are merged into %s: split them first, or merge the other one into it",
                   (long long)i->joined, i->id);
  if (into->merged_into)
    return fq_fail(c->error, FQ_E_CONFLICT, "merge.chain", "params.into", "事件 %s 已并入 i%lld:请并入后者",
                   "%s is itself merged into i%lld: merge into that one", into->id,
                   (long long)into->merged_into);
  if (dp_next(DP_V_JOIN, into->state) == DP_NO)
    return fq_fail(c->error, FQ_E_CONFLICT, "merge.target", "params.into", "事件 %s 现为 %s,不能再并入",
                   "%s is %s: nothing can be merged into it", into->id, dp_state_name(into->state));
  enum fq_status s = dp_step(c, i, DP_V_MERGE, next);
  if (s == FQ_OK && (m->count > MOST_TASKS || (m->count && dp_next(DP_V_DISPATCH, into->state) == DP_NO)))
    return fq_fail(
        c->error, FQ_E_CONFLICT, "merge.tasks", "params.into", "事件 %s 现为 %s,接不下 %zu 个未完成的任务",
        "%s is %s and cannot take %zu unfinished tasks", into->id, dp_state_name(into->state), m->count);
  return s;
}

/* The clocks that run now: those a split has to set going again, and no other. */
static fq_json *running_clocks(fq_db *db, const struct dp_incident *i) {
  fq_json *list = fq_json_array();
  fq_stmt *q = fq_sql(db,
                      "SELECT policy, name FROM clock WHERE incident = ?1 AND stopped_ms IS NULL"
                      " AND state IN ('running', 'due_soon', 'overdue') ORDER BY policy, name",
                      "i", i->n);
  while (fq_row(q)) {
    fq_json *k = fq_json_object();
    fq_json_set_str(k, "policy", fq_col_str(q, 0));
    fq_json_set_str(k, "clock", fq_col_str(q, 1));
    fq_json_push(list, k);
  }
  return list;
}

static enum fq_status emit_merged(struct fq_call *c, const struct dp_incident *i,
                                  const struct dp_incident *into, enum dp_state next) {
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "state", dp_state_name(next));
  fq_json_set_int(data, "rev", i->rev + 1);
  fq_json_set_str(data, "into", into->id);
  fq_json_set_int(data, "into_number", into->number);
  dp_set_opt(data, "reason", c->params, "reason");
  fq_json_set(data, "clocks", running_clocks(c->db, i));
  return dp_emit(c, i, "incident.merged", data, NULL);
}

/* Its files are named in the target's entry: who may hear of the target may open them. */
static enum fq_status emit_joined(struct fq_call *c, const struct dp_incident *i, struct dp_incident *into) {
  fq_json *data = fq_json_object();
  into->state = dp_next(DP_V_JOIN, into->state);
  fq_json_set_str(data, "state", dp_state_name(into->state));
  fq_json_set_int(data, "rev", ++into->rev);
  fq_json_set_str(data, "merged", i->id);
  fq_json_set_int(data, "merged_number", i->number);
  fq_json_set_str(data, "merged_title", i->title);
  fq_json_set_str(data, "reporter", i->reporter);
  dp_set_opt(data, "reason", c->params, "reason");
  dp_set_files(c->db, data, i);
  into->joined++;
  return dp_emit(c, into, "incident.joined", data, NULL);
}

enum fq_status dp_incident_merge(struct fq_call *c) {
  struct dp_incident i, into;
  struct moving m;
  enum dp_state next;
  enum fq_status s = dp_incident_need(c, "id", &i);
  if (s == FQ_OK) s = dp_incident_need(c, "into", &into);
  if (s == FQ_OK) s = reaches(c);
  if (s == FQ_OK) s = dp_rev_check(c, i.rev);
  if (s != FQ_OK) return s;
  open_tasks(c->db, i.n, 0, &m);
  if ((s = possible(c, &i, &into, &next, &m)) != FQ_OK || (s = dp_unsettled(c, &i)) != FQ_OK) return s;

  if ((s = emit_merged(c, &i, &into, next)) != FQ_OK) return s;
  if ((s = emit_joined(c, &i, &into)) != FQ_OK) return s;
  if (m.count) {
    enum dp_state sent = dp_next(DP_V_DISPATCH, into.state),
                  then = m.begun ? dp_next(DP_V_BEGIN, sent) : sent;
    bool first = dp_next(DP_V_UNDISPATCH, into.state) == DP_NO; /* nobody was sent to it yet */
    if ((s = move_all(c, i.id, &into, &m, first ? into.state : then, false)) != FQ_OK) return s;
    if (first && (s = dispatched(c, &into, &m, then)) != FQ_OK) return s;
  }
  fq_json_set_str(c->result, "id", i.id);
  fq_json_set_str(c->result, "state", dp_state_name(next));
  fq_json_set_int(c->result, "rev", i.rev + 1);
  fq_json_set_str(c->result, "into", into.id);
  fq_json_set_int(c->result, "tasks_moved", (int64_t)m.count);
  return FQ_OK;
}

/* ---- incident.split -------------------------------------------------------------------------------- */

/* Where it goes on. With nobody left on it, it waits for a dispatch, as after a suspension. */
static enum dp_state state_after(fq_db *db, const struct dp_incident *i, enum dp_state before,
                                 const struct moving *m) {
  if (dp_next(DP_V_UNDISPATCH, before) == DP_NO) return before;
  struct moving own;
  open_tasks(db, i->n, 0, &own);
  if (!m->count && !own.count) return dp_next(DP_V_UNDISPATCH, before);
  return m->begun ? dp_next(DP_V_BEGIN, before) : before;
}

static enum fq_status emit_split(struct fq_call *c, const struct dp_incident *i,
                                 const struct dp_incident *from, enum dp_state next) {
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "state", dp_state_name(next));
  fq_json_set_int(data, "rev", i->rev + 1);
  fq_json_set_str(data, "from", from->id);
  fq_json_set_int(data, "from_number", from->number);
  dp_set_opt(data, "reason", c->params, "reason");
  return dp_emit(c, i, "incident.split", data, NULL);
}

/* Whoever led went back: of those who stay, who has accepted leads before who has not. */
static void next_lead(fq_db *db, const struct dp_incident *from, fq_json *data) {
  char id[FQ_ID_MAX];
  fq_stmt *q = fq_sql(db,
                      "SELECT n, name FROM task WHERE incident = ?1 AND ended_ms IS NULL"
                      " ORDER BY accepted_ms IS NULL, n LIMIT 1",
                      "i", from->n);
  if (!fq_row(q)) return;
  fq_json *lead = fq_json_object();
  dp_id_make(id, 't', fq_col_int(q, 0));
  fq_json_set_str(lead, "task", id);
  fq_json_set_str(lead, "name", fq_col_str(q, 1));
  fq_json_set(data, "lead", lead);
  fq_done(q);
}

/* The other one loses those orders. When they were its last it is done, or waits for a dispatch. */
static enum fq_status emit_parted(struct fq_call *c, const struct dp_incident *i, struct dp_incident *from,
                                  const struct moving *m) {
  struct moving left;
  char also[FQ_ID_MAX + 8];
  open_tasks(c->db, from->n, 0, &left);
  bool last = m->count && !left.count && dp_next(DP_V_UNDISPATCH, from->state) != DP_NO;
  bool done =
      last &&
      (dp_merge_finished(c->db, from) ||
       fq_int(c->db, 0, "SELECT 1 FROM task WHERE incident = ?1 AND n > ?2 AND state = 'finished' LIMIT 1",
              "ii", from->n, from->round) != 0);
  if (last && !done) from->state = dp_next(DP_V_UNDISPATCH, from->state);
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "state", dp_state_name(from->state));
  fq_json_set_int(data, "rev", ++from->rev);
  if (m->lead && left.count && !dp_lead_taken(c->db, from)) next_lead(c->db, from, data);
  fq_json_set_str(data, "split", i->id);
  fq_json_set_int(data, "split_number", i->number);
  dp_set_opt(data, "reason", c->params, "reason");
  snprintf(also, sizeof also, "user/%s", i->reporter);
  enum fq_status s = dp_emit(c, from, "incident.parted", data, also);
  if (s != FQ_OK || !done) return s;
  enum dp_state next;
  if ((s = dp_step(c, from, DP_V_HANDLE, &next)) != FQ_OK) return s;
  data = fq_json_object();
  fq_json_set_str(data, "state", dp_state_name(next));
  fq_json_set_int(data, "rev", from->rev + 1);
  fq_json_set_str(data, "by", c->actor->name);
  return dp_emit(c, from, "incident.handled", data, NULL);
}

enum fq_status dp_incident_split(struct fq_call *c) {
  struct dp_incident i, from;
  struct moving m;
  enum dp_state next;
  char id[FQ_ID_MAX];
  enum fq_status s = dp_incident_need(c, "id", &i);
  if (s == FQ_OK) s = dp_rev_check(c, i.rev);
  if (s == FQ_OK) s = dp_step(c, &i, DP_V_SPLIT, &next);
  if (s != FQ_OK) return s;
  dp_id_make(id, 'i', i.merged_into);
  if (!dp_incident_load(c->db, id, &from))
    return fq_fail(c->error, FQ_E_INTERNAL, "merge.lost", "params.id", "找不到并入的事件 %s",
                   "the incident it was merged into is missing: %s", id);
  open_tasks(c->db, from.n, i.n, &m);
  next = state_after(c->db, &i, next, &m);
  if ((s = emit_split(c, &i, &from, next)) != FQ_OK) return s;
  i.state = next;
  i.rev++;
  from.joined--;
  if ((s = move_all(c, from.id, &i, &m, i.state, true)) != FQ_OK) return s;
  if ((s = emit_parted(c, &i, &from, &m)) != FQ_OK) return s;
  fq_json_set_str(c->result, "id", i.id);
  fq_json_set_str(c->result, "state", dp_state_name(next));
  fq_json_set_int(c->result, "rev", i.rev);
  fq_json_set_str(c->result, "from", from.id);
  fq_json_set_int(c->result, "tasks_moved", (int64_t)m.count);
  return FQ_OK;
}

/* ---- apply ------------------------------------------------------------------------------------------ */

static void set_state(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "UPDATE incident SET state = ?2, rev = ?3, updated_ms = ?4 WHERE n = ?1", "isii",
          dp_id_n(e->subject, 'i'), fq_json_str(e->data, "state"), fq_json_int(e->data, "rev", 0), e->at_ms);
}

enum fq_status dp_apply_merged(struct fq_apply *a, const struct fq_entry *e) {
  int64_t n = dp_id_n(e->subject, 'i'), into = dp_id_n(fq_json_str(e->data, "into"), 'i');
  char *clocks = fq_json_print(fq_json_get(e->data, "clocks"));
  fq_exec(a->db, "UPDATE incident SET before = state, merged_into = ?2 WHERE n = ?1", "ii", n, into);
  set_state(a, e);
  fq_exec(a->db,
          "INSERT INTO merged(source, target, reporter, at_ms, clocks)"
          " SELECT ?1, ?2, reporter, ?3, ?4 FROM incident WHERE n = ?1",
          "iiis", n, into, e->at_ms, clocks);
  fq_exec(a->db, "UPDATE incident SET joined = joined + 1 WHERE n = ?1", "i", into);
  free(clocks);
  dp_clocks_pause(a, e->subject, NULL, NULL, e->at_ms);
  dp_asked_lapse(a, n, e->at_ms);
  dp_dup_leave(a->db, n);
  return FQ_OK;
}

enum fq_status dp_apply_joined(struct fq_apply *a, const struct fq_entry *e) {
  set_state(a, e);
  return FQ_OK;
}

enum fq_status dp_apply_split(struct fq_apply *a, const struct fq_entry *e) {
  int64_t n = dp_id_n(e->subject, 'i');
  fq_json *clocks = NULL;
  fq_stmt *q = fq_sql(a->db, "SELECT clocks FROM merged WHERE source = ?1", "i", n);
  while (fq_row(q)) {
    const char *text = fq_col_str(q, 0);
    clocks = fq_json_parse(text, strlen(text), NULL);
  }
  set_state(a, e);
  fq_exec(a->db,
          "UPDATE incident SET joined = joined - 1 WHERE n = (SELECT target FROM merged WHERE source = ?1)",
          "i", n);
  fq_exec(a->db, "DELETE FROM merged WHERE source = ?1", "i", n);
  fq_exec(a->db, "UPDATE incident SET before = NULL, merged_into = NULL, ended_ms = NULL WHERE n = ?1", "i",
          n);
  /* One that was paused by hand, or returned to its reporter, was paused before: it stays so. */
  if (clocks)
    fq_json_each(k, clocks)
        dp_clocks_resume(a, e->subject, fq_json_str(k, "policy"), fq_json_str(k, "clock"), e->at_ms);
  fq_json_free(clocks);
  dp_dup_enter(a->db, n);
  return FQ_OK;
}

enum fq_status dp_apply_parted(struct fq_apply *a, const struct fq_entry *e) {
  const char *lead = fq_json_str(fq_json_get(e->data, "lead"), "task");
  set_state(a, e);
  if (lead) dp_lead_apply(a, e, lead);
  return FQ_OK;
}

enum fq_status dp_apply_task_moved(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  const char *state = fq_json_str(d, "incident_state");
  int64_t n = dp_id_n(e->subject, 'i');
  fq_exec(a->db, "UPDATE task SET incident = ?2, rev = ?3, home = nullif(?4, 0), role = ?5 WHERE n = ?1",
          "iiiis", dp_id_n(fq_json_str(d, "task"), 't'), n, fq_json_int(d, "rev", 0),
          fq_json_bool(d, "back", false) ? (int64_t)0 : dp_id_n(fq_json_str(d, "from"), 'i'),
          fq_json_str(d, "role"));
  fq_exec(
      a->db,
      "UPDATE incident SET state = coalesce(?2, state), rev = coalesce(nullif(?3, 0), rev), updated_ms = ?4"
      " WHERE n = ?1",
      "isii", n, state, fq_json_int(d, "incident_rev", 0), e->at_ms);
  return FQ_OK;
}

static void end_sources(struct fq_apply *a, const struct fq_entry *e, int64_t ended_ms) {
  fq_exec(a->db,
          "UPDATE incident SET ended_ms = nullif(?2, 0), updated_ms = ?3"
          " WHERE n IN (SELECT source FROM merged WHERE target = ?1)",
          "iii", dp_id_n(e->subject, 'i'), ended_ms, e->at_ms);
}

enum fq_status dp_apply_target_ended(struct fq_apply *a, const struct fq_entry *e) {
  end_sources(a, e, e->at_ms);
  dp_dup_leave(a->db, dp_id_n(e->subject, 'i'));
  return FQ_OK;
}

enum fq_status dp_apply_target_reopened(struct fq_apply *a, const struct fq_entry *e) {
  end_sources(a, e, 0);
  dp_dup_enter(a->db, dp_id_n(e->subject, 'i'));
  return FQ_OK;
}
