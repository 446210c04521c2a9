/*
 * part.c - the task part of the dispatch plugin: its kinds, methods and views.
 */
#include <string.h>

#include "incident/incident.h"
#include "task/task.h"
#include "schema.h"
#include "shape.h"

/* What was sent before tasks had roles keeps its order: the first of an incident led. */
static const char *const migrations[] = {
    "ALTER TABLE task ADD COLUMN role TEXT NOT NULL DEFAULT 'assist';"
    "UPDATE task SET role = 'lead' WHERE n IN (SELECT min(n) FROM task GROUP BY incident);"
    "ALTER TABLE task ADD COLUMN accepted_by TEXT;"
    "ALTER TABLE task ADD COLUMN device TEXT;"
    "ALTER TABLE task ADD COLUMN instead_of INTEGER;"
    "ALTER TABLE task ADD COLUMN replaced_by INTEGER;"
    "ALTER TABLE task ADD COLUMN remind_ms INTEGER;"
    "ALTER TABLE task ADD COLUMN remind_times INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE task ADD COLUMN reminded INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE task ADD COLUMN receipt_ms INTEGER;"
    "ALTER TABLE task ADD COLUMN undelivered_ms INTEGER;"
    "ALTER TABLE task ADD COLUMN checkin_ms INTEGER;"
    "ALTER TABLE task ADD COLUMN checkin_grace_ms INTEGER;"
    "ALTER TABLE task ADD COLUMN checkin_due_ms INTEGER;"
    "ALTER TABLE task ADD COLUMN checkin_at_ms INTEGER;"
    "ALTER TABLE task ADD COLUMN checkin_missed INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE task ADD COLUMN alarm_ms INTEGER;"
    "CREATE INDEX task_alarm ON task(n) WHERE alarm_ms IS NOT NULL;"
    "CREATE TABLE reservation("
    " n INTEGER PRIMARY KEY, incident INTEGER NOT NULL, to_user TEXT, to_unit TEXT, name TEXT NOT NULL,"
    " note TEXT, by_user TEXT NOT NULL, made_ms INTEGER NOT NULL, until_ms INTEGER, ready_ms INTEGER,"
    " ended_ms INTEGER, ended TEXT);"
    "CREATE INDEX reservation_user ON reservation(to_user) WHERE ended_ms IS NULL;"
    "CREATE INDEX reservation_unit ON reservation(to_unit) WHERE ended_ms IS NULL;"
    "CREATE INDEX reservation_incident ON reservation(incident) WHERE ended_ms IS NULL;",
    NULL};

#define TO_USER                                                                                              \
  { .name = "user", .type = FQ_T_ID, .zh = "人员", .en = "user" }
#define TO_UNIT                                                                                              \
  { .name = "unit", .type = FQ_T_ID, .zh = "单位", .en = "unit" }
#define TO_TEAM                                                                                              \
  { .name = "team", .type = FQ_T_ID, .zh = "队伍", .en = "team" }
static const struct fq_param whom[] = {TO_USER, TO_UNIT, TO_TEAM, {0}};
static const struct fq_param whom_leading[] = {
    TO_USER, TO_UNIT, TO_TEAM, {.name = "lead", .type = FQ_T_BOOL, .zh = "主办", .en = "leads"}, {0}};
static const struct fq_param assist_item[] = {{.name = "to", .type = FQ_T_OBJECT, .members = whom}, {0}};
static const struct fq_param to_item[] = {{.name = "to", .type = FQ_T_OBJECT, .members = whom_leading}, {0}};

/* The terms of an order, the same wherever one is made. */
#define P_EXPIRES                                                                                            \
  {.name = "expires",                                                                                        \
   .type = FQ_T_TIME,                                                                                        \
   .zh = "逾期未接单即失效",                                                                                 \
   .en = "lapses when not accepted by then"},                                                                \
      {.name = "expires_in_ms",                                                                              \
       .type = FQ_T_INT,                                                                                     \
       .min = 1000,                                                                                          \
       .max = 8.64e9,                                                                                        \
       .zh = "多少毫秒后失效",                                                                               \
       .en = "the same, from now"},                                                                          \
      {.name = "remind_ms",                                                                                  \
       .type = FQ_T_INT,                                                                                     \
       .min = 1000,                                                                                          \
       .max = 8.64e7,                                                                                        \
       .zh = "多久未接单催一次",                                                                             \
       .en = "rings again every so often until accepted"},                                                   \
      {.name = "remind_times",                                                                               \
       .type = FQ_T_INT,                                                                                     \
       .min = 1,                                                                                             \
       .max = 20,                                                                                            \
       .zh = "最多催几次,默认 3",                                                                            \
       .en = "at most so often; 3 when not said"},                                                           \
  {                                                                                                          \
    .name = "receipt_ms", .type = FQ_T_INT, .max = 8.64e7, .zh = "多久未送达即告知调度,0 为不告知",          \
    .en = "not delivered by then: the desk is told; 0: never; else the option receipt_within"                \
  }
static const struct fq_param dispatch_params[] = {P_ID,
                                                  {.name = "to",
                                                   .type = FQ_T_ARRAY,
                                                   .required = true,
                                                   .members = to_item,
                                                   .min = 1,
                                                   .max = 30,
                                                   .zh = "派给",
                                                   .en = "whom: [{user}|{unit}|{team}, lead?]"},
                                                  P_NOTE,
                                                  P_EXPIRES,
                                                  P_REV,
                                                  {0}};
static const struct fq_param assist_params[] = {P_ID,
                                                {.name = "to",
                                                 .type = FQ_T_ARRAY,
                                                 .required = true,
                                                 .members = assist_item,
                                                 .min = 1,
                                                 .max = 30,
                                                 .zh = "请谁协同",
                                                 .en = "who is asked to join: [{user}|{unit}|{team}]"},
                                                P_NOTE,
                                                P_EXPIRES,
                                                P_REV,
                                                {0}};
static const struct fq_param reassign_params[] = {P_TASK,
                                                  {.name = "to",
                                                   .type = FQ_T_OBJECT,
                                                   .required = true,
                                                   .members = whom,
                                                   .zh = "改派给",
                                                   .en = "whom instead: {user}|{unit}|{team}"},
                                                  P_REASON(true),
                                                  P_NOTE,
                                                  P_EXPIRES,
                                                  P_REV,
                                                  {0}};
static const struct fq_param task_reason_params[] = {P_TASK, P_REASON(true), P_REV, {0}};
static const struct fq_param lead_params[] = {P_TASK, P_REASON(false), P_REV, {0}};
static const struct fq_param reserve_params[] = {
    P_ID,
    TO_USER,
    TO_UNIT,
    {.name = "until", .type = FQ_T_TIME, .zh = "保留到", .en = "lapses then"},
    {.name = "for_ms",
     .type = FQ_T_INT,
     .min = 1000,
     .max = 8.64e9,
     .zh = "保留多少毫秒",
     .en = "the same, from now"},
    P_NOTE,
    {0}};
static const struct fq_param unreserve_params[] = {P_ID, TO_USER, TO_UNIT, P_REASON(false), {0}};
static const struct fq_param reserve_list_params[] = {
    {.name = "incident", .type = FQ_T_ID, .zh = "事件编号", .en = "of this incident only"}, {0}};
static const struct fq_param delivered_params[] = {
    P_TASK,
    {.name = "device", .type = FQ_T_STRING, .min = 1, .max = 79, .zh = "设备标识", .en = "on which device"},
    P_REV,
    {0}};
static const struct fq_param checkin_params[] = {
    P_TASK,
    {.name = "every_ms",
     .type = FQ_T_INT,
     .required = true,
     .min = 1000,
     .max = 1.44e7,
     .zh = "多久报一次平安(至多 4 小时)",
     .en = "how often, at most 4 h"},
    {.name = "grace_ms",
     .type = FQ_T_INT,
     .min = 1000,
     .max = 3.6e6,
     .zh = "提醒后再等多久报警,默认 2 分钟",
     .en = "from the reminder to the alarm; 2 min when not said"},
    P_REV,
    {0}};
static const struct fq_param check_in_params[] = {P_TASK, P_PLACE, P_NOTE, P_REV, {0}};
static const struct fq_param clear_params[] = {P_TASK,
                                               {.name = "note",
                                                .type = FQ_T_STRING,
                                                .required = true,
                                                .min = 1,
                                                .max = 1000,
                                                .zh = "核实情况",
                                                .en = "what was found out"},
                                               {0}};
static const struct fq_param stop_params[] = {P_TASK, P_REASON(false), {0}};
static const struct fq_param task_params[] = {P_TASK, P_REV, {0}};
static const struct fq_param step_params[] = {P_TASK, P_OCCURRED, P_REV, {0}};
static const struct fq_param decline_params[] = {P_TASK, P_REASON(true), P_OCCURRED, P_REV, {0}};
static const struct fq_param arrive_params[] = {P_TASK, P_PLACE, P_OCCURRED, P_REV, {0}};
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
                                                  P_OCCURRED,
                                                  P_REV,
                                                  {0}};
static const struct fq_param expire_params[] = {P_TASK, P_TIMER, {0}};
static const struct fq_param reserve_timer_params[] = {
    {.name = "id", .type = FQ_T_ID, .required = true, .zh = "预留编号", .en = "reservation id"},
    P_TIMER,
    {0}};

#define TASK(verb, f, z, e)                                                                                  \
  { "task." verb, dp_apply_task, HEAR, f, z, e }
static const struct fq_kind kinds[] = {
    {"task.created", dp_apply_task_created, HEAR, 0, "任务下发", "task sent"},
    TASK("delivered", FQ_KIND_QUIET, "任务送达", "task delivered to the terminal"),
    TASK("seen", FQ_KIND_QUIET, "任务已查看", "task seen"),
    TASK("accepted", 0, "接单", "task accepted"),
    TASK("declined", 0, "拒单", "task declined"),
    TASK("arrived", 0, "到场", "arrived"),
    TASK("fed_back", 0, "反馈", "feedback"),
    TASK("finished", 0, "任务完成", "task finished"),
    TASK("recalled", 0, "任务撤回", "task recalled"),
    TASK("expired", 0, "任务失效", "task expired"),
    {"task.lead_changed", dp_apply_lead_changed, HEAR, 0, "改换主办", "another leads"},
    {"task.reminded", dp_apply_reminded, HEAR, 0, "催接单", "reminded of an order not accepted yet"},
    {"task.undelivered", dp_apply_undelivered, HEAR, 0, "派单未送达终端", "the terminal is not reached"},
    {"task.checkin_started", dp_apply_checkin, HEAR, 0, "开启平安确认", "check-ins asked for"},
    {"task.checked_in", dp_apply_checkin, HEAR, 0, "报平安", "checked in"},
    {"task.check_in_due", dp_apply_checkin, HEAR, 0, "该报平安了", "a check-in is due"},
    {"task.check_in_missed", dp_apply_checkin, HEAR, 0, "未报平安,警报", "a check-in was missed: alarm"},
    {"task.checkin_cleared", dp_apply_checkin, HEAR, 0, "平安警报解除", "check-in alarm cleared"},
    {"task.checkin_stopped", dp_apply_checkin, HEAR, 0, "停止平安确认", "check-ins no longer asked for"},
    {"incident.assist_asked", dp_apply_incident, HEAR, 0, "请求协同", "others asked to join"},
    {"reserve.made", dp_apply_reserve, HEAR, 0, "预留", "reserved for a later call"},
    {"reserve.released", dp_apply_reserve, HEAR, 0, "取消预留", "reservation released"},
    {"reserve.fulfilled", dp_apply_reserve, HEAR, 0, "预留兑现", "sent where reserved for"},
    {"reserve.lapsed", dp_apply_reserve, HEAR, 0, "预留到期", "reservation lapsed"},
    {"reserve.ready", dp_apply_reserve, HEAR, 0, "预留人员已空出", "who is reserved is free now"},
    {0}};

static const struct fq_kind also_applies[] = {
    {.name = "incident.resumed", .apply = dp_apply_reminders_resume},
    {.name = "incident.closed", .apply = dp_apply_reserve_incident},
    {.name = "incident.voided", .apply = dp_apply_reserve_incident},
    {.name = "incident.merged", .apply = dp_apply_reserve_incident},
    {0}};

static const struct fq_reaction reactions[] = {{"task.finished", dp_reserve_ready},
                                               {"task.declined", dp_reserve_ready},
                                               {"task.recalled", dp_reserve_ready},
                                               {"task.expired", dp_reserve_ready},
                                               {0}};

#define TSK(verb, schema, z, e)                                                                              \
  {                                                                                                          \
    "task." #verb, FIELD | DESK, 0, schema, dp_target_task, dp_task_##verb, NULL, NULL, z, e,                \
        "{id, state, rev}"                                                                                   \
  }
static const struct fq_method methods[] = {
    {"incident.dispatch", DESK | RULE, FQ_POLICY, dispatch_params, dp_target_desk, dp_incident_dispatch, NULL,
     NULL, "派遣", "send somebody", "{id, state, rev, tasks}"},
    TSK(delivered, delivered_params, "送达回执", "the terminal has the task"),
    TSK(seen, task_params, "查看回执", "the assignee has seen the task"),
    TSK(accept, step_params, "接单", "accept a task"),
    TSK(decline, decline_params, "拒单", "decline a task"),
    TSK(arrive, arrive_params, "到场", "arrive at the place"),
    TSK(feedback, feedback_params, "反馈", "feed back what was found and done"),
    TSK(finish, step_params, "完成", "finish a task that has feedback"),
    {"incident.assist", DESK | FIELD | RULE, FQ_POLICY, assist_params, dp_target_assist, dp_incident_assist,
     NULL, NULL, "请求协同", "ask others to join", "{id, state, rev, tasks}"},
    {"task.lead", DESK | RULE, FQ_POLICY, lead_params, dp_target_task_desk, dp_task_lead, NULL, NULL,
     "改换主办", "who leads from now on", "{id, state, rev}"},
    {"task.reassign", DESK | RULE, FQ_POLICY, reassign_params, dp_target_task_desk, dp_task_reassign, NULL,
     NULL, "改派", "somebody else does it instead", "{id, state, rev, task}"},
    {"task.recall", DESK | RULE, FQ_POLICY, task_reason_params, dp_target_task_desk, dp_task_recall, NULL,
     NULL, "撤回任务", "withdraw an order nobody has accepted, or release a helper", "{id, state, rev}"},
    {"task.checkin_start", DESK | FIELD | RULE, FQ_POLICY, checkin_params, dp_target_task, dp_checkin_start,
     NULL, NULL, "开启平安确认", "ask for check-ins", "{id, due_at}"},
    {"task.checkin_stop", DESK | RULE, FQ_POLICY, stop_params, dp_target_task_desk, dp_checkin_stop, NULL,
     NULL, "停止平安确认", "ask for no more check-ins", "{id}"},
    {"task.checkin_clear", DESK, 0, clear_params, dp_target_task_desk, dp_checkin_clear, NULL, NULL,
     "解除平安警报", "the alarm has been dealt with", "{id, due_at?}"},
    {"task.check_in", DESK | FIELD, 0, check_in_params, dp_target_task, dp_check_in, NULL, NULL, "报平安",
     "I am well", "{id, due_at}"},
    {"incident.reserve", DESK | RULE, FQ_POLICY, reserve_params, dp_target_desk, dp_incident_reserve, NULL,
     NULL, "预留", "keep somebody for this incident", "{id, reservation}"},
    {"incident.unreserve", DESK | RULE, FQ_POLICY, unreserve_params, dp_target_desk, dp_incident_unreserve,
     NULL, NULL, "取消预留", "keep him no longer", "{id, reservation}"},
    {"task.remind", 0, FQ_INTERNAL, expire_params, NULL, dp_task_remind, NULL, NULL, "催接单",
     "an order rings again", NULL},
    {"task.unreached", 0, FQ_INTERNAL, expire_params, NULL, dp_task_undelivered, NULL, NULL, "派单未送达",
     "no receipt in time", NULL},
    {"task.check_in_remind", 0, FQ_INTERNAL, expire_params, NULL, dp_check_in_due, NULL, NULL, "该报平安了",
     "a check-in is due", NULL},
    {"task.check_in_miss", 0, FQ_INTERNAL, expire_params, NULL, dp_check_in_miss, NULL, NULL, "未报平安",
     "the grace is over", NULL},
    {"reserve.lapse", 0, FQ_INTERNAL, reserve_timer_params, NULL, dp_reserve_lapse, NULL, NULL, "预留到期",
     "a reservation lapses", NULL},
    {"task.expire", 0, FQ_INTERNAL, expire_params, NULL, dp_task_expire, NULL, NULL, "任务失效",
     "an order lapses", NULL},
    ASK("task.mine", FIELD | DESK, FQ_SNAPSHOT, NULL, dp_task_mine, "我的任务", "own open tasks",
        "{rows: [{" SHAPE_TASK_MEMBERS ", incident_title: string, number: integer, category: string, level: "
        "integer, text?: string, address?: string, place?: " SHAPE_PLACE ", where: " SHAPE_WHERE
        ", incident_state: string}]}"),
    ASK("task.alarms", FIELD | DESK, FQ_SNAPSHOT, NULL, dp_task_alarms, "未解除的平安警报",
        "check-in alarms that nobody has dealt with",
        "{rows: [{task: id, name: string, number: integer, incident: id, incident_title: string, user?: id, "
        "state: string, raised_at: time, count: integer, last_at?: time, answered?: boolean, "
        "place?: " SHAPE_PLACE ", ...}]}"),
    ASK("reserve.list", DESK, 0, reserve_list_params, dp_reserve_list, "预留人员", "who is reserved for what",
        "{rows: [{id: id, incident: id, user?: id, unit?: id, team?: id, name: string, number: integer, "
        "incident_title: string, by: string, made_at: time, until?: time, ...}]}"),
    {0}};

static const struct fq_view_fn views[] = {
    {"tasks", dp_view_tasks, "incident", "事件的任务", "the incident's tasks"}, {0}};

/* {to: [{user}|{unit}|{team}]}; of reassign, one of them. */
static void sends(const char *method, const fq_json *params, void (*each)(void *arg, const char *user),
                  void *arg) {
  static const char *const orders[] = {"incident.dispatch", "incident.assist", "task.reassign", NULL};
  const fq_json *to = fq_json_get(params, "to");
  for (const char *const *o = orders; *o; o++) {
    if (strcmp(*o, method)) continue;
    if (fq_json_str(to, "user")) each(arg, fq_json_str(to, "user"));
    if (fq_json_type(to) == FQ_JSON_ARRAY)
      fq_json_each(t, to) if (fq_json_str(t, "user")) each(arg, fq_json_str(t, "user"));
  }
}

const struct fq_plugin dp_task_part = {
    FQ_PLUGIN_HEAD,     .name = "dispatch.task",  .version = DP_VERSION, .zh = "任务",
    .en = "tasks",      .migrations = migrations, .kinds = kinds,        .also_applies = also_applies,
    .methods = methods, .reactions = reactions,   .views = views,        .sends = sends,
};
