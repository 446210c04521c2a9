/* Devices, as the rest of core/kernel needs them. Kernel thread. */
#ifndef FQ_KERNEL_DEVICE_H
#define FQ_KERNEL_DEVICE_H

#include "fengqiao.h"

bool fq_device_blocked(fq_db *db, const char *device);
enum fq_status fq_device_refused(struct fq_error *e); /* the words for it */
void fq_device_committed(fq_kernel *k, const struct fq_entry *e);

#endif
