/* merge.h - what the files of this part share. Kernel thread; queries on reader threads. */
#ifndef FQ_PLUGIN_DISPATCH_MERGE_H
#define FQ_PLUGIN_DISPATCH_MERGE_H

#include "dispatch.h"

DP_COMMAND(dp_incident_merge);
DP_COMMAND(dp_incident_split);
DP_APPLY(dp_apply_merged);
DP_APPLY(dp_apply_joined);
DP_APPLY(dp_apply_split);
DP_APPLY(dp_apply_parted);
DP_APPLY(dp_apply_task_moved);
DP_APPLY(dp_apply_target_ended);    /* incident.closed, .voided: those merged into it end with it */
DP_APPLY(dp_apply_target_reopened); /* ... and are open again with it */

DP_QUERY(dp_incident_duplicates);
DP_QUERY(dp_incident_similar);
DP_VIEW(dp_view_duplicates);
DP_APPLY(dp_apply_dup_reported);
DP_APPLY(dp_apply_suggested);
enum fq_status dp_suggest(struct fq_call *c, const struct fq_entry *e); /* reaction to incident.reported */

/* Open incidents by where they are: what a new report is compared with. */
void dp_dup_enter(fq_db *db, int64_t n);
void dp_dup_leave(fq_db *db, int64_t n);

#endif
