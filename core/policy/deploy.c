/*
 * Deploying a pack: a command like any other, so it takes effect between two entries and is in the journal.
 * Kernel thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "policy/dictionary.h"
#include "policy/form.h"
#include "policy/module_internal.h"
#include "policy/pack.h"
#include "policy/setup.h"
#include "policy/signature.h"

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

enum fq_status fq_policy_check_pack(struct fq_call *c, const char *name, const fq_json *files,
                                    const char *digest, struct fq_pack *out) {
  struct fq_policy *p = c->self;
  struct fq_findings f = {0};
  enum fq_status st = FQ_OK;
  if (fq_pack_check(p->host, p->modules, p->modules_count, name, files, out, &f))
    check_other_packs(c->db, out, &f);
  if (f.count)
    st = refuse(c->error, &f);
  else if (digest && strcmp(digest, out->digest))
    st = fq_fail(c->error, FQ_E_CONFLICT, "pack.digest", "digest",
                 "内容与您看过的不同:您看的是 %.12s…,现在是 %.12s…",
                 "not what you have looked at: that was %.12s..., this is %.12s...", digest, out->digest);
  if (st) fq_pack_clear(out);
  fq_findings_free(&f);
  return st;
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

static void set_if(fq_json *o, const char *name, const char *text) {
  if (text) fq_json_set_str(o, name, text);
}

/* The whole story in one entry: who wrote it, who approved, what was tested, from which to which. */
static fq_json *story(struct fq_call *c, const struct fq_activation *a, const struct fq_pack *pack,
                      int64_t current) {
  fq_json *data = fq_json_object();
  int64_t from = fq_candidate_active(c->db, a->pack);
  fq_json_set_str(data, "pack", a->pack);
  fq_json_set_str(data, "version", pack->version);
  fq_json_set_str(data, "zh", pack->zh);
  fq_json_set_str(data, "en", pack->en);
  fq_json_set_str(data, "digest", pack->digest);
  fq_json_set_int(data, "generation", current + 1);
  if (from) fq_json_set_int(data, "from_generation", from);
  fq_json_set(data, "policies", policies_of(pack));
  fq_json_set(data, "files", fq_json_dup(a->files));
  set_if(data, "note", a->note);
  set_if(data, "author", a->author);
  set_if(data, "approved_by", a->approved_by);
  set_if(data, "proposal", a->proposal);
  if (a->draft) fq_json_set_int(data, "draft", a->draft);
  if (a->promoted) fq_json_set_bool(data, "promoted", true);
  if (a->tested) fq_json_set(data, "tested", fq_json_dup(a->tested));
  if (a->override) fq_json_set(data, "override", fq_json_dup(a->override));
  if (a->move) {
    int64_t moved = fq_policy_under(c->self, c->db, 1, current);
    fq_json_set_str(data, "open", "move");
    fq_json_set_int(data, "moved", moved);
    fq_json_set_int(c->result, "moved", moved);
  }
  return data;
}

static enum fq_status end_draft(struct fq_call *c, const struct fq_activation *a) {
  if (!a->draft) return FQ_OK;
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "pack", a->pack);
  fq_json_set_int(params, "rev", a->draft);
  return fq_call_method(c, "draft.deployed", params, NULL);
}

static enum fq_status activate(struct fq_call *c, const struct fq_activation *a, const struct fq_pack *pack) {
  int64_t current = fq_policy_current(c->db);
  bool changed = !fq_int(c->db, 0, "SELECT 1 FROM policy_pack WHERE gen = ? AND pack = ? AND digest = ?",
                         "iss", current, a->pack, pack->digest);
  fq_json_set_str(c->result, "pack", a->pack);
  fq_json_set_str(c->result, "version", pack->version);
  fq_json_set_str(c->result, "digest", pack->digest);
  fq_json_set(c->result, "policies", names_of(pack));
  fq_json_set_bool(c->result, "changed", changed);
  if (a->tested) fq_json_set(c->result, "tested", fq_json_dup(a->tested));
  changed |= a->force;
  fq_json_set_int(c->result, "generation", current + changed);
  if (!changed) return end_draft(c, a);
  fq_json *data = story(c, a, pack, current);
  enum fq_status st =
      fq_signature_admit(c, ((struct fq_policy *)c->self)->demand_signed, pack, a->files, data);
  if (st)
    fq_json_free(data);
  else
    st = fq_emit(c, (struct fq_draft){.kind = "pack.deployed", .data = data});
  if (!st) st = fq_dictionary_emit(c, a->pack, a->files);
  if (!st) st = fq_pack_forms_emit(c, a->pack, a->files);
  if (!st) st = fq_setup_run(c, a->files);
  return st ? st : end_draft(c, a);
}

enum fq_status fq_policy_activate(struct fq_call *c, const struct fq_activation *given) {
  struct fq_activation a = *given;
  struct fq_pack pack;
  fq_json *tested = NULL, *override = NULL;
  enum fq_status st = fq_policy_check_pack(c, a.pack, a.files, a.digest, &pack);
  if (st) return st;
  if (!a.tested) {
    st = fq_policy_tested(c, pack.digest, &tested, &override);
    a.tested = tested;
    a.override = override;
  }
  if (!st) st = activate(c, &a, &pack);
  fq_json_free(tested);
  fq_json_free(override);
  fq_pack_clear(&pack);
  return st;
}

enum fq_status fq_policy_alone(struct fq_call *c) {
  const struct fq_policy *p = c->self;
  if (!p->four_eyes) return FQ_OK;
  return fq_fail(
      c->error, FQ_E_FORBIDDEN, "pack.four_eyes", "",
      "本县部署须两人:请用 pack.propose 提出,由另一位管理员批准;要让未结事件一并改用新版,提出时写 "
      "open: \"move\"",
      "this county wants two pairs of eyes: pack.propose it, another administrator approves; to take "
      "open incidents along propose with open: \"move\"");
}

enum fq_status fq_policy_not_outdated(struct fq_call *c, const char *pack, const struct fq_candidate *from) {
  int64_t active = fq_candidate_active(c->db, pack);
  if (!from->rev || from->seen == active || fq_json_bool(c->params, "force", false)) return FQ_OK;
  return fq_fail(
      c->error, FQ_E_CONFLICT, "draft.outdated", "draft",
      "草稿起草后规则包 %s 又部署过(起草时为第 %lld 代,现为第 %lld "
      "代):请比较后以现行版本为起点保存,或用 force 覆盖",
      "pack %s was deployed since the draft was begun (generation %lld then, %lld now): compare, and "
      "save the draft from the active one, or force it",
      pack, (long long)from->seen, (long long)active);
}

enum fq_status fq_policy_deploy(struct fq_call *c) {
  struct fq_candidate from;
  const char *open = fq_json_str(c->params, "open");
  struct fq_activation a = {.pack = fq_json_str(c->params, "pack"),
                            .digest = fq_json_str(c->params, "digest"),
                            .note = fq_json_str(c->params, "note"),
                            .move = open && !strcmp(open, "move"),
                            .force = fq_json_bool(c->params, "force", false)};
  enum fq_status st = fq_policy_alone(c);
  if (st) return st;
  st = fq_candidate_read(((struct fq_policy *)c->self)->kernel, c->db, c->params, &from, c->error);
  if (st) return st;
  a.files = from.files;
  a.draft = from.rev;
  st = fq_policy_not_outdated(c, a.pack, &from);
  if (!st) st = fq_policy_activate(c, &a);
  fq_candidate_clear(&from);
  return st;
}
