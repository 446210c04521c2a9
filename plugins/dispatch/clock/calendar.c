/*
 * calendar.c - see calendar.h.
 *
 * Days are counted from Monday 1969-12-29 where weeks matter. Instants are held between the years 1 and 9999,
 * so that no sum here comes near the end of 64 bits.
 */
#include "clock/calendar.h"

enum { FIRST_DAY = -719162, LAST_DAY = 2932896, MONDAY = 3 /* 1970-01-01 was a Thursday */ };

static int64_t floor_div(int64_t a, int64_t b) {
  return a / b - (a % b < 0);
}

int dp_weekday(int64_t day) {
  return (int)((day + MONDAY) - floor_div(day + MONDAY, 7) * 7);
}

static int64_t hours_ms(const struct dp_hours *h) {
  int64_t minutes = 0;
  for (int s = 0; s < h->count; s++)
    minutes += h->part[s].to - h->part[s].from;
  return minutes * DP_MINUTE_MS;
}

void dp_calendar_ready(struct dp_calendar *c) {
  c->week_ms[0] = c->week_days[0] = c->all_ms = c->all_days = 0;
  for (int d = 0; d < 7; d++) {
    c->week_ms[d + 1] = c->week_ms[d] + hours_ms(&c->week[d]);
    c->week_days[d + 1] = c->week_days[d] + (c->week[d].count > 0);
  }
  for (size_t x = 0; x < c->count; x++) {
    struct dp_exception *e = &c->exceptions[x];
    const struct dp_hours *usual = &c->week[dp_weekday(e->day)];
    e->ms_before = c->all_ms;
    e->days_before = c->all_days;
    c->all_ms += hours_ms(&e->hours) - hours_ms(usual);
    c->all_days += (e->hours.count > 0) - (usual->count > 0);
  }
}

/* The first exception on this day or later; c->count when there is none. */
static size_t exception_at(const struct dp_calendar *c, int64_t day) {
  size_t lo = 0, hi = c->count;
  while (lo < hi) {
    size_t mid = lo + (hi - lo) / 2;
    if (c->exceptions[mid].day < day)
      lo = mid + 1;
    else
      hi = mid;
  }
  return lo;
}

const struct dp_exception *dp_calendar_exception(const struct dp_calendar *c, int64_t day) {
  size_t x = exception_at(c, day);
  return x < c->count && c->exceptions[x].day == day ? &c->exceptions[x] : NULL;
}

const struct dp_hours *dp_calendar_hours(const struct dp_calendar *c, int64_t day) {
  const struct dp_exception *e = dp_calendar_exception(c, day);
  return e ? &e->hours : &c->week[dp_weekday(day)];
}

int64_t dp_calendar_day(const struct dp_calendar *c, int64_t at_ms) {
  return floor_div(at_ms + c->offset_ms, DP_DAY_MS);
}

int64_t dp_calendar_midnight(const struct dp_calendar *c, int64_t day) {
  return day * DP_DAY_MS - c->offset_ms;
}

/* Working time, or working days, before this day begins. */
static int64_t ms_before(const struct dp_calendar *c, int64_t day) {
  size_t x = exception_at(c, day);
  return floor_div(day + MONDAY, 7) * c->week_ms[7] + c->week_ms[dp_weekday(day)] +
         (x < c->count ? c->exceptions[x].ms_before : c->all_ms);
}

static int64_t days_before(const struct dp_calendar *c, int64_t day) {
  size_t x = exception_at(c, day);
  return floor_div(day + MONDAY, 7) * c->week_days[7] + c->week_days[dp_weekday(day)] +
         (x < c->count ? c->exceptions[x].days_before : c->all_days);
}

typedef int64_t (*before_fn)(const struct dp_calendar *c, int64_t day);

/* The first day at whose end `before` has come to `wanted`; LAST_DAY + 1 when none has. */
static int64_t day_reaching(const struct dp_calendar *c, before_fn before, int64_t wanted) {
  int64_t lo = FIRST_DAY, hi = LAST_DAY + 1;
  while (lo < hi) {
    int64_t mid = floor_div(lo + hi, 2);
    if (before(c, mid + 1) >= wanted)
      hi = mid;
    else
      lo = mid + 1;
  }
  return lo;
}

static bool sane(const struct dp_calendar *c, int64_t at_ms) {
  return at_ms > FIRST_DAY * DP_DAY_MS + DP_DAY_MS && at_ms < LAST_DAY * DP_DAY_MS &&
         c->offset_ms > -DP_DAY_MS && c->offset_ms < DP_DAY_MS;
}

/* The working time before this instant. */
static int64_t worked(const struct dp_calendar *c, int64_t at_ms) {
  int64_t day = dp_calendar_day(c, at_ms), of_day = at_ms - dp_calendar_midnight(c, day);
  const struct dp_hours *h = dp_calendar_hours(c, day);
  int64_t ms = ms_before(c, day);
  for (int s = 0; s < h->count; s++) {
    int64_t from = h->part[s].from * DP_MINUTE_MS, to = h->part[s].to * DP_MINUTE_MS;
    if (of_day > from) ms += (of_day < to ? of_day : to) - from;
  }
  return ms;
}

/* The earliest instant before which there is this much working time. */
static int64_t when_worked(const struct dp_calendar *c, int64_t ms) {
  int64_t day = day_reaching(c, ms_before, ms), left = ms - ms_before(c, day);
  if (day > LAST_DAY || day <= FIRST_DAY) return DP_NEVER;
  const struct dp_hours *h = dp_calendar_hours(c, day);
  for (int s = 0; s < h->count; s++) {
    int64_t from = h->part[s].from * DP_MINUTE_MS, length = h->part[s].to * DP_MINUTE_MS - from;
    if (left <= length) return dp_calendar_midnight(c, day) + from + left;
    left -= length;
  }
  return DP_NEVER;
}

int64_t dp_calendar_add(const struct dp_calendar *c, int64_t from_ms, int64_t amount_ms) {
  if (!sane(c, from_ms) || amount_ms > LAST_DAY * DP_DAY_MS || amount_ms < -LAST_DAY * DP_DAY_MS)
    return DP_NEVER;
  return amount_ms ? when_worked(c, worked(c, from_ms) + amount_ms) : from_ms;
}

int64_t dp_calendar_between(const struct dp_calendar *c, int64_t a_ms, int64_t b_ms) {
  return sane(c, a_ms) && sane(c, b_ms) ? worked(c, b_ms) - worked(c, a_ms) : 0;
}

int64_t dp_calendar_next_open(const struct dp_calendar *c, int64_t at_ms) {
  if (!sane(c, at_ms)) return DP_NEVER;
  int64_t day = dp_calendar_day(c, at_ms), midnight = dp_calendar_midnight(c, day);
  const struct dp_hours *h = dp_calendar_hours(c, day);
  for (int s = 0; s < h->count; s++) {
    int64_t from = midnight + h->part[s].from * DP_MINUTE_MS, to = midnight + h->part[s].to * DP_MINUTE_MS;
    if (at_ms < to) return at_ms > from ? at_ms : from;
  }
  day = day_reaching(c, days_before, days_before(c, day + 1) + 1);
  if (day > LAST_DAY) return DP_NEVER;
  return dp_calendar_midnight(c, day) + dp_calendar_hours(c, day)->part[0].from * DP_MINUTE_MS;
}

bool dp_calendar_opens(const struct dp_calendar *c, int64_t after_ms) {
  return dp_calendar_next_open(c, after_ms) != DP_NEVER;
}

static int64_t close_of(const struct dp_calendar *c, int64_t day) {
  const struct dp_hours *h = dp_calendar_hours(c, day);
  return dp_calendar_midnight(c, day) + h->part[h->count - 1].to * DP_MINUTE_MS;
}

/* This instant of a working day, or the nearest before it at which somebody works; the opening when it is
 * earlier. */
static int64_t within_hours(const struct dp_calendar *c, int64_t at_ms) {
  int64_t midnight = dp_calendar_midnight(c, dp_calendar_day(c, at_ms));
  const struct dp_hours *h = dp_calendar_hours(c, dp_calendar_day(c, at_ms));
  int64_t best = midnight + h->part[0].from * DP_MINUTE_MS;
  for (int s = 0; s < h->count; s++) {
    int64_t from = midnight + h->part[s].from * DP_MINUTE_MS, to = midnight + h->part[s].to * DP_MINUTE_MS;
    if (at_ms >= from) best = at_ms < to ? at_ms : to;
  }
  return best;
}

static bool sane_days(const struct dp_calendar *c, int64_t from_ms, int64_t days) {
  return sane(c, from_ms) && days >= 1 && days <= LAST_DAY;
}

int64_t dp_calendar_working_days(const struct dp_calendar *c, int64_t from_ms, int64_t days, bool from_now) {
  int64_t start_ms = from_now ? dp_calendar_next_open(c, from_ms) : from_ms;
  if (start_ms == DP_NEVER || !sane_days(c, start_ms, days)) return DP_NEVER;
  int64_t first = dp_calendar_day(c, start_ms);
  int64_t last = day_reaching(c, days_before, days_before(c, first + 1) + days);
  if (last > LAST_DAY) return DP_NEVER;
  return from_now ? within_hours(c, start_ms + (last - first) * DP_DAY_MS) : close_of(c, last);
}

int64_t dp_calendar_days_later(const struct dp_calendar *c, int64_t at_ms, int64_t days) {
  if (!sane_days(c, at_ms, days)) return DP_NEVER;
  int64_t before_ms = at_ms - 1, first = dp_calendar_day(c, before_ms); /* 24:00 is of the day that ends */
  int64_t last = day_reaching(c, days_before, days_before(c, first + 1) + days);
  if (last > LAST_DAY) return DP_NEVER;
  int64_t then_ms = before_ms + (last - first) * DP_DAY_MS, within_ms = within_hours(c, then_ms);
  return within_ms == then_ms ? then_ms + 1 : within_ms;
}

int64_t dp_calendar_natural_days(const struct dp_calendar *c, int64_t from_ms, int64_t days, bool from_now) {
  if (!sane_days(c, from_ms, days)) return DP_NEVER;
  int64_t last = dp_calendar_day(c, from_ms) + days;
  if (last >= LAST_DAY) return DP_NEVER;
  bool hours = c->week_days[7] || c->count;
  if (from_now) {
    int64_t due_ms = from_ms + days * DP_DAY_MS;
    return hours ? dp_calendar_next_open(c, due_ms) : due_ms;
  }
  if (!hours) return dp_calendar_midnight(c, last + 1);
  last = day_reaching(c, days_before, days_before(c, last) + 1);
  return last > LAST_DAY ? DP_NEVER : close_of(c, last);
}
