/*
 * fq_luaconf_load - reads a configuration file written in Lua.
 *
 * The file is plain assignments, run in the policy sandbox:
 *     listen = "127.0.0.1:8080"
 *     terminal = { max_frame = "64 KiB", heartbeat = "25 s" }
 * or one `return { ... }` of the same.
 * Returns an object of what was assigned, and the line each key was written on. NULL and a filled error
 * otherwise, whose path is "<path>:<line>". Any thread; each call has a sandbox of its own.
 */
#ifndef FQ_POLICY_LUACONF_H
#define FQ_POLICY_LUACONF_H

#include <stddef.h>

#include "fengqiao.h"

struct fq_luaconf_lines;

/* `lines` may be NULL; else free it with fq_luaconf_lines_free(), also after a failure. The caller owns the
 * object. */
fq_json *fq_luaconf_load(const char *path, const char *text, size_t len, struct fq_luaconf_lines **lines,
                         struct fq_error *e);

/* The line a key path was first written on, "terminal.max_frame" or "policies[2]"; the nearest parent's line
 * for a path that is not there; 0 when nothing is known. */
int fq_luaconf_line(const struct fq_luaconf_lines *lines, const char *path);
void fq_luaconf_lines_free(struct fq_luaconf_lines *lines);

/* The lexical half alone: works on any Lua text that holds one table of interest, such as `return policy {
 * ... }`. */
struct fq_luaconf_lines *fq_luaconf_scan(const char *text, size_t len);

#endif
