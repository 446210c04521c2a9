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

enum fq_status dp_apply_task(struct fq_apply *a, const struct fq_entry *e) {
  /* The first time of each step is kept: a second feedback does not move the first. What ends a task says
   * whose it was, and ends the check-ins; an alarm stays raised. */
#define ENDED "ended_ms = ?2, checkin_ms = NULL, checkin_due_ms = NULL WHERE n = ?1 RETURNING to_user"
  static const struct {
    const char *verb, *sql;
  } marks[] = {
      {"delivered", "UPDATE task SET delivered_ms = ?2 WHERE n = ?1"},
      {"seen", "UPDATE task SET seen_ms = ?2 WHERE n = ?1"},
      {"accepted", "UPDATE task SET accepted_ms = ?2 WHERE n = ?1"},
      {"arrived", "UPDATE task SET arrived_ms = ?2, accepted_ms = coalesce(accepted_ms, ?2) WHERE n = ?1"},
      {"fed_back", "UPDATE task SET fed_back_ms = coalesce(fed_back_ms, ?2) WHERE n = ?1"},
      {"finished", "UPDATE task SET finished_ms = ?2, " ENDED},
      {"declined", "UPDATE task SET " ENDED},
      {"recalled", "UPDATE task SET " ENDED},
      {"expired", "UPDATE task SET " ENDED},
  };
#undef ENDED
  const fq_json *d = e->data;
  const char *task = fq_json_str(d, "task"), *verb = e->kind + sizeof "task." - 1;
  const char *incident_state = fq_json_str(d, "incident_state"), *device = fq_json_str(d, "device");
  const char *replaced_by = fq_json_str(d, "reassigned_to"),
             *lead = fq_json_str(fq_json_get(d, "lead"), "task");
  int64_t n = dp_id_n(task, 't'), incident = dp_id_n(e->subject, 'i');
  enum dp_task_state state = dp_task_state_of(fq_json_str(d, "state"));
  fq_stmt *q =
      fq_sql(a->db,
             "UPDATE task SET state = ?2, rev = ?3, reason = coalesce(?4, reason) WHERE n = ?1"
             " RETURNING expires_ms, remind_ms, receipt_ms, checkin_ms",
             "isis", n, dp_task_state_name(state), fq_json_int(d, "rev", 0), fq_json_str(d, "reason"));
  bool armed[4] = {false};
  while (fq_row(q))
    for (int k = 0; k < 4; k++)
      armed[k] = !fq_col_null(q, k);
  disarm(a, task, armed, state);
  char relieved[FQ_ID_MAX] = "";
  for (size_t k = 0; k < sizeof marks / sizeof *marks; k++) {
    if (strcmp(verb, marks[k].verb)) continue;
    q = fq_sql(a->db, marks[k].sql, "ii", n, e->at_ms);
    while (fq_row(q))
      dp_text(relieved, sizeof relieved, fq_col_str(q, 0));
  }
  dp_load_moved(a, relieved, -1);
  if (state == DP_T_ACCEPTED || state == DP_T_ARRIVED)
    fq_exec(a->db, "UPDATE task SET accepted_by = coalesce(accepted_by, ?2) WHERE n = ?1", "is", n, e->actor);
  if (device) fq_exec(a->db, "UPDATE task SET device = coalesce(device, ?2) WHERE n = ?1", "is", n, device);
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
