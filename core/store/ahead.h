/*
 * A journal's rows, read and parsed ahead on a thread of their own: for whoever goes through a long one and
 * has work enough with each entry. Reading and parsing is a quarter of applying. The rest belongs to one
 * thread.
 */
#ifndef FQ_STORE_AHEAD_H
#define FQ_STORE_AHEAD_H

#include "store/journal.h"

struct fq_ahead;
/* Rows after `after` up to `up_to`, with a database handle of its own that is held for a batch at a time. */
struct fq_ahead *fq_ahead_open(const char *path, int64_t after, int64_t up_to, struct fq_error *e);
/* The next row and its data, both alive until the next call. False at the end, or with e->status set. */
bool fq_ahead_next(struct fq_ahead *a, struct fq_row *r, const fq_json **data, struct fq_error *e);
void fq_ahead_close(struct fq_ahead *a);

#endif
