/* See dispatch_model.h. */
#include "dispatch_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct model m;

#define DESK (FQ_ROLE_DISPATCHER | FQ_ROLE_COMMANDER | FQ_ROLE_DIRECTOR)

const struct m_actor m_actors[] = {
    {"dispatcher", "430525", FQ_ROLE_DISPATCHER},
    {"commander", "430525", FQ_ROLE_COMMANDER},
    {"director-a", "430525100000", FQ_ROLE_DIRECTOR},
    {"director-b", "430525101000", FQ_ROLE_DIRECTOR},
    {"department-01", "430525-D01", FQ_ROLE_DEPARTMENT},
    {"officer-a1", GRID_A1, FQ_ROLE_OFFICER},
    {"officer-a2", GRID_A2, FQ_ROLE_OFFICER},
    {"officer-a3", GRID_A1, FQ_ROLE_OFFICER},
    {"officer-b1", GRID_B1, FQ_ROLE_OFFICER},
    {"admin", "430525", FQ_ROLE_ADMIN_SYSTEM},
    {"policy/p", "430525", FQ_ROLE_POLICY},
};
const size_t m_actor_count = sizeof m_actors / sizeof *m_actors;

const struct m_actor *m_actor(const char *name) {
  for (size_t x = 0; x < m_actor_count; x++)
    if (!strcmp(m_actors[x].name, name)) return &m_actors[x];
  return NULL;
}

static const char *parent(const char *org) {
  static const char *const tree[][2] = {
      {GRID_A1, "430525100201"},        {GRID_A2, "430525100201"},        {GRID_A3, "430525100201"},
      {GRID_B1, "430525101201"},        {GRID_C1, "430525102201"},        {"430525100201", "430525100000"},
      {"430525101201", "430525101000"}, {"430525102201", "430525102000"}, {"430525100000", "430525"},
      {"430525101000", "430525"},       {"430525102000", "430525"},       {"430525-D01", "430525"}};
  for (size_t x = 0; x < sizeof tree / sizeof *tree; x++)
    if (!strcmp(tree[x][0], org)) return tree[x][1];
  return NULL;
}

bool m_within(const char *org, const char *above) {
  for (; org; org = parent(org))
    if (!strcmp(org, above)) return true;
  return false;
}

/* ---- steps: "from>to", "<" for the state before ------------------------------------------------------- */

struct steps {
  const char *verb, *text;
};
static const struct steps steps[] = {
    {"accept", "reported>accepted returned>accepted"},
    {"dispatch", "reported>dispatched accepted>dispatched dispatched>dispatched handling>handling"},
    {"begin", "dispatched>handling handling>handling"},
    {"undispatch", "dispatched>accepted handling>accepted"},
    {"handle", "dispatched>handled handling>handled"},
    {"pass", "handled>verified"},
    {"fail", "handled>accepted"},
    {"close", "verified>closed"},
    {"return", "reported>returned accepted>returned"},
    {"escalate", "reported accepted dispatched handling handled"},
    {"comment", "reported accepted dispatched handling handled verified closed returned suspended voided"},
    {"urge", "reported accepted dispatched handling handled verified"},
    {"supervise", "reported accepted dispatched handling handled verified returned suspended"},
    {"suspend", "reported>suspended accepted>suspended dispatched>suspended handling>suspended"},
    {"resume", "suspended><"},
    {"reopen", "closed>accepted voided>accepted"},
    {"recall", "dispatched>accepted"},
    {"void", "reported>voided accepted>voided returned>voided"},
    {"assist", "dispatched handling"},
    {"rate", "closed"},
    {"own", "reported accepted dispatched handling"},
    {"merge", "reported>merged accepted>merged dispatched>merged handling>merged returned>merged"},
    {"transfer", "reported accepted dispatched handling"},
    {"attach", "reported accepted dispatched handling handled verified closed returned suspended"},
};
static const struct steps task_steps[] = {
    {"delivered",
     "sent>delivered delivered seen accepted arrived fed_back finished declined recalled expired"},
    {"seen", "sent>seen delivered>seen seen accepted arrived fed_back finished declined recalled expired"},
    {"accept", "sent>accepted delivered>accepted seen>accepted"},
    {"decline", "sent>declined delivered>declined seen>declined accepted>declined"},
    {"arrive", "sent>arrived delivered>arrived seen>arrived accepted>arrived"},
    {"feedback", "accepted>fed_back arrived>fed_back fed_back"},
    {"finish", "fed_back>finished"},
    {"expire", "sent>expired delivered>expired seen>expired"},
    {"recall", "sent>recalled delivered>recalled seen>recalled"},
    {"release",
     "sent>recalled delivered>recalled seen>recalled accepted>recalled arrived>recalled fed_back>recalled"},
    {"lead", "sent delivered seen accepted arrived fed_back"},
};

/* The word after `from` and '>', or `from` itself. */
static const char *find(const struct steps *table, size_t count, const char *verb, const char *from,
                        const char *before) {
  static char to[16];
  size_t len = strlen(from);
  for (size_t x = 0; x < count; x++) {
    if (strcmp(table[x].verb, verb)) continue;
    for (const char *p = table[x].text; *p; p += strcspn(p, " "), p += *p == ' ') {
      if (strncmp(p, from, len) || (p[len] != '>' && p[len] != ' ' && p[len])) continue;
      const char *is = p[len] == '>' ? p + len + 1 : p;
      if (*is == '<') return before;
      snprintf(to, sizeof to, "%.*s", (int)strcspn(is, " >"), is);
      return to;
    }
    return NULL;
  }
  fail_msg("no verb %s", verb);
  return NULL;
}

const char *m_step(const char *verb, const struct m_incident *i) {
  return find(steps, sizeof steps / sizeof *steps, verb, i->state, i->before);
}

const char *m_task_step(const char *verb, const struct m_task *t) {
  return find(task_steps, sizeof task_steps / sizeof *task_steps, verb, t->state, NULL);
}

bool m_task_open(const struct m_task *t) {
  static const char *const ended[] = {"finished", "declined", "recalled", "expired"};
  for (size_t x = 0; x < sizeof ended / sizeof *ended; x++)
    if (!strcmp(t->state, ended[x])) return false;
  return true;
}

size_t m_open_tasks(const struct m_incident *i, const struct m_task *but) {
  size_t n = 0;
  for (size_t x = 0; x < i->count; x++)
    n += &i->tasks[x] != but && m_task_open(&i->tasks[x]);
  return n;
}

static bool finished_there(const struct m_incident *i, int64_t round) {
  for (size_t x = 0; x < i->count; x++)
    if (!strcmp(i->tasks[x].state, "finished") && i->tasks[x].n > round && i->tasks[x].n > i->round)
      return true;
  return false;
}

/* On it, or on what turned out to be the same. */
static bool somebody_finished(const struct m_incident *i) {
  if (finished_there(i, i->round)) return true;
  for (size_t x = 0; x < m.count; x++)
    if (m.incidents[x].into == i->n && finished_there(&m.incidents[x], i->round)) return true;
  return false;
}

/* ---- rights ------------------------------------------------------------------------------------------ */

static const char *scope(const struct m_actor *a, const struct m_incident *i) {
  return m_within(i->org, a->org) ? "" : "scope";
}

const char *m_may_desk(const struct m_actor *a, const struct m_incident *i) {
  if (a->roles & FQ_ROLE_POLICY) return "";
  if (!(a->roles & DESK)) return "incident.foreign";
  return !strcmp(a->org, i->owner_org) ? "" : scope(a, i);
}

static bool sits_at(const struct m_actor *a, const char *unit) {
  return (a->roles & (DESK | FQ_ROLE_DEPARTMENT)) && !strcmp(a->org, unit);
}

const char *m_may_involved(const struct m_actor *a, const struct m_incident *i) {
  if (!strcmp(a->name, i->reporter) || sits_at(a, i->owner_org)) return "";
  for (size_t x = 0; x < i->count; x++) {
    const struct m_task *t = &i->tasks[x];
    if (!strcmp(t->state, "declined") || !strcmp(t->state, "recalled") || !strcmp(t->state, "expired"))
      continue;
    if (!strcmp(t->user, a->name) || sits_at(a, t->unit)) return "";
  }
  if (sits_at(a, i->owner_org)) return "";
  if (i->signing && sits_at(a, "430525-D01")) return NULL;
  return m_may_desk(a, i);
}

const char *m_may_owner(const struct m_actor *a, const struct m_incident *i) {
  if ((a->roles & FQ_ROLE_POLICY) || sits_at(a, i->owner_org)) return "";
  if (!(a->roles & DESK)) return "incident.foreign";
  return m_within(i->owner_org, a->org) ? "" : "scope";
}

const char *m_may_task_desk(const struct m_actor *a, const struct m_incident *i) {
  return (a->roles & DESK) && !strcmp(a->org, i->owner_org) ? "" : scope(a, i);
}

/* The desks, and the lead himself. */
const char *m_may_assist(const struct m_actor *a, const struct m_incident *i) {
  const char *no = m_may_involved(a, i);
  if (!no || *no || (a->roles & (DESK | FQ_ROLE_POLICY))) return no;
  for (size_t x = 0; x < i->count; x++) {
    const struct m_task *t = &i->tasks[x];
    if (t->lead && m_task_open(t) && (!strcmp(t->user, a->name) || sits_at(a, t->unit))) return "";
  }
  return "task.not_lead";
}

const char *m_may_task(const struct m_actor *a, const struct m_incident *i, const struct m_task *t) {
  if (a->roles & FQ_ROLE_POLICY) return "";
  if (!strcmp(t->user, a->name) || sits_at(a, t->unit)) return "";
  return a->roles & DESK ? scope(a, i) : "task.foreign";
}

/* ---- effects ----------------------------------------------------------------------------------------- */

void m_move(struct m_incident *i, const char *state) {
  char to[16];
  snprintf(to, sizeof to, "%s", state);
  if (!strcmp(to, "suspended") && strcmp(i->state, "suspended"))
    snprintf(i->before, sizeof i->before, "%s", i->state);
  memcpy(i->state, to, sizeof to);
  if (strcmp(to, "suspended")) i->wake_ms = 0;
  i->rev++;
}

void m_task_move(struct m_task *t, const char *state) {
  snprintf(t->state, sizeof t->state, "%s", state);
  if (!strcmp(state, "accepted") || !strcmp(state, "arrived")) t->accepted = true;
  t->rev++;
}

bool m_led(const struct m_incident *i) {
  for (size_t x = 0; x < i->count; x++) {
    const struct m_task *t = &i->tasks[x];
    if (t->lead && (m_task_open(t) || (!strcmp(t->state, "finished") && t->n > i->round))) return true;
  }
  return false;
}

/* Who leads and goes hands the lead on: to who has accepted first, then to who was sent first. */
static void pass_lead(struct m_incident *i, const struct m_task *from) {
  struct m_task *to = NULL;
  for (size_t x = 0; x < i->count; x++) {
    struct m_task *t = &i->tasks[x];
    if (m_task_open(t) && t != from && (!to || (t->accepted && !to->accepted))) to = t;
  }
  if (to) to->lead = true;
}

struct m_task *m_send(struct m_incident *i, const char *id, const struct m_actor *to, bool lead) {
  if (i->count == TASKS) broken("more tasks than the model holds");
  for (size_t x = 0; lead && x < i->count; x++)
    if (m_task_open(&i->tasks[x])) i->tasks[x].lead = false;
  struct m_task *t = &i->tasks[i->count++];
  memset(t, 0, sizeof *t);
  snprintf(t->id, sizeof t->id, "%s", id);
  bool unit = to->roles & FQ_ROLE_DEPARTMENT;
  snprintf(unit ? t->unit : t->user, FQ_ID_MAX, "%s", unit ? to->org : to->name);
  snprintf(t->state, sizeof t->state, "sent");
  t->n = strtoll(t->id + 1, NULL, 10);
  t->rev = 1;
  t->lead = lead;
  return t;
}

/* The last one gone: done when somebody finished, else somebody has to be sent. */
void m_lapse(struct m_incident *i, struct m_task *t, const char *state) {
  m_task_move(t, state);
  if (t->lead && strcmp(state, "finished")) pass_lead(i, t);
  if (m_open_tasks(i, NULL)) return;
  const char *to = m_step(somebody_finished(i) ? "handle" : "undispatch", i);
  if (to) m_move(i, to);
}

/* Back to where it was; with nobody left on it, it waits for a dispatch. */
void m_resume(struct m_incident *i) {
  bool sent = !strcmp(i->before, "dispatched") || !strcmp(i->before, "handling");
  m_move(i, sent && !m_open_tasks(i, NULL) ? "accepted" : i->before);
}

void m_pass_time(int64_t to_ms) {
  for (;;) {
    struct m_incident *of = NULL;
    struct m_task *next = NULL;
    int64_t due_ms = INT64_MAX;
    for (size_t x = 0; x < m.count; x++) {
      struct m_incident *i = &m.incidents[x];
      for (size_t k = 0; k < i->count; k++) {
        struct m_task *t = &i->tasks[k];
        if (!t->expires_ms || t->expires_ms > due_ms || !m_task_step("expire", t)) continue;
        /* at the same moment in the order of their timers' names */
        if (t->expires_ms == due_ms && (!next || strcmp(t->id, next->id) > 0)) continue;
        next = t, of = i, due_ms = t->expires_ms;
      }
      if (i->wake_ms && i->wake_ms <= due_ms) next = NULL, of = i, due_ms = i->wake_ms;
    }
    if (due_ms > to_ms) break;
    if (next)
      m_lapse(of, next, "expired");
    else
      m_resume(of);
  }
  m.now_ms = to_ms;
}

static void take(char *out, size_t cap, const fq_json *from, const char *member) {
  const char *s = fq_json_str(from, member);
  snprintf(out, cap, "%s", s ? s : "");
}

void m_read_back(struct m_incident *i) {
  const fq_json *j = incident(i->id), *owner = fq_json_get(j, "owner");
  fq_stmt *q =
      fq_sql(fq_kernel_db(w.kernel),
             "SELECT before, round, suspended_until_ms, solved_by, merged_into FROM incident WHERE n = ?1",
             "i", i->n);
  if (fq_row(q)) {
    const char *before = fq_col_str(q, 0), *solved = fq_col_str(q, 3);
    snprintf(i->before, sizeof i->before, "%s", before ? before : "");
    i->round = fq_col_int(q, 1);
    i->into = fq_col_int(q, 4);
    i->wake_ms = fq_col_int(q, 2) ? fq_col_int(q, 2) - w.t0_ms : 0;
    snprintf(i->solved_by, sizeof i->solved_by, "%s", solved ? solved : "");
    fq_done(q);
  }
  take(i->org, sizeof i->org, j, "org");
  take(i->reporter, sizeof i->reporter, j, "reporter");
  take(i->state, sizeof i->state, j, "state");
  take(i->owner_org, sizeof i->owner_org, owner, "org");
  take(i->owner_level, sizeof i->owner_level, owner, "level");
  i->rev = fq_json_int(j, "rev", 0);
  i->count = 0;
  fq_json_each(row, fq_json_get(j, "tasks")) {
    if (i->count == TASKS) broken("%s has more tasks than the model holds", i->id);
    struct m_task *t = &i->tasks[i->count++];
    const fq_json *to = fq_json_get(row, "to");
    const char *expires = fq_json_str(row, "expires_at"), *team = fq_json_str(to, "team");
    take(t->id, sizeof t->id, row, "id");
    take(t->state, sizeof t->state, row, "state");
    take(t->accepted_by, sizeof t->accepted_by, row, "accepted_by");
    q = fq_sql(fq_kernel_db(w.kernel), "SELECT finished_by FROM task WHERE n = ?1", "i",
               strtoll(t->id + 1, NULL, 10));
    if (fq_row(q)) {
      const char *by = fq_col_str(q, 0);
      snprintf(t->finished_by, sizeof t->finished_by, "%s", by ? by : "");
      fq_done(q);
    }
    take(t->user, sizeof t->user, to, "user");
    take(t->unit, sizeof t->unit, to, "unit");
    if (team) snprintf(t->unit, sizeof t->unit, "%s", team);
    t->n = strtoll(t->id + 1, NULL, 10);
    t->rev = fq_json_int(row, "rev", 0);
    t->lead = !strcmp(fq_json_str(row, "role"), "lead");
    t->accepted = fq_json_str(row, "accepted_at") != NULL;
    t->expires_ms = expires ? fq_time_parse(expires) - w.t0_ms : 0;
  }
}
