/*
 * part.c - the request part of the dispatch plugin: extensions and suspensions, asked for and granted.
 */
#include "request/request.h"
#include "schema.h"
#include "shape.h"

#define P_REQUEST                                                                                            \
  { .name = "id", .type = FQ_T_ID, .required = true, .zh = "申请编号", .en = "request id" }
#define P_BY(must)                                                                                           \
  {                                                                                                          \
    .name = "by_ms", .type = FQ_T_INT, .required = must, .min = 60000, .max = 7.776e9, .zh = "延长多少毫秒", \
    .en = "how much more, in milliseconds"                                                                   \
  }
static const struct fq_param extend_params[] = {
    P_ID,
    {.name = "clock",
     .type = FQ_T_ID,
     .zh = "哪个时钟;只有一个在走时可不写",
     .en = "which clock; not needed when only one runs"},
    {.name = "policy", .type = FQ_T_ID, .zh = "哪条规则的时钟", .en = "whose clock"},
    P_BY(true),
    P_REASON(true),
    {0}};
static const struct fq_param ask_suspend_params[] = {
    P_ID, P_REASON(true), P_UNTIL("挂起到何时", "suspended until then"), {0}};
static const struct fq_param grant_params[] = {
    P_REQUEST, P_BY(false), P_UNTIL("挂起到何时", "suspended until then"), P_NOTE, {0}};
static const struct fq_param refuse_params[] = {P_REQUEST, P_REASON(true), {0}};
static const struct fq_param withdraw_params[] = {P_REQUEST, {0}};
static const struct fq_param list_params[] = {
    {.name = "incident", .type = FQ_T_ID, .zh = "事件编号", .en = "incident id"},
    {.name = "state",
     .type = FQ_T_ENUM,
     .values = "open granted refused withdrawn lapsed",
     .zh = "状态",
     .en = "state"},
    P_LIMIT,
    P_AFTER,
    {0}};

static const struct fq_kind kinds[] = {
    {"request.asked", dp_apply_request_asked, HEAR, 0, "提出申请", "request made"},
    {"request.granted", dp_apply_request_answered, HEAR, 0, "批准申请", "request granted"},
    {"request.refused", dp_apply_request_answered, HEAR, 0, "驳回申请", "request refused"},
    {"request.withdrawn", dp_apply_request_answered, HEAR, 0, "撤回申请", "request withdrawn"},
    {0}};

static const struct fq_method methods[] = {
    {"incident.extend", DESK | FIELD, 0, extend_params, dp_target_worker, dp_incident_extend, NULL, NULL,
     "申请延期", "ask for more time on a clock", "{id, state}"},
    {"incident.ask_suspend", DESK | FIELD, 0, ask_suspend_params, dp_target_worker, dp_incident_ask_suspend,
     NULL, NULL, "申请挂起", "ask for a suspension", "{id, state}"},
    {"request.grant", DESK | RULE, FQ_POLICY, grant_params, dp_target_granter, dp_request_grant, NULL, NULL,
     "批准申请", "grant a request", "{id, state, due_at?, rev?: integer}"},
    {"request.refuse", DESK | RULE, FQ_POLICY, refuse_params, dp_target_granter, dp_request_refuse, NULL,
     NULL, "驳回申请", "refuse a request", "{id, state}"},
    {"request.withdraw", DESK | FIELD, 0, withdraw_params, dp_target_asker, dp_request_withdraw, NULL, NULL,
     "撤回申请", "withdraw one's own request", "{id, state}"},
    ASK("request.list", READERS, 0, list_params, dp_request_list, "申请列表",
        "requests in reach, open ones first",
        "{rows: [{" SHAPE_REQUEST_MEMBERS
        ", number: integer, incident_title: string, incident_state: string}], next?: string}"),
    {0}};

static const struct fq_view_fn views[] = {{"requests", dp_view_requests, "incident",
                                           "事件的延期、挂起申请,含已答复的",
                                           "the incident's requests, answered ones too"},
                                          {0}};

static const char *const migrations[] = {
    "CREATE TABLE request("
    " n INTEGER PRIMARY KEY, incident INTEGER NOT NULL, what TEXT NOT NULL, state TEXT NOT NULL,"
    " asked_by TEXT NOT NULL, asked_unit TEXT, asked_ms INTEGER NOT NULL, reason TEXT, policy TEXT, clock "
    "TEXT,"
    " by_ms INTEGER, until_ms INTEGER, due_ms INTEGER, answered_by TEXT, answered_ms INTEGER, note TEXT);"
    "CREATE INDEX request_incident ON request(incident, n);"
    "CREATE INDEX request_open ON request(n) WHERE state = 'open';",
    NULL};

const struct fq_plugin dp_request_part = {
    FQ_PLUGIN_HEAD,
    .name = "dispatch.request",
    .version = DP_VERSION,
    .zh = "申请与批准",
    .en = "requests, granted or refused",
    .migrations = migrations,
    .kinds = kinds,
    .methods = methods,
    .views = views,
};
