/*
 * plugin.c - the table of contents of the campaign plugin: its options and parts. It knows no incident; what
 * a patrol finds is reported as anything else is, by whoever found it. Kernel thread.
 */
#include "patrol/patrol.h"

static const struct fq_option options[] = {
    {.name = "patrol_longest",
     .type = FQ_O_DURATION,
     FQ_OPTION_AT(struct cp_self, longest_ms),
     .fallback = "12 h",
     .min = 60000,
     .max = 604800000,
     .reloadable = true,
     .zh = "一次巡逻最长多久,过后自动结束",
     .en = "a patrol that nobody ends is ended after"},
    {.name = "patrol_radius",
     .type = FQ_O_INT,
     FQ_OPTION_AT(struct cp_self, radius_m),
     .fallback = "50",
     .min = 10,
     .max = 2000,
     .reloadable = true,
     .zh = "点位没有写半径时,多少米之内算到点",
     .en = "how near one must be to a point that says nothing of it, in metres"},
    {0}};

static const struct fq_plugin *const parts[] = {&cp_patrol_part, NULL};

FQ_PLUGIN = {
    FQ_PLUGIN_HEAD,
    .name = "campaign",
    .version = CP_VERSION,
    .zh = "巡逻",
    .en = "patrols",
    .options = options,
    .self_bytes = sizeof(struct cp_self),
    .parts = parts,
};
