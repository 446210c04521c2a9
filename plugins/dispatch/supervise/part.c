/*
 * part.c - the supervision part of the dispatch plugin: cards, follow-up, shifts, the after-action report.
 * Its tables, kinds and methods.
 */
#include "supervise/supervise.h"
#include "schema.h"
#include "shape.h"

static const char *const migrations[] = {
    "CREATE TABLE card("
    " n INTEGER PRIMARY KEY, incident INTEGER NOT NULL, card TEXT NOT NULL, note TEXT, path TEXT NOT NULL,"
    " unit TEXT NOT NULL, given_by TEXT NOT NULL, given_ms INTEGER NOT NULL, due_ms INTEGER, overdue_ms "
    "INTEGER,"
    " answered_ms INTEGER, answered_by TEXT, answer TEXT, ended_ms INTEGER, ended_how TEXT);"
    "CREATE INDEX card_incident ON card(incident, n);"
    "CREATE INDEX card_open ON card(n) WHERE ended_ms IS NULL;"
    "CREATE INDEX card_given ON card(given_ms);"
    "CREATE TABLE followup("
    " n INTEGER PRIMARY KEY, incident INTEGER NOT NULL, closed_ms INTEGER NOT NULL, path TEXT NOT NULL,"
    " done_ms INTEGER, satisfied INTEGER, low INTEGER NOT NULL DEFAULT 0);"
    "CREATE INDEX followup_incident ON followup(incident, n);"
    "CREATE INDEX followup_closed ON followup(closed_ms, n);"
    "CREATE TABLE shift("
    " n INTEGER PRIMARY KEY, user TEXT NOT NULL, org TEXT NOT NULL, started_ms INTEGER NOT NULL, handed_ms "
    "INTEGER,"
    " to_user TEXT, note TEXT, summary TEXT, taken_ms INTEGER, taken_by TEXT, take_note TEXT);"
    "CREATE UNIQUE INDEX shift_running ON shift(user) WHERE handed_ms IS NULL;",
    NULL};

#define P_AFTER_N                                                                                            \
  {                                                                                                          \
    .name = "after", .type = FQ_T_INT, .min = 0, .max = 9e15, .zh = "续页",                                  \
    .en = "`next` of the page before"                                                                        \
  }
#define P_SHIFT(must)                                                                                        \
  { .name = "id", .type = FQ_T_ID, .required = must, .zh = "班次编号", .en = "shift id" }

static const struct fq_param answer_params[] = {P_ID,
                                                {.name = "text",
                                                 .type = FQ_T_STRING,
                                                 .required = true,
                                                 .min = 1,
                                                 .max = 2000,
                                                 .zh = "答复",
                                                 .en = "the answer"},
                                                {0}};
static const struct fq_param lift_params[] = {
    P_ID,
    {.name = "note", .type = FQ_T_STRING, .required = true, .min = 1, .max = 1000, .zh = "理由", .en = "why"},
    {0}};
static const struct fq_param lapse_params[] = {
    P_ID,
    {.name = "given", .type = FQ_T_INT, .min = 1, .max = 9e15, .zh = "哪一张牌", .en = "which card"},
    P_TIMER,
    {0}};
static const struct fq_param list_params[] = {
    {.name = "card", .type = FQ_T_ENUM, .values = "yellow red black", .zh = "牌", .en = "card"},
    P_ORG,
    {.name = "answered", .type = FQ_T_BOOL, .zh = "是否已答复", .en = "answered, or not"},
    P_LIMIT,
    P_AFTER_N,
    {0}};
static const struct fq_param report_params[] = {
    {.name = "from",
     .type = FQ_T_TIME,
     .zh = "起,缺省为 30 天前",
     .en = "from; thirty days back unless given"},
    {.name = "until", .type = FQ_T_TIME, .zh = "止", .en = "until"},
    P_ORG,
    {0}};
static const struct fq_param follow_up_params[] = {
    P_ID,
    {.name = "satisfied", .type = FQ_T_BOOL, .required = true, .zh = "是否满意", .en = "satisfied?"},
    {.name = "text", .type = FQ_T_STRING, .max = 2000, .zh = "回访情况", .en = "what was said"},
    {.name = "by", .type = FQ_T_ENUM, .required = true, .values = "phone visit", .zh = "方式", .en = "how"},
    {0}};
static const struct fq_param followup_params[] = {
    {.name = "days",
     .type = FQ_T_INT,
     .min = 1,
     .max = 365,
     .zh = "几天之内结案,缺省 30",
     .en = "closed within, 30"},
    {.name = "low", .type = FQ_T_BOOL, .zh = "只看评价低的", .en = "only those rated low"},
    P_ORG,
    P_LIMIT,
    P_AFTER_N,
    {0}};
static const struct fq_param hand_over_params[] = {
    {.name = "note", .type = FQ_T_STRING, .max = 4000, .zh = "交班的话", .en = "in his own words"},
    {.name = "to", .type = FQ_T_ID, .zh = "交给谁", .en = "to whom"},
    {0}};
static const struct fq_param take_over_params[] = {P_SHIFT(true), P_NOTE, {0}};
static const struct fq_param note_params[] = {P_SHIFT(false), {0}};
static const struct fq_param shift_list_params[] = {
    P_ORG,
    {.name = "waiting", .type = FQ_T_BOOL, .zh = "只看无人接的", .en = "handed over and not taken"},
    P_LIMIT,
    P_AFTER,
    {0}};
static const struct fq_param get_params[] = {P_ID, {0}};

static const struct fq_kind kinds[] = {
    {"supervise.answered", dp_apply_card_answered, HEAR, 0, "督办答复", "card answered"},
    {"supervise.lifted", dp_apply_card_lifted, HEAR, 0, "督办摘牌", "card lifted"},
    {"supervise.overdue", dp_apply_card_overdue, HEAR, 0, "督办逾期未答复", "card not answered in time"},
    {"incident.followed_up", dp_apply_followed_up, HEAR, 0, "回访", "followed up"},
    {"shift.started", dp_apply_shift_started, HEAR, 0, "开始值班", "shift begun"},
    {"shift.handed_over", dp_apply_shift_handed_over, HEAR, 0, "交班", "shift handed over"},
    {"shift.taken_over", dp_apply_shift_taken_over, HEAR, 0, "接班", "shift taken over"},
    {0}};

/* What the incident's own verbs mean for cards and for the queue of follow-ups. */
static const struct fq_kind also_applies[] = {{.name = "incident.supervised", .apply = dp_apply_card_given},
                                              {.name = "incident.closed", .apply = dp_apply_over},
                                              {.name = "incident.voided", .apply = dp_apply_over},
                                              {.name = "incident.reopened", .apply = dp_apply_over_again},
                                              {.name = "incident.rated", .apply = dp_apply_rated_low},
                                              {0}};

#define HEADS (FQ_ROLE_COMMANDER | FQ_ROLE_DIRECTOR)
#define WATCH (DESK | FQ_ROLE_ADMIN_AUDIT | FQ_ROLE_SERVICE)
static const struct fq_method methods[] = {
    {"supervise.answer", DESK | FIELD, 0, answer_params, dp_target_card, dp_supervise_answer, NULL, NULL,
     "答复督办", "answer a card", "{id, card}"},
    {"supervise.lift", HEADS | RULE, FQ_POLICY, lift_params, dp_target_desk, dp_supervise_lift, NULL, NULL,
     "摘牌", "lift a card", "{id, rev}"},
    {"supervise.lapse", 0, FQ_INTERNAL, lapse_params, NULL, dp_supervise_lapse, NULL, NULL, "督办到期",
     "a card's time is up", NULL},
    ASK("supervise.list", WATCH | FQ_ROLE_DEPARTMENT, 0, list_params, dp_supervise_list, "督办台账",
        "open cards in reach, oldest first", "{rows: [" SHAPE_CARD "], next?: integer}"),
    ASK("supervise.report", WATCH, 0, report_params, dp_supervise_report, "督办统计", "cards by unit",
        "{from, until, rows: [{unit, name, cards, yellow, red, black, answered, overdue, lifted, open, "
        "answer_ms?}]}"),
    {"incident.follow_up", DESK, 0, follow_up_params, dp_target_desk, dp_incident_follow_up, NULL, NULL,
     "回访", "ask whether it was well done", "{id, offer?}"},
    ASK("followup.list", WATCH, 0, followup_params, dp_followup_list, "待回访",
        "closed and not followed up yet, or rated low since; oldest first", "{rows, next?}"),
    {"shift.start", DESK, 0, NULL, NULL, dp_shift_start, NULL, NULL, "开始值班", "begin a shift",
     "{id, dup?}"},
    {"shift.hand_over", DESK, 0, hand_over_params, NULL, dp_shift_hand_over, NULL, NULL, "交班",
     "hand over; the server composes the note", "{id}"},
    {"shift.take_over", DESK, 0, take_over_params, dp_target_shift, dp_shift_take_over, NULL, NULL, "接班",
     "take over; begins one's own shift", "{id}"},
    ASK("shift.list", WATCH, 0, shift_list_params, dp_shift_list, "班次", "shifts, newest first",
        "{rows, next?}"),
    ASK("shift.note", DESK, 0, note_params, dp_shift_note, "交班单",
        "a stored note by id; without one, what would be handed over now", "{state, running?, summary, ...}"),
    ASK("incident.after_action", READERS, 0, get_params, dp_incident_after_action, "事件复盘",
        "the whole story of an incident, as one may hear it",
        "{incident, milestones, entries, comments, attachments, cards, policies, whole, made_at: time, "
        "made_for?}"),
    {0}};

const struct fq_plugin dp_supervise_part = {
    FQ_PLUGIN_HEAD,
    .name = "dispatch.supervise",
    .version = DP_VERSION,
    .zh = "督办、回访、交接班、复盘",
    .en = "supervision, follow-up, shifts, after-action reports",
    .migrations = migrations,
    .kinds = kinds,
    .also_applies = also_applies,
    .methods = methods,
};
