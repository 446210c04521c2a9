/* From a data directory to a kernel with its plugins: see boot.h. */
#include "main/boot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "policy/module.h"
#include "workshop/workshop.h"

#define AT(member)                                                                                           \
  .offset = offsetof(struct server_options, member), .cap_bytes = sizeof(((struct server_options *)0)->member)
const struct fq_option fq_server_options[] = {{.name = "plugins",
                                               .type = FQ_O_STRING,
                                               AT(plugins),
                                               .fallback = "dispatch map campaign public conference terminal",
                                               .zh = "启用的插件,空格分隔,按此顺序",
                                               .en = "plugins to run, separated by spaces, in this order"},
                                              {.name = "readers",
                                               .type = FQ_O_INT,
                                               AT(readers),
                                               .fallback = "2",
                                               .min = 1,
                                               .max = 64,
                                               .zh = "查询线程数",
                                               .en = "threads for queries"},
                                              {.name = "helpers",
                                               .type = FQ_O_INT,
                                               AT(helpers),
                                               .fallback = "2",
                                               .min = 1,
                                               .max = 64,
                                               .zh = "辅助线程数(口令、附件、外发)",
                                               .en = "threads for passwords, blobs and outgoing messages"},
                                              {.name = "tick_commands",
                                               .type = FQ_O_INT,
                                               AT(tick_commands),
                                               .fallback = "512",
                                               .min = 1,
                                               .max = 10000,
                                               .zh = "一个事务最多处理的命令数",
                                               .en = "most commands in one transaction"},
                                              {0}};

static int line_of(void *ctx, const char *path) {
  return ctx ? fq_luaconf_line(ctx, path) : 0;
}

static void read_config(struct server *s, struct fq_problem_list *problems) {
  struct fq_error e = {0};
  size_t len = 0;
  if (s->common.config)
    fq_copy(s->config_path, sizeof s->config_path, s->common.config);
  else
    snprintf(s->config_path, sizeof s->config_path, "%s/fengqiao.lua", s->common.data);
  if (!s->common.config && access(s->config_path, F_OK))
    s->config = fq_json_object(); /* all defaults */
  else {
    char *text = fq_read_file(s->config_path, &len, &e);
    if (text) s->config = fq_luaconf_load(s->config_path, text, len, &s->lines, &e);
    free(text);
    if (!s->config) {
      const char *colon = strrchr(e.path, ':');
      fq_problem_add_error(problems, s->config_path, colon ? atoi(colon + 1) : 0, NULL, &e);
      s->config = fq_json_object();
    }
  }
}

/* --listen and the like are the configuration's words with a louder voice. */
static void overlay(struct server *s, const char *name, const char *value) {
  if (!value) return;
  if (!fq_json_get(s->config, "terminal")) fq_json_set(s->config, "terminal", fq_json_object());
  fq_json_set_str(fq_json_edit(s->config, "terminal"), name, value);
}

size_t fq_boot_names(char *list, const char *without, const char *names[FQ_PLUGINS_MOST]) {
  size_t count = 0;
  char *word;
  while ((word = strsep(&list, " ")) && count < FQ_PLUGINS_MOST)
    if (*word && (!without || strcmp(word, without))) names[count++] = word;
  return count;
}

int fq_boot_complain(const struct fq_problem_list *problems) {
  char *text = fq_problems_text(problems);
  fputs(text, stderr);
  free(text);
  return EXIT_FAILED;
}

size_t fq_boot_configure(struct server *s, const struct common *c, struct fq_problem_list *problems) {
  static const char *const sections[] = {"server", "policy", "workshop", NULL};
  s->common = *c;
  s->lock_fd = -1;
  read_config(s, problems);
  struct fq_option_source source = {.file = s->config_path, .line = line_of, .ctx = s->lines};
  fq_options_parse(fq_server_options, "server", fq_json_get(s->config, "server"), &source, &s->options,
                   problems);
  if (strstr(s->options.plugins, "terminal")) {
    overlay(s, "listen", c->listen);
    overlay(s, "pages", c->pages);
  }
  s->policy = fq_policy_new();
  fq_options_parse(fq_policy_module.options, "policy", fq_json_get(s->config, "policy"), &source, s->policy,
                   problems);
  s->workshop = fq_workshop_new();
  fq_options_parse(fq_workshop_module.options, "workshop", fq_json_get(s->config, "workshop"), &source,
                   s->workshop, problems);
  fq_workshop_children(s->workshop, c->plugins, c->config);
  const char *names[FQ_PLUGINS_MOST];
  char *list = fq_strdup(s->options.plugins);
  size_t count = fq_boot_names(list, NULL, names);
  fq_registry_load(&s->registry,
                   &(struct fq_registry_config){.dir = c->plugins,
                                                .names = names,
                                                .count = count,
                                                .values = s->config,
                                                .source = source,
                                                .sections = sections},
                   problems);
  free(list);
  return problems->count;
}

enum fq_status fq_boot_lock(struct server *s, struct fq_error *e) {
  if (s->lock_fd >= 0) return FQ_OK;
  char path[600];
  snprintf(path, sizeof path, "%s/lock", s->common.data);
  s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (s->lock_fd < 0)
    return fq_fail(
        e, FQ_E_STORAGE, "data.dir", s->common.data, "数据目录 %s 无法使用:%s(先运行 fengqiao init)",
        "cannot use the data directory %s: %s (run `fengqiao init` first)", s->common.data, strerror(errno));
  if (flock(s->lock_fd, LOCK_EX | LOCK_NB))
    return fq_fail(e, FQ_E_CONFLICT, "data.locked", s->common.data, "数据目录 %s 正被另一个 fengqiao 使用",
                   "the data directory %s is in use by another fengqiao", s->common.data);
  return FQ_OK;
}

enum fq_status fq_boot_open(struct server *s, int flags, const char *file, struct fq_error *e) {
  bool serve = flags & BOOT_SERVE;
  bool memory = flags & BOOT_MEMORY;
  if (!memory && fq_boot_lock(s, e)) return e->status;
  s->kernel = fq_kernel_open(&(struct fq_kernel_config){.data_dir = s->common.data,
                                                        .file = file,
                                                        .memory = memory,
                                                        .readers = serve ? (int)s->options.readers : 0,
                                                        .helpers = (int)s->options.helpers,
                                                        .tick_commands = (int)s->options.tick_commands},
                             e);
  if (!s->kernel) return e->status;
  if (fq_registry_add(&s->registry, s->kernel, e) ||
      fq_kernel_add(s->kernel, &fq_policy_module, s->policy, e))
    return e->status;
  s->policy = NULL; /* the kernel's now */
  if (fq_kernel_add(s->kernel, &fq_workshop_module, s->workshop, e)) return e->status;
  s->workshop = NULL;
  return fq_kernel_boot(s->kernel, e);
}

void fq_boot_close(struct server *s) {
  fq_kernel_close(s->kernel);
  fq_registry_free(&s->registry);
  fq_json_free(s->config);
  free(s->policy);
  fq_workshop_free(s->workshop);
  fq_luaconf_lines_free(s->lines);
  if (s->lock_fd >= 0) close(s->lock_fd);
  *s = (struct server){.lock_fd = -1};
}

int fq_boot(struct server *s, const struct common *c, int flags) {
  struct fq_problem_list problems = {0};
  struct fq_error e = {0};
  int code = -1;
  if (fq_boot_configure(s, c, &problems)) {
    code = fq_boot_complain(&problems);
  } else if (fq_boot_open(s, flags, NULL, &e))
    code = fq_complain(&e);
  fq_problems_free(&problems);
  if (code >= 0) fq_boot_close(s);
  return code;
}
