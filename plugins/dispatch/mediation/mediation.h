/*
 * mediation.h - what the files of this part share: a dispute is mediated stage by stage, settled, or handed
 * to a court (矛盾调处、诉调对接). Names and telephone numbers of the parties stand in one kind of entry that
 * nobody hears; everything else carries them masked. Kernel thread; queries on reader threads.
 */
#ifndef FQ_PLUGIN_DISPATCH_MEDIATION_H
#define FQ_PLUGIN_DISPATCH_MEDIATION_H

#include "dispatch.h"

#define DP_MEDIATION_STATES(X)                                                                               \
  X(OPEN, "open", "调处中")                                                                                  \
  X(SETTLED, "settled", "调解成功")                                                                          \
  X(FAILED, "failed", "调解不成")                                                                            \
  X(WITHDRAWN, "withdrawn", "已撤回")                                                                        \
  X(TO_COURT, "to_court", "已移交法院")

#define DP_MEDIATION_VERBS(X)                                                                                \
  X(STAGE, "stage", "推进")                                                                                  \
  X(ASSIGN, "assign", "改派调解员")                                                                          \
  X(PARTIES, "parties", "登记当事人")                                                                        \
  X(SETTLE, "settle", "办结")                                                                                \
  X(FAIL, "settle", "办结")                                                                                  \
  X(WITHDRAW, "settle", "办结")                                                                              \
  X(TO_COURT, "to_court", "移交法院")

enum dp_mediation_state {
  DP_MED_NO = 0,
#define X(id, name, zh) DP_MED_##id,
  DP_MEDIATION_STATES(X)
#undef X
      DP_MEDIATION_STATE_COUNT
};
enum dp_mediation_verb {
#define X(id, name, zh) DP_MV_##id,
  DP_MEDIATION_VERBS(X)
#undef X
      DP_MEDIATION_VERB_COUNT
};

const char *dp_mediation_state_name(enum dp_mediation_state s);
enum dp_mediation_state dp_mediation_state_of(const char *name);
enum dp_mediation_state dp_mediation_next(enum dp_mediation_verb v, enum dp_mediation_state from);

struct dp_mediation {
  int64_t n, rev, incident;
  char id[FQ_ID_MAX], mediator[FQ_ID_MAX], stage[FQ_ID_MAX];
  enum dp_mediation_state state;
};
bool dp_mediation_load(fq_db *db, const char *id, struct dp_mediation *out);
enum fq_status dp_mediation_step(struct fq_call *c, const struct dp_mediation *m, enum dp_mediation_verb v,
                                 enum dp_mediation_state *next);
/* Does this actor see the parties as they are: who mediates, and the desk that owns the incident. */
bool dp_mediation_clear(const struct fq_actor *a, const struct dp_mediation *m, const struct dp_incident *i);

/* mask.c: 张*, 138****1234; a text with the parties' names, their telephones and all long numbers masked
 * (free()). parties: [{name, phone?}]. */
void dp_mask_name(char out[16], const char *name);
void dp_mask_phone(char out[32], const char *phone);
char *dp_mask_text(const char *text, const fq_json *parties);
fq_json *dp_mask_parties(const fq_json *parties);
fq_json *dp_parties(fq_db *db, int64_t mediation); /* as they are */

extern const struct dp_word dp_stages[], dp_disputes[], dp_tags[];

DP_COMMAND(dp_mediation_open);
DP_COMMAND(dp_mediation_stage);
DP_COMMAND(dp_mediation_assign);
DP_COMMAND(dp_mediation_parties);
DP_COMMAND(dp_mediation_settle);
DP_COMMAND(dp_mediation_to_court);
DP_COMMAND(dp_mediation_reveal);
DP_TARGET(dp_target_open_mediation); /* params.incident: a desk's, or of those involved in it */
DP_TARGET(dp_target_mediation);      /* params.id: the mediator's own, or a desk's over its incident */
DP_APPLY(dp_apply_mediation_opened);
DP_APPLY(dp_apply_mediation_recorded);
DP_APPLY(dp_apply_mediation);
DP_QUERY(dp_mediation_get);
DP_QUERY(dp_mediation_list);
DP_QUERY(dp_mediation_words);
DP_QUERY(dp_mediation_report);
DP_VIEW(dp_view_mediations);
enum fq_status dp_mediation_voided(struct fq_call *c, const struct fq_entry *e);
enum fq_status dp_mediation_moved(struct fq_call *c, const struct fq_entry *e);

#endif
