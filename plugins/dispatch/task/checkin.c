/*
 * checkin.c - safety check-ins 平安确认: somebody on his way or at the place says every so often that he is
 * well. At the time he is reminded; when he stays silent for the grace, an alarm is raised that stays until
 * somebody at a desk has dealt with it: his checking in late lowers nothing, nor does the end of the task.
 * The grace counts from the reminder that was really made, because a server that was down has reminded
 * nobody. One timer a task: the next reminder, or the alarm after it. Kernel thread; the query on a reader
 * thread.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "task/task.h"

#define GRACE_MS 120000 /* when not said; never longer than the time between two check-ins */

static fq_json *about(const struct dp_task *t, const struct dp_incident *i) {
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "task", t->id);
  fq_json_set_str(data, "name", t->name);
  fq_json_set_int(data, "number", i->number);
  return data;
}

/* Whose life it is: the assignee, or whoever of the team or unit accepted. */
static const char *who(const struct dp_task *t) {
  return *t->user ? t->user : t->accepted_by;
}

/* Where he was last, and when: what the desk wants to know first. */
static void last_place(struct dp_self *self, const struct dp_task *t, fq_json *into) {
  struct dp_position p;
  if (!*who(t) || !dp_position_get(self->positions, who(t), &p)) return;
  fq_json *place = dp_place_json(p.lon, p.lat, p.acc_m);
  if (!place) return;
  fq_json_set(into, "place", place);
  fq_json_set_time(into, "place_at", p.at_ms);
}

static enum fq_status done(struct fq_call *c, const struct dp_task *t, int64_t due_ms) {
  fq_json_set_str(c->result, "id", t->id);
  if (due_ms) fq_json_set_time(c->result, "due_at", due_ms);
  return FQ_OK;
}

/* ---- by people ------------------------------------------------------------------------------------ */

/* Again with another time between: that holds from now on. */
enum fq_status dp_checkin_start(struct fq_call *c) {
  struct dp_task t;
  struct dp_incident i;
  enum dp_task_state same;
  enum fq_status s = dp_task_begin(c, DP_TV_WATCH, &t, &i, &same);
  if (s != FQ_OK) return s;
  int64_t every_ms = fq_json_int(c->params, "every_ms", 0);
  int64_t grace_ms = fq_json_int(c->params, "grace_ms", every_ms < GRACE_MS ? every_ms : GRACE_MS);
  fq_json *data = about(&t, &i);
  fq_json_set_int(data, "every_ms", every_ms);
  fq_json_set_int(data, "grace_ms", grace_ms);
  fq_json_set_time(data, "due_at", c->now_ms + every_ms);
  if ((s = dp_emit(c, &i, "task.checkin_started", data, NULL)) != FQ_OK) return s;
  return done(c, &t, c->now_ms + every_ms);
}

static enum fq_status need_watched(struct fq_call *c, const struct dp_task *t) {
  if (t->every_ms) return FQ_OK;
  return fq_fail(c->error, FQ_E_CONFLICT, "checkin.none", "params.id", "任务 %s 没有开启平安确认",
                 "no check-ins are asked for on %s", t->id);
}

enum fq_status dp_check_in(struct fq_call *c) {
  struct dp_task t;
  struct dp_incident i;
  enum dp_task_state same;
  enum fq_status s = dp_task_begin(c, DP_TV_CHECK_IN, &t, &i, &same);
  if (s == FQ_OK) s = need_watched(c, &t);
  if (s != FQ_OK) return s;
  fq_json *data = about(&t, &i);
  dp_set_opt(data, "place", c->params, "place");
  dp_set_opt(data, "note", c->params, "note");
  if (t.missed) fq_json_set_int(data, "missed", t.missed);
  if (t.alarm_ms) fq_json_set_bool(data, "alarm", true);
  fq_json_set_time(data, "due_at", c->now_ms + t.every_ms);
  if ((s = dp_emit(c, &i, "task.checked_in", data, NULL)) != FQ_OK) return s;
  return done(c, &t, c->now_ms + t.every_ms);
}

/* Whatever state the task is in by now: an alarm outlives it. */
enum fq_status dp_checkin_clear(struct fq_call *c) {
  struct dp_task t;
  struct dp_incident i;
  enum fq_status s = dp_task_need(c, &t, &i);
  if (s != FQ_OK) return s;
  if (!t.alarm_ms)
    return fq_fail(c->error, FQ_E_CONFLICT, "alarm.none", "params.id", "任务 %s 没有未解除的警报",
                   "no alarm is raised on %s", t.id);
  int64_t due_ms = t.every_ms ? c->now_ms + t.every_ms : 0;
  fq_json *data = about(&t, &i);
  dp_set_opt(data, "note", c->params, "note");
  fq_json_set_time(data, "raised_at", t.alarm_ms);
  if (due_ms) fq_json_set_time(data, "due_at", due_ms);
  if ((s = dp_emit(c, &i, "task.checkin_cleared", data, NULL)) != FQ_OK) return s;
  return done(c, &t, due_ms);
}

enum fq_status dp_checkin_stop(struct fq_call *c) {
  struct dp_task t;
  struct dp_incident i;
  enum fq_status s = dp_task_need(c, &t, &i);
  if (s == FQ_OK) s = need_watched(c, &t);
  if (s != FQ_OK) return s;
  fq_json *data = about(&t, &i);
  dp_set_opt(data, "reason", c->params, "reason");
  if ((s = dp_emit(c, &i, "task.checkin_stopped", data, NULL)) != FQ_OK) return s;
  return done(c, &t, 0);
}

/* ---- by the timer --------------------------------------------------------------------------------- */

/* He may have checked in, or finished, in the same tick. */
static bool watched(struct fq_call *c, struct dp_task *t, struct dp_incident *i) {
  char of[FQ_ID_MAX];
  if (!dp_task_load(c->db, fq_json_str(c->params, "id"), t) || !t->every_ms) return false;
  dp_id_make(of, 'i', t->incident);
  return dp_incident_load(c->db, of, i) && dp_task_next(DP_TV_CHECK_IN, t->state) != DP_T_NO;
}

enum fq_status dp_check_in_due(struct fq_call *c) {
  struct dp_task t;
  struct dp_incident i;
  if (!watched(c, &t, &i)) return FQ_OK;
  fq_json *data = about(&t, &i);
  fq_json_set_time(data, "due_at", t.due_ms);
  fq_json_set_time(data, "alarm_at", c->now_ms + t.grace_ms);
  fq_json_set_int(data, "late_ms", fq_json_int(c->params, "late_ms", 0));
  return dp_emit(c, &i, "task.check_in_due", data, NULL);
}

enum fq_status dp_check_in_miss(struct fq_call *c) {
  struct dp_task t;
  struct dp_incident i;
  if (!watched(c, &t, &i)) return FQ_OK;
  fq_json *data = about(&t, &i);
  if (*who(&t)) fq_json_set_str(data, "user", who(&t));
  fq_json_set_str(data, "incident_title", i.title);
  fq_json_set_int(data, "count", t.missed + 1);
  fq_json_set_time(data, "was_due_at", t.due_ms);
  if (t.seen_alive_ms) fq_json_set_time(data, "last_at", t.seen_alive_ms);
  last_place(c->self, &t, data);
  fq_json_set_time(data, "due_at", c->now_ms + t.every_ms);
  fq_json_set_int(data, "late_ms", fq_json_int(c->params, "late_ms", 0));
  return dp_emit(c, &i, "task.check_in_missed", data, NULL);
}

/* ---- apply --------------------------------------------------------------------------------------- */

enum fq_status dp_apply_checkin(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  const char *task = fq_json_str(d, "task"), *due = fq_json_str(d, "due_at");
  const char *alarm = fq_json_str(d, "alarm_at"), *verb = e->kind + sizeof "task." - 1;
  int64_t n = dp_id_n(task, 't'), due_ms = due ? fq_time_parse(due) : 0;
  if (!strcmp(verb, "checkin_started"))
    fq_exec(a->db,
            "UPDATE task SET checkin_ms = ?2, checkin_grace_ms = ?3, checkin_at_ms = ?4, checkin_missed = 0"
            " WHERE n = ?1",
            "iiii", n, fq_json_int(d, "every_ms", 0), fq_json_int(d, "grace_ms", 0), e->at_ms);
  else if (!strcmp(verb, "checked_in"))
    fq_exec(a->db, "UPDATE task SET checkin_at_ms = ?2, checkin_missed = 0 WHERE n = ?1", "ii", n, e->at_ms);
  else if (!strcmp(verb, "check_in_missed"))
    fq_exec(a->db, "UPDATE task SET alarm_ms = coalesce(alarm_ms, ?2), checkin_missed = ?3 WHERE n = ?1",
            "iii", n, e->at_ms, fq_json_int(d, "count", 0));
  else if (!strcmp(verb, "checkin_cleared"))
    fq_exec(a->db, "UPDATE task SET alarm_ms = NULL, checkin_missed = 0 WHERE n = ?1", "i", n);
  else if (!strcmp(verb, "checkin_stopped"))
    fq_exec(a->db, "UPDATE task SET checkin_ms = NULL WHERE n = ?1", "i", n);
  fq_exec(a->db, "UPDATE task SET checkin_due_ms = nullif(?2, 0) WHERE n = ?1", "ii", n, due_ms);
  if (alarm)
    dp_task_timer(a, task, e->subject, "checkin", fq_time_parse(alarm), "task.check_in_miss");
  else if (due)
    dp_task_timer(a, task, e->subject, "checkin", due_ms, "task.check_in_remind");
  else
    dp_task_timer_clear(a, task, "checkin");
  return FQ_OK;
}

/* ---- task.alarms ---------------------------------------------------------------------------------- */

/* What is raised now, for a page that has just been opened. Few at any time, so each is asked about; none is
 * left out, however many there are: one that nobody sees rings in an empty room. */
enum fq_status dp_task_alarms(struct fq_query *q) {
  int64_t *keys = NULL;
  size_t count = 0;
  fq_json *rows = fq_json_array();
  fq_stmt *s = fq_sql(q->db, "SELECT n FROM task WHERE alarm_ms IS NOT NULL ORDER BY n DESC", "");
  while (fq_row(s)) {
    if (count % 64 == 0 && !(keys = realloc(keys, (count + 64) * sizeof *keys))) abort();
    keys[count++] = fq_col_int(s, 0);
  }
  for (size_t x = 0; x < count; x++) {
    struct dp_task t;
    struct dp_incident i;
    char id[FQ_ID_MAX], of[FQ_ID_MAX];
    dp_id_make(id, 't', keys[x]);
    if (!dp_task_load(q->db, id, &t)) continue;
    dp_id_make(of, 'i', t.incident);
    if (!dp_incident_load(q->db, of, &i) || !dp_may_see(q->db, q->actor, &i)) continue;
    fq_json *r = about(&t, &i);
    fq_json_set_str(r, "incident", i.id);
    fq_json_set_str(r, "incident_title", i.title);
    if (*who(&t)) fq_json_set_str(r, "user", who(&t));
    fq_json_set_str(r, "state", dp_task_state_name(t.state));
    fq_json_set_time(r, "raised_at", t.alarm_ms);
    fq_json_set_int(r, "count", t.missed);
    if (t.seen_alive_ms) fq_json_set_time(r, "last_at", t.seen_alive_ms);
    /* He has been heard of since: still somebody has to say that all is well. */
    if (t.seen_alive_ms > t.alarm_ms) fq_json_set_bool(r, "answered", true);
    last_place(q->self, &t, r);
    fq_json_push(rows, r);
  }
  free(keys);
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}
