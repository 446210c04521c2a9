/*
 * countersign.c - 会签: a desk asks units to sign what is to be done; each answers for itself. While one has
 * not, the incident is neither verified nor closed (incident/close.c). Disagreeing is an answer: it is
 * recorded and told, and stops nothing. Kernel thread.
 */
#include <stdio.h>
#include <string.h>

#include "countersign/countersign.h"

static bool countersign_load(fq_db *db, const char *id, struct dp_countersign *out) {
  memset(out, 0, sizeof *out);
  int64_t n = dp_id_n(id, 'c');
  if (!n) return false;
  fq_stmt *q = fq_sql(db,
                      "SELECT incident, unit, name, state, asked_by, asked_unit, due_ms FROM countersign"
                      " WHERE n = ?1",
                      "i", n);
  if (!fq_row(q)) return false;
  out->n = n;
  dp_text(out->id, sizeof out->id, id);
  out->incident = fq_col_int(q, 0);
  dp_text(out->unit, sizeof out->unit, fq_col_str(q, 1));
  dp_text(out->name, sizeof out->name, fq_col_str(q, 2));
  dp_text(out->state, sizeof out->state, fq_col_str(q, 3));
  dp_text(out->asked_by, sizeof out->asked_by, fq_col_str(q, 4));
  dp_text(out->asked_unit, sizeof out->asked_unit, fq_col_str(q, 5));
  out->due_ms = fq_col_int(q, 6);
  fq_done(q);
  return true;
}

static enum fq_status need(struct fq_call *c, struct dp_countersign *k, struct dp_incident *i) {
  const char *id = fq_json_str(c->params, "id");
  char of[FQ_ID_MAX];
  if (countersign_load(c->db, id, k)) {
    dp_id_make(of, 'i', k->incident);
    if (dp_incident_load(c->db, of, i)) return FQ_OK;
  }
  return fq_fail(c->error, FQ_E_NOT_FOUND, "countersign.unknown", "params.id", "没有会签 %s",
                 "no countersign %s", id ? id : "");
}

static enum fq_status need_open(struct fq_call *c, struct dp_countersign *k, struct dp_incident *i) {
  enum fq_status s = need(c, k, i);
  if (s != FQ_OK || !strcmp(k->state, "open")) return s;
  return fq_fail(c->error, FQ_E_CONFLICT, "countersign.state", "params.id", "%s 的会签现为 %s",
                 "the countersign of %s is %s", k->name, k->state);
}

/* ---- asking -------------------------------------------------------------------------------------- */

/* Somebody of the unit can sign: a desk or a department. */
static enum fq_status signer(struct fq_call *c, const struct dp_incident *i, const char *unit, size_t at,
                             struct fq_unit *u) {
  char path[FQ_ID_MAX];
  snprintf(path, sizeof path, "params.units[%zu]", at);
  if (!fq_org_unit(c->db, unit, u))
    return fq_fail(c->error, FQ_E_PARAMS, "org.unknown", path, "没有机构 %s", "no unit %s", unit);
  if (!fq_int(c->db, 0, "SELECT 1 FROM account WHERE org = ?1 AND disabled = 0 AND (roles & ?2) != 0 LIMIT 1",
              "si", unit, (int64_t)(FQ_ROLE_DESK | FQ_ROLE_DEPARTMENT)))
    return fq_fail(c->error, FQ_E_CONFLICT, "unit.nobody", path, "%s 没有值班或部门账号,无人可签",
                   "nobody at %s could sign", u->name);
  if (fq_int(c->db, 0, "SELECT 1 FROM countersign WHERE incident = ?1 AND unit = ?2 AND state = 'open'", "is",
             i->n, unit))
    return fq_fail(c->error, FQ_E_CONFLICT, "countersign.duplicate", path, "%s 已在会签中",
                   "%s is asked to sign already", u->name);
  return FQ_OK;
}

static enum fq_status ask_one(struct fq_call *c, const struct dp_incident *i, const struct fq_unit *u,
                              fq_json *ids) {
  char id[FQ_ID_MAX], also[FQ_ID_MAX + 8];
  int64_t within_ms = fq_json_int(c->params, "within_ms", 0);
  dp_id_make(id, 'c', fq_next_seq(c));
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "countersign", id);
  fq_json_set_str(data, "unit", u->id);
  fq_json_set_str(data, "name", *u->name ? u->name : u->id);
  dp_set_opt(data, "text", c->params, "text");
  if (within_ms) fq_json_set_time(data, "due_at", c->now_ms + within_ms);
  if (c->actor->org && *c->actor->org) fq_json_set_str(data, "asked_unit", c->actor->org);
  /* Who comes to it only now is told what it is, and may see its files. */
  fq_json_set_int(data, "number", i->number);
  fq_json_set_str(data, "incident_title", i->title);
  dp_set_files(c->db, data, i);
  fq_json_push(ids, fq_json_new_str(id));
  snprintf(also, sizeof also, "unit/%s", u->id);
  return dp_emit(c, i, "countersign.asked", data, also);
}

enum fq_status dp_incident_countersign(struct fq_call *c) {
  struct dp_incident i;
  struct fq_unit u;
  enum dp_state next;
  enum fq_status s = dp_incident_need(c, "id", &i);
  if (s == FQ_OK) s = dp_rev_check(c, i.rev);
  if (s == FQ_OK) s = dp_step(c, &i, DP_V_COUNTERSIGN, &next);
  if (s != FQ_OK) return s;
  fq_json *ids = fq_json_array();
  size_t at = 0;
  fq_json_each(unit, fq_json_get(c->params, "units")) {
    s = signer(c, &i, fq_json_as_str(unit), at++, &u);
    if (s == FQ_OK) s = ask_one(c, &i, &u, ids);
    if (s != FQ_OK) break;
  }
  if (s != FQ_OK) {
    fq_json_free(ids);
    return s;
  }
  fq_json_set_str(c->result, "id", i.id);
  fq_json_set(c->result, "countersigns", ids);
  return FQ_OK;
}

/* ---- answering ----------------------------------------------------------------------------------- */

static fq_json *about(const struct dp_countersign *k) {
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "countersign", k->id);
  fq_json_set_str(data, "unit", k->unit);
  fq_json_set_str(data, "name", k->name);
  return data;
}

/* Takes data. Who asked hears it, wherever he sits. */
static enum fq_status answer(struct fq_call *c, const struct dp_countersign *k, const struct dp_incident *i,
                             const char *kind, const char *state, fq_json *data) {
  char also[FQ_ID_MAX + 8];
  snprintf(also, sizeof also, "user/%s", k->asked_by);
  enum fq_status s = dp_emit(c, i, kind, data, also);
  if (s != FQ_OK) return s;
  fq_json_set_str(c->result, "id", k->id);
  fq_json_set_str(c->result, "state", state);
  return FQ_OK;
}

enum fq_status dp_countersign_sign(struct fq_call *c) {
  struct dp_countersign k;
  struct dp_incident i;
  bool agree = fq_json_bool(c->params, "agree", false);
  const char *note = fq_json_str(c->params, "note");
  enum fq_status s = need_open(c, &k, &i);
  if (s != FQ_OK) return s;
  if (!agree && (!note || !*note))
    return fq_fail(c->error, FQ_E_PARAMS, "countersign.note", "params.note", "不同意须写明意见",
                   "who disagrees says why");
  fq_json *data = about(&k);
  fq_json_set_bool(data, "agree", agree);
  dp_set_opt(data, "note", c->params, "note");
  if (k.due_ms && c->now_ms > k.due_ms) fq_json_set_int(data, "late_ms", c->now_ms - k.due_ms);
  return answer(c, &k, &i, "countersign.signed", agree ? "agreed" : "disagreed", data);
}

enum fq_status dp_countersign_withdraw(struct fq_call *c) {
  struct dp_countersign k;
  struct dp_incident i;
  enum fq_status s = need_open(c, &k, &i);
  if (s != FQ_OK) return s;
  fq_json *data = about(&k);
  dp_set_opt(data, "reason", c->params, "reason");
  return answer(c, &k, &i, "countersign.withdrawn", "withdrawn", data);
}

/* Timer: said once; it stays open until somebody answers or withdraws it. */
enum fq_status dp_countersign_overdue(struct fq_call *c) {
  struct dp_countersign k;
  struct dp_incident i;
  if (need_open(c, &k, &i) != FQ_OK) return FQ_OK;
  fq_json *data = about(&k);
  fq_json_set_time(data, "due_at", k.due_ms);
  fq_json_set_int(data, "late_ms", fq_json_int(c->params, "late_ms", 0));
  return answer(c, &k, &i, "countersign.overdue", "open", data);
}

/* ---- who may ------------------------------------------------------------------------------------- */

enum fq_status dp_target_signer(struct fq_call *c, struct fq_target *t) {
  struct dp_countersign k;
  struct dp_incident i;
  const struct fq_actor *a = c->actor;
  enum fq_status s = need(c, &k, &i);
  if (s != FQ_OK) return s;
  t->own = a->org && !strcmp(k.unit, a->org);
  if (t->own || a->system) return FQ_OK;
  return fq_fail(c->error, FQ_E_FORBIDDEN, "countersign.foreign", "", "请 %s 会签,不是贵单位",
                 "it is for %s to sign", k.name);
}

enum fq_status dp_target_gatherer(struct fq_call *c, struct fq_target *t) {
  struct dp_countersign k;
  struct dp_incident i;
  const struct fq_actor *a = c->actor;
  enum fq_status s = need(c, &k, &i);
  if (s != FQ_OK) return s;
  dp_text(t->org, sizeof t->org, i.org);
  t->own = a->org && (!strcmp(i.owner_org, a->org) || !strcmp(k.asked_unit, a->org));
  return FQ_OK;
}

/* ---- apply --------------------------------------------------------------------------------------- */

static void timer_id(char out[FQ_ID_MAX + 24], const char *countersign) {
  snprintf(out, FQ_ID_MAX + 24, "countersign:%s:overdue", countersign);
}

static void touch(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "UPDATE incident SET updated_ms = ?2 WHERE n = ?1", "ii", dp_id_n(e->subject, 'i'),
          e->at_ms);
}

enum fq_status dp_apply_countersign_asked(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  const char *id = fq_json_str(d, "countersign"), *due = fq_json_str(d, "due_at");
  int64_t due_ms = due ? fq_time_parse(due) : 0;
  fq_exec(
      a->db,
      "INSERT INTO countersign(n, incident, unit, name, text, state, asked_by, asked_unit, asked_ms, due_ms)"
      " VALUES(?1, ?2, ?3, ?4, ?5, 'open', ?6, ?7, ?8, nullif(?9, 0))",
      "iisssssii", dp_id_n(id, 'c'), dp_id_n(e->subject, 'i'), fq_json_str(d, "unit"), fq_json_str(d, "name"),
      fq_json_str(d, "text"), e->actor, fq_json_str(d, "asked_unit"), e->at_ms, due_ms);
  touch(a, e);
  if (due_ms) {
    char timer[FQ_ID_MAX + 24];
    timer_id(timer, id);
    fq_json *params = fq_json_object();
    fq_json_set_str(params, "id", id);
    fq_timer_set(a, timer, due_ms, "countersign.overdue", e->subject, params);
  }
  return FQ_OK;
}

enum fq_status dp_apply_countersign_answered(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  const char *id = fq_json_str(d, "countersign"), *note = fq_json_str(d, "note");
  bool withdrawn = !strcmp(e->kind, "countersign.withdrawn");
  char timer[FQ_ID_MAX + 24];
  timer_id(timer, id);
  fq_timer_clear(a, timer);
  fq_exec(a->db,
          "UPDATE countersign SET state = ?2, answered_by = ?3, answered_ms = ?4, note = ?5 WHERE n = ?1",
          "issis", dp_id_n(id, 'c'),
          withdrawn                         ? "withdrawn"
          : fq_json_bool(d, "agree", false) ? "agreed"
                                            : "disagreed",
          e->actor, e->at_ms, note ? note : fq_json_str(d, "reason"));
  touch(a, e);
  return FQ_OK;
}

enum fq_status dp_apply_countersign_overdue(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "UPDATE countersign SET overdue = 1 WHERE n = ?1", "i",
          dp_id_n(fq_json_str(e->data, "countersign"), 'c'));
  touch(a, e);
  return FQ_OK;
}

/* Nobody is owed an answer about an incident that has ended. */
void dp_asked_lapse(struct fq_apply *a, int64_t incident, int64_t at_ms) {
  fq_exec(a->db,
          "UPDATE request SET state = 'lapsed', answered_ms = ?2 WHERE incident = ?1 AND state = 'open'",
          "ii", incident, at_ms);
  for (;;) {
    int64_t n = fq_int(a->db, 0, "SELECT n FROM countersign WHERE incident = ?1 AND state = 'open' LIMIT 1",
                       "i", incident);
    if (!n) return;
    char id[FQ_ID_MAX], timer[FQ_ID_MAX + 24];
    dp_id_make(id, 'c', n);
    timer_id(timer, id);
    fq_timer_clear(a, timer);
    fq_exec(a->db, "UPDATE countersign SET state = 'lapsed', answered_ms = ?2 WHERE n = ?1", "ii", n, at_ms);
  }
}
