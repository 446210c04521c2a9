/*
 * The event loop of one thread, its mailbox and its alarm. libevent is included in core/loop (and by the
 * control socket in core/main) alone.
 */
#ifndef FQ_LOOP_LOOP_H
#define FQ_LOOP_LOOP_H

#include <stdint.h>

struct event_base;
struct fq_loop;

struct fq_loop *fq_loop_new(void);
void fq_loop_free(struct fq_loop *l);
void fq_loop_run(struct fq_loop *l);  /* until fq_loop_stop() */
void fq_loop_step(struct fq_loop *l); /* what is ready now, without waiting */
void fq_loop_wait(struct fq_loop *l); /* at least one event */
void fq_loop_stop(struct fq_loop *l); /* any thread */
struct event_base *fq_loop_base(struct fq_loop *l);

/* Any thread. Posts are run in order; posts made meanwhile wait for the next turn. */
void fq_loop_post(struct fq_loop *l, void (*fn)(void *arg), void *arg);

/* One-shot alarms on the loop's thread; arming again moves it. */
struct fq_alarm;
struct fq_alarm *fq_alarm_new(struct fq_loop *l, void (*fn)(void *arg), void *arg);
void fq_alarm_in(struct fq_alarm *a, int64_t ms);
void fq_alarm_free(struct fq_alarm *a);

/* SIGINT and SIGTERM on the loop's thread. */
void fq_loop_on_signal(struct fq_loop *l, int signo, void (*fn)(void *arg), void *arg);

#endif
