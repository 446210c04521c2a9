/* Tables of modules, step by step: see migrate.h. */
#include "store/migrate.h"

enum fq_status fq_migrate(fq_db *db, const char *module, const char *const *steps, struct fq_error *e) {
  fq_db_run(
      db,
      "CREATE TABLE IF NOT EXISTS migration(module TEXT PRIMARY KEY, step INTEGER NOT NULL) WITHOUT ROWID");
  int64_t done = fq_int(db, 0, "SELECT step FROM migration WHERE module = ?", "s", module), step = 0;
  bool former = fq_db_allow_write(db, true);
  for (; steps && steps[step] && !fq_failed(db); step++) {
    if (step < done) continue;
    fq_db_begin(db, true);
    fq_db_run(db, steps[step]);
    fq_exec(db, "INSERT OR REPLACE INTO migration(module, step) VALUES(?,?)", "si", module, step + 1);
    fq_db_commit(db);
  }
  fq_db_allow_write(db, former);
  if (fq_failed(db)) return fq_db_error(db, e);
  if (step < done)
    return fq_fail(
        e, FQ_E_STORAGE, "migrate.newer", module, "数据库比程序新:模块 %s 已到第 %lld 步,程序只认识 %lld 步",
        "the database is newer than the program: module %s is at step %lld, the program knows %lld", module,
        (long long)done, (long long)step);
  return FQ_OK;
}
