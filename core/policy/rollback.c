/*
 * Going back to what a pack was, for new subjects and for those that began since: one command, which never
 * needs a second person. The whole pack comes back: policies, dictionaries, what it sets up. What does not
 * compile today does not come back. Kernel thread.
 */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "policy/dictionary.h"
#include "policy/form.h"
#include "policy/module_internal.h"
#include "policy/setup.h"

/* Do all policies of the pack's copy in the generation compile with the plugins of today, and is the text
 * that fails (NULL: none does) not among them? */
static bool works(struct fq_policy *p, fq_db *db, const char *pack, int64_t gen, const char *failing) {
  fq_stmt *q = fq_sql(db,
                      "SELECT s.hash, s.path, s.text FROM policy_member m JOIN policy_source s USING(hash) "
                      "WHERE m.gen = ? AND m.pack = ?",
                      "is", gen, pack);
  while (fq_row(q)) {
    const char *hash = fq_col_str(q, 0);
    if ((!failing || strcmp(hash, failing)) &&
        fq_policy_compiled(p->host, &p->compiled, hash, fq_col_str(q, 1), fq_col_str(q, 2)))
      continue;
    fq_done(q);
    return false;
  }
  return true;
}

int64_t fq_policy_last_good(struct fq_policy *p, fq_db *db, const char *pack, const char *failing) {
  int64_t gen = INT64_MAX;
  do {
    gen =
        fq_int(db, 0,
               "SELECT max(gen) FROM policy_pack WHERE pack = ?1 AND gen < ?2 AND digest NOT IN (SELECT "
               "digest FROM policy_withdrawn WHERE pack = ?1) AND digest <> (SELECT digest FROM policy_pack "
               "WHERE pack = ?1 AND gen = (SELECT max(gen) FROM policy_generation))",
               "si", pack, gen);
  } while (gen && !works(p, db, pack, gen, failing));
  return gen;
}

enum fq_status fq_policy_emit_rollback(struct fq_policy *p, struct fq_call *c, const char *pack, int64_t to,
                                       const char *zh, const char *en, fq_json *refused) {
  int64_t from = fq_policy_current(c->db);
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "pack", pack);
  fq_json_set_int(data, "generation", from + 1);
  fq_json_set_int(data, "from", from);
  fq_json_set_int(data, "to", to);
  fq_stmt *q = fq_sql(c->db, "SELECT version FROM policy_pack WHERE gen = ? AND pack = ?", "is", to, pack);
  if (fq_row(q)) {
    fq_json_set_str(data, "version", fq_col_str(q, 0));
    fq_done(q);
  }
  fq_json_set_bool(data, "alone", true); /* other packs stay what they are to what is open */
  fq_json_set_int(data, "moved", fq_policy_under(p, c->db, to + 1, from));
  fq_json_set_str(data, "message_zh", zh);
  fq_json_set_str(data, "message_en", en);
  int64_t seq = fq_next_seq(c);
  enum fq_status st = fq_emit(c, (struct fq_draft){.kind = "policy.rolled_back", .data = data});
  fq_json *files = st ? NULL : fq_candidate_files_at(c->db, pack, 0);
  if (files) st = fq_dictionary_emit(c, pack, files);
  if (files && !st) st = fq_pack_forms_emit(c, pack, files);
  if (files && !st) fq_setup_again(c, seq, files, refused);
  fq_json_free(files);
  return st;
}

/* The one pack that is meant. */
static enum fq_status find_pack(struct fq_call *c, char pack[FQ_ID_MAX]) {
  const char *named = fq_json_str(c->params, "pack");
  fq_stmt *q =
      fq_sql(c->db, "SELECT pack FROM policy_pack WHERE gen = ?1 AND (?2 IS NULL OR pack = ?2) ORDER BY pack",
             "is", fq_policy_current(c->db), named);
  int found = 0;
  while (fq_row(q)) {
    fq_copy(pack, FQ_ID_MAX, fq_col_str(q, 0));
    found++;
  }
  if (!found)
    return fq_fail(c->error, FQ_E_NOT_FOUND, "pack.unknown", "pack", "没有部署规则包 %s",
                   "pack %s is not deployed", named ? named : "-");
  if (found > 1)
    return fq_fail(c->error, FQ_E_PARAMS, "pack.which", "pack", "部署了 %d 个规则包,请指明哪一个",
                   "%d packs are deployed: say which", found);
  return FQ_OK;
}

static enum fq_status find_target(struct fq_call *c, const char *pack, int64_t *to) {
  struct fq_policy *p = c->self;
  int64_t current = fq_policy_current(c->db);
  *to = fq_json_int(c->params, "to", 0);
  if (!*to) {
    *to = fq_policy_last_good(p, c->db, pack, NULL);
    if (*to) return FQ_OK;
    return fq_fail(c->error, FQ_E_CONFLICT, "pack.no_previous", "pack", "规则包 %s 没有可退回的版本",
                   "pack %s has no earlier version to go back to", pack);
  }
  int64_t same = fq_int(c->db, -1,
                        "SELECT digest = (SELECT digest FROM policy_pack WHERE gen = ? AND pack = ?2) FROM "
                        "policy_pack WHERE gen = ?3 AND pack = ?2",
                        "isi", current, pack, *to);
  if (same < 0)
    return fq_fail(c->error, FQ_E_NOT_FOUND, "pack.unknown_generation", "to", "第 %lld 代没有规则包 %s",
                   "generation %lld has no pack %s", (long long)*to, pack);
  if (same)
    return fq_fail(c->error, FQ_E_CONFLICT, "pack.same", "to", "第 %lld 代的规则包 %s 就是现行版本",
                   "generation %lld of pack %s is what is active", (long long)*to, pack);
  if (works(p, c->db, pack, *to, NULL)) return FQ_OK;
  return fq_fail(c->error, FQ_E_CONFLICT, "pack.broken", "to", "第 %lld 代的规则包 %s 在当前插件下无法编译",
                 "generation %lld of pack %s does not compile with the plugins loaded now", (long long)*to,
                 pack);
}

enum fq_status fq_policy_rollback(struct fq_call *c) {
  char pack[FQ_ID_MAX] = "";
  int64_t to, current = fq_policy_current(c->db);
  enum fq_status st = find_pack(c, pack);
  if (!st) st = find_target(c, pack, &to);
  if (st) return st;
  fq_json_set_int(c->result, "moved", fq_policy_under(c->self, c->db, to + 1, current));
  fq_json *refused = fq_json_array();
  st =
      fq_policy_emit_rollback(c->self, c, pack, to, "管理员退回", "rolled back by an administrator", refused);
  if (!st && fq_json_size(refused))
    fq_json_set(c->result, "setup_refused", refused);
  else
    fq_json_free(refused);
  if (st) return st;
  fq_json_set_str(c->result, "pack", pack);
  fq_stmt *q =
      fq_sql(c->db, "SELECT version FROM policy_pack WHERE gen = ? AND pack = ?", "is", current + 1, pack);
  if (fq_row(q)) {
    fq_json_set_str(c->result, "version", fq_col_str(q, 0));
    fq_done(q);
  }
  fq_json_set_int(c->result, "generation", current + 1);
  return FQ_OK;
}
