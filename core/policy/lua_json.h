/*
 * JSON to Lua values and back. Empty arrays keep being arrays by a mark Lua cannot see. The thread that owns
 * the host.
 */
#ifndef FQ_POLICY_LUA_JSON_H
#define FQ_POLICY_LUA_JSON_H

#include <lua.h>

#include "fengqiao.h"

/* Pushes the value. May raise (memory): call it protected. JSON null becomes nil. */
void fq_lua_push(lua_State *L, const fq_json *v);
/* Marks the table at the top of the stack as an array, also when it is empty. May raise. */
void fq_lua_mark_array(lua_State *L);
/* Once per state, before the two above. May raise. */
void fq_lua_json_open(lua_State *L);

/* Before a table is looked at past its metatable: one that notes what is read of it becomes an ordinary one
 * (track.c). Nothing for any other value. */
void fq_track_touch(lua_State *L, int idx);

/* What makes a Lua value no JSON. */
struct fq_lua_flaw {
  char path[96]; /* "params.to[2].user" */
  char zh[160], en[160];
};
/* Converts without raising. NULL and a filled flaw when the value is no JSON: functions, NaN, infinities,
 * whole numbers beyond 2^53, text that is not UTF-8 or has a NUL, tables with mixed keys or holes, deeper
 * than 24, more than 4,000 values or 128 KiB of text (a cycle is one of those). */
fq_json *fq_lua_read(lua_State *L, int idx, struct fq_lua_flaw *flaw);

#endif
