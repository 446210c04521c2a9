/* incident.h - what the files of this part share. Kernel thread; queries on reader threads. */
#ifndef FQ_PLUGIN_DISPATCH_INCIDENT_H
#define FQ_PLUGIN_DISPATCH_INCIDENT_H

#include "dispatch.h"

/* What a verb starts with: the incident, the revision, the step ... */
enum fq_status dp_verb_begin(struct fq_call *c, enum dp_verb v, struct dp_incident *i, enum dp_state *next);
/* ... and ends with: its entry and its answer. Takes data. `also` hears it too (dp_emit). */
enum fq_status dp_verb_finish(struct fq_call *c, const struct dp_incident *i, const char *kind,
                              enum dp_state next, fq_json *data, const char *also);

/* Refused while reports are merged into it. */
enum fq_status dp_joined_by_none(struct fq_call *c, const struct dp_incident *i);
DP_COMMAND(dp_incident_report);
DP_COMMAND(dp_incident_accept);
DP_COMMAND(dp_incident_verify);
DP_COMMAND(dp_incident_close);
DP_COMMAND(dp_incident_return);
DP_COMMAND(dp_incident_escalate);
DP_COMMAND(dp_incident_comment);
DP_COMMAND(dp_incident_urge);
DP_COMMAND(dp_incident_supervise);
DP_COMMAND(dp_incident_suspend);
DP_COMMAND(dp_incident_resume);
DP_COMMAND(dp_incident_reopen);
DP_COMMAND(dp_incident_recall);
DP_COMMAND(dp_incident_void);
DP_COMMAND(dp_incident_transfer);
DP_COMMAND(dp_incident_send_down);
DP_COMMAND(dp_incident_rate);
DP_COMMAND(dp_incident_attach);
DP_COMMAND(dp_incident_wake);
DP_TARGET(dp_target_owner);    /* the unit that owns it, or one above */
DP_TARGET(dp_target_reporter); /* the reporter's own; or a desk's */
DP_APPLY(dp_apply_worked);     /* task.finished: who did it, for whoever verifies */
void dp_apply_suspension(struct fq_apply *a, const struct fq_entry *e);
void dp_apply_files(struct fq_apply *a, int64_t incident, const fq_json *files);
DP_APPLY(dp_apply_reported);
DP_APPLY(dp_apply_incident); /* every other incident.* kind */
DP_QUERY(dp_incident_get);
DP_QUERY(dp_incident_list);
/* brief.c */
enum { DP_OPEN_PAGE = 1000, DP_MANY = 100 };
DP_QUERY(dp_incident_open);
DP_QUERY(dp_incident_get_many);
DP_VIEW(dp_view_incident);
DP_VIEW(dp_view_owner);

#endif
