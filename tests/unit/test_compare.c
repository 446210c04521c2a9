/* Two databases compared table by table: by what the columns are called, not by where they stand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/mem.h"
#include "store/compare.h"
#include "store/db.h"

static char dir[] = "/tmp/fq-compare-XXXXXX";

static char *made(const char *name, const char *sql) {
  struct fq_error e = {0};
  char *path = fq_printf("%s/%s", dir, name);
  unlink(path);
  fq_db *db = fq_db_open(path, FQ_DB_WRITER, &e);
  if (!db) fail_msg("%s", e.en);
  fq_db_allow_write(db, true);
  assert_true(fq_db_run(db, sql));
  assert_true(fq_db_run(db, "PRAGMA journal_mode=DELETE"));
  fq_db_close(db);
  return path;
}

/* What is said of the two; "" when they are the same. The caller frees. */
static char *said(const char *one, const char *other) {
  struct fq_error e = {0};
  char *a = made("a.db", one), *b = made("b.db", other), *text = NULL;
  size_t len = 0;
  FILE *out = open_memstream(&text, &len);
  enum fq_status st = fq_compare(a, b, out, &e);
  fclose(out);
  assert_int_equal(st != FQ_OK, len > 0);
  unlink(a);
  unlink(b);
  free(a);
  free(b);
  return text;
}
static void is(const char *one, const char *other, const char *expected) {
  char *text = said(one, other);
  if (!strstr(text, expected) || (!*expected && *text)) fail_msg("\"%s\" is not \"%s\"", text, expected);
  free(text);
}

static void by_name(void **state) {
  static const char one[] = "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b TEXT); INSERT INTO t(id, a, b) "
                            "VALUES(1, 'x', 'y')";
  is(one, one, "");
  is(one,
     "CREATE TABLE t(id INTEGER PRIMARY KEY, b TEXT, a TEXT); INSERT INTO t(id, a, b) VALUES(1, 'x', 'y')",
     "");
  is(one,
     "CREATE TABLE t(id INTEGER PRIMARY KEY, b TEXT, a TEXT); INSERT INTO t(id, a, b) VALUES(1, 'y', 'x')",
     "t: 2 ");
  is(one, "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, c TEXT)", "not of the same form");
  is(one, "CREATE TABLE u(id INTEGER PRIMARY KEY)", "not of the same form");
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(by_name)};
  assert_true(mkdtemp(dir) != NULL);
  int failed = cmocka_run_group_tests(tests, NULL, NULL);
  rmdir(dir);
  return failed;
}
