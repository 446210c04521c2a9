/* The command line's entrance and what its subcommands share: see main.h. */
#include "config.h"

#include "main/main.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct command *const commands[] = {
#define LIST(name) &fq_command_##name,
    FQ_COMMANDS(LIST)};

int fq_usage(const struct command *self, FILE *to) {
  fprintf(to, "fengqiao %s - %s / %s\n\n%s\n", self->name, self->zh, self->en, self->usage);
  return to == stderr ? EXIT_USAGE : EXIT_DONE;
}

int fq_common(int *argc, char **argv, struct common *c, const struct command *self) {
  static const struct option options[] = {{"data", required_argument, NULL, 'd'},
                                          {"plugins", required_argument, NULL, 'P'},
                                          {"listen", required_argument, NULL, 'l'},
                                          {"pages", required_argument, NULL, 'w'},
                                          {"config", required_argument, NULL, 'c'},
                                          {"json", no_argument, NULL, 'j'},
                                          {"quiet", no_argument, NULL, 'q'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
  const char *data = getenv("FENGQIAO_DATA");
  *c = (struct common){.data = data ? data : "fengqiao-data",
                       .plugins = getenv("FENGQIAO_PLUGINS"),
                       .pages = getenv("FENGQIAO_PAGES")};
  int o;
  opterr = 0;
  optind = 0; /* not 1: getopt may have been used before */
  while ((o = getopt_long(*argc, argv, "", options, NULL)) != -1) {
    switch (o) {
    case 'd':
      c->data = optarg;
      break;
    case 'P':
      c->plugins = optarg;
      break;
    case 'l':
      c->listen = optarg;
      break;
    case 'w':
      c->pages = optarg;
      break;
    case 'c':
      c->config = optarg;
      break;
    case 'j':
      c->json = true;
      break;
    case 'q':
      c->quiet = true;
      break;
    case 'h':
      return fq_usage(self, stdout);
    default:
      fprintf(stderr, "fengqiao %s: 不认识的选项或缺少参数 / unknown option or missing argument: %s\n\n",
              self->name, argv[optind - 1]);
      return fq_usage(self, stderr);
    }
  }
  int rest = 1;
  for (int i = optind; i < *argc; i++)
    argv[rest++] = argv[i];
  argv[rest] = NULL;
  *argc = rest;
  return -1;
}

int fq_complain(const struct fq_error *e) {
  if (e->path[0]) fprintf(stderr, "%s: ", e->path);
  fprintf(stderr, "%s\n%s\n", e->zh, e->en);
  return EXIT_FAILED;
}

static void print(const fq_json *v, int depth) {
  enum fq_json_type type = fq_json_type(v);
  if ((type != FQ_JSON_OBJECT && type != FQ_JSON_ARRAY) || !fq_json_size(v)) {
    char *text = fq_json_print(v);
    fputs(text, stdout);
    free(text);
    return;
  }
  bool object = type == FQ_JSON_OBJECT;
  puts(object ? "{" : "[");
  fq_json_each(m, v) {
    printf("%*s", 2 * depth + 2, "");
    if (object) {
      fq_json *name = fq_json_new_str(fq_json_name(m));
      print(name, 0);
      fputs(": ", stdout);
      fq_json_free(name);
    }
    print(m, depth + 1);
    puts(fq_json_next(m) ? "," : "");
  }
  printf("%*s%s", 2 * depth, "", object ? "}" : "]");
}

void fq_print_json(const fq_json *v) {
  print(v, 0);
  puts("");
}

char *fq_read_file(const char *path, size_t *len, struct fq_error *e) {
  FILE *f = fopen(path, "rb");
  struct fq_buf b = {0};
  char chunk[65536];
  size_t n;
  if (!f) {
    fq_fail(e, FQ_E_NOT_FOUND, "file", path, "无法读取 %s:%s", "cannot read %s: %s", path, strerror(errno));
    return NULL;
  }
  fq_buf_add(&b, "", 0);
  while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
    fq_buf_add(&b, chunk, n);
  bool failed = ferror(f);
  fclose(f);
  if (failed) {
    fq_fail(e, FQ_E_STORAGE, "file", path, "无法读取 %s:%s", "cannot read %s: %s", path, strerror(errno));
    fq_buf_free(&b);
    return NULL;
  }
  *len = b.len;
  return b.data;
}

const char *fq_packs_dir(void) {
  const char *dir = getenv("FENGQIAO_PACKS");
  return dir ? dir : FQ_PKGDATADIR "/packs";
}

static int help(FILE *to) {
  fputs("fengqiao " PACKAGE_VERSION " - 县域指挥调度服务器 / a command-and-dispatch server for counties\n\n"
        "用法 / usage: fengqiao COMMAND [OPTIONS] ...\n\n",
        to);
  for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
    fprintf(to, "  %-9s %s / %s\n", commands[i]->name, commands[i]->zh, commands[i]->en);
  fputs("\n  fengqiao COMMAND --help 查看各命令的说明 / explains a command\n"
        "\n  --data DIR   数据目录 / data directory ($FENGQIAO_DATA, ./fengqiao-data)\n",
        to);
  return to == stderr ? EXIT_USAGE : EXIT_DONE;
}

int main(int argc, char **argv) {
  setlocale(LC_CTYPE, "C.UTF-8"); /* numbers stay in the C locale: JSON and Lua depend on the decimal point */
  signal(SIGPIPE, SIG_IGN);
  umask(077); /* what a county knows is nobody else's to read */
  if (argc < 2) return help(stderr);
  if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help")) return help(stdout);
  if (!strcmp(argv[1], "--version")) return puts("fengqiao " PACKAGE_VERSION), EXIT_DONE;
  for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
    if (!strcmp(argv[1], commands[i]->name)) return commands[i]->run(argc - 1, argv + 1);
  fprintf(stderr, "fengqiao: 没有命令 %s / no command %s\n\n", argv[1], argv[1]);
  return help(stderr);
}
