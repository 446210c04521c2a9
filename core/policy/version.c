/*
 * From a policy's text to a version: compile, run its one statement, check what it declares, take the image.
 * See host.h.
 */
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "policy/host_internal.h"
#include "policy/lua_json.h"
#include "policy/luaconf.h"
#include "policy/message.h"
#include "policy/sandbox.h"

struct job {
  const char *path, *text;
  bool lenient;
  fq_json *problems, *names;
};

int fq_on_error(lua_State *L) {
  struct fq_host *h = fq_host_of(L);
  lua_Debug d;
  for (int level = 0; level < 200 && lua_getstack(L, level, &d); level++)
    if (lua_getinfo(L, "Sl", &d) && d.source[0] == '@' && !strcmp(d.source + 1, h->watched)) {
      h->line = d.currentline;
      break;
    }
  return 1;
}

const char *fq_message_of(const char *text, int *line) {
  /* Lua shortens long paths in messages, so look for the first ":digits: " instead of comparing. */
  for (const char *p = text; (p = strchr(p, ':')); p++) {
    size_t digits = strspn(p + 1, "0123456789");
    if (!digits || p[1 + digits] != ':' || p[2 + digits] != ' ') continue;
    if (line && !*line) *line = atoi(p + 1);
    return p + digits + 3;
  }
  return text;
}

/* Leaves the function; or what says that it does not compile, and why: see tried(). */
static bool load(lua_State *L, struct job *job) {
  if (fq_sandbox_load(L, job->path, job->text, strlen(job->text)) == LUA_OK) return true;
  fq_message_of(lua_tostring(L, -1), &fq_host_of(L)->line);
  lua_pushlightuserdata(L, job); /* tells a syntax error from one at run time */
  lua_insert(L, 1);
  lua_settop(L, 2);
  return false;
}

static int compile(lua_State *L) {
  struct job *job = lua_touserdata(L, 1);
  lua_settop(L, 0);
  if (!load(L, job)) return 2;
  lua_getfield(L, LUA_REGISTRYINDEX, REG_FINISH);
  lua_insert(L, 1);
  lua_call(L, 0, 1);
  lua_pushboolean(L, job->lenient);
  lua_call(L, 2, 2); /* what it declares, problems */
  fq_lua_mark_array(L);
  struct fq_lua_flaw flaw = {0};
  job->problems = fq_lua_read(L, 2, &flaw);
  if (!job->problems) return luaL_error(L, "what is wrong cannot be told: %s", flaw.en);
  fq_json *names = job->names = fq_json_object();
  lua_getfield(L, 1, "name");
  size_t len = 0;
  const char *name = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;
  if (name && strlen(name) == len) fq_json_set_str(names, "name", name);
  fq_json *kinds = fq_json_array();
  fq_json_set(names, "kinds", kinds);
  lua_getfield(L, 1, "handlers");
  for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1))
    fq_json_push(kinds, fq_json_new_str(lua_tostring(L, -2)));
  lua_setfield(L, LUA_REGISTRYINDEX, REG_HANDLERS);
  return 0;
}

static bool good_name(const char *name) {
  return name && *name && strlen(name) < 49 &&
         strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == strlen(name);
}

/* Kind names in one order: Lua's hash order is not to be seen in the journal. */
static fq_json *sorted(const fq_json *names) {
  fq_json *out = fq_json_array();
  size_t n = fq_json_size(names);
  const char *last = "";
  for (size_t i = 0; i < n; i++) {
    const char *least = NULL;
    fq_json_each(m, names) {
      const char *s = fq_json_as_str(m);
      if (strcmp(s, last) > 0 && (!least || strcmp(s, least) < 0)) least = s;
    }
    if (!least) break;
    fq_json_push(out, fq_json_new_str(least));
    last = least;
  }
  return out;
}

static void failed(const char *path, struct fq_host *h, lua_State *L, int status, struct fq_findings *f) {
  enum fq_exit why = fq_limits_exit(&h->limits, status);
  const char *message = lua_type(L, -1) == LUA_TSTRING ? fq_message_of(lua_tostring(L, -1), NULL) : "";
  char said[320];
  fq_message_zh(message, said, sizeof said);
  char *zh = fq_printf("%s%s%s", fq_exit_zh(why), *message ? ":" : "", said);
  char *en = fq_printf("%s%s%s", fq_exit_en(why), *message ? ": " : "", message);
  fq_finding_put(f, path, h->line, why, zh, en);
  free(zh);
  free(en);
}

/* Runs `fn` on the job in a state with every word; a finding, and not `good`, when it fails. */
static lua_State *tried(struct fq_host *h, lua_CFunction fn, struct job *job, bool *good,
                        struct fq_findings *f) {
  *good = false;
  lua_State *L = fq_image_put(h, h->words);
  lua_settop(L, 0);
  fq_limits_arm(&h->limits, L, FQ_STEPS_DEFAULT,
                h->cpu_us * 4); /* compiling is not counted, expanding clauses is */
  h->watched = job->path;
  h->line = 0;
  lua_pushcfunction(L, fq_on_error);
  lua_pushcfunction(L, fn);
  lua_pushlightuserdata(L, job);
  int status = lua_pcall(L, 1, LUA_MULTRET, 1);
  if (status == LUA_OK && lua_gettop(L) == 3 && lua_touserdata(L, 2) == job) {
    lua_remove(L, 2);
    failed(job->path, h, L, LUA_ERRSYNTAX, f);
  } else if (status != LUA_OK) {
    failed(job->path, h, L, status, f);
  } else {
    *good = true;
  }
  return L;
}

static int compile_only(lua_State *L) {
  struct job *job = lua_touserdata(L, 1);
  lua_settop(L, 0);
  return load(L, job) ? 0 : 2;
}

void fq_text_compiles(struct fq_host *h, const char *path, const char *text, struct fq_findings *f) {
  struct job job = {.path = path, .text = text};
  bool good;
  tried(h, compile_only, &job, &good, f);
}

struct fq_version *fq_version_compile(struct fq_host *h, const char *path, const char *text, bool lenient,
                                      struct fq_findings *f) {
  size_t before = f->count;
  struct job job = {.path = path, .text = text, .lenient = lenient};
  bool good;
  if (strlen(text) > FQ_POLICY_TEXT_MAX) {
    fq_finding_add(f, path, 0, FQ_EXIT_SYNTAX, "文件超过 256 KiB", "the file is larger than 256 KiB");
    return NULL;
  }
  lua_State *L = tried(h, compile, &job, &good, f);
  if (good) {
    struct fq_luaconf_lines *lines = fq_luaconf_scan(text, strlen(text));
    fq_json_each(p, job.problems) {
      const char *zh = fq_json_str(p, "zh"), *en = fq_json_str(p, "en"), *at = fq_json_str(p, "path");
      fq_finding_put(f, path, fq_luaconf_line(lines, at ? at : ""), FQ_EXIT_SYNTAX, zh ? zh : en,
                     en ? en : zh);
    }
    const char *name = fq_json_str(job.names, "name");
    if (f->count == before && !good_name(name))
      fq_finding_add(f, path, fq_luaconf_line(lines, "name"), FQ_EXIT_SYNTAX,
                     "name 只能用字母、数字、点、横线", "name takes letters, digits, dots and dashes only");
    fq_luaconf_lines_free(lines);
  }
  struct fq_version *v = NULL;
  if (f->count == before) {
    uint8_t digest[FQ_SHA256];
    v = fq_alloc(sizeof *v);
    fq_sha256_text(text, digest);
    fq_hex(digest, sizeof digest, v->hash);
    fq_copy(v->name, sizeof v->name, fq_json_str(job.names, "name"));
    fq_copy(v->path, sizeof v->path, path);
    v->text = fq_strdup(text);
    v->kinds = sorted(fq_json_get(job.names, "kinds"));
    lua_settop(L, 0);
    lua_sethook(L, NULL, 0, 0);
    h->limits.steps = INT64_MAX / 2;
    lua_gc(L, LUA_GCCOLLECT);
    v->image = fq_image_take(h, L);
  }
  fq_json_free(job.problems);
  fq_json_free(job.names);
  return v;
}

void fq_version_free(struct fq_version *v) {
  if (!v) return;
  fq_image_free(v->image);
  fq_json_free(v->kinds);
  free(v->text);
  free(v);
}

bool fq_version_hears(const struct fq_version *v, const char *kind) {
  fq_json_each(k, v->kinds) if (!strcmp(fq_json_as_str(k), kind)) return true;
  return false;
}
