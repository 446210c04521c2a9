/* The wall clock, or a fake one: see clock.h. */
#include "base/clock.h"

#include <time.h>

static int64_t read_us(clockid_t id) {
  struct timespec ts;
  clock_gettime(id, &ts);
  return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t fq_clock_ms(const struct fq_clock *c) {
  return c->fake_ms ? c->fake_ms : read_us(CLOCK_REALTIME) / 1000;
}
int64_t fq_monotonic_us(void) {
  return read_us(CLOCK_MONOTONIC);
}
int64_t fq_thread_cpu_us(void) {
  return read_us(CLOCK_THREAD_CPUTIME_ID);
}
