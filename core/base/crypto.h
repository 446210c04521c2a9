/*
 * Digests, random bytes, password hashes and the county's seal: the home of OpenSSL. Any thread.
 */
#ifndef FQ_BASE_CRYPTO_H
#define FQ_BASE_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FQ_SHA256     32
#define FQ_SHA256_HEX 65

/* Pieces are hashed in order; the list ends with a NULL pointer. */
struct fq_piece {
  const void *bytes;
  size_t len;
};
void fq_sha256(const struct fq_piece *pieces, uint8_t out[FQ_SHA256]);
void fq_sha256_text(const char *s, uint8_t out[FQ_SHA256]);
void fq_hex(const uint8_t *bytes, size_t len, char *out); /* out: 2 len + 1 */
bool fq_sha256_file(const char *path, char hex[FQ_SHA256_HEX]);

void fq_random(void *out, size_t len);
void fq_random_token(char *out,
                     size_t bytes); /* base64url without padding: 43 characters for 32 bytes, + NUL */

/* "scrypt$<log2 N>$<r>$<p>$<salt hex>$<hash hex>". About 50 ms at N = 2^14: use a helper thread. */
char *fq_password_hash(const char *password, int log2_n); /* the caller frees */
bool fq_password_verify(const char *password, const char *hash);

/* AES-256-GCM under the county's key: "v1." + base64url(nonce | ciphertext | tag). The caller frees. */
char *fq_seal(const uint8_t key[32], const char *plain);
char *fq_unseal(const uint8_t key[32], const char *sealed); /* NULL when forged or of another key */

#endif
