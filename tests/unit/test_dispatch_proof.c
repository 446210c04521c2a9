/* The static proof over a small county: each kind of finding, exactly where it is; none where there is none;
 * the same bytes twice; and the trees against what really is decided. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "dispatch_world.h"
#include "policy/module.h"
#include "workshop/run.h"

extern const struct fq_plugin fq_plugin;

/* -- a run
 * ---------------------------------------------------------------------------------------------------- */

static void *world(void *unused) {
  (void)unused;
  char *self = calloc(1, fq_plugin.self_bytes);
  assert_non_null(self);
  memcpy(self, w.self, fq_plugin.self_bytes); /* the options; what is kept in memory is made by init */
  return self;
}
static enum fq_status add(void *self, fq_kernel *k, struct fq_error *e) {
  return fq_kernel_add(k, &fq_plugin, self, e);
}

struct told {
  struct fq_buf all; /* every row, as it came */
  fq_json *problems, *coverage, *villages, *rules, *summary;
};

static void progress(void *arg, double share, const char *zh, const char *en) {
  (void)arg, (void)share, (void)zh, (void)en;
}
static void row(void *arg, const char *list, const fq_json *value) {
  struct told *t = arg;
  char *text = fq_json_print(value);
  fq_buf_fmt(&t->all, "%s %s\n", list, text);
  free(text);
  fq_json *into = !strcmp(list, "problems")   ? t->problems
                  : !strcmp(list, "coverage") ? t->coverage
                  : !strcmp(list, "villages") ? t->villages
                                              : t->rules;
  fq_json_push(into, fq_json_dup(value));
}
static void summary(void *arg, const fq_json *value) {
  ((struct told *)arg)->summary = fq_json_dup(value);
}

static struct told prove(const char *policies, const char *options) {
  struct told t = {.problems = fq_json_array(),
                   .coverage = fq_json_array(),
                   .villages = fq_json_array(),
                   .rules = fq_json_array()};
  struct fq_error e = {0};
  fq_json *pack = fq_json_object(), *files = fq_json_object();
  fq_json_set_str(pack, "pack", "p");
  fq_json_set(pack, "files", files);
  fq_json_set_str(
      files, "pack.lua",
      "name = \"p\" version = \"1\" title = { zh = \"甲\", en = \"P\" } policies = { \"policies/p.lua\","
      " \"policies/q.lua\" } dictionaries = { categories = \"dictionaries/categories.csv\" }");
  fq_json_set_str(files, "dictionaries/categories.csv", "code,zh,en\nfire,火,fire\nflood,水,flood\n");
  const char *second = strstr(policies, "----");
  char *first = second ? fq_strndup(policies, (size_t)(second - policies)) : fq_strdup(policies);
  fq_json_set_str(files, "policies/p.lua", first);
  fq_json_set_str(files, "policies/q.lua", second ? second : "return policy { name = \"q\", on = {} }");
  fq_json *o = fq_json_parse(options, strlen(options), &e);
  assert_non_null(o);
  struct fq_run r = {.data_dir = w.dir,
                     .pack = pack,
                     .options = o,
                     .world = world,
                     .add = add,
                     .world_free = free,
                     .out = {.arg = &t, .progress = progress, .row = row, .summary = summary}};
  if (fq_run_prove.run(&r, &e)) fail_msg("%s %s %s", e.code, e.path, e.en);
  free(first);
  fq_json_free(o);
  fq_json_free(pack);
  return t;
}

static void told_free(struct told *t) {
  fq_buf_free(&t->all);
  fq_json_free(t->problems);
  fq_json_free(t->coverage);
  fq_json_free(t->villages);
  fq_json_free(t->rules);
  fq_json_free(t->summary);
}

static const fq_json *problem(const struct told *t, const char *rule, const char *severity) {
  fq_json_each(p, t->problems) if (!strcmp(fq_json_str(p, "rule"), rule) &&
                                   (!severity || !strcmp(fq_json_str(p, "severity"), severity))) return p;
  return NULL;
}

static void finds(const char *policies, const char *rule, const char *severity) {
  struct told t = prove(policies, "{}");
  const fq_json *p = problem(&t, rule, severity);
  if (!p) fail_msg("no %s %s in:\n%s", severity, rule, t.all.data);
  assert_true(strlen(fq_json_str(p, "zh")) > 10 && strlen(fq_json_str(p, "en")) > 10);
  told_free(&t);
}

#define CLOCKS "clocks = { dispatch = { from = \"reported\", to = \"dispatched\", limit = minutes(5) } }, "
#define GOOD                                                                                                 \
  "return policy { name = \"good\", " CLOCKS "on = { [\"incident.reported\"] = function(e, view)\n"          \
  "  local o = view.nearest_officer(e.incident, {})\n"                                                       \
  "  if o then return dispatch(e.incident, o, \"近\", { expires = minutes(10) }) end\n"                     \
  "end } }"

/* -- findings
 * ------------------------------------------------------------------------------------------------- */

static void test_clean(void **state) {
  (void)state;
  struct told t = prove(GOOD, "{}");
  assert_int_equal(fq_json_int(t.summary, "errors", -1), 0);
  assert_true(fq_json_bool(t.summary, "ok", false));
  assert_null(problem(&t, "fight", NULL));
  assert_null(problem(&t, "cycle", NULL));
  assert_null(problem(&t, "no_limit", NULL));
  assert_null(problem(&t, "nobody_sent", NULL));
  assert_null(problem(&t, "refused", NULL));
  assert_null(problem(&t, "unreachable", "warning"));
  assert_int_equal(fq_json_int(t.summary, "villages", 0), 3);
  assert_int_equal(fq_json_size(t.villages), 3);
  assert_true(fq_json_bool(fq_json_first(t.coverage), "sent", false));
  assert_int_equal(fq_json_size(fq_json_get(fq_json_first(t.coverage), "limits")), 1);
  told_free(&t);
}

static void test_each_finding(void **state) {
  (void)state;
  finds("return policy { name = \"p\", on = {} }", "no_limit", "warning");
  finds("return policy { name = \"p\", on = {} }", "nobody_sent", "note");
  finds("return policy { name = \"p\", " CLOCKS
        "on = { [\"incident.reported\"] = function(e) return nil + 1 end } }",
        "failed", "error");
  finds("return policy { name = \"p\", " CLOCKS
        "on = { [\"incident.reported\"] = function(e) return dispatch(e.incident, \"nobody-such\") end } }",
        "refused", "warning");
  finds("return policy { name = \"p\", on = { [\"incident.reported\"] = function(e) return "
        "dispatch(e.incident, "
        "\"officer-a1\") end } }----\nreturn policy { name = \"q\", on = { [\"incident.reported\"] = "
        "function(e) "
        "return dispatch(e.incident, \"officer-a2\") end } }",
        "fight", "warning");
  finds("return policy { name = \"p\", on = { [\"incident.reported\"] = function(e) return "
        "escalate(e.incident, "
        "\"county\", \"上\") end, [\"incident.sent_down\"] = function(e) return escalate(e.incident, "
        "\"county\", "
        "\"上\") end } }----\nreturn policy { name = \"q\", " CLOCKS
        "on = { [\"clock.breached\"] = function(e) return { send_down(e.incident, \"township\", \"下\"), "
        "command(\"clock.start\", { incident = e.incident.id, policy = \"q\", name = \"again\" .. e.seq, "
        "from = "
        "\"reported\", to = \"handled\", limit_ms = e.at + 600000 - e.at }) } end } }",
        "fight", "warning");
  finds("return policy { name = \"p\", on = { [\"incident.reported\"] = function(e) return "
        "escalate(e.incident, "
        "\"county\", \"上\") end, [\"incident.sent_down\"] = function(e) return escalate(e.incident, "
        "\"county\", "
        "\"上\") end } }----\nreturn policy { name = \"q\", " CLOCKS
        "on = { [\"clock.breached\"] = function(e) return { send_down(e.incident, \"township\", \"下\"), "
        "command(\"clock.start\", { incident = e.incident.id, policy = \"q\", name = \"again\" .. e.seq, "
        "from = "
        "\"reported\", to = \"handled\", limit_ms = e.at + 600000 - e.at }) } end } }",
        "cycle", NULL);
  finds("return policy { name = \"p\", " CLOCKS
        "on = { [\"incident.closed\"] = function(e) return urge(e.incident, \"x\") end } }",
        "unreachable", "warning");
}

/* A township with nobody: its village falls to the county; and nobody at the county at all. */
static void test_who_is_there(void **state) {
  (void)state;
  struct told t = prove(GOOD, "{\"village\":\"430525102201\"}");
  const fq_json *lowest = problem(&t, "empty_rung", "warning");
  assert_non_null(lowest);
  assert_string_equal(fq_json_str(fq_json_get(lowest, "where"), "hours_zh"), "全周");
  assert_string_equal(fq_json_str(fq_json_get(fq_json_first(t.coverage), "owner"), "level"), "county");
  assert_int_equal(strspn(fq_json_str(fq_json_first(t.villages), "hours"), "e"), 168);
  told_free(&t);
  act("dispatcher", "duty.end", "{}");
  act("commander", "duty.end", "{}");
  t = prove(GOOD, "{\"village\":\"430525102201\"}");
  assert_non_null(problem(&t, "nobody", "error"));
  assert_false(fq_json_bool(t.summary, "ok", true));
  assert_int_equal(strspn(fq_json_str(fq_json_first(t.villages), "hours"), "n"), 168);
  told_free(&t);
}

/* A roster that changes in the middle of an hour, and a night without anybody. */
static void test_hours(void **state) {
  (void)state;
  act("admin", "roster.set",
      "{\"org\":\"%s\",\"rows\":[{\"user\":\"officer-b1\",\"from\":\"2026-11-22T10:00:00+08:00\",\"until\":"
      "\"2026-11-23T18:30:00+08:00\"},{\"user\":\"officer-b1\",\"from\":\"2026-11-24T08:00:00+08:00\","
      "\"until\":"
      "\"2026-12-20T08:00:00+08:00\"}]}",
      GRID_B1);
  struct told t = prove(GOOD, "{\"village\":\"430525101201\",\"week\":\"2026-11-23\"}");
  const fq_json *lowest = problem(&t, "empty_rung", "warning");
  assert_non_null(lowest);
  assert_string_equal(fq_json_str(fq_json_get(lowest, "where"), "hours_zh"), "周一 18:00–次日 8:00");
  const char *hours = fq_json_str(fq_json_first(t.villages), "hours");
  assert_int_equal(strspn(hours, "s"), 18);
  assert_int_equal(strspn(hours + 18, "e"), 14);
  assert_int_equal(strspn(hours + 32, "s"), 136);
  assert_int_equal(fq_json_int(t.summary, "slots", 0), 169);
  told_free(&t);
}

static void test_a_rule_that_reads_the_clock(void **state) {
  (void)state;
  struct told t =
      prove("return policy { name = \"p\", on = { [\"incident.reported\"] = function(e, view)\n"
            "  local hour = (view.now // 3600000 + 8) % 24\n"
            "  if hour >= 20 or hour < 6 then return escalate(e.incident, \"county\", \"夜间\") end\n"
            "end } }",
            "{\"village\":\"430525101201\",\"category\":\"other\",\"level\":4}");
  assert_int_equal(fq_json_int(t.summary, "slots", 0), 672);
  bool night = false, day = false;
  fq_json_each(c, t.coverage) {
    bool county = !strcmp(fq_json_str(fq_json_get(fq_json_get(c, "ends"), "owner"), "level"), "county");
    night |= county && !strcmp(fq_json_str(c, "hours_zh"), "每天 20:00–次日 6:00");
    day |= !county && !strcmp(fq_json_str(c, "hours_zh"), "每天 6:00–20:00");
  }
  if (!night || !day) fail_msg("%s", t.all.data);
  told_free(&t);
}

/* -- what was proved against what happens
 * ----------------------------------------------------------------------------- */

static const char *const packs[] = {
    GOOD,
    "return policy { name = \"p\", clocks = { a = { from = \"reported\", to = \"handled\", limit = hours(2), "
    "when = { "
    "category = { \"fire\", \"flood\" } } }, b = { from = \"reported\", to = \"handled\", limit = hours(9), "
    "when = { "
    "level = 1 } } }, on = { [\"incident.reported\"] = function(e, view)\n"
    "  if e.incident.level <= 2 then return dispatch(e.incident, \"officer-b1\", \"急\") end\n"
    "  local o = view.nearest_officer(e.incident, { skill = e.incident.category })\n"
    "  if o then return dispatch(e.incident, o, \"近\") end end } }----\n"
    "return policy { name = \"q\", on = { [\"incident.reported\"] = function(e, view)\n"
    "  if #view.tasks(e.incident) == 0 then return escalate(e.incident, \"county\", \"无人\") end end } }",
    "return policy { name = \"p\", clocks = { n = { from = \"reported\", to = \"handled\", limit = hours(1), "
    "limit_at = "
    "{ { \"22:00\", \"06:00\", hours(2) } } } }, on = { [\"incident.reported\"] = function(e, view)\n"
    "  for k, v in pairs(e.incident) do if v == \"fire\" then return escalate(e.incident, \"township\", k) "
    "end end\n"
    "end } }",
    /* what a later entry says of the place decides where it ends */
    "return policy { name = \"p\", clocks = { n = { from = \"reported\", to = \"handled\", limit = hours(1) "
    "} }, "
    "on = { [\"clock.breached\"] = function(e)\n"
    "  if e.incident.grid == \"" GRID_B1 "\" then return escalate(e.incident, \"county\", \"特\") end\n"
    "end } }",
    "return policy { name = \"p\", clocks = { n = { from = \"reported\", to = \"handled\", limit = hours(1) "
    "} }, "
    "on = { [\"clock.breached\"] = function(e, view)\n"
    "  local owner = view.owner(e.incident)\n"
    "  if owner and owner.name == \"木瓜村\" then return escalate(e.incident, \"county\", owner.name) end\n"
    "end } }",
};

/* A kernel that really decides, beside the proof's trees. */
static fq_kernel *really(const char *policies, void *self, struct fq_error *e) {
  static const char *const kinds[] = {"org.unit_set", "user.set",   "officer.set", "duty.started",
                                      "duty.ended",   "roster.set", "leave.set",   "fallback.set"};
  fq_kernel *k = fq_kernel_open(&(struct fq_kernel_config){.memory = true, .fake_clock = true}, e);
  char path[128];
  fq_json *names = fq_json_array(), *pack = fq_json_object(), *files = fq_json_object();
  snprintf(path, sizeof path, "%s/county.db", w.dir);
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    fq_json_push(names, fq_json_new_str(kinds[i]));
  fq_kernel_set_time(k, 1);
  if (fq_policy_add(k, e) || fq_kernel_add(k, &fq_plugin, self, e) || fq_kernel_boot(k, e) ||
      fq_kernel_learn(k, path, names, NULL, e))
    fail_msg("%s", e->en);
  fq_json_free(names);
  char *first = fq_strndup(policies, strcspn(policies, "-"));
  const char *second = strstr(policies, "----");
  fq_json_set_str(pack, "pack", "p");
  fq_json_set(pack, "files", files);
  fq_json_set_str(files, "pack.lua",
                  second ? "name = \"p\" version = \"1\" title = { zh = \"甲\", en = \"P\" } policies = { "
                           "\"policies/p.lua\", \"policies/q.lua\" }"
                         : "name = \"p\" version = \"1\" title = { zh = \"甲\", en = \"P\" } policies = { "
                           "\"policies/p.lua\" }");
  free(first);
  first = second ? fq_strndup(policies, (size_t)(second - policies)) : fq_strdup(policies);
  fq_json_set_str(files, "policies/p.lua", first);
  if (second) fq_json_set_str(files, "policies/q.lua", second);
  free(first);
  if (fq_kernel_call(k, NULL, "pack.deploy", pack, NULL, e)) fail_msg("%s", e->en);
  return k;
}

static bool lists(const fq_json *list, const char *text) {
  fq_json_each(m, list) if (fq_json_as_str(m) && !strcmp(fq_json_as_str(m), text)) return true;
  return false;
}

static const fq_json *row_for(const struct told *t, const char *grid, const char *owner, const char *category,
                              int level, int hour) {
  const fq_json *found = NULL;
  fq_json_each(c, t->coverage) {
    bool in_hours = false, in_levels = false;
    fq_json_each(s, fq_json_get(c, "hours")) in_hours |=
        hour >= fq_json_as_num(fq_json_first(s), 0) &&
        hour < fq_json_as_num(fq_json_next(fq_json_first(s)), 0);
    fq_json_each(l, fq_json_get(c, "levels")) in_levels |= fq_json_as_num(l, 0) == level;
    if (!in_hours || !in_levels || !lists(fq_json_get(c, "categories"), category)) continue;
    if (strncmp(fq_json_str(c, "village"), grid, 12)) continue;
    if (strcmp(fq_json_str(fq_json_get(c, "owner"), "org"), owner)) continue;
    found = c;
  }
  return found;
}

static void holds(const struct told *t, fq_kernel *k, unsigned r) {
  static const char *const grids[] = {GRID_A1, GRID_A2, GRID_A3, GRID_B1, GRID_C1};
  static const char *const categories[] = {"fire", "flood", "other"};
  const char *grid = grids[r % 5], *category = categories[r / 5 % 3];
  int level = 1 + (int)(r / 15 % 4), hour = (int)(r / 60 % 168);
  int64_t week_ms = fq_time_parse(fq_json_str(t->summary, "week"));
  struct fq_error e = {0};
  fq_json *p = fq_json_object(), *result = NULL;
  fq_json_set_str(p, "grid", grid);
  fq_json_set_str(p, "category", category);
  fq_json_set_int(p, "level", level);
  fq_json_set_str(p, "title", "试");
  fq_kernel_set_time(k, week_ms + hour * HOUR);
  assert_int_equal(fq_kernel_try(k, &e), 0);
  if (fq_kernel_call(k, NULL, "incident.report", p, &result, &e)) fail_msg("%s", e.en);
  const char *id = fq_json_str(result, "id");
  fq_db *db = fq_kernel_db(k);
  const fq_json *c =
      row_for(t, grid, fq_json_str(fq_json_get(result, "owner"), "org"), category, level, hour);
  if (!c) fail_msg("no row for %s %s %d at %d in\n%s", grid, category, level, hour, t->all.data);
  int64_t n = strtoll(id + 1, NULL, 10);
  bool sent = fq_int(db, 0, "SELECT 1 FROM task WHERE incident = ?1 LIMIT 1", "i", n);
  assert_int_equal(sent, fq_json_bool(c, "sent", false));
  fq_json_each(l, fq_json_get(c, "limits"))
      assert_int_equal(fq_int(db, 0, "SELECT limit_ms FROM clock WHERE incident = ?1 AND name = ?2", "is", n,
                              fq_json_str(l, "clock")),
                       fq_json_int(l, "limit_ms", -1));
  assert_int_equal(fq_int(db, 0, "SELECT count(*) FROM clock WHERE incident = ?1", "i", n),
                   fq_json_size(fq_json_get(c, "limits")));
  assert_int_equal(fq_kernel_run_until(k, week_ms + hour * HOUR + 6 * 86400 * SECOND, &e), 0);
  fq_stmt *q = fq_sql(db, "SELECT owner_org FROM incident WHERE n = ?1", "i", n);
  assert_true(fq_row(q));
  assert_string_equal(fq_col_str(q, 0), fq_json_str(fq_json_get(fq_json_get(c, "ends"), "owner"), "org"));
  fq_done(q);
  fq_kernel_take_back(k);
  fq_json_free(result);
}

static void prove_and_try(int tries) {
  for (size_t i = 0; i < sizeof packs / sizeof *packs; i++) {
    struct fq_error e = {0};
    struct told t = prove(packs[i], "{}");
    void *self = world(NULL);
    fq_kernel *k = really(packs[i], self, &e);
    unsigned seed = (unsigned)i + 1;
    for (int n = 0; n < tries; n++) {
      seed = seed * 1664525u + 1013904223u;
      holds(&t, k, seed >> 8);
    }
    fq_kernel_close(k);
    free(self);
    told_free(&t);
  }
}

static void test_what_was_proved_happens(void **state) {
  (void)state;
  prove_and_try(700);
}

/* People who come and go: rosters that end in the middle of an hour, a deputy on leave himself, nobody of the
 * county but a department that things fall to. */
static void test_people_who_come_and_go(void **state) {
  (void)state;
  act("admin", "roster.set",
      "{\"org\":\"" GRID_A1 "\",\"rows\":["
      "{\"user\":\"officer-a1\",\"from\":\"2026-11-23T08:00:00+08:00\",\"until\":\"2026-11-25T18:30:00+08:"
      "00\"},"
      "{\"user\":\"officer-a3\",\"from\":\"2026-11-26T20:10:00+08:00\",\"until\":\"2026-11-28T06:00:00+08:"
      "00\"}]}");
  act("admin", "leave.set",
      "{\"user\":\"director-a\",\"from\":\"2026-11-24T00:00:00+08:00\",\"until\":\"2026-11-27T12:00:00+08:"
      "00\","
      "\"deputy\":\"officer-a2\",\"reason\":\"x\"}");
  act("admin", "leave.set",
      "{\"user\":\"officer-a2\",\"from\":\"2026-11-25T09:20:00+08:00\",\"until\":\"2026-11-26T00:00:00+08:"
      "00\","
      "\"reason\":\"x\"}");
  act("admin", "leave.set",
      "{\"user\":\"director-b\",\"from\":\"2026-11-27T00:00:00+08:00\",\"until\":\"2026-12-09T00:00:00+08:"
      "00\","
      "\"reason\":\"x\"}");
  act("admin", "fallback.set", "{\"org\":\"430525\",\"owner\":\"430525-D01\"}");
  act("dispatcher", "duty.end", "{}");
  act("commander", "duty.end", "{}");
  prove_and_try(500);
}

static void test_the_same_bytes_twice(void **state) {
  (void)state;
  struct told a = prove(GOOD, "{}"), b = prove(GOOD, "{}");
  assert_string_equal(a.all.data, b.all.data);
  told_free(&a);
  told_free(&b);
}

static void test_options(void **state) {
  (void)state;
  struct told t = prove(GOOD, "{\"category\":\"other\",\"level\":2}");
  assert_int_equal(fq_json_int(t.summary, "situations", 0), 5 * 168);
  told_free(&t);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_open_on_disk, world_close)
  const struct CMUnitTest tests[] = {
      TEST(test_clean),
      TEST(test_each_finding),
      TEST(test_who_is_there),
      TEST(test_hours),
      TEST(test_a_rule_that_reads_the_clock),
      TEST(test_the_same_bytes_twice),
      TEST(test_options),
      TEST(test_what_was_proved_happens),
      TEST(test_people_who_come_and_go),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
