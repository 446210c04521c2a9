/*
 * What becomes of it when nobody acts: the situation begins on the real kernel, with all policies listening,
 * the clock runs on, and everything is taken back. Played once for all situations in which it must end alike:
 * the same commands at the beginning, the same rungs staffed until who is there no longer matters, and the
 * same category, level and time as far as a policy has read them on the way. See prove.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "workshop/prove.h"

#define PLAYED_MOST                                                                                          \
  3000 /* about ten seconds; beyond that one stands for all hours, and the summary says so */
#define ENTRIES_MOST 1500 /* of one subject: rules that set one another off without end */
#define ROUNDS       3    /* the same way from one owner to the same other: it goes round */
#define FIRINGS      100  /* decisions of one policy on one kind of entry, with commands */

struct playing {
  struct proof *p;
  struct ending *end;
  int64_t began_ms;
  char subject[FQ_ID_MAX];
  struct fq_map *entries; /* seq of an entry -> the commands given on it so far, with their policies */
  struct fq_map *ways;    /* "level/org>level/org" -> how often, and by whom */
  struct fq_map *firings; /* "policy kind" -> how often */
};

struct way {
  int times;
  char by[64];
};

/* -- what is found
 * ------------------------------------------------------------------------------------------- */

static const struct fq_active *active_of(const struct proof *p, const char *name) {
  for (size_t i = 0; i < p->policy_count; i++)
    if (name && !strcmp(p->policies[i].active->name, name)) return p->policies[i].active;
  return NULL;
}

void prove_found(const struct proof *p, fq_json *list, const char *rule, const char *severity,
                 const char *key, const char *policy, int line, char *zh, char *en) {
  bool known = false;
  fq_json_each(f, list) known |= !strcmp(fq_json_str(f, "key"), key);
  if (!known) {
    fq_json *o = fq_json_object();
    const struct fq_active *a = active_of(p, policy);
    fq_json_set_str(o, "rule", rule);
    fq_json_set_str(o, "severity", severity);
    fq_json_set_str(o, "key", key);
    fq_json_set_str(o, "zh", zh);
    fq_json_set_str(o, "en", en);
    if (policy) fq_json_set_str(o, "policy", policy);
    if (a) fq_json_set_str(o, "path", a->path);
    if (line > 0) fq_json_set_int(o, "line", line);
    fq_json_push(list, o);
  }
  free(zh);
  free(en);
}

static void found(struct playing *g, const char *rule, const char *severity, const char *key,
                  const char *policy, int line, char *zh, char *en) {
  prove_found(g->p, g->end->found, rule, severity, key, policy, line, zh, en);
}

static void stirs(struct playing *g, int64_t at_ms) {
  if (at_ms - g->began_ms > g->end->stirs_ms) g->end->stirs_ms = at_ms - g->began_ms;
}

/* -- reading the story
 * --------------------------------------------------------------------------------------- */

static void on_refused(struct playing *g, int64_t at_ms, const fq_json *d) {
  const char *policy = fq_json_str(d, "policy"), *method = fq_json_str(d, "method");
  const char *code = fq_json_str(d, "code");
  char key[256];
  snprintf(key, sizeof key, "refused %s %s %s", policy, method, code);
  stirs(g, at_ms);
  found(
      g, "refused", "warning", key, policy, 0,
      fq_printf("规则 %s 的命令 %s 会被拒绝:%s。请在规则里先判断,或改用别的命令", policy, method,
                fq_json_str(d, "message_zh")),
      fq_printf(
          "policy %s gives the command %s, which will be refused: %s. Ask before giving it, or give another",
          policy, method, fq_json_str(d, "message_en")));
}

static void on_failed(struct playing *g, int64_t at_ms, const fq_json *d) {
  const char *policy = fq_json_str(d, "policy");
  int line = (int)fq_json_int(d, "line", 0);
  char key[256];
  snprintf(key, sizeof key, "failed %s %d", policy, line);
  stirs(g, at_ms);
  g->end->failed = true;
  found(g, "failed", "error", key, policy, line,
        fq_printf("规则 %s 会出错,由默认规则代为决定:%s", policy, fq_json_str(d, "message_zh")),
        fq_printf("policy %s will fail, and the default policy decide in its place: %s", policy,
                  fq_json_str(d, "message_en")));
}

static bool is_timeless(const struct proof *p, const char *method) {
  for (const char *const *t = p->model->timeless; *t; t++)
    if (!strcmp(*t, method)) return true;
  return false;
}

static void take_limit(struct playing *g, const char *policy, const fq_json *command) {
  const struct proof *p = g->p;
  fq_json *effect = p->model->effect(p->db, fq_json_str(command, "method"), fq_json_get(command, "params"));
  const fq_json *limit = fq_json_get(effect, "limit");
  if (limit) {
    fq_json *copy = fq_json_dup(limit);
    bool known = false;
    fq_json_set_str(copy, "policy", policy);
    fq_json_each(l, g->end->limits) known |= fq_json_equal(l, copy);
    if (known)
      fq_json_free(copy);
    else
      fq_json_push(g->end->limits, copy);
  }
  fq_json_free(effect);
}

void prove_fights(const struct proof *p, fq_json *list, const char *policy, const fq_json *command,
                  const fq_json *others) {
  fq_json_each(o, others) {
    const char *other = fq_json_str(o, "policy");
    char zh[200], en[200], key[256];
    if (!strcmp(other, policy) || !p->model->contradict(o, command, zh, en)) continue;
    snprintf(key, sizeof key, "fight %s %s %s", other, policy, fq_json_str(command, "method"));
    prove_found(
        p, list, "fight", "warning", key, policy, 0,
        fq_printf("规则 %s 与 %s 对同一件事的决定相互矛盾:%s。只留一条管这件事,或用条件把它们分开", other,
                  policy, zh),
        fq_printf("policies %s and %s contradict one another about one subject: %s. Leave it to one of them, "
                  "or tell them apart by a condition",
                  other, policy, en));
  }
}

static void on_decided(struct playing *g, int64_t at_ms, const fq_json *d) {
  const char *policy = fq_json_str(d, "policy");
  const fq_json *commands = fq_json_get(d, "commands");
  char key[64];
  snprintf(key, sizeof key, "%lld", (long long)fq_json_int(d, "entry", 0));
  fq_json *others = fq_map_get(g->entries, key);
  if (!others) fq_map_put(&g->entries, key, others = fq_json_array());
  bool moves = fq_json_size(fq_json_get(d, "answers")) > 0;
  fq_json_each(c, commands) {
    fq_json *o = fq_json_dup(c);
    prove_fights(g->p, g->end->found, policy, c, others);
    take_limit(g, policy, c);
    moves |= !is_timeless(g->p, fq_json_str(c, "method"));
    fq_json_set_str(o, "policy", policy);
    fq_json_push(others, o);
  }
  if (moves) stirs(g, at_ms);
}

static void on_owner(struct playing *g, int64_t at_ms, const fq_json *owner, const char *actor) {
  struct ending *end = g->end;
  const char *by = !strncmp(actor, "policy/", 7) ? actor + 7 : "";
  char key[2 * FQ_ID_MAX + 64];
  if (end->owner && fq_json_equal(end->owner, owner)) return;
  stirs(g, at_ms);
  end->after_ms = at_ms - g->began_ms;
  if (end->owner) {
    snprintf(key, sizeof key, "%s>%s", fq_json_str(end->owner, "org"), fq_json_str(owner, "org"));
    struct way *w = fq_map_get(g->ways, key);
    if (!w) fq_map_put(&g->ways, key, w = fq_alloc(sizeof *w));
    w->times++;
    if (*by) fq_copy(w->by, sizeof w->by, by);
    snprintf(key, sizeof key, "%s>%s", fq_json_str(owner, "org"), fq_json_str(end->owner, "org"));
    const struct way *back = fq_map_get(g->ways, key);
    if (back && back->by[0] && w->by[0] && strcmp(back->by, w->by)) {
      snprintf(key, sizeof key, "fight %s %s turn", back->by, w->by);
      found(g, "fight", "warning", key, w->by, 0,
            fq_printf("规则 %s 与 %s 一来一回:一条把事件交给上级,另一条又交回来。只留一条管去向", back->by,
                      w->by),
            fq_printf(
                "policies %s and %s undo one another: what one hands on, the other hands back. Leave it to "
                "one of them where it goes",
                back->by, w->by));
    }
    if (w->times == ROUNDS && back && back->times >= ROUNDS - 1) {
      end->round = true;
      found(g, "cycle", "error", "cycle", *w->by ? w->by : NULL, 0,
            fq_printf(
                "无人处置时,事件在 %s 与 %s 之间来回转,没有尽头,谁也不真正负责。给规则加上次数或层级的条件",
                fq_json_str(end->owner, "name"), fq_json_str(owner, "name")),
            fq_printf(
                "when nobody acts it goes round between %s and %s without end, and nobody answers for it. "
                "Give the rule a condition of level or number",
                fq_json_str(end->owner, "org"), fq_json_str(owner, "org")));
    }
  }
  fq_json_free(end->owner);
  end->owner = fq_json_dup(owner);
}

static void on_firing(struct playing *g, const fq_json *d) {
  if (!fq_json_size(fq_json_get(d, "commands"))) return;
  const char *policy = fq_json_str(d, "policy");
  char key[160];
  fq_stmt *q = fq_sql(g->p->db, "SELECT kind FROM journal WHERE seq = ?1", "i", fq_json_int(d, "entry", 0));
  if (!fq_row(q)) return;
  snprintf(key, sizeof key, "%s %s", policy, fq_col_str(q, 0));
  fq_done(q);
  uintptr_t n = (uintptr_t)fq_map_get(g->firings, key) + 1;
  fq_map_put(&g->firings, key, (void *)n);
  if (n != FIRINGS) return;
  char about[200];
  snprintf(about, sizeof about, "cycle %s", key);
  found(g, "cycle", "warning", about, policy, 0,
        fq_printf("无人处置时,规则 %s 在 %s 上一再触发,没有尽头。加上次数的上限", policy,
                  key + strlen(policy) + 1),
        fq_printf("when nobody acts, policy %s fires on %s over and over. Give it a limit", policy,
                  key + strlen(policy) + 1));
}

struct row {
  int64_t at_ms;
  char kind[64], actor[FQ_ID_MAX];
  fq_json *data;
};

static void read_row(struct playing *g, const struct row *r) {
  const fq_json *owner = g->p->model->owner(r->kind, r->data);
  if (owner) on_owner(g, r->at_ms, owner, r->actor);
  if (!strcmp(r->kind, "policy.decided")) {
    on_decided(g, r->at_ms, r->data);
    on_firing(g, r->data);
  }
  if (!strcmp(r->kind, "policy.refused")) on_refused(g, r->at_ms, r->data);
  if (!strcmp(r->kind, "policy.failed")) on_failed(g, r->at_ms, r->data);
}

static void free_json(void *v) {
  fq_json_free(v);
}

/* The rows first, for reading them asks the database other things. */
static void read_story(struct playing *g) {
  struct row *rows = NULL;
  size_t count = 0;
  fq_stmt *q =
      fq_sql(g->p->db,
             "SELECT at_ms, kind, actor, data FROM journal WHERE subject = ?1 AND subject <> '' ORDER BY seq",
             "s", g->subject);
  while (fq_row(q)) {
    rows = fq_realloc(rows, (count + 1) * sizeof *rows);
    struct row *r = &rows[count++];
    const char *text = fq_col_str(q, 3);
    *r = (struct row){.at_ms = fq_col_int(q, 0), .data = fq_json_parse(text, strlen(text), NULL)};
    fq_copy(r->kind, sizeof r->kind, fq_col_str(q, 1));
    fq_copy(r->actor, sizeof r->actor, fq_col_str(q, 2));
  }
  for (size_t i = 0; i < count; i++) {
    read_row(g, &rows[i]);
    fq_json_free(rows[i].data);
  }
  free(rows);
  fq_map_clear(&g->entries, free_json);
  fq_map_clear(&g->ways, free);
  fq_map_clear(&g->firings, NULL);
}

/* -- playing
 * ------------------------------------------------------------------------------------------------- */

static bool is_here(const struct proof *p, const fq_json *v) {
  double n = fq_json_as_num(v, 0);
  const char *text = fq_json_as_str(v);
  if (text) return fq_map_get(p->here, text);
  return n != (double)(int64_t)n; /* a coordinate */
}

/* Does the value tell one place from another? Most of what is read on the way - which clock, how often - is
 * the same wherever the same happens. */
static bool tells_place(const struct proof *p, const struct fq_read *r) {
  fq_json *v = fq_json_parse(r->value, strlen(r->value), NULL);
  bool tells = is_here(p, v);
  if (r->what == FQ_READ_ALL) fq_json_each(m, v) tells |= is_here(p, m);
  fq_json_free(v);
  return tells;
}

/* What the policies read on the way: told by the module. */
static void watch(void *arg, const struct fq_entry *entry, const struct fq_track *track) {
  struct playing *g = arg;
  for (size_t i = 0; i < track->count; i++) {
    const struct fq_read *r = &track->reads[i];
    uint32_t axes = prove_axes(g->p, r, r->root ? NULL : fq_read_follow(r, track->e));
    /* What was read at the beginning is known from the tree, and so are the commands it led to. */
    if (!strcmp(entry->kind, g->p->model->kind)) continue;
    g->end->axes |= axes & ~AXIS_PLACE;
    if (tells_place(g->p, r)) g->end->axes |= AXIS_PLACE;
  }
}

static enum fq_status run_on(struct playing *g, struct fq_error *e) {
  static const int64_t steps[] = {HOUR_MS, 6 * HOUR_MS, DAY_MS, 2 * DAY_MS, 4 * DAY_MS, 7 * DAY_MS};
  struct proof *p = g->p;
  for (size_t i = 0;; i++) {
    int64_t after = i < sizeof steps / sizeof *steps ? steps[i] : (int64_t)(i + 2) * DAY_MS;
    bool last = after >= p->passive_ms;
    enum fq_status st = fq_kernel_run_until(p->kernel, g->began_ms + (last ? p->passive_ms : after), e);
    if (st || last) return st;
    if (fq_int(p->db, 0, "SELECT count(*) FROM journal WHERE subject = ?1 AND subject <> ''", "s",
               g->subject) > ENTRIES_MOST)
      return FQ_OK;
  }
}

/* Is the last owner a rung of the place's ladder, so that elsewhere it is that place's rung? */
static void end_at_rung(struct playing *g, const struct place *at) {
  const char *level = fq_json_str(g->end->owner, "level"), *org = fq_json_str(g->end->owner, "org");
  const char *rung = prove_rung(prove_ladder(g->p, at, g->end->slot), level, "org");
  g->end->own_rung = org && rung && !strcmp(org, rung);
}

static enum fq_status play(struct playing *g, const struct place *at, size_t category, size_t level,
                           struct fq_error *e) {
  struct proof *p = g->p;
  fq_json *state = NULL;
  fq_kernel_set_time(p->kernel, g->began_ms);
  enum fq_status st = fq_kernel_try(p->kernel, e);
  if (st) return st;
  fq_policy_listen(p->kernel, true);
  fq_policy_watch(p->kernel, watch, g);
  st = fq_kernel_call(
      p->kernel, NULL, p->model->method,
      p->model->begin(at->id, fq_json_as_str(p->categories[category]), p->level_numbers[level]), NULL, e);
  fq_stmt *q = st ? NULL
                  : fq_sql(p->db, "SELECT subject FROM journal WHERE kind = ?1 ORDER BY seq DESC LIMIT 1",
                           "s", p->model->kind);
  if (q && fq_row(q)) {
    fq_copy(g->subject, sizeof g->subject, fq_col_str(q, 0));
    fq_done(q);
  }
  if (!st) st = run_on(g, e);
  if (!st) {
    read_story(g);
    state = p->model->state(p->db, g->subject);
    g->end->sent = fq_json_bool(state, "sent", false);
    fq_json_free(state);
  }
  fq_policy_watch(p->kernel, NULL, NULL);
  fq_policy_listen(p->kernel, false);
  fq_kernel_take_back(p->kernel);
  end_at_rung(g, at);
  return st;
}

/* -- once for all that end alike
 * ----------------------------------------------------------------------------- */

static bool holds(const struct ending *end, const struct place *at, int category, int level, size_t slot) {
  if (end->axes & AXIS_PLACE && end->place != at) return false;
  if (end->axes & FQ_AXIS_CATEGORY && end->category != category) return false;
  if (end->axes & FQ_AXIS_LEVEL && end->level != level) return false;
  return !(end->axes & FQ_AXIS_TIME) || end->slot == slot;
}

static void keep(struct fq_map **map, const char *key, struct ending *end) {
  struct ending *copy = fq_alloc(sizeof *copy);
  *copy = *end;
  copy->next = fq_map_get(*map, key);
  fq_map_put(map, key, copy);
}

static struct ending *look_up(const struct proof *p, const struct fq_map *map, const char *key,
                              const struct place *at, int category, int level, size_t slot, bool any) {
  for (struct ending *end = fq_map_get(map, key); end; end = end->next)
    if (any || holds(end, at, category, level, slot)) return p->all_endings[end->number];
  return NULL;
}

struct ending *prove_play(struct proof *p, const struct place *at, size_t slot, int category, int level,
                          const struct joint *j, struct outlook *o, struct fq_error *e) {
  char steady[64], exact[64];
  if (!o->future) o->future = prove_future(p, at, slot);
  snprintf(steady, sizeof steady, "%zu %zu", prove_ladder(p, at, slot)->shape, j->shape);
  snprintf(exact, sizeof exact, "%zu %zu", o->future, j->shape);
  /* As long as nobody comes or goes before it has settled, only who is there now matters. */
  struct ending *end = look_up(p, p->steady, steady, at, category, level, slot, false);
  if (end && o->steady_ms <= end->stirs_ms) end = NULL;
  if (!end) end = look_up(p, p->endings, exact, at, category, level, slot, false);
  if (!end && p->ending_count >= PLAYED_MOST) {
    p->played_all = false;
    end = look_up(p, p->steady, steady, at, category, level, slot, true);
    if (!end) end = look_up(p, p->endings, exact, at, category, level, slot, true);
  }
  if (!end) {
    struct playing g = {.p = p, .began_ms = p->slots[slot].at_ms};
    end = fq_alloc(sizeof *end);
    *end = (struct ending){.place = at,
                           .category = category,
                           .level = level,
                           .slot = slot,
                           .limits = fq_json_array(),
                           .found = fq_json_array(),
                           .number = p->ending_count};
    g.end = end;
    p->all_endings = fq_realloc(p->all_endings, (p->ending_count + 1) * sizeof *p->all_endings);
    p->all_endings[p->ending_count++] = end;
    if (play(&g, at, (size_t)category, (size_t)level, e)) {
      end = NULL;
    } else {
      if (o->steady_ms > end->stirs_ms) keep(&p->steady, steady, end);
      keep(&p->endings, exact, end);
    }
  }
  return end;
}

static void free_list(void *at) {
  for (struct ending *end = at, *next; end; end = next) {
    next = end->next;
    free(end);
  }
}

void prove_play_free(struct proof *p) {
  fq_map_clear(&p->steady, free_list);
  fq_map_clear(&p->endings, free_list);
  for (size_t i = 0; i < p->ending_count; i++) {
    fq_json_free(p->all_endings[i]->owner);
    fq_json_free(p->all_endings[i]->limits);
    fq_json_free(p->all_endings[i]->found);
    free(p->all_endings[i]);
  }
  free(p->all_endings);
  p->all_endings = NULL;
  p->ending_count = 0;
  fq_map_clear(&p->endings_told, NULL);
}
