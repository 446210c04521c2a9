/*
 * What the walk and the play come to: the lists of a proof. Situations that are the same to a reader - same
 * owner, same limits, somebody sent or not, same ending - are one row of a village; findings that say the
 * same are one, with all the places, categories, levels and hours where it is so. See prove.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "policy/scenario.h"
#include "workshop/prove.h"

#define VILLAGES_TOLD 20

/* One row of "coverage" in the making: hours for each category and level. */
struct row {
  size_t village, joint; /* a joint of this outcome */
  const struct place *place;
  const struct ladder *ladder;
  const struct ending *end;
  struct hours *hours;
};

struct problem {
  const char *rule, *severity;
  fq_json *what; /* as prove_found() makes it */
  unsigned char *villages, *categories;
  uint32_t levels;
  struct hours hours;
  int64_t count;
};

/* -- problems
 * ------------------------------------------------------------------------------------------------- */

static struct problem *problem(struct proof *p, const fq_json *found) {
  const char *key = fq_json_str(found, "key");
  struct problem *x = fq_map_get(p->problems, key);
  if (x) return x;
  x = fq_alloc(sizeof *x);
  x->what = fq_json_dup(found);
  x->rule = fq_json_str(x->what, "rule");
  x->severity = fq_json_str(x->what, "severity");
  x->villages = fq_alloc(p->village_count + 1);
  x->categories = fq_alloc(p->category_count + 1);
  fq_map_put(&p->problems, key, x);
  return x;
}

static struct problem *named(struct proof *p, const char *rule, const char *severity, const char *key,
                             char *zh, char *en) {
  fq_json *list = fq_json_array();
  prove_found(p, list, rule, severity, key, NULL, 0, zh, en);
  struct problem *x = problem(p, fq_json_first(list));
  fq_json_free(list);
  return x;
}

static void merge_hours(struct hours *into, const struct hours *h) {
  for (int i = 0; i < 3; i++)
    into->w[i] |= h->w[i];
}

/* All the situations of a row are such. */
static void add_row(struct proof *p, struct problem *x, const struct row *r) {
  x->villages[r->village] = 1;
  for (size_t c = 0; c < p->category_count; c++)
    for (size_t l = 0; l < p->level_count; l++) {
      const struct hours *h = &r->hours[c * p->level_count + l];
      int n = hours_count(h);
      if (!n) continue;
      x->categories[c] = 1;
      x->levels |= 1u << l;
      x->count += n;
      merge_hours(&x->hours, h);
    }
}

/* Whatever happens there in those hours. */
static void add_staffing(struct proof *p, struct problem *x, size_t village, const struct hours *h) {
  x->villages[village] = 1;
  memset(x->categories, 1, p->category_count);
  x->levels = (1u << p->level_count) - 1;
  merge_hours(&x->hours, h);
  x->count += hours_count(h) * (int64_t)(p->category_count * p->level_count);
}

/* -- who is there
 * --------------------------------------------------------------------------------------------- */

static char letter_of(const struct ladder *l) {
  if (l->lowest) return 's';
  if (l->any) return 'e';
  return l->fallback ? 'f' : 'n';
}

static void worse(char *at, char is) {
  static const char order[] = "sefn";
  if (!*at || strchr(order, is) > strchr(order, *at)) *at = is;
}

static char *pattern_key(const char *what, const struct hours *h) {
  return fq_printf("%s %llx %llx %llx", what, (unsigned long long)h->w[0], (unsigned long long)h->w[1],
                   (unsigned long long)h->w[2]);
}

static void staffing(struct proof *p, size_t village, const char *rule, const char *severity,
                     const char *about, const struct hours *h, const char *zh, const char *en) {
  struct fq_buf hz = {0}, he = {0};
  if (!hours_count(h)) return;
  hours_words(h, &hz, &he);
  char *key = pattern_key(about, h);
  add_staffing(
      p, named(p, rule, severity, key, fq_printf("%s:%s", hz.data, zh), fq_printf("%s: %s", he.data, en)),
      village, h);
  free(key);
  fq_buf_free(&hz);
  fq_buf_free(&he);
}

/* A rung that is empty while somebody above it is there: the incident goes past it. */
static void empty_rung(struct proof *p, const struct place *at, const fq_json *rung, const struct hours *h,
                       bool lowest) {
  const char *level = fq_json_str(rung, "level"), *words = p->model->level_zh(level);
  bool never = hours_full(h);
  char about[80], zh[400], en[400];
  snprintf(about, sizeof about, "empty_rung %s", level);
  snprintf(zh, sizeof zh, "%s一级无人在岗,事件直接归上一级。%s", words,
           never ? "请配人、登记上岗,或设包保关系" : "请补排班或指定代理人;如有意如此,可不处理");
  snprintf(en, sizeof en, "nobody is there at the rung %s, and things go to the one above. %s", level,
           never ? "Put somebody there, have them sign on, or bind somebody to it"
                 : "Fill the roster or name a deputy, unless it is meant so");
  staffing(p, at->village, "empty_rung", lowest ? "warning" : "note", about, h, zh, en);
}

static void staffing_of(struct proof *p, const struct place *at) {
  struct hours nobody = {{0}}, fallback = {{0}};
  const fq_json *rungs = fq_json_get(prove_ladder(p, at, 0)->json, "rungs");
  for (size_t t = 0; t < p->slot_count; t++) {
    const struct ladder *l = prove_ladder(p, at, t);
    int hour = p->slots[t].hour;
    worse(&p->letters[at->village * (HOURS + 1) + (size_t)hour], letter_of(l));
    if (!l->any) hours_add(l->fallback ? &fallback : &nobody, hour);
  }
  size_t n = 0;
  fq_json_each(rung, rungs) {
    struct hours empty = {{0}};
    for (size_t t = 0; t < p->slot_count; t++) {
      const struct ladder *l = prove_ladder(p, at, t);
      const fq_json *r = fq_json_first(fq_json_get(l->json, "rungs"));
      for (size_t i = 0; i < n && r; i++)
        r = fq_json_next(r);
      if (l->any && !fq_json_bool(r, "there", true)) hours_add(&empty, p->slots[t].hour);
    }
    empty_rung(p, at, rung, &empty, n == 0);
    n++;
  }
  staffing(p, at->village, "nobody", "error", "nobody", &nobody,
           "各级都无人在岗,也没有兜底单位:报上来的事名义上归县里,实际无人负责。请排班,或用 fallback.set "
           "设兜底单位",
           "nobody is there on any rung, and there is no fallback owner: what is reported is nobody's. Fill "
           "the roster, "
           "or set a fallback owner (fallback.set)");
  staffing(p, at->village, "nobody", "warning", "fallback", &fallback, "各级都无人在岗,只剩兜底单位。请排班",
           "nobody is there on any rung; only the fallback owner is left. Fill the roster");
}

/* -- rows
 * ----------------------------------------------------------------------------------------------------- */

static size_t account_of(struct proof *p, struct ending *end) {
  if (end->account) return end->account;
  char *limits = fq_json_print(end->limits), *owner = end->owner ? fq_json_print(end->owner) : fq_strdup("");
  struct fq_buf keys = {0};
  fq_json_each(f, end->found) fq_buf_fmt(&keys, "%s;", fq_json_str(f, "key"));
  char *text = fq_printf("%s %d %d %lld %s %s", end->own_rung ? fq_json_str(end->owner, "level") : owner,
                         end->sent, end->round, (long long)end->after_ms, limits, keys.data ? keys.data : "");
  fq_buf_free(&keys);
  free(limits);
  free(owner);
  end->account = prove_number(&p->endings_told, text);
  free(text);
  return end->account;
}

static struct row *row_of(struct proof *p, const struct place *at, size_t slot, size_t joint,
                          struct ending *end) {
  const struct ladder *l = prove_ladder(p, at, slot);
  const fq_json *owner = fq_json_get(l->json, "owner");
  const char *org = fq_json_str(owner, "org");
  size_t about = account_of(p, end);
  char key[FQ_ID_MAX + 96], class[96];
  snprintf(key, sizeof key, "%zu %zu %s %d %zu", at->village, p->joints[joint].outcome, org ? org : "",
           fq_json_bool(owner, "fallback", false), about);
  struct row *r = fq_map_get(p->rows, key);
  if (!r) {
    r = fq_alloc(sizeof *r);
    *r = (struct row){.village = at->village, .joint = joint, .place = at, .ladder = l, .end = end};
    r->hours = fq_alloc(p->category_count * p->level_count * sizeof *r->hours);
    fq_map_put(&p->rows, key, r);
  }
  snprintf(class, sizeof class, "%zu %zu %zu", p->joints[joint].outcome, l->shape, about);
  fq_map_put(&p->classes, class, p);
  p->any_sends |= p->joints[joint].sends || end->sent;
  return r;
}

/* The last slot's answer serves the next when nothing between them can matter. */
struct seen {
  uint32_t joint;
  size_t slot, kind; /* kind: of category and level */
  const struct ending *end;
  struct row *row;
};

static bool serves(const struct proof *p, const struct place *at, const struct seen *s,
                   const struct outlook *outlook, uint32_t joint, size_t kind, size_t slot) {
  if (!s->row || s->joint != joint) return false;
  if (s->kind != kind && s->end->axes & (FQ_AXIS_CATEGORY | FQ_AXIS_LEVEL)) return false;
  if (s->slot == slot) return true;
  if (s->end->axes & FQ_AXIS_TIME) return false;
  if (at->ladder_of[p->slots[s->slot].state] != at->ladder_of[p->slots[slot].state]) return false;
  return outlook[s->slot].steady_ms > s->end->stirs_ms && outlook[slot].steady_ms > s->end->stirs_ms;
}

#define SEEN 64

static enum fq_status take_cells(struct proof *p, const struct place *at, const uint32_t *cells,
                                 struct fq_error *e) {
  struct seen seen[SEEN] = {{0}};
  size_t kinds = p->category_count * p->level_count;
  struct outlook *outlook = fq_alloc(p->slot_count * sizeof *outlook);
  enum fq_status st = FQ_OK;
  for (size_t t = 0; t < p->slot_count; t++)
    outlook[t].steady_ms = prove_steady_ms(p, at, t);
  for (size_t k = 0; k < kinds && !st; k++)
    for (size_t t = 0; t < p->slot_count && !st; t++) {
      uint32_t joint = cells[k * p->slot_count + t];
      struct seen *s = &seen[joint % SEEN];
      if (!serves(p, at, s, outlook, joint, k, t)) {
        struct ending *end = prove_play(p, at, t, (int)(k / p->level_count), (int)(k % p->level_count),
                                        &p->joints[joint], &outlook[t], e);
        if (!end) st = e->status ? e->status : FQ_E_INTERNAL;
        if (end)
          *s = (struct seen){.joint = joint, .kind = k, .end = end, .row = row_of(p, at, t, joint, end)};
      }
      if (st) continue;
      s->slot = t;
      hours_add(&s->row->hours[k], p->slots[t].hour);
    }
  free(outlook);
  return st;
}

/* -- the list "coverage"
 * ------------------------------------------------------------------------------------------- */

static void put_hours(fq_json *o, const struct hours *h, bool spans) {
  struct fq_buf zh = {0}, en = {0};
  hours_words(h, &zh, &en);
  fq_json_set_str(o, "hours_zh", zh.data);
  fq_json_set_str(o, "hours_en", en.data);
  if (spans) fq_json_set(o, "hours", hours_spans(h));
  fq_buf_free(&zh);
  fq_buf_free(&en);
}

static fq_json *limits_of(const struct proof *p, const struct row *r) {
  fq_json *out = fq_json_dup(p->joints[r->joint].limits);
  fq_json_each(l, r->end->limits) {
    bool known = false;
    fq_json_each(k, out) known |= fq_json_equal(k, l);
    if (!known) fq_json_push(out, fq_json_dup(l));
  }
  return out;
}

static fq_json *ends_of(const struct row *r) {
  fq_json *o = fq_json_object(), *owner = r->end->owner ? fq_json_dup(r->end->owner) : fq_json_object();
  const char *level = fq_json_str(owner, "level");
  if (r->end->own_rung) { /* played elsewhere: here it is this place's rung */
    const char *org = prove_rung(r->ladder, level, "org"), *name = prove_rung(r->ladder, level, "name");
    if (org) fq_json_set_str(owner, "org", org);
    if (name) fq_json_set_str(owner, "name", name);
  }
  fq_json_set(o, "owner", owner);
  fq_json_set_int(o, "after_ms", r->end->after_ms);
  if (r->end->round) fq_json_set_bool(o, "round", true);
  return o;
}

/* Those categories and levels of the row that have the same hours. */
static bool same_hours(const struct hours *a, const struct hours *b) {
  return a->w[0] == b->w[0] && a->w[1] == b->w[1] && a->w[2] == b->w[2];
}

static void name_axes(const struct proof *p, fq_json *o, const unsigned char *in) {
  fq_json *categories = fq_json_array(), *levels = fq_json_array();
  for (size_t c = 0; c < p->category_count; c++)
    if (in[c]) fq_json_push(categories, fq_json_dup(p->categories[c]));
  for (size_t l = 0; l < p->level_count; l++)
    if (in[p->category_count + l]) fq_json_push(levels, fq_json_dup(p->levels[l]));
  size_t nc = fq_json_size(categories), nl = fq_json_size(levels);
  fq_json_set_str(o, "category", nc == 1 ? fq_json_as_str(fq_json_first(categories)) : "*");
  if (nl == 1)
    fq_json_set(o, "level", fq_json_dup(fq_json_first(levels)));
  else
    fq_json_set_str(o, "level", "*");
  fq_json_set(o, "categories", categories);
  fq_json_set(o, "levels", levels);
}

static void tell_row(const struct proof *p, const struct row *r, const unsigned char *in,
                     const struct hours *h) {
  fq_json *o = fq_json_object();

  fq_json_set_str(o, "village", fq_json_str(r->place->row, "village"));
  fq_json_set_str(o, "name", fq_json_str(r->place->row, "village_name"));
  name_axes(p, o, in);
  put_hours(o, h, true);
  const fq_json *owner = fq_json_get(r->ladder->json, "owner");
  fq_json_set(o, "owner", fq_json_dup(owner));
  fq_json_set_bool(o, "sent", p->joints[r->joint].sends || r->end->sent);
  fq_json_set(o, "limits", limits_of(p, r));
  fq_json_set(o, "ends", ends_of(r));
  p->run->out.row(p->run->out.arg, "coverage", o);
  fq_json_free(o);
}

/* A row of the list says one thing of a product of categories and levels at the same hours: the hours of each
 * pair are looked for first by category, then categories with the same levels are put together. */
static void tell_rows(const struct proof *p, struct row *r) {
  size_t nc = p->category_count, nl = p->level_count;
  unsigned char *done = fq_alloc(nc * nl), *in = fq_alloc(nc + nl);
  for (size_t k = 0; k < nc * nl; k++) {
    const struct hours *h = &r->hours[k];
    if (done[k] || !hours_count(h)) continue;
    size_t first = k / nl;
    memset(in, 0, nc + nl);
    for (size_t l = 0; l < nl; l++)
      in[nc + l] = !done[first * nl + l] && same_hours(&r->hours[first * nl + l], h);
    for (size_t c = first; c < nc; c++) {
      bool same = true;
      for (size_t l = 0; l < nl; l++)
        same &= (!done[c * nl + l] && same_hours(&r->hours[c * nl + l], h)) == in[nc + l];
      if (!same) continue;
      in[c] = 1;
      for (size_t l = 0; l < nl; l++)
        done[c * nl + l] |= in[nc + l];
    }
    tell_row(p, r, in, h);
  }
  free(done);
  free(in);
}

static void judge_row(struct proof *p, struct row *r) {
  const struct joint *j = &p->joints[r->joint];
  fq_json_each(f, j->found) add_row(p, problem(p, f), r);
  fq_json_each(f, r->end->found) add_row(p, problem(p, f), r);
  if (!fq_json_size(j->limits) && !fq_json_size(r->end->limits))
    add_row(
        p,
        named(p, "no_limit", "warning", "no_limit",
              fq_strdup("没有任何时限:无人处置也不会超期、提醒或上报。请加一条 clocks,或用 climb 逐级询问"),
              fq_strdup(
                  "no limit at all: when nobody acts nothing becomes late and nobody is told. Add a clock, "
                  "or let it climb a ladder")),
        r);
  if (j->sends || r->end->sent) return;
  if (p->any_sends)
    add_row(
        p,
        named(
            p, "nobody_sent", "warning", "nobody_sent",
            fq_strdup("没有派出任何人(此时没有在岗的合适人员),由负责单位人工派遣。如需有人,请补排班"),
            fq_strdup(
                "nobody is sent, for nobody suitable is there then; the owner has to send somebody by hand. "
                "Fill the roster if that is not meant")),
        r);
  else
    add_row(p,
            named(p, "nobody_sent", "note", "nobody_sent", fq_strdup("规则从不派人,都由负责单位人工派遣"),
                  fq_strdup("the policies never send anybody: the owner does, by hand")),
            r);
}

/* -- the list "rules"
 * -------------------------------------------------------------------------------------------- */

static fq_json *unreached(const struct proof *p, const struct fq_active *a, const fq_json *handler) {
  fq_json *out = fq_json_array();
  fq_json_each(l, fq_json_get(handler, "lines")) {
    int64_t line = fq_json_as_int(l, 0);
    if (line == fq_json_int(handler, "line", 0)) continue;
    if (!fq_coverage_ran(p->coverage, a->hash, (int)line)) fq_json_push(out, fq_json_dup(l));
  }
  return out;
}

static void unreachable(struct proof *p, const struct fq_active *a, const char *kind, int line, bool ran,
                        const fq_json *lines) {
  char key[256];
  fq_json *list = fq_json_array();
  snprintf(key, sizeof key, "unreachable %s %s", a->name, ran ? "lines" : kind);
  if (!ran) {
    prove_found(
        p, list, "unreachable", "warning", key, a->name, line,
        fq_printf("规则 %s 对 %s 的处理从未触发:没有一种情形、也没有一个情景走到它。请删去,或补一个情景",
                  a->name, kind),
        fq_printf("policy %s never gets to hear %s: no situation and no scenario comes there. Remove it, or "
                  "add a scenario",
                  a->name, kind));
  } else {
    struct fq_buf b = {0};
    fq_json_each(l, lines) fq_buf_fmt(&b, "%s%lld", b.len ? ", " : "", (long long)fq_json_as_int(l, 0));
    snprintf(key, sizeof key, "unreachable %s %s %s", a->name, kind, b.data);
    prove_found(p, list, "unreachable", "note", key, a->name, (int)fq_json_as_int(fq_json_first(lines), line),
                fq_printf("规则 %s 处理 %s 时,这些行从未运行:%s", a->name, kind, b.data),
                fq_printf("policy %s hears %s, but these lines never run: %s", a->name, kind, b.data));
    fq_buf_free(&b);
  }
  problem(p, fq_json_first(list));
  fq_json_free(list);
}

static void rules_of(struct proof *p, const struct fq_active *a) {
  fq_json *handlers = fq_version_handlers(p->host, a->version);
  fq_json_each(h, handlers) {
    const char *kind = fq_json_str(h, "kind");
    int line = (int)fq_json_int(h, "line", 0);
    bool ran = fq_coverage_heard(p->coverage, a->hash, kind);
    fq_json *lines = unreached(p, a, h), *o = fq_json_object();
    if (!ran || fq_json_size(lines)) unreachable(p, a, kind, line, ran, lines);
    fq_json_set_str(o, "policy", a->name);
    fq_json_set_str(o, "path", a->path);
    fq_json_set_str(o, "kind", kind);
    fq_json_set_int(o, "line", line);
    fq_json_set_bool(o, "ran", ran);
    fq_json_set(o, "lines_unreached", lines);
    p->run->out.row(p->run->out.arg, "rules", o);
    fq_json_free(o);
  }
  fq_json_free(handlers);
}

/* -- telling
 * -------------------------------------------------------------------------------------------------- */

static fq_json *where_of(const struct proof *p, const struct problem *x) {
  fq_json *where = fq_json_object(), *villages = fq_json_array(), *categories = fq_json_array(),
          *levels = fq_json_array();
  int64_t count = 0;
  const fq_json *v = fq_json_first(p->villages);
  for (size_t i = 0; i < p->village_count; i++, v = fq_json_next(v)) {
    if (!x->villages[i] || ++count > VILLAGES_TOLD) continue;
    fq_json *one = fq_json_object();
    fq_json_set_str(one, "org", fq_json_str(v, "org"));
    fq_json_set_str(one, "name", fq_json_str(v, "name"));
    fq_json_push(villages, one);
  }
  for (size_t c = 0; c < p->category_count; c++)
    if (x->categories[c]) fq_json_push(categories, fq_json_dup(p->categories[c]));
  for (size_t l = 0; l < p->level_count; l++)
    if (x->levels >> l & 1) fq_json_push(levels, fq_json_dup(p->levels[l]));
  fq_json_set(where, "villages", villages);
  fq_json_set_int(where, "villages_count", count);
  fq_json_set(where, "categories", categories);
  fq_json_set(where, "levels", levels);
  if (hours_count(&x->hours)) put_hours(where, &x->hours, false);
  return where;
}

static void tell_problems(struct proof *p, const char *severity, int64_t *count) {
  for (struct fq_map *i = p->problems; i; i = fq_map_next(i)) {
    const struct problem *x = fq_map_value(i);
    if (strcmp(x->severity, severity)) continue;
    fq_json *o = fq_json_dup(x->what);
    fq_json_remove(o, "key");
    fq_json_set(o, "where", where_of(p, x));
    fq_json_set_int(o, "count", x->count);
    p->run->out.row(p->run->out.arg, "problems", o);
    fq_json_free(o);
    ++*count;
  }
}

static void tell_villages(const struct proof *p) {
  size_t i = 0;
  fq_json_each(v, p->villages) {
    fq_json *o = fq_json_dup(v);
    fq_json_set_str(o, "hours", p->letters + i++ * (HOURS + 1));
    p->run->out.row(p->run->out.arg, "villages", o);
    fq_json_free(o);
  }
}

static enum fq_status walk_all(struct proof *p, struct fq_error *e) {
  uint32_t *cells = fq_alloc(p->category_count * p->level_count * p->slot_count * sizeof *cells);
  enum fq_status st = FQ_OK;
  for (size_t i = 0; i < p->place_count && !st; i++) {
    const struct fq_report *out = &p->run->out;
    if (out->cancelled && out->cancelled(out->arg))
      st = fq_fail(e, FQ_E_CONFLICT, "run.cancelled", "", "已取消", "cancelled");
    if (!st) st = prove_walk(p, &p->places[i], cells, e);
    if (!st && p->reads_time && !p->fine) break;
    if (!st) st = take_cells(p, &p->places[i], cells, e);
    out->progress(out->arg, (double)(i + 1) / (double)p->place_count * 0.95, "逐村推演",
                  "village by village");
  }
  free(cells);
  return st;
}

enum fq_status prove_find(struct proof *p, struct fq_error *e) {
  enum fq_status st = walk_all(p, e);
  if (!st && p->reads_time && !p->fine) { /* a rule reads the clock: it may turn within the hour */
    p->fine = true;
    prove_find_free(p);
    prove_play_free(p); /* a slot's number means another time from here on */
    prove_slots(p, HOUR_MS / 4);
    prove_walk_slots(p);
    st = walk_all(p, e);
  }
  if (st) return st;
  p->letters = fq_alloc(p->village_count * (HOURS + 1));
  for (size_t i = 0; i < p->place_count; i++)
    staffing_of(p, &p->places[i]);
  for (struct fq_map *i = p->rows; i; i = fq_map_next(i))
    judge_row(p, fq_map_value(i));
  const char *pack = fq_json_str(p->run->pack, "pack");
  for (size_t i = 0; i < p->policy_count; i++) {
    const struct fq_active *a = p->policies[i].active;
    if (a->version && pack && !strcmp(a->pack, pack)) rules_of(p, a);
  }
  tell_problems(p, "error", &p->errors);
  tell_problems(p, "warning", &p->warnings);
  tell_problems(p, "note", &p->notes);
  tell_villages(p);
  for (struct fq_map *i = p->rows; i; i = fq_map_next(i))
    tell_rows(p, fq_map_value(i));
  return FQ_OK;
}

static void free_row(void *at) {
  free(((struct row *)at)->hours);
  free(at);
}
static void free_problem(void *at) {
  struct problem *x = at;
  fq_json_free(x->what);
  free(x->villages);
  free(x->categories);
  free(x);
}

void prove_find_free(struct proof *p) {
  fq_map_clear(&p->rows, free_row);
  fq_map_clear(&p->classes, NULL);
  fq_map_clear(&p->problems, free_problem);
  free(p->letters);
  p->letters = NULL;
}
