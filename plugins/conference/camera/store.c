/*
 * store.c - a camera as its row stands, the entries about it, and what they leave behind. Applying: kernel
 * thread; loading on any thread with a handle of its own.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "camera.h"

void cam_copy(char *out, size_t cap, const char *s) {
  snprintf(out, cap, "%s", s ? s : "");
}

void cam_id(char out[FQ_ID_MAX], int64_t n) {
  snprintf(out, FQ_ID_MAX, "c%lld", (long long)n);
}

int64_t cam_n(const char *id) {
  if (!id || *id != 'c' || !id[1] || strspn(id + 1, "0123456789") != strlen(id + 1) || strlen(id) > 17)
    return -1;
  return strtoll(id + 1, NULL, 10);
}

bool cam_load_n(fq_db *db, int64_t n, struct cam *out) {
  memset(out, 0, sizeof *out);
  fq_stmt *q = fq_sql(db,
                      "SELECT n, class, level, until_ms, consent_ms, privacy, transcode, url IS NOT NULL, "
                      "org, name, gb_id, transport,"
                      " family, departments FROM camera WHERE n = ?1 AND removed_ms IS NULL",
                      "i", n);
  if (!fq_row(q)) return false;
  out->n = fq_col_int(q, 0);
  out->class = fq_col_int(q, 1);
  out->level = fq_col_int(q, 2);
  out->until_ms = fq_col_int(q, 3);
  out->consent_ms = fq_col_int(q, 4);
  out->privacy = fq_col_int(q, 5) != 0;
  out->transcode = fq_col_int(q, 6) != 0;
  out->has_url = fq_col_int(q, 7) != 0;
  cam_copy(out->org, sizeof out->org, fq_col_str(q, 8));
  cam_copy(out->name, sizeof out->name, fq_col_str(q, 9));
  cam_copy(out->gb_id, sizeof out->gb_id, fq_col_str(q, 10));
  cam_copy(out->transport, sizeof out->transport, fq_col_str(q, 11));
  cam_copy(out->family, sizeof out->family, fq_col_str(q, 12));
  cam_copy(out->departments, sizeof out->departments, fq_col_str(q, 13));
  cam_id(out->id, out->n);
  fq_done(q);
  return true;
}

bool cam_load(fq_db *db, const char *id, struct cam *out) {
  return cam_load_n(db, cam_n(id), out);
}

enum fq_status cam_need(struct fq_call *c, struct cam *out) {
  const char *id = fq_json_str(c->params, "id");
  if (cam_load(c->db, id, out)) return FQ_OK;
  return fq_fail(c->error, FQ_E_NOT_FOUND, "cam.unknown", "params.id", "没有摄像头 %s", "no camera %s", id);
}

char *cam_sealed(fq_db *db, int64_t n) {
  fq_stmt *q = fq_sql(db, "SELECT url FROM camera WHERE n = ?1 AND url IS NOT NULL", "i", n);
  if (!fq_row(q)) return NULL;
  char *sealed = strdup(fq_col_str(q, 0));
  if (!sealed) abort();
  fq_done(q);
  return sealed;
}

enum fq_status cam_emit(struct fq_call *c, const struct cam *cam, const char *kind, const char *user,
                        fq_json *data) {
  char audience[2 * FQ_ID_MAX + 16] = "";
  if (user && *user && *cam->family && strcmp(user, cam->family))
    snprintf(audience, sizeof audience, "user/%s user/%s", user, cam->family);
  else if ((user && *user) || *cam->family)
    snprintf(audience, sizeof audience, "user/%s", user && *user ? user : cam->family);
  fq_json_set_str(data, "camera", cam->id);
  return fq_emit(c,
                 (struct fq_draft){
                     .kind = kind, .subject = cam->id, .org = cam->org, .audience = audience, .data = data});
}

enum fq_status cam_target(struct fq_call *c, struct fq_target *t) {
  struct cam cam;
  enum fq_status s = cam_need(c, &cam);
  if (s == FQ_OK) cam_copy(t->org, sizeof t->org, cam.org);
  return s;
}

/* ---- apply ----------------------------------------------------------------------------------------------
 */

static int64_t subject_n(const struct fq_entry *e) {
  return cam_n(fq_json_str(e->data, "camera"));
}

static int64_t time_of(const fq_json *o, const char *name) {
  const char *text = fq_json_str(o, name);
  return text ? fq_time_parse(text) : 0;
}

static void consent_timer(struct fq_apply *a, const struct fq_entry *e, int64_t n, int64_t until_ms) {
  char timer[48], id[FQ_ID_MAX];
  snprintf(timer, sizeof timer, "camera/%lld", (long long)n);
  fq_timer_clear(a, timer);
  if (until_ms <= e->at_ms) return;
  cam_id(id, n);
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "id", id);
  fq_timer_set(a, timer, until_ms, "cam.consent_due", id, params);
}

enum fq_status cam_apply_set(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data, *place = fq_json_get(d, "place"), *family = fq_json_get(d, "family");
  char *departments = fq_json_get(d, "departments") ? fq_json_print(fq_json_get(d, "departments")) : NULL;
  int64_t n = subject_n(e), until_ms = time_of(family, "until");
  fq_exec(a->db,
          "INSERT INTO camera(n, name, org, gb_id, class, level, departments, privacy, transcode, transport, "
          "family, consent_by,"
          " consent_ms, until_ms, set_ms) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15)"
          " ON CONFLICT(n) DO UPDATE SET name = ?2, org = ?3, gb_id = ?4, class = ?5, level = ?6, "
          "departments = ?7, privacy = ?8,"
          " transcode = ?9, transport = ?10, family = ?11, consent_by = ?12, consent_ms = ?13, until_ms = "
          "?14, set_ms = ?15",
          "isssiisiisssiii", n, fq_json_str(d, "name"), e->org, fq_json_str(d, "gb_id"),
          fq_json_int(d, "class", 1), fq_json_int(d, "level", 3), departments ? departments : "[]",
          (int64_t)fq_json_bool(d, "privacy", false), (int64_t)fq_json_bool(d, "transcode", false),
          fq_json_str(d, "transport"), fq_json_str(family, "user"), fq_json_str(family, "consent_by"),
          time_of(family, "consent_at"), until_ms, e->at_ms);
  free(departments);
  if (place)
    fq_exec(a->db, "UPDATE camera SET lon = ?2, lat = ?3 WHERE n = ?1", "idd", n,
            fq_json_num(place, "lon", NAN), fq_json_num(place, "lat", NAN));
  else
    fq_exec(a->db, "UPDATE camera SET lon = NULL, lat = NULL WHERE n = ?1", "i", n);
  consent_timer(a, e, n, until_ms);
  return FQ_OK;
}

enum fq_status cam_apply_source(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "UPDATE camera SET url = ?2 WHERE n = ?1", "is", subject_n(e), fq_json_str(e->data, "url"));
  return FQ_OK;
}

enum fq_status cam_apply_removed(struct fq_apply *a, const struct fq_entry *e) {
  int64_t n = subject_n(e);
  fq_exec(a->db, "UPDATE camera SET removed_ms = ?2, url = NULL, family = NULL, until_ms = 0 WHERE n = ?1",
          "ii", n, e->at_ms);
  fq_exec(a->db, "DELETE FROM camera_link WHERE camera = ?1", "i", n);
  consent_timer(a, e, n, 0);
  return FQ_OK;
}

enum fq_status cam_apply_watched(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(
      a->db,
      "INSERT INTO camera_watch(n, camera, user, org, conf, reason, from_ms) VALUES(?1,?2,?3,?4,?5,?6,?7)",
      "iissssi", e->seq, subject_n(e), e->actor, e->org, fq_json_str(e->data, "conf"),
      fq_json_str(e->data, "reason"), e->at_ms);
  return FQ_OK;
}

enum fq_status cam_apply_unwatched(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "UPDATE camera_watch SET until_ms = ?2, why = ?3 WHERE n = ?1", "iis",
          fq_json_int(e->data, "watch", 0), e->at_ms, fq_json_str(e->data, "why"));
  return FQ_OK;
}

/* A picture is a look, too. */
enum fq_status cam_apply_snapped(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db,
          "INSERT INTO camera_watch(n, camera, user, org, reason, from_ms, until_ms, why)"
          " VALUES(?1,?2,?3,?4,?5,?6,?6,'snapshot')",
          "iisssi", e->seq, subject_n(e), e->actor, e->org, fq_json_str(e->data, "reason"), e->at_ms);
  return FQ_OK;
}

/* Without `until` it is withdrawn, and nobody's link opens the home any more. */
enum fq_status cam_apply_consented(struct fq_apply *a, const struct fq_entry *e) {
  int64_t n = subject_n(e), until_ms = time_of(e->data, "until");
  fq_exec(
      a->db,
      "UPDATE camera SET until_ms = ?2, consent_ms = ?3, consent_by = coalesce(?4, consent_by) WHERE n = ?1",
      "iiis", n, until_ms, e->at_ms, fq_json_str(e->data, "consent_by"));
  if (!until_ms)
    fq_exec(a->db, "DELETE FROM camera_link WHERE camera = ?1", "i", n);
  else
    fq_exec(a->db, "UPDATE camera_link SET until_ms = min(until_ms, ?2) WHERE camera = ?1", "ii", n,
            until_ms);
  consent_timer(a, e, n, until_ms);
  return FQ_OK;
}

enum fq_status cam_apply_linked(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  fq_exec(a->db, "INSERT INTO camera_link(guest, camera, name, mark, until_ms) VALUES(?1,?2,?3,?4,?5)",
          "sissi", fq_json_str(d, "guest"), subject_n(e), fq_json_str(d, "name"), fq_json_str(d, "mark"),
          time_of(d, "until"));
  return FQ_OK;
}

enum fq_status cam_apply_unlinked(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "DELETE FROM camera_link WHERE guest = ?1", "s", fq_json_str(e->data, "guest"));
  return FQ_OK;
}
