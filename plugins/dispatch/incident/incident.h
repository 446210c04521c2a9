/* incident.h - what the files of this part share. Kernel thread; queries on reader threads. */
#ifndef FQ_PLUGIN_DISPATCH_INCIDENT_H
#define FQ_PLUGIN_DISPATCH_INCIDENT_H

#include "dispatch.h"

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
DP_APPLY(dp_apply_reported);
DP_APPLY(dp_apply_incident); /* every other incident.* kind */
DP_QUERY(dp_incident_get);
DP_QUERY(dp_incident_list);
DP_QUERY(dp_incident_open);
DP_VIEW(dp_view_incident);
DP_VIEW(dp_view_owner);

#endif
