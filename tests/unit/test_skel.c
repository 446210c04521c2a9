/*
 * The sample plugin against the mock kernel: what a plugin's own test looks like.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mock_kernel.h"

extern const struct fq_plugin fq_plugin;

#define HOUR INT64_C(3600000)

static int start(void **state) {
  (void)state;
  mock_start(&fq_plugin, "{\"greeting\":\"早上好\"}");
  mock_unit("430525100", "430525", "township", "文昌街道", 110.57, 27.06);
  mock_unit("430525101", "430525", "township", "雪峰街道", 110.58, 27.07);
  mock_actor("director-430525100", FQ_ROLE_DIRECTOR, "430525100");
  return 0;
}

static int stop(void **state) {
  (void)state;
  mock_stop();
  return 0;
}

static void a_greeting_is_an_entry_and_a_row(void **state) {
  (void)state;
  const fq_json *r = mock_call("skel.greet", "{\"name\":\"老王\",\"org\":\"430525100\"}");
  assert_string_equal(fq_json_str(r, "text"), "早上好,老王");
  assert_int_equal(fq_json_int(r, "n", 0), 1);
  const fq_json *e = mock_last("skel.greeted");
  assert_string_equal(fq_json_str(e, "subject"), fq_json_str(r, "id"));
  assert_string_equal(fq_json_str(e, "org"), "430525100");
  assert_string_equal(fq_json_str(e, "actor"), "director-430525100");
  const fq_json *rows = fq_json_get(mock_call("skel.list", NULL), "rows");
  assert_int_equal(fq_json_size(rows), 1);
  assert_string_equal(fq_json_str(fq_json_first(rows), "until"), "2026-01-01T01:00:00.000Z");
  assert_int_equal(fq_json_as_num(mock_view("greetings", "[\"430525100\"]"), -1), 1);
  assert_true(mock_metric("fengqiao_skel_greetings_total") == 1);
  mock_rebuild();
}

static void its_time_ends(void **state) {
  (void)state;
  mock_call("skel.greet", "{\"name\":\"老王\",\"org\":\"430525100\"}");
  assert_int_equal(mock_timer("skel-1"), MOCK_T0 + HOUR);
  mock_run_until(MOCK_T0 + HOUR - 1);
  assert_int_equal(mock_count("skel.forgotten"), 0);
  mock_run_until(MOCK_T0 + HOUR);
  assert_int_equal(mock_count("skel.forgotten"), 1);
  assert_int_equal(mock_timer("skel-1"), -1);
  assert_int_equal(fq_json_size(fq_json_get(mock_call("skel.list", NULL), "rows")), 0);
  mock_rebuild();
}

static void a_late_timer_fires_once(void **state) {
  (void)state;
  mock_call("skel.greet", "{\"name\":\"老王\",\"org\":\"430525100\"}");
  mock_wake_at(MOCK_T0 + 3 * HOUR);
  mock_run_until(MOCK_T0 + 9 * HOUR);
  assert_int_equal(mock_count("skel.forgotten"), 1);
  const fq_json *fired = fq_json_get(mock_last("timer.fired"), "data");
  assert_int_equal(fq_json_int(fired, "late_ms", -1), 2 * HOUR);
}

static void wrong_calls_change_nothing(void **state) {
  (void)state;
  assert_int_equal(mock_try("skel.greet", "{\"org\":\"430525100\"}"), FQ_E_PARAMS);
  assert_string_equal(mock_error()->path, "params.name");
  assert_int_equal(mock_try("skel.greet", "{\"name\":\"\",\"org\":\"430525100\"}"), FQ_E_PARAMS);
  assert_int_equal(mock_try("skel.greet", "{\"name\":\"a\",\"org\":\"430525100\",\"nmae\":1}"), FQ_E_PARAMS);
  assert_string_equal(mock_error()->path, "params.nmae");
  assert_int_equal(mock_try("skel.greet", "{\"name\":\"a\",\"org\":\"999\"}"), FQ_E_NOT_FOUND);
  assert_int_equal(mock_try("skel.greet", "{\"name\":\"a\",\"org\":\"430525101\"}"), FQ_E_FORBIDDEN);
  assert_int_equal(mock_try("skel.forget", "{\"id\":\"skel-1\"}"), FQ_E_METHOD); /* internal */
  mock_actor("officer-0001", FQ_ROLE_OFFICER, "430525100");
  assert_int_equal(mock_try("skel.greet", "{\"name\":\"a\",\"org\":\"430525100\"}"), FQ_E_FORBIDDEN);
  assert_int_equal(fq_json_size(mock_entries()), 0);
}

static void a_neighbour_sees_nothing(void **state) {
  (void)state;
  mock_call("skel.greet", "{\"name\":\"老王\",\"org\":\"430525100\"}");
  mock_actor("director-430525101", FQ_ROLE_DIRECTOR, "430525101");
  assert_int_equal(fq_json_size(fq_json_get(mock_call("skel.list", NULL), "rows")), 0);
}

static void health_tells(void **state) {
  (void)state;
  assert_string_equal(mock_health(), "");
  mock_stop();
  mock_start(&fq_plugin, "{\"greeting\":\"\"}");
  assert_non_null(strstr(mock_health(), "skel.greeting"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_greeting_is_an_entry_and_a_row, start, stop),
      cmocka_unit_test_setup_teardown(its_time_ends, start, stop),
      cmocka_unit_test_setup_teardown(a_late_timer_fires_once, start, stop),
      cmocka_unit_test_setup_teardown(wrong_calls_change_nothing, start, stop),
      cmocka_unit_test_setup_teardown(a_neighbour_sees_nothing, start, stop),
      cmocka_unit_test_setup_teardown(health_tells, start, stop),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
