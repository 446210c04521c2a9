/*
 * Outside of ticks (fengqiao.h since 1.4) on the mock kernel: alarms on the test's clock, commands that
 * mock_pump() runs, sessions that only listen, processes that the test plays: they write and end when it says
 * so.
 */
#include "mock_internal.h"

#include "base/crypto.h"

struct fq_after {
  struct fq_after *next;
  int64_t due_ms;
  void (*fn)(fq_kernel *k, void *arg);
  void *arg;
};

struct fq_process {
  struct fq_process *next;
  struct fq_process_spec spec;
  int pid;
};

static struct {
  struct fq_after *afters;
  struct fq_process *processes;
  fq_json *sessions, *told, *started; /* sid -> true; sid -> [..]; what ran */
  int pids;
  bool cannot_start;
} outside;

static fq_json *kept(fq_json **of, fq_json *(*make)(void)) {
  return *of ? *of : (*of = make());
}

void mock_outside_close(void) {
  while (outside.processes)
    mock_process_ended(outside.processes->pid, 0, 15);
  while (outside.afters)
    fq_after_cancel(outside.afters);
  fq_json_free(outside.sessions);
  fq_json_free(outside.told);
  fq_json_free(outside.started);
  memset(&outside, 0, sizeof outside);
}

/* ---- alarms */

fq_after *fq_after_ms(fq_kernel *k, int64_t ms, void (*fn)(fq_kernel *k, void *arg), void *arg) {
  struct fq_after *a = fq_alloc(sizeof *a), **at = &outside.afters;
  *a = (struct fq_after){NULL, k->now_ms + (ms > 0 ? ms : 0), fn, arg};
  while (*at && (*at)->due_ms <= a->due_ms)
    at = &(*at)->next;
  a->next = *at;
  *at = a;
  return a;
}

void fq_after_cancel(fq_after *a) {
  struct fq_after **at = &outside.afters;
  while (a && *at && *at != a)
    at = &(*at)->next;
  if (a && !*at) fail_msg("an alarm was cancelled that has rung");
  if (a) *at = a->next;
  free(a);
}

int64_t mock_after_due(void) {
  return outside.afters ? outside.afters->due_ms : -1;
}

void mock_after_ring(void) {
  struct fq_after a = *outside.afters;
  fq_after_cancel(outside.afters);
  a.fn(&mock, a.arg);
}

/* ---- commands of its own */

struct commanded {
  char method[FQ_ID_MAX];
  fq_json *params;
  fq_done_fn done;
  void *arg;
};

static void run_commanded(fq_kernel *k, void *arg) {
  struct commanded *c = arg;
  struct fq_error e = {0};
  fq_json *result = NULL;
  enum fq_status st = mock_run(&mock_system_actor, 0, true, c->method, c->params, &result, &e);
  if (!st) mock_react();
  if (c->done) c->done(k, c->arg, st ? NULL : result, st ? &e : NULL);
  if (st && !c->done) fail_msg("%s: %s", c->method, e.en);
  fq_json_free(result);
  free(c);
}

void fq_command(fq_kernel *k, const char *method, fq_json *params, fq_done_fn done, void *arg) {
  struct commanded *c = fq_alloc(sizeof *c);
  fq_copy(c->method, sizeof c->method, method);
  c->params = params;
  c->done = done;
  c->arg = arg;
  fq_post(k, run_commanded, c);
}

/* ---- sessions */

void mock_session(const char *sid) {
  fq_copy(mock.session, sizeof mock.session, sid ? sid : "");
  if (mock.session[0]) fq_json_set_bool(kept(&outside.sessions, fq_json_object), sid, true);
}

void mock_session_gone(const char *sid, const char *user) {
  fq_json_free(outside.sessions ? fq_json_detach(outside.sessions, sid) : NULL);
  if (!strcmp(mock.session, sid)) mock.session[0] = '\0';
  if (mock.plugin->session_gone) mock.plugin->session_gone(mock.self, sid, user);
}

bool fq_tell(fq_kernel *k, const char *session, const char *topic, fq_json *data) {
  (void)k;
  bool there = outside.sessions && fq_json_get(outside.sessions, session);
  if (!there) {
    fq_json_free(data);
    return false;
  }
  fq_json *all = kept(&outside.told, fq_json_object), *list = fq_json_detach(all, session);
  fq_json *one = fq_json_object();
  fq_json_set_str(one, "topic", topic);
  fq_json_set(one, "data", data);
  if (!list) list = fq_json_array();
  fq_json_push(list, one);
  fq_json_set(all, session, list);
  return true;
}

const fq_json *mock_told(const char *session) {
  const fq_json *list = outside.told ? fq_json_get(outside.told, session) : NULL;
  return mock_keep(list ? fq_json_dup(list) : fq_json_array());
}

void fq_guest_end(fq_kernel *k, const char *user) {
  fq_tell(k, "guests", "end", fq_json_new_str(user)); /* mock_told("guests"), when mock_session() knows it */
}

/* ---- processes */

fq_process *fq_process_start(fq_kernel *k, const struct fq_process_spec *s, struct fq_error *e) {
  (void)k;
  if (outside.cannot_start) {
    fq_fail(e, FQ_E_INTERNAL, "process.start", "", "无法启动 %s", "cannot start %s", s->argv[0]);
    return NULL;
  }
  struct fq_process *p = fq_alloc(sizeof *p);
  fq_json *told = fq_json_object(), *argv = fq_json_array();
  p->spec = *s;
  p->pid = ++outside.pids;
  p->next = outside.processes;
  outside.processes = p;
  for (const char *const *a = s->argv; *a; a++)
    fq_json_push(argv, fq_json_new_str(*a));
  fq_json_set_int(told, "pid", p->pid);
  fq_json_set(told, "argv", argv);
  if (s->dir) fq_json_set_str(told, "dir", s->dir);
  if (s->input) fq_json_set_str(told, "input", s->input);
  fq_json_set_bool(told, "unprivileged", s->unprivileged);
  fq_json_push(kept(&outside.started, fq_json_array), told);
  return p;
}

void fq_process_end(fq_process *p, int64_t grace_ms) {
  if (!p || !outside.started) return;
  fq_json_each(m, outside.started) if (fq_json_int(m, "pid", 0) == p->pid)
      fq_json_set_int((fq_json *)(uintptr_t)m, "grace_ms", grace_ms);
}

int fq_process_pid(const fq_process *p) {
  return p ? p->pid : 0;
}

const fq_json *mock_processes(void) {
  return mock_keep(outside.started ? fq_json_dup(outside.started) : fq_json_array());
}

static struct fq_process *running(int pid) {
  struct fq_process *p = outside.processes;
  while (p && p->pid != pid)
    p = p->next;
  if (!p) fail_msg("no process %d runs", pid);
  return p;
}

void mock_process_line(int pid, bool error, const char *text) {
  struct fq_process *p = running(pid);
  if (p->spec.line) p->spec.line(&mock, p->spec.arg, error, text);
}

void mock_process_ended(int pid, int code, int signal) {
  struct fq_process *p = running(pid), **at = &outside.processes;
  if (p->spec.ended) p->spec.ended(&mock, p->spec.arg, code, signal);
  while (*at != p)
    at = &(*at)->next;
  *at = p->next;
  free(p);
}

void mock_process_cannot_start(bool cannot) {
  outside.cannot_start = cannot;
}

/* ---- files that become blobs: the file stays where it is */

enum fq_status fq_blob_adopt(const char *data_dir, const char *path, char sha256[65], int64_t *size,
                             struct fq_error *e) {
  (void)data_dir;
  FILE *f = fopen(path, "rb");
  if (!f || !fq_sha256_file(path, sha256)) {
    if (f) fclose(f);
    return fq_fail(e, FQ_E_STORAGE, "blob.store", path, "无法保存附件", "cannot store the attachment");
  }
  fseek(f, 0, SEEK_END);
  if (size) *size = ftell(f);
  fclose(f);
  return FQ_OK;
}

bool fq_blob_intact(const char *data_dir, const char *sha256) {
  char path[1024], hex[65];
  snprintf(path, sizeof path, "%s/blobs/%.2s/%s", data_dir, sha256, sha256);
  return fq_sha256_file(path, hex) && strcmp(hex, sha256) == 0;
}
