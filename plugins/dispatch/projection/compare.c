/*
 * compare.c - three tellings beside one another: what really happened (history), what the model makes of it
 * under the rules as they were (was), and under the candidate (now). Rows in an order of their own, so that
 * the same tellings give the same bytes.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "projection/projection.h"

enum side { HISTORY, WAS, NOW, SIDES };
static const char *const side_names[SIDES] = {"history", "was", "now"};

struct counts { /* of a clock, on one side */
  int64_t started, met, breached;
  int64_t *took_ms;
  size_t took_count, took_cap;
};
struct clock_tally {
  char policy[FQ_ID_MAX], name[FQ_ID_MAX], title[128];
  int64_t limit_ms[SIDES];
  struct counts sides[SIDES];
};
struct area_tally {
  char org[FQ_ID_MAX];
  struct {
    int64_t incidents, breached, escalated;
    fq_json *clocks; /* "policy/clock": {met, breached} */
  } sides[SIDES];
};
struct officer_tally {
  char user[FQ_ID_MAX], name[96];
  int64_t tasks[SIDES], busy_ms[SIDES];
};
struct total {
  int64_t incidents, breached, escalated, cards, orders, handled, closed;
  int64_t *handled_ms;
};
struct tally {
  fq_db *db;
  void (*row)(void *arg, const char *list, const fq_json *value);
  void *arg;
  struct clock_tally *clocks;
  struct area_tally *areas;
  struct officer_tally *officers;
  size_t clock_count, area_count, officer_count;
  struct total totals[SIDES];
  int64_t differ;
};

/* ---- adding up -------------------------------------------------------------------------------------------
 */

static struct clock_tally *clock_of(struct tally *t, const fq_json *k) {
  const char *policy = fq_json_str(k, "policy"), *name = fq_json_str(k, "clock");
  for (size_t x = 0; x < t->clock_count; x++)
    if (!strcmp(t->clocks[x].policy, policy) && !strcmp(t->clocks[x].name, name)) return &t->clocks[x];
  t->clocks = realloc(t->clocks, (t->clock_count + 1) * sizeof *t->clocks);
  struct clock_tally *c = &t->clocks[t->clock_count++];
  *c = (struct clock_tally){0};
  dp_text(c->policy, sizeof c->policy, policy);
  dp_text(c->name, sizeof c->name, name);
  return c;
}

static struct area_tally *area_of(struct tally *t, const char *org) {
  for (size_t x = 0; x < t->area_count; x++)
    if (!strcmp(t->areas[x].org, org)) return &t->areas[x];
  t->areas = realloc(t->areas, (t->area_count + 1) * sizeof *t->areas);
  struct area_tally *a = &t->areas[t->area_count++];
  *a = (struct area_tally){0};
  dp_text(a->org, sizeof a->org, org);
  for (int s = 0; s < SIDES; s++)
    a->sides[s].clocks = fq_json_object();
  return a;
}

static void count_clock(struct tally *t, struct area_tally *a, enum side s, const fq_json *k) {
  struct clock_tally *c = clock_of(t, k);
  struct counts *n = &c->sides[s];
  bool breached = fq_json_bool(k, "breached", false);
  int64_t took_ms = fq_json_int(k, "took_ms", -1);
  const char *title = fq_json_str(k, "title");
  if (title) dp_text(c->title, sizeof c->title, title);
  c->limit_ms[s] = fq_json_int(k, "limit_ms", 0);
  n->started++;
  n->breached += breached;
  n->met += !breached && took_ms >= 0;
  if (took_ms >= 0) {
    if (n->took_count == n->took_cap)
      n->took_ms = realloc(n->took_ms, (n->took_cap = n->took_cap ? n->took_cap * 2 : 64) * sizeof(int64_t));
    n->took_ms[n->took_count++] = took_ms;
  }
  char key[2 * FQ_ID_MAX];
  snprintf(key, sizeof key, "%s/%s", c->policy, c->name);
  const fq_json *had = fq_json_get(a->sides[s].clocks, key);
  fq_json *o = fq_json_object();
  fq_json_set_int(o, "met", fq_json_int(had, "met", 0) + (!breached && took_ms >= 0));
  fq_json_set_int(o, "breached", fq_json_int(had, "breached", 0) + breached);
  fq_json_set(a->sides[s].clocks, key, o);
}

static void count_incident(struct tally *t, enum side s, const fq_json *i) {
  struct area_tally *a = area_of(t, fq_json_str(i, "township"));
  struct total *n = &t->totals[s];
  bool breached = false;
  fq_json_each(k, fq_json_get(i, "clocks")) {
    breached |= fq_json_bool(k, "breached", false);
    count_clock(t, a, s, k);
  }
  int64_t escalated = fq_json_int(i, "escalated", 0), handled_ms = fq_json_int(i, "handled_ms", -1);
  a->sides[s].incidents++;
  a->sides[s].breached += breached;
  a->sides[s].escalated += escalated;
  n->incidents++;
  n->breached += breached;
  n->escalated += escalated;
  n->cards += fq_json_int(i, "cards", 0);
  n->orders += (int64_t)fq_json_size(fq_json_get(i, "sent"));
  n->closed += fq_json_get(i, "closed_ms") != NULL;
  if (handled_ms >= 0) n->handled_ms[n->handled++] = handled_ms;
}

static int by_user(const void *a, const void *b) {
  return strcmp(((const struct officer_tally *)a)->user, ((const struct officer_tally *)b)->user);
}
static int by_org(const void *a, const void *b) {
  return strcmp(((const struct area_tally *)a)->org, ((const struct area_tally *)b)->org);
}
static int by_clock(const void *a, const void *b) {
  const struct clock_tally *x = a, *y = b;
  int c = strcmp(x->policy, y->policy);
  return c ? c : strcmp(x->name, y->name);
}
static int by_ms(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return x < y ? -1 : x > y;
}

/* All sides' officers in one list, then those of one name made one. */
static void count_officers(struct tally *t, enum side s, const fq_json *telling) {
  const fq_json *list = fq_json_get(telling, "officers");
  t->officers = realloc(t->officers, (t->officer_count + fq_json_size(list) + 1) * sizeof *t->officers);
  fq_json_each(o, list) {
    struct officer_tally *n = &t->officers[t->officer_count++];
    *n = (struct officer_tally){0};
    dp_text(n->user, sizeof n->user, fq_json_str(o, "user"));
    dp_text(n->name, sizeof n->name, fq_json_str(o, "name"));
    n->tasks[s] = fq_json_int(o, "tasks", 0);
    n->busy_ms[s] = fq_json_int(o, "busy_ms", 0);
  }
}

static void merge_officers(struct tally *t) {
  size_t kept = 0;
  if (t->officer_count) qsort(t->officers, t->officer_count, sizeof *t->officers, by_user);
  for (size_t x = 0; x < t->officer_count; x++) {
    if (!kept || strcmp(t->officers[kept - 1].user, t->officers[x].user)) {
      t->officers[kept++] = t->officers[x];
      continue;
    }
    for (int s = 0; s < SIDES; s++) {
      t->officers[kept - 1].tasks[s] += t->officers[x].tasks[s];
      t->officers[kept - 1].busy_ms[s] += t->officers[x].busy_ms[s];
    }
  }
  t->officer_count = kept;
}

/* ---- incidents -------------------------------------------------------------------------------------------
 */

static fq_json *side_json(fq_db *db, const fq_json *i) {
  static const char *const spans[] = {"dispatched_ms", "handled_ms", "closed_ms"};
  if (!i) return fq_json_new_null();
  struct fq_unit u;
  fq_json *j = fq_json_object(), *breached = fq_json_array();
  const char *owner = fq_json_str(i, "owner"), *name = fq_json_str(i, "owner_name");
  fq_json_set_str(j, "owner", name ? name : fq_org_unit(db, owner, &u) ? u.name : owner);
  fq_json_set(j, "sent", fq_json_dup(fq_json_get(i, "sent")));
  fq_json_each(k, fq_json_get(i, "clocks")) {
    char key[2 * FQ_ID_MAX];
    snprintf(key, sizeof key, "%s/%s", fq_json_str(k, "policy"), fq_json_str(k, "clock"));
    if (fq_json_bool(k, "breached", false)) fq_json_push(breached, fq_json_new_str(key));
  }
  fq_json_set(j, "breached", breached);
  fq_json_set_int(j, "escalated", fq_json_int(i, "escalated", 0));
  fq_json_set_int(j, "cards", fq_json_int(i, "cards", 0));
  for (size_t x = 0; x < 3; x++)
    dp_set_opt(j, spans[x], i, spans[x]);
  return j;
}

static void township_name(fq_db *db, fq_json *j, const char *member, const char *org) {
  struct fq_unit u;
  fq_json_set_str(j, member, fq_org_unit(db, org, &u) ? u.name : org);
}

static void incident_row(struct tally *t, const fq_json *was, const fq_json *now) {
  const fq_json *any = was ? was : now;
  const char *township = fq_json_str(any, "township");
  fq_json *j = fq_json_object(), *a = side_json(t->db, was), *b = side_json(t->db, now);
  char *a_text = fq_json_print(a), *b_text = fq_json_print(b), zh[512] = "", en[512] = "";
  bool differs = strcmp(a_text, b_text) != 0;
  static const char *const same[] = {"subject", "number", "title", "category", "level", "township"};
  for (size_t x = 0; x < sizeof same / sizeof *same; x++)
    dp_set_opt(j, same[x], any, same[x]);
  township_name(t->db, j, "township_name", township);
  fq_json_set_time(j, "at", fq_json_int(any, "at_ms", 0));
  fq_json_set(j, "was", a);
  fq_json_set(j, "now", b);
  fq_json_set_bool(j, "differs", differs);
  if (differs) pj_why(was, now, zh, en);
  fq_json_set_str(j, "zh", zh);
  fq_json_set_str(j, "en", en);
  t->differ += differs;
  t->row(t->arg, "incidents", j);
  fq_json_free(j);
  free(a_text);
  free(b_text);
}

/* By id: a rule may report something itself, in one world and not in the other. */
static void incidents(struct tally *t, const fq_json *was, const fq_json *now) {
  const fq_json *list = fq_json_get(now, "incidents");
  struct pj_index index = {0};
  size_t count = 0;
  const fq_json **found = calloc(fq_json_size(list) + 1, sizeof *found);
  fq_json_each(i, list) {
    pj_put(&index, (uint64_t)dp_id_n(fq_json_str(i, "subject"), 'i'), count);
    found[count++] = i;
  }
  fq_json_each(i, fq_json_get(was, "incidents")) {
    size_t at = pj_find(&index, (uint64_t)dp_id_n(fq_json_str(i, "subject"), 'i'));
    incident_row(t, i, at == PJ_NONE ? NULL : found[at]);
    if (at != PJ_NONE) found[at] = NULL;
  }
  for (size_t x = 0; x < count; x++)
    if (found[x]) incident_row(t, NULL, found[x]);
  free(found);
  free(index.slots);
}

/* ---- the other rows --------------------------------------------------------------------------------------
 */

static double rate(int64_t part, int64_t whole) {
  return whole ? round((double)part / (double)whole * 1e4) / 1e4 : 0;
}

static fq_json *clock_side(const struct clock_tally *c, enum side s) {
  fq_json *j = fq_json_object();
  const struct counts *n = &c->sides[s];
  fq_json_set_int(j, "started", n->started);
  fq_json_set_int(j, "met", n->met);
  fq_json_set_int(j, "breached", n->breached);
  fq_json_set_num(j, "rate", rate(n->breached, n->started));
  if (n->started) fq_json_set_int(j, "limit_ms", c->limit_ms[s]);
  if (!n->took_count) return j;
  qsort(n->took_ms, n->took_count, sizeof *n->took_ms, by_ms);
  fq_json_set_int(j, "median_ms", n->took_ms[(n->took_count - 1) / 2]);
  fq_json_set_int(j, "p90_ms", n->took_ms[(n->took_count - 1) * 9 / 10]);
  return j;
}

static void clock_rows(struct tally *t, const char *list, enum side a, enum side b) {
  for (size_t x = 0; x < t->clock_count; x++) {
    const struct clock_tally *c = &t->clocks[x];
    fq_json *j = fq_json_object();
    fq_json_set_str(j, "policy", c->policy);
    fq_json_set_str(j, "clock", c->name);
    fq_json_set_str(j, "title", *c->title ? c->title : c->name);
    fq_json_set_int(j, "limit_ms", c->limit_ms[b] ? c->limit_ms[b] : c->limit_ms[a]);
    fq_json_set(j, side_names[a], clock_side(c, a));
    fq_json_set(j, side_names[b], clock_side(c, b));
    t->row(t->arg, list, j);
    fq_json_free(j);
  }
}

static void area_rows(struct tally *t) {
  for (size_t x = 0; x < t->area_count; x++) {
    struct area_tally *a = &t->areas[x];
    fq_json *j = fq_json_object();
    fq_json_set_str(j, "org", a->org);
    township_name(t->db, j, "name", a->org);
    for (int s = HISTORY; s < SIDES; s++) {
      fq_json *o = fq_json_object();
      fq_json_set_int(o, "incidents", a->sides[s].incidents);
      fq_json_set_int(o, "breached", a->sides[s].breached);
      fq_json_set_num(o, "rate", rate(a->sides[s].breached, a->sides[s].incidents));
      fq_json_set_int(o, "escalated", a->sides[s].escalated);
      fq_json_set(o, "clocks", a->sides[s].clocks);
      fq_json_set(j, side_names[s], o);
    }
    t->row(t->arg, "townships", j);
    fq_json_free(j);
  }
}

static void officer_rows(struct tally *t) {
  for (size_t x = 0; x < t->officer_count; x++) {
    const struct officer_tally *n = &t->officers[x];
    fq_json *j = fq_json_object();
    fq_stmt *q = fq_sql(t->db, "SELECT org FROM account WHERE name = ?1", "s", n->user);
    fq_json_set_str(j, "user", n->user);
    fq_json_set_str(j, "name", n->name);
    fq_json_set_str(j, "grid", "");
    if (fq_row(q)) {
      fq_json_set_str(j, "grid", fq_col_str(q, 0));
      fq_done(q);
    }
    for (int s = HISTORY; s < SIDES; s++) {
      fq_json *o = fq_json_object();
      fq_json_set_int(o, "tasks", n->tasks[s]);
      fq_json_set_int(o, "busy_ms", n->busy_ms[s]);
      fq_json_set(j, side_names[s], o);
    }
    t->row(t->arg, "officers", j);
    fq_json_free(j);
  }
}

/* ---- totals, and how well the model fits -----------------------------------------------------------------
 */

static int64_t median_of(struct total *n) {
  if (!n->handled) return -1;
  qsort(n->handled_ms, (size_t)n->handled, sizeof *n->handled_ms, by_ms);
  return n->handled_ms[(n->handled - 1) / 2];
}

static fq_json *total_json(struct total *n) {
  fq_json *j = fq_json_object();
  fq_json_set_int(j, "incidents", n->incidents);
  fq_json_set_int(j, "breached", n->breached);
  fq_json_set_num(j, "rate", rate(n->breached, n->incidents));
  fq_json_set_int(j, "escalated", n->escalated);
  fq_json_set_int(j, "cards", n->cards);
  fq_json_set_int(j, "orders", n->orders);
  fq_json_set_int(j, "handled", n->handled);
  fq_json_set_int(j, "closed", n->closed);
  if (n->handled) fq_json_set_int(j, "handled_median_ms", median_of(n));
  return j;
}

/* Judged by what a county looks at: the share over a limit, and how long half of the work took. */
static fq_json *fit(struct tally *t) {
  struct total *h = &t->totals[HISTORY], *w = &t->totals[WAS];
  fq_json *j = fq_json_object();
  double off = fabs(rate(w->breached, w->incidents) - rate(h->breached, h->incidents));
  int64_t a = median_of(h), b = median_of(w);
  double ratio = a > 0 && b > 0 ? (double)b / (double)a : a == b ? 1 : 0;
  bool few = h->incidents < 30;
  const char *verdict = few                                          ? "unknown"
                        : off <= 0.05 && ratio > 0.8 && ratio < 1.25 ? "good"
                        : off <= 0.15 && ratio > 0.5 && ratio < 2    ? "fair"
                                                                     : "poor";
  static const struct {
    const char *name, *zh, *en;
  } words[] = {{"unknown", "事件太少,无从判断", "too few incidents to tell"},
               {"good", "模型与实际相近", "the model is close to what happened"},
               {"fair", "模型与实际有出入,只看差别,不看绝对数",
                "the model is off: look at the difference, not at the figures themselves"},
               {"poor", "模型与实际相差很大,结果不可信", "the model is far off: do not believe the result"}};
  char a_zh[48] = "-", a_en[48] = "-", b_zh[48] = "-", b_en[48] = "-", text[400];
  if (a >= 0) pj_span(a, a_zh, a_en);
  if (b >= 0) pj_span(b, b_zh, b_en);
  fq_json_set_str(j, "verdict", verdict);
  fq_json_set_num(j, "rate_off", round(off * 1e4) / 1e4);
  fq_json_set_num(j, "median_ratio", round(ratio * 100) / 100);
  for (size_t x = 0; x < sizeof words / sizeof *words; x++) {
    if (strcmp(words[x].name, verdict)) continue;
    snprintf(text, sizeof text, "%s:实际超期 %.1f %%,模型 %.1f %%;处置完毕的中位数,实际 %s,模型 %s",
             words[x].zh, 100 * rate(h->breached, h->incidents), 100 * rate(w->breached, w->incidents), a_zh,
             b_zh);
    fq_json_set_str(j, "zh", text);
    snprintf(text, sizeof text, "%s: over a limit %.1f %% really, %.1f %% in the model; handled after %s, %s",
             words[x].en, 100 * rate(h->breached, h->incidents), 100 * rate(w->breached, w->incidents), a_en,
             b_en);
    fq_json_set_str(j, "en", text);
  }
  return j;
}

static void clear(struct tally *t) {
  for (size_t x = 0; x < t->clock_count; x++)
    for (int s = 0; s < SIDES; s++)
      free(t->clocks[x].sides[s].took_ms);
  for (int s = 0; s < SIDES; s++)
    free(t->totals[s].handled_ms);
  free(t->clocks);
  free(t->areas);
  free(t->officers);
}

void pj_compare(const fq_json *history, const fq_json *was, const fq_json *now, fq_db *db,
                void (*row)(void *arg, const char *list, const fq_json *value), void *arg, fq_json *summary) {
  struct tally t = {.db = db, .row = row, .arg = arg};
  const fq_json *sides[SIDES] = {history, was, now};
  for (int s = 0; s < SIDES; s++) {
    const fq_json *list = fq_json_get(sides[s], "incidents");
    t.totals[s].handled_ms = calloc(fq_json_size(list) + 1, sizeof(int64_t));
    fq_json_each(i, list) count_incident(&t, (enum side)s, i);
    count_officers(&t, (enum side)s, sides[s]);
  }
  merge_officers(&t);
  if (t.area_count) qsort(t.areas, t.area_count, sizeof *t.areas, by_org);
  if (t.clock_count) qsort(t.clocks, t.clock_count, sizeof *t.clocks, by_clock);
  incidents(&t, was, now);
  area_rows(&t);
  clock_rows(&t, "clocks", WAS, NOW);
  officer_rows(&t);
  clock_rows(&t, "history", HISTORY, WAS);
  fq_json_set_int(summary, "incidents", t.totals[WAS].incidents);
  fq_json_set_int(summary, "differing", t.differ);
  for (int s = HISTORY; s < SIDES; s++)
    fq_json_set(summary, side_names[s], total_json(&t.totals[s]));
  fq_json_set(summary, "fit", fit(&t));
  clear(&t);
}
