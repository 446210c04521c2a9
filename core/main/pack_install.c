/* fengqiao pack install, upgrade: a deployment that first says what it would change, and knows whether there
 * is something to upgrade. */
#include <stdlib.h>
#include <string.h>

#include "main/cmd_pack.h"

/* "1.10" is after "1.9"; what is no number is compared as text. */
static int compare_versions(const char *a, const char *b) {
  while (*a && *b) {
    char *end_a, *end_b;
    long x = strtol(a, &end_a, 10), y = strtol(b, &end_b, 10);
    if (end_a == a || end_b == b) return strcmp(a, b);
    if (x != y) return x < y ? -1 : 1;
    a = *end_a == '.' ? end_a + 1 : end_a;
    b = *end_b == '.' ? end_b + 1 : end_b;
  }
  return (*a != 0) - (*b != 0);
}

/* Why not; NULL when there is no reason against it. */
static const char *reason(bool upgrade, const fq_json *r, bool force, const char **en) {
  bool installed = fq_json_bool(r, "installed", false);
  *en = NULL;
  if (!upgrade && installed) {
    *en = "it is installed here: fengqiao pack upgrade";
    return "本县已有这个规则包:请用 fengqiao pack upgrade";
  }
  if (upgrade && !installed) {
    *en = "it is not installed here: fengqiao pack install";
    return "本县没有这个规则包:请用 fengqiao pack install";
  }
  if (upgrade && !force && compare_versions(fq_json_str(r, "version"), fq_json_str(r, "was")) <= 0) {
    *en = "its version is not above the active one: raise it in pack.lua, or --force";
    return "版本号没有高于现行版本:请在 pack.lua 里升高,或用 --force";
  }
  return NULL;
}

int fq_pack_admit(const struct common *c, bool upgrade, const fq_json *params) {
  struct fq_error e;
  fq_json *ask = fq_json_object();
  const char *en;
  int code;
  fq_json_set_str(ask, "pack", fq_json_str(params, "pack"));
  fq_json_set(ask, "files", fq_json_dup(fq_json_get(params, "files")));
  fq_json *result = fq_local_ask(c, false, "pack.report", ask, &code, &e);
  if (!result) return code >= 0 ? code : fq_complain(&e);
  code = EXIT_DONE;
  if (fq_json_bool(result, "ok", false)) { /* mistakes are the deployment's to tell */
    const char *zh = reason(upgrade, result, fq_json_bool(params, "force", false), &en);
    if (!c->json && !c->quiet) fq_pack_print_report(stderr, result);
    if (zh) {
      fq_fail(&e, FQ_E_CONFLICT, "pack.version", fq_json_str(params, "pack"), "%s", "%s", zh);
      fq_copy(e.en, sizeof e.en, en);
      fq_complain(&e);
      code = EXIT_REFUSED;
    }
  }
  fq_json_free(result);
  return code;
}
