/*
 * close.c - incident.verify and .close. Nothing closes without feedback and verification, a second pair of
 * eyes verifies, and what was begun on it has ended (unsettled.c). Kernel thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "incident/incident.h"

/* Did he do the work of this round himself: as the assignee who finished it, here or on what was merged into
 * it; as the one who finished it for the unit or team that was sent; as the reporter who said it was solved?
 * It is the end of a task that belongs to a round: one that came over may be older. A desk that writes down
 * what an officer says on the radio has not done his work. */
static bool did_the_work(struct fq_call *c, const struct dp_incident *i) {
  return fq_int(
             c->db, 0,
             "SELECT 1 FROM task WHERE incident = ?1 AND coalesce(finished_n, n) > ?3 AND state = 'finished'"
             " AND coalesce(to_user, finished_by) = ?2"
             " UNION ALL SELECT 1 FROM merged m JOIN incident s ON s.n = m.source JOIN task t ON t.incident"
             " = s.n WHERE m.target = ?1 AND coalesce(t.finished_n, t.n) > max(?3, s.round)"
             " AND t.state = 'finished' AND coalesce(t.to_user, t.finished_by) = ?2"
             " UNION ALL SELECT 1 FROM incident WHERE n = ?1 AND solved_by = ?2 LIMIT 1",
             "isi", i->n, c->actor->name, i->round) != 0;
}

enum fq_status dp_incident_verify(struct fq_call *c) {
  bool pass = fq_json_bool(c->params, "pass", false);
  struct dp_incident i;
  enum dp_state next;
  enum fq_status s = dp_verb_begin(c, pass ? DP_V_PASS : DP_V_FAIL, &i, &next);
  if (s == FQ_OK && pass && !c->actor->system && did_the_work(c, &i))
    s = fq_fail(c->error, FQ_E_FORBIDDEN, "incident.four_eyes", "id", "是您自己处置的,须由他人核查",
                "you did the work yourself: somebody else has to verify it");
  if (s == FQ_OK && pass) s = dp_unsettled(c, &i);
  if (s != FQ_OK) return s;
  fq_json *data = fq_json_object();
  fq_json_set_bool(data, "pass", pass);
  dp_set_opt(data, "note", c->params, "note");
  return dp_verb_finish(c, &i, "incident.verified", next, data, NULL);
}

/* The classes are the pack's: where the county has a dictionary `closing`, one of it. */
static enum fq_status closing_class(struct fq_call *c, fq_json *data) {
  const char *class = fq_json_str(c->params, "class");
  if (!class) return FQ_OK;
  char zh[96], en[96], codes[240] = "";
  fq_json_set_str(data, "class", class);
  if (fq_term(c->db, "closing", class, zh, en)) {
    fq_json_set_str(data, "class_zh", zh);
    fq_json_set_str(data, "class_en", en);
    return FQ_OK;
  }
  fq_stmt *q =
      fq_sql(c->db, "SELECT code FROM dictionary WHERE name = 'closing' ORDER BY position, code", "");
  while (fq_row(q)) {
    size_t used = strlen(codes);
    const char *code = fq_col_str(q, 0);
    if (used + strlen(code) + 2 < sizeof codes)
      snprintf(codes + used, sizeof codes - used, "%s%s", used ? " " : "", code);
  }
  if (!*codes) return FQ_OK;
  return fq_fail(c->error, FQ_E_PARAMS, "closing.unknown", "params.class", "结案类别应为 %s 之一",
                 "expected a closing class: one of %s", codes);
}

enum fq_status dp_incident_close(struct fq_call *c) {
  struct dp_incident i;
  enum dp_state next;
  enum fq_status s = dp_verb_begin(c, DP_V_CLOSE, &i, &next);
  if (s == FQ_OK) s = dp_unsettled(c, &i);
  if (s != FQ_OK) return s;
  fq_json *data = fq_json_object();
  if ((s = closing_class(c, data)) != FQ_OK) {
    fq_json_free(data);
    return s;
  }
  dp_set_opt(data, "note", c->params, "note");
  return dp_verb_finish(c, &i, "incident.closed", next, data, NULL);
}

enum fq_status dp_apply_worked(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "UPDATE task SET finished_by = ?2, finished_n = ?3 WHERE n = ?1", "isi",
          dp_id_n(fq_json_str(e->data, "task"), 't'), e->actor, e->seq);
  return FQ_OK;
}
