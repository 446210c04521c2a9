/*
 * Checks configured values against option tables and fills plugins' structs.
 * Must not know Lua, files or any particular plugin.
 * Kernel thread, before init.
 */
#include "plugin/options.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "policy/suggest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A value on its way into a struct. */
struct value {
  int64_t whole;
  double number;
  bool flag;
  const char *text;
};

static bool within(const struct fq_option *o, double v) {
  return (o->min == 0 && o->max == 0) || (v >= o->min && v <= o->max);
}

static bool in_bounds(const struct fq_option *o, const struct value *v) {
  switch (o->type) {
  case FQ_O_BOOL:
    return true;
  case FQ_O_NUMBER:
    return within(o, v->number);
  case FQ_O_STRING:
    return strlen(v->text) < o->cap_bytes && within(o, (double)fq_utf8_length(v->text));
  case FQ_O_INT:
  case FQ_O_DURATION:
  case FQ_O_SIZE:
    return within(o, (double)v->whole);
  }
  return false;
}

static void store(const struct fq_option *o, const struct value *v, void *self) {
  char *at = (char *)self + o->offset;
  switch (o->type) {
  case FQ_O_BOOL:
    memcpy(at, &v->flag, sizeof v->flag);
    break;
  case FQ_O_NUMBER:
    memcpy(at, &v->number, sizeof v->number);
    break;
  case FQ_O_STRING:
    memset(at, 0, o->cap_bytes);
    memcpy(at, v->text, strlen(v->text));
    break;
  case FQ_O_INT:
  case FQ_O_DURATION:
  case FQ_O_SIZE:
    memcpy(at, &v->whole, sizeof v->whole);
    break;
  }
}

/* A default, from its text. NULL: zero, false or "". */
static bool from_text(const struct fq_option *o, const char *text, struct value *v) {
  memset(v, 0, sizeof *v);
  v->text = text ? text : "";
  if (!text || o->type == FQ_O_STRING) return true;
  char *end;
  switch (o->type) {
  case FQ_O_BOOL:
    v->flag = strcmp(text, "true") == 0;
    return v->flag || strcmp(text, "false") == 0;
  case FQ_O_INT:
    v->whole = strtoll(text, &end, 10);
    return *text && !*end;
  case FQ_O_NUMBER:
    v->number = strtod(text, &end);
    return *text && !*end && isfinite(v->number);
  case FQ_O_DURATION:
    return fq_duration_parse(text, &v->whole);
  case FQ_O_SIZE:
    return fq_size_parse(text, &v->whole);
  case FQ_O_STRING:
    break;
  }
  return false;
}

/* A configured value. A duration is always written with its unit; a size may be a number of bytes. */
static bool from_json(const struct fq_option *o, const fq_json *j, struct value *v) {
  memset(v, 0, sizeof *v);
  enum fq_json_type t = fq_json_type(j);
  if (t == FQ_JSON_STRING) v->text = fq_json_as_str(j);
  bool whole = fq_json_is_int(j);
  v->whole = fq_json_as_int(j, 0);
  v->number = fq_json_as_num(j, 0);
  switch (o->type) {
  case FQ_O_BOOL:
    v->flag = fq_json_as_bool(j);
    return t == FQ_JSON_BOOL;
  case FQ_O_INT:
    return whole;
  case FQ_O_NUMBER:
    return t == FQ_JSON_NUMBER && isfinite(v->number);
  case FQ_O_STRING:
    return t == FQ_JSON_STRING;
  case FQ_O_DURATION:
    return t == FQ_JSON_STRING ? fq_duration_parse(v->text, &v->whole) : whole && v->whole == 0;
  case FQ_O_SIZE:
    return t == FQ_JSON_STRING ? fq_size_parse(v->text, &v->whole) : whole && v->whole >= 0;
  }
  return false;
}

static int line_of(const struct fq_option_source *s, const char *path) {
  return s && s->line ? s->line(s->ctx, path) : 0;
}

static const char *file_of(const struct fq_option_source *s) {
  return s && s->file ? s->file : "";
}

/* How a wrong value reads in a message: short, on one line, and nothing at all for a secret. */
static void quote(const struct fq_option *o, const fq_json *j, char *out, size_t cap) {
  if (o->secret) {
    snprintf(out, cap, "***");
    return;
  }
  char *printed = fq_json_print(j);
  bool fits = strlen(printed) < cap;
  fq_copy(out, fits ? cap : cap - strlen("…"), printed);
  if (!fits) strcat(out, "…");
  free(printed);
}

static const struct fq_option *find(const struct fq_option *table, const char *name) {
  for (const struct fq_option *o = table; o && o->name; o++)
    if (strcmp(o->name, name) == 0) return o;
  return NULL;
}

static void unknown_name(const struct fq_option *table, const char *path, const char *name,
                         const struct fq_option_source *source, struct fq_problem_list *problems) {
  struct fq_suggest suggest;
  fq_suggest_start(&suggest, name);
  for (const struct fq_option *o = table; o && o->name; o++)
    fq_suggest_try(&suggest, o->name);
  const char *near = fq_suggest_best(&suggest);
  int line = line_of(source, path);
  if (near)
    fq_problem_add(problems, file_of(source), line, path, "没有这个选项,是不是想写 %s?",
                   "no such option; did you mean %s?", near);
  else if (table && table->name)
    fq_problem_add(problems, file_of(source), line, path, "没有这个选项", "no such option");
  else
    fq_problem_add(problems, file_of(source), line, path, "没有这个选项:它没有任何选项可设",
                   "no such option: there are none to set here");
}

size_t fq_options_parse(const struct fq_option *table, const char *plugin, const fq_json *values,
                        const struct fq_option_source *source, void *self, struct fq_problem_list *problems) {
  size_t before = problems->count;
  for (const struct fq_option *o = table; o && o->name; o++) {
    struct value v;
    if (from_text(o, o->fallback, &v)) store(o, &v, self);
  }
  if (!values || fq_json_type(values) == FQ_JSON_NULL) return 0;
  /* an empty Lua table is an array to whoever turns it into JSON */
  bool empty_table = fq_json_type(values) == FQ_JSON_ARRAY && fq_json_size(values) == 0;
  if (empty_table) return 0;
  if (fq_json_type(values) != FQ_JSON_OBJECT) {
    fq_problem_add(problems, file_of(source), line_of(source, plugin), plugin,
                   "应为一个表,例如 %s = { 选项 = 值 }", "expected a table, such as %s = { option = value }",
                   plugin);
    return 1;
  }
  fq_json_each(member, values) {
    const char *name = fq_json_name(member);
    char path[128];
    snprintf(path, sizeof path, "%s.%s", plugin, name);
    const struct fq_option *o = find(table, name);
    if (!o) {
      unknown_name(table, path, name, source, problems);
      continue;
    }
    struct value v;
    if (from_json(o, member, &v) && in_bounds(o, &v)) {
      store(o, &v, self);
      continue;
    }
    char zh[160], en[160], got[64];
    fq_option_expect(o, zh, sizeof zh, en, sizeof en);
    quote(o, member, got, sizeof got);
    size_t at = problems->count;
    fq_problem_add(problems, file_of(source), line_of(source, path), path, "%s 不行:应为",
                   "%s will not do: expected ", got);
    struct fq_problem *p = &problems->items[at];
    strncat(p->zh, zh, sizeof p->zh - strlen(p->zh) - 1);
    strncat(p->en, en, sizeof p->en - strlen(p->en) - 1);
  }
  return problems->count - before;
}

size_t fq_options_reload(const struct fq_option *table, const char *plugin, const fq_json *values,
                         const struct fq_option_source *source, void *self, size_t self_bytes,
                         struct fq_problem_list *problems, struct fq_problem_list *waiting) {
  char *fresh = fq_alloc(self_bytes ? self_bytes : 1);
  size_t mistakes = fq_options_parse(table, plugin, values, source, fresh, problems);
  for (const struct fq_option *o = table; !mistakes && o && o->name; o++) {
    char *now = (char *)self + o->offset;
    if (memcmp(now, fresh + o->offset, o->cap_bytes) == 0) continue;
    if (o->reloadable) {
      memcpy(now, fresh + o->offset, o->cap_bytes);
      continue;
    }
    char path[128];
    snprintf(path, sizeof path, "%s.%s", plugin, o->name);
    fq_problem_add(waiting, file_of(source), line_of(source, path), path, "%s 改了,重启后生效",
                   "%s has changed; it takes effect after a restart", o->name);
  }
  free(fresh);
  return mistakes;
}

size_t fq_options_sections(const fq_json *config, const char *const *known, size_t count,
                           const struct fq_option_source *source, struct fq_problem_list *problems) {
  size_t before = problems->count;
  if (!config || fq_json_type(config) != FQ_JSON_OBJECT) return 0;
  fq_json_each(member, config) {
    const char *name = fq_json_name(member);
    bool found = false;
    struct fq_suggest suggest;
    fq_suggest_start(&suggest, name);
    for (size_t i = 0; i < count && !found; i++) {
      found = strcmp(known[i], name) == 0;
      fq_suggest_try(&suggest, known[i]);
    }
    if (found) continue;
    const char *near = fq_suggest_best(&suggest);
    if (near)
      fq_problem_add(problems, file_of(source), line_of(source, name), name, "没有这一节,是不是想写 %s?",
                     "no such section; did you mean %s?", near);
    else
      fq_problem_add(problems, file_of(source), line_of(source, name), name,
                     "没有这一节:没有叫这个名字的已启用插件",
                     "no such section: no plugin in use has this name");
  }
  return problems->count - before;
}

static bool name_ok(const char *s) {
  size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789_");
  return n > 0 && n < 48 && !s[n] && s[0] >= 'a' && s[0] <= 'z';
}

static bool room_ok(const struct fq_option *o) {
  switch (o->type) {
  case FQ_O_BOOL:
    return o->cap_bytes == sizeof(bool);
  case FQ_O_NUMBER:
    return o->cap_bytes == sizeof(double);
  case FQ_O_STRING:
    return o->cap_bytes >= 2;
  case FQ_O_INT:
  case FQ_O_DURATION:
  case FQ_O_SIZE:
    return o->cap_bytes == sizeof(int64_t);
  }
  return false;
}

enum fq_status fq_options_check(const struct fq_option *table, size_t self_bytes, struct fq_error *e) {
  for (const struct fq_option *o = table; o && o->name; o++) {
    struct value v;
    if (!name_ok(o->name))
      return fq_fail(e, FQ_E_PARAMS, "plugin.option", o->name,
                     "选项名 \"%s\" 不合规:应为小写字母、数字、下划线",
                     "option name \"%s\" is not lower-case letters, digits and underscores", o->name);
    if (find(table, o->name) != o)
      return fq_fail(e, FQ_E_PARAMS, "plugin.option", o->name, "选项 %s 声明了两次",
                     "option %s is declared twice", o->name);
    if ((int)o->type < FQ_O_INT || o->type > FQ_O_SIZE)
      return fq_fail(e, FQ_E_PARAMS, "plugin.option", o->name, "选项 %s 的类型 %d 不存在",
                     "option %s has type %d, which does not exist", o->name, (int)o->type);
    if (!room_ok(o))
      return fq_fail(
          e, FQ_E_PARAMS, "plugin.option", o->name,
          "选项 %s 的成员占 %zu 字节,与类型不符(应为 int64_t、double、bool 或 char[])",
          "option %s has a member of %zu bytes, which is not the int64_t, double, bool or char[] its type "
          "wants",
          o->name, o->cap_bytes);
    if (o->offset > self_bytes || o->cap_bytes > self_bytes - o->offset)
      return fq_fail(e, FQ_E_PARAMS, "plugin.option", o->name, "选项 %s 落在插件状态(self_bytes = %zu)之外",
                     "option %s lies outside the plugin's state (self_bytes = %zu)", o->name, self_bytes);
    if (o->min > o->max)
      return fq_fail(e, FQ_E_PARAMS, "plugin.option", o->name, "选项 %s 的下限大于上限",
                     "option %s has min above max", o->name);
    if (!o->zh || !o->en)
      return fq_fail(e, FQ_E_PARAMS, "plugin.option", o->name, "选项 %s 缺少说明(zh、en)",
                     "option %s lacks its help (zh, en)", o->name);
    if (!from_text(o, o->fallback, &v) || (o->fallback && !in_bounds(o, &v)))
      return fq_fail(e, FQ_E_PARAMS, "plugin.option", o->name,
                     "选项 %s 的默认值 \"%s\" 不合它自己的类型或范围",
                     "option %s has the default \"%s\", which breaks its own type or bounds", o->name,
                     o->secret ? "***" : o->fallback);
  }
  return FQ_OK;
}
