/*
 * A run of the workshop: something done with a candidate pack that takes longer than a command may - its
 * scenarios, its proof, last month over again. The same function serves the command line
 * (`fengqiao policy replay DIR`) and the child process that a server starts for a page (job.h); what it finds
 * leaves through a report, row by row. A run works on a kernel and a host of its own and only reads the
 * county. One thread a run.
 */
#ifndef FQ_WORKSHOP_RUN_H
#define FQ_WORKSHOP_RUN_H

#include <stdio.h>

#include "policy/host.h"

/* Where a run says what it does and finds. Rows belong to named lists ("incidents", "findings"), whose
 * members docs/workshop.md describes. `value` stays the caller's. */
struct fq_report {
  void *arg;
  void (*progress)(void *arg, double share, const char *zh, const char *en); /* share: 0 to 1 */
  void (*row)(void *arg, const char *list, const fq_json *value);
  void (*summary)(void *arg, const fq_json *value); /* once, at the end; {ok, ...} */
  bool (*cancelled)(void *arg);                     /* NULL: never */
};

struct fq_run {
  const char *data_dir;         /* the county's; NULL when the run needs none */
  const fq_json *pack;          /* the candidate: {pack, files: {path: text}} */
  const fq_json *base;          /* what it is compared with, likewise; NULL: what was or is active */
  const fq_json *options;       /* an object that fits the kind's `options` */
  struct fq_host_limits limits; /* of one decision; 0: the defaults */
  /* Adds the configured plugins to a kernel that has not booted (the policy module is the run's to add);
   * `gone` frees what add made, after that kernel is closed. A run may have several kernels: `arg` of each is
   * what `world` returned, given back by `world_free`. */
  void *(*world)(void *worlds);
  enum fq_status (*add)(void *world, fq_kernel *k, struct fq_error *e);
  void (*world_free)(void *world);
  void *worlds;
  struct fq_report out;
};

/* A failure is one of the run itself (no such county, a pack that does not compile); what is found wrong goes
 * into rows, and `ok` of the summary is false. */
typedef enum fq_status (*fq_run_fn)(const struct fq_run *r, struct fq_error *e);

struct fq_run_kind {
  const char *name;               /* "replay" */
  const struct fq_param *options; /* as of a method: the command line's --from is the option "from" */
  bool county;                    /* needs a data directory */
  fq_run_fn run;
  /* One row, or the summary (list NULL), for people. */
  void (*print)(FILE *out, const char *list, const fq_json *value);
  const char *lists; /* their names, a space between */
  const char *asked; /* those that people see only when they ask for them: they are long */
  const char *zh, *en;
};
extern const struct fq_run_kind fq_run_test, fq_run_check, fq_run_prove, fq_run_replay, fq_run_project;
extern const struct fq_run_kind *const fq_run_kinds[]; /* NULL at the end */
const struct fq_run_kind *fq_run_kind(const char *name);
bool fq_run_lists(const char *lists, const char *name); /* is it one of them? */

/* A kernel in memory with the run's plugins and the policy module, booted; time is what it is told. `world`
 * is to be given back after fq_kernel_close(). */
fq_kernel *fq_run_kernel(const struct fq_run *r, int64_t now_ms, void **world, struct fq_error *e);

/* The same, living through the county's journal (kernel.h, "The past"): nothing is applied yet. Close the
 * past before the kernel. */
fq_kernel *fq_run_past(const struct fq_run *r, void **world, struct fq_past **past, struct fq_error *e);

/* What every summary begins with: {ok, pack, version, digest, ms}; `began_us` is of fq_monotonic_us(). */
fq_json *fq_run_summary(const struct fq_run *r, bool ok, int64_t began_us);

/* Reports: JSON, a line each - {"progress": {share, zh, en}}, {"row": {...}, "list": "incidents"},
 * {"summary": {...}} - or text for people, with the progress on stderr when that is a terminal. */
struct fq_report_file {
  FILE *out;
  const struct fq_run_kind *kind;
  const char *only; /* only this list; NULL: all, as text those that need not be asked for */
  bool json, ok;
  int shown; /* percent of the progress last shown */
};
struct fq_report fq_report_lines(struct fq_report_file *f);

#endif
