/*
 * A stretch of the past, to be lived again: see project.c. What came from outside is taken from the county's
 * journal once (stretch.c); a world is a kernel that lives through it (world.c). One thread.
 */
#ifndef FQ_WORKSHOP_STRETCH_H
#define FQ_WORKSHOP_STRETCH_H

#include "base/map.h"
#include "workshop/run.h"

enum fq_outside {
  FQ_OUTSIDE_HAPPENS, /* as it stands */
  FQ_OUTSIDE_REDONE,  /* somebody did it: the model says how he does it again */
  FQ_OUTSIDE_PACK,    /* a pack was deployed, or went back: `data` holds {pack, files} */
};
struct fq_outside_row {
  struct fq_entry entry; /* its strings are owned, `data` is NULL */
  enum fq_outside what;
  bool own; /* of the model's domain, not of the kernel's */
  char *data, pack[FQ_ID_MAX];
};
struct fq_stretch {
  int64_t from_ms, to_ms, seq, last, head; /* the last entry before, the last within, the last there is */
  const struct fq_projection_model *model;
  void *history; /* the model's memory of what really happened */
  struct fq_outside_row *rows;
  size_t count, cap;
  struct fq_map *left_out; /* kind -> how many of them (int64_t *) */
  struct fq_map *alive;    /* subject -> the entry its life began with (struct fq_outside_row *) */
  struct fq_map *packs;    /* "pack/generation" -> number of the entry that holds its files (int64_t *) */
};
/* Reads the options from and to, and brings `k` to the stretch's start. */
enum fq_status fq_stretch_open(struct fq_stretch *s, const struct fq_run *r, fq_kernel *k,
                               struct fq_past *past, struct fq_error *e);
/* The stretch itself: what happened goes into `history`, what came from outside into `rows`. */
enum fq_status fq_stretch_read(struct fq_stretch *s, const struct fq_run *r, struct fq_error *e);
void fq_stretch_free(struct fq_stretch *s);

struct fq_world {
  const struct fq_stretch *stretch;
  const void *people;
  fq_kernel *kernel;
  void *self;                  /* the plugin's state in this kernel */
  const char *pack;            /* in place of this pack ... */
  const fq_json *files;        /* ... these files decide; NULL: what really decided */
  const struct fq_report *out; /* progress; NULL: nobody is told */
  /* made by fq_world_live() */
  void *memory;
  struct fq_world_intent *heap;
  size_t heap_count, heap_cap;
  int64_t order, decided, refused, failed, rolled_back, vain; /* vain: what people could not do any more */
  fq_json *failures;                                          /* the first of them, as rows */
};
enum fq_status fq_world_live(struct fq_world *w, struct fq_error *e);
/* {outcome, decided, refused, failed, rolled_back, vain, failures} */
fq_json *fq_world_outcome(const struct fq_world *w);
void fq_world_free(struct fq_world *w);

#endif
