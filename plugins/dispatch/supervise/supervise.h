/* supervise.h - what the files of this part share. Kernel thread; queries on reader threads. */
#ifndef FQ_PLUGIN_DISPATCH_SUPERVISE_H
#define FQ_PLUGIN_DISPATCH_SUPERVISE_H

#include "dispatch.h"

/* cards (card.c) */
DP_COMMAND(dp_supervise_answer);
DP_COMMAND(dp_supervise_lift);
DP_COMMAND(dp_supervise_lapse);
DP_TARGET(dp_target_card);
DP_APPLY(dp_apply_card_given); /* incident.supervised */
DP_APPLY(dp_apply_card_answered);
DP_APPLY(dp_apply_card_lifted);
DP_APPLY(dp_apply_card_overdue);
DP_QUERY(dp_supervise_list);
DP_QUERY(dp_supervise_report);
void dp_cards_end(struct fq_apply *a, int64_t incident, const char *how, int64_t at_ms);
fq_json *dp_cards_json(fq_db *db, int64_t incident); /* every card it was ever given, oldest first */

/* follow-up (follow.c) */
DP_COMMAND(dp_incident_follow_up);
DP_APPLY(dp_apply_followed_up);
DP_APPLY(dp_apply_over);       /* incident.closed, .voided */
DP_APPLY(dp_apply_over_again); /* incident.reopened */
DP_APPLY(dp_apply_rated_low);  /* incident.rated */
DP_QUERY(dp_followup_list);

/* shifts (shift.c) and their note (note.c) */
struct dp_shift {
  int64_t n, started_ms, handed_ms, taken_ms; /* 0: not yet */
  char id[FQ_ID_MAX], user[FQ_ID_MAX], org[FQ_ID_MAX], to[FQ_ID_MAX];
};
fq_json *dp_shift_compose(fq_db *db, const char *user, const char *org, int64_t since_ms, int64_t now_ms);
DP_COMMAND(dp_shift_start);
DP_COMMAND(dp_shift_hand_over);
DP_COMMAND(dp_shift_take_over);
DP_TARGET(dp_target_shift);
DP_APPLY(dp_apply_shift_started);
DP_APPLY(dp_apply_shift_handed_over);
DP_APPLY(dp_apply_shift_taken_over);
DP_QUERY(dp_shift_list);
DP_QUERY(dp_shift_note);

/* after-action report (after.c), what an entry says in two languages (told.c) */
struct dp_said {
  char zh[1600], en[1600];
};
void dp_said_of(fq_db *db, const char *kind, const fq_json *data, const char *by, struct dp_said *out);
DP_QUERY(dp_incident_after_action);

#endif
