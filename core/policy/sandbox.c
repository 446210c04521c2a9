/*
 * The sandbox: what Lua may use, listed by name. Left out because each can hang, leak or differ between two
 * runs: __gc and every other metamethod, xpcall handlers, patterns, unbounded rep, table.move, coroutines,
 * load, io, os, debug, package, random, collectgarbage, addresses in tostring. The thread that owns the host.
 */
#include "policy/sandbox.h"

#include <lauxlib.h>
#include <lualib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "policy/limits.h"
#include "policy/lua_json.h"
#include "policy/suggest.h"

#define TEXT_MAX (256u << 10) /* bytes one rep, concat or format may make: four frames of the wire */

/* -- basics ------------------------------------------------------------------------------------------------
 */

static int f_assert(lua_State *L) {
  luaL_checkany(L, 1);
  if (lua_toboolean(L, 1)) return lua_gettop(L);
  lua_remove(L, 1);
  if (lua_gettop(L) == 0) {
    luaL_where(L, 1);
    lua_pushstring(L, "assertion failed!");
    lua_concat(L, 2);
  }
  lua_settop(L, 1);
  return lua_error(L);
}

static int f_error(lua_State *L) {
  int level = (int)luaL_optinteger(L, 2, 1);
  lua_settop(L, 1);
  if (lua_type(L, 1) == LUA_TSTRING && level > 0 && level < 50) {
    luaL_where(L, level);
    lua_pushvalue(L, 1);
    lua_concat(L, 2);
  }
  return lua_error(L);
}

/* The first argument is a table, to be looked at past its metatable. */
static void check_table(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  fq_track_touch(L, 1);
}

static int ipairs_step(lua_State *L) {
  lua_Integer i = luaL_checkinteger(L, 2) + 1;
  lua_pushinteger(L, i);
  return lua_rawgeti(L, 1, i) == LUA_TNIL ? 1 : 2;
}
static int f_ipairs(lua_State *L) {
  check_table(L);
  lua_pushcfunction(L, ipairs_step);
  lua_pushvalue(L, 1);
  lua_pushinteger(L, 0);
  return 3;
}

/* Keys in one order everywhere: numbers by value, then strings by bytes. Hash order differs from state to
 * state. */
struct key {
  int kind; /* 0 integer, 1 float, 2 string */
  lua_Integer i;
  lua_Number n;
  const char *s;
  size_t len;
};
static int compare_keys(const void *pa, const void *pb) {
  const struct key *a = pa, *b = pb;
  if ((a->kind == 2) != (b->kind == 2)) return a->kind == 2 ? 1 : -1;
  if (a->kind == 2) {
    int c = memcmp(a->s, b->s, a->len < b->len ? a->len : b->len);
    return c ? c : (a->len > b->len) - (a->len < b->len);
  }
  if (a->kind == 0 && b->kind == 0) return (a->i > b->i) - (a->i < b->i);
  lua_Number x = a->kind ? a->n : (lua_Number)a->i, y = b->kind ? b->n : (lua_Number)b->i;
  return x != y ? (x > y) - (x < y) : a->kind - b->kind;
}
static void read_key(lua_State *L, int idx, struct key *k) {
  if (lua_isinteger(L, idx)) {
    *k = (struct key){.kind = 0, .i = lua_tointeger(L, idx)};
  } else if (lua_type(L, idx) == LUA_TNUMBER) {
    *k = (struct key){.kind = 1, .n = lua_tonumber(L, idx)};
  } else if (lua_type(L, idx) == LUA_TSTRING) {
    *k = (struct key){.kind = 2};
    k->s = lua_tolstring(L, idx, &k->len);
  } else {
    luaL_error(L, "keys must be numbers or strings here, not %s", luaL_typename(L, idx));
  }
}

/* upvalues: list of keys, position */
static int pairs_step(lua_State *L) {
  lua_Integer i = lua_tointeger(L, lua_upvalueindex(2));
  for (;;) {
    i++;
    if (lua_rawgeti(L, lua_upvalueindex(1), i) == LUA_TNIL) return 1;
    lua_pushvalue(L, -1);
    if (lua_rawget(L, 1) != LUA_TNIL) break; /* removed while we walked: skip */
    lua_pop(L, 2);
  }
  lua_pushinteger(L, i);
  lua_replace(L, lua_upvalueindex(2));
  return 2;
}
static int f_pairs(lua_State *L) {
  check_table(L);
  lua_settop(L, 1);
  size_t count = 0;
  for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1))
    count++;
  fq_limits_charge(L, count * 4);
  struct key *keys = lua_newuserdatauv(L, (count + 1) * sizeof *keys, 0);
  size_t n = 0;
  for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1))
    read_key(L, -2, &keys[n++]);
  qsort(keys, n, sizeof *keys, compare_keys);
  lua_createtable(L, (int)n, 0);
  for (size_t i = 0; i < n; i++) {
    if (keys[i].kind == 0) lua_pushinteger(L, keys[i].i);
    if (keys[i].kind == 1) lua_pushnumber(L, keys[i].n);
    if (keys[i].kind == 2) lua_pushlstring(L, keys[i].s, keys[i].len);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, pairs_step, 2);
  lua_pushvalue(L, 1);
  lua_pushnil(L);
  return 3;
}

/* The smallest key above the given one. A walk over the table each time: for the idiom next(t) == nil. */
static int f_next(lua_State *L) {
  check_table(L);
  lua_settop(L, 2);
  struct key after, best, k;
  bool any = !lua_isnil(L, 2), found = false;
  if (any) read_key(L, 2, &after);
  size_t count = 0;
  for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
    count++;
    read_key(L, -2, &k);
    if (any && compare_keys(&k, &after) <= 0) continue;
    if (found && compare_keys(&k, &best) >= 0) continue;
    best = k;
    found = true;
  }
  fq_limits_charge(L, count * 4);
  if (!found) {
    lua_pushnil(L);
    return 1;
  }
  if (best.kind == 0) lua_pushinteger(L, best.i);
  if (best.kind == 1) lua_pushnumber(L, best.n);
  if (best.kind == 2) lua_pushlstring(L, best.s, best.len);
  lua_pushvalue(L, -1);
  lua_rawget(L, 1);
  return 2;
}

/* No handler, no swallowing: what has tripped goes on upwards. */
static int f_pcall(lua_State *L) {
  luaL_checkany(L, 1);
  fq_limits_charge(L, 50); /* what unwinding costs, against a loop of nothing but errors */
  int status = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);
  struct fq_limits *l = fq_limits_of(L);
  if (status == LUA_ERRMEM && !l->tripped) l->tripped = l->steps <= 0 ? FQ_EXIT_TIMEOUT : FQ_EXIT_NOMEM;
  fq_limits_check(L);
  lua_pushboolean(L, status == LUA_OK);
  lua_insert(L, 1);
  return lua_gettop(L);
}

static int f_select(lua_State *L) {
  int n = lua_gettop(L);
  if (lua_type(L, 1) == LUA_TSTRING && *lua_tostring(L, 1) == '#') {
    lua_pushinteger(L, n - 1);
    return 1;
  }
  lua_Integer i = luaL_checkinteger(L, 1);
  if (i < 0) i = n + i;
  if (i > n) i = n;
  luaL_argcheck(L, i >= 1, 1, "index out of range");
  return n - (int)i;
}

static int f_tonumber(lua_State *L) {
  luaL_checkany(L, 1);
  luaL_argcheck(L, lua_isnoneornil(L, 2), 2, "only base 10 here");
  size_t len;
  const char *s;
  if (lua_type(L, 1) == LUA_TNUMBER) {
    lua_settop(L, 1);
  } else if (lua_type(L, 1) != LUA_TSTRING || !(s = lua_tolstring(L, 1, &len)) ||
             lua_stringtonumber(L, s) != len + 1) {
    lua_pushnil(L);
  }
  return 1;
}

/* Replaces the value by its text. Tables and functions have no address here: it would differ from run to run.
 */
static void to_text(lua_State *L, int idx) {
  switch (lua_type(L, idx)) {
  case LUA_TSTRING:
    return;
  case LUA_TNUMBER:
    lua_tostring(L, idx);
    return;
  case LUA_TBOOLEAN:
    lua_pushstring(L, lua_toboolean(L, idx) ? "true" : "false");
    break;
  default:
    lua_pushstring(L, luaL_typename(L, idx));
  }
  lua_replace(L, idx);
}
static int f_tostring(lua_State *L) {
  luaL_checkany(L, 1);
  lua_settop(L, 1);
  to_text(L, 1);
  return 1;
}
static int f_type(lua_State *L) {
  luaL_checkany(L, 1);
  lua_pushstring(L, luaL_typename(L, 1));
  return 1;
}

/* -- table -------------------------------------------------------------------------------------------------
 */

static int t_concat(lua_State *L) {
  check_table(L);
  size_t gap_len, len, total = 0;
  const char *gap = luaL_optlstring(L, 2, "", &gap_len);
  lua_Integer from = luaL_optinteger(L, 3, 1);
  lua_Integer to = luaL_optinteger(L, 4, (lua_Integer)lua_rawlen(L, 1));
  if (to >= from && (lua_Unsigned)to - (lua_Unsigned)from >= TEXT_MAX)
    return luaL_error(L, "too many pieces to concat");
  lua_settop(L, 2);
  lua_pushnil(L);
  for (lua_Integer i = from; i <= to; i++) {
    lua_rawgeti(L, 1, i);
    if (!lua_isstring(L, -1)) return luaL_error(L, "cannot concat a %s value", luaL_typename(L, -1));
    lua_tolstring(L, -1, &len);
    total += len + (i < to ? gap_len : 0);
    if (total > TEXT_MAX) return luaL_error(L, "concat makes a text of more than %d bytes", (int)TEXT_MAX);
    lua_pop(L, 1);
  }
  fq_limits_charge(L, (size_t)(to >= from ? to - from : 0) * 2 + total / 16);
  char *out = lua_newuserdatauv(L, total + 1, 0), *p = out;
  for (lua_Integer i = from; i <= to; i++) {
    lua_rawgeti(L, 1, i);
    const char *s = lua_tolstring(L, -1, &len);
    memcpy(p, s, len);
    p += len;
    if (i < to) memcpy(p, gap, gap_len), p += gap_len;
    lua_pop(L, 1);
  }
  lua_pushlstring(L, out, total);
  return 1;
}

static int t_insert(lua_State *L) {
  check_table(L);
  lua_Integer n = (lua_Integer)lua_rawlen(L, 1) + 1, at = n;
  if (lua_gettop(L) == 3) {
    at = luaL_checkinteger(L, 2);
    luaL_argcheck(L, at >= 1 && at <= n, 2, "position out of bounds");
  } else if (lua_gettop(L) != 2) {
    return luaL_error(L, "wrong number of arguments to 'insert'");
  }
  fq_limits_charge(L, (size_t)(n - at) * 2);
  for (lua_Integer i = n; i > at; i--) {
    lua_rawgeti(L, 1, i - 1);
    lua_rawseti(L, 1, i);
  }
  lua_rawseti(L, 1, at);
  return 0;
}

static int t_remove(lua_State *L) {
  check_table(L);
  lua_Integer n = (lua_Integer)lua_rawlen(L, 1), at = luaL_optinteger(L, 2, n);
  if (n == 0 && lua_isnoneornil(L, 2)) return lua_pushnil(L), 1;
  luaL_argcheck(L, (at >= 1 && at <= n + 1) || (n == 0 && at == 0), 2, "position out of bounds");
  lua_rawgeti(L, 1, at);
  fq_limits_charge(L, (size_t)(n > at ? n - at : 0) * 2);
  for (lua_Integer i = at; i < n; i++) {
    lua_rawgeti(L, 1, i + 1);
    lua_rawseti(L, 1, i);
  }
  if (at <= n) {
    lua_pushnil(L);
    lua_rawseti(L, 1, n);
  }
  return 1;
}

static bool goes_before(lua_State *L, int a, int b) { /* stack indices; 2 is the comparator or nil */
  if (lua_isnil(L, 2)) {
    int ta = lua_type(L, a), tb = lua_type(L, b);
    if (ta == LUA_TSTRING && tb == LUA_TSTRING) {
      struct key x, y;
      read_key(L, a, &x);
      read_key(L, b, &y);
      return compare_keys(&x, &y) < 0; /* by bytes: `<` asks the locale */
    }
    if (ta != LUA_TNUMBER || tb != LUA_TNUMBER)
      luaL_error(L, "attempt to compare %s with %s", luaL_typename(L, a), luaL_typename(L, b));
    return lua_compare(L, a, b, LUA_OPLT);
  }
  lua_pushvalue(L, 2);
  lua_pushvalue(L, a);
  lua_pushvalue(L, b);
  lua_call(L, 2, 1);
  bool yes = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return yes;
}

/* Merge sort: stable, and n log n comparisons whatever a lying comparator answers. */
static int t_sort(lua_State *L) {
  check_table(L);
  if (!lua_isnoneornil(L, 2)) luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_settop(L, 2);
  lua_Integer n = (lua_Integer)lua_rawlen(L, 1);
  lua_createtable(L, (int)(n < 65536 ? n : 65536), 0); /* 3: source */
  lua_createtable(L, (int)(n < 65536 ? n : 65536), 0); /* 4: target */
  for (lua_Integer i = 1; i <= n; i++) {
    lua_rawgeti(L, 1, i);
    lua_rawseti(L, 3, i);
  }
  for (lua_Integer width = 1; width < n; width *= 2) {
    fq_limits_charge(L, (size_t)n * 4);
    for (lua_Integer lo = 1; lo <= n; lo += 2 * width) {
      lua_Integer mid = lo + width <= n + 1 ? lo + width : n + 1;
      lua_Integer hi = lo + 2 * width <= n + 1 ? lo + 2 * width : n + 1;
      for (lua_Integer i = lo, j = mid, k = lo; k < hi; k++) {
        if (i < mid && j < hi) {
          lua_rawgeti(L, 3, j);
          lua_rawgeti(L, 3, i);
          bool right = goes_before(L, 5, 6);
          lua_pop(L, 2);
          lua_rawgeti(L, 3, right ? j++ : i++);
        } else {
          lua_rawgeti(L, 3, i < mid ? i++ : j++);
        }
        lua_rawseti(L, 4, k);
      }
    }
    lua_insert(L, 3); /* the target is the next source */
  }
  for (lua_Integer i = 1; i <= n; i++) {
    lua_rawgeti(L, 3, i);
    lua_rawseti(L, 1, i);
  }
  return 0;
}

/* -- string ------------------------------------------------------------------------------------------------
 */

static int s_rep(lua_State *L) {
  size_t len, gap_len;
  luaL_checklstring(L, 1, &len);
  lua_Integer n = luaL_checkinteger(L, 2);
  luaL_optlstring(L, 3, "", &gap_len);
  if (n > 0 &&
      (len + gap_len > TEXT_MAX || (lua_Unsigned)n * (len + gap_len ? len + gap_len : 1) > TEXT_MAX ||
       n > (lua_Integer)TEXT_MAX))
    return luaL_error(L, "rep makes a text of more than %d bytes", (int)TEXT_MAX);
  if (n > 0) fq_limits_charge(L, (size_t)n);
  lua_settop(L, 3);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, 3, 1);
  return 1;
}

/* Lua's own format behind a checked form: no %p (an address), no %a (differs by library), widths of two
 * digits. */
static int s_format(lua_State *L) {
  size_t len;
  const char *f = luaL_checklstring(L, 1, &len), *end = f + len;
  if (len > 4096) return luaL_error(L, "format text of more than 4096 bytes");
  int top = lua_gettop(L), arg = 1;
  size_t total = len;
  while (f < end) {
    if (*f++ != '%') continue;
    if (f < end && *f == '%') {
      f++;
      continue;
    }
    while (f < end && *f && strchr("-+ #0", *f))
      f++;
    size_t digits = strspn(f, "0123456789");
    f += digits;
    bool long_form = digits > 2;
    if (*f == '.') {
      digits = strspn(++f, "0123456789");
      f += digits;
      long_form |= digits > 2;
    }
    if (long_form || f >= end || !*f || !strchr("cdiuoxXeEfFgGqs", *f))
      return luaL_error(L, "format: only %%c %%d %%i %%u %%o %%x %%e %%f %%g %%q %%s with short widths");
    if (++arg > top) return luaL_argerror(L, arg, "no value");
    if (*f == 's') to_text(L, arg);
    if (*f == 'q' && lua_type(L, arg) != LUA_TSTRING && lua_type(L, arg) != LUA_TNUMBER)
      return luaL_argerror(L, arg, "%q takes strings and numbers");
    if (lua_type(L, arg) == LUA_TSTRING) total += lua_rawlen(L, arg);
    total += 420; /* a double in %f has up to 309 digits */
    f++;
  }
  if (total > 2 * TEXT_MAX) return luaL_error(L, "format makes too long a text");
  fq_limits_charge(L, total / 64);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, top, 1);
  return 1;
}

/* upvalue 1: Lua's own function. Pays for the length of its first argument, then runs it. */
static int s_paid(lua_State *L) {
  size_t len;
  luaL_checklstring(L, 1, &len);
  fq_limits_charge(L, len / 16);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

static int s_contains(lua_State *L) {
  size_t n, m;
  const char *s = luaL_checklstring(L, 1, &n), *what = luaL_checklstring(L, 2, &m);
  fq_limits_charge(L, n / 4);
  lua_pushboolean(L, m == 0 || memmem(s, n, what, m) != NULL);
  return 1;
}
static int s_starts_with(lua_State *L) {
  size_t n, m;
  const char *s = luaL_checklstring(L, 1, &n), *what = luaL_checklstring(L, 2, &m);
  lua_pushboolean(L, m <= n && !memcmp(s, what, m));
  return 1;
}
static int s_split(lua_State *L) {
  size_t n, m;
  const char *s = luaL_checklstring(L, 1, &n), *gap = luaL_checklstring(L, 2, &m);
  luaL_argcheck(L, m > 0, 2, "empty separator");
  fq_limits_charge(L, n / 4);
  lua_newtable(L);
  for (lua_Integer i = 1;; i++) {
    const char *p = memmem(s, n, gap, m);
    fq_limits_charge(L, 10);
    lua_pushlstring(L, s, p ? (size_t)(p - s) : n);
    lua_rawseti(L, -2, i);
    if (!p) return 1;
    n -= (size_t)(p - s) + m;
    s = p + m;
  }
}

/* -- putting it together ------------------------------------------------------------------------------------
 */

static void pick(lua_State *L, int from, int to, const char *name, lua_CFunction wrapper) {
  if (lua_getfield(L, from, name) == LUA_TNIL) luaL_error(L, "Lua has no %s", name);
  if (wrapper) lua_pushcclosure(L, wrapper, 1);
  lua_setfield(L, to, name);
}

static void open_string(lua_State *L) {
  lua_pushcfunction(L, luaopen_string);
  lua_call(L, 0, 1);
  int stock = lua_gettop(L);
  lua_newtable(L);
  int out = lua_gettop(L);
  pick(L, stock, out, "byte", NULL);
  pick(L, stock, out, "char", NULL);
  pick(L, stock, out, "len", NULL);
  pick(L, stock, out, "lower", s_paid);
  pick(L, stock, out, "upper", s_paid);
  pick(L, stock, out, "sub", NULL);
  pick(L, stock, out, "rep", s_rep);
  pick(L, stock, out, "format", s_format);
  static const luaL_Reg own[] = {
      {"contains", s_contains}, {"starts_with", s_starts_with}, {"split", s_split}, {NULL, NULL}};
  luaL_setfuncs(L, own, 0);
  /* Lua's library has set a metatable for strings: point it at this table, and drop its arithmetic. */
  lua_createtable(L, 0, 1);
  lua_pushvalue(L, out);
  lua_setfield(L, -2, "__index");
  lua_pushstring(L, "");
  lua_pushvalue(L, -2);
  lua_setmetatable(L, -2);
  lua_pop(L, 2);
  lua_setglobal(L, "string");
  lua_settop(L, stock - 1);
}

static void open_math(lua_State *L) {
  static const char *const names[] = {"abs", "ceil",       "floor",     "fmod",       "huge",
                                      "max", "maxinteger", "min",       "mininteger", "modf",
                                      "pi",  "sqrt",       "tointeger", "type",       "ult"};
  lua_pushcfunction(L, luaopen_math);
  lua_call(L, 0, 1);
  int stock = lua_gettop(L);
  lua_newtable(L);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    pick(L, stock, stock + 1, names[i], NULL);
  lua_setglobal(L, "math");
  lua_settop(L, stock - 1);
}

void fq_sandbox_open(lua_State *L) {
  static const luaL_Reg basics[] = {
      {"assert", f_assert},     {"error", f_error}, {"ipairs", f_ipairs}, {"next", f_next},
      {"pairs", f_pairs},       {"pcall", f_pcall}, {"select", f_select}, {"tonumber", f_tonumber},
      {"tostring", f_tostring}, {"type", f_type},   {NULL, NULL}};
  static const luaL_Reg tables[] = {
      {"concat", t_concat}, {"insert", t_insert}, {"remove", t_remove}, {"sort", t_sort}, {NULL, NULL}};
  lua_pushglobaltable(L);
  luaL_setfuncs(L, basics, 0);
  lua_pop(L, 1);
  luaL_newlib(L, tables);
  lua_setglobal(L, "table");
  open_string(L);
  open_math(L);
}

static int unknown_word(lua_State *L) {
  const char *what = lua_tostring(L, lua_upvalueindex(1));
  if (lua_type(L, 2) != LUA_TSTRING) return lua_pushnil(L), 1;
  struct fq_suggest s;
  fq_suggest_start(&s, lua_tostring(L, 2));
  for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1))
    if (lua_type(L, -2) == LUA_TSTRING) fq_suggest_try(&s, lua_tostring(L, -2));
  const char *best = fq_suggest_best(&s);
  if (best) return luaL_error(L, "%s '%s', did you mean '%s'?", what, s.word, best);
  return luaL_error(L, "%s '%s'", what, s.word);
}

void fq_sandbox_strict_table(lua_State *L, const char *what) {
  lua_createtable(L, 0, 1);
  lua_pushstring(L, what);
  lua_pushcclosure(L, unknown_word, 1);
  lua_setfield(L, -2, "__index");
  lua_setmetatable(L, -2);
}

void fq_sandbox_strict(lua_State *L) {
  lua_pushglobaltable(L);
  fq_sandbox_strict_table(L, "unknown word");
  lua_pop(L, 1);
}

int fq_sandbox_load(lua_State *L, const char *path, const char *text, size_t len) {
  if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
    text += 3, len -= 3; /* the mark some editors begin with */
  const char *name = lua_pushfstring(L, "@%s", path);
  int status = luaL_loadbufferx(L, text, len, name, "t");
  lua_remove(L, -2);
  return status;
}

struct code {
  char *bytes;
  size_t len;
};

static int keep(lua_State *L, const void *bytes, size_t len, void *into) {
  struct code *c = into;
  (void)L;
  c->bytes = fq_realloc(c->bytes, c->len + len);
  memcpy(c->bytes + c->len, bytes, len);
  c->len += len;
  return 0;
}

int fq_sandbox_load_own(lua_State *L, const char *path, const char *text, size_t len) {
  const char *name = lua_pushfstring(L, "@%s", path);
  struct code code = {0};
  lua_State *compiler = luaL_newstate();
  int status = compiler ? luaL_loadbufferx(compiler, text, len, name, "t") : LUA_ERRMEM;
  if (status == LUA_OK) {
    lua_dump(compiler, keep, &code, 0);
    status = luaL_loadbufferx(L, code.bytes, code.len, name, "b");
  } else { /* told as it would have been there */
    status = luaL_loadbufferx(L, text, len, name, "t");
  }
  if (compiler) lua_close(compiler);
  free(code.bytes);
  lua_remove(L, -2);
  return status;
}
