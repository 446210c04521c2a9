/*
 * A task: one run (run.h) in a child process (child.h), watched by a thread of its own. What the child says
 * is a line of JSON each (fq_report_lines); rows go into a directory (rows.h), or to whoever wants them.
 */
#ifndef FQ_WORKSHOP_TASK_H
#define FQ_WORKSHOP_TASK_H

#include "workshop/run.h"

struct fq_task;

struct fq_task_config {
  const struct fq_run_kind *kind;
  fq_json *candidate, *base; /* taken; base may be NULL */
  fq_json *options;          /* taken; fits the kind's */
  char *const *args;         /* more words of the command line: --data DIR ...; NULL at the end */
  const char *dir;           /* made anew for the rows; NULL: nothing is kept */
  int64_t memory_bytes, wall_ms;
  fq_kernel *kernel;
  /* The task's thread; NULL: nobody wants them. */
  void (*row)(void *arg, const char *list, const fq_json *row);
  /* Kernel thread: at most five times a second. */
  void (*progress)(void *arg, double share, const char *zh, const char *en);
  /* Kernel thread, once: what came of it, and the task is gone afterwards. `summary` is the callee's; NULL:
   * it failed, and the error says why. */
  void (*done)(void *arg, fq_json *summary, int64_t ms, const struct fq_error *e);
  void *arg;
};

/* Kernel thread, all three. Start gives NULL when there is no descriptor or thread left for it. */
struct fq_task *fq_task_start(const struct fq_task_config *c);
void fq_task_stop(struct fq_task *t); /* soon; done() is still called: "job.stopped" */
/* The server stops: ends it and waits for its thread; done() is called before this returns. */
void fq_task_end(struct fq_task *t);

/* What the run was about, kept beside its rows: {pack, files}; NULL when it is not there. Any thread but the
 * kernel's. */
#define FQ_TASK_CANDIDATE "candidate.json"
#define FQ_TASK_BASE      "base.json"
fq_json *fq_task_kept(const char *dir, const char *name);

/* Removes a result's directory. Any thread but the kernel's. */
void fq_task_wipe(const char *dir);

#endif
