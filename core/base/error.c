/* fq_fail(): one message in two languages. Any thread. */
#include <stdio.h>

#include "base/mem.h"

static void format(char *out, size_t cap, const char *fmt, va_list ap) {
  char whole[1024];
  vsnprintf(whole, sizeof whole, fmt, ap);
  fq_copy(out, cap, whole); /* cuts between characters, not inside one */
}

enum fq_status fq_fail(struct fq_error *e, enum fq_status status, const char *code, const char *path,
                       const char *zh, const char *en, ...) {
  if (!e) return status;
  va_list ap, again;
  va_start(ap, en);
  va_copy(again, ap);
  struct fq_error out = {.status = status}; /* arguments may point into *e */
  fq_copy(out.code, sizeof out.code, code);
  fq_copy(out.path, sizeof out.path, path);
  format(out.zh, sizeof out.zh, zh, ap);
  format(out.en, sizeof out.en, en, again);
  va_end(again);
  va_end(ap);
  *e = out;
  return status;
}
