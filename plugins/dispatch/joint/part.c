/*
 * part.c - the part of the dispatch plugin for joint work: its table, kind and methods.
 */
#include "joint/joint.h"
#include "schema.h"

static const char *const migrations[] = {
    "CREATE TABLE joint("
    " n INTEGER PRIMARY KEY, incident INTEGER NOT NULL, type TEXT NOT NULL, type_name TEXT NOT NULL,"
    " lead TEXT NOT NULL, lead_name TEXT NOT NULL, members TEXT NOT NULL, note TEXT, until_ms INTEGER,"
    " by_user TEXT NOT NULL, formed_ms INTEGER NOT NULL, path TEXT NOT NULL);"
    "CREATE UNIQUE INDEX joint_incident ON joint(incident);"
    "CREATE INDEX joint_time ON joint(formed_ms);",
    NULL};

static const struct fq_param unit_item[] = {{.name = "unit", .type = FQ_T_ID}, {0}};
static const struct fq_param joint_params[] = {
    P_ID,
    {.name = "type",
     .type = FQ_T_ID,
     .required = true,
     .zh = "联动类型(词典 joint_types)",
     .en = "type of joint work (dictionary joint_types)"},
    {.name = "lead", .type = FQ_T_ID, .required = true, .zh = "牵头单位", .en = "the unit that leads"},
    {.name = "members",
     .type = FQ_T_ARRAY,
     .required = true,
     .members = unit_item,
     .min = 1,
     .max = 29,
     .zh = "成员单位",
     .en = "the other units, by code"},
    {.name = "until",
     .type = FQ_T_TIME,
     .zh = "期限(专班存续到)",
     .en = "to be done by: how long the task force lives"},
    P_NOTE,
    P_REV,
    {0}};
static const struct fq_param list_params[] = {
    {.name = "type", .type = FQ_T_ID, .zh = "类型", .en = "type"},
    {.name = "lead", .type = FQ_T_ID, .zh = "牵头单位", .en = "led by this unit"},
    {.name = "open", .type = FQ_T_BOOL, .zh = "只看在办", .en = "open ones only"},
    P_ORG,
    P_LIMIT,
    P_AFTER,
    {0}};
static const struct fq_param report_params[] = {P_PERIOD, P_ORG, {0}};

static const struct fq_kind kinds[] = {
    {"joint.formed", dp_apply_joint, HEAR, 0, "联动立项", "an incident became joint work"}, {0}};

#define WATCHERS (DESK | FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_AUDIT)
static const struct fq_method methods[] = {
    {"incident.joint", DESK | RULE, FQ_POLICY, joint_params, dp_target_desk, dp_incident_joint, NULL, NULL,
     "联动:一家牵头、多家参加", "make it joint work under one lead; each member has a task",
     "{id, state, rev, tasks}"},
    ASK("joint.list", WATCHERS, 0, list_params, dp_joint_list, "联动事项", "joint work, newest first",
        "{rows, next?}"),
    ASK("joint.report", WATCHERS, 0, report_params, dp_joint_report, "联动统计", "joint work by type",
        "{rows:[{type, name, count, done, open, on_time, overdue}]}"),
    {0}};

const struct fq_plugin dp_joint_part = {
    FQ_PLUGIN_HEAD,     .name = "dispatch.joint", .version = DP_VERSION, .zh = "联动",
    .en = "joint work", .migrations = migrations, .kinds = kinds,        .methods = methods,
};
