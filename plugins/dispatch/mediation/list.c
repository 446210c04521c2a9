/*
 * list.c - mediations as terminals, pages and policies see them: mediation.get, .list, view.mediations, and
 * what an incident says of its own. The parties are masked but for who mediates and the desk that owns it.
 * Reads only; any thread with a handle of its own.
 */
#include <string.h>

#include "mediation/mediation.h"

static void set_id(fq_json *j, const char *name, char letter, int64_t n) {
  char id[FQ_ID_MAX];
  dp_id_make(id, letter, n);
  fq_json_set_str(j, name, id);
}

fq_json *dp_parties(fq_db *db, int64_t mediation) {
  fq_json *list = fq_json_array();
  fq_stmt *q = fq_sql(db, "SELECT name, phone, role FROM mediation_party WHERE mediation = ?1 ORDER BY no",
                      "i", mediation);
  while (fq_row(q)) {
    fq_json *p = fq_json_object();
    fq_json_set_str(p, "name", fq_col_str(q, 0));
    dp_col_text(p, "phone", q, 1);
    dp_col_text(p, "role", q, 2);
    fq_json_push(list, p);
  }
  return list;
}

#define COLUMNS                                                                                              \
  "m.n, m.incident, i.number, i.title, m.state, m.rev, m.kind, m.class, m.class_name, m.mediator, m.stage,"  \
  " m.stage_name, m.by_user, m.level, m.court, m.handoff, m.docket, m.org, m.opened_ms, m.ended_ms,"         \
  " m.satisfied, i.owner_org"

/* `a` NULL: masked. */
static fq_json *mediation_json(fq_db *db, int64_t n, const struct fq_actor *a) {
  fq_stmt *q = fq_sql(
      db, "SELECT " COLUMNS " FROM mediation m JOIN incident i ON i.n = m.incident WHERE m.n = ?1", "i", n);
  if (!fq_row(q)) return NULL;
  static const char *const texts[] = {"state",      NULL, "kind",  "class", "class_name", "mediator", "stage",
                                      "stage_name", "by", "level", "court", "handoff",    "docket",   "org"};
  fq_json *j = fq_json_object();
  struct dp_mediation m = {.n = n};
  struct dp_incident i = {.n = 0};
  set_id(j, "id", 'm', n);
  set_id(j, "incident", 'i', fq_col_int(q, 1));
  fq_json_set_int(j, "number", fq_col_int(q, 2));
  fq_json_set_str(j, "incident_title", fq_col_str(q, 3));
  fq_json_set_int(j, "rev", fq_col_int(q, 5));
  for (int k = 0; k < 14; k++)
    if (texts[k]) dp_col_text(j, texts[k], q, 4 + k);
  fq_json_set_time(j, "opened_at", fq_col_int(q, 18));
  if (!fq_col_null(q, 19)) fq_json_set_time(j, "ended_at", fq_col_int(q, 19));
  if (!fq_col_null(q, 20)) fq_json_set_bool(j, "satisfied", fq_col_int(q, 20) != 0);
  dp_text(m.mediator, sizeof m.mediator, fq_col_str(q, 9));
  dp_set_person(db, j, "mediator_name", m.mediator);
  dp_text(i.owner_org, sizeof i.owner_org, fq_col_str(q, 21));
  fq_done(q);
  bool clear = a && dp_mediation_clear(a, &m, &i);
  fq_json *parties = dp_parties(db, n);
  fq_json_set(j, "parties", clear ? fq_json_dup(parties) : dp_mask_parties(parties));
  fq_json_set_bool(j, "masked", !clear);
  fq_json_free(parties);
  return j;
}

/* What was done, oldest first; for those who see the names, as it was written. */
static fq_json *steps_json(fq_db *db, int64_t n, bool clear) {
  static const char *const bookkeeping[] = {"mediation", "rev", "parties", "number"};
  fq_json *list = fq_json_array();
  fq_stmt *q = fq_sql(
      db, "SELECT what, data, raw, by_user, at_ms FROM mediation_step WHERE mediation = ?1 ORDER BY seq", "i",
      n);
  while (fq_row(q)) {
    const char *data = fq_col_str(q, 1), *text = fq_col_str(q, 2);
    fq_json *step = fq_json_parse(data, strlen(data), NULL);
    fq_json *raw = clear && text ? fq_json_parse(text, strlen(text), NULL) : NULL;
    if (!step) step = fq_json_object();
    for (size_t k = 0; k < sizeof bookkeeping / sizeof *bookkeeping; k++)
      fq_json_free(fq_json_detach(step, bookkeeping[k]));
    fq_json_each(r, raw) fq_json_set(step, fq_json_name(r), fq_json_dup(r));
    fq_json_free(raw);
    fq_json_set_str(step, "what", fq_col_str(q, 0));
    fq_json_set_str(step, "by", fq_col_str(q, 3));
    dp_set_person(db, step, "by_name", fq_col_str(q, 3));
    fq_json_set_time(step, "at", fq_col_int(q, 4));
    fq_json_push(list, step);
  }
  return list;
}

/* ---- for others ---------------------------------------------------------------------------------- */

bool dp_mediates(fq_db *db, int64_t incident, const char *user) {
  return fq_int(db, 0, "SELECT 1 FROM mediation WHERE incident = ?1 AND mediator = ?2 LIMIT 1", "is",
                incident, user) != 0;
}

void dp_mediations_set(fq_db *db, int64_t incident, fq_json *j) {
  fq_json *list = fq_json_array();
  fq_stmt *q = fq_sql(db,
                      "SELECT n, state, kind, class, class_name, stage, stage_name, mediator FROM mediation"
                      " WHERE incident = ?1 ORDER BY n",
                      "i", incident);
  while (fq_row(q)) {
    static const char *const members[] = {"state", "kind",       "class",   "class_name",
                                          "stage", "stage_name", "mediator"};
    fq_json *m = fq_json_object();
    set_id(m, "id", 'm', fq_col_int(q, 0));
    for (int k = 0; k < 7; k++)
      dp_col_text(m, members[k], q, 1 + k);
    fq_json_push(list, m);
  }
  if (fq_json_size(list))
    fq_json_set(j, "mediations", list);
  else
    fq_json_free(list);
}

enum fq_status dp_view_mediations(struct fq_view *v) {
  int64_t keys[50];
  size_t count = 0;
  v->answer = fq_json_array();
  fq_stmt *q = fq_sql(v->db, "SELECT n FROM mediation WHERE incident = ?1 ORDER BY n LIMIT 50", "i",
                      dp_id_n(dp_view_subject(v), 'i'));
  while (fq_row(q))
    keys[count++] = fq_col_int(q, 0);
  for (size_t x = 0; x < count; x++)
    fq_json_push(v->answer, mediation_json(v->db, keys[x], NULL));
  return FQ_OK;
}

/* ---- queries ------------------------------------------------------------------------------------- */

enum fq_status dp_mediation_get(struct fq_query *q) {
  const char *id = fq_json_str(q->params, "id");
  struct dp_mediation m;
  struct dp_incident i;
  char incident[FQ_ID_MAX];
  if (!dp_mediation_load(q->db, id, &m))
    return fq_fail(q->error, FQ_E_NOT_FOUND, "mediation.unknown", "params.id", "没有调处 %s",
                   "no mediation %s", id ? id : "");
  dp_id_make(incident, 'i', m.incident);
  if (!dp_incident_load(q->db, incident, &i) || !dp_may_see(q->db, q->actor, &i))
    return fq_fail(q->error, FQ_E_FORBIDDEN, "mediation.foreign", "", "调处 %s 不在您的辖区内",
                   "%s is not within your reach", id);
  fq_json *j = mediation_json(q->db, m.n, q->actor);
  fq_json_set(j, "steps", steps_json(q->db, m.n, dp_mediation_clear(q->actor, &m, &i)));
  fq_json_each(member, j) fq_json_set(q->result, fq_json_name(member), fq_json_dup(member));
  fq_json_free(j);
  return FQ_OK;
}

static int64_t time_of(const fq_json *p, const char *member, int64_t fallback) {
  const char *text = fq_json_str(p, member);
  return text ? fq_time_parse(text) : fallback;
}

enum fq_status dp_mediation_list(struct fq_query *q) {
  const fq_json *p = q->params, *satisfied = fq_json_get(p, "satisfied");
  const char *after = fq_json_str(p, "after");
  int64_t before = after ? dp_id_n(after, 'm') : INT64_MAX, limit = fq_json_int(p, "limit", 50), keys[201];
  size_t count = 0;
  char path[512];
  bool area;
  enum fq_status s = dp_reach(q, path, &area);
  if (s != FQ_OK) return s;
  if (after && !before)
    return fq_fail(q->error, FQ_E_PARAMS, "mediation.unknown", "params.after", "没有调处 %s",
                   "no mediation %s", after);
  /* An end is asked for by its time, which has an index: a report's row leads to its cases. */
  int64_t from = time_of(p, "ended_from", 0), until = time_of(p, "ended_until", INT64_MAX);
  fq_stmt *r = fq_sql(
      q->db,
      "SELECT n FROM mediation WHERE n < ?1 AND (?2 IS NULL OR state = ?2) AND (?3 IS NULL OR level = ?3)"
      " AND (?4 IS NULL OR class = ?4) AND (?5 IS NULL OR kind = ?5) AND (?6 IS NULL OR mediator = ?6)"
      " AND (?7 < 0 OR satisfied = ?7) AND (?8 = 0 OR incident = ?8)"
      " AND (?9 = 0 OR ended_ms >= ?9) AND (?10 = 9223372036854775807 OR ended_ms < ?10)"
      " AND ((?11 IS NOT NULL AND substr(path, 1, length(?11)) = ?11) OR mediator = ?12 OR by_user = ?12)"
      " AND (?13 IS NULL OR substr(path, 1, length(?11)) = ?11)"
      " ORDER BY n DESC LIMIT ?14",
      "isssssiiiisssi", before, fq_json_str(p, "state"), fq_json_str(p, "level"), fq_json_str(p, "class"),
      fq_json_str(p, "kind"), fq_json_str(p, "mediator"),
      satisfied ? (int64_t)fq_json_bool(p, "satisfied", false) : (int64_t)-1,
      dp_id_n(fq_json_str(p, "incident"), 'i'), from, until, area ? path : NULL, q->actor->name,
      fq_json_str(p, "org"), limit + 1);
  while (fq_row(r))
    keys[count++] = fq_col_int(r, 0);
  bool more = (int64_t)count > limit;
  fq_json *rows = fq_json_array();
  for (size_t x = 0; x < count - more; x++)
    fq_json_push(rows, mediation_json(q->db, keys[x], q->actor));
  fq_json_set(q->result, "rows", rows);
  if (more) set_id(q->result, "next", 'm', keys[limit - 1]);
  return FQ_OK;
}

/* What the county calls the stages, the classes of disputes and the ways to reason with people: what its
 * packs say, else what is built in. */
enum fq_status dp_mediation_words(struct fq_query *q) {
  static const struct {
    const char *member, *dictionary;
    const struct dp_word *builtin;
  } lists[] = {{"stages", "mediation_stages", dp_stages},
               {"classes", "disputes", dp_disputes},
               {"tags", "mediation_tags", dp_tags}};
  for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
    struct dp_term terms[DP_TERMS_MAX];
    size_t count = dp_terms(q->db, lists[k].dictionary, lists[k].builtin, terms, DP_TERMS_MAX);
    fq_json *rows = fq_json_array();
    for (size_t x = 0; x < count; x++) {
      fq_json *row = fq_json_object();
      fq_json_set_str(row, "code", terms[x].code);
      fq_json_set_str(row, "zh", terms[x].zh);
      fq_json_set_str(row, "en", terms[x].en);
      fq_json_push(rows, row);
    }
    fq_json_set(q->result, lists[k].member, rows);
  }
  return FQ_OK;
}
