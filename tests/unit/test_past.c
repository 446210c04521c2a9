/* The past: a kernel that lives through another's journal, beside it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "kernel/kernel.h"

/* Things with a number each; a thing that is "twice" emits a second entry, and "more" leads to another. */
static enum fq_status apply_thing(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "INSERT INTO thing(n, word) VALUES(?, ?)", "is", e->seq, fq_json_str(e->data, "word"));
  return FQ_OK;
}
static enum fq_status apply_index(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "INSERT INTO indexed(n) VALUES(?)", "i", e->seq);
  return FQ_OK;
}
static enum fq_status emit(struct fq_call *c, const char *word) {
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "word", word);
  return fq_emit(c, (struct fq_draft){.kind = "thing.put", .subject = "x1", .data = data});
}
static enum fq_status put(struct fq_call *c) {
  const char *word = fq_json_str(c->params, "word");
  enum fq_status st = emit(c, word);
  return st || strcmp(word, "twice") ? st : emit(c, "second");
}
static enum fq_status more(struct fq_call *c, const struct fq_entry *e) {
  const char *word = fq_json_str(e->data, "word");
  return strcmp(word, "more") ? FQ_OK : emit(c, "led to");
}
static const struct fq_param params[] = {{.name = "word", .type = FQ_T_STRING, .required = true, .max = 100},
                                         {0}};
static const char *const migrations[] = {"CREATE TABLE thing(n INTEGER PRIMARY KEY, word TEXT NOT NULL)",
                                         NULL};
static const char *const index_migrations[] = {"CREATE TABLE indexed(n INTEGER PRIMARY KEY)", NULL};
static const struct fq_kind kinds[] = {{.name = "thing.put", .apply = apply_thing}, {0}};
static const struct fq_kind indexes[] = {{.name = "thing.put", .apply = apply_index}, {0}};
static const struct fq_method methods[] = {
    {.name = "thing.put", .params = params, .run = put, .roles = FQ_ROLE_ALL}, {0}};
static const struct fq_reaction reactions[] = {{"thing.put", more}, {0}};
static const struct fq_plugin thing_index = {FQ_PLUGIN_HEAD, .name = "thing.index",
                                             .migrations = index_migrations, .also_applies = indexes,
                                             .derived = true};
static const struct fq_plugin *const parts[] = {&thing_index, NULL};
static const struct fq_plugin things = {FQ_PLUGIN_HEAD,           .name = "thing", .version = "1",
                                        .migrations = migrations, .kinds = kinds,  .methods = methods,
                                        .reactions = reactions,   .parts = parts};

static char dir[64], path[96];
static fq_kernel *county;

static fq_kernel *open_kernel(const char *at, bool lean) {
  struct fq_error e = {0};
  fq_kernel *k = fq_kernel_open(
      &(struct fq_kernel_config){.data_dir = at, .memory = !at, .fake_clock = true, .lean = lean}, &e);
  assert_non_null(k);
  fq_kernel_set_time(k, 1000);
  if (fq_kernel_add(k, &things, NULL, &e) || fq_kernel_boot(k, &e)) fail_msg("%s", e.en);
  return k;
}

static void say(int64_t at_ms, const char *word, const char *idem) {
  struct fq_error e = {0};
  fq_json *p = fq_json_object();
  fq_json_set_str(p, "word", word);
  if (idem) fq_json_set_str(p, "idem", idem);
  fq_kernel_set_time(county, at_ms);
  if (fq_kernel_call(county, NULL, "thing.put", p, NULL, &e)) fail_msg("%s", e.en);
}

/* 1 one | 2 twice 3 second | 4 more 5 led to | 6 keyed | 7 last */
static int set_up(void **state) {
  (void)state;
  snprintf(dir, sizeof dir, "/tmp/fq-past-%%?#-XXXXXX"); /* what a URI would read something into */
  assert_non_null(mkdtemp(dir));
  snprintf(path, sizeof path, "%s/county.db", dir);
  county = open_kernel(dir, false);
  say(2000, "one", NULL);
  say(2000, "twice", NULL);
  say(3000, "more", NULL);
  say(4000, "keyed", "a-key-of-16-bytes");
  say(5000, "last", NULL);
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  fq_kernel_close(county);
  char *command = fq_printf("rm -rf '%s'", dir);
  int left = system(command);
  free(command);
  return left;
}

static fq_kernel *past_kernel;
static struct fq_past *open_past(bool lean) {
  struct fq_error e = {0};
  past_kernel = open_kernel(NULL, lean);
  struct fq_past *p = fq_past_open(past_kernel, path, &e);
  if (!p) fail_msg("%s", e.en);
  return p;
}

static int64_t count(const char *sql) {
  return fq_int(fq_kernel_db(past_kernel), -1, sql, "");
}

static void stands_after_any_entry(void **state) {
  (void)state;
  struct fq_error e = {0};
  struct fq_past *p = open_past(false);
  assert_int_equal(fq_past_head(p), 7);
  for (int64_t n = 1; n <= 7; n++) {
    assert_int_equal(fq_past_run(p, n, NULL, &e), FQ_OK);
    assert_int_equal(fq_past_seq(p), n);
    assert_int_equal(count("SELECT count(*) FROM thing"), n);
    assert_int_equal(count("SELECT count(*) FROM indexed"), n);
    assert_int_equal(fq_now_ms(past_kernel), fq_past_time(p, n));
  }
  assert_int_equal(fq_past_run(p, 100, NULL, &e), FQ_OK); /* the head is the end */
  assert_int_equal(fq_past_seq(p), 7);
  fq_past_close(p);
  fq_kernel_close(past_kernel);
}

static void finds_a_time(void **state) {
  (void)state;
  struct fq_past *p = open_past(false);
  assert_int_equal(fq_past_until(p, 0), 0);
  assert_int_equal(fq_past_until(p, 2000), 0);
  assert_int_equal(fq_past_until(p, 2001), 3);
  assert_int_equal(fq_past_until(p, 5000), 6);
  assert_int_equal(fq_past_until(p, 9000), 7);
  assert_int_equal(fq_past_time(p, 8), 0);
  fq_past_close(p);
  fq_kernel_close(past_kernel);
}

struct seen {
  char log[400];
  int64_t stop_at, rows, shown;
  struct fq_past *past;
};
static bool before(void *arg, const struct fq_entry *e, bool begins) {
  struct seen *s = arg;
  size_t n = strlen(s->log);
  snprintf(s->log + n, sizeof s->log - n, "%s%lld", begins ? " " : "+", (long long)e->seq);
  fq_past_look(s->past);
  s->rows = count("SELECT count(*) FROM thing");
  s->shown = count("SELECT max(seq) FROM journal");
  return e->seq != s->stop_at;
}
static void after(void *arg, const struct fq_entry *e, bool begins) {
  (void)begins;
  struct seen *s = arg;
  assert_int_equal(s->rows, e->seq - 1);
  assert_int_equal(count("SELECT count(*) FROM thing"), e->seq);
}

/* Where commands begin, which are one millisecond apart or none; the journal in sight ends with the command
 * before. */
static void tells_where_commands_end(void **state) {
  (void)state;
  struct fq_error e = {0};
  struct fq_past *p = open_past(true);
  struct seen s = {.stop_at = 5, .past = p};
  assert_int_equal(fq_past_run(p, 7, &(struct fq_past_hooks){&s, before, after}, &e), FQ_OK);
  assert_string_equal(s.log, " 1 2+3 4+5");
  assert_int_equal(fq_past_seq(p), 4);
  assert_int_equal(s.shown, 3);
  s = (struct seen){.past = p};
  assert_int_equal(fq_past_run(p, 7, &(struct fq_past_hooks){&s, before, after}, &e), FQ_OK);
  assert_string_equal(s.log, "+5 6 7");
  assert_int_equal(s.shown, 6);
  assert_int_equal(count("SELECT count(*) FROM indexed"), 0); /* lean */
  fq_past_close(p);
  fq_kernel_close(past_kernel);
}

static void goes_on_by_itself(void **state) {
  (void)state;
  struct fq_error e = {0};
  struct fq_past *p = open_past(true);
  assert_int_equal(fq_past_run(p, 3, NULL, &e), FQ_OK);
  fq_past_close(p);
  fq_json *said = fq_json_object(), *result = NULL;
  fq_json_set_str(said, "word", "otherwise");
  assert_int_equal(fq_kernel_call(past_kernel, NULL, "thing.put", said, &result, &e), FQ_OK);
  assert_int_equal(fq_json_int(result, "n", 0), 4);
  fq_json_free(result);
  assert_int_equal(count("SELECT max(seq) FROM journal"), 4);
  assert_int_equal(count("SELECT count(*) FROM thing"), 4);
  fq_kernel_close(past_kernel);
}

/* The county goes on meanwhile; what it adds is not part of a past that was opened before. */
static void beside_a_running_county(void **state) {
  (void)state;
  struct fq_error e = {0};
  struct fq_past *p = open_past(true);
  assert_int_equal(fq_past_run(p, 2, NULL, &e), FQ_OK);
  say(6000, "meanwhile", NULL);
  assert_int_equal(fq_past_run(p, 100, NULL, &e), FQ_OK);
  assert_int_equal(fq_past_seq(p), 7);
  fq_past_close(p);
  fq_kernel_close(past_kernel);
  p = open_past(true);
  assert_int_equal(fq_past_head(p), 8);
  fq_past_close(p);
  fq_kernel_close(past_kernel);
}

static void without_a_county(void **state) {
  (void)state;
  struct fq_error e = {0};
  past_kernel = open_kernel(NULL, true);
  assert_null(fq_past_open(past_kernel, "/nonexistent/county.db", &e));
  assert_int_equal(e.status, FQ_E_STORAGE);
  assert_string_equal(e.code, "storage.open");
  fq_kernel_close(past_kernel);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(stands_after_any_entry, set_up, tear_down),
      cmocka_unit_test_setup_teardown(finds_a_time, set_up, tear_down),
      cmocka_unit_test_setup_teardown(tells_where_commands_end, set_up, tear_down),
      cmocka_unit_test_setup_teardown(goes_on_by_itself, set_up, tear_down),
      cmocka_unit_test_setup_teardown(beside_a_running_county, set_up, tear_down),
      cmocka_unit_test(without_a_county),
  };
  return cmocka_run_group_tests_name("the past", tests, NULL, NULL);
}
