/*
 * candidates.c - who could be sent: every officer is either ranked (skill, distance, load) with the reasons,
 * or excluded with the reason. One judgement serves the dispatcher's list and the policies' view. Kernel
 * thread for views (with a cached roster), reader threads for the query (each loads its own).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "people/people.h"

#define DEFAULT_CAPACITY 3       /* open tasks somebody can carry when nothing else is said */
#define UNKNOWN_M        50000.0 /* no position, no centre: behind everybody whose place is known */

struct officer {
  char user[FQ_ID_MAX], org[FQ_ID_MAX], display[96];
  char skills[512]; /* JSON, as projected */
  int64_t capacity;
  bool on_duty;
  double lon, lat;                /* of the grid's centre; NAN when unknown */
  const struct dp_position *last; /* kernel thread's copy only, else NULL */
};
struct dp_roster {
  int64_t mark; /* the counter this copy was made at */
  size_t count, cap;
  struct officer *officers;
  /* For the view, which looks at everybody on the way of every report: those on duty, in few cache lines. */
  struct near {
    double lon, lat;
    const struct dp_position *last;
    uint32_t officer;
    int32_t capacity, load; /* load: his open tasks; UNASKED until the database has been asked */
  } * near;
  size_t near_count;
  int64_t load_mark; /* the counter the loads belong to: see dp_load_moved() */
};
#define UNASKED (-1)

/* What is asked for. */
struct wish {
  const char *skill; /* NULL: none needed */
  char quoted[FQ_ID_MAX + 3];
  bool skill_needed; /* without it: excluded, not only ranked lower */
  double within_m;   /* 0: anywhere */
  const fq_json *exclude;
};

struct ranked {
  const struct officer *o;
  double distance_m, weight_m;   /* weight: distance plus what load and a missing skill count as */
  int64_t load, position_age_ms; /* age -1: the grid's centre was used */
  bool skilled, known;
  int64_t kept_for;                      /* the number of another incident he is reserved for; 0: none */
  const char *excluded_zh, *excluded_en; /* NULL: ranked */
};

/* ---- the roster ---------------------------------------------------------------------------------- */

void dp_roster_free(struct dp_roster *r) {
  if (!r) return;
  free(r->officers);
  free(r->near);
  free(r);
}

static struct dp_roster *roster_load(fq_db *db) {
  struct dp_roster *r = calloc(1, sizeof *r);
  if (!r) abort();
  fq_stmt *q =
      fq_sql(db,
             "SELECT a.name, coalesce(f.grid, a.org), a.display, f.skills, coalesce(f.capacity, ?2),"
             "       coalesce(d.on_duty, 0), o.lon, o.lat"
             " FROM account a LEFT JOIN officer f ON f.user = a.name LEFT JOIN duty d ON d.user = a.name"
             " LEFT JOIN org o ON o.id = coalesce(f.grid, a.org)"
             " WHERE (a.roles & ?1) != 0 AND a.disabled = 0 ORDER BY a.name",
             "ii", (int64_t)FQ_ROLE_OFFICER, (int64_t)DEFAULT_CAPACITY);
  while (fq_row(q)) {
    if (r->count == r->cap) {
      r->cap = r->cap ? 2 * r->cap : 64;
      r->officers = realloc(r->officers, r->cap * sizeof *r->officers);
      if (!r->officers) abort();
    }
    struct officer *o = &r->officers[r->count++];
    o->last = NULL;
    const char *display = fq_col_str(q, 2);
    dp_text(o->user, sizeof o->user, fq_col_str(q, 0));
    dp_text(o->org, sizeof o->org, fq_col_str(q, 1));
    dp_text(o->display, sizeof o->display, display && *display ? display : o->user);
    dp_text(o->skills, sizeof o->skills, fq_col_str(q, 3));
    o->capacity = fq_col_int(q, 4);
    o->on_duty = fq_col_int(q, 5) != 0;
    o->lon = fq_col_null(q, 6) ? NAN : fq_col_num(q, 6);
    o->lat = fq_col_null(q, 7) ? NAN : fq_col_num(q, 7);
  }
  return r;
}

static void forget_loads(struct dp_roster *r, int64_t mark) {
  for (size_t x = 0; x < r->near_count; x++)
    r->near[x].load = UNASKED;
  r->load_mark = mark;
}

/* The kernel thread's copy; see dp_apply_roster_moved() for when it is good. */
static struct dp_roster *roster(struct dp_self *self, fq_db *db) {
  int64_t mark = 0, load_mark = 0;
  fq_stmt *q =
      fq_sql(db, "SELECT name = 'roster', value FROM dispatch_counter WHERE name IN ('load', 'roster')", "");
  while (fq_row(q))
    *(fq_col_int(q, 0) ? &mark : &load_mark) = fq_col_int(q, 1);
  if (self->roster && !self->roster_stale && self->roster->mark == mark) {
    if (self->roster->load_mark != load_mark) forget_loads(self->roster, load_mark);
    return self->roster;
  }
  dp_roster_free(self->roster);
  struct dp_roster *r = self->roster = roster_load(db);
  r->mark = mark;
  r->near = calloc(r->count + 1, sizeof *r->near);
  if (!r->near) abort();
  for (size_t x = 0; x < r->count; x++) {
    struct officer *o = &r->officers[x];
    o->last = dp_position_slot(self->positions, o->user);
    if (!o->on_duty) continue;
    r->near[r->near_count++] = (struct near){.lon = o->lon,
                                             .lat = o->lat,
                                             .last = o->last,
                                             .officer = (uint32_t)x,
                                             .capacity = (int32_t)o->capacity};
  }
  forget_loads(r, load_mark);
  self->roster_stale = false;
  return r;
}

static int64_t load_of(fq_db *db, const char *user) {
  return fq_int(db, 0, "SELECT count(*) FROM task WHERE to_user = ?1 AND ended_ms IS NULL", "s", user);
}

/* Both lists are in the order of names. */
static int by_name(const void *user, const void *officer) {
  return strcmp(user, ((const struct officer *)officer)->user);
}
static int by_place(const void *officer, const void *near) {
  uint32_t x = *(const uint32_t *)officer, y = ((const struct near *)near)->officer;
  return x < y ? -1 : x > y;
}
static struct near *near_of(const struct dp_roster *r, const char *user) {
  const struct officer *o = bsearch(user, r->officers, r->count, sizeof *r->officers, by_name);
  if (!o) return NULL;
  uint32_t x = (uint32_t)(o - r->officers);
  return bsearch(&x, r->near, r->near_count, sizeof *r->near, by_place);
}

/* A task of `user` begins (+1) or ends (-1): the loads in memory move along. So that a command that is rolled
 * back cannot leave them wrong, every move also counts up a row, which does go back with its command: the
 * loads hold only while they have made exactly the moves that the row has counted. Otherwise they are asked
 * for again, one by one, when somebody looks. */
void dp_load_moved(struct fq_apply *a, const char *user, int by) {
  if (!user || !*user) return;
  struct dp_roster *r = ((struct dp_self *)a->self)->roster;
  int64_t counted = 0;
  fq_stmt *q = fq_sql(a->db,
                      "INSERT INTO dispatch_counter(name, value) VALUES('load', 1)"
                      " ON CONFLICT(name) DO UPDATE SET value = value + 1 RETURNING value",
                      "");
  while (fq_row(q))
    counted = fq_col_int(q, 0);
  if (!r) return;
  if (r->load_mark + 1 != counted) {
    forget_loads(r, counted);
    return;
  }
  r->load_mark = counted;
  struct near *n = near_of(r, user);
  if (n && n->load != UNASKED) n->load += by;
}

/* ---- judging one officer ------------------------------------------------------------------------- */

/* `skills` is a JSON array of plain codes, so the code in its quotes cannot match anything else. */
static void want_skill(struct wish *w, const char *skill) {
  w->skill = skill && *skill ? skill : NULL;
  if (w->skill) snprintf(w->quoted, sizeof w->quoted, "\"%s\"", skill);
}
static bool has_skill(const struct officer *o, const struct wish *w) {
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

static void locate(const struct dp_self *self, const struct dp_incident *i, int64_t now_ms,
                   struct ranked *r) {
  struct dp_position p = {.at_ms = 0};
  double lon = r->o->lon, lat = r->o->lat;
  r->position_age_ms = -1;
  if (r->o->last)
    p = *r->o->last;
  else
    dp_position_get(self->positions, r->o->user, &p);
  if (fresh(self, &p, now_ms)) {
    lon = p.lon;
    lat = p.lat;
    r->position_age_ms = now_ms > p.at_ms ? now_ms - p.at_ms : 0;
  }
  r->distance_m = metres(i->lon, i->lat, cos(i->lat * M_PI / 180), lon, lat);
  r->known = !isnan(r->distance_m);
  if (!r->known) r->distance_m = UNKNOWN_M;
}

static void exclude(struct ranked *r, const char *zh, const char *en) {
  r->excluded_zh = zh;
  r->excluded_en = en;
}

/* What needs no database; the rest is for judge_busy(). */
static void judge(const struct dp_self *self, const struct dp_incident *i, const struct wish *w,
                  int64_t now_ms, struct ranked *r) {
  r->skilled = has_skill(r->o, w);
  if (!r->o->on_duty) return exclude(r, "不在岗", "off duty");
  if (w->skill_needed && !r->skilled) return exclude(r, "不具备所需技能", "lacks the skill");
  if (w->exclude && listed(w->exclude, r->o->user)) return exclude(r, "已指定除外", "left out by request");
  locate(self, i, now_ms, r);
  if (w->within_m > 0 && r->distance_m > w->within_m) return exclude(r, "超出距离范围", "too far away");
  r->weight_m = r->distance_m + (r->skilled ? 0 : (double)self->unskilled_m);
}

/* Who has had a task on this incident: asked once for all who are judged. */
struct known {
  fq_json *open, *gone; /* users with an open task; users who declined or let it lapse */
  fq_json *kept;        /* who is reserved for another incident, and its number */
};

static struct known known_to(fq_db *db, const struct dp_incident *i) {
  struct known k = {fq_json_array(), fq_json_array(), dp_reserved_users(db, i->n)};
  fq_stmt *q = fq_sql(db,
                      "SELECT to_user, ended_ms IS NULL, state IN ('declined', 'expired') FROM task"
                      " WHERE incident = ?1 AND to_user IS NOT NULL",
                      "i", i->n);
  while (fq_row(q)) {
    if (fq_col_int(q, 1)) fq_json_push(k.open, fq_json_new_str(fq_col_str(q, 0)));
    if (fq_col_int(q, 2)) fq_json_push(k.gone, fq_json_new_str(fq_col_str(q, 0)));
  }
  return k;
}

static void known_free(struct known *k) {
  fq_json_free(k->open);
  fq_json_free(k->gone);
  fq_json_free(k->kept);
}

static void judge_busy(const struct dp_self *self, const struct known *k, int64_t load, struct ranked *r) {
  if (r->excluded_zh) return;
  r->load = load;
  if (listed(k->open, r->o->user)) return exclude(r, "已承办本事件", "already on this incident");
  if (listed(k->gone, r->o->user))
    return exclude(r, "已拒单或逾期未接", "declined this incident or let it lapse");
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
  fq_json_set_bool(j, "on_duty", r->o->on_duty);
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

static struct ranked *judge_all(const struct dp_self *self, fq_db *db, const struct dp_roster *all,
                                const struct dp_incident *i, const struct wish *w, int64_t now_ms) {
  struct ranked *list = calloc(all->count + 1, sizeof *list);
  if (!list) abort();
  struct known k = known_to(db, i);
  for (size_t x = 0; x < all->count; x++) {
    list[x].o = &all->officers[x];
    judge(self, i, w, now_ms, &list[x]);
    judge_busy(self, &k, list[x].excluded_zh ? 0 : load_of(db, list[x].o->user), &list[x]);
  }
  known_free(&k);
  return list;
}

/* The incident somebody is kept free for has a number; the other reasons are the same for all. */
static void set_reason(fq_json *j, const char *name, const struct ranked *r, const char *reason) {
  char text[64];
  bool zh = !strcmp(name, "reason_zh");
  if (r->kept_for)
    snprintf(text, sizeof text, zh ? "已为 #%lld 预留" : "reserved for #%lld", (long long)r->kept_for);
  fq_json_set_str(j, name, r->kept_for ? text : reason);
}

/* rows (at most `limit`) and, when asked for, everybody who is out and why. */
static void answer(const struct dp_self *self, fq_db *db, const struct dp_roster *all, struct dp_incident *i,
                   const struct wish *w, int64_t now_ms, size_t limit, fq_json *rows, fq_json *excluded) {
  place_incident(db, i);
  struct ranked *list = judge_all(self, db, all, i, w, now_ms);
  size_t in = 0;
  for (size_t x = 0; x < all->count; x++) {
    if (!list[x].excluded_zh) {
      struct ranked swap = list[in];
      list[in++] = list[x];
      list[x] = swap;
    } else if (excluded) {
      fq_json *j = fq_json_object();
      fq_json_set_str(j, "user", list[x].o->user);
      fq_json_set_str(j, "display", list[x].o->display);
      set_reason(j, "reason_zh", &list[x], list[x].excluded_zh);
      set_reason(j, "reason_en", &list[x], list[x].excluded_en);
      fq_json_push(excluded, j);
    }
  }
  qsort(list, in, sizeof *list, by_weight);
  for (size_t x = 0; x < in && x < limit; x++)
    fq_json_push(rows, in_words(db, &list[x], w));
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
  fq_json *rows = fq_json_array(), *excluded = fq_json_array();
  struct dp_roster *all = roster_load(q->db);
  struct wish w = {0};
  want_skill(&w, skill_of(&i));
  answer(q->self, q->db, all, &i, &w, q->now_ms, (size_t)fq_json_int(q->params, "limit", 20), rows, excluded);
  dp_roster_free(all);
  fq_json_set(q->result, "rows", rows);
  fq_json_set(q->result, "excluded", excluded);
  return FQ_OK;
}

/* view.candidates(incident, n) */
enum fq_status dp_view_candidates(struct fq_view *v) {
  struct dp_incident i;
  if (!dp_incident_load(v->db, dp_view_subject(v), &i)) return FQ_OK;
  const fq_json *limit = fq_json_next(fq_json_first(v->args));
  struct wish w = {0};
  want_skill(&w, skill_of(&i));
  fq_json *rows = fq_json_array();
  double n = limit ? fq_json_as_num(limit, 10) : 10;
  answer(v->self, v->db, roster(v->self, v->db), &i, &w, v->now_ms,
         n < 1     ? 1
         : n > 200 ? 200
                   : (size_t)n,
         rows, NULL);
  v->answer = rows;
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
  struct dp_roster *all = roster(self, v->db);
  place_incident(v->db, &i);
  double cos_lat = cos(i.lat * M_PI / 180);
  struct ranked best = {.weight_m = INFINITY};
  struct known known = {0};
  /* The roster is in the order of names: at equal weight the first name. */
  for (size_t x = 0; x < all->near_count; x++) {
    struct near *n = &all->near[x];
    if (n->load >= n->capacity) continue;
    bool there = fresh(self, n->last, v->now_ms);
    double weight =
        metres(i.lon, i.lat, cos_lat, there ? n->last->lon : n->lon, there ? n->last->lat : n->lat);
    if (isnan(weight)) weight = UNKNOWN_M;
    if (n->load > 0) weight += (double)(n->load * self->load_m);
    if (weight >= best.weight_m) continue; /* what he lacks or has to do could only move him back */
    struct ranked r = {.o = &all->officers[n->officer]};
    judge(self, &i, &w, v->now_ms, &r);
    if (r.excluded_zh || r.weight_m >= best.weight_m) continue;
    if (!known.open) known = known_to(v->db, &i);
    if (n->load == UNASKED) n->load = (int32_t)load_of(v->db, r.o->user);
    judge_busy(self, &known, n->load, &r);
    if (!r.excluded_zh && r.weight_m < best.weight_m) best = r;
  }
  if (best.o) v->answer = in_words(v->db, &best, &w);
  known_free(&known);
  return FQ_OK;
}
