/*
 * staff.c - everybody who could be sent, in memory: one immutable copy that the kernel thread and the readers
 * share by reference, made anew when somebody's account, skills, duty, leave or shift changes, or when the
 * time comes at which a leave or a shift begins or ends. Beside it the kernel thread has the loads of those
 * who are there. Kernel thread unless it says otherwise.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "people/people.h"

#define DEFAULT_CAPACITY 3 /* open tasks somebody can carry when nothing else is said */

struct dp_staff_cache {
  pthread_mutex_t lock;
  struct dp_staff *shared; /* of committed rows only, so that its mark says all: readers trust it */
  struct dp_at_hand at_hand;
  bool stale; /* kernel thread: somebody has moved since at_hand was made */
};

struct dp_staff_cache *dp_staff_new(void) {
  struct dp_staff_cache *c = calloc(1, sizeof *c);
  if (!c) abort();
  pthread_mutex_init(&c->lock, NULL);
  return c;
}

/* Under the lock, or when nobody else is left. */
static void unref(struct dp_staff *s) {
  if (!s || --s->refs > 0) return;
  free(s->officers);
  free(s);
}

void dp_staff_free(struct dp_staff_cache *c) {
  if (!c) return;
  unref(c->at_hand.staff);
  unref(c->shared);
  free(c->at_hand.near);
  pthread_mutex_destroy(&c->lock);
  free(c);
}

void dp_staff_put(struct dp_self *self, struct dp_staff *s) {
  pthread_mutex_lock(&self->staff->lock);
  unref(s);
  pthread_mutex_unlock(&self->staff->lock);
}

/* ---- loading ---------------------------------------------------------------------------------------------
 */

/* The next time at which a leave or a shift begins or ends. */
static int64_t next_change(fq_db *db, int64_t now_ms) {
  static const char *const sql[] = {"SELECT min(from_ms) FROM leave WHERE from_ms > ?1",
                                    "SELECT min(until_ms) FROM leave WHERE until_ms > ?1",
                                    "SELECT min(from_ms) FROM duty_shift WHERE from_ms > ?1",
                                    "SELECT min(until_ms) FROM duty_shift WHERE until_ms > ?1"};
  int64_t next = INT64_MAX;
  for (size_t k = 0; k < 4; k++) {
    int64_t at = fq_int(db, 0, sql[k], "i", now_ms);
    if (at > now_ms && at < next) next = at;
  }
  return next;
}

static struct dp_staff *load(struct dp_self *self, fq_db *db, int64_t mark, int64_t now_ms) {
  struct dp_staff *s = calloc(1, sizeof *s);
  if (!s) abort();
  s->refs = 1;
  s->mark = mark;
  s->from_ms = now_ms;
  s->until_ms = next_change(db, now_ms);
  fq_stmt *q =
      fq_sql(db,
             "SELECT a.name, coalesce(f.grid, a.org), a.display, f.skills, coalesce(f.capacity, ?3),"
             " o.lon, o.lat, " DP_PRESENCE_COLUMNS DP_PRESENCE_FROM " LEFT JOIN officer f ON f.user = a.name"
             " LEFT JOIN org o ON o.id = coalesce(f.grid, a.org)"
             " WHERE (a.roles & ?2) != 0 AND a.disabled = 0 ORDER BY a.name",
             "iii", now_ms, (int64_t)FQ_ROLE_OFFICER, (int64_t)DEFAULT_CAPACITY);
  while (fq_row(q)) {
    if (s->count == s->cap) {
      s->cap = s->cap ? 2 * s->cap : 64;
      s->officers = realloc(s->officers, s->cap * sizeof *s->officers);
      if (!s->officers) abort();
    }
    struct dp_officer *o = &s->officers[s->count++];
    const char *display = fq_col_str(q, 2);
    dp_text(o->user, sizeof o->user, fq_col_str(q, 0));
    dp_text(o->org, sizeof o->org, fq_col_str(q, 1));
    dp_text(o->display, sizeof o->display, display && *display ? display : o->user);
    dp_text(o->skills, sizeof o->skills, fq_col_str(q, 3));
    o->capacity = fq_col_int(q, 4);
    o->lon = fq_col_null(q, 5) ? NAN : fq_col_num(q, 5);
    o->lat = fq_col_null(q, 6) ? NAN : fq_col_num(q, 6);
    dp_presence_read(q, 7, &o->absence);
    o->last = dp_position_slot(self->positions, o->user);
  }
  return s;
}

static bool good(const struct dp_staff *s, int64_t mark, int64_t now_ms) {
  return s && s->mark == mark && s->from_ms <= now_ms && now_ms < s->until_ms;
}

static struct dp_staff *get(struct dp_self *self, fq_db *db, int64_t mark, int64_t now_ms) {
  struct dp_staff_cache *c = self->staff;
  pthread_mutex_lock(&c->lock);
  struct dp_staff *s = good(c->shared, mark, now_ms) ? c->shared : NULL;
  if (s) s->refs++;
  pthread_mutex_unlock(&c->lock);
  if (s) return s;
  s = load(self, db, mark, now_ms);
  /* In the middle of a tick the rows may yet be rolled back and their number be given to another change. */
  if (mark > fq_int(db, 0, "SELECT max(seq) FROM journal", "") || fq_failed(db)) return s;
  pthread_mutex_lock(&c->lock);
  if (!c->shared || c->shared->mark <= mark) { /* a reader may still look at an older state */
    unref(c->shared);
    c->shared = s;
    s->refs++;
  }
  pthread_mutex_unlock(&c->lock);
  return s;
}

struct dp_staff *dp_staff_get(struct dp_self *self, fq_db *db, int64_t now_ms) {
  return get(self, db, fq_int(db, 0, "SELECT value FROM dispatch_counter WHERE name = 'roster'", ""), now_ms);
}

/* ---- the kernel thread's
 * ------------------------------------------------------------------------------------ */

static void forget_loads(struct dp_at_hand *h, int64_t mark) {
  for (size_t x = 0; x < h->count; x++)
    h->near[x].load = DP_UNASKED;
  h->load_mark = mark;
}

struct dp_at_hand *dp_staff_at_hand(struct dp_self *self, fq_db *db, int64_t now_ms) {
  struct dp_staff_cache *c = self->staff;
  struct dp_at_hand *h = &c->at_hand;
  int64_t mark = 0, load_mark = 0;
  fq_stmt *q =
      fq_sql(db, "SELECT name = 'roster', value FROM dispatch_counter WHERE name IN ('load', 'roster')", "");
  while (fq_row(q))
    *(fq_col_int(q, 0) ? &mark : &load_mark) = fq_col_int(q, 1);
  if (!c->stale && good(h->staff, mark, now_ms)) {
    if (h->load_mark != load_mark) forget_loads(h, load_mark);
    return h;
  }
  if (h->staff) dp_staff_put(self, h->staff);
  const struct dp_staff *s = h->staff = get(self, db, mark, now_ms);
  free(h->near);
  h->near = calloc(s->count + 1, sizeof *h->near);
  if (!h->near) abort();
  h->count = 0;
  for (size_t x = 0; x < s->count; x++) {
    const struct dp_officer *o = &s->officers[x];
    if (o->absence.why != DP_HERE) continue;
    h->near[h->count++] = (struct dp_near){.lon = o->lon,
                                           .lat = o->lat,
                                           .last = o->last,
                                           .officer = (uint32_t)x,
                                           .capacity = (int32_t)o->capacity};
  }
  forget_loads(h, load_mark);
  c->stale = false;
  return h;
}

/* Who can be sent has changed: the copy is out of date. The mark in the table goes back with a rolled-back
 * command, the flag does not; the copy is trusted only when both agree. */
enum fq_status dp_apply_staff_moved(struct fq_apply *a, const struct fq_entry *e) {
  struct dp_self *self = a->self;
  if (self->staff) self->staff->stale = true;
  fq_exec(a->db,
          "INSERT INTO dispatch_counter(name, value) VALUES('roster', ?1)"
          " ON CONFLICT(name) DO UPDATE SET value = excluded.value",
          "i", e->seq);
  return FQ_OK;
}

/* Both lists are in the order of names. */
static int by_name(const void *user, const void *officer) {
  return strcmp(user, ((const struct dp_officer *)officer)->user);
}
static int by_place(const void *officer, const void *near) {
  uint32_t x = *(const uint32_t *)officer, y = ((const struct dp_near *)near)->officer;
  return x < y ? -1 : x > y;
}
static struct dp_near *near_of(const struct dp_at_hand *h, const char *user) {
  const struct dp_staff *s = h->staff;
  const struct dp_officer *o = bsearch(user, s->officers, s->count, sizeof *s->officers, by_name);
  if (!o) return NULL;
  uint32_t x = (uint32_t)(o - s->officers);
  return bsearch(&x, h->near, h->count, sizeof *h->near, by_place);
}

/* A task of `user` begins (+1) or ends (-1): the loads in memory move along. So that a command that is rolled
 * back cannot leave them wrong, every move also counts up a row, which does go back with its command: the
 * loads hold only while they have made exactly the moves that the row has counted. Otherwise they are asked
 * for again, one by one, when somebody looks. */
void dp_load_moved(struct fq_apply *a, const char *user, int by) {
  if (!user || !*user) return;
  struct dp_staff_cache *c = ((struct dp_self *)a->self)->staff;
  /* In two: RETURNING makes a table of its own each time, for five times as much. */
  fq_exec(a->db,
          "INSERT INTO dispatch_counter(name, value) VALUES('load', 1)"
          " ON CONFLICT(name) DO UPDATE SET value = value + 1",
          "");
  int64_t counted = fq_int(a->db, 0, "SELECT value FROM dispatch_counter WHERE name = 'load'", "");
  if (!c || !c->at_hand.staff) return;
  struct dp_at_hand *h = &c->at_hand;
  if (h->load_mark + 1 != counted) {
    forget_loads(h, counted);
    return;
  }
  h->load_mark = counted;
  struct dp_near *n = near_of(h, user);
  if (n && n->load != DP_UNASKED) n->load += by;
}
