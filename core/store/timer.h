/*
 * Durable timers as rows: "call this method with these parameters at T". Written by apply only. It does not
 * know who fires them.
 */
#ifndef FQ_STORE_TIMER_H
#define FQ_STORE_TIMER_H

#include "store/db.h"

extern const char fq_timer_schema[];

struct fq_timer_row {
  char id[128], method[FQ_ID_MAX], subject[FQ_ID_MAX];
  int64_t due_ms;
  fq_json *params; /* owned by the caller of fq_timer_next() */
};

void fq_timer_put(fq_db *db, const char *id, int64_t due_ms, const char *method, const char *subject,
                  const char *params);
void fq_timer_delete(fq_db *db, const char *id);
int64_t fq_timer_earliest(fq_db *db); /* due_ms, or -1 when there is none */
bool fq_timer_next(fq_db *db, int64_t until_ms, struct fq_timer_row *out); /* the earliest due by then */

#endif
