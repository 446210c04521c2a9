/* fengqiao user: accounts from the shell. */
#include "main/county.h"

#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Passwords never stand on a command line, where others can read them. */
static char *ask_password(void) {
  char line[256] = "";
  struct termios old, quiet;
  bool tty = tcgetattr(STDIN_FILENO, &old) == 0;
  if (tty) {
    fputs("密码 / password: ", stderr);
    quiet = old;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  }
  char *got = fgets(line, sizeof line, stdin);
  if (tty) {
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
    fputs("\n", stderr);
  }
  if (!got) return NULL;
  line[strcspn(line, "\r\n")] = '\0';
  return fq_strdup(line);
}

static fq_json *named(const char *name) {
  fq_json *p = fq_json_object();
  fq_json_set_str(p, "name", name);
  return p;
}

static int add(const struct common *c, int argc, char **argv) {
  if (argc < 3) return -1;
  fq_json *p = named(argv[0]), *roles = fq_json_array();
  fq_json_set_str(p, "org", argv[1]);
  for (int i = 2; i < argc && strncmp(argv[i], "display=", 8); i++)
    fq_json_push(roles, fq_json_new_str(argv[i]));
  if (!strncmp(argv[argc - 1], "display=", 8)) fq_json_set_str(p, "display", argv[argc - 1] + 8);
  fq_json_set(p, "roles", roles);
  char *password = ask_password();
  if (password && *password) fq_json_set_str(p, "password", password);
  free(password);
  return fq_local_once(c, "user.add", p);
}

static int password(const struct common *c, const char *name) {
  fq_json *p = named(name);
  char *word = ask_password();
  fq_json_set_str(p, "password", word ? word : "");
  free(word);
  return fq_local_once(c, "user.password", p);
}

static int import(const struct common *c, const char *path) {
  struct local l;
  struct fq_error e = {0};
  int64_t done = 0;
  int code = fq_local_open(&l, c);
  if (code >= 0) return code;
  code = fq_county_users(&l, path, NULL, false, &done, &e) ? (fq_complain(&e), EXIT_REFUSED) : EXIT_DONE;
  if (code == EXIT_DONE && !c->quiet)
    printf("已导入 %lld 个账号 / %lld accounts imported\n", (long long)done, (long long)done);
  fq_local_close(&l);
  return code;
}

/* "name token role,role org" a line: what `fengqiao load --tokens` takes. */
static enum fq_status print_token(struct local *l, const char *name, const char *days, struct fq_error *e) {
  fq_json *result = NULL, *p = named(name);
  if (days) fq_json_set_int(p, "days", strtoll(days, NULL, 10));
  enum fq_status st = fq_local_call(l, "user.token", p, &result, e);
  if (!st) {
    const fq_json *user = fq_json_get(result, "user");
    printf("%s %s ", name, fq_json_str(result, "token"));
    const char *comma = "";
    fq_json_each(role, fq_json_get(user, "roles")) {
      printf("%s%s", comma, fq_json_as_str(role));
      comma = ",";
    }
    printf(" %s\n", fq_json_str(user, "org"));
  }
  fq_json_free(result);
  return st;
}

/* Calls `each` for every account, page by page. */
static enum fq_status
every_user(struct local *l, enum fq_status (*each)(struct local *l, const fq_json *user, struct fq_error *e),
           struct fq_error *e) {
  char after[FQ_ID_MAX] = "";
  enum fq_status st = FQ_OK;
  for (bool more = true; more && !st;) {
    fq_json *params = fq_json_object(), *page = NULL;
    fq_json_set_int(params, "limit", 500);
    if (after[0]) fq_json_set_str(params, "after", after);
    st = fq_local_call(l, "user.list", params, &page, e);
    fq_json_each(u, fq_json_get(page, "rows")) {
      if (!st) st = each(l, u, e);
    }
    const char *next = fq_json_str(page, "next");
    more = next != NULL;
    fq_copy(after, sizeof after, next);
    fq_json_free(page);
  }
  return st;
}

static enum fq_status token_of(struct local *l, const fq_json *user, struct fq_error *e) {
  return fq_json_bool(user, "disabled", false) ? FQ_OK : print_token(l, fq_json_str(user, "name"), NULL, e);
}

static enum fq_status print_user(struct local *l, const fq_json *user, struct fq_error *e) {
  char *text = fq_json_print(user);
  puts(text);
  free(text);
  return FQ_OK;
}

static int list(const struct common *c) {
  struct local l;
  struct fq_error e = {0};
  int code = fq_local_open(&l, c);
  if (code >= 0) return code;
  enum fq_status st = every_user(&l, print_user, &e);
  fq_local_close(&l);
  return st ? (fq_complain(&e), EXIT_REFUSED) : EXIT_DONE;
}

static int tokens(const struct common *c, const char *name, const char *days) {
  struct local l;
  struct fq_error e = {0};
  int code = fq_local_open(&l, c);
  if (code >= 0) return code;
  enum fq_status st = strcmp(name, "all") ? print_token(&l, name, days, &e) : every_user(&l, token_of, &e);
  fq_local_close(&l);
  return st ? (fq_complain(&e), EXIT_REFUSED) : EXIT_DONE;
}

static int run(int argc, char **argv) {
  struct common c;
  int code = fq_common(&argc, argv, &c, &fq_command_user);
  if (code >= 0) return code;
  const char *verb = argc > 1 ? argv[1] : "";
  if (!strcmp(verb, "add"))
    code = add(&c, argc - 2, argv + 2);
  else if (!strcmp(verb, "password") && argc == 3)
    code = password(&c, argv[2]);
  else if (!strcmp(verb, "disable") && argc == 3)
    code = fq_local_once(&c, "user.disable", named(argv[2]));
  else if (!strcmp(verb, "list") && argc == 2)
    code = list(&c);
  else if (!strcmp(verb, "import") && argc == 3)
    code = import(&c, argv[2]);
  else if (!strcmp(verb, "token") && (argc == 3 || argc == 4))
    code = tokens(&c, argv[2], argc == 4 ? argv[3] : NULL);
  return code < 0 ? fq_usage(&fq_command_user, stderr) : code;
}

const struct command fq_command_user = {
    "user", run, "账号", "accounts",
    "usage: fengqiao user [--data DIR] add NAME ORG ROLE… [display=显示名]   (密码从标准输入 / password on "
    "stdin)\n"
    "       fengqiao user password NAME\n"
    "       fengqiao user disable NAME\n"
    "       fengqiao user list                 每行一个 JSON / one JSON object a line\n"
    "       fengqiao user import USERS.csv     name,display,roles,org,skills,capacity\n"
    "       fengqiao user token NAME|all [天数 / DAYS]   签发登录令牌 / issues tokens: name token roles "
    "org\n\n"
    "角色 / roles: dispatcher commander director department officer family admin.system admin.security\n"
    "              admin.audit policy service\n"};
