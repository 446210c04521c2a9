/* request.h - what the files of this part share. Kernel thread; queries on reader threads. */
#ifndef FQ_PLUGIN_DISPATCH_REQUEST_H
#define FQ_PLUGIN_DISPATCH_REQUEST_H

#include "dispatch.h"

/* More time for a clock ("extend"), or a pause ("suspend"): asked for by those who do the work, granted by
 * the desk that owns the incident or one above. */
struct dp_request {
  int64_t n, incident, asked_ms, by_ms, until_ms, answered_ms;
  char id[FQ_ID_MAX], what[16], state[16], asked_by[FQ_ID_MAX], asked_unit[FQ_ID_MAX], policy[FQ_ID_MAX],
      clock[FQ_ID_MAX], answered_by[FQ_ID_MAX];
  char reason[2048];
};

DP_COMMAND(dp_incident_extend);
DP_COMMAND(dp_incident_ask_suspend);
DP_COMMAND(dp_request_grant);
DP_COMMAND(dp_request_refuse);
DP_COMMAND(dp_request_withdraw);
DP_TARGET(dp_target_worker);  /* params.id is an incident: those who have a part in it, and the desks above */
DP_TARGET(dp_target_granter); /* params.id is a request: the desk that owns its incident, or one above */
DP_TARGET(dp_target_asker);   /* params.id is a request: who asked, or sits where it was asked */
DP_APPLY(dp_apply_request_asked);
DP_APPLY(dp_apply_request_answered);
DP_QUERY(dp_request_list);
DP_VIEW(dp_view_requests);

#endif
