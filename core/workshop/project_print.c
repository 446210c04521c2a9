/* A projection for people: see project.c. Whatever is shown says that it is an estimate. */
#include <string.h>

#include "workshop/run_internal.h"

static void span(FILE *out, const fq_json *of, const char *name) {
  int64_t s = fq_json_int(of, name, -1) / 1000;
  if (!fq_json_get(of, name))
    fprintf(out, "%9s", "-");
  else if (s < 7200)
    fprintf(out, "%5lld:%02lld", (long long)(s / 60), (long long)(s % 60));
  else
    fprintf(out, "%4lldh%02lld", (long long)(s / 3600), (long long)(s / 60 % 60));
}

static void incident(FILE *out, const fq_json *v) {
  if (!fq_json_bool(v, "differs", false)) return;
  fprintf(out, "估计 #%lld %s\n    %s\n    %s\n", (long long)fq_json_int(v, "number", 0),
          fq_json_str(v, "title"), fq_json_str(v, "zh"), fq_json_str(v, "en"));
}

static void clock(FILE *out, const fq_json *v, const char *a, const char *b) {
  const fq_json *x = fq_json_get(v, a), *y = fq_json_get(v, b);
  fprintf(out, "估计 %s/%s  %s: %lld/%lld", fq_json_str(v, "policy"), fq_json_str(v, "clock"), a,
          (long long)fq_json_int(x, "breached", 0), (long long)fq_json_int(x, "started", 0));
  span(out, x, "median_ms");
  fprintf(out, "  %s: %lld/%lld", b, (long long)fq_json_int(y, "breached", 0),
          (long long)fq_json_int(y, "started", 0));
  span(out, y, "median_ms");
  fputc('\n', out);
}

static void side(FILE *out, const char *zh, const char *en, const fq_json *v) {
  fprintf(out, "  %-6s %-8s %9lld %9lld %7.1f%% %9lld %9lld %9lld", zh, en,
          (long long)fq_json_int(v, "incidents", 0), (long long)fq_json_int(v, "breached", 0),
          100 * fq_json_num(v, "rate", 0), (long long)fq_json_int(v, "escalated", 0),
          (long long)fq_json_int(v, "cards", 0), (long long)fq_json_int(v, "orders", 0));
  span(out, v, "handled_median_ms");
  fputc('\n', out);
}

static void township(FILE *out, const fq_json *v) {
  fprintf(out, "估计 %s %s\n", fq_json_str(v, "org"), fq_json_str(v, "name"));
  side(out, "原", "was", fq_json_get(v, "was"));
  side(out, "现", "now", fq_json_get(v, "now"));
}

static void officer(FILE *out, const fq_json *v) {
  const fq_json *was = fq_json_get(v, "was"), *now = fq_json_get(v, "now");
  fprintf(out, "估计 %s %s  was: %lld", fq_json_str(v, "user"), fq_json_str(v, "name"),
          (long long)fq_json_int(was, "tasks", 0));
  span(out, was, "busy_ms");
  fprintf(out, "  now: %lld", (long long)fq_json_int(now, "tasks", 0));
  span(out, now, "busy_ms");
  fputc('\n', out);
}

static void assumption(FILE *out, const fq_json *a) {
  const char *name = fq_json_str(a, "name");
  bool wait = strlen(name) > 3 && !strcmp(name + strlen(name) - 3, "_ms");
  fprintf(out, "  %-17s", name);
  if (wait && fq_json_type(fq_json_get(a, "value")) == FQ_JSON_NULL)
    fprintf(out, "%9s", "never");
  else if (wait)
    span(out, a, "value");
  else if (fq_json_type(fq_json_get(a, "value")) == FQ_JSON_NUMBER)
    fprintf(out, "%8.1f%%", 100 * fq_json_num(a, "value", 0));
  else
    fprintf(out, "%9s", "");
  fprintf(out, "  %-8s %s / %s\n", fq_json_str(a, "from"), fq_json_str(a, "zh"), fq_json_str(a, "en"));
}

static void summary(FILE *out, const fq_json *v) {
  const fq_json *fit = fq_json_get(v, "fit");
  fprintf(out, "\n估计 / an estimate: %s %s  %s … %s  seed %lld\n", fq_json_str(v, "pack"),
          fq_json_str(v, "version"), fq_json_str(v, "from"), fq_json_str(v, "to"),
          (long long)fq_json_int(v, "seed", 0));
  fprintf(out, "%s / %s\n\n", fq_json_str(v, "zh"), fq_json_str(v, "en"));
  fputs("                   incidents  breached    rate escalated     cards    orders   handled\n", out);
  side(out, "实际", "history", fq_json_get(v, "history"));
  side(out, "原", "was", fq_json_get(v, "was"));
  side(out, "现", "now", fq_json_get(v, "now"));
  fprintf(out, "\n%lld of %lld differ. %s / %s\n", (long long)fq_json_int(v, "differing", 0),
          (long long)fq_json_int(v, "incidents", 0), fq_json_str(fit, "zh"), fq_json_str(fit, "en"));
  int64_t failed = fq_json_int(fq_json_get(v, "now"), "failed", 0);
  if (failed)
    fprintf(out, "候选规则出错 %lld 次 / the candidate failed %lld times\n", (long long)failed,
            (long long)failed);
  fputs("\n假设 / assumptions\n", out);
  fq_json_each(a, fq_json_get(v, "assumptions")) assumption(out, a);
  if (fq_json_size(fq_json_get(v, "left_out"))) fputs("\n未纳入模型 / left out of the model\n", out);
  fq_json_each(l, fq_json_get(v, "left_out"))
      fprintf(out, "  %5lld  %s / %s\n", (long long)fq_json_int(l, "count", 0), fq_json_str(l, "zh"),
              fq_json_str(l, "en"));
}

void fq_print_projection(FILE *out, const char *list, const fq_json *value) {
  if (!list)
    summary(out, value);
  else if (!strcmp(list, "incidents"))
    incident(out, value);
  else if (!strcmp(list, "clocks"))
    clock(out, value, "was", "now");
  else if (!strcmp(list, "history"))
    clock(out, value, "history", "was");
  else if (!strcmp(list, "townships"))
    township(out, value);
  else if (!strcmp(list, "officers"))
    officer(out, value);
  else if (!strcmp(list, "failures"))
    fprintf(out, "✗ %s\n  %s\n", fq_json_str(value, "zh"), fq_json_str(value, "en"));
}
