/* Dictionaries: see dictionary.h. */
#include "policy/dictionary.h"

#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/json.h"
#include "base/map.h"
#include "base/mem.h"

bool fq_dictionary_name(const char *path, char out[FQ_ID_MAX]) {
  static const char folder[] = "dictionaries/", end[] = ".csv";
  size_t len = strlen(path), skip = sizeof folder - 1, tail = sizeof end - 1;
  if (len <= skip + tail || strncmp(path, folder, skip) || strcmp(path + len - tail, end)) return false;
  fq_copy(out, FQ_ID_MAX, path + skip);
  char *dot = strrchr(out, '.');
  if (dot) *dot = '\0';
  return true;
}

enum fq_status fq_dictionary_emit(struct fq_call *c, const char *pack, const fq_json *files) {
  enum fq_status st = FQ_OK;
  fq_json_each(file, files) {
    char name[FQ_ID_MAX];
    const char *text = fq_json_as_str(file);
    if (st || !text || !fq_dictionary_name(fq_json_name(file), name)) continue;
    fq_json *rows = fq_csv_parse(fq_json_name(file), text, strlen(text), c->error);
    if (!rows) return c->error->status; /* it was checked: only somebody else's mistake comes here */
    fq_json *data = fq_json_object();
    fq_json_set_str(data, "pack", pack);
    fq_json_set(data, "rows", rows);
    st = fq_emit(c, (struct fq_draft){.kind = "dictionary.set", .subject = name, .data = data});
  }
  return st;
}

void fq_dictionary_check(const fq_json *files, struct fq_findings *f) {
  fq_json_each(file, files) {
    char name[FQ_ID_MAX];
    const char *path = fq_json_name(file), *text = fq_json_as_str(file);
    struct fq_error e = {0};
    if (!text || !fq_dictionary_name(path, name)) continue;
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
