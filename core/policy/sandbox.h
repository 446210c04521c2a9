/*
 * The words every policy, pack file and configuration file may use: an allow-list. See sandbox.c for what was
 * left out and why.
 */
#ifndef FQ_POLICY_SANDBOX_H
#define FQ_POLICY_SANDBOX_H

#include <lua.h>

/* Fills the state's globals. May raise (memory): call it protected. */
void fq_sandbox_open(lua_State *L);
/* From now on, reading an undefined global raises "unknown word 'x', did you mean 'y'?". */
void fq_sandbox_strict(lua_State *L);
/* Gives the table at the top of the stack the same strictness: "view has no 'x', did you mean 'y'?". `what_*`
 * are static texts. */
void fq_sandbox_strict_table(lua_State *L, const char *what);

/* Compiles text only (never bytecode) under the name shown in messages. Pushes function or message. */
int fq_sandbox_load(lua_State *L, const char *path, const char *text, size_t len);
/* The same for this program's own texts, compiled in a state of its own, so that only what comes out of it
 * takes room in L. */
int fq_sandbox_load_own(lua_State *L, const char *path, const char *text, size_t len);

#endif
