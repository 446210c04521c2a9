/*
 * The memory one Lua state lives in: a fixed stretch of address space, handed out by size class and thrown
 * away by setting `top` back. Knows nothing of Lua. The thread that owns the host.
 */
#ifndef FQ_POLICY_ARENA_H
#define FQ_POLICY_ARENA_H

#include <stdbool.h>
#include <stddef.h>

#define FQ_ARENA_BYTES (8u << 20) /* what one decision may hold: design.md */
#define FQ_ARENA_BLOCK_MAX                                                                                   \
  (2u << 20) /* no single block larger: bounds the memcpy between two looks at the clock */
#define FQ_ARENA_CLASSES 128

/* The bookkeeping is a plain value: together with the bytes below `top` it is the whole state of the arena,
 * so a copy of both is a snapshot that can be put back at the same address. */
struct fq_arena_book {
  size_t top;  /* bytes ever handed out */
  size_t used; /* bytes in live blocks */
  void *free[FQ_ARENA_CLASSES];
};
struct fq_arena {
  char *base;
  size_t cap;
  size_t touched; /* highest `top` since the pages were last given back */
  struct fq_arena_book book;
};

void fq_arena_open(struct fq_arena *a, size_t cap_bytes);
void fq_arena_close(struct fq_arena *a);
void fq_arena_reset(struct fq_arena *a);
/* malloc, realloc and free in one, as Lua wants it: nsize 0 frees; shrinking never fails; NULL when full. */
void *fq_arena_alloc(struct fq_arena *a, void *p, size_t osize, size_t nsize);

/* An image: everything the arena held at a moment, to be put back at the same address any number of times. */
struct fq_arena_image {
  struct fq_arena_book book;
  char bytes[];
};
struct fq_arena_image *fq_arena_save(const struct fq_arena *a); /* free() it */
void fq_arena_restore(struct fq_arena *a, const struct fq_arena_image *image);

#endif
