/*
 * GET /api/v1/events: the same session for places where a WebSocket cannot go, as server-sent events or as a
 * long poll, by the Accept header. The connection's I/O thread.
 */
#include "terminal.h"

#include <linux/sockios.h>
#include <stdio.h>
#include <sys/ioctl.h>

enum { POLL_MS = 25000, COMMENT_MS = 15000 }; /* below the 30 to 60 s at which proxies give up */

static bool wants_stream(struct lws *wsi) {
  char accept[256];
  return http_header(wsi, WSI_TOKEN_HTTP_ACCEPT, accept, sizeof accept) &&
         strstr(accept, "text/event-stream");
}

/* Where to go on: ?after=N, or what a browser's EventSource sends by itself when it reconnects. */
static bool read_after(const struct http *h, int64_t *after) {
  char text[32] = "";
  static const char last[] = "last-event-id:";
  int n = lws_hdr_custom_length(h->wsi, last, sizeof last - 1);
  if (n > 0 && n < (int)sizeof text)
    lws_hdr_custom_copy(h->wsi, text, sizeof text, last, sizeof last - 1);
  else if (!http_query(h, "after", text, sizeof text))
    return true;
  if (!text[0] || strspn(text, "0123456789") != strlen(text) || strlen(text) > 15) return false;
  *after = atoll(text);
  return true;
}

static void add_topics(struct http *h, fq_json *params) {
  char topics[256];
  if (!http_query(h, "topics", topics, sizeof topics)) return;
  fq_json *list = fq_json_array();
  for (char *save = NULL, *t = strtok_r(topics, ",", &save); t; t = strtok_r(NULL, ",", &save))
    fq_json_push(list, fq_json_new_str(t));
  fq_json_set(params, "topics", list);
}

void stream_open(struct http *h) {
  int64_t after = -1;
  char text[80];
  if (!h->token[0]) {
    http_error(h, 401, FQ_E_SIGNED_OUT, "session.signed_out", "请先登录", "sign in first");
    return;
  }
  if (!read_after(h, &after)) {
    http_error(h, 400, FQ_E_PARAMS, "params.after", "after 应为不小于 0 的整数",
               "after should be a whole number from 0");
    return;
  }
  struct message m = {.method = after < 0 ? "session.open" : "session.resume", .has_id = true, .id = "null"};
  struct call *c = call_new(h->io, &m, "", h->remote);
  fq_json_set_str(c->req.params, "token", h->token);
  if (http_query(h, "device", text, sizeof text)) fq_json_set_str(c->req.params, "device", text);
  add_topics(h, c->req.params);
  if (after >= 0) {
    fq_json_set_str(c->req.params, "epoch",
                    http_query(h, "epoch", text, sizeof text) ? text : h->io->term->epoch);
    fq_json_set_int(c->req.params, "last", after);
  }
  struct peer *p = peer_new(h->io, wants_stream(h->wsi) ? PEER_STREAM : PEER_POLL, h->wsi, h->remote);
  p->http = h;
  h->peer = p;
  h->quiet_ms = h->io->now_ms;
  c->peer = p;
  c->req.transport = &term_transport;
  c->req.peer = p;
  http_send(h, c);
}

/* The stream's socket is an ordinary request again: what answers it is not its peer's business. */
static void unpeer(struct http *h) {
  struct peer *p = h->peer;
  h->peer = NULL;
  peer_socket_gone(p);
}

void stream_reply(struct call *c) {
  struct http *h = c->http;
  if (h->wsi && c->req.error.status) {
    unpeer(h);
    http_fail(h, &c->req.error);
  } else if (h->wsi && h->peer->kind == PEER_STREAM) {
    char *text = c->req.result ? fq_json_print(c->req.result) : strdup("{}");
    queue_text(h->peer, text, strlen(text)); /* {"sid","epoch","head"}: the first thing said, without an id */
    free(text);
    h->peer->catching_up = true;
    http_answer_stream(h, "text/event-stream; charset=utf-8");
  } else if (h->wsi && !fq_json_bool(c->req.result, "resumed", true)) {
    char *text = fq_json_print(c->req.result); /* a poll that cannot go on from there is told at once */
    unpeer(h);
    http_answer(h, 200, "application/json; charset=utf-8", "Cache-Control: no-store\r\n", text, strlen(text));
  }
  http_done(h);
}

/* Reading is held as long as the stream lives, and then lws does not drain what a socket did not take: so a
 * write begins only when the system's buffer has room for it, and a timer comes back for the rest. */
size_t stream_part(const struct peer *p) {
  size_t part = (size_t)p->io->term->socket_buffer / 4;
  return part == 0 || part > WRITE_BYTES / 2 ? WRITE_BYTES / 2 : part;
}

bool stream_has_room(const struct peer *p) {
  int waiting = 0;
  if (lws_partial_buffered(p->wsi)) return false;
  if (ioctl(lws_get_socket_fd(p->wsi), SIOCOUTQ, &waiting) != 0) return true;
  return (size_t)waiting <= stream_part(p);
}

int stream_write(struct peer *p, const char *bytes, size_t len) {
  p->http->quiet_ms = p->io->now_ms;
  int n = lws_write(p->wsi, (unsigned char *)(uintptr_t)bytes, len, LWS_WRITE_HTTP);
  if (n >= 0 && lws_partial_buffered(p->wsi))
    http_hold(p->http, false); /* one that is too large: see http_writable */
  return n;
}

/* One turn's events are one answer; the client asks again with the last n. */
void stream_poll(struct peer *p, const struct out_item *items) {
  struct http *h = p->http;
  size_t len = 64;
  int64_t last = 0;
  for (const struct out_item *i = items; i; i = i->next)
    if (i->type == OUT_EVENT) len += i->event->len + 40;
  char *out = grab(len), *at = out;
  at += sprintf(at, "{\"events\":[");
  for (const struct out_item *i = items; i; i = i->next) {
    if (i->type != OUT_EVENT) continue;
    at += sprintf(at, "%s{\"p\":%lld,", last ? "," : "", (long long)i->previous);
    memcpy(at, i->event->text, i->event->len);
    at += i->event->len;
    *at++ = '}';
    last = i->event->seq;
  }
  if (last || !items) at += sprintf(at, last ? "],\"n\":%lld}" : "]}", (long long)last);
  if (!last && items) { /* volatile only: not for a poll */
    free(out);
    return;
  }
  unpeer(h);
  http_answer(h, 200, "application/json; charset=utf-8", "Cache-Control: no-store\r\n", out,
              (size_t)(at - out));
}

/* The session is over. A stream hears it as an event of that name, a poll as its answer. */
void stream_close(struct peer *p) {
  struct http *h = p->http;
  int code = p->close_code;
  char text[300];
  if (p->kind == PEER_STREAM && h->sent_head && !lws_partial_buffered(p->wsi)) {
    fq_json *quoted = fq_json_new_str(p->reason);
    char *reason = fq_json_print(quoted);
    int n = snprintf(text, sizeof text, "event: close\ndata: {\"code\":%d,\"reason\":%s}\n\n", code, reason);
    free(reason);
    fq_json_free(quoted);
    stream_write(p, text, (size_t)n);
  }
  if (p->kind == PEER_STREAM || h->pending) {
    peer_kill(p->wsi);
    return;
  }
  unpeer(h);
  if (code == CLOSE_UNAUTHORISED)
    http_error(h, 401, FQ_E_SIGNED_OUT, "session.over", "会话已失效", "the session is over");
  else
    http_error(h, code == CLOSE_RESTART ? 503 : 409, FQ_E_CONFLICT, "session.over", "会话已结束，请重新连接",
               "the session has ended: connect again");
}

void stream_retry(struct io *io) {
  io->retrying = false;
  for (struct http *h = io->busy, *next; h; h = next) {
    next = h->next;
    if (h->wsi && h->peer && h->sent_head && h->peer->queue) queue_flush_peer(h->peer);
  }
}

/* Once a second: comments keep proxies from closing a quiet stream, a quiet poll is answered empty. */
void stream_sweep(struct io *io) {
  for (struct http *h = io->busy, *next; h; h = next) {
    next = h->next;
    struct peer *p = h->peer;
    if (!p || !h->wsi || h->pending) continue;
    peer_heard(p);
    if (p->kind == PEER_POLL && h->quiet_ms + POLL_MS <= io->now_ms) {
      stream_poll(p, NULL);
    } else if (p->kind == PEER_STREAM && h->sent_head && h->quiet_ms + COMMENT_MS <= io->now_ms &&
               !lws_partial_buffered(h->wsi)) {
      if (stream_write(p, ":\n\n", 3) < 0) peer_kill(h->wsi);
    }
  }
}
