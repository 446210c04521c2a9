/*
 * net.h - the event loop of the load generator: WebSockets, a plain GET, timers. One thread, the process's
 * only one; every callback comes from net_run(). Knows frames and sockets, no session and no incident.
 *
 * libwebsockets' client on libuv carries thousands of connections in one process: one descriptor and about
 * 7 KB each, no thread, no timer of its own while idle.
 */
#ifndef FQ_LOAD_NET_H
#define FQ_LOAD_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct link;
struct net_wait;

/* What an owner of a link hears. After closed() the link is gone. */
struct net_ears {
  void (*open)(void *owner);
  void (*message)(void *owner, const char *text, size_t len);
  void (*closed)(void *owner, int code, const char *why); /* code 0: no close frame came */
};

/* false: the reason is in why. */
bool net_start(const char *url, bool insecure, const struct net_ears *ears, char *why, size_t cap);
void net_run(void);
void net_stop(void); /* net_run() returns */
/* What still waits is called a last time, with net_ending() true, to free its argument. */
void net_end(void);
bool net_ending(void);

struct link *net_connect(void *owner); /* NULL: not even begun */
void net_send(struct link *l, const char *text, size_t len);
void net_drop(struct link *l); /* at once and silently; closed() is not called */

/* status 0: no answer. Also called while net_ending(), once, to free its argument. */
typedef void (*net_got)(void *arg, int status, const char *body, size_t len);
void net_get(const char *path, const char *token, net_got got, void *arg);

int64_t net_now_us(void);  /* monotonic */
int64_t net_wall_ms(void); /* UTC */

/* Calls fn(arg) once. The handle is good for net_cancel() until then. */
struct net_wait *net_after(int64_t us, void (*fn)(void *arg), void *arg);
void net_cancel(struct net_wait *w);
void net_every(int64_t us, void (*fn)(void *arg), void *arg); /* until net_end() */
/* The one alarm with the precision of microseconds (timers above have that of a millisecond). Replaces the
 * former. */
void net_alarm(int64_t at_us, void (*fn)(void));
void net_each_turn(void (*fn)(void)); /* before the loop sleeps */
void net_on_signal(void (*fn)(int signal));

#endif
