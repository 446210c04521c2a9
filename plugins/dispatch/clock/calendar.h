/*
 * calendar.h - working time as arithmetic: weekly hours, holidays, make-up days, a fixed offset from UTC
 * (China has no summer time). Knows no database and no clock. Any thread.
 *
 * The working time since some Monday is a function of the instant that never falls, known in closed form from
 * whole weeks and the running sum of what the exceptions add or take. Adding is that function's inverse. So
 * nothing is walked, however long the limit, and a calendar without working time ahead is an answer, never a
 * hang.
 *
 * Of the instants that have the same working time (12:00 and 14:30, with lunch between) the earliest is
 * taken: four hours from 08:00 are due at 12:00, not when lunch is over.
 */
#ifndef FQ_PLUGIN_DISPATCH_CALENDAR_H
#define FQ_PLUGIN_DISPATCH_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DP_MINUTE_MS INT64_C(60000)
#define DP_DAY_MS    (1440 * DP_MINUTE_MS)
#define DP_NEVER     INT64_MIN /* no such instant up to the year 9999 */

enum { DP_SEGMENTS = 6, DP_DAY_MINUTES = 1440 };

struct dp_hours {
  int count; /* 0: no working day */
  struct dp_segment {
    int from, to; /* minutes of the day, 0..1440 */
  } part[DP_SEGMENTS];
};

/* A date on which the week does not hold. */
struct dp_exception {
  int64_t day; /* days since 1970-01-01, local */
  struct dp_hours hours;
  int64_t ms_before, days_before; /* what the exceptions before this one add: dp_calendar_ready() */
};

struct dp_calendar {
  int64_t offset_ms;       /* local time is UTC + this */
  struct dp_hours week[7]; /* Monday first */
  struct dp_exception *exceptions;
  size_t count;                     /* sorted by day, each day once */
  int64_t week_ms[8], week_days[8]; /* working time and days before that weekday; [7] the whole week */
  int64_t all_ms, all_days;         /* what all exceptions add */
};

/* To be called once the week and the sorted exceptions are in place. */
void dp_calendar_ready(struct dp_calendar *c);
/* Is there any working time at or after this instant? */
bool dp_calendar_opens(const struct dp_calendar *c, int64_t after_ms);

/* `amount_ms` of working time after (before, when negative) `from_ms`. 0 gives `from_ms` itself. */
int64_t dp_calendar_add(const struct dp_calendar *c, int64_t from_ms, int64_t amount_ms);
/* The working time from a to b; negative when b is before a. */
int64_t dp_calendar_between(const struct dp_calendar *c, int64_t a_ms, int64_t b_ms);
/* The first working instant at or after this one. */
int64_t dp_calendar_next_open(const struct dp_calendar *c, int64_t at_ms);

/* Days (民法典 201, 203). From the next day, as is usual: the day of `from_ms` does not count, and the limit
 * ends with the last day's working time. From now: at the same time of the day, counted from the next working
 * instant. */
int64_t dp_calendar_working_days(const struct dp_calendar *c, int64_t from_ms, int64_t days, bool from_now);
/* The same for natural days. Without a calendar (`c` only gives the offset, no hours) the last day ends at
 * 24:00. With hours, a last day that is no working day moves to the next that is, and ends with its working
 * time. */
int64_t dp_calendar_natural_days(const struct dp_calendar *c, int64_t from_ms, int64_t days, bool from_now);

/* The same time of the day, that many working days after the one of `at_ms`; within that day's hours. */
int64_t dp_calendar_days_later(const struct dp_calendar *c, int64_t at_ms, int64_t days);

/* For explanations. */
int64_t dp_calendar_day(const struct dp_calendar *c, int64_t at_ms); /* its local day */
int64_t dp_calendar_midnight(const struct dp_calendar *c, int64_t day);
const struct dp_hours *dp_calendar_hours(const struct dp_calendar *c, int64_t day);
const struct dp_exception *dp_calendar_exception(const struct dp_calendar *c, int64_t day); /* or NULL */
int dp_weekday(int64_t day);                                                                /* 0: Monday */

#endif
