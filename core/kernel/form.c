/*
 * Forms as a module: their versions, what is asked now, and how often each field was filled in of late. What
 * was filled in belongs to whoever asked. Kernel thread; queries on reader threads.
 */
#include "kernel/form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "kernel/internal.h"

/* `retired`: 0 no, 1 by somebody, 2 its pack has it no more. `current`: what is asked today. */
static const char *const migrations[] = {
    "CREATE TABLE form(id TEXT NOT NULL, version INTEGER NOT NULL, category TEXT, zh TEXT NOT NULL, en TEXT "
    "NOT "
    "NULL, fields TEXT NOT NULL, pack TEXT NOT NULL, at_ms INTEGER NOT NULL, actor TEXT NOT NULL, note TEXT,"
    " retired INTEGER NOT NULL DEFAULT 0, current INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(id, version)) "
    "WITHOUT"
    " ROWID;"
    "CREATE TABLE form_use(form TEXT NOT NULL, seq INTEGER NOT NULL, fields TEXT NOT NULL, PRIMARY KEY(form, "
    "seq))"
    " WITHOUT ROWID;",
    NULL};

/* -- apply */

/* The county's own word goes over a pack's; of one author's the latest counts. */
static void choose_current(fq_db *db, const char *id) {
  fq_exec(
      db,
      "UPDATE form SET current = coalesce(version = (SELECT version FROM form WHERE id = ?1 AND retired = 0"
      " ORDER BY pack <> '', version DESC LIMIT 1), 0) WHERE id = ?1",
      "s", id);
}

static enum fq_status apply_set(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  const char *pack = fq_json_str(d, "pack"), *zh = fq_json_str(d, "zh"), *en = fq_json_str(d, "en");
  char *fields = fq_json_print(fq_json_get(d, "fields"));
  fq_exec(a->db,
          "INSERT INTO form(id, version, category, zh, en, fields, pack, at_ms, actor, note)"
          " VALUES(?,?,?,?,?,?,?,?,?,?)",
          "sisssssiss", e->subject, fq_json_int(d, "version", 0), fq_json_str(d, "category"), zh, en, fields,
          pack ? pack : "", e->at_ms, e->actor, fq_json_str(d, "note"));
  free(fields);
  choose_current(a->db, e->subject);
  return FQ_OK;
}

static enum fq_status apply_retired(struct fq_apply *a, const struct fq_entry *e) {
  const char *pack = fq_json_str(e->data, "pack");
  fq_exec(a->db, "UPDATE form SET retired = ?3 WHERE id = ?1 AND pack = ?2 AND retired = 0", "ssi",
          e->subject, pack ? pack : "", (int64_t)(fq_json_bool(e->data, "gone", false) ? 2 : 1));
  choose_current(a->db, e->subject);
  return FQ_OK;
}

/* Which fields were filled in, of the last forms: a tick that was not set says nothing. */
void fq_form_refer(fq_db *db, const struct fq_entry *e) {
  const fq_json *form = fq_json_get(e->data, "form");
  const char *id = fq_json_str(form, "id");
  if (!id || !fq_json_get(form, "values")) return;
  fq_json *filled = fq_json_array();
  fq_json_each(v, fq_json_get(form, "values")) {
    bool untouched = fq_json_type(v) == FQ_JSON_BOOL && !fq_json_as_bool(v);
    if (!untouched && !fq_form_blank(v)) fq_json_push(filled, fq_json_new_str(fq_json_name(v)));
  }
  char *text = fq_json_print(filled);
  fq_exec(db, "INSERT OR REPLACE INTO form_use(form, seq, fields) VALUES(?,?,?)", "sis", id, e->seq, text);
  fq_exec(
      db,
      "DELETE FROM form_use WHERE form = ?1 AND seq <= (SELECT seq FROM form_use WHERE form = ?1 ORDER BY seq"
      " DESC LIMIT 1 OFFSET ?2)",
      "si", id, (int64_t)FQ_FORM_RECENT);
  free(text);
  fq_json_free(filled);
}

/* -- commands */

static void copy(fq_json *to, const fq_json *from, const char *name) {
  const fq_json *v = fq_json_get(from, name);
  if (v) fq_json_set(to, name, fq_json_dup(v));
}

/* Where there is no English the Chinese words stand in for it. */
static void complete(fq_json *o) {
  if (!fq_json_str(o, "en") || !*fq_json_str(o, "en")) fq_json_set_str(o, "en", fq_json_str(o, "zh"));
}

static fq_json *completed(const fq_json *list) {
  fq_json *out = fq_json_array();
  fq_json_each(m, list) {
    fq_json *o = fq_json_dup(m);
    const fq_json *options = fq_json_get(m, "options");
    if (options) fq_json_set(o, "options", completed(options));
    complete(o);
    fq_json_push(out, o);
  }
  return out;
}

static fq_json *content(const fq_json *form) {
  static const char *const members[] = {"category", "zh", "en"};
  fq_json *o = fq_json_object();
  for (size_t i = 0; i < sizeof members / sizeof *members; i++)
    copy(o, form, members[i]);
  complete(o);
  fq_json_set(o, "fields", completed(fq_json_get(form, "fields")));
  return o;
}

static int64_t next_version(fq_db *db, const char *id) {
  return 1 + fq_int(db, 0, "SELECT max(version) FROM form WHERE id = ?", "s", id);
}

/* Takes data. */
static enum fq_status emit_set(struct fq_call *c, const char *id, const char *pack, fq_json *data) {
  fq_json_set_str(data, "id", id);
  fq_json_set_int(data, "version", next_version(c->db, id));
  if (pack) fq_json_set_str(data, "pack", pack);
  return fq_emit(c, (struct fq_draft){.kind = "form.set", .subject = id, .data = data});
}

static void keep_first(void *arg, bool wrong, const char *code, const char *path, const char *zh,
                       const char *en) {
  struct fq_error *e = arg;
  char at[160];
  if (!wrong || e->status) return;
  snprintf(at, sizeof at, "params.form%s%.140s", *path ? "." : "", path);
  fq_fail(e, FQ_E_PARAMS, code, at, "%s", "%s", zh);
  fq_copy(e->zh, sizeof e->zh, zh);
  fq_copy(e->en, sizeof e->en, en);
}

static enum fq_status set(struct fq_call *c) {
  const fq_json *form = fq_json_get(c->params, "form");
  const char *id = fq_json_str(form, "id");
  int64_t seen = fq_json_int(c->params, "version", -1);
  if (!fq_form_lint(form, keep_first, c->error)) return c->error->status;
  int64_t last = next_version(c->db, id) - 1;
  if (seen >= 0 && seen != last)
    return fq_fail(c->error, FQ_E_CONFLICT, "form.changed", "params.version",
                   "您改的是第 %lld 版,现在已是第 %lld 版:请比较后再保存",
                   "you have changed version %lld, it is %lld by now: compare, then save again",
                   (long long)seen, (long long)last);
  fq_json *data = content(form);
  copy(data, c->params, "note");
  enum fq_status st = emit_set(c, id, NULL, data);
  fq_json_set_str(c->result, "id", id);
  fq_json_set_int(c->result, "version", last + 1);
  return st;
}

static enum fq_status retire(struct fq_call *c) {
  const char *id = fq_json_str(c->params, "id");
  fq_stmt *q = fq_sql(c->db, "SELECT pack, version FROM form WHERE id = ? AND current = 1", "s", id);
  if (!fq_row(q)) {
    bool there = fq_int(c->db, 0, "SELECT 1 FROM form WHERE id = ? LIMIT 1", "s", id);
    if (there)
      return fq_fail(c->error, FQ_E_CONFLICT, "form.retired", "params.id", "表单 %s 已经停用",
                     "the form %s is retired already", id);
    return fq_fail(c->error, FQ_E_NOT_FOUND, "form.unknown", "params.id", "没有表单 %s",
                   "there is no form %s", id);
  }
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "id", id);
  fq_json_set_int(data, "version", fq_col_int(q, 1));
  if (*fq_col_str(q, 0)) fq_json_set_str(data, "pack", fq_col_str(q, 0));
  copy(data, c->params, "note");
  fq_done(q);
  enum fq_status st = fq_emit(c, (struct fq_draft){.kind = "form.retired", .subject = id, .data = data});
  fq_json_set_str(c->result, "id", id);
  fq_stmt *now = fq_sql(c->db, "SELECT version FROM form WHERE id = ? AND current = 1", "s", id);
  if (fq_row(now)) { /* the pack's form that was under it */
    fq_json_set_int(c->result, "version", fq_col_int(now, 0));
    fq_done(now);
  }
  return st;
}

/* As this pack had it last: the same text, and not gone meanwhile. One that was retired by hand stays so. */
static bool unchanged(fq_db *db, const char *pack, const char *id, const fq_json *now) {
  fq_stmt *q = fq_sql(db,
                      "SELECT category, zh, en, fields, retired FROM form WHERE id = ? AND pack = ?"
                      " ORDER BY version DESC LIMIT 1",
                      "ss", id, pack);
  if (!fq_row(q)) return false;
  const char *category = fq_json_str(now, "category");
  char *fields = fq_json_print(fq_json_get(now, "fields"));
  bool same = !strcmp(fq_col_str(q, 3), fields) && !strcmp(fq_col_str(q, 1), fq_json_str(now, "zh")) &&
              !strcmp(fq_col_str(q, 2), fq_json_str(now, "en")) &&
              !strcmp(fq_col_null(q, 0) ? "" : fq_col_str(q, 0), category ? category : "") &&
              fq_col_int(q, 4) != 2;
  fq_done(q);
  free(fields);
  return same;
}

static bool lists(const fq_json *forms, const char *id) {
  fq_json_each(f, forms) if (!strcmp(fq_json_str(f, "id"), id)) return true;
  return false;
}

static enum fq_status drop_gone(struct fq_call *c, const char *pack, const fq_json *forms) {
  fq_json *gone = fq_json_array();
  fq_stmt *q =
      fq_sql(c->db, "SELECT DISTINCT id FROM form WHERE pack = ? AND retired = 0 ORDER BY id", "s", pack);
  while (fq_row(q))
    if (!lists(forms, fq_col_str(q, 0))) fq_json_push(gone, fq_json_new_str(fq_col_str(q, 0)));
  enum fq_status st = FQ_OK;
  fq_json_each(id, gone) {
    if (st) break;
    fq_json *data = fq_json_object();
    fq_json_set_str(data, "id", fq_json_as_str(id));
    fq_json_set_str(data, "pack", pack);
    fq_json_set_bool(data, "gone", true);
    st = fq_emit(c, (struct fq_draft){.kind = "form.retired", .subject = fq_json_as_str(id), .data = data});
  }
  fq_json_free(gone);
  return st;
}

enum fq_status fq_form_bring(struct fq_call *c, const char *pack, const fq_json *forms) {
  enum fq_status st = drop_gone(c, pack, forms);
  fq_json_each(form, forms) {
    if (st) break;
    fq_json *data = content(form);
    if (unchanged(c->db, pack, fq_json_str(form, "id"), data))
      fq_json_free(data);
    else
      st = emit_set(c, fq_json_str(form, "id"), pack, data);
  }
  return st;
}

/* -- queries */

static fq_json *row_json(fq_stmt *s) {
  fq_json *o = fq_json_object();
  const char *fields = fq_col_str(s, 5);
  fq_json_set_str(o, "id", fq_col_str(s, 0));
  fq_json_set_int(o, "version", fq_col_int(s, 1));
  if (!fq_col_null(s, 2)) fq_json_set_str(o, "category", fq_col_str(s, 2));
  fq_json_set_str(o, "zh", fq_col_str(s, 3));
  fq_json_set_str(o, "en", fq_col_str(s, 4));
  fq_json_set(o, "fields", fq_json_parse(fields, strlen(fields), NULL));
  if (*fq_col_str(s, 6)) fq_json_set_str(o, "pack", fq_col_str(s, 6));
  if (!fq_col_int(s, 7)) fq_json_set_bool(o, "retired", true);
  return o;
}
#define FORM_COLUMNS                                                                                         \
  "SELECT id, version, category, zh, en, fields, pack, current, at_ms, actor, note FROM form f "

static enum fq_status list(struct fq_query *q) {
  fq_json *rows = fq_json_array();
  bool all = fq_json_bool(q->params, "retired", false);
  fq_stmt *s =
      fq_sql(q->db,
             FORM_COLUMNS
             "WHERE (current = 1 OR (?2 AND NOT EXISTS (SELECT 1 FROM form c WHERE c.id = f.id AND c.current"
             " = 1) AND version = (SELECT max(version) FROM form l WHERE l.id = f.id)))"
             " AND (?1 IS NULL OR category IS NULL OR category = ?1) ORDER BY category IS NULL, category, id",
             "si", fq_json_str(q->params, "category"), (int64_t)all);
  while (fq_row(s))
    fq_json_push(rows, row_json(s));
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}

static fq_json *versions_of(fq_db *db, const char *id) {
  fq_json *rows = fq_json_array();
  fq_stmt *s = fq_sql(db,
                      "SELECT version, pack, at_ms, actor, note, current, retired FROM form WHERE id = ?"
                      " ORDER BY version DESC LIMIT 100",
                      "s", id);
  while (fq_row(s)) {
    fq_json *o = fq_json_object();
    fq_json_set_int(o, "version", fq_col_int(s, 0));
    if (*fq_col_str(s, 1)) fq_json_set_str(o, "pack", fq_col_str(s, 1));
    fq_json_set_time(o, "at", fq_col_int(s, 2));
    fq_json_set_str(o, "by", fq_col_str(s, 3));
    if (!fq_col_null(s, 4)) fq_json_set_str(o, "note", fq_col_str(s, 4));
    fq_json_set_bool(o, "current", fq_col_int(s, 5));
    fq_json_set_bool(o, "retired", fq_col_int(s, 6));
    fq_json_push(rows, o);
  }
  return rows;
}

static enum fq_status open_form(struct fq_query *q) {
  const char *id = fq_json_str(q->params, "id");
  fq_stmt *s = fq_sql(
      q->db,
      FORM_COLUMNS "WHERE id = ?1 AND (?2 = 0 OR version = ?2) ORDER BY current DESC, version DESC LIMIT 1",
      "si", id, fq_json_int(q->params, "version", 0));
  if (!fq_row(s))
    return fq_fail(q->error, FQ_E_NOT_FOUND, "form.unknown", "params.id", "没有这个表单或这一版:%s",
                   "there is no such form, or no such version of it: %s", id);
  fq_json *row = row_json(s);
  fq_done(s);
  fq_json_each(m, row) fq_json_set(q->result, fq_json_name(m), fq_json_dup(m));
  fq_json_free(row);
  fq_json_set(q->result, "versions", versions_of(q->db, id));
  return FQ_OK;
}

static void collect(void *arg, bool wrong, const char *code, const char *path, const char *zh,
                    const char *en) {
  fq_json *o = fq_json_object();
  fq_json_set_bool(o, "wrong", wrong);
  fq_json_set_str(o, "code", code);
  fq_json_set_str(o, "path", path);
  fq_json_set_str(o, "zh", zh);
  fq_json_set_str(o, "en", en);
  fq_json_push(arg, o);
}

/* How often each field was filled in of late, and the ones that nobody ever does. */
static fq_json *use_of(fq_db *db, const fq_json *form, fq_json *findings) {
  const char *id = fq_json_str(form, "id");
  int64_t reports = id ? fq_int(db, 0, "SELECT count(*) FROM form_use WHERE form = ?", "s", id) : 0;
  fq_json *o = fq_json_object(), *fields = fq_json_array();
  int i = 0;
  fq_json_each(field, fq_json_get(form, "fields")) {
    const char *name = fq_json_str(field, "id");
    char path[32], zh[160], en[160];
    int64_t filled = name && id
                         ? fq_int(db, 0,
                                  "SELECT count(*) FROM form_use u, json_each(u.fields) x WHERE u.form = ?"
                                  " AND x.value = ?",
                                  "ss", id, name)
                         : 0;
    snprintf(path, sizeof path, "fields[%d]", i++);
    if (!name) continue;
    fq_json *row = fq_json_object();
    fq_json_set_str(row, "id", name);
    fq_json_set_int(row, "filled", filled);
    fq_json_push(fields, row);
    if (filled || reports < FQ_FORM_RECENT / 5) continue; /* too few to say that nobody does */
    snprintf(zh, sizeof zh, "最近 %lld 份里没有人填过:可以去掉", (long long)reports);
    snprintf(en, sizeof en, "nobody has filled it in in the last %lld: it could go", (long long)reports);
    collect(findings, false, "form.unused", path, zh, en);
  }
  fq_json_set_int(o, "reports", reports);
  fq_json_set(o, "fields", fields);
  return o;
}

static enum fq_status check(struct fq_query *q) {
  const fq_json *form = fq_json_get(q->params, "form"), *fields = fq_json_get(form, "fields");
  fq_json *findings = fq_json_array();
  fq_json_set_bool(q->result, "ok", fq_form_lint(form, collect, findings));
  fq_json_set_num(q->result, "tick_ratio", fq_form_tick_ratio(fields));
  fq_json_set(q->result, "used", use_of(q->db, form, findings));
  fq_json_set(q->result, "findings", findings);
  return FQ_OK;
}

/* -- what there is */

static enum fq_status whole_county(struct fq_call *c, struct fq_target *t) {
  t->org[0] = '\0';
  return FQ_OK;
}

#define HEARD (FQ_ROLE_DESK | FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_SERVICE)
static const struct fq_kind kinds[] = {{.name = "form.set",
                                        .apply = apply_set,
                                        .roles = HEARD,
                                        .flags = FQ_KIND_QUIET,
                                        .zh = "表单更新",
                                        .en = "a form was set"},
                                       {.name = "form.retired",
                                        .apply = apply_retired,
                                        .roles = HEARD,
                                        .flags = FQ_KIND_QUIET,
                                        .zh = "表单停用",
                                        .en = "a form was retired"},
                                       {0}};

#define P_FORM_ID                                                                                            \
  { .name = "id", .type = FQ_T_ID, .required = true, .zh = "表单", .en = "the form" }
#define P_FORM_NOTE                                                                                          \
  { .name = "note", .type = FQ_T_STRING, .max = 500, .zh = "说明", .en = "what was changed, and why" }
static const struct fq_param list_params[] = {
    {.name = "category",
     .type = FQ_T_ID,
     .zh = "只要这个类别的和通用的",
     .en = "those of this category, and those of none"},
    {.name = "retired", .type = FQ_T_BOOL, .zh = "也列出停用的", .en = "retired ones as well"},
    {0}};
static const struct fq_param open_params[] = {P_FORM_ID,
                                              {.name = "version",
                                               .type = FQ_T_INT,
                                               .min = 1,
                                               .max = 1e9,
                                               .zh = "版本;缺省为现行",
                                               .en = "a version; what is asked today when left out"},
                                              {0}};
static const struct fq_param set_params[] = {
    {.name = "form",
     .type = FQ_T_ANY,
     .required = true,
     .zh = "表单 {id, category?, zh, en, fields},见 docs/pages/system.md",
     .en = "the form, see docs/pages/system.md"},
    {.name = "version",
     .type = FQ_T_INT,
     .min = 0,
     .max = 1e9,
     .zh = "改自第几版;已有更新的则拒绝。0 为新建",
     .en = "the version it was made from: refused when there is a later "
           "one. 0: there is none"},
    P_FORM_NOTE,
    {0}};
static const struct fq_param retire_params[] = {P_FORM_ID, P_FORM_NOTE, {0}};
static const struct fq_param check_params[] = {
    {.name = "form", .type = FQ_T_ANY, .required = true, .zh = "表单", .en = "a form"}, {0}};

#define FORM_SHAPE                                                                                           \
  "id, version: number, category?, zh, en, fields: [{id, kind, zh, en, required?: boolean, options?: "       \
  "[{value, zh, en}], when?: {field, is: any}, unit?, min?: number, max?: number}], pack?, retired?: "       \
  "boolean"
static const struct fq_method methods[] = {
    {.name = "form.list",
     .roles = FQ_ROLE_ALL,
     .flags = FQ_SNAPSHOT,
     .params = list_params,
     .query = list,
     .zh = "现行表单",
     .en = "what is asked today: a form a category, and those for any",
     .result = "{rows: [{" FORM_SHAPE "}]}"},
    {.name = "form.open",
     .roles = FQ_ROLE_ALL,
     .params = open_params,
     .query = open_form,
     .zh = "一个表单及其各版",
     .en = "one form, as of any version, and its versions",
     .result =
         "{" FORM_SHAPE ", versions: [{version: number, pack?, at, by, note?, current: boolean, retired: "
         "boolean}]}"},
    {.name = "form.check",
     .roles = FQ_ROLE_ADMIN_SYSTEM,
     .params = check_params,
     .query = check,
     .zh = "检查表单",
     .en = "what is wrong with a form, and what could be better",
     .result = "{ok: boolean, tick_ratio: number, findings: [{wrong: boolean, code, path, zh, en}], used: "
               "{reports: "
               "number, fields: [{id, filled: number}]}}"},
    {.name = "form.set",
     .roles = FQ_ROLE_ADMIN_SYSTEM,
     .params = set_params,
     .target = whole_county,
     .run = set,
     .zh = "保存表单",
     .en = "a version of a form; the county's own goes over a pack's",
     .result = "{id, version: number, n: number}"},
    {.name = "form.retire",
     .roles = FQ_ROLE_ADMIN_SYSTEM,
     .params = retire_params,
     .target = whole_county,
     .run = retire,
     .zh = "停用表单",
     .en = "is asked no more; under the county's own the pack's comes back, and its version is told",
     .result = "{id, version?: number, n: number}"},
    {0}};

const struct fq_plugin fq_form_module = {FQ_PLUGIN_HEAD, .name = "form",    .version = "1",
                                         .zh = "表单",   .en = "forms",     .migrations = migrations,
                                         .kinds = kinds, .methods = methods};
