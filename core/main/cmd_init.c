/* fengqiao init: a data directory and a first configuration. */
#include "main/county.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "main/init.h"

static bool write_sample(const struct server *s, struct fq_error *e) {
  char path[600];
  snprintf(path, sizeof path, "%s/fengqiao.lua", s->common.data);
  FILE *f = fopen(path, "wx");
  if (!f && errno == EEXIST) return true; /* somebody's configuration is not ours to change */
  if (!f) {
    fq_fail(e, FQ_E_STORAGE, "init.config", path, "无法写入 %s:%s", "cannot write %s: %s", path,
            strerror(errno));
    return false;
  }
  fputs("-- 枫桥配置 / Fengqiao configuration. `fengqiao check` 检查本文件 / checks this file.\n"
        "-- 注释掉的是默认值 / what is commented out is the default.\n\n",
        f);
  fq_options_sample(f, "server", fq_server_options);
  for (size_t i = 0; i < s->registry.count; i++) {
    const struct fq_plugin *p = s->registry.slots[i].loaded.table;
    if (p->options) fq_options_sample(f, p->name, p->options);
  }
  return fclose(f) == 0;
}

int fq_init(const struct common *c) {
  struct fq_error e = {0};
  struct server s = {0};
  if (mkdir(c->data, 0700) && errno != EEXIST) {
    fq_fail(&e, FQ_E_STORAGE, "init.dir", c->data, "无法创建数据目录 %s:%s",
            "cannot create the data directory %s: %s", c->data, strerror(errno));
    return fq_complain(&e);
  }
  int code = fq_boot(&s, c, 0);
  if (code >= 0) return code;
  code = write_sample(&s, &e) ? EXIT_DONE : fq_complain(&e);
  fq_boot_close(&s);
  return code;
}

static int run(int argc, char **argv) {
  struct common c;
  int code = fq_common(&argc, argv, &c, &fq_command_init);
  if (code >= 0) return code;
  if (argc > 1) return fq_usage(&fq_command_init, stderr);
  code = fq_init(&c);
  if (code == EXIT_DONE && !c.quiet)
    printf("数据目录已就绪 / the data directory is ready: %s\n"
           "下一步 / next: fengqiao org import --data %s ORG.csv; fengqiao user add …; fengqiao pack deploy "
           "…; fengqiao serve\n",
           c.data, c.data);
  return code;
}

const struct command fq_command_init = {
    "init", run, "建立数据目录", "create a data directory",
    "usage: fengqiao init [--data DIR] [--quiet]\n\n"
    "建立数据库、县密钥(county.key,请另外备份)和带注释的配置样本。重复运行不会改动已有内容。\n"
    "Creates the database, the county key (county.key: back it up elsewhere) and a commented sample\n"
    "configuration. Running it again changes nothing that is there.\n"};
