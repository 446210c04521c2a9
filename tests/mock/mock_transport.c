/*
 * The transport side of the mock kernel (section 11 of fengqiao.h): tokens, sessions, requests answered at
 * once, events sent by the test. No resume, no fan-out rules: those are the kernel's own tests.
 */
#include "mock_internal.h"

struct fq_session {
  struct fq_session *next;
  char token[96], sid[32];
  const struct fq_transport *transport;
  void *peer;
};

struct token {
  struct token *next;
  char token[96], name[FQ_ID_MAX], org[FQ_ID_MAX];
  uint32_t roles;
};

static struct {
  struct token *tokens;
  struct fq_session *sessions;
  int opened;
  char not_ready[160];
} wire;

void mock_transport_close(void) {
  while (wire.tokens) {
    struct token *t = wire.tokens;
    wire.tokens = t->next;
    free(t);
  }
  while (wire.sessions)
    fq_session_drop(&mock, wire.sessions);
  memset(&wire, 0, sizeof wire);
}

void mock_token(const char *token, const char *name, uint32_t roles, const char *org) {
  struct token *t = fq_alloc(sizeof *t);
  fq_copy(t->token, sizeof t->token, token);
  fq_copy(t->name, sizeof t->name, name);
  fq_copy(t->org, sizeof t->org, org);
  t->roles = roles;
  t->next = wire.tokens;
  wire.tokens = t;
}

void mock_not_ready(const char *why) {
  fq_copy(wire.not_ready, sizeof wire.not_ready, why ? why : "");
}

bool fq_blob_may_write(fq_kernel *k, const char *token, const char *sha256, int64_t size) {
  struct fq_actor actor;
  (void)sha256, (void)size;
  return fq_token_actor(k, token, &actor);
}

bool fq_token_actor(fq_kernel *k, const char *token, struct fq_actor *out) {
  (void)k;
  for (struct token *t = wire.tokens; t; t = t->next) {
    if (strcmp(t->token, token) != 0) continue;
    *out = (struct fq_actor){t->name, t->org, t->roles, false};
    return true;
  }
  static struct fq_guest g;
  if (mock.plugin->guest && mock.plugin->guest(mock.self, mock.db, token, mock.now_ms, &g)) {
    *out = (struct fq_actor){g.user, g.org, g.roles, false};
    return true;
  }
  return false;
}

bool fq_ready(fq_kernel *k, char *why, size_t cap) {
  (void)k;
  fq_copy(why, cap, wire.not_ready);
  return !wire.not_ready[0];
}

const char *fq_epoch(fq_kernel *k) {
  (void)k;
  return "mock-epoch";
}

const char *fq_data_dir(fq_kernel *k) {
  (void)k;
  return mock.data_dir;
}

void mock_data_dir(const char *dir) {
  fq_copy(mock.data_dir, sizeof mock.data_dir, dir);
}

bool fq_blob_may_read(fq_kernel *k, const struct fq_actor *actor, const char *sha256) {
  (void)k;
  (void)sha256;
  return actor != NULL;
}

bool fq_route(fq_kernel *k, struct fq_http *h) {
  for (const struct fq_route *r = k->plugin->routes; r && r->prefix; r++) {
    size_t n = strlen(r->prefix);
    if (strncmp(h->path, r->prefix, n) != 0) continue;
    h->path += n;
    h->status = 200;
    r->fn(k->self, h);
    return true;
  }
  return false;
}

char *fq_metrics(fq_kernel *k) {
  struct fq_buf out = {0};
  fq_buf_str(&out, "");
  for (const struct fq_metric *m = k->plugin->metrics; m && m->name; m++)
    fq_buf_fmt(&out, "# HELP %s %s\n# TYPE %s %s\n%s %.15g\n", m->name, m->help, m->name,
               m->counter ? "counter" : "gauge", m->name, m->read(k->self));
  return out.data ? out.data : fq_strdup("");
}

void fq_transport_add(fq_kernel *k, const struct fq_transport *t, void *self) {
  k->transport = t;
  k->transport_self = self;
}

void fq_session_drop(fq_kernel *k, fq_session *s) {
  (void)k;
  for (struct fq_session **p = &wire.sessions; *p; p = &(*p)->next) {
    if (*p != s) continue;
    *p = s->next;
    free(s);
    return;
  }
  fail_msg("a session was dropped twice");
}

static void open_session(struct fq_request *r) {
  struct fq_session *s = fq_alloc(sizeof *s);
  fq_copy(s->token, sizeof s->token, fq_json_str(r->params, "token"));
  snprintf(s->sid, sizeof s->sid, "s%d", ++wire.opened);
  s->transport = r->transport;
  s->peer = r->peer;
  s->next = wire.sessions;
  wire.sessions = r->opened = s;
  r->result = fq_json_object();
  fq_json_set_str(r->result, "sid", s->sid);
  fq_json_set_str(r->result, "epoch", "mock-epoch");
  fq_json_set_int(r->result, "head", fq_int(mock.db, 0, "SELECT max(seq) FROM mock_entry", ""));
}

/* `session.open` knows the tokens of mock_token(); everything else is the plugin's or provided. */
static void answer(struct fq_request *r) {
  struct fq_actor actor = {"", "", 0, false};
  bool opens = strcmp(r->method, "session.open") == 0;
  const char *token = opens ? fq_json_str(r->params, "token") : r->session ? r->session->token : r->token;
  bool known = token && token[0] && fq_token_actor(&mock, token, &actor);
  bool provided = fq_json_get(mock.provided, r->method) != NULL;
  if (!known && !provided)
    fq_fail(&r->error, FQ_E_SIGNED_OUT, "signed_out", "", "未登录", "not signed in");
  else if (opens && !provided)
    open_session(r);
  else if (mock_run(&actor, 0, false, r->method, r->params ? fq_json_dup(r->params) : NULL, &r->result,
                    &r->error) == FQ_OK)
    mock_react();
  r->reply(r);
}

void fq_submit(fq_kernel *k, struct fq_request *list) {
  while (list) {
    struct fq_request *r = list;
    list = r->next; /* r is the transport's again once it is answered */
    answer(r);
  }
  if (k->transport && k->transport->flush) k->transport->flush(k->transport_self);
}

/* ---- events and signals, from the test to every session */

struct counted {
  int refs;
  struct fq_event event; /* what callers hold; last, for its text */
};

static struct counted *counted_of(struct fq_event *e) {
  return (struct counted *)(void *)((char *)e - offsetof(struct counted, event));
}

struct fq_event *fq_event_ref(struct fq_event *e) {
  __atomic_add_fetch(&counted_of(e)->refs, 1, __ATOMIC_RELAXED);
  return e;
}

void fq_event_unref(struct fq_event *e) {
  if (__atomic_sub_fetch(&counted_of(e)->refs, 1, __ATOMIC_ACQ_REL) == 0) free(counted_of(e));
}

void mock_send(int64_t seq, int64_t previous, const char *text) {
  size_t len = strlen(text);
  struct counted *c = fq_alloc(sizeof *c + len + 1);
  c->refs = 1;
  c->event.seq = seq;
  c->event.len = len;
  memcpy((char *)&c->event + offsetof(struct fq_event, text), text, len + 1);
  for (struct fq_session *s = wire.sessions; s; s = s->next)
    s->transport->event(s->peer, &c->event, previous);
  fq_event_unref(&c->event);
  if (mock.transport && mock.transport->flush) mock.transport->flush(mock.transport_self);
}

void mock_signal(const char *topic, const char *key, const char *json) {
  for (struct fq_session *s = wire.sessions; s; s = s->next)
    s->transport->signal(s->peer, topic, key, json);
  if (mock.transport && mock.transport->flush) mock.transport->flush(mock.transport_self);
}

size_t mock_sessions(void) {
  size_t n = 0;
  for (struct fq_session *s = wire.sessions; s; s = s->next)
    n++;
  return n;
}
