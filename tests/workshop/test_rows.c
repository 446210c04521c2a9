/* The rows of a result: written, paged, filtered, as CSV; and what must not get in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "workshop/rows.h"
#include "workshop/task.h"

#define ROWS 20000

static char dir[] = "/tmp/fengqiao-rows-XXXXXX";

static fq_json *parse(const char *text) {
  struct fq_error e = {0};
  fq_json *v = fq_json_parse(text, strlen(text), &e);
  if (!v) fail_msg("%s: %s", text, e.en);
  return v;
}

static void add(struct fq_rows_writer *w, const char *list, const char *text) {
  struct fq_error e = {0};
  fq_json *v = parse(text);
  if (!fq_rows_add(w, list, v, &e)) fail_msg("%s: %s", list, e.en);
  fq_json_free(v);
}

static fq_json *page(const char *list, int64_t after, int64_t limit, const char *where) {
  struct fq_error e = {0};
  fq_json *result = fq_json_object(), *w = where ? parse(where) : NULL;
  if (fq_rows_read(dir, list, &(struct fq_rows_page){after, limit, w}, result, &e)) fail_msg("%s", e.en);
  fq_json_free(w);
  return result;
}

static int64_t first_n(const fq_json *result) {
  return fq_json_int(fq_json_first(fq_json_get(result, "rows")), "n", -1);
}

static int setup(void **state) {
  struct fq_error e = {0};
  if (!mkdtemp(dir)) return -1;
  struct fq_rows_writer *w = fq_rows_create(dir);
  for (int i = 0; i < ROWS; i++) {
    char text[256];
    snprintf(
        text, sizeof text,
        "{\"n\":%d,\"township\":\"t%d\",\"differs\":%s,\"zh\":\"第%d行,\\\"引号\\\"\",\"deep\":{\"township\":"
        "\"t%d\"}}",
        i, i % 7, i % 1000 ? "false" : "true", i, (i + 1) % 7);
    add(w, "incidents", text);
  }
  add(w, "cells", "{\"a\":\"=1+1\",\"b\":\"x,y\",\"c\":-5,\"d\":\"he said \\\"no\\\"\"}");
  add(w, "cells", "{\"a\":\"+1\",\"b\":\"two\\nlines\",\"c\":null,\"e\":[1,{\"x\":\"y\"}],\"@f\":true}");
  add(w, "cells", "{\"a\":\"-1\",\"b\":\"\",\"c\":2.5,\"d\":\"@cmd\",\"e\":\"plain 中文\"}");
  add(w, "wide",
      "{\"a\":\"＝1+1\",\"b\":\"＋1\",\"c\":\"－1\",\"d\":\"＠x\",\"e\":\"\\n=1\",\"f\":\"甲=1\"}");
  if (!fq_rows_flush(w, &e)) return -1;
  fq_rows_close(w);
  return 0;
}

static int teardown(void **state) {
  fq_task_wipe(dir);
  return access(dir, F_OK) ? 0 : -1;
}

static void test_pages(void **state) {
  int64_t after = 0, seen = 0, pages = 0;
  for (;;) {
    fq_json *r = page("incidents", after, 1000, NULL);
    assert_int_equal(fq_json_int(r, "total", 0), ROWS);
    fq_json_each(row, fq_json_get(r, "rows")) assert_int_equal(fq_json_int(row, "n", -1), seen++);
    after = fq_json_int(r, "next", -1);
    pages++;
    fq_json_free(r);
    if (after < 0) break;
    assert_int_equal(after, seen);
  }
  assert_int_equal(seen, ROWS);
  assert_int_equal(pages, ROWS / 1000);
  fq_json *r = page("incidents", ROWS - 1, 10, NULL);
  assert_int_equal(first_n(r), ROWS - 1);
  assert_null(fq_json_get(r, "next"));
  fq_json_free(r);
  r = page("incidents", ROWS + 5, 10, NULL);
  assert_int_equal(fq_json_size(fq_json_get(r, "rows")), 0);
  assert_int_equal(fq_json_int(r, "total", 0), ROWS);
  fq_json_free(r);
}

/* A member of the row itself, not one deeper down that prints alike. */
static void test_filters(void **state) {
  fq_json *r = page("incidents", 0, 5, "{\"township\":\"t3\"}");
  assert_int_equal(first_n(r), 3);
  assert_int_equal(fq_json_int(r, "total", 0), (ROWS - 3 + 6) / 7);
  int64_t next = fq_json_int(r, "next", -1);
  fq_json_free(r);
  r = page("incidents", next, 5, "{\"township\":\"t3\"}");
  assert_int_equal(first_n(r), 3 + 5 * 7);
  fq_json_free(r);
  r = page("incidents", 0, 100, "{\"differs\":true,\"township\":\"t6\"}");
  assert_int_equal(first_n(r), 1000);
  fq_json_free(r);
  const char *const none[] = {"{\"township\":\"t9\"}", "{\"nothing\":1}", "{\"n\":\"3\"}",
                              "{\"differs\":null}", "{\"town\":\"t3\"}"};
  for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
    r = page("incidents", 0, 5, none[i]);
    assert_int_equal(fq_json_int(r, "total", -1), 0);
    fq_json_free(r);
  }
  r = page("incidents", 0, 5, "{\"n\":30.0}"); /* the same number in other letters */
  assert_int_equal(fq_json_int(r, "total", -1), 1);
  assert_int_equal(first_n(r), 30);
  fq_json_free(r);
  r = page("incidents", 0, 5, "{}");
  assert_int_equal(fq_json_int(r, "total", -1), ROWS);
  fq_json_free(r);
}

static char *csv(const char *list, int64_t *pieces) {
  struct fq_error e = {0};
  struct fq_buf b = {0};
  int64_t after = 0;
  for (*pieces = 0; after >= 0; ++*pieces) {
    fq_json *r = fq_json_object();
    if (fq_rows_csv(dir, list, after, r, &e)) fail_msg("%s", e.en);
    fq_buf_str(&b, fq_json_str(r, "csv"));
    after = fq_json_int(r, "next", -1);
    fq_json_free(r);
  }
  return b.data;
}

static void test_csv(void **state) {
  int64_t pieces;
  char *text = csv("cells", &pieces);
  assert_string_equal(text, "a,b,c,d,e,\"'@f\"\r\n"
                            "\"'=1+1\",\"x,y\",-5,\"he said \"\"no\"\"\",,\r\n"
                            "\"'+1\",\"two\nlines\",,,\"[1,{\"\"x\"\":\"\"y\"\"}]\",true\r\n"
                            "\"'-1\",,2.5,\"'@cmd\",plain 中文,\r\n");
  free(text);
  text = csv("wide", &pieces);
  assert_string_equal(text, "a,b,c,d,e,f\r\n\"'＝1+1\",\"'＋1\",\"'－1\",\"'＠x\",\"'\n=1\",甲=1\r\n");
  free(text);
  text = csv("incidents", &pieces);
  size_t lines = 0;
  for (const char *p = text; (p = strstr(p, "\r\n")); p += 2)
    lines++;
  assert_int_equal(lines, ROWS + 1);
  assert_memory_equal(text, "n,township,differs,zh,deep\r\n", 28);
  free(text);
}

static void test_lists_and_names(void **state) {
  struct fq_error e = {0};
  fq_json *lists = fq_rows_lists(dir), *result = fq_json_object();
  assert_int_equal(fq_json_size(lists), 3);
  assert_int_equal(fq_json_int(lists, "incidents", 0), ROWS);
  assert_int_equal(fq_json_int(lists, "cells", 0), 3);
  fq_json_free(lists);
  const char *const bad[] = {"",    "../cells", "cells.idx", "Cells",
                             "a/b", "nothing",  "cells\n",   "abcdefghijklmnopqrstuvwxyzabcdefghijk"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    assert_int_equal(fq_rows_read(dir, bad[i], &(struct fq_rows_page){0, 1, NULL}, result, &e),
                     FQ_E_NOT_FOUND);
    assert_int_equal(fq_rows_csv(dir, bad[i], 0, result, &e), FQ_E_NOT_FOUND);
  }
  fq_json_free(result);
}

/* A reader beside the writer sees whole rows only. */
static void test_read_while_written(void **state) {
  char other[] = "/tmp/fengqiao-rows-XXXXXX";
  struct fq_error e = {0};
  assert_non_null(mkdtemp(other));
  struct fq_rows_writer *w = fq_rows_create(other);
  int64_t most = 0;
  for (int i = 0; i < 40000; i++) {
    char text[64];
    snprintf(text, sizeof text, "{\"n\":%d,\"zh\":\"某事\"}", i);
    add(w, "rows", text);
    if (i % 1000) continue;
    fq_json *r = fq_json_object();
    assert_int_equal(fq_rows_read(other, "rows", &(struct fq_rows_page){0, 1, NULL}, r, &e), FQ_OK);
    int64_t total = fq_json_int(r, "total", -1);
    assert_true(total >= most && total <= i + 1);
    most = total;
    fq_json_free(r);
    if (!total) continue;
    r = fq_json_object();
    assert_int_equal(fq_rows_read(other, "rows", &(struct fq_rows_page){total - 1, 1, NULL}, r, &e), FQ_OK);
    assert_int_equal(first_n(r), total - 1);
    fq_json_free(r);
  }
  assert_true(most > 0);
  fq_rows_close(w);
  fq_task_wipe(other);
}

/* The disk is full in the middle of a list: what was written before stays readable, and nothing that is
 * written later lies where the index does not say. */
static void test_a_full_disk(void **state) {
  char other[] = "/tmp/fengqiao-rows-XXXXXX";
  struct fq_error e = {0};
  struct rlimit was, small;
  assert_non_null(mkdtemp(other));
  struct fq_rows_writer *w = fq_rows_create(other);
  add(w, "rows", "{\"n\":0}");
  assert_true(fq_rows_flush(w, &e));
  getrlimit(RLIMIT_FSIZE, &was);
  small = (struct rlimit){100, was.rlim_max};
  signal(SIGXFSZ, SIG_IGN);
  for (int i = 1; i < 100; i++) {
    char text[32];
    snprintf(text, sizeof text, "{\"n\":%d}", i);
    add(w, "rows", text);
  }
  setrlimit(RLIMIT_FSIZE, &small);
  assert_false(fq_rows_flush(w, &e)); /* some of it was written */
  assert_string_equal(e.code, "job.storage");
  assert_true(strlen(e.zh) && strlen(e.en));
  setrlimit(RLIMIT_FSIZE, &was);
  assert_false(fq_rows_flush(w, &e)); /* there is room again, and it is too late */
  fq_rows_close(w);
  fq_json *r = fq_json_object();
  assert_int_equal(fq_rows_read(other, "rows", &(struct fq_rows_page){0, 1000, NULL}, r, &e), FQ_OK);
  int64_t n = 0;
  fq_json_each(row, fq_json_get(r, "rows")) assert_int_equal(fq_json_int(row, "n", -1), n++);
  assert_true(n >= 1);
  fq_json_free(r);
  fq_task_wipe(other);
}

static void test_what_must_not_get_in(void **state) {
  char other[] = "/tmp/fengqiao-rows-XXXXXX";
  struct fq_error e = {0};
  assert_non_null(mkdtemp(other));
  struct fq_rows_writer *w = fq_rows_create(other);
  fq_json *row = parse("{\"a\":1}");
  assert_false(fq_rows_add(w, "../escape", row, &e));
  assert_string_equal(e.code, "job.garbage");
  for (int i = 0; i < FQ_ROWS_LISTS; i++) {
    char name[] = {(char)('a' + i), 0};
    assert_true(fq_rows_add(w, name, row, &e));
  }
  assert_false(fq_rows_add(w, "onemore", row, &e));
  fq_rows_close(w);
  w = fq_rows_create("/nowhere/at/all");
  assert_false(fq_rows_add(w, "rows", row, &e));
  assert_string_equal(e.code, "job.storage");
  assert_non_null(strstr(e.zh, "结果无法保存"));
  fq_rows_close(w);
  fq_json_free(row);
  fq_task_wipe(other);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_pages),
                                     cmocka_unit_test(test_filters),
                                     cmocka_unit_test(test_csv),
                                     cmocka_unit_test(test_lists_and_names),
                                     cmocka_unit_test(test_read_while_written),
                                     cmocka_unit_test(test_a_full_disk),
                                     cmocka_unit_test(test_what_must_not_get_in)};
  return cmocka_run_group_tests(tests, setup, teardown);
}
