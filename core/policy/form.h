/* The forms of a pack (forms/x.json): checked before a deployment, set by it. */
#ifndef FQ_POLICY_FORM_H
#define FQ_POLICY_FORM_H

#include "policy/host.h"

/* Everything wrong with them: no JSON, no form, an id in two files. Any thread. */
void fq_pack_forms_check(const fq_json *files, struct fq_findings *f);
/* What this pack has changed since it was deployed last. Kernel thread, from a command. */
enum fq_status fq_pack_forms_emit(struct fq_call *c, const char *pack, const fq_json *files);

#endif
