/* fengqiao pack: rule packs from the shell. */
#include "main/cmd_pack.h"

#include <string.h>

#include "main/policy_text.h"
#include "main/verb.h"

/* A check that found something is a check that failed, so that a script may rely on the exit code. */
static int check(const struct common *c, const struct verb *v, fq_json *params) {
  struct fq_error e;
  int code;
  fq_json *result = fq_local_ask(c, true, v->method, params, &code, &e);
  if (!result) return code >= 0 ? code : (fq_complain(&e), EXIT_REFUSED);
  if (c->json)
    fq_print_json(result);
  else if (!c->quiet)
    fq_print_findings(stdout, fq_json_get(result, "findings"));
  code = fq_json_bool(result, "ok", false) ? EXIT_DONE : EXIT_FAILED;
  fq_json_free(result);
  return code;
}

static int finish(const struct common *c, struct local *l, fq_json *result, const struct fq_error *e) {
  fq_local_close(l);
  return fq_local_finish(c, result, e);
}

/* A pack with mistakes is refused by one error that names them; their lines are had by asking again. */
static void show_mistakes(struct local *l, fq_json *params) {
  struct fq_error e = {0};
  fq_json *result = NULL, *ask = fq_json_object();
  fq_json_set(ask, "pack", fq_json_detach(params, "pack"));
  fq_json_set(ask, "files", fq_json_detach(params, "files"));
  fq_json_free(params);
  if (!fq_local_call(l, "pack.check", ask, &result, &e))
    fq_print_findings(stderr, fq_json_get(result, "findings"));
  fq_json_free(result);
}

static int diff(const struct common *c, const struct verb *v, fq_json *params) {
  struct fq_error e;
  int code;
  fq_json *result = fq_local_ask(c, false, v->method, params, &code, &e);
  if (code >= 0) return code;
  if (!result || c->json || c->quiet) return fq_local_finish(c, result, &e);
  fq_pack_print_diff(result);
  fq_json_free(result);
  return EXIT_DONE;
}

/* Where the county wants two pairs of eyes, whoever has the shell is one of them. */
static int deploy(const struct common *c, const struct verb *v, fq_json *params) {
  struct local l;
  struct fq_error e = {0};
  fq_json *result = NULL, *again = fq_json_dup(params);
  int code = fq_local_open(&l, c);
  if (code >= 0) {
    fq_json_free(params);
    fq_json_free(again);
    return code;
  }
  if (fq_local_call(&l, v->method, params, &result, &e) && !strcmp(e.code, "pack.four_eyes")) {
    fprintf(stderr, "fengqiao: 本县部署须两人:已作为提议提出,由一位登录的系统管理员批准后生效\n"
                    "fengqiao: this county wants two pairs of eyes: proposed; it decides once an "
                    "administrator who is signed in approves\n");
    e = (struct fq_error){0};
    fq_local_call(&l, "pack.propose", again, &result, &e);
  } else if (!strcmp(e.code, "pack.invalid") && !c->json && fq_json_get(again, "files"))
    show_mistakes(&l, again);
  else
    fq_json_free(again);
  return finish(c, &l, result, &e);
}

/* The draft becomes what the directory holds: what it has beyond that is removed. */
static int save_draft(const struct common *c, const struct verb *v, fq_json *params) {
  struct local l;
  struct fq_error e = {0};
  fq_json *before = NULL, *result = NULL, *ask = fq_json_object(), *files = fq_json_edit(params, "files");
  fq_json_set_str(ask, "pack", fq_json_str(params, "pack"));
  fq_json *ask_active = fq_json_dup(ask);
  int code = fq_local_open(&l, c);
  if (code >= 0) {
    fq_json_free(ask);
    fq_json_free(ask_active);
    fq_json_free(params);
    return code;
  }
  if (!fq_local_call(&l, "draft.open", ask, &before, &e))
    fq_json_free(ask_active);
  else
    fq_local_call(&l, "pack.open", ask_active, &before, &e); /* none yet: it begins from the active one */
  fq_json_each(m, fq_json_get(before, "files")) if (!fq_json_get(files, fq_json_name(m)))
      fq_json_set(files, fq_json_name(m), fq_json_new_null());
  fq_json_free(before);
  e = (struct fq_error){0};
  fq_local_call(&l, v->method, params, &result, &e);
  return finish(c, &l, result, &e);
}

static int install(const struct common *c, const struct verb *v, fq_json *params) {
  int code = fq_pack_admit(c, !strcmp(v->words, "upgrade"), params);
  if (!code) return deploy(c, v, params);
  fq_json_free(params);
  return code;
}

#define DEPLOY "note override digest force! draft! move=open"
static const struct verb verbs[] = {
    {.words = "check", .method = "pack.check", .order = "DIR", .run = check},
    {.words = "deploy", .method = "pack.deploy", .order = "DIR", .options = DEPLOY, .run = deploy},
    {.words = "install", .method = "pack.deploy", .order = "DIR", .options = DEPLOY, .run = install},
    {.words = "upgrade", .method = "pack.deploy", .order = "DIR", .options = DEPLOY, .run = install},
    {.words = "list", .method = "pack.list"},
    {.words = "open", .method = "pack.open", .order = "pack generation#?"},
    {.words = "history", .method = "pack.history", .order = "pack?", .options = "limit# after#"},
    {.words = "diff", .method = "pack.diff", .order = "pack from#? to#?", .run = diff},
    {.words = "propose", .method = "pack.propose", .order = "DIR", .options = DEPLOY},
    {.words = "proposals", .method = "pack.proposals"},
    {.words = "proposal", .method = "pack.proposal", .order = "proposal"},
    {.words = "approve", .method = "pack.approve", .order = "proposal", .options = "note"},
    {.words = "reject", .method = "pack.reject", .order = "proposal reason"},
    {.words = "withdraw", .method = "pack.withdraw", .order = "proposal"},
    {.words = "draft list", .method = "draft.list"},
    {.words = "draft open", .method = "draft.open", .order = "pack"},
    {.words = "draft save",
     .method = "draft.save",
     .order = "DIR",
     .options = "rev# from",
     .run = save_draft},
    {.words = "draft discard", .method = "draft.discard", .order = "pack", .options = "rev#"},
    {0}};

/* What is done with files on this machine rather than by a call of the server. */
static int with_files(int argc, char **argv) {
  struct common c;
  const char *key = fq_pack_option(&argc, argv, "--key");
  int code = fq_common(&argc, argv, &c, &fq_command_pack);
  if (code >= 0) return code;
  if (!strcmp(argv[1], "export")) return fq_pack_export(&c, argc - 1, argv + 1);
  if (!strcmp(argv[1], "report")) return fq_pack_report(&c, argc - 1, argv + 1);
  if (argc == 3) return fq_pack_verify(&c, argv[2], key);
  return fq_usage(&fq_command_pack, stderr);
}

static int run(int argc, char **argv) {
  fq_words_first(argc, argv);
  const char *word = argc > 1 ? argv[1] : "";
  if (!strcmp(word, "keygen")) return fq_pack_keygen(argc - 1, argv + 1);
  if (!strcmp(word, "sign")) return fq_pack_sign(argc - 1, argv + 1);
  if (!strcmp(word, "export") || !strcmp(word, "report") || !strcmp(word, "verify"))
    return with_files(argc, argv);
  return fq_verb_run(argc, argv, verbs, &fq_command_pack);
}

const struct command fq_command_pack = {
    "pack", run, "规则包", "rule packs",
    "usage: fengqiao pack [--data DIR] check DIR     检查,列出全部问题 / lists everything wrong (--json)\n"
    "       fengqiao pack deploy DIR [--note TEXT] [--move] [--override REASON] [--digest HEX] [--force]\n"
    "                                                在两个事务之间生效 / takes effect between two ticks\n"
    "       fengqiao pack install DIR | upgrade DIR  先说会改变什么,再部署 / says what it changes, then "
    "deploys\n"
    "       fengqiao pack deploy --draft PACK        部署草稿 / deploys the draft\n"
    "       fengqiao pack propose DIR ...            提议,由另一人批准 / for another person to approve\n"
    "       fengqiao pack proposals | proposal ID    待批准的提议 / what waits for approval\n"
    "       fengqiao pack approve ID [--note TEXT] | reject ID REASON | withdraw ID\n"
    "       fengqiao pack list | open PACK [GENERATION] | history [PACK] [--limit N]\n"
    "       fengqiao pack diff PACK [FROM [TO]]      现行与草稿,或两代之间 / active and draft, or "
    "generations\n"
    "       fengqiao pack draft list | open PACK | save DIR [--rev N] [--from WHICH] | discard PACK\n"
    "       fengqiao pack report DIR|FILE.json       会改变本县什么 / what it would change here\n"
    "       fengqiao pack export NAME DIR|FILE.json  导出现行版本 / writes what is active\n"
    "       fengqiao pack keygen FILE                签名用的密钥 / a key to sign with\n"
    "       fengqiao pack sign DIR --key FILE [--signer NAME]\n"
    "       fengqiao pack verify DIR [--key FILE.pub]\n\n"
    "check 发现问题时退出码为 1,不需要数据目录。部署不会断开任何终端;未结事件沿用立案时的规则版本,--move "
    "使其一并改用。\n"
    "check exits with 1 when something is wrong, and needs no data directory. Deploying disconnects nobody; "
    "open incidents keep the policy\n"
    "versions they began with, unless --move takes them along.\n"};
