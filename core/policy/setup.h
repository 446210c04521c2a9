/*
 * What a pack sets up besides policies and dictionaries: calendars, ladders, rosters ... as commands that its
 * pack.lua lists in `setup = { { "calendar.set", "setup/office.lua" }, ... }`. The file gives the parameters.
 * Only commands of the system administrator, who deploys; each must be harmless to repeat.
 */
#ifndef FQ_POLICY_SETUP_H
#define FQ_POLICY_SETUP_H

#include "policy/host.h"
#include "policy/luaconf.h"

/* Everything wrong with the list and its files; what a command says to its parameters comes at deployment.
 * The thread that owns the host. */
void fq_setup_check(const fq_json *meta, struct fq_luaconf_lines *lines, const struct fq_module *modules,
                    size_t count, const fq_json *files, struct fq_findings *f);
/* Runs them in their order, inside the deploying command. An error names the file. Kernel thread. */
enum fq_status fq_setup_run(struct fq_call *c, const fq_json *files);
/* The same when a pack comes back: each on its own, caused by entry `cause`, since nothing may stand in the
 * way of going back. Adds what was refused to `refused`, [{method, path, code, zh, en}]. Kernel thread. */
void fq_setup_again(struct fq_call *c, int64_t cause, const fq_json *files, fq_json *refused);

#endif
