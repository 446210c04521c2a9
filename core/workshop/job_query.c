/* What jobs there are and what they found. Reader threads. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "workshop/rows.h"
#include "workshop/workshop_internal.h"

#define COLUMNS                                                                                              \
  "job, what, pack, author, at_ms, state, ok, ms, summary, digest, options, error, candidate, base"

/* Results speak of the whole county: its incidents, its officers. Who administers a part of it may not read
 * them. */
static enum fq_status whole_county(struct fq_query *q) {
  struct fq_unit unit;
  if (q->actor->system || (fq_org_unit(q->db, q->actor->org, &unit) && !unit.parent[0])) return FQ_OK;
  return fq_fail(q->error, FQ_E_FORBIDDEN, "scope", "", "作业涉及全县,只有县级管理员可以查看",
                 "jobs concern the whole county: only its administrators may read them");
}

static void set_text(fq_json *o, const char *name, const char *json) {
  if (json) fq_json_set(o, name, fq_json_parse(json, strlen(json), NULL));
}

static fq_json *row_of(struct fq_query *q, fq_stmt *s) {
  fq_json *o = fq_json_object();
  const char *job = fq_col_str(s, 0), *state = fq_col_str(s, 5);
  fq_json_set_str(o, "job", job);
  fq_json_set_str(o, "what", fq_col_str(s, 1));
  fq_json_set_str(o, "pack", fq_col_str(s, 2));
  fq_json_set_str(o, "author", fq_col_str(s, 3));
  fq_json_set_time(o, "at", fq_col_int(s, 4));
  if (strcmp(state, "started")) {
    fq_json_set_str(o, "state", state);
    fq_json_set_num(o, "share", strcmp(state, "done") ? 0 : 1);
    fq_json_set_str(o, "zh", "");
    fq_json_set_str(o, "en", "");
  } else
    fq_job_now(q->self, job, o);
  if (!fq_col_null(s, 6)) fq_json_set_bool(o, "ok", fq_col_int(s, 6));
  if (!fq_col_null(s, 7)) fq_json_set_int(o, "ms", fq_col_int(s, 7));
  set_text(o, "summary", fq_col_str(s, 8));
  return o;
}

enum fq_status fq_job_list(struct fq_query *q) {
  enum fq_status st = whole_county(q);
  if (st) return st;
  fq_json *rows = fq_json_array();
  fq_stmt *s = fq_sql(q->db, "SELECT " COLUMNS " FROM workshop_job ORDER BY seq DESC LIMIT ?", "i",
                      fq_json_int(q->params, "limit", 50));
  while (fq_row(s))
    fq_json_push(rows, row_of(q, s));
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}

static enum fq_status unknown(struct fq_query *q, const char *job) {
  return fq_fail(q->error, FQ_E_NOT_FOUND, "job.unknown", "job", "没有作业 %s", "no job %s", job);
}

enum fq_status fq_job_open(struct fq_query *q) {
  const char *job = fq_json_str(q->params, "job");
  enum fq_status st = whole_county(q);
  if (st) return st;
  fq_stmt *s = fq_sql(q->db, "SELECT " COLUMNS " FROM workshop_job WHERE job = ?", "s", job);
  if (!fq_row(s)) return unknown(q, job);
  fq_json *o = row_of(q, s);
  fq_json_set_str(o, "digest", fq_col_str(s, 9));
  set_text(o, "options", fq_col_str(s, 10));
  set_text(o, "error", fq_col_str(s, 11));
  set_text(o, "candidate", fq_col_str(s, 12));
  set_text(o, "base", fq_col_str(s, 13));
  fq_done(s);
  char *dir = fq_job_dir(q->self, job);
  fq_json_set(o, "lists", fq_rows_lists(dir));
  free(dir);
  fq_json_each(m, o) fq_json_set(q->result, fq_json_name(m), fq_json_dup(m));
  fq_json_free(o);
  return FQ_OK;
}

/* The directory of a job's result; the caller frees. NULL and the error: he may not, or there is none. */
static char *result_of(struct fq_query *q) {
  const char *job = fq_json_str(q->params, "job");
  if (whole_county(q)) return NULL;
  if (fq_int(q->db, 0, "SELECT 1 FROM workshop_job WHERE job = ?", "s", job)) return fq_job_dir(q->self, job);
  unknown(q, job);
  return NULL;
}

static fq_json *read_files(const char *dir, const char *name) {
  fq_json *pack = fq_task_kept(dir, name), *files = fq_json_dup(fq_json_get(pack, "files"));
  fq_json_free(pack);
  return files;
}

enum fq_status fq_job_candidate(struct fq_query *q) {
  char *dir = result_of(q);
  if (!dir) return q->error->status;
  fq_json *files = read_files(dir, FQ_TASK_CANDIDATE), *base = read_files(dir, FQ_TASK_BASE);
  free(dir);
  if (!files)
    return fq_fail(q->error, FQ_E_NOT_FOUND, "job.no_candidate", "job", "作业 %s 还没有开始,或它的文件已不在",
                   "job %s has not begun, or its files are gone", fq_json_str(q->params, "job"));
  fq_stmt *s =
      fq_sql(q->db, "SELECT pack FROM workshop_job WHERE job = ?", "s", fq_json_str(q->params, "job"));
  if (fq_row(s)) {
    fq_json_set_str(q->result, "pack", fq_col_str(s, 0));
    fq_done(s);
  }
  fq_json_set(q->result, "files", files);
  if (base) fq_json_set(q->result, "base", base);
  return FQ_OK;
}

enum fq_status fq_job_rows(struct fq_query *q) {
  const fq_json *where = fq_json_get(q->params, "where");
  if (where && fq_json_type(where) != FQ_JSON_OBJECT)
    return fq_fail(q->error, FQ_E_PARAMS, "params.type", "params.where", "where 应为对象",
                   "where: expected an object");
  char *dir = result_of(q);
  if (!dir) return q->error->status;
  enum fq_status st = fq_rows_read(dir, fq_json_str(q->params, "list"),
                                   &(struct fq_rows_page){.after = fq_json_int(q->params, "after", 0),
                                                          .limit = fq_json_int(q->params, "limit", 100),
                                                          .where = where},
                                   q->result, q->error);
  free(dir);
  return st;
}

enum fq_status fq_job_csv(struct fq_query *q) {
  char *dir = result_of(q);
  if (!dir) return q->error->status;
  enum fq_status st = fq_rows_csv(dir, fq_json_str(q->params, "list"), fq_json_int(q->params, "after", 0),
                                  q->result, q->error);
  free(dir);
  return st;
}
