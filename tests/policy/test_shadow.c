/* Shadows on the real kernel: what is compared and what is not, what is recorded, what stops one, promoting,
 * and the same tables after a rebuild. */
#include "things.h"

#include "policy/module_internal.h"

#define P(body)     "return policy { name='p', on={ " body " } }"
#define BEGUN(body) "['thing.begun']=function(e, view) " body " end"

static fq_json *shadow_of(const char *version, const char *policy, double share, int at_least) {
  fq_json *p = pack(version, policy), *limits = fq_json_object();
  fq_json_set_num(limits, "share", share);
  fq_json_set_int(limits, "at_least", at_least);
  fq_json_set(p, "limits", limits);
  return p;
}
static void start(fq_kernel *k, const char *policy, double share, int at_least) {
  fq_json *r = call(k, "shadow.start", shadow_of("s", policy, share, at_least));
  if (!r) fail_msg("%s", why.en);
  assert_int_equal(strlen(fq_json_str(r, "digest")), 64);
  fq_json_free(r);
}
static fq_json *town(void) {
  fq_json *p = fq_json_object();
  fq_json_set_str(p, "pack", "town");
  return p;
}
/* Its row, or NULL; the caller frees. */
static fq_json *row(fq_kernel *k) {
  fq_json *r = call(k, "shadow.list", fq_json_object());
  const fq_json *first = fq_json_first(fq_json_get(r, "rows"));
  fq_json *out = first ? fq_json_dup(first) : NULL;
  fq_json_free(r);
  return out;
}
static void figures(fq_kernel *k, int decisions, int differences, int failures) {
  fq_json *r = row(k);
  assert_non_null(r);
  if (fq_json_int(r, "decisions", -1) != decisions || fq_json_int(r, "differences", -1) != differences ||
      fq_json_int(r, "failures", -1) != failures)
    fail_msg("%d/%d/%d expected, %d/%d/%d found", decisions, differences, failures,
             (int)fq_json_int(r, "decisions", -1), (int)fq_json_int(r, "differences", -1),
             (int)fq_json_int(r, "failures", -1));
  fq_json_free(r);
}
static fq_json *differences(fq_kernel *k) {
  return call(k, "shadow.differences", town());
}
static void begin(fq_kernel *k, const char *prefix, int from, int to) {
  for (int i = from; i <= to; i++) {
    char id[32];
    snprintf(id, sizeof id, "%s%d", prefix, i);
    assert_true(run(k, "thing.begin", id, NULL));
  }
}

static void records_differences_and_has_no_effect(void **s) {
  fq_kernel *k = open_at(NULL, NULL);
  deploy(k, "1", P(BEGUN("return answer(e, 'one')")));
  start(k, P(BEGUN("if e.subject == 'x3' then\n return answer(e, 'two') end\n return answer(e, 'one')")),
        0.02, 10);
  begin(k, "x", 1, 4);
  figures(k, 4, 1, 0);
  assert_int_equal(count(k, "policy.diverged"), 1); /* only differences are journalled */
  said(k, "x3", "one");
  assert_int_equal(count(k, "thing.answered"), 4);
  fq_json *r = differences(k);
  const fq_json *d = fq_json_first(fq_json_get(r, "rows"));
  assert_int_equal(fq_json_size(fq_json_get(r, "rows")), 1);
  assert_string_equal(fq_json_str(d, "subject"), "x3");
  assert_string_equal(fq_json_str(d, "kind"), "thing.begun");
  assert_string_equal(fq_json_str(d, "policy"), "p");
  assert_true(fq_json_bool(d, "identical", false));
  char *text = fq_json_print(fq_json_get(d, "now"));
  assert_non_null(strstr(text, "\"word\":\"two\""));
  free(text);
  text = fq_json_print(fq_json_get(d, "was"));
  assert_non_null(strstr(text, "\"word\":\"one\""));
  free(text);
  text = fq_json_print(fq_json_get(d, "lines"));
  assert_string_equal(text, "[1,2]"); /* not the third */
  free(text);
  fq_json_free(r);
  /* what a shadow would have done is not among what was done */
  fq_json *p = fq_json_object();
  fq_json_set_str(p, "subject", "x3");
  r = call(k, "policy.why", p);
  assert_int_equal(fq_json_size(fq_json_get(r, "rows")), 1);
  fq_json_free(r);
  fq_kernel_close(k);
}

static void refuses_what_cannot_be_compared(void **s) {
  fq_kernel *k = open_at(NULL, NULL);
  deploy(k, "1", SAYS("one"));
  assert_null(call(k, "shadow.start", shadow_of("2", SAYS("one"), 0.1, 1)));
  assert_string_equal(why.code, "shadow.same");
  assert_null(call(k, "shadow.start", shadow_of("2", "return policy {", 0.1, 1)));
  assert_string_equal(why.code, "pack.invalid");
  assert_null(call(k, "shadow.start", shadow_of("2", SAYS("two"), 1.5, 1)));
  assert_int_equal(why.status, FQ_E_PARAMS);
  assert_null(call(k, "shadow.stop", town()));
  assert_string_equal(why.code, "shadow.unknown");
  assert_null(call(k, "shadow.promote", town()));
  assert_string_equal(why.code, "shadow.unknown");
  start(k, SAYS("two"), 0.1, 1);
  assert_null(call(k, "shadow.start", shadow_of("2", SAYS("three"), 0.1, 1)));
  assert_string_equal(why.code, "shadow.running");
  assert_true(why.zh[0] && strcmp(why.zh, why.en));
  fq_json_free(call(k, "shadow.stop", town()));
  assert_null(row(k));
  assert_int_equal(count(k, "shadow.stopped"), 1);
  run(k, "thing.begin", "a", NULL);
  assert_int_equal(count(k, "policy.diverged"), 0);
  fq_kernel_close(k);
}

/* A subject that keeps an older version is not what would change. */
static void compares_only_with_what_it_was_started_beside(void **s) {
  fq_kernel *k = open_at(NULL, NULL);
  deploy(k, "1", SAYS("one"));
  run(k, "thing.begin", "old", NULL);
  deploy(k, "2", SAYS("two"));
  run(k, "thing.begin", "mid", NULL);
  start(k, SAYS("three"), 1, 1);
  run(k, "thing.change", "old", NULL);
  figures(k, 0, 0, 0);
  run(k, "thing.change", "mid", NULL);
  figures(k, 1, 1, 0);
  run(k, "thing.begin", "new", NULL);
  figures(k, 2, 2, 0);
  said(k, "old", "one one");
  said(k, "new", "two");
  fq_kernel_close(k);
}

/* Same name: before it, on the same state. No such name: after all. Gone: its silence is compared. */
static void every_policy_has_its_place(void **s) {
  fq_kernel *k = open_at(NULL, NULL);
  static const char both[] = "{\"pack\":\"town\",\"files\":{\"pack.lua\":\"name='town' version='%s' policies="
                             "{'policies/a.lua','policies/%s.lua'}\",\"policies/a.lua\":\"%s\",\"policies/%s."
                             "lua\":\"%s\"}%s}";
  static const char a1[] = "return policy { name='a', on={ ['incident.reported']=function(e) return "
                           "dispatch(e.incident, {user='u'}) end } }";
  static const char gone[] = "return policy { name='gone', on={ ['thing.begun']=function(e) return answer(e, "
                             "'gone') end } }";
  static const char fresh[] = "return policy { name='new', on={ ['thing.begun']=function(e) if e.word then "
                              "return answer(e, 'new') end end } }";
  char *text = fq_printf(both, "1", "g", a1, "g", gone, "");
  fq_json *p = fq_json_parse(text, strlen(text), NULL);
  free(text);
  fq_json_free(call(k, "pack.deploy", p));
  text = fq_printf(both, "2", "n", a1, "n", fresh, ",\"limits\":{\"at_least\":1}");
  p = fq_json_parse(text, strlen(text), NULL);
  free(text);
  fq_json *r = call(k, "shadow.start", p);
  if (!r) fail_msg("%s", why.en);
  fq_json_free(r);
  run(k, "incident.report", "i1", NULL); /* the same text in both: not run, not counted */
  figures(k, 0, 0, 0);
  run(k, "thing.begin", "t1", NULL); /* gone is silent: differs; new says nothing: nothing to record */
  figures(k, 1, 1, 0);
  run(k, "thing.begin", "t2", "w");
  figures(k, 3, 3, 0);
  assert_int_equal(count(k, "policy.diverged"), 3);
  fq_json *d = last(k, "policy.diverged");
  assert_string_equal(fq_json_str(d, "policy"), "new");
  assert_true(fq_json_bool(d, "alone", false));
  fq_json_free(d);
  /* recorded in this order: the one with a counterpart beside its decision, the other after all */
  assert_int_equal(1, fq_int(fq_kernel_db(k), 0,
                             "SELECT (SELECT max(seq) FROM journal WHERE kind = 'policy.diverged') > (SELECT "
                             "max(seq) FROM journal WHERE kind = 'thing.answered')",
                             ""));
  fq_kernel_close(k);
}

static void a_failing_shadow_disturbs_nobody_and_is_stopped(void **s) {
  fq_kernel *k = open_at(NULL, NULL);
  deploy(k, "1",
         P(BEGUN("return answer(e, 'one')") ", ['thing.changed']=function(e) return answer(e, 'c') end"));
  start(k, P(BEGUN("while true do end") ", ['thing.changed']=function(e) return answer(e, 'c') end"), 1, 1);
  begin(k, "x", 1, 4);
  figures(k, 4, 4, 4);
  run(k, "thing.change", "x1", NULL); /* one that goes well breaks the row */
  figures(k, 5, 4, 4);
  assert_null(call(k, "shadow.promote", town()));
  assert_string_equal(why.code, "shadow.not_ready");
  assert_non_null(strstr(why.en, "4 failures of at most 0"));
  begin(k, "y", 1, 4);
  figures(k, 9, 8, 8);
  begin(k, "z", 1, 1); /* the fifth in a row */
  assert_null(row(k));
  fq_json *d = last(k, "shadow.stopped");
  assert_string_equal(fq_json_str(d, "reason"), "failures");
  assert_non_null(strstr(fq_json_str(d, "message_en"), "policies/p.lua:1"));
  assert_non_null(strstr(fq_json_str(d, "message_zh"), "连续出错 5 次"));
  fq_json_free(d);
  assert_int_equal(count(k, "policy.failed"), 0);
  assert_int_equal(count(k, "thing.answered"), 10);
  begin(k, "q", 1, 1);
  assert_int_equal(count(k, "policy.diverged"), 9);
  fq_kernel_close(k);
}

static void is_promoted_within_its_limits_only(void **s) {
  fq_kernel *k = open_at(NULL, NULL);
  deploy(k, "1", SAYS("one"));
  start(k, P(BEGUN("return answer(e, e.word or 'one')")), 0.25, 8);
  begin(k, "x", 1, 3);
  run(k, "thing.begin", "d1", "other");
  fq_json *p = town();
  fq_json_set_str(p, "note", "转正");
  assert_null(call(k, "shadow.promote", fq_json_dup(p)));
  assert_string_equal(why.code, "shadow.not_ready");
  assert_string_equal(why.en, "4 of 8 decisions");
  run(k, "thing.begin", "d2", "other");
  assert_null(call(k, "shadow.promote", fq_json_dup(p)));
  assert_string_equal(why.en, "5 of 8 decisions, share 0.4 of at most 0.25");
  assert_string_equal(why.zh, "已比对 5 次决定,须满 8 次;不同的占 0.4,至多 0.25");
  fq_json *r = row(k);
  assert_false(fq_json_bool(r, "ready", true));
  assert_string_equal(fq_json_str(r, "why_en"), "5 of 8 decisions, share 0.4 of at most 0.25");
  fq_json_free(r);
  begin(k, "z", 1, 3);
  r = row(k);
  assert_true(fq_json_bool(r, "ready", false));
  fq_json_free(r);
  r = call(k, "shadow.promote", p);
  if (!r) fail_msg("%s", why.en);
  assert_int_equal(fq_json_int(r, "generation", 0), 2);
  fq_json_free(r);
  assert_null(row(k));
  r = last(k, "shadow.stopped");
  assert_string_equal(fq_json_str(r, "reason"), "promoted");
  assert_int_equal(fq_json_int(r, "decisions", 0), 8);
  fq_json_free(r);
  run(k, "thing.begin", "n", "live");
  said(k, "n", "live");
  fq_kernel_close(k);
}

/* Where the county wants two pairs of eyes, whoever promotes is one of them. */
static void promoting_under_four_eyes_is_a_proposal(void **s) {
  struct fq_error e = {0};
  fq_kernel *k = fq_kernel_open(&(struct fq_kernel_config){.memory = true, .fake_clock = true}, &e);
  struct fq_policy *p = fq_policy_new();
  if (!k || fq_kernel_add(k, &things, NULL, &e) || fq_kernel_add(k, &fq_policy_module, p, &e) ||
      fq_kernel_boot(k, &e))
    fail_msg("%s", e.en);
  deploy(k, "1", SAYS("one"));
  p->four_eyes = true;
  start(k, SAYS("two"), 1, 1);
  begin(k, "x", 1, 2);
  fq_json *r = call(k, "shadow.promote", town());
  if (!r) fail_msg("%s", why.en);
  assert_non_null(fq_json_str(r, "proposal"));
  fq_json_free(r);
  assert_int_equal(count(k, "pack.proposed"), 1);
  assert_int_equal(count(k, "pack.deployed"), 1);
  figures(k, 2, 2, 0); /* until somebody approves it goes on */
  fq_kernel_close(k);
}

static void ends_with_the_pack_it_is_compared_with(void **s) {
  fq_kernel *k = open_at(NULL, NULL);
  deploy(k, "1", SAYS("one"));
  deploy(k, "2", SAYS("two"));
  start(k, SAYS("three"), 1, 1);
  deploy(k, "4", SAYS("four"));
  fq_json *d = last(k, "shadow.stopped");
  assert_string_equal(fq_json_str(d, "reason"), "deployed");
  fq_json_free(d);
  start(k, SAYS("three"), 1, 1);
  fq_json_free(call(k, "policy.rollback", fq_json_object()));
  d = last(k, "shadow.stopped");
  assert_string_equal(fq_json_str(d, "reason"), "rolled_back");
  fq_json_free(d);
  assert_null(row(k));
  assert_int_equal(count(k, "shadow.stopped"), 2);
  fq_kernel_close(k);
}

/* What a shadow records does not eat into what a command may lead to. */
static void observing_costs_the_command_nothing(void **s) {
  fq_kernel *with = open_at(NULL, NULL), *without = open_at(NULL, NULL);
  fq_kernel *both[] = {with, without};
  static const char chain[] =
      P("['thing.changed']=function(e) return { command('thing.change', {id=e.subject}), "
        "command('thing.change', {id=e.subject}) } end");
  for (int i = 0; i < 2; i++)
    deploy(both[i], "1", chain);
  start(with, P("['thing.changed']=function(e) return answer(e, 'x') end"), 1, 1);
  assert_true(run(with, "thing.change", "a", NULL));
  assert_true(run(without, "thing.change", "a", NULL));
  assert_true(count(with, "policy.diverged") > 50);
  assert_int_equal(count(with, "thing.changed"), count(without, "thing.changed"));
  fq_kernel_close(with);
  fq_kernel_close(without);
}

static void same_rows(fq_kernel *a, fq_kernel *b) {
  static const char *const tables[] = {
      "SELECT group_concat(pack || seq || at_ms || actor || digest || base || share || at_least || files) "
      "FROM "
      "policy_shadow",
      "SELECT group_concat(pack || name || hash || path || pos || ' ' || decisions || ' ' || differences || "
      "' ' || "
      "failures || ' ' || in_a_row || ' ' || failed_at) FROM (SELECT * FROM policy_shadow_member ORDER BY "
      "name)",
      "SELECT group_concat(pack || seq) FROM (SELECT * FROM policy_divergence ORDER BY seq)",
      "SELECT group_concat(hash || text) FROM (SELECT * FROM policy_source ORDER BY hash)"};
  same_answers(a, b, tables, sizeof tables / sizeof *tables);
}

static void goes_on_after_a_restart_and_rebuilds_the_same(void **s) {
  char dir[] = "/tmp/fq-shadow-XXXXXX";
  assert_non_null(mkdtemp(dir));
  fq_kernel *k = open_at(dir, NULL);
  deploy(k, "1", SAYS("one"));
  start(k, P(BEGUN("if e.word == 'fail' then error('x') end return answer(e, e.word or 'one')")), 1, 1);
  run(k, "thing.begin", "a", "other");
  run(k, "thing.begin", "b", NULL);
  run(k, "thing.begin", "c", "fail");
  run(k, "thing.begin", "d", "fail");
  fq_kernel_close(k);
  k = open_at(dir, NULL);
  figures(k, 4, 3, 2);
  run(k, "thing.begin", "e", "fail");
  run(k, "thing.begin", "f", NULL);
  figures(k, 6, 4, 3);
  struct fq_error e = {0};
  fq_kernel *fresh = open_at(dir, "again.db");
  char *path = fq_printf("%s/county.db", dir), *clean = fq_printf("rm -rf %s", dir);
  int64_t rows;
  if (fq_kernel_rebuild(fresh, path, &rows, &e)) fail_msg("%s", e.en);
  same_rows(k, fresh);
  fq_kernel_close(fresh);
  fq_kernel_close(k);
  assert_int_equal(system(clean), 0);
  free(clean);
  free(path);
}

/* A start that comes to nothing leaves no shadow, not even in memory; pages follow one another. */
static void pages_of_differences(void **s) {
  fq_kernel *k = open_at(NULL, NULL);
  deploy(k, "1", SAYS("one"));
  start(k, SAYS("two"), 1, 1);
  begin(k, "x", 1, 7);
  int64_t after = 0, seen = 0;
  do {
    fq_json *p = town();
    fq_json_set_int(p, "after", after);
    fq_json_set_int(p, "limit", 3);
    fq_json *r = call(k, "shadow.differences", p);
    int64_t last_n = 0;
    fq_json_each(d, fq_json_get(r, "rows")) {
      assert_true(fq_json_int(d, "n", 0) > after);
      last_n = fq_json_int(d, "n", 0);
      seen++;
    }
    after = fq_json_int(r, "next", 0);
    if (after) assert_int_equal(after, last_n);
    fq_json_free(r);
  } while (after);
  assert_int_equal(seen, 7);
  fq_kernel_close(k);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(records_differences_and_has_no_effect),
      cmocka_unit_test(refuses_what_cannot_be_compared),
      cmocka_unit_test(compares_only_with_what_it_was_started_beside),
      cmocka_unit_test(every_policy_has_its_place),
      cmocka_unit_test(a_failing_shadow_disturbs_nobody_and_is_stopped),
      cmocka_unit_test(is_promoted_within_its_limits_only),
      cmocka_unit_test(promoting_under_four_eyes_is_a_proposal),
      cmocka_unit_test(ends_with_the_pack_it_is_compared_with),
      cmocka_unit_test(observing_costs_the_command_nothing),
      cmocka_unit_test(goes_on_after_a_restart_and_rebuilds_the_same),
      cmocka_unit_test(pages_of_differences),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
