/*
 * replay: what a candidate would have decided at each entry of a stretch of the county's journal, on the
 * state as it was, beside what was decided then (or what another pack would have). Exact: nothing a candidate
 * decides is carried out, so each decision stands for itself. What is compared, and what that means, stands
 * in docs/workshop/replay.md. See run.h, moment.h. One thread.
 */
#include "workshop/replay.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "policy/lib_texts.h"
#include "policy/pack.h"
#include "store/db.h"
#include "workshop/moment.h"

#define DAYS_DEFAULT 30
#define DAY_MS       86400000LL
#define GIVE_UP      20   /* decisions in a row that run out of time or memory: at most a second of it */
#define LOOK_EVERY   1024 /* rows between two looks at the clock and at `cancelled` */

/* A pack that decides now: the candidate, or the one it is compared with. */
struct side {
  struct fq_pack pack;
  int endless[64]; /* by policy: timeouts in a row */
};

struct replay {
  const struct fq_run *run;
  fq_kernel *kernel;
  fq_db *db;
  const struct fq_module *modules;
  size_t count;
  struct fq_past *past;
  struct fq_host *host;
  struct fq_version *fallback;
  struct side now, base;
  bool against; /* two packs are compared with one another, not with what was recorded */
  const char *only;
  struct fq_moments *moments;
  struct fq_tally *tally;
  int64_t from, to, rows, entries, decisions, unrecorded; /* from, to: entries */
  bool cancelled;
  /* the turn that goes on */
  struct {
    int64_t entry;
    fq_json *context;
    bool asked;                         /* for the context, which may be NULL */
    uint64_t done_now, done_base;       /* policies that have decided, by place in their pack */
    bool fell_back, recorded_fell_back; /* the default has decided: of now; then, or of the base */
    bool failed_now, failed_then;       /* then: a policy of another pack, which fails either way */
  } turn;
};

static bool hears(const struct side *s, const char *kind) {
  for (size_t i = 0; i < s->pack.count; i++)
    if (fq_version_hears(s->pack.versions[i], kind)) return true;
  return false;
}

static bool wanted(void *arg, const struct fq_entry *e) {
  struct replay *r = arg;
  return hears(&r->now, e->kind) || (r->against && hears(&r->base, e->kind)) ||
         fq_version_hears(r->fallback, e->kind);
}

static void begin_turn(struct replay *r, const struct fq_entry *heard) {
  if (r->turn.entry == heard->seq) return;
  fq_json_free(r->turn.context);
  memset(&r->turn, 0, sizeof r->turn);
  r->turn.entry = heard->seq;
}

/* As the kernel does, once a turn, on the state at its beginning. */
static const fq_json *context(struct replay *r, const struct fq_entry *heard) {
  fq_past_look(r->past);
  if (!r->turn.asked) r->turn.context = fq_host_context(r->modules, r->count, r->db, heard);
  r->turn.asked = true;
  return r->turn.context;
}

/* ---- deciding --------------------------------------------------------------------------------------------
 */

static void decide(struct replay *r, const struct fq_version *v, const struct fq_entry *heard,
                   const fq_json *known, bool trace, struct fq_decision *out) {
  struct fq_question q = {
      .entry = heard, .context = context(r, heard), .db = r->db, .known = known, .trace = trace};
  fq_decide(r->host, v, &q, out);
  if (fq_failed(r->db) && fq_db_status(r->db) != FQ_E_STORAGE) fq_db_clear(r->db); /* a view's fault */
  fq_json_each(c, out->commands) fq_json_settle((fq_json *)(uintptr_t)c); /* as they come back from a row */
}

static struct fq_outcome outcome(const struct fq_version *v, const struct fq_decision *d) {
  bool bad = d->exit != FQ_EXIT_OK;
  return (struct fq_outcome){.exit = fq_exit_name(d->exit),
                             .version = v->hash,
                             .commands = d->commands,
                             .zh = bad ? d->zh : NULL,
                             .en = bad ? d->en : NULL};
}

static bool same_commands(const fq_json *a, const fq_json *b) {
  return (!fq_json_size(a) && !fq_json_size(b)) || fq_json_identical(a, b);
}

static bool differ(const struct fq_outcome *was, const struct fq_outcome *now) {
  if (was->commands && now->commands && strcmp(was->exit, now->exit)) return true;
  return !same_commands(was->commands, now->commands);
}

static bool left_out(const struct replay *r, const char *policy) {
  return r->only && strcmp(r->only, policy);
}

/* `v`: the version that is to be traced when there is a difference; NULL: nobody decides now. */
static void compare(struct replay *r, struct fq_comparison *c, const struct fq_version *v,
                    const fq_json *known) {
  struct fq_decision again = {0};
  c->context = context(r, c->heard);
  c->differs = differ(&c->was, &c->now);
  if (c->differs && v) {
    decide(r, v, c->heard, known, true, &again);
    c->lines = again.lines;
  }
  r->decisions += v != NULL;
  fq_tally_add(r->tally, c);
  fq_decision_clear(&again);
}

/* A policy that never ends costs its budget each time; after so many in a row it is not asked any more. */
static bool given_up(struct replay *r, struct side *s, size_t i) {
  return s->endless[i] >= GIVE_UP;
}

static void count_endless(struct replay *r, struct side *s, size_t i, const struct fq_decision *d,
                          const struct fq_entry *heard) {
  bool endless = d->exit == FQ_EXIT_TIMEOUT || d->exit == FQ_EXIT_NOMEM;
  s->endless[i] = endless ? s->endless[i] + 1 : 0;
  if (s->endless[i] == GIVE_UP)
    fq_tally_given_up(r->tally, s->pack.versions[i]->name, s->pack.name, heard->seq);
}

/* The built-in default decides once an entry for all who fail, in the place of the first. */
static void fall_back(struct replay *r, const struct fq_entry *heard, const fq_json *record, bool now,
                      bool then) {
  struct fq_comparison c = {.heard = heard, .policy = "default", .pack = "", .path = r->fallback->path};
  const fq_json *known = fq_json_get(record, "answers");
  struct fq_decision d = {0};
  if (left_out(r, "default") || !fq_version_hears(r->fallback, heard->kind)) return;
  if (now || (r->against && then)) decide(r, r->fallback, heard, known, false, &d);
  struct fq_outcome made = outcome(r->fallback, &d);
  if (now) c.now = made;
  if (then && r->against)
    c.was = made;
  else if (record)
    c.was = (struct fq_outcome){.exit = fq_json_str(record, "exit"),
                                .version = fq_json_str(record, "version"),
                                .commands = fq_json_get(record, "commands")};
  c.uncertain = d.fleeting > 0;
  compare(r, &c, now ? r->fallback : NULL, known);
  fq_decision_clear(&d);
}

static size_t find(const struct side *s, const char *policy, const char *kind) {
  for (size_t i = 0; i < s->pack.count; i++)
    if (!strcmp(s->pack.versions[i]->name, policy) && fq_version_hears(s->pack.versions[i], kind)) return i;
  return SIZE_MAX;
}

/* Policy number `i` of the side decides about what is heard. False: it has been given up. */
static bool ask(struct replay *r, struct side *s, size_t i, const struct fq_entry *heard,
                const fq_json *known, struct fq_decision *d, struct fq_outcome *o) {
  if (given_up(r, s, i)) return false;
  decide(r, s->pack.versions[i], heard, known, false, d);
  count_endless(r, s, i, d, heard);
  *o = outcome(s->pack.versions[i], d);
  return true;
}

/* What this policy decides, of each side that has it, at this moment. `record`: what it decided then. */
static void one_policy(struct replay *r, const struct fq_entry *heard, const char *policy,
                       const fq_json *record) {
  const fq_json *known = fq_json_get(record, "answers");
  size_t now = find(&r->now, policy, heard->kind),
         base = r->against ? find(&r->base, policy, heard->kind) : SIZE_MAX;
  struct fq_decision d = {0}, b = {0};
  struct fq_comparison c = {.heard = heard, .policy = policy, .pack = r->now.pack.name, .path = ""};
  bool then_failed = false, asked = true;
  if (now != SIZE_MAX) {
    r->turn.done_now |= UINT64_C(1) << now;
    c.path = r->now.pack.versions[now]->path;
    asked = ask(r, &r->now, now, heard, known, &d, &c.now);
  }
  if (base != SIZE_MAX) {
    r->turn.done_base |= UINT64_C(1) << base;
    asked = ask(r, &r->base, base, heard, known, &b, &c.was) && asked;
    then_failed = b.exit != FQ_EXIT_OK;
  } else if (record && !r->against) {
    c.was = (struct fq_outcome){.exit = fq_json_str(record, "exit"),
                                .version = fq_json_str(record, "version"),
                                .commands = fq_json_get(record, "commands")};
    then_failed = strcmp(c.was.exit, "OK") != 0;
  }
  if (asked && (now != SIZE_MAX || c.was.commands)) {
    c.uncertain = d.fleeting || b.fleeting;
    if (!left_out(r, policy)) compare(r, &c, now != SIZE_MAX ? r->now.pack.versions[now] : NULL, known);
  }
  bool now_failed = now != SIZE_MAX && asked && d.exit != FQ_EXIT_OK;
  if (r->against) {
    now_failed &= !r->turn.fell_back;
    then_failed &= !r->turn.recorded_fell_back;
    r->turn.fell_back |= now_failed;
    r->turn.recorded_fell_back |= then_failed;
    if (now_failed || then_failed) fall_back(r, heard, NULL, now_failed, then_failed);
  } else {
    /* Where it failed then as well, the default's record follows at once: it decides at that moment. */
    bool follows = then_failed && !r->turn.recorded_fell_back;
    r->turn.failed_now |= now_failed;
    if (now_failed && !follows && !r->turn.fell_back) {
      r->turn.fell_back = true;
      fall_back(r, heard, NULL, true, false);
    }
  }
  fq_decision_clear(&d);
  fq_decision_clear(&b);
}

/* ---- walking ---------------------------------------------------------------------------------------------
 */

/* The default's own record: it decided for a policy of this pack or of another, which fails now as then. */
static void default_decided(struct replay *r, const struct fq_entry *heard, const fq_json *record) {
  if (r->against) {
    r->turn.fell_back |= r->turn.failed_then;
    r->turn.recorded_fell_back |= r->turn.failed_then;
    return;
  }
  bool now = (r->turn.failed_now || r->turn.failed_then) && !r->turn.fell_back;
  r->turn.recorded_fell_back = true;
  r->turn.fell_back |= now;
  fall_back(r, heard, record, now, true);
}

static void decided(void *arg, const struct fq_entry *heard, const struct fq_entry *e) {
  struct replay *r = arg;
  const char *pack = fq_json_str(e->data, "pack"), *policy = fq_json_str(e->data, "policy"),
             *exit = fq_json_str(e->data, "exit");
  begin_turn(r, heard);
  if (!pack || !policy || !exit) return;
  if (!pack[0]) {
    default_decided(r, heard, e->data);
  } else if (!strcmp(pack, r->now.pack.name)) {
    one_policy(r, heard, policy, e->data);
  } else {
    r->turn.failed_then |= strcmp(exit, "OK") != 0;
    if (wanted(r, heard)) context(r, heard);
  }
}

/* Those that nobody had a counterpart of then decide after all others. */
static void over(void *arg, const struct fq_entry *heard, bool full) {
  struct replay *r = arg;
  begin_turn(r, heard);
  if (!heard->data) return;
  for (size_t i = 0; i < r->now.pack.count; i++) {
    const struct fq_version *v = r->now.pack.versions[i];
    if (r->turn.done_now >> i & 1 || !fq_version_hears(v, heard->kind)) continue;
    if (full)
      r->unrecorded++;
    else
      one_policy(r, heard, v->name, NULL);
  }
  for (size_t i = 0; r->against && i < r->base.pack.count; i++) {
    const struct fq_version *v = r->base.pack.versions[i];
    if (!(r->turn.done_base >> i & 1) && fq_version_hears(v, heard->kind) && !full)
      one_policy(r, heard, v->name, NULL);
  }
}

static bool go_on(struct replay *r, int64_t seq, const char *zh, const char *en) {
  const struct fq_report *out = &r->run->out;
  if (++r->rows % LOOK_EVERY) return true;
  if (out->cancelled && out->cancelled(out->arg)) r->cancelled = true;
  out->progress(out->arg, (double)seq / (double)(r->to ? r->to : 1), zh, en);
  return !r->cancelled;
}

static bool before_stretch(void *arg, const struct fq_entry *e, bool begins) {
  (void)begins;
  return go_on(arg, e->seq, "走到起点", "going to the beginning");
}

static bool before(void *arg, const struct fq_entry *e, bool begins) {
  struct replay *r = arg;
  fq_moments_before(r->moments, e, begins);
  r->entries++;
  return go_on(r, e->seq, "重放", "replaying");
}

static enum fq_status walk(struct replay *r, struct fq_error *e) {
  struct fq_past_hooks there = {.arg = r, .before = before_stretch}, here = {.arg = r, .before = before};
  enum fq_status st = fq_past_run(r->past, r->from, &there, e);
  if (!st && !r->cancelled) st = fq_past_run(r->past, r->to, &here, e);
  if (!st && r->cancelled) st = fq_fail(e, FQ_E_CONFLICT, "run.cancelled", "", "已取消", "cancelled");
  if (!st) fq_moments_end(r->moments);
  return st;
}

/* ---- the run ---------------------------------------------------------------------------------------------
 */

static enum fq_status read_side(struct replay *r, const fq_json *pack, struct side *s, struct fq_error *e) {
  struct fq_findings f = {0};
  enum fq_status st = FQ_OK;
  char where[200];
  if (!fq_pack_check(r->host, r->modules, r->count, fq_json_str(pack, "pack"), fq_json_get(pack, "files"),
                     &s->pack, &f)) {
    const struct fq_finding *first = &f.list[0];
    snprintf(where, sizeof where, first->line ? "%s:%d" : "%s", first->path, first->line);
    st = fq_fail(e, FQ_E_PARAMS, "pack.invalid", where, "规则包有 %zu 处错误,第一处:%s%.0s",
                 "%zu mistakes in the pack, the first: %.0s%s", f.count, first->zh, first->en);
  }
  fq_findings_free(&f);
  return st;
}

static int64_t option_time(const struct fq_run *r, const char *name) {
  const char *text = fq_json_str(r->options, name);
  return text ? fq_time_parse(text) : -1;
}

static enum fq_status find_stretch(struct replay *r, struct fq_error *e) {
  int64_t head = fq_past_head(r->past), from_ms = option_time(r->run, "from"),
          to_ms = option_time(r->run, "to");
  r->to = to_ms < 0 ? head : fq_past_until(r->past, to_ms);
  int64_t end_ms = to_ms < 0 ? fq_past_time(r->past, head) : to_ms;
  if (from_ms < 0) from_ms = end_ms - DAYS_DEFAULT * DAY_MS;
  r->from = fq_past_until(r->past, from_ms);
  if (from_ms > end_ms)
    return fq_fail(e, FQ_E_PARAMS, "replay.stretch", "from", "from 晚于 to", "from is later than to");
  return FQ_OK;
}

static enum fq_status prepare(struct replay *r, void **world, struct fq_error *e) {
  struct fq_findings f = {0};
  r->kernel = fq_run_past(r->run, world, &r->past, e);
  if (!r->kernel) return e->status;
  r->db = fq_kernel_db(r->kernel);
  r->modules = fq_kernel_modules(r->kernel, &r->count);
  r->host = fq_host_new(r->modules, r->count, &r->run->limits, e);
  if (!r->host) return e->status;
  r->fallback = fq_version_compile(r->host, "default.lua", fq_lib_default, true, &f);
  fq_findings_free(&f);
  r->against = r->run->base != NULL;
  r->only = fq_json_str(r->run->options, "only");
  if (read_side(r, r->run->pack, &r->now, e) || (r->against && read_side(r, r->run->base, &r->base, e)))
    return e->status;
  r->tally = fq_tally_new(r->modules, r->count, r->db);
  r->moments = fq_moments_new(&(struct fq_moments_config){r->kernel, r, wanted, decided, over});
  return find_stretch(r, e);
}

static void clean_up(struct replay *r, void *world) {
  fq_json_free(r->turn.context);
  fq_moments_free(r->moments);
  fq_tally_free(r->tally);
  fq_pack_clear(&r->now.pack);
  fq_pack_clear(&r->base.pack);
  fq_version_free(r->fallback);
  fq_host_free(r->host);
  fq_past_close(r->past);
  fq_kernel_close(r->kernel);
  if (world) r->run->world_free(world);
}

static void summary(const struct replay *r, int64_t began_us) {
  fq_json *s = fq_run_summary(r->run, !fq_tally_failed(r->tally), began_us);
  fq_json_set_str(s, "mode", "decision");
  if (r->entries) { /* those of its first and last entry */
    fq_json_set_time(s, "from", fq_past_time(r->past, r->from + 1));
    fq_json_set_time(s, "to", fq_past_time(r->past, r->to));
  }
  fq_json_set_int(s, "entries", r->entries);
  fq_json_set_int(s, "decisions", r->decisions);
  fq_tally_summary(r->tally, s);
  if (r->unrecorded) fq_json_set_int(s, "unrecorded", r->unrecorded);
  r->run->out.summary(r->run->out.arg, s);
  fq_json_free(s);
}

static enum fq_status run(const struct fq_run *run, struct fq_error *e) {
  struct replay r = {.run = run};
  int64_t began_us = fq_monotonic_us();
  void *world = NULL;
  enum fq_status st = prepare(&r, &world, e);
  if (!st) st = walk(&r, e);
  if (!st) {
    fq_tally_rows(r.tally, &run->out);
    run->out.progress(run->out.arg, 1, "完成", "done");
    summary(&r, began_us);
  }
  clean_up(&r, world);
  return st;
}

static const struct fq_param options[] = {
    {.name = "from",
     .type = FQ_T_TIME,
     .zh = "从何时起;默认日志的最后三十天",
     .en = "from this time; the journal's last thirty days when left out"},
    {.name = "to", .type = FQ_T_TIME, .zh = "到何时止(不含)", .en = "before this time; the journal's end"},
    {.name = "only", .type = FQ_T_ID, .zh = "只比这一条规则", .en = "this policy alone"},
    {0}};

const struct fq_run_kind fq_run_replay = {
    .name = "replay",
    .options = options,
    .county = true,
    .run = run,
    .print = fq_replay_print,
    .lists = "incidents townships policies officers",
    .zh = "重放:这个规则包在过去一段时间里会怎样决定",
    .en = "what the pack would have decided over a stretch of the journal"};
