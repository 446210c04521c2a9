/* joint.h - what the files of this part share: joint work types, an incident that several units answer for
 * under one lead. Kernel thread; queries on reader threads. */
#ifndef FQ_PLUGIN_DISPATCH_JOINT_H
#define FQ_PLUGIN_DISPATCH_JOINT_H

#include "dispatch.h"

DP_COMMAND(dp_incident_joint);
DP_APPLY(dp_apply_joint);
DP_QUERY(dp_joint_list);
DP_QUERY(dp_joint_report);

#endif
