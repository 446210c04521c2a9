/*
 * Limits: see limits.h. The collector stays off until a decision has filled a quarter of the arena: ordinary
 * decisions end long before, and the arena is thrown away whole. The thread that owns the host.
 */
#include "policy/limits.h"

#include <lauxlib.h>

#include "base/clock.h"

#define HOOK_EVERY 500 /* instructions between two looks: about 5 us, the clock costs 0.3 */
#define BYTES_A_STEP                                                                                         \
  16 /* copying and hashing are paid too: the dearest of tests/policy/abuse then takes 40 ms */
#define COLLECT_ABOVE (FQ_ARENA_BYTES / 4)
#define UNLIMITED     (INT64_MAX / 2)

static const struct {
  const char *name, *zh, *en;
} exits[] = {
#define X(id, zh, en) {#id, zh, en},
    FQ_EXITS(X)
#undef X
};
const char *fq_exit_name(enum fq_exit r) {
  return exits[r].name;
}
const char *fq_exit_zh(enum fq_exit r) {
  return exits[r].zh;
}
const char *fq_exit_en(enum fq_exit r) {
  return exits[r].en;
}

static void *allocate(void *ud, void *p, size_t osize, size_t nsize) {
  struct fq_limits *l = ud;
  bool grows = nsize > 0 && (!p || nsize > osize);
  if (grows) {
    l->allocations++;
    if (l->fail_at && l->allocations >= l->fail_at) return NULL;
    l->steps -= (int64_t)(nsize / BYTES_A_STEP);
    /* Raising needs a little memory of its own, so what has tripped already is not refused again. */
    if (l->steps < 0 && !l->tripped) return NULL; /* fq_limits_exit() tells it from a full arena */
  }
  return fq_arena_alloc(&l->arena, p, p ? osize : 0, nsize);
}

static void trip(lua_State *L, struct fq_limits *l, enum fq_exit why);

static void hook(lua_State *L, lua_Debug *d) {
  struct fq_limits *l = fq_limits_of(L);
  if (d->event == LUA_HOOKLINE) {
    l->on_line(L, d);
    return;
  }
  if (l->tripped) fq_limits_check(L);
  l->steps -= HOOK_EVERY;
  if (l->steps <= 0) trip(L, l, FQ_EXIT_TIMEOUT);
  if (l->cpu_end_us && fq_thread_cpu_us() > l->cpu_end_us) {
    l->steps_at_clock = l->steps;
    trip(L, l, FQ_EXIT_TIMEOUT);
  }
  if (!l->collecting && l->arena.book.used > COLLECT_ABOVE) {
    l->collecting = true;
    lua_gc(L, LUA_GCRESTART);
  }
}

static void trip(lua_State *L, struct fq_limits *l, enum fq_exit why) {
  l->tripped = why;
  lua_sethook(L, hook, LUA_MASKCOUNT, 1); /* whatever still runs is stopped at its next instruction */
  fq_limits_check(L);
}

void fq_limits_open(struct fq_limits *l) {
  *l = (struct fq_limits){.steps = UNLIMITED};
  fq_arena_open(&l->arena, FQ_ARENA_BYTES);
}

void fq_limits_close(struct fq_limits *l) {
  fq_arena_close(&l->arena);
}

lua_State *fq_limits_state(struct fq_limits *l) {
  fq_arena_reset(&l->arena);
  l->steps = UNLIMITED;
  l->cpu_end_us = 0;
  l->tripped = FQ_EXIT_OK;
  l->collecting = false;
  l->allocations = 0;
  lua_State *L = lua_newstate(allocate, l);
  if (L) lua_gc(L, LUA_GCSTOP);
  return L;
}

void fq_limits_arm(struct fq_limits *l, lua_State *L, int64_t steps, int64_t cpu_us) {
  l->steps = steps;
  l->steps_at_clock = -1;
  l->cpu_end_us = cpu_us ? fq_thread_cpu_us() + cpu_us : 0;
  l->tripped = FQ_EXIT_OK;
  l->collecting = false;
  lua_sethook(L, hook, LUA_MASKCOUNT | (l->on_line ? LUA_MASKLINE : 0), HOOK_EVERY);
}

struct fq_limits *fq_limits_of(lua_State *L) {
  void *ud;
  lua_getallocf(L, &ud);
  return ud;
}

void fq_limits_charge(lua_State *L, size_t steps) {
  struct fq_limits *l = fq_limits_of(L);
  l->steps -= (int64_t)steps;
  if (l->tripped) fq_limits_check(L);
  if (l->steps <= 0) trip(L, l, FQ_EXIT_TIMEOUT);
}

void fq_limits_check(lua_State *L) {
  struct fq_limits *l = fq_limits_of(L);
  if (!l->tripped) return;
  if (lua_checkstack(L, 1)) {
    lua_pushnil(L); /* the reason is in `tripped`: no allocation, it may be memory that is gone */
    lua_error(L);
  }
  luaL_error(L, "stack");
}

enum fq_exit fq_limits_exit(const struct fq_limits *l, int lua_status) {
  if (l->tripped) return l->tripped;
  if (lua_status == LUA_OK) return FQ_EXIT_OK;
  if (l->steps <= 0) return FQ_EXIT_TIMEOUT;
  if (lua_status == LUA_ERRMEM) return FQ_EXIT_NOMEM;
  return lua_status == LUA_ERRSYNTAX ? FQ_EXIT_SYNTAX : FQ_EXIT_RUNTIME;
}
