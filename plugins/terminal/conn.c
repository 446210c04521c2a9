/*
 * A terminal's WebSocket: greeting, messages in, heartbeat, close. Also the life of every peer, streams
 * included. Knows nothing of what methods do. The peer's I/O thread.
 *
 * A peer ends in two halves: its socket closes, and the kernel says that it will not call for it again.
 * Mail runs in order both ways, so the second needs no reference counting: after OUT_FREE nothing can come.
 */
#include "terminal.h"

#include <stdio.h>

/* ---- the life of a peer --------------------------------------------------------------------- */

static void unlink_peer(struct peer *p) {
  struct io *io = p->io;
  *(p->prev ? &p->prev->next : &io->peers) = p->next;
  *(p->next ? &p->next->prev : &io->peers_last) = p->prev;
  p->prev = p->next = NULL;
}

static void link_last(struct peer *p) {
  struct io *io = p->io;
  p->prev = io->peers_last;
  p->next = NULL;
  *(p->prev ? &p->prev->next : &io->peers) = p;
  io->peers_last = p;
}

struct peer *peer_new(struct io *io, enum peer_kind kind, struct lws *wsi, const char *remote) {
  struct peer *p = grab(sizeof *p);
  p->io = io;
  p->kind = kind;
  p->wsi = wsi;
  p->heard_ms = io->now_ms;
  snprintf(p->remote, sizeof p->remote, "%s", remote);
  link_last(p);
  atomic_fetch_add(&io->term->connections, 1);
  return p;
}

/* Every peer has the same patience, so a list in the order of the last message is the timer wheel. */
void peer_heard(struct peer *p) {
  p->heard_ms = p->io->now_ms;
  if (!p->next) return;
  unlink_peer(p);
  link_last(p);
}

static void free_when_over(struct peer *p) {
  if (p->wsi || p->http || !p->acked) return;
  if (p->dirty) { /* named in this turn's list: the list goes first */
    for (struct peer **at = &p->io->dirty; *at; at = &(*at)->dirty_next)
      if (*at == p) {
        *at = p->dirty_next;
        break;
      }
  }
  queue_clear(p);
  free(p->partial);
  unlink_peer(p);
  atomic_fetch_sub(&p->io->term->connections, 1);
  free(p);
}

void peer_detach(struct peer *p) {
  if (p->detached) return;
  p->detached = true;
  struct gone *g = grab(sizeof *g);
  g->in.type = IN_GONE;
  g->peer = p;
  mail_to_kernel(p->io, &g->in);
}

void peer_socket_gone(struct peer *p) {
  p->wsi = NULL;
  p->http = NULL;
  queue_clear(p);
  free(p->partial);
  p->partial = NULL;
  p->partial_len = p->partial_cap = 0;
  peer_detach(p);
  free_when_over(p);
}

void peer_freed_by_kernel(struct peer *p) {
  p->acked = true;
  free_when_over(p);
}

/* Not at once: we may be inside one of its callbacks. lws arms its timer on libuv only after an event of its
 * own, so it is given one. */
void peer_kill(struct lws *wsi) {
  lws_set_timeout(wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
  lws_cancel_service(lws_get_context(wsi));
}

/* The close frame is ours, written raw: lws 4.1.6 on libuv as Debian builds it closes twice in a row and
 * loses its own. Then the far end answers with its close frame, or the sweep ends the socket after
 * CLOSE_WAIT_MS. */
static void send_close_frame(struct peer *p) {
  unsigned char frame[LWS_PRE + 4 + sizeof p->reason];
  size_t len = strlen(p->reason);
  if (len > 123) len = 123;
  frame[LWS_PRE] = 0x88;
  frame[LWS_PRE + 1] = (unsigned char)(len + 2);
  frame[LWS_PRE + 2] = (unsigned char)(p->close_code >> 8);
  frame[LWS_PRE + 3] = (unsigned char)p->close_code;
  memcpy(frame + LWS_PRE + 4, p->reason, len);
  if (lws_write(p->wsi, frame + LWS_PRE, len + 4, LWS_WRITE_RAW) < 0) peer_kill(p->wsi);
}

void peer_close(struct peer *p, int code, const char *reason) {
  if (!p->wsi || p->close_code) return;
  if (code == CLOSE_PROTOCOL || code == CLOSE_TOO_BIG) atomic_fetch_add(&p->io->term->protocol_closes, 1);
  if (code != CLOSE_SLOW) queue_flush_peer(p); /* the answer that explains the close goes first */
  if (!p->wsi || p->close_code) return;
  p->close_code = code;
  p->close_at_ms = p->io->now_ms + CLOSE_WAIT_MS;
  snprintf(p->reason, sizeof p->reason, "%s", reason);
  queue_clear(p);
  peer_detach(p);
  if (p->kind == PEER_SOCKET)
    send_close_frame(p);
  else
    stream_close(p);
}

/* ---- upgrade -------------------------------------------------------------------------------- */

/* "http://host:port" against "host:port". */
static bool same_host(const char *origin, const char *host) {
  const char *at = strstr(origin, "://");
  return at && strcasecmp(at + 3, host) == 0;
}

/* A browser page may open a socket only from the server it came from, or from one that the operator named:
 * cookies play no part here, but a foreign page must not use a person's network position either. */
bool origin_allowed(const struct term *t, const char *origin, const char *host) {
  if (!origin[0] || same_host(origin, host)) return true;
  size_t len = strlen(origin);
  for (const char *p = t->origins; *p;) {
    size_t n = strcspn(p, " ,");
    if ((n == len && strncasecmp(p, origin, n) == 0) || (n == 1 && *p == '*')) return true;
    p += n;
    p += strspn(p, " ,");
  }
  return false;
}

static bool offers_subprotocol(struct lws *wsi) {
  char offered[256];
  if (!http_header(wsi, WSI_TOKEN_PROTOCOL, offered, sizeof offered)) return false;
  for (char *save = NULL, *p = strtok_r(offered, ", \t", &save); p; p = strtok_r(NULL, ", \t", &save))
    if (strcmp(p, SUBPROTOCOL) == 0) return true;
  return false;
}

/* 0: go on. -1: refused, the reason is on its way. */
int conn_may_upgrade(struct io *io, struct lws *wsi, const char *upgrade) {
  char origin[256] = "", host[256] = "", path[16] = "";
  http_header(wsi, WSI_TOKEN_ORIGIN, origin, sizeof origin);
  http_header(wsi, WSI_TOKEN_HOST, host, sizeof host);
  http_header(wsi, WSI_TOKEN_GET_URI, path, sizeof path);
  if (strcasecmp(upgrade, "websocket") != 0)
    return http_refuse(wsi, 400, FQ_E_REQUEST, "http.upgrade", "只接受升级到 websocket",
                       "only an upgrade to websocket is accepted");
  if (strcmp(path, "/ws") != 0)
    return http_refuse(wsi, 404, FQ_E_NOT_FOUND, "http.not_found", "WebSocket 的路径是 /ws",
                       "the WebSocket is at /ws");
  if (!offers_subprotocol(wsi))
    return http_refuse(wsi, 400, FQ_E_REQUEST, "socket.subprotocol", "子协议应为 " SUBPROTOCOL,
                       "the subprotocol should be " SUBPROTOCOL);
  if (!origin_allowed(io->term, origin, host))
    return http_refuse(wsi, 403, FQ_E_FORBIDDEN, "socket.origin", "不接受来自其他网站的连接",
                       "connections from another site's page are not accepted");
  if (io->stopping)
    return http_refuse(wsi, 503, FQ_E_OVERLOADED, "server.restart", "服务器正在重启",
                       "the server is restarting");
  return 0;
}

void conn_open(struct io *io, struct lws *wsi) {
  char remote[48] = "", now[32];
  http_remote(io->term, wsi, remote);
  struct peer *p = peer_new(io, PEER_SOCKET, wsi, remote);
  lws_set_opaque_user_data(wsi, p);
  char text[400];
  fq_time_format(fq_now_ms(io->term->kernel), now);
  int n = snprintf(text, sizeof text,
                   "{\"jsonrpc\":\"2.0\",\"method\":\"hello\",\"params\":{%s,\"epoch\":\"%s\",\"hb_ms\":%lld,"
                   "\"time\":\"%s\"}}",
                   io->term->hello, io->term->epoch, (long long)io->term->heartbeat_ms, now);
  queue_text(p, text, (size_t)n);
}

/* ---- messages ------------------------------------------------------------------------------- */

static void reply_error(struct peer *p, const char *id, const struct fq_error *e) {
  char *text = error_text(id, e);
  queue_text(p, text, strlen(text));
  free(text);
}

static void garbage(struct peer *p, const char *id, const struct fq_error *e) {
  reply_error(p, id, e);
  if (++p->garbage >= GARBAGE_MAX)
    peer_close(p, CLOSE_PROTOCOL, "反复发来无效消息 repeated invalid messages");
}

/* hb {n}: alive, seen up to n; the answer carries the time for the client's clock offset. */
static void heartbeat(struct peer *p, const struct message *m) {
  struct fq_error e = {0};
  if (m->params) fq_json_each(member, m->params) {
      if (strcmp(fq_json_name(member), "n") != 0)
        fq_fail(&e, FQ_E_PARAMS, "params.unknown", "params", "hb 只有参数 n", "hb has no parameter but n");
      else if (fq_json_type(member) != FQ_JSON_NUMBER || fq_json_as_num(member, -1) < 0)
        fq_fail(&e, FQ_E_PARAMS, "params.type", "params.n", "n 应为不小于 0 的整数",
                "n should be a whole number from 0");
    }
  if (e.status) {
    if (m->has_id) reply_error(p, m->id, &e);
    return;
  }
  if (m->params) p->acknowledged = fq_json_int(m->params, "n", p->acknowledged);
  if (!m->has_id) return;
  char now[32], result[64];
  fq_time_format(fq_now_ms(p->io->term->kernel), now);
  snprintf(result, sizeof result, "{\"time\":\"%s\"}", now);
  char *text = result_text(m->id, result);
  queue_text(p, text, strlen(text));
  free(text);
}

static bool listed(const char *list, const char *name) {
  size_t len = strlen(name);
  for (const char *at = list; *at;) {
    size_t n = strcspn(at, " ,");
    if (n == len && memcmp(at, name, n) == 0) return true;
    at += n;
    at += strspn(at, " ,");
  }
  return false;
}

static void submit(struct peer *p, const struct message *m) {
  struct term *t = p->io->term;
  struct fq_error e = {0};
  if (p->in_flight >= t->max_in_flight || atomic_load(&t->backlog) >= t->max_backlog) {
    atomic_fetch_add(&t->overloads, 1);
    fq_fail(&e, FQ_E_OVERLOADED, "overloaded", "", "请求过多，请稍后再试",
            "too many requests under way, try again");
    e.retry_after_ms = 250;
    if (m->has_id) reply_error(p, m->id, &e);
    return;
  }
  struct call *c = call_new(p->io, m, "", p->remote);
  c->peer = p;
  c->req.transport = &term_transport;
  c->req.peer = p;
  p->in_flight++;
  atomic_fetch_add(&t->backlog, 1);
  mail_to_kernel(p->io, &c->in);
}

static void handle(struct peer *p, const char *text, size_t len) {
  struct term *t = p->io->term;
  struct message m;
  struct fq_error e = {0};
  atomic_fetch_add_explicit(&t->messages_in, 1, memory_order_relaxed);
  peer_heard(p);
  enum fq_status s = message_read(text, len, &m, &e);
  if (s == FQ_E_PARAMS) {
    if (m.has_id) reply_error(p, m.id, &e);
  } else if (s) {
    garbage(p, m.id, &e);
  } else {
    if (p->garbage) p->garbage--;
    if (strcmp(m.method, "hb") == 0) {
      heartbeat(p, &m);
    } else if (!m.has_id && !listed(t->notifications, m.method)) {
      fq_fail(&e, FQ_E_REQUEST, "request.notification", "id", "%s 需要 id：只有易失消息可以不带 id",
              "%s needs an id: only volatile messages go without", m.method);
      garbage(p, "null", &e);
    } else {
      submit(p, &m);
    }
  }
  fq_json_free(m.root);
}

static int too_big(struct peer *p) {
  free(p->partial);
  p->partial = NULL;
  p->partial_len = p->partial_cap = 0;
  peer_close(p, CLOSE_TOO_BIG, "消息过大 message too large");
  return 0;
}

/* lws hands a message over in pieces of its receive buffer, whatever its frames are. */
int conn_receive(struct peer *p, const char *in, size_t len) {
  struct term *t = p->io->term;
  if (p->close_code) return 0;
  atomic_fetch_add_explicit(&t->bytes_in, (long)len, memory_order_relaxed);
  if (lws_is_first_fragment(p->wsi)) p->binary = lws_frame_is_binary(p->wsi);
  if (p->binary) {
    peer_close(p, CLOSE_PROTOCOL, "只接受文本消息 text messages only");
    return 0;
  }
  size_t ahead = lws_remaining_packet_payload(p->wsi);
  if (p->partial_len + len + ahead > (size_t)t->max_frame) return too_big(p);
  bool last = lws_is_final_fragment(p->wsi);
  if (last && p->partial_len == 0) {
    handle(p, in, len);
    return 0;
  }
  if (p->partial_len + len + 1 > p->partial_cap) {
    p->partial_cap = p->partial_len + len + (last ? 1 : ahead + 512);
    p->partial = regrab(p->partial, p->partial_cap);
  }
  if (len) memcpy(p->partial + p->partial_len, in, len);
  p->partial_len += len;
  if (!last) return 0;
  char *whole = p->partial;
  size_t size = p->partial_len;
  p->partial = NULL;
  p->partial_len = p->partial_cap = 0;
  handle(p, whole, size);
  free(whole);
  return 0;
}

int conn_writable(struct peer *p) {
  queue_flush_peer(p);
  return 0;
}

void conn_reply(struct call *c) {
  struct peer *p = c->peer;
  p->in_flight--;
  if (strcmp(c->req.method, "session.resume") == 0 && !c->req.error.status) p->catching_up = true;
  if (c->silent) return;
  char *text = call_text(c);
  queue_text(p, text, strlen(text));
  free(text);
}

/* Once a second. Two heartbeats missed, and a quarter of grace for the road. */
void conn_sweep(struct io *io) {
  struct term *t = io->term;
  int64_t patience = t->heartbeat_ms * 2 + t->heartbeat_ms / 4;
  for (struct peer *p = io->peers, *next; p && p->heard_ms + patience < io->now_ms; p = next) {
    next = p->next;
    if (p->close_code || !p->wsi || p->kind != PEER_SOCKET) continue;
    atomic_fetch_add(&t->heartbeat_closes, 1);
    peer_close(p, CLOSE_SLOW, "心跳超时 heartbeat missed: resume");
  }
  for (struct peer *p = io->peers; p; p = p->next)
    if (p->wsi && p->close_code && p->close_at_ms <= io->now_ms) peer_kill(p->wsi);
}
