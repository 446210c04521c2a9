/* fengqiao call: one method, as system, from the shell. */
#include "main/local.h"

#include <string.h>

static int run(int argc, char **argv) {
  struct common c;
  struct fq_error e = {0};
  int code = fq_common(&argc, argv, &c, &fq_command_call);
  if (code >= 0) return code;
  if (argc < 2 || argc > 3) return fq_usage(&fq_command_call, stderr);
  fq_json *params = argc == 3 ? fq_json_parse(argv[2], strlen(argv[2]), &e) : fq_json_object();
  if (!params) return fq_complain(&e), EXIT_USAGE;
  return fq_local_once(&c, argv[1], params);
}

const struct command fq_command_call = {
    "call", run, "调用一个方法", "call a method",
    "usage: fengqiao call [--data DIR] [--json] METHOD ['{\"…\":…}']\n\n"
    "以系统身份调用方法并打印结果;服务器在运行时经控制套接字,否则直接打开数据目录。\n"
    "--json 时错误也以 JSON 打印。`fengqiao call rpc.discover` 列出所有方法。\n"
    "Calls a method as `system` and prints its result: through the control socket of a running server,\n"
    "otherwise by opening the data directory. With --json errors are JSON, too. Exit code 3: refused.\n"};
