/*
 * stats.h - what the files of this part share: three durations of each incident, in a narrow table that is
 * read from end to end in a fraction of a second, and a few counts of each day. Kernel thread; queries on
 * reader threads.
 */
#ifndef FQ_PLUGIN_DISPATCH_STATS_H
#define FQ_PLUGIN_DISPATCH_STATS_H

#include "dispatch.h"

/* detect: occurred to reported. dispatch: reported to first dispatched. resolve: first dispatched to last
 * handled. Elapsed time, day and night: what a limit in working hours makes of it is the clocks' matter. */
#define ST_MEASURES(X)                                                                                       \
  X(DETECT, "detect", 30 * 60000)                                                                            \
  X(DISPATCH, "dispatch", 5 * 60000)                                                                         \
  X(RESOLVE, "resolve", 180 * 60000)

enum st_measure {
#define X(id, name, limit_ms) ST_##id,
  ST_MEASURES(X)
#undef X
      ST_MEASURE_COUNT
};

/* Days, weeks and months are those of the county: China has one time and no summer time, so this is neither
 * an option nor a calendar's matter, and what apply counts by the day stays the same in a rebuild. */
#define ST_ZONE_MS INT64_C(28800000)
#define ST_DAY_MS  INT64_C(86400000)
static inline int64_t st_day(int64_t at_ms) {
  return (at_ms + ST_ZONE_MS) / ST_DAY_MS;
}

/* The first incident reported at `at_ms` or later; INT64_MAX when there is none. */
int64_t st_first_n(fq_db *db, int64_t at_ms);
/* The unit a query is about: params.org, or where its actor sits; "" for all. */
enum fq_status st_scope(struct fq_query *q, char org[FQ_ID_MAX]);

/* sort.c: ascending; `spare` has room for as many. */
void st_sort(int64_t *values, int64_t *spare, size_t count);
/* Nearest rank: the smallest value that at least p percent of all are not above. Sorted, count > 0, 0 < p <=
 * 100. */
int64_t st_percentile(const int64_t *sorted, size_t count, double p);

DP_APPLY(dp_apply_st_reported);
DP_APPLY(dp_apply_st_dispatched);
DP_APPLY(dp_apply_st_handled);
DP_APPLY(dp_apply_st_verified);
DP_APPLY(dp_apply_st_reopened);
DP_APPLY(dp_apply_st_left);
DP_APPLY(dp_apply_st_back);
DP_APPLY(dp_apply_st_closed);
DP_APPLY(dp_apply_st_breached);
DP_QUERY(dp_stats_times);
DP_QUERY(dp_stats_overview);
DP_QUERY(dp_stats_hours);
DP_QUERY(dp_stats_waiting);

#endif
