/*
 * suspend.c - incident.suspend and .resume: the clocks pause and go on. With `until` it resumes by itself, by
 * a durable timer that any other way out of the suspension clears. Kernel thread.
 */
#include <stdio.h>
#include <string.h>

#include "incident/incident.h"

enum fq_status dp_time_ahead(struct fq_call *c, const char *member, int64_t *out) {
  const char *text = fq_json_str(c->params, member);
  *out = text ? fq_time_parse(text) : 0;
  if (!text || *out > c->now_ms) return FQ_OK;
  char path[FQ_ID_MAX];
  snprintf(path, sizeof path, "params.%s", member);
  return fq_fail(c->error, FQ_E_PARAMS, "time.past", path, "应为将来的时间,%s 已过",
                 "expected a time ahead, %s has passed", text);
}

enum fq_status dp_suspend(struct fq_call *c, const struct dp_incident *i, const char *reason,
                          int64_t until_ms, const char *request) {
  enum dp_state next;
  enum fq_status s = dp_step(c, i, DP_V_SUSPEND, &next);
  if (s != FQ_OK) return s;
  fq_json *data = fq_json_object();
  if (reason) fq_json_set_str(data, "reason", reason);
  if (until_ms) fq_json_set_time(data, "until", until_ms);
  if (request) fq_json_set_str(data, "request", request);
  return dp_verb_finish(c, i, "incident.suspended", next, data, NULL);
}

enum fq_status dp_incident_suspend(struct fq_call *c) {
  struct dp_incident i;
  enum dp_state next;
  int64_t until_ms, for_ms = fq_json_int(c->params, "for_ms", 0);
  enum fq_status s = dp_verb_begin(c, DP_V_SUSPEND, &i, &next);
  if (s == FQ_OK) s = dp_time_ahead(c, "until", &until_ms);
  if (s != FQ_OK) return s;
  if (!until_ms && for_ms) until_ms = c->now_ms + for_ms;
  return dp_suspend(c, &i, fq_json_str(c->params, "reason"), until_ms, NULL);
}

/* Back to where it was. Orders may have lapsed meanwhile: with nobody left on it, it waits for a dispatch. */
static enum fq_status resume(struct fq_call *c, const struct dp_incident *i, enum dp_state next,
                             fq_json *data) {
  bool sent = next == DP_DISPATCHED || next == DP_HANDLING;
  if (sent &&
      !fq_int(c->db, 0, "SELECT 1 FROM task WHERE incident = ?1 AND ended_ms IS NULL LIMIT 1", "i", i->n))
    next = DP_ACCEPTED;
  return dp_verb_finish(c, i, "incident.resumed", next, data, NULL);
}

enum fq_status dp_incident_resume(struct fq_call *c) {
  struct dp_incident i;
  enum dp_state next;
  enum fq_status s = dp_verb_begin(c, DP_V_RESUME, &i, &next);
  return s == FQ_OK ? resume(c, &i, next, fq_json_object()) : s;
}

/* Timer: the suspension has lasted as long as it was meant to. */
enum fq_status dp_incident_wake(struct fq_call *c) {
  struct dp_incident i;
  if (!dp_incident_load(c->db, fq_json_str(c->params, "id"), &i)) return FQ_OK;
  enum dp_state next = dp_back(DP_V_RESUME, i.state, i.before);
  if (next == DP_NO) return FQ_OK;
  fq_json *data = fq_json_object();
  fq_json_set_bool(data, "by_itself", true);
  fq_json_set_int(data, "late_ms", fq_json_int(c->params, "late_ms", 0));
  return resume(c, &i, next, data);
}

/* ---- apply --------------------------------------------------------------------------------------------- */

static void timer_id(char out[FQ_ID_MAX + 16], const char *incident) {
  snprintf(out, FQ_ID_MAX + 16, "incident:%s:wake", incident);
}

/* Called for every incident.* entry, after its state is in place: whatever led out of the suspension, nothing
 * wakes it any more. */
void dp_apply_suspension(struct fq_apply *a, const struct fq_entry *e) {
  const char *until = fq_json_str(e->data, "until"), *state = fq_json_str(e->data, "state");
  int64_t n = dp_id_n(e->subject, 'i');
  char id[FQ_ID_MAX + 16];
  timer_id(id, e->subject);
  if (!strcmp(e->kind, "incident.suspended")) {
    if (!until) return;
    int64_t until_ms = fq_time_parse(until);
    fq_exec(a->db, "UPDATE incident SET suspended_until_ms = ?2 WHERE n = ?1", "ii", n, until_ms);
    fq_json *params = fq_json_object();
    fq_json_set_str(params, "id", e->subject);
    fq_timer_set(a, id, until_ms, "incident.wake", e->subject, params);
  } else if (dp_state_of(state) != DP_SUSPENDED &&
             fq_int(a->db, 0, "SELECT suspended_until_ms IS NOT NULL FROM incident WHERE n = ?1", "i", n)) {
    fq_exec(a->db, "UPDATE incident SET suspended_until_ms = NULL WHERE n = ?1", "i", n);
    fq_timer_clear(a, id);
  }
}
