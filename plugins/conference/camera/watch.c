/*
 * watch.c - cam.watch and cam.unwatch: every look at a camera is an entry with who, from when and until when,
 * and why where that is asked. The picture itself follows after the commit (live.c). Kernel thread.
 */
#include <stdio.h>
#include <string.h>

#include "camera.h"

static enum fq_status no_session(struct fq_call *c) {
  return fq_fail(c->error, FQ_E_REQUEST, "cam.no_session", "", "看画面须在线,请从页面打开",
                 "pictures need a live connection: open it from a page");
}

enum fq_status cam_check_right(struct fq_call *c, const struct cam *cam) {
  const char *reason = fq_json_str(c->params, "reason");
  enum cam_may may = cam_may_watch(c->db, cam, c->actor, c->now_ms);
  if (may == CAM_NO && cam->class == CAM_FAMILY && c->now_ms >= cam->until_ms)
    return fq_fail(c->error, FQ_E_FORBIDDEN, "cam.consent_over", "params.id",
                   "家庭摄像头 %s 的同意已到期或已撤回", "the consent for %s has ended", cam->id);
  if (may == CAM_NO)
    return fq_fail(c->error, FQ_E_FORBIDDEN, "cam.forbidden", "params.id", "您无权查看摄像头 %s",
                   "you have no right to the picture of %s", cam->id);
  if (may == CAM_WITH_REASON && (!reason || !*reason))
    return fq_fail(c->error, FQ_E_PARAMS, "cam.reason", "params.reason",
                   "%s 在隐私区域,查看须写明理由,并会留痕",
                   "%s is in a private place: say why you look, it is written down", cam->id);
  return FQ_OK;
}

enum fq_status cam_watch_run(struct fq_call *c) {
  struct cf_self *self = c->self;
  const char *conf = fq_json_str(c->params, "conf"), *reason = fq_json_str(c->params, "reason");
  struct cam cam;
  enum fq_status s = cam_need(c, &cam);
  if (s == FQ_OK) s = cam_check_right(c, &cam);
  if (s != FQ_OK) return s;
  if (!c->session || !*c->session) return no_session(c);
  if (cam.privacy && fq_json_bool(c->params, "screen", false))
    return fq_fail(c->error, FQ_E_FORBIDDEN, "cam.private", "params.screen", "%s 在隐私区域,不上大屏",
                   "%s is in a private place: it is not shown on a wall", cam.id);
  if (!cam.has_url)
    return fq_fail(c->error, FQ_E_CONFLICT, "cam.no_source", "params.id", "摄像头 %s 没有登记地址",
                   "no address is known of %s", cam.id);
  if (!cam_live_find(self, cam.id) && cam_live_count(self) >= CAM_LIVE_MOST) {
    fq_fail(c->error, FQ_E_OVERLOADED, "cam.many", "params.id", "同时在看的摄像头已有 %d 路,请先关掉几路",
            "%d cameras are being watched: close some first", CAM_LIVE_MOST);
    c->error->retry_after_ms = 30000;
    return FQ_E_OVERLOADED;
  }
  fq_json_set_str(c->result, "id", cam.id);
  cam_put_state(self, cam.id, c->result);
  const struct cam_watcher *already = cam_watching(self, cam.id, c->session);
  if (already) {
    fq_json_set_int(c->result, "watch", already->watch);
    return FQ_OK;
  }
  struct cam_watcher w = {.watch = fq_next_seq(c), .roles = c->actor->roles};
  cam_copy(w.user, sizeof w.user, c->actor->name);
  cam_copy(w.org, sizeof w.org, c->actor->org);
  cam_copy(w.conf, sizeof w.conf, conf);
  cam_copy(w.session, sizeof w.session, c->session);
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "name", cam.name);
  if (conf) fq_json_set_str(data, "conf", conf);
  if (reason) fq_json_set_str(data, "reason", reason);
  fq_json_set_int(c->result, "watch", w.watch);
  cam_begin(self, cam.id, &w);
  return cam_emit(c, &cam, "cam.watched", c->actor->name, data);
}

static enum fq_status unwatched(struct fq_call *c, int64_t watch, int64_t camera, const char *user,
                                int64_t from_ms, const char *why) {
  struct cam cam;
  if (!cam_load_n(c->db, camera, &cam)) { /* removed meanwhile: the entry stands where the watch was */
    memset(&cam, 0, sizeof cam);
    cam_id(cam.id, camera);
    fq_stmt *q = fq_sql(c->db, "SELECT org FROM camera WHERE n = ?1", "i", camera);
    if (fq_row(q)) {
      cam_copy(cam.org, sizeof cam.org, fq_col_str(q, 0));
      fq_done(q);
    }
  }
  fq_json *data = fq_json_object();
  fq_json_set_int(data, "watch", watch);
  fq_json_set_str(data, "user", user);
  fq_json_set_int(data, "seconds", (c->now_ms - from_ms) / 1000);
  fq_json_set_str(data, "why", why);
  return cam_emit(c, &cam, "cam.unwatched", user, data);
}

enum fq_status cam_unwatch_run(struct fq_call *c) {
  const char *id = fq_json_str(c->params, "id");
  const struct cam_watcher *w = cam_watching(c->self, id, c->session ? c->session : "");
  fq_json_set_str(c->result, "id", id);
  if (!w) return FQ_OK; /* it is over already */
  int64_t from_ms =
      fq_int(c->db, 0, "SELECT from_ms FROM camera_watch WHERE n = ?1 AND until_ms IS NULL", "i", w->watch);
  cam_end(c->self, id, w->watch);
  return from_ms ? unwatched(c, w->watch, cam_n(id), w->user, from_ms, "left") : FQ_OK;
}

static enum fq_status over(struct fq_call *c, int64_t watch, const char *why) {
  fq_stmt *q = fq_sql(
      c->db, "SELECT camera, user, from_ms FROM camera_watch WHERE n = ?1 AND until_ms IS NULL", "i", watch);
  if (!fq_row(q)) return FQ_OK;
  char user[FQ_ID_MAX];
  int64_t camera = fq_col_int(q, 0), from_ms = fq_col_int(q, 2);
  cam_copy(user, sizeof user, fq_col_str(q, 1));
  fq_done(q);
  return unwatched(c, watch, camera, user, from_ms, why);
}

enum fq_status cam_over_run(struct fq_call *c) {
  return over(c, fq_json_int(c->params, "watch", 0), fq_json_str(c->params, "why"));
}

/* The server was down: nobody watches anything, and those who still look ask anew. */
enum fq_status cam_sweep_run(struct fq_call *c) {
  enum fq_status s = FQ_OK;
  for (int64_t n = 0;
       s == FQ_OK &&
       (n = fq_int(c->db, 0, "SELECT min(n) FROM camera_watch WHERE until_ms IS NULL AND n > ?1", "i", n));)
    s = over(c, n, "restart");
  return s;
}
