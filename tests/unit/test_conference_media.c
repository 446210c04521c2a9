/* Legs, rooms and moves between back ends, on the real kernel with a fake clock and a media server that is
 * none: what the rows of a conference say is given to md_settle() as it stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fengqiao.h"
#include "kernel/kernel.h"
#include "loop/loop.h"
#include "media/media.h"

#define CONF "v1"

extern const struct fq_plugin fq_plugin;

static struct {
  fq_kernel *kernel;
  struct cf_self *self;
  struct fq_error error;
  bool janus_ready;
  char log[8192]; /* what was asked of the media server */
} w;

/* ---- pages: sessions that keep what they are told --------------------------------------------------------
 */

struct page {
  char user[FQ_ID_MAX], sid[32];
  fq_session *session;
  fq_json *told; /* [{topic, …}] in order */
};

static void on_event(void *peer, struct fq_event *e, int64_t previous) {}
static void on_signal(void *peer, const char *topic, const char *key, const char *json) {
  struct page *p = peer;
  fq_json *m = fq_json_parse(json, strlen(json), NULL);
  assert_non_null(m);
  fq_json_set_str(m, "topic", topic);
  fq_json_push(p->told, m);
}
static void on_close(void *peer, int code, const char *reason) {}
static const struct fq_transport transport = {.event = on_event, .signal = on_signal, .close = on_close};

static struct fq_request *answered_now;
static void reply(struct fq_request *r) {
  answered_now = r;
}

static void pump(void) {
  for (int turn = 0; turn < 12; turn++) {
    fq_loop_step(fq_kernel_loop(w.kernel));
    assert_int_equal(fq_kernel_run_until(w.kernel, fq_now_ms(w.kernel), &w.error), FQ_OK);
  }
}

static void pass(int64_t ms) {
  int64_t until = fq_now_ms(w.kernel) + ms;
  while (fq_now_ms(w.kernel) < until) {
    int64_t step = until - fq_now_ms(w.kernel);
    assert_int_equal(fq_kernel_run_until(w.kernel, fq_now_ms(w.kernel) + (step < 100 ? step : 100), &w.error),
                     FQ_OK);
    pump();
  }
}

static struct fq_request *ask(struct page *p, const char *method, fq_json *params) {
  struct fq_request *r = calloc(1, sizeof *r);
  md_copy(r->method, sizeof r->method, method);
  r->params = params;
  r->session = p->session;
  r->transport = &transport;
  r->peer = p;
  r->reply = reply;
  answered_now = NULL;
  fq_submit(w.kernel, r);
  for (int turn = 0; turn < 50 && !answered_now; turn++)
    pump();
  assert_ptr_equal(answered_now, r);
  pump();
  return r;
}

static void done(struct fq_request *r) {
  fq_json_free(r->params);
  fq_json_free(r->result);
  free(r->result_text);
  free(r);
}

static const fq_json *call(const char *method, const char *params, fq_json **result) {
  struct fq_actor system = {.name = "system", .org = "", .roles = FQ_ROLE_ALL, .system = true};
  fq_json_free(*result);
  *result = NULL;
  fq_json *p = fq_json_parse(params, strlen(params), &w.error);
  if (!p || fq_kernel_call(w.kernel, &system, method, p, result, &w.error))
    fail_msg("%s: %s", method, w.error.en);
  return *result;
}

static struct page *page(const char *user) {
  char text[200];
  fq_json *result = NULL, *params = fq_json_object();
  struct page *p = calloc(1, sizeof *p);
  p->told = fq_json_array();
  md_copy(p->user, sizeof p->user, user);
  snprintf(text, sizeof text, "{\"name\":\"%s\"}", user);
  fq_json_set_str(params, "token", fq_json_str(call("user.token", text, &result), "token"));
  fq_json_free(result);
  struct fq_request *r = ask(p, "session.open", params);
  if (r->error.status) fail_msg("session.open: %s", r->error.en);
  p->session = r->opened;
  md_copy(p->sid, sizeof p->sid, fq_json_str(r->result, "sid"));
  done(r);
  return p;
}

static void page_gone(struct page *p) {
  fq_session_drop(w.kernel, p->session);
  p->session = NULL;
  pump();
}

static void page_free(struct page *p) {
  if (p->session) page_gone(p);
  fq_json_free(p->told);
  free(p);
}

/* What the page's leg says: the status, with w.error. */
static enum fq_status say(struct page *p, const char *method, const char *leg, const char *name,
                          const char *value) {
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "leg", leg);
  if (name && *value == '{')
    fq_json_set(params, name, fq_json_parse(value, strlen(value), NULL));
  else if (name)
    fq_json_set_str(params, name, value);
  struct fq_request *r = ask(p, method, params);
  w.error = r->error;
  done(r);
  return w.error.status;
}

static void refused(struct page *p, const char *method, const char *leg, const char *name, const char *value,
                    enum fq_status status, const char *code) {
  assert_int_equal(say(p, method, leg, name, value), status);
  assert_string_equal(w.error.code, code);
  assert_true(*w.error.zh && *w.error.en);
}

/* How often this was told, and the latest of it. */
static int told(const struct page *p, const char *op, const char *leg, const fq_json **last) {
  int n = 0;
  fq_json_each(m, p->told) {
    const char *o = fq_json_str(m, "op"), *l = fq_json_str(m, "leg");
    if (!o || strcmp(o, op) != 0 || (leg && strcmp(l, leg) != 0)) continue;
    n++;
    if (last) *last = m;
  }
  return n;
}

static void forget(struct page *p) {
  fq_json_free(p->told);
  p->told = fq_json_array();
}

/* The leg this page was last told to open to `peer`. */
static const char *leg_to(const struct page *p, const char *peer) {
  const char *id = NULL;
  fq_json_each(m, p->told) {
    const char *op = fq_json_str(m, "op"), *far = fq_json_str(m, "peer");
    if (op && !strcmp(op, "open") && (!peer || (far && !strcmp(far, peer)))) id = fq_json_str(m, "leg");
  }
  if (!id) fail_msg("%s was told of no leg to %s", p->user, peer ? peer : "anybody");
  return id;
}

static bool stands(const char *leg) {
  return cf_leg_find(w.self, leg) != NULL;
}

static const char SDP[] = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
                          "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n"
                          "a=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 00:11\r\na=mid:0\r\n";

/* ---- a media server
 * ----------------------------------------------------------------------------------------- */

static void note(const char *what, const char *whom) {
  size_t len = strlen(w.log);
  snprintf(w.log + len, sizeof w.log - len, "%s%s%s;", what, *whom ? " " : "", whom);
}
static const struct cf_backend fake;
static bool fake_ready(struct cf_self *s, char zh[200], char en[200]) {
  snprintf(zh, 200, "%s", w.janus_ready ? "" : "媒体服务器没有装");
  snprintf(en, 200, "%s", w.janus_ready ? "" : "the media server is not installed");
  return w.janus_ready;
}
static void fake_open(struct cf_self *s, const char *conf) {
  note("open", "");
}
static void fake_close(struct cf_self *s, const char *conf) {
  note("close", "");
}
static void fake_enter(struct cf_self *s, const char *conf, const char *user, const char *session,
                       bool hidden) {
  for (struct md_leg *l = md_legs(s); l; l = l->next)
    if (l->leg.backend == &fake && !strcmp(l->leg.user, user)) return;
  note(hidden ? "hide" : "enter", user);
  cf_leg_open(s, &fake, conf, user, session, CF_LEG_SEND, "", true, false);
}
static void fake_leave(struct cf_self *s, const char *conf, const char *user) {
  note("leave", user);
  for (struct md_leg *l = md_legs(s), *next; l; l = next) {
    next = l->next;
    if (l->leg.backend == &fake && !strcmp(l->leg.user, user)) cf_leg_close(s, &l->leg, "left");
  }
}
static void fake_offer(struct cf_self *s, struct cf_leg *l, const char *sdp) {
  cf_leg_answer(s, l, sdp);
}
static void fake_candidate(struct cf_self *s, struct cf_leg *l, const fq_json *candidate) {}
static void fake_restart(struct cf_self *s, struct cf_leg *l) {
  note("restart", l->user);
}
static void fake_mute(struct cf_self *s, const char *conf, const char *user, bool muted) {
  note(muted ? "mute" : "unmute", user);
}
static void fake_record(struct cf_self *s, const char *conf, bool on) {
  note(on ? "record" : "stop", "");
}
static const struct cf_backend fake = {.name = "janus",
                                       .ready = fake_ready,
                                       .room_open = fake_open,
                                       .room_close = fake_close,
                                       .enter = fake_enter,
                                       .leave = fake_leave,
                                       .offer = fake_offer,
                                       .answer = fake_offer,
                                       .candidate = fake_candidate,
                                       .restart = fake_restart,
                                       .mute = fake_mute,
                                       .record = fake_record};

/* ---- what the rows say
 * ---------------------------------------------------------------------------------------- */

static struct md_facts *facts;

static struct md_fact *seat_row(const struct page *p) {
  for (size_t k = 0; k < facts->count; k++)
    if (!strcmp(facts->members[k].user, p->user)) return &facts->members[k];
  return NULL;
}

static void settle(void) {
  facts->expected = 0;
  for (size_t k = 0; k < facts->count; k++)
    facts->expected += !facts->members[k].hidden;
  md_settle(w.self, facts);
  pump();
}

static void joins(const struct page *p) {
  struct md_fact *m = seat_row(p);
  if (!m) m = &facts->members[facts->count++];
  *m = (struct md_fact){.rank = facts->count > 1};
  md_copy(m->user, sizeof m->user, p->user);
  md_copy(m->session, sizeof m->session, p->sid);
  md_copy(m->quality, sizeof m->quality, "normal");
  settle();
}

static void leaves(const struct page *p) {
  struct md_fact *m = seat_row(p);
  *m = facts->members[--facts->count];
  md_put_out(w.self, CONF, p->user);
  settle();
}

static struct md_seat *seat(const struct page *p) {
  return md_seat_find(md_room_find(w.self, CONF), p->user);
}

/* The two agree and see one another. */
static void connect(struct page *a, struct page *b) {
  char la[24], lb[24];
  md_copy(la, sizeof la, leg_to(a, b->user));
  md_copy(lb, sizeof lb, leg_to(b, a->user));
  assert_int_equal(say(a, "media.leg.offer", la, "sdp", SDP), FQ_OK);
  assert_int_equal(say(b, "media.leg.answer", lb, "sdp", SDP), FQ_OK);
  assert_int_equal(say(a, "media.leg.state", la, "state", "up"), FQ_OK);
  assert_int_equal(say(b, "media.leg.state", lb, "state", "up"), FQ_OK);
}

static int setup(void **state) {
  memset(&w, 0, sizeof w);
  w.self = calloc(1, sizeof *w.self);
  md_copy(w.self->backend, sizeof w.self->backend, "auto");
  w.self->mesh_most = 4;
  w.self->max_kbps = 1024;
  w.self->ring_ms = 30000;
  w.self->seat_ms = 60000;
  struct fq_kernel_config config = {.memory = true, .fake_clock = true};
  w.kernel = fq_kernel_open(&config, &w.error);
  if (!w.kernel) fail_msg("%s", w.error.en);
  fq_kernel_set_time(w.kernel, fq_time_parse("2026-11-22T00:00:00Z"));
  if (fq_kernel_add(w.kernel, &fq_plugin, w.self, &w.error) || fq_kernel_boot(w.kernel, &w.error))
    fail_msg("%s", w.error.en);
  w.self->media->janus = &fake;
  if (fq_kernel_start(w.kernel, &w.error)) fail_msg("%s", w.error.en);
  fq_json *result = NULL;
  call("org.import",
       "{\"units\":[{\"id\":\"430525\",\"kind\":\"county\",\"name\":\"洞口县\",\"lon\":110.57,\"lat\":27.06}]"
       "}",
       &result);
  for (const char *who = "abcdefg"; *who; who++) {
    char text[128];
    snprintf(text, sizeof text, "{\"name\":\"%c\",\"org\":\"430525\",\"roles\":[\"dispatcher\"]}", *who);
    call("user.add", text, &result);
  }
  fq_json_free(result);
  facts = calloc(1, sizeof *facts + 16 * sizeof *facts->members);
  facts->live = true;
  md_copy(facts->conf, sizeof facts->conf, CONF);
  md_copy(facts->backend, sizeof facts->backend, "mesh");
  pass(MD_GRACE_MS + 100);
  return 0;
}

static int teardown(void **state) {
  fq_kernel_close(w.kernel);
  free(w.self);
  free(facts);
  return 0;
}

/* ---- descriptions
 * --------------------------------------------------------------------------------------------- */

static void wrong(const char *sdp, enum fq_status status, const char *code) {
  struct fq_error e = {0};
  assert_int_equal(md_sdp_check(sdp, "params.sdp", &e), status);
  assert_string_equal(e.code, code);
  assert_string_equal(e.path, "params.sdp");
  assert_true(*e.zh && *e.en);
}

static char *with(const char *more, int times) {
  char *text = malloc(strlen(SDP) + strlen(more) * (size_t)times + 1);
  strcpy(text, SDP);
  char *end = text + strlen(text);
  for (int k = 0; k < times; k++, end += strlen(more))
    strcpy(end, more);
  return text;
}

static void bad_with(const char *more, int times, enum fq_status status, const char *code) {
  char *text = with(more, times);
  wrong(text, status, code);
  free(text);
}

static void test_descriptions(void **state) {
  struct fq_error e = {0};
  assert_int_equal(md_sdp_check(SDP, "params.sdp", &e), FQ_OK);
  char *unix_lines = with("a=rtcp-mux\n", 3);
  assert_int_equal(md_sdp_check(unix_lines, "params.sdp", &e), FQ_OK);
  free(unix_lines);

  wrong("", FQ_E_PARAMS, "sdp.bad");
  wrong(NULL, FQ_E_PARAMS, "sdp.bad");
  wrong("v=1\r\n", FQ_E_PARAMS, "sdp.bad");
  wrong(SDP + 5, FQ_E_PARAMS, "sdp.bad"); /* without v=0 */
  wrong("v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=-\r\n", FQ_E_PARAMS, "sdp.bad");
  bad_with("\001\002\003", 1, FQ_E_PARAMS, "sdp.bad");
  bad_with("a=\x7f\r\n", 1, FQ_E_PARAMS, "sdp.bad");
  bad_with("a=x\rm=audio 9 RTP/AVP 0\r\n", 1, FQ_E_PARAMS, "sdp.bad"); /* a line in a line */
  bad_with("\r\n\r\n", 1, FQ_E_PARAMS, "sdp.bad");
  bad_with("nonsense\r\n", 1, FQ_E_PARAMS, "sdp.bad");
  bad_with("v=0\r\n", 1, FQ_E_PARAMS, "sdp.bad");
  bad_with("o=- 1 2 IN IP4 0.0.0.0\r\n", 1, FQ_E_PARAMS, "sdp.bad");
  bad_with("m=audio 9 RTP/AVP 0\r\n", 1, FQ_E_PARAMS, "sdp.bad"); /* in the clear */
  bad_with("m=image 9 udptl t38\r\n", 1, FQ_E_PARAMS, "sdp.bad");
  bad_with("m=video 9 UDP/TLS/RTP/SAVPF 96\r\n", 64, FQ_E_PARAMS, "sdp.bad");
  bad_with("a=\r\n", 10000, FQ_E_TOO_LARGE, "sdp.large");
  bad_with("a=\n", 5000, FQ_E_PARAMS, "sdp.bad"); /* small enough, too many */
  bad_with("a=mid:0 ", 4000, FQ_E_PARAMS, "sdp.bad");
  bad_with("a=mid:0 ", 5000, FQ_E_TOO_LARGE, "sdp.large");
}

static void test_candidates(void **state) {
  static const struct {
    const char *text;
    enum fq_status status;
  } list[] = {
      {"{\"candidate\":\"candidate:1 1 udp 2122 192.0.2.7 50000 typ host\",\"sdpMid\":\"0\"}", FQ_OK},
      {"{\"candidate\":\"\"}", FQ_OK},
      {"{\"candidate\":\"a=candidate:1 1 udp 1 192.0.2.7 5 typ host\"}", FQ_E_PARAMS},
      {"{\"candidate\":\"candidate:1\\r\\na=crypto:x\"}", FQ_E_PARAMS},
      {"{\"candidate\":\"candidate:1\\u0001\"}", FQ_E_PARAMS},
      {"{\"sdpMid\":\"0\"}", FQ_E_PARAMS},
      {"{\"candidate\":7}", FQ_E_PARAMS},
  };
  struct fq_error e = {0};
  for (size_t k = 0; k < sizeof list / sizeof *list; k++) {
    fq_json *c = fq_json_parse(list[k].text, strlen(list[k].text), &e);
    assert_int_equal(md_candidate_check(c, "params.candidate", &e), list[k].status);
    fq_json_free(c);
  }
  char text[700];
  fq_json *c = fq_json_object();
  snprintf(text, sizeof text, "candidate:%0600d", 1);
  fq_json_set_str(c, "candidate", text);
  assert_int_equal(md_candidate_check(c, "params.candidate", &e), FQ_E_TOO_LARGE);
  fq_json_free(c);
}

static void test_steps(void **state) {
  assert_int_equal(md_next(MD_E_ANSWER, MD_NEW), MD_NO);
  assert_int_equal(md_next(MD_E_UP, MD_NEW), MD_NO);
  assert_int_equal(md_next(MD_E_OFFER, MD_UP), MD_UP); /* more is agreed on while media flows */
  assert_int_equal(md_next(MD_E_OFFER, MD_STALLED), MD_RESTARTING);
  for (int event = 0; event < MD_EVENTS; event++) {
    assert_int_equal(md_next((enum md_event)event, MD_CLOSED), MD_NO);
    for (int s = 0; s < MD_STATES; s++) /* whoever is up is up, whatever came before */
      if (md_next((enum md_event)event, (enum md_state)s) == MD_NEW) fail_msg("a leg became new");
  }
}

/* ---- from page to page
 * ------------------------------------------------------------------------------------------ */

static void test_pair(void **state) {
  struct page *a = page("a"), *b = page("b");
  const fq_json *m = NULL;
  joins(a);
  assert_int_equal(seat(a)->said, MD_SAID_CONNECTED); /* alone: nothing is missing */
  assert_int_equal(told(a, "open", NULL, NULL), 0);
  joins(b);
  assert_int_equal(told(a, "open", NULL, &m), 1);
  assert_string_equal(fq_json_str(m, "kind"), "peer");
  assert_string_equal(fq_json_str(m, "peer"), "b");
  assert_true(fq_json_bool(m, "offerer", false) && !fq_json_bool(m, "polite", true));
  assert_int_equal(told(b, "open", NULL, &m), 1);
  assert_true(!fq_json_bool(m, "offerer", true) && fq_json_bool(m, "polite", false));
  char la[24], lb[24];
  md_copy(la, sizeof la, leg_to(a, "b"));
  md_copy(lb, sizeof lb, leg_to(b, "a"));
  assert_int_equal(seat(b)->said, MD_SAID_NOTHING);

  refused(b, "media.leg.answer", lb, "sdp", SDP, FQ_E_CONFLICT, "leg.state"); /* to nothing */
  refused(b, "media.leg.offer", la, "sdp", SDP, FQ_E_NOT_FOUND, "leg.unknown");
  refused(b, "media.leg.candidate", la, "candidate", "{\"candidate\":\"candidate:1\"}", FQ_E_NOT_FOUND,
          "leg.unknown");
  refused(a, "media.leg.offer", "Lnobody", "sdp", SDP, FQ_E_NOT_FOUND, "leg.unknown");
  refused(a, "media.leg.offer", la, "sdp", "v=0\r\n", FQ_E_PARAMS, "sdp.bad");
  assert_int_equal(told(b, "offer", NULL, NULL), 0);

  assert_int_equal(say(a, "media.leg.offer", la, "sdp", SDP), FQ_OK);
  assert_int_equal(told(b, "offer", lb, &m), 1);
  assert_string_equal(fq_json_str(m, "sdp"), SDP);
  for (int k = 0; k < 5; k++) {
    char text[64];
    snprintf(text, sizeof text, "{\"candidate\":\"candidate:%d\",\"sdpMid\":null}", k);
    assert_int_equal(say(a, "media.leg.candidate", la, "candidate", text), FQ_OK);
  }
  assert_int_equal(say(a, "media.leg.candidate", la, NULL, NULL), FQ_OK);
  int k = 0;
  fq_json_each(t, b->told) {
    char text[64];
    if (!fq_json_str(t, "op") || strcmp(fq_json_str(t, "op"), "candidate") != 0) continue;
    snprintf(text, sizeof text, "candidate:%d", k++);
    if (k <= 5) assert_string_equal(fq_json_str(fq_json_get(t, "candidate"), "candidate"), text);
    if (k == 6) assert_int_equal(fq_json_type(fq_json_get(t, "candidate")), FQ_JSON_NULL);
  }
  assert_int_equal(k, 6);
  assert_int_equal(say(b, "media.leg.answer", lb, "sdp", SDP), FQ_OK);
  assert_int_equal(told(a, "answer", la, NULL), 1);
  assert_int_equal(say(b, "media.leg.state", lb, "state", "up"), FQ_OK);
  assert_int_equal(seat(b)->said, MD_SAID_CONNECTED);

  leaves(b);
  assert_int_equal(told(b, "close", lb, NULL), 1);
  assert_int_equal(told(a, "close", la, NULL), 1);
  assert_false(stands(la) || stands(lb));
  refused(b, "media.leg.state", lb, "state", "up", FQ_E_NOT_FOUND, "leg.unknown");
  assert_int_equal(seat(a)->said, MD_SAID_CONNECTED);
  page_free(a);
  page_free(b);
}

static void test_bounds(void **state) {
  struct page *a = page("a"), *b = page("b");
  joins(a);
  joins(b);
  char la[24];
  md_copy(la, sizeof la, leg_to(a, "b"));
  assert_int_equal(say(a, "media.leg.offer", la, "sdp", SDP), FQ_OK);
  int taken = 0;
  while (taken < 200 && !say(a, "media.leg.candidate", la, "candidate", "{\"candidate\":\"candidate:1\"}"))
    taken++;
  assert_int_equal(taken, MD_CANDIDATES);
  assert_string_equal(w.error.code, "leg.candidates");
  while (taken < 200 && !say(a, "media.leg.state", la, "state", "up"))
    taken++;
  assert_string_equal(w.error.code, "leg.busy");
  assert_int_equal(w.error.status, FQ_E_OVERLOADED);
  assert_true(w.error.retry_after_ms > 0);
  pass(1000);
  assert_int_equal(say(a, "media.leg.offer", la, "sdp", SDP), FQ_OK);
  /* a new description, new candidates */
  assert_int_equal(say(a, "media.leg.candidate", la, "candidate", "{\"candidate\":\"candidate:1\"}"), FQ_OK);
  page_free(a);
  page_free(b);
}

static void test_no_place(void **state) {
  struct page *p[5];
  for (int k = 0; k < 5; k++) {
    char name[2] = {(char)('a' + k), '\0'};
    p[k] = page(name);
    joins(p[k]);
  }
  assert_int_equal(w.self->media->opened, 12); /* six pairs: the fifth has none */
  assert_null(seat(p[4])->in);
  struct md_choice c = md_choose(w.self, facts, &cf_mesh, false);
  assert_int_equal(c.cap, 4);
  assert_string_equal(c.en, "the media server is not installed");
  assert_non_null(strstr(c.cannot, "record"));
  pass(MD_JUDGE_MS + 200);
  assert_int_equal(seat(p[4])->said, MD_SAID_LOST);
  leaves(p[1]);
  assert_ptr_equal(seat(p[4])->in, &cf_mesh);
  assert_int_equal(w.self->media->opened, 18);
  for (int k = 0; k < 5; k++)
    page_free(p[k]);
}

static void test_stall(void **state) {
  struct page *a = page("a"), *b = page("b");
  joins(a);
  joins(b);
  connect(a, b);
  char la[24];
  md_copy(la, sizeof la, leg_to(a, "b"));
  assert_int_equal(say(b, "media.leg.state", leg_to(b, "a"), "state", "stalled"), FQ_OK);
  assert_int_equal(seat(b)->said, MD_SAID_CONNECTED); /* not for a moment's sake */
  pass(MD_JUDGE_MS + 200);
  assert_int_equal(seat(b)->said, MD_SAID_LOST);
  assert_int_equal(told(a, "restart", NULL, NULL), 0);
  pass(MD_STALL_MS);
  assert_int_equal(told(a, "restart", la, NULL), 1); /* she makes the offers */
  assert_int_equal(told(b, "restart", NULL, NULL), 0);
  assert_int_equal(say(a, "media.leg.state", la, "state", "up"), FQ_OK);
  assert_int_equal(say(b, "media.leg.state", leg_to(b, "a"), "state", "up"), FQ_OK);
  assert_int_equal(seat(b)->said, MD_SAID_CONNECTED);
  forget(a);
  pass(60000);
  assert_int_equal(fq_json_size(a->told), 0); /* nothing is mended that is whole */
  page_free(a);
  page_free(b);
}

/* Somebody whose page never answers: tried again, made anew, and then left alone. */
static void test_bounded_tries(void **state) {
  struct page *a = page("a"), *b = page("b");
  joins(a);
  joins(b);
  pass(10 * 60000);
  assert_int_equal(seat(b)->said, MD_SAID_LOST);
  int opened = told(a, "open", NULL, NULL);
  assert_in_range(opened, 3, 2 * MD_REMAKES + 1);
  forget(a);
  forget(b);
  pass(30 * 60000);
  assert_int_equal(fq_json_size(a->told) + fq_json_size(b->told), 0);
  assert_int_equal(w.self->media->opened, (double)2 * opened);
  page_free(a);
  page_free(b);
}

static void test_session_gone(void **state) {
  struct page *a = page("a"), *b = page("b"), *again;
  joins(a);
  joins(b);
  connect(a, b);
  char before_a[24], before_b[24];
  md_copy(before_a, sizeof before_a, leg_to(a, "b"));
  md_copy(before_b, sizeof before_b, leg_to(b, "a"));
  page_gone(b);
  assert_true(seat(b)->away);
  assert_true(stands(before_a) && stands(before_b)); /* media goes on without the link */
  seat_row(b)->away = true;
  settle();
  assert_true(stands(before_a) && stands(before_b));
  again = page("b");
  joins(again);
  assert_true(stands(before_a));
  assert_string_not_equal(leg_to(a, "b"), before_a);
  connect(a, again);
  assert_false(stands(before_a) || stands(before_b));
  const fq_json *m = NULL;
  assert_int_equal(told(a, "close", before_a, &m), 1);
  assert_int_equal(told(again, "close", before_b, NULL), 1);
  assert_int_equal(w.self->media->opened, 4);
  page_free(a);
  page_free(b);
  page_free(again);
}

static void test_taken_over(void **state) {
  struct page *a = page("a"), *b = page("b"), *other;
  const fq_json *m = NULL;
  joins(a);
  joins(b);
  connect(a, b);
  other = page("b");
  joins(other);
  assert_int_equal(told(b, "close", NULL, &m), 1);
  assert_string_equal(fq_json_str(m, "reason"), "replaced");
  assert_int_equal(told(other, "open", NULL, NULL), 1);
  refused(b, "media.leg.state", leg_to(b, "a"), "state", "up", FQ_E_NOT_FOUND, "leg.unknown");
  page_free(a);
  page_free(b);
  page_free(other);
}

/* ---- to the media server and back
 * ------------------------------------------------------------------------------- */

static struct page *p[6];

static void people(int count) {
  for (int k = 0; k < count; k++) {
    char name[2] = {(char)('a' + k), '\0'};
    p[k] = page(name);
    joins(p[k]);
    for (int j = 0; j < k && k < 4; j++)
      connect(p[j], p[k]);
  }
}
static void people_go(int count) {
  for (int k = 0; k < count; k++)
    page_free(p[k]);
}
static int legs_of(const struct cf_backend *b) {
  int n = 0;
  for (struct md_leg *l = md_legs(w.self); l; l = l->next)
    n += l->leg.backend == b;
  return n;
}

static void test_promotion(void **state) {
  w.janus_ready = true;
  cf_backend_changed(w.self, &fake);
  people(3);
  assert_string_equal(w.log, ""); /* few people: no server */
  assert_int_equal(md_choose(w.self, facts, &cf_mesh, false).cap, 0);
  facts->recording = true;
  settle();
  assert_string_equal(w.log, "open;enter a;enter b;enter c;");
  assert_int_equal(legs_of(&cf_mesh), 6);
  for (int k = 0; k < 3; k++) {
    assert_int_equal(legs_of(&cf_mesh), 6); /* nobody hangs up before all are there */
    assert_int_equal(say(p[k], "media.leg.offer", leg_to(p[k], NULL), "sdp", SDP), FQ_OK);
    assert_int_equal(say(p[k], "media.leg.state", leg_to(p[k], NULL), "state", "up"), FQ_OK);
  }
  assert_int_equal(legs_of(&cf_mesh), 0);
  assert_int_equal(legs_of(&fake), 3);
  assert_ptr_equal(md_room_find(w.self, CONF)->at, &fake);
  for (int k = 0; k < 3; k++)
    assert_int_equal(seat(p[k])->said, MD_SAID_CONNECTED);
  settle();
  assert_non_null(strstr(w.log, "record;"));
  facts->recording = false;
  settle();
  assert_non_null(strstr(w.log, "stop;"));
  assert_ptr_equal(md_room_find(w.self, CONF)->at, &fake); /* it stays where it is */
  seat_row(p[1])->silenced = facts->silenced = true;
  settle();
  assert_non_null(strstr(w.log, "mute b;"));
  /* Put out: the media server first. */
  char lb[24];
  md_copy(lb, sizeof lb, leg_to(p[1], NULL));
  *w.log = '\0';
  leaves(p[1]);
  assert_string_equal(w.log, "leave b;");
  assert_false(stands(lb));
  facts->live = false;
  settle();
  assert_string_equal(w.log, "leave b;leave a;leave c;close;");
  assert_null(md_room_find(w.self, CONF));
  assert_null(md_legs(w.self));
  people_go(3);
}

static void test_fifth(void **state) {
  w.janus_ready = true;
  cf_backend_changed(w.self, &fake);
  people(5);
  assert_int_equal(legs_of(&cf_mesh), 12);
  assert_int_equal(legs_of(&fake), 5);
  leaves(p[0]); /* who leaves on the way leaves both */
  assert_int_equal(legs_of(&cf_mesh), 6);
  assert_int_equal(legs_of(&fake), 4);
  for (int k = 1; k < 5; k++) {
    assert_int_equal(say(p[k], "media.leg.offer", leg_to(p[k], NULL), "sdp", SDP), FQ_OK);
    assert_int_equal(say(p[k], "media.leg.state", leg_to(p[k], NULL), "state", "up"), FQ_OK);
  }
  assert_int_equal(legs_of(&cf_mesh), 0);
  people_go(5);
}

static void test_move_in_vain(void **state) {
  w.janus_ready = true;
  cf_backend_changed(w.self, &fake);
  people(2);
  facts->recording = true;
  for (int turn = 0; turn < 6; turn++) { /* nobody's leg comes up */
    settle();
    pass(MD_MOVE_MS + 100);
    assert_ptr_equal(md_room_find(w.self, CONF)->at, &cf_mesh);
    assert_int_equal(legs_of(&cf_mesh), 2);
    assert_int_equal(legs_of(&fake), 0);
  }
  int opened = 0;
  for (const char *at = w.log; (at = strstr(at, "open;")); at++)
    opened++;
  assert_int_equal(opened, 3); /* then it is no longer tried */
  assert_int_equal(seat(p[0])->said, MD_SAID_CONNECTED);
  people_go(2);
}

static void test_server_lost(void **state) {
  w.janus_ready = true;
  cf_backend_changed(w.self, &fake);
  people(5);
  for (int k = 0; k < 5; k++)
    assert_int_equal(say(p[k], "media.leg.state", leg_to(p[k], NULL), "state", "stalled"), FQ_OK);
  for (int k = 0; k < 5; k++) {
    assert_int_equal(say(p[k], "media.leg.offer", leg_to(p[k], NULL), "sdp", SDP), FQ_OK);
    assert_int_equal(say(p[k], "media.leg.state", leg_to(p[k], NULL), "state", "up"), FQ_OK);
  }
  assert_ptr_equal(md_room_find(w.self, CONF)->at, &fake);
  md_copy(facts->backend, sizeof facts->backend, "janus");
  /* Away for a moment: it remakes its rooms itself. */
  w.janus_ready = false;
  cf_backend_changed(w.self, &fake);
  settle();
  pass(MD_GRACE_MS / 2);
  settle();
  assert_ptr_equal(md_room_find(w.self, CONF)->at, &fake);
  w.janus_ready = true;
  cf_backend_changed(w.self, &fake);
  pass(2 * MD_GRACE_MS);
  settle();
  assert_ptr_equal(md_room_find(w.self, CONF)->at, &fake);
  /* Away for good: the first four go on, from page to page. */
  w.janus_ready = false;
  cf_backend_changed(w.self, &fake);
  pass(MD_GRACE_MS + 100);
  seat_row(p[4])->rank = 0; /* she is the chair now */
  seat_row(p[0])->rank = 1;
  settle();
  settle();
  assert_ptr_equal(md_room_find(w.self, CONF)->at, &cf_mesh);
  assert_int_equal(legs_of(&fake), 0);
  assert_int_equal(legs_of(&cf_mesh), 12);
  assert_ptr_equal(seat(p[4])->in, &cf_mesh);
  struct md_choice c = md_choose(w.self, facts, &cf_mesh, md_room_find(w.self, CONF)->fell);
  assert_true(c.degraded);
  assert_int_equal(c.cap, 4);
  facts->degraded = true;
  md_copy(facts->backend, sizeof facts->backend, "mesh");
  /* And back. */
  w.janus_ready = true;
  cf_backend_changed(w.self, &fake);
  settle();
  assert_int_equal(legs_of(&fake), 5);
  people_go(5);
}

static void test_hidden(void **state) {
  w.janus_ready = true;
  cf_backend_changed(w.self, &fake);
  people(2);
  struct page *watcher = page("g");
  facts->members[facts->count] = (struct md_fact){.hidden = true, .rank = 2};
  md_copy(facts->members[facts->count].user, FQ_ID_MAX, "g");
  md_copy(facts->members[facts->count++].session, 32, watcher->sid);
  settle();
  assert_non_null(strstr(w.log, "hide g;"));
  assert_int_equal(told(p[0], "open", NULL, NULL), 2); /* b, and the server: nobody is told of the third */
  w.janus_ready = false;
  people_go(2);
  page_free(watcher);
}

static void test_words(void **state) {
  struct page *a = page("a");
  joins(a);
  struct md_choice c = md_choose(w.self, facts, NULL, false);
  assert_string_equal(c.backend->name, "mesh");
  assert_false(c.degraded);
  md_copy(w.self->backend, sizeof w.self->backend, "janus");
  c = md_choose(w.self, facts, NULL, false);
  assert_true(c.degraded && c.backend == &cf_mesh);
  w.janus_ready = true;
  c = md_choose(w.self, facts, NULL, false);
  assert_true(!c.degraded && c.backend == &fake);
  md_copy(w.self->backend, sizeof w.self->backend, "mesh");
  facts->expected = 9;
  c = md_choose(w.self, facts, NULL, false);
  assert_ptr_equal(c.backend, &cf_mesh);
  assert_int_equal(c.cap, 4);
  assert_true(*c.zh && *c.en);
  page_free(a);
}

static void test_tells(void **state) {
  struct page *a = page("a"), *b = page("b");
  joins(a);
  joins(b);
  connect(a, b);
  cf_talking(w.self, CONF, "a", true);
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "leg", leg_to(b, "a"));
  fq_json_set_str(params, "state", "up");
  fq_json_set_num(params, "rtt_ms", 900);
  done(ask(b, "media.leg.state", params));
  const fq_json *talks = NULL, *line = NULL;
  fq_json_each(m, a->told) {
    if (!strcmp(fq_json_str(m, "topic"), "talking")) talks = m;
    if (!strcmp(fq_json_str(m, "topic"), "quality")) line = m;
  }
  assert_non_null(talks);
  assert_string_equal(fq_json_str(talks, "user"), "a");
  assert_true(fq_json_bool(talks, "talking", false));
  assert_non_null(line);
  assert_string_equal(fq_json_str(line, "user"), "b");
  assert_int_equal(fq_json_int(line, "rtt_ms", 0), 900);
  page_free(a);
  page_free(b);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_descriptions),
      cmocka_unit_test(test_candidates),
      cmocka_unit_test(test_steps),
      T(test_pair),
      T(test_bounds),
      T(test_no_place),
      T(test_stall),
      T(test_bounded_tries),
      T(test_session_gone),
      T(test_taken_over),
      T(test_promotion),
      T(test_fifth),
      T(test_move_in_vain),
      T(test_server_lost),
      T(test_hidden),
      T(test_words),
      T(test_tells),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
