/*
 * Backups as a module: when they are made, what came of each, and the thread that makes them. What happened
 * is entries; the work is done after the commit, beside the kernel thread, on handles of its own. One at a
 * time. Kernel thread, but for the work.
 */
#include "kernel/backup.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "kernel/internal.h"

#define DAY_MS    86400000LL
#define ZONE_MS   (8 * 3600000LL) /* a county's hours are those of Beijing */
#define TOLD_MS   250             /* progress, at most so often */
#define RUNS_KEPT 200
#define ADMINS    (FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_AUDIT)

static const char *const migrations[] = {
    "CREATE TABLE backup_run(n INTEGER PRIMARY KEY, what TEXT NOT NULL, file TEXT, actor TEXT NOT NULL, at_ms"
    " INTEGER NOT NULL, ended_ms INTEGER, ok INTEGER, head INTEGER, bytes INTEGER, zh TEXT, en TEXT);"
    "CREATE TABLE backup_plan(one INTEGER PRIMARY KEY CHECK(one = 1), minute INTEGER, keep INTEGER NOT "
    "NULL);",
    NULL};

struct work {
  fq_kernel *kernel;
  int64_t n;
  bool verify;
  int keep;
  char file[FQ_BACKUP_NAME], dir[600];
  int64_t now_ms, told_us;
  struct fq_backup_made made;
  struct fq_error error;
};

struct backup {
  struct fq_pool *thread;
  atomic_bool stopping;
  pthread_mutex_t lock; /* of what follows: a reader asks how far it is */
  int64_t running;      /* its entry; 0: none */
  char phase[12];
  int64_t done, total;
};

static void where(const fq_kernel *k, char out[600]) {
  snprintf(out, 600, "%s/backups", k->data_dir);
}

/* -- the work, on its thread */

struct told {
  fq_kernel *kernel;
  fq_json *data;
};
static void signal_progress(void *arg) {
  struct told *t = arg;
  fq_kernel_signal(t->kernel, "backup", "running", ADMINS, t->data);
  fq_json_free(t->data);
  free(t);
}

static fq_json *progress_json(const struct backup *b) {
  fq_json *o = fq_json_object();
  fq_json_set_int(o, "run", b->running);
  fq_json_set_str(o, "phase", b->phase);
  fq_json_set_int(o, "done", b->done);
  fq_json_set_int(o, "total", b->total);
  return o;
}

static bool watched(void *arg, const char *phase, int64_t done, int64_t total) {
  struct work *w = arg;
  struct backup *b = w->kernel->backup;
  int64_t now = fq_monotonic_us();
  if (atomic_load(&b->stopping)) return false;
  pthread_mutex_lock(&b->lock);
  bool other = strcmp(b->phase, phase) != 0;
  fq_copy(b->phase, sizeof b->phase, phase);
  b->done = done;
  b->total = total;
  fq_json *told = other || now - w->told_us > TOLD_MS * 1000 ? progress_json(b) : NULL;
  pthread_mutex_unlock(&b->lock);
  if (!told) return true;
  w->told_us = now;
  struct told *t = fq_alloc(sizeof *t);
  *t = (struct told){w->kernel, told};
  fq_loop_post(w->kernel->loop, signal_progress, t);
  return true;
}

static void work(void *context, void *arg) {
  struct work *w = arg;
  const struct fq_backup_watch watch = {watched, w};
  if (w->verify) {
    fq_backup_verify(w->dir, w->file, &watch, &w->made, &w->error);
  } else {
    fq_backup_tidy(w->dir);
    fq_backup_make(w->kernel->data_dir, w->dir, w->keep, w->now_ms, &watch, &w->made, &w->error);
  }
}

/* -- its end, written down */

static void written(struct fq_request *r) {
  fq_json_free(r->params);
  fq_json_free(r->result);
  free(r);
}

static void write_end(fq_kernel *k, int64_t n, const struct fq_backup_made *made, const struct fq_error *e) {
  struct fq_request *r = fq_alloc(sizeof *r);
  fq_copy(r->method, sizeof r->method, "backup.finish");
  r->params = fq_json_object();
  fq_json_set_int(r->params, "run", n);
  fq_json_set_bool(r->params, "ok", !e->status);
  if (made && made->file[0]) fq_json_set_str(r->params, "file", made->file);
  if (made && made->head) fq_json_set_int(r->params, "head", made->head);
  if (made && made->bytes) fq_json_set_int(r->params, "bytes", made->bytes);
  if (e->status) {
    fq_json_set_str(r->params, "zh", e->zh);
    fq_json_set_str(r->params, "en", e->en);
    fq_log(FQ_LOG_ERROR, "backup: %s", e->en);
  }
  r->reply = written;
  fq_submit_system(k, r);
}

static void worked(void *arg) {
  struct work *w = arg;
  struct backup *b = w->kernel->backup;
  bool stopping = atomic_load(&b->stopping);
  pthread_mutex_lock(&b->lock);
  b->running = 0;
  b->phase[0] = '\0';
  pthread_mutex_unlock(&b->lock);
  if (!stopping) write_end(w->kernel, w->n, &w->made, &w->error); /* else the next start says so */
  free(w);
}

void fq_backup_committed(fq_kernel *k, const struct fq_entry *e) {
  struct backup *b = k->backup;
  if (!b || !b->thread || strcmp(e->kind, "backup.started")) return;
  struct work *w = fq_alloc(sizeof *w);
  const char *what = fq_json_str(e->data, "what"), *file = fq_json_str(e->data, "file");
  *w = (struct work){.kernel = k, .n = e->seq, .now_ms = e->at_ms, .verify = !strcmp(what, "verify")};
  w->keep = (int)fq_json_int(e->data, "keep", 0);
  if (file) fq_copy(w->file, sizeof w->file, file);
  where(k, w->dir);
  pthread_mutex_lock(&b->lock);
  b->running = e->seq;
  fq_copy(b->phase, sizeof b->phase, w->verify ? "verify" : "copy");
  b->done = b->total = 0;
  pthread_mutex_unlock(&b->lock);
  fq_pool_add(b->thread, work, worked, w);
}

/* -- apply */

static enum fq_status apply_started(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "INSERT INTO backup_run(n, what, file, actor, at_ms) VALUES(?,?,?,?,?)", "isssi", e->seq,
          fq_json_str(e->data, "what"), fq_json_str(e->data, "file"), e->actor, e->at_ms);
  fq_exec(a->db,
          "DELETE FROM backup_run WHERE n <= (SELECT n FROM backup_run ORDER BY n DESC LIMIT 1 OFFSET ?)",
          "i", (int64_t)RUNS_KEPT);
  return FQ_OK;
}

static enum fq_status apply_finished(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  fq_exec(
      a->db,
      "UPDATE backup_run SET ended_ms = ?2, ok = ?3, file = coalesce(?4, file), head = ?5, bytes = ?6, zh = "
      "?7, en = ?8 WHERE n = ?1",
      "iiisiiss", fq_json_int(d, "run", 0), e->at_ms, (int64_t)fq_json_bool(d, "ok", false),
      fq_json_str(d, "file"), fq_json_int(d, "head", 0), fq_json_int(d, "bytes", 0), fq_json_str(d, "zh"),
      fq_json_str(d, "en"));
  return FQ_OK;
}

/* The next time it is that minute of the day. */
static int64_t next_due(int64_t after_ms, int64_t minute) {
  int64_t day = (after_ms + ZONE_MS) / DAY_MS * DAY_MS - ZONE_MS, due = day + minute * 60000;
  return due > after_ms ? due : due + DAY_MS;
}

static void arm(struct fq_apply *a, int64_t after_ms) {
  int64_t minute = fq_int(a->db, -1, "SELECT minute FROM backup_plan WHERE minute IS NOT NULL", "");
  if (minute < 0)
    fq_timer_clear(a, "backup");
  else
    fq_timer_set(a, "backup", next_due(after_ms, minute), "backup.due", "", fq_json_object());
}

static enum fq_status apply_planned(struct fq_apply *a, const struct fq_entry *e) {
  const char *at = fq_json_str(e->data, "at");
  fq_exec(
      a->db,
      "INSERT OR REPLACE INTO backup_plan(one, minute, keep) VALUES(1, CASE WHEN ?1 >= 0 THEN ?1 END, ?2)",
      "ii", (int64_t)(at ? atoi(at) * 60 + atoi(at + 3) : -1), fq_json_int(e->data, "keep", 7));
  arm(a, e->at_ms);
  return FQ_OK;
}

static enum fq_status apply_due(struct fq_apply *a, const struct fq_entry *e) {
  arm(a, e->at_ms);
  return FQ_OK;
}

/* -- commands */

static int64_t keep_of(fq_db *db) {
  return fq_int(db, 0, "SELECT keep FROM backup_plan", "");
}

static enum fq_status begin(struct fq_call *c, const char *what, const char *file) {
  int64_t running =
      fq_int(c->db, 0, "SELECT n FROM backup_run WHERE ended_ms IS NULL ORDER BY n DESC LIMIT 1", "");
  if (running)
    return fq_fail(c->error, FQ_E_CONFLICT, "backup.running", "", "已有一次备份或校验正在进行",
                   "a backup or a verification is under way already");
  const struct backup *b = c->tick->kernel->backup;
  if (!b || !b->thread)
    return fq_fail(c->error, FQ_E_CONFLICT, "backup.no_server", "", "没有服务器在运行:请用 fengqiao backup",
                   "no server is running: use fengqiao backup");
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "what", what);
  if (file) fq_json_set_str(data, "file", file);
  fq_json_set_int(data, "keep", keep_of(c->db));
  fq_json_set_int(c->result, "run", fq_next_seq(c));
  return fq_emit(c, (struct fq_draft){.kind = "backup.started", .data = data});
}

static enum fq_status start_one(struct fq_call *c) {
  return begin(c, "copy", NULL);
}

static enum fq_status verify_one(struct fq_call *c) {
  const char *file = fq_json_str(c->params, "file");
  if (!fq_backup_name_ok(file))
    return fq_fail(c->error, FQ_E_NOT_FOUND, "backup.unknown", "params.file", "没有备份 %s",
                   "there is no backup %s", file);
  return begin(c, "verify", file);
}

static enum fq_status finish(struct fq_call *c) {
  return fq_emit(c, (struct fq_draft){.kind = "backup.finished", .data = fq_json_dup(c->params)});
}

static enum fq_status plan(struct fq_call *c) {
  const char *at = fq_json_str(c->params, "at");
  if (at && (strlen(at) != 5 || at[2] != ':' || strspn(at, "0123456789:") != 5 || atoi(at) > 23 ||
             atoi(at + 3) > 59))
    return fq_fail(c->error, FQ_E_PARAMS, "backup.at", "params.at", "应为钟点,如 03:30",
                   "expected a time such as 03:30");
  fq_json *data = fq_json_object();
  if (at) fq_json_set_str(data, "at", at);
  fq_json_set_int(data, "keep", fq_json_int(c->params, "keep", 7));
  return fq_emit(c, (struct fq_draft){.kind = "backup.planned", .data = data});
}

/* A timer's: one that finds another at work lets it work. */
static enum fq_status due(struct fq_call *c) {
  enum fq_status st = fq_emit(c, (struct fq_draft){.kind = "backup.due", .data = fq_json_object()});
  if (!st && fq_int(c->db, 0, "SELECT 1 FROM backup_run WHERE ended_ms IS NULL LIMIT 1", "")) return FQ_OK;
  return st ? st : begin(c, "copy", NULL);
}

/* -- queries */

static void set_opt(fq_json *o, const char *name, fq_stmt *s, int column) {
  if (!fq_col_null(s, column)) fq_json_set_str(o, name, fq_col_str(s, column));
}

static fq_json *runs(fq_db *db) {
  fq_json *rows = fq_json_array();
  fq_stmt *s =
      fq_sql(db,
             "SELECT n, what, file, actor, at_ms, ended_ms, ok, head, bytes, zh, en FROM backup_run ORDER BY "
             "n DESC LIMIT 50",
             "");
  while (fq_row(s)) {
    fq_json *o = fq_json_object();
    fq_json_set_int(o, "run", fq_col_int(s, 0));
    fq_json_set_str(o, "what", fq_col_str(s, 1));
    set_opt(o, "file", s, 2);
    fq_json_set_str(o, "by", fq_col_str(s, 3));
    fq_json_set_time(o, "at", fq_col_int(s, 4));
    if (!fq_col_null(s, 5)) {
      fq_json_set_time(o, "ended_at", fq_col_int(s, 5));
      fq_json_set_bool(o, "ok", fq_col_int(s, 6));
    }
    set_opt(o, "zh", s, 9);
    set_opt(o, "en", s, 10);
    fq_json_push(rows, o);
  }
  return rows;
}

static enum fq_status list(struct fq_query *q) {
  fq_kernel *k = q->self;
  struct backup *b = k->backup;
  char dir[600], at[8];
  where(k, dir);
  fq_json_set_str(q->result, "dir", dir);
  fq_json_set(q->result, "rows", fq_backup_list(dir));
  fq_json_set(q->result, "runs", runs(q->db));
  fq_stmt *s = fq_sql(q->db, "SELECT minute, keep FROM backup_plan", "");
  if (fq_row(s)) {
    fq_json *o = fq_json_object();
    snprintf(at, sizeof at, "%02d:%02d", (int)(fq_col_int(s, 0) / 60 % 24), (int)(fq_col_int(s, 0) % 60));
    if (!fq_col_null(s, 0)) fq_json_set_str(o, "at", at);
    fq_json_set_int(o, "keep", fq_col_int(s, 1));
    fq_done(s);
    fq_json_set(q->result, "plan", o);
  }
  if (!b) return FQ_OK;
  pthread_mutex_lock(&b->lock);
  fq_json *running = b->running ? progress_json(b) : NULL;
  pthread_mutex_unlock(&b->lock);
  if (running) fq_json_set(q->result, "running", running);
  return FQ_OK;
}

/* -- what there is */

static enum fq_status whole_county(struct fq_call *c, struct fq_target *t) {
  t->org[0] = '\0';
  return FQ_OK;
}

#define KIND(n, f, z, e_)                                                                                    \
  { .name = n, .apply = f, .roles = ADMINS, .flags = FQ_KIND_QUIET, .zh = z, .en = e_ }
static const struct fq_kind kinds[] = {
    KIND("backup.started", apply_started, "备份开始", "a backup or a verification began"),
    KIND("backup.finished", apply_finished, "备份结束", "a backup or a verification is over"),
    KIND("backup.planned", apply_planned, "备份计划", "when backups are made"),
    KIND("backup.due", apply_due, "到了备份的时间", "it is time for a backup"),
    {0}};

static const struct fq_param verify_params[] = {{.name = "file",
                                                 .type = FQ_T_STRING,
                                                 .required = true,
                                                 .min = 1,
                                                 .max = FQ_BACKUP_NAME,
                                                 .zh = "备份文件名",
                                                 .en = "the backup's name"},
                                                {0}};
static const struct fq_param plan_params[] = {
    {.name = "at",
     .type = FQ_T_STRING,
     .max = 5,
     .zh = "每天几点,如 03:30(北京时间);不写则不自动备份",
     .en = "time of day such as 03:30, Beijing time; none by itself when left out"},
    {.name = "keep", .type = FQ_T_INT, .min = 1, .max = 1000, .zh = "保留最近几份", .en = "how many stay"},
    {0}};
static const struct fq_param finish_params[] = {
    {.name = "run", .type = FQ_T_INT, .required = true, .zh = "哪一次", .en = "which"},
    {.name = "ok", .type = FQ_T_BOOL, .required = true, .zh = "成了没有", .en = "did it go well"},
    {.name = "file", .type = FQ_T_STRING, .zh = "文件", .en = "the file"},
    {.name = "head", .type = FQ_T_INT, .zh = "最后一条", .en = "its last entry"},
    {.name = "bytes", .type = FQ_T_INT, .zh = "大小", .en = "its size"},
    {.name = "zh", .type = FQ_T_STRING, .zh = "出了什么事", .en = "what went wrong, in Chinese"},
    {.name = "en", .type = FQ_T_STRING, .zh = "出了什么事(英文)", .en = "what went wrong"},
    {0}};
static const struct fq_param due_params[] = {
    {.name = "due_ms", .type = FQ_T_INT, .zh = "应于", .en = "when it was due"},
    {.name = "late_ms", .type = FQ_T_INT, .zh = "迟", .en = "how late it fires"},
    {0}};

#define COMMAND(n, p, f, z, e_, r)                                                                           \
  {                                                                                                          \
    .name = n, .roles = FQ_ROLE_ADMIN_SYSTEM, .params = p, .target = whole_county, .run = f, .zh = z,        \
    .en = e_, .result = r                                                                                    \
  }
#define INTERNAL(n, p, f, z, e_)                                                                             \
  { .name = n, .flags = FQ_INTERNAL, .params = p, .run = f, .zh = z, .en = e_ }
static const struct fq_method methods[] = {
    COMMAND("backup.start", NULL, start_one, "立即备份",
            "a backup, now; how far it is: topic backup, then backup.list", "{run: number, n: number}"),
    COMMAND("backup.verify", verify_params, verify_one, "校验一份备份",
            "is a backup whole and its journal's chain unbroken", "{run: number, n: number}"),
    COMMAND("backup.schedule", plan_params, plan, "备份计划", "when backups are made and how many stay",
            "{n: number}"),
    INTERNAL("backup.finish", finish_params, finish, "备份结束", "a backup is over"),
    INTERNAL("backup.due", due_params, due, "到点备份", "it is time for a backup"),
    {.name = "backup.list",
     .roles = ADMINS,
     .query = list,
     .zh = "备份",
     .en = "the backups, what was tried, and when the next is made",
     .result =
         "{dir, rows: [{file, at, head: number, bytes: number, verified_at?, blobs?: number, took_ms?: "
         "number}], "
         "runs: [{run: number, what, file?, by, at, ended_at?, ok?: boolean, zh?, en?}], plan?: {at?, keep: "
         "number}, running?: {run: number, phase, done: number, total: number}}"},
    {0}};

/* What was under way when the server stopped is not any more. */
static enum fq_status start(void *self, fq_kernel *k, struct fq_error *e) {
  k->backup = fq_alloc(sizeof *k->backup);
  pthread_mutex_init(&k->backup->lock, NULL);
  if (k->config.memory || !k->helpers) return FQ_OK;
  k->backup->thread = fq_pool_new(k->loop, 1, NULL, NULL, NULL);
  int64_t n = fq_int(k->db, 0, "SELECT n FROM backup_run WHERE ended_ms IS NULL ORDER BY n DESC LIMIT 1", "");
  struct fq_error lost = {0};
  fq_fail(&lost, FQ_E_STORAGE, "backup.lost", "", "服务器停了,没有做完;或本县正是由它恢复的",
          "the server stopped before it was done, or the county was restored from it");
  if (n) write_end(k, n, NULL, &lost);
  return FQ_OK;
}

static void stop(void *self, fq_kernel *k) {
  struct backup *b = k->backup;
  if (!b || !b->thread) return;
  atomic_store(&b->stopping, true);
  fq_pool_free(b->thread);
  b->thread = NULL;
}

static void fini(void *self) {
  fq_kernel *k = self;
  if (!k->backup) return;
  pthread_mutex_destroy(&k->backup->lock);
  free(k->backup);
  k->backup = NULL;
}

const struct fq_plugin fq_backup_module = {FQ_PLUGIN_HEAD, .name = "backup",   .version = "1",
                                           .zh = "备份",   .en = "backups",    .migrations = migrations,
                                           .kinds = kinds, .methods = methods, .start = start,
                                           .stop = stop,   .fini = fini};
