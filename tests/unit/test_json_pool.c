/* Values in a pool are those that fq_json_parse() makes, to the bit. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/mem.h"

static void same_value(struct fq_json_pool *pool, const char *text) {
  struct fq_error e = {0};
  fq_json *wanted = fq_json_parse(text, strlen(text), &e);
  assert_non_null(wanted);
  const fq_json *got = fq_json_parse_into(pool, text, strlen(text), &e);
  assert_non_null(got);
  assert_true(fq_json_identical(wanted, got));
  char *a = fq_json_print(wanted), *b = fq_json_print(got);
  assert_string_equal(a, b);
  fq_json *copy = fq_json_dup(got); /* outlives the pool */
  assert_true(fq_json_identical(wanted, copy));
  fq_json_free(copy);
  fq_json_free(wanted);
  free(a);
  free(b);
}

static void test_values(void **state) {
  (void)state;
  static const char *const texts[] = {
      "[]",
      "[ ]",
      "{}",
      " { \"a\" : [ 1 , 2 , { \"b\" : null } ] , \"c\" : true , \"d\" : false } ",
      "[0,-0,1,-1,10,999999999999999,-999999999999999,9007199254740991,9007199254740993,1234567890123456]",
      "[12345678901234567890123456789,-12345678901234567890,2147483647,2147483648,-2147483648,-2147483649]",
      "[0.1,1.5,-2.25,110.50000000000001,1e3,1E3,1e-3,-1.5e+10,0e5,-0.0,0.0,1e308,5e-324,27.1]",
      "[\"\",\"a\",\"\\\"\\\\\\/\\b\\f\\n\\r\\t\",\"\\u0041\\u00e9\\u67ab\\ud83d\\ude00\",\"枫桥\",\"😀\"]",
      "{\"\\u67ab\\n\":{\"\":\"x\"},\"deep\":[[[[[[[[\"x\\\\\"]]]]]]]]}",
  };
  struct fq_json_pool *pool = fq_json_pool_new();
  for (int round = 0; round < 3; round++, fq_json_pool_reset(pool))
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
      same_value(pool, texts[i]);
  fq_json_pool_free(pool);
}

/* Numbers as they come, whole and broken, printed in every length. */
static void test_numbers(void **state) {
  (void)state;
  struct fq_json_pool *pool = fq_json_pool_new();
  uint64_t x = 88172645463325252u;
  for (int i = 0; i < 20000; i++) {
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    double d = (double)(int64_t)x / pow(10, (double)(x % 30));
    char *text = fq_printf(i % 3 == 0 ? "[%.17g]" : i % 3 == 1 ? "[%.0f]" : "[%.6f]", d);
    same_value(pool, text);
    free(text);
    if (i % 1000 == 0) fq_json_pool_reset(pool);
  }
  fq_json_pool_free(pool);
}

static void test_large(void **state) {
  (void)state;
  struct fq_json_pool *pool = fq_json_pool_new();
  for (size_t len = 100000; len <= 1600000; len *= 2) {
    char *text = fq_alloc(len + 8);
    memset(text, 'x', len + 4);
    memcpy(text, "[\"", 2);
    memcpy(text + len, "\"]", 3);
    same_value(pool, text);
    same_value(pool, "[1,2,3]");
    if (len == 400000) fq_json_pool_reset(pool);
    free(text);
  }
  char *kept = fq_json_pool_text(pool, "kept");
  same_value(pool, "{\"a\":\"b\"}");
  assert_string_equal(kept, "kept");
  fq_json_pool_free(pool);
  fq_json_pool_free(NULL);
}

static void test_refused(void **state) {
  (void)state;
  static const char *const texts[] = {"",         "[1,]",       "{\"a\"}",  "01",   "[1] 2", "\"\\u0000\"",
                                      "\"\x01\"", "[\"\xff\"]", "{\"a\":1", "nulL", "-",     "\"\\ud800\""};
  struct fq_json_pool *pool = fq_json_pool_new();
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    struct fq_error e = {0}, other = {0};
    assert_null(fq_json_parse_into(pool, texts[i], strlen(texts[i]), &e));
    assert_null(fq_json_parse(texts[i], strlen(texts[i]), &other));
    assert_string_equal(e.code, "json.syntax");
    assert_string_equal(e.zh, other.zh);
    assert_string_equal(e.en, other.en);
  }
  fq_json_pool_free(pool);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_values), cmocka_unit_test(test_numbers),
                                     cmocka_unit_test(test_large), cmocka_unit_test(test_refused)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
