/* The command line of `fengqiao load`. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

struct options opt = {.url = "ws://127.0.0.1:8080/ws",
                      .terminals = 0,
                      .window = 1,
                      .rate = -1,
                      .poisson = true,
                      .ramp = 1000,
                      .pace = -1,
                      .no_answer = -1,
                      .decline = -1,
                      .fail = -1,
                      .speed = 60,
                      .settle_s = 30,
                      .drain_s = 15,
                      .give_up_s = 60,
                      .progress_s = 2,
                      .duration_s = -1};

static const char *const step_names[] = {
#define X(id, name) name,
    STEPS(X)
#undef X
};

const char *step_name(enum step s) {
  return step_names[s];
}

static const char help_text[] =
    "fengqiao load - 用成千上万个终端加载服务器 / terminals by the thousand against a server\n"
    "\n"
    "用法 / usage: fengqiao load --tokens FILE [OPTIONS]\n"
    "              fengqiao load --demo --reports FILE --tokens FILE [OPTIONS]\n"
    "              fengqiao load --stream FILE --speed F --tokens FILE [OPTIONS]\n"
    "\n"
    "连接 / connection\n"
    "  --url URL              ws:// 或 wss:// 地址 / address of the WebSocket (ws://127.0.0.1:8080/ws)\n"
    "  --tokens FILE          每行“用户 令牌 角色 单位”,或规则包的 users.csv / lines \"name token role "
    "org\", or a pack's users.csv\n"
    "  --password TEXT        没有令牌的账号用此口令登录 / accounts without a token sign in with this "
    "password\n"
    "  --insecure             不验证证书 / do not verify the certificate\n"
    "  --terminals N          终端数 / terminals (accounts of the file; more than those share accounts)\n"
    "  --roles LIST           只用这些角色 / only these roles: "
    "officer,dispatcher,commander,director,department\n"
    "  --ramp N               每秒新建连接数 / new connections a second (1000)\n"
    "\n"
    "负载 / load\n"
    "  --rate R               全部终端每秒上报数;max 为闭环 / reports a second in all; max: a closed loop "
    "(default 10)\n"
    "  --window W             闭环时每终端同时进行的上报数 / reports under way per terminal with --rate max "
    "(1)\n"
    "  --arrival KIND         poisson 或 constant / how reports arrive (poisson)\n"
    "  --duration S           秒数,0 为直到中断 / seconds of load, 0: until interrupted (10)\n"
    "  --mix LIST             演哪些步骤 / which steps are played:\n"
    "                         report,delivered,seen,accept,arrive,feedback,finish,verify,close,dispatch\n"
    "                         (default: all but dispatch; --demo: all)\n"
    "  --pace F               比人快多少倍 / how many times as fast as people (50; --demo 1)\n"
    "  --no-answer P          不应答的比例 / part of the tasks nobody answers (0; --demo 0.15)\n"
    "  --decline P            拒单的比例 / part of the tasks declined (0; --demo 0.03)\n"
    "  --positions S          每终端每隔多少秒报位置 / a position per officer every S seconds (off; --demo "
    "20)\n"
    "  --resume-every S       每终端平均多少秒断线续传 / each terminal drops and resumes every S seconds on "
    "average\n"
    "  --seed N               随机种子 / makes decisions repeatable\n"
    "\n"
    "记录 / records\n"
    "  --ledger FILE          每个已确认的上报一行 / a line \"key id n\" on disk for each acknowledged "
    "report\n"
    "  --views                终端的视图与快照比较 / fold a view per terminal and compare it with fresh "
    "snapshots\n"
    "  --drain S              结束时等待应答 / wait this long for answers at the end (15)\n"
    "  --give-up S            服务器多久不在就放弃 / give up when the server is gone this long (60)\n"
    "  --progress S           进度行间隔,0 为不显示 / a progress line every S seconds, 0: none (2)\n"
    "  --json                 每行一个 JSON / JSON lines: progress, then the result\n"
    "  --quiet                只显示错误 / errors only\n"
    "\n"
    "演示 / demo\n"
    "  --demo                 热闹但温和的业务,直到中断 / lively, gentle traffic until interrupted\n"
    "  --reports FILE         上报文本 / texts: category,title_zh,text_zh,level\n"
    "\n"
    "真实事件流 / a stream of real incidents\n"
    "  --stream FILE          CSV:时间、经纬度、标题;图幅套到本县 / times, places, titles; its map is laid "
    "over the county's\n"
    "  --speed F              快多少倍 / how many times as fast as it was (60); --pace is the people's\n"
    "  --columns LIST         time=…,lon=…,lat=…,title=…,text=…,category=… 列名,通常不必写 / when the header "
    "does not tell\n"
    "  --categories LIST      Fire=fire,Traffic=traffic:开头相同即归此类,否则 other / by how it begins; else "
    "other\n"
    "  --settle S             流尽之后再等多少秒 / wait this long for the work after the last report (30)\n"
    "  --fail P               核查不通过的比例 / part of the verifications that fail (0; --stream 0.05)\n"
    "\n"
    "延迟从应发送时刻算起 / latencies count from the moment a report was due, not from when it could be "
    "sent.\n"
    "退出码 / exit: 0 正常 well; 1 失败、丢失或视图不一致 failed, lost, or a view was wrong; 2 用法 usage\n";

enum {
  O_URL = 256,
  O_TOKENS,
  O_PASSWORD,
  O_INSECURE,
  O_TERMINALS,
  O_ROLES,
  O_RAMP,
  O_RATE,
  O_WINDOW,
  O_ARRIVAL,
  O_DURATION,
  O_MIX,
  O_PACE,
  O_NO_ANSWER,
  O_DECLINE,
  O_POSITIONS,
  O_RESUME,
  O_SEED,
  O_LEDGER,
  O_VIEWS,
  O_DRAIN,
  O_GIVE_UP,
  O_PROGRESS,
  O_JSON,
  O_QUIET,
  O_DEMO,
  O_CSV,
  O_STREAM,
  O_SPEED,
  O_COLUMNS,
  O_CATEGORIES,
  O_SETTLE,
  O_FAIL,
  O_HELP
};

static const struct option options[] = {{"url", required_argument, NULL, O_URL},
                                        {"tokens", required_argument, NULL, O_TOKENS},
                                        {"password", required_argument, NULL, O_PASSWORD},
                                        {"insecure", no_argument, NULL, O_INSECURE},
                                        {"terminals", required_argument, NULL, O_TERMINALS},
                                        {"roles", required_argument, NULL, O_ROLES},
                                        {"ramp", required_argument, NULL, O_RAMP},
                                        {"rate", required_argument, NULL, O_RATE},
                                        {"window", required_argument, NULL, O_WINDOW},
                                        {"arrival", required_argument, NULL, O_ARRIVAL},
                                        {"duration", required_argument, NULL, O_DURATION},
                                        {"mix", required_argument, NULL, O_MIX},
                                        {"pace", required_argument, NULL, O_PACE},
                                        {"no-answer", required_argument, NULL, O_NO_ANSWER},
                                        {"decline", required_argument, NULL, O_DECLINE},
                                        {"positions", required_argument, NULL, O_POSITIONS},
                                        {"resume-every", required_argument, NULL, O_RESUME},
                                        {"seed", required_argument, NULL, O_SEED},
                                        {"ledger", required_argument, NULL, O_LEDGER},
                                        {"views", no_argument, NULL, O_VIEWS},
                                        {"drain", required_argument, NULL, O_DRAIN},
                                        {"give-up", required_argument, NULL, O_GIVE_UP},
                                        {"progress", required_argument, NULL, O_PROGRESS},
                                        {"json", no_argument, NULL, O_JSON},
                                        {"quiet", no_argument, NULL, O_QUIET},
                                        {"demo", no_argument, NULL, O_DEMO},
                                        {"reports", required_argument, NULL, O_CSV},
                                        {"stream", required_argument, NULL, O_STREAM},
                                        {"speed", required_argument, NULL, O_SPEED},
                                        {"columns", required_argument, NULL, O_COLUMNS},
                                        {"categories", required_argument, NULL, O_CATEGORIES},
                                        {"settle", required_argument, NULL, O_SETTLE},
                                        {"fail", required_argument, NULL, O_FAIL},
                                        {"help", no_argument, NULL, O_HELP},
                                        {NULL, 0, NULL, 0}};

static int complain(const char *zh, const char *en, const char *what) {
  fprintf(stderr, "fengqiao load: %s / %s: %s\n用 --help 查看用法 / see --help\n", zh, en, what);
  return 2;
}

static const char *name_of(int o) {
  for (const struct option *i = options; i->name; i++)
    if (i->val == o) return i->name;
  return "";
}

static bool number(double *out, double least, double most) {
  char *end;
  errno = 0;
  *out = strtod(optarg, &end);
  return end != optarg && !*end && !errno && *out >= least && *out <= most;
}

static bool mix(const char *list) {
  opt.mix = 0;
  for (const char *p = list; *p;) {
    size_t n = strcspn(p, ",");
    int s = 0;
    while (s < STEP_COUNT && (strlen(step_names[s]) != n || strncmp(step_names[s], p, n) != 0))
      s++;
    if (s == STEP_COUNT) return false;
    opt.mix |= 1u << s;
    p += n + (p[n] == ',');
  }
  return opt.mix != 0;
}

static bool take(int o) {
  double v;
  switch (o) {
  case O_URL:
    opt.url = optarg;
    return true;
  case O_TOKENS:
    opt.tokens = optarg;
    return true;
  case O_PASSWORD:
    opt.password = optarg;
    return true;
  case O_INSECURE:
    return opt.insecure = true;
  case O_TERMINALS:
    if (!number(&v, 1, 60000)) return false;
    opt.terminals = (int)v;
    return true;
  case O_ROLES:
    opt.roles = optarg;
    return true;
  case O_RAMP:
    return number(&opt.ramp, 1, 1e6);
  case O_RATE:
    opt.closed = strcmp(optarg, "max") == 0;
    return opt.closed || number(&opt.rate, 0, 1e6);
  case O_WINDOW:
    if (!number(&v, 1, 60)) return false; /* the server's bound is 64 under way a connection */
    opt.window = (int)v;
    return true;
  case O_ARRIVAL:
    opt.poisson = strcmp(optarg, "poisson") == 0;
    return opt.poisson || strcmp(optarg, "constant") == 0;
  case O_DURATION:
    return number(&opt.duration_s, 0, 1e8);
  case O_MIX:
    return mix(optarg);
  case O_PACE:
    return number(&opt.pace, 0.001, 1e6);
  case O_NO_ANSWER:
    return number(&opt.no_answer, 0, 1);
  case O_DECLINE:
    return number(&opt.decline, 0, 1);
  case O_POSITIONS:
    return number(&opt.positions_every_s, 0, 86400);
  case O_RESUME:
    return number(&opt.resume_every_s, 0.05, 1e6);
  case O_SEED:
    if (!number(&v, 0, 9e15)) return false;
    opt.seed = (uint64_t)v;
    return true;
  case O_LEDGER:
    opt.ledger = optarg;
    return true;
  case O_VIEWS:
    return opt.views = true;
  case O_DRAIN:
    return number(&opt.drain_s, 0, 86400);
  case O_GIVE_UP:
    return number(&opt.give_up_s, 0.1, 1e8);
  case O_PROGRESS:
    return number(&opt.progress_s, 0, 3600);
  case O_JSON:
    return opt.json = true;
  case O_QUIET:
    return opt.quiet = true;
  case O_DEMO:
    return opt.demo = true;
  case O_CSV:
    opt.csv = optarg;
    return true;
  case O_STREAM:
    opt.stream = optarg;
    return true;
  case O_SPEED:
    return number(&opt.speed, 0.001, 1e9);
  case O_COLUMNS:
    opt.columns = optarg;
    return true;
  case O_CATEGORIES:
    opt.categories = optarg;
    return true;
  case O_SETTLE:
    return number(&opt.settle_s, 0, 86400);
  case O_FAIL:
    return number(&opt.fail, 0, 1);
  default:
    return false;
  }
}

/* A stream is people's life, as the demo is, but at the pace it is told. */
static void fall_back(double *value, double demo, double otherwise) {
  if (*value < 0) *value = opt.demo || opt.stream ? demo : otherwise;
}

int options_read(int argc, char **argv) {
  int o;
  opterr = 0;
  opt.positions_every_s = -1;
  while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
    if (o == O_HELP) {
      fputs(help_text, stdout);
      return 0;
    }
    if (o == '?')
      return complain("不认识的选项或缺少参数", "unknown option or missing argument", argv[optind - 1]);
    if (!take(o)) {
      char what[200];
      snprintf(what, sizeof what, "--%s %s", name_of(o), optarg ? optarg : "");
      return complain("选项的值不对", "the option's value is not possible", what);
    }
  }
  if (optind < argc) return complain("多余的参数", "superfluous argument", argv[optind]);
  if (!opt.tokens) return complain("缺少账号文件", "accounts are missing", "--tokens FILE");
  if (opt.demo && opt.stream)
    return complain("演示与事件流不能同时", "either the demo or a stream", "--demo --stream");
  if (opt.demo && !opt.csv) return complain("演示需要上报文本", "the demo needs texts", "--reports FILE");
  fall_back(&opt.pace, 1, 50);
  /* A report every 4 to 8 seconds for people, faster when the demo is told to run faster. */
  fall_back(&opt.rate, opt.pace / 6, 10);
  fall_back(&opt.duration_s, 0, 10);
  fall_back(&opt.no_answer, 0.15, 0);
  fall_back(&opt.decline, 0.03, 0);
  if (opt.fail < 0) opt.fail = opt.stream ? 0.05 : 0;
  fall_back(&opt.positions_every_s, 20, 0);
  unsigned all = (1u << STEP_COUNT) - 1;
  if (!opt.mix) opt.mix = opt.demo || opt.stream ? all : all & ~(1u << STEP_DISPATCH);
  if (!(opt.mix & 1u << STEP_REPORT)) opt.rate = 0, opt.closed = false;
  return -1;
}
