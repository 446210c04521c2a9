/*
 * The list of problems, its text, and the nearest known word for a mistyped one.
 * Knows nothing of options, plugins or files.
 * Any thread.
 */
#include "plugin/problem.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fq_problem_add(struct fq_problem_list *list, const char *file, int line, const char *path,
                    const char *zh, const char *en, ...) {
  if (list->count == list->cap) {
    list->cap = list->cap ? list->cap * 2 : 8;
    list->items = fq_realloc(list->items, list->cap * sizeof *list->items);
  }
  struct fq_problem *p = &list->items[list->count++];
  memset(p, 0, sizeof *p);
  fq_copy(p->file, sizeof p->file, file ? file : "");
  fq_copy(p->path, sizeof p->path, path ? path : "");
  p->line = line;
  va_list args, again;
  va_start(args, en);
  va_copy(again, args);
  vsnprintf(p->zh, sizeof p->zh, zh, args);
  vsnprintf(p->en, sizeof p->en, en, again);
  va_end(again);
  va_end(args);
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

/* Edit distance with neighbouring letters swapped counting once: the commonest slip of the fingers. */
enum { WORD_MAX = 64 };

static size_t min3(size_t a, size_t b, size_t c) {
  size_t m = a < b ? a : b;
  return m < c ? m : c;
}

static size_t distance(const char *a, const char *b) {
  size_t la = strlen(a), lb = strlen(b);
  if (la >= WORD_MAX || lb >= WORD_MAX) return WORD_MAX;
  size_t rows[3][WORD_MAX + 1];
  size_t *before = rows[0], *prev = rows[1], *cur = rows[2];
  for (size_t j = 0; j <= lb; j++)
    prev[j] = j, before[j] = 0;
  for (size_t i = 1; i <= la; i++) {
    cur[0] = i;
    for (size_t j = 1; j <= lb; j++) {
      cur[j] = min3(prev[j] + 1, cur[j - 1] + 1, prev[j - 1] + (a[i - 1] != b[j - 1]));
      bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped && before[j - 2] + 1 < cur[j]) cur[j] = before[j - 2] + 1;
    }
    size_t *spare = before;
    before = prev;
    prev = cur;
    cur = spare;
  }
  return prev[lb];
}

const char *fq_nearest(const char *word, const char *const *names, size_t count) {
  /* A third of the word may be wrong, at least one letter: "prot" finds "port", "x" finds nothing. */
  size_t best = strlen(word) / 3 + (strlen(word) > 2);
  const char *found = NULL;
  for (size_t i = 0; i < count; i++) {
    size_t d = distance(word, names[i]);
    if (d > best || (found && d == best)) continue;
    best = d;
    found = names[i];
  }
  return found;
}
