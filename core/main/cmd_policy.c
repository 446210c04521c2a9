/* fengqiao policy: what policies are active, why they decided, back to the last version. */
#include "main/local.h"

#include <stdlib.h>
#include <string.h>

#include "policy/scenario.h"

/* Scenarios are told on kernels of their own, with the configured plugins but for the terminal: nobody
 * connects to a story. */
struct stage {
  struct server server;
};

static enum fq_status add_plugins(void *arg, fq_kernel *k, struct fq_error *e) {
  struct stage *s = arg;
  struct fq_problem_list problems = {0};
  const char *names[FQ_PLUGINS_MOST];
  char *list = fq_strdup(s->server.options.plugins);
  size_t count = fq_boot_names(list, "terminal", names);
  s->server.registry = (struct fq_registry){0};
  enum fq_status st = FQ_OK;
  if (fq_registry_load(
          &s->server.registry,
          &(struct fq_registry_config){.dir = s->server.common.plugins, .names = names, .count = count},
          &problems))
    st = fq_fail(e, FQ_E_NOT_FOUND, "plugin", problems.items[0].path, "%s", "%s", problems.items[0].en);
  else
    st = fq_registry_add(&s->server.registry, k, e);
  free(list);
  fq_problems_free(&problems);
  return st;
}

static void remove_plugins(void *arg) {
  fq_registry_free(&((struct stage *)arg)->server.registry);
}

static int test(const struct common *c, const char *pack, const char *only) {
  struct stage s = {0};
  struct fq_problem_list problems = {0};
  int code = EXIT_FAILED;
  if (fq_boot_configure(&s.server, c, &problems)) {
    code = fq_boot_complain(&problems);
  } else {
    fq_registry_free(&s.server.registry);
    code = fq_scenario_run(&(struct fq_scenario_config){.pack = pack,
                                                        .only = only,
                                                        .out = stdout,
                                                        .json = c->json,
                                                        .add = add_plugins,
                                                        .gone = remove_plugins,
                                                        .arg = &s});
    s.server.registry = (struct fq_registry){0};
  }
  fq_problems_free(&problems);
  fq_boot_close(&s.server);
  return code;
}

static int with(const struct common *c, const char *method, const char *name, const char *value) {
  fq_json *p = fq_json_object();
  if (value) fq_json_set_str(p, name, value);
  return fq_local_once(c, method, p);
}

static int run(int argc, char **argv) {
  struct common c;
  int code = fq_common(&argc, argv, &c, &fq_command_policy);
  if (code >= 0) return code;
  if (argc >= 3 && argc <= 4 && !strcmp(argv[1], "test"))
    return test(&c, argv[2], argc == 4 ? argv[3] : NULL);
  if (argc == 2 && !strcmp(argv[1], "list")) return with(&c, "policy.list", NULL, NULL);
  if (argc == 3 && !strcmp(argv[1], "why")) return with(&c, "policy.why", "subject", argv[2]);
  if (argc >= 2 && argc <= 3 && !strcmp(argv[1], "rollback"))
    return with(&c, "policy.rollback", "pack", argc == 3 ? argv[2] : NULL);
  return fq_usage(&fq_command_policy, stderr);
}

const struct command fq_command_policy = {
    "policy", run, "规则", "policies",
    "usage: fengqiao policy [--data DIR] list\n"
    "       fengqiao policy test PACKDIR [PART]  在假时钟上演情景 / plays its scenarios on a fake clock\n"
    "       fengqiao policy why SUBJECT         每个决定的依据,并原样重放 / what was decided and why, "
    "re-executed\n"
    "       fengqiao policy rollback [PACK]     退回上一版本 / back to the version before\n"};
