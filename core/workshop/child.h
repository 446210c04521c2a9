/*
 * A child process with limits: this same program with other arguments. It may run wild - flood, hang, eat
 * memory, die - and hurts nobody: every descriptor but its own is closed, memory, processor time, files and
 * output are bounded, a clock on the wall ends it, and it dies with the server.
 */
#ifndef FQ_WORKSHOP_CHILD_H
#define FQ_WORKSHOP_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FQ_CHILD_INPUTS 2

struct fq_child_input {
  const char *bytes;
  size_t len;
};

struct fq_child_config {
  char *const *argv; /* argv[0] is only shown: /proc/self/exe is what runs */
  /* What it reads, as files that need no disk: the first at descriptor 0, the second at 3. */
  struct fq_child_input inputs[FQ_CHILD_INPUTS];
  int64_t memory_bytes; /* of address space; 0: no limit */
  int64_t wall_ms;
  int64_t output_bytes; /* of its standard output in all */
  int stop_fd;          /* readable: end it */
  /* A line of its standard output without the newline; false: no more of this, end it. */
  bool (*line)(void *arg, const char *text, size_t len);
  /* Called between lines, at least five times a second. */
  void (*pause)(void *arg);
  void *arg;
};

enum fq_child_end {
  FQ_CHILD_EXITED,  /* by itself, with `code` */
  FQ_CHILD_DIED,    /* by signal `code` */
  FQ_CHILD_TIMEOUT, /* of the clock on the wall */
  FQ_CHILD_FLOOD,   /* more output, or a longer line, than allowed */
  FQ_CHILD_REFUSED, /* line() said false */
  FQ_CHILD_STOPPED, /* stop_fd */
  FQ_CHILD_NEVER,   /* it could not be started: errno in `code` */
};
struct fq_child_result {
  enum fq_child_end end;
  int code;
  char said[2048]; /* the end of its standard error */
};

/* Starts it and waits for its end. Any thread but the kernel's; the child dies with that thread, too. */
void fq_child_run(const struct fq_child_config *c, struct fq_child_result *out);

#endif
