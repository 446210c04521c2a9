/*
 * apply.c - the only writer of the mediation's tables. Kernel thread.
 */
#include <stdlib.h>
#include <string.h>

#include "mediation/mediation.h"

static bool is(const struct fq_entry *e, const char *verb) {
  return !strcmp(e->kind + sizeof "mediation." - 1, verb);
}

/* Every entry is a step, kept as it was heard. */
static void keep(struct fq_apply *a, const struct fq_entry *e, int64_t n) {
  char *data = fq_json_print(e->data);
  fq_exec(
      a->db,
      "INSERT INTO mediation_step(mediation, seq, what, data, by_user, at_ms) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
      "iisssi", n, e->seq, e->kind + sizeof "mediation." - 1, data, e->actor, e->at_ms);
  free(data);
}

enum fq_status dp_apply_mediation_opened(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  const char *mediator = fq_json_str(d, "mediator");
  int64_t n = dp_id_n(fq_json_str(d, "mediation"), 'm');
  fq_exec(
      a->db,
      "INSERT INTO mediation(n, incident, rev, state, kind, class, class_name, mediator, stage, stage_name,"
      " by_user, opened_ms, org, path, township)"
      " SELECT ?1, ?2, 1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, org, path, township FROM incident"
      " WHERE n = ?2",
      "iissssssssi", n, dp_id_n(e->subject, 'i'), fq_json_str(d, "state"), fq_json_str(d, "kind"),
      fq_json_str(d, "class"), fq_json_str(d, "class_name"), mediator ? mediator : "",
      fq_json_str(d, "stage"), fq_json_str(d, "stage_name"), e->actor, e->at_ms);
  keep(a, e, n);
  return FQ_OK;
}

enum fq_status dp_apply_mediation_recorded(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data, *parties = fq_json_get(d, "parties"), *raw = fq_json_get(d, "raw");
  int64_t n = dp_id_n(fq_json_str(d, "mediation"), 'm'), no = 0;
  if (parties) fq_exec(a->db, "DELETE FROM mediation_party WHERE mediation = ?1", "i", n);
  fq_json_each(p, parties) fq_exec(
      a->db, "INSERT INTO mediation_party(mediation, no, name, phone, role) VALUES(?1, ?2, ?3, ?4, ?5)",
      "iisss", n, no++, fq_json_str(p, "name"), fq_json_str(p, "phone"), fq_json_str(p, "role"));
  if (!raw) return FQ_OK;
  char *text = fq_json_print(raw);
  fq_exec(a->db, "UPDATE mediation_step SET raw = ?3 WHERE mediation = ?1 AND seq = ?2", "iis", n,
          fq_json_int(d, "step", 0), text);
  free(text);
  return FQ_OK;
}

/* Every other mediation.* kind. */
enum fq_status dp_apply_mediation(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data, *satisfied = fq_json_get(d, "satisfied");
  int64_t n = dp_id_n(fq_json_str(d, "mediation"), 'm');
  fq_exec(a->db, "UPDATE mediation SET state = ?2, rev = ?3 WHERE n = ?1", "isi", n, fq_json_str(d, "state"),
          fq_json_int(d, "rev", 0));
  keep(a, e, n);
  if (is(e, "moved")) {
    fq_exec(a->db, "UPDATE mediation SET stage = ?2, stage_name = ?3 WHERE n = ?1", "iss", n,
            fq_json_str(d, "stage"), fq_json_str(d, "stage_name"));
  } else if (is(e, "assigned")) {
    fq_exec(a->db, "UPDATE mediation SET mediator = ?2 WHERE n = ?1", "is", n, fq_json_str(d, "mediator"));
  } else if (is(e, "sent_to_court")) {
    char counter[FQ_ID_MAX] = "court-";
    dp_text(counter + 6, sizeof counter - 6, fq_json_str(d, "year"));
    fq_exec(a->db,
            "UPDATE mediation SET ended_ms = coalesce(ended_ms, ?2), court = ?3, handoff = ?4, docket = ?5"
            " WHERE n = ?1",
            "iisss", n, e->at_ms, fq_json_str(d, "court"), fq_json_str(d, "handoff"),
            fq_json_str(d, "docket"));
    fq_exec(a->db,
            "INSERT INTO dispatch_counter(name, value) VALUES(?1, ?2)"
            " ON CONFLICT(name) DO UPDATE SET value = excluded.value",
            "si", counter, fq_json_int(d, "serial", 0));
  } else if (fq_json_str(d, "outcome")) {
    fq_exec(a->db, "UPDATE mediation SET ended_ms = ?2, level = ?3 WHERE n = ?1", "iis", n, e->at_ms,
            fq_json_str(d, "level"));
    if (satisfied)
      fq_exec(a->db, "UPDATE mediation SET satisfied = ?2 WHERE n = ?1", "ii", n,
              (int64_t)fq_json_bool(d, "satisfied", false));
  }
  return FQ_OK;
}
