/* Conferences on the real kernel with a fake clock: who is called, who sits, what a cut does, how it ends. */
#include "conference_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/session.h"

#define COUNTY "430525"
#define TOWN_A "430525100000"

static char v[FQ_ID_MAX], i[FQ_ID_MAX];

static int64_t number(const char *id, const char *sql) {
  return fq_int(fq_kernel_db(w.kernel), -1, sql, "i", cf_id_n(id));
}

static int64_t timers(void) {
  return fq_int(fq_kernel_db(w.kernel), -1, "SELECT count(*) FROM timer WHERE id LIKE 'conf:%'", "");
}

/* The dispatcher calls an officer, who answers. */
static void a_call(void) {
  keep(v, begin("dispatcher", "{\"title\":\"会商\",\"to\":[{\"user\":\"officer-a1\"}]}"));
  say("officer-a1", "conf.join", "{\"id\":\"%s\"}", v);
}

static const fq_json *mine(const char *who) {
  fq_json_each(r, fq_json_get(act(who, "conf.mine", "{}"),
                              "rows")) if (!strcmp(fq_json_str(r, "id"), v)) return fq_json_get(r, "member");
  return NULL;
}

/* ---- the tables -----------------------------------------------------------------------------------------
 */

static void the_tables_hold_together(void **state) {
  for (int s = 1; s < CF_STATE_COUNT; s++) {
    assert_int_equal(cf_state_of(cf_state_name((enum cf_state)s)), s);
    /* nothing comes back from the end, and from everywhere else one gets there */
    assert_int_equal(cf_next(CF_V_CLOSE, (enum cf_state)s) == CF_ENDED, s != CF_ENDED);
    for (int x = 0; x < CF_VERB_COUNT; x++)
      if (s == CF_ENDED) assert_int_equal(cf_next((enum cf_verb)x, CF_ENDED), CF_NONE);
  }
  for (int s = 1; s < CF_SEAT_COUNT; s++) {
    enum cf_seat at = (enum cf_seat)s;
    assert_int_equal(cf_seat_of(cf_seat_name(at)), s);
    assert_int_equal(cf_next_seat(CF_A_JOIN, at), CF_JOINING);
    assert_int_equal(cf_next_seat(CF_A_PUT_OUT, at), CF_LEFT);
    if (cf_seated(at)) {
      assert_int_equal(cf_next_seat(CF_A_LOSE_SIGNALLING, at), CF_SIGNALLING_LOST);
      assert_int_equal(cf_next_seat(CF_A_RESUME, at), CF_JOINING);
      assert_int_equal(cf_next_seat(CF_A_RING, at), CF_NO_SEAT);
    } else
      assert_int_equal(cf_next_seat(CF_A_SIT, at), CF_NO_SEAT);
  }
  assert_int_equal(cf_next_seat(CF_A_SIT, CF_SIGNALLING_LOST), CF_NO_SEAT);
  assert_int_equal(cf_next_seat(CF_A_CONNECT, CF_LEFT), CF_NO_SEAT);
  assert_int_equal(cf_state_of("nonsense"), CF_NONE);
}

/* ---- beginning ------------------------------------------------------------------------------------------
 */

static void one_click_from_an_incident(void **state) {
  keep(i, report("officer-a1", GRID_A1, "fire"));
  keep(v, begin("dispatcher", "{\"incident\":\"%s\",\"to\":[{\"user\":\"officer-a1\"}]}", i));
  assert_string_equal(fq_json_str(w.result, "state"), "opening");
  assert_string_equal(fq_json_as_str(fq_json_first(fq_json_get(w.result, "invited"))), "officer-a1");
  const fq_json *j = conf(v);
  assert_string_equal(fq_json_str(j, "title"), "测试");
  assert_string_equal(fq_json_str(j, "org"), GRID_A1);
  assert_string_equal(fq_json_str(j, "incident"), i);
  assert_int_equal(fq_json_int(j, "number", 0), 1);
  assert_string_equal(fq_json_str(member(v, "dispatcher"), "role"), "chair");
  seat_is(v, "dispatcher", "joining");
  seat_is(v, "officer-a1", "invited");
  assert_string_equal(entry("conf.created", "subject"), i); /* in the incident's story */
  assert_string_equal(entry("conf.invited", "subject"), v);
  assert_true(heard("conf.rang", "officer-a1"));
  assert_non_null(strstr(entry("conf.joined", "data"), page("dispatcher")));
  say("officer-a1", "conf.ringing", "{\"id\":\"%s\"}", v);
  seat_is(v, "officer-a1", "ringing");
  say("officer-a1", "conf.join", "{\"id\":\"%s\",\"audio_only\":true}", v);
  const fq_json *me = fq_json_get(w.result, "member");
  assert_string_equal(fq_json_str(me, "state"), "joining");
  assert_true(fq_json_bool(me, "audio_only", false));
  assert_string_equal(fq_json_str(w.result, "state"), "active");
  assert_false(fq_json_bool(member(v, "officer-a1"), "camera", true));
  media(v, "dispatcher", "connected");
  media(v, "officer-a1", "connected");
  seat_is(v, "officer-a1", "connected");
  say("dispatcher", "conf.end", "{\"id\":\"%s\",\"reason\":\"事毕\"}", v);
  conf_is(v, "ended");
  assert_string_equal(entry("conf.ended", "subject"), i);
  assert_true(heard("conf.ended", "officer-a1"));
  assert_non_null(strstr(entry("conf.ended", "data"), "\"people\":2"));
  assert_string_equal(fq_json_str(member(v, "officer-a1"), "left_why"), "ended");
  assert_int_equal(timers(), 0);
  int found = 0;
  fq_json_each(e, fq_json_get(act("director-a", "journal.timeline", "{\"subject\":\"%s\"}", i), "entries"))
      found += !strncmp(fq_json_str(e, "kind"), "conf.", 5);
  assert_int_equal(found, 2);
  rebuild_gives_the_same();
}

static void an_incident_has_one_at_a_time(void **state) {
  keep(i, report("officer-a1", GRID_A1, "fire"));
  keep(v, begin("dispatcher", "{\"incident\":\"%s\"}", i));
  denied("director-a", "conf.create", FQ_E_CONFLICT, "conf.exists", "{\"incident\":\"%s\"}", i);
  assert_non_null(strstr(w.error.en, v));
  say("director-a", "conf.join", "{\"id\":\"%s\"}", v); /* he comes in instead, unasked */
  say("dispatcher", "conf.end", "{\"id\":\"%s\"}", v);
  begin("director-a", "{\"incident\":\"%s\"}", i);
}

static void who_may_begin_one(void **state) {
  keep(i, report("officer-a1", GRID_A1, "fire"));
  denied("dispatcher", "conf.create", FQ_E_NOT_FOUND, "incident.unknown", "{\"incident\":\"i9999\"}");
  denied("director-b", "conf.create", FQ_E_FORBIDDEN, "scope", "{\"incident\":\"%s\"}", i);
  denied("officer-b1", "conf.create", FQ_E_FORBIDDEN, "scope", "{\"incident\":\"%s\"}", i);
  denied("director-b", "conf.create", FQ_E_FORBIDDEN, "scope", "{\"org\":\"" TOWN_A "\"}");
  denied("grandpa", "conf.create", FQ_E_FORBIDDEN, "role", "{}");
  denied("dispatcher", "conf.create", FQ_E_PARAMS, "org.unknown", "{\"to\":[{\"unit\":\"nowhere\"}]}");
  assert_string_equal(w.error.path, "params.to[0]");
  denied("dispatcher", "conf.create", FQ_E_PARAMS, "user.unknown",
         "{\"to\":[{\"user\":\"officer-a1\"},{\"user\":\"nobody\"}]}");
  assert_string_equal(w.error.path, "params.to[1]");
  denied("dispatcher", "conf.create", FQ_E_PARAMS, "user.unknown", "{\"to\":[{\"user\":\"admin\"}]}");
  denied("dispatcher", "conf.create", FQ_E_PARAMS, "conf.target", "{\"to\":[{}]}");
  denied("dispatcher", "conf.create", FQ_E_CONFLICT, "conf.nobody", "{\"to\":[{\"unit\":\"" GRID_C1 "\"}]}");
  assert_int_equal(entries("conf.created"), 0); /* a refusal leaves nothing */
  task_for(i, "officer-b1");
  begin("officer-b1", "{\"incident\":\"%s\",\"to\":[{\"user\":\"officer-a1\"}]}",
        i); /* he has a part in it */
}

static void a_township_does_not_ring_into_the_next(void **state) {
  denied("director-a", "conf.create", FQ_E_FORBIDDEN, "conf.reach", "{\"to\":[{\"user\":\"officer-b1\"}]}");
  denied("director-a", "conf.create", FQ_E_FORBIDDEN, "conf.reach", "{\"to\":[{\"unit\":\"" GRID_B1 "\"}]}");
  denied("officer-a1", "conf.create", FQ_E_FORBIDDEN, "conf.reach", "{\"to\":[{\"user\":\"officer-a2\"}]}");
  begin("director-a",
        "{\"to\":[{\"user\":\"officer-a1\"},{\"user\":\"dispatcher\"},{\"user\":\"department-01\"}]}");
  begin("department-01", "{\"to\":[{\"user\":\"director-a\"}]}");
  begin("dispatcher", "{\"to\":[{\"user\":\"officer-a1\"},{\"user\":\"officer-b1\"}]}");
}

static void an_officer_calls_the_desk(void **state) {
  keep(v, begin("officer-a1", "{\"to\":[{\"unit\":\"" COUNTY "\"}]}"));
  assert_int_equal(fq_json_size(fq_json_get(w.result, "invited")), 2); /* dispatcher and commander */
  say("dispatcher", "conf.join", "{\"id\":\"%s\"}", v);
  assert_int_equal(entries("conf.hushed"), 1); /* the other console is silent */
  seat_is(v, "commander", "invited");
  assert_null(fq_json_str(mine("commander"), "ring_until"));
  at(10 * MINUTE);
  assert_int_equal(entries("conf.rang"), 1);
  assert_int_equal(entries("conf.timed_out"), 0);
  say("commander", "conf.join", "{\"id\":\"%s\"}", v); /* he may come all the same */
  rebuild_gives_the_same();
}

static void where_there_is_no_desk_the_one_above_is_rung(void **state) {
  keep(i, report("officer-a1", GRID_A1, "fire"));
  task_for(i, "officer-b1"); /* of another township: not theirs to ring, but the county's */
  keep(v, begin("officer-b1", "{\"incident\":\"%s\",\"to\":[{\"unit\":\"" GRID_A1 "\"}]}", i));
  const fq_json *invited = fq_json_get(w.result, "invited");
  assert_int_equal(fq_json_size(invited), 2); /* dispatcher and commander; no officer of the grid */
  assert_string_equal(fq_json_as_str(fq_json_first(invited)), "commander");
  say("commander", "conf.join", "{\"id\":\"%s\"}", v);
  assert_int_equal(entries("conf.hushed"), 1);
  begin("officer-a1", "{\"to\":[{\"unit\":\"" GRID_A1 "\"}]}"); /* a colleague beside him is no desk */
  assert_string_equal(fq_json_as_str(fq_json_first(fq_json_get(w.result, "invited"))), "director-a");
}

static void somebody_off_duty_is_not_rung_with_his_unit(void **state) {
  begin("dispatcher", "{\"to\":[{\"unit\":\"" GRID_A1 "\"}]}"); /* a3 has not signed on */
  assert_int_equal(fq_json_size(fq_json_get(w.result, "invited")), 1);
  act("officer-a2", "position.update", "{\"lon\":110.52,\"lat\":27.1}");
  act("officer-b1", "position.update", "{\"lon\":110.7,\"lat\":27.0}");
  begin("dispatcher", "{\"to\":[{\"circle\":{\"lon\":110.521,\"lat\":27.101,\"radius_m\":500}}]}");
  assert_string_equal(fq_json_as_str(fq_json_first(fq_json_get(w.result, "invited"))), "officer-a2");
  assert_int_equal(fq_json_size(fq_json_get(w.result, "invited")), 1);
  denied("officer-a1", "conf.create", FQ_E_FORBIDDEN, "conf.reach",
         "{\"to\":[{\"circle\":{\"lon\":110.5,\"lat\":27.1,\"radius_m\":500}}]}");
  at(3 * HOUR); /* an old place is none */
  denied("dispatcher", "conf.create", FQ_E_CONFLICT, "conf.nobody",
         "{\"to\":[{\"circle\":{\"lon\":110.521,\"lat\":27.101,\"radius_m\":500}}]}");
}

static void over_http_nobody_sits(void **state) {
  act("dispatcher", "conf.create", "{\"title\":\"预约\"}");
  keep(v, fq_json_str(w.result, "id"));
  assert_null(member(v, "dispatcher"));
  refused("dispatcher", "conf.join", FQ_E_REQUEST, "conf.session", "{\"id\":\"%s\"}", v);
  say("dispatcher", "conf.join", "{\"id\":\"%s\"}", v);
  assert_string_equal(fq_json_str(member(v, "dispatcher"), "role"), "chair");
}

/* ---- ringing --------------------------------------------------------------------------------------------
 */

static void it_rings_three_times(void **state) {
  keep(v, begin("dispatcher", "{\"to\":[{\"user\":\"officer-a1\"},{\"user\":\"officer-a2\"}]}"));
  assert_non_null(fq_json_str(mine("officer-a1"), "ring_until"));
  at(20 * SECOND);
  say("officer-a2", "conf.decline", "{\"id\":\"%s\",\"reason\":\"在开车\"}", v);
  seat_is(v, "officer-a2", "declined");
  at(30 * SECOND);
  assert_int_equal(entries("conf.rang"), 2);
  assert_null(strstr(entry("conf.rang", "json_extract(data, '$.users')"), "officer-a2"));
  at(89 * SECOND);
  assert_int_equal(entries("conf.rang"), 3);
  seat_is(v, "officer-a1", "invited");
  at(90 * SECOND);
  seat_is(v, "officer-a1", "timeout");
  assert_int_equal(entries("conf.rang"), 3);
  at(10 * MINUTE);
  assert_int_equal(entries("conf.timed_out"), 1);
  say("dispatcher", "conf.ring", "{\"id\":\"%s\",\"user\":\"officer-a1\"}", v); /* by hand */
  say("dispatcher", "conf.ring", "{\"id\":\"%s\",\"user\":\"officer-a2\"}", v);
  assert_int_equal(fq_json_int(mine("officer-a2"), "round", 0), 1);
  say("officer-a2", "conf.join", "{\"id\":\"%s\"}", v);
  denied("dispatcher", "conf.ring", FQ_E_CONFLICT, "conf.seat", "{\"id\":\"%s\",\"user\":\"officer-a2\"}", v);
  denied("dispatcher", "conf.ring", FQ_E_NOT_FOUND, "conf.no_member",
         "{\"id\":\"%s\",\"user\":\"officer-b1\"}", v);
  say("officer-a2", "conf.leave", "{\"id\":\"%s\"}", v); /* by mistake */
  say("dispatcher", "conf.ring", "{\"id\":\"%s\",\"user\":\"officer-a2\"}", v);
  say("officer-a2", "conf.join", "{\"id\":\"%s\"}", v);
  say("officer-a1", "conf.join", "{\"id\":\"%s\"}", v);
  assert_int_equal(timers(), 0);
  rebuild_gives_the_same();
}

static void who_is_not_asked_does_not_answer(void **state) {
  keep(v, begin("dispatcher", "{\"to\":[{\"user\":\"officer-a1\"}]}"));
  denied("officer-a2", "conf.ringing", FQ_E_FORBIDDEN, "scope", "{\"id\":\"%s\"}", v);
  denied("officer-a2", "conf.join", FQ_E_FORBIDDEN, "scope", "{\"id\":\"%s\"}", v);
  denied("officer-a2", "conf.get", FQ_E_FORBIDDEN, "conf.foreign", "{\"id\":\"%s\"}", v);
  denied("officer-a1", "conf.join", FQ_E_NOT_FOUND, "conf.unknown", "{\"id\":\"v9999\"}");
  denied("officer-a1", "conf.get", FQ_E_NOT_FOUND, "conf.unknown", "{\"id\":\"i1\"}");
  /* one's own unit's conference is no reason either */
  keep(v, begin("officer-a1", "{}"));
  denied("officer-a3", "conf.join", FQ_E_FORBIDDEN, "conf.foreign", "{\"id\":\"%s\"}", v);
  denied("officer-a3", "conf.leave", FQ_E_NOT_FOUND, "conf.unknown", "{\"id\":\"%s\"}", v);
  assert_null(mine("officer-a3"));
  say("officer-a1", "conf.decline", "{\"id\":\"%s\"}",
      keep((char[FQ_ID_MAX]){0}, begin("dispatcher", "{\"to\":[{\"user\":\"officer-a1\"}]}")));
  denied("officer-a1", "conf.ringing", FQ_E_CONFLICT, "conf.seat", "{\"id\":\"%s\"}", v);
}

static void ringing_twice_is_said_once(void **state) {
  keep(v, begin("dispatcher", "{\"to\":[{\"user\":\"officer-a1\"}]}"));
  for (int k = 0; k < 2; k++)
    say("officer-a1", "conf.ringing", "{\"id\":\"%s\"}", v);
  assert_int_equal(entries("conf.ringing"), 1);
  at(30 * SECOND);
  seat_is(v, "officer-a1", "ringing"); /* it rings on where it rings */
  for (int k = 0; k < 2; k++)
    say("officer-a1", "conf.decline", "{\"id\":\"%s\"}", v);
  assert_int_equal(entries("conf.declined"), 1);
  for (int k = 0; k < 2; k++)
    say("officer-a1", "conf.join", "{\"id\":\"%s\"}", v);
  assert_int_equal(entries("conf.joined"), 2); /* the dispatcher's and his */
}

static void many_are_rung_as_one(void **state) {
  keep(v, begin("dispatcher",
                "{\"ring_s\":10,\"to\":[{\"user\":\"officer-a1\"},{\"user\":\"officer-a2\"},{\"user\":"
                "\"officer-a3\"},{\"user\":\"officer-b1\"},{\"user\":\"officer-a1\"}]}"));
  assert_int_equal(entries("conf.rang"), 1);
  at(5 * SECOND);
  say("dispatcher", "conf.invite",
      "{\"id\":\"%s\",\"to\":[{\"user\":\"director-a\"},{\"user\":\"officer-a1\"}]}", v);
  assert_int_equal(fq_json_size(fq_json_get(w.result, "invited")), 1); /* the other is asked already */
  at(10 * SECOND);
  assert_int_equal(entries("conf.rang"), 3);
  at(15 * SECOND);
  assert_int_equal(entries("conf.rang"), 4);
  at(40 * SECOND);
  assert_int_equal(entries("conf.timed_out"), 2);
  assert_int_equal(timers(), 0);
  rebuild_gives_the_same();
}

static void speakers_invite_and_viewers_do_not(void **state) {
  a_call();
  say("officer-a1", "conf.invite", "{\"id\":\"%s\",\"to\":[{\"user\":\"director-a\"}],\"role\":\"viewer\"}",
      v);
  say("director-a", "conf.join", "{\"id\":\"%s\"}", v);
  assert_string_equal(fq_json_str(member(v, "director-a"), "role"), "viewer");
  say("dispatcher", "conf.lock", "{\"id\":\"%s\",\"locked\":true}", v);
  denied("officer-a1", "conf.invite", FQ_E_FORBIDDEN, "conf.chair",
         "{\"id\":\"%s\",\"to\":[{\"user\":\"commander\"}]}", v);
  denied("commander", "conf.join", FQ_E_CONFLICT, "conf.locked", "{\"id\":\"%s\"}", v);
  say("dispatcher", "conf.invite", "{\"id\":\"%s\",\"to\":[{\"user\":\"commander\"}]}", v);
  say("commander", "conf.join", "{\"id\":\"%s\"}", v);
  say("dispatcher", "conf.lock", "{\"id\":\"%s\",\"locked\":false}", v);
  int64_t n = entries("conf.locked");
  say("dispatcher", "conf.lock", "{\"id\":\"%s\",\"locked\":false}", v);
  assert_int_equal(entries("conf.locked"), n);
}

/* ---- seats ----------------------------------------------------------------------------------------------
 */

static void another_page_takes_the_seat(void **state) {
  a_call();
  media(v, "officer-a1", "connected");
  say("officer-a1", "conf.self", "{\"id\":\"%s\",\"muted\":true}", v);
  char old[32];
  snprintf(old, sizeof old, "%s", page("officer-a1"));
  another_page("officer-a1");
  say("officer-a1", "conf.join", "{\"id\":\"%s\"}", v);
  assert_non_null(strstr(entry("conf.joined", "data"), "\"took_over\":true"));
  assert_string_equal(fq_json_str(mine("officer-a1"), "session"), page("officer-a1"));
  assert_true(fq_json_bool(member(v, "officer-a1"), "muted", false));
  seat_is(v, "officer-a1", "joining");
  /* late news of the page before is none */
  act("system", "conf.member_media",
      "{\"id\":\"%s\",\"user\":\"officer-a1\",\"state\":\"signalling_lost\",\"session\":\"%s\"}", v, old);
  seat_is(v, "officer-a1", "joining");
  rebuild_gives_the_same();
}

static void nobody_sits_in_two_from_one_page(void **state) {
  a_call();
  char first[FQ_ID_MAX];
  keep(first, v);
  keep(v, begin("officer-a1", "{}"));
  seat_is(first, "officer-a1", "left");
  assert_string_equal(fq_json_str(member(first, "officer-a1"), "left_why"), "replaced");
}

static void a_cut_keeps_the_seat_for_a_minute(void **state) {
  a_call();
  media(v, "officer-a1", "connected");
  media(v, "officer-a1", "media_lost");
  seat_is(v, "officer-a1", "media_lost");
  media(v, "officer-a1", "connected");
  int64_t n = entries("conf.media");
  media(v, "officer-a1", "connected"); /* no news */
  assert_int_equal(entries("conf.media"), n);
  close_page("officer-a1");
  seat_is(v, "officer-a1", "signalling_lost");
  assert_non_null(fq_json_str(member(v, "officer-a1"), "seat_until"));
  media(v, "officer-a1", "connected"); /* a leg that has not noticed */
  seat_is(v, "officer-a1", "signalling_lost");
  at(59 * SECOND);
  say("officer-a1", "conf.resume", "{\"id\":\"%s\"}", v);
  seat_is(v, "officer-a1", "joining");
  assert_string_equal(fq_json_str(mine("officer-a1"), "session"), page("officer-a1"));
  at(5 * MINUTE);
  seat_is(v, "officer-a1", "joining");
  close_page("officer-a1");
  at(5 * MINUTE + 60 * SECOND);
  seat_is(v, "officer-a1", "left");
  assert_string_equal(fq_json_str(member(v, "officer-a1"), "left_why"), "timeout");
  denied("officer-a1", "conf.resume", FQ_E_CONFLICT, "conf.seat", "{\"id\":\"%s\"}", v);
  say("officer-a1", "conf.join", "{\"id\":\"%s\"}", v);
  rebuild_gives_the_same();
}

static void from_an_empty_seat_nothing_is_done(void **state) {
  a_call();
  media(v, "officer-a1", "signalling_lost");
  denied("officer-a1", "conf.text", FQ_E_CONFLICT, "conf.seat", "{\"id\":\"%s\",\"text\":\"在\"}", v);
  denied("officer-a1", "conf.self", FQ_E_CONFLICT, "conf.seat", "{\"id\":\"%s\",\"hand\":true}", v);
  media(v, "officer-a1", "gone");
  seat_is(v, "officer-a1", "left");
  media(v, "officer-a1", "connected");
  seat_is(v, "officer-a1", "left");
}

static void an_empty_room_is_kept_a_while(void **state) {
  a_call();
  say("officer-a1", "conf.leave", "{\"id\":\"%s\"}", v);
  assert_string_equal(fq_json_str(member(v, "officer-a1"), "left_why"), "hangup");
  say("dispatcher", "conf.leave", "{\"id\":\"%s\"}", v);
  say("dispatcher", "conf.leave", "{\"id\":\"%s\"}", v); /* twice is once */
  assert_int_equal(entries("conf.left"), 2);
  at(4 * MINUTE);
  say("officer-a1", "conf.join", "{\"id\":\"%s\"}", v); /* back in the room, as what he was */
  at(6 * MINUTE);
  conf_is(v, "active");
  say("officer-a1", "conf.leave", "{\"id\":\"%s\"}", v);
  at(11 * MINUTE - SECOND);
  conf_is(v, "active");
  at(11 * MINUTE);
  conf_is(v, "ended");
  assert_string_equal(fq_json_str(conf(v), "ended_why"), "empty");
  denied("dispatcher", "conf.join", FQ_E_CONFLICT, "conf.over", "{\"id\":\"%s\"}", v);
  denied("dispatcher", "conf.ring", FQ_E_CONFLICT, "conf.over", "{\"id\":\"%s\",\"user\":\"officer-a1\"}", v);
  say("dispatcher", "conf.leave", "{\"id\":\"%s\"}", v);
  assert_int_equal(timers(), 0);
  rebuild_gives_the_same();
}

static void it_is_full(void **state) {
  a_call();
  act("system", "conf.backend_set",
      "{\"id\":\"%s\",\"backend\":\"mesh\",\"cap\":2,\"why_zh\":\"没有媒体服务器\",\"why_en\":\"no media "
      "server\",\"cannot\":[\"mute\",\"record\"]}",
      v);
  say("dispatcher", "conf.invite", "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a2\"}]}", v);
  denied("officer-a2", "conf.join", FQ_E_CONFLICT, "conf.full", "{\"id\":\"%s\"}", v);
  another_page("officer-a1");
  say("officer-a1", "conf.join", "{\"id\":\"%s\"}", v); /* who sits there needs no second chair */
  say("officer-a1", "conf.leave", "{\"id\":\"%s\"}", v);
  say("officer-a2", "conf.join", "{\"id\":\"%s\"}", v);
  const fq_json *j = conf(v);
  assert_int_equal(fq_json_int(j, "cap", 0), 2);
  assert_int_equal(fq_json_size(fq_json_get(j, "cannot")), 2);
  assert_string_equal(fq_json_str(j, "backend_why_en"), "no media server");
}

static void degraded_and_well_again(void **state) {
  keep(v, begin("dispatcher", "{\"to\":[{\"user\":\"officer-a1\"}]}"));
  act("system", "conf.backend_set", "{\"id\":\"%s\",\"backend\":\"mesh\",\"degraded\":true}", v);
  conf_is(v, "opening");
  say("officer-a1", "conf.join", "{\"id\":\"%s\"}", v);
  conf_is(v, "degraded");
  act("system", "conf.backend_set", "{\"id\":\"%s\",\"backend\":\"janus\"}", v);
  conf_is(v, "active");
  rebuild_gives_the_same();
}

/* ---- the end --------------------------------------------------------------------------------------------
 */

static void who_may_end_it(void **state) {
  a_call();
  denied("officer-a1", "conf.end", FQ_E_FORBIDDEN, "conf.chair", "{\"id\":\"%s\"}", v);
  denied("director-a", "conf.end", FQ_E_FORBIDDEN, "scope", "{\"id\":\"%s\"}", v);
  say("commander", "conf.end", "{\"id\":\"%s\"}", v); /* a desk above it, from outside */
  keep(v, begin("officer-a1", "{\"to\":[{\"unit\":\"" COUNTY "\"}]}"));
  say("officer-a1", "conf.end", "{\"id\":\"%s\"}", v);
  assert_int_equal(timers(), 0); /* nothing rings any more */
  seat_is(v, "dispatcher", "left");
  assert_true(heard("conf.ended", "dispatcher"));
}

static void a_recording_is_finished_first(void **state) {
  a_call();
  act("system", "conf.recording_set", "{\"id\":\"%s\",\"on\":true,\"by\":\"dispatcher\"}", v);
  assert_true(fq_json_bool(conf(v), "recording", false));
  say("dispatcher", "conf.end", "{\"id\":\"%s\"}", v);
  conf_is(v, "ending");
  denied("dispatcher", "conf.join", FQ_E_CONFLICT, "conf.over", "{\"id\":\"%s\"}", v);
  act("system", "conf.recording_set", "{\"id\":\"%s\",\"on\":false}", v);
  conf_is(v, "ended");
  a_call();
  act("system", "conf.recording_set", "{\"id\":\"%s\",\"on\":true}", v);
  say("dispatcher", "conf.end", "{\"id\":\"%s\"}", v);
  at(2 * MINUTE); /* nobody says that it is finished */
  conf_is(v, "ended");
  assert_non_null(strstr(entry("conf.recording_set", "data"), "why_en"));
  assert_int_equal(timers(), 0);
  rebuild_gives_the_same();
}

/* ---- relatives, and those who watch ---------------------------------------------------------------------
 */

static void a_relative_is_asked_and_never_pulled(void **state) {
  keep(v, begin("director-a", "{\"to\":[{\"user\":\"grandpa\"},{\"user\":\"officer-a1\"}]}"));
  denied("director-a", "conf.pull", FQ_E_FORBIDDEN, "conf.family", "{\"id\":\"%s\",\"user\":\"grandpa\"}", v);
  denied("director-a", "conf.role", FQ_E_CONFLICT, "conf.family",
         "{\"id\":\"%s\",\"user\":\"grandpa\",\"role\":\"chair\"}", v);
  say("grandpa", "conf.join", "{\"id\":\"%s\"}", v);
  assert_string_equal(fq_json_str(member(v, "grandpa"), "role"), "family");
  assert_string_equal(fq_json_str(member(v, "grandpa"), "name"), "张大爷");
  act("grandpa", "conf.get", "{\"id\":\"%s\"}", v);
  denied("grandpa", "conf.kick", FQ_E_FORBIDDEN, "role", "{\"id\":\"%s\",\"user\":\"officer-a1\"}", v);
  say("grandpa", "conf.leave", "{\"id\":\"%s\"}", v);
  refused("grandpa", "conf.get", FQ_E_FORBIDDEN, "conf.foreign", "{\"id\":\"%s\"}", v);
  assert_non_null(mine("grandpa")); /* he may come back while it lasts */
}

static void an_officer_is_pulled_in(void **state) {
  keep(v, begin("director-a", "{\"to\":[{\"user\":\"officer-a1\"},{\"user\":\"dispatcher\"}]}"));
  say("director-a", "conf.pull", "{\"id\":\"%s\",\"user\":\"officer-a1\",\"reason\":\"联系不上\"}", v);
  assert_true(heard("conf.pulled", "officer-a1"));
  assert_true(fq_json_bool(mine("officer-a1"), "auto", false));
  assert_int_equal(entries("conf.rang"), 2);
  denied("director-a", "conf.pull", FQ_E_FORBIDDEN, "conf.reach", "{\"id\":\"%s\",\"user\":\"dispatcher\"}",
         v);
  say("officer-a1", "conf.join", "{\"id\":\"%s\"}", v);
  denied("officer-a1", "conf.pull", FQ_E_FORBIDDEN, "conf.chair", "{\"id\":\"%s\",\"user\":\"dispatcher\"}",
         v);
  denied("director-a", "conf.pull", FQ_E_CONFLICT, "conf.seat", "{\"id\":\"%s\",\"user\":\"officer-a1\"}", v);
  rebuild_gives_the_same();
}

static void a_guest_has_a_sealed_name(void **state) {
  a_call();
  for (int k = 0; k < 2; k++)
    act("system", "conf.invite_guest", "{\"id\":\"%s\",\"user\":\"guest-7\",\"name\":\"李大娘\"}", v);
  assert_int_equal(entries("conf.invited"), 2); /* the officer, and the guest once */
  assert_null(strstr(entry("conf.invited", "data"), "李大娘"));
  assert_string_equal(fq_json_str(member(v, "guest-7"), "name"), "李大娘");
  assert_true(fq_json_bool(member(v, "guest-7"), "guest", false));
  assert_null(fq_json_str(member(v, "guest-7"), "ring_until"));
  denied("dispatcher", "conf.pull", FQ_E_FORBIDDEN, "conf.family", "{\"id\":\"%s\",\"user\":\"guest-7\"}", v);
  act("system", "conf.kick", "{\"id\":\"%s\",\"user\":\"guest-7\"}", v); /* his time is over */
  seat_is(v, "guest-7", "left");
  rebuild_gives_the_same();
}

static void who_watches_is_seen_by_nobody(void **state) {
  keep(v, begin("officer-a1", "{\"to\":[{\"unit\":\"" COUNTY "\"}]}"));
  say("dispatcher", "conf.join", "{\"id\":\"%s\"}", v);
  int64_t rev = number(v, "SELECT rev FROM conference WHERE n = ?1");
  denied("dispatcher", "conf.monitor", FQ_E_FORBIDDEN, "role", "{\"id\":\"%s\",\"reason\":\"抽查\"}", v);
  denied("auditor", "conf.monitor", FQ_E_PARAMS, "params.missing", "{\"id\":\"%s\"}", v);
  say("auditor", "conf.monitor", "{\"id\":\"%s\",\"reason\":\"质量抽查\"}", v);
  assert_true(fq_json_bool(fq_json_get(w.result, "member"), "hidden", false));
  assert_int_equal(number(v, "SELECT rev FROM conference WHERE n = ?1"), rev);
  assert_string_equal(entry("conf.monitored", "audience"), "user/auditor");
  assert_null(member(v, "auditor"));
  fq_json_each(m, fq_json_get(act("officer-a1", "conf.get", "{\"id\":\"%s\"}", v), "members"))
      assert_string_not_equal(fq_json_str(m, "user"), "auditor");
  assert_int_equal(
      fq_json_int(fq_json_first(fq_json_get(act("dispatcher", "conf.list", "{}"), "rows")), "people", 0), 2);
  int seen = 0;
  fq_json_each(m, fq_json_get(act("commander", "conf.get", "{\"id\":\"%s\"}", v), "members")) seen +=
      fq_json_bool(m, "hidden", false);
  assert_int_equal(seen, 1);
  denied("auditor", "conf.text", FQ_E_FORBIDDEN, "role", "{\"id\":\"%s\",\"text\":\"喂\"}", v);
  say("officer-a1", "conf.text", "{\"id\":\"%s\",\"text\":\"到了\"}", v);
  assert_true(heard("conf.text", "auditor")); /* he hears what is said */
  int64_t n = entries("conf.media");
  media(v, "auditor", "connected");
  assert_int_equal(entries("conf.media"), n);
  denied("dispatcher", "conf.kick", FQ_E_FORBIDDEN, "conf.chair", "{\"id\":\"%s\",\"user\":\"auditor\"}", v);
  denied("officer-a1", "conf.kick", FQ_E_NOT_FOUND, "conf.no_member", "{\"id\":\"%s\",\"user\":\"auditor\"}",
         v);
  close_page("auditor");
  assert_int_equal(entries("conf.unmonitored"), 1); /* nobody keeps a seat he has not got */
  assert_int_equal(number(v, "SELECT rev FROM conference WHERE n = ?1"), rev + 1);
  say("commander", "conf.monitor", "{\"id\":\"%s\",\"reason\":\"x\"}",
      keep((char[FQ_ID_MAX]){0}, begin("officer-a2", "{}")));
  rebuild_gives_the_same();
}

static void unseen_only_where_it_can_be(void **state) {
  a_call();
  act("system", "conf.backend_set", "{\"id\":\"%s\",\"backend\":\"mesh\",\"cap\":4}", v);
  denied("commander", "conf.monitor", FQ_E_CONFLICT, "conf.mesh", "{\"id\":\"%s\",\"reason\":\"x\"}", v);
  act("system", "conf.backend_set", "{\"id\":\"%s\",\"backend\":\"janus\"}", v);
  say("commander", "conf.monitor", "{\"id\":\"%s\",\"reason\":\"x\"}", v);
  denied("commander", "conf.text", FQ_E_CONFLICT, "conf.hidden", "{\"id\":\"%s\",\"text\":\"喂\"}", v);
  say("commander", "conf.join", "{\"id\":\"%s\"}", v); /* now he shows himself */
  assert_non_null(member(v, "commander"));
  denied("commander", "conf.monitor", FQ_E_CONFLICT, "conf.seat", "{\"id\":\"%s\",\"reason\":\"x\"}", v);
  rebuild_gives_the_same();
}

/* ---- power cuts -----------------------------------------------------------------------------------------
 */

static void it_survives_a_restart(void **state) {
  a_call();
  say("dispatcher", "conf.invite", "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a2\"}]}", v);
  media(v, "officer-a1", "connected");
  at(10 * SECOND);
  conference_restart();
  seat_is(v, "officer-a1", "signalling_lost");
  seat_is(v, "dispatcher", "signalling_lost");
  seat_is(v, "officer-a2", "invited");
  at(30 * SECOND); /* it rings on */
  assert_int_equal(entries("conf.rang"), 3);
  say("dispatcher", "conf.resume", "{\"id\":\"%s\"}", v);
  say("officer-a2", "conf.join", "{\"id\":\"%s\"}", v);
  at(70 * SECOND);
  seat_is(v, "dispatcher", "joining");
  seat_is(v, "officer-a1", "left"); /* he has not come back */
  conf_is(v, "active");
  rebuild_gives_the_same();
  conference_restart();
  wake_at(HOUR); /* it was down for long */
  seat_is(v, "dispatcher", "left");
  at(HOUR + 5 * MINUTE);
  conf_is(v, "ended");
  assert_int_equal(timers(), 0);
  rebuild_gives_the_same();
}

/* ---- lists ----------------------------------------------------------------------------------------------
 */

static void a_page_of_the_past(void **state) {
  for (int k = 0; k < 3; k++) {
    a_call();
    say("dispatcher", "conf.end", "{\"id\":\"%s\"}", v);
    at((k + 1) * HOUR);
  }
  keep(v, begin("director-b", "{}"));
  const fq_json *page = act("dispatcher", "conf.list", "{\"state\":\"ended\",\"limit\":2}");
  assert_int_equal(fq_json_size(fq_json_get(page, "rows")), 2);
  char next[FQ_ID_MAX];
  keep(next, fq_json_str(page, "next"));
  page = act("dispatcher", "conf.list", "{\"state\":\"ended\",\"limit\":2,\"after\":\"%s\"}", next);
  assert_int_equal(fq_json_size(fq_json_get(page, "rows")), 1);
  assert_null(fq_json_str(page, "next"));
  assert_int_equal(fq_json_size(fq_json_get(act("dispatcher", "conf.list", "{\"state\":\"open\"}"), "rows")),
                   1);
  assert_int_equal(fq_json_size(fq_json_get(act("officer-a1", "conf.list", "{}"), "rows")), 3);
  assert_int_equal(fq_json_size(fq_json_get(act("director-a", "conf.list", "{}"), "rows")), 0);
  assert_int_equal(fq_json_size(fq_json_get(act("director-b", "conf.list", "{}"), "rows")), 1);
  assert_int_equal(fq_json_size(fq_json_get(act("auditor", "conf.list", "{}"), "rows")), 4);
  page = act("dispatcher", "conf.list",
             "{\"from\":\"2026-11-22T00:30:00Z\",\"until\":\"2026-11-22T01:30:00Z\"}");
  assert_int_equal(fq_json_size(fq_json_get(page, "rows")), 1);
}

int main(void) {
#define TEST(f) cmocka_unit_test_setup_teardown(f, conference_open, conference_close)
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_tables_hold_together),
      TEST(one_click_from_an_incident),
      TEST(an_incident_has_one_at_a_time),
      TEST(who_may_begin_one),
      TEST(a_township_does_not_ring_into_the_next),
      TEST(an_officer_calls_the_desk),
      TEST(where_there_is_no_desk_the_one_above_is_rung),
      TEST(somebody_off_duty_is_not_rung_with_his_unit),
      TEST(over_http_nobody_sits),
      TEST(it_rings_three_times),
      TEST(who_is_not_asked_does_not_answer),
      TEST(ringing_twice_is_said_once),
      TEST(many_are_rung_as_one),
      TEST(speakers_invite_and_viewers_do_not),
      TEST(another_page_takes_the_seat),
      TEST(nobody_sits_in_two_from_one_page),
      TEST(a_cut_keeps_the_seat_for_a_minute),
      TEST(from_an_empty_seat_nothing_is_done),
      TEST(an_empty_room_is_kept_a_while),
      TEST(it_is_full),
      TEST(degraded_and_well_again),
      TEST(who_may_end_it),
      TEST(a_recording_is_finished_first),
      TEST(a_relative_is_asked_and_never_pulled),
      TEST(an_officer_is_pulled_in),
      TEST(a_guest_has_a_sealed_name),
      TEST(who_watches_is_seen_by_nobody),
      TEST(unseen_only_where_it_can_be),
      TEST(it_survives_a_restart),
      TEST(a_page_of_the_past),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
