/*
 * Starting a program: a child with borrowed memory (vfork, so a server of gigabytes starts one in a
 * millisecond) that lays down what it must not have before it runs. It leads a session of its own, has the
 * listed descriptors and no other, and dies with the thread that started it. Any thread.
 */
#ifndef FQ_LOOP_SPAWN_H
#define FQ_LOOP_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct fq_spawn {
  const char *path; /* the program; argv[0] is only shown */
  char *const *argv, *const *env;
  const char *dir; /* NULL: where we are */
  int fds[4];      /* what becomes 0, 1, 2, 3; -1: nothing. All above those: see fq_spawn_pipe() */
  int64_t memory_bytes, file_bytes, cpu_s; /* 0: no limit */
  int nice;
  bool unprivileged; /* nobody for good, when we are root */
};
/* -1 with errno, also when the program could not be executed. Whoever called waits for it. */
pid_t fq_spawn(const struct fq_spawn *s);
int fq_spawn_pidfd(pid_t pid); /* readable when it has ended; -1 with errno */

/* Descriptors to give away: they lie above the numbers they get in the child. -1 or false with errno. */
int fq_spawn_text(const char *bytes, size_t len); /* a file without a disk that holds this */
int fq_spawn_nothing(void);                       /* /dev/null */
bool fq_spawn_pipe(int ours_theirs[2]);           /* ours does not block */

#define FQ_NOBODY_ID 65534 /* user and group, as every distribution has them */

#endif
