/*
 * Plays the scenarios of every pack that has some, and those of `wrong`, whose stories do not come true.
 * Arguments: directories of packs instead, and -f PART of a file name.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "plugin/registry.h"
#include "policy/pack.h"
#include "workshop/run.h"

static enum fq_status add(void *arg, fq_kernel *k, struct fq_error *e) {
  static const char *const names[] = {"dispatch"};
  struct fq_registry *r = arg;
  struct fq_problem_list problems = {0};
  if (fq_registry_load(r, &(struct fq_registry_config){.dir = TEST_PLUGINS, .names = names, .count = 1},
                       &problems))
    return fq_fail(e, FQ_E_INTERNAL, "plugin", "", "%s", "%s", problems.items[0].en);
  return fq_registry_add(r, k, e);
}

static void *world(void *worlds) {
  (void)worlds;
  return fq_alloc(sizeof(struct fq_registry));
}

static void world_free(void *arg) {
  fq_registry_free(arg);
  free(arg);
}

/* 0 everything as expected, 1 something was not, 2 the pack could not be played. */
static int run(const char *dir, const char *only, FILE *out) {
  struct fq_error e = {0};
  struct fq_report_file file = {.out = out, .kind = &fq_run_test};
  fq_json *pack = fq_pack_read(dir, &e), *options = fq_json_object();
  if (only) fq_json_set_str(options, "only", only);
  int code = 2;
  struct fq_run r = {.pack = pack,
                     .options = options,
                     .world = world,
                     .add = add,
                     .world_free = world_free,
                     .out = fq_report_lines(&file)};
  if (pack && !fq_run_test.run(&r, &e))
    code = !file.ok;
  else
    fprintf(out, "%s: %s %s\n", dir, e.path, e.en);
  fq_json_free(pack);
  fq_json_free(options);
  return code;
}

static int all_packs(const char *folder) {
  DIR *packs = opendir(folder);
  int worst = 0, code;
  if (!packs) return 2;
  for (struct dirent *d; (d = readdir(packs));) {
    char *dir = fq_printf("%s/%s", folder, d->d_name), *scenarios = fq_printf("%s/scenarios", dir);
    if (d->d_name[0] != '.' && !access(scenarios, R_OK) && (code = run(dir, NULL, stdout)) > worst)
      worst = code;
    free(scenarios);
    free(dir);
  }
  closedir(packs);
  return worst;
}

/* A runner that finds nothing wrong is easily written: it must find these, and say where. */
static int finds_what_is_wrong(void) {
  static const char *const parts[] = {"1-not-so.lua:4: state",
                                      "1-not-so.lua:4: tasks",
                                      "1-not-so.lua:4: clock.dispatch",
                                      "1-not-so.lua:4: owner",
                                      "1-not-so.lua:5: director-t2 没有听到 incident.reported",
                                      "1-not-so.lua:5: incident.commented",
                                      "1-not-so.lua:6: 不应有 incident.commented",
                                      "1-not-so.lua:6: director-t1 不应听到",
                                      "1-not-so.lua:6: 没有派给 officer-1 的任务",
                                      "1-not-so.lua:7: officer-1 没有这件事的任务",
                                      "1-not-so.lua:8: 应被拒绝",
                                      "1-not-so.lua:9: 应以 no.such 拒绝",
                                      "1-not-so.lua:10: incident.dispatch 被拒绝",
                                      "2-typo.lua:4: ",
                                      "是不是 state?",
                                      "3-syntax.lua:5: 语法错误:'}' expected",
                                      "4-time.lua:2: "};
  char *text = NULL;
  size_t len = 0;
  FILE *out = open_memstream(&text, &len);
  int code = run(TEST_WRONG, NULL, out), missing = code != 1;
  fclose(out);
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    if (!strstr(text, parts[i])) {
      printf("wrong: not said: %s\n", parts[i]);
      missing++;
    }
  if (missing) printf("code %d:\n%s", code, text);
  free(text);
  return missing ? 1 : 0;
}

int main(int argc, char **argv) {
  int worst = 0, code, opt;
  const char *only = NULL;
  while ((opt = getopt(argc, argv, "f:")) == 'f')
    only = optarg;
  for (int i = optind; i < argc; i++)
    if ((code = run(argv[i], only, stdout)) > worst) worst = code;
  if (optind < argc) return worst;
  worst = all_packs(TEST_PACKS);
  if (!worst) worst = all_packs(TEST_TEMPLATES);
  return finds_what_is_wrong() ? 1 : worst;
}
