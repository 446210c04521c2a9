/*
 * media.h - what the files of this folder share: legs, rooms, and the back end that carries a conference.
 *
 *   sdp.c     is this text a description, a candidate?   steps.c   what may happen to a leg, and where it
 * leads leg.c     the legs: registry, alarms, what pages are told   wire.c   media.leg.*: what pages say
 *   facts.c   a conference as its rows stand             room.c    who sits in it and how he hears
 *   choose.c  which back end, and why                    promote.c a live call from one back end to the other
 *   mesh.c    the back end without a server              tell.c    who speaks, how good the lines are
 *
 * All of it is in memory. What is decided about a conference stands in its rows; whenever an entry changes
 * them the room is brought to what they say ("settled"), so a restart, a lost message or a server that was
 * busy cannot leave the two apart for long. Kernel thread.
 */
#ifndef CF_MEDIA_H
#define CF_MEDIA_H

#include "conference.h"

enum {
  MD_SDP_BYTES = 32768,
  MD_SDP_LINES = 2000,
  MD_CANDIDATE_BYTES = 512,
  MD_CANDIDATES = 64,    /* a leg; a new description begins anew */
  MD_BURST = 80,         /* messages of a leg at once: a browser says all its candidates in a moment */
  MD_RATE = 20,          /* ... and then in a second */
  MD_CONNECT_MS = 15000, /* a leg that is not up by then is treated as one that has stalled */
  MD_STALL_MS = 5000,    /* before new paths are looked for */
  MD_AGAIN_MS = 10000,   /* between such tries */
  MD_TRIES = 4,          /* then the connection is made anew */
  MD_REMAKES = 3,        /* then it is left alone, until somebody does something */
  MD_JUDGE_MS = 1500,    /* lost for so long before it is said */
  MD_MOVE_MS = 20000,    /* a move to another back end is over by then, one way or the other */
  MD_GRACE_MS = 6000,    /* a media server that is away for longer is done without */
};

void *md_grab(size_t bytes); /* zeroed; ends the process when there is no memory */
void md_copy(char *out, size_t cap, const char *s);

/* ---- sdp.c: pure, any thread ----------------------------------------------------------------------------
 */

/* Refuses what no browser says: `path` is the parameter that holds it. */
enum fq_status md_sdp_check(const char *sdp, const char *path, struct fq_error *e);
enum fq_status md_candidate_check(const fq_json *candidate, const char *path, struct fq_error *e);

/* ---- steps.c ---------------------------------------------------------------------------------------------
 */

enum md_state {
  MD_NEW,
  MD_OFFERED,
  MD_ANSWERED,
  MD_UP,
  MD_STALLED,
  MD_RESTARTING,
  MD_CLOSED,
  MD_STATES,
  MD_NO = -1
};
enum md_event { MD_E_OFFER, MD_E_ANSWER, MD_E_UP, MD_E_STALL, MD_E_RESTART, MD_E_CLOSE, MD_EVENTS };
int md_next(enum md_event event, enum md_state now); /* MD_NO: not possible */
const char *md_state_name(enum md_state s);

/* ---- leg.c -----------------------------------------------------------------------------------------------
 */

struct md_leg {
  struct cf_leg leg; /* first: what back ends hold is this, too */
  struct cf_self *self;
  struct md_leg *next_of_id, *next, **at;
  enum md_state state;
  bool offers;  /* this page makes the offers */
  bool passing; /* another takes its place and ends it as soon as that one is up */
  int tries, candidates;
  double tokens;
  int64_t tokens_ms;
  fq_after *due; /* of what its state waits for */
};
struct md_leg *md_leg_of(struct cf_leg *l);
/* A step: false when it is not possible. */
bool md_leg_step(struct cf_self *s, struct md_leg *l, enum md_event event);
bool md_leg_allow(struct md_leg *l, int64_t now_ms, int64_t *wait_ms); /* may its page say one thing more? */
void md_leg_tell_restart(struct cf_self *s, struct cf_leg *l);
/* The page failed on this leg: it is no use waiting. */
void md_leg_failed(struct cf_self *s, struct md_leg *l);
struct md_leg *md_legs(struct cf_self *s); /* the first of all; follow `next` */

/* ---- facts.c ---------------------------------------------------------------------------------------------
 */

struct md_fact { /* a member with a seat */
  char user[FQ_ID_MAX], session[32], quality[8];
  bool hidden, silenced, away, phone;
  int rank; /* who comes first where not all fit: the chair, then those who speak */
};
struct md_facts {
  char conf[FQ_ID_MAX], backend[8], why_zh[200], cannot[96], broadcast[FQ_ID_MAX];
  bool live, recording, degraded, floor, silenced;
  int64_t cap, expected; /* people in it and asked to come */
  size_t count;
  struct md_fact members[];
};
struct md_facts *md_facts_read(fq_db *db, const char *conf); /* free(); NULL: no such conference */

/* ---- choose.c --------------------------------------------------------------------------------------------
 */

struct md_choice {
  const struct cf_backend *backend;
  bool degraded; /* not what is needed */
  int64_t cap;   /* 0: none */
  char zh[200], en[200];
  const char *cannot; /* codes, separated by a space */
};
/* `now`: what carries it, NULL when nothing does yet. `fell`: it has lost the media server. */
struct md_choice md_choose(struct cf_self *s, const struct md_facts *f, const struct cf_backend *now,
                           bool fell);

/* ---- room.c, promote.c ------------------------------------------------------------------------------------
 */

enum md_said { MD_SAID_NOTHING, MD_SAID_CONNECTED, MD_SAID_LOST };
struct md_seat {
  struct md_seat *next;
  struct md_room *room;
  char user[FQ_ID_MAX], session[32], quality[8];
  bool hidden, silenced, phone;
  bool away; /* his session is over; his seat is kept for a while, and what flows goes on flowing */
  int rank;
  const struct cf_backend *in,
      *also; /* what carries him: two on a move, none when there is no place for him */
  enum md_said said;
  int remakes;
  fq_after *judge;
  int64_t told_ms; /* tell.c */
  int grade;
};
struct md_room {
  struct md_room *next;
  struct cf_self *self;
  char conf[FQ_ID_MAX];
  const struct cf_backend *at, *to; /* to: NULL unless it moves */
  bool recording, fell;             /* fell: it has lost the media server */
  int failures;                     /* moves that came to nothing */
  fq_after *move;
  char told[512];        /* of the backend, to the session part */
  struct md_seat *seats; /* in the order in which they came */
};
struct cf_media {
  const struct cf_backend *mesh, *janus;
  bool running;
  struct md_leg *legs, *by_id[256];
  struct md_room *rooms;
  fq_after *grace;                /* the media server is away, and may be back in a moment */
  double opened, restarts, moves; /* metrics */
};

struct md_room *md_room_find(struct cf_self *s, const char *conf);
struct md_seat *md_seat_find(struct md_room *r, const char *user);
bool md_visible(const struct md_seat *p); /* others see him and he can be told things */
/* Brings the room to what the rows say. */
void md_settle(struct cf_self *s, const struct md_facts *f);
/* Asks for that, soon. */
void md_settle_soon(struct cf_self *s, const char *conf);
/* He has left, or was put out: nothing of the call goes to him or comes from him after this. */
void md_put_out(struct cf_self *s, const char *conf, const char *user);
void md_room_close(struct md_room *r);
/* A leg of his has changed: is he connected? */
void md_judge(struct cf_self *s, const char *conf, const char *user);
/* A connection that cannot be mended is made anew; a few times, then it is left alone. */
void md_remake(struct cf_self *s, struct md_leg *l);
/* Puts him into this backend, as he is: muted, with so much of the line. */
void md_enter(struct md_seat *p, const struct cf_backend *b);

void md_move_begin(struct md_room *r, const struct cf_backend *to);
void md_move_look(struct md_room *r); /* a leg has come up: is everybody there? */
void md_move_end(struct md_room *r, bool done);

/* ---- tell.c -----------------------------------------------------------------------------------------------
 */

void md_quality(struct cf_self *s, const struct cf_leg *l, const fq_json *measure);

#endif
