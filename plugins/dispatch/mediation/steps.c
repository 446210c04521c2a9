/*
 * steps.c - the verbs of a mediation: open, stage, assign, parties, settle, to_court, reveal. Every text is
 * emitted masked; what masking took away follows in an entry that nobody hears. Kernel thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mediation/mediation.h"

/* ---- loading, rights ----------------------------------------------------------------------------- */

bool dp_mediation_load(fq_db *db, const char *id, struct dp_mediation *out) {
  memset(out, 0, sizeof *out);
  int64_t n = dp_id_n(id, 'm');
  if (!n) return false;
  fq_stmt *q = fq_sql(db, "SELECT rev, incident, mediator, stage, state FROM mediation WHERE n = ?1", "i", n);
  if (!fq_row(q)) return false;
  out->n = n;
  dp_text(out->id, sizeof out->id, id);
  out->rev = fq_col_int(q, 0);
  out->incident = fq_col_int(q, 1);
  dp_text(out->mediator, sizeof out->mediator, fq_col_str(q, 2));
  dp_text(out->stage, sizeof out->stage, fq_col_str(q, 3));
  out->state = dp_mediation_state_of(fq_col_str(q, 4));
  fq_done(q);
  return true;
}

static enum fq_status need(struct fq_call *c, struct dp_mediation *m, struct dp_incident *i) {
  const char *id = fq_json_str(c->params, "id");
  char incident[FQ_ID_MAX];
  if (dp_mediation_load(c->db, id, m)) {
    dp_id_make(incident, 'i', m->incident);
    if (dp_incident_load(c->db, incident, i)) return FQ_OK;
  }
  return fq_fail(c->error, FQ_E_NOT_FOUND, "mediation.unknown", "params.id", "没有调处 %s", "no mediation %s",
                 id ? id : "");
}

static enum fq_status begin(struct fq_call *c, enum dp_mediation_verb v, struct dp_mediation *m,
                            struct dp_incident *i, enum dp_mediation_state *next) {
  enum fq_status s = need(c, m, i);
  if (s == FQ_OK) s = dp_rev_check(c, m->rev);
  return s == FQ_OK ? dp_mediation_step(c, m, v, next) : s;
}

enum fq_status dp_target_open_mediation(struct fq_call *c, struct fq_target *t) {
  return dp_target_incident(c, "incident", true, t);
}

enum fq_status dp_target_mediation(struct fq_call *c, struct fq_target *t) {
  struct dp_mediation m;
  struct dp_incident i;
  const struct fq_actor *a = c->actor;
  enum fq_status s = need(c, &m, &i);
  if (s != FQ_OK) return s;
  bool desk = a->roles & FQ_ROLE_DESK;
  dp_text(t->org, sizeof t->org, i.org);
  t->own = !strcmp(m.mediator, a->name) || (desk && a->org && !strcmp(i.owner_org, a->org));
  if (t->own || desk || a->system) return FQ_OK;
  return fq_fail(c->error, FQ_E_FORBIDDEN, "mediation.foreign", "", "不是您调处的 %s",
                 "%s is not yours to mediate", m.id);
}

bool dp_mediation_clear(const struct fq_actor *a, const struct dp_mediation *m, const struct dp_incident *i) {
  if (a->system || !strcmp(m->mediator, a->name)) return true;
  return (a->roles & FQ_ROLE_DESK) && a->org && !strcmp(i->owner_org, a->org);
}

/* ---- what is said, and what is only recorded -------------------------------------------------------- */

/* An entry on its way: `data` is heard, `raw` has what of it was masked. */
struct saying {
  fq_json *data, *raw, *parties;
};

static struct saying saying_of(struct fq_call *c, int64_t mediation) {
  const fq_json *given = fq_json_get(c->params, "parties");
  return (struct saying){.data = fq_json_object(),
                         .raw = fq_json_object(),
                         .parties = given ? fq_json_dup(given) : dp_parties(c->db, mediation)};
}

static void drop(struct saying *s) {
  fq_json_free(s->data);
  fq_json_free(s->raw);
  fq_json_free(s->parties);
}

static void say(struct saying *s, const fq_json *params, const char *member) {
  const char *text = fq_json_str(params, member);
  if (!text) return;
  char *masked = dp_mask_text(text, s->parties);
  fq_json_set_str(s->data, member, masked);
  if (strcmp(masked, text)) fq_json_set_str(s->raw, member, text);
  free(masked);
}

/* A photograph of an agreement cannot be masked: what is heard says how many there are. */
static void attach(struct saying *s, const fq_json *params) {
  const fq_json *files = fq_json_get(params, "attachments");
  if (!fq_json_size(files)) return;
  fq_json_set_int(s->data, "files", (int64_t)fq_json_size(files));
  fq_json_set(s->raw, "attachments", fq_json_dup(files));
}

/* Whoever hears an entry may read what is attached to it: so these are heard by the mediator, and by the desk
 * that owns the incident. Takes files. */
static enum fq_status file(struct fq_call *c, const struct dp_mediation *m, const struct dp_incident *i,
                           fq_json *files) {
  char hears[2 * (FQ_ID_MAX + 8)];
  snprintf(hears, sizeof hears, "unit/%s%s%s", i->owner_org, *m->mediator ? " user/" : "", m->mediator);
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "mediation", m->id);
  fq_json_set(data, "attachments", files);
  return fq_emit(
      c, (struct fq_draft){
             .kind = "mediation.filed", .subject = i->id, .org = i->org, .audience = hears, .data = data});
}

/* Another mediator, another desk: they hear of what is on file already. */
static enum fq_status file_again(struct fq_call *c, const struct dp_mediation *m,
                                 const struct dp_incident *i) {
  fq_json *all = fq_json_array();
  fq_stmt *q =
      fq_sql(c->db, "SELECT raw FROM mediation_step WHERE mediation = ?1 AND raw IS NOT NULL ORDER BY seq",
             "i", m->n);
  while (fq_row(q)) {
    const char *text = fq_col_str(q, 0);
    fq_json *raw = fq_json_parse(text, strlen(text), NULL);
    fq_json_each(f, fq_json_get(raw, "attachments")) fq_json_push(all, fq_json_dup(f));
    fq_json_free(raw);
  }
  if (fq_json_size(all)) return file(c, m, i, all);
  fq_json_free(all);
  return FQ_OK;
}

/* Emits both; consumes the saying. */
static enum fq_status emit(struct fq_call *c, struct dp_mediation *m, const struct dp_incident *i,
                           const char *kind, enum dp_mediation_state next, struct saying *s,
                           const char *also) {
  char hears[2 * (FQ_ID_MAX + 8)] = "";
  if (*m->mediator)
    snprintf(hears, sizeof hears, "user/%s%s%s", m->mediator, also ? " user/" : "", also ? also : "");
  m->state = next;
  m->rev++;
  fq_json_set_str(s->data, "mediation", m->id);
  fq_json_set_str(s->data, "state", dp_mediation_state_name(next));
  fq_json_set_int(s->data, "rev", m->rev);
  const fq_json *given = fq_json_get(c->params, "parties");
  int64_t step = fq_next_seq(c);
  enum fq_status st = dp_emit(c, i, kind, s->data, *hears ? hears : NULL);
  s->data = NULL;
  const fq_json *files = fq_json_get(s->raw, "attachments");
  if (st == FQ_OK && files) st = file(c, m, i, fq_json_dup(files));
  if (st == FQ_OK && (given || fq_json_size(s->raw))) {
    fq_json *secret = fq_json_object();
    fq_json_set_str(secret, "mediation", m->id);
    fq_json_set_int(secret, "step", step);
    if (given) fq_json_set(secret, "parties", fq_json_dup(given));
    if (fq_json_size(s->raw)) {
      fq_json_set(secret, "raw", s->raw);
      s->raw = NULL;
    }
    st = fq_emit(
        c, (struct fq_draft){.kind = "mediation.recorded", .subject = i->id, .org = i->org, .data = secret});
  }
  drop(s);
  return st;
}

static enum fq_status answer(struct fq_call *c, const struct dp_mediation *m) {
  fq_json_set_str(c->result, "id", m->id);
  fq_json_set_str(c->result, "state", dp_mediation_state_name(m->state));
  fq_json_set_int(c->result, "rev", m->rev);
  return FQ_OK;
}

static enum fq_status tags_check(struct fq_call *c) {
  struct dp_term terms[DP_TERMS_MAX];
  size_t count = dp_terms(c->db, "mediation_tags", dp_tags, terms, DP_TERMS_MAX);
  fq_json_each(t, fq_json_get(c->params, "tags")) {
    const char *code = fq_json_as_str(t);
    if (dp_term_find(terms, count, code) < 0)
      return dp_term_refuse(c, "mediation_tags", "params.tags", code, terms, count);
  }
  return FQ_OK;
}

static enum fq_status mediator_named(struct fq_call *c, const char *user, fq_json *data) {
  fq_stmt *q = fq_sql(c->db, "SELECT display FROM account WHERE name = ?1 AND disabled = 0", "s", user);
  if (!fq_row(q))
    return fq_fail(c->error, FQ_E_PARAMS, "mediation.mediator", "params.mediator", "没有调解员 %s",
                   "there is no mediator %s", user);
  const char *display = fq_col_str(q, 0);
  fq_json_set_str(data, "mediator", user);
  fq_json_set_str(data, "mediator_name", display && *display ? display : user);
  fq_done(q);
  return FQ_OK;
}

/* ---- verbs --------------------------------------------------------------------------------------- */

static enum fq_status only_one(struct fq_call *c, int64_t incident) {
  int64_t n = fq_int(c->db, 0, "SELECT n FROM mediation WHERE incident = ?1 AND ended_ms IS NULL LIMIT 1",
                     "i", incident);
  char id[FQ_ID_MAX];
  dp_id_make(id, 'm', n);
  return !n ? FQ_OK
            : fq_fail(c->error, FQ_E_CONFLICT, "mediation.duplicate", "params.incident", "该事件已在调处:%s",
                      "it is being mediated already: %s", id);
}

enum fq_status dp_mediation_open(struct fq_call *c) {
  struct dp_incident i;
  struct dp_term class = {.code = ""}, stages[DP_TERMS_MAX];
  enum dp_state same;
  enum fq_status s = dp_incident_need(c, "incident", &i);
  if (s == FQ_OK) s = dp_step(c, &i, DP_V_MEDIATE, &same);
  if (s == FQ_OK) s = only_one(c, i.n);
  if (s == FQ_OK) s = dp_term_need(c, "disputes", dp_disputes, "class", &class);
  if (s != FQ_OK) return s;
  struct dp_mediation m = {.n = fq_next_seq(c)};
  dp_id_make(m.id, 'm', m.n);
  struct saying say_ = saying_of(c, m.n);
  const char *mediator = fq_json_str(c->params, "mediator");
  /* A rule mediates nothing itself: without a mediator named, it waits for one to be assigned. */
  if (!mediator && !c->actor->system && !(c->actor->roles & FQ_ROLE_POLICY)) mediator = c->actor->name;
  if (mediator && (s = mediator_named(c, mediator, say_.data)) != FQ_OK) {
    drop(&say_);
    return s;
  }
  dp_text(m.mediator, sizeof m.mediator, mediator);
  dp_terms(c->db, "mediation_stages", dp_stages, stages, DP_TERMS_MAX);
  fq_json_set_str(say_.data, "kind", fq_json_str(c->params, "kind"));
  fq_json_set_str(say_.data, "class", class.code);
  fq_json_set_str(say_.data, "class_name", class.zh);
  fq_json_set_str(say_.data, "stage", stages[0].code);
  fq_json_set_str(say_.data, "stage_name", stages[0].zh);
  fq_json_set(say_.data, "parties", dp_mask_parties(say_.parties));
  fq_json_set_int(say_.data, "number", i.number);
  say(&say_, c->params, "note");
  if ((s = emit(c, &m, &i, "mediation.opened", DP_MED_OPEN, &say_, NULL)) != FQ_OK) return s;
  fq_json_set_str(c->result, "stage", stages[0].code);
  return answer(c, &m);
}

/* Forward, leaving out what need not be (recorded), or back, which takes a reason. */
enum fq_status dp_mediation_stage(struct fq_call *c) {
  struct dp_mediation m;
  struct dp_incident i;
  struct dp_term stages[DP_TERMS_MAX];
  enum dp_mediation_state next;
  const char *stage = fq_json_str(c->params, "stage");
  enum fq_status s = begin(c, DP_MV_STAGE, &m, &i, &next);
  if (s == FQ_OK) s = tags_check(c);
  if (s != FQ_OK) return s;
  size_t count = dp_terms(c->db, "mediation_stages", dp_stages, stages, DP_TERMS_MAX);
  int to = dp_term_find(stages, count, stage), from = dp_term_find(stages, count, m.stage);
  if (to < 0) return dp_term_refuse(c, "mediation_stages", "params.stage", stage, stages, count);
  if (to < from && !fq_json_str(c->params, "reason"))
    return fq_fail(c->error, FQ_E_PARAMS, "mediation.back", "params.reason", "从“%s”退回“%s”须写明理由",
                   "going back from %s to %s takes a reason", stages[from].zh, stages[to].zh);
  struct saying say_ = saying_of(c, m.n);
  fq_json_set_str(say_.data, "stage", stage);
  fq_json_set_str(say_.data, "stage_name", stages[to].zh);
  if (from >= 0) fq_json_set_str(say_.data, "from", m.stage);
  if (to < from) fq_json_set_bool(say_.data, "back", true);
  fq_json *skipped = fq_json_array();
  for (int x = from + 1; from >= 0 && x < to; x++)
    fq_json_push(skipped, fq_json_new_str(stages[x].code));
  if (fq_json_size(skipped))
    fq_json_set(say_.data, "skipped", skipped);
  else
    fq_json_free(skipped);
  say(&say_, c->params, "text");
  say(&say_, c->params, "reason");
  dp_set_opt(say_.data, "tags", c->params, "tags");
  attach(&say_, c->params);
  if ((s = emit(c, &m, &i, "mediation.moved", next, &say_, NULL)) != FQ_OK) return s;
  fq_json_set_str(c->result, "stage", stage);
  return answer(c, &m);
}

enum fq_status dp_mediation_assign(struct fq_call *c) {
  struct dp_mediation m;
  struct dp_incident i;
  enum dp_mediation_state next;
  char before[FQ_ID_MAX];
  enum fq_status s = begin(c, DP_MV_ASSIGN, &m, &i, &next);
  if (s != FQ_OK) return s;
  struct saying say_ = saying_of(c, m.n);
  if ((s = mediator_named(c, fq_json_str(c->params, "mediator"), say_.data)) != FQ_OK) {
    drop(&say_);
    return s;
  }
  dp_text(before, sizeof before, m.mediator);
  dp_text(m.mediator, sizeof m.mediator, fq_json_str(c->params, "mediator"));
  if (*before) fq_json_set_str(say_.data, "before", before);
  say(&say_, c->params, "note");
  s = emit(c, &m, &i, "mediation.assigned", next, &say_, *before ? before : NULL);
  if (s == FQ_OK) s = file_again(c, &m, &i);
  return s == FQ_OK ? answer(c, &m) : s;
}

enum fq_status dp_mediation_parties(struct fq_call *c) {
  struct dp_mediation m;
  struct dp_incident i;
  enum dp_mediation_state next;
  enum fq_status s = begin(c, DP_MV_PARTIES, &m, &i, &next);
  if (s != FQ_OK) return s;
  struct saying say_ = saying_of(c, m.n);
  fq_json_set(say_.data, "parties", dp_mask_parties(say_.parties));
  s = emit(c, &m, &i, "mediation.parties_set", next, &say_, NULL);
  return s == FQ_OK ? answer(c, &m) : s;
}

enum fq_status dp_mediation_settle(struct fq_call *c) {
  static const struct {
    const char *outcome, *kind;
    enum dp_mediation_verb verb;
  } ends[] = {{"settled", "mediation.settled", DP_MV_SETTLE},
              {"failed", "mediation.failed", DP_MV_FAIL},
              {"withdrawn", "mediation.withdrawn", DP_MV_WITHDRAW}};
  struct dp_mediation m;
  struct dp_incident i;
  enum dp_mediation_state next;
  const char *outcome = fq_json_str(c->params, "outcome");
  size_t end = 0;
  while (strcmp(ends[end].outcome, outcome)) /* the schema knows no other */
    end++;
  enum fq_status s = begin(c, ends[end].verb, &m, &i, &next);
  if (s == FQ_OK) s = tags_check(c);
  if (s != FQ_OK) return s;
  if (next == DP_MED_SETTLED && !fq_json_str(c->params, "level"))
    return fq_fail(c->error, FQ_E_PARAMS, "mediation.level", "params.level", "调解成功要写明化解在哪一级",
                   "say at which level it was settled");
  struct saying say_ = saying_of(c, m.n);
  fq_json_set_str(say_.data, "outcome", outcome);
  static const char *const members[] = {"level", "satisfied", "tags"};
  for (size_t k = 0; k < sizeof members / sizeof *members; k++)
    dp_set_opt(say_.data, members[k], c->params, members[k]);
  attach(&say_, c->params);
  say(&say_, c->params, "agreement");
  say(&say_, c->params, "text");
  s = emit(c, &m, &i, ends[end].kind, next, &say_, NULL);
  return s == FQ_OK ? answer(c, &m) : s;
}

#define BEIJING_MS (8 * 3600 * INT64_C(1000))

/* 诉调对接: the hand-off has a number of its own, which the paper that goes to the court carries. */
enum fq_status dp_mediation_to_court(struct fq_call *c) {
  struct dp_mediation m;
  struct dp_incident i;
  enum dp_mediation_state next;
  enum fq_status s = begin(c, DP_MV_TO_COURT, &m, &i, &next);
  if (s != FQ_OK) return s;
  char now[32], year[5], counter[32], handoff[64];
  fq_time_format(c->now_ms + BEIJING_MS, now);
  dp_text(year, sizeof year, now);
  snprintf(counter, sizeof counter, "court-%s", year);
  int64_t serial = 1 + fq_int(c->db, 0, "SELECT value FROM dispatch_counter WHERE name = ?1", "s", counter);
  snprintf(handoff, sizeof handoff, "诉调〔%s〕%lld号", year, (long long)serial);
  struct saying say_ = saying_of(c, m.n);
  say(&say_, c->params, "court");
  fq_json_set_str(say_.data, "handoff", handoff);
  fq_json_set_str(say_.data, "year", year);
  fq_json_set_int(say_.data, "serial", serial);
  say(&say_, c->params, "docket");
  say(&say_, c->params, "note");
  if ((s = emit(c, &m, &i, "mediation.sent_to_court", next, &say_, NULL)) != FQ_OK) return s;
  fq_json_set_str(c->result, "handoff", handoff);
  return answer(c, &m);
}

/* Who asks for the names says why, and that he did stands in the incident's timeline. */
enum fq_status dp_mediation_reveal(struct fq_call *c) {
  struct dp_mediation m;
  struct dp_incident i;
  enum fq_status s = need(c, &m, &i);
  if (s != FQ_OK) return s;
  struct saying say_ = saying_of(c, m.n);
  say(&say_, c->params, "reason");
  if ((s = emit(c, &m, &i, "mediation.revealed", m.state, &say_, NULL)) != FQ_OK) return s;
  fq_json_set(c->result, "parties", dp_parties(c->db, m.n));
  return answer(c, &m);
}

/* Reaction: a report that was none has nobody to mediate between. */
enum fq_status dp_mediation_voided(struct fq_call *c, const struct fq_entry *e) {
  struct dp_incident i;
  struct dp_mediation m;
  char id[FQ_ID_MAX];
  if (!dp_incident_load(c->db, e->subject, &i)) return FQ_OK;
  dp_id_make(
      id, 'm',
      fq_int(c->db, 0, "SELECT n FROM mediation WHERE incident = ?1 AND ended_ms IS NULL LIMIT 1", "i", i.n));
  if (!dp_mediation_load(c->db, id, &m)) return FQ_OK;
  struct saying say_ = saying_of(c, m.n);
  fq_json_set_str(say_.data, "outcome", "withdrawn");
  fq_json_set_str(say_.data, "text", "事件已作废");
  return emit(c, &m, &i, "mediation.withdrawn", dp_mediation_next(DP_MV_WITHDRAW, m.state), &say_, NULL);
}

/* Reaction: the incident has another owner. */
enum fq_status dp_mediation_moved(struct fq_call *c, const struct fq_entry *e) {
  struct dp_incident i;
  struct dp_mediation m;
  char id[FQ_ID_MAX];
  enum fq_status s = FQ_OK;
  if (!dp_incident_load(c->db, e->subject, &i)) return FQ_OK;
  for (m.n = 0; s == FQ_OK;) {
    dp_id_make(id, 'm',
               fq_int(c->db, 0, "SELECT n FROM mediation WHERE incident = ?1 AND n > ?2 ORDER BY n LIMIT 1",
                      "ii", i.n, m.n));
    if (!dp_mediation_load(c->db, id, &m)) return FQ_OK;
    s = file_again(c, &m, &i);
  }
  return s;
}
