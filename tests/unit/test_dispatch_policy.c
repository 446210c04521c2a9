/* The words of the dispatch plugin in real policies: the 30/5/3 rule end to end, and what a typo gets. */
#include <stdio.h>
#include <string.h>

#include "dispatch_world.h"

static const char three_limits[] =
    "return policy {\n"
    "  name = 'three-limits',\n"
    "  clocks = {\n"
    "    detect   = { from = 'occurred',   to = 'reported',   limit = minutes(30) },\n"
    "    dispatch = { from = 'reported',   to = 'dispatched', limit = minutes(5), warn = { 0.5, 0.8 } },\n"
    "    resolve  = { from = 'dispatched', to = 'handled',    limit = hours(3),   warn = { 0.8 }, calendar = "
    "'plain', title = '三小时办结' },\n"
    "  },\n"
    "  on = {\n"
    "    ['incident.reported'] = function(e, view)\n"
    "      local officer = view.nearest_officer(e.incident, { skill = e.incident.category })\n"
    "      if officer then return dispatch(e.incident, officer, '最近的合格网格员', { expires = minutes(10) "
    "}) end\n"
    "    end,\n"
    "    ['task.expired'] = function(e, view)\n"
    "      local again = view.nearest_officer(e.incident, { skill = e.incident.category, exclude = { "
    "e.order.to.user } })\n"
    "      if again then return dispatch(e.incident, again, '改派') end\n"
    "    end,\n"
    "    ['clock.breached'] = function(e, view)\n"
    "      if e.clock == 'dispatch' then return escalate(e.incident, 'township', '5 分钟内未派单') end\n"
    "      if e.clock == 'resolve' then return { supervise(e.incident, 'yellow', '3 小时未处置完毕'), "
    "urge(e.incident) } end\n"
    "    end,\n"
    "  },\n"
    "}\n";

/* Deploys one policy; gives the status. */
static enum fq_status deploy(const char *text) {
  fq_json *params = fq_json_object(), *files = fq_json_object();
  fq_json_set_str(files, "pack.lua",
                  "name = 'test'\nversion = '1'\ntitle = { zh = '测试', en = 'test' }\npolicies = { "
                  "'policies/p.lua' }\n");
  fq_json_set_str(files, "policies/p.lua", text);
  fq_json_set_str(params, "pack", "test");
  fq_json_set(params, "files", files);
  memset(&w.error, 0, sizeof w.error);
  fq_json_free(w.result);
  w.result = NULL;
  return fq_kernel_call(w.kernel, NULL, "pack.deploy", params, &w.result, &w.error);
}

static void deployed(const char *text) {
  if (deploy(text)) fail_msg("%s: %s", w.error.path, w.error.en);
}

static void nothing_went_wrong(void) {
  if (entries("policy.failed")) fail_msg("%s", entry("policy.failed", "data"));
  if (entries("policy.refused")) fail_msg("%s", entry("policy.refused", "data"));
}

static void three_limits_met(void **state) {
  char i[FQ_ID_MAX], t[FQ_ID_MAX];
  deployed(three_limits);
  act("officer-b1", "incident.report",
      "{\"category\":\"fire\",\"title\":\"x\",\"grid\":\"%s\",\"occurred_at\":\"2026-11-21T23:50:00Z\"}",
      GRID_A2);
  snprintf(i, sizeof i, "%s", fq_json_str(w.result, "id"));
  nothing_went_wrong();
  const fq_json *r = incident(i);
  assert_string_equal(fq_json_str(r, "state"), "dispatched");
  const fq_json *task = fq_json_first(fq_json_get(r, "tasks"));
  assert_string_equal(fq_json_str(fq_json_get(task, "to"), "user"),
                      "officer-a1"); /* a2 is nearer, a1 has the skill */
  assert_string_equal(fq_json_str(task, "note"), "最近的合格网格员");
  snprintf(t, sizeof t, "%s", fq_json_str(task, "id"));
  assert_string_equal(clock_state(i, "three-limits", "detect"), "met");
  assert_string_equal(clock_state(i, "three-limits", "dispatch"), "met");
  assert_string_equal(clock_state(i, "three-limits", "resolve"), "running");
  assert_string_equal(entry("incident.dispatched", "actor"), "policy/three-limits");
  /* A clock may have a name for people: on the row and on the entries about it. */
  r = incident(i);
  fq_json_each(k, fq_json_get(r, "clocks")) {
    const char *title = fq_json_str(k, "title");
    if (strcmp(fq_json_str(k, "name"), "resolve"))
      assert_null(title);
    else
      assert_string_equal(title, "三小时办结");
  }
  assert_non_null(strstr(entry("clock.started", "data"), "\"title\":\"三小时办结\""));
  at(1 * MINUTE);
  finish_task("officer-a1", t);
  assert_string_equal(clock_state(i, "three-limits", "resolve"), "met");
  at(10 * HOUR);
  assert_int_equal(entries("clock.breached"), 0);
  assert_int_equal(entries("incident.escalated"), 0);
  nothing_went_wrong();
}

static void nobody_to_send(void **state) {
  char i[FQ_ID_MAX];
  deployed(three_limits);
  act("dispatcher", "incident.report", "{\"category\":\"flood\",\"title\":\"x\",\"grid\":\"%s\"}", GRID_A1);
  snprintf(i, sizeof i, "%s", fq_json_str(w.result, "id"));
  state_is(i, "reported");
  at(5 * MINUTE - 1);
  assert_int_equal(entries("incident.escalated"), 0);
  at(5 * MINUTE);
  assert_int_equal(entries("clock.warned"), 2);
  assert_int_equal(entries("incident.escalated"), 1);
  const fq_json *r = incident(i);
  assert_string_equal(fq_json_str(fq_json_get(r, "owner"), "org"), "430525100000");
  nothing_went_wrong();
}

static void order_lapses_and_goes_on(void **state) {
  char i[FQ_ID_MAX];
  deployed(three_limits);
  snprintf(i, sizeof i, "%s", report("dispatcher", GRID_A1, "fire"));
  at(10 * MINUTE);
  const fq_json *tasks = fq_json_get(incident(i), "tasks");
  assert_int_equal(fq_json_size(tasks), 2);
  assert_string_equal(fq_json_str(fq_json_first(tasks), "state"), "expired");
  assert_string_equal(fq_json_str(fq_json_get(fq_json_next(fq_json_first(tasks)), "to"), "user"),
                      "officer-b1");
  at(3 * HOUR); /* the first order started the clock; the second bought no time */
  assert_string_equal(fq_json_str(incident(i), "card"), "yellow");
  assert_int_equal(fq_json_int(incident(i), "urges", 0), 1);
  nothing_went_wrong();
}

static void views(void **state) {
  char i[FQ_ID_MAX];
  deployed("return policy { name = 'views', on = { ['incident.accepted'] = function(e, view)\n"
           "  local owner, above = view.owner(e.incident), view.rung_above(e.incident)\n"
           "  local top = view.rung_above(e.incident, 'county')\n"
           "  local all = view.incident(e.incident.id)\n"
           "  local parts = { owner.level, above.level, above.skipped[1].level, top.org, "
           "view.unit(owner.org).name,\n"
           "    view.on_duty(above.org, 'director')[1].user, view.candidates(e.incident, 2)[1].user,\n"
           "    view.tasks(e.incident)[1] == nil and 'none' or 'some', all.where.township, "
           "#view.clocks(e.incident) }\n"
           "  local text = ''\n"
           "  for _, part in ipairs(parts) do text = text .. ' ' .. tostring(part) end\n"
           "  return comment(e.incident, text)\n"
           "end } }");
  snprintf(i, sizeof i, "%s", report("officer-a1", GRID_A1, "fire"));
  act("dispatcher", "incident.accept", "{\"id\":\"%s\"}", i);
  nothing_went_wrong();
  assert_non_null(strstr(entry("incident.commented", "data"),
                         "\" grid township village 430525 一格 director-a officer-a1 none 甲镇 0\""));
}

/* The view keeps a copy of who could be sent: it must follow every change, also one that was taken back. */
static const char *sent_to(const char *category) {
  static char user[FQ_ID_MAX];
  char i[FQ_ID_MAX];
  snprintf(i, sizeof i, "%s", report("dispatcher", GRID_A2, category));
  nothing_went_wrong();
  const fq_json *task = fq_json_first(fq_json_get(incident(i), "tasks"));
  snprintf(user, sizeof user, "%s", task ? fq_json_str(fq_json_get(task, "to"), "user") : "nobody");
  return user;
}

static void nearest_follows(void **state) {
  deployed("return policy { name = 'nearest', on = { ['incident.reported'] = function(e, view)\n"
           "  local o = view.nearest_officer(e.incident, { skill = e.incident.category, within_m = 25000 })\n"
           "  if o then return dispatch(e.incident, o) end\n"
           "end } }");
  assert_string_equal(sent_to("other"), "officer-a2"); /* needs no skill */
  assert_string_equal(sent_to("fire"), "officer-a1");
  act("officer-a3", "duty.start", "{}");
  assert_string_equal(sent_to("fire"), "officer-a3"); /* as near, but idle */
  act("officer-a3", "duty.end", "{}");
  assert_string_equal(sent_to("fire"), "officer-a1");
  assert_string_equal(sent_to("fire"), "officer-b1"); /* a1 carries two: full */
  act("admin", "officer.set", "{\"user\":\"officer-a1\",\"skills\":[\"fire\"],\"capacity\":9}");
  assert_string_equal(sent_to("fire"), "officer-a1");
  act("officer-b1", "position.update", "{\"lon\":110.52,\"lat\":27.1}");
  assert_string_equal(sent_to("fire"), "officer-b1"); /* who is on the spot */
  at(11 * MINUTE);
  assert_string_equal(sent_to("fire"), "officer-a1"); /* who was there ten minutes ago */
  act("system", "user.disable", "{\"name\":\"officer-a1\"}");
  assert_string_equal(sent_to("fire"), "officer-b1");
  act("system", "org.import",
      "{\"units\":[{\"id\":\"%s\",\"parent\":\"430525101201\",\"kind\":\"grid\",\"name\":\"远格\",\"lon\":"
      "111.5,\"lat\":27.0}]}",
      GRID_B1);
  assert_string_equal(sent_to("fire"), "nobody"); /* moved out of reach */
  assert_string_equal(sent_to("elder"), "nobody");
}

/* A typo that widens a rule is worse than an error. */
static void typos(void **state) {
  static const struct {
    const char *clock, *said;
  } cases[] = {
      {"{ from = 'reported', to = 'dispatched', limt = minutes(5) }",
       "clocks.x.limt: unknown key; did you mean 'limit'?"},
      {"{ from = 'reported', to = 'dispatched' }", "clocks.x.limit: missing"},
      {"{ from = 'reported', to = 'dispached', limit = 1 }",
       "clocks.x.to: unknown milestone 'dispached'; did you mean 'dispatched'?"},
      {"{ from = 'handled', to = 'reported', limit = 1 }", "clocks.x.to: must come after 'from'"},
      {"{ from = 'reported', to = 'handled', limit = '5' }", "clocks.x.limit: expected a duration"},
      {"{ from = 'reported', to = 'handled', limit = 5, warn = { 0.8, 0.5 } }",
       "clocks.x.warn: numbers between 0 and 1, rising"},
      {"{ from = 'reported', to = 'handled', limit = 5, warn = 0.8 }", "clocks.x.warn: expected a list"},
      {"{ from = 'reported', to = 'handled', limit = 5, calendar = 5 }",
       "clocks.x.calendar: expected a calendar's name"},
      {"{ from = 'reported', to = 'handled', limit = working_days(7) }",
       "clocks.x.limit: working days need a calendar"},
      {"{ from = 'reported', to = 'handled', limit = working_days(1.5), calendar = 'office' }",
       "clocks.x.limit: days are a whole number"},
      {"{ from = 'reported', to = 'handled', limit = natural_days(0) }",
       "clocks.x.limit: days are a whole number"},
      {"{ from = 'reported', to = 'handled', limit = hours(1), count_from = 'now' }",
       "clocks.x.count_from: \"next_day\" or \"now\", for limits in days"},
      {"{ from = 'reported', to = 'handled', limit = 5, grace = -1 }", "clocks.x.grace: expected a duration"},
      {"{ from = 'reported', to = 'handled', limit = 5, pauses = 'suspended' }",
       "clocks.x.pauses: expected a list"},
      {"{ from = 'reported', to = 'handled', limit = 5, pauses = { 'suspend' } }",
       "clocks.x.pauses: suspended and returned; did you mean 'suspended'?"},
      {"{ from = 'reported', to = 'handled', limit = 5, when = { categry = 'fire' } }",
       "clocks.x.when.categry: unknown key; did you mean 'category'?"},
      {"{ from = 'reported', to = 'handled', limit = 5, when = { level = '1' } }",
       "clocks.x.when.level: categories are text, levels are numbers"},
      {"{ from = 'reported', to = 'handled', limit = 5, title = '' }", "clocks.x.title: expected a name"},
      {"{ from = 'reported', to = 'handled', limit = 5, limit_at = { from = '22:00' } }",
       "clocks.x.limit_at: expected a list"},
      {"{ from = 'reported', to = 'handled', limit = 5, limit_at = { '22:00', '06:00', 8 } }",
       "clocks.x.limit_at[1]: expected from, to and a limit"},
      {"{ from = 'reported', to = 'handled', limit = 5, limit_at = { { '22:00', '25:00', 8 } } }",
       "clocks.x.limit_at[1]: expected from, to and a limit"},
      {"{ from = 'reported', to = 'handled', limit = 5, limit_at = { { '22:00', '06:00', '8' } } }",
       "clocks.x.limit_at[1].limit: expected a duration"},
      {"{ from = 'reported', to = 'handled', limit = 5, limit_at = { { '22:00', '06:00' } } }",
       "clocks.x.limit_at[1].limit: missing"},
      {"5", "clocks.x: expected a table"},
  };
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    char text[512];
    snprintf(text, sizeof text, "return policy { name = 'p', clocks = { x = %s } }", cases[k].clock);
    assert_int_not_equal(deploy(text), FQ_OK);
    if (!strstr(w.error.en, cases[k].said)) fail_msg("%s\n  gives: %s", cases[k].clock, w.error.en);
    assert_true(strstr(w.error.zh, "clocks.x") != NULL);
  }
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, world_open_with_policies, world_close)
int main(void) {
  const struct CMUnitTest tests[] = {
      T(three_limits_met), T(nobody_to_send), T(order_lapses_and_goes_on), T(views),
      T(nearest_follows),  T(typos),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
