/*
 * card.c - supervision after the card was shown: the answer to it, its being overdue, its being lifted; the
 * queue of open cards and the count by unit. An incident has one open card at a time: a second one takes the
 * place of the first. Commands and apply on the kernel thread, queries on reader threads.
 */
#include <stdio.h>
#include <string.h>

#include "supervise/supervise.h"

struct card {
  int64_t n, due_ms, answered_ms, overdue_ms;
  char card[16], by[FQ_ID_MAX];
};

static bool open_card(fq_db *db, int64_t incident, struct card *k) {
  memset(k, 0, sizeof *k);
  fq_stmt *q = fq_sql(db,
                      "SELECT n, due_ms, answered_ms, overdue_ms, card, given_by FROM card"
                      " WHERE incident = ?1 AND ended_ms IS NULL",
                      "i", incident);
  if (!fq_row(q)) return false;
  k->n = fq_col_int(q, 0);
  k->due_ms = fq_col_int(q, 1);
  k->answered_ms = fq_col_int(q, 2);
  k->overdue_ms = fq_col_int(q, 3);
  dp_text(k->card, sizeof k->card, fq_col_str(q, 4));
  dp_text(k->by, sizeof k->by, fq_col_str(q, 5));
  fq_done(q);
  return true;
}

static enum fq_status need(struct fq_call *c, struct dp_incident *i, struct card *k) {
  enum fq_status s = dp_incident_need(c, "id", i);
  if (s != FQ_OK || open_card(c->db, i->n, k)) return s;
  return fq_fail(c->error, FQ_E_CONFLICT, "supervise.none", "params.id", "事件 %s 没有未摘的督办牌",
                 "%s has no open card", i->id);
}

static fq_json *about(const struct card *k) {
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "card", k->card);
  fq_json_set_int(data, "given", k->n);
  return data;
}

/* ---- commands --------------------------------------------------------------------------------------- */

/* Whoever has to do it answers for it: its desk (or one above), a unit or officer with an order. Not the
 * reporter: he is the one who waits. */
enum fq_status dp_target_card(struct fq_call *c, struct fq_target *t) {
  struct dp_incident i;
  const struct fq_actor *a = c->actor;
  enum fq_status s = dp_incident_need(c, "id", &i);
  if (s != FQ_OK) return s;
  dp_text(t->org, sizeof t->org, i.org);
  bool desk = a->roles & FQ_ROLE_DESK, sits = desk || (a->roles & FQ_ROLE_DEPARTMENT);
  t->own =
      (sits && a->org && !strcmp(i.owner_org, a->org)) ||
      fq_int(c->db, 0,
             "SELECT 1 FROM task WHERE incident = ?1 AND state NOT IN ('declined', 'recalled', 'expired')"
             " AND (to_user = ?2 OR to_unit = ?3 OR to_team = ?4) LIMIT 1",
             "isss", i.n, a->name, dp_sits_at(a), dp_team_of(a));
  if (t->own || desk || a->system) return FQ_OK;
  return fq_fail(c->error, FQ_E_FORBIDDEN, "supervise.foreign", "", "不是您承办的事件 %s",
                 "%s is not your task", i.id);
}

enum fq_status dp_supervise_answer(struct fq_call *c) {
  struct dp_incident i;
  struct card k;
  enum fq_status s = need(c, &i, &k);
  if (s != FQ_OK) return s;
  fq_json *data = about(&k);
  dp_set_opt(data, "text", c->params, "text");
  fq_json_set_bool(data, "in_time", !k.overdue_ms && (!k.due_ms || c->now_ms <= k.due_ms));
  if ((s = dp_emit(c, &i, "supervise.answered", data, NULL)) != FQ_OK) return s;
  fq_json_set_str(c->result, "id", i.id);
  fq_json_set_str(c->result, "card", k.card);
  return FQ_OK;
}

/* Who gave it decides, and those above him: a township does not lift the county's card. What a rule or the
 * server gave, any head in reach may lift. */
static bool may_lift(struct fq_call *c, const struct card *k) {
  char org[FQ_ID_MAX] = "";
  if (c->actor->system || !strcmp(c->actor->name, k->by)) return true;
  fq_stmt *q = fq_sql(c->db, "SELECT org FROM account WHERE name = ?1", "s", k->by);
  if (!fq_row(q)) return true;
  dp_text(org, sizeof org, fq_col_str(q, 0));
  fq_done(q);
  return fq_org_within(c->db, org, c->actor->org);
}

enum fq_status dp_supervise_lift(struct fq_call *c) {
  struct dp_incident i;
  struct card k;
  enum fq_status s = need(c, &i, &k);
  if (s != FQ_OK) return s;
  if (!may_lift(c, &k))
    return fq_fail(c->error, FQ_E_FORBIDDEN, "supervise.issuer", "",
                   "这张牌由上级 %s 所发,须由其或其上级摘除",
                   "the card was given by %s: it is lifted there or above", k.by);
  fq_json *data = about(&k);
  dp_set_opt(data, "note", c->params, "note");
  fq_json_set_int(data, "rev", i.rev + 1);
  if ((s = dp_emit(c, &i, "supervise.lifted", data, NULL)) != FQ_OK) return s;
  fq_json_set_str(c->result, "id", i.id);
  fq_json_set_int(c->result, "rev", i.rev + 1);
  return FQ_OK;
}

/* Timer. The card may have been answered, lifted or replaced in the same tick. */
enum fq_status dp_supervise_lapse(struct fq_call *c) {
  struct dp_incident i;
  struct card k;
  if (!dp_incident_load(c->db, fq_json_str(c->params, "id"), &i) || !open_card(c->db, i.n, &k)) return FQ_OK;
  if (k.n != fq_json_int(c->params, "given", 0) || k.answered_ms || k.overdue_ms) return FQ_OK;
  fq_json *data = about(&k);
  fq_json_set_time(data, "due_at", k.due_ms);
  fq_json_set_int(data, "late_ms", fq_json_int(c->params, "late_ms", 0));
  fq_json_set_str(data, "by", k.by);
  return dp_emit(c, &i, "supervise.overdue", data, NULL);
}

/* ---- apply ------------------------------------------------------------------------------------------ */

static void timer_id(char out[FQ_ID_MAX + 16], int64_t incident) {
  snprintf(out, FQ_ID_MAX + 16, "card:i%lld", (long long)incident);
}

static void disarm(struct fq_apply *a, int64_t incident) {
  char id[FQ_ID_MAX + 16];
  timer_id(id, incident);
  fq_timer_clear(a, id);
}

void dp_cards_end(struct fq_apply *a, int64_t incident, const char *how, int64_t at_ms) {
  fq_exec(a->db, "UPDATE card SET ended_ms = ?2, ended_how = ?3 WHERE incident = ?1 AND ended_ms IS NULL",
          "iis", incident, at_ms, how);
  disarm(a, incident);
}

enum fq_status dp_apply_card_given(struct fq_apply *a, const struct fq_entry *e) {
  int64_t incident = dp_id_n(e->subject, 'i'), within_ms = fq_json_int(e->data, "within_ms", 0);
  int64_t due_ms = within_ms ? e->at_ms + within_ms : 0;
  dp_cards_end(a, incident, "replaced", e->at_ms);
  fq_exec(a->db,
          "INSERT INTO card(n, incident, card, note, path, unit, given_by, given_ms, due_ms)"
          " SELECT ?1, n, ?3, ?4, path, owner_org, ?5, ?6, nullif(?7, 0) FROM incident WHERE n = ?2",
          "iisssii", e->seq, incident, fq_json_str(e->data, "card"), fq_json_str(e->data, "note"), e->actor,
          e->at_ms, due_ms);
  if (!due_ms) return FQ_OK;
  char id[FQ_ID_MAX + 16];
  timer_id(id, incident);
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "id", e->subject);
  fq_json_set_int(params, "given", e->seq);
  fq_timer_set(a, id, due_ms, "supervise.lapse", e->subject, params);
  return FQ_OK;
}

/* Answered once more: the words are the last ones, the time is the first. */
enum fq_status dp_apply_card_answered(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(
      a->db,
      "UPDATE card SET answered_ms = coalesce(answered_ms, ?2), answered_by = ?3, answer = ?4 WHERE n = ?1",
      "iiss", fq_json_int(e->data, "given", 0), e->at_ms, e->actor, fq_json_str(e->data, "text"));
  disarm(a, dp_id_n(e->subject, 'i'));
  return FQ_OK;
}

enum fq_status dp_apply_card_lifted(struct fq_apply *a, const struct fq_entry *e) {
  int64_t incident = dp_id_n(e->subject, 'i');
  dp_cards_end(a, incident, "lifted", e->at_ms);
  fq_exec(a->db, "UPDATE incident SET card = NULL, rev = ?2, updated_ms = ?3 WHERE n = ?1", "iii", incident,
          fq_json_int(e->data, "rev", 0), e->at_ms);
  return FQ_OK;
}

enum fq_status dp_apply_card_overdue(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "UPDATE card SET overdue_ms = ?2 WHERE n = ?1", "ii", fq_json_int(e->data, "given", 0),
          e->at_ms);
  return FQ_OK;
}

/* ---- queries ---------------------------------------------------------------------------------------- */

#define COLUMNS                                                                                              \
  "k.n, k.incident, k.card, k.note, k.unit, k.given_by, k.given_ms, k.due_ms, k.overdue_ms, k.answered_ms,"  \
  " k.answered_by, k.answer, k.ended_ms, k.ended_how, i.number, i.title, i.state, i.level,"                  \
  " coalesce(o.name, k.unit), g.display, r.display"
#define TABLES                                                                                               \
  "card k JOIN incident i ON i.n = k.incident LEFT JOIN org o ON o.id = k.unit"                              \
  " LEFT JOIN account g ON g.name = k.given_by LEFT JOIN account r ON r.name = k.answered_by"

static void set_text(fq_json *j, const char *name, fq_stmt *q, int column) {
  if (!fq_col_null(q, column)) fq_json_set_str(j, name, fq_col_str(q, column));
}

static fq_json *row(fq_stmt *q) {
  static const struct {
    const char *name;
    int column;
  } texts[] = {{"card", 2},       {"note", 3},         {"unit", 4},
               {"by", 5},         {"answered_by", 10}, {"answer", 11},
               {"ended", 13},     {"title", 15},       {"incident_state", 16},
               {"unit_name", 18}, {"by_name", 19},     {"answered_by_name", 20}},
    times[] = {{"given_at", 6}, {"due_at", 7}, {"overdue_at", 8}, {"answered_at", 9}, {"ended_at", 12}};
  fq_json *j = fq_json_object();
  char id[FQ_ID_MAX];
  fq_json_set_int(j, "n", fq_col_int(q, 0));
  dp_id_make(id, 'i', fq_col_int(q, 1));
  fq_json_set_str(j, "incident", id);
  fq_json_set_int(j, "number", fq_col_int(q, 14));
  fq_json_set_int(j, "level", fq_col_int(q, 17));
  for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
    set_text(j, texts[k].name, q, texts[k].column);
  for (size_t k = 0; k < sizeof times / sizeof *times; k++)
    dp_col_time(j, times[k].name, q, times[k].column);
  return j;
}

fq_json *dp_cards_json(fq_db *db, int64_t incident) {
  fq_json *rows = fq_json_array();
  fq_stmt *q =
      fq_sql(db, "SELECT " COLUMNS " FROM " TABLES " WHERE k.incident = ?1 ORDER BY k.n", "i", incident);
  while (fq_row(q))
    fq_json_push(rows, row(q));
  return rows;
}

/* Desks: what is in their area, and what their unit owns elsewhere. Departments: what their unit owns or has
 * an order for. */
enum fq_status dp_supervise_list(struct fq_query *q) {
  const fq_json *p = q->params, *answered = fq_json_get(p, "answered");
  const struct fq_actor *a = q->actor;
  struct dp_area area = {.path = ""};
  bool reach = dp_area_reach(a);
  enum fq_status s = reach ? dp_area_asked(q, fq_json_str(p, "org"), &area) : FQ_OK;
  if (s != FQ_OK) return s;
  int64_t limit = fq_json_int(p, "limit", 50), wanted = answered ? fq_json_bool(p, "answered", false) : -1,
          last = 0;
  bool own = !fq_json_get(p, "org") && (a->roles & (FQ_ROLE_DESK | FQ_ROLE_DEPARTMENT));
  fq_json *rows = fq_json_array();
  bool more = false;
  fq_stmt *k = fq_sql(
      q->db,
      "SELECT " COLUMNS " FROM " TABLES " WHERE k.ended_ms IS NULL AND k.n > ?1"
      " AND ((?2 AND substr(k.path, 1, length(?3)) = ?3) OR (?4 IS NOT NULL AND (k.unit = ?4 OR i.owner_org "
      "= ?4 OR EXISTS"
      "  (SELECT 1 FROM task t WHERE t.incident = k.incident AND (t.to_unit = ?4 OR t.to_team = ?4)))))"
      " AND (?5 IS NULL OR k.card = ?5) AND (?6 < 0 OR (k.answered_ms IS NOT NULL) = ?6) ORDER BY k.n LIMIT "
      "?7",
      "iisssii", fq_json_int(p, "after", 0), (int64_t)reach, area.path, own ? a->org : NULL,
      fq_json_str(p, "card"), wanted, limit + 1);
  while (fq_row(k)) {
    if ((int64_t)fq_json_size(rows) == limit) {
      more = true;
      fq_done(k);
      break;
    }
    last = fq_col_int(k, 0);
    fq_json_push(rows, row(k));
  }
  fq_json_set(q->result, "rows", rows);
  if (more) fq_json_set_int(q->result, "next", last);
  return FQ_OK;
}

enum fq_status dp_supervise_report(struct fq_query *q) {
  static const char *const counts[] = {"cards",    "yellow",  "red",    "black",
                                       "answered", "overdue", "lifted", "open"};
  const char *from = fq_json_str(q->params, "from"), *until = fq_json_str(q->params, "until");
  struct dp_area area;
  enum fq_status s = dp_area_asked(q, fq_json_str(q->params, "org"), &area);
  if (s != FQ_OK) return s;
  int64_t until_ms = until ? fq_time_parse(until) : q->now_ms + 1;
  int64_t from_ms = from ? fq_time_parse(from) : until_ms - INT64_C(30) * 86400000;
  fq_json *rows = fq_json_array();
  fq_stmt *k =
      fq_sql(q->db,
             "SELECT k.unit, coalesce(o.name, k.unit), count(*), total(k.card = 'yellow'),"
             " total(k.card = 'red'), total(k.card = 'black'), count(k.answered_ms),"
             " total(k.overdue_ms IS NOT NULL), total(k.ended_how = 'lifted'), total(k.ended_ms IS NULL),"
             " avg(k.answered_ms - k.given_ms) FROM card k LEFT JOIN org o ON o.id = k.unit"
             " WHERE k.given_ms >= ?1 AND k.given_ms < ?2 AND substr(k.path, 1, length(?3)) = ?3"
             " GROUP BY k.unit ORDER BY count(*) DESC, k.unit",
             "iis", from_ms, until_ms, area.path);
  while (fq_row(k)) {
    fq_json *j = fq_json_object();
    fq_json_set_str(j, "unit", fq_col_str(k, 0));
    fq_json_set_str(j, "name", fq_col_str(k, 1));
    for (int x = 0; x < 8; x++)
      fq_json_set_int(j, counts[x], fq_col_int(k, 2 + x));
    if (!fq_col_null(k, 10)) fq_json_set_int(j, "answer_ms", fq_col_int(k, 10));
    fq_json_push(rows, j);
  }
  fq_json_set_time(q->result, "from", from_ms);
  fq_json_set_time(q->result, "until", until_ms);
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}
