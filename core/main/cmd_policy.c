/* fengqiao policy: what policies are active, why they decided, back to the last version. */
#include "main/local.h"

#include <string.h>

#include "main/cmd_policy.h"

static int with(const struct common *c, const char *method, const char *name, const char *value) {
  fq_json *p = fq_json_object();
  if (value) fq_json_set_str(p, name, value);
  return fq_local_once(c, method, p);
}

/* What may be written: needs no county. */
static int api(const struct common *c) {
  struct local l;
  struct fq_error e = {0};
  fq_json *result = NULL;
  int code = fq_local_open_any(&l, c);
  if (code >= 0) return code;
  if (fq_local_call(&l, "policy.api", fq_json_object(), &result, &e))
    code = fq_complain(&e);
  else
    fq_print_json(result), code = EXIT_DONE;
  fq_json_free(result);
  fq_local_close(&l);
  return code;
}

/* Brings the word after leading options to the front: `policy --data DIR test` is `policy test --data DIR`.
 */
static void word_first(int argc, char **argv) {
  int i = 1;
  while (i < argc && !strncmp(argv[i], "--", 2))
    i += strchr(argv[i], '=') || !strcmp(argv[i], "--json") || !strcmp(argv[i], "--quiet") ? 1 : 2;
  if (i >= argc) return;
  char *word = argv[i];
  memmove(argv + 2, argv + 1, (size_t)(i - 1) * sizeof *argv);
  argv[1] = word;
}

static int run(int argc, char **argv) {
  struct common c;
  word_first(argc, argv);
  if (argc > 1 && !strcmp(argv[1], "new")) return fq_policy_new_pack(argc - 1, argv + 1);
  if (argc > 1 && fq_run_kind(argv[1])) return fq_run_command(argc - 1, argv + 1);
  int code = fq_common(&argc, argv, &c, &fq_command_policy);
  if (code >= 0) return code;
  if (argc == 2 && !strcmp(argv[1], "list")) return with(&c, "policy.list", NULL, NULL);
  if (argc == 2 && !strcmp(argv[1], "api")) return api(&c);
  if (argc == 3 && !strcmp(argv[1], "why")) return with(&c, "policy.why", "subject", argv[2]);
  if (argc >= 2 && argc <= 3 && !strcmp(argv[1], "rollback"))
    return with(&c, "policy.rollback", "pack", argc == 3 ? argv[2] : NULL);
  return fq_usage(&fq_command_policy, stderr);
}

const struct command fq_command_policy = {
    "policy", run, "规则", "policies",
    "usage: fengqiao policy [--data DIR] list\n"
    "       fengqiao policy new DIR [TEMPLATE]  从样板新建规则包 / a pack to begin with, from a template\n"
    "       fengqiao policy api                 规则里可以写什么 / what may be written in a policy\n"
    "       fengqiao policy test PACKDIR [PART]  在假时钟上演情景 / plays its scenarios on a fake clock\n"
    "       fengqiao policy check|prove|replay|project PACKDIR [--NAME VALUE ...]  (--help)\n"
    "       fengqiao policy why SUBJECT         每个决定的依据,并原样重放 / what was decided and why, "
    "re-executed\n"
    "       fengqiao policy rollback [PACK]     退回上一版本 / back to the version before\n"};
