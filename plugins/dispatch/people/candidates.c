/*
 * candidates.c - who could be sent: every officer is either ranked (skill, distance, load) with the reasons,
 * or excluded with the reason. One judgement serves the dispatcher's list and the policies' views. Kernel
 * thread for views, reader threads for the query; both look at the same copy of the staff (staff.c).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "people/people.h"

#define UNKNOWN_M 50000.0 /* no position, no centre: behind everybody whose place is known */

/* What is asked for. */
struct wish {
  const char *skill; /* NULL: none needed */
  char quoted[FQ_ID_MAX + 3];
  bool skill_needed; /* without it: excluded, not only ranked lower */
  double within_m;   /* 0: anywhere */
  const fq_json *exclude;
};

struct ranked {
  const struct dp_officer *o;
  double distance_m, weight_m;           /* weight: distance plus what load and a missing skill count as */
  int64_t load, position_age_ms;         /* age -1: the grid's centre was used */
  int64_t kept_for;                      /* the number of another incident he is reserved for; 0: none */
  bool skilled, known, out, absent;      /* out: not ranked; absent: for the officer's own reason */
  const char *excluded_zh, *excluded_en; /* out for another */
};

static int64_t load_of(fq_db *db, const char *user) {
  return fq_int(db, 0, "SELECT count(*) FROM task WHERE to_user = ?1 AND ended_ms IS NULL", "s", user);
}

/* ---- judging one officer ------------------------------------------------------------------------- */

/* `skills` is a JSON array of plain codes, so the code in its quotes cannot match anything else. */
static void want_skill(struct wish *w, const char *skill) {
  w->skill = skill && *skill ? skill : NULL;
  if (w->skill) snprintf(w->quoted, sizeof w->quoted, "\"%s\"", skill);
}
static bool has_skill(const struct dp_officer *o, const struct wish *w) {
  return !w->skill || strstr(o->skills, w->quoted);
}

static bool listed(const fq_json *names, const char *user) {
  const char *one = fq_json_as_str(names);
  if (one) return !strcmp(one, user);
  fq_json_each(m, names) {
    const char *name = fq_json_as_str(m);
    if (!name) name = fq_json_str(m, "user");
    if (name && !strcmp(name, user)) return true;
  }
  return false;
}

/* Metres on the plane that touches the county at the incident: within 0.3 % of the great circle over a
 * county, and a twentieth of its cost. */
#define METRES_A_DEGREE 111195.0
static double metres(double lon1, double lat1, double cos_lat1, double lon2, double lat2) {
  double x = (lon2 - lon1) * cos_lat1, y = lat2 - lat1;
  return sqrt(x * x + y * y) * METRES_A_DEGREE;
}

static bool fresh(const struct dp_self *self, const struct dp_position *p, int64_t now_ms) {
  return p->at_ms && now_ms - p->at_ms <= self->position_fresh_ms;
}

static void locate(const struct dp_self *self, const struct dp_incident *i, double cos_lat, int64_t now_ms,
                   struct ranked *r) {
  struct dp_position p;
  double lon = r->o->lon, lat = r->o->lat;
  r->position_age_ms = -1;
  dp_position_read(self->positions, r->o->last, &p);
  if (fresh(self, &p, now_ms)) {
    lon = p.lon;
    lat = p.lat;
    r->position_age_ms = now_ms > p.at_ms ? now_ms - p.at_ms : 0;
  }
  r->distance_m = metres(i->lon, i->lat, cos_lat, lon, lat);
  r->known = !isnan(r->distance_m);
  if (!r->known) r->distance_m = UNKNOWN_M;
}

static void exclude(struct ranked *r, const char *zh, const char *en) {
  r->out = true;
  r->excluded_zh = zh;
  r->excluded_en = en;
}

/* What needs no database; the rest is for judge_busy(). */
static void judge(const struct dp_self *self, const struct dp_incident *i, double cos_lat,
                  const struct wish *w, int64_t now_ms, struct ranked *r) {
  r->out = r->absent = r->o->absence.why != DP_HERE;
  if (r->absent) return;
  r->skilled = has_skill(r->o, w);
  if (w->skill_needed && !r->skilled) return exclude(r, "不具备所需技能", "lacks the skill");
  if (w->exclude && listed(w->exclude, r->o->user)) return exclude(r, "已指定除外", "left out by request");
  locate(self, i, cos_lat, now_ms, r);
  if (w->within_m > 0 && r->distance_m > w->within_m) return exclude(r, "超出距离范围", "too far away");
  r->weight_m = r->distance_m + (r->skilled ? 0 : (double)self->unskilled_m);
}

/* Who has had a task on this incident, in the order of names: asked once for all who are judged. */
struct known {
  struct user {
    char name[FQ_ID_MAX];
    bool open, gone; /* has an open task; declined or let it lapse */
  } * users;
  size_t count;
  fq_json *kept;           /* who is reserved for another incident, and its number */
  char in_need[FQ_ID_MAX]; /* who pressed the panic button: help is for him, not by him */
  bool asked;
};

static struct known known_to(fq_db *db, const struct dp_incident *i) {
  struct known k = {.asked = true, .kept = dp_reserved_users(db, i->n)};
  fq_stmt *q = fq_sql(db,
                      "SELECT to_user, max(ended_ms IS NULL), max(state IN ('declined', 'expired')) FROM task"
                      " WHERE incident = ?1 AND to_user IS NOT NULL GROUP BY to_user ORDER BY to_user",
                      "i", i->n);
  while (fq_row(q)) {
    if (k.count % 16 == 0 && !(k.users = realloc(k.users, (k.count + 16) * sizeof *k.users))) abort();
    struct user *u = &k.users[k.count++];
    dp_text(u->name, sizeof u->name, fq_col_str(q, 0));
    u->open = fq_col_int(q, 1) != 0;
    u->gone = fq_col_int(q, 2) != 0;
  }
  dp_panic_in_need(db, i, k.in_need);
  return k;
}

static void known_free(struct known *k) {
  free(k->users);
  fq_json_free(k->kept);
}

static int by_user(const void *name, const void *user) {
  return strcmp(name, ((const struct user *)user)->name);
}

static void judge_busy(const struct dp_self *self, const struct known *k, int64_t load, struct ranked *r) {
  if (r->out) return;
  r->load = load;
  const struct user *u = k->count ? bsearch(r->o->user, k->users, k->count, sizeof *k->users, by_user) : NULL;
  if (!strcmp(r->o->user, k->in_need)) return exclude(r, "正是他在报警", "it is he who needs help");
  if (u && u->open) return exclude(r, "已承办本事件", "already on this incident");
  if (u && u->gone) return exclude(r, "已拒单或逾期未接", "declined this incident or let it lapse");
  r->kept_for = fq_json_int(k->kept, r->o->user, 0);
  if (r->kept_for) return exclude(r, "已为其他事件预留", "reserved for another incident");
  if (r->load >= r->o->capacity) return exclude(r, "任务已满", "at capacity");
  r->weight_m += (double)(r->load * self->load_m);
}

/* Nearest first; at equal weight by name, so that the order never depends on chance. */
static int by_weight(const void *a, const void *b) {
  const struct ranked *x = a, *y = b;
  if (x->weight_m != y->weight_m) return x->weight_m < y->weight_m ? -1 : 1;
  return strcmp(x->o->user, y->o->user);
}

/* The incident's own place, or the centre of its unit when it has none. */
static void place_incident(fq_db *db, struct dp_incident *i) {
  struct fq_unit u;
  if (!isnan(i->lon) || !fq_org_unit(db, i->org, &u)) return;
  i->lon = u.lon;
  i->lat = u.lat;
}

/* ---- in words ------------------------------------------------------------------------------------ */

static void say(fq_json *zh, fq_json *en, const char *z, const char *e) {
  fq_json_push(zh, fq_json_new_str(z));
  fq_json_push(en, fq_json_new_str(e));
}

static fq_json *in_words(fq_db *db, const struct ranked *r, const struct wish *w) {
  fq_json *j = fq_json_object(), *zh = fq_json_array(), *en = fq_json_array();
  char z[160], e[160];
  fq_json_set_str(j, "user", r->o->user);
  fq_json_set_str(j, "display", r->o->display);
  fq_json_set_str(j, "org", r->o->org);
  if (r->known) fq_json_set_int(j, "distance_m", llround(r->distance_m));
  fq_json_set_int(j, "load", r->load);
  fq_json_set_bool(j, "on_duty", true);
  fq_json *skills = *r->o->skills ? fq_json_parse(r->o->skills, strlen(r->o->skills), NULL) : NULL;
  fq_json_set(j, "skills", skills ? skills : fq_json_array());
  /* 100 on the spot, idle and skilled; 50 at 5 km. Only the order means anything. */
  fq_json_set_num(j, "score", round(1000.0 * 5000.0 / (5000.0 + r->weight_m)) / 10.0);

  if (w->skill) {
    char name_zh[96], name_en[96];
    fq_term(db, "categories", w->skill, name_zh, name_en);
    snprintf(z, sizeof z, r->skilled ? "具备技能:%s" : "不具备技能:%s", name_zh);
    snprintf(e, sizeof e, r->skilled ? "has the skill: %s" : "lacks the skill: %s", name_en);
    say(zh, en, z, e);
  }
  say(zh, en, "在岗", "on duty");
  if (!r->known) {
    say(zh, en, "位置未知", "place unknown");
  } else if (r->position_age_ms >= 0) {
    snprintf(z, sizeof z, "距离 %.0f 米(%lld 秒前的定位)", r->distance_m,
             (long long)r->position_age_ms / 1000);
    snprintf(e, sizeof e, "%.0f m away (position of %lld s ago)", r->distance_m,
             (long long)r->position_age_ms / 1000);
    say(zh, en, z, e);
  } else {
    snprintf(z, sizeof z, "距离 %.0f 米(按所属网格中心)", r->distance_m);
    snprintf(e, sizeof e, "%.0f m away (from the centre of the grid)", r->distance_m);
    say(zh, en, z, e);
  }
  snprintf(z, sizeof z, "在办任务 %lld 件,上限 %lld 件", (long long)r->load, (long long)r->o->capacity);
  snprintf(e, sizeof e, "%lld open tasks of at most %lld", (long long)r->load, (long long)r->o->capacity);
  say(zh, en, z, e);
  fq_json_set(j, "reasons_zh", zh);
  fq_json_set(j, "reasons_en", en);
  return j;
}

/* ---- answers ------------------------------------------------------------------------------------- */

/* The open tasks of all, in one statement: officers and rows are both in the order of names. */
static void load_all(fq_db *db, struct ranked *list, size_t count) {
  size_t x = 0;
  fq_stmt *q = fq_sql(db,
                      "SELECT to_user, count(*) FROM task WHERE ended_ms IS NULL AND to_user IS NOT NULL"
                      " GROUP BY to_user ORDER BY to_user",
                      "");
  while (fq_row(q)) {
    const char *user = fq_col_str(q, 0);
    while (x < count && strcmp(list[x].o->user, user) < 0)
      x++;
    if (x < count && !strcmp(list[x].o->user, user)) list[x].load = fq_col_int(q, 1);
  }
}

static struct ranked *judge_all(const struct dp_self *self, fq_db *db, const struct dp_staff *all,
                                const struct dp_incident *i, const struct wish *w, int64_t now_ms) {
  struct ranked *list = calloc(all->count + 1, sizeof *list);
  if (!list) abort();
  struct known k = known_to(db, i);
  double cos_lat = cos(i->lat * M_PI / 180);
  for (size_t x = 0; x < all->count; x++)
    list[x].o = &all->officers[x];
  load_all(db, list, all->count);
  for (size_t x = 0; x < all->count; x++) {
    judge(self, i, cos_lat, w, now_ms, &list[x]);
    judge_busy(self, &k, list[x].load, &list[x]);
  }
  known_free(&k);
  return list;
}

/* Of `n` the best `limit` come to the front, in order. Nobody looks at the rest, so it is not sorted: a heap
 * of the best, its worst on top. */
static size_t best_first(struct ranked *list, size_t n, size_t limit) {
  struct ranked t;
  if (limit > n) limit = n;
  for (size_t built = limit / 2, x = limit; x < n || built > 0;) {
    size_t at = 0;
    if (built > 0) {
      at = --built;
    } else {
      if (by_weight(&list[x], &list[0]) < 0) t = list[0], list[0] = list[x], list[x] = t;
      x++;
    }
    for (size_t child; (child = 2 * at + 1) < limit; at = child) {
      if (child + 1 < limit && by_weight(&list[child + 1], &list[child]) > 0) child++;
      if (by_weight(&list[child], &list[at]) <= 0) break;
      t = list[at], list[at] = list[child], list[child] = t;
    }
  }
  qsort(list, limit, sizeof *list, by_weight);
  return limit;
}

static fq_json *out_in_words(const struct ranked *r) {
  char zh[128], en[128];
  fq_json *j = fq_json_object();
  if (r->absent) dp_absence_words(&r->o->absence, zh, en);
  if (r->kept_for) { /* that incident has a number; the other reasons are the same for all */
    snprintf(zh, sizeof zh, "已为 #%lld 预留", (long long)r->kept_for);
    snprintf(en, sizeof en, "reserved for #%lld", (long long)r->kept_for);
  }
  bool own = r->absent || r->kept_for;
  fq_json_set_str(j, "user", r->o->user);
  fq_json_set_str(j, "display", r->o->display);
  fq_json_set_str(j, "reason_zh", own ? zh : r->excluded_zh);
  fq_json_set_str(j, "reason_en", own ? en : r->excluded_en);
  if (r->absent && *r->o->absence.deputy) fq_json_set_str(j, "deputy", r->o->absence.deputy);
  return j;
}

struct shown {
  size_t limit, excluded_limit, excluded; /* excluded: how many there are */
  fq_json *rows, *out;                    /* out may be NULL */
};

/* rows (at most `limit`) and, when asked for, who is out and why. */
static void answer(const struct dp_self *self, fq_db *db, const struct dp_staff *all, struct dp_incident *i,
                   const struct wish *w, int64_t now_ms, struct shown *s) {
  place_incident(db, i);
  struct ranked *list = judge_all(self, db, all, i, w, now_ms);
  size_t in = 0;
  for (size_t x = 0; x < all->count; x++) {
    if (list[x].out) {
      if (s->out && s->excluded++ < s->excluded_limit) fq_json_push(s->out, out_in_words(&list[x]));
    } else {
      list[in++] = list[x];
    }
  }
  in = best_first(list, in, s->limit);
  for (size_t x = 0; x < in; x++)
    fq_json_push(s->rows, in_words(db, &list[x], w));
  free(list);
}

/* `other` asks for no particular skill. */
static const char *skill_of(const struct dp_incident *i) {
  return strcmp(i->category, "other") ? i->category : NULL;
}

enum fq_status dp_incident_candidates(struct fq_query *q) {
  struct dp_incident i;
  const char *id = fq_json_str(q->params, "id");
  if (!dp_incident_load(q->db, id, &i))
    return fq_fail(q->error, FQ_E_NOT_FOUND, "incident.unknown", "params.id", "没有事件 %s", "no incident %s",
                   id);
  if (!dp_may_see(q->db, q->actor, &i))
    return fq_fail(q->error, FQ_E_FORBIDDEN, "incident.foreign", "params.id", "事件 %s 不在您的辖区内",
                   "%s is not within your reach", id);
  struct dp_staff *all = dp_staff_get(q->self, q->db, q->now_ms);
  struct shown shown = {.limit = (size_t)fq_json_int(q->params, "limit", 20),
                        .excluded_limit = (size_t)fq_json_int(q->params, "excluded", 500),
                        .rows = fq_json_array(),
                        .out = fq_json_array()};
  struct wish w = {0};
  want_skill(&w, skill_of(&i));
  answer(q->self, q->db, all, &i, &w, q->now_ms, &shown);
  dp_staff_put(q->self, all);
  fq_json_set(q->result, "rows", shown.rows);
  fq_json_set(q->result, "excluded", shown.out);
  fq_json_set_int(q->result, "excluded_count", (int64_t)shown.excluded);
  return FQ_OK;
}

/* view.candidates(incident, n) */
enum fq_status dp_view_candidates(struct fq_view *v) {
  struct dp_incident i;
  if (!dp_incident_load(v->db, dp_view_subject(v), &i)) return FQ_OK;
  const fq_json *limit = fq_json_next(fq_json_first(v->args));
  struct wish w = {0};
  want_skill(&w, skill_of(&i));
  double n = limit ? fq_json_as_num(limit, 10) : 10;
  struct shown shown = {.limit = n < 1 ? 1 : n > 200 ? 200 : (size_t)n, .rows = fq_json_array()};
  answer(v->self, v->db, dp_staff_at_hand(v->self, v->db, v->now_ms)->staff, &i, &w, v->now_ms, &shown);
  v->answer = shown.rows;
  return FQ_OK;
}

/* The wishes of view.nearest_officer: {skill, within_m, exclude}. */
static enum fq_status read_wishes(struct fq_view *v, struct wish *w) {
  const fq_json *wishes = fq_json_next(fq_json_first(v->args));
  const char *skill = NULL;
  if (!wishes || fq_json_type(wishes) != FQ_JSON_OBJECT) return FQ_OK;
  fq_json_each(m, wishes) {
    const char *name = fq_json_name(m);
    if (!strcmp(name, "skill"))
      skill = fq_json_as_str(m);
    else if (!strcmp(name, "within_m"))
      w->within_m = fq_json_as_num(m, 0);
    else if (!strcmp(name, "exclude"))
      w->exclude = m;
    else
      return fq_fail(v->error, FQ_E_PARAMS, "view.args", name, "nearest_officer 不认识的条件 %s",
                     "nearest_officer: unknown wish %s (skill, within_m, exclude)", name);
  }
  if (skill && strcmp(skill, "other")) want_skill(w, skill);
  w->skill_needed = w->skill != NULL;
  return FQ_OK;
}

/* On the way of every report, also when a flood has everybody at capacity, so it looks at each of those on
 * duty once, in memory: distance and load, a few nanoseconds. Who leads so far is then judged in full. CPU of
 * a report with all 676 officers at capacity (two of these calls): 6,200 us when the database was asked for
 * each load, 580 so.
 */
enum fq_status dp_view_nearest_officer(struct fq_view *v) {
  struct dp_incident i;
  struct wish w = {0};
  if (!dp_incident_load(v->db, dp_view_subject(v), &i)) return FQ_OK;
  enum fq_status s = read_wishes(v, &w);
  if (s != FQ_OK) return s;
  struct dp_self *self = v->self;
  struct dp_at_hand *all = dp_staff_at_hand(self, v->db, v->now_ms);
  place_incident(v->db, &i);
  double cos_lat = cos(i.lat * M_PI / 180);
  struct ranked best = {.weight_m = INFINITY};
  struct known known = {0};
  /* The staff is in the order of names: at equal weight the first name. */
  for (size_t x = 0; x < all->count; x++) {
    struct dp_near *n = &all->near[x];
    if (n->load >= n->capacity) continue;
    bool there = fresh(self, n->last, v->now_ms);
    double weight =
        metres(i.lon, i.lat, cos_lat, there ? n->last->lon : n->lon, there ? n->last->lat : n->lat);
    if (isnan(weight)) weight = UNKNOWN_M;
    if (n->load > 0) weight += (double)(n->load * self->load_m);
    if (weight >= best.weight_m) continue; /* what he lacks or has to do could only move him back */
    struct ranked r = {.o = &all->staff->officers[n->officer]};
    judge(self, &i, cos_lat, &w, v->now_ms, &r);
    if (r.out || r.weight_m >= best.weight_m) continue;
    if (!known.asked) known = known_to(v->db, &i);
    if (n->load == DP_UNASKED) n->load = (int32_t)load_of(v->db, r.o->user);
    judge_busy(self, &known, n->load, &r);
    if (!r.out && r.weight_m < best.weight_m) best = r;
  }
  if (best.o) v->answer = in_words(v->db, &best, &w);
  known_free(&known);
  return FQ_OK;
}
