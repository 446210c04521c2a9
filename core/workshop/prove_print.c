/* A proof for people: what is wrong, and the long lists when they are asked for (--list). See prove.h. */
#include <string.h>

#include "base/json.h"
#include "workshop/prove.h"

static const char *text(const fq_json *v, const char *name) {
  const char *s = fq_json_str(v, name);
  return s ? s : "";
}

static long long number(const fq_json *v, const char *name) {
  return (long long)fq_json_int(v, name, 0);
}

/* -- problems
 * -------------------------------------------------------------------------------------------------- */

static void where(FILE *out, const fq_json *v) {
  long long count = number(v, "villages_count");
  int told = 0;
  if (!count) return;
  fprintf(out, "    %lld 个村 / villages:", count);
  fq_json_each(one, fq_json_get(v, "villages")) {
    if (told++ == 5) break;
    fprintf(out, " %s", text(one, "name"));
  }
  fprintf(out, "%s;%s / %s\n", count > 5 ? " …" : "", text(v, "hours_zh"), text(v, "hours_en"));
}

static void problem(FILE *out, const fq_json *v) {
  const char *severity = text(v, "severity"), *path = fq_json_str(v, "path");
  const char *mark = !strcmp(severity, "error") ? "✗" : !strcmp(severity, "warning") ? "!" : "·";
  fprintf(out, "%s %s\n    %s\n", mark, text(v, "zh"), text(v, "en"));
  if (path && number(v, "line")) fprintf(out, "    %s:%lld\n", path, number(v, "line"));
  if (path && !number(v, "line")) fprintf(out, "    %s\n", path);
  where(out, fq_json_get(v, "where"));
}

/* -- villages: a line for each stretch of days that are alike
 * ------------------------------------------------------ */

static const char *const days_zh[] = {"一", "二", "三", "四", "五", "六", "日"};
static const char *const days_en[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

static void village(FILE *out, const fq_json *v) {
  const char *hours = text(v, "hours");
  fprintf(out, "%s %s %s\n", text(v, "org"), text(v, "name"), text(v, "township_name"));
  if (strlen(hours) != HOURS) return;
  for (int from = 0, to; from < 7; from = to) {
    for (to = from + 1; to < 7 && !strncmp(hours + from * 24, hours + to * 24, 24);)
      to++;
    const char *day = hours + (size_t)from * 24; /* six hours a word */
    fprintf(out, "    %.6s %.6s %.6s %.6s  周%s", day, day + 6, day + 12, day + 18, days_zh[from]);
    if (to > from + 1) fprintf(out, "至周%s", days_zh[to - 1]);
    fprintf(out, " %s", days_en[from]);
    if (to > from + 1) fprintf(out, "-%s", days_en[to - 1]);
    fputc('\n', out);
  }
}

/* -- coverage
 * -------------------------------------------------------------------------------------------------- */

static void list_of(FILE *out, const char *zh, const char *en, const fq_json *list) {
  fprintf(out, "  %s %s", zh, en);
  fq_json_each(m, list) {
    const char *s = fq_json_as_str(m);
    if (s)
      fprintf(out, " %s", s);
    else
      fprintf(out, " %lld", (long long)fq_json_as_int(m, 0));
  }
}

static void span(FILE *out, int64_t ms) {
  if (ms < HOUR_MS)
    fprintf(out, "%g min", (double)ms / 60000);
  else if (ms < 2 * DAY_MS)
    fprintf(out, "%g h", (double)ms / HOUR_MS);
  else
    fprintf(out, "%g d", (double)ms / DAY_MS);
}

static void limit(FILE *out, const fq_json *l) {
  const char *title = text(l, "title"), *calendar = text(l, "calendar");
  fprintf(out, "    时限 limit %s/%s%s%s  %s → %s  ", text(l, "policy"), text(l, "clock"), *title ? " " : "",
          title, text(l, "from"), text(l, "to"));
  if (fq_json_get(l, "limit_ms"))
    span(out, fq_json_int(l, "limit_ms", 0));
  else
    fprintf(out, "%lld d", number(l, "days"));
  fprintf(out, "%s%s\n", *calendar ? " 日历 calendar " : "", calendar);
}

static void covered(FILE *out, const fq_json *v) {
  const fq_json *owner = fq_json_get(v, "owner"), *ends = fq_json_get(v, "ends"),
                *last = fq_json_get(ends, "owner");
  fprintf(out, "%s %s  %s / %s", text(v, "village"), text(v, "name"), text(v, "hours_zh"),
          text(v, "hours_en"));
  list_of(out, "类别", "categories", fq_json_get(v, "categories"));
  list_of(out, "等级", "levels", fq_json_get(v, "levels"));
  fprintf(out, "\n    归 owner %s %s%s  %s\n", text(owner, "level"), text(owner, "name"),
          fq_json_bool(owner, "fallback", false) ? "(兜底 fallback)" : "",
          fq_json_bool(v, "sent", false) ? "派人 somebody is sent" : "不派人 nobody is sent");
  fq_json_each(l, fq_json_get(v, "limits")) limit(out, l);
  fprintf(out, "    无人处置 when nobody acts: %s %s ", text(last, "level"), text(last, "name"));
  span(out, fq_json_int(ends, "after_ms", 0));
  fprintf(out, "%s\n", fq_json_bool(ends, "round", false) ? "  来回转 goes round" : "");
}

/* -- rules
 * ----------------------------------------------------------------------------------------------------- */

static void rule(FILE *out, const fq_json *v) {
  bool ran = fq_json_bool(v, "ran", false);
  const fq_json *lines = fq_json_get(v, "lines_unreached");
  fprintf(out, "%s %s:%lld  %s  %s",
          !ran                  ? "!"
          : fq_json_size(lines) ? "·"
                                : "✓",
          text(v, "path"), number(v, "line"), text(v, "policy"), text(v, "kind"));
  if (!ran)
    fputs("  从未触发 never ran", out);
  else if (fq_json_size(lines))
    list_of(out, "从未运行的行", "lines that never ran:", lines);
  fputc('\n', out);
}

/* -- the whole
 * ------------------------------------------------------------------------------------------------- */

static void summary(FILE *out, const fq_json *v) {
  long long n[] = {number(v, "situations"), number(v, "classes"), number(v, "errors"), number(v, "warnings"),
                   number(v, "notes")};
  fprintf(out,
          "%s %lld 种情形、%lld 类,%lld 处错误、%lld 处警告、%lld 处提示 / %lld situations of %lld classes: "
          "%lld errors, %lld warnings, %lld notes (%lld ms)\n",
          fq_json_bool(v, "ok", false) ? "✓" : "✗", n[0], n[1], n[2], n[3], n[4], n[0], n[1], n[2], n[3],
          n[4], number(v, "ms"));
  if (!fq_json_bool(v, "played_all", true))
    fputs("  无人处置的推演太多,有的时段由别的时段代表 / too many ends to play each: some hours stand for "
          "others\n",
          out);
}

void prove_print(FILE *out, const char *list, const fq_json *value) {
  static const struct {
    const char *list;
    void (*print)(FILE *out, const fq_json *v);
  } rows[] = {{"problems", problem}, {"villages", village}, {"coverage", covered}, {"rules", rule}};
  if (!list) summary(out, value);
  for (size_t i = 0; list && i < sizeof rows / sizeof *rows; i++)
    if (!strcmp(list, rows[i].list)) rows[i].print(out, value);
}
