/*
 * Learning from another kernel's journal what stands: only the entries of some kinds are applied - who works
 * where, rosters, calendars, packs - and what has happened besides is left out. Kernel thread, before
 * traffic.
 */
#include <stdlib.h>
#include <string.h>

#include "kernel/internal.h"

static enum fq_status apply_row(fq_kernel *k, const struct fq_row *r, struct fq_error *e) {
  const struct bound_kind *b = fq_map_get(k->kinds, r->kind);
  if (!b) return FQ_OK; /* of a plugin that is not loaded here */
  fq_json *data = fq_json_parse(r->data, strlen(r->data), e);
  if (!data) return e->status;
  struct fq_entry entry = {.seq = r->seq,
                           .at_ms = r->at_ms,
                           .kind = b->kind->name,
                           .subject = r->subject,
                           .org = r->org,
                           .audience = r->audience,
                           .actor = r->actor,
                           .cause = r->cause,
                           .data = data};
  enum fq_status st = fq_apply_entry(k, b, &entry, e);
  fq_json_free(data);
  return st;
}

static enum fq_status apply_rows(fq_kernel *k, fq_db *from, const char *kinds, struct fq_error *e) {
  fq_stmt *q = fq_sql(from,
                      "SELECT seq, at_ms, kind, subject, org, actor, cause, audience, data FROM journal"
                      " WHERE kind IN (SELECT value FROM json_each(?1)) ORDER BY seq",
                      "s", kinds);
  while (fq_row(q)) {
    struct fq_row r = {.seq = fq_col_int(q, 0),
                       .at_ms = fq_col_int(q, 1),
                       .kind = fq_col_str(q, 2),
                       .subject = fq_col_str(q, 3),
                       .org = fq_col_str(q, 4),
                       .actor = fq_col_str(q, 5),
                       .cause = fq_col_int(q, 6),
                       .audience = fq_col_str(q, 7),
                       .data = fq_col_str(q, 8)};
    enum fq_status st = apply_row(k, &r, e);
    if (!st) continue;
    fq_done(q);
    return st;
  }
  return fq_failed(from) ? fq_db_error(from, e) : FQ_OK;
}

enum fq_status fq_kernel_learn(fq_kernel *k, const char *path, const fq_json *kinds, int64_t *at_ms,
                               struct fq_error *e) {
  fq_db *from = fq_db_open(path, FQ_DB_READER, e);
  if (!from) return e->status;
  char *names = fq_json_print(kinds);
  enum fq_status st = fq_db_begin(k->db, true) ? FQ_OK : fq_db_error(k->db, e);
  if (!st) st = apply_rows(k, from, names, e);
  if (st)
    fq_db_rollback(k->db);
  else if (!fq_db_commit(k->db))
    st = fq_db_error(k->db, e);
  if (!st && !fq_journal_head(from, &k->head)) st = fq_db_error(from, e);
  if (at_ms) *at_ms = k->head.at_ms;
  k->head.at_ms = 0; /* the clock is whoever's asks: earlier than that journal's end, too */
  free(names);
  fq_db_close(from);
  return st;
}
