/* Configuration files in Lua: values, lines, and what is refused with which line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "policy/luaconf.h"

static fq_json *load(const char *text, struct fq_luaconf_lines **lines, struct fq_error *e) {
  *e = (struct fq_error){0};
  return fq_luaconf_load("fengqiao.lua", text, strlen(text), lines, e);
}

static void reads_values_and_lines(void **state) {
  (void)state;
  struct fq_error e;
  struct fq_luaconf_lines *lines;
  fq_json *v = load("-- the county\n"
                    "listen = '127.0.0.1:8080' -- name = 3\n"
                    "local small = 4\n"
                    "terminal = {\n"
                    "  max_frame = \"64 KiB\",\n"
                    "  threads = small // 2,\n"
                    "  [\"heartbeat\"] = '25 s', deep = { x = 1,\n y = small == nil },\n"
                    "}\n"
                    "list = { 'a',\n 'b', { k = 1 } }\n"
                    "",
                    &lines, &e);
  if (!v) fail_msg("%s: %s", e.path, e.en);
  assert_string_equal(fq_json_str(v, "listen"), "127.0.0.1:8080");
  const fq_json *t = fq_json_get(v, "terminal");
  assert_int_equal(fq_json_int(t, "threads", 0), 2);
  assert_null(fq_json_get(v, "small"));
  assert_int_equal(fq_luaconf_line(lines, "listen"), 2);
  assert_int_equal(fq_luaconf_line(lines, "terminal.max_frame"), 5);
  assert_int_equal(fq_luaconf_line(lines, "terminal.heartbeat"), 7);
  assert_int_equal(fq_luaconf_line(lines, "terminal.deep.y"), 8);
  assert_int_equal(fq_luaconf_line(lines, "terminal.nothing"), 4);
  assert_int_equal(fq_luaconf_line(lines, "list[2]"), 11);
  assert_int_equal(fq_luaconf_line(lines, "list[3].k"), 11);
  assert_int_equal(fq_luaconf_line(lines, "nothing"), 0);
  fq_json_free(v);
  fq_luaconf_lines_free(lines);
}

static void reads_a_returned_table(void **state) {
  (void)state;
  struct fq_error e;
  struct fq_luaconf_lines *lines;
  fq_json *v = load("local n = 'x'\nreturn {\n  name = n,\n  title = {\n    zh = '县' } }\n", &lines, &e);
  if (!v) fail_msg("%s: %s", e.path, e.en);
  assert_string_equal(fq_json_str(v, "name"), "x");
  assert_int_equal(fq_luaconf_line(lines, "name"), 3);
  assert_int_equal(fq_luaconf_line(lines, "title.zh"), 5);
  fq_json_free(v);
  fq_luaconf_lines_free(lines);
}

static void skips_function_bodies(void **state) {
  (void)state;
  const char *text = "local wait = minutes(5)\n"
                     "return policy {\n"
                     "  name = 'x',\n"
                     "  on = {\n"
                     "    ['incident.reported'] = function(e, view)\n"
                     "      local officer = { name = 1 }\n"
                     "      if officer then for i = 1, 2 do x = i end end\n"
                     "      repeat local z = 1 until z == 1\n"
                     "      return f { to = 1 }\n"
                     "    end,\n"
                     "    ['clock.breached'] = f,\n"
                     "  },\n"
                     "  titel = [==[ a = { ]] ]==],\n"
                     "}\n";
  struct fq_luaconf_lines *lines = fq_luaconf_scan(text, strlen(text));
  assert_int_equal(fq_luaconf_line(lines, "name"), 3);
  assert_int_equal(fq_luaconf_line(lines, "on.incident.reported"), 5);
  assert_int_equal(fq_luaconf_line(lines, "on.clock.breached"), 11);
  assert_int_equal(fq_luaconf_line(lines, "titel"), 13);
  assert_int_equal(fq_luaconf_line(lines, "on.officer"), 4); /* the parent's: the local is no key */
  fq_luaconf_lines_free(lines);
}

static void says_what_is_wrong(void **state) {
  (void)state;
  static const struct {
    const char *text, *path, *en;
  } cases[] = {
      {"a = 1\nb = = 2\n", "fengqiao.lua:2", "syntax error"},
      {"a = 1\nb = nothing.x\n", "fengqiao.lua:2", "unknown word 'nothing'"},
      {"a = tostrin(1)\n", "fengqiao.lua:1", "did you mean 'tostring'"},
      {"a = {\n  f = function() end }\n", "fengqiao.lua:2", "a function is no data"},
      {"a = 0/0\n", "fengqiao.lua:1", "not a finite number"},
      {"while true do end\n", "fengqiao.lua", "out of time"},
      {"local s = 'x' while true do s = s .. s end\n", "fengqiao.lua", "out of memory"},
      {"a = os.time()\n", "fengqiao.lua:1", "unknown word 'os'"},
      {"a = {}\na.b = a\n", "fengqiao.lua:1", "contains itself"},
      {"\x1bLua", "fengqiao.lua", "binary"},
      {"a = '\xff'", "fengqiao.lua:1", "UTF-8"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct fq_error e;
    struct fq_luaconf_lines *lines;
    fq_json *v = load(cases[i].text, &lines, &e);
    if (v) fail_msg("case %zu was accepted", i);
    if (strcmp(e.path, cases[i].path) || !strstr(e.en, cases[i].en))
      fail_msg("case %zu: %s: %s", i, e.path, e.en);
    assert_true(e.zh[0]);
    fq_luaconf_lines_free(lines);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_values_and_lines),
      cmocka_unit_test(reads_a_returned_table),
      cmocka_unit_test(skips_function_bodies),
      cmocka_unit_test(says_what_is_wrong),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
