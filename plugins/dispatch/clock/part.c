/*
 * part.c - the clock part of the dispatch plugin: its kinds, methods and views.
 */
#include "clock/clock.h"
#include "schema.h"
#include "shape.h"

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
static const struct fq_param pause_state[] = {
    {.name = "state", .type = FQ_T_ENUM, .values = "suspended returned"}, {0}};
#define P_LIMIT_MS                                                                                           \
  {                                                                                                          \
    .name = "limit_ms", .type = FQ_T_INT, .min = 1, .max = 3.2e10, .zh = "时限(毫秒),按日历计工作时间",      \
    .en = "limit in milliseconds, of working time when there is a calendar"                                  \
  }
#define P_LIMIT_DAYS                                                                                         \
  {.name = "limit_days", .type = FQ_T_INT, .min = 1, .max = 1000, .zh = "时限(天)", .en = "limit in days"},  \
      {.name = "days",                                                                                       \
       .type = FQ_T_ENUM,                                                                                    \
       .values = "working natural",                                                                          \
       .zh = "工作日或自然日,缺省工作日",                                                                    \
       .en = "working days (the default) or natural days"},                                                  \
  {                                                                                                          \
    .name = "count_from", .type = FQ_T_ENUM, .values = "next_day now",                                       \
    .zh = "天数从次日起算(缺省)或从此刻起算", .en = "days count from the next day (the default) or from now" \
  }
static const struct fq_param clock_params[] = {
    P_INCIDENT,
    P_CLOCK,
    P_POLICY,
    P_MILESTONE("from", "从", "from this milestone"),
    P_MILESTONE("to", "到", "to this one"),
    P_LIMIT_MS,
    P_LIMIT_DAYS,
    {.name = "calendar",
     .type = FQ_T_ID,
     .zh = "日历名,plain 为自然时间",
     .en = "a calendar's name, \"plain\" (the default) for any time"},
    {.name = "warn",
     .type = FQ_T_ARRAY,
     .members = share,
     .max = 8,
     .zh = "预警点",
     .en = "shares of the limit to warn at"},
    {.name = "grace_ms",
     .type = FQ_T_INT,
     .max = 3.2e10,
     .zh = "到期后多久算超期(毫秒)",
     .en = "from overdue to breached, in the clock's own time"},
    {.name = "pauses",
     .type = FQ_T_ARRAY,
     .members = pause_state,
     .max = 2,
     .zh = "事件在哪些状态时暂停,缺省挂起与退回",
     .en = "states of the incident in which it stands still, both when left out"},
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

static const struct fq_param time_of_day[] = {
    {.name = "time", .type = FQ_T_STRING, .min = 5, .max = 5, .zh = "时刻", .en = "a time such as 08:30"},
    {0}};
static const struct fq_param segment[] = {
    {.name = "segment", .type = FQ_T_ARRAY, .members = time_of_day, .min = 2, .max = 2}, {0}};
#define P_HOURS(member, z, e)                                                                                \
  { .name = member, .type = FQ_T_ARRAY, .members = segment, .max = 12, .zh = z, .en = e }
static const struct fq_param week[] = {
    P_HOURS("mon", "周一", "Monday"),    P_HOURS("tue", "周二", "Tuesday"),
    P_HOURS("wed", "周三", "Wednesday"), P_HOURS("thu", "周四", "Thursday"),
    P_HOURS("fri", "周五", "Friday"),    P_HOURS("sat", "周六", "Saturday"),
    P_HOURS("sun", "周日", "Sunday"),    {0}};
static const struct fq_param day_members[] = {
    {.name = "date",
     .type = FQ_T_STRING,
     .required = true,
     .min = 10,
     .max = 10,
     .zh = "日期",
     .en = "the date"},
    {.name = "kind",
     .type = FQ_T_ENUM,
     .required = true,
     .values = "holiday workday",
     .zh = "放假或调休上班",
     .en = "a holiday, or a day that is worked"},
    {.name = "name", .type = FQ_T_STRING, .max = 40, .zh = "名称", .en = "what it is called"},
    P_HOURS("hours", "当天上班时间,缺省同一周的第一个工作日",
            "its working hours, else those of the first working day of the week"),
    {0}};
static const struct fq_param day_item[] = {{.name = "day", .type = FQ_T_OBJECT, .members = day_members}, {0}};
#define P_CALENDAR                                                                                           \
  { .name = "name", .type = FQ_T_ID, .required = true, .zh = "日历名", .en = "the calendar's name" }
static const struct fq_param calendar_params[] = {P_CALENDAR,
                                                  {.name = "title",
                                                   .type = FQ_T_STRING,
                                                   .min = 1,
                                                   .max = 60,
                                                   .zh = "显示的名称",
                                                   .en = "what people call it"},
                                                  {.name = "offset",
                                                   .type = FQ_T_STRING,
                                                   .min = 6,
                                                   .max = 6,
                                                   .zh = "与 UTC 的时差,缺省 +08:00",
                                                   .en = "offset from UTC, +08:00 when left out"},
                                                  {.name = "week",
                                                   .type = FQ_T_OBJECT,
                                                   .members = week,
                                                   .zh = "每周上班时间",
                                                   .en = "the hours of each weekday"},
                                                  {.name = "days",
                                                   .type = FQ_T_ARRAY,
                                                   .members = day_item,
                                                   .max = 800,
                                                   .zh = "节假日与调休日",
                                                   .en = "holidays and make-up days"},
                                                  {.name = "recompute",
                                                   .type = FQ_T_BOOL,
                                                   .zh = "是否改动正在走的时钟,缺省不改",
                                                   .en = "move the clocks that run, too"},
                                                  {0}};
static const struct fq_param calendar_name_params[] = {P_CALENDAR, {0}};
static const struct fq_param after_members[] = {
    P_INCIDENT, {.name = "policy", .type = FQ_T_STRING}, {.name = "clock", .type = FQ_T_STRING}, {0}};
static const struct fq_param recompute_params[] = {
    P_CALENDAR, {.name = "after", .type = FQ_T_OBJECT, .members = after_members}, P_TIMER, {0}};
static const struct fq_param check_params[] = {
    {.name = "name",
     .type = FQ_T_ID,
     .required = true,
     .zh = "日历名,或 plain",
     .en = "the calendar's name, or plain"},
    {.name = "from", .type = FQ_T_TIME, .zh = "起点,缺省此刻", .en = "from when; now when left out"},
    P_LIMIT_MS,
    P_LIMIT_DAYS,
    {0}};

/* Who hears of calendars, county-wide. */
#define KEEPERS (HEAR | FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_AUDIT)

static const struct fq_kind kinds[] = {
    {"clock.started", dp_apply_clock_started, HEAR, 0, "开始计时", "clock started"},
    {"clock.warned", dp_apply_clock_warned, HEAR, 0, "将到期", "clock due soon"},
    {"clock.deferred", dp_apply_clock_deferred, 0, FQ_KIND_QUIET, "提醒顺延到上班",
     "a reminder waits for opening"},
    {"clock.overdue", dp_apply_clock_overdue, HEAR, 0, "已过期", "clock overdue"},
    {"clock.breached", dp_apply_clock_breached, HEAR, 0, "超期", "clock breached"},
    {"clock.stopped", dp_apply_clock_stopped, HEAR, 0, "停止计时", "clock stopped"},
    {"clock.paused", dp_apply_clock_paused, HEAR, 0, "暂停计时", "clock paused"},
    {"clock.resumed", dp_apply_clock_resumed, HEAR, 0, "恢复计时", "clock resumed"},
    {"clock.moved", dp_apply_clock_moved, HEAR, 0, "到期时间变动", "clock moved"},
    {"calendar.set", dp_apply_calendar_set, KEEPERS, 0, "设置日历", "calendar set"},
    {"calendar.removed", dp_apply_calendar_removed, KEEPERS, 0, "删除日历", "calendar removed"},
    {"calendar.recomputed", dp_apply_calendar_recomputed, KEEPERS, 0, "按日历重算时钟",
     "clocks reckoned anew by their calendar"},
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
        "{rows: [" SHAPE_CLOCK "]}"),
    {"calendar.set", FQ_ROLE_ADMIN_SYSTEM, 0, calendar_params, dp_target_county, dp_calendar_set, NULL, NULL,
     "设置日历", "set a calendar: the hours of the week, holidays, make-up days", "{changed}"},
    {"calendar.remove", FQ_ROLE_ADMIN_SYSTEM, 0, calendar_name_params, dp_target_county, dp_calendar_remove,
     NULL, NULL, "删除日历", "remove a calendar that no open clock uses", "{}"},
    {"calendar.recompute", 0, FQ_INTERNAL, recompute_params, NULL, dp_calendar_recompute, NULL, NULL,
     "按日历重算时钟", "move the clocks of a calendar", NULL},
    ASK("calendar.list", READERS, 0, NULL, dp_calendar_list, "日历", "the calendars",
        "{rows: [{name, title?, offset, week?, days?, set_at, set_by, clocks}]}"),
    ASK("calendar.check", READERS, 0, check_params, dp_calendar_check, "何时到期,为什么",
        "when something would be due, and why",
        "{due_at, due_local, days: [{date, weekday, kind, name?, hours?, counted_ms?, day?}], more?}"),
    {0}};

static const struct fq_view_fn views[] = {
    {"clocks", dp_view_clocks, "incident", "事件的时钟", "the incident's clocks"}, {0}};

static const char *const migrations[] = {
    "ALTER TABLE clock ADD COLUMN grace_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE clock ADD COLUMN pauses INTEGER NOT NULL DEFAULT 3;"
    "ALTER TABLE clock ADD COLUMN by_hand INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE clock ADD COLUMN calendar TEXT;"
    "ALTER TABLE clock ADD COLUMN unit TEXT;"
    "ALTER TABLE clock ADD COLUMN days INTEGER;"
    "ALTER TABLE clock ADD COLUMN from_now INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE clock ADD COLUMN reckoned INTEGER;"
    "CREATE INDEX clock_open_calendar ON clock(calendar, incident, policy, name)"
    " WHERE calendar IS NOT NULL AND stopped_ms IS NULL;"
    "CREATE TABLE calendar(name TEXT PRIMARY KEY, n INTEGER NOT NULL, removed INTEGER NOT NULL DEFAULT 0)"
    " WITHOUT ROWID;"
    "CREATE TABLE calendar_version(n INTEGER PRIMARY KEY, name TEXT NOT NULL, title TEXT, body TEXT NOT NULL,"
    " set_ms INTEGER NOT NULL, set_by TEXT NOT NULL);",
    NULL};

const struct fq_plugin dp_clock_part = {
    FQ_PLUGIN_HEAD,     .name = "dispatch.clock",     .version = DP_VERSION,
    .zh = "时钟与日历", .en = "clocks and calendars", .migrations = migrations,
    .kinds = kinds,     .methods = methods,           .views = views,
};
