/*
 * The terminal plugin: WebSocket, HTTP and pages over libwebsockets. This file is its table: options,
 * metrics, start and stop. Kernel thread. Begin with terminal.h.
 */
#include <config.h>

#include "terminal.h"

#include <stdio.h>
#include <unistd.h>

static enum fq_status init(void *self, fq_kernel *k, struct fq_error *e) {
  struct term *t = self;
  t->kernel = k;
  t->pages_fd = -1;
  t->inbox_tail = &t->inbox;
  pthread_mutex_init(&t->lock, NULL);
  snprintf(t->hello, sizeof t->hello, "\"proto\":1,\"server\":\"fengqiao/%s\"", PACKAGE_VERSION);
  if (!t->tls_cert[0] != !t->tls_key[0])
    return fq_fail(e, FQ_E_PARAMS, "terminal.tls", t->tls_cert[0] ? "terminal.tls_key" : "terminal.tls_cert",
                   "tls_cert 与 tls_key 应同时给出", "tls_cert and tls_key go together");
  fq_transport_add(k, &term_transport, t);
  return FQ_OK;
}

static enum fq_status start(void *self, fq_kernel *k, struct fq_error *e) {
  struct term *t = self;
  /* I/O threads must not ask the kernel for what never changes while they run. */
  snprintf(t->epoch, sizeof t->epoch, "%s", fq_epoch(k));
  snprintf(t->data_dir, sizeof t->data_dir, "%s", fq_data_dir(k));
  blobs_tidy(t);
  enum fq_status s = pages_open(t, e);
  return s ? s : io_start(t, e);
}

static void stop(void *self, fq_kernel *k) {
  io_stop(self);
}

static void fini(void *self) {
  struct term *t = self;
  io_free(t);
  if (t->kernel && t->pages_fd >= 0) close(t->pages_fd);
  if (t->kernel) pthread_mutex_destroy(&t->lock);
}

static void health(void *self, char *out, size_t cap) {
  struct term *t = self;
  out[0] = 0;
  if (!t->running)
    snprintf(out, cap, "not listening");
  else if (atomic_load(&t->backlog) >= t->max_backlog)
    snprintf(out, cap, "%ld requests wait", atomic_load(&t->backlog));
}

#define OPTION(name_, type_, fallback_, min_, max_, zh_, en_)                                                \
  {                                                                                                          \
    .name = #name_, .type = type_, FQ_OPTION_INTO(name_), .fallback = fallback_, .min = min_, .max = max_,   \
    .zh = zh_, .en = en_                                                                                     \
  }
#define FQ_OPTION_INTO(member)                                                                               \
  .offset = offsetof(struct term, member), .cap_bytes = sizeof(((struct term *)0)->member)

static const struct fq_option options[] = {
    OPTION(listen, FQ_O_STRING, "127.0.0.1:8080", 0, 0, "监听地址 地址:端口",
           "ADDRESS:PORT to listen on; port 0 picks one"),
    OPTION(threads, FQ_O_INT, "1", 1, 16, "网络线程数", "network threads"),
    OPTION(pages, FQ_O_STRING, FQ_PKGDATADIR "/pages", 0, 0, "页面目录", "directory of the web pages"),
    OPTION(origins, FQ_O_STRING, "", 0, 0, "另外允许的网页来源，空格分隔",
           "origins besides the server's own whose pages may open a socket, separated by spaces"),
    OPTION(proxies, FQ_O_STRING, "", 0, 0, "可信反向代理的地址，空格分隔：以其 X-Forwarded-For 为来源",
           "addresses of reverse proxies, separated by spaces, whose X-Forwarded-For is believed"),
    OPTION(tls_cert, FQ_O_STRING, "", 0, 0, "证书文件（PEM，含中间证书）",
           "certificate chain, PEM; empty: no TLS"),
    OPTION(tls_key, FQ_O_STRING, "", 0, 0, "私钥文件（PEM）", "its key, PEM"),
    OPTION(max_frame, FQ_O_SIZE, "64 KiB", 1024, 1 << 20, "一条消息的上限", "largest message on a socket"),
    OPTION(max_body, FQ_O_SIZE, "1 MiB", 1024, 64 << 20, "HTTP 请求体的上限", "largest HTTP request body"),
    OPTION(max_blob, FQ_O_SIZE, "100 MiB", 1024, 1e12, "一个附件的上限", "largest blob"),
    OPTION(send_budget, FQ_O_SIZE, "256 KiB", 4096, 64 << 20, "每个连接的待发上限",
           "what may wait for one slow connection before it is closed with 4009"),
    OPTION(socket_buffer, FQ_O_SIZE, "128 KiB", 0, 8 << 20, "每个连接的系统发送缓冲，0 由系统决定",
           "the system's send buffer of one connection; 0 leaves it to the system"),
    {.name = "heartbeat",
     .type = FQ_O_DURATION,
     FQ_OPTION_INTO(heartbeat_ms),
     .fallback = "25 s",
     .min = 100,
     .max = 600000,
     .zh = "心跳间隔",
     .en = "heartbeat interval: two missed and the connection is closed"},
    OPTION(max_connections, FQ_O_INT, "10000", 1, 1000000, "连接数上限", "most connections"),
    OPTION(max_in_flight, FQ_O_INT, "64", 1, 10000, "每个连接同时进行的请求数",
           "requests under way per connection"),
    OPTION(max_backlog, FQ_O_INT, "20000", 1, 1000000, "全部进行中的请求数", "requests under way in all"),
    OPTION(notifications, FQ_O_STRING, "position.update", 0, 0, "可以不带 id 的方法",
           "methods that may be sent without an id, separated by spaces"),
    OPTION(demo, FQ_O_BOOL, "false", 0, 0, "使用演示口令：只允许监听本机地址",
           "demo passwords are in use: listen on loopback addresses only"),
    {0},
};

#define COUNTER(what)                                                                                        \
  static double read_##what(void *self) {                                                                    \
    return (double)atomic_load(&((struct term *)self)->what);                                                \
  }
COUNTER(connections)
COUNTER(accepted)
COUNTER(refused)
COUNTER(messages_in)
COUNTER(messages_out)
COUNTER(bytes_in)
COUNTER(bytes_out)
COUNTER(slow_closes)
COUNTER(protocol_closes)
COUNTER(heartbeat_closes)
COUNTER(queue_bytes)
COUNTER(http_requests)
COUNTER(overloads)
COUNTER(backlog)

static const struct fq_metric metrics[] = {
    {"fengqiao_terminal_connections", "terminals connected", false, read_connections},
    {"fengqiao_terminal_accepted_total", "sockets accepted", true, read_accepted},
    {"fengqiao_terminal_refused_total", "sockets refused: too many connections", true, read_refused},
    {"fengqiao_terminal_messages_in_total", "messages received", true, read_messages_in},
    {"fengqiao_terminal_messages_out_total", "messages sent", true, read_messages_out},
    {"fengqiao_terminal_bytes_in_total", "payload bytes received", true, read_bytes_in},
    {"fengqiao_terminal_bytes_out_total", "bytes sent", true, read_bytes_out},
    {"fengqiao_terminal_slow_closes_total", "connections closed with 4009: too slow", true, read_slow_closes},
    {"fengqiao_terminal_protocol_closes_total", "connections closed with 4008 or 1009", true,
     read_protocol_closes},
    {"fengqiao_terminal_heartbeat_closes_total", "connections closed for missed heartbeats", true,
     read_heartbeat_closes},
    {"fengqiao_terminal_queue_bytes", "bytes waiting for slow connections", false, read_queue_bytes},
    {"fengqiao_terminal_http_requests_total", "HTTP requests", true, read_http_requests},
    {"fengqiao_terminal_overloads_total", "requests refused with -32010", true, read_overloads},
    {"fengqiao_terminal_backlog", "requests with the kernel", false, read_backlog},
    {0},
};

FQ_PLUGIN = {
    FQ_PLUGIN_HEAD,
    .name = "terminal",
    .version = PACKAGE_VERSION,
    .zh = "终端：WebSocket、HTTP 与页面",
    .en = "terminals: WebSocket, HTTP and pages",
    .options = options,
    .self_bytes = sizeof(struct term),
    .metrics = metrics,
    .init = init,
    .start = start,
    .stop = stop,
    .fini = fini,
    .health = health,
};
