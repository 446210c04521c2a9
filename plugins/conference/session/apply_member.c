/*
 * apply_member.c - members' rows follow the entries. Kernel thread.
 */
#include <stdio.h>
#include <string.h>

#include "session/apply.h"

static const char *user_of(const struct fq_entry *e) {
  return fq_json_str(e->data, "user");
}

/* The next of the rings, of the empty seats: one timer each. */
static void next_due(struct fq_apply *a, const struct fq_entry *e) {
  cf_timer(a, e, "ring",
           fq_int(a->db, 0, "SELECT min(ring_until_ms) FROM conf_member WHERE conf = ?1", "i", cf_of(e)),
           "conf.ring_due");
  cf_timer(a, e, "seat",
           fq_int(a->db, 0, "SELECT min(seat_until_ms) FROM conf_member WHERE conf = ?1", "i", cf_of(e)),
           "conf.seat_due");
}

/* Asked to come for the first time or again: what he was before is over. */
static void invite(struct fq_apply *a, const struct fq_entry *e, const fq_json *p) {
  fq_exec(a->db,
          "INSERT INTO conf_member(conf, user, name, sealed_name, role, priority, state, guest, desk, asked)"
          " VALUES(?1, ?2, coalesce(?3, ''), ?9, ?4, ?5, 'invited', ?6, coalesce(?7, ''), ?8)"
          " ON CONFLICT(conf, user) DO UPDATE SET name = coalesce(?3, name), sealed_name = ?9, role = CASE "
          "WHEN role = 'chair'"
          " AND hidden = 0 THEN role ELSE ?4 END, state = 'invited', left_why = '', desk = coalesce(?7, ''),"
          " hidden = 0, banned = 0",
          "isssiisis", cf_of(e), fq_json_str(p, "user"), fq_json_str(p, "name"), fq_json_str(p, "role"),
          fq_json_int(p, "priority", 1), (int64_t)fq_json_bool(p, "guest", false), fq_json_str(p, "desk"),
          e->seq, fq_json_str(p, "sealed_name"));
}

enum fq_status cf_apply_invited(struct fq_apply *a, const struct fq_entry *e) {
  fq_json_each(p, fq_json_get(e->data, "users")) invite(a, e, p);
  cf_moved(a, e);
  return FQ_OK;
}

enum fq_status cf_apply_rang(struct fq_apply *a, const struct fq_entry *e) {
  fq_json_each(u, fq_json_get(e->data, "users")) fq_exec(
      a->db,
      "UPDATE conf_member SET state = CASE state WHEN 'ringing' THEN state ELSE 'invited' END,"
      " left_why = '', ring_round = ?3, ring_until_ms = ?4, pulled = ?5 WHERE conf = ?1 AND user = ?2",
      "isiii", cf_of(e), fq_json_as_str(u), fq_json_int(e->data, "round", 1), cf_time(e->data, "until"),
      (int64_t)fq_json_bool(e->data, "auto", false));
  next_due(a, e);
  cf_moved(a, e);
  return FQ_OK;
}

/* No longer rung, for whatever reason: what it leaves him in. */
static void quiet(struct fq_apply *a, const struct fq_entry *e, const char *user, const char *state) {
  fq_exec(a->db,
          "UPDATE conf_member SET state = ?3, ring_until_ms = NULL, pulled = 0 WHERE conf = ?1 AND user = ?2",
          "iss", cf_of(e), user, state);
}

enum fq_status cf_apply_ringing(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "UPDATE conf_member SET state = 'ringing' WHERE conf = ?1 AND user = ?2", "is", cf_of(e),
          user_of(e));
  cf_moved(a, e);
  return FQ_OK;
}

enum fq_status cf_apply_declined(struct fq_apply *a, const struct fq_entry *e) {
  quiet(a, e, user_of(e), "declined");
  fq_exec(a->db, "UPDATE conf_member SET declined = coalesce(?3, '') WHERE conf = ?1 AND user = ?2", "iss",
          cf_of(e), user_of(e), fq_json_str(e->data, "reason"));
  next_due(a, e);
  cf_moved(a, e);
  return FQ_OK;
}

enum fq_status cf_apply_timed_out(struct fq_apply *a, const struct fq_entry *e) {
  fq_json_each(u, fq_json_get(e->data, "users")) quiet(a, e, fq_json_as_str(u), "timeout");
  next_due(a, e);
  cf_moved(a, e);
  return FQ_OK;
}

enum fq_status cf_apply_hushed(struct fq_apply *a, const struct fq_entry *e) {
  fq_json_each(u, fq_json_get(e->data, "users")) quiet(a, e, fq_json_as_str(u), "invited");
  next_due(a, e);
  cf_moved(a, e);
  return FQ_OK;
}

/* ---- seats ----------------------------------------------------------------------------------------------
 */

/* Whoever sits down anew begins as everybody does; who only changes the page keeps what he had set. */
enum fq_status cf_apply_joined(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  bool anew = !fq_json_bool(d, "took_over", false);
  fq_exec(a->db,
          "INSERT INTO conf_member(conf, user, name, role, priority, state, session, audio_only, joined_ms,"
          " since_ms, asked) VALUES(?1, ?2, coalesce(?3, ''), ?4, ?5, 'joining', ?6, ?7, ?8, ?8, ?9)"
          " ON CONFLICT(conf, user) DO UPDATE SET name = coalesce(?3, name), role = ?4, priority = ?5,"
          " state = 'joining', left_why = '', hidden = 0, session = ?6, audio_only = ?7,"
          " joined_ms = coalesce(joined_ms, ?8), since_ms = ?8, ring_until_ms = NULL, seat_until_ms = NULL,"
          " pulled = 0",
          "isssisiii", cf_of(e), user_of(e), fq_json_str(d, "name"), fq_json_str(d, "role"),
          fq_json_int(d, "priority", 1), fq_json_str(d, "session"),
          (int64_t)fq_json_bool(d, "audio_only", false), e->at_ms, e->seq);
  if (anew)
    fq_exec(a->db,
            "UPDATE conf_member SET muted = 0, camera = ?3, screen = 0, hand_ms = NULL, quality = 'normal'"
            " WHERE conf = ?1 AND user = ?2",
            "isi", cf_of(e), user_of(e), (int64_t)!fq_json_bool(d, "audio_only", false));
  cf_timer(a, e, "empty", 0, NULL);
  next_due(a, e);
  cf_moved(a, e);
  return FQ_OK;
}

static void sits(struct fq_apply *a, const struct fq_entry *e, const char *session) {
  fq_exec(a->db,
          "UPDATE conf_member SET state = 'joining', session = ?3, since_ms = ?4, seat_until_ms = NULL"
          " WHERE conf = ?1 AND user = ?2",
          "issi", cf_of(e), user_of(e), session, e->at_ms);
}

enum fq_status cf_apply_resumed(struct fq_apply *a, const struct fq_entry *e) {
  sits(a, e, fq_json_str(e->data, "session"));
  next_due(a, e);
  cf_moved(a, e);
  return FQ_OK;
}

/* Nobody else may notice him: the revision, which all are told, stays. */
enum fq_status cf_apply_monitored(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  if (fq_json_bool(d, "resumed", false)) {
    sits(a, e, fq_json_str(d, "session"));
    return FQ_OK;
  }
  fq_exec(a->db,
          "INSERT INTO conf_member(conf, user, name, role, priority, state, session, hidden, since_ms, asked)"
          " VALUES(?1, ?2, ?3, 'viewer', 1, 'joining', ?4, 1, ?5, ?6) ON CONFLICT(conf, user) DO UPDATE SET"
          " role = 'viewer', state = 'joining', session = ?4, hidden = 1, since_ms = ?5, left_why = ''",
          "isssii", cf_of(e), user_of(e), fq_json_str(d, "name"), fq_json_str(d, "session"), e->at_ms,
          e->seq);
  return FQ_OK;
}

static void gets_up(struct fq_apply *a, const struct fq_entry *e, const char *why) {
  fq_exec(a->db,
          "UPDATE conf_member SET state = 'left', left_why = ?3, session = '', since_ms = ?4,"
          " ring_until_ms = NULL, seat_until_ms = NULL, hand_ms = NULL, screen = 0, pulled = 0"
          " WHERE conf = ?1 AND user = ?2",
          "issi", cf_of(e), user_of(e), why, e->at_ms);
  fq_exec(a->db, "UPDATE conference SET spotlight = '', layout = 'grid' WHERE n = ?1 AND spotlight = ?2",
          "is", cf_of(e), user_of(e));
  fq_exec(a->db, "UPDATE conference SET broadcast = '' WHERE n = ?1 AND broadcast = ?2", "is", cf_of(e),
          user_of(e));
  cf_empty(a, e);
  next_due(a, e);
}

enum fq_status cf_apply_left(struct fq_apply *a, const struct fq_entry *e) {
  gets_up(a, e, fq_json_str(e->data, "why"));
  if (strcmp(e->kind, "conf.unmonitored") != 0) cf_moved(a, e);
  return FQ_OK;
}

enum fq_status cf_apply_kicked(struct fq_apply *a, const struct fq_entry *e) {
  gets_up(a, e, "kicked");
  fq_exec(a->db, "UPDATE conf_member SET banned = ?3 WHERE conf = ?1 AND user = ?2", "isi", cf_of(e),
          user_of(e), (int64_t)fq_json_bool(e->data, "ban", false));
  cf_moved(a, e);
  return FQ_OK;
}

/* The state is the member's here, not the conference's. */
enum fq_status cf_apply_media(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(
      a->db,
      "UPDATE conf_member SET state = ?3, seat_until_ms = nullif(?4, 0), since_ms = ?5 WHERE conf = ?1 AND"
      " user = ?2",
      "issii", cf_of(e), user_of(e), fq_json_str(e->data, "state"), cf_time(e->data, "seat_until"), e->at_ms);
  next_due(a, e);
  cf_moved(a, e);
  return FQ_OK;
}

/* ---- what is set ----------------------------------------------------------------------------------------
 */

enum fq_status cf_apply_pulled(struct fq_apply *a, const struct fq_entry *e) {
  cf_moved(a, e); /* the ring that follows says the rest */
  return FQ_OK;
}

enum fq_status cf_apply_role_set(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "UPDATE conf_member SET role = ?3, priority = ?4 WHERE conf = ?1 AND user = ?2", "issi",
          cf_of(e), user_of(e), fq_json_str(e->data, "role"), fq_json_int(e->data, "priority", 1));
  cf_moved(a, e);
  return FQ_OK;
}

enum fq_status cf_apply_muted(struct fq_apply *a, const struct fq_entry *e) {
  fq_json_each(u, fq_json_get(e->data, "users"))
      fq_exec(a->db, "UPDATE conf_member SET silenced = ?3, may_unmute = 0 WHERE conf = ?1 AND user = ?2",
              "isi", cf_of(e), fq_json_as_str(u), (int64_t)fq_json_bool(e->data, "muted", true));
  cf_moved(a, e);
  return FQ_OK;
}

enum fq_status cf_apply_unmute_asked(struct fq_apply *a, const struct fq_entry *e) {
  fq_json_each(u, fq_json_get(e->data, "users"))
      fq_exec(a->db, "UPDATE conf_member SET may_unmute = 1 WHERE conf = ?1 AND user = ?2", "is", cf_of(e),
              fq_json_as_str(u));
  cf_moved(a, e);
  return FQ_OK;
}

/* Also conf.quality_set, which sets one thing of his for him. */
enum fq_status cf_apply_self_set(struct fq_apply *a, const struct fq_entry *e) {
  static const struct {
    const char *member, *sql;
  } flags[] = {
      {"muted", "UPDATE conf_member SET muted = ?3 WHERE conf = ?1 AND user = ?2"},
      {"camera", "UPDATE conf_member SET camera = ?3 WHERE conf = ?1 AND user = ?2"},
      {"screen", "UPDATE conf_member SET screen = ?3 WHERE conf = ?1 AND user = ?2"},
      {"silenced", "UPDATE conf_member SET silenced = ?3, may_unmute = 0 WHERE conf = ?1 AND user = ?2"}};
  const fq_json *d = e->data;
  for (size_t k = 0; k < sizeof flags / sizeof *flags; k++)
    if (fq_json_get(d, flags[k].member))
      fq_exec(a->db, flags[k].sql, "isi", cf_of(e), user_of(e),
              (int64_t)fq_json_bool(d, flags[k].member, false));
  if (fq_json_get(d, "hand"))
    fq_exec(a->db,
            "UPDATE conf_member SET hand_ms = CASE WHEN ?3 THEN coalesce(hand_ms, ?4) END WHERE conf = ?1 AND"
            " user = ?2",
            "isii", cf_of(e), user_of(e), (int64_t)fq_json_bool(d, "hand", false), e->at_ms);
  fq_exec(a->db, "UPDATE conf_member SET quality = coalesce(?3, quality) WHERE conf = ?1 AND user = ?2",
          "iss", cf_of(e), user_of(e), fq_json_str(d, "quality"));
  cf_moved(a, e);
  return FQ_OK;
}
