/*
 * The kernel's own structures, for core/kernel only. Everything runs on the kernel thread unless a line says
 * otherwise.
 */
#ifndef FQ_KERNEL_INTERNAL_H
#define FQ_KERNEL_INTERNAL_H

#include "base/clock.h"
#include "base/crypto.h"
#include "base/map.h"
#include "kernel/kernel.h"
#include "loop/loop.h"
#include "loop/pool.h"
#include "store/db.h"
#include "store/journal.h"

#define MAX_MODULES 64
#define FQ_NOBODY   "public" /* who calls without an account: no account may have this name */
#define MAX_DEPTH   8        /* entry causes entry causes entry ...: deeper is a loop in the rules */

struct bound_method {
  const struct fq_method *method;
  const struct fq_module *module;
};
struct bound_apply {
  struct bound_apply *next;
  fq_apply_fn fn;
  void *self;
};
struct bound_reaction {
  struct bound_reaction *next;
  const struct fq_reaction *reaction;
  const struct fq_module *module;
};
struct bound_kind {
  const struct fq_kind *kind;
  struct bound_apply *applies; /* the owner's first */
  struct bound_reaction *reactions;
};

/* An entry of the running tick, not yet committed. */
struct staged {
  struct fq_entry entry; /* its strings are owned, `kind` is the table's */
  const struct bound_kind *kind;
  char *text;    /* data, serialised */
  char *receipt; /* on the last entry of a command with an idempotency key */
  int depth;
  bool fact; /* numbered by another journal */
};

struct fq_tick {
  fq_kernel *kernel;
  int64_t now_ms;
  struct staged **entries;
  size_t count, cap;
  size_t reacted;          /* entries before this one have been answered */
  size_t command_from;     /* first entry of the running outside command */
  size_t beside;           /* of this tick's entries, those that count against no command */
  size_t beside_from;      /* ... when the running command began */
  const fq_json *prepared; /* of that command: fq_call_prepared() */
};

/* What the kernel keeps with a call in progress: fq_call first, so a handler's pointer is also this one. */
struct frame {
  struct fq_call call;
  int64_t cause;
  int depth;
};

/* A request's actor and what was learnt of it before its tick. */
struct fq_call_state {
  struct fq_actor actor;
  char name[FQ_ID_MAX], org[FQ_ID_MAX];
  const struct bound_method *bound;
  char idem[72];
  char sid[32]; /* of the session it came by, or "" */
  uint8_t digest[FQ_SHA256];
  fq_json *prepared; /* what its preparation has found */
};

struct fq_session {
  struct fq_session *next_of_user, *next_of_org, *next;
  char sid[32], user[FQ_ID_MAX], org[FQ_ID_MAX], device[80];
  char version[24];          /* of the page, as it says */
  int64_t since_ms, skew_ms; /* how far its clock is ahead, when it told */
  bool told_clock;
  char token[17]; /* the first digits of its token's digest: which sign-in it came from */
  uint32_t roles;
  int64_t expires_ms, sent; /* sent: n of the last durable event */
  fq_json *topics;
  const struct fq_transport *transport;
  void *peer;
  bool catching_up, dropped; /* being read for: see resume.c */
};

struct transport {
  const struct fq_transport *ops;
  void *self;
};

struct fq_kernel {
  struct fq_kernel_config config;
  char data_dir[512], path[600], epoch[32];
  uint8_t key[32]; /* the county's seal */
  struct fq_clock clock;
  struct fq_loop *loop;
  struct fq_pool *readers, *helpers;
  fq_db *db;
  struct fq_head head;
  struct {
    struct fq_head head;
    int64_t now_ms;
  } tried; /* try.c */
  struct fq_module modules[MAX_MODULES];
  size_t module_count, inited, started;
  struct fq_map *methods, *kinds; /* -> bound_method, bound_kind */
  struct fq_map *preparers;       /* method -> preparer */
  fq_react_fn react;
  void *react_self;
  fq_listen_fn listen;
  void *listen_self;

  struct fq_request *queue, **queue_tail;
  int queued, preparing;
  bool tick_posted, storage_down;
  char storage_why[256];
  struct fq_alarm *due, *probe;
  struct fq_after *afters; /* outside.c */
  struct fq_process *processes;
  bool closing;

  struct fq_session *sessions;
  struct fq_map *by_user, *by_org; /* -> first session */
  struct fq_map *by_sid;           /* -> session */
  struct transport transports[4];
  size_t transport_count;
  int64_t expire_next_ms;
  struct fq_map *login_failures, *tickets, *blobs_gone;
  struct outbox *outbox;
  struct backup *backup;
  struct health *health;
  struct {
    double ticks, commands, entries, failed_ticks, slowest_ms, queries, refused;
    double busy_ms, recent_ms; /* in ticks altogether; the slowest since health.c looked */
  } stats;
};

/* tick.c */
void fq_tick_init(fq_kernel *k);
void fq_tick_soon(fq_kernel *k);
void fq_tick_arm(fq_kernel *k); /* the one alarm, for the earliest timer */
enum fq_status fq_tick_direct(fq_kernel *k, struct fq_request *r, int64_t timers_until);
enum fq_status fq_tick_fact(fq_kernel *k, const struct fq_entry *fact, struct fq_error *e); /* fact.c */

void fq_tick_queue(fq_kernel *k); /* what is queued, now */

/* outside.c */
int64_t fq_after_earliest(const fq_kernel *k); /* of a fake clock: -1 when there is none */
void fq_after_ring(fq_kernel *k);              /* ... that one */
void fq_outside_close(fq_kernel *k);           /* processes end, alarms are forgotten */

/* emit.c */
enum fq_status fq_stage(struct frame *f, const struct fq_draft *d);
enum fq_status fq_stage_fact(struct fq_tick *t, const struct fq_entry *fact, struct fq_error *e);
void fq_stage_undo(struct fq_tick *t, size_t count);
enum fq_status fq_apply_entry(fq_kernel *k, const struct bound_kind *b, const struct fq_entry *e,
                              struct fq_error *error);

/* rebuild.c: one row of a journal, applied. The hooks may be NULL; *stopped: `before` has said no. */
enum fq_status fq_apply_row(fq_kernel *k, const struct fq_row *r, const fq_json *data, bool begins,
                            const struct fq_past_hooks *hooks, bool *stopped, struct fq_error *e);

/* admit.c: from a request to a queue, a reader or an error */
enum fq_status fq_admit(fq_kernel *k, struct fq_request *r);
void fq_enqueue(fq_kernel *k, struct fq_request *r); /* for the next tick */
void fq_answer(fq_kernel *k, struct fq_request *r);  /* replies with what r holds */
void fq_request_refuse(fq_kernel *k, struct fq_request *r);
void fq_state_free(struct fq_request *r);
void fq_flush(fq_kernel *k); /* tells the transports that a batch is complete */

/* prepare.c: the slow part of a request, before its tick */
void fq_prepare_init(fq_kernel *k);
void fq_prepare_add(fq_kernel *k, const struct fq_plugin *table);
bool fq_prepare(fq_kernel *k, struct fq_request *r); /* false: there is nothing to prepare */

bool fq_is_id(const char *s); /* schema.c: FQ_T_ID */

/* receipt.c: idempotency */
extern const char fq_receipt_schema[];
enum fq_status fq_receipt_find(fq_kernel *k, struct fq_request *r, bool *found);
void fq_receipt_put(fq_kernel *k, struct fq_tick *t, struct fq_request *r, fq_json *result);
void fq_receipt_apply(fq_db *db, int64_t seq, int64_t at_ms, const char *actor, const char *receipt);

/* authorize.c */
uint32_t fq_role_mask(const fq_json *names, const char **unknown);
fq_json *fq_role_names(uint32_t mask);
enum fq_status fq_role_check(const struct fq_actor *a, const struct fq_method *m, struct fq_error *e);
bool fq_role_reaches(fq_db *db, const struct fq_actor *a, const char *org);
bool fq_entry_visible(fq_db *db, const struct fq_actor *a, const struct fq_kind *kind, const char *org,
                      const char *audience);
bool fq_audience_has(const char *audience, const struct fq_actor *a);

/* session.c */
void fq_session_fan_out(fq_kernel *k, const struct staged *s);
struct fq_session *fq_session_new(fq_kernel *k, const struct fq_request *r, const struct fq_actor *a,
                                  const char *device, const fq_json *topics, int64_t expires_ms);
void fq_session_end(fq_kernel *k, struct fq_session *s, int code, const char *reason);
void fq_session_end_user(fq_kernel *k, const char *user, int code, const char *reason);
void fq_session_end_token(fq_kernel *k, const char *user, const char *token, int code, const char *reason);
void fq_session_send(struct fq_session *s, struct fq_event *e);
struct fq_event *fq_event_new(int64_t seq, int64_t at_ms, const char *kind, const char *subject,
                              const char *org, const char *actor, int64_t cause, const char *data);
void fq_session_expire(fq_kernel *k);
void fq_session_refresh(fq_kernel *k, const char *user);
enum fq_status fq_session_request(fq_kernel *k, struct fq_request *r, bool *later);

struct fq_session *fq_session_find(fq_kernel *k, const char *sid); /* NULL when it is over */

extern const struct fq_method fq_session_methods[];

/* guest.c: the token of somebody without an account */
bool fq_guest_token(fq_kernel *k, const char *token, struct fq_call_state *out, int64_t *expires_ms);

/* read.c: queries and catching up on reader threads */
void *fq_reader_open(void *kernel);
void fq_reader_close(void *db);
void fq_read_query(fq_kernel *k, struct fq_request *r);
enum fq_status fq_query_run(fq_kernel *k, fq_db *db, struct fq_request *r);
void fq_read_catch_up(fq_kernel *k, struct fq_session *s, struct fq_request *r, int64_t last);

/* blob.c */
void fq_blob_refer(fq_db *db, const struct fq_entry *e);
/* Helper thread. `picture`: nothing else is taken. */
void fq_blob_take(const char *data_dir, fq_json *params, bool picture, struct fq_error *e);
/* Does the request commit the very blob that its ticket is for? */
bool fq_blob_ticket_for(fq_kernel *k, const struct fq_request *r);

/* backup.c, after a commit */
struct backup;
void fq_backup_committed(fq_kernel *k, const struct fq_entry *e);

/* health.c */
struct health;

/* outbox.c: what waits, for the pulse: kernel thread */
int fq_outbox_failing(fq_kernel *k);
/* outbox.c */
void fq_outbox_pump(fq_kernel *k); /* after a commit */
struct outbox;

/* org.c */
bool fq_org_path(fq_db *db, const char *org,
                 char out[512]); /* "/430525/430525100000/"; false and "": unknown */
void fq_org_settled(fq_db *db);  /* a tick is over, committed or not */

/* org.c, account.c, journal_module.c: the kernel's own modules */
extern const struct fq_plugin fq_factor_module, fq_org_module, fq_dictionary_module, fq_form_module,
    fq_account_module, fq_backup_module, fq_device_module, fq_audit_module, fq_health_module,
    fq_journal_module, fq_outbox_module, fq_blob_module;
bool fq_account_token(fq_kernel *k, const char *token, struct fq_call_state *out, int64_t *expires_ms,
                      char device[80]);

#endif
