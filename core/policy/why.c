/*
 * Questions about policies: what is active, and why something was decided. Reader threads; a host of its own
 * for each question, because hosts belong to one thread.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "policy/module_internal.h"
#include "policy/lib_texts.h"
#include "policy/pack.h"

struct again {
  struct fq_query *q;
  struct fq_policy *policy;
  struct fq_host *host;
  struct fq_map *versions; /* hash -> version */
};

static struct fq_version *version(struct again *w, const char *hash, const char *name) {
  struct fq_version *v = fq_map_get(w->versions, hash);
  if (v) return v;
  struct fq_findings f = {0};
  if (!strcmp(name, "default")) v = fq_version_compile(w->host, "default.lua", fq_lib_default, true, &f);
  if (v && strcmp(v->hash, hash)) { /* the default of another release of the server */
    fq_version_free(v);
    v = NULL;
  }
  fq_stmt *s = v ? NULL : fq_sql(w->q->db, "SELECT path, text FROM policy_source WHERE hash = ?", "s", hash);
  if (!v && fq_row(s)) {
    v = fq_version_compile(w->host, fq_col_str(s, 0), fq_col_str(s, 1), false, &f);
    fq_done(s);
  }
  if (v) fq_map_put(&w->versions, hash, v);
  fq_findings_free(&f);
  return v;
}

/* Runs the decision again from what was recorded. `o` gets entry and identical. */
static void execute(struct again *w, const fq_json *d, fq_json *o) {
  int64_t seq = fq_json_int(d, "entry", 0);
  const char *hash = fq_json_str(d, "version"), *name = fq_json_str(d, "policy");
  struct fq_version *v = hash && name ? version(w, hash, name) : NULL;
  fq_stmt *s = fq_sql(
      w->q->db, "SELECT at_ms, kind, subject, org, actor, cause, data FROM journal WHERE seq = ?", "i", seq);
  if (!fq_row(s)) return;
  const char *text = fq_col_str(s, 6);
  fq_json *data = fq_json_parse(text, strlen(text), NULL), *entry = fq_json_object();
  struct fq_entry e = {.seq = seq,
                       .at_ms = fq_col_int(s, 0),
                       .kind = fq_col_str(s, 1),
                       .subject = fq_col_str(s, 2),
                       .org = fq_col_str(s, 3),
                       .audience = "",
                       .actor = fq_col_str(s, 4),
                       .cause = fq_col_int(s, 5),
                       .data = data};
  fq_json_set_int(entry, "n", seq);
  fq_json_set_str(entry, "kind", e.kind);
  fq_json_set(o, "entry", entry);
  if (v) {
    struct fq_question q = {
        .entry = &e, .context = fq_json_get(d, "context"), .answers = fq_json_get(d, "answers")};
    struct fq_decision again;
    fq_decide(w->host, v, &q, &again);
    const char *exit = fq_json_str(d, "exit");
    bool same = exit && !strcmp(exit, fq_exit_name(again.exit)) &&
                fq_json_equal(fq_json_get(d, "commands"), again.commands) &&
                fq_json_equal(q.answers, again.answers);
    fq_json_set_bool(o, "identical", same);
    if (!same) {
      fq_json_set_str(o, "again_exit", fq_exit_name(again.exit));
      fq_json_set(o, "again", fq_json_dup(again.commands));
    }
    fq_decision_clear(&again);
  }
  fq_done(s);
  fq_json_free(data);
}

static void free_version(void *v) {
  fq_version_free(v);
}

enum fq_status fq_policy_why(struct fq_query *q) {
  struct fq_policy *p = q->self;
  struct again w = {.q = q, .policy = p};
  const char *subject = fq_json_str(q->params, "subject");
  w.host = fq_host_new(p->modules, p->modules_count, &(struct fq_host_limits){p->steps, p->cpu_ms}, q->error);
  if (!w.host) return q->error->status;
  fq_json *rows = fq_json_array();
  fq_stmt *s =
      fq_sql(q->db,
             "SELECT seq, at_ms, org, kind, data FROM journal WHERE subject = ? AND subject <> '' AND kind IN"
             " ('policy.decided', 'policy.refused') ORDER BY seq LIMIT ?",
             "si", subject, fq_json_int(q->params, "limit", 50));
  while (fq_row(s)) {
    if (!q->actor->system && fq_col_str(s, 2)[0] && !fq_org_within(q->db, fq_col_str(s, 2), q->actor->org))
      continue;
    const char *text = fq_col_str(s, 4);
    fq_json *d = fq_json_parse(text, strlen(text), NULL), *o = fq_json_object();
    fq_json_set_int(o, "n", fq_col_int(s, 0));
    fq_json_set_time(o, "at", fq_col_int(s, 1));
    fq_json_set_str(o, "kind", fq_col_str(s, 3));
    fq_json_each(m, d) if (strcmp(fq_json_name(m), "entry") && strcmp(fq_json_name(m), "context"))
        fq_json_set(o, fq_json_name(m), fq_json_dup(m));
    if (!strcmp(fq_col_str(s, 3), "policy.decided")) execute(&w, d, o);
    fq_json_push(rows, o);
    fq_json_free(d);
  }
  fq_json_set(q->result, "rows", rows);
  fq_map_clear(&w.versions, free_version);
  fq_host_free(w.host);
  return FQ_OK;
}

enum fq_status fq_policy_list(struct fq_query *q) {
  fq_json *rows = fq_json_array();
  int64_t gen = fq_policy_current(q->db);
  fq_stmt *s =
      fq_sql(q->db,
             "SELECT s.name, m.pack, s.hash, s.path, s.kinds, ifnull(f.total, 0), ifnull(f.in_a_row, 0)"
             " FROM policy_member m JOIN policy_source s USING(hash) LEFT JOIN policy_failure f USING(hash)"
             " WHERE m.gen = ? ORDER BY m.pack, m.pos",
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

enum fq_status fq_policy_check(struct fq_query *q) {
  struct fq_policy *p = q->self;
  const fq_json *files = fq_json_get(q->params, "files");
  if (fq_json_type(files) != FQ_JSON_OBJECT)
    return fq_fail(q->error, FQ_E_PARAMS, "params", "files", "files 应为 {路径: 内容}",
                   "files must be {path: text}");
  struct fq_host *h = fq_host_new(p->modules, p->modules_count, NULL, q->error);
  if (!h) return q->error->status;
  struct fq_findings f = {0};
  struct fq_pack pack;
  bool ok = fq_pack_check(h, p->modules, p->modules_count, fq_json_str(q->params, "pack"), files, &pack, &f);
  fq_json_set_bool(q->result, "ok", ok);
  fq_json_set(q->result, "findings", fq_findings_json(&f));
  fq_pack_clear(&pack);
  fq_findings_free(&f);
  fq_host_free(h);
  return FQ_OK;
}
