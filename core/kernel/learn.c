/*
 * Learning from another kernel's journal what stands: only the entries of some kinds are applied - who works
 * where, rosters, calendars, packs - and what has happened besides is left out. Kernel thread, before
 * traffic.
 */
#include <stdlib.h>
#include <string.h>

#include "kernel/internal.h"

static enum fq_status apply_rows(fq_kernel *k, fq_db *from, const char *kinds, struct fq_error *e) {
  fq_stmt *q = fq_journal_of(from, kinds);
  while (fq_row(q)) {
    struct fq_row r;
    fq_journal_get(q, &r);
    if (!fq_map_get(k->kinds, r.kind)) continue; /* of a plugin that is not loaded here */
    bool stopped;
    fq_json *data = fq_json_parse(r.data, strlen(r.data), e);
    enum fq_status st = data ? fq_apply_row(k, &r, data, false, NULL, &stopped, e) : e->status;
    fq_json_free(data);
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
