/*
 * part.c - the task part of the dispatch plugin: its kinds, methods and views.
 */
#include "task/task.h"
#include "schema.h"

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
static const struct fq_param reason_params[] = {P_ID, P_REASON(true), P_REV, {0}};
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
static const struct fq_param expire_params[] = {P_TASK, P_TIMER, {0}};

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
    {0}};

#define TSK(verb, schema, z, e)                                                                              \
  {                                                                                                          \
    "task." #verb, FIELD | DESK, 0, schema, dp_target_task, dp_task_##verb, NULL, NULL, z, e,                \
        "{id, state, rev}"                                                                                   \
  }
static const struct fq_method methods[] = {
    {"incident.dispatch", DESK | RULE, FQ_POLICY, dispatch_params, dp_target_desk, dp_incident_dispatch, NULL,
     NULL, "派遣", "send somebody", "{id, state, rev, tasks}"},
    TSK(delivered, task_params, "送达回执", "the terminal has the task"),
    TSK(seen, task_params, "查看回执", "the assignee has seen the task"),
    TSK(accept, task_params, "接单", "accept a task"),
    TSK(decline, reason_params, "拒单", "decline a task"),
    TSK(arrive, arrive_params, "到场", "arrive at the place"),
    TSK(feedback, feedback_params, "反馈", "feed back what was found and done"),
    TSK(finish, task_params, "完成", "finish a task that has feedback"),
    {"task.expire", 0, FQ_INTERNAL, expire_params, NULL, dp_task_expire, NULL, NULL, "任务失效",
     "an order lapses", NULL},
    ASK("task.mine", FIELD | DESK, FQ_SNAPSHOT, NULL, dp_task_mine, "我的任务", "own open tasks", "{rows}"),
    {0}};

static const struct fq_view_fn views[] = {
    {"tasks", dp_view_tasks, "incident", "事件的任务", "the incident's tasks"}, {0}};

const struct fq_plugin dp_task_part = {
    FQ_PLUGIN_HEAD, .name = "dispatch.task", .version = DP_VERSION, .zh = "任务",
    .en = "tasks",  .kinds = kinds,          .methods = methods,    .views = views,
};
