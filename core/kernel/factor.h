/* The second factor of an account, as signing in needs it. Kernel thread. */
#ifndef FQ_KERNEL_FACTOR_H
#define FQ_KERNEL_FACTOR_H

#include "fengqiao.h"

/* The password was right: is the one-time password, too? FQ_OK also for an account that has none; *step says
 * which one it was, 0 for none. "login.otp" when it is missing, "login.otp_wrong" when it does not fit. */
enum fq_status fq_factor_check(fq_kernel *k, fq_db *db, const char *name, const char *otp, int64_t now_ms,
                               int64_t *step, struct fq_error *e);
/* Kernel or reader thread. */
bool fq_factor_has(fq_db *db, const char *name);

#endif
