/*
 * keep.c - recordings as evidence: checked against their hashes, taken away when their time has come or with
 * a reason. Kernel thread; files on helpers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recording.h"

/* ---- recording.verify: each file is read again ------------------------------------------------------------
 */

struct check {
  struct cf_self *self;
  char id[FQ_ID_MAX], user[FQ_ID_MAX];
  size_t count;
  struct {
    char sha256[65];
    bool intact;
  } files[REC_TRACKS + 1];
};

static void check_files(void *arg) {
  struct check *v = arg;
  for (size_t x = 0; x < v->count; x++)
    v->files[x].intact = fq_blob_intact(fq_data_dir(v->self->kernel), v->files[x].sha256);
}

static void checked(fq_kernel *k, void *arg) {
  struct check *v = arg;
  fq_json *params = fq_json_object(), *bad = fq_json_array();
  for (size_t x = 0; x < v->count; x++)
    if (!v->files[x].intact) fq_json_push(bad, fq_json_new_str(v->files[x].sha256));
  fq_json_set_str(params, "id", v->id);
  fq_json_set_str(params, "user", v->user);
  fq_json_set_int(params, "files", (int64_t)v->count);
  fq_json_set(params, "damaged", bad);
  fq_command(k, "recording.verified", params, NULL, NULL);
  free(v);
}

static void begin_check(fq_kernel *k, void *arg) {
  fq_work(k, check_files, checked, arg);
}

static enum fq_status gone(struct fq_call *c, const struct rec *r) {
  return fq_fail(c->error, FQ_E_CONFLICT, "recording.removed", "params.id", "录制 %s 已删除",
                 "recording %s has been removed", r->id);
}

enum fq_status rec_verify_run(struct fq_call *c) {
  struct cf_self *self = c->self;
  struct rec r;
  enum fq_status s = rec_need(c, &r);
  if (s == FQ_OK && !strcmp(r.state, "removed")) s = gone(c, &r);
  if (s != FQ_OK) return s;
  struct check *v = calloc(1, sizeof *v);
  if (!v) abort();
  v->self = self;
  rec_copy(v->id, sizeof v->id, r.id);
  rec_copy(v->user, sizeof v->user, c->actor->name);
  fq_stmt *q = fq_sql(c->db,
                      "SELECT sha256 FROM recording WHERE n = ?1 AND sha256 IS NOT NULL UNION ALL SELECT "
                      "sha256 FROM recording_track WHERE recording = ?1",
                      "i", r.n);
  while (fq_row(q))
    if (v->count < REC_TRACKS + 1)
      rec_copy(v->files[v->count++].sha256, sizeof v->files[0].sha256, fq_col_str(q, 0));
  fq_json_set_str(c->result, "id", r.id);
  fq_json_set_int(c->result, "files", (int64_t)v->count);
  fq_post(self->kernel, begin_check, v);
  return FQ_OK;
}

enum fq_status rec_verified_run(struct fq_call *c) {
  struct rec r;
  enum fq_status s = rec_need(c, &r);
  if (s != FQ_OK || !strcmp(r.state, "removed")) return s;
  const fq_json *damaged = fq_json_get(c->params, "damaged");
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "by", fq_json_str(c->params, "user"));
  fq_json_set_int(data, "files", fq_json_int(c->params, "files", 0));
  fq_json_set(data, "damaged", fq_json_dup(damaged));
  fq_json_set_bool(data, "intact", fq_json_size(damaged) == 0);
  return rec_emit(c, &r, "conf.record_verified", data);
}

/* ---- recording.remove, and the end of its time
 * -------------------------------------------------------------- */

/* The same silence may have been recorded twice: a file that another recording names stays. */
static enum fq_status remove_files(struct fq_call *c, const struct rec *r) {
  char files[REC_TRACKS + 1][65];
  size_t count = 0;
  enum fq_status s = FQ_OK;
  fq_stmt *q = fq_sql(c->db,
                      "SELECT sha256 FROM (SELECT sha256 FROM recording WHERE n = ?1 AND sha256 IS NOT NULL "
                      "UNION SELECT sha256 FROM recording_track WHERE"
                      " recording = ?1) f WHERE NOT EXISTS(SELECT 1 FROM recording_track t JOIN recording o "
                      "ON o.n = t.recording WHERE t.sha256 = f.sha256"
                      " AND o.n <> ?1 AND o.state <> 'removed')",
                      "i", r->n);
  while (fq_row(q))
    if (count < REC_TRACKS + 1) rec_copy(files[count++], sizeof files[0], fq_col_str(q, 0));
  for (size_t x = 0; s == FQ_OK && x < count; x++) {
    fq_json *params = fq_json_object();
    fq_json_set_str(params, "sha256", files[x]);
    s = fq_call_method(c, "blob.remove", params, NULL);
  }
  return s;
}

static enum fq_status take_away(struct fq_call *c, const struct rec *r, const char *reason, bool expired) {
  fq_json *data = fq_json_object();
  if (reason) fq_json_set_str(data, "reason", reason);
  if (expired) fq_json_set_bool(data, "expired", true);
  enum fq_status s = rec_emit(c, r, "conf.record_removed", data);
  return s == FQ_OK ? remove_files(c, r) : s;
}

enum fq_status rec_remove_run(struct fq_call *c) {
  struct rec r;
  enum fq_status s = rec_need(c, &r);
  if (s != FQ_OK) return s;
  if (!strcmp(r.state, "removed")) s = gone(c, &r);
  if (!strcmp(r.state, "recording"))
    s = fq_fail(c->error, FQ_E_CONFLICT, "recording.state", "params.id", "录制 %s 还在进行,请先停止",
                "recording %s is still running: stop it first", r.id);
  if (s != FQ_OK) return s;
  fq_json_set_str(c->result, "id", r.id);
  return take_away(c, &r, fq_json_str(c->params, "reason"), false);
}

enum fq_status rec_expire_run(struct fq_call *c) {
  struct rec r;
  enum fq_status s = rec_need(c, &r);
  return s != FQ_OK || !strcmp(r.state, "removed") ? s : take_away(c, &r, NULL, true);
}
