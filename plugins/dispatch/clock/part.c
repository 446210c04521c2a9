/*
 * part.c - the clock part of the dispatch plugin: its kinds, methods and views.
 */
#include "clock/clock.h"
#include "schema.h"

#define P_CLOCK                                                                                              \
  { .name = "name", .type = FQ_T_ID, .required = true, .zh = "时钟名", .en = "the clock's name" }
#define P_POLICY                                                                                             \
  { .name = "policy", .type = FQ_T_ID, .zh = "哪条规则的时钟", .en = "whose clock" }
#define P_MILESTONE(member, z, e)                                                                            \
  {                                                                                                          \
    .name = member, .type = FQ_T_ENUM, .required = true,                                                     \
    .values = "occurred reported accepted dispatched handled verified closed", .zh = z, .en = e              \
  }
static const struct fq_param share[] = {{.name = "share", .type = FQ_T_NUMBER, .min = 0, .max = 1}, {0}};
static const struct fq_param clock_params[] = {
    P_INCIDENT,
    P_CLOCK,
    P_POLICY,
    P_MILESTONE("from", "从", "from this milestone"),
    P_MILESTONE("to", "到", "to this one"),
    {.name = "limit_ms",
     .type = FQ_T_INT,
     .required = true,
     .min = 1,
     .max = 3.2e10,
     .zh = "时限",
     .en = "limit"},
    {.name = "warn",
     .type = FQ_T_ARRAY,
     .members = share,
     .max = 8,
     .zh = "预警点",
     .en = "shares of the limit to warn at"},
    {.name = "calendar", .type = FQ_T_ENUM, .values = "plain", .zh = "日历", .en = "calendar"},
    {.name = "title",
     .type = FQ_T_STRING,
     .min = 1,
     .max = 20,
     .zh = "显示的名称",
     .en = "what people call it"},
    {0}};
static const struct fq_param clock_name_params[] = {P_INCIDENT, P_CLOCK, P_POLICY, {0}};
static const struct fq_param clock_timer_params[] = {
    P_INCIDENT, P_CLOCK, P_POLICY, {.name = "share", .type = FQ_T_NUMBER, .min = 0, .max = 1}, P_TIMER, {0}};
static const struct fq_param clock_list_params[] = {P_INCIDENT, {0}};

static const struct fq_kind kinds[] = {
    {"clock.started", dp_apply_clock_started, HEAR, 0, "开始计时", "clock started"},
    {"clock.warned", dp_apply_clock_warned, HEAR, 0, "将到期", "clock due soon"},
    {"clock.breached", dp_apply_clock_breached, HEAR, 0, "超期", "clock breached"},
    {"clock.stopped", dp_apply_clock_stopped, HEAR, 0, "停止计时", "clock stopped"},
    {"clock.paused", dp_apply_clock_paused, HEAR, 0, "暂停计时", "clock paused"},
    {"clock.resumed", dp_apply_clock_resumed, HEAR, 0, "恢复计时", "clock resumed"},
    {0}};

static const struct fq_method methods[] = {
    {"clock.start", RULE, FQ_POLICY, clock_params, dp_target_clock, dp_clock_start, NULL, NULL, "开始计时",
     "start a clock", "{state, due_at, dup?}"},
    {"clock.stop", DESK | RULE, FQ_POLICY, clock_name_params, dp_target_clock, dp_clock_stop, NULL, NULL,
     "停止计时", "stop a clock", "{}"},
    {"clock.pause", DESK | RULE, FQ_POLICY, clock_name_params, dp_target_clock, dp_clock_pause, NULL, NULL,
     "暂停计时", "pause a clock", "{}"},
    {"clock.resume", DESK | RULE, FQ_POLICY, clock_name_params, dp_target_clock, dp_clock_resume, NULL, NULL,
     "恢复计时", "resume a clock", "{}"},
    {"clock.warn", 0, FQ_INTERNAL, clock_timer_params, NULL, dp_clock_warn, NULL, NULL, "到预警点",
     "a warn point", NULL},
    {"clock.breach", 0, FQ_INTERNAL, clock_timer_params, NULL, dp_clock_breach, NULL, NULL, "到期",
     "the limit", NULL},
    ASK("clock.list", READERS, 0, clock_list_params, dp_clock_list, "时钟", "the clocks of an incident",
        "{rows}"),
    {0}};

static const struct fq_view_fn views[] = {
    {"clocks", dp_view_clocks, "incident", "事件的时钟", "the incident's clocks"}, {0}};

const struct fq_plugin dp_clock_part = {
    FQ_PLUGIN_HEAD, .name = "dispatch.clock", .version = DP_VERSION, .zh = "时钟",
    .en = "clocks", .kinds = kinds,           .methods = methods,    .views = views,
};
