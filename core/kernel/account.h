/* Accounts and tokens, as the rest of core/kernel needs them. Kernel thread. */
#ifndef FQ_KERNEL_ACCOUNT_H
#define FQ_KERNEL_ACCOUNT_H

#include "fengqiao.h"

#define FQ_SCRYPT_LOG2_N 14 /* N = 16384, r = 8: 50 ms and 16 MiB a guess on the reference machine */

/* Login in two steps around the helper's work: `hash` gets what to verify against (also for unknown names, so
 * that they take as long). The end turns the parameters into what the command needs, or counts the failure.
 */
enum fq_status fq_login_begin(fq_kernel *k, const fq_json *params, const char *remote, char **hash,
                              struct fq_error *e);
enum fq_status fq_login_end(fq_kernel *k, fq_json *params, const char *remote, bool right,
                            struct fq_error *e);

void fq_account_committed(fq_kernel *k, const struct fq_entry *e);

#endif
