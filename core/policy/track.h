/*
 * What a decision depends on. A decision is a pure function of the entry, its context and the answers of the
 * view. Tracked, it is given the entry as tables that note what is looked at: each member read, each table
 * looked at whole (pairs, #, table.sort, being handed to a view or a command), each question asked. Two
 * situations that agree on everything noted, in this order, are decided alike: tree.h builds on that.
 */
#ifndef FQ_POLICY_TRACK_H
#define FQ_POLICY_TRACK_H

#include "policy/host.h"

enum fq_read_what {
  FQ_READ_MEMBER, /* one member; the time is read as member "at" */
  FQ_READ_ALL,    /* all members of a table, but not what is in them */
  FQ_READ_ASK,    /* a question to the view; the value is the answer's */
};

/* Where: from the entry (root 0) or from the n-th answer (root n, from 1), member by member. */
struct fq_step {
  char *name; /* NULL: a position */
  int64_t position;
};
struct fq_read {
  enum fq_read_what what;
  int root;
  struct fq_step *steps;
  size_t count;
  fq_json *question; /* FQ_READ_ASK: [view, [argument ...]], as recorded */
  char *value;       /* fq_read_value() of what was found */
};
/* What of a value is known after it was read: a scalar's text, that it is a table, that it is not there. */
char *fq_read_value(enum fq_read_what what, const fq_json *v);
/* The member the steps lead to; NULL when it is not there. */
const fq_json *fq_read_follow(const struct fq_read *r, const fq_json *root);
void fq_read_clear(struct fq_read *r);

struct fq_lazy;
struct fq_track {
  const fq_json *e; /* fq_view_entry(): what `e` is made of; lives as long as the decision */
  /* Told before a view is asked: makes the database what it is in this situation. */
  void (*before)(void *arg, const char *view);
  void *arg;
  struct fq_read *reads;
  size_t count, cap;
  struct fq_lazy *lazy;
};
void fq_track_clear(struct fq_track *t);

/* What a policy finds as `e`: the entry's own members, over what plugins add, over the members of its data.
 */
fq_json *fq_view_entry(const struct fq_entry *e, const fq_json *context);
/* Asks a view outside of a decision; `args` as recorded, e from fq_view_entry(). The answer (JSON null for
 * nil), or NULL and an error. */
fq_json *fq_view_ask(struct fq_host *h, const char *name, const fq_json *args, const fq_json *e, fq_db *db,
                     int64_t now_ms, struct fq_error *error);
/* What stands for the answer when a view refused to give one. */
fq_json *fq_view_refusal(const struct fq_error *e);

#endif
