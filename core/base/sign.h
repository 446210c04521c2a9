/*
 * Signatures: Ed25519, keys as PEM text. Any thread.
 */
#ifndef FQ_BASE_SIGN_H
#define FQ_BASE_SIGN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/crypto.h"

/* A new pair; the caller frees both. */
void fq_key_make(char **private_pem, char **public_pem);
/* The public half of a private or public key; NULL when it is no Ed25519 key. The caller frees. */
char *fq_key_public(const char *pem);
/* What people compare: SHA-256 of the public key, in hex. False when it is no Ed25519 key. */
bool fq_key_id(const char *pem, char hex[FQ_SHA256_HEX]);

char *fq_sign(const char *private_pem,
              const char *text); /* base64; NULL without a usable key; caller frees */
bool fq_signature_fits(const char *public_pem, const char *text, const char *base64);

#endif
