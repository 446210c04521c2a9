/*
 * The two mailboxes between the kernel thread and the I/O threads: whole batches by list swap, one wake-up a
 * batch. Also what the kernel calls on a transport. Each function says its thread in terminal.h.
 *
 * Order is kept both ways, and that is relied on: what the kernel sends about a peer arrives before OUT_FREE,
 * what a peer asks arrives before IN_GONE.
 */
#include "terminal.h"

#include <stdio.h>

/* ---- kernel thread: outgoing ---------------------------------------------------------------- */

static struct out_item *out_new(struct io *io, enum out_type type, struct peer *peer) {
  struct out_batch *b = io->pending_last;
  if (!b || b->count == OUT_BATCH) {
    struct out_batch *fresh = malloc(sizeof *fresh);
    if (!fresh) abort();
    fresh->next = NULL;
    fresh->count = 0;
    *(b ? &b->next : &io->pending) = fresh;
    io->pending_last = b = fresh;
  }
  struct out_item *item = &b->item[b->count++];
  memset(item, 0, sizeof *item);
  item->type = type;
  item->peer = peer;
  return item;
}

static struct out_item *previous_item(struct io *io, enum out_type type) {
  struct out_batch *b = io->pending_last;
  if (!b || b->count < 2) return NULL; /* the newest is the one being filled */
  struct out_item *item = &b->item[b->count - 2];
  return item->type == type ? item : NULL;
}

static void on_event(void *peer, struct fq_event *e, int64_t previous) {
  struct peer *p = peer;
  struct out_item *item = out_new(p->io, OUT_EVENT, p), *before = previous_item(p->io, OUT_EVENT);
  item->owns = !before || before->event != e; /* a fan-out takes one reference a batch */
  item->event = item->owns ? fq_event_ref(e) : e;
  item->previous = previous;
}

static void on_signal(void *peer, const char *topic, const char *key, const char *json) {
  struct peer *p = peer;
  struct out_item *item = out_new(p->io, OUT_SIGNAL, p), *before = previous_item(p->io, OUT_SIGNAL);
  item->owns = !before || !signal_is(before->signal, topic, key, json);
  item->signal = item->owns ? signal_new(topic, key, json) : before->signal;
}

static void on_close(void *peer, int code, const char *reason) {
  struct peer *p = peer;
  p->session = NULL;
  p->ended = true; /* also when the answer to its opening is still on the way */
  struct out_item *item = out_new(p->io, OUT_CLOSE, p);
  item->code = code;
  item->reason = strdup(reason ? reason : "");
}

void mail_flush(struct term *t) {
  for (int i = 0; i < t->io_count; i++) {
    struct io *io = &t->io[i];
    if (!io->pending) continue;
    if (!t->running) { /* stopped: there is nobody to hand it to */
      mail_free_batches(io->pending);
      io->pending = io->pending_last = NULL;
      continue;
    }
    pthread_mutex_lock(&io->lock);
    *(io->outbox_last ? &io->outbox_last->next : &io->outbox) = io->pending;
    io->outbox_last = io->pending_last;
    pthread_mutex_unlock(&io->lock);
    io->pending = io->pending_last = NULL;
    uv_async_send(&io->wake);
  }
}

static void on_flush(void *self) {
  mail_flush(self);
}

/* Posted closures may outlive the plugin's state when the server stops: they look here instead of at an
 * argument. Kernel thread. */
static struct term *living;

void mail_live(struct term *t) {
  living = t;
}

static void flush_posted(fq_kernel *k, void *arg) {
  if (!living) return;
  living->flush_posted = false;
  mail_flush(living);
}

/* Answers of readers and helpers come between ticks, where nobody calls flush. */
static void flush_soon(struct term *t) {
  if (t->draining || t->flush_posted || !living) return;
  t->flush_posted = true;
  fq_post(t->kernel, flush_posted, NULL);
}

const struct fq_transport term_transport = {
    .event = on_event, .signal = on_signal, .close = on_close, .flush = on_flush};

/* ---- kernel thread: incoming ---------------------------------------------------------------- */

/* A peer that is gone is let go when the last of its requests has been answered: until then the kernel may
 * still hold the session for them. */
static void let_go(fq_kernel *k, struct peer *p) {
  if (!p->gone || p->calls) return;
  if (p->session) fq_session_drop(k, p->session);
  p->session = NULL;
  out_new(p->io, OUT_FREE, p);
}

static void on_reply(struct fq_request *r) {
  struct call *c = r->user;
  struct peer *p = c->peer;
  struct term *t = c->io->term;
  atomic_fetch_sub(&t->backlog, 1);
  out_new(c->io, OUT_CALL, p)->call = c;
  if (p) {
    if (c->opens) p->opening = false;
    if (c->opens && r->opened && !p->ended) p->session = r->opened;
    if (c->closes && !r->error.status) p->session = NULL; /* the kernel has dropped it */
    p->calls--;
    let_go(t->kernel, p);
  }
  flush_soon(t);
}

/* One at a time: a request may end another peer's session, or its own, so the session is looked up last. */
static void submit(struct term *t, struct call *c) {
  struct peer *p = c->peer;
  const char *method = c->req.method;
  c->req.reply = on_reply;
  if (p) {
    p->calls++;
    c->req.session = p->session;
    c->opens = strcmp(method, "session.open") == 0 || strcmp(method, "session.resume") == 0;
    c->closes = strcmp(method, "session.close") == 0;
    if (c->opens && (p->session || p->opening)) {
      c->opens = false;
      fq_fail(&c->req.error, FQ_E_CONFLICT, "session.open_already", "", "此连接上已有会话",
              "this connection has a session already");
      on_reply(&c->req);
      return;
    }
    if (c->opens) p->opening = true;
  }
  fq_submit(t->kernel, &c->req);
}

void mail_drain(struct term *t, bool drop) {
  pthread_mutex_lock(&t->lock);
  struct in_msg *m = t->inbox;
  t->inbox = NULL;
  t->inbox_tail = &t->inbox;
  t->posted = false;
  pthread_mutex_unlock(&t->lock);

  t->draining = true;
  for (struct in_msg *next; m; m = next) {
    next = m->next;
    if (m->type == IN_CALL) {
      struct call *c = (struct call *)m;
      if (drop) {
        atomic_fetch_sub(&t->backlog, 1);
        call_free(c);
      } else {
        submit(t, c);
      }
    } else if (m->type == IN_GONE) {
      struct peer *p = ((struct gone *)m)->peer;
      p->gone = true;
      let_go(t->kernel, p);
      free(m);
    } else {
      struct job *j = (struct job *)m;
      if (drop) {
        job_free(j);
      } else {
        j->ask(j, t->kernel);
        out_new(j->io, OUT_JOB, NULL)->job = j;
      }
    }
  }
  t->draining = false;
  mail_flush(t); /* what was answered at once: there may be no tick to flush it */
}

static void drain_posted(fq_kernel *k, void *arg) {
  if (living) mail_drain(living, false);
}

/* ---- I/O thread ----------------------------------------------------------------------------- */

void mail_to_kernel(struct io *io, struct in_msg *m) {
  m->next = NULL;
  *io->in_tail = m;
  io->in_tail = &m->next;
}

void mail_send(struct io *io) {
  struct term *t = io->term;
  if (!io->in) return;
  pthread_mutex_lock(&t->lock);
  *t->inbox_tail = io->in;
  t->inbox_tail = io->in_tail;
  bool post = !t->posted;
  t->posted = true;
  pthread_mutex_unlock(&t->lock);
  io->in = NULL;
  io->in_tail = &io->in;
  if (post) fq_post(t->kernel, drain_posted, NULL);
}

static void deliver(struct out_item *item) {
  struct peer *p = item->peer;
  switch (item->type) {
  case OUT_EVENT:
  case OUT_SIGNAL:
    queue_item(p, item);
    break;
  case OUT_CALL: {
    struct call *c = item->call;
    if (!c->http)
      conn_reply(c);
    else if (c->http->peer)
      stream_reply(c);
    else if (c->http->upload)
      blob_reply(c);
    else
      rpc_reply(c);
    call_free(c);
    item->call = NULL;
    break;
  }
  case OUT_CLOSE:
    peer_close(p, item->code, item->reason);
    break;
  case OUT_FREE:
    peer_freed_by_kernel(p);
    break;
  case OUT_JOB: {
    struct job *j = item->job;
    struct http *h = j->http;
    if (h->wsi) j->answered(j);
    http_done(h);
    job_free(j);
    item->job = NULL;
    break;
  }
  }
}

/* The batches stay until the turn is flushed: events and signals are sent from where they lie. */
void mail_receive(struct io *io) {
  pthread_mutex_lock(&io->lock);
  struct out_batch *b = io->outbox;
  io->outbox = io->outbox_last = NULL;
  pthread_mutex_unlock(&io->lock);
  if (!b) return;
  struct out_batch **last = &io->turn;
  while (*last)
    last = &(*last)->next;
  *last = b;
  for (; b; b = b->next)
    for (int i = 0; i < b->count; i++)
      deliver(&b->item[i]);
}

void mail_free_batches(struct out_batch *b) {
  for (struct out_batch *next; b; b = next) {
    next = b->next;
    for (int i = 0; i < b->count; i++) {
      struct out_item *item = &b->item[i];
      if (item->type == OUT_EVENT && item->owns) fq_event_unref(item->event);
      if (item->type == OUT_SIGNAL && item->owns) signal_unref(item->signal);
      if (item->type == OUT_CLOSE) free(item->reason);
      if (item->type == OUT_CALL && item->call) call_free(item->call);
      if (item->type == OUT_JOB && item->job) job_free(item->job);
    }
    free(b);
  }
}

void call_free(struct call *c) {
  fq_json_free(c->req.params);
  fq_json_free(c->req.result);
  free(c->req.result_text);
  free(c);
}

void job_free(struct job *j) {
  free(j->path);
  free(j->query);
  free(j->body);
  free(j->text);
  free(j);
}
