/* The rows of a result, read: see rows.h. Any thread. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "workshop/rows.h"

#define PAGE_BYTES (4u << 20) /* of one answer: a long page ends early and says where to go on */

struct mapped {
  const char *bytes;
  size_t len;
};
/* A list as it is now; the writer may go on behind it. */
struct view {
  struct mapped rows, index;
  int64_t count;
};

static bool map(const char *dir, const char *list, const char *suffix, struct mapped *out) {
  char *path = fq_printf("%s/%s.%s", dir, list, suffix);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  struct stat st;
  bool there = fd >= 0 && !fstat(fd, &st);
  *out = (struct mapped){NULL, 0};
  if (there && st.st_size) {
    void *at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    there = at != MAP_FAILED;
    if (there) *out = (struct mapped){at, (size_t)st.st_size};
  }
  if (fd >= 0) close(fd);
  free(path);
  return there;
}

static void unmap(struct mapped *m) {
  if (m->bytes) munmap((void *)(uintptr_t)m->bytes, m->len);
}

static void close_view(struct view *v) {
  unmap(&v->rows);
  unmap(&v->index);
}

static enum fq_status open_view(const char *dir, const char *list, struct view *v, struct fq_error *e) {
  *v = (struct view){0};
  /* the index first: the rows it lists are then in the file */
  if (!fq_rows_name(list) || !map(dir, list, "idx", &v->index) || !map(dir, list, "ndjson", &v->rows)) {
    close_view(v);
    return fq_fail(e, FQ_E_NOT_FOUND, "job.list_unknown", "list", "结果里没有清单 %s",
                   "the result has no list %s", fq_rows_name(list) ? list : "?");
  }
  v->count = (int64_t)(v->index.len / sizeof(int64_t));
  return FQ_OK;
}

/* A row's text, without its newline; an empty one when the files contradict each other. */
static struct mapped row_at(const struct view *v, int64_t n) {
  int64_t at;
  memcpy(&at, v->index.bytes + (size_t)n * sizeof at, sizeof at);
  if (at < 0 || (size_t)at >= v->rows.len) return (struct mapped){"", 0};
  const char *from = v->rows.bytes + at, *end = memchr(from, '\n', v->rows.len - (size_t)at);
  return (struct mapped){from, end ? (size_t)(end - from) : 0};
}

static fq_json *parse(struct mapped row) {
  return row.len ? fq_json_parse(row.bytes, row.len, NULL) : NULL;
}

/* -- filters
 * --------------------------------------------------------------------------------------------------- */

#define NEEDLES 8

/* Rows were printed by the same hand as the needles: a row that has the member has its very text, so most
 * others need not be parsed. */
struct filter {
  const fq_json *where;
  char *needles[NEEDLES];
  size_t count;
};

static void open_filter(struct filter *f, const fq_json *where) {
  *f = (struct filter){.where = where};
  fq_json_each(m, where) {
    if (f->count == NEEDLES) break;
    fq_json *o = fq_json_object();
    double number = fq_json_as_num(m, 0);
    bool integral = fq_json_type(m) == FQ_JSON_NUMBER && fabs(number) < 1e15 && number == floor(number);
    if (integral) /* 3.0 equals 3, and "3" is how both begin */
      fq_json_set_int(o, fq_json_name(m), (int64_t)number);
    else
      fq_json_set(o, fq_json_name(m), fq_json_dup(m));
    char *text = fq_json_print(o); /* {"township":"430525103000"} without the braces */
    f->needles[f->count++] = fq_strndup(text + 1, strlen(text) - 2);
    free(text);
    fq_json_free(o);
  }
}

static void close_filter(struct filter *f) {
  for (size_t i = 0; i < f->count; i++)
    free(f->needles[i]);
}

static bool fits(const struct filter *f, struct mapped row) {
  for (size_t i = 0; i < f->count; i++)
    if (!memmem(row.bytes, row.len, f->needles[i], strlen(f->needles[i]))) return false;
  if (!fq_json_size(f->where)) return true;
  fq_json *o = parse(row);
  bool all = o;
  fq_json_each(m, f->where) {
    const fq_json *there = fq_json_get(o, fq_json_name(m));
    all = all && there && fq_json_equal(there, m);
  }
  fq_json_free(o);
  return all;
}

/* -- pages
 * ----------------------------------------------------------------------------------------------------- */

enum fq_status fq_rows_read(const char *dir, const char *list, const struct fq_rows_page *page,
                            fq_json *result, struct fq_error *e) {
  struct view v;
  struct filter f;
  enum fq_status st = open_view(dir, list, &v, e);
  if (st) return st;
  open_filter(&f, page->where);
  fq_json *rows = fq_json_array();
  bool filtered = fq_json_size(page->where) > 0;
  int64_t total = 0, taken = 0, next = -1;
  size_t bytes = 0;
  for (int64_t n = filtered ? 0 : page->after; n < v.count; n++) {
    struct mapped row = row_at(&v, n);
    if (filtered && !fits(&f, row)) continue;
    total++;
    if (n < page->after || next >= 0) continue;
    if (taken == page->limit || (taken && bytes + row.len > PAGE_BYTES)) {
      next = n;
      if (!filtered) break;
      continue;
    }
    fq_json *o = parse(row);
    if (!o) continue;
    fq_json_push(rows, o);
    bytes += row.len;
    taken++;
  }
  fq_json_set(result, "rows", rows);
  if (next >= 0) fq_json_set_int(result, "next", next);
  fq_json_set_int(result, "total", filtered ? total : v.count);
  close_filter(&f);
  close_view(&v);
  return FQ_OK;
}

fq_json *fq_rows_lists(const char *dir) {
  fq_json *out = fq_json_object();
  struct dirent **found = NULL;
  int n = scandir(dir, &found, NULL, alphasort);
  for (int i = 0; i < n; i++) {
    char *dot = strrchr(found[i]->d_name, '.');
    if (dot && !strcmp(dot, ".idx")) {
      char *path = fq_printf("%s/%s", dir, found[i]->d_name);
      struct stat st;
      *dot = '\0';
      if (!stat(path, &st) && fq_rows_name(found[i]->d_name))
        fq_json_set_int(out, found[i]->d_name, st.st_size / (int64_t)sizeof(int64_t));
      free(path);
    }
    free(found[i]);
  }
  free(found);
  return out;
}

/* -- CSV
 * ------------------------------------------------------------------------------------------------------- */

static void quoted(struct fq_buf *b, const char *s, bool typed) {
  static const char *const wide[] = {"＝", "＋", "－", "＠"}; /* as a Chinese keyboard has them */
  bool formula = typed && *s && strchr("=+-@\t\r\n", *s);
  for (size_t i = 0; typed && i < sizeof wide / sizeof *wide; i++)
    formula |= !strncmp(s, wide[i], strlen(wide[i]));
  bool quote = formula || strpbrk(s, ",\"\r\n");
  if (quote) fq_buf_add(b, "\"", 1);
  if (formula) fq_buf_add(b, "'", 1);
  for (const char *p = s; *p;) {
    size_t n = quote ? strcspn(p, "\"") : strlen(p);
    fq_buf_add(b, p, n);
    p += n;
    if (*p) fq_buf_add(b, "\"\"", 2), p++;
  }
  if (quote) fq_buf_add(b, "\"", 1);
}

static void cell(struct fq_buf *b, const fq_json *v) {
  if (!v || fq_json_type(v) == FQ_JSON_NULL) return;
  const char *s = fq_json_as_str(v);
  if (s) {
    quoted(b, s, true);
    return;
  }
  char *text = fq_json_print(v); /* a number keeps its sign: it is no formula */
  quoted(b, text, false);
  free(text);
}

static fq_json *columns_of(const char *dir, const char *list) {
  struct mapped m;
  fq_json *out = fq_json_array();
  if (!map(dir, list, "columns", &m)) return out;
  for (size_t at = 0; at < m.len;) {
    const char *from = m.bytes + at, *end = memchr(from, '\n', m.len - at);
    size_t n = end ? (size_t)(end - from) : m.len - at;
    char *name = fq_strndup(from, n);
    fq_json_push(out, fq_json_new_str(name));
    free(name);
    at += n + 1;
  }
  unmap(&m);
  return out;
}

enum fq_status fq_rows_csv(const char *dir, const char *list, int64_t after, fq_json *result,
                           struct fq_error *e) {
  struct view v;
  enum fq_status st = open_view(dir, list, &v, e);
  if (st) return st;
  struct fq_buf b = {0};
  fq_json *columns = columns_of(dir, list);
  fq_buf_add(&b, "", 0);
  if (!after) {
    fq_json_each(c, columns) {
      if (c != fq_json_first(columns)) fq_buf_add(&b, ",", 1);
      quoted(&b, fq_json_as_str(c), true);
    }
    fq_buf_add(&b, "\r\n", 2);
  }
  int64_t n = after;
  for (; n < v.count && b.len < PAGE_BYTES; n++) {
    fq_json *row = parse(row_at(&v, n));
    if (!row) continue;
    fq_json_each(c, columns) {
      if (c != fq_json_first(columns)) fq_buf_add(&b, ",", 1);
      cell(&b, fq_json_get(row, fq_json_as_str(c)));
    }
    fq_buf_add(&b, "\r\n", 2);
    fq_json_free(row);
  }
  fq_json_set_str(result, "csv", b.data);
  if (n < v.count) fq_json_set_int(result, "next", n);
  fq_json_free(columns);
  fq_buf_free(&b);
  close_view(&v);
  return FQ_OK;
}
