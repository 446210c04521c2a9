/*
 * Idempotency: a command's key, the digest of its parameters and its result ride on its last entry, so the
 * journal alone can rebuild who has been answered what. Kernel thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "kernel/internal.h"

#define KEEP_MS (8 * 86400000LL) /* the contract says at least 7 days */

const char fq_receipt_schema[] =
    "CREATE TABLE IF NOT EXISTS receipt(key TEXT, actor TEXT, digest TEXT NOT NULL, at_ms INTEGER NOT NULL,"
    " result TEXT NOT NULL, PRIMARY KEY(key, actor)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS receipt_at ON receipt(at_ms);";

enum fq_status fq_receipt_find(fq_kernel *k, struct fq_request *r, bool *found) {
  *found = false;
  if (!r->state->idem[0]) return FQ_OK;
  fq_stmt *q = fq_sql(k->db, "SELECT digest, result FROM receipt WHERE key = ? AND actor = ?", "ss",
                      r->state->idem, r->state->actor.name);
  if (!fq_row(q)) return fq_failed(k->db) ? fq_db_error(k->db, &r->error) : FQ_OK;
  char hex[FQ_SHA256_HEX];
  fq_hex(r->state->digest, FQ_SHA256, hex);
  enum fq_status st = FQ_OK;
  if (strcmp(hex, fq_col_str(q, 0)))
    st = fq_fail(&r->error, FQ_E_IDEMPOTENCY, "idem.mismatch", "params.idem", "这个幂等键已用于另一条命令",
                 "this idempotency key was used for another command");
  else {
    const char *text = fq_col_str(q, 1);
    r->result = fq_json_parse(text, strlen(text), NULL);
    if (r->result) fq_json_set_bool(r->result, "dup", true);
    *found = r->result != NULL;
  }
  fq_done(q);
  return st;
}

static void put(fq_db *db, int64_t seq, int64_t at_ms, const char *actor, const char *key, const char *digest,
                const char *result) {
  fq_exec(db, "INSERT OR REPLACE INTO receipt(key, actor, digest, at_ms, result) VALUES(?,?,?,?,?)", "sssis",
          key, actor, digest, at_ms, result);
  /* A few old ones go with every sixteenth: no sweep ever stalls a tick, and a rebuild forgets the same ones.
   */
  if (seq % 16 == 0)
    fq_exec(db,
            "DELETE FROM receipt WHERE (key, actor) IN (SELECT key, actor FROM receipt WHERE at_ms < ? ORDER "
            "BY at_ms, key,"
            " actor LIMIT 64)",
            "i", at_ms - KEEP_MS);
}

void fq_receipt_apply(fq_db *db, int64_t seq, int64_t at_ms, const char *actor, const char *receipt) {
  fq_json *v = receipt ? fq_json_parse(receipt, strlen(receipt), NULL) : NULL;
  if (!v) return;
  char *result = fq_json_print(fq_json_get(v, "result"));
  put(db, seq, at_ms, actor, fq_json_str(v, "key"), fq_json_str(v, "digest"), result);
  free(result);
  fq_json_free(v);
}

/* {"key":...,"digest":...,"result":...}; the result is printed once, for the row and for the journal. */
void fq_receipt_put(fq_kernel *k, struct fq_tick *t, struct fq_request *r, fq_json *result) {
  if (t->count == t->command_from) return; /* nothing changed: doing it again is harmless */
  struct staged *last = t->entries[t->count - 1];
  if (!r->state->idem[0]) {
    last->receipt = fq_strdup(""); /* the command ends here: see struct fq_row */
    return;
  }
  char hex[FQ_SHA256_HEX];
  fq_hex(r->state->digest, FQ_SHA256, hex);
  fq_json *v = fq_json_object();
  fq_json_set_str(v, "key", r->state->idem);
  fq_json_set_str(v, "digest", hex);
  char *head = fq_json_print(v), *text = fq_json_print(result);
  last->receipt = fq_printf("%.*s,\"result\":%s}", (int)strlen(head) - 1, head, text);
  bool former = fq_db_allow_write(k->db, true);
  put(k->db, last->entry.seq, last->entry.at_ms, last->entry.actor, r->state->idem, hex, text);
  fq_db_allow_write(k->db, former);
  free(head);
  free(text);
  fq_json_free(v);
}
