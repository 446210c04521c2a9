/* What holds after any step of test_dispatch_model.c: see dispatch_model.h. Asked of the tables and the
 * journal themselves; knows no verb. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch_model.h"

/* ---- the tables -------------------------------------------------------------------------------------- */

#define OPEN_TASKS "FROM task t JOIN incident i ON i.n = t.incident WHERE t.ended_ms IS NULL AND "
#define CLOCKS     "FROM clock k JOIN incident i ON i.n = k.incident WHERE "
#define RUNS       "k.state IN ('running', 'due_soon', 'overdue')"
#define OPEN       "t.ended_ms IS NULL"
#define REACHED                                                                                              \
  "CASE k.to_milestone WHEN 1 THEN i.reported_ms WHEN 2 THEN i.accepted_ms WHEN 3 THEN i.dispatched_ms "     \
  "WHEN 4 THEN"                                                                                              \
  " i.handled_ms WHEN 5 THEN i.verified_ms ELSE i.closed_ms END"

static const struct {
  const char *never, *sql;
} nevers[] = {
    {"an open task on an incident that has ended", "SELECT i.n, t.n " OPEN_TASKS "i.ended_ms IS NOT NULL"},
    {"an open task in a state without work",
     "SELECT i.n, t.n " OPEN_TASKS "i.state NOT IN ('dispatched', 'handling', 'suspended')"},
    {"nobody sent, though its state says so", "SELECT i.n, 0 FROM incident i WHERE i.state IN ('dispatched', "
                                              "'handling') AND NOT EXISTS (SELECT 1 FROM task t"
                                              " WHERE t.incident = i.n AND t.ended_ms IS NULL)"},
    {"a task whose state and end disagree", "SELECT t.incident, t.n FROM task t WHERE (t.ended_ms IS NULL) "
                                            "<> (t.state NOT IN ('finished', 'declined',"
                                            " 'recalled', 'expired'))"},
    {"two leads", "SELECT t.incident, max(t.n) FROM task t WHERE " OPEN
                  " AND t.role = 'lead' GROUP BY 1 HAVING count(*) > 1"},
    {"nobody leads the work",
     "SELECT t.incident, t.n FROM task t JOIN incident i ON i.n = t.incident WHERE " OPEN
     " AND NOT EXISTS (SELECT 1 FROM"
     " task l WHERE l.incident = t.incident AND l.role = 'lead' AND (l.ended_ms IS NULL OR (l.state = "
     "'finished' AND"
     " l.n > i.round)))"},
    {"a timer of a task that has ended", "SELECT t.incident, t.n FROM task t JOIN timer x ON x.id IN "
                                         "('task:t' || t.n || ':expire', 'task:t' || t.n ||"
                                         " ':remind', 'task:t' || t.n || ':receipt', 'task:t' || t.n || "
                                         "':checkin') WHERE t.ended_ms IS NOT NULL"},
    {"somebody watched over whom no timer watches",
     "SELECT t.incident, t.n FROM task t WHERE " OPEN
     " AND t.checkin_ms IS NOT NULL AND t.accepted_ms IS NOT NULL AND NOT"
     " EXISTS (SELECT 1 FROM timer x WHERE x.id = 'task:t' || t.n || ':checkin')"},
    {"somebody kept for an incident that has ended", "SELECT r.incident, 0 FROM reservation r JOIN incident "
                                                     "i ON i.n = r.incident WHERE r.ended_ms IS NULL AND"
                                                     " i.ended_ms IS NOT NULL"},
    {"an incident whose state and end disagree",
     "SELECT i.n, 0 FROM incident i WHERE (i.ended_ms IS NULL) "
     "<> (i.state NOT IN ('closed', 'voided')) AND"
     " i.state <> 'merged'"}, /* that one ends with the one it was merged into */
    {"a life that began at another entry than the journal says",
     "SELECT i.n, 0 FROM incident i WHERE coalesce(i.began, i.n) <> (SELECT max(j.seq) FROM journal j WHERE "
     "j.subject = 'i' || i.n AND j.subject <> '' AND j.kind IN ('incident.reported', 'incident.reopened'))"},
    {"a suspension that should be over", "SELECT i.n, 0 FROM incident i WHERE i.suspended_until_ms <= ?1"},
    {"asleep, though not suspended",
     "SELECT i.n, 0 FROM incident i WHERE i.suspended_until_ms IS NOT NULL AND i.state <> 'suspended'"},
    {"merged into nothing, or into what is merged itself",
     "SELECT i.n, 0 FROM incident i WHERE (i.state = 'merged') <> EXISTS (SELECT 1 FROM merged g JOIN "
     "incident t ON t.n ="
     " g.target WHERE g.source = i.n AND t.state <> 'merged')"},
    {"an order that lapsed unnoticed", "SELECT t.incident, t.n FROM task t WHERE t.state IN ('sent', "
                                       "'delivered', 'seen') AND t.expires_ms <= ?1"},
    {"an order that can lapse without a timer",
     "SELECT t.incident, t.n FROM task t WHERE t.state IN ('sent', 'delivered', 'seen') AND t.expires_ms IS "
     "NOT NULL"
     " AND NOT EXISTS (SELECT 1 FROM timer x WHERE x.id = 'task:t' || t.n || ':expire')"},
    {"a clock that is not at rest on an incident that has ended",
     "SELECT i.n, 0 " CLOCKS "(" RUNS " OR (k.state = 'paused' AND i.state <> 'merged')) AND"
     " i.ended_ms IS NOT NULL"},
    {"a clock that goes on though its milestone is reached",
     "SELECT i.n, 0 " CLOCKS RUNS " AND " REACHED " IS NOT NULL"},
    /* One that starts within its grace is overdue at once, whatever the incident does. */
    {"a clock that goes on while its incident waits",
     "SELECT i.n, 0 " CLOCKS "k.state IN ('running', 'due_soon') AND (k.pauses & CASE i.state WHEN"
     " 'suspended' THEN 1 WHEN 'returned' THEN 2 ELSE 0 END) <> 0"},
    {"a clock past its due time that has not breached",
     "SELECT i.n, 0 " CLOCKS RUNS " AND k.due_ms + CASE"
     " k.state WHEN 'overdue' THEN k.grace_ms ELSE 0 END <= ?1"},
    {"a running clock without its timer",
     "SELECT i.n, 0 " CLOCKS RUNS " AND NOT EXISTS (SELECT 1 FROM timer x WHERE x.id ="
     " 'clock:i' || k.incident || ':' || k.policy || ':' || k.name)"},
    {"a clock's timer without a running clock",
     "SELECT 0, 0 FROM timer x WHERE x.id LIKE 'clock:i%' AND NOT EXISTS (SELECT 1 FROM clock k WHERE " RUNS
     " AND x.id = 'clock:i' || k.incident || ':' || k.policy || ':' || k.name)"},
    {"a breached clock nobody was told of", "SELECT k.incident, 0 FROM clock k WHERE k.state = 'breached' "
                                            "AND NOT EXISTS (SELECT 1 FROM journal j WHERE"
                                            " j.subject = 'i' || k.incident AND j.kind = 'clock.breached')"},
};

void invariants_of_tables(void) {
  for (size_t x = 0; x < sizeof nevers / sizeof *nevers; x++) {
    int64_t i = 0, t = 0;
    bool found = false;
    fq_stmt *q = strstr(nevers[x].sql, "?1")
                     ? fq_sql(fq_kernel_db(w.kernel), nevers[x].sql, "i", w.t0_ms + m.now_ms)
                     : fq_sql(fq_kernel_db(w.kernel), nevers[x].sql, "");
    if (fq_row(q)) {
      found = true;
      i = fq_col_int(q, 0);
      t = fq_col_int(q, 1);
      fq_done(q);
    }
    if (fq_failed(fq_kernel_db(w.kernel))) broken("the statement behind: %s", nevers[x].never);
    if (found) broken("%s: i%lld t%lld", nevers[x].never, (long long)i, (long long)t);
  }
}

/* ---- the journal ------------------------------------------------------------------------------------- */

/* Each incident as its entries tell it: who is on it, where its revision stands, what has been done since it
 * was last opened. By number, since ids are numbers. */
struct told {
  char subject[FQ_ID_MAX], reporter[FQ_ID_MAX];
  bool others; /* its duplicates' reporters and those who were asked to sign hear, too */
  int64_t rev;
  bool fed_back, passed;
  struct {
    char id[FQ_ID_MAX], word[FQ_ID_MAX + 8];
    int64_t rev;
    bool open, fed_back;
  } tasks[TASKS];
  size_t count;
};
static struct told *told;
static size_t told_count;

void invariants_reset(void) {
  free(told);
  told = NULL;
  told_count = 0;
}

static struct told *of(const char *subject) {
  for (size_t x = told_count; x--;)
    if (!strcmp(told[x].subject, subject)) return &told[x];
  told = realloc(told, (told_count + 1) * sizeof *told);
  if (!told) abort();
  struct told *t = &told[told_count++];
  memset(t, 0, sizeof *t);
  snprintf(t->subject, sizeof t->subject, "%s", subject);
  return t;
}

static bool has_word(const char *words, const char *word) {
  size_t n = strlen(word);
  for (const char *p = words; (p = strstr(p, word)); p += n)
    if ((p == words || p[-1] == ' ') && (p[n] == ' ' || !p[n])) return true;
  return false;
}

static void word_of(const fq_json *to, char out[FQ_ID_MAX + 8]) {
  const char *user = fq_json_str(to, "user"), *unit = fq_json_str(to, "unit"),
             *team = fq_json_str(to, "team");
  snprintf(out, FQ_ID_MAX + 8, "%s/%s", user ? "user" : "unit", user ? user : unit ? unit : team ? team : "");
}

struct line {
  int64_t seq;
  char kind[FQ_ID_MAX], subject[FQ_ID_MAX], audience[1024], actor[FQ_ID_MAX];
  fq_json *data;
};

/* Who reported it and who is on it always hears; nobody else is named but those the entry itself is about. */
static void audience_is_right(struct told *i, const struct line *e) {
  char word[FQ_ID_MAX + 8];
  snprintf(word, sizeof word, "user/%s", i->reporter);
  if (!has_word(e->audience, word))
    broken("entry %lld %s: its reporter is not told", (long long)e->seq, e->kind);
  for (size_t t = 0; t < i->count; t++)
    if (i->tasks[t].open && !has_word(e->audience, i->tasks[t].word))
      broken("entry %lld %s: %s is on it and is not told", (long long)e->seq, e->kind, i->tasks[t].word);
  char *about = fq_json_print(e->data);
  for (const char *p = e->audience; *p;) {
    size_t n = strcspn(p, " ");
    snprintf(word, sizeof word, "%.*s", (int)n, p);
    p += n + (p[n] == ' ');
    const char *name = strchr(word, '/') + 1;
    bool known = !strcmp(name, i->reporter) || strstr(about, name) != NULL;
    for (size_t t = 0; t < i->count && !known; t++) /* his own last word on it */
      known = !strcmp(word, i->tasks[t].word) &&
              (i->tasks[t].open ||
               (fq_json_str(e->data, "task") && !strcmp(i->tasks[t].id, fq_json_str(e->data, "task"))));
    for (size_t x = 0; x < m.count && !known; x++)
      known = !strcmp(m.incidents[x].id, i->subject) && !strcmp(m.incidents[x].owner_org, name);
    if (!known && !i->others) broken("entry %lld %s: why is %s told?", (long long)e->seq, e->kind, word);
  }
  free(about);
}

static void one_more(const struct line *e, const char *member, int64_t *rev) {
  int64_t is = fq_json_int(e->data, member, 0);
  if (!is) return;
  if (is != *rev + 1)
    broken("entry %lld %s: %s %lld after %lld", (long long)e->seq, e->kind, member, (long long)is,
           (long long)*rev);
  *rev = is;
}

/* A task comes along with its incident when that is merged, and goes back when it is split off. */
static void task_moves(struct told *to, const char *id) {
  for (size_t x = 0; x < told_count; x++) {
    struct told *from = &told[x];
    for (size_t t = 0; t < from->count && from != to; t++) {
      if (strcmp(from->tasks[t].id, id)) continue;
      if (to->count == TASKS) broken("more tasks than an incident is expected to have");
      if (from->tasks[t].fed_back) to->fed_back = true; /* what was said of it comes along */
      to->tasks[to->count++] = from->tasks[t];
      from->tasks[t] = from->tasks[--from->count];
      return;
    }
  }
}

static void task_entry(struct told *i, const struct line *e) {
  const char *id = fq_json_str(e->data, "task"), *verb = e->kind + 5;
  size_t t = 0;
  while (t < i->count && (!id || strcmp(i->tasks[t].id, id)))
    t++;
  if (t == i->count) {
    if (strcmp(e->kind, "task.created") || i->count == TASKS) return;
    memset(&i->tasks[t], 0, sizeof i->tasks[t]);
    snprintf(i->tasks[t].id, FQ_ID_MAX, "%s", id);
    word_of(fq_json_get(e->data, "to"), i->tasks[t].word);
    i->tasks[t].open = true;
    i->count++;
  }
  one_more(e, "rev", &i->tasks[t].rev);
  one_more(e, "incident_rev", &i->rev);
  const char *state = fq_json_str(e->data, "state");
  struct m_task as = {.state = ""};
  if (state) {
    snprintf(as.state, sizeof as.state, "%s", state);
    i->tasks[t].open = m_task_open(&as);
  }
  if (!strcmp(verb, "fed_back")) i->fed_back = i->tasks[t].fed_back = true;
}

static void incident_entry(struct told *i, const struct line *e) {
  const char *verb = e->kind + 9;
  one_more(e, "rev", &i->rev);
  if (!strcmp(verb, "reported") || !strcmp(verb, "reopened")) i->fed_back = i->passed = false;
  if (!strcmp(verb, "handled")) {
    if (fq_json_bool(e->data, "solved", false)) i->fed_back = true;
    i->passed = false;
  }
  if (!strcmp(verb, "verified")) {
    i->passed = fq_json_bool(e->data, "pass", false);
    if (!i->passed) i->fed_back = false;
  }
  if (!strcmp(verb, "closed") && !(i->fed_back && i->passed))
    broken("entry %lld: %s is closed without %s", (long long)e->seq, i->subject,
           i->fed_back ? "a passed verification" : "feedback");
}

static void each_entry(const struct line *e) {
  if (!strcmp(e->kind, "countersign.asked")) of(e->subject)->others = true;
  bool about_incident =
      !strncmp(e->kind, "incident.", 9) || !strncmp(e->kind, "task.", 5) || !strncmp(e->kind, "clock.", 6);
  if (!about_incident || e->subject[0] != 'i') return;
  struct told *i = of(e->subject);
  if (!strcmp(e->kind, "incident.reported")) snprintf(i->reporter, sizeof i->reporter, "%s", e->actor);
  if (!strcmp(e->kind, "incident.joined") || !strcmp(e->kind, "incident.merged")) i->others = true;
  if (!strncmp(e->kind, "task.", 5)) {
    if (!strcmp(e->kind, "task.moved")) task_moves(i, fq_json_str(e->data, "task"));
    if (!strcmp(e->kind, "task.created")) task_entry(i, e);
    audience_is_right(i, e);
    if (strcmp(e->kind, "task.created")) task_entry(i, e);
    return;
  }
  audience_is_right(i, e);
  if (!strncmp(e->kind, "incident.", 9)) incident_entry(i, e);
}

void invariants_of_entries(int64_t seq) {
  struct line *lines = NULL;
  size_t count = 0;
  fq_stmt *q = fq_sql(
      fq_kernel_db(w.kernel),
      "SELECT seq, kind, subject, audience, actor, data FROM journal WHERE seq > ?1 ORDER BY seq", "i", seq);
  while (fq_row(q)) {
    lines = realloc(lines, (count + 1) * sizeof *lines);
    if (!lines) abort();
    struct line *e = &lines[count++];
    e->seq = fq_col_int(q, 0);
    snprintf(e->kind, sizeof e->kind, "%s", fq_col_str(q, 1));
    snprintf(e->subject, sizeof e->subject, "%s", fq_col_str(q, 2));
    snprintf(e->audience, sizeof e->audience, "%s", fq_col_str(q, 3));
    snprintf(e->actor, sizeof e->actor, "%s", fq_col_str(q, 4));
    e->data = fq_json_parse(fq_col_str(q, 5), strlen(fq_col_str(q, 5)), NULL);
  }
  for (size_t x = 0; x < count; x++) {
    each_entry(&lines[x]);
    fq_json_free(lines[x].data);
  }
  free(lines);
}

/* ---- who hears --------------------------------------------------------------------------------------- */

static bool may_hear(const struct m_actor *a, const char *kind, const char *org, const char *audience) {
  char word[FQ_ID_MAX + 8];
  snprintf(word, sizeof word, "user/%s", a->name);
  if (has_word(audience, word)) return true;
  snprintf(word, sizeof word, "unit/%s", a->org);
  uint32_t sits = FQ_ROLE_DISPATCHER | FQ_ROLE_COMMANDER | FQ_ROLE_DIRECTOR | FQ_ROLE_DEPARTMENT;
  if ((a->roles & sits) && has_word(audience, word)) return true;
  return (a->roles & fq_kernel_kind(w.kernel, kind)->roles) && m_within(*org ? org : "430525", a->org);
}

/* The timeline of each actor holds exactly the entries he may hear. */
void invariants_of_hearing(const struct m_incident *i) {
  for (size_t x = 0; x < m_actor_count; x++) {
    const struct m_actor *a = &m_actors[x];
    act(a->name, "journal.timeline", "{\"subject\":\"%s\",\"limit\":1000}", i->id);
    const fq_json *shown = fq_json_first(fq_json_get(w.result, "entries"));
    fq_stmt *q =
        fq_sql(fq_kernel_db(w.kernel),
               "SELECT seq, kind, org, audience FROM journal WHERE subject = ?1 ORDER BY seq", "s", i->id);
    while (fq_row(q)) {
      int64_t seq = fq_col_int(q, 0), is = shown ? fq_json_int(shown, "n", 0) : 0;
      bool may = may_hear(a, fq_col_str(q, 1), fq_col_str(q, 2), fq_col_str(q, 3));
      if (may != (is == seq)) {
        char kind[FQ_ID_MAX];
        snprintf(kind, sizeof kind, "%s", fq_col_str(q, 1));
        fq_done(q);
        broken("%s %s entry %lld %s of %s", a->name, may ? "is not shown" : "is shown", (long long)seq, kind,
               i->id);
      }
      if (may) shown = fq_json_next(shown);
    }
    if (shown) broken("%s is shown something of %s that is not there", a->name, i->id);
  }
}
