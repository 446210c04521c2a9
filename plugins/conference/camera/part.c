/*
 * part.c - the camera part's table of contents: its tables, kinds and methods, and its life. Kernel thread.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "camera.h"

static const char *const migrations[] = {
    "CREATE TABLE camera("
    " n INTEGER PRIMARY KEY, name TEXT NOT NULL, org TEXT NOT NULL, gb_id TEXT, lon REAL, lat REAL, class "
    "INTEGER NOT NULL,"
    " level INTEGER NOT NULL, departments TEXT NOT NULL, privacy INTEGER NOT NULL, transcode INTEGER NOT "
    "NULL, transport TEXT NOT NULL,"
    " url TEXT, family TEXT, consent_by TEXT, consent_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL, set_ms "
    "INTEGER NOT NULL,"
    " removed_ms INTEGER);"
    "CREATE INDEX camera_gb ON camera(gb_id) WHERE gb_id IS NOT NULL;"
    "CREATE INDEX camera_org ON camera(org, name);"
    "CREATE TABLE camera_watch("
    " n INTEGER PRIMARY KEY, camera INTEGER NOT NULL, user TEXT NOT NULL, org TEXT NOT NULL, conf TEXT, "
    "reason TEXT,"
    " from_ms INTEGER NOT NULL, until_ms INTEGER, why TEXT);"
    "CREATE INDEX camera_watched ON camera_watch(camera, n);"
    "CREATE INDEX camera_watching ON camera_watch(n) WHERE until_ms IS NULL;"
    "CREATE TABLE camera_link("
    " guest TEXT PRIMARY KEY, camera INTEGER NOT NULL, name TEXT NOT NULL, mark TEXT NOT NULL, until_ms "
    "INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX camera_link_mark ON camera_link(mark);",
    NULL};

#define P_CAMERA                                                                                             \
  { .name = "id", .type = FQ_T_ID, .required = true, .zh = "摄像头编号", .en = "camera id" }
#define P_WHY                                                                                                \
  {                                                                                                          \
    .name = "reason", .type = FQ_T_STRING, .min = 1, .max = 200, .zh = "查看的理由(隐私区域必填)",           \
    .en = "why one looks; needed for a private place"                                                        \
  }
#define P_LIMIT                                                                                              \
  { .name = "limit", .type = FQ_T_INT, .min = 1, .max = 200, .zh = "条数", .en = "rows" }
#define P_AFTER                                                                                              \
  { .name = "after", .type = FQ_T_ID, .zh = "续页", .en = "`next` of the page before" }
#define P_TCP                                                                                                \
  {                                                                                                          \
    .name = "transport", .type = FQ_T_ENUM, .values = "tcp udp", .zh = "取流方式,默认 tcp",                  \
    .en = "how the stream comes: tcp unless said"                                                            \
  }
#define P_DUE                                                                                                \
  {.name = "due_ms", .type = FQ_T_INT, .zh = "应于", .en = "when it was due"}, {                             \
    .name = "late_ms", .type = FQ_T_INT, .zh = "迟", .en = "how late it fires"                               \
  }
#define P_URL(must)                                                                                          \
  {                                                                                                          \
    .name = "url", .type = FQ_T_STRING, .required = must, .min = 8, .max = CAM_URL_MOST,                     \
    .zh = "RTSP 地址,可含用户名密码;密封保存,不再显示;不写则不变",                                           \
    .en = "rtsp:// address, with name and password; kept sealed, never answered; absent: unchanged"          \
  }

/* clang-format off */
static const struct fq_param unit[] = {{.name = "unit", .type = FQ_T_ID, .zh = "机构", .en = "unit"}, {0}};
static const struct fq_param family[] = {
    {.name = "user", .type = FQ_T_ID, .required = true, .zh = "亲属的账号", .en = "the relative's account"},
    {.name = "consent_by", .type = FQ_T_STRING, .required = true, .min = 1, .max = 60, .zh = "由谁同意", .en = "who agreed"},
    {.name = "consent_at", .type = FQ_T_TIME, .required = true, .zh = "何时同意", .en = "when"},
    {.name = "until", .type = FQ_T_TIME, .required = true, .zh = "同意到何时,至多一年", .en = "until when, a year at most"},
    {0}};
#define CAMERA_MEMBERS \
    {.name = "id", .type = FQ_T_ID, .zh = "摄像头编号;不写为新增,国标编码相同或同机构同名的即为同一个", .en = "camera id; absent: that with this GB/T 28181 id, or of this name in this unit, else another one"}, \
    {.name = "name", .type = FQ_T_STRING, .required = true, .min = 1, .max = 40, .zh = "名称", .en = "name"}, \
    {.name = "org", .type = FQ_T_ID, .required = true, .zh = "所在机构", .en = "the unit it stands in"}, \
    {.name = "place", .type = FQ_T_PLACE, .zh = "位置", .en = "place"}, \
    {.name = "gb_id", .type = FQ_T_STRING, .min = 20, .max = 20, .zh = "国标编码(GB/T 28181,20 位)", .en = "GB/T 28181 id, 20 digits"}, \
    P_URL(false), \
    {.name = "class", .type = FQ_T_INT, .required = true, .min = 1, .max = CAM_CLASSES, .zh = "类别 1–8,8 为家庭", .en = "class 1 to 8; 8: in a home"}, \
    {.name = "level", .type = FQ_T_INT, .required = true, .min = 1, .max = 3, .zh = "谁能看:1 县级、2 镇级及以上、3 村级及以上", .en = "who may watch: 1 the county, 2 townships too, 3 villages too"}, \
    {.name = "departments", .type = FQ_T_ARRAY, .members = unit, .max = 20, .zh = "另外开放给哪些机构", .en = "units it is opened to besides"}, \
    {.name = "privacy", .type = FQ_T_BOOL, .zh = "隐私区域:查看须写理由,不上大屏", .en = "a private place: a reason is asked, no wall shows it"}, \
    {.name = "family", .type = FQ_T_OBJECT, .members = family, .zh = "家庭摄像头(8 类)的亲属和同意", .en = "relative and consent, of class 8"}, \
    P_TCP, \
    {.name = "transcode", .type = FQ_T_BOOL, .zh = "转码为 H.264(约占一个核)", .en = "make it H.264, at about one core"}
static const struct fq_param set_params[] = {CAMERA_MEMBERS, {0}};
static const struct fq_param camera_row[] = {{.name = "row", .type = FQ_T_OBJECT, .members = set_params, .zh = "一行", .en = "one row"}, {0}};
static const struct fq_param import_params[] = {
    {.name = "rows", .type = FQ_T_ARRAY, .required = true, .members = camera_row, .min = 1, .max = CAM_IMPORT_MOST, .zh = "摄像头,同 cam.set", .en = "cameras, as for cam.set"},
    {.name = "trial", .type = FQ_T_BOOL, .zh = "试导入:只检查,列出全部错误", .en = "a trial: only checks, and lists all that is wrong"},
    {0}};
static const struct fq_param remove_params[] = {P_CAMERA, {.name = "reason", .type = FQ_T_STRING, .required = true, .min = 1, .max = 200, .zh = "理由", .en = "reason"}, {0}};
static const struct fq_param get_params[] = {P_CAMERA, {0}};
static const struct fq_param list_params[] = {
    {.name = "org", .type = FQ_T_ID, .zh = "辖区", .en = "within this unit"},
    {.name = "text", .type = FQ_T_STRING, .min = 1, .max = 40, .zh = "名称、编码、机构中的文字", .en = "text in name, id or unit"},
    {.name = "class", .type = FQ_T_INT, .min = 1, .max = CAM_CLASSES, .zh = "类别", .en = "class"},
    {.name = "near", .type = FQ_T_PLACE, .zh = "由近及远", .en = "the nearest to this place first"},
    P_LIMIT, P_AFTER, {0}};
static const struct fq_param watches_params[] = {P_CAMERA, P_LIMIT, P_AFTER, {0}};
static const struct fq_param watch_params[] = {
    P_CAMERA, P_WHY,
    {.name = "conf", .type = FQ_T_ID, .zh = "在哪个会商中看", .en = "within this conference"},
    {.name = "screen", .type = FQ_T_BOOL, .zh = "用于大屏", .en = "for a wall"},
    {0}};
static const struct fq_param snapshot_params[] = {
    P_CAMERA, P_WHY,
    {.name = "incident", .type = FQ_T_ID, .zh = "附到哪个事件", .en = "attach it to this incident"},
    {.name = "note", .type = FQ_T_STRING, .max = 100, .zh = "附言", .en = "note"},
    {0}};
static const struct fq_param snapped_params[] = {
    P_CAMERA, P_WHY,
    {.name = "ask", .type = FQ_T_STRING, .required = true}, {.name = "user", .type = FQ_T_ID, .required = true},
    {.name = "sha256", .type = FQ_T_STRING, .required = true}, {.name = "incident", .type = FQ_T_ID},
    {.name = "note", .type = FQ_T_STRING}, {0}};
static const struct fq_param check_params[] = {P_URL(true), P_TCP, {0}};
static const struct fq_param consent_params[] = {
    P_CAMERA,
    {.name = "until", .type = FQ_T_TIME, .zh = "同意到何时,至多一年;不写为撤回", .en = "until when, a year at most; absent: withdrawn"},
    {.name = "by", .type = FQ_T_STRING, .min = 1, .max = 60, .zh = "由谁同意(代为登记时)", .en = "who agreed, when a desk writes it down"},
    {0}};
static const struct fq_param link_params[] = {
    P_CAMERA,
    {.name = "name", .type = FQ_T_STRING, .required = true, .min = 1, .max = 40, .zh = "给谁", .en = "for whom"},
    {.name = "hours", .type = FQ_T_INT, .min = 1, .max = 720, .zh = "几小时有效,默认 24,不超过同意的期限", .en = "for how many hours, 24 unless said, never beyond the consent"},
    {0}};
static const struct fq_param unlink_params[] = {P_CAMERA, {.name = "guest", .type = FQ_T_ID, .required = true, .zh = "链接", .en = "the link"}, {0}};
static const struct fq_param due_params[] = {P_CAMERA, P_DUE, {0}};
static const struct fq_param over_params[] = {P_CAMERA, {.name = "watch", .type = FQ_T_INT, .required = true}, {.name = "why", .type = FQ_T_STRING, .required = true}, {0}};

#define KEEPER (FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_DIRECTOR)
#define LOOK   (FQ_ROLE_DESK | FQ_ROLE_DEPARTMENT | FQ_ROLE_OFFICER | FQ_ROLE_FAMILY)
#define HEAR   (FQ_ROLE_DESK | FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_AUDIT)
/* Who looked is for those who answer for it. */
#define AUDIT  (FQ_ROLE_COMMANDER | FQ_ROLE_ADMIN_AUDIT)

static const struct fq_kind kinds[] = {
    {"cam.set", cam_apply_set, HEAR, FQ_KIND_QUIET, "登记摄像头", "camera registered"},
    {"cam.source_set", cam_apply_source, 0, FQ_KIND_QUIET, "摄像头地址已密封保存", "camera address kept, sealed"},
    {"cam.removed", cam_apply_removed, HEAR, FQ_KIND_QUIET, "删除摄像头", "camera removed"},
    {"cam.watched", cam_apply_watched, AUDIT, FQ_KIND_QUIET, "查看摄像头", "camera watched"},
    {"cam.unwatched", cam_apply_unwatched, AUDIT, FQ_KIND_QUIET, "不再查看摄像头", "camera no longer watched"},
    {"cam.snapped", cam_apply_snapped, AUDIT, FQ_KIND_QUIET, "摄像头截图", "picture taken of a camera"},
    {"cam.consented", cam_apply_consented, HEAR, FQ_KIND_QUIET, "家庭摄像头的同意", "consent for a camera in a home"},
    {"cam.linked", cam_apply_linked, AUDIT, FQ_KIND_QUIET, "家庭摄像头的链接", "link to a camera in a home"},
    {"cam.unlinked", cam_apply_unlinked, AUDIT, FQ_KIND_QUIET, "收回家庭摄像头的链接", "link to a camera in a home taken back"},
    {0}};

#define STATE "state: string, why?: string, why_zh?: string, why_en?: string, retry_at?: string"
#define ROW                                                                                                  \
  "id, name, org, org_name?, gb_id?, class: number, class_zh, class_en, level: number, privacy?: boolean, "   \
  "may_watch: boolean, needs_reason?: boolean, no_source?: boolean, family?: {user, consent_by?, consent_at?, until?}, until?, " \
  "place?: {lon: number, lat: number}, " STATE
#define COMMAND(name, who, flags, target, zh, en, result) {"cam." #name, who, flags, name##_params, target, cam_##name##_run, NULL, NULL, zh, en, result}
#define INSIDE(name, schema, zh, en) {"cam." #name, 0, FQ_INTERNAL, schema, NULL, cam_##name##_run, NULL, NULL, zh, en, NULL}
#define ASK(name, who, zh, en, result) {"cam." #name, who, 0, name##_params, NULL, NULL, cam_##name##_query, NULL, zh, en, result}
static const struct fq_method methods[] = {
    COMMAND(set, KEEPER, FQ_SECRET, NULL, "登记或更改摄像头", "register a camera or change it", "{id, added: boolean}"),
    COMMAND(import, KEEPER, FQ_SECRET, NULL, "批量登记摄像头", "register many cameras",
            "{added: number, changed: number, wrong: [{row: number, code, path, zh, en}]}"),
    COMMAND(remove, KEEPER, 0, cam_target, "删除摄像头", "remove a camera from the register", "{id}"),
    COMMAND(watch, LOOK, 0, NULL, "查看摄像头,留痕", "watch a camera; it is written down. The picture comes as a leg (topic leg), its state as topic camera",
            "{id, watch: number, " STATE "}"),
    {"cam.unwatch", LOOK, 0, get_params, NULL, cam_unwatch_run, NULL, NULL, "不再查看", "watch it no longer", "{id}"},
    COMMAND(snapshot, FQ_ROLE_DESK | FQ_ROLE_DEPARTMENT | FQ_ROLE_OFFICER, 0, NULL, "截一张图,可附到事件", "take a picture, for an incident's file; the result comes as topic camera_snapshot and entry cam.snapped",
            "{id, ask}"),
    COMMAND(check, FQ_ROLE_ADMIN_SYSTEM, FQ_SECRET, NULL, "试一个地址", "try an address; the result comes as topic camera_check", "{ask}"),
    COMMAND(consent, FQ_ROLE_DESK | FQ_ROLE_FAMILY, 0, NULL, "续期或撤回家庭摄像头的同意", "renew or withdraw the consent for a camera in a home", "{id, until?}"),
    COMMAND(link, FQ_ROLE_DESK | FQ_ROLE_FAMILY, FQ_SECRET, NULL, "给亲属一个限时链接", "a link for a relative, for a time", "{guest, token, url_path, until}"),
    COMMAND(unlink, FQ_ROLE_DESK | FQ_ROLE_FAMILY, 0, NULL, "收回链接", "take a link back", "{guest}"),
    ASK(list, LOOK | KEEPER | FQ_ROLE_ADMIN_SECURITY | FQ_ROLE_ADMIN_AUDIT, "摄像头", "cameras one may see", "{rows: [{" ROW "}], next?}"),
    ASK(get, LOOK | KEEPER | FQ_ROLE_ADMIN_SECURITY | FQ_ROLE_ADMIN_AUDIT, "一个摄像头", "one camera",
        "{" ROW ", transport, transcode: boolean, departments: [string], host?, links?: [{guest, name, until}]}"),
    ASK(watches, LOOK | FQ_ROLE_ADMIN_SECURITY | FQ_ROLE_ADMIN_AUDIT, "谁看过", "who watched it when",
        "{rows: [{watch: number, user, name, conf?, reason?, from, until?, why?}], next?}"),
    INSIDE(over, over_params, "查看结束", "a watch is over"),
    INSIDE(sweep, NULL, "重启后清理", "watches that a restart ended"),
    INSIDE(sync, get_params, "使画面与登记一致", "what runs is made to fit what stands"),
    INSIDE(snapped, snapped_params, "截图入库", "a picture was taken"),
    INSIDE(consent_due, due_params, "同意到期", "a consent ends"),
    {0}};
/* clang-format on */

static enum fq_status init(void *arg, fq_kernel *k, struct fq_error *e) {
  struct cf_self *s = arg;
  if (!(s->cameras = calloc(1, sizeof *s->cameras))) abort();
  pthread_mutex_init(&s->cameras->lock, NULL);
  snprintf(s->cameras->dir, sizeof s->cameras->dir, "%s/cameras", fq_data_dir(k));
  return FQ_OK;
}

static enum fq_status start(void *arg, fq_kernel *k, struct fq_error *e) {
  struct cf_self *s = arg;
  if (mkdir(s->cameras->dir, 0700) && errno != EEXIST)
    return fq_fail(e, FQ_E_STORAGE, "cam.dir", s->cameras->dir, "无法建立目录:%s",
                   "cannot make the directory: %s", strerror(errno));
  s->cameras->started = true;
  fq_command(k, "cam.sweep", fq_json_object(), NULL, NULL);
  return FQ_OK;
}

static void stop(void *arg, fq_kernel *k) {
  struct cf_self *s = arg;
  s->cameras->started = false;
  for (struct cam_live *l = s->cameras->live; l; l = l->next) {
    fq_after_cancel(l->linger);
    fq_after_cancel(l->retry);
    fq_after_cancel(l->look);
    l->linger = l->retry = l->look = NULL;
  }
}

static void fini(void *arg) {
  struct cf_self *s = arg;
  if (!s->cameras) return;
  cam_live_free(s);
  cam_jobs_free(s);
  pthread_mutex_destroy(&s->cameras->lock);
  free(s->cameras);
  s->cameras = NULL;
}

static void session_gone(void *arg, const char *session, const char *user) {
  cam_session_gone(arg, session);
}

const struct fq_plugin cf_camera_part = {FQ_PLUGIN_HEAD,
                                         .name = "conference.camera",
                                         .version = CF_VERSION,
                                         .zh = "摄像头",
                                         .en = "cameras",
                                         .migrations = migrations,
                                         .kinds = kinds,
                                         .methods = methods,
                                         .init = init,
                                         .start = start,
                                         .stop = stop,
                                         .fini = fini,
                                         .session_gone = session_gone,
                                         .guest = cam_guest};
