/*
 * Strict JSON: what cJSON lets pass and we do not (control characters in strings, leading zeros, trailing
 * bytes, invalid UTF-8, U+0000, deep nesting). One pass, no allocation. Any thread.
 */
#include <ctype.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"

struct scan {
  const unsigned char *p, *end;
  const char *why, *zh;
};

static bool no(struct scan *s, const char *zh, const char *why) {
  if (!s->why) s->why = why, s->zh = zh;
  return false;
}

static void blank(struct scan *s) {
  while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\n' || *s->p == '\r'))
    s->p++;
}

static int hex4(struct scan *s) {
  int v = 0;
  if (s->end - s->p < 4) return -1;
  for (int i = 0; i < 4; i++, s->p++) {
    if (!isxdigit(*s->p)) return -1;
    v = v * 16 + (isdigit(*s->p) ? *s->p - '0' : (*s->p | 32) - 'a' + 10);
  }
  return v;
}

static bool escape(struct scan *s) {
  if (s->p >= s->end) return no(s, "字符串没有结束", "the string does not end");
  unsigned char c = *s->p++;
  if (c && strchr("\"\\/bfnrt", c)) return true;
  if (c != 'u') return no(s, "无效的转义", "not an escape");
  int v = hex4(s);
  if (v < 0) return no(s, "\\u 后应为四位十六进制", "\\u takes four hexadecimal digits");
  if (v == 0) return no(s, "不允许 U+0000", "U+0000 is not allowed");
  if (v >= 0xDC00 && v <= 0xDFFF) return no(s, "孤立的代理项", "a lone surrogate");
  if (v >= 0xD800 && v <= 0xDBFF) {
    if (s->end - s->p < 6 || s->p[0] != '\\' || s->p[1] != 'u')
      return no(s, "孤立的代理项", "a lone surrogate");
    s->p += 2;
    int low = hex4(s);
    if (low < 0xDC00 || low > 0xDFFF) return no(s, "孤立的代理项", "a lone surrogate");
  }
  return true;
}

static bool string(struct scan *s) {
  if (s->p >= s->end || *s->p != '"') return no(s, "应为字符串", "expected a string");
  s->p++;
  while (s->p < s->end) {
    unsigned char c = *s->p;
    if (c == '"') return s->p++, true;
    if (c < 0x20) return no(s, "字符串中有控制字符", "a control character in a string");
    if (c == '\\') {
      s->p++;
      if (!escape(s)) return false;
    } else if (c < 0x80) {
      s->p++;
    } else {
      size_t n = fq_utf8_step(s->p, s->end);
      if (!n) return no(s, "不是有效的 UTF-8", "not valid UTF-8");
      s->p += n;
    }
  }
  return no(s, "字符串没有结束", "the string does not end");
}

static bool run_of_digits(struct scan *s) {
  const unsigned char *from = s->p;
  while (s->p < s->end && isdigit(*s->p))
    s->p++;
  return s->p > from || no(s, "无效的数字", "not a number");
}

static bool number(struct scan *s) {
  if (*s->p == '-') s->p++;
  if (s->p < s->end && *s->p == '0')
    s->p++;
  else if (!run_of_digits(s))
    return false;
  if (s->p < s->end && *s->p == '.') {
    s->p++;
    if (!run_of_digits(s)) return false;
  }
  if (s->p < s->end && (*s->p | 32) == 'e') {
    s->p++;
    if (s->p < s->end && (*s->p == '+' || *s->p == '-')) s->p++;
    if (!run_of_digits(s)) return false;
  }
  return true;
}

static bool word(struct scan *s, const char *w) {
  size_t n = strlen(w);
  if ((size_t)(s->end - s->p) < n || memcmp(s->p, w, n))
    return no(s, "应为 JSON 值", "expected a JSON value");
  s->p += n;
  return true;
}

static bool value(struct scan *s, int depth);

static bool members(struct scan *s, int depth, bool object) {
  unsigned char close = object ? '}' : ']';
  s->p++;
  blank(s);
  if (s->p < s->end && *s->p == close) return s->p++, true;
  for (;;) {
    blank(s);
    if (object) {
      if (!string(s)) return false;
      blank(s);
      if (s->p >= s->end || *s->p != ':') return no(s, "应为 ':'", "expected ':'");
      s->p++;
    }
    if (!value(s, depth)) return false;
    blank(s);
    if (s->p < s->end && *s->p == close) return s->p++, true;
    if (s->p >= s->end || *s->p != ',')
      return no(s, "应为 ',' 或结束括号", "expected ',' or the closing bracket");
    s->p++;
  }
}

static bool value(struct scan *s, int depth) {
  blank(s);
  if (s->p >= s->end) return no(s, "应为 JSON 值", "expected a JSON value");
  if (depth >= FQ_JSON_DEPTH && (*s->p == '{' || *s->p == '[')) return no(s, "嵌套过深", "nested too deep");
  switch (*s->p) {
  case '{':
    return members(s, depth + 1, true);
  case '[':
    return members(s, depth + 1, false);
  case '"':
    return string(s);
  case 't':
    return word(s, "true");
  case 'f':
    return word(s, "false");
  case 'n':
    return word(s, "null");
  default:
    return (*s->p == '-' || isdigit(*s->p)) ? number(s) : no(s, "应为 JSON 值", "expected a JSON value");
  }
}

const char *fq_json_check(const char *text, size_t len, size_t *at, const char **zh) {
  struct scan s = {.p = (const unsigned char *)text, .end = (const unsigned char *)text + len};
  if (value(&s, 0)) {
    blank(&s);
    if (s.p < s.end) no(&s, "值之后还有内容", "something follows the value");
  }
  *at = (size_t)(s.p - (const unsigned char *)text);
  *zh = s.zh;
  return s.why;
}
