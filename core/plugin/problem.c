/*
 * The list of problems and its text.
 * Knows nothing of options, plugins or files.
 * Any thread.
 */
#include "plugin/problem.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct fq_problem *append(struct fq_problem_list *list, const char *file, int line, const char *path) {
  if (list->count == list->cap) {
    list->cap = list->cap ? list->cap * 2 : 8;
    list->items = fq_realloc(list->items, list->cap * sizeof *list->items);
  }
  struct fq_problem *p = &list->items[list->count++];
  memset(p, 0, sizeof *p);
  fq_copy(p->file, sizeof p->file, file ? file : "");
  fq_copy(p->path, sizeof p->path, path ? path : "");
  p->line = line;
  return p;
}

void fq_problem_add(struct fq_problem_list *list, const char *file, int line, const char *path,
                    const char *zh, const char *en, ...) {
  struct fq_problem *p = append(list, file, line, path);
  va_list args, again;
  va_start(args, en);
  va_copy(again, args);
  vsnprintf(p->zh, sizeof p->zh, zh, args);
  vsnprintf(p->en, sizeof p->en, en, again);
  va_end(again);
  va_end(args);
}

void fq_problem_add_error(struct fq_problem_list *list, const char *file, int line, const char *path,
                          const struct fq_error *e) {
  struct fq_problem *p = append(list, file, line, path ? path : e->path);
  fq_copy(p->zh, sizeof p->zh, e->zh);
  fq_copy(p->en, sizeof p->en, e->en);
}

void fq_problems_free(struct fq_problem_list *list) {
  free(list->items);
  memset(list, 0, sizeof *list);
}

static void print_line(struct fq_buf *out, const struct fq_problem *p, const char *message) {
  if (p->file[0]) fq_buf_str(out, p->file);
  if (p->file[0] && p->line > 0) fq_buf_fmt(out, ":%d", p->line);
  if (p->file[0]) fq_buf_str(out, ": ");
  if (p->path[0]) fq_buf_fmt(out, "%s: ", p->path);
  fq_buf_fmt(out, "%s\n", message);
}

char *fq_problems_text(const struct fq_problem_list *list) {
  struct fq_buf out = {0};
  fq_buf_str(&out, "");
  for (size_t i = 0; i < list->count; i++) {
    print_line(&out, &list->items[i], list->items[i].zh);
    print_line(&out, &list->items[i], list->items[i].en);
  }
  return out.data ? out.data : fq_strdup("");
}
