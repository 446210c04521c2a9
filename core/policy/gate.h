/*
 * The gate: a candidate's scenarios are played before the tick that would deploy it, so that the command
 * finds the verdict and a story that does not come true can keep a pack out. What plays them is whoever sets
 * the gate (core/workshop plays them in a child process); a kernel without one - of a run, of a unit test -
 * refuses nothing. Kernel thread.
 */
#ifndef FQ_POLICY_GATE_H
#define FQ_POLICY_GATE_H

#include "kernel/kernel.h"

/* Plays the candidate {pack, files}, which is taken, and calls `done` exactly once, at once or later: with
 * {played, failed, wrong: [{file, line, title, zh, en}]}, taken, or NULL and why nothing could be said. */
typedef void (*fq_gate_done)(void *to, fq_json *verdict, const struct fq_error *e);
typedef void (*fq_gate_fn)(void *arg, fq_kernel *k, fq_json *candidate, fq_gate_done done, void *to);
void fq_policy_set_gate(fq_kernel *k, fq_gate_fn fn, void *arg);

/* Calls of the method pass the gate; from a module's init, after the policy module's. `candidate` finds what
 * is to be played: {pack, files}, the caller's, or NULL when there is nothing (the command will say why). */
typedef fq_json *(*fq_candidate_fn)(fq_kernel *k, const fq_json *params);
void fq_policy_gated(fq_kernel *k, const char *method, fq_candidate_fn candidate);

/* In a command of such a method, or one it calls: what the gate gives, and the candidate's `digest`, which
 * has to be that of the files which the command deploys. NULL when there is no gate. */
const fq_json *fq_policy_verdict(const struct fq_call *c);

#endif
