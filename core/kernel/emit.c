/*
 * From a draft to a staged, applied entry. Rows reach the journal at the end of the tick, so that the last
 * entry of a command can carry its receipt. Kernel thread.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "kernel/form.h"
#include "kernel/internal.h"
#include "store/timer.h"

static void free_staged(struct staged *s) {
  fq_json_free((fq_json *)(uintptr_t)s->entry.data);
  free(s->text);
  free(s->receipt);
  free(s);
}

void fq_stage_undo(struct fq_tick *t, size_t count) {
  while (t->count > count) {
    struct staged *s = t->entries[--t->count];
    t->beside -= (s->kind->kind->flags & FQ_KIND_BESIDE) != 0;
    free_staged(s);
  }
  if (t->reacted > count) t->reacted = count;
}

/* One block for the entry and its four strings: they live and die together. */
static struct staged *new_staged(const char *subject, const char *org, const char *audience,
                                 const char *actor) {
  const char *parts[] = {subject ? subject : "", org ? org : "", audience ? audience : "", actor};
  size_t bytes = sizeof(struct staged), len[4];
  for (int i = 0; i < 4; i++)
    bytes += len[i] = strlen(parts[i]) + 1;
  struct staged *s = fq_alloc(bytes);
  char *at = (char *)(s + 1), *copy[4];
  for (int i = 0; i < 4; i++)
    copy[i] = memcpy(at, parts[i], len[i]), at += len[i];
  s->entry.subject = copy[0];
  s->entry.org = copy[1];
  s->entry.audience = copy[2];
  s->entry.actor = copy[3];
  return s;
}

enum fq_status fq_apply_entry(fq_kernel *k, const struct bound_kind *b, const struct fq_entry *e,
                              struct fq_error *error) {
  enum fq_status st = FQ_OK;
  bool former = fq_db_allow_write(k->db, true);
  for (const struct bound_apply *a = b->applies; a && !st; a = a->next) {
    struct fq_apply apply = {.db = k->db, .self = a->self, .error = error};
    st = a->fn(&apply, e);
    if (!st && fq_failed(k->db)) st = fq_db_error(k->db, error);
  }
  if (!st && fq_json_get(e->data, "attachments")) fq_blob_refer(k->db, e);
  if (!st && fq_json_get(e->data, "form")) fq_form_refer(k->db, e);
  fq_db_allow_write(k->db, former);
  return st;
}

/* These stand unescaped in events and in the chain: ids and lists of ids, nothing a person typed. */
static bool plain(const char *s) {
  for (; s && *s; s++)
    if ((unsigned char)*s < 0x20 || *s == '"' || *s == '\\') return false;
  return true;
}

/* Takes data. On failure the command's savepoint takes it all back. */
static enum fq_status stage(struct fq_tick *t, const struct bound_kind *b, struct staged *s, fq_json *data,
                            struct fq_error *e) {
  s->kind = b;
  s->entry.kind = b->kind->name;
  s->entry.at_ms = t->now_ms;
  s->entry.data = data;
  s->text = fq_json_print(data);
  if (t->count == t->cap) {
    t->cap = t->cap ? t->cap * 2 : 64;
    t->entries = fq_realloc(t->entries, t->cap * sizeof t->entries[0]);
  }
  t->entries[t->count++] = s;
  t->beside += (b->kind->flags & FQ_KIND_BESIDE) != 0;
  return fq_apply_entry(t->kernel, b, &s->entry, e);
}

enum fq_status fq_stage(struct frame *f, const struct fq_draft *d) {
  struct fq_tick *t = f->call.tick;
  fq_kernel *k = t->kernel;
  struct fq_error *e = f->call.error;
  fq_json *data = d->data ? d->data : fq_json_object();
  const struct bound_kind *b = d->kind ? fq_map_get(k->kinds, d->kind) : NULL;
  enum fq_status st = FQ_OK;
  if (!b)
    st = fq_fail(e, FQ_E_INTERNAL, "entry.kind", d->kind, "没有登记的记录种类 %s",
                 "entry kind %s is not declared", d->kind);
  else if (t->count - t->command_from - (t->beside - t->beside_from) >= FQ_COMMAND_ENTRIES &&
           !(b->kind->flags & FQ_KIND_BESIDE))
    st = fq_fail(e, FQ_E_POLICY, "entry.count", "", "一条命令引出的记录超过 %d 条",
                 "a command led to more than %d entries", FQ_COMMAND_ENTRIES);
  else if (d->subject && strlen(d->subject) >= FQ_ID_MAX)
    st = fq_fail(e, FQ_E_INTERNAL, "entry.subject", "", "记录主体过长", "the subject is too long");
  else if (!plain(d->subject) || !plain(d->org) || !plain(d->audience) || !plain(f->call.actor->name))
    st = fq_fail(e, FQ_E_INTERNAL, "entry.id", d->kind, "%s:主体、单位或听众中有不允许的字符",
                 "%s: a character that is not allowed in subject, org or audience", d->kind);
  if (st) {
    fq_json_free(data);
    return st;
  }
  struct staged *s = new_staged(d->subject, d->org, d->audience, f->call.actor->name);
  s->depth = f->depth;
  s->entry.seq = k->head.seq + (int64_t)t->count + 1;
  s->entry.cause = f->cause;
  fq_json_settle(data); /* apply sees today what a rebuild will read */
  return stage(t, b, s, data, e);
}

/* A fact keeps its number; what it leads to is numbered as if it had taken one here. */
enum fq_status fq_stage_fact(struct fq_tick *t, const struct fq_entry *fact, struct fq_error *e) {
  const struct bound_kind *b = fq_map_get(t->kernel->kinds, fact->kind);
  struct staged *s = new_staged(fact->subject, fact->org, fact->audience, fact->actor);
  s->entry.seq = fact->seq;
  s->entry.cause = fact->cause;
  s->fact = true;
  return stage(t, b, s, fq_json_dup(fact->data), e);
}

enum fq_status fq_emit(struct fq_call *c, struct fq_draft d) {
  return fq_stage((struct frame *)c, &d);
}

int64_t fq_next_seq(const struct fq_call *c) {
  return c->tick->kernel->head.seq + (int64_t)c->tick->count + 1;
}

void fq_timer_set(struct fq_apply *a, const char *id, int64_t due_ms, const char *method, const char *subject,
                  fq_json *params) {
  char *text = params ? fq_json_print(params) : fq_strdup("{}");
  fq_timer_put(a->db, id, due_ms, method, subject, text);
  free(text);
  fq_json_free(params);
}

void fq_timer_clear(struct fq_apply *a, const char *id) {
  fq_timer_delete(a->db, id);
}

void fq_outbox_put(struct fq_apply *a, const char *channel, const char *key, int64_t expires_ms,
                   fq_json *payload) {
  char *text = payload ? fq_json_print(payload) : fq_strdup("{}");
  fq_exec(a->db, "INSERT OR IGNORE INTO outbox(key, channel, payload, expires_ms) VALUES(?,?,?,?)", "sssi",
          key, channel, text, expires_ms);
  free(text);
  fq_json_free(payload);
}
