/* Digests, random bytes, password hashes and the county's seal: see crypto.h and, of section 10, fengqiao.h.
 */
#include "base/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void must(int ok) {
  if (ok != 1) abort(); /* a broken crypto library: nothing sensible can follow */
}

/* Fetching the digest costs more than hashing an entry: it is fetched once, and each thread keeps a context
 * until it ends. */
static EVP_MD *sha256;
static pthread_key_t context_key;
static pthread_once_t context_once = PTHREAD_ONCE_INIT;

static void free_context(void *ctx) {
  EVP_MD_CTX_free(ctx);
}

static void prepare_sha256(void) {
  sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
  must(sha256 && pthread_key_create(&context_key, free_context) == 0);
}

void fq_sha256(const struct fq_piece *pieces, uint8_t out[FQ_SHA256]) {
  static _Thread_local EVP_MD_CTX *ctx;
  if (!ctx) {
    pthread_once(&context_once, prepare_sha256);
    must((ctx = EVP_MD_CTX_new()) && pthread_setspecific(context_key, ctx) == 0);
  }
  must(EVP_DigestInit_ex2(ctx, sha256, NULL));
  for (; pieces->bytes; pieces++)
    must(EVP_DigestUpdate(ctx, pieces->bytes, pieces->len));
  must(EVP_DigestFinal_ex(ctx, out, NULL));
}

void fq_sha256_text(const char *s, uint8_t out[FQ_SHA256]) {
  fq_sha256((struct fq_piece[]){{s, strlen(s)}, {0}}, out);
}

void fq_hex(const uint8_t *bytes, size_t len, char *out) {
  static const char digits[] = "0123456789abcdef";
  for (size_t i = 0; i < len; i++) {
    out[2 * i] = digits[bytes[i] >> 4];
    out[2 * i + 1] = digits[bytes[i] & 15];
  }
  out[2 * len] = '\0';
}

static bool unhex(const char *s, uint8_t *out, size_t len) {
  for (size_t i = 0; i < len; i++) {
    unsigned v;
    if (sscanf(s + 2 * i, "%2x", &v) != 1) return false;
    out[i] = (uint8_t)v;
  }
  return s[2 * len] == '\0' || s[2 * len] == '$';
}

bool fq_sha256_file(const char *path, char hex[FQ_SHA256_HEX]) {
  FILE *f = fopen(path, "rb");
  if (!f) return false;
  EVP_MD_CTX *ctx = EVP_MD_CTX_new();
  uint8_t chunk[65536], out[FQ_SHA256];
  size_t n;
  must(EVP_DigestInit_ex(ctx, EVP_sha256(), NULL));
  while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
    must(EVP_DigestUpdate(ctx, chunk, n));
  bool ok = !ferror(f);
  must(EVP_DigestFinal_ex(ctx, out, NULL));
  EVP_MD_CTX_free(ctx);
  fclose(f);
  fq_hex(out, sizeof out, hex);
  return ok;
}

void fq_random(void *out, size_t len) {
  must(RAND_bytes(out, (int)len));
}

static char *base64url(const uint8_t *bytes, size_t len) {
  char *out = fq_alloc((len + 2) / 3 * 4 + 1);
  EVP_EncodeBlock((unsigned char *)out, bytes, (int)len);
  for (char *p = out; *p; p++) {
    if (*p == '+')
      *p = '-';
    else if (*p == '/')
      *p = '_';
    else if (*p == '=')
      *p = '\0';
  }
  return out;
}

static uint8_t *unbase64url(const char *s, size_t *len) {
  size_t n = strlen(s), padded = (n + 3) / 4 * 4;
  char *text = fq_alloc(padded + 1);
  for (size_t i = 0; i < padded; i++)
    text[i] = i >= n ? '=' : s[i] == '-' ? '+' : s[i] == '_' ? '/' : s[i];
  uint8_t *out = fq_alloc(padded + 1);
  int got = EVP_DecodeBlock(out, (unsigned char *)text, (int)padded);
  free(text);
  if (got < 0) {
    free(out);
    return NULL;
  }
  *len = (size_t)got - (padded - n);
  return out;
}

void fq_random_token(char *out, size_t bytes) {
  uint8_t raw[64];
  if (bytes > sizeof raw) bytes = sizeof raw;
  fq_random(raw, bytes);
  char *text = base64url(raw, bytes);
  memcpy(out, text, strlen(text) + 1);
  OPENSSL_cleanse(raw, sizeof raw);
  free(text);
}

/* 64 letters: six bits of a random byte are one of them, none more often than another. */
void fq_random_text(char *out, size_t characters) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  fq_random(out, characters);
  for (size_t i = 0; i < characters; i++)
    out[i] = letters[(unsigned char)out[i] & 63];
  out[characters] = '\0';
}

void fq_hmac_sha1(const char *key, const char *text, char out[29]) {
  uint8_t mac[20];
  unsigned len = sizeof mac;
  must(HMAC(EVP_sha1(), key, (int)strlen(key), (const uint8_t *)text, strlen(text), mac, &len) != NULL);
  EVP_EncodeBlock((unsigned char *)out, mac, sizeof mac);
}

#define SCRYPT_R 8
#define SCRYPT_P 1

static bool scrypt(const char *password, const uint8_t salt[16], int log2_n, int r, int p, uint8_t out[32]) {
  if (log2_n < 1 || log2_n > 20 || r < 1 || r > 32 || p < 1 || p > 16) return false;
  uint64_t n = 1ull << log2_n;
  return EVP_PBE_scrypt(password, strlen(password), salt, 16, n, (uint64_t)r, (uint64_t)p, 1ull << 30, out,
                        32) == 1;
}

char *fq_password_hash(const char *password, int log2_n) {
  uint8_t salt[16], hash[32];
  char salt_hex[33], hash_hex[65];
  fq_random(salt, sizeof salt);
  if (!scrypt(password, salt, log2_n, SCRYPT_R, SCRYPT_P, hash)) abort();
  fq_hex(salt, sizeof salt, salt_hex);
  fq_hex(hash, sizeof hash, hash_hex);
  return fq_printf("scrypt$%d$%d$%d$%s$%s", log2_n, SCRYPT_R, SCRYPT_P, salt_hex, hash_hex);
}

bool fq_password_verify(const char *password, const char *text) {
  int n, r, p, at = 0;
  uint8_t salt[16], want[32], got[32];
  if (!text || sscanf(text, "scrypt$%d$%d$%d$%n", &n, &r, &p, &at) != 3 || !at) return false;
  if (strlen(text + at) != 32 + 1 + 64 || !unhex(text + at, salt, 16) || !unhex(text + at + 33, want, 32))
    return false;
  return scrypt(password, salt, n, r, p, got) && CRYPTO_memcmp(want, got, 32) == 0;
}

#define NONCE 12
#define TAG   16

char *fq_seal(const uint8_t key[32], const char *plain) {
  size_t len = strlen(plain);
  uint8_t *box = fq_alloc(NONCE + len + TAG);
  int n = 0, rest = 0;
  EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
  fq_random(box, NONCE);
  must(EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, box));
  must(EVP_EncryptUpdate(ctx, box + NONCE, &n, (const uint8_t *)plain, (int)len));
  must(EVP_EncryptFinal_ex(ctx, box + NONCE + n, &rest));
  must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG, box + NONCE + len));
  EVP_CIPHER_CTX_free(ctx);
  char *text = base64url(box, NONCE + len + TAG), *out = fq_printf("v1.%s", text);
  free(text);
  free(box);
  return out;
}

char *fq_unseal(const uint8_t key[32], const char *sealed) {
  size_t len = 0;
  if (!sealed || strncmp(sealed, "v1.", 3)) return NULL;
  uint8_t *box = unbase64url(sealed + 3, &len);
  if (!box) return NULL;
  char *out = NULL;
  if (len >= NONCE + TAG) {
    int n = 0, rest = 0;
    size_t plain = len - NONCE - TAG;
    out = fq_alloc(plain + 1);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    must(EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, box));
    must(EVP_DecryptUpdate(ctx, (uint8_t *)out, &n, box + NONCE, (int)plain));
    must(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG, box + NONCE + plain));
    if (EVP_DecryptFinal_ex(ctx, (uint8_t *)out + n, &rest) != 1) {
      free(out);
      out = NULL;
    }
    EVP_CIPHER_CTX_free(ctx);
  }
  free(box);
  return out;
}
