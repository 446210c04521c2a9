/*
 * A decision tree of one policy for one kind of entry, learnt from tracked decisions (track.h): at each node
 * something is read, each branch is what was found, each leaf what was decided. Walking it gives what the
 * policy decides in a situation without running it; where the walk finds no branch, the policy is run and the
 * tree grows. So two situations at one leaf have been shown to be decided alike, not sampled.
 */
#ifndef FQ_POLICY_TREE_H
#define FQ_POLICY_TREE_H

#include "policy/track.h"

struct fq_leaf {
  size_t number; /* within its tree; paths that end in the same decision share a leaf */
  enum fq_exit exit;
  fq_json *commands;
  char zh[320], en[320]; /* of a failure */
  int line;
};

/* The situation a walk is about. `axes`: bits of the caller's choosing, what each thing depends on; those of
 * all that a walk has read are put together. */
struct fq_walk {
  void *arg;
  /* What is at r->steps of the entry: *v (NULL: not there), kept by the callee till the walk's end. */
  uint32_t (*entry)(void *arg, const struct fq_read *r, const fq_json **v);
  /* The answer to a question, the caller's; axes as above. */
  uint32_t (*answer)(void *arg, const fq_json *question, fq_json **answer);
  /* Decides for real, with `track` in its question. */
  void (*decide)(void *arg, struct fq_track *track, struct fq_decision *out);
};

struct fq_tree;
struct fq_tree *fq_tree_new(void);
void fq_tree_free(struct fq_tree *t);
/* NULL and an error when the policy decided differently on the same reads, which must not be. */
const struct fq_leaf *fq_tree_walk(struct fq_tree *t, const struct fq_walk *w, uint32_t *axes,
                                   struct fq_error *e);
size_t fq_tree_leaves(const struct fq_tree *t);
const struct fq_leaf *fq_tree_leaf(const struct fq_tree *t, size_t number);
size_t fq_tree_decisions(const struct fq_tree *t); /* made to learn it */

#endif
