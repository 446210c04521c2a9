/* Working time: known dates by hand, and thousands of random calendars against a reference that walks minute
 * by minute. The seed is fixed: a failure comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "clock/calendar.h"
#include "fengqiao.h"

#define HOUR_MS (60 * DP_MINUTE_MS)
enum { CASES = 1500, MOST_EXCEPTIONS = 24 };

static uint64_t seed = 20260302;
static int64_t pick(int64_t below) { /* xorshift64*: the same everywhere */
  seed ^= seed >> 12;
  seed ^= seed << 25;
  seed ^= seed >> 27;
  return (int64_t)((seed * UINT64_C(2685821657736338717) >> 11) % (uint64_t)below);
}

static int64_t T(const char *text) { /* "2026-02-13 17:00", Beijing time */
  char rfc[40];
  snprintf(rfc, sizeof rfc, "%.10sT%s:00+08:00", text, text + 11);
  int64_t ms = fq_time_parse(rfc);
  if (ms < 0) fail_msg("no time: %s", text);
  return ms;
}

static void is(int64_t got, const char *wanted) {
  char text[32] = "never";
  if (got == (wanted ? T(wanted) : DP_NEVER)) return;
  if (got != DP_NEVER) fq_time_format(got, text);
  fail_msg("expected %s (Beijing), got %s (UTC)", wanted ? wanted : "never", text);
}

/* ---- an office: 08:30-12:00, 14:30-17:30; Spring Festival and Qingming 2026 -------------------------- */

static const struct dp_hours office = {2, {{510, 720}, {870, 1050}}}, closed = {0, {{0, 0}}};
static struct dp_exception some[16];

static int64_t day_of(const char *date) {
  char text[24];
  snprintf(text, sizeof text, "%s 00:00", date);
  return (T(text) + 8 * HOUR_MS) / DP_DAY_MS;
}

static struct dp_calendar office_2026(void) {
  struct dp_calendar c = {.offset_ms = 8 * HOUR_MS, .exceptions = some};
  for (int d = 0; d < 5; d++)
    c.week[d] = office;
  some[c.count++] = (struct dp_exception){.day = day_of("2026-02-14"), .hours = office}; /* a Saturday */
  for (int64_t d = day_of("2026-02-15"); d <= day_of("2026-02-23"); d++)
    some[c.count++] = (struct dp_exception){.day = d, .hours = closed};
  some[c.count++] = (struct dp_exception){.day = day_of("2026-02-28"), .hours = office}; /* a Saturday */
  some[c.count++] = (struct dp_exception){.day = day_of("2026-04-06"), .hours = closed}; /* a Monday */
  dp_calendar_ready(&c);
  return c;
}

static void hours_by_hand(void **state) {
  struct dp_calendar c = office_2026();
#define ADD(from, hours, due) is(dp_calendar_add(&c, T(from), (hours)*HOUR_MS), due)
  ADD("2026-03-02 08:30", 2, "2026-03-02 10:30");
  ADD("2026-03-02 11:00", 4, "2026-03-02 17:30");
  ADD("2026-03-02 11:00", 2, "2026-03-02 15:30"); /* over lunch */
  ADD("2026-03-02 12:30", 1, "2026-03-02 15:30"); /* from within lunch */
  ADD("2026-03-02 10:00", 2, "2026-03-02 12:00"); /* at the end of the morning, not after lunch */
  ADD("2026-03-06 16:30", 4, "2026-03-09 11:30"); /* over a weekend */
  ADD("2026-03-07 03:00", 4, "2026-03-09 15:00");
  ADD("2026-02-14 16:30", 4, "2026-02-24 11:30"); /* make-up Saturday, then the festival */
  ADD("2026-02-13 17:00", 4, "2026-02-14 12:00"); /* into the make-up Saturday */
  ADD("2026-04-03 17:00", 1, "2026-04-07 09:00"); /* a holiday after a weekend */
  ADD("2026-12-31 17:00", 1, "2027-01-01 09:00"); /* no exception is known there */
  is(dp_calendar_next_open(&c, T("2026-03-02 12:00")), "2026-03-02 14:30");
  is(dp_calendar_next_open(&c, T("2026-03-02 11:59")), "2026-03-02 11:59");
  is(dp_calendar_next_open(&c, T("2026-02-14 17:30")), "2026-02-24 08:30");
  assert_int_equal(dp_calendar_between(&c, T("2026-02-01 00:00"), T("2026-03-01 00:00")),
                   (20 - 6 + 2) * 390 * DP_MINUTE_MS);
  is(dp_calendar_add(&c, T("2026-02-24 11:30"), -4 * HOUR_MS), "2026-02-14 16:30");
}

static void days_by_hand(void **state) {
  struct dp_calendar c = office_2026(), plain = {.offset_ms = 8 * HOUR_MS};
  dp_calendar_ready(&plain);
#define WORK(from, days, now, due)         is(dp_calendar_working_days(&c, T(from), days, now), due)
#define NATURAL(cal, from, days, now, due) is(dp_calendar_natural_days(cal, T(from), days, now), due)
  WORK("2026-03-02 09:00", 1, false, "2026-03-03 17:30");
  WORK("2026-03-02 23:00", 7, false, "2026-03-11 17:30");
  WORK("2026-03-07 10:00", 1, false, "2026-03-09 17:30"); /* received on a Saturday */
  WORK("2026-02-13 09:00", 7, false, "2026-03-02 17:30"); /* 14, 24-28 (28 a Saturday), 2 */
  WORK("2026-02-13 09:00", 1, false, "2026-02-14 17:30");
  WORK("2026-03-02 10:00", 1, true, "2026-03-03 10:00");
  WORK("2026-03-02 13:00", 1, true, "2026-03-03 14:30"); /* counts from 14:30 */
  WORK("2026-03-06 10:00", 1, true, "2026-03-09 10:00");
  WORK("2026-03-07 10:00", 1, true, "2026-03-10 08:30");
#define LATER(at, days, due) is(dp_calendar_days_later(&c, T(at), days), due)
  LATER("2026-03-02 17:30", 2, "2026-03-04 17:30");
  LATER("2026-02-13 17:30", 2, "2026-02-24 17:30");
  LATER("2026-03-02 08:30", 1, "2026-03-03 08:30");
  LATER("2026-03-02 10:00", 5, "2026-03-09 10:00");
  LATER("2026-03-07 13:00", 1, "2026-03-09 12:00"); /* within that day's hours */
  LATER("2026-03-02 10:00", 0, NULL);
  NATURAL(&plain, "2026-03-02 10:00", 15, false, "2026-03-18 00:00");
  NATURAL(&plain, "2026-03-02 10:00", 15, true, "2026-03-17 10:00");
  NATURAL(&plain, "2028-02-28 10:00", 2, false, "2028-03-02 00:00"); /* a leap day */
  NATURAL(&c, "2026-03-02 10:00", 15, false, "2026-03-17 17:30");
  NATURAL(&c, "2026-02-05 10:00", 12, false, "2026-02-24 17:30"); /* ends in the festival: moves behind it */
  NATURAL(&c, "2026-02-06 10:00", 8, false, "2026-02-14 17:30");  /* a Saturday that is worked */
  NATURAL(&c, "2026-02-05 10:00", 12, true, "2026-02-24 08:30");
}

static void nothing_ahead(void **state) {
  struct dp_calendar none = {.offset_ms = 8 * HOUR_MS};
  dp_calendar_ready(&none);
  is(dp_calendar_add(&none, T("2026-03-02 10:00"), 1), NULL);
  is(dp_calendar_next_open(&none, T("2026-03-02 10:00")), NULL);
  is(dp_calendar_working_days(&none, T("2026-03-02 10:00"), 1, false), NULL);
  is(dp_calendar_working_days(&none, T("2026-03-02 10:00"), 1, true), NULL);
  assert_false(dp_calendar_opens(&none, T("2026-03-02 10:00")));
  struct dp_exception once = {.day = day_of("2026-03-04"), .hours = office};
  struct dp_calendar one = {.offset_ms = 8 * HOUR_MS, .exceptions = &once, .count = 1};
  dp_calendar_ready(&one);
  is(dp_calendar_add(&one, T("2026-03-02 10:00"), 390 * DP_MINUTE_MS), "2026-03-04 17:30");
  is(dp_calendar_add(&one, T("2026-03-02 10:00"), 390 * DP_MINUTE_MS + 1), NULL);
  is(dp_calendar_add(&one, T("2026-03-04 17:30"), 1), NULL);
  is(dp_calendar_working_days(&one, T("2026-03-02 10:00"), 2, false), NULL);
  is(dp_calendar_natural_days(&one, T("2026-03-02 10:00"), 3, false), NULL);
}

static void far_and_absurd(void **state) {
  struct dp_calendar c = office_2026();
  static const int64_t absurd[] = {INT64_MIN, INT64_MIN + 1, INT64_MAX, INT64_MAX - 1, -1, 0, 1};
  for (size_t x = 0; x < sizeof absurd / sizeof *absurd; x++)
    for (size_t y = 0; y < sizeof absurd / sizeof *absurd; y++) {
      dp_calendar_add(&c, absurd[x], absurd[y]);
      dp_calendar_between(&c, absurd[x], absurd[y]);
      dp_calendar_working_days(&c, absurd[x], absurd[y], x % 2);
      dp_calendar_natural_days(&c, absurd[x], absurd[y], x % 2);
      dp_calendar_next_open(&c, absurd[x]);
    }
  is(dp_calendar_add(&c, T("2026-03-02 10:00"), INT64_MAX), NULL);
  is(dp_calendar_add(&c, INT64_MAX, 1), NULL);
  is(dp_calendar_add(&c, T("9999-12-30 10:00"), 100 * DP_DAY_MS), NULL);
  int64_t due = dp_calendar_add(&c, T("2026-03-02 08:30"), INT64_C(390) * DP_MINUTE_MS * 5 * 52 * 1000);
  assert_true(due > T("3022-01-01 00:00")); /* a thousand years, at once */
  assert_int_equal(dp_calendar_between(&c, T("2026-03-02 08:30"), due),
                   INT64_C(390) * DP_MINUTE_MS * 5 * 52 * 1000);
}

/* ---- against a reference ------------------------------------------------------------------------ */

static struct dp_exception room[MOST_EXCEPTIONS];

static struct dp_hours random_hours(bool any) {
  struct dp_hours h = {0};
  int at = (int)pick(600), wanted = (int)pick(4);
  for (int s = 0; s < wanted && at < 1400; s++) {
    int to = at + 1 + (int)pick(300);
    if (to > 1440) to = 1440;
    h.part[h.count++] = (struct dp_segment){at, to};
    at = to + (int)pick(200); /* touching is allowed */
  }
  if (any && !h.count) h.part[h.count++] = (struct dp_segment){0, 1440}; /* round the clock */
  return h;
}

static const int64_t places[] = {1772380800000 /* March 2026 */, 1798732800000 /* the end of 2026 */,
                                 1835366400000 /* February 2028 */, 0, 4102444800000 /* 2100 */};

static struct dp_calendar random_calendar(int64_t near_ms) {
  struct dp_calendar c = {.exceptions = room};
  c.offset_ms = (pick(29) - 14) * HOUR_MS / (pick(4) ? 1 : 2);
  for (int d = 0; d < 7; d++)
    if (pick(4)) c.week[d] = random_hours(false);
  c.week[pick(7)] = random_hours(true);
  int64_t day = near_ms / DP_DAY_MS - 10;
  for (size_t n = (size_t)pick(MOST_EXCEPTIONS); c.count < n; day += 1 + pick(3)) {
    room[c.count].day = day;
    room[c.count++].hours = pick(2) ? random_hours(true) : (struct dp_hours){0};
  }
  dp_calendar_ready(&c);
  return c;
}

/* Is this minute (since 1970, UTC) worked? Looks at every exception. */
static bool works(const struct dp_calendar *c, int64_t minute) {
  int64_t local = minute + c->offset_ms / DP_MINUTE_MS, day = local / 1440;
  const struct dp_hours *h = &c->week[(day + 3) % 7];
  for (size_t x = 0; x < c->count; x++)
    if (c->exceptions[x].day == day) h = &c->exceptions[x].hours;
  for (int s = 0; s < h->count; s++)
    if (local % 1440 >= h->part[s].from && local % 1440 < h->part[s].to) return true;
  return false;
}

static int64_t slow_between(const struct dp_calendar *c, int64_t a, int64_t b) {
  int64_t sum = 0;
  for (int64_t at = a, next; at < b; at = next) {
    next = (at / DP_MINUTE_MS + 1) * DP_MINUTE_MS;
    if (works(c, at / DP_MINUTE_MS)) sum += (next < b ? next : b) - at;
  }
  return sum;
}

static int64_t slow_add(const struct dp_calendar *c, int64_t at, int64_t amount) {
  while (amount) {
    int64_t next = (at / DP_MINUTE_MS + 1) * DP_MINUTE_MS;
    if (works(c, at / DP_MINUTE_MS)) {
      if (amount <= next - at) return at + amount;
      amount -= next - at;
    }
    at = next;
  }
  return at;
}

static int64_t slow_next_open(const struct dp_calendar *c, int64_t at) {
  for (; !works(c, at / DP_MINUTE_MS); at = (at / DP_MINUTE_MS + 1) * DP_MINUTE_MS) {
  }
  return at;
}

static bool slow_working_day(const struct dp_calendar *c, int64_t day) {
  for (int m = 0; m < 1440; m++)
    if (works(c, day * 1440 + m - c->offset_ms / DP_MINUTE_MS)) return true;
  return false;
}

static int64_t slow_close(const struct dp_calendar *c, int64_t day) {
  int64_t m = (day + 1) * 1440 - c->offset_ms / DP_MINUTE_MS;
  while (!works(c, m - 1))
    m--;
  return m * DP_MINUTE_MS;
}

static int64_t slow_working_days(const struct dp_calendar *c, int64_t from, int64_t n) {
  int64_t day = (from + c->offset_ms) / DP_DAY_MS;
  while (n)
    n -= slow_working_day(c, ++day);
  return slow_close(c, day);
}

static void as_minute_by_minute(void **state) {
  for (int x = 0; x < CASES; x++) {
    int64_t near = places[pick(sizeof places / sizeof *places)] + 30 * DP_DAY_MS;
    struct dp_calendar c = random_calendar(near);
    int64_t a = near + pick(10 * DP_DAY_MS), b = a + pick(12 * DP_DAY_MS), amount = pick(30 * HOUR_MS);
    assert_int_equal(dp_calendar_between(&c, a, b), slow_between(&c, a, b));
    assert_int_equal(dp_calendar_add(&c, a, amount), slow_add(&c, a, amount));
    assert_int_equal(dp_calendar_next_open(&c, a), slow_next_open(&c, a));
    if (x % 8) continue;
    int64_t days = 1 + pick(6);
    assert_int_equal(dp_calendar_working_days(&c, a, days, false), slow_working_days(&c, a, days));
  }
}

/* Wide jumps, where the reference would be too slow: the laws alone. */
static void the_laws(void **state) {
  for (int x = 0; x < 40 * CASES; x++) {
    int64_t near = places[pick(sizeof places / sizeof *places)] + 30 * DP_DAY_MS;
    struct dp_calendar c = random_calendar(near);
    int64_t t = near + pick(400 * DP_DAY_MS) - 20 * DP_DAY_MS, u = t + pick(90 * DP_DAY_MS);
    int64_t a = 1 + pick(2000 * HOUR_MS), b = 1 + pick(2000 * HOUR_MS);
    int64_t due = dp_calendar_add(&c, t, a);
    assert_true(due > t);
    assert_int_equal(dp_calendar_between(&c, t, due), a);                         /* inverse */
    assert_int_equal(dp_calendar_add(&c, due, b), dp_calendar_add(&c, t, a + b)); /* additive */
    assert_true(dp_calendar_add(&c, u, a) >= due);                                /* monotone in time */
    assert_true(dp_calendar_add(&c, t, a + b) > due);                             /* ... and amount */
    assert_int_equal(dp_calendar_between(&c, t, u), -dp_calendar_between(&c, u, t));
    assert_int_equal(dp_calendar_between(&c, t, u) + dp_calendar_between(&c, u, due),
                     dp_calendar_between(&c, t, due));
    int64_t back = dp_calendar_add(&c, due, -a);
    assert_true(back <= t && dp_calendar_between(&c, back, t) == 0);
    int64_t open = dp_calendar_next_open(&c, t);
    assert_true(open >= t && dp_calendar_between(&c, t, open) == 0 &&
                dp_calendar_between(&c, t, open + 1) == 1);
    int64_t d = 1 + pick(300), by_days = dp_calendar_working_days(&c, t, d, false);
    assert_true(by_days > t && dp_calendar_working_days(&c, t, d + 1, false) > by_days);
    assert_true(dp_calendar_between(&c, by_days - 1, by_days) == 1); /* at the end of working time */
    int64_t now = dp_calendar_working_days(&c, t, d, true);
    int64_t ends = dp_calendar_working_days(&c, open, d, false); /* 24:00 is the next day already */
    assert_int_equal(dp_calendar_day(&c, ends - 1), dp_calendar_day(&c, now));
    assert_true(dp_calendar_natural_days(&c, t, d, false) >=
                dp_calendar_midnight(&c, dp_calendar_day(&c, t) + d));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(hours_by_hand),       cmocka_unit_test(days_by_hand),
      cmocka_unit_test(nothing_ahead),       cmocka_unit_test(far_and_absurd),
      cmocka_unit_test(as_minute_by_minute), cmocka_unit_test(the_laws),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
