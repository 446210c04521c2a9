/* fengqiao check: everything a person wrote, with every mistake. */
#include "main/boot.h"

#include <stdlib.h>

static int run(int argc, char **argv) {
  struct common c;
  struct server s = {0};
  struct fq_problem_list problems = {0};
  int code = fq_common(&argc, argv, &c, &fq_command_check);
  if (code >= 0) return code;
  if (argc > 1) return fq_usage(&fq_command_check, stderr);
  size_t count = fq_boot_configure(&s, &c, &problems);
  if (c.json) {
    fq_json *list = fq_json_array();
    for (size_t i = 0; i < problems.count; i++) {
      const struct fq_problem *p = &problems.items[i];
      fq_json *o = fq_json_object();
      fq_json_set_str(o, "file", p->file);
      fq_json_set_int(o, "line", p->line);
      fq_json_set_str(o, "path", p->path);
      fq_json_set_str(o, "message_zh", p->zh);
      fq_json_set_str(o, "message_en", p->en);
      fq_json_push(list, o);
    }
    fq_print_json(list);
    fq_json_free(list);
  } else if (count) {
    fq_boot_complain(&problems);
    fprintf(stderr, "%zu 处问题 / %zu problems\n", count, count);
  } else if (!c.quiet) {
    printf("%s: 没有问题 / no problems\n", s.config_path);
    for (size_t i = 0; i < s.registry.count; i++) {
      const struct fq_plugin *p = s.registry.slots[i].loaded.table;
      printf("  %-10s %-8s %s / %s\n", p->name, p->version, p->zh, p->en);
    }
  }
  fq_problems_free(&problems);
  fq_boot_close(&s);
  return count ? EXIT_FAILED : EXIT_DONE;
}

const struct command fq_command_check = {
    "check", run, "检查配置和插件", "check the configuration and the plugins",
    "usage: fengqiao check [--data DIR] [--config FILE] [--plugins DIR] [--json]\n\n"
    "列出 fengqiao.lua 的全部错误(行号、期望的值)和无法加载的插件;不打开数据库,可在服务器运行时使用。\n"
    "Lists every mistake in fengqiao.lua, with line and expectation, and plugins that cannot be loaded. "
    "Does\n"
    "not open the database: safe beside a running server. Rule packs are checked by `fengqiao pack "
    "check`.\n"};
