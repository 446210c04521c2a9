/* What the files of the run "replay" share: replay.c (who decides when), replay_rows.c (what is told of it).
 */
#ifndef FQ_WORKSHOP_REPLAY_H
#define FQ_WORKSHOP_REPLAY_H

#include "policy/host.h"
#include "workshop/run.h"

/* One side of a comparison: what was recorded, or what was decided just now. Borrowed; `commands` is NULL
 * when that side has no such policy. */
struct fq_outcome {
  const char *exit, *version, *zh, *en; /* zh, en: of a failure, else NULL */
  const fq_json *commands;
};

struct fq_comparison {
  const struct fq_entry *heard;
  const fq_json *context;
  const char *policy, *pack, *path;
  struct fq_outcome was, now;
  const fq_json *lines; /* the policy's lines that ran now */
  bool differs, uncertain;
};

/* What has been compared so far: by subject, township, policy and officer. */
struct fq_tally;
struct fq_tally *fq_tally_new(const struct fq_module *modules, size_t count, fq_db *db);
void fq_tally_add(struct fq_tally *t, const struct fq_comparison *c);
/* The policy has been given up at entry `at`; what it decides from then on is not asked. */
void fq_tally_given_up(struct fq_tally *t, const char *policy, const char *pack, int64_t at);
/* All rows, in an order that depends on the journal alone; then the members of the summary. */
void fq_tally_rows(const struct fq_tally *t, const struct fq_report *out);
void fq_tally_summary(const struct fq_tally *t, fq_json *summary);
bool fq_tally_failed(const struct fq_tally *t); /* has any decision of now failed? */
void fq_tally_free(struct fq_tally *t);

void fq_replay_print(FILE *out, const char *list, const fq_json *value);

#endif
