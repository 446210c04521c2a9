/*
 * From a journal to tables: every row is linked, copied and applied, in order. What comes out must equal what
 * the ticks have written; `fengqiao journal rebuild --check` compares. Kernel thread, before traffic.
 */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "kernel/internal.h"

#define ROWS_A_TRANSACTION 10000
#define LAST_MS            INT64_C(253402300799999) /* of the year 9999: what is added to a time stays a time */

enum fq_status fq_apply_row(fq_kernel *k, const struct fq_row *r, const fq_json *data, bool begins,
                            const struct fq_past_hooks *hooks, bool *stopped, struct fq_error *e) {
  const struct bound_kind *b = fq_map_get(k->kinds, r->kind);
  if (!b)
    return fq_fail(e, FQ_E_NOT_FOUND, "entry.kind", r->kind, "第 %lld 条:没有模块认识记录种类 %s",
                   "entry %lld: no module knows the kind %s", (long long)r->seq, r->kind);
  if (r->at_ms < 0 || r->at_ms > LAST_MS)
    return fq_fail(e, FQ_E_PARAMS, "entry.time", "at_ms", "第 %lld 条的时间不可能:%lld",
                   "entry %lld: no possible time: %lld", (long long)r->seq, (long long)r->at_ms);
  struct fq_entry entry = {.seq = r->seq,
                           .at_ms = r->at_ms,
                           .kind = b->kind->name,
                           .subject = r->subject,
                           .org = r->org,
                           .audience = r->audience,
                           .actor = r->actor,
                           .cause = r->cause,
                           .data = data};
  enum fq_status st = FQ_OK;
  *stopped = hooks && hooks->before && !hooks->before(hooks->arg, &entry, begins);
  if (!*stopped) st = fq_apply_entry(k, b, &entry, e);
  if (!*stopped && !st && hooks && hooks->after) hooks->after(hooks->arg, &entry, begins);
  return st;
}

static enum fq_status one_row(fq_kernel *k, const struct fq_row *r, struct fq_error *e) {
  bool stopped;
  fq_json *data = fq_json_parse(r->data, strlen(r->data), e);
  if (!data) return e->status;
  enum fq_status st = fq_apply_row(k, r, data, false, NULL, &stopped, e);
  fq_json_free(data);
  if (st) return st;
  bool former = fq_db_allow_write(k->db, true);
  fq_receipt_apply(k->db, r->seq, r->at_ms, r->actor, r->receipt);
  fq_db_allow_write(k->db, former);
  if (!fq_journal_append(k->db, &k->head, r)) return fq_db_error(k->db, e);
  return FQ_OK;
}

enum fq_status fq_kernel_rebuild(fq_kernel *k, const char *path, int64_t *rows, struct fq_error *e) {
  struct fq_head head;
  fq_db *from = fq_db_open(path, FQ_DB_READER, e);
  if (!from) return e->status;
  enum fq_status st = fq_journal_verify(from, &head, e);
  fq_stmt *q = st ? NULL : fq_journal_after(from, 0, INT64_MAX);
  int64_t n = 0;
  if (!st && !fq_db_begin(k->db, true)) st = fq_db_error(k->db, e);
  while (!st && fq_row(q)) {
    struct fq_row r;
    fq_journal_get(q, &r);
    st = one_row(k, &r, e);
    if (!st && ++n % ROWS_A_TRANSACTION == 0)
      if (!fq_db_commit(k->db) || !fq_db_begin(k->db, true)) st = fq_db_error(k->db, e);
  }
  if (st) {
    fq_done(q);
    fq_db_rollback(k->db);
  } else if (!fq_db_commit(k->db))
    st = fq_db_error(k->db, e);
  else if (memcmp(k->head.link, head.link, sizeof head.link))
    st = fq_fail(e, FQ_E_INTERNAL, "rebuild.chain", "", "重建后的链头不同",
                 "the rebuilt chain has another head");
  /* The epoch is the journal's, not the file's. */
  fq_stmt *epoch = fq_sql(from, "SELECT value FROM meta WHERE name = 'epoch'", "");
  if (fq_row(epoch)) {
    fq_copy(k->epoch, sizeof k->epoch, fq_col_str(epoch, 0));
    fq_done(epoch);
    bool former = fq_db_allow_write(k->db, true);
    fq_exec(k->db, "UPDATE meta SET value = ? WHERE name = 'epoch'", "s", k->epoch);
    fq_db_allow_write(k->db, former);
  }
  fq_db_close(from);
  if (rows) *rows = n;
  return st;
}
