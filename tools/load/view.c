/*
 * What a terminal knows: the incidents and tasks in its reach, from a snapshot and the events after it, as a
 * client keeps them on its screen. Knows what an event means, not how it comes (check.c asks for snapshots).
 */
#include <stdlib.h>
#include <string.h>

#include "load.h"

struct task {
  char state[16];
  int64_t rev;
  bool own;
};

struct item {
  char state[16];
  int64_t rev;
  bool reported; /* by this user */
  struct fq_map *tasks;
};

struct held {
  struct held *next;
  int64_t n;
  fq_json *event;
};

struct view {
  const struct account *account;
  int64_t n; /* the snapshot's: what came before is in it */
  bool holding;
  struct fq_map *items;
  struct held *held, **tail;
};

static bool at_desk(const struct view *v) {
  return v->account->role != ROLE_OFFICER && v->account->role != ROLE_DEPARTMENT;
}

static bool is_mine(const struct view *v, const fq_json *to) {
  const char *user = fq_json_str(to, "user"), *unit = fq_json_str(to, "unit");
  if (user) return strcmp(user, v->account->name) == 0;
  return unit && v->account->role == ROLE_DEPARTMENT && strcmp(unit, v->account->org) == 0;
}

static void item_free(void *p) {
  struct item *i = p;
  fq_map_clear(&i->tasks, free);
  free(i);
}

static struct item *item_of(struct view *v, const char *id) {
  struct item *i = fq_map_get(v->items, id);
  if (i) return i;
  i = fq_alloc(sizeof *i);
  fq_map_put(&v->items, id, i);
  return i;
}

static struct task *task_of(struct item *i, const char *id) {
  struct task *t = fq_map_get(i->tasks, id);
  if (t) return t;
  t = fq_alloc(sizeof *t);
  fq_map_put(&i->tasks, id, t);
  return t;
}

struct view *view_new(const struct account *a) {
  struct view *v = fq_alloc(sizeof *v);
  v->account = a;
  v->tail = &v->held;
  v->holding = true; /* until the first snapshot */
  return v;
}

static void forget_held(struct view *v) {
  while (v->held) {
    struct held *h = v->held;
    v->held = h->next;
    fq_json_free(h->event);
    free(h);
  }
  v->tail = &v->held;
}

void view_free(struct view *v) {
  forget_held(v);
  fq_map_clear(&v->items, item_free);
  free(v);
}

/* ---- folding ---------------------------------------------------------------------------------------------
 */

static void fold_task(struct view *v, struct item *i, const fq_json *data) {
  const char *id = fq_json_str(data, "task"), *state = fq_json_str(data, "state");
  const char *moved = fq_json_str(data, "incident_state");
  if (!id || !state) return;
  struct task *t = task_of(i, id);
  fq_copy(t->state, sizeof t->state, state);
  t->rev = fq_json_int(data, "rev", 0);
  const fq_json *to = fq_json_get(data, "to");
  if (to) t->own = is_mine(v, to);
  if (!moved) return;
  fq_copy(i->state, sizeof i->state, moved);
  i->rev = fq_json_int(data, "incident_rev", 0);
}

static void fold(struct view *v, const fq_json *event) {
  const char *kind = fq_json_str(event, "kind"), *subject = fq_json_str(event, "subject");
  const char *actor = fq_json_str(event, "actor");
  const fq_json *data = fq_json_get(event, "data");
  if (strncmp(kind, "task.", 5) == 0) {
    fold_task(v, item_of(v, subject), data);
  } else if (strncmp(kind, "incident.", 9) == 0 && fq_json_str(data, "state")) {
    struct item *i = item_of(v, subject);
    fq_copy(i->state, sizeof i->state, fq_json_str(data, "state"));
    i->rev = fq_json_int(data, "rev", 0);
    if (strcmp(kind, "incident.reported") == 0) i->reported = actor && strcmp(actor, v->account->name) == 0;
  }
}

void view_heard(struct view *v, int64_t n, const char *kind, const char *subject, const fq_json *event) {
  if (strncmp(kind, "task.", 5) != 0 && strncmp(kind, "incident.", 9) != 0) return;
  if (!v->holding) {
    if (n > v->n) fold(v, event);
    return;
  }
  struct held *h = fq_alloc(sizeof *h);
  h->n = n;
  h->event = fq_json_dup(event);
  *v->tail = h;
  v->tail = &h->next;
}

void view_hold(struct view *v) {
  v->holding = true;
}

/* Folds what was held, up to n. Events come in order, so what is left is newer. */
void view_fold_to(struct view *v, int64_t n) {
  while (v->held && v->held->n <= n) {
    struct held *h = v->held;
    v->held = h->next;
    if (!v->held) v->tail = &v->held;
    if (h->n > v->n) fold(v, h->event);
    fq_json_free(h->event);
    free(h);
  }
}

void view_release(struct view *v) {
  view_fold_to(v, INT64_MAX);
  v->holding = false;
}

bool view_holds(const struct view *v) {
  return v->holding;
}

/* ---- a snapshot ------------------------------------------------------------------------------------------
 */

static const fq_json *rows_of(const fq_json *snapshot, const char *query) {
  return fq_json_get(fq_json_get(snapshot, query), "rows");
}

void view_load(struct view *v, const fq_json *snapshot) {
  fq_map_clear(&v->items, item_free);
  v->n = fq_json_int(snapshot, "n", 0);
  fq_json_each(row, rows_of(snapshot, "incident.open")) {
    const char *reporter = fq_json_str(row, "reporter");
    struct item *i = item_of(v, fq_json_str(row, "id"));
    fq_copy(i->state, sizeof i->state, fq_json_str(row, "state"));
    i->rev = fq_json_int(row, "rev", 0);
    i->reported = reporter && strcmp(reporter, v->account->name) == 0;
    fq_json_each(task, fq_json_get(row, "tasks")) {
      struct task *t = task_of(i, fq_json_str(task, "id"));
      fq_copy(t->state, sizeof t->state, fq_json_str(task, "state"));
      t->rev = fq_json_int(task, "rev", 0);
      t->own = is_mine(v, fq_json_get(task, "to"));
    }
  }
}

/* ---- comparing -------------------------------------------------------------------------------------------
 */

static bool ended(const char *state) {
  static const char *const words[] = {"closed", "voided", "finished", "declined", "recalled", "expired"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (strcmp(words[i], state) == 0) return true;
  return false;
}

static int own_open(const struct item *i) {
  int n = 0;
  for (struct fq_map *m = i->tasks; m; m = fq_map_next(m)) {
    const struct task *t = fq_map_value(m);
    n += t->own && !ended(t->state);
  }
  return n;
}

/* Desks see what is open in their area; others what they reported and what they have a task on. */
static bool shown(const struct view *v, const struct item *i) {
  if (at_desk(v)) return !ended(i->state);
  return (i->reported && !ended(i->state)) || own_open(i) > 0;
}

static bool same_task(const struct task *t, const fq_json *row) {
  return t && strcmp(t->state, fq_json_str(row, "state")) == 0 && t->rev == fq_json_int(row, "rev", 0);
}

static bool compare_row(struct view *v, const fq_json *row, char *out, size_t cap) {
  const char *id = fq_json_str(row, "id"), *state = fq_json_str(row, "state");
  const struct item *i = fq_map_get(v->items, id);
  if (!i || !shown(v, i)) {
    snprintf(out, cap, "%s: in the snapshot (%s), not in the view", id, state);
    return false;
  }
  if (strcmp(i->state, state) != 0 || i->rev != fq_json_int(row, "rev", 0)) {
    snprintf(out, cap, "%s: the snapshot has %s rev %lld, the view %s rev %lld", id, state,
             (long long)fq_json_int(row, "rev", 0), i->state, (long long)i->rev);
    return false;
  }
  fq_json_each(task, fq_json_get(row, "tasks")) {
    if (!at_desk(v) && !is_mine(v, fq_json_get(task, "to"))) continue;
    const char *name = fq_json_str(task, "id");
    const struct task *t = fq_map_get(i->tasks, name);
    if (same_task(t, task)) continue;
    snprintf(out, cap, "%s %s: the snapshot has %s, the view %s", id, name, fq_json_str(task, "state"),
             t ? t->state : "nothing");
    return false;
  }
  return true;
}

/* A snapshot holds the newest open incidents; `next` names the last of them when there are more. */
static int64_t oldest_row(const fq_json *snapshot) {
  const char *next = fq_json_str(fq_json_get(snapshot, "incident.open"), "next");
  return next ? atoll(next + 1) : 0;
}

void view_compare(struct view *v, const fq_json *snapshot, char *out, size_t cap) {
  const fq_json *open = rows_of(snapshot, "incident.open"), *mine = rows_of(snapshot, "task.mine");
  size_t showing = 0, tasks = 0, rows = 0;
  int64_t oldest = oldest_row(snapshot);
  out[0] = 0;
  if (!open) {
    snprintf(out, cap, "the snapshot has no incident.open");
    return;
  }
  fq_json_each(row, open) if (!compare_row(v, row, out, cap)) return;
  for (struct fq_map *m = v->items; m; m = fq_map_next(m)) {
    const struct item *i = fq_map_value(m);
    if (atoll(fq_map_key(m) + 1) < oldest) continue;
    showing += shown(v, i);
    tasks += (size_t)own_open(i);
  }
  rows = fq_json_size(open);
  if (showing != rows)
    snprintf(out, cap, "the snapshot has %zu open incidents, the view %zu", rows, showing);
  else if (mine && !oldest && v->account->role == ROLE_OFFICER && tasks != fq_json_size(mine))
    snprintf(out, cap, "the snapshot has %zu own tasks, the view %zu", fq_json_size(mine), tasks);
}
