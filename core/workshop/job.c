/*
 * Jobs: runs that a page has asked for. What was asked and what came of it is in the journal; the rows of a
 * result are files (rows.h), which are not. Kernel thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "policy/candidate.h"
#include "policy/pack.h"
#include "workshop/workshop_internal.h"

#define KEPT         "50" /* results */
#define WAITING_MOST 20

static const char *const migrations[] = {
    "CREATE TABLE workshop_job(job TEXT PRIMARY KEY, seq INTEGER NOT NULL, what TEXT NOT NULL, pack TEXT NOT "
    "NULL, digest TEXT NOT NULL, author TEXT NOT NULL, at_ms INTEGER NOT NULL, options TEXT NOT NULL,"
    " state TEXT NOT NULL, ok INTEGER, summary TEXT, error TEXT, ms INTEGER) WITHOUT ROWID;"
    "CREATE INDEX workshop_job_seq ON workshop_job(seq);",
    "ALTER TABLE workshop_job ADD COLUMN candidate TEXT;"
    "ALTER TABLE workshop_job ADD COLUMN base TEXT;",
    NULL};

/* -- apply
 * ----------------------------------------------------------------------------------------------------- */

static char *text_of(const fq_json *data, const char *name) {
  const fq_json *v = fq_json_get(data, name);
  return v ? fq_json_print(v) : NULL;
}

static enum fq_status apply_started(struct fq_apply *a, const struct fq_entry *e) {
  char *options = text_of(e->data, "options"), *candidate = text_of(e->data, "candidate"),
       *base = text_of(e->data, "base");
  fq_exec(a->db,
          "INSERT INTO workshop_job(job, seq, what, pack, digest, author, at_ms, options, candidate, base,"
          " state) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'started')",
          "sissssisss", e->subject, e->seq, fq_json_str(e->data, "what"), fq_json_str(e->data, "pack"),
          fq_json_str(e->data, "digest"), e->actor, e->at_ms, options ? options : "{}", candidate, base);
  free(options);
  free(candidate);
  free(base);
  return FQ_OK;
}

static enum fq_status apply_finished(struct fq_apply *a, const struct fq_entry *e) {
  char *summary = text_of(e->data, "summary"), *error = text_of(e->data, "error");
  bool known = fq_json_get(e->data, "ok");
  fq_exec(
      a->db,
      known ? "UPDATE workshop_job SET state = ?2, summary = ?3, error = ?4, ms = ?5, ok = ?6 WHERE job = ?1"
            : "UPDATE workshop_job SET state = ?2, summary = ?3, error = ?4, ms = ?5 WHERE job = ?1 AND ?6 "
              ">= 0",
      "ssssii", e->subject, fq_json_str(e->data, "state"), summary, error, fq_json_int(e->data, "ms", 0),
      (int64_t)fq_json_bool(e->data, "ok", false));
  fq_exec(a->db,
          "DELETE FROM workshop_job WHERE state <> 'started' AND seq <= (SELECT seq FROM workshop_job"
          " ORDER BY seq DESC LIMIT 1 OFFSET " KEPT ")",
          "");
  free(summary);
  free(error);
  return FQ_OK;
}

/* -- commands
 * -------------------------------------------------------------------------------------------------- */

static enum fq_status whole_county(struct fq_call *c, struct fq_target *t) {
  t->org[0] = '\0';
  return FQ_OK;
}

/* Which files were meant, without the files: {draft, rev} | {generation} | {files: true}. */
static fq_json *which(const fq_json *named, const struct fq_candidate *x) {
  fq_json *o = fq_json_object();
  const fq_json *generation = fq_json_get(named, "generation");
  if (generation)
    fq_json_set(o, "generation", fq_json_dup(generation));
  else
    fq_json_set_bool(o, x->rev ? "draft" : "files", true);
  if (x->rev) fq_json_set_int(o, "rev", x->rev);
  return o;
}

/* {pack, files} out of parameters that name a candidate, or what it is compared with; and which it is. */
static enum fq_status candidate_of(struct fq_call *c, const fq_json *named, fq_json **out, fq_json **is) {
  struct fq_workshop *w = c->self;
  struct fq_candidate x;
  fq_json *params = fq_json_dup(named);
  const fq_json *pack = fq_json_get(c->params, "pack");
  fq_json_set(params, "pack", fq_json_dup(pack));
  enum fq_status st = fq_candidate_read(w->kernel, c->db, params, &x, c->error);
  if (!st) {
    *out = fq_json_object();
    fq_json_set(*out, "pack", fq_json_dup(pack));
    fq_json_set(*out, "files", x.files);
    *is = which(named, &x);
    x.files = NULL;
    fq_candidate_clear(&x);
  }
  fq_json_free(params);
  return st;
}

static enum fq_status options_of(struct fq_call *c, const struct fq_run_kind *kind, fq_json **out) {
  const fq_json *given = fq_json_get(c->params, "options");
  fq_json *options = given ? fq_json_dup(given) : fq_json_object();
  enum fq_status st = fq_schema_check(kind->options, options, c->error);
  if (st) { /* "params.from" is params.options.from here */
    char path[160];
    fq_copy(path, sizeof path, c->error->path);
    const char *rest = strncmp(path, "params", 6) ? path : path + 6;
    snprintf(c->error->path, sizeof c->error->path, "params.options%.140s", rest);
    fq_json_free(options);
  } else
    *out = options;
  return st;
}

static enum fq_status can_start(struct fq_call *c) {
  struct fq_workshop *w = c->self;
  if (!w->started || !w->children || !fq_data_dir(w->kernel)[0])
    return fq_fail(c->error, FQ_E_CONFLICT, "job.no_server", "",
                   "作业要由运行中的服务器来做;命令行请用 fengqiao policy test|check|prove|replay|project",
                   "jobs need a running server; on the command line use fengqiao policy "
                   "test|check|prove|replay|project");
  if (fq_jobs_waiting(w) >= WAITING_MOST) {
    fq_fail(c->error, FQ_E_OVERLOADED, "job.queue", "", "已有 %d 个作业在等待", "%d jobs are waiting already",
            WAITING_MOST);
    c->error->retry_after_ms = 10000;
    return FQ_E_OVERLOADED;
  }
  return FQ_OK;
}

/* Takes `candidate` and `base`: which they are. */
static enum fq_status emit_started(struct fq_call *c, const char *job, const struct fq_job_ask *ask,
                                   fq_json *candidate, fq_json *base) {
  char digest[65];
  fq_pack_digest(fq_json_get(ask->candidate, "files"), digest);
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "job", job);
  fq_json_set_str(data, "what", ask->kind->name);
  fq_json_set_str(data, "pack", ask->pack);
  fq_json_set_str(data, "digest", digest);
  fq_json_set(data, "options", fq_json_dup(ask->options));
  fq_json_set(data, "candidate", candidate);
  if (base) fq_json_set(data, "base", base);
  return fq_emit(c, (struct fq_draft){.kind = "job.started", .subject = job, .data = data});
}

static enum fq_status start_job(struct fq_call *c) {
  struct fq_job_ask ask = {.kind = fq_run_kind(fq_json_str(c->params, "what")),
                           .pack = fq_json_str(c->params, "pack")};
  const fq_json *base = fq_json_get(c->params, "base");
  fq_json *candidate_is = NULL, *base_is = NULL;
  char job[32];
  snprintf(job, sizeof job, "j%lld", (long long)fq_next_seq(c));
  enum fq_status st = can_start(c);
  if (!st) st = options_of(c, ask.kind, &ask.options);
  if (!st) st = candidate_of(c, c->params, &ask.candidate, &candidate_is);
  if (!st && base) st = candidate_of(c, base, &ask.base, &base_is);
  if (!st) {
    st = emit_started(c, job, &ask, candidate_is, base_is);
    candidate_is = base_is = NULL;
  }
  if (st) {
    fq_json_free(candidate_is);
    fq_json_free(base_is);
    fq_json_free(ask.options);
    fq_json_free(ask.candidate);
    fq_json_free(ask.base);
    return st;
  }
  fq_json_set_str(c->result, "job", job);
  fq_job_take(c->self, job, &ask);
  return FQ_OK;
}

static bool is_open(struct fq_call *c, const char *job, bool *known) {
  fq_stmt *q = fq_sql(c->db, "SELECT state = 'started' FROM workshop_job WHERE job = ?", "s", job);
  bool open = false;
  *known = fq_row(q);
  if (*known) {
    open = fq_col_int(q, 0);
    fq_done(q);
  }
  return open;
}

static enum fq_status cancel_job(struct fq_call *c) {
  const char *job = fq_json_str(c->params, "job");
  bool known, open = is_open(c, job, &known);
  if (!known) return fq_fail(c->error, FQ_E_NOT_FOUND, "job.unknown", "job", "没有作业 %s", "no job %s", job);
  if (!open)
    return fq_fail(c->error, FQ_E_CONFLICT, "job.over", "job", "作业 %s 已经结束", "job %s has ended", job);
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "job", job);
  fq_json_set_str(data, "state", "cancelled");
  enum fq_status st = fq_emit(c, (struct fq_draft){.kind = "job.finished", .subject = job, .data = data});
  if (!st) fq_jobs_settle(c->self);
  return st;
}

/* What the server itself has to say about the end; a job that was cancelled has ended already. */
static enum fq_status finish_job(struct fq_call *c) {
  const char *job = fq_json_str(c->params, "job");
  bool known;
  if (!is_open(c, job, &known)) return FQ_OK;
  return fq_emit(c,
                 (struct fq_draft){.kind = "job.finished", .subject = job, .data = fq_json_dup(c->params)});
}

/* -- the table
 * ------------------------------------------------------------------------------------------------- */

#define ADMINS (FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_AUDIT)

static const struct fq_kind kinds[] = {{.name = "job.started",
                                        .apply = apply_started,
                                        .roles = ADMINS,
                                        .flags = FQ_KIND_QUIET,
                                        .zh = "工坊作业已提交",
                                        .en = "a workshop job was started"},
                                       {.name = "job.finished",
                                        .apply = apply_finished,
                                        .roles = ADMINS,
                                        .flags = FQ_KIND_QUIET,
                                        .zh = "工坊作业已结束",
                                        .en = "a workshop job has ended"},
                                       {0}};

#define JOB                                                                                                  \
  { .name = "job", .type = FQ_T_ID, .required = true, .zh = "作业", .en = "the job", }
#define LIST                                                                                                 \
  {                                                                                                          \
    .name = "list", .type = FQ_T_STRING, .required = true, .min = 1, .max = 32, .zh = "清单名",              \
    .en = "the list's name",                                                                                 \
  }
#define AFTER                                                                                                \
  {                                                                                                          \
    .name = "after", .type = FQ_T_INT, .max = 1e9, .zh = "上一页给出的 next",                                \
    .en = "next of the page before",                                                                         \
  }
static const struct fq_param base_params[] = {
    {.name = "generation", .type = FQ_T_INT, .min = 1, .max = 1e9, .zh = "规则代次", .en = "a generation"},
    {.name = "files", .type = FQ_T_ANY, .zh = "文件:路径与内容", .en = "files: {path: text}"},
    {0}};
static const struct fq_param start_params[] = {
    {.name = "what",
     .type = FQ_T_ENUM,
     .required = true,
     .values = "test check prove replay project",
     .zh = "做什么",
     .en = "what to do"},
    {.name = "pack", .type = FQ_T_ID, .required = true, .zh = "包名", .en = "the pack's name"},
    {.name = "files", .type = FQ_T_ANY, .zh = "文件:路径与内容", .en = "the candidate's files: {path: text}"},
    {.name = "draft", .type = FQ_T_BOOL, .zh = "用草稿", .en = "the candidate is the pack's draft"},
    {.name = "generation",
     .type = FQ_T_INT,
     .min = 1,
     .max = 1e9,
     .zh = "用某一代的文件",
     .en = "the candidate is the pack of this generation"},
    {.name = "base",
     .type = FQ_T_OBJECT,
     .members = base_params,
     .zh = "与什么比较;不写即与当时生效的比较",
     .en = "what it is compared with; what was active when left out"},
    {.name = "options", .type = FQ_T_ANY, .zh = "选项,依做什么而定", .en = "options of what is to be done"},
    {0}};
static const struct fq_param job_params[] = {JOB, {0}};
static const struct fq_param list_params[] = {
    {.name = "limit", .type = FQ_T_INT, .min = 1, .max = 100, .zh = "条数", .en = "jobs, 50 when left out"},
    {0}};
static const struct fq_param rows_params[] = {
    JOB,
    LIST,
    {.name = "where",
     .type = FQ_T_ANY,
     .zh = "只要这些成员等于给定值的行",
     .en = "only rows whose members equal these: {\"township\": \"430525103000\"}"},
    AFTER,
    {.name = "limit", .type = FQ_T_INT, .min = 1, .max = 1000, .zh = "行数", .en = "rows, 100 when left out"},
    {0}};
static const struct fq_param csv_params[] = {JOB, LIST, AFTER, {0}};
static const struct fq_param finish_params[] = {
    JOB,
    {.name = "state",
     .type = FQ_T_ENUM,
     .required = true,
     .values = "done failed lost",
     .zh = "结局",
     .en = "how it ended"},
    {.name = "ok", .type = FQ_T_BOOL, .zh = "没有发现问题", .en = "nothing was found"},
    {.name = "summary", .type = FQ_T_ANY, .zh = "摘要", .en = "the summary"},
    {.name = "error", .type = FQ_T_ANY, .zh = "错误", .en = "the error"},
    {.name = "ms", .type = FQ_T_INT, .min = 0, .max = 1e12, .zh = "毫秒", .en = "milliseconds"},
    {0}};

#define ROW "job, what, pack, author, at, state, ok?, share, zh, en, ms?, summary?"
static const struct fq_method methods[] = {
    {.name = "job.start",
     .roles = FQ_ROLE_ADMIN_SYSTEM,
     .params = start_params,
     .target = whole_county,
     .run = start_job,
     .zh = "提交工坊作业",
     .en = "tries a candidate in a child process: scenarios, check, proof, replay, projection",
     .result = "{job}"},
    {.name = "job.cancel",
     .roles = FQ_ROLE_ADMIN_SYSTEM,
     .params = job_params,
     .target = whole_county,
     .run = cancel_job,
     .zh = "取消工坊作业",
     .en = "ends a job that waits or runs",
     .result = "{}"},
    {.name = "job.finish",
     .flags = FQ_INTERNAL,
     .params = finish_params,
     .run = finish_job,
     .zh = "工坊作业结束",
     .en = "a job has ended",
     .result = "{}"},
    {.name = "job.list",
     .roles = ADMINS,
     .params = list_params,
     .query = fq_job_list,
     .zh = "工坊作业",
     .en = "jobs, the newest first",
     .result = "{rows:[{" ROW "}]}"},
    {.name = "job.open",
     .roles = ADMINS,
     .params = job_params,
     .query = fq_job_open,
     .zh = "一个工坊作业",
     .en = "a job and the lists of its result",
     .result =
         "{" ROW ", digest, options, candidate:{draft?, rev?, generation?, files?}, base?:{draft?, rev?, "
         "generation?, files?}, lists: object, error?:{code, path?, zh, en}}"},
    {.name = "job.candidate",
     .roles = ADMINS,
     .params = job_params,
     .query = fq_job_candidate,
     .zh = "作业所试的文件",
     .en = "the files that a job tried, and those it compared them with",
     .result = "{pack, files, base?}"},
    {.name = "job.rows",
     .roles = ADMINS,
     .params = rows_params,
     .query = fq_job_rows,
     .zh = "作业结果的行",
     .en = "rows of a result",
     .result = "{rows, next?, total}"},
    {.name = "job.csv",
     .roles = ADMINS,
     .params = csv_params,
     .query = fq_job_csv,
     .zh = "作业结果的表格",
     .en = "a list of a result as CSV; long ones in pieces",
     .result = "{csv, next?}"},
    {0}};

const struct fq_plugin fq_workshop_job = {FQ_PLUGIN_HEAD,   .name = "workshop.job", .version = "1",
                                          .zh = "工坊作业", .en = "workshop jobs",  .migrations = migrations,
                                          .kinds = kinds,   .methods = methods};
