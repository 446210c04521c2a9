/* Reading a pack's directory: see pack.h. Any thread. */
#include "policy/pack.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "policy/luaconf.h"

#define FILE_MAX  (1u << 20) /* one file of a pack */
#define FILES_MAX (8u << 20) /* all of them: a deployment is one journal entry */

char *fq_pack_file(const char *dir, const char *name, struct fq_error *e) {
  char *path = fq_printf("%s/%s", dir, name), *text = NULL;
  FILE *in = fopen(path, "rb");
  if (!in) {
    fq_fail(e, FQ_E_NOT_FOUND, "pack.file", path, "无法打开 %s:%s", "cannot open %s: %s", path,
            strerror(errno));
    goto out;
  }
  text = fq_alloc(FILE_MAX + 1);
  size_t n = fread(text, 1, FILE_MAX + 1, in);
  const char *zh = NULL, *en = "";
  if (ferror(in))
    zh = "读取失败", en = "cannot be read";
  else if (n > FILE_MAX)
    zh = "超过 1 MiB", en = "larger than 1 MiB";
  else if (memchr(text, 0, n))
    zh = "不是文本文件", en = "no text file";
  fclose(in);
  if (zh) {
    fq_fail(e, FQ_E_PARAMS, "pack.file", path, "文件不可用", "the file cannot be used");
    fq_copy(e->zh, sizeof e->zh, zh);
    fq_copy(e->en, sizeof e->en, en);
    free(text);
    text = NULL;
  } else {
    text[n] = '\0';
    text = fq_realloc(text, n + 1);
  }
out:
  free(path);
  return text;
}

static int wanted(const struct dirent *d) {
  return d->d_name[0] != '.';
}

fq_json *fq_pack_list(const char *dir, const char *folder, const char *suffix) {
  fq_json *out = fq_json_array();
  char *path = fq_printf("%s/%s", dir, folder);
  struct dirent **found = NULL;
  int n = scandir(path, &found, wanted, alphasort);
  for (int i = 0; i < n; i++) {
    size_t len = strlen(found[i]->d_name), tail = strlen(suffix);
    if (len > tail && !strcmp(found[i]->d_name + len - tail, suffix)) {
      char *name = fq_printf("%s/%s", folder, found[i]->d_name);
      fq_json_push(out, fq_json_new_str(name));
      free(name);
    }
    free(found[i]);
  }
  free(found);
  free(path);
  return out;
}

static const struct {
  const char *folder, *suffix;
} folders[] = {{"policies", ".lua"},  {"setup", ".lua"}, {"dictionaries", ".csv"},
               {"scenarios", ".lua"}, {"i18n", ".json"}, {"forms", ".json"}};

bool fq_pack_path(const char *path) {
  if (!strcmp(path, "pack.lua") || !strcmp(path, FQ_PACK_SIGNATURE)) return true;
  const char *slash = strchr(path, '/');
  size_t len = strlen(path);
  for (size_t i = 0; slash && i < sizeof folders / sizeof *folders; i++) {
    size_t head = strlen(folders[i].folder), tail = strlen(folders[i].suffix);
    if ((size_t)(slash - path) != head || strncmp(path, folders[i].folder, head)) continue;
    if (slash[1] == '.' || strchr(slash + 1, '/') || strlen(slash + 1) <= tail) return false;
    for (const char *p = slash; *p; p++)
      if ((unsigned char)*p < 0x20 || *p == 0x7f || *p == '\\') return false;
    return !strcmp(path + len - tail, folders[i].suffix);
  }
  return false;
}

static bool add_folder(fq_json *files, const char *dir, const char *folder, const char *suffix, size_t *total,
                       struct fq_error *e) {
  fq_json *names = fq_pack_list(dir, folder, suffix);
  bool ok = true;
  fq_json_each(m, names) {
    const char *name = fq_json_as_str(m);
    char *text = ok ? fq_pack_file(dir, name, e) : NULL;
    ok = ok && text;
    if (ok && (*total += strlen(text)) > FILES_MAX) {
      fq_fail(e, FQ_E_TOO_LARGE, "pack.large", dir, "规则包超过 8 MiB", "the pack is larger than 8 MiB");
      ok = false;
    }
    if (ok) fq_json_set_str(files, name, text);
    free(text);
  }
  fq_json_free(names);
  return ok;
}

static bool has_file(const char *dir, const char *name) {
  char *path = fq_printf("%s/%s", dir, name);
  bool there = !access(path, F_OK);
  free(path);
  return there;
}

fq_json *fq_pack_read(const char *dir, struct fq_error *e) {
  char *text = fq_pack_file(dir, "pack.lua", e);
  if (!text) return NULL;
  fq_json *out = NULL, *meta = fq_luaconf_load("pack.lua", text, strlen(text), NULL, e);
  fq_json *files = fq_json_object();
  size_t total = strlen(text);
  fq_json_set_str(files, "pack.lua", text);
  if (!meta) goto out;
  char *signature = has_file(dir, FQ_PACK_SIGNATURE) ? fq_pack_file(dir, FQ_PACK_SIGNATURE, e) : NULL;
  if (signature) fq_json_set_str(files, FQ_PACK_SIGNATURE, signature);
  free(signature);
  const char *name = fq_json_str(meta, "name");
  if (!name) {
    fq_fail(e, FQ_E_PARAMS, "pack.name", "pack.lua", "pack.lua 没有 name", "pack.lua has no name");
    goto out;
  }
  for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
    if (!add_folder(files, dir, folders[i].folder, folders[i].suffix, &total, e)) goto out;
  out = fq_json_object();
  fq_json_set_str(out, "pack", name);
  fq_json_set(out, "files", files);
  files = NULL;
out:
  fq_json_free(files);
  fq_json_free(meta);
  free(text);
  return out;
}
