/*
 * Parameters against their schema. Unknown members are refused: a typo that widens a request is worse than an
 * error. Pure; any thread.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "kernel/internal.h"

static const struct fq_param place_members[] = {
    {.name = "lon",
     .type = FQ_T_NUMBER,
     .required = true,
     .min = -180,
     .max = 180,
     .zh = "经度",
     .en = "longitude, degrees"},
    {.name = "lat",
     .type = FQ_T_NUMBER,
     .required = true,
     .min = -90,
     .max = 90,
     .zh = "纬度",
     .en = "latitude, degrees"},
    {.name = "acc", .type = FQ_T_NUMBER, .min = 0, .max = 1e6, .zh = "精度(米)", .en = "accuracy, metres"},
    {0}};

#define STRING_MAX 4000 /* characters, unless the schema says otherwise */
#define ARRAY_MAX  1000

static const char *const type_zh[] = {"",     "字符串", "标识", "整数", "数字", "布尔值",
                                      "时间", "位置",   "枚举", "对象", "数组", "任意值"};
static const char *const type_en[] = {"",
                                      "a string",
                                      "an id",
                                      "a whole number",
                                      "a number",
                                      "true or false",
                                      "a time (RFC 3339)",
                                      "a place {lon, lat}",
                                      "one of a list",
                                      "an object",
                                      "an array",
                                      "anything"};

/* Where a value stands; put into words only when something is wrong there. */
struct where {
  const struct where *above; /* NULL: the parameters themselves */
  const char *name;          /* NULL: an item of a list */
  int index;
};

static void in_words(const struct where *w, char out[160]) {
  char above[160];
  if (!w->above) {
    fq_copy(out, 160, "params");
    return;
  }
  in_words(w->above, above);
  /* Each is cut to its share between two characters: a name is whatever somebody sent. */
  char head[91], name[61];
  fq_copy(head, sizeof head, above);
  fq_copy(name, sizeof name, w->name);
  if (w->name)
    snprintf(out, 160, "%s.%s", head, name);
  else
    snprintf(out, 160, "%s[%d]", head, w->index);
}

/* Two languages name the type differently, so this cannot be one fq_fail(). */
static enum fq_status wrong_type(struct fq_error *e, const struct where *w, const struct fq_param *p) {
  char path[160];
  in_words(w, path);
  fq_fail(e, FQ_E_PARAMS, "params.type", path, "%s", "%s", path);
  if (e) {
    snprintf(e->zh, sizeof e->zh, "%s 应为%s%s%s", path, type_zh[p->type], p->values ? ":" : "",
             p->values ? p->values : "");
    snprintf(e->en, sizeof e->en, "%s: expected %s%s%s", path, type_en[p->type], p->values ? ": " : "",
             p->values ? p->values : "");
  }
  return FQ_E_PARAMS;
}

static enum fq_status out_of_range(struct fq_error *e, const struct where *w, const char *what_zh,
                                   const char *what_en, double min, double max) {
  char path[160];
  in_words(w, path);
  fq_fail(e, FQ_E_PARAMS, "params.range", path, "%s:应在 %.10g 与 %.10g 之间",
          "%s: expected between %.10g and %.10g", path, min, max);
  if (e) { /* in characters, in elements, or as a value: each language says it its own way */
    size_t zh = strlen(e->zh), en = strlen(e->en);
    snprintf(e->zh + zh, sizeof e->zh - zh, "(%s)", what_zh);
    snprintf(e->en + en, sizeof e->en - en, " (%s)", what_en);
  }
  return FQ_E_PARAMS;
}

bool fq_is_id(const char *s) {
  size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-:");
  return n > 0 && n < FQ_ID_MAX && s[n] == '\0';
}

static bool in_list(const char *list, const char *s) {
  size_t n = strcspn(s, " ");
  if (s[n]) return false; /* two neighbours of the list are not one of it */
  for (const char *p = list; n && (p = strstr(p, s)); p += n)
    if ((p == list || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0')) return true;
  return false;
}

static enum fq_status object(const struct fq_param *table, const fq_json *v, const struct where *w,
                             struct fq_error *e);

static enum fq_status value(const struct fq_param *p, const fq_json *v, const struct where *w,
                            struct fq_error *e) {
  bool bounded = p->min != 0 || p->max != 0;
  const char *s = fq_json_as_str(v);
  switch (p->type) {
  case FQ_T_STRING: {
    if (!s) return wrong_type(e, w, p);
    double n = (double)fq_utf8_length(s), max = bounded ? p->max : STRING_MAX;
    if (n < p->min || n > max) return out_of_range(e, w, "字符数", "characters", p->min, max);
    return FQ_OK;
  }
  case FQ_T_ID:
    return s && fq_is_id(s) ? FQ_OK : wrong_type(e, w, p);
  case FQ_T_TIME:
    return s && fq_time_parse(s) >= 0 ? FQ_OK : wrong_type(e, w, p);
  case FQ_T_ENUM:
    return s && in_list(p->values, s) ? FQ_OK : wrong_type(e, w, p);
  case FQ_T_BOOL:
    return fq_json_type(v) == FQ_JSON_BOOL ? FQ_OK : wrong_type(e, w, p);
  case FQ_T_INT:
    if (!fq_json_is_int(v)) return wrong_type(e, w, p);
    /* fall through */
  case FQ_T_NUMBER: {
    if (fq_json_type(v) != FQ_JSON_NUMBER) return wrong_type(e, w, p);
    double n = fq_json_as_num(v, NAN);
    if (!isfinite(n)) return wrong_type(e, w, p);
    if (bounded && (n < p->min || n > p->max)) return out_of_range(e, w, "数值", "value", p->min, p->max);
    return FQ_OK;
  }
  case FQ_T_PLACE:
    return fq_json_type(v) == FQ_JSON_OBJECT ? object(place_members, v, w, e) : wrong_type(e, w, p);
  case FQ_T_OBJECT:
    return fq_json_type(v) == FQ_JSON_OBJECT ? object(p->members, v, w, e) : wrong_type(e, w, p);
  case FQ_T_ARRAY: {
    if (fq_json_type(v) != FQ_JSON_ARRAY) return wrong_type(e, w, p);
    double n = (double)fq_json_size(v), max = bounded ? p->max : ARRAY_MAX;
    if (n < p->min || n > max) return out_of_range(e, w, "个数", "elements", p->min, max);
    int i = 0;
    fq_json_each(m, v) {
      struct where below = {.above = w, .index = i++};
      enum fq_status st = p->members ? value(&p->members[0], m, &below, e) : FQ_OK;
      if (st) return st;
    }
    return FQ_OK;
  }
  case FQ_T_ANY:
  case FQ_T_END:
    break;
  }
  return FQ_OK;
}

static enum fq_status object(const struct fq_param *table, const fq_json *v, const struct where *w,
                             struct fq_error *e) {
  char path[160];
  fq_json_each(m, v) {
    const struct fq_param *p = table;
    struct where below = {.above = w, .name = fq_json_name(m)};
    while (p && p->type && strcmp(p->name, below.name))
      p++;
    if (!p || !p->type) {
      in_words(&below, path);
      return fq_fail(e, FQ_E_PARAMS, "params.unknown", path, "不认识的参数 %s", "unknown member %s", path);
    }
    enum fq_status st = value(p, m, &below, e);
    if (st) return st;
  }
  for (const struct fq_param *p = table; p && p->type; p++)
    if (p->required && !fq_json_get(v, p->name)) {
      in_words(&(struct where){.above = w, .name = p->name}, path);
      return fq_fail(e, FQ_E_PARAMS, "params.missing", path, "缺少参数 %s(%s)", "missing member %s (%s)",
                     path, p->zh ? p->zh : p->name);
    }
  return FQ_OK;
}

enum fq_status fq_schema_check(const struct fq_param *table, const fq_json *params, struct fq_error *e) {
  if (fq_json_type(params) != FQ_JSON_OBJECT)
    return fq_fail(e, FQ_E_PARAMS, "params.type", "params", "params 应为对象", "params: expected an object");
  return object(table, params, &(struct where){.above = NULL}, e);
}

static fq_json *describe(const struct fq_param *p) {
  static const char *const names[] = {"",       "string", "string", "integer", "number", "boolean",
                                      "string", "object", "string", "object",  "array",  NULL};
  fq_json *o = p->type == FQ_T_OBJECT  ? fq_schema_describe(p->members)
               : p->type == FQ_T_PLACE ? fq_schema_describe(place_members)
                                       : fq_json_object();
  if (names[p->type] && p->type != FQ_T_OBJECT && p->type != FQ_T_PLACE)
    fq_json_set_str(o, "type", names[p->type]);
  bool text = p->type == FQ_T_STRING, list = p->type == FQ_T_ARRAY;
  if (p->min != 0 || p->max != 0) {
    fq_json_set_num(o, text ? "minLength" : list ? "minItems" : "minimum", p->min);
    fq_json_set_num(o, text ? "maxLength" : list ? "maxItems" : "maximum", p->max);
  }
  if (p->type == FQ_T_TIME) fq_json_set_str(o, "format", "date-time");
  if (p->type == FQ_T_ID) fq_json_set_str(o, "pattern", "^[A-Za-z0-9._:-]{1,63}$");
  if (p->type == FQ_T_ENUM) {
    fq_json *values = fq_json_array();
    char *copy = fq_strdup(p->values), *rest = copy, *word;
    while ((word = strsep(&rest, " ")))
      fq_json_push(values, fq_json_new_str(word));
    free(copy);
    fq_json_set(o, "enum", values);
  }
  if (list && p->members) fq_json_set(o, "items", describe(&p->members[0]));
  if (p->zh) fq_json_set_str(o, "title", p->zh);
  if (p->en) fq_json_set_str(o, "description", p->en);
  return o;
}

fq_json *fq_schema_describe(const struct fq_param *table) {
  fq_json *o = fq_json_object(), *members = fq_json_object(), *required = fq_json_array();
  fq_json_set_str(o, "type", "object");
  for (const struct fq_param *p = table; p && p->type; p++) {
    fq_json_set(members, p->name, describe(p));
    if (p->required) fq_json_push(required, fq_json_new_str(p->name));
  }
  fq_json_set(o, "properties", members);
  fq_json_set(o, "required", required);
  fq_json_set_bool(o, "additionalProperties", false);
  return o;
}
