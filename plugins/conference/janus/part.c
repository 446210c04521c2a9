/* The part's table of contents. Kernel thread. */
#include "conference.h"

const struct fq_plugin cf_janus_part = {FQ_PLUGIN_HEAD, .name = "conference.janus", .version = CF_VERSION,
                                        .zh = "媒体服务器", .en = "the media server"};
