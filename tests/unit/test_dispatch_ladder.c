/* Ladders as data, responsibility bindings, and the ladder that climbs by itself. */
#include <stdio.h>
#include <string.h>

#include "dispatch_world.h"

#define POST "430525100000-P1"
#define SIX                                                                                                  \
  "{\"name\":\"six\",\"title\":\"六长\",\"rungs\":["                                                       \
  "{\"level\":\"household\",\"title\":\"户长\",\"find\":\"binding:household\",\"wait_ms\":300000},"        \
  "{\"level\":\"courtyard\",\"title\":\"院落长\",\"find\":\"binding:courtyard\"},"                        \
  "{\"level\":\"grid\",\"title\":\"网格长\",\"find\":\"binding:grid_head unit:grid\"},"                   \
  "{\"level\":\"village\",\"title\":\"村长\",\"find\":\"binding:village_head unit:village\"},"             \
  "{\"level\":\"police_post\",\"title\":\"派出所所长\",\"find\":\"unit:police_post\","                  \
  "\"roles\":[\"department\",\"director\"]},"                                                                \
  "{\"level\":\"township\",\"title\":\"乡长\",\"find\":\"unit:township\"},"                                \
  "{\"level\":\"county\",\"title\":\"县\",\"find\":\"unit:county\"}]}"

static void bind(const char *kind, const char *holder, const char *subject) {
  act("admin", "binding.set", "{\"kind\":\"%s\",\"holder\":\"%s\",\"subject\":\"%s\"}", kind, holder,
      subject);
}

/* Household 12 in the east courtyard of grid A1: a3 heads the household (he never signed on), a2 the
 * courtyard. */
static void six(void) {
  act("admin", "ladder.set", SIX);
  bind("household", "officer-a3", GRID_A1 "/东院/12");
  bind("courtyard", "officer-a2", GRID_A1 "/东院");
}

static const char *at_household(void) {
  static char id[FQ_ID_MAX];
  act("dispatcher", "incident.report",
      "{\"category\":\"dispute\",\"title\":\"漏水\",\"grid\":\"%s\",\"address\":\"%s/东院/12\"}", GRID_A1,
      GRID_A1);
  snprintf(id, sizeof id, "%s", fq_json_str(w.result, "id"));
  return id;
}

static void climb(const char *id) {
  act("policy/six-rungs", "incident.climb", "{\"id\":\"%s\",\"ladder\":\"six\"}", id);
}

static void owned_by(const char *id, const char *level, const char *org) {
  const fq_json *owner = fq_json_get(incident(id), "owner");
  assert_string_equal(fq_json_str(owner, "level"), level);
  assert_string_equal(fq_json_str(owner, "org"), org);
}

static const char *asked(const char *id) {
  static char user[FQ_ID_MAX];
  const char *s = fq_json_str(fq_json_get(incident(id), "climb"), "asked");
  snprintf(user, sizeof user, "%s", s ? s : "");
  return user;
}

static bool climbing(const char *id) {
  return fq_json_get(incident(id), "climb") != NULL;
}

/* ---- ladders as data --------------------------------------------------------------------------------------
 */

static void as_data(void **state) {
  const char *bad = "{\"name\":\"x\",\"title\":\"x\",\"rungs\":[%s]}";
  refused("admin", "ladder.set", FQ_E_PARAMS, "ladder.order", bad,
          "{\"level\":\"village\",\"title\":\"村\",\"find\":\"unit:village\"},"
          "{\"level\":\"grid\",\"title\":\"格\",\"find\":\"unit:grid\"}");
  refused("admin", "ladder.set", FQ_E_PARAMS, "ladder.order", bad,
          "{\"level\":\"grid\",\"title\":\"格\",\"find\":\"unit:grid\"},"
          "{\"level\":\"grid\",\"title\":\"格\",\"find\":\"unit:grid\"}");
  refused("admin", "ladder.set", FQ_E_PARAMS, "ladder.find", bad,
          "{\"level\":\"grid\",\"title\":\"格\",\"find\":\"somebody\"}");
  refused("admin", "ladder.set", FQ_E_PARAMS, "binding.kind", bad,
          "{\"level\":\"grid\",\"title\":\"格\",\"find\":\"unit:grid binding:grid_haed\"}");
  assert_string_equal(w.error.path, "params.rungs[0].find");
  refused("admin", "ladder.set", FQ_E_CONFLICT, "ladder.builtin",
          "{\"name\":\"default\",\"title\":\"x\",\"rungs\":[{\"level\":\"grid\",\"title\":\"格\",\"find\":"
          "\"unit:grid\"}]}");
  act("admin", "ladder.set", SIX);
  act("admin", "ladder.set", SIX); /* with each deployment: nothing new */
  assert_int_equal(entries("ladder.set"), 1);
  const fq_json *rows = fq_json_get(act("dispatcher", "ladder.list", "{}"), "rows");
  assert_int_equal(fq_json_size(rows), 2);
  assert_string_equal(fq_json_str(fq_json_first(rows), "name"), "default");
  assert_int_equal(fq_json_size(fq_json_get(fq_json_next(fq_json_first(rows)), "rungs")), 7);
}

static void bindings(void **state) {
  six();
  refused("admin", "binding.set", FQ_E_CONFLICT, "binding.taken",
          "{\"kind\":\"courtyard\",\"holder\":\"officer-a1\",\"subject\":\"" GRID_A1 "/东院\"}");
  assert_non_null(strstr(w.error.zh, "officer-a2"));
  assert_non_null(strstr(w.error.en, "officer-a2"));
  refused("admin", "binding.set", FQ_E_PARAMS, "user.unknown",
          "{\"kind\":\"grid_head\",\"holder\":\"nobody\",\"subject\":\"" GRID_A1 "\"}");
  refused("admin", "binding.set", FQ_E_PARAMS, "subject.unknown",
          "{\"kind\":\"grid_head\",\"holder\":\"officer-a1\",\"subject\":\"430525999999\"}");
  refused("admin", "binding.set", FQ_E_PARAMS, "binding.kind",
          "{\"kind\":\"uncle\",\"holder\":\"officer-a1\",\"subject\":\"" GRID_A1 "\"}");
  refused("admin", "binding.set", FQ_E_PARAMS, "binding.subject",
          "{\"kind\":\"household\",\"holder\":\"officer-a1\",\"subject\":\"" GRID_A1 "\"}");
  refused("admin", "binding.set", FQ_E_PARAMS, "binding.times",
          "{\"kind\":\"grid_head\",\"holder\":\"officer-a1\",\"subject\":\"" GRID_A1
          "\",\"from\":\"2026-12-02T00:00:00Z\",\"until\":\"2026-12-01T00:00:00Z\"}");
  /* a township binds within the township */
  refused("director-b", "binding.set", FQ_E_FORBIDDEN, "scope",
          "{\"kind\":\"grid_head\",\"holder\":\"officer-b1\",\"subject\":\"" GRID_A1 "\"}");
  act("director-a", "binding.set",
      "{\"kind\":\"grid_head\",\"holder\":\"officer-a1\",\"subject\":\"" GRID_A1
      "\",\"until\":\"2026-12-01T00:00:00Z\",\"note\":\"试用\"}");
  char id[FQ_ID_MAX];
  snprintf(id, sizeof id, "%s", fq_json_str(w.result, "id"));
  assert_string_equal(entry("binding.set", "audience"), "user/officer-a1");
  refused("director-b", "binding.end", FQ_E_FORBIDDEN, "org.foreign", "{\"id\":\"%s\"}", id);
  /* one after the other is no overlap; the second is changed in place */
  act("director-a", "binding.set",
      "{\"kind\":\"grid_head\",\"holder\":\"officer-a2\",\"subject\":\"" GRID_A1
      "\",\"from\":\"2026-12-01T00:00:00Z\"}");
  refused("director-a", "binding.set", FQ_E_CONFLICT, "binding.taken",
          "{\"id\":\"%s\",\"kind\":\"grid_head\",\"holder\":\"officer-a1\",\"subject\":\"" GRID_A1
          "\",\"until\":\"2026-12-02T00:00:00Z\"}",
          id);
  /* many may be bound to one village, nobody twice */
  act("admin", "binding.set",
      "{\"kind\":\"county_leader\",\"holder\":\"commander\",\"subject\":\"430525100201\"}");
  act("admin", "binding.set",
      "{\"kind\":\"county_leader\",\"holder\":\"dispatcher\",\"subject\":\"430525100201\"}");
  refused("admin", "binding.set", FQ_E_CONFLICT, "binding.taken",
          "{\"kind\":\"county_leader\",\"holder\":\"commander\",\"subject\":\"430525100201\"}");
  /* lists: in force at a time, by subject, in pages, within reach, one's own */
  const fq_json *r = act("director-a", "binding.list", "{\"subject\":\"" GRID_A1 "\"}");
  assert_int_equal(fq_json_size(fq_json_get(r, "rows")), 2);
  r = act("director-a", "binding.list", "{\"subject\":\"" GRID_A1 "\",\"at\":\"2026-12-05T00:00:00Z\"}");
  assert_int_equal(fq_json_size(fq_json_get(r, "rows")), 1);
  assert_string_equal(fq_json_str(fq_json_first(fq_json_get(r, "rows")), "kind_zh"), "网格长");
  assert_int_equal(fq_json_size(fq_json_get(act("director-b", "binding.list", "{}"), "rows")), 0);
  assert_int_equal(fq_json_size(fq_json_get(act("officer-a2", "binding.list", "{}"), "rows")), 2);
  size_t pages = 0, seen = 0;
  char after[FQ_ID_MAX] = "b0";
  for (const char *next = after; next; pages++) {
    r = act("dispatcher", "binding.list", "{\"limit\":2,\"after\":\"%s\"}", next);
    seen += fq_json_size(fq_json_get(r, "rows"));
    next = fq_json_str(r, "next");
    if (next) next = strcpy(after, next);
  }
  assert_int_equal(seen, 6);
  assert_int_equal(pages, 3);
  at(MINUTE);
  refused("director-a", "binding.end", FQ_E_PARAMS, "binding.times",
          "{\"id\":\"%s\",\"at\":\"2026-11-21T00:00:00Z\"}", id);
  act("director-a", "binding.end", "{\"id\":\"%s\"}", id);
  refused("director-a", "binding.end", FQ_E_CONFLICT, "binding.closed", "{\"id\":\"%s\"}", id);
  refused("director-a", "binding.end", FQ_E_NOT_FOUND, "binding.unknown", "{\"id\":\"b999999\"}");
  rebuild_gives_the_same();
}

/* ---- climbing --------------------------------------------------------------------------------------------
 */

static void rung_by_rung(void **state) {
  six();
  act("admin", "fallback.set", "{\"org\":\"430525\",\"owner\":\"430525-D01\"}");
  const char *id = at_household();
  climb(id);
  /* the household's head is off duty: skipped at once; the courtyard's is asked, for ten minutes */
  owned_by(id, "courtyard", GRID_A1);
  assert_string_equal(asked(id), "officer-a2");
  assert_non_null(strstr(entry("ladder.started", "data"), "\"skipped\":[{\"level\":\"household\""));
  assert_non_null(strstr(entry("ladder.started", "data"), "\"why_zh\":\"不在岗\""));
  assert_non_null(strstr(entry("ladder.started", "audience"), "user/officer-a2"));
  /* who is asked may look at it, others at the grid may not */
  act("officer-a2", "incident.get", "{\"id\":\"%s\"}", id);
  refused("officer-a1", "incident.get", FQ_E_FORBIDDEN, "incident.foreign", "{\"id\":\"%s\"}", id);
  assert_int_equal(fq_json_size(fq_json_get(act("officer-a2", "ladder.mine", "{}"), "rows")), 1);
  assert_int_equal(fq_json_size(fq_json_get(act("officer-a1", "ladder.mine", "{}"), "rows")), 0);
  climb(id); /* it runs already */
  assert_true(fq_json_bool(w.result, "running", false));
  assert_int_equal(entries("ladder.started"), 1);
  at(10 * MINUTE - 1);
  owned_by(id, "courtyard", GRID_A1);
  at(10 * MINUTE);
  owned_by(id, "grid", GRID_A1);
  assert_string_equal(asked(id), "officer-a1");
  const char *data = entry("incident.escalated", "data");
  assert_non_null(strstr(data, "\"by_itself\":true"));
  assert_non_null(strstr(data, "\"title\":\"网格长\""));
  at(20 * MINUTE); /* no village head, no police post: skipped */
  owned_by(id, "township", "430525100000");
  assert_non_null(strstr(entry("incident.escalated", "data"), "\"skipped\":[{\"level\":\"village\""));
  assert_non_null(strstr(entry("incident.escalated", "data"), "\"level\":\"police_post\""));
  at(30 * MINUTE);
  owned_by(id, "county", "430525");
  at(40 * MINUTE); /* the top, and nobody has answered: whoever owns what nobody owns */
  owned_by(id, "county", "430525-D01");
  assert_non_null(strstr(entry("incident.escalated", "data"), "\"fallback\":true"));
  assert_non_null(strstr(entry("incident.escalated", "audience"), "unit/430525-D01"));
  assert_false(climbing(id));
  at(3 * HOUR);
  assert_int_equal(entries("incident.escalated"), 4);
  assert_int_equal(entries("ladder.stopped"), 0);
  rebuild_gives_the_same();
}

/* Without a fallback owner the top keeps it, and the ladder says that it has ended. */
static void at_the_top(void **state) {
  six();
  const char *id = at_household();
  act("dispatcher", "incident.climb",
      "{\"id\":\"%s\",\"ladder\":\"six\",\"from\":\"township\",\"wait_ms\":60000}", id);
  owned_by(id, "township", "430525100000");
  at(MINUTE);
  owned_by(id, "county", "430525");
  at(2 * MINUTE);
  assert_int_equal(entries("ladder.stopped"), 1);
  assert_non_null(strstr(entry("ladder.stopped", "data"), "\"why\":\"top\""));
  owned_by(id, "county", "430525");
  assert_false(climbing(id));
}

static void nobody_at_all(void **state) {
  six();
  static const char *const all[] = {"officer-a1", "officer-a2", "director-a", "dispatcher", "commander"};
  for (size_t x = 0; x < 5; x++)
    act("system", "duty.end", "{\"user\":\"%s\"}", all[x]);
  const char *id = at_household();
  owned_by(id, "county", "430525"); /* somebody's name has to stand on it */
  climb(id);
  owned_by(id, "county", "430525");
  assert_non_null(strstr(entry("ladder.started", "data"), "\"fallback\":true"));
  assert_false(climbing(id));
  /* with a fallback owner for the township: his, from the report on */
  act("admin", "fallback.set", "{\"org\":\"430525100000\",\"owner\":\"430525-D01\"}");
  id = at_household();
  owned_by(id, "county", "430525-D01");
  climb(id);
  owned_by(id, "county", "430525-D01");
  act("admin", "fallback.set", "{\"org\":\"430525100000\"}");
  id = at_household();
  owned_by(id, "county", "430525");
  refused("admin", "fallback.set", FQ_E_PARAMS, "org.unknown", "{\"org\":\"430525\",\"owner\":\"x\"}");
  refused("admin", "fallback.set", FQ_E_PARAMS, "org.unknown", "{\"org\":\"x\",\"owner\":\"430525\"}");
  rebuild_gives_the_same();
}

static void answered(void **state) {
  six();
  char i[FQ_ID_MAX];
  /* accepted by the desk */
  snprintf(i, sizeof i, "%s", at_household());
  climb(i);
  at(5 * MINUTE);
  act("dispatcher", "incident.accept", "{\"id\":\"%s\"}", i);
  assert_false(climbing(i));
  refused("dispatcher", "incident.climb", FQ_E_CONFLICT, "incident.state",
          "{\"id\":\"%s\",\"ladder\":\"six\"}", i);
  /* somebody is sent */
  snprintf(i, sizeof i, "%s", at_household());
  climb(i);
  task_for(i, "officer-b1");
  assert_false(climbing(i));
  /* suspended, returned, voided */
  static const char *const verbs[] = {"incident.suspend", "incident.return", "incident.void"};
  for (size_t x = 0; x < 3; x++) {
    snprintf(i, sizeof i, "%s", at_household());
    climb(i);
    act("dispatcher", verbs[x], "{\"id\":\"%s\",\"reason\":\"x\"}", i);
    assert_false(climbing(i));
  }
  /* merged into another: that one is somebody's already */
  char other[FQ_ID_MAX];
  snprintf(other, sizeof other, "%s", at_household());
  snprintf(i, sizeof i, "%s", at_household());
  climb(i);
  act("dispatcher", "incident.merge", "{\"id\":\"%s\",\"into\":\"%s\"}", i, other);
  assert_false(climbing(i));
  /* 我来办: only who is asked */
  snprintf(i, sizeof i, "%s", at_household());
  climb(i);
  refused("officer-a1", "ladder.take", FQ_E_FORBIDDEN, "ladder.foreign", "{\"id\":\"%s\"}", i);
  act("officer-a2", "ladder.take", "{\"id\":\"%s\",\"note\":\"我在隔壁\"}", i);
  state_is(i, "handling");
  assert_false(climbing(i));
  refused("dispatcher", "ladder.take", FQ_E_CONFLICT, "ladder.none", "{\"id\":\"%s\"}", i);
  at(2 * HOUR);
  assert_int_equal(entries("incident.escalated"), 0);
  assert_int_equal(entries("ladder.stopped"), 0);
  rebuild_gives_the_same();
}

/* The timer is due in the very tick that brings the answer: commands come first. And an answer that is late.
 */
static void in_the_same_tick(void **state) {
  six();
  char i[FQ_ID_MAX];
  snprintf(i, sizeof i, "%s", at_household());
  climb(i);
  fq_kernel_set_time(w.kernel, w.t0_ms + 10 * MINUTE); /* due, not fired */
  act("director-a", "incident.accept", "{\"id\":\"%s\"}", i);
  at(10 * MINUTE);
  at(HOUR);
  owned_by(i, "courtyard", GRID_A1);
  assert_int_equal(entries("incident.escalated"), 0);
}

static void by_hand(void **state) {
  six();
  char i[FQ_ID_MAX];
  snprintf(i, sizeof i, "%s", at_household());
  climb(i);
  at(8 * MINUTE);
  act("officer-a2", "incident.escalate", "{\"id\":\"%s\",\"to\":\"township\",\"reason\":\"管不了\"}", i);
  owned_by(i, "township", "430525100000");
  at(17 * MINUTE); /* the township has its own ten minutes */
  owned_by(i, "township", "430525100000");
  at(18 * MINUTE);
  owned_by(i, "county", "430525");
  rebuild_gives_the_same();
}

/* The server was down while three rungs would have passed: one is asked when it is back, with its full wait.
 */
static void late(void **state) {
  six();
  char i[FQ_ID_MAX];
  snprintf(i, sizeof i, "%s", at_household());
  climb(i);
  wake_at(35 * MINUTE);
  owned_by(i, "grid", GRID_A1);
  assert_non_null(strstr(entry("incident.escalated", "data"), "\"late_ms\":1500000"));
  at(45 * MINUTE - 1);
  owned_by(i, "grid", GRID_A1);
  at(45 * MINUTE);
  owned_by(i, "township", "430525100000");
}

static void deputy_takes_the_rung(void **state) {
  six();
  act("director-a", "leave.set",
      "{\"user\":\"officer-a2\",\"from\":\"2026-11-21T00:00:00Z\",\"until\":\"2026-11-25T00:00:00Z\","
      "\"deputy\":\"officer-a1\",\"reason\":\"探亲\"}");
  char i[FQ_ID_MAX];
  snprintf(i, sizeof i, "%s", at_household());
  climb(i);
  owned_by(i, "courtyard", GRID_A1);
  assert_string_equal(asked(i), "officer-a1");
  assert_non_null(strstr(entry("ladder.started", "data"), "\"instead_of\":\"officer-a2\""));
  assert_non_null(strstr(entry("ladder.started", "data"), "\"deputy\":\"officer-a1\""));
  act("officer-a1", "ladder.take", "{\"id\":\"%s\"}", i);
  /* his deputy is away as well: the rung is empty */
  act("officer-a1", "duty.end", "{}");
  snprintf(i, sizeof i, "%s", at_household());
  climb(i);
  owned_by(i, "township", "430525100000");
  assert_non_null(strstr(entry("ladder.started", "data"), "请假至"));
  rebuild_gives_the_same();
}

static void what_is_refused(void **state) {
  six();
  char i[FQ_ID_MAX];
  snprintf(i, sizeof i, "%s", report("officer-a1", GRID_A1, "fire"));
  refused("dispatcher", "incident.climb", FQ_E_PARAMS, "ladder.unknown",
          "{\"id\":\"%s\",\"ladder\":\"seven\"}", i);
  refused("dispatcher", "incident.climb", FQ_E_NOT_FOUND, "incident.unknown",
          "{\"id\":\"i99999\",\"ladder\":\"six\"}");
  refused("director-b", "incident.climb", FQ_E_FORBIDDEN, "scope", "{\"id\":\"%s\",\"ladder\":\"six\"}", i);
  refused("dispatcher", "incident.climb", FQ_E_PARAMS, "params.range",
          "{\"id\":\"%s\",\"ladder\":\"six\",\"wait_ms\":1}", i);
  /* no address: the household and the courtyard are not there, the grid is asked */
  climb(i);
  owned_by(i, "grid", GRID_A1);
  /* a wait of its own for a rung */
  snprintf(i, sizeof i, "%s", report("officer-a1", GRID_A1, "fire"));
  act("policy/p", "incident.climb",
      "{\"id\":\"%s\",\"ladder\":\"six\",\"wait_ms\":60000,\"waits\":{\"grid\":120000},\"address\":\"" GRID_A1
      "/东院/99\"}",
      i);
  owned_by(i, "courtyard", GRID_A1); /* the address of the call */
  at(MINUTE);
  owned_by(i, "grid", GRID_A1);
  at(3 * MINUTE - 1);
  owned_by(i, "grid", GRID_A1);
  at(3 * MINUTE);
  owned_by(i, "township", "430525100000");
}

/* ---- who answers for it
 * ------------------------------------------------------------------------------------ */

static const fq_json *rung_of(const fq_json *who, const char *level) {
  fq_json_each(r, fq_json_get(who, "rungs")) if (!strcmp(fq_json_str(r, "level"), level)) return r;
  fail_msg("no rung %s", level);
  return NULL;
}

static const char *answers(const fq_json *who, const char *level) {
  return fq_json_str(fq_json_get(rung_of(who, level), "answers"), "user");
}

static void who_answers(void **state) {
  six();
  act("system", "org.import",
      "{\"units\":[{\"id\":\"" POST
      "\",\"parent\":\"430525100000\",\"kind\":\"police_post\",\"name\":\"甲派出所\"},"
      "{\"id\":\"" POST "x\",\"parent\":\"430525100000\",\"kind\":\"police_post\",\"name\":\"乙派出所\"}]}");
  act("system", "user.add", "{\"name\":\"police-1\",\"org\":\"" POST "\",\"roles\":[\"department\"]}");
  act("system", "user.add",
      "{\"name\":\"police-2\",\"org\":\"" POST "x\",\"roles\":[\"director\"],\"display\":\"王所长\"}");
  const char *ask = "{\"household\":\"" GRID_A1 "/东院/12\",\"ladder\":\"six\"}";
  const fq_json *r = act("dispatcher", "ladder.who", "%s", ask);
  assert_int_equal(fq_json_size(fq_json_get(r, "rungs")), 7);
  assert_string_equal(fq_json_str(fq_json_get(rung_of(r, "household"), "holder"), "user"), "officer-a3");
  assert_false(fq_json_bool(rung_of(r, "household"), "available", true));
  assert_string_equal(fq_json_str(rung_of(r, "household"), "why_en"), "off duty");
  assert_string_equal(answers(r, "courtyard"), "officer-a2");
  assert_string_equal(answers(r, "grid"), "officer-a1");
  assert_string_equal(fq_json_str(rung_of(r, "village"), "why_en"), "nobody there");
  assert_string_equal(answers(r, "police_post"), "police-1"); /* the township's first */
  assert_string_equal(answers(r, "township"), "director-a");
  assert_string_equal(fq_json_str(fq_json_get(r, "falls_to"), "level"), "courtyard");
  /* a binding says which post covers the village */
  bind("police_post", "police-2", "430525100201");
  r = act("dispatcher", "ladder.who", "%s", ask);
  assert_string_equal(answers(r, "police_post"), "police-2");
  assert_string_equal(fq_json_str(rung_of(r, "police_post"), "org"), POST "x");
  /* households that a courtyard has without its name in their code */
  act("admin", "binding.set",
      "{\"kind\":\"courtyard\",\"holder\":\"officer-b1\",\"subject\":\"" GRID_A1
      "/西院\",\"covers\":[\"" GRID_A1 "/7\"]}");
  r = act("dispatcher", "ladder.who", "{\"address\":\"" GRID_A1 "/7\",\"ladder\":\"six\"}");
  assert_string_equal(answers(r, "courtyard"), "officer-b1");
  /* at another time: after the leave begins, before the binding */
  act("director-a", "leave.set",
      "{\"user\":\"officer-a2\",\"from\":\"2026-11-23T00:00:00Z\",\"until\":\"2026-11-25T00:00:00Z\","
      "\"deputy\":\"officer-a1\",\"reason\":\"探亲\"}");
  r = act("dispatcher", "ladder.who",
          "{\"household\":\"" GRID_A1 "/东院/12\",\"ladder\":\"six\",\"at\":\"2026-11-23T12:00:00Z\"}");
  assert_string_equal(fq_json_str(fq_json_get(rung_of(r, "courtyard"), "deputy"), "user"), "officer-a1");
  assert_non_null(strstr(fq_json_str(rung_of(r, "courtyard"), "why_zh"), "请假至 11-25 08:00"));
  r = act("dispatcher", "ladder.who",
          "{\"household\":\"" GRID_A1 "/东院/12\",\"ladder\":\"six\",\"at\":\"2026-11-01T00:00:00Z\"}");
  assert_null(fq_json_get(rung_of(r, "courtyard"), "holder"));
  /* by place and by unit, on the built-in ladder */
  r = act("dispatcher", "ladder.who", "{\"place\":{\"lon\":110.521,\"lat\":27.1}}");
  assert_string_equal(fq_json_str(r, "grid"), GRID_A2);
  assert_string_equal(answers(r, "grid"), "officer-a2");
  r = act("director-b", "ladder.who", "{\"grid\":\"" GRID_B1 "\"}");
  assert_int_equal(fq_json_size(fq_json_get(r, "rungs")), 4);
  refused("director-b", "ladder.who", FQ_E_FORBIDDEN, "org.foreign", "{\"grid\":\"" GRID_A1 "\"}");
  refused("dispatcher", "ladder.who", FQ_E_PARAMS, "place.unknown", "{}");
  refused("dispatcher", "ladder.who", FQ_E_PARAMS, "place.unknown", "{\"household\":\"甲村12号\"}");
  refused("dispatcher", "ladder.who", FQ_E_PARAMS, "ladder.unknown",
          "{\"grid\":\"" GRID_A1 "\",\"ladder\":\"x\"}");
  rebuild_gives_the_same();
}

extern const struct fq_plugin dp_people_part;

static fq_json *view(const char *name, const char *args) {
  const struct fq_view_fn *f = dp_people_part.views;
  while (strcmp(f->name, name))
    f++;
  fq_json *list = fq_json_parse(args, strlen(args), NULL);
  struct fq_view v = {
      .db = fq_kernel_db(w.kernel), .self = w.self, .now_ms = w.t0_ms, .args = list, .error = &w.error};
  assert_int_equal(f->fn(&v), FQ_OK);
  fq_json_free(list);
  return v.answer;
}

static void for_policies(void **state) {
  char args[200];
  six();
  snprintf(args, sizeof args, "[\"%s\",\"six\"]", at_household());
  fq_json *r = view("who", args);
  assert_string_equal(answers(r, "courtyard"), "officer-a2");
  fq_json_free(r);
  r = view("who", "[\"" GRID_A1 "/东院/12\",\"six\"]");
  assert_string_equal(fq_json_str(fq_json_get(r, "falls_to"), "level"), "courtyard");
  fq_json_free(r);
  r = view("who", "[{\"lon\":110.52,\"lat\":27.1}]");
  assert_string_equal(fq_json_str(r, "grid"), GRID_A2);
  fq_json_free(r);
  assert_null(view("who", "[\"nowhere\"]"));
  r = view("roster", "[\"" GRID_A1 "\"]");
  assert_int_equal(fq_json_size(r), 1);
  assert_string_equal(fq_json_str(fq_json_first(r), "user"), "officer-a1");
  fq_json_free(r);
}

/* A unit cannot be moved below itself: the tree would have a ring nobody stands above. */
static void no_ring_in_the_tree(void **state) {
  refused("admin", "org.import", FQ_E_PARAMS, "org.cycle",
          "{\"units\":[{\"id\":\"430525100000\",\"parent\":\"430525100201\",\"kind\":\"township\",\"name\":"
          "\"甲镇\"}]}");
  assert_non_null(strstr(w.error.zh, "430525100201"));
  refused("admin", "org.import", FQ_E_PARAMS, "org.cycle",
          "{\"units\":[{\"id\":\"430525100000\",\"parent\":\"430525100000\",\"kind\":\"township\",\"name\":"
          "\"甲镇\"}]}");
  /* also when the ring closes only within one import */
  refused("admin", "org.import", FQ_E_PARAMS, "org.cycle",
          "{\"units\":[{\"id\":\"x\",\"parent\":\"430525100201\",\"kind\":\"team\",\"name\":\"队\"},"
          "{\"id\":\"430525100000\",\"parent\":\"x\",\"kind\":\"township\",\"name\":\"甲镇\"}]}");
  assert_int_equal(
      fq_json_size(fq_json_get(act("dispatcher", "ladder.who", "{\"grid\":\"" GRID_A1 "\"}"), "rungs")), 4);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, world_open, world_close)
#define D(fn) cmocka_unit_test_setup_teardown(fn, world_open_on_disk, world_close)
int main(void) {
  const struct CMUnitTest tests[] = {
      T(as_data),
      D(bindings),
      D(rung_by_rung),
      T(at_the_top),
      D(nobody_at_all),
      D(answered),
      T(late),
      D(by_hand),
      T(in_the_same_tick),
      T(what_is_refused),
      D(who_answers),
      D(deputy_takes_the_rung),
      T(for_policies),
      T(no_ring_in_the_tree),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
