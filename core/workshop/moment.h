/*
 * At which state did policies hear an entry? The journal tells, for the kernel answers entries in one order
 * (core/kernel/tick.c): a command's own entries stand first, and each of them, then each that was led to, is
 * answered in turn, natively and then by policies. So what follows from an entry lies in one piece:
 *
 *     7 incident.reported            a command's own
 *     8 duplicate.suggested  cause 7 native
 *     9 policy.decided       cause 7 this policy heard 7 on the state after 8
 *    10 task.created         cause 7 what it decided
 *    11 policy.decided       cause 7 the next one heard 7 on the state after 10: here the turn of 7 ends
 *    12 policy.decided       cause 10 ...
 *
 * Where no policy heard an entry, its turn ends before the first that follows from a later one, or before the
 * next command, which the past tells (core/kernel/kernel.h).
 */
#ifndef FQ_WORKSHOP_MOMENT_H
#define FQ_WORKSHOP_MOMENT_H

#include "kernel/kernel.h"

struct fq_moments;
struct fq_moments_config {
  fq_kernel *kernel;
  void *arg;
  /* Is the entry's data wanted when its turn comes? Without, `heard` below has none. */
  bool (*wanted)(void *arg, const struct fq_entry *e);
  /* `record`, the policy.decided about `heard`, is not applied yet: the state is what that policy saw. */
  void (*decided)(void *arg, const struct fq_entry *heard, const struct fq_entry *record);
  /* Nothing more follows from `heard` than already has. `full`: the command had led to as many entries as
   * there may be, so what policies decided then has left no trace. */
  void (*over)(void *arg, const struct fq_entry *heard, bool full);
};
struct fq_moments *fq_moments_new(const struct fq_moments_config *config);
/* From the past's hook `before`, for each row. */
void fq_moments_before(struct fq_moments *m, const struct fq_entry *e, bool begins);
void fq_moments_end(struct fq_moments *m); /* the journal's end: every turn is over */
void fq_moments_free(struct fq_moments *m);

#endif
