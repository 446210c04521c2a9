/* drafts. Kernel thread. */
#include "workshop/workshop_internal.h"

const struct fq_plugin fq_workshop_draft = {FQ_PLUGIN_HEAD, .name = "workshop.draft", .version = "1",
                                            .zh = "起草", .en = "drafts"};
