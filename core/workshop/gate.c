/*
 * Scenarios before a deployment, in a child process like a job: the request waits, nobody else does. See
 * policy/gate.h. Kernel thread, but for seen().
 */
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "workshop/workshop_internal.h"

#define AT_ONCE      2
#define WAITING_MOST 32
#define WALL_MS_MOST 120000 /* somebody is waiting for the answer */
#define WRONG_MOST   50     /* scenarios that are listed; all are counted */

struct fq_playing {
  struct fq_playing *next;
  struct fq_workshop *workshop;
  struct fq_task *task; /* NULL: it waits */
  fq_json *candidate, *wrong;
  fq_gate_done done;
  void *to;
};

static void answer(struct fq_playing *p, fq_json *verdict, const struct fq_error *e) {
  struct fq_playing **at = &p->workshop->gate;
  while (*at != p)
    at = &(*at)->next;
  *at = p->next;
  p->done(p->to, verdict, e);
  fq_json_free(p->wrong);
  fq_json_free(p->candidate);
  free(p);
}

static void add_wrong(fq_json *list, const char *file, int64_t line, const char *title, const char *zh,
                      const char *en) {
  fq_json *o = fq_json_object();
  fq_json_set_str(o, "file", file);
  fq_json_set_int(o, "line", line);
  fq_json_set_str(o, "title", title);
  fq_json_set_str(o, "zh", zh);
  fq_json_set_str(o, "en", en);
  fq_json_push(list, o);
}

/* The task's thread, which has the list until the task is done. */
static void seen(void *arg, const char *list, const fq_json *row) {
  struct fq_playing *p = arg;
  const fq_json *first = fq_json_first(fq_json_get(row, "wrong"));
  const char *zh = fq_json_str(first, "zh"), *en = fq_json_str(first, "en"), *file = fq_json_str(row, "file"),
             *title = fq_json_str(row, "title");
  if (fq_json_bool(row, "ok", false) || fq_json_size(p->wrong) >= WRONG_MOST) return;
  add_wrong(p->wrong, file ? file : "", fq_json_int(first, "line", 0), title ? title : "", zh ? zh : "",
            en ? en : "");
}

static void pump(struct fq_workshop *w);

static void answer_stopping(struct fq_playing *p) {
  struct fq_error e = {0};
  fq_fail(&e, FQ_E_STORAGE, "stopping", "", "服务器正在停止,未作任何更改",
          "the server is stopping, nothing was changed");
  answer(p, NULL, &e);
}

static void done(void *arg, fq_json *summary, int64_t ms, const struct fq_error *e) {
  struct fq_playing *p = arg;
  struct fq_workshop *w = p->workshop;
  if (w->stopping) {
    answer_stopping(p);
  } else {
    /* A pack whose scenarios cannot be played to the end has failed, too: only a reason lets it through. */
    int64_t failed = fq_json_int(summary, "failed", 0);
    if (!summary) add_wrong(p->wrong, e->path, 0, "", e->zh, e->en), failed = (int64_t)fq_json_size(p->wrong);
    fq_json *verdict = fq_json_object();
    fq_json_set_int(verdict, "played", fq_json_int(summary, "played", 0));
    fq_json_set_int(verdict, "failed", failed);
    fq_json_set(verdict, "wrong", p->wrong);
    p->wrong = NULL;
    answer(p, verdict, NULL);
    pump(w);
  }
  fq_json_free(summary);
}

static void begin(struct fq_playing *p) {
  struct fq_task_config c = fq_workshop_task(p->workshop, &fq_run_test);
  c.candidate = p->candidate;
  p->candidate = NULL;
  c.options = fq_json_object();
  if (c.wall_ms > WALL_MS_MOST) c.wall_ms = WALL_MS_MOST;
  c.row = seen;
  c.done = done;
  c.arg = p;
  p->task = fq_task_start(&c);
  if (p->task) return;
  struct fq_error e = {0};
  fq_fail(&e, FQ_E_OVERLOADED, "job.start", "", "无法启动子进程", "cannot start a child process");
  e.retry_after_ms = 1000;
  answer(p, NULL, &e);
}

static void pump(struct fq_workshop *w) {
  int running = 0;
  for (struct fq_playing *p = w->gate, *next; p && running < AT_ONCE && !w->stopping; p = next) {
    next = p->next;
    running++;
    if (!p->task) begin(p);
  }
}

void fq_workshop_play(void *self, fq_kernel *k, fq_json *candidate, fq_gate_done to_tell, void *to) {
  struct fq_workshop *w = self;
  struct fq_playing **at = &w->gate, *p = fq_alloc(sizeof *p);
  int waiting = 0;
  for (; *at; at = &(*at)->next)
    waiting++;
  *p = (struct fq_playing){
      .workshop = w, .candidate = candidate, .wrong = fq_json_array(), .done = to_tell, .to = to};
  *at = p;
  if (w->stopping) {
    answer_stopping(p);
  } else if (waiting >= WAITING_MOST) {
    struct fq_error e = {0};
    fq_fail(&e, FQ_E_OVERLOADED, "pack.busy", "", "正在演练的规则包太多,请稍后重试",
            "too many packs are being played, try again later");
    e.retry_after_ms = 5000;
    answer(p, NULL, &e);
  } else
    pump(w);
}

/* The server stops: who waits is told so. */
void fq_workshop_play_end(struct fq_workshop *w) {
  w->stopping = true;
  while (w->gate) {
    struct fq_playing *p = w->gate;
    if (p->task)
      fq_task_end(p->task); /* answers */
    else
      answer_stopping(p);
  }
}
