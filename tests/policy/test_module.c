/* The policy module on the real kernel: deploying, generations, failing, going back, asking why, rebuilding.
 */
#include "things.h"

static void decides_and_records(void **s) {
  fq_kernel *k = open_at(NULL, NULL);
  run(k, "thing.begin", "a", NULL);
  assert_int_equal(count(k, "policy.decided"), 0);
  assert_int_equal(deploy(k, "1", SAYS("one")), 1);
  run(k, "thing.begin", "b", NULL);
  said(k, "b", "one");
  fq_json *d = last(k, "policy.decided");
  assert_string_equal(fq_json_str(d, "policy"), "p");
  assert_string_equal(fq_json_str(d, "pack"), "town");
  assert_string_equal(fq_json_str(d, "exit"), "OK");
  assert_int_equal(fq_json_size(fq_json_get(d, "commands")), 1);
  fq_json_free(d);
  /* the command came as policy/p, caused by the entry it answers */
  assert_int_equal(
      1,
      fq_int(
          fq_kernel_db(k), 0,
          "SELECT count(*) FROM journal a JOIN journal c ON c.seq = a.cause WHERE a.kind = 'thing.answered'"
          " AND a.actor = 'policy/p' AND c.kind = 'thing.begun' AND c.subject = 'b'",
          ""));
  /* the same pack again changes nothing, unless forced */
  assert_int_equal(deploy(k, "1", SAYS("one")), 1);
  assert_int_equal(count(k, "pack.deployed"), 1);
  fq_kernel_close(k);
}

static void keeps_the_generation_a_subject_began_with(void **s) {
  fq_kernel *k = open_at(NULL, NULL);
  deploy(k, "1", SAYS("one"));
  run(k, "thing.begin", "a", NULL);
  assert_int_equal(deploy(k, "2", SAYS("two")), 2);
  run(k, "thing.change", "a", NULL);
  run(k, "thing.begin", "b", NULL);
  run(k, "thing.change", "never-begun", NULL);
  said(k, "a", "one one");
  said(k, "b", "two");
  said(k, "never-begun", "two");
  run(k, "thing.end", "a", NULL);
  run(k, "thing.change", "a", NULL); /* its life is over: what is said now is said by today's rules */
  said(k, "a", "one one two");
  run(k, "thing.begin", "a", NULL);
  deploy(k, "3", SAYS("three"));
  run(k, "thing.change", "a", NULL);
  said(k, "a", "one one two two two");
  /* a roll-back takes along what began under the withdrawn one */
  fq_json *r = call(k, "policy.rollback", fq_json_object());
  assert_string_equal(fq_json_str(r, "version"), "2");
  fq_json_free(r);
  run(k, "thing.begin", "c", NULL);
  said(k, "c", "two");
  r = call(k, "policy.rollback", fq_json_object()); /* 3 and 2 are withdrawn: 1 */
  assert_string_equal(fq_json_str(r, "version"), "1");
  fq_json_free(r);
  run(k, "thing.change", "b", NULL);
  run(k, "thing.change", "c", NULL);
  said(k, "b", "two one");
  said(k, "c", "two one");
  assert_null(call(k, "policy.rollback", fq_json_object()));
  assert_string_equal(why.code, "pack.no_previous");
  fq_kernel_close(k);
}

static void a_failed_command_leaves_no_policy(void **s) {
  fq_kernel *k = open_at(NULL, NULL);
  deploy(k, "1", SAYS("one"));
  fq_json *p = fq_json_object();
  fq_json_set_str(p, "id", "x");
  fq_json_set(p, "params", pack("2", SAYS("two")));
  assert_null(call(k, "thing.try_deploy", p));
  assert_string_equal(why.code, "thing.no");
  run(k, "thing.begin", "a", NULL);
  said(k, "a", "one");
  assert_int_equal(deploy(k, "3", SAYS("three")), 2); /* the number two is free again, and means this one */
  run(k, "thing.begin", "b", NULL);
  said(k, "b", "three");
  fq_kernel_close(k);
}

static void refuses_a_wrong_pack_whole(void **s) {
  fq_kernel *k = open_at(NULL, NULL);
  static const char wrong[] =
      "{\"pack\":\"town\",\"files\":{\"pack.lua\":\"nam = 1\\nname='city'\\npolicies={'policies/a.lua',"
      "'policies/b.lua', 'policies/none.lua'}\\nrequires={'nothing'}\",\"policies/a.lua\":\"return policy "
      "{\\n name='a', on={['thing.begn']=tostring}}\",\"policies/b.lua\":\"x = = "
      "1\",\"policies/c.lua\":\"\"}}";
  fq_json *p = fq_json_parse(wrong, sizeof wrong - 1, NULL);
  if (!p) fail_msg("the test itself");
  fq_json *again = fq_json_dup(p), *r = call(k, "pack.deploy", p);
  assert_null(r);
  assert_string_equal(why.code, "pack.invalid");
  assert_non_null(strstr(why.en, "8 mistakes"));
  assert_string_equal(why.path, "pack.lua:1");
  r = call(k, "pack.check", again);
  assert_int_equal(fq_json_size(fq_json_get(r, "findings")), 8);
  char *text = fq_json_print(r);
  static const char *const parts[] = {"did you mean name",
                                      "differs from",
                                      "version",
                                      "policies/none.lua",
                                      "the plugin nothing it requires",
                                      "did you mean 'thing.begun'",
                                      "\"path\":\"policies/a.lua\",\"line\":2",
                                      "not listed",
                                      "\"path\":\"policies/b.lua\",\"line\":1"};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    if (!strstr(text, parts[i])) fail_msg("no %s in %s", parts[i], text);
  free(text);
  fq_json_free(r);
  assert_int_equal(count(k, "pack.deployed"), 0);
  fq_kernel_close(k);
}

static void finds_scenarios_that_do_not_compile(void **s) {
  fq_kernel *k = open_at(NULL, NULL);
  static const char broken[] =
      "{\"pack\":\"town\",\"files\":{\"pack.lua\":\"name='town' version='1' policies={}\","
      "\"scenarios/1.lua\":\"scenario 'one'\\nat '08:00' { no_such_word { } }\","
      "\"scenarios/2.lua\":\"scenario 'two'\\nat '08:00' { expect { }\\n\"}}";
  fq_json *p = fq_json_parse(broken, sizeof broken - 1, NULL);
  if (!p) fail_msg("the test itself");
  fq_json *again = fq_json_dup(p), *r = call(k, "pack.check", p);
  assert_false(fq_json_bool(r, "ok", true));
  /* what a story means is known when it is told; whether it compiles, before */
  assert_int_equal(fq_json_size(fq_json_get(r, "findings")), 1);
  char *text = fq_json_print(r);
  static const char *const parts[] = {"\"path\":\"scenarios/2.lua\",\"line\":3", "\"exit\":\"SYNTAX\"",
                                      "语法错误", "'}' expected", "\"lines\":[{"};
  for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
    if (!strstr(text, parts[i])) fail_msg("no %s in %s", parts[i], text);
  free(text);
  fq_json_free(r);
  /* the gate holds a deployment up, and a reason may go over it: the check of a deployment itself does not */
  r = call(k, "pack.deploy", again);
  assert_non_null(r);
  fq_json_free(r);
  fq_kernel_close(k);
}

static void tells_refused_commands_and_stops_loops(void **s) {
  fq_kernel *k = open_at(NULL, NULL);
  deploy(k, "1",
         "return policy { name='p', on={ ['thing.begun']=function(e)\n"
         " return { answer(e, 'refuse me'), command('thing.answer', { od=1 }), answer(e, 'after') } end,\n"
         " ['thing.changed']=function(e) return { command('thing.change', { id=e.subject }), "
         "command('thing.change', "
         "{ id=e.subject }) } end } }");
  assert_true(run(k, "thing.begin", "a", NULL));
  said(k, "a", "after");
  assert_int_equal(count(k, "policy.refused"), 2);
  /* each change leads to two more: bounded, and the command that began it stands */
  assert_true(run(k, "thing.change", "b", NULL));
  assert_true(count(k, "thing.changed") >= 8 && count(k, "thing.changed") < 520);
  assert_true(run(k, "thing.begin", "c", NULL));
  said(k, "c", "after");
  fq_kernel_close(k);
}

static void falls_back_and_goes_back(void **s) {
  fq_kernel *k = open_at(NULL, NULL);
  deploy(k, "1",
         "return policy { name='p', on={ ['incident.reported']=function(e)\n return dispatch(e.incident, "
         "{user='good'}) end } }");
  deploy(k, "2",
         "return policy { name='p', on={ ['incident.reported']=function(e)\n"
         "  -- 先查一下\n"
         "  local x = e.nothing.x\n"
         "end } }");
  for (int i = 1; i <= 4; i++) {
    char id[16];
    snprintf(id, sizeof id, "i%d", i);
    assert_true(run(k, "incident.report", id, NULL));
    assert_int_equal(count(k, "policy.failed"), i);
    assert_int_equal(count(k, "incident.dispatched"), i); /* the default decided */
  }
  fq_json *d = last(k, "policy.failed");
  assert_string_equal(fq_json_str(d, "reason"), "RUNTIME");
  assert_string_equal(fq_json_str(d, "file"), "policies/p.lua");
  assert_int_equal(fq_json_int(d, "line", 0), 3);
  assert_int_equal(fq_json_size(fq_json_get(d, "lines")), 3);
  assert_non_null(strstr(fq_json_str(d, "message_en"), "nothing"));
  assert_non_null(strstr(fq_json_str(d, "message_zh"), "policies/p.lua:3"));
  fq_json_free(d);
  d = last(k, "incident.dispatched");
  assert_string_equal(fq_json_str(d, "word"), "officer-1");
  fq_json_free(d);
  fq_json *r = call(k, "policy.list", fq_json_object());
  assert_int_equal(fq_json_int(fq_json_first(fq_json_get(r, "rows")), "in_a_row", 0), 4);
  fq_json_free(r);
  /* the fifth in a row brings version 1 back, for what began under 2 as well */
  assert_true(run(k, "incident.report", "i5", NULL));
  assert_int_equal(count(k, "policy.rolled_back"), 1);
  r = call(k, "pack.list", fq_json_object());
  assert_string_equal(fq_json_str(fq_json_first(fq_json_get(r, "rows")), "version"), "1");
  fq_json_free(r);
  assert_true(run(k, "incident.report", "i6", NULL));
  assert_int_equal(count(k, "policy.failed"), 5);
  d = last(k, "incident.dispatched");
  assert_string_equal(fq_json_str(d, "word"), "good");
  fq_json_free(d);
  fq_kernel_close(k);
}

static fq_json *two(const char *version, const char *p, const char *q) {
  fq_json *o = pack(version, p), *files = fq_json_detach(o, "files");
  char *meta = fq_printf("name = 'town'\nversion = '%s'\npolicies = { 'policies/p.lua', 'policies/q.lua' }\n",
                         version);
  fq_json_set_str(files, "pack.lua", meta);
  fq_json_set_str(files, "policies/q.lua", q);
  fq_json_set(o, "files", files);
  free(meta);
  return o;
}
static const char *version_now(fq_kernel *k, char out[48]) {
  fq_json *r = call(k, "pack.list", fq_json_object());
  const char *v = fq_json_str(fq_json_first(fq_json_get(r, "rows")), "version");
  snprintf(out, 48, "%s", v ? v : "");
  fq_json_free(r);
  return out;
}
static void begin_many(fq_kernel *k, const char *prefix, int n) {
  for (int i = 0; i < n; i++) {
    char id[32];
    snprintf(id, sizeof id, "%s%d", prefix, i);
    assert_true(run(k, "thing.begin", id, NULL));
  }
}

#define FAILS(name, words)                                                                                   \
  "return policy { name='" name "', on={ ['thing.begun']=function(e) error('" words "') end } }"
#define FINE(name) "return policy { name='" name "', on={ ['thing.begun']=function(e) end } }"

/* It decides well about changes and never about beginnings: what goes well in between does not save it. */
static void goes_back_when_one_kind_fails_only(void **s) {
  fq_kernel *k = open_at(NULL, NULL);
  char v[48];
  deploy(k, "1", SAYS("one"));
  deploy(k, "2",
         "return policy { name='p', on={ ['thing.begun']=function(e) error('x') end,\n"
         "['thing.changed']=function(e) return answer(e, 'fine') end } }");
  for (int i = 0; i < 5; i++) {
    assert_string_equal(version_now(k, v), "2");
    begin_many(k, "a", 1);
    run(k, "thing.change", "c", NULL);
  }
  assert_string_equal(version_now(k, v), "1");
  assert_int_equal(count(k, "policy.rolled_back"), 1);
  fq_kernel_close(k);
}

/* The failing text is in version 2 as well: going back there would help nobody. */
static void goes_back_past_what_has_the_failing_text(void **s) {
  fq_kernel *k = open_at(NULL, NULL);
  char v[48];
  fq_json_free(call(k, "pack.deploy", two("1", FINE("p"), FINE("q"))));
  fq_json_free(call(k, "pack.deploy", two("2", FAILS("p", "x"), FINE("q"))));
  fq_json_free(
      call(k, "pack.deploy",
           two("3", FAILS("p", "x"),
               "return policy { name='q', on={ ['thing.begun']=function(e) return answer(e, 'q') end } }")));
  begin_many(k, "a", 5);
  assert_string_equal(version_now(k, v), "1");
  assert_int_equal(count(k, "policy.rolled_back"), 1);
  fq_kernel_close(k);
}

/* Back to one that fails in its own way: back once more, and then there is nothing to go back to. */
static void goes_back_twice_and_no_further(void **s) {
  fq_kernel *k = open_at(NULL, NULL);
  char v[48];
  deploy(k, "1", FAILS("p", "one"));
  deploy(k, "2", FAILS("p", "two"));
  deploy(k, "3", FAILS("p", "three"));
  begin_many(k, "a", 5);
  assert_string_equal(version_now(k, v), "2");
  begin_many(k, "b", 4);
  assert_string_equal(version_now(k, v), "2");
  begin_many(k, "c", 1);
  assert_string_equal(version_now(k, v), "1");
  begin_many(k, "d", 12);
  assert_string_equal(version_now(k, v), "1");
  assert_int_equal(count(k, "policy.rolled_back"), 2);
  fq_kernel_close(k);
}

/* An old version that fails for what it began with says nothing against the active one; nor does another
 * pack. */
static void goes_back_for_its_own_failures_only(void **s) {
  fq_kernel *k = open_at(NULL, NULL);
  char v[48];
  deploy(k, "1", SAYS("zero"));
  deploy(k, "2", "return policy { name='p', on={ ['thing.changed']=function(e) error('old') end } }");
  begin_many(k, "old", 1);
  deploy(k, "3", SAYS("three"));
  for (int i = 0; i < 8; i++)
    run(k, "thing.change", "old0", NULL);
  assert_int_equal(count(k, "policy.failed"), 8);
  assert_string_equal(version_now(k, v), "3");
  fq_json *other = pack("9", FAILS("o", "other"));
  fq_json_set_str(other, "pack", "village");
  fq_json *files = fq_json_detach(other, "files");
  fq_json_set_str(files, "pack.lua", "name = 'village'\nversion = '9'\npolicies = { 'policies/p.lua' }\n");
  fq_json_set(other, "files", files);
  fq_json *r = call(k, "pack.deploy", other);
  if (!r) fail_msg("%s", why.en);
  fq_json_free(r);
  begin_many(k, "b", 9);
  assert_int_equal(count(k, "policy.rolled_back"),
                   0); /* the village has no earlier version, the town is well */
  assert_string_equal(version_now(k, v), "3");
  said(k, "b8", "three");
  fq_kernel_close(k);
}

/* Nothing better to go back to: it stays, the default goes on deciding. And a view with wrong SQL hurts the
 * decision alone. */
static void has_nothing_to_go_back_to(void **s) {
  fq_kernel *k = open_at(NULL, NULL);
  deploy(k, "1",
         "return policy { name='p', on={ ['incident.reported']=function(e, view) view.wrong() error('x') end "
         "} }");
  for (int i = 1; i <= 8; i++)
    assert_true(run(k, "incident.report", "i", NULL));
  assert_int_equal(count(k, "policy.failed"), 8);
  assert_int_equal(count(k, "policy.rolled_back"), 0);
  assert_int_equal(count(k, "incident.dispatched"), 8);
  fq_kernel_close(k);
}

static void says_why(void **s) {
  fq_kernel *k = open_at(NULL, NULL);
  deploy(k, "1",
         "return policy { name='p', on={ ['incident.reported']=function(e, view)\n"
         "  local o = view.nearest_officer(e.incident, { skill='x' })\n"
         "  if e.word == 'fail' then error('坏了') end\n"
         "  return dispatch(e.incident, o, e.incident.seen .. ' ' .. view.now) end } }");
  run(k, "incident.report", "i1", NULL);
  run(k, "incident.report", "i2", NULL);
  run(k, "incident.report", "i1", "fail");
  fq_json *p = fq_json_object();
  fq_json_set_str(p, "subject", "i1");
  fq_json *r = call(k, "policy.why", p);
  const fq_json *rows = fq_json_get(r, "rows");
  assert_int_equal(fq_json_size(rows), 3); /* decided, failed, and the default in its place */
  fq_json_each(o, rows) {
    char *text = fq_json_print(o);
    if (!fq_json_bool(o, "identical", false)) fail_msg("not identical: %s", text);
    free(text);
  }
  const fq_json *first = fq_json_first(rows);
  char *text = fq_json_print(fq_json_get(first, "answers"));
  assert_string_equal(
      text, "[[\"nearest_officer\",[{\"$e\":\"incident\"},{\"skill\":\"x\"}],{\"user\":\"officer-1\"}]]");
  free(text);
  assert_string_equal(fq_json_str(fq_json_get(first, "entry"), "kind"), "incident.reported");
  fq_json_free(r);
  fq_kernel_close(k);
}

static void same_tables(fq_kernel *a, fq_kernel *b) {
  static const char *const tables[] = {
      "SELECT group_concat(hash || name || path || kinds || text) FROM (SELECT * FROM policy_source ORDER BY "
      "hash)",
      "SELECT group_concat(gen || ' ' || seq || ' ' || moved_to) FROM (SELECT * FROM policy_generation ORDER "
      "BY gen)",
      "SELECT group_concat(gen || pack || pos || hash) FROM (SELECT * FROM policy_member ORDER BY gen, pack, "
      "pos)",
      "SELECT group_concat(gen || pack || version || digest || since) FROM (SELECT * FROM policy_pack ORDER "
      "BY gen, pack)",
      "SELECT group_concat(pack || digest) FROM (SELECT * FROM policy_withdrawn ORDER BY pack, digest)",
      "SELECT group_concat(hash || ' ' || heard || ' ' || total || ' ' || in_a_row || ' ' || last_seq) FROM "
      "(SELECT * FROM policy_failure ORDER BY hash, heard)"};
  same_answers(a, b, tables, sizeof tables / sizeof *tables);
}

static void rebuilds_the_same(void **s) {
  char dir[] = "/tmp/fq-policy-XXXXXX";
  assert_non_null(mkdtemp(dir));
  fq_kernel *k = open_at(dir, NULL);
  deploy(k, "1", SAYS("one"));
  deploy(k, "2", "return policy { name='p', on={ ['thing.begun']=function(e) error('x') end } }");
  for (int i = 0; i < 5; i++)
    run(k, "thing.begin", "a", NULL);
  deploy(k, "3", "return policy { name='p', on={ ['thing.begun']=function(e) error('y') end } }");
  run(k, "thing.begin", "b", NULL);
  fq_json_free(call(k, "policy.rollback", fq_json_object()));
  struct fq_error e = {0};
  fq_kernel *fresh = open_at(dir, "again.db");
  char *path = fq_printf("%s/county.db", dir), *clean = fq_printf("rm -rf %s", dir);
  int64_t rows;
  if (fq_kernel_rebuild(fresh, path, &rows, &e)) fail_msg("%s", e.en);
  same_tables(k, fresh);
  fq_kernel_close(fresh);
  fq_kernel_close(k);
  assert_int_equal(system(clean), 0);
  free(clean);
  free(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(decides_and_records),
      cmocka_unit_test(keeps_the_generation_a_subject_began_with),
      cmocka_unit_test(a_failed_command_leaves_no_policy),
      cmocka_unit_test(refuses_a_wrong_pack_whole),
      cmocka_unit_test(finds_scenarios_that_do_not_compile),
      cmocka_unit_test(tells_refused_commands_and_stops_loops),
      cmocka_unit_test(falls_back_and_goes_back),
      cmocka_unit_test(goes_back_when_one_kind_fails_only),
      cmocka_unit_test(goes_back_past_what_has_the_failing_text),
      cmocka_unit_test(goes_back_twice_and_no_further),
      cmocka_unit_test(goes_back_for_its_own_failures_only),
      cmocka_unit_test(has_nothing_to_go_back_to),
      cmocka_unit_test(says_why),
      cmocka_unit_test(rebuilds_the_same),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
