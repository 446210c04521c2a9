/*
 * Life, calls and the world of the mock kernel: see mock_kernel.h. One thread.
 */
#include "mock_internal.h"

#include <math.h>

struct fq_kernel mock;
const struct fq_actor mock_system_actor = {"system", "430525", FQ_ROLE_ALL, true};

const fq_json *mock_keep(fq_json *v) {
  if (v) fq_json_push(mock.kept, v);
  return v;
}

fq_json *mock_parse(const char *text) {
  if (!text) return fq_json_object();
  struct fq_error e = {0};
  fq_json *v = fq_json_parse(text, strlen(text), &e);
  if (!v) fail_msg("not JSON: %s: %s", text, e.en);
  return v;
}

void mock_start(const struct fq_plugin *plugin, const char *options) {
  struct fq_error e = {0};
  if (fq_plugin_check(plugin, &e) != FQ_OK)
    fail_msg("plugin %s: %s", plugin->name ? plugin->name : "?", e.en);
  memset(&mock, 0, sizeof mock);
  mock.plugin = plugin;
  mock.now_ms = MOCK_T0;
  mock.jobs_tail = &mock.jobs;
  mock.kept = fq_json_array();
  mock.provided = fq_json_object();
  mock.calls = fq_json_object();
  mock.published = fq_json_object();
  mock.db = fq_db_open(NULL, FQ_DB_WRITER, &e);
  if (!mock.db) fail_msg("%s", e.en);
  mock_journal_open();
  for (int i = 0; plugin->migrations && plugin->migrations[i]; i++)
    if (!fq_db_run(mock.db, plugin->migrations[i])) {
      fq_db_error(mock.db, &e);
      fail_msg("migration %d: %s", i + 1, e.en);
    }
  mock.self = fq_alloc(plugin->self_bytes ? plugin->self_bytes : 1);
  struct fq_problem_list problems = {0};
  fq_json *values = options ? mock_parse(options) : NULL;
  if (fq_options_parse(plugin->options, plugin->name, values, NULL, mock.self, &problems)) {
    char *text = fq_problems_text(&problems);
    fail_msg("%s", text);
  }
  fq_json_free(values);
  mock_system();
  mock_unit("430525", "", "county", "洞口县", 110.57, 27.06);
  if (plugin->init && plugin->init(mock.self, &mock, &e) != FQ_OK) fail_msg("init: %s", e.en);
  if (plugin->start && plugin->start(mock.self, &mock, &e) != FQ_OK) fail_msg("start: %s", e.en);
}

void mock_stop(void) {
  if (mock.plugin->stop) mock.plugin->stop(mock.self, &mock);
  mock_pump();
  mock_outside_close();
  if (mock.plugin->fini) mock.plugin->fini(mock.self);
  mock_transport_close();
  free(mock.self);
  fq_db_close(mock.db);
  fq_json_free(mock.kept);
  fq_json_free(mock.provided);
  fq_json_free(mock.calls);
  fq_json_free(mock.published);
  memset(&mock, 0, sizeof mock);
}

void *mock_self(void) {
  return mock.self;
}
fq_db *mock_db(void) {
  return mock.db;
}
fq_kernel *mock_kernel(void) {
  return &mock;
}
int64_t mock_now(void) {
  return mock.now_ms;
}
const struct fq_error *mock_error(void) {
  return &mock.error;
}

/* ---- who calls */

void mock_actor(const char *name, uint32_t roles, const char *org) {
  fq_copy(mock.actor_name, sizeof mock.actor_name, name);
  fq_copy(mock.actor_org, sizeof mock.actor_org, org);
  mock.actor = (struct fq_actor){mock.actor_name, mock.actor_org, roles, false};
}

void mock_system(void) {
  mock.actor = mock_system_actor;
}

/* ---- calling */

static const struct fq_method *find_method(const char *name) {
  for (const struct fq_method *m = mock.plugin->methods; m && m->name; m++)
    if (strcmp(m->name, name) == 0) return m;
  return NULL;
}

void mock_provide(const char *method, enum fq_status status, const char *result) {
  fq_json *p = fq_json_object();
  fq_json_set_int(p, "status", status);
  fq_json_set(p, "result", mock_parse(result));
  fq_json_set(mock.provided, method, p);
}

static enum fq_status run_provided(const char *method, const fq_json *params, fq_json **result,
                                   struct fq_error *e) {
  const fq_json *p = fq_json_get(mock.provided, method);
  if (!p) return fq_fail(e, FQ_E_METHOD, "method.unknown", method, "没有方法 %s", "no method %s", method);
  if (!fq_json_get(mock.calls, method)) fq_json_set(mock.calls, method, fq_json_array());
  fq_json_push(fq_json_edit(mock.calls, method), fq_json_dup(params));
  enum fq_status st = (enum fq_status)fq_json_int(p, "status", FQ_OK);
  if (st != FQ_OK) return fq_fail(e, st, "mock.provided", method, "%s 失败", "%s fails", method);
  *result = fq_json_dup(fq_json_get(p, "result"));
  return FQ_OK;
}

static enum fq_status run_query(const struct fq_method *m, const struct fq_actor *actor,
                                const fq_json *params, fq_json *result, struct fq_error *e) {
  int64_t head = fq_int(mock.db, 0, "SELECT max(seq) FROM mock_entry", "");
  struct fq_query q = {mock.db, mock.self, actor, params, mock.now_ms, head, result, e};
  return m->query(&q);
}

static enum fq_status check_target(const struct fq_method *m, struct fq_call *c) {
  if (!m->target) return FQ_OK;
  struct fq_target t = {0};
  enum fq_status st = m->target(c, &t);
  if (st != FQ_OK || c->actor->system || t.own || fq_org_within(mock.db, t.org, c->actor->org)) return st;
  return fq_fail(c->error, FQ_E_FORBIDDEN, "org", "", "%s 不在 %s 的范围内",
                 "%s is not within the reach of %s", t.org, c->actor->org);
}

static enum fq_status run_method(const struct fq_method *m, struct fq_call *c) {
  enum fq_status st = check_target(m, c);
  if (st == FQ_OK && m->run) st = m->run(c);
  if (st == FQ_OK && m->volatile_run) m->volatile_run(c);
  return st;
}

static enum fq_status authorise(const struct fq_method *m, const struct fq_actor *actor, bool inside,
                                struct fq_error *e) {
  if (inside || actor->system) return FQ_OK;
  if (m->flags & FQ_INTERNAL)
    return fq_fail(e, FQ_E_METHOD, "method.unknown", m->name, "没有方法 %s", "no method %s", m->name);
  if ((m->flags & FQ_PUBLIC) || (m->roles & actor->roles)) return FQ_OK;
  return fq_fail(e, FQ_E_FORBIDDEN, "role", m->name, "%s 无权调用 %s", "%s may not call %s", actor->name,
                 m->name);
}

/* Takes params. `inside`: from a timer, a reaction or another handler. */
enum fq_status mock_run(const struct fq_actor *actor, int64_t cause, bool inside, const char *method,
                        fq_json *params, fq_json **result, struct fq_error *e) {
  struct fq_tick tick = {cause, 0};
  fq_json *out = fq_json_object();
  fq_json *timing[2] = {NULL, NULL};
  const struct fq_method *m = find_method(method);
  enum fq_status st;
  if (!params) params = fq_json_object();
  assert_true(fq_db_savepoint(mock.db));
  if (!m) {
    fq_json_free(out);
    out = NULL;
    st = run_provided(method, params, &out, e);
    goto done;
  }
  /* what a firing timer adds is the kernel's, not the schema's */
  timing[0] = m->flags & FQ_INTERNAL ? fq_json_detach(params, "due_ms") : NULL;
  timing[1] = m->flags & FQ_INTERNAL ? fq_json_detach(params, "late_ms") : NULL;
  st = authorise(m, actor, inside, e);
  if (st == FQ_OK) st = mock_check_params(m->params, params, e);
  if (timing[0]) fq_json_set(params, "due_ms", timing[0]);
  if (timing[1]) fq_json_set(params, "late_ms", timing[1]);
  if (st != FQ_OK) goto done;
  if (m->query) {
    st = run_query(m, actor, params, out, e);
  } else {
    struct fq_call c = {.db = mock.db,
                        .self = mock.self,
                        .actor = actor,
                        .params = params,
                        .session = mock.session,
                        .now_ms = mock.now_ms,
                        .result = out,
                        .error = e,
                        .method = method,
                        .tick = &tick};
    st = run_method(m, &c);
    if (tick.last) fq_json_set_int(out, "n", tick.last);
  }
done:
  if (st == FQ_OK && fq_failed(mock.db)) st = fq_db_error(mock.db, e);
  fq_db_clear(mock.db);
  if (st == FQ_OK)
    fq_db_release(mock.db);
  else
    fq_db_rollback_to(mock.db);
  if (st == FQ_OK && result)
    *result = out;
  else
    fq_json_free(out);
  fq_json_free(params);
  return st;
}

enum fq_status fq_call_method(struct fq_call *c, const char *method, fq_json *params, fq_json **result) {
  if (result) *result = NULL;
  return mock_run(c->actor, c->tick->cause, true, method, params, result, c->error);
}

/* Reactions to the entries since the last time; theirs are heard in turn. */
void mock_react(void) {
  enum { ENTRIES_MAX = 10000 };
  for (int64_t began = mock.reacted;
       mock.reacted < fq_int(mock.db, 0, "SELECT max(seq) FROM mock_entry", "");) {
    int64_t seq = ++mock.reacted;
    if (seq - began > ENTRIES_MAX) fail_msg("reactions without end");
    fq_stmt *q = fq_sql(
        mock.db, "SELECT at_ms,kind,subject,org,audience,actor,cause,data FROM mock_entry WHERE seq=?1", "i",
        seq);
    if (!fq_row(q)) return;
    char *text[5];
    for (int i = 0; i < 5; i++)
      text[i] = fq_strdup(fq_col_str(q, i + 1));
    fq_json *data = mock_parse(fq_col_str(q, 7));
    struct fq_entry e = {seq,     fq_col_int(q, 0), text[0],          text[1], text[2],
                         text[3], text[4],          fq_col_int(q, 6), data};
    fq_done(q);
    for (const struct fq_reaction *r = mock.plugin->reactions; r && r->kind; r++) {
      if (strcmp(r->kind, e.kind) != 0) continue;
      struct fq_error why = {0};
      struct fq_tick tick = {seq, 0};
      fq_json *result = fq_json_object();
      struct fq_call c = {.db = mock.db,
                          .self = mock.self,
                          .actor = &mock_system_actor,
                          .params = data,
                          .now_ms = mock.now_ms,
                          .result = result,
                          .error = &why,
                          .method = r->kind,
                          .tick = &tick};
      assert_true(fq_db_savepoint(mock.db));
      bool ok = r->fn(&c, &e) == FQ_OK && !fq_failed(mock.db);
      fq_db_clear(mock.db);
      if (ok)
        fq_db_release(mock.db);
      else
        fq_db_rollback_to(mock.db), mock.error = why;
      fq_json_free(result);
    }
    fq_json_free(data);
    for (int i = 0; i < 5; i++)
      free(text[i]);
  }
}

static enum fq_status call(const char *method, const char *params, fq_json **result) {
  memset(&mock.error, 0, sizeof mock.error);
  enum fq_status st = mock_run(&mock.actor, 0, false, method, mock_parse(params), result, &mock.error);
  if (st == FQ_OK) mock_react();
  return st;
}

const fq_json *mock_call(const char *method, const char *params) {
  fq_json *result = NULL;
  if (call(method, params, &result) != FQ_OK)
    fail_msg("%s(%s): %s %s", method, params ? params : "", mock.error.path, mock.error.en);
  const struct fq_method *m = find_method(method);
  if (m && m->volatile_run) {
    fq_json_free(result);
    return NULL;
  }
  return mock_keep(result);
}

enum fq_status mock_try(const char *method, const char *params) {
  return call(method, params, NULL);
}

const fq_json *mock_view(const char *name, const char *args) {
  for (const struct fq_view_fn *f = mock.plugin->views; f && f->name; f++) {
    if (strcmp(f->name, name) != 0) continue;
    struct fq_error e = {0};
    fq_json *list = args ? mock_parse(args) : fq_json_array();
    struct fq_view v = {mock.db, mock.self, mock.now_ms, list, NULL, &e};
    enum fq_status st = f->fn(&v);
    fq_json_free(list);
    if (st == FQ_OK && fq_failed(mock.db)) st = fq_db_error(mock.db, &e);
    if (st != FQ_OK) fail_msg("view.%s: %s", name, e.en);
    return mock_keep(v.answer);
  }
  fail_msg("no view function %s", name);
  return NULL;
}

const fq_json *mock_context(int64_t seq) {
  fq_json *into = fq_json_object();
  fq_json_each(e, mock_entries()) {
    if (fq_json_int(e, "n", 0) != seq || !mock.plugin->context) continue;
    struct fq_entry entry = {seq,
                             fq_json_int(e, "at_ms", 0),
                             fq_json_str(e, "kind"),
                             fq_json_str(e, "subject"),
                             fq_json_str(e, "org"),
                             fq_json_str(e, "audience"),
                             fq_json_str(e, "actor"),
                             fq_json_int(e, "cause", 0),
                             fq_json_get(e, "data")};
    mock.plugin->context(mock.self, mock.db, &entry, into);
  }
  return mock_keep(into);
}

double mock_metric(const char *name) {
  for (const struct fq_metric *m = mock.plugin->metrics; m && m->name; m++)
    if (strcmp(m->name, name) == 0) return m->read(mock.self);
  fail_msg("no metric %s", name);
  return NAN;
}

const char *mock_health(void) {
  mock.health[0] = 0;
  if (mock.plugin->health) mock.plugin->health(mock.self, mock.health, sizeof mock.health);
  return mock.health;
}

/* ---- time and threads */

void mock_run_until(int64_t ms) {
  mock_fire_due(ms, false);
}
void mock_wake_at(int64_t ms) {
  mock_fire_due(ms, true);
}
int64_t fq_now_ms(fq_kernel *k) {
  return k->now_ms;
}

static void queue(void (*work)(void *), void (*done)(fq_kernel *, void *), void *arg) {
  struct mock_job *j = fq_alloc(sizeof *j);
  *j = (struct mock_job){NULL, work, done, arg};
  *mock.jobs_tail = j;
  mock.jobs_tail = &j->next;
}

void fq_post(fq_kernel *k, void (*fn)(fq_kernel *k, void *arg), void *arg) {
  (void)k;
  queue(NULL, fn, arg);
}

void fq_work(fq_kernel *k, void (*work)(void *arg), void (*done)(fq_kernel *k, void *arg), void *arg) {
  (void)k;
  queue(work, done, arg);
}

void mock_pump(void) {
  while (mock.jobs) {
    struct mock_job *j = mock.jobs;
    mock.jobs = j->next;
    if (!mock.jobs) mock.jobs_tail = &mock.jobs;
    if (j->work) j->work(j->arg);
    if (j->done) j->done(&mock, j->arg);
    free(j);
  }
}

/* ---- volatile messages */

void fq_publish(struct fq_call *c, const char *topic, const char *key, const char *org, fq_json *data) {
  (void)c;
  (void)org;
  char *name = fq_printf("%s\n%s", topic, key);
  fq_json_set(mock.published, name, data);
  free(name);
}

const fq_json *mock_published(const char *topic, const char *key) {
  char *name = fq_printf("%s\n%s", topic, key);
  const fq_json *v = fq_json_get(mock.published, name);
  free(name);
  return v ? mock_keep(fq_json_dup(v)) : NULL;
}

const fq_json *mock_calls(const char *method) {
  const fq_json *v = fq_json_get(mock.calls, method);
  return mock_keep(v ? fq_json_dup(v) : fq_json_array());
}
