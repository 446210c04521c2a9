/* See grammar.h. */
#include "grammar.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"

#define DEPTH 5

static struct names {
  char **list;
  size_t count;
} words, views, kinds, methods, members;

static void put(struct names *n, const char *name) {
  n->list = fq_realloc(n->list, (n->count + 1) * sizeof *n->list);
  n->list[n->count++] = fq_strdup(name);
}

void grammar_learn(const fq_json *api) {
  fq_json_each(w, fq_json_get(api, "words")) {
    const char *kind = fq_json_str(w, "kind"), *name = fq_json_str(w, "name");
    if (!strcmp(kind, "view"))
      put(&views, name);
    else if (!strcmp(kind, "entry"))
      put(&members, name);
    else if (strcmp(kind, "member") && strcmp(kind, "clause"))
      put(&words, name);
  }
  fq_json_each(k, fq_json_get(api, "kinds")) put(&kinds, fq_json_str(k, "name"));
  fq_json_each(m, fq_json_get(api, "methods")) put(&methods, fq_json_str(m, "name"));
}

static void drop(struct names *n) {
  for (size_t i = 0; i < n->count; i++)
    free(n->list[i]);
  free(n->list);
  *n = (struct names){0};
}

void grammar_forget(void) {
  drop(&words);
  drop(&views);
  drop(&kinds);
  drop(&methods);
  drop(&members);
}

#define PICK(f, array) array[fuzz_below(f, sizeof array / sizeof *array)]

static const char *any(struct fuzz *f, const struct names *n) {
  return n->count ? n->list[fuzz_below(f, n->count)] : "nothing";
}

static const char *nasty(struct fuzz *f) {
  static const char *const all[] = {"nil",
                                    "true",
                                    "0",
                                    "-1",
                                    "1e308",
                                    "-1e308",
                                    "0/0",
                                    "1/0",
                                    "-1/0",
                                    "0x7fffffffffffffff",
                                    "math.mininteger",
                                    "9007199254740993",
                                    "\"\"",
                                    "\"\\0\"",
                                    "\"\\xff\\xfe\"",
                                    "\"红色🔥\"",
                                    "string.rep(\"x\", 200000)",
                                    "{}",
                                    "{ {} }",
                                    "{ [1.5] = 1 }",
                                    "{ [true] = 1 }",
                                    "{ nil, nil, 3 }",
                                    "function() end",
                                    "e",
                                    "view",
                                    "e.incident",
                                    "_G",
                                    "string",
                                    "\"$e\"",
                                    "{ [\"$e\"] = \"incident\" }",
                                    "{ method = \"incident.comment\" }",
                                    "{ method = 1, params = 2 }",
                                    "({ 1, 2, 3 })[2]",
                                    "#\"abc\"",
                                    "-0.0"};
  return PICK(f, all);
}

static void expression(struct fuzz *f, struct fq_buf *b, int depth);

static void list_of(struct fuzz *f, struct fq_buf *b, int depth, size_t most) {
  for (size_t i = 0, n = fuzz_below(f, most + 1); i < n; i++) {
    if (i) fq_buf_str(b, ", ");
    expression(f, b, depth);
  }
}

static void table(struct fuzz *f, struct fq_buf *b, int depth) {
  static const char *const keys[] = {"user",   "unit",   "id",      "level", "limit",  "from",
                                     "to",     "reason", "expires", "skill", "lead",   "note",
                                     "within", "org",    "title",   "name",  "method", "params"};
  fq_buf_str(b, "{ ");
  for (size_t i = 0, n = fuzz_below(f, 4); i < n; i++) {
    if (i) fq_buf_str(b, ", ");
    if (fuzz_chance(f, 60)) fq_buf_fmt(b, "%s = ", PICK(f, keys));
    expression(f, b, depth);
  }
  fq_buf_str(b, " }");
}

static void call(struct fuzz *f, struct fq_buf *b, const char *name, int depth, bool incident) {
  fq_buf_fmt(b, "%s(", name);
  if (incident && fuzz_chance(f, 80)) fq_buf_str(b, "e.incident, ");
  list_of(f, b, depth, 3);
  if (b->len > 2 && !strcmp(b->data + b->len - 2, ", ")) b->data[b->len -= 2] = '\0';
  fq_buf_str(b, ")");
}

static void expression(struct fuzz *f, struct fq_buf *b, int depth) {
  static const char *const operators[] = {"+",  "-", "*",  "/",   "//", "%", "^", "..", "==", "~=", "<",
                                          "<=", ">", ">=", "and", "or", "&", "|", "~",  "<<", ">>"};
  static const char *const unary[] = {"-", "not ", "#", "~"};
  static const char *const names[] = {"a", "b", "c", "n", "t", "i"};
  if (depth <= 0) {
    fq_buf_str(b, fuzz_chance(f, 50) ? nasty(f) : PICK(f, names));
    return;
  }
  switch (fuzz_below(f, 12)) {
  case 0:
    fq_buf_str(b, nasty(f));
    break;
  case 1:
    fq_buf_str(b, PICK(f, names));
    break;
  case 2:
    fq_buf_str(b, any(f, &members));
    break;
  case 3:
  case 4:
    call(f, b, any(f, &views), depth - 1, true);
    break;
  case 5:
  case 6:
    call(f, b, any(f, &words), depth - 1, fuzz_chance(f, 50));
    break;
  case 7:
    fq_buf_str(b, "(");
    expression(f, b, depth - 1);
    fq_buf_fmt(b, " %s ", PICK(f, operators));
    expression(f, b, depth - 1);
    fq_buf_str(b, ")");
    break;
  case 8:
    fq_buf_str(b, PICK(f, unary));
    fq_buf_str(b, "(");
    expression(f, b, depth - 1);
    fq_buf_str(b, ")");
    break;
  case 9:
    table(f, b, depth - 1);
    break;
  case 10:
    fq_buf_fmt(b, "command(\"%s\", ", any(f, &methods));
    table(f, b, depth - 1);
    fq_buf_str(b, ")");
    break;
  default:
    fq_buf_fmt(b, "\"%s\"", any(f, &kinds));
  }
}

static void block(struct fuzz *f, struct fq_buf *b, int depth);

static void statement(struct fuzz *f, struct fq_buf *b, int depth) {
  static const char *const names[] = {"a",    "b",          "c",        "n",       "t",       "t.x",
                                      "t[1]", "e.incident", "view.now", "e.title", "string.x"};
  static const char *const locals[] = {"a", "b", "c", "n", "t", "i"};
  switch (fuzz_below(f, depth > 0 ? 12 : 4)) {
  case 0:
    fq_buf_fmt(b, "local %s = ", PICK(f, locals));
    expression(f, b, 3);
    break;
  case 1:
    fq_buf_fmt(b, "%s = ", PICK(f, names));
    expression(f, b, 3);
    break;
  case 2:
    call(f, b, fuzz_chance(f, 50) ? any(f, &views) : any(f, &words), 2, true);
    break;
  case 3:
    fq_buf_str(b, "do return ");
    expression(f, b, 3);
    fq_buf_str(b, " end");
    break;
  case 4:
  case 5:
    fq_buf_str(b, "if ");
    expression(f, b, 2);
    fq_buf_str(b, " then\n");
    block(f, b, depth - 1);
    fq_buf_str(b, "end");
    break;
  case 6:
    fq_buf_str(b, "for i = ");
    expression(f, b, 1);
    fq_buf_str(b, ", ");
    expression(f, b, 1);
    fq_buf_str(b, " do\n");
    block(f, b, depth - 1);
    fq_buf_str(b, "end");
    break;
  case 7:
    fq_buf_fmt(b, "for a, b in %s(", fuzz_chance(f, 50) ? "pairs" : "ipairs");
    expression(f, b, 2);
    fq_buf_str(b, ") do\n");
    block(f, b, depth - 1);
    fq_buf_str(b, "end");
    break;
  case 8:
    fq_buf_str(b, "while ");
    expression(f, b, 2);
    fq_buf_str(b, " do\n");
    block(f, b, depth - 1);
    fq_buf_str(b, fuzz_chance(f, 70) ? "break\nend" : "end");
    break;
  case 9:
    fq_buf_str(b, "local function a(b, c)\n");
    block(f, b, depth - 1);
    fq_buf_str(b, "end");
    break;
  case 10:
    fq_buf_str(b, "pcall(function(...)\n");
    block(f, b, depth - 1);
    fq_buf_str(b, "end, ");
    expression(f, b, 2);
    fq_buf_str(b, ")");
    break;
  default:
    fq_buf_str(b, "table.sort(");
    expression(f, b, 2);
    fq_buf_str(b, ", function(a, b) return ");
    expression(f, b, 2);
    fq_buf_str(b, " end)");
  }
  fq_buf_str(b, "\n");
}

static void block(struct fuzz *f, struct fq_buf *b, int depth) {
  for (size_t i = 0, n = 1 + fuzz_below(f, 4); i < n; i++)
    statement(f, b, depth);
}

static void clock(struct fuzz *f, struct fq_buf *b) {
  static const char *const milestones[] = {"occurred", "reported", "accepted", "dispatched",
                                           "handled",  "verified", "closed",   "now"};
  static const char *const limits[] = {"minutes(5)",       "hours(1e9)",   "working_days(3)",
                                       "natural_days(-1)", "seconds(0.5)", "days(400)"};
  fq_buf_fmt(b, "  clocks = { x = { from = \"%s\", to = \"%s\", limit = %s", PICK(f, milestones),
             PICK(f, milestones), fuzz_chance(f, 80) ? PICK(f, limits) : nasty(f));
  if (fuzz_chance(f, 30)) fq_buf_fmt(b, ", warn = %s", fuzz_chance(f, 50) ? "{ 0.5, 0.8 }" : nasty(f));
  if (fuzz_chance(f, 30))
    fq_buf_fmt(b, ", limit_at = { { \"22:00\", \"06:00\", %s } }",
               fuzz_chance(f, 50) ? "minutes(8)" : nasty(f));
  if (fuzz_chance(f, 30)) fq_buf_fmt(b, ", when = { category = %s }", nasty(f));
  fq_buf_str(b, " } },\n");
}

void grammar_policy(struct fuzz *f, struct fq_buf *out) {
  if (fuzz_chance(f, 30)) {
    fq_buf_str(out, "local t, n = {}, 0\nlocal function c(a, b)\n");
    block(f, out, 2);
    fq_buf_str(out, "end\n");
  }
  fq_buf_str(out, "return policy {\n  name = \"fuzz\",\n");
  if (fuzz_chance(f, 40)) clock(f, out);
  fq_buf_str(out, "  on = {\n");
  for (size_t i = 0, n = 1 + fuzz_below(f, 3); i < n; i++) {
    fq_buf_fmt(out, "    [\"%s\"] = function(e, view)\n",
               fuzz_chance(f, 70) ? "incident.reported" : any(f, &kinds));
    block(f, out, DEPTH - 2);
    if (fuzz_chance(f, 80)) {
      fq_buf_str(out, "return ");
      expression(f, out, 3);
      fq_buf_str(out, "\n");
    }
    fq_buf_str(out, "    end,\n");
  }
  fq_buf_str(out, "  },\n}\n");
}

/* -- mutations
 * -----------------------------------------------------------------------------------------------
 */

/* The length of the token at `s`: a word, a number, a text in quotes, blanks, or one character. */
static size_t token(const char *s) {
  size_t n = 0;
  if (isalnum((unsigned char)*s) || *s == '_') {
    while (isalnum((unsigned char)s[n]) || s[n] == '_')
      n++;
    return n;
  }
  if (*s == '"') {
    for (n = 1; s[n] && s[n] != '"' && s[n] != '\n'; n++)
      if (s[n] == '\\' && s[n + 1]) n++;
    return n + (s[n] == '"');
  }
  while (s[n] == ' ' || s[n] == '\n')
    n++;
  return n ? n : 1;
}

static void replacement(struct fuzz *f, struct fq_buf *out, const char *s, size_t len) {
  char byte;
  switch (fuzz_below(f, 8)) {
  case 0: /* nothing */
    break;
  case 1: /* twice */
    fq_buf_add(out, s, len);
    fq_buf_add(out, s, len);
    break;
  case 2:
    fq_buf_str(out, nasty(f));
    break;
  case 3:
    fq_buf_str(out, any(f, &words));
    break;
  case 4:
    fq_buf_str(out, any(f, &views));
    break;
  case 5:
    fq_buf_fmt(out, "\"%s\"", any(f, &kinds));
    break;
  case 6:
    expression(f, out, 2);
    break;
  default:
    byte = (char)(1 + fuzz_below(f, 255));
    fq_buf_add(out, s, len / 2);
    fq_buf_add(out, &byte, 1);
  }
}

void grammar_mutate(struct fuzz *f, const char *text, struct fq_buf *out) {
  size_t tokens = 0, changes = 1 + fuzz_below(f, 6);
  for (const char *p = text; *p; p += token(p))
    tokens++;
  size_t at[6];
  for (size_t i = 0; i < changes; i++)
    at[i] = fuzz_below(f, tokens ? tokens : 1);
  size_t n = 0;
  for (const char *p = text; *p; n++) {
    size_t len = token(p);
    bool hit = false;
    for (size_t i = 0; i < changes; i++)
      hit |= at[i] == n;
    if (hit)
      replacement(f, out, p, len);
    else
      fq_buf_add(out, p, len);
    p += len;
  }
  if (!out->data) fq_buf_str(out, "");
}
