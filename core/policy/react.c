/*
 * From an entry to commands: which policies hear it, what they decide, what the kernel says to that; and what
 * happens when one fails. Kernel thread, inside the tick.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "policy/module_internal.h"
#include "store/db.h"

/* Most entries are heard by nobody: one look-up in memory settles those. */
static bool heard(struct fq_policy *p, fq_db *db, const char *kind) {
  if (!p->heard_known) {
    fq_stmt *q = fq_sql(db, "SELECT kinds FROM policy_source", "");
    while (fq_row(q)) {
      const char *text = fq_col_str(q, 0);
      fq_json *kinds = fq_json_parse(text, strlen(text), NULL);
      fq_json_each(k, kinds) fq_map_put(&p->heard, fq_json_as_str(k), p);
      fq_json_free(kinds);
    }
    p->heard_known = true;
  }
  return fq_map_get(p->heard, kind) != NULL;
}

/* When did the subject's present life begin? 0: it is not alive, or begins in this very tick (rows reach the
 * journal at the tick's end), which is the present generation as well. */
static int64_t began(struct fq_policy *p, fq_db *db, const char *subject) {
  fq_stmt *q =
      fq_sql(db, "SELECT seq, kind FROM journal WHERE subject = ? AND subject <> '' ORDER BY seq DESC", "s",
             subject);
  while (fq_row(q)) {
    const struct fq_kind *k = fq_kernel_kind(p->kernel, fq_col_str(q, 1));
    uint32_t flags = k ? k->flags : 0;
    if (!(flags & (FQ_KIND_BEGINS | FQ_KIND_ENDS))) continue;
    int64_t seq = flags & FQ_KIND_BEGINS ? fq_col_int(q, 0) : 0;
    fq_done(q);
    return seq;
  }
  return 0;
}

/* The generation that decides: the one of the subject's beginning, unless that was withdrawn. */
static int64_t generation_of(struct fq_policy *p, fq_db *db, const struct fq_entry *e) {
  int64_t current = fq_policy_current(db);
  if (!current || !e->subject[0]) return current;
  int64_t since = fq_int(db, 0, "SELECT seq FROM policy_generation WHERE gen = ?", "i", current);
  int64_t first = fq_int(db, INT64_MAX,
                         "SELECT seq FROM journal WHERE subject = ? AND subject <> '' ORDER BY seq LIMIT 1",
                         "s", e->subject);
  if (first > since) return current; /* one look at an index: nearly always the end of it */
  int64_t seq = began(p, db, e->subject);
  if (!seq || seq > since) return current;
  int64_t gen = fq_int(db, 0, "SELECT max(gen) FROM policy_generation WHERE seq <= ?", "i", seq);
  if (!gen) return current; /* it began before there was any policy */
  for (int64_t to;
       (to = fq_int(db, 0, "SELECT moved_to FROM policy_generation WHERE gen = ?", "i", gen)) > gen;)
    gen = to;
  return gen;
}

void fq_turn_emit(struct fq_turn *t, const char *kind, fq_json *data) {
  struct fq_error *e = t->call->error;
  struct fq_draft d = {.kind = kind, .subject = t->entry->subject, .org = t->entry->org, .data = data};
  /* Beyond the kernel's bound on what one command may lead to, even this is not recorded. Said once a
   * command: rules that set one another off would otherwise fill the log. */
  if (fq_emit(t->call, d) && t->policy->unrecorded_at_ms != t->call->now_ms) {
    t->policy->unrecorded_at_ms = t->call->now_ms;
    fq_log(FQ_LOG_ERROR, "policy: %s about %s not recorded: %s", kind, t->entry->subject, e ? e->en : "");
  }
  if (e) *e = (struct fq_error){0};
}

fq_json *fq_turn_facts(const struct fq_turn *t, const struct fq_active *a) {
  fq_json *o = fq_json_object();
  fq_json_set_str(o, "policy", a->name);
  fq_json_set_str(o, "pack", a->pack);
  fq_json_set_str(o, "version", a->hash);
  fq_json_set_int(o, "generation", a->generation);
  fq_json_set_int(o, "entry", t->entry->seq);
  fq_json_set_str(o, "heard", t->entry->kind);
  return o;
}

/* What explains a decision and lets it be made again: the better part of its record. */
static void explain(struct fq_turn *t, struct fq_decision *d, bool last, fq_json *o) {
  if (d->clock_steps) fq_json_set_int(o, "clock_steps", d->clock_steps);
  if (t->context) fq_json_set(o, "context", last ? t->context : fq_json_dup(t->context));
  if (last) t->context = NULL;
  fq_json_set(o, "answers", d->answers);
  d->answers = NULL;
  fq_json_set(o, "commands", fq_json_dup(d->commands));
}

/* Takes the answers; and the context, when nobody is left who needs it. */
static void record(struct fq_turn *t, const struct fq_active *a, struct fq_decision *d, bool last) {
  fq_json *o = fq_turn_facts(t, a);
  fq_json_set_str(o, "exit", fq_exit_name(d->exit));
  if (!fq_kernel_lean(t->policy->kernel)) explain(t, d, last, o);
  fq_json_set_int(o, "us", d->cpu_us);
  fq_turn_emit(t, "policy.decided", o);
}

/* Policies act over the whole county: from its root. */
static const char *root_of(struct fq_turn *t) {
  fq_stmt *q =
      t->root[0] ? NULL : fq_sql(t->call->db, "SELECT id FROM org WHERE parent = '' ORDER BY id LIMIT 1", "");
  if (q && fq_row(q)) {
    fq_copy(t->root, sizeof t->root, fq_col_str(q, 0));
    fq_done(q);
  }
  return t->root;
}

static void obey(struct fq_turn *t, const struct fq_active *a, const struct fq_decision *d) {
  if (!fq_json_size(d->commands)) return;
  char name[FQ_ID_MAX];
  snprintf(name, sizeof name, "policy/%.56s", a->name);
  struct fq_actor actor = {.name = name, .org = root_of(t), .roles = FQ_ROLE_POLICY};
  fq_json_each(c, d->commands) {
    struct fq_error error = {0};
    const char *method = fq_json_str(c, "method");
    const fq_json *params = fq_json_get(c, "params");
    if (!fq_tick_run(t->call, &actor, t->entry->seq, method, fq_json_dup(params), NULL, &error)) continue;
    t->policy->refused++;
    fq_json *o = fq_turn_facts(t, a);
    fq_json_set_str(o, "method", method);
    fq_json_set(o, "params", fq_json_dup(params));
    fq_json_set_int(o, "status", error.status);
    fq_json_set_str(o, "code", error.code);
    if (error.path[0]) fq_json_set_str(o, "path", error.path);
    fq_json_set_str(o, "message_zh", error.zh);
    fq_json_set_str(o, "message_en", error.en);
    fq_turn_emit(t, "policy.refused", o);
  }
}

static void decide(struct fq_turn *t, const struct fq_active *a, bool last);

static void fall_back(struct fq_turn *t) {
  struct fq_policy *p = t->policy;
  if (t->fell_back || !fq_version_hears(p->fallback, t->entry->kind)) return;
  struct fq_active a = {.version = p->fallback, .generation = t->generation};
  t->fell_back = true;
  fq_copy(a.name, sizeof a.name, "default");
  fq_copy(a.path, sizeof a.path, p->fallback->path);
  fq_copy(a.hash, sizeof a.hash, p->fallback->hash);
  decide(t, &a, false);
}

/* What people call it: what pack.lua says. */
static void pack_version(struct fq_turn *t, const struct fq_active *a, char out[48]) {
  out[0] = '\0';
  fq_stmt *q = fq_sql(t->call->db, "SELECT version FROM policy_pack WHERE gen = ? AND pack = ?", "is",
                      a->generation, a->pack);
  if (!fq_row(q)) return;
  fq_copy(out, 48, fq_col_str(q, 0));
  fq_done(q);
}

static void failed(struct fq_turn *t, const struct fq_active *a, const struct fq_decision *d) {
  struct fq_policy *p = t->policy;
  p->failed++;
  fq_json *o = fq_turn_facts(t, a);
  fq_json_set_str(o, "reason", fq_exit_name(d->exit));
  fq_json_set_str(o, "file", a->path);
  fq_json_set_int(o, "line", d->line);
  if (a->version) fq_json_set(o, "lines", fq_lines_around(a->version->text, d->line));
  char version[48];
  pack_version(t, a, version);
  if (version[0]) fq_json_set_str(o, "pack_version", version);
  char *zh = fq_printf("规则包 %s %s 的规则 %s@%.8s(%s:%d)%s:%s", a->pack, version, a->name, a->hash, a->path,
                       d->line, fq_exit_zh(d->exit), d->zh);
  char *en = fq_printf("policy %s@%.8s of pack %s %s (%s:%d): %s: %s", a->name, a->hash, a->pack, version,
                       a->path, d->line, fq_exit_en(d->exit), d->en);
  fq_json_set_str(o, "message_zh", zh);
  fq_json_set_str(o, "message_en", en);
  fq_log(FQ_LOG_ERROR, "%s", en);
  char *why_zh =
      fq_printf("%s:%s", fq_exit_zh(d->exit), d->zh); /* without the names, which stand beside it */
  char *why_en = fq_printf("%s: %s", fq_exit_en(d->exit), d->en);
  fq_json_set_str(o, "why_zh", why_zh);
  fq_json_set_str(o, "why_en", why_en);
  free(why_zh);
  free(why_en);
  free(zh);
  free(en);
  fq_turn_emit(t, "policy.failed", o);
  if (!a->pack[0])
    return; /* the default itself: there is nothing behind it but the dispatcher, who has been told */
  fall_back(t);
  fq_db *db = t->call->db;
  /* Over all kinds it hears: one that fails for a single kind only fails just as surely. */
  int64_t row = fq_int(db, 0, "SELECT sum(in_a_row) FROM policy_failure WHERE hash = ?", "s", a->hash);
  if (row < p->failures) return;
  /* Only when the failing text is what is active now: a pinned old version failing must not undo a good new
   * one. */
  int64_t active = fq_int(db, 0, "SELECT count(*) FROM policy_member WHERE gen = ? AND hash = ?", "is",
                          fq_policy_current(db), a->hash);
  int64_t to = active ? fq_policy_last_good(p, db, a->pack, a->hash) : 0;
  if (!to) return;
  fq_json *refused = fq_json_array();
  if (fq_policy_emit_rollback(p, t->call, a->pack, to, "规则连续出错,自动退回",
                              "failed repeatedly, rolled back automatically", refused))
    fq_log(FQ_LOG_ERROR, "pack %s could not be rolled back", a->pack);
  if (fq_json_size(refused))
    fq_log(FQ_LOG_WARN, "%zu commands of the setup of pack %s were refused on the way back",
           fq_json_size(refused), a->pack);
  fq_json_free(refused);
}

static void decide(struct fq_turn *t, const struct fq_active *a, bool last) {
  struct fq_policy *p = t->policy;
  struct fq_shadow *shadow = NULL;
  struct fq_shadow_member *beside = fq_shadow_beside(t, a, &shadow);
  struct fq_decision other;
  if (beside) fq_shadow_decide(t, beside, &other);
  struct fq_question q = {.entry = t->entry, .context = t->context, .db = t->call->db};
  struct fq_decision d;
  if (a->version && p->watch) {
    fq_json *e = fq_view_entry(t->entry, t->context);
    struct fq_track track = {.e = e};
    q.track = &track;
    fq_decide(p->host, a->version, &q, &d);
    p->watch(p->watch_arg, t->entry, &track);
    fq_track_clear(&track);
    fq_json_free(e);
  } else if (a->version) {
    fq_decide(p->host, a->version, &q, &d);
  } else {
    d = (struct fq_decision){.exit = FQ_EXIT_SYNTAX, .commands = fq_json_array(), .answers = fq_json_array()};
    fq_copy(d.zh, sizeof d.zh, "规则在当前插件下无法编译");
    fq_copy(d.en, sizeof d.en, "does not compile with the plugins loaded now");
  }
  p->decisions++;
  p->cpu_us += (double)d.cpu_us;
  fq_db *db = t->call->db;
  /* A view's wrong statement is the view's fault, not the tick's; trouble with the disk is everybody's. */
  if (fq_failed(db) && fq_db_status(db) != FQ_E_STORAGE) fq_db_clear(db);
  record(t, a, &d, last && d.exit == FQ_EXIT_OK); /* after a failure the default may have to decide */
  if (beside) {
    fq_shadow_compare(t, shadow, beside, a, &d, &other);
    fq_decision_clear(&other);
  }
  if (d.exit == FQ_EXIT_OK)
    obey(t, a, &d);
  else
    failed(t, a, &d);
  fq_decision_clear(&d);
}

void fq_policy_react(void *self, struct fq_call *c, const struct fq_entry *e) {
  struct fq_policy *p = self;
  if (!heard(p, c->db, e->kind)) return;
  struct fq_turn t = {.policy = p, .call = c, .entry = e};
  t.generation = generation_of(p, c->db, e);
  const struct fq_hearers *h = fq_policy_hearers(fq_policy_generation(p, c->db, t.generation), e->kind);
  t.shadows = fq_policy_shadows(p, c->db);
  p->reacting = true; /* a roll-back on the way throws generations away, and this turn goes on with its own */
  if (t.shadows) fq_shadow_listen(&t);
  if (h->count || t.shadows) t.context = fq_host_context(p->modules, p->modules_count, c->db, e);
  for (size_t i = 0; i < h->count && !fq_failed(c->db); i++)
    decide(&t, h->list[i], i + 1 == h->count && !t.shadows);
  if (t.shadows) fq_shadow_rest(&t);
  fq_json_free(t.context);
  p->reacting = false;
  fq_policy_sweep(p);
}
