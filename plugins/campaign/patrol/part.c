/*
 * part.c - the patrol part of the campaign plugin: its tables, kinds and methods.
 */
#include "patrol/patrol.h"

static const char *const migrations[] = {
    "CREATE TABLE patrol_plan("
    " n INTEGER PRIMARY KEY, rev INTEGER NOT NULL, name TEXT NOT NULL, org TEXT NOT NULL, points TEXT NOT "
    "NULL,"
    " every_ms INTEGER NOT NULL, set_ms INTEGER NOT NULL, set_by TEXT NOT NULL, last_ms INTEGER,"
    " retired_ms INTEGER);"
    "CREATE TABLE patrol("
    " n INTEGER PRIMARY KEY, key TEXT NOT NULL, user TEXT NOT NULL, plan INTEGER NOT NULL, name TEXT,"
    " org TEXT NOT NULL, points TEXT, started_ms INTEGER NOT NULL, began_ms INTEGER NOT NULL, ended_ms "
    "INTEGER,"
    " metres INTEGER NOT NULL DEFAULT 0, note TEXT, why TEXT);"
    "CREATE UNIQUE INDEX patrol_key ON patrol(user, key) WHERE key <> '';"
    "CREATE INDEX patrol_user ON patrol(user, n);"
    "CREATE INDEX patrol_walks ON patrol(plan, began_ms) WHERE plan > 0;"
    "CREATE TABLE patrol_point("
    " patrol INTEGER NOT NULL, point TEXT NOT NULL, at_ms INTEGER NOT NULL, ok INTEGER NOT NULL,"
    " far INTEGER NOT NULL, distance_m INTEGER, lon REAL, lat REAL, note TEXT, files TEXT, checks TEXT,"
    " PRIMARY KEY(patrol, point)) WITHOUT ROWID;"
    "CREATE TABLE patrol_fix("
    " patrol INTEGER NOT NULL, at_ms INTEGER NOT NULL, lon REAL NOT NULL, lat REAL NOT NULL,"
    " PRIMARY KEY(patrol, at_ms)) WITHOUT ROWID;",
    NULL};

#define P_ORG(must)                                                                                          \
  { .name = "org", .type = FQ_T_ID, .required = must, .zh = "单位", .en = "unit" }
#define P_LIMIT                                                                                              \
  { .name = "limit", .type = FQ_T_INT, .min = 1, .max = 200, .zh = "条数", .en = "rows" }
#define P_AFTER                                                                                              \
  { .name = "after", .type = FQ_T_ID, .zh = "续页", .en = "`next` of the page before" }
#define P_PATROL                                                                                             \
  {                                                                                                          \
    .name = "id", .type = FQ_T_ID, .required = true, .zh = "巡逻编号,或终端自编的 key",                      \
    .en = "patrol id, or the key its phone gave it"                                                          \
  }
#define P_PLAN                                                                                               \
  { .name = "id", .type = FQ_T_ID, .required = true, .zh = "计划编号", .en = "plan id" }
#define P_WHEN                                                                                               \
  {                                                                                                          \
    .name = "occurred_at", .type = FQ_T_TIME, .zh = "发生时间(离线时先于送达)",                              \
    .en = "when it was, by the phone's clock"                                                                \
  }
#define P_PLACE                                                                                              \
  { .name = "place", .type = FQ_T_PLACE, .zh = "位置", .en = "place" }
#define P_NOTE                                                                                               \
  { .name = "note", .type = FQ_T_STRING, .max = 1000, .zh = "附言", .en = "note" }
#define P_PERIOD                                                                                             \
  {.name = "from", .type = FQ_T_TIME, .zh = "自", .en = "from"}, {                                           \
    .name = "until", .type = FQ_T_TIME, .zh = "至(不含)", .en = "until, exclusive"                           \
  }

static const struct fq_param check[] = {{.name = "check", .type = FQ_T_STRING, .min = 1, .max = 80}, {0}};
static const struct fq_param point_members[] = {
    {.name = "id", .type = FQ_T_ID, .required = true, .zh = "点位编号", .en = "point id"},
    {.name = "name", .type = FQ_T_STRING, .required = true, .min = 1, .max = 80, .zh = "点位", .en = "name"},
    {.name = "lon",
     .type = FQ_T_NUMBER,
     .required = true,
     .min = -180,
     .max = 180,
     .zh = "经度",
     .en = "longitude"},
    {.name = "lat",
     .type = FQ_T_NUMBER,
     .required = true,
     .min = -90,
     .max = 90,
     .zh = "纬度",
     .en = "latitude"},
    {.name = "radius_m",
     .type = FQ_T_INT,
     .min = 10,
     .max = 2000,
     .zh = "多少米之内算到点",
     .en = "how near, in metres"},
    {.name = "checks",
     .type = FQ_T_ARRAY,
     .members = check,
     .max = 20,
     .zh = "看什么",
     .en = "what to look at"},
    {0}};
static const struct fq_param point[] = {{.name = "point", .type = FQ_T_OBJECT, .members = point_members},
                                        {0}};
static const struct fq_param plan_params[] = {
    {.name = "id", .type = FQ_T_ID, .zh = "改已有的计划", .en = "the plan to change"},
    {.name = "name", .type = FQ_T_STRING, .required = true, .min = 1, .max = 80, .zh = "名称", .en = "name"},
    P_ORG(true),
    {.name = "points",
     .type = FQ_T_ARRAY,
     .required = true,
     .members = point,
     .min = 1,
     .max = 100,
     .zh = "点位,按走的顺序",
     .en = "points, in the order of the round"},
    {.name = "every_ms",
     .type = FQ_T_INT,
     .min = 1000,
     .max = 3.2e10,
     .zh = "多少毫秒走一次;过时未走即告知",
     .en = "to be walked every so many milliseconds; told when it is not"},
    {.name = "rev", .type = FQ_T_INT, .min = 1, .max = 1e15, .zh = "所见版本", .en = "the revision seen"},
    {0}};
static const struct fq_param retire_params[] = {
    P_PLAN, {.name = "reason", .type = FQ_T_STRING, .max = 500, .zh = "理由", .en = "reason"}, {0}};
static const struct fq_param timer_params[] = {
    P_PLAN,
    {.name = "due_ms", .type = FQ_T_INT, .zh = "应于", .en = "when it was due"},
    {.name = "late_ms", .type = FQ_T_INT, .zh = "迟", .en = "how late it fires"},
    {0}};
static const struct fq_param start_params[] = {
    {.name = "plan",
     .type = FQ_T_ID,
     .zh = "按哪个计划;不写则自由巡逻",
     .en = "the plan; none: wherever one goes"},
    {.name = "key",
     .type = FQ_T_ID,
     .zh = "终端自编的编号,离线时后面的步骤以它相称",
     .en = "the phone's own name for it, by which later steps call it while it is offline"},
    P_PLACE,
    P_WHEN,
    {0}};
static const struct fq_param sha256[] = {{.name = "sha256", .type = FQ_T_STRING, .min = 64, .max = 64}, {0}};
static const struct fq_param said_members[] = {
    {.name = "name",
     .type = FQ_T_STRING,
     .required = true,
     .min = 1,
     .max = 80,
     .zh = "看什么",
     .en = "what"},
    {.name = "ok", .type = FQ_T_BOOL, .required = true, .zh = "正常", .en = "is it well"},
    {0}};
static const struct fq_param said[] = {{.name = "check", .type = FQ_T_OBJECT, .members = said_members}, {0}};
static const struct fq_param tick_params[] = {
    P_PATROL,
    {.name = "point", .type = FQ_T_ID, .required = true, .zh = "点位编号", .en = "point id"},
    P_PLACE,
    {.name = "ok", .type = FQ_T_BOOL, .required = true, .zh = "正常", .en = "is all well there"},
    P_NOTE,
    {.name = "attachments",
     .type = FQ_T_ARRAY,
     .members = sha256,
     .max = 20,
     .zh = "附件",
     .en = "blobs by SHA-256"},
    {.name = "checks", .type = FQ_T_ARRAY, .members = said, .max = 20, .zh = "逐项", .en = "check by check"},
    P_WHEN,
    {0}};
static const struct fq_param number[] = {{.name = "number", .type = FQ_T_NUMBER}, {0}};
static const struct fq_param fix[] = {
    {.name = "fix", .type = FQ_T_ARRAY, .members = number, .min = 3, .max = 3}, {0}};
static const struct fq_param track_params[] = {
    P_PATROL,
    {.name = "fixes",
     .type = FQ_T_ARRAY,
     .required = true,
     .members = fix,
     .min = 1,
     .max = 500,
     .zh = "定位 [经度, 纬度, 毫秒时间],可分批、可重发",
     .en = "fixes [lon, lat, time in ms], in batches, repeated at will"},
    {0}};
static const struct fq_param end_params[] = {P_PATROL, P_NOTE, P_WHEN, {0}};
static const struct fq_param plans_params[] = {P_ORG(false), P_LIMIT, P_AFTER, {0}};
static const struct fq_param list_params[] = {
    P_ORG(false),
    {.name = "user", .type = FQ_T_ID, .zh = "谁", .en = "whose"},
    {.name = "plan", .type = FQ_T_ID, .zh = "计划", .en = "of this plan"},
    {.name = "running", .type = FQ_T_BOOL, .zh = "是否还在走", .en = "under way, or over"},
    P_PERIOD,
    P_LIMIT,
    P_AFTER,
    {0}};
static const struct fq_param get_params[] = {
    P_PATROL,
    {.name = "track", .type = FQ_T_BOOL, .zh = "要不要轨迹,缺省要", .en = "with its track; yes unless told"},
    {0}};
static const struct fq_param coverage_params[] = {P_ORG(false), P_PERIOD, P_LIMIT, P_AFTER, {0}};

#define HEAR (FQ_ROLE_DESK | FQ_ROLE_SERVICE)
static const struct fq_kind kinds[] = {
    {"patrol.planned", cp_apply_planned, HEAR | FQ_ROLE_ADMIN_SYSTEM, 0, "巡逻计划", "patrol planned"},
    {"patrol.retired", cp_apply_retired, HEAR | FQ_ROLE_ADMIN_SYSTEM, 0, "停用巡逻计划",
     "patrol plan retired"},
    {"patrol.overdue", cp_apply_overdue, HEAR, 0, "巡逻逾期未走", "patrol not walked in time"},
    {"patrol.started", cp_apply_started, HEAR, 0, "开始巡逻", "patrol begun"},
    {"patrol.ticked", cp_apply_ticked, HEAR, 0, "巡逻到点", "patrol point ticked"},
    {"patrol.tracked", cp_apply_tracked, HEAR, FQ_KIND_QUIET, "巡逻轨迹", "patrol track"},
    {"patrol.ended", cp_apply_ended, HEAR, 0, "结束巡逻", "patrol ended"},
    {0}};

#define WALK  (FQ_ROLE_OFFICER | FQ_ROLE_DEPARTMENT | FQ_ROLE_DESK)
#define PLAN  (FQ_ROLE_DESK | FQ_ROLE_ADMIN_SYSTEM)
#define WATCH (FQ_ROLE_DESK | FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_AUDIT | FQ_ROLE_SERVICE)
#define ROW                                                                                                  \
  "id, user, display, plan?, name?, org, org_name, began_at, ended_at?, last_at?, why?, note?, key?, "       \
  "points: number, metres: number, done: number, far: number, findings: number, place?: {lon: number, lat: " \
  "number}"
#define POINT "id, name, lon: number, lat: number, radius_m: number, checks?: [string]"
#define PLAN_ROW                                                                                             \
  "id, rev: number, name, org, org_name?, every_ms?: number, last_at?, due_at?, overdue?: boolean"
/* clang-format off */
static const struct fq_method methods[] = {
    {.name = "patrol.plan", .roles = PLAN, .params = plan_params, .target = cp_target_plan, .run = cp_plan_set,
     .zh = "巡逻计划", .en = "a patrol plan, set or changed", .result = "{id, rev: number}"},
    {.name = "patrol.retire", .roles = PLAN, .params = retire_params, .target = cp_target_plan, .run = cp_plan_retire,
     .zh = "停用巡逻计划", .en = "retire a plan; setting it again brings it back", .result = "{id}"},
    {.name = "patrol.remind", .flags = FQ_INTERNAL, .params = timer_params, .run = cp_plan_remind,
     .zh = "巡逻到时", .en = "a plan's time is over"},
    {.name = "patrol.start", .roles = WALK, .params = start_params, .target = cp_target_start, .run = cp_patrol_start,
     .zh = "开始巡逻", .en = "begin a patrol; one that was forgotten ends", .result = "{id, points: number}"},
    {.name = "patrol.point", .roles = WALK, .params = tick_params, .target = cp_target_patrol, .run = cp_patrol_point,
     .zh = "巡逻到点", .en = "tick a point; who is not near it is marked",
     .result = "{id, point, left: number, far: boolean, distance_m?: number}"},
    {.name = "patrol.track", .roles = WALK, .params = track_params, .target = cp_target_patrol, .run = cp_patrol_track,
     .zh = "巡逻轨迹", .en = "fixes of a patrol, in batches", .result = "{id, kept: number, dropped: number}"},
    {.name = "patrol.end", .roles = WALK, .params = end_params, .target = cp_target_end, .run = cp_patrol_end,
     .zh = "结束巡逻", .en = "end a patrol; a desk may end one that was forgotten",
     .result = "{id, points: number, done?: number, missed?: number, over?: boolean}"},
    {.name = "patrol.expire", .flags = FQ_INTERNAL, .params = timer_params, .run = cp_patrol_expire,
     .zh = "巡逻超时", .en = "a patrol that nobody ended"},
    {.name = "patrol.plans", .roles = WALK | WATCH, .params = plans_params, .query = cp_patrol_plans,
     .zh = "巡逻计划表", .en = "plans that one may walk; for a desk those of its area",
     .result = "{rows: [{" PLAN_ROW ", points: [{" POINT "}]}], next?}"},
    {.name = "patrol.list", .roles = WALK | WATCH, .params = list_params, .query = cp_patrol_list,
     .zh = "巡逻列表", .en = "patrols, newest first; one's own, for a desk those of its area",
     .result = "{rows: [{" ROW "}], next?}"},
    {.name = "patrol.get", .roles = WALK | WATCH, .params = get_params, .query = cp_patrol_get,
     .zh = "一次巡逻", .en = "a patrol: its points, its track",
     .result = "{" ROW ", round: [{" POINT ", done?: {at, ok: boolean, far?: boolean, distance_m?: number, note?, "
               "attachments?: [string], checks?: [{name, ok: boolean}]}}], track?: [[number]]}"},
    {.name = "patrol.coverage", .roles = WATCH, .params = coverage_params, .query = cp_patrol_coverage,
     .zh = "巡逻覆盖", .en = "how well the plans of an area are walked; the last thirty days unless told",
     .result = "{from, until, rows: [{" PLAN_ROW ", points: number, walks: number, ticked: number, wanted: number, "
               "far: number, findings: number}], next?}"},
    {0}};
/* clang-format on */

const struct fq_plugin cp_patrol_part = {
    FQ_PLUGIN_HEAD,  .name = "campaign.patrol", .version = CP_VERSION, .zh = "巡逻",
    .en = "patrols", .migrations = migrations,  .kinds = kinds,        .methods = methods,
};
