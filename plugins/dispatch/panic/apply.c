/*
 * apply.c - the tables of alarms follow their entries. The timer is part of them: when it rings next stands
 * in the entry, so a restart forgets nothing. Kernel thread.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "panic/panic.h"

static int64_t key_of(const struct fq_entry *e) {
  return dp_id_n(fq_json_str(e->data, "panic"), 'p');
}

static void ring_at(struct fq_apply *a, const struct fq_entry *e, const char *when) {
  char timer[FQ_ID_MAX + 16];
  const char *id = fq_json_str(e->data, "panic");
  snprintf(timer, sizeof timer, "panic:%s:ring", id);
  if (!when) {
    fq_timer_clear(a, timer);
    return;
  }
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "id", id);
  fq_timer_set(a, timer, fq_time_parse(when), "panic.ring", e->subject, params);
}

static void tell(struct fq_apply *a, const struct fq_entry *e, const fq_json *list, int64_t step) {
  fq_json_each(m, list) fq_exec(a->db,
                                "INSERT OR IGNORE INTO panic_told(panic, who, why, name, step, told_ms)"
                                " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
                                "isssii", key_of(e), fq_json_str(m, "who"), fq_json_str(m, "why"),
                                fq_json_str(m, "name"), step, e->at_ms);
}

enum fq_status dp_apply_panic_raised(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data, *place = fq_json_get(d, "place");
  const char *occurred = fq_json_str(d, "occurred_at");
  int64_t step = fq_json_int(d, "step", 0);
  fq_exec(
      a->db,
      "INSERT INTO panic(n, incident, org, by, user, name, key, address, device, silent, text, lon, lat, acc,"
      " voice, raised_ms, occurred_ms, step)"
      " VALUES(?1,?2,?3,?4,coalesce(?5,''),?6,coalesce(?7,''),coalesce(?8,''),?9,?10,?11,?12,?13,?14,?15,"
      "?16,?17,?18)",
      "iisssssssisdddsiii", key_of(e), dp_id_n(e->subject, 'i'), e->org, e->actor, fq_json_str(d, "user"),
      fq_json_str(d, "name"), fq_json_str(d, "key"), fq_json_str(d, "address"), fq_json_str(d, "device"),
      (int64_t)fq_json_bool(d, "silent", false), fq_json_str(d, "text"),
      place ? fq_json_num(place, "lon", NAN) : NAN, place ? fq_json_num(place, "lat", NAN) : NAN,
      place ? fq_json_num(place, "acc", NAN) : NAN,
      fq_json_as_str(fq_json_first(fq_json_get(d, "attachments"))), e->at_ms,
      occurred ? fq_time_parse(occurred) : e->at_ms, step);
  tell(a, e, fq_json_get(d, "to"), step);
  ring_at(a, e, fq_json_str(d, "ring_at"));
  return FQ_OK;
}

/* He has pressed again: the latest place and voice count, the first time stays. */
enum fq_status dp_apply_panic_repeated(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data, *place = fq_json_get(d, "place");
  int64_t n = key_of(e);
  fq_exec(a->db,
          "UPDATE panic SET repeats = repeats + 1, voice = coalesce(?2, voice), text = coalesce(?3, text)"
          " WHERE n = ?1",
          "iss", n, fq_json_as_str(fq_json_first(fq_json_get(d, "attachments"))), fq_json_str(d, "text"));
  if (place)
    fq_exec(a->db, "UPDATE panic SET lon = ?2, lat = ?3, acc = ?4 WHERE n = ?1", "iddd", n,
            fq_json_num(place, "lon", NAN), fq_json_num(place, "lat", NAN), fq_json_num(place, "acc", NAN));
  return FQ_OK;
}

enum fq_status dp_apply_panic_rang(struct fq_apply *a, const struct fq_entry *e) {
  int64_t step = fq_json_int(e->data, "step", 0);
  fq_exec(a->db, "UPDATE panic SET round = ?2, step = ?3 WHERE n = ?1", "iii", key_of(e),
          fq_json_int(e->data, "round", 0), step);
  tell(a, e, fq_json_get(e->data, "to"), step);
  ring_at(a, e, fq_json_str(e->data, "ring_at"));
  return FQ_OK;
}

enum fq_status dp_apply_panic_received(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db,
          "UPDATE panic_told SET received_ms = coalesce(received_ms, ?3) WHERE panic = ?1 AND who = ?2",
          "isi", key_of(e), fq_json_str(e->data, "who"), e->at_ms);
  return FQ_OK;
}

/* The first answer's time is kept: who says later that he cannot come has answered in time. */
enum fq_status dp_apply_panic_acknowledged(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data, *coming = fq_json_get(d, "coming");
  const char *eta = fq_json_str(d, "eta_at"), *unit = fq_json_str(d, "unit_name");
  int64_t n = key_of(e);
  fq_json_each(w, fq_json_get(d, "who")) {
    const char *who = fq_json_as_str(w);
    fq_exec(a->db,
            "INSERT OR IGNORE INTO panic_told(panic, who, why, name, step, told_ms)"
            " VALUES(?1, ?2, 'desk', ?3, 0, ?4)",
            "issi", n, who, unit ? unit : fq_json_str(d, "name"), e->at_ms);
    fq_exec(
        a->db,
        "UPDATE panic_told SET received_ms = coalesce(received_ms, ?3), answered_ms = coalesce(answered_ms,"
        " ?3), by = ?4, by_name = ?5, eta_ms = nullif(?6, 0), note = coalesce(?7, note)"
        " WHERE panic = ?1 AND who = ?2",
        "isissis", n, who, e->at_ms, e->actor, fq_json_str(d, "name"), eta ? fq_time_parse(eta) : (int64_t)0,
        fq_json_str(d, "note"));
    if (coming)
      fq_exec(a->db, "UPDATE panic_told SET coming = ?3 WHERE panic = ?1 AND who = ?2", "isi", n, who,
              (int64_t)fq_json_bool(d, "coming", false));
  }
  bool settled = fq_json_bool(d, "settled", false);
  fq_exec(a->db, "UPDATE panic SET settled = ?2 WHERE n = ?1", "ii", n, (int64_t)settled);
  if (settled || fq_json_str(d, "ring_at")) ring_at(a, e, fq_json_str(d, "ring_at"));
  return FQ_OK;
}

enum fq_status dp_apply_panic_disposed(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  fq_exec(a->db, "UPDATE panic SET disposed_ms = ?2, disposed_by = ?3, how = ?4, note = ?5 WHERE n = ?1",
          "iisss", key_of(e), e->at_ms, e->actor, fq_json_str(d, "how"), fq_json_str(d, "note"));
  ring_at(a, e, NULL);
  return FQ_OK;
}
