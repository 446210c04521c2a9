/* Two databases, table by table, row by row: what a rebuild must not change. Any thread; opens its own
 * handles. */
#ifndef FQ_STORE_COMPARE_H
#define FQ_STORE_COMPARE_H

#include <stdio.h>

#include "fengqiao.h"

/* FQ_OK when every table but `meta` and `migration` holds the same rows; differing tables are listed on
 * `out`. */
enum fq_status fq_compare(const char *path, const char *other, FILE *out, struct fq_error *e);

#endif
