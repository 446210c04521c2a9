/* The host alone: versions, decisions, answers, findings, memory failing at every request. */
#include "fake.h"

#include <stdio.h>

#include "base/json.h"
#include "base/mem.h"

static const char good[] =
    "return policy {\n"
    "  name = 'three-limits',\n"
    "  clocks = { dispatch = { from = 'reported', limit = minutes(5) } },\n"
    "  on = {\n"
    "    ['incident.reported'] = function(e, view)\n"
    "      local officer = view.nearest_officer(e.incident, { skill = e.incident.category })\n"
    "      if officer then return { dispatch(e.incident, officer, '最近') } end\n"
    "    end,\n"
    "  },\n"
    "}\n";

static void is_json(const fq_json *v, const char *expected) {
  char *text = fq_json_print(v);
  assert_string_equal(text, expected);
  free(text);
}

static void decides(void **state) {
  (void)state;
  struct fq_host *h = fake_host();
  struct fq_version *v = fake_compile(h, "policies/a.lua", good);
  assert_string_equal(v->name, "three-limits");
  is_json(v->kinds, "[\"incident.reported\"]");
  assert_true(fq_version_hears(v, "incident.reported"));
  assert_false(fq_version_hears(v, "clock.breached"));
  struct fq_decision d = fake_decide(h, v, NULL);
  if (d.exit) fail_msg("%s: line %d: %s", fq_exit_name(d.exit), d.line, d.en);
  is_json(d.commands, "[{\"method\":\"incident.escalate\",\"params\":{\"at\":301000,\"clock\":\"dispatch\"}},"
                      "{\"method\":\"incident.dispatch\",\"params\":{\"id\":\"i7\",\"note\":\"最近\","
                      "\"to\":[{\"user\":\"officer-0001\"}]}}]");
  is_json(d.answers, "[[\"nearest_officer\",[{\"$e\":\"incident\"},{\"skill\":\"fire\"}],"
                     "{\"user\":\"officer-0001\",\"distance_m\":12.5}]]");
  /* and again from the record, without asking */
  int asked = fake_asked;
  struct fq_decision again = fake_decide(h, v, d.answers);
  assert_int_equal(again.exit, FQ_EXIT_OK);
  assert_int_equal(fake_asked, asked);
  assert_true(fq_json_equal(d.commands, again.commands) && fq_json_equal(d.answers, again.answers));
  fq_json *other = fq_json_parse("[[\"echo\",[],1]]", 15, NULL);
  struct fq_decision strayed = fake_decide(h, v, other);
  assert_int_equal(strayed.exit, FQ_EXIT_RUNTIME);
  assert_true(strayed.strayed);
  fq_json_free(other);
  fq_decision_clear(&d);
  fq_decision_clear(&again);
  fq_decision_clear(&strayed);
  fq_version_free(v);
  fq_host_free(h);
}

/* What goes through Lua and back comes out as it went in: empty arrays stay arrays, members win in order. */
static void round_trips(void **state) {
  (void)state;
  struct fq_host *h = fake_host();
  struct fq_version *v =
      fake_compile(h, "p.lua",
                   "return policy { name='p', on={ ['incident.reported']=function(e, view)\n"
                   "  local same = view.echo(e.tags, e.incident, {1.5, -3, true, 'x'}, nil, {})\n"
                   "  return command('incident.dispatch', { seq=e.seq, at=e.at, now=view.now, tags=e.tags, "
                   "tasks=e.incident.tasks,\n"
                   "    list=list{}, same=same[3], none=#same, object={} })\n"
                   "end } }");
  struct fq_decision d = fake_decide(h, v, NULL);
  if (d.exit) fail_msg("%s: line %d: %s", fq_exit_name(d.exit), d.line, d.en);
  is_json(fq_json_get(fq_json_first(d.commands), "params"),
          "{\"at\":1000,\"list\":[],\"none\":5,\"now\":1000,\"object\":{},\"same\":[1.5,-3,true,\"x\"],"
          "\"seq\":7,\"tags\":[],"
          "\"tasks\":[]}");
  fq_decision_clear(&d);
  fq_version_free(v);
  fq_host_free(h);
}

static void nothing_survives(void **state) {
  (void)state;
  struct fq_host *h = fake_host();
  struct fq_version *v =
      fake_compile(h, "p.lua",
                   "local n = 0 counter = 0\n"
                   "return policy { name='p', on={ ['incident.reported']=function(e, view)\n"
                   "  n = n + 1 counter = counter + 1 string.upper = 1 view.now = 5 e.seq = 0\n"
                   "  table.leak = e\n"
                   "  local keys = {} for k in pairs(table) do keys[#keys+1] = k end\n"
                   "  return command('incident.dispatch', {n=n, counter=counter, keys=#keys})\n"
                   "end } }");
  for (int i = 0; i < 3; i++) {
    struct fq_decision d = fake_decide(h, v, NULL);
    is_json(fq_json_first(d.commands),
            "{\"method\":\"incident.dispatch\",\"params\":{\"counter\":1,\"keys\":5,\"n\":1}}");
    fq_decision_clear(&d);
  }
  fq_version_free(v);
  fq_host_free(h);
}

/* Two hosts have two hash seeds; orders and texts must not show it. */
static void is_the_same_everywhere(void **state) {
  (void)state;
  char *first = NULL;
  for (int i = 0; i < 5; i++) {
    struct fq_host *h = fake_host();
    struct fq_version *v = fake_compile(
        h, "p.lua",
        "return policy { name='p', on={ ['incident.reported']=function(e, view)\n"
        "  local t, seen = {}, {} for i = 1, 200 do t['k'..(i*7919%211)] = i t[i*3] = i t[i+0.5] = i end\n"
        "  for k, x in pairs(t) do seen[#seen+1] = tostring(k) end\n"
        "  local k = next(t) seen[#seen+1] = tostring(k) seen[#seen+1] = tostring(t) .. tostring(tostring)\n"
        "  return command('incident.dispatch', {t=table.concat(seen, ' '), f=string.format('%s %s', t, "
        "seen)})\n"
        "end } }");
    struct fq_decision d = fake_decide(h, v, NULL);
    if (d.exit) fail_msg("%s: line %d: %s", fq_exit_name(d.exit), d.line, d.en);
    char *text = fq_json_print(d.commands);
    if (first) assert_string_equal(text, first);
    free(first);
    first = text;
    fq_decision_clear(&d);
    fq_version_free(v);
    fq_host_free(h);
  }
  free(first);
}

static void says_what_is_wrong(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int line;
    const char *en;
  } cases[] = {
      {"return policy {\n name='x',\n clokcs = {},\n}", 3, "did you mean 'clocks'"},
      {"return policy { name='x', on = {\n\n ['incident.reportd'] = function() end } }", 3,
       "did you mean 'incident.reported'"},
      {"return policy { name='x', on = {\n ['note.kept'] = function() end } }", 2, "do not hear"},
      {"return policy { name='x',\n clocks = { a = {\n  limt = 3 } } }", 2, "limit is needed"},
      {"return policy { name='x', on = { ['clock.breached'] = 3 } }", 1, "must be a function"},
      {"return policy { name='中文' }", 1, "letters"},
      {"return policy { }", 0, "name must be"},
      {"return { name = 'x' }", 0, "must end with"},
      {"return policy {\n name = ,\n}", 2, "syntax error"},
      {"local x = 1\nlocal y = x.y.z\nreturn policy { name='x' }", 2, "attempt to index"},
      {"\nreturn polcy { name='x' }", 2, "did you mean 'policy'"},
      {"return policy { name='x', 5 }", 0, "has no name"},
      {"while true do end", 1, "out of time"},
      {"\x1bLuaQ", 0, "syntax error"},
  };
  struct fq_host *h = fake_host();
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct fq_findings f = {0};
    struct fq_version *v = fq_version_compile(h, "policies/x.lua", cases[i].text, false, &f);
    if (v) fail_msg("case %zu was accepted", i);
    if (!strstr(f.list[0].en, cases[i].en) || f.list[0].line != cases[i].line)
      fail_msg("case %zu: line %d: %s", i, f.list[0].line, f.list[0].en);
    assert_true(f.list[0].zh[0]);
    fq_findings_free(&f);
  }
  /* all of them at once, not only the first */
  struct fq_findings f = {0};
  assert_null(fq_version_compile(
      h, "x.lua", "return policy { nam='x', titel=1, on={ ['a.b']=1, ['c.d']=print } }", false, &f));
  assert_int_equal(f.count, 1); /* `print` is no word: nothing after it can be judged */
  fq_findings_free(&f);
  assert_null(fq_version_compile(
      h, "x.lua", "return policy { nam='x', titel=1, on={ ['a.b']=1, ['c.d']=tostring } }", false, &f));
  assert_int_equal(f.count, 5);
  fq_findings_free(&f);
  /* the built-in default leaves out kinds nobody declares */
  struct fq_version *v =
      fq_version_compile(h, "x.lua", "return policy { name='x', on={ ['c.d']=tostring } }", true, &f);
  assert_non_null(v);
  fq_version_free(v);
  fq_host_free(h);
}

static void answers_rubbish(void **state) {
  (void)state;
  static const struct {
    const char *body;
    enum fq_exit exit;
    const char *en;
  } cases[] = {
      {"return 5", FQ_EXIT_BAD_DECISION, "returned number"},
      {"return 'x'", FQ_EXIT_BAD_DECISION, "returned string"},
      {"return true", FQ_EXIT_BAD_DECISION, "returned boolean"},
      {"return {5}", FQ_EXIT_BAD_DECISION, "returned number"},
      {"return { method='incident.dispach' }", FQ_EXIT_BAD_DECISION, "did you mean incident.dispatch"},
      {"return { method='user.add' }", FQ_EXIT_BAD_DECISION, "may not give"},
      {"return { metod='incident.dispatch' }", FQ_EXIT_BAD_DECISION, "method and params only"},
      {"return { method='incident.dispatch', params={1} }", FQ_EXIT_BAD_DECISION, "named members"},
      {"return { method='incident.dispatch', params={x=0/0} }", FQ_EXIT_BAD_DECISION, "finite"},
      {"return { method='incident.dispatch', params={x=math.huge} }", FQ_EXIT_BAD_DECISION, "finite"},
      {"return { method='incident.dispatch', params={x=math.maxinteger} }", FQ_EXIT_BAD_DECISION, "2^53"},
      {"return { method='incident.dispatch', params={x='\\xff'} }", FQ_EXIT_BAD_DECISION, "UTF-8"},
      {"return { method='incident.dispatch', params={x='a\\0b'} }", FQ_EXIT_BAD_DECISION, "UTF-8"},
      {"return { method='incident.dispatch', params={x=tostring} }", FQ_EXIT_BAD_DECISION, "function"},
      {"return { method='incident.dispatch', params={x={1,nil,3}} }", FQ_EXIT_BAD_DECISION, "holes"},
      {"return { method='incident.dispatch', params={x={1,a=3}} }", FQ_EXIT_BAD_DECISION,
       "named members and positions"},
      {"local t = {} t.t = t return { method='incident.dispatch', params=t }", FQ_EXIT_BAD_DECISION,
       "contains itself"},
      {"local t = {} t[1] = t return t", FQ_EXIT_BAD_DECISION, "deep nest"},
      {"local t = {} for i = 1, 65 do t[i] = escalate(e.incident, 'county', '') end return t",
       FQ_EXIT_BAD_DECISION, "64"},
      {"local t = {} for i = 1, 64 do t[i] = escalate(e.incident, 'county', '') end return t", FQ_EXIT_OK,
       ""},
      {"return {{{}}, {escalate(e.incident, 'county', '')}, {}}", FQ_EXIT_OK, ""},
      {"return { nil, false, escalate(e.incident, 'county', ''), nil, nil }", FQ_EXIT_OK, ""},
      {"return { escalate(e.incident, 'county', ''), also=escalate(e.incident, 'county', '') }",
       FQ_EXIT_BAD_DECISION, "named members among"},
      {"return nil", FQ_EXIT_OK, ""},
      {"return view.nearest_oficer(e.incident)", FQ_EXIT_RUNTIME, "did you mean 'nearest_officer'"},
      {"return view.nearest_officer('i7')", FQ_EXIT_RUNTIME, "expected an incident"},
      {"return view.nearest_officer(tostring)", FQ_EXIT_RUNTIME, "function"},
      {"return dispach(e)", FQ_EXIT_RUNTIME, "did you mean 'dispatch'"},
      {"error({ zh = '不行', en = 'no' })", FQ_EXIT_RUNTIME, "no"},
      {"error({})", FQ_EXIT_RUNTIME, "is a table"},
      {"error()", FQ_EXIT_RUNTIME, "no text"},
      {"error('\\xff\\1\"')", FQ_EXIT_RUNTIME, "?"},
      {"return e.nothing.x", FQ_EXIT_RUNTIME, "attempt to index a nil value (field 'nothing')"},
  };
  struct fq_host *h = fake_host();
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char *text = fq_printf(
        "return policy { name='p', on={ ['incident.reported']=function(e, view)\n%s\nend } }", cases[i].body);
    struct fq_version *v = fake_compile(h, "p.lua", text);
    struct fq_decision d = fake_decide(h, v, NULL);
    if (d.exit != cases[i].exit || !strstr(d.en, cases[i].en))
      fail_msg("case %zu: %s line %d: %s", i, fq_exit_name(d.exit), d.line, d.en);
    if (d.exit != FQ_EXIT_OK) {
      assert_true(d.line > 0);
      assert_true(d.zh[0]);
      assert_int_equal(fq_json_size(d.commands), 0);
    }
    fq_decision_clear(&d);
    fq_version_free(v);
    free(text);
  }
  fq_host_free(h);
}

static void survives_memory_failing_anywhere(void **state) {
  (void)state;
  struct fq_host *h = fake_host();
  struct fq_version *v = fake_compile(h, "policies/a.lua", good);
  struct fq_decision d = fake_decide(h, v, NULL);
  uint64_t n = fq_host_allocations(h);
  assert_true(n > 10);
  fq_decision_clear(&d);
  for (uint64_t i = 1; i <= n; i++) {
    fq_host_fail_at(h, i);
    d = fake_decide(h, v, NULL);
    if (d.exit != FQ_EXIT_NOMEM)
      fail_msg("request %llu: %s %s", (unsigned long long)i, fq_exit_name(d.exit), d.en);
    fq_decision_clear(&d);
    fq_host_fail_at(h, 0);
    d = fake_decide(h, v, NULL);
    assert_int_equal(d.exit, FQ_EXIT_OK);
    fq_decision_clear(&d);
  }
  fq_version_free(v);
  fq_host_free(h);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(decides),
      cmocka_unit_test(round_trips),
      cmocka_unit_test(nothing_survives),
      cmocka_unit_test(is_the_same_everywhere),
      cmocka_unit_test(says_what_is_wrong),
      cmocka_unit_test(answers_rubbish),
      cmocka_unit_test(survives_memory_failing_anywhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
