/* Ed25519: see sign.h. */
#include "base/sign.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define SIGNATURE 64 /* bytes of an Ed25519 signature */

static char *taken(BIO *bio) {
  char *bytes;
  long len = BIO_get_mem_data(bio, &bytes);
  char *out = fq_strndup(bytes, (size_t)len);
  BIO_free(bio);
  return out;
}

/* NULL when the text holds no Ed25519 key. A private key has its public half in it. */
static EVP_PKEY *read_key(const char *pem, bool private) {
  static char none[] = ""; /* an encrypted key is no use to a server: nobody is asked for its password */
  BIO *bio = BIO_new_mem_buf(pem, -1);
  EVP_PKEY *key =
      private ? PEM_read_bio_PrivateKey(bio, NULL, NULL, none) : PEM_read_bio_PUBKEY(bio, NULL, NULL, none);
  BIO_free(bio);
  if (key && EVP_PKEY_get_id(key) == EVP_PKEY_ED25519) return key;
  EVP_PKEY_free(key);
  return NULL;
}

static EVP_PKEY *read_any(const char *pem) {
  EVP_PKEY *key = read_key(pem, false);
  return key ? key : read_key(pem, true);
}

static char *write_public(EVP_PKEY *key) {
  BIO *bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PUBKEY(bio, key);
  return taken(bio);
}

void fq_key_make(char **private_pem, char **public_pem) {
  EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
  if (!key) abort(); /* as with the other primitives: nothing sensible can follow */
  BIO *bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
  *private_pem = taken(bio);
  *public_pem = write_public(key);
  EVP_PKEY_free(key);
}

char *fq_key_public(const char *pem) {
  EVP_PKEY *key = read_any(pem);
  char *out = key ? write_public(key) : NULL;
  EVP_PKEY_free(key);
  return out;
}

bool fq_key_id(const char *pem, char hex[FQ_SHA256_HEX]) {
  EVP_PKEY *key = read_any(pem);
  uint8_t raw[32], sum[FQ_SHA256];
  size_t len = sizeof raw;
  bool ok = key && EVP_PKEY_get_raw_public_key(key, raw, &len) == 1;
  EVP_PKEY_free(key);
  if (!ok) return false;
  fq_sha256((struct fq_piece[]){{raw, len}, {0}}, sum);
  fq_hex(sum, sizeof sum, hex);
  return true;
}

char *fq_sign(const char *private_pem, const char *text) {
  EVP_PKEY *key = read_key(private_pem, true);
  EVP_MD_CTX *ctx = key ? EVP_MD_CTX_new() : NULL;
  uint8_t raw[SIGNATURE];
  size_t len = sizeof raw;
  char *out = NULL;
  if (ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1 &&
      EVP_DigestSign(ctx, raw, &len, (const uint8_t *)text, strlen(text)) == 1) {
    out = fq_alloc(SIGNATURE * 2);
    EVP_EncodeBlock((uint8_t *)out, raw, (int)len);
  }
  EVP_MD_CTX_free(ctx);
  EVP_PKEY_free(key);
  return out;
}

bool fq_signature_fits(const char *public_pem, const char *text, const char *base64) {
  uint8_t raw[SIGNATURE + 3];
  size_t len = strlen(base64);
  if (len != 88 || EVP_DecodeBlock(raw, (const uint8_t *)base64, (int)len) != SIGNATURE + 2) return false;
  EVP_PKEY *key = read_key(public_pem, false);
  EVP_MD_CTX *ctx = key ? EVP_MD_CTX_new() : NULL;
  bool fits = ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
              EVP_DigestVerify(ctx, raw, SIGNATURE, (const uint8_t *)text, strlen(text)) == 1;
  EVP_MD_CTX_free(ctx);
  EVP_PKEY_free(key);
  return fits;
}
