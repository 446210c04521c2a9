/* The dictionaries of a pack (dictionaries/x.csv): checked before a deployment, set by it. */
#ifndef FQ_POLICY_DICTIONARY_H
#define FQ_POLICY_DICTIONARY_H

#include "policy/host.h"

/* "dictionaries/categories.csv" -> "categories"; false for other files. Any thread. */
bool fq_dictionary_name(const char *path, char out[FQ_ID_MAX]);
/* Everything wrong with them: no code or words, a code twice. Any thread. */
void fq_dictionary_check(const fq_json *files, struct fq_findings *f);
/* One dictionary.set for each. Kernel thread, from a command. */
enum fq_status fq_dictionary_emit(struct fq_call *c, const char *pack, const fq_json *files);

#endif
