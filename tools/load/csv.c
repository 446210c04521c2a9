/* Files: whole, and as CSV with a header line (RFC 4180: quotes, doubled quotes, line breaks in quotes). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

/* One field from *at on; *at moves behind its separator. True when the row ends with it. */
static bool field(const char **at, struct fq_buf *out) {
  const char *p = *at;
  out->len = 0;
  fq_buf_add(out, "", 0);
  if (*p == '"') {
    for (p++; *p && (*p != '"' || p[1] == '"'); p++) {
      if (*p == '"') p++;
      fq_buf_add(out, p, 1);
    }
    if (*p == '"') p++;
  }
  size_t n = strcspn(p, ",\r\n");
  fq_buf_add(out, p, n);
  p += n;
  bool ends = *p != ',';
  if (*p == '\r') p++;
  if (*p) p++;
  *at = p;
  return ends;
}

fq_json *csv_read(const char *path, struct fq_error *e) {
  size_t len;
  char *text = file_read(path, &len, e);
  if (!text) return NULL;
  const char *at = strncmp(text, "\xef\xbb\xbf", 3) == 0 ? text + 3 : text;
  struct fq_buf value = {0};
  fq_json *names = fq_json_array(), *rows = fq_json_array();
  for (bool ends = !*at; !ends;) {
    ends = field(&at, &value);
    fq_json_push(names, fq_json_new_str(value.data));
  }
  while (*at) {
    fq_json *row = fq_json_object();
    const fq_json *name = fq_json_first(names);
    bool any = false;
    for (bool ends = false; !ends; name = name ? fq_json_next(name) : NULL) {
      ends = field(&at, &value);
      any |= value.len > 0;
      if (name) fq_json_set_str(row, fq_json_as_str(name), value.data);
    }
    if (any)
      fq_json_push(rows, row);
    else
      fq_json_free(row);
  }
  fq_buf_free(&value);
  fq_json_free(names);
  free(text);
  return rows;
}
