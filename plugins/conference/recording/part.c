/*
 * part.c - the recording part's table of contents: its tables, kinds and methods, and its life. Kernel
 * thread.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recording.h"

/* clang-format off */
static const char *const migrations[] = {
    "CREATE TABLE recording("
    " n INTEGER PRIMARY KEY, conf TEXT NOT NULL, org TEXT NOT NULL, title TEXT, incident TEXT, operator TEXT NOT NULL, state TEXT NOT NULL,"
    " why_zh TEXT, why_en TEXT, from_ms INTEGER NOT NULL, until_ms INTEGER, stopping_ms INTEGER, sha256 TEXT, size INTEGER, broken INTEGER,"
    " keep_ms INTEGER, verified_ms INTEGER, intact INTEGER, removed_ms INTEGER);"
    "CREATE INDEX recording_conf ON recording(conf, n);"
    "CREATE INDEX recording_incident ON recording(incident, n) WHERE incident IS NOT NULL;"
    "CREATE INDEX recording_open ON recording(state, n) WHERE state IN ('recording', 'converting');"
    "CREATE TABLE recording_track("
    " recording INTEGER NOT NULL, sha256 TEXT NOT NULL, user TEXT NOT NULL, kind TEXT NOT NULL, codec TEXT NOT NULL, file TEXT NOT NULL,"
    " size INTEGER NOT NULL, from_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL, PRIMARY KEY(recording, sha256)) WITHOUT ROWID;"
    "CREATE INDEX recording_file ON recording_track(sha256);",
    NULL};

#define P_RECORDING {.name = "id", .type = FQ_T_ID, .required = true, .zh = "录制编号", .en = "recording id"}
#define P_CONF {.name = "id", .type = FQ_T_ID, .required = true, .zh = "会商编号", .en = "conference id"}
#define P_REASON {.name = "reason", .type = FQ_T_STRING, .required = true, .min = 1, .max = 200, .zh = "理由", .en = "reason"}
#define P_WHY {.name = "why_zh", .type = FQ_T_STRING}, {.name = "why_en", .type = FQ_T_STRING}
#define P_DUE {.name = "due_ms", .type = FQ_T_INT}, {.name = "late_ms", .type = FQ_T_INT}
static const struct fq_param record_params[] = {P_CONF, {.name = "on", .type = FQ_T_BOOL, .required = true, .zh = "开始或停止", .en = "begin or stop"}, {0}};
static const struct fq_param get_params[] = {P_RECORDING, {0}};
static const struct fq_param remove_params[] = {P_RECORDING, P_REASON, {0}};
static const struct fq_param expire_params[] = {P_RECORDING, P_DUE, {0}};
static const struct fq_param closed_params[] = {P_CONF, P_WHY, {0}};
static const struct fq_param failed_params[] = {P_RECORDING, P_WHY, {0}};
static const struct fq_param track_params[] = {
    P_CONF, {.name = "user", .type = FQ_T_ID, .required = true}, {.name = "kind", .type = FQ_T_STRING, .required = true}, {.name = "codec", .type = FQ_T_STRING, .required = true},
    {.name = "file", .type = FQ_T_STRING, .required = true}, {.name = "sha256", .type = FQ_T_STRING, .required = true}, {.name = "size", .type = FQ_T_INT, .required = true},
    {.name = "from", .type = FQ_T_TIME, .required = true}, {.name = "until", .type = FQ_T_TIME, .required = true}, {0}};
static const struct fq_param done_params[] = {
    P_RECORDING, {.name = "sha256", .type = FQ_T_STRING, .required = true}, {.name = "size", .type = FQ_T_INT, .required = true}, {.name = "broken", .type = FQ_T_INT, .required = true},
    {.name = "from", .type = FQ_T_TIME, .required = true}, {.name = "until", .type = FQ_T_TIME, .required = true}, {0}};
static const struct fq_param sha256[] = {{.name = "sha256", .type = FQ_T_STRING}, {0}};
static const struct fq_param verified_params[] = {
    P_RECORDING, {.name = "user", .type = FQ_T_ID, .required = true}, {.name = "files", .type = FQ_T_INT, .required = true},
    {.name = "damaged", .type = FQ_T_ARRAY, .required = true, .members = sha256}, {0}};
static const struct fq_param list_params[] = {
    {.name = "conf", .type = FQ_T_ID, .zh = "会商", .en = "of this conference"},
    {.name = "incident", .type = FQ_T_ID, .zh = "事件", .en = "of this incident"},
    {.name = "limit", .type = FQ_T_INT, .min = 1, .max = 200, .zh = "条数", .en = "rows"},
    {.name = "after", .type = FQ_T_ID, .zh = "续页", .en = "`next` of the page before"},
    {0}};

#define READ (FQ_ROLE_DESK | FQ_ROLE_DEPARTMENT | FQ_ROLE_ADMIN_SECURITY | FQ_ROLE_ADMIN_AUDIT)
/* Whoever hears that a recording is there may read its files. */
#define HEAR (FQ_ROLE_DESK | FQ_ROLE_ADMIN_AUDIT)
#define KEEP (FQ_ROLE_ADMIN_SECURITY | FQ_ROLE_ADMIN_AUDIT)
static const struct fq_kind kinds[] = {
    {"conf.record_started", rec_apply_started, HEAR, FQ_KIND_QUIET, "开始录制", "recording begun"},
    {"conf.record_track", rec_apply_track, HEAR, FQ_KIND_QUIET, "录制文件入库", "a recorded track is kept"},
    {"conf.record_state", rec_apply_state, HEAR, FQ_KIND_QUIET, "录制状态", "state of a recording"},
    {"conf.recorded", rec_apply_recorded, HEAR, FQ_KIND_QUIET, "录制完成", "recording ready"},
    {"conf.record_verified", rec_apply_verified, HEAR | KEEP, FQ_KIND_QUIET, "录制校验", "recording verified"},
    {"conf.record_removed", rec_apply_removed, HEAR | KEEP, FQ_KIND_QUIET, "录制删除", "recording removed"},
    {0}};

#define INSIDE(name, schema, zh, en) {"recording." #name, 0, FQ_INTERNAL, schema, NULL, rec_##name##_run, NULL, NULL, zh, en, NULL}
static const struct fq_method methods[] = {
    {"conf.record", FQ_ROLE_DESK | FQ_ROLE_DEPARTMENT | FQ_ROLE_OFFICER, 0, record_params, NULL, rec_record_run, NULL, NULL, "开始或停止录制", "begin or stop recording; the chair, or a commander of the area",
     "{id, on: boolean, recording?}"},
    {"recording.verify", READ, 0, get_params, rec_target, rec_verify_run, NULL, NULL, "重新计算每个文件的哈希", "hash each file again; the result comes as entry conf.record_verified", "{id, files: number}"},
    {"recording.retry", FQ_ROLE_DESK | KEEP, 0, get_params, rec_target, rec_retry_run, NULL, NULL, "再合成一次", "make the playable file again after a failure", "{id}"},
    {"recording.remove", FQ_ROLE_ADMIN_SECURITY, 0, remove_params, rec_target, rec_remove_run, NULL, NULL, "删除录制", "remove a recording", "{id}"},
    {"recording.list", READ, 0, list_params, NULL, NULL, rec_list_query, NULL, "录制", "recordings, newest first",
     "{rows: [{id, conf, title?, incident?, org, operator, operator_name, state, why_zh?, why_en?, from, until?, sha256?, size?: number, broken?: number, keep_until?, verified_at?, "
     "intact?: boolean, progress?: number, tracks: [{user, name, kind, sha256, size: number, from, until}]}], next?}"},
    INSIDE(track, track_params, "一个文件入库", "a track is kept"),
    INSIDE(closed, closed_params, "文件都已入库", "all tracks are kept"),
    INSIDE(begin, NULL, "下一个要合成的", "the next to be made"),
    INSIDE(done, done_params, "合成完成", "the playable file is kept"),
    INSIDE(failed, failed_params, "合成失败", "no playable file"),
    INSIDE(verified, verified_params, "校验完成", "its files were checked"),
    INSIDE(expire, expire_params, "保存期满", "its time is over"),
    INSIDE(sweep, NULL, "重启后清理", "recordings that a restart ended"),
    {0}};
/* clang-format on */

static const struct fq_reaction reactions[] = {{"conf.recording_set", rec_on_switched}, {"conf.ended", rec_on_ended}, {0}};

static enum fq_status init(void *arg, fq_kernel *k, struct fq_error *e) {
  struct cf_self *s = arg;
  if (!(s->recordings = calloc(1, sizeof *s->recordings))) abort();
  pthread_mutex_init(&s->recordings->lock, NULL);
  snprintf(s->recordings->dir, sizeof s->recordings->dir, "%s/recordings", fq_data_dir(k));
  return FQ_OK;
}

/* Beside janus, as Debian has it (package janus-tools). */
static void find_pp_rec(struct cf_self *s) {
  const char *slash = strrchr(s->janus, '/');
  char *path = s->recordings->pp_rec;
  snprintf(path, sizeof s->recordings->pp_rec, "%.*s/janus-pp-rec", slash ? (int)(slash - s->janus) : 0,
           s->janus);
  if (access(path, X_OK)) rec_copy(path, sizeof s->recordings->pp_rec, "/usr/bin/janus-pp-rec");
}

static enum fq_status start(void *arg, fq_kernel *k, struct fq_error *e) {
  struct cf_self *s = arg;
  if (mkdir(s->recordings->dir, 0700) && errno != EEXIST)
    return fq_fail(e, FQ_E_STORAGE, "recording.dir", s->recordings->dir, "无法建立目录:%s",
                   "cannot make the directory: %s", strerror(errno));
  find_pp_rec(s);
  s->recordings->started = true;
  rec_take_start(s);
  return FQ_OK;
}

static void stop(void *arg, fq_kernel *k) {
  struct cf_self *s = arg;
  s->recordings->started = false;
  rec_take_stop(s);
}

static void fini(void *arg) {
  struct cf_self *s = arg;
  if (!s->recordings) return;
  rec_convert_free(s);
  rec_take_free(s);
  pthread_mutex_destroy(&s->recordings->lock);
  free(s->recordings);
  s->recordings = NULL;
}

const struct fq_plugin cf_recording_part = {FQ_PLUGIN_HEAD,
                                            .name = "conference.recording",
                                            .version = CF_VERSION,
                                            .zh = "会商录制",
                                            .en = "recordings",
                                            .migrations = migrations,
                                            .kinds = kinds,
                                            .methods = methods,
                                            .reactions = reactions,
                                            .init = init,
                                            .start = start,
                                            .stop = stop,
                                            .fini = fini};
