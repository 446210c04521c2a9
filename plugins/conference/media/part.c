/* The part's table of contents. Kernel thread. */
#include "conference.h"

const struct fq_plugin cf_media_part = {FQ_PLUGIN_HEAD, .name = "conference.media", .version = CF_VERSION,
                                        .zh = "媒体腿", .en = "the legs of a call"};
