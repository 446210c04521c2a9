/*
 * part.c - the whistle part of the dispatch plugin: its tables, kinds, methods and views.
 */
#include "whistle/whistle.h"
#include "schema.h"
#include "shape.h"

static const char *const migrations[] = {
    "CREATE TABLE whistle("
    " n INTEGER PRIMARY KEY, incident INTEGER NOT NULL, rev INTEGER NOT NULL, state TEXT NOT NULL,"
    " by_user TEXT NOT NULL, by_org TEXT, kind TEXT, reason TEXT NOT NULL, lon REAL, lat REAL,"
    " radius_m INTEGER NOT NULL, within_ms INTEGER NOT NULL, blown_ms INTEGER NOT NULL, due_ms INTEGER NOT "
    "NULL,"
    " remind TEXT NOT NULL, minutes INTEGER NOT NULL DEFAULT 0, outcome TEXT, ended_ms INTEGER,"
    " org TEXT NOT NULL, path TEXT NOT NULL, township TEXT NOT NULL);"
    "CREATE INDEX whistle_incident ON whistle(incident, n);"
    "CREATE INDEX whistle_time ON whistle(blown_ms);"
    "CREATE INDEX whistle_open ON whistle(n) WHERE ended_ms IS NULL;"
    "CREATE TABLE whistle_unit("
    " whistle INTEGER NOT NULL, unit TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL, came_ms INTEGER,"
    " distance_m INTEGER, by_user TEXT, by_hand INTEGER NOT NULL DEFAULT 0, note TEXT, measure TEXT,"
    " measure_due_ms INTEGER, task INTEGER, version INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(whistle, unit))"
    " WITHOUT ROWID;"
    "CREATE TABLE whistle_note("
    " whistle INTEGER NOT NULL, seq INTEGER NOT NULL, what TEXT NOT NULL, version INTEGER NOT NULL, text "
    "TEXT,"
    " ok INTEGER NOT NULL, attachments TEXT, by_user TEXT NOT NULL, at_ms INTEGER NOT NULL,"
    " PRIMARY KEY(whistle, seq)) WITHOUT ROWID;",
    "CREATE INDEX whistle_unit_task ON whistle_unit(task) WHERE task IS NOT NULL;", NULL};

#define P_WHISTLE                                                                                            \
  { .name = "id", .type = FQ_T_ID, .required = true, .zh = "哨单编号", .en = "whistle id" }
#define P_UNIT(must)                                                                                         \
  { .name = "unit", .type = FQ_T_ID, .required = must, .zh = "部门", .en = "department" }
#define P_TEXT(chars, z, e)                                                                                  \
  { .name = "text", .type = FQ_T_STRING, .required = true, .min = 1, .max = chars, .zh = z, .en = e }

static const struct fq_param unit_item[] = {{.name = "unit", .type = FQ_T_ID}, {0}};
static const struct fq_param blow_params[] = {
    P_INCIDENT,
    {.name = "units",
     .type = FQ_T_ARRAY,
     .required = true,
     .members = unit_item,
     .min = 1,
     .max = 30,
     .zh = "叫哪些部门",
     .en = "the departments called, by code"},
    {.name = "within_ms",
     .type = FQ_T_INT,
     .required = true,
     .min = 1000,
     .max = 6.048e8,
     .zh = "多少毫秒内报到",
     .en = "to check in within"},
    P_REASON(true),
    {.name = "place",
     .type = FQ_T_PLACE,
     .zh = "报到地点,不填为事发地",
     .en = "where to, by default the incident's"},
    {.name = "radius_m",
     .type = FQ_T_INT,
     .min = 20,
     .max = 50000,
     .zh = "报到半径,米,默认 300",
     .en = "how near is there, by default 300"},
    {.name = "kind", .type = FQ_T_ID, .zh = "哨的种类", .en = "kind of whistle, as the county has them"},
    {0}};
static const struct fq_param check_in_params[] = {P_WHISTLE,
                                                  {.name = "place",
                                                   .type = FQ_T_PLACE,
                                                   .required = true,
                                                   .zh = "所在位置",
                                                   .en = "where the department is"},
                                                  P_UNIT(false),
                                                  P_NOTE,
                                                  P_REV,
                                                  {0}};
static const struct fq_param unit_params[] = {P_WHISTLE, P_UNIT(true), P_REASON(true), P_REV, {0}};
static const struct fq_param minutes_params[] = {
    P_WHISTLE, P_TEXT(8000, "会商纪要", "the joint minutes"), P_FILES, P_REV, {0}};
static const struct fq_param measure_params[] = {
    P_WHISTLE,
    P_UNIT(true),
    P_TEXT(1000, "一条具体措施", "one concrete measure"),
    {.name = "due", .type = FQ_T_TIME, .zh = "完成时限", .en = "to be done by"},
    P_REV,
    {0}};
static const struct fq_param follow_up_params[] = {P_WHISTLE,
                                                   P_TEXT(4000, "回访情况", "what was found"),
                                                   {.name = "ok",
                                                    .type = FQ_T_BOOL,
                                                    .required = true,
                                                    .zh = "措施是否落实",
                                                    .en = "are the measures in effect"},
                                                   P_FILES,
                                                   P_REV,
                                                   {0}};
static const struct fq_param close_params[] = {P_WHISTLE, P_NOTE, P_REV, {0}};
static const struct fq_param withdraw_params[] = {P_WHISTLE, P_REASON(true), P_REV, {0}};
static const struct fq_param get_params[] = {P_WHISTLE, {0}};
static const struct fq_param list_params[] = {
    {.name = "state",
     .type = FQ_T_ENUM,
     .values = "blown gathered overdue consulting agreed followed_up closed withdrawn",
     .zh = "状态",
     .en = "state"},
    {.name = "open", .type = FQ_T_BOOL, .zh = "只看在办", .en = "open ones only"},
    P_ORG,
    {.name = "unit", .type = FQ_T_ID, .zh = "叫了该部门的", .en = "calling this department"},
    {.name = "incident", .type = FQ_T_ID, .zh = "事件", .en = "of this incident"},
    P_LIMIT,
    P_AFTER,
    {0}};
static const struct fq_param report_params[] = {P_PERIOD,
                                                P_ORG,
                                                {.name = "low",
                                                 .type = FQ_T_NUMBER,
                                                 .min = 0,
                                                 .max = 100,
                                                 .zh = "每百件少于此为偏少,默认 1",
                                                 .en = "fewer per 100 incidents are too few; 1"},
                                                {.name = "high",
                                                 .type = FQ_T_NUMBER,
                                                 .min = 0,
                                                 .max = 100,
                                                 .zh = "每百件多于此为偏多,默认 15",
                                                 .en = "more per 100 incidents are too many; 15"},
                                                {.name = "enough",
                                                 .type = FQ_T_INT,
                                                 .min = 1,
                                                 .max = 100000,
                                                 .zh = "事件不足此数不评,默认 20",
                                                 .en = "with fewer incidents a rate is not judged; 20"},
                                                {0}};
static const struct fq_param remind_params[] = {
    P_WHISTLE, {.name = "share", .type = FQ_T_NUMBER, .min = 0, .max = 1}, P_TIMER, {0}};
static const struct fq_param lapse_params[] = {P_WHISTLE, P_UNIT(false), P_TIMER, {0}};

#define WHISTLE(verb, z, e)                                                                                  \
  { "whistle." verb, dp_apply_whistle, HEAR, 0, z, e }
static const struct fq_kind kinds[] = {
    {"whistle.blown", dp_apply_whistle_blown, HEAR, 0, "吹哨", "departments were called"},
    WHISTLE("reminded", "催促报到", "departments not there yet were reminded"),
    WHISTLE("checked_in", "部门报到", "a department checked in"),
    WHISTLE("excused", "部门免除", "a department was excused"),
    WHISTLE("absent", "部门未报到", "a department did not come in time"),
    WHISTLE("minuted", "会商纪要", "joint minutes"),
    WHISTLE("measure_agreed", "部门措施", "a department's measure was agreed"),
    WHISTLE("measure_overdue", "措施逾期", "a department's measure is overdue"),
    WHISTLE("followed_up", "回访", "the measures were followed up"),
    WHISTLE("closed", "哨单办结", "a whistle was closed"),
    WHISTLE("withdrawn", "撤哨", "a whistle was withdrawn"),
    {0}};

/* An officer who may blow also looks after what he has called together; dp_target_whistle() knows him. */
#define BLOWER (DESK | FQ_ROLE_OFFICER)
#define WSL(verb, who, schema, where, z, e)                                                                  \
  { "whistle." #verb, who, 0, schema, where, dp_whistle_##verb, NULL, NULL, z, e, "{id, state, rev}" }
#define TIMER(verb, schema, z, e)                                                                            \
  { "whistle." #verb, 0, FQ_INTERNAL, schema, NULL, dp_whistle_##verb, NULL, NULL, z, e, NULL }
static const struct fq_method methods[] = {
    {"whistle.blow", BLOWER | RULE, FQ_POLICY, blow_params, dp_target_blow, dp_whistle_blow, NULL, NULL,
     "吹哨:叫部门限时到场", "call departments to the place within a time", "{id, state, rev, due_at}"},
    {"whistle.check_in", FIELD | DESK, 0, check_in_params, dp_target_check_in, dp_whistle_check_in, NULL,
     NULL, "部门报到", "a department checks in, inside the geofence", "{id, state, rev, late, dup?}"},
    {"whistle.confirm", BLOWER, 0, unit_params, dp_target_whistle, dp_whistle_confirm, NULL, NULL,
     "人工确认报到", "confirm by hand that a department is there", "{id, state, rev, late, dup?}"},
    WSL(excuse, BLOWER, unit_params, dp_target_whistle, "免除部门", "excuse a department, with the reason"),
    {"whistle.minutes", BLOWER, 0, minutes_params, dp_target_whistle, dp_whistle_minutes, NULL, NULL,
     "会商纪要", "the joint minutes; every version is kept", "{id, state, rev, version}"},
    {"whistle.measure", DESK | FQ_ROLE_DEPARTMENT, 0, measure_params, dp_target_measure, dp_whistle_measure,
     NULL, NULL, "部门措施:一部门一条,即为任务", "one concrete measure of a department, which is a task",
     "{id, state, rev, task}"},
    WSL(follow_up, BLOWER, follow_up_params, dp_target_whistle, "回访", "follow up the measures"),
    WSL(close, BLOWER, close_params, dp_target_whistle, "哨单办结", "close a whistle that was followed up"),
    {"whistle.withdraw", BLOWER | RULE, FQ_POLICY, withdraw_params, dp_target_whistle, dp_whistle_withdraw,
     NULL, NULL, "撤哨", "withdraw a whistle", "{id, state, rev}"},
    TIMER(remind, remind_params, "催促报到", "part of the time is over"),
    TIMER(lapse, lapse_params, "报到时限", "the time to check in is over"),
    TIMER(measure_lapse, lapse_params, "措施时限", "the time set for a measure is over"),
    ASK("whistle.get", READERS, 0, get_params, dp_whistle_get, "哨单详情",
        "one whistle with its departments, minutes and follow-ups",
        "{" SHAPE_WHISTLE_MEMBERS ", minutes: [object], follow_ups: [object]}"),
    ASK("whistle.list", READERS, 0, list_params, dp_whistle_list, "哨单列表", "whistles, newest first",
        "{rows: [{" SHAPE_WHISTLE_MEMBERS "}], next?: string}"),
    ASK("whistle.open", READERS, FQ_SNAPSHOT, NULL, dp_whistle_open, "在办哨单", "the whistle board",
        "{rows: [{" SHAPE_WHISTLE_MEMBERS "}]}"),
    ASK("whistle.report", DESK | FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_AUDIT, 0, report_params,
        dp_whistle_report, "吹哨报告:频次区间、到场、措施", "whistle rate against a band, arrivals, measures",
        "{low, high, total, townships, grids, departments}"),
    {0}};

static const struct fq_kind also_applies[] = {{.name = "task.recalled", .apply = dp_apply_whistle_task}, {0}};

static const struct fq_reaction reactions[] = {{"incident.voided", dp_whistle_voided}, {0}};

static const struct fq_view_fn views[] = {
    {"whistles", dp_view_whistles, "incident", "事件的哨单,含各部门", "the incident's whistles"},
    {"departments_for", dp_view_departments_for, "category", "该类别通常叫哪些部门(词典 departments)",
     "who is usually called for a category (dictionary departments)"},
    {0}};

const struct fq_plugin dp_whistle_part = {
    FQ_PLUGIN_HEAD,     .name = "dispatch.whistle", .version = DP_VERSION, .zh = "吹哨报到",
    .en = "whistles",   .migrations = migrations,   .kinds = kinds,        .also_applies = also_applies,
    .methods = methods, .reactions = reactions,     .views = views,
};
