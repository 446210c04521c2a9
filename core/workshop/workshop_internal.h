/* What the files of the workshop module share. */
#ifndef FQ_WORKSHOP_INTERNAL_H
#define FQ_WORKSHOP_INTERNAL_H

#include <pthread.h>

#include "policy/gate.h"
#include "workshop/run.h"
#include "workshop/task.h"
#include "workshop/workshop.h"

struct fq_job;
struct fq_playing;

struct fq_workshop {
  /* options */
  int64_t jobs_most, memory_bytes;
  double minutes;

  fq_kernel *kernel;
  bool children;           /* fq_workshop_children() */
  char *child_args[7];     /* --data, --plugins, --config */
  bool started, stopping;  /* the loop runs: jobs can be taken; it has been told to end */
  pthread_mutex_t lock;    /* readers look at `jobs` */
  struct fq_job *jobs;     /* not yet finished, oldest first */
  struct fq_alarm *again;  /* what could not be written is tried again */
  struct fq_playing *gate; /* scenarios before a deployment, oldest first */
};

extern const struct fq_plugin fq_workshop_draft, fq_workshop_job; /* parts */

/* What a child may use. */
struct fq_task_config fq_workshop_task(const struct fq_workshop *w, const struct fq_run_kind *kind);

/* job_queue.c: jobs in memory. Kernel thread unless told. */
struct fq_job_ask {
  const struct fq_run_kind *kind;
  const char *pack;
  fq_json *candidate, *base, *options; /* taken */
};
size_t fq_jobs_waiting(const struct fq_workshop *w);
/* From the command: begins once its entry is committed, and is forgotten if it never is. */
void fq_job_take(struct fq_workshop *w, const char *job, const struct fq_job_ask *ask);
void fq_jobs_settle(struct fq_workshop *w); /* soon: the tables have changed */
void fq_jobs_start(struct fq_workshop *w);
void fq_jobs_stop(struct fq_workshop *w);
void fq_jobs_fini(struct fq_workshop *w);
/* Adds {state, share, zh, en} of a job that has not finished. Any thread. */
void fq_job_now(struct fq_workshop *w, const char *job, fq_json *into);
char *fq_job_dir(const struct fq_workshop *w, const char *job); /* the caller frees. Any thread */

/* job_query.c: reader threads */
enum fq_status fq_job_list(struct fq_query *q);
enum fq_status fq_job_open(struct fq_query *q);
enum fq_status fq_job_candidate(struct fq_query *q);
enum fq_status fq_job_rows(struct fq_query *q);
enum fq_status fq_job_csv(struct fq_query *q);

/* gate.c: scenarios before a deployment, in a child */
void fq_workshop_play(void *self, fq_kernel *k, fq_json *candidate, fq_gate_done done, void *to);
void fq_workshop_play_end(struct fq_workshop *w);

#endif
