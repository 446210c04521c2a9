/*
 * own_time.c - a clock's own time, and its one timer: the next warn point, then the limit, then the end of
 * its grace. Kernel thread.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "clock/calendars.h"

/* The calendar it counts by, or NULL when it counts any time. */
static const struct dp_calendar *measure(struct dp_self *self, fq_db *db, const struct dp_clock *k) {
  return *k->calendar && k->unit != DP_U_NATURAL_DAYS ? dp_calendar_current(self, db, k->calendar, NULL)
                                                      : NULL;
}

/* A calendar that has come to its end counts any time: better a reminder too early than none. */
int64_t dp_clock_add(struct dp_self *self, fq_db *db, const struct dp_clock *k, int64_t from_ms, int64_t ms) {
  const struct dp_calendar *c = measure(self, db, k);
  int64_t due_ms = c ? dp_calendar_add(c, from_ms, ms) : DP_NEVER;
  return due_ms == DP_NEVER ? from_ms + ms : due_ms;
}

int64_t dp_clock_between(struct dp_self *self, fq_db *db, const struct dp_clock *k, int64_t a_ms,
                         int64_t b_ms) {
  const struct dp_calendar *c = measure(self, db, k);
  return c ? dp_calendar_between(c, a_ms, b_ms) : b_ms - a_ms;
}

int64_t dp_clock_breach_ms(struct dp_self *self, fq_db *db, const struct dp_clock *k) {
  return k->grace_ms ? dp_clock_add(self, db, k, k->due_ms, k->grace_ms) : k->due_ms;
}

int64_t dp_clock_opens(struct dp_self *self, fq_db *db, const struct dp_clock *k, int64_t at_ms) {
  const struct dp_calendar *c = *k->calendar ? dp_calendar_current(self, db, k->calendar, NULL) : NULL;
  /* The last instant of working time is still one to be reminded in. */
  int64_t open_ms =
      c && dp_calendar_between(c, at_ms - 1, at_ms) == 0 ? dp_calendar_next_open(c, at_ms) : at_ms;
  return open_ms == DP_NEVER ? at_ms : open_ms;
}

/* When it has used this share. Whoever keeps hours is not reminded outside them: natural days go on at night,
 * their reminders wait for the office to open. */
static int64_t point_of(struct fq_apply *a, const struct dp_clock *k, int64_t due_ms, double share) {
  int64_t left_ms = llround((double)k->limit_ms * (1 - share)), point_ms;
  if (!*k->calendar) return due_ms - left_ms;
  point_ms = dp_clock_add(a->self, a->db, k, due_ms, -left_ms);
  return k->unit == DP_U_NATURAL_DAYS ? dp_clock_opens(a->self, a->db, k, point_ms) : point_ms;
}

/* The next warn point ahead of `at_ms` not warned of yet; 0 for none. */
static int64_t next_warning(struct fq_apply *a, const struct dp_clock *k, int64_t at_ms, double *share) {
  fq_json *warn = fq_json_parse(k->warn, strlen(k->warn), NULL);
  int64_t found_ms = 0;
  fq_json_each(one, warn) {
    *share = fq_json_as_num(one, 1);
    int64_t point_ms = *share > k->warned ? point_of(a, k, k->due_ms, *share) : 0;
    if (point_ms <= at_ms || point_ms >= k->due_ms) continue;
    found_ms = point_ms;
    break;
  }
  fq_json_free(warn);
  return found_ms;
}

double dp_clock_passed(struct fq_apply *a, const struct dp_clock *k, int64_t due_ms, int64_t at_ms) {
  double passed = 0;
  fq_json *warn = fq_json_parse(k->warn, strlen(k->warn), NULL);
  fq_json_each(one, warn) {
    double share = fq_json_as_num(one, 1);
    if (share <= k->warned && point_of(a, k, due_ms, share) <= at_ms) passed = share;
  }
  fq_json_free(warn);
  return passed;
}

static void timer_id(char *out, size_t cap, const struct dp_clock_key *k) {
  snprintf(out, cap, "clock:%s:%s:%s", k->incident, k->policy, k->name);
}

void dp_clock_disarm(struct fq_apply *a, const struct dp_clock_key *key) {
  char id[4 * FQ_ID_MAX];
  timer_id(id, sizeof id, key);
  fq_timer_clear(a, id);
}

static fq_json *timer_params(const struct dp_clock_key *key) {
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "incident", key->incident);
  fq_json_set_str(params, "policy", key->policy);
  fq_json_set_str(params, "name", key->name);
  return params;
}

void dp_clock_warn_at(struct fq_apply *a, const struct dp_clock *k, double share, int64_t at_ms) {
  char id[4 * FQ_ID_MAX];
  timer_id(id, sizeof id, &k->key);
  fq_json *params = timer_params(&k->key);
  fq_json_set_num(params, "share", share);
  fq_timer_set(a, id, at_ms, "clock.warn", k->key.incident, params);
}

void dp_clock_arm(struct fq_apply *a, const struct dp_clock *k, int64_t at_ms) {
  char id[4 * FQ_ID_MAX];
  double share = 0;
  bool overdue = dp_clock_is(k, "overdue");
  int64_t warn_ms = *k->warn && !overdue ? next_warning(a, k, at_ms, &share) : 0;
  if (warn_ms) {
    dp_clock_warn_at(a, k, share, warn_ms);
    return;
  }
  timer_id(id, sizeof id, &k->key);
  fq_timer_set(a, id, overdue ? dp_clock_breach_ms(a->self, a->db, k) : k->due_ms, "clock.breach",
               k->key.incident, timer_params(&k->key));
}
