/*
 * The kernel as the layers above it (policy, plugin, main) see it. Plugins see fengqiao.h only.
 * Kernel thread, unless a line says otherwise.
 */
#ifndef FQ_KERNEL_KERNEL_H
#define FQ_KERNEL_KERNEL_H

#include "fengqiao.h"

/* A module is a plugin's table with its state. The kernel's own nouns (account, org, journal, policy) are
 * modules too, linked in: there is one way to add a kind or a method. */
struct fq_module {
  const struct fq_plugin *table;
  void *self;
};

#define FQ_COMMAND_ENTRIES 512 /* of one outside command, or timer, with everything it led to */

struct fq_kernel_config {
  const char *data_dir; /* holds county.db, blobs/, county.key, control.sock, lock */
  const char *file;     /* name of the database in it; NULL: county.db */
  bool memory;          /* no files at all: scenarios and tests */
  bool fake_clock;      /* time is what fq_kernel_set_time() says */
  int readers, helpers; /* threads */
  int rearm_ms; /* how often timers are looked at besides when they are due; 0: 5 s. The clock may jump. */
  int tick_commands; /* most commands in one transaction; 512: perf.md, natural batching */
  bool lean;         /* nobody will query this kernel: plugins marked `derived` hear nothing, and decisions */
                     /* are recorded without what only explains them */
};

/* open: database, journal head. register modules. boot: migrate, init each module. */
fq_kernel *fq_kernel_open(const struct fq_kernel_config *config, struct fq_error *e);
enum fq_status fq_kernel_add(fq_kernel *k, const struct fq_plugin *table, void *self, struct fq_error *e);
enum fq_status fq_kernel_boot(fq_kernel *k, struct fq_error *e);  /* migrations, init */
enum fq_status fq_kernel_start(fq_kernel *k, struct fq_error *e); /* start of each module: traffic may come */
int fq_kernel_run(fq_kernel *k);                                  /* the event loop; until fq_kernel_stop() */
void fq_kernel_stop(fq_kernel *k);
void fq_kernel_close(fq_kernel *k);

const struct fq_module *fq_kernel_modules(const fq_kernel *k, size_t *count);
fq_db *fq_kernel_db(fq_kernel *k);
bool fq_kernel_lean(const fq_kernel *k);
const struct fq_kind *fq_kernel_kind(const fq_kernel *k, const char *name);

/* One command in a tick of its own, on the caller's thread: the command line and scenarios. NULL actor is
 * `system`. Policies react and due timers fire as in any tick. */
enum fq_status fq_kernel_call(fq_kernel *k, const struct fq_actor *actor, const char *method, fq_json *params,
                              fq_json **result, struct fq_error *e);
/* A request as `system`: the control socket. Answered by r->reply like any other. */
void fq_submit_system(fq_kernel *k, struct fq_request *r);
/* Fake clock only: moves time forward to `ms`, firing each timer at its own due time on the way. */
enum fq_status fq_kernel_run_until(fq_kernel *k, int64_t ms, struct fq_error *e);
void fq_kernel_set_time(fq_kernel *k, int64_t ms);

/* Trying things out, with a fake clock: whatever is done between the two - commands, ticks, timers, days - is
 * as if it had not been, and the clock is where it was. What modules keep in memory besides their tables has
 * to notice that its rows are older again; the marks that serve rolled-back commands do. */
enum fq_status fq_kernel_try(fq_kernel *k, struct fq_error *e);
void fq_kernel_take_back(fq_kernel *k);
/* Applies those entries of the journal at `path` whose kinds are listed (an array of names), in order, to
 * this kernel's empty tables, and goes on counting where that journal ends. The chain is not looked at and no
 * entry is copied. `at_ms` (may be NULL): the time of the last one there; this kernel's may be earlier.
 * Before traffic. */
enum fq_status fq_kernel_learn(fq_kernel *k, const char *path, const fq_json *kinds, int64_t *at_ms,
                               struct fq_error *e);
/* Facts from elsewhere, for kernels in memory on a fake clock (fact.c). `number_from`: own entries are
 * numbered above `seq` from now on, so that a fact may keep the number it has in its own journal and never
 * meets one of theirs. `fact`: the entry happens here, now, under its own number; it is applied and answered,
 * by reactions and policies, like an entry of this kernel's own. */
enum fq_status fq_kernel_number_from(fq_kernel *k, int64_t seq, struct fq_error *e);
enum fq_status fq_kernel_fact(fq_kernel *k, const struct fq_entry *fact, struct fq_error *e);
/* The journal of a kernel that has left its past is empty. What is still asked of it, when somebody's life
 * began, is put there by this: the row without its data, not applied. */
enum fq_status fq_kernel_recall(fq_kernel *k, const struct fq_entry *e, struct fq_error *error);
/* Called after each commit for every entry of the tick, in order. It may read, and calls nothing else of the
 * kernel. */
typedef void (*fq_listen_fn)(void *self, const struct fq_entry *e);
void fq_kernel_listen(fq_kernel *k, fq_listen_fn fn, void *self);

/* The policy layer's way in: called inside the tick for each new entry that is not QUIET, in order.
 * `c` is a call as `system` whose cause is the entry. */
typedef void (*fq_react_fn)(void *self, struct fq_call *c, const struct fq_entry *e);
void fq_kernel_set_react(fq_kernel *k, fq_react_fn fn, void *self);
/* Runs a method as `actor`, caused by entry `cause`, in a savepoint of its own: authorised, checked and
 * handled like a terminal's command. A failure undoes that command alone. Depth (entry causes entry) and
 * count are bounded; beyond them FQ_E_POLICY "policy.depth". Takes params. */
enum fq_status fq_tick_run(struct fq_call *c, const struct fq_actor *actor, int64_t cause, const char *method,
                           fq_json *params, fq_json **result, struct fq_error *e);

/* Applies the journal of the database at `path`, row by row, to this kernel's empty one, links checked on the
 * way. `rows` may be NULL. Before fq_kernel_start(). */
enum fq_status fq_kernel_rebuild(fq_kernel *k, const char *path, int64_t *rows, struct fq_error *e);

/*
 * The past: a kernel in memory whose projections stand as they did after an entry of another kernel's
 * journal, which may be growing meanwhile. Rows are only read, in short transactions; they are not verified
 * (that is `fengqiao journal verify`), not copied and leave no receipts, so the kernel's own `journal` is
 * empty and whoever asks that table is shown the other's, up to the last row of the command before. The
 * kernel's time is that of the last row applied. Measured over 400,000 entries: docs/workshop/replay.md.
 *
 *     struct fq_past *p = fq_past_open(k, "/var/lib/fengqiao/county.db", &e);
 *     fq_past_run(p, fq_past_until(p, from_ms), NULL, &e);    the state before the first entry of that time
 *     fq_past_close(p);                                       k goes on from there by itself: its next entry
 */
struct fq_past;
/* What fq_past_run() calls for each row, before and after it is applied; either may be NULL. `begins`: the
 * first entry of an outside command or of a timer, after which everything before has been answered. `before`
 * returning false stops there, the row not applied. */
struct fq_past_hooks {
  void *arg;
  bool (*before)(void *arg, const struct fq_entry *e, bool begins);
  void (*after)(void *arg, const struct fq_entry *e, bool begins);
};
/* `k` has booted, holds nothing and is in memory; it must outlive the past. */
struct fq_past *fq_past_open(fq_kernel *k, const char *path, struct fq_error *e);
int64_t fq_past_head(const struct fq_past *p); /* the last entry there was when it was opened */
int64_t fq_past_seq(const struct fq_past *p);  /* the last one applied */
/* The last entry before `at_ms`, and when an entry was; 0 when there is none. */
int64_t fq_past_until(struct fq_past *p, int64_t at_ms);
int64_t fq_past_time(struct fq_past *p, int64_t seq);
/* Applies what follows, up to and including entry `until` (at most the head). */
enum fq_status fq_past_run(struct fq_past *p, int64_t until, const struct fq_past_hooks *hooks,
                           struct fq_error *e);
/* In a hook, before anything reads the kernel's tables: brings the view of `journal` up to here. */
void fq_past_look(struct fq_past *p);
void fq_past_close(struct fq_past *p);

/* The slow part of a method's calls, done before their tick: hashing on a helper thread, scenarios in a child
 * process. `begin` is called for each request that may call the method and fits its schema; it may change
 * `params`, and leads to exactly one fq_prepared(), at once or later, which takes `found`: the command reads
 * it by fq_call_prepared(), as does every method it calls. With `error` filled the request is refused
 * instead. Another `begin` for the same method takes the place of the first. */
struct fq_preparing {
  fq_kernel *kernel;
  fq_json *params;
  const char *remote;
  struct fq_error *error;
};
typedef void (*fq_prepare_fn)(void *self, struct fq_preparing *p);
void fq_kernel_prepare(fq_kernel *k, const char *method, fq_prepare_fn begin, void *self);
void fq_prepared(struct fq_preparing *p, fq_json *found);
const fq_json *fq_call_prepared(const struct fq_call *c);

/* A volatile message outside any call: the latest value of (topic, key) to every session of the
 * whole county with one of the roles that asked for the topic. Kernel thread. */
void fq_kernel_signal(fq_kernel *k, const char *topic, const char *key, uint32_t roles, const fq_json *data);

/* Do the parameters fit the table? As for a method's. Any thread. */
enum fq_status fq_schema_check(const struct fq_param *table, const fq_json *params, struct fq_error *e);
/* A parameter table as JSON Schema, for rpc.discover and policy.api. Any thread. */
fq_json *fq_schema_describe(const struct fq_param *table);
/* A result's shape ("{id, rows: [{user, lon: number}], next?}", shape.c) as JSON Schema; a command's with
 * what the kernel adds. NULL with an error when it cannot be read. Any thread. */
fq_json *fq_shape_schema(const char *text, bool command, struct fq_error *e);

struct fq_loop;
struct fq_loop *fq_kernel_loop(fq_kernel *k);

#endif
