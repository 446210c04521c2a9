/*
 * What may be written in a policy, for people and editors: the table is read off the state that policies are
 * compiled in, the explanations stand as comments beside what they explain (scripts/lib/, the words of
 * plugins):
 *
 *     --- 催办                                        Chinese
 *     --- urges whoever has it in hand                English
 *     --> incident.dispatched: return urge(e.incident, "请尽快")    an example: the body of a handler of that
 *     function urge(incident, note)                   kind (incident.reported unless told), which a test runs
 *
 * Above anything but a function the first line is the signature ("--- string.sub(s, i[, j])"). `member:`
 * begins an example that is a member of policy { ... }. Names: "view.x" a question to the view (words from
 * the plugin's table, only the example from here), "e.x" a member of the entry, "member.x" a member of the
 * policy, "clocks.limit" a member of the clause `clocks`.
 */
#ifndef FQ_POLICY_API_H
#define FQ_POLICY_API_H

#include "policy/host.h"

/* The blocks of one Lua text, in their order: [{name, signature, function, zh?, en?, example?, on?}]. */
fq_json *fq_doc_comments(const char *lua);

/* {words: [{name, kind, signature, zh, en, example?, on?, from}], kinds, methods}; see docs/workshop. The
 * host's modules decide. The thread that owns the host. */
fq_json *fq_policy_api(struct fq_host *h);

/* Packs to begin with, compiled in from scripts/templates: [{id, zh, en, what_zh, what_en, files}]. */
fq_json *fq_policy_templates(void);

#endif
