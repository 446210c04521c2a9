/*
 * part.c - the merge part of the dispatch plugin: duplicates suggested, incidents merged and split.
 */
#include "merge/merge.h"
#include "schema.h"

/* merged: which incident stands for which; `clocks`: those that ran then, as JSON. dup_cell: open incidents
 * by place, a cell's newest last. home: where a task that went over came from. */
static const char *const migrations[] = {
    "ALTER TABLE incident ADD COLUMN merged_into INTEGER;"
    "ALTER TABLE incident ADD COLUMN joined INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE task ADD COLUMN home INTEGER;"
    "CREATE TABLE merged(source INTEGER PRIMARY KEY, target INTEGER NOT NULL, reporter TEXT NOT NULL,"
    " at_ms INTEGER NOT NULL, clocks TEXT NOT NULL);"
    "CREATE INDEX merged_target ON merged(target, source);"
    "CREATE TABLE dup_cell(cell INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY(cell, n)) WITHOUT ROWID;",
    NULL};

static const struct fq_param merge_params[] = {P_ID,
                                               {.name = "into",
                                                .type = FQ_T_ID,
                                                .required = true,
                                                .zh = "并入哪一件",
                                                .en = "the incident it becomes part of"},
                                               P_REASON(false),
                                               P_REV,
                                               {0}};
static const struct fq_param split_params[] = REASON_PARAMS;
#define P_ROWS                                                                                               \
  { .name = "limit", .type = FQ_T_INT, .min = 1, .max = 20, .zh = "条数", .en = "rows" }
static const struct fq_param duplicates_params[] = {P_ID, P_ROWS, {0}};
static const struct fq_param similar_params[] = {
    {.name = "category", .type = FQ_T_ID, .required = true, .zh = "类别", .en = "category code"},
    {.name = "title", .type = FQ_T_STRING, .max = 200, .zh = "标题", .en = "title"},
    {.name = "text", .type = FQ_T_STRING, .max = 4000, .zh = "情况", .en = "what is the matter"},
    P_PLACE,
    {.name = "grid", .type = FQ_T_ID, .zh = "网格", .en = "grid"},
    {.name = "occurred_at", .type = FQ_T_TIME, .zh = "发生时间", .en = "when it happened"},
    P_ROWS,
    {0}};

static const struct fq_kind kinds[] = {
    {"incident.merged", dp_apply_merged, HEAR, 0, "并案", "incident merged into another"},
    {"incident.joined", dp_apply_joined, HEAR, 0, "有事件并入", "another incident was merged into this one"},
    {"incident.split", dp_apply_split, HEAR, 0, "拆案", "incident split off again"},
    {"incident.parted", dp_apply_parted, HEAR, 0, "有事件拆出", "a merged incident was split off"},
    {"task.moved", dp_apply_task_moved, HEAR, 0, "任务随案转移", "task moved with its incident"},
    {"duplicate.suggested", dp_apply_suggested, HEAR, 0, "疑似重复", "likely duplicates of a report"},
    {0}};

static const struct fq_kind also_applies[] = {
    {.name = "incident.reported", .apply = dp_apply_dup_reported},
    {.name = "incident.closed", .apply = dp_apply_target_ended},
    {.name = "incident.voided", .apply = dp_apply_target_ended},
    {.name = "incident.reopened", .apply = dp_apply_target_reopened},
    {0}};

static const struct fq_reaction reactions[] = {{"incident.reported", dp_suggest}, {0}};

#define SEEN                                                                                                 \
  "{rows: [{id, number, title, state, category, score, distance_m?, apart_ms, same_category, likeness, "     \
  "same_reporter?: boolean}]}"
static const struct fq_method methods[] = {
    {"incident.merge", DESK | RULE, FQ_POLICY, merge_params, dp_target_desk, dp_incident_merge, NULL, NULL,
     "并案", "merge an incident into another that is the same thing", "{id, state, rev, into, tasks_moved}"},
    {"incident.split", DESK | RULE, FQ_POLICY, split_params, dp_target_desk, dp_incident_split, NULL, NULL,
     "拆案", "split a merged incident off again", "{id, state, rev, from, tasks_moved}"},
    ASK("incident.duplicates", DESK, 0, duplicates_params, dp_incident_duplicates, "疑似重复的在办事件",
        "open incidents that may be the same thing, likeliest first, with reasons", SEEN),
    ASK("incident.similar", DESK | FIELD, 0, similar_params, dp_incident_similar, "正在登记的是否已有人报过",
        "has what is being written down been reported already", SEEN),
    {0}};

static const struct fq_view_fn views[] = {{"duplicates", dp_view_duplicates, "incident",
                                           "疑似重复的在办事件,最像的在前",
                                           "open incidents that may be the same thing, likeliest first"},
                                          {0}};

const struct fq_plugin dp_merge_part = {
    FQ_PLUGIN_HEAD,
    .name = "dispatch.merge",
    .version = DP_VERSION,
    .zh = "查重、并案、拆案",
    .en = "duplicates, merging and splitting",
    .migrations = migrations,
    .kinds = kinds,
    .also_applies = also_applies,
    .reactions = reactions,
    .methods = methods,
    .views = views,
};
