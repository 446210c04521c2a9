/* A run in a child process: see task.h. */
#include "workshop/task.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "workshop/child.h"
#include "workshop/rows.h"

#define OUTPUT_MAX  (512ll << 20)
#define ARGS_MAX    64
#define PROGRESS_MS 200

struct shown { /* progress on its way to the kernel thread */
  double share;
  char zh[160], en[160];
};

struct fq_task {
  struct fq_task_config c;
  pthread_t thread;
  int stop_fd;
  char *argv[ARGS_MAX + 1];
  size_t argc;
  char *dir;
  /* the thread's, until it has ended */
  struct fq_rows_writer *rows;
  fq_json *summary;
  struct fq_error error; /* of the child or about it */
  struct shown last;
  int64_t shown_us;
  bool fresh; /* `last` has not been shown */
  int64_t ms;
  /* between the two */
  pthread_mutex_t lock;
  struct shown shown;
  bool posted, finished;
};

/* -- kernel thread
 * --------------------------------------------------------------------------------------------- */

static void word(struct fq_task *t, const char *a) {
  if (t->argc < ARGS_MAX) t->argv[t->argc++] = fq_strdup(a);
}

static void words(struct fq_task *t) {
  const struct fq_task_config *c = &t->c;
  word(t, "fengqiao");
  word(t, "policy");
  word(t, c->kind->name);
  word(t, "--json");
  word(t, "--candidate");
  word(t, "/dev/stdin");
  if (c->base) word(t, "--base"), word(t, "/dev/fd/3");
  for (char *const *a = c->args; a && *a; a++)
    word(t, *a);
  fq_json_each(m, c->options) {
    char *name = fq_printf("--%s", fq_json_name(m)), *text = fq_json_print(m);
    word(t, name);
    word(t, fq_json_as_str(m) ? fq_json_as_str(m) : text);
    free(name);
    free(text);
  }
}

static void finish(struct fq_task *t) {
  if (t->finished) return;
  t->finished = true;
  pthread_join(t->thread, NULL);
  t->c.done(t->c.arg, t->summary, t->ms, &t->error);
}

/* A post of the thread; the last one frees the task, so that none comes to nobody. */
static void collect(fq_kernel *k, void *arg) {
  struct fq_task *t = arg;
  pthread_mutex_lock(&t->lock);
  struct shown s = t->shown;
  t->posted = false;
  pthread_mutex_unlock(&t->lock);
  if (!t->finished && t->c.progress) t->c.progress(t->c.arg, s.share, s.zh, s.en);
}

static void destroy(struct fq_task *t) {
  for (size_t i = 0; i < t->argc; i++)
    free(t->argv[i]);
  if (t->stop_fd >= 0) close(t->stop_fd);
  pthread_mutex_destroy(&t->lock);
  free(t->dir);
  free(t);
}

static void release(fq_kernel *k, void *arg) {
  finish(arg);
  destroy(arg);
}

/* -- the task's thread
 * ----------------------------------------------------------------------------------------- */

static void show(struct fq_task *t) {
  t->fresh = false;
  t->shown_us = fq_monotonic_us();
  if (t->rows) fq_rows_flush(t->rows, &t->error); /* what is found so far can be read */
  pthread_mutex_lock(&t->lock);
  bool first = !t->posted;
  t->shown = t->last;
  t->posted = true;
  pthread_mutex_unlock(&t->lock);
  if (first) fq_post(t->c.kernel, collect, t);
}

static void pause_over(void *arg) {
  struct fq_task *t = arg;
  if (t->fresh && fq_monotonic_us() - t->shown_us >= PROGRESS_MS * 1000) show(t);
}

static void progress(struct fq_task *t, const fq_json *p) {
  const char *zh = fq_json_str(p, "zh"), *en = fq_json_str(p, "en");
  t->last.share = fq_json_num(p, "share", 0);
  fq_copy(t->last.zh, sizeof t->last.zh, zh ? zh : "");
  fq_copy(t->last.en, sizeof t->last.en, en ? en : "");
  t->fresh = true;
  pause_over(t);
}

static bool garbage(struct fq_task *t) {
  fq_fail(&t->error, FQ_E_INTERNAL, "job.garbage", "", "子进程的输出无法识别",
          "what the child process says makes no sense");
  return false;
}

static bool row(struct fq_task *t, const char *list, const fq_json *value) {
  if (!fq_rows_name(list) || fq_json_type(value) != FQ_JSON_OBJECT) return garbage(t);
  if (t->c.row) t->c.row(t->c.arg, list, value);
  return !t->rows || (t->error.status != FQ_E_STORAGE && fq_rows_add(t->rows, list, value, &t->error));
}

static void failed(struct fq_task *t, const fq_json *e) {
  const fq_json *data = fq_json_get(e, "data");
  const char *code = fq_json_str(data, "code"), *path = fq_json_str(data, "path"),
             *zh = fq_json_str(data, "message_zh"), *en = fq_json_str(data, "message_en");
  fq_fail(&t->error, FQ_E_PARAMS, code ? code : "job.failed", path ? path : "", "%s", "%s", zh ? zh : "");
  fq_copy(t->error.en, sizeof t->error.en, en ? en : "");
}

static bool line(void *arg, const char *text, size_t len) {
  struct fq_task *t = arg;
  fq_json *o = fq_json_parse(text, len, NULL);
  const fq_json *p = fq_json_get(o, "progress"), *r = fq_json_get(o, "row"), *s = fq_json_get(o, "summary"),
                *e = fq_json_get(o, "error");
  bool well = true;
  if (p)
    progress(t, p);
  else if (r)
    well = row(t, fq_json_str(o, "list"), r);
  else if (fq_json_type(s) == FQ_JSON_OBJECT && !t->summary)
    t->summary = fq_json_dup(s);
  else if (e)
    failed(t, e);
  else
    well = garbage(t);
  fq_json_free(o);
  return well;
}

/* Nobody else has been here: the directory is named by the job. */
static bool make_dir(const char *dir) {
  char *above = fq_strdup(dir), *slash = strrchr(above, '/');
  if (slash) {
    *slash = '\0';
    mkdir(above, 0700);
  }
  free(above);
  fq_task_wipe(dir);
  return mkdir(dir, 0700) == 0;
}

/* Whole or not at all; false with errno. */
static bool keep(const char *dir, const char *name, const char *text) {
  char *path = fq_printf("%s/%s", dir, name), *made = fq_printf("%s/new", dir);
  int fd = open(made, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
  bool well = f && fputs(text, f) >= 0;
  if (f) well = !fclose(f) && well;
  well = well && !rename(made, path);
  int why = errno;
  if (!well) unlink(made);
  free(path);
  free(made);
  errno = why;
  return well;
}

fq_json *fq_task_kept(const char *dir, const char *name) {
  char *path = fq_printf("%s/%s", dir, name);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  struct stat st;
  fq_json *out = NULL;
  if (fd >= 0 && !fstat(fd, &st) && st.st_size) {
    void *at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at != MAP_FAILED) {
      out = fq_json_parse(at, (size_t)st.st_size, NULL);
      munmap(at, (size_t)st.st_size);
    }
  }
  if (fd >= 0) close(fd);
  free(path);
  return out;
}

void fq_task_wipe(const char *dir) {
  struct dirent **found = NULL;
  int n = scandir(dir, &found, NULL, NULL);
  for (int i = 0; i < n; i++) {
    char *path = fq_printf("%s/%s", dir, found[i]->d_name);
    if (strcmp(found[i]->d_name, ".") && strcmp(found[i]->d_name, "..")) unlink(path);
    free(path);
    free(found[i]);
  }
  free(found);
  rmdir(dir);
}

/* What its end means when it has not said so itself. */
static void explain(struct fq_task *t, const struct fq_child_result *r) {
  struct fq_error *e = &t->error;
  if (r->end == FQ_CHILD_EXITED && t->summary && !e->status) return;
  if (r->said[0]) fq_log(FQ_LOG_WARN, "%s in a child process: %s", t->c.kind->name, r->said);
  fq_json_free(t->summary);
  t->summary = NULL;
  if (r->end == FQ_CHILD_STOPPED)
    fq_fail(e, FQ_E_CONFLICT, "job.stopped", "", "已停止", "stopped");
  else if (e->status)
    return;
  else if (r->end == FQ_CHILD_TIMEOUT)
    fq_fail(e, FQ_E_OVERLOADED, "job.timeout", "workshop.minutes", "%lld 秒内没有结束,已停止",
            "ended: it took longer than %lld seconds", (long long)t->c.wall_ms / 1000);
  else if (r->end == FQ_CHILD_FLOOD)
    fq_fail(e, FQ_E_TOO_LARGE, "job.output", "", "输出过多,已停止", "ended: it says too much");
  else if (r->end == FQ_CHILD_NEVER)
    fq_fail(e, FQ_E_STORAGE, "job.start", "", "无法启动子进程:%s", "cannot start a child process: %s",
            strerror(r->code));
  else if (r->end == FQ_CHILD_DIED)
    fq_fail(e, FQ_E_TOO_LARGE, "job.died", "workshop.memory",
            "子进程被信号 %d 终止(内存或处理器时间超限时如此)",
            "the child process died of signal %d (as it does beyond its memory or processor time)", r->code);
  else
    fq_fail(e, FQ_E_INTERNAL, "job.failed", "", "子进程以 %d 结束,没有结果",
            "the child process ended with %d and no result", r->code);
}

static void *serve(void *arg) {
  struct fq_task *t = arg;
  struct fq_child_result result = {.end = FQ_CHILD_NEVER};
  int64_t from_us = fq_monotonic_us();
  char *candidate = fq_json_print(t->c.candidate), *base = t->c.base ? fq_json_print(t->c.base) : NULL;
  fq_json_free(t->c.candidate);
  fq_json_free(t->c.base);
  if (!t->dir || (make_dir(t->dir) && keep(t->dir, FQ_TASK_CANDIDATE, candidate) &&
                  (!base || keep(t->dir, FQ_TASK_BASE, base)))) {
    if (t->dir) t->rows = fq_rows_create(t->dir);
    fq_child_run(
        &(struct fq_child_config){.argv = t->argv,
                                  .inputs = {{candidate, strlen(candidate)}, {base, base ? strlen(base) : 0}},
                                  .memory_bytes = t->c.memory_bytes,
                                  .wall_ms = t->c.wall_ms,
                                  .output_bytes = OUTPUT_MAX,
                                  .stop_fd = t->stop_fd,
                                  .line = line,
                                  .pause = pause_over,
                                  .arg = t},
        &result);
    struct fq_error e = {0};
    if (t->rows && !fq_rows_flush(t->rows, &e) && !t->error.status) t->error = e;
    fq_rows_close(t->rows);
  } else
    result.code = errno;
  explain(t, &result);
  free(candidate);
  free(base);
  t->ms = (fq_monotonic_us() - from_us) / 1000;
  fq_post(t->c.kernel, release, t); /* the thread's last deed: nothing of it is touched afterwards */
  return NULL;
}

/* -- kernel thread again
 * --------------------------------------------------------------------------------------- */

struct fq_task *fq_task_start(const struct fq_task_config *c) {
  struct fq_task *t = fq_alloc(sizeof *t);
  t->c = *c;
  t->dir = fq_strdup(c->dir);
  t->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  pthread_mutex_init(&t->lock, NULL);
  words(t);
  fq_json_free(t->c.options);
  sigset_t all, old; /* signals are the loop's */
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &old);
  bool started = t->stop_fd >= 0 && !pthread_create(&t->thread, NULL, serve, t);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
  if (started) return t;
  fq_json_free(t->c.candidate);
  fq_json_free(t->c.base);
  destroy(t);
  return NULL;
}

void fq_task_stop(struct fq_task *t) {
  uint64_t one = 1;
  ssize_t put = write(t->stop_fd, &one, sizeof one);
  (void)put;
}

void fq_task_end(struct fq_task *t) {
  fq_task_stop(t);
  finish(t);
}
