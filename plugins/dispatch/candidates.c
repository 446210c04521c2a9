/*
 * candidates.c - who could be sent: every officer is either ranked (skill, distance, load) with the reasons,
 * or excluded with the reason. One judgement serves the dispatcher's list and the policies' view. Kernel
 * thread for views (with a cached roster), reader threads for the query (each loads its own).
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch.h"

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
  } * near;
  size_t near_count;
};

/* What is asked for. */
struct wish {
  const char *skill; /* NULL or "": none needed */
  bool skill_needed; /* without it: excluded, not only ranked lower */
  double within_m;   /* 0: anywhere */
  const fq_json *exclude;
};

struct ranked {
  const struct officer *o;
  double distance_m, weight_m;   /* weight: distance plus what load and a missing skill count as */
  int64_t load, position_age_ms; /* age -1: the grid's centre was used */
  bool skilled, known;
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

/* The kernel thread's copy; see dp_apply_roster_moved() for when it is good. */
static const struct dp_roster *roster(struct dp_self *self, fq_db *db) {
  int64_t mark = fq_int(db, 0, "SELECT value FROM dispatch_counter WHERE name = 'roster'", "");
  if (self->roster && !self->roster_stale && self->roster->mark == mark) return self->roster;
  dp_roster_free(self->roster);
  struct dp_roster *r = self->roster = roster_load(db);
  r->mark = mark;
  r->near = calloc(r->count + 1, sizeof *r->near);
  if (!r->near) abort();
  for (size_t x = 0; x < r->count; x++) {
    struct officer *o = &r->officers[x];
    o->last = dp_position_slot(self->positions, o->user);
    if (!o->on_duty) continue;
    r->near[r->near_count++] =
        (struct near){.lon = o->lon, .lat = o->lat, .last = o->last, .officer = (uint32_t)x};
  }
  self->roster_stale = false;
  return r;
}

/* ---- judging one officer ------------------------------------------------------------------------- */

/* `skills` is a JSON array of plain codes, so the code in its quotes cannot match anything else. */
static bool has_skill(const struct officer *o, const char *skill) {
  char quoted[FQ_ID_MAX + 3];
  snprintf(quoted, sizeof quoted, "\"%s\"", skill);
  return strstr(o->skills, quoted) != NULL;
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

/* Cheap questions first; the two that ask the database are for judge_busy(). */
static void judge(const struct dp_self *self, const struct dp_incident *i, const struct wish *w,
                  int64_t now_ms, struct ranked *r) {
  r->skilled = !w->skill || !*w->skill || has_skill(r->o, w->skill);
  if (!r->o->on_duty) return exclude(r, "不在岗", "off duty");
  if (w->skill_needed && !r->skilled) return exclude(r, "不具备所需技能", "lacks the skill");
  if (w->exclude && listed(w->exclude, r->o->user)) return exclude(r, "已指定除外", "left out by request");
  locate(self, i, now_ms, r);
  if (w->within_m > 0 && r->distance_m > w->within_m) return exclude(r, "超出距离范围", "too far away");
  r->weight_m = r->distance_m + (r->skilled ? 0 : (double)self->unskilled_m);
}

static void judge_busy(const struct dp_self *self, fq_db *db, const struct dp_incident *i, struct ranked *r) {
  if (r->excluded_zh) return;
  bool open = false, declined = false;
  fq_stmt *q = fq_sql(db, "SELECT to_user, state, ended_ms IS NULL FROM task WHERE incident = ?1", "i", i->n);
  while (fq_row(q)) {
    const char *user = fq_col_str(q, 0);
    if (!user || strcmp(user, r->o->user)) continue;
    open |= fq_col_int(q, 2) != 0;
    declined |= !strcmp(fq_col_str(q, 1), "declined") || !strcmp(fq_col_str(q, 1), "expired");
  }
  r->load =
      fq_int(db, 0, "SELECT count(*) FROM task WHERE to_user = ?1 AND ended_ms IS NULL", "s", r->o->user);
  if (open) return exclude(r, "已承办本事件", "already on this incident");
  if (declined) return exclude(r, "已拒单或逾期未接", "declined this incident or let it lapse");
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

static fq_json *in_words(const struct ranked *r, const struct wish *w) {
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

  if (w->skill && *w->skill) {
    snprintf(z, sizeof z, r->skilled ? "具备技能 %s" : "不具备技能 %s", w->skill);
    snprintf(e, sizeof e, r->skilled ? "has the skill %s" : "lacks the skill %s", w->skill);
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
  for (size_t x = 0; x < all->count; x++) {
    list[x].o = &all->officers[x];
    judge(self, i, w, now_ms, &list[x]);
    judge_busy(self, db, i, &list[x]);
  }
  return list;
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
      fq_json_set_str(j, "reason_zh", list[x].excluded_zh);
      fq_json_set_str(j, "reason_en", list[x].excluded_en);
      fq_json_push(excluded, j);
    }
  }
  qsort(list, in, sizeof *list, by_weight);
  for (size_t x = 0; x < in && x < limit; x++)
    fq_json_push(rows, in_words(&list[x], w));
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
  struct wish w = {.skill = skill_of(&i)};
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
  struct wish w = {.skill = skill_of(&i)};
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
  if (!wishes || fq_json_type(wishes) != FQ_JSON_OBJECT) return FQ_OK;
  fq_json_each(m, wishes) {
    const char *name = fq_json_name(m);
    if (!strcmp(name, "skill"))
      w->skill = fq_json_as_str(m);
    else if (!strcmp(name, "within_m"))
      w->within_m = fq_json_as_num(m, 0);
    else if (!strcmp(name, "exclude"))
      w->exclude = m;
    else
      return fq_fail(v->error, FQ_E_PARAMS, "view.args", name, "nearest_officer 不认识的条件 %s",
                     "nearest_officer: unknown wish %s (skill, within_m, exclude)", name);
  }
  if (w->skill && !strcmp(w->skill, "other")) w->skill = NULL;
  w->skill_needed = w->skill != NULL;
  return FQ_OK;
}

/* On the way of every report, so it does not judge everybody: the distances of all on duty first (a few
 * nanoseconds each), then the nearest is judged in full, then the next. Load only ever moves somebody back,
 * so who still leads after his load is counted is the one. */
enum fq_status dp_view_nearest_officer(struct fq_view *v) {
  struct dp_incident i;
  struct wish w = {0};
  if (!dp_incident_load(v->db, dp_view_subject(v), &i)) return FQ_OK;
  enum fq_status s = read_wishes(v, &w);
  if (s != FQ_OK) return s;
  struct dp_self *self = v->self;
  const struct dp_roster *all = roster(self, v->db);
  place_incident(v->db, &i);
  double cos_lat = cos(i.lat * M_PI / 180), *weight = calloc(all->near_count + 1, sizeof *weight);
  if (!weight) abort();
  for (size_t x = 0; x < all->near_count; x++) {
    const struct near *n = &all->near[x];
    bool there = fresh(self, n->last, v->now_ms);
    weight[x] = metres(i.lon, i.lat, cos_lat, there ? n->last->lon : n->lon, there ? n->last->lat : n->lat);
    if (isnan(weight[x])) weight[x] = UNKNOWN_M;
  }
  struct ranked best = {.weight_m = INFINITY};
  for (;;) {
    size_t next = all->near_count; /* the roster is in the order of names: at equal weight the first name */
    for (size_t x = 0; x < all->near_count; x++)
      if (weight[x] < (next == all->near_count ? best.weight_m : weight[next])) next = x;
    if (next == all->near_count) break; /* nobody left could come before the best */
    struct ranked r = {.o = &all->officers[all->near[next].officer]};
    weight[next] = INFINITY;
    judge(self, &i, &w, v->now_ms, &r);
    judge_busy(self, v->db, &i, &r);
    if (!r.excluded_zh && r.weight_m < best.weight_m) best = r;
  }
  if (best.o) v->answer = in_words(&best, &w);
  free(weight);
  return FQ_OK;
}
