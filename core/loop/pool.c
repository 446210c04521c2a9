/* A small pool of threads beside a loop: see pool.h. */
#include "loop/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/mem.h"

struct job {
  struct job *next;
  void (*work)(void *context, void *arg);
  void (*done)(void *arg);
  void *arg;
};

struct fq_pool {
  struct fq_loop *loop;
  pthread_mutex_t lock;
  pthread_cond_t some;
  struct job *head, **tail;
  bool closing;
  void *(*open)(void *arg);
  void (*close)(void *context);
  void *arg;
  int threads;
  pthread_t thread[];
};

static void *serve(void *arg) {
  struct fq_pool *p = arg;
  void *context = p->open ? p->open(p->arg) : NULL;
  for (;;) {
    pthread_mutex_lock(&p->lock);
    while (!p->head && !p->closing)
      pthread_cond_wait(&p->some, &p->lock);
    struct job *j = p->head;
    if (j && !(p->head = j->next)) p->tail = &p->head;
    pthread_mutex_unlock(&p->lock);
    if (!j) break;
    j->work(context, j->arg);
    fq_loop_post(p->loop, j->done, j->arg);
    free(j);
  }
  if (p->close) p->close(context);
  return NULL;
}

struct fq_pool *fq_pool_new(struct fq_loop *l, int threads, void *(*open)(void *arg),
                            void (*close)(void *context), void *arg) {
  struct fq_pool *p = fq_alloc(sizeof *p + (size_t)threads * sizeof p->thread[0]);
  p->loop = l;
  p->tail = &p->head;
  p->open = open;
  p->close = close;
  p->arg = arg;
  p->threads = threads;
  pthread_mutex_init(&p->lock, NULL);
  pthread_cond_init(&p->some, NULL);
  sigset_t all, old; /* signals are the loop's */
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  for (int i = 0; i < threads; i++)
    if (pthread_create(&p->thread[i], NULL, serve, p)) abort();
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  return p;
}

void fq_pool_add(struct fq_pool *p, void (*work)(void *context, void *arg), void (*done)(void *arg),
                 void *arg) {
  struct job *j = fq_alloc(sizeof *j);
  *j = (struct job){.work = work, .done = done, .arg = arg};
  pthread_mutex_lock(&p->lock);
  *p->tail = j;
  p->tail = &j->next;
  pthread_cond_signal(&p->some);
  pthread_mutex_unlock(&p->lock);
}

void fq_pool_free(struct fq_pool *p) {
  if (!p) return;
  pthread_mutex_lock(&p->lock);
  p->closing = true;
  pthread_cond_broadcast(&p->some);
  pthread_mutex_unlock(&p->lock);
  for (int i = 0; i < p->threads; i++)
    pthread_join(p->thread[i], NULL);
  pthread_mutex_destroy(&p->lock);
  pthread_cond_destroy(&p->some);
  free(p);
}
