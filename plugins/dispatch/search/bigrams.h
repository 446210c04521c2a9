/*
 * bigrams.h - text as the server compares and finds it. Chinese has no spaces, so a run of Chinese characters
 * is taken as its pairs (污水横流: 污水 水横 横流); Latin words and numbers stay whole. Case and width are
 * folded one character to one character, so a place in the folded text is a place in the text. Pure; any
 * thread.
 */
#ifndef FQ_PLUGIN_DISPATCH_BIGRAMS_H
#define FQ_PLUGIN_DISPATCH_BIGRAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
  DP_POINTS_MAX = 4600, /* a report's title, text and address; what is longer is cut */
  DP_TOKEN_MAX = 168,   /* bytes of a token: 40 characters, the NUL and some */
  DP_PREFIX_MIN = 3,    /* so many letters find every word that begins with them; fewer, that word alone */
  DP_BAG_MAX = 512      /* distinct tokens of a text as it is compared */
};

/* The folded characters of a UTF-8 text; bytes that are no UTF-8 count as a space. How many there are. */
size_t dp_fold(const char *text, uint32_t *out, size_t cap);

/* Walks over folded characters, token by token. */
struct dp_tokens {
  const uint32_t *points;
  size_t count, at;
  size_t length; /* of a word, in characters */
  bool ends;     /* set before the first: the last character of a run is a token too (an index wants it) */
  char text[DP_TOKEN_MAX];
  enum { DP_WORD, DP_PAIR, DP_SINGLE } kind; /* a whole word or number, two Chinese characters, one */
};
bool dp_token_next(struct dp_tokens *t);

bool dp_point_letter(uint32_t c); /* of words that are written with spaces between them; digits too */
bool dp_point_counts(uint32_t c); /* a letter, digit or Chinese character; not a space or punctuation */

/* What a text has, as a set: for comparing two. */
struct dp_bag {
  size_t count;
  uint32_t tokens[DP_BAG_MAX]; /* hashes, rising */
};
void dp_bag_of(const char *title, const char *text, struct dp_bag *out);
double dp_bag_likeness(const struct dp_bag *a,
                       const struct dp_bag *b); /* Dice: 0 nothing in common, 1 the same */

/* Where `needle` stands in `text` at or after `from`, or `count` when nowhere. */
size_t dp_points_find(const uint32_t *text, size_t count, const uint32_t *needle, size_t length, size_t from);
/* `count` characters of the text from the `from`th on, as UTF-8; fewer when `cap` bytes hold no more. */
void dp_points_slice(const char *text, size_t from, size_t count, char *out, size_t cap);

#endif
