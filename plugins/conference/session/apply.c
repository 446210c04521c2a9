/*
 * apply.c - the conference's own row follows its entries, with its timers. Kernel thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/apply.h"

int64_t cf_of(const struct fq_entry *e) {
  return cf_id_n(fq_json_str(e->data, "conf"));
}

int64_t cf_time(const fq_json *d, const char *member) {
  const char *s = fq_json_str(d, member);
  return s ? fq_time_parse(s) : 0;
}

/* Every entry counts the revision up, and may say in what state the conference is now. */
void cf_moved(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "UPDATE conference SET rev = rev + 1, state = coalesce(?2, state) WHERE n = ?1", "is",
          cf_of(e),
          fq_json_str(e->data, "state") && cf_state_of(fq_json_str(e->data, "state"))
              ? fq_json_str(e->data, "state")
              : NULL);
}

void cf_timer(struct fq_apply *a, const struct fq_entry *e, const char *what, int64_t due_ms,
              const char *method) {
  char name[FQ_ID_MAX + 24];
  const char *id = fq_json_str(e->data, "conf");
  snprintf(name, sizeof name, "conf:%s:%s", id, what);
  if (!due_ms) {
    fq_timer_clear(a, name);
    return;
  }
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "id", id);
  fq_timer_set(a, name, due_ms, method, id, params);
}

/* Nobody sits there: it ends by itself in a while, unless somebody comes. */
void cf_empty(struct fq_apply *a, const struct fq_entry *e) {
  int64_t at_ms = cf_time(e->data, "empty_at");
  if (at_ms) cf_timer(a, e, "empty", at_ms, "conf.empty_due");
}

enum fq_status cf_apply_created(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  const char *incident = fq_json_str(d, "incident");
  fq_exec(a->db,
          "INSERT INTO conference(n, rev, title, incident, number, org, by, by_name, state, backend, ring_ms,"
          " audio_only, layout, created_ms) VALUES(?1, 1, ?2, coalesce(?3, ''), ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
          " ?11, 'grid', ?12)",
          "ississsssiii", cf_of(e), fq_json_str(d, "title"), incident, fq_json_int(d, "number", 0), e->org,
          fq_json_str(d, "by"), fq_json_str(d, "by_name"), fq_json_str(d, "state"), fq_json_str(d, "backend"),
          fq_json_int(d, "ring_ms", 30000), (int64_t)fq_json_bool(d, "audio_only", false), e->at_ms);
  cf_empty(a, e);
  return FQ_OK;
}

enum fq_status cf_apply_locked(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "UPDATE conference SET locked = ?2 WHERE n = ?1", "ii", cf_of(e),
          (int64_t)fq_json_bool(e->data, "locked", false));
  cf_moved(a, e);
  return FQ_OK;
}

enum fq_status cf_apply_layout_set(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db,
          "UPDATE conference SET layout = ?2, spotlight = coalesce(?3, ''), rotate_s = ?4 WHERE n = ?1",
          "issi", cf_of(e), fq_json_str(e->data, "layout"), fq_json_str(e->data, "spotlight"),
          fq_json_int(e->data, "rotate_s", 0));
  cf_moved(a, e);
  return FQ_OK;
}

enum fq_status cf_apply_broadcast_set(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "UPDATE conference SET broadcast = coalesce(?2, '') WHERE n = ?1", "is", cf_of(e),
          fq_json_str(e->data, "user"));
  cf_moved(a, e);
  return FQ_OK;
}

enum fq_status cf_apply_text(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "INSERT INTO conf_text(conf, seq, at_ms, by, text) VALUES(?1, ?2, ?3, ?4, ?5)", "iiiss",
          cf_of(e), e->seq, e->at_ms, fq_json_str(e->data, "by"), fq_json_str(e->data, "text"));
  cf_moved(a, e);
  return FQ_OK;
}

/* ---- the floor ------------------------------------------------------------------------------------------
 */

static void leaves_line(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "DELETE FROM conf_floor WHERE conf = ?1 AND user = ?2", "is", cf_of(e),
          fq_json_str(e->data, "user"));
}

enum fq_status cf_apply_floor_given(struct fq_apply *a, const struct fq_entry *e) {
  int64_t until_ms = cf_time(e->data, "until");
  leaves_line(a, e);
  fq_exec(a->db, "UPDATE conference SET holder = ?2, holder_priority = ?3, floor_until_ms = ?4 WHERE n = ?1",
          "isii", cf_of(e), fq_json_str(e->data, "user"), fq_json_int(e->data, "priority", 0), until_ms);
  cf_timer(a, e, "floor", until_ms, "conf.floor_due");
  cf_moved(a, e);
  return FQ_OK;
}

enum fq_status cf_apply_floor_waits(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db,
          "INSERT INTO conf_floor(conf, user, priority, seq) VALUES(?1, ?2, ?3, ?4)"
          " ON CONFLICT(conf, user) DO UPDATE SET priority = ?3, seq = ?4",
          "isii", cf_of(e), fq_json_str(e->data, "user"), fq_json_int(e->data, "priority", 0), e->seq);
  cf_moved(a, e);
  return FQ_OK;
}

enum fq_status cf_apply_floor_released(struct fq_apply *a, const struct fq_entry *e) {
  leaves_line(a, e);
  if (!fq_json_bool(e->data, "waited", false)) {
    fq_exec(a->db,
            "UPDATE conference SET holder = '', holder_priority = 0, floor_until_ms = NULL WHERE n = ?1", "i",
            cf_of(e));
    cf_timer(a, e, "floor", 0, NULL);
  }
  cf_moved(a, e);
  return FQ_OK;
}

/* ---- roll call ------------------------------------------------------------------------------------------
 */

enum fq_status cf_apply_roll_called(struct fq_apply *a, const struct fq_entry *e) {
  int64_t until_ms = cf_time(e->data, "until");
  fq_exec(a->db, "DELETE FROM conf_here WHERE conf = ?1", "i", cf_of(e));
  fq_json_each(u, fq_json_get(e->data, "users"))
      fq_exec(a->db, "INSERT INTO conf_here(conf, user) VALUES(?1, ?2)", "is", cf_of(e), fq_json_as_str(u));
  fq_exec(a->db,
          "UPDATE conference SET roll = ?2, roll_at_ms = ?3, roll_until_ms = ?4, roll_closed_ms = NULL"
          " WHERE n = ?1",
          "iiii", cf_of(e), fq_json_int(e->data, "call", 0), e->at_ms, until_ms);
  cf_timer(a, e, "roll", until_ms, "conf.roll_due");
  cf_moved(a, e);
  return FQ_OK;
}

enum fq_status cf_apply_here(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db,
          "INSERT INTO conf_here(conf, user, here_ms) VALUES(?1, ?2, ?3)"
          " ON CONFLICT(conf, user) DO UPDATE SET here_ms = ?3",
          "isi", cf_of(e), fq_json_str(e->data, "user"), e->at_ms);
  cf_moved(a, e);
  return FQ_OK;
}

enum fq_status cf_apply_roll_closed(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "UPDATE conference SET roll_closed_ms = ?2 WHERE n = ?1", "ii", cf_of(e), e->at_ms);
  cf_timer(a, e, "roll", 0, NULL);
  cf_moved(a, e);
  return FQ_OK;
}

/* ---- how it is carried ----------------------------------------------------------------------------------
 */

/* What it cannot, as words in one text. */
static void words(const fq_json *list, char *out, size_t cap) {
  size_t len = 0;
  out[0] = '\0';
  fq_json_each(m, list) if (len + strlen(fq_json_as_str(m)) + 2 < cap) len +=
      (size_t)snprintf(out + len, cap - len, "%s%s", len ? " " : "", fq_json_as_str(m));
}

enum fq_status cf_apply_backend_set(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  char cannot[96];
  words(fq_json_get(d, "cannot"), cannot, sizeof cannot);
  fq_exec(a->db,
          "UPDATE conference SET backend = ?2, why_zh = coalesce(?3, ''), why_en = coalesce(?4, ''),"
          " degraded = ?5, cap = ?6, cannot = ?7 WHERE n = ?1",
          "isssiis", cf_of(e), fq_json_str(d, "backend"), fq_json_str(d, "why_zh"), fq_json_str(d, "why_en"),
          (int64_t)fq_json_bool(d, "degraded", false), fq_json_int(d, "cap", 0), cannot);
  cf_moved(a, e);
  return FQ_OK;
}

enum fq_status cf_apply_recording_set(struct fq_apply *a, const struct fq_entry *e) {
  bool on = fq_json_bool(e->data, "on", false);
  fq_exec(a->db, "UPDATE conference SET recording = ?2 WHERE n = ?1", "ii", cf_of(e), (int64_t)on);
  if (!on) cf_timer(a, e, "closing", 0, NULL);
  cf_moved(a, e);
  return FQ_OK;
}

/* Nobody sits there any more, nothing rings, nothing is due. */
enum fq_status cf_apply_ended(struct fq_apply *a, const struct fq_entry *e) {
  static const char *const timers[] = {"ring", "seat", "floor", "roll", "empty"};
  int64_t n = cf_of(e);
  fq_exec(a->db,
          "UPDATE conference SET ended_ms = ?2, ended_why = ?3, ended_by = ?4, holder = '', holder_priority ="
          " 0, floor_until_ms = NULL, broadcast = '', roll_closed_ms = CASE WHEN roll > 0 THEN"
          " coalesce(roll_closed_ms, ?2) END WHERE n = ?1",
          "iiss", n, e->at_ms, fq_json_str(e->data, "why"), fq_json_str(e->data, "by"));
  fq_exec(
      a->db,
      "UPDATE conf_member SET state = 'left', left_why = 'ended', session = '', since_ms = ?2 WHERE conf ="
      " ?1 AND state NOT IN ('declined', 'timeout', 'left')",
      "ii", n, e->at_ms);
  fq_exec(a->db,
          "UPDATE conf_member SET ring_until_ms = NULL, seat_until_ms = NULL, hand_ms = NULL, screen = 0,"
          " pulled = 0 WHERE conf = ?1",
          "i", n);
  fq_exec(a->db, "DELETE FROM conf_floor WHERE conf = ?1", "i", n);
  for (size_t k = 0; k < sizeof timers / sizeof *timers; k++)
    cf_timer(a, e, timers[k], 0, NULL);
  cf_timer(a, e, "closing", cf_time(e->data, "close_at"), "conf.closing_due");
  cf_moved(a, e);
  return FQ_OK;
}
