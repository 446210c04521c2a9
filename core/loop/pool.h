/*
 * A small pool of threads beside a loop: work(context, arg) on one of them, then done(arg) on the loop. The
 * context is the thread's own (a reader's database handle).
 */
#ifndef FQ_LOOP_POOL_H
#define FQ_LOOP_POOL_H

#include "loop/loop.h"

struct fq_pool;

/* open may be NULL; it and close run on the thread. */
struct fq_pool *fq_pool_new(struct fq_loop *l, int threads, void *(*open)(void *arg),
                            void (*close)(void *context), void *arg);
void fq_pool_add(struct fq_pool *p, void (*work)(void *context, void *arg), void (*done)(void *arg),
                 void *arg);
void fq_pool_free(struct fq_pool *p); /* finishes what is queued; the dones are left on the loop */

#endif
