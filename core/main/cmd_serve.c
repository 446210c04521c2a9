/* fengqiao serve: the server itself. */
#include "main/serve.h"

#include <signal.h>
#include <stdlib.h>

#include "loop/loop.h"
#include "main/control.h"

static void stop(void *kernel) {
  fq_kernel_stop(kernel);
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
    "在前台运行,Ctrl-C 或 SIGTERM 停止;停止前已确认的都已落盘。\n"
    "Runs in the foreground until SIGINT or SIGTERM; whatever was acknowledged is on disk.\n"
    "--listen and --pages override terminal.listen and terminal.pages of fengqiao.lua.\n"};
