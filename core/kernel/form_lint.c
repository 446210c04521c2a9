/* Is a form right, and is it good? See form.h. Any thread. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "kernel/form.h"

enum field_flag { HAS_OPTIONS = 1, HAS_BOUNDS = 2, HAS_UNIT = 4, TAPPED = 8, TYPED = 16, DECIDES = 32 };
static const struct {
  const char *name;
  unsigned flags;
} kinds[] = {{"tick", TAPPED | DECIDES},
             {"choice", HAS_OPTIONS | TAPPED | DECIDES},
             {"choices", HAS_OPTIONS | HAS_BOUNDS | TAPPED | DECIDES},
             {"number", HAS_BOUNDS | HAS_UNIT | TYPED},
             {"text", HAS_BOUNDS | TYPED},
             {"date", TYPED},
             {"photo", HAS_BOUNDS},
             {"place", 0}};

static int flags_of(const fq_json *field) {
  const char *kind = fq_json_str(field, "kind");
  for (size_t i = 0; kind && i < sizeof kinds / sizeof *kinds; i++)
    if (!strcmp(kinds[i].name, kind)) return (int)kinds[i].flags;
  return -1;
}

struct lint {
  fq_form_say say;
  void *arg;
  bool wrong;
};

static void FQ_PRINTF(4, 6) FQ_PRINTF(5, 6)
    wrong(struct lint *l, const char *code, const char *path, const char *zh, const char *en, ...) {
  char said_zh[320], said_en[320];
  va_list ap, again;
  va_start(ap, en);
  va_copy(again, ap);
  vsnprintf(said_zh, sizeof said_zh, zh, ap);
  vsnprintf(said_en, sizeof said_en, en, again);
  va_end(again);
  va_end(ap);
  l->wrong = true;
  l->say(l->arg, true, code, path, said_zh, said_en);
}

static void advise(struct lint *l, const char *code, const char *path, const char *zh, const char *en) {
  l->say(l->arg, false, code, path, zh, en);
}

/* 1..48 of a-z A-Z 0-9 _ -: it becomes a member's name and stands in paths. */
static bool id_ok(const char *id) {
  size_t len = id ? strlen(id) : 0;
  return len && len <= 48 &&
         strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == len;
}

static void check_members(struct lint *l, const fq_json *o, const char *path, const char *const *known) {
  fq_json_each(m, o) {
    bool found = false;
    for (size_t i = 0; known[i]; i++)
      found |= !strcmp(known[i], fq_json_name(m));
    if (found) continue;
    char at[160];
    snprintf(at, sizeof at, "%s%s%.60s", path, *path ? "." : "", fq_json_name(m));
    wrong(l, "form.member", at, "不认识的项", "unknown member");
  }
}

/* Chinese is needed; without English the page would show Chinese to whoever reads none. */
static void check_words(struct lint *l, const fq_json *o, const char *path) {
  const char *zh = fq_json_str(o, "zh"), *en = fq_json_str(o, "en");
  char at[160];
  snprintf(at, sizeof at, "%s%szh", path, *path ? "." : "");
  if (!zh || !*zh)
    wrong(l, "form.words", at, "缺少中文", "the Chinese words are missing");
  else if (strlen(zh) > 180)
    wrong(l, "form.words", at, "文字过长,最多 60 个字", "too long: at most 60 characters");
  snprintf(at, sizeof at, "%s%sen", path, *path ? "." : "");
  if (!en || !*en)
    advise(l, "form.language", at, "缺少英文,英文页面上将显示中文",
           "the English words are missing: pages in English will show the Chinese ones");
  else if (strlen(en) > 240)
    wrong(l, "form.words", at, "英文过长,最多 240 个字符", "too long: at most 240 characters");
}

static void check_options(struct lint *l, const fq_json *field, int flags, const char *path) {
  static const char *const known[] = {"value", "zh", "en", NULL};
  const fq_json *options = fq_json_get(field, "options");
  char at[160];
  snprintf(at, sizeof at, "%s.options", path);
  if (!(flags & HAS_OPTIONS)) {
    if (options) wrong(l, "form.options", at, "这种项没有选项", "this kind of field has no options");
    return;
  }
  size_t n = fq_json_type(options) == FQ_JSON_ARRAY ? fq_json_size(options) : 0;
  if (!options || !n) {
    wrong(l, "form.options", at, "至少要有一个选项", "at least one option is needed");
    return;
  }
  if (n > FQ_FORM_OPTIONS)
    wrong(l, "form.options", at, "选项最多 %d 个", "at most %d options", FQ_FORM_OPTIONS);
  int i = 0;
  fq_json_each(o, options) {
    const char *value = fq_json_str(o, "value");
    snprintf(at, sizeof at, "%s.options[%d]", path, i++);
    check_members(l, o, at, known);
    check_words(l, o, at);
    snprintf(at, sizeof at, "%s.options[%d].value", path, i - 1);
    if (!id_ok(value))
      wrong(l, "form.value", at, "应为 1 到 48 个字母、数字、_ 或 -",
            "expected 1 to 48 letters, digits, _ or -");
    else
      for (const fq_json *p = fq_json_first(options); p != o; p = fq_json_next(p))
        if (fq_json_str(p, "value") && !strcmp(fq_json_str(p, "value"), value))
          wrong(l, "form.value", at, "选项 %s 出现两次", "the option %s appears twice", value);
  }
}

static void check_bounds(struct lint *l, const fq_json *field, int flags, const char *path) {
  static const char *const names[] = {"min", "max"};
  char at[160];
  for (int i = 0; i < 2; i++) {
    const fq_json *v = fq_json_get(field, names[i]);
    snprintf(at, sizeof at, "%s.%s", path, names[i]);
    if (v && !(flags & HAS_BOUNDS))
      wrong(l, "form.bounds", at, "这种项没有上下限", "this kind of field has no bounds");
    else if (v && fq_json_type(v) != FQ_JSON_NUMBER)
      wrong(l, "form.bounds", at, "应为数", "expected a number");
  }
  double min = fq_json_num(field, "min", -INFINITY), max = fq_json_num(field, "max", INFINITY);
  if (min > max) wrong(l, "form.bounds", at, "下限大于上限", "the lower bound is above the upper one");
  snprintf(at, sizeof at, "%s.unit", path);
  if (fq_json_get(field, "unit") && (!(flags & HAS_UNIT) || !fq_json_str(field, "unit")))
    wrong(l, "form.unit", at, "只有数字有单位", "only numbers have a unit");
}

static bool can_be(const fq_json *field, const fq_json *value) {
  const char *kind = fq_json_str(field, "kind"), *text = fq_json_as_str(value);
  if (!strcmp(kind, "tick")) return fq_json_type(value) == FQ_JSON_BOOL;
  fq_json_each(o, fq_json_get(field, "options")) if (text && fq_json_str(o, "value") &&
                                                     !strcmp(fq_json_str(o, "value"), text)) return true;
  return false;
}

static const fq_json *field_named(const fq_json *fields, const char *id, const fq_json *before) {
  for (const fq_json *f = fq_json_first(fields); f && f != before; f = fq_json_next(f))
    if (fq_json_str(f, "id") && !strcmp(fq_json_str(f, "id"), id)) return f;
  return NULL;
}

/* A condition that can never hold hides a field for ever, and nobody would notice. */
static void check_when(struct lint *l, const fq_json *fields, const fq_json *field, const char *path) {
  static const char *const known[] = {"field", "is", NULL};
  const fq_json *when = fq_json_get(field, "when"), *is = fq_json_get(when, "is");
  const char *of = fq_json_str(when, "field");
  char at[160];
  if (!when) return;
  snprintf(at, sizeof at, "%s.when", path);
  check_members(l, when, at, known);
  if (!of || !is) {
    wrong(l, "form.when", at, "条件应为 { field, is }", "a condition is { field, is }");
    return;
  }
  const fq_json *other = field_named(fields, of, field);
  if (!other) {
    wrong(l, "form.unreachable", at, "前面没有项 %.48s,此项永远不会出现",
          "there is no field %.48s before it: this one would never be asked", of);
    return;
  }
  int flags = flags_of(other);
  if (flags < 0) return; /* said already */
  if (!(flags & DECIDES)) {
    wrong(l, "form.when", at, "条件只能取决于打勾或选择的项,%.48s 不是",
          "a condition looks at a field that is ticked or chosen; %.48s is not", of);
    return;
  }
  bool list = fq_json_type(is) == FQ_JSON_ARRAY, possible = !list && can_be(other, is);
  if (list) fq_json_each(v, is) possible |= can_be(other, v);
  if (!possible)
    wrong(l, "form.unreachable", at, "%.48s 不会有这个值,此项永远不会出现",
          "%.48s never has this value: this field would never be asked", of);
}

static void check_field(struct lint *l, const fq_json *fields, const fq_json *field, int index) {
  static const char *const known[] = {"id",   "kind", "zh",  "en",  "required", "options",
                                      "when", "unit", "min", "max", NULL};
  char path[64], at[160];
  snprintf(path, sizeof path, "fields[%d]", index);
  if (fq_json_type(field) != FQ_JSON_OBJECT) {
    wrong(l, "form.field", path, "应为一个项", "expected a field");
    return;
  }
  const char *id = fq_json_str(field, "id"), *kind = fq_json_str(field, "kind");
  int flags = flags_of(field);
  check_members(l, field, path, known);
  check_words(l, field, path);
  snprintf(at, sizeof at, "%s.id", path);
  if (!id_ok(id))
    wrong(l, "form.id", at, "应为 1 到 48 个字母、数字、_ 或 -", "expected 1 to 48 letters, digits, _ or -");
  else if (field_named(fields, id, field))
    wrong(l, "form.id", at, "项 %s 出现两次", "the field %s appears twice", id);
  snprintf(at, sizeof at, "%s.required", path);
  const fq_json *required = fq_json_get(field, "required");
  if (required && fq_json_type(required) != FQ_JSON_BOOL)
    wrong(l, "form.required", at, "应为 true 或 false", "expected true or false");
  snprintf(at, sizeof at, "%s.kind", path);
  if (flags < 0) {
    wrong(l, "form.kind", at, "没有这种项:%.24s", "there is no such kind of field: %.24s", kind ? kind : "-");
    return;
  }
  check_options(l, field, flags, path);
  check_bounds(l, field, flags, path);
  check_when(l, fields, field, path);
}

double fq_form_tick_ratio(const fq_json *fields) {
  double tapped = 0, typed = 0;
  fq_json_each(f, fields) {
    int flags = flags_of(f);
    if (flags < 0) continue;
    tapped += (flags & TAPPED) != 0;
    typed += (flags & TYPED) != 0;
  }
  return tapped + typed > 0 ? tapped / (tapped + typed) : 1;
}

bool fq_form_lint(const fq_json *form, fq_form_say say, void *arg) {
  static const char *const known[] = {"id", "category", "zh", "en", "fields", NULL};
  struct lint l = {say, arg, false};
  const fq_json *fields = fq_json_get(form, "fields"), *category = fq_json_get(form, "category");
  if (fq_json_type(form) != FQ_JSON_OBJECT) {
    wrong(&l, "form.shape", "", "应为一个表单", "expected a form");
    return false;
  }
  check_members(&l, form, "", known);
  if (!id_ok(fq_json_str(form, "id")))
    wrong(&l, "form.id", "id", "应为 1 到 48 个字母、数字、_ 或 -",
          "expected 1 to 48 letters, digits, _ or -");
  if (category && !id_ok(fq_json_as_str(category)))
    wrong(&l, "form.category", "category", "应为类别代码", "expected a category's code");
  check_words(&l, form, "");
  size_t n = fq_json_type(fields) == FQ_JSON_ARRAY ? fq_json_size(fields) : 0;
  if (!fields || !n)
    wrong(&l, "form.fields", "fields", "表单至少要有一项", "a form has at least one field");
  else if (n > FQ_FORM_FIELDS)
    wrong(&l, "form.fields", "fields", "表单最多 %d 项", "a form has at most %d fields", FQ_FORM_FIELDS);
  int i = 0;
  if (n && n <= FQ_FORM_FIELDS) fq_json_each(f, fields) check_field(&l, fields, f, i++);
  double ratio = fq_form_tick_ratio(fields);
  if (n && ratio < FQ_FORM_TICKS) {
    char zh[200], en[240];
    snprintf(zh, sizeof zh, "只有 %.0f%% 的项靠点选回答,宜在 80%% 以上:在雨里打字的人会少填", ratio * 100);
    snprintf(
        en, sizeof en,
        "only %.0f%% of the fields are answered by a tap, 80%% is good: who types in the rain fills in less",
        ratio * 100);
    advise(&l, "form.ticks", "fields", zh, en);
  }
  return !l.wrong;
}

/* -- which fields are asked */

static bool holds(const fq_json *answer, const fq_json *is) {
  if (fq_json_type(answer) == FQ_JSON_ARRAY) { /* several were chosen: one of them is enough */
    fq_json_each(v, answer) if (holds(v, is)) return true;
    return false;
  }
  if (fq_json_type(is) == FQ_JSON_ARRAY) {
    fq_json_each(v, is) if (holds(answer, v)) return true;
    return false;
  }
  return fq_json_equal(answer, is);
}

bool fq_form_asked(const fq_json *fields, const fq_json *field, const fq_json *values) {
  const fq_json *when = fq_json_get(field, "when");
  const char *of = fq_json_str(when, "field");
  if (!of) return true;
  const fq_json *other = field_named(fields, of, field);
  if (!other || !fq_form_asked(fields, other, values)) return false;
  const fq_json *answer = fq_json_get(values, of);
  /* A tick that was never touched is "no". */
  if (!answer && !strcmp(fq_json_str(other, "kind"), "tick")) {
    fq_json *no = fq_json_new_bool(false);
    bool asked = holds(no, fq_json_get(when, "is"));
    fq_json_free(no);
    return asked;
  }
  return answer && holds(answer, fq_json_get(when, "is"));
}
