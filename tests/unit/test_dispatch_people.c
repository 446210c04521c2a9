/* Who owns, who is sent, who sees: the ladder, the candidates, the queries of the dispatch plugin. */
#include <stdio.h>
#include <string.h>

#include <math.h>
#include <stdlib.h>

#include "../../plugins/dispatch/dispatch.h"
#include "dispatch_world.h"
#include "store/db.h"

static const fq_json *nth(const fq_json *list, size_t n) {
  const fq_json *m = fq_json_first(list);
  while (m && n--)
    m = fq_json_next(m);
  return m;
}

static size_t rows(const char *who, const char *method, const char *params) {
  return fq_json_size(fq_json_get(act(who, method, "%s", params), "rows"));
}

static void owner_is(const fq_json *result, const char *level, const char *org) {
  const fq_json *owner = fq_json_get(result, "owner");
  assert_string_equal(fq_json_str(owner, "level"), level);
  assert_string_equal(fq_json_str(owner, "org"), org);
}

/* ---- the ladder -------------------------------------------------------------------------------------- */

static void first_owner(void **state) {
  const char *params = "{\"category\":\"fire\",\"title\":\"x\",\"grid\":\"%s\"}";
  owner_is(act("dispatcher", "incident.report", params, GRID_A1), "grid", GRID_A1);
  /* nobody at the grid, nobody at the village */
  owner_is(act("dispatcher", "incident.report", params, GRID_A3), "township", "430525100000");
  assert_non_null(strstr(entry("incident.reported", "data"), "\"skipped\":[{\"level\":\"grid\""));
  /* nobody in the whole township */
  owner_is(act("dispatcher", "incident.report", params, GRID_C1), "county", "430525");
  /* off duty is nobody; a3 never signed on */
  act("officer-a1", "duty.end", "{}");
  owner_is(act("dispatcher", "incident.report", params, GRID_A1), "township", "430525100000");
  /* a desk that signed off is nobody, too */
  act("director-a", "duty.end", "{}");
  owner_is(act("dispatcher", "incident.report", params, GRID_A1), "county", "430525");
  act("director-a", "duty.start", "{}");
  owner_is(act("dispatcher", "incident.report", params, GRID_A1), "township", "430525100000");
  /* disabled is nobody */
  act("system", "user.disable", "{\"name\":\"director-a\"}");
  owner_is(act("dispatcher", "incident.report", params, GRID_A1), "county", "430525");
  /* and when there is really nobody, the county answers for it */
  act("system", "user.disable", "{\"name\":\"commander\"}");
  act("dispatcher", "duty.end", "{}");
  owner_is(act("officer-b1", "incident.report", params, GRID_A1), "county", "430525");
}

static void up_the_ladder(void **state) {
  char i[FQ_ID_MAX];
  snprintf(i, sizeof i, "%s", report("officer-a1", GRID_A1, "fire"));
  /* the village is empty: skipped at once */
  owner_is(
      act("officer-a1", "incident.escalate", "{\"id\":\"%s\",\"to\":\"village\",\"reason\":\"管不了\"}", i),
      "township", "430525100000");
  assert_non_null(strstr(entry("incident.escalated", "data"), "\"skipped\":[{\"level\":\"village\""));
  assert_string_equal(entry("incident.escalated", "audience"), "user/officer-a1");
  owner_is(incident(i), "township", "430525100000");
  assert_string_equal(fq_json_str(fq_json_get(incident(i), "owner"), "name"), "甲镇");
  refused("director-a", "incident.escalate", FQ_E_CONFLICT, "incident.owner",
          "{\"id\":\"%s\",\"to\":\"township\",\"reason\":\"x\"}", i);
  refused("director-a", "incident.escalate", FQ_E_CONFLICT, "incident.owner",
          "{\"id\":\"%s\",\"to\":\"village\",\"reason\":\"x\"}", i);
  owner_is(act("director-a", "incident.escalate", "{\"id\":\"%s\",\"to\":\"county\",\"reason\":\"x\"}", i),
           "county", "430525");
  refused("dispatcher", "incident.escalate", FQ_E_CONFLICT, "incident.owner",
          "{\"id\":\"%s\",\"to\":\"county\",\"reason\":\"x\"}", i);
  /* to an empty township: on to the county */
  act("director-b", "duty.end", "{}");
  snprintf(i, sizeof i, "%s", report("officer-b1", GRID_B1, "fire"));
  owner_is(act("policy/report-up", "incident.escalate",
               "{\"id\":\"%s\",\"to\":\"township\",\"reason\":\"超时\"}", i),
           "county", "430525");
}

/* ---- candidates ---------------------------------------------------------------------------------------- */

static const char *excluded_because(const fq_json *result, const char *user) {
  fq_json_each(x, fq_json_get(result, "excluded")) if (!strcmp(fq_json_str(x, "user"),
                                                               user)) return fq_json_str(x, "reason_en");
  return NULL;
}

static void ranked_is(const fq_json *result, const char *order) {
  char got[256] = "";
  fq_json_each(r, fq_json_get(result, "rows")) {
    if (*got) strcat(got, " ");
    strcat(got, fq_json_str(r, "user"));
    assert_true(fq_json_size(fq_json_get(r, "reasons_zh")) >= 3);
    assert_int_equal(fq_json_size(fq_json_get(r, "reasons_zh")), fq_json_size(fq_json_get(r, "reasons_en")));
  }
  assert_string_equal(got, order);
}

static void candidates(void **state) {
  char i[FQ_ID_MAX];
  act("dispatcher", "incident.report",
      "{\"category\":\"fire\",\"title\":\"x\",\"grid\":\"%s\",\"place\":{\"lon\":110.515,\"lat\":27.1}}",
      GRID_A1);
  snprintf(i, sizeof i, "%s", fq_json_str(w.result, "id"));
  /* a1 1.5 km with the skill; b1 21 km with it; a2 half a kilometre away without it (counts as 20 km) */
  const fq_json *r = act("dispatcher", "incident.candidates", "{\"id\":\"%s\"}", i);
  ranked_is(r, "officer-a1 officer-a2 officer-b1");
  assert_string_equal(excluded_because(r, "officer-a3"), "off duty");
  const fq_json *first = nth(fq_json_get(r, "rows"), 0);
  int64_t metres = fq_json_int(first, "distance_m", 0);
  assert_true(metres > 1300 && metres < 1700);
  assert_string_equal(fq_json_as_str(nth(fq_json_get(first, "reasons_en"), 0)), "has the skill: fire");
  assert_non_null(
      strstr(fq_json_as_str(nth(fq_json_get(first, "reasons_en"), 2)), "from the centre of the grid"));
  assert_non_null(strstr(fq_json_as_str(nth(fq_json_get(first, "reasons_zh"), 2)), "按所属网格中心"));
  assert_true(fq_json_num(first, "score", 0) > fq_json_num(nth(fq_json_get(r, "rows"), 1), "score", 0));

  /* a fresh position counts, for ten minutes */
  act("officer-b1", "position.update", "{\"lon\":110.5151,\"lat\":27.1,\"acc\":5}");
  r = act("dispatcher", "incident.candidates", "{\"id\":\"%s\"}", i);
  ranked_is(r, "officer-b1 officer-a1 officer-a2");
  first = nth(fq_json_get(r, "rows"), 0);
  assert_non_null(strstr(fq_json_as_str(nth(fq_json_get(first, "reasons_en"), 2)), "position of 0 s ago"));
  at(11 * MINUTE);
  ranked_is(act("dispatcher", "incident.candidates", "{\"id\":\"%s\"}", i),
            "officer-a1 officer-a2 officer-b1");
  /* a fix kept in the phone for an hour says nothing about now */
  act("officer-b1", "position.update", "{\"lon\":110.5151,\"lat\":27.1,\"at\":\"2026-11-21T23:00:00Z\"}");
  ranked_is(act("dispatcher", "incident.candidates", "{\"id\":\"%s\"}", i),
            "officer-a1 officer-a2 officer-b1");

  /* load: one of a1's two; then full; on it already; has declined */
  char other[FQ_ID_MAX], t[FQ_ID_MAX];
  snprintf(other, sizeof other, "%s", report("officer-b1", GRID_A1, "fire"));
  task_for(other, "officer-a1");
  r = act("dispatcher", "incident.candidates", "{\"id\":\"%s\"}", i);
  assert_int_equal(fq_json_int(nth(fq_json_get(r, "rows"), 0), "load", -1), 1);
  snprintf(other, sizeof other, "%s", report("officer-b1", GRID_A1, "fire"));
  task_for(other, "officer-a1");
  r = act("dispatcher", "incident.candidates", "{\"id\":\"%s\"}", i);
  ranked_is(r, "officer-a2 officer-b1");
  assert_string_equal(excluded_because(r, "officer-a1"), "at capacity");
  snprintf(t, sizeof t, "%s", task_for(i, "officer-a2"));
  r = act("dispatcher", "incident.candidates", "{\"id\":\"%s\"}", i);
  ranked_is(r, "officer-b1");
  assert_string_equal(excluded_because(r, "officer-a2"), "already on this incident");
  act("officer-a2", "task.decline", "{\"id\":\"%s\",\"reason\":\"不会\"}", t);
  r = act("dispatcher", "incident.candidates", "{\"id\":\"%s\"}", i);
  assert_string_equal(excluded_because(r, "officer-a2"), "declined this incident or let it lapse");
  act("system", "user.disable", "{\"name\":\"officer-b1\"}");
  ranked_is(act("dispatcher", "incident.candidates", "{\"id\":\"%s\"}", i), "");
}

/* ---- queries ---------------------------------------------------------------------------------------------
 */

static void open_ones_come_in_pages_and_by_their_ids(void **state) {
  char a[FQ_ID_MAX], b[FQ_ID_MAX], c[FQ_ID_MAX], t[FQ_ID_MAX], next[FQ_ID_MAX];
  keep(a, report("officer-a1", GRID_A1, "fire"));
  keep(b, report("officer-b1", GRID_B1, "dispute"));
  keep(c, report("officer-a1", GRID_A2, "other"));
  const fq_json *page = act("dispatcher", "incident.open", "{\"limit\":2}");
  assert_int_equal(fq_json_size(fq_json_get(page, "rows")), 2);
  assert_string_equal(fq_json_str(nth(fq_json_get(page, "rows"), 0), "id"), c); /* the newest first */
  keep(next, fq_json_str(page, "next"));
  page = act("dispatcher", "incident.open", "{\"limit\":2,\"after\":\"%s\"}", next);
  assert_int_equal(fq_json_size(fq_json_get(page, "rows")), 1);
  assert_string_equal(fq_json_str(nth(fq_json_get(page, "rows"), 0), "id"), a);
  assert_null(fq_json_get(page, "next"));
  page = act("officer-a1", "incident.open", "{\"limit\":1}"); /* his own, cut the same way */
  assert_int_equal(fq_json_size(fq_json_get(page, "rows")), 1);
  assert_string_equal(fq_json_str(page, "next"), c);
  page = act("director-a", "incident.open", "{\"limit\":1,\"after\":\"%s\"}", c);
  assert_string_equal(fq_json_str(nth(fq_json_get(page, "rows"), 0), "id"), a);
  refused("dispatcher", "incident.open", FQ_E_NOT_FOUND, "incident.unknown", "{\"after\":\"x\"}");
  refused("dispatcher", "incident.open", FQ_E_PARAMS, "params.range", "{\"limit\":1001}");

  keep(t, task_for(a, "officer-a2"));
  act("officer-a2", "task.decline", "{\"id\":\"%s\",\"reason\":\"忙\"}", t);
  keep(t, task_for(a, "officer-a1"));
  const fq_json *rows = fq_json_get(
      act("dispatcher", "incident.get_many", "{\"ids\":[\"%s\",\"i999999\",\"x\",\"%s\"]}", a, b), "rows");
  assert_int_equal(fq_json_size(rows), 2); /* what there is */
  const fq_json *row = nth(rows, 0);
  assert_null(fq_json_get(row, "text"));
  assert_int_equal(fq_json_size(fq_json_get(row, "tasks")), 1); /* who declined is not on it */
  assert_string_equal(fq_json_str(nth(fq_json_get(row, "tasks"), 0), "id"), t);
  assert_string_equal(fq_json_str(fq_json_get(row, "where"), "grid"), "一格");
  assert_int_equal(fq_json_int(row, "asked", -1), 0);
  act("officer-a1", "task.accept", "{\"id\":\"%s\"}", t);
  act("officer-a1", "incident.ask_suspend", "{\"id\":\"%s\",\"reason\":\"等雨停\"}", a);
  rows = fq_json_get(act("director-b", "incident.get_many", "{\"ids\":[\"%s\",\"%s\"]}", a, b), "rows");
  assert_int_equal(fq_json_size(rows), 1); /* ... and may be seen */
  row = nth(fq_json_get(act("dispatcher", "incident.get_many", "{\"ids\":[\"%s\"]}", a), "rows"), 0);
  assert_int_equal(fq_json_int(row, "asked", -1), 1);
  /* One that ended is still a row: whoever asks learns that it did. */
  act("dispatcher", "incident.void", "{\"id\":\"%s\",\"reason\":\"误报\"}", b);
  row = nth(fq_json_get(act("dispatcher", "incident.get_many", "{\"ids\":[\"%s\"]}", b), "rows"), 0);
  assert_string_equal(fq_json_str(row, "state"), "voided");
  refused("dispatcher", "incident.get_many", FQ_E_PARAMS, "params.range", "{\"ids\":[]}");
}

static void who_sees_what(void **state) {
  char a[FQ_ID_MAX], b[FQ_ID_MAX], c[FQ_ID_MAX];
  snprintf(a, sizeof a, "%s", report("officer-a1", GRID_A1, "fire"));
  snprintf(b, sizeof b, "%s", report("officer-b1", GRID_B1, "dispute"));
  snprintf(c, sizeof c, "%s", report("officer-a1", GRID_C1, "other"));
  static const struct {
    const char *who;
    size_t open, list;
  } cases[] = {{"dispatcher", 3, 3}, {"commander", 3, 3},  {"director-a", 1, 1},    {"director-b", 1, 1},
               {"officer-a1", 2, 2}, {"officer-a3", 0, 0}, {"department-01", 0, 0}, {"system", 3, 3}};
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    assert_int_equal(rows(cases[k].who, "incident.open", "{}"), cases[k].open);
    assert_int_equal(rows(cases[k].who, "incident.list", "{}"), cases[k].list);
  }
  task_for(b, "officer-a3");
  assert_int_equal(rows("officer-a3", "incident.open", "{}"), 1);
  assert_int_equal(rows("officer-a3", "incident.list", "{}"), 1);
  const fq_json *t = nth(fq_json_get(act("officer-a3", "task.mine", "{}"), "rows"), 0);
  assert_string_equal(fq_json_str(t, "incident"), b);
  assert_string_equal(fq_json_str(t, "incident_title"), "测试");
  assert_string_equal(fq_json_str(t, "incident_state"), "dispatched");
  assert_string_equal(fq_json_str(t, "category"), "dispute");
  assert_int_equal(fq_json_int(t, "number", 0), 2);

  assert_int_equal(rows("dispatcher", "incident.list", "{\"org\":\"430525100000\"}"), 1);
  assert_int_equal(rows("dispatcher", "incident.list", "{\"org\":\"430525100201\"}"), 1);
  assert_int_equal(rows("dispatcher", "incident.list", "{\"org\":\"" GRID_A2 "\"}"), 0);
  assert_int_equal(rows("dispatcher", "incident.list", "{\"category\":\"dispute\"}"), 1);
  assert_int_equal(rows("dispatcher", "incident.list", "{\"state\":\"dispatched\"}"), 1);
  refused("dispatcher", "incident.list", FQ_E_PARAMS, "org.unknown", "{\"org\":\"x\"}");
  act("dispatcher", "incident.void", "{\"id\":\"%s\",\"reason\":\"x\"}", c);
  assert_int_equal(rows("dispatcher", "incident.open", "{}"), 2);
  assert_int_equal(rows("dispatcher", "incident.list", "{\"open\":true}"), 2);
  assert_int_equal(rows("officer-a1", "incident.list", "{\"open\":true}"), 1);
  assert_int_equal(rows("dispatcher", "incident.list", "{\"state\":\"voided\"}"), 1);
  /* a row: no text, but tasks and clocks */
  const fq_json *row = nth(fq_json_get(act("director-b", "incident.list", "{}"), "rows"), 0);
  assert_null(fq_json_get(row, "text"));
  assert_int_equal(fq_json_size(fq_json_get(row, "tasks")), 1);
  assert_non_null(fq_json_get(row, "clocks"));
}

static void pages(void **state) {
  for (int k = 0; k < 25; k++)
    report("officer-a1", GRID_A1, "fire");
  char after[FQ_ID_MAX] = "";
  int64_t expect = 25, page = 0;
  for (;; page++) {
    const fq_json *r = *after ? act("director-a", "incident.list", "{\"limit\":10,\"after\":\"%s\"}", after)
                              : act("director-a", "incident.list", "{\"limit\":10}");
    fq_json_each(row, fq_json_get(r, "rows")) assert_int_equal(fq_json_int(row, "number", 0), expect--);
    assert_true(fq_json_int(r, "head", 0) > 0);
    const char *next = fq_json_str(r, "next");
    if (!next) break;
    snprintf(after, sizeof after, "%s", next);
  }
  assert_int_equal(expect, 0);
  assert_int_equal(page, 2);
}

static void duty_roster(void **state) {
  const fq_json *r = act("director-a", "duty.list", "{}");
  assert_int_equal(fq_json_size(fq_json_get(r, "rows")), 4); /* the director, a1, a2, a3 */
  fq_json_each(p, fq_json_get(r, "rows"))
      assert_int_equal(fq_json_bool(p, "on_duty", false), strcmp(fq_json_str(p, "user"), "officer-a3") != 0);
  r = act("officer-a3", "duty.list", "{\"org\":\"" GRID_A1 "\"}"); /* himself alone */
  assert_int_equal(fq_json_size(fq_json_get(r, "rows")), 1);
  assert_false(fq_json_bool(nth(fq_json_get(r, "rows"), 0), "on_duty", true));
  /* by duty, by a word, page by page; a position until it is too old to say anything */
  r = act("director-a", "duty.list", "{\"on_duty\":false}");
  assert_int_equal(fq_json_size(fq_json_get(r, "rows")), 1);
  assert_string_equal(fq_json_str(nth(fq_json_get(r, "rows"), 0), "user"), "officer-a3");
  r = act("director-a", "duty.list", "{\"text\":\"OFFICER-A\",\"limit\":2}");
  assert_int_equal(fq_json_size(fq_json_get(r, "rows")), 2);
  assert_string_equal(fq_json_str(r, "next"), "officer-a2");
  r = act("director-a", "duty.list", "{\"text\":\"officer-a\",\"limit\":2,\"after\":\"officer-a2\"}");
  assert_int_equal(fq_json_size(fq_json_get(r, "rows")), 1);
  assert_null(fq_json_str(r, "next"));
  r = act("director-a", "duty.list", "{\"on_duty\":true,\"limit\":1,\"after\":\"officer-a1\"}");
  assert_string_equal(fq_json_str(nth(fq_json_get(r, "rows"), 0), "user"), "officer-a2");
  assert_null(fq_json_str(r, "next")); /* a3 is not there: nothing follows */
  assert_int_equal(fq_json_size(fq_json_get(act("director-a", "duty.list", "{\"text\":\"%%\"}"), "rows")), 0);
  act("officer-a1", "position.update", "{\"lon\":110.5,\"lat\":27.1,\"acc\":12}");
  r = act("director-a", "duty.list", "{\"text\":\"officer-a1\"}");
  const fq_json *seen = fq_json_get(nth(fq_json_get(r, "rows"), 0), "position");
  assert_true(fq_json_bool(seen, "fresh", false));
  assert_true(fq_json_num(seen, "lon", 0) > 110.4 && fq_json_num(seen, "acc", 0) > 11);
  at(24 * HOUR);
  r = act("director-a", "duty.list", "{\"text\":\"officer-a1\"}");
  assert_false(fq_json_bool(fq_json_get(nth(fq_json_get(r, "rows"), 0), "position"), "fresh", true));
  int64_t n = entries("duty.started");
  act("officer-a1", "duty.start", "{}"); /* he is: nothing happens */
  assert_int_equal(entries("duty.started"), n);
  act("director-a", "duty.end", "{\"user\":\"officer-a1\"}");
  assert_string_equal(entry("duty.ended", "subject"), "officer-a1");
  assert_string_equal(entry("duty.ended", "org"), GRID_A1);
}

/* ---- the loads in memory ------------------------------------------------------------------------------- */

extern const struct fq_plugin dp_people_part;

/* view.nearest_officer(incident, wishes) as a policy asks it, on the kernel's own handle. */
static fq_json *nearest(const char *incident, const char *wishes) {
  const struct fq_view_fn *f = dp_people_part.views;
  while (strcmp(f->name, "nearest_officer"))
    f++;
  fq_json *args = fq_json_array();
  fq_json_push(args, fq_json_new_str(incident));
  fq_json_push(args, fq_json_parse(wishes, strlen(wishes), NULL));
  struct fq_view v = {
      .db = fq_kernel_db(w.kernel), .self = w.self, .now_ms = w.t0_ms, .args = args, .error = &w.error};
  assert_int_equal(f->fn(&v), FQ_OK);
  fq_json_free(args);
  return v.answer;
}

/* Who is the nearest to this incident, and does the view know his open tasks as the table does? */
static void nearest_is(const char *incident, const char *wishes, const char *user) {
  fq_json *o = nearest(incident, wishes);
  if (!user) {
    assert_null(o);
    return;
  }
  assert_non_null(o);
  assert_string_equal(fq_json_str(o, "user"), user);
  assert_int_equal(fq_json_int(o, "load", -1),
                   fq_int(fq_kernel_db(w.kernel), 0,
                          "SELECT count(*) FROM task WHERE to_user = ?1 AND ended_ms IS NULL", "s", user));
  fq_json_free(o);
}

static void loads(void **state) {
  char watched[FQ_ID_MAX], i[FQ_ID_MAX], t[2][FQ_ID_MAX];
  snprintf(watched, sizeof watched, "%s", report("dispatcher", GRID_A1, "other"));
  nearest_is(watched, "{}", "officer-a1");
  for (int n = 0; n < 2; n++) { /* as many as a1 carries */
    snprintf(i, sizeof i, "%s", report("dispatcher", GRID_A1, "other"));
    /* task.created is applied, then the command fails: it must count for nothing, however often ... */
    for (int again = 0; again < 3; again++) {
      refused("dispatcher", "incident.dispatch", FQ_E_CONFLICT, "task.duplicate",
              "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a1\"},{\"user\":\"officer-a1\"}]}", i);
      if (again) nearest_is(watched, "{}", "officer-a1");
    }
    nearest_is(watched, "{\"exclude\":[\"officer-a1\"]}", "officer-a2"); /* now his load is known, too */
    /* ... also when nobody looks between the failure and the next order, which takes the same number */
    refused("dispatcher", "incident.dispatch", FQ_E_CONFLICT, "task.duplicate",
            "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a2\"},{\"user\":\"officer-a2\"}]}", i);
    snprintf(t[n], sizeof t[n], "%s", task_for(i, "officer-a1"));
    nearest_is(watched, "{\"exclude\":[\"officer-a1\"]}", "officer-a2");
    nearest_is(watched, "{}", n ? "officer-a2" : "officer-a1");
  }
  nearest_is(watched, "{\"skill\":\"fire\"}", "officer-b1");
  nearest_is(watched, "{\"skill\":\"fire\",\"within_m\":5000}", NULL);
  /* whatever ends a task makes room again */
  act("officer-a1", "task.decline", "{\"id\":\"%s\",\"reason\":\"x\"}", t[1]);
  nearest_is(watched, "{}", "officer-a1");
  nearest_is(i, "{}", "officer-a2"); /* not for what he declined */
  finish_task("officer-a1", t[0]);
  nearest_is(watched, "{}", "officer-a1");
  act("dispatcher", "incident.dispatch",
      "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a1\"}],\"expires\":\"2026-11-22T00:10:00Z\"}", i);
  nearest_is(watched, "{}", "officer-a1");
  at(11 * MINUTE);
  nearest_is(watched, "{}", "officer-a1");
  task_for(i, "officer-a1");
  act("dispatcher", "incident.recall", "{\"id\":\"%s\",\"reason\":\"x\"}", i);
  nearest_is(watched, "{}", "officer-a1");
  /* the roster is loaded anew: so are the loads */
  task_for(i, "officer-a1");
  act("officer-a2", "duty.end", "{}");
  nearest_is(watched, "{}", "officer-a1");
}

/* The disk is full when the tick's rows are written, after its task has been applied: nothing of it counts.
 */
static void loads_after_a_failed_tick(void **state) {
  char watched[FQ_ID_MAX], note[1001];
  memset(note, 'x', sizeof note - 1);
  note[sizeof note - 1] = '\0';
  snprintf(watched, sizeof watched, "%s", report("dispatcher", GRID_A1, "other"));
  task_for(watched, "officer-a2");
  nearest_is(watched, "{}", "officer-a1");
  assert_true(fq_db_run(fq_kernel_db(w.kernel), "PRAGMA max_page_count = 1")); /* no page more than it has */
  assert_int_equal(try("dispatcher", "incident.dispatch",
                       "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a1\"}],\"note\":\"%s\"}", watched, note),
                   FQ_E_STORAGE);
  assert_non_null(strstr(w.error.en, "INSERT INTO journal"));
  nearest_is(watched, "{}", "officer-a1");
}

/* ---- against a naive reference ------------------------------------------------------------------------- */

#define CROWD 300
struct one {
  char name[FQ_ID_MAX], why[64]; /* why: he is out, or "" */
  double lon, lat, weight_m;
  bool fire;
  int capacity, load;
};

static uint32_t seed = 20261122;
static int dice(int sides) {
  seed = seed * 1664525u + 1013904223u;
  return (int)((seed >> 8) % (uint32_t)sides);
}

static int lighter(const void *a, const void *b) {
  const struct one *x = a, *y = b;
  if (!*x->why != !*y->why) return *x->why ? 1 : -1;
  if (x->weight_m != y->weight_m) return x->weight_m < y->weight_m ? -1 : 1;
  return strcmp(x->name, y->name);
}

static void reason(struct one *o, const char *why) {
  if (!*o->why) snprintf(o->why, sizeof o->why, "%s", why);
}

/* One officer at random: where he sits and was last seen, what he can, whether he is there. */
static void somebody(struct one *o, int x) {
  static const struct {
    const char *grid;
    double lon, lat;
  } grids[] = {{GRID_A1, 110.50, 27.10},
               {GRID_A2, 110.52, 27.10},
               {GRID_A3, 110.54, 27.10},
               {GRID_B1, 110.70, 27.00},
               {"430525102201", NAN, NAN}};
  int at = dice(5), seen = dice(3);
  *o = (struct one){.lon = grids[at].lon, .lat = grids[at].lat, .fire = dice(2), .capacity = 1 + dice(3)};
  snprintf(o->name, sizeof o->name, "crowd-%03d", x);
  act("system", "user.add", "{\"name\":\"%s\",\"org\":\"%s\",\"roles\":[\"officer\"]}", o->name,
      grids[at].grid);
  act("system", "officer.set", "{\"user\":\"%s\",\"skills\":[\"%s\",\"x-%d\"],\"capacity\":%d}", o->name,
      o->fire ? "fire" : "firefly", dice(9), o->capacity);
  if (seen) { /* once just now, once an hour ago */
    struct dp_position p = {.lon = 110.4 + dice(40000) / 1e5, .lat = 27.0 + dice(30000) / 1e5};
    p.at_ms = w.t0_ms - (seen == 1 ? MINUTE : HOUR);
    dp_position_put(((struct dp_self *)w.self)->positions, o->name, &p);
    if (seen == 1) o->lon = p.lon, o->lat = p.lat;
  }
  if (dice(4))
    act("system", "duty.start", "{\"user\":\"%s\"}", o->name);
  else
    reason(o, "不在岗");
  if (dice(8)) return;
  act("system", "leave.set",
      "{\"user\":\"%s\",\"from\":\"2026-11-21T00:00:00Z\",\"until\":\"2026-11-23T00:00:00Z\",\"reason\":"
      "\"x\"}",
      o->name);
  snprintf(o->why, sizeof o->why, "请假至 11-23 08:00");
}

/* Work for him: on this incident, declined on it, or elsewhere. */
static void something_to_do(struct one *o, const char *incident) {
  char t[FQ_ID_MAX];
  if (!strncmp(o->why, "请假", strlen("请假"))) return;
  for (int k = dice(4); k > 0; k--) {
    char other[FQ_ID_MAX];
    snprintf(other, sizeof other, "%s", report("dispatcher", GRID_B1, "other"));
    task_for(other, o->name);
    o->load++;
  }
  switch (dice(12)) {
  case 0:
    task_for(incident, o->name);
    o->load++;
    return reason(o, "已承办本事件");
  case 1:
    snprintf(t, sizeof t, "%s", task_for(incident, o->name));
    act("system", "task.decline", "{\"id\":\"%s\",\"reason\":\"x\"}", t);
    return reason(o, "已拒单或逾期未接");
  default:
    break;
  }
  if (o->load >= o->capacity) reason(o, "任务已满");
}

/* As the handbook says it, one officer after the other, without any of the shortcuts. */
static void weigh(struct one *o) {
  double lon = 110.515, lat = 27.1;
  double x = (o->lon - lon) * cos(lat * M_PI / 180), y = o->lat - lat,
         metres = sqrt(x * x + y * y) * 111195.0;
  o->weight_m = (isnan(metres) ? 50000 : metres) + (o->fire ? 0 : 20000) + o->load * 1500.0;
}

static void as_a_naive_reference(void **state) {
  static struct one all[CROWD];
  char i[FQ_ID_MAX];
  act("dispatcher", "incident.report",
      "{\"category\":\"fire\",\"title\":\"x\",\"grid\":\"%s\",\"place\":{\"lon\":110.515,\"lat\":27.1}}",
      GRID_A1);
  snprintf(i, sizeof i, "%s", fq_json_str(w.result, "id"));
  for (int x = 0; x < 4; x++) /* the county's own four stand aside */
    act("system", "user.disable", "{\"name\":\"officer-%s\"}", ((const char *[]){"a1", "a2", "a3", "b1"})[x]);
  for (int x = 0; x < CROWD; x++)
    somebody(&all[x], x);
  for (int x = 0; x < CROWD; x++) {
    something_to_do(&all[x], i);
    weigh(&all[x]);
  }
  qsort(all, CROWD, sizeof *all, lighter);
  size_t in = 0;
  while (in < CROWD && !*all[in].why)
    in++;
  assert_true(in > 40 && in < 200);
  static const int limits[] = {1, 2, 7, 20, 200};
  for (size_t k = 0; k < 5; k++) {
    const fq_json *r = act("dispatcher", "incident.candidates", "{\"id\":\"%s\",\"limit\":%d}", i, limits[k]);
    size_t shown = in < (size_t)limits[k] ? in : (size_t)limits[k], at = 0;
    assert_int_equal(fq_json_size(fq_json_get(r, "rows")), shown);
    fq_json_each(row, fq_json_get(r, "rows")) {
      if (strcmp(fq_json_str(row, "user"), all[at].name))
        fail_msg("limit %d, rank %zu: %s, should be %s", limits[k], at, fq_json_str(row, "user"),
                 all[at].name);
      assert_int_equal(fq_json_int(row, "load", -1), all[at].load);
      at++;
    }
    assert_int_equal(fq_json_int(r, "excluded_count", 0), CROWD - in);
    assert_int_equal(fq_json_size(fq_json_get(r, "excluded")), CROWD - in);
    fq_json_each(row, fq_json_get(r, "excluded")) {
      const struct one *o = NULL;
      for (size_t x = in; x < CROWD && !o; x++)
        if (!strcmp(all[x].name, fq_json_str(row, "user"))) o = &all[x];
      if (!o || strcmp(o->why, fq_json_str(row, "reason_zh")))
        fail_msg("%s: %s, should be %s", fq_json_str(row, "user"), fq_json_str(row, "reason_zh"),
                 o ? o->why : "in");
    }
  }
  assert_int_equal(
      fq_json_size(fq_json_get(act("dispatcher", "incident.candidates", "{\"id\":\"%s\",\"excluded\":3}", i),
                               "excluded")),
      3);
  /* and the policies' view names the same as the best with the skill */
  size_t first = 0;
  while (!all[first].fire)
    first++;
  nearest_is(i, "{\"skill\":\"fire\"}", all[first].name);
}

/* Where people are: for desks, within their reach, page by page. */
static void positions(void **state) {
  (void)state;
  assert_int_equal(fq_json_size(fq_json_get(act("dispatcher", "position.list", "{}"), "rows")), 0);
  act("officer-a1", "position.update", "{\"lon\":110.5,\"lat\":27.1,\"acc\":8,\"battery\":0.4}");
  act("officer-b1", "position.update", "{\"lon\":110.7,\"lat\":27,\"at\":\"2026-11-21T23:00:00Z\"}");
  act("officer-a3", "position.update", "{\"lon\":110.54,\"lat\":27.1,\"speed\":1.5,\"heading\":90}");
  task_for(report("officer-a2", GRID_A2, "fire"), "officer-a1");

  const fq_json *r = act("dispatcher", "position.list", "{\"limit\":2}"), *rows = fq_json_get(r, "rows");
  assert_int_equal(fq_json_size(rows), 2);
  assert_string_equal(fq_json_str(r, "next"), "officer-a3");
  assert_string_equal(fq_json_str(nth(rows, 0), "user"), "officer-a1");
  assert_string_equal(fq_json_str(nth(rows, 0), "org"), GRID_A1);
  assert_true(fq_json_bool(nth(rows, 0), "on_duty", false));
  assert_int_equal(fq_json_int(nth(rows, 0), "tasks", -1), 1);
  assert_true(fq_json_num(nth(rows, 0), "battery", 0) == 0.4);
  assert_null(fq_json_get(nth(rows, 0), "speed"));
  assert_false(fq_json_bool(nth(rows, 1), "on_duty", true));
  assert_true(fq_json_num(nth(rows, 1), "speed", 0) == 1.5);
  r = act("dispatcher", "position.list", "{\"limit\":2,\"after\":\"officer-a3\"}");
  assert_null(fq_json_str(r, "next"));
  assert_string_equal(fq_json_str(nth(fq_json_get(r, "rows"), 0), "user"), "officer-b1");
  assert_string_equal(fq_json_str(nth(fq_json_get(r, "rows"), 0), "at"), "2026-11-21T23:00:00.000Z");

  assert_int_equal(fq_json_size(fq_json_get(act("dispatcher", "position.list", "{\"fresh\":true}"), "rows")),
                   2);
  assert_int_equal(fq_json_size(fq_json_get(act("director-b", "position.list", "{}"), "rows")), 1);
  assert_int_equal(try("director-b", "position.list", "{\"org\":\"430525100000\"}"), FQ_E_FORBIDDEN);
  refused("officer-a1", "position.list", FQ_E_FORBIDDEN, "role", "{}");
  assert_int_equal(try("dispatcher", "position.list", "{\"limit\":1001}"), FQ_E_PARAMS);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, world_open, world_close)
int main(void) {
  const struct CMUnitTest tests[] = {
      T(first_owner),
      T(up_the_ladder),
      T(candidates),
      T(open_ones_come_in_pages_and_by_their_ids),
      T(positions),
      T(who_sees_what),
      T(pages),
      T(duty_roster),
      T(loads),
      T(loads_after_a_failed_tick),
      T(as_a_naive_reference),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
