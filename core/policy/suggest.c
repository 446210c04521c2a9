/*
 * Edit distance with swapped neighbours (optimal string alignment): the slips of a keyboard. Any thread.
 */
#include "policy/suggest.h"

#include <limits.h>
#include <string.h>

#define LONGEST 63

static unsigned least(unsigned a, unsigned b) {
  return a < b ? a : b;
}

static unsigned distance(const char *a, size_t n, const char *b, size_t m) {
  unsigned rows[3][LONGEST + 1];
  for (size_t j = 0; j <= m; j++)
    rows[0][j] = (unsigned)j;
  for (size_t i = 1; i <= n; i++) {
    unsigned *now = rows[i % 3], *up = rows[(i + 2) % 3], *upper = rows[(i + 1) % 3];
    now[0] = (unsigned)i;
    for (size_t j = 1; j <= m; j++) {
      now[j] = least(least(up[j] + 1, now[j - 1] + 1), up[j - 1] + (a[i - 1] != b[j - 1]));
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        now[j] = least(now[j], upper[j - 2] + 1);
    }
  }
  return rows[n % 3][m];
}

void fq_suggest_start(struct fq_suggest *s, const char *word) {
  *s = (struct fq_suggest){.word = word, .distance = UINT_MAX};
}

void fq_suggest_try(struct fq_suggest *s, const char *candidate) {
  size_t n = strlen(s->word), m = strlen(candidate);
  if (!n || !m || n > LONGEST || m > LONGEST) return;
  unsigned d = distance(s->word, n, candidate, m);
  if (d > s->distance || (d == s->distance && strcmp(candidate, s->best) >= 0))
    return; /* same answer in any order */
  s->distance = d;
  memcpy(s->best, candidate, m + 1);
}

const char *fq_suggest_best(const struct fq_suggest *s) {
  size_t n = strlen(s->word);
  unsigned near = n < 4 ? 1 : n < 8 ? 2 : (unsigned)(n / 3);
  return s->best[0] && s->distance <= near ? s->best : NULL;
}
