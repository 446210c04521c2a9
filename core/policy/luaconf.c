/*
 * Configuration files in Lua: running one. The lexical scan for lines is luaconf_lines.c. Any thread.
 */
#include "policy/luaconf.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "policy/limits.h"
#include "policy/lua_json.h"
#include "policy/message.h"
#include "policy/sandbox.h"

struct job {
  const char *path, *text;
  size_t len;
  fq_json *out;
  struct fq_lua_flaw flaw;
  bool flawed, syntax; /* a value that is no data; a text that does not compile */
};

/* Reads of a name that the file has not assigned go to the sandbox, which is strict. */
static int run(lua_State *L) {
  struct job *job = lua_touserdata(L, 1);
  lua_settop(L, 0);
  fq_sandbox_open(L);
  fq_sandbox_strict(L);
  fq_lua_json_open(L);
  fq_limits_arm(fq_limits_of(L), L, FQ_STEPS_DEFAULT, 0);
  lua_newtable(L); /* 1: what is assigned */
  lua_createtable(L, 0, 1);
  lua_pushglobaltable(L);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, 1);
  job->syntax = fq_sandbox_load(L, job->path, job->text, job->len) != LUA_OK;
  if (job->syntax) return lua_error(L);
  lua_pushvalue(L, 1);
  if (!lua_setupvalue(L, -2, 1)) lua_pop(L, 1); /* a file without a global has no _ENV */
  lua_call(L, 0, 1);
  if (lua_istable(L, 2)) lua_replace(L, 1); /* `return { ... }` instead of assignments */
  lua_settop(L, 1);
  lua_pushnil(L);
  lua_setmetatable(L, 1);
  job->out = fq_lua_read(L, 1, &job->flaw);
  job->flawed = !job->out;
  return 0;
}

/* "fengqiao.lua:3: text" → path "fengqiao.lua:3" and the text. */
static void explain(struct fq_error *e, const char *path, const char *message, enum fq_exit why) {
  char where[160];
  size_t n = strlen(path);
  fq_copy(where, sizeof where, path);
  if (!strncmp(message, path, n) && message[n] == ':') {
    size_t digits = strspn(message + n + 1, "0123456789");
    if (digits && message[n + 1 + digits] == ':') {
      char *full = fq_strndup(message, n + 1 + digits);
      fq_copy(where, sizeof where, full);
      free(full);
      message += n + 1 + digits + 1;
      message += *message == ' ';
    }
  }
  fq_fail(e, FQ_E_PARAMS, "config.lua", where, "%s:%s", "%s: %s", fq_exit_en(why), message);
  if (e) {
    char tail[256];
    fq_message_zh(message, tail, sizeof tail);
    struct fq_error zh;
    fq_fail(&zh, FQ_E_PARAMS, "", "", "%s:%s", "%s: %s", fq_exit_zh(why), tail);
    fq_copy(e->zh, sizeof e->zh, zh.zh);
  }
}

fq_json *fq_luaconf_load(const char *path, const char *text, size_t len, struct fq_luaconf_lines **lines,
                         struct fq_error *e) {
  struct fq_limits limits;
  struct job job = {.path = path, .text = text, .len = len};
  struct fq_luaconf_lines *scan = fq_luaconf_scan(text, len);
  fq_limits_open(&limits);
  lua_State *L = fq_limits_state(&limits);
  lua_pushcfunction(L, run);
  lua_pushlightuserdata(L, &job);
  int status = lua_pcall(L, 1, 0, 0);
  enum fq_exit why = fq_limits_exit(&limits, status);
  if (why != FQ_EXIT_OK) {
    const char *message = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : fq_exit_en(why);
    if (why == FQ_EXIT_RUNTIME && strstr(message, "near"))
      why = FQ_EXIT_SYNTAX; /* raised again inside run() */
    explain(e, path, message, why);
    fq_json_free(job.out);
    job.out = NULL;
  } else if (job.flawed) {
    char where[160], *at = fq_printf("%s:%d", path, fq_luaconf_line(scan, job.flaw.path));
    fq_copy(where, sizeof where, at);
    free(at);
    fq_fail(e, FQ_E_PARAMS, "config.value", where, "%s:%s", "%s: %s", job.flaw.path, job.flaw.en);
    if (e) {
      char *zh = fq_printf("%s:%s", job.flaw.path, job.flaw.zh);
      fq_copy(e->zh, sizeof e->zh, zh);
      free(zh);
    }
  }
  fq_limits_close(&limits);
  if (lines)
    *lines = scan;
  else
    fq_luaconf_lines_free(scan);
  return job.out;
}
