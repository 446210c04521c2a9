/* The part's table of contents. Kernel thread. */
#include "conference.h"

const struct fq_plugin cf_session_part = {FQ_PLUGIN_HEAD, .name = "conference.session", .version = CF_VERSION,
                                          .zh = "会商", .en = "conferences"};
