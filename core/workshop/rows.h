/*
 * The rows of a result, as files of its directory: for each list <list>.ndjson, a row a line; <list>.idx,
 * where each line begins (8 bytes a row, in the machine's own order); <list>.columns, the members that rows
 * have had. A page is two reads wherever it lies. Written by one thread, read by any number of others
 * meanwhile: what the index lists is whole.
 */
#ifndef FQ_WORKSHOP_ROWS_H
#define FQ_WORKSHOP_ROWS_H

#include "fengqiao.h"

#define FQ_ROWS_LISTS 16

/* May a list be called that? It becomes the name of a file. */
bool fq_rows_name(const char *list);

struct fq_rows_writer;
/* The directory has to be there. */
struct fq_rows_writer *fq_rows_create(const char *dir);
/* False, and the error says why: no such name, too many lists, the disk is full or nearly so. */
bool fq_rows_add(struct fq_rows_writer *w, const char *list, const fq_json *row, struct fq_error *e);
bool fq_rows_flush(struct fq_rows_writer *w, struct fq_error *e);
void fq_rows_close(struct fq_rows_writer *w); /* NULL is fine */

/* {name: count} of what is there. */
fq_json *fq_rows_lists(const char *dir);

struct fq_rows_page {
  int64_t after, limit; /* rows before the page, rows of it at most */
  const fq_json *where; /* members that must be equal; NULL or {}: all */
};
/* {rows, next?, total}: `next` is the next page's `after`. `total`: of the rows that fit. */
enum fq_status fq_rows_read(const char *dir, const char *list, const struct fq_rows_page *page,
                            fq_json *result, struct fq_error *e);
/* {csv, next?}: rows as RFC 4180 has them, with a first line of column names when `after` is 0; at most some
 * megabytes. A text that a spreadsheet would take for a formula gets an apostrophe. */
enum fq_status fq_rows_csv(const char *dir, const char *list, int64_t after, fq_json *result,
                           struct fq_error *e);

#endif
