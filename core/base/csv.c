/* CSV: see csv.h. */
#include "base/csv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"

struct cursor {
  const char *p, *end;
  int line;
  bool open_quote; /* the text ended inside quotes */
};

/* Reads one field into b. True when another field follows in the same row. */
static bool field(struct cursor *c, struct fq_buf *b) {
  b->len = 0;
  fq_buf_add(b, "", 0);
  if (c->p < c->end && *c->p == '"') {
    c->p++;
    for (c->open_quote = true; c->p < c->end; c->p++) {
      if (*c->p == '\n') c->line++;
      if (*c->p != '"')
        fq_buf_add(b, c->p, 1);
      else if (c->p + 1 < c->end && c->p[1] == '"')
        fq_buf_add(b, c->p++, 1);
      else {
        c->p++;
        c->open_quote = false;
        break;
      }
    }
  }
  while (c->p < c->end && *c->p != ',' && *c->p != '\n') {
    if (*c->p != '\r') fq_buf_add(b, c->p, 1);
    c->p++;
  }
  if (c->p < c->end && *c->p++ == ',') return true;
  c->line++;
  return false;
}

static fq_json *bad(struct fq_error *e, const char *path, int line, const char *zh, const char *en,
                    fq_json *rows, fq_json *head) {
  char at[160];
  snprintf(at, sizeof at, "%.140s:%d", path, line);
  fq_fail(e, FQ_E_PARAMS, "csv", at, "%s:%s(%s)", "%s: %s (%s)", at, zh, en);
  fq_json_free(rows);
  fq_json_free(head);
  return NULL;
}

fq_json *fq_csv_parse(const char *path, const char *text, size_t len, struct fq_error *e) {
  struct cursor c = {.p = text, .end = text + len, .line = 1};
  struct fq_buf b = {0};
  fq_json *head = fq_json_array(), *rows = fq_json_array(), *out = NULL;
  if (len >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3)) c.p += 3;
  for (const char *p = c.p; p < c.end;) {
    size_t n = fq_utf8_step((const unsigned char *)p, (const unsigned char *)c.end);
    if (!n || !*p) return bad(e, path, 1, "不是 UTF-8 文本,请另存为 UTF-8", "not UTF-8 text", rows, head);
    p += n;
  }
  for (bool more = c.p < c.end; more;) {
    more = field(&c, &b);
    fq_json_push(head, fq_json_new_str(b.data));
  }
  while (c.p < c.end) {
    int line = c.line;
    fq_json *row = fq_json_object();
    const fq_json *column = fq_json_first(head);
    bool more = true, any = false, extra = false;
    while (more) {
      more = field(&c, &b);
      if (!column)
        extra = extra || b.len || more;
      else {
        if (b.len) fq_json_set_str(row, fq_json_as_str(column), b.data), any = true;
        column = fq_json_next(column);
      }
    }
    fq_json_set_int(row, "#", line);
    if (any)
      fq_json_push(rows, row);
    else
      fq_json_free(row);
    if (c.open_quote) {
      bad(e, path, line, "引号没有结束", "a quote does not end", NULL, NULL);
      goto out;
    }
    if (extra) {
      bad(e, path, line, "字段比表头多", "more fields than the header has", NULL, NULL);
      goto out;
    }
  }
  out = rows;
  rows = NULL;
out:
  fq_buf_free(&b);
  fq_json_free(head);
  fq_json_free(rows);
  return out;
}
