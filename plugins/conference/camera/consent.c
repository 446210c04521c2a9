/*
 * consent.c - a camera in a home: how long its people agree to it, and links for their relatives. The
 * householder's account renews or withdraws; a desk of the area writes down what was agreed on paper. Nothing
 * outlives the consent: links end with it, and whoever is watching then sees no more. Kernel thread;
 * cam_guest also while a session is opened.
 */
#include <stdio.h>
#include <string.h>

#include "camera.h"

#define HOUR_MS       INT64_C(3600000)
#define CONSENT_MOST  (INT64_C(366) * 24 * HOUR_MS)
#define LINKS_MOST    8
#define TOKEN_PREFIX  "g.c"
#define TOKEN_PURPOSE "conference.camera"

static enum fq_status home(struct fq_call *c, struct cam *cam) {
  enum fq_status s = cam_need(c, cam);
  if (s != FQ_OK) return s;
  if (cam->class != CAM_FAMILY)
    return fq_fail(c->error, FQ_E_CONFLICT, "cam.no_home", "params.id", "%s 不是家庭摄像头",
                   "%s is no camera in a home", cam->id);
  const struct fq_actor *a = c->actor;
  bool desk = a->system || (a->roles & FQ_ROLE_DESK && fq_org_within(c->db, cam->org, a->org));
  if (desk || !strcmp(a->name, cam->family)) return FQ_OK;
  return fq_fail(c->error, FQ_E_FORBIDDEN, "cam.not_yours", "params.id", "%s 不是您家的摄像头",
                 "%s is not your home's camera", cam->id);
}

/* What was taken back is over for whoever has it open. */
static void end_links(struct fq_call *c, const struct cam *cam) {
  fq_stmt *q = fq_sql(c->db, "SELECT guest FROM camera_link WHERE camera = ?1", "i", cam->n);
  while (fq_row(q))
    cf_end_guest(c, fq_col_str(q, 0));
}

/* On whose word: a desk that writes it down must say whose; the relative himself is it. */
enum fq_status cam_consent_run(struct fq_call *c) {
  struct cam cam;
  const char *until = fq_json_str(c->params, "until"), *by = fq_json_str(c->params, "by");
  int64_t until_ms = until ? fq_time_parse(until) : 0;
  enum fq_status s = home(c, &cam);
  if (s != FQ_OK) return s;
  bool self = !strcmp(c->actor->name, cam.family);
  if (until && (until_ms <= c->now_ms || until_ms > c->now_ms + CONSENT_MOST))
    return fq_fail(c->error, FQ_E_PARAMS, "cam.until", "params.until",
                   "同意的期限应在今后一年之内,到期可以续",
                   "a consent holds for a year at most, and can be renewed");
  if (until && !self && !by)
    return fq_fail(c->error, FQ_E_PARAMS, "cam.consent_by", "params.by", "代为登记时须写明由谁同意",
                   "say who agreed when you write it down for them");
  fq_json *data = fq_json_object();
  if (until) fq_json_set_time(data, "until", until_ms);
  if (by || self) fq_json_set_str(data, "consent_by", by ? by : c->actor->name);
  fq_json_set_str(c->result, "id", cam.id);
  if (until) fq_json_set_time(c->result, "until", until_ms);
  if (!until) end_links(c, &cam);
  cam_review(c->self, cam.id);
  return cam_emit(c, &cam, "cam.consented", c->actor->name, data);
}

enum fq_status cam_consent_due_run(struct fq_call *c) {
  struct cam cam;
  if (!cam_load(c->db, fq_json_str(c->params, "id"), &cam) || cam.until_ms > c->now_ms) return FQ_OK;
  fq_json *data = fq_json_object();
  fq_json_set_bool(data, "lapsed", true);
  cam_review(c->self, cam.id);
  return cam_emit(c, &cam, "cam.consented", NULL, data);
}

enum fq_status cam_link_run(struct fq_call *c) {
  struct cf_self *self = c->self;
  struct cam cam;
  char guest[FQ_ID_MAX], token[64] = TOKEN_PREFIX, mark[33], path[128];
  enum fq_status s = home(c, &cam);
  if (s != FQ_OK) return s;
  int64_t until_ms = c->now_ms + fq_json_int(c->params, "hours", 24) * HOUR_MS;
  if (cam.until_ms <= c->now_ms)
    return fq_fail(c->error, FQ_E_CONFLICT, "cam.consent_over", "params.id",
                   "家庭摄像头 %s 的同意已到期或已撤回", "the consent for %s has ended", cam.id);
  if (fq_int(c->db, 0, "SELECT count(*) FROM camera_link WHERE camera = ?1 AND until_ms > ?2", "ii", cam.n,
             c->now_ms) >= LINKS_MOST)
    return fq_fail(c->error, FQ_E_CONFLICT, "cam.links", "params.id",
                   "一个家庭摄像头最多 %d 个链接,请先收回一个",
                   "a home's camera has at most %d links: take one back first", LINKS_MOST);
  if (until_ms > cam.until_ms) until_ms = cam.until_ms;
  fq_random_text(token + strlen(TOKEN_PREFIX), 40);
  fq_mark_text(self->kernel, TOKEN_PURPOSE, token, mark);
  snprintf(guest, sizeof guest, "guest-%lld", (long long)fq_next_seq(c));
  snprintf(path, sizeof path, "/family/#t=%s", token);
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "guest", guest);
  fq_json_set_str(data, "name", fq_json_str(c->params, "name"));
  fq_json_set_str(data, "mark", mark);
  fq_json_set_time(data, "until", until_ms);
  fq_json_set_str(c->result, "guest", guest);
  fq_json_set_str(c->result, "token", token);
  fq_json_set_str(c->result, "url_path", path);
  fq_json_set_time(c->result, "until", until_ms);
  return cam_emit(c, &cam, "cam.linked", c->actor->name, data);
}

enum fq_status cam_unlink_run(struct fq_call *c) {
  struct cf_self *self = c->self;
  const char *guest = fq_json_str(c->params, "guest");
  struct cam cam;
  enum fq_status s = home(c, &cam);
  if (s != FQ_OK) return s;
  if (!fq_int(c->db, 0, "SELECT 1 FROM camera_link WHERE guest = ?1 AND camera = ?2", "si", guest, cam.n))
    return fq_fail(c->error, FQ_E_NOT_FOUND, "cam.no_link", "params.guest", "没有链接 %s", "no link %s",
                   guest);
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "guest", guest);
  fq_json_set_str(c->result, "guest", guest);
  cf_end_guest(c, guest);
  cam_review(self, cam.id);
  return cam_emit(c, &cam, "cam.unlinked", c->actor->name, data);
}

bool cam_guest(void *arg, fq_db *db, const char *token, int64_t now_ms, struct fq_guest *out) {
  struct cf_self *self = arg;
  char mark[33];
  if (strncmp(token, TOKEN_PREFIX, strlen(TOKEN_PREFIX))) return false;
  fq_mark_text(self->kernel, TOKEN_PURPOSE, token, mark);
  fq_stmt *q = fq_sql(db,
                      "SELECT k.guest, c.org, k.until_ms FROM camera_link k JOIN camera c ON c.n = k.camera"
                      " WHERE k.mark = ?1 AND k.until_ms > ?2 AND c.removed_ms IS NULL",
                      "si", mark, now_ms);
  if (!fq_row(q)) return false;
  cam_copy(out->user, sizeof out->user, fq_col_str(q, 0));
  cam_copy(out->org, sizeof out->org, fq_col_str(q, 1));
  out->until_ms = fq_col_int(q, 2);
  out->roles = FQ_ROLE_FAMILY;
  fq_done(q);
  return true;
}
