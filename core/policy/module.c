/*
 * The policy module's table: entries, methods, options; and its own tables. Knows no incident. Kernel thread.
 *
 * Generations: a deployment makes generation g+1, the set of policies active from then on. Which generation
 * decides about a subject is computed, not stored: the one that was current when the subject began (react.c).
 * Rolling back makes a new generation too, and moves those that began under a withdrawn one to it: whole,
 * when nothing else differs, else in the one pack that was rolled back (policy_pin).
 */
#include "policy/module.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "policy/lib_texts.h"
#include "policy/limits.h"
#include "policy/module_internal.h"

static const char *const migrations[] = {
    "CREATE TABLE policy_source(hash TEXT PRIMARY KEY, name TEXT NOT NULL, path TEXT NOT NULL, kinds TEXT "
    "NOT NULL,"
    " text TEXT NOT NULL);"
    "CREATE TABLE policy_generation(gen INTEGER PRIMARY KEY, seq INTEGER NOT NULL, at_ms INTEGER NOT NULL,"
    " actor TEXT NOT NULL, moved_to INTEGER NOT NULL DEFAULT 0);"
    "CREATE TABLE policy_member(gen INTEGER NOT NULL, pack TEXT NOT NULL, pos INTEGER NOT NULL, hash TEXT "
    "NOT NULL,"
    " PRIMARY KEY(gen, pack, pos)) WITHOUT ROWID;"
    "CREATE TABLE policy_pack(gen INTEGER NOT NULL, pack TEXT NOT NULL, version TEXT NOT NULL, digest TEXT "
    "NOT NULL,"
    " zh TEXT NOT NULL, en TEXT NOT NULL, since INTEGER NOT NULL, PRIMARY KEY(gen, pack)) WITHOUT ROWID;"
    "CREATE TABLE policy_withdrawn(pack TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY(pack, digest)) "
    "WITHOUT ROWID;"
    "CREATE TABLE policy_failure(hash TEXT PRIMARY KEY, total INTEGER NOT NULL, in_a_row INTEGER NOT NULL,"
    " last_seq INTEGER NOT NULL) WITHOUT ROWID;",
    /* A row by the kind that was heard: a version may fail for one kind only, time after time. */
    "ALTER TABLE policy_failure RENAME TO policy_failure_1;"
    "CREATE TABLE policy_failure(hash TEXT NOT NULL, heard TEXT NOT NULL, total INTEGER NOT NULL, in_a_row"
    " INTEGER NOT NULL, last_seq INTEGER NOT NULL, PRIMARY KEY(hash, heard)) WITHOUT ROWID;"
    "INSERT INTO policy_failure SELECT hash, '', total, in_a_row, last_seq FROM policy_failure_1;"
    "DROP TABLE policy_failure_1;",
    /* What began under `gen` has this pack decide as `as_of` has it. */
    "CREATE TABLE policy_pin(gen INTEGER NOT NULL, pack TEXT NOT NULL, as_of INTEGER NOT NULL, PRIMARY "
    "KEY(gen, pack)) WITHOUT ROWID;",
    NULL};

int64_t fq_policy_current(fq_db *db) {
  return fq_int(db, 0, "SELECT max(gen) FROM policy_generation", "");
}

/* -- memory
 * ---------------------------------------------------------------------------------------------------- */

void fq_policy_sweep(struct fq_policy *p) {
  while (p->old_generations) {
    struct fq_generation *g = p->old_generations;
    p->old_generations = g->next;
    fq_map_clear(&g->hearers, free);
    free(g->list);
    free(g);
  }
  fq_shadow_sweep(p);
}

void fq_policy_forget(struct fq_policy *p) {
  while (p->generations) {
    struct fq_generation *g = p->generations;
    p->generations = g->next;
    g->next = p->old_generations;
    p->old_generations = g;
  }
  fq_shadow_forget(p);
  fq_map_clear(&p->heard, NULL);
  p->heard_known = false;
  if (!p->reacting) fq_policy_sweep(p);
}

struct fq_version *fq_policy_compiled(struct fq_host *host, struct fq_map **known, const char *hash,
                                      const char *path, const char *text) {
  struct fq_version *v = fq_map_get(*known, hash);
  if (v) return v;
  struct fq_findings f = {0};
  v = fq_version_compile(host, path, text, false, &f);
  if (v) {
    fq_map_put(known, hash, v);
  } else {
    fq_log(FQ_LOG_ERROR, "policy %s no longer compiles: line %d: %s", path, f.list[0].line, f.list[0].en);
  }
  fq_findings_free(&f);
  return v;
}

struct fq_generation *fq_policy_generation(struct fq_policy *p, fq_db *db, int64_t number) {
  for (struct fq_generation *g = p->generations; g; g = g->next)
    if (g->number == number) return g;
  struct fq_generation *g = fq_alloc(sizeof *g);
  g->number = number;
  fq_stmt *q = fq_sql(
      db,
      "SELECT m.pack, s.hash, s.name, s.path, m.gen, s.text FROM policy_pack p LEFT JOIN policy_pin i ON "
      "i.gen = p.gen AND i.pack = p.pack JOIN policy_member m ON m.gen = ifnull(i.as_of, p.gen) AND m.pack = "
      "p.pack JOIN policy_source s USING(hash) WHERE p.gen = ? ORDER BY m.pack, m.pos",
      "i", number);
  while (fq_row(q)) {
    g->list = fq_realloc(g->list, (g->count + 1) * sizeof *g->list);
    struct fq_active *a = &g->list[g->count++];
    fq_copy(a->pack, sizeof a->pack, fq_col_str(q, 0));
    fq_copy(a->hash, sizeof a->hash, fq_col_str(q, 1));
    fq_copy(a->name, sizeof a->name, fq_col_str(q, 2));
    fq_copy(a->path, sizeof a->path, fq_col_str(q, 3));
    a->generation = fq_col_int(q, 4);
    a->version = fq_policy_compiled(p->host, &p->compiled, a->hash, a->path, fq_col_str(q, 5));
  }
  g->next = p->generations;
  p->generations = g;
  return g;
}

const struct fq_hearers *fq_policy_hearers(struct fq_generation *g, const char *kind) {
  struct fq_hearers *h = fq_map_get(g->hearers, kind);
  if (h) return h;
  h = fq_alloc(sizeof *h + g->count * sizeof h->list[0]);
  for (size_t i = 0; i < g->count; i++)
    if (!g->list[i].version || fq_version_hears(g->list[i].version, kind)) h->list[h->count++] = &g->list[i];
  fq_map_put(&g->hearers, kind, h);
  return h;
}

/* -- apply
 * ----------------------------------------------------------------------------------------------------- */

/* Generation g+1 begins as a copy of g without the pack. */
static void begin_generation(struct fq_apply *a, const struct fq_entry *e, int64_t gen, const char *pack) {
  int64_t before = fq_policy_current(a->db);
  fq_exec(a->db, "INSERT INTO policy_generation(gen, seq, at_ms, actor) VALUES(?, ?, ?, ?)", "iiis", gen,
          e->seq, e->at_ms, e->actor);
  fq_exec(a->db,
          "INSERT INTO policy_member(gen, pack, pos, hash) SELECT ?, pack, pos, hash FROM policy_member "
          "WHERE gen = ?"
          " AND pack <> ?",
          "iis", gen, before, pack);
  fq_exec(a->db,
          "INSERT INTO policy_pack(gen, pack, version, digest, zh, en, since) SELECT ?, pack, version, "
          "digest, zh, en, since"
          " FROM policy_pack WHERE gen = ? AND pack <> ?",
          "iis", gen, before, pack);
}

static enum fq_status apply_deployed(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data, *files = fq_json_get(d, "files");
  const char *pack = fq_json_str(d, "pack");
  int64_t gen = fq_json_int(d, "generation", 0), pos = 0;
  begin_generation(a, e, gen, pack);
  fq_exec(a->db,
          "INSERT INTO policy_pack(gen, pack, version, digest, zh, en, since) VALUES(?, ?, ?, ?, ?, ?, ?)",
          "isssssi", gen, pack, fq_json_str(d, "version"), fq_json_str(d, "digest"), fq_json_str(d, "zh"),
          fq_json_str(d, "en"), e->at_ms);
  fq_exec(a->db, "DELETE FROM policy_withdrawn WHERE pack = ? AND digest = ?", "ss", pack,
          fq_json_str(d, "digest"));
  fq_json_each(p, fq_json_get(d, "policies")) {
    char *kinds = fq_json_print(fq_json_get(p, "kinds"));
    const char *hash = fq_json_str(p, "hash"), *path = fq_json_str(p, "path");
    fq_exec(a->db, "INSERT OR IGNORE INTO policy_source(hash, name, path, kinds, text) VALUES(?, ?, ?, ?, ?)",
            "sssss", hash, fq_json_str(p, "name"), path, kinds, fq_json_str(files, path));
    fq_exec(a->db, "INSERT INTO policy_member(gen, pack, pos, hash) VALUES(?, ?, ?, ?)", "isis", gen, pack,
            pos++, hash);
    fq_exec(a->db, "DELETE FROM policy_failure WHERE hash = ?", "s", hash); /* deployed anew, counted anew */
    free(kinds);
  }
  const char *open = fq_json_str(d, "open");
  if (open && !strcmp(open, "move")) fq_policy_set_moved(a->db, 1, gen - 1, gen);
  fq_policy_forget(a->self);
  return FQ_OK;
}

/* What began after `to` has the pack decide as `gen` does; its other packs stay what they were to it. */
static void move_pack(fq_db *db, const char *pack, int64_t to, int64_t gen) {
  fq_exec(db,
          "UPDATE policy_generation SET moved_to = ?1 WHERE gen > ?2 AND gen < ?1 AND moved_to = 0 AND NOT "
          "EXISTS(SELECT 1 FROM policy_pack n LEFT JOIN policy_pin i ON i.gen = policy_generation.gen AND "
          "i.pack = n.pack LEFT JOIN policy_pack o ON o.gen = ifnull(i.as_of, policy_generation.gen) AND "
          "o.pack = n.pack WHERE n.gen = ?1 AND n.pack <> ?3 AND n.digest IS NOT o.digest)",
          "iis", gen, to, pack);
  fq_exec(db,
          "INSERT OR REPLACE INTO policy_pin(gen, pack, as_of) SELECT gen, ?3, ?1 FROM policy_generation "
          "WHERE gen > ?2 AND gen < ?1 AND moved_to = 0",
          "iis", gen, to, pack);
  fq_exec(db, "UPDATE policy_pin SET as_of = ?1 WHERE pack = ?3 AND as_of > ?2 AND as_of < ?1", "iis", gen,
          to, pack);
}

static enum fq_status apply_rolled_back(struct fq_apply *a, const struct fq_entry *e) {
  const char *pack = fq_json_str(e->data, "pack");
  int64_t gen = fq_json_int(e->data, "generation", 0), to = fq_json_int(e->data, "to", 0);
  int64_t from = fq_policy_current(a->db);
  fq_exec(a->db,
          "INSERT OR IGNORE INTO policy_withdrawn(pack, digest) SELECT pack, digest FROM policy_pack WHERE "
          "gen = ? AND"
          " pack = ?",
          "is", from, pack);
  begin_generation(a, e, gen, pack);
  fq_exec(a->db,
          "INSERT INTO policy_member(gen, pack, pos, hash) SELECT ?, pack, pos, hash FROM policy_member "
          "WHERE gen = ?"
          " AND pack = ?",
          "iis", gen, to, pack);
  fq_exec(a->db,
          "INSERT INTO policy_pack(gen, pack, version, digest, zh, en, since) SELECT ?, pack, version, "
          "digest, zh, en, ?"
          " FROM policy_pack WHERE gen = ? AND pack = ?",
          "iiis", gen, e->at_ms, to, pack);
  fq_exec(
      a->db,
      "DELETE FROM policy_withdrawn WHERE pack = ?1 AND digest = (SELECT digest FROM policy_pack WHERE gen "
      "= ?2 AND pack = ?1)",
      "si", pack, gen); /* asked for by its number, it is good again */
  if (fq_json_bool(e->data, "alone", false))
    move_pack(a->db, pack, to, gen);
  else /* of a time when all packs moved with the one */
    fq_policy_set_moved(a->db, to + 1, gen - 1, gen);
  fq_exec(
      a->db,
      "UPDATE policy_failure SET in_a_row = 0 WHERE hash IN (SELECT hash FROM policy_member WHERE gen = ?)",
      "i", gen);
  fq_policy_forget(a->self);
  return FQ_OK;
}

/* What the decision answered; entries from before it was recorded have none. */
static const char *heard_in(const struct fq_entry *e) {
  const char *heard = fq_json_str(e->data, "heard");
  return heard ? heard : "";
}

static enum fq_status apply_decided(struct fq_apply *a, const struct fq_entry *e) {
  const char *exit = fq_json_str(e->data, "exit");
  if (exit && !strcmp(exit, "OK"))
    fq_exec(a->db, "UPDATE policy_failure SET in_a_row = 0 WHERE hash = ? AND heard = ? AND in_a_row > 0",
            "ss", fq_json_str(e->data, "version"), heard_in(e));
  return FQ_OK;
}

static enum fq_status apply_failed(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db,
          "INSERT INTO policy_failure(hash, heard, total, in_a_row, last_seq) VALUES(?1, ?2, 1, 1, ?3) ON "
          "CONFLICT(hash, heard) DO UPDATE SET total = total + 1, in_a_row = in_a_row + 1, last_seq = ?3",
          "ssi", fq_json_str(e->data, "version"), heard_in(e), e->seq);
  return FQ_OK;
}

static enum fq_status apply_nothing(struct fq_apply *a, const struct fq_entry *e) {
  return FQ_OK;
}

/* -- the table
 * ------------------------------------------------------------------------------------------------- */

#define ADMINS (FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_AUDIT)

static const struct fq_kind kinds[] = {{.name = "policy.decided",
                                        .apply = apply_decided,
                                        .flags = FQ_KIND_QUIET,
                                        .zh = "规则作出决定",
                                        .en = "a policy decided"},
                                       {.name = "policy.refused",
                                        .apply = apply_nothing,
                                        .roles = ADMINS,
                                        .flags = FQ_KIND_QUIET,
                                        .zh = "规则的命令被拒绝",
                                        .en = "a policy's command was refused"},
                                       {.name = "policy.failed",
                                        .apply = apply_failed,
                                        .roles = FQ_ROLE_DESK | ADMINS,
                                        .flags = FQ_KIND_QUIET,
                                        .zh = "规则出错,已按默认规则处理",
                                        .en = "a policy failed; the built-in default decided"},
                                       {.name = "pack.deployed",
                                        .apply = apply_deployed,
                                        .roles = ADMINS,
                                        .flags = FQ_KIND_QUIET,
                                        .zh = "规则包已部署",
                                        .en = "a pack was deployed"},
                                       {.name = "policy.rolled_back",
                                        .apply = apply_rolled_back,
                                        .roles = FQ_ROLE_DESK | ADMINS,
                                        .flags = FQ_KIND_QUIET,
                                        .zh = "规则包已退回",
                                        .en = "a pack was rolled back"},
                                       {0}};

static const struct fq_param check_params[] = {
    {.name = "pack", .type = FQ_T_ID, .required = true, .zh = "包名", .en = "the pack's name"},
    {.name = "files", .type = FQ_T_ANY, .zh = "文件:路径与内容", .en = "files: {path: text}"},
    {.name = "draft", .type = FQ_T_BOOL, .zh = "用该包的草稿", .en = "the pack's draft instead of files"},
    {0}};
static const struct fq_param report_params[] = {
    {.name = "pack", .type = FQ_T_ID, .required = true, .zh = "包名", .en = "the pack's name"},
    {.name = "files", .type = FQ_T_ANY, .zh = "文件:路径与内容", .en = "files: {path: text}"},
    {.name = "draft", .type = FQ_T_BOOL, .zh = "用该包的草稿", .en = "the pack's draft instead of files"},
    {.name = "generation",
     .type = FQ_T_INT,
     .min = 1,
     .max = 9e15,
     .zh = "用该包部署过的一代",
     .en = "a generation of the pack instead of files"},
    {0}};
static const struct fq_param why_params[] = {{.name = "subject",
                                              .type = FQ_T_ID,
                                              .required = true,
                                              .zh = "主体,如事件编号",
                                              .en = "what was decided about"},
                                             {.name = "limit",
                                              .type = FQ_T_INT,
                                              .min = 1,
                                              .max = 200,
                                              .zh = "条数",
                                              .en = "decisions, 50 when left out"},
                                             {.name = "inputs",
                                              .type = FQ_T_BOOL,
                                              .zh = "连同决定时所见",
                                              .en = "with what the policies were told: `context`"},
                                             {0}};

enum fq_status fq_policy_whole_county(struct fq_call *c, struct fq_target *t) {
  t->org[0] = '\0';
  return FQ_OK;
}

static const struct fq_method methods[] = {
    {.name = "pack.check",
     .roles = FQ_ROLE_ADMIN_SYSTEM,
     .params = check_params,
     .query = fq_policy_check,
     .zh = "检查规则包",
     .en = "finds everything wrong with a pack",
     .result = "{ok, findings:[{path, line?, exit, zh, en, lines?:[{line, text}]}]}"},
    {.name = "pack.report",
     .roles = FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_AUDIT,
     .params = report_params,
     .query = fq_policy_pack_report,
     .zh = "规则包会改变本县什么",
     .en = "what a pack would change here",
     .result = "{ok, findings, pack?, version?, digest?, installed?, was?, same?, signature?: {present, "
               "fits?, signer?, "
               "key?, trusted?, known_as?}, policies?: [{name, change, path?, kinds?, pack?}], company?: "
               "[{pack, policy, "
               "kinds}], dictionaries?: [{name, codes, changes: [{name, change, zh?, was?, pack?}]}], "
               "setup?: [{name, "
               "change, path?}], foreign_units?: [{unit, path, line}]}"},
    {.name = "pack.list",
     .roles = FQ_ROLE_DESK | ADMINS,
     .query = fq_policy_packs,
     .zh = "已部署的规则包",
     .en = "deployed packs",
     .result = "{generation, rows:[{pack, version, zh, en, digest, since}]}"},
    {.name = "policy.list",
     .roles = FQ_ROLE_DESK | ADMINS,
     .query = fq_policy_list,
     .zh = "生效的规则",
     .en = "active policies",
     .result = "{generation, rows:[{policy, pack, version, path, kinds, failures, in_a_row}]}"},
    {.name = "policy.why",
     .roles = FQ_ROLE_DESK | FQ_ROLE_DEPARTMENT | ADMINS,
     .params = why_params,
     .query = fq_policy_why,
     .zh = "为何如此决定",
     .en = "decisions about a subject, executed again from what was recorded",
     .result = "{rows: [{n: integer, at: time, kind: string, policy, pack, version, generation, "
               "pack_version?, entry?: {n: "
               "integer, kind: string}, exit?, answers?: list, commands?: list, us?: integer, identical?: "
               "boolean, lines?: "
               "[integer], context?: any, method?, params?: object, status?, code?, path?, message_zh?, "
               "message_en?}]}"},
    {0}};

#define STEPS_TEXT(n)  STEPS_TEXT_(n)
#define STEPS_TEXT_(n) #n
static const struct fq_option options[] = {
    {"steps", FQ_O_INT, FQ_OPTION_AT(struct fq_policy, steps), .fallback = STEPS_TEXT(FQ_STEPS_DEFAULT),
     .min = 10000, .max = 100000000, .zh = "一次决定的步数上限", .en = "instructions one decision may take"},
    {"cpu", FQ_O_DURATION, FQ_OPTION_AT(struct fq_policy, cpu_ms), .fallback = "50 ms", .min = 1, .max = 5000,
     .zh = "一次决定的处理器时间上限", .en = "processor time one decision may take"},
    {"failures", FQ_O_INT, FQ_OPTION_AT(struct fq_policy, failures),
     .fallback = STEPS_TEXT(FQ_POLICY_FAILURES), .min = 1, .max = 1000, .zh = "连续出错多少次后退回",
     .en = "failures in a row until the last good version comes back"},
    {"four_eyes", FQ_O_BOOL, FQ_OPTION_AT(struct fq_policy, four_eyes), .fallback = "false",
     .zh = "部署须由另一位管理员批准", .en = "a deployment needs another administrator's approval"},
    {"signed", FQ_O_BOOL, FQ_OPTION_AT(struct fq_policy, demand_signed), .fallback = "false",
     .zh = "只部署可信密钥签过名的规则包", .en = "only packs signed with a trusted key are deployed"},
    {0}};

static double m_decisions(void *self) {
  return ((struct fq_policy *)self)->decisions;
}
static double m_failed(void *self) {
  return ((struct fq_policy *)self)->failed;
}
static double m_refused(void *self) {
  return ((struct fq_policy *)self)->refused;
}
static double m_cpu(void *self) {
  return ((struct fq_policy *)self)->cpu_us / 1e6;
}
static const struct fq_metric metrics[] = {
    {"fengqiao_policy_decisions_total", "decisions taken", true, m_decisions},
    {"fengqiao_policy_failed_total", "decisions that failed", true, m_failed},
    {"fengqiao_policy_refused_total", "commands of policies that were refused", true, m_refused},
    {"fengqiao_policy_cpu_seconds_total", "processor time of decisions", true, m_cpu},
    {0}};

static enum fq_status init(void *self, fq_kernel *k, struct fq_error *e) {
  struct fq_policy *p = self;
  if (!p->failures) p->failures = FQ_POLICY_FAILURES;
  p->kernel = k;
  p->modules = fq_kernel_modules(k, &p->modules_count);
  p->host = fq_host_new(p->modules, p->modules_count, &(struct fq_host_limits){p->steps, p->cpu_ms}, e);
  if (!p->host) return e->status;
  struct fq_findings f = {0};
  p->fallback = fq_version_compile(p->host, "default.lua", fq_lib_default, true, &f);
  if (!p->fallback) fq_fail(e, FQ_E_POLICY, "policy.default", "default.lua", "%s", "%s", f.list[0].en);
  fq_findings_free(&f);
  if (!p->fallback) return e->status;
  fq_kernel_set_react(k, fq_policy_react, p);
  fq_policy_gated(k, "pack.deploy", fq_gate_candidate);
  fq_policy_gated(k, "pack.propose", fq_gate_candidate);
  fq_policy_gated(k, "shadow.promote", fq_shadow_candidate);
  return FQ_OK;
}

static void free_version(void *v) {
  fq_version_free(v);
}

static void fini(void *self) {
  struct fq_policy *p = self;
  fq_policy_forget(p);
  fq_gate_fini(p);
  fq_map_clear(&p->compiled, free_version);
  fq_map_clear(&p->aside_compiled, free_version);
  fq_version_free(p->fallback);
  fq_host_free(p->host);
  fq_host_free(p->aside);
  p->fallback = NULL;
  p->host = p->aside = NULL;
  if (p->owned) free(p);
}

static const struct fq_plugin *const parts[] = {&fq_policy_life, &fq_policy_trust, &fq_policy_api_part,
                                                &fq_policy_shadow, NULL};

const struct fq_plugin fq_policy_module = {FQ_PLUGIN_HEAD,     .name = "policy",
                                           .version = "1",     .zh = "规则",
                                           .en = "policies",   .migrations = migrations,
                                           .kinds = kinds,     .methods = methods,
                                           .options = options, .self_bytes = sizeof(struct fq_policy),
                                           .metrics = metrics, .init = init,
                                           .fini = fini,       .parts = parts};

void *fq_policy_new(void) {
  struct fq_policy *p = fq_alloc(sizeof *p);
  p->owned = true;
  return p;
}

struct fq_host_limits fq_policy_limits(const void *policy) {
  const struct fq_policy *p = policy;
  return (struct fq_host_limits){p->steps, p->cpu_ms};
}

enum fq_status fq_policy_add(fq_kernel *k, struct fq_error *e) {
  void *self = fq_policy_new();
  enum fq_status st = fq_kernel_add(k, &fq_policy_module, self, e);
  if (st) free(self);
  return st;
}

/* -- for the workshop
 * ------------------------------------------------------------------------------------------ */

static struct fq_policy *state_of(fq_kernel *k) {
  size_t count;
  const struct fq_module *m = fq_kernel_modules(k, &count);
  for (size_t i = 0; i < count; i++)
    if (m[i].table == &fq_policy_module) return m[i].self;
  return NULL;
}

const struct fq_active *fq_policy_active(fq_kernel *k, size_t *count) {
  struct fq_policy *p = state_of(k);
  fq_db *db = fq_kernel_db(k);
  const struct fq_generation *g = fq_policy_generation(p, db, fq_policy_current(db));
  *count = g->count;
  return g->list;
}

struct fq_host *fq_policy_host(fq_kernel *k) {
  return state_of(k)->host;
}

void fq_policy_listen(fq_kernel *k, bool listens) {
  fq_kernel_set_react(k, listens ? fq_policy_react : NULL, state_of(k));
}

void fq_policy_watch(fq_kernel *k, fq_policy_watch_fn fn, void *arg) {
  struct fq_policy *p = state_of(k);
  p->watch = fn;
  p->watch_arg = arg;
}
