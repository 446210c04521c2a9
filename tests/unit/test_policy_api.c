/* The table of what may be written in a policy: it is complete, and every example in it runs in a real
 * county. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "dispatch_world.h"

static fq_json *ask(const char *method) {
  return fq_json_dup(act("admin", method, "{}"));
}

static void everything_is_explained(void **state) {
  fq_json *api = ask("policy.api");
  size_t count = 0;
  fq_json_each(word, fq_json_get(api, "words")) {
    const char *name = fq_json_str(word, "name"), *kind = fq_json_str(word, "kind");
    if (!fq_json_str(word, "zh") || !fq_json_str(word, "en")) fail_msg("%s is not explained", name);
    bool shown =
        strcmp(kind, "entry") && strcmp(name, "policy") && strcmp(name, "name") && strcmp(name, "on");
    if (shown && !fq_json_str(word, "example")) fail_msg("%s has no example", name);
    count++;
  }
  assert_true(count > 100);
  fq_json_free(api);
}

static const fq_json *named(const fq_json *list, const char *name) {
  fq_json_each(x, list) if (!strcmp(fq_json_str(x, "name"), name)) return x;
  return NULL;
}

static void kinds_and_methods(void **state) {
  fq_json *api = ask("policy.api");
  const fq_json *kinds = fq_json_get(api, "kinds"), *methods = fq_json_get(api, "methods");
  assert_true(fq_json_bool(named(kinds, "incident.reported"), "heard", false));
  assert_false(fq_json_bool(named(kinds, "task.delivered"), "heard", true));
  const fq_json *params = fq_json_get(named(methods, "incident.dispatch"), "params");
  assert_non_null(fq_json_get(fq_json_get(params, "properties"), "to"));
  assert_null(named(methods, "pack.deploy")); /* no rule may */
  fq_json_free(api);
}

static void only_for_writers(void **state) {
  refused("dispatcher", "policy.api", FQ_E_FORBIDDEN, "role", "{}");
  refused("officer-a1", "policy.templates", FQ_E_FORBIDDEN, "role", "{}");
}

/* -- examples
 * ------------------------------------------------------------------------------------------------
 */

static char *policy_of(const fq_json *word) {
  const char *on = fq_json_str(word, "on"), *example = fq_json_str(word, "example");
  if (!strcmp(on, "member")) return fq_printf("return policy { name = 'example', %s }\n", example);
  return fq_printf("return policy { name = 'example', on = { ['%s'] = function(e, view)\n%s\nend } }\n", on,
                   example);
}

static void deploy(const char *name, const char *text) {
  fq_json *params = fq_json_object(), *files = fq_json_object();
  fq_json_set_str(files, "pack.lua",
                  "name = 'test'\nversion = '1'\ntitle = { zh = '测试', en = 'test' }\npolicies = { "
                  "'policies/p.lua' }\nsetup = { { 'calendar.set', 'setup/c.lua' } }\n");
  fq_json_set_str(files, "setup/c.lua",
                  "return { name = 'office', title = '办公', week = { mon = { { '08:30', '17:30' } } } }");
  fq_json_set_str(files, "policies/p.lua", text);
  fq_json_set_str(params, "pack", "test");
  fq_json_set(params, "files", files);
  memset(&w.error, 0, sizeof w.error);
  if (fq_kernel_call(w.kernel, NULL, "pack.deploy", params, NULL, &w.error))
    fail_msg("%s: %s: %s\n%s", name, w.error.path, w.error.en, text);
}

/* The acts after which every kind that examples hear has happened. What a rule has done before us may make
 * one of them impossible: then it is not needed. */
static void story(const char *on, const char *other) {
  char first[FQ_ID_MAX], task[FQ_ID_MAX];
  keep(first, report("officer-a1", GRID_A1, "fire"));
  if (!strcmp(on, "incident.reported") || !strcmp(on, "member")) return;
  if (!strcmp(on, "incident.accepted")) act("dispatcher", "incident.accept", "{\"id\":\"%s\"}", first);
  if (!strcmp(on, "incident.escalated"))
    act("dispatcher", "incident.escalate", "{\"id\":\"%s\",\"to\":\"township\",\"reason\":\"大事\"}", first);
  if (!strcmp(on, "incident.supervised"))
    act("commander", "incident.supervise", "{\"id\":\"%s\",\"card\":\"yellow\",\"note\":\"过慢\"}", first);
  if (!strcmp(on, "incident.merged"))
    act("dispatcher", "incident.merge", "{\"id\":\"%s\",\"into\":\"%s\",\"reason\":\"一件事\"}", first,
        other);
  if (!strcmp(on, "reserve.made"))
    act("dispatcher", "incident.reserve", "{\"id\":\"%s\",\"user\":\"officer-a2\",\"note\":\"空出即来\"}",
        first);
  if (!strcmp(on, "incident.accepted") || !strcmp(on, "incident.escalated") ||
      !strcmp(on, "incident.supervised") || !strcmp(on, "incident.merged") || !strcmp(on, "reserve.made"))
    return;
  const fq_json *sent = act("dispatcher", "incident.dispatch",
                            "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a2\"},{\"user\":\"officer-a1\"}],"
                            "\"note\":\"快去\"}",
                            first);
  keep(task, fq_json_str(fq_json_first(fq_json_get(
                             fq_json_get(sent, "incident") ? fq_json_get(sent, "incident") : incident(first),
                             "tasks")),
                         "id"));
  if (!strcmp(on, "incident.urged"))
    act("commander", "incident.urge", "{\"id\":\"%s\",\"note\":\"快\"}", first);
  if (!strcmp(on, "incident.suspended"))
    act("dispatcher", "incident.suspend", "{\"id\":\"%s\",\"reason\":\"等雨停\"}", first);
  if (!strcmp(on, "task.accepted")) {
    fq_json_each(t, fq_json_get(incident(first), "tasks")) {
      char id[FQ_ID_MAX], who[FQ_ID_MAX];
      keep(id, fq_json_str(t, "id"));
      keep(who, fq_json_str(fq_json_get(t, "to"), "user"));
      if (try(who, "task.accept", "{\"id\":\"%s\"}", id)) continue;
      break; /* the list was freed by the call */
    }
  }
  if (!strcmp(on, "request.asked")) {
    act("officer-a2", "task.accept", "{\"id\":\"%s\"}", task);
    try("officer-a2", "incident.extend", "{\"id\":\"%s\",\"by_ms\":3600000,\"reason\":\"路远\"}", first);
    try("officer-a2", "incident.ask_suspend", "{\"id\":\"%s\",\"reason\":\"路断\"}", first);
  }
}

static int64_t decided(void) {
  return fq_int(fq_kernel_db(w.kernel), 0,
                "SELECT count(*) FROM journal WHERE kind = 'policy.decided' AND json_extract(data, "
                "'$.policy') = 'example' AND json_extract(data, '$.exit') = 'OK'",
                "");
}

static void run_example(const fq_json *word) {
  const char *name = fq_json_str(word, "name"), *on = fq_json_str(word, "on");
  char *text = policy_of(word), other[FQ_ID_MAX];
  assert_int_equal(world_open_with_policies(NULL), 0);
  act("system", "org.import",
      "{\"units\":[{\"id\":\"430525-D02\",\"parent\":\"430525\",\"kind\":\"department\",\"name\":\"城管局\"}]"
      "}");
  keep(other, report("officer-a2", GRID_A1, "fire"));
  deploy(name, text);
  story(on, other);
  if (strcmp(on, "member") && !decided()) fail_msg("%s: nothing was decided about %s\n%s", name, on, text);
  if (entries("policy.failed")) fail_msg("%s: %s\n%s", name, entry("policy.failed", "data"), text);
  if (entries("policy.refused")) fail_msg("%s: %s\n%s", name, entry("policy.refused", "data"), text);
  world_close(NULL);
  free(text);
}

static void every_example_runs(void **state) {
  fq_json *api = ask("policy.api");
  world_close(NULL);
  size_t count = 0;
  fq_json_each(word, fq_json_get(api, "words")) {
    if (!fq_json_str(word, "example")) continue;
    run_example(word);
    count++;
  }
  assert_true(count > 90);
  fq_json_free(api);
  world_open_with_policies(state);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(everything_is_explained, world_open_with_policies, world_close),
      cmocka_unit_test_setup_teardown(kinds_and_methods, world_open_with_policies, world_close),
      cmocka_unit_test_setup_teardown(only_for_writers, world_open_with_policies, world_close),
      cmocka_unit_test_setup_teardown(every_example_runs, world_open_with_policies, world_close)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
