/* A result's shape as JSON Schema: what is read, what is refused and where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "kernel/kernel.h"

static void reads(const char *text, bool command, const char *schema) {
  struct fq_error e = {0};
  fq_json *o = fq_shape_schema(text, command, &e);
  if (!o) fail_msg("%s: %s", text, e.en);
  char *said = fq_json_print(o);
  assert_string_equal(said, schema);
  free(said);
  fq_json_free(o);
}

static void shapes(void **s) {
  (void)s;
  reads("{}", false,
        "{\"type\":\"object\",\"properties\":{},\"required\":[],\"additionalProperties\":false}");
  reads(
      "{id, place?: {lon: number}}", false,
      "{\"type\":\"object\",\"properties\":{\"id\":{},\"place\":{\"type\":\"object\",\"properties\":{\"lon\":"
      "{\"type\":\"number\"}},\"required\":[\"lon\"],\"additionalProperties\":false}},\"required\":[\"id\"],"
      "\"additionalProperties\":false}");
  reads("{rows:[string?], at: time, ...}", false,
        "{\"type\":\"object\",\"properties\":{\"rows\":{\"type\":\"array\",\"items\":{\"type\":[\"string\","
        "\"null\"]}},\"at\":{\"type\":\"string\",\"format\":\"date-time\"}},\"required\":[\"rows\",\"at\"]}");
  reads("[]", false, "{\"type\":\"array\"}");
  /* what the kernel adds to a command's answer, unless the method tells of it itself */
  reads("{n: integer}", true,
        "{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\"},\"dup\":{\"type\":\"boolean\"}},"
        "\"required\":[\"n\"],\"additionalProperties\":false}");
}

static void refused(const char *text, const char *en) {
  struct fq_error e = {0};
  assert_null(fq_shape_schema(text, false, &e));
  assert_string_equal(e.code, "shape");
  assert_string_equal(e.en, en);
  assert_non_null(strstr(e.zh, "字符"));
}

static void mistakes(void **s) {
  (void)s;
  refused("", "character 1: expected a shape");
  refused("incident", "character 9: expected any string text id time integer number boolean object list");
  refused("{id", "character 4: expected ,");
  refused("{id, id}", "character 8: expected each member once");
  refused("{:number}", "character 2: expected a member's name");
  refused("{rows: [{id}}", "character 13: expected ]");
  refused("{} more", "character 4: expected the end");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(shapes), cmocka_unit_test(mistakes)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
