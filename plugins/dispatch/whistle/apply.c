/*
 * apply.c - the only writer of the whistle's tables, and of its timers: the reminders and the limit of those
 * called, the time set for a measure. Kernel thread.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "whistle/whistle.h"

#define TIMER_MAX (2 * FQ_ID_MAX + 32)

static void timer_id(char out[TIMER_MAX], const char *whistle, const char *what) {
  snprintf(out, TIMER_MAX, "whistle:%s:%s", whistle, what);
}

static fq_json *of(const char *whistle) {
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "id", whistle);
  return params;
}

static void arm_limit(struct fq_apply *a, const struct fq_entry *e, const char *whistle, int64_t due_ms) {
  char id[TIMER_MAX];
  timer_id(id, whistle, "due");
  fq_timer_set(a, id, due_ms, "whistle.lapse", e->subject, of(whistle));
}

/* The next share of the time to remind at, of those ahead of this entry. */
static void arm_reminder(struct fq_apply *a, const struct fq_entry *e, const char *whistle,
                         const fq_json *shares, int64_t blown_ms, int64_t within_ms) {
  char id[TIMER_MAX];
  timer_id(id, whistle, "remind");
  fq_json_each(share, shares) {
    double v = fq_json_as_num(share, 1);
    int64_t when_ms = blown_ms + llround((double)within_ms * v);
    if (when_ms <= e->at_ms) continue;
    fq_json *params = of(whistle);
    fq_json_set_num(params, "share", v);
    fq_timer_set(a, id, when_ms, "whistle.remind", e->subject, params);
    return;
  }
}

static void disarm(struct fq_apply *a, const char *whistle) {
  char id[TIMER_MAX];
  timer_id(id, whistle, "due");
  fq_timer_clear(a, id);
  timer_id(id, whistle, "remind");
  fq_timer_clear(a, id);
}

static void arm_measure(struct fq_apply *a, const struct fq_entry *e, const char *whistle, const char *unit,
                        const char *due) {
  char id[TIMER_MAX], what[FQ_ID_MAX + 16];
  snprintf(what, sizeof what, "measure:%s", unit);
  timer_id(id, whistle, what);
  fq_timer_clear(a, id);
  if (!due) return;
  fq_json *params = of(whistle);
  fq_json_set_str(params, "unit", unit);
  fq_timer_set(a, id, fq_time_parse(due), "whistle.measure_lapse", e->subject, params);
}

static void disarm_measures(struct fq_apply *a, const struct fq_entry *e, const char *whistle) {
  fq_json *units = fq_json_array();
  fq_stmt *q =
      fq_sql(a->db, "SELECT unit FROM whistle_unit WHERE whistle = ?1 AND measure_due_ms IS NOT NULL", "i",
             dp_id_n(whistle, 'w'));
  while (fq_row(q))
    fq_json_push(units, fq_json_new_str(fq_col_str(q, 0)));
  fq_json_each(u, units) arm_measure(a, e, whistle, fq_json_as_str(u), NULL);
  fq_json_free(units);
}

enum fq_status dp_apply_whistle_blown(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data, *place = fq_json_get(d, "place"), *remind = fq_json_get(d, "remind");
  const char *id = fq_json_str(d, "whistle");
  int64_t n = dp_id_n(id, 'w'), incident = dp_id_n(e->subject, 'i');
  int64_t due_ms = fq_time_parse(fq_json_str(d, "due_at")), within_ms = fq_json_int(d, "within_ms", 0);
  char *shares = fq_json_print(remind);
  fq_exec(a->db,
          "INSERT INTO whistle(n, incident, rev, state, by_user, by_org, kind, reason, lon, lat, radius_m,"
          " within_ms, blown_ms, due_ms, remind, org, path, township)"
          " SELECT ?1, ?2, 1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, org, path, township"
          " FROM incident WHERE n = ?2",
          "iisssssddiiiis", n, incident, fq_json_str(d, "state"), e->actor, fq_json_str(d, "by_org"),
          fq_json_str(d, "kind"), fq_json_str(d, "reason"), place ? fq_json_num(place, "lon", NAN) : NAN,
          place ? fq_json_num(place, "lat", NAN) : NAN, fq_json_int(d, "radius_m", 0), within_ms, e->at_ms,
          due_ms, shares);
  free(shares);
  fq_json_each(u, fq_json_get(d, "units"))
      fq_exec(a->db, "INSERT INTO whistle_unit(whistle, unit, name, state) VALUES(?1, ?2, ?3, 'waiting')",
              "iss", n, fq_json_str(u, "unit"), fq_json_str(u, "name"));
  arm_limit(a, e, id, due_ms);
  arm_reminder(a, e, id, remind, e->at_ms, within_ms);
  return FQ_OK;
}

static void remind_again(struct fq_apply *a, const struct fq_entry *e, const char *whistle) {
  fq_stmt *q = fq_sql(a->db, "SELECT remind, blown_ms, within_ms FROM whistle WHERE n = ?1", "i",
                      dp_id_n(whistle, 'w'));
  if (!fq_row(q)) return;
  const char *text = fq_col_str(q, 0);
  fq_json *shares = text ? fq_json_parse(text, strlen(text), NULL) : NULL;
  int64_t blown_ms = fq_col_int(q, 1), within_ms = fq_col_int(q, 2);
  fq_done(q);
  arm_reminder(a, e, whistle, shares, blown_ms, within_ms);
  fq_json_free(shares);
}

/* Minutes and follow-ups are kept, every version of them. */
static void note(struct fq_apply *a, const struct fq_entry *e, int64_t n, const char *what, int64_t version) {
  const fq_json *d = e->data, *attachments = fq_json_get(d, "attachments");
  char *files = attachments && fq_json_size(attachments) ? fq_json_print(attachments) : NULL;
  fq_exec(a->db,
          "INSERT INTO whistle_note(whistle, seq, what, version, text, ok, attachments, by_user, at_ms)"
          " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
          "iisisissi", n, e->seq, what, version, fq_json_str(d, "text"), (int64_t)fq_json_bool(d, "ok", true),
          files, e->actor, e->at_ms);
  free(files);
}

static bool is(const struct fq_entry *e, const char *verb) {
  return !strcmp(e->kind + sizeof "whistle." - 1, verb);
}

/* Every other whistle.* kind. */
enum fq_status dp_apply_whistle(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  const char *id = fq_json_str(d, "whistle"), *unit = fq_json_str(d, "unit");
  int64_t n = dp_id_n(id, 'w');
  enum dp_whistle_state state = dp_whistle_state_of(fq_json_str(d, "state"));
  fq_exec(a->db, "UPDATE whistle SET state = ?2, rev = ?3 WHERE n = ?1", "isi", n, fq_json_str(d, "state"),
          fq_json_int(d, "rev", 0));
  if (is(e, "checked_in")) {
    fq_exec(a->db,
            "UPDATE whistle_unit SET state = ?3, came_ms = ?4, distance_m = ?5, by_user = ?6, by_hand = ?7,"
            " note = coalesce(?8, ?9) WHERE whistle = ?1 AND unit = ?2",
            "issidsiss", n, unit, fq_json_bool(d, "late", false) ? "late" : "here", e->at_ms,
            fq_json_num(d, "distance_m", NAN), e->actor, (int64_t)fq_json_bool(d, "by_hand", false),
            fq_json_str(d, "reason"), fq_json_str(d, "note"));
  } else if (is(e, "excused")) {
    fq_exec(a->db, "UPDATE whistle_unit SET state = 'excused', note = ?3 WHERE whistle = ?1 AND unit = ?2",
            "iss", n, unit, fq_json_str(d, "reason"));
  } else if (is(e, "absent")) {
    fq_exec(a->db, "UPDATE whistle_unit SET state = 'absent' WHERE whistle = ?1 AND unit = ?2", "is", n,
            unit);
  } else if (is(e, "reminded")) {
    remind_again(a, e, id);
  } else if (is(e, "minuted")) {
    fq_exec(a->db, "UPDATE whistle SET minutes = ?2 WHERE n = ?1", "ii", n, fq_json_int(d, "version", 0));
    note(a, e, n, "minutes", fq_json_int(d, "version", 0));
  } else if (is(e, "measure_agreed")) {
    const char *due = fq_json_str(d, "due_at");
    fq_exec(a->db,
            "UPDATE whistle_unit SET measure = ?3, measure_due_ms = nullif(?4, 0), task = ?5, version = ?6"
            " WHERE whistle = ?1 AND unit = ?2",
            "issiii", n, unit, fq_json_str(d, "text"), due ? fq_time_parse(due) : (int64_t)0,
            dp_id_n(fq_json_str(d, "task"), 't'), fq_json_int(d, "version", 0));
    arm_measure(a, e, id, unit, due);
  } else if (is(e, "followed_up")) {
    note(a, e, n, "follow_up", 0);
  } else if (is(e, "closed") || is(e, "withdrawn")) {
    fq_exec(a->db, "UPDATE whistle SET ended_ms = ?2, outcome = coalesce(?3, ?4) WHERE n = ?1", "iiss", n,
            e->at_ms, fq_json_str(d, "reason"), fq_json_str(d, "note"));
    disarm_measures(a, e, id);
  }
  /* All there, or nobody is asked to come any more. */
  if (state == DP_W_GATHERED || state == DP_W_CLOSED || state == DP_W_WITHDRAWN) disarm(a, id);
  return FQ_OK;
}

/* A measure is as far as its task is: of one that was given to somebody else, as his. */
enum fq_status dp_apply_whistle_task(struct fq_apply *a, const struct fq_entry *e) {
  const char *instead = fq_json_str(e->data, "reassigned_to");
  if (instead)
    fq_exec(a->db, "UPDATE whistle_unit SET task = ?2 WHERE task = ?1", "ii",
            dp_id_n(fq_json_str(e->data, "task"), 't'), dp_id_n(instead, 't'));
  return FQ_OK;
}
