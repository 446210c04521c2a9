/* The journal: see journal.h. */
#include "store/journal.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

const char fq_journal_schema[] =
    "CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS journal("
    " seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, org TEXT "
    "NOT NULL,"
    " actor TEXT NOT NULL, cause INTEGER NOT NULL, audience TEXT NOT NULL, data TEXT NOT NULL, digest BLOB "
    "NOT NULL,"
    " link BLOB NOT NULL, receipt TEXT);"
    /* Subjects are named after their first entry's seq, so this index grows nearly at its end. */
    "CREATE INDEX IF NOT EXISTS journal_subject ON journal(subject, seq) WHERE subject <> '';";

static const void *blob(fq_stmt *q, int column) {
  return fq_col_blob(q, column, FQ_SHA256);
}

bool fq_journal_head(fq_db *db, struct fq_head *out) {
  memset(out, 0, sizeof *out);
  fq_stmt *q = fq_sql(db, "SELECT seq, at_ms, link FROM journal ORDER BY seq DESC LIMIT 1", "");
  if (fq_row(q)) {
    out->seq = fq_col_int(q, 0);
    out->at_ms = fq_col_int(q, 1);
    const void *link = blob(q, 2);
    if (link) memcpy(out->link, link, FQ_SHA256);
    fq_done(q);
  }
  return !fq_failed(db);
}

void fq_chain_link(const uint8_t previous[FQ_SHA256], const struct fq_row *r, const uint8_t digest[FQ_SHA256],
                   uint8_t out[FQ_SHA256]) {
  /* Fields are separated by a byte that none of them can hold. */
  char numbers[96];
  int n = snprintf(numbers, sizeof numbers, "%lld\n%lld\n%lld\n", (long long)r->seq, (long long)r->at_ms,
                   (long long)r->cause);
  const char *receipt = r->receipt ? r->receipt : "";
  fq_sha256((struct fq_piece[]){{previous, FQ_SHA256},
                                {numbers, (size_t)n},
                                {r->kind, strlen(r->kind) + 1},
                                {r->subject, strlen(r->subject) + 1},
                                {r->org, strlen(r->org) + 1},
                                {r->actor, strlen(r->actor) + 1},
                                {r->audience, strlen(r->audience) + 1},
                                {receipt, strlen(receipt) + 1},
                                {digest, FQ_SHA256},
                                {0}},
            out);
}

bool fq_journal_append(fq_db *db, struct fq_head *head, const struct fq_row *r) {
  uint8_t digest[FQ_SHA256], link[FQ_SHA256];
  fq_sha256_text(r->data, digest);
  fq_chain_link(head->link, r, digest, link);
  bool former = fq_db_allow_write(db, true);
  fq_stmt *q = fq_sql_borrow(
      db,
      "INSERT INTO journal(seq, at_ms, kind, subject, org, actor, cause, audience, data, receipt, digest,"
      " link) VALUES(?,?,?,?,?,?,?,?,?,?,?,?)",
      "iissssisss", r->seq, r->at_ms, r->kind, r->subject, r->org, r->actor, r->cause, r->audience, r->data,
      r->receipt);
  if (q) fq_bind_blob(q, 11, digest, FQ_SHA256), fq_bind_blob(q, 12, link, FQ_SHA256);
  while (fq_row(q))
    continue;
  fq_db_allow_write(db, former);
  if (fq_failed(db)) return false;
  head->seq = r->seq;
  head->at_ms = r->at_ms;
  memcpy(head->link, link, FQ_SHA256);
  return true;
}

#define ROWS                                                                                                 \
  "SELECT seq, at_ms, kind, subject, org, actor, cause, audience, data, receipt, digest, link FROM journal "

fq_stmt *fq_journal_after(fq_db *db, int64_t after, int64_t up_to) {
  return fq_sql(db, ROWS "WHERE seq > ? AND seq <= ? ORDER BY seq", "ii", after, up_to);
}

fq_stmt *fq_journal_of(fq_db *db, const char *kinds) {
  return fq_sql(db, ROWS "WHERE kind IN (SELECT value FROM json_each(?)) ORDER BY seq", "s", kinds);
}

void fq_journal_get(fq_stmt *q, struct fq_row *r) {
  *r = (struct fq_row){.seq = fq_col_int(q, 0),
                       .at_ms = fq_col_int(q, 1),
                       .kind = fq_col_str(q, 2),
                       .subject = fq_col_str(q, 3),
                       .org = fq_col_str(q, 4),
                       .actor = fq_col_str(q, 5),
                       .cause = fq_col_int(q, 6),
                       .audience = fq_col_str(q, 7),
                       .data = fq_col_str(q, 8),
                       .receipt = fq_col_str(q, 9)};
}

static enum fq_status broken(struct fq_error *e, int64_t seq, const char *zh, const char *en) {
  char path[32];
  snprintf(path, sizeof path, "journal:%lld", (long long)seq);
  return fq_fail(e, FQ_E_STORAGE, "journal.broken", path, "日志第 %lld 条%s%.0s",
                 "journal entry %lld: %.0s%s", (long long)seq, zh, en);
}

/* Where the range begins, the link of the row before is taken for true. */
static bool head_before(fq_db *db, int64_t from, struct fq_head *head) {
  memset(head, 0, sizeof *head);
  if (from <= 1) return true;
  fq_stmt *q = fq_journal_after(db, from - 2, from - 1);
  if (!fq_row(q)) return false;
  const void *link = blob(q, 11);
  head->seq = from - 1;
  if (link) memcpy(head->link, link, FQ_SHA256);
  fq_done(q);
  return true;
}

enum fq_status fq_journal_verify(fq_db *db, struct fq_head *head, struct fq_error *e) {
  return fq_journal_verify_range(db, 1, INT64_MAX, head, e);
}

enum fq_status fq_journal_verify_range(fq_db *db, int64_t from, int64_t until, struct fq_head *head,
                                       struct fq_error *e) {
  if (!head_before(db, from, head)) return broken(e, from - 1, "缺失", "missing");
  fq_stmt *q = fq_journal_after(db, from - 1, until);
  while (fq_row(q)) {
    struct fq_row r;
    uint8_t digest[FQ_SHA256], link[FQ_SHA256];
    enum fq_status bad = FQ_OK;
    fq_journal_get(q, &r);
    const void *kept_digest = blob(q, 10), *kept_link = blob(q, 11);
    fq_sha256_text(r.data, digest);
    fq_chain_link(head->link, &r, digest, link);
    if (r.seq != head->seq + 1)
      bad = broken(e, head->seq + 1, "缺失", "missing");
    else if (!kept_digest || memcmp(digest, kept_digest, FQ_SHA256))
      bad = broken(e, r.seq, "内容被改动", "its data was changed");
    else if (!kept_link || memcmp(link, kept_link, FQ_SHA256))
      bad = broken(e, r.seq, "与前文的链接不符", "its link does not fit what precedes it");
    if (bad) {
      fq_done(q);
      return bad;
    }
    head->seq = r.seq;
    head->at_ms = r.at_ms;
    memcpy(head->link, link, FQ_SHA256);
  }
  return fq_db_error(db, e);
}
