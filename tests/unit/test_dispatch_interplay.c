/* Where the parts of the plugin meet: what one of them does to what another has promised. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch_world.h"

#define TOWN_A "430525100000"
#define D01    "430525-D01"

static bool lists(const char *who, const char *method, const char *member, const char *id) {
  fq_json_each(
      r, fq_json_get(act(who, method, "{}"), "rows")) if (!strcmp(fq_json_str(r, member), id)) return true;
  return false;
}

static void merge(const char *id, const char *into) {
  act("dispatcher", "incident.merge", "{\"id\":\"%s\",\"into\":\"%s\"}", id, into);
}

static void verify(const char *who, const char *id, bool pass) {
  act(who, "incident.verify", "{\"id\":\"%s\",\"pass\":%s,\"note\":\"x\"}", id, pass ? "true" : "false");
}

/* ---- owners that sit elsewhere ------------------------------------------------------------------------ */

/* Whoever owns what nobody owns finds it again after his page was reloaded. */
static void fallback_owner_finds_it(void **state) {
  char i[FQ_ID_MAX], climbed[FQ_ID_MAX];
  static const char *const all[] = {"officer-a1", "officer-a2", "director-a", "dispatcher", "commander"};
  keep(climbed, report("officer-b1", GRID_A1, "fire"));
  for (size_t x = 0; x < 5; x++)
    act("system", "duty.end", "{\"user\":\"%s\"}", all[x]);
  act("admin", "fallback.set", "{\"org\":\"" TOWN_A "\",\"owner\":\"" D01 "\"}");
  keep(i, report("officer-b1", GRID_A1, "fire"));
  assert_string_equal(fq_json_str(fq_json_get(incident(i), "owner"), "org"), D01);
  assert_true(lists("department-01", "incident.open", "id", i));
  assert_true(lists("department-01", "incident.list", "id", i));
  assert_false(lists("department-01", "incident.open", "id", climbed));
  act("dispatcher", "incident.climb", "{\"id\":\"%s\",\"ladder\":\"default\"}", climbed);
  assert_string_equal(fq_json_str(fq_json_get(incident(climbed), "owner"), "org"), D01);
  assert_true(lists("department-01", "incident.open", "id", climbed));
  rebuild_gives_the_same();
}

/* ---- clocks of what waits ------------------------------------------------------------------------------ */

/* More time granted while the incident is suspended starts no clock: it goes on with the incident. */
static void more_time_while_suspended(void **state) {
  char i[FQ_ID_MAX], request[FQ_ID_MAX];
  keep(i, report("officer-a1", GRID_A1, "fire"));
  task_for(i, "officer-a1");
  act("policy/p", "clock.start",
      "{\"incident\":\"%s\",\"name\":\"c\",\"from\":\"reported\",\"to\":\"handled\",\"limit_ms\":600000}", i);
  act("officer-a1", "incident.extend", "{\"id\":\"%s\",\"by_ms\":3600000,\"reason\":\"等吊车\"}", i);
  keep(request, fq_json_str(w.result, "id"));
  at(10 * MINUTE);
  assert_string_equal(clock_state(i, "p", "c"), "breached");
  act("dispatcher", "incident.suspend", "{\"id\":\"%s\",\"reason\":\"停工\"}", i);
  act("dispatcher", "request.grant", "{\"id\":\"%s\"}", request);
  assert_string_equal(clock_state(i, "p", "c"), "paused");
  at(24 * HOUR);
  assert_int_equal(entries("clock.breached"), 1);
  act("dispatcher", "incident.resume", "{\"id\":\"%s\"}", i);
  assert_string_equal(clock_state(i, "p", "c"), "running");
  at(25 * HOUR - 1); /* an hour was granted, ten minutes were gone: all of it is left */
  assert_int_equal(entries("clock.breached"), 1);
  at(25 * HOUR);
  assert_int_equal(entries("clock.breached"), 2);
  rebuild_gives_the_same();
}

/* ---- cards --------------------------------------------------------------------------------------------- */

/* Merging is no way around a card: it stays, comes due, and is answered; it ends with the other incident. */
static void card_outlives_a_merge(void **state) {
  char i[FQ_ID_MAX], other[FQ_ID_MAX];
  keep(i, report("officer-a1", GRID_A1, "fire"));
  keep(other, report("officer-a2", GRID_A1, "fire"));
  act("commander", "incident.supervise",
      "{\"id\":\"%s\",\"card\":\"red\",\"note\":\"限时报告\",\"within_ms\":3600000}", i);
  merge(i, other);
  assert_true(lists("director-a", "supervise.list", "incident", i));
  at(HOUR);
  assert_int_equal(entries("supervise.overdue"), 1);
  refused("director-a", "supervise.lift", FQ_E_FORBIDDEN, "supervise.issuer",
          "{\"id\":\"%s\",\"note\":\"x\"}", i);
  act("director-a", "supervise.answer", "{\"id\":\"%s\",\"text\":\"已并案处置\"}", i);
  char task[FQ_ID_MAX];
  keep(task, task_for(other, "officer-a1"));
  finish_task("officer-a1", task);
  verify("director-a", other, true);
  act("director-a", "incident.close", "{\"id\":\"%s\"}", other);
  assert_false(lists("director-a", "supervise.list", "incident", i));
  rebuild_gives_the_same();
}

/* A card ended with the close: what is opened again shows none that nobody could lift. */
static void no_card_after_reopening(void **state) {
  char i[FQ_ID_MAX], task[FQ_ID_MAX];
  keep(i, report("officer-a1", GRID_A1, "fire"));
  act("commander", "incident.supervise", "{\"id\":\"%s\",\"card\":\"red\",\"note\":\"x\"}", i);
  keep(task, task_for(i, "officer-a1"));
  finish_task("officer-a1", task);
  verify("director-a", i, true);
  act("director-a", "incident.close", "{\"id\":\"%s\"}", i);
  assert_string_equal(fq_json_str(incident(i), "card"), "red"); /* it had one */
  act("director-a", "incident.reopen", "{\"id\":\"%s\",\"reason\":\"x\"}", i);
  assert_null(fq_json_str(incident(i), "card"));
  refused("commander", "supervise.lift", FQ_E_CONFLICT, "supervise.none", "{\"id\":\"%s\",\"note\":\"x\"}",
          i);
  rebuild_gives_the_same();
}

/* A team's order is each of the team's: so is the answer to the card. */
static void a_team_answers_its_card(void **state) {
  char i[FQ_ID_MAX];
  act("admin", "org.import",
      "{\"units\":[{\"id\":\"" TOWN_A "-T1\",\"parent\":\"" TOWN_A "\",\"kind\":\"team\",\"name\":\"队\"}]}");
  keep(i, report("officer-a1", GRID_A1, "fire"));
  act("dispatcher", "incident.dispatch", "{\"id\":\"%s\",\"to\":[{\"team\":\"" TOWN_A "-T1\"}]}", i);
  act("commander", "incident.supervise", "{\"id\":\"%s\",\"card\":\"yellow\",\"note\":\"x\"}", i);
  act("officer@" TOWN_A "-T1", "supervise.answer", "{\"id\":\"%s\",\"text\":\"在办\"}", i);
  refused("officer-b1", "supervise.answer", FQ_E_FORBIDDEN, "supervise.foreign",
          "{\"id\":\"%s\",\"text\":\"x\"}", i);
}

/* ---- four eyes ----------------------------------------------------------------------------------------- */

/* A task that came over is older than the round it was finished in: whoever finished it does not verify it.
 */
static void older_work_is_work(void **state) {
  char i[FQ_ID_MAX], other[FQ_ID_MAX], task[FQ_ID_MAX], mine[FQ_ID_MAX];
  keep(i, report("officer-a1", GRID_A1, "fire"));
  keep(other, report("officer-a2", GRID_A1, "fire"));
  act("dispatcher", "incident.dispatch", "{\"id\":\"%s\",\"to\":[{\"unit\":\"" TOWN_A "\"}]}", i);
  keep(mine, fq_json_as_str(fq_json_first(fq_json_get(w.result, "tasks"))));
  keep(task, task_for(other, "officer-a1"));
  finish_task("officer-a1", task);
  verify("dispatcher", other, false);
  merge(i, other);
  finish_task("director-a", mine);
  state_is(other, "handled");
  refused("director-a", "incident.verify", FQ_E_FORBIDDEN, "incident.four_eyes",
          "{\"id\":\"%s\",\"pass\":true}", other);
  verify("dispatcher", other, true);
  rebuild_gives_the_same();
}

/* What was finished before the merge made the other one handled: it is as much his work. */
static void merged_work_is_work(void **state) {
  char i[FQ_ID_MAX], other[FQ_ID_MAX], mine[FQ_ID_MAX], helper[FQ_ID_MAX];
  keep(i, report("officer-a1", GRID_A1, "fire"));
  keep(other, report("officer-a2", GRID_A1, "fire"));
  act("dispatcher", "incident.dispatch",
      "{\"id\":\"%s\",\"to\":[{\"unit\":\"" TOWN_A "\"},{\"user\":\"officer-a2\"}]}", i);
  const fq_json *tasks = fq_json_get(w.result, "tasks");
  keep(mine, fq_json_as_str(fq_json_first(tasks)));
  keep(helper, fq_json_as_str(fq_json_next(fq_json_first(tasks))));
  finish_task("director-a", mine);
  merge(i, other);
  act("officer-a2", "task.decline", "{\"id\":\"%s\",\"reason\":\"已办完\"}", helper);
  state_is(other, "handled");
  refused("director-a", "incident.verify", FQ_E_FORBIDDEN, "incident.four_eyes",
          "{\"id\":\"%s\",\"pass\":true}", other);
  verify("dispatcher", other, true);
  rebuild_gives_the_same();
}

/* ---- a measure given to somebody else -------------------------------------------------------------------
 */

static void measure_follows_its_task(void **state) {
  char i[FQ_ID_MAX], whistle[FQ_ID_MAX], task[FQ_ID_MAX];
  keep(i, report("officer-a1", GRID_A1, "fire"));
  act("director-a", "whistle.blow",
      "{\"incident\":\"%s\",\"units\":[\"" D01 "\"],\"within_ms\":3600000,\"reason\":\"x\"}", i);
  keep(whistle, fq_json_str(w.result, "id"));
  act("director-a", "whistle.confirm", "{\"id\":\"%s\",\"unit\":\"" D01 "\",\"reason\":\"到了\"}", whistle);
  act("director-a", "whistle.measure", "{\"id\":\"%s\",\"unit\":\"" D01 "\",\"text\":\"修好\"}", whistle);
  keep(task, fq_json_str(w.result, "task"));
  act("dispatcher", "task.reassign", "{\"id\":\"%s\",\"to\":{\"user\":\"officer-a2\"},\"reason\":\"代办\"}",
      task);
  keep(task, fq_json_str(w.result, "task"));
  refused("director-a", "whistle.follow_up", FQ_E_CONFLICT, "whistle.measure_open",
          "{\"id\":\"%s\",\"text\":\"看过\",\"ok\":true}", whistle);
  finish_task("officer-a2", task);
  act("director-a", "whistle.follow_up", "{\"id\":\"%s\",\"text\":\"看过\",\"ok\":true}", whistle);
  act("director-a", "whistle.close", "{\"id\":\"%s\"}", whistle);
  rebuild_gives_the_same();
}

/* ---- what is not for everybody ---------------------------------------------------------------------------
 */

#define AT(lat) "\"place\":{\"lon\":110.51,\"lat\":" lat "}"

/* Two reports of one thing on either side of a border: who hears of the one does not read the other's title.
 */
static void no_title_across_the_border(void **state) {
  act("officer-a1", "incident.report",
      "{\"category\":\"fire\",\"title\":\"后山冒烟起火\",\"grid\":\"" GRID_A1 "\"," AT("27.1000") "}");
  act("officer-b1", "incident.report",
      "{\"category\":\"fire\",\"title\":\"后山冒烟起火了\",\"grid\":\"" GRID_B1 "\"," AT("27.1003") "}");
  assert_int_equal(entries("duplicate.suggested"), 1);
  assert_null(strstr(entry("duplicate.suggested", "data"), "后山"));
  assert_non_null(strstr(entry("duplicate.suggested", "data"), "\"score\""));
  act("officer-a1", "incident.report",
      "{\"category\":\"fire\",\"title\":\"后山冒烟起火\",\"grid\":\"" GRID_A1 "\"," AT("27.1001") "}");
  assert_non_null(strstr(entry("duplicate.suggested", "data"), "\"title\":\"后山冒烟起火\""));
}

/* What was said before somebody came to it is not quoted to him by a search either. */
static void no_snippet_from_before(void **state) {
  char i[FQ_ID_MAX];
  keep(i, report("officer-a1", GRID_A1, "fire"));
  act("dispatcher", "incident.comment", "{\"id\":\"%s\",\"text\":\"内部研判意见\"}", i);
  act("dispatcher", "incident.countersign", "{\"id\":\"%s\",\"units\":[\"" D01 "\"],\"text\":\"请签\"}", i);
  assert_int_equal(
      fq_json_size(fq_json_get(act("dispatcher", "incident.search", "{\"text\":\"内部研判\"}"), "rows")), 1);
  assert_int_equal(
      fq_json_size(fq_json_get(act("department-01", "incident.search", "{\"text\":\"内部研判\"}"), "rows")),
      0);
  act("dispatcher", "incident.comment", "{\"id\":\"%s\",\"text\":\"公开的意见\"}", i);
  assert_int_equal(
      fq_json_size(fq_json_get(act("department-01", "incident.search", "{\"text\":\"公开的意见\"}"), "rows")),
      1);
}

/* A telephone number that is none is masked whole, not cut in the middle of a character. */
static void odd_telephone(void **state) {
  char i[FQ_ID_MAX], mediation[FQ_ID_MAX];
  keep(i, report("officer-a1", GRID_A1, "dispute"));
  act("officer-a1", "mediation.open",
      "{\"incident\":\"%s\",\"kind\":\"people\",\"class\":\"family\",\"parties\":[{\"name\":\"张三\","
      "\"phone\":"
      "\"😀😀😀电话é\"}],\"note\":\"打 😀😀😀电话é\"}",
      i);
  keep(mediation, fq_json_str(w.result, "id"));
  const fq_json *p =
      fq_json_first(fq_json_get(act("director-a", "mediation.get", "{\"id\":\"%s\"}", mediation), "parties"));
  assert_string_equal(fq_json_str(p, "phone"), "****");
  assert_string_equal(fq_json_str(p, "name"), "张*");
  rebuild_gives_the_same();
}

/* ---- what the journal says -------------------------------------------------------------------------------
 */

/* A telephone says more digits of a place than the journal keeps: the tables have what the journal has. */
static void every_digit_of_a_place(void **state) {
  act("officer-a1", "incident.report",
      "{\"category\":\"fire\",\"title\":\"x\",\"grid\":\"" GRID_A1
      "\",\"place\":{\"lon\":110.52300000000001,\"lat\":27.100000000000001}}");
  rebuild_gives_the_same();
}

/* A party's role and the court are free words, too: whose name they have in them is masked there. */
static void names_in_other_words(void **state) {
  char i[FQ_ID_MAX], mediation[FQ_ID_MAX];
  keep(i, report("officer-a1", GRID_A1, "dispute"));
  act("officer-a1", "mediation.open",
      "{\"incident\":\"%s\",\"kind\":\"people\",\"class\":\"family\",\"parties\":[{\"name\":\"张三丰\"},"
      "{\"name\":\"李四\",\"role\":\"张三丰之妻 13812345678\"}]}",
      i);
  keep(mediation, fq_json_str(w.result, "id"));
  assert_null(strstr(entry("mediation.opened", "data"), "张三丰"));
  assert_null(strstr(entry("mediation.opened", "data"), "13812345678"));
  act("officer-a1", "mediation.to_court", "{\"id\":\"%s\",\"court\":\"县法院,联系人张三丰\"}", mediation);
  assert_null(strstr(entry("mediation.sent_to_court", "data"), "张三丰"));
  assert_non_null(strstr(entry("mediation.sent_to_court", "data"), "县法院"));
  assert_null(strstr(entry("mediation.recorded", "audience"), "/"));
  rebuild_gives_the_same();
}

/* ---- what was begun has to end first ------------------------------------------------------------------ */

static void nothing_ends_before_what_was_begun(void **state) {
  char i[FQ_ID_MAX], into[FQ_ID_MAX], open[FQ_ID_MAX], w1[FQ_ID_MAX], m1[FQ_ID_MAX], t[FQ_ID_MAX];
  keep(into, report("officer-a2", GRID_A1, "fire"));
  keep(open, report("officer-a1", GRID_A1, "fire"));
  act("director-a", "whistle.blow",
      "{\"incident\":\"%s\",\"units\":[\"" D01 "\"],\"within_ms\":3600000,\"reason\":\"联合处置\"}", open);
  keep(w1, fq_json_str(w.result, "id"));
  refused("dispatcher", "incident.merge", FQ_E_CONFLICT, "whistle.open", "{\"id\":\"%s\",\"into\":\"%s\"}",
          open, into);
  keep(t, task_for(open, "officer-a2"));
  finish_task("officer-a2", t);
  refused("dispatcher", "incident.verify", FQ_E_CONFLICT, "whistle.open", "{\"id\":\"%s\",\"pass\":true}",
          open);
  act("director-a", "whistle.withdraw", "{\"id\":\"%s\",\"reason\":\"不用了\"}", w1);
  verify("dispatcher", open, true);

  keep(i, report("officer-a1", GRID_A1, "dispute"));
  act("director-a", "mediation.open", "{\"incident\":\"%s\",\"kind\":\"people\",\"class\":\"family\"}", i);
  keep(m1, fq_json_str(w.result, "id"));
  refused("dispatcher", "incident.merge", FQ_E_CONFLICT, "mediation.open", "{\"id\":\"%s\",\"into\":\"%s\"}",
          i, into);
  act("director-a", "mediation.settle", "{\"id\":\"%s\",\"outcome\":\"withdrawn\",\"text\":\"当事人撤回\"}",
      m1);
  merge(i, into);
  /* nor is a report void because what it was merged into is */
  refused("dispatcher", "incident.void", FQ_E_CONFLICT, "merge.joined", "{\"id\":\"%s\",\"reason\":\"误报\"}",
          into);
  rebuild_gives_the_same();
}

#define D(fn) cmocka_unit_test_setup_teardown(fn, world_open_on_disk, world_close)
int main(void) {
  const struct CMUnitTest tests[] = {
      D(fallback_owner_finds_it),
      D(more_time_while_suspended),
      D(card_outlives_a_merge),
      D(no_card_after_reopening),
      D(a_team_answers_its_card),
      D(older_work_is_work),
      D(merged_work_is_work),
      D(measure_follows_its_task),
      D(no_title_across_the_border),
      D(no_snippet_from_before),
      D(odd_telephone),
      D(every_digit_of_a_place),
      D(names_in_other_words),
      D(nothing_ends_before_what_was_begun),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
