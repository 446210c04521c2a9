/* Mediation: its stages, its ends, and that the parties' names reach nobody who need not know. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch_world.h"
#include "mediation/mediation.h"

static char i[FQ_ID_MAX], m[FQ_ID_MAX];

#define PARTIES                                                                                              \
  "\"parties\":[{\"name\":\"张三\",\"phone\":\"13812341234\",\"role\":\"申请人\"},"                     \
  "{\"name\":\"张三丰\",\"phone\":\"07391234567\"}]"

static void open_(void) {
  snprintf(i, sizeof i, "%s", report("officer-a1", GRID_A1, "dispute"));
  act("officer-a1", "mediation.open",
      "{\"incident\":\"%s\",\"kind\":\"people\",\"class\":\"family\"," PARTIES ",\"note\":\"张三来访\"}", i);
  snprintf(m, sizeof m, "%s", fq_json_str(w.result, "id"));
}

static const fq_json *get(const char *who) {
  return act(who, "mediation.get", "{\"id\":\"%s\"}", m);
}
static void is(const char *state) {
  assert_string_equal(fq_json_str(get("dispatcher"), "state"), state);
}
static const char *name(const char *who) {
  return fq_json_str(fq_json_first(fq_json_get(get(who), "parties")), "name");
}
static void to_stage(const char *stage, const char *more) {
  act("officer-a1", "mediation.stage", "{\"id\":\"%s\",\"stage\":\"%s\",\"text\":\"谈过\"%s}", m, stage,
      more);
}

/* ---- the step table, masks ------------------------------------------------------------------------- */

static void the_table(void **state) {
  for (int v = 0; v < DP_MEDIATION_VERB_COUNT; v++) {
    enum dp_mediation_verb verb = (enum dp_mediation_verb)v;
    assert_int_not_equal(dp_mediation_next(verb, DP_MED_OPEN), DP_MED_NO);
    assert_int_equal(dp_mediation_next(verb, DP_MED_SETTLED), DP_MED_NO);
    assert_int_equal(dp_mediation_next(verb, DP_MED_WITHDRAWN), DP_MED_NO);
    assert_int_equal(dp_mediation_next(verb, DP_MED_TO_COURT), DP_MED_NO);
    assert_int_equal(dp_mediation_next(verb, DP_MED_FAILED),
                     verb == DP_MV_TO_COURT ? DP_MED_TO_COURT : DP_MED_NO);
  }
}

static void masked_is(const char *text, const char *expected) {
  const char *list =
      "[{\"name\":\"张三\",\"phone\":\"13812341234\"},{\"name\":\"张三丰\"},{\"name\":\"李\"}]";
  fq_json *parties = fq_json_parse(list, strlen(list), NULL);
  char *masked = dp_mask_text(text, parties);
  assert_string_equal(masked, expected);
  free(masked);
  fq_json_free(parties);
}

static void masks(void **state) {
  char out[32];
  dp_mask_name(out, "张三");
  assert_string_equal(out, "张*");
  dp_mask_name(out, "Smith");
  assert_string_equal(out, "S*");
  dp_mask_phone(out, "13812341234");
  assert_string_equal(out, "138****1234");
  dp_mask_phone(out, "12345");
  assert_string_equal(out, "****");
  masked_is("张三与张三丰争地", "张*与张*争地");
  masked_is("电话13812341234,或13912345678", "电话138****1234,或139****5678");
  masked_is("身份证430525199001011234。", "身份证430****1234。");
  masked_is("李家赔 5000 元,2026 年", "李家赔 5000 元,2026 年");
  masked_is("", "");
}

/* ---- stories ------------------------------------------------------------------------------------- */

static void settled(void **state) {
  open_();
  assert_string_equal(fq_json_str(w.result, "stage"), "receive");
  to_stage("listen", ",\"tags\":[\"feeling\"]");
  to_stage("guide", ""); /* study was not needed */
  assert_non_null(strstr(entry("mediation.moved", "data"), "\"skipped\":[\"study\"]"));
  refused("officer-a1", "mediation.stage", FQ_E_PARAMS, "mediation.back",
          "{\"id\":\"%s\",\"stage\":\"study\",\"text\":\"x\"}", m);
  to_stage("study", ",\"reason\":\"又有新情况\"");
  assert_non_null(strstr(entry("mediation.moved", "data"), "\"back\":true"));
  refused("officer-a1", "mediation.settle", FQ_E_PARAMS, "mediation.level",
          "{\"id\":\"%s\",\"outcome\":\"settled\"}", m);
  act("officer-a1", "mediation.settle",
      "{\"id\":\"%s\",\"outcome\":\"settled\",\"level\":\"village\",\"agreement\":\"张三补偿张三丰五百元\","
      "\"satisfied\":true,\"text\":\"双方和好\",\"tags\":[\"reason\",\"love\"]}",
      m);
  is("settled");
  /* It is settled; the incident is still to be handled and verified. */
  state_is(i, "reported");
  assert_non_null(strstr(entry("mediation.settled", "data"), "张*补偿张*五百元"));
  const fq_json *steps = fq_json_get(get("officer-a1"), "steps"), *last = NULL;
  fq_json_each(s, steps) last = s;
  assert_string_equal(fq_json_str(last, "agreement"), "张三补偿张三丰五百元");
  refused("officer-a1", "mediation.stage", FQ_E_CONFLICT, "mediation.state",
          "{\"id\":\"%s\",\"stage\":\"joint\",\"text\":\"x\"}", m);
  assert_non_null(strstr(w.error.zh, "调解成功"));
  rebuild_gives_the_same();
}

static void to_court(void **state) {
  open_();
  act("officer-a1", "mediation.settle", "{\"id\":\"%s\",\"outcome\":\"failed\",\"satisfied\":false}", m);
  act("dispatcher", "mediation.to_court", "{\"id\":\"%s\",\"court\":\"县法院\",\"note\":\"张三要起诉\"}", m);
  assert_string_equal(fq_json_str(w.result, "handoff"), "诉调〔2026〕1号");
  is("to_court");
  assert_string_equal(fq_json_str(get("dispatcher"), "court"), "县法院");
  assert_non_null(strstr(entry("mediation.sent_to_court", "data"), "张*要起诉"));
  open_();
  act("officer-a1", "mediation.to_court", "{\"id\":\"%s\",\"court\":\"县法院\"}", m);
  assert_string_equal(fq_json_str(w.result, "handoff"), "诉调〔2026〕2号");
  at(24 * 40 * HOUR); /* another year */
  open_();
  act("officer-a1", "mediation.to_court", "{\"id\":\"%s\",\"court\":\"县法院\"}", m);
  assert_string_equal(fq_json_str(w.result, "handoff"), "诉调〔2027〕1号");
  rebuild_gives_the_same();
}

/* Whatever anybody may hear or ask: the names are in one kind of entry, and nobody hears that. */
static void names_stay_with_those_who_mediate(void **state) {
  open_();
  to_stage("listen", ",\"reason\":\"张三丰 07391234567 请求\"");
  act("commander", "mediation.reveal", "{\"id\":\"%s\",\"reason\":\"核实张三身份\"}", m);
  assert_string_equal(fq_json_str(fq_json_first(fq_json_get(w.result, "parties")), "name"), "张三");
  assert_int_equal(entries("mediation.revealed"), 1);
  assert_string_equal(entry("mediation.revealed", "actor"), "commander");
  assert_int_equal(fq_int(fq_kernel_db(w.kernel), -1,
                          "SELECT count(*) FROM journal WHERE kind != 'mediation.recorded' AND"
                          " (data LIKE '%张三%' OR data LIKE '%13812341234%' OR data LIKE '%07391234567%')",
                          ""),
                   0);
  assert_int_equal(fq_int(fq_kernel_db(w.kernel), -1,
                          "SELECT count(*) FROM journal WHERE kind = 'mediation.recorded' AND audience != ''",
                          ""),
                   0);
  assert_true(entries("mediation.recorded") == 3); /* opened, the stage, the reason of the reveal */
  /* The incident is the grid's: its mediator sees them, no desk does without asking. */
  assert_string_equal(name("officer-a1"), "张三");
  assert_string_equal(name("director-a"), "张*");
  assert_string_equal(name("dispatcher"), "张*");
  act("dispatcher", "mediation.list", "{}");
  const fq_json *row = fq_json_first(fq_json_get(w.result, "rows"));
  assert_string_equal(fq_json_str(fq_json_first(fq_json_get(row, "parties")), "phone"), "138****1234");
  act("dispatcher", "incident.escalate", "{\"id\":\"%s\",\"to\":\"township\",\"reason\":\"x\"}", i);
  assert_string_equal(name("director-a"), "张三"); /* it is theirs now */
  assert_string_equal(name("dispatcher"), "张*");
  const fq_json *steps = fq_json_get(get("dispatcher"), "steps");
  fq_json_each(s, steps) {
    const char *reason = fq_json_str(s, "reason");
    if (reason) assert_null(strstr(reason, "张三"));
  }
  /* Handed over: who mediated before is nobody special any more. */
  act("director-a", "mediation.assign", "{\"id\":\"%s\",\"mediator\":\"officer-a2\"}", m);
  assert_string_equal(name("officer-a2"), "张三");
  assert_string_equal(name("officer-a1"), "张*");
  rebuild_gives_the_same();
}

#define EIGHT(x) x x x x x x x x
#define SHA(x)   EIGHT(EIGHT(x))

/* A photograph cannot be masked: the mediator and the desk that owns it hear of it, and their successors. */
static void attachments_too(void **state) {
  open_();
  to_stage("listen", ",\"attachments\":[\"" SHA("a") "\"]");
  assert_null(strstr(entry("mediation.moved", "data"), SHA("a")));
  assert_non_null(strstr(entry("mediation.moved", "data"), "\"files\":1"));
  assert_string_equal(entry("mediation.filed", "audience"), "unit/" GRID_A1 " user/officer-a1");
  act("officer-a1", "mediation.stage",
      "{\"id\":\"%s\",\"stage\":\"study\",\"text\":\"x\",\"attachments\":[\"" SHA("b") "\"]}", m);
  assert_null(strstr(entry("mediation.filed", "data"), SHA("a")));
  act("dispatcher", "incident.escalate", "{\"id\":\"%s\",\"to\":\"township\",\"reason\":\"x\"}", i);
  assert_string_equal(entry("mediation.filed", "audience"), "unit/430525100000 user/officer-a1");
  assert_non_null(strstr(entry("mediation.filed", "data"), SHA("a")));
  assert_non_null(strstr(entry("mediation.filed", "data"), SHA("b")));
  act("director-a", "mediation.assign", "{\"id\":\"%s\",\"mediator\":\"officer-a2\"}", m);
  assert_string_equal(entry("mediation.filed", "audience"), "unit/430525100000 user/officer-a2");
  assert_int_equal(entries("mediation.filed"), 4);
  const fq_json *steps = fq_json_get(get("officer-a2"), "steps");
  int seen = 0;
  fq_json_each(s, steps) seen += fq_json_get(s, "attachments") != NULL;
  assert_int_equal(seen, 2);
  fq_json_each(s, fq_json_get(get("dispatcher"), "steps")) assert_null(fq_json_get(s, "attachments"));
  rebuild_gives_the_same();
}

static void who_may(void **state) {
  open_();
  refused("officer-a2", "mediation.get", FQ_E_FORBIDDEN, "mediation.foreign", "{\"id\":\"%s\"}", m);
  refused("officer-a2", "mediation.stage", FQ_E_FORBIDDEN, "mediation.foreign",
          "{\"id\":\"%s\",\"stage\":\"listen\",\"text\":\"x\"}", m);
  refused("director-b", "mediation.reveal", FQ_E_FORBIDDEN, "scope", "{\"id\":\"%s\",\"reason\":\"x\"}", m);
  refused("officer-a1", "mediation.reveal", FQ_E_FORBIDDEN, "role", "{\"id\":\"%s\",\"reason\":\"x\"}", m);
  refused("director-a", "mediation.reveal", FQ_E_PARAMS, "params.missing", "{\"id\":\"%s\"}", m);
  refused("officer-a2", "mediation.open", FQ_E_FORBIDDEN, "incident.foreign",
          "{\"incident\":\"%s\",\"kind\":\"people\",\"class\":\"family\"}", i);
  refused("director-a", "mediation.open", FQ_E_CONFLICT, "mediation.duplicate",
          "{\"incident\":\"%s\",\"kind\":\"people\",\"class\":\"family\"}", i);
  refused("director-a", "mediation.assign", FQ_E_PARAMS, "mediation.mediator",
          "{\"id\":\"%s\",\"mediator\":\"nobody\"}", m);
  refused("director-a", "mediation.stage", FQ_E_PARAMS, "term.unknown",
          "{\"id\":\"%s\",\"stage\":\"tea\",\"text\":\"x\"}", m);
  refused("director-a", "mediation.stage", FQ_E_PARAMS, "term.unknown",
          "{\"id\":\"%s\",\"stage\":\"listen\",\"text\":\"x\",\"tags\":[\"luck\"]}", m);
  refused("director-a", "mediation.get", FQ_E_NOT_FOUND, "mediation.unknown", "{\"id\":\"m1\"}");
  refused("director-a", "mediation.list", FQ_E_FORBIDDEN, "org.foreign", "{\"org\":\"430525\"}");
  char other[FQ_ID_MAX];
  snprintf(other, sizeof other, "%s", report("officer-a1", GRID_A1, "dispute"));
  refused("director-a", "mediation.open", FQ_E_PARAMS, "term.unknown",
          "{\"incident\":\"%s\",\"kind\":\"people\",\"class\":\"weather\"}", other);
  act("dispatcher", "incident.void", "{\"id\":\"%s\",\"reason\":\"误报\"}", other);
  refused("director-a", "mediation.open", FQ_E_CONFLICT, "incident.state",
          "{\"incident\":\"%s\",\"kind\":\"people\",\"class\":\"family\"}", other);
  /* Who mediates sees what it is about, wherever he sits. */
  refused("officer-b1", "incident.get", FQ_E_FORBIDDEN, "incident.foreign", "{\"id\":\"%s\"}", i);
  act("director-a", "mediation.assign", "{\"id\":\"%s\",\"mediator\":\"officer-b1\"}", m);
  act("officer-b1", "incident.get", "{\"id\":\"%s\"}", i);
  assert_string_equal(fq_json_str(fq_json_first(fq_json_get(w.result, "mediations")), "class_name"),
                      "婚姻家庭");
  assert_non_null(strstr(entry("mediation.assigned", "audience"), "user/officer-b1"));
  assert_int_equal(fq_json_size(fq_json_get(act("officer-b1", "mediation.list", "{}"), "rows")), 1);
  assert_int_equal(fq_json_size(fq_json_get(act("director-b", "mediation.list", "{}"), "rows")), 0);
  act("dispatcher", "incident.void", "{\"id\":\"%s\",\"reason\":\"误报\"}", i);
  is("withdrawn");
}

static void parties_later(void **state) {
  snprintf(i, sizeof i, "%s", report("officer-a1", GRID_A1, "dispute"));
  act("policy/p", "mediation.open", "{\"incident\":\"%s\",\"kind\":\"industry\",\"class\":\"labour\"}", i);
  snprintf(m, sizeof m, "%s", fq_json_str(w.result, "id"));
  act("director-a", "mediation.assign", "{\"id\":\"%s\",\"mediator\":\"director-a\"}", m);
  act("director-a", "mediation.parties", "{\"id\":\"%s\"," PARTIES "}", m);
  act("director-a", "mediation.parties", "{\"id\":\"%s\",\"parties\":[{\"name\":\"王五\"}]}", m);
  assert_string_equal(name("director-a"), "王五");
  assert_int_equal(fq_json_size(fq_json_get(get("director-a"), "parties")), 1);
  assert_non_null(strstr(entry("mediation.parties_set", "data"), "王*"));
  rebuild_gives_the_same();
}

/* A county's own stages take the place of those built in. */
/* What is built in, when no pack says otherwise. */
static void words(void **state) {
  const fq_json *r = act("officer-a1", "mediation.words", "{}");
  assert_int_equal(fq_json_size(fq_json_get(r, "stages")), 6);
  assert_int_equal(fq_json_size(fq_json_get(r, "classes")), 11);
  assert_int_equal(fq_json_size(fq_json_get(r, "tags")), 6);
  const fq_json *first = fq_json_first(fq_json_get(r, "stages"));
  assert_string_equal(fq_json_str(first, "code"), "receive");
  assert_string_equal(fq_json_str(first, "zh"), "热情接待");
  assert_non_null(fq_json_str(first, "en"));
  open_();
  assert_non_null(fq_json_str(get("dispatcher"), "mediator_name"));
}

static void stages_are_data(void **state) {
  fq_json *params = fq_json_object(), *files = fq_json_object();
  fq_json_set_str(files, "pack.lua", "name = 'test'\nversion = '1'\npolicies = { 'policies/p.lua' }\n");
  fq_json_set_str(files, "dictionaries/mediation_stages.csv", "code,zh,en\nsit,坐下,Sit\ntalk,谈,Talk\n");
  fq_json_set_str(files, "policies/p.lua",
                  "return policy { name = 'p', on = {\n"
                  "  ['incident.reported'] = function(e) if e.category == 'dispute' then\n"
                  "    return mediate(e.incident, { class = 'family', mediator = 'officer-a1' }) end end,\n"
                  "  ['mediation.opened'] = function(e, view)\n"
                  "    if view.mediations(e.incident)[1].stage == 'sit' then\n"
                  "      return comment(e.incident, e.class_name)\n"
                  "    end\n"
                  "  end,\n"
                  "} }\n");
  fq_json_set_str(params, "pack", "test");
  fq_json_set(params, "files", files);
  fq_json_free(w.result);
  w.result = NULL;
  if (fq_kernel_call(w.kernel, NULL, "pack.deploy", params, &w.result, &w.error)) fail_msg("%s", w.error.en);
  snprintf(i, sizeof i, "%s", report("officer-a1", GRID_A1, "dispute"));
  snprintf(m, sizeof m, "%s", fq_json_str(fq_json_first(fq_json_get(incident(i), "mediations")), "id"));
  assert_string_equal(fq_json_str(get("dispatcher"), "stage_name"), "坐下");
  assert_int_equal(entries("incident.commented"), 1);
  to_stage("talk", "");
  refused("officer-a1", "mediation.stage", FQ_E_PARAMS, "term.unknown",
          "{\"id\":\"%s\",\"stage\":\"guide\",\"text\":\"x\"}", m);
  assert_int_equal(entries("policy.refused") + entries("policy.failed"), 0);
}

/* ---- the report ---------------------------------------------------------------------------------- */

static const fq_json *row_of(const fq_json *list, const char *member, const char *value) {
  fq_json_each(r, list) {
    if (!strcmp(fq_json_str(r, member), value)) return r;
  }
  fail_msg("no %s", value);
  return NULL;
}

static void end(const char *outcome, const char *more) {
  open_();
  act("officer-a1", "mediation.settle", "{\"id\":\"%s\",\"outcome\":\"%s\"%s}", m, outcome, more);
}

static void the_report(void **state) {
  end("settled", ",\"level\":\"household\",\"satisfied\":true"); /* before the span */
  at(HOUR);
  end("settled", ",\"level\":\"village\",\"satisfied\":true");
  end("settled", ",\"level\":\"village\",\"satisfied\":false");
  end("settled", ",\"level\":\"township\",\"satisfied\":true");
  end("failed", "");
  end("withdrawn", "");
  open_();
  const char *span = "{\"from\":\"2026-11-22T01:00:00Z\",\"until\":\"2026-11-22T02:00:00Z\"%s}";
  act("dispatcher", "mediation.report", span, "");
  const fq_json *total = fq_json_get(w.result, "total");
  assert_int_equal(fq_json_int(total, "opened", 0), 6);
  assert_int_equal(fq_json_int(total, "ended", 0), 5);
  assert_true(fq_json_num(total, "success_rate", 0) == 0.75); /* 3 of 4: one was withdrawn */
  assert_true(fq_json_num(total, "satisfaction_rate", 0) == 0.667);
  const fq_json *village = row_of(fq_json_get(w.result, "levels"), "level", "village");
  assert_int_equal(fq_json_int(village, "settled", 0), 2);
  assert_true(fq_json_num(village, "not_beyond", 0) == 0.667);
  assert_true(fq_json_num(row_of(fq_json_get(w.result, "levels"), "level", "township"), "not_beyond", 0) ==
              1);
  assert_int_equal(
      fq_json_int(row_of(fq_json_get(w.result, "townships"), "org", "430525100000"), "settled", 0), 3);
  /* Every row leads to its cases. */
  char *filter = fq_json_print(fq_json_get(village, "filter"));
  act("dispatcher", "mediation.list", "%s", filter);
  free(filter);
  assert_int_equal(fq_json_size(fq_json_get(w.result, "rows")), 2);
  fq_json_each(r, fq_json_get(w.result, "rows")) assert_string_equal(fq_json_str(r, "level"), "village");
  act("dispatcher", "mediation.list", "{\"limit\":4}");
  assert_int_equal(fq_json_size(fq_json_get(w.result, "rows")), 4);
  char next[FQ_ID_MAX];
  snprintf(next, sizeof next, "%s", fq_json_str(w.result, "next"));
  act("dispatcher", "mediation.list", "{\"limit\":4,\"after\":\"%s\"}", next);
  assert_int_equal(fq_json_size(fq_json_get(w.result, "rows")), 3);
  act("director-b", "mediation.report", span, "");
  assert_int_equal(fq_json_int(fq_json_get(w.result, "total"), "ended", -1), 0);
  refused("director-b", "mediation.report", FQ_E_FORBIDDEN, "org.foreign", span, ",\"org\":\"430525100000\"");
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, world_open, world_close)
#define D(fn) cmocka_unit_test_setup_teardown(fn, world_open_on_disk, world_close)
int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_table),
      cmocka_unit_test(masks),
      D(settled),
      D(to_court),
      D(names_stay_with_those_who_mediate),
      D(attachments_too),
      T(who_may),
      D(parties_later),
      T(words),
      cmocka_unit_test_setup_teardown(stages_are_data, world_open_with_policies, world_close),
      T(the_report),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
