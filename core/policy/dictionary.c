/* Dictionaries: see dictionary.h. */
#include "policy/dictionary.h"

#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/json.h"
#include "base/map.h"
#include "base/mem.h"

const char fq_dictionary_schema[] =
    "CREATE TABLE dictionary(name TEXT NOT NULL, code TEXT NOT NULL, zh TEXT NOT NULL, en TEXT NOT NULL,"
    " attributes TEXT NOT NULL, pack TEXT NOT NULL, position INTEGER NOT NULL, PRIMARY KEY(name, code)) "
    "WITHOUT ROWID;";

/* "dictionaries/categories.csv" -> "categories"; false for other files. */
static bool name_of(const char *path, char out[FQ_ID_MAX]) {
  static const char folder[] = "dictionaries/", end[] = ".csv";
  size_t len = strlen(path), skip = sizeof folder - 1, tail = sizeof end - 1;
  if (len <= skip + tail || strncmp(path, folder, skip) || strcmp(path + len - tail, end)) return false;
  fq_copy(out, FQ_ID_MAX, path + skip);
  char *dot = strrchr(out, '.');
  if (dot) *dot = '\0';
  return true;
}

/* What a row says besides code and words: {"skill":"fire","level":"2"}. */
static char *attributes(const fq_json *row) {
  fq_json *o = fq_json_object();
  fq_json_each(m, row) {
    const char *name = fq_json_name(m);
    if (strcmp(name, "#") && strcmp(name, "code") && strcmp(name, "zh") && strcmp(name, "en"))
      fq_json_set_str(o, name, fq_json_as_str(m));
  }
  char *text = fq_json_print(o);
  fq_json_free(o);
  return text;
}

void fq_dictionary_apply(fq_db *db, const char *pack, const fq_json *files) {
  fq_exec(db, "DELETE FROM dictionary WHERE pack = ?", "s", pack);
  fq_json_each(file, files) {
    char name[FQ_ID_MAX];
    const char *text = fq_json_as_str(file);
    if (!text || !name_of(fq_json_name(file), name)) continue;
    fq_json *rows = fq_csv_parse(fq_json_name(file), text, strlen(text), NULL);
    int64_t position = 0;
    fq_json_each(row, rows) {
      const char *en = fq_json_str(row, "en"), *zh = fq_json_str(row, "zh");
      char *rest = attributes(row);
      /* Two packs may know the same code: the one deployed last gives the words. */
      fq_exec(db,
              "INSERT OR REPLACE INTO dictionary(name, code, zh, en, attributes, pack, position)"
              " VALUES(?, ?, ?, ?, ?, ?, ?)",
              "ssssssi", name, fq_json_str(row, "code"), zh, en ? en : zh, rest, pack, position++);
      free(rest);
    }
    fq_json_free(rows);
  }
}

void fq_dictionary_check(const fq_json *files, struct fq_findings *f) {
  fq_json_each(file, files) {
    char name[FQ_ID_MAX];
    const char *path = fq_json_name(file), *text = fq_json_as_str(file);
    struct fq_error e = {0};
    if (!text || !name_of(path, name)) continue;
    fq_json *rows = fq_csv_parse(path, text, strlen(text), &e);
    if (!rows) {
      const char *colon = strrchr(e.path, ':');
      fq_finding_put(f, path, colon ? atoi(colon + 1) : 0, FQ_EXIT_SYNTAX, e.zh, e.en);
      continue;
    }
    struct fq_map *seen = NULL;
    fq_json_each(row, rows) {
      int line = (int)fq_json_int(row, "#", 0);
      const char *code = fq_json_str(row, "code");
      if (!code || !fq_json_str(row, "zh"))
        fq_finding_put(f, path, line, FQ_EXIT_SYNTAX, "缺少 code 或 zh", "code or zh is missing");
      else if (fq_map_put(&seen, code, (void *)(uintptr_t)path))
        fq_finding_add(f, path, line, FQ_EXIT_SYNTAX, "代码 %s 出现两次", "the code %s appears twice", code);
    }
    fq_map_clear(&seen, NULL);
    fq_json_free(rows);
  }
}

const struct fq_param fq_dictionary_params[] = {{.name = "name",
                                                 .type = FQ_T_ID,
                                                 .zh = "词典,如 categories",
                                                 .en = "one dictionary, e.g. categories; all by default"},
                                                {0}};

enum fq_status fq_dictionary_list(struct fq_query *q) {
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
