/*
 * clock.h - what the files of this part share. Kernel thread; queries on reader threads.
 *
 * Every amount of time of a clock (limit, what is left, grace, the shares it warns at) is in its own time:
 * working time by its calendar, any time without one and for natural days.
 */
#ifndef FQ_PLUGIN_DISPATCH_CLOCK_H
#define FQ_PLUGIN_DISPATCH_CLOCK_H

#include "dispatch.h"

struct dp_clock_key {
  char incident[FQ_ID_MAX], policy[FQ_ID_MAX], name[FQ_ID_MAX];
};
/* In which states of its incident a clock stands still. */
enum { DP_PAUSE_SUSPENDED = 1, DP_PAUSE_RETURNED = 2 };

struct dp_clock {
  struct dp_clock_key key;
  int64_t from_ms, due_ms, limit_ms, stopped_ms;
  int64_t remaining_ms; /* while paused; negative when it was overdue already; else 0 */
  int64_t grace_ms;     /* from overdue to breached */
  double warned;        /* the greatest share warned of so far */
  char warn[128];       /* the shares to warn at, as JSON */
  char state[16];
  char title[128];          /* what people call it; "" for none */
  char calendar[FQ_ID_MAX]; /* "" for none */
  int unit;                 /* enum dp_unit */
  int64_t days;             /* the limit in those */
  bool from_now;            /* ... counted from the moment */
  int64_t reckoned;         /* the version of the calendar the due time came from */
  int pauses;               /* DP_PAUSE_... */
  bool by_hand;             /* paused by clock.pause: the incident's states do not resume it */
};

/* ---- rows (row.c) ------------------------------------------------------------------------------------- */

enum { DP_CLOCKS_MOST = 64 };
enum dp_clock_which {
  DP_CLOCKS_OPEN,    /* neither stopped nor dropped; to this milestone or an earlier one */
  DP_CLOCKS_PAUSED,  /* ... that stand still */
  DP_CLOCKS_ANSWERED /* met in time at this milestone or a later one, or dropped with the incident */
};
bool dp_clock_load(fq_db *db, const struct dp_clock_key *key, struct dp_clock *k);
size_t dp_clock_collect(fq_db *db, const char *incident, enum dp_clock_which which, int64_t milestone,
                        struct dp_clock out[DP_CLOCKS_MOST]);
bool dp_clock_runs(const struct dp_clock *k);
bool dp_clock_is(const struct dp_clock *k, const char *state);
void dp_clock_save(struct fq_apply *a, const struct dp_clock *k);
int dp_clock_pauses(const fq_json *states); /* ["suspended", "returned"] as bits; NULL: both */
/* Does it stand still while its incident waits in this state? Whatever else pauses an incident pauses it. */
bool dp_clock_rests(const struct dp_clock *k, enum dp_state state);

/* ---- its own time (own_time.c) ------------------------------------------------------------------------- */

int64_t dp_clock_add(struct dp_self *self, fq_db *db, const struct dp_clock *k, int64_t from_ms, int64_t ms);
int64_t dp_clock_between(struct dp_self *self, fq_db *db, const struct dp_clock *k, int64_t a_ms,
                         int64_t b_ms);
int64_t dp_clock_breach_ms(struct dp_self *self, fq_db *db,
                           const struct dp_clock *k); /* the end of its grace */
/* The greatest share warned of that has passed also when it is due at `due_ms`. */
double dp_clock_passed(struct fq_apply *a, const struct dp_clock *k, int64_t due_ms, int64_t at_ms);
/* Itself, or when its calendar next opens. */
int64_t dp_clock_opens(struct dp_self *self, fq_db *db, const struct dp_clock *k, int64_t at_ms);
void dp_clock_warn_at(struct fq_apply *a, const struct dp_clock *k, double share, int64_t at_ms);
void dp_clock_arm(struct fq_apply *a, const struct dp_clock *k, int64_t at_ms);
void dp_clock_disarm(struct fq_apply *a, const struct dp_clock_key *key);

/* ---- entries (entry.c) --------------------------------------------------------------------------------- */

/* The clock that params name: incident, name, policy (else the policy that asks). */
void dp_clock_key_of(struct fq_call *c, struct dp_clock_key *key);
fq_json *dp_clock_about(const struct dp_clock *k);
/* clock.overdue or clock.breached: says who holds the incident at this moment. */
enum fq_status dp_clock_tell(struct fq_call *c, const struct dp_incident *i, const struct dp_clock *k,
                             const char *kind, int64_t late_ms);

/* Moves a clock to what its calendar now says; counts it in *moved when that is another time. */
enum fq_status dp_clock_recompute(struct fq_call *c, const struct dp_clock_key *key, int64_t *moved);

/* ---- what part.c lists --------------------------------------------------------------------------------- */

DP_COMMAND(dp_clock_start);
DP_COMMAND(dp_clock_warn);
DP_COMMAND(dp_clock_breach);
DP_COMMAND(dp_clock_stop);
DP_COMMAND(dp_clock_pause);
DP_COMMAND(dp_clock_resume);
DP_COMMAND(dp_calendar_set);
DP_COMMAND(dp_calendar_remove);
DP_COMMAND(dp_calendar_recompute);
DP_TARGET(dp_target_clock); /* params.incident: a desk's */
DP_TARGET(dp_target_county);
DP_APPLY(dp_apply_clock_started);
DP_APPLY(dp_apply_clock_warned);
DP_APPLY(dp_apply_clock_deferred);
DP_APPLY(dp_apply_clock_overdue);
DP_APPLY(dp_apply_clock_breached);
DP_APPLY(dp_apply_clock_stopped);
DP_APPLY(dp_apply_clock_paused);
DP_APPLY(dp_apply_clock_resumed);
DP_APPLY(dp_apply_clock_moved);
DP_APPLY(dp_apply_calendar_set);
DP_APPLY(dp_apply_calendar_removed);
DP_APPLY(dp_apply_calendar_recomputed);
DP_QUERY(dp_clock_list);
DP_QUERY(dp_calendar_list);
DP_QUERY(dp_calendar_check);
DP_VIEW(dp_view_clocks);

#endif
