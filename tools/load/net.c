/* See net.h. The home of libwebsockets and libuv in this program. */
#include "net.h"

#include <libwebsockets.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#include "base/mem.h"

enum { DESCRIPTORS_MAX = 65536, HANDSHAKE_S = 20 };

struct out {
  struct out *next;
  size_t len;
  unsigned char bytes[]; /* LWS_PRE, then the text */
};

struct link {
  struct lws *wsi;
  void *owner;
  struct out *queue, **tail;
  struct fq_buf partial;
  bool open, dropped, asked;
  bool beginning, failed; /* within net_connect(); it has failed there */
  struct link *next_failed;
  int code;
  char why[124];
};

struct get {
  struct lws *wsi;
  char *token;
  net_got got;
  void *arg;
  int status;
  bool beginning, failed;
  struct fq_buf body;
};

struct net_wait {
  uv_timer_t timer;
  void (*fn)(void *);
  void *arg;
};

static struct {
  uv_loop_t loop;
  uv_prepare_t prepare;
  uv_signal_t signals[2];
  uv_poll_t alarm_poll;
  int alarm_fd;
  void (*alarm)(void);
  struct lws_context *context;
  const struct net_ears *ears;
  struct link *failed;
  bool ending;
  char host[200], path[200];
  int port;
  int tls;
  void (*each_turn)(void);
  void (*on_signal)(int);
} net;

int64_t net_now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t net_wall_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- WebSockets -------------------------------------------------------------------------------------- */

static void link_free(struct link *l) {
  while (l->queue) {
    struct out *o = l->queue;
    l->queue = o->next;
    free(o);
  }
  fq_buf_free(&l->partial);
  free(l);
}

static void link_closed(struct link *l, const char *why) {
  if (!l->dropped && !net.ending) net.ears->closed(l->owner, l->code, l->why[0] ? l->why : why ? why : "");
  link_free(l);
}

static bool write_now(struct link *l, struct out *o) {
  bool fine = lws_write(l->wsi, o->bytes + LWS_PRE, o->len, LWS_WRITE_TEXT) >= 0;
  free(o);
  return fine;
}

/* A write at once costs one system call; waiting for the WRITEABLE callback costs four more. */
static int write_queued(struct link *l) {
  while (l->queue && !lws_partial_buffered(l->wsi)) {
    struct out *o = l->queue;
    l->queue = o->next;
    if (!l->queue) l->tail = &l->queue;
    if (!write_now(l, o)) return -1;
  }
  if (l->queue && !l->asked) {
    l->asked = true;
    lws_callback_on_writable(l->wsi);
  }
  return 0;
}

void net_send(struct link *l, const char *text, size_t len) {
  struct out *o = malloc(sizeof *o + LWS_PRE + len);
  if (!o) abort();
  o->next = NULL;
  o->len = len;
  memcpy(o->bytes + LWS_PRE, text, len);
  *l->tail = o;
  l->tail = &o->next;
  if (l->open && !l->dropped && write_queued(l) < 0) lws_set_timeout(l->wsi, 1, LWS_TO_KILL_ASYNC);
}

void net_drop(struct link *l) {
  l->dropped = true;
  if (l->wsi) lws_set_timeout(l->wsi, 1, LWS_TO_KILL_ASYNC);
}

static int receive(struct link *l, const char *in, size_t len) {
  bool last = lws_is_final_fragment(l->wsi) && lws_remaining_packet_payload(l->wsi) == 0;
  if (l->dropped) return -1;
  if (last && l->partial.len == 0) {
    net.ears->message(l->owner, in, len);
    return l->dropped ? -1 : 0;
  }
  fq_buf_add(&l->partial, in, len);
  if (!last) return 0;
  struct fq_buf whole = l->partial;
  l->partial = (struct fq_buf){0};
  net.ears->message(l->owner, whole.data, whole.len);
  fq_buf_free(&whole);
  return l->dropped ? -1 : 0;
}

static void note_close(struct link *l, const unsigned char *in, size_t len) {
  if (len < 2) return;
  l->code = in[0] << 8 | in[1];
  size_t n = len - 2 < sizeof l->why - 1 ? len - 2 : sizeof l->why - 1;
  memcpy(l->why, in + 2, n);
  l->why[n] = 0;
}

static int on_socket(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  struct link *l = lws_get_opaque_user_data(wsi);
  if (!l) return 0;
  switch (reason) {
  case LWS_CALLBACK_CLIENT_ESTABLISHED:
    if (l->dropped) return -1;
    l->open = true;
    net.ears->open(l->owner);
    return l->dropped ? -1 : write_queued(l);
  case LWS_CALLBACK_CLIENT_RECEIVE:
    return receive(l, in, len);
  case LWS_CALLBACK_CLIENT_WRITEABLE:
    l->asked = false;
    return l->dropped ? -1 : write_queued(l);
  case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
    note_close(l, in, len);
    return 0;
  case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
  case LWS_CALLBACK_CLOSED_CLIENT_HTTP: /* broke between connect and upgrade */
  case LWS_CALLBACK_CLIENT_CLOSED:
  case LWS_CALLBACK_WSI_DESTROY: /* whichever comes first */
    lws_set_opaque_user_data(wsi, NULL);
    l->wsi = NULL;
    if (l->beginning || l->failed)
      l->failed = true;
    else
      link_closed(l, reason == LWS_CALLBACK_CLIENT_CONNECTION_ERROR ? in : NULL);
    return 0;
  default:
    return 0;
  }
}

static void connect_info(struct lws_client_connect_info *i, struct lws **wsi, void *opaque) {
  *i = (struct lws_client_connect_info){.context = net.context,
                                        .address = net.host,
                                        .port = net.port,
                                        .host = net.host,
                                        .ssl_connection = net.tls,
                                        .pwsi = wsi,
                                        .opaque_user_data = opaque,
                                        .alpn = "http/1.1"};
}

/* A failure on the spot is told by the return value alone. lws may or may not call back for it, then or
 * later, so the link is not freed before the loop ends. */
struct link *net_connect(void *owner) {
  struct link *l = fq_alloc(sizeof *l);
  struct lws_client_connect_info info;
  l->owner = owner;
  l->tail = &l->queue;
  l->beginning = true;
  connect_info(&info, &l->wsi, l);
  info.path = net.path;
  info.protocol = info.local_protocol_name = "fengqiao.v1";
  bool begun = lws_client_connect_via_info(&info) != NULL && !l->failed;
  l->beginning = false;
  if (begun) return l;
  l->failed = true;
  l->wsi = NULL;
  l->next_failed = net.failed;
  net.failed = l;
  return NULL;
}

/* ---- one plain GET ------------------------------------------------------------------------------------- */

static void get_done(struct get *g) {
  g->got(g->arg, g->status, g->body.data ? g->body.data : "", g->body.len);
  fq_buf_free(&g->body);
  free(g->token);
  free(g);
}

static void get_failed(void *arg) {
  get_done(arg);
}

static int on_http(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  struct get *g = lws_get_opaque_user_data(wsi);
  if (!g) return 0;
  switch (reason) {
  case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER: {
    unsigned char **at = in, *end = *at + len;
    char value[160];
    int n = snprintf(value, sizeof value, "Bearer %s", g->token);
    return lws_add_http_header_by_name(wsi, (const unsigned char *)"authorization:", (unsigned char *)value,
                                       n, at, end);
  }
  case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
    g->status = (int)lws_http_client_http_response(wsi);
    return 0;
  case LWS_CALLBACK_RECEIVE_CLIENT_HTTP: {
    char buffer[LWS_PRE + 16384], *at = buffer + LWS_PRE;
    int room = sizeof buffer - LWS_PRE;
    return lws_http_client_read(wsi, &at, &room) < 0 ? -1 : 0;
  }
  case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ:
    fq_buf_add(&g->body, in, len);
    return 0;
  case LWS_CALLBACK_COMPLETED_CLIENT_HTTP:
    lws_set_opaque_user_data(wsi, NULL);
    get_done(g);
    return -1;
  case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
  case LWS_CALLBACK_CLOSED_CLIENT_HTTP:
    lws_set_opaque_user_data(wsi, NULL);
    g->status = 0;
    if (g->beginning || g->failed)
      g->failed = true;
    else
      get_done(g);
    return 0;
  default:
    return 0;
  }
}

void net_get(const char *path, const char *token, net_got got, void *arg) {
  struct get *g = fq_alloc(sizeof *g);
  struct lws_client_connect_info info;
  g->token = fq_strdup(token);
  g->got = got;
  g->arg = arg;
  g->beginning = true;
  connect_info(&info, &g->wsi, g);
  info.path = path;
  info.method = "GET";
  info.local_protocol_name = "http";
  bool begun = lws_client_connect_via_info(&info) != NULL && !g->failed;
  g->beginning = false;
  if (begun) return;
  g->failed = true; /* told from the loop, like any other failure */
  net_after(0, get_failed, g);
}

static const struct lws_protocols protocols[] = {
    {.name = "http", .callback = on_http, .rx_buffer_size = 16384, .tx_packet_size = 65536},
    {.name = "fengqiao.v1", .callback = on_socket, .rx_buffer_size = 4096, .tx_packet_size = 65536},
    {0},
};

/* ---- timers -------------------------------------------------------------------------------------------- */

static void wait_freed(uv_handle_t *h) {
  free(h->data);
}

static void on_wait(uv_timer_t *t) {
  struct net_wait *w = t->data;
  void (*fn)(void *) = w->fn;
  void *arg = w->arg;
  uv_close((uv_handle_t *)t, wait_freed);
  fn(arg);
}

static struct net_wait *wait_new(void (*fn)(void *), void *arg) {
  struct net_wait *w = fq_alloc(sizeof *w);
  uv_timer_init(&net.loop, &w->timer);
  w->timer.data = w;
  w->fn = fn;
  w->arg = arg;
  return w;
}

struct net_wait *net_after(int64_t us, void (*fn)(void *), void *arg) {
  struct net_wait *w = wait_new(fn, arg);
  uv_timer_start(&w->timer, on_wait, us <= 0 ? 0 : (uint64_t)(us + 999) / 1000, 0);
  return w;
}

void net_cancel(struct net_wait *w) {
  if (w && !uv_is_closing((uv_handle_t *)&w->timer)) uv_close((uv_handle_t *)&w->timer, wait_freed);
}

static void on_every(uv_timer_t *t) {
  struct net_wait *w = t->data;
  w->fn(w->arg);
}

void net_every(int64_t us, void (*fn)(void *), void *arg) {
  struct net_wait *w = wait_new(fn, arg);
  uint64_t ms = us < 1000 ? 1 : (uint64_t)us / 1000;
  uv_timer_start(&w->timer, on_every, ms, ms);
}

static void on_alarm(uv_poll_t *p, int status, int events) {
  uint64_t times;
  if (read(net.alarm_fd, &times, sizeof times) == sizeof times && net.alarm) net.alarm();
}

void net_alarm(int64_t at_us, void (*fn)(void)) {
  struct itimerspec at = {.it_value = {.tv_sec = at_us / 1000000, .tv_nsec = at_us % 1000000 * 1000}};
  net.alarm = fn;
  timerfd_settime(net.alarm_fd, TFD_TIMER_ABSTIME, &at, NULL);
}

/* ---- the loop ------------------------------------------------------------------------------------------ */

static void on_prepare(uv_prepare_t *p) {
  if (net.each_turn) net.each_turn();
}

void net_each_turn(void (*fn)(void)) {
  net.each_turn = fn;
}

static void on_signal(uv_signal_t *s, int number) {
  if (net.on_signal) net.on_signal(number);
}

void net_on_signal(void (*fn)(int)) {
  net.on_signal = fn;
}

/* ws://host[:port][/path] */
static bool read_url(const char *url) {
  const char *rest = strncasecmp(url, "ws://", 5) == 0    ? url + 5
                     : strncasecmp(url, "wss://", 6) == 0 ? url + 6
                                                          : NULL;
  if (!rest) return false;
  bool tls = url[2] == 's' || url[2] == 'S';
  size_t n = strcspn(rest, "/");
  const char *colon = memchr(rest, ']', n); /* [::1]:8080 */
  colon = memchr(colon ? colon : rest, ':', colon ? n - (size_t)(colon - rest) : n);
  size_t h = colon ? (size_t)(colon - rest) : n;
  if (!h || h >= sizeof net.host || strlen(rest + n) >= sizeof net.path) return false;
  bool bracket = rest[0] == '[';
  snprintf(net.host, sizeof net.host, "%.*s", (int)(bracket ? h - 2 : h), rest + bracket);
  net.port = colon ? atoi(colon + 1) : tls ? 443 : 80;
  snprintf(net.path, sizeof net.path, "%s", rest[n] ? rest + n : "/ws");
  net.tls = tls ? LCCSCF_USE_SSL : 0;
  return net.port > 0 && net.port < 65536;
}

static void raise_descriptors(void) {
  struct rlimit r;
  if (getrlimit(RLIMIT_NOFILE, &r) != 0) return;
  rlim_t most = r.rlim_max == RLIM_INFINITY || r.rlim_max > DESCRIPTORS_MAX ? DESCRIPTORS_MAX : r.rlim_max;
  r.rlim_cur = most; /* lws keeps a table this long: bounded */
  setrlimit(RLIMIT_NOFILE, &r);
}

bool net_start(const char *url, bool insecure, const struct net_ears *ears, char *why, size_t cap) {
  static const lws_retry_bo_t no_policy; /* lws's own ping timers are a list walked at each insertion */
  static const int numbers[] = {SIGINT, SIGTERM};
  void *loops[1] = {&net.loop};
  if (!read_url(url)) {
    snprintf(why, cap, "地址应为 ws://主机:端口/ws / the address should be ws://HOST:PORT/ws: %s", url);
    return false;
  }
  if (net.tls && insecure)
    net.tls |= LCCSCF_ALLOW_SELFSIGNED | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK | LCCSCF_ALLOW_EXPIRED;
  net.ears = ears;
  raise_descriptors();
  signal(SIGPIPE, SIG_IGN);
  lws_set_log_level(LLL_ERR, NULL);
  uv_loop_init(&net.loop);
  uv_prepare_init(&net.loop, &net.prepare);
  uv_prepare_start(&net.prepare, on_prepare);
  net.alarm_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  uv_poll_init(&net.loop, &net.alarm_poll, net.alarm_fd);
  uv_poll_start(&net.alarm_poll, UV_READABLE, on_alarm);
  for (int i = 0; i < 2; i++) {
    uv_signal_init(&net.loop, &net.signals[i]);
    uv_signal_start(&net.signals[i], on_signal, numbers[i]);
  }
  struct lws_context_creation_info info = {.port = CONTEXT_PORT_NO_LISTEN,
                                           .protocols = protocols,
                                           .options = LWS_SERVER_OPTION_LIBUV |
                                                      LWS_SERVER_OPTION_UV_NO_SIGSEGV_SIGFPE_SPIN |
                                                      (net.tls ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0),
                                           .foreign_loops = loops,
                                           .gid = (gid_t)-1,
                                           .uid = (uid_t)-1,
                                           .pt_serv_buf_size = 16384,
                                           .timeout_secs = HANDSHAKE_S,
                                           .max_http_header_pool = 512,
                                           .retry_and_idle_policy = &no_policy};
  net.context = lws_create_context(&info);
  if (!net.context)
    snprintf(why, cap,
             "libwebsockets 启动失败(是否装有 libwebsockets-evlib-uv?) / libwebsockets did not start "
             "(is libwebsockets-evlib-uv installed?)");
  return net.context != NULL;
}

void net_run(void) {
  uv_run(&net.loop, UV_RUN_DEFAULT);
}

bool net_ending(void) {
  return net.ending;
}

void net_stop(void) {
  uv_stop(&net.loop);
}

static void close_ours(uv_handle_t *h, void *arg) {
  uv_timer_t *t = (uv_timer_t *)h;
  if (h->type != UV_TIMER || uv_is_closing(h) || (t->timer_cb != on_wait && t->timer_cb != on_every)) return;
  struct net_wait *w = h->data;
  uv_close(h, wait_freed);
  if (t->timer_cb == on_wait) w->fn(w->arg);
}

/* The context closes its handles through the loop, which must run until they are gone. */
void net_end(void) {
  if (!net.context) return;
  net.each_turn = NULL;
  net.ending = true;
  uv_walk(&net.loop, close_ours, NULL);
  uv_close((uv_handle_t *)&net.prepare, NULL);
  uv_close((uv_handle_t *)&net.alarm_poll, NULL);
  for (int i = 0; i < 2; i++)
    uv_close((uv_handle_t *)&net.signals[i], NULL);
  lws_context_destroy(net.context);
  uv_run(&net.loop, UV_RUN_DEFAULT);
  lws_context_destroy(net.context);
  uv_run(&net.loop, UV_RUN_NOWAIT);
  uv_loop_close(&net.loop);
  close(net.alarm_fd);
  while (net.failed) {
    struct link *l = net.failed;
    net.failed = l->next_failed;
    link_free(l);
  }
  net.context = NULL;
}
