/* The media server's part on the real kernel with a fake clock, against a Janus in memory that plays what the
 * real one does to those who trust it: answers out of order and twice, rooms that are there already or gone,
 * sessions that end, handles that live on, silence. */
#include <fcntl.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "fengqiao.h"
#include "janus/janus.h"
#include "kernel/kernel.h"

#define T0 INT64_C(1795000000000)

/* Two microphones of a browser that offers a camera too. */
#define OFFER                                                                                                \
  "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n"        \
  "a=sendonly\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=sendonly\r\nm=video 9 UDP/TLS/RTP/SAVPF "    \
  "96\r\na=mid:2\r\na=sendonly\r\n"

static struct {
  fq_kernel *kernel;
  struct cf_self self;
  /* the fake */
  bool process, open, deaf, event_first, room_exists;
  int no_room; /* so many joins are refused */
  int turn, killed, session;
  int64_t handle;
  fq_json *heard[2000]; /* all that was said to it */
  size_t heard_count, answered;
  int64_t asked_handle; /* of the last publish */
  void (*ended)(fq_kernel *k, void *arg, int code, int signal);
  void *ended_arg;
  /* legs */
  struct cf_leg *legs[200];
  size_t leg_count;
  char log[65536], dir[64];
  int changed;
} w;

static void note(const char *format, ...) {
  size_t n = strlen(w.log);
  va_list ap;
  va_start(ap, format);
  vsnprintf(w.log + n, sizeof w.log - n, format, ap);
  va_end(ap);
}
static bool noted(const char *text) {
  return strstr(w.log, text) != NULL;
}
static void clear(void) {
  w.log[0] = 0;
}

/* ---- what media/, recording/ and the machine would do
 * ------------------------------------------------------ */

struct cf_leg *cf_leg_open(struct cf_self *s, const struct cf_backend *b, const char *conf, const char *user,
                           const char *session, enum cf_leg_kind kind, const char *peer, bool offerer,
                           bool polite) {
  static const char *const kinds[] = {"peer", "send", "recv", "camera"};
  struct cf_leg *l = calloc(1, sizeof *l);
  (void)s;
  (void)polite;
  l->backend = b;
  l->kind = kind;
  snprintf(l->id, sizeof l->id, "L%zu", w.leg_count);
  snprintf(l->user, sizeof l->user, "%s", user);
  snprintf(l->conf, sizeof l->conf, "%s", conf);
  snprintf(l->session, sizeof l->session, "%s", session);
  w.legs[w.leg_count++] = l;
  note("open %s %s %s%s;", kinds[kind], user, peer ? peer : "", offerer ? " offers" : "");
  return l;
}
void cf_leg_close(struct cf_self *s, struct cf_leg *l, const char *reason) {
  note("close %s %d %s;", l->user, l->kind, reason);
  l->backend->closed(s, l);
  for (size_t i = 0; i < w.leg_count; i++)
    if (w.legs[i] == l) w.legs[i] = NULL;
  free(l);
}
void cf_leg_offer(struct cf_self *s, struct cf_leg *l, const char *sdp, fq_json *streams) {
  char *text = fq_json_print(streams);
  (void)s;
  note("offer %s %s %s;", l->user, sdp, text);
  free(text);
  fq_json_free(streams);
}
void cf_leg_answer(struct cf_self *s, struct cf_leg *l, const char *sdp) {
  (void)s;
  note("answer %s %s;", l->user, sdp);
}
void cf_leg_restart(struct cf_self *s, struct cf_leg *l) {
  (void)s;
  note("restart %s;", l->user);
}
void cf_leg_up(struct cf_self *s, struct cf_leg *l) {
  (void)s;
  note("up %s;", l->user);
}
void cf_leg_stalled(struct cf_self *s, struct cf_leg *l) {
  (void)s;
  note("stalled %s;", l->user);
}
void cf_backend_changed(struct cf_self *s, const struct cf_backend *b) {
  char zh[200], en[200];
  w.changed++;
  note("%s;", b->ready(s, zh, en) ? "ready" : "not ready");
}
void cf_talking(struct cf_self *s, const char *conf, const char *user, bool talking) {
  (void)s;
  note("%s %s in %s;", user, talking ? "talks" : "is silent", conf);
}
void cf_recording_track(struct cf_self *s, const char *conf, const char *user, const char *kind,
                        const char *path) {
  (void)s;
  note("track %s %s %s %s;", conf, user, kind, path);
}
void cf_recording_over(struct cf_self *s, const char *conf, const char *zh, const char *en) {
  (void)s;
  assert_int_equal(!zh, !en);
  note("over %s %s;", conf, en ? en : "well");
}

fq_process *__wrap_fq_process_start(fq_kernel *k, const struct fq_process_spec *s, struct fq_error *e);
void __wrap_fq_process_end(fq_process *p, int64_t grace_ms);
void __wrap_fq_work(fq_kernel *k, void (*work)(void *), void (*done)(fq_kernel *, void *), void *arg);

fq_process *__wrap_fq_process_start(fq_kernel *k, const struct fq_process_spec *s, struct fq_error *e) {
  (void)k;
  (void)e;
  for (const char *const *a = s->argv; *a; a++)
    assert_null(strstr(*a, w.self.janus_state->plan.api_secret)); /* anybody may read arguments */
  assert_true(s->unprivileged);
  w.process = true;
  w.ended = s->ended;
  w.ended_arg = s->arg;
  note("process;");
  return (fq_process *)&w;
}
static void die(int signal) {
  w.process = w.open = w.deaf = false;
  w.ended(w.kernel, w.ended_arg, 0, signal);
}
void __wrap_fq_process_end(fq_process *p, int64_t grace_ms) {
  (void)p;
  (void)grace_ms;
  w.killed++;
}
void __wrap_fq_work(fq_kernel *k, void (*work)(void *), void (*done)(fq_kernel *, void *), void *arg) {
  work(arg);
  done(k, arg);
}

/* ---- Janus
 * ------------------------------------------------------------------------------------------------- */

struct jn_socket *jn_socket_new(fq_kernel *k, const struct jn_socket_events *events, void *arg) {
  (void)k;
  (void)events;
  (void)arg;
  return (struct jn_socket *)&w;
}
int jn_socket_open(struct jn_socket *s, const char *dir) {
  (void)s;
  (void)dir;
  w.turn++;
  w.open = false;
  return w.turn;
}
void jn_socket_send(struct jn_socket *s, char *text) {
  struct fq_error e;
  (void)s;
  fq_json *m = fq_json_parse(text, strlen(text), &e);
  if (!m) fail_msg("%s: %s", e.en, text);
  assert_string_equal(fq_json_str(m, "apisecret"), w.self.janus_state->plan.api_secret);
  w.heard[w.heard_count++] = m;
  free(text);
}
void jn_socket_close(struct jn_socket *s) {
  (void)s;
  w.turn++;
}
void jn_socket_stop(struct jn_socket *s) {
  (void)s;
}
void jn_socket_free(struct jn_socket *s) {
  (void)s;
}

static void say(const char *format, ...) {
  char text[8192];
  va_list ap;
  va_start(ap, format);
  int n = vsnprintf(text, sizeof text, format, ap);
  va_end(ap);
  jn_talk_events.text(w.self.janus_state, w.turn, text, (size_t)n);
}

static int64_t sender(const fq_json *m) {
  return fq_json_int(m, "handle_id", 0);
}

static void plugin_event(const fq_json *m, const char *data, const char *sdp_type, const char *sdp) {
  char jsep[8000] = "";
  const char *t = fq_json_str(m, "transaction");
  if (sdp) snprintf(jsep, sizeof jsep, ",\"jsep\":{\"type\":\"%s\",\"sdp\":\"%s\"}", sdp_type, sdp);
  if (!w.event_first) say("{\"janus\":\"ack\",\"session_id\":%d,\"transaction\":\"%s\"}", w.session, t);
  say("{\"janus\":\"event\",\"session_id\":%d,\"sender\":%lld,\"transaction\":\"%s\",\"plugindata\":{"
      "\"plugin\":"
      "\"p\",\"data\":%s}%s}",
      w.session, (long long)sender(m), t, data, jsep);
  if (w.event_first) say("{\"janus\":\"ack\",\"session_id\":%d,\"transaction\":\"%s\"}", w.session, t);
}

static void success(const fq_json *m, const char *data) {
  say("{\"janus\":\"success\",\"session_id\":%d,\"sender\":%lld,\"transaction\":\"%s\",\"plugindata\":{"
      "\"plugin\":\"p\","
      "\"data\":%s}}",
      w.session, (long long)sender(m), fq_json_str(m, "transaction"), data);
}

static void answer_plugin(const fq_json *m) {
  const fq_json *body = fq_json_get(m, "body");
  const char *request = fq_json_str(body, "request"), *type = fq_json_str(body, "ptype");
  if (!strcmp(request, "create") && fq_json_get(body, "media")) {
    success(
        m,
        "{\"streaming\":\"created\",\"stream\":{\"id\":\"c1\",\"ports\":[{\"type\":\"video\",\"mid\":\"v\","
        "\"port\":20100}]}}");
  } else if (!strcmp(request, "create") && w.room_exists) {
    success(m, "{\"videoroom\":\"event\",\"error_code\":427,\"error\":\"Room v1 already exists\"}");
  } else if (!strcmp(request, "join") && !strcmp(type, "publisher") && w.no_room) {
    w.no_room--;
    plugin_event(m, "{\"videoroom\":\"event\",\"error_code\":426,\"error\":\"No such room (v1)\"}", NULL,
                 NULL);
  } else if (!strcmp(request, "join") && !strcmp(type, "publisher")) {
    plugin_event(m, "{\"videoroom\":\"joined\",\"room\":\"v1\",\"id\":\"x\",\"publishers\":[]}", NULL, NULL);
  } else if (!strcmp(request, "publish")) {
    w.asked_handle = sender(m);
    plugin_event(m, "{\"videoroom\":\"event\",\"configured\":\"ok\"}", "answer", "ANSWER");
  } else if (!strcmp(request, "join")) {
    char data[2000];
    const fq_json *first = fq_json_first(fq_json_get(body, "streams"));
    snprintf(
        data, sizeof data,
        "{\"videoroom\":\"attached\",\"streams\":[{\"mid\":\"0\",\"type\":\"audio\",\"active\":true,\"feed_"
        "id\":"
        "\"%s\",\"feed_mid\":\"0\"},{\"mid\":\"1\",\"type\":\"video\",\"active\":true,\"feed_id\":\"%s\","
        "\"feed_mid\":\"1\"}]}",
        fq_json_str(first, "feed"), fq_json_str(first, "feed"));
    plugin_event(m, data, "offer", "OFFER1");
  } else if (!strcmp(request, "watch")) {
    plugin_event(m, "{\"streaming\":\"event\",\"result\":{\"status\":\"preparing\"}}", "offer", "CAMERA");
  } else if (!strcmp(request, "start") || !strcmp(request, "configure") || !strcmp(request, "update")) {
    plugin_event(m, "{\"videoroom\":\"event\",\"started\":\"ok\"}", NULL, NULL);
  } else {
    success(m, "{\"videoroom\":\"success\"}");
  }
}

static void answer(const fq_json *m) {
  const char *what = fq_json_str(m, "janus"), *t = fq_json_str(m, "transaction");
  if (!strcmp(what, "create")) {
    w.session++;
    say("{\"janus\":\"success\",\"transaction\":\"%s\",\"data\":{\"id\":%d}}", t, w.session);
  } else if (fq_json_int(m, "session_id", 0) != w.session) {
    say("{\"janus\":\"error\",\"transaction\":\"%s\",\"error\":{\"code\":458,\"reason\":\"No such "
        "session\"}}",
        t);
  } else if (!strcmp(what, "attach")) { /* as large as Janus's are, and one that a double prints as 1.2e15 */
    say("{\"janus\":\"success\",\"transaction\":\"%s\",\"data\":{\"id\":%lld}}", t,
        (long long)(w.handle += INT64_C(1200000000000000) / 4));
  } else if (!strcmp(what, "message")) {
    answer_plugin(m);
  } else if (!strcmp(what, "keepalive") || !strcmp(what, "trickle")) {
    say("{\"janus\":\"ack\",\"transaction\":\"%s\"}", t);
  } else {
    say("{\"janus\":\"success\",\"transaction\":\"%s\"}", t);
  }
}

/* Lets it hear and answer until nobody has anything to say. */
static void turn(void) {
  if (!w.process) return;
  if (!w.open) {
    w.open = true;
    jn_talk_events.open(w.self.janus_state, w.turn);
  }
  while (!w.deaf && w.answered < w.heard_count)
    answer(w.heard[w.answered++]);
}

static void pass(int64_t ms) {
  int64_t until = fq_now_ms(w.kernel) + ms;
  while (fq_now_ms(w.kernel) < until) {
    struct fq_error e = {0};
    assert_int_equal(fq_kernel_run_until(w.kernel, fq_now_ms(w.kernel) + 100, &e), FQ_OK);
    turn();
  }
}

/* The last message of this kind after `from`: a verb of Janus's or a request of its plugin's. */
static const fq_json *told(size_t from, const char *what) {
  for (size_t i = w.heard_count; i > from; i--) {
    const char *request = fq_json_str(fq_json_get(w.heard[i - 1], "body"), "request");
    if (!strcmp(fq_json_str(w.heard[i - 1], "janus"), what) || (request && !strcmp(request, what)))
      return w.heard[i - 1];
  }
  return NULL;
}
static size_t times(size_t from, const char *what) {
  size_t n = 0;
  for (size_t i = from; i < w.heard_count; i++) {
    const char *request = fq_json_str(fq_json_get(w.heard[i], "body"), "request");
    n += !strcmp(fq_json_str(w.heard[i], "janus"), what) || (request && !strcmp(request, what));
  }
  return n;
}

static struct cf_leg *leg(const char *user, enum cf_leg_kind kind) {
  for (size_t i = w.leg_count; i > 0; i--)
    if (w.legs[i - 1] && !strcmp(w.legs[i - 1]->user, user) && w.legs[i - 1]->kind == kind)
      return w.legs[i - 1];
  return NULL;
}

/* ---- the world
 * --------------------------------------------------------------------------------------------- */

static const struct fq_plugin *const parts[] = {&cf_janus_part, NULL};
static const struct fq_plugin table = {FQ_PLUGIN_HEAD, .name = "conference", .version = "1", .parts = parts};
static const struct cf_backend *const b = &cf_janus_backend;

static int open_world(void **state) {
  struct fq_error e = {0};
  (void)state;
  memset(&w, 0, sizeof w);
  snprintf(w.dir, sizeof w.dir, "/tmp/fengqiao-janus-XXXXXX");
  assert_non_null(mkdtemp(w.dir));
  struct cf_self *s = &w.self;
  strcpy(s->backend, "auto");
  strcpy(s->janus, "/bin/true");
  strcpy(s->rtp_ports, "20000-40000");
  strcpy(s->janus_plugins, w.dir);
  strcpy(s->janus_transports, w.dir);
  s->max_kbps = 1024;
  static const char *const modules[] = {"libjanus_videoroom.so", "libjanus_streaming.so",
                                        "libjanus_websockets.so"};
  for (int i = 0; i < 3; i++) {
    char path[200];
    snprintf(path, sizeof path, "%s/%s", w.dir, modules[i]);
    fclose(fopen(path, "w"));
  }
  struct fq_kernel_config config = {.data_dir = w.dir, .fake_clock = true};
  w.kernel = fq_kernel_open(&config, &e);
  if (!w.kernel) fail_msg("%s", e.en);
  assert_int_equal(fq_kernel_add(w.kernel, &table, s, &e), FQ_OK);
  if (fq_kernel_boot(w.kernel, &e)) fail_msg("%s", e.en);
  fq_kernel_set_time(w.kernel, T0);
  if (fq_kernel_start(w.kernel, &e)) fail_msg("%s", e.en);
  turn();
  return 0;
}

static int close_world(void **state) {
  char command[100];
  (void)state;
  fq_kernel_close(w.kernel);
  for (size_t i = 0; i < w.heard_count; i++)
    fq_json_free(w.heard[i]);
  for (size_t i = 0; i < w.leg_count; i++)
    free(w.legs[i]);
  snprintf(command, sizeof command, "rm -rf %s", w.dir);
  return system(command);
}

static void feed(const char *conf, const char *id) {
  struct jn_room *r = jn_room_find(w.self.janus_state, conf);
  const fq_json *join = NULL; /* the desk hears it, on the handle it joined with */
  for (size_t i = 0; i < w.heard_count; i++) {
    const fq_json *body = fq_json_get(w.heard[i], "body");
    const char *who = fq_json_str(body, "id");
    if (who && who[0] == '~' && !strcmp(fq_json_str(body, "room"), conf)) join = w.heard[i];
  }
  assert_non_null(r);
  assert_non_null(join);
  say("{\"janus\":\"event\",\"session_id\":%d,\"sender\":%lld,\"plugindata\":{\"plugin\":\"p\",\"data\":{"
      "\"videoroom\":"
      "\"event\",\"room\":\"%s\",\"publishers\":[{\"id\":\"%s\",\"streams\":[{\"type\":\"audio\",\"mid\":"
      "\"0\"},{\"type\":"
      "\"video\",\"mid\":\"1\",\"description\":\"camera\"}]}]}}}",
      w.session, (long long)sender(join), conf, id);
  turn();
}

static void desk_says(const char *data) {
  int64_t desk = 0;
  for (size_t i = 0; i < w.heard_count; i++) {
    const char *who = fq_json_str(fq_json_get(w.heard[i], "body"), "id");
    if (who && who[0] == '~') desk = sender(w.heard[i]);
  }
  say("{\"janus\":\"event\",\"session_id\":%d,\"sender\":%lld,\"plugindata\":{\"plugin\":\"p\",\"data\":%s}}",
      w.session, (long long)desk, data);
  turn();
}

/* The name under which he sends. */
static const char *feed_of(const char *user) {
  for (size_t i = w.heard_count; i > 0; i--) {
    const char *id = fq_json_str(fq_json_get(w.heard[i - 1], "body"), "id");
    if (id && !strncmp(id, user, strlen(user)) && id[strlen(user)] == '~') return id;
  }
  fail_msg("%s never joined", user);
  return NULL;
}

static int64_t handle_of(const char *user) {
  const char *feed = feed_of(user);
  for (size_t i = w.heard_count; i > 0; i--) {
    const fq_json *body = fq_json_get(w.heard[i - 1], "body");
    const char *id = fq_json_str(body, "id");
    if (id && !strcmp(id, feed) && !strcmp(fq_json_str(body, "request"), "join"))
      return sender(w.heard[i - 1]);
  }
  return 0;
}

static void publish(const char *user) {
  b->offer(&w.self, leg(user, CF_LEG_SEND), OFFER);
  turn();
  feed("v1", feed_of(user));
}

static void call_of_two(void) {
  b->room_open(&w.self, "v1");
  b->enter(&w.self, "v1", "zhang", "s1", false);
  b->enter(&w.self, "v1", "li", "s2", false);
  turn();
  publish("zhang");
  publish("li");
}

/* ---- the tests
 * --------------------------------------------------------------------------------------------- */

static void configuration(void **state) {
  struct jn_plan p = {.local_ip = "192.0.2.7", .rtp_ports = "20000-40000"};
  struct stat st;
  char path[200];
  (void)state;
  strcpy(p.api_secret, "a\"b\\c");
  char *text = jn_config_main(&p);
  assert_non_null(strstr(text, "api_secret = \"a\\\"b\\\\c\""));
  assert_non_null(strstr(text, "ice_enforce_list = \"192.0.2.7\""));
  assert_null(strstr(text, "nat_1_1_mapping"));
  free(text);
  strcpy(p.media_ip, "203.0.113.9"); /* behind a translation */
  text = jn_config_main(&p);
  assert_non_null(strstr(text, "nat_1_1_mapping = \"203.0.113.9\""));
  free(text);
  assert_true(jn_ports_valid("20000-40000"));
  assert_false(jn_ports_valid("20000"));
  assert_false(jn_ports_valid("40000-20000"));
  assert_false(jn_ports_valid("80-40000"));
  assert_false(jn_ports_valid("20000-40000 "));
  assert_false(jn_ports_valid("20000-70000"));
  snprintf(path, sizeof path, "%s/janus/janus.jcfg", w.dir); /* written when the world began */
  assert_int_equal(stat(path, &st), 0);
  assert_int_equal(st.st_mode & 0777, 0600);
  snprintf(path, sizeof path, "%s/janus", w.dir);
  assert_int_equal(stat(path, &st), 0);
  assert_int_equal(st.st_mode & 0777, 0700);
}

static void refused_configurations(void **state) {
  struct jn_plan good = w.self.janus_state->plan, p = good;
  (void)state;
  strcpy(p.program, "/nowhere/janus");
  jn_prepare(&p);
  assert_true(p.absent);
  assert_non_null(strstr(p.error.en, "/nowhere/janus"));
  assert_non_null(strstr(p.error.zh, "apt install janus"));
  p = good;
  strcpy(p.plugins, "/nowhere");
  jn_prepare(&p);
  assert_false(p.absent);
  assert_string_equal(p.error.code, "janus.module");
  assert_non_null(strstr(p.error.en, "/nowhere/libjanus_videoroom.so"));
  p = good;
  strcpy(p.rtp_ports, "many");
  jn_prepare(&p);
  assert_string_equal(p.error.code, "janus.rtp_ports");
  p = good;
  strcpy(p.media_ip, "127.0.0.1");
  jn_prepare(&p);
  assert_string_equal(p.error.code, "janus.media_ip");
  p = good;
  strcpy(p.data_dir, "/proc/nowhere");
  jn_prepare(&p);
  assert_string_equal(p.error.code, "janus.file");
  assert_non_null(strstr(p.error.en, "/proc/nowhere/janus"));
}

static void faces(void **state) {
  (void)state;
  assert_true(noted("ready"));
  call_of_two();
  assert_true(noted("open send zhang  offers;"));
  assert_true(noted("answer zhang ANSWER;"));
  assert_true(noted("open recv li ;"));
  assert_true(
      noted("offer li OFFER1 [{\"mid\":\"0\",\"user\":\"zhang\",\"kind\":\"audio\",\"source\":\"mic\"},"
            "{\"mid\":\"1\",\"user\":\"zhang\",\"kind\":\"video\",\"source\":\"camera\"}];"));
  assert_true(noted("open recv zhang ;"));
  b->answer(&w.self, leg("li", CF_LEG_RECV), "PAGE");
  assert_string_equal(fq_json_str(fq_json_get(told(0, "start"), "jsep"), "sdp"), "PAGE");
  turn();
  /* the second picture somebody offers is his screen */
  const fq_json *d = fq_json_get(fq_json_get(told(0, "publish"), "body"), "descriptions");
  assert_int_equal(fq_json_size(d), 3);
  assert_string_equal(fq_json_str(fq_json_next(fq_json_next(fq_json_first(d))), "description"), "screen");
  b->candidate(&w.self, leg("li", CF_LEG_SEND), NULL);
  assert_true(fq_json_bool(fq_json_get(told(0, "trickle"), "candidate"), "completed", false));
  desk_says("{\"videoroom\":\"talking\",\"room\":\"v1\",\"id\":\"zhang~2\"}");
  assert_true(noted("zhang talks in v1;"));
}

/* A third comes while the page has not answered yet: one change at a time, and none forgotten. */
static void one_change_at_a_time(void **state) {
  (void)state;
  call_of_two();
  size_t from = w.heard_count;
  b->enter(&w.self, "v1", "wang", "s3", false);
  turn();
  publish("wang");
  assert_null(told(from, "update")); /* both still owe their first answer */
  b->answer(&w.self, leg("li", CF_LEG_RECV), "PAGE");
  turn();
  assert_int_equal(times(from, "update"), 1);
  const fq_json *in = fq_json_get(fq_json_get(told(from, "update"), "body"), "subscribe");
  assert_int_equal(fq_json_size(in), 2);
  assert_string_equal(fq_json_str(fq_json_first(in), "feed"), feed_of("wang"));
}

static void out_of_order(void **state) {
  (void)state;
  w.event_first = true;
  call_of_two();
  assert_true(noted("answer zhang ANSWER;"));
  assert_true(noted("offer li OFFER1"));
  char gone[100];
  size_t from = w.heard_count;
  snprintf(gone, sizeof gone, "{\"videoroom\":\"event\",\"room\":\"v1\",\"unpublished\":\"%s\"}",
           feed_of("zhang"));
  desk_says(gone);
  desk_says(gone);                       /* twice */
  assert_int_equal(w.heard_count, from); /* Janus takes it off the others' lines itself */
  pass(15000);
  assert_int_equal(w.killed, 0); /* nothing is waited for in vain */
}

/* Not one more frame: every handle of his is detached, those under way too, and what comes late is unheard.
 */
static void put_out(void **state) {
  (void)state;
  call_of_two();
  int64_t sending = handle_of("zhang");
  size_t from = w.heard_count;
  clear();
  b->leave(&w.self, "v1", "zhang");
  assert_int_equal(times(from, "detach"), 2);
  assert_true(noted("close zhang 1 left;"));
  assert_true(noted("close zhang 2 left;"));
  say("{\"janus\":\"webrtcup\",\"session_id\":%d,\"sender\":%lld}", w.session, (long long)sending);
  assert_false(noted("up zhang"));
  turn();
  b->enter(&w.self, "v1", "wang", "s3", false); /* leaves before Janus has said a word */
  from = w.heard_count;
  b->leave(&w.self, "v1", "wang");
  clear();
  turn();
  assert_int_equal(times(from - 2, "detach"), 2);
  assert_false(noted("open"));
  assert_int_equal(w.self.janus_state->handle_count, 3); /* the desk, and li's two */
}

static void rooms_that_live_on(void **state) {
  (void)state;
  w.room_exists = true; /* of a session before this one */
  w.no_room = 1;        /* ... and then it is gone */
  call_of_two();
  assert_true(noted("answer li ANSWER;"));
  assert_int_equal(times(0, "create"), 3); /* session, room, room again */
}

static void a_session_lost(void **state) {
  (void)state;
  call_of_two();
  clear();
  w.session = 50; /* Janus has forgotten ours */
  pass(21000);    /* a keepalive tells */
  assert_true(noted("close zhang 1 restart;"));
  assert_true(noted("open send zhang  offers;"));
  assert_int_equal(w.killed, 0);
  publish("zhang");
  assert_true(noted("answer zhang ANSWER;"));
}

static void a_socket_dropped(void **state) {
  (void)state;
  call_of_two();
  b->answer(&w.self, leg("zhang", CF_LEG_RECV), "PAGE");
  b->answer(&w.self, leg("li", CF_LEG_RECV), "PAGE");
  turn();
  clear();
  size_t from = w.heard_count;
  jn_talk_events.gone(w.self.janus_state, w.turn);
  w.open = false;
  pass(1000);
  assert_non_null(told(from, "claim"));
  assert_false(noted("close")); /* nobody noticed */
  /* and with something under way: that one handle is made anew */
  b->offer(&w.self, leg("li", CF_LEG_SEND), OFFER);
  w.answered = w.heard_count;
  jn_talk_events.gone(w.self.janus_state, w.turn);
  w.open = false;
  pass(2000);
  assert_true(noted("close li 1 lost;"));
  assert_true(noted("open send li  offers;"));
  assert_false(noted("close zhang"));
}

static void frozen(void **state) {
  (void)state;
  call_of_two();
  w.deaf = true;
  b->candidate(&w.self, leg("li", CF_LEG_SEND), NULL);
  pass(9000);
  assert_int_equal(w.killed, 0);
  pass(3000);
  assert_true(w.killed > 0);
  clear();
  die(9);
  assert_true(noted("not ready;"));
  assert_true(noted("close li 2 restart;"));
  pass(1000);
  assert_true(noted("process;"));
  assert_true(noted("ready;open send"));
}

static void crashes(void **state) {
  char zh[200], en[200];
  (void)state;
  call_of_two();
  die(11);
  pass(2000);
  assert_true(b->ready(&w.self, zh, en));
  die(11);
  pass(2000);
  assert_true(b->ready(&w.self, zh, en));
  clear();
  die(11);
  pass(20000);
  assert_false(b->ready(&w.self, zh, en));
  assert_non_null(strstr(en, "three times"));
  assert_non_null(strstr(zh, "三次"));
  assert_false(noted("process;"));
  assert_int_equal(w.changed, 6);
  pass(50000);
  assert_true(noted("process;"));
  assert_true(b->ready(&w.self, zh, en));
  assert_true(noted("open send zhang"));
}

/* Whoever is muted stays so, whatever he offers again and from whichever page, before his page hears a word.
 */
static void muted(void **state) {
  (void)state;
  call_of_two();
  size_t from = w.heard_count;
  b->mute(&w.self, "v1", "zhang", true);
  const fq_json *body = fq_json_get(told(from, "moderate"), "body");
  assert_string_equal(fq_json_str(body, "id"), feed_of("zhang"));
  assert_string_equal(fq_json_str(body, "mid"), "0");
  assert_true(fq_json_bool(body, "mute", false));
  assert_int_equal(times(from, "moderate"), 1); /* the sound alone */
  turn();
  b->enter(&w.self, "v1", "zhang", "s9", false);
  turn();
  from = w.heard_count;
  publish("zhang");
  assert_int_equal(times(from, "moderate"), 1);
  assert_string_equal(fq_json_str(fq_json_get(told(from, "moderate"), "body"), "id"), feed_of("zhang"));
}

static void quality(void **state) {
  (void)state;
  call_of_two();
  b->answer(&w.self, leg("li", CF_LEG_RECV), "PAGE");
  turn();
  size_t from = w.heard_count;
  b->quality(&w.self, "v1", "li", "audio");
  bool stopped = false, slowed = false;
  for (size_t i = from; i < w.heard_count; i++) {
    const fq_json *body = fq_json_get(w.heard[i], "body"), *s = fq_json_first(fq_json_get(body, "streams"));
    stopped |= s && !strcmp(fq_json_str(s, "mid"), "1") && !fq_json_bool(s, "send", true);
    slowed |= fq_json_int(body, "bitrate", 0) == 64000;
  }
  assert_true(stopped);
  assert_true(slowed);
}

static void silence(void **state) {
  (void)state;
  call_of_two();
  static const char event[] = "{\"janus\":\"media\",\"session_id\":%d,\"sender\":%lld,\"mid\":\"%s\","
                              "\"type\":\"%s\",\"receiving\":%s}";
  long long h = handle_of("zhang");
  clear();
  say(event, w.session, h, "0", "audio", "true");
  say(event, w.session, h, "1", "video", "true");
  say(event, w.session, h, "1", "video", "false"); /* his camera is out */
  assert_false(noted("stalled"));
  say(event, w.session, h, "0", "audio", "false");
  assert_true(noted("stalled zhang;"));
  clear();
  say(event, w.session, h, "0", "audio", "true");
  assert_true(noted("up zhang;"));
  /* new paths: who offers is asked to; what Janus offers it offers anew */
  size_t from = w.heard_count;
  b->restart(&w.self, leg("zhang", CF_LEG_SEND));
  assert_true(noted("restart zhang;"));
  b->restart(&w.self, leg("zhang", CF_LEG_RECV));
  assert_true(fq_json_bool(fq_json_get(told(from, "configure"), "body"), "restart", false));
  /* a connection that ends is made anew, and not a hundred times a second */
  clear();
  say("{\"janus\":\"hangup\",\"session_id\":%d,\"sender\":%lld,\"reason\":\"ICE failed\"}", w.session, h);
  assert_true(noted("close zhang 1 lost;"));
  pass(600);
  assert_true(noted("open send zhang"));
  clear();
  say("{\"janus\":\"hangup\",\"session_id\":%d,\"sender\":%lld,\"reason\":\"ICE failed\"}", w.session,
      (long long)handle_of("zhang"));
  pass(3000);
  assert_false(noted("open send zhang"));
  pass(3000);
  assert_true(noted("open send zhang"));
}

static void write_track(const char *name) {
  char root[700], path[1000];
  jn_record_root(w.dir, root);
  snprintf(path, sizeof path, "%s/v1", root);
  mkdir(path, 0700);
  snprintf(path, sizeof path, "%s/v1/%s", root, name);
  FILE *f = fopen(path, "w");
  fputs("MJR00002", f);
  fclose(f);
}

/* Janus asks for the whole path of what it writes, from the root down: nobody must be able to pass. */
static void where_recordings_grow(void **state) {
  char root[700], link[400], dir[128];
  struct stat st;
  (void)state;
  call_of_two();
  strcpy(dir, fq_json_str(fq_json_get(told(0, "create"), "body"), "rec_dir"));
  if (geteuid() != 0) { /* Janus is who the server is */
    assert_string_equal(dir, "rec/v1");
    return;
  }
  assert_true(jn_record_root(w.dir, root));
  assert_int_equal(strncmp(dir, root, strlen(root)), 0);
  assert_string_equal(dir + strlen(root), "/v1");
  assert_int_equal(lstat(root, &st), 0);
  assert_int_equal(st.st_mode & 07777, 0700);
  assert_int_equal(st.st_uid, getpwnam("nobody")->pw_uid);
  for (char *slash; (slash = strrchr(dir, '/')) && slash != dir;) {
    *slash = '\0';
    assert_int_equal(stat(dir, &st), 0);
    assert_true(strcmp(dir, root) == 0 || st.st_mode & S_IXOTH);
  }
  /* with a county that is a copy came the link, and not the directory */
  snprintf(link, sizeof link, "%s/recordings/" JN_REC_LINK, w.dir);
  char other[] = "/var/tmp/fengqiao-rec-0-XXXXXX", now[700];
  assert_non_null(mkdtemp(other));
  unlink(link);
  assert_int_equal(symlink(other, link), 0);
  char others[200];
  snprintf(others, sizeof others, "%s/v1", other);
  mkdir(others, 0700);
  die(9);
  pass(1000);
  assert_true(jn_record_root(w.dir, now));
  assert_string_not_equal(now, other);
  assert_int_equal(rmdir(others), 0); /* what grows there is the other county's */
  rmdir(other);
  rmdir(root);
  jn_record_leave(w.dir);
  assert_int_not_equal(access(now, F_OK), 0);
  assert_int_not_equal(lstat(link, &st), 0);
}

/* What Janus puts there leads nowhere else. */
static void a_link_in_place_of_a_directory(void **state) {
  char root[700], path[1000], elsewhere[400], file[500];
  (void)state;
  call_of_two();
  snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", w.dir);
  snprintf(file, sizeof file, "%s/empty", elsewhere);
  mkdir(elsewhere, 0700);
  FILE *f = fopen(file, "w");
  fclose(f);
  jn_record_root(w.dir, root);
  snprintf(path, sizeof path, "%s/v1", root);
  assert_int_equal(symlink(elsewhere, path), 0);
  b->record(&w.self, "v1", true);
  pass(3000);
  b->record(&w.self, "v1", false);
  pass(3000);
  assert_true(noted("over v1"));
  assert_int_equal(access(file, F_OK), 0);
  unlink(path);
}

static void recordings(void **state) {
  char path[1000], root[700];
  (void)state;
  call_of_two();
  size_t from = w.heard_count;
  b->record(&w.self, "v1", true);
  const fq_json *body = fq_json_get(told(from, "enable_recording"), "body");
  assert_true(fq_json_bool(body, "record", false));
  assert_non_null(fq_json_str(body, "secret"));
  turn();
  write_track("videoroom-v1-user-zhang~2-1795-audio-0.mjr.tmp");
  pass(20000);
  assert_false(noted("over"));
  assert_false(noted("track"));
  b->record(&w.self, "v1", false);
  pass(3000);
  assert_false(noted("over")); /* it is still being written */
  jn_record_root(w.dir, root);
  snprintf(path, sizeof path, "%s/v1/videoroom-v1-user-zhang~2-1795-audio-0.mjr.tmp", root);
  unlink(path);
  write_track("videoroom-v1-user-zhang~2-1795-audio-0.mjr");
  pass(2000);
  snprintf(path, sizeof path, "%s/recordings/v1/videoroom-v1-user-zhang~2-1795-audio-0.mjr", w.dir);
  assert_int_equal(access(path, R_OK), 0); /* where Janus cannot reach it */
  snprintf(path, sizeof path,
           "track v1 zhang audio %s/recordings/v1/videoroom-v1-user-zhang~2-1795-audio-0.mjr;over v1 well;",
           w.dir);
  assert_true(noted(path));
}

/* "recording", says Janus, also when it cannot write. */
static void recording_of_nothing(void **state) {
  (void)state;
  call_of_two();
  b->record(&w.self, "v1", true);
  pass(5000);
  assert_false(noted("over"));
  size_t from = w.heard_count;
  pass(10000);
  assert_true(noted("over v1 no recording is being written"));
  assert_false(fq_json_bool(fq_json_get(told(from, "enable_recording"), "body"), "record", true));
}

/* What Janus was writing when it was killed is not lost, and the recording goes on in its next life. */
static void recording_and_a_crash(void **state) {
  (void)state;
  call_of_two();
  b->record(&w.self, "v1", true);
  turn();
  write_track("videoroom-v1-user-zhang~2-1795-video-1.mjr.tmp");
  clear();
  size_t from = w.heard_count;
  die(9);
  pass(1000);
  assert_true(noted("track v1 zhang video "));
  assert_false(noted("over"));
  assert_true(fq_json_bool(fq_json_get(told(from, "enable_recording"), "body"), "record", false));
}

/* From another disk a file cannot be moved: it is copied, and keeps the time at which it was closed. */
static void recordings_on_another_disk(void **state) {
  char disk[100], link[400], path[1000];
  struct stat here, there;
  (void)state;
  bool two = stat(w.dir, &here) == 0 && stat("/dev/shm", &there) == 0 && here.st_dev != there.st_dev;
  snprintf(disk, sizeof disk, "/dev/shm/" JN_REC_NAME "XXXXXX", (unsigned long long)here.st_ino);
  if (!two || !mkdtemp(disk)) {
    print_message("no other disk than that of /tmp: not tested\n");
    skip();
  }
  jn_record_leave(w.dir);
  snprintf(link, sizeof link, "%s/recordings", w.dir);
  mkdir(link, 0700);
  snprintf(link, sizeof link, "%s/recordings/" JN_REC_LINK, w.dir);
  assert_int_equal(symlink(disk, link), 0);
  write_track("videoroom-v1-user-zhang~2-1795-audio-0.mjr.tmp");
  snprintf(path, sizeof path, "%s/v1/videoroom-v1-user-zhang~2-1795-audio-0.mjr.tmp", disk);
  struct timespec closed[2] = {{.tv_sec = 1795000000}, {.tv_sec = 1795000007, .tv_nsec = 250000000}};
  assert_int_equal(utimensat(AT_FDCWD, path, closed, 0), 0);
  die(9);
  pass(1000);
  assert_true(noted("track v1 zhang audio "));
  assert_int_not_equal(access(path, F_OK), 0);
  snprintf(path, sizeof path, "%s/recordings/v1/videoroom-v1-user-zhang~2-1795-audio-0.mjr", w.dir);
  assert_int_equal(stat(path, &here), 0);
  assert_int_equal(here.st_size, 8);
  assert_int_equal(here.st_mode & 0777, 0600);
  assert_int_equal(here.st_mtim.tv_sec, 1795000007);
  assert_int_equal(here.st_mtim.tv_nsec, 250000000);
  rmdir(disk);
}

static void port(struct cf_self *s, const char *camera, int port) {
  (void)s;
  note("camera %s port %d;", camera, port);
}

static void cameras(void **state) {
  (void)state;
  cf_stream_open(&w.self, "c1", "h264", port);
  turn();
  assert_true(noted("camera c1 port 20100;"));
  assert_null(cf_stream_watch(&w.self, "c2", "", "li", "s2"));
  assert_non_null(cf_stream_watch(&w.self, "c1", "", "li", "s2"));
  turn();
  assert_true(noted("open camera li c1;"));
  assert_true(
      noted("offer li CAMERA [{\"mid\":\"v\",\"camera\":\"c1\",\"kind\":\"video\",\"source\":\"camera\"}];"));
  clear();
  die(9);
  assert_true(noted("close li 3 restart;"));
  assert_true(noted("camera c1 port 0;"));
  pass(1000);
  assert_true(noted("camera c1 port 20100;"));
  cf_stream_close(&w.self, "c1");
  assert_null(cf_stream_watch(&w.self, "c1", "", "li", "s2"));
}

static void the_end_of_a_room(void **state) {
  (void)state;
  call_of_two();
  size_t from = w.heard_count;
  b->room_close(&w.self, "v1");
  assert_non_null(told(from, "destroy"));
  assert_int_equal(times(from, "detach"), 5);
  turn();
  assert_int_equal(w.self.janus_state->handle_count, 0);
  pass(15000);
  assert_int_equal(w.killed, 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
  const struct CMUnitTest tests[] = {
      TEST(configuration),
      TEST(refused_configurations),
      TEST(faces),
      TEST(one_change_at_a_time),
      TEST(out_of_order),
      TEST(put_out),
      TEST(rooms_that_live_on),
      TEST(a_session_lost),
      TEST(a_socket_dropped),
      TEST(frozen),
      TEST(crashes),
      TEST(muted),
      TEST(quality),
      TEST(silence),
      TEST(where_recordings_grow),
      TEST(a_link_in_place_of_a_directory),
      TEST(recordings),
      TEST(recording_of_nothing),
      TEST(recording_and_a_crash),
      TEST(recordings_on_another_disk),
      TEST(cameras),
      TEST(the_end_of_a_room),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
