/* Policies made up by a grammar, and policies that people wrote, changed here and there. */
#ifndef FQ_FUZZ_GRAMMAR_H
#define FQ_FUZZ_GRAMMAR_H

#include "base/mem.h"
#include "fengqiao.h"
#include "fuzz.h"

/* Names to build with: what policy.api lists. */
void grammar_learn(const fq_json *api);
void grammar_forget(void);
/* A whole policy; it need not compile. */
void grammar_policy(struct fuzz *f, struct fq_buf *out);
/* `text` with a few tokens taken out, doubled, exchanged, or replaced by something nasty. */
void grammar_mutate(struct fuzz *f, const char *text, struct fq_buf *out);

#endif
