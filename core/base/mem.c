/* Memory and small string helpers: see mem.h. */
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *must(void *p) {
  if (!p) {
    fputs("fengqiao: out of memory\n", stderr);
    abort();
  }
  return p;
}

void *fq_alloc(size_t bytes) {
  return must(calloc(1, bytes ? bytes : 1));
}
void *fq_realloc(void *p, size_t bytes) {
  return must(realloc(p, bytes ? bytes : 1));
}
char *fq_strdup(const char *s) {
  return s ? must(strdup(s)) : NULL;
}
char *fq_strndup(const char *s, size_t len) {
  return must(strndup(s, len));
}

char *fq_printf(const char *fmt, ...) {
  char *out = NULL;
  va_list ap;
  va_start(ap, fmt);
  int n = vasprintf(&out, fmt, ap);
  va_end(ap);
  return must(n < 0 ? NULL : out);
}

void fq_copy(char *dst, size_t cap, const char *src) {
  size_t len = src ? strlen(src) : 0;
  if (len >= cap) {
    len = cap - 1;
    while (len > 0 && ((unsigned char)src[len] & 0xC0) == 0x80)
      len--;
  }
  if (len) memcpy(dst, src, len);
  dst[len] = '\0';
}

void fq_buf_add(struct fq_buf *b, const char *bytes, size_t len) {
  if (b->len + len + 1 > b->cap) {
    size_t cap = b->cap ? b->cap * 2 : 256;
    while (cap < b->len + len + 1)
      cap *= 2;
    b->data = fq_realloc(b->data, cap);
    b->cap = cap;
  }
  memcpy(b->data + b->len, bytes, len);
  b->len += len;
  b->data[b->len] = '\0';
}

void fq_buf_str(struct fq_buf *b, const char *s) {
  fq_buf_add(b, s, strlen(s));
}

void fq_buf_fmt(struct fq_buf *b, const char *fmt, ...) {
  char small[512], *text = small;
  va_list ap, again;
  va_start(ap, fmt);
  va_copy(again, ap);
  int n = vsnprintf(small, sizeof small, fmt, ap);
  if (n >= (int)sizeof small) {
    text = fq_alloc((size_t)n + 1);
    vsnprintf(text, (size_t)n + 1, fmt, again);
  }
  va_end(again);
  va_end(ap);
  if (n > 0) fq_buf_add(b, text, (size_t)n);
  if (text != small) free(text);
}

void fq_buf_free(struct fq_buf *b) {
  free(b->data);
  *b = (struct fq_buf){0};
}
