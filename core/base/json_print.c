/*
 * Values as text: what cJSON prints, byte for byte, without printf for what nearly all of it is, strings and
 * whole numbers. A report prints a hundred and fifty numbers; each cost cJSON a printf, and a scanf to see
 * whether it had been right. Any thread.
 */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

#define WHOLE 1e15 /* below it a whole number is its digits, and nothing else */

struct out {
  char *at, *end;
  bool full; /* or something that only cJSON can print */
};

static void put(struct out *o, const char *bytes, size_t n) {
  if (o->full || (size_t)(o->end - o->at) < n) {
    o->full = true;
    return;
  }
  memcpy(o->at, bytes, n);
  o->at += n;
}

static void put_number(struct out *o, const cJSON *v) {
  double d = v->valuedouble;
  char text[64], *p = text + sizeof text;
  if (floor(d) != d || fabs(d) >= WHOLE || (d == 0 && signbit(d))) {
    o->full |= !cJSON_PrintPreallocated((cJSON *)(uintptr_t)v, text, sizeof text, 0);
    put(o, text, strlen(text));
    return;
  }
  uint64_t n = (uint64_t)fabs(d);
  do
    *--p = (char)('0' + n % 10);
  while (n /= 10);
  if (d < 0) *--p = '-';
  put(o, p, (size_t)(text + sizeof text - p));
}

static void put_string(struct out *o, const char *s) {
  static const char marks[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
  put(o, "\"", 1);
  for (const char *p = s ? s : ""; *p;) {
    const char *from = p;
    while ((unsigned char)*p >= 0x20 && *p != '"' && *p != '\\')
      p++;
    put(o, from, (size_t)(p - from));
    if (!*p) break;
    const char *mark = strchr(marks, *p);
    static const char hex[] = "0123456789abcdef";
    if (mark)
      put(o, (char[]){'\\', letters[mark - marks]}, 2);
    else
      put(o, (char[]){'\\', 'u', '0', '0', hex[*p >> 4], hex[*p & 15]}, 6);
    p++;
  }
  put(o, "\"", 1);
}

static void put_value(struct out *o, const cJSON *v);

static void put_members(struct out *o, const cJSON *v, bool named) {
  put(o, named ? "{" : "[", 1);
  for (const cJSON *m = v->child; m; m = m->next) {
    if (m != v->child) put(o, ",", 1);
    if (named) {
      put_string(o, m->string);
      put(o, ":", 1);
    }
    put_value(o, m);
  }
  put(o, named ? "}" : "]", 1);
}

static void put_value(struct out *o, const cJSON *v) {
  if (cJSON_IsString(v))
    put_string(o, v->valuestring);
  else if (cJSON_IsNumber(v))
    put_number(o, v);
  else if (cJSON_IsObject(v) || cJSON_IsArray(v))
    put_members(o, v, cJSON_IsObject(v));
  else if (cJSON_IsTrue(v))
    put(o, "true", 4);
  else if (cJSON_IsFalse(v))
    put(o, "false", 5);
  else if (cJSON_IsNull(v))
    put(o, "null", 4);
  else
    o->full = true;
}

/* Printed into a buffer that is kept, then copied at its size. */
char *fq_json_print(const fq_json *v) {
  static _Thread_local char kept[16384];
  cJSON *value = (cJSON *)(uintptr_t)v;
  struct out o = {.at = kept, .end = kept + sizeof kept - 1};
  put_value(&o, value);
  *o.at = '\0';
  if (!o.full) return fq_strdup(kept);
  char *s = cJSON_PrintUnformatted(value);
  if (!s) abort();
  return s;
}
