/*
 * What a piece of Lua may use: memory by an accounting allocator over an arena, steps counted by a hook, and
 * processor time. Steps come first because they are the same on every machine: a decision that ran out of
 * them runs out of them again when it is re-executed years later. The thread that owns the host.
 */
#ifndef FQ_POLICY_LIMITS_H
#define FQ_POLICY_LIMITS_H

#include <lua.h>
#include <stdint.h>

#include "policy/arena.h"
#include "policy/exit.h"

/* A step is one VM instruction; C functions, allocations and questions to a view pay in steps for what they
 * do. 2,000,000 plain ones take 17 ms under the hook (tests/policy/abuse/numeric_for.lua); a decision of the
 * yizhuang policies takes 100, and 1,000 for each question it asks. */
#define FQ_STEPS_DEFAULT  2000000
#define FQ_CPU_MS_DEFAULT 50

struct fq_limits {
  struct fq_arena arena;
  int64_t steps;                               /* left */
  int64_t cpu_budget_us;                       /* 0: none */
  int64_t cpu_end_us;                          /* on the thread's processor clock */
  enum fq_exit tripped;                        /* stays set: no pcall swallows it */
  int64_t steps_at_clock;                      /* left when the clock ended it; -1: it did not */
  bool collecting;                             /* the collector was switched on: see limits.c */
  uint64_t allocations;                        /* requests so far */
  uint64_t fail_at;                            /* tests: this request and all later ones fail; 0 never */
  void (*on_line)(lua_State *L, lua_Debug *d); /* set before arming: each new line; NULL not */
};

void fq_limits_open(struct fq_limits *l);
void fq_limits_close(struct fq_limits *l);
/* A new state in an emptied arena, without limits of steps and time until armed. NULL when fail_at says so.
 */
lua_State *fq_limits_state(struct fq_limits *l);
void fq_limits_arm(struct fq_limits *l, lua_State *L, int64_t steps, int64_t cpu_us);

struct fq_limits *fq_limits_of(lua_State *L);
/* Pays `steps` for work done in C; raises when the budget is gone. */
void fq_limits_charge(lua_State *L, size_t steps);
/* Raises again what has tripped: called after every protected call. */
void fq_limits_check(lua_State *L);
/* What a failed lua_pcall means. */
enum fq_exit fq_limits_exit(const struct fq_limits *l, int lua_status);

#endif
