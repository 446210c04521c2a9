/*
 * The wall clock, or a fake one. Everything that asks for the time asks here, so tests own it. Any thread.
 */
#ifndef FQ_BASE_CLOCK_H
#define FQ_BASE_CLOCK_H

#include <stdint.h>

struct fq_clock {
  int64_t fake_ms; /* 0: the real clock */
};
int64_t fq_clock_ms(const struct fq_clock *c); /* UTC */
int64_t fq_monotonic_us(void);                 /* for measuring, never for deciding */
int64_t fq_thread_cpu_us(void);

#endif
