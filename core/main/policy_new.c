/* fengqiao policy new: a pack to begin with, in a folder of its own. */
#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "main/cmd_policy.h"
#include "policy/api.h"

static int list_templates(FILE *to, const fq_json *all) {
  fprintf(to, "usage: fengqiao policy new DIR [TEMPLATE]\n\n样板 / templates:\n");
  fq_json_each(t, all)
      fprintf(to, "  %-16s %s / %s\n%19s%s\n%19s%s\n", fq_json_str(t, "id"), fq_json_str(t, "zh"),
              fq_json_str(t, "en"), "", fq_json_str(t, "what_zh"), "", fq_json_str(t, "what_en"));
  return to == stderr ? EXIT_USAGE : EXIT_DONE;
}

static const fq_json *template_named(const fq_json *all, const char *id) {
  fq_json_each(t, all) if (!strcmp(fq_json_str(t, "id"), id)) return t;
  return NULL;
}

static bool good_name(const char *name) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  return *name && *name != '.' && strlen(name) <= 48 && strspn(name, letters) == strlen(name);
}

/* The pack is called what its folder is called. */
static char *renamed(const char *text, const char *id, const char *name) {
  char *old = fq_printf("name = \"%s\"", id), *at = strstr(text, old), *out;
  if (at)
    out = fq_printf("%.*sname = \"%s\"%s", (int)(at - text), text, name, at + strlen(old));
  else
    out = fq_strdup(text);
  free(old);
  return out;
}

static enum fq_status write_file(const char *dir, const char *name, const char *text, struct fq_error *e) {
  char *path = fq_printf("%s/%s", dir, name), *slash = strrchr(path, '/');
  *slash = '\0';
  bool made = !mkdir(path, 0777) || errno == EEXIST;
  *slash = '/';
  FILE *f = made ? fopen(path, "wx") : NULL;
  enum fq_status st = FQ_OK;
  bool written = f && fputs(text, f) >= 0;
  int why = errno;
  if (f && fclose(f)) written = false, why = errno;
  if (!written) st = fq_fail(e, FQ_E_STORAGE, "file", path, "无法写入:%s", "cannot write: %s", strerror(why));
  free(path);
  return st;
}

int fq_policy_new_pack(int argc, char **argv) {
  struct fq_error e = {0};
  fq_json *all = fq_policy_templates();
  const fq_json *from = template_named(all, argc > 2 ? argv[2] : "blank");
  int code = EXIT_DONE;
  if (argc < 2 || argc > 3 || argv[1][0] == '-' || !from) {
    code = list_templates(argc == 2 && !strcmp(argv[1], "--help") ? stdout : stderr, all);
    fq_json_free(all);
    return code;
  }
  char *copy = fq_strdup(argv[1]);
  const char *name = basename(copy), *id = fq_json_str(from, "id");
  umask(022); /* a pack is no secret: others check it in and read it */
  if (!good_name(name))
    code = (fq_fail(&e, FQ_E_PARAMS, "pack.name", argv[1], "规则包名只能用字母、数字、点、横线,最多 48 个",
                    "a pack's name takes letters, digits, dots and dashes, at most 48"),
            fq_complain(&e));
  else if (mkdir(argv[1], 0777))
    code = (fq_fail(&e, FQ_E_STORAGE, "file", argv[1], "无法新建:%s", "cannot be made: %s", strerror(errno)),
            fq_complain(&e));
  fq_json_each(f, fq_json_get(from, "files")) {
    if (code) break;
    bool pack = !strcmp(fq_json_name(f), "pack.lua");
    char *text = pack ? renamed(fq_json_as_str(f), id, name) : fq_strdup(fq_json_as_str(f));
    if (write_file(argv[1], fq_json_name(f), text, &e))
      code = fq_complain(&e);
    else
      printf("%s/%s\n", argv[1], fq_json_name(f));
    free(text);
  }
  free(copy);
  fq_json_free(all);
  return code;
}
