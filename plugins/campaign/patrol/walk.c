/*
 * walk.c - a patrol under way: started, points ticked, a track in batches, ended. All of it may come hours
 * late from a phone that had no network, so each step says when it was, and a patrol can be named by the key
 * that its phone gave it before the server ever heard of it. Whether somebody was at a point is measured
 * here: he who was not is not refused, he is marked. Kernel thread.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "patrol/patrol.h"

#define DAY_MS      86400000LL
#define OLDEST_MS   (30 * DAY_MS) /* a phone that has lost its clock says 1970 or 2000 */
#define AHEAD_MS    300000        /* a few minutes are ordinary drift */
#define BEFORE_MS   600000        /* fixes kept from just before the start are the way there */
#define ACC_MOST_M  200           /* a fix that is off by more than this proves nothing */
#define DEGREES_LON 180
#define DEGREES_LAT 90

int64_t cp_when(struct fq_call *c, const char *member) {
  const char *said = fq_json_str(c->params, member);
  int64_t ms = said ? fq_time_parse(said) : c->now_ms;
  return ms > c->now_ms || ms < c->now_ms - OLDEST_MS ? c->now_ms : ms;
}

bool cp_patrol_load(fq_db *db, const char *id, struct cp_patrol *out) {
  memset(out, 0, sizeof *out);
  fq_stmt *q = fq_sql(db,
                      "SELECT n, plan, started_ms, began_ms, ended_ms, user, org, key, points FROM patrol"
                      " WHERE n = ?1",
                      "i", cp_id_n(id, CP_PATROL));
  if (!fq_row(q)) return false;
  int64_t *const numbers[] = {&out->n, &out->plan, &out->started_ms, &out->began_ms, &out->ended_ms};
  for (int k = 0; k < 5; k++)
    *numbers[k] = fq_col_int(q, k);
  cp_text(out->user, sizeof out->user, fq_col_str(q, 5));
  cp_text(out->org, sizeof out->org, fq_col_str(q, 6));
  cp_text(out->key, sizeof out->key, fq_col_str(q, 7));
  const char *points = fq_col_str(q, 8);
  out->points = points ? fq_json_parse(points, strlen(points), NULL) : NULL;
  cp_id_make(out->id, CP_PATROL, out->n);
  fq_done(q);
  return true;
}

void cp_patrol_free(struct cp_patrol *p) {
  fq_json_free(p->points);
  p->points = NULL;
}

static int64_t by_key(fq_db *db, const char *user, const char *key) {
  return fq_int(db, 0, "SELECT n FROM patrol WHERE user = ?1 AND key = ?2 AND key <> ''", "ss", user, key);
}

/* params.id is the server's id, or the key of a patrol of one's own. */
static enum fq_status need(struct fq_call *c, struct cp_patrol *out) {
  const char *id = fq_json_str(c->params, "id");
  char made[FQ_ID_MAX];
  int64_t n = by_key(c->db, c->actor->name, id);
  cp_id_make(made, CP_PATROL, n);
  if (cp_patrol_load(c->db, n ? made : id, out)) return FQ_OK;
  return fq_fail(c->error, FQ_E_NOT_FOUND, "patrol.unknown", "params.id", "没有巡逻 %s", "no patrol %s",
                 id ? id : "");
}

static enum fq_status target(struct fq_call *c, struct fq_target *t, bool desk) {
  struct cp_patrol p;
  enum fq_status s = need(c, &p);
  if (s != FQ_OK) return s;
  cp_patrol_free(&p);
  cp_text(t->org, sizeof t->org, p.org);
  t->own = !strcmp(p.user, c->actor->name);
  if (t->own || (desk && (c->actor->system || c->actor->roles & FQ_ROLE_DESK))) return FQ_OK;
  return fq_fail(c->error, FQ_E_FORBIDDEN, "patrol.not_yours", "params.id", "%s 是别人的巡逻",
                 "%s is somebody else's patrol", p.id);
}

enum fq_status cp_target_patrol(struct fq_call *c, struct fq_target *t) {
  return target(c, t, false);
}

/* A desk may end what was forgotten; walking is the walker's own. */
enum fq_status cp_target_end(struct fq_call *c, struct fq_target *t) {
  return target(c, t, true);
}

static enum fq_status emit(struct fq_call *c, const char *kind, const struct cp_patrol *p, fq_json *data) {
  char audience[FQ_ID_MAX + 8];
  snprintf(audience, sizeof audience, "user/%s", p->user);
  return fq_emit(c, (struct fq_draft){
                        .kind = kind, .subject = p->id, .org = p->org, .audience = audience, .data = data});
}

/* ---- start, end -----------------------------------------------------------------------------------------
 */

enum fq_status cp_target_start(struct fq_call *c, struct fq_target *t) {
  const char *id = fq_json_str(c->params, "plan");
  struct cp_plan p;
  t->own = true;
  cp_text(t->org, sizeof t->org, c->actor->org);
  if (!id) return FQ_OK;
  if (!cp_plan_load(c->db, id, &p))
    return fq_fail(c->error, FQ_E_NOT_FOUND, "patrol.no_plan", "params.plan", "没有巡逻计划 %s",
                   "no patrol plan %s", id);
  bool his = cp_plan_his(c->db, &p, c->actor);
  cp_plan_free(&p);
  if (his) return FQ_OK;
  return fq_fail(c->error, FQ_E_FORBIDDEN, "patrol.foreign", "params.plan", "计划 %s 不在您的片区",
                 "%s is not of your area", id);
}

static fq_json *sum(struct fq_call *c, const struct cp_patrol *p, int64_t at_ms) {
  fq_json *data = fq_json_object();
  int64_t total = (int64_t)fq_json_size(p->points);
  int64_t done = fq_int(c->db, 0, "SELECT count(*) FROM patrol_point WHERE patrol = ?1", "i", p->n);
  if (p->plan) {
    char plan[FQ_ID_MAX];
    cp_id_make(plan, CP_PLAN, p->plan);
    fq_json_set_str(data, "plan", plan);
  }
  fq_json_set_int(data, "done", done);
  fq_json_set_int(data, "missed", total > done ? total - done : 0);
  fq_json_set_time(data, "began_at", p->began_ms);
  fq_json_set_time(data, "at", at_ms < p->began_ms ? p->began_ms : at_ms);
  fq_json_set_int(data, "metres", fq_int(c->db, 0, "SELECT metres FROM patrol WHERE n = ?1", "i", p->n));
  return data;
}

/* One walks one round at a time: who starts another has forgotten to end the first. */
static enum fq_status end_others(struct fq_call *c, int64_t at_ms) {
  for (;;) {
    struct cp_patrol p;
    char id[FQ_ID_MAX];
    int64_t n =
        fq_int(c->db, 0, "SELECT n FROM patrol WHERE user = ?1 AND ended_ms IS NULL ORDER BY n LIMIT 1", "s",
               c->actor->name);
    cp_id_make(id, CP_PATROL, n);
    if (!n || !cp_patrol_load(c->db, id, &p)) return FQ_OK;
    fq_json *data = sum(c, &p, at_ms);
    cp_patrol_free(&p);
    fq_json_set_str(data, "why", "next");
    enum fq_status s = emit(c, "patrol.ended", &p, data);
    if (s != FQ_OK) return s;
  }
}

static void answer(struct fq_call *c, const struct cp_patrol *p) {
  fq_json_set_str(c->result, "id", p->id);
  fq_json_set_int(c->result, "points", (int64_t)fq_json_size(p->points));
}

enum fq_status cp_patrol_start(struct fq_call *c) {
  const char *key = fq_json_str(c->params, "key"), *plan_id = fq_json_str(c->params, "plan");
  const struct cp_self *self = c->self;
  struct cp_patrol p = {.n = 0};
  struct cp_plan plan = {.n = 0};
  char id[FQ_ID_MAX];
  int64_t known = key ? by_key(c->db, c->actor->name, key) : 0, at_ms = cp_when(c, "occurred_at");
  cp_id_make(id, CP_PATROL, known);
  if (known && cp_patrol_load(c->db, id, &p)) { /* the phone was not told that it had arrived */
    answer(c, &p);
    cp_patrol_free(&p);
    return FQ_OK;
  }
  enum fq_status s = end_others(c, at_ms);
  if (s != FQ_OK) return s;
  p.n = fq_next_seq(c);
  cp_id_make(p.id, CP_PATROL, p.n);
  cp_text(p.user, sizeof p.user, c->actor->name);
  cp_text(p.org, sizeof p.org, c->actor->org);
  fq_json *data = fq_json_object();
  if (plan_id && cp_plan_load(c->db, plan_id, &plan)) {
    cp_text(p.org, sizeof p.org, plan.org);
    p.points = plan.points;
    fq_json_set_str(data, "plan", plan.id);
    fq_json_set_str(data, "name", plan.name);
    fq_json_set(data, "points", fq_json_dup(plan.points));
  }
  if (key) fq_json_set_str(data, "key", key);
  fq_json_set_str(data, "user", p.user);
  fq_json_set_time(data, "at", at_ms);
  fq_json_set_time(data, "until", c->now_ms + self->longest_ms);
  cp_set_opt(data, "place", c->params, "place");
  s = emit(c, "patrol.started", &p, data);
  answer(c, &p);
  cp_plan_free(&plan);
  return s;
}

enum fq_status cp_patrol_end(struct fq_call *c) {
  struct cp_patrol p;
  enum fq_status s = need(c, &p);
  if (s != FQ_OK) return s;
  if (p.ended_ms) { /* by itself, before the phone had network again */
    answer(c, &p);
    cp_patrol_free(&p);
    fq_json_set_bool(c->result, "over", true);
    return FQ_OK;
  }
  fq_json *data = sum(c, &p, cp_when(c, "occurred_at"));
  cp_set_opt(data, "note", c->params, "note");
  if (strcmp(p.user, c->actor->name) != 0) fq_json_set_str(data, "why", "desk");
  fq_json_set_int(c->result, "done", fq_json_int(data, "done", 0));
  fq_json_set_int(c->result, "missed", fq_json_int(data, "missed", 0));
  answer(c, &p);
  cp_patrol_free(&p);
  return emit(c, "patrol.ended", &p, data);
}

/* Timer: nobody walks for so long. */
enum fq_status cp_patrol_expire(struct fq_call *c) {
  struct cp_patrol p;
  if (!cp_patrol_load(c->db, fq_json_str(c->params, "id"), &p) || p.ended_ms) {
    cp_patrol_free(&p);
    return FQ_OK;
  }
  fq_json *data = sum(c, &p, c->now_ms);
  cp_patrol_free(&p);
  fq_json_set_str(data, "why", "time");
  return emit(c, "patrol.ended", &p, data);
}

/* ---- points ---------------------------------------------------------------------------------------------
 */

/* Metres from the point, less what the fix may be off; marked when that is more than its radius. */
static void measure(struct fq_call *c, const fq_json *point, fq_json *data) {
  const fq_json *place = fq_json_get(c->params, "place");
  if (!place) {
    fq_json_set_bool(data, "unplaced", true);
    fq_json_set_bool(c->result, "far", true);
    return;
  }
  double acc = fq_json_num(place, "acc", 0);
  double off = fq_distance_m(fq_json_num(point, "lon", 0), fq_json_num(point, "lat", 0),
                             fq_json_num(place, "lon", 0), fq_json_num(place, "lat", 0));
  bool far = off - (acc < ACC_MOST_M ? acc : ACC_MOST_M) > fq_json_num(point, "radius_m", 0);
  fq_json_set(data, "place", fq_json_dup(place));
  fq_json_set_int(data, "distance_m", (int64_t)lround(off));
  if (far) fq_json_set_bool(data, "far", true);
  fq_json_set_int(c->result, "distance_m", (int64_t)lround(off));
  fq_json_set_bool(c->result, "far", far);
}

enum fq_status cp_patrol_point(struct fq_call *c) {
  struct cp_patrol p;
  enum fq_status s = need(c, &p);
  if (s != FQ_OK) return s;
  const char *at = fq_json_str(c->params, "point");
  const fq_json *point = cp_point(p.points, at);
  if (!point) {
    cp_patrol_free(&p);
    return fq_fail(c->error, FQ_E_PARAMS, "patrol.no_point", "params.point", "%s 没有点位 %s",
                   "%s has no point %s", p.id, at);
  }
  static const char *const members[] = {"note", "attachments", "checks"};
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "point", at);
  fq_json_set_str(data, "name", fq_json_str(point, "name"));
  fq_json_set_bool(data, "ok", fq_json_bool(c->params, "ok", true));
  fq_json_set_time(data, "at", cp_when(c, "occurred_at"));
  measure(c, point, data);
  for (size_t k = 0; k < sizeof members / sizeof *members; k++)
    cp_set_opt(data, members[k], c->params, members[k]);
  int64_t total = (int64_t)fq_json_size(p.points);
  cp_patrol_free(&p);
  if ((s = emit(c, "patrol.ticked", &p, data)) != FQ_OK) return s;
  int64_t done = fq_int(c->db, 0, "SELECT count(*) FROM patrol_point WHERE patrol = ?1", "i", p.n);
  fq_json_set_str(c->result, "id", p.id);
  fq_json_set_str(c->result, "point", at);
  fq_json_set_int(c->result, "left", total - done);
  return FQ_OK;
}

/* ---- the track ------------------------------------------------------------------------------------------
 */

/* [lon, lat, at_ms], believable or dropped; what is no place on earth is refused with its number. */
static enum fq_status fix(struct fq_call *c, const struct cp_patrol *p, const fq_json *f, int at,
                          fq_json *keep) {
  const fq_json *lat = fq_json_next(fq_json_first(f));
  double lon_deg = fq_json_as_num(fq_json_first(f), NAN), lat_deg = fq_json_as_num(lat, NAN);
  double at_ms = fq_json_as_num(fq_json_next(lat), 0);
  if (!(fabs(lon_deg) <= DEGREES_LON && fabs(lat_deg) <= DEGREES_LAT)) {
    char path[64];
    snprintf(path, sizeof path, "params.fixes[%d]", at);
    return fq_fail(c->error, FQ_E_PARAMS, "patrol.fix", path, "应为 [经度, 纬度, 毫秒时间]",
                   "expected [lon, lat, time in ms]");
  }
  if (at_ms >= (double)(p->began_ms - BEFORE_MS) && at_ms <= (double)(c->now_ms + AHEAD_MS))
    fq_json_push(keep, fq_json_dup(f));
  return FQ_OK;
}

enum fq_status cp_patrol_track(struct fq_call *c) {
  struct cp_patrol p;
  enum fq_status s = need(c, &p);
  if (s != FQ_OK) return s;
  cp_patrol_free(&p);
  fq_json *keep = fq_json_array();
  int at = 0;
  fq_json_each(f, fq_json_get(c->params, "fixes")) {
    if ((s = fix(c, &p, f, at++, keep)) != FQ_OK) {
      fq_json_free(keep);
      return s;
    }
  }
  fq_json_set_str(c->result, "id", p.id);
  fq_json_set_int(c->result, "kept", (int64_t)fq_json_size(keep));
  fq_json_set_int(c->result, "dropped", at - (int64_t)fq_json_size(keep));
  if (!fq_json_size(keep)) {
    fq_json_free(keep);
    return FQ_OK;
  }
  fq_json *data = fq_json_object();
  fq_json_set(data, "fixes", keep);
  return emit(c, "patrol.tracked", &p, data);
}
