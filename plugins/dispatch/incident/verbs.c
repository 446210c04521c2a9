/*
 * verbs.c - the verbs of an incident that are one step and one entry (accept, return, comment, urge,
 * supervise, reopen, recall, void), and the apply of all verbs. Which verb is possible when is states.c's
 * matter. Kernel thread.
 */
#include <string.h>

#include "incident/incident.h"

enum fq_status dp_verb_begin(struct fq_call *c, enum dp_verb v, struct dp_incident *i, enum dp_state *next) {
  enum fq_status s = dp_incident_need(c, "id", i);
  if (s == FQ_OK) s = dp_rev_check(c, i->rev);
  return s == FQ_OK ? dp_step(c, i, v, next) : s;
}

enum fq_status dp_verb_finish(struct fq_call *c, const struct dp_incident *i, const char *kind,
                              enum dp_state next, fq_json *data, const char *also) {
  fq_json_set_str(data, "state", dp_state_name(next));
  fq_json_set_int(data, "rev", i->rev + 1);
  enum fq_status s = dp_emit(c, i, kind, data, also);
  if (s != FQ_OK) return s;
  fq_json_set_str(c->result, "id", i->id);
  fq_json_set_str(c->result, "state", dp_state_name(next));
  fq_json_set_int(c->result, "rev", i->rev + 1);
  return FQ_OK;
}

/* A verb that only carries some of its parameters into its entry. */
static enum fq_status simple(struct fq_call *c, enum dp_verb v, const char *kind,
                             const char *const *members) {
  struct dp_incident i;
  enum dp_state next;
  enum fq_status s = dp_verb_begin(c, v, &i, &next);
  if (s != FQ_OK) return s;
  fq_json *data = fq_json_object();
  for (; members && *members; members++)
    dp_set_opt(data, *members, c->params, *members);
  return dp_verb_finish(c, &i, kind, next, data, NULL);
}

#define CARRY(...) ((const char *const[]){__VA_ARGS__, NULL})

enum fq_status dp_incident_accept(struct fq_call *c) {
  return simple(c, DP_V_ACCEPT, "incident.accepted", NULL);
}
enum fq_status dp_incident_return(struct fq_call *c) {
  return simple(c, DP_V_RETURN, "incident.returned", CARRY("reason"));
}
enum fq_status dp_incident_comment(struct fq_call *c) {
  return simple(c, DP_V_COMMENT, "incident.commented", CARRY("text"));
}
enum fq_status dp_incident_urge(struct fq_call *c) {
  return simple(c, DP_V_URGE, "incident.urged", CARRY("note"));
}
enum fq_status dp_incident_supervise(struct fq_call *c) {
  return simple(c, DP_V_SUPERVISE, "incident.supervised", CARRY("card", "note", "within_ms"));
}
enum fq_status dp_incident_reopen(struct fq_call *c) {
  return simple(c, DP_V_REOPEN, "incident.reopened", CARRY("reason"));
}
enum fq_status dp_incident_void(struct fq_call *c) {
  struct dp_incident i;
  enum dp_state next;
  enum fq_status s = dp_verb_begin(c, DP_V_VOID, &i, &next);
  if (s == FQ_OK) s = dp_joined_by_none(c, &i);
  if (s != FQ_OK) return s;
  fq_json *data = fq_json_object();
  dp_set_opt(data, "reason", c->params, "reason");
  return dp_verb_finish(c, &i, "incident.voided", next, data, NULL);
}

/* Only while untouched: the step table allows it in `dispatched`, before anybody accepted or arrived. */
enum fq_status dp_incident_recall(struct fq_call *c) {
  struct dp_incident i;
  enum dp_state next;
  enum fq_status s = dp_verb_begin(c, DP_V_RECALL, &i, &next);
  if (s != FQ_OK) return s;
  int64_t last = 0;
  for (;;) {
    /* One at a time: emitting changes the table that would be read. */
    int64_t n = fq_int(
        c->db, 0, "SELECT n FROM task WHERE incident = ?1 AND ended_ms IS NULL AND n > ?2 ORDER BY n LIMIT 1",
        "ii", i.n, last);
    if (!n) break;
    last = n;
    struct dp_task t;
    char id[FQ_ID_MAX];
    dp_id_make(id, 't', n);
    enum dp_task_state ended;
    if (!dp_task_load(c->db, id, &t)) break;
    if ((s = dp_task_step(c, &t, DP_TV_RECALL, &ended)) != FQ_OK) return s;
    fq_json *data = fq_json_object();
    fq_json_set_str(data, "task", id);
    fq_json_set_str(data, "state", dp_task_state_name(ended));
    fq_json_set_int(data, "rev", t.rev + 1);
    dp_set_opt(data, "reason", c->params, "reason");
    if ((s = dp_emit(c, &i, "task.recalled", data, NULL)) != FQ_OK) return s;
  }
  fq_json *data = fq_json_object();
  dp_set_opt(data, "reason", c->params, "reason");
  return dp_verb_finish(c, &i, "incident.recalled", next, data, NULL);
}

/* ---- apply --------------------------------------------------------------------------------------- */

static bool is(const struct fq_entry *e, const char *verb) {
  return !strcmp(e->kind + sizeof "incident." - 1, verb);
}

static void reach(struct fq_apply *a, const struct fq_entry *e, enum dp_milestone m) {
  static const char *const mark[DP_MILESTONE_COUNT] = {
      [DP_M_ACCEPTED] = "UPDATE incident SET accepted_ms = ?2 WHERE n = ?1",
      /* Sending somebody is also accepting; being sent again does not move the first time. */
      [DP_M_DISPATCHED] = "UPDATE incident SET accepted_ms = coalesce(accepted_ms, ?2),"
                          " dispatched_ms = coalesce(dispatched_ms, ?2) WHERE n = ?1",
      [DP_M_HANDLED] = "UPDATE incident SET handled_ms = ?2 WHERE n = ?1",
      [DP_M_VERIFIED] = "UPDATE incident SET verified_ms = ?2 WHERE n = ?1",
      [DP_M_CLOSED] = "UPDATE incident SET closed_ms = ?2, ended_ms = ?2 WHERE n = ?1",
  };
  fq_exec(a->db, mark[m], "ii", dp_id_n(e->subject, 'i'), e->at_ms);
  dp_clocks_reach(a, e->subject, m, e->at_ms);
}

enum fq_status dp_apply_incident(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  int64_t n = dp_id_n(e->subject, 'i');
  bool returned = false;
  if (is(e, "accepted")) {
    fq_stmt *q = fq_sql(a->db, "SELECT state FROM incident WHERE n = ?1", "i", n);
    if (fq_row(q)) {
      returned = dp_state_of(fq_col_str(q, 0)) == DP_RETURNED;
      fq_done(q);
    }
  }
  if (is(e, "suspended")) fq_exec(a->db, "UPDATE incident SET before = state WHERE n = ?1", "i", n);

  fq_exec(a->db, "UPDATE incident SET state = ?2, rev = ?3, updated_ms = ?4 WHERE n = ?1", "isii", n,
          fq_json_str(d, "state"), fq_json_int(d, "rev", 0), e->at_ms);
  dp_apply_suspension(a, e);

  if (is(e, "accepted")) {
    if (returned) dp_clocks_resume(a, e->subject, NULL, NULL, e->at_ms);
    reach(a, e, DP_M_ACCEPTED);
  } else if (is(e, "dispatched")) {
    reach(a, e, DP_M_DISPATCHED);
  } else if (is(e, "handled")) {
    if (fq_json_bool(d, "solved", false))
      fq_exec(a->db, "UPDATE incident SET solved_by = ?2 WHERE n = ?1", "is", n, fq_json_str(d, "by"));
    reach(a, e, DP_M_HANDLED);
  } else if (is(e, "verified") && fq_json_bool(d, "pass", false)) {
    reach(a, e, DP_M_VERIFIED);
  } else if (is(e, "verified")) {
    fq_exec(a->db, "UPDATE incident SET handled_ms = NULL, solved_by = NULL, round = ?2 WHERE n = ?1", "ii",
            n, e->seq);
    dp_clocks_reopen(a, e->subject, DP_M_HANDLED, e->at_ms);
  } else if (is(e, "closed")) {
    fq_exec(a->db, "UPDATE incident SET class = ?2 WHERE n = ?1", "is", n, fq_json_str(d, "class"));
    reach(a, e, DP_M_CLOSED);
    dp_asked_lapse(a, n, e->at_ms);
  } else if (is(e, "reopened")) {
    /* What was rated is not what it will be. */
    fq_exec(a->db,
            "UPDATE incident SET handled_ms = NULL, verified_ms = NULL, closed_ms = NULL, ended_ms = NULL,"
            " solved_by = NULL, round = ?2, began = ?2, rating = NULL, rating_text = NULL, rated_by = NULL, "
            "rated_ms = "
            "NULL WHERE n = ?1",
            "ii", n, e->seq);
    dp_clocks_reopen(a, e->subject, DP_M_HANDLED, e->at_ms);
    /* A void report that comes back may never have been accepted: it is now. */
    if (fq_int(a->db, 0, "SELECT accepted_ms IS NULL FROM incident WHERE n = ?1", "i", n))
      reach(a, e, DP_M_ACCEPTED);
  } else if (is(e, "returned") || is(e, "suspended")) {
    dp_clocks_pause(a, e->subject, NULL, NULL, e->at_ms);
  } else if (is(e, "resumed")) {
    dp_clocks_resume(a, e->subject, NULL, NULL, e->at_ms);
  } else if (is(e, "voided")) {
    fq_exec(a->db, "UPDATE incident SET ended_ms = ?2 WHERE n = ?1", "ii", n, e->at_ms);
    dp_clocks_drop(a, e->subject, e->at_ms);
    dp_asked_lapse(a, n, e->at_ms);
  } else if (is(e, "escalated") || is(e, "transferred") || is(e, "sent_down")) {
    const fq_json *owner = fq_json_get(d, "owner");
    fq_exec(a->db, "UPDATE incident SET owner_level = ?2, owner_org = ?3, away = ?4 WHERE n = ?1", "issi", n,
            fq_json_str(owner, "level"), fq_json_str(owner, "org"), (int64_t)fq_json_bool(d, "away", false));
  } else if (is(e, "rated")) {
    fq_exec(a->db,
            "UPDATE incident SET rating = ?2, rating_text = ?3, rated_by = ?4, rated_ms = ?5 WHERE n = ?1",
            "iissi", n, fq_json_int(d, "score", 0), fq_json_str(d, "text"), e->actor, e->at_ms);
  } else if (is(e, "attached")) {
    dp_apply_files(a, n, fq_json_get(d, "attachments"));
  } else if (is(e, "urged")) {
    fq_exec(a->db, "UPDATE incident SET urges = urges + 1 WHERE n = ?1", "i", n);
  } else if (is(e, "supervised")) {
    fq_exec(a->db, "UPDATE incident SET card = ?2 WHERE n = ?1", "is", n, fq_json_str(d, "card"));
  }
  return FQ_OK;
}

/* ---- targets ------------------------------------------------------------------------------------- */

bool dp_has_part(fq_db *db, const struct fq_actor *a, const struct dp_incident *i) {
  const char *unit = dp_sits_at(a);
  if ((unit && !strcmp(i->owner_org, unit)) || dp_climb_asks(db, i->n, a)) return true;
  return fq_int(db, 0,
                "SELECT 1 FROM task WHERE incident = ?1 AND state NOT IN ('declined', 'recalled', 'expired')"
                " AND (to_user = ?2 OR to_unit = ?3 OR to_team = ?4) LIMIT 1",
                "isss", i->n, a->name, unit, dp_team_of(a)) != 0;
}

/* Who was asked to sign may say something about it, and no more. */
static bool signs(struct fq_call *c, const char *member, struct fq_target *t) {
  const char *unit = dp_sits_at(c->actor);
  if (!unit || !fq_int(c->db, 0,
                       "SELECT 1 FROM countersign WHERE incident = ?1 AND unit = ?2 AND state <> 'withdrawn'",
                       "is", dp_id_n(fq_json_str(c->params, member), 'i'), unit))
    return false;
  t->own = true;
  return true;
}

/* Where it is, and no more: what the server's own actors are asked, five times a report. */
static bool where(struct fq_call *c, const char *member, struct fq_target *t) {
  fq_stmt *q = fq_sql(c->db, "SELECT org FROM incident WHERE n = ?1", "i",
                      dp_id_n(fq_json_str(c->params, member), 'i'));
  if (!fq_row(q)) return false;
  dp_text(t->org, sizeof t->org, fq_col_str(q, 0));
  fq_done(q);
  return true;
}

enum fq_status dp_target_incident(struct fq_call *c, const char *member, bool may_involved,
                                  struct fq_target *t) {
  struct dp_incident i;
  const struct fq_actor *a = c->actor;
  bool desk = a->roles & FQ_ROLE_DESK;
  if ((a->system || (a->roles & FQ_ROLE_POLICY)) && where(c, member, t)) return FQ_OK;
  enum fq_status s = dp_incident_need(c, member, &i);
  if (s != FQ_OK) return s;
  dp_text(t->org, sizeof t->org, i.org);
  t->own = (desk && a->org && !strcmp(i.owner_org, a->org)) ||
           (may_involved && (!strcmp(i.reporter, a->name) || dp_has_part(c->db, a, &i)));
  if (t->own || desk) return FQ_OK;
  /* A grid officer sits at the grid, but what others report there is not his to act on. */
  return fq_fail(c->error, FQ_E_FORBIDDEN, "incident.foreign", "", "不是您上报或承办的事件 %s",
                 "%s is neither your report nor your task", i.id);
}

enum fq_status dp_target_desk(struct fq_call *c, struct fq_target *t) {
  return dp_target_incident(c, "id", false, t);
}

enum fq_status dp_target_parties(struct fq_call *c, struct fq_target *t) {
  return dp_target_incident(c, "id", true, t);
}

enum fq_status dp_target_involved(struct fq_call *c, struct fq_target *t) {
  return signs(c, "id", t) ? FQ_OK : dp_target_parties(c, t);
}
