/*
 * What does a decision cost? The three ways of isolating one from the next, and a whole decision with the
 * entry in and the commands out. The numbers are written down in core/policy/host.h. Run it on a quiet
 * machine, without sanitizers.
 */
#include "fake.h"

#include <lauxlib.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "policy/lib_texts.h"
#include "policy/host_internal.h"
#include "policy/lua_json.h"
#include "policy/sandbox.h"

#define ROUNDS 2000

static const char policy[] =
    "return policy {\n"
    "  name = 'three-limits',\n"
    "  clocks = {\n"
    "    dispatch = { from = 'reported', to = 'dispatched', limit = minutes(5), warn = { 0.5, 0.8 } },\n"
    "  },\n"
    "  on = {\n"
    "    ['incident.reported'] = function(e, view)\n"
    "      local officer = view.nearest_officer(e.incident, { skill = e.incident.category })\n"
    "      if officer then return dispatch(e.incident, officer, '最近的合格网格员') end\n"
    "    end,\n"
    "    ['clock.breached'] = function(e, view)\n"
    "      if e.clock == 'dispatch' then return escalate(e.incident, 'township', '5 分钟内未派单') end\n"
    "    end,\n"
    "  },\n"
    "}\n";

struct chunk {
  const char *name, *text;
  struct fq_buf code;
};
static struct chunk chunks[] = {
    {.name = "prelude.lua"}, {.name = "words", .text = fake_lua}, {.name = "p.lua", .text = policy}};

static int writer(lua_State *L, const void *p, size_t n, void *to) {
  (void)L;
  fq_buf_add(to, p, n);
  return 0;
}

static int nothing(lua_State *L) {
  (void)L;
  return 0;
}

/* As host.c and version.c do it, but every time. */
static void fresh(struct fq_host *h, bool bytecode) {
  lua_State *L = fq_limits_state(&h->limits);
  fq_sandbox_open(L);
  fq_lua_json_open(L);
  for (size_t i = 0; i < 3; i++) {
    int st = bytecode ? luaL_loadbufferx(L, chunks[i].code.data, chunks[i].code.len, chunks[i].name, "b")
                      : fq_sandbox_load(L, chunks[i].name, chunks[i].text, strlen(chunks[i].text));
    if (st) fail_msg("%s", lua_tostring(L, -1));
    if (!bytecode && !chunks[i].code.len) {
      lua_dump(L, writer, &chunks[i].code, 0);
    }
    if (i == 0) {
      lua_newtable(L);
      static const char *const inner[] = {"suggest", "kind", "proxy", "list"};
      for (size_t n = 0; n < 4; n++) {
        lua_pushcfunction(L, nothing);
        lua_setfield(L, -2, inner[n]);
      }
      lua_call(L, 1, 1);
      lua_setfield(L, LUA_REGISTRYINDEX, "finish");
    } else {
      lua_call(L, 0, i == 2);
    }
  }
}

static double us(int64_t from, int rounds) {
  return (double)(fq_thread_cpu_us() - from) / rounds;
}

int main(void) {
  chunks[0].text = fq_lib_prelude;
  struct fq_host *h = fake_host();
  struct fq_version *v = fake_compile(h, "p.lua", policy);
  fresh(h, false);
  int64_t at = fq_thread_cpu_us();
  for (int i = 0; i < ROUNDS; i++)
    fresh(h, false);
  printf("fresh state, from source     %8.2f us\n", us(at, ROUNDS));
  at = fq_thread_cpu_us();
  for (int i = 0; i < ROUNDS; i++)
    fresh(h, true);
  printf("fresh state, from bytecode   %8.2f us\n", us(at, ROUNDS));
  at = fq_thread_cpu_us();
  for (int i = 0; i < ROUNDS * 10; i++)
    fq_image_put(h, v->image);
  printf("image put back (%3zu KiB)     %8.2f us\n", v->image->memory->book.top >> 10, us(at, ROUNDS * 10));
  at = fq_thread_cpu_us();
  int64_t steps = 0;
  for (int i = 0; i < ROUNDS * 10; i++) {
    struct fq_decision d = fake_decide(h, v, NULL);
    if (d.exit) fail_msg("%s", d.en);
    steps = d.steps;
    fq_decision_clear(&d);
  }
  printf("a whole decision             %8.2f us   (%lld steps, %llu requests for memory; JSON of entry and "
         "context included)\n",
         us(at, ROUNDS * 10), (long long)steps, (unsigned long long)fq_host_allocations(h));
  for (size_t i = 0; i < 3; i++)
    fq_buf_free(&chunks[i].code);
  fq_version_free(v);
  fq_host_free(h);
  return 0;
}
