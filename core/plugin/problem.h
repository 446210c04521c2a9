/*
 * Problems: mistakes collected while checking something a person wrote, so that all of them are told at
 * once instead of one a run. Knows nothing of what is checked.
 * Any thread; a list belongs to one caller at a time.
 */
#ifndef FQ_PLUGIN_PROBLEM_H
#define FQ_PLUGIN_PROBLEM_H

#include "fengqiao.h"

struct fq_problem {
  char file[192]; /* "fengqiao.lua" */
  int line;       /* 0: unknown */
  char path[128]; /* "terminal.max_frame" */
  char zh[320];
  char en[320];
};

/* Zero to begin with. */
struct fq_problem_list {
  struct fq_problem *items;
  size_t count, cap;
};

/* Both formats take the same arguments in the same order. `file` and `path` may be NULL. */
void fq_problem_add(struct fq_problem_list *list, const char *file, int line, const char *path,
                    const char *zh, const char *en, ...) FQ_PRINTF(5, 7) FQ_PRINTF(6, 7);
/* An error that was met on the way: its two messages, and its own path when `path` is NULL. */
void fq_problem_add_error(struct fq_problem_list *list, const char *file, int line, const char *path,
                          const struct fq_error *e);
void fq_problems_free(struct fq_problem_list *list);

/* One mistake in two lines, Chinese first:
 *     fengqiao.lua:12: terminal.max_frame: 不认识 …
 *     fengqiao.lua:12: terminal.max_frame: unknown …
 * The caller frees. "" for an empty list. */
char *fq_problems_text(const struct fq_problem_list *list);

#endif
