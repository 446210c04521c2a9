/*
 * Drafts: packs being written, one for each pack, shared by the county's administrators. A draft is what it
 * began from and the files that differ; a revision number keeps two writers from overwriting one another.
 * Kernel thread; questions on reader threads.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "policy/candidate.h"
#include "policy/luaconf.h"
#include "workshop/draft.h"

#define ADMINS (FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_AUDIT)

/* A draft that is over keeps its row: its revisions go on counting, so that nobody's old number fits a later
 * draft by accident, and who comes late is told what has become of it. */
static const char *const migrations[] = {
    "CREATE TABLE draft(pack TEXT PRIMARY KEY, rev INTEGER NOT NULL, state TEXT NOT NULL, author TEXT NOT "
    "NULL,"
    " at_ms INTEGER NOT NULL, from_gen INTEGER NOT NULL, seen_gen INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE draft_file(pack TEXT NOT NULL, path TEXT NOT NULL, text TEXT, PRIMARY KEY(pack, path)) "
    "WITHOUT ROWID;",
    NULL};

struct fq_draft_row fq_draft_find(fq_db *db, const char *pack) {
  struct fq_draft_row d = {0};
  fq_stmt *q =
      fq_sql(db, "SELECT rev, state, author, at_ms, from_gen, seen_gen FROM draft WHERE pack = ?", "s", pack);
  if (!fq_row(q)) return d;
  d.rev = fq_col_int(q, 0);
  fq_copy(d.state, sizeof d.state, fq_col_str(q, 1));
  fq_copy(d.author, sizeof d.author, fq_col_str(q, 2));
  d.at_ms = fq_col_int(q, 3);
  d.from = fq_col_int(q, 4);
  d.seen = fq_col_int(q, 5);
  d.open = !strcmp(d.state, "open");
  fq_done(q);
  return d;
}

fq_json *fq_draft_base(fq_db *db, const char *pack, int64_t from) {
  fq_json *files = from ? fq_candidate_files_at(db, pack, from) : NULL;
  return files ? files : fq_json_object();
}

/* Lays what the draft changes over `files`. */
void fq_draft_overlay(fq_db *db, const char *pack, fq_json *files) {
  fq_stmt *q = fq_sql(db, "SELECT path, text FROM draft_file WHERE pack = ? ORDER BY path", "s", pack);
  while (fq_row(q)) {
    if (fq_col_null(q, 1))
      fq_json_remove(files, fq_col_str(q, 0));
    else
      fq_json_set_str(files, fq_col_str(q, 0), fq_col_str(q, 1));
  }
}

enum fq_status fq_draft_unknown(struct fq_error *e, const char *pack, const struct fq_draft_row *d) {
  char at[32];
  if (!d->rev)
    return fq_fail(e, FQ_E_NOT_FOUND, "draft.unknown", "pack", "没有规则包 %s 的草稿",
                   "there is no draft of pack %s", pack);
  fq_time_format(d->at_ms, at);
  if (!strcmp(d->state, "deployed"))
    return fq_fail(e, FQ_E_NOT_FOUND, "draft.gone", "pack", "规则包 %s 的草稿已由 %s 于 %s 部署",
                   "the draft of pack %s was deployed by %s at %s", pack, d->author, at);
  return fq_fail(e, FQ_E_NOT_FOUND, "draft.gone", "pack", "规则包 %s 的草稿已由 %s 于 %s 放弃",
                 "the draft of pack %s was discarded by %s at %s", pack, d->author, at);
}

static enum fq_status read_draft(fq_db *db, const char *pack, struct fq_candidate *out, struct fq_error *e) {
  struct fq_draft_row d = fq_draft_find(db, pack);
  if (!d.open) return fq_draft_unknown(e, pack, &d);
  *out = (struct fq_candidate){
      .files = fq_draft_base(db, pack, d.from), .rev = d.rev, .from = d.from, .seen = d.seen};
  fq_draft_overlay(db, pack, out->files);
  return FQ_OK;
}

enum fq_status fq_draft_stale(struct fq_call *c, const char *pack, const struct fq_draft_row *d,
                              int64_t mine) {
  char at[32];
  fq_time_format(d->at_ms, at);
  if (mine)
    fq_fail(c->error, FQ_E_CONFLICT, "draft.stale", "rev",
            "规则包 %s 的草稿已由 %s 于 %s 保存为第 %lld 稿,您的是第 %lld 稿:什么也没有写入,请先看他的改动",
            "the draft of pack %s was saved by %s at %s as revision %lld, yours is %lld: nothing was "
            "written, look at those changes first",
            pack, d->author, at, (long long)d->rev, (long long)mine);
  else
    fq_fail(c->error, FQ_E_CONFLICT, "draft.exists", "rev",
            "规则包 %s 已有草稿(%s 于 %s 保存的第 %lld 稿):接着写请给出 rev",
            "pack %s has a draft already (saved by %s at %s, revision %lld): give its rev to go on with it",
            pack, d->author, at, (long long)d->rev);
  c->error->rev = d->rev;
  return FQ_E_CONFLICT;
}

/* -- ending */

static enum fq_status end(struct fq_call *c, const char *pack, const struct fq_draft_row *d,
                          const char *how) {
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "pack", pack);
  fq_json_set_int(data, "rev", d->rev);
  fq_json_set_str(data, "how", how);
  return fq_emit(c, (struct fq_draft){.kind = "draft.discarded", .data = data});
}

static enum fq_status discard(struct fq_call *c) {
  const char *pack = fq_json_str(c->params, "pack");
  struct fq_draft_row d = fq_draft_find(c->db, pack);
  if (!d.open) return fq_draft_unknown(c->error, pack, &d);
  if (fq_json_int(c->params, "rev", d.rev) != d.rev)
    return fq_draft_stale(c, pack, &d, fq_json_int(c->params, "rev", 0));
  fq_json_set_str(c->result, "pack", pack);
  fq_json_set_int(c->result, "rev", d.rev);
  return end(c, pack, &d, "discarded");
}

/* What was deployed is no draft any more - unless somebody has gone on writing since. */
static enum fq_status deployed(struct fq_call *c) {
  const char *pack = fq_json_str(c->params, "pack");
  struct fq_draft_row d = fq_draft_find(c->db, pack);
  return d.open && d.rev == fq_json_int(c->params, "rev", 0) ? end(c, pack, &d, "deployed") : FQ_OK;
}

static enum fq_status apply_discarded(struct fq_apply *a, const struct fq_entry *e) {
  const char *pack = fq_json_str(e->data, "pack");
  fq_exec(a->db, "UPDATE draft SET state = ?2, author = ?3, at_ms = ?4 WHERE pack = ?1", "sssi", pack,
          fq_json_str(e->data, "how"), e->actor, e->at_ms);
  fq_exec(a->db, "DELETE FROM draft_file WHERE pack = ?", "s", pack);
  return FQ_OK;
}

/* -- asking */

/* Somebody has deployed the pack since the draft was begun. */
static fq_json *problems(fq_db *db, const char *pack, int64_t seen) {
  fq_json *list = fq_json_array();
  fq_stmt *q =
      fq_sql(db,
             "SELECT generation, version, actor, at_ms FROM policy_act WHERE pack = ? AND generation "
             "> ? ORDER BY n DESC LIMIT 1",
             "si", pack, seen);
  if (!fq_row(q)) return list;
  char at[32];
  fq_time_format(fq_col_int(q, 3), at);
  long long gen = fq_col_int(q, 0);
  const char *version = fq_col_str(q, 1), *actor = fq_col_str(q, 2);
  fq_json *o = fq_json_object();
  char *zh = fq_printf("草稿起草后,%s 于 %s 已使第 %lld 代(版本 %s)生效", actor, at, gen, version);
  char *en = fq_printf("since the draft was begun, %s has made generation %lld (version %s) active, at %s",
                       actor, gen, version, at);
  fq_json_set_str(o, "code", "draft.outdated");
  fq_json_set_str(o, "zh", zh);
  fq_json_set_str(o, "en", en);
  fq_json_set_int(o, "generation", gen);
  fq_json_push(list, o);
  fq_done(q);
  free(zh);
  free(en);
  return list;
}

static void describe(fq_json *o, const char *pack, const struct fq_draft_row *d) {
  fq_json_set_str(o, "pack", pack);
  fq_json_set_int(o, "rev", d->rev);
  fq_json_set_str(o, "author", d->author);
  fq_json_set_time(o, "at", d->at_ms);
  fq_json_set_int(o, "from", d->from);
}

static enum fq_status open_draft(struct fq_query *q) {
  const char *pack = fq_json_str(q->params, "pack");
  struct fq_candidate draft;
  struct fq_draft_row d = fq_draft_find(q->db, pack);
  if (read_draft(q->db, pack, &draft, q->error)) return q->error->status;
  describe(q->result, pack, &d);
  fq_json_set(q->result, "files", draft.files);
  fq_json *list = problems(q->db, pack, d.seen);
  if (fq_json_size(list))
    fq_json_set(q->result, "problems", list);
  else
    fq_json_free(list);
  return FQ_OK;
}

static fq_json *changed_paths(fq_db *db, const char *pack, const struct fq_draft_row *d) {
  fq_json *base = fq_draft_base(db, pack, d->from), *list = fq_json_array();
  fq_stmt *q = fq_sql(db, "SELECT path, text FROM draft_file WHERE pack = ? ORDER BY path", "s", pack);
  while (fq_row(q)) {
    const char *text = fq_col_str(q, 1), *had = fq_json_str(base, fq_col_str(q, 0));
    bool same = text && had ? !strcmp(text, had) : text == had;
    if (!same) fq_json_push(list, fq_json_new_str(fq_col_str(q, 0)));
  }
  fq_json_free(base);
  return list;
}

/* What pack.lua says of itself, as far as it can be read: it may be half written. */
static void set_title(fq_db *db, fq_json *o, const char *pack) {
  struct fq_candidate draft;
  struct fq_error e = {0};
  if (read_draft(db, pack, &draft, &e)) return;
  const char *text = fq_json_str(draft.files, "pack.lua");
  fq_json *meta = text ? fq_luaconf_load("pack.lua", text, strlen(text), NULL, &e) : NULL;
  const fq_json *title = fq_json_get(meta, "title");
  const char *version = fq_json_str(meta, "version"), *zh = fq_json_str(title, "zh"),
             *en = fq_json_str(title, "en");
  fq_json_set_str(o, "version", version ? version : "");
  fq_json_set_str(o, "zh", zh ? zh : pack);
  fq_json_set_str(o, "en", en ? en : pack);
  fq_json_free(meta);
  fq_candidate_clear(&draft);
}

static enum fq_status list_drafts(struct fq_query *q) {
  fq_json *rows = fq_json_array();
  fq_stmt *s = fq_sql(q->db, "SELECT pack FROM draft WHERE state = 'open' ORDER BY pack", "");
  while (fq_row(s)) {
    char pack[FQ_ID_MAX];
    fq_json *o = fq_json_object();
    fq_copy(pack, sizeof pack, fq_col_str(s, 0));
    struct fq_draft_row d = fq_draft_find(q->db, pack);
    describe(o, pack, &d);
    set_title(q->db, o, pack);
    fq_json_set(o, "changed", changed_paths(q->db, pack, &d));
    fq_json_push(rows, o);
  }
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}

/* -- the table */

#define P_PACK                                                                                               \
  { .name = "pack", .type = FQ_T_ID, .required = true, .zh = "包名", .en = "the pack's name" }
#define P_REV                                                                                                \
  {                                                                                                          \
    .name = "rev", .type = FQ_T_INT, .min = 1, .max = 9007199254740991.0,                                    \
    .zh = "打开时的稿号;已有草稿时必填", .en = "the revision that was opened; needed when there is a draft"  \
  }
static const struct fq_param save_params[] = {
    P_PACK,
    {.name = "files",
     .type = FQ_T_ANY,
     .required = true,
     .zh = "只写改动的文件:{路径: 内容},null 为删除",
     .en = "the files that change: {path: text}, null removes one"},
    P_REV,
    {.name = "from",
     .type = FQ_T_STRING,
     .min = 1,
     .max = 20,
     .zh = "起点:active(现行)、new(空白)或代的编号;已有草稿时改换起点",
     .en = "begin from: active, new (empty) or a generation's number; with a draft: begin anew from there"},
    {0}};
static const struct fq_param pack_params[] = {P_PACK, {0}};
static const struct fq_param pack_rev_params[] = {P_PACK, P_REV, {0}};

static const struct fq_kind kinds[] = {
    {"draft.saved", fq_draft_apply_saved, ADMINS, FQ_KIND_QUIET, "草稿已保存", "a draft was saved"},
    {"draft.discarded", apply_discarded, ADMINS, FQ_KIND_QUIET, "草稿已结束", "a draft has ended"},
    {0}};

static const struct fq_method methods[] = {
    {.name = "draft.save",
     .roles = FQ_ROLE_ADMIN_SYSTEM,
     .params = save_params,
     .target = fq_policy_whole_county,
     .run = fq_draft_save,
     .zh = "保存草稿",
     .en = "saves what changes in a pack's draft",
     .result = "{pack, rev}"},
    {.name = "draft.discard",
     .roles = FQ_ROLE_ADMIN_SYSTEM,
     .params = pack_rev_params,
     .target = fq_policy_whole_county,
     .run = discard,
     .zh = "放弃草稿",
     .en = "ends a draft without deploying it",
     .result = "{pack, rev}"},
    {.name = "draft.deployed",
     .flags = FQ_INTERNAL,
     .params = pack_rev_params,
     .run = deployed,
     .zh = "草稿已部署",
     .en = "ends a draft that was deployed"},
    {.name = "draft.open",
     .roles = ADMINS,
     .params = pack_params,
     .query = open_draft,
     .zh = "打开草稿",
     .en = "a draft with all its files; problems: when the pack was deployed since it was begun",
     .result = "{pack, rev, author, at, from, files, problems?:[{code, zh, en, generation}]}"},
    {.name = "draft.list",
     .roles = ADMINS,
     .query = list_drafts,
     .zh = "草稿",
     .en = "drafts",
     .result = "{rows:[{pack, version, zh, en, rev, author, at, from, changed}]}"},
    {0}};

static enum fq_status init(void *self, fq_kernel *k, struct fq_error *e) {
  fq_policy_set_drafts(k, read_draft);
  return FQ_OK;
}

const struct fq_plugin fq_workshop_draft = {
    FQ_PLUGIN_HEAD,           .name = "workshop.draft", .version = "1",     .zh = "起草", .en = "drafts",
    .migrations = migrations, .kinds = kinds,           .methods = methods, .init = init};
