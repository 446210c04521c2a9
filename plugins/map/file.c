/* file.c - the map's file among the attachments. Helper thread. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "map.h"

static char *read_whole(int fd, size_t size) {
  char *text = malloc(size + 1);
  if (!text) abort();
  size_t at = 0;
  while (at < size) {
    ssize_t n = read(fd, text + at, size - at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      free(text);
      return NULL;
    }
    at += (size_t)n;
  }
  text[size] = '\0';
  return text;
}

struct map_book *map_load(const char *data_dir, const char *sha256, struct fq_error *e) {
  char path[700], *text = NULL;
  struct stat st = {0};
  if (strspn(sha256, "0123456789abcdef") != 64) { /* it becomes part of a path */
    fq_fail(e, FQ_E_PARAMS, "blob.name", "params.sha256", "sha256 应为 64 位小写十六进制",
            "sha256: expected 64 lower-case hexadecimal digits");
    return NULL;
  }
  snprintf(path, sizeof path, "%s/blobs/%.2s/%s", data_dir, sha256, sha256);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || fstat(fd, &st) != 0)
    fq_fail(e, FQ_E_NOT_FOUND, "blob.unknown", "params.sha256", "没有附件 %s", "no attachment %s", sha256);
  else if (st.st_size > MAP_BYTES_MOST)
    fq_fail(e, FQ_E_TOO_LARGE, "map.large", "params.sha256", "地图文件有 %lld 字节，最多 %d 字节",
            "the map has %lld bytes, at most %d are taken", (long long)st.st_size, MAP_BYTES_MOST);
  else if (!(text = read_whole(fd, (size_t)st.st_size)))
    fq_fail(e, FQ_E_STORAGE, "map.read", "params.sha256", "读不出附件：%s", "cannot read the attachment: %s",
            strerror(errno));
  if (fd >= 0) close(fd);
  struct map_book *m = text ? map_read(text, (size_t)st.st_size, e) : NULL;
  free(text);
  if (m) snprintf(m->sha256, sizeof m->sha256, "%s", sha256);
  return m;
}
