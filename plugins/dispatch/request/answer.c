/*
 * answer.c - request.grant, .refuse, .withdraw. Who may grant: a desk of the unit that owns the incident or
 * of a unit above it, and policies; never who asked, unless his unit stands above the owner's. Kernel thread.
 */
#include <stdio.h>
#include <string.h>

#include "request/request.h"

static bool request_load(fq_db *db, const char *id, struct dp_request *out) {
  memset(out, 0, sizeof *out);
  int64_t n = dp_id_n(id, 'r');
  if (!n) return false;
  fq_stmt *q = fq_sql(db,
                      "SELECT incident, what, state, asked_by, asked_unit, asked_ms, reason, policy, clock,"
                      " by_ms, until_ms, answered_by, answered_ms FROM request WHERE n = ?1",
                      "i", n);
  if (!fq_row(q)) return false;
  out->n = n;
  dp_text(out->id, sizeof out->id, id);
  out->incident = fq_col_int(q, 0);
  dp_text(out->what, sizeof out->what, fq_col_str(q, 1));
  dp_text(out->state, sizeof out->state, fq_col_str(q, 2));
  dp_text(out->asked_by, sizeof out->asked_by, fq_col_str(q, 3));
  dp_text(out->asked_unit, sizeof out->asked_unit, fq_col_str(q, 4));
  out->asked_ms = fq_col_int(q, 5);
  dp_text(out->reason, sizeof out->reason, fq_col_str(q, 6));
  dp_text(out->policy, sizeof out->policy, fq_col_str(q, 7));
  dp_text(out->clock, sizeof out->clock, fq_col_str(q, 8));
  out->by_ms = fq_col_int(q, 9);
  out->until_ms = fq_col_int(q, 10);
  dp_text(out->answered_by, sizeof out->answered_by, fq_col_str(q, 11));
  out->answered_ms = fq_col_int(q, 12);
  fq_done(q);
  return true;
}

static enum fq_status need(struct fq_call *c, struct dp_request *r, struct dp_incident *i) {
  const char *id = fq_json_str(c->params, "id");
  char of[FQ_ID_MAX];
  if (request_load(c->db, id, r)) {
    dp_id_make(of, 'i', r->incident);
    if (dp_incident_load(c->db, of, i)) return FQ_OK;
  }
  return fq_fail(c->error, FQ_E_NOT_FOUND, "request.unknown", "params.id", "没有申请 %s", "no request %s",
                 id ? id : "");
}

/* Two desks may answer at once: the second is told who was first. */
static enum fq_status need_open(struct fq_call *c, struct dp_request *r, struct dp_incident *i) {
  enum fq_status s = need(c, r, i);
  if (s != FQ_OK || !strcmp(r->state, "open")) return s;
  return fq_fail(c->error, FQ_E_CONFLICT, "request.state", "params.id", "申请已由 %s 答复,现为 %s",
                 "the request was answered by %s: it is %s", *r->answered_by ? r->answered_by : "system",
                 r->state);
}

/* What every answer's entry says; `said`: the parameter it carries along. */
static fq_json *about(struct fq_call *c, const struct dp_request *r, const char *said) {
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "request", r->id);
  fq_json_set_str(data, "what", r->what);
  if (*r->clock) fq_json_set_str(data, "clock", r->clock);
  if (*r->policy) fq_json_set_str(data, "policy", r->policy);
  fq_json_set_str(data, "asked_by", r->asked_by);
  if (said) dp_set_opt(data, said, c->params, said);
  return data;
}

/* Takes data. Who asked hears the answer, even when his task has ended. */
static enum fq_status answer(struct fq_call *c, const struct dp_request *r, const struct dp_incident *i,
                             const char *kind, const char *state, fq_json *data) {
  char also[FQ_ID_MAX + 8];
  snprintf(also, sizeof also, "user/%s", r->asked_by);
  enum fq_status s = dp_emit(c, i, kind, data, also);
  if (s != FQ_OK) return s;
  fq_json_set_str(c->result, "id", r->id);
  fq_json_set_str(c->result, "state", state);
  return FQ_OK;
}

static enum fq_status not_his_own(struct fq_call *c, const struct dp_request *r,
                                  const struct dp_incident *i) {
  const struct fq_actor *a = c->actor;
  if (a->system || strcmp(r->asked_by, a->name) || strcmp(i->owner_org, a->org)) return FQ_OK;
  return fq_fail(c->error, FQ_E_FORBIDDEN, "request.own", "params.id",
                 "自己提出的申请不能自己批准,由同单位他人或上级批准",
                 "nobody grants what he asked for himself: a colleague or a unit above does");
}

/* Asked for in time and granted late makes the clock whole again, if that is still ahead. */
static enum fq_status grant_extension(struct fq_call *c, const struct dp_request *r,
                                      const struct dp_incident *i) {
  struct dp_clock_now k;
  bool there = dp_clocks_named(c->db, i->id, r->policy, r->clock, false, &k) > 0;
  bool paused = there && !strcmp(k.state, "paused"), breached = there && !strcmp(k.state, "breached");
  if (!there || (!breached && !dp_clocks_named(c->db, i->id, r->policy, r->clock, true, &k)))
    return fq_fail(c->error, FQ_E_CONFLICT, "clock.state", "params.id", "时钟 %s 现为 %s,无需延期",
                   "the clock %s is %s: there is nothing to extend", r->clock, there ? k.state : "?");
  int64_t by_ms = fq_json_int(c->params, "by_ms", r->by_ms);
  int64_t due_ms = dp_clock_extended(c->db, i->id, &k, by_ms);
  if (!paused && due_ms <= c->now_ms) {
    char due[32];
    fq_time_format(due_ms, due);
    return fq_fail(c->error, FQ_E_CONFLICT, "request.late", "params.by_ms",
                   "延长后的到期时间 %s 已过,须再多给些时间",
                   "it would be due at %s, which has passed: give more", due);
  }
  fq_json *data = about(c, r, "note");
  fq_json_set_int(data, "by_ms", by_ms);
  fq_json_set_time(data, "was_due_at", k.due_ms);
  fq_json_set_time(data, "due_at", due_ms);
  if (breached) fq_json_set_bool(data, "was_breached", true);
  fq_json_set_time(c->result, "due_at", due_ms);
  return answer(c, r, i, "request.granted", "granted", data);
}

static enum fq_status grant_suspension(struct fq_call *c, const struct dp_request *r,
                                       const struct dp_incident *i) {
  int64_t until_ms;
  enum dp_state next;
  enum fq_status s = dp_time_ahead(c, "until", &until_ms);
  if (s == FQ_OK) s = dp_step(c, i, DP_V_SUSPEND, &next);
  if (s != FQ_OK) return s;
  if (!until_ms) until_ms = r->until_ms;
  if (until_ms && until_ms <= c->now_ms)
    return fq_fail(c->error, FQ_E_CONFLICT, "request.late", "params.until",
                   "申请挂起到的时间已过;可写明新的 until",
                   "the time it asks for has passed: give another `until`");
  fq_json *data = about(c, r, "note");
  if (until_ms) fq_json_set_time(data, "until", until_ms);
  s = answer(c, r, i, "request.granted", "granted", data);
  return s == FQ_OK ? dp_suspend(c, i, r->reason, until_ms, r->id) : s;
}

enum fq_status dp_request_grant(struct fq_call *c) {
  struct dp_request r;
  struct dp_incident i;
  enum fq_status s = need_open(c, &r, &i);
  if (s == FQ_OK) s = not_his_own(c, &r, &i);
  if (s != FQ_OK) return s;
  bool extend = !strcmp(r.what, "extend");
  const char *stray = extend ? "until" : "by_ms";
  if (fq_json_get(c->params, stray)) {
    char path[FQ_ID_MAX];
    snprintf(path, sizeof path, "params.%s", stray);
    return fq_fail(c->error, FQ_E_PARAMS, "params", path, "by_ms 用于延期,until 用于挂起",
                   "by_ms goes with an extension, until with a suspension");
  }
  return extend ? grant_extension(c, &r, &i) : grant_suspension(c, &r, &i);
}

enum fq_status dp_request_refuse(struct fq_call *c) {
  struct dp_request r;
  struct dp_incident i;
  enum fq_status s = need_open(c, &r, &i);
  return s == FQ_OK ? answer(c, &r, &i, "request.refused", "refused", about(c, &r, "reason")) : s;
}

enum fq_status dp_request_withdraw(struct fq_call *c) {
  struct dp_request r;
  struct dp_incident i;
  enum fq_status s = need_open(c, &r, &i);
  return s == FQ_OK ? answer(c, &r, &i, "request.withdrawn", "withdrawn", about(c, &r, NULL)) : s;
}

/* ---- who may ------------------------------------------------------------------------------------- */

enum fq_status dp_target_granter(struct fq_call *c, struct fq_target *t) {
  struct dp_request r;
  struct dp_incident i;
  enum fq_status s = need(c, &r, &i);
  if (s == FQ_OK) dp_text(t->org, sizeof t->org, i.owner_org);
  return s;
}

enum fq_status dp_target_asker(struct fq_call *c, struct fq_target *t) {
  struct dp_request r;
  struct dp_incident i;
  const struct fq_actor *a = c->actor;
  enum fq_status s = need(c, &r, &i);
  if (s != FQ_OK) return s;
  dp_text(t->org, sizeof t->org, i.org);
  bool sits = a->roles & (FQ_ROLE_DESK | FQ_ROLE_DEPARTMENT);
  t->own = !strcmp(r.asked_by, a->name) || (sits && a->org && *a->org && !strcmp(r.asked_unit, a->org));
  if (t->own || a->system) return FQ_OK;
  return fq_fail(c->error, FQ_E_FORBIDDEN, "request.foreign", "", "申请 %s 不是您提出的",
                 "%s is not your request", r.id);
}

/* ---- apply --------------------------------------------------------------------------------------- */

enum fq_status dp_apply_request_answered(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  const char *state = e->kind + sizeof "request." - 1, *note = fq_json_str(d, "note");
  bool granted = !strcmp(state, "granted");
  fq_exec(a->db, "UPDATE request SET state = ?2, answered_by = ?3, answered_ms = ?4, note = ?5 WHERE n = ?1",
          "issis", dp_id_n(fq_json_str(d, "request"), 'r'), state, e->actor, e->at_ms,
          note ? note : fq_json_str(d, "reason"));
  fq_exec(a->db, "UPDATE incident SET updated_ms = ?2 WHERE n = ?1", "ii", dp_id_n(e->subject, 'i'),
          e->at_ms);
  if (granted && !strcmp(fq_json_str(d, "what"), "extend"))
    dp_clocks_extend(a, e->subject, fq_json_str(d, "policy"), fq_json_str(d, "clock"),
                     fq_json_int(d, "by_ms", 0), e->at_ms);
  return FQ_OK;
}
