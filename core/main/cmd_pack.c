/* fengqiao pack: rule packs from the shell. */
#include "main/cmd_pack.h"

#include <string.h>

#include "policy/pack.h"

static int with_files(const struct common *c, const char *method, const char *dir) {
  struct fq_error e = {0};
  fq_json *params = fq_pack_read(dir, &e);
  if (!params) return fq_complain(&e);
  return fq_local_once(c, method, params);
}

/* A check that found something is a check that failed, so that a script may rely on the exit code. */
static int check(const struct common *c, const char *dir) {
  struct local l;
  struct fq_error e = {0};
  fq_json *params = fq_pack_read(dir, &e), *result = NULL;
  if (!params) return fq_complain(&e);
  int code = fq_local_open_any(&l, c);
  if (code >= 0) {
    fq_json_free(params);
    return code;
  }
  if (fq_local_call(&l, "pack.check", params, &result, &e)) {
    fq_complain(&e);
    code = EXIT_REFUSED;
  } else {
    if (!c->quiet) fq_print_json(result);
    code = fq_json_bool(result, "ok", false) ? EXIT_DONE : EXIT_FAILED;
  }
  fq_json_free(result);
  fq_local_close(&l);
  return code;
}

static int run(int argc, char **argv) {
  struct common c;
  if (argc > 1 && !strcmp(argv[1], "keygen")) return fq_pack_keygen(argc - 1, argv + 1);
  if (argc > 1 && !strcmp(argv[1], "sign")) return fq_pack_sign(argc - 1, argv + 1);
  const char *key = fq_pack_option(&argc, argv, "--key");
  int code = fq_common(&argc, argv, &c, &fq_command_pack);
  if (code >= 0) return code;
  if (argc == 3 && !strcmp(argv[1], "verify")) return fq_pack_verify(&c, argv[2], key);
  if (argc > 1 && !strcmp(argv[1], "export")) return fq_pack_export(&c, argc - 1, argv + 1);
  if (argc > 1 && !strcmp(argv[1], "report")) return fq_pack_report(&c, argc - 1, argv + 1);
  if (argc == 3 && !strcmp(argv[1], "deploy")) return with_files(&c, "pack.deploy", argv[2]);
  if (argc == 3 && !strcmp(argv[1], "check")) return check(&c, argv[2]);
  if (argc == 2 && !strcmp(argv[1], "list")) return fq_local_once(&c, "pack.list", fq_json_object());
  return fq_usage(&fq_command_pack, stderr);
}

const struct command fq_command_pack = {
    "pack", run, "规则包", "rule packs",
    "usage: fengqiao pack [--data DIR] check DIR     检查,列出全部问题 / lists everything wrong\n"
    "       fengqiao pack deploy DIR                 在两个事务之间生效 / takes effect between two ticks\n"
    "       fengqiao pack list\n"
    "       fengqiao pack report DIR|FILE.json       会改变本县什么 / what it would change here\n"
    "       fengqiao pack export NAME DIR|FILE.json  导出现行版本 / writes what is active\n"
    "       fengqiao pack keygen FILE                签名用的密钥 / a key to sign with\n"
    "       fengqiao pack sign DIR --key FILE [--signer NAME]\n"
    "       fengqiao pack verify DIR [--key FILE.pub]\n\n"
    "check 发现问题时退出码为 1,不需要数据目录。部署不会断开任何终端;未结事件沿用立案时的规则版本。\n"
    "check exits with 1 when something is wrong, and needs no data directory. Deploying disconnects nobody; "
    "open incidents keep the "
    "policy\n"
    "versions they began with.\n"};
