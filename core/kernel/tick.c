/*
 * The tick: one transaction, one fsync. Nobody is answered before the commit. Kernel thread.
 *
 *   requests -> BEGIN -> each in a savepoint: receipt? authorise, handler, apply -> reactions -> due timers
 *            -> journal rows -> COMMIT -> answers, events
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "kernel/account.h"
#include "kernel/device.h"
#include "kernel/internal.h"
#include "store/timer.h"

#define TIMERS_A_TICK                                                                                        \
  256                 /* overdue timers after a long stop come in slices, between which people are heard */
#define PROBE_MS 1000 /* how often a failed store is tried again */

static const struct fq_actor system_actor = {
    .name = "system", .org = "", .roles = FQ_ROLE_ALL, .system = true};

static enum fq_status authorise(struct frame *f, const struct fq_method *m) {
  const struct fq_actor *a = f->call.actor;
  enum fq_status st = fq_role_check(a, m, f->call.error);
  if (st || a->system || !m->target) return st;
  struct fq_target target = {0};
  if ((st = m->target(&f->call, &target))) return st;
  if (target.own || fq_role_reaches(f->call.db, a, target.org)) return FQ_OK;
  return fq_fail(f->call.error, FQ_E_FORBIDDEN, "scope", m->name, "单位 %s 不在您的管辖范围内",
                 "unit %s is outside your area", target.org[0] ? target.org : "-");
}

/* The handler, with the sticky database mark turned into its status. */
static enum fq_status handle(struct frame *f, const struct bound_method *b) {
  f->call.self = b->module->self;
  f->call.method = b->method->name;
  enum fq_status st = b->method->run(&f->call);
  if (!st && fq_failed(f->call.db)) st = fq_db_error(f->call.db, f->call.error);
  if (st && f->call.error && !f->call.error->status)
    fq_fail(f->call.error, st, "internal", "", "%s 失败", "%s failed", b->method->name);
  return st;
}

/* Takes everything back that happened since the savepoint, including the mark a wrong statement left. Storage
 * trouble stays marked: it ends the tick. */
static void undo(struct fq_tick *t, size_t count) {
  fq_db *db = t->kernel->db;
  if (fq_db_status(db) == FQ_E_STORAGE) return;
  fq_db_clear(db);
  fq_db_rollback_to(db);
  fq_stage_undo(t, count);
}

static enum fq_status in_savepoint(struct frame *f, const struct bound_method *b, bool check) {
  struct fq_tick *t = f->call.tick;
  size_t count = t->count;
  if (!fq_db_savepoint(f->call.db)) return fq_db_error(f->call.db, f->call.error);
  enum fq_status st = check ? authorise(f, b->method) : FQ_OK;
  if (!st) st = handle(f, b);
  if (st)
    undo(t, count);
  else if (!fq_db_release(f->call.db))
    st = fq_db_error(f->call.db, f->call.error);
  return st;
}

static struct frame frame_for(struct fq_tick *t, const struct fq_actor *a, const fq_json *params,
                              fq_json *result, struct fq_error *e, int64_t cause, int depth) {
  return (struct frame){.call = {.db = t->kernel->db,
                                 .actor = a,
                                 .params = params,
                                 .now_ms = t->now_ms,
                                 .result = result,
                                 .error = e,
                                 .method = "",
                                 .tick = t,
                                 .remote = "",
                                 .session = ""},
                        .cause = cause,
                        .depth = depth};
}

/* Answers each new entry: native reactions first, then policies. New entries join the end of the same list.
 */
static void react(struct fq_tick *t) {
  fq_kernel *k = t->kernel;
  while (t->reacted < t->count && !fq_failed(k->db)) {
    struct staged *s = t->entries[t->reacted++];
    for (const struct bound_reaction *r = s->kind->reactions; r; r = r->next) {
      struct fq_error error = {0};
      fq_json *result = fq_json_object();
      struct frame f = frame_for(t, &system_actor, s->entry.data, result, &error, s->entry.seq, s->depth + 1);
      f.call.self = r->module->self;
      size_t count = t->count;
      if (s->depth < MAX_DEPTH && fq_db_savepoint(k->db)) {
        enum fq_status st = r->reaction->fn(&f.call, &s->entry);
        if (!st && fq_failed(k->db)) st = fq_db_error(k->db, &error);
        if (st) {
          fq_log(FQ_LOG_ERROR, "reaction of %s to %s (%lld): %s", r->module->table->name, s->entry.kind,
                 (long long)s->entry.seq, error.en);
          undo(t, count);
        } else
          fq_db_release(k->db);
      }
      fq_json_free(result);
    }
    if (k->react && !(s->kind->kind->flags & FQ_KIND_QUIET)) {
      struct fq_error error = {0};
      fq_json *result = fq_json_object();
      struct frame f = frame_for(t, &system_actor, s->entry.data, result, &error, s->entry.seq, s->depth + 1);
      k->react(k->react_self, &f.call, &s->entry);
      fq_json_free(result);
    }
  }
}

enum fq_status fq_tick_run(struct fq_call *c, const struct fq_actor *actor, int64_t cause, const char *method,
                           fq_json *params, fq_json **result, struct fq_error *e) {
  struct frame *outer = (struct frame *)c;
  fq_kernel *k = c->tick->kernel;
  const struct bound_method *b = fq_map_get(k->methods, method);
  fq_json *out = fq_json_object();
  enum fq_status st = FQ_OK;
  if (!b || !b->method->run || (b->method->flags & FQ_INTERNAL && !actor->system))
    st = fq_fail(e, FQ_E_METHOD, "method.unknown", "method", "没有命令 %s", "no command %s", method);
  else if (outer->depth > MAX_DEPTH)
    st = fq_fail(e, FQ_E_POLICY, "policy.depth", "", "规则相互触发超过 %d 层",
                 "rules trigger one another more than %d deep", MAX_DEPTH);
  else if (!actor->system && actor->roles & FQ_ROLE_POLICY && !(b->method->flags & FQ_POLICY))
    st = fq_fail(e, FQ_E_POLICY, "policy.method", "method", "规则不能执行 %s", "policies may not call %s",
                 method);
  else
    st = fq_schema_check(b->method->params, params, e);
  if (!st) {
    struct frame f = frame_for(c->tick, actor, params, out, e, cause, outer->depth);
    st = in_savepoint(&f, b, true);
  }
  fq_json_free(params);
  if (!st && result)
    *result = out;
  else
    fq_json_free(out);
  return st;
}

enum fq_status fq_call_method(struct fq_call *c, const char *method, fq_json *params, fq_json **result) {
  struct frame *outer = (struct frame *)c;
  const struct bound_method *b = fq_map_get(c->tick->kernel->methods, method);
  fq_json *own = params ? params : fq_json_object(), *out = fq_json_object();
  enum fq_status st;
  if (!b || !b->method->run)
    st = fq_fail(c->error, FQ_E_INTERNAL, "method.unknown", "method", "没有命令 %s", "no command %s", method);
  else
    st = fq_schema_check(b->method->params, own, c->error);
  if (!st) {
    struct frame f = *outer;
    f.call.params = own;
    f.call.result = out;
    st = handle(&f, b);
  }
  fq_json_free(own);
  if (!st && result)
    *result = out;
  else
    fq_json_free(out);
  return st;
}

static void run_request(struct fq_tick *t, struct fq_request *r) {
  fq_kernel *k = t->kernel;
  bool found = false;
  t->command_from = t->count;
  t->beside_from = t->beside;
  if (fq_receipt_find(k, r, &found) || found) return;
  fq_json *result = fq_json_object();
  struct frame f = frame_for(t, &r->state->actor, r->params, result, &r->error, 0, 0);
  f.call.remote = r->remote;
  if (fq_session_find(k, r->state->sid)) f.call.session = r->state->sid;
  size_t count = t->count;
  enum fq_status st = FQ_OK;
  if (!fq_db_savepoint(k->db))
    st = fq_db_error(k->db, &r->error);
  else {
    t->prepared = r->state->prepared;
    st = authorise(&f, r->state->bound->method);
    if (!st) st = handle(&f, r->state->bound);
    t->prepared = NULL;
    if (!st) {
      fq_json_set_int(result, "n", k->head.seq + (int64_t)t->count);
      fq_receipt_put(k, t, r, result);
      if (fq_failed(k->db)) st = fq_db_error(k->db, &r->error);
    }
    if (st)
      undo(t, count);
    else if (!fq_db_release(k->db))
      st = fq_db_error(k->db, &r->error);
  }
  if (st) {
    fq_json_free(result);
    if (!r->error.status) fq_fail(&r->error, st, "internal", "", "内部错误", "internal error");
    return;
  }
  r->result = result;
  react(t);
}

/* Fires one due timer: the fact first, so that a method that fails cannot make it fire for ever. */
static bool fire(struct fq_tick *t, int64_t until_ms) {
  fq_kernel *k = t->kernel;
  struct fq_timer_row row;
  if (!fq_timer_next(k->db, until_ms, &row)) return false;
  int64_t late = t->now_ms > row.due_ms ? t->now_ms - row.due_ms : 0;
  struct fq_error error = {0};
  fq_json *data = fq_json_object(), *result = fq_json_object();
  fq_json_set_str(data, "timer", row.id);
  fq_json_set_str(data, "method", row.method);
  fq_json_set_time(data, "due_at", row.due_ms);
  fq_json_set_int(data, "late_ms", late);
  t->command_from = t->count;
  t->beside_from = t->beside;
  struct frame f = frame_for(t, &system_actor, row.params, result, &error, 0, 0);
  enum fq_status st =
      fq_stage(&f, &(struct fq_draft){.kind = "timer.fired", .subject = row.subject, .data = data});
  const struct bound_method *b = fq_map_get(k->methods, row.method);
  if (!st && b && b->method->run) {
    f.cause = k->head.seq + (int64_t)t->count;
    fq_json_set_int(row.params, "due_ms", row.due_ms);
    fq_json_set_int(row.params, "late_ms", late);
    st = in_savepoint(&f, b, false);
  } else if (!st)
    st = fq_fail(&error, FQ_E_METHOD, "method.unknown", row.method, "没有命令", "no such command");
  if (st) fq_log(FQ_LOG_ERROR, "timer %s (%s): %s", row.id, row.method, error.en);
  react(t);
  fq_json_free(row.params);
  fq_json_free(result);
  return !fq_failed(k->db);
}

/* Writes the rows. Links are computed here, once, over what will really be kept. */
static void write_rows(struct fq_tick *t) {
  fq_kernel *k = t->kernel;
  for (size_t i = 0; i < t->count; i++) {
    const struct staged *s = t->entries[i];
    struct fq_row r = {.seq = s->entry.seq,
                       .at_ms = s->entry.at_ms,
                       .cause = s->entry.cause,
                       .kind = s->entry.kind,
                       .subject = s->entry.subject,
                       .org = s->entry.org,
                       .actor = s->entry.actor,
                       .audience = s->entry.audience,
                       .data = s->text,
                       .receipt = s->receipt};
    struct fq_head before = k->head;
    if (!fq_journal_append(k->db, &k->head, &r)) return;
    if (s->fact) k->head.seq = before.seq;
  }
}

static void storage_failed(fq_kernel *k, struct fq_error *e) {
  fq_db_error(k->db, e);
  fq_copy(k->storage_why, sizeof k->storage_why, e->en);
  if (!k->storage_down) fq_log(FQ_LOG_ERROR, "%s: read-only until it is back", e->en);
  k->storage_down = true;
  k->stats.failed_ticks++;
  if (k->probe) fq_alarm_in(k->probe, PROBE_MS);
}

/* Something that came about elsewhere (fact.c). Refused, it has not happened; the tick goes on. */
static void happen(struct fq_tick *t, const struct fq_entry *fact, struct fq_error *e) {
  fq_db *db = t->kernel->db;
  t->command_from = t->count;
  t->beside_from = t->beside;
  if (!fq_db_savepoint(db)) return;
  if (fq_stage_fact(t, fact, e)) {
    undo(t, 0);
    return;
  }
  fq_db_release(db);
  react(t);
}

/* Runs the listed requests, or the fact, and due timers as one transaction and answers them. */
static enum fq_status tick(fq_kernel *k, struct fq_request *list, int64_t timers_until,
                           const struct fq_entry *fact, struct fq_error *fact_error) {
  struct fq_tick t = {.kernel = k};
  struct fq_head before = k->head;
  struct fq_error trouble = {0};
  int64_t from_us = fq_monotonic_us();
  bool more_timers = false;
  t.now_ms = fq_clock_ms(&k->clock);
  if (t.now_ms < before.at_ms) t.now_ms = before.at_ms; /* the journal never goes back in time */

  fq_db_begin(k->db, true);
  for (struct fq_request *r = list; r && !fq_failed(k->db); r = r->next)
    run_request(&t, r);
  if (fact) happen(&t, fact, fact_error);
  int fired = 0;
  while (timers_until >= 0 && fired < TIMERS_A_TICK && !fq_failed(k->db) && fire(&t, timers_until))
    fired++;
  more_timers = fired == TIMERS_A_TICK;
  if (!fq_failed(k->db)) write_rows(&t);
  bool committed = fq_db_commit(k->db);
  if (!committed) {
    storage_failed(k, &trouble);
    fq_db_clear(k->db);
    k->head = before;
  }
  fq_org_settled(k->db);
  k->stats.ticks++;
  if (committed) k->stats.entries += (double)t.count;
  double ms = (double)(fq_monotonic_us() - from_us) / 1000;
  k->stats.busy_ms += ms;
  if (ms > k->stats.slowest_ms) k->stats.slowest_ms = ms;
  if (ms > k->stats.recent_ms) k->stats.recent_ms = ms;

  while (list) {
    struct fq_request *r = list;
    list = r->next;
    if (!committed) {
      fq_json_free(r->result);
      r->result = NULL;
      r->error = trouble;
    }
    fq_answer(k, r);
  }
  if (committed)
    for (size_t i = 0; i < t.count; i++) {
      fq_session_fan_out(k, t.entries[i]);
      fq_account_committed(k, &t.entries[i]->entry);
      fq_device_committed(k, &t.entries[i]->entry);
      fq_backup_committed(k, &t.entries[i]->entry);
      if (k->listen) k->listen(k->listen_self, &t.entries[i]->entry);
    }
  fq_flush(k);
  if (committed && k->outbox) fq_outbox_pump(k);
  fq_stage_undo(&t, 0);
  free(t.entries);
  if (more_timers) fq_tick_soon(k);
  return committed ? FQ_OK : FQ_E_STORAGE;
}

enum fq_status fq_tick_direct(fq_kernel *k, struct fq_request *r, int64_t timers_until) {
  return tick(k, r, timers_until, NULL, NULL);
}

enum fq_status fq_tick_fact(fq_kernel *k, const struct fq_entry *fact, struct fq_error *e) {
  enum fq_status st = tick(k, NULL, -1, fact, e);
  return e->status ? e->status : st;
}

void fq_tick_queue(fq_kernel *k) {
  struct fq_request *list = k->queue;
  if (!list) return;
  k->queue = NULL;
  k->queue_tail = &k->queue;
  k->queued = 0;
  tick(k, list, fq_clock_ms(&k->clock), NULL, NULL);
}

/* From the loop: a slice of the queue and what is due. */
static void turn(void *arg) {
  fq_kernel *k = arg;
  struct fq_request *list = k->queue, **end = &list;
  k->tick_posted = false;
  for (int n = 0; *end && n < k->config.tick_commands; n++)
    end = &(*end)->next;
  k->queue = *end;
  if (!k->queue) k->queue_tail = &k->queue;
  *end = NULL;
  for (struct fq_request *r = list; r; r = r->next)
    k->queued--, k->stats.commands++;
  if (k->storage_down) {
    while (list) {
      struct fq_request *r = list;
      list = r->next;
      fq_request_refuse(k, r);
    }
  } else {
    int64_t now = fq_clock_ms(&k->clock), due = fq_timer_earliest(k->db);
    if (list || (due >= 0 && due <= now)) tick(k, list, now, NULL, NULL);
  }
  fq_session_expire(k);
  fq_tick_arm(k);
  if (k->queue) fq_tick_soon(k);
}

void fq_tick_soon(fq_kernel *k) {
  if (k->tick_posted || !k->due) return;
  k->tick_posted = true;
  fq_alarm_in(k->due, 0);
}

void fq_tick_arm(fq_kernel *k) {
  if (k->tick_posted || !k->due) return;
  int64_t due = fq_timer_earliest(k->db), in = due < 0 ? k->config.rearm_ms : due - fq_clock_ms(&k->clock);
  if (k->storage_down || in > k->config.rearm_ms) in = k->config.rearm_ms;
  fq_alarm_in(k->due, in);
}

static void probe(void *arg) {
  fq_kernel *k = arg;
  fq_db_clear(k->db);
  bool former = fq_db_allow_write(k->db, true);
  fq_db_begin(k->db, true);
  fq_exec(k->db, "INSERT OR REPLACE INTO meta(name, value) VALUES('probe', ?)", "i", fq_clock_ms(&k->clock));
  bool well = fq_db_commit(k->db);
  fq_db_clear(k->db);
  fq_db_allow_write(k->db, former);
  if (!well) {
    fq_alarm_in(k->probe, PROBE_MS);
    return;
  }
  k->storage_down = false;
  fq_log(FQ_LOG_WARN, "storage is back");
  fq_tick_soon(k);
}

void fq_tick_init(fq_kernel *k) {
  k->due = fq_alarm_new(k->loop, turn, k);
  k->probe = fq_alarm_new(k->loop, probe, k);
}
