/* The verbs of an incident beyond its seven steps: who answers for it, what is asked and granted, signed,
 * rated, attached; two desks at one thing. */
#include <stdio.h>
#include <string.h>

#include "dispatch_world.h"

#define DEPARTMENT "430525-D01"
#define TOWN_A     "430525100000"
#define TOWN_B     "430525101000"
#define VILLAGE_A  "430525100201"
#define PHOTO      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define PAPER      "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"

static void owner_is(const char *id, const char *level, const char *org) {
  const fq_json *owner = fq_json_get(incident(id), "owner");
  assert_string_equal(fq_json_str(owner, "level"), level);
  assert_string_equal(fq_json_str(owner, "org"), org);
}

static bool listed(const char *who, const char *method, const char *params, const char *id) {
  fq_json_each(row, fq_json_get(act(who, method, params), "rows")) {
    if (!strcmp(fq_json_str(row, "id"), id)) return true;
  }
  return false;
}

static int64_t due(const char *id, const char *policy, const char *name) {
  fq_json_each(k, fq_json_get(incident(id), "clocks")) {
    if (!strcmp(fq_json_str(k, "policy"), policy) && !strcmp(fq_json_str(k, "name"), name))
      return fq_time_parse(fq_json_str(k, "due_at")) - w.t0_ms;
  }
  fail_msg("no clock %s/%s", policy, name);
  return 0;
}

/* An incident somebody is at work on, with one clock of `limit` running: policy p, clock c. */
static void at_work(char i[FQ_ID_MAX], char t[FQ_ID_MAX], int64_t limit) {
  keep(i, report("officer-a1", GRID_A1, "fire"));
  keep(t, task_for(i, "officer-b1"));
  act("officer-b1", "task.accept", "{\"id\":\"%s\"}", t);
  act("policy/p", "clock.start",
      "{\"incident\":\"%s\",\"name\":\"c\",\"from\":\"dispatched\",\"to\":\"handled\",\"limit_ms\":%lld,"
      "\"warn\":[0.5,0.8],\"title\":\"处置\"}",
      i, (long long)limit);
}

static const char *ask_extension(const char *who, const char *i, int64_t by) {
  static char id[FQ_ID_MAX];
  act(who, "incident.extend", "{\"id\":\"%s\",\"by_ms\":%lld,\"reason\":\"等吊车\"}", i, (long long)by);
  return keep(id, fq_json_str(w.result, "id"));
}

static const char *request_state(const char *id) {
  static char state[FQ_ID_MAX];
  fq_json_each(r, fq_json_get(act("dispatcher", "request.list", "{}"), "rows")) {
    if (!strcmp(fq_json_str(r, "id"), id)) return keep(state, fq_json_str(r, "state"));
  }
  fail_msg("no request %s", id);
  return "";
}

/* ---- who answers for it -------------------------------------------------------------------------- */

static void handed_to_another_unit(void **state) {
  char i[FQ_ID_MAX];
  act("officer-a1", "incident.report",
      "{\"category\":\"fire\",\"title\":\"x\",\"grid\":\"" GRID_A1 "\",\"attachments\":[\"" PHOTO "\"]}");
  keep(i, fq_json_str(w.result, "id"));
  refused("department-01", "incident.get", FQ_E_FORBIDDEN, "incident.foreign", "{\"id\":\"%s\"}", i);
  refused("department-01", "incident.transfer", FQ_E_FORBIDDEN, "incident.foreign",
          "{\"id\":\"%s\",\"to\":\"" DEPARTMENT "\",\"reason\":\"x\"}", i);
  const fq_json *r =
      act("director-a", "incident.transfer",
          "{\"id\":\"%s\",\"to\":\"" DEPARTMENT "\",\"reason\":\"属应急局职责\",\"rev\":1}", i);
  assert_string_equal(fq_json_str(r, "state"), "reported");
  assert_int_equal(fq_json_int(r, "rev", 0), 2);
  assert_string_equal(fq_json_str(fq_json_get(r, "owner"), "name"), "应急管理局");
  owner_is(i, "county", DEPARTMENT);
  /* they hear of it, with what was attached, find it in their list, and may act on it as the owner */
  assert_non_null(strstr(entry("incident.transferred", "audience"), "unit/" DEPARTMENT));
  assert_non_null(strstr(entry("incident.transferred", "data"), PHOTO));
  assert_non_null(strstr(entry("incident.transferred", "data"), "\"from\":{\"level\":\"grid\""));
  assert_true(listed("department-01", "incident.open", "{}", i));
  assert_true(listed("department-01", "incident.list", "{}", i));
  act("department-01", "incident.comment", "{\"id\":\"%s\",\"text\":\"收到\"}", i);
  assert_non_null(strstr(entry("incident.commented", "audience"), "unit/" DEPARTMENT));

  refused("dispatcher", "incident.transfer", FQ_E_CONFLICT, "incident.owner",
          "{\"id\":\"%s\",\"to\":\"" DEPARTMENT "\",\"reason\":\"x\"}", i);
  refused("dispatcher", "incident.transfer", FQ_E_PARAMS, "org.unknown",
          "{\"id\":\"%s\",\"to\":\"999999\",\"reason\":\"x\"}", i);
  refused("dispatcher", "incident.transfer", FQ_E_CONFLICT, "unit.nobody",
          "{\"id\":\"%s\",\"to\":\"430525102000\",\"reason\":\"x\"}", i);
  assert_non_null(strstr(w.error.zh, "丙镇"));
  act("department-01", "duty.end", "{}");
  act("director-b", "duty.end", "{}");
  refused("dispatcher", "incident.transfer", FQ_E_CONFLICT, "unit.nobody",
          "{\"id\":\"%s\",\"to\":\"" TOWN_B "\",\"reason\":\"x\"}", i);
  act("director-b", "duty.start", "{}");
  /* the place's township no longer owns it: it is the owner's, or the county's, to hand on */
  refused("director-a", "incident.transfer", FQ_E_FORBIDDEN, "scope",
          "{\"id\":\"%s\",\"to\":\"" TOWN_A "\",\"reason\":\"x\"}", i);
  act("department-01", "incident.transfer", "{\"id\":\"%s\",\"to\":\"" TOWN_B "\",\"reason\":\"x\"}", i);
  owner_is(i, "township", TOWN_B);
  assert_true(listed("director-b", "incident.open", "{}", i));
  assert_false(listed("department-01", "incident.open", "{}", i));
  act("director-b", "incident.accept", "{\"id\":\"%s\"}", i); /* own, though the place is another's */
  /* undone by handing it back */
  act("director-b", "incident.transfer", "{\"id\":\"%s\",\"to\":\"" TOWN_A "\",\"reason\":\"退回\"}", i);
  owner_is(i, "township", TOWN_A);
  assert_false(listed("director-b", "incident.open", "{}", i));
  assert_null(strstr(entry("incident.transferred", "data"), "\"away\""));
  rebuild_gives_the_same();
}

static void sent_down(void **state) {
  char i[FQ_ID_MAX];
  keep(i, report("officer-a1", GRID_A1, "fire"));
  refused("dispatcher", "incident.send_down", FQ_E_CONFLICT, "incident.nobody_below",
          "{\"id\":\"%s\",\"reason\":\"x\"}", i);
  act("dispatcher", "incident.escalate", "{\"id\":\"%s\",\"to\":\"county\",\"reason\":\"x\"}", i);
  owner_is(i, "county", "430525");
  refused("director-a", "incident.send_down", FQ_E_FORBIDDEN, "scope", "{\"id\":\"%s\",\"reason\":\"x\"}", i);
  refused("dispatcher", "incident.send_down", FQ_E_CONFLICT, "incident.not_below",
          "{\"id\":\"%s\",\"to\":\"county\",\"reason\":\"x\"}", i);
  refused("dispatcher", "incident.send_down", FQ_E_PARAMS, "params",
          "{\"id\":\"%s\",\"to\":\"grid\",\"org\":\"" GRID_A1 "\",\"reason\":\"x\"}", i);
  /* the next rung below; the empty village is skipped at once and recorded */
  act("dispatcher", "incident.send_down", "{\"id\":\"%s\",\"reason\":\"镇里处理\"}", i);
  owner_is(i, "township", TOWN_A);
  act("director-a", "incident.send_down", "{\"id\":\"%s\",\"to\":\"village\",\"reason\":\"x\"}", i);
  owner_is(i, "grid", GRID_A1);
  assert_non_null(strstr(entry("incident.sent_down", "data"), "\"skipped\":[{\"level\":\"village\""));
  /* the very unit */
  act("dispatcher", "incident.escalate", "{\"id\":\"%s\",\"to\":\"county\",\"reason\":\"x\"}", i);
  refused("dispatcher", "incident.send_down", FQ_E_CONFLICT, "incident.nobody_below",
          "{\"id\":\"%s\",\"org\":\"" VILLAGE_A "\",\"reason\":\"x\"}", i);
  refused("dispatcher", "incident.send_down", FQ_E_PARAMS, "org.unknown",
          "{\"id\":\"%s\",\"org\":\"nowhere\",\"reason\":\"x\"}", i);
  refused("dispatcher", "incident.send_down", FQ_E_CONFLICT, "incident.not_below",
          "{\"id\":\"%s\",\"org\":\"430525\",\"reason\":\"x\"}", i);
  act("dispatcher", "incident.send_down", "{\"id\":\"%s\",\"org\":\"" GRID_A2 "\",\"reason\":\"x\"}", i);
  owner_is(i, "grid", GRID_A2);
  /* nobody anywhere below */
  keep(i, report("dispatcher", GRID_C1, "fire"));
  owner_is(i, "county", "430525");
  refused("dispatcher", "incident.send_down", FQ_E_CONFLICT, "incident.nobody_below",
          "{\"id\":\"%s\",\"reason\":\"x\"}", i);
  assert_non_null(strstr(w.error.zh, "丙镇"));
  rebuild_gives_the_same();
}

static void reported_over_a_level(void **state) {
  char i[FQ_ID_MAX];
  keep(i, report("officer-a1", GRID_A1, "fire"));
  act("officer-a1", "incident.escalate", "{\"id\":\"%s\",\"to\":\"village\",\"reason\":\"x\"}", i);
  owner_is(i, "township", TOWN_A); /* the empty village is skipped: not over anybody */
  assert_null(strstr(entry("incident.escalated", "data"), "\"over\""));
  refused("officer-a1", "incident.escalate", FQ_E_CONFLICT, "incident.owner",
          "{\"id\":\"%s\",\"to\":\"grid\",\"reason\":\"x\"}", i);
  keep(i, report("officer-a1", GRID_A1, "fire"));
  act("officer-a1", "incident.escalate", "{\"id\":\"%s\",\"to\":\"county\",\"reason\":\"镇里有牵连\"}", i);
  owner_is(i, "county", "430525");
  assert_non_null(strstr(entry("incident.escalated", "data"), "\"over\":true"));
  assert_non_null(strstr(entry("incident.escalated", "data"),
                         "\"passed\":[{\"level\":\"township\",\"org\":\"" TOWN_A "\""));
  /* from a county department the county's centre is a step up */
  act("dispatcher", "incident.transfer", "{\"id\":\"%s\",\"to\":\"" DEPARTMENT "\",\"reason\":\"x\"}", i);
  act("department-01", "incident.escalate", "{\"id\":\"%s\",\"to\":\"county\",\"reason\":\"x\"}", i);
  owner_is(i, "county", "430525");
  rebuild_gives_the_same();
}

/* ---- more time ----------------------------------------------------------------------------------- */

static void an_extension_granted(void **state) {
  char i[FQ_ID_MAX], t[FQ_ID_MAX], r[FQ_ID_MAX];
  at_work(i, t, HOUR);
  at(31 * MINUTE);
  assert_string_equal(clock_state(i, "p", "c"), "due_soon"); /* warned at the half */
  /* the reporter has no say in it, a stranger neither */
  refused("officer-a1", "incident.extend", FQ_E_FORBIDDEN, "incident.foreign",
          "{\"id\":\"%s\",\"by_ms\":60000,\"reason\":\"x\"}", i);
  refused("director-b", "incident.extend", FQ_E_FORBIDDEN, "scope",
          "{\"id\":\"%s\",\"by_ms\":60000,\"reason\":\"x\"}", i);
  refused("officer-b1", "incident.extend", FQ_E_NOT_FOUND, "clock.unknown",
          "{\"id\":\"%s\",\"clock\":\"none\",\"by_ms\":60000,\"reason\":\"x\"}", i);
  keep(r, ask_extension("officer-b1", i, HOUR));
  refused("officer-b1", "incident.extend", FQ_E_CONFLICT, "request.open",
          "{\"id\":\"%s\",\"clock\":\"c\",\"by_ms\":60000,\"reason\":\"x\"}", i);
  assert_non_null(strstr(w.error.en, r));
  assert_string_equal(entry("request.asked", "subject"), i);
  assert_non_null(strstr(entry("request.asked", "data"), "\"title\":\"处置\""));
  const fq_json *open = fq_json_first(fq_json_get(incident(i), "requests"));
  assert_string_equal(fq_json_str(open, "id"), r);
  assert_string_equal(fq_json_str(open, "reason"), "等吊车");
  assert_int_equal(due(i, "p", "c"), HOUR); /* nothing has moved yet */
  /* the owner's desk or one above; nobody else; nobody twice */
  refused("officer-b1", "request.grant", FQ_E_FORBIDDEN, "role", "{\"id\":\"%s\"}", r);
  refused("director-b", "request.grant", FQ_E_FORBIDDEN, "scope", "{\"id\":\"%s\"}", r);
  refused("director-a", "request.grant", FQ_E_PARAMS, "params",
          "{\"id\":\"%s\",\"until\":\"2026-11-23T00:00:00Z\"}", r);
  refused("director-a", "request.grant", FQ_E_NOT_FOUND, "request.unknown", "{\"id\":\"r1\"}");
  const fq_json *g = act("director-a", "request.grant", "{\"id\":\"%s\",\"note\":\"同意\"}", r);
  assert_string_equal(fq_json_str(g, "state"), "granted");
  assert_string_equal(fq_json_str(g, "due_at"), "2026-11-22T02:00:00.000Z");
  refused("dispatcher", "request.refuse", FQ_E_CONFLICT, "request.state", "{\"id\":\"%s\",\"reason\":\"x\"}",
          r);
  assert_non_null(strstr(w.error.en, "director-a"));
  assert_non_null(strstr(entry("request.granted", "audience"), "user/officer-b1"));
  assert_int_equal(due(i, "p", "c"), 2 * HOUR);
  assert_int_equal(fq_json_size(fq_json_get(incident(i), "requests")), 0);
  /* two hours now: half of them is at one hour, and is warned of again */
  assert_string_equal(clock_state(i, "p", "c"), "running");
  at(59 * MINUTE);
  assert_int_equal(entries("clock.warned"), 1);
  at(61 * MINUTE);
  assert_int_equal(entries("clock.breached"), 0);
  assert_int_equal(entries("clock.warned"), 2);
  at(2 * HOUR);
  assert_int_equal(entries("clock.breached"), 1);
  rebuild_gives_the_same();
}

static void granted_late(void **state) {
  char i[FQ_ID_MAX], t[FQ_ID_MAX], r[FQ_ID_MAX];
  at_work(i, t, HOUR);
  at(50 * MINUTE);
  keep(r, ask_extension("officer-b1", i, 30 * MINUTE));
  at(95 * MINUTE);
  assert_string_equal(clock_state(i, "p", "c"), "breached");
  refused("dispatcher", "request.grant", FQ_E_CONFLICT, "request.late", "{\"id\":\"%s\"}", r);
  assert_string_equal(clock_state(i, "p", "c"), "breached");
  /* with enough more it is whole again, and may be breached again */
  act("dispatcher", "request.grant", "{\"id\":\"%s\",\"by_ms\":7200000}", r);
  assert_non_null(strstr(entry("request.granted", "data"), "\"was_breached\":true"));
  assert_int_equal(due(i, "p", "c"), 3 * HOUR);
  assert_string_not_equal(clock_state(i, "p", "c"), "breached");
  rebuild_gives_the_same();
  at(3 * HOUR);
  assert_string_equal(clock_state(i, "p", "c"), "breached");
  assert_int_equal(entries("clock.breached"), 2);
  refused("officer-b1", "incident.extend", FQ_E_CONFLICT, "clock.breached",
          "{\"id\":\"%s\",\"by_ms\":60000,\"reason\":\"x\"}", i);
  assert_non_null(strstr(w.error.zh, "到期前申请"));
  act("officer-b1", "task.feedback", "{\"id\":\"%s\",\"text\":\"x\"}", t);
}

static void granted_within_the_grace(void **state) {
  char i[FQ_ID_MAX], t[FQ_ID_MAX], r[FQ_ID_MAX];
  keep(i, report("officer-a1", GRID_A1, "fire"));
  keep(t, task_for(i, "officer-b1"));
  act("policy/p", "clock.start",
      "{\"incident\":\"%s\",\"name\":\"c\",\"from\":\"dispatched\",\"to\":\"handled\",\"limit_ms\":3600000,"
      "\"grace_ms\":3600000}",
      i);
  at(50 * MINUTE);
  keep(r, ask_extension("officer-b1", i, HOUR));
  at(70 * MINUTE);
  assert_string_equal(clock_state(i, "p", "c"), "overdue");
  act("dispatcher", "request.grant", "{\"id\":\"%s\"}", r);
  assert_string_equal(clock_state(i, "p", "c"), "running");
  at(130 * MINUTE);
  assert_string_equal(clock_state(i, "p", "c"), "overdue");
  refused("officer-b1", "incident.extend", FQ_E_CONFLICT, "clock.breached", /* a grace is no time to ask in */
          "{\"id\":\"%s\",\"by_ms\":60000,\"reason\":\"x\"}", i);
  at(181 * MINUTE);
  assert_string_equal(clock_state(i, "p", "c"), "breached");
  rebuild_gives_the_same();
}

static void extension_of_what(void **state) {
  char i[FQ_ID_MAX], t[FQ_ID_MAX], r[FQ_ID_MAX];
  keep(i, report("officer-a1", GRID_A1, "fire"));
  refused("dispatcher", "incident.extend", FQ_E_NOT_FOUND, "clock.unknown",
          "{\"id\":\"%s\",\"by_ms\":60000,\"reason\":\"x\"}", i);
  at_work(i, t, HOUR);
  for (int k = 0; k < 2; k++)
    act(k ? "policy/q" : "policy/p", "clock.start",
        "{\"incident\":\"%s\",\"name\":\"d\",\"from\":\"reported\",\"to\":\"closed\",\"limit_ms\":7200000}",
        i);
  refused("officer-b1", "incident.extend", FQ_E_PARAMS, "clock.which",
          "{\"id\":\"%s\",\"by_ms\":60000,\"reason\":\"x\"}", i);
  refused("officer-b1", "incident.extend", FQ_E_PARAMS, "clock.which",
          "{\"id\":\"%s\",\"clock\":\"d\",\"by_ms\":60000,\"reason\":\"x\"}", i);
  act("officer-b1", "incident.extend",
      "{\"id\":\"%s\",\"clock\":\"d\",\"policy\":\"q\",\"by_ms\":60000,\"reason\":\"x\"}", i);
  keep(r, fq_json_str(w.result, "id"));
  act("officer-b1", "incident.extend", "{\"id\":\"%s\",\"clock\":\"c\",\"by_ms\":60000,\"reason\":\"x\"}", i);
  /* paused: what is left grows */
  act("dispatcher", "incident.suspend", "{\"id\":\"%s\",\"reason\":\"x\"}", i);
  act("dispatcher", "request.grant", "{\"id\":\"%s\"}", r);
  at(HOUR);
  act("dispatcher", "incident.resume", "{\"id\":\"%s\"}", i);
  assert_int_equal(due(i, "q", "d"), 3 * HOUR + MINUTE);
  assert_int_equal(due(i, "p", "d"), 3 * HOUR);
  /* met meanwhile: there is nothing to extend */
  keep(r, fq_json_str(fq_json_first(fq_json_get(incident(i), "requests")), "id"));
  act("officer-b1", "task.feedback", "{\"id\":\"%s\",\"text\":\"x\"}", t);
  act("officer-b1", "task.finish", "{\"id\":\"%s\"}", t);
  refused("dispatcher", "request.grant", FQ_E_CONFLICT, "clock.state", "{\"id\":\"%s\"}", r);
  assert_string_equal(request_state(r), "open");
  act("dispatcher", "incident.verify", "{\"id\":\"%s\",\"pass\":true}", i);
  act("dispatcher", "incident.close", "{\"id\":\"%s\"}", i);
  assert_string_equal(request_state(r), "lapsed");
  refused("dispatcher", "request.grant", FQ_E_CONFLICT, "request.state", "{\"id\":\"%s\"}", r);
  rebuild_gives_the_same();
}

static void nobody_grants_his_own(void **state) {
  char i[FQ_ID_MAX], t[FQ_ID_MAX], r[FQ_ID_MAX];
  at_work(i, t, HOUR);
  /* the director above a grid's incident is of a higher unit */
  keep(r, ask_extension("director-a", i, HOUR));
  act("director-a", "request.grant", "{\"id\":\"%s\"}", r);
  act("dispatcher", "incident.escalate", "{\"id\":\"%s\",\"to\":\"county\",\"reason\":\"x\"}", i);
  keep(r, ask_extension("dispatcher", i, HOUR));
  refused("dispatcher", "request.grant", FQ_E_FORBIDDEN, "request.own", "{\"id\":\"%s\"}", r);
  refused("director-a", "request.grant", FQ_E_FORBIDDEN, "scope", "{\"id\":\"%s\"}", r);
  act("commander", "request.grant", "{\"id\":\"%s\"}", r);
  assert_int_equal(due(i, "p", "c"), 3 * HOUR);
}

static void refused_and_withdrawn(void **state) {
  char i[FQ_ID_MAX], t[FQ_ID_MAX], r[FQ_ID_MAX];
  at_work(i, t, HOUR);
  keep(r, ask_extension("officer-b1", i, HOUR));
  act("director-a", "request.refuse", "{\"id\":\"%s\",\"reason\":\"一小时足够\"}", r);
  assert_string_equal(request_state(r), "refused");
  assert_non_null(strstr(entry("request.refused", "data"), "一小时足够"));
  assert_non_null(strstr(entry("request.refused", "audience"), "user/officer-b1"));
  keep(r, ask_extension("officer-b1", i, HOUR)); /* he may ask again */
  refused("officer-a2", "request.withdraw", FQ_E_FORBIDDEN, "request.foreign", "{\"id\":\"%s\"}", r);
  refused("dispatcher", "request.withdraw", FQ_E_FORBIDDEN, "request.foreign", "{\"id\":\"%s\"}", r);
  act("officer-b1", "request.withdraw", "{\"id\":\"%s\"}", r);
  assert_string_equal(request_state(r), "withdrawn");
  assert_int_equal(due(i, "p", "c"), HOUR);
  /* lists: by state, by incident, in reach */
  keep(r, ask_extension("officer-b1", i, HOUR));
  const fq_json *rows = fq_json_get(act("director-a", "request.list", "{}"), "rows");
  assert_int_equal(fq_json_size(rows), 3);
  assert_string_equal(fq_json_str(fq_json_first(rows), "id"), r); /* open ones first */
  assert_int_equal(fq_json_size(fq_json_get(act("director-b", "request.list", "{}"), "rows")), 0);
  assert_int_equal(fq_json_size(fq_json_get(act("officer-b1", "request.list", "{}"), "rows")), 3);
  assert_int_equal(
      fq_json_size(fq_json_get(act("dispatcher", "request.list", "{\"state\":\"refused\"}"), "rows")), 1);
  assert_int_equal(
      fq_json_size(fq_json_get(
          act("dispatcher", "request.list", "{\"incident\":\"%s\",\"state\":\"open\"}", i), "rows")),
      1);
  refused("director-b", "request.list", FQ_E_FORBIDDEN, "incident.foreign", "{\"incident\":\"%s\"}", i);
  rebuild_gives_the_same();
}

/* Page by page, with a state and without: each once, open ones oldest first, then the answered, newest first.
 */
static void listed_page_by_page(void **state) {
  char i[FQ_ID_MAX], t[FQ_ID_MAX], next[FQ_ID_MAX] = "", seen[8][FQ_ID_MAX], asked[5][FQ_ID_MAX];
  size_t n = 0, open = 0;
  for (int k = 0; k < 5; k++) {
    at_work(i, t, HOUR);
    keep(asked[k], ask_extension("officer-b1", i, HOUR));
    if (k < 2) act("director-a", "request.refuse", "{\"id\":\"%s\",\"reason\":\"x\"}", asked[k]);
  }
  do {
    const fq_json *r = *next ? act("director-a", "request.list", "{\"limit\":2,\"after\":\"%s\"}", next)
                             : act("director-a", "request.list", "{\"limit\":2}");
    fq_json_each(row, fq_json_get(r, "rows")) {
      assert_true(n < 5);
      open += !strcmp(fq_json_str(row, "state"), "open");
      assert_non_null(fq_json_str(row, "asked_by_name"));
      keep(seen[n++], fq_json_str(row, "id"));
    }
    keep(next, fq_json_str(r, "next") ? fq_json_str(r, "next") : "");
  } while (*next);
  static const int order[] = {2, 3, 4, 1, 0};
  assert_int_equal(n, 5);
  assert_int_equal(open, 3);
  for (int k = 0; k < 5; k++)
    assert_string_equal(seen[k], asked[order[k]]);
  const fq_json *r = act("director-a", "request.list", "{\"limit\":1,\"state\":\"refused\"}");
  keep(next, fq_json_str(r, "next"));
  assert_string_equal(next, asked[1]);
  r = act("director-a", "request.list", "{\"limit\":1,\"state\":\"refused\",\"after\":\"%s\"}", next);
  assert_string_equal(fq_json_str(fq_json_first(fq_json_get(r, "rows")), "id"), asked[0]);
  assert_null(fq_json_str(r, "next"));
  refused("director-a", "request.list", FQ_E_PARAMS, "request.unknown", "{\"after\":\"x\"}");
  assert_non_null(strstr(w.error.zh, "没有申请"));
}

/* ---- suspended, until ---------------------------------------------------------------------------- */

static void a_suspension_asked_for(void **state) {
  char i[FQ_ID_MAX], t[FQ_ID_MAX], r[FQ_ID_MAX];
  at_work(i, t, HOUR);
  refused("officer-b1", "incident.ask_suspend", FQ_E_PARAMS, "time.past",
          "{\"id\":\"%s\",\"reason\":\"x\",\"until\":\"2026-11-21T00:00:00Z\"}", i);
  assert_string_equal(w.error.path, "params.until");
  act("officer-b1", "incident.ask_suspend",
      "{\"id\":\"%s\",\"reason\":\"等鉴定\",\"until\":\"2026-11-22T03:00:00Z\"}", i);
  keep(r, fq_json_str(w.result, "id"));
  refused("officer-b1", "incident.ask_suspend", FQ_E_CONFLICT, "request.open",
          "{\"id\":\"%s\",\"reason\":\"x\"}", i);
  refused("director-a", "request.grant", FQ_E_PARAMS, "params", "{\"id\":\"%s\",\"by_ms\":60000}", r);
  at(10 * MINUTE);
  act("director-a", "request.grant", "{\"id\":\"%s\"}", r);
  state_is(i, "suspended");
  assert_string_equal(clock_state(i, "p", "c"), "paused");
  assert_string_equal(fq_json_str(incident(i), "suspended_until"), "2026-11-22T03:00:00.000Z");
  assert_non_null(strstr(entry("incident.suspended", "data"), "等鉴定"));
  assert_non_null(strstr(entry("incident.suspended", "data"), r));
  rebuild_gives_the_same();
  at(3 * HOUR - 1);
  state_is(i, "suspended");
  at(3 * HOUR);
  state_is(i, "handling");
  assert_non_null(strstr(entry("incident.resumed", "data"), "\"by_itself\":true"));
  assert_null(fq_json_str(incident(i), "suspended_until"));
  assert_int_equal(due(i, "p", "c"), 3 * HOUR + 50 * MINUTE);
  rebuild_gives_the_same();
}

static void asked_too_long_ago(void **state) {
  char i[FQ_ID_MAX], t[FQ_ID_MAX], r[FQ_ID_MAX];
  at_work(i, t, 9 * HOUR);
  act("officer-b1", "incident.ask_suspend",
      "{\"id\":\"%s\",\"reason\":\"x\",\"until\":\"2026-11-22T01:00:00Z\"}", i);
  keep(r, fq_json_str(w.result, "id"));
  at(2 * HOUR);
  refused("director-a", "request.grant", FQ_E_CONFLICT, "request.late", "{\"id\":\"%s\"}", r);
  act("director-a", "request.grant", "{\"id\":\"%s\",\"until\":\"2026-11-22T04:00:00Z\"}", r);
  assert_string_equal(fq_json_str(incident(i), "suspended_until"), "2026-11-22T04:00:00.000Z");
}

static void by_the_desk_until(void **state) {
  char i[FQ_ID_MAX], t[FQ_ID_MAX];
  at_work(i, t, HOUR);
  refused("dispatcher", "incident.suspend", FQ_E_PARAMS, "time.past",
          "{\"id\":\"%s\",\"reason\":\"x\",\"until\":\"2026-11-22T00:00:00Z\"}", i);
  act("dispatcher", "incident.suspend",
      "{\"id\":\"%s\",\"reason\":\"断路\",\"until\":\"2026-11-22T01:00:00Z\"}", i);
  /* resumed by hand, suspended without an end: the old end does not wake it */
  act("dispatcher", "incident.resume", "{\"id\":\"%s\"}", i);
  assert_null(strstr(entry("incident.resumed", "data"), "by_itself"));
  act("dispatcher", "incident.suspend", "{\"id\":\"%s\",\"reason\":\"断路\"}", i);
  at(2 * HOUR);
  state_is(i, "suspended");
  act("dispatcher", "incident.resume", "{\"id\":\"%s\"}", i);
  /* the server was off when it should have woken; a supervision in between changes nothing */
  act("policy/p", "incident.suspend", "{\"id\":\"%s\",\"reason\":\"x\",\"for_ms\":3600000}", i);
  act("dispatcher", "incident.supervise", "{\"id\":\"%s\",\"card\":\"red\",\"note\":\"x\"}", i);
  rebuild_gives_the_same();
  wake_at(5 * HOUR);
  state_is(i, "handling");
  assert_non_null(strstr(entry("incident.resumed", "data"), "\"late_ms\":7200000"));
  assert_int_equal(entries("incident.resumed"), 3);
  rebuild_gives_the_same();
}

/* ---- rated, attached ----------------------------------------------------------------------------- */

static void closed_and_rated(void **state) {
  char i[FQ_ID_MAX], t[FQ_ID_MAX];
  keep(i, report("officer-a1", GRID_A1, "fire"));
  refused("officer-a1", "incident.rate", FQ_E_CONFLICT, "incident.state", "{\"id\":\"%s\",\"score\":5}", i);
  keep(t, task_for(i, "officer-b1"));
  finish_task("officer-b1", t);
  act("dispatcher", "incident.verify", "{\"id\":\"%s\",\"pass\":true}", i);
  act("dispatcher", "incident.close", "{\"id\":\"%s\"}", i);
  refused("officer-b1", "incident.rate", FQ_E_FORBIDDEN, "incident.foreign", "{\"id\":\"%s\",\"score\":5}",
          i);
  refused("dispatcher", "incident.rate", FQ_E_FORBIDDEN, "rate.reporter", "{\"id\":\"%s\",\"score\":5}", i);
  assert_int_equal(try("officer-a1", "incident.rate", "{\"id\":\"%s\",\"score\":6}", i), FQ_E_PARAMS);
  act("officer-a1", "incident.rate", "{\"id\":\"%s\",\"score\":2,\"text\":\"来得慢\"}", i);
  const fq_json *rating = fq_json_get(incident(i), "rating");
  assert_int_equal(fq_json_int(rating, "score", 0), 2);
  assert_string_equal(fq_json_str(rating, "by"), "officer-a1");
  act("dispatcher", "incident.rate", "{\"id\":\"%s\",\"score\":4,\"by_phone\":true}", i); /* he rang */
  rating = fq_json_get(incident(i), "rating");
  assert_int_equal(fq_json_int(rating, "score", 0), 4);
  assert_null(fq_json_str(rating, "text")); /* the last counts, as a whole */
  assert_string_equal(fq_json_str(rating, "by"), "dispatcher");
  assert_int_equal(entries("incident.rated"), 2);
  rebuild_gives_the_same();
  act("dispatcher", "incident.reopen", "{\"id\":\"%s\",\"reason\":\"复燃\"}", i);
  assert_null(fq_json_get(incident(i), "rating"));
  rebuild_gives_the_same();
}

static void files(void **state) {
  char i[FQ_ID_MAX], t[FQ_ID_MAX];
  keep(i, report("officer-a1", GRID_A1, "fire"));
  refused("officer-a2", "incident.attach", FQ_E_FORBIDDEN, "incident.foreign",
          "{\"id\":\"%s\",\"attachments\":[\"" PHOTO "\"]}", i);
  act("officer-a1", "incident.attach", "{\"id\":\"%s\",\"attachments\":[\"" PHOTO "\"],\"note\":\"近照\"}",
      i);
  keep(t, task_for(i, "officer-b1"));
  /* who is sent now may read what was attached before he was */
  assert_non_null(strstr(entry("task.created", "data"), PHOTO));
  act("officer-b1", "incident.attach", "{\"id\":\"%s\",\"attachments\":[\"" PHOTO "\",\"" PAPER "\"]}", i);
  const fq_json *list = fq_json_get(incident(i), "attachments");
  assert_int_equal(fq_json_size(list), 2); /* each once */
  assert_string_equal(fq_json_as_str(fq_json_first(list)), PHOTO);
  rebuild_gives_the_same();
}

/* ---- signed -------------------------------------------------------------------------------------- */

static void signed_by_units(void **state) {
  char i[FQ_ID_MAX], t[FQ_ID_MAX], a[FQ_ID_MAX], b[FQ_ID_MAX];
  keep(i, report("officer-a1", GRID_A1, "fire"));
  refused("dispatcher", "incident.countersign", FQ_E_PARAMS, "org.unknown",
          "{\"id\":\"%s\",\"units\":[\"" DEPARTMENT "\",\"x\"],\"text\":\"x\"}", i);
  assert_string_equal(w.error.path, "params.units[1]");
  refused("dispatcher", "incident.countersign", FQ_E_CONFLICT, "unit.nobody",
          "{\"id\":\"%s\",\"units\":[\"430525102000\"],\"text\":\"x\"}", i);
  refused("dispatcher", "incident.countersign", FQ_E_CONFLICT, "countersign.duplicate",
          "{\"id\":\"%s\",\"units\":[\"" DEPARTMENT "\",\"" DEPARTMENT "\"],\"text\":\"x\"}", i);
  assert_int_equal(entries("countersign.asked"), 0);
  refused("director-b", "incident.get", FQ_E_FORBIDDEN, "incident.foreign", "{\"id\":\"%s\"}", i);
  const fq_json *r = act("dispatcher", "incident.countersign",
                         "{\"id\":\"%s\",\"units\":[\"" DEPARTMENT "\",\"" TOWN_B
                         "\"],\"text\":\"处置方案\",\"within_ms\":3600000}",
                         i);
  const fq_json *ids = fq_json_get(r, "countersigns");
  keep(a, fq_json_as_str(fq_json_first(ids)));
  keep(b, fq_json_as_str(fq_json_next(fq_json_first(ids))));
  /* they see it, hear of it, find it */
  act("director-b", "incident.get", "{\"id\":\"%s\"}", i);
  assert_true(listed("department-01", "incident.open", "{}", i));
  assert_true(listed("department-01", "countersign.list", "{\"mine\":true}", a));
  assert_false(listed("department-01", "countersign.list", "{\"mine\":true}", b));
  r = act("dispatcher", "countersign.list", "{\"limit\":1}");
  assert_string_equal(fq_json_str(r, "next"), a);
  assert_true(listed("dispatcher", "countersign.list", "{\"limit\":1}", a));
  r = act("dispatcher", "countersign.list", "{\"limit\":1,\"after\":\"%s\"}", a);
  assert_string_equal(fq_json_str(fq_json_first(fq_json_get(r, "rows")), "id"), b);
  assert_null(fq_json_str(r, "next"));
  refused("dispatcher", "countersign.list", FQ_E_PARAMS, "countersign.unknown", "{\"after\":\"x\"}");
  act("dispatcher", "incident.comment", "{\"id\":\"%s\",\"text\":\"x\"}", i);
  assert_non_null(strstr(entry("incident.commented", "audience"), "unit/" TOWN_B));
  /* they may say something about it, and no more */
  act("director-b", "incident.comment", "{\"id\":\"%s\",\"text\":\"乙镇意见\"}", i);
  refused("director-b", "incident.escalate", FQ_E_FORBIDDEN, "scope",
          "{\"id\":\"%s\",\"to\":\"county\",\"reason\":\"x\"}", i);
  refused("department-01", "incident.ask_suspend", FQ_E_FORBIDDEN, "incident.foreign",
          "{\"id\":\"%s\",\"reason\":\"x\"}", i);
  /* each for itself */
  refused("dispatcher", "countersign.sign", FQ_E_FORBIDDEN, "countersign.foreign",
          "{\"id\":\"%s\",\"agree\":true}", a);
  refused("director-b", "countersign.sign", FQ_E_FORBIDDEN, "countersign.foreign",
          "{\"id\":\"%s\",\"agree\":true}", a);
  keep(t, task_for(i, "officer-b1"));
  finish_task("officer-b1", t);
  refused("dispatcher", "incident.verify", FQ_E_CONFLICT, "countersign.open", "{\"id\":\"%s\",\"pass\":true}",
          i);
  assert_non_null(strstr(w.error.zh, "应急管理局、乙镇"));
  /* overdue is said once, and asks for nothing less */
  at(HOUR);
  assert_int_equal(entries("countersign.overdue"), 2);
  assert_non_null(strstr(entry("countersign.overdue", "audience"), "user/dispatcher"));
  assert_true(fq_json_bool(fq_json_first(fq_json_get(incident(i), "countersigns")), "overdue", false));
  rebuild_gives_the_same();
  act("department-01", "countersign.sign", "{\"id\":\"%s\",\"agree\":true,\"note\":\"同意\"}", a);
  assert_non_null(strstr(entry("countersign.signed", "data"), "\"agree\":true"));
  refused("director-b", "countersign.sign", FQ_E_PARAMS, "countersign.note",
          "{\"id\":\"%s\",\"agree\":false}", b);
  refused("dispatcher", "incident.verify", FQ_E_CONFLICT, "countersign.open", "{\"id\":\"%s\",\"pass\":true}",
          i);
  assert_null(strstr(w.error.zh, "应急管理局"));
  /* disagreeing is an answer */
  act("director-b", "countersign.sign", "{\"id\":\"%s\",\"agree\":false,\"note\":\"不妥\"}", b);
  assert_non_null(strstr(entry("countersign.signed", "audience"), "user/dispatcher"));
  refused("director-b", "countersign.sign", FQ_E_CONFLICT, "countersign.state",
          "{\"id\":\"%s\",\"agree\":true}", b);
  assert_string_equal(
      fq_json_str(fq_json_next(fq_json_first(fq_json_get(incident(i), "countersigns"))), "state"),
      "disagreed");
  act("dispatcher", "incident.verify", "{\"id\":\"%s\",\"pass\":true}", i);
  act("dispatcher", "incident.close", "{\"id\":\"%s\"}", i);
  act("department-01", "incident.get", "{\"id\":\"%s\"}", i); /* it was theirs to look at: it stays so */
  rebuild_gives_the_same();
}

static void a_countersign_withdrawn(void **state) {
  char i[FQ_ID_MAX], t[FQ_ID_MAX], a[FQ_ID_MAX];
  const char *params = "{\"id\":\"%s\",\"units\":[\"" DEPARTMENT "\"],\"text\":\"x\",\"within_ms\":3600000}";
  keep(i, report("officer-a1", GRID_A1, "fire"));
  act("director-a", "incident.countersign", params, i);
  keep(a, fq_json_as_str(fq_json_first(fq_json_get(w.result, "countersigns"))));
  keep(t, task_for(i, "officer-b1"));
  finish_task("officer-b1", t);
  act("dispatcher", "incident.verify", "{\"id\":\"%s\",\"pass\":false}", i); /* failing needs nobody's word */
  refused("director-b", "countersign.withdraw", FQ_E_FORBIDDEN, "scope", "{\"id\":\"%s\"}", a);
  act("director-a", "countersign.withdraw", "{\"id\":\"%s\",\"reason\":\"不必\"}", a);
  act("dispatcher", "incident.countersign", params, i); /* asked anew */
  act("dispatcher", "incident.void", "{\"id\":\"%s\",\"reason\":\"误报\"}", i);
  at(2 * HOUR);
  assert_int_equal(entries("countersign.overdue"), 0); /* nothing is owed about what has ended */
  assert_string_equal(
      fq_json_str(fq_json_next(fq_json_first(fq_json_get(incident(i), "countersigns"))), "state"), "lapsed");
  rebuild_gives_the_same();
}

static void nothing_is_owed_about_a_merged_one(void **state) {
  char i[FQ_ID_MAX], into[FQ_ID_MAX], t[FQ_ID_MAX], r[FQ_ID_MAX];
  keep(into, report("officer-a1", GRID_A1, "fire"));
  at_work(i, t, HOUR);
  keep(r, ask_extension("officer-b1", i, HOUR));
  act("dispatcher", "incident.countersign",
      "{\"id\":\"%s\",\"units\":[\"" DEPARTMENT "\"],\"text\":\"x\",\"within_ms\":3600000}", i);
  /* a signature asked for is not got round by merging */
  refused("dispatcher", "incident.merge", FQ_E_CONFLICT, "countersign.open",
          "{\"id\":\"%s\",\"into\":\"%s\"}", i, into);
  char k[FQ_ID_MAX];
  keep(k, fq_json_str(fq_json_first(fq_json_get(incident(i), "countersigns")), "id"));
  act("dispatcher", "countersign.withdraw", "{\"id\":\"%s\",\"reason\":\"不用签了\"}", k);
  act("dispatcher", "incident.merge", "{\"id\":\"%s\",\"into\":\"%s\"}", i, into);
  assert_string_equal(request_state(r), "lapsed");
  at(2 * HOUR);
  assert_int_equal(entries("countersign.overdue"), 0);
  rebuild_gives_the_same();
}

/* ---- verified, closed ---------------------------------------------------------------------------- */

static void four_eyes(void **state) {
  char i[FQ_ID_MAX], t[FQ_ID_MAX];
  keep(i, report("officer-a1", GRID_A1, "fire"));
  keep(t, task_for(i, "director-a"));
  finish_task("director-a", t);
  refused("director-a", "incident.verify", FQ_E_FORBIDDEN, "incident.four_eyes",
          "{\"id\":\"%s\",\"pass\":true}", i);
  act("director-a", "incident.verify", "{\"id\":\"%s\",\"pass\":false}", i); /* against himself he may say */
  /* of this round: what he did before does not count */
  keep(t, task_for(i, "officer-b1"));
  finish_task("officer-b1", t);
  act("director-a", "incident.verify", "{\"id\":\"%s\",\"pass\":true}", i);
  /* who writes down what an officer says on the radio has not done his work */
  keep(i, report("officer-a1", GRID_A1, "fire"));
  keep(t, task_for(i, "officer-b1"));
  finish_task("dispatcher", t);
  act("dispatcher", "incident.verify", "{\"id\":\"%s\",\"pass\":true}", i);
  /* a unit's work is that of who finished it; a solved report that of its reporter */
  keep(i, report("officer-a1", GRID_A1, "fire"));
  act("dispatcher", "incident.dispatch", "{\"id\":\"%s\",\"to\":[{\"unit\":\"" TOWN_A "\"}]}", i);
  keep(t, fq_json_as_str(fq_json_first(fq_json_get(w.result, "tasks"))));
  finish_task("director-a", t);
  refused("director-a", "incident.verify", FQ_E_FORBIDDEN, "incident.four_eyes",
          "{\"id\":\"%s\",\"pass\":true}", i);
  act("dispatcher", "incident.report",
      "{\"category\":\"fire\",\"title\":\"x\",\"grid\":\"" GRID_A1 "\",\"solved\":true}");
  keep(i, fq_json_str(w.result, "id"));
  refused("dispatcher", "incident.verify", FQ_E_FORBIDDEN, "incident.four_eyes",
          "{\"id\":\"%s\",\"pass\":true}", i);
  act("commander", "incident.verify", "{\"id\":\"%s\",\"pass\":true}", i);
  rebuild_gives_the_same();
}

static void solved(char i[FQ_ID_MAX]) {
  act("officer-a1", "incident.report",
      "{\"category\":\"fire\",\"title\":\"x\",\"grid\":\"" GRID_A1 "\",\"solved\":true}");
  keep(i, fq_json_str(w.result, "id"));
  act("dispatcher", "incident.verify", "{\"id\":\"%s\",\"pass\":true}", i);
}

static void closing_classes(void **state) {
  char i[FQ_ID_MAX];
  solved(i);
  act("dispatcher", "incident.close", "{\"id\":\"%s\",\"class\":\"任何话\"}", i); /* no dictionary: any */
  act("admin", "pack.deploy",
      "{\"pack\":\"c\",\"files\":{\"pack.lua\":\"name = 'c' version = '1' policies = {}\","
      "\"dictionaries/closing.csv\":\"code,zh,en\\nresolved,就地化解,Resolved\\nfalse_alarm,误报,False "
      "alarm\\n\"}}");
  solved(i);
  refused("dispatcher", "incident.close", FQ_E_PARAMS, "closing.unknown", "{\"id\":\"%s\",\"class\":\"x\"}",
          i);
  assert_string_equal(w.error.path, "params.class");
  assert_non_null(strstr(w.error.en, "resolved false_alarm"));
  act("dispatcher", "incident.close", "{\"id\":\"%s\",\"class\":\"resolved\"}", i);
  assert_non_null(strstr(entry("incident.closed", "data"), "就地化解"));
  solved(i);
  act("dispatcher", "incident.close", "{\"id\":\"%s\"}", i); /* a class need not be given */
}

/* ---- two at one thing ---------------------------------------------------------------------------- */

static void the_second_is_told(void **state) {
  char i[FQ_ID_MAX], t[FQ_ID_MAX];
  keep(i, report("officer-a1", GRID_A1, "fire"));
  act("system", "user.add",
      "{\"name\":\"director-a\",\"display\":\"李主任\",\"org\":\"" TOWN_A "\",\"roles\":[\"director\"]}");
  at(5 * SECOND);
  act("director-a", "incident.accept", "{\"id\":\"%s\",\"rev\":1}", i);
  at(17 * SECOND);
  refused("dispatcher", "incident.void", FQ_E_CONFLICT, "rev.stale",
          "{\"id\":\"%s\",\"reason\":\"x\",\"rev\":1}", i);
  assert_int_equal(w.error.rev, 2);
  assert_string_equal(w.error.zh, "您看到的是第 1 版,现为第 2 版,状态已受理。此间 李主任 12 秒前:事件受理");
  assert_string_equal(
      w.error.en,
      "you saw revision 1, it is at 2 now, accepted. Since then: 李主任, 12 s ago: incident accepted");
  /* what a task did counts, what is no change of it does not; at most the last three */
  keep(t, task_for(i, "officer-b1"));
  act("officer-b1", "task.seen", "{\"id\":\"%s\"}", t);
  act("officer-b1", "task.accept", "{\"id\":\"%s\"}", t);
  refused("dispatcher", "incident.suspend", FQ_E_CONFLICT, "rev.stale",
          "{\"id\":\"%s\",\"reason\":\"x\",\"rev\":2}", i);
  assert_non_null(
      strstr(w.error.en, "officer-b1, just now: task accepted; dispatcher, just now: incident disp"));
  assert_null(strstr(w.error.en, "seen;"));
  refused("officer-b1", "task.arrive", FQ_E_CONFLICT, "rev.stale", "{\"id\":\"%s\",\"rev\":2}", t);
  assert_non_null(strstr(w.error.zh, "officer-b1 刚才:接单"));
  assert_non_null(strstr(w.error.zh, "状态已接单"));
  act("policy/three", "incident.urge", "{\"id\":\"%s\"}", i);
  refused("dispatcher", "incident.suspend", FQ_E_CONFLICT, "rev.stale",
          "{\"id\":\"%s\",\"reason\":\"x\",\"rev\":4}", i);
  assert_non_null(strstr(w.error.zh, "规则 three 刚才:催办"));
  /* a revision nobody has seen yet */
  refused("dispatcher", "incident.suspend", FQ_E_CONFLICT, "rev.stale",
          "{\"id\":\"%s\",\"reason\":\"x\",\"rev\":99}", i);
  assert_null(strstr(w.error.en, "Since"));
}

/* ---- policies, the tables as data ---------------------------------------------------------------- */

static void granted_by_a_policy(void **state) {
  char i[FQ_ID_MAX], t[FQ_ID_MAX];
  act("admin", "pack.deploy",
      "{\"pack\":\"x\",\"files\":{\"pack.lua\":\"name = 'x' version = '1' policies = { 'policies/p.lua' "
      "}\",\"policies/p.lua\":\""
      "return policy { name = 'x', on = { ['request.asked'] = function(e, view)"
      " if e.what == 'suspend' then return refuse_request(e.request, '不许') end"
      " if #view.requests(e.incident) > 1 then return refuse_request(e.request, '只此一次') end"
      " return grant(e.request, { by = minutes(30), note = '半小时以内自动批准' }) end,"
      " ['incident.reported'] = function(e) return { transfer(e.incident, '430525', '归县里'),"
      " send_down(e.incident, 'township', '归镇里'),"
      " countersign(e.incident, { '430525-D01' }, '请签', { within = hours(1) }) } end } }\"}}");
  at_work(i, t, HOUR);
  owner_is(i, "township", TOWN_A);
  assert_int_equal(entries("countersign.asked"), 1);
  ask_extension("officer-b1", i, HOUR);
  assert_string_equal(entry("request.granted", "actor"), "policy/x");
  assert_int_equal(due(i, "p", "c"), 90 * MINUTE);
  ask_extension("officer-b1", i, HOUR);
  assert_int_equal(entries("request.refused"), 1);
  act("officer-b1", "incident.ask_suspend", "{\"id\":\"%s\",\"reason\":\"x\"}", i);
  assert_int_equal(entries("request.refused"), 2);
  assert_int_equal(entries("policy.refused") + entries("policy.failed"), 0);
}

static void the_tables_as_data(void **state) {
  const fq_json *r = act("officer-a1", "dispatch.states", "{}");
  assert_int_equal(fq_json_size(fq_json_get(r, "states")), 11);
  assert_int_equal(fq_json_size(fq_json_get(r, "task_states")), 10);
  int passed = 0;
  fq_json_each(v, fq_json_get(r, "verbs")) {
    const fq_json *steps = fq_json_get(v, "steps");
    if (!strcmp(fq_json_str(v, "name"), "close")) {
      assert_string_equal(fq_json_str(steps, "verified"), "closed");
      assert_int_equal(fq_json_size(steps), 1);
      passed++;
    } else if (!strcmp(fq_json_str(v, "name"), "resume")) {
      assert_string_equal(fq_json_str(steps, "suspended"), "before");
      passed++;
    } else if (!strcmp(fq_json_str(v, "name"), "verify")) {
      bool pass = fq_json_bool(v, "pass", false);
      assert_string_equal(fq_json_str(steps, "handled"), pass ? "verified" : "accepted");
      passed++;
    }
  }
  assert_int_equal(passed, 4);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, world_open_on_disk, world_close)
#define P(fn) cmocka_unit_test_setup_teardown(fn, world_open_with_policies, world_close)
int main(void) {
  const struct CMUnitTest tests[] = {
      T(handed_to_another_unit),
      T(sent_down),
      T(reported_over_a_level),
      T(an_extension_granted),
      T(granted_late),
      T(granted_within_the_grace),
      T(extension_of_what),
      T(nobody_grants_his_own),
      T(refused_and_withdrawn),
      T(listed_page_by_page),
      T(a_suspension_asked_for),
      T(asked_too_long_ago),
      T(by_the_desk_until),
      T(closed_and_rated),
      T(files),
      T(signed_by_units),
      T(a_countersign_withdrawn),
      T(nothing_is_owed_about_a_merged_one),
      T(four_eyes),
      P(closing_classes),
      T(the_second_is_told),
      P(granted_by_a_policy),
      T(the_tables_as_data),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
