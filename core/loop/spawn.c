/* Starting a program: see spawn.h. */
#include "loop/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ABOVE 10 /* descriptors made here lie above those the child will have */

/* What the child does between vfork and exec, made ready beforehand: it borrows our memory and may only call
 * the kernel. */
struct plan {
  const struct fq_spawn *spawn;
  struct rlimit memory, cpu, file, core;
  pid_t parent;
  bool drop;        /* rights, for we are root */
  volatile int why; /* it did not come to run */
};

static void give_up(struct plan *p) {
  p->why = errno ? errno : ESRCH;
  _exit(127);
}

/* The C library's own would tell every thread of this process, whose memory is borrowed, to do the same. */
static bool be_nobody(void) {
  return !syscall(SYS_setgroups, 0, NULL) &&
         !syscall(SYS_setresgid, FQ_NOBODY_ID, FQ_NOBODY_ID, FQ_NOBODY_ID) &&
         !syscall(SYS_setresuid, FQ_NOBODY_ID, FQ_NOBODY_ID, FQ_NOBODY_ID);
}

static void become(struct plan *p) {
  const struct fq_spawn *s = p->spawn;
  struct sigaction usual = {.sa_handler = SIG_DFL};
  sigset_t none;
  setsid();
  for (int i = 0; i < 4; i++)
    if (s->fds[i] >= 0 && dup2(s->fds[i], i) < 0) give_up(p);
  syscall(SYS_close_range, s->fds[3] >= 0 ? 4u : 3u, ~0u, 0u);
  if (s->dir && chdir(s->dir)) give_up(p);
  setpriority(PRIO_PROCESS, 0, s->nice);
  umask(077);
  setrlimit(RLIMIT_AS, &p->memory);
  setrlimit(RLIMIT_CPU, &p->cpu);
  setrlimit(RLIMIT_FSIZE, &p->file);
  setrlimit(RLIMIT_CORE, &p->core);
  if (p->drop && !be_nobody()) give_up(p);
  if (s->unprivileged &&
      (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)))
    give_up(p);
  prctl(PR_SET_PDEATHSIG, SIGKILL); /* changing who we are forgets it: so not before */
  errno = 0;
  if (getppid() != p->parent) give_up(p); /* the server died in between */
  for (int n = 1; n < SIGRTMIN; n++)
    sigaction(n, &usual, NULL);
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  execve(s->path, s->argv, s->env);
  give_up(p);
}

static struct rlimit at_most(int64_t n) {
  return n ? (struct rlimit){(rlim_t)n, (rlim_t)n} : (struct rlimit){RLIM_INFINITY, RLIM_INFINITY};
}

pid_t fq_spawn(const struct fq_spawn *s) {
  struct plan p = {.spawn = s,
                   .memory = at_most(s->memory_bytes),
                   .cpu = at_most(s->cpu_s),
                   .file = at_most(s->file_bytes),
                   .parent = getpid(),
                   .drop = s->unprivileged && geteuid() == 0};
  sigset_t all, old; /* no handler of ours may run in the borrowed memory */
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  pid_t pid = vfork();
  if (!pid) become(&p);
  int why = pid < 0 ? errno : p.why;
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  if (pid > 0 && why) {
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
      ;
    pid = -1;
  }
  errno = why;
  return pid;
}

int fq_spawn_pidfd(pid_t pid) {
  return (int)syscall(SYS_pidfd_open, pid, 0);
}

static int above(int fd) {
  if (fd < 0 || fd >= ABOVE) return fd;
  int high = fcntl(fd, F_DUPFD_CLOEXEC, ABOVE);
  close(fd);
  return high;
}

int fq_spawn_text(const char *bytes, size_t len) {
  int fd = above(memfd_create("fengqiao", MFD_CLOEXEC));
  for (size_t at = 0; fd >= 0 && at < len;) {
    ssize_t n = write(fd, bytes + at, len - at);
    if (n <= 0) {
      close(fd);
      return -1;
    }
    at += (size_t)n;
  }
  if (fd >= 0) lseek(fd, 0, SEEK_SET);
  return fd;
}

int fq_spawn_nothing(void) {
  return above(open("/dev/null", O_RDWR | O_CLOEXEC));
}

bool fq_spawn_pipe(int ours_theirs[2]) {
  if (pipe2(ours_theirs, O_CLOEXEC)) return false;
  ours_theirs[0] = above(ours_theirs[0]);
  ours_theirs[1] = above(ours_theirs[1]);
  if (ours_theirs[0] >= 0) fcntl(ours_theirs[0], F_SETFL, O_NONBLOCK);
  return ours_theirs[0] >= 0 && ours_theirs[1] >= 0;
}
