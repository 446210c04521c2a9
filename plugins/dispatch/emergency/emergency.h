/* emergency.h - what the files of this part share. Kernel thread; queries on reader threads. */
#ifndef FQ_PLUGIN_DISPATCH_EMERGENCY_H
#define FQ_PLUGIN_DISPATCH_EMERGENCY_H

#include "dispatch.h"

#define DP_EMERGENCY_CALLS 4 /* a person is called once, and three times more while he is silent */

struct dp_emergency {
  int64_t n, round, again_ms, started_ms, ended_ms; /* ended_ms, ended_n: 0 while it is in force */
  int64_t ended_n, incident;
  int level;
  double factor;
  char id[FQ_ID_MAX], org[FQ_ID_MAX], by[FQ_ID_MAX], title[832], reason[2048];
};
bool dp_emergency_load(fq_db *db, const char *id, struct dp_emergency *out);
/* The one in force with the shortest clocks at `org`, by its own unit or one above. */
bool dp_emergency_at(fq_db *db, const char *org, struct dp_emergency *out);
enum fq_status dp_emergency_emit(struct fq_call *c, const struct dp_emergency *e, const char *kind,
                                 const char *audience, fq_json *data);
/* The desks and departments that sit at or below `org`: "unit/a unit/b". free() */
char *dp_emergency_desks(fq_db *db, const char *org);

/* Entries to those of the called whom `whom` (a condition on emergency_call) selects, in portions of an entry
 * each, so that none gets large (call.c). */
enum fq_status dp_emergency_portions(struct fq_call *c, const struct dp_emergency *e, const char *kind,
                                     const char *whom, int64_t round);

#define DP_SILENT     "answered_ms IS NULL"
#define DP_NOT_ABSENT "coalesce(coming, 1)"

/* Sums (sum.c). Area: the emergency's, or the part of it that the asker has. */
fq_json *dp_emergency_json(fq_db *db, const struct dp_emergency *e);
fq_json *dp_emergency_calls(fq_db *db, const struct dp_emergency *e, const char *path);
fq_json *dp_emergency_sum(fq_db *db, const struct dp_emergency *e, const struct dp_area *area,
                          int64_t now_ms);

DP_COMMAND(dp_emergency_start);
DP_COMMAND(dp_emergency_again);
DP_COMMAND(dp_emergency_answer);
DP_COMMAND(dp_emergency_note);
DP_COMMAND(dp_emergency_raise);
DP_COMMAND(dp_emergency_end);
DP_TARGET(dp_target_emergency_org);
DP_TARGET(dp_target_emergency);
DP_TARGET(dp_target_emergency_part);
DP_TARGET(dp_target_emergency_answer);
DP_APPLY(dp_apply_emergency_started);
DP_APPLY(dp_apply_emergency_called);
DP_APPLY(dp_apply_emergency_answered);
DP_APPLY(dp_apply_emergency_raised);
DP_APPLY(dp_apply_emergency_ended);
DP_APPLY(dp_apply_emergency_told);
DP_QUERY(dp_emergency_open);
DP_QUERY(dp_emergency_board);
DP_QUERY(dp_emergency_report);
DP_VIEW(dp_view_emergency);

#endif
