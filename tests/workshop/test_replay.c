/*
 * Decision replay on the real kernel: rules replayed over their own history give no difference, however
 * hostile the history; other rules give the differences they make, told as docs/workshop/replay.md says.
 */
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
#include "policy/module.h"
#include "workshop/run.h"
#include "workshop/workshop.h"

/* ---- a module of things that begin, change and are answered ----------------------------------------------
 */

static enum fq_status apply_thing(struct fq_apply *a, const struct fq_entry *e) {
  const char *word = fq_json_str(e->data, "word");
  fq_exec(a->db, "INSERT INTO said(n, kind, subject, word) VALUES(?, ?, ?, ?)", "isss", e->seq, e->kind,
          e->subject, word ? word : "");
  if (word && !strcmp(word, "later"))
    fq_timer_set(a, e->subject, e->at_ms + 5000, "thing.ring", e->subject, NULL);
  return FQ_OK;
}
static enum fq_status emit_as(struct fq_call *c, const char *kind, const char *id, const char *word) {
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "word", word ? word : "");
  return fq_emit(c, (struct fq_draft){.kind = kind, .subject = id, .org = "v1", .data = data});
}
static enum fq_status emit(struct fq_call *c, const char *kind) {
  const char *word = fq_json_str(c->params, "word"), *id = fq_json_str(c->params, "id");
  if (word && !strcmp(word, "refuse me"))
    return fq_fail(c->error, FQ_E_CONFLICT, "thing.no", "", "不行", "no");
  enum fq_status st = emit_as(c, kind, id, word);
  return !st && word && !strcmp(word, "twice") ? emit_as(c, kind, id, "second") : st;
}
static enum fq_status begin_thing(struct fq_call *c) {
  return emit(c, "thing.begun");
}
static enum fq_status change_thing(struct fq_call *c) {
  return emit(c, "thing.changed");
}
static enum fq_status answer_thing(struct fq_call *c) {
  return emit(c, "thing.answered");
}
static enum fq_status report(struct fq_call *c) {
  return emit(c, "incident.reported");
}
static enum fq_status dispatch(struct fq_call *c) {
  return emit(c, "incident.dispatched");
}
static enum fq_status ring(struct fq_call *c) { /* a timer's method, with two entries of its own */
  enum fq_status st = emit_as(c, "thing.changed", "rung", "rung");
  return st ? st : emit_as(c, "thing.changed", "rung", "again");
}
/* Native: answers whatever is "native" before any policy does. */
static enum fq_status native(struct fq_call *c, const struct fq_entry *e) {
  return strcmp(fq_json_str(e->data, "word"), "native")
             ? FQ_OK
             : emit_as(c, "thing.answered", e->subject, "natively");
}
/* How many entries there were so far. */
static enum fq_status view_said(struct fq_view *v) {
  v->answer = fq_json_new_int(fq_int(v->db, 0, "SELECT count(*) FROM said", ""));
  return FQ_OK;
}
static enum fq_status view_journal(struct fq_view *v) {
  v->answer = fq_json_new_int(fq_int(v->db, 0, "SELECT max(seq) FROM journal", ""));
  return FQ_OK;
}
static int64_t somewhere; /* in memory alone */
static enum fq_status view_near(struct fq_view *v) {
  v->answer = fq_json_new_int(somewhere);
  return FQ_OK;
}
static enum fq_status view_nearest(struct fq_view *v) {
  v->answer = fq_json_object();
  fq_json_set_str(v->answer, "user", "officer-1");
  return FQ_OK;
}
static void context(void *self, fq_db *db, const struct fq_entry *e, fq_json *into) {
  (void)self;
  fq_json *i = fq_json_object();
  fq_json_set_str(i, "id", e->subject);
  fq_json_set_str(i, "title", "a thing");
  fq_json_set_int(i, "said", fq_int(db, 0, "SELECT count(*) FROM said", ""));
  fq_json_set(into, "incident", i);
}
static void sends(const char *method, const fq_json *params, void (*each)(void *arg, const char *user),
                  void *arg) {
  if (!strcmp(method, "incident.dispatch")) each(arg, fq_json_str(params, "word"));
}

static const struct fq_param params[] = {
    {.name = "id", .type = FQ_T_ID}, {.name = "word", .type = FQ_T_STRING, .max = 100}, {0}};
static const struct fq_param timer_params[] = {{.name = "due_ms", .type = FQ_T_INT, .max = 9e15},
                                               {.name = "late_ms", .type = FQ_T_INT, .max = 9e15},
                                               {0}};
#define METHOD(n, f, r)                                                                                      \
  { .name = n, .roles = FQ_ROLE_ALL, .flags = f, .params = params, .run = r }
static const struct fq_method methods[] = {
    METHOD("thing.begin", 0, begin_thing),
    METHOD("thing.change", FQ_POLICY, change_thing),
    METHOD("thing.answer", FQ_POLICY, answer_thing),
    METHOD("incident.report", 0, report),
    METHOD("incident.dispatch", FQ_POLICY, dispatch),
    {.name = "thing.ring", .flags = FQ_INTERNAL, .params = timer_params, .run = ring},
    {0}};
static const struct fq_kind kinds[] = {
    {.name = "thing.begun", .apply = apply_thing, .flags = FQ_KIND_BEGINS},
    {.name = "thing.changed", .apply = apply_thing},
    {.name = "thing.answered", .apply = apply_thing},
    {.name = "incident.reported", .apply = apply_thing, .flags = FQ_KIND_BEGINS},
    {.name = "incident.dispatched", .apply = apply_thing},
    {0}};
static const struct fq_reaction reactions[] = {{"thing.begun", native}, {"thing.changed", native}, {0}};
static const struct fq_view_fn views[] = {{.name = "said", .fn = view_said},
                                          {.name = "last", .fn = view_journal},
                                          {.name = "near", .fn = view_near},
                                          {.name = "nearest_officer", .fn = view_nearest},
                                          {0}};
static const char *const fleeting[] = {"near", NULL};
static const char *const migrations[] = {
    "CREATE TABLE said(n INTEGER PRIMARY KEY, kind TEXT, subject TEXT, word TEXT)", NULL};
static const struct fq_plugin things = {
    FQ_PLUGIN_HEAD,
    .name = "things",
    .version = "1",
    .migrations = migrations,
    .kinds = kinds,
    .methods = methods,
    .reactions = reactions,
    .views = views,
    .fleeting = fleeting,
    .context = context,
    .sends = sends,
    .lua = "function answer(e, word) return command('thing.answer', { id=e.subject, word=word }) end\n"
           "function change(e, word) return command('thing.change', { id=e.subject, word=word }) end\n"
           "function dispatch(i, to, note) return command('incident.dispatch', { id=i.id, word=to.user }) "
           "end\n"};

/* ---- a county that lives ---------------------------------------------------------------------------------
 */

#define T0 1795000000000

static char dir[64];
static fq_kernel *county;

static int open_county(void **state) {
  (void)state;
  struct fq_error e = {0};
  snprintf(dir, sizeof dir, "/tmp/fq-replay-XXXXXX");
  assert_non_null(mkdtemp(dir));
  county = fq_kernel_open(&(struct fq_kernel_config){.data_dir = dir, .fake_clock = true}, &e);
  if (!county || fq_kernel_add(county, &things, NULL, &e) || fq_policy_add(county, &e) ||
      fq_kernel_add(county, &fq_workshop_module, fq_workshop_new(), &e) || fq_kernel_boot(county, &e))
    fail_msg("%s", e.en);
  fq_kernel_set_time(county, T0);
  static const char text[] = "{\"units\":[{\"id\":\"c\",\"kind\":\"county\",\"name\":\"县\"},"
                             "{\"id\":\"t1\",\"parent\":\"c\",\"kind\":\"township\",\"name\":\"甲镇\"},"
                             "{\"id\":\"v1\",\"parent\":\"t1\",\"kind\":\"village\",\"name\":\"甲村\"}]}";
  fq_json *units = fq_json_parse(text, sizeof text - 1, &e);
  if (!units || fq_kernel_call(county, NULL, "org.import", units, NULL, &e)) fail_msg("%s", e.en);
  return 0;
}

static int close_county(void **state) {
  (void)state;
  fq_kernel_close(county);
  char *command = fq_printf("rm -rf '%s'", dir);
  int left = system(command);
  free(command);
  return left;
}

static void call(const char *method, fq_json *p) {
  struct fq_error e = {0};
  if (fq_kernel_call(county, NULL, method, p, NULL, &e)) fail_msg("%s: %s", method, e.en);
}

static void act(const char *method, const char *id, const char *word) {
  fq_json *p = fq_json_object();
  fq_json_set_str(p, "id", id);
  fq_json_set_str(p, "word", word);
  call(method, p);
}

static void later(int64_t ms) {
  struct fq_error e = {0};
  assert_int_equal(fq_kernel_run_until(county, fq_now_ms(county) + ms, &e), FQ_OK);
}

/* A pack of one or two policies, p and q by their files; NULL: only the first. */
static fq_json *pack(const char *name, const char *one, const char *two) {
  fq_json *p = fq_json_object(), *files = fq_json_object();
  char *meta = fq_printf("name = '%s'\nversion = '1'\npolicies = { 'policies/one.lua'%s }\n", name,
                         two ? ", 'policies/two.lua'" : "");
  fq_json_set_str(files, "pack.lua", meta);
  fq_json_set_str(files, "policies/one.lua", one);
  if (two) fq_json_set_str(files, "policies/two.lua", two);
  fq_json_set_str(p, "pack", name);
  fq_json_set(p, "files", files);
  free(meta);
  return p;
}

/* ---- a replay --------------------------------------------------------------------------------------------
 */

struct told {
  struct fq_buf bytes; /* all rows and the summary but its ms */
  fq_json *summary, *incidents, *policies, *townships, *officers;
  double share;
  bool cancel, staged;
};
static struct told told;

static void progress(void *arg, double share, const char *zh, const char *en) {
  struct told *t = arg;
  assert_true(share >= 0 && share <= 1 && *zh && *en);
  t->share = share;
}
static void take(struct told *t, const fq_json *value) {
  char *text = fq_json_print(value);
  fq_buf_str(&t->bytes, text);
  free(text);
}
static void row(void *arg, const char *list, const fq_json *value) {
  struct told *t = arg;
  fq_json **to = !strcmp(list, "incidents")   ? &t->incidents
                 : !strcmp(list, "policies")  ? &t->policies
                 : !strcmp(list, "townships") ? &t->townships
                                              : &t->officers;
  if (!*to) *to = fq_json_array();
  fq_json_push(*to, fq_json_dup(value));
  take(t, value);
}
static void summary(void *arg, const fq_json *value) {
  struct told *t = arg;
  t->summary = fq_json_dup(value);
  fq_json_set_int(t->summary, "ms", 0);
  take(t, t->summary);
}
static bool cancelled(void *arg) {
  return ((struct told *)arg)->cancel;
}

static void forget(void) {
  fq_json_free(told.summary);
  fq_json_free(told.incidents);
  fq_json_free(told.policies);
  fq_json_free(told.townships);
  fq_json_free(told.officers);
  fq_buf_free(&told.bytes);
  told = (struct told){0};
}

static void *world(void *worlds) {
  return worlds;
}
static enum fq_status add(void *w, fq_kernel *k, struct fq_error *e) {
  (void)w;
  return fq_kernel_add(k, &things, NULL, e);
}
static void world_free(void *w) {
  (void)w;
}

static struct fq_error why;
static enum fq_status replay_with(const fq_json *candidate, const fq_json *base, const fq_json *options) {
  struct fq_run r = {.data_dir = dir,
                     .pack = candidate,
                     .base = base,
                     .options = options,
                     .world = world,
                     .add = add,
                     .world_free = world_free,
                     .worlds = dir,
                     .out = {&told, progress, row, summary, cancelled}};
  bool cancel = told.cancel;
  forget();
  told.cancel = cancel;
  why = (struct fq_error){0};
  return fq_run_replay.run(&r, &why);
}
static void replay(const fq_json *candidate) {
  if (replay_with(candidate, NULL, NULL)) fail_msg("%s %s", why.path, why.en);
}
static int64_t sum(const char *member) {
  return fq_json_int(told.summary, member, 0);
}
static const fq_json *at(const fq_json *list, size_t n) {
  const fq_json *m = fq_json_first(list);
  while (m && n--)
    m = fq_json_next(m);
  if (!m) fail_msg("no such row in %s", told.bytes.data);
  return m;
}
/* A difference of an incident's row. */
static const fq_json *difference(size_t incident, size_t n) {
  return at(fq_json_get(at(told.incidents, incident), "differences"), n);
}
static void words(const fq_json *commands, const char *expected) {
  char got[200] = "";
  fq_json_each(c, commands) {
    strcat(got, got[0] ? " " : "");
    strcat(got, fq_json_str(fq_json_get(c, "params"), "word"));
  }
  assert_string_equal(got, expected);
}

/* Every pack that was ever deployed, over the whole history: what the same text decided it decides again. */
static void own_history_is_repeated(void) {
  fq_stmt *q = fq_sql(fq_kernel_db(county), "SELECT data FROM journal WHERE kind = 'pack.deployed'", "");
  int packs = 0;
  for (; fq_row(q); packs++) {
    fq_json *d = fq_json_parse(fq_col_str(q, 0), strlen(fq_col_str(q, 0)), NULL);
    replay(d);
    if (sum("unexplained")) fail_msg("unexplained: %s", told.bytes.data);
    assert_true(sum("decisions") > 0);
    fq_json_free(d);
  }
  if (packs == 1 && !fq_json_bool(told.summary, "identical", false))
    fail_msg("not identical: %s", told.bytes.data);
  forget();
}

/* ---- own histories ---------------------------------------------------------------------------------------
 */

#define ON(kind, body)         "['" kind "']=function(e, view) " body " end,"
#define POLICY(name, handlers) "return policy { name='" name "', on={ " handlers " } }"
#define SAYS(name, word)                                                                                     \
  POLICY(name, ON("thing.begun", "return answer(e, '" word "')")                                             \
                   ON("thing.changed", "return answer(e, '" word "')"))

/* Two policies hear the same; the second counts what the first has led to, and so does the next in line. */
static void views_that_nested_commands_change(void **state) {
  (void)state;
  call("pack.deploy",
       pack("town",
            POLICY("a", ON("thing.begun", "return { answer(e, 'a' .. view.said() .. '/' .. e.incident.said), "
                                          "change(e, 'on' .. view.said()) }")),
            POLICY("b", ON("thing.begun", "return answer(e, 'b' .. view.said() .. '/' .. view.last())")
                            ON("thing.answered", "if e.word ~= 'end' then return answer(e, 'end') end")
                                ON("thing.changed", "return answer(e, view.said() .. '/' .. view.last())"))));
  act("thing.begin", "x", "native");
  act("thing.begin", "y", "twice");
  act("thing.change", "y", "twice");
  act("thing.begin", "z", "later");
  later(6000);
  own_history_is_repeated();
}

static void several_packs(void **state) {
  (void)state;
  call("pack.deploy",
       pack("m", POLICY("m1", ON("thing.begun", "return answer(e, 'm' .. view.said())")), NULL));
  call("pack.deploy",
       pack("a", POLICY("a1", ON("thing.begun", "error('no')") ON("incident.reported", "error('no')")),
            POLICY("a2", ON("thing.begun", "return answer(e, view.said() .. '')"))));
  call("pack.deploy", pack("z",
                           POLICY("z1", ON("thing.begun", "return change(e, 'z' .. view.said())") ON(
                                            "incident.reported", "return dispatch(e.incident, {user='z'})")),
                           NULL));
  for (int i = 0; i < 3; i++)
    act("thing.begin", i ? "x" : "y", "native");
  act("incident.report", "i1", "fire");
  own_history_is_repeated();
}

static void failing_in_every_way(void **state) {
  (void)state;
  call("pack.deploy",
       pack("town",
            POLICY("p", ON("incident.reported", "if e.word == 'run' then error('no') end\n"
                                                "if e.word == 'bad' then return 7 end\n"
                                                "if e.word == 'loop' then while true do end end\n"
                                                "if e.word == 'full' then local t = {} for i = 1, 1e9 "
                                                "do t[i] = string.rep('x', 60000) .. i end end\n"
                                                "return dispatch(e.incident, {user='officer-2'})")),
            POLICY("q", ON("incident.reported", "if e.word == 'run' then error('both') end\n"
                                                "return answer(e, 'q' .. view.said())")
                            ON("thing.begun", "return answer(e, 'refuse me')"))));
  static const char *const how[] = {"run", "well", "bad", "loop", "well", "full", "run"};
  for (size_t i = 0; i < sizeof how / sizeof *how; i++)
    act("incident.report", "i1", how[i]);
  act("thing.begin", "x", "one");
  own_history_is_repeated();
}

static void going_back_by_itself(void **state) {
  (void)state;
  call("pack.deploy", pack("town", SAYS("p", "one"), NULL));
  act("thing.begin", "a", "w");
  call("pack.deploy",
       pack("town", POLICY("p", ON("thing.begun", "error('no')") ON("thing.changed", "error('no')")), NULL));
  for (int i = 0; i < 7; i++)
    act("thing.begin", "b", "w"); /* the fifth brings version one back in the middle of its turn */
  act("thing.change", "a", "w");
  act("thing.change", "b", "w");
  call("pack.deploy", pack("town", SAYS("p", "three"), SAYS("q", "four")));
  act("thing.change", "a", "w"); /* keeps the generation it began with */
  act("thing.begin", "c", "w");
  own_history_is_repeated();
}

static void rules_that_set_one_another_off(void **state) {
  (void)state;
  call("pack.deploy",
       pack("town",
            POLICY("p", ON("thing.changed", "return { change(e, 'l' .. view.said()), change(e, 'r') }")),
            POLICY("q", ON("thing.changed", "return answer(e, 'q' .. view.said())"))));
  act("thing.change", "x", "go"); /* ends at the bound on what one command may lead to */
  act("thing.begin", "y", "after");
  act("thing.change", "z", "again");
  own_history_is_repeated();
  /* What nobody has recorded is not made up: those who would have heard the last entries are counted. */
  fq_json *other = pack("town", SAYS("new", "n"), NULL);
  replay(other);
  assert_true(sum("unrecorded") > 0);
  fq_json_free(other);
}

static void what_is_in_memory_alone(void **state) {
  (void)state;
  call("pack.deploy",
       pack("town", POLICY("p", ON("thing.begun", "return answer(e, 'at ' .. view.near())")), NULL));
  for (somewhere = 1; somewhere < 4; somewhere++)
    act("thing.begin", "x", "w");
  somewhere = 99;
  own_history_is_repeated();
  fq_json *other = pack("town",
                        POLICY("p", ON("thing.begun", "return answer(e, 'now at ' .. view.near())") ON(
                                        "thing.answered", "if e.word ~= '' and view.near() > 9 then return "
                                                          "answer(e, '') end")),
                        NULL);
  replay(other);
  words(fq_json_get(difference(0, 0), "now"), "now at 1"); /* the recorded answer to the same question */
  assert_false(fq_json_bool(difference(0, 0), "uncertain", false));
  assert_true(fq_json_bool(difference(0, 1), "uncertain", false)); /* nobody asked there then */
  assert_int_equal(sum("uncertain"), 3);
  fq_json_free(other);
}

/* ---- differences -----------------------------------------------------------------------------------------
 */

static void tells_what_differs_and_why(void **state) {
  (void)state;
  call("pack.deploy",
       pack("town", POLICY("p", ON("incident.reported", "return dispatch(e.incident, {user='officer-1'})")),
            SAYS("gone", "g")));
  act("incident.report", "i1", "fire");
  later(1000);
  act("thing.begin", "x", "w");
  fq_json *other =
      pack("town",
           POLICY("p", "\n" ON("incident.reported", "\nif e.word == 'fire' then\n  return { "
                                                    "dispatch(e.incident, {user='officer-2'}), answer(e, "
                                                    "'too') }\nend\nreturn answer(e, 'no')\n")),
           SAYS("here", "h"));
  replay(other);
  assert_false(fq_json_bool(told.summary, "identical", true));
  assert_true(fq_json_bool(told.summary, "ok", false));
  assert_int_equal(sum("differences"), 3);
  assert_int_equal(sum("subjects"), 2);
  assert_int_equal(sum("differing"), 2);
  assert_string_equal(fq_json_str(told.summary, "mode"), "decision");
  const fq_json *i = at(told.incidents, 0), *d = difference(0, 0);
  assert_string_equal(fq_json_str(i, "subject"), "i1");
  assert_string_equal(fq_json_str(i, "title"), "a thing");
  assert_string_equal(fq_json_str(i, "township"), "t1");
  assert_string_equal(fq_json_str(i, "township_name"), "甲镇");
  assert_string_equal(fq_json_str(d, "kind"), "incident.reported");
  assert_string_equal(fq_json_str(d, "path"), "policies/one.lua");
  assert_string_equal(fq_json_str(d, "en"), "adds thing.answer");
  assert_string_equal(fq_json_str(d, "zh"), "增加 thing.answer");
  words(fq_json_get(d, "was"), "officer-1");
  words(fq_json_get(d, "now"), "officer-2 too");
  char *lines = fq_json_print(fq_json_get(d, "lines"));
  assert_string_equal(lines, "[3,4]");
  free(lines);
  assert_string_equal(fq_json_str(difference(1, 0), "policy"), "gone");
  assert_int_equal(fq_json_size(fq_json_get(difference(1, 0), "now")), 0);
  assert_string_equal(fq_json_str(difference(1, 1), "policy"), "here");
  assert_int_equal(fq_json_size(fq_json_get(difference(1, 1), "was")), 0);
  const fq_json *t = at(told.townships, 0), *m = fq_json_get(fq_json_get(t, "methods"), "thing.answer");
  assert_string_equal(fq_json_str(t, "org"), "t1");
  assert_int_equal(fq_json_int(t, "differing", 0), 2);
  assert_int_equal(fq_json_int(m, "was", -1), 1);
  assert_int_equal(fq_json_int(m, "now", -1), 2);
  assert_string_equal(fq_json_str(at(told.officers, 1), "user"), "officer-2");
  assert_int_equal(fq_json_int(at(told.officers, 1), "was", -1), 0);
  assert_int_equal(fq_json_int(at(told.officers, 1), "now", -1), 1);
  fq_json_free(other);
}

/* The same commands with another parameter: the first that is another is named with both values, a long one
 * is not spelt out, and in another order they are only said to be that. */
static void says_which_parameter_is_another(void **state) {
  (void)state;
  call("pack.deploy",
       pack("town",
            POLICY("p", ON("incident.reported", "if e.word == 'order' then return { answer(e, 'a'), "
                                                "dispatch(e.incident, {user='officer-1'}) } end\n"
                                                "return answer(e, 'well')")),
            NULL));
  act("incident.report", "i1", "short");
  act("incident.report", "i2", "long");
  act("incident.report", "i3", "order");
  fq_json *other =
      pack("town",
           POLICY("p", ON("incident.reported",
                          "if e.word == 'order' then return { "
                          "dispatch(e.incident, {user='officer-1'}), answer(e, 'a') } end\n"
                          "return answer(e, e.word == 'long' and string.rep('x', 41) or 'better')")),
           NULL);
  replay(other);
  assert_int_equal(sum("differences"), 3);
  assert_string_equal(fq_json_str(difference(0, 0), "zh"), "thing.answer word: \"well\" → \"better\"");
  assert_string_equal(fq_json_str(difference(0, 0), "en"), fq_json_str(difference(0, 0), "zh"));
  assert_string_equal(fq_json_str(difference(1, 0), "en"), "thing.answer word: \"well\" → ...");
  assert_string_equal(fq_json_str(difference(2, 0), "en"), "other parameters or order");
  fq_json_free(other);
}

/* Nobody heard these: where the turn of each ended follows from the order of reactions. */
static void entries_that_nobody_heard(void **state) {
  (void)state;
  act("thing.change", "a", "one");    /* 1: two commands in one millisecond, without keys */
  act("thing.change", "b", "native"); /* 2, and 3 natively */
  act("thing.change", "c", "twice");  /* 4 and 5 before either is answered */
  act("thing.begin", "d", "later");   /* 6; its timer makes 7 and 8 */
  later(6000);
  fq_json *other =
      pack("town", POLICY("p", ON("thing.changed", "return answer(e, view.said() .. '')")), NULL);
  replay(other);
  static const char *const expected[] = {"1", "3", "5", "5", "8", "8"};
  size_t n = 0;
  fq_json_each(i, told.incidents) fq_json_each(d, fq_json_get(i, "differences"))
      words(fq_json_get(d, "now"), n < 6 ? expected[n++] : "");
  assert_int_equal(n, 6);
  fq_json_free(other);
}

/* The default decides for who fails, then or now. */
static void failures_on_either_side(void **state) {
  (void)state;
  call("pack.deploy", pack("town",
                           POLICY("p", ON("incident.reported", "if e.word == 'then' then error('then') end\n"
                                                               "return answer(e, 'well')")),
                           NULL));
  act("incident.report", "i1", "then");
  act("incident.report", "i2", "now");
  fq_json *other = pack("town",
                        POLICY("p", ON("incident.reported", "if e.word == 'now' then error('now') end\n"
                                                            "return answer(e, 'well')")),
                        NULL);
  replay(other);
  assert_false(fq_json_bool(told.summary, "ok", true));
  assert_int_equal(sum("failed"), 1);
  assert_int_equal(sum("differences"), 4);
  assert_string_equal(fq_json_str(difference(0, 0), "was_exit"), "RUNTIME");
  assert_string_equal(fq_json_str(difference(0, 0), "now_exit"), "OK");
  assert_string_equal(fq_json_str(difference(0, 1), "policy"), "default");
  words(fq_json_get(difference(0, 1), "was"), "officer-1");
  words(fq_json_get(difference(0, 1), "now"), "");
  assert_string_equal(fq_json_str(difference(1, 0), "now_exit"), "RUNTIME");
  assert_non_null(strstr(fq_json_str(difference(1, 0), "en"), "fails: now"));
  assert_string_equal(fq_json_str(difference(1, 1), "policy"), "default");
  words(fq_json_get(difference(1, 1), "was"), "");
  words(fq_json_get(difference(1, 1), "now"), "officer-1");
  fq_json_free(other);
}

static void two_packs_compared(void **state) {
  (void)state;
  call("pack.deploy", pack("town", SAYS("p", "recorded"), NULL));
  act("thing.begin", "x", "w");
  act("thing.change", "x", "w");
  fq_json *one = pack("town", SAYS("p", "one"), NULL), *two = pack("town", SAYS("p", "two"), SAYS("q", "q"));
  assert_int_equal(replay_with(one, one, NULL), FQ_OK);
  assert_true(fq_json_bool(told.summary, "identical", false));
  assert_int_equal(sum("decisions"), 2);
  assert_int_equal(replay_with(two, one, NULL), FQ_OK);
  assert_int_equal(sum("differences"), 4);
  words(fq_json_get(difference(0, 0), "was"), "one");
  words(fq_json_get(difference(0, 0), "now"), "two");
  words(fq_json_get(difference(0, 1), "was"), "");
  words(fq_json_get(difference(0, 1), "now"), "q");
  assert_int_equal(replay_with(one, two, NULL), FQ_OK);
  words(fq_json_get(difference(0, 1), "was"), "q");
  words(fq_json_get(difference(0, 1), "now"), "");
  fq_json_free(one);
  fq_json_free(two);
}

/* ---- beside a county that really lives under the candidate -----------------------------------------------
 */

static unsigned seed;
static unsigned dice(unsigned n) {
  seed = seed * 1664525u + 1013904223u;
  return (seed >> 10) % n;
}

static const char *const bodies[] = {
    "return answer(e, 'a')",
    "return answer(e, 'b' .. view.said())",
    "if e.word == 'two' then return answer(e, 'c') end",
    "if view.said() % 3 == 0 then return { answer(e, 'd'), answer(e, 'e') } end",
    "if e.word == 'one' then return change(e, 'two') end",
    "if e.word == 'three' then error('three') end return answer(e, 'f')",
    "if e.incident.said > 4 then return answer(e, 'g' .. view.last()) end",
    "if e.word == 'one' then return 7 end",
    "return answer(e, 'refuse me')",
    "",
};
static fq_json *random_pack(void) {
  char *text[2];
  for (int i = 0; i < 2; i++) {
    const char *b[3];
    for (int n = 0; n < 3; n++)
      b[n] = bodies[dice(sizeof bodies / sizeof *bodies)];
    text[i] = fq_printf("return policy { name='%s', on={ ['thing.begun']=function(e, view) %s end, "
                        "['incident.reported']=function(e, view) %s end, ['thing.changed']=function(e, view) "
                        "if e.word ~= 'two' then %s end end } }",
                        i ? "q" : "p", b[0], b[1], b[2]);
  }
  fq_json *p = pack("town", text[0], text[1]);
  free(text[0]);
  free(text[1]);
  return p;
}

/* The same things happen, whatever is decided about them. */
static void live(fq_kernel *k, fq_json *rules, unsigned from) {
  static const char *const methods_[] = {"thing.begin", "thing.change", "incident.report"};
  static const char *const said_[] = {"one", "two", "three", "native", "twice", "later"};
  fq_kernel *was = county;
  county = k;
  seed = from;
  call("pack.deploy", rules);
  for (int i = 0; i < 25; i++) {
    char id[8];
    snprintf(id, sizeof id, "x%u", dice(5));
    const char *method = methods_[dice(3)];
    act(method, id, said_[dice(6)]);
    later(dice(4) * 2000);
  }
  county = was;
}

/* What was decided, one thing at a time; those that decided nothing are left out. */
struct decided {
  int64_t entry;
  char policy[32], exit[32], *commands;
};
static size_t decided(fq_kernel *k, struct decided *out, size_t cap) {
  size_t n = 0;
  fq_stmt *q =
      fq_sql(fq_kernel_db(k), "SELECT data FROM journal WHERE kind = 'policy.decided' ORDER BY seq", "");
  while (fq_row(q)) {
    fq_json *d = fq_json_parse(fq_col_str(q, 0), strlen(fq_col_str(q, 0)), NULL);
    const fq_json *commands = fq_json_get(d, "commands");
    if (fq_json_size(commands) || strcmp(fq_json_str(d, "exit"), "OK")) {
      assert_true(n < cap);
      out[n].entry = fq_json_int(d, "entry", 0);
      fq_copy(out[n].policy, sizeof out[n].policy, fq_json_str(d, "policy"));
      fq_copy(out[n].exit, sizeof out[n].exit, fq_json_str(d, "exit"));
      out[n++].commands = commands ? fq_json_print(commands) : fq_strdup("[]");
    }
    fq_json_free(d);
  }
  return n;
}
static bool alike(const struct decided *a, const struct decided *b) {
  return a->entry == b->entry && !strcmp(a->policy, b->policy) && !strcmp(a->exit, b->exit) &&
         !strcmp(a->commands, b->commands);
}

/* Until something differs the two counties are one; there, the replay has to say what the other one did. */
static void first_difference(const struct decided *was, size_t n_was, const struct decided *is, size_t n_is,
                             int *differing) {
  size_t i = 0;
  while (i < n_was && i < n_is && alike(&was[i], &is[i]))
    i++;
  if (i == n_was && i == n_is) {
    assert_true(fq_json_bool(told.summary, "identical", false));
    return;
  }
  int64_t at_entry = i == n_was                   ? is[i].entry
                     : i == n_is                  ? was[i].entry
                     : was[i].entry < is[i].entry ? was[i].entry
                                                  : is[i].entry;
  int64_t least = INT64_MAX;
  const fq_json *found = NULL;
  fq_json_each(incident, told.incidents) fq_json_each(d, fq_json_get(incident, "differences")) {
    int64_t n = fq_json_int(d, "n", 0);
    if (n < least) least = n, found = NULL;
    if (n == least && i < n_is && !strcmp(fq_json_str(d, "policy"), is[i].policy)) found = d;
  }
  if (least != at_entry)
    fail_msg("first difference at %lld, not %lld: %s", (long long)at_entry, (long long)least,
             told.bytes.data);
  ++*differing;
  if (i == n_is || is[i].entry != at_entry) return;
  /* p comes first: where it has decided nothing here, q has met another state than it did there */
  bool other = i < n_was && was[i].entry == at_entry && strcmp(was[i].policy, is[i].policy) != 0;
  if (other && strcmp(is[i].policy, "p") != 0) return;
  if (!found) fail_msg("%s at %lld: %s", is[i].policy, (long long)at_entry, told.bytes.data);
  char *now = fq_json_get(found, "now") ? fq_json_print(fq_json_get(found, "now")) : fq_strdup("[]");
  assert_string_equal(now, is[i].commands);
  assert_string_equal(fq_json_str(found, "now_exit"), is[i].exit);
  free(now);
}

static void says_what_a_live_county_would_have(void **state) {
  int differing = 0;
  for (unsigned trial = 1; trial <= 60; trial++) {
    static struct decided was[4000], is[4000];
    seed = trial * 7919;
    fq_json *rules = random_pack(), *other = random_pack();
    if (trial > 1) {
      close_county(state);
      open_county(state);
    }
    live(county, fq_json_dup(rules), trial);
    replay(other);
    size_t n_was = decided(county, was, 4000);
    close_county(state);
    open_county(state); /* the same county again, under the other rules from the beginning */
    live(county, fq_json_dup(other), trial);
    size_t n_is = decided(county, is, 4000);
    first_difference(was, n_was, is, n_is, &differing);
    for (size_t i = 0; i < n_was; i++)
      free(was[i].commands);
    for (size_t i = 0; i < n_is; i++)
      free(is[i].commands);
    fq_json_free(rules);
    fq_json_free(other);
  }
  assert_true(differing > 30);
  forget();
}

static void the_same_twice(void **state) {
  (void)state;
  call("pack.deploy", pack("town", SAYS("p", "one"), SAYS("q", "two")));
  for (int i = 0; i < 50; i++) {
    char id[8];
    snprintf(id, sizeof id, "x%d", i % 7);
    act(i % 3 ? "thing.change" : "thing.begin", id, i % 5 ? "native" : "later");
    later(1000);
  }
  fq_json *other = pack("town", SAYS("q", "other"), SAYS("new", "n"));
  replay(other);
  struct fq_buf first = told.bytes;
  told.bytes = (struct fq_buf){0};
  replay(other);
  assert_true(sum("differences") > 100);
  assert_string_equal(first.data, told.bytes.data);
  fq_buf_free(&first);
  fq_json_free(other);
}

static void a_stretch_and_one_policy(void **state) {
  (void)state;
  call("pack.deploy", pack("town", SAYS("p", "one"), SAYS("q", "two")));
  act("thing.begin", "x", "w");
  later(10000);
  act("thing.begin", "y", "w");
  later(10000);
  act("thing.begin", "z", "w");
  fq_json *other = pack("town", SAYS("p", "p"), SAYS("q", "q")), *options = fq_json_object();
  fq_json_set_time(options, "from", T0 + 5000);
  fq_json_set_time(options, "to", T0 + 15000);
  fq_json_set_str(options, "only", "q");
  assert_int_equal(replay_with(other, NULL, options), FQ_OK);
  assert_int_equal(sum("differences"), 1);
  assert_int_equal(sum("entries"), 5);
  assert_string_equal(fq_json_str(at(told.incidents, 0), "subject"), "y");
  assert_string_equal(fq_json_str(difference(0, 0), "policy"), "q");
  fq_json_set_time(options, "from", T0 + 16000);
  assert_int_equal(replay_with(other, NULL, options), FQ_E_PARAMS);
  assert_string_equal(why.code, "replay.stretch");
  assert_true(*why.zh && *why.en);
  fq_json_free(options);
  fq_json_free(other);
}

static void who_never_ends_is_given_up(void **state) {
  (void)state;
  call("pack.deploy", pack("town", SAYS("p", "one"), NULL));
  for (int i = 0; i < 40; i++)
    act("thing.begin", "x", "w");
  fq_json *other = pack("town", POLICY("p", ON("thing.begun", "while true do end")), NULL);
  replay(other);
  assert_int_equal(sum("failed"), 20);
  assert_false(fq_json_bool(told.summary, "ok", true));
  assert_true(fq_json_int(at(told.policies, 0), "given_up", 0) > 0);
  fq_json_free(other);
}

static void refusals(void **state) {
  (void)state;
  act("thing.begin", "x", "w");
  fq_json *wrong = pack("town", "return policy {\n name='p', on={ ['thing.begn']=tostring } }", NULL);
  assert_int_equal(replay_with(wrong, NULL, NULL), FQ_E_PARAMS);
  assert_string_equal(why.code, "pack.invalid");
  assert_string_equal(why.path, "policies/one.lua:2");
  assert_non_null(strstr(why.en, "did you mean"));
  assert_non_null(strstr(why.zh, "1 处错误"));
  fq_json_free(wrong);
  fq_json *right = pack("town", SAYS("p", "one"), NULL);
  call("pack.deploy", fq_json_dup(right));
  for (int i = 0; i < 400; i++)
    act("thing.begin", "x", "w");
  told.cancel = true;
  assert_int_equal(replay_with(right, NULL, NULL), FQ_E_CONFLICT);
  assert_string_equal(why.code, "run.cancelled");
  assert_null(told.summary);
  forget();
  replay(right);
  assert_int_equal(sum("differences"), 1); /* what happened before there were rules */
  fq_json_free(right);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, open_county, close_county)
  const struct CMUnitTest tests[] = {
      TEST(views_that_nested_commands_change),
      TEST(several_packs),
      TEST(failing_in_every_way),
      TEST(going_back_by_itself),
      TEST(rules_that_set_one_another_off),
      TEST(what_is_in_memory_alone),
      TEST(tells_what_differs_and_why),
      TEST(says_which_parameter_is_another),
      TEST(entries_that_nobody_heard),
      TEST(failures_on_either_side),
      TEST(two_packs_compared),
      TEST(says_what_a_live_county_would_have),
      TEST(the_same_twice),
      TEST(a_stretch_and_one_policy),
      TEST(who_never_ends_is_given_up),
      TEST(refusals),
  };
  int failed = cmocka_run_group_tests_name("replay", tests, NULL, NULL);
  forget();
  return failed;
}
