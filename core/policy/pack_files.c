/*
 * What may be a file of a pack: where, how named, how large. A pack travels - over the wire, into a directory
 * on another machine, from a county to its neighbour - so a name must mean the same file everywhere and never
 * one outside the pack. Any thread.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/map.h"
#include "base/mem.h"
#include "policy/pack.h"

#define PATH_MAX_BYTES 120

static bool name_ok(const char *path) {
  if (strlen(path) > PATH_MAX_BYTES) return false;
  for (const char *p = path; *p; p++)
    if (strchr(":*?\"<>|", *p)) return false; /* names that not every disk can hold */
  return fq_pack_path(path);
}

static bool is_text(const char *s) {
  for (; *s; s++)
    if (((unsigned char)*s < ' ' && !strchr("\t\n\r\f", *s)) || *s == 0x7f) return false;
  return true;
}

/* Two names that are one file where capitals do not count. */
static void check_twins(const fq_json *files, struct fq_findings *f) {
  struct fq_map *seen = NULL;
  fq_json_each(m, files) {
    char *folded = fq_strdup(fq_json_name(m));
    for (char *p = folded; *p; p++)
      if (*p >= 'A' && *p <= 'Z') *p = (char)(*p - 'A' + 'a');
    const char *other = fq_map_get(seen, folded);
    if (other)
      fq_finding_add(f, fq_json_name(m), 0, FQ_EXIT_SYNTAX, "与 %s 只差大小写,在别的机器上是同一个文件",
                     "differs from %s in capitals only: on another machine they are one file", other);
    else
      fq_map_put(&seen, folded, (void *)(uintptr_t)fq_json_name(m));
    free(folded);
  }
  fq_map_clear(&seen, NULL);
}

void fq_pack_files_check(const fq_json *files, struct fq_findings *f) {
  size_t total = 0;
  if (fq_json_size(files) > FQ_PACK_FILES_MAX) { /* no more is said of any of them */
    fq_finding_add(f, "pack.lua", 0, FQ_EXIT_SYNTAX, "规则包的文件超过 %d 个",
                   "the pack has more than %d files", FQ_PACK_FILES_MAX);
    return;
  }
  fq_json_each(m, files) {
    const char *path = fq_json_name(m), *text = fq_json_as_str(m);
    size_t len = text ? strlen(text) : 0;
    total += len;
    if (!name_ok(path))
      fq_finding_put(
          f, path, 0, FQ_EXIT_SYNTAX,
          "包里只能有 pack.lua,以及 policies、setup、scenarios 里的 .lua,dictionaries 里的 "
          ".csv,i18n、forms 里的 .json",
          "a pack holds pack.lua, .lua in policies, setup and scenarios, .csv in dictionaries, and "
          ".json in i18n and forms");
    if (!text)
      fq_finding_put(f, path, 0, FQ_EXIT_SYNTAX, "文件内容应为文字", "the file's content must be text");
    else if (len > FQ_PACK_FILE_MAX)
      fq_finding_put(f, path, 0, FQ_EXIT_SYNTAX, "文件超过 1 MiB", "the file is larger than 1 MiB");
    else if (!is_text(text))
      fq_finding_put(f, path, 0, FQ_EXIT_SYNTAX, "不是文本文件", "no text file");
  }
  if (total > FQ_PACK_MAX)
    fq_finding_put(f, "pack.lua", 0, FQ_EXIT_SYNTAX, "规则包超过 8 MiB", "the pack is larger than 8 MiB");
  check_twins(files, f);
}
