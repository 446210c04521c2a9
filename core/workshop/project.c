/*
 * project: an estimate of what a candidate would have led to over a stretch of the past. See run.h, and
 * fengqiao.h section 12 for the model of the people, which is a plugin's.
 *
 * One kernel is brought to the stretch's start; then the process forks, so that two worlds live the stretch
 * from the very same state, side by side on two processors: here the candidate decides ("now"), in the child
 * what really decided, or the base ("was"). The same people, the same luck: what differs, differs by the
 * rules, or by the model's being wrong about people in both. Beside both stands what really happened.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "workshop/run_internal.h"
#include "workshop/stretch.h"

/* -- the other world, in a process of its own
 * -------------------------------------------------------------------------------- */

struct child {
  pid_t pid;
  FILE *from;
};

static fq_json *error_json(const struct fq_error *e) {
  fq_json *o = fq_json_object(), *inner = fq_json_object();
  fq_json_set_int(inner, "status", e->status);
  fq_json_set_str(inner, "code", e->code);
  fq_json_set_str(inner, "path", e->path);
  fq_json_set_str(inner, "zh", e->zh);
  fq_json_set_str(inner, "en", e->en);
  fq_json_set(o, "error", inner);
  return o;
}

static void live_and_tell(struct fq_world *w, int to) {
  struct fq_error e = {0};
  fq_json *said = fq_world_live(w, &e) ? error_json(&e) : fq_world_outcome(w);
  char *text = fq_json_print(said);
  FILE *out = fdopen(to, "w");
  bool told = out && fputs(text, out) >= 0 && !fflush(out);
  _exit(told ? 0 : 1);
}

static enum fq_status no_child(struct fq_error *e) {
  return fq_fail(e, FQ_E_INTERNAL, "project.process", "", "无法为推演启动另一个进程:%s",
                 "no second process for the projection: %s", strerror(errno));
}

static enum fq_status start(struct child *c, struct fq_world *w, struct fq_error *e) {
  int ends[2];
  if (pipe(ends)) return no_child(e);
  fflush(NULL); /* what is buffered is ours to write, once */
  pid_t parent = getpid();
  c->pid = fork();
  if (c->pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(ends[0]);
    if (getppid() != parent) _exit(1);
    live_and_tell(w, ends[1]);
  }
  close(ends[1]);
  if (c->pid > 0) {
    c->from = fdopen(ends[0], "r");
    return FQ_OK;
  }
  close(ends[0]);
  return no_child(e);
}

/* What it says at its end, all at once. NULL when it failed; then the error is filled, unless the child was
 * stopped on purpose. */
static fq_json *listen_to(struct child *c, struct fq_error *e) {
  struct fq_buf b = {0};
  char piece[65536];
  for (size_t n; c->from && (n = fread(piece, 1, sizeof piece, c->from)) > 0;)
    fq_buf_add(&b, piece, n);
  fq_json *said = b.len ? fq_json_parse(b.data, b.len, NULL) : NULL;
  fq_buf_free(&b);
  const fq_json *error = fq_json_get(said, "error");
  if (said && !error) return said;
  if (error) {
    *e = (struct fq_error){.status = (enum fq_status)fq_json_int(error, "status", FQ_E_INTERNAL)};
    fq_copy(e->code, sizeof e->code, fq_json_str(error, "code"));
    fq_copy(e->path, sizeof e->path, fq_json_str(error, "path"));
    fq_copy(e->zh, sizeof e->zh, fq_json_str(error, "zh"));
    fq_copy(e->en, sizeof e->en, fq_json_str(error, "en"));
  } else {
    fq_fail(e, FQ_E_INTERNAL, "project.process", "", "推演的另一个进程中途退出",
            "the projection's second process ended before its time");
  }
  fq_json_free(said);
  return NULL;
}

static void end(struct child *c, bool stop) {
  if (c->pid <= 0) return;
  if (stop) kill(c->pid, SIGKILL);
  if (c->from) fclose(c->from);
  while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
    continue;
}

/* -- the summary
 * ----------------------------------------------------------------------------------------------------------------
 */

static fq_json *left_out(const struct fq_stretch *s, fq_kernel *k) {
  fq_json *list = fq_json_array();
  for (struct fq_map *i = s->left_out; i; i = fq_map_next(i)) {
    const struct fq_kind *kind = fq_kernel_kind(k, fq_map_key(i));
    fq_json *o = fq_json_object();
    fq_json_set_str(o, "kind", fq_map_key(i));
    fq_json_set_str(o, "zh", kind ? kind->zh : fq_map_key(i));
    fq_json_set_str(o, "en", kind ? kind->en : fq_map_key(i));
    fq_json_set_int(o, "count", *(const int64_t *)fq_map_value(i));
    fq_json_push(list, o);
  }
  return list;
}

static void rules(fq_json *summary, const char *side, const fq_json *world) {
  static const char *const members[] = {"decided", "refused", "failed", "rolled_back"};
  fq_json *of = fq_json_edit(summary, side);
  for (size_t i = 0; of && i < sizeof members / sizeof *members; i++)
    fq_json_set_int(of, members[i], fq_json_int(world, members[i], 0));
}

struct telling {
  const struct fq_run *run;
  const struct fq_stretch *stretch;
  fq_kernel *kernel;
  int64_t seed, began_us;
  fq_json *told;
};

static void tell(const struct telling *t, const fq_json *was, const fq_json *now) {
  const struct fq_run *r = t->run;
  const struct fq_stretch *s = t->stretch;
  bool ok = !fq_json_int(now, "failed", 0);
  fq_json *summary = fq_run_summary(r, ok, t->began_us), *history = s->model->outcome(s->history);
  fq_json_set_str(summary, "mode", "projection");
  fq_json_set_bool(summary, "estimate", true);
  fq_json_set_str(summary, "zh", "估计:在所列假设下推演,不是事实");
  fq_json_set_str(summary, "en", "an estimate under the assumptions listed, not a fact");
  fq_json_set_int(summary, "seed", t->seed);
  fq_json_set_time(summary, "from", s->from_ms);
  fq_json_set_time(summary, "to", s->to_ms);
  fq_json_set(summary, "assumptions", fq_json_dup(t->told));
  fq_json_set(summary, "left_out", left_out(s, t->kernel));
  s->model->compare(history, fq_json_get(was, "outcome"), fq_json_get(now, "outcome"),
                    fq_kernel_db(t->kernel), r->out.row, r->out.arg, summary);
  rules(summary, "was", was);
  rules(summary, "now", now);
  fq_json_each(f, fq_json_get(now, "failures")) r->out.row(r->out.arg, "failures", f);
  fq_json_set_int(summary, "ms", (fq_monotonic_us() - t->began_us) / 1000);
  r->out.summary(r->out.arg, summary);
  fq_json_free(summary);
  fq_json_free(history);
}

/* -- the run
 * --------------------------------------------------------------------------------------------------------------------
 */

static enum fq_status both(struct telling *t, const void *people, struct fq_error *e) {
  const struct fq_run *r = t->run;
  struct fq_world now = {.stretch = t->stretch,
                         .people = people,
                         .kernel = t->kernel,
                         .pack = fq_json_str(r->pack, "pack"),
                         .files = fq_json_get(r->pack, "files"),
                         .out = &r->out};
  struct fq_world was = now;
  was.files = fq_json_get(r->base, "files");
  was.out = NULL;
  struct child c = {0};
  fq_json *here = NULL, *there = NULL;
  enum fq_status st = start(&c, &was, e);
  if (!st) st = fq_world_live(&now, e);
  if (!st) {
    here = fq_world_outcome(&now);
    there = listen_to(&c, e);
    if (!there) st = e->status;
  }
  end(&c, st != FQ_OK);
  if (!st) tell(t, there, here);
  fq_json_free(here);
  fq_json_free(there);
  fq_world_free(&now);
  return st;
}

static enum fq_status stretched(const struct fq_run *r, struct telling *t, struct fq_stretch *s,
                                struct fq_past **past, struct fq_error *e) {
  r->out.progress(r->out.arg, 0, "回到时段开始", "back to where the stretch begins");
  enum fq_status st = fq_stretch_open(s, r, t->kernel, *past, e);
  fq_past_close(*past);
  *past = NULL;
  if (!st) {
    r->out.progress(r->out.arg, 0.1, "读取历史", "reading what happened");
    st = fq_stretch_read(s, r, e);
  }
  if (st) return st;
  void *people =
      s->model->learn(s->history, fq_json_get(r->options, "assume"), (uint64_t)t->seed, t->told, e);
  if (!people) return e->status;
  st = both(t, people, e);
  s->model->unlearn(people);
  return st;
}

static enum fq_status run(const struct fq_run *r, struct fq_error *e) {
  struct fq_stretch s = {0};
  struct fq_past *past = NULL;
  void *world = NULL;
  struct telling t = {.run = r,
                      .stretch = &s,
                      .seed = fq_json_int(r->options, "seed", 1),
                      .began_us = fq_monotonic_us(),
                      .told = fq_json_array()};
  t.kernel = fq_run_past(r, &world, &past, e);
  enum fq_status st = t.kernel ? stretched(r, &t, &s, &past, e) : e->status;
  fq_past_close(past);
  fq_kernel_close(t.kernel);
  if (world) r->world_free(world);
  fq_stretch_free(&s);
  fq_json_free(t.told);
  return st;
}

static const struct fq_param options[] = {
    {.name = "from",
     .type = FQ_T_TIME,
     .zh = "自何时;缺省为至止前 30 天",
     .en = "since when; 30 days when left out"},
    {.name = "to",
     .type = FQ_T_TIME,
     .zh = "至何时(不含);缺省为日志之末",
     .en = "until when, exclusive; the journal's end when left out"},
    {.name = "seed",
     .type = FQ_T_INT,
     .max = 1e15,
     .zh = "随机种子,缺省 1",
     .en = "seed of chance, 1 when left out"},
    {.name = "assume",
     .type = FQ_T_ANY,
     .zh = "另作假设,如 {\"accept_ms\": 600000, \"decline_share\": 0.1}",
     .en = "other assumptions, such as {\"accept_ms\": 600000, \"decline_share\": 0.1}"},
    {0}};

const struct fq_run_kind fq_run_project = {.name = "project",
                                           .options = options,
                                           .county = true,
                                           .run = run,
                                           .print = fq_print_projection,
                                           .lists = "incidents townships clocks officers history failures",
                                           .asked = "townships officers",
                                           .zh = "推演(估计)",
                                           .en = "projection (an estimate)"};
