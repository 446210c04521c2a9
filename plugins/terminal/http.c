/*
 * The life of an HTTP request: what it asks for, its body, its answer. What each path means is in rpc.c,
 * stream.c, blobs.c and pages.c. The connection's I/O thread.
 *
 * lws 4.1.6 spins when bytes arrive that nobody reads while a request is being answered, so reading is held
 * while the kernel works (http_hold), and whoever sends on while a long answer goes out is dropped
 * (http_sweep). Answers are written from the WRITEABLE callback alone: completing a transaction elsewhere
 * confuses lws.
 */
#include "terminal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum {
  STALL_MS = 30000,
  QUERY_CAP = 2048,
  TURN_PARTS = 8, /* of WRITE_BYTES each: then the other connections have their turn */
  DISCARD_MAX =
      16 << 20, /* a refused body is read to its end so that the client sees the answer, up to this */
};

static const char security[] =
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
    "Referrer-Policy: same-origin\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Permissions-Policy: camera=(self), microphone=(self), geolocation=(self)\r\n"
    "Content-Security-Policy: default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "worker-src 'self' blob:; style-src 'self'; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'none'\r\n";

static const char *status_text(int status) {
  switch (status) {
  case 200:
    return "OK";
  case 201:
    return "Created";
  case 204:
    return "No Content";
  case 206:
    return "Partial Content";
  case 301:
    return "Moved Permanently";
  case 302:
    return "Found";
  case 304:
    return "Not Modified";
  case 308:
    return "Resume Incomplete";
  case 400:
    return "Bad Request";
  case 401:
    return "Unauthorized";
  case 403:
    return "Forbidden";
  case 404:
    return "Not Found";
  case 405:
    return "Method Not Allowed";
  case 409:
    return "Conflict";
  case 411:
    return "Length Required";
  case 413:
    return "Payload Too Large";
  case 416:
    return "Range Not Satisfiable";
  case 422:
    return "Unprocessable Content";
  case 429:
    return "Too Many Requests";
  case 500:
    return "Internal Server Error";
  case 503:
    return "Service Unavailable";
  default:
    return status < 400 ? "OK" : "Error";
  }
}

int http_status_of(enum fq_status s) {
  switch (s) {
  case FQ_OK:
    return 200;
  case FQ_E_PARSE:
  case FQ_E_REQUEST:
  case FQ_E_PARAMS:
    return 400;
  case FQ_E_SIGNED_OUT:
    return 401;
  case FQ_E_FORBIDDEN:
    return 403;
  case FQ_E_METHOD:
  case FQ_E_NOT_FOUND:
    return 404;
  case FQ_E_CONFLICT:
  case FQ_E_IDEMPOTENCY:
    return 409;
  case FQ_E_TOO_LARGE:
    return 413;
  case FQ_E_POLICY:
    return 422;
  case FQ_E_OVERLOADED:
  case FQ_E_STORAGE:
    return 503;
  case FQ_E_INTERNAL:
    break;
  }
  return 500;
}

/* ---- reading -------------------------------------------------------------------------------- */

bool http_header(struct lws *wsi, enum lws_token_indexes token, char *out, size_t cap) {
  out[0] = 0;
  int n = lws_hdr_total_length(wsi, token);
  return n > 0 && (size_t)n < cap && lws_hdr_copy(wsi, out, (int)cap, token) > 0;
}

/* The same address whether it came over IPv4 or mapped into IPv6. */
static const char *plain(const char *address) {
  return strncasecmp(address, "::ffff:", 7) ? address : address + 7;
}

static bool trusted(const struct term *t, const char *address) {
  size_t len = strlen(plain(address));
  for (const char *p = t->proxies; *p;) {
    size_t n = strcspn(p, " ,");
    if (n && n == len && strncasecmp(p, plain(address), n) == 0) return true;
    p += n;
    p += strspn(p, " ,");
  }
  return false;
}

/* Who is asking: the peer; or, when the peer is a proxy of ours, the last address it was told of that is
 * none. What stands before that one anybody may have written. */
void http_remote(struct term *t, struct lws *wsi, char out[48]) {
  char chain[512];
  struct in6_addr known;
  lws_get_peer_simple(wsi, out, 48);
  if (!trusted(t, out) || !http_header(wsi, WSI_TOKEN_X_FORWARDED_FOR, chain, sizeof chain)) return;
  for (char *end = chain + strlen(chain), *p; trusted(t, out) && end > chain; end = p) {
    for (p = end; p > chain && p[-1] != ',';)
      p--;
    char *one = p + strspn(p, " \t");
    size_t n = strcspn(one, " \t,");
    if (p > chain) p--;
    if (!n || n >= 48) return;
    one[n] = 0;
    if (inet_pton(AF_INET, plain(one), &known) != 1 && inet_pton(AF_INET6, one, &known) != 1) return;
    strcpy(out, one);
  }
}

bool http_query(const struct http *h, const char *name, char *out, size_t cap) {
  size_t len = strlen(name);
  for (const char *p = h->query; *p; p += strcspn(p, "&"), p += *p == '&') {
    if (strncmp(p, name, len) != 0 || p[len] != '=') continue;
    size_t n = strcspn(p + len + 1, "&");
    if (n >= cap) return false;
    memcpy(out, p + len + 1, n);
    out[n] = 0;
    return true;
  }
  return false;
}

static char *read_query(struct lws *wsi) {
  char *out = grab(QUERY_CAP);
  size_t at = 0;
  for (int i = 0; at + 2 < QUERY_CAP; i++) {
    if (at) out[at++] = '&';
    int n = lws_hdr_copy_fragment(wsi, out + at, (int)(QUERY_CAP - at), WSI_TOKEN_HTTP_URI_ARGS, i);
    if (n < 0 || !out[at]) {
      if (at) at--;
      break;
    }
    at += strlen(out + at);
  }
  out[at] = 0;
  return out;
}

static void list_busy(struct http *h, bool busy) {
  struct io *io = h->io;
  if (busy == h->busy) return;
  h->busy = busy;
  if (busy) {
    h->prev = NULL;
    h->next = io->busy;
    if (h->next) h->next->prev = h;
    io->busy = h;
  } else {
    *(h->prev ? &h->prev->next : &io->busy) = h->next;
    if (h->next) h->next->prev = h->prev;
  }
}

static void http_free(struct http *h) {
  list_busy(h, false);
  if (h->upload) blob_forget(h);
  if (h->fd >= 0) close(h->fd);
  for (int i = 0; i < h->slots; i++)
    free(h->slot[i]);
  free(h->slot);
  free(h->path);
  free(h->query);
  free(h->body);
  free(h->head);
  free(h->out);
  free(h);
}

void http_want_body(struct http *h, int64_t max, void (*on_body)(struct http *h)) {
  if (h->content_length < 0) {
    h->close_after = true;
    http_error(h, 411, FQ_E_REQUEST, "http.length", "需要 Content-Length", "Content-Length is required");
  } else if (h->content_length > max) {
    http_error(h, 413, FQ_E_TOO_LARGE, "http.too_large", "内容过大", "the body is too large");
  } else if (h->content_length == 0) {
    h->complete = true;
    on_body(h);
  } else {
    h->on_body = on_body;
  }
}

int http_body(struct http *h, const char *in, size_t len) {
  if (h->answered || !len) return 0; /* an answer is on its way already: the rest is read past */
  atomic_fetch_add_explicit(&h->io->term->bytes_in, (long)len, memory_order_relaxed);
  if (h->upload && !h->held) return blob_body(h, in, len);
  if (h->body_len + len > (size_t)h->content_length) return -1;
  if (h->body_len + len + 1 > h->body_cap) {
    size_t cap = 2 * h->body_cap + len + 1;
    h->body_cap = cap < (size_t)h->content_length + 1 ? cap : (size_t)h->content_length + 1;
    h->body = regrab(h->body, h->body_cap);
  }
  memcpy(h->body + h->body_len, in, len);
  h->body_len += len;
  h->body[h->body_len] = 0;
  return 0;
}

/* Told twice, there is more behind the body: a second request, or rubbish. lws 4.1.6 cannot take a request
 * with a body from what it has kept back: it reads that request's own head as its body, and what is then left
 * over and over, for ever. So whoever does not wait for his answer is hung up on. */
int http_body_end(struct http *h) {
  if (h->ended) return -1;
  h->ended = true;
  if (h->complete) return 0;
  h->complete = true;
  if (!h->answered && h->on_body && !h->held) h->on_body(h);
  return 0;
}

/* ---- answering ------------------------------------------------------------------------------ */

static void make_head(struct http *h, int status, const char *type, const char *headers, int64_t length) {
  char date[40] = "", size[48] = "";
  time_t now = time(NULL);
  struct tm tm;
  strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &tm));
  if (length >= 0) snprintf(size, sizeof size, "Content-Length: %lld\r\n", (long long)length);
  if (h->io->stopping || length == -1) h->close_after = true; /* its end is the end of the connection */
  if (!h->complete && h->content_length > DISCARD_MAX) h->close_after = true;
  size_t cap = sizeof security + strlen(headers) + 512;
  h->head = grab(cap);
  h->head_len = (size_t)snprintf(h->head, cap, "HTTP/1.1 %d %s\r\nDate: %s\r\n%s%s%s%s%s%s%s%s\r\n", status,
                                 status_text(status), date, type[0] ? "Content-Type: " : "", type,
                                 type[0] ? "\r\n" : "", size, h->close_after ? "Connection: close\r\n" : "",
                                 h->io->term->tls ? "Strict-Transport-Security: max-age=31536000\r\n" : "",
                                 headers, security);
  h->answered = true;
  h->progress_ms = h->io->now_ms;
}

static void finish_head(struct http *h, int status, const char *type, const char *headers, int64_t length) {
  make_head(h, status, type, headers, length);
  http_hold(h, false);
  if (h->wsi) lws_callback_on_writable(h->wsi);
}

/* Takes body. headers: whole lines, each with its CRLF. */
void http_answer(struct http *h, int status, const char *type, const char *headers, char *body, size_t len) {
  if (h->answered) {
    free(body);
    return;
  }
  h->out = body;
  h->out_len = len;
  finish_head(h, status, type, headers, status == 304 ? -2 : (int64_t)len);
}

void http_answer_file(struct http *h, int status, const char *type, const char *headers, int fd, int64_t off,
                      int64_t len) {
  if (h->answered) {
    close(fd);
    return;
  }
  h->fd = fd;
  h->fd_off = off;
  h->fd_left = len;
  finish_head(h, status, type, headers, len);
}

/* The head of an endless answer goes out at once and reading stays held: to hold it again when the client has
 * already sent more sets lws spinning. */
void http_answer_stream(struct http *h, const char *type) {
  make_head(h, 200, type, "Cache-Control: no-store\r\nX-Accel-Buffering: no\r\n", -1);
  if (lws_write(h->wsi, (unsigned char *)h->head, h->head_len, LWS_WRITE_HTTP_HEADERS) < 0)
    peer_kill(h->wsi);
  else
    h->sent_head = true;
}

void http_fail(struct http *h, const struct fq_error *e) {
  int status = http_status_of(e->status);
  char headers[160] = "Cache-Control: no-store\r\n";
  if (e->retry_after_ms || status == 503)
    snprintf(headers, sizeof headers, "Cache-Control: no-store\r\nRetry-After: %lld\r\n",
             (long long)(e->retry_after_ms + 999) / 1000 + !e->retry_after_ms);
  if (status == 401) strcat(headers, "WWW-Authenticate: Bearer\r\n");
  fq_json *wrap = fq_json_object();
  fq_json_set(wrap, "error", fq_json_from_error(e));
  char *text = fq_json_print(wrap);
  fq_json_free(wrap);
  http_answer(h, status, "application/json; charset=utf-8", headers, text, strlen(text));
}

static char *error_body(enum fq_status code, const char *name, const char *zh, const char *en) {
  struct fq_error e = {.status = code};
  snprintf(e.code, sizeof e.code, "%s", name);
  snprintf(e.zh, sizeof e.zh, "%s", zh);
  snprintf(e.en, sizeof e.en, "%s", en);
  fq_json *wrap = fq_json_object();
  fq_json_set(wrap, "error", fq_json_from_error(&e));
  char *text = fq_json_print(wrap);
  fq_json_free(wrap);
  return text;
}

void http_error(struct http *h, int status, enum fq_status code, const char *name, const char *zh,
                const char *en) {
  char *text = error_body(code, name, zh, en);
  http_answer(h, status, "application/json; charset=utf-8",
              status == 401 ? "Cache-Control: no-store\r\nWWW-Authenticate: Bearer\r\n"
                            : "Cache-Control: no-store\r\n",
              text, strlen(text));
}

/* Refuses an upgrade: there is no request object yet, the answer is short, the connection ends. */
int http_refuse(struct lws *wsi, int status, enum fq_status code, const char *name, const char *zh,
                const char *en) {
  char *body = error_body(code, name, zh, en);
  size_t cap = strlen(body) + sizeof security + 256;
  char *all = grab(LWS_PRE + cap);
  int n =
      snprintf(all + LWS_PRE, cap,
               "HTTP/1.1 %d %s\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: %zu\r\n"
               "Connection: close\r\n%s\r\n%s",
               status, status_text(status), strlen(body), security, body);
  lws_write(wsi, (unsigned char *)all + LWS_PRE, (size_t)n, LWS_WRITE_HTTP_HEADERS);
  free(all);
  free(body);
  return -1;
}

static int over(struct http *h) {
  struct lws *wsi = h->wsi;
  bool end = h->close_after;
  lws_set_opaque_user_data(wsi, NULL);
  if (h->pending) { /* a question is still with the kernel: its answer finds no socket */
    h->wsi = NULL;
    list_busy(h, true);
  } else {
    http_free(h);
  }
  return end || lws_http_transaction_completed(wsi) ? -1 : 0;
}

int http_writable(struct http *h) {
  struct io *io = h->io;
  if (h->peer && h->sent_head) { /* a stream that fell behind and is through with that write begins anew */
    peer_kill(h->wsi);
    return 0;
  }
  if (!h->answered) return 0;
  bool body = h->verb != LWSHUMETH_HEAD;
  for (int parts = 0; parts < TURN_PARTS && !lws_partial_buffered(h->wsi); parts++) {
    size_t n = 0;
    char *buf = io->scratch;
    if (!h->sent_head) {
      memcpy(buf, h->head, h->head_len);
      n = h->head_len;
    }
    if (body && h->out_off < h->out_len) {
      size_t part = h->out_len - h->out_off;
      if (part > WRITE_BYTES - n) part = WRITE_BYTES - n;
      memcpy(buf + n, h->out + h->out_off, part);
      h->out_off += part;
      n += part;
    } else if (body && h->fd_left > 0) {
      size_t part = WRITE_BYTES - n;
      if ((int64_t)part > h->fd_left) part = (size_t)h->fd_left;
      ssize_t got = pread(h->fd, buf + n, part, h->fd_off);
      if (got <= 0) return -1; /* the length is promised already: all that is left is to hang up */
      h->fd_off += got;
      h->fd_left -= got;
      n += (size_t)got;
    }
    if (n == 0) break;
    if (lws_write(h->wsi, (unsigned char *)buf, n, h->sent_head ? LWS_WRITE_HTTP : LWS_WRITE_HTTP_HEADERS) <
        0)
      return -1;
    h->sent_head = true;
    h->progress_ms = io->now_ms;
    atomic_fetch_add_explicit(&io->term->bytes_out, (long)n, memory_order_relaxed);
  }
  if (!h->sent_head || (body && (h->out_off < h->out_len || h->fd_left > 0))) {
    list_busy(h, true);
    lws_callback_on_writable(h->wsi);
    return 0;
  }
  return over(h);
}

/* ---- questions to the kernel ---------------------------------------------------------------- */

void http_hold(struct http *h, bool hold) {
  if (!h->wsi || h->held == hold) return;
  h->held = hold;
  if (hold) {
    list_busy(h, true);
    lws_set_timeout(h->wsi, NO_PENDING_TIMEOUT, 0);
  }
  lws_rx_flow_control(h->wsi, !hold);
}

struct job *job_new(struct http *h, void (*ask)(struct job *, fq_kernel *), void (*answered)(struct job *)) {
  struct job *j = grab(sizeof *j);
  j->in.type = IN_JOB;
  j->io = h->io;
  j->http = h;
  j->ask = ask;
  j->answered = answered;
  memcpy(j->token, h->token, sizeof j->token);
  return j;
}

void http_ask(struct http *h, struct job *j) {
  h->pending++;
  http_hold(h, true);
  mail_to_kernel(h->io, &j->in);
}

void http_send(struct http *h, struct call *c) {
  c->http = h;
  h->pending++;
  atomic_fetch_add(&h->io->term->backlog, 1);
  http_hold(h, true);
  mail_to_kernel(h->io, &c->in);
}

void http_done(struct http *h) {
  h->pending--;
  if (!h->wsi && !h->pending) http_free(h);
}

void http_gone(struct http *h) {
  if (h->peer) {
    struct peer *p = h->peer;
    h->peer = NULL;
    peer_socket_gone(p);
  }
  h->wsi = NULL;
  if (!h->pending)
    http_free(h);
  else
    list_busy(h, true);
}

/* Once a second. Has the far end hung up, or does it talk out of turn? */
void http_sweep(struct io *io) {
  for (struct http *h = io->busy, *next; h; h = next) {
    next = h->next;
    if (!h->wsi) continue;
    char byte;
    ssize_t n = recv(lws_get_socket_fd(h->wsi), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    bool ended = n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
    bool stalled = h->answered && !h->peer && h->progress_ms + STALL_MS < io->now_ms;
    if (ended || stalled || (n > 0 && h->answered && !h->held && h->complete)) peer_kill(h->wsi);
  }
}

/* ---- what is asked for ---------------------------------------------------------------------- */

static void healthz(struct http *h) {
  http_answer(h, 200, "application/json; charset=utf-8", "Cache-Control: no-store\r\n",
              strdup("{\"ok\":true}"), 11);
}

static const struct route {
  const char *path;
  int verb;
  void (*fn)(struct http *h);
} routes[] = {
    {"/api/v1/rpc", LWSHUMETH_POST, rpc_post},      {"/api/v1/snapshot", LWSHUMETH_GET, rpc_snapshot},
    {"/api/v1/events", LWSHUMETH_GET, stream_open}, {"/healthz", LWSHUMETH_GET, healthz},
    {"/readyz", LWSHUMETH_GET, rpc_ready},          {"/metrics", LWSHUMETH_GET, rpc_metrics},
};

static void not_allowed(struct http *h, const char *allow) {
  h->close_after = true;
  char headers[96];
  snprintf(headers, sizeof headers, "Cache-Control: no-store\r\nAllow: %s\r\n", allow);
  char *text =
      error_body(FQ_E_REQUEST, "http.method", "此路径不接受这个方法", "this path does not take that method");
  http_answer(h, 405, "application/json; charset=utf-8", headers, text, strlen(text));
}

static void dispatch(struct http *h) {
  static const char blobs[] = "/api/v1/blobs/";
  bool get = h->verb == LWSHUMETH_GET || h->verb == LWSHUMETH_HEAD;
  for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
    if (strcmp(routes[i].path, h->path) != 0) continue;
    if (h->verb == routes[i].verb || (get && routes[i].verb == LWSHUMETH_GET))
      routes[i].fn(h);
    else
      not_allowed(h, routes[i].verb == LWSHUMETH_POST ? "POST" : "GET, HEAD");
    return;
  }
  if (strncmp(h->path, blobs, sizeof blobs - 1) == 0) {
    if (h->verb == LWSHUMETH_PUT)
      blob_put(h, h->path + sizeof blobs - 1);
    else if (get)
      blob_get(h, h->path + sizeof blobs - 1);
    else
      not_allowed(h, "GET, HEAD, PUT");
    return;
  }
  if (strcmp(h->path, "/ws") == 0) {
    http_error(h, 400, FQ_E_REQUEST, "http.upgrade", "此路径只接受 WebSocket", "this path is a WebSocket");
    return;
  }
  if (get && pages_serve(h)) return;
  if (h->content_length > 0)
    http_want_body(h, h->io->term->max_body, rpc_route);
  else
    rpc_route(h);
}

static bool read_length(struct lws *wsi, int64_t *out) {
  char text[32];
  *out = -1;
  if (!lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH)) return true;
  if (!http_header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, text, sizeof text)) return false;
  if (strspn(text, "0123456789") != strlen(text) || strlen(text) > 15) return false;
  *out = atoll(text);
  return true;
}

static void read_token(struct http *h) {
  char text[160];
  if (!http_header(h->wsi, WSI_TOKEN_HTTP_AUTHORIZATION, text, sizeof text)) return;
  if (strncasecmp(text, "Bearer ", 7) != 0) return;
  const char *token = text + 7 + strspn(text + 7, " ");
  if (strlen(token) < sizeof h->token) strcpy(h->token, token);
}

int http_begin(struct io *io, struct lws *wsi, const char *path, size_t len) {
  struct http *h = grab(sizeof *h);
  h->io = io;
  h->wsi = wsi;
  h->fd = -1;
  lws_set_opaque_user_data(wsi, h);
  char *uri = NULL;
  int uri_len = 0;
  h->verb = lws_http_get_uri_and_method(wsi, &uri, &uri_len);
  h->path = grab(len + 1);
  memcpy(h->path, path, len);
  h->query = read_query(wsi);
  http_remote(io->term, wsi, h->remote);
  read_token(h);
  atomic_fetch_add(&io->term->http_requests, 1);
  if (!read_length(wsi, &h->content_length) || lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING)) {
    /* lws hands a chunked body over with its chunk heads: there is no telling where it ends */
    h->close_after = true;
    http_error(h, 411, FQ_E_REQUEST, "http.length", "需要明确的 Content-Length，不接受分块传输",
               "a plain Content-Length is required, chunked bodies are not taken");
    return 0;
  }
  bool carries = h->verb == LWSHUMETH_POST || h->verb == LWSHUMETH_PUT || h->verb == LWSHUMETH_PATCH;
  if (carries && h->content_length < 0) {
    h->close_after = true; /* lws would wait for 100 MB */
    http_error(h, 411, FQ_E_REQUEST, "http.length", "需要 Content-Length", "Content-Length is required");
    return 0;
  }
  if (!carries && h->content_length <= 0) h->complete = true;
  if (h->content_length <= 0) lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
  char expect[32];
  if (h->content_length > 0 && http_header(wsi, WSI_TOKEN_HTTP_EXPECT, expect, sizeof expect)) {
    if (strcasecmp(expect, "100-continue") == 0 && h->content_length <= io->term->max_blob) {
      unsigned char go[LWS_PRE + 32] = {0};
      memcpy(go + LWS_PRE, "HTTP/1.1 100 Continue\r\n\r\n", 25);
      if (lws_write(wsi, go + LWS_PRE, 25, LWS_WRITE_HTTP_HEADERS) < 0) return -1;
    } else {
      h->close_after = true; /* told nothing, the client may leave its body out */
    }
  }
  dispatch(h);
  return 0;
}
