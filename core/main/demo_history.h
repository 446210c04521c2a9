/* The demo county's last hours, lived through on a fake clock, so that its first screen is not empty. */
#ifndef FQ_MAIN_DEMO_HISTORY_H
#define FQ_MAIN_DEMO_HISTORY_H

#include "kernel/kernel.h"

#define FQ_DEMO_HOURS     5
#define FQ_DEMO_HOURS_MAX 720
#define FQ_DEMO_EVERY     4 /* minutes between reports, on average: some 75 incidents in five hours */

/* The kernel's clock stands at the beginning and is moved to `until_ms`; policies and timers act as they
 * would have. `reports` is the table of demo texts. */
enum fq_status fq_demo_history(fq_kernel *k, const char *reports, uint32_t every, int64_t until_ms,
                               struct fq_error *e);

#endif
