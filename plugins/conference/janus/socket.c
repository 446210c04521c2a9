/*
 * socket.c - the WebSocket to Janus over its unix socket, in a thread of its own: the one file of this plugin
 * that knows libwebsockets. What is to be said goes to the thread through a locked list, what is heard comes
 * back through another; a turn tells connections apart, so that the last words of an old one are not taken
 * for the new one's.
 *
 * A path of a unix socket holds 107 bytes and a county's directory may be deeper: the socket is reached
 * through the descriptor of its directory.
 */
#include "janus.h"

#include <fcntl.h>
#include <libwebsockets.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { HEARD_MAX = 4 << 20 }; /* one message; a room of fifty with all their streams is 100 KB */

enum what { OPEN, CLOSE, SEND, OPENED, TEXT, GONE };
struct note {
  struct note *next;
  enum what what;
  int turn;
  int fd;
  size_t len;
  char *text;
};
struct notes {
  struct note *first, **last;
};

struct jn_socket {
  fq_kernel *kernel;
  const struct jn_socket_events *events;
  void *arg;
  int turn;
  bool running;
  pthread_t thread;
  pthread_mutex_t lock; /* of what stands between here and there */
  struct notes to, from;
  bool stop, posted;
  struct lws_context *context;
  /* the thread's */
  struct lws *wsi;
  int open_turn;
  struct notes unsent;
  char *heard;
  size_t heard_len;
  bool established;
};

static void add(struct notes *list, struct note n) {
  struct note *copy = jn_grab(sizeof *copy);
  *copy = n;
  copy->next = NULL;
  if (!list->first) list->last = &list->first;
  *list->last = copy;
  list->last = &copy->next;
}

static struct note *take(struct notes *list) {
  struct note *n = list->first;
  if (n) list->first = n->next;
  return n;
}

static void drop(struct note *n) {
  if (n->what == OPEN && n->fd >= 0) close(n->fd);
  free(n->text);
  free(n);
}

static void drop_all(struct notes *list) {
  for (struct note *n; (n = take(list));)
    drop(n);
}

/* ---- to the kernel thread -------------------------------------------------------------------------------
 */

static void deliver(fq_kernel *k, void *arg) {
  struct jn_socket *s = arg;
  (void)k;
  pthread_mutex_lock(&s->lock);
  struct notes all = s->from;
  s->from.first = NULL;
  s->posted = false;
  pthread_mutex_unlock(&s->lock);
  for (struct note *n; (n = take(&all)); drop(n)) {
    if (n->turn != s->turn) continue;
    if (n->what == OPENED) s->events->open(s->arg, n->turn);
    if (n->what == TEXT) s->events->text(s->arg, n->turn, n->text, n->len);
    if (n->what == GONE) s->events->gone(s->arg, n->turn);
  }
}

static void tell(struct jn_socket *s, struct note n) {
  pthread_mutex_lock(&s->lock);
  add(&s->from, n);
  bool post = !s->posted && !s->stop;
  if (post) s->posted = true;
  pthread_mutex_unlock(&s->lock);
  if (post) fq_post(s->kernel, deliver, s);
}

/* ---- the thread -----------------------------------------------------------------------------------------
 */

static void gone(struct jn_socket *s, struct lws *wsi) {
  if (s->wsi != wsi) return; /* one that was given up */
  s->wsi = NULL;
  s->established = false;
  drop_all(&s->unsent);
  free(s->heard);
  s->heard = NULL;
  s->heard_len = 0;
  tell(s, (struct note){.what = GONE, .turn = s->open_turn});
}

static int hear(struct jn_socket *s, struct lws *wsi, const char *in, size_t len) {
  if (s->heard_len + len > HEARD_MAX) return -1;
  s->heard = realloc(s->heard, s->heard_len + len + 1);
  if (!s->heard) abort();
  memcpy(s->heard + s->heard_len, in, len);
  s->heard_len += len;
  if (!lws_is_final_fragment(wsi) || lws_remaining_packet_payload(wsi)) return 0;
  s->heard[s->heard_len] = 0;
  tell(s, (struct note){.what = TEXT, .turn = s->open_turn, .text = s->heard, .len = s->heard_len});
  s->heard = NULL;
  s->heard_len = 0;
  return 0;
}

static int say(struct jn_socket *s, struct lws *wsi) {
  struct note *n = take(&s->unsent);
  if (!n) return 0;
  unsigned char *frame = jn_grab(LWS_PRE + n->len);
  memcpy(frame + LWS_PRE, n->text, n->len);
  int wrote = lws_write(wsi, frame + LWS_PRE, n->len, LWS_WRITE_TEXT);
  explicit_bzero(n->text, n->len); /* Janus's secret is in it */
  explicit_bzero(frame, LWS_PRE + n->len);
  free(frame);
  size_t len = n->len;
  drop(n);
  if (wrote < (int)len) return -1;
  if (s->unsent.first) lws_callback_on_writable(wsi);
  return 0;
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  struct jn_socket *s = lws_context_user(lws_get_context(wsi));
  switch (reason) {
  case LWS_CALLBACK_CLIENT_ESTABLISHED:
    if (s->wsi != wsi) return -1;
    s->established = true;
    tell(s, (struct note){.what = OPENED, .turn = s->open_turn});
    lws_callback_on_writable(wsi);
    return 0;
  case LWS_CALLBACK_CLIENT_RECEIVE:
    return s->wsi == wsi ? hear(s, wsi, in, len) : -1;
  case LWS_CALLBACK_CLIENT_WRITEABLE:
    return s->wsi == wsi ? say(s, wsi) : -1;
  case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
  case LWS_CALLBACK_CLIENT_CLOSED:
    gone(s, wsi);
    return 0;
  default:
    return 0;
  }
}

static const struct lws_protocols protocols[] = {
    {.name = "janus-protocol", .callback = on_event, .rx_buffer_size = 65536, .tx_packet_size = 65536},
    {0},
};

static void give_up(struct jn_socket *s) {
  struct lws *old = s->wsi;
  s->wsi = NULL;
  s->established = false;
  drop_all(&s->unsent);
  free(s->heard);
  s->heard = NULL;
  s->heard_len = 0;
  if (old) lws_set_timeout(old, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

static void open_one(struct jn_socket *s, struct note *n) {
  char address[64];
  give_up(s);
  s->open_turn = n->turn;
  snprintf(address, sizeof address, "+/proc/self/fd/%d/ws.sock", n->fd);
  struct lws_client_connect_info info = {
      .context = s->context,
      .address = address,
      .host = "localhost",
      .origin = "localhost",
      .path = "/",
      .protocol = protocols[0].name,
      .local_protocol_name = protocols[0].name,
      .pwsi = &s->wsi,
  };
  if (n->fd < 0 || !lws_client_connect_via_info(&info)) { /* it may have told of it by the callback already */
    if (s->wsi) s->wsi = NULL;
    tell(s, (struct note){.what = GONE, .turn = n->turn});
  }
}

static void do_as_told(struct jn_socket *s) {
  pthread_mutex_lock(&s->lock);
  struct notes all = s->to;
  s->to.first = NULL;
  pthread_mutex_unlock(&s->lock);
  for (struct note *n; (n = take(&all));) {
    if (n->what == OPEN) open_one(s, n);
    if (n->what == CLOSE) give_up(s);
    if (n->what == SEND && s->wsi && n->turn == s->open_turn) {
      add(&s->unsent, (struct note){.what = SEND, .text = n->text, .len = n->len});
      n->text = NULL;
      if (s->established) lws_callback_on_writable(s->wsi);
    }
    drop(n);
  }
}

static void *run(void *arg) {
  struct jn_socket *s = arg;
  sigset_t all;
  sigfillset(&all); /* signals are the kernel thread's */
  pthread_sigmask(SIG_BLOCK, &all, NULL);
  pthread_setname_np(pthread_self(), "janus");
  for (;;) {
    pthread_mutex_lock(&s->lock);
    bool stop = s->stop;
    pthread_mutex_unlock(&s->lock);
    if (stop) break;
    do_as_told(s);
    lws_service(s->context, 0);
  }
  give_up(s);
  return NULL;
}

/* ---- from the kernel thread -----------------------------------------------------------------------------
 */

struct jn_socket *jn_socket_new(fq_kernel *k, const struct jn_socket_events *events, void *arg) {
  struct jn_socket *s = jn_grab(sizeof *s);
  struct lws_context_creation_info info = {
      .port = CONTEXT_PORT_NO_LISTEN,
      .protocols = protocols,
      .gid = (gid_t)-1,
      .uid = (uid_t)-1,
      .user = s,
      .pt_serv_buf_size = 65536,
  };
  s->kernel = k;
  s->events = events;
  s->arg = arg;
  pthread_mutex_init(&s->lock, NULL);
  s->context = lws_create_context(&info);
  if (!s->context || pthread_create(&s->thread, NULL, run, s) != 0) abort();
  s->running = true;
  return s;
}

static void order(struct jn_socket *s, struct note n) {
  pthread_mutex_lock(&s->lock);
  add(&s->to, n);
  pthread_mutex_unlock(&s->lock);
  lws_cancel_service(s->context);
}

int jn_socket_open(struct jn_socket *s, const char *dir) {
  order(s, (struct note){.what = OPEN, .turn = ++s->turn, .fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC)});
  return s->turn;
}

void jn_socket_send(struct jn_socket *s, char *text) {
  order(s, (struct note){.what = SEND, .turn = s->turn, .text = text, .len = strlen(text)});
}

void jn_socket_close(struct jn_socket *s) {
  s->turn++;
  order(s, (struct note){.what = CLOSE, .turn = s->turn});
}

void jn_socket_stop(struct jn_socket *s) {
  if (!s || !s->running) return;
  pthread_mutex_lock(&s->lock);
  s->stop = true;
  pthread_mutex_unlock(&s->lock);
  lws_cancel_service(s->context);
  pthread_join(s->thread, NULL);
  s->running = false;
  s->turn++; /* what was posted already is nobody's */
}

void jn_socket_free(struct jn_socket *s) {
  if (!s) return;
  jn_socket_stop(s);
  lws_context_destroy(s->context);
  drop_all(&s->to);
  drop_all(&s->from);
  drop_all(&s->unsent);
  free(s->heard);
  pthread_mutex_destroy(&s->lock);
  free(s);
}
