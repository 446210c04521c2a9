/*
 * occurred.c - when something happened, as whoever was there says. Kernel thread.
 */
#include "dispatch.h"

#define DAY_MS 86400000LL
/* A phone that has lost its clock says 1970 or 2000; an offline report is days late, a paper form weeks. */
#define OLDEST_MS (400 * DAY_MS)

/* The reporter's time, kept between believable bounds. A report from a phone with a wrong clock is not
 * refused, because the fire is real: the time is clamped to now, what was claimed is kept beside it and
 * `clock_skew` says so. A few minutes ahead are ordinary drift. */
int64_t dp_occurred(struct fq_call *c, fq_json *data) {
  const struct dp_self *self = c->self;
  const char *claimed = fq_json_str(c->params, "occurred_at");
  int64_t ms = claimed ? fq_time_parse(claimed) : c->now_ms;
  if (ms > c->now_ms + self->future_ms || ms < c->now_ms - OLDEST_MS) {
    fq_json_set_str(data, "occurred_claimed", claimed);
    fq_json_set_bool(data, "clock_skew", true);
    ms = c->now_ms;
  }
  return ms > c->now_ms ? c->now_ms : ms;
}

/* A step that was taken without a network: the server's time stays what clocks go by, this one is told beside
 * it. */
void dp_set_occurred(struct fq_call *c, fq_json *data) {
  if (fq_json_str(c->params, "occurred_at")) fq_json_set_time(data, "occurred_at", dp_occurred(c, data));
}
