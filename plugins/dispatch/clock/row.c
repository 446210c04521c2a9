/*
 * row.c - the rows of the clock table. Two policies' clocks of one name are two clocks. Kernel thread.
 */
#include <string.h>

#include "clock/calendars.h"

#define COLUMNS                                                                                              \
  "policy, name, calendar, from_ms, due_ms, limit_ms, remaining_ms, stopped_ms, warned, warn, state, title," \
  " grace_ms, pauses, by_hand, unit, days, from_now, reckoned"

static void read_row(fq_stmt *q, const char *incident, struct dp_clock *k) {
  dp_text(k->key.incident, FQ_ID_MAX, incident);
  dp_text(k->key.policy, FQ_ID_MAX, fq_col_str(q, 0));
  dp_text(k->key.name, FQ_ID_MAX, fq_col_str(q, 1));
  dp_text(k->calendar, FQ_ID_MAX, fq_col_str(q, 2));
  k->from_ms = fq_col_int(q, 3);
  k->due_ms = fq_col_int(q, 4);
  k->limit_ms = fq_col_int(q, 5);
  k->remaining_ms = fq_col_int(q, 6);
  k->stopped_ms = fq_col_int(q, 7);
  k->warned = fq_col_num(q, 8);
  dp_text(k->warn, sizeof k->warn, fq_col_str(q, 9));
  dp_text(k->state, sizeof k->state, fq_col_str(q, 10));
  dp_text(k->title, sizeof k->title, fq_col_str(q, 11));
  k->grace_ms = fq_col_int(q, 12);
  k->pauses = (int)fq_col_int(q, 13);
  k->by_hand = fq_col_int(q, 14) != 0;
  k->unit = dp_unit_of(fq_col_str(q, 15));
  k->days = fq_col_int(q, 16);
  k->from_now = fq_col_int(q, 17) != 0;
  k->reckoned = fq_col_int(q, 18);
}

bool dp_clock_load(fq_db *db, const struct dp_clock_key *key, struct dp_clock *k) {
  fq_stmt *q = fq_sql(db, "SELECT " COLUMNS " FROM clock WHERE incident = ?1 AND policy = ?2 AND name = ?3",
                      "iss", dp_id_n(key->incident, 'i'), key->policy, key->name);
  if (!fq_row(q)) return false;
  read_row(q, key->incident, k);
  fq_done(q);
  return true;
}

/* Copied out: changing rows under a running statement is asking for surprises. An incident with more clocks
 * than this has a policy that needs a conversation. */
size_t dp_clock_collect(fq_db *db, const char *incident, enum dp_clock_which which, int64_t milestone,
                        struct dp_clock out[DP_CLOCKS_MOST]) {
  static const char *const sql[] = {
      [DP_CLOCKS_OPEN] =
          "SELECT " COLUMNS " FROM clock WHERE incident = ?1 AND to_milestone <= ?2 AND stopped_ms IS NULL",
      [DP_CLOCKS_PAUSED] =
          "SELECT " COLUMNS " FROM clock WHERE incident = ?1 AND to_milestone <= ?2 AND state = 'paused'",
      [DP_CLOCKS_ANSWERED] =
          "SELECT " COLUMNS " FROM clock WHERE incident = ?1 AND stopped_ms IS NOT NULL AND"
          " ((to_milestone >= ?2 AND state = 'met') OR state = 'dropped')",
  };
  size_t n = 0;
  fq_stmt *q = fq_sql(db, sql[which], "ii", dp_id_n(incident, 'i'), milestone);
  while (fq_row(q)) {
    if (n < DP_CLOCKS_MOST) read_row(q, incident, &out[n++]);
  }
  return n;
}

bool dp_clock_is(const struct dp_clock *k, const char *state) {
  return !strcmp(k->state, state);
}

bool dp_clock_runs(const struct dp_clock *k) {
  return !k->stopped_ms &&
         (dp_clock_is(k, "running") || dp_clock_is(k, "due_soon") || dp_clock_is(k, "overdue"));
}

int dp_clock_pauses(const fq_json *states) {
  int bits = 0;
  if (!states) return DP_PAUSE_SUSPENDED | DP_PAUSE_RETURNED;
  fq_json_each(state, states) bits |=
      strcmp(fq_json_as_str(state), "suspended") ? DP_PAUSE_RETURNED : DP_PAUSE_SUSPENDED;
  return bits;
}

bool dp_clock_rests(const struct dp_clock *k, enum dp_state state) {
  if (state == DP_SUSPENDED) return k->pauses & DP_PAUSE_SUSPENDED;
  if (state == DP_RETURNED) return k->pauses & DP_PAUSE_RETURNED;
  return true;
}

/* Most clocks count any time: they are saved without what only the others have. */
void dp_clock_save(struct fq_apply *a, const struct dp_clock *k) {
  fq_exec(
      a->db,
      "UPDATE clock SET state = ?4, due_ms = ?5, remaining_ms = nullif(?6, 0), stopped_ms = nullif(?7, 0),"
      " warned = ?8, by_hand = ?9 WHERE incident = ?1 AND policy = ?2 AND name = ?3",
      "isssiiidi", dp_id_n(k->key.incident, 'i'), k->key.policy, k->key.name, k->state, k->due_ms,
      k->remaining_ms, k->stopped_ms, k->warned, (int64_t)k->by_hand);
  if (*k->calendar)
    fq_exec(a->db, "UPDATE clock SET reckoned = ?4 WHERE incident = ?1 AND policy = ?2 AND name = ?3", "issi",
            dp_id_n(k->key.incident, 'i'), k->key.policy, k->key.name, k->reckoned);
}
