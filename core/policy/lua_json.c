/*
 * JSON to Lua and back: see lua_json.h. Reading is written without any call that can raise, because what it
 * has built lives outside the arena. The thread that owns the host.
 */
#include "policy/lua_json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"

#define DEPTH_MAX 24 /* the decision is wrapped a few levels deep in its entry, whose own limit is 32 */
#define NODES_MAX 4000
#define TEXT_MAX  (128u << 10)
#define EXACT     9007199254740992.0 /* 2^53 */

static const char array_mark; /* its address is the key of the mark in the registry */

void fq_lua_json_open(lua_State *L) {
  lua_newtable(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &array_mark);
}

void fq_lua_mark_array(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &array_mark);
  lua_setmetatable(L, -2);
}

static bool is_marked(lua_State *L, int idx) {
  if (!lua_getmetatable(L, idx)) return false;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &array_mark);
  bool yes = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return yes;
}

void fq_lua_push(lua_State *L, const fq_json *v) {
  if (!lua_checkstack(L, 8)) {
    lua_pushnil(L);
    lua_error(L);
  }
  switch (fq_json_type(v)) {
  case FQ_JSON_NULL:
    lua_pushnil(L);
    return;
  case FQ_JSON_BOOL:
    lua_pushboolean(L, fq_json_as_bool(v));
    return;
  case FQ_JSON_NUMBER: {
    double d = fq_json_as_num(v, 0);
    if (d == floor(d) && fabs(d) <= EXACT)
      lua_pushinteger(L, (lua_Integer)d);
    else
      lua_pushnumber(L, d);
    return;
  }
  case FQ_JSON_STRING:
    lua_pushstring(L, fq_json_as_str(v));
    return;
  case FQ_JSON_ARRAY: {
    lua_Integer i = 1;
    lua_createtable(L, (int)fq_json_size(v), 0);
    fq_json_each(m, v) {
      fq_lua_push(L, m);
      lua_rawseti(L, -2, i++);
    }
    if (i == 1) fq_lua_mark_array(L);
    return;
  }
  case FQ_JSON_OBJECT:
    lua_createtable(L, 0, (int)fq_json_size(v));
    fq_json_each(m, v) {
      lua_pushstring(L, fq_json_name(m));
      fq_lua_push(L, m);
      lua_rawset(L, -3);
    }
    return;
  }
}

struct reading {
  lua_State *L;
  struct fq_lua_flaw *flaw;
  size_t nodes, text;
  char path[96];
};

static fq_json *flawed(struct reading *r, const char *zh, const char *en) {
  if (r->flaw) {
    fq_copy(r->flaw->path, sizeof r->flaw->path, r->path);
    fq_copy(r->flaw->zh, sizeof r->flaw->zh, zh);
    fq_copy(r->flaw->en, sizeof r->flaw->en, en);
  }
  return NULL;
}

static fq_json *read_value(struct reading *r, int idx, int depth);

static fq_json *read_string(struct reading *r, int idx) {
  size_t len;
  const char *s = lua_tolstring(r->L, idx, &len);
  const unsigned char *p = (const unsigned char *)s, *end = p + len;
  r->text += len;
  if (r->text > TEXT_MAX) return flawed(r, "文字太长", "too much text");
  while (p < end) {
    size_t n = *p ? fq_utf8_step(p, end) : 0;
    if (!n) return flawed(r, "不是有效的 UTF-8 文字", "text that is not valid UTF-8");
    p += n;
  }
  return fq_json_new_str(s);
}

static fq_json *read_number(struct reading *r, int idx) {
  lua_State *L = r->L;
  if (lua_isinteger(L, idx)) {
    lua_Integer i = lua_tointeger(L, idx);
    if (i > (lua_Integer)EXACT || i < -(lua_Integer)EXACT)
      return flawed(r, "整数超出 2^53", "a whole number beyond 2^53");
    return fq_json_new_int(i);
  }
  lua_Number n = lua_tonumber(L, idx);
  if (!isfinite(n)) return flawed(r, "不是有限的数", "not a finite number");
  return fq_json_new_num(n);
}

struct name {
  const char *text;
  int at; /* where on the stack the key lies */
};
static int by_text(const void *a, const void *b) {
  return strcmp(((const struct name *)a)->text, ((const struct name *)b)->text);
}

/* Extends the path for the member, reads it, and puts the path back. */
static fq_json *read_member(struct reading *r, const char *name, lua_Integer i, int depth) {
  size_t was = strlen(r->path), dot = was > 0;
  char more[80] = ".";
  if (name)
    fq_copy(more + dot, 65, name); /* between characters: it ends up in a message. No printf: once a member */
  else
    snprintf(more, sizeof more, "[%lld]", (long long)i);
  size_t n = strlen(more);
  if (was + n < sizeof r->path) memcpy(r->path + was, more, n + 1);
  fq_json *v = read_value(r, lua_gettop(r->L), depth + 1);
  if (v) r->path[was] = '\0';
  return v;
}

static fq_json *read_array(struct reading *r, int idx, lua_Integer n, int depth) {
  fq_json *out = fq_json_array();
  for (lua_Integer i = 1; i <= n; i++) {
    lua_rawgeti(r->L, idx, i);
    fq_json *v = read_member(r, NULL, i, depth);
    lua_pop(r->L, 1);
    if (!v) {
      fq_json_free(out);
      return NULL;
    }
    fq_json_push(out, v);
  }
  return out;
}

/* Members in order of their names: the order in a hash differs from state to state. The keys wait on the
 * stack, because pushing their text again could raise. */
static fq_json *read_object(struct reading *r, int idx, size_t n, int depth) {
  lua_State *L = r->L;
  if (!lua_checkstack(L, (int)n + 8)) return flawed(r, "内存不足", "out of memory");
  struct name *names = fq_alloc(n * sizeof *names);
  int top = lua_gettop(L);
  size_t i = 0;
  for (lua_pushnil(L); lua_next(L, idx); i++) {
    names[i] = (struct name){lua_tostring(L, -2), lua_gettop(L) - 1};
    lua_pop(L, 1);
    lua_pushvalue(L, -1); /* one copy stays, one drives the walk */
  }
  qsort(names, n, sizeof *names, by_text);
  fq_json *out = fq_json_object();
  for (i = 0; i < n && out; i++) {
    lua_pushvalue(L, names[i].at);
    lua_rawget(L, idx);
    fq_json *v = read_member(r, names[i].text, 0, depth);
    lua_pop(L, 1);
    if (v) {
      fq_json_set(out, names[i].text, v);
    } else {
      fq_json_free(out);
      out = NULL;
    }
  }
  free(names);
  lua_settop(L, top);
  return out;
}

static fq_json *read_table(struct reading *r, int idx, int depth) {
  lua_State *L = r->L;
  if (depth >= DEPTH_MAX) return flawed(r, "嵌套太深,或自己包含自己", "nested too deep, or contains itself");
  size_t strings = 0, numbers = 0;
  lua_Integer highest = 0;
  fq_track_touch(L, idx);
  for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1)) {
    size_t len;
    if (lua_type(L, -2) == LUA_TSTRING) {
      const unsigned char *p = (const unsigned char *)lua_tolstring(L, -2, &len), *end = p + len;
      for (size_t n; p < end; p += n)
        if (!*p || !(n = fq_utf8_step(p, end))) {
          lua_pop(L, 2);
          return flawed(r, "键不是有效的 UTF-8 文字", "a key that is not valid UTF-8");
        }
      strings++;
      r->text += len;
    } else if (lua_isinteger(L, -2) && lua_tointeger(L, -2) >= 1) {
      numbers++;
      if (lua_tointeger(L, -2) > highest) highest = lua_tointeger(L, -2);
    } else {
      lua_pop(L, 2);
      return flawed(r, "键既不是文字,也不是从 1 起的序号", "a key that is neither text nor a position");
    }
    if (strings + numbers + r->nodes > NODES_MAX || r->text > TEXT_MAX) {
      lua_pop(L, 2);
      return flawed(r, "内容太多", "too much in it");
    }
  }
  if (strings && numbers) return flawed(r, "文字键与序号混用", "named members and positions in one table");
  if (highest != (lua_Integer)numbers) return flawed(r, "列表中有空位", "a list with holes");
  if (numbers || (!strings && is_marked(L, idx))) return read_array(r, idx, highest, depth);
  return read_object(r, idx, strings, depth);
}

static fq_json *read_value(struct reading *r, int idx, int depth) {
  lua_State *L = r->L;
  if (++r->nodes > NODES_MAX) return flawed(r, "内容太多", "too much in it");
  if (!lua_checkstack(L, 8)) return flawed(r, "内存不足", "out of memory");
  switch (lua_type(L, idx)) {
  case LUA_TNIL:
    return fq_json_new_null();
  case LUA_TBOOLEAN:
    return fq_json_new_bool(lua_toboolean(L, idx));
  case LUA_TNUMBER:
    return read_number(r, idx);
  case LUA_TSTRING:
    return read_string(r, idx);
  case LUA_TTABLE:
    return read_table(r, idx, depth);
  default:
    return flawed(r, "函数不能作为数据", "a function is no data");
  }
}

fq_json *fq_lua_read(lua_State *L, int idx, struct fq_lua_flaw *flaw) {
  struct reading r = {.L = L, .flaw = flaw};
  int top = lua_gettop(L);
  fq_json *v = read_value(&r, lua_absindex(L, idx), 0);
  lua_settop(L, top);
  return v;
}
