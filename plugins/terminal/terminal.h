/*
 * The terminal plugin's own header: the structures its files share.
 *
 * Who may touch what is the whole design: a field belongs to the kernel thread, or to one I/O thread, or
 * never changes after start. Nothing else is shared but the two mailboxes (mailbox.c) and the counters.
 */
#ifndef FQ_TERMINAL_H
#define FQ_TERMINAL_H

#include "fengqiao.h"

#include <libwebsockets.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define SUBPROTOCOL "fengqiao.v1"

enum {
  ID_CAP = 136,            /* bytes of a request's id as text: what a client needs, not what it could send */
  OUT_BATCH = 200,         /* items of one outgoing batch: 8 KB, one allocation a burst */
  WRITE_BYTES = 60 * 1024, /* frames of one turn go out in one write up to this: below lws's 64 KB cut */
  GARBAGE_MAX = 8,         /* malformed messages in a row before 4008 */
  CATCH_UP_BYTES =
      16 << 20,         /* what a resuming peer may have waiting: the kernel sends 10,000 entries at most */
  CLOSE_WAIT_MS = 5000, /* how long a close frame may wait for a socket that does not drain */
  BATCH_MAX = 64,       /* requests in one HTTP batch */
};

/* Memory exhaustion ends the process (fengqiao.h, FAILURE). */
static inline void *grab(size_t bytes) {
  void *p = calloc(1, bytes);
  if (!p) abort();
  return p;
}
static inline void *regrab(void *old, size_t bytes) {
  void *p = realloc(old, bytes);
  if (!p) abort();
  return p;
}

enum close_code {
  CLOSE_NORMAL = 1000,
  CLOSE_TOO_BIG = 1009,
  CLOSE_RESTART = 1012,
  CLOSE_UNAUTHORISED = 4001,
  CLOSE_PROTOCOL = 4008,
  CLOSE_SLOW = 4009,
};

struct io;
struct peer;
struct http;
struct upload;

/* What is kept for a volatile message: one text for all its receivers. */
struct signal {
  atomic_int refs;
  uint64_t hash;   /* of topic and key: what merging compares first */
  size_t name_len; /* topic, a zero byte, key */
  size_t len;
  char text[]; /* name, then the JSON message */
};

/* ---- I/O thread -> kernel thread ------------------------------------------------------------ */

enum in_type { IN_CALL, IN_GONE, IN_JOB };
struct in_msg {
  struct in_msg *next;
  enum in_type type;
};

/* A JSON-RPC request under way. */
struct call {
  struct in_msg in;
  struct fq_request req;
  struct io *io;
  struct peer *peer; /* the connection it came from, or NULL: HTTP */
  struct http *http;
  int slot; /* its place in an HTTP batch */
  bool opens, closes, silent;
  char id[ID_CAP];
};

/* The socket of a peer is closed. */
struct gone {
  struct in_msg in;
  struct peer *peer;
};

/* Something else the kernel thread is asked: readiness, metrics, routes, rights on a blob. */
struct job {
  struct in_msg in;
  struct io *io;
  struct http *http;
  void (*ask)(struct job *j, fq_kernel *k); /* kernel thread */
  void (*answered)(struct job *j);          /* I/O thread; http->wsi may be NULL by now */
  char token[96], arg[FQ_ID_MAX + 8], verb[8];
  int64_t number;
  char *path, *query, *body;
  size_t body_len;
  bool flag, known;
  int status;
  char type[64], etag[96], cache[64], known_tag[128];
  char *text;
  size_t len;
};

/* ---- kernel thread -> I/O thread ------------------------------------------------------------ */

enum out_type { OUT_EVENT, OUT_SIGNAL, OUT_CALL, OUT_CLOSE, OUT_FREE, OUT_JOB };
struct out_item {
  enum out_type type;
  bool owns; /* the batch's reference on event or signal is this item's */
  int code;
  struct peer *peer;
  struct out_item *next; /* of the same peer in this turn */
  int64_t previous;
  union {
    struct fq_event *event;
    struct signal *signal;
    struct call *call;
    struct job *job;
    char *reason;
  };
};
struct out_batch {
  struct out_batch *next;
  int count;
  struct out_item item[OUT_BATCH];
};

/* ---- a connection that hears events: a WebSocket, a server-sent stream or a long poll ------- */

struct node { /* one frame that could not go out at once */
  struct node *next;
  size_t bytes;
  struct fq_event *event; /* or something told, or the text that follows */
  struct signal *signal;
  int64_t previous;
  size_t len;
  char text[];
};

enum peer_kind { PEER_SOCKET, PEER_STREAM, PEER_POLL };
struct peer {
  struct io *io;
  enum peer_kind kind;
  char remote[48];

  /* kernel thread */
  fq_session *session;
  int calls;
  bool opening, gone, ended;

  /* I/O thread */
  struct lws *wsi; /* NULL once the socket is closed */
  struct http *http;
  struct peer *prev, *next; /* all peers of the thread, least recently heard first */
  struct peer *dirty_next;
  struct out_item *turn, *turn_last;
  struct node *queue, *queue_last;
  size_t queue_bytes;
  struct signal **signals;
  int signal_count, signal_cap;
  size_t signal_bytes;
  char *partial; /* a message split over frames, or read in pieces */
  size_t partial_len, partial_cap;
  int64_t heard_ms, acknowledged, close_at_ms;
  int in_flight, garbage, close_code;
  bool dirty, detached, acked, binary;
  bool catching_up; /* what it missed is on its way: more than the budget, and not its fault */
  char reason[100];
};

/* ---- an HTTP request ------------------------------------------------------------------------ */

struct http {
  struct io *io;
  struct lws *wsi; /* NULL when the socket went away while the kernel had the question */
  struct http *prev, *next;
  int verb; /* LWSHUMETH_* */
  char *path, *query;
  char token[96], remote[48];
  int64_t content_length;
  char *body;
  size_t body_len, body_cap;
  int pending; /* questions with the kernel */
  bool busy, held, complete, ended, answered, sent_head, close_after;
  void (*on_body)(struct http *h); /* once the body is here */
  /* batch */
  bool batch;
  int slots;
  char **slot;
  /* the answer */
  char *head;
  size_t head_len;
  char *out;
  size_t out_len, out_off;
  int fd;
  int64_t fd_off, fd_left, progress_ms;
  struct upload *upload;
  struct peer *peer; /* events */
  int64_t quiet_ms;  /* of a stream: when something was last sent */
};

/* ---- a thread ------------------------------------------------------------------------------- */

struct io {
  struct term *term;
  int index;
  pthread_t thread;
  bool started;
  uv_loop_t loop;
  uv_async_t wake;
  uv_check_t check;
  uv_prepare_t prepare;
  uv_timer_t tick, retry;
  uv_poll_t listener;
  int listen_fd;
  bool accepting;
  struct lws_context *context;
  struct lws_vhost *vhost;
  int64_t now_ms, stop_at_ms;
  bool stopping, retrying;

  struct peer *peers, *peers_last; /* least recently heard first */
  struct peer *dirty;
  struct http *busy;
  int connections, in_flight;
  struct in_msg *in, **in_tail; /* of this turn, not yet handed over */
  struct out_batch *turn;       /* batches this turn is made of */
  char *scratch;
  size_t scratch_cap, scratch_len;

  /* kernel thread */
  struct out_batch *pending, *pending_last;

  /* both, under the lock */
  pthread_mutex_t lock;
  struct out_batch *outbox, *outbox_last;
  bool stop_asked;
};

struct term {
  /* options */
  char listen[128], pages[512], origins[512], proxies[512], tls_cert[512], tls_key[512], notifications[512];
  int64_t threads, max_frame, max_body, max_blob, send_budget, socket_buffer;
  int64_t heartbeat_ms, max_connections, max_in_flight, max_backlog;
  bool demo;

  /* kernel thread */
  bool draining, flush_posted;

  /* set before the threads start */
  fq_kernel *kernel;
  struct io *io;
  int io_count;
  bool tls, running;
  int pages_fd, port;
  char hello[240]; /* the part of the greeting that never changes */
  char epoch[64], data_dir[512];

  pthread_mutex_t lock;
  struct in_msg *inbox, **inbox_tail;
  bool posted;

  atomic_long connections, accepted, refused, messages_in, messages_out, bytes_in, bytes_out;
  atomic_long slow_closes, protocol_closes, heartbeat_closes, queue_bytes, http_requests, overloads, backlog;
};

/* mailbox.c */
extern const struct fq_transport term_transport;
void mail_live(struct term *t); /* kernel thread: posted closures work for t, NULL for nobody */
void mail_to_kernel(struct io *io, struct in_msg *m); /* I/O thread: with the turn's batch */
void mail_send(struct io *io);                        /* I/O thread: end of the turn */
void mail_drain(struct term *t, bool drop);           /* kernel thread */
void mail_flush(struct term *t);                      /* kernel thread: hand over what is pending */
void mail_receive(struct io *io);                     /* I/O thread: what the kernel sent */
void mail_free_batches(struct out_batch *b);
void call_free(struct call *c);
void job_free(struct job *j);

/* frame.c */
struct message {
  fq_json *root;
  const char *method;
  const fq_json *params; /* NULL when absent */
  bool has_id;
  char id[ID_CAP];
};
enum fq_status message_read(const char *text, size_t len, struct message *m, struct fq_error *e);
enum fq_status message_from(fq_json *root, const char *text, size_t len, struct message *m,
                            struct fq_error *e);
char *error_text(const char *id, const struct fq_error *e); /* a whole JSON-RPC error reply */
char *result_text(const char *id, const char *result);      /* a whole JSON-RPC reply */
char *call_text(const struct call *c);                      /* the reply to a finished call */
size_t frame_head(unsigned char out[10], size_t len);       /* WebSocket, text, final, unmasked */
struct call *call_new(struct io *io, const struct message *m, const char *token, const char *remote);

/* queue.c */
void queue_text(struct peer *p, const char *text, size_t len);
void queue_item(struct peer *p, struct out_item *item); /* event or signal of this turn */
void queue_flush(struct io *io);                        /* every dirty peer, one write each */
void queue_flush_peer(struct peer *p);
void queue_clear(struct peer *p);
struct signal *signal_new(const char *topic, const char *key, const char *json);
void signal_unref(struct signal *s);
bool signal_is(const struct signal *s, const char *topic, const char *key, const char *json);

/* conn.c */
struct peer *peer_new(struct io *io, enum peer_kind kind, struct lws *wsi, const char *remote);
void peer_heard(struct peer *p);
void peer_detach(struct peer *p); /* the kernel need not serve it any more */
void peer_socket_gone(struct peer *p);
void peer_freed_by_kernel(struct peer *p);
void peer_close(struct peer *p, int code, const char *reason);
void peer_kill(struct lws *wsi);
void conn_open(struct io *io, struct lws *wsi);
int conn_receive(struct peer *p, const char *in, size_t len);
int conn_writable(struct peer *p);
void conn_reply(struct call *c);
void conn_sweep(struct io *io);
int conn_may_upgrade(struct io *io, struct lws *wsi, const char *upgrade);
bool origin_allowed(const struct term *t, const char *origin, const char *host);

/* http.c */
int http_begin(struct io *io, struct lws *wsi, const char *path, size_t len);
int http_body(struct http *h, const char *in, size_t len);
int http_body_end(struct http *h);
int http_writable(struct http *h);
void http_gone(struct http *h);
void http_want_body(struct http *h, int64_t max, void (*on_body)(struct http *h));
void http_hold(struct http *h, bool hold); /* stop reading until the kernel has answered */
void http_ask(struct http *h, struct job *j);
void http_send(struct http *h, struct call *c);
void http_answer(struct http *h, int status, const char *type, const char *headers, char *body, size_t len);
void http_answer_file(struct http *h, int status, const char *type, const char *headers, int fd, int64_t off,
                      int64_t len);
void http_answer_stream(struct http *h, const char *type);
void http_error(struct http *h, int status, enum fq_status code, const char *name, const char *zh,
                const char *en);
void http_fail(struct http *h, const struct fq_error *e);
void http_done(struct http *h); /* a question came back: free when the socket is gone */
void http_remote(struct term *t, struct lws *wsi, char out[48]);
bool http_header(struct lws *wsi, enum lws_token_indexes token, char *out, size_t cap);
bool http_query(const struct http *h, const char *name, char *out, size_t cap);
int http_refuse(struct lws *wsi, int status, enum fq_status code, const char *name, const char *zh,
                const char *en);
int http_status_of(enum fq_status s);
void http_sweep(struct io *io);
struct job *job_new(struct http *h, void (*ask)(struct job *, fq_kernel *), void (*answered)(struct job *));

/* rpc.c */
void rpc_post(struct http *h);
void rpc_snapshot(struct http *h);
void rpc_reply(struct call *c);
void rpc_ready(struct http *h);
void rpc_metrics(struct http *h);
void rpc_route(struct http *h);

/* stream.c */
void stream_open(struct http *h);
void stream_reply(struct call *c);
int stream_write(struct peer *p, const char *bytes, size_t len);
size_t stream_part(const struct peer *p); /* bytes of one write */
bool stream_has_room(const struct peer *p);
void stream_retry(struct io *io);
void io_retry_soon(struct io *io);                              /* have stream_retry() called */
void stream_poll(struct peer *p, const struct out_item *items); /* answers a long poll */
void stream_close(struct peer *p);                              /* says why, in the stream's own way */
void stream_sweep(struct io *io);

/* pages.c */
int pages_open(struct term *t, struct fq_error *e);
bool pages_serve(struct http *h); /* false: no such page */

/* blobs.c */
void blob_put(struct http *h, const char *sha256);
void blob_get(struct http *h, const char *sha256);
int blob_body(struct http *h, const char *in, size_t len);
void blob_reply(struct call *c);
void blob_forget(struct http *h);
void blobs_tidy(struct term *t); /* kernel thread, at start */

/* io.c */
enum fq_status io_start(struct term *t, struct fq_error *e);
void io_stop(struct term *t);
void io_free(struct term *t);

#endif
