/* Random numbers: repeatable from --seed for what is decided, fresh for idempotency keys. Pure but for its
 * state. */
#include <math.h>
#include <string.h>
#include <sys/random.h>

#include "load.h"

static uint64_t state = 0x9e3779b97f4a7c15u, fresh;

/* splitmix64 */
static uint64_t next(uint64_t *s) {
  uint64_t z = (*s += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

void chance_seed(uint64_t seed) {
  if (getrandom(&fresh, sizeof fresh, 0) != sizeof fresh) fresh = (uint64_t)net_now_us();
  state = seed ? seed : next(&fresh);
}

double chance(void) {
  return (double)(next(&state) >> 11) / 9007199254740992.0;
}

int64_t chance_below(int64_t n) {
  return n > 0 ? (int64_t)(chance() * (double)n) : 0;
}

double chance_wait(double mean) {
  return -log(1 - chance()) * mean;
}

/* sigma 0.5: nine of ten between 0.44 and 2.3 times the median */
double chance_human(double median) {
  double u = 1 - chance(), v = chance();
  return median * exp(0.5 * sqrt(-2 * log(u)) * cos(2 * M_PI * v));
}

double chance_of(const char *key) {
  uint64_t h = 1469598103934665603u; /* FNV-1a, then mixed */
  for (; *key; key++)
    h = (h ^ (unsigned char)*key) * 1099511628211u;
  return (double)(next(&h) >> 11) / 9007199254740992.0;
}

void idem_new(char out[40]) {
  static const char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
  char time[16];
  int at = sizeof time;
  time[--at] = 0;
  for (int64_t ms = net_wall_ms(); ms > 0; ms /= 36)
    time[--at] = digits[ms % 36];
  snprintf(out, 40, "%s-%016llx", time + at, (unsigned long long)next(&fresh));
}
