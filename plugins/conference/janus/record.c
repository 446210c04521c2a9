/*
 * record.c - the recording switch. Janus writes a file for each stream it is sent, where it may write, with
 * .tmp behind the name while it grows. It answers "recording" also when it cannot write at all, so the
 * files are looked for. One that is closed is moved to where Janus cannot reach it any more, and recording/
 * is told of it. Looking is a helper's work.
 */
#include "janus.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum {
  MISSES = 8,       /* looks, a second each, in which somebody sends and nothing is written */
  CLOSE_MS = 15000, /* after the end of a recording every file is closed by then */
  FULL_MB = 64,     /* left on the disk */
};

struct jn_recording {
  struct jn_recording *next;
  char conf[FQ_ID_MAX];
  bool on;
  int misses;
  int64_t off_ms;
};

void jn_record_dir(const struct jn_room *r, char out[160]) {
  snprintf(out, 160, "%s/%s", r->janus->plan.rec, r->conf);
}

/* A county that is a copy of another brought that one's link along: what grows there is not its own. */
bool jn_record_root(const char *data_dir, char out[700]) {
  char link[640], own[64];
  struct stat county;
  snprintf(link, sizeof link, "%s/recordings/" JN_REC_LINK, data_dir);
  ssize_t n = readlink(link, out, 699);
  if (n > 0 && stat(data_dir, &county) == 0) {
    out[n] = '\0';
    snprintf(own, sizeof own, "/" JN_REC_NAME, (unsigned long long)county.st_ino);
    if (strstr(out, own)) return true;
  }
  snprintf(out, 700, "%s/janus/rec", data_dir);
  return false;
}

void jn_record_leave(const char *data_dir) {
  char link[640], root[700];
  snprintf(link, sizeof link, "%s/recordings/" JN_REC_LINK, data_dir);
  if (jn_record_root(data_dir, root) && rmdir(root) == 0) unlink(link);
}

/* ---- the helper's part ----------------------------------------------------------------------------------
 */

static bool ends_in(const char *name, const char *with) {
  size_t n = strlen(name), m = strlen(with);
  return n >= m && strcmp(name + n - m, with) == 0;
}

/* videoroom-CONF-user-NAME~7-TIME-audio-0.mjr */
static bool read_name(const char *name, char user[FQ_ID_MAX], char kind[8]) {
  const char *at = strstr(name, "-user-"), *dash = at ? strchr(at + 6, '~') : NULL;
  if (!dash || !ends_in(name, ".mjr")) return false;
  jn_feed_user(at + 6, user);
  snprintf(kind, 8, "%s", strstr(dash, "-video-") ? "video" : "audio");
  return true;
}

/* To another disk, under a name that is no track's until all of it is there. Its time is when it was closed.
 */
static bool copy_file(int dir, const char *name, const char *to) {
  char part[1300];
  struct stat st;
  snprintf(part, sizeof part, "%s.part", to);
  int in = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  int out = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
  ssize_t n = in >= 0 && out >= 0 && fstat(in, &st) == 0 && S_ISREG(st.st_mode) ? 1 : -1;
  while (n > 0)
    n = sendfile(out, in, NULL, 1 << 24);
  struct timespec times[2] = {{0}};
  if (n == 0) times[0] = st.st_atim, times[1] = st.st_mtim;
  bool whole = n == 0 && futimens(out, times) == 0 && fsync(out) == 0 && rename(part, to) == 0;
  int why = errno;
  if (in >= 0) close(in);
  if (out >= 0) close(out);
  if (whole)
    unlinkat(dir, name, 0);
  else
    unlink(part);
  errno = why;
  return whole;
}

static bool take_over(int dir, const char *name, const char *to) {
  if (renameat(dir, name, AT_FDCWD, to) != 0) return errno == EXDEV && copy_file(dir, name, to);
  return chmod(to, 0600) == 0 && (geteuid() != 0 || lchown(to, 0, 0) == 0);
}

static void keep_file(struct jn_look *look, int dir, const char *conf, const char *name) {
  struct jn_found *f = jn_grab(sizeof *f);
  char to[900];
  int n = (int)strlen(name) - (ends_in(name, ".tmp") ? 4 : 0);
  snprintf(to, sizeof to, "%s/recordings", look->data_dir);
  mkdir(to, 0700);
  snprintf(to, sizeof to, "%s/recordings/%s", look->data_dir, conf);
  mkdir(to, 0700);
  snprintf(f->path, sizeof f->path, "%s/%.*s", to, n, name);
  snprintf(f->conf, sizeof f->conf, "%s", conf);
  bool known = read_name(strrchr(f->path, '/') + 1, f->user, f->kind);
  if (!known || !take_over(dir, name, f->path)) {
    fq_log(FQ_LOG_WARN, "janus: cannot take over %s of %s: %s", name, conf,
           known ? strerror(errno) : "a name of no track");
    free(f);
    return;
  }
  *look->last = f;
  look->last = &f->next;
}

/* What is in there is Janus's to write, so no link of its is followed. */
static void look_into(struct jn_look *look, int root, const char *conf, bool on, int *growing) {
  int fd = openat(root, conf, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
  if (!d) return;
  for (struct dirent *e; (e = readdir(d));) {
    struct stat st;
    if (e->d_name[0] == '.' || fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(st.st_mode))
      continue;
    if (ends_in(e->d_name, ".tmp") && !look->dead)
      (*growing)++;
    else if (st.st_size)
      keep_file(look, fd, conf, e->d_name);
    else
      unlinkat(dirfd(d), e->d_name, 0); /* nothing ever came */
  }
  closedir(d);
  if (!on) unlinkat(root, conf, AT_REMOVEDIR); /* when it is empty */
}

static bool nearly_full(const char *dir) {
  struct statvfs disk;
  return statvfs(dir, &disk) == 0 && (int64_t)disk.f_bavail * (int64_t)disk.f_frsize < (int64_t)FULL_MB << 20;
}

void jn_record_look(struct jn_look *look) {
  char path[700];
  jn_record_root(look->data_dir, path);
  look->last = &look->found;
  look->full = nearly_full(look->data_dir) || nearly_full(path);
  DIR *d = opendir(path);
  if (!d) return;
  for (size_t i = 0; i < look->count; i++)
    look_into(look, dirfd(d), look->confs[i].conf, look->confs[i].on, &look->confs[i].open);
  for (struct dirent *e; look->dead && (e = readdir(d));) {
    int growing = 0;
    if (e->d_name[0] != '.' && strlen(e->d_name) < FQ_ID_MAX)
      look_into(look, dirfd(d), e->d_name, false, &growing);
  }
  closedir(d);
}

/* ---- the switch -----------------------------------------------------------------------------------------
 */

static struct jn_recording *recording_of(struct cf_janus *j, const char *conf) {
  for (struct jn_recording *r = j->recordings; r; r = r->next)
    if (strcmp(r->conf, conf) == 0) return r;
  return NULL;
}

static void tell_janus(struct jn_room *r, bool on) {
  fq_json *b = jn_body("enable_recording");
  fq_json_set_bool(b, "record", on);
  jn_room_ask(r, b, NULL);
}

void jn_record_open(struct jn_room *r) {
  tell_janus(r, true);
}

void jn_record_set(struct jn_room *r, bool on) {
  struct cf_janus *j = r->janus;
  struct jn_recording *rec = recording_of(j, r->conf);
  if (r->record == on) return;
  r->record = on;
  if (!rec) {
    rec = jn_grab(sizeof *rec);
    snprintf(rec->conf, sizeof rec->conf, "%s", r->conf);
    rec->next = j->recordings;
    j->recordings = rec;
  }
  rec->on = on;
  rec->misses = 0;
  rec->off_ms = fq_now_ms(j->kernel);
  if (r->state == JN_ROOM_OPEN) tell_janus(r, on);
}

/* ---- what the helper saw --------------------------------------------------------------------------------
 */

static void over(struct cf_janus *j, struct jn_recording *rec, const char *zh, const char *en) {
  struct jn_recording **at = &j->recordings;
  struct jn_room *r = jn_room_find(j, rec->conf);
  if (r && r->record) {
    r->record = false;
    if (r->state == JN_ROOM_OPEN) tell_janus(r, false);
  }
  while (*at != rec)
    at = &(*at)->next;
  *at = rec->next;
  if (en) fq_log(FQ_LOG_WARN, "janus: recording of %s: %s", rec->conf, en);
  cf_recording_over(j->self, rec->conf, zh, en);
  free(rec);
}

static bool somebody_sends(struct cf_janus *j, const char *conf) {
  struct jn_room *r = jn_room_find(j, conf);
  for (struct jn_feed *f = r && r->state == JN_ROOM_OPEN ? r->feeds : NULL; f; f = f->next)
    for (struct jn_track *t = f->tracks; t; t = t->next)
      if (!t->off) return true;
  return false;
}

static void judge(struct cf_janus *j, struct jn_recording *rec, int open, bool full) {
  bool late = fq_now_ms(j->kernel) - rec->off_ms > CLOSE_MS;
  rec->misses = rec->on && !open && somebody_sends(j, rec->conf) ? rec->misses + 1 : 0;
  if (rec->on && full)
    over(j, rec, "磁盘快满了,录制已停止,会商继续",
         "the disk is nearly full: recording has stopped, the call goes on");
  else if (rec->misses >= MISSES)
    over(j, rec, "录制文件没有写出来(目录不可写?),录制已停止",
         "no recording is being written (is the directory writable?): it has stopped");
  else if (!rec->on && !open)
    over(j, rec, NULL, NULL);
  else if (!rec->on && late)
    over(j, rec, "录制文件没有按时关闭", "recording files were not closed in time");
}

void jn_record_tell(struct cf_janus *j, struct jn_found *found) {
  while (found) {
    struct jn_found *f = found;
    found = f->next;
    cf_recording_track(j->self, f->conf, f->user, f->kind, f->path);
    /* of a life before this one, in which nobody waits for its end */
    if (!recording_of(j, f->conf) && (!found || strcmp(found->conf, f->conf) != 0))
      cf_recording_over(j->self, f->conf, NULL, NULL);
    free(f);
  }
}

struct errand {
  struct cf_janus *janus;
  struct jn_look look;
};

static void look(void *arg) {
  jn_record_look(&((struct errand *)arg)->look);
}

static void looked(fq_kernel *k, void *arg) {
  struct errand *e = arg;
  struct cf_janus *j = e->janus;
  (void)k;
  j->looking = false;
  jn_record_tell(j, e->look.found);
  for (size_t i = 0; i < e->look.count; i++) {
    struct jn_recording *rec = recording_of(j, e->look.confs[i].conf);
    if (rec && rec->on == e->look.confs[i].on) judge(j, rec, e->look.confs[i].open, e->look.full);
  }
  free(e->look.confs);
  free(e);
}

void jn_record_second(struct cf_janus *j) {
  size_t n = 0;
  if (!j->recordings || j->looking || j->preparing) return;
  struct errand *e = jn_grab(sizeof *e);
  for (struct jn_recording *r = j->recordings; r; r = r->next)
    n++;
  e->janus = j;
  e->look.confs = jn_grab(n * sizeof *e->look.confs);
  for (struct jn_recording *r = j->recordings; r; r = r->next) {
    struct jn_looked *c = &e->look.confs[e->look.count++];
    snprintf(c->conf, sizeof c->conf, "%s", r->conf);
    c->on = r->on;
  }
  snprintf(e->look.data_dir, sizeof e->look.data_dir, "%s", fq_data_dir(j->kernel));
  j->looking = true;
  fq_work(j->kernel, look, looked, e);
}

void jn_record_free(struct cf_janus *j) {
  for (struct jn_recording *r; (r = j->recordings);) {
    j->recordings = r->next;
    free(r);
  }
}
