/*
 * part.c - the emergency part of the dispatch plugin: its tables, kinds, methods and views.
 */
#include "emergency/emergency.h"
#include "schema.h"

/* Those in force are few: the second index is what every report looks into. */
static const char *const migrations[] = {
    "CREATE TABLE emergency("
    " n INTEGER PRIMARY KEY, title TEXT NOT NULL, level INTEGER NOT NULL, org TEXT NOT NULL, reason TEXT NOT "
    "NULL,"
    " incident INTEGER, factor REAL NOT NULL, again_ms INTEGER NOT NULL, round INTEGER NOT NULL DEFAULT 0,"
    " started_ms INTEGER NOT NULL, started_by TEXT NOT NULL, ended_ms INTEGER, ended_n INTEGER, summary "
    "TEXT);"
    "CREATE UNIQUE INDEX emergency_org ON emergency(org) WHERE ended_ms IS NULL;"
    "CREATE INDEX emergency_in_force ON emergency(factor, n) WHERE ended_ms IS NULL;"
    "CREATE TABLE emergency_call("
    " emergency INTEGER NOT NULL, user TEXT NOT NULL, unit TEXT NOT NULL, calls INTEGER NOT NULL,"
    " called_ms INTEGER NOT NULL, answered_ms INTEGER, coming INTEGER, eta_ms INTEGER, note TEXT,"
    " PRIMARY KEY(emergency, user)) WITHOUT ROWID;"
    "CREATE INDEX emergency_silent ON emergency_call(emergency) WHERE answered_ms IS NULL;",
    NULL};

#define P_EMERGENCY                                                                                          \
  { .name = "id", .type = FQ_T_ID, .required = true, .zh = "应急编号", .en = "emergency id" }
#define P_LEVEL                                                                                              \
  {                                                                                                          \
    .name = "level", .type = FQ_T_INT, .required = true, .min = 1, .max = 4, .zh = "等级 1 红 … 4 蓝",       \
    .en = "1 red ... 4 blue"                                                                                 \
  }
#define P_FACTOR                                                                                             \
  {                                                                                                          \
    .name = "factor", .type = FQ_T_NUMBER, .min = 0.1, .max = 1, .zh = "时限乘以几,缺省 0.5",                \
    .en = "limits are multiplied by it, 0.5 unless given"                                                    \
  }
static const struct fq_param unit[] = {{.name = "org", .type = FQ_T_ID}, {0}};
static const struct fq_param user[] = {{.name = "user", .type = FQ_T_ID}, {0}};
static const struct fq_param start_params[] = {
    {.name = "title",
     .type = FQ_T_STRING,
     .required = true,
     .min = 1,
     .max = 200,
     .zh = "名称",
     .en = "title"},
    P_LEVEL,
    {.name = "org",
     .type = FQ_T_ID,
     .required = true,
     .zh = "在哪个单位的辖区",
     .en = "the unit it holds for"},
    P_REASON(true),
    {.name = "incident", .type = FQ_T_ID, .zh = "起因事件", .en = "the incident it is about"},
    {.name = "units",
     .type = FQ_T_ARRAY,
     .members = unit,
     .max = 50,
     .zh = "召集哪些单位,缺省为全辖区",
     .en = "units to call out; the whole of org unless given"},
    {.name = "users",
     .type = FQ_T_ARRAY,
     .members = user,
     .max = 200,
     .zh = "另外点名召集,不论是否在岗",
     .en = "called by name, on duty or not"},
    P_FACTOR,
    {.name = "call_out",
     .type = FQ_T_ENUM,
     .values = "duty all",
     .zh = "召集在岗的(缺省)或全部人员",
     .en = "those on duty (unless given), or all"},
    {.name = "again_ms",
     .type = FQ_T_INT,
     .min = 1000,
     .max = 3600000,
     .zh = "多久未应答再叫,缺省 5 分钟",
     .en = "the silent are called again after this, 5 minutes unless given"},
    {0}};
static const struct fq_param again_params[] = {P_EMERGENCY, P_TIMER, {0}};
static const struct fq_param answer_params[] = {
    P_EMERGENCY,
    {.name = "coming", .type = FQ_T_BOOL, .required = true, .zh = "能否到", .en = "is he coming"},
    {.name = "eta_ms",
     .type = FQ_T_INT,
     .min = 0,
     .max = 86400000,
     .zh = "多少毫秒后到",
     .en = "there in this time"},
    P_NOTE,
    {.name = "user", .type = FQ_T_ID, .zh = "代谁应答(调度台)", .en = "a desk, for whom"},
    {0}};
static const struct fq_param note_params[] = {P_EMERGENCY,
                                              {.name = "text",
                                               .type = FQ_T_STRING,
                                               .required = true,
                                               .min = 1,
                                               .max = 2000,
                                               .zh = "记事",
                                               .en = "the line"},
                                              {0}};
static const struct fq_param raise_params[] = {P_EMERGENCY, P_LEVEL, P_REASON(true), P_FACTOR, {0}};
static const struct fq_param end_params[] = {P_EMERGENCY,
                                             {.name = "note",
                                              .type = FQ_T_STRING,
                                              .required = true,
                                              .min = 1,
                                              .max = 2000,
                                              .zh = "结束说明",
                                              .en = "note"},
                                             {0}};
static const struct fq_param id_params[] = {P_EMERGENCY, {0}};
static const struct fq_param report_params[] = {
    P_EMERGENCY,
    {.name = "after",
     .type = FQ_T_INT,
     .min = 0,
     .max = 9e15,
     .zh = "续页",
     .en = "`next` of the page before"},
    {.name = "limit", .type = FQ_T_INT, .min = 1, .max = 1000, .zh = "条数", .en = "entries"},
    {0}};

static const struct fq_kind kinds[] = {
    {"emergency.started", dp_apply_emergency_started, HEAR, FQ_KIND_BEGINS, "进入应急", "emergency declared"},
    {"emergency.called", dp_apply_emergency_called, HEAR, 0, "召集", "people called out"},
    {"emergency.answered", dp_apply_emergency_answered, HEAR, 0, "应答召集", "call answered"},
    {"emergency.unanswered", dp_apply_emergency_told, HEAR, 0, "多次召集未应答", "calls left unanswered"},
    {"emergency.noted", dp_apply_emergency_told, HEAR, 0, "应急记事", "line in the emergency's log"},
    {"emergency.raised", dp_apply_emergency_raised, HEAR, 0, "应急级别调整", "emergency's level changed"},
    {"emergency.released", dp_apply_emergency_told, HEAR, 0, "解除召集", "people released"},
    {"emergency.ended", dp_apply_emergency_ended, HEAR, FQ_KIND_ENDS, "应急结束", "emergency ended"},
    {0}};

#define HEADS (FQ_ROLE_COMMANDER | FQ_ROLE_DIRECTOR)
#define WATCH (DESK | FQ_ROLE_ADMIN_AUDIT | FQ_ROLE_SERVICE)
static const struct fq_method methods[] = {
    {"emergency.start", HEADS | RULE, FQ_POLICY, start_params, dp_target_emergency_org, dp_emergency_start,
     NULL, NULL, "进入应急状态并召集人员", "declare an emergency and call people out", "{id, called}"},
    {"emergency.answer", FIELD | DESK, 0, answer_params, dp_target_emergency_answer, dp_emergency_answer,
     NULL, NULL, "应答召集", "answer the call", "{id, coming}"},
    {"emergency.note", DESK | RULE, FQ_POLICY, note_params, dp_target_emergency_part, dp_emergency_note, NULL,
     NULL, "应急记事", "a line for the emergency's log", "{id}"},
    {"emergency.raise", HEADS | RULE, FQ_POLICY, raise_params, dp_target_emergency, dp_emergency_raise, NULL,
     NULL, "调整应急级别", "change the level, and how short clocks are", "{id, level}"},
    {"emergency.end", HEADS, 0, end_params, dp_target_emergency, dp_emergency_end, NULL, NULL, "结束应急",
     "end it, with its summary", "{id, summary}"},
    {"emergency.again", 0, FQ_INTERNAL, again_params, NULL, dp_emergency_again, NULL, NULL,
     "再次召集未应答者", "call the silent again", NULL},
    ASK("emergency.open", FIELD | DESK | FQ_ROLE_ADMIN_AUDIT | FQ_ROLE_SERVICE, FQ_SNAPSHOT, NULL,
        dp_emergency_open, "应急状态", "emergencies in force here, and those I was called to", "{rows}"),
    ASK("emergency.board", WATCH, 0, id_params, dp_emergency_board, "应急态势",
        "the live board: people, incidents, clocks, tasks, last lines",
        "{id: id, title: string, level: integer, org: id, state: string, calls: object, open_incidents: "
        "integer, open_tasks: integer, breached_clocks: integer, breached: [object], last: [object], whole: "
        "boolean, ...}"),
    ASK("emergency.report", WATCH, 0, report_params, dp_emergency_report, "应急总结",
        "the whole story with times and actors",
        "{id: id, title: string, level: integer, org: id, state: string, summary: object, calls: object, "
        "entries: [object], next?, ...}"),
    {0}};

static const struct fq_view_fn views[] = {{"emergency", dp_view_emergency, "org",
                                           "该单位所处的应急状态;没有则为 nil",
                                           "the emergency in force at this unit; nil when there is none"},
                                          {0}};

const struct fq_plugin dp_emergency_part = {
    FQ_PLUGIN_HEAD, .name = "dispatch.emergency", .version = DP_VERSION,
    .zh = "应急",   .en = "emergencies",          .migrations = migrations,
    .kinds = kinds, .methods = methods,           .views = views,
};
