/*
 * Whatever was decided is decided again, exactly: many random policies over random entries - questions,
 * nested answers, failures of every sort, ends by steps, by memory and by the clock - and policy.why, which
 * executes each once more from what the journal holds, has to find the same. The seed is fixed and printed.
 */
#include "things.h"

#include "policy/module_internal.h"

static uint64_t state = 20261122;
static uint32_t dice(uint32_t n) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(state >> 33) % n;
}

/* Pieces of a handler: e, view and `out`, what will be returned. */
static const char *const pieces[] = {
    "out[#out + 1] = answer(e, e.word or 'nothing')",
    "local o = view.nearest_officer(e, { skill = 'x', at = e.at }) out[#out + 1] = answer(e, o.user)",
    "for i = 1, 7 do view.nearest_officer(i, { i * 0.1, 1 / 3 }) end",
    "local sum = 0.1 for i = 1, 100 do sum = sum * 1.1 end out[#out + 1] = answer(e, tostring(sum):sub(1, "
    "90))",
    "local names = {} for k, v in pairs(e) do names[#names + 1] = k end out[#out + 1] = answer(e, "
    "table.concat(names, ','):sub(1, 90))",
    "pcall(function() view.nearest_officer(function() end) end)",
    "local ok, why = pcall(error, 'held') out[#out + 1] = answer(e, tostring(why):sub(1, 90))",
    "local t = {} for i = 1, 2000 do t[i] = { i } end table.sort(t, function(a, b) return a[1] > b[1] end)",
    "local t = { e.seq, e.at, e.cause, e.subject } out[#out + 1] = command('thing.answer', { id = e.subject, "
    "word = "
    "tostring(t[1]) })",
    "out[#out + 1] = command('thing.answer', { id = e.subject, word = 'refuse me' })",
    "if e.deep and e.deep.a then out[#out + 1] = answer(e, tostring(e.deep.a[1].b)) "
    "view.nearest_officer(e.deep) end",
    "view.wrong()",
};
static const char *const ends[] = {
    "error('故意的')",
    "error({ zh = '表', en = 'a table' })",
    "local x = e.nothing.y",
    "while true do end",
    "while true do view.nearest_officer(e) end",
    "while true do pcall(function() view.nearest_officer(e) error('x') end) end",
    "local t = {} for i = 1, math.huge do t[i] = { i } end",
    "local s = 'x' while true do s = s .. s end",
    "local t = {} for i = 1, 100 do t[i] = ('x'):rep(262144 - i) end",
    "local function f(n) return 1 + f(n + 1) end f(1)",
    "return command('no.such')",
    "return 7",
    "local s = ('x'):rep(262000) local n = 0 while true do if s .. 'a' < s .. 'b' then n = n + 1 end end",
};
#define COUNT(a) (sizeof(a) / sizeof *(a))

static char *random_policy(void) {
  struct fq_buf b = {0};
  fq_buf_str(&b, "return policy { name='p', on={\n");
  static const char *const hears[] = {"thing.begun", "thing.changed", "incident.reported"};
  for (size_t k = 0; k < COUNT(hears); k++) {
    fq_buf_fmt(&b, "['%s']=function(e, view)\nlocal out = {}\n", hears[k]);
    for (uint32_t n = dice(5); n; n--)
      fq_buf_fmt(&b, "do %s end\n", pieces[dice(COUNT(pieces))]);
    if (dice(3) == 0) fq_buf_fmt(&b, "if (e.seq // 1) %% 2 == 0 then %s end\n", ends[dice(COUNT(ends))]);
    fq_buf_str(&b, "return out\nend,\n");
  }
  fq_buf_str(&b, "} }\n");
  return b.data;
}

static fq_kernel *open_with(int64_t steps, int64_t cpu_ms) {
  struct fq_error e = {0};
  fq_kernel *k = fq_kernel_open(&(struct fq_kernel_config){.memory = true, .fake_clock = true}, &e);
  struct fq_policy *p = fq_policy_new();
  p->steps = steps;
  p->cpu_ms = cpu_ms;
  p->failures = 1000000; /* nothing goes back: every version decides for as long as it is wanted */
  if (!k || fq_kernel_add(k, &things, NULL, &e) || fq_kernel_add(k, &fq_policy_module, p, &e) ||
      fq_kernel_boot(k, &e))
    fail_msg("%s", e.en);
  fq_kernel_set_time(k, 1795000000000);
  return k;
}

struct tally {
  int decisions, commands, exits[FQ_EXIT_COUNT];
};

static void look_again(fq_kernel *k, const char *subject, struct tally *t) {
  fq_json *p = fq_json_object();
  fq_json_set_str(p, "subject", subject);
  fq_json_set_int(p, "limit", 200);
  fq_json_set_bool(p, "inputs", true);
  fq_json *r = call(k, "policy.why", p);
  fq_json_each(row, fq_json_get(r, "rows")) {
    if (strcmp(fq_json_str(row, "kind"), "policy.decided")) continue;
    if (!fq_json_bool(row, "identical", false)) {
      char *text = fq_json_print(row);
      fail_msg("not the same again: %.2000s", text);
    }
    assert_non_null(fq_json_get(row, "lines"));
    t->decisions++;
    t->commands += (int)fq_json_size(fq_json_get(row, "commands"));
    for (int x = 0; x < FQ_EXIT_COUNT; x++)
      t->exits[x] += !strcmp(fq_json_str(row, "exit"), fq_exit_name((enum fq_exit)x));
  }
  fq_json_free(r);
}

static void live(fq_kernel *k, int policies, struct tally *t) {
  for (int v = 0; v < policies; v++) {
    char *text = random_policy(), version[16], id[32];
    snprintf(version, sizeof version, "%d", v);
    deploy(k, version, text);
    free(text);
    for (int i = 0; i < 4; i++) {
      snprintf(id, sizeof id, "s%d-%d", v, i);
      run(k, i % 2 ? "incident.report" : "thing.begin", id, dice(2) ? "字" : NULL);
      run(k, "thing.change", id, NULL);
    }
  }
  for (int v = 0; v < policies; v++)
    for (int i = 0; i < 4; i++) {
      char id[32];
      snprintf(id, sizeof id, "s%d-%d", v, i);
      look_again(k, id, t);
    }
}

static void told(const char *what, const struct tally *t) {
  printf("%s: %d decisions, %d commands;", what, t->decisions, t->commands);
  for (int x = 0; x < FQ_EXIT_COUNT; x++)
    printf(" %s %d", fq_exit_name((enum fq_exit)x), t->exits[x]);
  printf("\n");
}

static void everything_comes_out_the_same(void **s) {
  fq_kernel *k = open_with(0, 60000); /* steps end what does not end */
  struct tally t = {0};
  live(k, 60, &t);
  told("by steps", &t);
  assert_true(t.decisions > 300 && t.commands > 100);
  assert_true(t.exits[FQ_EXIT_OK] && t.exits[FQ_EXIT_RUNTIME] && t.exits[FQ_EXIT_TIMEOUT] &&
              t.exits[FQ_EXIT_NOMEM] && t.exits[FQ_EXIT_BAD_DECISION]);
  fq_kernel_close(k);
}

/* What the clock ended on a busy machine ends at the very same step, whatever the machine does now. */
static void also_what_the_clock_ended(void **s) {
  fq_kernel *k = open_with(INT64_C(100000000), 1);
  struct tally t = {0};
  live(k, 40, &t);
  told("by the clock", &t);
  assert_true(t.exits[FQ_EXIT_TIMEOUT] > 3);
  assert_true(fq_int(fq_kernel_db(k), 0,
                     "SELECT count(*) FROM journal WHERE kind = 'policy.decided' AND json_extract(data,"
                     " '$.clock_steps') > 0",
                     "") > 3);
  fq_kernel_close(k);
}

static void inputs_are_shown_on_demand(void **s) {
  fq_kernel *k = open_at(NULL, NULL);
  deploy(k, "1.2", "return policy { name='p', on={ ['incident.reported']=function(e)\n return nil\nend } }");
  run(k, "incident.report", "i1", NULL);
  for (int inputs = 0; inputs < 2; inputs++) {
    fq_json *p = fq_json_object();
    fq_json_set_str(p, "subject", "i1");
    if (inputs) fq_json_set_bool(p, "inputs", true);
    fq_json *r = call(k, "policy.why", p);
    const fq_json *row = fq_json_first(fq_json_get(r, "rows"));
    assert_int_equal(fq_json_get(row, "context") != NULL, inputs);
    assert_string_equal(fq_json_str(row, "pack_version"), "1.2");
    assert_string_equal(fq_json_str(fq_json_get(row, "entry"), "kind"), "incident.reported");
    assert_int_equal(fq_json_size(fq_json_get(row, "lines")), 1);
    fq_json_free(r);
  }
  fq_kernel_close(k);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(everything_comes_out_the_same),
                                     cmocka_unit_test(also_what_the_clock_ended),
                                     cmocka_unit_test(inputs_are_shown_on_demand)};
  printf("seed %llu\n", (unsigned long long)state);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
