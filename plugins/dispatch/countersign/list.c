/* list.c - countersigns as others see them: countersign.list, in incident.get, in view.countersigns. Reads
 * only. */
#include <stdio.h>
#include <string.h>

#include "countersign/countersign.h"

#define COLUMNS                                                                                              \
  "SELECT n, incident, unit, name, text, state, asked_by, answered_by, note, asked_ms, due_ms, answered_ms," \
  " overdue, (SELECT display FROM account WHERE account.name = asked_by) FROM countersign "

static fq_json *row(fq_stmt *q) {
  fq_json *j = fq_json_object();
  char id[FQ_ID_MAX];
  dp_id_make(id, 'c', fq_col_int(q, 0));
  fq_json_set_str(j, "id", id);
  dp_id_make(id, 'i', fq_col_int(q, 1));
  fq_json_set_str(j, "incident", id);
  static const char *const texts[] = {"unit", "name", "text", "state", "asked_by", "answered_by", "note"};
  for (int k = 0; k < 7; k++)
    if (!fq_col_null(q, 2 + k)) fq_json_set_str(j, texts[k], fq_col_str(q, 2 + k));
  static const char *const times[] = {"asked_at", "due_at", "answered_at"};
  for (int k = 0; k < 3; k++)
    if (!fq_col_null(q, 9 + k)) fq_json_set_time(j, times[k], fq_col_int(q, 9 + k));
  if (fq_col_int(q, 12)) fq_json_set_bool(j, "overdue", true);
  if (!fq_col_null(q, 13)) fq_json_set_str(j, "asked_by_name", fq_col_str(q, 13));
  return j;
}

fq_json *dp_countersigns_json(fq_db *db, int64_t incident) {
  fq_json *list = fq_json_array();
  fq_stmt *q = fq_sql(db, COLUMNS "WHERE incident = ?1 ORDER BY n", "i", incident);
  while (fq_row(q))
    fq_json_push(list, row(q));
  return list;
}

bool dp_countersigns_open(fq_db *db, int64_t incident, char *names, size_t cap) {
  names[0] = '\0';
  fq_stmt *q = fq_sql(db, "SELECT name FROM countersign WHERE incident = ?1 AND state = 'open' ORDER BY n",
                      "i", incident);
  while (fq_row(q)) {
    const char *name = fq_col_str(q, 0);
    size_t used = strlen(names);
    if (used + strlen(name) + 4 < cap) snprintf(names + used, cap - used, "%s%s", used ? "、" : "", name);
  }
  return *names != '\0';
}

enum fq_status dp_view_countersigns(struct fq_view *v) {
  v->answer = dp_countersigns_json(v->db, dp_id_n(dp_view_subject(v), 'i'));
  return FQ_OK;
}

enum { LOOKED_AT = 2000 }; /* rows a page walks over at most; it ends there, and the next one goes on */

/* What waits to be signed: the own unit's, or what is asked about incidents in reach. */
enum fq_status dp_countersign_list(struct fq_query *q) {
  const struct fq_actor *a = q->actor;
  const char *after = fq_json_str(q->params, "after");
  bool sits = a->roles & (FQ_ROLE_DESK | FQ_ROLE_DEPARTMENT), whole = true;
  int64_t limit = fq_json_int(q->params, "limit", 50), looked = 0, from = after ? dp_id_n(after, 'c') : 0;
  bool mine = fq_json_bool(q->params, "mine", false);
  if (after && !from)
    return fq_fail(q->error, FQ_E_PARAMS, "countersign.unknown", "params.after", "没有会签 %s",
                   "no countersign %s", after);
  char next[FQ_ID_MAX] = "";
  fq_json *all = fq_json_array(), *rows = fq_json_array();
  fq_stmt *s =
      mine ? fq_sql(q->db, COLUMNS "WHERE unit = ?1 AND state = 'open' AND n > ?2 ORDER BY n LIMIT ?3", "sii",
                    sits ? a->org : NULL, from, (int64_t)LOOKED_AT + 1)
           : fq_sql(q->db, COLUMNS "WHERE state = 'open' AND n > ?1 ORDER BY n LIMIT ?2", "ii", from,
                    (int64_t)LOOKED_AT + 1);
  while (fq_row(s))
    fq_json_push(all, row(s));
  fq_json_each(r, all) {
    struct dp_incident i;
    if ((int64_t)fq_json_size(rows) >= limit || looked++ == LOOKED_AT) {
      whole = false;
      break;
    }
    dp_text(next, sizeof next, fq_json_str(r, "id"));
    if (!dp_incident_load(q->db, fq_json_str(r, "incident"), &i) || !dp_may_see(q->db, a, &i)) continue;
    fq_json *j = fq_json_dup(r);
    fq_json_set_int(j, "number", i.number);
    fq_json_set_str(j, "incident_title", i.title);
    fq_json_push(rows, j);
  }
  fq_json_free(all);
  fq_json_set(q->result, "rows", rows);
  if (!whole) fq_json_set_str(q->result, "next", next);
  return FQ_OK;
}
