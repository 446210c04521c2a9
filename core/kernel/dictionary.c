/*
 * Dictionaries as a module: lists of codes with their words (categories, closing classes ...), which packs
 * bring and everybody reads. Kernel thread; lookups also on reader threads.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "kernel/internal.h"

static const char *const migrations[] = {
    "CREATE TABLE dictionary(name TEXT NOT NULL, code TEXT NOT NULL, zh TEXT NOT NULL, en TEXT NOT NULL,"
    " attributes TEXT NOT NULL, pack TEXT NOT NULL, position INTEGER NOT NULL, PRIMARY KEY(name, code)) "
    "WITHOUT ROWID;",
    /* What each pack says, and what the county says itself (pack ''); `dictionary` is what counts of it. */
    "CREATE TABLE dictionary_said(name TEXT NOT NULL, code TEXT NOT NULL, pack TEXT NOT NULL, zh TEXT NOT "
    "NULL, en"
    " TEXT NOT NULL, attributes TEXT NOT NULL, position INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY "
    "KEY(name,"
    " code, pack)) WITHOUT ROWID;"
    "INSERT INTO dictionary_said SELECT name, code, pack, zh, en, attributes, position, 0 FROM dictionary;",
    NULL};

bool fq_term(fq_db *db, const char *dictionary, const char *code, char zh[96], char en[96]) {
  fq_copy(zh, 96, code);
  fq_copy(en, 96, code);
  fq_stmt *q =
      fq_sql(db, "SELECT zh, en FROM dictionary WHERE name = ? AND code = ?", "ss", dictionary, code);
  if (!fq_row(q)) return false;
  fq_copy(zh, 96, fq_col_str(q, 0));
  fq_copy(en, 96, fq_col_str(q, 1));
  fq_done(q);
  return true;
}

/* What a row says besides code and words: {"skill":"fire","level":"2"}. */
static char *attributes(const fq_json *row) {
  static const char *const columns[] = {"code", "zh", "en", "#"};
  fq_json *o = fq_json_dup(row);
  for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
    fq_json_remove(o, columns[i]);
  char *text = fq_json_print(o);
  fq_json_free(o);
  return text;
}

/* Of two packs that know the same code the one that came last gives the words; the county goes over both. A
 * word it sets keeps the attributes (a skill, a level) that it does not mention. */
static void settle(fq_db *db, const char *name) {
  fq_exec(db, "DELETE FROM dictionary WHERE name = ?", "s", name);
  fq_exec(db,
          "INSERT OR REPLACE INTO dictionary(name, code, zh, en, attributes, pack, position)"
          " SELECT name, code, zh, en, attributes, pack, position FROM dictionary_said WHERE name = ? AND "
          "pack <> ''"
          " ORDER BY seq, pack",
          "s", name);
  fq_exec(db,
          "INSERT OR REPLACE INTO dictionary(name, code, zh, en, attributes, pack, position)"
          " SELECT s.name, s.code, s.zh, s.en, json_patch(coalesce(d.attributes, '{}'), s.attributes), '', "
          "s.position"
          " FROM dictionary_said s LEFT JOIN dictionary d ON d.name = s.name AND d.code = s.code"
          " WHERE s.name = ? AND s.pack = ''",
          "s", name);
}

static void say(struct fq_apply *a, const struct fq_entry *e, const fq_json *row, const char *pack,
                int64_t position) {
  const char *zh = fq_json_str(row, "zh"), *en = fq_json_str(row, "en");
  char *rest = attributes(row);
  fq_exec(a->db,
          "INSERT OR REPLACE INTO dictionary_said(name, code, pack, zh, en, attributes, position, seq)"
          " VALUES(?,?,?,?,?,?,?,?)",
          "ssssssii", e->subject, fq_json_str(row, "code"), pack, zh, en ? en : zh, rest, position, e->seq);
  free(rest);
}

static enum fq_status apply_set(struct fq_apply *a, const struct fq_entry *e) {
  const char *pack = fq_json_str(e->data, "pack");
  int64_t position = 0;
  fq_exec(a->db, "DELETE FROM dictionary_said WHERE name = ? AND pack = ?", "ss", e->subject, pack);
  fq_json_each(row, fq_json_get(e->data, "rows")) say(a, e, row, pack, position++);
  settle(a->db, e->subject);
  return FQ_OK;
}

static enum fq_status apply_worded(struct fq_apply *a, const struct fq_entry *e) {
  say(a, e, fq_json_get(e->data, "word"), "", fq_json_int(e->data, "position", 0));
  settle(a->db, e->subject);
  return FQ_OK;
}

static enum fq_status apply_removed(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "DELETE FROM dictionary_said WHERE name = ? AND code = ? AND pack = ''", "ss", e->subject,
          fq_json_str(e->data, "code"));
  settle(a->db, e->subject);
  return FQ_OK;
}

/* -- commands */

/* Where the word stands: where it stood, or behind all others. */
static int64_t position_of(fq_db *db, const char *name, const char *code) {
  int64_t last = fq_int(db, -1, "SELECT max(position) FROM dictionary WHERE name = ?", "s", name);
  return fq_int(db, last + 1, "SELECT position FROM dictionary WHERE name = ? AND code = ?", "ss", name,
                code);
}

static enum fq_status set(struct fq_call *c) {
  const char *name = fq_json_str(c->params, "name"), *code = fq_json_str(c->params, "code");
  const fq_json *more = fq_json_get(c->params, "attributes");
  fq_json *word = fq_json_object(), *data = fq_json_object();
  fq_json_each(m, more) {
    const char *text = fq_json_as_str(m);
    if (text && strcmp(fq_json_name(m), "code") && strcmp(fq_json_name(m), "zh") &&
        strcmp(fq_json_name(m), "en")) {
      fq_json_set_str(word, fq_json_name(m), text);
      continue;
    }
    fq_json_free(word);
    fq_json_free(data);
    return fq_fail(c->error, FQ_E_PARAMS, "dictionary.attribute", "params.attributes",
                   "属性 %s 应为文字,且不能叫 code、zh、en",
                   "the attribute %s must be a text, and not be called code, zh or en", fq_json_name(m));
  }
  fq_json_set_str(word, "code", code);
  fq_json_set_str(word, "zh", fq_json_str(c->params, "zh"));
  fq_json_set_str(word, "en", fq_json_str(c->params, "en"));
  fq_json_set(data, "word", word);
  fq_json_set_int(data, "position", fq_json_int(c->params, "position", position_of(c->db, name, code)));
  return fq_emit(c, (struct fq_draft){.kind = "dictionary.worded", .subject = name, .data = data});
}

static enum fq_status remove_word(struct fq_call *c) {
  const char *name = fq_json_str(c->params, "name"), *code = fq_json_str(c->params, "code");
  fq_stmt *q = fq_sql(c->db, "SELECT pack FROM dictionary WHERE name = ? AND code = ?", "ss", name, code);
  if (!fq_row(q))
    return fq_fail(c->error, FQ_E_NOT_FOUND, "dictionary.unknown", "params.code", "词典 %s 里没有 %s",
                   "the dictionary %s has no %s", name, code);
  char pack[FQ_ID_MAX];
  fq_copy(pack, sizeof pack, fq_col_str(q, 0));
  fq_done(q);
  if (*pack)
    return fq_fail(c->error, FQ_E_CONFLICT, "dictionary.pack", "params.code",
                   "%s 是规则包 %s 带来的,只能在包里删去;这里可以改它的说法",
                   "%s comes with the pack %s and goes with it alone; its words can be changed here", code,
                   pack);
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "code", code);
  return fq_emit(c, (struct fq_draft){.kind = "dictionary.removed", .subject = name, .data = data});
}

/* How often the journal of late has mentioned the code: what knows of it no table here tells. */
#define LOOKED 100000
static enum fq_status usage(struct fq_query *q) {
  char quoted[FQ_ID_MAX + 2];
  snprintf(quoted, sizeof quoted, "\"%s\"", fq_json_str(q->params, "code"));
  fq_json_set_int(q->result, "used",
                  fq_int(q->db, 0,
                         "SELECT count(*) FROM journal WHERE seq > ?1 AND instr(data, ?2) AND kind NOT LIKE"
                         " 'dictionary.%' AND kind NOT LIKE 'pack.%' AND kind NOT LIKE 'draft.%'",
                         "is", q->head - LOOKED, quoted));
  fq_json_set_int(q->result, "looked", q->head < LOOKED ? q->head : LOOKED);
  return FQ_OK;
}

static enum fq_status list(struct fq_query *q) {
  fq_json *rows = fq_json_array();
  fq_stmt *s =
      fq_sql(q->db,
             "SELECT d.name, d.code, d.zh, d.en, d.attributes, d.pack, d.position, (SELECT s.pack FROM"
             " dictionary_said s WHERE s.name = d.name AND s.code = d.code AND s.pack <> '' ORDER BY s.seq"
             " DESC, s.pack DESC LIMIT 1) FROM dictionary d WHERE ?1 IS NULL OR d.name = ?1"
             " ORDER BY d.name, d.position, d.code",
             "s", fq_json_str(q->params, "name"));
  while (fq_row(s)) {
    const char *more = fq_col_str(s, 4);
    fq_json *o = fq_json_parse(more, strlen(more), NULL);
    if (!o) o = fq_json_object();
    fq_json_set_str(o, "name", fq_col_str(s, 0));
    fq_json_set_str(o, "code", fq_col_str(s, 1));
    fq_json_set_str(o, "zh", fq_col_str(s, 2));
    fq_json_set_str(o, "en", fq_col_str(s, 3));
    fq_json_set_int(o, "position", fq_col_int(s, 6));
    if (!fq_col_null(s, 7)) fq_json_set_str(o, "pack", fq_col_str(s, 7));
    if (!*fq_col_str(s, 5)) fq_json_set_bool(o, "own", true);
    fq_json_push(rows, o);
  }
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}

static const struct fq_kind kinds[] = {{.name = "dictionary.set",
                                        .apply = apply_set,
                                        .roles = FQ_ROLE_ADMIN_SYSTEM,
                                        .flags = FQ_KIND_QUIET,
                                        .zh = "词典更新",
                                        .en = "a dictionary was set"},
                                       {.name = "dictionary.worded",
                                        .apply = apply_worded,
                                        .roles = FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_DESK,
                                        .flags = FQ_KIND_QUIET,
                                        .zh = "词条更新",
                                        .en = "the county set a word of its own"},
                                       {.name = "dictionary.removed",
                                        .apply = apply_removed,
                                        .roles = FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_DESK,
                                        .flags = FQ_KIND_QUIET,
                                        .zh = "词条删去",
                                        .en = "the county took a word of its own back"},
                                       {0}};
static const struct fq_param list_params[] = {{.name = "name",
                                               .type = FQ_T_ID,
                                               .zh = "词典,如 categories;不填则全部",
                                               .en = "one dictionary, e.g. categories; all by default"},
                                              {0}};
#define P_NAME                                                                                               \
  {                                                                                                          \
    .name = "name", .type = FQ_T_ID, .required = true, .zh = "词典,如 categories",                           \
    .en = "the dictionary, e.g. categories"                                                                  \
  }
#define P_CODE                                                                                               \
  { .name = "code", .type = FQ_T_ID, .required = true, .zh = "代码", .en = "the code" }
static const struct fq_param word_params[] = {P_NAME, P_CODE, {0}};
static const struct fq_param set_params[] = {
    P_NAME,
    P_CODE,
    {.name = "zh",
     .type = FQ_T_STRING,
     .required = true,
     .min = 1,
     .max = 30,
     .zh = "中文",
     .en = "in Chinese"},
    {.name = "en",
     .type = FQ_T_STRING,
     .required = true,
     .min = 1,
     .max = 90,
     .zh = "英文",
     .en = "in English"},
    {.name = "position", .type = FQ_T_INT, .min = 0, .max = 100000, .zh = "次序", .en = "where it stands"},
    {.name = "attributes",
     .type = FQ_T_ANY,
     .zh = "其他各列 {skill, level …},文字",
     .en = "other columns {skill, level ...}, texts"},
    {0}};

static enum fq_status whole_county(struct fq_call *c, struct fq_target *t) {
  t->org[0] = '\0';
  return FQ_OK;
}

static const struct fq_method methods[] = {
    {.name = "dictionary.list",
     .roles = FQ_ROLE_ALL,
     .params = list_params,
     .query = list,
     .zh = "词典",
     .en = "the words for codes: the packs', and over them the county's own",
     .result = "{rows:[{name, code, zh, en, position: number, pack?, own?: boolean, ...}]}"},
    {.name = "dictionary.usage",
     .roles = FQ_ROLE_ADMIN_SYSTEM,
     .params = word_params,
     .query = usage,
     .zh = "词条使用次数",
     .en = "how many of the last 100,000 entries mention the code",
     .result = "{used: number, looked: number}"},
    {.name = "dictionary.set",
     .roles = FQ_ROLE_ADMIN_SYSTEM,
     .params = set_params,
     .target = whole_county,
     .run = set,
     .zh = "本县的词条",
     .en = "a word of the county's own, or the county's words for a pack's code",
     .result = "{n: number}"},
    {.name = "dictionary.remove",
     .roles = FQ_ROLE_ADMIN_SYSTEM,
     .params = word_params,
     .target = whole_county,
     .run = remove_word,
     .zh = "删去本县的词条",
     .en = "takes the county's own word back: under it the pack's comes to light",
     .result = "{n: number}"},
    {0}};

const struct fq_plugin fq_dictionary_module = {FQ_PLUGIN_HEAD, .name = "dictionary", .version = "1",
                                               .zh = "词典",   .en = "dictionaries", .migrations = migrations,
                                               .kinds = kinds, .methods = methods};
