/*
 * schema.h - the parameters of the methods in plugin.c, which alone includes it. What is said here is checked
 * by the kernel before a handler runs and is what the published description is generated from.
 */
#ifndef FQ_PLUGIN_DISPATCH_SCHEMA_H
#define FQ_PLUGIN_DISPATCH_SCHEMA_H

#include "dispatch.h"

#define P_ID                                                                                                 \
  { .name = "id", .type = FQ_T_ID, .required = true, .zh = "事件编号", .en = "incident id" }
#define P_TASK                                                                                               \
  { .name = "id", .type = FQ_T_ID, .required = true, .zh = "任务编号", .en = "task id" }
#define P_REV                                                                                                \
  { .name = "rev", .type = FQ_T_INT, .min = 1, .max = 1e15, .zh = "所见版本", .en = "the revision seen" }
#define P_NOTE                                                                                               \
  { .name = "note", .type = FQ_T_STRING, .max = 1000, .zh = "附言", .en = "note" }
#define P_REASON(must)                                                                                       \
  {                                                                                                          \
    .name = "reason", .type = FQ_T_STRING, .required = must, .min = 1, .max = 500, .zh = "理由",             \
    .en = "reason"                                                                                           \
  }
#define P_PLACE                                                                                              \
  { .name = "place", .type = FQ_T_PLACE, .zh = "位置", .en = "place" }
#define P_FILES                                                                                              \
  {                                                                                                          \
    .name = "attachments", .type = FQ_T_ARRAY, .members = sha256, .max = 20, .zh = "附件",                   \
    .en = "blobs by SHA-256"                                                                                 \
  }

static const struct fq_param sha256[] = {{.name = "sha256", .type = FQ_T_STRING, .min = 64, .max = 64}, {0}};

static const struct fq_param report_params[] = {
    {.name = "category", .type = FQ_T_ID, .required = true, .zh = "类别", .en = "category code"},
    {.name = "level",
     .type = FQ_T_INT,
     .min = 1,
     .max = 4,
     .zh = "等级 1 红 … 4 蓝",
     .en = "1 red ... 4 blue"},
    {.name = "title",
     .type = FQ_T_STRING,
     .required = true,
     .min = 1,
     .max = 200,
     .zh = "标题",
     .en = "title"},
    {.name = "text", .type = FQ_T_STRING, .max = 4000, .zh = "情况", .en = "what is the matter"},
    P_PLACE,
    {.name = "grid", .type = FQ_T_ID, .zh = "网格(或村、镇)", .en = "grid, or village or township"},
    {.name = "address", .type = FQ_T_STRING, .max = 200, .zh = "地址", .en = "address"},
    {.name = "occurred_at",
     .type = FQ_T_TIME,
     .zh = "发生时间",
     .en = "when it happened, by the reporter's clock"},
    {.name = "source", .type = FQ_T_ID, .zh = "来源", .en = "officer, phone, web, ..."},
    {.name = "external_id",
     .type = FQ_T_STRING,
     .min = 1,
     .max = 128,
     .zh = "来源系统编号",
     .en = "its id at the source"},
    {.name = "solved", .type = FQ_T_BOOL, .zh = "已当场解决", .en = "already dealt with"},
    P_FILES,
    {0}};

static const struct fq_param id_params[] = {P_ID, P_REV, {0}};
static const struct fq_param get_params[] = {P_ID, {0}};
static const struct fq_param reason_params[] = {P_ID, P_REASON(true), P_REV, {0}};
static const struct fq_param recall_params[] = {P_ID, P_REASON(false), P_REV, {0}};
static const struct fq_param urge_params[] = {P_ID, P_NOTE, P_REV, {0}};
static const struct fq_param verify_params[] = {
    P_ID,
    {.name = "pass", .type = FQ_T_BOOL, .required = true, .zh = "是否通过", .en = "is it really done"},
    P_NOTE,
    P_REV,
    {0}};
static const struct fq_param close_params[] = {
    P_ID,
    {.name = "class", .type = FQ_T_STRING, .max = 64, .zh = "结案类别", .en = "closure class"},
    P_NOTE,
    P_REV,
    {0}};
static const struct fq_param escalate_params[] = {P_ID,
                                                  {.name = "to",
                                                   .type = FQ_T_ENUM,
                                                   .required = true,
                                                   .values = "village township county",
                                                   .zh = "上报到哪一级",
                                                   .en = "the rung to report to"},
                                                  P_REASON(true),
                                                  P_REV,
                                                  {0}};
static const struct fq_param comment_params[] = {P_ID,
                                                 {.name = "text",
                                                  .type = FQ_T_STRING,
                                                  .required = true,
                                                  .min = 1,
                                                  .max = 2000,
                                                  .zh = "批注",
                                                  .en = "comment"},
                                                 P_REV,
                                                 {0}};
static const struct fq_param supervise_params[] = {P_ID,
                                                   {.name = "card",
                                                    .type = FQ_T_ENUM,
                                                    .required = true,
                                                    .values = "yellow red black",
                                                    .zh = "牌",
                                                    .en = "card"},
                                                   {.name = "note",
                                                    .type = FQ_T_STRING,
                                                    .required = true,
                                                    .min = 1,
                                                    .max = 1000,
                                                    .zh = "要求",
                                                    .en = "what is asked"},
                                                   P_REV,
                                                   {0}};

static const struct fq_param to_members[] = {{.name = "user", .type = FQ_T_ID, .zh = "人员", .en = "user"},
                                             {.name = "unit", .type = FQ_T_ID, .zh = "单位", .en = "unit"},
                                             {.name = "team", .type = FQ_T_ID, .zh = "队伍", .en = "team"},
                                             {0}};
static const struct fq_param to_item[] = {{.name = "to", .type = FQ_T_OBJECT, .members = to_members}, {0}};
static const struct fq_param dispatch_params[] = {P_ID,
                                                  {.name = "to",
                                                   .type = FQ_T_ARRAY,
                                                   .required = true,
                                                   .members = to_item,
                                                   .min = 1,
                                                   .max = 30,
                                                   .zh = "派给",
                                                   .en = "whom: [{user}|{unit}|{team}]"},
                                                  P_NOTE,
                                                  {.name = "expires",
                                                   .type = FQ_T_TIME,
                                                   .zh = "逾期未接单即失效",
                                                   .en = "lapses when not accepted by then"},
                                                  {.name = "expires_in_ms",
                                                   .type = FQ_T_INT,
                                                   .min = 1000,
                                                   .max = 8.64e9,
                                                   .zh = "多少毫秒后失效",
                                                   .en = "the same, from now"},
                                                  P_REV,
                                                  {0}};

static const struct fq_param task_params[] = {P_TASK, P_REV, {0}};
static const struct fq_param arrive_params[] = {P_TASK, P_PLACE, P_REV, {0}};
static const struct fq_param feedback_params[] = {P_TASK,
                                                  {.name = "text",
                                                   .type = FQ_T_STRING,
                                                   .required = true,
                                                   .min = 1,
                                                   .max = 4000,
                                                   .zh = "反馈",
                                                   .en = "what was found and done"},
                                                  P_FILES,
                                                  P_PLACE,
                                                  P_REV,
                                                  {0}};
/* Timers add these two. */
#define P_TIMER                                                                                              \
  {.name = "due_ms", .type = FQ_T_INT, .zh = "应于", .en = "when it was due"}, {                             \
    .name = "late_ms", .type = FQ_T_INT, .zh = "迟", .en = "how late it fires"                               \
  }
static const struct fq_param expire_params[] = {P_TASK, P_TIMER, {0}};

#define P_INCIDENT                                                                                           \
  { .name = "incident", .type = FQ_T_ID, .required = true, .zh = "事件编号", .en = "incident id" }
#define P_CLOCK                                                                                              \
  { .name = "name", .type = FQ_T_ID, .required = true, .zh = "时钟名", .en = "the clock's name" }
#define P_POLICY                                                                                             \
  { .name = "policy", .type = FQ_T_ID, .zh = "哪条规则的时钟", .en = "whose clock" }
#define P_MILESTONE(member, z, e)                                                                            \
  {                                                                                                          \
    .name = member, .type = FQ_T_ENUM, .required = true,                                                     \
    .values = "occurred reported accepted dispatched handled verified closed", .zh = z, .en = e              \
  }
static const struct fq_param share[] = {{.name = "share", .type = FQ_T_NUMBER, .min = 0, .max = 1}, {0}};
static const struct fq_param clock_params[] = {
    P_INCIDENT,
    P_CLOCK,
    P_POLICY,
    P_MILESTONE("from", "从", "from this milestone"),
    P_MILESTONE("to", "到", "to this one"),
    {.name = "limit_ms",
     .type = FQ_T_INT,
     .required = true,
     .min = 1,
     .max = 3.2e10,
     .zh = "时限",
     .en = "limit"},
    {.name = "warn",
     .type = FQ_T_ARRAY,
     .members = share,
     .max = 8,
     .zh = "预警点",
     .en = "shares of the limit to warn at"},
    {.name = "calendar", .type = FQ_T_ENUM, .values = "plain", .zh = "日历", .en = "calendar"},
    {.name = "title", .type = FQ_T_STRING, .min = 1, .max = 20, .zh = "显示的名称", .en = "what people call it"},
    {0}};
static const struct fq_param clock_name_params[] = {P_INCIDENT, P_CLOCK, P_POLICY, {0}};
static const struct fq_param clock_timer_params[] = {
    P_INCIDENT, P_CLOCK, P_POLICY, {.name = "share", .type = FQ_T_NUMBER, .min = 0, .max = 1}, P_TIMER, {0}};
static const struct fq_param clock_list_params[] = {P_INCIDENT, {0}};

static const struct fq_param officer_params[] = {
    {.name = "user", .type = FQ_T_ID, .required = true, .zh = "用户", .en = "user"},
    {.name = "skills",
     .type = FQ_T_ARRAY,
     .members = (const struct fq_param[]){{.name = "skill", .type = FQ_T_ID}, {0}},
     .required = true,
     .max = 20,
     .zh = "技能",
     .en = "skills"},
    {.name = "capacity",
     .type = FQ_T_INT,
     .min = 1,
     .max = 50,
     .zh = "同时可办任务",
     .en = "open tasks at a time"},
    {.name = "grid", .type = FQ_T_ID, .zh = "网格", .en = "grid"},
    {0}};
static const struct fq_param duty_params[] = {{.name = "user", .type = FQ_T_ID, .zh = "用户", .en = "user"},
                                              {0}};
static const struct fq_param duty_list_params[] = {
    {.name = "org", .type = FQ_T_ID, .zh = "机构", .en = "unit"}, {0}};
static const struct fq_param position_params[] = {
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
    {.name = "acc", .type = FQ_T_NUMBER, .min = 0, .max = 1e6, .zh = "精度(米)", .en = "accuracy, metres"},
    {.name = "at", .type = FQ_T_TIME, .zh = "时间", .en = "time of the fix"},
    {.name = "speed", .type = FQ_T_NUMBER, .min = 0, .max = 500, .zh = "速度(米/秒)", .en = "speed, m/s"},
    {.name = "heading", .type = FQ_T_NUMBER, .min = 0, .max = 360, .zh = "方向", .en = "heading, degrees"},
    {.name = "battery", .type = FQ_T_NUMBER, .min = 0, .max = 100, .zh = "电量", .en = "battery, percent"},
    {0}};
static const struct fq_param list_params[] = {
    {.name = "state",
     .type = FQ_T_ENUM,
     .values =
         "reported accepted dispatched handling handled verified closed returned suspended merged voided",
     .zh = "状态",
     .en = "state"},
    {.name = "open", .type = FQ_T_BOOL, .zh = "只看在办", .en = "open ones only"},
    {.name = "category", .type = FQ_T_ID, .zh = "类别", .en = "category"},
    {.name = "org", .type = FQ_T_ID, .zh = "辖区", .en = "within this unit"},
    {.name = "limit", .type = FQ_T_INT, .min = 1, .max = 200, .zh = "条数", .en = "rows"},
    {.name = "after", .type = FQ_T_ID, .zh = "续页", .en = "`next` of the page before"},
    {0}};
static const struct fq_param candidates_params[] = {
    P_ID, {.name = "limit", .type = FQ_T_INT, .min = 1, .max = 200, .zh = "人数", .en = "rows"}, {0}};

#endif
