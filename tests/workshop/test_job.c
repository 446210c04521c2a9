/*
 * Jobs from the command to the journal, with children that say what they should not: this program started
 * again is the child, and does what the candidate is called.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "loop/loop.h"
#include "policy/module.h"
#include "store/compare.h"
#include "workshop/workshop.h"

/* -- the child's side
 * ------------------------------------------------------------------------------------------ */

static const struct {
  const char *pack, *says, *state, *code; /* what it says, and what comes of it */
} acts[] = {
    {"well",
     "{\"progress\":{\"share\":0.5,\"zh\":\"半\",\"en\":\"half\"}}\n{\"list\":\"a\",\"row\":{\"n\":1}}\n"
     "{\"list\":\"a\",\"row\":{\"n\":2}}\n{\"summary\":{\"ok\":true,\"x\":7}}\n",
     "done", NULL},
    {"found", "{\"list\":\"b\",\"row\":{\"n\":1}}\n{\"summary\":{\"ok\":false}}\n", "done", NULL},
    {"error",
     "{\"error\":{\"code\":-32602,\"data\":{\"code\":\"pack.invalid\",\"message_zh\":\"错 "
     "%s\",\"message_en\":"
     "\"wrong %n\",\"path\":\"pack.lua:1\"}}}\n",
     "failed", "pack.invalid"},
    {"halfway", "{\"list\":\"a\",\"row\":{\"n\":1}}\n{\"error\":{\"data\":{\"code\":\"county.none\"}}}\n",
     "failed", "county.none"},
    {"silent", "", "failed", "job.failed"},
    {"rubbish", "hello\n", "failed", "job.garbage"},
    {"nothing-known", "{\"other\":1}\n", "failed", "job.garbage"},
    {"an-array", "[1]\n", "failed", "job.garbage"},
    {"bad-list", "{\"list\":\"../../x\",\"row\":{}}\n{\"summary\":{\"ok\":true}}\n", "failed", "job.garbage"},
    {"bad-row", "{\"list\":\"a\",\"row\":7}\n{\"summary\":{\"ok\":true}}\n", "failed", "job.garbage"},
    {"twice", "{\"summary\":{\"ok\":true}}\n{\"summary\":{\"ok\":true}}\n", "failed", "job.garbage"},
    {"odd-summary", "{\"summary\":\"ok\"}\n", "failed", "job.garbage"},
    {"half-a-line", "{\"summary\":{\"ok\":true}}", "failed", "job.failed"},
    {"nul", NULL, "failed", "job.garbage"},
};
#define ACTS (sizeof acts / sizeof *acts)

static int child(void) {
  static char text[65536];
  FILE *in = fopen("/dev/stdin", "r");
  size_t n = in ? fread(text, 1, sizeof text - 1, in) : 0;
  fq_json *candidate = fq_json_parse(text, n, NULL);
  const char *pack = fq_json_str(candidate, "pack");
  if (in) fclose(in);
  for (size_t i = 0; pack && i < ACTS; i++)
    if (!strcmp(acts[i].pack, pack)) {
      if (acts[i].says)
        fputs(acts[i].says, stdout);
      else
        fwrite("{\"a\":\"\0\"}\n", 1, 10, stdout);
    }
  fq_json_free(candidate);
  return 0;
}

/* -- ours
 * ------------------------------------------------------------------------------------------------------ */

static char dir[64];
static fq_kernel *k;
static struct fq_error error;

static fq_kernel *open_kernel(const char *file, bool serve) {
  fq_kernel *made = fq_kernel_open(&(struct fq_kernel_config){.data_dir = dir, .file = file}, &error);
  void *w = fq_workshop_new();
  fq_workshop_children(w, NULL, NULL);
  if (!made || fq_policy_add(made, &error) || fq_kernel_add(made, &fq_workshop_module, w, &error) ||
      fq_kernel_boot(made, &error) || (serve && fq_kernel_start(made, &error)))
    fail_msg("%s", error.en);
  return made;
}

static int setup(void **state) {
  strcpy(dir, "/tmp/fengqiao-job-XXXXXX");
  if (!mkdtemp(dir)) return -1;
  k = open_kernel(NULL, true);
  return 0;
}

static int drop(const char *path, const struct stat *st, int flag, struct FTW *ftw) {
  return remove(path);
}

static int teardown(void **state) {
  fq_kernel_close(k);
  return nftw(dir, drop, 16, FTW_DEPTH | FTW_PHYS);
}

static fq_json *call(const char *method, fq_json *params) {
  fq_json *result = NULL;
  memset(&error, 0, sizeof error);
  fq_kernel_call(k, NULL, method, params, &result, &error);
  return result;
}

static fq_json *start_params(const char *pack) {
  fq_json *p = fq_json_object(), *files = fq_json_object();
  fq_json_set_str(files, "pack.lua", "name = \"x\" version = \"1\"");
  fq_json_set_str(p, "what", "test");
  fq_json_set_str(p, "pack", pack);
  fq_json_set(p, "files", files);
  return p;
}

static fq_json *named(const char *job) {
  fq_json *p = fq_json_object();
  fq_json_set_str(p, "job", job);
  return p;
}

static void start(const char *pack, char job[32]) {
  fq_json *r = call("job.start", start_params(pack));
  if (!r) fail_msg("%s", error.en);
  fq_copy(job, 32, fq_json_str(r, "job"));
  fq_json_free(r);
}

/* What job.open says once it has ended. */
static fq_json *ended(const char *job) {
  for (;;) {
    fq_json *r = call("job.open", named(job));
    if (!r) fail_msg("%s: %s", job, error.en);
    const char *state = fq_json_str(r, "state");
    if (strcmp(state, "waiting") && strcmp(state, "running")) return r;
    fq_json_free(r);
    fq_loop_wait(fq_kernel_loop(k));
  }
}

static void test_whatever_the_child_says(void **state) {
  for (size_t i = 0; i < ACTS; i++) {
    char job[32];
    start(acts[i].pack, job);
    fq_json *r = ended(job);
    const char *code = fq_json_str(fq_json_get(r, "error"), "code");
    if (strcmp(fq_json_str(r, "state"), acts[i].state) || (code != NULL) != (acts[i].code != NULL) ||
        (code && strcmp(code, acts[i].code)))
      fail_msg("%s: %s %s", acts[i].pack, fq_json_str(r, "state"), code ? code : "-");
    if (!strcmp(acts[i].pack, "well")) {
      assert_true(fq_json_bool(r, "ok", false));
      assert_int_equal(fq_json_int(fq_json_get(r, "summary"), "x", 0), 7);
      assert_int_equal(fq_json_int(fq_json_get(r, "lists"), "a", 0), 2);
    }
    if (!strcmp(acts[i].pack, "halfway")) /* what was found until then stays */
      assert_int_equal(fq_json_int(fq_json_get(r, "lists"), "a", 0), 1);
    if (!strcmp(acts[i].pack, "error")) { /* its words are words, not formats */
      assert_string_equal(fq_json_str(fq_json_get(r, "error"), "zh"), "错 %s");
      assert_string_equal(fq_json_str(fq_json_get(r, "error"), "en"), "wrong %n");
      assert_string_equal(fq_json_str(fq_json_get(r, "error"), "path"), "pack.lua:1");
    }
    fq_json_free(r);
  }
}

/* What it was started with, and the very files, can be had afterwards: to show lines, and to run again. */
static void test_what_it_was_started_with(void **state) {
  char job[32];
  fq_json *p = start_params("well"), *base = fq_json_object(), *old = fq_json_object(), *r;
  fq_json_set_str(old, "pack.lua", "name = \"x\" version = \"0\"");
  fq_json_set(base, "files", old);
  fq_json_set(p, "base", base);
  r = call("job.start", p);
  if (!r) fail_msg("%s", error.en);
  fq_copy(job, sizeof job, fq_json_str(r, "job"));
  fq_json_free(r);
  r = ended(job);
  assert_true(fq_json_bool(fq_json_get(r, "candidate"), "files", false));
  assert_true(fq_json_bool(fq_json_get(r, "base"), "files", false));
  fq_json_free(r);
  r = call("job.candidate", named(job));
  if (!r) fail_msg("%s", error.en);
  assert_string_equal(fq_json_str(r, "pack"), "well");
  assert_string_equal(fq_json_str(fq_json_get(r, "files"), "pack.lua"), "name = \"x\" version = \"1\"");
  assert_string_equal(fq_json_str(fq_json_get(r, "base"), "pack.lua"), "name = \"x\" version = \"0\"");
  fq_json_free(r);
  start("well", job);
  r = ended(job);
  assert_null(fq_json_get(r, "base"));
  fq_json_free(r);
  r = call("job.candidate", named(job));
  assert_null(fq_json_get(r, "base"));
  fq_json_free(r);
  assert_null(call("job.candidate", named("j999")));
  assert_string_equal(error.code, "job.unknown");
  char path[120];
  snprintf(path, sizeof path, "%s/jobs/%s/candidate.json", dir, job);
  assert_int_equal(unlink(path), 0);
  assert_null(call("job.candidate", named(job)));
  assert_string_equal(error.code, "job.no_candidate");
  assert_non_null(strstr(error.zh, "不在"));
}

/* Thousands of names are told apart in no time, on the thread that serves the county. */
static void test_many_files(void **state) {
  fq_json *p = start_params("well"), *files = fq_json_edit(p, "files");
  char name[40];
  for (int i = 0; i < 60000; i++) {
    snprintf(name, sizeof name, "policies/%d.lua", i);
    fq_json_set_str(files, name, "");
  }
  fq_json *r = call("job.start", p);
  assert_null(r);
  assert_string_equal(error.code, "pack.files");
  assert_non_null(strstr(error.zh, "200"));
  assert_non_null(strstr(error.en, "200"));
}

/* Nothing can be written where results belong: the job fails, the server does not. */
static void test_no_place_for_results(void **state) {
  char path[80], aside[90], job[32];
  snprintf(path, sizeof path, "%s/jobs", dir);
  snprintf(aside, sizeof aside, "%s.aside", path);
  rename(path, aside);
  FILE *f = fopen(path, "w");
  assert_non_null(f);
  fclose(f);
  start("well", job);
  fq_json *r = ended(job);
  assert_string_equal(fq_json_str(fq_json_get(r, "error"), "code"), "job.start");
  fq_json_free(r);
  unlink(path);
  rename(aside, path);
  start("well", job);
  r = ended(job);
  assert_string_equal(fq_json_str(r, "state"), "done");
  fq_json_free(r);
}

static void test_a_restart_loses_what_was_running(void **state) {
  char job[32], other[32];
  start("well", job);
  start("found", other);
  fq_json_free(call("job.cancel", named(other)));
  fq_kernel_close(k); /* nobody waited */
  k = open_kernel(NULL, true);
  fq_json *r = ended(job);
  assert_string_equal(fq_json_str(r, "state"), "lost");
  fq_json_free(r);
  r = ended(other);
  assert_string_equal(fq_json_str(r, "state"), "cancelled");
  fq_json_free(r);
}

static void test_without_a_server(void **state) {
  fq_kernel_close(k);
  k = open_kernel(NULL, false);
  assert_null(call("job.start", start_params("well")));
  assert_string_equal(error.code, "job.no_server");
  assert_non_null(strstr(error.zh, "运行中的服务器"));
  assert_non_null(strstr(error.en, "running server"));
  fq_kernel_close(k);
  k = open_kernel(NULL, true);
}

/* The newest fifty stay, and a rebuild comes to the same rows. */
static void test_rebuilds_the_same(void **state) {
  char job[32], path[80], other[80];
  for (int i = 0; i < 55; i++) {
    start(i % 2 ? "well" : "rubbish", job);
    fq_json_free(ended(job));
  }
  fq_json *p = fq_json_object(), *r;
  fq_json_set_int(p, "limit", 100);
  r = call("job.list", p);
  assert_int_equal(fq_json_size(fq_json_get(r, "rows")), 50);
  fq_json_free(r);
  fq_kernel_close(k);
  int64_t rows = 0;
  snprintf(path, sizeof path, "%s/county.db", dir);
  snprintf(other, sizeof other, "%s/fresh.db", dir);
  fq_kernel *fresh = open_kernel("fresh.db", false);
  if (fq_kernel_rebuild(fresh, path, &rows, &error)) fail_msg("%s", error.en);
  fq_kernel_close(fresh);
  assert_true(rows > 100);
  assert_int_equal(fq_compare(path, other, stdout, &error), FQ_OK);
  k = open_kernel(NULL, true);
}

int main(int argc, char **argv) {
  if (argc > 1) return child();
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_whatever_the_child_says),
                                     cmocka_unit_test(test_what_it_was_started_with),
                                     cmocka_unit_test(test_many_files),
                                     cmocka_unit_test(test_no_place_for_results),
                                     cmocka_unit_test(test_a_restart_loses_what_was_running),
                                     cmocka_unit_test(test_without_a_server),
                                     cmocka_unit_test(test_rebuilds_the_same)};
  return cmocka_run_group_tests(tests, setup, teardown);
}
