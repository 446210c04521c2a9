/*
 * Every file of abuse/ is a policy that tries to harm the host. Each must end within its budget, for the
 * reason in its header ("-- expect: TIMEOUT"), twice the same way, and the host must decide correctly right
 * after.
 */
#include "fake.h"

#include <dirent.h>
#include <stdio.h>

#include "base/json.h"
#include "base/mem.h"

#define ABUSE FQ_SRCDIR "/tests/policy/abuse"

static struct fq_host *host;
static struct fq_version *good;

static char *read_file(const char *name) {
  char *path = fq_printf("%s/%s", ABUSE, name), *text = fq_alloc(400000);
  FILE *in = fopen(path, "rb");
  assert_non_null(in);
  size_t n = fread(text, 1, 399999, in);
  text[n] = '\0';
  /* the one file that begins with bytecode's mark holds NULs: the host takes texts, which end there */
  fclose(in);
  free(path);
  return text;
}

static void decides_right(void) {
  struct fq_decision d = fake_decide(host, good, NULL);
  char *text = fq_json_print(d.commands);
  assert_string_equal(
      text, "[{\"method\":\"incident.dispatch\",\"params\":{\"id\":\"i7\",\"note\":\"ok\",\"to\":[{\"user\":"
            "\"officer-0001\"}]}}]");
  free(text);
  fq_decision_clear(&d);
}

static enum fq_exit try(const char *name, const char *text, struct fq_decision *d) {
  struct fq_findings f = {0};
  struct fq_version *v = fq_version_compile(host, name, text, false, &f);
  enum fq_exit exit = v ? FQ_EXIT_OK : f.list[0].exit;
  *d = (struct fq_decision){.commands = fq_json_array(), .answers = fq_json_array()};
  if (v) {
    fq_decision_clear(d);
    *d = fake_decide(host, v, NULL);
    exit = d->exit;
  } else {
    fq_copy(d->en, sizeof d->en, f.list[0].en);
    fq_copy(d->zh, sizeof d->zh, f.list[0].zh);
    assert_true(d->en[0] && d->zh[0]);
  }
  fq_findings_free(&f);
  fq_version_free(v);
  return exit;
}

static int surprises; /* all are shown before the test fails */

static void ends_as_expected(const char *name) {
  char *text = read_file(name), wanted[32] = "SYNTAX"; /* of bytecode, whose header no text search reaches */
  const char *header = strstr(text, "-- expect: ");
  if (header) sscanf(header, "-- expect: %31s", wanted);
  struct fq_decision d, again;
  enum fq_exit exit = try(name, text, &d);
  if (strcmp(fq_exit_name(exit), wanted)) {
    printf("%s: expected %s, got %s: %s\n", name, wanted, fq_exit_name(exit), d.en);
    surprises++;
  }
  decides_right();
  if (try(name, text, &again) != exit || strcmp(d.en, again.en) || d.line != again.line ||
      !fq_json_equal(d.answers, again.answers))
    fail_msg("%s: the second time: %s (line %d), the first: %s (line %d)", name, again.en, again.line, d.en,
             d.line);
  /* what is told of it is text that can go into the journal */
  char *quoted = fq_printf("{\"m\":\"%s\"}", d.zh);
  for (char *q = quoted + 6; q[2]; q++)
    if (*q == '"' || *q == '\\') *q = '\'';
  struct fq_error e = {0};
  fq_json *v = fq_json_parse(quoted, strlen(quoted), &e);
  if (!v) fail_msg("%s: message is no text: %s", name, e.en);
  fq_json_free(v);
  free(quoted);
  printf("%-28s %-12s %9lld steps %7.1f ms\n", name, fq_exit_name(exit), (long long)d.steps,
         (double)d.cpu_us / 1000);
  fq_decision_clear(&d);
  fq_decision_clear(&again);
  free(text);
}

static int lua_file(const struct dirent *d) {
  size_t n = strlen(d->d_name);
  return n > 4 && !strcmp(d->d_name + n - 4, ".lua");
}

static void all(void **state) {
  (void)state;
  struct dirent **files;
  int n = scandir(ABUSE, &files, lua_file, alphasort);
  assert_true(n >= 30);
  /* Steps are the limit here, so that a slow machine gives the same answers; the clock is far behind them. */
  struct fq_error e = {0};
  host = fq_host_new(&fake_module, 1, &(struct fq_host_limits){.cpu_ms = 20000}, &e);
  good = fake_compile(host, "good.lua",
                      "return policy { name='good', on={ ['incident.reported']=function(e, view)\n"
                      "  return dispatch(e.incident, view.nearest_officer(e.incident), 'ok') end } }");
  for (int i = 0; i < n; i++) {
    ends_as_expected(files[i]->d_name);
    free(files[i]);
  }
  free(files);
  assert_int_equal(surprises, 0);
  fq_version_free(good);
  fq_host_free(host);
}

/* And with the clock as the limit: a budget of 5 ms of processor time ends what steps would allow for longer.
 */
static void the_clock_ends_it_too(void **state) {
  (void)state;
  struct fq_error e = {0};
  struct fq_host *h =
      fq_host_new(&fake_module, 1, &(struct fq_host_limits){.steps = INT64_C(1) << 60, .cpu_ms = 5}, &e);
  struct fq_version *v = fake_compile(
      h, "p.lua",
      "return policy { name='p', on={ ['incident.reported']=function(e, view) while true do end end } }");
  struct fq_decision d = fake_decide(h, v, NULL);
  assert_int_equal(d.exit, FQ_EXIT_TIMEOUT);
  assert_true(d.cpu_us >= 5000);
  fq_decision_clear(&d);
  fq_version_free(v);
  fq_host_free(h);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(all), cmocka_unit_test(the_clock_ends_it_too)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
