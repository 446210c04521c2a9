/*
 * Deploying a pack and going back: commands like any other, so they take effect between two entries and are
 * in the journal. Kernel thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "policy/dictionary.h"
#include "policy/module_internal.h"
#include "policy/pack.h"
#include "policy/setup.h"

/* One error that lists them all, as far as it has room; pack.check gives the rest. */
static enum fq_status refuse(struct fq_error *e, const struct fq_findings *f) {
  struct fq_buf zh = {0}, en = {0};
  for (size_t i = 0; i < f->count; i++) {
    const struct fq_finding *x = &f->list[i];
    char where[200]; /* a finding's path has at most 160 bytes */
    snprintf(where, sizeof where, x->line ? "%s:%d" : "%s", x->path, x->line);
    fq_buf_fmt(&zh, "%s%s %s", i ? ";" : "", where, x->zh);
    fq_buf_fmt(&en, "%s%s %s", i ? "; " : "", where, x->en);
  }
  char where[160], file[141];
  const struct fq_finding *first = &f->list[0];
  fq_copy(file, sizeof file, first->path); /* cut between characters: it may be any name */
  snprintf(where, sizeof where, first->line ? "%s:%d" : "%s", file, first->line);
  fq_fail(e, FQ_E_PARAMS, "pack.invalid", where, "规则包有 %zu 处错误", "%zu mistakes in the pack", f->count);
  char *all_zh = fq_printf("%s:%s", e->zh, zh.data), *all_en = fq_printf("%s: %s", e->en, en.data);
  fq_copy(e->zh, sizeof e->zh, all_zh);
  fq_copy(e->en, sizeof e->en, all_en);
  free(all_zh);
  free(all_en);
  fq_buf_free(&zh);
  fq_buf_free(&en);
  return e->status;
}

/* A name stands for one policy in the whole county: it is the actor of its commands. */
static void check_other_packs(fq_db *db, const struct fq_pack *pack, struct fq_findings *f) {
  for (size_t i = 0; i < pack->count; i++) {
    const struct fq_version *v = pack->versions[i];
    fq_stmt *q = fq_sql(
        db,
        "SELECT m.pack FROM policy_member m JOIN policy_source s USING(hash) WHERE m.gen = ? AND m.pack <> ?"
        " AND s.name = ?",
        "iss", fq_policy_current(db), pack->name, v->name);
    if (!fq_row(q)) continue;
    fq_finding_add(f, v->path, 0, FQ_EXIT_SYNTAX, "规则名 %s 已被规则包 %s 使用",
                   "the policy name %s is taken by pack %s", v->name, fq_col_str(q, 0));
    fq_done(q);
  }
}

enum fq_status fq_policy_findings(struct fq_call *c, const struct fq_pack *pack, struct fq_findings *f) {
  if (!f->count) check_other_packs(c->db, pack, f);
  return f->count ? refuse(c->error, f) : FQ_OK;
}

static fq_json *policies_of(const struct fq_pack *pack) {
  fq_json *list = fq_json_array();
  for (size_t i = 0; i < pack->count; i++) {
    const struct fq_version *v = pack->versions[i];
    fq_json *o = fq_json_object();
    fq_json_set_str(o, "name", v->name);
    fq_json_set_str(o, "hash", v->hash);
    fq_json_set_str(o, "path", v->path);
    fq_json_set(o, "kinds", fq_json_dup(v->kinds));
    fq_json_push(list, o);
  }
  return list;
}

static fq_json *names_of(const struct fq_pack *pack) {
  fq_json *list = fq_json_array();
  for (size_t i = 0; i < pack->count; i++)
    fq_json_push(list, fq_json_new_str(pack->versions[i]->name));
  return list;
}

enum fq_status fq_policy_deploy(struct fq_call *c) {
  struct fq_policy *p = c->self;
  struct fq_findings f = {0};
  struct fq_pack pack;
  const fq_json *files = fq_json_get(c->params, "files");
  const char *name = fq_json_str(c->params, "pack");
  enum fq_status st = FQ_OK;
  if (fq_json_type(files) != FQ_JSON_OBJECT)
    return fq_fail(c->error, FQ_E_PARAMS, "params", "files", "files 应为 {路径: 内容}",
                   "files must be {path: text}");
  fq_pack_check(p->host, p->modules, p->modules_count, name, files, &pack, &f);
  if ((st = fq_policy_findings(c, &pack, &f))) goto out;
  int64_t current = fq_policy_current(c->db);
  bool changed = !fq_int(c->db, 0, "SELECT 1 FROM policy_pack WHERE gen = ? AND pack = ? AND digest = ?",
                         "iss", current, name, pack.digest);
  fq_json_set_str(c->result, "pack", name);
  fq_json_set_str(c->result, "version", pack.version);
  fq_json_set(c->result, "policies", names_of(&pack));
  fq_json_set_bool(c->result, "changed", changed);
  changed |= fq_json_bool(c->params, "force", false);
  fq_json_set_int(c->result, "generation", current + changed);
  if (changed) {
    fq_json *data = fq_json_object();
    fq_json_set_str(data, "pack", name);
    fq_json_set_str(data, "version", pack.version);
    fq_json_set_str(data, "zh", pack.zh);
    fq_json_set_str(data, "en", pack.en);
    fq_json_set_str(data, "digest", pack.digest);
    fq_json_set_int(data, "generation", current + 1);
    fq_json_set(data, "policies", policies_of(&pack));
    fq_json_set(data, "files", fq_json_dup(files));
    st = fq_emit(c, (struct fq_draft){.kind = "pack.deployed", .data = data});
    if (!st) st = fq_dictionary_emit(c, name, files);
    if (!st) st = fq_setup_run(c, files);
  }
out:
  fq_pack_clear(&pack);
  fq_findings_free(&f);
  return st;
}

int64_t fq_policy_last_good(fq_db *db, const char *pack) {
  return fq_int(db, 0,
                "SELECT max(gen) FROM policy_pack o WHERE pack = ?1 AND digest NOT IN (SELECT digest FROM "
                "policy_withdrawn"
                " WHERE pack = ?1) AND digest <> (SELECT digest FROM policy_pack WHERE pack = ?1 AND gen = "
                "(SELECT max(gen)"
                " FROM policy_generation))",
                "s", pack);
}

enum fq_status fq_policy_emit_rollback(struct fq_call *c, const char *pack, int64_t to, const char *zh,
                                       const char *en) {
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
  fq_json_set_str(data, "message_zh", zh);
  fq_json_set_str(data, "message_en", en);
  return fq_emit(c, (struct fq_draft){.kind = "policy.rolled_back", .data = data});
}

enum fq_status fq_policy_rollback(struct fq_call *c) {
  const char *named = fq_json_str(c->params, "pack");
  char pack[FQ_ID_MAX] = "", version[48] = "";
  int64_t current = fq_policy_current(c->db);
  fq_stmt *q =
      fq_sql(c->db, "SELECT pack FROM policy_pack WHERE gen = ?1 AND (?2 IS NULL OR pack = ?2) ORDER BY pack",
             "is", current, named);
  int found = 0;
  while (fq_row(q)) {
    fq_copy(pack, sizeof pack, fq_col_str(q, 0));
    found++;
  }
  if (!found)
    return fq_fail(c->error, FQ_E_NOT_FOUND, "pack.unknown", "pack", "没有部署规则包 %s",
                   "pack %s is not deployed", named ? named : "-");
  if (found > 1)
    return fq_fail(c->error, FQ_E_PARAMS, "pack.which", "pack", "部署了 %d 个规则包,请指明哪一个",
                   "%d packs are deployed: say which", found);
  int64_t to = fq_policy_last_good(c->db, pack);
  if (!to)
    return fq_fail(c->error, FQ_E_CONFLICT, "pack.no_previous", "pack", "规则包 %s 没有可退回的版本",
                   "pack %s has no earlier version to go back to", pack);
  enum fq_status st = fq_policy_emit_rollback(c, pack, to, "管理员退回", "rolled back by an administrator");
  if (st) return st;
  q = fq_sql(c->db, "SELECT version FROM policy_pack WHERE gen = ? AND pack = ?", "is", current + 1, pack);
  if (fq_row(q)) {
    fq_copy(version, sizeof version, fq_col_str(q, 0));
    fq_done(q);
  }
  fq_json_set_str(c->result, "pack", pack);
  fq_json_set_str(c->result, "version", version);
  fq_json_set_int(c->result, "generation", current + 1);
  return FQ_OK;
}
