/* Copying a living database: see backup.h. */
#include "store/backup.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/mem.h"
#include "store/db.h"

#define PAGES_A_STEP 512 /* 2 MiB: progress is told often, a stop is prompt */

static enum fq_status failed(struct fq_error *e, sqlite3 *db, const char *path, int rc) {
  const char *why = db && sqlite3_errcode(db) ? sqlite3_errmsg(db) : sqlite3_errstr(rc);
  if (rc == SQLITE_FULL)
    return fq_fail(e, FQ_E_STORAGE, "backup.full", path, "磁盘已满,备份没有做成:%s",
                   "the disk is full, there is no backup: %s", why);
  return fq_fail(e, FQ_E_STORAGE, "backup.copy", path, "复制失败:%s", "copying failed: %s", why);
}

static int copy_pages(sqlite3 *to, sqlite3 *from, fq_backup_progress progress, void *arg, bool *stopped) {
  sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
  if (!b) return sqlite3_errcode(to);
  int rc;
  do {
    rc = sqlite3_backup_step(b, PAGES_A_STEP);
    int total = sqlite3_backup_pagecount(b);
    *stopped = progress && !progress(arg, total - sqlite3_backup_remaining(b), total);
    if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED) sqlite3_sleep(5), rc = SQLITE_OK;
  } while (rc == SQLITE_OK && !*stopped);
  int finished = sqlite3_backup_finish(b);
  return rc == SQLITE_DONE ? finished : rc;
}

/* What is renamed into place must be on disk before its name is. */
static bool sync_file(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  bool ok = fd >= 0 && fsync(fd) == 0;
  if (fd >= 0) close(fd);
  return ok;
}

enum fq_status fq_db_copy(const char *from, const char *to, fq_backup_progress progress, void *arg,
                          struct fq_error *e) {
  sqlite3 *source = NULL, *target = NULL;
  bool stopped = false;
  int rc = sqlite3_open_v2(from, &source, SQLITE_OPEN_READONLY, NULL);
  sqlite3 *at_fault = source;
  /* One read transaction for all of it: without it the copy begins anew with every commit, and on a busy
   * server never ends. */
  if (rc == SQLITE_OK) {
    sqlite3_busy_timeout(source, 5000);
    rc = sqlite3_exec(source, "BEGIN; SELECT count(*) FROM meta;", NULL, NULL, NULL);
  }
  if (rc == SQLITE_OK) {
    rc = sqlite3_open_v2(to, &target, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    at_fault = target;
  }
  if (rc == SQLITE_OK)
    /* Synced once, and thrown away when it fails: nothing to roll back to, no journal left beside it. */
    rc = sqlite3_exec(target, "PRAGMA synchronous=OFF; PRAGMA journal_mode=OFF", NULL, NULL, NULL);
  if (rc == SQLITE_OK) rc = copy_pages(target, source, progress, arg, &stopped);
  /* A file that is one file: no log beside it to forget. */
  if (rc == SQLITE_OK && !stopped) rc = sqlite3_exec(target, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL);
  enum fq_status st = FQ_OK;
  if (stopped)
    st = fq_fail(e, FQ_E_STORAGE, "backup.stopped", "", "备份被中止", "the backup was stopped");
  else if (rc != SQLITE_OK)
    st = failed(e, at_fault, rc == SQLITE_OK ? from : to, rc);
  sqlite3_close(target);
  sqlite3_close(source);
  if (!st && !sync_file(to))
    st = fq_fail(e, FQ_E_STORAGE, "backup.sync", to, "写不到磁盘上", "it could not be brought to disk");
  return st;
}

enum fq_status fq_db_sound(const char *path, struct fq_error *e) {
  fq_db *db = fq_db_open(path, FQ_DB_READER, e);
  if (!db) return e->status;
  char said[200] = "";
  fq_stmt *q = fq_sql(db, "PRAGMA integrity_check(1)", "");
  if (fq_row(q)) {
    fq_copy(said, sizeof said, fq_col_str(q, 0));
    fq_done(q);
  }
  enum fq_status st = fq_db_error(db, e);
  if (!st && strcmp(said, "ok"))
    st = fq_fail(e, FQ_E_STORAGE, "backup.damaged", path, "文件已损坏:%s", "the file is damaged: %s", said);
  fq_db_close(db);
  return st;
}

enum fq_status fq_db_new_epoch(const char *path, struct fq_error *e) {
  char epoch[32];
  fq_db *db = fq_db_open(path, FQ_DB_WRITER, e);
  if (!db) return e->status;
  fq_random_token(epoch, 12);
  bool former = fq_db_allow_write(db, true);
  fq_exec(db, "UPDATE meta SET value = ? WHERE name = 'epoch'", "s", epoch);
  fq_db_allow_write(db, former);
  fq_db_run(db, "PRAGMA journal_mode=DELETE");
  enum fq_status st = fq_db_error(db, e);
  fq_db_close(db);
  if (!st && !sync_file(path))
    st = fq_fail(e, FQ_E_STORAGE, "backup.sync", path, "写不到磁盘上", "it could not be brought to disk");
  return st;
}
