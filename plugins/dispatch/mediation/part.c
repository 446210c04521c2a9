/*
 * part.c - the mediation part of the dispatch plugin: its tables, kinds, methods and views.
 */
#include "mediation/mediation.h"
#include "schema.h"

static const char *const migrations[] = {
    "CREATE TABLE mediation("
    " n INTEGER PRIMARY KEY, incident INTEGER NOT NULL, rev INTEGER NOT NULL, state TEXT NOT NULL,"
    " kind TEXT NOT NULL, class TEXT NOT NULL, class_name TEXT NOT NULL, mediator TEXT NOT NULL,"
    " stage TEXT NOT NULL, stage_name TEXT NOT NULL, by_user TEXT NOT NULL, level TEXT, satisfied INTEGER,"
    " court TEXT, handoff TEXT, docket TEXT, opened_ms INTEGER NOT NULL, ended_ms INTEGER, org TEXT NOT NULL,"
    " path TEXT NOT NULL, township TEXT NOT NULL);"
    "CREATE INDEX mediation_incident ON mediation(incident, n);"
    "CREATE INDEX mediation_opened ON mediation(opened_ms);"
    "CREATE INDEX mediation_ended ON mediation(ended_ms) WHERE ended_ms IS NOT NULL;"
    "CREATE TABLE mediation_party("
    " mediation INTEGER NOT NULL, no INTEGER NOT NULL, name TEXT NOT NULL, phone TEXT, role TEXT,"
    " PRIMARY KEY(mediation, no)) WITHOUT ROWID;"
    "CREATE TABLE mediation_step("
    " mediation INTEGER NOT NULL, seq INTEGER NOT NULL, what TEXT NOT NULL, data TEXT NOT NULL, raw TEXT,"
    " by_user TEXT NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY(mediation, seq)) WITHOUT ROWID;",
    NULL};

#define P_MEDIATION                                                                                          \
  { .name = "id", .type = FQ_T_ID, .required = true, .zh = "调处编号", .en = "mediation id" }
#define P_STRING(member, must, chars, z, e)                                                                  \
  { .name = member, .type = FQ_T_STRING, .required = must, .min = 1, .max = chars, .zh = z, .en = e }
#define P_TAGS                                                                                               \
  {                                                                                                          \
    .name = "tags", .type = FQ_T_ARRAY, .members = tag, .max = 12,                                           \
    .zh = "讲理、讲法……(词典 mediation_tags)",                                                               \
    .en = "how people were reasoned with (dictionary mediation_tags)"                                        \
  }
#define P_PARTIES(must)                                                                                      \
  {                                                                                                          \
    .name = "parties", .type = FQ_T_ARRAY, .required = must, .members = party, .max = 50, .zh = "当事人",    \
    .en = "the parties; masked for those who need not know"                                                  \
  }
#define MEDIATION_KINDS "people administrative industry"
#define LEVELS          "household courtyard grid village township county"

static const struct fq_param tag[] = {{.name = "tag", .type = FQ_T_ID}, {0}};
static const struct fq_param party_members[] = {
    P_STRING("name", true, 60, "姓名或名称", "name"),
    {.name = "phone", .type = FQ_T_STRING, .min = 3, .max = 24, .zh = "电话", .en = "telephone"},
    {.name = "role", .type = FQ_T_STRING, .max = 60, .zh = "身份,如申请人", .en = "e.g. applicant"},
    {0}};
static const struct fq_param party[] = {{.name = "party", .type = FQ_T_OBJECT, .members = party_members},
                                        {0}};

static const struct fq_param open_params[] = {P_INCIDENT,
                                              {.name = "kind",
                                               .type = FQ_T_ENUM,
                                               .required = true,
                                               .values = MEDIATION_KINDS,
                                               .zh = "人民、行政、行业调解",
                                               .en = "by the people, an authority, a trade"},
                                              {.name = "class",
                                               .type = FQ_T_ID,
                                               .required = true,
                                               .zh = "纠纷类别(词典 disputes)",
                                               .en = "class of dispute (dictionary disputes)"},
                                              P_PARTIES(false),
                                              {.name = "mediator",
                                               .type = FQ_T_ID,
                                               .zh = "调解员,不填为本人",
                                               .en = "who mediates, by default whoever opens it"},
                                              P_NOTE,
                                              {0}};
static const struct fq_param stage_params[] = {P_MEDIATION,
                                               {.name = "stage",
                                                .type = FQ_T_ID,
                                                .required = true,
                                                .zh = "环节(词典 mediation_stages)",
                                                .en = "stage (dictionary mediation_stages)"},
                                               P_STRING("text", true, 4000, "情况", "what happened"),
                                               P_REASON(false),
                                               P_TAGS,
                                               P_FILES,
                                               P_REV,
                                               {0}};
static const struct fq_param assign_params[] = {
    P_MEDIATION,
    {.name = "mediator", .type = FQ_T_ID, .required = true, .zh = "调解员", .en = "who mediates"},
    P_NOTE,
    P_REV,
    {0}};
static const struct fq_param parties_params[] = {P_MEDIATION, P_PARTIES(true), P_REV, {0}};
static const struct fq_param settle_params[] = {
    P_MEDIATION,
    {.name = "outcome",
     .type = FQ_T_ENUM,
     .required = true,
     .values = "settled failed withdrawn",
     .zh = "结果:成功、不成、撤回",
     .en = "outcome"},
    {.name = "level",
     .type = FQ_T_ENUM,
     .values = LEVELS,
     .zh = "化解在哪一级",
     .en = "at which level it was settled"},
    P_STRING("agreement", false, 8000, "协议", "the agreement"),
    P_STRING("text", false, 4000, "说明", "what else is to be said"),
    {.name = "satisfied", .type = FQ_T_BOOL, .zh = "当事人是否满意", .en = "are the parties satisfied"},
    P_TAGS,
    P_FILES,
    P_REV,
    {0}};
static const struct fq_param court_params[] = {
    P_MEDIATION,
    P_STRING("court", true, 100, "法院(法庭)", "the court"),
    P_STRING("docket", false, 100, "法院案号", "the court's own number"),
    P_NOTE,
    P_REV,
    {0}};
static const struct fq_param reveal_params[] = {P_MEDIATION, P_REASON(true), {0}};
static const struct fq_param get_params[] = {P_MEDIATION, {0}};
static const struct fq_param list_params[] = {
    {.name = "state",
     .type = FQ_T_ENUM,
     .values = "open settled failed withdrawn to_court",
     .zh = "状态",
     .en = "state"},
    {.name = "level", .type = FQ_T_ENUM, .values = LEVELS, .zh = "化解层级", .en = "settled at this level"},
    {.name = "class", .type = FQ_T_ID, .zh = "纠纷类别", .en = "class of dispute"},
    {.name = "kind", .type = FQ_T_ENUM, .values = MEDIATION_KINDS, .zh = "调解种类", .en = "kind"},
    {.name = "satisfied", .type = FQ_T_BOOL, .zh = "是否满意", .en = "satisfied or not"},
    {.name = "mediator", .type = FQ_T_ID, .zh = "调解员", .en = "mediated by"},
    {.name = "incident", .type = FQ_T_ID, .zh = "事件", .en = "of this incident"},
    P_ORG,
    {.name = "ended_from", .type = FQ_T_TIME, .zh = "办结自", .en = "ended from"},
    {.name = "ended_until", .type = FQ_T_TIME, .zh = "办结至(不含)", .en = "ended until, exclusive"},
    P_LIMIT,
    P_AFTER,
    {0}};
static const struct fq_param report_params[] = {P_PERIOD, P_ORG, {0}};

#define MEDIATION(verb, z, e)                                                                                \
  { "mediation." verb, dp_apply_mediation, HEAR, 0, z, e }
static const struct fq_kind kinds[] = {
    {"mediation.opened", dp_apply_mediation_opened, HEAR, 0, "调处立项", "a mediation was opened"},
    /* Names as they are: in the journal, and nobody hears them, rules neither. */
    {"mediation.recorded", dp_apply_mediation_recorded, 0, FQ_KIND_QUIET, "当事人信息",
     "personal data recorded"},
    /* Its audience alone may read what is attached. */
    {"mediation.filed", dp_apply_mediation_recorded, 0, FQ_KIND_QUIET, "调处附件",
     "attachments of a mediation"},
    MEDIATION("moved", "调处推进", "a mediation moved on"),
    MEDIATION("assigned", "改派调解员", "a mediator was assigned"),
    MEDIATION("parties_set", "当事人登记", "the parties were set"),
    MEDIATION("settled", "调解成功", "a dispute was settled"),
    MEDIATION("failed", "调解不成", "a mediation failed"),
    MEDIATION("withdrawn", "调处撤回", "a mediation was withdrawn"),
    MEDIATION("sent_to_court", "诉调对接", "a dispute was handed to the court"),
    MEDIATION("revealed", "查看当事人信息", "somebody looked at the parties' names"),
    {0}};

#define MEDIATES (FIELD | DESK)
#define MED(verb, schema, z, e, result)                                                                      \
  {                                                                                                          \
    "mediation." #verb, MEDIATES, 0, schema, dp_target_mediation, dp_mediation_##verb, NULL, NULL, z, e,     \
        result                                                                                               \
  }
static const struct fq_method methods[] = {
    {"mediation.open", MEDIATES | RULE, FQ_POLICY, open_params, dp_target_open_mediation, dp_mediation_open,
     NULL, NULL, "调处立项", "begin to mediate a dispute", "{id, state, rev, stage}"},
    MED(stage, stage_params, "推进环节", "go to a stage: onward, or back with a reason",
        "{id, state, rev, stage}"),
    MED(assign, assign_params, "改派调解员", "hand over to another mediator", "{id, state, rev}"),
    MED(parties, parties_params, "登记当事人", "say who the parties are", "{id, state, rev}"),
    MED(settle, settle_params, "调处办结", "end it: settled, failed or withdrawn", "{id, state, rev}"),
    MED(to_court, court_params, "诉调对接", "hand it to the court, with a number",
        "{id, state, rev, handoff}"),
    /* The names are in the answer: no receipt keeps it, and asking twice is recorded twice. */
    {"mediation.reveal", DESK, FQ_SECRET, reveal_params, dp_target_mediation, dp_mediation_reveal, NULL, NULL,
     "查看当事人信息(留痕)", "see the parties as they are; asking is recorded", "{id, state, rev, parties}"},
    ASK("mediation.get", READERS, 0, get_params, dp_mediation_get, "调处详情", "one mediation with its steps",
        "{id: id, incident: id, number: integer, incident_title: string, rev: integer, parties: [object], "
        "masked: boolean, steps: [object], ...}"),
    ASK("mediation.list", READERS, 0, list_params, dp_mediation_list, "调处列表", "mediations, newest first",
        "{rows, next?}"),
    ASK("mediation.words", READERS, 0, NULL, dp_mediation_words, "调处用语", "the words of mediating",
        "{stages: [{code, zh, en}], classes: [{code, zh, en}], tags: [{code, zh, en}]}"),
    ASK("mediation.report", DESK | FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_AUDIT, 0, report_params,
        dp_mediation_report, "调处报告:化解层级、成功率、满意率",
        "levels, success and satisfaction, each with its filter",
        "{total, levels, classes, kinds, townships}"),
    {0}};

static const struct fq_reaction reactions[] = {{"incident.voided", dp_mediation_voided},
                                               {"incident.escalated", dp_mediation_moved},
                                               {"incident.transferred", dp_mediation_moved},
                                               {"incident.sent_down", dp_mediation_moved},
                                               {0}};

static const struct fq_view_fn views[] = {{"mediations", dp_view_mediations, "incident",
                                           "事件的调处(当事人已脱敏)", "the incident's mediations, masked"},
                                          {0}};

const struct fq_plugin dp_mediation_part = {
    FQ_PLUGIN_HEAD,         .name = "dispatch.mediation",
    .version = DP_VERSION,  .zh = "矛盾调处",
    .en = "mediation",      .migrations = migrations,
    .kinds = kinds,         .methods = methods,
    .reactions = reactions, .views = views,
};
