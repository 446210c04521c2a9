/*
 * set.c - cam.set, cam.import, cam.remove: the register. The address is an entry of its own that nobody
 * hears, sealed; everything else is what people may know of a camera. Kernel thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camera.h"

#define CONSENT_MOST_MS (INT64_C(366) * 86400000)

struct row {
  struct fq_call *c;
  const fq_json *p;
  const char *path; /* "params" or "params.rows[3]" */
  struct cam was;   /* n 0: it is not there yet */
};

static const char *at(const struct row *r, const char *member, char out[96]) {
  snprintf(out, 96, "%s.%s", r->path, member);
  return out;
}

static enum fq_status reach(const struct row *r, const char *org, const char *member) {
  char path[96];
  struct fq_unit unit;
  const struct fq_actor *a = r->c->actor;
  if (!fq_org_unit(r->c->db, org, &unit))
    return fq_fail(r->c->error, FQ_E_PARAMS, "org.unknown", at(r, member, path), "没有机构 %s", "no unit %s",
                   org);
  if (a->system || fq_org_within(r->c->db, org, a->org)) return FQ_OK;
  return fq_fail(r->c->error, FQ_E_FORBIDDEN, "org.foreign", at(r, member, path), "%s 不在您的辖区内",
                 "%s is not within your unit", org);
}

/* Without an id the camera of the same GB/T 28181 id, or of the same name in the same unit, is meant: sending
 * or importing the same twice leaves one. */
static enum fq_status find(struct row *r) {
  struct fq_call *c = r->c;
  char path[96];
  const char *id = fq_json_str(r->p, "id"), *gb = fq_json_str(r->p, "gb_id"), *org = fq_json_str(r->p, "org");
  if (id && !cam_load(c->db, id, &r->was))
    return fq_fail(c->error, FQ_E_NOT_FOUND, "cam.unknown", at(r, "id", path), "没有摄像头 %s",
                   "no camera %s", id);
  int64_t same =
      gb ? fq_int(c->db, 0, "SELECT n FROM camera WHERE gb_id = ?1 AND removed_ms IS NULL", "s", gb) : 0;
  if (!id && !same)
    same = fq_int(c->db, 0, "SELECT n FROM camera WHERE org = ?1 AND name = ?2 AND removed_ms IS NULL", "ss",
                  org, fq_json_str(r->p, "name"));
  if (!id && same) cam_load_n(c->db, same, &r->was);
  if (id && same && same != r->was.n)
    return fq_fail(c->error, FQ_E_CONFLICT, "cam.gb_taken", at(r, "gb_id", path),
                   "国标编码 %s 已属于摄像头 c%lld", "GB/T 28181 id %s is camera c%lld's", gb,
                   (long long)same);
  return r->was.n ? reach(r, r->was.org, "id") : FQ_OK;
}

static enum fq_status check_family(const struct row *r) {
  struct fq_call *c = r->c;
  const fq_json *family = fq_json_get(r->p, "family");
  char path[96];
  bool home = fq_json_int(r->p, "class", 0) == CAM_FAMILY;
  if (home != (family != NULL))
    return fq_fail(c->error, FQ_E_PARAMS, "cam.family", at(r, "family", path),
                   "家庭摄像头(8 类)须写明亲属和同意,其他类别不写",
                   "a camera in a home (class 8) needs a relative and a consent, others have none");
  if (!home) return FQ_OK;
  const char *user = fq_json_str(family, "user");
  if (!(fq_int(c->db, 0, "SELECT roles FROM account WHERE name = ?1 AND disabled = 0", "s", user) &
        FQ_ROLE_FAMILY))
    return fq_fail(c->error, FQ_E_PARAMS, "cam.relative", at(r, "family.user", path), "%s 不是家属账号",
                   "%s is no relative's account", user);
  int64_t until_ms = fq_time_parse(fq_json_str(family, "until")),
          given_ms = fq_time_parse(fq_json_str(family, "consent_at"));
  if (given_ms > c->now_ms + 60000)
    return fq_fail(c->error, FQ_E_PARAMS, "cam.consent_time", at(r, "family.consent_at", path),
                   "同意的时间在将来", "the consent is given in the future");
  if (until_ms <= c->now_ms || until_ms > c->now_ms + CONSENT_MOST_MS)
    return fq_fail(c->error, FQ_E_PARAMS, "cam.until", at(r, "family.until", path),
                   "同意的期限应在今后一年之内,到期可以续",
                   "a consent holds for a year at most, and can be renewed");
  return FQ_OK;
}

static enum fq_status check(struct row *r) {
  struct fq_call *c = r->c;
  char path[96];
  const char *url = fq_json_str(r->p, "url"), *gb = fq_json_str(r->p, "gb_id");
  enum fq_status s = reach(r, fq_json_str(r->p, "org"), "org");
  if (s == FQ_OK) s = find(r);
  if (s == FQ_OK && url) s = cam_check_url(url, at(r, "url", path), c->error);
  if (s == FQ_OK && gb) s = cam_check_gb(gb, at(r, "gb_id", path), c->error);
  if (s == FQ_OK) s = check_family(r);
  fq_json_each(m, fq_json_get(r->p, "departments")) {
    struct fq_unit unit;
    if (s == FQ_OK && !fq_org_unit(c->db, fq_json_as_str(m), &unit))
      s = fq_fail(c->error, FQ_E_PARAMS, "org.unknown", at(r, "departments", path), "没有机构 %s",
                  "no unit %s", fq_json_as_str(m));
  }
  return s;
}

static void carry(fq_json *data, const fq_json *p, const char *member) {
  const fq_json *v = fq_json_get(p, member);
  if (v) fq_json_set(data, member, fq_json_dup(v));
}

static enum fq_status put(struct row *r, struct cam *cam) {
  static const char *const members[] = {"name",  "gb_id",       "place",  "class",
                                        "level", "departments", "family", "transcode"};
  struct cf_self *self = r->c->self;
  const char *url = fq_json_str(r->p, "url"), *transport = fq_json_str(r->p, "transport");
  const fq_json *family = fq_json_get(r->p, "family");
  *cam = r->was;
  if (!cam->n) cam_id(cam->id, cam->n = fq_next_seq(r->c));
  cam_copy(cam->org, sizeof cam->org, fq_json_str(r->p, "org"));
  cam_copy(cam->family, sizeof cam->family, fq_json_str(family, "user"));
  fq_json *data = fq_json_object();
  for (size_t x = 0; x < sizeof members / sizeof *members; x++)
    carry(data, r->p, members[x]);
  fq_json_set_bool(data, "privacy", family || fq_json_bool(r->p, "privacy", false));
  fq_json_set_str(data, "transport", transport ? transport : "tcp");
  enum fq_status s = cam_emit(r->c, cam, "cam.set", NULL, data);
  if (s != FQ_OK || !url) return s;
  char *sealed = fq_seal_text(self->kernel, url);
  data = fq_json_object();
  fq_json_set_str(data, "url", sealed);
  free(sealed);
  struct cam nobody = *cam; /* its audience would hear it: there is none */
  nobody.family[0] = '\0';
  return cam_emit(r->c, &nobody, "cam.source_set", NULL, data);
}

enum fq_status cam_set_run(struct fq_call *c) {
  struct row r = {.c = c, .p = c->params, .path = "params"};
  struct cam cam;
  enum fq_status s = check(&r);
  if (s == FQ_OK) s = put(&r, &cam);
  if (s != FQ_OK) return s;
  fq_json_set_str(c->result, "id", cam.id);
  fq_json_set_bool(c->result, "added", !r.was.n);
  cam_review(c->self, cam.id);
  return FQ_OK;
}

/* A trial tells everything that is wrong at once; in earnest the first wrong row stops all of it. */
enum fq_status cam_import_run(struct fq_call *c) {
  bool trial = fq_json_bool(c->params, "trial", false);
  int64_t added = 0, changed = 0, x = 0;
  fq_json *wrong = fq_json_array();
  fq_json_each(p, fq_json_get(c->params, "rows")) {
    char path[40];
    snprintf(path, sizeof path, "params.rows[%lld]", (long long)x++);
    struct row r = {.c = c, .p = p, .path = path};
    struct cam cam;
    enum fq_status s = check(&r);
    if (s != FQ_OK && !trial) {
      fq_json_free(wrong);
      return s;
    }
    if (s != FQ_OK) {
      fq_json *line = fq_json_object();
      fq_json_set_int(line, "row", x);
      fq_json_set_str(line, "code", c->error->code);
      fq_json_set_str(line, "path", c->error->path);
      fq_json_set_str(line, "zh", c->error->zh);
      fq_json_set_str(line, "en", c->error->en);
      fq_json_push(wrong, line);
      memset(c->error, 0, sizeof *c->error);
      continue;
    }
    if (!trial && (s = put(&r, &cam)) != FQ_OK) {
      fq_json_free(wrong);
      return s;
    }
    if (!trial) cam_review(c->self, cam.id);
    r.was.n ? changed++ : added++;
  }
  fq_json_set_int(c->result, "added", added);
  fq_json_set_int(c->result, "changed", changed);
  fq_json_set(c->result, "wrong", wrong);
  return FQ_OK;
}

enum fq_status cam_remove_run(struct fq_call *c) {
  struct cam cam;
  enum fq_status s = cam_need(c, &cam);
  if (s != FQ_OK) return s;
  fq_json *data = fq_json_object();
  carry(data, c->params, "reason");
  fq_json_set_str(data, "name", cam.name);
  fq_json_set_str(c->result, "id", cam.id);
  cam_review(c->self, cam.id);
  return cam_emit(c, &cam, "cam.removed", NULL, data);
}
