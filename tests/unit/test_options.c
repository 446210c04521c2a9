/*
 * Option tables: defaults, units, bounds, every mistake collected with its line, secrets kept out of
 * messages, the rendered reference.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "plugin/options.h"

struct self {
  int64_t count, wait_ms, frame_bytes;
  double ratio;
  bool on;
  char name[8], key[32];
};

static const struct fq_option table[] = {
    {"count", FQ_O_INT, FQ_OPTION_AT(struct self, count), "3", 1, 10, false, false, "次数", "how many"},
    {"wait", FQ_O_DURATION, FQ_OPTION_AT(struct self, wait_ms), "25 s", 1000, 3600000, true, false, "等待",
     "the wait"},
    {"max_frame", FQ_O_SIZE, FQ_OPTION_AT(struct self, frame_bytes), "64 KiB", 1024, 1 << 20, false, false,
     "帧", "frame"},
    {"ratio", FQ_O_NUMBER, FQ_OPTION_AT(struct self, ratio), "0.5", 0, 1, false, false, "比例", "a|b"},
    {"on", FQ_O_BOOL, FQ_OPTION_AT(struct self, on), "true", 0, 0, false, false, "开关", "switch"},
    {"name", FQ_O_STRING, FQ_OPTION_AT(struct self, name), "abc", 1, 7, false, false, "名", "name"},
    {"key", FQ_O_STRING, FQ_OPTION_AT(struct self, key), NULL, 0, 0, false, true, "密钥", "key"},
    {0},
};

static int line(void *ctx, const char *path) {
  (void)ctx;
  if (strcmp(path, "t.wait") == 0) return 4;
  if (strcmp(path, "t.max_frmae") == 0) return 7;
  return 1;
}
static const struct fq_option_source source = {"fengqiao.lua", line, NULL};

static size_t parse(const char *text, struct self *s, struct fq_problem_list *list) {
  memset(s, 0, sizeof *s);
  fq_json *j = text ? fq_json_parse(text, strlen(text), NULL) : NULL;
  if (text) assert_non_null(j);
  size_t n = fq_options_parse(table, "t", j, &source, s, list);
  fq_json_free(j);
  return n;
}

static void the_table_is_sound(void **state) {
  (void)state;
  assert_int_equal(fq_options_check(table, sizeof(struct self), NULL), FQ_OK);
}

static void defaults_fill_the_struct(void **state) {
  (void)state;
  struct self s;
  struct fq_problem_list list = {0};
  assert_int_equal(parse(NULL, &s, &list), 0);
  assert_int_equal(s.count, 3);
  assert_int_equal(s.wait_ms, 25000);
  assert_int_equal(s.frame_bytes, 65536);
  assert_true(s.ratio == 0.5);
  assert_true(s.on);
  assert_string_equal(s.name, "abc");
  assert_string_equal(s.key, "");
  assert_int_equal(parse("[]", &s, &list), 0); /* an empty Lua table */
  assert_int_equal(list.count, 0);
}

static void values_replace_defaults(void **state) {
  (void)state;
  struct self s;
  struct fq_problem_list list = {0};
  const char *text =
      "{\"count\":7,\"wait\":\"5 min\",\"max_frame\":2048,\"ratio\":1,\"on\":false,\"name\":\"枫桥\"}";
  assert_int_equal(parse(text, &s, &list), 0);
  assert_int_equal(s.count, 7);
  assert_int_equal(s.wait_ms, 300000);
  assert_int_equal(s.frame_bytes, 2048);
  assert_true(s.ratio == 1);
  assert_false(s.on);
  assert_string_equal(s.name, "枫桥");
}

static void units(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int64_t ms;
  } good[] = {{"25 s", 25000},    {"5 min", 300000},  {"3 h", 10800000}, {"200 ms", 200},
              {"7 d", 604800000}, {"1.5 h", 5400000}, {"0", 0},          {" 10s ", 10000}};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    int64_t ms = -1;
    assert_true(fq_duration_parse(good[i].text, &ms));
    assert_int_equal(ms, good[i].ms);
  }
  static const char *const bad[] = {"",
                                    "30",
                                    "s",
                                    "5 m",
                                    "-5 s",
                                    "5 s x",
                                    "1e3 s",
                                    "0x10 s",
                                    "nan s",
                                    "0.5 ms",
                                    "1..2 s",
                                    "5 S",
                                    "99999999999999999 d"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    int64_t ms = -1;
    assert_false(fq_duration_parse(bad[i], &ms));
    assert_int_equal(ms, -1);
  }
  int64_t bytes = 0;
  assert_true(fq_size_parse("1 MiB", &bytes));
  assert_int_equal(bytes, 1 << 20);
  assert_true(fq_size_parse("512 B", &bytes));
  assert_false(fq_size_parse("64 KB", &bytes)); /* 1000 or 1024? say which */
  char out[32];
  fq_duration_format(90000, out, sizeof out);
  assert_string_equal(out, "90 s");
  fq_duration_format(0, out, sizeof out);
  assert_string_equal(out, "0 ms");
  fq_size_format(65536, out, sizeof out);
  assert_string_equal(out, "64 KiB");
}

static void every_mistake_is_told(void **state) {
  (void)state;
  struct self s;
  struct fq_problem_list list = {0};
  const char *text = "{\"count\":11,\"wait\":30,\"max_frmae\":1,\"ratio\":\"x\",\"on\":1,"
                     "\"name\":\"far too long\",\"zzzzzz\":1,\"max_frame\":\"2 MiB\"}";
  assert_int_equal(parse(text, &s, &list), 8);
  assert_int_equal(list.count, 8);
  assert_int_equal(s.count, 3); /* what is wrong keeps its default */
  assert_int_equal(s.frame_bytes, 65536);
  char *all = fq_problems_text(&list);
  static const char *const expected[] = {
      "fengqiao.lua:1: t.count: 11 will not do: expected a whole number, from 1 to 10",
      "fengqiao.lua:1: t.count: 11 不行:应为整数,在 1 与 10 之间",
      "fengqiao.lua:4: t.wait: 30 will not do: expected a duration with its unit, such as \"30 s\"",
      "from 1 s to 1 h",
      "fengqiao.lua:7: t.max_frmae: no such option; did you mean max_frame?",
      "fengqiao.lua:7: t.max_frmae: 没有这个选项,是不是想写 max_frame?",
      "t.ratio: \"x\" will not do: expected a number, from 0 to 1",
      "t.on: 1 will not do: expected true or false",
      "t.name: \"far too long\" will not do: expected text of 1 to 7 characters (at most 7 bytes)",
      "t.zzzzzz: no such option\n",
      "t.max_frame: \"2 MiB\" will not do: expected a size, such as \"64 KiB\"",
      "(B, KiB, MiB, GiB), from 1 KiB to 1 MiB",
  };
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
    if (!strstr(all, expected[i])) fail_msg("missing: %s\nin:\n%s", expected[i], all);
  free(all);
  fq_problems_free(&list);
}

static void secrets_stay_secret(void **state) {
  (void)state;
  struct self s;
  struct fq_problem_list list = {0};
  assert_int_equal(parse("{\"key\":\"hunter2-hunter2-hunter2-hunter2-hunter2\"}", &s, &list), 1);
  assert_null(strstr(list.items[0].zh, "hunter2"));
  assert_null(strstr(list.items[0].en, "hunter2"));
  assert_non_null(strstr(list.items[0].en, "***"));
  fq_problems_free(&list);
}

static size_t reload(const char *text, struct self *s, struct fq_problem_list *p,
                     struct fq_problem_list *waiting) {
  fq_json *j = fq_json_parse(text, strlen(text), NULL);
  size_t n = fq_options_reload(table, "t", j, &source, s, sizeof *s, p, waiting);
  fq_json_free(j);
  return n;
}

static void a_reload_stores_what_may_change(void **state) {
  (void)state;
  struct self s;
  struct fq_problem_list p = {0}, waiting = {0};
  parse("{\"count\":7,\"key\":\"abc\"}", &s, &p);
  assert_int_equal(reload("{\"wait\":\"90 s\",\"key\":\"abc\",\"count\":7}", &s, &p, &waiting), 0);
  assert_int_equal(s.wait_ms, 90000);
  assert_int_equal(waiting.count, 0);
  assert_int_equal(reload("{\"wait\":\"80 s\",\"key\":\"xyz\",\"count\":8}", &s, &p, &waiting), 0);
  assert_int_equal(s.wait_ms, 80000);
  assert_int_equal(s.count, 7);
  assert_string_equal(s.key, "abc");
  assert_int_equal(waiting.count, 2);
  assert_string_equal(waiting.items[0].path, "t.count");
  assert_int_equal(reload("{\"wait\":\"70 s\",\"ratio\":9}", &s, &p, &waiting), 1); /* all or nothing */
  assert_int_equal(s.wait_ms, 80000);
  fq_problems_free(&p);
  fq_problems_free(&waiting);
}

static void a_section_must_be_a_table(void **state) {
  (void)state;
  struct self s;
  struct fq_problem_list list = {0};
  assert_int_equal(parse("\"on\"", &s, &list), 1);
  assert_non_null(strstr(list.items[0].en, "expected a table"));
  fq_problems_free(&list);
}

static void mistyped_sections(void **state) {
  (void)state;
  struct fq_problem_list list = {0};
  static const char *const known[] = {"terminal", "dispatch"};
  static const char text[] = "{\"termnial\":{},\"dispatch\":{},\"qqqqqq\":{}}";
  fq_json *j = fq_json_parse(text, strlen(text), NULL);
  assert_int_equal(fq_options_sections(j, known, 2, &source, &list), 2);
  assert_non_null(strstr(list.items[0].en, "did you mean terminal?"));
  assert_null(strstr(list.items[1].en, "mean"));
  fq_json_free(j);
  fq_problems_free(&list);
}

static void long_values_are_cut_between_characters(void **state) {
  (void)state;
  struct self s;
  struct fq_problem_list list = {0};
  parse("{\"count\":\"枫桥枫桥枫桥枫桥枫桥枫桥枫桥枫桥枫桥枫桥枫桥枫桥枫桥枫桥枫桥\"}", &s, &list);
  assert_int_equal(list.count, 1);
  assert_non_null(strstr(list.items[0].en, "… will not do"));
  fq_problems_free(&list);
}

static void bad_tables_are_refused(void **state) {
  (void)state;
  struct {
    struct fq_option o;
    const char *says;
  } cases[] = {
      {{"Count", FQ_O_INT, 0, 8, "1", 0, 0, false, false, "z", "e"}, "lower-case"},
      {{"count", FQ_O_INT, 0, 4, "1", 0, 0, false, false, "z", "e"}, "member of 4 bytes"},
      {{"count", FQ_O_INT, 1000, 8, "1", 0, 0, false, false, "z", "e"}, "outside the plugin's state"},
      {{"count", FQ_O_INT, 0, 8, "1", 9, 2, false, false, "z", "e"}, "min above max"},
      {{"count", FQ_O_INT, 0, 8, "1", 2, 9, false, false, "z", "e"}, "breaks its own type or bounds"},
      {{"count", FQ_O_DURATION, 0, 8, "1", 0, 0, false, false, "z", "e"}, "breaks its own type or bounds"},
      {{"count", FQ_O_INT, 0, 8, "1", 0, 0, false, false, NULL, "e"}, "lacks its help"},
      {{"count", (enum fq_option_type)77, 0, 8, "1", 0, 0, false, false, "z", "e"}, "does not exist"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct fq_option t[] = {cases[i].o, {0}};
    struct fq_error e = {0};
    assert_int_equal(fq_options_check(t, 64, &e), FQ_E_PARAMS);
    if (!strstr(e.en, cases[i].says)) fail_msg("\"%s\" lacks \"%s\"", e.en, cases[i].says);
    assert_true(e.zh[0] != 0);
  }
  struct fq_option twice[] = {table[0], table[0], {0}};
  struct fq_error e = {0};
  assert_int_equal(fq_options_check(twice, sizeof(struct self), &e), FQ_E_PARAMS);
  assert_non_null(strstr(e.en, "declared twice"));
}

static void reference_and_sample(void **state) {
  (void)state;
  char *text = NULL;
  size_t len = 0;
  FILE *out = open_memstream(&text, &len);
  fq_options_text(out, "t", table);
  fq_options_markdown(out, "t", "测试", table);
  fq_options_sample(out, "t", table);
  fclose(out);
  static const char *const expected[] = {
      "t.wait = \"25 s\"\n    等待(可热加载)。应为带单位的时长",
      "the wait (reloadable); a duration with its unit, such as",
      "(ms, s, min, h, d), from 1 s to 1 h\n",
      "## t · 测试\n",
      "| `t.max_frame` | `\"64 KiB\"` |",
      "a\\|b",
      "t = {\n  -- 次数\n  -- how many\n  -- count = 3,\n",
      "  -- key (secret)\n  -- key = \"\",\n}\n",
  };
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
    if (!strstr(text, expected[i])) fail_msg("missing: %s\nin:\n%s", expected[i], text);
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_table_is_sound),
      cmocka_unit_test(defaults_fill_the_struct),
      cmocka_unit_test(values_replace_defaults),
      cmocka_unit_test(units),
      cmocka_unit_test(every_mistake_is_told),
      cmocka_unit_test(secrets_stay_secret),
      cmocka_unit_test(a_reload_stores_what_may_change),
      cmocka_unit_test(a_section_must_be_a_table),
      cmocka_unit_test(mistyped_sections),
      cmocka_unit_test(long_values_are_cut_between_characters),
      cmocka_unit_test(bad_tables_are_refused),
      cmocka_unit_test(reference_and_sample),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
