/*
 * verbs.c - what happens in an emergency after it was declared: answers, lines in its log, a change of level,
 * its end; whose right that is; and the apply of all its kinds. Kernel thread.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emergency/emergency.h"

#define COLUMNS                                                                                              \
  "n, round, again_ms, started_ms, ended_ms, ended_n, incident, level, factor, org, started_by, title, "     \
  "reason"

static void read_row(fq_stmt *q, struct dp_emergency *e) {
  e->n = fq_col_int(q, 0);
  e->round = fq_col_int(q, 1);
  e->again_ms = fq_col_int(q, 2);
  e->started_ms = fq_col_int(q, 3);
  e->ended_ms = fq_col_int(q, 4);
  e->ended_n = fq_col_int(q, 5);
  e->incident = fq_col_int(q, 6);
  e->level = (int)fq_col_int(q, 7);
  e->factor = fq_col_num(q, 8);
  dp_text(e->org, sizeof e->org, fq_col_str(q, 9));
  dp_text(e->by, sizeof e->by, fq_col_str(q, 10));
  dp_text(e->title, sizeof e->title, fq_col_str(q, 11));
  dp_text(e->reason, sizeof e->reason, fq_col_str(q, 12));
  dp_id_make(e->id, 'e', e->n);
}

bool dp_emergency_load(fq_db *db, const char *id, struct dp_emergency *out) {
  memset(out, 0, sizeof *out);
  fq_stmt *q = fq_sql(db, "SELECT " COLUMNS " FROM emergency WHERE n = ?1", "i", dp_id_n(id, 'e'));
  if (!fq_row(q)) return false;
  read_row(q, out);
  fq_done(q);
  return true;
}

/* On the way of every report: the index holds those in force alone, so mostly nothing. */
bool dp_emergency_at(fq_db *db, const char *org, struct dp_emergency *out) {
  bool found = false;
  fq_stmt *q = fq_sql(db, "SELECT " COLUMNS " FROM emergency WHERE ended_ms IS NULL ORDER BY factor, n", "");
  while (fq_row(q)) {
    if (!fq_org_within(db, org, fq_col_str(q, 9))) continue;
    memset(out, 0, sizeof *out);
    read_row(q, out);
    fq_done(q);
    found = true;
    break;
  }
  return found;
}

double dp_clock_factor(fq_db *db, const char *org) {
  struct dp_emergency e;
  return dp_emergency_at(db, org, &e) ? e.factor : 1;
}

static enum fq_status emergency_need(struct fq_call *c, struct dp_emergency *out) {
  const char *id = fq_json_str(c->params, "id");
  if (dp_emergency_load(c->db, id, out)) return FQ_OK;
  return fq_fail(c->error, FQ_E_NOT_FOUND, "emergency.unknown", "params.id", "没有应急 %s", "no emergency %s",
                 id ? id : "");
}

/* The same, refused when it is over. */
static enum fq_status emergency_running(struct fq_call *c, struct dp_emergency *out) {
  enum fq_status s = emergency_need(c, out);
  if (s != FQ_OK || !out->ended_ms) return s;
  return fq_fail(c->error, FQ_E_CONFLICT, "emergency.ended", "params.id", "应急 %s 已结束", "%s has ended",
                 out->id);
}

enum fq_status dp_emergency_emit(struct fq_call *c, const struct dp_emergency *e, const char *kind,
                                 const char *audience, fq_json *data) {
  fq_json_set_str(data, "emergency", e->id);
  return fq_emit(c, (struct fq_draft){
                        .kind = kind, .subject = e->id, .org = e->org, .audience = audience, .data = data});
}

/* ... and every desk and department below hears it. */
static enum fq_status tell(struct fq_call *c, const struct dp_emergency *e, const char *kind, fq_json *data) {
  char *desks = dp_emergency_desks(c->db, e->org);
  enum fq_status s = dp_emergency_emit(c, e, kind, desks, data);
  free(desks);
  return s;
}

/* ---- targets ---------------------------------------------------------------------------------------- */

enum fq_status dp_target_emergency_org(struct fq_call *c, struct fq_target *t) {
  struct fq_unit u;
  const char *org = fq_json_str(c->params, "org");
  dp_text(t->org, sizeof t->org, org);
  if (fq_org_unit(c->db, org, &u)) return FQ_OK;
  return fq_fail(c->error, FQ_E_PARAMS, "org.unknown", "params.org", "没有机构 %s", "no unit %s", org);
}

enum fq_status dp_target_emergency(struct fq_call *c, struct fq_target *t) {
  struct dp_emergency e;
  enum fq_status s = emergency_need(c, &e);
  dp_text(t->org, sizeof t->org, e.org);
  return s;
}

/* A desk below takes part in it. */
enum fq_status dp_target_emergency_part(struct fq_call *c, struct fq_target *t) {
  struct dp_emergency e;
  enum fq_status s = emergency_need(c, &e);
  if (s != FQ_OK) return s;
  dp_text(t->org, sizeof t->org, e.org);
  t->own = c->actor->org && *c->actor->org && fq_org_within(c->db, c->actor->org, e.org);
  return FQ_OK;
}

/* Each for himself; a desk for those it may send, as when somebody answers by voice. */
enum fq_status dp_target_emergency_answer(struct fq_call *c, struct fq_target *t) {
  struct dp_emergency e;
  enum fq_status s = emergency_need(c, &e);
  if (s != FQ_OK) return s;
  const char *given = fq_json_str(c->params, "user"), *user = given ? given : c->actor->name;
  fq_stmt *q =
      fq_sql(c->db, "SELECT unit FROM emergency_call WHERE emergency = ?1 AND user = ?2", "is", e.n, user);
  if (!fq_row(q))
    return fq_fail(c->error, FQ_E_FORBIDDEN, "emergency.not_called", given ? "params.user" : "",
                   "应急 %s 没有召集 %s", "emergency %s did not call %s", e.id, user);
  dp_text(t->org, sizeof t->org, fq_col_str(q, 0));
  fq_done(q);
  t->own = !strcmp(user, c->actor->name);
  if (t->own || c->actor->system || (c->actor->roles & FQ_ROLE_DESK)) return FQ_OK;
  return fq_fail(c->error, FQ_E_FORBIDDEN, "emergency.not_yours", "params.user", "只能为自己应答",
                 "one answers for oneself");
}

/* ---- commands --------------------------------------------------------------------------------------- */

enum fq_status dp_emergency_answer(struct fq_call *c) {
  struct dp_emergency e;
  enum fq_status s = emergency_running(c, &e);
  if (s != FQ_OK) return s;
  const char *user = fq_json_str(c->params, "user");
  char audience[FQ_ID_MAX + 8];
  if (!user) user = c->actor->name;
  bool coming = fq_json_bool(c->params, "coming", false);
  int64_t eta_ms = fq_json_int(c->params, "eta_ms", -1);
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "user", user);
  fq_json_set_bool(data, "coming", coming);
  if (coming && eta_ms >= 0) {
    fq_json_set_int(data, "eta_ms", eta_ms);
    fq_json_set_time(data, "eta_at", c->now_ms + eta_ms);
  }
  dp_set_opt(data, "note", c->params, "note");
  snprintf(audience, sizeof audience, "user/%s", user);
  if ((s = dp_emergency_emit(c, &e, "emergency.answered", audience, data)) != FQ_OK) return s;
  fq_json_set_str(c->result, "id", e.id);
  fq_json_set_bool(c->result, "coming", coming);
  return FQ_OK;
}

enum fq_status dp_emergency_note(struct fq_call *c) {
  struct dp_emergency e;
  enum fq_status s = emergency_running(c, &e);
  if (s != FQ_OK) return s;
  fq_json *data = fq_json_object();
  dp_set_opt(data, "text", c->params, "text");
  if ((s = tell(c, &e, "emergency.noted", data)) != FQ_OK) return s;
  fq_json_set_str(c->result, "id", e.id);
  return FQ_OK;
}

/* Up or down; the clocks that are started from now on follow the new factor. */
enum fq_status dp_emergency_raise(struct fq_call *c) {
  struct dp_emergency e;
  enum fq_status s = emergency_running(c, &e);
  if (s != FQ_OK) return s;
  int level = (int)fq_json_int(c->params, "level", e.level);
  double factor = fq_json_num(c->params, "factor", e.factor);
  if (level == e.level && fabs(factor - e.factor) < 1e-9)
    return fq_fail(c->error, FQ_E_CONFLICT, "emergency.same", "params.level", "应急 %s 已是 %d 级",
                   "%s is at level %d already", e.id, level);
  fq_json *data = fq_json_object();
  fq_json_set_int(data, "from", e.level);
  fq_json_set_int(data, "level", level);
  fq_json_set_num(data, "factor", factor);
  dp_set_opt(data, "reason", c->params, "reason");
  if ((s = tell(c, &e, "emergency.raised", data)) != FQ_OK) return s;
  fq_json_set_str(c->result, "id", e.id);
  fq_json_set_int(c->result, "level", level);
  return FQ_OK;
}

/* Those who may be on their way are told first; then it ends with what it came to. */
enum fq_status dp_emergency_end(struct fq_call *c) {
  struct dp_emergency e;
  struct dp_area area;
  enum fq_status s = emergency_running(c, &e);
  if (s == FQ_OK) s = dp_emergency_portions(c, &e, "emergency.released", DP_NOT_ABSENT, 0);
  if (s != FQ_OK) return s;
  dp_area_of(c->db, e.org, &area);
  fq_json *data = fq_json_object(), *summary = dp_emergency_sum(c->db, &e, &area, c->now_ms);
  fq_json_set_str(data, "title", e.title);
  fq_json_set_int(data, "level", e.level);
  dp_set_opt(data, "note", c->params, "note");
  fq_json_set(data, "summary", fq_json_dup(summary));
  if ((s = tell(c, &e, "emergency.ended", data)) != FQ_OK) {
    fq_json_free(summary);
    return s;
  }
  fq_json_set_str(c->result, "id", e.id);
  fq_json_set(c->result, "summary", summary);
  return FQ_OK;
}

/* ---- apply ------------------------------------------------------------------------------------------ */

static void timer_id(char out[FQ_ID_MAX + 24], const char *id) {
  snprintf(out, FQ_ID_MAX + 24, "emergency:%s:again", id);
}

enum fq_status dp_apply_emergency_started(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  fq_exec(a->db,
          "INSERT INTO emergency(n, title, level, org, reason, incident, factor, again_ms, started_ms,"
          " started_by) VALUES(?1, ?2, ?3, ?4, ?5, nullif(?6, 0), ?7, ?8, ?9, ?10)",
          "isissidiis", dp_id_n(e->subject, 'e'), fq_json_str(d, "title"), fq_json_int(d, "level", 4), e->org,
          fq_json_str(d, "reason"), dp_id_n(fq_json_str(d, "incident"), 'i'), fq_json_num(d, "factor", 1),
          fq_json_int(d, "again_ms", 0), e->at_ms, e->actor);
  return FQ_OK;
}

enum fq_status dp_apply_emergency_called(struct fq_apply *a, const struct fq_entry *e) {
  int64_t n = dp_id_n(e->subject, 'e');
  fq_json_each(p, fq_json_get(e->data, "people"))
      fq_exec(a->db,
              "INSERT INTO emergency_call(emergency, user, unit, calls, called_ms) VALUES(?1, ?2, ?3, 1, ?4)"
              " ON CONFLICT(emergency, user) DO UPDATE SET calls = calls + 1",
              "issi", n, fq_json_str(p, "user"), fq_json_str(p, "unit"), e->at_ms);
  fq_exec(a->db, "UPDATE emergency SET round = ?2 WHERE n = ?1", "ii", n, fq_json_int(e->data, "round", 1));
  char id[FQ_ID_MAX + 24];
  timer_id(id, e->subject);
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "id", e->subject);
  fq_timer_set(a, id, e->at_ms + fq_json_int(e->data, "again_ms", 300000), "emergency.again", e->subject,
               params);
  return FQ_OK;
}

/* The first answer's time is kept: who says later that he cannot come has answered in time. */
enum fq_status dp_apply_emergency_answered(struct fq_apply *a, const struct fq_entry *e) {
  const char *eta = fq_json_str(e->data, "eta_at");
  int64_t n = dp_id_n(e->subject, 'e');
  fq_exec(a->db,
          "UPDATE emergency_call SET answered_ms = coalesce(answered_ms, ?3), coming = ?4,"
          " eta_ms = nullif(?5, 0), note = ?6 WHERE emergency = ?1 AND user = ?2",
          "isiiis", n, fq_json_str(e->data, "user"), e->at_ms,
          (int64_t)fq_json_bool(e->data, "coming", false), eta ? fq_time_parse(eta) : (int64_t)0,
          fq_json_str(e->data, "note"));
  if (fq_int(a->db, 0, "SELECT 1 FROM emergency_call WHERE emergency = ?1 AND " DP_SILENT " LIMIT 1", "i", n))
    return FQ_OK;
  char id[FQ_ID_MAX + 24];
  timer_id(id, e->subject);
  fq_timer_clear(a, id);
  return FQ_OK;
}

enum fq_status dp_apply_emergency_raised(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "UPDATE emergency SET level = ?2, factor = ?3 WHERE n = ?1", "iid", dp_id_n(e->subject, 'e'),
          fq_json_int(e->data, "level", 4), fq_json_num(e->data, "factor", 1));
  return FQ_OK;
}

enum fq_status dp_apply_emergency_ended(struct fq_apply *a, const struct fq_entry *e) {
  char *summary = fq_json_print(fq_json_get(e->data, "summary")), id[FQ_ID_MAX + 24];
  fq_exec(a->db, "UPDATE emergency SET ended_ms = ?2, ended_n = ?3, summary = ?4 WHERE n = ?1", "iiis",
          dp_id_n(e->subject, 'e'), e->at_ms, e->seq, summary);
  free(summary);
  timer_id(id, e->subject);
  fq_timer_clear(a, id);
  return FQ_OK;
}

/* Said to people; no table remembers it. */
enum fq_status dp_apply_emergency_told(struct fq_apply *a, const struct fq_entry *e) {
  (void)a;
  (void)e;
  return FQ_OK;
}
