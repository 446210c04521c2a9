/*
 * answer.c - what people do about an alarm: their phone has it, they have seen it and come (or cannot), and
 * at the end somebody at a desk says what it was. Until then it stays raised. Kernel thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "panic/panic.h"
#include "people/people.h"

enum fq_status dp_target_panic(struct fq_call *c, struct fq_target *t) {
  struct dp_panic p;
  struct dp_incident i;
  enum fq_status s = dp_panic_need(c, &p, &i);
  if (s != FQ_OK) return s;
  dp_text(t->org, sizeof t->org, p.org);
  fq_json *words = dp_panic_words(c->db, &p, c->actor);
  t->own = fq_json_size(words) > 0 || !strcmp(p.by, c->actor->name) || !strcmp(p.user, c->actor->name);
  fq_json_free(words);
  return FQ_OK;
}

static enum fq_status still_raised(struct fq_call *c, struct dp_panic *p, struct dp_incident *i) {
  enum fq_status s = dp_panic_need(c, p, i);
  if (s != FQ_OK || !p->disposed_ms) return s;
  return fq_fail(c->error, FQ_E_CONFLICT, "panic.disposed", "params.id", "报警 %s 已处置",
                 "%s is disposed of", p->id);
}

/* The phone has it, whatever its owner does. Said once; asked again it is no news. */
enum fq_status dp_panic_received(struct fq_call *c) {
  struct dp_panic p;
  struct dp_incident i;
  enum fq_status s = dp_panic_need(c, &p, &i);
  if (s != FQ_OK) return s;
  char who[DP_WHO_MAX];
  snprintf(who, sizeof who, "user/%s", c->actor->name);
  fq_json_set_str(c->result, "id", p.id);
  if (p.disposed_ms ||
      !fq_int(c->db, 0, "SELECT 1 FROM panic_told WHERE panic = ?1 AND who = ?2 AND received_ms IS NULL",
              "is", p.n, who))
    return FQ_OK;
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "who", who);
  dp_set_opt(data, "device", c->params, "device");
  return dp_panic_emit(c, &p, &i, "panic.received", data, NULL);
}

/* Those whose words he is; a desk that was not told answers as its unit all the same. */
static enum fq_status answers_as(struct fq_call *c, const struct dp_panic *p, fq_json **words) {
  *words = dp_panic_words(c->db, p, c->actor);
  if (fq_json_size(*words)) return FQ_OK;
  if (c->actor->roles & FQ_ROLE_DESK && c->actor->org && *c->actor->org) {
    char who[DP_WHO_MAX];
    snprintf(who, sizeof who, "unit/%s", c->actor->org);
    fq_json_push(*words, fq_json_new_str(who));
    return FQ_OK;
  }
  fq_json_free(*words);
  *words = NULL;
  return fq_fail(c->error, FQ_E_FORBIDDEN, "panic.not_told", "params.id", "报警 %s 没有通知您",
                 "you were not told of %s", p->id);
}

/* Nothing in it that was not said before? */
static bool known(struct fq_call *c, const struct dp_panic *p, const fq_json *words) {
  bool said =
      fq_json_get(c->params, "coming") || fq_json_get(c->params, "note") || fq_json_get(c->params, "eta_ms");
  if (said) return false;
  fq_json_each(
      w,
      words) if (!fq_int(c->db, 0,
                         "SELECT 1 FROM panic_told WHERE panic = ?1 AND who = ?2 AND answered_ms IS NOT NULL",
                         "is", p->n, fq_json_as_str(w))) return false;
  return true;
}

enum fq_status dp_panic_acknowledge(struct fq_call *c) {
  struct dp_panic p;
  struct dp_incident i;
  fq_json *words = NULL;
  enum fq_status s = still_raised(c, &p, &i);
  if (s == FQ_OK) s = answers_as(c, &p, &words);
  if (s != FQ_OK) return s;
  bool desk = c->actor->roles & FQ_ROLE_DESK, coming = fq_json_bool(c->params, "coming", true);
  bool settled = dp_panic_settled(c->db, &p, words, coming, desk);
  fq_json_set_str(c->result, "id", p.id);
  if (known(c, &p, words)) {
    fq_json_set_bool(c->result, "settled", p.settled);
    fq_json_free(words);
    return FQ_OK;
  }
  fq_json_set_bool(c->result, "settled", settled);
  char display[96];
  struct fq_unit u;
  int64_t eta_ms = fq_json_int(c->params, "eta_ms", -1);
  fq_json *data = fq_json_object();
  dp_display(c->db, c->actor->name, display);
  fq_json_set(data, "who", words);
  fq_json_set_str(data, "name", display);
  if (c->actor->org && fq_org_unit(c->db, c->actor->org, &u)) fq_json_set_str(data, "unit_name", u.name);
  dp_set_opt(data, "coming", c->params, "coming");
  if (coming && eta_ms >= 0) fq_json_set_time(data, "eta_at", c->now_ms + eta_ms);
  dp_set_opt(data, "note", c->params, "note");
  fq_json_set_bool(data, "settled", settled);
  /* The one who was coming cannot: it rings again. */
  if (!settled && p.settled) fq_json_set_time(data, "ring_at", c->now_ms + dp_panic_pause(c->self, p.round));
  return dp_panic_emit(c, &p, &i, "panic.acknowledged", data, NULL);
}

/* ---- the end --------------------------------------------------------------------------------------------
 */

/* What was no emergency leaves no incident behind, unless somebody has begun to work on it. Orders that
 * nobody has taken yet are withdrawn first, so that nobody sets out. */
static enum fq_status void_incident(struct fq_call *c, const struct dp_incident *i, const char *reason,
                                    bool *done) {
  struct dp_incident now;
  *done = false;
  bool busy = fq_int(c->db, 0,
                     "SELECT 1 FROM task WHERE incident = ?1 AND ended_ms IS NULL"
                     " AND state NOT IN ('sent', 'delivered', 'seen') LIMIT 1",
                     "i", i->n) != 0;
  if (busy || i->joined) return FQ_OK;
  if (i->state == DP_DISPATCHED) {
    fq_json *params = fq_json_object();
    fq_json_set_str(params, "id", i->id);
    fq_json_set_str(params, "reason", reason);
    enum fq_status s = fq_call_method(c, "incident.recall", params, NULL);
    if (s != FQ_OK) return s;
  }
  if (!dp_incident_load(c->db, i->id, &now) || dp_next(DP_V_VOID, now.state) == DP_NO) return FQ_OK;
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "id", i->id);
  fq_json_set_str(params, "reason", reason);
  *done = true;
  return fq_call_method(c, "incident.void", params, NULL);
}

/* Who pressed by mistake takes it back himself while nobody has answered; afterwards somebody is on his way,
 * and it is a desk's to say that he may turn round. */
static enum fq_status may_dispose(struct fq_call *c, const struct dp_panic *p, const char *how) {
  const struct fq_actor *a = c->actor;
  if (a->system || (a->roles & FQ_ROLE_DESK && fq_org_within(c->db, p->org, a->org))) return FQ_OK;
  bool own = !strcmp(p->by, a->name) || !strcmp(p->user, a->name);
  if (!own || strcmp(how, "false") != 0)
    return fq_fail(c->error, FQ_E_FORBIDDEN, "panic.desk", "params.how",
                   own ? "本人只能以误报撤销" : "只有值班台可以处置报警",
                   own ? "you can take it back as a false alarm, nothing else"
                       : "an alarm is disposed of by a desk");
  if (!fq_int(c->db, 0, "SELECT 1 FROM panic_told WHERE panic = ?1 AND answered_ms IS NOT NULL LIMIT 1", "i",
              p->n))
    return FQ_OK;
  return fq_fail(c->error, FQ_E_CONFLICT, "panic.answered", "params.id",
                 "已有人应答,不能自行撤销:请等来人,或电话告知值班台",
                 "somebody has answered: wait for them, or call the desk");
}

enum fq_status dp_panic_dispose(struct fq_call *c) {
  struct dp_panic p;
  struct dp_incident i;
  const char *how = fq_json_str(c->params, "how");
  enum fq_status s = still_raised(c, &p, &i);
  if (s == FQ_OK) s = may_dispose(c, &p, how);
  if (s != FQ_OK) return s;
  char display[96];
  bool voided = false;
  fq_json *data = fq_json_object();
  dp_display(c->db, c->actor->name, display);
  fq_json_set_str(data, "how", how);
  dp_set_opt(data, "note", c->params, "note");
  fq_json_set_str(data, "name", display);
  fq_json_set_time(data, "raised_at", p.raised_ms);
  if (!(c->actor->roles & FQ_ROLE_DESK) && !c->actor->system) fq_json_set_bool(data, "cancelled", true);
  if ((s = dp_panic_emit(c, &p, &i, "panic.disposed", data, NULL)) != FQ_OK) return s;
  if (strcmp(how, "real") != 0 &&
      (s = void_incident(c, &i, fq_json_str(c->params, "note"), &voided)) != FQ_OK)
    return s;
  fq_json_set_str(c->result, "id", p.id);
  fq_json_set_str(c->result, "how", how);
  fq_json_set_bool(c->result, "voided", voided);
  return FQ_OK;
}
