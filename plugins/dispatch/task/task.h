/* task.h - what the files of this part share. Kernel thread; queries on reader threads. */
#ifndef FQ_PLUGIN_DISPATCH_TASK_H
#define FQ_PLUGIN_DISPATCH_TASK_H

#include "dispatch.h"

DP_COMMAND(dp_incident_dispatch);
DP_COMMAND(dp_task_delivered);
DP_COMMAND(dp_task_seen);
DP_COMMAND(dp_task_accept);
DP_COMMAND(dp_task_decline);
DP_COMMAND(dp_task_arrive);
DP_COMMAND(dp_task_feedback);
DP_COMMAND(dp_task_finish);
DP_COMMAND(dp_task_expire);
DP_APPLY(dp_apply_task_created);
DP_APPLY(dp_apply_task);
DP_TARGET(dp_target_task); /* params.id is a task: the assignee's own */
DP_QUERY(dp_task_mine);
DP_VIEW(dp_view_tasks);

#endif
