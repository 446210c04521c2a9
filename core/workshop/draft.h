/* What the files of drafts share: draft.c (the part: tables, questions, ending) and draft_save.c. */
#ifndef FQ_WORKSHOP_DRAFT_H
#define FQ_WORKSHOP_DRAFT_H

#include "policy/candidate.h"
#include "workshop/workshop_internal.h"

struct fq_draft_row {
  bool open;
  int64_t rev, at_ms, from, seen;
  char state[16], author[FQ_ID_MAX];
};

struct fq_draft_row fq_draft_find(fq_db *db, const char *pack); /* rev 0: there never was one */
/* The files it begins from; the caller frees. */
fq_json *fq_draft_base(fq_db *db, const char *pack, int64_t from);
/* Lays what the draft changes over `files`. */
void fq_draft_overlay(fq_db *db, const char *pack, fq_json *files);

/* There is none: none yet, or what has become of it. */
enum fq_status fq_draft_unknown(struct fq_error *e, const char *pack, const struct fq_draft_row *d);
/* Somebody else has saved it since revision `mine` (0: none was given): who, and when. */
enum fq_status fq_draft_stale(struct fq_call *c, const char *pack, const struct fq_draft_row *d,
                              int64_t mine);

enum fq_status fq_draft_save(struct fq_call *c);
enum fq_status fq_draft_apply_saved(struct fq_apply *a, const struct fq_entry *e);

#endif
