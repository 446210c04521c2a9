/*
 * Policies nobody would write, against the real host with the real words and views of the dispatch plugin in
 * a real county: whatever they say, the host ends them within their budget for a reason it can name, the same
 * way each time; a decision on record can be had again from the record; and the next policy decides as if
 * nothing had been.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "dispatch_world.h"
#include "grammar.h"
#include "policy/host.h"

#define CASES 1500 /* in make check: some seconds */

static const char good_text[] =
    "return policy { name = 'good', on = { ['incident.reported'] = function(e, view)\n"
    "  local officer = view.nearest_officer(e.incident, {})\n"
    "  if officer then return dispatch(e.incident, officer, 'ok') end end } }\n";

static struct fq_host *host;
static struct fq_version *good;
static char *good_answer;
static struct fq_entry heard;
static fq_json *context;
static char *seeds[256];
static size_t seed_count;

static struct fq_decision decide(const struct fq_version *v, const fq_json *answers) {
  struct fq_question q = {.entry = &heard, .context = context, .answers = answers};
  struct fq_decision d;
  if (!answers) q.db = fq_kernel_db(w.kernel);
  fq_decide(host, v, &q, &d);
  return d;
}

static void is_text(const char *s) {
  const unsigned char *p = (const unsigned char *)s, *end = p + strlen(s);
  while (p < end) {
    size_t n = fq_utf8_step(p, end);
    if (!n || *p < 32) fail_msg("a message is no text: %s", s);
    p += n;
  }
}

static bool same(const struct fq_decision *a, const struct fq_decision *b) {
  return a->exit == b->exit && a->line == b->line && !strcmp(a->en, b->en) && !strcmp(a->zh, b->zh) &&
         fq_json_equal(a->commands, b->commands) && fq_json_equal(a->answers, b->answers);
}

static void decides_right(void) {
  struct fq_decision d = decide(good, NULL);
  char *text = fq_json_print(d.commands);
  if (strcmp(text, good_answer)) fail_msg("the next policy decided %s", text);
  free(text);
  fq_decision_clear(&d);
}

static void one(const char *text) {
  struct fq_findings f = {0};
  struct fq_version *v = fq_version_compile(host, "fuzz.lua", text, false, &f);
  if (!v && !f.count) fail_msg("refused without a word");
  for (size_t i = 0; i < f.count; i++) {
    is_text(f.list[i].zh);
    is_text(f.list[i].en);
    assert_true(f.list[i].zh[0] && f.list[i].en[0] && f.list[i].line >= 0);
  }
  if (v) {
    struct fq_decision first = decide(v, NULL), second = decide(v, NULL), again;
    is_text(first.zh);
    is_text(first.en);
    if (first.exit != FQ_EXIT_OK && fq_json_size(first.commands))
      fail_msg("it failed and commands all the same");
    if (!same(&first, &second)) fail_msg("two decisions differ: %s / %s", first.en, second.en);
    again = decide(v, first.answers);
    if (again.strayed || !same(&first, &again))
      fail_msg("the record does not give it again: %s / %s", first.en, again.en);
    fq_decision_clear(&first);
    fq_decision_clear(&second);
    fq_decision_clear(&again);
  }
  fq_findings_free(&f);
  fq_version_free(v);
  decides_right();
}

static void learn_file(const char *path) {
  FILE *in = fopen(path, "rb");
  char *text = fq_alloc(65536);
  if (!in || seed_count == sizeof seeds / sizeof *seeds) abort();
  size_t n = fread(text, 1, 65535, in);
  fclose(in);
  text[n] = '\0';
  seeds[seed_count++] = text;
}

static void learn_folder(const char *folder) {
  DIR *dir = opendir(folder);
  if (!dir) return;
  for (struct dirent *d; (d = readdir(dir));) {
    size_t len = strlen(d->d_name);
    char path[1024];
    if (len < 5 || strcmp(d->d_name + len - 4, ".lua")) continue;
    snprintf(path, sizeof path, "%s/%s", folder, d->d_name);
    learn_file(path);
  }
  closedir(dir);
}

static void learn_packs(const char *folder) {
  DIR *dir = opendir(folder);
  assert_non_null(dir);
  for (struct dirent *d; (d = readdir(dir));) {
    char path[1024];
    if (d->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "%s/%s/policies", folder, d->d_name);
    learn_folder(path);
  }
  closedir(dir);
}

static void hear_something(void) {
  static fq_json *data;
  report("officer-a2", GRID_A1, "fire");
  fq_stmt *q =
      fq_sql(fq_kernel_db(w.kernel),
             "SELECT seq, at_ms, subject, org, data FROM journal WHERE kind = 'incident.reported'", "");
  assert_true(fq_row(q));
  static char subject[FQ_ID_MAX], org[FQ_ID_MAX];
  snprintf(subject, sizeof subject, "%s", fq_col_str(q, 2));
  snprintf(org, sizeof org, "%s", fq_col_str(q, 3));
  data = fq_json_parse(fq_col_str(q, 4), strlen(fq_col_str(q, 4)), NULL);
  heard = (struct fq_entry){.seq = fq_col_int(q, 0),
                            .at_ms = fq_col_int(q, 1),
                            .kind = "incident.reported",
                            .subject = subject,
                            .org = org,
                            .audience = "",
                            .actor = "officer-a2",
                            .data = data};
  fq_done(q);
}

static void no_policy_hurts(void **state) {
  struct fuzz f;
  size_t count;
  const struct fq_module *modules = fq_kernel_modules(w.kernel, &count);
  /* Steps end them, so that slow machines and sanitizers see the same. */
  host = fq_host_new(modules, count, &(struct fq_host_limits){.steps = 200000, .cpu_ms = 60000}, &w.error);
  assert_non_null(host);
  hear_something();
  context = fq_host_context(modules, count, fq_kernel_db(w.kernel), &heard);
  struct fq_findings findings = {0};
  good = fq_version_compile(host, "good.lua", good_text, false, &findings);
  assert_non_null(good);
  struct fq_decision d = decide(good, NULL);
  good_answer = fq_json_print(d.commands);
  assert_non_null(strstr(good_answer, "officer-a1"));
  fq_decision_clear(&d);
  grammar_learn(act("admin", "policy.api", "{}"));
  learn_packs(FQ_SRCDIR "/scripts/packs");
  learn_packs(FQ_SRCDIR "/scripts/templates");
  learn_folder(FQ_SRCDIR "/tests/policy/abuse");
  for (fuzz_begin(&f, "policy", CASES); fuzz_next(&f);) {
    struct fq_buf text = {0};
    if (fuzz_chance(&f, 50))
      grammar_policy(&f, &text);
    else
      grammar_mutate(&f, seeds[fuzz_below(&f, seed_count)], &text);
    fuzz_note(&f, text.data, text.len);
    one(text.data);
    fq_buf_free(&text);
  }
  fuzz_end(&f);
  for (size_t i = 0; i < seed_count; i++)
    free(seeds[i]);
  grammar_forget();
  free(good_answer);
  fq_json_free(context);
  fq_json_free((fq_json *)(uintptr_t)heard.data);
  fq_version_free(good);
  fq_host_free(host);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(no_policy_hurts, world_open_with_policies, world_close)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
