/*
 * ask.c - incident.extend and .ask_suspend: those who do the work ask for more time or for a pause. One open
 * request a clock, one open request to suspend an incident. Kernel thread.
 */
#include <stdio.h>
#include <string.h>

#include "request/request.h"

static enum fq_status already(struct fq_call *c, int64_t n, const char *path) {
  char id[FQ_ID_MAX];
  dp_id_make(id, 'r', n);
  return fq_fail(c->error, FQ_E_CONFLICT, "request.open", path, "已有同样的申请 %s 待批",
                 "%s asks for the same and is still open", id);
}

static enum fq_status ask(struct fq_call *c, const struct dp_incident *i, const char *what, fq_json *data) {
  char id[FQ_ID_MAX], also[FQ_ID_MAX + 8];
  dp_id_make(id, 'r', fq_next_seq(c));
  fq_json_set_str(data, "request", id);
  fq_json_set_str(data, "what", what);
  fq_json_set_str(data, "asked_by", c->actor->name);
  if (c->actor->org && *c->actor->org) fq_json_set_str(data, "asked_unit", c->actor->org);
  dp_set_opt(data, "reason", c->params, "reason");
  snprintf(also, sizeof also, "user/%s", c->actor->name);
  enum fq_status s = dp_emit(c, i, "request.asked", data, also);
  if (s != FQ_OK) return s;
  fq_json_set_str(c->result, "id", id);
  fq_json_set_str(c->result, "state", "open");
  return FQ_OK;
}

/* The clock that is meant: as named; with no name, the only one that runs. */
static enum fq_status which(struct fq_call *c, const struct dp_incident *i, struct dp_clock_now *k) {
  const char *name = fq_json_str(c->params, "clock"), *policy = fq_json_str(c->params, "policy");
  size_t running = dp_clocks_named(c->db, i->id, policy, name, true, k);
  if (running > 1)
    return fq_fail(c->error, FQ_E_PARAMS, "clock.which", "params.clock",
                   "有 %d 个时钟在走,请写明 clock(必要时加 policy),如 %s/%s",
                   "%d clocks run: say which by `clock` (and `policy`), such as %s/%s", (int)running,
                   k->policy, k->name);
  if (running == 1 && (!strcmp(k->state, "paused") || k->due_ms > c->now_ms)) return FQ_OK;
  if (running == 0 && !dp_clocks_named(c->db, i->id, policy, name, false, k))
    return fq_fail(c->error, FQ_E_NOT_FOUND, "clock.unknown", "params.clock", "该事件没有这个时钟 %s",
                   "this incident has no such clock %s", name ? name : "");
  if (running || !strcmp(k->state, "breached"))
    return fq_fail(c->error, FQ_E_CONFLICT, "clock.breached", "params.clock",
                   "时钟 %s 已经超期,延期须在到期前申请",
                   "the clock %s is breached: more time is asked for in time", k->name);
  return fq_fail(c->error, FQ_E_CONFLICT, "clock.state", "params.clock", "时钟 %s 现为 %s,无需延期",
                 "the clock %s is %s: there is nothing to extend", k->name, k->state);
}

enum fq_status dp_incident_extend(struct fq_call *c) {
  struct dp_incident i;
  struct dp_clock_now k;
  enum dp_state next;
  enum fq_status s = dp_incident_need(c, "id", &i);
  if (s == FQ_OK) s = dp_step(c, &i, DP_V_EXTEND, &next);
  if (s == FQ_OK) s = which(c, &i, &k);
  if (s != FQ_OK) return s;
  int64_t open = fq_int(c->db, 0,
                        "SELECT n FROM request WHERE incident = ?1 AND what = 'extend' AND state = 'open'"
                        " AND policy = ?2 AND clock = ?3",
                        "iss", i.n, k.policy, k.name);
  if (open) return already(c, open, "params.clock");
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "clock", k.name);
  fq_json_set_str(data, "policy", k.policy);
  if (*k.title) fq_json_set_str(data, "title", k.title);
  dp_set_opt(data, "by_ms", c->params, "by_ms");
  fq_json_set_time(data, "due_at", k.due_ms);
  return ask(c, &i, "extend", data);
}

enum fq_status dp_incident_ask_suspend(struct fq_call *c) {
  struct dp_incident i;
  enum dp_state next;
  int64_t until_ms;
  enum fq_status s = dp_incident_need(c, "id", &i);
  if (s == FQ_OK) s = dp_step(c, &i, DP_V_ASK_SUSPEND, &next);
  if (s == FQ_OK) s = dp_time_ahead(c, "until", &until_ms);
  if (s != FQ_OK) return s;
  int64_t open =
      fq_int(c->db, 0, "SELECT n FROM request WHERE incident = ?1 AND what = 'suspend' AND state = 'open'",
             "i", i.n);
  if (open) return already(c, open, "id");
  fq_json *data = fq_json_object();
  if (until_ms) fq_json_set_time(data, "until", until_ms);
  return ask(c, &i, "suspend", data);
}

/* Those who have it to do or to answer for; who merely reported it has no say in how long it takes. */
enum fq_status dp_target_worker(struct fq_call *c, struct fq_target *t) {
  struct dp_incident i;
  const struct fq_actor *a = c->actor;
  enum fq_status s = dp_incident_need(c, "id", &i);
  if (s != FQ_OK) return s;
  dp_text(t->org, sizeof t->org, i.org);
  t->own = dp_has_part(c->db, a, &i);
  if (t->own || a->system || (a->roles & FQ_ROLE_DESK)) return FQ_OK;
  return fq_fail(c->error, FQ_E_FORBIDDEN, "incident.foreign", "", "事件 %s 不由您承办",
                 "%s is neither yours to do nor to answer for", i.id);
}

/* ---- apply --------------------------------------------------------------------------------------- */

static int64_t time_of(const fq_json *d, const char *member) {
  const char *text = fq_json_str(d, member);
  return text ? fq_time_parse(text) : 0;
}

enum fq_status dp_apply_request_asked(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  int64_t incident = dp_id_n(e->subject, 'i');
  fq_exec(
      a->db,
      "INSERT INTO request(n, incident, what, state, asked_by, asked_unit, asked_ms, reason, policy, clock,"
      " by_ms, until_ms, due_ms) VALUES(?1, ?2, ?3, 'open', ?4, ?5, ?6, ?7, ?8, ?9, nullif(?10, 0),"
      " nullif(?11, 0), nullif(?12, 0))",
      "iisssisssiii", dp_id_n(fq_json_str(d, "request"), 'r'), incident, fq_json_str(d, "what"),
      fq_json_str(d, "asked_by"), fq_json_str(d, "asked_unit"), e->at_ms, fq_json_str(d, "reason"),
      fq_json_str(d, "policy"), fq_json_str(d, "clock"), fq_json_int(d, "by_ms", 0), time_of(d, "until"),
      time_of(d, "due_at"));
  fq_exec(a->db, "UPDATE incident SET updated_ms = ?2 WHERE n = ?1", "ii", incident, e->at_ms);
  return FQ_OK;
}
