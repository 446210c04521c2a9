/* Plays the scenarios of every pack that has some. Arguments: directories of packs instead, and -f PART of a
 * file name. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "plugin/registry.h"
#include "policy/scenario.h"

static enum fq_status add(void *arg, fq_kernel *k, struct fq_error *e) {
  static const char *const names[] = {"dispatch"};
  struct fq_registry *r = arg;
  struct fq_problem_list problems = {0};
  if (fq_registry_load(r, &(struct fq_registry_config){.dir = TEST_PLUGINS, .names = names, .count = 1},
                       &problems))
    return fq_fail(e, FQ_E_INTERNAL, "plugin", "", "%s", "%s", problems.items[0].en);
  return fq_registry_add(r, k, e);
}

static void gone(void *arg) {
  fq_registry_free(arg);
  memset(arg, 0, sizeof(struct fq_registry));
}

static int run(const char *dir, const char *only) {
  struct fq_registry r = {0};
  return fq_scenario_run(&(struct fq_scenario_config){
      .pack = dir, .only = only, .out = stdout, .add = add, .gone = gone, .arg = &r});
}

int main(int argc, char **argv) {
  int worst = 0, code, opt;
  const char *only = NULL;
  while ((opt = getopt(argc, argv, "f:")) == 'f')
    only = optarg;
  for (int i = optind; i < argc; i++)
    if ((code = run(argv[i], only)) > worst) worst = code;
  if (optind < argc) return worst;
  DIR *packs = opendir(TEST_PACKS);
  if (!packs) return 2;
  for (struct dirent *d; (d = readdir(packs));) {
    char *scenarios = fq_printf("%s/%s/scenarios", TEST_PACKS, d->d_name),
         *dir = fq_printf("%s/%s", TEST_PACKS, d->d_name);
    if (d->d_name[0] != '.' && !access(scenarios, R_OK) && (code = run(dir, only)) > worst) worst = code;
    free(scenarios);
    free(dir);
  }
  closedir(packs);
  return worst;
}
