/*
 * watch.c - the memory of one telling of the stretch: every entry about incidents, tasks and clocks leaves a
 * mark. The county's own telling and those of the worlds go through the same code, so that what is compared
 * is measured alike.
 */
#include <stdlib.h>
#include <string.h>

#include "projection/projection.h"

/* ---- places by key ---------------------------------------------------------------------------------- */

uint64_t pj_hash(const char *text) { /* FNV-1a */
  uint64_t h = 14695981039346656037ULL;
  for (; text && *text; text++)
    h = (h ^ (unsigned char)*text) * 1099511628211ULL;
  return h;
}

static size_t slot_of(const struct pj_index *x, uint64_t key) {
  size_t s = (size_t)((key * 0x9E3779B97F4A7C15ULL) >> 17) & (x->cap - 1);
  while (x->slots[s].at1 && x->slots[s].key != key)
    s = (s + 1) & (x->cap - 1);
  return s;
}

size_t pj_find(const struct pj_index *x, uint64_t key) {
  return x->cap ? x->slots[slot_of(x, key)].at1 - 1 : PJ_NONE;
}

void pj_put(struct pj_index *x, uint64_t key, size_t at) {
  if (x->count * 2 >= x->cap) {
    struct pj_index more = {.cap = x->cap ? x->cap * 2 : 64};
    more.slots = calloc(more.cap, sizeof *more.slots);
    for (size_t s = 0; s < x->cap; s++)
      if (x->slots[s].at1) more.slots[slot_of(&more, x->slots[s].key)] = x->slots[s], more.count++;
    free(x->slots);
    *x = more;
  }
  size_t s = slot_of(x, key);
  x->count += !x->slots[s].at1;
  x->slots[s] = (struct pj_slot){.key = key, .at1 = at + 1};
}

/* Room for one more in a growing array. */
#define GROW(m, what)                                                                                        \
  do {                                                                                                       \
    if ((m)->what##_count == (m)->what##_cap) {                                                              \
      (m)->what##_cap = (m)->what##_cap ? (m)->what##_cap * 2 : 64;                                          \
      (m)->what##_list = realloc((m)->what##_list, (m)->what##_cap * sizeof *(m)->what##_list);              \
    }                                                                                                        \
  } while (0)

void *pj_memory(int64_t from_ms, int64_t to_ms) {
  struct pj_memory *m = calloc(1, sizeof *m);
  m->from_ms = from_ms;
  m->to_ms = to_ms;
  return m;
}

void pj_forget(void *memory) {
  struct pj_memory *m = memory;
  for (size_t i = 0; i < m->incident_count; i++) {
    free(m->incident_list[i].title);
    free(m->incident_list[i].sent);
    free(m->incident_list[i].raised);
    free(m->incident_list[i].carded);
    free(m->incident_list[i].clocks);
  }
  free(m->incident_list);
  free(m->task_list);
  free(m->officer_list);
  free(m->seen_list);
  free(m->by_n.slots);
  free(m->by_task.slots);
  free(m->by_user.slots);
  free(m);
}

const struct pj_incident *pj_incident(const struct pj_memory *m, int64_t n) {
  size_t at = pj_find(&m->by_n, (uint64_t)n);
  return at == PJ_NONE ? NULL : &m->incident_list[at];
}

const struct pj_task *pj_task(const struct pj_memory *m, int64_t n) {
  size_t at = pj_find(&m->by_task, (uint64_t)n);
  return at == PJ_NONE ? NULL : &m->task_list[at];
}

static struct pj_incident *new_incident(struct pj_memory *m, int64_t n) {
  GROW(m, incident);
  struct pj_incident *i = &m->incident_list[m->incident_count];
  *i = (struct pj_incident){.n = n};
  pj_put(&m->by_n, (uint64_t)n, m->incident_count++);
  return i;
}

static size_t officer_of(struct pj_memory *m, const char *user, const char *name) {
  if (!user || !*user) return PJ_NONE;
  size_t at = pj_find(&m->by_user, pj_hash(user));
  if (at != PJ_NONE) return at;
  GROW(m, officer);
  struct pj_officer *o = &m->officer_list[m->officer_count];
  *o = (struct pj_officer){0};
  dp_text(o->user, sizeof o->user, user);
  dp_text(o->name, sizeof o->name, name);
  pj_put(&m->by_user, pj_hash(user), m->officer_count);
  return m->officer_count++;
}

static struct pj_task *new_task(struct pj_memory *m, int64_t n, size_t incident) {
  GROW(m, task);
  struct pj_task *t = &m->task_list[m->task_count];
  *t = (struct pj_task){.n = n, .incident = incident, .officer = PJ_NONE};
  pj_put(&m->by_task, (uint64_t)n, m->task_count++);
  return t;
}

bool pj_night(int64_t at_ms) {
  int64_t hour = (at_ms / 3600000 + 8) % 24;
  return hour >= 22 || hour < 6;
}

static void seen(struct pj_memory *m, enum pj_wait w, size_t incident, int64_t since_ms, int64_t at_ms,
                 int slice, bool ended) {
  if (!since_ms || at_ms < since_ms || !m->incident_list[incident].told) return;
  GROW(m, seen);
  m->seen_list[m->seen_count++] = (struct pj_seen){.ms = at_ms - since_ms,
                                                   .incident = incident,
                                                   .wait = (uint8_t)w,
                                                   .slice = (uint8_t)slice,
                                                   .ended = ended};
}

static void line(char **text, const char *s) {
  if (!s || !*s) return;
  size_t had = *text ? strlen(*text) : 0, more = strlen(s);
  *text = realloc(*text, had + more + 2);
  if (had) (*text)[had++] = '\n';
  memcpy(*text + had, s, more + 1);
}

/* ---- incidents ---------------------------------------------------------------------------------------- */

/* Nobody is on it from now on, or somebody is. */
static void idle(struct pj_memory *m, struct pj_incident *i, int64_t since_ms, int64_t now_ms, bool by_hand) {
  size_t at = (size_t)(i - m->incident_list);
  if (i->idle_ms && i->asked_ms)
    seen(m, PJ_TAKE, at, i->asked_ms, now_ms, pj_night(i->asked_ms), by_hand);
  else if (i->idle_ms)
    seen(m, PJ_SEND, at, i->idle_ms, now_ms, pj_night(i->idle_ms), by_hand);
  i->idle_ms = since_ms;
  i->asked_ms = 0;
}

static void owned(struct pj_incident *i, const fq_json *data) {
  const fq_json *owner = fq_json_get(data, "owner");
  if (!owner) return;
  dp_text(i->owner, sizeof i->owner, fq_json_str(owner, "org"));
  dp_text(i->owner_name, sizeof i->owner_name, fq_json_str(owner, "name"));
  dp_text(i->owner_level, sizeof i->owner_level, fq_json_str(owner, "level"));
}

static void reported(struct pj_memory *m, const struct fq_entry *e) {
  const fq_json *d = e->data;
  const char *title = fq_json_str(d, "title");
  struct pj_incident *i = new_incident(m, dp_id_n(e->subject, 'i'));
  i->told = e->at_ms >= m->from_ms && e->at_ms < m->to_ms;
  i->number = fq_json_int(d, "number", 0);
  i->level = (int)fq_json_int(d, "level", 4);
  i->title = strdup(title ? title : "");
  dp_text(i->category, sizeof i->category, fq_json_str(d, "category"));
  dp_text(i->township, sizeof i->township, fq_json_str(d, "township"));
  owned(i, d);
  i->at_ms[DP_M_OCCURRED] = fq_time_parse(fq_json_str(d, "occurred_at"));
  i->at_ms[DP_M_REPORTED] = e->at_ms;
  i->idle_ms = fq_json_bool(d, "solved", false) ? 0 : e->at_ms;
}

/* A rule's doing bears its name; a person's does not, for it differs by nothing but the desk's luck. */
static void by_rule(char **lines, const struct fq_entry *e) {
  char text[FQ_ID_MAX + 600];
  const char *reason = fq_json_str(e->data, "reason");
  if (!reason) reason = fq_json_str(e->data, "note");
  snprintf(text, sizeof text, "%s\t%.500s", strncmp(e->actor, "policy/", 7) ? "" : e->actor + 7,
           reason ? reason : "");
  line(lines, text);
}

static void asked(struct pj_memory *m, struct pj_incident *i, const struct fq_entry *e) {
  if (i->asked_ms)
    seen(m, PJ_TAKE, (size_t)(i - m->incident_list), i->asked_ms, e->at_ms, pj_night(i->asked_ms), false);
  i->asked_ms = 0;
  if (!fq_json_get(e->data, "asked")) return;
  i->asked_ms = e->at_ms;
  i->asks++;
}

static void verified(struct pj_memory *m, struct pj_incident *i, const struct fq_entry *e) {
  bool pass = fq_json_bool(e->data, "pass", true);
  int64_t since_ms = i->at_ms[DP_M_HANDLED];
  seen(m, PJ_VERIFY, (size_t)(i - m->incident_list), since_ms, e->at_ms, pj_night(since_ms), true);
  m->could[PJ_S_FAIL] += i->told;
  m->did[PJ_S_FAIL] += i->told && !pass;
  if (pass) {
    i->at_ms[DP_M_VERIFIED] = e->at_ms;
  } else {
    i->at_ms[DP_M_HANDLED] = 0;
    if (!i->open) idle(m, i, e->at_ms, e->at_ms, false);
  }
}

/* Somebody was sent, or it is over: nobody accepts the report any more. */
static void not_received(struct pj_memory *m, const struct pj_incident *i, int64_t at_ms) {
  if (i->at_ms[DP_M_ACCEPTED] || i->at_ms[DP_M_DISPATCHED] || i->at_ms[DP_M_HANDLED]) return;
  int64_t since_ms = i->at_ms[DP_M_REPORTED];
  seen(m, PJ_RECEIVE, (size_t)(i - m->incident_list), since_ms, at_ms, pj_night(since_ms), false);
}

static void ended(struct pj_memory *m, struct pj_incident *i, const struct fq_entry *e) {
  not_received(m, i, e->at_ms);
  idle(m, i, 0, e->at_ms, false);
  i->ended_ms = e->at_ms;
}

static void about_incident(struct pj_memory *m, struct pj_incident *i, const char *verb,
                           const struct fq_entry *e) {
  const fq_json *d = e->data;
  size_t at = (size_t)(i - m->incident_list);
  bool by_hand = !e->cause;
  if (!strcmp(verb, "accepted")) {
    if (!i->at_ms[DP_M_ACCEPTED]) {
      int64_t since_ms = i->at_ms[DP_M_REPORTED];
      seen(m, PJ_RECEIVE, at, since_ms, e->at_ms, pj_night(since_ms), by_hand);
      i->at_ms[DP_M_ACCEPTED] = e->at_ms;
    }
  } else if (!strcmp(verb, "dispatched")) {
    not_received(m, i, e->at_ms);
    if (!i->at_ms[DP_M_DISPATCHED]) i->at_ms[DP_M_DISPATCHED] = e->at_ms;
    i->sends++;
    idle(m, i, 0, e->at_ms, by_hand);
  } else if (!strcmp(verb, "handled")) {
    i->at_ms[DP_M_HANDLED] = e->at_ms;
    i->idle_ms = 0;
  } else if (!strcmp(verb, "verified")) {
    verified(m, i, e);
  } else if (!strcmp(verb, "closed")) {
    int64_t since_ms = i->at_ms[DP_M_VERIFIED];
    seen(m, PJ_CLOSE, at, since_ms, e->at_ms, pj_night(since_ms), true);
    i->at_ms[DP_M_CLOSED] = e->at_ms;
    ended(m, i, e);
  } else if (!strcmp(verb, "voided") || !strcmp(verb, "merged")) {
    i->voided = true;
    ended(m, i, e);
  } else if (!strcmp(verb, "escalated")) {
    i->escalated++;
    by_rule(&i->raised, e);
    if (fq_json_bool(d, "by_itself", false)) asked(m, i, e);
  } else if (!strcmp(verb, "supervised")) {
    i->cards++;
    by_rule(&i->carded, e);
  } else if (!strcmp(verb, "suspended") || !strcmp(verb, "returned")) {
    idle(m, i, 0, e->at_ms, false);
  } else if (!strcmp(verb, "reopened")) {
    i->ended_ms = i->at_ms[DP_M_HANDLED] = i->at_ms[DP_M_VERIFIED] = i->at_ms[DP_M_CLOSED] = 0;
    idle(m, i, e->at_ms, e->at_ms, false);
  } else if (!strcmp(verb, "resumed") && !i->open && !i->at_ms[DP_M_HANDLED]) {
    idle(m, i, e->at_ms, e->at_ms, false);
  }
  owned(i, d);
}

/* ---- tasks ----------------------------------------------------------------------------------------------
 */

static void created(struct pj_memory *m, struct pj_incident *i, const struct fq_entry *e) {
  const fq_json *d = e->data;
  const char *user = fq_json_str(fq_json_get(d, "to"), "user"), *name = fq_json_str(d, "name");
  struct pj_task *t = new_task(m, dp_id_n(fq_json_str(d, "task"), 't'), (size_t)(i - m->incident_list));
  t->created_ms = e->at_ms;
  t->state = DP_T_SENT;
  t->nth = ++i->orders;
  i->open++;
  line(&i->sent, name ? name : user);
  t->officer = officer_of(m, user, name);
  if (t->officer != PJ_NONE) m->officer_list[t->officer].tasks++;
}

static void accepts(struct pj_memory *m, struct pj_task *t, int64_t at_ms) {
  seen(m, PJ_ANSWER, t->incident, t->created_ms, at_ms, pj_night(t->created_ms), true);
  m->could[PJ_S_DECLINE] += m->incident_list[t->incident].told;
  t->accepted_ms = at_ms;
  if (t->officer != PJ_NONE) t->load = (int)m->officer_list[t->officer].in_hand++;
}

static int loaded(const struct pj_task *t) {
  return t->load >= 2; /* a third task and more */
}

/* What he was about to do when the order was taken from him, or the stretch ended. */
static void cut_short(struct pj_memory *m, const struct pj_task *t, int64_t at_ms) {
  if (!t->accepted_ms)
    seen(m, PJ_ANSWER, t->incident, t->created_ms, at_ms, pj_night(t->created_ms), false);
  else if (!t->arrived_ms)
    seen(m, PJ_ARRIVE, t->incident, t->accepted_ms, at_ms, loaded(t), false);
  else
    seen(m, PJ_FINISH, t->incident, t->arrived_ms, at_ms, loaded(t), false);
}

static void task_ended(struct pj_memory *m, struct pj_task *t, int64_t at_ms) {
  t->ended_ms = at_ms;
  seen(m, PJ_CHECK_IN, t->incident, t->check_ms, at_ms, 0, false);
  m->incident_list[t->incident].open--;
  if (!t->accepted_ms || t->officer == PJ_NONE) return;
  struct pj_officer *o = &m->officer_list[t->officer];
  o->in_hand--;
  o->busy_ms += at_ms - (t->accepted_ms > m->from_ms ? t->accepted_ms : m->from_ms);
}

static void finished(struct pj_memory *m, struct pj_task *t, int64_t at_ms) {
  bool told = m->incident_list[t->incident].told;
  int64_t since_ms = t->arrived_ms ? t->arrived_ms : t->accepted_ms;
  seen(m, PJ_FINISH, t->incident, since_ms, at_ms, loaded(t), true);
  m->could[PJ_S_SKIP_ARRIVAL] += told;
  m->did[PJ_S_SKIP_ARRIVAL] += told && !t->arrived_ms;
  task_ended(m, t, at_ms);
}

/* From one sign of life to the next, asked for or not; an alarm begins it anew. */
static void check_in(struct pj_memory *m, struct pj_task *t, const char *verb, int64_t at_ms) {
  bool sign = !strcmp(verb, "checked_in"), missed = !strcmp(verb, "check_in_missed");
  if (sign || missed || !strcmp(verb, "checkin_stopped"))
    seen(m, PJ_CHECK_IN, t->incident, t->check_ms, at_ms, 0, sign);
  if (sign || missed || !strcmp(verb, "checkin_started")) {
    t->check_ms = at_ms;
    t->checks++;
  } else if (!strcmp(verb, "checkin_stopped")) {
    t->check_ms = 0;
  } else if (!strcmp(verb, "checkin_cleared")) {
    seen(m, PJ_CLEAR, t->incident, t->alarm_ms, at_ms, 0, true);
    t->alarm_ms = 0;
  }
  if (missed && !t->alarm_ms) t->alarm_ms = at_ms;
}

static void about_task(struct pj_memory *m, const char *verb, const struct fq_entry *e) {
  const fq_json *d = e->data;
  size_t at = pj_find(&m->by_task, (uint64_t)dp_id_n(fq_json_str(d, "task"), 't'));
  if (at == PJ_NONE) return;
  struct pj_task *t = &m->task_list[at];
  const char *state = fq_json_str(d, "state");
  if (!strncmp(verb, "check", 5)) {
    check_in(m, t, verb, e->at_ms);
    return;
  }
  if (t->ended_ms) return;
  if (state && dp_task_state_of(state)) t->state = dp_task_state_of(state);
  if (!strcmp(verb, "delivered") && !t->delivered_ms) {
    seen(m, PJ_DELIVER, t->incident, t->created_ms, e->at_ms, 0, true);
    t->delivered_ms = e->at_ms;
  } else if (!strcmp(verb, "accepted")) {
    accepts(m, t, e->at_ms);
  } else if (!strcmp(verb, "arrived")) {
    if (!t->accepted_ms) accepts(m, t, e->at_ms);
    seen(m, PJ_ARRIVE, t->incident, t->accepted_ms, e->at_ms, loaded(t), true);
    t->arrived_ms = e->at_ms;
  } else if (!strcmp(verb, "fed_back")) {
    if (!t->fed_back_ms) t->fed_back_ms = e->at_ms;
  } else if (!strcmp(verb, "finished")) {
    finished(m, t, e->at_ms);
  } else if (!strcmp(verb, "declined") || !strcmp(verb, "recalled") || !strcmp(verb, "expired")) {
    bool declined = *verb == 'd';
    if (declined && !t->accepted_ms) {
      seen(m, PJ_ANSWER, t->incident, t->created_ms, e->at_ms, pj_night(t->created_ms), true);
      m->could[PJ_S_DECLINE] += m->incident_list[t->incident].told;
      m->did[PJ_S_DECLINE] += m->incident_list[t->incident].told;
    } else {
      cut_short(m, t, e->at_ms);
    }
    task_ended(m, t, e->at_ms);
  }
  struct pj_incident *i = &m->incident_list[t->incident];
  const char *moved = fq_json_str(d, "incident_state");
  if (moved && !i->open && (!strcmp(moved, "reported") || !strcmp(moved, "accepted")))
    idle(m, i, e->at_ms, e->at_ms, false);
}

/* ---- clocks ---------------------------------------------------------------------------------------------
 */

static void about_clock(struct pj_incident *i, const char *verb, const struct fq_entry *e) {
  const fq_json *d = e->data;
  const char *policy = fq_json_str(d, "policy"), *name = fq_json_str(d, "clock");
  if (!policy || !name) return;
  struct pj_clock *k = NULL;
  for (size_t x = 0; x < i->clock_count && !k; x++)
    if (!strcmp(i->clocks[x].policy, policy) && !strcmp(i->clocks[x].name, name)) k = &i->clocks[x];
  if (!strcmp(verb, "started") && !k) {
    i->clocks = realloc(i->clocks, (i->clock_count + 1) * sizeof *i->clocks);
    k = &i->clocks[i->clock_count++];
    *k = (struct pj_clock){.limit_ms = fq_json_int(d, "limit_ms", 0),
                           .from_ms = fq_time_parse(fq_json_str(d, "from_at")),
                           .to = dp_milestone_of(fq_json_str(d, "to"))};
    dp_text(k->policy, sizeof k->policy, policy);
    dp_text(k->name, sizeof k->name, name);
    dp_text(k->title, sizeof k->title, fq_json_str(d, "title"));
  } else if (k && !strcmp(verb, "breached")) {
    k->breached_ms = e->at_ms;
  } else if (k && !strcmp(verb, "moved") && k->breached_ms) {
    k->breached_ms = 0; /* extended: whole again */
  }
}

void pj_see(void *memory, const struct fq_entry *e) {
  struct pj_memory *m = memory;
  if (!strcmp(e->kind, "incident.reported")) {
    reported(m, e);
    return;
  }
  const char *dot = strchr(e->kind, '.');
  size_t at = dot ? pj_find(&m->by_n, (uint64_t)dp_id_n(e->subject, 'i')) : PJ_NONE;
  if (at == PJ_NONE) return;
  struct pj_incident *i = &m->incident_list[at];
  if (!strncmp(e->kind, "incident.", 9))
    about_incident(m, i, dot + 1, e);
  else if (!strcmp(e->kind, "task.created"))
    created(m, i, e);
  else if (!strncmp(e->kind, "task.", 5))
    about_task(m, dot + 1, e);
  else if (!strncmp(e->kind, "clock.", 6))
    about_clock(i, dot + 1, e);
  else if (!strcmp(e->kind, "ladder.started"))
    asked(m, i, e), owned(i, e->data);
  else if (!strcmp(e->kind, "ladder.stopped") && i->asked_ms)
    asked(m, i, e);
}

/* ---- what was under way -------------------------------------------------------------------------------- */

static void remember_tasks(struct pj_memory *m, fq_db *db) {
  fq_stmt *q = fq_sql(db,
                      "SELECT t.n, t.incident, t.state, t.to_user, t.name, t.created_ms, t.accepted_ms,"
                      " t.arrived_ms, t.fed_back_ms FROM task t JOIN incident i ON i.n = t.incident"
                      " WHERE t.ended_ms IS NULL AND i.ended_ms IS NULL ORDER BY t.n",
                      "");
  while (fq_row(q)) {
    size_t at = pj_find(&m->by_n, (uint64_t)fq_col_int(q, 1));
    if (at == PJ_NONE) continue;
    struct pj_incident *i = &m->incident_list[at];
    struct pj_task *t = new_task(m, fq_col_int(q, 0), at);
    t->state = dp_task_state_of(fq_col_str(q, 2));
    t->officer = officer_of(m, fq_col_str(q, 3), fq_col_str(q, 4));
    t->created_ms = fq_col_int(q, 5);
    t->accepted_ms = fq_col_int(q, 6);
    t->arrived_ms = fq_col_int(q, 7);
    t->fed_back_ms = fq_col_int(q, 8);
    t->nth = ++i->orders;
    i->open++;
    i->idle_ms = 0;
    if (t->accepted_ms && t->officer != PJ_NONE) t->load = (int)m->officer_list[t->officer].in_hand++;
  }
}

void pj_remember(struct pj_memory *m, fq_db *db) {
  fq_stmt *q =
      fq_sql(db,
             "SELECT n, number, level, category, township, owner_org, owner_level, state, reported_ms,"
             " handled_ms, verified_ms, updated_ms, (SELECT 1 FROM climb c WHERE c.incident = n)"
             " FROM incident WHERE ended_ms IS NULL ORDER BY n",
             "");
  while (fq_row(q)) {
    struct pj_incident *i = new_incident(m, fq_col_int(q, 0));
    i->number = fq_col_int(q, 1);
    i->level = (int)fq_col_int(q, 2);
    dp_text(i->category, sizeof i->category, fq_col_str(q, 3));
    dp_text(i->township, sizeof i->township, fq_col_str(q, 4));
    dp_text(i->owner, sizeof i->owner, fq_col_str(q, 5));
    dp_text(i->owner_level, sizeof i->owner_level, fq_col_str(q, 6));
    enum dp_state state = dp_state_of(fq_col_str(q, 7));
    i->at_ms[DP_M_REPORTED] = fq_col_int(q, 8);
    i->at_ms[DP_M_HANDLED] = state == DP_HANDLED || state == DP_VERIFIED ? fq_col_int(q, 9) : 0;
    i->at_ms[DP_M_VERIFIED] = state == DP_VERIFIED ? fq_col_int(q, 10) : 0;
    if (state == DP_REPORTED || state == DP_ACCEPTED) i->idle_ms = fq_col_int(q, 11);
    if (i->idle_ms && fq_col_int(q, 12)) i->asked_ms = i->idle_ms;
  }
  remember_tasks(m, db);
}

/* What has not come to an end by the end of the stretch was waited for at least so long. */
void pj_cut(struct pj_memory *m) {
  for (size_t x = 0; x < m->task_count; x++)
    if (!m->task_list[x].ended_ms) cut_short(m, &m->task_list[x], m->to_ms);
  for (size_t x = 0; x < m->incident_count; x++) {
    struct pj_incident *i = &m->incident_list[x];
    if (i->ended_ms) continue;
    const int64_t *at_ms = i->at_ms;
    if (i->idle_ms) idle(m, i, 0, m->to_ms, false);
    not_received(m, i, m->to_ms);
    if (at_ms[DP_M_HANDLED] && !at_ms[DP_M_VERIFIED])
      seen(m, PJ_VERIFY, x, at_ms[DP_M_HANDLED], m->to_ms, pj_night(at_ms[DP_M_HANDLED]), false);
    if (at_ms[DP_M_VERIFIED])
      seen(m, PJ_CLOSE, x, at_ms[DP_M_VERIFIED], m->to_ms, pj_night(at_ms[DP_M_VERIFIED]), false);
  }
}
