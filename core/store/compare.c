/* Two databases, table by table: see compare.h. */
#include "store/compare.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "store/db.h"

static int64_t differing(fq_db *db, const char *table) {
  char sql[512];
  /* The name comes from the catalogue and is quoted all the same. */
  snprintf(sql, sizeof sql,
           "SELECT (SELECT count(*) FROM (SELECT * FROM main.\"%s\" EXCEPT SELECT * FROM other.\"%s\")) +"
           " (SELECT count(*) FROM (SELECT * FROM other.\"%s\" EXCEPT SELECT * FROM main.\"%s\"))",
           table, table, table, table);
  return fq_int(db, -1, sql, "");
}

enum fq_status fq_compare(const char *path, const char *other, FILE *out, struct fq_error *e) {
  fq_db *db = fq_db_open(path, FQ_DB_READER, e);
  if (!db) return e->status;
  int tables = 0, bad = 0;
  fq_stmt *attach = fq_sql(db, "ATTACH ? AS other", "s", other);
  while (fq_row(attach))
    continue;
  fq_json *names = fq_json_array();
  fq_stmt *q = fq_sql(
      db,
      "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT IN"
      " ('meta', 'migration') UNION SELECT name FROM other.sqlite_schema WHERE type = 'table' AND name NOT"
      " LIKE 'sqlite_%' AND name NOT IN ('meta', 'migration') ORDER BY 1",
      "");
  while (fq_row(q))
    fq_json_push(names, fq_json_new_str(fq_col_str(q, 0)));
  fq_json_each(n, names) {
    int64_t rows = differing(db, fq_json_as_str(n));
    tables++;
    if (fq_failed(db)) break;
    if (rows) {
      bad++;
      fprintf(out, "%s: %lld 行不同 / rows differ\n", fq_json_as_str(n), (long long)rows);
    }
  }
  fq_json_free(names);
  enum fq_status st = fq_db_error(db, e);
  if (!st && bad)
    st = fq_fail(e, FQ_E_INTERNAL, "rebuild.differs", path, "%d 张表中有 %d 张与由日志重建的不同",
                 "of %d tables %d differ from what the journal gives", tables, bad);
  fq_db_close(db);
  return st;
}
