/*
 * What is decided in every situation. For each place and everybody who may answer for it, one real report is
 * made and taken back; every other situation there is walked through the policies' trees (policy/tree.h) with
 * the values it has. What a walk has read tells how far it holds: a walk that read neither category nor level
 * is the walk of all categories and levels. See prove.h.
 *
 * A view is asked in the situation itself: the report is made anew when the last one differs in something the
 * view depends on, and what policies before this one have decided is carried out first, as in a real tick.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "store/db.h"
#include "workshop/prove.h"

#define NOWHERE UINT32_MAX

struct situation {
  struct proof *p;
  const struct place *place;
  size_t category, level, slot;
  struct fq_json *templ; /* `e` as the real report gave it */
  int64_t head;          /* the journal's, before the report: its entry comes next */
  fq_json *e;            /* `e` here, when it was needed whole */
  size_t e_category, e_level, e_slot;
  fq_json *time; /* the value of a member that is a time, till the next */
  char kind[64], subject[FQ_ID_MAX], org[FQ_ID_MAX], actor[FQ_ID_MAX];

  /* The report that is there now. */
  bool tried;
  const struct place *t_place;
  size_t t_category, t_level, t_slot;
  char *t_before; /* commands that were carried out after it */

  size_t handler;  /* whose tree is walked */
  fq_json *before; /* what policies before its own decided here, without what changes no view */
  char *before_text;
  uint32_t before_axes; /* what that depends on */
  bool wrong;
  struct fq_error error;
};

/* -- axes
 * ---------------------------------------------------------------------------------------------------- */

static uint32_t listed(const struct fq_proof_axes *list, const char *name, uint32_t otherwise) {
  for (; list && list->name; list++)
    if (!strcmp(list->name, name)) return list->axes;
  return otherwise;
}

#define EVERYTHING (FQ_AXIS_CATEGORY | FQ_AXIS_LEVEL | FQ_AXIS_TIME | FQ_AXIS_STAFF | FQ_AXIS_LADDER)

static void path_of(const struct fq_read *r, char out[128]) {
  size_t n = 0;
  out[0] = '\0';
  for (size_t i = 0; i < r->count && n + 70 < 128; i++)
    n +=
        (size_t)snprintf(out + n, 128 - n, i ? ".%.60s" : "%.60s", r->steps[i].name ? r->steps[i].name : "#");
}

static uint32_t member_axes(const struct proof *p, const struct fq_read *r) {
  char path[128];
  path_of(r, path);
  if (r->what == FQ_READ_MEMBER) return listed(p->model->members, path, AXIS_PLACE);
  uint32_t axes = AXIS_PLACE; /* all members: those directly below */
  size_t len = strlen(path);
  for (const struct fq_proof_axes *m = p->model->members; m->name; m++) {
    const char *rest = !len                                                  ? m->name
                       : !strncmp(m->name, path, len) && m->name[len] == '.' ? m->name + len + 1
                                                                             : NULL;
    if (rest && !strchr(rest, '.')) axes |= m->axes;
  }
  return axes;
}

uint32_t prove_axes(const struct proof *p, const struct fq_read *r, const fq_json *v) {
  if (r->what == FQ_READ_ASK)
    return listed(p->model->views, fq_json_as_str(fq_json_first(r->question)), EVERYTHING);
  uint32_t axes = r->root ? 0 : member_axes(p, r);
  fq_json_each(m, fq_json_type(v) == FQ_JSON_OBJECT && r->what == FQ_READ_ALL ? v : NULL) {
    if (fq_json_as_str(m) && fq_time_parse(fq_json_as_str(m)) >= 0) axes |= FQ_AXIS_TIME;
  }
  const char *text = fq_json_as_str(v);
  if (text && fq_time_parse(text) >= 0) axes |= FQ_AXIS_TIME;
  return axes;
}

/* -- a real report, to be taken back
 * --------------------------------------------------------------------------- */

static enum fq_status call(struct proof *p, const char *method, fq_json *params, bool as_policy,
                           const char *policy, struct fq_error *e) {
  char name[FQ_ID_MAX];
  snprintf(name, sizeof name, "policy/%.56s", policy);
  struct fq_actor actor = {.name = name, .org = "", .roles = FQ_ROLE_POLICY};
  char root[FQ_ID_MAX] = "";
  fq_stmt *q =
      as_policy ? fq_sql(p->db, "SELECT id FROM org WHERE parent = '' ORDER BY id LIMIT 1", "") : NULL;
  if (q && fq_row(q)) {
    fq_copy(root, sizeof root, fq_col_str(q, 0));
    fq_done(q);
  }
  actor.org = root;
  return fq_kernel_call(p->kernel, as_policy ? &actor : NULL, method, params, NULL, e);
}

static void leave(struct situation *s) {
  if (s->tried) fq_kernel_take_back(s->p->kernel);
  s->tried = false;
  free(s->t_before);
  s->t_before = NULL;
}

static bool report(struct situation *s) {
  struct proof *p = s->p;
  leave(s);
  s->t_place = s->place;
  s->t_category = s->category;
  s->t_level = s->level;
  s->t_slot = s->slot;
  fq_kernel_set_time(p->kernel, p->slots[s->slot].at_ms);
  if (fq_kernel_try(p->kernel, &s->error)) return false;
  s->tried = true;
  fq_json *params =
      p->model->begin(s->place->id, fq_json_as_str(p->categories[s->category]), p->level_numbers[s->level]);
  if (call(p, p->model->method, params, false, "", &s->error)) return false;
  s->t_before = fq_strdup("");
  return true;
}

static bool agrees(const struct situation *s, uint32_t axes) {
  const struct proof *p = s->p;
  if (!s->tried || s->t_place != s->place) return false;
  const size_t *ladder = s->place->ladder_of;
  if (ladder[p->slots[s->t_slot].state] != ladder[p->slots[s->slot].state]) return false;
  if (axes & FQ_AXIS_CATEGORY && s->t_category != s->category) return false;
  if (axes & FQ_AXIS_LEVEL && s->t_level != s->level) return false;
  return !(axes & FQ_AXIS_TIME) || s->t_slot == s->slot;
}

static bool is_timeless(const struct proof *p, const char *method) {
  for (const char *const *t = p->model->timeless; *t; t++)
    if (!strcmp(*t, method)) return true;
  return false;
}

static size_t cell_of(const struct situation *s) {
  const struct proof *p = s->p;
  return (s->category * p->level_count + s->level) * p->slot_count + s->slot;
}

/* What is carried out before this policy is asked. */
static void find_before(struct situation *s) {
  const struct proof *p = s->p;
  if (s->before) return;
  s->before = fq_json_array();
  s->before_axes = 0;
  for (size_t i = 0; i < s->handler && p->handlers[i].policy < p->handlers[s->handler].policy; i++) {
    const struct handler *h = &p->handlers[i];
    const struct fq_leaf *leaf = fq_tree_leaf(h->tree, h->cells[cell_of(s)]);
    fq_json_each(c, leaf->commands) {
      if (is_timeless(p, fq_json_str(c, "method"))) continue;
      fq_json *o = fq_json_dup(c);
      fq_json_set_str(o, "policy", p->policies[h->policy].active->name);
      fq_json_push(s->before, o);
    }
    for (size_t n = 0; n < fq_tree_leaves(h->tree); n++)
      fq_json_each(c, fq_tree_leaf(h->tree, n)->commands) if (!is_timeless(p, fq_json_str(c, "method")))
          s->before_axes |= h->axes;
  }
  s->before_text = fq_json_size(s->before) ? fq_json_print(s->before) : fq_strdup("");
}

static void forget_before(struct situation *s) {
  fq_json_free(s->before);
  free(s->before_text);
  s->before = NULL;
  s->before_text = NULL;
}

/* The county as it is in this situation, as far as the axes go. */
static bool situate(struct situation *s, uint32_t axes) {
  if (s->wrong) return false;
  find_before(s);
  if (agrees(s, axes) && !strcmp(s->t_before, s->before_text)) return true;
  /* Carried out in the order of deciding; what was carried out cannot be taken out again. */
  if (!agrees(s, axes) || s->t_before[0]) s->wrong = !report(s);
  if (s->wrong) return false;
  fq_json_each(c, s->before) {
    struct fq_error ignored = {0}; /* refused there, refused here: then nothing has changed */
    call(s->p, fq_json_str(c, "method"), fq_json_dup(fq_json_get(c, "params")), true,
         fq_json_str(c, "policy"), &ignored);
  }
  free(s->t_before);
  s->t_before = fq_strdup(s->before_text);
  return true;
}

/* -- `e`
 * ----------------------------------------------------------------------------------------------------- */

static const fq_json *value_of(struct situation *s, uint32_t axes, const fq_json *was) {
  const struct proof *p = s->p;
  if (axes & FQ_AXIS_CATEGORY) return p->categories[s->category];
  if (axes & FQ_AXIS_LEVEL) return p->levels[s->level];
  if (!(axes & FQ_AXIS_TIME)) return was;
  fq_json_free(s->time);
  int64_t at_ms = p->slots[s->slot].at_ms;
  char text[32];
  fq_time_format(at_ms, text);
  s->time = fq_json_as_str(was) ? fq_json_new_str(text) : fq_json_new_int(at_ms);
  return s->time;
}

static void put(struct situation *s, fq_json *e, const char *path, uint32_t axes) {
  const char *dot;
  char name[64];
  while ((dot = strchr(path, '.'))) {
    fq_copy(name, (size_t)(dot - path) + 1 < sizeof name ? (size_t)(dot - path) + 1 : sizeof name, path);
    if (!(e = fq_json_edit(e, name))) return;
    path = dot + 1;
  }
  const fq_json *was = fq_json_get(e, path);
  if (was) fq_json_set(e, path, fq_json_dup(value_of(s, axes, was)));
}

static fq_json *whole(struct situation *s) {
  if (s->e && s->e_category == s->category && s->e_level == s->level && s->e_slot == s->slot) return s->e;
  fq_json_free(s->e);
  s->e = fq_json_dup(s->templ);
  for (const struct fq_proof_axes *m = s->p->model->members; m->name; m++)
    put(s, s->e, m->name, m->axes);
  s->e_category = s->category;
  s->e_level = s->level;
  s->e_slot = s->slot;
  return s->e;
}

static fq_json *read_template(struct situation *s) {
  struct proof *p = s->p;
  fq_json *out = NULL;
  fq_stmt *q = fq_sql(p->db,
                      "SELECT seq, at_ms, subject, org, actor, cause, data FROM journal WHERE kind = ?1"
                      " ORDER BY seq DESC LIMIT 1",
                      "s", p->model->kind);
  if (!fq_row(q)) return NULL;
  fq_copy(s->subject, sizeof s->subject, fq_col_str(q, 2));
  fq_copy(s->org, sizeof s->org, fq_col_str(q, 3));
  fq_copy(s->actor, sizeof s->actor, fq_col_str(q, 4));
  struct fq_entry entry = {.seq = fq_col_int(q, 0),
                           .at_ms = fq_col_int(q, 1),
                           .kind = p->model->kind,
                           .subject = s->subject,
                           .org = s->org,
                           .audience = "",
                           .actor = s->actor,
                           .cause = fq_col_int(q, 5)};
  const char *text = fq_col_str(q, 6);
  fq_json *data = fq_json_parse(text, strlen(text), NULL);
  fq_done(q);
  entry.data = data;
  fq_json *context = fq_host_context(p->modules, p->module_count, p->db, &entry);
  out = fq_view_entry(&entry, context);
  fq_json_free(context);
  fq_json_free(data);
  return out;
}

/* -- walking
 * ------------------------------------------------------------------------------------------------- */

static uint32_t on_entry(void *arg, const struct fq_read *r, const fq_json **v) {
  struct situation *s = arg;
  uint32_t axes = member_axes(s->p, r);
  if (r->what == FQ_READ_ALL)
    *v = fq_read_follow(r, axes ? whole(s) : s->templ);
  else
    *v = value_of(s, axes, fq_read_follow(r, s->templ));
  return axes;
}

static uint32_t on_answer(void *arg, const fq_json *question, fq_json **answer) {
  struct situation *s = arg;
  const fq_json *name = fq_json_first(question);
  uint32_t axes = listed(s->p->model->views, fq_json_as_str(name), EVERYTHING) | AXIS_PLACE;
  struct fq_error e = {0};
  if (!situate(s, axes)) return axes;
  axes |= s->before_axes;
  *answer = fq_view_ask(s->p->host, fq_json_as_str(name), fq_json_next(name), whole(s), s->p->db,
                        s->p->slots[s->slot].at_ms, &e);
  if (!*answer) *answer = fq_view_refusal(&e);
  if (fq_failed(s->p->db)) fq_db_clear(s->p->db); /* a wrong statement is that view's matter */
  return axes;
}

static void before_view(void *arg, const char *view) {
  struct situation *s = arg;
  situate(s, listed(s->p->model->views, view, EVERYTHING));
}

static void on_decide(void *arg, struct fq_track *track, struct fq_decision *out) {
  struct situation *s = arg;
  const fq_json *e = whole(s);
  const struct handler *h = &s->p->handlers[s->handler];
  struct fq_entry entry = {.seq = fq_json_int(e, "seq", 0),
                           .at_ms = s->p->slots[s->slot].at_ms,
                           .kind = s->p->model->kind,
                           .subject = s->subject,
                           .org = s->org,
                           .audience = "",
                           .actor = s->actor,
                           .data = e};
  *track = (struct fq_track){.e = e, .before = before_view, .arg = s};
  fq_decide(s->p->host, s->p->policies[h->policy].active->version,
            &(struct fq_question){.entry = &entry, .db = s->p->db, .track = track, .handler = h->number},
            out);
}

/* The names of people and units, which differ from place to place, taken out of a value. */
static fq_json *nameless(const struct proof *p, const struct ladder *l, const fq_json *v) {
  enum fq_json_type type = fq_json_type(v);
  if (type == FQ_JSON_ARRAY || type == FQ_JSON_OBJECT) {
    fq_json *out = type == FQ_JSON_ARRAY ? fq_json_array() : fq_json_object();
    fq_json_each(m, v) {
      fq_json *one = nameless(p, l, m);
      if (type == FQ_JSON_ARRAY)
        fq_json_push(out, one);
      else
        fq_json_set(out, fq_json_name(m), one);
    }
    return out;
  }
  const char *s = fq_json_as_str(v);
  if (!s) return fq_json_dup(v);
  fq_json_each(r, fq_json_get(l->json, "rungs")) if (!strcmp(fq_json_str(r, "org"), s)) {
    char text[80];
    snprintf(text, sizeof text, "@%.60s", fq_json_str(r, "level"));
    return fq_json_new_str(text);
  }
  if (fq_map_get(p->accounts, s)) return fq_json_new_str("@user");
  return fq_json_new_str(s);
}

static size_t outcome_of(struct proof *p, const struct joint *j) {
  fq_json *o = fq_json_object();
  fq_json_set(o, "limits", fq_json_dup(j->limits));
  fq_json_set_bool(o, "sends", j->sends);
  fq_json *keys = fq_json_array();
  fq_json_each(f, j->found) fq_json_push(keys, fq_json_new_str(fq_json_str(f, "key")));
  fq_json_set(o, "found", keys);
  char *text = fq_json_print(o);
  uintptr_t n = (uintptr_t)fq_map_get(p->outcomes, text);
  if (!n) {
    n = ++p->outcome_count;
    fq_map_put(&p->outcomes, text, (void *)n);
  }
  free(text);
  fq_json_free(o);
  return n - 1;
}

static void fights_of(struct proof *p, struct joint *j) {
  fq_json *others = fq_json_array();
  fq_json_each(c, j->commands) {
    prove_fights(p, j->found, fq_json_str(c, "policy"), c, others);
    fq_json_push(others, fq_json_dup(c));
  }
  fq_json_free(others);
}

/* Takes commands and what was found. */
static size_t intern_joint(struct situation *s, const char *key, fq_json *commands, fq_json *found) {
  struct proof *p = s->p;
  p->joints = fq_realloc(p->joints, (p->joint_count + 1) * sizeof *p->joints);
  struct joint *j = &p->joints[p->joint_count];
  *j = (struct joint){.commands = commands, .limits = fq_json_array(), .found = found};
  fights_of(p, j);
  fq_json_each(c, commands) {
    fq_json *effect = p->model->effect(p->db, fq_json_str(c, "method"), fq_json_get(c, "params"));
    const fq_json *limit = fq_json_get(effect, "limit");
    j->sends |= fq_json_bool(effect, "sends", false);
    if (limit) {
      fq_json *copy = fq_json_dup(limit);
      fq_json_set_str(copy, "policy", fq_json_str(c, "policy"));
      fq_json_push(j->limits, copy);
    }
    fq_json_free(effect);
  }
  fq_json *plain = nameless(p, prove_ladder(p, s->place, s->slot), commands);
  char *shape = fq_json_print(plain);
  fq_json_each(f, found) { /* a policy that fails is not one that says nothing */
    char *more = fq_printf("%s %s", shape, fq_json_str(f, "key"));
    free(shape);
    shape = more;
  }
  j->shape = prove_number(&p->joint_shapes, shape);
  free(shape);
  fq_json_free(plain);
  j->outcome = outcome_of(p, j);
  fq_map_put(&p->joint_by_key, key, (void *)(uintptr_t)++p->joint_count);
  return p->joint_count - 1;
}

static void failed(const struct proof *p, fq_json *found, const struct fq_active *a,
                   const struct fq_leaf *leaf) {
  char key[256];
  snprintf(key, sizeof key, "failed %s %d", a->name, leaf->line);
  prove_found(p, found, "failed", "error", key, a->name, leaf->line,
              fq_printf("规则 %s 会出错,由默认规则代为决定:%s:%s", a->name, fq_exit_zh(leaf->exit), leaf->zh),
              fq_printf("policy %s will fail, and the default policy decide in its place: %s: %s", a->name,
                        fq_exit_en(leaf->exit), leaf->en));
}

/* What the leaves of all handlers in one situation come to. A policy one of whose handlers fails gives no
 * command at all. */
static size_t join(struct situation *s, const uint32_t *leaves) {
  struct proof *p = s->p;
  struct fq_buf key = {0};
  for (size_t i = 0; i < p->handler_count; i++)
    fq_buf_fmt(&key, "%u ", leaves[i]);
  fq_buf_str(&key, " ");
  uintptr_t known = (uintptr_t)fq_map_get(p->joint_by_key, key.data);
  if (!known) {
    fq_json *commands = fq_json_array(), *found = fq_json_array();
    for (size_t i = 0, next; i < p->handler_count; i = next) {
      const struct fq_leaf *wrong = NULL;
      const struct fq_active *a = p->policies[p->handlers[i].policy].active;
      for (next = i; next < p->handler_count && p->handlers[next].policy == p->handlers[i].policy; next++) {
        const struct fq_leaf *leaf = fq_tree_leaf(p->handlers[next].tree, leaves[next]);
        if (leaf->exit != FQ_EXIT_OK && !wrong) wrong = leaf;
      }
      if (wrong) failed(p, found, a, wrong);
      for (size_t k = i; k < next && !wrong; k++)
        fq_json_each(c, fq_tree_leaf(p->handlers[k].tree, leaves[k])->commands) {
          fq_json *o = fq_json_dup(c);
          fq_json_set_str(o, "policy", a->name);
          fq_json_push(commands, o);
        }
    }
    known = intern_joint(s, key.data, commands, found) + 1;
  }
  fq_buf_free(&key);
  return known - 1;
}

/* Every situation that agrees with this one on what was read. */
static void spread(struct situation *s, uint32_t axes, uint32_t *cells, uint32_t leaf) {
  const struct proof *p = s->p;
  const size_t *ladder = s->place->ladder_of;
  const struct slot *here = &p->slots[s->slot];
  for (size_t t = 0; t < p->slot_count; t++) {
    const struct slot *there = &p->slots[t];
    if (axes & (AXIS_PLACE | FQ_AXIS_LADDER) && ladder[there->state] != ladder[here->state]) continue;
    if (axes & FQ_AXIS_TIME && t != s->slot) continue;
    if (axes & FQ_AXIS_STAFF && there->state != here->state) continue;
    for (size_t c = 0; c < p->category_count; c++) {
      if (axes & FQ_AXIS_CATEGORY && c != s->category) continue;
      for (size_t l = 0; l < p->level_count; l++)
        if (!(axes & FQ_AXIS_LEVEL) || l == s->level)
          cells[(c * p->level_count + l) * p->slot_count + t] = leaf;
    }
  }
}

/* `e` of this place with these people above it. */
static bool templ_here(struct situation *s, size_t *of_template, struct fq_error *e) {
  size_t ladder = s->place->ladder_of[s->p->slots[s->slot].state];
  if (ladder == *of_template) return true;
  fq_json_free(s->templ);
  fq_json_free(s->e);
  s->e = NULL;
  s->templ = report(s) ? read_template(s) : NULL;
  *of_template = ladder;
  if (s->templ) return true;
  *e = s->error;
  if (!e->status)
    fq_fail(e, FQ_E_INTERNAL, "proof.begin", "", "没有 %s 这条记录", "there is no entry %s",
            s->p->model->kind);
  return false;
}

static bool walk_handler(struct situation *s, size_t *of_template, struct fq_error *e) {
  struct proof *p = s->p;
  struct handler *h = &p->handlers[s->handler];
  const struct fq_walk w = {.arg = s, .entry = on_entry, .answer = on_answer, .decide = on_decide};
  if (h->everywhere) return true;
  memset(h->cells, 0xff, p->category_count * p->level_count * p->slot_count * sizeof *h->cells);
  h->axes = 0;
  for (s->slot = 0; s->slot < p->slot_count; s->slot++)
    for (s->category = 0; s->category < p->category_count; s->category++)
      for (s->level = 0; s->level < p->level_count; s->level++) {
        uint32_t axes;
        if (h->cells[cell_of(s)] != NOWHERE) continue;
        if (!templ_here(s, of_template, e)) return false;
        const struct fq_leaf *leaf = fq_tree_walk(h->tree, &w, &axes, e);
        forget_before(s);
        if (s->wrong) *e = s->error;
        if (!leaf || s->wrong) return false;
        spread(s, axes, h->cells, (uint32_t)leaf->number);
        h->axes |= axes;
      }
  h->everywhere = !(h->axes & (AXIS_PLACE | FQ_AXIS_STAFF | FQ_AXIS_LADDER));
  p->reads_time |= (h->axes & FQ_AXIS_TIME) != 0;
  return true;
}

#define TUPLES 64

/* The leaves of all handlers, cell by cell; neighbours are mostly alike. */
static void join_cells(struct situation *s, uint32_t *cells) {
  struct proof *p = s->p;
  size_t n = p->handler_count, all = p->category_count * p->level_count * p->slot_count, next = 0, last = 0;
  uint32_t *tuples = fq_alloc(TUPLES * (n + 1) * sizeof *tuples), *tuple = fq_alloc((n + 1) * sizeof *tuple);
  size_t ladders[TUPLES];
  for (size_t i = 0; i < TUPLES; i++)
    ladders[i] = SIZE_MAX;
  for (size_t k = 0; k < all; k++) {
    s->slot = k % p->slot_count;
    size_t ladder = s->place->ladder_of[p->slots[s->slot].state], at = last, tried = 0;
    for (size_t i = 0; i < n; i++)
      tuple[i] = p->handlers[i].cells[k];
    for (; tried < TUPLES; tried++, at = (at + 1) % TUPLES)
      if (ladders[at] == ladder && !memcmp(tuples + at * (n + 1), tuple, n * sizeof *tuple)) break;
    if (tried == TUPLES) {
      at = next++ % TUPLES;
      ladders[at] = ladder;
      memcpy(tuples + at * (n + 1), tuple, n * sizeof *tuple);
      tuples[at * (n + 1) + n] = (uint32_t)join(s, tuple);
    }
    cells[k] = tuples[at * (n + 1) + n];
    last = at;
  }
  free(tuples);
  free(tuple);
}

enum fq_status prove_walk(struct proof *p, const struct place *at, uint32_t *cells, struct fq_error *e) {
  struct situation *s = p->now;
  size_t of_template = SIZE_MAX;
  s->place = at;
  for (s->handler = 0; s->handler < p->handler_count; s->handler++)
    if (!walk_handler(s, &of_template, e)) return e->status;
  leave(s);
  join_cells(s, cells);
  return FQ_OK;
}

void prove_walk_slots(struct proof *p) {
  for (size_t i = 0; i < p->handler_count; i++) {
    struct handler *h = &p->handlers[i];
    free(h->cells);
    h->cells = fq_alloc(p->category_count * p->level_count * p->slot_count * sizeof *h->cells);
    h->everywhere = false;
  }
}

/* -- opening
 * ------------------------------------------------------------------------------------------------- */

/* The trees rest on what the plugin says of axes; held against real reports before anything is learnt. */
static enum fq_status hold_model(struct proof *p, struct fq_error *e) {
  struct situation *s = p->now;
  for (int i = 0; i < 6; i++) {
    s->place = &p->places[(size_t)i * 7 % p->place_count];
    s->category = s->level = s->slot = 0;
    fq_json_free(s->templ);
    fq_json_free(s->e);
    s->e = NULL;
    s->templ = report(s) ? read_template(s) : NULL;
    s->category = (size_t)(i + 1) % p->category_count;
    s->level = (size_t)(i + 1) % p->level_count;
    s->slot = (size_t)(i + 1) * 23 % p->slot_count;
    const size_t *ladder = s->place->ladder_of;
    if (ladder[p->slots[s->slot].state] != ladder[p->slots[0].state]) s->slot = 0;
    fq_json *real = s->templ && report(s) ? read_template(s) : NULL;
    bool same = real && fq_json_equal(real, whole(s));
    if (!same && real) {
      char *a = fq_json_print(real), *b = fq_json_print(whole(s));
      fq_log(FQ_LOG_ERROR, "proof: %s is not %s", a, b);
      free(a);
      free(b);
    }
    fq_json_free(real);
    leave(s);
    if (!real) return *e = s->error, e->status ? e->status : FQ_E_INTERNAL;
    if (!same)
      return fq_fail(e, FQ_E_INTERNAL, "proof.model", p->plugin->name, "插件 %s 对情形的描述与实际不符",
                     "what plugin %s says of situations is not so", p->plugin->name);
  }
  return FQ_OK;
}

enum fq_status prove_walk_open(struct proof *p, struct fq_error *e) {
  size_t count;
  const struct fq_active *list = fq_policy_active(p->kernel, &count);
  p->policies = fq_alloc((count + 1) * sizeof *p->policies);
  for (size_t i = 0; i < count; i++) {
    struct policy *one = &p->policies[p->policy_count++];
    one->active = &list[i];
    if (!list[i].version || !fq_version_hears(list[i].version, p->model->kind)) continue;
    int handlers = fq_version_handler_count(p->host, list[i].version, p->model->kind);
    for (int n = 1; n <= handlers; n++) {
      p->handlers = fq_realloc(p->handlers, (p->handler_count + 1) * sizeof *p->handlers);
      p->handlers[p->handler_count++] = (struct handler){.policy = i, .number = n, .tree = fq_tree_new()};
    }
  }
  prove_walk_slots(p);
  fq_stmt *q = fq_sql(p->db, "SELECT name FROM account", "");
  while (fq_row(q))
    fq_map_put(&p->accounts, fq_col_str(q, 0), p);
  p->now = fq_alloc(sizeof *p->now);
  p->now->p = p;
  fq_policy_listen(p->kernel, false);
  return hold_model(p, e);
}

void prove_walk_close(struct proof *p) {
  struct situation *s = p->now;
  if (s) {
    leave(s);
    fq_json_free(s->templ);
    fq_json_free(s->e);
    fq_json_free(s->time);
    free(s);
  }
  for (size_t i = 0; i < p->handler_count; i++) {
    fq_tree_free(p->handlers[i].tree);
    free(p->handlers[i].cells);
  }
  free(p->handlers);
  fq_map_clear(&p->accounts, NULL);
  for (size_t i = 0; i < p->joint_count; i++) {
    fq_json_free(p->joints[i].commands);
    fq_json_free(p->joints[i].limits);
    fq_json_free(p->joints[i].found);
  }
  free(p->joints);
  free(p->policies);
  fq_map_clear(&p->joint_by_key, NULL);
  fq_map_clear(&p->joint_shapes, NULL);
  fq_map_clear(&p->outcomes, NULL);
}
