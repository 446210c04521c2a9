/*
 * calendar_json.c - a calendar as an administrator writes it, read with a word about each mistake. Knows no
 * table. Any thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock/calendars.h"

const char *const dp_weekday_names[7] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

/* Exactly `n` digits. */
static int digits(const char *s, int n) {
  int v = 0;
  for (int k = 0; k < n; k++) {
    if (s[k] < '0' || s[k] > '9') return -1;
    v = v * 10 + (s[k] - '0');
  }
  return v;
}

/* "2026-02-13" as days since 1970; -1 when it is no date. */
static int64_t date_parse(const char *text) {
  char rfc[32];
  if (!text || strlen(text) != 10 || text[4] != '-' || text[7] != '-') return -1;
  snprintf(rfc, sizeof rfc, "%sT00:00:00Z", text);
  int64_t ms = fq_time_parse(rfc);
  char back[16];
  if (ms < 0) return -1;
  dp_date_format(ms / DP_DAY_MS, back); /* February the 30th is no date, whatever a parser makes of it */
  return strcmp(back, text) ? -1 : ms / DP_DAY_MS;
}

void dp_date_format(int64_t day, char out[16]) {
  char rfc[32];
  fq_time_format(day * DP_DAY_MS, rfc);
  snprintf(out, 16, "%.10s", rfc);
}

/* "08:30" as minutes since midnight, up to "24:00"; -1 when it is no time of day. */
static int clock_time_parse(const char *text) {
  if (!text || strlen(text) != 5 || text[2] != ':') return -1;
  int h = digits(text, 2), m = digits(text + 3, 2);
  return h < 0 || m < 0 || m > 59 || h * 60 + m > DP_DAY_MINUTES ? -1 : h * 60 + m;
}

void dp_clock_time_format(int minutes, char out[8]) {
  snprintf(out, 8, "%02d:%02d", minutes / 60 % 100, minutes % 60);
}

static bool read_offset(const char *text, int64_t *ms) {
  *ms = 8 * 60 * DP_MINUTE_MS;
  if (!text) return true;
  if ((text[0] != '+' && text[0] != '-') || strlen(text) != 6) return false;
  int minutes = clock_time_parse(text + 1);
  if (minutes < 0 || minutes > 14 * 60) return false;
  *ms = (text[0] == '-' ? -minutes : minutes) * DP_MINUTE_MS;
  return true;
}

/* [["08:30", "12:00"], ["14:30", "17:30"]] */
static enum fq_status read_hours(const fq_json *list, const char *path, struct dp_hours *h,
                                 struct fq_error *e) {
  char where[96];
  int last = 0, n = 0;
  h->count = 0;
  fq_json_each(pair, list) {
    snprintf(where, sizeof where, "%s[%d]", path, n++);
    const fq_json *first = fq_json_first(pair), *second = first ? fq_json_next(first) : NULL;
    int from = clock_time_parse(fq_json_as_str(first)), to = clock_time_parse(fq_json_as_str(second));
    if (from < 0 || to < 0)
      return fq_fail(e, FQ_E_PARAMS, "calendar.time", where, "应为 [\"08:30\", \"12:00\"] 这样的一段",
                     "expected a segment such as [\"08:30\", \"12:00\"]");
    if (to <= from)
      return fq_fail(e, FQ_E_PARAMS, "calendar.segment", where, "这一段的结束应晚于开始",
                     "the segment ends before it begins");
    if (from < last)
      return fq_fail(e, FQ_E_PARAMS, "calendar.overlap", where, "各段须按先后排列,不得重叠",
                     "segments follow one another and do not overlap");
    if (h->count == DP_SEGMENTS)
      return fq_fail(e, FQ_E_PARAMS, "calendar.segments", where, "一天最多 %d 段",
                     "at most %d segments a day", DP_SEGMENTS);
    h->part[h->count++] = (struct dp_segment){from, to};
    last = to;
  }
  return FQ_OK;
}

static enum fq_status read_week(const fq_json *week, struct dp_calendar *c, struct fq_error *e) {
  char path[64];
  enum fq_status s = FQ_OK;
  for (int d = 0; d < 7 && s == FQ_OK; d++) {
    snprintf(path, sizeof path, "params.week.%s", dp_weekday_names[d]);
    s = read_hours(fq_json_get(week, dp_weekday_names[d]), path, &c->week[d], e);
  }
  return s;
}

/* A make-up day for which nothing is said is worked like the first working day of the week. */
static const struct dp_hours *usual(const struct dp_calendar *c) {
  for (int d = 0; d < 7; d++)
    if (c->week[d].count) return &c->week[d];
  return NULL;
}

static enum fq_status read_day(const fq_json *day, int at, struct dp_calendar *c, struct fq_error *e) {
  char path[64];
  const char *date = fq_json_str(day, "date"), *kind = fq_json_str(day, "kind");
  const fq_json *hours = fq_json_get(day, "hours");
  struct dp_exception *x = &c->exceptions[c->count];
  snprintf(path, sizeof path, "params.days[%d]", at);
  bool worked = kind && !strcmp(kind, "workday");
  x->day = date_parse(date);
  if (x->day < 0)
    return fq_fail(e, FQ_E_PARAMS, "calendar.date", path, "应为 \"2026-02-17\" 这样的日期",
                   "expected a date such as \"2026-02-17\"");
  if (!worked && hours)
    return fq_fail(e, FQ_E_PARAMS, "calendar.hours", path, "节假日没有上班时间",
                   "a holiday has no working hours");
  if (worked && !hours && !usual(c))
    return fq_fail(e, FQ_E_PARAMS, "calendar.hours", path, "一周没有上班时间,调休日须写明 hours",
                   "the week has no hours: say the hours of this day");
  c->count++;
  if (!worked) return FQ_OK;
  if (!hours) {
    x->hours = *usual(c);
    return FQ_OK;
  }
  return read_hours(hours, path, &x->hours, e);
}

static int by_day(const void *a, const void *b) {
  const struct dp_exception *x = a, *y = b;
  return (x->day > y->day) - (x->day < y->day);
}

static enum fq_status read_days(const fq_json *days, struct dp_calendar *c, struct fq_error *e) {
  enum fq_status s = FQ_OK;
  int at = 0;
  fq_json_each(day, days) {
    if ((s = read_day(day, at++, c, e)) != FQ_OK) return s;
  }
  if (c->count) qsort(c->exceptions, c->count, sizeof *c->exceptions, by_day);
  for (size_t x = 1; x < c->count; x++) {
    char date[16];
    if (c->exceptions[x].day != c->exceptions[x - 1].day) continue;
    dp_date_format(c->exceptions[x].day, date);
    return fq_fail(e, FQ_E_PARAMS, "calendar.twice", "params.days", "%s 写了两次", "%s is there twice", date);
  }
  return FQ_OK;
}

struct dp_calendar *dp_calendar_read(const fq_json *json, struct fq_error *e) {
  const fq_json *days = fq_json_get(json, "days");
  struct dp_calendar *c = calloc(1, sizeof *c);
  if (!c) abort();
  c->exceptions = calloc(fq_json_size(days) + 1, sizeof *c->exceptions);
  if (!c->exceptions) abort();
  enum fq_status s = FQ_OK;
  if (!read_offset(fq_json_str(json, "offset"), &c->offset_ms))
    s = fq_fail(e, FQ_E_PARAMS, "calendar.offset", "params.offset", "应为 \"+08:00\" 这样的时差",
                "expected an offset from UTC such as \"+08:00\"");
  if (s == FQ_OK) s = read_week(fq_json_get(json, "week"), c, e);
  if (s == FQ_OK) s = read_days(days, c, e);
  if (s != FQ_OK) {
    dp_calendar_free(c);
    return NULL;
  }
  dp_calendar_ready(c);
  return c;
}

void dp_calendar_free(struct dp_calendar *c) {
  if (c) free(c->exceptions);
  free(c);
}
