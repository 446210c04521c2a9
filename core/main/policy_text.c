/* Mistakes and decisions for people: see policy_text.h. */
#include "main/policy_text.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "base/map.h"
#include "base/mem.h"

#define SHORT 100 /* bytes of an answer or a command: the rest is what --json is for */

static void print_lines(FILE *out, const fq_json *lines, int64_t marked) {
  fq_json_each(l, lines) {
    int64_t n = fq_json_int(l, "line", 0);
    fprintf(out, "  %s %5lld | %s\n", n == marked ? ">" : " ", (long long)n, fq_json_str(l, "text"));
  }
}

void fq_print_findings(FILE *out, const fq_json *findings) {
  fq_json_each(f, findings) {
    int64_t line = fq_json_int(f, "line", 0);
    const char *zh = fq_json_str(f, "zh"), *en = fq_json_str(f, "en");
    fprintf(out, "%s", fq_json_str(f, "path"));
    if (line) fprintf(out, ":%lld", (long long)line);
    fprintf(out, " %s\n    %s\n", zh, en);
    print_lines(out, fq_json_get(f, "lines"), line);
  }
  size_t n = fq_json_size(findings);
  if (n)
    fprintf(out, "%zu 处错误 / %zu mistakes\n", n, n);
  else
    fprintf(out, "没有问题 / no problems\n");
}

/* -- why
 * ------------------------------------------------------------------------------------------------------- */

static void print_short(FILE *out, const fq_json *v) {
  char *text = fq_json_print(v), part[SHORT + 1];
  fq_copy(part, sizeof part, text);
  fprintf(out, "%s%s", part, strlen(part) < strlen(text) ? "…" : "");
  free(text);
}

/* [view, [argument ...], answer]; a part of the entry stands there by its name. */
static void print_asked(FILE *out, const fq_json *asked) {
  const fq_json *name = fq_json_first(asked), *args = name ? fq_json_next(name) : NULL;
  fprintf(out, "    问 / asked   %s(", name ? fq_json_as_str(name) : "?");
  fq_json_each(a, args) {
    const char *part = fq_json_type(a) == FQ_JSON_OBJECT ? fq_json_str(a, "$e") : NULL;
    if (a != fq_json_first(args)) fprintf(out, ", ");
    if (part)
      fprintf(out, "e.%s", part);
    else
      print_short(out, a);
  }
  fprintf(out, ") → ");
  print_short(out, args ? fq_json_next(args) : NULL);
  fprintf(out, "\n");
}

/* The text of a version, asked once. NULL when the server does not have it. */
static const char *source(struct local *l, struct fq_map **known, const char *version) {
  fq_json *had = fq_map_get(*known, version);
  if (!had) {
    struct fq_error e = {0};
    fq_json *params = fq_json_object();
    fq_json_set_str(params, "version", version);
    if (fq_local_call(l, "policy.source", params, &had, &e)) had = fq_json_object();
    fq_map_put(known, version, had);
  }
  return fq_json_str(had, "text");
}

static void print_ran(FILE *out, const char *text, const fq_json *lines) {
  int64_t at = 1;
  fq_json_each(l, lines) {
    int64_t n = fq_json_as_int(l, 0);
    const char *end;
    for (; text && at < n; at++)
      text = (end = strchr(text, '\n')) ? end + 1 : NULL;
    fprintf(out, "    %7lld | %.*s\n", (long long)n, text ? (int)strcspn(text, "\n") : 0, text ? text : "");
  }
}

static void print_time(FILE *out, const char *rfc3339) {
  time_t at = (time_t)(fq_time_parse(rfc3339) / 1000);
  struct tm tm;
  char text[32];
  strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", localtime_r(&at, &tm));
  fprintf(out, "%s", text);
}

static void print_row(FILE *out, struct local *l, struct fq_map **known, const fq_json *r) {
  const fq_json *entry = fq_json_get(r, "entry");
  const char *version = fq_json_str(r, "version"), *pack = fq_json_str(r, "pack"),
             *called = fq_json_str(r, "pack_version"), *exit = fq_json_str(r, "exit");
  print_time(out, fq_json_str(r, "at"));
  if (entry) fprintf(out, "  #%lld %s", (long long)fq_json_int(entry, "n", 0), fq_json_str(entry, "kind"));
  fprintf(out, "\n  %s%s%s@%.8s%s%s%s", pack && *pack ? pack : "", pack && *pack ? "/" : "",
          fq_json_str(r, "policy"), version ? version : "", called ? " (" : "", called ? called : "",
          called ? ")" : "");
  if (!strcmp(fq_json_str(r, "kind"), "policy.refused")) {
    fprintf(out, "  命令被拒绝 / refused: %s\n    %s\n    %s\n", fq_json_str(r, "method"),
            fq_json_str(r, "message_zh"), fq_json_str(r, "message_en"));
    return;
  }
  if (exit && strcmp(exit, "OK")) fprintf(out, "  %s", exit);
  const fq_json *same = fq_json_get(r, "identical");
  fprintf(out, "  %s\n",
          !same                   ? "无法再执行 / cannot be executed again"
          : fq_json_as_bool(same) ? "执行一致 / identical"
                                  : "执行不一致 / NOT identical");
  fq_json_each(a, fq_json_get(r, "answers")) print_asked(out, a);
  fq_json_each(c, fq_json_get(r, "commands")) {
    fprintf(out, "    令 / command %s ", fq_json_str(c, "method"));
    print_short(out, fq_json_get(c, "params"));
    fprintf(out, "\n");
  }
  if (!fq_json_size(fq_json_get(r, "commands")))
    fprintf(out, "    没有命令 / no command\n");
  else if (fq_json_get(r, "lines") && !fq_json_size(fq_json_get(r, "lines")))
    fprintf(out, "    由声明的条款产生 / from the clauses it declares\n");
  if (version) print_ran(out, source(l, known, version), fq_json_get(r, "lines"));
}

static void free_source(void *v) {
  fq_json_free(v);
}

void fq_print_why(FILE *out, struct local *l, const fq_json *rows) {
  struct fq_map *known = NULL;
  fq_json_each(r, rows) print_row(out, l, &known, r);
  if (!fq_json_size(rows)) fprintf(out, "没有规则对此作过决定 / no policy has decided about this\n");
  fq_map_clear(&known, free_source);
}
