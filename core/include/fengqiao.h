/*
 * fengqiao.h - the one header a plugin includes.
 *
 * Read it from top to bottom: it is the tutorial as well as the contract. plugins/skel/ is the
 * smallest complete plugin, docs/plugin-guide.md walks through it.
 *
 *   Commands go in, entries come out, projections remember,
 *   policies react, timers come back, sessions hear.
 *
 * THE SHAPE. A plugin is a shared object exporting one symbol, `fq_plugin`, a static table that says
 * what the plugin adds: entry kinds with their apply, methods (commands, queries, volatile
 * messages), tables, options, view functions for Lua, routes, metrics. The server calls the plugin
 * through that table; the plugin calls the server through the functions declared here, which the
 * executable exports.
 *
 * THREADS. Every callback runs on the kernel thread, with two exceptions that say so at their
 * declaration: a query runs on a reader thread, a worker job on a helper thread. From any other
 * thread the only call allowed is fq_post(). A callback must not block: no file, network or sleep.
 *
 * OWNERSHIP. `const` pointers handed to a callback live until it returns. A function that takes a
 * non-const `fq_json *` to store it takes ownership, also when it fails. Strings are copied.
 *
 * FAILURE. Functions that can fail for a reason the caller must tell return enum fq_status and fill a
 * struct fq_error. Memory exhaustion outside Lua ends the process: it restarts in milliseconds, loses
 * nothing acknowledged, and half-handled exhaustion has never been tested anywhere.
 *
 * UNITS. Times are milliseconds since 1970-01-01T00:00:00Z in int64_t, named *_ms; on the wire they
 * are RFC 3339 UTC with milliseconds. Longitude, then latitude, in degrees CGCS2000/WGS84. Distances in
 * metres, named *_m.
 */
#ifndef FENGQIAO_H
#define FENGQIAO_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FQ_API               __attribute__((visibility("default")))
#define FQ_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* A plugin is refused when its major differs or its minor is newer than the server's. */
#define FQ_ABI_MAJOR 1
#define FQ_ABI_MINOR 4

#define FQ_ID_MAX 64 /* bytes of an id, org code, user or kind name, with the final NUL */

/* ------------------------------------------------------------------------------------------------
 * 1. Status and errors
 */

/* One status type for the whole server; the numbers are those of the wire (docs/protocol.md). */
enum fq_status {
  FQ_OK = 0,
  FQ_E_PARSE = -32700,
  FQ_E_REQUEST = -32600,
  FQ_E_METHOD = -32601,
  FQ_E_PARAMS = -32602,
  FQ_E_INTERNAL = -32603,
  FQ_E_SIGNED_OUT = -32001, /* not signed in, or the token has expired */
  FQ_E_FORBIDDEN = -32003,
  FQ_E_NOT_FOUND = -32004,
  FQ_E_CONFLICT = -32009, /* stale revision, or not in a state for this */
  FQ_E_OVERLOADED = -32010,
  FQ_E_TOO_LARGE = -32011,
  FQ_E_IDEMPOTENCY = -32013, /* same key, other parameters */
  FQ_E_POLICY = -32020,
  FQ_E_STORAGE = -32030, /* nothing was changed */
};

typedef struct fq_json fq_json;

struct fq_error {
  enum fq_status status;
  char code[48];  /* stable, machine-readable: "incident.closed" */
  char path[160]; /* where: "params.place.lon", "org.csv:17", or "" */
  char zh[320];
  char en[320];
  int64_t retry_after_ms; /* with FQ_E_OVERLOADED, else 0 */
  int64_t rev;            /* with FQ_E_CONFLICT on a stale revision, the current one, else 0 */
};

/* Fills `e` (which may be NULL) and returns `status`, so that a handler reads
 *     return fq_fail(c->error, FQ_E_NOT_FOUND, "incident.unknown", "id",
 *                    "没有事件 %s", "no incident %s", id);
 * Both formats take the same arguments in the same order. */
FQ_API enum fq_status fq_fail(struct fq_error *e, enum fq_status status, const char *code, const char *path,
                              const char *zh, const char *en, ...) FQ_PRINTF(5, 7) FQ_PRINTF(6, 7);

/* ------------------------------------------------------------------------------------------------
 * 2. JSON
 *
 * Opaque; one library stands behind it. Numbers that are whole and below 2^53 keep their value exactly.
 * Lookups of a missing or mistyped member give the default, so a handler can read what the schema has
 * already checked without checking again.
 */
FQ_API fq_json *fq_json_object(void);
FQ_API fq_json *fq_json_array(void);
FQ_API fq_json *fq_json_new_str(const char *s); /* NULL gives JSON null */
FQ_API fq_json *fq_json_new_int(int64_t v);
FQ_API fq_json *fq_json_new_num(double v);
FQ_API fq_json *fq_json_new_bool(bool v);
FQ_API fq_json *fq_json_new_null(void);
FQ_API fq_json *fq_json_dup(const fq_json *v);
FQ_API void fq_json_free(fq_json *v); /* NULL is fine */

/* Strict: UTF-8, no duplicate members, no U+0000, depth <= 32, nothing after the value. NULL and a
 * filled error otherwise. */
FQ_API fq_json *fq_json_parse(const char *text, size_t len, struct fq_error *e);
FQ_API char *fq_json_print(const fq_json *v); /* compact; the caller free()s */

enum fq_json_type {
  FQ_JSON_NULL,
  FQ_JSON_BOOL,
  FQ_JSON_NUMBER,
  FQ_JSON_STRING,
  FQ_JSON_ARRAY,
  FQ_JSON_OBJECT
};
FQ_API enum fq_json_type fq_json_type(const fq_json *v);
FQ_API const fq_json *fq_json_get(const fq_json *object, const char *name); /* NULL when absent */
FQ_API const char *fq_json_str(const fq_json *object, const char *name); /* NULL when absent or no string */
FQ_API int64_t fq_json_int(const fq_json *object, const char *name, int64_t fallback);
FQ_API double fq_json_num(const fq_json *object, const char *name, double fallback);
FQ_API bool fq_json_bool(const fq_json *object, const char *name, bool fallback);
FQ_API const char *fq_json_as_str(const fq_json *v);
FQ_API double fq_json_as_num(const fq_json *v, double fallback);
FQ_API const char *fq_json_name(const fq_json *member); /* of an object's member while iterating */
FQ_API size_t fq_json_size(const fq_json *array_or_object);
FQ_API const fq_json *fq_json_first(const fq_json *array_or_object);
FQ_API const fq_json *fq_json_next(const fq_json *member);
#define fq_json_each(member, container)                                                                      \
  for (const fq_json *member = fq_json_first(container); member; member = fq_json_next(member))

FQ_API void fq_json_set(fq_json *object, const char *name, fq_json *value); /* takes value; replaces */
FQ_API void fq_json_set_str(fq_json *object, const char *name, const char *s);
FQ_API void fq_json_set_int(fq_json *object, const char *name, int64_t v);
FQ_API void fq_json_set_num(fq_json *object, const char *name, double v);
FQ_API void fq_json_set_bool(fq_json *object, const char *name, bool v);
FQ_API void fq_json_set_time(fq_json *object, const char *name, int64_t ms); /* RFC 3339 text */
FQ_API fq_json *fq_json_detach(fq_json *object,
                               const char *name); /* takes the member out; NULL when absent */
FQ_API void fq_json_push(fq_json *array, fq_json *value);

/* An error as the wire has it: {code, message, data: {code, message_zh, message_en, path?, retry_after_ms?,
 * rev?}}. */
FQ_API fq_json *fq_json_from_error(const struct fq_error *e);

/* "2026-11-22T01:02:03.456Z" and back. Offsets are accepted on input. -1 when it is no time. */
FQ_API int64_t fq_time_parse(const char *rfc3339);
FQ_API void fq_time_format(int64_t ms, char out[32]);

/* ------------------------------------------------------------------------------------------------
 * 3. The database
 *
 * Parameters are always bound, never pasted. Statements are cached by their text. Errors are sticky: a
 * failing statement yields no row and marks the handle; the kernel looks at the mark and rolls back,
 * so callers need not test each step. Writing is possible inside an apply callback only; elsewhere a
 * writing statement marks the handle with an error.
 *
 *     fq_stmt *q = fq_sql(db, "SELECT id, number FROM incident WHERE org = ?1 AND rev > ?2", "si", org, rev);
 *     while (fq_row(q)) use(fq_col_str(q, 0), fq_col_int(q, 1));
 *
 * fq_row() releases the statement when it returns false; leave a loop early with fq_done().
 */
typedef struct fq_db fq_db;
typedef struct fq_stmt fq_stmt;

/* types: s text (NULL = SQL NULL), i int64_t, d double, z always NULL (takes no argument) */
FQ_API fq_stmt *fq_sql(fq_db *db, const char *sql, const char *types, ...);
FQ_API bool fq_row(fq_stmt *q);
FQ_API void fq_done(fq_stmt *q);
FQ_API int64_t fq_col_int(fq_stmt *q, int column);
FQ_API double fq_col_num(fq_stmt *q, int column);
FQ_API const char *fq_col_str(fq_stmt *q, int column); /* NULL for SQL NULL; lives until the next fq_row */
FQ_API bool fq_col_null(fq_stmt *q, int column);
FQ_API void fq_exec(fq_db *db, const char *sql, const char *types, ...); /* a statement without rows */
FQ_API int64_t fq_int(fq_db *db, int64_t fallback, const char *sql, const char *types,
                      ...);             /* first column, first row */
FQ_API bool fq_failed(const fq_db *db); /* is the handle marked? */

/* ------------------------------------------------------------------------------------------------
 * 4. Who acts: actors, roles, rights
 */
#define FQ_ROLES(X)                                                                                          \
  X(DISPATCHER, "dispatcher", "调度员")                                                                      \
  X(COMMANDER, "commander", "指挥长")                                                                        \
  X(DIRECTOR, "director", "镇(办)中心主任")                                                                  \
  X(DEPARTMENT, "department", "部门")                                                                        \
  X(OFFICER, "officer", "网格员")                                                                            \
  X(FAMILY, "family", "家属")                                                                                \
  X(ADMIN_SYSTEM, "admin.system", "系统管理员")                                                              \
  X(ADMIN_SECURITY, "admin.security", "安全管理员")                                                          \
  X(ADMIN_AUDIT, "admin.audit", "审计管理员")                                                                \
  X(POLICY, "policy", "规则")                                                                                \
  X(SERVICE, "service", "服务")

enum fq_role_bit {
#define X(id, name, zh) FQ_ROLE_BIT_##id,
  FQ_ROLES(X)
#undef X
      FQ_ROLE_BITS
};
enum fq_role {
#define X(id, name, zh) FQ_ROLE_##id = 1 << FQ_ROLE_BIT_##id,
  FQ_ROLES(X)
#undef X
};
#define FQ_ROLE_ALL  ((1u << FQ_ROLE_BITS) - 1)
#define FQ_ROLE_DESK (FQ_ROLE_DISPATCHER | FQ_ROLE_COMMANDER | FQ_ROLE_DIRECTOR)

/* A right is role x org subtree x method. `system` is the server itself (timers, the local command
 * line) and passes every check; a policy acts as "policy/<name>" with FQ_ROLE_POLICY over the whole
 * county, within the methods marked FQ_POLICY. */
struct fq_actor {
  const char *name; /* "officer-0001", "policy/three-limits", "system" */
  const char *org;  /* the unit whose subtree is in reach */
  uint32_t roles;   /* FQ_ROLE_* */
  bool system;
};

/* Is `org` the unit `ancestor` or below it? False for an unknown code. Kernel or reader thread. */
FQ_API bool fq_org_within(fq_db *db, const char *org, const char *ancestor);

/* A unit of the org tree, copied out. kind: county township village grid department team ... */
struct fq_unit {
  char id[FQ_ID_MAX], parent[FQ_ID_MAX], kind[24], name[96];
  double lon, lat; /* centre; NAN when unknown */
};
FQ_API bool fq_org_unit(fq_db *db, const char *org, struct fq_unit *out);
/* The grid a place lies in: the nearest grid centre (its Voronoi cell). False when there is no grid. */
FQ_API bool fq_org_grid_at(fq_db *db, double lon, double lat, char out[FQ_ID_MAX]);
FQ_API double fq_distance_m(double lon1, double lat1, double lon2, double lat2);
/* The words for a code in one of the packs' dictionaries ("categories"). False, with the code itself for
 * both, when it is not there. Kernel or reader thread. */
FQ_API bool fq_term(fq_db *db, const char *dictionary, const char *code, char zh[96], char en[96]);

/* Forms (form.list). The form {id, version, category?, zh, en, fields}, as it is asked today for version 0;
 * NULL when there is none. Kernel or reader thread. */
FQ_API fq_json *fq_form_get(fq_db *db, const char *id, int64_t version);
/* Are the answers {id, version, values} what that version asks for? An error names the field below `path`
 * ("params.form"). Pictures among the answers are added to `files` (an array; may be NULL). Put the answers
 * into an entry's member `form`, and it is known how often each field is filled in. Kernel or reader thread.
 */
FQ_API enum fq_status fq_form_check(fq_db *db, const fq_json *form, const char *path, fq_json *files,
                                    struct fq_error *e);

/* ------------------------------------------------------------------------------------------------
 * 5. Entries: facts in the journal, and apply, the only writer of tables
 *
 * apply() is called once for every entry of its kind, in order, inside the tick's transaction, and
 * again for the whole journal by `fengqiao journal rebuild`. It must depend on the entry and the
 * plugin's own tables alone: no clock, no random, no option. A failing apply fails the command that
 * emitted the entry; during a rebuild it stops the rebuild.
 *
 * Several modules may apply the same kind; the owner (who declares it in `kinds`) comes first.
 */
struct fq_entry {
  int64_t seq;   /* journal number, 1.. without gaps */
  int64_t at_ms; /* the tick's time, never decreasing */
  const char *kind;
  const char *subject;  /* what it is about: an incident id, a user name ... "" for none */
  const char *org;      /* where: decides who hears it by org subtree; "" for the county */
  const char *audience; /* who hears it by name: "user/a user/b unit/c", or "" */
  const char *actor;
  int64_t cause; /* the entry that led to this one, 0 for an outside command */
  const fq_json *data;
};

struct fq_apply {
  fq_db *db;
  void *self;             /* the plugin's own state */
  struct fq_error *error; /* fill it when failing */
};
typedef enum fq_status (*fq_apply_fn)(struct fq_apply *a, const struct fq_entry *e);

enum fq_kind_flag {
  FQ_KIND_BEGINS = 1, /* the subject's life begins: it keeps the policy versions of this moment */
  FQ_KIND_ENDS = 2,   /* ... and ends */
  FQ_KIND_QUIET = 4,  /* policies do not hear it (still journalled, still sent to sessions) */
  FQ_KIND_BESIDE = 8, /* does not count against what one command may lead to: it only observes */
};

struct fq_kind {
  const char *name; /* "incident.reported" */
  fq_apply_fn apply;
  uint32_t roles; /* who hears it within their org subtree; `audience` hears it in any case */
  uint32_t flags;
  const char *zh, *en; /* the line in a timeline and in the docs */
};

/* Timers, from apply only: "run this internal method with these parameters at T". A timer is a row of a
 * projection, so it survives restarts and rebuilds. Firing appends `timer.fired`, then runs the method as
 * `system` with `due_ms` and `late_ms` added to the parameters. Overdue timers fire in due order. */
FQ_API void fq_timer_set(struct fq_apply *a, const char *id, int64_t due_ms, const char *method,
                         const char *subject, fq_json *params);
FQ_API void fq_timer_clear(struct fq_apply *a, const char *id); /* an unknown id is fine */

/* Outside effects, from apply only: leaves through the named channel after the commit, at least once with
 * this key, until `expires_ms`. */
FQ_API void fq_outbox_put(struct fq_apply *a, const char *channel, const char *key, int64_t expires_ms,
                          fq_json *payload);

typedef struct fq_kernel fq_kernel; /* opaque */

/* ------------------------------------------------------------------------------------------------
 * 6. Methods: commands, queries, volatile messages
 *
 * One table serves terminals, HTTP, the command line and policies. Parameters are checked against the
 * schema before the handler runs: unknown members are refused, the error names the path and what was
 * expected. `idem` and `rev` need not be declared: the kernel handles `idem`; declare `rev` if used.
 */
enum fq_type {
  FQ_T_END = 0,
  FQ_T_STRING, /* min/max: length in characters */
  FQ_T_ID,     /* 1..63 of A-Z a-z 0-9 . _ - : */
  FQ_T_INT,    /* min/max: value */
  FQ_T_NUMBER, /* min/max: value */
  FQ_T_BOOL,
  FQ_T_TIME,   /* RFC 3339 text */
  FQ_T_PLACE,  /* {"lon","lat","acc"?} */
  FQ_T_ENUM,   /* one of `values`, space separated */
  FQ_T_OBJECT, /* members: `members` */
  FQ_T_ARRAY,  /* of `members[0]`; min/max: count */
  FQ_T_ANY,    /* any JSON; depth and size are bounded by the frame */
};
struct fq_param {
  const char *name;
  enum fq_type type;
  bool required;
  double min, max; /* both 0: the type's own bounds */
  const char *values;
  const struct fq_param *members;
  const char *zh, *en;
};

/* A command being handled. It reads the projections and emits entries; it writes no table. */
struct fq_call {
  fq_db *db;
  void *self;
  const struct fq_actor *actor;
  const fq_json *params;
  int64_t now_ms;  /* the tick's time: the only clock a handler knows */
  fq_json *result; /* an object to fill; `n`, the last entry's seq, is added by the kernel */
  struct fq_error *error;
  const char *method;
  struct fq_tick *tick; /* opaque */
  /* Since 1.3: the address of whoever asks from outside, for limits; "" or NULL from within the house. */
  const char *remote;
  /* Since 1.4: the session that asks (its sid); "" when there is none (HTTP, policies, timers) or it is over.
   */
  const char *session;
};
typedef enum fq_status (*fq_command_fn)(struct fq_call *c);

/* The entry to append. Zero what is not needed. `data` is taken, NULL means {}. */
struct fq_draft {
  const char *kind, *subject, *org, *audience;
  fq_json *data;
};
/* Appends the entry and applies it at once, so the next read sees it. On failure the error is filled and
 * the handler should return the status; the kernel rolls the command back whole. */
FQ_API enum fq_status fq_emit(struct fq_call *c, struct fq_draft d);
/* The seq that the next fq_emit() of this call will take: the source of ids without a random. */
FQ_API int64_t fq_next_seq(const struct fq_call *c);
/* Runs another method inside this one: same transaction, same actor, same fate. */
FQ_API enum fq_status fq_call_method(struct fq_call *c, const char *method, fq_json *params,
                                     fq_json **result);

/* Which unit a command touches. The kernel refuses an actor whose org is not at or above it. Set
 * `own` when the thing is the actor's own (his task, his report): then the org is not asked. */
struct fq_target {
  char org[FQ_ID_MAX];
  bool own;
};
typedef enum fq_status (*fq_target_fn)(struct fq_call *c, struct fq_target *t);

/* A query: reader thread, one consistent snapshot, no writing, no emitting. */
struct fq_query {
  fq_db *db;
  void *self; /* shared with the kernel thread: read only what never changes after init */
  const struct fq_actor *actor;
  const fq_json *params;
  int64_t now_ms;
  int64_t head; /* last seq this snapshot holds */
  fq_json *result;
  struct fq_error *error;
};
typedef enum fq_status (*fq_query_fn)(struct fq_query *q);

enum fq_method_flag {
  FQ_INTERNAL = 1, /* timers and fq_call_method only; nobody can call it from outside */
  FQ_POLICY = 2,   /* policies may return it */
  FQ_SNAPSHOT = 4, /* a query whose result (with no parameters) is part of GET /api/v1/snapshot */
  FQ_PUBLIC = 8,   /* needs no session */
  FQ_SECRET = 16,  /* parameters or result hold a secret: no receipt keeps them, so it must be harmless to
                      repeat */
  FQ_LIVE = 32,    /* a query of what is in the kernel thread's memory (who is connected): answered on it, so
                      it must be short */
};

struct fq_method {
  const char *name;
  uint32_t roles; /* FQ_ROLE_*: who may call it at all */
  uint32_t flags;
  const struct fq_param *params;           /* ends with FQ_T_END; NULL for none */
  fq_target_fn target;                     /* NULL: the org is not asked */
  fq_command_fn run;                       /* a command ... */
  fq_query_fn query;                       /* ... or a query ... */
  void (*volatile_run)(struct fq_call *c); /* ... or a message without reply, outside any transaction */
  const char *zh, *en;
  const char *result; /* the result's shape, for the docs: "{id, number, grid, owner}" */
};

/* Personal data in entries: sealed, it is read by this county's server alone, and neither the journal nor a
 * backup nor an export shows it. A mark stands for the same text wherever it occurs, to find it again without
 * reading it; marks of one purpose say nothing of another's. Since 1.3; any thread, after init. The caller
 * frees; fq_open_sealed() gives NULL for what is forged or another county's. */
FQ_API char *fq_seal_text(fq_kernel *k, const char *text);
FQ_API char *fq_open_sealed(fq_kernel *k, const char *sealed);
FQ_API void fq_mark_text(fq_kernel *k, const char *purpose, const char *text, char out[33]);

/* Volatile messages: latest value of (topic, key) to every session that asked for the topic and whose
 * org is at or above `org`. Merged while a client is slow, never journalled, never replayed. */
FQ_API void fq_publish(struct fq_call *c, const char *topic, const char *key, const char *org, fq_json *data);

/* Since 1.4: says something volatile to one session, whatever topics it asked for: {method: topic, params:
 * {key: "", data}}. Unlike fq_publish() nothing is merged: what is told is heard in this order while the
 * session lasts, and one that does not keep up is ended. Takes data. False: it is gone. Kernel thread, after
 * the commit of what it speaks of (fq_post). */
FQ_API bool fq_tell(fq_kernel *k, const char *session, const char *topic, fq_json *data);

/* Since 1.4: runs a command as `system`, internal ones too, in the next tick: how what has happened outside
 * (a process ended, a peer answered) becomes an entry. `done` is called later, never from within
 * fq_command(); exactly one of result and error is set. NULL: an error is logged. Takes params. Kernel
 * thread, never from a handler or apply: there fq_call_method() is right. */
typedef void (*fq_done_fn)(fq_kernel *k, void *arg, const fq_json *result, const struct fq_error *error);
FQ_API void fq_command(fq_kernel *k, const char *method, fq_json *params, fq_done_fn done, void *arg);

/* ------------------------------------------------------------------------------------------------
 * 7. Reactions: native code that answers entries, as policies do
 *
 * Called in the tick for each new entry of that kind; may emit and call methods, as `system`, with the
 * entry as the cause. A failing reaction is rolled back alone and logged; the entry stands.
 */
struct fq_reaction {
  const char *kind;
  enum fq_status (*fn)(struct fq_call *c, const struct fq_entry *e);
};

/* ------------------------------------------------------------------------------------------------
 * 8. What Lua policies see
 *
 * view functions are pure reads: JSON arguments in, JSON out; every answer is recorded with the decision.
 * `lua` is trusted source, compiled into each policy's environment before the policy: it defines the
 * words of the plugin ("dispatch", "escalate") and may register clause expanders (see scripts/lib).
 * `context` adds to the entry what policies want at hand: e.incident for an incident's entry.
 */
struct fq_view {
  fq_db *db;
  void *self;
  int64_t now_ms;
  const fq_json *args; /* array */
  fq_json *answer;     /* set it: any JSON; NULL means nil */
  struct fq_error *error;
};
struct fq_view_fn {
  const char *name; /* view.<name>(...) */
  enum fq_status (*fn)(struct fq_view *v);
  const char *args, *zh, *en; /* "incident, {skill=...}" for the reference */
};

/* ------------------------------------------------------------------------------------------------
 * 9. Options, routes, metrics, health
 */
enum fq_option_type { FQ_O_INT, FQ_O_NUMBER, FQ_O_BOOL, FQ_O_STRING, FQ_O_DURATION, FQ_O_SIZE };
struct fq_option {
  const char *name; /* "max_frame": written as <plugin>.max_frame in fengqiao.lua */
  enum fq_option_type type;
  size_t offset;        /* in the plugin's struct: int64_t, double, bool or char[] */
  size_t cap_bytes;     /* of a char[] */
  const char *fallback; /* as one would write it: "64 KiB", "25 s", "true" */
  double min, max;      /* both 0: no bounds; bytes, milliseconds or the number */
  bool reloadable, secret;
  const char *zh, *en;
};
#define FQ_OPTION_AT(type, member) offsetof(type, member), sizeof(((type *)0)->member)

/* A plain HTTP route. Kernel thread; answer at once with body and type. */
struct fq_http {
  const char *verb, *path, *query; /* path below the route's prefix */
  const char *body;
  size_t body_len;
  const struct fq_actor *actor; /* NULL when nobody is signed in */
  int status;                   /* 200 unless set */
  char type[64];                /* content type of the answer */
  char *answer;                 /* malloc'ed by the callback, freed by the transport */
  size_t answer_len;
  /* Since 1.3. An answer that may be kept says so: its tag, quoted, and how ("private, no-cache"); who has it
   * already sends the tag, and is answered 304 with nothing. */
  const char *if_none_match; /* NULL when not sent */
  char etag[96], cache[64];  /* "" : not to be kept */
};
struct fq_route {
  const char *prefix; /* "/open311/v2/" */
  void (*fn)(void *self, struct fq_http *h);
};

/* A way out for the outbox: SMS, webhook, MQTT. Called on a helper thread, at least once for a key; FQ_OK
 * settles it, anything else is tried again with growing pauses until it expires. */
struct fq_channel {
  const char *name;
  enum fq_status (*send)(void *self, const char *key, const fq_json *payload, struct fq_error *e);
};

/* Since 1.3: the slow part of a command from outside, before its tick: a file, a hash. `work` runs on a
 * helper thread with the request's own parameters, which fit the schema; what it finds it adds to them, for
 * the handler to read. With `e` filled the request is refused. A method that somebody calls from inside is
 * not prepared: its handler must notice. */
struct fq_preparation {
  const char *method;
  void (*work)(const char *data_dir, fq_json *params, struct fq_error *e);
};

struct fq_metric {
  const char *name, *help; /* Prometheus names: fengqiao_<plugin>_<what>_total */
  bool counter;
  double (*read)(void *self);
};

/* ------------------------------------------------------------------------------------------------
 * 10. Threads
 */

/* From any thread: run fn(kernel, arg) on the kernel thread, soon. */
FQ_API void fq_post(fq_kernel *k, void (*fn)(fq_kernel *k, void *arg), void *arg);
/* From the kernel thread: run work(arg) on a helper thread, then done(kernel, arg) on the kernel thread. */
FQ_API void fq_work(fq_kernel *k, void (*work)(void *arg), void (*done)(fq_kernel *k, void *arg), void *arg);

FQ_API int64_t fq_now_ms(fq_kernel *k); /* any thread; never inside a handler, which has c->now_ms */

enum fq_log_level { FQ_LOG_ERROR, FQ_LOG_WARN, FQ_LOG_INFO, FQ_LOG_DEBUG };
FQ_API void fq_log(enum fq_log_level level, const char *fmt, ...)
    FQ_PRINTF(2, 3); /* any thread; never secrets */

/* Since 1.4: an alarm in memory, gone with the process; what must survive it is a timer (section 5). Kernel
 * thread, outside a tick; what is still set when the server stops never rings. Once it has rung it is freed;
 * cancelling NULL is fine. In a test on a fake clock it rings as timers do. */
typedef struct fq_after fq_after;
FQ_API fq_after *fq_after_ms(fq_kernel *k, int64_t ms, void (*fn)(fq_kernel *k, void *arg), void *arg);
FQ_API void fq_after_cancel(fq_after *a);

/* Since 1.4: a process beside the server: a media server, a converter. It leads a session of its own, has
 * none of the server's descriptors or environment, dies with the server, and its output comes line by line:
 * clean text, empty lines left out, long ones in parts. Kernel thread, callbacks too, which may end and start
 * processes. When the server stops it is asked to end, and killed two seconds later. */
typedef struct fq_process fq_process;
struct fq_process_spec {
  const char *const *argv; /* argv[0] is the program's path; NULL at the end */
  const char *const *env;  /* "NAME=value", NULL at the end; NULL: PATH and LC_ALL alone */
  const char *dir;         /* where it runs; NULL: the data directory */
  const char *input;       /* what it reads on its standard input; NULL: nothing */
  /* No privileges, for good; a server that runs as root lets it be nobody, to whom `dir` and the files in it
   * are given. The data directory is closed to nobody: inside `dir`, name files relative to it. */
  bool unprivileged;
  int64_t memory_bytes; /* of address space; 0: no limit */
  int64_t file_bytes;   /* of one file it writes; 0: no limit */
  int nice;
  void (*line)(fq_kernel *k, void *arg, bool error, const char *text); /* of its output; NULL: thrown away */
  /* The last call: it has ended by itself or was ended. `signal` 0: with `code`. */
  void (*ended)(fq_kernel *k, void *arg, int code, int signal);
  void *arg;
};
FQ_API fq_process *fq_process_start(fq_kernel *k, const struct fq_process_spec *s, struct fq_error *e);
FQ_API void fq_process_end(fq_process *p,
                           int64_t grace_ms); /* SIGTERM to its session, SIGKILL after the grace */
FQ_API int fq_process_pid(const fq_process *p);

/* Since 1.4; any thread. HMAC-SHA1 in base64, for credentials whose format others have fixed (TURN).
 * fq_random_text: that many characters nobody can guess, of A-Z a-z 0-9 - _, and a final NUL. */
FQ_API void fq_hmac_sha1(const char *key, const char *text, char out[29]);
FQ_API void fq_random_text(char *out, size_t characters);

/* ------------------------------------------------------------------------------------------------
 * 11. Transports: what the terminal plugin is to the kernel
 *
 * A transport owns sockets and frames on its own threads. It hands requests in by fq_submit() (kernel
 * thread, so through fq_post()), and is called back, on the kernel thread, when there is something to
 * send. Other plugins can skip this section.
 */
typedef struct fq_session fq_session;

/* A serialised event shared by all its receivers: what follows `"p":<n>,` in the frame, without the
 * closing braces. Reference counted; any thread. */
struct fq_event {
  int64_t seq;
  size_t len;
  char text[]; /* "n":10492,"kind":"incident.reported","at":...,"data":{...} */
};
FQ_API struct fq_event *fq_event_ref(struct fq_event *e);
FQ_API void fq_event_unref(struct fq_event *e);

/* How a session reaches its peer; `peer` is what was given to fq_submit(). Kernel thread. */
struct fq_transport {
  void (*event)(void *peer, struct fq_event *e, int64_t previous); /* ref it to keep it */
  /* volatile: the latest of (topic, key). Since 1.4 an empty key is one of a sequence (fq_tell): in order
   * with all else, neither merged nor left out; a peer that does not keep up is closed instead. */
  void (*signal)(void *peer, const char *topic, const char *key, const char *json);
  void (*close)(void *peer, int code, const char *reason); /* the session is over */
  void (*flush)(void *transport_self);                     /* end of a tick: wake the I/O threads once */
};

/* A request on its way through the kernel. The transport allocates it, fills the first part, and gets
 * it back in reply(). */
struct fq_request {
  struct fq_request *next;
  char method[FQ_ID_MAX];
  fq_json *params;                      /* owned by the request */
  char token[96];                       /* bearer token for a request without a session, or "" */
  fq_session *session;                  /* or NULL */
  const struct fq_transport *transport; /* with `peer`: where a session opened by this request lives */
  void *peer;
  void *user;      /* the transport's own */
  char remote[48]; /* peer address, for the audit and the login limits */
  /* reply: exactly one of result and error is set; called on the kernel thread after the commit */
  void (*reply)(struct fq_request *r);
  fq_json *result;
  char *result_text; /* serialised result; may be set instead of `result` */
  struct fq_error error;
  fq_session *opened; /* set when the request opened (or resumed) a session for `peer` */
  /* kernel's */
  struct fq_call_state *state;
};
/* Kernel thread. Takes a list linked by `next`. Each is answered by reply(), later or at once. */
FQ_API void fq_submit(fq_kernel *k, struct fq_request *list);
/* The peer is gone. Kernel thread. After this no callback for it is made. */
FQ_API void fq_session_drop(fq_kernel *k, fq_session *s);
/* Called at the end of every tick; from init. */
FQ_API void fq_transport_add(fq_kernel *k, const struct fq_transport *t, void *self);
/* The actor behind a token, or false. Kernel thread; strings live as long as the tick. */
FQ_API bool fq_token_actor(fq_kernel *k, const char *token, struct fq_actor *out);
/* Can the kernel commit right now? Why not, in `why`. Kernel thread. */
FQ_API bool fq_ready(fq_kernel *k, char *why, size_t cap);
/* Finds the route for a path and calls it; false when there is none. Kernel thread. */
FQ_API bool fq_route(fq_kernel *k, struct fq_http *h);
/* Prometheus text of all metrics; the caller frees. Kernel thread. */
FQ_API char *fq_metrics(fq_kernel *k);
FQ_API const char *fq_epoch(fq_kernel *k);
FQ_API const char *fq_data_dir(fq_kernel *k);

/* Blobs: files named by their SHA-256, in <data>/blobs/<first two digits>/. An upload is written to
 * blobs/tmp/<sha256>.part and taken over by the method blob.commit {sha256}. Whoever may see an entry whose
 * data lists it in `attachments` may read it, and so may the uploader. Kernel thread. */
FQ_API bool fq_blob_may_read(fq_kernel *k, const struct fq_actor *actor, const char *sha256);
/* Since 1.3: a ticket instead of a token lets somebody without an account upload this one picture, of this
 * size, until then, and nothing else. It lives in memory: a restart forgets it. Kernel thread. */
FQ_API void fq_blob_ticket(fq_kernel *k, const char *sha256, int64_t size, int64_t until_ms, char out[48]);
/* May the bearer of this token or ticket upload it? Kernel thread. */
FQ_API bool fq_blob_may_write(fq_kernel *k, const char *token, const char *sha256, int64_t size);

/* Since 1.4: a file the server has made itself (a recording), of any size, below the data directory, becomes
 * a blob: hashed, moved, on disk. Helper thread; then fq_command() of blob.commit {sha256} makes it known,
 * and an entry with `attachments` readable. blob.remove {sha256} (internal) takes the file away again:
 * whoever journals that it is to go calls it by fq_call_method(); the entry that named it stays. */
FQ_API enum fq_status fq_blob_adopt(const char *data_dir, const char *path, char sha256[65], int64_t *size,
                                    struct fq_error *e);
/* Since 1.4: is its content still what its name says? Helper thread. */
FQ_API bool fq_blob_intact(const char *data_dir, const char *sha256);

/* ------------------------------------------------------------------------------------------------
 * 12. What the policy workshop asks
 */
/*
 * The static proof (core/workshop/prove.c): over every place, category, level and hour of a week, what do the
 * policies decide about something that begins there and then, and what becomes of it when nobody acts? The
 * workshop walks through the situations; what they are, who would answer and what commands mean it asks the
 * plugin here. Everything is asked on a kernel in memory that has learnt from the county what stands, and
 * nothing else runs there. Kernel thread.
 *
 * What something depends on beyond its place is told in axes.
 */
enum fq_proof_axis {
  FQ_AXIS_CATEGORY = 1,
  FQ_AXIS_LEVEL = 2,
  FQ_AXIS_TIME = 4,   /* the very time */
  FQ_AXIS_STAFF = 8,  /* who is there, anywhere in the county */
  FQ_AXIS_LADDER = 16 /* who answers for the place: `ladder` below */
};
struct fq_proof_axes {
  const char *name; /* a view's name, or a member of a policy's `e`: "incident.category" */
  uint32_t axes;
};
struct fq_proof_model {
  const char *kind, *method; /* "incident.reported", and the command that leads to it */
  const char *const *learns; /* kinds of entries that say what stands: units' staff, rosters, calendars */
  const struct fq_proof_axes
      *members; /* of `e` that do not differ with the place: what they differ with, or 0 */
  const struct fq_proof_axes *views; /* one that is not listed depends on everything */
  const char *const *timeless; /* commands that do the same whoever is there, and change no view but those of
                                  themselves; they are told apart from those that move or send somebody */
  int levels;                  /* 1 .. levels */

  fq_json *(*places)(fq_db *db);     /* [{id, name, village, village_name, township, township_name}] */
  fq_json *(*categories)(fq_db *db); /* codes */
  /* Times within [from, until) at which who is there may change. */
  fq_json *(*changes)(fq_db *db, int64_t from_ms, int64_t until_ms);
  /* Who is there at a time: equal texts, nobody's presence differs. The caller frees. */
  char *(*staff)(fq_db *db, int64_t at_ms);
  /* Who answers for a place, lowest first: {rungs: [{level, level_zh, org, name, there}], owner: {level, org,
   * name, fallback}, shape}. All of it equal: an incident begins alike there. `shape` equal: the same rungs
   * are staffed, be it by others. */
  fq_json *(*ladder)(fq_db *db, const char *place, int64_t at_ms);
  /* Parameters of `method` for one that begins there. */
  fq_json *(*begin)(const char *place, const char *category, int level);

  /* What a command means: {sends: bool, limit: {clock, title, from, to, limit_ms | days, calendar}}, members
   * left out that do not apply. NULL: nothing of the kind. */
  fq_json *(*effect)(fq_db *db, const char *method, const fq_json *params);
  /* Do two commands, given at once by two policies about one subject, contradict one another? In words. */
  bool (*contradict)(const fq_json *a, const fq_json *b, char zh[200], char en[200]);
  /* Who owns the subject after this entry; NULL when it says nothing of that. */
  const fq_json *(*owner)(const char *kind, const fq_json *data);
  /* How it stands: {owner: {level, level_zh, org, name}, sent: bool}. */
  fq_json *(*state)(fq_db *db, const char *subject);
  /* The words for a level of the ladder. */
  const char *(*level_zh)(const char *level);
};

/* Projection: what other rules would have led to over a stretch of the past, an estimate. The workshop lives
 * the stretch again in two worlds, kernels in memory on fake clocks, that differ in the rules alone. What
 * came from outside happens in both as it did (`fact`). What people did in answer cannot be taken over, for
 * they answered other orders: a model of them, which the plugin brings, learns from the county's journal how
 * long they take (`learn`) and answers in each world for them (`answer`, `act`). All of it depends on its
 * arguments alone, and chance on the seed: the same projection twice gives the same bytes. One thread. */
enum fq_fact {
  FQ_FACT_RULES,    /* follows from something that happens anyway: no business of the model's */
  FQ_FACT_HAPPENS,  /* happens in each world as it stands, with its own number */
  FQ_FACT_REDONE,   /* was done by somebody, who does it again when he still can: `redo` says how */
  FQ_FACT_ANSWERED, /* was somebody's answer, which the model gives */
  FQ_FACT_LEFT_OUT, /* was done by somebody, and the model knows nothing of it: it is counted and told */
};
/* What somebody does: a command of his. An actor without roles is looked up among the accounts. */
struct fq_deed {
  char actor[FQ_ID_MAX], org[FQ_ID_MAX];
  uint32_t roles;
  const char *method;
  fq_json *params; /* taken by whoever has it done */
};
/* "Then somebody will look at this": what and whom is the model's own. */
struct fq_intent {
  int64_t at_ms, subject, about;
  int what;
};
/* Where the model leaves its intents. */
struct fq_intents {
  void *arg;
  void (*add)(void *arg, struct fq_intent i);
};
struct fq_projection_model {
  /* The memory of one telling of the stretch, the county's own or a world's: what happened to whom and when.
   * It is shown every entry of the stretch, in order. */
  void *(*memory)(int64_t from_ms, int64_t to_ms);
  void (*see)(void *memory, const struct fq_entry *e);
  void (*forget)(void *memory);
  /* Of an entry of the county's journal that nothing else has caused. */
  enum fq_fact (*fact)(const struct fq_entry *e, struct fq_deed *redo);
  /* The county's own telling is over: how people answer, as far as its memory shows; `assume` (object or
   * NULL) says otherwise. What is assumed goes into `told`: [{name, value, zh, en, from:
   * history|option|default}]. */
  void *(*learn)(void *history, const fq_json *assume, uint64_t seed, fq_json *told, struct fq_error *e);
  void (*unlearn)(void *people);
  /* At the stretch's start: what is under way, from the tables. Then each entry of the world, after `see`.
   * And when an intent is due: false when there is nothing to be done any more. `self` is the plugin's state
   * in that world. */
  void (*begin)(const void *people, void *memory, fq_db *db, int64_t now_ms, const struct fq_intents *out);
  void (*answer)(const void *people, const void *memory, const struct fq_entry *e,
                 const struct fq_intents *out);
  bool (*act)(const void *people, void *self, fq_db *db, int64_t now_ms, const struct fq_intent *i,
              struct fq_deed *deed);
  /* What came of it, as plain data; and the rows that set three of them beside one another (docs/workshop/
   * projection.md). Names are looked up in `db`. Summary gains `incidents`, `was`, `now`, `fit`. */
  fq_json *(*outcome)(const void *memory);
  void (*compare)(const fq_json *history, const fq_json *was, const fq_json *now, fq_db *db,
                  void (*row)(void *arg, const char *list, const fq_json *value), void *arg,
                  fq_json *summary);
};

/* ------------------------------------------------------------------------------------------------
 * 13. The plugin itself
 */
/* Since 1.4: somebody without an account who holds a plugin's token (a relative in a call): an actor like any
 * other, in sessions and over HTTP, but that he uploads nothing. The name must be an id and no account's, the
 * unit known, and of the roles none an administrator's, a policy's or a service's. His sessions end at
 * `until_ms`, or when the plugin says so. */
struct fq_guest {
  char user[FQ_ID_MAX], org[FQ_ID_MAX];
  uint32_t roles;
  int64_t until_ms;
};
FQ_API void fq_guest_end(fq_kernel *k, const char *user); /* kernel thread, outside a tick */

struct fq_plugin {
  uint32_t abi_major, abi_minor;
  size_t size; /* sizeof(struct fq_plugin): fields beyond it are taken as zero */
  const char *name, *version, *zh, *en;

  const char *const *migrations;      /* SQL of its own tables, step by step, NULL at the end; append only */
  const struct fq_kind *kinds;        /* each list ends with a zeroed element */
  const struct fq_kind *also_applies; /* kinds of others this plugin projects too: name and apply */
  const struct fq_method *methods;
  const struct fq_reaction *reactions;
  const struct fq_view_fn *views;
  void (*context)(void *self, fq_db *db, const struct fq_entry *e, fq_json *into);
  const char *lua; /* words for policies */
  const struct fq_option *options;
  size_t self_bytes; /* the server allocates the plugin's state zeroed, with options filled in */
  const struct fq_route *routes;
  const struct fq_metric *metrics;

  /* After options are in place and tables exist. A failure stops the server with this error. */
  enum fq_status (*init)(void *self, fq_kernel *k, struct fq_error *e);
  /* The server is about to take traffic / has stopped taking it. */
  enum fq_status (*start)(void *self, fq_kernel *k, struct fq_error *e);
  void (*stop)(void *self, fq_kernel *k);
  void (*fini)(void *self); /* also after a failed init */
  /* Empty when well; otherwise one line of what is wrong. */
  void (*health)(void *self, char *out, size_t cap);
  const struct fq_channel *channels;

  /* Since 1.1. A large plugin is written in parts, each a table like this one: its own nouns, tables and
   * words
   * ("dispatch.whistle"). They are added after their plugin, in this order, and share its state; so a part
   * has no options, no self_bytes and no parts of its own. NULL at the end. */
  const struct fq_plugin *const *parts;

  /* Since 1.2: what the policy workshop asks of a plugin. NULL when policies have nothing to decide about it.
   */
  const struct fq_proof_model *proof;           /* section 12 */
  const struct fq_projection_model *projection; /* section 12 */
  /* How many subjects are alive (FQ_KIND_BEGINS without FQ_KIND_ENDS) that began after entry `from` and not
   * after entry `to`. Kernel or reader thread. */
  int64_t (*alive)(void *self, fq_db *db, int64_t from, int64_t to);
  /* Its tables are for queries alone: no command, reaction, view or context reads them, and its timers
   * concern nothing else. Whoever goes through the past to see what policies saw may leave it out (a text
   * index, statistics). Of a part: that part. */
  bool derived;
  /* Names of its views whose answers depend on more than entries (positions of phones), NULL at the end: when
   * the past is asked again, the recorded answer to the same question stands. */
  const char *const *fleeting;
  /* Calls `each` with every user whom the command sends somewhere. Any thread. */
  void (*sends)(const char *method, const fq_json *params, void (*each)(void *arg, const char *user),
                void *arg);

  const struct fq_preparation *prepares; /* since 1.3; ends with a zeroed element */

  /* Since 1.4. A session has ended, for whatever reason; not when the server stops. Kernel thread, outside a
   * tick. */
  void (*session_gone)(void *self, const char *session, const char *user);
  /* Somebody without an account shows this token: is he this plugin's guest, and as whom? Kernel thread. */
  bool (*guest)(void *self, fq_db *db, const char *token, int64_t now_ms, struct fq_guest *out);
};

/* The plugin's one symbol:
 *     FQ_PLUGIN = { FQ_PLUGIN_HEAD, .name = "skel", ... };
 */
#define FQ_PLUGIN                                                                                            \
  FQ_API extern const struct fq_plugin fq_plugin;                                                            \
  const struct fq_plugin fq_plugin
#define FQ_PLUGIN_HEAD .abi_major = FQ_ABI_MAJOR, .abi_minor = FQ_ABI_MINOR, .size = sizeof(struct fq_plugin)

#ifdef __cplusplus
}
#endif
#endif
