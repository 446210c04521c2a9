/*
 * part.c - the incident part of the dispatch plugin: its kinds, methods and views. One file a verb or noun
 * beside this one.
 */
#include "incident/incident.h"
#include "schema.h"
#include "shape.h"

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
    P_FORM(false),
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
                                                   .values = LEVEL_VALUES,
                                                   .zh = "上报到哪一级",
                                                   .en = "the rung to report to"},
                                                  P_REASON(true),
                                                  P_REV,
                                                  {0}};
static const struct fq_param transfer_params[] = {P_ID,
                                                  {.name = "to",
                                                   .type = FQ_T_ID,
                                                   .required = true,
                                                   .zh = "移交给哪个单位",
                                                   .en = "the unit that takes it over"},
                                                  P_REASON(true),
                                                  P_REV,
                                                  {0}};
static const struct fq_param send_down_params[] = {
    P_ID,
    {.name = "to",
     .type = FQ_T_ENUM,
     .values = LEVEL_VALUES,
     .zh = "下派到哪一级;不写则下一级",
     .en = "the rung to send it down to; the next one below when left out"},
    {.name = "org", .type = FQ_T_ID, .zh = "或写明单位", .en = "or the very unit"},
    P_REASON(true),
    P_REV,
    {0}};
static const struct fq_param suspend_params[] = {P_ID,
                                                 P_REASON(true),
                                                 P_UNTIL("到时自动恢复", "resumes by itself then"),
                                                 {.name = "for_ms",
                                                  .type = FQ_T_INT,
                                                  .min = 60000,
                                                  .max = 3.2e10,
                                                  .zh = "多少毫秒后自动恢复",
                                                  .en = "the same, from now"},
                                                 P_REV,
                                                 {0}};
static const struct fq_param rate_params[] = {
    P_ID,
    {.name = "score",
     .type = FQ_T_INT,
     .required = true,
     .min = 1,
     .max = 5,
     .zh = "满意度 1 很不满意 … 5 很满意",
     .en = "1 very dissatisfied ... 5 very satisfied"},
    {.name = "text", .type = FQ_T_STRING, .max = 1000, .zh = "意见", .en = "in words"},
    {.name = "by_phone",
     .type = FQ_T_BOOL,
     .zh = "电话回访所得,由值班代记",
     .en = "told on the phone, written down by a desk"},
    P_REV,
    {0}};
static const struct fq_param attach_params[] = {P_ID,
                                                {.name = "attachments",
                                                 .type = FQ_T_ARRAY,
                                                 .required = true,
                                                 .members = sha256,
                                                 .min = 1,
                                                 .max = 20,
                                                 .zh = "附件",
                                                 .en = "blobs by SHA-256"},
                                                P_NOTE,
                                                P_REV,
                                                {0}};
static const struct fq_param wake_params[] = {P_ID, P_TIMER, {0}};
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
                                                   P_WITHIN,
                                                   P_REV,
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
    P_ORG,
    P_LIMIT,
    P_AFTER,
    {0}};

static const struct fq_param an_id[] = {{.type = FQ_T_ID}};
static const struct fq_param many_params[] = {{.name = "ids",
                                               .type = FQ_T_ARRAY,
                                               .required = true,
                                               .members = an_id,
                                               .min = 1,
                                               .max = DP_MANY,
                                               .zh = "事件编号",
                                               .en = "incident ids"},
                                              {0}};
static const struct fq_param open_params[] = {{.name = "limit",
                                               .type = FQ_T_INT,
                                               .min = 1,
                                               .max = DP_OPEN_PAGE,
                                               .zh = "条数,默认 1000",
                                               .en = "rows; 1000 unless said"},
                                              P_AFTER,
                                              {0}};
#define INCIDENT(verb, f, z, e)                                                                              \
  { "incident." verb, dp_apply_incident, HEAR, f, z, e }
static const struct fq_kind kinds[] = {
    {"incident.reported", dp_apply_reported, HEAR, FQ_KIND_BEGINS, "事件上报", "incident reported"},
    INCIDENT("accepted", 0, "事件受理", "incident accepted"),
    INCIDENT("dispatched", 0, "事件派遣", "incident dispatched"),
    INCIDENT("returned", 0, "事件退回", "incident returned to its reporter"),
    INCIDENT("escalated", 0, "事件上报上级", "incident reported up the ladder"),
    INCIDENT("commented", 0, "批注", "comment"),
    INCIDENT("urged", 0, "催办", "incident urged"),
    INCIDENT("supervised", 0, "督办", "incident supervised"),
    INCIDENT("handled", 0, "处置完毕", "incident handled"),
    INCIDENT("verified", 0, "核查", "incident verified"),
    INCIDENT("closed", FQ_KIND_ENDS, "结案", "incident closed"),
    INCIDENT("reopened", FQ_KIND_BEGINS, "重开", "incident reopened"),
    INCIDENT("suspended", 0, "挂起", "incident suspended"),
    INCIDENT("resumed", 0, "恢复", "incident resumed"),
    INCIDENT("recalled", 0, "撤回派遣", "dispatch recalled"),
    INCIDENT("voided", FQ_KIND_ENDS, "作废", "incident voided"),
    INCIDENT("transferred", 0, "移交", "incident transferred to another unit"),
    INCIDENT("sent_down", 0, "下派", "incident sent down the ladder"),
    INCIDENT("rated", 0, "评价", "incident rated"),
    INCIDENT("attached", 0, "补充附件", "files attached"),
    {0}};

#define INC(verb, who, flags, schema, where, z, e)                                                           \
  {                                                                                                          \
    "incident." #verb, who, flags, schema, where, dp_incident_##verb, NULL, NULL, z, e,                      \
        "{id, state, rev: integer, owner?: " SHAPE_OWNER "}"                                                 \
  }
static const struct fq_method methods[] = {
    /* Anybody may report anything anywhere: what is seen across a border is not less on fire. */
    {"incident.report", FIELD | DESK | RULE | FQ_ROLE_SERVICE | FQ_ROLE_FAMILY, FQ_POLICY, report_params,
     NULL, dp_incident_report, NULL, NULL, "上报事件", "report an incident",
     "{id, number, grid, owner, dup?}"},
    INC(accept, DESK | RULE, FQ_POLICY, id_params, dp_target_desk, "受理", "accept an incident"),
    INC(verify, DESK, 0, verify_params, dp_target_desk, "核查", "verify what was done"),
    INC(close, DESK, 0, close_params, dp_target_desk, "结案", "close a verified incident"),
    INC(return, DESK | RULE, FQ_POLICY, reason_params, dp_target_desk, "退回上报人",
              "return to the reporter"),
    INC(escalate, DESK | FIELD | RULE, FQ_POLICY, escalate_params, dp_target_parties, "上报上级",
        "report up the ladder; empty rungs are skipped"),
    INC(comment, DESK | FIELD | RULE, FQ_POLICY, comment_params, dp_target_involved, "批注", "comment"),
    INC(urge, DESK | FIELD | RULE, FQ_POLICY, urge_params, dp_target_involved, "催办", "urge"),
    INC(supervise, DESK | RULE, FQ_POLICY, supervise_params, dp_target_desk, "督办", "supervise with a card"),
    INC(suspend, DESK | RULE, FQ_POLICY, suspend_params, dp_target_desk, "挂起",
        "suspend; clocks pause; resumes by itself at `until`"),
    INC(resume, DESK | RULE, FQ_POLICY, id_params, dp_target_desk, "恢复", "resume; clocks go on"),
    INC(reopen, DESK, 0, reason_params, dp_target_desk, "重开", "reopen a closed or voided incident"),
    INC(recall, DESK, 0, recall_params, dp_target_desk, "撤回派遣",
        "withdraw orders nobody has accepted yet"),
    INC(void, DESK, 0, reason_params, dp_target_desk, "作废", "void a report that is none"),
    INC(transfer, DESK | FQ_ROLE_DEPARTMENT | RULE, FQ_POLICY, transfer_params, dp_target_owner, "移交",
        "hand it over to another unit"),
    INC(send_down, DESK | RULE, FQ_POLICY, send_down_params, dp_target_owner, "下派",
        "send it down the ladder; empty rungs are skipped"),
    INC(rate, FIELD | DESK | FQ_ROLE_FAMILY | FQ_ROLE_SERVICE, 0, rate_params, dp_target_reporter, "评价",
        "rate what was done; the last rating counts"),
    INC(attach, FIELD | DESK, 0, attach_params, dp_target_involved, "附件", "attach files"),
    {"incident.wake", 0, FQ_INTERNAL, wake_params, NULL, dp_incident_wake, NULL, NULL, "挂起到期",
     "a suspension ends", NULL},
    ASK("dispatch.states", READERS | FQ_ROLE_FAMILY, 0, NULL, dp_states, "状态与动作对照表",
        "which verb is possible in which state, and where it leads",
        "{states, verbs, task_states, task_verbs}"),
    ASK("incident.get", READERS, 0, get_params, dp_incident_get, "事件详情", "one incident", SHAPE_INCIDENT),
    ASK("incident.list", READERS, 0, list_params, dp_incident_list, "事件列表", "incidents, newest first",
        "{rows: [" SHAPE_INCIDENT_ROW "], next?: string, head: integer}"),
    ASK("incident.open", READERS, FQ_SNAPSHOT, open_params, dp_incident_open, "在办事件,新的在前",
        "open incidents in reach, newest first, a line each", "{rows: [" SHAPE_INCIDENT_LINE "], next?: id}"),
    ASK("incident.get_many", READERS, 0, many_params, dp_incident_get_many, "多个事件,各一行",
        "incidents by their ids, a line each; those out of reach are left out",
        "{rows: [" SHAPE_INCIDENT_LINE "]}"),
    {0}};

static const struct fq_view_fn views[] = {
    {"incident", dp_view_incident, "id", "事件全貌,含任务与时钟", "an incident with tasks and clocks"},
    {"owner", dp_view_owner, "incident", "现由哪一级负责", "who owns it: {level, org, name}"},
    {0}};

static const struct fq_kind also_applies[] = {{.name = "task.finished", .apply = dp_apply_worked}, {0}};

/* An owner that is not above the place (a department, another township) is found by an index that holds
 * only such: an ordinary report pays nothing for it. */
static const char *const migrations[] = {
    "ALTER TABLE incident ADD COLUMN suspended_until_ms INTEGER;"
    "ALTER TABLE incident ADD COLUMN away INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE incident ADD COLUMN solved_by TEXT;"
    "ALTER TABLE task ADD COLUMN finished_by TEXT;"
    "ALTER TABLE incident ADD COLUMN rating INTEGER;"
    "ALTER TABLE incident ADD COLUMN rating_text TEXT;"
    "ALTER TABLE incident ADD COLUMN rated_by TEXT;"
    "ALTER TABLE incident ADD COLUMN rated_ms INTEGER;"
    "CREATE INDEX incident_away ON incident(owner_org, n) WHERE ended_ms IS NULL AND away = 1;",
    "ALTER TABLE task ADD COLUMN finished_n INTEGER;",
    /* Of those that were reopened: the entry with which the present life began. The others began with n. */
    "ALTER TABLE incident ADD COLUMN began INTEGER;"
    "CREATE INDEX incident_open_again ON incident(began) WHERE ended_ms IS NULL AND began IS NOT NULL;"
    "UPDATE incident SET began = (SELECT max(seq) FROM journal WHERE subject = 'i' || n AND subject <> '' "
    "AND "
    "kind = 'incident.reopened') WHERE round > 0;",
    NULL};

const struct fq_plugin dp_incident_part = {
    FQ_PLUGIN_HEAD,        .name = "dispatch.incident",
    .version = DP_VERSION, .zh = "事件",
    .en = "incidents",     .migrations = migrations,
    .kinds = kinds,        .also_applies = also_applies,
    .methods = methods,    .views = views,
};
