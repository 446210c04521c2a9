/*
 * The county's seal for plugins: personal data in entries that only this server reads, and marks to find it
 * by. Any thread: the key never changes.
 */
#include <string.h>

#include "kernel/internal.h"

char *fq_seal_text(fq_kernel *k, const char *text) {
  return fq_seal(k->key, text);
}

char *fq_open_sealed(fq_kernel *k, const char *sealed) {
  return sealed ? fq_unseal(k->key, sealed) : NULL;
}

/* The key on both sides: who has seen a mark can neither make one nor go on from it. */
void fq_mark_text(fq_kernel *k, const char *purpose, const char *text, char out[33]) {
  uint8_t digest[FQ_SHA256];
  fq_sha256((struct fq_piece[]){{k->key, sizeof k->key},
                                {purpose, strlen(purpose) + 1},
                                {text, strlen(text)},
                                {k->key, sizeof k->key},
                                {0}},
            digest);
  fq_hex(digest, 16, out);
}
