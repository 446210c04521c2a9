/* Documentation written beside what it explains: see api.h. Any thread. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "policy/api.h"

struct block {
  char *lines[3]; /* signature, zh, en; or zh, en */
  size_t count;
  struct fq_buf example;
};

static void clear(struct block *b) {
  for (size_t i = 0; i < b->count; i++)
    free(b->lines[i]);
  fq_buf_free(&b->example);
  *b = (struct block){0};
}

/* "task.accepted: return ..." names the kind its example hears, "member: " one of the policy's members. */
static const char *split_on(const char *example, char on[FQ_ID_MAX]) {
  size_t n = strspn(example, "abcdefghijklmnopqrstuvwxyz_.");
  on[0] = '\0';
  if (!n || n >= FQ_ID_MAX || strncmp(example + n, ": ", 2)) return example;
  memcpy(on, example, n);
  on[n] = '\0';
  return example + n + 2;
}

static void put(fq_json *out, struct block *b, const char *code, size_t len) {
  static const char keyword[] = "function ";
  bool function = len > sizeof keyword - 1 && !strncmp(code, keyword, sizeof keyword - 1);
  if (!b->count || (!function && !b->lines[0][0])) {
    clear(b);
    return;
  }
  fq_json *o = fq_json_object();
  char *signature;
  size_t at = 0;
  if (function) {
    const char *from = code + sizeof keyword - 1, *close = memchr(from, ')', len - (sizeof keyword - 1));
    signature = fq_strndup(from, close ? (size_t)(close + 1 - from) : len - (sizeof keyword - 1));
  } else
    signature = fq_strdup(b->lines[at++]);
  char *name = fq_strndup(signature, strcspn(signature, "([ "));
  fq_json_set_str(o, "name", name);
  fq_json_set_str(o, "signature", signature);
  fq_json_set_bool(o, "function", function);
  if (at < b->count) fq_json_set_str(o, "zh", b->lines[at++]);
  if (at < b->count) fq_json_set_str(o, "en", b->lines[at]);
  if (b->example.len) {
    char on[FQ_ID_MAX];
    fq_json_set_str(o, "example", split_on(b->example.data, on));
    if (on[0]) fq_json_set_str(o, "on", on);
  }
  fq_json_push(out, o);
  free(signature);
  free(name);
  clear(b);
}

fq_json *fq_doc_comments(const char *lua) {
  fq_json *out = fq_json_array();
  struct block b = {0};
  for (const char *p = lua; *p;) {
    size_t len = strcspn(p, "\n");
    if (!strncmp(p, "--- ", 4)) {
      if (b.example.len) put(out, &b, "", 0); /* the next block follows at once */
      if (b.count < 3) b.lines[b.count++] = fq_strndup(p + 4, len - 4);
    } else if (!strncmp(p, "-->", 3) && b.count) {
      size_t skip = p[3] == ' ' ? 4 : 3;
      if (b.example.len) fq_buf_add(&b.example, "\n", 1);
      fq_buf_add(&b.example, p + skip, len - skip);
    } else
      put(out, &b, p, len);
    p += len + (p[len] == '\n');
  }
  put(out, &b, "", 0);
  return out;
}
