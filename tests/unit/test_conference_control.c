/* What is done within a conference: roles, mute, layouts, words, the floor, roll call; and what is refused.
 */
#include "conference_world.h"

#include <stdio.h>
#include <string.h>

static char v[FQ_ID_MAX];

/* The dispatcher's, with three officers in it. */
static int four(void **state) {
  conference_open(state);
  keep(v, begin("dispatcher",
                "{\"to\":[{\"user\":\"officer-a1\"},{\"user\":\"officer-a2\"},{\"user\":\"officer-b1\"}]}"));
  say("officer-a1", "conf.join", "{\"id\":\"%s\"}", v);
  say("officer-a2", "conf.join", "{\"id\":\"%s\"}", v);
  say("officer-b1", "conf.join", "{\"id\":\"%s\"}", v);
  return 0;
}

static bool is(const char *user, const char *flag) {
  return fq_json_bool(member(v, user), flag, false);
}
static const char *holder(void) {
  const char *who = fq_json_str(fq_json_get(conf(v), "floor"), "holder");
  return who ? who : "";
}
static void ask(const char *who) {
  say(who, "conf.floor_ask", "{\"id\":\"%s\"}", v);
}
static void line_is(const char *users) {
  char text[256] = "";
  fq_json_each(u, fq_json_get(fq_json_get(conf(v), "floor"), "line")) {
    if (*text) strcat(text, " ");
    strcat(text, fq_json_as_str(u));
  }
  assert_string_equal(text, users);
}

/* ---- who may --------------------------------------------------------------------------------------------
 */

static void what_only_the_chair_does(void **state) {
  static const struct {
    const char *method, *more;
  } verbs[] = {{"kick", ",\"user\":\"officer-a2\""},
               {"lock", ",\"locked\":true"},
               {"role", ",\"user\":\"officer-a2\",\"role\":\"viewer\""},
               {"mute", ",\"muted\":true"},
               {"ask_unmute", ""},
               {"quality", ",\"user\":\"officer-a2\",\"quality\":\"low\""},
               {"layout", ",\"layout\":\"grid\""},
               {"broadcast", ""},
               {"floor_take", ""},
               {"roll_call", ""},
               {"end", ""}};
  for (size_t k = 0; k < sizeof verbs / sizeof *verbs; k++) {
    char method[32], params[160];
    snprintf(method, sizeof method, "conf.%s", verbs[k].method);
    snprintf(params, sizeof params, "{\"id\":\"%s\"%s}", v, verbs[k].more);
    denied("officer-a1", method, FQ_E_FORBIDDEN, "conf.chair", "%s", params);
    denied("director-b", method, FQ_E_FORBIDDEN, "scope", "%s", params);
    if (strcmp(verbs[k].method, "end"))
      denied("commander", method, FQ_E_FORBIDDEN, "conf.chair", "%s", params);
    snprintf(params, sizeof params, "{\"id\":\"v999\"%s}", verbs[k].more);
    denied("dispatcher", method, FQ_E_NOT_FOUND, "conf.unknown", "%s", params);
  }
}

static void a_desk_takes_the_chair(void **state) {
  denied("commander", "conf.role", FQ_E_NOT_FOUND, "conf.no_member",
         "{\"id\":\"%s\",\"user\":\"commander\",\"role\":\"chair\"}", v);
  say("commander", "conf.join", "{\"id\":\"%s\"}", v);
  denied("officer-a1", "conf.role", FQ_E_FORBIDDEN, "conf.chair",
         "{\"id\":\"%s\",\"user\":\"officer-a1\",\"role\":\"chair\"}", v);
  say("commander", "conf.role", "{\"id\":\"%s\",\"user\":\"commander\",\"role\":\"chair\"}", v);
  say("commander", "conf.lock", "{\"id\":\"%s\",\"locked\":true}", v);
  /* a chair that has left is none until he is back, and then he is one again */
  say("dispatcher", "conf.leave", "{\"id\":\"%s\"}", v);
  denied("dispatcher", "conf.lock", FQ_E_FORBIDDEN, "conf.chair", "{\"id\":\"%s\",\"locked\":false}", v);
  say("dispatcher", "conf.join", "{\"id\":\"%s\"}", v);
  say("dispatcher", "conf.lock", "{\"id\":\"%s\",\"locked\":false}", v);
}

static void roles_and_priorities(void **state) {
  assert_int_equal(fq_json_int(member(v, "officer-a1"), "priority", 0), 3);
  assert_int_equal(fq_json_int(member(v, "dispatcher"), "priority", 0), 8);
  say("dispatcher", "conf.role", "{\"id\":\"%s\",\"user\":\"officer-a1\",\"role\":\"viewer\"}", v);
  assert_int_equal(fq_json_int(member(v, "officer-a1"), "priority", 0), 1);
  denied("officer-a1", "conf.floor_ask", FQ_E_FORBIDDEN, "conf.viewer", "{\"id\":\"%s\"}", v);
  denied("officer-a1", "conf.self", FQ_E_FORBIDDEN, "conf.viewer", "{\"id\":\"%s\",\"screen\":true}", v);
  say("dispatcher", "conf.role", "{\"id\":\"%s\",\"user\":\"officer-a2\",\"priority\":7}", v);
  assert_int_equal(fq_json_int(member(v, "officer-a2"), "priority", 0), 7);
  assert_string_equal(fq_json_str(member(v, "officer-a2"), "role"), "speaker");
  denied("dispatcher", "conf.role", FQ_E_PARAMS, "params.missing", "{\"id\":\"%s\",\"user\":\"officer-a2\"}",
         v);
  int64_t n = entries("conf.role_set");
  say("dispatcher", "conf.role", "{\"id\":\"%s\",\"user\":\"officer-a2\",\"priority\":7}", v);
  assert_int_equal(entries("conf.role_set"), n);
  rebuild_gives_the_same();
}

static void who_pressed_the_button_comes_first(void **state) {
  act("officer-a3", "panic.raise", "{}");
  char i[FQ_ID_MAX];
  keep(i, fq_json_str(w.result, "incident"));
  keep(v, begin("dispatcher",
                "{\"incident\":\"%s\",\"to\":[{\"user\":\"officer-a3\"},{\"user\":\"commander\"}]}", i));
  assert_int_equal(fq_json_int(member(v, "officer-a3"), "priority", 0), 10);
  assert_int_equal(fq_json_int(member(v, "commander"), "priority", 0), 9);
}

/* ---- out ------------------------------------------------------------------------------------------------
 */

static void put_out_and_asked_again(void **state) {
  say("dispatcher", "conf.kick", "{\"id\":\"%s\",\"user\":\"officer-a1\",\"reason\":\"误入\"}", v);
  assert_true(heard("conf.kicked", "officer-a1"));
  seat_is(v, "officer-a1", "left");
  assert_string_equal(fq_json_str(member(v, "officer-a1"), "left_why"), "kicked");
  assert_int_equal(fq_json_size(fq_json_get(act("officer-a1", "conf.mine", "{}"), "rows")), 0);
  say("dispatcher", "conf.text", "{\"id\":\"%s\",\"text\":\"继续\"}", v);
  assert_false(heard("conf.text", "officer-a1"));
  say("officer-a1", "conf.join", "{\"id\":\"%s\"}", v); /* put out is not shut out */
  say("dispatcher", "conf.kick", "{\"id\":\"%s\",\"user\":\"officer-a1\",\"ban\":true}", v);
  denied("officer-a1", "conf.join", FQ_E_FORBIDDEN, "conf.banned", "{\"id\":\"%s\"}", v);
  denied("officer-a1", "conf.resume", FQ_E_FORBIDDEN, "conf.foreign", "{\"id\":\"%s\"}", v);
  refused("officer-a1", "conf.get", FQ_E_FORBIDDEN, "conf.foreign", "{\"id\":\"%s\"}", v);
  denied("dispatcher", "conf.ring", FQ_E_CONFLICT, "conf.banned", "{\"id\":\"%s\",\"user\":\"officer-a1\"}",
         v);
  denied("officer-a2", "conf.invite", FQ_E_FORBIDDEN, "conf.reach",
         "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a1\"}]}", v);
  say("dispatcher", "conf.invite", "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a1\"}]}", v);
  say("officer-a1", "conf.join", "{\"id\":\"%s\"}", v);
  denied("dispatcher", "conf.kick", FQ_E_PARAMS, "conf.self", "{\"id\":\"%s\",\"user\":\"dispatcher\"}", v);
  denied("dispatcher", "conf.kick", FQ_E_NOT_FOUND, "conf.no_member",
         "{\"id\":\"%s\",\"user\":\"director-a\"}", v);
  rebuild_gives_the_same();
}

/* ---- sound and picture ----------------------------------------------------------------------------------
 */

static void muted_by_the_chair_one_waits_to_be_asked(void **state) {
  say("officer-a2", "conf.self", "{\"id\":\"%s\",\"muted\":true}", v);
  say("dispatcher", "conf.mute", "{\"id\":\"%s\",\"muted\":true}", v);
  assert_false(fq_json_bool(w.result, "enforced", true)); /* from page to page it is only asked for */
  assert_true(is("officer-a1", "muted") && is("officer-a2", "muted") && is("officer-a1", "silenced"));
  assert_false(is("dispatcher", "muted"));
  denied("officer-a1", "conf.self", FQ_E_CONFLICT, "conf.muted", "{\"id\":\"%s\",\"muted\":false}", v);
  say("officer-a1", "conf.self", "{\"id\":\"%s\",\"hand\":true}", v);
  assert_true(is("officer-a1", "hand"));
  say("dispatcher", "conf.ask_unmute", "{\"id\":\"%s\",\"user\":\"officer-a1\"}", v);
  assert_true(is("officer-a1", "may_unmute"));
  say("officer-a1", "conf.self", "{\"id\":\"%s\",\"muted\":false,\"hand\":false}", v);
  assert_false(is("officer-a1", "muted") || is("officer-a1", "silenced") || is("officer-a1", "may_unmute"));
  /* lifted: what each had chosen himself stands again */
  say("dispatcher", "conf.mute", "{\"id\":\"%s\",\"muted\":false}", v);
  assert_null(strstr(entry("conf.muted", "data"), "officer-a1"));
  assert_true(is("officer-a2", "muted"));
  assert_false(is("officer-b1", "muted"));
  say("officer-a2", "conf.self", "{\"id\":\"%s\",\"muted\":false}", v);
  int64_t n = entries("conf.muted");
  say("dispatcher", "conf.mute", "{\"id\":\"%s\",\"muted\":false}", v);
  assert_int_equal(entries("conf.muted"), n);
  act("system", "conf.backend_set", "{\"id\":\"%s\",\"backend\":\"janus\"}", v);
  say("dispatcher", "conf.mute", "{\"id\":\"%s\",\"user\":\"officer-a1\",\"muted\":true}", v);
  assert_true(fq_json_bool(w.result, "enforced", false));
  /* leaving and coming back does not help */
  say("officer-a1", "conf.leave", "{\"id\":\"%s\"}", v);
  say("officer-a1", "conf.join", "{\"id\":\"%s\"}", v);
  assert_true(is("officer-a1", "muted"));
  rebuild_gives_the_same();
}

static void ones_own_camera_and_screen(void **state) {
  say("officer-a1", "conf.self", "{\"id\":\"%s\",\"camera\":false,\"screen\":true,\"quality\":\"low\"}", v);
  assert_false(is("officer-a1", "camera"));
  assert_true(is("officer-a1", "screen"));
  assert_string_equal(fq_json_str(member(v, "officer-a1"), "quality"), "low");
  say("dispatcher", "conf.quality", "{\"id\":\"%s\",\"user\":\"officer-a1\",\"quality\":\"audio\"}", v);
  assert_string_equal(fq_json_str(member(v, "officer-a1"), "quality"), "audio");
  int64_t n = entries("conf.self_set");
  say("officer-a1", "conf.self", "{\"id\":\"%s\"}", v);
  assert_int_equal(entries("conf.self_set"), n);
  say("officer-a1", "conf.leave", "{\"id\":\"%s\"}", v);
  assert_false(is("officer-a1", "screen"));
  say("officer-a1", "conf.join", "{\"id\":\"%s\"}", v);
  assert_string_equal(fq_json_str(member(v, "officer-a1"), "quality"), "normal");
  rebuild_gives_the_same();
}

static void layouts_and_broadcast(void **state) {
  denied("dispatcher", "conf.layout", FQ_E_PARAMS, "params.missing",
         "{\"id\":\"%s\",\"layout\":\"spotlight\"}", v);
  denied("dispatcher", "conf.layout", FQ_E_NOT_FOUND, "conf.no_member",
         "{\"id\":\"%s\",\"layout\":\"spotlight\",\"spotlight\":\"nobody\"}", v);
  say("dispatcher", "conf.layout", "{\"id\":\"%s\",\"layout\":\"spotlight\",\"spotlight\":\"officer-a1\"}",
      v);
  assert_string_equal(fq_json_str(conf(v), "spotlight"), "officer-a1");
  say("dispatcher", "conf.broadcast", "{\"id\":\"%s\",\"user\":\"officer-a1\"}", v);
  assert_true(is("officer-a2", "muted") && is("dispatcher", "muted"));
  assert_false(is("officer-a1", "muted") || is("officer-a2", "silenced"));
  say("officer-a1", "conf.leave", "{\"id\":\"%s\"}", v); /* the light goes with him */
  assert_string_equal(fq_json_str(conf(v), "layout"), "grid");
  assert_null(fq_json_str(conf(v), "broadcast"));
  assert_false(is("officer-a2", "muted"));
  denied("dispatcher", "conf.broadcast", FQ_E_CONFLICT, "conf.seat",
         "{\"id\":\"%s\",\"user\":\"officer-a1\"}", v);
  say("dispatcher", "conf.layout", "{\"id\":\"%s\",\"layout\":\"rotate\"}", v);
  assert_int_equal(fq_json_int(conf(v), "rotate_s", 0), 10);
  say("dispatcher", "conf.broadcast", "{\"id\":\"%s\",\"user\":\"officer-a2\"}", v);
  say("dispatcher", "conf.broadcast", "{\"id\":\"%s\"}", v);
  assert_null(fq_json_str(conf(v), "broadcast"));
  rebuild_gives_the_same();
}

static void words(void **state) {
  char text[4] = "一";
  for (int k = 0; k < 102; k++)
    say("officer-a1", "conf.text", "{\"id\":\"%s\",\"text\":\"%s%d\"}", v, text, k);
  const fq_json *texts = fq_json_get(conf(v), "texts");
  assert_int_equal(fq_json_size(texts), 100); /* the last of them, in order */
  assert_string_equal(fq_json_str(fq_json_first(texts), "text"), "一2");
  assert_string_equal(fq_json_str(fq_json_first(texts), "name"), "officer-a1");
  denied("officer-a1", "conf.text", FQ_E_PARAMS, "params.range", "{\"id\":\"%s\",\"text\":\"\"}", v);
  denied("director-a", "conf.text", FQ_E_FORBIDDEN, "scope", "{\"id\":\"%s\",\"text\":\"我\"}", v);
  denied("commander", "conf.text", FQ_E_FORBIDDEN, "conf.foreign", "{\"id\":\"%s\",\"text\":\"我\"}", v);
}

/* ---- the floor ------------------------------------------------------------------------------------------
 */

static void one_speaks_and_the_others_wait(void **state) {
  ask("officer-a1");
  assert_true(fq_json_bool(w.result, "holds", false));
  ask("officer-a2");
  assert_false(fq_json_bool(w.result, "holds", true));
  ask("officer-b1");
  ask("officer-a2"); /* asked twice is waited once */
  assert_int_equal(entries("conf.floor_waits"), 2);
  line_is("officer-a2 officer-b1");
  say("officer-a1", "conf.floor_release", "{\"id\":\"%s\"}", v);
  assert_string_equal(holder(), "officer-a2");
  line_is("officer-b1");
  say("officer-b1", "conf.floor_release", "{\"id\":\"%s\"}", v); /* he gives up waiting */
  line_is("");
  say("officer-a2", "conf.floor_release", "{\"id\":\"%s\"}", v);
  assert_string_equal(holder(), "");
  int64_t n = entries("conf.floor_released");
  say("officer-a2", "conf.floor_release", "{\"id\":\"%s\"}", v);
  assert_int_equal(entries("conf.floor_released"), n);
  rebuild_gives_the_same();
}

static void the_higher_interrupts(void **state) {
  ask("officer-a1");
  ask("officer-a2");
  ask("dispatcher");
  assert_string_equal(holder(), "dispatcher");
  assert_non_null(strstr(entry("conf.floor_given", "data"), "\"from\":\"officer-a1\""));
  line_is("officer-a2"); /* who was interrupted asks again himself */
  say("dispatcher", "conf.role", "{\"id\":\"%s\",\"user\":\"officer-b1\",\"priority\":5}", v);
  ask("officer-b1");
  line_is("officer-b1 officer-a2");
  /* nobody asks for more than is his */
  say("officer-a1", "conf.floor_ask", "{\"id\":\"%s\",\"priority\":10}", v);
  assert_false(fq_json_bool(w.result, "holds", true));
  line_is("officer-b1 officer-a2 officer-a1");
  /* nor is he pushed off by his equal */
  say("dispatcher", "conf.role", "{\"id\":\"%s\",\"user\":\"officer-a2\",\"priority\":8}", v);
  ask("officer-a2");
  assert_string_equal(holder(), "dispatcher");
  line_is("officer-a2 officer-b1 officer-a1");
  say("dispatcher", "conf.floor_take", "{\"id\":\"%s\",\"user\":\"officer-a1\"}", v);
  assert_string_equal(holder(), "officer-a1");
  say("dispatcher", "conf.floor_take", "{\"id\":\"%s\"}", v);
  assert_string_equal(holder(), "dispatcher");
  rebuild_gives_the_same();
}

static void a_button_that_hangs(void **state) {
  ask("officer-a1");
  ask("officer-a2");
  at(50 * SECOND);
  ask("officer-a1"); /* he goes on */
  assert_non_null(strstr(entry("conf.floor_given", "data"), "\"renewed\":true"));
  at(109 * SECOND);
  assert_string_equal(holder(), "officer-a1");
  at(110 * SECOND);
  assert_string_equal(holder(), "officer-a2");
  assert_non_null(strstr(entry("conf.floor_released", "data"), "lapsed"));
  at(170 * SECOND);
  assert_string_equal(holder(), "");
  rebuild_gives_the_same();
}

static void whoever_goes_lets_go(void **state) {
  ask("officer-a1");
  ask("officer-a2");
  ask("officer-b1");
  say("officer-a1", "conf.leave", "{\"id\":\"%s\"}", v);
  assert_string_equal(holder(), "officer-a2");
  say("dispatcher", "conf.kick", "{\"id\":\"%s\",\"user\":\"officer-a2\"}", v);
  assert_string_equal(holder(), "officer-b1");
  close_page("officer-b1");
  assert_string_equal(holder(), "");
  say("officer-b1", "conf.resume", "{\"id\":\"%s\"}", v);
  ask("officer-b1");
  say("dispatcher", "conf.role", "{\"id\":\"%s\",\"user\":\"officer-b1\",\"role\":\"viewer\"}", v);
  assert_string_equal(holder(), "");
  denied("dispatcher", "conf.floor_take", FQ_E_CONFLICT, "conf.viewer",
         "{\"id\":\"%s\",\"user\":\"officer-b1\"}", v);
  rebuild_gives_the_same();
}

/* ---- roll call ------------------------------------------------------------------------------------------
 */

static int64_t call_the_roll(void) {
  say("dispatcher", "conf.roll_call", "{\"id\":\"%s\",\"seconds\":30}", v);
  return fq_json_int(w.result, "call", 0);
}
static void here(const char *who, int64_t call) {
  say(who, "conf.here", "{\"id\":\"%s\",\"call\":%lld}", v, (long long)call);
}
static size_t how_many(const char *list) {
  return fq_json_size(fq_json_get(fq_json_get(conf(v), "roll_call"), list));
}

static void all_are_here(void **state) {
  int64_t call = call_the_roll();
  assert_int_equal(how_many("missing"), 3); /* not he who calls */
  here("officer-a1", call);
  here("officer-a1", call);
  assert_int_equal(entries("conf.here"), 1);
  here("officer-a2", call);
  assert_int_equal(entries("conf.roll_closed"), 0);
  here("officer-b1", call);
  assert_int_equal(entries("conf.roll_closed"), 1); /* before its time */
  assert_true(fq_json_bool(fq_json_get(conf(v), "roll_call"), "closed", false));
  at(HOUR);
  assert_int_equal(entries("conf.roll_closed"), 1);
  denied("officer-a1", "conf.here", FQ_E_CONFLICT, "conf.roll_over", "{\"id\":\"%s\",\"call\":%lld}", v,
         (long long)call);
  rebuild_gives_the_same();
}

static void some_are_missing(void **state) {
  say("dispatcher", "conf.invite",
      "{\"id\":\"%s\",\"to\":[{\"user\":\"director-a\"},{\"user\":\"officer-a3\"}]}", v);
  say("officer-a3", "conf.decline", "{\"id\":\"%s\"}", v);
  say("officer-b1", "conf.leave", "{\"id\":\"%s\"}", v);
  say("dispatcher", "conf.kick", "{\"id\":\"%s\",\"user\":\"officer-a2\"}", v);
  int64_t call = call_the_roll();
  assert_int_equal(how_many("missing"), 4); /* asked, declined, gone: all but who was put out */
  here("officer-a1", call);
  say("director-a", "conf.join", "{\"id\":\"%s\"}", v); /* late, and in time */
  here("director-a", call);
  at(30 * SECOND);
  assert_int_equal(entries("conf.roll_closed"), 1);
  const char *data = entry("conf.roll_closed", "json_extract(data, '$.missing')");
  assert_string_equal(data, "[\"officer-a3\",\"officer-b1\"]");
  assert_int_equal(how_many("here"), 2);
  int64_t second = call_the_roll(), third = call_the_roll(); /* another closes the one before */
  assert_true(third > second);
  assert_int_equal(entries("conf.roll_closed"), 2);
  denied("officer-a1", "conf.here", FQ_E_CONFLICT, "conf.roll_over", "{\"id\":\"%s\",\"call\":%lld}", v,
         (long long)second);
  conference_restart();
  at(2 * MINUTE);
  assert_int_equal(entries("conf.roll_closed"), 3);
  rebuild_gives_the_same();
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, four, conference_close)
  const struct CMUnitTest tests[] = {
      TEST(what_only_the_chair_does),
      TEST(a_desk_takes_the_chair),
      TEST(roles_and_priorities),
      TEST(who_pressed_the_button_comes_first),
      TEST(put_out_and_asked_again),
      TEST(muted_by_the_chair_one_waits_to_be_asked),
      TEST(ones_own_camera_and_screen),
      TEST(layouts_and_broadcast),
      TEST(words),
      TEST(one_speaks_and_the_others_wait),
      TEST(the_higher_interrupts),
      TEST(a_button_that_hangs),
      TEST(whoever_goes_lets_go),
      TEST(all_are_here),
      TEST(some_are_missing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
