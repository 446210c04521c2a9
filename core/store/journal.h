/*
 * The journal: an append-only table whose rows are linked by hashes. It knows entries as rows, not what they
 * mean. The head lives with the writer; readers read rows.
 */
#ifndef FQ_STORE_JOURNAL_H
#define FQ_STORE_JOURNAL_H

#include "base/crypto.h"
#include "store/db.h"

struct fq_head {
  int64_t seq, at_ms;
  uint8_t link[FQ_SHA256];
};

/* A row. `data` is JSON text. `receipt` stands on the last entry that a command itself has made, before what
 * that entry and the others led to: JSON text, or "" when the command had no idempotency key; else NULL. It
 * tells where one command ends and the next begins. "" and NULL give the same link. */
struct fq_row {
  int64_t seq, at_ms, cause;
  const char *kind, *subject, *org, *actor, *audience, *data, *receipt;
};

extern const char fq_journal_schema[];

bool fq_journal_head(fq_db *db, struct fq_head *out);
/* Appends one row inside the caller's transaction and moves the head; r->seq must be head->seq + 1. */
bool fq_journal_append(fq_db *db, struct fq_head *head, const struct fq_row *r);
/* The link of row r after `previous`: the chain covers a digest of the data, not the data, so that a lawful
 * erasure leaves it verifiable. */
void fq_chain_link(const uint8_t previous[FQ_SHA256], const struct fq_row *r, const uint8_t digest[FQ_SHA256],
                   uint8_t out[FQ_SHA256]);

/* Rows after `after`, in order: step with fq_row(), read with fq_journal_get(). */
fq_stmt *fq_journal_after(fq_db *db, int64_t after, int64_t up_to);
/* All rows of these kinds, a JSON array of names. Reads the whole table. */
fq_stmt *fq_journal_of(fq_db *db, const char *kinds);
void fq_journal_get(fq_stmt *q, struct fq_row *r);

/* Recomputes the chain. Returns FQ_OK with the head, or the first broken row in e->path. */
enum fq_status fq_journal_verify(fq_db *db, struct fq_head *head, struct fq_error *e);
/* The same of a stretch, which is linked to the row before it. */
enum fq_status fq_journal_verify_range(fq_db *db, int64_t from, int64_t until, struct fq_head *head,
                                       struct fq_error *e);

#endif
