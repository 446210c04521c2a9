/*
 * The ledger: one line for each acknowledged report, "key id n", on disk before the loop turns. What a fault
 * test holds against the journal afterwards.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"

static int fd = -1;
static struct fq_buf lines;

bool ledger_open(const char *path, struct fq_error *e) {
  fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd >= 0) return true;
  fq_fail(e, FQ_E_STORAGE, "ledger", path, "不能写 %s:%s", "cannot write %s: %s", path, strerror(errno));
  return false;
}

void ledger_add(const char *idem, const char *id, int64_t n) {
  if (fd >= 0) fq_buf_fmt(&lines, "%s %s %lld\n", idem, id, (long long)n);
}

void ledger_sync(void) {
  if (!lines.len) return;
  for (size_t at = 0; at < lines.len;) {
    ssize_t n = write(fd, lines.data + at, lines.len - at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      fprintf(stderr, "账本写入失败 / the ledger cannot be written: %s\n", strerror(errno));
      _exit(1); /* a ledger with holes proves nothing */
    }
    at += (size_t)n;
  }
  fdatasync(fd);
  lines.len = 0;
}

void ledger_close(void) {
  ledger_sync();
  fq_buf_free(&lines);
  if (fd >= 0) close(fd);
  fd = -1;
}
