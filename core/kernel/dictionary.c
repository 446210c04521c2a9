/*
 * Dictionaries as a module: lists of codes with their words (categories, closing classes ...), which packs
 * bring and everybody reads. Kernel thread; lookups also on reader threads.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "kernel/internal.h"

static const char *const migrations[] = {
    "CREATE TABLE dictionary(name TEXT NOT NULL, code TEXT NOT NULL, zh TEXT NOT NULL, en TEXT NOT NULL,"
    " attributes TEXT NOT NULL, pack TEXT NOT NULL, position INTEGER NOT NULL, PRIMARY KEY(name, code)) "
    "WITHOUT ROWID;",
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

static enum fq_status apply_set(struct fq_apply *a, const struct fq_entry *e) {
  const char *pack = fq_json_str(e->data, "pack");
  int64_t position = 0;
  fq_exec(a->db, "DELETE FROM dictionary WHERE name = ? AND pack = ?", "ss", e->subject, pack);
  fq_json_each(row, fq_json_get(e->data, "rows")) {
    const char *zh = fq_json_str(row, "zh"), *en = fq_json_str(row, "en");
    char *rest = attributes(row);
    /* Two packs may know the same code: the one that came last gives the words. */
    fq_exec(a->db,
            "INSERT OR REPLACE INTO dictionary(name, code, zh, en, attributes, pack, position) "
            "VALUES(?,?,?,?,?,?,?)",
            "ssssssi", e->subject, fq_json_str(row, "code"), zh, en ? en : zh, rest, pack, position++);
    free(rest);
  }
  return FQ_OK;
}

static enum fq_status list(struct fq_query *q) {
  fq_json *rows = fq_json_array();
  fq_stmt *s = fq_sql(q->db,
                      "SELECT name, code, zh, en, attributes FROM dictionary WHERE ?1 IS NULL OR name = ?1"
                      " ORDER BY name, position, code",
                      "s", fq_json_str(q->params, "name"));
  while (fq_row(s)) {
    const char *more = fq_col_str(s, 4);
    fq_json *o = fq_json_parse(more, strlen(more), NULL);
    if (!o) o = fq_json_object();
    fq_json_set_str(o, "name", fq_col_str(s, 0));
    fq_json_set_str(o, "code", fq_col_str(s, 1));
    fq_json_set_str(o, "zh", fq_col_str(s, 2));
    fq_json_set_str(o, "en", fq_col_str(s, 3));
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
                                       {0}};
static const struct fq_param list_params[] = {{.name = "name",
                                               .type = FQ_T_ID,
                                               .zh = "词典,如 categories;不填则全部",
                                               .en = "one dictionary, e.g. categories; all by default"},
                                              {0}};
static const struct fq_method methods[] = {{.name = "dictionary.list",
                                            .roles = FQ_ROLE_ALL,
                                            .params = list_params,
                                            .query = list,
                                            .zh = "词典",
                                            .en = "the words for codes, as the deployed packs have them",
                                            .result = "{rows:[{name, code, zh, en, ...}]}"},
                                           {0}};

const struct fq_plugin fq_dictionary_module = {FQ_PLUGIN_HEAD, .name = "dictionary", .version = "1",
                                               .zh = "词典",   .en = "dictionaries", .migrations = migrations,
                                               .kinds = kinds, .methods = methods};
