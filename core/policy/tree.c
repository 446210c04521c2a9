/* The tree of a policy's decisions: see tree.h. Knows no Lua. */
#include "policy/tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/map.h"
#include "base/mem.h"

struct node {
  struct fq_read read; /* without a value */
  struct fq_map *branches;
  struct fq_leaf *leaf; /* nothing more is read */
};
struct fq_tree {
  struct node *root;
  struct fq_map *by_text; /* of what was decided -> leaf */
  struct fq_leaf **list;
  size_t leaves, decisions;
};

struct fq_tree *fq_tree_new(void) {
  return fq_alloc(sizeof(struct fq_tree));
}

static void free_node(void *at) {
  struct node *n = at;
  if (!n) return;
  fq_map_clear(&n->branches, free_node);
  fq_read_clear(&n->read);
  free(n);
}

void fq_tree_free(struct fq_tree *t) {
  if (!t) return;
  free_node(t->root);
  for (size_t i = 0; i < t->leaves; i++) {
    fq_json_free(t->list[i]->commands);
    free(t->list[i]);
  }
  free(t->list);
  fq_map_clear(&t->by_text, NULL);
  free(t);
}

size_t fq_tree_leaves(const struct fq_tree *t) {
  return t->leaves;
}
const struct fq_leaf *fq_tree_leaf(const struct fq_tree *t, size_t number) {
  return t->list[number];
}
size_t fq_tree_decisions(const struct fq_tree *t) {
  return t->decisions;
}

static bool same_place(const struct fq_read *a, const struct fq_read *b) {
  if (a->what != b->what || a->root != b->root || a->count != b->count) return false;
  for (size_t i = 0; i < a->count; i++) {
    const struct fq_step *x = &a->steps[i], *y = &b->steps[i];
    if (!x->name != !y->name || (x->name ? strcmp(x->name, y->name) != 0 : x->position != y->position))
      return false;
  }
  return a->what != FQ_READ_ASK || fq_json_equal(a->question, b->question);
}

static bool differs(struct fq_error *e) {
  fq_fail(e, FQ_E_INTERNAL, "proof.differs", "", "同样的输入得到了不同的决定",
          "the same inputs were decided differently");
  return false;
}

static struct fq_leaf *leaf_of(struct fq_tree *t, const struct fq_decision *d) {
  char *commands = fq_json_print(d->commands);
  char *text = fq_printf("%d %d %s %s", d->exit, d->line, d->en, commands);
  struct fq_leaf *leaf = fq_map_get(t->by_text, text);
  if (!leaf) {
    leaf = fq_alloc(sizeof *leaf);
    *leaf = (struct fq_leaf){.number = t->leaves, .exit = d->exit, .line = d->line};
    leaf->commands = fq_json_dup(d->commands);
    fq_copy(leaf->zh, sizeof leaf->zh, d->zh);
    fq_copy(leaf->en, sizeof leaf->en, d->en);
    t->list = fq_realloc(t->list, (t->leaves + 1) * sizeof(struct fq_leaf *));
    t->list[t->leaves++] = leaf;
    fq_map_put(&t->by_text, text, leaf);
  }
  free(commands);
  free(text);
  return leaf;
}

/* Lays the path of a decision into the tree. Takes the reads. */
static bool learn(struct fq_tree *t, struct fq_track *track, struct fq_decision *d, struct fq_error *e) {
  if (!t->root) t->root = fq_alloc(sizeof *t->root);
  struct node *n = t->root;
  for (size_t i = 0; i < track->count; i++) {
    struct fq_read *r = &track->reads[i];
    if (n->leaf || (n->branches && !same_place(&n->read, r))) return differs(e);
    struct node *next = fq_map_get(n->branches, r->value);
    if (!next) {
      next = fq_alloc(sizeof *next);
      bool first = !n->branches;
      fq_map_put(&n->branches, r->value, next);
      if (first) {
        free(r->value);
        r->value = NULL;
        n->read = *r;
        *r = (struct fq_read){0};
      }
    }
    n = next;
  }
  if (n->leaf || n->branches) return differs(e);
  n->leaf = leaf_of(t, d);
  return true;
}

#define ANSWERS FQ_VIEWS_MAX

struct walking {
  const struct fq_walk *w;
  fq_json *answers[ANSWERS + 1];
  uint32_t answer_axes[ANSWERS + 1];
  int asked;
};

static struct node *step(struct walking *k, const struct node *n, uint32_t *axes) {
  const struct fq_read *r = &n->read;
  const fq_json *v = NULL;
  if (r->what == FQ_READ_ASK) {
    int at = ++k->asked;
    k->answers[at] = NULL;
    *axes |= k->w->answer(k->w->arg, r->question, &k->answers[at]);
    v = k->answers[at];
  } else if (r->root) {
    v = fq_read_follow(r, k->answers[r->root]);
  } else {
    *axes |= k->w->entry(k->w->arg, r, &v);
  }
  char *value = fq_read_value(r->what, v);
  struct node *next = fq_map_get(n->branches, value);
  free(value);
  return next;
}

const struct fq_leaf *fq_tree_walk(struct fq_tree *t, const struct fq_walk *w, uint32_t *axes,
                                   struct fq_error *e) {
  for (int tries = 0; tries < 2; tries++) {
    struct walking k = {.w = w};
    struct node *n = t->root;
    *axes = 0;
    while (n && !n->leaf)
      n = step(&k, n, axes);
    for (int i = 1; i <= k.asked; i++)
      fq_json_free(k.answers[i]);
    if (n) return n->leaf;
    struct fq_track track = {0};
    struct fq_decision d = {0};
    w->decide(w->arg, &track, &d);
    t->decisions++;
    bool ok = learn(t, &track, &d, e);
    fq_track_clear(&track);
    fq_decision_clear(&d);
    if (!ok) return NULL;
  }
  /* It was run in this very situation, and the walk still does not come to what it decided. */
  differs(e);
  return NULL;
}
