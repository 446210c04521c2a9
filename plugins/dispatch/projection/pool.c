/*
 * pool.c - how long something takes, as it was seen, without a curve fitted to it. An order that lapsed after
 * ten minutes does not say how long its officer would have taken, only that it is more than ten minutes: so
 * the shares are Kaplan and Meier's. What was never seen to end is not made up: it does not.
 */
#include <stdlib.h>

#include "projection/projection.h"

static int by_time(const void *a, const void *b) {
  const struct pj_seen *x = a, *y = b;
  if (x->ms != y->ms) return x->ms < y->ms ? -1 : 1;
  return (int)y->ended - (int)x->ended; /* who answered at the last moment was still asked */
}

void pj_pool_make(struct pj_pool *p, struct pj_seen *seen, size_t count, int64_t long_ms) {
  double waiting = 1;
  qsort(seen, count, sizeof *seen, by_time);
  *p = (struct pj_pool){.seen = (int64_t)count};
  p->ms = calloc(count ? count : 1, sizeof *p->ms);
  p->share = calloc(count ? count : 1, sizeof *p->share);
  for (size_t i = 0; i < count;) {
    size_t at_risk = count - i, ended = 0;
    int64_t ms = seen[i].ms;
    for (; i < count && seen[i].ms == ms; i++)
      ended += seen[i].ended, p->long_waits += !seen[i].ended && ms >= long_ms;
    if (!ended) continue;
    waiting *= 1 - (double)ended / (double)at_risk;
    p->ended += (int64_t)ended;
    p->ms[p->count] = ms;
    p->share[p->count++] = 1 - waiting;
  }
}

void pj_pool_free(struct pj_pool *p) {
  free(p->ms);
  free(p->share);
}

int64_t pj_pool_at(const struct pj_pool *p, double u) {
  size_t low = 0, high = p->count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (p->share[middle] > u)
      high = middle;
    else
      low = middle + 1;
  }
  return low < p->count ? p->ms[low] : -1;
}
