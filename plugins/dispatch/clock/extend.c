/*
 * extend.c - more time for a clock, in its own kind of time: hours are working hours where it counts those;
 * of a clock in working days, whole days are working days. Kernel thread.
 */
#include <string.h>

#include "clock/calendars.h"

size_t dp_clocks_named(fq_db *db, const char *incident, const char *policy, const char *name, bool open,
                       struct dp_clock_now *out) {
  size_t n = 0;
  fq_stmt *q = fq_sql(db,
                      "SELECT policy, name, title, state, due_ms FROM clock WHERE incident = ?1"
                      " AND (?2 IS NULL OR policy = ?2) AND (?3 IS NULL OR name = ?3)"
                      " AND (?4 = 0 OR state IN ('running', 'due_soon', 'overdue', 'paused'))"
                      " ORDER BY state <> 'breached', due_ms, policy, name",
                      "issi", dp_id_n(incident, 'i'), policy, name, (int64_t)open);
  while (fq_row(q)) {
    if (n++) continue;
    dp_text(out->policy, sizeof out->policy, fq_col_str(q, 0));
    dp_text(out->name, sizeof out->name, fq_col_str(q, 1));
    dp_text(out->title, sizeof out->title, fq_col_str(q, 2));
    dp_text(out->state, sizeof out->state, fq_col_str(q, 3));
    out->due_ms = fq_col_int(q, 4);
  }
  return n;
}

/* `c` is NULL for none. */
static int64_t later(const struct dp_clock *k, const struct dp_calendar *c, int64_t due_ms, int64_t by_ms) {
  if (!c) return due_ms + by_ms;
  int64_t days = by_ms % DP_DAY_MS ? 0 : by_ms / DP_DAY_MS, to_ms;
  if (k->unit == DP_U_WORKING_DAYS && days)
    to_ms = dp_calendar_days_later(c, due_ms, days);
  else if (k->unit != DP_U_NATURAL_DAYS)
    to_ms = dp_calendar_add(c, due_ms, by_ms);
  else if (days && !k->from_now) /* 24:00 is of the day that ends */
    to_ms = dp_calendar_natural_days(c, due_ms - 1, days, false);
  else
    to_ms = dp_calendar_next_open(c, due_ms + by_ms);
  return to_ms == DP_NEVER ? due_ms + by_ms : to_ms;
}

static void key_of(struct dp_clock_key *key, const char *incident, const char *policy, const char *name) {
  dp_text(key->incident, FQ_ID_MAX, incident);
  dp_text(key->policy, FQ_ID_MAX, policy);
  dp_text(key->name, FQ_ID_MAX, name);
}

int64_t dp_clock_extended(fq_db *db, const char *incident, const struct dp_clock_now *now, int64_t by_ms) {
  struct dp_clock_key key;
  struct dp_clock k;
  key_of(&key, incident, now->policy, now->name);
  if (!dp_clock_load(db, &key, &k)) return now->due_ms + by_ms;
  struct dp_calendar *c = *k.calendar ? dp_calendar_load(db, k.calendar, true) : NULL;
  int64_t due_ms = later(&k, c, k.due_ms, by_ms);
  dp_calendar_free(c);
  return due_ms;
}

/* While the incident waits nothing runs that rests with it: made whole then, it goes on with the incident. */
static bool waits(fq_db *db, const char *incident, const struct dp_clock *k) {
  bool still = false;
  fq_stmt *q = fq_sql(db, "SELECT state FROM incident WHERE n = ?1", "i", dp_id_n(incident, 'i'));
  while (fq_row(q)) {
    enum dp_state state = dp_state_of(fq_col_str(q, 0));
    still = (state == DP_SUSPENDED || state == DP_RETURNED) && dp_clock_rests(k, state);
  }
  return still;
}

/* Asked for in time and granted late, it makes a clock that was overdue or breached meanwhile whole again. */
void dp_clocks_extend(struct fq_apply *a, const char *incident, const char *policy, const char *name,
                      int64_t by_ms, int64_t at_ms) {
  struct dp_clock_key key;
  struct dp_clock k;
  key_of(&key, incident, policy, name);
  if (!dp_clock_load(a->db, &key, &k) || k.stopped_ms) return;
  const struct dp_calendar *c =
      *k.calendar ? dp_calendar_current(a->self, a->db, k.calendar, &k.reckoned) : NULL;
  bool paused = dp_clock_is(&k, "paused");
  int64_t was_ms = paused ? dp_clock_add(a->self, a->db, &k, at_ms, k.remaining_ms) : k.due_ms;
  int64_t due_ms = later(&k, c, was_ms, by_ms);
  k.limit_ms += dp_clock_between(a->self, a->db, &k, was_ms, due_ms);
  if (paused) k.remaining_ms = dp_clock_between(a->self, a->db, &k, at_ms, due_ms);
  k.due_ms = paused ? later(&k, c, k.due_ms, by_ms) : due_ms;
  k.warned = dp_clock_passed(a, &k, due_ms, at_ms);
  bool whole = !paused && due_ms > at_ms, later_on = whole && waits(a->db, incident, &k);
  if (whole) dp_text(k.state, sizeof k.state, later_on ? "paused" : k.warned > 0 ? "due_soon" : "running");
  if (later_on) k.remaining_ms = dp_clock_between(a->self, a->db, &k, at_ms, due_ms);
  if (later_on && k.remaining_ms < 1) k.remaining_ms = 1; /* outside its hours; 0 means none */
  dp_clock_save(a, &k);
  fq_exec(a->db, "UPDATE clock SET limit_ms = ?4 WHERE incident = ?1 AND policy = ?2 AND name = ?3", "issi",
          dp_id_n(incident, 'i'), policy, name, k.limit_ms);
  if (later_on)
    dp_clock_disarm(a, &k.key);
  else if (whole)
    dp_clock_arm(a, &k, at_ms);
}
