/* fengqiao demo: a whole county in a directory, served, with traffic. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "main/county.h"
#include "main/demo_history.h"
#include "main/init.h"
#include "main/loader_path.h"
#include "main/serve.h"
#include "policy/pack.h"

#define PASSWORD "fengqiao-demo"

static enum fq_status deploy(struct local *l, const char *pack, struct fq_error *e) {
  char *dir = fq_printf("%s/%s", fq_packs_dir(), pack);
  fq_json *params = fq_pack_read(dir, e);
  free(dir);
  return params ? fq_local_call(l, "pack.deploy", params, NULL, e) : e->status;
}

static int64_t real_now_ms(void) {
  struct fq_clock wall = {0};
  return fq_clock_ms(&wall);
}

static void say(const struct common *c, const char *zh, const char *en) {
  printf("  %s / %s\n", zh, en);
  fflush(stdout);
}

/* Every step may be repeated: a demo interrupted while it was being set up is finished by the next start. */
static enum fq_status furnish(struct local *l, const struct common *c, struct fq_error *e) {
  int64_t units = 0, users = 0;
  char *org = fq_printf("%s/dongkou/org.csv", fq_packs_dir()),
       *people = fq_printf("%s/dongkou/users.csv", fq_packs_dir()),
       *map = fq_printf("%s/dongkou/map.geojson", fq_packs_dir()),
       *patrols = fq_printf("%s/dongkou/demo/patrols.json", fq_packs_dir());
  enum fq_status st;
  say(c, "导入组织树:洞口县 24 乡镇 364 村", "the org tree: Dongkou County, 24 townships, 364 villages");
  st = fq_county_units(l, org, &units, e);
  if (!st) say(c, "导入全县地图", "the county's map");
  if (!st) st = fq_county_map(l, c, map, NULL, e);
  if (!st) say(c, "建立账号和值班", "accounts, officers and duty");
  if (!st) st = fq_county_users(l, people, PASSWORD, true, &users, e);
  if (!st) say(c, "巡逻计划:夜巡、水库防汛", "patrol plans: a night round, a reservoir");
  if (!st) st = fq_county_patrols(l, patrols, e);
  if (!st) say(c, "部署规则包 yizhuang:30/5/3 与逐级上报", "policies: 30/5/3 and report-up");
  if (!st) st = deploy(l, "dongkou", e);
  if (!st) st = deploy(l, "yizhuang", e);
  free(org);
  free(people);
  free(map);
  free(patrols);
  return st;
}

/* The hours before now, on a clock of its own; then the real one takes over. */
static enum fq_status remember(struct local *l, const struct common *c, unsigned hours, struct fq_error *e) {
  char *reports = fq_printf("%s/dongkou/demo/reports.csv", fq_packs_dir());
  char zh[80], en[80];
  snprintf(zh, sizeof zh, "过完此前 %u 小时:上报、处置与逾期", hours);
  snprintf(en, sizeof en, "the last %u hours: reports, work, broken limits", hours);
  say(c, zh, en);
  enum fq_status st = fq_demo_history(l->server.kernel, reports, FQ_DEMO_EVERY, real_now_ms(), e);
  free(reports);
  return st;
}

/* Tokens for the traffic, so that 700 terminals need no 700 passwords hashed. Mode 0600. */
static int write_tokens(const struct common *c, const char *path) {
  pid_t child = fork();
  if (child == 0) {
    umask(0177);
    if (!freopen(path, "w", stdout)) _exit(EXIT_FAILED);
    char user[] = "user", data[] = "--data", token[] = "token", all[] = "all", *dir = fq_strdup(c->data);
    char *argv[] = {user, data, dir, token, all, NULL};
    int code = fq_command_user.run(5, argv);
    fflush(stdout);
    _exit(code);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILED;
}

static const char *address(const struct common *c) {
  return c->listen ? c->listen : "127.0.0.1:8080";
}

static bool loopback(const char *listen) {
  return !strncmp(listen, "127.", 4) || !strncmp(listen, "localhost:", 10) || !strncmp(listen, "[::1]", 5);
}

struct traffic {
  const struct common *common;
  char tokens[600];
  pid_t child;
};

static void start_traffic(struct traffic *t) {
  char *program = fq_load_program(), *url = fq_printf("ws://%s/ws", address(t->common)),
       *reports = fq_printf("%s/dongkou/demo/reports.csv", fq_packs_dir());
  t->child = fork();
  if (t->child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* no traffic without its server */
    setpgid(0, 0);                    /* Ctrl-C is the server's to hear: it stops us */
    execl(program, program, "--demo", "--url", url, "--tokens", t->tokens, "--reports", reports, "--quiet",
          (char *)NULL);
    fprintf(stderr, "fengqiao demo: 找不到 %s,没有演示流量 / cannot run it, no traffic\n", program);
    _exit(EXIT_FAILED);
  }
  free(program);
  free(url);
  free(reports);
}

static void ready(struct server *s, void *arg) {
  struct traffic *t = arg;
  const char *at = address(t->common);
  printf(
      "\n枫桥演示县已启动 / the demo county is up   (Ctrl-C 停止,数据保留 / stops it; the data stays: %s)\n\n"
      "  调度台 console     http://%s/console/    dispatcher\n"
      "  规则工坊 workshop  http://%s/admin/      admin\n"
      "  网格端 field       http://%s/field/      officer-0001 … officer-0676\n\n"
      "  账号 accounts      admin security auditor commander dispatcher dispatcher2\n"
      "                     director-430525001000 … department-01 … 15   officer-0001 …\n"
      "  密码 password      " PASSWORD "\n\n",
      t->common->data, at, at, at);
  fflush(stdout);
  if (!t->common->quiet) start_traffic(t);
}

static int set_up(const struct common *c, unsigned hours) {
  struct local l;
  struct fq_error e = {0};
  char done[600];
  snprintf(done, sizeof done, "%s/demo-ready", c->data);
  if (access(done, F_OK) == 0) return EXIT_DONE;
  printf("建立演示县 / creating the demo county: %s\n", c->data);
  struct common quiet = *c;
  quiet.quiet = true;
  int code = fq_init(&quiet);
  if (code == EXIT_DONE && (code = fq_local_open(&l, c)) < 0) {
    if (l.fd >= 0)
      code = (fprintf(stderr, "已有服务器在使用 / a server is using it: %s\n", c->data), EXIT_FAILED);
    else {
      fq_kernel_set_time(l.server.kernel, real_now_ms() - hours * 3600000LL);
      code = furnish(&l, c, &e) || remember(&l, c, hours, &e) ? fq_complain(&e) : EXIT_DONE;
    }
    fq_local_close(&l);
  }
  FILE *f = code == EXIT_DONE ? fopen(done, "w") : NULL;
  if (f) fclose(f);
  return code;
}

/* Takes "--hours N" out of argv; 0 when N is none that a demo can have. */
static unsigned take_hours(int *argc, char **argv) {
  unsigned hours = FQ_DEMO_HOURS;
  for (int i = 1; i < *argc; i++) {
    if (strcmp(argv[i], "--hours") != 0) continue;
    char *end = NULL;
    long n = i + 1 < *argc ? strtol(argv[i + 1], &end, 10) : 0;
    if (n < 1 || n > FQ_DEMO_HOURS_MAX || *end) return 0;
    hours = (unsigned)n;
    for (int k = i--; k + 2 <= *argc; k++)
      argv[k] = argv[k + 2];
    *argc -= 2;
  }
  return hours;
}

static int run(int argc, char **argv) {
  struct common c;
  struct server s = {0};
  struct traffic t = {.common = &c};
  unsigned hours = take_hours(&argc, argv);
  if (!hours) {
    fprintf(stderr, "--hours: 1 到 %d 小时 / 1 to %d hours\n", FQ_DEMO_HOURS_MAX, FQ_DEMO_HOURS_MAX);
    return EXIT_USAGE;
  }
  int code = fq_common(&argc, argv, &c, &fq_command_demo);
  if (code < 0 && argc > 1) code = fq_usage(&fq_command_demo, stderr);
  if (code >= 0) return code;
  if (!loopback(address(&c))) {
    fprintf(stderr,
            "演示县的密码是公开的,只能监听本机地址 / its passwords are public: the demo listens on loopback "
            "only: %s\n",
            address(&c));
    return EXIT_USAGE;
  }
  if ((code = set_up(&c, hours)) != EXIT_DONE) return code;
  snprintf(t.tokens, sizeof t.tokens, "%s/demo-tokens", c.data);
  if (!c.quiet && access(t.tokens, R_OK)) code = write_tokens(&c, t.tokens);
  if (code == EXIT_DONE && (code = fq_boot(&s, &c, BOOT_SERVE)) < 0) {
    code = fq_serve(&s, ready, &t);
    if (t.child > 0) kill(t.child, SIGTERM), waitpid(t.child, NULL, 0);
    fq_boot_close(&s);
  }
  return code;
}

const struct command fq_command_demo = {
    "demo", run, "演示县:建立并启动", "a demo county, created and served",
    "usage: fengqiao demo [--data DIR] [--listen 127.0.0.1:8080] [--quiet] [--hours N] [--plugins DIR] "
    "[--pages DIR]\n\n"
    "在数据目录里建立洞口县(430525)的演示县,启动服务器并送入模拟流量;--quiet "
    "不送流量。县里已经过了 --hours 个小时(默认 5,最多 720),规则可以在上面重放。再次运行接着上次继续。\n"
    "密码是公开的,因此只监听本机地址。\n"
    "Creates a demonstration of Dongkou County in the data directory, serves it and feeds it traffic; "
    "--quiet\n"
    "for none. It has --hours behind it (5 unless told, at most 720), for rules to be replayed over. "
    "Running\n"
    "it again goes on where it was. Its passwords are public, so it listens on loopback only.\n"};
