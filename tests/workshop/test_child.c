/* A child that behaves, and all the ways in which one may not: this program started again plays them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "workshop/child.h"

/* A sanitizer reserves terabytes of addresses. */
#if defined(__SANITIZE_ADDRESS__)
#define ADDRESSES_ARE_FREE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ADDRESSES_ARE_FREE 1
#endif
#endif

/* -- the child's side
 * ------------------------------------------------------------------------------------------ */

static void copy_in(const char *path) {
  char line[256];
  FILE *in = fopen(path, "r");
  while (in && fgets(line, sizeof line, in))
    fputs(line, stdout);
  if (in) fclose(in);
}

static int open_descriptors(void) {
  int n = 0;
  DIR *d = opendir("/proc/self/fd");
  for (struct dirent *e; d && (e = readdir(d));)
    n += e->d_name[0] != '.' && atoi(e->d_name) != dirfd(d);
  if (d) closedir(d);
  return n;
}

static int act(const char *what) {
  struct rlimit l;
  if (!strcmp(what, "echo")) {
    copy_in("/dev/stdin");
    copy_in("/dev/fd/3");
    return 7;
  }
  if (!strcmp(what, "about")) {
    sigset_t mask;
    sigprocmask(SIG_BLOCK, NULL, &mask);
    getrlimit(RLIMIT_CORE, &l);
    printf("%d descriptors\n%d nice\n%s home\n%d leads its session\n%d masked\n%d core\n", open_descriptors(),
           getpriority(PRIO_PROCESS, 0), getenv("HOME") ? "a" : "no", getsid(0) == getpid(),
           sigismember(&mask, SIGTERM), (int)l.rlim_cur);
    return 0;
  }
  if (!strcmp(what, "flood"))
    for (;;)
      puts("{\"row\":1}");
  if (!strcmp(what, "long line"))
    for (;;)
      putchar('x');
  if (!strcmp(what, "hang"))
    for (;;)
      pause();
  if (!strcmp(what, "hang silently")) {
    close(1);
    close(2);
    for (;;)
      pause();
  }
  if (!strcmp(what, "eat"))
    for (size_t n = 1 << 20;; n += 1 << 20) {
      char *p = malloc(n);
      if (!p) abort();
      memset(p, 1, n);
    }
  if (!strcmp(what, "die")) raise(SIGKILL);
  if (!strcmp(what, "file")) {
    static char block[4096];
    FILE *f = tmpfile();
    for (int i = 0; i < 4096; i++)
      fwrite(block, 1, sizeof block, f);
    fclose(f);
  }
  if (!strcmp(what, "complain")) {
    for (int i = 0; i < 1000; i++)
      fprintf(stderr, "line %d\n", i);
    return 2;
  }
  if (!strcmp(what, "spawn")) {
    pid_t other = fork();
    if (!other)
      for (;;)
        pause();
    printf("%d\n", (int)other);
  }
  if (!strcmp(what, "half")) fputs("whole\nhalf", stdout);
  return 0;
}

/* -- ours
 * ------------------------------------------------------------------------------------------------------ */

struct heard {
  char text[4096];
  int lines, refuse_at;
};
static bool line(void *arg, const char *text, size_t len) {
  struct heard *h = arg;
  if (strlen(h->text) + len + 2 < sizeof h->text) {
    strncat(h->text, text, len);
    strcat(h->text, "\n");
  }
  return ++h->lines != h->refuse_at;
}

static struct fq_child_result play_with(const char *what, struct heard *h, struct fq_child_config c) {
  char *argv[] = {(char *)(uintptr_t) "test_child", (char *)(uintptr_t)what, NULL};
  struct fq_child_result r;
  int stop = eventfd(0, EFD_CLOEXEC);
  *h = (struct heard){.refuse_at = h->refuse_at};
  c.argv = argv;
  c.line = line;
  c.arg = h;
  if (!c.wall_ms) c.wall_ms = 60000;
  if (!c.output_bytes) c.output_bytes = 1 << 20;
  if (!c.stop_fd) c.stop_fd = stop;
  fq_child_run(&c, &r);
  close(stop);
  return r;
}
static struct fq_child_result play(const char *what, struct heard *h) {
  return play_with(what, h, (struct fq_child_config){0});
}

static void test_it_reads_and_says(void **state) {
  struct heard h = {0};
  struct fq_child_result r =
      play_with("echo", &h, (struct fq_child_config){.inputs = {{"one\ntwo\n", 8}, {"three\n", 6}}});
  assert_int_equal(r.end, FQ_CHILD_EXITED);
  assert_int_equal(r.code, 7);
  assert_string_equal(h.text, "one\ntwo\nthree\n");
  play("half", &h);
  assert_string_equal(h.text, "whole\n");
}

static void test_it_has_nothing_it_should_not(void **state) {
  struct heard h = {0};
  int secret = open("/dev/null", O_RDONLY); /* not closed on exec: somebody's mistake */
  assert_true(secret >= 0);
  struct fq_child_result r = play("about", &h);
  assert_int_equal(r.end, FQ_CHILD_EXITED);
  assert_string_equal(h.text, "3 descriptors\n10 nice\nno home\n1 leads its session\n0 masked\n0 core\n");
  close(secret);
}

static void test_it_may_not_go_wild(void **state) {
  struct heard h = {0};
  assert_int_equal(play("flood", &h).end, FQ_CHILD_FLOOD);
  assert_int_equal(play_with("long line", &h, (struct fq_child_config){.output_bytes = 1 << 30}).end,
                   FQ_CHILD_FLOOD);
  assert_int_equal(h.lines, 0);
  const char *const hang[] = {"hang", "hang silently"};
  for (int i = 0; i < 2; i++)
    assert_int_equal(play_with(hang[i], &h, (struct fq_child_config){.wall_ms = 300}).end, FQ_CHILD_TIMEOUT);
  struct fq_child_result r = play("die", &h);
  assert_int_equal(r.end, FQ_CHILD_DIED);
  assert_int_equal(r.code, SIGKILL);
  r = play("file", &h);
  assert_int_equal(r.end, FQ_CHILD_DIED);
  assert_int_equal(r.code, SIGXFSZ);
  r = play("complain", &h);
  assert_int_equal(r.code, 2);
  assert_non_null(strstr(r.said, "line 999"));
  assert_null(strstr(r.said, "line 1\n"));
}

#ifndef ADDRESSES_ARE_FREE
static void test_it_may_not_eat_memory(void **state) {
  struct heard h = {0};
  struct fq_child_result r = play_with("eat", &h, (struct fq_child_config){.memory_bytes = 256 << 20});
  assert_int_equal(r.end, FQ_CHILD_DIED);
  assert_int_equal(r.code, SIGABRT);
}
#endif

static void test_it_ends_when_told(void **state) {
  struct heard h = {.refuse_at = 3};
  assert_int_equal(play("flood", &h).end, FQ_CHILD_REFUSED);
  assert_int_equal(h.lines, 3);
  h.refuse_at = 0;
  int stop = eventfd(1, EFD_CLOEXEC);
  assert_int_equal(play_with("hang", &h, (struct fq_child_config){.stop_fd = stop}).end, FQ_CHILD_STOPPED);
  close(stop);
}

/* It has been killed; the system needs a moment, and says when it is over. */
static void wait_for_end_of(int pid) {
  int fd = (int)syscall(SYS_pidfd_open, pid, 0);
  if (fd < 0) { /* it is gone already */
    assert_int_equal(errno, ESRCH);
    return;
  }
  assert_int_equal(poll(&(struct pollfd){.fd = fd, .events = POLLIN}, 1, -1), 1);
  close(fd);
}

static void test_what_it_started_ends_with_it(void **state) {
  struct heard h = {0};
  assert_int_equal(play("spawn", &h).end, FQ_CHILD_EXITED);
  int other = atoi(h.text);
  assert_true(other > 1);
  wait_for_end_of(other);
}

/* Nothing of it is left: no zombie, no descriptor. */
static void test_nothing_is_left(void **state) {
  struct heard h = {0};
  int before = open_descriptors();
  for (int i = 0; i < 20; i++) {
    play("half", &h);
    play("flood", &h);
  }
  assert_int_equal(open_descriptors(), before);
  assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

int main(int argc, char **argv) {
  if (argc > 1) return act(argv[1]);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_it_reads_and_says),     cmocka_unit_test(test_it_has_nothing_it_should_not),
      cmocka_unit_test(test_it_may_not_go_wild),
#ifndef ADDRESSES_ARE_FREE
      cmocka_unit_test(test_it_may_not_eat_memory),
#endif
      cmocka_unit_test(test_it_ends_when_told),     cmocka_unit_test(test_what_it_started_ends_with_it),
      cmocka_unit_test(test_nothing_is_left)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
