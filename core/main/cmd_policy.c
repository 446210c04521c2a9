/* fengqiao policy: what policies are active, why they decided, back to the last version. */
#include "main/local.h"

#include <stdlib.h>
#include <string.h>

#include "main/cmd_policy.h"
#include "main/policy_text.h"
#include "main/verb.h"

/* What may be written: needs no county. */
static int api(const struct common *c, const struct verb *v, fq_json *params) {
  struct fq_error e;
  int code;
  fq_json *result = fq_local_ask(c, true, v->method, params, &code, &e);
  if (!result) return code >= 0 ? code : fq_complain(&e);
  fq_print_json(result);
  fq_json_free(result);
  return EXIT_DONE;
}

static int why(const struct common *c, const struct verb *v, fq_json *params) {
  if (c->json || c->quiet) return fq_local_once(c, v->method, params);
  struct local l;
  struct fq_error e = {0};
  fq_json *result = NULL;
  int code = fq_local_open(&l, c);
  if (code >= 0) {
    fq_json_free(params);
    return code;
  }
  code = EXIT_DONE;
  if (fq_local_call(&l, v->method, params, &result, &e)) {
    fq_complain(&e);
    code = EXIT_REFUSED;
  } else
    fq_print_why(stdout, &l, fq_json_get(result, "rows"));
  fq_json_free(result);
  fq_local_close(&l);
  return code;
}

/* On the command line the limits stand side by side. */
static int shadow_start(const struct common *c, const struct verb *v, fq_json *params) {
  static const char *const names[] = {"share", "at_least", "failures"};
  fq_json *limits = fq_json_object();
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const char *text = fq_json_str(params, names[i]);
    fq_json *given = fq_json_detach(params, names[i]);
    if (text) /* no number at all is for the schema to refuse */
      fq_json_set(limits, names[i],
                  strspn(text, "0123456789.") == strlen(text) ? fq_json_new_num(atof(text))
                                                              : fq_json_dup(given));
    else if (given)
      fq_json_set(limits, names[i], fq_json_dup(given));
    fq_json_free(given);
  }
  fq_json_set(params, "limits", limits);
  return fq_local_once(c, v->method, params);
}

static const struct verb verbs[] = {
    {.words = "list", .method = "policy.list"},
    {.words = "api", .method = "policy.api", .run = api},
    {.words = "why", .method = "policy.why", .order = "subject", .options = "limit# inputs!", .run = why},
    {.words = "shadow start",
     .method = "shadow.start",
     .order = "DIR",
     .options = "note draft! share at_least# failures#",
     .run = shadow_start},
    {.words = "shadow list", .method = "shadow.list"},
    {.words = "shadow differences",
     .method = "shadow.differences",
     .order = "pack",
     .options = "limit# after#"},
    {.words = "shadow promote",
     .method = "shadow.promote",
     .order = "pack",
     .options = "note override move=open"},
    {.words = "shadow stop", .method = "shadow.stop", .order = "pack"},
    {.words = "source", .method = "policy.source", .order = "version"},
    {.words = "generations", .method = "policy.generations", .options = "limit# after#"},
    {.words = "move", .method = "policy.move", .options = "from# note"},
    {.words = "job list", .method = "job.list", .options = "limit#"},
    {.words = "job open", .method = "job.open", .order = "job"},
    {.words = "job cancel", .method = "job.cancel", .order = "job"},
    {.words = "rollback", .method = "policy.rollback", .order = "pack?", .options = "to#"},
    {0}};

static int run(int argc, char **argv) {
  fq_words_first(argc, argv);
  if (argc > 1 && !strcmp(argv[1], "new")) return fq_policy_new_pack(argc - 1, argv + 1);
  if (argc > 1 && fq_run_kind(argv[1])) return fq_run_command(argc - 1, argv + 1);
  return fq_verb_run(argc, argv, verbs, &fq_command_policy);
}

const struct command fq_command_policy = {
    "policy", run, "规则", "policies",
    "usage: fengqiao policy [--data DIR] list\n"
    "       fengqiao policy new DIR [TEMPLATE]  从样板新建规则包 / a pack to begin with, from a template\n"
    "       fengqiao policy api                 规则里可以写什么 / what may be written in a policy\n"
    "       fengqiao policy test PACKDIR [PART]  在假时钟上演情景 / plays its scenarios on a fake clock\n"
    "       fengqiao policy check|prove|replay|project PACKDIR [--NAME VALUE ...]  (--help)\n"
    "       fengqiao policy job list|open JOB|cancel JOB  页面提交的作业 / what pages have had run\n"
    "       fengqiao policy why SUBJECT         每个决定的依据,并原样重放 / what was decided and why, "
    "re-executed (--json)\n"
    "       fengqiao policy shadow start DIR [--share 0.02] [--at_least 100] [--failures 0] [--note WHY]\n"
    "                                           影子运行,不起作用 / decides beside what is active, without "
    "effect\n"
    "       fengqiao policy shadow list | differences PACK | promote PACK [--move] | stop PACK\n"
    "       fengqiao policy source HASH         决定所指的规则原文 / the text that a decision names\n"
    "       fengqiao policy generations         各代规则与名下未结事项 / what is open under which "
    "generation\n"
    "       fengqiao policy move --note WHY [--from N]  未结事项改用现行规则 / moves what is open to the "
    "present\n"
    "       fengqiao policy rollback [PACK] [--to N]    退回上一版本,或第 N 代 / back to the version before, "
    "or to N\n"};
