/* people.h - what the files of this part share. Kernel thread; queries on reader threads. */
#ifndef FQ_PLUGIN_DISPATCH_PEOPLE_H
#define FQ_PLUGIN_DISPATCH_PEOPLE_H

#include "dispatch.h"

DP_COMMAND(dp_officer_set);
DP_COMMAND(dp_duty_start);
DP_COMMAND(dp_duty_end);
void dp_position_update(struct fq_call *c);
DP_TARGET(dp_target_user); /* params.user, else the actor */
DP_APPLY(dp_apply_officer);
DP_APPLY(dp_apply_duty);
DP_APPLY(dp_apply_roster_moved);
    /* others' kinds that change who could be sent */ /* others' kinds that change who could be sent */
DP_QUERY(dp_incident_candidates);
DP_QUERY(dp_duty_list);
DP_VIEW(dp_view_nearest_officer);
DP_VIEW(dp_view_candidates);
DP_VIEW(dp_view_rung_above);
DP_VIEW(dp_view_unit);
DP_VIEW(dp_view_on_duty);

#endif
