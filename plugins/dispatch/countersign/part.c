/*
 * part.c - the countersign part of the dispatch plugin: units asked to sign.
 */
#include "countersign/countersign.h"
#include "schema.h"
#include "shape.h"

#define P_COUNTERSIGN                                                                                        \
  { .name = "id", .type = FQ_T_ID, .required = true, .zh = "会签编号", .en = "countersign id" }
static const struct fq_param unit_item[] = {{.name = "unit", .type = FQ_T_ID}, {0}};
static const struct fq_param ask_params[] = {P_ID,
                                             {.name = "units",
                                              .type = FQ_T_ARRAY,
                                              .required = true,
                                              .members = unit_item,
                                              .min = 1,
                                              .max = 20,
                                              .zh = "会签单位",
                                              .en = "the units asked to sign"},
                                             {.name = "text",
                                              .type = FQ_T_STRING,
                                              .required = true,
                                              .min = 1,
                                              .max = 2000,
                                              .zh = "会签内容",
                                              .en = "what they are to sign"},
                                             {.name = "within_ms",
                                              .type = FQ_T_INT,
                                              .min = 1000,
                                              .max = 7.776e9,
                                              .zh = "多少毫秒内签署",
                                              .en = "how long they have"},
                                             P_REV,
                                             {0}};
static const struct fq_param sign_params[] = {
    P_COUNTERSIGN,
    {.name = "agree", .type = FQ_T_BOOL, .required = true, .zh = "是否同意", .en = "agreed?"},
    P_NOTE,
    {0}};
static const struct fq_param withdraw_params[] = {P_COUNTERSIGN, P_REASON(false), {0}};
static const struct fq_param overdue_params[] = {P_COUNTERSIGN, P_TIMER, {0}};
static const struct fq_param list_params[] = {
    {.name = "mine", .type = FQ_T_BOOL, .zh = "只看请本单位签的", .en = "only what one's own unit is asked"},
    P_LIMIT,
    P_AFTER,
    {0}};

static const struct fq_kind kinds[] = {
    {"countersign.asked", dp_apply_countersign_asked, HEAR, 0, "请求会签", "countersign asked for"},
    {"countersign.signed", dp_apply_countersign_answered, HEAR, 0, "会签", "countersign answered"},
    {"countersign.withdrawn", dp_apply_countersign_answered, HEAR, 0, "撤回会签", "countersign withdrawn"},
    {"countersign.overdue", dp_apply_countersign_overdue, HEAR, 0, "会签逾期", "countersign overdue"},
    {0}};

static const struct fq_method methods[] = {
    {"incident.countersign", DESK | RULE, FQ_POLICY, ask_params, dp_target_desk, dp_incident_countersign,
     NULL, NULL, "会签", "ask units to sign", "{id, countersigns}"},
    {"countersign.sign", DESK | FQ_ROLE_DEPARTMENT, 0, sign_params, dp_target_signer, dp_countersign_sign,
     NULL, NULL, "签署会签", "sign, agreeing or not", "{id, state}"},
    {"countersign.withdraw", DESK, 0, withdraw_params, dp_target_gatherer, dp_countersign_withdraw, NULL,
     NULL, "撤回会签", "no longer ask a unit to sign", "{id, state}"},
    {"countersign.overdue", 0, FQ_INTERNAL, overdue_params, NULL, dp_countersign_overdue, NULL, NULL,
     "会签逾期", "a unit has not signed in time", NULL},
    ASK("countersign.list", READERS, 0, list_params, dp_countersign_list, "待签会签",
        "what waits to be signed",
        "{rows: [{" SHAPE_COUNTERSIGN_MEMBERS ", number: integer, incident_title: string}], next?: string}"),
    {0}};

static const struct fq_view_fn views[] = {
    {"countersigns", dp_view_countersigns, "incident", "事件的会签", "the incident's countersigns"}, {0}};

static const char *const migrations[] = {
    "CREATE TABLE countersign("
    " n INTEGER PRIMARY KEY, incident INTEGER NOT NULL, unit TEXT NOT NULL, name TEXT NOT NULL, text TEXT,"
    " state TEXT NOT NULL, overdue INTEGER NOT NULL DEFAULT 0, asked_by TEXT NOT NULL, asked_unit TEXT,"
    " asked_ms INTEGER NOT NULL, due_ms INTEGER, answered_by TEXT, answered_ms INTEGER, note TEXT);"
    "CREATE INDEX countersign_incident ON countersign(incident, n);"
    "CREATE INDEX countersign_open ON countersign(incident, n) WHERE state = 'open';"
    "CREATE INDEX countersign_open_unit ON countersign(unit, n) WHERE state = 'open';",
    NULL};

const struct fq_plugin dp_countersign_part = {
    FQ_PLUGIN_HEAD,       .name = "dispatch.countersign", .version = DP_VERSION, .zh = "会签",
    .en = "countersigns", .migrations = migrations,       .kinds = kinds,        .methods = methods,
    .views = views,
};
