/*
 * The projection, over a small county that has lived three days: fires are sent for by a rule, disputes by
 * the desk, after 2 to 9 minutes; work takes 20 to 66.
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
#include "kernel/kernel.h"
#include "plugin/options.h"
#include "policy/module.h"
#include "workshop/run.h"
#include "workshop/workshop.h"

#define MINUTE  60000LL
#define REPORTS 60
#define EVERY   (70 * MINUTE)

extern const struct fq_plugin fq_plugin; /* dispatch */

static char dir[64];
static int64_t t0_ms;

/* -- the county ------------------------------------------------------------------------------------------ */

static void *new_self(void *worlds) {
  struct fq_problem_list problems = {0};
  void *self = fq_alloc(fq_plugin.self_bytes);
  (void)worlds;
  fq_options_parse(fq_plugin.options, "dispatch", NULL, NULL, self, &problems);
  fq_problems_free(&problems);
  return self;
}

static enum fq_status add(void *self, fq_kernel *k, struct fq_error *e) {
  return fq_kernel_add(k, &fq_plugin, self, e);
}

static fq_kernel *county;

static fq_json *call_json(const char *who, const char *method, fq_json *params) {
  static const struct fq_actor desk = {.name = "dispatcher", .org = "c", .roles = FQ_ROLE_DISPATCHER};
  struct fq_actor officer = {.name = who, .org = "c", .roles = FQ_ROLE_OFFICER};
  struct fq_error e = {0};
  fq_json *result = NULL;
  const struct fq_actor *actor = !strcmp(who, "desk") ? &desk : strcmp(who, "system") ? &officer : NULL;
  if (fq_kernel_call(county, actor, method, params, &result, &e))
    fail_msg("%s: %s %s: %s", method, e.code, e.path, e.en);
  return result;
}

static fq_json *call(const char *who, const char *method, const char *params, ...) {
  char text[2048];
  va_list ap;
  va_start(ap, params);
  vsnprintf(text, sizeof text, params, ap);
  va_end(ap);
  fq_json *p = fq_json_parse(text, strlen(text), NULL);
  if (!p) fail_msg("bad JSON in the test: %s", text);
  return call_json(who, method, p);
}

static void act(const char *who, const char *method, const char *id, const char *more) {
  fq_json_free(call(who, method, "{\"id\":\"%s\"%s}", id, more));
}

static void until(int64_t after_t0_ms) {
  struct fq_error e = {0};
  if (fq_kernel_run_until(county, t0_ms + after_t0_ms, &e)) fail_msg("%s", e.en);
}

/* The rule: limits in minutes, how many it sends to a fire, and what else it does with one. */
static fq_json *pack_of(const char *name, int dispatch_limit, int resolve_limit, int send, const char *also) {
  fq_json *pack = fq_json_object(), *files = fq_json_object();
  char *rule = fq_printf(
      "return policy {\n"
      "  name = \"limits\", title = \"限时\",\n"
      "  clocks = {\n"
      "    dispatch = { from = \"reported\", to = \"dispatched\", limit = minutes(%d) },\n"
      "    resolve = { from = \"dispatched\", to = \"handled\", limit = minutes(%d) },\n"
      "  },\n"
      "  on = {\n"
      "    [\"incident.reported\"] = function(e, view)\n"
      "      if e.incident.category ~= \"fire\" then return end\n"
      "      %s\n"
      "      local orders, asked = {}, {}\n"
      "      for i = 1, %d do\n"
      "        local officer = view.nearest_officer(e.incident, { exclude = asked })\n"
      "        if officer then\n"
      "          table.insert(asked, officer.user)\n"
      "          table.insert(orders, dispatch(e.incident, officer, \"最近\"))\n"
      "        end\n"
      "      end\n"
      "      return orders\n"
      "    end,\n"
      "    [\"clock.breached\"] = function(e)\n"
      "      if e.clock == \"resolve\" then return supervise(e.incident, \"yellow\", \"超时\") end\n"
      "    end,\n"
      "  },\n"
      "}\n",
      dispatch_limit, resolve_limit, also, send);
  char *about = fq_printf("name = \"%s\"\nversion = \"1\"\ntitle = { zh = \"限时\", en = \"limits\" }\n"
                          "requires = { \"dispatch\" }\npolicies = { \"policies/limits.lua\" }\n",
                          name);
  fq_json_set_str(files, "pack.lua", about);
  fq_json_set_str(files, "policies/limits.lua", rule);
  fq_json_set_str(pack, "pack", name);
  fq_json_set(pack, "files", files);
  free(rule);
  free(about);
  return pack;
}

static void people(void) {
  fq_json_free(
      call("system", "org.import",
           "{\"units\":[{\"id\":\"c\",\"kind\":\"county\",\"name\":\"县\"},"
           "{\"id\":\"t\",\"parent\":\"c\",\"kind\":\"township\",\"name\":\"甲镇\"},"
           "{\"id\":\"v\",\"parent\":\"t\",\"kind\":\"village\",\"name\":\"甲村\"},"
           "{\"id\":\"g1\",\"parent\":\"v\",\"kind\":\"grid\",\"name\":\"一格\",\"lon\":110.5,\"lat\":27.1},"
           "{\"id\":\"g2\",\"parent\":\"v\",\"kind\":\"grid\",\"name\":\"二格\",\"lon\":110.6,\"lat\":27.1}"
           "]}"));
  for (int i = 1; i <= 2; i++) {
    fq_json_free(
        call("system", "user.add", "{\"name\":\"o%d\",\"org\":\"g%d\",\"roles\":[\"officer\"]}", i, i));
    fq_json_free(call("system", "officer.set", "{\"user\":\"o%d\",\"skills\":[]}", i));
    fq_json_free(call("system", "duty.start", "{\"user\":\"o%d\"}", i));
  }
  fq_json_free(
      call("system", "user.add", "{\"name\":\"dispatcher\",\"org\":\"c\",\"roles\":[\"dispatcher\"]}"));
}

/* From its report to its closing, before the next one. */
static void one_incident(int n) {
  int64_t at = n * EVERY;
  int grid = n % 3 == 0 ? 2 : 1;
  char id[FQ_ID_MAX], task[FQ_ID_MAX], who[8];
  until(at);
  fq_json *r = call("o1", "incident.report", "{\"category\":\"%s\",\"title\":\"第 %d 件\",\"grid\":\"g%d\"}",
                    n % 2 ? "fire" : "dispute", n, grid);
  fq_copy(id, sizeof id, fq_json_str(r, "id"));
  fq_json_free(r);
  snprintf(who, sizeof who, "o%d", grid);
  if (n % 2 == 0) {
    until(at += (2 + n / 2 % 8) * MINUTE);
    fq_json_free(call("desk", "incident.dispatch", "{\"id\":\"%s\",\"to\":[{\"user\":\"%s\"}]}", id, who));
  }
  r = call("system", "incident.get", "{\"id\":\"%s\"}", id);
  fq_copy(task, sizeof task, fq_json_str(fq_json_first(fq_json_get(r, "tasks")), "id"));
  fq_json_free(r);
  act(who, "task.delivered", task, "");
  until(at += (2 + n % 7) * MINUTE);
  act(who, "task.accept", task, "");
  until(at += (8 + n % 11) * MINUTE);
  act(who, "task.arrive", task, "");
  until(at += (10 + n % 13 * 2) * MINUTE);
  act(who, "task.feedback", task, ",\"text\":\"好了\"");
  act(who, "task.finish", task, "");
  until(at += MINUTE);
  act("desk", "incident.verify", id, ",\"pass\":true");
  act("desk", "incident.close", id, "");
}

static int set_up(void **state) {
  struct fq_error e = {0};
  void *self = new_self(NULL);
  strcpy(dir, "/tmp/project-XXXXXX");
  assert_non_null(mkdtemp(dir));
  t0_ms = fq_time_parse("2026-11-02T00:00:00Z");
  county = fq_kernel_open(&(struct fq_kernel_config){.data_dir = dir, .fake_clock = true}, &e);
  assert_non_null(county);
  fq_kernel_set_time(county, t0_ms - MINUTE);
  if (add(self, county, &e) || fq_policy_add(county, &e) ||
      fq_kernel_add(county, &fq_workshop_module, fq_workshop_new(), &e) || fq_kernel_boot(county, &e))
    fail_msg("%s %s", e.path, e.en);
  people();
  fq_json_free(call_json("system", "pack.deploy", pack_of("small", 5, 60, 1, "")));
  for (int n = 0; n < REPORTS; n++)
    one_incident(n);
  fq_kernel_close(county);
  free(self);
  return 0;
}

static int tear_down(void **state) {
  static const char *const files[] = {
      "county.db", "county.db-wal", "county.db-shm", "county.key", "blobs/tmp", "blobs", "jobs", "lock", ""};
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, files[i]);
    if (unlink(path)) rmdir(path);
  }
  return 0;
}

/* -- running it ------------------------------------------------------------------------------------------ */

struct told {
  struct fq_buf text; /* all rows, and the summary without `ms` */
  fq_json *rows, *summary;
  struct fq_error error;
};

static void say(struct told *t, const char *list, const fq_json *v) {
  char *text = fq_json_print(v);
  fq_buf_fmt(&t->text, "%s %s\n", list, text);
  free(text);
}
static void on_row(void *arg, const char *list, const fq_json *v) {
  struct told *t = arg;
  fq_json *row = fq_json_dup(v);
  say(t, list, v);
  fq_json_set_str(row, "list", list);
  fq_json_push(t->rows, row);
}
static void on_summary(void *arg, const fq_json *v) {
  struct told *t = arg;
  t->summary = fq_json_dup(v);
  fq_json_free(fq_json_detach(t->summary, "ms"));
  say(t, "summary", t->summary);
}
static void on_progress(void *arg, double share, const char *zh, const char *en) {
  assert_true(share >= 0 && share <= 1 && *zh && *en);
}

/* Takes both packs. `options` as JSON. */
static enum fq_status project(fq_json *pack, fq_json *base, const char *options, struct told *t) {
  *t = (struct told){.rows = fq_json_array()};
  fq_json *o = fq_json_parse(options, strlen(options), NULL);
  assert_non_null(o);
  struct fq_run r = {.data_dir = dir,
                     .pack = pack,
                     .base = base,
                     .options = o,
                     .world = new_self,
                     .add = add,
                     .world_free = free,
                     .out = {.arg = t, .progress = on_progress, .row = on_row, .summary = on_summary}};
  enum fq_status st = fq_run_project.run(&r, &t->error);
  fq_json_free(o);
  fq_json_free(pack);
  fq_json_free(base);
  return st;
}

static void done(struct told *t) {
  fq_buf_free(&t->text);
  fq_json_free(t->rows);
  fq_json_free(t->summary);
}

#define STRETCH "\"from\":\"2026-11-02T00:00:00Z\""

static void well(fq_json *pack, const char *options, struct told *t) {
  if (project(pack, NULL, options, t)) fail_msg("%s %s: %s", t->error.code, t->error.path, t->error.en);
}

static const fq_json *total(const struct told *t, const char *side) {
  return fq_json_get(t->summary, side);
}

static const fq_json *clock_row(const struct told *t, const char *list, const char *clock, const char *side) {
  fq_json_each(r, t->rows) {
    const char *name = fq_json_str(r, "clock");
    if (!strcmp(fq_json_str(r, "list"), list) && name && !strcmp(name, clock)) return fq_json_get(r, side);
  }
  return NULL;
}

static int64_t breached(const struct told *t, const char *clock, const char *side) {
  return fq_json_int(clock_row(t, "clocks", clock, side), "breached", -1);
}

/* -- what holds ------------------------------------------------------------------------------------------ */

static void the_same_rules_change_nothing(void **state) {
  struct told t;
  well(pack_of("small", 5, 60, 1, ""), "{" STRETCH "}", &t);
  assert_true(fq_json_bool(t.summary, "ok", false));
  assert_true(fq_json_bool(t.summary, "estimate", false));
  assert_string_equal(fq_json_str(t.summary, "mode"), "projection");
  assert_int_equal(fq_json_int(t.summary, "incidents", 0), REPORTS);
  assert_int_equal(fq_json_int(t.summary, "differing", -1), 0);
  int incidents = 0;
  fq_json_each(r, t.rows) {
    if (!strcmp(fq_json_str(r, "list"), "history")) continue;
    char *was = fq_json_print(fq_json_get(r, "was")), *now = fq_json_print(fq_json_get(r, "now"));
    assert_string_equal(was, now);
    incidents += !strcmp(fq_json_str(r, "list"), "incidents");
    free(was);
    free(now);
  }
  assert_int_equal(incidents, REPORTS);
  done(&t);
}

/* 60 of 60, all handled and closed: so the model's county has to look like it. */
static void the_model_fits(void **state) {
  struct told t;
  well(pack_of("small", 5, 60, 1, ""), "{" STRETCH "}", &t);
  const fq_json *fit = fq_json_get(t.summary, "fit");
  assert_string_equal(fq_json_str(fit, "verdict"), "good");
  assert_true(*fq_json_str(fit, "zh") && *fq_json_str(fit, "en"));
  assert_int_equal(fq_json_int(total(&t, "history"), "incidents", 0), REPORTS);
  assert_int_equal(fq_json_int(total(&t, "history"), "closed", 0), REPORTS);
  assert_int_equal(fq_json_int(total(&t, "was"), "orders", 0), REPORTS);
  assert_in_range(fq_json_int(total(&t, "was"), "handled", 0), REPORTS - 4, REPORTS);
  const fq_json *clock = clock_row(&t, "history", "dispatch", "history");
  assert_int_equal(fq_json_int(clock, "started", 0), REPORTS);
  assert_int_equal(fq_json_int(clock, "breached", 0), 18); /* every second one; 5 to 9 minutes are too many */
  int from_history = 0;
  fq_json_each(a, fq_json_get(t.summary, "assumptions")) {
    assert_true(*fq_json_str(a, "zh") && *fq_json_str(a, "en"));
    from_history += !strcmp(fq_json_str(a, "from"), "history");
  }
  assert_true(from_history >= 6);
  done(&t);
}

static void the_same_seed_tells_the_same(void **state) {
  struct told a, b, c;
  well(pack_of("small", 5, 45, 1, ""), "{" STRETCH ",\"seed\":7}", &a);
  well(pack_of("small", 5, 45, 1, ""), "{" STRETCH ",\"seed\":7}", &b);
  well(pack_of("small", 5, 45, 1, ""), "{" STRETCH ",\"seed\":8}", &c);
  assert_string_equal(a.text.data, b.text.data);
  assert_string_not_equal(a.text.data, c.text.data);
  done(&a);
  done(&b);
  done(&c);
}

static void a_shorter_limit_is_broken_more(void **state) {
  struct told t;
  well(pack_of("small", 5, 40, 1, ""), "{" STRETCH "}", &t);
  assert_true(breached(&t, "resolve", "now") > breached(&t, "resolve", "was"));
  assert_int_equal(breached(&t, "dispatch", "now"), breached(&t, "dispatch", "was"));
  assert_true(fq_json_int(total(&t, "now"), "cards", 0) > fq_json_int(total(&t, "was"), "cards", 0));
  bool told = false;
  fq_json_each(r, t.rows) {
    if (strcmp(fq_json_str(r, "list"), "incidents") || !fq_json_bool(r, "differs", false)) continue;
    told = true; /* which clock, which rule, in both languages */
    assert_non_null(strstr(fq_json_str(r, "zh"), "resolve"));
    assert_non_null(strstr(fq_json_str(r, "zh"), "40 分"));
    assert_non_null(strstr(fq_json_str(r, "en"), "rule limits"));
  }
  assert_true(told);
  done(&t);
}

static void eight_minutes_instead_of_five(void **state) {
  struct told t;
  well(pack_of("small", 8, 60, 1, ""), "{" STRETCH "}", &t);
  assert_true(breached(&t, "dispatch", "was") > 0);
  assert_true(breached(&t, "dispatch", "now") < breached(&t, "dispatch", "was"));
  done(&t);
}

static void two_officers_are_twice_the_load(void **state) {
  struct told t;
  int64_t was = 0, now = 0;
  well(pack_of("small", 5, 60, 2, ""), "{" STRETCH "}", &t);
  assert_int_equal(fq_json_int(total(&t, "was"), "orders", 0), REPORTS);
  assert_int_equal(fq_json_int(total(&t, "now"), "orders", 0), REPORTS * 3 / 2); /* fires are half of them */
  fq_json_each(r, t.rows) {
    if (strcmp(fq_json_str(r, "list"), "officers")) continue;
    was += fq_json_int(fq_json_get(r, "was"), "tasks", 0);
    now += fq_json_int(fq_json_get(r, "now"), "tasks", 0);
  }
  assert_int_equal(was, REPORTS);
  assert_int_equal(now, REPORTS * 3 / 2);
  done(&t);
}

static void what_is_assumed_overrides_history(void **state) {
  struct told t;
  well(pack_of("small", 5, 60, 1, ""),
       "{" STRETCH ",\"assume\":{\"finish_ms\":14400000,\"decline_share\":0}}", &t);
  assert_int_equal(fq_json_int(clock_row(&t, "clocks", "resolve", "was"), "met", -1), 0);
  int given = 0;
  fq_json_each(a, fq_json_get(t.summary, "assumptions")) given += !strcmp(fq_json_str(a, "from"), "option");
  assert_int_equal(given, 2);
  done(&t);
}

static void against_a_base_that_is_given(void **state) {
  struct told t;
  if (project(pack_of("small", 8, 60, 1, ""), pack_of("small", 8, 60, 1, ""), "{" STRETCH "}", &t))
    fail_msg("%s", t.error.en);
  assert_int_equal(fq_json_int(t.summary, "differing", -1), 0);
  done(&t);
}

static void a_pack_that_was_not_there_comes_beside_the_others(void **state) {
  struct told t;
  fq_json *pack = pack_of("other", 5, 60, 1, ""), *files = (fq_json *)(uintptr_t)fq_json_get(pack, "files");
  fq_json_set_str(files, "policies/limits.lua",
                  "return policy { name = \"card\", title = \"牌\", on = {\n"
                  "  [\"incident.reported\"] = function(e)\n"
                  "    return supervise(e.incident, \"red\", \"一律督办\") end } }\n");
  well(pack, "{" STRETCH "}", &t);
  assert_int_equal(fq_json_int(total(&t, "now"), "cards", 0) - fq_json_int(total(&t, "was"), "cards", 0),
                   REPORTS);
  done(&t);
}

/* The default decides in its place, and says so; after five in a row the last good version would be back. */
static void a_candidate_that_fails_is_told(void **state) {
  struct told t;
  well(pack_of("small", 5, 60, 1, "local x = nil; x.y = 1"), "{" STRETCH "}", &t);
  assert_false(fq_json_bool(t.summary, "ok", true));
  assert_true(fq_json_int(total(&t, "now"), "failed", 0) > 0);
  assert_int_equal(fq_json_int(total(&t, "was"), "failed", -1), 0);
  bool told = false;
  fq_json_each(r, t.rows) {
    if (strcmp(fq_json_str(r, "list"), "failures")) continue;
    told = true;
    assert_string_equal(fq_json_str(r, "policy"), "limits");
    assert_string_equal(fq_json_str(r, "path"), "policies/limits.lua");
    assert_int_equal(fq_json_int(r, "line", 0), 10);
  }
  assert_true(told);
  done(&t);
}

static void half_of_the_stretch_goes_on_from_its_state(void **state) {
  struct told t;
  well(pack_of("small", 5, 60, 1, ""), "{\"from\":\"2026-11-03T12:00:30Z\",\"to\":\"2026-11-04T12:00:00Z\"}",
       &t);
  int64_t incidents = fq_json_int(t.summary, "incidents", 0);
  assert_in_range(incidents, 19, 22);
  assert_int_equal(fq_json_int(t.summary, "differing", -1), 0);
  assert_in_range(fq_json_int(total(&t, "was"), "handled", 0), incidents - 3, incidents);
  done(&t);
}

static void nothing_happened_then(void **state) {
  struct told t;
  well(pack_of("small", 5, 30, 1, ""), "{\"from\":\"2026-11-20T00:00:00Z\",\"to\":\"2026-11-21T00:00:00Z\"}",
       &t);
  assert_true(fq_json_bool(t.summary, "ok", false));
  assert_int_equal(fq_json_int(t.summary, "incidents", -1), 0);
  assert_string_equal(fq_json_str(fq_json_get(t.summary, "fit"), "verdict"), "unknown");
  fq_json_each(a, fq_json_get(t.summary, "assumptions")) {
    assert_string_equal(fq_json_str(a, "from"), "default"); /* nothing to learn from, and said so */
  }
  done(&t);
}

static void refused(fq_json *pack, const char *options, enum fq_status status, const char *code) {
  struct told t;
  assert_int_equal(project(pack, NULL, options, &t), status);
  assert_string_equal(t.error.code, code);
  assert_true(*t.error.zh && *t.error.en);
  assert_null(t.summary);
  done(&t);
}

static void what_is_refused(void **state) {
  refused(pack_of("small", 5, 60, 1, ""), "{\"from\":\"yesterday\"}", FQ_E_PARAMS, "project.time");
  refused(pack_of("small", 5, 60, 1, ""), "{" STRETCH ",\"to\":\"soon\"}", FQ_E_PARAMS, "project.time");
  refused(pack_of("small", 5, 60, 1, ""), "{" STRETCH ",\"to\":\"2026-11-01T00:00:00Z\"}", FQ_E_PARAMS,
          "project.stretch");
  refused(pack_of("small", 5, 60, 1, ""), "{" STRETCH ",\"assume\":{\"acept_ms\":1}}", FQ_E_PARAMS,
          "project.assume");
  refused(pack_of("small", 5, 60, 1, ""), "{" STRETCH ",\"assume\":{\"decline_share\":2}}", FQ_E_PARAMS,
          "project.assume");
  refused(pack_of("small", 5, 60, 1, ""), "{" STRETCH ",\"assume\":[]}", FQ_E_PARAMS, "project.assume");
  refused(pack_of("small", 5, 60, 1, "this is no Lua"), "{" STRETCH "}", FQ_E_PARAMS, "pack.invalid");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_same_rules_change_nothing),
      cmocka_unit_test(the_model_fits),
      cmocka_unit_test(the_same_seed_tells_the_same),
      cmocka_unit_test(a_shorter_limit_is_broken_more),
      cmocka_unit_test(eight_minutes_instead_of_five),
      cmocka_unit_test(two_officers_are_twice_the_load),
      cmocka_unit_test(what_is_assumed_overrides_history),
      cmocka_unit_test(against_a_base_that_is_given),
      cmocka_unit_test(a_pack_that_was_not_there_comes_beside_the_others),
      cmocka_unit_test(a_candidate_that_fails_is_told),
      cmocka_unit_test(half_of_the_stretch_goes_on_from_its_state),
      cmocka_unit_test(nothing_happened_then),
      cmocka_unit_test(what_is_refused),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
