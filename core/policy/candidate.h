/*
 * The files of a pack that a method is given to check, try or deploy: as they are (`files`), as they stand in
 * the pack's draft (`draft`), or as a generation has them (`generation`).
 */
#ifndef FQ_POLICY_CANDIDATE_H
#define FQ_POLICY_CANDIDATE_H

#include "policy/module.h"

struct fq_candidate {
  fq_json *files; /* {path: text} */
  /* Of a draft, else 0: its revision; which generation of the pack it began from; which was active then. */
  int64_t rev, from, seen;
};

/* Reads {pack, files | draft | generation} out of a method's parameters: exactly one of the three, else the
 * error says so. Kernel or reader thread. */
enum fq_status fq_candidate_read(const fq_kernel *k, fq_db *db, const fq_json *params,
                                 struct fq_candidate *out, struct fq_error *e);
void fq_candidate_clear(struct fq_candidate *c);

/* The files of a pack as the generation has them, 0 for the present one; NULL when it is not in there. The
 * caller frees. Kernel or reader thread. */
fq_json *fq_candidate_files_at(fq_db *db, const char *pack, int64_t generation);
/* The generation in which what is active of the pack became so; 0 when it is not deployed. */
int64_t fq_candidate_active(fq_db *db, const char *pack);

/* Drafts belong to a layer above: it says how one is read. */
typedef enum fq_status (*fq_draft_fn)(fq_db *db, const char *pack, struct fq_candidate *out,
                                      struct fq_error *e);
void fq_policy_set_drafts(fq_kernel *k, fq_draft_fn read);

#endif
