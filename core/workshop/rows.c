/* The rows of a result, written: see rows.h, and rows_read.c for the other side. */
#include "workshop/rows.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/mem.h"

#define BUFFER      (256u << 10)
#define KEEP_FREE   (256ll << 20) /* of the disk: the journal's, whatever a result would like to have */
#define COLUMNS_MAX 128

struct list {
  char name[40];
  int rows_fd, index_fd, columns_fd;
  int64_t at; /* bytes of all rows so far */
  struct fq_buf rows, index;
  bool broken; /* a write failed halfway: what came after would not lie where the index says */
  char *columns[COLUMNS_MAX];
  size_t column_count;
};
struct fq_rows_writer {
  char *dir;
  struct list *lists[FQ_ROWS_LISTS];
  size_t count;
};

bool fq_rows_name(const char *list) {
  size_t n = list ? strspn(list, "abcdefghijklmnopqrstuvwxyz_") : 0;
  return n && n <= 32 && !list[n];
}

struct fq_rows_writer *fq_rows_create(const char *dir) {
  struct fq_rows_writer *w = fq_alloc(sizeof *w);
  w->dir = fq_strdup(dir);
  return w;
}

static int create(const char *dir, const char *name, const char *suffix) {
  char *path = fq_printf("%s/%s.%s", dir, name, suffix);
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  free(path);
  return fd;
}

static enum fq_status full(struct fq_error *e, const char *zh, const char *en) {
  fq_fail(e, FQ_E_STORAGE, "job.storage", "", "结果无法保存:%s", "the result cannot be kept: %s", zh);
  snprintf(e->en, sizeof e->en, "the result cannot be kept: %s", en); /* each language has its own reason */
  return FQ_E_STORAGE;
}

static struct list *list_of(struct fq_rows_writer *w, const char *name, struct fq_error *e) {
  for (size_t i = 0; i < w->count; i++)
    if (!strcmp(w->lists[i]->name, name)) return w->lists[i];
  if (!fq_rows_name(name) || w->count == FQ_ROWS_LISTS) {
    fq_fail(e, FQ_E_REQUEST, "job.garbage", "list", "结果里有不认识的清单名",
            "a list of the result has an unknown name");
    return NULL;
  }
  struct list *l = fq_alloc(sizeof *l);
  w->lists[w->count++] = l;
  fq_copy(l->name, sizeof l->name, name);
  l->rows_fd = create(w->dir, name, "ndjson");
  l->index_fd = create(w->dir, name, "idx");
  l->columns_fd = create(w->dir, name, "columns");
  if (l->rows_fd >= 0 && l->index_fd >= 0 && l->columns_fd >= 0) return l;
  full(e, strerror(errno), strerror(errno));
  return NULL;
}

static bool put(int fd, const char *bytes, size_t len) {
  for (size_t at = 0; at < len;) {
    ssize_t n = write(fd, bytes + at, len - at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += (size_t)n;
  }
  return true;
}

/* Rows before their index, so that a reader finds whole lines. */
static bool flush(struct list *l, struct fq_error *e) {
  struct statvfs disk;
  if (!l->rows.len || l->broken) return !l->broken;
  if (!fstatvfs(l->rows_fd, &disk) && (int64_t)disk.f_bavail * (int64_t)disk.f_frsize < KEEP_FREE)
    return full(e, "磁盘只剩不到 256 MiB", "less than 256 MiB of the disk are free"), false;
  if (!put(l->rows_fd, l->rows.data, l->rows.len) || !put(l->index_fd, l->index.data, l->index.len))
    return l->broken = true, full(e, strerror(errno), strerror(errno)), false;
  l->rows.len = l->index.len = 0;
  return true;
}

static bool note_columns(struct list *l, const fq_json *row, struct fq_error *e) {
  fq_json_each(m, row) {
    const char *name = fq_json_name(m);
    bool known = false;
    for (size_t i = 0; i < l->column_count && !known; i++)
      known = !strcmp(l->columns[i], name);
    if (known || l->column_count == COLUMNS_MAX || strchr(name, '\n')) continue;
    l->columns[l->column_count++] = fq_strdup(name);
    if (!put(l->columns_fd, name, strlen(name)) || !put(l->columns_fd, "\n", 1))
      return full(e, strerror(errno), strerror(errno)), false;
  }
  return true;
}

bool fq_rows_add(struct fq_rows_writer *w, const char *list, const fq_json *row, struct fq_error *e) {
  struct list *l = list_of(w, list, e);
  if (!l || !note_columns(l, row, e)) return false;
  char *text = fq_json_print(row);
  size_t len = strlen(text);
  fq_buf_add(&l->index, (const char *)&l->at, sizeof l->at);
  fq_buf_add(&l->rows, text, len);
  fq_buf_add(&l->rows, "\n", 1);
  l->at += (int64_t)len + 1;
  free(text);
  return l->rows.len < BUFFER || flush(l, e);
}

bool fq_rows_flush(struct fq_rows_writer *w, struct fq_error *e) {
  bool well = true;
  for (size_t i = 0; i < w->count; i++)
    well = flush(w->lists[i], e) && well;
  return well;
}

void fq_rows_close(struct fq_rows_writer *w) {
  if (!w) return;
  for (size_t i = 0; i < w->count; i++) {
    struct list *l = w->lists[i];
    const int fds[] = {l->rows_fd, l->index_fd, l->columns_fd};
    for (int f = 0; f < 3; f++)
      if (fds[f] >= 0) close(fds[f]);
    for (size_t c = 0; c < l->column_count; c++)
      free(l->columns[c]);
    fq_buf_free(&l->rows);
    fq_buf_free(&l->index);
    free(l);
  }
  free(w->dir);
  free(w);
}
