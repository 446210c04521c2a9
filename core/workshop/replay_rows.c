/*
 * What a replay tells: comparisons gathered by subject, township, policy and officer, and shown. Knows no
 * incident: what a subject is called it takes from the plugins' context, who is sent from their table. See
 * replay.h. One thread.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/map.h"
#include "base/mem.h"
#include "workshop/replay.h"

#define SHOWN_MAX 100 /* differences of one subject that are listed; all are counted */

struct subject {
  char township[FQ_ID_MAX];
  bool differs;
};

/* A subject that differs, with its differences as text: cJSON's trees are five times as large. */
struct differing {
  fq_json *head;
  struct fq_buf list;
  int64_t decisions, count;
};

struct township {
  char org[FQ_ID_MAX], name[96];
  int64_t subjects, differing;
  struct fq_map *methods; /* -> struct pair */
};
struct pair {
  char key[FQ_ID_MAX];
  int64_t was, now;
};
struct policy {
  char name[FQ_ID_MAX], pack[FQ_ID_MAX], was_version[65], now_version[65], path[160];
  int64_t decisions, differences, failed, given_up;
};

struct fq_tally {
  const struct fq_module *modules;
  size_t count;
  fq_db *db;
  struct fq_map *subjects, *differing, *townships, *policies, *officers, *township_of;
  int64_t differences, failed, repeated, uncertain, unexplained, differing_subjects;
  bool sending_now;
};

struct fq_tally *fq_tally_new(const struct fq_module *modules, size_t count, fq_db *db) {
  struct fq_tally *t = fq_alloc(sizeof *t);
  t->modules = modules;
  t->count = count;
  t->db = db;
  return t;
}

static void *slot(struct fq_map **m, const char *key, size_t bytes) {
  void *v = fq_map_get(*m, key);
  if (!v) fq_map_put(m, key, v = fq_alloc(bytes));
  return v;
}

/* ---- where -----------------------------------------------------------------------------------------------
 */

/* The township a unit lies in, or the unit itself where there is none above it. */
static struct township *township_of(struct fq_tally *t, const char *org) {
  struct township *found = fq_map_get(t->township_of, org);
  if (found) return found;
  struct fq_unit u = {0};
  char at[FQ_ID_MAX];
  fq_copy(at, sizeof at, org);
  bool known = fq_org_unit(t->db, at, &u);
  while (known && strcmp(u.kind, "township") && u.parent[0]) {
    fq_copy(at, sizeof at, u.parent);
    known = fq_org_unit(t->db, at, &u);
  }
  bool inside = known && !strcmp(u.kind, "township");
  if (!inside && !fq_org_unit(t->db, org, &u)) u = (struct fq_unit){0};
  const char *id = inside ? u.id : org;
  found = slot(&t->townships, id, sizeof *found);
  fq_copy(found->org, sizeof found->org, id);
  if (!found->name[0]) fq_copy(found->name, sizeof found->name, u.name);
  fq_map_put(&t->township_of, org, found);
  return found;
}

/* ---- counting --------------------------------------------------------------------------------------------
 */

static void count_sent(void *arg, const char *user) {
  struct fq_tally *t = arg;
  struct pair *p = slot(&t->officers, user, sizeof *p);
  fq_copy(p->key, sizeof p->key, user);
  *(t->sending_now ? &p->now : &p->was) += 1;
}

static void count_commands(struct fq_tally *t, struct township *where, const fq_json *commands, bool now) {
  fq_json_each(c, commands) {
    const char *method = fq_json_str(c, "method");
    if (!method) continue;
    struct pair *p = slot(&where->methods, method, sizeof *p);
    fq_copy(p->key, sizeof p->key, method);
    *(now ? &p->now : &p->was) += 1;
    t->sending_now = now;
    for (size_t i = 0; i < t->count; i++) {
      const struct fq_plugin *m = t->modules[i].table;
      if (m->size > offsetof(struct fq_plugin, sends) && m->sends)
        m->sends(method, fq_json_get(c, "params"), count_sent, t);
    }
  }
}

static struct policy *policy_of(struct fq_tally *t, const char *name, const char *pack) {
  char key[2 * FQ_ID_MAX];
  snprintf(key, sizeof key, "%.60s/%.60s", pack, name);
  struct policy *p = slot(&t->policies, key, sizeof *p);
  fq_copy(p->name, sizeof p->name, name);
  fq_copy(p->pack, sizeof p->pack, pack);
  return p;
}

static bool failed(const struct fq_outcome *o) {
  return o->commands && strcmp(o->exit, "OK");
}

static void count_policy(struct fq_tally *t, const struct fq_comparison *c) {
  struct policy *p = policy_of(t, c->policy, c->pack);
  p->decisions++;
  p->differences += c->differs;
  p->failed += failed(&c->now);
  if (c->was.version) fq_copy(p->was_version, sizeof p->was_version, c->was.version);
  if (c->now.version) fq_copy(p->now_version, sizeof p->now_version, c->now.version);
  if (c->path && *c->path) fq_copy(p->path, sizeof p->path, c->path);
}

void fq_tally_given_up(struct fq_tally *t, const char *policy, const char *pack, int64_t at) {
  struct policy *p = policy_of(t, policy, pack);
  if (!p->given_up) p->given_up = at;
}

/* ---- a difference in words -------------------------------------------------------------------------------
 */

static int64_t times(const fq_json *commands, const char *method) {
  int64_t n = 0;
  fq_json_each(c, commands) {
    const char *m = fq_json_str(c, "method");
    n += m && !strcmp(m, method);
  }
  return n;
}

/* Methods that `a` has more often than `b`, each once. False: there are none. */
static bool list_more(struct fq_buf *out, const fq_json *a, const fq_json *b) {
  bool any = false;
  fq_json_each(c, a) {
    const char *method = fq_json_str(c, "method");
    bool said = false;
    for (const fq_json *x = fq_json_first(a); x != c; x = fq_json_next(x))
      said |= !strcmp(fq_json_str(x, "method"), method);
    if (said || times(a, method) <= times(b, method)) continue;
    fq_buf_fmt(out, "%s%s", any ? ", " : "", method);
    any = true;
  }
  return any;
}

#define VALUE_MAX 40

static void say_value(struct fq_buf *out, const fq_json *v) {
  char *text = v ? fq_json_print(v) : fq_strdup("nil");
  fq_buf_fmt(out, "%s", strlen(text) <= VALUE_MAX ? text : "...");
  free(text);
}

/* The first parameter that is another, when the commands are the same in the same order. False: they are not.
 */
static bool list_other(struct fq_buf *out, const fq_json *was, const fq_json *now) {
  const fq_json *a = fq_json_first(was), *b = fq_json_first(now);
  for (; a && b; a = fq_json_next(a), b = fq_json_next(b)) {
    const fq_json *old = fq_json_get(a, "params"), *new = fq_json_get(b, "params");
    const char *method = fq_json_str(a, "method");
    if (strcmp(method, fq_json_str(b, "method")) != 0) return false;
    for (int turn = 0; turn < 2; turn++) {
      fq_json_each(m, turn ? old : new) {
        const char *name = fq_json_name(m);
        const fq_json *x = fq_json_get(old, name), *y = fq_json_get(new, name);
        if (x && y && fq_json_equal(x, y)) continue;
        fq_buf_fmt(out, "%s %s: ", method, name);
        say_value(out, x);
        fq_buf_fmt(out, " → ");
        say_value(out, y);
        return true;
      }
    }
  }
  return false;
}

static void in_words(const struct fq_comparison *c, fq_json *o) {
  struct fq_buf zh = {0}, en = {0}, more = {0}, less = {0}, other = {0};
  bool adds = list_more(&more, c->now.commands, c->was.commands),
       drops = list_more(&less, c->was.commands, c->now.commands);
  if (!c->now.commands) {
    fq_buf_fmt(&zh, "不再由它决定;");
    fq_buf_fmt(&en, "decides no more; ");
  } else if (!c->was.commands) {
    fq_buf_fmt(&zh, "原来没有它;");
    fq_buf_fmt(&en, "was not there; ");
  }
  if (failed(&c->now)) {
    fq_buf_fmt(&zh, "出错:%s;", c->now.zh ? c->now.zh : c->now.exit);
    fq_buf_fmt(&en, "fails: %s; ", c->now.en ? c->now.en : c->now.exit);
  } else if (failed(&c->was)) {
    fq_buf_fmt(&zh, "原来出错(%s);", c->was.exit);
    fq_buf_fmt(&en, "failed before (%s); ", c->was.exit);
  }
  if (adds) fq_buf_fmt(&zh, "增加 %s;", more.data), fq_buf_fmt(&en, "adds %s; ", more.data);
  if (drops) fq_buf_fmt(&zh, "去掉 %s;", less.data), fq_buf_fmt(&en, "drops %s; ", less.data);
  if (!zh.len && list_other(&other, c->was.commands, c->now.commands))
    fq_buf_fmt(&zh, "%s;", other.data), fq_buf_fmt(&en, "%s; ", other.data);
  if (!zh.len) fq_buf_fmt(&zh, "命令相同,参数或次序不同;"), fq_buf_fmt(&en, "other parameters or order; ");
  zh.data[zh.len - strlen(";")] = '\0';
  en.data[en.len - strlen("; ")] = '\0';
  fq_json_set_str(o, "zh", zh.data);
  fq_json_set_str(o, "en", en.data);
  fq_buf_free(&zh);
  fq_buf_free(&en);
  fq_buf_free(&more);
  fq_buf_free(&less);
  fq_buf_free(&other);
}

static fq_json *commands_of(const struct fq_outcome *o) {
  return o->commands ? fq_json_dup(o->commands) : fq_json_array();
}

/* The same text decides again. Otherwise than then? Not the rules have changed but the server, a plugin or
 * its options. */
static bool repeated(const struct fq_comparison *c) {
  return c->was.version && c->now.version && !strcmp(c->was.version, c->now.version);
}

static char *difference(const struct fq_comparison *c) {
  fq_json *o = fq_json_object();
  fq_json_set_int(o, "n", c->heard->seq);
  fq_json_set_time(o, "at", c->heard->at_ms);
  fq_json_set_str(o, "kind", c->heard->kind);
  fq_json_set_str(o, "policy", c->policy);
  fq_json_set(o, "was", commands_of(&c->was));
  fq_json_set(o, "now", commands_of(&c->now));
  if (c->was.exit) fq_json_set_str(o, "was_exit", c->was.exit);
  if (c->now.exit) fq_json_set_str(o, "now_exit", c->now.exit);
  in_words(c, o);
  if (c->path) fq_json_set_str(o, "path", c->path);
  if (c->lines) fq_json_set(o, "lines", fq_json_dup(c->lines));
  if (c->uncertain) fq_json_set_bool(o, "uncertain", true);
  if (repeated(c)) fq_json_set_bool(o, "unexplained", true);
  char *text = fq_json_print(o);
  fq_json_free(o);
  return text;
}

/* The part of the context that is the subject itself: e.incident. */
static const fq_json *itself(const struct fq_comparison *c) {
  fq_json_each(m, c->context) {
    const char *id = fq_json_str(m, "id");
    if (id && c->heard->subject[0] && !strcmp(id, c->heard->subject)) return m;
  }
  return NULL;
}

static struct differing *new_differing(struct fq_tally *t, const struct fq_comparison *c,
                                       const struct township *where) {
  static const char *const members[] = {"number", "title", "category", "level"};
  struct differing *d = slot(&t->differing, c->heard->subject, sizeof *d);
  if (d->head) return d;
  const fq_json *about = itself(c);
  d->head = fq_json_object();
  fq_json_set_str(d->head, "subject", c->heard->subject);
  for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
    const fq_json *v = fq_json_get(about, members[i]);
    if (v) fq_json_set(d->head, members[i], fq_json_dup(v));
  }
  fq_json_set_str(d->head, "township", where->org);
  fq_json_set_str(d->head, "township_name", where->name);
  fq_json_set_time(d->head, "at", c->heard->at_ms);
  return d;
}

static void add_difference(struct fq_tally *t, const struct fq_comparison *c, const struct township *where) {
  struct differing *d = new_differing(t, c, where);
  t->differences++;
  t->uncertain += c->uncertain;
  t->unexplained += repeated(c);
  if (++d->count > SHOWN_MAX) return;
  char *text = difference(c);
  fq_buf_fmt(&d->list, "%s", d->list.len ? "," : "[");
  fq_buf_str(&d->list, text);
  free(text);
}

void fq_tally_add(struct fq_tally *t, const struct fq_comparison *c) {
  struct township *where = township_of(t, c->heard->org);
  count_policy(t, c);
  t->failed += failed(&c->now);
  t->repeated += repeated(c);
  count_commands(t, where, c->was.commands, false);
  count_commands(t, where, c->now.commands, true);
  if (c->heard->subject[0]) {
    struct subject *s = fq_map_get(t->subjects, c->heard->subject);
    if (!s) {
      s = slot(&t->subjects, c->heard->subject, sizeof *s);
      fq_copy(s->township, sizeof s->township, where->org);
      where->subjects++;
    }
    if (c->differs && !s->differs) {
      struct township *first = fq_map_get(t->townships, s->township);
      s->differs = true;
      first->differing++;
      t->differing_subjects++;
    }
  }
  if (c->differs) add_difference(t, c, where);
}

/* ---- rows ------------------------------------------------------------------------------------------------
 */

static void put_incidents(const struct fq_tally *t, const struct fq_report *out) {
  for (struct fq_map *i = t->differing; i; i = fq_map_next(i)) {
    struct differing *d = fq_map_value(i);
    fq_json *row = fq_json_dup(d->head);
    char *text = fq_printf("%s]", d->list.data);
    fq_json_set_int(row, "decisions", d->count);
    fq_json_set(row, "differences", fq_json_parse(text, strlen(text), NULL));
    if (d->count > SHOWN_MAX) fq_json_set_int(row, "more", d->count - SHOWN_MAX);
    fq_json_set_bool(row, "differs", true);
    out->row(out->arg, "incidents", row);
    fq_json_free(row);
    free(text);
  }
}

/* Values in the order of their keys, which each value begins with. */
static int by_key(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}
static void **sorted(const struct fq_map *m, size_t *n) {
  void **list = fq_alloc((fq_map_size(m) + 1) * sizeof *list);
  *n = 0;
  for (struct fq_map *i = (struct fq_map *)(uintptr_t)m; i; i = fq_map_next(i))
    list[(*n)++] = fq_map_value(i);
  qsort(list, *n, sizeof *list, by_key);
  return list;
}

static fq_json *pair_json(const struct pair *p, fq_json *o) {
  fq_json_set_int(o, "was", p->was);
  fq_json_set_int(o, "now", p->now);
  return o;
}

static void put_townships(const struct fq_tally *t, const struct fq_report *out) {
  size_t n, m;
  void **list = sorted(t->townships, &n);
  for (size_t i = 0; i < n; i++) {
    const struct township *w = list[i];
    fq_json *row = fq_json_object(), *methods = fq_json_object();
    fq_json_set_str(row, "org", w->org);
    fq_json_set_str(row, "name", w->name);
    fq_json_set_int(row, "subjects", w->subjects);
    fq_json_set_int(row, "differing", w->differing);
    void **pairs = sorted(w->methods, &m);
    for (size_t k = 0; k < m; k++) {
      const struct pair *p = pairs[k];
      fq_json_set(methods, p->key, pair_json(p, fq_json_object()));
    }
    free(pairs);
    fq_json_set(row, "methods", methods);
    out->row(out->arg, "townships", row);
    fq_json_free(row);
  }
  free(list);
}

static void put_policies(const struct fq_tally *t, const struct fq_report *out) {
  size_t n;
  void **list = sorted(t->policies, &n);
  for (size_t i = 0; i < n; i++) {
    const struct policy *p = list[i];
    fq_json *row = fq_json_object();
    fq_json_set_str(row, "policy", p->name);
    fq_json_set_str(row, "pack", p->pack);
    if (p->path[0]) fq_json_set_str(row, "path", p->path);
    if (p->was_version[0]) fq_json_set_str(row, "was_version", p->was_version);
    if (p->now_version[0]) fq_json_set_str(row, "now_version", p->now_version);
    fq_json_set_int(row, "decisions", p->decisions);
    fq_json_set_int(row, "differences", p->differences);
    fq_json_set_int(row, "failed", p->failed);
    if (p->given_up) fq_json_set_int(row, "given_up", p->given_up);
    out->row(out->arg, "policies", row);
    fq_json_free(row);
  }
  free(list);
}

static void put_officers(const struct fq_tally *t, const struct fq_report *out) {
  size_t n;
  void **list = sorted(t->officers, &n);
  for (size_t i = 0; i < n; i++) {
    const struct pair *p = list[i];
    fq_json *row = fq_json_object();
    fq_json_set_str(row, "user", p->key);
    fq_stmt *q = fq_sql(t->db, "SELECT display FROM account WHERE name = ?", "s", p->key);
    if (fq_row(q)) {
      const char *display = fq_col_str(q, 0);
      fq_json_set_str(row, "name", display && *display ? display : p->key);
      fq_done(q);
    }
    out->row(out->arg, "officers", pair_json(p, row));
    fq_json_free(row);
  }
  free(list);
}

void fq_tally_rows(const struct fq_tally *t, const struct fq_report *out) {
  put_policies(t, out);
  put_townships(t, out);
  put_officers(t, out);
  put_incidents(t, out);
}

void fq_tally_summary(const struct fq_tally *t, fq_json *s) {
  fq_json_set_int(s, "differences", t->differences);
  fq_json_set_int(s, "subjects", (int64_t)fq_map_size(t->subjects));
  fq_json_set_int(s, "differing", t->differing_subjects);
  fq_json_set_int(s, "failed", t->failed);
  fq_json_set_int(s, "repeated", t->repeated);
  if (t->uncertain) fq_json_set_int(s, "uncertain", t->uncertain);
  if (t->unexplained) fq_json_set_int(s, "unexplained", t->unexplained);
  fq_json_set_bool(s, "identical", !t->differences);
}

bool fq_tally_failed(const struct fq_tally *t) {
  return t->failed > 0;
}

static void free_differing(void *p) {
  struct differing *d = p;
  fq_json_free(d->head);
  fq_buf_free(&d->list);
  free(d);
}
static void free_township(void *p) {
  struct township *w = p;
  fq_map_clear(&w->methods, free);
  free(w);
}

void fq_tally_free(struct fq_tally *t) {
  if (!t) return;
  fq_map_clear(&t->subjects, free);
  fq_map_clear(&t->differing, free_differing);
  fq_map_clear(&t->township_of, NULL);
  fq_map_clear(&t->townships, free_township);
  fq_map_clear(&t->policies, free);
  fq_map_clear(&t->officers, free);
  free(t);
}

/* ---- for people ------------------------------------------------------------------------------------------
 */

static const char *text(const fq_json *o, const char *name) {
  const char *s = fq_json_str(o, name);
  return s ? s : "";
}

static void print_summary(FILE *out, const fq_json *s) {
  fprintf(out, "\n%s  %s … %s\n", fq_json_bool(s, "identical", false) ? "✓" : "≠", text(s, "from"),
          text(s, "to"));
  fprintf(out,
          "  记录 entries %lld   决定 decisions %lld   不同 differences %lld   出错 failed %lld\n"
          "  主体 subjects %lld   其中不同 differing %lld   %lld ms\n",
          (long long)fq_json_int(s, "entries", 0), (long long)fq_json_int(s, "decisions", 0),
          (long long)fq_json_int(s, "differences", 0), (long long)fq_json_int(s, "failed", 0),
          (long long)fq_json_int(s, "subjects", 0), (long long)fq_json_int(s, "differing", 0),
          (long long)fq_json_int(s, "ms", 0));
}

static void print_incident(FILE *out, const fq_json *v) {
  fprintf(out, "%s %s %s  %s\n", text(v, "subject"), text(v, "title"), text(v, "township_name"),
          text(v, "at"));
  fq_json_each(d, fq_json_get(v, "differences")) {
    const char *zh = text(d, "zh"), *en = text(d, "en");
    bool same = !strcmp(zh, en); /* figures are the same in both languages */
    fprintf(out, "    %lld %s  %s: %s%s%s\n", (long long)fq_json_int(d, "n", 0), text(d, "kind"),
            text(d, "policy"), zh, same ? "" : " / ", same ? "" : en);
  }
}

static void print_township(FILE *out, const fq_json *v) {
  fprintf(out, "%-14s %s  %lld/%lld\n", text(v, "org"), text(v, "name"),
          (long long)fq_json_int(v, "differing", 0), (long long)fq_json_int(v, "subjects", 0));
  fq_json_each(m, fq_json_get(v, "methods")) {
    int64_t was = fq_json_int(m, "was", 0), now = fq_json_int(m, "now", 0);
    if (was != now) fprintf(out, "    %-28s %6lld → %lld\n", fq_json_name(m), (long long)was, (long long)now);
  }
}

void fq_replay_print(FILE *out, const char *list, const fq_json *v) {
  if (!list)
    print_summary(out, v);
  else if (!strcmp(list, "incidents"))
    print_incident(out, v);
  else if (!strcmp(list, "townships"))
    print_township(out, v);
  else if (!strcmp(list, "policies"))
    fprintf(out,
            "%-24s %-12.12s → %-12.12s  决定 decisions %-7lld 不同 differences %-6lld 出错 failed %lld%s\n",
            text(v, "policy"), text(v, "was_version"), text(v, "now_version"),
            (long long)fq_json_int(v, "decisions", 0), (long long)fq_json_int(v, "differences", 0),
            (long long)fq_json_int(v, "failed", 0),
            fq_json_get(v, "given_up") ? "  不再询问:一再超时 / given up: it keeps running out of time" : "");
  else if (fq_json_int(v, "was", 0) != fq_json_int(v, "now", 0))
    fprintf(out, "%-20s %s  %6lld → %lld\n", text(v, "user"), text(v, "name"),
            (long long)fq_json_int(v, "was", 0), (long long)fq_json_int(v, "now", 0));
}
