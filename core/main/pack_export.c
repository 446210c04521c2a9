/* fengqiao pack export, report: a county's pack as files, and what somebody else's would change here. */
#include <errno.h>
#include <string.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "main/cmd_pack.h"
#include "policy/pack.h"

static int write_file(const char *path, const char *text) {
  FILE *f = fopen(path, "wx");
  bool ok = f && fputs(text, f) >= 0;
  int why = errno;
  if (f && fclose(f)) ok = false, why = errno;
  if (ok) return EXIT_DONE;
  struct fq_error e = {0};
  fq_fail(&e, FQ_E_STORAGE, "file", path, "无法写入:%s", "cannot write: %s", strerror(why));
  return fq_complain(&e);
}

static int write_folder(const char *dir, const fq_json *files) {
  struct fq_error e = {0};
  int code = EXIT_DONE;
  if (mkdir(dir, 0777)) {
    fq_fail(&e, FQ_E_STORAGE, "file", dir, "无法新建:%s", "cannot be made: %s", strerror(errno));
    return fq_complain(&e);
  }
  fq_json_each(f, files) {
    if (code) break;
    char *path = fq_printf("%s/%s", dir, fq_json_name(f)), *slash = strrchr(path, '/');
    *slash = '\0';
    mkdir(path, 0777); /* what is wrong with it, writing the file will say */
    *slash = '/';
    if (!fq_pack_path(fq_json_name(f))) {
      fq_fail(&e, FQ_E_PARAMS, "pack.path", fq_json_name(f), "不是规则包的文件", "no file of a pack");
      code = fq_complain(&e);
    } else
      code = write_file(path, fq_json_as_str(f));
    free(path);
  }
  return code;
}

static bool is_bundle(const char *path) {
  size_t len = strlen(path);
  return len > 5 && !strcmp(path + len - 5, ".json");
}

/* A folder, or everything in one file that travels by mail. */
int fq_pack_export(const struct common *c, int argc, char **argv) {
  struct fq_error e;
  int code;
  if (argc != 3) return fq_usage(&fq_command_pack, stderr);
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "pack", argv[1]);
  fq_json *result = fq_local_ask(c, false, "pack.open", params, &code, &e);
  if (!result) return code >= 0 ? code : fq_complain(&e);
  if (is_bundle(argv[2])) {
    fq_json *bundle = fq_json_object();
    fq_json_set_str(bundle, "pack", argv[1]);
    fq_json_set(bundle, "files", fq_json_detach(result, "files"));
    char *text = fq_json_print(bundle);
    code = write_file(argv[2], text);
    free(text);
    fq_json_free(bundle);
  } else
    code = write_folder(argv[2], fq_json_get(result, "files"));
  if (!code && !c->quiet) printf("%s\n", argv[2]);
  fq_json_free(result);
  return code;
}

/* -- report
 * --------------------------------------------------------------------------------------------------
 */

static const char *words(const char *change) {
  static const struct {
    const char *change, *words;
  } all[] = {{"added", "新增 added"},
             {"changed", "改变 changed"},
             {"removed", "移除 removed"},
             {"same", "不变 unchanged"},
             {"taken", "重名 name taken"}};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++)
    if (change && !strcmp(all[i].change, change)) return all[i].words;
  return "";
}

static void print_changes(FILE *out, const char *title, const fq_json *list) {
  if (!fq_json_size(list)) return;
  fprintf(out, "\n%s\n", title);
  fq_json_each(x, list) {
    const char *path = fq_json_str(x, "path"), *pack = fq_json_str(x, "pack"), *was = fq_json_str(x, "was");
    fprintf(out, "  %-18s %s", words(fq_json_str(x, "change")), fq_json_str(x, "name"));
    if (fq_json_str(x, "zh")) fprintf(out, " %s", fq_json_str(x, "zh"));
    if (was) fprintf(out, " (原为 was: %s)", was);
    if (path) fprintf(out, "  %s", path);
    if (pack) fprintf(out, "  [%s]", pack);
    fputs("\n", out);
  }
}

static void print_signature(FILE *out, const fq_json *s) {
  if (!fq_json_bool(s, "present", false))
    fputs("签名 / signature: 没有 none\n", out);
  else
    fprintf(out, "签名 / signature: %s %.16s… %s\n", fq_json_str(s, "signer"), fq_json_str(s, "key"),
            !fq_json_bool(s, "fits", false)     ? "不符 DOES NOT FIT"
            : fq_json_bool(s, "trusted", false) ? "可信 trusted"
                                                : "未登记 not trusted here");
}

void fq_pack_print_report(FILE *out, const fq_json *r) {
  fprintf(out, "%s@%s", fq_json_str(r, "pack"), fq_json_str(r, "version"));
  if (!fq_json_bool(r, "installed", false))
    fputs("  本县没有 not installed here\n", out);
  else if (fq_json_bool(r, "same", false))
    fputs("  与现行版本相同 the same as what is active\n", out);
  else
    fprintf(out, "  现行 active: %s\n", fq_json_str(r, "was"));
  print_signature(out, fq_json_get(r, "signature"));
  print_changes(out, "规则 / policies", fq_json_get(r, "policies"));
  if (fq_json_size(fq_json_get(r, "company")))
    fputs("\n听同样记录的其他规则 / others that hear the same\n", out);
  fq_json_each(x, fq_json_get(r, "company")) {
    fprintf(out, "  %s / %s:", fq_json_str(x, "pack"), fq_json_str(x, "policy"));
    fq_json_each(k, fq_json_get(x, "kinds")) fprintf(out, " %s", fq_json_as_str(k));
    fputs("\n", out);
  }
  fq_json_each(d, fq_json_get(r, "dictionaries")) {
    char *title = fq_printf("词典 / dictionary %s", fq_json_str(d, "name"));
    print_changes(out, title, fq_json_get(d, "changes"));
    free(title);
  }
  print_changes(out, "设置 / setup", fq_json_get(r, "setup"));
  if (fq_json_size(fq_json_get(r, "foreign_units")))
    fputs("\n本县没有的单位 / units this county does not have\n", out);
  fq_json_each(x, fq_json_get(r, "foreign_units"))
      fprintf(out, "  %s  %s:%lld\n", fq_json_str(x, "unit"), fq_json_str(x, "path"),
              (long long)fq_json_int(x, "line", 0));
}

static fq_json *read_any(const char *path, struct fq_error *e) {
  size_t len;
  if (!is_bundle(path)) return fq_pack_read(path, e);
  char *text = fq_read_file(path, &len, e);
  fq_json *pack = text ? fq_json_parse(text, len, e) : NULL;
  free(text);
  return pack;
}

int fq_pack_report(const struct common *c, int argc, char **argv) {
  struct fq_error e = {0};
  int code;
  if (argc != 2) return fq_usage(&fq_command_pack, stderr);
  fq_json *params = read_any(argv[1], &e);
  if (!params) return fq_complain(&e);
  fq_json *result = fq_local_ask(c, true, "pack.report", params, &code, &e);
  if (!result) return code >= 0 ? code : fq_complain(&e);
  bool ok = fq_json_bool(result, "ok", false);
  if (c->json || !ok)
    fq_print_json(result);
  else
    fq_pack_print_report(stdout, result);
  fq_json_free(result);
  return ok ? EXIT_DONE : EXIT_FAILED;
}
