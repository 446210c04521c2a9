/*
 * load.h - what the files of the load generator share. One thread, one process; begin with main.c.
 *
 *   options   what was asked for          account    who signs in
 *   net       sockets, timers             terminal   one session: open, resume, requests until answered
 *   traffic   when a report is due        officer    what an officer does with a task
 *   desk      verifies, closes, sends     view       what a terminal knows, against a snapshot
 *   demo      texts, places, positions    stats      counters, histograms, the report
 *   stream    incidents as they really arrived
 *   safety    check-ins answered, alarms cleared, calls of an emergency answered
 */
#ifndef FQ_LOAD_LOAD_H
#define FQ_LOAD_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/map.h"
#include "base/mem.h"
#include "fengqiao.h"
#include "hist.h"
#include "net.h"

/* ---- options.c ------------------------------------------------------------------------------------------
 */

/* What officers and desks do, in the order in which it happens. */
#define STEPS(X)                                                                                             \
  X(REPORT, "report")                                                                                        \
  X(DELIVERED, "delivered")                                                                                  \
  X(SEEN, "seen")                                                                                            \
  X(ACCEPT, "accept")                                                                                        \
  X(ARRIVE, "arrive")                                                                                        \
  X(FEEDBACK, "feedback")                                                                                    \
  X(FINISH, "finish")                                                                                        \
  X(VERIFY, "verify")                                                                                        \
  X(CLOSE, "close")                                                                                          \
  X(DISPATCH, "dispatch")
enum step {
#define X(id, name) STEP_##id,
  STEPS(X)
#undef X
      STEP_COUNT
};
const char *step_name(enum step s);

struct options {
  const char *url, *tokens, *password, *roles, *ledger, *csv;
  const char *stream, *columns, *categories; /* incidents from a table instead of a rate */
  int terminals, window;
  double rate; /* reports a second, all terminals together */
  bool closed; /* --rate max: the next report when the last one is answered */
  bool poisson, demo, json, views, insecure, quiet;
  double duration_s, resume_every_s, positions_every_s, ramp, pace, no_answer, decline, fail, speed, settle_s;
  double drain_s, give_up_s, progress_s;
  unsigned mix; /* 1 << STEP_* */
  uint64_t seed;
};
extern struct options opt;
/* -1: go on. Otherwise the exit code. */
int options_read(int argc, char **argv);

/* ---- account.c ------------------------------------------------------------------------------------------
 */

enum role { ROLE_OFFICER, ROLE_DISPATCHER, ROLE_COMMANDER, ROLE_DIRECTOR, ROLE_DEPARTMENT, ROLE_COUNT };

struct account {
  char name[FQ_ID_MAX], org[FQ_ID_MAX], token[96]; /* token "": sign in with the password */
  enum role role;
  int sessions; /* terminals that use it */
};
/* "name token role org" a line, or a pack's users.csv. Accounts in the order in which terminals take them. */
bool accounts_read(const char *path, struct account **list, size_t *count, struct fq_error *e);
const char *role_name(enum role r);

/* ---- chance.c -------------------------------------------------------------------------------------------
 */

void chance_seed(uint64_t seed);
double chance(void);                /* [0, 1) */
int64_t chance_below(int64_t n);    /* 0 .. n-1 */
double chance_wait(double mean);    /* exponential */
double chance_human(double median); /* log-normal: most near the median, some much later */
double chance_of(const char *key); /* [0, 1), always the same for a key: a decision that survives a restart */
void idem_new(char out[40]);       /* "<ms base 36>-<random>" */

/* ---- terminal.c -----------------------------------------------------------------------------------------
 */

struct terminal;
struct request;
/* Exactly one of result and error is set; both NULL: given up. */
typedef void (*answer_fn)(struct terminal *t, struct request *r, const fq_json *result, const fq_json *error);

struct request {
  struct request *next;
  int64_t id, intended_us, number;
  const char *method;
  char *params; /* JSON text */
  char idem[40];
  bool sent, passing; /* passing: a query, forgotten when the connection breaks */
  int tries;
  answer_fn answer;
  void *arg;
};

enum phase { PHASE_OFF, PHASE_CONNECTING, PHASE_SIGNING, PHASE_OPENING, PHASE_OPEN, PHASE_DEAD };

struct terminal {
  int index;
  struct account *account;
  bool first; /* of its account: the one that acts */
  enum phase phase;
  struct link *link;
  struct net_wait *wait, *heartbeat, *parting_wait, *pump_wait;
  char device[24], epoch[32], sid[32];
  int64_t last; /* the newest n seen */
  int64_t heartbeat_us, tried_us, lost_us, next_id;
  int attempts, in_flight, queued;
  struct request *requests, **tail;
  struct view *view; /* --views */
  int64_t skipped;   /* times it had to take a snapshot instead of resuming */
  bool fetching;     /* check.c: the base of the view is on its way */
};

extern struct terminal *terminals;
extern int terminal_count;

extern const struct net_ears terminal_ears;
void terminals_make(struct account *list, size_t count);
void terminals_start(void); /* connect, opt.ramp a second */
void terminals_stop(void);
int terminals_open(void);
bool terminals_idle(void); /* nothing unanswered anywhere */
/* Takes params. `command`: gets an idempotency key and is sent until it is answered. */
struct request *terminal_ask(struct terminal *t, const char *method, fq_json *params, bool command,
                             int64_t intended_us, answer_fn answer, void *arg);
void terminal_notify(struct terminal *t, const char *method, fq_json *params);
void terminal_break(struct terminal *t); /* drop the connection and come back */

/* ---- traffic.c ------------------------------------------------------------------------------------------
 */

void traffic_start(void);
void traffic_stop(void);
void traffic_end(void);
bool traffic_over(void); /* the stream has run out */
void traffic_heard(struct terminal *t, const char *kind, const char *subject, const fq_json *event);
int64_t traffic_unheard(void); /* acknowledged reports that their reporter has not heard of */

/* ---- officer.c, desk.c ----------------------------------------------------------------------------------
 */

void acts_stop(void); /* no further step is begun */
bool acts_stopped(void);
void officer_heard(struct terminal *t, const char *kind, const char *subject, const fq_json *data);
void officer_opened(struct terminal *t); /* takes up the tasks it has */
void desk_choose(void);
bool desk_is(const struct terminal *t);
void desk_heard(struct terminal *t, const char *kind, const char *subject, const fq_json *data);
void desk_opened(struct terminal *t);
/* ---- safety.c -------------------------------------------------------------------------------------------
 */

void safety_heard(struct terminal *t, const char *kind, const char *subject, const fq_json *data);
void safety_opened(struct terminal *t); /* alarms and calls from before */

/* How long people take for a step, at the pace asked for. */
int64_t human_us(enum step s);

/* ---- view.c, check.c
 * --------------------------------------------------------------------------------------------- */

struct view *view_new(const struct account *a);
void view_free(struct view *v);
void view_load(struct view *v, const fq_json *snapshot);
void view_heard(struct view *v, int64_t n, const char *kind, const char *subject, const fq_json *event);
/* The first difference, or "" when there is none. */
void view_compare(struct view *v, const fq_json *snapshot, char *out, size_t cap);
void view_hold(struct view *v);
void view_fold_to(struct view *v, int64_t n);
void view_release(struct view *v);
bool view_holds(const struct view *v);
void view_fetch(struct terminal *t); /* a snapshot is the base from here */
bool view_ready(const struct terminal *t);
void views_check(void (*done)(void)); /* every terminal against a fresh snapshot */

/* ---- demo.c, file.c --------------------------------------------------------------------------------------
 */

bool demo_read(const char *path, struct fq_error *e);
void demo_opened(struct terminal *t); /* the first terminal that is open asks for the org tree */
fq_json *demo_report(const struct terminal *t);
void demo_positions_start(void);
void demo_end(void);
bool demo_ready(void); /* the org tree is there */
bool demo_grid(const char *org, double *lon, double *lat);
void demo_box(double lon[2], double lat[2]); /* around the grids */
/* Rows of a CSV file: an array of objects by the header's names. NULL and a filled error otherwise. */
fq_json *csv_read(const char *path, struct fq_error *e);
char *file_read(const char *path, size_t *len, struct fq_error *e);

/* ---- stream.c --------------------------------------------------------------------------------------------
 */

bool stream_read(const char *path, struct fq_error *e);
int64_t stream_count(void);
int64_t stream_due_us(void); /* when the next is due, from the start; -1: none is left */
fq_json *stream_next(double *lon, double *lat);
void stream_end(void);

/* ---- ledger.c -------------------------------------------------------------------------------------------
 */

bool ledger_open(const char *path, struct fq_error *e);
void ledger_add(const char *idem, const char *id, int64_t n);
void ledger_sync(void); /* once a turn: on disk before anything else happens */
void ledger_close(void);

/* ---- stats.c --------------------------------------------------------------------------------------------
 */

struct stats {
  struct hist ack, task, resume, connect, step;
  int64_t begun_us, ended_us;
  int64_t reports, acked, refused, dup, resent, retried, steps, steps_refused, notified;
  int64_t events, signals, gaps, repeats, losses, resumes, snapshots, breaks, breaks_asked, failures;
  int64_t views_checked, views_wrong;
  int64_t codes[16], code_counts[16]; /* error codes and how often */
  char first_error[400], first_view[400];
};
extern struct stats stats;
void stats_error(const fq_json *error);
void stats_begin(void);
void stats_progress_start(void);
void stats_report(void);
bool stats_well(void); /* nothing lost, no view wrong */

#endif
