/*
 * Shadows: a pack that decides beside the active one on live traffic, without effect. Its entries, tables and
 * commands. Kernel thread.
 *
 * A shadow is compared with one text of its pack: the one that was active when it started (`base`). A subject
 * that keeps an older generation is compared only when that generation has the very same files; so what the
 * figures tell is what promoting would change for whatever begins from then on. Policies whose text is the
 * same in both are not run.
 *
 * Only differences are journalled. How many decisions there were is counted by apply from policy.decided, so
 * a restart and a rebuild give the same figures. Quiet decisions of a policy that has no active counterpart
 * leave nothing behind and are not counted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "policy/module_internal.h"
#include "policy/pack.h"

#define SHARE_DEFAULT    0.02
#define AT_LEAST_DEFAULT 100

static const char *const migrations[] = {
    "CREATE TABLE policy_shadow(pack TEXT PRIMARY KEY, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL, actor "
    "TEXT NOT NULL, version TEXT NOT NULL, digest TEXT NOT NULL, base TEXT NOT NULL, zh TEXT NOT NULL, en "
    "TEXT NOT NULL, note TEXT NOT NULL, share REAL NOT NULL, at_least INTEGER NOT NULL, max_failures INTEGER "
    "NOT NULL, files TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE policy_shadow_member(pack TEXT NOT NULL, name TEXT NOT NULL, pos INTEGER NOT NULL, hash "
    "TEXT NOT NULL, path TEXT NOT NULL, decisions INTEGER NOT NULL DEFAULT 0, differences INTEGER NOT NULL "
    "DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0, in_a_row INTEGER NOT NULL DEFAULT 0, failed_at INTEGER "
    "NOT NULL DEFAULT -1, PRIMARY KEY(pack, name)) WITHOUT ROWID;"
    "CREATE TABLE policy_divergence(pack TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY(pack, seq)) "
    "WITHOUT ROWID;",
    NULL};

/* -- memory
 * ---------------------------------------------------------------------------------------------------- */

void fq_shadow_sweep(struct fq_policy *p) {
  while (p->old_shadows) {
    struct fq_shadow *s = p->old_shadows;
    p->old_shadows = s->next;
    free(s->list);
    free(s);
  }
}

void fq_shadow_forget(struct fq_policy *p) {
  while (p->shadows) {
    struct fq_shadow *s = p->shadows;
    p->shadows = s->next;
    s->next = p->old_shadows;
    p->old_shadows = s;
  }
  p->shadows_known = false;
  if (!p->reacting) fq_shadow_sweep(p);
}

static void load_members(struct fq_policy *p, fq_db *db, struct fq_shadow *s) {
  fq_stmt *q = fq_sql(db,
                      "SELECT m.name, m.hash, m.path, t.text FROM policy_shadow_member m LEFT JOIN "
                      "policy_source t USING(hash) WHERE m.pack = ? ORDER BY m.pos, m.name",
                      "s", s->pack);
  while (fq_row(q)) {
    s->list = fq_realloc(s->list, (s->count + 1) * sizeof *s->list);
    struct fq_shadow_member *m = &s->list[s->count++];
    *m = (struct fq_shadow_member){.gone = !fq_col_str(q, 1)[0]};
    fq_copy(m->name, sizeof m->name, fq_col_str(q, 0));
    fq_copy(m->hash, sizeof m->hash, fq_col_str(q, 1));
    fq_copy(m->path, sizeof m->path, fq_col_str(q, 2));
    if (!m->gone && p->aside)
      m->version = fq_policy_compiled(p->aside, &p->aside_compiled, m->hash, m->path, fq_col_str(q, 3));
  }
}

struct fq_shadow *fq_policy_shadows(struct fq_policy *p, fq_db *db) {
  /* The mark goes back with a rollback, which memory does not. */
  int64_t mark = fq_int(db, 0, "SELECT ifnull(sum(seq), 0) * 1024 + count(*) FROM policy_shadow", "");
  if (p->shadows_known && mark == p->shadows_mark) return p->shadows;
  fq_shadow_forget(p);
  if (mark && !p->aside) {
    struct fq_error e = {0};
    struct fq_host_limits limits = {p->steps, FQ_SHADOW_CPU_MS};
    p->aside = fq_host_new(p->modules, p->modules_count, &limits, &e);
    if (!p->aside) fq_log(FQ_LOG_ERROR, "shadow: %s", e.en);
  }
  fq_stmt *q = mark ? fq_sql(db, "SELECT pack, base FROM policy_shadow ORDER BY pack DESC", "") : NULL;
  while (q && fq_row(q)) {
    struct fq_shadow *s = fq_alloc(sizeof *s);
    fq_copy(s->pack, sizeof s->pack, fq_col_str(q, 0));
    fq_copy(s->base, sizeof s->base, fq_col_str(q, 1));
    s->next = p->shadows;
    p->shadows = s;
  }
  for (struct fq_shadow *s = p->shadows; s; s = s->next)
    load_members(p, db, s);
  p->shadows_known = true;
  p->shadows_mark = mark;
  return p->shadows;
}

/* -- apply
 * ----------------------------------------------------------------------------------------------------- */

static void drop(fq_db *db, const char *pack) {
  fq_exec(db, "DELETE FROM policy_shadow WHERE pack = ?", "s", pack);
  fq_exec(db, "DELETE FROM policy_shadow_member WHERE pack = ?", "s", pack);
}

static enum fq_status apply_started(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data, *limits = fq_json_get(d, "limits"), *files = fq_json_get(d, "files");
  const char *pack = fq_json_str(d, "pack"), *note = fq_json_str(d, "note");
  char *text = fq_json_print(files);
  int64_t pos = 0;
  drop(a->db, pack);
  fq_exec(a->db, "DELETE FROM policy_divergence WHERE pack = ?", "s", pack);
  fq_exec(a->db,
          "INSERT INTO policy_shadow(pack, seq, at_ms, actor, version, digest, base, zh, en, note, share, "
          "at_least, max_failures, files) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          "siisssssssdiis", pack, e->seq, e->at_ms, e->actor, fq_json_str(d, "version"),
          fq_json_str(d, "digest"), fq_json_str(d, "base"), fq_json_str(d, "zh"), fq_json_str(d, "en"),
          note ? note : "", fq_json_num(limits, "share", 0), fq_json_int(limits, "at_least", 0),
          fq_json_int(limits, "failures", 0), text);
  fq_json_each(m, fq_json_get(d, "policies")) {
    const char *hash = fq_json_str(m, "hash"), *path = fq_json_str(m, "path"), *name = fq_json_str(m, "name");
    fq_exec(a->db, "INSERT INTO policy_shadow_member(pack, name, pos, hash, path) VALUES(?, ?, ?, ?, ?)",
            "ssiss", pack, name, pos++, hash ? hash : "", path ? path : "");
    if (!hash) continue;
    char *kinds = fq_json_print(fq_json_get(m, "kinds"));
    fq_exec(a->db, "INSERT OR IGNORE INTO policy_source(hash, name, path, kinds, text) VALUES(?, ?, ?, ?, ?)",
            "sssss", hash, name, path, kinds, fq_json_str(files, path));
    free(kinds);
  }
  free(text);
  fq_policy_forget(a->self);
  return FQ_OK;
}

static enum fq_status apply_stopped(struct fq_apply *a, const struct fq_entry *e) {
  drop(a->db, fq_json_str(e->data, "pack")); /* what differed can still be looked at, until the next start */
  fq_policy_forget(a->self);
  return FQ_OK;
}

/* An active policy has decided on ground that its shadow shares. */
static enum fq_status apply_decided(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db,
          "UPDATE policy_shadow_member SET decisions = decisions + 1 WHERE pack = ?1 AND name = ?2 AND EXISTS"
          " (SELECT 1 FROM policy_shadow s WHERE s.pack = ?1 AND s.base = ifnull((SELECT digest FROM"
          " policy_pack WHERE gen = ?3 AND pack = ?1), ''))",
          "ssi", fq_json_str(e->data, "pack"), fq_json_str(e->data, "policy"),
          fq_json_int(e->data, "generation", 0));
  return FQ_OK;
}

/* Failures are in a row when they belong to decisions that follow one another. */
static enum fq_status apply_diverged(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  const char *pack = fq_json_str(d, "pack"), *name = fq_json_str(d, "policy"), *exit = fq_json_str(d, "exit");
  if (fq_json_bool(d, "alone", false))
    fq_exec(a->db, "UPDATE policy_shadow_member SET decisions = decisions + 1 WHERE pack = ? AND name = ?",
            "ss", pack, name);
  if (fq_json_bool(d, "differs", false))
    fq_exec(a->db,
            "UPDATE policy_shadow_member SET differences = differences + 1 WHERE pack = ? AND name = ?", "ss",
            pack, name);
  if (exit && strcmp(exit, "OK"))
    fq_exec(a->db,
            "UPDATE policy_shadow_member SET failures = failures + 1, failed_at = decisions, in_a_row ="
            " CASE WHEN failed_at = decisions - 1 THEN in_a_row + 1 ELSE 1 END WHERE pack = ? AND name = ?",
            "ss", pack, name);
  fq_exec(a->db, "INSERT INTO policy_divergence(pack, seq) VALUES(?, ?)", "si", pack, e->seq);
  return FQ_OK;
}

/* -- commands
 * -------------------------------------------------------------------------------------------------- */

static bool running(fq_db *db, const char *pack) {
  return fq_int(db, 0, "SELECT 1 FROM policy_shadow WHERE pack = ?", "s", pack) == 1;
}

static enum fq_status none(struct fq_error *e, const char *pack) {
  return fq_fail(e, FQ_E_NOT_FOUND, "shadow.unknown", "pack", "规则包 %s 没有在影子运行",
                 "pack %s has no shadow", pack);
}

static fq_json *member(const struct fq_version *v) {
  fq_json *o = fq_json_object();
  fq_json_set_str(o, "name", v->name);
  fq_json_set_str(o, "hash", v->hash);
  fq_json_set_str(o, "path", v->path);
  fq_json_set(o, "kinds", fq_json_dup(v->kinds));
  return o;
}

/* What differs from the active pack: texts that are not in it, and names that are gone. */
static fq_json *differing(fq_db *db, const struct fq_pack *pack) {
  fq_json *out = fq_json_array();
  int64_t gen = fq_policy_current(db);
  for (size_t i = 0; i < pack->count; i++)
    if (!fq_int(db, 0, "SELECT 1 FROM policy_member WHERE gen = ? AND pack = ? AND hash = ?", "iss", gen,
                pack->name, pack->versions[i]->hash))
      fq_json_push(out, member(pack->versions[i]));
  fq_stmt *q =
      fq_sql(db,
             "SELECT s.name FROM policy_member m JOIN policy_source s USING(hash) WHERE m.gen = ? AND"
             " m.pack = ? ORDER BY m.pos",
             "is", gen, pack->name);
  while (fq_row(q)) {
    bool kept = false;
    for (size_t i = 0; i < pack->count; i++)
      kept |= !strcmp(pack->versions[i]->name, fq_col_str(q, 0));
    if (kept) continue;
    fq_json *o = fq_json_object();
    fq_json_set_str(o, "name", fq_col_str(q, 0));
    fq_json_push(out, o);
  }
  return out;
}

static fq_json *limits_of(const fq_json *params) {
  const fq_json *given = fq_json_get(params, "limits");
  fq_json *o = fq_json_object();
  fq_json_set_num(o, "share", fq_json_num(given, "share", SHARE_DEFAULT));
  fq_json_set_int(o, "at_least", fq_json_int(given, "at_least", AT_LEAST_DEFAULT));
  fq_json_set_int(o, "failures", fq_json_int(given, "failures", 0));
  return o;
}

static void active_of(fq_db *db, const char *pack, char digest[65]) {
  digest[0] = '\0';
  fq_stmt *q = fq_sql(db, "SELECT digest FROM policy_pack WHERE gen = ? AND pack = ?", "is",
                      fq_policy_current(db), pack);
  if (!fq_row(q)) return;
  fq_copy(digest, 65, fq_col_str(q, 0));
  fq_done(q);
}

static enum fq_status emit_started(struct fq_call *c, const struct fq_pack *pack, const fq_json *files) {
  fq_json *policies = differing(c->db, pack);
  char base[65];
  if (!fq_json_size(policies)) {
    fq_json_free(policies);
    return fq_fail(c->error, FQ_E_CONFLICT, "shadow.same", "files",
                   "规则包 %s 的规则与生效的完全相同,没有可比对的",
                   "the policies of pack %s are the active ones: "
                   "there is nothing to compare",
                   pack->name);
  }
  fq_json *data = fq_json_object();
  const char *note = fq_json_str(c->params, "note");
  fq_json_set_str(data, "pack", pack->name);
  fq_json_set_str(data, "version", pack->version);
  fq_json_set_str(data, "digest", pack->digest);
  active_of(c->db, pack->name, base);
  fq_json_set_str(data, "base", base);
  fq_json_set_str(data, "zh", pack->zh);
  fq_json_set_str(data, "en", pack->en);
  fq_json_set(data, "limits", limits_of(c->params));
  if (note) fq_json_set_str(data, "note", note);
  fq_json_set(data, "policies", policies);
  fq_json_set(data, "files", fq_json_dup(files));
  fq_json_set_str(c->result, "pack", pack->name);
  fq_json_set_str(c->result, "version", pack->version);
  fq_json_set_str(c->result, "digest", pack->digest);
  return fq_emit(c, (struct fq_draft){.kind = "shadow.started", .data = data});
}

static enum fq_status start(struct fq_call *c) {
  const struct fq_policy *p = c->self;
  const char *name = fq_json_str(c->params, "pack");
  struct fq_candidate from;
  struct fq_pack pack;
  if (running(c->db, name))
    return fq_fail(c->error, FQ_E_CONFLICT, "shadow.running", "pack", "规则包 %s 已有影子在运行,请先停止",
                   "pack %s has a shadow already: stop it first", name);
  enum fq_status st = fq_candidate_read(p->kernel, c->db, c->params, &from, c->error);
  if (st) return st;
  st = fq_policy_check_pack(c, name, from.files, NULL, &pack);
  if (!st) {
    st = emit_started(c, &pack, from.files);
    fq_pack_clear(&pack);
  }
  fq_candidate_clear(&from);
  return st;
}

enum fq_status fq_shadow_emit_stopped(struct fq_call *c, const char *pack, const char *reason, const char *zh,
                                      const char *en) {
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "pack", pack);
  fq_json_set_str(data, "reason", reason);
  fq_stmt *q =
      fq_sql(c->db,
             "SELECT s.version, sum(m.decisions), sum(m.differences), sum(m.failures) FROM policy_shadow s "
             "JOIN policy_shadow_member m USING(pack) WHERE s.pack = ?",
             "s", pack);
  if (fq_row(q)) {
    fq_json_set_str(data, "version", fq_col_str(q, 0));
    fq_json_set_int(data, "decisions", fq_col_int(q, 1));
    fq_json_set_int(data, "differences", fq_col_int(q, 2));
    fq_json_set_int(data, "failures", fq_col_int(q, 3));
    fq_done(q);
  }
  fq_json_set_str(data, "message_zh", zh);
  fq_json_set_str(data, "message_en", en);
  return fq_emit(c, (struct fq_draft){.kind = "shadow.stopped", .data = data});
}

static enum fq_status stop(struct fq_call *c) {
  const char *pack = fq_json_str(c->params, "pack");
  if (!running(c->db, pack)) return none(c->error, pack);
  fq_json_set_str(c->result, "pack", pack);
  return fq_shadow_emit_stopped(c, pack, "stopped", "管理员停止", "stopped by an administrator");
}

static fq_json *files_of(fq_db *db, const char *pack) {
  fq_stmt *q = fq_sql(db, "SELECT files FROM policy_shadow WHERE pack = ?", "s", pack);
  if (!fq_row(q)) return NULL;
  const char *text = fq_col_str(q, 0);
  fq_json *files = fq_json_parse(text, strlen(text), NULL);
  fq_done(q);
  return files;
}

fq_json *fq_shadow_candidate(fq_kernel *k, const fq_json *params) {
  const char *pack = fq_json_str(params, "pack");
  fq_json *files = pack ? files_of(fq_kernel_db(k), pack) : NULL, *o = NULL;
  if (!files) return NULL;
  o = fq_json_object();
  fq_json_set_str(o, "pack", pack);
  fq_json_set(o, "files", files);
  return o;
}

static void set_if(fq_json *o, const char *name, const char *text) {
  if (text) fq_json_set_str(o, name, text);
}

/* Under four eyes a promotion is a proposal, as a deployment by hand would have to be. */
static enum fq_status propose(struct fq_call *c, const char *pack, fq_json *files) {
  static const char *const kept[] = {"note", "open", "override"};
  fq_json *params = fq_json_object(), *result = NULL;
  fq_json_set_str(params, "pack", pack);
  fq_json_set(params, "files", files);
  for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
    set_if(params, kept[i], fq_json_str(c->params, kept[i]));
  enum fq_status st = fq_call_method(c, "pack.propose", params, &result);
  fq_json_each(m, result) fq_json_set(c->result, fq_json_name(m), fq_json_dup(m));
  fq_json_free(result);
  return st;
}

static enum fq_status promote(struct fq_call *c) {
  const struct fq_policy *p = c->self;
  const char *pack = fq_json_str(c->params, "pack"), *open = fq_json_str(c->params, "open");
  char zh[320], en[320];
  if (!running(c->db, pack)) return none(c->error, pack);
  if (!fq_shadow_ready(c->db, pack, zh, en)) {
    fq_fail(c->error, FQ_E_CONFLICT, "shadow.not_ready", "pack", "%s", "%s", "");
    fq_copy(c->error->zh, sizeof c->error->zh, zh);
    fq_copy(c->error->en, sizeof c->error->en, en);
    return c->error->status;
  }
  fq_json *files = files_of(c->db, pack);
  if (p->four_eyes) return propose(c, pack, files);
  struct fq_activation a = {.pack = pack,
                            .files = files,
                            .note = fq_json_str(c->params, "note"),
                            .move = open && !strcmp(open, "move"),
                            .promoted = true};
  enum fq_status st = fq_policy_activate(c, &a);
  fq_json_free(files);
  return st;
}

/* -- the active pack changes
 * ----------------------------------------------------------------------------------- */

static enum fq_status on_deployed(struct fq_call *c, const struct fq_entry *e) {
  const char *pack = fq_json_str(e->data, "pack"), *digest = fq_json_str(e->data, "digest");
  if (!pack || !running(c->db, pack)) return FQ_OK;
  if (fq_int(c->db, 0, "SELECT 1 FROM policy_shadow WHERE pack = ? AND digest = ?", "ss", pack, digest))
    return fq_shadow_emit_stopped(c, pack, "promoted", "已转正", "promoted");
  return fq_shadow_emit_stopped(c, pack, "deployed", "部署了新的版本", "another version was deployed");
}

static enum fq_status on_rolled_back(struct fq_call *c, const struct fq_entry *e) {
  const char *pack = fq_json_str(e->data, "pack");
  if (!pack || !running(c->db, pack)) return FQ_OK;
  return fq_shadow_emit_stopped(c, pack, "rolled_back", "规则包已退回", "the pack was rolled back");
}

/* -- the table
 * ------------------------------------------------------------------------------------------------- */

#define ADMINS (FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_AUDIT)

/* policy.diverged holds what a policy was told, as policy.decided does: nobody hears it, shadow.differences
 * shows what differs. */
static const struct fq_kind kinds[] = {{.name = "shadow.started",
                                        .apply = apply_started,
                                        .roles = ADMINS,
                                        .flags = FQ_KIND_QUIET,
                                        .zh = "影子运行开始",
                                        .en = "a pack decides as a shadow"},
                                       {.name = "shadow.stopped",
                                        .apply = apply_stopped,
                                        .roles = ADMINS,
                                        .flags = FQ_KIND_QUIET,
                                        .zh = "影子运行结束",
                                        .en = "a shadow has ended"},
                                       {.name = "policy.diverged",
                                        .apply = apply_diverged,
                                        .flags = FQ_KIND_QUIET | FQ_KIND_BESIDE,
                                        .zh = "影子规则的决定不同",
                                        .en = "a shadow decided otherwise, or failed"},
                                       {0}};
static const struct fq_kind also[] = {{.name = "policy.decided", .apply = apply_decided}, {0}};
static const struct fq_reaction reactions[] = {
    {"pack.deployed", on_deployed}, {"policy.rolled_back", on_rolled_back}, {0}};

static const struct fq_param limit_members[] = {
    {.name = "share",
     .type = FQ_T_NUMBER,
     .min = 0,
     .max = 1,
     .zh = "不同决定所占比例的上限,默认 0.02",
     .en = "largest share of decisions that differ, 0 to 1; 0.02 when left out"},
    {.name = "at_least",
     .type = FQ_T_INT,
     .min = 0,
     .max = 1000000,
     .zh = "至少比对多少次决定,默认 100",
     .en = "decisions that have to be compared; 100 when left out"},
    {.name = "failures",
     .type = FQ_T_INT,
     .min = 0,
     .max = 1000000,
     .zh = "允许的出错次数,默认 0",
     .en = "most failures; 0 when left out"},
    {0}};
static const struct fq_param start_params[] = {
    {.name = "pack", .type = FQ_T_ID, .required = true, .zh = "包名", .en = "the pack's name"},
    {.name = "draft", .type = FQ_T_BOOL, .zh = "用该包的草稿", .en = "the pack's draft instead of files"},
    {.name = "files", .type = FQ_T_ANY, .zh = "文件:路径与内容", .en = "files: {path: text}"},
    {.name = "limits",
     .type = FQ_T_OBJECT,
     .members = limit_members,
     .zh = "转正的限度",
     .en = "within which it may be promoted"},
    {.name = "note", .type = FQ_T_STRING, .max = 500, .zh = "说明", .en = "what it is about"},
    {0}};
static const struct fq_param pack_params[] = {
    {.name = "pack", .type = FQ_T_ID, .required = true, .zh = "包名", .en = "the pack's name"}, {0}};
static const struct fq_param promote_params[] = {
    {.name = "pack", .type = FQ_T_ID, .required = true, .zh = "包名", .en = "the pack's name"},
    {.name = "open",
     .type = FQ_T_ENUM,
     .values = "keep move",
     .zh = "未结的:沿用原版本,或改用新版本",
     .en = "what is open keeps its version, or is moved"},
    {.name = "override",
     .type = FQ_T_STRING,
     .min = 5,
     .max = 500,
     .zh = "情景未通过仍要部署的理由",
     .en = "why to deploy although scenarios do not come true"},
    {.name = "note", .type = FQ_T_STRING, .max = 500, .zh = "说明", .en = "why"},
    {0}};
static const struct fq_param difference_params[] = {
    {.name = "pack", .type = FQ_T_ID, .required = true, .zh = "包名", .en = "the pack's name"},
    {.name = "after",
     .type = FQ_T_INT,
     .min = 0,
     .max = 9007199254740991,
     .zh = "此记录之后的",
     .en = "those after this entry"},
    {.name = "limit", .type = FQ_T_INT, .min = 1, .max = 200, .zh = "条数", .en = "rows, 50 when left out"},
    {0}};

static const struct fq_method methods[] = {
    {.name = "shadow.start",
     .roles = FQ_ROLE_ADMIN_SYSTEM,
     .params = start_params,
     .target = fq_policy_whole_county,
     .run = start,
     .zh = "影子运行规则包",
     .en = "lets a pack decide beside the active one, without effect",
     .result = "{pack, version, digest}"},
    {.name = "shadow.stop",
     .roles = FQ_ROLE_ADMIN_SYSTEM,
     .params = pack_params,
     .target = fq_policy_whole_county,
     .run = stop,
     .zh = "停止影子运行",
     .en = "ends a shadow",
     .result = "{pack}"},
    {.name = "shadow.promote",
     .roles = FQ_ROLE_ADMIN_SYSTEM,
     .params = promote_params,
     .target = fq_policy_whole_county,
     .run = promote,
     .zh = "影子转正",
     .en = "deploys a shadow that is within its limits",
     .result = "{pack, version, digest, proposal?, generation?, policies?, changed?, tested?:{played, "
               "failed}, moved?}"},
    {.name = "shadow.list",
     .roles = ADMINS,
     .query = fq_shadow_rows,
     .zh = "影子运行中的规则包",
     .en = "shadows that are running",
     .result = "{rows:[{pack, version, digest, zh, en, since, author, note, decisions, differences, "
               "failures, share, limits, ready, why_zh, why_en, policies:[{policy, path, version, decisions, "
               "differences, failures}]}]}"},
    {.name = "shadow.differences",
     .roles = ADMINS,
     .params = difference_params,
     .query = fq_shadow_differences,
     .zh = "影子决定的不同之处",
     .en = "what a shadow decided otherwise, or failed at",
     .result = "{rows:[{n, at, subject, kind, entry, policy, path, was, now, was_exit, exit, zh?, en?, "
               "lines, version?, was_version?, differs?, identical?}], next?}"},
    {0}};

const struct fq_plugin fq_policy_shadow = {
    FQ_PLUGIN_HEAD,     .name = "policy.shadow",  .version = "1", .zh = "影子运行",
    .en = "shadows",    .migrations = migrations, .kinds = kinds, .also_applies = also,
    .methods = methods, .reactions = reactions};
