/*
 * hist.h - latencies in a histogram with logarithmic buckets, as HdrHistogram has them: constant memory,
 * constant time, values kept to better than 1 %. Pure.
 */
#ifndef FQ_LOAD_HIST_H
#define FQ_LOAD_HIST_H

#include <stdint.h>

#include "fengqiao.h"

enum {
  HIST_SUB = 128, /* buckets per doubling: the error stays below 1/128 */
  HIST_COUNT = 35 * HIST_SUB,
};

struct hist {
  int64_t count, max_us;
  double sum_us;
  int64_t bucket[HIST_COUNT];
};

void hist_add(struct hist *h, int64_t us);
int64_t hist_at(const struct hist *h,
                double part); /* 0.99: the value that 99 % do not exceed; 0 when empty */
/* {count, mean_ms, p50_ms, p90_ms, p99_ms, p999_ms, max_ms} */
fq_json *hist_json(const struct hist *h);

#endif
