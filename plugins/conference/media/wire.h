/* wire.h - the methods of this folder. Kernel thread. */
#ifndef CF_MEDIA_WIRE_H
#define CF_MEDIA_WIRE_H

#include "media/media.h"

extern const struct fq_method md_methods[];
extern const struct fq_param md_settle_params[];
enum fq_status md_run_settle(struct fq_call *c);

#endif
