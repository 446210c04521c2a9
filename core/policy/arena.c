/*
 * The arena: see arena.h. Blocks are rounded up to a size class and reused through one list a class; there
 * are no headers, because Lua always tells the size of what it gives back. Any one thread at a time.
 */
#include "policy/arena.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include "base/mem.h"

#define FINE       1024       /* up to here classes are 16 bytes apart */
#define KEEP_BYTES (1u << 20) /* a decision that touched more gives its pages back: one in thousands does */

/* Classes 0..63: 16, 32 .. 1024. Above: four to each doubling, so at most a fifth of a block is waste. */
static unsigned class_of(size_t size, size_t *rounded) {
  if (size <= FINE) {
    unsigned c = (unsigned)((size + 15) / 16);
    *rounded = (size_t)c * 16;
    return c - 1;
  }
  unsigned log2 = 63 - (unsigned)__builtin_clzll(size - 1);
  size_t step = (size_t)1 << (log2 - 2);
  unsigned quarter = (unsigned)((size - 1 - ((size_t)1 << log2)) / step);
  *rounded = ((size_t)1 << log2) + (quarter + 1) * step;
  return 64 + (log2 - 10) * 4 + quarter;
}

void fq_arena_open(struct fq_arena *a, size_t cap_bytes) {
  *a = (struct fq_arena){.cap = cap_bytes};
  a->base = mmap(NULL, cap_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (a->base == MAP_FAILED) a->base = fq_alloc(SIZE_MAX / 4); /* ends the process with its message */
}

void fq_arena_close(struct fq_arena *a) {
  if (a->base) munmap(a->base, a->cap);
  a->base = NULL;
}

static void touch(struct fq_arena *a) {
  if (a->book.top > a->touched) a->touched = a->book.top;
}

static void trim(struct fq_arena *a) {
  touch(a);
  if (a->touched > KEEP_BYTES) {
    madvise(a->base + KEEP_BYTES, a->cap - KEEP_BYTES, MADV_DONTNEED);
    a->touched = KEEP_BYTES;
  }
}

void fq_arena_reset(struct fq_arena *a) {
  trim(a);
  memset(&a->book, 0, sizeof a->book);
}

static void give(struct fq_arena *a, void *p, unsigned c) {
  memcpy(p, &a->book.free[c], sizeof(void *));
  a->book.free[c] = p;
}

static void *take(struct fq_arena *a, unsigned c) {
  void *p = a->book.free[c];
  if (p) memcpy(&a->book.free[c], p, sizeof(void *));
  return p;
}

/* The largest class whose blocks fit into `size` bytes. */
static unsigned class_within(size_t size, size_t *rounded) {
  size_t r;
  unsigned c = class_of(size, &r);
  while (r > size) {
    c--;
    r = c < 64 ? (size_t)(c + 1) * 16 : ((size_t)1 << ((c - 64) / 4 + 10)) / 4 * ((c - 64) % 4 + 5);
  }
  *rounded = r;
  return c;
}

/* The top is reached: cut a block out of a larger free one. */
static void *split(struct fq_arena *a, unsigned c, size_t size) {
  for (unsigned big = c + 1; big < FQ_ARENA_CLASSES; big++) {
    char *p = take(a, big);
    if (!p) continue;
    size_t whole =
        big < 64 ? (size_t)(big + 1) * 16 : ((size_t)1 << ((big - 64) / 4 + 10)) / 4 * ((big - 64) % 4 + 5);
    for (size_t at = size; whole - at >= 16;) {
      size_t part;
      unsigned pc = class_within(whole - at, &part);
      give(a, p + at, pc);
      at += part;
    }
    return p;
  }
  return NULL;
}

void *fq_arena_alloc(struct fq_arena *a, void *p, size_t osize, size_t nsize) {
  size_t had = 0, need = 0;
  unsigned from = 0, to = 0;
  if (p) from = class_of(osize ? osize : 1, &had);
  if (nsize == 0) {
    if (!p) return NULL;
    a->book.used -= had;
    if ((char *)p + had == a->base + a->book.top) {
      touch(a);
      a->book.top -= had;
    } else {
      give(a, p, from);
    }
    return NULL;
  }
  if (nsize > FQ_ARENA_BLOCK_MAX) return p && nsize <= had ? p : NULL;
  to = class_of(nsize, &need);
  if (p && from == to) return p;
  if (p && (char *)p + had == a->base + a->book.top && a->book.top - had + need <= a->cap) {
    touch(a);
    a->book.top = a->book.top - had + need; /* the last block grows and shrinks in place */
    a->book.used = a->book.used - had + need;
    return p;
  }
  char *fresh = take(a, to);
  if (!fresh && a->book.top + need <= a->cap) {
    fresh = a->base + a->book.top;
    a->book.top += need;
  }
  if (!fresh) fresh = split(a, to, need);
  if (!fresh) return p && nsize <= osize ? p : NULL;
  a->book.used += need;
  if (p) {
    memcpy(fresh, p, osize < nsize ? osize : nsize);
    a->book.used -= had;
    give(a, p, from);
  }
  return fresh;
}

struct fq_arena_image *fq_arena_save(const struct fq_arena *a) {
  struct fq_arena_image *image = fq_alloc(sizeof *image + a->book.top);
  image->book = a->book;
  memcpy(image->bytes, a->base, a->book.top);
  return image;
}

void fq_arena_restore(struct fq_arena *a, const struct fq_arena_image *image) {
  trim(a);
  a->book = image->book;
  memcpy(a->base, image->bytes, image->book.top);
}
