/* workshop jobs. Kernel thread. */
#include "workshop/workshop_internal.h"

const struct fq_plugin fq_workshop_job = {FQ_PLUGIN_HEAD, .name = "workshop.job", .version = "1",
                                          .zh = "工坊作业", .en = "workshop jobs"};
