/* See hist.h. */
#include "hist.h"

#include <math.h>

/* Below 128 each value has its bucket; above, the top eight bits choose it. */
static int index_of(int64_t us) {
  if (us < HIST_SUB) return us < 0 ? 0 : (int)us;
  int shift = 63 - __builtin_clzll((unsigned long long)us) - 7;
  int i = (shift + 1) * HIST_SUB + (int)(us >> shift) - HIST_SUB;
  return i < HIST_COUNT ? i : HIST_COUNT - 1;
}

static int64_t highest_of(int i) {
  if (i < HIST_SUB) return i;
  int shift = i / HIST_SUB - 1;
  return ((int64_t)(i % HIST_SUB + HIST_SUB + 1) << shift) - 1;
}

void hist_add(struct hist *h, int64_t us) {
  if (us < 0) us = 0;
  h->bucket[index_of(us)]++;
  h->count++;
  h->sum_us += (double)us;
  if (us > h->max_us) h->max_us = us;
}

int64_t hist_at(const struct hist *h, double part) {
  int64_t rank = (int64_t)ceil(part * (double)h->count), seen = 0;
  if (rank < 1) rank = 1;
  for (int i = 0; i < HIST_COUNT && h->count; i++) {
    seen += h->bucket[i];
    if (seen >= rank) return highest_of(i) < h->max_us ? highest_of(i) : h->max_us;
  }
  return 0;
}

static void set_ms(fq_json *j, const char *name, double us) {
  fq_json_set_num(j, name, round(us) / 1000);
}

fq_json *hist_json(const struct hist *h) {
  fq_json *j = fq_json_object();
  fq_json_set_int(j, "count", h->count);
  set_ms(j, "mean_ms", h->count ? h->sum_us / (double)h->count : 0);
  set_ms(j, "p50_ms", (double)hist_at(h, 0.5));
  set_ms(j, "p90_ms", (double)hist_at(h, 0.9));
  set_ms(j, "p99_ms", (double)hist_at(h, 0.99));
  set_ms(j, "p999_ms", (double)hist_at(h, 0.999));
  set_ms(j, "max_ms", (double)h->max_us);
  return j;
}
