/*
 * The host: making states and images of them. See host.h.
 */
#include "policy/host.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "policy/host_internal.h"
#include "policy/lib_texts.h"
#include "policy/lua_json.h"
#include "policy/sandbox.h"
#include "policy/suggest.h"

struct fq_host *fq_host_of(lua_State *L) {
  return (struct fq_host *)fq_limits_of(L);
}

struct fq_image *fq_image_take(struct fq_host *h, lua_State *L) {
  struct fq_image *image = fq_alloc(sizeof *image);
  image->L = L;
  image->memory = fq_arena_save(&h->limits.arena);
  return image;
}

lua_State *fq_image_put(struct fq_host *h, const struct fq_image *image) {
  fq_arena_restore(&h->limits.arena, image->memory);
  h->limits.allocations = 0;
  h->limits.fail_at = 0;
  return image->L;
}

void fq_image_free(struct fq_image *image) {
  if (!image) return;
  free(image->memory);
  free(image);
}

/* -- what only the prelude sees
 * ------------------------------------------------------------------------------ */

static int in_suggest(lua_State *L) {
  struct fq_suggest s;
  fq_suggest_start(&s, luaL_checkstring(L, 1));
  luaL_checktype(L, 2, LUA_TTABLE);
  for (lua_Integer i = 1; lua_rawgeti(L, 2, i) == LUA_TSTRING; i++, lua_pop(L, 1))
    fq_suggest_try(&s, lua_tostring(L, -1));
  lua_pushstring(L, fq_suggest_best(&s));
  return 1;
}

/* "known", "quiet", or "unknown" with the nearest name. */
static int in_kind(lua_State *L) {
  const struct fq_host *h = fq_host_of(L);
  const char *name = luaL_checkstring(L, 1);
  struct fq_suggest s;
  fq_suggest_start(&s, name);
  for (size_t m = 0; m < h->count; m++) {
    for (const struct fq_kind *k = h->modules[m].table->kinds; k && k->name; k++) {
      if (!strcmp(k->name, name)) {
        lua_pushstring(L, k->flags & FQ_KIND_QUIET ? "quiet" : "known");
        return 1;
      }
      if (!(k->flags & FQ_KIND_QUIET)) fq_suggest_try(&s, k->name);
    }
  }
  lua_pushstring(L, "unknown");
  lua_pushstring(L, fq_suggest_best(&s));
  return 2;
}

static int proxy_call(lua_State *L) { /* proxy(kind, f) and proxy[kind] = f both call upvalue 1 */
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_replace(L, 1);
  lua_call(L, lua_gettop(L) - 1, 0);
  return 0;
}
static int in_proxy(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_newtable(L);
  lua_createtable(L, 0, 2);
  lua_pushvalue(L, 1);
  lua_pushcclosure(L, proxy_call, 1);
  lua_pushvalue(L, -1);
  lua_setfield(L, -3, "__call");
  lua_setfield(L, -2, "__newindex");
  lua_setmetatable(L, -2);
  return 1;
}
static int in_list(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  fq_lua_mark_array(L);
  return 1;
}

static int open_words(lua_State *L) {
  const struct fq_host *h = fq_host_of(L);
  static const luaL_Reg inner[] = {
      {"suggest", in_suggest}, {"kind", in_kind}, {"proxy", in_proxy}, {"list", in_list}, {NULL, NULL}};
  fq_sandbox_open(L);
  fq_lua_json_open(L);
  if (fq_sandbox_load_own(L, "prelude.lua", fq_lib_prelude, strlen(fq_lib_prelude)) != LUA_OK)
    return lua_error(L);
  luaL_newlib(L, inner);
  lua_call(L, 1, 1);
  lua_setfield(L, LUA_REGISTRYINDEX, REG_FINISH);
  for (size_t i = 0; i < h->count; i++) {
    const struct fq_plugin *p = h->modules[i].table;
    if (!p->lua) continue;
    char name[96];
    snprintf(name, sizeof name, "%s words", p->name);
    if (fq_sandbox_load_own(L, name, p->lua, strlen(p->lua)) != LUA_OK) return lua_error(L);
    lua_call(L, 0, 0);
  }
  fq_view_open(L, h);
  fq_sandbox_strict(L);
  return 0;
}

struct fq_host *fq_host_new(const struct fq_module *modules, size_t count,
                            const struct fq_host_limits *limits, struct fq_error *e) {
  struct fq_host *h = fq_alloc(sizeof *h);
  h->modules = modules;
  h->count = count;
  h->steps = limits && limits->steps ? limits->steps : FQ_STEPS_DEFAULT;
  h->cpu_us = (limits && limits->cpu_ms ? limits->cpu_ms : FQ_CPU_MS_DEFAULT) * 1000;
  fq_limits_open(&h->limits);
  lua_State *L = fq_limits_state(&h->limits);
  lua_pushcfunction(L, open_words);
  if (lua_pcall(L, 0, 0, 0) != LUA_OK) {
    const char *why = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "no message";
    fq_fail(e, FQ_E_POLICY, "policy.words", "", "插件的规则用语有误:%s", "a plugin's words for policies: %s",
            why);
    fq_host_free(h);
    return NULL;
  }
  lua_gc(L, LUA_GCCOLLECT); /* what compiling left behind would be copied with every decision */
  h->words = fq_image_take(h, L);
  return h;
}

void fq_host_free(struct fq_host *h) {
  if (!h) return;
  fq_image_free(h->words);
  fq_limits_close(&h->limits);
  free(h);
}

void fq_host_fail_at(struct fq_host *h, uint64_t n) {
  h->fail_at = n;
}
uint64_t fq_host_allocations(const struct fq_host *h) {
  return h->limits.allocations;
}

fq_json *fq_host_context(const struct fq_module *modules, size_t count, fq_db *db, const struct fq_entry *e) {
  fq_json *into = fq_json_object();
  for (size_t i = 0; i < count; i++)
    if (modules[i].table->context) modules[i].table->context(modules[i].self, db, e, into);
  if (fq_json_size(into)) return into;
  fq_json_free(into);
  return NULL;
}

/* -- findings
 * ------------------------------------------------------------------------------------------------ */

void fq_finding_put(struct fq_findings *f, const char *path, int line, enum fq_exit exit, const char *zh,
                    const char *en) {
  f->list = fq_realloc(f->list, (f->count + 1) * sizeof *f->list);
  struct fq_finding *x = &f->list[f->count++];
  *x = (struct fq_finding){.line = line, .exit = exit};
  fq_copy(x->path, sizeof x->path, path);
  fq_copy(x->zh, sizeof x->zh, zh);
  fq_copy(x->en, sizeof x->en, en);
  fq_utf8_clean(x->path); /* file names and what Lua quotes of a text may be any bytes */
  fq_utf8_clean(x->zh);
  fq_utf8_clean(x->en);
}

void fq_finding_add(struct fq_findings *f, const char *path, int line, enum fq_exit exit, const char *zh,
                    const char *en, ...) {
  char text_zh[1024], text_en[1024];
  va_list ap, again;
  va_start(ap, en);
  va_copy(again, ap);
  vsnprintf(text_zh, sizeof text_zh, zh, ap);
  vsnprintf(text_en, sizeof text_en, en, again);
  va_end(again);
  va_end(ap);
  fq_finding_put(f, path, line, exit, text_zh, text_en);
}

void fq_findings_free(struct fq_findings *f) {
  free(f->list);
  *f = (struct fq_findings){0};
}

fq_json *fq_lines_around(const char *text, int line) {
  fq_json *out = fq_json_array();
  int n = 1;
  for (const char *p = text; p && line > 0; n++) {
    const char *end = strchr(p, '\n');
    if (n >= line - 1 && n <= line + 1) {
      fq_json *o = fq_json_object();
      char *copy = fq_strndup(p, end ? (size_t)(end - p) : strlen(p));
      fq_json_set_int(o, "line", n);
      fq_json_set_str(o, "text", copy);
      fq_json_push(out, o);
      free(copy);
    }
    p = end ? end + 1 : NULL;
  }
  return out;
}

fq_json *fq_findings_json(const struct fq_findings *f, const fq_json *files) {
  fq_json *out = fq_json_array();
  for (size_t i = 0; i < f->count; i++) {
    const struct fq_finding *x = &f->list[i];
    const char *text = x->line ? fq_json_str(files, x->path) : NULL;
    fq_json *o = fq_json_object();
    fq_json_set_str(o, "path", x->path);
    if (x->line) fq_json_set_int(o, "line", x->line);
    fq_json_set_str(o, "exit", fq_exit_name(x->exit));
    fq_json_set_str(o, "zh", x->zh);
    fq_json_set_str(o, "en", x->en);
    if (text) fq_json_set(o, "lines", fq_lines_around(text, x->line));
    fq_json_push(out, o);
  }
  return out;
}
