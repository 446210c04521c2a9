/* UTF-8: see utf8.h. */
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

size_t fq_utf8_step(const unsigned char *p, const unsigned char *end) {
  if (p >= end) return 0;
  if (p[0] < 0x80) return 1;
  size_t n = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
  if (p[0] < 0xC2 || p[0] > 0xF4 || (size_t)(end - p) < n) return 0;
  uint32_t v = p[0] & (0x7Fu >> n);
  for (size_t i = 1; i < n; i++) {
    if ((p[i] & 0xC0) != 0x80) return 0;
    v = v << 6 | (p[i] & 0x3F);
  }
  if ((n == 3 && v < 0x800) || (n == 4 && (v < 0x10000 || v > 0x10FFFF)) || (v >= 0xD800 && v < 0xE000))
    return 0;
  return n;
}

size_t fq_utf8_length(const char *s) {
  size_t n = 0;
  for (; *s; s++)
    n += ((unsigned char)*s & 0xC0) != 0x80;
  return n;
}

void fq_utf8_clean(char *s) {
  unsigned char *p = (unsigned char *)s, *end = p + strlen(s);
  while (p < end) {
    size_t n = fq_utf8_step(p, end);
    if (!n) *p = '?';
    if (*p < 32 || *p == 127) *p = ' ';
    p += n ? n : 1;
  }
}
