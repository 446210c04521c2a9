/*
 * list.c - cam.list, cam.get, cam.watches: the register as somebody may see it, and who looked when. The
 * address is never answered; of its host only who keeps the register learns. Reader threads.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camera.h"

static const char *const classes_zh[] = {"",         "道路路口", "治安重点部位", "学校医院", "村社区出入口",
                                         "河道水库", "森林防火", "重点行业单位", "家庭"};
static const char *const classes_en[] = {"",
                                         "roads and crossings",
                                         "public order",
                                         "schools and hospitals",
                                         "village entrances",
                                         "rivers and reservoirs",
                                         "forest fire",
                                         "industries at risk",
                                         "homes"};

/* A county may name the classes for itself: dictionary `camera_classes`. */
static void put_class(fq_db *db, int64_t class, fq_json *j) {
  char code[8], zh[96], en[96];
  snprintf(code, sizeof code, "%d", (int)class);
  bool named = fq_term(db, "camera_classes", code, zh, en);
  fq_json_set_int(j, "class", class);
  fq_json_set_str(j, "class_zh", named ? zh : classes_zh[class]);
  fq_json_set_str(j, "class_en", named ? en : classes_en[class]);
}

static void put_family(fq_db *db, const struct cam *cam, fq_json *j) {
  if (cam->class != CAM_FAMILY) return;
  fq_json *family = fq_json_object();
  fq_json_set_str(family, "user", cam->family);
  fq_stmt *q =
      fq_sql(db, "SELECT consent_by FROM camera WHERE n = ?1 AND consent_by IS NOT NULL", "i", cam->n);
  if (fq_row(q)) {
    fq_json_set_str(family, "consent_by", fq_col_str(q, 0));
    fq_done(q);
  }
  if (cam->consent_ms) fq_json_set_time(family, "consent_at", cam->consent_ms);
  if (cam->until_ms) fq_json_set_time(family, "until", cam->until_ms);
  fq_json_set(j, "family", family);
}

static fq_json *row(struct fq_query *q, const struct cam *cam) {
  fq_json *j = fq_json_object();
  struct fq_unit unit;
  enum cam_may may = cam_may_watch(q->db, cam, q->actor, q->now_ms);
  fq_json_set_str(j, "id", cam->id);
  fq_json_set_str(j, "name", cam->name);
  fq_json_set_str(j, "org", cam->org);
  if (fq_org_unit(q->db, cam->org, &unit)) fq_json_set_str(j, "org_name", unit.name);
  if (*cam->gb_id) fq_json_set_str(j, "gb_id", cam->gb_id);
  put_class(q->db, cam->class, j);
  fq_json_set_int(j, "level", cam->level);
  if (cam->privacy) fq_json_set_bool(j, "privacy", true);
  fq_json_set_bool(j, "may_watch", may != CAM_NO);
  if (may == CAM_WITH_REASON) fq_json_set_bool(j, "needs_reason", true);
  if (!cam->has_url) fq_json_set_bool(j, "no_source", true);
  put_family(q->db, cam, j);
  int64_t link_ms = fq_int(q->db, 0, "SELECT until_ms FROM camera_link WHERE guest = ?1 AND camera = ?2",
                           "si", q->actor->name, cam->n);
  if (link_ms) fq_json_set_time(j, "until", link_ms);
  cam_put_state(q->self, cam->id, j);
  fq_stmt *s = fq_sql(q->db, "SELECT lon, lat FROM camera WHERE n = ?1 AND lon IS NOT NULL", "i", cam->n);
  if (fq_row(s)) {
    fq_json *place = fq_json_object();
    fq_json_set_num(place, "lon", fq_col_num(s, 0));
    fq_json_set_num(place, "lat", fq_col_num(s, 1));
    fq_json_set(j, "place", place);
    fq_done(s);
  }
  return j;
}

static bool path_of(fq_db *db, const char *org, char path[512]) {
  path[0] = '\0';
  fq_stmt *q = fq_sql(db, "SELECT path FROM org WHERE id = ?1", "s", org);
  if (!fq_row(q)) return false;
  cam_copy(path, 512, fq_col_str(q, 0));
  fq_done(q);
  return true;
}

/* By number, or by distance from a place; then there is no next page, the nearest are what is wanted. */
static fq_stmt *select_rows(struct fq_query *q, const char *path) {
  const char *text = fq_json_str(q->params, "text"), *after = fq_json_str(q->params, "after");
  const fq_json *near = fq_json_get(q->params, "near");
  double lon = fq_json_num(near, "lon", 0), lat = fq_json_num(near, "lat", 0), narrow = cos(lat * M_PI / 180);
  return fq_sql(
      q->db,
      "SELECT c.n FROM camera c JOIN org o ON o.id = c.org WHERE c.removed_ms IS NULL AND c.n > ?1"
      " AND (?2 = '' OR substr(o.path, 1, length(?2)) = ?2) AND (?3 = 0 OR c.class = ?3)"
      " AND (?4 IS NULL OR instr(lower(c.name || ' ' || coalesce(c.gb_id, '') || ' ' || o.name), lower(?4)))"
      " AND (?5 = 0 OR c.lon IS NOT NULL)"
      " ORDER BY CASE WHEN ?5 THEN (c.lon - ?6) * (c.lon - ?6) * ?8 * ?8 + (c.lat - ?7) * (c.lat - ?7) END, "
      "c.n",
      "isisiddd", near || !after ? (int64_t)0 : cam_n(after), path, fq_json_int(q->params, "class", 0), text,
      (int64_t)(near != NULL), lon, lat, narrow);
}

enum fq_status cam_list_query(struct fq_query *q) {
  const char *org = fq_json_str(q->params, "org");
  int64_t limit = fq_json_int(q->params, "limit", 50), count = 0, cap = 0, *keys = NULL;
  char path[512] = "";
  if (org && !path_of(q->db, org, path))
    return fq_fail(q->error, FQ_E_PARAMS, "org.unknown", "params.org", "没有机构 %s", "no unit %s", org);
  fq_stmt *s = select_rows(q, path);
  while (fq_row(s)) {
    if (count == cap && !(keys = realloc(keys, (size_t)(cap = cap ? 2 * cap : 256) * sizeof *keys))) abort();
    keys[count++] = fq_col_int(s, 0);
  }
  fq_json *rows = fq_json_array();
  char next[FQ_ID_MAX] = "";
  for (int64_t x = 0; x < count; x++) {
    struct cam cam;
    if (!cam_load_n(q->db, keys[x], &cam) || !cam_may_see(q->db, &cam, q->actor, q->now_ms)) continue;
    if ((int64_t)fq_json_size(rows) == limit) break;
    cam_id(next, keys[x]);
    fq_json_push(rows, row(q, &cam));
    if (x + 1 == count) next[0] = '\0';
  }
  free(keys);
  if (*next && (int64_t)fq_json_size(rows) == limit && !fq_json_get(q->params, "near"))
    fq_json_set_str(q->result, "next", next);
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}

static void put_links(fq_db *db, const struct cam *cam, int64_t now_ms, fq_json *j) {
  fq_json *links = fq_json_array();
  fq_stmt *q = fq_sql(db,
                      "SELECT guest, name, until_ms FROM camera_link WHERE camera = ?1 AND until_ms > ?2 "
                      "ORDER BY until_ms, guest",
                      "ii", cam->n, now_ms);
  while (fq_row(q)) {
    fq_json *link = fq_json_object();
    fq_json_set_str(link, "guest", fq_col_str(q, 0));
    fq_json_set_str(link, "name", fq_col_str(q, 1));
    fq_json_set_time(link, "until", fq_col_int(q, 2));
    fq_json_push(links, link);
  }
  fq_json_set(j, "links", links);
}

enum fq_status cam_get_query(struct fq_query *q) {
  const char *id = fq_json_str(q->params, "id");
  struct cf_self *self = q->self;
  struct cam cam;
  if (!cam_load(q->db, id, &cam))
    return fq_fail(q->error, FQ_E_NOT_FOUND, "cam.unknown", "params.id", "没有摄像头 %s", "no camera %s", id);
  if (!cam_may_see(q->db, &cam, q->actor, q->now_ms))
    return fq_fail(q->error, FQ_E_FORBIDDEN, "cam.forbidden", "params.id", "您无权查看摄像头 %s",
                   "you have no right to %s", id);
  fq_json *j = row(q, &cam);
  fq_json_each(m, j) fq_json_set(q->result, fq_json_name(m), fq_json_dup(m));
  fq_json_free(j);
  fq_json_set_str(q->result, "transport", cam.transport);
  fq_json_set_bool(q->result, "transcode", cam.transcode);
  fq_json *departments = fq_json_parse(cam.departments, strlen(cam.departments), NULL);
  fq_json_set(q->result, "departments", departments ? departments : fq_json_array());
  bool keeps = q->actor->system || q->actor->roles & FQ_ROLE_ADMIN_SYSTEM;
  char *sealed = keeps ? cam_sealed(q->db, cam.n) : NULL,
       *url = sealed ? fq_open_sealed(self->kernel, sealed) : NULL;
  if (url) {
    char host[128];
    cam_host(url, host);
    fq_json_set_str(q->result, "host", host);
    memset(url, 0, strlen(url));
  }
  free(url);
  free(sealed);
  bool home =
      cam.class == CAM_FAMILY && (q->actor->roles & FQ_ROLE_DESK || !strcmp(q->actor->name, cam.family));
  if (home) put_links(q->db, &cam, q->now_ms, q->result);
  return FQ_OK;
}

/* Who looked: for those who answer for it, and for the people of the home it stands in. */
enum fq_status cam_watches_query(struct fq_query *q) {
  const char *id = fq_json_str(q->params, "id"), *after = fq_json_str(q->params, "after");
  int64_t limit = fq_json_int(q->params, "limit", 50), last = 0, count = 0;
  struct cam cam;
  if (!cam_load(q->db, id, &cam))
    return fq_fail(q->error, FQ_E_NOT_FOUND, "cam.unknown", "params.id", "没有摄像头 %s", "no camera %s", id);
  const struct fq_actor *a = q->actor;
  bool may =
      a->system || !strcmp(a->name, cam.family) ||
      (a->roles & (FQ_ROLE_COMMANDER | FQ_ROLE_DIRECTOR | FQ_ROLE_ADMIN_AUDIT | FQ_ROLE_ADMIN_SECURITY) &&
       fq_org_within(q->db, cam.org, a->org));
  if (!may)
    return fq_fail(q->error, FQ_E_FORBIDDEN, "cam.forbidden", "params.id", "您无权查看摄像头 %s 的查看记录",
                   "you have no right to who watched %s", id);
  fq_json *rows = fq_json_array();
  fq_stmt *s = fq_sql(q->db,
                      "SELECT n, user, conf, reason, from_ms, until_ms, why, coalesce((SELECT display FROM "
                      "account a WHERE a.name = w.user), user)"
                      " FROM camera_watch w WHERE camera = ?1 AND n < ?2 ORDER BY n DESC LIMIT ?3",
                      "iii", cam.n, after ? strtoll(after, NULL, 10) : INT64_MAX, limit + 1);
  while (fq_row(s)) {
    if (++count > limit) continue;
    fq_json *j = fq_json_object();
    fq_json_set_int(j, "watch", last = fq_col_int(s, 0));
    fq_json_set_str(j, "user", fq_col_str(s, 1));
    fq_json_set_str(j, "name", fq_col_str(s, 7));
    if (!fq_col_null(s, 2)) fq_json_set_str(j, "conf", fq_col_str(s, 2));
    if (!fq_col_null(s, 3)) fq_json_set_str(j, "reason", fq_col_str(s, 3));
    fq_json_set_time(j, "from", fq_col_int(s, 4));
    if (!fq_col_null(s, 5)) fq_json_set_time(j, "until", fq_col_int(s, 5));
    if (!fq_col_null(s, 6)) fq_json_set_str(j, "why", fq_col_str(s, 6));
    fq_json_push(rows, j);
  }
  if (count > limit) {
    char next[24];
    snprintf(next, sizeof next, "%lld", (long long)last);
    fq_json_set_str(q->result, "next", next);
  }
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}
