/* Guests of a call: links given, opened, taken back and run out; what a guest may do, and what he may not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch_world.h"
#include "loop/loop.h"

extern const struct fq_plugin conference_plugin;

/* ---- people at a socket ---------------------------------------------------------------------------------
 */

struct peer {
  fq_session *session;
  int closed;
};
static struct peer desk, guest;
static char v[FQ_ID_MAX], g[FQ_ID_MAX], token[96];

static void on_event(void *p, struct fq_event *e, int64_t previous) {}
static void on_signal(void *p, const char *topic, const char *key, const char *json) {}
static void on_close(void *p, int code, const char *reason) {
  ((struct peer *)p)->closed = code;
  ((struct peer *)p)->session = NULL;
}
static const struct fq_transport transport = {.event = on_event, .signal = on_signal, .close = on_close};

static bool answered;
static void on_reply(struct fq_request *r) {
  answered = true;
}

static enum fq_status ask(struct peer *p, const char *method, const char *params, ...) {
  char text[1024];
  va_list ap;
  va_start(ap, params);
  vsnprintf(text, sizeof text, params, ap);
  va_end(ap);
  struct fq_request r = {.session = p->session, .reply = on_reply, .transport = &transport, .peer = p};
  snprintf(r.method, sizeof r.method, "%s", method);
  r.params = fq_json_parse(text, strlen(text), NULL);
  assert_non_null(r.params);
  answered = false;
  fq_submit(w.kernel, &r);
  if (!answered) fq_kernel_run_until(w.kernel, fq_now_ms(w.kernel), &w.error);
  assert_true(answered);
  fq_json_free(w.result);
  w.result = r.result;
  w.error = r.error;
  if (r.opened) p->session = r.opened;
  fq_json_free(r.params);
  free(r.result_text);
  for (int i = 0; i < 3; i++) /* what was posted after the commit */
    fq_loop_step(fq_kernel_loop(w.kernel));
  return r.error.status;
}

static void must(struct peer *p, const char *method, const char *params) {
  if (ask(p, method, "%s", params)) fail_msg("%s: %s", method, w.error.en);
}

static void refuses(struct peer *p, const char *method, const char *code, const char *params) {
  assert_int_not_equal(ask(p, method, "%s", params), FQ_OK);
  assert_string_equal(w.error.code, code);
  assert_true(*w.error.zh && *w.error.en);
}

static const char *with_id(const char *more) {
  static char text[512];
  snprintf(text, sizeof text, "{\"id\":\"%s\"%s}", v, more);
  return text;
}

static enum fq_status open_with(struct peer *p, const char *secret) {
  return ask(p, "session.open", "{\"token\":\"%s\",\"device\":\"phone\"}", secret);
}

static void sit_down(const char *who, struct peer *p) {
  char secret[96];
  act("system", "user.token", "{\"name\":\"%s\"}", who);
  snprintf(secret, sizeof secret, "%s", fq_json_str(w.result, "token"));
  if (open_with(p, secret)) fail_msg("%s", w.error.en);
}

static void link_for(const char *name, const char *more) {
  char text[256];
  snprintf(text, sizeof text, ",\"name\":\"%s\"%s", name, more);
  must(&desk, "conf.link", with_id(text));
  snprintf(g, sizeof g, "%s", fq_json_str(w.result, "guest"));
  snprintf(token, sizeof token, "%s", fq_json_str(w.result, "token"));
}

static void state_of_link(const char *secret, const char *state) {
  act("public", "conf.link_check", "{\"token\":\"%s\"}", secret);
  assert_string_equal(fq_json_str(w.result, "state"), state);
}

static int open_world(void **state) {
  memset(&desk, 0, sizeof desk);
  memset(&guest, 0, sizeof guest);
  world_open_on_disk_beside(&conference_plugin);
  sit_down("dispatcher", &desk);
  must(&desk, "conf.create", "{\"title\":\"接访\"}");
  snprintf(v, sizeof v, "%s", fq_json_str(w.result, "id"));
  return 0;
}

/* ---- giving a link --------------------------------------------------------------------------------------
 */

static void the_journal_knows_neither_token_nor_name(void **state) {
  link_for("张大爷", ",\"phone\":\"+86 138 1234 5678\"");
  assert_int_equal(strncmp(fq_json_str(w.result, "url_path"), "/family/#t=g.", 13), 0);
  assert_int_equal(strlen(token), 34);
  for (const char *const *p = (const char *const[]){token, "张大爷", "1234", NULL}; *p; p++)
    assert_int_equal(fq_int(fq_kernel_db(w.kernel), -1,
                            "SELECT count(*) FROM journal WHERE instr(data, ?1) AND kind LIKE 'conf.%'", "s",
                            *p),
                     0);
  const fq_json *row = fq_json_first(fq_json_get(act("dispatcher", "conf.links", "%s", with_id("")), "rows"));
  assert_string_equal(fq_json_str(row, "name"), "张大爷");
  assert_string_equal(fq_json_str(row, "phone"), "138****5678");
  assert_false(fq_json_bool(row, "used", true));
  rebuild_gives_the_same();
}

static void who_may_give_one(void **state) {
  refused("dispatcher", "conf.link", FQ_E_PARAMS, "conf.phone", "%s",
          with_id(",\"name\":\"甲\",\"phone\":\"12x45678\""));
  refused("officer-b1", "conf.link", FQ_E_FORBIDDEN, "scope", "%s", with_id(",\"name\":\"甲\""));
  refused("director-b", "conf.links", FQ_E_FORBIDDEN, "conf.chair", "%s", with_id(""));
  refused("dispatcher", "conf.link", FQ_E_NOT_FOUND, "conf.unknown", "{\"id\":\"v999999\",\"name\":\"甲\"}");
  refused("dispatcher", "conf.unlink", FQ_E_NOT_FOUND, "conf.guest_unknown", "{\"guest\":\"guest-999\"}");
  for (int i = 0; i < 20; i++) {
    char name[16];
    snprintf(name, sizeof name, "第%d位", i);
    link_for(name, "");
  }
  refuses(&desk, "conf.link", "conf.guests_full", with_id(",\"name\":\"多一位\""));
  act("dispatcher", "conf.unlink", "{\"guest\":\"%s\"}", g);
  link_for("多一位", "");
}

static void a_lost_answer_makes_no_second_guest(void **state) {
  char first[96], who[FQ_ID_MAX];
  link_for("李婶", "");
  snprintf(first, sizeof first, "%s", token);
  snprintf(who, sizeof who, "%s", g);
  link_for("李婶", "");
  assert_string_equal(g, who);
  assert_true(fq_json_bool(w.result, "again", false));
  state_of_link(first, "unknown");
  assert_int_equal(open_with(&guest, first), FQ_E_SIGNED_OUT);
  assert_int_equal(open_with(&guest, token), FQ_OK);
  /* opened: the next of that name is somebody else */
  must(&guest, "conf.ringing", with_id(""));
  link_for("李婶", "");
  assert_string_not_equal(g, who);
  rebuild_gives_the_same();
}

/* ---- what a guest is ------------------------------------------------------------------------------------
 */

static void he_joins_his_call_and_nothing_else(void **state) {
  char other[FQ_ID_MAX];
  act("commander", "duty.start", "{}");
  link_for("张大爷", "");
  assert_int_equal(open_with(&guest, token), FQ_OK);
  must(&guest, "conf.guest", "{}");
  assert_string_equal(fq_json_str(w.result, "user"), g);
  assert_string_equal(fq_json_str(w.result, "name"), "张大爷");
  assert_string_equal(fq_json_str(w.result, "conf"), v);
  assert_string_equal(fq_json_str(w.result, "title"), "接访");
  must(&guest, "conf.mine", "{}");
  assert_int_equal(fq_json_size(fq_json_get(w.result, "rows")), 1);
  must(&guest, "conf.join", with_id(""));
  must(&guest, "conf.get", with_id(""));
  must(&guest, "conf.text", with_id(",\"text\":\"我在\""));

  struct peer second = {0};
  sit_down("commander", &second);
  must(&second, "conf.create", "{\"title\":\"内部\"}");
  snprintf(other, sizeof other, "%s", fq_json_str(w.result, "id"));
  static const char *const closed[] = {"conf.join", "conf.get", "conf.ringing", "conf.here", NULL};
  for (const char *const *m = closed; *m; m++) {
    char params[160];
    snprintf(params, sizeof params, "{\"id\":\"%s\"%s}", other, strcmp(*m, "conf.here") ? "" : ",\"call\":1");
    assert_int_equal(ask(&guest, *m, "%s", params), FQ_E_FORBIDDEN);
  }
  refuses(&guest, "conf.kick", "role", with_id(",\"user\":\"dispatcher\""));
  refuses(&guest, "conf.create", "role", "{}");
  refuses(&guest, "conf.link", "role", with_id(",\"name\":\"甲\""));
  refuses(&guest, "conf.links", "role", with_id(""));
  must(&guest, "conf.list", "{}");
  assert_int_equal(fq_json_size(fq_json_get(w.result, "rows")), 1);
}

static void who_is_shown_out_stays_out(void **state) {
  link_for("张大爷", "");
  assert_int_equal(open_with(&guest, token), FQ_OK);
  must(&guest, "conf.join", with_id(""));
  char more[96];
  snprintf(more, sizeof more, ",\"user\":\"%s\"", g);
  must(&desk, "conf.kick", with_id(more));
  assert_int_equal(guest.closed, 4001);
  assert_int_equal(open_with(&guest, token), FQ_E_SIGNED_OUT);
  state_of_link(token, "kicked");
  rebuild_gives_the_same();
}

static void a_link_is_taken_back(void **state) {
  link_for("张大爷", "");
  assert_int_equal(open_with(&guest, token), FQ_OK);
  must(&guest, "conf.join", with_id(""));
  char params[96];
  snprintf(params, sizeof params, "{\"guest\":\"%s\"}", g);
  must(&desk, "conf.unlink", params);
  must(&desk, "conf.unlink", params); /* harmless to repeat */
  assert_int_equal(entries("conf.unlinked"), 1);
  assert_int_equal(guest.closed, 4001);
  state_of_link(token, "unlinked");
  must(&desk, "conf.get", with_id(""));
  fq_json_each(m, fq_json_get(w.result, "members")) if (!strcmp(fq_json_str(m, "user"), g))
      assert_string_equal(fq_json_str(m, "left_why"), "kicked");
  rebuild_gives_the_same();
}

static void it_runs_out_with_its_time(void **state) {
  link_for("张大爷", ",\"hours\":0.1");
  assert_int_equal(open_with(&guest, token), FQ_OK);
  must(&guest, "conf.join", with_id(""));
  at(6 * MINUTE - SECOND);
  state_of_link(token, "live");
  at(6 * MINUTE + SECOND);
  for (int i = 0; i < 3; i++)
    fq_loop_step(fq_kernel_loop(w.kernel));
  assert_int_equal(entries("conf.unlinked"), 1);
  assert_int_equal(guest.closed, 4001);
  state_of_link(token, "expired");
  assert_int_equal(open_with(&guest, token), FQ_E_SIGNED_OUT);
  rebuild_gives_the_same();
}

static void it_ends_with_the_conference(void **state) {
  link_for("张大爷", "");
  assert_int_equal(open_with(&guest, token), FQ_OK);
  must(&guest, "conf.join", with_id(""));
  must(&desk, "conf.end", with_id(""));
  assert_int_equal(guest.closed, 4001);
  state_of_link(token, "ended");
  assert_int_equal(open_with(&guest, token), FQ_E_SIGNED_OUT);
  refused("dispatcher", "conf.link", FQ_E_CONFLICT, "conf.over", "%s", with_id(",\"name\":\"甲\""));
  rebuild_gives_the_same();
}

static void a_forged_one_opens_nothing(void **state) {
  static const char *const forged[] = {"g.", "g.0123456789abcdefghijklmnopqrstuv", "guest-1", "x", NULL};
  link_for("张大爷", "");
  for (const char *const *t = forged; *t; t++) {
    assert_int_equal(open_with(&guest, *t), FQ_E_SIGNED_OUT);
    state_of_link(*t, "unknown");
  }
  token[10] ^= 1;
  assert_int_equal(open_with(&guest, token), FQ_E_SIGNED_OUT);
}

static void a_restart_forgets_no_link(void **state) {
  link_for("张大爷", ",\"hours\":1");
  restart();
  memset(&desk, 0, sizeof desk);
  assert_int_equal(open_with(&guest, token), FQ_OK);
  at(61 * MINUTE);
  state_of_link(token, "expired");
}

int main(void) {
#define T(f) cmocka_unit_test_setup_teardown(f, open_world, world_close)
  const struct CMUnitTest tests[] = {
      T(the_journal_knows_neither_token_nor_name),
      T(who_may_give_one),
      T(a_lost_answer_makes_no_second_guest),
      T(he_joins_his_call_and_nothing_else),
      T(who_is_shown_out_stays_out),
      T(a_link_is_taken_back),
      T(it_runs_out_with_its_time),
      T(it_ends_with_the_conference),
      T(a_forged_one_opens_nothing),
      T(a_restart_forgets_no_link),
  };
  return cmocka_run_group_tests_name("guests of a call", tests, NULL, NULL);
}
