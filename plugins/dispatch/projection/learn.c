/*
 * learn.c - from the memory of what happened to how people answer: for the township, level and category of an
 * incident where there was enough to see, else for what is coarser, at last for the whole county. And luck.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "projection/projection.h"

#define ENOUGH_HERE 30 /* ends seen, for a pool of a category, level or township of its own */
#define ENOUGH      5  /* ... or waits in vain, for believing history rather than the default */
#define MANY        50 /* ... on each side, for telling night from day */
#define DIFFERS     1.25
#define LONGEST_MS  2.6e9

struct word {
  const char *name, *zh, *en;
  double fallback;
};
static const struct word waits[PJ_WAIT_COUNT] = {
#define X(id, name, ms, zh, en) [PJ_##id] = {name, zh, en, ms},
    PJ_WAITS(X)
#undef X
};
static const struct word shares[PJ_SHARE_COUNT] = {
#define X(id, name, share, zh, en) [PJ_S_##id] = {name, zh, en, share},
    PJ_SHARES(X)
#undef X
};

/* ---- luck -----------------------------------------------------------------------------------------------
 */

static uint64_t mix(uint64_t x) { /* splitmix64 */
  x += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return x ^ (x >> 31);
}

double pj_luck(const struct pj_people *p, int64_t incident, int what, int nth) {
  uint64_t x = mix(mix(mix(mix(p->seed) ^ (uint64_t)incident) ^ (uint64_t)what) ^ (uint64_t)nth);
  return (double)(x >> 11) * 0x1p-53;
}

/* ---- pools ----------------------------------------------------------------------------------------------
 */

enum grain { WHOLE, LEVEL, CATEGORY, CATEGORY_LEVEL, PLACE, GRAINS }; /* coarse to fine */

static uint64_t key_of(int wait, int slice, enum grain g, const struct pj_incident *i) {
  uint64_t key = mix((uint64_t)(wait * 64 + slice * 8 + (int)g));
  if (g == LEVEL || g >= CATEGORY_LEVEL) key = mix(key ^ (uint64_t)i->level);
  if (g >= CATEGORY) key = mix(key ^ pj_hash(i->category));
  if (g == PLACE) key = mix(key ^ pj_hash(i->township));
  return key;
}

struct keyed {
  uint64_t key;
  struct pj_seen seen;
};

static int by_key(const void *a, const void *b) {
  const struct keyed *x = a, *y = b;
  return x->key < y->key ? -1 : x->key > y->key;
}

static void add_pool(struct pj_people *p, uint64_t key, const struct keyed *list, size_t count,
                     int64_t least) {
  struct pj_pool pool;
  struct pj_seen *seen = calloc(count, sizeof *seen);
  for (size_t x = 0; x < count; x++)
    seen[x] = list[x].seen;
  pj_pool_make(&pool, seen, count, 2 * (int64_t)waits[seen->wait].fallback);
  free(seen);
  if (pool.ended < least) {
    pj_pool_free(&pool);
    return;
  }
  p->pools = realloc(p->pools, (p->pool_count + 1) * sizeof *p->pools);
  pj_put(&p->by_key, key, p->pool_count);
  p->pools[p->pool_count++] = pool;
}

/* A pool for each key that has enough. Slices (night; much in hand) count only where they were told apart. */
static void make_pools(struct pj_people *p, const struct pj_memory *m, enum grain from, enum grain to,
                       bool sliced) {
  size_t count = 0, grains = (size_t)(to - from + 1);
  struct keyed *all = calloc(m->seen_count * grains + 1, sizeof *all);
  for (size_t x = 0; x < m->seen_count; x++) {
    const struct pj_seen *s = &m->seen_list[x];
    int slice = sliced || p->ways[s->wait].sliced ? s->slice + 1 : 0;
    for (int g = from; g <= (int)to; g++)
      all[count++] = (struct keyed){
          .key = key_of(s->wait, slice, (enum grain)g, &m->incident_list[s->incident]), .seen = *s};
  }
  qsort(all, count, sizeof *all, by_key);
  for (size_t x = 0, end; x < count; x = end) {
    for (end = x + 1; end < count && all[end].key == all[x].key;)
      end++;
    add_pool(p, all[x].key, all + x, end - x, from == WHOLE ? 0 : ENOUGH_HERE);
  }
  free(all);
}

static const struct pj_pool *pool_of(const struct pj_people *p, int wait, int slice, enum grain g,
                                     const struct pj_incident *i) {
  size_t at = pj_find(&p->by_key, key_of(wait, slice, g, i));
  return at == PJ_NONE ? NULL : &p->pools[at];
}

/* Of those who ever end. */
static int64_t median(const struct pj_pool *p) {
  return p && p->count ? pj_pool_at(p, p->share[p->count - 1] / 2) : 0;
}

/* Do night and day, or many and few in hand, differ so much that a median says so? */
static bool differ(const struct pj_people *p, int wait) {
  const struct pj_pool *a = pool_of(p, wait, 1, WHOLE, NULL), *b = pool_of(p, wait, 2, WHOLE, NULL);
  if (!a || !b || a->ended < MANY || b->ended < MANY) return false;
  double ratio = (double)(median(b) + 1) / (double)(median(a) + 1);
  return ratio > DIFFERS || ratio < 1 / DIFFERS;
}

int64_t pj_draw(const struct pj_people *p, enum pj_wait w, const struct pj_incident *i, int slice, int nth) {
  const struct pj_way *way = &p->ways[w];
  double u = pj_luck(p, i->n, (int)w, nth);
  if (way->fallback) {
    /* Nothing is known: between half and twice the median, each doubling as likely as the next. */
    return way->median_ms ? (int64_t)((double)way->median_ms * exp2(2 * u - 1)) : -1;
  }
  const struct pj_pool *pool = NULL;
  for (int g = GRAINS - 1; g >= 0 && !pool; g--)
    pool = pool_of(p, (int)w, way->sliced ? slice + 1 : 0, (enum grain)g, i);
  int64_t ms = pool ? pj_pool_at(pool, u) : -1;
  return ms < 0 ? -1 : (int64_t)((double)ms * way->scale);
}

/* ---- what is assumed, said ------------------------------------------------------------------------------
 */

static fq_json *said(fq_json *told, const struct word *w, double value, const char *from) {
  fq_json *o = fq_json_object();
  fq_json_set_str(o, "name", w->name);
  fq_json_set_num(o, "value", value);
  fq_json_set_str(o, "zh", w->zh);
  fq_json_set_str(o, "en", w->en);
  fq_json_set_str(o, "from", from);
  fq_json_push(told, o);
  return o;
}

static void note(fq_json *told, const char *name, const char *zh, const char *en) {
  fq_json *o = said(told, &(struct word){name, zh, en, 0}, 0, "default");
  fq_json_set_bool(o, "value", true);
}

static void say_wait(const struct pj_people *p, int w, const struct pj_pool *pool, fq_json *told) {
  const struct pj_way *way = &p->ways[w];
  fq_json *o = said(told, &waits[w], (double)way->median_ms,
                    way->given      ? "option"
                    : way->fallback ? "default"
                                    : "history");
  if (!pool || way->fallback) return;
  double most = pool->count ? pool->share[pool->count - 1] : 0;
  if (!pool->count) fq_json_set(o, "value", fq_json_new_null()); /* asked for, and never seen to happen */
  if (pool->count) fq_json_set_int(o, "p90_ms", (int64_t)((double)pj_pool_at(pool, most * 0.9) * way->scale));
  fq_json_set_num(o, "share", round(most * 1000) / 1000); /* who do it at all */
  fq_json_set_int(o, "seen", pool->seen);
  if (way->sliced) fq_json_set_str(o, "apart", w == PJ_ARRIVE || w == PJ_FINISH ? "load" : "night");
}

static void learn_wait(struct pj_people *p, int w, const fq_json *assume) {
  struct pj_way *way = &p->ways[w];
  const struct pj_pool *pool = pool_of(p, w, 0, WHOLE, NULL);
  way->scale = 1;
  way->fallback = !pool || pool->ended + pool->long_waits < ENOUGH;
  way->median_ms = way->fallback ? (int64_t)waits[w].fallback : median(pool);
  double given = fq_json_num(assume, waits[w].name, -1);
  if (given < 0) return;
  way->given = true;
  if (way->median_ms > 0)
    way->scale = given / (double)way->median_ms;
  else
    way->fallback = true;
  way->median_ms = (int64_t)given;
}

static void learn_share(struct pj_people *p, int s, const struct pj_memory *m, const fq_json *assume,
                        fq_json *told) {
  double given = fq_json_num(assume, shares[s].name, -1);
  bool known = m->could[s] >= ENOUGH;
  p->share[s] = given >= 0 ? given : known ? (double)m->did[s] / (double)m->could[s] : shares[s].fallback;
  fq_json *o = said(told, &shares[s], round(p->share[s] * 1e4) / 1e4,
                    given >= 0 ? "option"
                    : known    ? "history"
                               : "default");
  if (known) fq_json_set_int(o, "seen", m->could[s]);
}

static enum fq_status check(const fq_json *assume, struct fq_error *e) {
  if (assume && fq_json_type(assume) != FQ_JSON_OBJECT)
    return fq_fail(e, FQ_E_PARAMS, "project.assume", "assume", "assume 应为 {名称: 数}",
                   "assume must be {name: number}");
  char names[300] = "";
  for (int x = 0; x < PJ_WAIT_COUNT + PJ_SHARE_COUNT; x++) {
    size_t used = strlen(names);
    snprintf(names + used, sizeof names - used, "%s%s", used ? " " : "",
             x < PJ_WAIT_COUNT ? waits[x].name : shares[x - PJ_WAIT_COUNT].name);
  }
  fq_json_each(a, assume) {
    const char *name = fq_json_name(a);
    double most = 0, v = fq_json_as_num(a, -1);
    for (int w = 0; w < PJ_WAIT_COUNT; w++)
      if (!strcmp(name, waits[w].name)) most = LONGEST_MS;
    for (int s = 0; s < PJ_SHARE_COUNT; s++)
      if (!strcmp(name, shares[s].name)) most = 1;
    if (most == 0)
      return fq_fail(e, FQ_E_PARAMS, "project.assume", name, "没有名为 %s 的假设;可写:%s",
                     "no assumption is called %s; there are: %s", name, names);
    if (fq_json_type(a) != FQ_JSON_NUMBER || v < 0 || v > most)
      return fq_fail(e, FQ_E_PARAMS, "project.assume", name, "%s 应为 0 至 %.0f 的数",
                     "%s must be a number from 0 to %.0f", name, most);
  }
  return FQ_OK;
}

void *pj_learn(void *history, const fq_json *assume, uint64_t seed, fq_json *told, struct fq_error *e) {
  struct pj_memory *m = history;
  if (check(assume, e)) return NULL;
  pj_cut(m);
  struct pj_people *p = calloc(1, sizeof *p);
  p->seed = seed;
  make_pools(p, m, WHOLE, WHOLE, false);
  make_pools(p, m, WHOLE, WHOLE, true);
  for (int w = 0; w < PJ_WAIT_COUNT; w++) {
    const struct pj_pool *pool = pool_of(p, w, 0, WHOLE, NULL);
    learn_wait(p, w, assume);
    p->ways[w].sliced = !p->ways[w].fallback && differ(p, w);
    say_wait(p, w, pool, told);
  }
  make_pools(p, m, LEVEL, PLACE, false);
  for (int s = 0; s < PJ_SHARE_COUNT; s++)
    learn_share(p, s, m, assume, told);
  note(told, "positions", "定位不入日志:推演中以网格中心为人员所在",
       "positions are not journalled: people stand at their grid's centre");
  note(told, "desk", "值班台以一名调度员代表;没有合格人员时派给负责单位",
       "one dispatcher stands for all desks; with nobody qualified he sends to the owning unit");
  return p;
}

void pj_unlearn(void *people) {
  struct pj_people *p = people;
  for (size_t x = 0; x < p->pool_count; x++)
    pj_pool_free(&p->pools[x]);
  free(p->pools);
  free(p->by_key.slots);
  free(p);
}
