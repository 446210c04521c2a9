/*
 * What an incident, its tasks and its revisions should be, kept beside the server by a second, smaller set of
 * rules, written from the handbook and not from the plugin: the two are to agree after every step of
 * test_dispatch_model.c. What the rules here leave out (clocks, owners) is read back and held to invariants.
 */
#ifndef DISPATCH_MODEL_H
#define DISPATCH_MODEL_H

#include "dispatch_world.h"

enum { INCIDENTS = 6000, TASKS = 48, KNOWN = 1000 };

struct m_task {
  char id[FQ_ID_MAX], user[FQ_ID_MAX], unit[FQ_ID_MAX], state[16];
  int64_t n, rev, expires_ms; /* expires_ms: 0 for never */
  char accepted_by[FQ_ID_MAX], finished_by[FQ_ID_MAX];
  bool lead, accepted;
};
struct m_incident {
  char id[FQ_ID_MAX], org[FQ_ID_MAX], reporter[FQ_ID_MAX], owner_org[FQ_ID_MAX], owner_level[16];
  char state[16], before[16];
  char solved_by[FQ_ID_MAX];
  int64_t n, rev, round; /* tasks made before `round` do not count as done */
  int64_t into;          /* what it is merged into; 0: nothing */
  int64_t wake_ms;       /* when a suspension ends by itself; 0: it does not */
  bool signing,
      joined; /* somebody was asked to sign; it was merged with another: what follows is not foretold */
  struct m_task tasks[TASKS];
  size_t count;
};

struct model {
  struct m_incident *incidents;
  size_t count;
  int64_t now_ms; /* after t0 */
};
extern struct model m;

/* The people of dispatch_world, and one policy. */
struct m_actor {
  const char *name, *org;
  uint32_t roles;
};
extern const struct m_actor m_actors[];
extern const size_t m_actor_count;
const struct m_actor *m_actor(const char *name);
bool m_within(const char *org, const char *above); /* the tree of dispatch_world, written down again */

/* Where a verb leads from the state the incident is in; NULL: nowhere. */
const char *m_step(const char *verb, const struct m_incident *i);
const char *m_task_step(const char *verb, const struct m_task *t);
bool m_task_open(const struct m_task *t);
size_t m_open_tasks(const struct m_incident *i, const struct m_task *but);

/* Why this actor may not, as an error code; "" when he may; NULL: not foretold. */
const char *m_may_desk(const struct m_actor *a, const struct m_incident *i);
const char *m_may_involved(const struct m_actor *a, const struct m_incident *i);
const char *m_may_owner(const struct m_actor *a, const struct m_incident *i);
const char *m_may_task(const struct m_actor *a, const struct m_incident *i, const struct m_task *t);
const char *m_may_task_desk(const struct m_actor *a, const struct m_incident *i);
const char *m_may_assist(const struct m_actor *a, const struct m_incident *i);

void m_move(struct m_incident *i, const char *state); /* to this state, one revision up */
void m_task_move(struct m_task *t, const char *state);
void m_lapse(struct m_incident *i, struct m_task *t,
             const char *state); /* a task ends without its work done */
struct m_task *m_send(struct m_incident *i, const char *id, const struct m_actor *to, bool lead);
bool m_led(const struct m_incident *i); /* somebody leads, or did and has finished */
void m_resume(struct m_incident *i);
void m_pass_time(int64_t to_ms);        /* orders nobody accepted lapse on the way */
void m_read_back(struct m_incident *i); /* what the server says, for what is not foretold */

/* dispatch_invariants.c: what is true after any step, whatever the step was. `seq`: the journal's head before
 * it. */
void invariants_reset(void);
void invariants_of_entries(int64_t seq);
void invariants_of_tables(void);
void invariants_of_hearing(const struct m_incident *i);

/* Fails the test, telling the seed and the last steps. */
void broken(const char *what, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif
