/*
 * store.c - a guest as his row stands, and who he is by his token. Kernel thread; loading on any thread with
 * a handle of its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest/guest.h"

int64_t cg_n(const char *id) {
  char *end;
  size_t len = strlen(CG_PREFIX);
  if (!id || strncmp(id, CG_PREFIX, len) != 0 || id[len] < '1' || id[len] > '9') return 0;
  long long n = strtoll(id + len, &end, 10);
  return *end ? 0 : (int64_t)n;
}

static void text(char *out, size_t cap, const char *s) {
  snprintf(out, cap, "%s", s ? s : "");
}

#define COLUMNS "n, conf, org, by, created_ms, until_ms, coalesce(ended_ms, 0), coalesce(why, ''), used"
static bool take(fq_stmt *q, struct cg_guest *out) {
  memset(out, 0, sizeof *out);
  if (!fq_row(q)) return false;
  out->n = fq_col_int(q, 0);
  snprintf(out->id, sizeof out->id, CG_PREFIX "%lld", (long long)out->n);
  text(out->conf, sizeof out->conf, fq_col_str(q, 1));
  text(out->org, sizeof out->org, fq_col_str(q, 2));
  text(out->by, sizeof out->by, fq_col_str(q, 3));
  out->created_ms = fq_col_int(q, 4);
  out->until_ms = fq_col_int(q, 5);
  out->ended_ms = fq_col_int(q, 6);
  text(out->why, sizeof out->why, fq_col_str(q, 7));
  out->used = fq_col_int(q, 8) != 0;
  fq_done(q);
  return true;
}

bool cg_load(fq_db *db, const char *id, struct cg_guest *out) {
  return take(fq_sql(db, "SELECT " COLUMNS " FROM conf_guest WHERE n = ?1", "i", cg_n(id)), out);
}

bool cg_by_token(struct cf_self *s, fq_db *db, const char *token, struct cg_guest *out) {
  char mark[33];
  if (!token || strncmp(token, CG_TOKEN, strlen(CG_TOKEN)) != 0) return false;
  fq_mark_text(s->kernel, CG_MARK, token, mark);
  return take(fq_sql(db, "SELECT " COLUMNS " FROM conf_guest WHERE mark = ?1", "s", mark), out);
}

const char *cg_state(const struct cg_guest *g, int64_t now_ms) {
  if (g->ended_ms) return g->why;
  return g->until_ms <= now_ms ? "expired" : "live";
}

bool cg_hook(void *self, fq_db *db, const char *token, int64_t now_ms, struct fq_guest *out) {
  struct cg_guest g;
  if (!cg_by_token(self, db, token, &g) || strcmp(cg_state(&g, now_ms), "live") != 0) return false;
  *out = (struct fq_guest){.roles = FQ_ROLE_FAMILY, .until_ms = g.until_ms};
  text(out->user, sizeof out->user, g.id);
  text(out->org, sizeof out->org, g.org);
  return true;
}
