/*
 * Random commands by random people, thousands of them, against a reference model: each is foretold to succeed
 * or to be refused with a certain code, and afterwards the incident is compared; what must hold after any
 * step is checked as it goes. The clock moves at random, timers fire, the server restarts. A failure tells
 * the seed and the last steps.
 *
 *   FQ_SEED=7 FQ_STEPS=20000 tests/unit/test_dispatch_model     another run, or a longer one
 *   FQ_TRACE=i1153                                                  ... with all that is done to that
 * incident
 */
#include "dispatch_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- dice, and what to say when they fall badly ---------------------------------------------------------
 */

static uint64_t seed, dice_state;
static uint32_t dice(uint32_t sides) {
  dice_state = dice_state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(dice_state >> 33) % sides;
}

enum { LAST = 30 };
static char last[LAST][1400];
static unsigned step_number;

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...) {
  va_list ap;
  char *line = last[step_number % LAST];
  int n = snprintf(line, sizeof last[0], "%6u %+10.3f s  ", step_number, (double)m.now_ms / 1000);
  va_start(ap, format);
  vsnprintf(line + n, sizeof last[0] - (size_t)n, format, ap);
  va_end(ap);
}

void broken(const char *what, ...) {
  char text[2000];
  va_list ap;
  va_start(ap, what);
  vsnprintf(text, sizeof text, what, ap);
  va_end(ap);
  for (unsigned x = step_number >= LAST ? step_number - LAST + 1 : 0; x <= step_number; x++)
    print_error("%s\n", last[x % LAST]);
  print_error("FQ_SEED=%llu FQ_STEPS=%u, at step %u: %s\n", (unsigned long long)seed, step_number + 1,
              step_number, text);
  fail();
  abort();
}

/* ---- the table of commands ------------------------------------------------------------------------------
 */

/* What is asked, of whom, of what. */
struct order {
  const struct verb *verb;
  const struct m_actor *who;
  struct m_incident *i, *other; /* other: what it is merged with or split from */
  struct m_task *t;
  char params[1200];
  const char *expect; /* the code it will be refused with, "" when it succeeds, NULL: not foretold */
  bool stale, flag;
  const char *word;
  int64_t number;
  int leads; /* which of `to` is to lead; -1: none is said to */
  const struct m_actor *to[3];
};

enum target { OF_NOTHING, OF_ANY, OF_DESK, OF_OWNER, OF_INVOLVED, OF_LEAD, OF_TASK, OF_TASK_DESK };

#define DESK  (FQ_ROLE_DISPATCHER | FQ_ROLE_COMMANDER | FQ_ROLE_DIRECTOR)
#define FIELD (FQ_ROLE_OFFICER | FQ_ROLE_DEPARTMENT)
#define RULE  FQ_ROLE_POLICY

/* To extend: one line. Without `effect` the incident is read back and only the invariants are held against
 * it; without `step` the state is not foretold either. `params` adds to {"id": ...}; `refuse` tells of
 * reasons beyond rights, revision and state; FREE as roles: whoever is asked may or may not, the model does
 * not say. */
struct verb {
  const char *method;
  int weight;
  uint32_t roles;
  enum target target;
  const char *step;
  void (*params)(struct order *o);
  const char *(*refuse)(struct order *o);
  void (*effect)(struct order *o);
};

__attribute__((format(printf, 2, 3))) static void add(struct order *o, const char *format, ...) {
  size_t n = strlen(o->params);
  va_list ap;
  va_start(ap, format);
  vsnprintf(o->params + n, sizeof o->params - n, format, ap);
  va_end(ap);
}

static const char *one_of(const char *const *words, size_t count) {
  return words[dice((uint32_t)count)];
}
#define ONE_OF(...)                                                                                          \
  one_of((const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* params */
static void p_reason(struct order *o) {
  add(o, ",\"reason\":\"理由\"");
}
static void p_text(struct order *o) {
  add(o, ",\"text\":\"补充\"");
}
static void p_pass(struct order *o) {
  o->flag = dice(3) != 0;
  add(o, ",\"pass\":%s", o->flag ? "true" : "false");
}
static void p_card(struct order *o) {
  add(o, ",\"card\":\"%s\",\"note\":\"尽快\"", ONE_OF("yellow", "red", "black"));
}
static void p_escalate(struct order *o) {
  o->word = ONE_OF("village", "township", "county");
  add(o, ",\"to\":\"%s\",\"reason\":\"超时\"", o->word);
}
static void p_files(struct order *o) {
  add(o, ",\"attachments\":[\"%064u\"]", dice(5));
}
#define DEPARTMENT "430525-D01"
#define NOBODY     "430525102000"
static void p_transfer(struct order *o) {
  o->word = ONE_OF(DEPARTMENT, NOBODY, "430525", "430525100000", "430525101000", GRID_B1);
  add(o, ",\"to\":\"%s\",\"reason\":\"移交\"", o->word);
}
static void p_report(struct order *o) {
  static const char *const grids[] = {GRID_A1, GRID_A2,        GRID_A3,       GRID_B1,
                                      GRID_C1, "430525100201", "430525102000"};
  char occurred[32];
  fq_time_format(w.t0_ms + m.now_ms - (int64_t)dice(3000000), occurred);
  o->flag = !dice(8);
  o->word = one_of(grids, sizeof grids / sizeof *grids);
  snprintf(o->params, sizeof o->params,
           "{\"category\":\"%s\",\"level\":%u,\"title\":\"随机\",\"grid\":\"%s\",\"occurred_at\":\"%s\","
           "\"solved\":%s",
           ONE_OF("fire", "dispute", "flood"), 1 + dice(4), o->word, occurred, o->flag ? "true" : "false");
}
static const struct m_actor *somebody(void) {
  return m_actor(ONE_OF("officer-a1", "officer-a2", "officer-a3", "officer-b1", "department-01"));
}
static void add_whom(struct order *o, const struct m_actor *a) {
  bool unit = a->roles & FQ_ROLE_DEPARTMENT;
  add(o, "{\"%s\":\"%s\"", unit ? "unit" : "user", unit ? a->org : a->name);
}
static void add_terms(struct order *o) {
  if (!dice(4)) add(o, ",\"remind_ms\":%u", 1000 + dice(600000));
  if (dice(3)) return;
  o->number = 1000 + (int64_t)dice(1800000);
  add(o, ",\"expires_in_ms\":%lld", (long long)o->number);
}
static void p_dispatch(struct order *o) {
  int n = 1 + (int)dice(3);
  o->leads = strcmp(o->verb->step, "dispatch") || dice(5) ? -1 : (int)dice((uint32_t)n);
  add(o, ",\"to\":[");
  for (int x = 0; x < n; x++) {
    o->to[x] = somebody();
    if (x) add(o, ",");
    add_whom(o, o->to[x]);
    add(o, x == o->leads ? ",\"lead\":true}" : "}");
  }
  add(o, "]");
  add_terms(o);
}
static void p_reassign(struct order *o) {
  o->to[0] = somebody();
  add(o, ",\"reason\":\"改派\",\"to\":");
  add_whom(o, o->to[0]);
  add(o, "}");
  add_terms(o);
}
static void p_checkin(struct order *o) {
  add(o, ",\"every_ms\":%u", 600000 + dice(7200000));
}
static struct m_incident *by_number(int64_t n) {
  for (size_t x = m.count; x--;)
    if (m.incidents[x].n == n) return &m.incidents[x];
  return NULL;
}
/* The newest task, or nearly, that `sql` finds. */
static void choose_task(struct order *o, const char *sql) {
  fq_stmt *q = fq_sql(fq_kernel_db(w.kernel), sql, "i", (int64_t)(dice(2) * dice(3)));
  if (!fq_row(q)) return;
  int64_t n = fq_col_int(q, 0);
  o->i = by_number(fq_col_int(q, 1));
  fq_done(q);
  for (size_t t = 0; t < o->i->count; t++)
    if (o->i->tasks[t].n == n) o->t = &o->i->tasks[t];
  snprintf(o->params, sizeof o->params, "{\"id\":\"%s\"", o->t->id);
}
static void p_watched(struct order *o) {
  choose_task(
      o,
      "SELECT n, incident FROM task WHERE checkin_ms IS NOT NULL AND ended_ms IS NULL ORDER BY n DESC LIMIT 1"
      " OFFSET ?1");
}
static void p_alarm(struct order *o) {
  choose_task(o, "SELECT n, incident FROM task WHERE alarm_ms IS NOT NULL ORDER BY n DESC LIMIT 1 OFFSET ?1");
  add(o, ",\"note\":\"已联系上\"");
}
static void p_unreserve(struct order *o) {
  fq_stmt *q = fq_sql(
      fq_kernel_db(w.kernel),
      "SELECT incident, coalesce(to_user, to_unit), to_user IS NULL FROM reservation WHERE ended_ms IS NULL"
      " ORDER BY n DESC LIMIT 1",
      "");
  if (!fq_row(q)) {
    add(o, ",\"user\":\"officer-a1\"");
    return;
  }
  o->i = by_number(fq_col_int(q, 0));
  snprintf(o->params, sizeof o->params, "{\"id\":\"%s\",\"%s\":\"%s\"", o->i->id,
           fq_col_int(q, 2) ? "unit" : "user", fq_col_str(q, 1));
  fq_done(q);
}
static void p_reserve(struct order *o) {
  const struct m_actor *a = somebody();
  bool unit = a->roles & FQ_ROLE_DEPARTMENT;
  add(o, ",\"%s\":\"%s\"", unit ? "unit" : "user", unit ? a->org : a->name);
  if (dice(2)) add(o, ",\"for_ms\":%u", 1000 + dice(3600000));
}
static void p_clock(struct order *o) {
  static const char *const milestones[] = {"occurred", "reported", "accepted", "dispatched",
                                           "handled",  "verified", "closed"};
  uint32_t from = dice(dice(3) ? 2 : 4), to = from + 1 + dice(3);
  snprintf(o->params, sizeof o->params,
           "{\"incident\":\"%s\",\"name\":\"%s\",\"from\":\"%s\",\"to\":\"%s\",\"limit_ms\":%u%s", o->i->id,
           ONE_OF("one", "two", "three"), milestones[from], milestones[to],
           1000 + dice(dice(2) ? 7200000 : 172800000), dice(2) ? ",\"warn\":[0.5,0.8]" : "");
  if (!dice(4)) add(o, ",\"grace_ms\":%u", 1000 + dice(3600000));
  if (!dice(4)) add(o, ",\"pauses\":[\"%s\"]", ONE_OF("suspended", "returned"));
}
/* One of the newest that can still be stopped; else one there is none of. */
static void p_clock_name(struct order *o) {
  char name[FQ_ID_MAX] = "one";
  int64_t n = o->i->n;
  fq_stmt *q = fq_sql(fq_kernel_db(w.kernel),
                      "SELECT incident, name FROM clock WHERE state IN ('running', 'due_soon', 'paused')"
                      " AND (state = 'paused') = ?2 ORDER BY incident DESC, name LIMIT 1 OFFSET ?1",
                      "ii", (int64_t)(dice(2) * dice(4)), (int64_t)!strcmp(o->verb->method, "clock.resume"));
  if (fq_row(q)) {
    n = fq_col_int(q, 0);
    snprintf(name, sizeof name, "%s", fq_col_str(q, 1));
    fq_done(q);
  }
  o->i = by_number(n);
  snprintf(o->params, sizeof o->params, "{\"incident\":\"%s\",\"name\":\"%s\",\"policy\":\"p\"", o->i->id,
           name);
}

static void p_suspend(struct order *o) {
  add(o, ",\"reason\":\"等材料\"");
  if (dice(2)) return;
  o->number = 60000 + (int64_t)dice(7200000);
  add(o, ",\"for_ms\":%lld", (long long)o->number);
}
static void p_send_down(struct order *o) {
  add(o, ",\"to\":\"%s\",\"reason\":\"下派\"", ONE_OF("grid", "village", "township"));
}
static void p_rate(struct order *o) {
  add(o, ",\"score\":%u%s", 1 + dice(5), dice(2) ? ",\"by_phone\":true" : "");
}
static void p_countersign(struct order *o) {
  add(o, ",\"units\":[\"430525-D01\"],\"text\":\"请会签\"");
}
static void p_merge(struct order *o) {
  size_t window = m.count < 12 ? m.count : 12;
  o->other = &m.incidents[m.count - 1 - dice((uint32_t)window)];
  add(o, ",\"into\":\"%s\"", o->other->id);
}
/* The newest that is merged, and what it was merged into. */
static void p_split(struct order *o) {
  add(o, ",\"reason\":\"不是一件事\"");
  fq_stmt *q =
      fq_sql(fq_kernel_db(w.kernel), "SELECT source, target FROM merged ORDER BY source DESC LIMIT 1", "");
  if (!fq_row(q)) return;
  o->i = by_number(fq_col_int(q, 0));
  o->other = by_number(fq_col_int(q, 1));
  fq_done(q);
  snprintf(o->params, sizeof o->params, "{\"id\":\"%s\",\"reason\":\"不是一件事\"", o->i->id);
}
/* Where somebody is at work and a clock runs. */
static void p_extend(struct order *o) {
  fq_stmt *q = fq_sql(
      fq_kernel_db(w.kernel),
      "SELECT DISTINCT k.incident FROM clock k JOIN task t ON t.incident = k.incident AND t.ended_ms IS NULL"
      " WHERE k.state IN ('running', 'due_soon') ORDER BY 1 DESC LIMIT 1 OFFSET ?1",
      "i", (int64_t)(dice(2) * dice(3)));
  if (fq_row(q)) {
    o->i = by_number(fq_col_int(q, 0));
    snprintf(o->params, sizeof o->params, "{\"id\":\"%s\"", o->i->id);
    fq_done(q);
  }
  add(o, ",\"by_ms\":%u,\"reason\":\"路断\"", 60000 + dice(7200000));
}
/* The newest request still open, whatever it asks for. */
static void p_request(struct order *o) {
  fq_stmt *q = fq_sql(fq_kernel_db(w.kernel),
                      "SELECT n, incident FROM request WHERE state = 'open' ORDER BY n DESC LIMIT 1", "");
  if (fq_row(q)) {
    o->i = by_number(fq_col_int(q, 1));
    snprintf(o->params, sizeof o->params, "{\"id\":\"r%lld\"", (long long)fq_col_int(q, 0));
    fq_done(q);
  }
  if (!strcmp(o->verb->method, "request.refuse")) add(o, ",\"reason\":\"不必\"");
}
static void p_sign(struct order *o) {
  fq_stmt *q = fq_sql(fq_kernel_db(w.kernel),
                      "SELECT n, incident FROM countersign WHERE state = 'open' ORDER BY n DESC LIMIT 1", "");
  if (fq_row(q)) {
    o->i = by_number(fq_col_int(q, 1));
    snprintf(o->params, sizeof o->params, "{\"id\":\"c%lld\"", (long long)fq_col_int(q, 0));
    fq_done(q);
  }
  if (!strcmp(o->verb->method, "countersign.sign")) add(o, ",\"agree\":%s", dice(4) ? "true" : "false");
}

/* refusals beyond rights, revision and state */
static const char *r_verify(struct order *o) {
  if (!o->flag) return "";
  bool his = !strcmp(o->i->solved_by, o->who->name);
  for (size_t x = 0; x < o->i->count; x++) {
    const struct m_task *t = &o->i->tasks[x];
    if (strcmp(t->state, "finished") || t->n <= o->i->round) continue;
    his |= !strcmp(*t->user ? t->user : t->finished_by, o->who->name);
  }
  return his ? "incident.four_eyes" : o->i->signing ? NULL : "";
}
static const char *r_close(struct order *o) {
  return o->i->signing ? NULL : "";
}
/* What others were merged into is not void while they are; merging is read back, so this is not foretold. */
static const char *r_void(struct order *o) {
  return o->i->joined ? NULL : "";
}
static const char *r_escalate(struct order *o) {
  static const char *const rungs[] = {"grid", "village", "township", "county"};
  int to = 0, is = 0;
  for (int x = 0; x < 4; x++) {
    if (!strcmp(rungs[x], o->word)) to = x;
    if (!strcmp(rungs[x], o->i->owner_level)) is = x;
  }
  bool beside = !strcmp(o->i->owner_org, DEPARTMENT); /* the county's centre is above its departments */
  return to > is - beside ? "" : "incident.owner";
}
static bool is_for(const struct m_task *t, const struct m_actor *a) {
  return a->roles & FQ_ROLE_DEPARTMENT ? !strcmp(t->unit, a->org) : !strcmp(t->user, a->name);
}
static const char *r_dispatch(struct order *o) {
  for (int x = 0; x < 3 && o->to[x]; x++) {
    for (size_t t = 0; t < o->i->count; t++)
      if (m_task_open(&o->i->tasks[t]) && is_for(&o->i->tasks[t], o->to[x])) return "task.duplicate";
    for (int y = 0; y < x; y++)
      if (o->to[x] == o->to[y]) return "task.duplicate";
  }
  return "";
}
static const char *r_transfer(struct order *o) {
  if (!strcmp(o->word, o->i->owner_org)) return "incident.owner";
  return strcmp(o->word, NOBODY) ? "" : "unit.nobody";
}

/* effects */
static void e_step(struct order *o) {
  m_move(o->i, m_step(o->verb->step, o->i));
}
static void e_verify(struct order *o) {
  m_move(o->i, m_step(o->flag ? "pass" : "fail", o->i));
  if (o->flag) return;
  o->i->round = fq_json_int(w.result, "n", 0);
  *o->i->solved_by = '\0';
}
static void e_reopen(struct order *o) {
  e_step(o);
  *o->i->solved_by = '\0';
  o->i->round = fq_json_int(w.result, "n", 0);
}
static void e_resume(struct order *o) {
  m_resume(o->i);
}
static void e_suspend(struct order *o) {
  e_step(o);
  if (o->number) o->i->wake_ms = m.now_ms + o->number;
}
static void e_countersign(struct order *o) {
  o->i->signing = true;
  m_read_back(o->i);
}
static void e_merge(struct order *o) {
  o->i->joined = o->other->joined = true;
  m_read_back(o->i);
  m_read_back(o->other);
}
static void e_recall(struct order *o) {
  for (size_t t = 0; t < o->i->count; t++)
    if (m_task_open(&o->i->tasks[t])) m_task_move(&o->i->tasks[t], "recalled");
  e_step(o);
}
static void e_escalate(struct order *o) {
  const fq_json *owner = fq_json_get(w.result, "owner");
  e_step(o);
  snprintf(o->i->owner_org, FQ_ID_MAX, "%s", fq_json_str(owner, "org"));
  snprintf(o->i->owner_level, sizeof o->i->owner_level, "%s", fq_json_str(owner, "level"));
}
static void e_report(struct order *o) {
  if (m.count == INCIDENTS) broken("more incidents than the model holds");
  struct m_incident *i = o->i = &m.incidents[m.count++];
  const fq_json *owner = fq_json_get(w.result, "owner");
  memset(i, 0, sizeof *i);
  snprintf(i->id, sizeof i->id, "%s", fq_json_str(w.result, "id"));
  snprintf(i->org, sizeof i->org, "%s", o->word);
  snprintf(i->reporter, sizeof i->reporter, "%s", o->who->name);
  snprintf(i->owner_org, sizeof i->owner_org, "%s", fq_json_str(owner, "org"));
  snprintf(i->owner_level, sizeof i->owner_level, "%s", fq_json_str(owner, "level"));
  snprintf(i->state, sizeof i->state, "%s", o->flag ? "handled" : "reported");
  i->n = strtoll(i->id + 1, NULL, 10);
  i->rev = o->flag ? 2 : 1;
  if (o->flag) snprintf(i->solved_by, FQ_ID_MAX, "%s", o->who->name);
}
static void e_send(struct order *o) {
  int x = 0, leads = strcmp(o->verb->step, "dispatch") ? -1 : o->leads >= 0 ? o->leads : m_led(o->i) ? -1 : 0;
  fq_json_each(id, fq_json_get(w.result, "tasks")) {
    struct m_task *t = m_send(o->i, fq_json_as_str(id), o->to[x], x == leads);
    t->expires_ms = o->number ? m.now_ms + o->number : 0;
    x++;
  }
  e_step(o);
}
static void e_reassign(struct order *o) {
  bool lead = o->t->lead;
  m_task_move(o->t, "recalled");
  struct m_task *t = m_send(o->i, fq_json_str(w.result, "task"), o->to[0], lead);
  t->expires_ms = o->number ? m.now_ms + o->number : 0;
}
static void e_lead(struct order *o) {
  if (o->t->lead) return;
  for (size_t t = 0; t < o->i->count; t++)
    if (m_task_open(&o->i->tasks[t])) o->i->tasks[t].lead = false;
  o->t->lead = true;
  o->t->rev++;
}
static void e_withdraw(struct order *o) {
  m_lapse(o->i, o->t, "recalled");
}
static void e_receipt(struct order *o) {
  const char *to = m_task_step(o->verb->step, o->t);
  if (strcmp(to, o->t->state)) m_task_move(o->t, to);
}
static void e_work(struct order *o) {
  bool takes = !strcmp(o->verb->step, "accept") || !strcmp(o->verb->step, "arrive");
  if (takes && !*o->t->accepted_by) snprintf(o->t->accepted_by, FQ_ID_MAX, "%s", o->who->name);
  m_task_move(o->t, m_task_step(o->verb->step, o->t));
  if (strcmp(o->i->state, "handling")) m_move(o->i, "handling");
}
static void e_decline(struct order *o) {
  m_lapse(o->i, o->t, "declined");
}
static void e_finish(struct order *o) {
  snprintf(o->t->finished_by, FQ_ID_MAX, "%s", o->who->name);
  m_lapse(o->i, o->t, "finished");
}

static const struct verb verbs[] = {
    {"incident.report", 14, FIELD | DESK | RULE, OF_NOTHING, NULL, p_report, NULL, e_report},
    {"incident.accept", 10, DESK | RULE, OF_DESK, "accept", NULL, NULL, e_step},
    {"incident.dispatch", 30, DESK | RULE, OF_DESK, "dispatch", p_dispatch, r_dispatch, e_send},
    {"incident.verify", 14, DESK, OF_DESK, "pass", p_pass, r_verify, e_verify},
    {"incident.close", 10, DESK, OF_DESK, "close", NULL, r_close, e_step},
    {"incident.return", 4, DESK | RULE, OF_DESK, "return", p_reason, NULL, e_step},
    {"incident.escalate", 6, DESK | FIELD | RULE, OF_INVOLVED, "escalate", p_escalate, r_escalate,
     e_escalate},
    {"incident.transfer", 5, DESK | FQ_ROLE_DEPARTMENT | RULE, OF_OWNER, "transfer", p_transfer, r_transfer,
     e_escalate},
    {"incident.send_down", 8, DESK | RULE, OF_OWNER, NULL, p_send_down, NULL, NULL},
    {"incident.attach", 3, DESK | FIELD, OF_INVOLVED, "attach", p_files, NULL, e_step},
    {"incident.comment", 4, DESK | FIELD | RULE, OF_INVOLVED, "comment", p_text, NULL, e_step},
    {"incident.urge", 4, DESK | FIELD | RULE, OF_INVOLVED, "urge", NULL, NULL, e_step},
    {"incident.supervise", 4, DESK | RULE, OF_DESK, "supervise", p_card, NULL, e_step},
    {"incident.suspend", 7, DESK | RULE, OF_DESK, "suspend", p_suspend, NULL, e_suspend},
    {"incident.resume", 8, DESK | RULE, OF_DESK, "resume", NULL, NULL, e_resume},
    {"incident.reopen", 5, DESK, OF_DESK, "reopen", p_reason, NULL, e_reopen},
    {"incident.recall", 4, DESK, OF_DESK, "recall", NULL, NULL, e_recall},
    {"incident.void", 3, DESK, OF_DESK, "void", p_reason, r_void, e_step},
    {"task.delivered", 8, FIELD | DESK, OF_TASK, "delivered", NULL, NULL, e_receipt},
    {"task.seen", 6, FIELD | DESK, OF_TASK, "seen", NULL, NULL, e_receipt},
    {"task.accept", 20, FIELD | DESK, OF_TASK, "accept", NULL, NULL, e_work},
    {"task.decline", 8, FIELD | DESK, OF_TASK, "decline", p_reason, NULL, e_decline},
    {"task.arrive", 14, FIELD | DESK, OF_TASK, "arrive", NULL, NULL, e_work},
    {"task.feedback", 24, FIELD | DESK, OF_TASK, "feedback", p_text, NULL, e_work},
    {"task.finish", 24, FIELD | DESK, OF_TASK, "finish", NULL, NULL, e_finish},
    {"incident.assist", 8, DESK | FIELD | RULE, OF_LEAD, "assist", p_dispatch, r_dispatch, e_send},
    {"task.lead", 6, DESK | RULE, OF_TASK_DESK, "lead", NULL, NULL, e_lead},
    {"task.recall", 6, DESK | RULE, OF_TASK_DESK, "release", p_reason, NULL, e_withdraw},
    {"task.reassign", 8, DESK | RULE, OF_TASK_DESK, "release", p_reassign, r_dispatch, e_reassign},
    {"task.checkin_start", 6, DESK | FIELD | RULE, OF_TASK, NULL, p_checkin, NULL, NULL},
    {"task.check_in", 5, DESK | FIELD, OF_TASK, NULL, p_watched, NULL, NULL},
    {"task.checkin_stop", 2, DESK | RULE, OF_TASK_DESK, NULL, p_watched, NULL, NULL},
    {"task.checkin_clear", 3, DESK, OF_TASK_DESK, NULL, p_alarm, NULL, NULL},
    {"incident.reserve", 4, DESK | RULE, OF_DESK, NULL, p_reserve, NULL, NULL},
    {"incident.unreserve", 2, DESK | RULE, OF_DESK, NULL, p_unreserve, NULL, NULL},
    {"incident.rate", 10, ~0u, OF_ANY, "rate", p_rate, NULL, NULL},
    {"incident.extend", 10, ~0u, OF_ANY, "own", p_extend, NULL, NULL},
    {"incident.ask_suspend", 4, ~0u, OF_ANY, "own", p_reason, NULL, NULL},
    {"request.grant", 8, ~0u, OF_ANY, NULL, p_request, NULL, NULL},
    {"request.refuse", 2, ~0u, OF_ANY, NULL, p_request, NULL, NULL},
    {"request.withdraw", 2, ~0u, OF_ANY, NULL, p_request, NULL, NULL},
    {"incident.countersign", 4, ~0u, OF_ANY, "own", p_countersign, NULL, e_countersign},
    {"countersign.sign", 4, ~0u, OF_ANY, NULL, p_sign, NULL, NULL},
    {"countersign.withdraw", 2, ~0u, OF_ANY, NULL, p_sign, NULL, NULL},
    {"incident.merge", 5, ~0u, OF_ANY, "merge", p_merge, NULL, e_merge},
    {"incident.split", 5, ~0u, OF_ANY, NULL, p_split, NULL, e_merge},
    {"clock.start", 24, RULE, OF_DESK, NULL, p_clock, NULL, NULL},
    {"clock.stop", 6, DESK | RULE, OF_DESK, NULL, p_clock_name, NULL, NULL},
    {"clock.pause", 8, DESK | RULE, OF_DESK, NULL, p_clock_name, NULL, NULL},
    {"clock.resume", 12, DESK | RULE, OF_DESK, NULL, p_clock_name, NULL, NULL},
};
enum { VERBS = sizeof verbs / sizeof *verbs };

/* ---- choosing ---------------------------------------------------------------------------------------- */

static const struct verb *some_verb(void) {
  int all = 0, at_;
  for (size_t x = 0; x < VERBS; x++)
    all += verbs[x].weight;
  at_ = (int)dice((uint32_t)all);
  const struct verb *v = verbs;
  while ((at_ -= v->weight) >= 0)
    v++;
  return v;
}

/* What has begun is the lead's until somebody else takes it over: only a helper is simply sent home. */
static const char *task_step_of(const struct verb *v, const struct m_task *t) {
  return m_task_step(t->lead && v->effect == e_withdraw ? "recall" : v->step, t);
}
static bool fits(const struct verb *v, const struct m_task *t) {
  return v->step ? task_step_of(v, t) != NULL : t->accepted && m_task_open(t);
}

/* Among the newest, and where the verb is possible if there is such a one: the long roads are the rare ones.
 */
static struct m_incident *some_incident(const struct verb *v) {
  size_t window = m.count < 12 ? m.count : 12;
  for (int tries = 0; tries < 12; tries++) {
    struct m_incident *i =
        dice(10) ? &m.incidents[m.count - 1 - dice((uint32_t)window)] : &m.incidents[dice((uint32_t)m.count)];
    if (!dice(6)) return i;
    if (v->target >= OF_TASK) {
      for (size_t t = 0; t < i->count; t++)
        if (fits(v, &i->tasks[t])) return i;
    } else if (!v->step || m_step(v->step, i)) {
      return i;
    }
  }
  return &m.incidents[dice((uint32_t)m.count)];
}

static struct m_task *some_task(const struct verb *v, struct m_incident *i) {
  for (int tries = 0; tries < 12; tries++) {
    struct m_task *t = &i->tasks[dice((uint32_t)i->count)];
    if (!dice(8) || fits(v, t)) return t;
  }
  return &i->tasks[0];
}

static const char *may(const struct verb *v, const struct m_actor *a, const struct m_incident *i,
                       const struct m_task *t) {
  if (!(a->roles & v->roles)) return "role";
  switch (v->target) {
  case OF_DESK:
    return m_may_desk(a, i);
  case OF_OWNER:
    return m_may_owner(a, i);
  case OF_INVOLVED:
    return m_may_involved(a, i);
  case OF_LEAD:
    return m_may_assist(a, i);
  case OF_TASK:
    return m_may_task(a, i, t);
  case OF_TASK_DESK:
    return m_may_task_desk(a, i);
  case OF_ANY:
    return NULL;
  default:
    return "";
  }
}

static const struct m_actor *some_actor(const struct order *o) {
  for (int tries = 0; tries < 20; tries++) {
    const struct m_actor *a = &m_actors[dice((uint32_t)m_actor_count)];
    const char *no = may(o->verb, a, o->i, o->t);
    if (!dice(10) || !no || !*no) return a;
  }
  return &m_actors[0];
}

/* A phone that was away is told whether to go. */
static const char *no_task_step(const struct order *o) {
  bool begins = !strcmp(o->verb->step, "accept") || !strcmp(o->verb->step, "arrive");
  if (begins && !strcmp(o->t->state, "expired")) return "task.expired";
  if (begins && !strcmp(o->t->state, "recalled")) return "task.recalled";
  const char *by = o->t->accepted_by;
  if (!strcmp(o->verb->step, "accept") && *o->t->unit && *by && m_task_open(o->t) && strcmp(by, o->who->name))
    return "task.taken";
  return "task.state";
}

/* What the incident has to be open for as well. */
static const char *work_on(const struct verb *v) {
  if (v->effect == e_receipt || v->effect == e_lead || v->effect == e_withdraw) return NULL;
  return v->effect == e_reassign ? "dispatch" : "begin";
}

static const char *foretell(struct order *o) {
  const char *step = o->verb->step, *no = may(o->verb, o->who, o->i, o->t);
  if (!no || *no) return no;
  if (!step) return o->verb->effect ? "" : NULL;
  if (o->stale) return "rev.stale";
  if (o->t) {
    if (!task_step_of(o->verb, o->t)) return no_task_step(o);
    const char *also = work_on(o->verb);
    if (also && !m_step(also, o->i)) return "incident.state";
  } else if (!m_step(step, o->i)) {
    return "incident.state";
  }
  return o->verb->refuse ? o->verb->refuse(o) : "";
}

/* False: nothing to do it to. */
static bool make(struct order *o) {
  memset(o, 0, sizeof *o);
  o->verb = some_verb();
  if (o->verb->target != OF_NOTHING) {
    if (!m.count) return false;
    o->i = some_incident(o->verb);
    if (o->verb->target >= OF_TASK) {
      if (!o->i->count) return false;
      o->t = some_task(o->verb, o->i);
    }
    if (o->i->count + 3 > TASKS) return false;
  }
  snprintf(o->params, sizeof o->params, "{\"id\":\"%s\"", o->t ? o->t->id : o->i ? o->i->id : "");
  if (o->verb->params) o->verb->params(o);
  o->who = some_actor(o);
  bool waits = o->i && (!strcmp(o->i->state, "suspended") || !strcmp(o->i->state, "returned"));
  /* By hand it may go on even then: that is somebody's decision, and no invariant's matter. */
  if (waits && !strcmp(o->verb->method, "clock.resume")) return false;
  int64_t rev = o->t ? o->t->rev : o->i ? o->i->rev : 0;
  if (o->verb->step && o->verb->target != OF_ANY && !dice(8)) {
    o->stale = rev > 1 && dice(2);
    add(o, ",\"rev\":%lld", (long long)(o->stale ? rev - 1 : rev));
  }
  add(o, "}");
  o->expect = foretell(o);
  return true;
}

/* ---- one step ---------------------------------------------------------------------------------------- */

static int64_t head(void) {
  return fq_int(fq_kernel_db(w.kernel), 0, "SELECT max(seq) FROM journal", "");
}

/* Both sides of a disagreement. */
static void tell(const struct m_incident *i, const fq_json *j) {
  char *text = fq_json_print(j);
  print_error("the server: %s\nthe model: %s round %lld", text, i->state, (long long)i->round);
  for (size_t t = 0; t < i->count; t++)
    print_error(" %s %s%s", i->tasks[t].id, i->tasks[t].state, i->tasks[t].lead ? " (lead)" : "");
  print_error("\n");
  free(text);
}

static void same_as_the_model(struct m_incident *i) {
  const fq_json *j = incident(i->id);
  if (strcmp(fq_json_str(j, "state"), i->state)) tell(i, j);
  if (strcmp(fq_json_str(j, "state"), i->state))
    broken("%s is %s, the model says %s", i->id, fq_json_str(j, "state"), i->state);
  if (fq_json_int(j, "rev", 0) != i->rev)
    broken("%s is at revision %lld, the model says %lld", i->id, (long long)fq_json_int(j, "rev", 0),
           (long long)i->rev);
  size_t t = 0;
  fq_json_each(row, fq_json_get(j, "tasks")) {
    const char *id = fq_json_str(row, "id"), *state = fq_json_str(row, "state");
    if (t == i->count || strcmp(id, i->tasks[t].id))
      broken("%s has the task %s, the model has it not", i->id, id);
    if (strcmp(state, i->tasks[t].state)) broken("%s is %s, the model says %s", id, state, i->tasks[t].state);
    if (strcmp(fq_json_str(row, "role"), i->tasks[t].lead ? "lead" : "assist"))
      broken("%s is to %s, the model says otherwise", id, fq_json_str(row, "role"));
    if (fq_json_int(row, "rev", 0) != i->tasks[t].rev) broken("%s: its revision differs", id);
    t++;
  }
  if (t != i->count) broken("%s has %zu tasks, the model has %zu", i->id, t, i->count);
}

static unsigned done[VERBS], refusals;

/* FQ_TRACE=i1153: all that is done to that incident, as it is done. */
static void trace(const struct order *o) {
  const char *id = getenv("FQ_TRACE");
  if (!id || !o->i || (strcmp(o->i->id, id) && !(o->other && !strcmp(o->other->id, id)))) return;
  print_message("%s  [%s]\n", last[step_number % LAST], o->i->state);
}

static void a_command(void) {
  struct order o;
  for (int tries = 0; !make(&o); tries++)
    if (tries == 5) return;
  int64_t before = head();
  enum fq_status s = try(o.who->name, o.verb->method, "%s", o.params);
  note("%-13s %-18s %s -> %s", o.who->name, o.verb->method, o.params, s ? w.error.code : "ok");
  trace(&o);
  if (o.expect && strcmp(o.expect, s ? w.error.code : ""))
    broken("expected %s, got %s: %s", *o.expect ? o.expect : "success", s ? w.error.code : "success",
           w.error.en);
  if (s) {
    refusals++;
    if (head() != before) broken("refused, and yet something changed");
    if (!*w.error.zh || !*w.error.en) broken("a refusal in one language");
    if (o.i && !strcmp(w.error.code, "incident.state") && o.verb->step && !strstr(w.error.en, o.i->state))
      broken("the refusal does not say that it is %s: %s", o.i->state, w.error.en);
    if (o.t && !strcmp(w.error.code, "task.state") && !strstr(w.error.en, o.t->state))
      broken("the refusal does not say that it is %s: %s", o.t->state, w.error.en);
  } else {
    done[o.verb - verbs]++;
    if (o.verb->effect)
      o.verb->effect(&o);
    else if (o.i)
      m_read_back(o.i);
  }
  invariants_of_entries(before);
  if (o.i) same_as_the_model(o.i);
}

static void time_passes(void) {
  static const uint32_t most_ms[] = {1000, 60000, 600000, 7200000};
  int64_t before = head(), to = m.now_ms + 1 + dice(most_ms[dice(4)]);
  m_pass_time(to);
  note("time passes");
  at(to);
  invariants_of_entries(before);
}

static void run(uint64_t with, unsigned steps) {
  seed = dice_state = with;
  refusals = 0;
  m = (struct model){.incidents = calloc(INCIDENTS, sizeof *m.incidents)};
  assert_non_null(m.incidents);
  invariants_reset();
  for (step_number = 0; step_number < steps; step_number++) {
    uint32_t d = dice(200);
    note("nothing");
    if (d < 24)
      time_passes();
    else if (d == 24)
      note("restart"), restart();
    else
      a_command();
    if (step_number % 5 == 0) invariants_of_tables();
    if (step_number % 25 == 0 && m.count)
      invariants_of_hearing(&m.incidents[m.count - 1 - dice(m.count < 12 ? (uint32_t)m.count : 12)]);
  }
  invariants_of_tables();
  for (size_t x = 0; x < m.count; x++)
    same_as_the_model(&m.incidents[x]);
  rebuild_gives_the_same();
  assert_true(refusals > steps / 20);
  free(m.incidents);
  invariants_reset();
}

static unsigned steps_wanted(void) {
  const char *text = getenv("FQ_STEPS");
  return text ? (unsigned)strtoul(text, NULL, 10) : 2500;
}

static void seed_1(void **state) {
  run(1, steps_wanted());
}
static void seed_2(void **state) {
  run(2, steps_wanted());
}
/* A model of what never happens proves nothing; a few of those that need much luck may have had none. */
static void the_verbs_succeeded(void **state) {
  int unlucky = 0;
  for (size_t v = 0; v < VERBS && steps_wanted() >= 1000; v++) {
    if (done[v]) continue;
    if (verbs[v].target != OF_ANY || ++unlucky > 3) fail_msg("%s never succeeded", verbs[v].method);
  }
}
static void seed_of_the_environment(void **state) {
  const char *text = getenv("FQ_SEED");
  if (text) run(strtoull(text, NULL, 10), steps_wanted());
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, world_open_on_disk, world_close)
int main(void) {
  const struct CMUnitTest given[] = {T(seed_of_the_environment)},
                          fixed[] = {T(seed_1), T(seed_2), cmocka_unit_test(the_verbs_succeeded)};
  if (getenv("FQ_SEED")) return cmocka_run_group_tests(given, NULL, NULL);
  return cmocka_run_group_tests(fixed, NULL, NULL);
}
