/*
 * The command line: one file a subcommand, and what they share. The whole of core/main runs on the main
 * thread, which becomes the kernel thread while serving.
 *
 * Exit codes: 0 done, 1 it failed, 2 wrong usage, 3 refused by the server.
 */
#ifndef FQ_MAIN_MAIN_H
#define FQ_MAIN_MAIN_H

#include <getopt.h>
#include <stdio.h>

#include "base/json.h"
#include "base/mem.h"
#include "kernel/kernel.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_REFUSED = 3 };

struct command {
  const char *name;
  int (*run)(int argc, char **argv); /* argv[0] is the subcommand */
  const char *zh, *en;
  const char *usage; /* the whole help text */
};

#define DECLARE(name) extern const struct command fq_command_##name;
#define FQ_COMMANDS(X)                                                                                       \
  X(serve)                                                                                                   \
  X(demo)                                                                                                    \
  X(init) X(check) X(call) X(tail) X(user) X(org) X(pack) X(policy) X(journal) X(backup) X(restore) X(load)  \
      X(doctor)
FQ_COMMANDS(DECLARE)

/* Options that many subcommands take. */
struct common {
  const char *data;    /* --data DIR; else $FENGQIAO_DATA; else ./fengqiao-data */
  const char *plugins; /* --plugins DIR; else $FENGQIAO_PLUGINS */
  const char *listen, *pages, *config;
  bool json, quiet;
};
/* Takes the common options out of argv; what is left is in argv[1..]. -1: go on; else the exit code (--help).
 */
int fq_common(int *argc, char **argv, struct common *c, const struct command *self);
int fq_usage(const struct command *self, FILE *to);
/* Prints an error in both languages, with its path, and returns the exit code for it. */
int fq_complain(const struct fq_error *e);
void fq_print_json(const fq_json *v); /* indented, one trailing newline */
char *fq_read_file(const char *path, size_t *len, struct fq_error *e);
const char *fq_packs_dir(void); /* $FENGQIAO_PACKS or where make install put them */

#endif
