/*
 * talk.c - the conversation with Janus: one session, handles in it, and requests that wait for their answers.
 * An answer may come before the acknowledgement of its request, or long after; whoever asked is told only
 * while its handle stands. Nothing waits for ever: a Janus that does not answer is a frozen one.
 */
#include "janus.h"

#include <stdio.h>
#include <string.h>

enum { CONNECT_MS = 10000, CONNECT_AGAIN_MS = 50, NO_SESSION = 458, NO_HANDLE = 459 };

struct jn_handle {
  struct jn_handle *next;
  int64_t id; /* 0: not attached yet */
  bool gone;  /* detached before it was attached */
  bool lost;  /* an answer to it went down with the socket */
  void *owner;
  jn_message_fn ready, event;
};

struct jn_ask {
  struct jn_ask *next;
  int64_t number, until_ms;
  struct jn_handle *handle;
  jn_message_fn fn;
  enum { ASK_PLUGIN, ASK_ATTACH, ASK_SESSION, ASK_CLAIM, ASK_ALIVE } kind;
};

/* ---- sending --------------------------------------------------------------------------------------------
 */

/* Takes m. Janus's numbers have up to 53 bits and must come as digits alone, never as 1.5e15. */
static void send_json(struct cf_janus *j, const struct jn_handle *h, fq_json *m) {
  fq_json_set_str(m, "apisecret", j->plan.api_secret);
  char *text = fq_json_print(m), *whole = NULL, session[48] = "", handle[48] = "";
  if (j->session) snprintf(session, sizeof session, ",\"session_id\":%lld", (long long)j->session);
  if (h && h->id) snprintf(handle, sizeof handle, ",\"handle_id\":%lld", (long long)h->id);
  if (asprintf(&whole, "%.*s%s%s}", (int)strlen(text) - 1, text, session, handle) < 0) abort();
  if (j->connected)
    jn_socket_send(j->socket, whole);
  else
    free(whole);
  free(text);
  fq_json_free(m);
}

static struct jn_ask *ask(struct cf_janus *j, struct jn_handle *h, fq_json *m, int kind) {
  struct jn_ask *a = jn_grab(sizeof *a);
  char text[32];
  *a = (struct jn_ask){.number = ++j->next_ask,
                       .until_ms = fq_now_ms(j->kernel) + JN_ASK_MS,
                       .handle = h,
                       .kind = kind,
                       .next = j->asks};
  j->asks = a;
  snprintf(text, sizeof text, "%lld", (long long)a->number);
  fq_json_set_str(m, "transaction", text);
  send_json(j, h, m);
  return a;
}

static fq_json *verb(const char *what) {
  fq_json *m = fq_json_object();
  fq_json_set_str(m, "janus", what);
  return m;
}

fq_json *jn_body(const char *request) {
  fq_json *b = fq_json_object();
  fq_json_set_str(b, "request", request);
  return b;
}

void jn_ask(struct cf_janus *j, struct jn_handle *h, fq_json *body, const char *sdp_type, const char *sdp,
            jn_message_fn fn) {
  if (!h || !h->id) {
    fq_json_free(body);
    return;
  }
  fq_json *m = verb("message");
  fq_json_set(m, "body", body);
  if (sdp) {
    fq_json *jsep = fq_json_object();
    fq_json_set_str(jsep, "type", sdp_type);
    fq_json_set_str(jsep, "sdp", sdp);
    fq_json_set(m, "jsep", jsep);
  }
  ask(j, h, m, ASK_PLUGIN)->fn = fn;
}

void jn_trickle(struct cf_janus *j, struct jn_handle *h, const fq_json *candidate) {
  if (!h || !h->id) return;
  fq_json *m = verb("trickle"), *c = candidate ? fq_json_dup(candidate) : fq_json_object();
  if (!candidate) fq_json_set_bool(c, "completed", true);
  fq_json_set(m, "candidate", c);
  ask(j, h, m, ASK_PLUGIN);
}

/* ---- handles --------------------------------------------------------------------------------------------
 */

struct jn_handle *jn_attach(struct cf_janus *j, const char *plugin, void *owner, jn_message_fn ready,
                            jn_message_fn event) {
  struct jn_handle *h = jn_grab(sizeof *h);
  char name[48];
  fq_json *m = verb("attach");
  snprintf(name, sizeof name, "janus.plugin.%s", plugin);
  fq_json_set_str(m, "plugin", name);
  *h = (struct jn_handle){.owner = owner, .ready = ready, .event = event, .next = j->handles};
  j->handles = h;
  j->handle_count++;
  ask(j, h, m, ASK_ATTACH);
  return h;
}

static void forget(struct cf_janus *j, struct jn_handle *h) {
  struct jn_handle **at = &j->handles;
  while (*at && *at != h)
    at = &(*at)->next;
  if (*at) {
    *at = h->next;
    j->handle_count--;
  }
  free(h);
}

/* What was asked through it is still waited for: silence is a sign of a frozen Janus. Nobody is told. */
static void disown(struct cf_janus *j, struct jn_handle *h) {
  for (struct jn_ask *a = j->asks; a; a = a->next)
    if (a->handle == h && a->kind == ASK_PLUGIN) {
      a->handle = NULL;
      a->fn = NULL;
    }
}

void jn_detach(struct cf_janus *j, struct jn_handle *h) {
  if (!h) return;
  if (!j->session || (!h->id && h->lost)) {
    disown(j, h);
    forget(j, h);
    return;
  }
  if (!h->id) { /* it is detached as soon as there is something to detach */
    h->gone = true;
    return;
  }
  disown(j, h);
  ask(j, h, verb("detach"), ASK_PLUGIN)->handle = NULL;
  forget(j, h);
}

static struct jn_handle *handle_of(struct cf_janus *j, int64_t id) {
  for (struct jn_handle *h = j->handles; h && id; h = h->next)
    if (h->id == id) return h;
  return NULL;
}

static void attached(struct cf_janus *j, struct jn_handle *h, const struct jn_message *m) {
  const fq_json *data = fq_json_get(m->whole, "data");
  h->id = m->code ? 0 : fq_json_int(data, "id", 0);
  if (h->gone && h->id) {
    jn_detach(j, h);
  } else if (h->gone) {
    forget(j, h);
  } else if (!h->id) {
    fq_log(FQ_LOG_WARN, "janus: attach refused: %s", m->reason ? m->reason : "");
    jn_child_kill(j, "it refuses handles");
  } else {
    h->ready(j, h->owner, m);
  }
}

/* ---- the session ----------------------------------------------------------------------------------------
 */

static void forget_asks(struct cf_janus *j) {
  for (struct jn_ask *a; (a = j->asks);) {
    j->asks = a->next;
    free(a);
  }
}

static void forget_session(struct cf_janus *j) {
  j->session = 0;
  forget_asks(j);
  jn_rooms_down(j);
  jn_streams_down(j);
  for (struct jn_handle *h; (h = j->handles);) {
    j->handles = h->next;
    free(h);
  }
  j->handle_count = 0;
}

static void new_session(struct cf_janus *j) {
  forget_session(j);
  ask(j, NULL, verb("create"), ASK_SESSION);
}

static void session_stands(struct cf_janus *j, bool anew) {
  j->alive_ms = fq_now_ms(j->kernel);
  jn_child_up(j);
  if (!anew) return;
  jn_rooms_up(j);
  jn_streams_up(j);
}

/* A claimed session keeps its calls; only what was under way when the socket dropped is in doubt, and asking
 * again might do it twice. Those handles are told that they have ended. */
static void claimed(struct cf_janus *j) {
  session_stands(j, false);
  for (;;) {
    struct jn_handle *h = j->handles;
    while (h && !h->lost)
      h = h->next;
    if (!h) return;
    struct jn_message m = {.what = "hangup"};
    h->event(j, h->owner, &m); /* it detaches it */
    for (struct jn_handle *still = j->handles; still; still = still->next)
      if (still == h) h->lost = false;
  }
}

static void mark_lost(struct cf_janus *j) {
  for (struct jn_ask *a = j->asks; a; a = a->next)
    if (a->handle && (a->kind == ASK_ATTACH || a->fn)) a->handle->lost = true;
  forget_asks(j);
}

static void on_open(void *arg, int turn) {
  struct cf_janus *j = arg;
  if (turn != j->turn) return;
  j->connected = true;
  if (j->session)
    ask(j, NULL, verb("claim"), ASK_CLAIM);
  else
    ask(j, NULL, verb("create"), ASK_SESSION);
}

static void connect_again(fq_kernel *k, void *arg) {
  struct cf_janus *j = arg;
  (void)k;
  j->connect = NULL;
  j->turn = jn_socket_open(j->socket, j->plan.dir);
}

static void on_gone(void *arg, int turn) {
  struct cf_janus *j = arg;
  if (turn != j->turn || j->state == JN_RESTING || j->state == JN_BROKEN || j->state == JN_OFF) return;
  int64_t now = fq_now_ms(j->kernel);
  if (j->connected) {
    j->connect_until_ms = now + CONNECT_MS;
    mark_lost(j);
  }
  j->connected = false;
  if (now > j->connect_until_ms) {
    jn_child_kill(j, "its socket cannot be reached");
    return;
  }
  if (!j->connect) j->connect = fq_after_ms(j->kernel, CONNECT_AGAIN_MS, connect_again, j);
}

void jn_talk_begin(struct cf_janus *j) {
  if (!j->socket) j->socket = jn_socket_new(j->kernel, &jn_talk_events, j);
  j->connect_until_ms = fq_now_ms(j->kernel) + CONNECT_MS;
  connect_again(j->kernel, j);
}

void jn_talk_end(struct cf_janus *j) {
  fq_after_cancel(j->connect);
  j->connect = NULL;
  j->connected = false;
  if (j->socket) jn_socket_close(j->socket);
  j->turn = -1;
  forget_session(j);
}

/* ---- hearing --------------------------------------------------------------------------------------------
 */

static void read_message(const fq_json *whole, struct jn_message *m) {
  const fq_json *plugin = fq_json_get(whole, "plugindata"), *jsep = fq_json_get(whole, "jsep"),
                *error = fq_json_get(whole, "error");
  const char *type = fq_json_str(jsep, "type");
  *m = (struct jn_message){
      .what = fq_json_str(whole, "janus"), .whole = whole, .data = fq_json_get(plugin, "data")};
  if (!m->what) m->what = "";
  if (error) {
    m->code = (int)fq_json_int(error, "code", 490);
    m->reason = fq_json_str(error, "reason");
  } else if (m->data && fq_json_get(m->data, "error_code")) {
    m->code = (int)fq_json_int(m->data, "error_code", 499);
    m->reason = fq_json_str(m->data, "error");
  }
  if (type && strcmp(type, "offer") == 0) m->offer = fq_json_str(jsep, "sdp");
  if (type && strcmp(type, "answer") == 0) m->answer = fq_json_str(jsep, "sdp");
}

/* The request this answers, taken off the list. An acknowledgement only answers what expects no more. */
static struct jn_ask *asked(struct cf_janus *j, const struct jn_message *m) {
  const char *transaction = fq_json_str(m->whole, "transaction");
  int64_t number = transaction ? atoll(transaction) : 0;
  for (struct jn_ask **at = &j->asks; *at && number; at = &(*at)->next) {
    struct jn_ask *a = *at;
    if (a->number != number) continue;
    if (strcmp(m->what, "ack") == 0 && a->fn) {
      a->until_ms = fq_now_ms(j->kernel) + JN_ASK_MS;
      return NULL;
    }
    *at = a->next;
    return a;
  }
  return NULL;
}

static void answered(struct cf_janus *j, struct jn_ask *a, const struct jn_message *m) {
  switch (a->kind) {
  case ASK_SESSION:
    j->session = m->code ? 0 : fq_json_int(fq_json_get(m->whole, "data"), "id", 0);
    if (j->session)
      session_stands(j, true);
    else
      jn_child_kill(j, "it gives no session");
    break;
  case ASK_CLAIM:
  case ASK_ALIVE:
    j->alive_ms = fq_now_ms(j->kernel);
    if (m->code == NO_SESSION)
      new_session(j);
    else if (a->kind == ASK_CLAIM)
      claimed(j);
    break;
  case ASK_ATTACH:
    attached(j, a->handle, m);
    break;
  case ASK_PLUGIN:
    if (m->code && m->code != NO_HANDLE)
      fq_log(FQ_LOG_DEBUG, "janus: refused (%d): %s", m->code, m->reason ? m->reason : "");
    if (m->code == NO_SESSION)
      new_session(j);
    else if (a->handle && a->fn)
      a->fn(j, a->handle->owner, m);
    break;
  }
}

static void on_text(void *arg, int turn, const char *text, size_t len) {
  struct cf_janus *j = arg;
  struct fq_error e;
  struct jn_message m;
  if (turn != j->turn) return;
  fq_json *whole = fq_json_parse(text, len, &e);
  if (!whole) {
    fq_log(FQ_LOG_WARN, "janus: it said what is no JSON: %s", e.en);
    return;
  }
  read_message(whole, &m);
  struct jn_ask *a = asked(j, &m);
  struct jn_handle *h = a ? NULL : handle_of(j, fq_json_int(whole, "sender", 0));
  if (a) {
    answered(j, a, &m);
    free(a);
  } else if (strcmp(m.what, "timeout") == 0) {
    new_session(j);
  } else if (h && strcmp(m.what, "ack") != 0) {
    h->event(j, h->owner, &m);
  }
  fq_json_free(whole);
}

const struct jn_socket_events jn_talk_events = {.open = on_open, .text = on_text, .gone = on_gone};

void jn_talk_second(struct cf_janus *j) {
  int64_t now = fq_now_ms(j->kernel);
  if (!j->connected) return;
  for (struct jn_ask *a = j->asks; a; a = a->next)
    if (now > a->until_ms) {
      jn_child_kill(j, "it does not answer");
      return;
    }
  if (j->session && now - j->alive_ms >= JN_KEEPALIVE_MS) {
    j->alive_ms = now;
    ask(j, NULL, verb("keepalive"), ASK_ALIVE);
  }
}
