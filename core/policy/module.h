/*
 * The policy module: a plugin like any other, linked in. It keeps packs and generations of policies in its
 * tables, hears every entry through fq_kernel_set_react(), and runs what policies decide.
 */
#ifndef FQ_POLICY_MODULE_H
#define FQ_POLICY_MODULE_H

#include "policy/host.h"
#include "policy/track.h"

extern const struct fq_plugin fq_policy_module;

/* Adds the module with default options to a kernel that has not booted. */
enum fq_status fq_policy_add(fq_kernel *k, struct fq_error *e);
/* The same in two steps, to fill in options between them: fq_policy_module.options describes the state, in
 * which zero means the default. The kernel's closing frees what this has made; any other zeroed memory of
 * self_bytes serves as well and stays its maker's. */
void *fq_policy_new(void);
/* What a decision may take, of such a state. */
struct fq_host_limits fq_policy_limits(const void *policy);

/* A policy as a generation lists it. `version` is NULL when the text does not compile any more (another
 * plugin's words have changed): it then fails like a policy that raises. */
struct fq_active {
  struct fq_version *version;
  int64_t generation; /* whose copy of the pack it is */
  char pack[FQ_ID_MAX], hash[65], name[64], path[160];
};
/* What decides now about what begins now, in order; until the next deployment. Kernel thread. */
const struct fq_active *fq_policy_active(fq_kernel *k, size_t *count);
struct fq_host *fq_policy_host(fq_kernel *k);
void fq_policy_listen(fq_kernel *k, bool listens); /* false: entries are not decided about */
/* Told after each decision what it has read (track.h). Costs; for the workshop's own kernels. */
typedef void (*fq_policy_watch_fn)(void *arg, const struct fq_entry *entry, const struct fq_track *track);
void fq_policy_watch(fq_kernel *k, fq_policy_watch_fn fn, void *arg);
/* The current generation counts as having begun with entry `seq`: subjects that began later are its own,
 * whatever number the deployment has in this kernel's journal. Kernels of runs only. */
void fq_policy_backdate(fq_kernel *k, int64_t seq);
/* The `target` of commands on rules: they decide for the whole county, so an administrator below it may read
 * them, not set them. */
enum fq_status fq_policy_whole_county(struct fq_call *c, struct fq_target *t);

#endif
