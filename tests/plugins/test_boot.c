/*
 * Plugins on the real kernel, in memory, on a fake clock: a failing init cleans up in reverse, what one apply
 * breaks is undone, names across plugins are unique, and the sample plugin does here what it does on the
 * mock.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "plugin/registry.h"

#define T0 INT64_C(1767225600000) /* 2026-01-01T00:00:00Z */

/* tests/plugins/mark.h */
static char marks[256];
FQ_API void test_mark(const char *what);
void test_mark(const char *what) {
  strcat(strcat(marks, what), " ");
}

static fq_kernel *kernel;
static struct fq_registry registry;
static struct fq_error error;

static fq_json *json(const char *text) {
  fq_json *v = fq_json_parse(text, strlen(text), NULL);
  assert_non_null(v);
  return v;
}

/* Loads the named plugins onto a fresh kernel and boots it; the status of the first step that fails. */
static enum fq_status boot(const char *dir, const char *const *names, size_t count) {
  const struct fq_kernel_config in_memory = {.memory = true, .fake_clock = true};
  const struct fq_registry_config config = {.dir = dir, .names = names, .count = count};
  struct fq_problem_list problems = {0};
  memset(&error, 0, sizeof error);
  marks[0] = 0;
  if (fq_registry_load(&registry, &config, &problems)) {
    char *text = fq_problems_text(&problems);
    fail_msg("%s", text);
  }
  kernel = fq_kernel_open(&in_memory, &error);
  if (!kernel) fail_msg("%s", error.en);
  fq_kernel_set_time(kernel, T0);
  enum fq_status st = fq_registry_add(&registry, kernel, &error);
  return st == FQ_OK ? fq_kernel_boot(kernel, &error) : st;
}

static int stop(void **state) {
  (void)state;
  fq_kernel_close(kernel);
  fq_registry_free(&registry);
  kernel = NULL;
  return 0;
}

static fq_json *call(const struct fq_actor *actor, const char *method, const char *params) {
  fq_json *result = NULL;
  if (fq_kernel_call(kernel, actor, method, json(params), &result, &error) != FQ_OK)
    fail_msg("%s: %s %s", method, error.path, error.en);
  return result;
}

static void a_failing_init_cleans_up_in_reverse(void **state) {
  (void)state;
  static const char *const names[] = {"good", "init_fails", "smaller"};
  assert_int_equal(boot(TEST_MODULES, names, 3), FQ_E_CONFLICT);
  assert_string_equal(error.zh, "今天不上班");
  assert_string_equal(error.en, "not working today");
  fq_kernel_close(kernel);
  kernel = NULL;
  assert_string_equal(marks, "good.init init_fails.init init_fails.fini good.fini ");
}

static void good_ones_live_and_end(void **state) {
  (void)state;
  static const char *const names[] = {"good", "smaller"};
  assert_int_equal(boot(TEST_MODULES, names, 2), FQ_OK);
  fq_kernel_close(kernel);
  kernel = NULL;
  assert_string_equal(marks, "good.init good.fini ");
}

static void a_failing_apply_leaves_nothing(void **state) {
  (void)state;
  static const char *const names[] = {"apply_fails"};
  assert_int_equal(boot(TEST_MODULES, names, 1), FQ_OK);
  for (int i = 0; i < 2; i++) { /* and does not break the next */
    memset(&error, 0, sizeof error);
    assert_int_equal(fq_kernel_call(kernel, NULL, "bad.call", json("{}"), NULL, &error), FQ_E_INTERNAL);
    assert_string_equal(error.code, "apply_fails.no");
  }
  fq_json *r = call(NULL, "bad.count", "{}");
  assert_int_equal(fq_json_int(r, "rows", -1), 0);
  fq_json_free(r);
}

static void one_kind_has_one_owner(void **state) {
  (void)state;
  static const char *const names[] = {"apply_fails", "kind_taken"};
  assert_int_equal(boot(TEST_MODULES, names, 2), FQ_E_CONFLICT);
  assert_non_null(strstr(error.zh, "kind_taken"));
  assert_non_null(strstr(error.en, "bad.happened"));
}

/* The kernel's own modules go the plugins' way: they pass the plugins' check. */
static void the_kernel_own_tables_are_sound(void **state) {
  (void)state;
  assert_int_equal(boot(TEST_MODULES, NULL, 0), FQ_OK);
  size_t count = 0;
  const struct fq_module *modules = fq_kernel_modules(kernel, &count);
  assert_true(count > 0);
  for (size_t i = 0; i < count; i++)
    if (fq_plugin_check(modules[i].table, &error) != FQ_OK)
      fail_msg("%s: %s", modules[i].table->name, error.en);
}

static void skel_on_the_real_kernel(void **state) {
  (void)state;
  static const char *const names[] = {"skel"};
  static const struct fq_actor director = {"director-1", "430525100000", FQ_ROLE_DIRECTOR, false};
  static const struct fq_actor neighbour = {"director-2", "430525101000", FQ_ROLE_DIRECTOR, false};
  assert_int_equal(boot(TEST_PLUGINS, names, 1), FQ_OK);
  fq_json_free(
      call(NULL, "org.import",
           "{\"units\":[{\"id\":\"430525\",\"parent\":\"\",\"kind\":\"county\",\"name\":\"洞口县\"},"
           "{\"id\":\"430525100000\",\"parent\":\"430525\",\"kind\":\"township\",\"name\":\"文昌\"},"
           "{\"id\":\"430525101000\",\"parent\":\"430525\",\"kind\":\"township\",\"name\":\"雪峰\"}]}"));
  static const char greet[] = "{\"name\":\"老王\",\"org\":\"430525100000\"}";
  fq_json *r = call(&director, "skel.greet", greet);
  assert_string_equal(fq_json_str(r, "text"), "您好,老王");
  fq_json_free(r);
  assert_int_equal(fq_kernel_call(kernel, &neighbour, "skel.greet", json(greet), NULL, &error),
                   FQ_E_FORBIDDEN);
  memset(&error, 0, sizeof error);
  r = call(&director, "skel.list", "{}");
  assert_int_equal(fq_json_size(fq_json_get(r, "rows")), 1);
  fq_json_free(r);
  r = call(&neighbour, "skel.list", "{}");
  assert_int_equal(fq_json_size(fq_json_get(r, "rows")), 0);
  fq_json_free(r);
  assert_int_equal(fq_kernel_run_until(kernel, T0 + 3600000, &error), FQ_OK);
  r = call(&director, "skel.list", "{}");
  assert_int_equal(fq_json_size(fq_json_get(r, "rows")), 0);
  fq_json_free(r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(a_failing_init_cleans_up_in_reverse, stop),
      cmocka_unit_test_teardown(good_ones_live_and_end, stop),
      cmocka_unit_test_teardown(a_failing_apply_leaves_nothing, stop),
      cmocka_unit_test_teardown(one_kind_has_one_owner, stop),
      cmocka_unit_test_teardown(the_kernel_own_tables_are_sound, stop),
      cmocka_unit_test_teardown(skel_on_the_real_kernel, stop),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
