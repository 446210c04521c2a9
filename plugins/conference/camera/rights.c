/*
 * rights.c - who may watch which camera: the camera's level and the watcher's, the departments it is opened
 * to, and for a camera in a home its consent. Reads only; any thread with a handle of its own.
 *
 * Level 1 is for the county, 2 for townships and above, 3 for villages and above; a watcher's level is that
 * of the unit he sits at, a department's that of the unit it belongs to. A level opens what lies within one's
 * own unit, never what lies beside it.
 */
#include <stdio.h>
#include <string.h>

#include "camera.h"

static int level_of(fq_db *db, const char *org) {
  struct fq_unit u;
  char at[FQ_ID_MAX];
  cam_copy(at, sizeof at, org);
  for (int steps = 0; steps < 8 && *at && fq_org_unit(db, at, &u); steps++) {
    if (!strcmp(u.kind, "county")) return 1;
    if (!strcmp(u.kind, "township")) return 2;
    if (!strcmp(u.kind, "village") || !strcmp(u.kind, "grid")) return 3;
    cam_copy(at, sizeof at, u.parent);
  }
  return 3;
}

static bool opened_to(fq_db *db, const struct cam *cam, const char *org) {
  fq_json *list = fq_json_parse(cam->departments, strlen(cam->departments), NULL);
  bool yes = false;
  fq_json_each(m, list) yes = yes || fq_org_within(db, org, fq_json_as_str(m));
  fq_json_free(list);
  return yes;
}

static bool relative(fq_db *db, const struct cam *cam, const struct fq_actor *a, int64_t now_ms) {
  if (now_ms >= cam->until_ms) return false;
  return !strcmp(cam->family, a->name) ||
         fq_int(db, 0, "SELECT 1 FROM camera_link WHERE guest = ?1 AND camera = ?2 AND until_ms > ?3", "sii",
                a->name, cam->n, now_ms);
}

/* A home is watched by its relatives; by a desk of its area only while the consent holds and for a reason. */
static enum cam_may family_may(fq_db *db, const struct cam *cam, const struct fq_actor *a, int64_t now_ms) {
  if (relative(db, cam, a, now_ms)) return CAM_YES;
  bool desk =
      a->roles & FQ_ROLE_DESK && fq_org_within(db, cam->org, a->org) && level_of(db, a->org) <= cam->level;
  return desk && now_ms < cam->until_ms ? CAM_WITH_REASON : CAM_NO;
}

enum cam_may cam_may_watch(fq_db *db, const struct cam *cam, const struct fq_actor *a, int64_t now_ms) {
  if (cam->class == CAM_FAMILY) return family_may(db, cam, a, now_ms);
  uint32_t own = FQ_ROLE_DESK | (cam->privacy ? 0 : FQ_ROLE_OFFICER);
  bool may = a->roles & own && fq_org_within(db, cam->org, a->org) && level_of(db, a->org) <= cam->level;
  may = may || (a->roles & (FQ_ROLE_DESK | FQ_ROLE_DEPARTMENT) && opened_to(db, cam, a->org));
  return !may ? CAM_NO : cam->privacy ? CAM_WITH_REASON : CAM_YES;
}

/* Who keeps the register or audits it sees what there is, without a right to the picture. */
bool cam_may_see(fq_db *db, const struct cam *cam, const struct fq_actor *a, int64_t now_ms) {
  const uint32_t keep = FQ_ROLE_DESK | FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_SECURITY | FQ_ROLE_ADMIN_AUDIT;
  return a->system || (a->roles & keep && fq_org_within(db, cam->org, a->org)) ||
         cam_may_watch(db, cam, a, now_ms) != CAM_NO;
}
