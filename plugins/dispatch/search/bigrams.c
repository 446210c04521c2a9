/* Text as pairs of Chinese characters and whole words: see bigrams.h. */
#include "search/bigrams.h"

#include <stdlib.h>
#include <string.h>

/* One character at p, and its length; a byte that begins none is taken alone, as a space. */
static size_t decode(const unsigned char *p, uint32_t *out) {
  uint32_t c = *p;
  size_t more = c < 0x80                ? 0
                : c >= 0xF0 && c < 0xF5 ? 3
                : c >= 0xE0 && c < 0xF0 ? 2
                : c >= 0xC2 && c < 0xE0 ? 1
                                        : 9;
  *out = ' ';
  if (more == 9) return 1;
  if (more) c &= 0x3Fu >> more;
  for (size_t i = 1; i <= more; i++) {
    if ((p[i] & 0xC0) != 0x80) return 1; /* the final NUL stops here too */
    c = c << 6 | (p[i] & 0x3Fu);
  }
  *out = c;
  return more + 1;
}

static uint32_t fold(uint32_t c) {
  if (c >= 0xFF01 && c <= 0xFF5E) c -= 0xFEE0; /* full width */
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c < 0x20 ? ' ' : c;
  if (c == 0x3000) return ' ';
  bool capital =
      (c >= 0xC0 && c <= 0xDE && c != 0xD7) || (c >= 0x391 && c <= 0x3A9) || (c >= 0x410 && c <= 0x42F);
  return capital ? c + 32 : c;
}

size_t dp_fold(const char *text, uint32_t *out, size_t cap) {
  size_t n = 0;
  const unsigned char *p = (const unsigned char *)(text ? text : "");
  while (*p && n < cap) {
    uint32_t c;
    p += decode(p, &c);
    out[n++] = fold(c);
  }
  return n;
}

/* Written without spaces: Han, kana, hangul. */
static bool han(uint32_t c) {
  return (c >= 0x3400 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x20000 && c <= 0x3FFFF) ||
         c == 0x3007 || (c >= 0x3041 && c <= 0x30FF) || (c >= 0xAC00 && c <= 0xD7A3);
}

bool dp_point_letter(uint32_t c) {
  if (c < 0x80) return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
  return c >= 0xC0 && c <= 0x1FFF && c != 0xD7 && c != 0xF7;
}

bool dp_point_counts(uint32_t c) {
  return dp_point_letter(c) || han(c);
}

static size_t encode(uint32_t c, char *out) {
  if (c < 0x80) return out[0] = (char)c, 1;
  if (c < 0x800) return out[0] = (char)(0xC0 | c >> 6), out[1] = (char)(0x80 | (c & 63)), 2;
  if (c < 0x10000)
    return out[0] = (char)(0xE0 | c >> 12), out[1] = (char)(0x80 | (c >> 6 & 63)),
           out[2] = (char)(0x80 | (c & 63)), 3;
  out[0] = (char)(0xF0 | c >> 18);
  out[1] = (char)(0x80 | (c >> 12 & 63));
  out[2] = (char)(0x80 | (c >> 6 & 63));
  out[3] = (char)(0x80 | (c & 63));
  return 4;
}

#define WORD_MAX 40 /* characters of a word that count */

static void word(struct dp_tokens *t) {
  size_t bytes = 0, count = 0;
  for (; t->at < t->count && dp_point_letter(t->points[t->at]); t->at++)
    if (count++ < WORD_MAX) bytes += encode(t->points[t->at], t->text + bytes);
  t->text[bytes] = '\0';
  t->kind = DP_WORD;
  t->length = count;
}

bool dp_token_next(struct dp_tokens *t) {
  for (; t->at < t->count; t->at++) {
    uint32_t c = t->points[t->at];
    if (dp_point_letter(c)) return word(t), true;
    if (!han(c)) continue;
    size_t bytes = encode(c, t->text);
    bool first = t->at == 0 || !han(t->points[t->at - 1]),
         last = t->at + 1 == t->count || !han(t->points[t->at + 1]);
    t->at++;
    if (last && !first && !t->ends) continue; /* it was the second of a pair */
    t->kind = last ? DP_SINGLE : DP_PAIR;
    if (!last) bytes += encode(t->points[t->at], t->text + bytes);
    t->text[bytes] = '\0';
    return true;
  }
  return false;
}

static int rising(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

static void bag_add(struct dp_bag *b, const char *text) {
  uint32_t points[DP_POINTS_MAX];
  struct dp_tokens t = {.points = points, .count = dp_fold(text, points, DP_POINTS_MAX)};
  while (b->count < DP_BAG_MAX && dp_token_next(&t)) {
    uint32_t h = 2166136261u; /* FNV-1a */
    for (const char *p = t.text; *p; p++)
      h = (h ^ (unsigned char)*p) * 16777619u;
    b->tokens[b->count++] = h;
  }
}

void dp_bag_of(const char *title, const char *text, struct dp_bag *out) {
  out->count = 0;
  bag_add(out, title);
  bag_add(out, text);
  qsort(out->tokens, out->count, sizeof *out->tokens, rising);
  size_t n = 0;
  for (size_t i = 0; i < out->count; i++)
    if (!n || out->tokens[n - 1] != out->tokens[i]) out->tokens[n++] = out->tokens[i];
  out->count = n;
}

double dp_bag_likeness(const struct dp_bag *a, const struct dp_bag *b) {
  size_t both = 0;
  for (size_t i = 0, j = 0; i < a->count && j < b->count;) {
    if (a->tokens[i] == b->tokens[j])
      both++, i++, j++;
    else if (a->tokens[i] < b->tokens[j])
      i++;
    else
      j++;
  }
  return a->count + b->count ? 2.0 * (double)both / (double)(a->count + b->count) : 0;
}

size_t dp_points_find(const uint32_t *text, size_t count, const uint32_t *needle, size_t length,
                      size_t from) {
  if (length)
    for (size_t i = from; i + length <= count; i++)
      if (text[i] == *needle && !memcmp(text + i, needle, length * sizeof *needle)) return i;
  return count;
}

void dp_points_slice(const char *text, size_t from, size_t count, char *out, size_t cap) {
  const unsigned char *p = (const unsigned char *)(text ? text : "");
  size_t bytes = 0;
  for (size_t k = 0; *p && k < from + count; k++) {
    uint32_t c;
    size_t n = decode(p, &c);
    if (k >= from && bytes + n < cap) {
      memcpy(out + bytes, p, n);
      bytes += n;
    }
    p += n;
  }
  out[bytes] = '\0';
}
