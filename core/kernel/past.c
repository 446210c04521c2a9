/*
 * Another kernel's past: see kernel.h. Kernel thread of the one that lives through it; the other may be a
 * process that writes meanwhile, for which this is a reader like any.
 *
 * What asks the table `journal` in here is shown the other's by a view of that name in `temp`, which SQLite
 * looks at first. It ends at the last row of the command before: rows of a tick reach the journal at its end,
 * so those of the running one were not there for anybody to read.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "kernel/internal.h"
#include "store/ahead.h"

#define ROWS_A_TRANSACTION 4096

struct fq_past {
  fq_kernel *kernel;
  fq_db *from;
  struct fq_head head; /* of the other's journal */
  /* The last row applied; the last of the command before, and the last to be seen in `journal`. */
  int64_t seq, settled, shown;
  bool own; /* more entries of the running command's own may follow */
  char actor[FQ_ID_MAX];
  char *path;
};

/* Read-only, as a URI: what has a meaning there is written in hexadecimal. */
static char *uri_of(const char *path) {
  struct fq_buf b = {0};
  fq_buf_fmt(&b, "file:");
  for (const char *c = path; *c; c++)
    fq_buf_fmt(&b, strchr("%?#", *c) ? "%%%02X" : "%c", (unsigned char)*c);
  fq_buf_fmt(&b, "?mode=ro");
  return b.data;
}

static bool show_journal(fq_db *db, const char *path) {
  static const char view[] =
      "CREATE TEMP TABLE past_shown(seq INTEGER NOT NULL);"
      "INSERT INTO past_shown VALUES(0);"
      "CREATE TEMP VIEW journal AS SELECT * FROM past.journal WHERE seq <= (SELECT seq FROM past_shown);";
  bool former = fq_db_allow_write(db, true);
  char *uri = uri_of(path);
  fq_exec(db, "ATTACH DATABASE ? AS past", "s", uri);
  free(uri);
  bool shown = fq_db_run(db, view);
  fq_db_allow_write(db, former);
  return shown;
}

struct fq_past *fq_past_open(fq_kernel *k, const char *path, struct fq_error *e) {
  struct fq_past *p = fq_alloc(sizeof *p);
  p->kernel = k;
  p->path = fq_strdup(path);
  p->from = fq_db_open(path, FQ_DB_READER, e);
  if (p->from && fq_journal_head(p->from, &p->head) && show_journal(k->db, path)) return p;
  if (p->from && fq_db_error(p->from, e)) fq_db_clear(p->from);
  fq_db_error(k->db, e);
  fq_past_close(p);
  return NULL;
}

int64_t fq_past_head(const struct fq_past *p) {
  return p->head.seq;
}

int64_t fq_past_seq(const struct fq_past *p) {
  return p->seq;
}

int64_t fq_past_time(struct fq_past *p, int64_t seq) {
  return fq_int(p->from, 0, "SELECT at_ms FROM journal WHERE seq = ?", "i", seq);
}

int64_t fq_past_until(struct fq_past *p, int64_t at_ms) {
  int64_t low = 0, high = p->head.seq; /* times never fall: by halving */
  while (low < high) {
    int64_t middle = low + (high - low + 1) / 2;
    if (fq_past_time(p, middle) < at_ms)
      low = middle;
    else
      high = middle - 1;
  }
  return low;
}

void fq_past_look(struct fq_past *p) {
  fq_db *db = p->kernel->db;
  if (p->shown == p->settled) return;
  bool former = fq_db_allow_write(db, true);
  fq_exec(db, "UPDATE past_shown SET seq = ?", "i", p->settled);
  fq_db_allow_write(db, former);
  p->shown = p->settled;
}

/* An outside command's entries have no cause, and the last of its own has a receipt (struct fq_row); a
 * timer's firing begins, and what its method does follows from it. Two commands without keys that older
 * servers have written side by side, without a receipt, are told apart by who and when. */
static bool begins(const struct fq_past *p, const struct fq_row *r) {
  if (r->cause) return false;
  return !p->own || r->at_ms != p->kernel->head.at_ms || strcmp(r->actor, p->actor) ||
         !strcmp(r->kind, "timer.fired");
}

static enum fq_status one_row(struct fq_past *p, const struct fq_row *r, const fq_json *data,
                              const struct fq_past_hooks *hooks, bool *stopped, struct fq_error *e) {
  fq_kernel *k = p->kernel;
  bool first = begins(p, r);
  if (first) {
    fq_org_settled(k->db);
    p->settled = p->seq; /* all before it is in the journal by now */
    fq_copy(p->actor, sizeof p->actor, r->actor);
  }
  fq_kernel_set_time(k, r->at_ms);
  enum fq_status st = fq_apply_row(k, r, data, first, hooks, stopped, e);
  if (st || *stopped) return st;
  p->own = !r->cause && !r->receipt;
  k->head.seq = p->seq = r->seq;
  k->head.at_ms = r->at_ms;
  return FQ_OK;
}

/* Not IMMEDIATE: that would hold a snapshot of the attached journal as well. */
static enum fq_status some_rows(struct fq_past *p, struct fq_ahead *rows, const struct fq_past_hooks *hooks,
                                bool *stopped, struct fq_error *e) {
  fq_db *db = p->kernel->db;
  enum fq_status st = FQ_OK;
  struct fq_row r;
  const fq_json *data;
  if (!fq_db_begin(db, false)) return fq_db_error(db, e);
  for (int n = 0; n < ROWS_A_TRANSACTION && !st && !*stopped; n++) {
    if (fq_ahead_next(rows, &r, &data, e))
      st = one_row(p, &r, data, hooks, stopped, e);
    else if (e->status)
      st = e->status;
    else
      break;
  }
  if (!fq_db_commit(db) && !st) st = fq_db_error(db, e);
  return st;
}

enum fq_status fq_past_run(struct fq_past *p, int64_t until, const struct fq_past_hooks *hooks,
                           struct fq_error *e) {
  bool stopped = false;
  if (until > p->head.seq) until = p->head.seq;
  if (until <= p->seq) return FQ_OK;
  struct fq_ahead *rows = fq_ahead_open(p->path, p->seq, until, e);
  enum fq_status st = rows ? FQ_OK : e->status;
  while (!st && !stopped && p->seq < until)
    st = some_rows(p, rows, hooks, &stopped, e);
  fq_ahead_close(rows);
  return st;
}

void fq_past_close(struct fq_past *p) {
  if (!p) return;
  fq_db *db = p->kernel->db;
  fq_stmt *q = p->from ? fq_sql(p->from, "SELECT link FROM journal WHERE seq = ?", "i", p->seq) : NULL;
  if (fq_row(q)) {
    const void *link = fq_col_blob(q, 0, FQ_SHA256);
    if (link) memcpy(p->kernel->head.link, link, FQ_SHA256);
    fq_done(q);
  }
  fq_org_settled(db);
  fq_db_close(p->from);
  bool former = fq_db_allow_write(db, true);
  fq_db_run(db,
            "DROP VIEW IF EXISTS temp.journal; DROP TABLE IF EXISTS temp.past_shown; DETACH DATABASE past");
  fq_db_allow_write(db, former);
  free(p->path);
  free(p);
}
