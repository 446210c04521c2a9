/*
 * start.c - clock.start: from one milestone to a later one within a limit. What is over already when the
 * clock starts is judged at once. Kernel thread.
 */
#include <math.h>
#include <string.h>

#include "clock/calendars.h"

/* The share left out or out of order is refused here; the words for policies refuse it earlier and better. */
static enum fq_status warn_points(struct fq_call *c) {
  double last = 0;
  fq_json_each(share, fq_json_get(c->params, "warn")) {
    double v = fq_json_as_num(share, 0);
    if (!(v > last) || v >= 1)
      return fq_fail(c->error, FQ_E_PARAMS, "clock.warn", "params.warn", "预警点须在 0 与 1 之间并递增",
                     "warn points rise between 0 and 1");
    last = v;
  }
  return FQ_OK;
}

struct span {
  int from, to;       /* milestones */
  int64_t reached_ms; /* when `to` was, or a later one: a report already solved was never dispatched; 0: not
                         yet */
  double factor;      /* below 1 in an emergency */
};

static enum fq_status span(struct fq_call *c, const struct dp_incident *i, struct span *s) {
  s->from = dp_milestone_of(fq_json_str(c->params, "from"));
  s->to = dp_milestone_of(fq_json_str(c->params, "to"));
  s->reached_ms = 0;
  if (s->from < 0 || s->to < 0 || s->to <= s->from)
    return fq_fail(c->error, FQ_E_PARAMS, "clock.span", "params.to", "时钟须从较早的节点到较晚的节点",
                   "a clock runs from an earlier milestone to a later one");
  if (!i->at_ms[s->from])
    return fq_fail(c->error, FQ_E_CONFLICT, "clock.from", "params.from", "事件尚未到节点 %s",
                   "the incident has not reached %s yet", dp_milestone_name((enum dp_milestone)s->from));
  if (dp_next(DP_V_COMMENT, i->state) == DP_NO || i->state == DP_VOIDED)
    return fq_fail(c->error, FQ_E_CONFLICT, "incident.state", "params.incident", "事件已作废或并案,不再计时",
                   "a voided or merged incident has no clocks");
  for (int m = s->to; m < DP_MILESTONE_COUNT && !s->reached_ms; m++)
    s->reached_ms = i->at_ms[m];
  return FQ_OK;
}

/* A share of its limit, in its own time. Natural days become plain time: an emergency keeps no office hours.
 */
static void shorten(struct fq_call *c, struct dp_clock *k, double factor) {
  if (k->unit == DP_U_NATURAL_DAYS) k->calendar[0] = '\0';
  k->unit = DP_U_TIME;
  k->days = 0;
  k->limit_ms = llround((double)k->limit_ms * factor);
  if (k->limit_ms < 1) k->limit_ms = 1;
  k->due_ms = dp_clock_add(c->self, c->db, k, k->from_ms, k->limit_ms);
}

/* When it is due. Whatever makes all limits of a county longer or shorter does so here. */
static enum fq_status reckon(struct fq_call *c, struct dp_clock *k, double factor) {
  const char *name = fq_json_str(c->params, "calendar");
  const struct dp_calendar *calendar = dp_calendar_plain();
  struct dp_limit limit;
  bool hours = name && strcmp(name, "plain");
  enum fq_status s = dp_limit_read(c->params, hours, &limit, c->error);
  if (s != FQ_OK) return s;
  if (hours && !(calendar = dp_calendar_in_use(c->self, c->db, name)))
    return fq_fail(c->error, FQ_E_NOT_FOUND, "calendar.unknown", "params.calendar", "没有日历 %s",
                   "no calendar %s", name);
  if (hours) dp_text(k->calendar, sizeof k->calendar, name);
  k->unit = limit.unit;
  k->days = limit.days;
  k->from_now = limit.from_now;
  k->due_ms = dp_limit_due(&limit, calendar, k->from_ms);
  if (k->due_ms == DP_NEVER) return dp_limit_never(c->error, name ? name : "plain");
  k->limit_ms = limit.ms ? limit.ms : dp_clock_between(c->self, c->db, k, k->from_ms, k->due_ms);
  k->grace_ms = fq_json_int(c->params, "grace_ms", 0);
  k->pauses = dp_clock_pauses(fq_json_get(c->params, "pauses"));
  if (factor < 1) shorten(c, k, factor);
  return FQ_OK;
}

static fq_json *started(struct fq_call *c, const struct dp_clock *k, const struct span *s) {
  fq_json *data = dp_clock_about(k);
  fq_json_set_str(data, "from", dp_milestone_name((enum dp_milestone)s->from));
  fq_json_set_str(data, "to", dp_milestone_name((enum dp_milestone)s->to));
  fq_json_set_time(data, "from_at", k->from_ms);
  fq_json_set_time(data, "due_at", k->due_ms);
  fq_json_set_int(data, "limit_ms", k->limit_ms);
  if (s->factor < 1) fq_json_set_num(data, "heightened", s->factor);
  dp_set_opt(data, "warn", c->params, "warn");
  fq_json_set_str(data, "calendar", *k->calendar ? k->calendar : "plain");
  if (k->days) {
    fq_json_set_int(data, "limit_days", k->days);
    fq_json_set_str(data, "days", dp_unit_name((enum dp_unit)k->unit));
    fq_json_set_str(data, "count_from", k->from_now ? "now" : "next_day");
  }
  if (k->grace_ms) fq_json_set_int(data, "grace_ms", k->grace_ms);
  dp_set_opt(data, "pauses", c->params, "pauses");
  fq_json_set_str(data, "state", k->state);
  if (s->reached_ms) fq_json_set_time(data, "stopped_at", s->reached_ms);
  return data;
}

/* Emits the start and, when the limit has passed already, what follows from it. */
static enum fq_status start(struct fq_call *c, const struct dp_incident *i, struct dp_clock *k,
                            const struct span *s) {
  int64_t breach_ms = dp_clock_breach_ms(c->self, c->db, k),
          at_ms = s->reached_ms ? s->reached_ms - 1 : c->now_ms;
  const char *over = at_ms >= breach_ms ? "breached" : at_ms >= k->due_ms ? "overdue" : NULL;
  bool waits = i->state == DP_SUSPENDED || i->state == DP_RETURNED;
  const char *runs = waits && dp_clock_rests(k, i->state) ? "paused" : "running";
  const char *state = s->reached_ms ? (over ? "met_late" : "met") : over ? over : runs;
  dp_text(k->state, sizeof k->state, state);
  fq_json_set_str(c->result, "state", state);
  fq_json_set_time(c->result, "due_at", k->due_ms);
  enum fq_status st = dp_emit(c, i, "clock.started", started(c, k, s), NULL);
  if (st != FQ_OK || !over) return st;
  return dp_clock_tell(c, i, k, strcmp(over, "overdue") ? "clock.breached" : "clock.overdue", 0);
}

enum fq_status dp_clock_start(struct fq_call *c) {
  struct dp_incident i;
  struct dp_clock old, k = {0};
  struct span reach;
  enum fq_status s = dp_incident_need(c, "incident", &i);
  if (s == FQ_OK) s = warn_points(c);
  if (s != FQ_OK) return s;
  dp_clock_key_of(c, &k.key);
  dp_text(k.title, sizeof k.title, fq_json_str(c->params, "title"));
  if (dp_clock_load(c->db, &k.key, &old)) {
    /* It was started once and keeps its due time: sending a second officer buys nobody time. */
    fq_json_set_str(c->result, "state", old.state);
    fq_json_set_bool(c->result, "dup", true);
    return FQ_OK;
  }
  if ((s = span(c, &i, &reach)) != FQ_OK) return s;
  k.from_ms = i.at_ms[reach.from];
  reach.factor = dp_clock_factor(c->db, i.org);
  if ((s = reckon(c, &k, reach.factor)) != FQ_OK) return s;
  return start(c, &i, &k, &reach);
}
