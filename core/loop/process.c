/*
 * Processes beside the server: see process.h. A pidfd tells of the end, so that no SIGCHLD handler is needed
 * and nothing of another part's children is ever reaped here. Output is cut into lines of clean text; what a
 * child floods is read as fast as its callback takes it, and no faster than one chunk a turn of the loop.
 */
#include "loop/process.h"

#include <dirent.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "loop/spawn.h"

#define LINE_MOST  8192      /* a longer line comes in parts */
#define CHUNK      16384     /* of one stream in one turn */
#define LAST_WORDS (1 << 20) /* what is still read after the end, should a grandchild go on talking */

struct out {
  struct fq_process *process;
  int fd;
  struct event *event;
  size_t len;
  char line[LINE_MOST + 1];
};

struct fq_process {
  struct fq_process *next, **at;
  fq_kernel *kernel;
  pid_t pid;
  int pid_fd;
  bool ending, over; /* asked to end; waited for: its number may be another's */
  struct event *gone;
  struct fq_alarm *grace;
  struct out out[2];
  void (*line)(fq_kernel *k, void *arg, bool error, const char *text);
  void (*ended)(fq_kernel *k, void *arg, int code, int signal);
  void *arg;
};

static void say(struct out *o) {
  struct fq_process *p = o->process;
  if (!o->len) return; /* CR LF, or nothing */
  o->line[o->len] = '\0';
  fq_utf8_clean(o->line);
  o->len = 0;
  p->line(p->kernel, p->arg, o == &p->out[1], o->line);
}

/* Progress is often written over itself: a carriage return ends a line as well. */
static void take(struct out *o, const char *bytes, size_t len) {
  for (size_t i = 0; i < len; i++) {
    if (bytes[i] == '\n' || bytes[i] == '\r' || o->len == LINE_MOST) say(o);
    if (bytes[i] != '\n' && bytes[i] != '\r') o->line[o->len++] = bytes[i] ? bytes[i] : ' ';
  }
}

/* 0 at the end of the stream, or when there is nothing now. */
static size_t read_some(struct out *o) {
  char chunk[CHUNK];
  ssize_t n = read(o->fd, chunk, sizeof chunk);
  if (n > 0) take(o, chunk, (size_t)n);
  if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) event_del(o->event);
  return n > 0 ? (size_t)n : 0;
}

static void readable(evutil_socket_t fd, short what, void *arg) {
  read_some(arg);
}

static void out_close(struct out *o) {
  if (o->event) event_free(o->event);
  if (o->fd >= 0) close(o->fd);
}

static void forget(struct fq_process *p) {
  if (p->at) {
    *p->at = p->next;
    if (p->next) p->next->at = p->at;
  }
  out_close(&p->out[0]);
  out_close(&p->out[1]);
  if (p->gone) event_free(p->gone);
  if (p->pid_fd >= 0) close(p->pid_fd);
  fq_alarm_free(p->grace);
  free(p);
}

/* It has ended. Its number is its own until it is waited for: what it has left behind in its session goes
 * first, then the last words are read, then it is told. */
static void reap(struct fq_process *p) {
  int status = 0;
  p->over = true;
  kill(-p->pid, SIGKILL);
  while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
    ;
  for (int i = 0; i < 2 && p->line; i++) {
    size_t n, all = 0;
    while (p->out[i].fd >= 0 && all < LAST_WORDS && (n = read_some(&p->out[i])))
      all += n;
    say(&p->out[i]);
  }
  if (p->ended)
    p->ended(p->kernel, p->arg, WIFEXITED(status) ? WEXITSTATUS(status) : 0,
             WIFSIGNALED(status) ? WTERMSIG(status) : 0);
  forget(p);
}

static void gone(evutil_socket_t fd, short what, void *arg) {
  reap(arg);
}

static void grace_over(void *arg) {
  struct fq_process *p = arg;
  kill(-p->pid, SIGKILL);
}

void fq_process_end(struct fq_process *p, int64_t grace_ms) {
  if (!p || p->over) return;
  if (grace_ms <= 0) {
    kill(-p->pid, SIGKILL);
  } else {
    if (!p->ending) kill(-p->pid, SIGTERM);
    fq_alarm_in(p->grace, grace_ms);
  }
  p->ending = true;
}

int fq_process_pid(const struct fq_process *p) {
  return p ? p->pid : 0;
}

void fq_process_close_all(struct fq_process **list, int64_t grace_ms) {
  int64_t until_us = fq_monotonic_us() + grace_ms * 1000;
  for (struct fq_process *p = *list; p; p = p->next)
    fq_process_end(p, grace_ms);
  while (*list) {
    struct fq_process *p = *list;
    struct pollfd fd = {.fd = p->pid_fd, .events = POLLIN};
    int64_t left_ms = (until_us - fq_monotonic_us()) / 1000;
    if (poll(&fd, 1, left_ms > 0 ? (int)left_ms : 0) <= 0) kill(-p->pid, SIGKILL);
    reap(p);
  }
}

/* ---- starting one ------------------------------------------------------------------------------------- */

/* The directory and the plain files in it, for nobody. What nobody may have put there meanwhile, links above
 * all, is left alone. */
static bool give_away(const char *dir) {
  int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
  bool given = d && !fchown(fd, FQ_NOBODY_ID, FQ_NOBODY_ID);
  for (struct dirent *entry; given && (entry = readdir(d));) {
    struct stat st;
    int file = openat(fd, entry->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) continue;
    if (!fstat(file, &st) && S_ISREG(st.st_mode) && st.st_nlink == 1)
      given = !fchown(file, FQ_NOBODY_ID, FQ_NOBODY_ID);
    close(file);
  }
  int why = errno;
  if (d)
    closedir(d);
  else if (fd >= 0)
    close(fd);
  errno = why;
  return given;
}

static bool listen_to(struct fq_process *p, struct fq_loop *l, int i, int fd) {
  struct out *o = &p->out[i];
  o->fd = fd;
  o->process = p;
  if (fd < 0) return true;
  o->event = event_new(fq_loop_base(l), fd, EV_READ | EV_PERSIST, readable, o);
  return o->event && !event_add(o->event, NULL);
}

static bool launch(struct fq_process *p, struct fq_loop *l, const struct fq_process_spec *s,
                   const char *dir) {
  static const char *const plain[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", NULL};
  int pipes[2][2] = {{-1, -1}, {-1, -1}};
  struct fq_spawn spawn = {
      .path = s->argv[0],
      .argv = (char *const *)s->argv,
      .env = (char *const *)(s->env ? s->env : plain),
      .dir = s->dir ? s->dir : dir,
      .fds = {s->input ? fq_spawn_text(s->input, strlen(s->input)) : fq_spawn_nothing(), -1, -1, -1},
      .memory_bytes = s->memory_bytes,
      .file_bytes = s->file_bytes,
      .nice = s->nice,
      .unprivileged = s->unprivileged};
  bool ready = spawn.fds[0] >= 0;
  for (int i = 0; i < 2 && ready; i++) {
    ready = s->line ? fq_spawn_pipe(pipes[i]) : (pipes[i][1] = fq_spawn_nothing()) >= 0;
    spawn.fds[i + 1] = pipes[i][1];
  }
  if (ready && s->unprivileged && s->dir && geteuid() == 0) ready = give_away(s->dir);
  if (ready) p->pid = fq_spawn(&spawn);
  int why = errno;
  for (int i = 0; i < 3; i++)
    if (spawn.fds[i] >= 0) close(spawn.fds[i]);
  ready = p->pid > 0 && (p->pid_fd = fq_spawn_pidfd(p->pid)) >= 0;
  if (p->pid > 0 && !ready) why = errno;
  p->gone = ready ? event_new(fq_loop_base(l), p->pid_fd, EV_READ, gone, p) : NULL;
  ready = p->gone && !event_add(p->gone, NULL);
  bool heard = listen_to(p, l, 0, pipes[0][0]);
  heard = listen_to(p, l, 1, pipes[1][0]) && heard; /* both, so that both are taken apart the same way */
  if (p->pid > 0 && !(ready && heard)) { /* no descriptor or memory is left: nothing may run unwatched */
    kill(-p->pid, SIGKILL);
    waitpid(p->pid, NULL, 0);
    p->pid = -1;
  }
  errno = why;
  return p->pid > 0;
}

struct fq_process *fq_process_open(struct fq_loop *l, struct fq_process **list, fq_kernel *kernel,
                                   const struct fq_process_spec *s, const char *dir, struct fq_error *e) {
  struct fq_process *p = fq_alloc(sizeof *p);
  p->kernel = kernel;
  p->pid = p->pid_fd = p->out[0].fd = p->out[1].fd = -1;
  p->line = s->line;
  p->ended = s->ended;
  p->arg = s->arg;
  p->grace = fq_alarm_new(l, grace_over, p);
  if (!launch(p, l, s, dir)) {
    fq_fail(e, FQ_E_INTERNAL, "process.start", "", "无法启动 %s:%s", "cannot start %s: %s", s->argv[0],
            strerror(errno));
    forget(p);
    return NULL;
  }
  p->next = *list;
  p->at = list;
  if (p->next) p->next->at = &p->next;
  *list = p;
  return p;
}
