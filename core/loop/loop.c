/*
 * The event loop: see loop.h. The mailbox is a locked list swapped out whole, with one eventfd write for a
 * batch: the wake-up costs more than the message.
 */
#include "loop/loop.h"

#include <event2/event.h>
#include <event2/thread.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"

struct post {
  struct post *next;
  void (*fn)(void *arg);
  void *arg;
};

struct hook {
  struct hook *next;
  struct event *event;
  void (*fn)(void *arg);
  void *arg;
};

struct fq_loop {
  struct event_base *base;
  struct event *wake;
  struct hook *signals;
  int fd;
  pthread_mutex_t lock;
  struct post *head, **tail;
  bool stopping;
};

static void drain(evutil_socket_t fd, short what, void *arg) {
  struct fq_loop *l = arg;
  uint64_t n;
  ssize_t got = read(l->fd, &n, sizeof n);
  (void)got;
  pthread_mutex_lock(&l->lock);
  struct post *p = l->head;
  l->head = NULL;
  l->tail = &l->head;
  bool stop = l->stopping;
  pthread_mutex_unlock(&l->lock);
  while (p) {
    struct post *next = p->next;
    p->fn(p->arg);
    free(p);
    p = next;
  }
  if (stop) event_base_loopbreak(l->base);
}

static void wake(struct fq_loop *l) {
  uint64_t one = 1;
  ssize_t put = write(l->fd, &one, sizeof one);
  (void)put;
}

struct fq_loop *fq_loop_new(void) {
  struct fq_loop *l = fq_alloc(sizeof *l);
  l->base = event_base_new();
  l->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (!l->base || l->fd < 0) abort();
  l->tail = &l->head;
  pthread_mutex_init(&l->lock, NULL);
  l->wake = event_new(l->base, l->fd, EV_READ | EV_PERSIST, drain, l);
  event_add(l->wake, NULL);
  return l;
}

void fq_loop_free(struct fq_loop *l) {
  if (!l) return;
  drain(l->fd, 0, l);
  event_free(l->wake);
  while (l->signals) {
    struct hook *h = l->signals;
    l->signals = h->next;
    event_free(h->event);
    free(h);
  }
  event_base_free(l->base);
  close(l->fd);
  pthread_mutex_destroy(&l->lock);
  free(l);
}

void fq_loop_run(struct fq_loop *l) {
  event_base_loop(l->base, EVLOOP_NO_EXIT_ON_EMPTY);
  l->stopping = false;
}
void fq_loop_step(struct fq_loop *l) {
  event_base_loop(l->base, EVLOOP_NONBLOCK);
}
void fq_loop_wait(struct fq_loop *l) {
  event_base_loop(l->base, EVLOOP_ONCE);
}
struct event_base *fq_loop_base(struct fq_loop *l) {
  return l->base;
}

void fq_loop_stop(struct fq_loop *l) {
  pthread_mutex_lock(&l->lock);
  l->stopping = true;
  pthread_mutex_unlock(&l->lock);
  wake(l);
}

void fq_loop_post(struct fq_loop *l, void (*fn)(void *arg), void *arg) {
  struct post *p = fq_alloc(sizeof *p);
  *p = (struct post){.fn = fn, .arg = arg};
  pthread_mutex_lock(&l->lock);
  bool first = !l->head;
  *l->tail = p;
  l->tail = &p->next;
  pthread_mutex_unlock(&l->lock);
  if (first) wake(l);
}

struct fq_alarm {
  struct event *event;
  void (*fn)(void *arg);
  void *arg;
};

static void ring(evutil_socket_t fd, short what, void *arg) {
  struct fq_alarm *a = arg;
  a->fn(a->arg);
}

struct fq_alarm *fq_alarm_new(struct fq_loop *l, void (*fn)(void *arg), void *arg) {
  struct fq_alarm *a = fq_alloc(sizeof *a);
  *a = (struct fq_alarm){.fn = fn, .arg = arg};
  a->event = evtimer_new(l->base, ring, a);
  return a;
}

void fq_alarm_in(struct fq_alarm *a, int64_t ms) {
  if (ms < 0) ms = 0;
  struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
  evtimer_add(a->event, &tv);
}

void fq_alarm_free(struct fq_alarm *a) {
  if (!a) return;
  event_free(a->event);
  free(a);
}

static void signalled(evutil_socket_t fd, short what, void *arg) {
  struct hook *h = arg;
  h->fn(h->arg);
}

void fq_loop_on_signal(struct fq_loop *l, int signo, void (*fn)(void *arg), void *arg) {
  struct hook *h = fq_alloc(sizeof *h);
  *h = (struct hook){.next = l->signals, .fn = fn, .arg = arg};
  h->event = evsignal_new(l->base, signo, signalled, h);
  event_add(h->event, NULL);
  l->signals = h;
}
