/*
 * Memory and small string helpers. Allocation failure ends the process with a message: see the FAILURE
 * paragraph of fengqiao.h. Any thread.
 */
#ifndef FQ_BASE_MEM_H
#define FQ_BASE_MEM_H

#include <stddef.h>
#include "fengqiao.h"

void *fq_alloc(size_t bytes); /* zeroed */
void *fq_realloc(void *p, size_t bytes);
char *fq_strdup(const char *s); /* NULL stays NULL */
char *fq_strndup(const char *s, size_t len);
char *fq_printf(const char *fmt, ...) FQ_PRINTF(1, 2);

/* Copies as much as fits, always terminates, never cuts a UTF-8 character in two. */
void fq_copy(char *dst, size_t cap, const char *src);

/* A growing byte string. */
struct fq_buf {
  char *data; /* NUL-terminated once anything was added */
  size_t len, cap;
};
void fq_buf_add(struct fq_buf *b, const char *bytes, size_t len);
void fq_buf_str(struct fq_buf *b, const char *s);
void fq_buf_fmt(struct fq_buf *b, const char *fmt, ...) FQ_PRINTF(2, 3);
void fq_buf_free(struct fq_buf *b);

#endif
