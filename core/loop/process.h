/*
 * Processes beside the server: fq_process_start() of fengqiao.h on a loop. A process is on the list it was
 * started for until it has ended. The loop's thread, which must be the one that lives as long as the server:
 * the children die with it.
 */
#ifndef FQ_LOOP_PROCESS_H
#define FQ_LOOP_PROCESS_H

#include "fengqiao.h"
#include "loop/loop.h"

/* `dir`: where it runs when the spec does not say. */
struct fq_process *fq_process_open(struct fq_loop *l, struct fq_process **list, fq_kernel *kernel,
                                   const struct fq_process_spec *s, const char *dir, struct fq_error *e);
/* Ends all of them, and does not return before they are gone: at the server's own end. */
void fq_process_close_all(struct fq_process **list, int64_t grace_ms);

#endif
