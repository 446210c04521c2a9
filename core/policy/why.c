/* Questions about policies: what is active, and why something was decided. Reader threads. */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "policy/module_internal.h"
#include "policy/pack.h"

/* Runs the decision again from what was recorded. `o` gets entry, lines and identical. */
static void execute(struct fq_again *w, const fq_json *d, fq_json *o) {
  fq_json *entry = fq_json_object();
  struct fq_decision again;
  bool could = fq_again_decide(w, d, entry, &again);
  if (fq_json_size(entry))
    fq_json_set(o, "entry", entry);
  else
    fq_json_free(entry);
  if (!could) return;
  bool same = fq_again_same(d, fq_json_get(d, "commands"), &again);
  fq_json_set_bool(o, "identical", same);
  if (!same) {
    fq_json_set_str(o, "again_exit", fq_exit_name(again.exit));
    fq_json_set(o, "again", fq_json_dup(again.commands));
  }
  if (again.lines) fq_json_set(o, "lines", fq_json_dup(again.lines));
  fq_decision_clear(&again);
}

/* What a person calls the version of a pack that was active then. */
static void add_pack_version(fq_json *o, fq_db *db, const fq_json *d) {
  fq_stmt *q = fq_sql(db, "SELECT version FROM policy_pack WHERE gen = ? AND pack = ?", "is",
                      fq_json_int(d, "generation", 0), fq_json_str(d, "pack"));
  if (!fq_row(q)) return;
  fq_json_set_str(o, "pack_version", fq_col_str(q, 0));
  fq_done(q);
}

static fq_json *why_row(struct fq_again *w, fq_stmt *s, bool inputs) {
  const char *text = fq_col_str(s, 4);
  fq_json *d = fq_json_parse(text, strlen(text), NULL), *o = fq_json_object();
  fq_json_set_int(o, "n", fq_col_int(s, 0));
  fq_json_set_time(o, "at", fq_col_int(s, 1));
  fq_json_set_str(o, "kind", fq_col_str(s, 3));
  fq_json_each(m, d) {
    const char *name = fq_json_name(m); /* `entry` comes with its kind below */
    bool hidden = !strcmp(name, "entry") || !strcmp(name, "heard") || (!inputs && !strcmp(name, "context"));
    if (!hidden) fq_json_set(o, name, fq_json_dup(m));
  }
  if (!strcmp(fq_col_str(s, 3), "policy.decided")) execute(w, d, o);
  add_pack_version(o, w->db, d);
  fq_json_free(d);
  return o;
}

enum fq_status fq_policy_why(struct fq_query *q) {
  struct fq_again w;
  if (fq_again_open(&w, q->db, q->self, q->error)) return q->error->status;
  bool inputs = fq_json_bool(q->params, "inputs", false);
  fq_json *rows = fq_json_array();
  fq_stmt *s =
      fq_sql(q->db,
             "SELECT seq, at_ms, org, kind, data FROM journal WHERE subject = ? AND subject <> '' AND kind IN"
             " ('policy.decided', 'policy.refused') ORDER BY seq LIMIT ?",
             "si", fq_json_str(q->params, "subject"), fq_json_int(q->params, "limit", 50));
  while (fq_row(s))
    if (q->actor->system || !fq_col_str(s, 2)[0] || fq_org_within(q->db, fq_col_str(s, 2), q->actor->org))
      fq_json_push(rows, why_row(&w, s, inputs));
  fq_json_set(q->result, "rows", rows);
  fq_again_close(&w);
  return FQ_OK;
}

enum fq_status fq_policy_list(struct fq_query *q) {
  fq_json *rows = fq_json_array();
  int64_t gen = fq_policy_current(q->db);
  fq_stmt *s = fq_sql(
      q->db,
      "SELECT s.name, m.pack, s.hash, s.path, s.kinds, ifnull(sum(f.total), 0), ifnull(sum(f.in_a_row), 0)"
      " FROM policy_member m JOIN policy_source s USING(hash) LEFT JOIN policy_failure f USING(hash)"
      " WHERE m.gen = ? GROUP BY m.pack, m.pos ORDER BY m.pack, m.pos",
      "i", gen);
  while (fq_row(s)) {
    fq_json *o = fq_json_object();
    fq_json_set_str(o, "policy", fq_col_str(s, 0));
    fq_json_set_str(o, "pack", fq_col_str(s, 1));
    fq_json_set_str(o, "version", fq_col_str(s, 2));
    fq_json_set_str(o, "path", fq_col_str(s, 3));
    fq_json_set(o, "kinds", fq_json_parse(fq_col_str(s, 4), strlen(fq_col_str(s, 4)), NULL));
    fq_json_set_int(o, "failures", fq_col_int(s, 5));
    fq_json_set_int(o, "in_a_row", fq_col_int(s, 6));
    fq_json_push(rows, o);
  }
  fq_json_set_int(q->result, "generation", gen);
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}

enum fq_status fq_policy_packs(struct fq_query *q) {
  fq_json *rows = fq_json_array();
  int64_t gen = fq_policy_current(q->db);
  fq_stmt *s = fq_sql(
      q->db, "SELECT pack, version, zh, en, digest, since FROM policy_pack WHERE gen = ? ORDER BY pack", "i",
      gen);
  while (fq_row(s)) {
    fq_json *o = fq_json_object();
    fq_json_set_str(o, "pack", fq_col_str(s, 0));
    fq_json_set_str(o, "version", fq_col_str(s, 1));
    fq_json_set_str(o, "zh", fq_col_str(s, 2));
    fq_json_set_str(o, "en", fq_col_str(s, 3));
    fq_json_set_str(o, "digest", fq_col_str(s, 4));
    fq_json_set_time(o, "since", fq_col_int(s, 5));
    fq_json_push(rows, o);
  }
  fq_json_set_int(q->result, "generation", gen);
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}
