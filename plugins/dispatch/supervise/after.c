/*
 * after.c - incident.after_action: the whole story of an incident, with times and actors, from the journal.
 * Only entries the asker may hear; the rest is what incident.get shows him as well. Reader threads.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "supervise/supervise.h"

#define MOST 5000 /* entries; a longer story says so */

/* ---- milestones and the time between them ------------------------------------------------------------ */

static const struct {
  const char *zh, *en;
} milestones[DP_MILESTONE_COUNT] = {
    [DP_M_OCCURRED] = {"发生", "occurred"},   [DP_M_REPORTED] = {"上报", "reported"},
    [DP_M_ACCEPTED] = {"受理", "accepted"},   [DP_M_DISPATCHED] = {"派遣", "dispatched"},
    [DP_M_HANDLED] = {"处置完毕", "handled"}, [DP_M_VERIFIED] = {"核查", "verified"},
    [DP_M_CLOSED] = {"结案", "closed"},
};

/* Accepting and sending may be one step, and may come in either order: a step takes no less than nothing. */
static void set_milestones(const struct dp_incident *i, fq_json *out) {
  fq_json *rows = fq_json_array();
  int64_t before = 0;
  for (int m = 0; m < DP_MILESTONE_COUNT; m++) {
    if (!i->at_ms[m]) continue;
    fq_json *j = fq_json_object();
    fq_json_set_str(j, "name", dp_milestone_name((enum dp_milestone)m));
    fq_json_set_str(j, "zh", milestones[m].zh);
    fq_json_set_str(j, "en", milestones[m].en);
    fq_json_set_time(j, "at", i->at_ms[m]);
    if (before) fq_json_set_int(j, "took_ms", i->at_ms[m] > before ? i->at_ms[m] - before : 0);
    if (i->at_ms[DP_M_REPORTED] && m > DP_M_REPORTED)
      fq_json_set_int(j, "since_report_ms", i->at_ms[m] - i->at_ms[DP_M_REPORTED]);
    before = i->at_ms[m];
    fq_json_push(rows, j);
  }
  fq_json_set(out, "milestones", rows);
}

/* ---- policies ------------------------------------------------------------------------------------------ */

/* Which rules decided, and what they had done; for whoever may ask policy.why. */
static void set_policies(struct fq_query *q, const struct dp_incident *i, fq_json *out) {
  const struct fq_actor *a = q->actor;
  fq_json *rows = fq_json_array();
  bool may = a->system ||
             ((a->roles & (FQ_ROLE_DESK | FQ_ROLE_DEPARTMENT | FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_AUDIT)) &&
              fq_org_within(q->db, i->org, a->org));
  fq_stmt *s = may ? fq_sql(q->db,
                            "SELECT seq, at_ms, data FROM journal WHERE subject = ?1 AND subject <> ''"
                            " AND kind = 'policy.decided' ORDER BY seq LIMIT ?2",
                            "si", i->id, (int64_t)MOST)
                   : NULL;
  while (may && fq_row(s)) {
    const char *text = fq_col_str(s, 2);
    fq_json *d = fq_json_parse(text, strlen(text), NULL);
    const fq_json *commands = fq_json_get(d, "commands");
    if (fq_json_size(commands)) {
      fq_json *j = fq_json_object(), *methods = fq_json_array();
      fq_json_set_int(j, "n", fq_col_int(s, 0));
      fq_json_set_time(j, "at", fq_col_int(s, 1));
      dp_set_opt(j, "policy", d, "policy");
      dp_set_opt(j, "pack", d, "pack");
      fq_json_each(c, commands) fq_json_push(methods, fq_json_new_str(fq_json_str(c, "method")));
      fq_json_set(j, "commands", methods);
      fq_json_push(rows, j);
    }
    fq_json_free(d);
  }
  fq_json_set(out, "policies", rows);
}

/* ---- entries, and what of them stands in lists of its own ------------------------------------------------
 */

struct story {
  fq_json *entries, *comments, *files;
};

static void add_files(fq_db *db, const fq_json *d, const fq_json *entry, fq_json *files) {
  fq_json_each(m, fq_json_get(d, "attachments")) {
    const char *sha = fq_json_as_str(m);
    fq_json *f = fq_json_object();
    if (!sha) sha = fq_json_str(m, "sha256");
    fq_json_set_str(f, "sha256", sha);
    dp_set_opt(f, "name", m, "name");
    fq_stmt *q = fq_sql(db, "SELECT type, size FROM blob WHERE sha256 = ?1", "s", sha);
    if (fq_row(q)) {
      fq_json_set_str(f, "type", fq_col_str(q, 0));
      fq_json_set_int(f, "size", fq_col_int(q, 1));
      fq_done(q);
    }
    dp_set_opt(f, "at", entry, "at");
    dp_set_opt(f, "by", entry, "by");
    fq_json_push(files, f);
  }
}

/* People by the name they are called; rules and the server keep theirs. */
static void set_actor(fq_db *db, fq_json *j, const char *actor) {
  fq_json_set_str(j, "actor", actor);
  fq_stmt *q = fq_sql(db, "SELECT display FROM account WHERE name = ?1", "s", actor);
  bool known = fq_row(q);
  const char *display = known ? fq_col_str(q, 0) : NULL;
  fq_json_set_str(j, "by", display && *display ? display : actor);
  if (known) fq_done(q);
}

static void add_entry(fq_db *db, fq_stmt *q, const char *of, struct story *s) {
  struct dp_said said;
  const char *kind = fq_col_str(q, 2), *text = fq_col_str(q, 4);
  fq_json *j = fq_json_object(), *d = fq_json_parse(text, strlen(text), NULL);
  fq_json_set_int(j, "n", fq_col_int(q, 0));
  fq_json_set_time(j, "at", fq_col_int(q, 1));
  fq_json_set_str(j, "kind", kind);
  dp_kind_words(kind, j);
  set_actor(db, j, fq_col_str(q, 3));
  if (of) fq_json_set_str(j, "of", of);
  dp_said_of(db, kind, d, fq_json_str(j, "by"), &said);
  if (!strncmp(kind, "clock.", 6)) {
    dp_set_opt(j, "clock", d, "clock");
    dp_set_opt(j, "clock_title", d, "title");
  }
  if (*said.zh) fq_json_set_str(j, "said_zh", said.zh);
  if (*said.en) fq_json_set_str(j, "said_en", said.en);
  add_files(db, d, j, s->files);
  if (!strcmp(kind, "incident.commented")) fq_json_push(s->comments, fq_json_dup(j));
  fq_json_free(d);
  fq_json_push(s->entries, j);
}

/* Its own entries: its tasks', clocks' and whistles' stand under it. */
static bool tell(struct fq_query *q, const char *subject, const char *of, struct story *s) {
  bool whole = true;
  fq_stmt *k = fq_sql(q->db,
                      "SELECT seq, at_ms, kind, actor, data, org, audience FROM journal WHERE subject = ?1"
                      " AND subject <> '' AND kind NOT IN ('timer.fired', 'policy.decided') ORDER BY seq",
                      "s", subject);
  while (fq_row(k)) {
    if (!dp_may_hear(q->db, q->actor, fq_col_str(k, 2), fq_col_str(k, 5), fq_col_str(k, 6))) continue;
    if (fq_json_size(s->entries) == MOST) {
      whole = false;
      fq_done(k);
      break;
    }
    add_entry(q->db, k, of, s);
  }
  return whole;
}

static int by_number(const void *a, const void *b) {
  int64_t x = fq_json_int(*(const fq_json *const *)a, "n", 0),
          y = fq_json_int(*(const fq_json *const *)b, "n", 0);
  return (x > y) - (x < y);
}

/* Stories of several incidents as one, in the journal's order. */
static fq_json *in_order(fq_json *entries) {
  size_t count = fq_json_size(entries), n = 0;
  const fq_json **all = calloc(count + 1, sizeof *all);
  if (!all) abort();
  fq_json_each(e, entries) all[n++] = e;
  qsort(all, n, sizeof *all, by_number);
  fq_json *sorted = fq_json_array();
  for (size_t x = 0; x < n; x++)
    fq_json_push(sorted, fq_json_dup(all[x]));
  free(all);
  fq_json_free(entries);
  return sorted;
}

/* What was merged into it has a beginning of its own. */
static bool tell_merged(struct fq_query *q, const fq_json *about, struct story *s) {
  const fq_json *merged = fq_json_get(about, "merged");
  bool whole = true;
  fq_json_each(m, merged) {
    char of[32];
    snprintf(of, sizeof of, "#%lld", (long long)fq_json_int(m, "number", 0));
    whole = tell(q, fq_json_str(m, "id"), of, s) && whole;
  }
  if (fq_json_type(merged) == FQ_JSON_ARRAY && fq_json_size(merged)) s->entries = in_order(s->entries);
  return whole;
}

enum fq_status dp_incident_after_action(struct fq_query *q) {
  struct dp_incident i;
  enum fq_status st = dp_incident_seen(q, "id", &i);
  if (st != FQ_OK) return st;
  struct story s = {fq_json_array(), fq_json_array(), fq_json_array()};
  fq_json *about = dp_incident_json(q->db, i.n, DP_WITH_ALL);
  char zh[96], en[96];
  if (fq_term(q->db, "categories", i.category, zh, en)) {
    fq_json_set_str(about, "category_zh", zh);
    fq_json_set_str(about, "category_en", en);
  }
  set_actor(q->db, about, i.reporter);
  fq_json_set(q->result, "incident", about);
  fq_json_set_time(q->result, "made_at", q->now_ms);
  fq_json *reader = fq_json_object();
  set_actor(q->db, reader, q->actor->name);
  dp_set_opt(q->result, "made_for", reader, "by");
  fq_json_free(reader);
  set_milestones(&i, q->result);
  bool whole = tell(q, i.id, NULL, &s);
  whole = tell_merged(q, about, &s) && whole;
  fq_json_set(q->result, "entries", s.entries);
  fq_json_set(q->result, "comments", s.comments);
  fq_json_set(q->result, "attachments", s.files);
  fq_json_set(q->result, "cards", dp_cards_json(q->db, i.n));
  set_policies(q, &i, q->result);
  fq_json_set_bool(q->result, "whole", whole);
  return FQ_OK;
}
