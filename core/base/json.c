/*
 * JSON values over cJSON, which is included here, in json_pool.c and in json_print.c and nowhere else. Any
 * thread; a value belongs to one thread at a time.
 */
#include "base/json.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"

#define EXACT 9007199254740992.0 /* 2^53: beyond it a double skips whole numbers */
#define MANY  16                 /* members above which duplicate names are looked for with a map */

static cJSON *raw(const fq_json *v) {
  return (cJSON *)(uintptr_t)v;
}
static fq_json *wrap(cJSON *v) {
  if (!v) abort(); /* cJSON returns NULL only when memory is gone */
  return (fq_json *)v;
}

fq_json *fq_json_object(void) {
  return wrap(cJSON_CreateObject());
}
fq_json *fq_json_array(void) {
  return wrap(cJSON_CreateArray());
}
fq_json *fq_json_new_str(const char *s) {
  return wrap(s ? cJSON_CreateString(s) : cJSON_CreateNull());
}
fq_json *fq_json_new_int(int64_t v) {
  return wrap(cJSON_CreateNumber((double)v));
}
fq_json *fq_json_new_num(double v) {
  return wrap(isfinite(v) ? cJSON_CreateNumber(v) : cJSON_CreateNull());
}
fq_json *fq_json_new_bool(bool v) {
  return wrap(cJSON_CreateBool(v));
}
fq_json *fq_json_new_null(void) {
  return wrap(cJSON_CreateNull());
}
fq_json *fq_json_dup(const fq_json *v) {
  return v ? wrap(cJSON_Duplicate(raw(v), 1)) : NULL;
}
void fq_json_free(fq_json *v) {
  cJSON_Delete(raw(v));
}

/* The name of a member that appears twice somewhere below v, or NULL. */
static const char *duplicate(const cJSON *v) {
  const char *found = NULL;
  if (cJSON_IsObject(v)) {
    int n = 0;
    for (const cJSON *m = v->child; m; m = m->next)
      n++;
    if (n > MANY) {
      struct fq_map *seen = NULL;
      for (const cJSON *m = v->child; m && !found; m = m->next)
        if (fq_map_put(&seen, m->string, (void *)m)) found = m->string;
      fq_map_clear(&seen, NULL);
    } else {
      for (const cJSON *m = v->child; m && !found; m = m->next)
        for (const cJSON *o = m->next; o && !found; o = o->next)
          if (!strcmp(m->string, o->string)) found = m->string;
    }
  }
  for (const cJSON *m = v->child; m && !found; m = m->next)
    found = duplicate(m);
  return found;
}

bool fq_json_strict(const char *text, size_t len, struct fq_error *e) {
  size_t at;
  const char *zh, *why = fq_json_check(text, len, &at, &zh);
  if (why)
    fq_fail(e, FQ_E_PARSE, "json.syntax", "", "第 %zu 字节：%s%.0s", "byte %zu: %.0s%s", at + 1, zh, why);
  return !why;
}

fq_json *fq_json_parse(const char *text, size_t len, struct fq_error *e) {
  if (!fq_json_strict(text, len, e)) return NULL;
  cJSON *v = cJSON_ParseWithLength(text, len);
  if (!v) {
    fq_fail(e, FQ_E_PARSE, "json.syntax", "", "不是有效的 JSON", "not valid JSON");
    return NULL;
  }
  const char *twice = duplicate(v);
  if (twice) {
    fq_fail(e, FQ_E_PARSE, "json.duplicate", twice, "成员 %s 出现两次", "member %s appears twice", twice);
    cJSON_Delete(v);
    return NULL;
  }
  return wrap(v);
}

enum fq_json_type fq_json_type(const fq_json *v) {
  if (!v || cJSON_IsNull(raw(v))) return FQ_JSON_NULL;
  if (cJSON_IsBool(raw(v))) return FQ_JSON_BOOL;
  if (cJSON_IsNumber(raw(v))) return FQ_JSON_NUMBER;
  if (cJSON_IsString(raw(v))) return FQ_JSON_STRING;
  return cJSON_IsArray(raw(v)) ? FQ_JSON_ARRAY : FQ_JSON_OBJECT;
}

/* A report looks up two thousand members: nearly all differ in their first byte, so few calls are made. */
static cJSON *find(const cJSON *o, const char *name) {
  for (cJSON *m = o && name ? o->child : NULL; m; m = m->next)
    if (m->string && m->string[0] == name[0] && !strcmp(m->string, name)) return m;
  return NULL;
}

const fq_json *fq_json_get(const fq_json *o, const char *name) {
  return (const fq_json *)find(raw(o), name);
}
fq_json *fq_json_edit(fq_json *o, const char *name) {
  return (fq_json *)find(raw(o), name);
}
const char *fq_json_as_str(const fq_json *v) {
  return cJSON_GetStringValue(raw(v));
}
double fq_json_as_num(const fq_json *v, double fallback) {
  return v && cJSON_IsNumber(raw(v)) ? raw(v)->valuedouble : fallback;
}
bool fq_json_is_int(const fq_json *v) {
  double d = fq_json_as_num(v, NAN);
  return isfinite(d) && d == floor(d) && fabs(d) <= EXACT;
}
int64_t fq_json_as_int(const fq_json *v, int64_t fallback) {
  return fq_json_is_int(v) ? (int64_t)raw(v)->valuedouble : fallback;
}
bool fq_json_as_bool(const fq_json *v) {
  return v && cJSON_IsTrue(raw(v));
}
const char *fq_json_str(const fq_json *o, const char *name) {
  return fq_json_as_str(fq_json_get(o, name));
}
int64_t fq_json_int(const fq_json *o, const char *name, int64_t fallback) {
  return fq_json_as_int(fq_json_get(o, name), fallback);
}
double fq_json_num(const fq_json *o, const char *name, double fallback) {
  return fq_json_as_num(fq_json_get(o, name), fallback);
}
bool fq_json_bool(const fq_json *o, const char *name, bool fallback) {
  const fq_json *v = fq_json_get(o, name);
  return fq_json_type(v) == FQ_JSON_BOOL ? cJSON_IsTrue(raw(v)) : fallback;
}

const char *fq_json_name(const fq_json *member) {
  return raw(member)->string;
}
size_t fq_json_size(const fq_json *v) {
  return v ? (size_t)cJSON_GetArraySize(raw(v)) : 0;
}
const fq_json *fq_json_first(const fq_json *v) {
  return v ? (const fq_json *)raw(v)->child : NULL;
}
const fq_json *fq_json_next(const fq_json *m) {
  return (const fq_json *)raw(m)->next;
}

void fq_json_set(fq_json *o, const char *name, fq_json *value) {
  cJSON *former = find(raw(o), name);
  if (former) cJSON_Delete(cJSON_DetachItemViaPointer(raw(o), former));
  if (!cJSON_AddItemToObject(raw(o), name, raw(value))) abort();
}
void fq_json_set_str(fq_json *o, const char *name, const char *s) {
  fq_json_set(o, name, fq_json_new_str(s));
}
void fq_json_set_int(fq_json *o, const char *name, int64_t v) {
  fq_json_set(o, name, fq_json_new_int(v));
}
void fq_json_set_num(fq_json *o, const char *name, double v) {
  fq_json_set(o, name, fq_json_new_num(v));
}
void fq_json_set_bool(fq_json *o, const char *name, bool v) {
  fq_json_set(o, name, fq_json_new_bool(v));
}
void fq_json_set_time(fq_json *o, const char *name, int64_t ms) {
  char text[32];
  fq_time_format(ms, text);
  fq_json_set_str(o, name, text);
}
void fq_json_push(fq_json *array, fq_json *value) {
  if (!cJSON_AddItemToArray(raw(array), raw(value))) abort();
}
void fq_json_settle(fq_json *v) {
  char text[64];
  for (cJSON *m = raw(v) ? raw(v)->child : NULL; m; m = m->next)
    fq_json_settle((fq_json *)m);
  if (!cJSON_IsNumber(raw(v)) || raw(v)->valuedouble == (double)raw(v)->valueint) return;
  if (cJSON_PrintPreallocated(raw(v), text, sizeof text, 0)) raw(v)->valuedouble = strtod(text, NULL);
}
bool fq_json_equal(const fq_json *a, const fq_json *b) {
  return cJSON_Compare(raw(a), raw(b), 1);
}
static bool identical(const cJSON *a, const cJSON *b) {
  if ((a->type & 0xff) != (b->type & 0xff)) return false;
  if (cJSON_IsString(a)) return !strcmp(a->valuestring, b->valuestring);
  if (cJSON_IsNumber(a)) return a->valuedouble == b->valuedouble;
  const cJSON *x = a->child, *y = b->child;
  for (; x && y; x = x->next, y = y->next)
    if (x->string ? !y->string || strcmp(x->string, y->string) || !identical(x, y) : !identical(x, y))
      return false;
  return !x && !y;
}
bool fq_json_identical(const fq_json *a, const fq_json *b) {
  return a && b ? identical(raw(a), raw(b)) : a == b;
}
void fq_json_remove(fq_json *o, const char *name) {
  cJSON_DeleteItemFromObjectCaseSensitive(raw(o), name);
}
fq_json *fq_json_detach(fq_json *o, const char *name) {
  return (fq_json *)cJSON_DetachItemFromObjectCaseSensitive(raw(o), name);
}

fq_json *fq_json_from_error(const struct fq_error *e) {
  fq_json *out = fq_json_object(), *data = fq_json_object();
  fq_json_set_int(out, "code", e->status);
  fq_json_set_str(out, "message", e->zh);
  fq_json_set_str(data, "code", e->code);
  fq_json_set_str(data, "message_zh", e->zh);
  fq_json_set_str(data, "message_en", e->en);
  if (e->path[0]) fq_json_set_str(data, "path", e->path);
  if (e->retry_after_ms) fq_json_set_int(data, "retry_after_ms", e->retry_after_ms);
  if (e->rev) fq_json_set_int(data, "rev", e->rev);
  fq_json_set(out, "data", data);
  return out;
}
