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

#define ROWS_A_READ 4096 /* a snapshot held longer would keep the other's log from being taken back */

struct fq_past {
  fq_kernel *kernel;
  fq_db *from;
  struct fq_head head; /* of the other's journal */
  int64_t seq, shown;  /* the last row applied, the last one to be seen in `journal` */
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

static void show(struct fq_past *p, int64_t seq) {
  fq_db *db = p->kernel->db;
  bool former = fq_db_allow_write(db, true);
  fq_exec(db, "UPDATE past_shown SET seq = ?", "i", seq);
  fq_db_allow_write(db, former);
  p->shown = seq;
}

/* Where an outside command or a timer begins, what came before it is settled. */
static enum fq_status one_row(struct fq_past *p, const struct fq_row *r, const struct fq_past_hooks *hooks,
                              bool *stopped, struct fq_error *e) {
  fq_kernel *k = p->kernel;
  if (r->seq != p->seq + 1)
    return fq_fail(e, FQ_E_STORAGE, "journal.broken", "", "日志第 %lld 条缺失", "journal entry %lld: missing",
                   (long long)p->seq + 1);
  if (!r->cause) {
    fq_org_settled(k->db);
    show(p, p->seq);
  }
  fq_kernel_set_time(k, r->at_ms);
  enum fq_status st = fq_apply_row(k, r, hooks, stopped, e);
  if (st || *stopped) return st;
  k->head.seq = p->seq = r->seq;
  k->head.at_ms = r->at_ms;
  return FQ_OK;
}

/* Not IMMEDIATE: that would hold a snapshot of the attached journal as well. */
static enum fq_status some_rows(struct fq_past *p, int64_t to, const struct fq_past_hooks *hooks,
                                bool *stopped, struct fq_error *e) {
  fq_db *db = p->kernel->db;
  enum fq_status st = FQ_OK;
  if (!fq_db_begin(db, false)) return fq_db_error(db, e);
  fq_stmt *q = fq_journal_after(p->from, p->seq, to);
  while (!st && !*stopped && fq_row(q)) {
    struct fq_row r;
    fq_journal_get(q, &r);
    st = one_row(p, &r, hooks, stopped, e);
    if (st || *stopped) fq_done(q);
  }
  if (!st) st = fq_db_error(p->from, e);
  if (!fq_db_commit(db) && !st) st = fq_db_error(db, e);
  return st;
}

enum fq_status fq_past_run(struct fq_past *p, int64_t until, const struct fq_past_hooks *hooks,
                           struct fq_error *e) {
  enum fq_status st = FQ_OK;
  bool stopped = false;
  if (until > p->head.seq) until = p->head.seq;
  while (!st && !stopped && p->seq < until) {
    int64_t to = until - p->seq > ROWS_A_READ ? p->seq + ROWS_A_READ : until;
    st = some_rows(p, to, hooks, &stopped, e);
    if (!st && !stopped && p->seq < to)
      st = fq_fail(e, FQ_E_STORAGE, "journal.broken", "", "日志第 %lld 条缺失", "journal entry %lld: missing",
                   (long long)p->seq + 1);
  }
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
  free(p);
}
