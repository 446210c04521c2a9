/*
 * position.c - the last position of each user: volatile, in memory alone, never journalled. Written on the
 * kernel thread, read there and by queries on reader threads, hence the lock. Knows no incident.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "people/people.h"

struct slot {
  char user[FQ_ID_MAX];
  struct dp_position at; /* at_ms 0: nothing known yet */
};
struct dp_positions {
  pthread_mutex_t lock; /* held by the kernel thread to write, by readers to read */
  struct slot *
      *slots; /* open addressing; cap is a power of two, at most half full; users are never taken out */
  size_t cap, used, known;
};

struct dp_positions *dp_positions_new(void) {
  struct dp_positions *p = calloc(1, sizeof *p);
  if (!p) abort();
  p->cap = 256;
  p->slots = calloc(p->cap, sizeof *p->slots);
  if (!p->slots) abort();
  pthread_mutex_init(&p->lock, NULL);
  return p;
}

void dp_positions_free(struct dp_positions *p) {
  if (!p) return;
  pthread_mutex_destroy(&p->lock);
  for (size_t i = 0; i < p->cap; i++)
    free(p->slots[i]);
  free(p->slots);
  free(p);
}

static struct slot **find(struct slot **slots, size_t cap, const char *user) {
  uint64_t h = 1469598103934665603u; /* FNV-1a */
  for (const char *s = user; *s; s++)
    h = (h ^ (unsigned char)*s) * 1099511628211u;
  size_t i = h & (cap - 1);
  while (slots[i] && strcmp(slots[i]->user, user))
    i = (i + 1) & (cap - 1);
  return &slots[i];
}

/* Under the lock. */
static struct slot *slot_of(struct dp_positions *p, const char *user) {
  struct slot **s = find(p->slots, p->cap, user);
  if (*s) return *s;
  if (2 * p->used >= p->cap) {
    struct slot **more = calloc(2 * p->cap, sizeof *more);
    if (!more) abort();
    for (size_t i = 0; i < p->cap; i++)
      if (p->slots[i]) *find(more, 2 * p->cap, p->slots[i]->user) = p->slots[i];
    free(p->slots);
    p->slots = more;
    p->cap *= 2;
    s = find(p->slots, p->cap, user);
  }
  *s = calloc(1, sizeof **s);
  if (!*s) abort();
  dp_text((*s)->user, sizeof(*s)->user, user);
  p->used++;
  return *s;
}

const struct dp_position *dp_position_slot(struct dp_positions *p, const char *user) {
  pthread_mutex_lock(&p->lock);
  const struct dp_position *at = &slot_of(p, user)->at;
  pthread_mutex_unlock(&p->lock);
  return at;
}

void dp_position_put(struct dp_positions *p, const char *user, const struct dp_position *at) {
  pthread_mutex_lock(&p->lock);
  struct slot *s = slot_of(p, user);
  if (!s->at.at_ms) p->known++;
  /* A phone in the shade sends what it kept: an older fix never replaces a newer one. */
  if (at->at_ms >= s->at.at_ms) s->at = *at;
  pthread_mutex_unlock(&p->lock);
}

void dp_position_read(struct dp_positions *p, const struct dp_position *slot, struct dp_position *out) {
  pthread_mutex_lock(&p->lock);
  *out = *slot;
  pthread_mutex_unlock(&p->lock);
}

bool dp_position_get(struct dp_positions *p, const char *user, struct dp_position *out) {
  pthread_mutex_lock(&p->lock);
  struct slot *s = *find(p->slots, p->cap, user);
  if (s) *out = s->at;
  pthread_mutex_unlock(&p->lock);
  return s && out->at_ms;
}

size_t dp_positions_count(struct dp_positions *p) {
  pthread_mutex_lock(&p->lock);
  size_t n = p->known;
  pthread_mutex_unlock(&p->lock);
  return n;
}

/* A phone's clock may be wrong, so a fix from the future counts as of now. */
void dp_position_update(struct fq_call *c) {
  struct dp_self *self = c->self;
  const char *text = fq_json_str(c->params, "at");
  int64_t at_ms = text ? fq_time_parse(text) : c->now_ms;
  if (at_ms > c->now_ms || at_ms <= 0) at_ms = c->now_ms;
  struct dp_position at = {.lon = fq_json_num(c->params, "lon", 0),
                           .lat = fq_json_num(c->params, "lat", 0),
                           .acc_m = fq_json_num(c->params, "acc", NAN),
                           .battery = fq_json_num(c->params, "battery", NAN),
                           .speed = fq_json_num(c->params, "speed", NAN),
                           .heading = fq_json_num(c->params, "heading", NAN),
                           .at_ms = at_ms};
  dp_position_put(self->positions, c->actor->name, &at);
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "user", c->actor->name);
  static const char *const members[] = {"lon", "lat", "acc", "speed", "heading", "battery"};
  for (size_t k = 0; k < sizeof members / sizeof *members; k++)
    dp_set_opt(data, members[k], c->params, members[k]);
  fq_json_set_time(data, "at", at_ms);
  fq_publish(c, "positions", c->actor->name, c->actor->org, data);
}

static void set_known(fq_json *row, const char *name, double v) {
  if (!isnan(v)) fq_json_set_num(row, name, v);
}

static fq_json *position_row(fq_stmt *s, const struct dp_position *at) {
  fq_json *row = fq_json_object();
  fq_json_set_str(row, "user", fq_col_str(s, 0));
  fq_json_set_str(row, "display", fq_col_str(s, 1));
  fq_json_set_str(row, "org", fq_col_str(s, 2));
  fq_json_set_num(row, "lon", at->lon);
  fq_json_set_num(row, "lat", at->lat);
  set_known(row, "acc", at->acc_m);
  set_known(row, "battery", at->battery);
  set_known(row, "speed", at->speed);
  set_known(row, "heading", at->heading);
  fq_json_set_time(row, "at", at->at_ms);
  fq_json_set_int(row, "tasks", fq_col_int(s, 3));
  fq_json_set_bool(row, "on_duty", dp_presence_read(s, 4, &(struct dp_absence){0}));
  return row;
}

/* Everybody in reach whose phone has said where it is since the server began, by account. */
enum fq_status dp_position_list(struct fq_query *q) {
  const struct dp_self *self = q->self;
  const char *org = fq_json_str(q->params, "org"), *after = fq_json_str(q->params, "after");
  bool fresh = fq_json_bool(q->params, "fresh", false);
  int64_t limit = fq_json_int(q->params, "limit", 500), n = 0;
  if (!org) org = q->actor->system ? "" : q->actor->org;
  enum fq_status reach = dp_org_reach(q, org, "params.org");
  if (reach != FQ_OK) return reach;
  char below[512] = "", last[FQ_ID_MAX] = "";
  fq_stmt *s = fq_sql(q->db, "SELECT path FROM org WHERE id = ?1", "s", org);
  if (fq_row(s)) {
    dp_text(below, sizeof below, fq_col_str(s, 0));
    fq_done(s);
  }
  fq_json *rows = fq_json_array();
  s = fq_sql(q->db,
             "SELECT a.name, a.display, coalesce(f.grid, a.org),"
             " (SELECT count(*) FROM task t WHERE t.to_user = a.name AND t.ended_ms IS NULL),"
             " " DP_PRESENCE_COLUMNS DP_PRESENCE_FROM
             " JOIN org o ON o.id = a.org LEFT JOIN officer f ON f.user = a.name"
             " WHERE a.name > ?3 AND a.disabled = 0 AND substr(o.path, 1, length(?2)) = ?2 ORDER BY a.name",
             "iss", q->now_ms, below, after ? after : "");
  while (fq_row(s)) {
    struct dp_position at;
    if (!dp_position_get(self->positions, fq_col_str(s, 0), &at)) continue;
    if (fresh && at.at_ms < q->now_ms - self->position_fresh_ms) continue;
    if (n++ == limit) { /* there is one more: the next page begins after the last of this one */
      fq_json_set_str(q->result, "next", last);
      fq_done(s);
      break;
    }
    dp_text(last, sizeof last, fq_col_str(s, 0));
    fq_json_push(rows, position_row(s, &at));
  }
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}
