/*
 * What a module has outside of ticks: alarms in memory, processes beside the server, and the way what
 * happened there becomes an entry. All of it is gone with the process. Kernel thread.
 */
#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "kernel/internal.h"
#include "loop/process.h"

#define CLOSE_GRACE_MS 2000 /* for a media server to close its files */

/* ---- alarms. On a fake clock they ring when fq_kernel_run_until() comes by. -------------------------- */

struct fq_after {
  struct fq_after *next;
  fq_kernel *kernel;
  struct fq_alarm *alarm; /* NULL on a fake clock */
  int64_t due_ms;
  void (*fn)(fq_kernel *k, void *arg);
  void *arg;
};

void fq_after_cancel(fq_after *a) {
  if (!a) return;
  struct fq_after **at = &a->kernel->afters;
  while (*at != a)
    at = &(*at)->next;
  *at = a->next;
  fq_alarm_free(a->alarm);
  free(a);
}

static void ring(void *arg) {
  struct fq_after *a = arg;
  struct fq_after was = *a;
  fq_after_cancel(a);
  was.fn(was.kernel, was.arg);
}

fq_after *fq_after_ms(fq_kernel *k, int64_t ms, void (*fn)(fq_kernel *k, void *arg), void *arg) {
  if (k->closing) return NULL; /* nothing rings any more, and there is nothing to cancel */
  struct fq_after *a = fq_alloc(sizeof *a), **at = &k->afters;
  *a = (struct fq_after){
      .kernel = k, .due_ms = fq_clock_ms(&k->clock) + (ms > 0 ? ms : 0), .fn = fn, .arg = arg};
  if (!k->clock.fake_ms) {
    a->alarm = fq_alarm_new(k->loop, ring, a);
    fq_alarm_in(a->alarm, ms);
  }
  while (*at && (*at)->due_ms <= a->due_ms) /* the earliest first, equals in the order they were set */
    at = &(*at)->next;
  a->next = *at;
  *at = a;
  return a;
}

int64_t fq_after_earliest(const fq_kernel *k) {
  return k->clock.fake_ms && k->afters ? k->afters->due_ms : -1;
}

void fq_after_ring(fq_kernel *k) {
  ring(k->afters);
}

/* ---- processes --------------------------------------------------------------------------------------- */

fq_process *fq_process_start(fq_kernel *k, const struct fq_process_spec *s, struct fq_error *e) {
  if (!k->closing)
    return fq_process_open(k->loop, &k->processes, k, s, k->data_dir[0] ? k->data_dir : NULL, e);
  fq_fail(e, FQ_E_STORAGE, "stopping", "", "服务器正在停止", "the server is stopping");
  return NULL;
}

void fq_outside_close(fq_kernel *k) {
  fq_process_close_all(&k->processes, CLOSE_GRACE_MS);
  while (k->afters)
    fq_after_cancel(k->afters);
}

/* ---- commands of the server's own --------------------------------------------------------------------- */

struct commanded {
  struct fq_request request; /* first: the request is this */
  fq_kernel *kernel;
  bool asking; /* fq_command() has not returned */
  fq_done_fn done;
  void *arg;
};

static void finish(fq_kernel *k, void *arg) {
  struct commanded *c = arg;
  struct fq_request *r = &c->request;
  if (c->done) c->done(k, c->arg, r->result, r->error.status ? &r->error : NULL);
  if (r->error.status && !c->done) fq_log(FQ_LOG_WARN, "%s: %s (%s)", r->method, r->error.en, r->error.code);
  fq_json_free(r->params);
  fq_json_free(r->result);
  free(r->result_text);
  free(c);
}

/* Whoever asks is not answered before he has asked. */
static void answered(struct fq_request *r) {
  struct commanded *c = (struct commanded *)r;
  if (c->asking)
    fq_post(c->kernel, finish, c);
  else
    finish(c->kernel, c);
}

void fq_command(fq_kernel *k, const char *method, fq_json *params, fq_done_fn done, void *arg) {
  struct commanded *c = fq_alloc(sizeof *c);
  c->kernel = k;
  c->done = done;
  c->arg = arg;
  c->asking = true;
  fq_copy(c->request.method, sizeof c->request.method, method);
  c->request.params = params;
  c->request.reply = answered;
  fq_submit_system(k, &c->request);
  c->asking = false;
}
