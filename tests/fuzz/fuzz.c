/* See fuzz.h. */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

static int64_t number_from(const char *name, int64_t fallback) {
  const char *text = getenv(name);
  return text && *text ? strtoll(text, NULL, 10) : fallback;
}

static int64_t now_ms(void) {
  return fq_monotonic_us() / 1000;
}

void fuzz_begin(struct fuzz *f, const char *name, int64_t cases) {
  int64_t seconds = number_from("FQ_FUZZ_SECONDS", 0), one = number_from("FQ_FUZZ_CASE", -1);
  *f = (struct fuzz){.name = name, .seed = (uint64_t)number_from("FQ_FUZZ_SEED", 1), .cases = cases};
  f->number = one >= 0 ? one - 1 : -1;
  if (one >= 0)
    f->cases = one + 1;
  else if (seconds)
    f->until_ms = now_ms() + seconds * 1000;
}

/* splitmix64: each case starts from its own number, so that it can be had alone. */
uint64_t fuzz_u64(struct fuzz *f) {
  uint64_t z = f->state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

size_t fuzz_below(struct fuzz *f, size_t n) {
  return (size_t)(fuzz_u64(f) % n);
}

bool fuzz_chance(struct fuzz *f, int percent) {
  return fuzz_below(f, 100) < (size_t)percent;
}

bool fuzz_next(struct fuzz *f) {
  f->number++;
  f->state = f->seed * UINT64_C(0xd1342543de82ef95) + (uint64_t)f->number * UINT64_C(0x2545f4914f6cdd1d);
  return f->until_ms ? now_ms() < f->until_ms : f->number < f->cases;
}

static void note_path(const struct fuzz *f, char *out, size_t cap) {
  const char *dir = getenv("FQ_FUZZ_DIR");
  snprintf(out, cap, "%s/fuzz-%s.case", dir ? dir : ".", f->name);
}

void fuzz_note(const struct fuzz *f, const void *bytes, size_t len) {
  char path[512];
  note_path(f, path, sizeof path);
  FILE *out = fopen(path, "wb");
  if (!out) return;
  fprintf(out, "-- FQ_FUZZ_SEED=%llu FQ_FUZZ_CASE=%lld\n", (unsigned long long)f->seed, (long long)f->number);
  fwrite(bytes, 1, len, out);
  fclose(out);
}

void fuzz_end(struct fuzz *f) {
  char path[512];
  note_path(f, path, sizeof path);
  remove(path);
  printf("%s: %lld cases from seed %llu\n", f->name, (long long)f->number, (unsigned long long)f->seed);
}
