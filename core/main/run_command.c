/* fengqiao policy test|check|prove|replay|project: see cmd_policy.h. */
#include "main/cmd_policy.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "main/local.h"
#include "policy/module.h"
#include "policy/pack.h"

/* One world: the configured plugins but for the terminal, loaded anew: nobody connects to a run. */
struct world {
  struct server *server;
  struct fq_registry registry;
};

static void *world(void *server) {
  struct world *w = fq_alloc(sizeof *w);
  w->server = server;
  return w;
}

static enum fq_status add_plugins(void *arg, fq_kernel *k, struct fq_error *e) {
  static const char *const sections[] = {"server", "policy", "workshop", "terminal", NULL};
  struct world *w = arg;
  struct fq_problem_list problems = {0};
  const char *names[FQ_PLUGINS_MOST];
  char *list = fq_strdup(w->server->options.plugins);
  size_t count = fq_boot_names(list, "terminal", names);
  enum fq_status st = FQ_OK;
  if (fq_registry_load(&w->registry,
                       &(struct fq_registry_config){.dir = w->server->common.plugins,
                                                    .names = names,
                                                    .count = count,
                                                    .values = w->server->config,
                                                    .sections = sections},
                       &problems))
    st = fq_fail(e, FQ_E_NOT_FOUND, "plugin", problems.items[0].path, "%s", "%s", problems.items[0].en);
  else
    st = fq_registry_add(&w->registry, k, e);
  free(list);
  fq_problems_free(&problems);
  return st;
}

static void world_free(void *arg) {
  struct world *w = arg;
  fq_registry_free(&w->registry);
  free(w);
}

static int usage(const struct fq_run_kind *kind, FILE *to) {
  fprintf(to, "usage: fengqiao policy %s PACKDIR [--json] [--list NAME] [--csv NAME]", kind->name);
  for (const struct fq_param *p = kind->options; p && p->type != FQ_T_END; p++)
    fprintf(to, " [--%s %s]", p->name, p->type == FQ_T_ENUM ? p->values : "VALUE");
  fprintf(to, "\n\n%s / %s\n  --list          %s\n", kind->zh, kind->en, kind->lists);
  for (const struct fq_param *p = kind->options; p && p->type != FQ_T_END; p++)
    fprintf(to, "  --%-14s %s / %s\n", p->name, p->zh, p->en);
  return to == stderr ? EXIT_USAGE : EXIT_DONE;
}

/* A pack's directory, or a file that holds {pack, files}. */
static fq_json *read_pack(const char *path, struct fq_error *e) {
  struct stat st;
  size_t len;
  if (!stat(path, &st) && S_ISDIR(st.st_mode)) return fq_pack_read(path, e);
  char *text = fq_read_file(path, &len, e);
  fq_json *pack = text ? fq_json_parse(text, len, e) : NULL;
  free(text);
  if (!pack || (fq_json_str(pack, "pack") && fq_json_type(fq_json_get(pack, "files")) == FQ_JSON_OBJECT))
    return pack;
  fq_json_free(pack);
  fq_fail(e, FQ_E_PARAMS, "pack.file", path, "应为 {pack, files: {路径: 内容}}",
          "expected {pack, files: {path: text}}");
  return NULL;
}

static bool set_option(const struct fq_run_kind *kind, fq_json *options, const char *name,
                       const char *value) {
  for (const struct fq_param *p = kind->options; p && p->type != FQ_T_END; p++) {
    if (strcmp(p->name, name)) continue;
    fq_json *v = NULL;
    if (p->type != FQ_T_STRING && p->type != FQ_T_ID && p->type != FQ_T_ENUM && p->type != FQ_T_TIME)
      v = fq_json_parse(value, strlen(value), NULL);
    fq_json_set(options, name, v ? v : fq_json_new_str(value));
    return true;
  }
  return false;
}

struct asked {
  const char *candidate, *base, *list, *csv;
  char *rest[8]; /* what fq_common() understands */
  fq_json *options;
  bool json;
};

/* Takes the run's own words out of the command line; -1: go on. */
static int read_words(const struct fq_run_kind *kind, int argc, char **argv, struct asked *a, int *rest) {
  for (int i = 1; i < argc; i++) {
    const char *name = !strncmp(argv[i], "--", 2) ? argv[i] + 2 : NULL, *value = argv[i + 1];
    if (name && !strcmp(name, "help")) return usage(kind, stdout);
    if (name && !strcmp(name, "json")) {
      a->json = true;
    } else if (name && value && !strcmp(name, "candidate")) {
      a->candidate = argv[++i];
    } else if (name && value && !strcmp(name, "base")) {
      a->base = argv[++i];
    } else if (name && value && !strcmp(name, "list")) {
      a->list = argv[++i];
    } else if (name && value && !strcmp(name, "csv")) {
      a->csv = argv[++i];
    } else if (name && value && set_option(kind, a->options, name, value)) {
      i++;
    } else if (name && *rest < 6) {
      a->rest[(*rest)++] = argv[i];
      if (value && !strchr(name, '=')) a->rest[(*rest)++] = argv[++i];
    } else if (!name && !a->candidate) {
      a->candidate = argv[i];
    } else if (name || !set_option(kind, a->options, "only", argv[i])) {
      return usage(kind, stderr);
    }
  }
  return a->candidate ? -1 : usage(kind, stderr);
}

static bool has_county(const char *data_dir) {
  char *path = fq_printf("%s/county.db", data_dir);
  bool there = access(path, R_OK) == 0;
  free(path);
  return there;
}

/* For a program the reason is a line like the others. */
static void tell_failure(const struct asked *a, const struct fq_error *e) {
  if (!a->json) return;
  fq_json *o = fq_json_object();
  fq_json_set(o, "error", fq_json_from_error(e));
  char *text = fq_json_print(o);
  printf("%s\n", text);
  free(text);
  fq_json_free(o);
}

static void complain(const struct asked *a, const struct fq_error *e) {
  fq_complain(e);
  tell_failure(a, e);
}

static enum fq_status known_list(const struct fq_run_kind *kind, const char *option, const char *list,
                                 struct fq_error *e) {
  if (!list || fq_run_lists(kind->lists, list)) return FQ_OK;
  return fq_fail(e, FQ_E_PARAMS, "run.list", option, "没有清单 %s,只有:%s", "there is no list %s, only: %s",
                 list, kind->lists);
}

/* --list none: the summary alone. */
static enum fq_status known_lists(const struct fq_run_kind *kind, const struct asked *a, struct fq_error *e) {
  bool none = a->list && !strcmp(a->list, "none");
  enum fq_status st = none ? FQ_OK : known_list(kind, "--list", a->list, e);
  return st ? st : known_list(kind, "--csv", a->csv, e);
}

static int go(const struct fq_run_kind *kind, const struct asked *a, const struct common *c) {
  struct server s = {0};
  struct fq_problem_list problems = {0};
  struct fq_error e = {0};
  int code = EXIT_USAGE;
  struct fq_report_file file = {.out = stdout, .kind = kind, .only = a->list, .json = a->json};
  fq_json *pack = read_pack(a->candidate, &e), *base = a->base ? read_pack(a->base, &e) : NULL;
  if (!pack || (a->base && !base) || fq_schema_check(kind->options, a->options, &e) ||
      known_lists(kind, a, &e)) {
    complain(a, &e);
  } else if (fq_boot_configure(&s, c, &problems)) {
    const struct fq_problem *first = &problems.items[0];
    fq_fail(&e, FQ_E_PARAMS, "config", first->path, "%s%.0s", "%.0s%s", first->zh, first->en);
    fq_boot_complain(&problems);
    tell_failure(a, &e);
  } else {
    struct fq_run r = {.data_dir = kind->county || has_county(c->data) ? c->data : NULL,
                       .pack = pack,
                       .base = base,
                       .options = a->options,
                       .limits = fq_policy_limits(s.policy),
                       .world = world,
                       .add = add_plugins,
                       .world_free = world_free,
                       .worlds = &s,
                       .out = fq_report_lines(&file)};
    struct fq_report_csv csv;
    bool ready = !a->csv || fq_report_csv_open(&csv, a->csv, &r.out, &e);
    enum fq_status st = ready ? kind->run(&r, &e) : e.status;
    if (a->csv && ready) {
      enum fq_status closed = fq_report_csv_close(&csv, st ? NULL : stdout, st ? &csv.error : &e);
      if (!st) st = closed;
    }
    if (st)
      complain(a, &e);
    else
      code = (a->csv ? csv.ok : file.ok) ? EXIT_DONE : EXIT_FAILED;
  }
  if (fflush(stdout) || ferror(stdout)) { /* half a result must not pass for a whole one */
    fq_fail(&e, FQ_E_STORAGE, "stdout", "", "结果没有写完:磁盘可能已满",
            "the result is not written to its end: is the disk full?");
    fq_complain(&e);
    code = EXIT_USAGE;
  }
  fq_json_free(pack);
  fq_json_free(base);
  fq_problems_free(&problems);
  fq_boot_close(&s);
  return code;
}

int fq_run_command(int argc, char **argv) {
  const struct fq_run_kind *kind = fq_run_kind(argv[0]);
  struct asked a = {.options = fq_json_object(), .rest = {argv[0]}};
  struct common c;
  signal(SIGPIPE, SIG_DFL); /* a reader that has seen enough (| head) ends it, as with any filter */
  int rest = 1, code = read_words(kind, argc, argv, &a, &rest);
  if (code < 0) {
    code = fq_common(&rest, a.rest, &c, &fq_command_policy);
  }
  if (code < 0) code = rest > 1 ? usage(kind, stderr) : go(kind, &a, &c);
  fq_json_free(a.options);
  return code;
}
