/*
 * A shadow inside a tick: it decides just before its active counterpart on the very same state, and what
 * differs is recorded. Nothing it does reaches the tick: its commands are compared and forgotten, its
 * processor time has a limit of its own, and after as many failures in a row as would bring an active version
 * back it is stopped. Kernel thread. See shadow.c.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "policy/module_internal.h"
#include "store/db.h"

void fq_shadow_listen(struct fq_turn *t) {
  for (struct fq_shadow *s = t->shadows; s; s = s->next) {
    s->listening =
        fq_int(t->call->db, 0,
               "SELECT ifnull((SELECT digest FROM policy_pack WHERE gen = ifnull((SELECT as_of FROM "
               "policy_pin WHERE gen = ?1 AND pack = ?2), ?1) AND pack = ?2), '') = ?3",
               "iss", t->generation, s->pack, s->base) == 1;
    for (size_t i = 0; i < s->count; i++)
      s->list[i].compared = false;
  }
}

struct fq_shadow_member *fq_shadow_beside(struct fq_turn *t, const struct fq_active *a,
                                          struct fq_shadow **of) {
  for (struct fq_shadow *s = a->pack[0] ? t->shadows : NULL; s; s = s->next) {
    if (!s->listening || strcmp(s->pack, a->pack)) continue;
    *of = s;
    for (size_t i = 0; i < s->count; i++)
      if (!strcmp(s->list[i].name, a->name)) {
        s->list[i].compared = true;
        return &s->list[i];
      }
  }
  return NULL;
}

static bool entered(const struct fq_turn *t, const struct fq_shadow_member *m) {
  return !m->gone && (!m->version || fq_version_hears(m->version, t->entry->kind));
}

void fq_shadow_decide(struct fq_turn *t, const struct fq_shadow_member *m, struct fq_decision *out) {
  *out = (struct fq_decision){0};
  fq_db *db = t->call->db;
  if (entered(t, m) && m->version) {
    struct fq_question q = {.entry = t->entry, .context = t->context, .db = db};
    fq_decide(t->policy->aside, m->version, &q, out);
    if (fq_failed(db) && fq_db_status(db) != FQ_E_STORAGE) fq_db_clear(db);
    return;
  }
  out->commands = fq_json_array();
  out->answers = fq_json_array();
  if (!entered(t, m)) return;
  out->exit = FQ_EXIT_SYNTAX;
  fq_copy(out->zh, sizeof out->zh, "规则在当前插件下无法编译");
  fq_copy(out->en, sizeof out->en, "does not compile with the plugins loaded now");
}

/* Too many failures in a row, and what it costs is no longer worth what it tells. */
static void stop_failing(struct fq_turn *t, struct fq_shadow *s, const struct fq_shadow_member *m,
                         const struct fq_decision *d) {
  int64_t row =
      fq_int(t->call->db, 0, "SELECT in_a_row FROM policy_shadow_member WHERE pack = ? AND name = ?", "ss",
             s->pack, m->name);
  if (row < t->policy->failures) return;
  char *zh = fq_printf("规则 %s(%s:%d)连续出错 %lld 次:%s", m->name, m->path, d->line, (long long)row, d->zh);
  char *en = fq_printf("policy %s (%s:%d) failed %lld times in a row: %s", m->name, m->path, d->line,
                       (long long)row, d->en);
  struct fq_error error = {0}, *former = t->call->error;
  t->call->error = &error;
  if (fq_shadow_emit_stopped(t->call, s->pack, "failures", zh, en))
    fq_log(FQ_LOG_ERROR, "shadow of %s not stopped: %s", s->pack, error.en);
  else
    s->listening = false;
  t->call->error = former;
  free(zh);
  free(en);
}

void fq_shadow_compare(struct fq_turn *t, struct fq_shadow *s, const struct fq_shadow_member *m,
                       const struct fq_active *a, const struct fq_decision *was, struct fq_decision *now) {
  enum fq_exit was_exit = was ? was->exit : FQ_EXIT_OK;
  bool same = was_exit == now->exit &&
              (was ? fq_json_equal(was->commands, now->commands) : !fq_json_size(now->commands));
  if (!s->listening || (same && now->exit == FQ_EXIT_OK)) return;
  fq_json *o = fq_json_object();
  fq_json_set_str(o, "policy", m->name);
  fq_json_set_str(o, "pack", s->pack);
  if (!m->gone) fq_json_set_str(o, "version", m->hash);
  if (a)
    fq_json_set_str(o, "was_version", a->hash);
  else
    fq_json_set_bool(o, "alone", true);
  fq_json_set_int(o, "generation", a ? a->generation : t->generation);
  fq_json_set_int(o, "entry", t->entry->seq);
  fq_json_set_str(o, "heard", t->entry->kind);
  fq_json_set_str(o, "path", m->gone && a ? a->path : m->path);
  fq_json_set_bool(o, "differs", !same);
  fq_json_set(o, "was", was ? fq_json_dup(was->commands) : fq_json_array());
  fq_json_set(o, "now", fq_json_dup(now->commands));
  fq_json_set_str(o, "was_exit", fq_exit_name(was_exit));
  fq_json_set_str(o, "exit", fq_exit_name(now->exit));
  if (now->exit != FQ_EXIT_OK) {
    fq_json_set_int(o, "line", now->line);
    if (now->clock_steps) fq_json_set_int(o, "clock_steps", now->clock_steps);
    fq_json_set_str(o, "message_zh", now->zh);
    fq_json_set_str(o, "message_en", now->en);
  }
  if (entered(t, m)) { /* enough to execute it again */
    if (t->context) fq_json_set(o, "context", fq_json_dup(t->context));
    fq_json_set(o, "answers", now->answers);
    now->answers = NULL;
  }
  fq_turn_emit(t, "policy.diverged", o);
  if (now->exit != FQ_EXIT_OK) stop_failing(t, s, m, now);
}

void fq_shadow_rest(struct fq_turn *t) {
  for (struct fq_shadow *s = t->shadows; s; s = s->next)
    for (size_t i = 0; i < s->count && s->listening && !fq_failed(t->call->db); i++) {
      const struct fq_shadow_member *m = &s->list[i];
      if (m->compared || !entered(t, m)) continue;
      struct fq_decision d;
      fq_shadow_decide(t, m, &d);
      fq_shadow_compare(t, s, m, NULL, NULL, &d);
      fq_decision_clear(&d);
    }
}
