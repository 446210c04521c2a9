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

/* n's digits, right-aligned so that they end at `end`. */
static char *digits(char *end, uint64_t n) {
  do
    *--end = (char)('0' + n % 10);
  while (n /= 10);
  return end;
}

/* Six decimals that say exactly this number, as shares and most places have: the fifteen digits of printf say
 * the same. */
static bool put_decimals(struct out *o, double d) {
  char text[64], *end = text + sizeof text;
  double a = fabs(d), millionths = round(a * 1e6);
  if (a < 1e-4 || a >= 1e6 || millionths / 1e6 != a) return false;
  uint64_t n = (uint64_t)millionths, fraction = n % 1000000;
  char *p = digits(end, 1000000 + fraction);
  *p = '.'; /* where the 1 was */
  while (end[-1] == '0')
    end--;
  p = digits(p, n / 1000000);
  if (d < 0) *--p = '-';
  put(o, p, (size_t)(end - p));
  return true;
}

static void put_number(struct out *o, const cJSON *v) {
  double d = v->valuedouble;
  char text[64];
  if (floor(d) == d && fabs(d) < WHOLE && !(d == 0 && signbit(d))) {
    char *p = digits(text + sizeof text, (uint64_t)fabs(d));
    if (d < 0) *--p = '-';
    put(o, p, (size_t)(text + sizeof text - p));
  } else if (!put_decimals(o, d)) {
    o->full |= !cJSON_PrintPreallocated((cJSON *)(uintptr_t)v, text, sizeof text, 0);
    if (!o->full) put(o, text, strlen(text));
  }
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
  if (!v) return fq_strdup("null"); /* a member that is not there */
  put_value(&o, value);
  *o.at = '\0';
  if (!o.full) return fq_strdup(kept);
  char *s = cJSON_PrintUnformatted(value);
  if (!s) abort();
  return s;
}
