/*
 * limit.c - how long a clock may run: a time, or a number of working or natural days. Knows no table. Any
 * thread.
 */
#include <string.h>

#include "clock/calendars.h"

static const char *const names[] = {
    [DP_U_TIME] = "time", [DP_U_WORKING_DAYS] = "working", [DP_U_NATURAL_DAYS] = "natural"};

const char *dp_unit_name(enum dp_unit u) {
  return u == DP_U_TIME ? NULL : names[u];
}

enum dp_unit dp_unit_of(const char *name) {
  for (int u = DP_U_WORKING_DAYS; name && u <= DP_U_NATURAL_DAYS; u++)
    if (!strcmp(name, names[u])) return (enum dp_unit)u;
  return DP_U_TIME;
}

enum fq_status dp_limit_read(const fq_json *params, bool hours, struct dp_limit *out, struct fq_error *e) {
  const char *days = fq_json_str(params, "days"), *from = fq_json_str(params, "count_from");
  *out = (struct dp_limit){.ms = fq_json_int(params, "limit_ms", 0),
                           .days = fq_json_int(params, "limit_days", 0),
                           .from_now = from && !strcmp(from, "now")};
  if (!out->ms == !out->days)
    return fq_fail(e, FQ_E_PARAMS, "clock.limit", "params.limit_ms", "limit_ms 与 limit_days 须写且只写一个",
                   "give one of limit_ms and limit_days");
  if (out->ms && (days || from))
    return fq_fail(e, FQ_E_PARAMS, "clock.limit", days ? "params.days" : "params.count_from",
                   "days 与 count_from 只用于 limit_days", "days and count_from belong to limit_days");
  if (out->ms) return FQ_OK;
  out->unit = days ? dp_unit_of(days) : DP_U_WORKING_DAYS;
  if (out->unit == DP_U_WORKING_DAYS && !hours)
    return fq_fail(e, FQ_E_PARAMS, "clock.calendar", "params.calendar", "按工作日计时须指明日历",
                   "working days need a calendar");
  return FQ_OK;
}

int64_t dp_limit_due(const struct dp_limit *l, const struct dp_calendar *c, int64_t from_ms) {
  if (l->unit == DP_U_WORKING_DAYS) return dp_calendar_working_days(c, from_ms, l->days, l->from_now);
  if (l->unit == DP_U_NATURAL_DAYS) return dp_calendar_natural_days(c, from_ms, l->days, l->from_now);
  return c == dp_calendar_plain() ? from_ms + l->ms : dp_calendar_add(c, from_ms, l->ms);
}

enum fq_status dp_limit_never(struct fq_error *e, const char *calendar) {
  return fq_fail(e, FQ_E_CONFLICT, "calendar.ended", "params.calendar",
                 "日历 %s 此后没有足够的工作时间,请补充日历",
                 "calendar %s has not that much working time ahead", calendar);
}
