/* The part's table of contents. Kernel thread. */
#include "conference.h"

const struct fq_plugin cf_guest_part = {FQ_PLUGIN_HEAD, .name = "conference.guest", .version = CF_VERSION,
                                        .zh = "访客", .en = "guests of a call"};
