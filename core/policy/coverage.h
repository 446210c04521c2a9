/*
 * Which lines of which policies have run, over any number of decisions on any number of kernels: what never
 * runs in anything that was tried is worth a look. One thread: what is on is on for that thread.
 */
#ifndef FQ_POLICY_COVERAGE_H
#define FQ_POLICY_COVERAGE_H

#include "policy/host.h"

struct fq_coverage;
struct fq_coverage *fq_coverage_new(void);
void fq_coverage_free(struct fq_coverage *c);
void fq_coverage_use(struct fq_coverage *c); /* from now on; NULL: no more */
bool fq_coverage_ran(const struct fq_coverage *c, const char *hash, int line);
bool fq_coverage_heard(const struct fq_coverage *c, const char *hash, const char *kind);

/* decision.c */
bool fq_coverage_on(void);
void fq_coverage_add(const char *hash, const char *kind, const unsigned char *ran, size_t len);

/* The policy's own handlers, those that clauses made left out: [{kind, line, lines: [those that can run]}],
 * helpers that only they use included. The thread that owns the host. */
fq_json *fq_version_handlers(struct fq_host *h, const struct fq_version *v);
int fq_version_handler_count(struct fq_host *h, const struct fq_version *v, const char *kind);

#endif
