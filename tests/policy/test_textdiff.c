/* Differences of texts: applying the hunks to the one gives the other; no shorter one exists; large and
 * hostile texts come to an end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>

#include "base/json.h"
#include "base/mem.h"
#include "policy/textdiff.h"

struct lines {
  char **at;
  size_t count;
};

static struct lines split(const char *text) {
  struct lines l = {0};
  while (*text) {
    size_t len = strcspn(text, "\n");
    l.at = fq_realloc(l.at, (l.count + 1) * sizeof *l.at);
    l.at[l.count++] = fq_strndup(text, len);
    text += len + (text[len] == '\n');
  }
  return l;
}
static void drop(struct lines *l) {
  for (size_t i = 0; i < l->count; i++)
    free(l->at[i]);
  free(l->at);
}

/* Applies the hunks to `from`, checking numbers and what stands around; fails unless that gives `to`. Returns
 * how many lines went and came. */
static int applied(const char *from, const char *to) {
  fq_json *hunks = fq_textdiff(from, to);
  struct lines a = split(from), b = split(to);
  size_t x = 0, y = 0;
  int edits = 0;
  fq_json_each(h, hunks) {
    size_t at = (size_t)fq_json_int(h, "from", 0) - 1;
    int last_edit = 0, n = 0, first_edit = -1;
    while (x < at) {
      assert_true(x < a.count && y < b.count);
      assert_string_equal(a.at[x++], b.at[y++]);
    }
    assert_int_equal(x, at);
    assert_int_equal(y, fq_json_int(h, "to", 0) - 1);
    fq_json_each(l, fq_json_get(h, "lines")) {
      const char *sign = fq_json_as_str(fq_json_first(l)),
                 *text = fq_json_as_str(fq_json_next(fq_json_first(l)));
      if (*sign != '+') {
        assert_true(x < a.count);
        assert_string_equal(a.at[x++], text);
      }
      if (*sign != '-') {
        assert_true(y < b.count);
        assert_string_equal(b.at[y++], text);
      }
      n++;
      if (*sign != '=') {
        edits++;
        last_edit = n;
        if (first_edit < 0) first_edit = n;
      }
    }
    assert_true(first_edit > 0 && first_edit <= 4); /* at most three lines before, and after */
    assert_true(n - last_edit <= 3);
  }
  for (; x < a.count; x++, y++) {
    assert_true(y < b.count);
    assert_string_equal(a.at[x], b.at[y]);
  }
  assert_int_equal(y, b.count);
  drop(&a);
  drop(&b);
  fq_json_free(hunks);
  return edits;
}

static void finds_nothing_and_everything(void **state) {
  assert_int_equal(applied("", ""), 0);
  assert_int_equal(applied("a\nb\n", "a\nb\n"), 0);
  assert_int_equal(applied("", "a\nb\n"), 2);
  assert_int_equal(applied("a\nb\n", ""), 2);
  assert_int_equal(applied("a\n", "b\n"), 2);
  fq_json *h = fq_textdiff(NULL, "甲\n");
  assert_int_equal(fq_json_size(h), 1);
  fq_json_free(h);
  h = fq_textdiff("a\nb", "a\nb\n"); /* the end of the last line is part of it */
  assert_int_equal(fq_json_size(h), 1);
  fq_json_free(h);
}

static void puts_three_lines_around(void **state) {
  fq_json *h = fq_textdiff("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n",
                           "1\n2\n3\n4\nfive\n6\n7\n8\n9\n10\n11\n12\n13\n14\nfifteen\n");
  char *text = fq_json_print(h);
  assert_string_equal(
      text, "[{\"from\":2,\"to\":2,\"lines\":[[\"=\",\"2\"],[\"=\",\"3\"],[\"=\",\"4\"],[\"-\",\"5\"],[\"+\","
            "\"five\"],[\"=\",\"6\"],[\"=\",\"7\"],[\"=\",\"8\"]]},{\"from\":12,\"to\":12,\"lines\":[[\"=\","
            "\"12\"],[\"=\",\"13\"],[\"=\",\"14\"],[\"-\",\"15\"],[\"+\",\"fifteen\"]]}]");
  free(text);
  fq_json_free(h);
  /* six lines between are one hunk, seven are two */
  h = fq_textdiff("a\n1\n2\n3\n4\n5\n6\nb\n", "A\n1\n2\n3\n4\n5\n6\nB\n");
  assert_int_equal(fq_json_size(h), 1);
  fq_json_free(h);
  h = fq_textdiff("a\n1\n2\n3\n4\n5\n6\n7\nb\n", "A\n1\n2\n3\n4\n5\n6\n7\nB\n");
  assert_int_equal(fq_json_size(h), 2);
  fq_json_free(h);
}

static uint32_t seed = 1;
static uint32_t roll(uint32_t below) {
  seed = seed * 1664525u + 1013904223u;
  return (seed >> 8) % below;
}
static void some_lines(char *out, int count, uint32_t alphabet) {
  for (int i = 0; i < count; i++)
    out += sprintf(out, "%c\n", 'a' + (int)roll(alphabet));
  *out = '\0';
}

/* Lines that are not in a longest common subsequence, by the textbook. */
static int fewest(const char *a, const char *b) {
  static int t[64][64];
  int n = (int)strlen(a) / 2, m = (int)strlen(b) / 2;
  for (int i = 0; i <= n; i++)
    for (int j = 0; j <= m; j++)
      t[i][j] = !i || !j                       ? 0
                : a[2 * i - 2] == b[2 * j - 2] ? t[i - 1][j - 1] + 1
                : t[i - 1][j] > t[i][j - 1]    ? t[i - 1][j]
                                               : t[i][j - 1];
  return n + m - 2 * t[n][m];
}

static void finds_the_shortest(void **state) {
  char a[200], b[200];
  for (int i = 0; i < 3000; i++) {
    some_lines(a, (int)roll(30), 1 + roll(6));
    some_lines(b, (int)roll(30), 1 + roll(6));
    int edits = applied(a, b);
    if (edits != fewest(a, b)) fail_msg("%d instead of %d: %s / %s", edits, fewest(a, b), a, b);
  }
}

/* Beyond the bound it may find more than the fewest, but what it finds is right. */
static void comes_to_an_end(void **state) {
  struct fq_buf a = {0}, b = {0};
  for (int i = 0; i < 20000; i++) {
    fq_buf_fmt(&a, "%u\n", roll(3)); /* few kinds of lines, hardly an anchor: hard */
    fq_buf_fmt(&b, "%u\n", roll(3));
    if (i % 100 == 0) {
      fq_buf_fmt(&a, "anchor %d\n", i);
      fq_buf_fmt(&b, "anchor %d\n", i);
    }
  }
  assert_true(applied(a.data, b.data) > 0);
  a.len = b.len = 0;
  for (int i = 0; i < 30000; i++) { /* nothing in common but a line in the middle */
    fq_buf_fmt(&a, "%s%d\n", i == 15000 ? "x" : "a", i);
    fq_buf_fmt(&b, "%s%d\n", i == 15000 ? "x" : "b", i);
  }
  assert_int_equal(applied(a.data, b.data), 2 * 29999);
  a.len = b.len = 0;
  for (int i = 0; i < 3000; i++) /* turned round: one unique line can stay */
    fq_buf_fmt(&a, "%d\n", i), fq_buf_fmt(&b, "%d\n", 2999 - i);
  assert_int_equal(applied(a.data, b.data), 2 * 2999);
  fq_buf_free(&a);
  fq_buf_free(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(finds_nothing_and_everything),
      cmocka_unit_test(puts_three_lines_around),
      cmocka_unit_test(finds_the_shortest),
      cmocka_unit_test(comes_to_an_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
