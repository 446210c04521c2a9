/* Whistles and joint work: called, come, absent, consulted, done, followed up; who may what, in which state.
 */
#include <stdio.h>
#include <string.h>

#include "dispatch_world.h"
#include "whistle/whistle.h"

#define D1 "430525-D01"
#define D2 "430525-D02"
#define D3 "430525-D03"
/* The middle of grid A1, and how far east of it. */
#define HERE  "{\"lon\":110.50,\"lat\":27.10}"
#define NEAR  "{\"lon\":110.502,\"lat\":27.10}" /* some 200 m */
#define FAR   "{\"lon\":110.51,\"lat\":27.10}"  /* some 990 m */
#define TIMES (fq_int(fq_kernel_db(w.kernel), 0, "SELECT count(*) FROM timer WHERE id LIKE 'whistle:%'", ""))

static char i[FQ_ID_MAX], wid[FQ_ID_MAX];

static void county(void) {
  act("system", "org.import",
      "{\"units\":[{\"id\":\"" D2 "\",\"parent\":\"430525\",\"kind\":\"department\",\"name\":\"城管局\"},"
      "{\"id\":\"" D3 "\",\"parent\":\"430525\",\"kind\":\"department\",\"name\":\"住建局\"},"
      "{\"id\":\"" D3 "-T\",\"parent\":\"" D3 "\",\"kind\":\"team\",\"name\":\"住建一队\"}]}");
  act("system", "user.add", "{\"name\":\"department-02\",\"org\":\"" D2 "\",\"roles\":[\"department\"]}");
  act("system", "user.add", "{\"name\":\"department-03\",\"org\":\"" D3 "\",\"roles\":[\"department\"]}");
  act("system", "user.add", "{\"name\":\"officer-d2\",\"org\":\"" D2 "\",\"roles\":[\"officer\"]}");
  act("system", "user.add", "{\"name\":\"member-03\",\"org\":\"" D3 "-T\",\"roles\":[\"officer\"]}");
  snprintf(i, sizeof i, "%s", report("officer-a1", GRID_A1, "fire"));
}

static void blow(const char *units) {
  act("director-a", "whistle.blow",
      "{\"incident\":\"%s\",\"units\":%s,\"within_ms\":3600000,\"reason\":\"路面塌陷\"}", i, units);
  snprintf(wid, sizeof wid, "%s", fq_json_str(w.result, "id"));
}
#define TWO   "[\"" D1 "\",\"" D2 "\"]"
#define THREE "[\"" D1 "\",\"" D2 "\",\"" D3 "\"]"

static void comes(const char *who, const char *place) {
  act(who, "whistle.check_in", "{\"id\":\"%s\",\"place\":%s}", wid, place);
}

static void is(const char *state) {
  const fq_json *j = act("dispatcher", "whistle.get", "{\"id\":\"%s\"}", wid);
  assert_string_equal(fq_json_str(j, "state"), state);
}

static const fq_json *unit(const char *of) {
  fq_json_each(u, fq_json_get(act("dispatcher", "whistle.get", "{\"id\":\"%s\"}", wid), "units")) {
    if (!strcmp(fq_json_str(u, "unit"), of)) return u;
  }
  fail_msg("no unit %s", of);
  return NULL;
}

static void unit_is(const char *of, const char *state) {
  assert_string_equal(fq_json_str(unit(of), "state"), state);
}

static void measure(const char *who, const char *of) {
  act(who, "whistle.measure", "{\"id\":\"%s\",\"unit\":\"%s\",\"text\":\"三日内修复\"}", wid, of);
}

/* A task of the unit's, to its end. */
static void done(const char *who, const char *of) {
  char task[FQ_ID_MAX];
  snprintf(task, sizeof task, "%s", fq_json_str(fq_json_get(unit(of), "measure"), "task"));
  finish_task(who, task);
}

/* ---- the step table ------------------------------------------------------------------------------ */

static void the_table(void **state) {
  /* Whatever is open can be withdrawn; what has ended has no verb left. */
  for (int s = 1; s < DP_WHISTLE_STATE_COUNT; s++) {
    bool ended = s == DP_W_CLOSED || s == DP_W_WITHDRAWN;
    assert_int_equal(dp_whistle_next(DP_WV_WITHDRAW, (enum dp_whistle_state)s),
                     ended ? DP_W_NO : DP_W_WITHDRAWN);
    assert_string_equal(
        dp_whistle_state_name(dp_whistle_state_of(dp_whistle_state_name((enum dp_whistle_state)s))),
        dp_whistle_state_name((enum dp_whistle_state)s));
    for (int v = 0; ended && v < DP_WHISTLE_VERB_COUNT; v++)
      assert_int_equal(dp_whistle_next((enum dp_whistle_verb)v, (enum dp_whistle_state)s), DP_W_NO);
    /* Only a follow-up leads to followed_up, and only from there is it closed. */
    for (int v = 0; v < DP_WHISTLE_VERB_COUNT; v++) {
      enum dp_whistle_state to = dp_whistle_next((enum dp_whistle_verb)v, (enum dp_whistle_state)s);
      if (to == DP_W_CLOSED) assert_int_equal(s, DP_W_FOLLOWED_UP);
      if (to == DP_W_FOLLOWED_UP && s != DP_W_FOLLOWED_UP) assert_int_equal(v, DP_WV_FOLLOW_UP);
    }
  }
}

/* ---- stories ------------------------------------------------------------------------------------- */

static void all_come(void **state) {
  county();
  blow(TWO);
  assert_non_null(strstr(entry("whistle.blown", "audience"), "unit/" D1));
  assert_non_null(strstr(entry("whistle.blown", "audience"), "unit/" D2));
  assert_non_null(strstr(entry("whistle.blown", "audience"), "user/officer-d2"));
  assert_int_equal(fq_json_size(fq_json_get(act("officer-d2", "whistle.open", "{}"), "rows")), 1);
  const fq_json *open = fq_json_get(act("director-a", "whistle.list", "{\"open\":true}"), "rows");
  assert_int_equal(fq_json_size(open), 1);
  assert_non_null(fq_json_str(fq_json_first(open), "by_name"));
  act("officer-d2", "incident.get", "{\"id\":\"%s\"}", i);
  assert_string_equal(entry("whistle.blown", "subject"), i);
  assert_int_equal(TIMES, 2);
  at(10 * MINUTE);
  comes("department-01", HERE);
  is("blown");
  comes("department-01", HERE); /* asked twice on a bad line */
  assert_true(fq_json_bool(w.result, "dup", false));
  at(30 * MINUTE);
  assert_int_equal(entries("whistle.reminded"), 1);
  assert_null(strstr(entry("whistle.reminded", "data"), D1));
  assert_non_null(strstr(entry("whistle.reminded", "data"), "城管局"));
  comes("department-02", NEAR);
  is("gathered");
  assert_int_equal(TIMES, 0); /* nothing to remind of, nothing to miss */
  assert_true(fq_json_int(unit(D2), "distance_m", 0) > 150 && fq_json_int(unit(D2), "distance_m", 0) < 250);

  act("director-a", "whistle.minutes", "{\"id\":\"%s\",\"text\":\"一、…\"}", wid);
  assert_int_equal(fq_json_int(w.result, "version", 0), 1);
  act("director-a", "whistle.minutes", "{\"id\":\"%s\",\"text\":\"一、二、\"}", wid);
  assert_int_equal(fq_json_int(w.result, "version", 0), 2);
  is("consulting");
  measure("director-a", D1);
  is("consulting");
  refused("director-a", "whistle.close", FQ_E_CONFLICT, "whistle.no_measure", "{\"id\":\"%s\"}", wid);
  assert_non_null(strstr(w.error.zh, "城管局"));
  assert_null(strstr(w.error.zh, "应急管理局"));
  measure("department-02", D2); /* its own */
  is("agreed");
  state_is(i, "dispatched");
  assert_int_equal(fq_json_size(fq_json_get(incident(i), "tasks")), 2);
  refused("director-a", "whistle.follow_up", FQ_E_CONFLICT, "whistle.measure_open",
          "{\"id\":\"%s\",\"text\":\"看过\",\"ok\":true}", wid);
  refused("director-a", "whistle.close", FQ_E_CONFLICT, "whistle.state", "{\"id\":\"%s\"}", wid);
  done("department-01", D1);
  assert_string_equal(fq_json_str(fq_json_get(unit(D1), "measure"), "state"), "finished");
  done("department-02", D2);
  state_is(i, "handled");
  act("director-a", "whistle.follow_up", "{\"id\":\"%s\",\"text\":\"已修好\",\"ok\":true}", wid);
  is("followed_up");
  act("director-a", "whistle.close", "{\"id\":\"%s\",\"note\":\"办结\"}", wid);
  const fq_json *j = act("dispatcher", "whistle.get", "{\"id\":\"%s\"}", wid);
  assert_int_equal(fq_json_size(fq_json_get(j, "minutes")), 2);
  assert_int_equal(fq_json_size(fq_json_get(j, "follow_ups")), 1);
  refused("director-a", "whistle.withdraw", FQ_E_CONFLICT, "whistle.state",
          "{\"id\":\"%s\",\"reason\":\"x\"}", wid);
  assert_non_null(strstr(w.error.zh, "已办结"));
  rebuild_gives_the_same();
}

static void one_is_absent(void **state) {
  county();
  blow(THREE);
  at(20 * MINUTE);
  comes("department-01", HERE);
  comes("member-03", HERE); /* a member of the unit, from its team */
  unit_is(D3, "here");
  at(60 * MINUTE - 1);
  assert_int_equal(entries("whistle.reminded"), 2);
  assert_int_equal(entries("whistle.absent"), 0);
  is("blown");
  at(60 * MINUTE);
  assert_int_equal(entries("whistle.absent"), 1);
  assert_non_null(strstr(entry("whistle.absent", "data"), "\"unit\":\"" D2 "\""));
  assert_non_null(strstr(entry("whistle.absent", "data"), "洞口县")); /* its superior */
  assert_non_null(strstr(entry("whistle.absent", "audience"), "unit/430525"));
  is("overdue");
  at(70 * MINUTE);
  comes("department-02", HERE);
  unit_is(D2, "late");
  is("gathered");
  assert_non_null(strstr(entry("whistle.checked_in", "data"), "\"late_ms\":600000"));
  rebuild_gives_the_same();
}

static void late_after_an_outage(void **state) {
  county();
  blow(TWO);
  wake_at(3 * HOUR);
  assert_int_equal(entries("whistle.absent"), 2);
  assert_int_equal(entries("whistle.reminded"), 0); /* too late to help */
  assert_non_null(strstr(entry("whistle.absent", "data"), "\"late_ms\":7200000"));
  is("overdue");
}

static void outside_the_fence(void **state) {
  county();
  blow(TWO);
  refused("department-01", "whistle.check_in", FQ_E_CONFLICT, "whistle.outside",
          "{\"id\":\"%s\",\"place\":" FAR "}", wid);
  assert_non_null(strstr(w.error.zh, "99")); /* says how far */
  /* A position that knows itself to be 400 m off is still too far; one that claims to be anywhere, too. */
  refused("department-01", "whistle.check_in", FQ_E_CONFLICT, "whistle.outside",
          "{\"id\":\"%s\",\"place\":{\"lon\":110.51,\"lat\":27.10,\"acc\":400}}", wid);
  refused("department-01", "whistle.check_in", FQ_E_CONFLICT, "whistle.outside",
          "{\"id\":\"%s\",\"place\":{\"lon\":110.60,\"lat\":27.10,\"acc\":20000}}", wid);
  act("department-01", "whistle.check_in",
      "{\"id\":\"%s\",\"place\":{\"lon\":110.505,\"lat\":27.10,\"acc\":400}}", wid);
  unit_is(D1, "here");
  refused("director-a", "whistle.confirm", FQ_E_PARAMS, "params.missing",
          "{\"id\":\"%s\",\"unit\":\"" D2 "\"}", wid);
  act("director-a", "whistle.confirm", "{\"id\":\"%s\",\"unit\":\"" D2 "\",\"reason\":\"人已到,手机无定位\"}",
      wid);
  unit_is(D2, "here");
  assert_true(fq_json_bool(unit(D2), "by_hand", false));
  is("gathered");
}

static void who_may(void **state) {
  county();
  const char *params = "{\"incident\":\"%s\",\"units\":[\"" D1 "\"],\"within_ms\":3600000,\"reason\":\"x\"}";
  refused("director-b", "whistle.blow", FQ_E_FORBIDDEN, "scope", params, i);
  refused("department-01", "whistle.blow", FQ_E_FORBIDDEN, "role", params, i);
  refused("officer-a1", "whistle.blow", FQ_E_FORBIDDEN, "whistle.officer", params, i);
  ((struct dp_self *)w.self)->officer_whistle = true;
  refused("officer-a2", "whistle.blow", FQ_E_FORBIDDEN, "incident.foreign", params, i);
  act("officer-a1", "whistle.blow", params, i); /* his own report */
  snprintf(wid, sizeof wid, "%s", fq_json_str(w.result, "id"));
  refused("director-a", "whistle.blow", FQ_E_CONFLICT, "whistle.duplicate", params, i);
  refused("department-02", "whistle.check_in", FQ_E_FORBIDDEN, "whistle.foreign",
          "{\"id\":\"%s\",\"place\":" HERE "}", wid);
  refused("department-02", "whistle.get", FQ_E_FORBIDDEN, "whistle.foreign", "{\"id\":\"%s\"}", wid);
  refused("director-b", "whistle.withdraw", FQ_E_FORBIDDEN, "scope", "{\"id\":\"%s\",\"reason\":\"x\"}", wid);
  refused("officer-a2", "whistle.withdraw", FQ_E_FORBIDDEN, "whistle.foreign",
          "{\"id\":\"%s\",\"reason\":\"x\"}", wid);
  /* Called, so it sees what it is called for. */
  act("department-01", "incident.get", "{\"id\":\"%s\"}", i);
  assert_int_equal(fq_json_size(fq_json_get(w.result, "whistles")), 1);
  act("department-01", "whistle.get", "{\"id\":\"%s\"}", wid);
  assert_int_equal(fq_json_size(fq_json_get(act("department-01", "whistle.open", "{}"), "rows")), 1);
  assert_int_equal(fq_json_size(fq_json_get(act("officer-a1", "whistle.open", "{}"), "rows")), 1);
  assert_int_equal(fq_json_size(fq_json_get(act("department-02", "whistle.open", "{}"), "rows")), 0);
  assert_int_equal(fq_json_size(fq_json_get(act("director-a", "whistle.open", "{}"), "rows")), 1);
  assert_int_equal(fq_json_size(fq_json_get(act("director-b", "whistle.open", "{}"), "rows")), 0);
  assert_int_equal(
      fq_json_size(fq_json_get(act("dispatcher", "whistle.list", "{\"org\":\"430525101000\"}"), "rows")), 0);
  assert_int_equal(
      fq_json_size(fq_json_get(act("dispatcher", "whistle.list", "{\"unit\":\"" D1 "\"}"), "rows")), 1);
  refused("director-a", "whistle.list", FQ_E_FORBIDDEN, "org.foreign", "{\"org\":\"430525101000\"}");
  act("officer-a1", "whistle.withdraw", "{\"id\":\"%s\",\"reason\":\"险情已除\"}", wid);
  is("withdrawn");
  assert_int_equal(TIMES, 0);
}

static void refusals(void **state) {
  county();
#define BLOW(units) "{\"incident\":\"%s\",\"units\":" units ",\"within_ms\":3600000,\"reason\":\"x\"}"
  refused("director-a", "whistle.blow", FQ_E_PARAMS, "whistle.not_department", BLOW("[\"" GRID_A1 "\"]"), i);
  refused("director-a", "whistle.blow", FQ_E_PARAMS, "whistle.not_department", BLOW("[\"nowhere\"]"), i);
  refused("director-a", "whistle.blow", FQ_E_PARAMS, "whistle.twice", BLOW("[\"" D1 "\",\"" D1 "\"]"), i);
  refused("director-a", "whistle.blow", FQ_E_NOT_FOUND, "incident.unknown", BLOW("[\"" D1 "\"]"), "i9");
  refused("director-a", "whistle.get", FQ_E_NOT_FOUND, "whistle.unknown", "{\"id\":\"w9\"}");
  blow(TWO);
  refused("director-a", "whistle.minutes", FQ_E_CONFLICT, "whistle.nobody_here",
          "{\"id\":\"%s\",\"text\":\"x\"}", wid);
  refused("director-a", "whistle.measure", FQ_E_PARAMS, "whistle.unit",
          "{\"id\":\"%s\",\"unit\":\"" D3 "\",\"text\":\"x\"}", wid);
  refused("director-a", "whistle.follow_up", FQ_E_CONFLICT, "whistle.state",
          "{\"id\":\"%s\",\"text\":\"x\",\"ok\":true}", wid);
  comes("department-01", HERE);
  refused("director-a", "whistle.measure", FQ_E_PARAMS, "whistle.due",
          "{\"id\":\"%s\",\"unit\":\"" D1 "\",\"text\":\"x\",\"due\":\"2026-11-21T00:00:00Z\"}", wid);
  refused("director-a", "whistle.check_in", FQ_E_FORBIDDEN, "whistle.foreign",
          "{\"id\":\"%s\",\"place\":" HERE "}", wid);
  refused("department-02", "whistle.measure", FQ_E_FORBIDDEN, "whistle.foreign",
          "{\"id\":\"%s\",\"unit\":\"" D1 "\",\"text\":\"x\"}", wid);
  refused("director-a", "whistle.excuse", FQ_E_CONFLICT, "rev.stale",
          "{\"id\":\"%s\",\"unit\":\"" D1 "\",\"reason\":\"x\",\"rev\":1}", wid);
  /* An incident that is done takes no more tasks: its state says so. */
  char t[FQ_ID_MAX];
  snprintf(t, sizeof t, "%s", task_for(i, "officer-a1"));
  finish_task("officer-a1", t);
  refused("director-a", "whistle.measure", FQ_E_CONFLICT, "incident.state",
          "{\"id\":\"%s\",\"unit\":\"" D1 "\",\"text\":\"x\"}", wid);
  refused("director-a", "whistle.blow", FQ_E_CONFLICT, "incident.state", BLOW("[\"" D3 "\"]"), i);
}

static void excused(void **state) {
  county();
  blow(THREE);
  comes("department-01", HERE);
  comes("department-03", HERE);
  act("director-a", "whistle.excuse", "{\"id\":\"%s\",\"unit\":\"" D2 "\",\"reason\":\"不涉及城管\"}", wid);
  is("gathered"); /* nobody else is missing */
  assert_int_equal(TIMES, 0);
  measure("director-a", D1);
  is("consulting");
  act("director-a", "whistle.excuse", "{\"id\":\"%s\",\"unit\":\"" D3 "\",\"reason\":\"无需措施\"}", wid);
  is("agreed");
  refused("director-a", "whistle.excuse", FQ_E_CONFLICT, "whistle.has_measure",
          "{\"id\":\"%s\",\"unit\":\"" D1 "\",\"reason\":\"x\"}", wid);
  at(2 * HOUR);
  assert_int_equal(entries("whistle.absent"), 0);
  rebuild_gives_the_same();
}

/* A measure is as far as its task: the unit's open task is used, a declined one is sent anew. */
static void a_measure_follows_its_task(void **state) {
  county();
  act("dispatcher", "incident.dispatch", "{\"id\":\"%s\",\"to\":[{\"unit\":\"" D1 "\"}]}", i);
  char t[FQ_ID_MAX];
  snprintf(t, sizeof t, "%s", fq_json_as_str(fq_json_first(fq_json_get(w.result, "tasks"))));
  blow("[\"" D1 "\"]");
  comes("department-01", HERE);
  act("director-a", "whistle.measure",
      "{\"id\":\"%s\",\"unit\":\"" D1 "\",\"text\":\"围挡\",\"due\":\"2026-11-22T02:00:00Z\"}", wid);
  assert_string_equal(fq_json_str(w.result, "task"), t);
  is("agreed");
  act("department-01", "task.decline", "{\"id\":\"%s\",\"reason\":\"无设备\"}", t);
  assert_string_equal(fq_json_str(fq_json_get(unit(D1), "measure"), "state"), "declined");
  at(2 * HOUR);
  assert_int_equal(entries("whistle.measure_overdue"), 1);
  measure("director-a", D1);
  const fq_json *m = fq_json_get(unit(D1), "measure");
  assert_string_not_equal(fq_json_str(m, "task"), t);
  assert_string_equal(fq_json_str(m, "state"), "sent");
  assert_int_equal(fq_json_int(m, "version", 0), 2);
  assert_int_equal(TIMES, 0);
  done("department-01", D1);
  act("director-a", "whistle.follow_up", "{\"id\":\"%s\",\"text\":\"又塌了\",\"ok\":false}", wid);
  is("agreed");
  rebuild_gives_the_same();
}

static void a_void_incident_calls_nobody(void **state) {
  county();
  blow(TWO);
  act("dispatcher", "incident.void", "{\"id\":\"%s\",\"reason\":\"误报\"}", i);
  is("withdrawn");
  at(2 * HOUR);
  assert_int_equal(entries("whistle.absent") + entries("whistle.reminded"), 0);
  rebuild_gives_the_same();
}

static void pages(void **state) {
  county();
  char first[FQ_ID_MAX];
  for (int x = 0; x < 3; x++) {
    snprintf(i, sizeof i, "%s", report("officer-a1", GRID_A1, "fire"));
    blow(TWO);
    if (!x) strcpy(first, wid);
  }
  act("dispatcher", "whistle.list", "{\"limit\":2}");
  assert_int_equal(fq_json_size(fq_json_get(w.result, "rows")), 2);
  char next[FQ_ID_MAX];
  snprintf(next, sizeof next, "%s", fq_json_str(w.result, "next"));
  act("dispatcher", "whistle.list", "{\"limit\":2,\"after\":\"%s\"}", next);
  assert_int_equal(fq_json_size(fq_json_get(w.result, "rows")), 1);
  assert_string_equal(fq_json_str(fq_json_first(fq_json_get(w.result, "rows")), "id"), first);
  assert_null(fq_json_str(w.result, "next"));
}

static const fq_json *row_of(const char *list, const char *member, const char *value) {
  fq_json_each(r, fq_json_get(w.result, list)) {
    if (!strcmp(fq_json_str(r, member), value)) return r;
  }
  fail_msg("no %s in %s", value, list);
  return NULL;
}

static void the_band(void **state) {
  county();
  at(MINUTE); /* before the span */
  for (int x = 0; x < 9; x++)
    report("officer-a1", GRID_A1, "fire");
  at(HOUR);
  for (int x = 0; x < 10; x++)
    snprintf(i, sizeof i, "%s",
             report(x % 2 ? "officer-a1" : "officer-a2", x % 2 ? GRID_A1 : GRID_A2, "fire"));
  for (int x = 0; x < 5; x++)
    report("officer-b1", GRID_B1, "fire");
  blow(TWO); /* in A: 1 of 10 */
  at(HOUR + 10 * MINUTE);
  comes("department-01", HERE);
  at(HOUR + 20 * MINUTE);
  comes("department-02", HERE);
  measure("director-a", D1);
  at(3 * HOUR);
  report("officer-a1", GRID_A1, "fire"); /* after the span */
  const char *span = "{\"from\":\"2026-11-22T01:00:00Z\",\"until\":\"2026-11-22T02:00:00Z\",\"enough\":5%s}";
  act("dispatcher", "whistle.report", span, "");
  const fq_json *a = row_of("townships", "org", "430525100000");
  assert_int_equal(fq_json_int(a, "incidents", 0), 10);
  assert_int_equal(fq_json_int(a, "whistles", 0), 1);
  assert_true(fq_json_num(a, "per_100", 0) == 10);
  assert_string_equal(fq_json_str(a, "band"), "sane");
  assert_string_equal(fq_json_str(row_of("townships", "org", "430525101000"), "band"), "low");
  assert_int_equal(fq_json_int(row_of("grids", "org", GRID_A1), "incidents", 0), 5);
  assert_string_equal(fq_json_str(row_of("grids", "org", GRID_A1), "band"), "high"); /* 1 of 5 */
  const fq_json *d = row_of("departments", "unit", D1);
  assert_int_equal(fq_json_int(d, "called", 0), 1);
  assert_int_equal(fq_json_int(d, "median_arrival_ms", 0), 10 * MINUTE);
  assert_int_equal(fq_json_int(d, "measures", 0), 1);
  assert_int_equal(fq_json_int(d, "measures_done", -1), 0);
  const fq_json *all = fq_json_get(w.result, "total");
  assert_int_equal(fq_json_int(all, "incidents", 0), 15);
  assert_true(fq_json_num(all, "arrival_rate", 0) == 1);
  act("director-b", "whistle.report", span, "");
  assert_int_equal(fq_json_int(fq_json_get(w.result, "total"), "whistles", -1), 0);
  assert_int_equal(fq_json_int(fq_json_get(w.result, "total"), "incidents", 0), 5);
  refused("director-b", "whistle.report", FQ_E_FORBIDDEN, "org.foreign", span, ",\"org\":\"430525100000\"");
  refused("dispatcher", "whistle.report", FQ_E_PARAMS, "whistle.span", span, ",\"low\":9,\"high\":3");
}

/* ---- rules --------------------------------------------------------------------------------------- */

static void a_rule_blows(void **state) {
  county();
  fq_json *params = fq_json_object(), *files = fq_json_object();
  fq_json_set_str(files, "pack.lua", "name = 'test'\nversion = '1'\npolicies = { 'policies/p.lua' }\n");
  fq_json_set_str(files, "dictionaries/departments.csv",
                  "code,zh,en,units\nflood,防汛,Flood," D1 " " D2 " nowhere\n");
  fq_json_set_str(files, "policies/p.lua",
                  "return policy { name = 'p', on = {\n"
                  "  ['incident.reported'] = function(e, view)\n"
                  "    local units = view.departments_for(e.nothing)\n" /* nobody's */
                  "    if units[1] then error('x') end\n"
                  "    units = view.departments_for(e.category)\n"
                  "    if units[1] then return whistle(e.incident, units, { within = minutes(30), reason = "
                  "'汛情', radius = 500 }) end\n"
                  "  end,\n"
                  "  ['whistle.absent'] = function(e, view)\n"
                  "    if #view.whistles(e.incident) == 1 then return supervise(e.incident, 'yellow', e.name "
                  ".. '未报到') end\n"
                  "  end,\n"
                  "} }\n");
  fq_json_set_str(params, "pack", "test");
  fq_json_set(params, "files", files);
  fq_json_free(w.result);
  w.result = NULL;
  if (fq_kernel_call(w.kernel, NULL, "pack.deploy", params, &w.result, &w.error)) fail_msg("%s", w.error.en);
  report("officer-a1", GRID_A1, "fire");
  assert_int_equal(entries("whistle.blown"), 0);
  snprintf(i, sizeof i, "%s", report("officer-a1", GRID_A1, "flood"));
  assert_int_equal(entries("whistle.blown"), 1);
  assert_string_equal(entry("whistle.blown", "actor"), "policy/p");
  assert_null(strstr(entry("whistle.blown", "data"), "nowhere"));
  at(30 * MINUTE);
  assert_int_equal(entries("whistle.absent"), 2);
  assert_string_equal(fq_json_str(incident(i), "card"), "yellow");
  assert_int_equal(entries("policy.refused") + entries("policy.failed"), 0);
}

/* ---- joint work ---------------------------------------------------------------------------------- */

static void joint_work(void **state) {
  county();
#define JOINT(type, lead, members, more)                                                                     \
  "{\"id\":\"%s\",\"type\":\"" type "\",\"lead\":\"" lead "\",\"members\":" members more "}"
  refused("director-a", "incident.joint", FQ_E_PARAMS, "term.unknown", JOINT("dance", D1, TWO, ""), i);
  refused("director-a", "incident.joint", FQ_E_PARAMS, "org.unknown", JOINT("patrol", "nowhere", TWO, ""), i);
  refused("director-a", "incident.joint", FQ_E_PARAMS, "joint.until",
          JOINT("patrol", D1, TWO, ",\"until\":\"2026-11-21T00:00:00Z\""), i);
  refused("director-b", "incident.joint", FQ_E_FORBIDDEN, "scope", JOINT("patrol", D1, TWO, ""), i);
  act("director-a", "incident.joint", JOINT("patrol", D1, TWO, ",\"until\":\"2026-11-22T02:00:00Z\""), i);
  assert_int_equal(fq_json_size(fq_json_get(w.result, "tasks")), 2);
  const fq_json *j = fq_json_get(incident(i), "joint");
  assert_string_equal(fq_json_str(j, "type_name"), "社会治安联防");
  assert_string_equal(fq_json_str(j, "lead"), D1);
  /* Formed again, one more: those at work keep their tasks. */
  act("director-a", "incident.joint", JOINT("patrol", D1, THREE, ",\"until\":\"2026-11-22T02:00:00Z\""), i);
  assert_int_equal(fq_json_size(fq_json_get(w.result, "tasks")), 1);
  assert_int_equal(fq_json_size(fq_json_get(fq_json_get(incident(i), "joint"), "members")), 3);
  /* Who leads it leads the work: D1, and when it is handed over, D2. */
  act("director-a", "incident.joint", JOINT("patrol", D2, THREE, ",\"until\":\"2026-11-22T02:00:00Z\""), i);
  fq_json_each(t, fq_json_get(incident(i), "tasks")) assert_string_equal(
      fq_json_str(t, "role"), strcmp(fq_json_str(fq_json_get(t, "to"), "unit"), D2) ? "assist" : "lead");
  const char *span = "{\"from\":\"2026-11-22T00:00:00Z\",\"until\":\"2026-11-23T00:00:00Z\"}";
  act("dispatcher", "joint.report", span);
  assert_int_equal(fq_json_int(row_of("rows", "type", "patrol"), "open", 0), 1);
  at(HOUR);
  char task[3][FQ_ID_MAX];
  int n = 0;
  fq_json_each(t, fq_json_get(incident(i), "tasks"))
      snprintf(task[n++], FQ_ID_MAX, "%s", fq_json_str(t, "id"));
  static const char *const who[] = {"department-01", "department-02", "department-03"};
  for (int x = 0; x < 3; x++)
    finish_task(who[x], task[x]);
  act("dispatcher", "joint.report", span);
  assert_int_equal(fq_json_int(row_of("rows", "type", "patrol"), "done", 0), 1);
  assert_int_equal(fq_json_int(row_of("rows", "type", "patrol"), "on_time", 0), 1);
  act("dispatcher", "joint.list", "{\"type\":\"patrol\"}");
  assert_true(fq_json_bool(fq_json_first(fq_json_get(w.result, "rows")), "on_time", false));
  assert_int_equal(fq_json_size(fq_json_get(act("director-b", "joint.list", "{}"), "rows")), 0);
  refused("director-a", "incident.joint", FQ_E_CONFLICT, "incident.state", JOINT("patrol", D1, TWO, ""), i);
  rebuild_gives_the_same();
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, world_open, world_close)
#define D(fn) cmocka_unit_test_setup_teardown(fn, world_open_on_disk, world_close)
int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_table),
      D(all_come),
      D(one_is_absent),
      T(late_after_an_outage),
      T(outside_the_fence),
      T(who_may),
      T(refusals),
      D(excused),
      D(a_measure_follows_its_task),
      D(a_void_incident_calls_nobody),
      T(pages),
      T(the_band),
      cmocka_unit_test_setup_teardown(a_rule_blows, world_open_with_policies, world_close),
      D(joint_work),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
