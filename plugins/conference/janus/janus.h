/*
 * janus.h - what the files of this folder share: Janus, the media server, kept beside the server.
 *
 *   config.c  what Janus reads at its start       child.c   its process: started, watched, started again
 *   socket.c  the WebSocket to it, in a thread    talk.c    requests, answers, the session, handles
 *   room.c    conferences as rooms                link.c    one peer connection of a page
 *   backend.c what media/ asks of it              record.c  recordings   stream.c  cameras
 *   server.c  media.server: how it is             part.c    its life with the server
 *
 * Pages never talk to Janus: what they offer and answer passes through here. Kernel thread throughout, but
 * for the thread of socket.c and the helpers' work that config.c and record.c declare as such.
 */
#ifndef CF_JANUS_H
#define CF_JANUS_H

#include "conference.h"

#include <stdlib.h>

#define JN_SECRET 32 /* characters of a secret */

enum {
  JN_ASK_MS = 10000,       /* a Janus that does not answer for so long is frozen */
  JN_KEEPALIVE_MS = 20000, /* its own limit is 60 s */
  JN_CRASHES = 3,          /* so many ... */
  JN_CRASH_MS = 60000,     /* ... within so long: new calls do without it, and it rests */
};

/* Memory exhaustion ends the process (fengqiao.h, FAILURE). */
static inline void *jn_grab(size_t bytes) {
  void *p = calloc(1, bytes);
  if (!p) abort();
  return p;
}

/* ---- config.c ------------------------------------------------------------------------------------------ */

struct jn_plan {
  /* in */
  char program[256], plugins[256], transports[256], data_dir[512];
  char media_ip[64], rtp_ports[32];
  /* out: where it runs, the address of this machine, secrets made anew each time */
  char dir[560], rec[64], local_ip[64]; /* rec: as Janus names it */
  char api_secret[JN_SECRET + 1], admin_key[JN_SECRET + 1], admin_secret[JN_SECRET + 1];
  bool absent; /* not installed */
  struct fq_error error;
};
/* Helper thread: looks for Janus, writes its configuration. */
void jn_prepare(struct jn_plan *p);
/* The text of a file of its configuration; the caller frees. */
char *jn_config_main(const struct jn_plan *p);
char *jn_config_socket(const struct jn_plan *p);
char *jn_config_plugin(const struct jn_plan *p, bool with_ports);
bool jn_ports_valid(const char *range);

/* ---- socket.c ------------------------------------------------------------------------------------------ */

struct jn_socket;
/* What happens on it, on the kernel thread. `turn` is of the connection it happened on. */
struct jn_socket_events {
  void (*open)(void *arg, int turn);
  void (*text)(void *arg, int turn, const char *text, size_t len);
  void (*gone)(void *arg, int turn); /* could not be opened, or was lost */
};
struct jn_socket *jn_socket_new(fq_kernel *k, const struct jn_socket_events *events, void *arg);
/* Opens the socket ws.sock of this directory; one that stood before is closed. Gives its turn. */
int jn_socket_open(struct jn_socket *s, const char *dir);
void jn_socket_send(struct jn_socket *s, char *text); /* taken */
void jn_socket_close(struct jn_socket *s);
void jn_socket_stop(struct jn_socket *s); /* ends the thread */
void jn_socket_free(struct jn_socket *s);

/* ---- talk.c -------------------------------------------------------------------------------------------- */

struct cf_janus;

/* An answer or an event. */
struct jn_message {
  const char *what;           /* success event error webrtcup media hangup slowlink detached */
  int code;                   /* of an error, Janus's or its plugin's; else 0 */
  const char *reason;         /* of an error */
  const fq_json *data;        /* the plugin's, or NULL */
  const char *offer, *answer; /* SDP that came along, or NULL */
  const fq_json *whole;
};

struct jn_handle;
typedef void (*jn_message_fn)(struct cf_janus *j, void *owner, const struct jn_message *m);

/* Attaches to a plugin ("videoroom", "streaming"). `ready` gets the answer; events then go to `event`. */
struct jn_handle *jn_attach(struct cf_janus *j, const char *plugin, void *owner, jn_message_fn ready,
                            jn_message_fn event);
/* For good: nothing of it is heard after this. NULL is fine. */
void jn_detach(struct cf_janus *j, struct jn_handle *h);
/* A request to its plugin; takes body; `sdp` may be NULL. The answer, whenever it comes, goes to `fn`, which
 * may be NULL. */
void jn_ask(struct cf_janus *j, struct jn_handle *h, fq_json *body, const char *sdp_type, const char *sdp,
            jn_message_fn fn);
void jn_trickle(struct cf_janus *j, struct jn_handle *h, const fq_json *candidate); /* NULL: complete */
fq_json *jn_body(const char *request);

void jn_talk_begin(struct cf_janus *j);  /* the process runs: connect */
void jn_talk_end(struct cf_janus *j);    /* it is gone */
void jn_talk_second(struct cf_janus *j); /* once a second */
extern const struct jn_socket_events jn_talk_events;

/* ---- child.c ------------------------------------------------------------------------------------------- */

enum jn_state {
  JN_OFF,      /* none is wanted, or none is installed */
  JN_STARTING, /* configuration, process, socket, session */
  JN_UP,
  JN_RESTING, /* it ended; it is started again in a moment */
  JN_BROKEN,  /* ... in a minute: it ended too often */
};
void jn_child_begin(struct cf_janus *j);
void jn_child_kill(struct cf_janus *j, const char *why); /* frozen, or its session is lost: from the start */
void jn_child_stop(struct cf_janus *j);
void jn_copy(char *out, size_t cap, const char *text); /* cuts at a whole letter */
void jn_child_up(struct cf_janus *j);                  /* from talk.c: a session stands */

/* ---- room.c -------------------------------------------------------------------------------------------- */

struct jn_track { /* a stream somebody sends */
  struct jn_track *next;
  char mid[16];
  bool video, screen, off;
};
struct jn_feed { /* what a member sends, as Janus tells it */
  struct jn_feed *next;
  char id[FQ_ID_MAX + 16], user[FQ_ID_MAX];
  struct jn_track *tracks;
};
struct jn_link;
struct jn_member {
  struct jn_member *next;
  struct jn_room *room;
  char user[FQ_ID_MAX], session[32], quality[12];
  bool hidden, muted;
  struct jn_link *send, *recv;
  int64_t again_ms; /* when a link was last lost: the next is not made at once */
  fq_after *again;
};
enum jn_room_state { JN_ROOM_WAITS, JN_ROOM_ASKED, JN_ROOM_OPEN };
struct jn_room {
  struct jn_room *next;
  struct cf_janus *janus;
  char conf[FQ_ID_MAX], secret[JN_SECRET + 1];
  enum jn_room_state state;
  struct jn_handle *desk; /* it sits in the room without a face: rooms are told what happens there */
  struct jn_member *members;
  struct jn_feed *feeds;
  bool record; /* is wanted */
};

struct jn_room *jn_room_find(struct cf_janus *j, const char *conf);
struct jn_room *jn_room_get(struct cf_janus *j, const char *conf); /* made when there is none */
struct jn_member *jn_member_find(struct jn_room *r, const char *user);
void jn_room_open(struct jn_room *r); /* asks Janus for it, when Janus is there */
void jn_room_drop(struct jn_room *r);
struct jn_member *jn_member_enter(struct jn_room *r, const char *user, const char *session, bool hidden);
void jn_member_leave(struct jn_member *m, const char *reason);
void jn_member_links(struct jn_member *m);                /* opens those that are missing */
void jn_member_soon(struct jn_member *m);                 /* ... in a moment */
void jn_rooms_up(struct cf_janus *j);                     /* a session stands: everything is made anew */
void jn_rooms_down(struct cf_janus *j);                   /* nothing of it stands any more */
void jn_feed_user(const char *feed, char out[FQ_ID_MAX]); /* "name~7" -> "name" */
/* A request with the room and its secret in it, to the one who sits in it. */
void jn_room_ask(struct jn_room *r, fq_json *body, jn_message_fn fn);

/* ---- link.c -------------------------------------------------------------------------------------------- */

struct jn_link {
  struct jn_link *next; /* of a camera's watchers */
  struct cf_janus *janus;
  struct jn_member *member; /* NULL of a camera */
  struct cf_leg *leg;       /* NULL: not open yet */
  struct jn_handle *handle;
  enum cf_leg_kind kind;
  char feed[FQ_ID_MAX + 16]; /* CF_LEG_SEND: its name in the room; CF_LEG_CAMERA: the mountpoint */
  char user[FQ_ID_MAX], session[32], conf[FQ_ID_MAX], camera[FQ_ID_MAX];
  struct jn_track *tracks; /* CF_LEG_SEND: of the page's offer */
  fq_json *streams;        /* CF_LEG_RECV: as Janus tells: what it is subscribed to */
  fq_json *silent;         /* {mid: "comes" | "audio" | "video"}: which of them stopped */
  bool joined;             /* in the room */
  bool published;          /* CF_LEG_SEND */
  bool asking, dirty;      /* CF_LEG_RECV: a change is under way; another is wanted */
};
struct jn_link *jn_link_send(struct jn_member *m);
struct jn_link *jn_link_recv(struct jn_member *m);
/* Ends it at Janus and tells the page; frees it. NULL is fine. */
void jn_link_end(struct jn_link *l, const char *reason);
void jn_link_feeds(struct jn_link *recv); /* those in the room have changed */
void jn_link_mute(struct jn_link *send, bool muted);
void jn_link_quality(struct jn_member *m);
void jn_link_event(struct cf_janus *j, void *owner, const struct jn_message *m); /* what all kinds hear */
void jn_link_watched(struct cf_janus *j, void *owner, const struct jn_message *m);
void jn_link_offered(struct jn_link *l, const char *sdp);
void jn_link_answered(struct jn_link *l, const char *sdp);
void jn_link_restart(struct jn_link *l);
/* The m-lines of an SDP that carry sound or pictures and are sent: the second picture is the screen. */
struct jn_track *jn_tracks_of_sdp(const char *sdp);
void jn_tracks_free(struct jn_track *t);

extern const struct fq_method jn_methods[]; /* server.c */

/* ---- record.c, stream.c -------------------------------------------------------------------------------- */

void jn_record_set(struct jn_room *r, bool on);
void jn_record_open(struct jn_room *r); /* the room stands (again) */
void jn_record_second(struct cf_janus *j);
void jn_record_dir(const struct jn_room *r, char out[160]);
/* Where recordings grow. True: outside of the county, the link <data>/recordings/JN_REC_LINK points there. */
#define JN_REC_LINK "growing"
#define JN_REC_NAME "fengqiao-rec-%llx-" /* the inode of the county it is of */
bool jn_record_root(const char *data_dir, char out[700]);
/* Nothing is recorded any more: nothing is left outside of the county, unless something waits there. */
void jn_record_leave(const char *data_dir);
void jn_record_free(struct cf_janus *j);

/* A look at the files: which are closed, and have been moved away; how many are still being written. */
struct jn_found {
  struct jn_found *next;
  char conf[FQ_ID_MAX], user[FQ_ID_MAX], kind[8], path[1200];
};
struct jn_looked {
  char conf[FQ_ID_MAX];
  bool on;
  int open;
};
struct jn_look {
  char data_dir[512];
  struct jn_looked *confs;
  size_t count;
  bool dead; /* Janus does not run: all of them are closed, and those of conferences not named too */
  bool full; /* the disk */
  struct jn_found *found, **last;
};
void jn_record_look(struct jn_look *look);                       /* helper thread */
void jn_record_tell(struct cf_janus *j, struct jn_found *found); /* takes them */

struct jn_stream {
  struct jn_stream *next;
  struct cf_janus *janus;
  char camera[FQ_ID_MAX], codec[12], secret[JN_SECRET + 1];
  int port;
  struct jn_link *watchers;
  void (*ready)(struct cf_self *s, const char *camera, int port);
};
void jn_streams_up(struct cf_janus *j);
void jn_streams_down(struct cf_janus *j);
void jn_streams_free(struct cf_janus *j);
void jn_stream_forget(struct jn_link *l);
void jn_stream_restart(struct jn_link *l);

/* ---- all of it ------------------------------------------------------------------------------------------
 */

struct jn_ask;
struct cf_janus {
  struct cf_self *self;
  fq_kernel *kernel;
  /* child.c */
  enum jn_state state;
  bool stopping, preparing, killed;
  struct jn_plan plan; /* of the process that runs */
  fq_process *process;
  fq_after *again, *second;
  int64_t ended_ms[JN_CRASHES];
  int backoff;
  uint64_t starts;
  char zh[320], en[320]; /* why it is not up */
  char last_line[160];   /* of its complaints */
  /* talk.c */
  struct jn_socket *socket;
  int turn; /* of the socket */
  bool connected;
  int64_t session, next_ask, alive_ms;
  struct jn_ask *asks;
  struct jn_handle *handles;
  int handle_count;
  int64_t connect_until_ms;
  fq_after *connect;
  /* room.c, stream.c */
  struct jn_room *rooms;
  uint64_t feed_count;
  struct jn_handle *camera_desk;
  bool camera_desk_ready;
  struct jn_stream *streams;
  struct jn_recording *recordings;
  bool looking; /* record.c: a helper is at the recordings */
};

#endif
