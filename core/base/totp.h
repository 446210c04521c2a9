/*
 * Time-based one-time passwords as authenticator apps make them: RFC 6238 with SHA-1, six digits, thirty
 * seconds, the shared secret in base32 (RFC 4648) without padding. Any thread.
 */
#ifndef FQ_BASE_TOTP_H
#define FQ_BASE_TOTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FQ_TOTP_SECRET  33    /* base32 of 20 bytes, with its final NUL */
#define FQ_TOTP_STEP_MS 30000 /* how long one password shows */
#define FQ_TOTP_DRIFT   1     /* steps a phone's clock may be off, either way */

void fq_totp_secret(char out[FQ_TOTP_SECRET]); /* 160 bits that nobody can guess */
bool fq_totp_code(const char *secret, int64_t step, char out[7]);
/* Does `code` fit now, by a step later than `after`? Then which: one password opens once. Blanks are passed
 * over. */
bool fq_totp_fits(const char *secret, const char *code, int64_t now_ms, int64_t after, int64_t *step);

#endif
