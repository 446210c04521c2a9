/*
 * term.c - codes that a county may name for itself: the rows of a pack's dictionary, or, where no pack brings
 * one, those built in. Reads only; any thread with a handle of its own.
 */
#include <stdio.h>
#include <string.h>

#include "dispatch.h"

size_t dp_terms(fq_db *db, const char *dictionary, const struct dp_word *builtin, struct dp_term *out,
                size_t cap) {
  size_t n = 0;
  fq_stmt *q = fq_sql(db, "SELECT code, zh, en FROM dictionary WHERE name = ?1 ORDER BY position, code", "s",
                      dictionary);
  while (fq_row(q)) {
    if (n == cap) continue;
    dp_text(out[n].code, sizeof out[n].code, fq_col_str(q, 0));
    dp_text(out[n].zh, sizeof out[n].zh, fq_col_str(q, 1));
    dp_text(out[n].en, sizeof out[n].en, fq_col_str(q, 2));
    n++;
  }
  if (n) return n;
  for (; builtin->code && n < cap; builtin++, n++) {
    dp_text(out[n].code, sizeof out[n].code, builtin->code);
    dp_text(out[n].zh, sizeof out[n].zh, builtin->zh);
    dp_text(out[n].en, sizeof out[n].en, builtin->en);
  }
  return n;
}

int dp_term_find(const struct dp_term *terms, size_t count, const char *code) {
  for (size_t x = 0; code && x < count; x++)
    if (!strcmp(terms[x].code, code)) return (int)x;
  return -1;
}

enum fq_status dp_term_refuse(struct fq_call *c, const char *dictionary, const char *path, const char *code,
                              const struct dp_term *terms, size_t count) {
  char known[160] = "";
  for (size_t x = 0, used = 0; x < count && used + strlen(terms[x].code) + 2 < sizeof known; x++)
    used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", x ? " " : "", terms[x].code);
  return fq_fail(c->error, FQ_E_PARAMS, "term.unknown", path, "词典 %s 里没有 %s;有:%s",
                 "the dictionary %s has no %s; it has: %s", dictionary, code ? code : "", known);
}

enum fq_status dp_term_need(struct fq_call *c, const char *dictionary, const struct dp_word *builtin,
                            const char *member, struct dp_term *out) {
  struct dp_term terms[DP_TERMS_MAX];
  const char *code = fq_json_str(c->params, member);
  size_t count = dp_terms(c->db, dictionary, builtin, terms, DP_TERMS_MAX);
  int at = dp_term_find(terms, count, code);
  if (at >= 0) {
    *out = terms[at];
    return FQ_OK;
  }
  char path[FQ_ID_MAX];
  snprintf(path, sizeof path, "params.%s", member);
  return dp_term_refuse(c, dictionary, path, code, terms, count);
}
