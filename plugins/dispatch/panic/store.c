/*
 * store.c - an alarm as its row stands, and the entries about it. Kernel thread; loading on any thread with a
 * handle of its own.
 */
#include <stdlib.h>
#include <string.h>

#include "panic/panic.h"

bool dp_panic_load(fq_db *db, const char *id, struct dp_panic *out) {
  memset(out, 0, sizeof *out);
  fq_stmt *q =
      fq_sql(db,
             "SELECT n, incident, raised_ms, disposed_ms, round, step, settled, org, by, user, address"
             " FROM panic WHERE n = ?1",
             "i", dp_id_n(id, 'p'));
  if (!fq_row(q)) return false;
  int64_t *const numbers[] = {&out->n,     &out->incident, &out->raised_ms, &out->disposed_ms,
                              &out->round, &out->step,     &out->settled};
  for (int k = 0; k < 7; k++)
    *numbers[k] = fq_col_int(q, k);
  dp_text(out->org, sizeof out->org, fq_col_str(q, 7));
  dp_text(out->by, sizeof out->by, fq_col_str(q, 8));
  dp_text(out->user, sizeof out->user, fq_col_str(q, 9));
  dp_text(out->address, sizeof out->address, fq_col_str(q, 10));
  dp_id_make(out->id, 'p', out->n);
  fq_done(q);
  return true;
}

void dp_panic_in_need(fq_db *db, const struct dp_incident *i, char user[FQ_ID_MAX]) {
  user[0] = '\0';
  if (strcmp(i->category, DP_PANIC_CATEGORY) != 0) return;
  fq_stmt *q = fq_sql(db, "SELECT user FROM panic WHERE incident = ?1", "i", i->n);
  if (!fq_row(q)) return;
  dp_text(user, FQ_ID_MAX, fq_col_str(q, 0));
  fq_done(q);
}

enum fq_status dp_panic_need(struct fq_call *c, struct dp_panic *out, struct dp_incident *i) {
  const char *id = fq_json_str(c->params, "id");
  char of[FQ_ID_MAX];
  if (dp_panic_load(c->db, id, out)) {
    dp_id_make(of, 'i', out->incident);
    if (dp_incident_load(c->db, of, i)) return FQ_OK;
  }
  return fq_fail(c->error, FQ_E_NOT_FOUND, "panic.unknown", "params.id", "没有报警 %s", "no alarm %s",
                 id ? id : "");
}

/* ---- who hears it ---------------------------------------------------------------------------------------
 */

static void add(char **words, size_t *len, const char *kind, const char *word) {
  size_t a = strlen(kind), n = a + strlen(word);
  char *more = realloc(*words, *len + n + 2);
  if (!more) abort(); /* as everywhere: exhaustion ends the process (fengqiao.h, FAILURE) */
  *words = more;
  if (*len) more[(*len)++] = ' ';
  memcpy(more + *len, kind, a);
  memcpy(more + *len + a, word, n - a + 1);
  *len += n;
}

char *dp_panic_audience(const fq_json *list) {
  char *words = NULL;
  size_t len = 0;
  add(&words, &len, "", "");
  fq_json_each(m, list) add(&words, &len, "", fq_json_str(m, "who"));
  return words;
}

enum fq_status dp_panic_emit(struct fq_call *c, const struct dp_panic *p, const struct dp_incident *i,
                             const char *kind, fq_json *data, const char *also) {
  char *words = NULL;
  size_t len = 0;
  add(&words, &len, "", also ? also : "");
  if (*p->user) add(&words, &len, "user/", p->user);
  add(&words, &len, "user/", p->by);
  fq_stmt *q = fq_sql(c->db, "SELECT who FROM panic_told WHERE panic = ?1 ORDER BY told_ms, who", "i", p->n);
  while (fq_row(q))
    add(&words, &len, "", fq_col_str(q, 0));
  fq_json_set_str(data, "panic", p->id);
  fq_json_set_int(data, "number", i->number);
  enum fq_status s = dp_emit(c, i, kind, data, words); /* each word once */
  free(words);
  return s;
}
