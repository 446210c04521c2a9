/*
 * Scenarios: a kernel, a clock, and a Lua file that tells a story to both. What the words of a story mean is
 * in scripts/lib/scenario.lua; here are only calling, waiting and reporting. One thread.
 */
#include "policy/scenario.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "policy/host_internal.h"
#include "policy/lib_texts.h"
#include "policy/limits.h"
#include "policy/lua_json.h"
#include "policy/module.h"
#include "policy/pack.h"
#include "policy/sandbox.h"
#include "policy/suggest.h"

#define STEPS     200000000    /* a story may loop over a thousand reports */
#define FIRST_DAY "2026-03-02" /* a Monday without a holiday near it */

struct story {
  struct fq_limits limits; /* first: story_of() */
  const struct fq_scenario_config *config;
  fq_kernel *kernel;
  const char *file, *text;
  int64_t day_ms; /* the midnight, in Beijing, the story's day begins with */
  char title[200];
  fq_json *wrong; /* [{line, zh, en}] */
  int steps;
  bool syntax; /* it did not compile */
};

static struct story *story_of(lua_State *L) {
  return (struct story *)fq_limits_of(L);
}

static void note(struct story *s, int line, const char *zh, const char *en) {
  fq_json *o = fq_json_object();
  fq_json_set_int(o, "line", line);
  fq_json_set_str(o, "zh", zh);
  fq_json_set_str(o, "en", en);
  fq_json_push(s->wrong, o);
}

/* -- what scenario.lua gets
 * ------------------------------------------------------------------------------------ */

static uint32_t roles_of(lua_State *L, int idx) {
  static const char *const names[] = {
#define X(id, name, zh) name,
      FQ_ROLES(X)
#undef X
  };
  uint32_t mask = 0;
  for (lua_Integer i = 1; lua_rawgeti(L, idx, i) == LUA_TSTRING; i++, lua_pop(L, 1))
    for (int bit = 0; bit < FQ_ROLE_BITS; bit++)
      if (!strcmp(names[bit], lua_tostring(L, -1))) mask |= 1u << bit;
  lua_pop(L, 1);
  return mask;
}

/* call(actor | nil, method, params): result, or nil and {code, zh, en}. actor: {name, org, roles}. */
static int in_call(lua_State *L) {
  struct story *s = story_of(L);
  struct fq_actor actor = {0};
  const char *method = luaL_checkstring(L, 2);
  lua_settop(L, 3);
  if (lua_istable(L, 1)) {
    lua_getfield(L, 1, "name");
    lua_getfield(L, 1, "org");
    lua_getfield(L, 1, "roles");
    actor = (struct fq_actor){
        .name = luaL_checkstring(L, 4), .org = luaL_checkstring(L, 5), .roles = roles_of(L, 6)};
  }
  struct fq_lua_flaw flaw = {0};
  fq_json *params = lua_isnil(L, 3) ? fq_json_object() : fq_lua_read(L, 3, &flaw), *result = NULL;
  if (!params) return luaL_error(L, "%s: %s %s", method, flaw.path, flaw.en);
  struct fq_error e = {0};
  s->steps++;
  if (!fq_kernel_call(s->kernel, lua_istable(L, 1) ? &actor : NULL, method, params, &result, &e)) {
    fq_lua_push(L, result);
    fq_json_free(result);
    return 1;
  }
  fq_json_free(result);
  lua_pushnil(L);
  lua_createtable(L, 0, 4);
  lua_pushstring(L, e.code), lua_setfield(L, -2, "code");
  lua_pushstring(L, e.path), lua_setfield(L, -2, "path");
  lua_pushstring(L, e.zh), lua_setfield(L, -2, "zh");
  lua_pushstring(L, e.en), lua_setfield(L, -2, "en");
  return 2;
}

static int in_run_until(lua_State *L) { /* timers fire at their own times on the way */
  struct fq_error e = {0};
  if (fq_kernel_run_until(story_of(L)->kernel, luaL_checkinteger(L, 1), &e)) return luaL_error(L, "%s", e.en);
  return 0;
}

static int
in_jump(lua_State *L) { /* the clock alone, as if the server had been off; then what is overdue fires */
  struct fq_error e = {0};
  int64_t ms = luaL_checkinteger(L, 1);
  fq_kernel_set_time(story_of(L)->kernel, ms);
  if (fq_kernel_run_until(story_of(L)->kernel, ms, &e)) return luaL_error(L, "%s", e.en);
  return 0;
}

static int in_title(lua_State *L) {
  fq_copy(story_of(L)->title, sizeof story_of(L)->title, luaL_checkstring(L, 1));
  return 0;
}

static int in_line(lua_State *L) {
  struct story *s = story_of(L);
  lua_Debug d;
  for (int level = 0; lua_getstack(L, level, &d); level++)
    if (lua_getinfo(L, "Sl", &d) && d.source[0] == '@' && !strcmp(d.source + 1, s->file)) {
      lua_pushinteger(L, d.currentline);
      return 1;
    }
  lua_pushinteger(L, 0);
  return 1;
}

static int in_wrong(lua_State *L) { /* wrong(line, zh, en) */
  note(story_of(L), (int)luaL_checkinteger(L, 1), luaL_checkstring(L, 2), luaL_checkstring(L, 3));
  return 0;
}

static int64_t midnight(const char *date, size_t len) {
  char text[40];
  snprintf(text, sizeof text, "%.*sT00:00:00+08:00", (int)len, date);
  return len == sizeof FIRST_DAY - 1 ? fq_time_parse(text) : -1;
}

static int in_midnight(lua_State *L) { /* "2026-02-13" → milliseconds, -1 when it is no date */
  size_t len;
  const char *date = luaL_checklstring(L, 1, &len);
  lua_pushinteger(L, midnight(date, len));
  return 1;
}

static int in_time(lua_State *L) { /* milliseconds → RFC 3339 */
  char text[32];
  fq_time_format(luaL_checkinteger(L, 1), text);
  lua_pushstring(L, text);
  return 1;
}

static int in_suggest(lua_State *L) {
  struct fq_suggest g;
  fq_suggest_start(&g, luaL_checkstring(L, 1));
  luaL_checktype(L, 2, LUA_TTABLE);
  for (lua_Integer i = 1; lua_rawgeti(L, 2, i) == LUA_TSTRING; i++, lua_pop(L, 1))
    fq_suggest_try(&g, lua_tostring(L, -1));
  lua_pushstring(L, fq_suggest_best(&g));
  return 1;
}

static int tell(lua_State *L) {
  struct story *s = story_of(L);
  static const luaL_Reg inner[] = {{"call", in_call},         {"run_until", in_run_until},
                                   {"jump", in_jump},         {"title", in_title},
                                   {"line", in_line},         {"wrong", in_wrong},
                                   {"time", in_time},         {"suggest", in_suggest},
                                   {"midnight", in_midnight}, {NULL, NULL}};
  fq_sandbox_open(L);
  fq_lua_json_open(L);
  if (fq_sandbox_load(L, "scenario.lua", fq_lib_scenario, strlen(fq_lib_scenario)) != LUA_OK)
    return lua_error(L);
  luaL_newlib(L, inner);
  lua_pushinteger(L, s->day_ms);
  lua_setfield(L, -2, "day");
  lua_call(L, 1, 0);
  fq_sandbox_strict(L);
  fq_limits_arm(&s->limits, L, STEPS, 0);
  s->syntax = fq_sandbox_load(L, s->file, s->text, strlen(s->text)) != LUA_OK;
  if (s->syntax) return lua_error(L);
  lua_call(L, 0, 0);
  return 0;
}

/* The day a story says it plays on: a line of its own, day "2026-02-13". The pack is deployed on that day,
 * and time does not run backwards, so it has to be known before the story is told. */
static int64_t story_day(const char *text) {
  for (const char *p = text; p; p = strchr(p, '\n')) {
    p += *p == '\n';
    if (strncmp(p, "day \"", 5)) continue;
    int64_t ms = midnight(p + 5, strcspn(p + 5, "\"\n"));
    if (ms >= 0) return ms;
  }
  return midnight(FIRST_DAY, sizeof FIRST_DAY - 1);
}

/* -- one file
 * -------------------------------------------------------------------------------------------------- */

static fq_kernel *open_kernel(const struct fq_scenario_config *c, const fq_json *deploy, int64_t day_ms,
                              struct fq_error *e) {
  fq_kernel *k = fq_kernel_open(&(struct fq_kernel_config){.memory = true, .fake_clock = true}, e);
  if (!k) return NULL;
  fq_kernel_set_time(k, day_ms);
  if (c->add(c->arg, k, e) || fq_policy_add(k, e) || fq_kernel_boot(k, e) ||
      fq_kernel_call(k, NULL, "pack.deploy", fq_json_dup(deploy), NULL, e)) {
    fq_kernel_close(k);
    return NULL;
  }
  return k;
}

static void play(struct story *s) {
  fq_limits_open(&s->limits);
  lua_State *L = fq_limits_state(&s->limits);
  lua_pushcfunction(L, tell);
  int status = lua_pcall(L, 0, 0, 0);
  enum fq_exit why = fq_limits_exit(&s->limits, status);
  if (why != FQ_EXIT_OK) {
    if (s->syntax) why = FQ_EXIT_SYNTAX;
    const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
    int line = 0;
    text = fq_message_of(text, &line);
    char *zh = fq_printf("%s%s%s", fq_exit_zh(why), *text ? ":" : "", text);
    char *en = fq_printf("%s%s%s", fq_exit_en(why), *text ? ": " : "", text);
    note(s, line, zh, en);
    free(zh);
    free(en);
  }
  fq_limits_close(&s->limits);
}

static void print(const struct story *s, double ms) {
  FILE *out = s->config->out;
  bool ok = !fq_json_size(s->wrong);
  if (s->config->json) {
    fq_json *o = fq_json_object();
    fq_json_set_str(o, "file", s->file);
    fq_json_set_str(o, "title", s->title);
    fq_json_set_bool(o, "ok", ok);
    fq_json_set_int(o, "steps", s->steps);
    fq_json_set_num(o, "ms", ms);
    fq_json_set(o, "wrong", fq_json_dup(s->wrong));
    char *text = fq_json_print(o);
    fprintf(out, "%s\n", text);
    free(text);
    fq_json_free(o);
    return;
  }
  fprintf(out, "%s %s  (%s, %.1f ms)\n", ok ? "✓" : "✗", s->title, s->file, ms);
  fq_json_each(w, s->wrong) {
    fprintf(out, "    %s:%lld: %s\n", s->file, (long long)fq_json_int(w, "line", 0), fq_json_str(w, "zh"));
    if (strcmp(fq_json_str(w, "zh"), fq_json_str(w, "en")))
      fprintf(out, "        %s\n", fq_json_str(w, "en"));
  }
}

static void complain(const struct fq_scenario_config *c, const struct fq_error *e) {
  fprintf(c->out, "✗ %s%s%s\n    %s\n", e->path, e->path[0] ? ": " : "", e->zh, e->en);
}

static int run_file(const struct fq_scenario_config *c, const char *name, const fq_json *deploy) {
  struct fq_error e = {0};
  int code = 2;
  struct story s = {.config = c, .file = name, .wrong = fq_json_array()};
  char *text = fq_pack_file(c->pack, name, &e);
  if (!text) goto out;
  s.text = text;
  s.day_ms = story_day(text);
  fq_copy(s.title, sizeof s.title, name);
  int64_t began = fq_monotonic_us();
  s.kernel = open_kernel(c, deploy, s.day_ms, &e);
  if (!s.kernel) goto out;
  play(&s);
  fq_kernel_close(s.kernel);
  print(&s, (double)(fq_monotonic_us() - began) / 1000);
  code = fq_json_size(s.wrong) ? 1 : 0;
out:
  if (code == 2) complain(c, &e);
  if (c->gone) c->gone(c->arg);
  fq_json_free(s.wrong);
  free(text);
  return code;
}

int fq_scenario_run(const struct fq_scenario_config *c) {
  struct fq_error e = {0};
  fq_json *deploy = fq_pack_read(c->pack, &e);
  if (!deploy) {
    complain(c, &e);
    return 2;
  }
  int worst = 0, played = 0;
  fq_json *names = fq_pack_list(c->pack, "scenarios", ".lua");
  fq_json_each(m, names) {
    if (c->only && !strstr(fq_json_as_str(m), c->only)) continue;
    int code = run_file(c, fq_json_as_str(m), deploy);
    if (code > worst) worst = code;
    played++;
  }
  if (!played) {
    fprintf(c->out, "✗ %s 没有情景 (no scenario)\n", c->pack);
    worst = 2;
  }
  fq_json_free(names);
  fq_json_free(deploy);
  return worst;
}
