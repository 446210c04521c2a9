/* The part's table of contents. Kernel thread. */
#include "conference.h"

const struct fq_plugin cf_recording_part = {FQ_PLUGIN_HEAD, .name = "conference.recording",
                                            .version = CF_VERSION, .zh = "录制", .en = "recordings"};
