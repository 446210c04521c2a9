/* fengqiao restore: a county out of a backup. The server is stopped; what was there is kept beside it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "kernel/backup.h"
#include "main/boot.h"
#include "store/db.h"

static enum fq_status cannot(struct fq_error *e, const char *path) {
  return fq_fail(e, FQ_E_STORAGE, "restore.file", path, "%s:%s", "%s: %s", path, strerror(errno));
}

/* What opens the sealed passwords. Another key there means another county. */
static enum fq_status take_key(const char *data, const char *dir, struct fq_error *e) {
  char from[700], to[700];
  size_t a_len = 0, b_len = 0;
  struct fq_error none = {0};
  snprintf(from, sizeof from, "%s/county.key", dir);
  snprintf(to, sizeof to, "%s/county.key", data);
  if (access(from, R_OK)) {
    if (!access(to, R_OK)) return FQ_OK; /* a bare file, on the machine it came from */
    return fq_fail(e, FQ_E_NOT_FOUND, "restore.key", from, "备份旁没有县密钥,密码将无法使用",
                   "the county key is not beside the backup: no password could be used");
  }
  if (access(to, R_OK)) return fq_backup_file(from, to, e);
  char *a = fq_read_file(from, &a_len, &none), *b = fq_read_file(to, &b_len, &none);
  bool same = a && b && a_len == b_len && !memcmp(a, b, a_len);
  free(a);
  free(b);
  if (same) return FQ_OK;
  return fq_fail(e, FQ_E_CONFLICT, "restore.key", to,
                 "数据目录里是另一个县的密钥:请恢复到空目录,或先把它移开",
                 "the data directory holds another county's key: restore into an empty one, or move it away");
}

static void remove_log(const char *path) {
  char part[720];
  snprintf(part, sizeof part, "%s-wal", path);
  unlink(part);
  snprintf(part, sizeof part, "%s-shm", path);
  unlink(part);
}

/* The county as it was stays beside the new one. Its log is part of it and is folded in first. */
static enum fq_status set_aside(const char *path, struct fq_error *e) {
  char back[720];
  if (access(path, F_OK)) return FQ_OK;
  snprintf(back, sizeof back, "%s.before-restore", path);
  struct fq_error none = {0};
  fq_db *db = fq_db_open(path, FQ_DB_WRITER, &none); /* a damaged one is kept as it is */
  if (db) fq_db_run(db, "PRAGMA wal_checkpoint(TRUNCATE)");
  fq_db_close(db);
  unlink(back);
  if (link(path, back)) return cannot(e, back);
  remove_log(path);
  return FQ_OK;
}

static enum fq_status put(const char *data, const char *dir, const char *file, struct fq_error *e) {
  char from[800], fresh[700], path[700];
  int64_t blobs;
  snprintf(from, sizeof from, "%s/%s", dir, file);
  snprintf(fresh, sizeof fresh, "%s/restored.db.part", data);
  snprintf(path, sizeof path, "%s/county.db", data);
  unlink(fresh);
  enum fq_status st = fq_db_copy(from, fresh, NULL, NULL, e);
  if (!st) st = fq_db_new_epoch(fresh, e);
  remove_log(fresh);
  if (!st) st = fq_backup_blobs(dir, data, NULL, &blobs, e);
  if (!st) st = set_aside(path, e);
  if (!st && rename(fresh, path)) st = cannot(e, path);
  if (st) unlink(fresh);
  return st;
}

/* "DIR/FILE" or FILE among the county's own. */
static void place(const struct common *c, const char *given, char dir[600], const char **file) {
  const char *slash = strrchr(given, '/');
  *file = slash ? slash + 1 : given;
  if (slash)
    snprintf(dir, 600, "%.*s", (int)(slash - given > 0 ? slash - given : 1), given);
  else
    snprintf(dir, 600, "%s/backups", c->data);
}

static int restore(const struct common *c, const char *given) {
  struct fq_error e = {0};
  struct fq_backup_made found;
  struct server s = {.common = *c, .lock_fd = -1};
  char dir[600];
  const char *file;
  place(c, given, dir, &file);
  enum fq_status st = fq_backup_verify(dir, file, NULL, &found, &e);
  if (!st && mkdir(c->data, 0700) && errno != EEXIST) st = cannot(&e, c->data);
  if (!st) st = fq_boot_lock(&s, &e);
  if (!st) st = take_key(c->data, dir, &e);
  if (!st) st = put(c->data, dir, file, &e);
  fq_boot_close(&s);
  if (st) return fq_complain(&e);
  if (!c->quiet)
    printf("已恢复到第 %lld 条 / restored up to entry %lld\n"
           "原库保留为 county.db.before-restore / the old file is kept as that\n"
           "终端会自动重新取快照;其后的记录不在其中 / terminals take a snapshot by themselves; what came "
           "later is gone\n",
           (long long)found.head, (long long)found.head);
  return EXIT_DONE;
}

static int run(int argc, char **argv) {
  struct common c;
  int code = fq_common(&argc, argv, &c, &fq_command_restore);
  if (code >= 0) return code;
  if (argc != 2) return fq_usage(&fq_command_restore, stderr);
  return restore(&c, argv[1]);
}

const struct command fq_command_restore = {
    "restore", run, "从备份恢复", "a county out of a backup",
    "usage: fengqiao restore [--data DIR] FILE\n\n"
    "FILE 是 fengqiao backup list 列出的名字,或带目录的路径。先校验,再替换;服务器须已停止。\n"
    "数据目录可以是空的:换一台机器也这样恢复。原来的库保留为 county.db.before-restore。\n"
    "FILE is a name that `fengqiao backup list` shows, or a path to one. It is verified before anything is "
    "replaced;\n"
    "the server has to be stopped. The data directory may be empty: a new machine is set up like this. What "
    "was\n"
    "there is kept as county.db.before-restore.\n"};
