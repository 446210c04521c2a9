/* A child process with limits: see child.h. */
#include "workshop/child.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "loop/spawn.h"

#define LINE_MAX_BYTES (4u << 20)
#define PAUSE_MS       200
#define FILE_MAX_BYTES                                                                                       \
  (1u << 20) /* it has no file to write; SQLite's shared index of a county needs 32 KiB */

/* Only what the program itself may need: no secret of the server's environment. */
static void environment(char *env[], size_t cap) {
  static const char *const kept[] = {"LD_LIBRARY_PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"};
  size_t n = 0;
  env[n++] = fq_strdup("PATH=/usr/bin:/bin");
  env[n++] = fq_strdup("LC_ALL=C.UTF-8");
  for (size_t i = 0; i < sizeof kept / sizeof *kept && n + 1 < cap; i++) {
    const char *value = getenv(kept[i]);
    if (value) env[n++] = fq_printf("%s=%s", kept[i], value);
  }
  env[n] = NULL;
}

/* A sanitizer reserves terabytes of addresses. */
#if defined(__SANITIZE_ADDRESS__)
#define ADDRESSES_ARE_FREE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ADDRESSES_ARE_FREE 1
#endif
#endif

static pid_t start(const struct fq_child_config *c, int out_fd, int err_fd) {
  const struct fq_child_input *in = c->inputs;
  char *env[8];
  pid_t pid = -1;
  environment(env, sizeof env / sizeof *env);
  struct fq_spawn s = {.path = "/proc/self/exe",
                       .argv = c->argv,
                       .env = env,
                       .fds = {fq_spawn_text(in[0].bytes, in[0].len), out_fd, err_fd, -1},
                       .cpu_s = c->wall_ms / 1000 * 2 + 2, /* two threads, all the time there is */
                       .file_bytes = FILE_MAX_BYTES,
                       .nice = 10};
#ifndef ADDRESSES_ARE_FREE
  s.memory_bytes = c->memory_bytes;
#endif
  if (in[1].bytes) s.fds[3] = fq_spawn_text(in[1].bytes, in[1].len);
  if (s.fds[0] >= 0 && (s.fds[3] >= 0 || !in[1].bytes)) pid = fq_spawn(&s);
  int why = errno;
  if (s.fds[0] >= 0) close(s.fds[0]);
  if (s.fds[3] >= 0) close(s.fds[3]);
  for (char **e = env; *e; e++)
    free(*e);
  errno = why;
  return pid;
}

struct watch {
  const struct fq_child_config *config;
  struct fq_child_result *result;
  struct fq_buf buf; /* the line that has begun */
  int64_t read;
};

/* Hands over whole lines; false: the child has to end, and the result says why. */
static bool take(struct watch *w, const char *bytes, size_t len) {
  const struct fq_child_config *c = w->config;
  w->read += (int64_t)len;
  w->result->end = FQ_CHILD_FLOOD;
  if (w->read > c->output_bytes) return false;
  for (const char *end; len && (end = memchr(bytes, '\n', len));) {
    size_t n = (size_t)(end - bytes);
    fq_buf_add(&w->buf, bytes, n);
    w->result->end = FQ_CHILD_REFUSED;
    if (!c->line(c->arg, w->buf.data, w->buf.len)) return false;
    w->buf.len = 0;
    bytes += n + 1;
    len -= n + 1;
  }
  if (len) fq_buf_add(&w->buf, bytes, len);
  w->result->end = w->buf.len > LINE_MAX_BYTES ? FQ_CHILD_FLOOD : FQ_CHILD_EXITED;
  return w->result->end == FQ_CHILD_EXITED;
}

/* Reads what is there; *over when the far end is closed. */
static bool read_lines(struct watch *w, int fd, bool *over) {
  char chunk[65536];
  ssize_t n = read(fd, chunk, sizeof chunk);
  *over = n == 0;
  return n <= 0 || take(w, chunk, (size_t)n);
}

static bool read_said(struct fq_child_result *out, int fd) {
  char chunk[512];
  ssize_t n = read(fd, chunk, sizeof chunk);
  if (n <= 0) return n < 0;
  size_t have = strlen(out->said), room = sizeof out->said - 1, come = (size_t)n;
  size_t drop = have + come > room ? have + come - room : 0;
  memmove(out->said, out->said + drop, have - drop);
  memcpy(out->said + have - drop, chunk, come);
  out->said[have - drop + come] = '\0';
  for (char *p = out->said; *p; p++)
    if ((unsigned char)*p < 0x20 && *p != '\n') *p = ' ';
  return true;
}

/* Until it ends by itself (true) or has to be ended. */
static bool watch(struct watch *w, int out_fd, int err_fd, int pid_fd) {
  const struct fq_child_config *c = w->config;
  int64_t end_us = fq_monotonic_us() + c->wall_ms * 1000;
  struct pollfd fds[4] = {{.fd = out_fd, .events = POLLIN},
                          {.fd = err_fd, .events = POLLIN},
                          {.fd = pid_fd, .events = POLLIN},
                          {.fd = c->stop_fd, .events = POLLIN}};
  bool gone = false;
  for (;;) {
    int64_t left_ms = (end_us - fq_monotonic_us()) / 1000;
    if (left_ms <= 0) return w->result->end = FQ_CHILD_TIMEOUT, false;
    if (poll(fds, 4, gone ? 0 : left_ms < PAUSE_MS ? (int)left_ms : PAUSE_MS) < 0 && errno != EINTR)
      return w->result->end = FQ_CHILD_STOPPED, false;
    if (fds[3].revents) return w->result->end = FQ_CHILD_STOPPED, false;
    bool over = false, something = fds[0].revents || fds[1].revents;
    if (fds[0].revents && !read_lines(w, out_fd, &over)) return false;
    if (over) fds[0].fd = -1;
    if (fds[1].revents && !read_said(w->result, err_fd)) fds[1].fd = -1;
    if (c->pause) c->pause(c->arg);
    if (gone && !something) return true; /* what it left in the pipes has been read */
    if (fds[2].revents) {
      gone = true;
      fds[2].fd = -1;
    }
    fds[0].revents = fds[1].revents = fds[2].revents = fds[3].revents = 0;
  }
}

static void reap(pid_t pid, bool by_itself, struct fq_child_result *out) {
  int status = 0;
  kill(-pid, SIGKILL); /* its session: the child, unless it has ended, and whatever it has started */
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
    ;
  if (!by_itself) return;
  out->end = WIFEXITED(status) ? FQ_CHILD_EXITED : FQ_CHILD_DIED;
  out->code = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
}

void fq_child_run(const struct fq_child_config *c, struct fq_child_result *out) {
  int said[2] = {-1, -1}, lines[2] = {-1, -1}, pid_fd = -1;
  pid_t pid = -1;
  *out = (struct fq_child_result){.end = FQ_CHILD_NEVER};
  if (fq_spawn_pipe(lines) && fq_spawn_pipe(said)) pid = start(c, lines[1], said[1]);
  if (pid < 0) out->code = errno;
  if (lines[1] >= 0) close(lines[1]);
  if (said[1] >= 0) close(said[1]);
  if (pid > 0) {
    struct watch w = {.config = c, .result = out};
    pid_fd = fq_spawn_pidfd(pid);
    out->end = FQ_CHILD_STOPPED;
    reap(pid, pid_fd >= 0 && watch(&w, lines[0], said[0], pid_fd), out);
    fq_buf_free(&w.buf);
  }
  if (lines[0] >= 0) close(lines[0]);
  if (said[0] >= 0) close(said[0]);
  if (pid_fd >= 0) close(pid_fd);
}
