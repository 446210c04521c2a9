/*
 * people.c - the county's people in a world of the workshop's: each entry that asks something of somebody
 * leaves an intent, due when he would have got round to it; when it is due, what he does then follows from
 * the world's tables as they stand. Who is asked by other rules is another, but the luck is the incident's:
 * so two worlds differ by their rules, not by the dice.
 */
#include <stdlib.h>
#include <string.h>

#include "people/people.h"
#include "projection/projection.h"

enum { FINISHES = PJ_WAIT_COUNT }; /* after the feedback, at once */

/* ---- what came from outside ------------------------------------------------------------------------------
 */

static bool among(const char *kind, const char *const *list) {
  for (; *list; list++)
    if (!strcmp(kind, *list)) return true;
  return false;
}

static enum fq_fact again(const struct fq_entry *e, struct fq_deed *redo, const char *method,
                          const char *const *members) {
  redo->method = method;
  redo->params = fq_json_object();
  dp_text(redo->actor, sizeof redo->actor, e->actor);
  fq_json_set_str(redo->params, "id", e->subject);
  for (; members && *members; members++)
    dp_set_opt(redo->params, *members, e->data, *members);
  return FQ_FACT_REDONE;
}

enum fq_fact pj_fact(const struct fq_entry *e, struct fq_deed *redo) {
  static const char *const happens[] = {"incident.reported",
                                        "officer.set",
                                        "duty.started",
                                        "duty.ended",
                                        "ladder.set",
                                        "fallback.set",
                                        "binding.set",
                                        "binding.ended",
                                        "roster.set",
                                        "roster.removed",
                                        "roster.overridden",
                                        "leave.set",
                                        "leave.ended",
                                        "calendar.set",
                                        "calendar.removed",
                                        "emergency.started",
                                        "emergency.raised",
                                        "emergency.ended",
                                        NULL};
  static const char *const answered[] = {
      "incident.accepted", "incident.dispatched", "incident.handled",     "incident.verified",
      "incident.closed",   "task.created",        "task.delivered",       "task.seen",
      "task.accepted",     "task.declined",       "task.arrived",         "task.fed_back",
      "task.finished",     "task.checked_in",     "task.checkin_cleared", NULL};
  static const char *const settled[] = {/* what the server writes of itself, or what only shows */
                                        "search.indexed",     "filter.saved",
                                        "filter.removed",     "clock.warned",
                                        "clock.deferred",     "clock.overdue",
                                        "clock.breached",     "clock.moved",
                                        "task.expired",       "task.reminded",
                                        "task.undelivered",   "task.check_in_due",
                                        "ladder.stopped",     "task.check_in_missed",
                                        "reserve.lapsed",     "reserve.ready",
                                        "supervise.overdue",  "calendar.recomputed",
                                        "incident.commented", "incident.attached",
                                        "incident.rated",     "incident.followed_up",
                                        "shift.started",      "shift.handed_over",
                                        "shift.taken_over",   NULL};
  static const char *const reason[] = {"reason", NULL}, *const until[] = {"reason", "until", NULL},
                           *const into[] = {"into", "reason", NULL};
  if (among(e->kind, happens)) return FQ_FACT_HAPPENS;
  if (!strcmp(e->kind, "incident.handled") && fq_json_bool(e->data, "solved", false)) return FQ_FACT_HAPPENS;
  if (among(e->kind, answered)) return FQ_FACT_ANSWERED;
  if (among(e->kind, settled)) return FQ_FACT_RULES;
  if (!strcmp(e->kind, "incident.voided")) return again(e, redo, "incident.void", reason);
  if (!strcmp(e->kind, "incident.suspended")) return again(e, redo, "incident.suspend", until);
  if (!strcmp(e->kind, "incident.merged")) return again(e, redo, "incident.merge", into);
  if (!strcmp(e->kind, "incident.resumed")) {
    if (fq_json_bool(e->data, "by_itself", false)) return FQ_FACT_RULES;
    return again(e, redo, "incident.resume", NULL);
  }
  if (dp_kind(e->kind)) return FQ_FACT_LEFT_OUT;
  return FQ_FACT_RULES;
}

/* ---- when they would -------------------------------------------------------------------------------------
 */

struct ask {
  const struct pj_people *people;
  const struct fq_intents *out;
  int64_t now_ms;
};

static void later(const struct ask *a, enum pj_wait w, const struct pj_incident *i, int64_t about, int slice,
                  int nth) {
  int64_t ms = pj_draw(a->people, w, i, slice, nth);
  if (ms < 0) return;
  a->out->add(a->out->arg,
              (struct fq_intent){.at_ms = a->now_ms + ms, .subject = i->n, .about = about, .what = (int)w});
}

/* A desk's waits are keyed by how many orders there were: whoever sends the second, it is the second. */
static void desk(const struct ask *a, enum pj_wait w, const struct pj_incident *i) {
  later(a, w, i, 0, pj_night(a->now_ms), i->orders);
}

static void works_on(const struct ask *a, const struct pj_incident *i, const struct pj_task *t) {
  int slice = t->load >= 2;
  if (t->arrived_ms ||
      pj_luck(a->people, i->n, 100 + PJ_S_SKIP_ARRIVAL, t->nth) < a->people->share[PJ_S_SKIP_ARRIVAL])
    later(a, PJ_FINISH, i, t->n, slice, t->nth);
  else
    later(a, PJ_ARRIVE, i, t->n, slice, t->nth);
}

static void ordered(const struct ask *a, const struct pj_incident *i, const struct pj_task *t) {
  later(a, PJ_DELIVER, i, t->n, 0, t->nth);
  later(a, PJ_ANSWER, i, t->n, pj_night(a->now_ms), t->nth);
}

static void finishes(const struct ask *a, const struct pj_incident *i, int64_t task) {
  a->out->add(a->out->arg,
              (struct fq_intent){.at_ms = a->now_ms, .subject = i->n, .about = task, .what = FINISHES});
}

static void checks_in(const struct ask *a, const struct pj_incident *i, const struct pj_task *t) {
  int nth = t->nth * 1000 + t->checks; /* an incident has no thousand orders */
  if (t->check_ms == a->now_ms) later(a, PJ_CHECK_IN, i, t->n, 0, nth);
  if (t->alarm_ms == a->now_ms) later(a, PJ_CLEAR, i, t->n, 0, nth);
}

static void answer_task(const struct ask *a, const struct pj_memory *m, const struct fq_entry *e,
                        const char *verb) {
  const struct pj_task *t = pj_task(m, dp_id_n(fq_json_str(e->data, "task"), 't'));
  if (!t) return;
  const struct pj_incident *i = &m->incident_list[t->incident];
  if (!strcmp(verb, "created"))
    ordered(a, i, t);
  else if (!strcmp(verb, "accepted") || !strcmp(verb, "arrived"))
    works_on(a, i, t);
  else if (!strcmp(verb, "fed_back"))
    finishes(a, i, t->n);
  else if (!strncmp(verb, "check", 5))
    checks_in(a, i, t);
  else if (i->idle_ms == a->now_ms) /* it has come back to the desk with this */
    desk(a, PJ_SEND, i);
}

void pj_answer(const void *people, const void *memory, const struct fq_entry *e,
               const struct fq_intents *out) {
  const struct pj_memory *m = memory;
  struct ask a = {.people = people, .out = out, .now_ms = e->at_ms};
  if (!strncmp(e->kind, "task.", 5)) {
    answer_task(&a, m, e, e->kind + 5);
    return;
  }
  const struct pj_incident *i = pj_incident(m, dp_id_n(e->subject, 'i'));
  const char *verb = strchr(e->kind, '.');
  if (!i || !verb++ || (strncmp(e->kind, "incident.", 9) && strncmp(e->kind, "ladder.", 7))) return;
  if (!strcmp(e->kind, "incident.reported") && i->idle_ms) desk(&a, PJ_RECEIVE, i);
  if (i->asked_ms == e->at_ms && (!strcmp(verb, "started") || !strcmp(verb, "escalated")))
    later(&a, PJ_TAKE, i, 0, pj_night(a.now_ms), i->asks);
  else if (!strcmp(verb, "handled"))
    desk(&a, PJ_VERIFY, i);
  else if (!strcmp(verb, "verified") && i->at_ms[DP_M_VERIFIED] == e->at_ms)
    desk(&a, PJ_CLOSE, i);
  else if (i->idle_ms == e->at_ms || (!strcmp(verb, "stopped") && i->idle_ms))
    desk(&a, PJ_SEND, i);
}

void pj_begin(const void *people, void *memory, fq_db *db, int64_t now_ms, const struct fq_intents *out) {
  struct pj_memory *m = memory;
  struct ask a = {.people = people, .out = out, .now_ms = now_ms};
  pj_remember(m, db);
  for (size_t x = 0; x < m->incident_count; x++) {
    const struct pj_incident *i = &m->incident_list[x];
    if (i->asked_ms)
      later(&a, PJ_TAKE, i, 0, pj_night(now_ms), i->asks);
    else if (i->idle_ms)
      desk(&a, PJ_SEND, i);
    else if (i->at_ms[DP_M_VERIFIED])
      desk(&a, PJ_CLOSE, i);
    else if (i->at_ms[DP_M_HANDLED])
      desk(&a, PJ_VERIFY, i);
  }
  for (size_t x = 0; x < m->task_count; x++) {
    const struct pj_task *t = &m->task_list[x];
    const struct pj_incident *i = &m->incident_list[t->incident];
    if (t->fed_back_ms)
      finishes(&a, i, t->n);
    else if (t->accepted_ms)
      works_on(&a, i, t);
    else
      ordered(&a, i, t);
  }
}

/* ---- what they do then -----------------------------------------------------------------------------------
 */

static void as(struct fq_deed *d, const char *actor, const char *org, uint32_t roles) {
  dp_text(d->actor, sizeof d->actor, actor);
  dp_text(d->org, sizeof d->org, org);
  d->roles = roles;
}

static void as_desk(struct fq_deed *d, fq_db *db) {
  fq_stmt *q = fq_sql(db, "SELECT id FROM org WHERE parent = '' ORDER BY id LIMIT 1", "");
  if (!fq_row(q)) return;
  as(d, "desk", fq_col_str(q, 0), FQ_ROLE_DISPATCHER);
  fq_done(q);
}

/* Whose order it is: his own, or somebody's at the unit's or the team's desk. */
static void as_assignee(struct fq_deed *d, const struct dp_task *t) {
  if (*t->user)
    as(d, t->user, "", 0);
  else
    as(d, "desk", *t->unit ? t->unit : t->team, FQ_ROLE_DISPATCHER | FQ_ROLE_DEPARTMENT);
}

static bool does(struct fq_deed *d, const char *method, const char *id) {
  d->method = method;
  d->params = fq_json_object();
  fq_json_set_str(d->params, "id", id);
  return true;
}

static bool act_on_task(const struct pj_people *p, fq_db *db, const struct fq_intent *i, struct fq_deed *d) {
  struct dp_task t;
  char id[FQ_ID_MAX];
  dp_id_make(id, 't', i->about);
  if (!dp_task_load(db, id, &t)) return false;
  as_assignee(d, &t);
  int nth =
      (int)fq_int(db, 1, "SELECT count(*) FROM task WHERE incident = ?1 AND n <= ?2", "ii", t.incident, t.n);
  bool waits = t.state == DP_T_SENT || t.state == DP_T_DELIVERED || t.state == DP_T_SEEN;
  bool out = t.state == DP_T_ACCEPTED || t.state == DP_T_ARRIVED;
  switch (i->what) {
  case PJ_DELIVER:
    return t.state == DP_T_SENT && does(d, "task.delivered", id);
  case PJ_ANSWER:
    if (!waits) return false;
    if (pj_luck(p, t.incident, 100 + PJ_S_DECLINE, nth) >= p->share[PJ_S_DECLINE])
      return does(d, "task.accept", id);
    does(d, "task.decline", id);
    fq_json_set_str(d->params, "reason", "推演");
    return true;
  case PJ_ARRIVE:
    return t.state == DP_T_ACCEPTED && does(d, "task.arrive", id);
  case PJ_FINISH:
    if (!out) return false;
    does(d, "task.feedback", id);
    fq_json_set_str(d->params, "text", "推演");
    return true;
  case FINISHES:
    return t.state == DP_T_FED_BACK && does(d, "task.finish", id);
  default:
    return (out || t.state == DP_T_FED_BACK) && does(d, "task.check_in", id);
  }
}

/* The desk's choice is the server's own: the nearest who is there and qualified, else anybody who is there,
 * who was not asked before; with nobody, the unit that owns the incident. */
static fq_json *somebody(void *self, fq_db *db, int64_t now_ms, const struct dp_incident *i) {
  fq_json *to = fq_json_object(), *asked = fq_json_array();
  fq_stmt *q = fq_sql(db, "SELECT to_user FROM task WHERE incident = ?1 AND to_user IS NOT NULL", "i", i->n);
  while (fq_row(q))
    fq_json_push(asked, fq_json_new_str(fq_col_str(q, 0)));
  for (int skilled = 1; skilled >= 0 && !fq_json_size(to); skilled--) {
    struct fq_error e = {0};
    fq_json *args = fq_json_array(), *wish = fq_json_object();
    fq_json_push(args, fq_json_new_str(i->id));
    fq_json_set(wish, "exclude", fq_json_dup(asked));
    if (skilled) fq_json_set_str(wish, "skill", i->category);
    fq_json_push(args, wish);
    struct fq_view v = {.db = db, .self = self, .now_ms = now_ms, .args = args, .error = &e};
    const char *user = dp_view_nearest_officer(&v) ? NULL : fq_json_str(v.answer, "user");
    if (user) fq_json_set_str(to, "user", user);
    fq_json_free(v.answer);
    fq_json_free(args);
  }
  if (!fq_json_size(to)) fq_json_set_str(to, "unit", i->owner_org);
  fq_json_free(asked);
  return to;
}

static bool sends(void *self, fq_db *db, int64_t now_ms, const struct dp_incident *i, struct fq_deed *d) {
  if (dp_next(DP_V_DISPATCH, i->state) == DP_NO) return false;
  if (fq_int(db, 0,
             "SELECT 1 FROM task WHERE incident = ?1 AND ended_ms IS NULL UNION ALL SELECT 1 FROM climb WHERE"
             " incident = ?1 LIMIT 1",
             "i", i->n))
    return false; /* somebody has it, or is being asked */
  fq_json *to = fq_json_array();
  fq_json_push(to, somebody(self, db, now_ms, i));
  does(d, "incident.dispatch", i->id);
  fq_json_set(d->params, "to", to);
  return true;
}

static bool takes(fq_db *db, const struct dp_incident *i, struct fq_deed *d) {
  fq_stmt *q = fq_sql(db, "SELECT asked FROM climb WHERE incident = ?1", "i", i->n);
  char user[FQ_ID_MAX] = "";
  if (!fq_row(q)) return false;
  dp_text(user, sizeof user, fq_col_str(q, 0));
  fq_done(q);
  as(d, user, "", 0);
  return *user && does(d, "ladder.take", i->id);
}

bool pj_act(const void *people, void *self, fq_db *db, int64_t now_ms, const struct fq_intent *what,
            struct fq_deed *d) {
  const struct pj_people *p = people;
  if (what->about) return act_on_task(p, db, what, d);
  struct dp_incident i;
  char id[FQ_ID_MAX];
  dp_id_make(id, 'i', what->subject);
  if (!dp_incident_load(db, id, &i)) return false;
  as_desk(d, db);
  switch (what->what) {
  case PJ_SEND:
    return sends(self, db, now_ms, &i, d);
  case PJ_RECEIVE:
    return i.state == DP_REPORTED && does(d, "incident.accept", id);
  case PJ_TAKE:
    return takes(db, &i, d);
  case PJ_VERIFY:
    if (i.state != DP_HANDLED) return false;
    does(d, "incident.verify", id);
    int orders = (int)fq_int(db, 0, "SELECT count(*) FROM task WHERE incident = ?1", "i", i.n);
    fq_json_set_bool(d->params, "pass", pj_luck(p, i.n, 100 + PJ_S_FAIL, orders) >= p->share[PJ_S_FAIL]);
    return true;
  default:
    return i.state == DP_VERIFIED && does(d, "incident.close", id);
  }
}
