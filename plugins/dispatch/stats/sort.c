/*
 * sort.c - durations in order, and percentiles of them. A radix sort: its time depends on how many values
 * there are and on how long the longest is, never on how they lie, so that no county's data makes a query
 * slow. Any thread.
 */
#include <math.h>
#include <string.h>

#include "stats/stats.h"

enum { BITS = 11, BUCKETS = 1 << BITS, FEW = 64 };

static void insertion(int64_t *v, size_t n) {
  for (size_t i = 1; i < n; i++) {
    int64_t x = v[i];
    size_t j = i;
    for (; j && v[j - 1] > x; j--)
      v[j] = v[j - 1];
    v[j] = x;
  }
}

/* Values are not negative. */
void st_sort(int64_t *values, int64_t *spare, size_t count) {
  if (count <= FEW) {
    insertion(values, count);
    return;
  }
  uint64_t any = 0;
  for (size_t i = 0; i < count; i++)
    any |= (uint64_t)values[i];
  int64_t *from = values, *to = spare;
  for (int shift = 0; shift < 64 && any >> shift; shift += BITS) {
    size_t start[BUCKETS] = {0}, sum = 0;
    for (size_t i = 0; i < count; i++)
      start[(uint64_t)from[i] >> shift & (BUCKETS - 1)]++;
    for (int b = 0; b < BUCKETS; b++) {
      size_t here = start[b];
      start[b] = sum;
      sum += here;
    }
    for (size_t i = 0; i < count; i++)
      to[start[(uint64_t)from[i] >> shift & (BUCKETS - 1)]++] = from[i];
    int64_t *other = from;
    from = to;
    to = other;
  }
  if (from != values) memcpy(values, from, count * sizeof *values);
}

int64_t st_percentile(const int64_t *sorted, size_t count, double p) {
  /* A hair less, or 95 % of 100 values would be the 96th where the product is rounded up. */
  double rank = ceil(p / 100 * (double)count - 1e-9);
  size_t at = rank < 1 ? 1 : (size_t)rank;
  return sorted[(at > count ? count : at) - 1];
}
