/*
 * What policies cost. One decision, beside the interpreter's raw cost of the same function in the same run: a
 * bare lua_pcall, without sandbox, arena, limits, JSON and record. And a tick - a report, answered by two
 * policies - while 2, 10 and 50 are active: only those that listen to a kind are entered.
 *
 *   make tests/bench/policies && tests/bench/policies [rounds]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <lauxlib.h>
#include <lualib.h>

#include "../policy/fake.h"
#include "../unit/dispatch_world.h"
#include "base/mem.h"

#define HANDLER                                                                                              \
  "function(e, view)\n"                                                                                      \
  "  local officer = view.nearest_officer(e.incident, { skill = e.incident.category })\n"                    \
  "  if officer then return dispatch(e.incident, officer, '最近的合格网格员') end\n"                 \
  "end"

static double now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Processor time of this thread: what the machine does besides is not this program's matter. */
static double cpu_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

/* Sorts; the median. */
static double say(const char *what, double *us, int n) {
  qsort(us, (size_t)n, sizeof *us, by_size);
  printf("%-52s p50 %8.2f us   p99 %8.2f us", what, us[n / 2], us[n * 99 / 100]);
  return us[n / 2];
}

/* -- one decision
 * ---------------------------------------------------------------------------------------------- */

static int raw_nearest(lua_State *L) {
  lua_createtable(L, 0, 2);
  lua_pushstring(L, "officer-0001");
  lua_setfield(L, -2, "user");
  lua_pushnumber(L, 12.5);
  lua_setfield(L, -2, "distance_m");
  return 1;
}

/* e, view and the words lie ready; the function is called and its result dropped. */
static double raw(int rounds, double *us) {
  static const char text[] =
      "function dispatch(i, o, note) return { method='incident.dispatch', params={id=i.id, "
      "to={{user=o.user}}, note=note} } end\n"
      "return " HANDLER ", { incident={ id='i7', category='fire', grid='g1', tasks={} }, title='浓烟' }";
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  if (luaL_dostring(L, text)) fail_msg("%s", lua_tostring(L, -1));
  lua_newtable(L);
  lua_pushcfunction(L, raw_nearest);
  lua_setfield(L, -2, "nearest_officer"); /* 1: handler, 2: e, 3: view */
  for (int i = 0; i < rounds; i++) {
    double at = now_us();
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, 3);
    if (lua_pcall(L, 2, 1, 0)) fail_msg("%s", lua_tostring(L, -1));
    lua_pop(L, 1);
    us[i] = now_us() - at;
  }
  lua_close(L);
  double p50 = say("bare lua_pcall of the same function", us, rounds);
  printf("\n");
  return p50;
}

static void decisions(int rounds) {
  double *us = fq_alloc((size_t)rounds * sizeof *us), *lua = fq_alloc((size_t)rounds * sizeof *lua);
  struct fq_host *h = fake_host();
  struct fq_version *v =
      fake_compile(h, "p.lua", "return policy { name='p', on={ ['incident.reported']=" HANDLER " } }");
  static const char seen[] = "{\"incident\":{\"id\":\"i7\",\"category\":\"fire\",\"grid\":\"g1\"}}",
                    said[] = "{\"title\":\"浓烟\"}";
  fq_json *context = fq_json_parse(seen, strlen(seen), NULL), *data = fq_json_parse(said, strlen(said), NULL);
  struct fq_entry e = {.seq = 7,
                       .at_ms = 1000,
                       .kind = "incident.reported",
                       .subject = "i7",
                       .org = "430525",
                       .audience = "",
                       .actor = "officer-0001",
                       .data = data};
  struct fq_question q = {.entry = &e, .context = context};
  for (int i = 0; i < rounds; i++) {
    struct fq_decision d;
    double at = now_us();
    fq_decide(h, v, &q, &d);
    us[i] = now_us() - at;
    if (d.exit || fq_json_size(d.commands) != 1) fail_msg("%s", d.en);
    fq_decision_clear(&d);
  }
  double bare = raw(rounds, lua);
  double p50 = say("a decision: limits, entry in, answer recorded, out", us, rounds);
  printf("   %.0f x bare\n", p50 / bare);
  q.trace = true;
  for (int i = 0; i < rounds; i++) {
    struct fq_decision d;
    double at = now_us();
    fq_decide(h, v, &q, &d);
    us[i] = now_us() - at;
    fq_decision_clear(&d);
  }
  double traced = say("the same with its lines noted (why)", us, rounds);
  printf("   %.2f x untraced\n", traced / p50);
  fq_json_free(data);
  fq_json_free(context);
  fq_version_free(v);
  fq_host_free(h);
  free(us);
  free(lua);
}

/* -- a tick
 * ---------------------------------------------------------------------------------------------------- */

/* A pack of `count` policies: two hear of reports, the others of other things, three kinds each. */
static void deploy(int count) {
  static const char *const kinds[] = {"task.accepted",    "task.declined",  "task.arrived",
                                      "task.finished",    "clock.warned",   "clock.breached",
                                      "whistle.blown",    "whistle.closed", "incident.closed",
                                      "incident.handled", "incident.voided"};
  fq_json *files = fq_json_object();
  struct fq_buf meta = {0};
  fq_buf_fmt(&meta, "name = 'bench'\nversion = '%d'\npolicies = {", count);
  for (int i = 0; i < count; i++) {
    char *path = fq_printf("policies/p%02d.lua", i), *text;
    fq_buf_fmt(&meta, " '%s',", path);
    if (i < 2)
      text = fq_printf(
          "return policy { name='p%02d', on={ ['incident.reported']=function(e) if e.incident.title "
          "== 'never' then return comment(e.incident, 'x') end end } }",
          i);
    else
      text = fq_printf("return policy { name='p%02d', on={ ['%s']=function() end, ['%s']=function() end, "
                       "['%s']=function() end } }",
                       i, kinds[i % 11], kinds[(i + 4) % 11], kinds[(i + 7) % 11]);
    fq_json_set_str(files, path, text);
    free(path);
    free(text);
  }
  fq_buf_str(&meta, " }\n");
  fq_json_set_str(files, "pack.lua", meta.data);
  fq_json *params = fq_json_object(), *result = NULL;
  struct fq_error e = {0};
  fq_json_set_str(params, "pack", "bench");
  fq_json_set(params, "files", files);
  if (fq_kernel_call(w.kernel, NULL, "pack.deploy", params, &result, &e)) fail_msg("%s", e.en);
  fq_json_free(result);
  fq_buf_free(&meta);
}

/* The four take turns, and of each the best turn counts: the machine's mood is not theirs. */
static void ticks(int rounds) {
  enum { TURNS = 5 };
  static const int counts[] = {0, 2, 10, 50};
  double p50[4], p99[4], *us = fq_alloc((size_t)rounds * sizeof *us);
  for (int turn = 0; turn < TURNS; turn++)
    for (size_t c = 0; c < 4; c++) {
      void *state = NULL;
      if (world_open_with_policies(&state)) fail_msg("no world");
      if (counts[c]) deploy(counts[c]);
      for (int i = -20; i < rounds; i++) {
        double at = cpu_us();
        report("dispatcher", GRID_A1, "fire");
        if (i >= 0) us[i] = cpu_us() - at;
      }
      qsort(us, (size_t)rounds, sizeof *us, by_size);
      if (!turn || us[rounds / 2] < p50[c]) p50[c] = us[rounds / 2];
      if (!turn || us[rounds * 99 / 100] < p99[c]) p99[c] = us[rounds * 99 / 100];
      world_close(&state);
    }
  for (size_t c = 0; c < 4; c++) {
    char what[80];
    snprintf(what, sizeof what, "a report with %d active policies%s", counts[c],
             counts[c] ? ", two of them entered" : "");
    printf("%-52s p50 %8.2f us   p99 %8.2f us", what, p50[c], p99[c]);
    if (c > 1) printf("   %.3f x that of two", p50[c] / p50[1]);
    printf("\n");
  }
  free(us);
}

int main(int argc, char **argv) {
  int rounds = argc > 1 ? atoi(argv[1]) : 5000;
  if (rounds < 100) rounds = 100;
  decisions(rounds * 4);
  ticks(rounds / 2);
  return 0;
}
