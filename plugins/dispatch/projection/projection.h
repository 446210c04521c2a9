/*
 * projection.h - the model of the county's people for the workshop's projection (fengqiao.h, section 12).
 * watch.c remembers what happened; pool.c and learn.c make of it how long people take; people.c lets them
 * answer in a world of the workshop's; outcome.c and compare.c say what came of it. No table is written and
 * no clock read: everything depends on entries, tables and the seed. One thread.
 */
#ifndef FQ_PLUGIN_DISPATCH_PROJECTION_H
#define FQ_PLUGIN_DISPATCH_PROJECTION_H

#include <stdio.h>

#include "dispatch.h"

/* What somebody may take his time over. name; from when to when; what is assumed when history says nothing;
 */
#define PJ_WAITS(X)                                                                                          \
  X(DELIVER, "deliver_ms", 2000, "派单到终端收到", "order to the phone's receipt")                           \
  X(ANSWER, "accept_ms", 180000, "派单到接单或拒单", "order to acceptance or refusal")                       \
  X(ARRIVE, "arrive_ms", 1200000, "接单到到场", "acceptance to arrival")                                     \
  X(FINISH, "finish_ms", 1800000, "到场(或接单)到处置完毕", "arrival (or acceptance) to the work's end")     \
  X(SEND, "dispatch_ms", 600000, "无人在办到调度员派单", "nobody on it to the desk's order")                 \
  X(RECEIVE, "receive_ms", 0, "上报到调度员受理", "report to the desk's acceptance")                         \
  X(VERIFY, "verify_ms", 600000, "反馈到核查", "feedback to verification")                                   \
  X(CLOSE, "close_ms", 600000, "核查到结案", "verification to closing")                                      \
  X(TAKE, "take_ms", 300000, "逐级询问到应答", "asked by a ladder to taking it")                             \
  X(CHECK_IN, "check_in_ms", 600000, "报平安的间隔", "from one check-in to the next")                        \
  X(CLEAR, "clear_ms", 600000, "平安警报到解除", "a check-in alarm to its being cleared")

enum pj_wait {
#define X(id, name, ms, zh, en) PJ_##id,
  PJ_WAITS(X)
#undef X
      PJ_WAIT_COUNT
};

/* Shares of those who do the one rather than the other. */
#define PJ_SHARES(X)                                                                                         \
  X(DECLINE, "decline_share", 0.05, "应答中拒单的占比", "of those who answer an order, those who refuse")    \
  X(SKIP_ARRIVAL, "no_arrival_share", 0, "未点到场即反馈的占比",                                             \
    "of those who finish, those who never said "                                                             \
    "that they had arrived")                                                                                 \
  X(FAIL, "fail_share", 0, "核查不通过的占比", "of verifications, those that send the work back")

enum pj_share {
#define X(id, name, share, zh, en) PJ_S_##id,
  PJ_SHARES(X)
#undef X
      PJ_SHARE_COUNT
};

/* -- watch.c: what happened to whom and when. Times in ms, 0: has not. ----------------------------------- */

struct pj_clock {
  char policy[FQ_ID_MAX], name[FQ_ID_MAX], title[128];
  int64_t limit_ms, from_ms, breached_ms;
  int to; /* enum dp_milestone */
};
struct pj_incident {
  int64_t n, number, at_ms[DP_MILESTONE_COUNT];
  int64_t idle_ms;  /* nobody is on it since */
  int64_t asked_ms; /* a ladder asks somebody since */
  int64_t ended_ms; /* closed, voided or merged */
  char category[FQ_ID_MAX], township[FQ_ID_MAX], owner[FQ_ID_MAX], owner_name[96], owner_level[24];
  char *title;
  int level;
  int orders, open, sends, asks, escalated, cards; /* how often; `open`: orders not ended */
  bool told; /* reported within the stretch; else it was under way before */
  bool voided;
  char *sent, *raised, *carded; /* names; and what reported it up, or gave a card: one a line */
  struct pj_clock *clocks;
  size_t clock_count;
};
struct pj_task {
  int64_t n, created_ms, delivered_ms, accepted_ms, arrived_ms, fed_back_ms, ended_ms;
  size_t incident, officer;   /* PJ_NONE: a unit's or a team's */
  int nth;                    /* of its incident's orders, from 1 */
  int load;                   /* other tasks in his hands when he accepted */
  int checks;                 /* how often his next sign of life was waited for */
  int64_t check_ms, alarm_ms; /* ... and since when it is; since when an alarm is up */
  enum dp_task_state state;
};
struct pj_officer {
  char user[FQ_ID_MAX], name[96];
  int64_t tasks, busy_ms, in_hand;
};
#define PJ_NONE ((size_t)-1)

struct pj_index { /* open addressing: 64-bit keys to places in an array */
  struct pj_slot {
    uint64_t key;
    size_t at1; /* place + 1; 0: free */
  } * slots;
  size_t count, cap;
};
size_t pj_find(const struct pj_index *x, uint64_t key); /* PJ_NONE */
void pj_put(struct pj_index *x, uint64_t key, size_t at);
uint64_t pj_hash(const char *text);

/* One wait as it was seen: it ended after `ms`, or (`!ended`) had not by then and never could any more. */
struct pj_seen {
  int64_t ms;
  size_t incident;
  uint8_t wait, slice; /* slice: at night, or with much in hand */
  bool ended;
};

struct pj_memory {
  int64_t from_ms, to_ms;
  struct pj_incident *incident_list;
  struct pj_task *task_list;
  struct pj_officer *officer_list;
  struct pj_seen *seen_list;
  size_t incident_count, task_count, officer_count, seen_count;
  size_t incident_cap, task_cap, officer_cap, seen_cap;
  struct pj_index by_n, by_task, by_user;
  int64_t did[PJ_SHARE_COUNT], could[PJ_SHARE_COUNT];
};
void *pj_memory(int64_t from_ms, int64_t to_ms);
void pj_forget(void *memory);
void pj_see(void *memory, const struct fq_entry *e);
const struct pj_incident *pj_incident(const struct pj_memory *m, int64_t n); /* NULL: unknown */
const struct pj_task *pj_task(const struct pj_memory *m, int64_t n);
/* What was under way when the stretch began, from the tables. */
void pj_remember(struct pj_memory *m, fq_db *db);
void pj_cut(struct pj_memory *m); /* the stretch is over: what is still waited for was waited for so long */
bool pj_night(int64_t at_ms);     /* 22:00 to 6:00 in Beijing */

/* -- pool.c, learn.c: how long, and how often --------------------------------------------------------------
 */

struct pj_pool { /* Kaplan-Meier: `share[i]` of all have ended after `ms[i]`; the rest has never been seen to
                  */
  int64_t *ms;
  double *share;
  size_t count;                    /* distinct times */
  int64_t seen, ended, long_waits; /* long_waits: in vain, for longer than one would expect */
};
/* `seen` is sorted on the way. */
void pj_pool_make(struct pj_pool *p, struct pj_seen *seen, size_t count, int64_t long_ms);
void pj_pool_free(struct pj_pool *p);
/* The time that a share `u` has ended by; -1: later than was ever seen. */
int64_t pj_pool_at(const struct pj_pool *p, double u);

struct pj_way { /* of waiting */
  bool sliced;  /* night and day, or many and few in hand, differ enough to be told apart */
  bool fallback, given;
  double scale; /* of what history says; a given median over the seen one */
  int64_t median_ms;
};
struct pj_people {
  uint64_t seed;
  struct pj_way ways[PJ_WAIT_COUNT];
  double share[PJ_SHARE_COUNT];
  struct pj_pool *pools;
  size_t pool_count;
  struct pj_index by_key;
};
void *pj_learn(void *history, const fq_json *assume, uint64_t seed, fq_json *told, struct fq_error *e);
void pj_unlearn(void *people);
/* Somebody's luck: the same for the same incident, matter and time of asking in every world. 0 <= luck < 1.
 */
double pj_luck(const struct pj_people *p, int64_t incident, int what, int nth);
/* How long he takes; -1: he does not. */
int64_t pj_draw(const struct pj_people *p, enum pj_wait w, const struct pj_incident *i, int slice, int nth);

/* -- people.c: what they do
 * ---------------------------------------------------------------------------------- */

enum fq_fact pj_fact(const struct fq_entry *e, struct fq_deed *redo);
void pj_begin(const void *people, void *memory, fq_db *db, int64_t now_ms, const struct fq_intents *out);
void pj_answer(const void *people, const void *memory, const struct fq_entry *e,
               const struct fq_intents *out);
bool pj_act(const void *people, void *self, fq_db *db, int64_t now_ms, const struct fq_intent *i,
            struct fq_deed *deed);

/* -- outcome.c, compare.c
 * ------------------------------------------------------------------------------------ */

fq_json *pj_outcome(const void *memory);
void pj_compare(const fq_json *history, const fq_json *was, const fq_json *now, fq_db *db,
                void (*row)(void *arg, const char *list, const fq_json *value), void *arg, fq_json *summary);
/* Why the two tellings of an incident differ, in words; "" when they do not. */
void pj_why(const fq_json *was, const fq_json *now, char zh[512], char en[512]);
void pj_span(int64_t ms, char zh[48], char en[48]); /* 1 小时 5 分, 1 h 5 min */

extern const struct fq_projection_model pj_model;

#endif
