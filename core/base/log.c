/* Log lines to stderr: see log.h. */
#include "base/log.h"

#include <stdio.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

static atomic_int most = FQ_LOG_INFO;

void fq_log_level(enum fq_log_level level) {
  most = (int)level;
}

void fq_log(enum fq_log_level level, const char *fmt, ...) {
  static const char *const names[] = {"error", "warn", "info", "debug"};
  if ((int)level > most) return;
  char line[2048], at[32];
  struct fq_clock wall = {0};
  fq_time_format(fq_clock_ms(&wall), at);
  int n = snprintf(line, sizeof line, "%s %-5s ", at, names[level]);
  va_list ap;
  va_start(ap, fmt);
  int m = vsnprintf(line + n, sizeof line - (size_t)n - 1, fmt, ap);
  va_end(ap);
  size_t len = (size_t)n + (m < 0 ? 0 : (size_t)m);
  if (len > sizeof line - 2) len = sizeof line - 2;
  for (size_t i = (size_t)n; i < len; i++)
    if ((unsigned char)line[i] < 0x20)
      line[i] = ' '; /* one event, one line: no forged lines from user text */
  line[len++] = '\n';
  ssize_t written = write(STDERR_FILENO, line, len);
  (void)written;
}
