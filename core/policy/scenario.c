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
  fq_json_set(o, "lines", fq_lines_around(s->text, line));
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

static fq_json *row_of(const struct story *s, double ms) {
  fq_json *o = fq_json_object();
  fq_json_set_str(o, "file", s->file);
  fq_json_set_str(o, "title", s->title);
  fq_json_set_bool(o, "ok", !fq_json_size(s->wrong));
  fq_json_set_int(o, "steps", s->steps);
  fq_json_set_num(o, "ms", ms);
  fq_json_set(o, "wrong", fq_json_dup(s->wrong));
  return o;
}

/* NULL and an error when the pack cannot be deployed. */
static fq_json *play_file(const struct fq_scenario_config *c, const char *name, const char *text,
                          const fq_json *deploy, struct fq_error *e) {
  struct story s = {.file = name, .text = text, .day_ms = story_day(text), .wrong = fq_json_array()};
  fq_json *row = NULL;
  fq_copy(s.title, sizeof s.title, name);
  int64_t began = fq_monotonic_us();
  s.kernel = open_kernel(c, deploy, s.day_ms, e);
  if (s.kernel) {
    play(&s);
    fq_kernel_close(s.kernel);
    row = row_of(&s, (double)(fq_monotonic_us() - began) / 1000);
  }
  if (c->gone) c->gone(c->arg);
  fq_json_free(s.wrong);
  return row;
}

/* -- all files
 * ------------------------------------------------------------------------------------------------- */

#define FOLDER "scenarios/"

static bool is_scenario(const fq_json *file) {
  return !strncmp(fq_json_name(file), FOLDER, sizeof FOLDER - 1) && fq_json_as_str(file);
}

int fq_scenario_files(const fq_json *files) {
  int count = 0;
  fq_json_each(m, files) count += is_scenario(m);
  return count;
}

static int by_name(const void *a, const void *b) {
  return strcmp(fq_json_name(*(const fq_json *const *)a), fq_json_name(*(const fq_json *const *)b));
}

/* The pack without its stories: they are told about it, not to it. */
static fq_json *told_about(const fq_json *pack) {
  fq_json *out = fq_json_object(), *files = fq_json_object();
  fq_json_each(m, fq_json_get(pack, "files")) if (!is_scenario(m))
      fq_json_set(files, fq_json_name(m), fq_json_dup(m));
  fq_json_set_str(out, "pack", fq_json_str(pack, "pack"));
  fq_json_set(out, "files", files);
  return out;
}

enum fq_status fq_scenario_play(const struct fq_scenario_config *c, struct fq_scenario_count *count,
                                struct fq_error *e) {
  const fq_json *files = fq_json_get(c->pack, "files");
  const fq_json **list = fq_alloc((size_t)fq_scenario_files(files) * sizeof *list + 1);
  fq_json *deploy = told_about(c->pack);
  enum fq_status st = FQ_OK;
  int n = 0;
  *count = (struct fq_scenario_count){0};
  fq_json_each(m, files) if (is_scenario(m) && (!c->only || strstr(fq_json_name(m), c->only))) list[n++] = m;
  qsort(list, (size_t)n, sizeof *list, by_name);
  if (!n) st = fq_fail(e, FQ_E_NOT_FOUND, "scenario.none", "scenarios", "没有情景", "there is no scenario");
  for (int i = 0; i < n && !st; i++) {
    fq_json *row = play_file(c, fq_json_name(list[i]), fq_json_as_str(list[i]), deploy, e);
    if (!row) {
      st = e->status;
      break;
    }
    count->played++;
    count->failed += !fq_json_bool(row, "ok", false);
    bool more = c->row(c->arg, row, i + 1, n);
    fq_json_free(row);
    if (!more) break;
  }
  fq_json_free(deploy);
  free(list);
  return st;
}
