/* "Did you mean": the nearest of some words by edit distance. Any thread. */
#ifndef FQ_POLICY_SUGGEST_H
#define FQ_POLICY_SUGGEST_H

#include <stddef.h>

struct fq_suggest {
  const char *word;
  char best[64];
  unsigned distance;
};
void fq_suggest_start(struct fq_suggest *s, const char *word);
void fq_suggest_try(struct fq_suggest *s, const char *candidate);
/* The best candidate when it is near enough to be meant, else NULL. */
const char *fq_suggest_best(const struct fq_suggest *s);

#endif
