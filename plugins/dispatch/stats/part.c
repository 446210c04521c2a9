/*
 * part.c - the statistics part of the dispatch plugin: its tables, what it projects of others' kinds, its two
 * queries.
 */
#include "stats/stats.h"
#include "schema.h"

/* A county that was at work before these tables were there gets them filled from what it has, in the order a
 * rebuild would: so both come to the same. */
static const char *const migrations[] = {
    "CREATE TABLE stat_unit(code INTEGER PRIMARY KEY, org TEXT NOT NULL UNIQUE);"
    "CREATE TABLE stat_category(code INTEGER PRIMARY KEY, category TEXT NOT NULL UNIQUE);"
    "CREATE TABLE stat_time("
    " n INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, unit INTEGER NOT NULL, category INTEGER NOT NULL,"
    " level INTEGER NOT NULL, kept INTEGER NOT NULL, detect_ms INTEGER NOT NULL, dispatch_ms INTEGER,"
    " resolve_ms INTEGER);"
    "CREATE TABLE stat_day("
    " day INTEGER NOT NULL, unit INTEGER NOT NULL, closed INTEGER NOT NULL, breached INTEGER NOT NULL,"
    " PRIMARY KEY(day, unit)) WITHOUT ROWID;"
    "INSERT INTO stat_unit(org) SELECT org FROM incident GROUP BY org ORDER BY min(n);"
    "INSERT INTO stat_category(category) SELECT category FROM incident GROUP BY category ORDER BY min(n);"
    "INSERT INTO stat_time SELECT i.n, i.reported_ms, u.code, c.code, i.level,"
    " i.state NOT IN ('voided', 'merged'), i.reported_ms - i.occurred_ms,"
    " CASE WHEN i.dispatched_ms IS NULL AND i.handled_ms IS NOT NULL THEN -1"
    "      ELSE i.dispatched_ms - i.reported_ms END,"
    " CASE WHEN i.dispatched_ms IS NULL AND i.handled_ms IS NOT NULL THEN -1"
    "      ELSE i.handled_ms - i.dispatched_ms END"
    " FROM incident i JOIN stat_unit u ON u.org = i.org JOIN stat_category c ON c.category = i.category "
    "ORDER BY i.n;"
    "INSERT INTO stat_day SELECT (j.at_ms + 28800000) / 86400000, t.unit, sum(j.kind = 'incident.closed'),"
    " sum(j.kind = 'clock.breached') FROM journal j JOIN stat_time t ON t.n = CAST(substr(j.subject, 2) AS "
    "INTEGER)"
    " WHERE j.kind IN ('incident.closed', 'clock.breached') GROUP BY 1, 2;",
    NULL};

#define P_STEP_LIMIT(n, z, e)                                                                                \
  { .name = n, .type = FQ_T_INT, .min = 0, .max = 3.2e10, .zh = z, .en = e }
static const struct fq_param limit_members[] = {
    P_STEP_LIMIT("detect_ms", "发现上报时限,默认 30 分钟", "occurred to reported; 30 minutes"),
    P_STEP_LIMIT("dispatch_ms", "调度时限,默认 5 分钟", "reported to dispatched; 5 minutes"),
    P_STEP_LIMIT("resolve_ms", "处置时限,默认 3 小时", "dispatched to handled; 3 hours"),
    {0}};
static const struct fq_param percentile[] = {{.name = "p", .type = FQ_T_NUMBER, .min = 0, .max = 100}, {0}};
static const struct fq_param times_params[] = {
    {.name = "measure",
     .type = FQ_T_ENUM,
     .values = "detect dispatch resolve all",
     .zh = "发现上报、调度、处置,默认全部",
     .en = "which step; all unless given"},
    {.name = "from",
     .type = FQ_T_TIME,
     .zh = "上报时间从,默认 30 天前",
     .en = "reported from; 30 days before `until`"},
    {.name = "until", .type = FQ_T_TIME, .zh = "至(不含),默认现在", .en = "... and before; now unless given"},
    P_ORG,
    {.name = "by",
     .type = FQ_T_ENUM,
     .values = "township village grid category level day week month",
     .zh = "分组",
     .en = "a group each"},
    {.name = "category", .type = FQ_T_ID, .zh = "只看该类别", .en = "this category only"},
    {.name = "level", .type = FQ_T_INT, .min = 1, .max = 4, .zh = "只看该等级", .en = "this level only"},
    {.name = "percentiles",
     .type = FQ_T_ARRAY,
     .members = percentile,
     .min = 1,
     .max = 16,
     .zh = "百分位,默认 50 90 95 99",
     .en = "50, 90, 95, 99 unless given"},
    {.name = "limits", .type = FQ_T_OBJECT, .members = limit_members, .zh = "时限", .en = "the limits"},
    {0}};
static const struct fq_param overview_params[] = {P_ORG, {0}};

static const struct fq_param hours_params[] = {
    {.name = "from",
     .type = FQ_T_TIME,
     .zh = "上报时间从,默认 28 天前",
     .en = "reported from; 28 days before `until`"},
    {.name = "until", .type = FQ_T_TIME, .zh = "至(不含),默认现在", .en = "... and before; now unless given"},
    P_ORG,
    {0}};

static const struct fq_kind also_applies[] = {
    {.name = "incident.reported", .apply = dp_apply_st_reported},
    {.name = "incident.dispatched", .apply = dp_apply_st_dispatched},
    {.name = "incident.handled", .apply = dp_apply_st_handled},
    {.name = "incident.verified", .apply = dp_apply_st_verified},
    {.name = "incident.reopened", .apply = dp_apply_st_reopened},
    {.name = "incident.voided", .apply = dp_apply_st_left},
    {.name = "incident.merged", .apply = dp_apply_st_left},
    {.name = "incident.split", .apply = dp_apply_st_back},
    {.name = "incident.closed", .apply = dp_apply_st_closed},
    {.name = "clock.breached", .apply = dp_apply_st_breached},
    {0}};

#define WATCHERS (DESK | FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_AUDIT | FQ_ROLE_SERVICE)
static const struct fq_method methods[] = {
    ASK("stats.times", WATCHERS, 0, times_params, dp_stats_times, "三限时统计:达标率与百分位",
        "how long the steps take: rates within the limits, percentiles",
        "{from, until, limits_ms, total, groups?: [{group, name?, incidents, detect?, dispatch?, resolve?: "
        "{count,"
        " within, overdue?, rate?, mean_ms?, max_ms?, percentiles?: [{p, ms}]}}]}"),
    ASK("stats.overview", WATCHERS, 0, overview_params, dp_stats_overview, "一屏统览:在办与今日",
        "a board's figures: what is open, and today",
        "{at, since, open, overdue, reported, closed, breached, by_state, by_level, townships: [{org, name, "
        "open,"
        " overdue, reported, closed, breached}], head}"),
    ASK("stats.hours", WATCHERS, 0, hours_params, dp_stats_hours, "分时热力:星期与钟点",
        "when people report: seven days from Monday, 24 hours each, in the county's time",
        "{from, until, total: number, days: [[number]]}"),
    ASK("stats.waiting", DESK | FQ_ROLE_ADMIN_AUDIT | FQ_ROLE_SERVICE, 0, overview_params, dp_stats_waiting,
        "各看板待办数", "how much waits on each board",
        "{whistles: number, whistles_missing: number, cards: number, cards_overdue: number, requests: number,"
        " countersigns: number, countersigns_overdue: number, follow_ups: number, follow_ups_low: number,"
        " mediations: number, shifts: number}"),
    {0}};

const struct fq_plugin dp_stats_part = {
    FQ_PLUGIN_HEAD,     .name = "dispatch.stats", .version = DP_VERSION,        .zh = "统计",
    .en = "statistics", .migrations = migrations, .also_applies = also_applies, .methods = methods,
    .derived = true,
};
