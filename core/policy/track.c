/*
 * Tracked reads: see track.h. A tracked table is empty at first, but for two hidden members; a metatable
 * hands out what is looked at and notes it. What looks past metatables - the sandbox's own functions, the
 * reading of commands and arguments - calls fq_track_touch() first, which fills the table, notes that all of
 * it was looked at, and takes the metatable away. Out of memory in here loses some bytes: proofs only.
 */
#include "policy/track.h"

#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "policy/host_internal.h"
#include "policy/lua_json.h"

struct fq_lazy {
  const fq_json *v;
  struct fq_lazy *up, *next;
  const char *name;
  int64_t position;
  int root, depth;
};

static const char key_lazy, key_kept, key_meta; /* their addresses are the keys */

/* -- what is noted
 * ------------------------------------------------------------------------------------------------ */

static void shallow(fq_json *out, bool object, const fq_json *m) {
  enum fq_json_type type = fq_json_type(m);
  fq_json *v = NULL;
  if (type == FQ_JSON_ARRAY || type == FQ_JSON_OBJECT) {
    v = fq_json_array();
    fq_json_push(v, fq_json_new_int(type == FQ_JSON_ARRAY));
  } else {
    v = fq_json_dup(m);
  }
  if (object)
    fq_json_set(out, fq_json_name(m), v);
  else
    fq_json_push(out, v);
}

char *fq_read_value(enum fq_read_what what, const fq_json *v) {
  enum fq_json_type type = v ? fq_json_type(v) : FQ_JSON_NULL;
  bool table = type == FQ_JSON_ARRAY || type == FQ_JSON_OBJECT;
  if (what != FQ_READ_ALL) {
    if (type == FQ_JSON_NULL) return fq_strdup("-");
    return table ? fq_strdup("{") : fq_json_print(v);
  }
  fq_json *out = type == FQ_JSON_OBJECT ? fq_json_object() : fq_json_array();
  fq_json_each(m, v) shallow(out, type == FQ_JSON_OBJECT, m);
  char *text = fq_json_print(out);
  fq_json_free(out);
  return text;
}

static const fq_json *element(const fq_json *array, int64_t position) {
  const fq_json *m = fq_json_first(array);
  while (m && --position > 0)
    m = fq_json_next(m);
  return m;
}

/* As Lua sees it: lists have positions from 1, objects names, and null is not there. */
static const fq_json *member(const fq_json *v, const char *name, int64_t position) {
  const fq_json *m = NULL;
  if (fq_json_type(v) == FQ_JSON_OBJECT && name) m = fq_json_get(v, name);
  if (fq_json_type(v) == FQ_JSON_ARRAY && !name && position > 0) m = element(v, position);
  return m && fq_json_type(m) != FQ_JSON_NULL ? m : NULL;
}

const fq_json *fq_read_follow(const struct fq_read *r, const fq_json *root) {
  for (size_t i = 0; i < r->count && root; i++)
    root = member(root, r->steps[i].name, r->steps[i].position);
  return root;
}

void fq_read_clear(struct fq_read *r) {
  for (size_t i = 0; i < r->count; i++)
    free(r->steps[i].name);
  free(r->steps);
  free(r->value);
  fq_json_free(r->question);
  *r = (struct fq_read){0};
}

void fq_track_clear(struct fq_track *t) {
  for (size_t i = 0; i < t->count; i++)
    fq_read_clear(&t->reads[i]);
  free(t->reads);
  while (t->lazy) {
    struct fq_lazy *l = t->lazy;
    t->lazy = l->next;
    free(l);
  }
  t->reads = NULL;
  t->count = t->cap = 0;
}

static struct fq_read *note(struct fq_track *t, enum fq_read_what what, int root, size_t steps,
                            const fq_json *v) {
  if (t->count == t->cap) {
    t->cap = t->cap ? 2 * t->cap : 32;
    t->reads = fq_realloc(t->reads, t->cap * sizeof *t->reads);
  }
  struct fq_read *r = &t->reads[t->count++];
  *r = (struct fq_read){.what = what, .root = root, .count = steps, .value = fq_read_value(what, v)};
  r->steps = steps ? fq_alloc(steps * sizeof *r->steps) : NULL;
  return r;
}

/* The steps from the root to the table, and one more when there is a key. */
static void note_at(struct fq_track *t, enum fq_read_what what, const struct fq_lazy *l, bool key,
                    const char *name, int64_t position, const fq_json *v) {
  size_t n = (size_t)l->depth + key;
  struct fq_read *r = note(t, what, l->root, n, v);
  if (key) r->steps[--n] = (struct fq_step){name ? fq_strdup(name) : NULL, position};
  for (; n > 0; l = l->up)
    r->steps[--n] = (struct fq_step){l->name ? fq_strdup(l->name) : NULL, l->position};
}

/* -- tables
 * ------------------------------------------------------------------------------------------------- */

static struct fq_track *track_of(lua_State *L) {
  return fq_limits_of(L)->track;
}

static struct fq_lazy *lazy_at(lua_State *L, int idx) {
  lua_rawgetp(L, idx, &key_lazy);
  struct fq_lazy *l = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return l;
}

/* Pushes a value as Lua sees it: tables to be looked into later. */
static void push(lua_State *L, const fq_json *v, struct fq_lazy *up, const char *name, int64_t position,
                 int root) {
  enum fq_json_type type = v ? fq_json_type(v) : FQ_JSON_NULL;
  luaL_checkstack(L, 8, "values");
  if (type != FQ_JSON_ARRAY && type != FQ_JSON_OBJECT) {
    if (v)
      fq_lua_push(L, v);
    else
      lua_pushnil(L);
    return;
  }
  struct fq_track *t = track_of(L);
  struct fq_lazy *l = fq_alloc(sizeof *l);
  *l = (struct fq_lazy){.v = v, .up = up, .next = t->lazy, .name = name, .position = position, .root = root};
  l->depth = up ? up->depth + 1 : 0;
  t->lazy = l;
  lua_newtable(L);
  lua_pushlightuserdata(L, l);
  lua_rawsetp(L, -2, &key_lazy);
  lua_newtable(L); /* what was looked at already, so that e.incident is one table however often it is read */
  lua_rawsetp(L, -2, &key_kept);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &key_meta);
  lua_setmetatable(L, -2);
  struct run *run = fq_host_of(L)->run;
  if (up && !up->up && !root && name && run->part_count < sizeof run->parts / sizeof *run->parts) {
    run->parts[run->part_count] = lua_topointer(L, -1);
    run->part_names[run->part_count++] = name;
  }
}

/* __index(table, key) */
static int look(lua_State *L) {
  struct fq_lazy *l = lazy_at(L, 1);
  lua_Integer position = 0;
  int exact = 0;
  const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : NULL;
  if (lua_type(L, 2) == LUA_TNUMBER) position = lua_tointegerx(L, 2, &exact);
  if (!name && !exact) return lua_pushnil(L), 1; /* no JSON has such a key */
  lua_rawgetp(L, 1, &key_kept);
  lua_pushvalue(L, 2);
  if (lua_rawget(L, 3) != LUA_TNIL) return 1;
  const fq_json *v = member(l->v, name, position);
  note_at(track_of(L), FQ_READ_MEMBER, l, true, name, position, v);
  if (!v) return 1;
  push(L, v, l, name ? fq_json_name(v) : NULL, position, l->root);
  lua_pushvalue(L, 2);
  lua_pushvalue(L, -2);
  lua_rawset(L, 3);
  return 1;
}

static void fill(lua_State *L, int idx) {
  struct fq_lazy *l = lazy_at(L, idx);
  int64_t position = 0;
  luaL_checkstack(L, 8, "values");
  note_at(track_of(L), FQ_READ_ALL, l, false, NULL, 0, l->v);
  lua_rawgetp(L, idx, &key_kept);
  int kept = lua_gettop(L);
  lua_pushnil(L), lua_rawsetp(L, idx, &key_lazy);
  lua_pushnil(L), lua_rawsetp(L, idx, &key_kept);
  lua_pushvalue(L, idx);
  if (fq_json_type(l->v) == FQ_JSON_ARRAY && !fq_json_size(l->v)) {
    fq_lua_mark_array(L);
  } else {
    lua_pushnil(L);
    lua_setmetatable(L, -2);
  }
  lua_pop(L, 1);
  fq_json_each(m, l->v) {
    bool object = fq_json_type(l->v) == FQ_JSON_OBJECT;
    const char *name = object ? fq_json_name(m) : NULL;
    position++;
    if (fq_json_type(m) == FQ_JSON_NULL) continue;
    if (object)
      lua_pushstring(L, name);
    else
      lua_pushinteger(L, position);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, kept) == LUA_TNIL) {
      lua_pop(L, 1);
      push(L, m, l, name, position, l->root);
    }
    lua_rawset(L, idx);
  }
  lua_settop(L, kept - 1);
}

void fq_track_touch(lua_State *L, int idx) {
  if (!track_of(L) || lua_type(L, idx) != LUA_TTABLE || !lua_checkstack(L, 8)) return;
  idx = lua_absindex(L, idx);
  if (!lua_getmetatable(L, idx)) return;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &key_meta);
  bool tracked = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  if (tracked) fill(L, idx);
}

static int length(lua_State *L) {
  fill(L, 1);
  lua_pushinteger(L, (lua_Integer)lua_rawlen(L, 1));
  return 1;
}

static int assign(lua_State *L) {
  fill(L, 1);
  lua_settop(L, 3);
  lua_rawset(L, 1);
  return 0;
}

/* __index of view: upvalues what it did before, and the time */
static int look_at_view(lua_State *L) {
  if (lua_type(L, 2) == LUA_TSTRING && !strcmp(lua_tostring(L, 2), "now")) {
    const fq_json *at = fq_json_get(track_of(L)->e, "at");
    struct fq_lazy *e = lua_touserdata(L, lua_upvalueindex(2));
    note_at(track_of(L), FQ_READ_MEMBER, e, true, "at", 0, at);
    fq_lua_push(L, at);
    return 1;
  }
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, 2, 1);
  return 1;
}

void fq_track_begin(lua_State *L, struct fq_track *t) {
  static const luaL_Reg meta[] = {{"__index", look}, {"__newindex", assign}, {"__len", length}, {NULL, NULL}};
  luaL_newlib(L, meta);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &key_meta);
  push(L, t->e, NULL, NULL, 0, 0);
  struct fq_lazy *e = t->lazy;
  lua_getfield(L, LUA_REGISTRYINDEX, REG_VIEW);
  lua_pushstring(L, "now");
  lua_pushnil(L);
  lua_rawset(L, -3);
  lua_getmetatable(L, -1);
  lua_getfield(L, -1, "__index");
  lua_pushlightuserdata(L, e);
  lua_pushcclosure(L, look_at_view, 2);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}

void fq_track_answer(lua_State *L, const char *name, const fq_json *args, const fq_json *answer, int n) {
  struct fq_read *r = note(track_of(L), FQ_READ_ASK, n, 0, answer);
  r->question = fq_json_array();
  fq_json_push(r->question, fq_json_new_str(name));
  fq_json_push(r->question, fq_json_dup(args));
  push(L, answer, NULL, NULL, 0, n);
}
