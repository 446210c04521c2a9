/*
 * The policy module: a plugin like any other, linked in. It keeps packs and generations of policies in its
 * tables, hears every entry through fq_kernel_set_react(), and runs what policies decide.
 */
#ifndef FQ_POLICY_MODULE_H
#define FQ_POLICY_MODULE_H

#include "policy/host.h"

extern const struct fq_plugin fq_policy_module;

/* Adds the module with default options to a kernel that has not booted. */
enum fq_status fq_policy_add(fq_kernel *k, struct fq_error *e);
/* The same in two steps, to fill in options between them: fq_policy_module.options describes the state, in
 * which zero means the default. The kernel's closing frees what this has made; any other zeroed memory of
 * self_bytes serves as well and stays its maker's. */
void *fq_policy_new(void);
/* What a decision may take, of such a state. */
struct fq_host_limits fq_policy_limits(const void *policy);

/* The current generation counts as having begun with entry `seq`: subjects that began later are its own, whatever
 * number the deployment has in this kernel's journal. Kernels of runs only. */
void fq_policy_backdate(fq_kernel *k, int64_t seq);
/* The `target` of commands on rules: they decide for the whole county, so an administrator below it may read
 * them, not set them. */
enum fq_status fq_policy_whole_county(struct fq_call *c, struct fq_target *t);

#endif
