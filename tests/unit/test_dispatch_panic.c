/* The panic button: who is told, what rings until when, who answers, how it ends. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch_world.h"

#define TOWN_A  "430525100000"
#define VILLAGE "430525100201"
static char p[FQ_ID_MAX], inc[FQ_ID_MAX];

static void press(const char *who, const char *more) {
  act(who, "panic.raise", "{%s}", more);
  snprintf(p, sizeof p, "%s", fq_json_str(w.result, "id"));
  snprintf(inc, sizeof inc, "%s", fq_json_str(w.result, "incident"));
}

static bool said(const char *kind, const char *column, const char *what) {
  return strstr(entry(kind, column), what) != NULL;
}

static const fq_json *told(const char *viewer, const char *who) {
  fq_json_each(m, fq_json_get(act(viewer, "panic.get", "{\"id\":\"%s\"}", p),
                              "told")) if (!strcmp(fq_json_str(m, "who"), who)) return m;
  return NULL;
}

static int64_t raised_for(const char *who) {
  return (int64_t)fq_json_size(fq_json_get(act(who, "panic.open", "{}"), "rows"));
}

static bool rings_for(const char *who) {
  fq_json_each(
      m, fq_json_get(act(who, "panic.open", "{}"), "rows")) if (fq_json_bool(m, "rings", false)) return true;
  return false;
}

static void answer(const char *who) {
  act(who, "panic.acknowledge", "{\"id\":\"%s\"}", p);
}

static void dispose(const char *who, const char *how) {
  act(who, "panic.dispose", "{\"id\":\"%s\",\"how\":\"%s\",\"note\":\"已核实\"}", p, how);
}

static void add_family(void) {
  act("system", "user.add",
      "{\"name\":\"grandpa\",\"display\":\"张大爷\",\"org\":\"" GRID_A1 "\",\"roles\":[\"family\"]}");
  act("system", "user.add",
      "{\"name\":\"daughter\",\"display\":\"张小妹\",\"org\":\"" GRID_B1 "\",\"roles\":[\"family\"]}");
  act("system", "binding.set",
      "{\"kind\":\"relative\",\"holder\":\"daughter\",\"subject\":\"" GRID_A1 "/grandpa\"}");
}

static void add_post(void) {
  act("system", "org.import",
      "{\"units\":[{\"id\":\"430525100000-P1\",\"parent\":\"" TOWN_A
      "\",\"kind\":\"police_post\",\"name\":\"甲所\"}]}");
  act("system", "user.add", "{\"name\":\"police-1\",\"org\":\"430525100000-P1\",\"roles\":[\"officer\"]}");
  act("police-1", "duty.start", "{}");
}

/* ---- who is told ----------------------------------------------------------------------------------------
 */

static void the_village_the_relatives_and_the_desk_are_told_at_once(void **state) {
  add_family();
  add_post();
  press("grandpa", "\"place\":{\"lon\":110.501,\"lat\":27.101},\"text\":\"摔倒了\"");
  assert_int_equal(fq_json_int(w.result, "told", 0), 6);
  static const char *const words[] = {"user/police-1",   "user/officer-a1", "user/officer-a2",
                                      "user/officer-a3", "user/daughter",   "unit/430525",
                                      "user/grandpa"};
  for (size_t k = 0; k < sizeof words / sizeof *words; k++)
    assert_true(said("panic.raised", "audience", words[k]));
  assert_string_equal(fq_json_str(told("dispatcher", "user/police-1"), "why"), "police");
  assert_string_equal(fq_json_str(told("dispatcher", "user/daughter"), "why"), "relative");
  assert_string_equal(fq_json_str(told("dispatcher", "unit/430525"), "why"), "desk");
  assert_null(told("dispatcher", "user/grandpa"));
  const fq_json *i = incident(inc);
  assert_int_equal(fq_json_int(i, "level", 0), 1);
  assert_string_equal(fq_json_str(i, "category"), "panic");
  assert_string_equal(fq_json_str(i, "grid"), GRID_A1);
  assert_string_equal(fq_json_str(i, "title"), "一键报警:张大爷");
  rebuild_gives_the_same();
}

static void without_a_place_it_is_where_he_sits(void **state) {
  press("officer-a2", "");
  assert_string_equal(fq_json_str(incident(inc), "grid"), GRID_A2);
  assert_null(told("dispatcher", "user/officer-a2")); /* it is he who needs help */
  assert_non_null(told("dispatcher", "user/officer-a1"));
}

static void an_empty_step_is_skipped_at_once(void **state) {
  press("dispatcher", "\"grid\":\"" GRID_C1 "\",\"name\":\"王老汉\",\"device\":\"按钮-7\"");
  assert_true(said("panic.raised", "data", "\"step\":2"));
  assert_non_null(told("commander", "unit/430525"));
  at(30 * SECOND); /* and it rings on */
  assert_int_equal(entries("panic.rang"), 1);
  act("director-a", "panic.open", "{}");
  assert_int_equal(fq_json_size(fq_json_get(w.result, "rows")), 0); /* not his township */
}

static void a_binding_names_the_post(void **state) {
  add_post();
  act("system", "user.add", "{\"name\":\"chief\",\"org\":\"430525-D01\",\"roles\":[\"department\"]}");
  act("system", "binding.set", "{\"kind\":\"police_post\",\"holder\":\"chief\",\"subject\":\"" VILLAGE "\"}");
  press("officer-a1", "");
  assert_string_equal(fq_json_str(told("dispatcher", "user/chief"), "why"), "police");
  assert_non_null(told("dispatcher", "user/police-1"));
}

static void a_household_has_its_relatives(void **state) {
  add_family();
  act("system", "binding.set",
      "{\"kind\":\"relative\",\"holder\":\"daughter\",\"subject\":\"" GRID_A2 "/东院/12\"}");
  press("dispatcher", "\"address\":\"" GRID_A2 "/东院/12\"");
  assert_non_null(told("dispatcher", "user/daughter"));
  assert_string_equal(fq_json_str(incident(inc), "grid"), GRID_A2);
}

static void for_another_only_a_relative_or_a_desk(void **state) {
  add_family();
  refused("officer-b1", "panic.raise", FQ_E_FORBIDDEN, "panic.not_yours", "{\"user\":\"grandpa\"}");
  refused("daughter", "panic.raise", FQ_E_PARAMS, "user.unknown", "{\"user\":\"nobody\"}");
  press("daughter", "\"user\":\"grandpa\"");
  assert_string_equal(fq_json_str(incident(inc), "grid"), GRID_A1); /* where he lives */
  assert_true(said("panic.raised", "audience", "user/grandpa"));
}

static void who_needs_help_is_not_sent(void **state) {
  press("officer-a1", "");
  const fq_json *answer = act("dispatcher", "incident.candidates", "{\"id\":\"%s\"}", inc);
  fq_json_each(m, fq_json_get(answer, "candidates"))
      assert_string_not_equal(fq_json_str(m, "user"), "officer-a1");
  char *text = fq_json_print(answer);
  assert_non_null(strstr(text, "it is he who needs help"));
  free(text);
}

/* ---- ringing ----------------------------------------------------------------------------------------------
 */

static void it_rings_until_somebody_comes_and_a_desk_knows(void **state) {
  press("officer-a1", "");
  at(30 * SECOND);
  assert_int_equal(entries("panic.rang"), 1);
  assert_true(said("panic.rang", "data", "user/officer-a2"));
  answer("officer-a2");
  assert_false(fq_json_bool(w.result, "settled", true)); /* no desk knows yet */
  assert_false(rings_for("officer-a2"));
  assert_true(rings_for("officer-a3"));
  at(60 * SECOND);
  assert_int_equal(entries("panic.rang"), 2);
  assert_false(strstr(entry("panic.rang", "json_extract(data, '$.silent')"), "officer-a2"));
  answer("dispatcher");
  assert_true(fq_json_bool(w.result, "settled", false));
  assert_false(rings_for("commander")); /* a desk answers as one */
  at(10 * MINUTE);
  assert_int_equal(entries("panic.rang"), 2);
  assert_int_equal(raised_for("dispatcher"), 1); /* it stays raised */
  rebuild_gives_the_same();
}

static void a_desk_alone_does_not_silence_the_village(void **state) {
  press("officer-a1", "");
  answer("dispatcher");
  assert_false(fq_json_bool(w.result, "settled", true));
  at(60 * SECOND);
  assert_int_equal(entries("panic.climbed"), 1);
  assert_true(said("panic.climbed", "audience", "unit/" TOWN_A));
  assert_true(rings_for("director-a"));
  assert_false(rings_for("dispatcher"));
  at(120 * SECOND); /* then everybody on duty in the township: here they have all been told */
  assert_int_equal(entries("panic.climbed"), 2);
  answer("director-a");
  assert_true(fq_json_bool(w.result, "settled", false));
  at(HOUR);
  assert_int_equal(entries("panic.rang"), 2);
}

static void a_relative_is_heard_and_not_counted_on(void **state) {
  add_family();
  press("grandpa", "");
  answer("dispatcher");
  answer("daughter");
  assert_false(fq_json_bool(w.result, "settled", true));
  assert_non_null(fq_json_str(told("grandpa", "user/daughter"), "answered_at"));
}

static void who_cannot_come_is_not_help(void **state) {
  press("officer-a1", "");
  answer("dispatcher");
  act("officer-a2", "panic.acknowledge", "{\"id\":\"%s\",\"coming\":true,\"eta_ms\":300000}", p);
  assert_true(fq_json_bool(w.result, "settled", false));
  at(5 * MINUTE);
  assert_int_equal(entries("panic.rang"), 0);
  act("officer-a2", "panic.acknowledge", "{\"id\":\"%s\",\"coming\":false,\"note\":\"车坏了\"}", p);
  assert_false(fq_json_bool(w.result, "settled", true));
  at(5 * MINUTE + 30 * SECOND);
  assert_int_equal(entries("panic.rang"), 1);
  rebuild_gives_the_same();
}

static void after_hours_it_rings_less_often_and_never_stops(void **state) {
  press("officer-a1", "");
  at(HOUR);
  int64_t first = entries("panic.rang") + entries("panic.climbed");
  assert_in_range(first, 8, 30);
  at(2 * HOUR);
  assert_int_equal(entries("panic.rang") + entries("panic.climbed"), first + 6); /* every ten minutes */
}

static void again_makes_no_second_one(void **state) {
  press("officer-a1", "");
  char one[FQ_ID_MAX];
  keep(one, p);
  press("officer-a1", "\"place\":{\"lon\":110.52,\"lat\":27.1}");
  assert_string_equal(p, one);
  assert_true(fq_json_bool(w.result, "again", false));
  assert_int_equal(entries("incident.reported"), 1);
  assert_int_equal(entries("panic.repeated"), 1);
  dispose("dispatcher", "real");
  press("officer-a1", "");
  assert_string_not_equal(p, one);
  rebuild_gives_the_same();
}

/* ---- answers, rights --------------------------------------------------------------------------------------
 */

static void each_answers_for_himself(void **state) {
  press("officer-a1", "");
  act("officer-a2", "panic.received", "{\"id\":\"%s\",\"device\":\"手机\"}", p);
  act("officer-a2", "panic.received", "{\"id\":\"%s\"}", p);
  assert_int_equal(entries("panic.received"), 1);
  assert_non_null(fq_json_str(told("officer-a1", "user/officer-a2"), "received_at"));
  assert_null(fq_json_str(told("officer-a1", "user/officer-a2"), "answered_at"));
  answer("officer-a2");
  answer("officer-a2"); /* no news */
  assert_int_equal(entries("panic.acknowledged"), 1);
  refused("officer-b1", "panic.acknowledge", FQ_E_FORBIDDEN, "scope", "{\"id\":\"%s\"}", p);
  refused("director-b", "panic.acknowledge", FQ_E_FORBIDDEN, "scope", "{\"id\":\"%s\"}", p);
  refused("officer-b1", "panic.get", FQ_E_FORBIDDEN, "panic.foreign", "{\"id\":\"%s\"}", p);
  refused("officer-a2", "panic.acknowledge", FQ_E_NOT_FOUND, "panic.unknown", "{\"id\":\"p999999\"}");
  assert_int_equal(raised_for("officer-b1"), 0);
  assert_int_equal(raised_for("director-b"), 0);
  assert_int_equal(raised_for("director-a"), 1);
  assert_false(rings_for("director-a")); /* it has not come to the township yet */
  answer("director-a");                  /* who answers all the same */
  assert_non_null(told("dispatcher", "unit/" TOWN_A));
}

static void a_desk_says_what_it_was(void **state) {
  press("officer-a1", "");
  refused("officer-a2", "panic.dispose", FQ_E_FORBIDDEN, "panic.desk",
          "{\"id\":\"%s\",\"how\":\"real\",\"note\":\"x\"}", p);
  refused("officer-a1", "panic.dispose", FQ_E_FORBIDDEN, "panic.desk",
          "{\"id\":\"%s\",\"how\":\"real\",\"note\":\"x\"}", p);
  refused("dispatcher", "panic.dispose", FQ_E_PARAMS, "params.missing", "{\"id\":\"%s\",\"how\":\"real\"}",
          p);
  dispose("dispatcher", "real");
  assert_false(fq_json_bool(w.result, "voided", true));
  state_is(inc, "reported"); /* the work goes on */
  assert_int_equal(raised_for("dispatcher"), 0);
  assert_true(said("panic.disposed", "audience", "user/officer-a2"));
  refused("dispatcher", "panic.dispose", FQ_E_CONFLICT, "panic.disposed",
          "{\"id\":\"%s\",\"how\":\"false\",\"note\":\"x\"}", p);
  refused("officer-a2", "panic.acknowledge", FQ_E_CONFLICT, "panic.disposed", "{\"id\":\"%s\"}", p);
  at(HOUR);
  assert_int_equal(entries("panic.rang"), 0);
  act("dispatcher", "panic.list", "{\"how\":\"real\"}");
  assert_int_equal(fq_json_size(fq_json_get(w.result, "rows")), 1);
  rebuild_gives_the_same();
}

static void taken_back_while_nobody_has_answered(void **state) {
  press("officer-a1", "");
  dispose("officer-a1", "false");
  assert_true(fq_json_bool(w.result, "voided", false));
  state_is(inc, "voided");
  assert_true(said("panic.disposed", "data", "\"cancelled\":true"));
  press("officer-a1", "");
  answer("officer-a2");
  refused("officer-a1", "panic.dispose", FQ_E_CONFLICT, "panic.answered",
          "{\"id\":\"%s\",\"how\":\"false\",\"note\":\"x\"}", p);
  rebuild_gives_the_same();
}

static void a_false_alarm_calls_back_who_was_sent(void **state) {
  press("officer-a1", "");
  task_for(inc, "officer-a2");
  dispose("dispatcher", "false");
  assert_int_equal(entries("task.recalled"), 1);
  state_is(inc, "voided");
  press("officer-a1", "");
  char task[FQ_ID_MAX];
  keep(task, task_for(inc, "officer-a2"));
  act("officer-a2", "task.accept", "{\"id\":\"%s\"}", task);
  dispose("dispatcher", "test");
  assert_false(fq_json_bool(w.result, "voided", true)); /* he is on his way: it is closed as any other */
  rebuild_gives_the_same();
}

static void a_page_of_the_past(void **state) {
  for (int k = 0; k < 3; k++) {
    press("officer-a1", "");
    dispose("dispatcher", "test");
  }
  const fq_json *page = act("dispatcher", "panic.list", "{\"limit\":2}");
  assert_int_equal(fq_json_size(fq_json_get(page, "rows")), 2);
  char next[FQ_ID_MAX];
  keep(next, fq_json_str(page, "next"));
  page = act("dispatcher", "panic.list", "{\"limit\":2,\"after\":\"%s\"}", next);
  assert_int_equal(fq_json_size(fq_json_get(page, "rows")), 1);
  assert_null(fq_json_str(page, "next"));
  refused("director-b", "panic.list", FQ_E_FORBIDDEN, "org.foreign", "{\"org\":\"" TOWN_A "\"}");
}

/* ---- power cuts -------------------------------------------------------------------------------------------
 */

static void it_survives_a_restart(void **state) {
  press("officer-a1", "\"silent\":true");
  at(30 * SECOND);
  restart();
  assert_int_equal(raised_for("dispatcher"), 1);
  assert_true(rings_for("dispatcher"));
  wake_at(20 * MINUTE); /* it was down: it rings at once, and is late by its own words */
  assert_int_equal(entries("panic.rang") + entries("panic.climbed"), 2);
  assert_true(said("panic.climbed", "data", "\"late_ms\":1140000"));
  answer("dispatcher");
  answer("officer-a3");
  restart();
  at(2 * HOUR);
  assert_int_equal(entries("panic.rang") + entries("panic.climbed"), 2);
  rebuild_gives_the_same();
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, world_open_on_disk, world_close)
  const struct CMUnitTest tests[] = {
      TEST(the_village_the_relatives_and_the_desk_are_told_at_once),
      TEST(without_a_place_it_is_where_he_sits),
      TEST(an_empty_step_is_skipped_at_once),
      TEST(a_binding_names_the_post),
      TEST(a_household_has_its_relatives),
      TEST(for_another_only_a_relative_or_a_desk),
      TEST(who_needs_help_is_not_sent),
      TEST(it_rings_until_somebody_comes_and_a_desk_knows),
      TEST(a_desk_alone_does_not_silence_the_village),
      TEST(a_relative_is_heard_and_not_counted_on),
      TEST(who_cannot_come_is_not_help),
      TEST(after_hours_it_rings_less_often_and_never_stops),
      TEST(again_makes_no_second_one),
      TEST(each_answers_for_himself),
      TEST(a_desk_says_what_it_was),
      TEST(taken_back_while_nobody_has_answered),
      TEST(a_false_alarm_calls_back_who_was_sent),
      TEST(a_page_of_the_past),
      TEST(it_survives_a_restart),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
