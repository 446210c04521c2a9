/* Time-based one-time passwords: see totp.h. */
#include "base/totp.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#include "base/crypto.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

void fq_totp_secret(char out[FQ_TOTP_SECRET]) {
  uint8_t bytes[20];
  fq_random(bytes, sizeof bytes);
  uint32_t bits = 0;
  int held = 0;
  size_t n = 0;
  for (size_t i = 0; i < sizeof bytes; i++) {
    bits = bits << 8 | bytes[i];
    for (held += 8; held >= 5; held -= 5)
      out[n++] = alphabet[bits >> (held - 5) & 31];
  }
  out[n] = '\0';
}

/* Exactly 160 bits: what fq_totp_secret() gives. Small letters and blanks, as people copy it, are fine. */
static bool bytes_of(const char *secret, uint8_t out[20]) {
  uint32_t bits = 0;
  int held = 0;
  size_t n = 0;
  for (; *secret; secret++) {
    if (*secret == ' ') continue;
    const char *at = memchr(alphabet, *secret >= 'a' && *secret <= 'z' ? *secret - 32 : *secret, 32);
    if (!at) return false;
    bits = bits << 5 | (uint32_t)(at - alphabet);
    if ((held += 5) < 8) continue;
    if (n == 20) return false;
    out[n++] = (uint8_t)(bits >> (held -= 8));
  }
  return n == 20 && !held;
}

bool fq_totp_code(const char *secret, int64_t step, char out[7]) {
  uint8_t key[20], counter[8], mac[20];
  unsigned len = sizeof mac;
  if (!bytes_of(secret, key)) return false;
  for (int i = 0; i < 8; i++)
    counter[i] = (uint8_t)((uint64_t)step >> (56 - 8 * i));
  if (!HMAC(EVP_sha1(), key, sizeof key, counter, sizeof counter, mac, &len)) return false;
  const uint8_t *at = mac + (mac[19] & 15); /* dynamic truncation: RFC 4226, 5.3 */
  uint32_t n = (uint32_t)(at[0] & 0x7f) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
  snprintf(out, 7, "%06u", n % 1000000);
  return true;
}

bool fq_totp_fits(const char *secret, const char *code, int64_t now_ms, int64_t after, int64_t *step) {
  char given[7], right[7];
  size_t n = 0;
  for (; *code; code++) {
    if (*code == ' ') continue;
    if (*code < '0' || *code > '9' || n == 6) return false;
    given[n++] = *code;
  }
  given[n] = '\0';
  if (n != 6) return false;
  int64_t now = now_ms / FQ_TOTP_STEP_MS;
  for (int64_t s = now - FQ_TOTP_DRIFT; s <= now + FQ_TOTP_DRIFT; s++) {
    if (s <= after || !fq_totp_code(secret, s, right) || CRYPTO_memcmp(given, right, 6)) continue;
    *step = s;
    return true;
  }
  return false;
}
