/*
 * A result's shape, as a method writes it ("{id, number: integer, rows: [{user, lon: number}], next?}"), read
 * into a JSON Schema: what pages and tests are told of an answer is what the source says of it. Any thread.
 *
 *   shape  = object | list | word          word   = any string text id time integer number boolean object
 * list object = "{" [member {"," member}] "}" member = name ["?"] [":" shape] | "..." list   = "[" [shape]
 * "]"
 *
 * "?" may be missing; "..." any other member; a member without a shape is any JSON. A trailing "?" after a
 * shape's word (string?) means that null may stand there, too.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "kernel/internal.h"

struct reader {
  const char *text, *at;
  const char *wrong; /* what was expected, once it is not there */
};

static void skip(struct reader *r) {
  while (*r->at == ' ')
    r->at++;
}
static bool take(struct reader *r, const char *token) {
  skip(r);
  size_t n = strlen(token);
  if (strncmp(r->at, token, n) != 0) return false;
  r->at += n;
  return true;
}
static void want(struct reader *r, const char *token) {
  if (!r->wrong && !take(r, token)) r->wrong = token;
}
static bool name(struct reader *r, char *out, size_t cap) {
  skip(r);
  size_t n = 0;
  while (isalnum((unsigned char)r->at[n]) || r->at[n] == '_')
    n++;
  if (!n || n >= cap) return false;
  memcpy(out, r->at, n);
  out[n] = '\0';
  r->at += n;
  return true;
}

static fq_json *shape(struct reader *r);

static fq_json *object(struct reader *r) {
  fq_json *o = fq_json_object(), *members = fq_json_object(), *required = fq_json_array();
  bool open = false;
  while (!r->wrong && !take(r, "}")) {
    char member[FQ_ID_MAX];
    if (take(r, "...")) {
      open = true;
    } else if (!name(r, member, sizeof member)) {
      r->wrong = "a member's name";
    } else {
      if (fq_json_get(members, member)) r->wrong = "each member once";
      if (!take(r, "?")) fq_json_push(required, fq_json_new_str(member));
      fq_json_set(members, member, take(r, ":") ? shape(r) : fq_json_object());
    }
    skip(r);
    if (*r->at != '}') want(r, ",");
  }
  fq_json_set_str(o, "type", "object");
  fq_json_set(o, "properties", members);
  fq_json_set(o, "required", required);
  if (!open) fq_json_set_bool(o, "additionalProperties", false);
  return o;
}

static fq_json *list(struct reader *r) {
  fq_json *o = fq_json_object();
  fq_json_set_str(o, "type", "array");
  if (take(r, "]")) return o;
  fq_json_set(o, "items", shape(r));
  want(r, "]");
  return o;
}

static fq_json *word(struct reader *r) {
  static const struct {
    const char *word, *type, *format;
  } words[] = {{"any", NULL, NULL},        {"string", "string", NULL},      {"text", "string", NULL},
               {"id", "string", NULL},     {"time", "string", "date-time"}, {"integer", "integer", NULL},
               {"number", "number", NULL}, {"boolean", "boolean", NULL},    {"object", "object", NULL},
               {"list", "array", NULL}};
  fq_json *o = fq_json_object();
  char said[32];
  if (!name(r, said, sizeof said)) {
    r->wrong = "a shape";
    return o;
  }
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    if (strcmp(words[i].word, said) != 0) continue;
    bool nullable = take(r, "?");
    if (words[i].type && nullable) {
      fq_json *both = fq_json_array();
      fq_json_push(both, fq_json_new_str(words[i].type));
      fq_json_push(both, fq_json_new_str("null"));
      fq_json_set(o, "type", both);
    } else if (words[i].type) {
      fq_json_set_str(o, "type", words[i].type);
    }
    if (words[i].format) fq_json_set_str(o, "format", words[i].format);
    return o;
  }
  r->wrong = "any string text id time integer number boolean object list";
  return o;
}

static fq_json *shape(struct reader *r) {
  if (r->wrong) return fq_json_object();
  return take(r, "{") ? object(r) : take(r, "[") ? list(r) : word(r);
}

fq_json *fq_shape_schema(const char *text, bool command, struct fq_error *e) {
  struct reader r = {.text = text, .at = text};
  fq_json *o = shape(&r);
  skip(&r);
  if (!r.wrong && *r.at) r.wrong = "the end";
  if (r.wrong) {
    fq_fail(e, FQ_E_PARAMS, "shape", "result", "第 %d 个字符处应为 %s", "character %d: expected %s",
            (int)(r.at - text) + 1, r.wrong);
    fq_json_free(o);
    return NULL;
  }
  fq_json *members = fq_json_edit(o, "properties");
  if (command && members) { /* what the kernel adds to each command's answer (tick.c, receipt.c) */
    static const struct { const char *name, *type; } added[] = {{"n", "integer"}, {"dup", "boolean"}};
    for (size_t i = 0; i < sizeof added / sizeof *added; i++) {
      if (fq_json_get(members, added[i].name)) continue;
      fq_json *type = fq_json_object();
      fq_json_set_str(type, "type", added[i].type);
      fq_json_set(members, added[i].name, type);
    }
  }
  return o;
}
