/*
 * calendars.h - calendars as data: their tables and the JSON they are written in. Kernel thread; reading on
 * any thread with a handle of its own.
 *
 *     {"offset": "+08:00", "week": {"mon": [["08:30", "12:00"], ["14:30", "17:30"]], ...},
 *      "days": [{"date": "2026-02-17", "kind": "holiday", "name": "春节"}, {"date": "2026-02-28", "kind":
 * "workday"}]}
 *
 * A calendar set anew is a further version of it; a clock remembers the version its due time was reckoned
 * with.
 */
#ifndef FQ_PLUGIN_DISPATCH_CALENDARS_H
#define FQ_PLUGIN_DISPATCH_CALENDARS_H

#include "clock/calendar.h"
#include "clock/clock.h"

/* From params that the schema has let pass. NULL and a filled error otherwise. Whether there is any working
 * time is left to the caller. */
struct dp_calendar *dp_calendar_read(const fq_json *json, struct fq_error *e);
void dp_calendar_free(struct dp_calendar *c);

void dp_date_format(int64_t day, char out[16]);
void dp_clock_time_format(int minutes, char out[8]);
extern const char *const dp_weekday_names[7]; /* "mon" ... */

/* The calendar as it is now; NULL when there is none. Any thread; the caller frees it. */
struct dp_calendar *dp_calendar_load(fq_db *db, const char *name, bool removed_too);

/* The same out of a cache, also when it was removed since: clocks that run with it go on. Kernel thread;
 * lives until the next few calls. */
const struct dp_calendar *dp_calendar_current(struct dp_self *self, fq_db *db, const char *name,
                                              int64_t *version);
const struct dp_calendar *dp_calendar_in_use(struct dp_self *self, fq_db *db,
                                             const char *name); /* not removed */
const struct dp_calendar *dp_calendar_version(struct dp_self *self, fq_db *db, int64_t version);
/* Without hours, at China's offset: for clocks that have no calendar. */
const struct dp_calendar *dp_calendar_plain(void);

/* ---- limits (limit.c) --------------------------------------------------------------------------------- */

enum dp_unit {
  DP_U_TIME,         /* limit_ms of working time, of any time without a calendar */
  DP_U_WORKING_DAYS, /* limit_days */
  DP_U_NATURAL_DAYS
};
struct dp_limit {
  enum dp_unit unit;
  int64_t ms, days; /* one of them */
  bool from_now;    /* days: at the same time of the day, not at the end of the day */
};
const char *dp_unit_name(enum dp_unit u); /* NULL for time */
enum dp_unit dp_unit_of(const char *name);

/* limit_ms, or limit_days with `days` and `count_from`; `hours`: there is a calendar. */
enum fq_status dp_limit_read(const fq_json *params, bool hours, struct dp_limit *out, struct fq_error *e);
/* When it is due, or DP_NEVER; `c` is dp_calendar_plain() for none. */
int64_t dp_limit_due(const struct dp_limit *l, const struct dp_calendar *c, int64_t from_ms);
enum fq_status dp_limit_never(struct fq_error *e, const char *calendar);

#endif
