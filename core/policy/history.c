/*
 * What was in force, when, by whose hand: every act that changed which rules decide, and the files of each.
 * Written from apply, read on reader threads.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "policy/lib_texts.h"
#include "policy/module_internal.h"

/* -- apply */

static const char *act_of(const struct fq_entry *e) {
  if (!strcmp(e->kind, "policy.moved")) return "moved";
  if (!strcmp(e->kind, "policy.rolled_back")) return "rolled_back";
  return fq_json_bool(e->data, "promoted", false) ? "promoted" : "deployed";
}

/* What the row tells beside its columns. */
static char *details(const struct fq_entry *e) {
  static const char *const kept[] = {"note",  "approved_by", "proposal", "tested",     "override",
                                     "moved", "signed",      "author",   "message_zh", "message_en",
                                     "from",  "to",          "count"};
  fq_json *o = fq_json_object();
  for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
    const fq_json *v = fq_json_get(e->data, kept[i]);
    if (v) fq_json_set(o, kept[i], fq_json_dup(v));
  }
  char *text = fq_json_print(o);
  fq_json_free(o);
  return text;
}

enum fq_status fq_policy_apply_act(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  const char *pack = fq_json_str(d, "pack"), *author = fq_json_str(d, "author");
  bool moved = !strcmp(e->kind, "policy.moved");
  int64_t gen = fq_json_int(d, moved ? "to" : "generation", 0);
  int64_t from = fq_json_int(d, "from_generation", fq_json_int(d, "from", 0));
  char *detail = details(e);
  fq_exec(a->db,
          "INSERT INTO policy_act(n, at_ms, actor, act, generation, pack, version, digest, from_gen, detail)"
          " SELECT ?1, ?2, ?3, ?4, ?5, ?6, coalesce(p.version, ''), coalesce(p.digest, ''), ?7, ?8"
          " FROM (SELECT 1) LEFT JOIN policy_pack p ON p.gen = ?5 AND p.pack = ?6",
          "iissisis", e->seq, e->at_ms, author ? author : e->actor, act_of(e), gen, pack ? pack : "", from,
          detail);
  free(detail);
  if (!strcmp(e->kind, "pack.deployed")) fq_policy_keep_files(a->db, e->seq, fq_json_get(d, "files"));
  return FQ_OK;
}

void fq_policy_keep_files(fq_db *db, int64_t origin, const fq_json *files) {
  fq_json_each(m, files) fq_exec(db, "INSERT INTO policy_file(origin, path, text) VALUES(?, ?, ?)", "iss",
                                 origin, fq_json_name(m), fq_json_as_str(m));
}

/* -- questions */

static enum fq_status no_pack(struct fq_error *e, const char *pack, int64_t generation) {
  if (generation)
    return fq_fail(e, FQ_E_NOT_FOUND, "pack.unknown_generation", "generation", "第 %lld 代没有规则包 %s",
                   "generation %lld has no pack %s", (long long)generation, pack);
  return fq_fail(e, FQ_E_NOT_FOUND, "pack.unknown", "pack", "没有部署规则包 %s", "pack %s is not deployed",
                 pack);
}

enum fq_status fq_policy_open(struct fq_query *q) {
  const char *pack = fq_json_str(q->params, "pack");
  int64_t asked = fq_json_int(q->params, "generation", 0);
  int64_t gen = asked ? asked : fq_policy_current(q->db);
  fq_stmt *s =
      fq_sql(q->db,
             "SELECT p.version, p.zh, p.en, p.digest, a.generation, a.at_ms, a.actor FROM policy_pack p"
             " JOIN policy_act a ON a.pack = p.pack AND a.generation <= p.gen WHERE p.gen = ? AND p.pack = ?"
             " ORDER BY a.n DESC LIMIT 1",
             "is", gen, pack);
  if (!fq_row(s)) return no_pack(q->error, pack, asked);
  fq_json_set_str(q->result, "pack", pack);
  fq_json_set_str(q->result, "version", fq_col_str(s, 0));
  fq_json_set_str(q->result, "zh", fq_col_str(s, 1));
  fq_json_set_str(q->result, "en", fq_col_str(s, 2));
  fq_json_set_str(q->result, "digest", fq_col_str(s, 3));
  fq_json_set_int(q->result, "generation", fq_col_int(s, 4));
  fq_json_set_time(q->result, "at", fq_col_int(s, 5));
  fq_json_set_str(q->result, "actor", fq_col_str(s, 6));
  fq_done(s);
  fq_json_set(q->result, "files", fq_candidate_files_at(q->db, pack, gen));
  return FQ_OK;
}

/* In policy.moved and policy.rolled_back the ends of the move have columns of their own. */
static void add_details(fq_json *row, const char *text) {
  fq_json *d = fq_json_parse(text, strlen(text), NULL);
  fq_json_each(m, d) {
    const char *name = fq_json_name(m);
    if (!strcmp(name, "author") || !strcmp(name, "from")) continue;
    if (!strcmp(name, "count")) name = "moved";
    if (!strcmp(name, "to")) name = "to_generation";
    fq_json_set(row, name, fq_json_dup(m));
  }
  fq_json_free(d);
}

enum fq_status fq_policy_history(struct fq_query *q) {
  const char *pack = fq_json_str(q->params, "pack");
  int64_t limit = fq_json_int(q->params, "limit", 50), last = 0;
  fq_json *rows = fq_json_array();
  fq_stmt *s = fq_sql(
      q->db,
      "SELECT n, at_ms, actor, act, generation, pack, version, digest, from_gen, detail FROM policy_act"
      " WHERE n < ?1 AND (?2 IS NULL OR pack = ?2 OR pack = '') ORDER BY n DESC LIMIT ?3",
      "isi", fq_json_int(q->params, "after", INT64_MAX), pack, limit);
  while (fq_row(s)) {
    fq_json *o = fq_json_object();
    last = fq_col_int(s, 0);
    fq_json_set_int(o, "n", last);
    fq_json_set_time(o, "at", fq_col_int(s, 1));
    fq_json_set_str(o, "actor", fq_col_str(s, 2));
    fq_json_set_str(o, "act", fq_col_str(s, 3));
    fq_json_set_int(o, "generation", fq_col_int(s, 4));
    fq_json_set_str(o, "pack", fq_col_str(s, 5));
    fq_json_set_str(o, "version", fq_col_str(s, 6));
    fq_json_set_str(o, "digest", fq_col_str(s, 7));
    if (fq_col_int(s, 8)) fq_json_set_int(o, "from_generation", fq_col_int(s, 8));
    add_details(o, fq_col_str(s, 9));
    fq_json_push(rows, o);
  }
  if ((int64_t)fq_json_size(rows) == limit && last > 1) fq_json_set_int(q->result, "next", last);
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}

static fq_json *packs_with(fq_db *db, const char *hash) {
  fq_json *list = fq_json_array(), *row = NULL, *gens = NULL;
  fq_stmt *s =
      fq_sql(db, "SELECT DISTINCT pack, gen FROM policy_member WHERE hash = ? ORDER BY pack, gen", "s", hash);
  while (fq_row(s)) {
    if (!row || strcmp(fq_json_str(row, "pack"), fq_col_str(s, 0))) {
      fq_json_push(list, row = fq_json_object());
      fq_json_set_str(row, "pack", fq_col_str(s, 0));
      fq_json_set(row, "generations", gens = fq_json_array());
    }
    fq_json_push(gens, fq_json_new_int(fq_col_int(s, 1)));
  }
  return list;
}

/* The text behind the hash that decisions name, also of the server's own default. */
enum fq_status fq_policy_source(struct fq_query *q) {
  const struct fq_policy *p = q->self;
  const char *hash = fq_json_str(q->params, "version");
  const char *name = "default", *path = p->fallback->path, *text = fq_lib_default;
  fq_stmt *s = fq_sql(q->db, "SELECT name, path, text FROM policy_source WHERE hash = ?", "s", hash);
  bool stored = fq_row(s);
  if (!stored && strcmp(hash, p->fallback->hash))
    return fq_fail(q->error, FQ_E_NOT_FOUND, "policy.unknown_version", "version", "没有散列为 %s 的规则",
                   "no policy has the hash %s", hash);
  if (stored) name = fq_col_str(s, 0), path = fq_col_str(s, 1), text = fq_col_str(s, 2);
  fq_json_set_str(q->result, "version", hash);
  fq_json_set_str(q->result, "policy", name);
  fq_json_set_str(q->result, "path", path);
  fq_json_set_str(q->result, "text", text);
  if (stored) fq_done(s);
  fq_json_set(q->result, "packs", packs_with(q->db, hash));
  return FQ_OK;
}
