/*
 * apply.c - a task's row and its timers, as its entries make them; and its incident's, when that moves along.
 * Kernel thread.
 */
#include <stdio.h>
#include <string.h>

#include "task/task.h"

static void timer_id(char out[DP_TIMER_ID], const char *task, const char *what) {
  snprintf(out, DP_TIMER_ID, "task:%s:%s", task, what);
}

void dp_task_timer(struct fq_apply *a, const char *task, const char *incident, const char *what,
                   int64_t due_ms, const char *method) {
  char id[DP_TIMER_ID];
  timer_id(id, task, what);
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "id", task);
  fq_timer_set(a, id, due_ms, method, incident, params);
}

void dp_task_timer_clear(struct fq_apply *a, const char *task, const char *what) {
  char id[DP_TIMER_ID];
  timer_id(id, task, what);
  fq_timer_clear(a, id);
}

/* A task sent before tasks had roles: the first of its incident led. */
static const char *role_of(struct fq_apply *a, const struct fq_entry *e) {
  const char *role = fq_json_str(e->data, "role");
  if (role) return role;
  return fq_int(a->db, 0, "SELECT 1 FROM task WHERE incident = ?1 LIMIT 1", "i", dp_id_n(e->subject, 'i'))
             ? "assist"
             : "lead";
}

enum fq_status dp_apply_task_created(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data, *to = fq_json_get(d, "to");
  const char *task = fq_json_str(d, "task"), *expires = fq_json_str(d, "expires_at");
  const char *instead_of = fq_json_str(d, "instead_of"), *user = fq_json_str(to, "user");
  int64_t expires_ms = expires ? fq_time_parse(expires) : 0, receipt_ms = fq_json_int(d, "receipt_ms", 0);
  int64_t remind_ms = fq_json_int(d, "remind_ms", 0);
  if (fq_json_get(d, "lead_from")) dp_lead_apply(a, e, task);
  fq_exec(
      a->db,
      "INSERT INTO task(n, incident, rev, state, to_user, to_unit, to_team, name, note, created_ms, "
      "expires_ms, role, instead_of, remind_ms, remind_times, receipt_ms)"
      " VALUES(?1, ?2, 1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, nullif(?10, 0), ?11, nullif(?12, 0), nullif(?13, 0),"
      " ?14, nullif(?15, 0))",
      "iissssssiisiiii", dp_id_n(task, 't'), dp_id_n(e->subject, 'i'), fq_json_str(d, "state"), user,
      fq_json_str(to, "unit"), fq_json_str(to, "team"), fq_json_str(d, "name"), fq_json_str(d, "note"),
      e->at_ms, expires_ms, role_of(a, e), dp_id_n(instead_of, 't'), remind_ms,
      fq_json_int(d, "remind_times", 0), receipt_ms);
  dp_load_moved(a, user, 1);
  if (expires_ms) dp_task_timer(a, task, e->subject, "expire", expires_ms, "task.expire");
  if (remind_ms) dp_task_timer(a, task, e->subject, "remind", e->at_ms + remind_ms, "task.remind");
  if (receipt_ms) dp_task_timer(a, task, e->subject, "receipt", e->at_ms + receipt_ms, "task.unreached");
  return FQ_OK;
}

/* The timers that a task in this state has no more use for. */
static void disarm(struct fq_apply *a, const char *task, const bool armed[4], enum dp_task_state s) {
  bool waits = s == DP_T_SENT || s == DP_T_DELIVERED || s == DP_T_SEEN;
  static const char *const purposes[] = {"expire", "remind", "receipt", "checkin"};
  const bool over[] = {!waits, !waits, s != DP_T_SENT, !dp_task_open(s)};
  for (int k = 0; k < 4; k++)
    if (over[k] && armed[k]) dp_task_timer_clear(a, task, purposes[k]);
}

/* What a step leaves on its task, in one statement each: a wide row is not written four times an entry. The
 * first time of each step is kept: a second feedback does not move the first. What ends a task ends the
 * check-ins; an alarm stays raised. */
#define MARK(columns)                                                                                        \
  "UPDATE task SET state = ?3, rev = ?4, reason = coalesce(?5, reason),"                                     \
  " accepted_by = coalesce(accepted_by, ?6), device = coalesce(device, ?7)" columns " WHERE n = ?1"
#define ENDED ", ended_ms = ?2, checkin_ms = NULL, checkin_due_ms = NULL"
static const struct {
  const char *verb, *sql;
  bool ends;
} marks[] = {{"delivered", MARK(", delivered_ms = ?2"), false},
             {"seen", MARK(", seen_ms = ?2"), false},
             {"accepted", MARK(", accepted_ms = ?2"), false},
             {"arrived", MARK(", arrived_ms = ?2, accepted_ms = coalesce(accepted_ms, ?2)"), false},
             {"fed_back", MARK(", fed_back_ms = coalesce(fed_back_ms, ?2)"), false},
             {"finished", MARK(", finished_ms = ?2" ENDED), true},
             {"declined", MARK(ENDED), true},
             {"recalled", MARK(ENDED), true},
             {"expired", MARK(ENDED), true},
             {NULL, MARK(""), false}}; /* the others: ?2 is not looked at */
#undef ENDED
#undef MARK

enum fq_status dp_apply_task(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  const char *task = fq_json_str(d, "task"), *verb = e->kind + sizeof "task." - 1;
  const char *incident_state = fq_json_str(d, "incident_state"),
             *replaced_by = fq_json_str(d, "reassigned_to"),
             *lead = fq_json_str(fq_json_get(d, "lead"), "task");
  int64_t n = dp_id_n(task, 't'), incident = dp_id_n(e->subject, 'i');
  enum dp_task_state state = dp_task_state_of(fq_json_str(d, "state"));
  bool armed[4] = {false};
  char user[FQ_ID_MAX] = "";
  fq_stmt *q = fq_sql(
      a->db, "SELECT expires_ms, remind_ms, receipt_ms, checkin_ms, to_user FROM task WHERE n = ?1", "i", n);
  while (fq_row(q)) {
    for (int k = 0; k < 4; k++)
      armed[k] = !fq_col_null(q, k);
    dp_text(user, sizeof user, fq_col_str(q, 4));
  }
  size_t k = 0;
  while (marks[k].verb && strcmp(verb, marks[k].verb))
    k++;
  bool taken = state == DP_T_ACCEPTED || state == DP_T_ARRIVED;
  fq_exec(a->db, marks[k].sql, "iisisss", n, e->at_ms, dp_task_state_name(state), fq_json_int(d, "rev", 0),
          fq_json_str(d, "reason"), taken ? e->actor : NULL, fq_json_str(d, "device"));
  disarm(a, task, armed, state);
  if (marks[k].ends) dp_load_moved(a, user, -1);
  if (replaced_by)
    fq_exec(a->db, "UPDATE task SET replaced_by = ?2 WHERE n = ?1", "ii", n, dp_id_n(replaced_by, 't'));
  if (lead) dp_lead_apply(a, e, lead);
  if (incident_state)
    fq_exec(a->db, "UPDATE incident SET state = ?2, rev = ?3, updated_ms = ?4 WHERE n = ?1", "isii", incident,
            incident_state, fq_json_int(d, "incident_rev", 0), e->at_ms);
  else
    fq_exec(a->db, "UPDATE incident SET updated_ms = ?2 WHERE n = ?1", "ii", incident, e->at_ms);
  return FQ_OK;
}
