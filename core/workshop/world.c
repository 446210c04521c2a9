/*
 * A world: a kernel that lives a stretch of the past again, with people from the model and rules of our
 * choosing. What is due next happens next: a timer, something from outside, somebody's intent; in this order
 * when they are due together. See stretch.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "policy/module.h"
#include "store/timer.h"
#include "workshop/stretch.h"

#define TOLD_EVERY 4096 /* steps between two words of progress */
#define FAILURES   20   /* rows of them; the rest is counted */
#define NOT_DUE    INT64_MAX

struct fq_world_intent {
  struct fq_intent intent;
  int64_t order; /* first come, first served */
};

/* -- intents: a heap, the earliest on top
 * ------------------------------------------------------------------------------------ */

static bool sooner(const struct fq_world_intent *a, const struct fq_world_intent *b) {
  return a->intent.at_ms != b->intent.at_ms ? a->intent.at_ms < b->intent.at_ms : a->order < b->order;
}

static void add_intent(void *arg, struct fq_intent i) {
  struct fq_world *w = arg;
  if (i.at_ms >= w->stretch->to_ms) return;
  if (w->heap_count == w->heap_cap)
    w->heap = fq_realloc(w->heap, (w->heap_cap = w->heap_cap ? w->heap_cap * 2 : 256) * sizeof *w->heap);
  struct fq_world_intent one = {.intent = i, .order = w->order++};
  size_t at = w->heap_count++;
  for (; at && sooner(&one, &w->heap[(at - 1) / 2]); at = (at - 1) / 2)
    w->heap[at] = w->heap[(at - 1) / 2];
  w->heap[at] = one;
}

static struct fq_intent take_intent(struct fq_world *w) {
  struct fq_intent top = w->heap[0].intent;
  struct fq_world_intent last = w->heap[--w->heap_count];
  size_t at = 0;
  for (size_t child; (child = 2 * at + 1) < w->heap_count; at = child) {
    if (child + 1 < w->heap_count && sooner(&w->heap[child + 1], &w->heap[child])) child++;
    if (!sooner(&w->heap[child], &last)) break;
    w->heap[at] = w->heap[child];
  }
  w->heap[at] = last;
  return top;
}

/* -- what is heard of the kernel
 * --------------------------------------------------------------------------------------------- */

static void failure(struct fq_world *w, const struct fq_entry *e) {
  w->failed++;
  if (fq_json_size(w->failures) >= FAILURES) return;
  static const char *const members[][2] = {
      {"policy", "policy"}, {"path", "file"}, {"line", "line"}, {"zh", "message_zh"}, {"en", "message_en"}};
  fq_json *row = fq_json_object();
  fq_json_set_time(row, "at", e->at_ms);
  fq_json_set_str(row, "subject", e->subject);
  for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
    const fq_json *v = fq_json_get(e->data, members[i][1]);
    if (v) fq_json_set(row, members[i][0], fq_json_dup(v));
  }
  fq_json_push(w->failures, row);
}

static void heard(void *arg, const struct fq_entry *e) {
  struct fq_world *w = arg;
  const struct fq_intents out = {.arg = w, .add = add_intent};
  if (!strncmp(e->kind, "policy.", 7)) {
    w->decided += !strcmp(e->kind, "policy.decided");
    w->refused += !strcmp(e->kind, "policy.refused");
    w->rolled_back += !strcmp(e->kind, "policy.rolled_back");
    if (!strcmp(e->kind, "policy.failed")) failure(w, e);
    return;
  }
  w->stretch->model->see(w->memory, e);
  w->stretch->model->answer(w->people, w->memory, e, &out);
}

/* -- rules
 * -------------------------------------------------------------------------------------------------------------------
 */

static enum fq_status deploy(struct fq_world *w, const char *pack, const fq_json *files, int64_t seq,
                             struct fq_error *e) {
  fq_json *params = fq_json_object(), *result = NULL;
  fq_json_set_str(params, "pack", pack);
  fq_json_set(params, "files", fq_json_dup(files));
  enum fq_status st = fq_kernel_call(w->kernel, NULL, "pack.deploy", params, &result, e);
  if (!st && fq_json_bool(result, "changed", false)) fq_policy_backdate(w->kernel, seq);
  fq_json_free(result);
  return st;
}

static bool replaced(const struct fq_world *w, const char *pack) {
  return w->files && !strcmp(w->pack, pack);
}

/* Where the files take the place of a pack that is not there when the stretch begins: when it first was, or
 * else before the first thing they could decide about. */
static size_t place_of(const struct fq_world *w) {
  const struct fq_stretch *s = w->stretch;
  size_t first = s->count;
  for (size_t i = 0; i < s->count; i++) {
    if (s->rows[i].what == FQ_OUTSIDE_PACK && replaced(w, s->rows[i].pack)) return i;
    if (s->rows[i].own && first == s->count) first = i;
  }
  return first;
}

static bool is_active(struct fq_world *w) {
  return fq_int(fq_kernel_db(w->kernel), 0,
                "SELECT 1 FROM policy_pack WHERE pack = ? AND gen = (SELECT max(gen) FROM policy_generation)",
                "s", w->pack) != 0;
}

/* -- one step
 * ----------------------------------------------------------------------------------------------------------------
 */

/* Nobody's refusal matters: who comes too late leaves it. Only a store that fails ends the world. */
static enum fq_status does(struct fq_world *w, struct fq_deed *d, struct fq_error *e) {
  struct fq_error refused = {0};
  char org[FQ_ID_MAX];
  struct fq_actor a = {.name = d->actor, .org = d->org, .roles = d->roles};
  if (!d->roles) {
    fq_stmt *q = fq_sql(fq_kernel_db(w->kernel),
                        "SELECT org, roles FROM account WHERE name = ? AND disabled = 0", "s", d->actor);
    if (fq_row(q)) {
      fq_copy(org, sizeof org, fq_col_str(q, 0));
      a.org = org;
      a.roles = (uint32_t)fq_col_int(q, 1);
      fq_done(q);
    }
  }
  if (fq_kernel_call(w->kernel, &a, d->method, d->params, NULL, &refused)) w->vain++;
  if (refused.status != FQ_E_STORAGE) return FQ_OK;
  *e = refused;
  return refused.status;
}

static enum fq_status happens(struct fq_world *w, size_t at, struct fq_error *e) {
  const struct fq_outside_row *row = &w->stretch->rows[at];
  struct fq_entry entry = row->entry;
  fq_json *data = fq_json_parse(row->data, strlen(row->data), e);
  enum fq_status st = data ? FQ_OK : e->status;
  entry.data = data;
  if (row->entry.at_ms > fq_now_ms(w->kernel)) fq_kernel_set_time(w->kernel, row->entry.at_ms);
  if (!st && row->what == FQ_OUTSIDE_PACK) {
    bool ours = replaced(w, row->pack);
    st = deploy(w, row->pack, ours ? w->files : fq_json_get(data, "files"), row->entry.seq, e);
  } else if (!st && row->what == FQ_OUTSIDE_HAPPENS) {
    struct fq_error refused = {0}; /* what does not fit this world does not happen in it */
    if (fq_kernel_fact(w->kernel, &entry, &refused)) w->vain++;
  } else if (!st) {
    struct fq_deed d = {0};
    if (w->stretch->model->fact(&entry, &d) == FQ_FACT_REDONE) st = does(w, &d, e);
  }
  fq_json_free(data);
  return st;
}

static enum fq_status intent_due(struct fq_world *w, struct fq_error *e) {
  struct fq_intent i = take_intent(w);
  struct fq_deed d = {0};
  fq_db *db = fq_kernel_db(w->kernel);
  if (i.at_ms > fq_now_ms(w->kernel)) fq_kernel_set_time(w->kernel, i.at_ms);
  if (w->stretch->model->act(w->people, w->self, db, fq_now_ms(w->kernel), &i, &d)) return does(w, &d, e);
  fq_json_free(d.params);
  return FQ_OK;
}

static bool tell(const struct fq_world *w, int64_t now_ms) {
  const struct fq_stretch *s = w->stretch;
  if (!w->out) return true;
  double share = (double)(now_ms - s->from_ms) / (double)(s->to_ms - s->from_ms);
  if (w->out->progress)
    w->out->progress(w->out->arg, 0.2 + 0.7 * (share < 0 ? 0 : share), "推演(估计)", "projecting (estimate)");
  return !w->out->cancelled || !w->out->cancelled(w->out->arg);
}

/* The next thing; false when the stretch is over. */
static enum fq_status step(struct fq_world *w, size_t *at, size_t place, bool *more, struct fq_error *e) {
  const struct fq_stretch *s = w->stretch;
  int64_t outside = *at < s->count ? s->rows[*at].entry.at_ms : NOT_DUE;
  int64_t intent = w->heap_count ? w->heap[0].intent.at_ms : NOT_DUE;
  int64_t timer = fq_timer_earliest(fq_kernel_db(w->kernel));
  int64_t next = outside < intent ? outside : intent;
  if (timer >= 0 && timer <= next && timer < s->to_ms) return fq_kernel_run_until(w->kernel, timer, e);
  *more = next < s->to_ms;
  if (!*more) return FQ_OK;
  if (intent < outside) return intent_due(w, e);
  enum fq_status st = FQ_OK;
  if (*at == place && s->rows[*at].what != FQ_OUTSIDE_PACK)
    st = deploy(w, w->pack, w->files, s->rows[*at].entry.seq - 1, e);
  if (!st) st = happens(w, *at, e);
  ++*at;
  return st;
}

/* The plugin whose model it is. */
static void *self_of(const struct fq_world *w) {
  size_t count;
  const struct fq_module *m = fq_kernel_modules(w->kernel, &count);
  for (size_t i = 0; i < count; i++)
    if (m[i].table->size > offsetof(struct fq_plugin, projection) &&
        m[i].table->projection == w->stretch->model)
      return m[i].self;
  return NULL;
}

static enum fq_status begin(struct fq_world *w, size_t *place, struct fq_error *e) {
  const struct fq_stretch *s = w->stretch;
  enum fq_status st = FQ_OK;
  w->self = self_of(w);
  w->failures = fq_json_array();
  w->memory = s->model->memory(s->from_ms, s->to_ms);
  for (struct fq_map *i = s->alive; i && !st; i = fq_map_next(i))
    st = fq_kernel_recall(w->kernel, &((const struct fq_outside_row *)fq_map_value(i))->entry, e);
  if (!st) st = fq_kernel_number_from(w->kernel, s->head, e);
  if (s->from_ms > fq_now_ms(w->kernel)) fq_kernel_set_time(w->kernel, s->from_ms);
  *place = s->count;
  if (!st && w->files && is_active(w))
    st = deploy(w, w->pack, w->files, s->seq, e);
  else if (w->files)
    *place = place_of(w);
  return st;
}

enum fq_status fq_world_live(struct fq_world *w, struct fq_error *e) {
  const struct fq_intents out = {.arg = w, .add = add_intent};
  size_t at = 0, place;
  bool more = true;
  enum fq_status st = begin(w, &place, e);
  if (!st) {
    w->stretch->model->begin(w->people, w->memory, fq_kernel_db(w->kernel), fq_now_ms(w->kernel), &out);
    fq_kernel_listen(w->kernel, heard, w);
  }
  for (int64_t steps = 0; more && !st; steps++) {
    if (steps % TOLD_EVERY == 0 && !tell(w, fq_now_ms(w->kernel)))
      st = fq_fail(e, FQ_E_CONFLICT, "run.cancelled", "", "已取消", "cancelled");
    if (!st) st = step(w, &at, place, &more, e);
  }
  fq_kernel_listen(w->kernel, NULL, NULL);
  return st;
}

fq_json *fq_world_outcome(const struct fq_world *w) {
  fq_json *o = fq_json_object();
  fq_json_set(o, "outcome", w->stretch->model->outcome(w->memory));
  fq_json_set_int(o, "decided", w->decided);
  fq_json_set_int(o, "refused", w->refused);
  fq_json_set_int(o, "failed", w->failed);
  fq_json_set_int(o, "rolled_back", w->rolled_back);
  fq_json_set_int(o, "vain", w->vain);
  fq_json_set(o, "failures", fq_json_dup(w->failures));
  return o;
}

void fq_world_free(struct fq_world *w) {
  if (w->memory) w->stretch->model->forget(w->memory);
  fq_json_free(w->failures);
  free(w->heap);
}
