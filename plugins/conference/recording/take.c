/*
 * take.c - what the media server has written becomes evidence: each track's file is hashed and kept as a blob
 * under its SHA-256 as soon as it is closed, and only when all of them are is the recording over. Files that
 * a life before this one left behind are taken, too. Kernel thread; files on helpers.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "recording.h"

#define LATE_MS INT64_C(20000)

struct rec_taking { /* of one conference */
  struct rec_taking *next;
  struct cf_self *self;
  char conf[FQ_ID_MAX], why_zh[160], why_en[160];
  int files;
  bool over;
  fq_after *late;
};

struct file {
  struct cf_self *self;
  struct rec_track track;
  char conf[FQ_ID_MAX], path[900], name[160];
  struct fq_error error;
};

static struct rec_taking *taking_of(struct cf_self *s, const char *conf) {
  struct rec_taking *t = s->recordings->taking;
  while (t && strcmp(t->conf, conf))
    t = t->next;
  if (t) return t;
  if (!(t = calloc(1, sizeof *t))) abort();
  t->self = s;
  rec_copy(t->conf, sizeof t->conf, conf);
  t->next = s->recordings->taking;
  return s->recordings->taking = t;
}

static void taking_free(struct rec_taking *t) {
  struct rec_taking **at = &t->self->recordings->taking;
  while (*at != t)
    at = &(*at)->next;
  *at = t->next;
  free(t);
}

static void told(fq_kernel *k, void *arg, const fq_json *result, const struct fq_error *error) {
  if (error)
    fq_log(FQ_LOG_WARN, "recording: %s", error->en);
  else
    rec_convert_next(arg);
}

static void close_when_all_are_here(struct rec_taking *t) {
  if (!t->over || t->files) return;
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "id", t->conf);
  if (*t->why_en) {
    fq_json_set_str(params, "why_zh", t->why_zh);
    fq_json_set_str(params, "why_en", t->why_en);
  }
  fq_command(t->self->kernel, "recording.closed", params, told, t->self);
  fq_after_cancel(t->late);
  taking_free(t);
}

static void file_done(struct file *f) {
  struct rec_taking *t = taking_of(f->self, f->conf);
  t->files--;
  free(f);
  close_when_all_are_here(t);
}

static void journalled(fq_kernel *k, void *arg, const fq_json *result, const struct fq_error *error) {
  struct file *f = arg;
  if (error) fq_log(FQ_LOG_ERROR, "recording: %s of %s: %s", f->name, f->conf, error->en);
  file_done(f);
}

static void committed(fq_kernel *k, void *arg, const fq_json *result, const struct fq_error *error) {
  struct file *f = arg;
  const struct rec_track *t = &f->track;
  if (error) {
    journalled(k, f, NULL, error);
    return;
  }
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "id", f->conf);
  fq_json_set_str(params, "user", t->user);
  fq_json_set_str(params, "kind", t->kind);
  fq_json_set_str(params, "codec", t->codec);
  fq_json_set_str(params, "file", f->name);
  fq_json_set_str(params, "sha256", t->sha256);
  fq_json_set_int(params, "size", t->size);
  fq_json_set_time(params, "from", t->from_ms);
  fq_json_set_time(params, "until", t->until_ms);
  fq_command(k, "recording.track", params, journalled, f);
}

static void adopt(void *arg) {
  struct file *f = arg;
  if (!rec_read_header(f->path, &f->track))
    fq_fail(&f->error, FQ_E_PARAMS, "recording.file", "", "不是录制文件", "no recorded track");
  else
    fq_blob_adopt(fq_data_dir(f->self->kernel), f->path, f->track.sha256, &f->track.size, &f->error);
}

static void adopted(fq_kernel *k, void *arg) {
  struct file *f = arg;
  if (f->error.status) {
    journalled(k, f, NULL, &f->error);
    return;
  }
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "sha256", f->track.sha256);
  fq_command(k, "blob.commit", params, committed, f);
}

void cf_recording_track(struct cf_self *s, const char *conf, const char *user, const char *kind,
                        const char *path) {
  const char *slash = strrchr(path, '/');
  struct file *f = calloc(1, sizeof *f);
  if (!f) abort();
  f->self = s;
  rec_copy(f->conf, sizeof f->conf, conf);
  rec_copy(f->path, sizeof f->path, path);
  rec_copy(f->name, sizeof f->name, slash ? slash + 1 : path);
  rec_copy(f->track.user, sizeof f->track.user, user);
  rec_copy(f->track.kind, sizeof f->track.kind, kind);
  taking_of(s, conf)->files++;
  fq_work(s->kernel, adopt, adopted, f);
}

void cf_recording_over(struct cf_self *s, const char *conf, const char *why_zh, const char *why_en) {
  struct rec_taking *t = taking_of(s, conf);
  t->over = true;
  rec_copy(t->why_zh, sizeof t->why_zh, why_zh);
  rec_copy(t->why_en, sizeof t->why_en, why_en);
  close_when_all_are_here(t);
}

static void late(fq_kernel *k, void *arg) {
  struct rec_taking *t = arg;
  t->late = NULL;
  cf_recording_over(t->self, t->conf, NULL, NULL);
}

void rec_late(struct cf_self *s, const char *conf) {
  struct rec_taking *t = taking_of(s, conf);
  if (!t->late && s->recordings->started) t->late = fq_after_ms(s->kernel, LATE_MS, late, t);
}

/* ---- files that were left behind: <data>/recordings/<conference>/videoroom-...-user-NAME~...
 * --------------- */

struct search {
  struct cf_self *self;
  struct found {
    struct found *next;
    char conf[FQ_ID_MAX], user[FQ_ID_MAX], path[900];
  } * found;
};

static void look_into(struct search *s, const char *conf) {
  char dir[700];
  snprintf(dir, sizeof dir, "%s/%s", s->self->recordings->dir, conf);
  DIR *d = opendir(dir);
  for (struct dirent *e; d && (e = readdir(d));) {
    const char *user = strstr(e->d_name, "-user-"), *end = strrchr(e->d_name, '.');
    if (!user || !end || strcmp(end, ".mjr")) continue;
    struct found *f = calloc(1, sizeof *f);
    if (!f) abort();
    rec_copy(f->conf, sizeof f->conf, conf);
    snprintf(f->user, sizeof f->user, "%.*s", (int)strcspn(user + 6, "~"), user + 6);
    if (snprintf(f->path, sizeof f->path, "%s/%s", dir, e->d_name) >= (int)sizeof f->path) f->path[0] = '\0';
    f->next = s->found;
    s->found = f;
  }
  if (d) closedir(d);
}

static void search(void *arg) {
  struct search *s = arg;
  DIR *d = opendir(s->self->recordings->dir);
  for (struct dirent *e; d && (e = readdir(d));)
    if (*e->d_name == 'v' && strlen(e->d_name) < FQ_ID_MAX) look_into(s, e->d_name);
  if (d) closedir(d);
}

static void searched(fq_kernel *k, void *arg) {
  struct search *s = arg;
  for (struct found *f; (f = s->found);) {
    s->found = f->next;
    cf_recording_track(s->self, f->conf, f->user, "", f->path);
    free(f);
  }
  fq_command(k, "recording.sweep", fq_json_object(), told, s->self);
  free(s);
}

void rec_take_start(struct cf_self *s) {
  struct search *look = calloc(1, sizeof *look);
  if (!look) abort();
  look->self = s;
  fq_work(s->kernel, search, searched, look);
}

void rec_take_stop(struct cf_self *s) {
  for (struct rec_taking *t = s->recordings->taking; t; t = t->next) {
    fq_after_cancel(t->late);
    t->late = NULL;
  }
}

void rec_take_free(struct cf_self *s) {
  while (s->recordings->taking)
    taking_free(s->recordings->taking);
}
