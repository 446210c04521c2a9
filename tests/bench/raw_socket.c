/*
 * The limit of the machine's sockets: a minimal epoll server that answers a message of a report's size with
 * one of an answer's size, and a minimal epoll client. No WebSocket, no JSON, no commit: what is left when
 * everything else is taken away. Two processes, one thread each.
 *
 *   raw_socket CONNECTIONS SECONDS RATE     RATE 0: closed loop, one message under way per connection;
 * SECONDS 0: connect, measure memory, end Prints one JSON object.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ASK = 420, ANSWER = 300, EVENTS = 512, SLOTS = 1 << 20 };

struct peer {
  int fd;
  uint32_t got;
  int64_t due_ns; /* of the message under way, 0: none */
};

static int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void die(const char *what) {
  fprintf(stderr, "raw_socket: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void watch(int epoll, struct peer *p) {
  struct epoll_event e = {.events = EPOLLIN, .data.ptr = p};
  int one = 1;
  setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, p->fd, &e) < 0) die("epoll_ctl");
}

static void serve(int listener) {
  int epoll = epoll_create1(0);
  struct peer own = {.fd = listener};
  char in[ASK * 8], out[ANSWER] = {0};
  watch(epoll, &own);
  for (struct epoll_event events[EVENTS];;) {
    int n = epoll_wait(epoll, events, EVENTS, -1);
    for (int i = 0; i < n; i++) {
      struct peer *p = events[i].data.ptr;
      if (p == &own) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        if (fd < 0) continue;
        struct peer *fresh = calloc(1, sizeof *fresh);
        if (!fresh) abort();
        fresh->fd = fd;
        watch(epoll, fresh);
        continue;
      }
      ssize_t got = read(p->fd, in, sizeof in);
      if (got == 0 || (got < 0 && errno != EAGAIN)) {
        close(p->fd);
        free(p);
        continue;
      }
      for (p->got += got > 0 ? (uint32_t)got : 0; p->got >= ASK; p->got -= ASK)
        if (send(p->fd, out, sizeof out, MSG_NOSIGNAL) < 0) break;
    }
  }
}

/* ---- the client
 * -------------------------------------------------------------------------------------------- */

static struct peer *peers;
static int count, epoll_fd;
static uint32_t *latencies;
static int64_t answered;

static void ask(struct peer *p, int64_t due) {
  static const char out[ASK];
  p->due_ns = due;
  if (send(p->fd, out, sizeof out, MSG_NOSIGNAL) < 0) die("send");
}

static bool hear(struct peer *p) {
  char in[ANSWER * 4];
  ssize_t got = read(p->fd, in, sizeof in);
  if (got <= 0) return false;
  p->got += (uint32_t)got;
  if (p->got < ANSWER) return false;
  p->got -= ANSWER;
  latencies[answered++ % SLOTS] = (uint32_t)((now_ns() - p->due_ns) / 1000);
  p->due_ns = 0;
  return true;
}

static void run(double seconds, double rate) {
  struct epoll_event events[EVENTS];
  int64_t end = now_ns() + (int64_t)(seconds * 1e9), due = now_ns();
  int64_t gap = rate > 0 ? (int64_t)(1e9 / rate) : 0;
  int next = 0;
  if (!gap)
    for (int i = 0; i < count; i++)
      ask(&peers[i], now_ns());
  while (now_ns() < end) {
    for (; gap && due <= now_ns(); due += gap) {
      for (int tries = 0; peers[next].due_ns && tries < count; tries++)
        next = (next + 1) % count;
      if (peers[next].due_ns) break; /* every connection has one under way */
      ask(&peers[next], due);
      next = (next + 1) % count;
    }
    int64_t wait = gap ? due - now_ns() : 100000000;
    struct timespec t = {.tv_nsec = wait < 0 ? 0 : wait > 100000000 ? 100000000 : wait};
    int n = epoll_pwait2(epoll_fd, events, EVENTS, &t, NULL);
    for (int i = 0; i < n; i++)
      if (hear(events[i].data.ptr) && !gap) ask(events[i].data.ptr, now_ns());
  }
}

static int compare(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return (x > y) - (x < y);
}

static long status_kb(pid_t pid, const char *name) {
  char path[64], line[256];
  long kb = 0;
  snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
  FILE *f = fopen(path, "r");
  while (f && fgets(line, sizeof line, f))
    if (strncmp(line, name, strlen(name)) == 0) kb = atol(line + strlen(name));
  if (f) fclose(f);
  return kb;
}

static void connect_all(int port) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  epoll_fd = epoll_create1(0);
  for (int i = 0; i < count; i++) {
    peers[i].fd = socket(AF_INET, SOCK_STREAM, 0);
    if (peers[i].fd < 0 || connect(peers[i].fd, (struct sockaddr *)&to, sizeof to) < 0) die("connect");
    watch(epoll_fd, &peers[i]);
  }
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: raw_socket CONNECTIONS SECONDS RATE\n");
    return 2;
  }
  count = atoi(argv[1]);
  double seconds = atof(argv[2]);
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  struct sockaddr_in at = {.sin_family = AF_INET};
  socklen_t len = sizeof at;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (bind(listener, (struct sockaddr *)&at, sizeof at) < 0 || listen(listener, 4096) < 0) die("listen");
  getsockname(listener, (struct sockaddr *)&at, &len);
  pid_t server = fork();
  if (server == 0) serve(listener);
  peers = calloc((size_t)count, sizeof *peers);
  latencies = calloc(SLOTS, sizeof *latencies);
  if (!peers || !latencies) abort();
  long before_kb = status_kb(server, "VmRSS:");
  connect_all(ntohs(at.sin_port));
  if (seconds > 0) run(seconds, atof(argv[3]));
  long after_kb = status_kb(server, "VmRSS:");
  kill(server, SIGTERM);
  struct rusage used;
  wait4(server, NULL, 0, &used);
  size_t kept = answered < SLOTS ? (size_t)answered : SLOTS;
  qsort(latencies, kept, sizeof *latencies, compare);
  double cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 +
               (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
  printf("{\"per_s\":%.1f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"cpu_us\":%.2f,\"rss_kb\":%ld}\n",
         seconds > 0 ? (double)answered / seconds : 0, kept ? latencies[kept / 2] / 1e3 : 0,
         kept ? latencies[kept * 99 / 100] / 1e3 : 0, answered ? cpu / (double)answered : 0,
         after_kb - before_kb);
  return 0;
}
