/*
 * check.c - calendar.check: when something would be due, and the days that lead there, so that a date can be
 * explained to whoever asks. Reader thread.
 */
#include <stdio.h>
#include <string.h>

#include "clock/calendars.h"

enum { MOST_DAYS = 120 };

struct walk {
  const struct dp_calendar *c;
  const fq_json *days; /* the calendar's own list, for the names of holidays */
  const struct dp_limit *limit;
  int64_t from_ms, due_ms, first_day, counted;
};

/* What the calendar calls this date. */
static const char *name_of(const fq_json *days, const char *date) {
  fq_json_each(day, days) {
    const char *text = fq_json_str(day, "date");
    if (text && !strcmp(text, date)) return fq_json_str(day, "name");
  }
  return NULL;
}

static fq_json *segments(const struct dp_hours *h) {
  fq_json *list = fq_json_array();
  for (int s = 0; s < h->count; s++) {
    char text[8];
    fq_json *pair = fq_json_array();
    dp_clock_time_format(h->part[s].from, text);
    fq_json_push(pair, fq_json_new_str(text));
    dp_clock_time_format(h->part[s].to, text);
    fq_json_push(pair, fq_json_new_str(text));
    fq_json_push(list, pair);
  }
  return list;
}

static const char *kind_of(const struct dp_calendar *c, int64_t day) {
  bool worked = dp_calendar_hours(c, day)->count > 0;
  if (dp_calendar_exception(c, day)) return worked ? "workday" : "holiday";
  return worked ? "usual" : "off";
}

/* One day of the way, and what of the limit it takes. */
static fq_json *day_json(struct walk *w, int64_t day) {
  char date[16];
  fq_json *j = fq_json_object();
  const struct dp_hours *h = dp_calendar_hours(w->c, day);
  dp_date_format(day, date);
  fq_json_set_str(j, "date", date);
  fq_json_set_str(j, "weekday", dp_weekday_names[dp_weekday(day)]);
  if (w->c != dp_calendar_plain()) {
    fq_json_set_str(j, "kind", kind_of(w->c, day));
    const char *name = name_of(w->days, date);
    if (name) fq_json_set_str(j, "name", name);
    if (h->count) fq_json_set(j, "hours", segments(h));
  }
  if (w->limit->unit == DP_U_TIME) {
    int64_t begin_ms = dp_calendar_midnight(w->c, day), end_ms = begin_ms + DP_DAY_MS;
    if (begin_ms < w->from_ms) begin_ms = w->from_ms;
    if (end_ms > w->due_ms) end_ms = w->due_ms;
    bool plain = w->c == dp_calendar_plain();
    fq_json_set_int(j, "counted_ms", plain ? end_ms - begin_ms : dp_calendar_between(w->c, begin_ms, end_ms));
  } else if (day > w->first_day && w->counted < w->limit->days &&
             (w->limit->unit == DP_U_NATURAL_DAYS || h->count)) {
    fq_json_set_int(j, "day", ++w->counted); /* the how manieth */
  }
  return j;
}

static void local_time(const struct dp_calendar *c, int64_t ms, char out[32]) {
  char rfc[32], date[16];
  fq_time_format(ms + c->offset_ms, rfc);
  dp_date_format(dp_calendar_day(c, ms), date);
  snprintf(out, 32, "%s %.5s", date, rfc + 11);
}

static void explain(struct fq_query *q, struct walk *w) {
  char local[32];
  fq_json *list = fq_json_array();
  int64_t last = dp_calendar_day(w->c, w->due_ms - 1),
          start_ms = w->from_ms; /* 24:00 is of the day that ends */
  if (w->limit->unit == DP_U_WORKING_DAYS && w->limit->from_now)
    start_ms = dp_calendar_next_open(w->c, w->from_ms);
  w->first_day = dp_calendar_day(w->c, start_ms);
  int64_t day = dp_calendar_day(w->c, w->from_ms), end = last < day + MOST_DAYS ? last : day + MOST_DAYS - 1;
  for (; day <= end; day++)
    fq_json_push(list, day_json(w, day));
  fq_json_set_time(q->result, "due_at", w->due_ms);
  local_time(w->c, w->due_ms, local);
  fq_json_set_str(q->result, "due_local", local);
  fq_json_set(q->result, "days", list);
  if (end < last) fq_json_set_bool(q->result, "more", true);
}

static fq_json *written_days(fq_db *db, const char *name) {
  fq_stmt *r =
      fq_sql(db, "SELECT v.body FROM calendar AS c JOIN calendar_version AS v ON v.n = c.n WHERE c.name = ?1",
             "s", name);
  if (!fq_row(r)) return NULL;
  const char *body = fq_col_str(r, 0);
  fq_json *json = fq_json_parse(body, strlen(body), NULL), *days = fq_json_detach(json, "days");
  fq_json_free(json);
  fq_done(r);
  return days;
}

enum fq_status dp_calendar_check(struct fq_query *q) {
  const char *name = fq_json_str(q->params, "name"), *from = fq_json_str(q->params, "from");
  bool plain = !strcmp(name, "plain");
  struct dp_limit limit;
  enum fq_status s = dp_limit_read(q->params, !plain, &limit, q->error);
  if (s != FQ_OK) return s;
  struct dp_calendar *read = plain ? NULL : dp_calendar_load(q->db, name, false);
  if (!plain && !read)
    return fq_fail(q->error, FQ_E_NOT_FOUND, "calendar.unknown", "params.name", "没有日历 %s",
                   "no calendar %s", name);
  const struct dp_calendar *c = plain ? dp_calendar_plain() : read;
  fq_json *days = plain ? NULL : written_days(q->db, name);
  struct walk w = {.c = c, .days = days, .limit = &limit, .from_ms = from ? fq_time_parse(from) : q->now_ms};
  w.due_ms = dp_limit_due(&limit, c, w.from_ms);
  if (w.due_ms == DP_NEVER)
    s = dp_limit_never(q->error, name);
  else
    explain(q, &w);
  fq_json_free(days);
  dp_calendar_free(read);
  return s;
}
