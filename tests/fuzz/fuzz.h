/*
 * What the fuzzers share: a random number generator of their own (the same seed gives the same cases on every
 * machine), how long to go on, and a note of the case in progress, so that a crash leaves its cause behind.
 *
 *     FQ_FUZZ_SECONDS=1800   go on that long; without it a fixed number of cases, for `make check`
 *     FQ_FUZZ_SEED=7         where to begin
 *     FQ_FUZZ_CASE=1234      this one case alone, to look at it
 *     FQ_FUZZ_DIR=DIR        where the case in progress is written; the working directory
 */
#ifndef FQ_FUZZ_H
#define FQ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fuzz {
  const char *name;
  uint64_t seed, state;
  int64_t number, cases, until_ms; /* the case in progress; how many; or until when */
};

void fuzz_begin(struct fuzz *f, const char *name, int64_t cases);
bool fuzz_next(struct fuzz *f); /* false: done */
/* Writes the case in progress; it stays behind when the process dies. */
void fuzz_note(const struct fuzz *f, const void *bytes, size_t len);
void fuzz_end(struct fuzz *f); /* removes the note, says how many there were */

uint64_t fuzz_u64(struct fuzz *f);
size_t fuzz_below(struct fuzz *f, size_t n); /* 0 .. n-1; n > 0 */
bool fuzz_chance(struct fuzz *f, int percent);

#endif
