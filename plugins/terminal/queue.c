/*
 * What goes out to one peer: everything of a loop turn in one write, a bounded queue when the socket does
 * not keep up, volatile messages merged to their latest. Knows nothing of what the messages mean.
 * The peer's I/O thread.
 *
 * Frames are prebuilt and written raw: no WRITEABLE callback a message (four epoll_ctl on libuv). A frame is
 * always handed to lws whole, so that its remainder sits before any pong lws may want to send.
 */
#include "terminal.h"

#include <stdio.h>

static const char event_open[] = "{\"jsonrpc\":\"2.0\",\"method\":\"event\",\"params\":{\"p\":";

static void room(struct io *io, size_t more) {
  if (io->scratch_len + more <= io->scratch_cap) return;
  io->scratch_cap = io->scratch_len + more + WRITE_BYTES;
  io->scratch = regrab(io->scratch, io->scratch_cap);
}
static void put(struct io *io, const void *bytes, size_t len) {
  memcpy(io->scratch + io->scratch_len, bytes, len);
  io->scratch_len += len;
}

static size_t digits(char out[24], int64_t v) {
  char tmp[24], *p = tmp + sizeof tmp;
  uint64_t u = v < 0 ? 0 : (uint64_t)v;
  do
    *--p = (char)('0' + u % 10);
  while (u /= 10);
  size_t n = (size_t)(tmp + sizeof tmp - p);
  memcpy(out, p, n);
  return n;
}

static void put_text(struct peer *p, const char *text, size_t len) {
  struct io *io = p->io;
  room(io, len + 32);
  if (p->kind == PEER_SOCKET) {
    unsigned char head[10];
    put(io, head, frame_head(head, len));
    put(io, text, len);
  } else {
    put(io, "data: ", 6);
    put(io, text, len);
    put(io, "\n\n", 2);
  }
  atomic_fetch_add_explicit(&io->term->messages_out, 1, memory_order_relaxed);
}

static void put_event(struct peer *p, const struct fq_event *e, int64_t previous) {
  struct io *io = p->io;
  char prev[24], seq[24];
  size_t n = digits(prev, previous);
  room(io, sizeof event_open + n + e->len + 64);
  if (p->kind == PEER_SOCKET) {
    unsigned char head[10];
    size_t len = sizeof event_open - 1 + n + 1 + e->len + 2;
    put(io, head, frame_head(head, len));
    put(io, event_open, sizeof event_open - 1);
  } else {
    put(io, "id: ", 4);
    put(io, seq, digits(seq, e->seq));
    put(io, "\ndata: {\"p\":", 12);
  }
  put(io, prev, n);
  put(io, ",", 1);
  put(io, e->text, e->len);
  if (p->kind == PEER_SOCKET)
    put(io, "}}", 2);
  else
    put(io, "}\n\n", 3);
  atomic_fetch_add_explicit(&io->term->messages_out, 1, memory_order_relaxed);
}

/* ---- volatile ------------------------------------------------------------------------------- */

static uint64_t hash_of(const char *s, size_t len) {
  uint64_t h = 1469598103934665603u; /* FNV-1a */
  for (size_t i = 0; i < len; i++)
    h = (h ^ (unsigned char)s[i]) * 1099511628211u;
  return h;
}

struct signal *signal_new(const char *topic, const char *key, const char *json) {
  fq_json *text = fq_json_new_str(key);
  char *quoted = fq_json_print(text);
  size_t tl = strlen(topic), kl = strlen(key), cap = tl + strlen(quoted) + strlen(json) + 96;
  struct signal *s = grab(sizeof *s + tl + kl + 2 + cap);
  atomic_init(&s->refs, 1);
  memcpy(s->text, topic, tl + 1);
  memcpy(s->text + tl + 1, key, kl + 1);
  s->name_len = tl + kl + 2;
  s->hash = hash_of(s->text, s->name_len);
  s->len = (size_t)snprintf(s->text + s->name_len, cap,
                            "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"params\":{\"key\":%s,\"data\":%s}}",
                            topic, quoted, json);
  free(quoted);
  fq_json_free(text);
  return s;
}

/* Is `s` this very message? The kernel hands the same one to each receiver in turn. */
bool signal_is(const struct signal *s, const char *topic, const char *key, const char *json) {
  size_t tl = strlen(topic), jl = strlen(json);
  if (strcmp(s->text, topic) != 0 || strcmp(s->text + tl + 1, key) != 0) return false;
  return s->len > jl + 2 && memcmp(s->text + s->name_len + s->len - 2 - jl, json, jl) == 0 &&
         s->text[s->name_len + s->len - 3 - jl] == ':';
}

static struct signal *signal_ref(struct signal *s) {
  atomic_fetch_add(&s->refs, 1);
  return s;
}

static bool signal_merges(const struct signal *s) {
  return s->text[strlen(s->text) + 1] != '\0';
}

void signal_unref(struct signal *s) {
  if (s && atomic_fetch_sub(&s->refs, 1) == 1) free(s);
}

static void put_signal(struct peer *p, const struct signal *s) {
  put_text(p, s->text + s->name_len, s->len);
}

static void account(struct peer *p, long bytes) {
  atomic_fetch_add_explicit(&p->io->term->queue_bytes, bytes, memory_order_relaxed);
}

/* Drops the i-th; order among different keys means nothing. */
static void signal_drop(struct peer *p, int i) {
  size_t bytes = p->signals[i]->len;
  p->signal_bytes -= bytes;
  account(p, -(long)bytes);
  signal_unref(p->signals[i]);
  p->signals[i] = p->signals[--p->signal_count];
}

static void signal_keep(struct peer *p, struct signal *s) {
  for (int i = 0; i < p->signal_count; i++) {
    struct signal *old = p->signals[i];
    if (old->hash == s->hash && old->name_len == s->name_len &&
        memcmp(old->text, s->text, s->name_len) == 0) {
      signal_drop(p, i);
      break;
    }
  }
  if (p->signal_count == p->signal_cap) {
    p->signal_cap = p->signal_cap ? 2 * p->signal_cap : 8;
    p->signals = regrab(p->signals, (size_t)p->signal_cap * sizeof *p->signals);
  }
  p->signals[p->signal_count++] = signal_ref(s);
  p->signal_bytes += s->len;
  account(p, (long)s->len);
}

/* ---- the queue ------------------------------------------------------------------------------ */

static void mark(struct peer *p) {
  if (p->dirty) return;
  p->dirty = true;
  p->dirty_next = p->io->dirty;
  p->io->dirty = p;
}

static void append(struct peer *p, struct node *n) {
  if (p->queue_last)
    p->queue_last->next = n;
  else
    p->queue = n;
  p->queue_last = n;
  p->queue_bytes += n->bytes;
  account(p, (long)n->bytes);
}

static void pop(struct peer *p) {
  struct node *n = p->queue;
  p->queue = n->next;
  if (!p->queue) p->queue_last = NULL;
  p->queue_bytes -= n->bytes;
  account(p, -(long)n->bytes);
  if (n->event) fq_event_unref(n->event);
  signal_unref(n->signal);
  free(n);
}

void queue_text(struct peer *p, const char *text, size_t len) {
  if (!p->wsi || p->close_code || p->kind == PEER_POLL) return;
  struct node *n = grab(sizeof *n + len);
  n->bytes = n->len = len;
  memcpy(n->text, text, len);
  append(p, n);
  mark(p);
}

void queue_item(struct peer *p, struct out_item *item) {
  if (!p->wsi || p->close_code) return;
  item->next = NULL;
  if (p->turn_last)
    p->turn_last->next = item;
  else
    p->turn = item;
  p->turn_last = item;
  mark(p);
}

/* The socket is behind: what is left of the turn waits in the queue, volatile ones as their latest. What is
 * told (no key) is one of a sequence, as events are: it keeps its place, and the budget may close the
 * connection but never leaves one out. */
static void keep_turn(struct peer *p, struct out_item *item) {
  for (; item; item = item->next) {
    if (item->type == OUT_SIGNAL && signal_merges(item->signal)) {
      signal_keep(p, item->signal);
      continue;
    }
    struct node *n = grab(sizeof *n);
    if (item->type == OUT_SIGNAL) {
      n->signal = signal_ref(item->signal);
      n->bytes = n->signal->len;
    } else {
      n->event = fq_event_ref(item->event);
      n->previous = item->previous;
      n->bytes = item->event->len + sizeof event_open;
    }
    append(p, n);
  }
}

static bool write_out(struct peer *p) {
  struct io *io = p->io;
  if (io->scratch_len == 0) return true;
  size_t len = io->scratch_len;
  io->scratch_len = 0;
  atomic_fetch_add_explicit(&io->term->bytes_out, (long)len, memory_order_relaxed);
  if (p->kind == PEER_SOCKET) return lws_write(p->wsi, (unsigned char *)io->scratch, len, LWS_WRITE_RAW) >= 0;
  return stream_write(p, io->scratch, len) >= 0;
}

/* A send budget per connection: volatile messages give way first, then the connection goes. A single
 * message may exceed the budget: it is an answer the peer asked for. */
static void hold_budget(struct peer *p) {
  size_t budget = (size_t)p->io->term->send_budget;
  if (!p->queue) p->catching_up = false;
  if (p->catching_up && budget < CATCH_UP_BYTES) budget = CATCH_UP_BYTES;
  while (p->signal_count && p->queue_bytes + p->signal_bytes > budget)
    signal_drop(p, 0);
  if (p->queue_bytes <= budget || p->queue == p->queue_last) return;
  atomic_fetch_add(&p->io->term->slow_closes, 1);
  peer_close(p, CLOSE_SLOW, "接收过慢 too slow: resume");
}

void queue_flush_peer(struct peer *p) {
  struct io *io = p->io;
  struct out_item *item = p->turn;
  p->turn = p->turn_last = NULL;
  if (!p->wsi || p->close_code) return;
  if (p->kind != PEER_SOCKET && !p->http->sent_head) { /* the answer's head goes first */
    if (p->kind == PEER_STREAM)
      keep_turn(p, item);
    else if (item)
      stream_poll(p, item);
    return;
  }
  size_t limit = p->kind == PEER_SOCKET ? WRITE_BYTES : stream_part(p);
  while (p->queue || item || p->signal_count) {
    if (p->kind == PEER_SOCKET ? lws_partial_buffered(p->wsi) : !stream_has_room(p)) break;
    io->scratch_len = 0;
    while (p->queue && io->scratch_len < limit) {
      if (p->queue->event)
        put_event(p, p->queue->event, p->queue->previous);
      else if (p->queue->signal)
        put_signal(p, p->queue->signal);
      else
        put_text(p, p->queue->text, p->queue->len);
      pop(p);
    }
    while (!p->queue && item && io->scratch_len < limit) {
      if (item->type == OUT_EVENT)
        put_event(p, item->event, item->previous);
      else
        put_signal(p, item->signal);
      item = item->next;
    }
    while (!p->queue && !item && p->signal_count && io->scratch_len < limit) {
      put_signal(p, p->signals[0]);
      signal_drop(p, 0);
    }
    if (!write_out(p)) {
      peer_kill(p->wsi);
      queue_clear(p);
      return;
    }
  }
  keep_turn(p, item);
  hold_budget(p);
  if (p->kind == PEER_STREAM && p->queue) io_retry_soon(io);
}

void queue_flush(struct io *io) {
  while (io->dirty) {
    struct peer *p = io->dirty;
    io->dirty = p->dirty_next;
    p->dirty = false;
    queue_flush_peer(p);
  }
}

void queue_clear(struct peer *p) {
  p->turn = p->turn_last = NULL;
  while (p->queue)
    pop(p);
  while (p->signal_count)
    signal_drop(p, p->signal_count - 1);
  free(p->signals);
  p->signals = NULL;
  p->signal_cap = 0;
}
