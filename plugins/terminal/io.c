/*
 * The I/O threads: each a libuv loop with an lws context and a listening socket of its own. Where lws calls
 * in, what a loop turn is, start and stop. start and stop run on the kernel thread, the rest on the I/O
 * thread.
 *
 * lws listens nowhere: sockets are accepted here and adopted, the one road that also works with several
 * threads, gives up the port's number when 0 was asked for, and says why a bind failed.
 */
#include "terminal.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
  TICK_MS = 1000,
  TICK_FAST_MS = 100,
  RETRY_MS = 20,
  ACCEPT_BURST = 64,
  STOP_MS = 2000,
  HEADER_S = 15,
  KEEPALIVE_S = 30
};

/* ---- what lws calls ------------------------------------------------------------------------- */

static struct io *io_of(struct lws *wsi) {
  return lws_context_user(lws_get_context(wsi));
}

static int on_http(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  struct http *h = lws_get_opaque_user_data(wsi);
  switch (reason) {
  case LWS_CALLBACK_HTTP:
    return http_begin(io_of(wsi), wsi, in, len);
  case LWS_CALLBACK_HTTP_BODY:
    return h ? http_body(h, in, len) : 0;
  case LWS_CALLBACK_HTTP_BODY_COMPLETION:
    return h ? http_body_end(h) : 0;
  case LWS_CALLBACK_HTTP_WRITEABLE:
    return h ? http_writable(h) : 0;
  case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
    return conn_may_upgrade(io_of(wsi), wsi, in);
  case LWS_CALLBACK_CLOSED_HTTP:
    if (!h) return 0;
    lws_set_opaque_user_data(wsi, NULL);
    http_gone(h);
    return 0;
  case LWS_CALLBACK_WSI_DESTROY:
    io_of(wsi)->connections--;
    return 0;
  case LWS_CALLBACK_RAW_ADOPT: /* CONNECT would turn into a raw socket */
  case LWS_CALLBACK_RAW_RX:
    return -1;
  default:
    return 0;
  }
}

static int on_socket(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
  struct peer *p = lws_get_opaque_user_data(wsi);
  switch (reason) {
  case LWS_CALLBACK_ESTABLISHED:
    conn_open(io_of(wsi), wsi);
    return 0;
  case LWS_CALLBACK_RECEIVE:
    return p ? conn_receive(p, in, len) : -1;
  case LWS_CALLBACK_SERVER_WRITEABLE:
    return p ? conn_writable(p) : -1;
  case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE: /* the answer to our close frame, or the far end's own */
    return p && p->close_code ? -1 : 0;
  case LWS_CALLBACK_CLOSED:
    if (!p) return 0;
    lws_set_opaque_user_data(wsi, NULL);
    peer_socket_gone(p);
    return 0;
  case LWS_CALLBACK_WSI_DESTROY:
    io_of(wsi)->connections--;
    return 0;
  default:
    return 0;
  }
}

/* rx_buffer_size is memory of every terminal; tx_packet_size is how much one write may take: without it lws
 * cuts a write at the former. */
static const struct lws_protocols protocols[] = {
    {.name = "http", .callback = on_http, .rx_buffer_size = 4096, .tx_packet_size = 65536},
    {.name = SUBPROTOCOL, .callback = on_socket, .rx_buffer_size = 1024, .tx_packet_size = 65536},
    {0},
};

/* lws's own ping timers sit in a sorted list, O(connections) an insertion: none of them. */
static const lws_retry_bo_t no_policy = {0};

static void on_log(int level, const char *line) {
  size_t n = strcspn(line, "\n");
  fq_log(level == LLL_ERR ? FQ_LOG_WARN : FQ_LOG_DEBUG, "lws: %.*s", (int)n, line);
}

/* ---- the loop turn -------------------------------------------------------------------------- */

/* After everything has been read: requests leave as one batch, frames as one write a connection. */
static void end_turn(struct io *io) {
  queue_flush(io);
  mail_free_batches(io->turn);
  io->turn = NULL;
  mail_send(io);
}

static void on_check(uv_check_t *c) {
  end_turn(c->data);
}
static void on_prepare(uv_prepare_t *p) {
  end_turn(p->data);
}

static void begin_stop(struct io *io);

static void on_wake(uv_async_t *a) {
  struct io *io = a->data;
  mail_receive(io);
  pthread_mutex_lock(&io->lock);
  bool stop = io->stop_asked;
  pthread_mutex_unlock(&io->lock);
  if (stop && !io->stopping) begin_stop(io);
}

static void stop_if_empty(struct io *io);

static void on_tick(uv_timer_t *timer) {
  struct io *io = timer->data;
  io->now_ms = (int64_t)uv_now(&io->loop);
  conn_sweep(io);
  stream_sweep(io);
  http_sweep(io);
  if (io->stopping) stop_if_empty(io);
}

/* ---- accepting ------------------------------------------------------------------------------ */

static void on_retry(uv_timer_t *timer) {
  stream_retry(timer->data);
}

void io_retry_soon(struct io *io) {
  if (io->retrying || io->stopping) return;
  io->retrying = true;
  uv_timer_start(&io->retry, on_retry, RETRY_MS, 0);
}

static void on_listener(uv_poll_t *poll, int status, int events) {
  struct io *io = poll->data;
  struct term *t = io->term;
  for (int i = 0; i < ACCEPT_BURST; i++) {
    int fd = accept4(io->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)) {
      fq_log(FQ_LOG_WARN, "terminal: accept: %s",
             strerror(errno)); /* level-triggered: look away for a tick */
      uv_poll_stop(poll);
      io->accepting = false;
    }
    if (fd < 0) return;
    if (io->connections >= t->max_connections / t->io_count) {
      atomic_fetch_add(&t->refused, 1);
      close(fd);
      continue;
    }
    int one = 1, size = (int)t->socket_buffer;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    /* The system would let one slow reader have megabytes of buffer before anybody notices. */
    if (size) setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    io->connections++;
    if (lws_adopt_socket_vhost(io->vhost, fd)) atomic_fetch_add(&t->accepted, 1);
  }
}

static void listen_again(struct io *io) {
  if (io->accepting || io->stopping) return;
  if (uv_poll_start(&io->listener, UV_READABLE, on_listener) == 0) io->accepting = true;
}

static void on_second(uv_timer_t *timer) {
  on_tick(timer);
  listen_again(timer->data);
}

/* ---- stopping ------------------------------------------------------------------------------- */

static void close_everybody(struct io *io) {
  for (struct peer *p = io->peers, *next; p; p = next) {
    next = p->next;
    char reason[64];
    unsigned int random = 0;
    lws_get_random(io->context, &random, sizeof random);
    /* spread over two seconds, or everybody is back in the same millisecond */
    snprintf(reason, sizeof reason, "restart retry_after_ms=%u", random % 2001);
    if (p->wsi) peer_close(p, CLOSE_RESTART, reason);
  }
  for (struct http *h = io->busy; h; h = h->next)
    if (h->wsi && h->pending) peer_kill(h->wsi);
}

static void begin_stop(struct io *io) {
  io->stopping = true;
  io->now_ms = (int64_t)uv_now(&io->loop);
  io->stop_at_ms = io->now_ms + STOP_MS;
  if (io->accepting) uv_poll_stop(&io->listener);
  close(io->listen_fd);
  io->listen_fd = -1;
  close_everybody(io);
  uv_timer_start(&io->tick, on_tick, 0, 20);
}

static void stop_if_empty(struct io *io) {
  bool open = false;
  for (struct peer *p = io->peers; p && !open; p = p->next)
    open = p->wsi != NULL;
  for (struct http *h = io->busy; h && !open; h = h->next)
    open = h->wsi != NULL;
  if (open && io->now_ms < io->stop_at_ms) return;
  uv_stop(&io->loop);
}

static void close_handle(uv_handle_t *h, void *arg) {
  struct io *io = arg;
  bool ours = h == (uv_handle_t *)&io->wake || h == (uv_handle_t *)&io->check ||
              h == (uv_handle_t *)&io->prepare || h == (uv_handle_t *)&io->tick ||
              h == (uv_handle_t *)&io->retry || h == (uv_handle_t *)&io->listener;
  if (ours && !uv_is_closing(h)) uv_close(h, NULL);
}

/* The context closes its handles through the loop, which must run until they are gone. */
static void tear_down(struct io *io) {
  if (io->context) {
    lws_context_destroy(io->context);
    uv_run(&io->loop, UV_RUN_NOWAIT);
  }
  uv_walk(&io->loop, close_handle, io);
  uv_run(&io->loop, UV_RUN_DEFAULT);
  if (io->context) lws_context_destroy(io->context);
  uv_run(&io->loop, UV_RUN_NOWAIT);
  io->context = NULL;
  uv_loop_close(&io->loop);
}

static void *run(void *arg) {
  struct io *io = arg;
  sigset_t all;
  sigfillset(&all); /* signals are the kernel thread's */
  pthread_sigmask(SIG_BLOCK, &all, NULL);
  pthread_setname_np(pthread_self(), "terminal");
  uv_run(&io->loop, UV_RUN_DEFAULT);
  end_turn(io);
  tear_down(io);
  return NULL;
}

void io_stop(struct term *t) {
  if (!t->running) return;
  mail_flush(t);
  for (int i = 0; i < t->io_count; i++) {
    struct io *io = &t->io[i];
    pthread_mutex_lock(&io->lock);
    io->stop_asked = true;
    pthread_mutex_unlock(&io->lock);
    uv_async_send(&io->wake);
  }
  for (int i = 0; i < t->io_count; i++)
    pthread_join(t->io[i].thread, NULL);
  t->running = false;
  mail_live(NULL);
  mail_drain(t, true);
  for (int i = 0; i < t->io_count; i++) {
    struct io *io = &t->io[i];
    mail_free_batches(io->outbox);
    io->outbox = io->outbox_last = NULL;
    for (struct peer *p = io->peers; p; p = p->next) {
      if (p->session) fq_session_drop(t->kernel, p->session);
      p->session = NULL;
      p->ended = true;
    }
  }
}

/* ---- starting ------------------------------------------------------------------------------- */

static bool split_address(const char *listen, char host[96], char port[16]) {
  const char *colon = strrchr(listen, ':');
  if (!colon || !colon[1] || strspn(colon + 1, "0123456789") != strlen(colon + 1) || strlen(colon + 1) > 5)
    return false;
  size_t n = (size_t)(colon - listen);
  if (n >= 96) return false;
  memcpy(host, listen, n);
  host[n] = 0;
  if (host[0] == '[' && n > 1 && host[n - 1] == ']') {
    memmove(host, host + 1, n - 2);
    host[n - 2] = 0;
  }
  strcpy(port, colon + 1);
  return true;
}

static bool is_loopback(const struct sockaddr *a) {
  if (a->sa_family == AF_INET) return (ntohl(((const struct sockaddr_in *)a)->sin_addr.s_addr) >> 24) == 127;
  return a->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)a)->sin6_addr);
}

static int bind_to(const struct addrinfo *a, bool share) {
  int one = 1, fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (share) setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
  if (bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, 4096) == 0) return fd;
  int why = errno;
  close(fd);
  errno = why;
  return -1;
}

static void learn_port(struct term *t, int fd, struct sockaddr_storage *a, socklen_t *len) {
  *len = sizeof *a;
  getsockname(fd, (struct sockaddr *)a, len);
  t->port = ntohs(a->ss_family == AF_INET ? ((struct sockaddr_in *)a)->sin_port
                                          : ((struct sockaddr_in6 *)a)->sin6_port);
}

/* The first socket is bound without sharing, so that a port somebody else listens on is an error and not a
 * port with half of the terminals; then all are bound with it. */
static enum fq_status open_listeners(struct term *t, struct fq_error *e) {
  char host[96], port[16];
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE},
                  *found = NULL;
  if (!split_address(t->listen, host, port) || getaddrinfo(host[0] ? host : NULL, port, &hints, &found) != 0)
    return fq_fail(e, FQ_E_PARAMS, "terminal.listen", "terminal.listen", "监听地址应为 地址:端口，得到 %s",
                   "the address to listen on should be ADDRESS:PORT, got %s", t->listen);
  struct sockaddr_storage a;
  socklen_t len = found->ai_addrlen;
  memcpy(&a, found->ai_addr, len);
  enum fq_status s = FQ_OK;
  if (t->demo && !is_loopback((struct sockaddr *)&a)) {
    s = fq_fail(e, FQ_E_FORBIDDEN, "terminal.demo", "terminal.listen",
                "演示口令只能用于本机地址，不能监听 %s",
                "demo passwords are for loopback only: will not listen on %s", t->listen);
    goto out;
  }
  int fd = bind_to(found, false);
  if (fd < 0) {
    s = fq_fail(e, FQ_E_INTERNAL, "terminal.bind", "terminal.listen", "不能监听 %s：%s",
                "cannot listen on %s: %s", t->listen, strerror(errno));
    goto out;
  }
  learn_port(t, fd, &a, &len);
  if (t->io_count == 1) {
    t->io[0].listen_fd = fd;
    goto out;
  }
  close(fd);
  struct addrinfo exact = *found;
  exact.ai_addr = (struct sockaddr *)&a;
  exact.ai_addrlen = len;
  for (int i = 0; i < t->io_count && !s; i++) {
    t->io[i].listen_fd = bind_to(&exact, true);
    if (t->io[i].listen_fd < 0)
      s = fq_fail(e, FQ_E_INTERNAL, "terminal.bind", "terminal.listen", "不能监听 %s：%s",
                  "cannot listen on %s: %s", t->listen, strerror(errno));
  }
out:
  freeaddrinfo(found);
  return s;
}

/* 10,000 terminals need 10,000 descriptors; the usual soft limit is 1,024. */
static void raise_descriptors(const struct term *t) {
  struct rlimit limit;
  rlim_t need = (rlim_t)t->max_connections + 1024;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= need) return;
  limit.rlim_cur = limit.rlim_max == RLIM_INFINITY || limit.rlim_max > need ? need : limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < need)
    fq_log(FQ_LOG_WARN, "terminal: %llu descriptors allowed, %lld connections configured",
           (unsigned long long)limit.rlim_cur, (long long)t->max_connections);
}

static enum fq_status make_context(struct io *io, struct fq_error *e) {
  struct term *t = io->term;
  void *loops[1] = {&io->loop};
  struct lws_context_creation_info info = {
      .port = CONTEXT_PORT_NO_LISTEN_SERVER,
      .protocols = protocols,
      .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_UV_NO_SIGSEGV_SIGFPE_SPIN |
                 LWS_SERVER_OPTION_EXPLICIT_VHOSTS | (t->tls ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0),
      .foreign_loops = loops,
      .gid = (gid_t)-1,
      .uid = (uid_t)-1,
      .user = io,
      .pt_serv_buf_size = 4096,
      .timeout_secs = HEADER_S,
      .keepalive_timeout = KEEPALIVE_S,
      .max_http_header_data = 4096,
      .retry_and_idle_policy = &no_policy,
      .alpn = "http/1.1",
  };
  io->context = lws_create_context(&info);
  if (!io->context)
    return fq_fail(e, FQ_E_INTERNAL, "terminal.lws", "",
                   "libwebsockets 启动失败（是否装有 libwebsockets-evlib-uv？）",
                   "libwebsockets did not start (is libwebsockets-evlib-uv installed?)");
  if (t->tls) {
    info.ssl_cert_filepath = t->tls_cert;
    info.ssl_private_key_filepath = t->tls_key;
    info.ssl_options_set = (long)(SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_RENEGOTIATION);
  }
  io->vhost = lws_create_vhost(io->context, &info);
  if (!io->vhost)
    return fq_fail(e, FQ_E_INTERNAL, "terminal.tls", "terminal.tls_cert", "证书或私钥不可用：%s",
                   "the certificate or its key cannot be used: %s", t->tls_cert);
  return FQ_OK;
}

static enum fq_status open_thread(struct io *io, struct fq_error *e) {
  uv_loop_init(&io->loop);
  uv_async_init(&io->loop, &io->wake, on_wake);
  uv_check_init(&io->loop, &io->check);
  uv_prepare_init(&io->loop, &io->prepare);
  uv_timer_init(&io->loop, &io->tick);
  uv_timer_init(&io->loop, &io->retry);
  uv_poll_init(&io->loop, &io->listener, io->listen_fd);
  io->wake.data = io->check.data = io->prepare.data = io->tick.data = io->retry.data = io->listener.data = io;
  io->scratch_cap = WRITE_BYTES + 8192;
  io->scratch = grab(io->scratch_cap);
  io->in_tail = &io->in;
  io->now_ms = (int64_t)uv_now(&io->loop);
  enum fq_status s = make_context(io, e);
  if (s) return s;
  uv_check_start(&io->check, on_check);
  uv_prepare_start(&io->prepare, on_prepare);
  int64_t every = io->term->heartbeat_ms < 4 * TICK_MS ? TICK_FAST_MS : TICK_MS;
  uv_timer_start(&io->tick, on_second, (uint64_t)every, (uint64_t)every);
  listen_again(io);
  return FQ_OK;
}

static void free_threads(struct term *t) {
  for (int i = 0; i < t->io_count; i++) {
    struct io *io = &t->io[i];
    while (io->peers) {
      struct peer *p = io->peers;
      io->peers = p->next;
      queue_clear(p);
      free(p->partial);
      free(p);
    }
    while (io->busy) {
      struct http *h = io->busy;
      h->pending = 0;
      h->peer = NULL;
      http_gone(h);
    }
    mail_free_batches(io->pending);
    free(io->scratch);
    if (io->listen_fd >= 0) close(io->listen_fd);
    pthread_mutex_destroy(&io->lock);
  }
  free(t->io);
  t->io = NULL;
  t->io_count = 0;
}

void io_free(struct term *t) {
  if (t->io) free_threads(t);
}

enum fq_status io_start(struct term *t, struct fq_error *e) {
  lws_set_log_level(LLL_ERR | LLL_WARN, on_log);
  raise_descriptors(t);
  t->tls = t->tls_cert[0] != 0;
  t->io_count = (int)t->threads;
  t->io = grab((size_t)t->io_count * sizeof *t->io);
  for (int i = 0; i < t->io_count; i++) {
    t->io[i].term = t;
    t->io[i].index = i;
    t->io[i].listen_fd = -1;
    pthread_mutex_init(&t->io[i].lock, NULL);
  }
  enum fq_status s = open_listeners(t, e);
  int opened = 0;
  while (!s && opened < t->io_count)
    s = open_thread(&t->io[opened++], e);
  if (s) {
    while (opened)
      tear_down(&t->io[--opened]);
    free_threads(t);
    return s;
  }
  t->running = true;
  mail_live(t);
  for (int i = 0; i < t->io_count; i++)
    if (pthread_create(&t->io[i].thread, NULL, run, &t->io[i]) != 0) abort();
  fq_log(FQ_LOG_INFO, "terminal: listening on %s (port %d)%s, %d thread%s", t->listen, t->port,
         t->tls ? " with TLS" : "", t->io_count, t->io_count == 1 ? "" : "s");
  return FQ_OK;
}
