/* countersign.h - what the files of this part share. Kernel thread; queries on reader threads. */
#ifndef FQ_PLUGIN_DISPATCH_COUNTERSIGN_H
#define FQ_PLUGIN_DISPATCH_COUNTERSIGN_H

#include "dispatch.h"

struct dp_countersign {
  int64_t n, incident, due_ms;
  char id[FQ_ID_MAX], unit[FQ_ID_MAX], state[16], asked_by[FQ_ID_MAX], asked_unit[FQ_ID_MAX];
  char name[96];
};

DP_COMMAND(dp_incident_countersign);
DP_COMMAND(dp_countersign_sign);
DP_COMMAND(dp_countersign_withdraw);
DP_COMMAND(dp_countersign_overdue);
DP_TARGET(dp_target_signer);   /* params.id is a countersign: the unit's own */
DP_TARGET(dp_target_gatherer); /* params.id is a countersign: a desk's verb on its incident */
DP_APPLY(dp_apply_countersign_asked);
DP_APPLY(dp_apply_countersign_answered);
DP_APPLY(dp_apply_countersign_overdue);
DP_QUERY(dp_countersign_list);
DP_VIEW(dp_view_countersigns);

#endif
