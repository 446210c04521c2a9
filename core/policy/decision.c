/*
 * One decision: put the version's image back, run its handlers for the entry, read what they return. See
 * host.h.
 */
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "policy/host_internal.h"
#include "policy/lua_json.h"
#include "policy/message.h"
#include "policy/suggest.h"

static void bad(struct run *run, const char *zh, const char *en, ...) FQ_PRINTF(2, 4) FQ_PRINTF(3, 4);
static void bad(struct run *run, const char *zh, const char *en, ...) {
  struct fq_decision *d = run->out;
  char text[1024];
  va_list ap, again;
  va_start(ap, en);
  va_copy(again, ap);
  vsnprintf(text, sizeof text, zh, ap);
  fq_copy(d->zh, sizeof d->zh, text);
  vsnprintf(text, sizeof text, en, again);
  fq_copy(d->en, sizeof d->en, text);
  va_end(again);
  va_end(ap);
  d->exit = FQ_EXIT_BAD_DECISION;
}

static bool may_return(const struct fq_method *m) {
  return (m->flags & FQ_POLICY) && m->run;
}

static bool check_method(const struct fq_host *h, struct run *run, const char *name) {
  const struct fq_method *found = NULL;
  for (size_t i = 0; i < h->count && !found; i++)
    for (const struct fq_method *m = h->modules[i].table->methods; m && m->name && !found; m++)
      if (!strcmp(m->name, name)) found = m;
  if (found && may_return(found)) return true;
  struct fq_suggest s;
  fq_suggest_start(&s, name);
  for (size_t i = 0; i < h->count; i++)
    for (const struct fq_method *m = h->modules[i].table->methods; m && m->name; m++)
      if (may_return(m)) fq_suggest_try(&s, m->name);
  const char *best = fq_suggest_best(&s);
  if (found)
    bad(run, "规则不可以下 %s 这条命令", "a policy may not give the command %s", name);
  else if (best)
    bad(run, "没有命令 %s,是不是 %s?", "no command %s, did you mean %s?", name, best);
  else
    bad(run, "没有命令 %s", "no command %s", name);
  return false;
}

/* {method = "...", params = {...}} at idx. Raises nothing. */
static bool take_command(lua_State *L, int idx, const struct fq_host *h, struct run *run) {
  struct fq_lua_flaw flaw = {0};
  fq_json *c = fq_lua_read(L, idx, &flaw);
  if (!c) {
    bad(run, "返回的命令不对:%s %s", "a returned command: %s %s", flaw.path, flaw.zh);
    char *en = fq_printf("a returned command: %s %s", flaw.path, flaw.en);
    fq_copy(run->out->en, sizeof run->out->en, en);
    free(en);
    return false;
  }
  const char *method = fq_json_str(c, "method");
  fq_json *params = fq_json_edit(c, "params");
  bool ok = false;
  if (!method || fq_json_size(c) != (params ? 2u : 1u)) {
    bad(run, "命令只有 method 和 params 两项", "a command has the members method and params only");
  } else if (params && fq_json_type(params) != FQ_JSON_OBJECT) {
    bad(run, "%s 的 params 应为有名字的项", "params of %s must be named members", method);
  } else if (fq_json_size(run->out->commands) >= FQ_COMMANDS_MAX) {
    bad(run, "一次决定最多 %d 条命令", "at most %d commands in one decision", FQ_COMMANDS_MAX);
  } else {
    ok = check_method(h, run, method);
  }
  if (ok) {
    if (!params) fq_json_set(c, "params", fq_json_object());
    fq_json_push(run->out->commands, c);
  } else {
    fq_json_free(c);
  }
  return ok;
}

/* nil, a command, or a list of such, nested. Raises nothing. */
static bool take(lua_State *L, int idx, const struct fq_host *h, struct run *run, int depth) {
  if (lua_isnil(L, idx) || (lua_isboolean(L, idx) && !lua_toboolean(L, idx))) return true;
  if (lua_type(L, idx) != LUA_TTABLE || depth > 8 || !lua_checkstack(L, 8)) {
    bad(run, "返回了 %s,应为命令或命令的列表", "returned %s, expected a command or a list of commands",
        depth > 8 ? "a deep nest" : luaL_typename(L, idx));
    return false;
  }
  idx = lua_absindex(L, idx);
  lua_Integer last = 0;
  size_t named = 0;
  for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1)) {
    lua_Integer at = lua_isinteger(L, -2) ? lua_tointeger(L, -2) : 0;
    if (lua_type(L, -2) == LUA_TSTRING) {
      named++;
    } else if (at < 1 || at > FQ_COMMANDS_MAX) {
      lua_pop(L, 2);
      bad(run, "一次决定最多 %d 条命令,按 1、2、3 排列",
          "at most %d commands in one decision, at positions 1, 2, 3", FQ_COMMANDS_MAX);
      return false;
    }
    if (at > last) last = at;
  }
  if (named && !last) return take_command(L, idx, h, run);
  if (named) {
    bad(run, "命令的列表中混有带名字的项", "named members among a list of commands");
    return false;
  }
  for (lua_Integer i = 1; i <= last; i++) { /* holes are fine: { late and urge(i), escalate(i, ...) } */
    lua_rawgeti(L, idx, i);
    bool ok = take(L, lua_gettop(L), h, run, depth + 1);
    lua_pop(L, 1);
    if (!ok) return false;
  }
  return true;
}

static int body(lua_State *L) {
  struct fq_host *h = fq_host_of(L);
  struct run *run = h->run;
  lua_settop(L, 0);
  fq_view_begin(L, run); /* 1: e, 2: view */
  lua_getfield(L, LUA_REGISTRYINDEX, REG_HANDLERS);
  if (lua_getfield(L, 3, run->question->entry->kind) != LUA_TTABLE) return 0;
  for (lua_Integer i = 1; lua_rawgeti(L, 4, i) == LUA_TFUNCTION; i++) {
    lua_Debug d;
    lua_pushvalue(L, -1);
    lua_getinfo(L, ">S", &d);
    lua_pushvalue(L, 1);
    lua_pushvalue(L, 2);
    lua_call(L, 2, 1);
    fq_limits_check(L);
    if (!take(L, lua_gettop(L), h, run, 0)) {
      if (d.source[0] == '@' && !strcmp(d.source + 1, run->version->path)) h->line = d.linedefined;
      return 0;
    }
    lua_settop(L, 4);
  }
  return 0;
}

/* Words for what Lua raised: a text, a table with zh and en, or something else. */
static void explain(lua_State *L, struct fq_decision *d, const struct fq_host *h, const struct run *run) {
  const char *en = "", *zh = NULL;
  if (d->exit == FQ_EXIT_RUNTIME || d->exit == FQ_EXIT_SYNTAX) {
    if (lua_type(L, -1) == LUA_TSTRING) {
      en = fq_message_of(lua_tostring(L, -1), d->line ? NULL : &d->line);
      if (run->said_en[0] && !strcmp(en, run->said_en)) zh = run->said_zh;
    } else if (lua_type(L, -1) == LUA_TTABLE && lua_checkstack(L, 4)) {
      struct fq_lua_flaw flaw;
      fq_json *v = fq_lua_read(L, -1, &flaw);
      const char *said_zh = v ? fq_json_str(v, "zh") : NULL, *said_en = v ? fq_json_str(v, "en") : NULL;
      fq_copy(d->zh, sizeof d->zh, said_zh ? said_zh : "错误对象是一张表");
      fq_copy(d->en, sizeof d->en, said_en ? said_en : "the error object is a table");
      fq_json_free(v);
      return;
    } else {
      en = "the error object is no text";
      zh = "错误对象不是文字";
    }
  }
  if (d->exit == FQ_EXIT_TIMEOUT) {
    snprintf(d->zh, sizeof d->zh, "超出 %lld 步或 %lld 毫秒", (long long)h->steps,
             (long long)(h->cpu_us / 1000));
    snprintf(d->en, sizeof d->en, "more than %lld steps or %lld ms", (long long)h->steps,
             (long long)(h->cpu_us / 1000));
  } else if (d->exit == FQ_EXIT_NOMEM) {
    snprintf(d->zh, sizeof d->zh, "内存超过 %u MiB", FQ_ARENA_BYTES >> 20);
    snprintf(d->en, sizeof d->en, "more than %u MiB of memory", FQ_ARENA_BYTES >> 20);
  } else {
    fq_message_zh(zh ? zh : en, d->zh, sizeof d->zh);
    fq_copy(d->en, sizeof d->en, en);
  }
}

static void note_line(lua_State *L, lua_Debug *d) {
  struct run *run = fq_host_of(L)->run;
  if (!lua_getinfo(L, "S", d) || d->source[0] != '@' || strcmp(d->source + 1, run->version->path)) return;
  if (d->currentline > 0 && (size_t)d->currentline < run->ran_len) run->ran[d->currentline] = 1;
}

/* A line more than there are ends of lines, and they count from 1. */
static size_t line_count(const char *text) {
  size_t n = 2;
  for (; (text = strchr(text, '\n')); text++)
    n++;
  return n;
}

static fq_json *lines_run(const struct run *run) {
  fq_json *out = fq_json_array();
  for (size_t i = 0; i < run->ran_len; i++)
    if (run->ran[i]) fq_json_push(out, fq_json_new_int((int64_t)i));
  return out;
}

void fq_decide(struct fq_host *h, const struct fq_version *v, const struct fq_question *q,
               struct fq_decision *out) {
  struct run run = {.question = q, .version = v, .out = out};
  int64_t began = fq_thread_cpu_us();
  *out = (struct fq_decision){.commands = fq_json_array(), .answers = fq_json_array()};
  lua_State *L = fq_image_put(h, v->image);
  h->run = &run;
  h->watched = v->path;
  h->line = 0;
  h->limits.fail_at = h->fail_at;
  if (q->trace) {
    run.ran_len = line_count(v->text);
    run.ran = fq_alloc(run.ran_len);
  }
  h->limits.on_line = q->trace ? note_line : NULL;
  int64_t steps = q->steps ? q->steps : h->steps;
  fq_limits_arm(&h->limits, L, steps, h->cpu_us);
  lua_settop(L, 0);
  lua_pushcfunction(L, fq_on_error); /* light: nothing outside the protected call asks for memory */
  lua_pushcfunction(L, body);
  int status = lua_pcall(L, 0, 0, 1);
  h->limits.fail_at = 0;
  h->limits.on_line = NULL;
  h->run = NULL;
  if (q->trace) out->lines = lines_run(&run);
  free(run.ran);
  out->line = h->line;
  enum fq_exit why = fq_limits_exit(&h->limits, status);
  if (why != FQ_EXIT_OK) {
    out->exit = why;
    explain(L, out, h, &run);
  }
  if (out->exit != FQ_EXIT_OK) {
    fq_utf8_clean(out->zh); /* text from Lua may be cut or no text at all; messages go into the journal */
    fq_utf8_clean(out->en);
    fq_json_free(out->commands);
    out->commands = fq_json_array();
  }
  out->steps = steps - h->limits.steps;
  if (h->limits.steps_at_clock >= 0) out->clock_steps = steps - h->limits.steps_at_clock;
  out->cpu_us = fq_thread_cpu_us() - began;
}

void fq_decision_clear(struct fq_decision *d) {
  fq_json_free(d->commands);
  fq_json_free(d->answers);
  fq_json_free(d->lines);
  *d = (struct fq_decision){0};
}
