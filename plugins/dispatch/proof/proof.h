/* proof.h - what the files of this folder share: see model.c. Kernel thread. */
#ifndef FQ_PLUGIN_DISPATCH_PROOF_H
#define FQ_PLUGIN_DISPATCH_PROOF_H

#include "dispatch.h"

/* command.c */
fq_json *dp_proof_effect(fq_db *db, const char *method, const fq_json *params);
bool dp_proof_contradict(const fq_json *a, const fq_json *b, char zh[200], char en[200]);
const fq_json *dp_proof_owner(const char *kind, const fq_json *data);
fq_json *dp_proof_state(fq_db *db, const char *subject);

#endif
