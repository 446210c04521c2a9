/* Making, checking, listing and thinning out backups: see backup.h. */
#include "kernel/backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "store/journal.h"

#define SPARE_BYTES (64LL << 20) /* left over for the county, whose own writing matters more */

static bool tell(const struct fq_backup_watch *w, const char *phase, int64_t done, int64_t total) {
  return !w || !w->tell || w->tell(w->arg, phase, done, total);
}

/* county-YYYYMMDDTHHMMSSZ-<head>.db */
bool fq_backup_name_ok(const char *file) {
  static const char pattern[] = "county-00000000T000000Z-";
  size_t head = sizeof pattern - 1, len = file ? strlen(file) : 0;
  if (len < head + 4 || len >= FQ_BACKUP_NAME || strcmp(file + len - 3, ".db")) return false;
  for (size_t i = 0; i < head; i++)
    if (pattern[i] == '0' ? file[i] < '0' || file[i] > '9' : file[i] != pattern[i]) return false;
  return strspn(file + head, "0123456789") == len - head - 3;
}

static int64_t name_time(const char *file) {
  char text[32];
  snprintf(text, sizeof text, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2sZ", file + 7, file + 11, file + 13, file + 16,
           file + 18, file + 20);
  return fq_time_parse(text);
}
static int64_t name_head(const char *file) {
  return strtoll(file + 24, NULL, 10);
}

static enum fq_status failed(struct fq_error *e, const char *path) {
  bool full = errno == ENOSPC || errno == EDQUOT;
  return fq_fail(e, FQ_E_STORAGE, full ? "backup.full" : "backup.file", path, "%s:%s", "%s: %s",
                 full ? "磁盘已满 / disk full" : path, strerror(errno));
}

static void sync_dir(const char *dir) {
  int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
}

enum fq_status fq_backup_file(const char *from, const char *to, struct fq_error *e) {
  char buffer[65536], part[800];
  snprintf(part, sizeof part, "%s.part", to);
  int in = open(from, O_RDONLY | O_CLOEXEC), out = -1;
  ssize_t n = -1;
  if (in >= 0) out = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  while (out >= 0 && (n = read(in, buffer, sizeof buffer)) > 0)
    if (write(out, buffer, (size_t)n) != n) {
      n = -1;
      break;
    }
  bool ok = out >= 0 && n == 0 && fsync(out) == 0;
  enum fq_status st = ok ? FQ_OK : failed(e, in < 0 ? from : to);
  if (in >= 0) close(in);
  if (out >= 0) close(out);
  if (ok && rename(part, to)) st = failed(e, to);
  if (st) unlink(part);
  return st;
}

/* -- attachments: named by what is in them, so one that is there need not be looked at again */

static enum fq_status one_blob(const char *from, const char *to, int64_t *count, struct fq_error *e) {
  if (!access(to, F_OK)) return FQ_OK;
  ++*count;
  if (!link(from, to)) return FQ_OK; /* the same disk: nothing is copied, and nothing can change it */
  return fq_backup_file(from, to, e);
}

static enum fq_status blob_folder(const char *from, const char *to, int64_t *count, struct fq_error *e) {
  DIR *d = opendir(from);
  enum fq_status st = FQ_OK;
  if (!d) return FQ_OK;
  if (mkdir(to, 0700) && errno != EEXIST) st = failed(e, to);
  for (const struct dirent *x; !st && (x = readdir(d));) {
    char a[800], b[800];
    if (strlen(x->d_name) != 64) continue;
    snprintf(a, sizeof a, "%s/%s", from, x->d_name);
    snprintf(b, sizeof b, "%s/%s", to, x->d_name);
    st = one_blob(a, b, count, e);
  }
  closedir(d);
  return st;
}

enum fq_status fq_backup_blobs(const char *from_dir, const char *to_dir, const struct fq_backup_watch *watch,
                               int64_t *count, struct fq_error *e) {
  char a[700], b[700];
  snprintf(b, sizeof b, "%s/blobs", to_dir);
  *count = 0;
  if (mkdir(b, 0700) && errno != EEXIST) return failed(e, b);
  for (int i = 0; i < 256; i++) {
    snprintf(a, sizeof a, "%s/blobs/%02x", from_dir, i);
    snprintf(b, sizeof b, "%s/blobs/%02x", to_dir, i);
    enum fq_status st = blob_folder(a, b, count, e);
    if (st) return st;
    if (!tell(watch, "blobs", i + 1, 256))
      return fq_fail(e, FQ_E_STORAGE, "backup.stopped", "", "备份被中止", "the backup was stopped");
  }
  return FQ_OK;
}

/* -- what the verification found, beside the file */

static void note_path(const char *dir, const char *file, char out[800]) {
  snprintf(out, 800, "%s/%.*s.json", dir, (int)strlen(file) - 3, file);
}

static enum fq_status write_note(const char *dir, const struct fq_backup_made *m, int64_t now_ms,
                                 struct fq_error *e) {
  char path[800];
  fq_json *o = fq_json_object();
  fq_json_set_int(o, "head", m->head);
  fq_json_set_int(o, "bytes", m->bytes);
  fq_json_set_int(o, "blobs", m->blobs);
  fq_json_set_int(o, "took_ms", m->took_ms);
  fq_json_set_time(o, "verified_at", now_ms);
  char *text = fq_json_print(o);
  note_path(dir, m->file, path);
  FILE *f = fopen(path, "w");
  bool ok = f && fputs(text, f) >= 0 && !fflush(f) && !fsync(fileno(f));
  enum fq_status st = ok ? FQ_OK : failed(e, path);
  if (f) fclose(f);
  free(text);
  fq_json_free(o);
  return st;
}

static fq_json *read_note(const char *dir, const char *file) {
  char path[800], text[1024];
  note_path(dir, file, path);
  FILE *f = fopen(path, "r");
  if (!f) return NULL;
  size_t n = fread(text, 1, sizeof text, f);
  fclose(f);
  return fq_json_parse(text, n, NULL);
}

/* -- verifying */

static enum fq_status verify(const char *path, const struct fq_backup_watch *watch, struct fq_head *head,
                             struct fq_error *e) {
  tell(watch, "verify", 0, 2);
  enum fq_status st = fq_db_sound(path, e);
  if (!st && !tell(watch, "verify", 1, 2))
    return fq_fail(e, FQ_E_STORAGE, "backup.stopped", "", "备份被中止", "the backup was stopped");
  fq_db *db = st ? NULL : fq_db_open(path, FQ_DB_READER, e);
  if (!st && !db) st = e->status;
  if (!st) st = fq_journal_verify(db, head, e);
  fq_db_close(db);
  tell(watch, "verify", 2, 2);
  return st;
}

enum fq_status fq_backup_verify(const char *dir, const char *file, const struct fq_backup_watch *watch,
                                struct fq_backup_made *found, struct fq_error *e) {
  char path[800];
  struct fq_head head;
  struct stat s;
  int64_t from_us = fq_monotonic_us();
  memset(found, 0, sizeof *found);
  if (!fq_backup_name_ok(file))
    return fq_fail(e, FQ_E_NOT_FOUND, "backup.unknown", "file", "没有这个备份", "there is no such backup");
  snprintf(path, sizeof path, "%s/%s", dir, file);
  if (stat(path, &s))
    return fq_fail(e, FQ_E_NOT_FOUND, "backup.unknown", "file", "没有备份 %s", "there is no backup %s", file);
  enum fq_status st = verify(path, watch, &head, e);
  if (!st && head.seq != name_head(file))
    st = fq_fail(e, FQ_E_STORAGE, "backup.head", path, "应止于第 %lld 条,实为第 %lld 条",
                 "it should end at entry %lld and ends at %lld", (long long)name_head(file),
                 (long long)head.seq);
  fq_copy(found->file, sizeof found->file, file);
  found->head = head.seq;
  found->bytes = s.st_size;
  found->took_ms = (fq_monotonic_us() - from_us) / 1000;
  return st;
}

/* -- making */

static enum fq_status enough_room(const char *from, const char *dir, struct fq_error *e) {
  char wal[800];
  struct stat db, log = {0};
  struct statvfs v;
  snprintf(wal, sizeof wal, "%s-wal", from);
  if (stat(from, &db)) return failed(e, from);
  if (stat(wal, &log)) log.st_size = 0;
  if (statvfs(dir, &v)) return failed(e, dir);
  int64_t need = (int64_t)db.st_size + log.st_size + SPARE_BYTES,
          free = (int64_t)v.f_bavail * (int64_t)v.f_frsize;
  if (free >= need) return FQ_OK;
  return fq_fail(e, FQ_E_STORAGE, "backup.full", dir, "空间不足:备份要 %lld MiB,只剩 %lld MiB",
                 "not enough room: a backup takes %lld MiB, %lld MiB are left", (long long)(need >> 20),
                 (long long)(free >> 20));
}

static bool step(void *arg, int64_t done, int64_t total) {
  return tell(arg, "copy", done, total);
}

static int by_age(const struct dirent **a, const struct dirent **b) {
  int64_t x = name_time((*a)->d_name), y = name_time((*b)->d_name);
  if (x == y) x = name_head((*a)->d_name), y = name_head((*b)->d_name);
  return x < y ? 1 : x > y ? -1 : 0;
}
static int is_backup(const struct dirent *d) {
  return fq_backup_name_ok(d->d_name);
}

static void thin_out(const char *dir, int keep) {
  struct dirent **found = NULL;
  int n = scandir(dir, &found, is_backup, by_age);
  for (int i = 0; i < n; i++) {
    char path[800];
    if (keep > 0 && i >= keep) {
      snprintf(path, sizeof path, "%s/%s", dir, found[i]->d_name);
      unlink(path);
      note_path(dir, found[i]->d_name, path);
      unlink(path);
    }
    free(found[i]);
  }
  free(found);
}

/* Another process may be at work on its own at this moment. */
static bool being_made(const char *name) {
  long pid = 0;
  char rest[8] = "";
  if (sscanf(name, "making-%ld.%7s", &pid, rest) != 2 || pid <= 0 || pid == (long)getpid()) return false;
  return !kill((pid_t)pid, 0) || errno == EPERM;
}

void fq_backup_tidy(const char *dir) {
  DIR *d = opendir(dir);
  if (!d) return;
  for (const struct dirent *x; (x = readdir(d));) {
    char path[800];
    size_t len = strlen(x->d_name);
    if (being_made(x->d_name)) continue;
    bool half = strstr(x->d_name, ".part") != NULL;
    if (!half && len > 5 && !strncmp(x->d_name, "county-", 7) && !strcmp(x->d_name + len - 5, ".json")) {
      snprintf(path, sizeof path, "%s/%.*s.db", dir, (int)len - 5, x->d_name);
      half = access(path, F_OK) != 0; /* a note about a file that never got its name */
    }
    if (!half) continue;
    snprintf(path, sizeof path, "%s/%s", dir, x->d_name);
    unlink(path);
  }
  closedir(d);
}

static enum fq_status make(const char *data_dir, const char *dir, int64_t now_ms,
                           const struct fq_backup_watch *watch, const char *part, struct fq_backup_made *made,
                           struct fq_error *e) {
  char from[700], path[800], key[700], key_to[700];
  struct fq_head head;
  struct stat s;
  time_t seconds = (time_t)(now_ms / 1000);
  struct tm utc;
  int64_t from_us = fq_monotonic_us();
  snprintf(from, sizeof from, "%s/county.db", data_dir);
  enum fq_status st = enough_room(from, dir, e);
  if (!st) st = fq_db_copy(from, part, step, (void *)(uintptr_t)watch, e);
  if (!st) st = verify(part, watch, &head, e);
  if (!st) st = fq_backup_blobs(data_dir, dir, watch, &made->blobs, e);
  snprintf(key, sizeof key, "%s/county.key", data_dir);
  snprintf(key_to, sizeof key_to, "%s/county.key", dir);
  if (!st) st = fq_backup_file(key, key_to, e);
  if (!st && stat(part, &s)) st = failed(e, part);
  if (st) return st;
  gmtime_r(&seconds, &utc);
  char when[24];
  strftime(when, sizeof when, "%Y%m%dT%H%M%SZ", &utc);
  snprintf(made->file, sizeof made->file, "county-%s-%lld.db", when, (long long)head.seq);
  made->head = head.seq;
  made->bytes = s.st_size;
  made->took_ms = (fq_monotonic_us() - from_us) / 1000;
  st = write_note(dir, made, now_ms, e);
  snprintf(path, sizeof path, "%s/%s", dir, made->file);
  if (!st && rename(part, path)) st = failed(e, path);
  sync_dir(dir);
  return st;
}

enum fq_status fq_backup_make(const char *data_dir, const char *dir, int keep, int64_t now_ms,
                              const struct fq_backup_watch *watch, struct fq_backup_made *made,
                              struct fq_error *e) {
  char part[800];
  memset(made, 0, sizeof *made);
  if (mkdir(dir, 0700) && errno != EEXIST) return failed(e, dir);
  /* Two at once (the server and a command line) write two files. */
  snprintf(part, sizeof part, "%s/making-%ld.part", dir, (long)getpid());
  fq_backup_tidy(dir);
  enum fq_status st = make(data_dir, dir, now_ms, watch, part, made, e);
  if (st)
    unlink(part);
  else
    thin_out(dir, keep);
  return st;
}

fq_json *fq_backup_list(const char *dir) {
  fq_json *rows = fq_json_array();
  struct dirent **found = NULL;
  int n = scandir(dir, &found, is_backup, by_age);
  for (int i = 0; i < n; i++) {
    static const char *const told[] = {"verified_at", "blobs", "took_ms"};
    char path[800];
    struct stat s;
    const char *file = found[i]->d_name;
    snprintf(path, sizeof path, "%s/%s", dir, file);
    fq_json *note = read_note(dir, file), *o = fq_json_object();
    fq_json_set_str(o, "file", file);
    fq_json_set_time(o, "at", name_time(file));
    fq_json_set_int(o, "head", name_head(file));
    fq_json_set_int(o, "bytes", stat(path, &s) ? 0 : s.st_size);
    for (size_t k = 0; note && k < sizeof told / sizeof *told; k++)
      if (fq_json_get(note, told[k])) fq_json_set(o, told[k], fq_json_dup(fq_json_get(note, told[k])));
    fq_json_push(rows, o);
    fq_json_free(note);
    free(found[i]);
  }
  free(found);
  return rows;
}
