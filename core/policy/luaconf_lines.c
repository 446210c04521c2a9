/*
 * Which line was a key written on? A light walk over Lua's tokens: names before `=` at the top and inside
 * table constructors; the bodies of functions are skipped. Any thread.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "base/mem.h"
#include "policy/luaconf.h"

#define DEPTH_MAX 64

struct fq_luaconf_lines {
  struct fq_map *lines; /* path → line, as a pointer's value */
};

enum token { T_END, T_NAME, T_STRING, T_OTHER };

struct level {
  bool table;      /* a constructor; otherwise a block, bracket or parenthesis that hides what is in it */
  int item;        /* position of the next unnamed value */
  bool value_next; /* a value may start here: the next token counts as an item */
  size_t path_len; /* of the path leading to this table */
};

struct scan {
  const char *p, *end;
  int line;
  enum token kind;
  const char *start; /* of the token's text, without quotes */
  size_t len;
  struct level stack[DEPTH_MAX];
  int depth;
  char path[256];
  struct fq_luaconf_lines *out;
};

/* [[ ... ]] and [==[ ... ]==]; p stands on the first bracket. False when it is no long bracket. */
static bool skip_long(struct scan *s) {
  const char *p = s->p + 1;
  size_t level = 0;
  while (p < s->end && *p == '=')
    p++, level++;
  if (p >= s->end || *p != '[') return false;
  for (p++; p < s->end; p++) {
    if (*p == '\n') s->line++;
    if (*p != ']') continue;
    size_t n = 0;
    while (p + 1 + n < s->end && p[1 + n] == '=')
      n++;
    if (n == level && p + 1 + n < s->end && p[1 + n] == ']') {
      s->p = p + n + 2;
      return true;
    }
  }
  s->p = s->end;
  return true;
}

static void skip_space(struct scan *s) {
  while (s->p < s->end) {
    if (*s->p == '\n') {
      s->line++;
      s->p++;
    } else if (isspace((unsigned char)*s->p)) {
      s->p++;
    } else if (s->end - s->p >= 2 && s->p[0] == '-' && s->p[1] == '-') {
      s->p += 2;
      if (s->p < s->end && *s->p == '[' && skip_long(s)) continue;
      while (s->p < s->end && *s->p != '\n')
        s->p++;
    } else {
      return;
    }
  }
}

static void next(struct scan *s) {
  skip_space(s);
  s->start = s->p;
  if (s->p >= s->end) {
    s->kind = T_END;
    s->len = 0;
    return;
  }
  char c = *s->p;
  if (isalpha((unsigned char)c) || c == '_') {
    while (s->p < s->end && (isalnum((unsigned char)*s->p) || *s->p == '_'))
      s->p++;
    s->kind = T_NAME;
  } else if (c == '"' || c == '\'') {
    s->start = ++s->p;
    while (s->p < s->end && *s->p != c && *s->p != '\n')
      s->p += *s->p == '\\' && s->p + 1 < s->end ? 2 : 1;
    s->kind = T_STRING;
    s->len = (size_t)(s->p - s->start);
    if (s->p < s->end) s->p++;
    return;
  } else if (c == '[' && s->end - s->p > 1 && (s->p[1] == '[' || s->p[1] == '=') && skip_long(s)) {
    s->kind = T_STRING;
  } else if (isdigit((unsigned char)c)) {
    while (s->p < s->end && (isalnum((unsigned char)*s->p) || *s->p == '.'))
      s->p++;
    s->kind = T_OTHER;
  } else {
    s->p++;
    if (s->p < s->end && *s->p == '=' && strchr("=~<>", c))
      s->p++; /* one token, or `a == b` would look like a key */
    s->kind = T_OTHER;
  }
  s->len = (size_t)(s->p - s->start);
}

static bool is(const struct scan *s, const char *word) {
  return s->kind != T_STRING && s->len == strlen(word) && !memcmp(s->start, word, s->len);
}

static void push(struct scan *s, bool table) {
  if (s->depth + 1 < DEPTH_MAX) s->depth++;
  s->stack[s->depth] =
      (struct level){.table = table, .item = 1, .value_next = true, .path_len = strlen(s->path)};
}
static void pop(struct scan *s) {
  if (s->depth > 0) s->depth--;
  s->path[s->stack[s->depth].path_len] = '\0';
}

/* Puts the key behind the path of the table it is in, and notes its line. */
static void note(struct scan *s, const char *key, size_t len, int item, int line) {
  size_t base = s->stack[s->depth].path_len;
  s->path[base] = '\0';
  if (base + len + 16 >= sizeof s->path) return;
  if (item)
    snprintf(s->path + base, sizeof s->path - base, "[%d]", item);
  else
    snprintf(s->path + base, sizeof s->path - base, "%s%.*s", base ? "." : "", (int)len, key);
  if (!fq_map_get(s->out->lines, s->path)) fq_map_put(&s->out->lines, s->path, (void *)(intptr_t)line);
}

/* A name, or ["text"], followed by a single `=`: a key. Consumes up to the `=` when it is one. */
static bool key(struct scan *s) {
  struct scan ahead = *s;
  const char *text = s->start;
  size_t len = s->len;
  int line = s->line;
  if (is(s, "[")) {
    next(&ahead);
    if (ahead.kind != T_STRING) return false;
    text = ahead.start;
    len = ahead.len;
    next(&ahead);
    if (!is(&ahead, "]")) return false;
  } else if (s->kind != T_NAME) {
    return false;
  }
  next(&ahead);
  if (!is(&ahead, "=")) return false;
  s->p = ahead.p;
  s->line = ahead.line;
  note(s, text, len, 0, line);
  return true;
}

static void walk(struct scan *s) {
  for (next(s); s->kind != T_END; next(s)) {
    struct level *top = &s->stack[s->depth];
    if (top->table && key(s)) {
      top->value_next = false;
      continue;
    }
    if (top->table && is(s, "}")) {
      pop(s);
      continue;
    }
    if (top->table && s->depth > 0) {
      if (is(s, ",") || is(s, ";")) {
        top->value_next = true;
        s->path[top->path_len] = '\0';
        continue;
      }
      if (top->value_next) note(s, NULL, 0, top->item++, s->line);
      top->value_next = false;
    }
    if (s->depth == 0 && is(s, "return")) s->path[0] = '\0'; /* what is returned has no name of its own */
    if (is(s, "{")) {
      push(s, s->stack[s->depth].table);
    } else if (is(s, "(") || is(s, "[") || is(s, "function") || is(s, "if") || is(s, "do") ||
               is(s, "repeat")) {
      push(s, false);
    } else if (is(s, ")") || is(s, "]") || is(s, "end") || is(s, "until") || is(s, "}")) {
      pop(s);
    }
  }
}

struct fq_luaconf_lines *fq_luaconf_scan(const char *text, size_t len) {
  struct fq_luaconf_lines *out = fq_alloc(sizeof *out);
  struct scan s = {.p = text, .end = text + len, .line = 1, .out = out};
  s.stack[0] = (struct level){.table = true, .item = 1};
  walk(&s);
  return out;
}

int fq_luaconf_line(const struct fq_luaconf_lines *lines, const char *path) {
  char at[256];
  if (!lines) return 0;
  for (fq_copy(at, sizeof at, path); *at;) {
    intptr_t line = (intptr_t)fq_map_get(lines->lines, at);
    if (line) return (int)line;
    char *cut = strrchr(at, '.'), *bracket = strrchr(at, '[');
    if (bracket && (!cut || bracket > cut)) cut = bracket;
    if (!cut) return 0;
    *cut = '\0';
  }
  return 0;
}

void fq_luaconf_lines_free(struct fq_luaconf_lines *lines) {
  if (!lines) return;
  fq_map_clear(&lines->lines, NULL);
  free(lines);
}
