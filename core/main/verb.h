/*
 * What stands after a subcommand: a verb, its arguments in order, its options; and the method they become a
 * call of. A subcommand with many verbs is a table of these.
 */
#ifndef FQ_MAIN_VERB_H
#define FQ_MAIN_VERB_H

#include "main/local.h"

struct verb {
  const char *words; /* "deploy", "draft save" */
  const char *method;
  /* Parameters in order, "pack generation#?": # a number, ? may be left out. DIR reads a pack's directory
   * into pack and files; with the option draft it is the pack's name. */
  const char *order;
  /* --note TEXT, --rev# N, --force! sets force to true, --move=open sets open to "move". */
  const char *options;
  int (*run)(const struct common *c, const struct verb *v, fq_json *params); /* NULL: call and print */
};

/* Brings leading options to the end: `pack --data DIR list` is `pack list --data DIR`. */
void fq_words_first(int argc, char **argv);
/* Finds the verb, makes its parameters, runs it; the exit code. The table ends with a zeroed element. */
int fq_verb_run(int argc, char **argv, const struct verb *verbs, const struct command *self);

#endif
