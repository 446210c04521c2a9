/*
 * part.c - the people part of the dispatch plugin: its kinds, methods and views.
 */
#include "people/people.h"
#include "schema.h"

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
static const struct fq_param candidates_params[] = {
    P_ID, {.name = "limit", .type = FQ_T_INT, .min = 1, .max = 200, .zh = "人数", .en = "rows"}, {0}};

static const struct fq_kind kinds[] = {
    {"officer.set", dp_apply_officer, HEAR | FQ_ROLE_ADMIN_SYSTEM, 0, "人员能力登记", "officer set"},
    {"duty.started", dp_apply_duty, HEAR, 0, "上岗", "on duty"},
    {"duty.ended", dp_apply_duty, HEAR, 0, "下岗", "off duty"},
    {0}};

/* Accounts and units are the server's; a change in either moves the roster of who could be sent. */
static const struct fq_kind also_applies[] = {{.name = "user.set", .apply = dp_apply_roster_moved},
                                              {.name = "user.disabled", .apply = dp_apply_roster_moved},
                                              {.name = "org.unit_set", .apply = dp_apply_roster_moved},
                                              {0}};

static const struct fq_method methods[] = {
    {"officer.set", DESK | FQ_ROLE_ADMIN_SYSTEM, 0, officer_params, dp_target_user, dp_officer_set, NULL,
     NULL, "登记技能与容量", "set skills, capacity, grid", "{user}"},
    {"duty.start", DESK | FIELD | FQ_ROLE_ADMIN_SYSTEM, 0, duty_params, dp_target_user, dp_duty_start, NULL,
     NULL, "上岗", "sign on", "{user, on_duty}"},
    {"duty.end", DESK | FIELD | FQ_ROLE_ADMIN_SYSTEM, 0, duty_params, dp_target_user, dp_duty_end, NULL, NULL,
     "下岗", "sign off", "{user, on_duty}"},
    {"position.update", DESK | FIELD, 0, position_params, NULL, NULL, NULL, dp_position_update, "上报位置",
     "where I am", NULL},
    ASK("duty.list", DESK | FIELD | FQ_ROLE_ADMIN_SYSTEM, 0, duty_list_params, dp_duty_list, "值班与人员",
        "who is on duty; officers see themselves", "{rows}"),
    ASK("incident.candidates", DESK, 0, candidates_params, dp_incident_candidates, "派遣建议",
        "who could be sent, ranked, with reasons", "{rows, excluded}"),

    {0}};

static const struct fq_view_fn views[] = {
    {"nearest_officer", dp_view_nearest_officer, "incident, {skill=, within_m=, exclude=}",
     "最近的在岗、未满负荷网格员;没有则为 nil",
     "the nearest officer on duty with capacity; nil when there is none"},
    {"candidates", dp_view_candidates, "incident, n", "前 n 名派遣人选及理由",
     "the best n to send, with reasons"},
    {"rung_above", dp_view_rung_above, "incident[, level]", "上一级有人在岗的负责单位",
     "the next staffed rung above"},
    {"unit", dp_view_unit, "org", "机构", "a unit: {id, kind, name, parent, lon, lat}"},
    {"on_duty", dp_view_on_duty, "org[, role]", "该单位在岗人员", "who is on duty exactly at this unit"},
    {0}};

const struct fq_plugin dp_people_part = {
    FQ_PLUGIN_HEAD,
    .name = "dispatch.people",
    .version = DP_VERSION,
    .zh = "人员与值班",
    .en = "people, duty, the ladder",
    .kinds = kinds,
    .also_applies = also_applies,
    .methods = methods,
    .views = views,
};
