/* The gate before a deployment: what is played, when, and what the command finds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/json.h"
#include "base/mem.h"
#include "loop/loop.h"
#include "policy/gate.h"
#include "policy/module.h"
#include "policy/pack.h"

/* A method that says what it found, itself and through another. */
static enum fq_status look(struct fq_call *c) {
  const fq_json *v = fq_policy_verdict(c);
  fq_json_set(c->result, "verdict", v ? fq_json_dup(v) : fq_json_new_null());
  return FQ_OK;
}
static enum fq_status look_through(struct fq_call *c) {
  fq_json *inner = NULL;
  enum fq_status st = fq_call_method(c, "thing.look", NULL, &inner);
  fq_json_set(c->result, "inner", inner);
  return st;
}
static const struct fq_param params[] = {{.name = "files", .type = FQ_T_ANY}, {0}};
static const struct fq_method methods[] = {
    {.name = "thing.look", .roles = FQ_ROLE_ADMIN_SYSTEM, .run = look, .zh = "看", .en = "look"},
    {.name = "thing.deploy",
     .roles = FQ_ROLE_ADMIN_SYSTEM,
     .params = params,
     .run = look_through,
     .zh = "部署",
     .en = "deploy"},
    {0}};

static fq_json *candidate(fq_kernel *k, const fq_json *p) {
  const fq_json *files = fq_json_get(p, "files");
  if (!files) return NULL;
  fq_json *o = fq_json_object();
  fq_json_set_str(o, "pack", "x");
  fq_json_set(o, "files", fq_json_dup(files));
  return o;
}
static enum fq_status init(void *self, fq_kernel *k, struct fq_error *e) {
  fq_policy_gated(k, "thing.deploy", candidate);
  return FQ_OK;
}
static const struct fq_plugin module = {FQ_PLUGIN_HEAD, .name = "thing", .version = "1",    .zh = "物",
                                        .en = "things", .init = init,    .methods = methods};

static struct {
  int asked;
  bool refuse, later;
  fq_gate_done done;
  void *to;
} gate;

static void answer(void *arg) {
  struct fq_error e = {0};
  fq_json *v = NULL;
  if (gate.refuse)
    fq_fail(&e, FQ_E_OVERLOADED, "gate.busy", "", "忙", "busy");
  else
    fq_json_set_int(v = fq_json_object(), "played", 7);
  gate.done(gate.to, v, &e);
}
static void play(void *arg, fq_kernel *k, fq_json *pack, fq_gate_done done, void *to) {
  gate.asked++;
  gate.done = done;
  gate.to = to;
  fq_json_free(pack);
  if (gate.later)
    fq_loop_post(fq_kernel_loop(k), answer, NULL);
  else
    answer(NULL);
}

static fq_kernel *world(bool with_gate) {
  struct fq_error e = {0};
  fq_kernel *k = fq_kernel_open(&(struct fq_kernel_config){.memory = true, .fake_clock = true}, &e);
  if (!k || fq_policy_add(k, &e) || fq_kernel_add(k, &module, NULL, &e) || fq_kernel_boot(k, &e))
    fail_msg("%s", e.en);
  memset(&gate, 0, sizeof gate);
  if (with_gate) fq_policy_set_gate(k, play, NULL);
  return k;
}

static fq_json *deploy(fq_kernel *k, fq_json *files, struct fq_error *e) {
  fq_json *p = fq_json_object(), *result = NULL;
  if (files) fq_json_set(p, "files", files);
  fq_kernel_call(k, NULL, "thing.deploy", p, &result, e);
  return result;
}
static fq_json *files(const char *story) {
  fq_json *f = fq_json_object();
  fq_json_set_str(f, "pack.lua", "name = \"x\" version = \"1\"");
  if (story) fq_json_set_str(f, "scenarios/1.lua", story);
  return f;
}
static const fq_json *verdict(const fq_json *result) {
  return fq_json_get(fq_json_get(result, "inner"), "verdict");
}

static void test_without_a_gate_nothing_is_played(void **state) {
  fq_kernel *k = world(false);
  struct fq_error e = {0};
  fq_json *r = deploy(k, files("scenario \"x\""), &e);
  assert_int_equal(fq_json_type(verdict(r)), FQ_JSON_NULL);
  fq_json_free(r);
  fq_kernel_close(k);
}

static void test_the_command_finds_the_verdict(void **state) {
  fq_kernel *k = world(true);
  char digest[65];
  for (int later = 0; later < 2; later++) {
    struct fq_error e = {0};
    gate.later = later;
    fq_json *f = files("scenario \"x\"");
    fq_pack_digest(f, digest);
    fq_json *r = deploy(k, f, &e);
    assert_int_equal(fq_json_int(verdict(r), "played", 0), 7);
    assert_string_equal(fq_json_str(verdict(r), "digest"), digest);
    fq_json_free(r);
    assert_int_equal(gate.asked, later + 1);
  }
  /* ... and nobody else does */
  fq_json *r = NULL;
  struct fq_error e = {0};
  assert_int_equal(fq_kernel_call(k, NULL, "thing.look", fq_json_object(), &r, &e), FQ_OK);
  assert_int_equal(fq_json_type(fq_json_get(r, "verdict")), FQ_JSON_NULL);
  fq_json_free(r);
  fq_kernel_close(k);
}

static void test_no_stories_no_child(void **state) {
  fq_kernel *k = world(true);
  struct fq_error e = {0};
  fq_json *r = deploy(k, files(NULL), &e);
  assert_int_equal(fq_json_int(verdict(r), "played", -1), 0);
  assert_int_equal(fq_json_int(verdict(r), "failed", -1), 0);
  fq_json_free(r);
  fq_json *const odd[] = {NULL, fq_json_new_str("x"), fq_json_array()};
  for (size_t i = 0; i < 3; i++) { /* the command says what is wrong with these; no files have this digest */
    r = deploy(k, odd[i], &e);
    assert_string_equal(fq_json_str(verdict(r), "digest"), "");
    fq_json_free(r);
  }
  assert_int_equal(gate.asked, 0);
  fq_kernel_close(k);
}

static void test_a_gate_that_cannot_say_refuses(void **state) {
  fq_kernel *k = world(true);
  for (int later = 0; later < 2; later++) {
    struct fq_error e = {0};
    gate.refuse = true;
    gate.later = later;
    assert_null(deploy(k, files("scenario \"x\""), &e));
    assert_int_equal(e.status, FQ_E_OVERLOADED);
    assert_string_equal(e.code, "gate.busy");
  }
  fq_kernel_close(k);
}

/* Looked at before anybody has counted them, on the thread that everybody waits for. */
static void test_many_files_take_their_time_once(void **state) {
  fq_kernel *k = world(true);
  struct fq_error e = {0};
  struct fq_buf text = {0};
  fq_buf_fmt(&text, "{\"pack.lua\":\"name = 'x'\"");
  for (int i = 0; i < 200000; i++)
    fq_buf_fmt(&text, ",\"%06d\":\"\"", i * 7919 % 200000);
  fq_buf_fmt(&text, "}");
  fq_json *many = fq_json_parse(text.data, text.len, &e), *again = fq_json_dup(many);
  fq_json *r = deploy(k, many, &e);
  assert_int_equal(strlen(fq_json_str(verdict(r), "digest")), 64);
  fq_json_free(r);
  struct fq_findings f = {0};
  fq_pack_files_check(again, &f);
  assert_int_equal(f.count, 1);
  assert_non_null(strstr(f.list[0].en, "200 files"));
  fq_findings_free(&f);
  fq_json_free(again);
  fq_buf_free(&text);
  fq_kernel_close(k);
}

static void test_paths_of_a_pack(void **state) {
  static const char *const good[] = {"pack.lua",     "policies/一.lua", "scenarios/a b.lua",
                                     "forms/x.json", "i18n/zh.json",    "dictionaries/c.csv",
                                     "setup/s.lua"};
  static const char *const bad[] = {"",
                                    "pack.luac",
                                    "other.lua",
                                    "policies/.lua",
                                    "policies/",
                                    "policies/x.sh",
                                    "policies/../pack.lua",
                                    "policies/a/b.lua",
                                    "policies/..\\b.lua",
                                    "../policies/x.lua",
                                    "/policies/x.lua",
                                    "policies/.x.lua",
                                    "policies/a\nb.lua",
                                    "scenario/x.lua"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    assert_true(fq_pack_path(good[i]));
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_false(fq_pack_path(bad[i]));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_without_a_gate_nothing_is_played),
                                     cmocka_unit_test(test_the_command_finds_the_verdict),
                                     cmocka_unit_test(test_no_stories_no_child),
                                     cmocka_unit_test(test_a_gate_that_cannot_say_refuses),
                                     cmocka_unit_test(test_many_files_take_their_time_once),
                                     cmocka_unit_test(test_paths_of_a_pack)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
