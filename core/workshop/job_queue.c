/*
 * Jobs in memory: those that wait, run, or have ended without its being written yet. The tables say what
 * there was; this says what goes on. Kernel thread, but for what readers ask under the lock.
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "loop/loop.h"
#include "workshop/workshop_internal.h"

#define AGAIN_MS    1000
#define SUMMARY_MAX (64u << 10) /* it stays in the journal for ever */

enum stage {
  UNSURE, /* the command that takes it is not committed yet */
  WAITING,
  RUNNING,
  ENDED, /* `outcome` is to be written */
};
struct fq_job {
  struct fq_job *next;
  struct fq_workshop *workshop;
  char id[32], pack[FQ_ID_MAX];
  struct fq_job_ask ask;
  enum stage stage;
  struct fq_task *task;
  fq_json *outcome; /* parameters of job.finish */
  bool writing;     /* job.finish is on its way: its answer will come */
  double share;
  char zh[160], en[160];
};

char *fq_job_dir(const struct fq_workshop *w, const char *job) {
  return fq_printf("%s/jobs/%s", fq_data_dir(w->kernel), job);
}

static const char *stage_name(enum stage s) {
  return s == RUNNING || s == ENDED ? "running" : "waiting";
}

static struct fq_job *find(struct fq_workshop *w, const char *id) {
  for (struct fq_job *j = w->jobs; j; j = j->next)
    if (!strcmp(j->id, id)) return j;
  return NULL;
}

static void describe(const struct fq_job *j, fq_json *into) {
  fq_json_set_str(into, "state", stage_name(j->stage));
  fq_json_set_num(into, "share", j->share);
  fq_json_set_str(into, "zh", j->zh);
  fq_json_set_str(into, "en", j->en);
}

void fq_job_now(struct fq_workshop *w, const char *job, fq_json *into) {
  pthread_mutex_lock(&w->lock);
  struct fq_job *j = find(w, job);
  if (j) describe(j, into);
  bool serving = w->started;
  pthread_mutex_unlock(&w->lock);
  if (j) return;
  /* It has just ended, or the server that ran it is no more. */
  fq_json_set_str(into, "state", serving ? "running" : "lost");
  fq_json_set_num(into, "share", 0);
  fq_json_set_str(into, "zh", "");
  fq_json_set_str(into, "en", "");
}

size_t fq_jobs_waiting(const struct fq_workshop *w) {
  size_t n = 0;
  for (const struct fq_job *j = w->jobs; j; j = j->next)
    n += j->stage == UNSURE || j->stage == WAITING;
  return n;
}

static void forget(struct fq_job *j) {
  struct fq_workshop *w = j->workshop;
  pthread_mutex_lock(&w->lock);
  struct fq_job **at = &w->jobs;
  while (*at != j)
    at = &(*at)->next;
  *at = j->next;
  pthread_mutex_unlock(&w->lock);
  fq_json_free(j->ask.candidate);
  fq_json_free(j->ask.base);
  fq_json_free(j->ask.options);
  fq_json_free(j->outcome);
  free(j);
}

static void tell(const struct fq_job *j, const char *state) {
  fq_json *o = fq_json_object();
  fq_json_set_str(o, "job", j->id);
  fq_json_set_str(o, "what", j->ask.kind->name);
  fq_json_set_str(o, "pack", j->pack);
  describe(j, o);
  if (state) fq_json_set_str(o, "state", state);
  fq_kernel_signal(j->workshop->kernel, "jobs", j->id, FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_AUDIT, o);
  fq_json_free(o);
}

static void set_stage(struct fq_job *j, enum stage s) {
  pthread_mutex_lock(&j->workshop->lock);
  j->stage = s;
  pthread_mutex_unlock(&j->workshop->lock);
}

/* -- old results
 * ----------------------------------------------------------------------------------------------- */

struct sweep {
  char *dir;
  int64_t up_to; /* younger ones may be in the making */
  fq_json *kept;
};

static void sweep(void *arg) {
  struct sweep *s = arg;
  struct dirent **found = NULL;
  int n = scandir(s->dir, &found, NULL, NULL);
  for (int i = 0; i < n; i++) {
    const char *name = found[i]->d_name;
    char *end = NULL;
    long long seq = name[0] == 'j' ? strtoll(name + 1, &end, 10) : 0;
    if (seq > 0 && seq <= s->up_to && !*end && !fq_json_get(s->kept, name)) {
      char *path = fq_printf("%s/%s", s->dir, name);
      fq_task_wipe(path);
      free(path);
    }
    free(found[i]);
  }
  free(found);
}

static void swept(fq_kernel *k, void *arg) {
  struct sweep *s = arg;
  fq_json_free(s->kept);
  free(s->dir);
  free(s);
}

static void sweep_soon(struct fq_workshop *w) {
  if (!fq_data_dir(w->kernel)[0]) return;
  fq_db *db = fq_kernel_db(w->kernel);
  struct sweep *s = fq_alloc(sizeof *s);
  s->dir = fq_printf("%s/jobs", fq_data_dir(w->kernel));
  s->up_to = fq_int(db, 0, "SELECT max(seq) FROM journal", "");
  s->kept = fq_json_object();
  fq_stmt *q = fq_sql(db, "SELECT job FROM workshop_job", "");
  while (fq_row(q))
    fq_json_set_bool(s->kept, fq_col_str(q, 0), true);
  fq_work(w->kernel, sweep, swept, s);
}

/* -- ends
 * ------------------------------------------------------------------------------------------------------ */

static void pump(struct fq_workshop *w);

static void again(void *arg);

static void written(struct fq_request *r) {
  struct fq_job *j = r->user;
  struct fq_workshop *w = j->workshop;
  j->writing = false;
  fq_json_free(r->params);
  fq_json_free(r->result);
  free(r->result_text);
  if (r->error.status && !w->stopping) {
    fq_log(FQ_LOG_WARN, "job %s: its end could not be written: %s", j->id, r->error.en);
    if (!w->again) w->again = fq_alarm_new(fq_kernel_loop(w->kernel), again, w);
    fq_alarm_in(w->again, AGAIN_MS);
  } else if (!w->stopping) {
    const char *state = fq_json_str(j->outcome, "state");
    tell(j, state);
    forget(j);
    sweep_soon(w);
    pump(w);
  }
  free(r);
}

static void submit(fq_kernel *k, fq_json *params, void (*reply)(struct fq_request *r), void *user) {
  struct fq_request *r = fq_alloc(sizeof *r);
  fq_copy(r->method, sizeof r->method, "job.finish");
  r->params = params;
  r->reply = reply;
  r->user = user;
  fq_submit_system(k, r);
}

static void write_end(struct fq_job *j) {
  j->writing = true;
  submit(j->workshop->kernel, fq_json_dup(j->outcome), written, j);
}

static void again(void *arg) {
  struct fq_workshop *w = arg;
  for (struct fq_job *j = w->jobs, *next; j; j = next) {
    next = j->next;
    if (j->stage == ENDED && !j->writing) write_end(j);
  }
}

static fq_json *outcome(const struct fq_job *j, fq_json *summary, int64_t ms, const struct fq_error *e) {
  fq_json *o = fq_json_object();
  fq_json_set_str(o, "job", j->id);
  fq_json_set_str(o, "state", summary ? "done" : "failed");
  fq_json_set_int(o, "ms", ms);
  if (summary) {
    char *text = fq_json_print(summary);
    fq_json_set_bool(o, "ok", fq_json_bool(summary, "ok", false));
    if (strlen(text) <= SUMMARY_MAX) fq_json_set(o, "summary", fq_json_dup(summary));
    free(text);
  } else {
    fq_json *x = fq_json_object();
    fq_json_set_str(x, "code", e->code);
    if (e->path[0]) fq_json_set_str(x, "path", e->path);
    fq_json_set_str(x, "zh", e->zh);
    fq_json_set_str(x, "en", e->en);
    fq_json_set(o, "error", x);
  }
  return o;
}

static void end(struct fq_job *j, fq_json *summary, int64_t ms, const struct fq_error *e) {
  j->task = NULL;
  j->outcome = outcome(j, summary, ms, e);
  fq_json_free(summary);
  set_stage(j, ENDED);
  if (!j->workshop->stopping) write_end(j); /* else it is found lost at the next start */
}

static void task_done(void *arg, fq_json *summary, int64_t ms, const struct fq_error *e) {
  end(arg, summary, ms, e);
}

static void task_progress(void *arg, double share, const char *zh, const char *en) {
  struct fq_job *j = arg;
  pthread_mutex_lock(&j->workshop->lock);
  j->share = share;
  fq_copy(j->zh, sizeof j->zh, zh);
  fq_copy(j->en, sizeof j->en, en);
  pthread_mutex_unlock(&j->workshop->lock);
  tell(j, NULL);
}

/* -- beginnings
 * ------------------------------------------------------------------------------------------------ */

static void begin(struct fq_job *j) {
  struct fq_task_config c = fq_workshop_task(j->workshop, j->ask.kind);
  char *dir = fq_job_dir(j->workshop, j->id);
  c.dir = dir;
  c.candidate = j->ask.candidate;
  c.base = j->ask.base;
  c.options = j->ask.options;
  c.progress = task_progress;
  c.done = task_done;
  c.arg = j;
  j->ask.candidate = j->ask.base = j->ask.options = NULL;
  set_stage(j, RUNNING);
  j->task = fq_task_start(&c);
  free(dir);
  tell(j, NULL);
  if (j->task) return;
  struct fq_error e = {0};
  fq_fail(&e, FQ_E_OVERLOADED, "job.start", "", "无法启动子进程", "cannot start a child process");
  end(j, NULL, 0, &e);
}

/* In the order they came, as many at a time as may be. */
static void pump(struct fq_workshop *w) {
  int64_t running = 0;
  for (struct fq_job *j = w->jobs; j; j = j->next)
    running += j->stage == RUNNING;
  for (struct fq_job *j = w->jobs; j && running < w->jobs_most && !w->stopping; j = j->next)
    if (j->stage == WAITING) {
      begin(j);
      running += j->stage == RUNNING;
    }
}

void fq_job_take(struct fq_workshop *w, const char *job, const struct fq_job_ask *ask) {
  struct fq_job *j = find(w, job); /* of a command that was taken back: its number is free again */
  if (j) forget(j);
  j = fq_alloc(sizeof *j);
  j->workshop = w;
  j->ask = *ask;
  j->ask.pack = NULL;
  fq_copy(j->id, sizeof j->id, job);
  fq_copy(j->pack, sizeof j->pack, ask->pack);
  pthread_mutex_lock(&w->lock);
  struct fq_job **at = &w->jobs;
  while (*at)
    at = &(*at)->next;
  *at = j;
  pthread_mutex_unlock(&w->lock);
  fq_jobs_settle(w);
}

/* What the tables say by now: taken, or taken back; cancelled meanwhile. */
static void settle(fq_kernel *k, void *arg) {
  struct fq_workshop *w = arg;
  for (struct fq_job *j = w->jobs, *next; j; j = next) {
    next = j->next;
    bool open = fq_int(fq_kernel_db(k), 0, "SELECT 1 FROM workshop_job WHERE job = ? AND state = 'started'",
                       "s", j->id);
    if (j->stage == RUNNING && !open) {
      fq_task_stop(j->task);
    } else if (j->stage == UNSURE && open) {
      set_stage(j, WAITING);
      tell(j, NULL);
    } else if (!open && j->stage != ENDED) {
      tell(j, "cancelled");
      forget(j);
    }
  }
  pump(w);
}

void fq_jobs_settle(struct fq_workshop *w) {
  fq_post(w->kernel, settle, w);
}

static void lost(struct fq_request *r) {
  fq_json_free(r->params);
  fq_json_free(r->result);
  free(r->result_text);
  free(r);
}

/* Those that the last server has left behind. */
void fq_jobs_start(struct fq_workshop *w) {
  fq_stmt *q = fq_sql(fq_kernel_db(w->kernel),
                      "SELECT job FROM workshop_job WHERE state = 'started' ORDER BY seq", "");
  while (fq_row(q)) {
    fq_json *p = fq_json_object();
    fq_json_set_str(p, "job", fq_col_str(q, 0));
    fq_json_set_str(p, "state", "lost");
    submit(w->kernel, p, lost, NULL);
  }
  pthread_mutex_lock(&w->lock);
  w->started = true;
  pthread_mutex_unlock(&w->lock);
  sweep_soon(w);
}

void fq_jobs_stop(struct fq_workshop *w) {
  w->stopping = true;
  for (struct fq_job *j = w->jobs; j; j = j->next)
    if (j->task) fq_task_stop(j->task); /* all at once, then one after the other */
  for (struct fq_job *j = w->jobs; j; j = j->next)
    if (j->task) fq_task_end(j->task);
}

void fq_jobs_fini(struct fq_workshop *w) {
  while (w->jobs)
    forget(w->jobs);
}
