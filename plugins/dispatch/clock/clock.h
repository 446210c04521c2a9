/* clock.h - what the files of this part share. Kernel thread; queries on reader threads. */
#ifndef FQ_PLUGIN_DISPATCH_CLOCK_H
#define FQ_PLUGIN_DISPATCH_CLOCK_H

#include "dispatch.h"

DP_COMMAND(dp_clock_start);
DP_COMMAND(dp_clock_warn);
DP_COMMAND(dp_clock_breach);
DP_COMMAND(dp_clock_stop);
DP_COMMAND(dp_clock_pause);
DP_COMMAND(dp_clock_resume);
DP_TARGET(dp_target_clock); /* params.incident: a desk's */
DP_APPLY(dp_apply_clock_started);
DP_APPLY(dp_apply_clock_warned);
DP_APPLY(dp_apply_clock_breached);
DP_APPLY(dp_apply_clock_stopped);
DP_APPLY(dp_apply_clock_paused);
DP_APPLY(dp_apply_clock_resumed);
DP_QUERY(dp_clock_list);
DP_VIEW(dp_view_clocks);

#endif
