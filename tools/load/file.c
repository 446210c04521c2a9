/* Files: whole, and as a table. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "load.h"

char *file_read(const char *path, size_t *len, struct fq_error *e) {
  FILE *f = fopen(path, "rb");
  struct fq_buf b = {0};
  char chunk[65536];
  size_t n;
  if (!f) {
    fq_fail(e, FQ_E_NOT_FOUND, "file", path, "无法读取 %s:%s", "cannot read %s: %s", path, strerror(errno));
    return NULL;
  }
  fq_buf_add(&b, "", 0);
  while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
    fq_buf_add(&b, chunk, n);
  fclose(f);
  *len = b.len;
  return b.data;
}

fq_json *csv_read(const char *path, struct fq_error *e) {
  size_t len;
  char *text = file_read(path, &len, e);
  fq_json *rows = text ? fq_csv_parse(path, text, len, e) : NULL;
  free(text);
  return rows;
}
