/* See conference_world.h. */
#include "conference_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conference.h"
#include "loop/loop.h"

#define AT(member) FQ_OPTION_AT(struct cf_self, member)
static const struct fq_option options[] = {
    {.name = "backend", .type = FQ_O_STRING, AT(backend), .fallback = "auto"},
    {.name = "ring", .type = FQ_O_DURATION, AT(ring_ms), .fallback = "30 s"},
    {.name = "seat", .type = FQ_O_DURATION, AT(seat_ms), .fallback = "60 s"},
    {.name = "keep_recordings", .type = FQ_O_DURATION, AT(keep_ms), .fallback = "15552000 s"},
    {0}};
static const struct fq_plugin *parts[3] = {&cf_session_part};

void conference_also(const struct fq_plugin *part) {
  parts[1] = part;
}

static enum fq_status init(void *self, fq_kernel *k, struct fq_error *e) {
  ((struct cf_self *)self)->kernel = k;
  return FQ_OK;
}
static const struct fq_plugin table = {FQ_PLUGIN_HEAD,
                                       .name = "conference",
                                       .version = CF_VERSION,
                                       .zh = "会商",
                                       .en = "conferences",
                                       .options = options,
                                       .self_bytes = sizeof(struct cf_self),
                                       .parts = parts,
                                       .init = init};

#define PAGES 32
static struct {
  char user[FQ_ID_MAX], sid[32];
  fq_session *session;
} pages[PAGES];
static size_t page_count;

static void on_event(void *peer, struct fq_event *e, int64_t previous) {}
static void on_signal(void *peer, const char *topic, const char *key, const char *json) {}
static void on_close(void *peer, int code, const char *reason) {}
static const struct fq_transport transport = {.event = on_event, .signal = on_signal, .close = on_close};

static void begin_serving(void) {
  page_count = 0;
  if (fq_kernel_start(w.kernel, &w.error)) fail_msg("start: %s", w.error.en);
  fq_transport_add(w.kernel, &transport, NULL);
  at(fq_now_ms(w.kernel) - w.t0_ms);
}

int conference_open(void **state) {
  world_open_on_disk_beside(&table);
  act("system", "user.add",
      "{\"name\":\"grandpa\",\"display\":\"张大爷\",\"org\":\"" GRID_A1 "\",\"roles\":[\"family\"]}");
  act("system", "user.add", "{\"name\":\"auditor\",\"org\":\"430525\",\"roles\":[\"admin.audit\"]}");
  begin_serving();
  return 0;
}

int conference_close(void **state) {
  return world_close(state);
}

void conference_restart(void) {
  restart();
  begin_serving();
}

static void done(struct fq_request *r) {
  *(bool *)r->user = true;
}

/* One request through the front door. */
static enum fq_status ask(struct fq_request *r) {
  bool answered = false;
  r->reply = done;
  r->user = &answered;
  r->next = NULL;
  fq_submit(w.kernel, r);
  if (!answered) at(fq_now_ms(w.kernel) - w.t0_ms);
  while (!answered)
    fq_loop_step(fq_kernel_loop(w.kernel));
  fq_json_free(w.result);
  w.result = r->result;
  if (!w.result && r->result_text) w.result = fq_json_parse(r->result_text, strlen(r->result_text), NULL);
  w.error = r->error;
  fq_json_free(r->params);
  free(r->result_text);
  return r->error.status;
}

static void open_page(size_t x, const char *who) {
  static int device;
  struct fq_request r = {.method = "session.open", .transport = &transport};
  char token[96];
  snprintf(token, sizeof token, "%s",
           fq_json_str(act("system", "user.token", "{\"name\":\"%s\"}", who), "token"));
  r.params = fq_json_object();
  fq_json_set_str(r.params, "token", token);
  char name[16];
  snprintf(name, sizeof name, "page-%d", device++);
  fq_json_set_str(r.params, "device", name);
  if (ask(&r)) fail_msg("a page for %s: %s", who, w.error.en);
  pages[x].session = r.opened;
  snprintf(pages[x].user, FQ_ID_MAX, "%s", who);
  snprintf(pages[x].sid, sizeof pages[x].sid, "%s", fq_json_str(w.result, "sid"));
}

static size_t page_of(const char *who) {
  size_t x = 0;
  while (x < page_count && strcmp(pages[x].user, who) != 0)
    x++;
  assert_true(x < PAGES);
  if (x == page_count) page_count++, pages[x].session = NULL;
  if (!pages[x].session) open_page(x, who);
  return x;
}

const char *page(const char *who) {
  return pages[page_of(who)].sid;
}

void another_page(const char *who) {
  open_page(page_of(who), who);
}

void close_page(const char *who) {
  size_t x = page_of(who);
  fq_session_drop(w.kernel, pages[x].session);
  pages[x].session = NULL;
  fq_loop_step(fq_kernel_loop(w.kernel)); /* it is told after the tick */
  at(fq_now_ms(w.kernel) - w.t0_ms);
}

static enum fq_status speak(const char *who, const char *method, const char *params, va_list ap) {
  char text[8192];
  struct fq_request r = {.session = pages[page_of(who)].session};
  vsnprintf(text, sizeof text, params, ap);
  snprintf(r.method, sizeof r.method, "%s", method);
  r.params = fq_json_parse(text, strlen(text), NULL);
  if (!r.params) fail_msg("%s: bad JSON in the test: %s", method, text);
  return ask(&r);
}

const fq_json *say(const char *who, const char *method, const char *params, ...) {
  va_list ap;
  va_start(ap, params);
  enum fq_status s = speak(who, method, params, ap);
  va_end(ap);
  if (s) fail_msg("%s as %s: %d %s %s: %s", method, who, s, w.error.code, w.error.path, w.error.en);
  return w.result;
}

void denied(const char *who, const char *method, enum fq_status status, const char *code, const char *params,
            ...) {
  va_list ap;
  va_start(ap, params);
  enum fq_status s = speak(who, method, params, ap);
  va_end(ap);
  if (s != status || strcmp(w.error.code, code) != 0)
    fail_msg("%s as %s: expected %d %s, got %d %s: %s", method, who, status, code, s, w.error.code,
             w.error.en);
  assert_true(*w.error.zh && *w.error.en);
}

const char *begin(const char *who, const char *params, ...) {
  static char id[FQ_ID_MAX];
  va_list ap;
  va_start(ap, params);
  enum fq_status s = speak(who, "conf.create", params, ap);
  va_end(ap);
  if (s) fail_msg("conf.create as %s: %d %s %s: %s", who, s, w.error.code, w.error.path, w.error.en);
  return keep(id, fq_json_str(w.result, "id"));
}

const fq_json *conf(const char *id) {
  return act("dispatcher", "conf.get", "{\"id\":\"%s\"}", id);
}

const fq_json *member(const char *id, const char *user) {
  fq_json_each(m, fq_json_get(conf(id), "members")) if (!strcmp(fq_json_str(m, "user"), user)) return m;
  return NULL;
}

void seat_is(const char *id, const char *user, const char *state) {
  const fq_json *m = member(id, user);
  if (!m) fail_msg("%s is no member of %s", user, id);
  assert_string_equal(fq_json_str(m, "state"), state);
}

void conf_is(const char *id, const char *state) {
  assert_string_equal(fq_json_str(conf(id), "state"), state);
}

bool heard(const char *kind, const char *user) {
  char word[FQ_ID_MAX + 8], words[8200];
  snprintf(word, sizeof word, " user/%s ", user);
  snprintf(words, sizeof words, " %s ", entry(kind, "audience"));
  return strstr(words, word) != NULL;
}

void media(const char *id, const char *user, const char *state) {
  act("system", "conf.member_media", "{\"id\":\"%s\",\"user\":\"%s\",\"state\":\"%s\"}", id, user, state);
}
