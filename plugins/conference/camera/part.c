/* The part's table of contents. Kernel thread. */
#include "conference.h"

const struct fq_plugin cf_camera_part = {FQ_PLUGIN_HEAD, .name = "conference.camera", .version = CF_VERSION,
                                         .zh = "摄像头", .en = "cameras"};
