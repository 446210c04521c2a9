/*
 * Dictionaries: a pack's lists of codes with their words (categories, closing classes ...), as the tables
 * everybody reads: dictionary(name, code, zh, en, attributes, pack, position). Part of the policy module.
 */
#ifndef FQ_POLICY_DICTIONARY_H
#define FQ_POLICY_DICTIONARY_H

#include "policy/host.h"

extern const char fq_dictionary_schema[];
/* The deployed pack's dictionaries replace those it had. Kernel thread, from apply. */
void fq_dictionary_apply(fq_db *db, const char *pack, const fq_json *files);
/* Everything wrong with dictionaries/x.csv of a pack: no code or words, a code twice. */
void fq_dictionary_check(const fq_json *files, struct fq_findings *f);
enum fq_status fq_dictionary_list(struct fq_query *q);
extern const struct fq_param fq_dictionary_params[];

#endif
