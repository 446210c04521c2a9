/* Lines that ran, and lines that could: see coverage.h. */
#include "policy/coverage.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "policy/host_internal.h"

#define HELPERS_DEEP 6

struct lines {
  size_t len;
  unsigned char *ran;
};
struct fq_coverage {
  struct fq_map *versions; /* hash -> lines */
  struct fq_map *heard;    /* "hash kind" */
};
static _Thread_local struct fq_coverage *in_use;

struct fq_coverage *fq_coverage_new(void) {
  return fq_alloc(sizeof(struct fq_coverage));
}

static void free_lines(void *lines) {
  free(((struct lines *)lines)->ran);
  free(lines);
}

void fq_coverage_free(struct fq_coverage *c) {
  if (!c) return;
  if (in_use == c) in_use = NULL;
  fq_map_clear(&c->versions, free_lines);
  fq_map_clear(&c->heard, NULL);
  free(c);
}

void fq_coverage_use(struct fq_coverage *c) {
  in_use = c;
}

bool fq_coverage_on(void) {
  return in_use != NULL;
}

static void key_of(char out[160], const char *hash, const char *kind) {
  snprintf(out, 160, "%s %s", hash, kind);
}

void fq_coverage_add(const char *hash, const char *kind, const unsigned char *ran, size_t len) {
  if (!in_use) return;
  struct lines *l = fq_map_get(in_use->versions, hash);
  if (!l) {
    l = fq_alloc(sizeof *l);
    l->ran = fq_alloc(l->len = len);
    fq_map_put(&in_use->versions, hash, l);
  }
  for (size_t i = 0; i < len && i < l->len; i++)
    l->ran[i] |= ran[i];
  char key[160];
  key_of(key, hash, kind);
  fq_map_put(&in_use->heard, key, in_use);
}

bool fq_coverage_ran(const struct fq_coverage *c, const char *hash, int line) {
  const struct lines *l = fq_map_get(c->versions, hash);
  return l && line > 0 && (size_t)line < l->len && l->ran[line];
}

bool fq_coverage_heard(const struct fq_coverage *c, const char *hash, const char *kind) {
  char key[160];
  key_of(key, hash, kind);
  return fq_map_get(c->heard, key) != NULL;
}

/* -- what could run
 * ---------------------------------------------------------------------------------------------- */

/* Marks the lines of the function at the top and of the functions it uses; pops it. The line on which a
 * function is defined or ends is no statement of the policy's. */
static void mark(lua_State *L, const char *path, unsigned char *can, size_t len, int deep) {
  lua_Debug d;
  lua_pushvalue(L, -1);
  lua_getinfo(L, ">SL", &d);
  if (d.source[0] == '@' && !strcmp(d.source + 1, path) && lua_istable(L, -1)) {
    for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
      lua_Integer at = lua_tointeger(L, -2);
      if (at > 0 && (size_t)at < len && at != d.lastlinedefined) can[at] = 1;
    }
    lua_pop(L, 1);
    for (int i = 1; deep > 0 && lua_getupvalue(L, -1, i); i++) {
      if (lua_isfunction(L, -1) && !lua_iscfunction(L, -1))
        mark(L, path, can, len, deep - 1);
      else
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return;
  }
  lua_pop(L, 2);
}

struct listing {
  const struct fq_version *v;
  size_t len;
  fq_json *out;
};

static void list_handler(lua_State *L, struct listing *l, const char *kind) {
  lua_Debug d;
  lua_pushvalue(L, -1);
  lua_getinfo(L, ">S", &d);
  if (d.source[0] != '@' || strcmp(d.source + 1, l->v->path)) {
    lua_pop(L, 1);
    return;
  }
  unsigned char *can = fq_alloc(l->len);
  mark(L, l->v->path, can, l->len, HELPERS_DEEP);
  fq_json *o = fq_json_object(), *lines = fq_json_array();
  fq_json_set_str(o, "kind", kind);
  fq_json_set_int(o, "line", d.linedefined);
  for (size_t i = 0; i < l->len; i++)
    if (can[i]) fq_json_push(lines, fq_json_new_int((int64_t)i));
  fq_json_set(o, "lines", lines);
  fq_json_push(l->out, o);
  free(can);
}

static int list_all(lua_State *L) {
  struct listing *l = lua_touserdata(L, 1);
  lua_getfield(L, LUA_REGISTRYINDEX, REG_HANDLERS);
  fq_json_each(k, l->v->kinds) {
    const char *kind = fq_json_as_str(k);
    if (lua_getfield(L, 2, kind) == LUA_TTABLE)
      for (lua_Integer i = 1; lua_rawgeti(L, 3, i) == LUA_TFUNCTION; i++)
        list_handler(L, l, kind);
    lua_settop(L, 2);
  }
  return 0;
}

fq_json *fq_version_handlers(struct fq_host *h, const struct fq_version *v) {
  struct listing l = {.v = v, .len = 2, .out = fq_json_array()};
  for (const char *p = v->text; (p = strchr(p, '\n')); p++)
    l.len++;
  lua_State *L = fq_image_put(h, v->image);
  fq_limits_arm(&h->limits, L, h->steps, 0);
  lua_settop(L, 0);
  lua_pushcfunction(L, list_all);
  lua_pushlightuserdata(L, &l);
  lua_pcall(L, 1, 0, 0);
  return l.out;
}

struct counting {
  const char *kind;
  int n;
};

static int count_handlers(lua_State *L) {
  struct counting *c = lua_touserdata(L, 1);
  lua_getfield(L, LUA_REGISTRYINDEX, REG_HANDLERS);
  if (lua_getfield(L, 2, c->kind) == LUA_TTABLE) c->n = (int)lua_rawlen(L, 3);
  return 0;
}

int fq_version_handler_count(struct fq_host *h, const struct fq_version *v, const char *kind) {
  struct counting c = {.kind = kind};
  lua_State *L = fq_image_put(h, v->image);
  fq_limits_arm(&h->limits, L, h->steps, 0);
  lua_settop(L, 0);
  lua_pushcfunction(L, count_handlers);
  lua_pushlightuserdata(L, &c);
  lua_pcall(L, 1, 0, 0);
  return c.n;
}
