/*
 * Option tables as people read them: what a value should be, the reference, the sample configuration.
 * Must not parse values. Any thread.
 */
#include "plugin/options.h"

#include <inttypes.h>
#include <string.h>

static void bound(const struct fq_option *o, double v, char *out, size_t cap) {
  if (o->type == FQ_O_DURATION)
    fq_duration_format((int64_t)v, out, cap);
  else if (o->type == FQ_O_SIZE)
    fq_size_format((int64_t)v, out, cap);
  else
    snprintf(out, cap, "%.15g", v);
}

void fq_option_expect(const struct fq_option *o, char *zh, size_t zh_cap, char *en, size_t en_cap) {
  char lo[32], hi[32];
  bound(o, o->min, lo, sizeof lo);
  bound(o, o->max, hi, sizeof hi);
  bool bounded = o->min != 0 || o->max != 0;
  switch (o->type) {
  case FQ_O_BOOL:
    snprintf(zh, zh_cap, "true 或 false");
    snprintf(en, en_cap, "true or false");
    return;
  case FQ_O_STRING:
    if (bounded) {
      snprintf(zh, zh_cap, "%s 到 %s 个字符的文本(至多 %zu 字节)", lo, hi, o->cap_bytes - 1);
      snprintf(en, en_cap, "text of %s to %s characters (at most %zu bytes)", lo, hi, o->cap_bytes - 1);
    } else {
      snprintf(zh, zh_cap, "至多 %zu 字节的文本", o->cap_bytes - 1);
      snprintf(en, en_cap, "text of at most %zu bytes", o->cap_bytes - 1);
    }
    return;
  case FQ_O_INT:
    snprintf(zh, zh_cap, "整数");
    snprintf(en, en_cap, "a whole number");
    break;
  case FQ_O_NUMBER:
    snprintf(zh, zh_cap, "数");
    snprintf(en, en_cap, "a number");
    break;
  case FQ_O_DURATION:
    snprintf(zh, zh_cap, "带单位的时长,如 \"30 s\"(ms、s、min、h、d)");
    snprintf(en, en_cap, "a duration with its unit, such as \"30 s\" (ms, s, min, h, d)");
    break;
  case FQ_O_SIZE:
    snprintf(zh, zh_cap, "大小,如 \"64 KiB\"(B、KiB、MiB、GiB)");
    snprintf(en, en_cap, "a size, such as \"64 KiB\" (B, KiB, MiB, GiB)");
    break;
  }
  if (!bounded) return;
  size_t z = strlen(zh), n = strlen(en);
  snprintf(zh + z, zh_cap - z, ",在 %s 与 %s 之间", lo, hi);
  snprintf(en + n, en_cap - n, ", from %s to %s", lo, hi);
}

/* The default as it would be written in the file. */
static void fallback(const struct fq_option *o, char *out, size_t cap) {
  bool quoted = o->type == FQ_O_STRING || o->type == FQ_O_DURATION || o->type == FQ_O_SIZE;
  const char *none = o->type == FQ_O_BOOL ? "false" : quoted ? "" : "0";
  const char *text = o->fallback && !o->secret ? o->fallback : none;
  snprintf(out, cap, quoted ? "\"%s\"" : "%s", text);
}

static const char *marks_zh(const struct fq_option *o) {
  if (o->secret) return o->reloadable ? "(机密,可热加载)" : "(机密)";
  return o->reloadable ? "(可热加载)" : "";
}

static const char *marks_en(const struct fq_option *o) {
  if (o->secret) return o->reloadable ? " (secret, reloadable)" : " (secret)";
  return o->reloadable ? " (reloadable)" : "";
}

void fq_options_text(FILE *out, const char *plugin, const struct fq_option *table) {
  for (const struct fq_option *o = table; o && o->name; o++) {
    char zh[160], en[160], value[128];
    fq_option_expect(o, zh, sizeof zh, en, sizeof en);
    fallback(o, value, sizeof value);
    fprintf(out, "%s.%s = %s\n", plugin, o->name, value);
    fprintf(out, "    %s%s。应为%s\n", o->zh, marks_zh(o), zh);
    fprintf(out, "    %s%s; %s\n", o->en, marks_en(o), en);
  }
}

/* A bar would end the cell. */
static void cell(FILE *out, const char *s) {
  for (; *s; s++) {
    if (*s == '|') fputc('\\', out);
    fputc(*s == '\n' ? ' ' : *s, out);
  }
}

void fq_options_markdown(FILE *out, const char *plugin, const char *title, const struct fq_option *table) {
  fprintf(out, "## %s", plugin);
  if (title) fprintf(out, " · %s", title);
  fprintf(out, "\n\n| 选项 Option | 默认 Default | 应为 Expected | 说明 Help |\n|---|---|---|---|\n");
  for (const struct fq_option *o = table; o && o->name; o++) {
    char zh[160], en[160], value[128];
    fq_option_expect(o, zh, sizeof zh, en, sizeof en);
    fallback(o, value, sizeof value);
    fprintf(out, "| `%s.%s` | `", plugin, o->name);
    cell(out, value);
    fputs("` | ", out);
    cell(out, zh);
    fputs("<br>", out);
    cell(out, en);
    fputs(" | ", out);
    cell(out, o->zh);
    fputs(marks_zh(o), out);
    fputs("<br>", out);
    cell(out, o->en);
    fputs(marks_en(o), out);
    fputs(" |\n", out);
  }
  fputc('\n', out);
}

void fq_options_sample(FILE *out, const char *plugin, const struct fq_option *table) {
  fprintf(out, "%s = {\n", plugin);
  for (const struct fq_option *o = table; o && o->name; o++) {
    char value[128];
    fallback(o, value, sizeof value);
    fprintf(out, "  -- %s%s\n  -- %s%s\n  -- %s = %s,\n", o->zh, marks_zh(o), o->en, marks_en(o), o->name,
            value);
  }
  fprintf(out, "}\n");
}
