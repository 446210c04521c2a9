/* Durable timers as rows: see timer.h. The table holds open timers only, so it and its index stay small. */
#include "store/timer.h"

#include <string.h>

#include "base/mem.h"

const char fq_timer_schema[] =
    "CREATE TABLE IF NOT EXISTS timer(id TEXT PRIMARY KEY, due_ms INTEGER NOT NULL, method TEXT NOT NULL,"
    " subject TEXT NOT NULL, params TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS timer_due ON timer(due_ms, id);"
    "CREATE INDEX IF NOT EXISTS timer_subject ON timer(subject);";

void fq_timer_put(fq_db *db, const char *id, int64_t due_ms, const char *method, const char *subject,
                  const char *params) {
  fq_exec(db, "INSERT OR REPLACE INTO timer(id, due_ms, method, subject, params) VALUES(?,?,?,?,?)", "sisss",
          id, due_ms, method, subject ? subject : "", params);
}

void fq_timer_delete(fq_db *db, const char *id) {
  fq_exec(db, "DELETE FROM timer WHERE id = ?", "s", id);
}

int64_t fq_timer_earliest(fq_db *db) {
  return fq_int(db, -1, "SELECT due_ms FROM timer ORDER BY due_ms, id LIMIT 1", "");
}

bool fq_timer_next(fq_db *db, int64_t until_ms, struct fq_timer_row *out) {
  fq_stmt *q = fq_sql(
      db,
      "SELECT id, due_ms, method, subject, params FROM timer WHERE due_ms <= ? ORDER BY due_ms, id LIMIT 1",
      "i", until_ms);
  if (!fq_row(q)) return false;
  const char *params = fq_col_str(q, 4);
  fq_copy(out->id, sizeof out->id, fq_col_str(q, 0));
  out->due_ms = fq_col_int(q, 1);
  fq_copy(out->method, sizeof out->method, fq_col_str(q, 2));
  fq_copy(out->subject, sizeof out->subject, fq_col_str(q, 3));
  out->params = fq_json_parse(params, strlen(params), NULL);
  if (!out->params) out->params = fq_json_object();
  fq_done(q);
  return true;
}
