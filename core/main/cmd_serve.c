/* fengqiao serve: the server itself. */
#include "main/serve.h"

#include <signal.h>
#include <stdlib.h>

#include "loop/loop.h"
#include "main/control.h"

static void stop(void *kernel) {
  fq_kernel_stop(kernel);
}

/* SIGHUP: the reloadable options of fengqiao.lua take effect; a mistake anywhere changes nothing. */
static void reload(void *server) {
  struct server *s = server, fresh = {0};
  struct fq_problem_list problems = {0}, waiting = {0};
  if (!fq_boot_configure(&fresh, &s->common, &problems)) {
    struct fq_option_source source = {.file = fresh.config_path};
    for (size_t i = 0; i < s->registry.count && !problems.count; i++) {
      struct fq_registry_slot *slot = &s->registry.slots[i];
      const char *name = slot->loaded.table->name;
      fq_options_reload(slot->loaded.table->options, name, fq_json_get(fresh.config, name), &source,
                        slot->self, slot->loaded.table->self_bytes, &problems, &waiting);
    }
  }
  char *text = fq_problems_text(problems.count ? &problems : &waiting);
  if (problems.count)
    fq_log(FQ_LOG_ERROR, "configuration not reloaded: %s", text);
  else
    fq_log(FQ_LOG_INFO, "configuration reloaded%s%s", waiting.count ? "; for the next start: " : "", text);
  free(text);
  fq_problems_free(&problems);
  fq_problems_free(&waiting);
  fq_boot_close(&fresh);
}

int fq_serve(struct server *s, void (*ready)(struct server *s, void *arg), void *arg) {
  struct fq_error e = {0};
  struct control *control = fq_control_open(s->kernel, s->common.data, &e);
  int code = EXIT_DONE;
  if (!control || fq_kernel_start(s->kernel, &e))
    code = fq_complain(&e);
  else {
    fq_loop_on_signal(fq_kernel_loop(s->kernel), SIGINT, stop, s->kernel);
    fq_loop_on_signal(fq_kernel_loop(s->kernel), SIGTERM, stop, s->kernel);
    fq_loop_on_signal(fq_kernel_loop(s->kernel), SIGHUP, reload, s);
    if (ready) ready(s, arg);
    fq_log(FQ_LOG_INFO, "serving %s", s->common.data);
    fq_kernel_run(s->kernel);
    fq_log(FQ_LOG_INFO, "stopping");
  }
  fq_control_close(control);
  return code;
}

static int run(int argc, char **argv) {
  struct common c;
  struct server s = {0};
  int code = fq_common(&argc, argv, &c, &fq_command_serve);
  if (code < 0 && argc > 1) code = fq_usage(&fq_command_serve, stderr);
  if (code < 0 && (code = fq_boot(&s, &c, BOOT_SERVE)) < 0) {
    code = fq_serve(&s, NULL, NULL);
    fq_boot_close(&s);
  }
  return code;
}

const struct command fq_command_serve = {
    "serve", run, "启动服务器", "run the server",
    "usage: fengqiao serve [--data DIR] [--listen ADDRESS:PORT] [--config FILE] [--plugins DIR] [--pages "
    "DIR]\n\n"
    "在前台运行,Ctrl-C 或 SIGTERM 停止;停止前已确认的都已落盘。SIGHUP 重新读取可热加载的选项。\n"
    "Runs in the foreground until SIGINT or SIGTERM; whatever was acknowledged is on disk. SIGHUP reloads "
    "the\n"
    "reloadable options of fengqiao.lua.\n"
    "--listen and --pages override terminal.listen and terminal.pages of fengqiao.lua.\n"};
