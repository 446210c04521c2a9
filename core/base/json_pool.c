/*
 * Values that live and die together, in a few large blocks: what is read by the hundred thousand and thrown
 * away by the batch. They are only looked at, never changed nor freed one by one. A library's node each,
 * freed on another thread than the one that made it, was a third of a replay. Any thread, one at a time.
 */
#include <cjson/cJSON.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

#define BLOCK_BYTES (256u << 10)

struct block {
  struct block *next;
  size_t cap;
  char bytes[];
};

struct fq_json_pool {
  struct block *first, *at;
  size_t used; /* of `at` */
};

struct fq_json_pool *fq_json_pool_new(void) {
  return fq_alloc(sizeof(struct fq_json_pool));
}

void fq_json_pool_reset(struct fq_json_pool *p) {
  p->at = p->first;
  p->used = 0;
}

void fq_json_pool_free(struct fq_json_pool *p) {
  if (!p) return;
  for (struct block *b; (b = p->first); free(b))
    p->first = b->next;
  free(p);
}

/* A block after this one is from before the last reset, and may be too small for a very long text. */
static void more(struct fq_json_pool *p, size_t bytes) {
  struct block **next = p->at ? &p->at->next : &p->first;
  if (!*next || (*next)->cap < bytes) {
    size_t cap = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
    struct block *b = fq_realloc(NULL, sizeof *b + cap);
    *b = (struct block){.next = *next, .cap = cap};
    *next = b;
  }
  p->at = *next;
  p->used = 0;
}

static void *take(struct fq_json_pool *p, size_t bytes) {
  bytes = (bytes + 7) & ~(size_t)7;
  if (!p->at || p->at->cap - p->used < bytes) more(p, bytes);
  p->used += bytes;
  return p->at->bytes + p->used - bytes;
}

char *fq_json_pool_text(struct fq_json_pool *p, const char *s) {
  size_t len = strlen(s) + 1;
  return memcpy(take(p, len), s, len);
}

/* ---- building from text that has been checked ------------------------------------------------------------
 */

struct build {
  struct fq_json_pool *pool;
  const char *p;
};

static void blank(struct build *b) {
  while (*b->p == ' ' || *b->p == '\t' || *b->p == '\n' || *b->p == '\r')
    b->p++;
}

static unsigned hex4(const char *p) {
  unsigned v = 0;
  for (int i = 0; i < 4; i++)
    v = v * 16 + (unsigned)(p[i] <= '9' ? p[i] - '0' : (p[i] | 32) - 'a' + 10);
  return v;
}

static char *put_utf8(char *to, unsigned v) {
  if (v < 0x80) return *to = (char)v, to + 1;
  int n = v < 0x800 ? 2 : v < 0x10000 ? 3 : 4;
  static const unsigned lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
  for (int i = n - 1; i > 0; i--, v >>= 6)
    to[i] = (char)(0x80 | (v & 0x3F));
  *to = (char)(lead[n] | v);
  return to + n;
}

/* p stands behind the backslash. */
static char *unescape(struct build *b, char *to) {
  static const char names[] = "bfnrt", meant[] = "\b\f\n\r\t";
  char c = *b->p++;
  if (c == 'u') {
    unsigned v = hex4(b->p);
    b->p += 4;
    if (v >= 0xD800 && v <= 0xDBFF) {
      v = 0x10000 + ((v - 0xD800) << 10) + (hex4(b->p + 2) - 0xDC00);
      b->p += 6;
    }
    return put_utf8(to, v);
  }
  const char *found = strchr(names, c);
  *to = found ? meant[found - names] : c;
  return to + 1;
}

static char *string(struct build *b) {
  const char *from = ++b->p, *end = from;
  while (*end != '"')
    end += *end == '\\' ? 2 : 1;
  char *out = take(b->pool, (size_t)(end - from) + 1), *to = out; /* escapes only ever shrink */
  while (b->p < end) {
    const char *escape = memchr(b->p, '\\', (size_t)(end - b->p)), *plain = escape ? escape : end;
    memcpy(to, b->p, (size_t)(plain - b->p));
    to += plain - b->p;
    b->p = plain;
    if (escape) b->p++, to = unescape(b, to);
  }
  *to = '\0';
  b->p = end + 1;
  return out;
}

/* The same double as the library's strtod: whole numbers of up to 15 digits are exact either way, but for
 * minus nought. */
static double number(struct build *b) {
  const char *p = b->p;
  int64_t v = 0;
  bool minus = *p == '-';
  p += minus;
  const char *digits = p;
  for (; *p >= '0' && *p <= '9' && p - digits < 16; p++)
    v = v * 10 + (*p - '0');
  if (p - digits > 15 || *p == '.' || (*p | 32) == 'e' || (minus && !v)) {
    char *end;
    double d = strtod(b->p, &end);
    b->p = end;
    return d;
  }
  b->p = p;
  return (double)(minus ? -v : v);
}

static void value(struct build *b, cJSON *v);

static void members(struct build *b, cJSON *v, char close) {
  cJSON *last = NULL;
  b->p++;
  for (blank(b); *b->p != close; blank(b)) {
    cJSON *m = take(b->pool, sizeof *m);
    memset(m, 0, sizeof *m);
    if (*b->p == ',') b->p++, blank(b);
    if (close == '}') {
      m->string = string(b);
      blank(b);
      b->p++;
    }
    value(b, m);
    if (last)
      last->next = m, m->prev = last;
    else
      v->child = m;
    last = m;
  }
  if (last) v->child->prev = last; /* the library's way to the end */
  b->p++;
}

static void value(struct build *b, cJSON *v) {
  blank(b);
  switch (*b->p) {
  case '{':
    v->type = cJSON_Object;
    members(b, v, '}');
    break;
  case '[':
    v->type = cJSON_Array;
    members(b, v, ']');
    break;
  case '"':
    v->type = cJSON_String;
    v->valuestring = string(b);
    break;
  case 't':
    v->type = cJSON_True;
    v->valueint = 1;
    b->p += strlen("true");
    break;
  case 'f':
    v->type = cJSON_False;
    b->p += strlen("false");
    break;
  case 'n':
    v->type = cJSON_NULL;
    b->p += strlen("null");
    break;
  default:
    v->type = cJSON_Number;
    v->valuedouble = number(b);
    v->valueint = v->valuedouble >= INT_MAX           ? INT_MAX
                  : v->valuedouble <= (double)INT_MIN ? INT_MIN
                                                      : (int)v->valuedouble;
  }
}

const fq_json *fq_json_parse_into(struct fq_json_pool *pool, const char *text, size_t len,
                                  struct fq_error *e) {
  if (!fq_json_strict(text, len, e)) return NULL;
  struct build b = {pool, text};
  cJSON *v = take(pool, sizeof *v);
  memset(v, 0, sizeof *v);
  value(&b, v);
  return (const fq_json *)v;
}
