/*
 * Bad plugins are refused, each with a message in both languages that names the file and the reason; good
 * and older ones are taken. The modules beside this file are wrong on purpose, one way each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "mock_kernel.h"
#include "plugin/registry.h"

/* What the registry hands to the kernel, in order. */
static char added[256];
enum fq_status fq_kernel_add(fq_kernel *k, const struct fq_plugin *table, void *self, struct fq_error *e) {
  (void)k;
  (void)e;
  assert_non_null(self);
  strcat(strcat(added, table->name), " ");
  return FQ_OK;
}

static void says(const char *message, const char *what) {
  if (!strstr(message, what)) fail_msg("\"%s\" does not say \"%s\"", message, what);
}

static void each_is_refused_with_its_reason(void **state) {
  (void)state;
  static const struct {
    const char *name, *code, *zh, *en;
  } cases[] = {
      {"abi_major", "plugin.abi", "主版本不同", "built for ABI 2.0, the server has 1.4: the major differs"},
      {"abi_minor", "plugin.abi", "请升级服务器", "newer than the server's 1.4"},
      {"no_head", "plugin.size", "FQ_PLUGIN_HEAD", "is FQ_PLUGIN_HEAD missing?"},
      {"size_lies", "plugin.size", "但文件里的 fq_plugin 只有 48 字节",
       "but fq_plugin in the file has 48 bytes"},
      {"no_symbol", "plugin.symbol", "没有导出符号 fq_plugin", "exports no symbol fq_plugin"},
      {"undefined", "plugin.open", "fq_no_such_function", "undefined symbol: fq_no_such_function"},
      {"no_name", "plugin.table", "name 为 \"\"", "name is \"\""},
      {"kind_no_apply", "plugin.table", "bad.happened 没有 apply", "kind bad.happened has no apply"},
      {"kind_twice", "plugin.table", "bad.happened 声明了两次", "kind bad.happened is declared twice"},
      {"no_handler", "plugin.table", "bad.call 没有处理函数", "method bad.call has no handler"},
      {"two_handlers", "plugin.table", "bad.call 有 2 个处理函数", "method bad.call has 2 handlers"},
      {"no_roles", "plugin.table", "没有任何角色可调用", "nobody may call method bad.call"},
      {"doubled_prefix", "plugin.table", "\"bad.bad.call\" 不合规", "has the name \"bad.bad.call\""},
      {"bad_param", "plugin.table", "枚举参数 state 没有 values", "enum parameter state has no values"},
      {"bad_option", "plugin.option", "选项 wait 的默认值", "option wait has the default \"2 h\""},
      {"bad_part", "plugin.table", "应如 bad_part.whistle", "something like bad_part.whistle"},
      {"bad_metric", "plugin.table", "应以 fengqiao_bad_metric_ 开头",
       "does not begin with fengqiao_bad_metric_"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char *path = fq_registry_find(TEST_MODULES, cases[i].name);
    if (!path) fail_msg("%s was not built", cases[i].name);
    struct fq_loaded l;
    struct fq_error e = {0};
    if (fq_plugin_load(path, &l, &e) == FQ_OK) fail_msg("%s was accepted", cases[i].name);
    assert_null(l.table);
    char file[64];
    snprintf(file, sizeof file, "%s.so", cases[i].name);
    says(e.zh, file);
    says(e.en, file);
    says(e.zh, cases[i].zh);
    says(e.en, cases[i].en);
    assert_string_equal(e.code, cases[i].code);
    free(path);
  }
}

static void what_is_no_plugin_file(void **state) {
  (void)state;
  struct fq_loaded l;
  struct fq_error e = {0};
  char path[] = "/tmp/fq-not-elf-XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, "#!/bin/sh\necho hello\n", 21), 21);
  close(fd);
  assert_int_equal(fq_plugin_load(path, &l, &e), FQ_E_PARAMS);
  assert_string_equal(e.code, "plugin.open");
  says(e.zh, "打不开");
  says(e.en, path + strlen("/tmp/"));
  assert_int_equal(truncate(path, 0), 0);
  assert_int_equal(fq_plugin_load(path, &l, &e), FQ_E_PARAMS);
  unlink(path);
  assert_int_equal(fq_plugin_load(path, &l, &e), FQ_E_NOT_FOUND);
  says(e.en, "no such file");
  assert_int_equal(fq_plugin_load("/tmp", &l, &e), FQ_E_NOT_FOUND);
  assert_int_equal(fq_plugin_load("/tmp", &l, NULL), FQ_E_NOT_FOUND); /* without anybody to tell */
}

static void an_older_one_is_taken(void **state) {
  (void)state;
  char *path = fq_registry_find(TEST_MODULES, "smaller");
  assert_non_null(path);
  struct fq_loaded l;
  struct fq_error e = {0};
  if (fq_plugin_load(path, &l, &e) != FQ_OK) fail_msg("%s", e.en);
  assert_string_equal(l.table->name, "smaller");
  assert_int_equal(l.table->size, sizeof(struct fq_plugin));
  assert_null(l.table->reactions);
  assert_null(l.table->init);
  assert_null(l.table->health);
  fq_loaded_free(&l);
  free(path);
}

static void a_failing_apply_leaves_nothing(void **state) {
  (void)state;
  char *path = fq_registry_find(TEST_MODULES, "apply_fails");
  assert_non_null(path);
  struct fq_loaded l;
  assert_int_equal(fq_plugin_load(path, &l, NULL), FQ_OK);
  mock_start(l.table, NULL);
  assert_int_equal(mock_try("bad.call", NULL), FQ_E_INTERNAL);
  assert_string_equal(mock_error()->code, "apply_fails.no");
  assert_int_equal(fq_json_int(mock_call("bad.count", NULL), "rows", -1), 0);
  assert_int_equal(fq_json_size(mock_entries()), 0);
  mock_stop();
  fq_loaded_free(&l);
  free(path);
}

static size_t load(struct fq_registry *r, const char *dir, const char *const *names, size_t count,
                   const char *values, struct fq_problem_list *problems) {
  static const char *const sections[] = {"server", NULL};
  fq_json *j = values ? fq_json_parse(values, strlen(values), NULL) : NULL;
  struct fq_registry_config config = {.dir = dir,
                                      .names = names,
                                      .count = count,
                                      .values = j,
                                      .source = {.file = "fengqiao.lua"},
                                      .sections = sections};
  size_t n = fq_registry_load(r, &config, problems);
  fq_json_free(j);
  return n;
}

static void a_registry_tells_all_that_is_wrong(void **state) {
  (void)state;
  struct fq_registry r = {0};
  struct fq_problem_list p = {0};
  static const char *const names[] = {"good",      "good",    "same_name", "kind_no_apply",
                                      "abi_majro", "../evil", "smaller"};
  size_t n = load(&r, TEST_MODULES, names, 7,
                  "{\"good\":{\"speed\":1},\"servr\":{},\"kind_no_apply\":{\"x\":1}}", &p);
  char *text = fq_problems_text(&p);
  assert_int_equal(n, 7);
  assert_int_equal(r.count, 2); /* good and smaller stand */
  static const char *const expected[] = {
      "fengqiao.lua: good.speed: 没有这个选项",
      "fengqiao.lua: server.plugins: duplicate plugin name good:",
      "same_name.so",
      "插件 kind_no_apply.so 被拒绝:kind bad.happened 没有 apply",
      "has no plugin abi_majro; did you mean abi_major?",
      "plugin name \"../evil\" is not",
      "fengqiao.lua: servr: no such section; did you mean server?",
  };
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
    says(text, expected[i]);
  free(text);
  fq_problems_free(&p);
  fq_registry_free(&r);
}

static void one_file_under_another_name(void **state) {
  (void)state;
  struct fq_registry r = {0};
  struct fq_problem_list p = {0};
  static const char *const names[] = {"same_name"};
  assert_int_equal(load(&r, TEST_MODULES, names, 1, NULL, &p), 1);
  says(p.items[0].zh, "自称 good");
  says(p.items[0].en, "holds a plugin that calls itself good");
  fq_problems_free(&p);
  fq_registry_free(&r);
}

static void options_reach_the_plugin(void **state) {
  (void)state;
  struct fq_registry r = {0};
  struct fq_problem_list p = {0};
  static const char *const names[] = {"skel"};
  size_t n = load(&r, TEST_PLUGINS, names, 1, "{\"skel\":{\"greeting\":\"早\"}}", &p);
  char *text = fq_problems_text(&p);
  if (n) fail_msg("%s", text);
  free(text);
  assert_int_equal(r.count, 1);
  assert_string_equal(r.slots[0].self, "早"); /* the first member of its struct */
  added[0] = 0;
  assert_int_equal(fq_registry_add(&r, NULL, NULL), FQ_OK);
  assert_string_equal(added, "skel ");
  fq_problems_free(&p);
  fq_registry_free(&r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_is_refused_with_its_reason),
      cmocka_unit_test(what_is_no_plugin_file),
      cmocka_unit_test(an_older_one_is_taken),
      cmocka_unit_test(a_failing_apply_leaves_nothing),
      cmocka_unit_test(a_registry_tells_all_that_is_wrong),
      cmocka_unit_test(one_file_under_another_name),
      cmocka_unit_test(options_reach_the_plugin),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
