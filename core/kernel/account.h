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

/* One's own password anew: the old one opens, with the lock-out of signing in. */
enum fq_status fq_password_end(fq_kernel *k, const char *name, const char *remote, bool right,
                               struct fq_error *e);

void fq_account_committed(fq_kernel *k, const struct fq_entry *e);

#define FQ_TOKEN_LIFE_MS                                                                                     \
  (30 * 86400000LL) /* a phone in the field signs in once a month, not once a shift                          \
                     */

/* May this account be made or changed so by the actor? `u` as user.add takes it; `path`: where it stands. */
enum fq_status fq_account_check(fq_db *db, const struct fq_actor *actor, const fq_json *u, const char *path,
                                struct fq_error *e);
extern const struct fq_param fq_account_row[]; /* an account in a table of many */

/* account_read.c */
enum fq_status fq_account_list(struct fq_query *q);
enum fq_status fq_account_get(struct fq_query *q);
enum fq_status fq_account_check_rows(struct fq_query *q);

/* account_sessions.c */
enum fq_status fq_account_sessions(struct fq_query *q);
enum fq_status fq_account_session_target(struct fq_call *c, struct fq_target *t);
enum fq_status fq_account_session_end(struct fq_call *c);
enum fq_status fq_account_apply_sessions_ended(struct fq_apply *a, const struct fq_entry *e);

#endif
