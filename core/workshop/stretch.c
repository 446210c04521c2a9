/* What came from outside in a stretch of the past: see stretch.h. */
#include "workshop/stretch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "store/db.h"
#include "store/journal.h"

#define DAY_MS 86400000LL
#define DAYS   30 /* as long a stretch when nobody says since when */

static enum fq_status no_time(struct fq_error *e, const char *option) {
  return fq_fail(e, FQ_E_PARAMS, "project.time", option, "%s 应为时间,如 2026-11-01T00:00:00+08:00",
                 "%s must be a time such as 2026-11-01T00:00:00+08:00", option);
}

static enum fq_status times(struct fq_stretch *s, const struct fq_run *r, struct fq_past *past,
                            struct fq_error *e) {
  const char *from = fq_json_str(r->options, "from"), *to = fq_json_str(r->options, "to");
  s->head = fq_past_head(past);
  int64_t end_ms = fq_past_time(past, s->head) + 1;
  s->to_ms = to ? fq_time_parse(to) : end_ms;
  if (to && s->to_ms < 0) return no_time(e, "to");
  if (!from && s->to_ms > end_ms) s->to_ms = end_ms; /* the future has no last thirty days */
  s->from_ms = from ? fq_time_parse(from) : s->to_ms > DAYS * DAY_MS ? s->to_ms - DAYS * DAY_MS : 1;
  if (from && s->from_ms < 0) return no_time(e, "from");
  if (s->from_ms < s->to_ms) return FQ_OK;
  return fq_fail(e, FQ_E_PARAMS, "project.stretch", "from", "from 应早于 to",
                 "from has to be earlier than to");
}

static void row_clear(struct fq_outside_row *row) {
  free((char *)(uintptr_t)row->entry.kind);
  free((char *)(uintptr_t)row->entry.subject);
  free((char *)(uintptr_t)row->entry.org);
  free((char *)(uintptr_t)row->entry.audience);
  free((char *)(uintptr_t)row->entry.actor);
  free(row->data);
}

static void row_free(void *row) {
  row_clear(row);
  free(row);
}

static void row_fill(struct fq_outside_row *row, const struct fq_entry *e) {
  row->entry = *e;
  row->entry.kind = fq_strdup(e->kind);
  row->entry.subject = fq_strdup(e->subject);
  row->entry.org = fq_strdup(e->org);
  row->entry.audience = fq_strdup(e->audience);
  row->entry.actor = fq_strdup(e->actor);
  row->entry.data = NULL;
}

/* -- before the stretch
 * ------------------------------------------------------------------------------------------------------- */

struct before {
  struct fq_stretch *stretch;
  fq_kernel *kernel;
};

static void note_pack(struct fq_stretch *s, const struct fq_entry *e) {
  bool back = !strcmp(e->kind, "policy.rolled_back");
  if (!back && strcmp(e->kind, "pack.deployed")) return;
  const char *pack = fq_json_str(e->data, "pack");
  int64_t seq = e->seq;
  for (int64_t g = fq_json_int(e->data, "to", 0); back && g > 0; g--) { /* a generation's pack may be older */
    char *key = fq_printf("%s/%lld", pack, (long long)g);
    const int64_t *at = fq_map_get(s->packs, key);
    free(key);
    if (!at) continue;
    seq = *at;
    break;
  }
  int64_t *kept = fq_alloc(sizeof *kept);
  char *key = fq_printf("%s/%lld", pack, (long long)fq_json_int(e->data, "generation", 0));
  *kept = seq;
  free(fq_map_take(&s->packs, key));
  fq_map_put(&s->packs, key, kept);
  free(key);
}

/* Who is alive, and since when: it decides by which generation of rules. */
static void after(void *arg, const struct fq_entry *e, bool begins) {
  const struct before *b = arg;
  (void)begins;
  note_pack(b->stretch, e);
  const struct fq_kind *kind = fq_kernel_kind(b->kernel, e->kind);
  if (!kind || !e->subject[0] || !(kind->flags & (FQ_KIND_BEGINS | FQ_KIND_ENDS))) return;
  struct fq_outside_row *old = fq_map_take(&b->stretch->alive, e->subject);
  if (old) row_free(old);
  if (!(kind->flags & FQ_KIND_BEGINS)) return;
  struct fq_outside_row *row = fq_alloc(sizeof *row);
  row_fill(row, e);
  fq_map_put(&b->stretch->alive, e->subject, row);
}

static const struct fq_projection_model *find_model(fq_kernel *k) {
  size_t count;
  const struct fq_module *m = fq_kernel_modules(k, &count);
  for (size_t i = 0; i < count; i++)
    if (m[i].table->size > offsetof(struct fq_plugin, projection) && m[i].table->projection)
      return m[i].table->projection;
  return NULL;
}

enum fq_status fq_stretch_open(struct fq_stretch *s, const struct fq_run *r, fq_kernel *k,
                               struct fq_past *past, struct fq_error *e) {
  s->model = find_model(k);
  if (!s->model)
    return fq_fail(e, FQ_E_NOT_FOUND, "project.model", "", "没有装入带推演模型的插件",
                   "no plugin that has a projection model is loaded");
  enum fq_status st = times(s, r, past, e);
  if (st) return st;
  struct before b = {.stretch = s, .kernel = k};
  struct fq_past_hooks hooks = {.arg = &b, .after = after};
  s->seq = fq_past_until(past, s->from_ms);
  s->last = fq_past_until(past, s->to_ms);
  return fq_past_run(past, s->seq, &hooks, e);
}

/* -- within
 * -------------------------------------------------------------------------------------------------------------
 */

/* The kernel's own: who is where, and what codes mean. */
static bool of_the_house(const char *kind) {
  static const char *const kinds[] = {"org.unit_set", "user.set", "user.disabled", "dictionary.set"};
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    if (!strcmp(kind, kinds[i])) return true;
  return false;
}

static void keep(struct fq_stretch *s, const struct fq_entry *e, enum fq_outside what, bool own, char *data) {
  if (s->count == s->cap)
    s->rows = fq_realloc(s->rows, (s->cap = s->cap ? s->cap * 2 : 256) * sizeof *s->rows);
  struct fq_outside_row *row = &s->rows[s->count++];
  *row = (struct fq_outside_row){.what = what, .own = own, .data = data};
  row_fill(row, e);
}

static void keep_pack(struct fq_stretch *s, fq_db *db, const struct fq_entry *e) {
  note_pack(s, e);
  const char *pack = fq_json_str(e->data, "pack");
  char *key = fq_printf("%s/%lld", pack, (long long)fq_json_int(e->data, "generation", 0));
  const int64_t *seq = fq_map_get(s->packs, key);
  free(key);
  fq_stmt *q = seq ? fq_sql(db, "SELECT data FROM journal WHERE seq = ?", "i", *seq) : NULL;
  if (!fq_row(q)) return;
  keep(s, e, FQ_OUTSIDE_PACK, false, fq_strdup(fq_col_str(q, 0)));
  fq_copy(s->rows[s->count - 1].pack, FQ_ID_MAX, pack);
  fq_done(q);
}

static void left_out(struct fq_stretch *s, const char *kind) {
  int64_t *n = fq_map_get(s->left_out, kind);
  if (!n) fq_map_put(&s->left_out, kind, n = fq_alloc(sizeof *n));
  ++*n;
}

static void from_outside(struct fq_stretch *s, const struct fq_entry *e, const char *data) {
  struct fq_deed redo = {0};
  enum fq_fact fact = s->model->fact(e, &redo);
  fq_json_free(redo.params);
  if (fact == FQ_FACT_LEFT_OUT) left_out(s, e->kind);
  if (fact == FQ_FACT_HAPPENS) keep(s, e, FQ_OUTSIDE_HAPPENS, true, fq_strdup(data));
  if (fact == FQ_FACT_REDONE) keep(s, e, FQ_OUTSIDE_REDONE, true, fq_strdup(data));
}

/* What a deployment sets up in the same breath, every deployment sets up for itself. */
struct setup {
  int64_t at_ms, cause;
  char actor[FQ_ID_MAX];
};
static bool set_up(const struct setup *d, const struct fq_row *r) {
  return d->at_ms && r->at_ms == d->at_ms && r->cause == d->cause && !strcmp(r->actor, d->actor);
}

/* Decisions are most of a journal's bytes and say nothing here; neither does a timer that fired. */
static bool silent(const char *kind) {
  return !strncmp(kind, "policy.", 7) ? strcmp(kind, "policy.rolled_back") != 0
                                      : !strcmp(kind, "timer.fired");
}

static enum fq_status one(struct fq_stretch *s, fq_db *db, const struct fq_row *r, struct setup *deployed,
                          struct fq_error *e) {
  if (silent(r->kind)) return FQ_OK;
  fq_json *data = fq_json_parse(r->data, strlen(r->data), e);
  if (!data) return e->status;
  struct fq_entry entry = {.seq = r->seq,
                           .at_ms = r->at_ms,
                           .kind = r->kind,
                           .subject = r->subject,
                           .org = r->org,
                           .audience = r->audience,
                           .actor = r->actor,
                           .cause = r->cause,
                           .data = data};
  bool pack = !strcmp(r->kind, "pack.deployed") || !strcmp(r->kind, "policy.rolled_back");
  s->model->see(s->history, &entry);
  if (pack) {
    keep_pack(s, db, &entry);
    *deployed = (struct setup){.at_ms = r->at_ms, .cause = r->cause};
    fq_copy(deployed->actor, sizeof deployed->actor, r->actor);
  } else if (!r->cause && !set_up(deployed, r)) {
    *deployed = (struct setup){0};
    if (of_the_house(r->kind))
      keep(s, &entry, FQ_OUTSIDE_HAPPENS, false, fq_strdup(r->data));
    else
      from_outside(s, &entry, r->data);
  }
  fq_json_free(data);
  return FQ_OK;
}

enum fq_status fq_stretch_read(struct fq_stretch *s, const struct fq_run *r, struct fq_error *e) {
  char path[600];
  struct setup deployed = {0};
  snprintf(path, sizeof path, "%s/county.db", r->data_dir);
  fq_db *db = fq_db_open(path, FQ_DB_READER, e);
  enum fq_status st = db ? FQ_OK : e->status;
  s->history = s->model->memory(s->from_ms, s->to_ms);
  fq_stmt *q = st ? NULL : fq_journal_after(db, s->seq, s->last);
  while (!st && fq_row(q)) {
    struct fq_row row;
    fq_journal_get(q, &row);
    st = one(s, db, &row, &deployed, e);
    if (st) fq_done(q);
  }
  if (!st) st = fq_db_error(db, e);
  fq_db_close(db);
  return st;
}

void fq_stretch_free(struct fq_stretch *s) {
  for (size_t i = 0; i < s->count; i++)
    row_clear(&s->rows[i]);
  free(s->rows);
  if (s->history) s->model->forget(s->history);
  fq_map_clear(&s->left_out, free);
  fq_map_clear(&s->alive, row_free);
  fq_map_clear(&s->packs, free);
}
