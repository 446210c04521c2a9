/*
 * One terminal: connects, opens or resumes its session, hears events in order, and keeps a command until it
 * is answered, through as many connections as that takes and always with the same idempotency key. Knows no
 * incident.
 */
#include <stdlib.h>
#include <string.h>

#include "load.h"

enum {
  IN_FLIGHT = 60,        /* the server takes 64 a connection */
  CONNECTING_MOST = 256, /* handshakes under way */
  BACKOFF_FIRST_US = 100000,
  BACKOFF_MOST_US = 5000000,
  OPENING_MOST_US = 20000000,
  STORAGE_PAUSE_US = 300000, /* after -32030: the disk needs somebody */
};

struct terminal *terminals;
int terminal_count;
static int open_count, connecting_count, started, unanswered;
static bool stopping;

int terminals_open(void) {
  return open_count;
}

bool terminals_idle(void) {
  return unanswered == 0;
}

static void set_phase(struct terminal *t, enum phase p) {
  open_count += (p == PHASE_OPEN) - (t->phase == PHASE_OPEN);
  bool was = t->phase == PHASE_CONNECTING || t->phase == PHASE_SIGNING || t->phase == PHASE_OPENING;
  bool is = p == PHASE_CONNECTING || p == PHASE_SIGNING || p == PHASE_OPENING;
  connecting_count += is - was;
  t->phase = p;
}

/* ---- requests ------------------------------------------------------------------------------------------ */

static void request_free(struct request *r) {
  free(r->params);
  free(r);
}

static void transmit(struct terminal *t, struct request *r) {
  struct fq_buf b = {0};
  fq_buf_fmt(&b, "{\"jsonrpc\":\"2.0\",\"id\":%lld,\"method\":\"%s\",\"params\":", (long long)r->id,
             r->method);
  fq_buf_str(&b, r->params);
  fq_buf_str(&b, "}");
  net_send(t->link, b.data, b.len);
  fq_buf_free(&b);
  if (r->tries++) stats.resent++;
  r->sent = true;
  t->in_flight++;
}

static void pump(struct terminal *t) {
  if (t->phase != PHASE_OPEN || t->pump_wait) return;
  for (struct request *r = t->requests; r && t->in_flight < IN_FLIGHT; r = r->next)
    if (!r->sent) transmit(t, r);
}

static void pump_again(void *arg) {
  struct terminal *t = arg;
  t->pump_wait = NULL;
  pump(t);
}

static struct request *request_new(struct terminal *t, const char *method, fq_json *params,
                                   int64_t intended_us, answer_fn answer, void *arg) {
  struct request *r = fq_alloc(sizeof *r);
  r->id = ++t->next_id;
  r->method = method;
  r->intended_us = intended_us;
  r->answer = answer;
  r->arg = arg;
  r->params = fq_json_print(params);
  fq_json_free(params);
  *t->tail = r;
  t->tail = &r->next;
  t->queued++;
  unanswered++;
  return r;
}

static void unlink_request(struct terminal *t, struct request **at) {
  struct request *r = *at;
  *at = r->next;
  if (!*at) t->tail = at;
  t->queued--;
  unanswered--;
  if (r->sent) t->in_flight--;
}

struct request *terminal_ask(struct terminal *t, const char *method, fq_json *params, bool command,
                             int64_t intended_us, answer_fn answer, void *arg) {
  char idem[40] = "";
  if (t->phase == PHASE_DEAD || (!command && t->phase != PHASE_OPEN)) {
    fq_json_free(params);
    return NULL;
  }
  if (command) {
    const char *given = fq_json_str(params, "idem");
    if (given)
      fq_copy(idem, sizeof idem, given);
    else
      idem_new(idem);
    if (!given) fq_json_set_str(params, "idem", idem);
  }
  struct request *r = request_new(t, method, params, intended_us, answer, arg);
  r->passing = !command;
  memcpy(r->idem, idem, sizeof r->idem);
  pump(t);
  return r;
}

void terminal_notify(struct terminal *t, const char *method, fq_json *params) {
  if (t->phase == PHASE_OPEN) {
    char *text = fq_json_print(params);
    struct fq_buf b = {0};
    fq_buf_fmt(&b, "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"params\":", method);
    fq_buf_str(&b, text);
    fq_buf_str(&b, "}");
    net_send(t->link, b.data, b.len);
    fq_buf_free(&b);
    free(text);
    stats.notified++;
  }
  fq_json_free(params);
}

/* The connection is gone: queries are forgotten, commands wait for the next one. */
static void requests_unsent(struct terminal *t, bool all) {
  for (struct request **at = &t->requests; *at;) {
    struct request *r = *at;
    if (!r->passing && !all) {
      if (r->sent) t->in_flight--;
      r->sent = false;
      at = &r->next;
      continue;
    }
    unlink_request(t, at);
    if (r->answer) r->answer(t, r, NULL, NULL);
    request_free(r);
  }
}

/* ---- connecting ---------------------------------------------------------------------------------------- */

static void connect_now(void *arg);

static void forget_wait(struct net_wait **w) {
  net_cancel(*w);
  *w = NULL;
}

static void die(struct terminal *t) {
  set_phase(t, PHASE_DEAD);
  requests_unsent(t, true);
}

static void come_back(struct terminal *t, int64_t least_us) {
  if (stopping || t->wait || t->phase == PHASE_DEAD) return;
  int64_t most = BACKOFF_FIRST_US << (t->attempts < 6 ? t->attempts : 6);
  if (most > BACKOFF_MOST_US) most = BACKOFF_MOST_US;
  t->attempts++;
  t->wait = net_after(least_us + most / 2 + chance_below(most / 2 + 1), connect_now, t);
}

/* What every end of a connection has in common. */
static void disconnected(struct terminal *t) {
  t->link = NULL;
  if (t->phase == PHASE_OPEN) {
    stats.breaks++;
    t->lost_us = net_now_us();
  }
  if (t->phase != PHASE_DEAD) set_phase(t, PHASE_OFF);
  forget_wait(&t->heartbeat);
  forget_wait(&t->parting_wait);
  forget_wait(&t->pump_wait);
  requests_unsent(t, false);
}

static void on_closed(void *owner, int code, const char *why) {
  struct terminal *t = owner;
  bool tried = t->phase != PHASE_OPEN;
  disconnected(t);
  if (code == 4001 && opt.password && tried && t->account->token[0] && t->attempts < 3)
    t->account->token[0] = 0; /* sign in again */
  else if (code == 4001 || code == 4010) {
    if (!stats.first_error[0])
      snprintf(stats.first_error, sizeof stats.first_error, "%s: %d %s", t->account->name, code, why);
    stats.failures++;
    die(t);
    return;
  }
  const char *asked = strstr(why, "retry_after_ms=");
  come_back(t, asked ? atoll(asked + 15) * 1000 : 0);
}

void terminal_break(struct terminal *t) {
  if (!t->link) return;
  net_drop(t->link);
  disconnected(t);
  t->attempts = 0;
  come_back(t, 0);
}

static void connect_now(void *arg) {
  struct terminal *t = arg;
  t->wait = NULL;
  if (stopping || t->phase != PHASE_OFF) return;
  if (connecting_count >= CONNECTING_MOST) {
    t->wait = net_after(5000 + chance_below(20000), connect_now, t);
    return;
  }
  t->tried_us = net_now_us();
  set_phase(t, PHASE_CONNECTING);
  t->link = net_connect(t);
  if (t->link) return;
  set_phase(t, PHASE_OFF);
  come_back(t, 0);
}

/* ---- the session -----------------------------------------------------------------------------------------
 */

static void open_session(struct terminal *t);

/* Before the session is open, requests go round the queue. */
static void say(struct terminal *t, const char *method, fq_json *params, answer_fn answer) {
  struct request *r = request_new(t, method, params, net_now_us(), answer, NULL);
  r->passing = true;
  transmit(t, r);
}

static void beat(void *arg) {
  struct terminal *t = arg;
  char text[120];
  int n = snprintf(text, sizeof text,
                   "{\"jsonrpc\":\"2.0\",\"id\":\"hb\",\"method\":\"hb\",\"params\":{\"n\":%lld}}",
                   (long long)t->last);
  net_send(t->link, text, (size_t)n);
  t->heartbeat = net_after(t->heartbeat_us, beat, t);
}

static void part(void *arg) {
  struct terminal *t = arg;
  t->parting_wait = NULL;
  if (t->phase != PHASE_OPEN) return;
  stats.breaks_asked++;
  terminal_break(t);
}

static void opened(struct terminal *t, bool resumed) {
  set_phase(t, PHASE_OPEN);
  t->attempts = 0;
  /* The first beat comes at a random moment, or thousands would beat together. */
  t->heartbeat = net_after(t->heartbeat_us / 4 + chance_below(t->heartbeat_us / 2), beat, t);
  if (opt.resume_every_s > 0)
    t->parting_wait = net_after((int64_t)(chance_wait(opt.resume_every_s) * 1e6), part, t);
  if (!resumed && opt.views) view_fetch(t);
  pump(t);
  if (!resumed) {
    demo_opened(t);
    officer_opened(t);
    desk_opened(t);
    safety_opened(t);
  }
}

static void on_opened(struct terminal *t, struct request *r, const fq_json *result, const fq_json *error) {
  if (!result) {
    if (!error) return; /* the connection broke */
    stats_error(error);
    int64_t code = fq_json_int(error, "code", 0);
    if (code != FQ_E_SIGNED_OUT && code != FQ_E_FORBIDDEN) {
      int attempts = t->attempts;
      net_drop(t->link);
      disconnected(t);
      t->attempts = attempts;
      come_back(t, 200000);
      return;
    }
    net_drop(t->link);
    on_closed(t, 4001, fq_json_str(error, "message"));
    return;
  }
  bool resuming = t->epoch[0] != 0, resumed = fq_json_bool(result, "resumed", false);
  fq_copy(t->epoch, sizeof t->epoch, fq_json_str(result, "epoch"));
  fq_copy(t->sid, sizeof t->sid, fq_json_str(result, "sid"));
  int64_t now = net_now_us();
  hist_add(resuming ? &stats.resume : &stats.connect, now - t->tried_us);
  if (resuming) stats.resumes++;
  if (resuming && !resumed) stats.snapshots++, t->skipped++;
  if (!resumed) t->last = fq_json_int(result, "head", 0);
  opened(t, resumed);
}

static void on_signed_in(struct terminal *t, struct request *r, const fq_json *result, const fq_json *error) {
  const char *token = result ? fq_json_str(result, "token") : NULL;
  if (token) {
    fq_copy(t->account->token, sizeof t->account->token, token);
    open_session(t);
  } else if (error)
    on_opened(t, r, NULL, error);
}

static void open_session(struct terminal *t) {
  fq_json *p = fq_json_object();
  if (!t->account->token[0]) {
    set_phase(t, PHASE_SIGNING);
    fq_json_set_str(p, "name", t->account->name);
    fq_json_set_str(p, "password", opt.password);
    say(t, "session.login", p, on_signed_in);
    return;
  }
  set_phase(t, PHASE_OPENING);
  fq_json_set_str(p, "token", t->account->token);
  fq_json_set_str(p, "device", t->device);
  if (t->epoch[0]) {
    fq_json_set_str(p, "sid", t->sid);
    fq_json_set_str(p, "epoch", t->epoch);
    fq_json_set_int(p, "last", t->last);
  }
  say(t, t->epoch[0] ? "session.resume" : "session.open", p, on_opened);
}

/* ---- messages --------------------------------------------------------------------------------------------
 */

/* "Later" and "no disk" are no answers: the command goes out again, with its key. */
static bool again(struct terminal *t, struct request *r, const fq_json *error) {
  int64_t code = fq_json_int(error, "code", 0);
  if (r->passing || (code != FQ_E_OVERLOADED && code != FQ_E_STORAGE)) return false;
  stats_error(error);
  stats.retried++;
  r->sent = false;
  t->in_flight--;
  int64_t ms = fq_json_int(fq_json_get(error, "data"), "retry_after_ms", 0);
  int64_t us = ms > 0 ? ms * 1000 : STORAGE_PAUSE_US;
  if (!t->pump_wait) t->pump_wait = net_after(us + chance_below(us), pump_again, t);
  return true;
}

static void on_reply(struct terminal *t, const fq_json *m) {
  int64_t id = fq_json_int(m, "id", -1);
  const fq_json *result = fq_json_get(m, "result"), *error = fq_json_get(m, "error");
  struct request **at = &t->requests;
  while (*at && (*at)->id != id)
    at = &(*at)->next;
  struct request *r = *at;
  if (!r || !r->sent) return; /* a heartbeat's answer, or what an older connection had asked */
  if (error && again(t, r, error)) return;
  unlink_request(t, at);
  if (r->answer) r->answer(t, r, result, error);
  request_free(r);
  pump(t);
}

static void on_event(struct terminal *t, const fq_json *e) {
  int64_t n = fq_json_int(e, "n", 0), p = fq_json_int(e, "p", -1);
  const char *kind = fq_json_str(e, "kind"), *subject = fq_json_str(e, "subject");
  stats.events++;
  if (n <= t->last) {
    stats.repeats++;
    return;
  }
  if (p != t->last) { /* something is missing: ask for it */
    stats.gaps++;
    terminal_break(t);
    return;
  }
  t->last = n;
  if (!kind || !subject) return;
  if (t->view) view_heard(t->view, n, kind, subject, e);
  traffic_heard(t, kind, subject, e);
  if (!t->first || acts_stopped()) return;
  officer_heard(t, kind, subject, fq_json_get(e, "data"));
  desk_heard(t, kind, subject, fq_json_get(e, "data"));
  safety_heard(t, kind, subject, fq_json_get(e, "data"));
}

static void on_message(void *owner, const char *text, size_t len) {
  struct terminal *t = owner;
  struct fq_error e = {0};
  fq_json *m = fq_json_parse(text, len, &e);
  if (!m) {
    if (!stats.first_error[0]) snprintf(stats.first_error, sizeof stats.first_error, "%.300s", e.en);
    stats.failures++;
    terminal_break(t);
    return;
  }
  const char *method = fq_json_str(m, "method");
  const fq_json *params = fq_json_get(m, "params");
  if (!method)
    on_reply(t, m);
  else if (strcmp(method, "event") == 0)
    on_event(t, params);
  else if (strcmp(method, "hello") == 0 && t->phase == PHASE_CONNECTING) {
    t->heartbeat_us = fq_json_int(params, "hb_ms", 25000) * 1000;
    open_session(t);
  } else
    stats.signals++;
  fq_json_free(m);
}

static void on_open(void *owner) {
  (void)owner; /* the server speaks first */
}

const struct net_ears terminal_ears = {.open = on_open, .message = on_message, .closed = on_closed};

/* ---- all of them ------------------------------------------------------------------------------------------
 */

void terminals_make(struct account *list, size_t count) {
  terminal_count = opt.terminals ? opt.terminals : (int)count;
  terminals = fq_alloc((size_t)terminal_count * sizeof *terminals);
  size_t first_officer = 0;
  while (first_officer < count && list[first_officer].role != ROLE_OFFICER)
    first_officer++;
  if (first_officer == count) first_officer = 0;
  unsigned int run = (unsigned int)(net_wall_ms() / 1000);
  for (int i = 0; i < terminal_count; i++) {
    struct terminal *t = &terminals[i];
    size_t a = (size_t)i < count ? (size_t)i : first_officer + ((size_t)i - count) % (count - first_officer);
    t->index = i;
    t->account = &list[a];
    t->first = t->account->sessions++ == 0;
    t->tail = &t->requests;
    snprintf(t->device, sizeof t->device, "load-%x-%d", run, i);
    if (opt.views) t->view = view_new(t->account);
  }
}

static void start_some(void *arg) {
  static double due;
  for (due += opt.ramp / 100; due >= 1 && started < terminal_count; due--)
    connect_now(&terminals[started++]);
}

/* A server that accepts and then says nothing is as good as gone. */
static void give_up_waiting(void *arg) {
  int64_t old = net_now_us() - OPENING_MOST_US;
  for (int i = 0; i < started; i++) {
    struct terminal *t = &terminals[i];
    if (!t->link || t->phase == PHASE_OPEN || t->tried_us > old) continue;
    net_drop(t->link);
    disconnected(t);
    come_back(t, 0);
  }
}

void terminals_start(void) {
  net_every(10000, start_some, NULL);
  net_every(1000000, give_up_waiting, NULL);
}

void terminals_stop(void) {
  stopping = true;
  for (int i = 0; i < terminal_count; i++) {
    struct terminal *t = &terminals[i];
    struct link *l = t->link;
    if (l) net_drop(l);
    disconnected(t);
    forget_wait(&t->wait);
    die(t);
    if (t->view) view_free(t->view);
    t->view = NULL;
  }
  free(terminals);
  terminals = NULL;
  terminal_count = 0;
}
