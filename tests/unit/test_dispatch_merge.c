/* Duplicates, merging and splitting: nothing is lost on the way there and back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch_world.h"

/* What incident.get says of it, without what a change always moves. The caller frees. */
static char *picture(const char *id) {
  fq_json *j = fq_json_dup(incident(id));
  static const char *const moving[] = {"rev", "updated_at", "n"};
  for (int k = 0; k < 3; k++)
    fq_json_free(fq_json_detach(j, moving[k]));
  /* A task that went and came back has two revisions more. */
  fq_json *tasks = fq_json_detach(j, "tasks"), *plain = fq_json_array();
  fq_json_each(t, tasks) {
    fq_json *copy = fq_json_dup(t);
    fq_json_free(fq_json_detach(copy, "rev"));
    fq_json_push(plain, copy);
  }
  fq_json_free(tasks);
  fq_json_set(j, "tasks", plain);
  char *text = fq_json_print(j);
  fq_json_free(j);
  return text;
}

static void same(const char *id, char *before) {
  char *now = picture(id);
  assert_string_equal(now, before);
  free(now);
  free(before);
}

static const fq_json *task_in(const char *of, const char *task) {
  fq_json_each(t, fq_json_get(incident(of), "tasks")) if (!strcmp(fq_json_str(t, "id"), task)) return t;
  return NULL;
}

static int64_t remaining(const char *id, const char *name) {
  fq_json_each(k, fq_json_get(incident(id), "clocks")) {
    if (!strcmp(fq_json_str(k, "name"), name)) return fq_json_int(k, "remaining_ms", -1);
  }
  return -2;
}

static const char *due(const char *id, const char *name) {
  static char text[40];
  fq_json_each(k, fq_json_get(incident(id), "clocks")) {
    if (!strcmp(fq_json_str(k, "name"), name)) snprintf(text, sizeof text, "%s", fq_json_str(k, "due_at"));
  }
  return text;
}

static void start(const char *id, const char *name, int64_t limit_ms) {
  act("policy/p", "clock.start",
      "{\"incident\":\"%s\",\"name\":\"%s\",\"from\":\"reported\",\"to\":\"handled\",\"limit_ms\":%lld}", id,
      name, (long long)limit_ms);
}

static void merge(const char *id, const char *into) {
  act("dispatcher", "incident.merge", "{\"id\":\"%s\",\"into\":\"%s\",\"reason\":\"同一件事\"}", id, into);
}

static void split(const char *id) {
  act("dispatcher", "incident.split", "{\"id\":\"%s\",\"reason\":\"不是一件事\"}", id);
}

static void finish_accepted(const char *who, const char *task) {
  act(who, "task.feedback", "{\"id\":\"%s\",\"text\":\"好了\"}", task);
  act(who, "task.finish", "{\"id\":\"%s\"}", task);
}

/* ---- there and back ------------------------------------------------------------------------------- */

static void without_loss(void **state) {
  char a[FQ_ID_MAX], b[FQ_ID_MAX], t[FQ_ID_MAX];
  keep(a, report("officer-a1", GRID_A1, "fire"));
  keep(b, report("officer-b1", GRID_A1, "fire"));
  start(b, "long", HOUR);
  start(b, "held", HOUR);
  act("dispatcher", "clock.pause", "{\"incident\":\"%s\",\"name\":\"held\",\"policy\":\"p\"}", b);
  keep(t, task_for(b, "officer-a2"));
  act("officer-a2", "task.accept", "{\"id\":\"%s\"}", t);
  at(10 * MINUTE);
  char *before_a = picture(a), *before_b = picture(b);

  merge(b, a);
  state_is(b, "merged");
  /* the order went over, and with it the state: somebody is already on it */
  state_is(a, "handling");
  assert_non_null(task_in(a, t));
  assert_null(task_in(b, t));
  assert_string_equal(fq_json_str(fq_json_get(incident(b), "merged_into"), "id"), a);
  const fq_json *m = fq_json_first(fq_json_get(incident(a), "merged"));
  assert_string_equal(fq_json_str(m, "id"), b);
  assert_string_equal(fq_json_str(m, "reporter"), "officer-b1");
  assert_string_equal(clock_state(b, "p", "long"), "paused");
  assert_int_equal(remaining(b, "long"), 50 * MINUTE);
  /* two hours later nothing has run out, and nobody reminds */
  at(130 * MINUTE);
  assert_int_equal(entries("clock.breached"), 0);

  split(b);
  state_is(b, "handling");
  state_is(a, "accepted"); /* it was sent to nobody but the one that went back */
  assert_non_null(task_in(b, t));
  assert_string_equal(clock_state(b, "p", "long"), "running");
  assert_string_equal(due(b, "long"),
                      "2026-11-22T03:00:00.000Z");            /* 02:10 and the 50 minutes that were left */
  assert_string_equal(clock_state(b, "p", "held"), "paused"); /* by hand, before: it stays so */
  assert_null(fq_json_get(incident(b), "merged_into"));
  assert_null(fq_json_get(incident(a), "merged"));
  free(before_a);
  /* but for the clock's new end, it is what it was */
  char *now = picture(b), *cut_now = strstr(now, "\"clocks\""), *cut_before = strstr(before_b, "\"clocks\"");
  assert_non_null(cut_now);
  *cut_now = *cut_before = '\0';
  assert_string_equal(now, before_b);
  free(now);
  free(before_b);
  finish_accepted("officer-a2", t);
  state_is(b, "handled");
  if (*w.dir) rebuild_gives_the_same();
}

static void at_once_nothing_changes(void **state) {
  static const char *const states[] = {"reported", "accepted", "returned"};
  for (size_t k = 0; k < 3; k++) {
    char a[FQ_ID_MAX], b[FQ_ID_MAX];
    keep(a, report("officer-a1", GRID_A1, "fire"));
    act("officer-b1", "incident.report",
        "{\"category\":\"fire\",\"title\":\"着火\",\"text\":\"后山\",\"grid\":\"%s\",\"place\":{\"lon\":110."
        "5,\"lat\":"
        "27.1},\"attachments\":[]}",
        GRID_A1);
    keep(b, fq_json_str(w.result, "id"));
    start(b, "c", HOUR);
    if (k == 1) act("dispatcher", "incident.accept", "{\"id\":\"%s\"}", b);
    if (k == 2) act("dispatcher", "incident.return", "{\"id\":\"%s\",\"reason\":\"不清\"}", b);
    state_is(b, states[k]);
    char *before_a = picture(a), *before_b = picture(b);
    merge(b, a);
    split(b);
    same(a, before_a);
    same(b, before_b);
  }
}

/* ---- who hears -------------------------------------------------------------------------------------- */

static void its_reporter_hears(void **state) {
  char a[FQ_ID_MAX], b[FQ_ID_MAX], t[FQ_ID_MAX];
  keep(a, report("officer-a1", GRID_A1, "fire"));
  keep(b, report("officer-b1", GRID_A1, "fire"));
  refused("officer-b1", "incident.get", FQ_E_FORBIDDEN, "incident.foreign", "{\"id\":\"%s\"}", a);
  merge(b, a);
  assert_string_equal(entry("incident.merged", "audience"), "user/officer-b1");
  assert_string_equal(entry("incident.joined", "audience"), "user/officer-a1 user/officer-b1");
  act("officer-b1", "incident.get", "{\"id\":\"%s\"}", a);
  keep(t, task_for(a, "officer-a2"));
  finish_task("officer-a2", t);
  act("dispatcher", "incident.verify", "{\"id\":\"%s\",\"pass\":true}", a);
  act("dispatcher", "incident.close", "{\"id\":\"%s\"}", a);
  assert_string_equal(entry("incident.closed", "audience"), "user/officer-a1 user/officer-b1");
  fq_db *db = fq_kernel_db(w.kernel);
  const char *ended = "SELECT count(*) FROM incident WHERE ended_ms IS NOT NULL";
  assert_int_equal(fq_int(db, 0, ended, ""), 2); /* it has ended with the other */
  state_is(b, "merged");
  act("dispatcher", "incident.reopen", "{\"id\":\"%s\",\"reason\":\"复燃\"}", a);
  assert_int_equal(fq_int(db, 0, ended, ""), 0);
  /* also after the other was closed a wrong merge can be undone */
  keep(t, task_for(a, "officer-a2"));
  finish_task("officer-a2", t);
  act("dispatcher", "incident.verify", "{\"id\":\"%s\",\"pass\":true}", a);
  act("dispatcher", "incident.close", "{\"id\":\"%s\"}", a);
  split(b);
  state_is(b, "reported");
  state_is(a, "closed");
  assert_int_equal(fq_int(db, 0, ended, ""), 1);
  refused("officer-b1", "incident.get", FQ_E_FORBIDDEN, "incident.foreign", "{\"id\":\"%s\"}", a);
  if (*w.dir) rebuild_gives_the_same();
}

static void files_are_shown(void **state) {
  static const char hash[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  char a[FQ_ID_MAX], b[FQ_ID_MAX];
  keep(a, report("officer-a1", GRID_A1, "fire"));
  act("officer-b1", "incident.report",
      "{\"category\":\"fire\",\"title\":\"着火\",\"grid\":\"%s\",\"attachments\":[\"%s\"]}", GRID_A1, hash);
  keep(b, fq_json_str(w.result, "id"));
  merge(b, a);
  assert_non_null(strstr(entry("incident.joined", "data"), hash));
  const fq_json *m = fq_json_first(fq_json_get(incident(a), "merged"));
  assert_string_equal(fq_json_as_str(fq_json_first(fq_json_get(m, "attachments"))), hash);
}

/* ---- tasks ------------------------------------------------------------------------------------------- */

static void orders_go_over(void **state) {
  char a[FQ_ID_MAX], b[FQ_ID_MAX], t[FQ_ID_MAX], u[FQ_ID_MAX];
  keep(a, report("officer-a1", GRID_A1, "fire"));
  keep(b, report("officer-b1", GRID_A1, "fire"));
  start(a, "x", HOUR);
  act("policy/p", "clock.start",
      "{\"incident\":\"%s\",\"name\":\"send\",\"from\":\"reported\",\"to\":\"dispatched\",\"limit_ms\":"
      "300000}",
      a);
  keep(t, task_for(b, "officer-a2"));
  keep(u, task_for(b, "officer-a3"));
  merge(b, a);
  state_is(a, "dispatched");
  assert_string_equal(clock_state(a, "p", "send"), "met"); /* somebody is sent: the clock has its answer */
  assert_int_equal(entries("task.moved"), 2);
  assert_non_null(strstr(entry("task.moved", "audience"), "user/officer-a3"));
  act("officer-a2", "task.decline", "{\"id\":\"%s\",\"reason\":\"远\"}", t);
  state_is(a, "dispatched");
  finish_task("officer-a3", u);
  state_is(a, "handled");
  /* what was done stays where it was done; the one split off has nobody left and waits */
  split(b);
  state_is(b, "accepted");
  state_is(a, "handled");
  assert_non_null(task_in(a, u));
  if (*w.dir) rebuild_gives_the_same();
}

static void done_work_counts(void **state) {
  char a[FQ_ID_MAX], b[FQ_ID_MAX], t[FQ_ID_MAX], u[FQ_ID_MAX];
  keep(a, report("officer-a1", GRID_A1, "fire"));
  keep(b, report("officer-b1", GRID_A1, "fire"));
  keep(t, task_for(b, "officer-a2"));
  keep(u, task_for(b, "officer-a3"));
  finish_task("officer-a2", t);
  merge(b, a);
  state_is(a, "dispatched");
  act("officer-a3", "task.decline", "{\"id\":\"%s\",\"reason\":\"已有人办完\"}", u);
  state_is(a, "handled"); /* the other one's work was done */
  if (*w.dir) rebuild_gives_the_same();
}

/* ... unless it was looked at and found not to be done: merging does not make it so. */
static void failed_work_does_not(void **state) {
  char a[FQ_ID_MAX], b[FQ_ID_MAX], t[FQ_ID_MAX];
  keep(a, report("officer-a1", GRID_A1, "fire"));
  keep(b, report("officer-b1", GRID_A1, "fire"));
  finish_task("officer-a2", task_for(b, "officer-a2"));
  act("dispatcher", "incident.verify", "{\"id\":\"%s\",\"pass\":false}", b);
  keep(t, task_for(a, "officer-a3"));
  merge(b, a);
  act("officer-a3", "task.decline", "{\"id\":\"%s\",\"reason\":\"在外\"}", t);
  state_is(a, "accepted");
}

static void the_last_order_goes_back(void **state) {
  char a[FQ_ID_MAX], b[FQ_ID_MAX], t[FQ_ID_MAX], u[FQ_ID_MAX];
  keep(a, report("officer-a1", GRID_A1, "fire"));
  keep(b, report("officer-b1", GRID_A1, "fire"));
  keep(t, task_for(a, "officer-a2"));
  keep(u, task_for(b, "officer-a3"));
  merge(b, a);
  finish_task("officer-a2", t);
  state_is(a, "handling");
  split(b);
  state_is(b, "dispatched");
  state_is(a, "handled"); /* its own work was finished, the rest was not its */
  finish_task("officer-a3", u);
  state_is(b, "handled");
}

static void an_order_lapses_where_it_is(void **state) {
  char a[FQ_ID_MAX], b[FQ_ID_MAX];
  keep(a, report("officer-a1", GRID_A1, "fire"));
  keep(b, report("officer-b1", GRID_A1, "fire"));
  act("dispatcher", "incident.dispatch",
      "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a2\"}],\"expires_in_ms\":600000}", b);
  merge(b, a);
  wake_at(20 * MINUTE);
  assert_int_equal(entries("task.expired"), 1);
  state_is(a, "accepted");
  state_is(b, "merged");
  split(b);
  state_is(b, "accepted");
}

/* ---- refusals ---------------------------------------------------------------------------------------- */

#define PAIR "{\"id\":\"%s\",\"into\":\"%s\"}"

static void refusals(void **state) {
  char a[FQ_ID_MAX], b[FQ_ID_MAX], c[FQ_ID_MAX], d[FQ_ID_MAX], t[FQ_ID_MAX];
  keep(a, report("officer-a1", GRID_A1, "fire"));
  keep(b, report("officer-b1", GRID_A1, "fire"));
  keep(c, report("officer-b1", GRID_B1, "fire"));
  refused("dispatcher", "incident.merge", FQ_E_CONFLICT, "merge.itself", PAIR, a, a);
  refused("dispatcher", "incident.merge", FQ_E_NOT_FOUND, "incident.unknown", PAIR, a, "i99999");
  refused("dispatcher", "incident.merge", FQ_E_NOT_FOUND, "incident.unknown", PAIR, "i99999", a);
  refused("dispatcher", "incident.merge", FQ_E_CONFLICT, "rev.stale",
          "{\"id\":\"%s\",\"into\":\"%s\",\"rev\":9}", b, a);
  refused("dispatcher", "incident.split", FQ_E_CONFLICT, "incident.state", "{\"id\":\"%s\",\"reason\":\"x\"}",
          a);
  merge(b, a);
  refused("dispatcher", "incident.merge", FQ_E_CONFLICT, "merge.chain", PAIR, c, b); /* a chain */
  refused("dispatcher", "incident.merge", FQ_E_CONFLICT, "merge.chain", PAIR, a, b); /* a cycle */
  refused("dispatcher", "incident.merge", FQ_E_CONFLICT, "merge.chain", PAIR, a, c); /* a chain, from below */
  refused("dispatcher", "incident.merge", FQ_E_CONFLICT, "incident.state", PAIR, b, c);
  /* nothing is done with a merged one but splitting it off */
  refused("dispatcher", "incident.dispatch", FQ_E_CONFLICT, "incident.state",
          "{\"id\":\"%s\",\"to\":[{\"user\":\"officer-a1\"}]}", b);
  refused("dispatcher", "incident.void", FQ_E_CONFLICT, "incident.state", "{\"id\":\"%s\",\"reason\":\"x\"}",
          b);
  keep(d, report("officer-a1", GRID_A1, "fire"));
  act("dispatcher", "incident.void", "{\"id\":\"%s\",\"reason\":\"误报\"}", d);
  refused("dispatcher", "incident.merge", FQ_E_CONFLICT, "merge.target", PAIR, c, d); /* into an ended one */
  refused("dispatcher", "incident.merge", FQ_E_CONFLICT, "incident.state", PAIR, d, c);
  /* into one that is done, but only what nobody is working on */
  keep(d, report("officer-a1", GRID_A1, "fire"));
  keep(t, task_for(d, "officer-a1"));
  finish_task("officer-a1", t);
  task_for(c, "officer-b1");
  refused("dispatcher", "incident.merge", FQ_E_CONFLICT, "merge.tasks", PAIR, c, d);
  keep(c, report("officer-b1", GRID_B1, "fire"));
  merge(c, d);
  state_is(d, "handled");
}

static void rights(void **state) {
  char a[FQ_ID_MAX], b[FQ_ID_MAX], c[FQ_ID_MAX];
  keep(a, report("officer-a1", GRID_A1, "fire"));
  keep(b, report("officer-b1", GRID_B1, "fire"));
  keep(c, report("officer-a1", GRID_A2, "fire"));
  refused("officer-a1", "incident.merge", FQ_E_FORBIDDEN, "role", PAIR, a, c);
  refused("director-a", "incident.merge", FQ_E_FORBIDDEN, "scope", PAIR, b, a);
  refused("director-a", "incident.merge", FQ_E_FORBIDDEN, "incident.foreign", PAIR, a,
          b); /* into a foreign one */
  refused("director-b", "incident.merge", FQ_E_FORBIDDEN, "scope", PAIR, a, b);
  act("director-a", "incident.merge", PAIR, a, c);
  refused("director-b", "incident.split", FQ_E_FORBIDDEN, "scope", "{\"id\":\"%s\",\"reason\":\"x\"}", a);
  act("policy/p", "incident.split", "{\"id\":\"%s\",\"reason\":\"x\"}", a);
  act("policy/p", "incident.merge", PAIR, a, b);
}

/* ---- duplicates --------------------------------------------------------------------------------------- */

static const char *told(const char *who, const char *title, double lon, double lat, const char *category) {
  static char id[FQ_ID_MAX];
  act(who, "incident.report", "{\"category\":\"%s\",\"title\":\"%s\",\"place\":{\"lon\":%.6f,\"lat\":%.6f}}",
      category, title, lon, lat);
  snprintf(id, sizeof id, "%s", fq_json_str(w.result, "id"));
  return id;
}

static void suggested(void **state) {
  char a[FQ_ID_MAX], b[FQ_ID_MAX];
  keep(a, told("officer-a1", "后山冒烟起火", 110.5005, 27.1004, "fire"));
  at(5 * MINUTE);
  keep(b, told("officer-a2", "后山起火了,冒烟", 110.5010, 27.1000, "fire"));
  assert_int_equal(entries("duplicate.suggested"), 1);
  assert_string_equal(entry("duplicate.suggested", "subject"), b);
  assert_string_equal(entry("duplicate.suggested", "audience"),
                      ""); /* the desk's matter, not the reporter's */
  act("dispatcher", "incident.duplicates", "{\"id\":\"%s\"}", b);
  const fq_json *r = fq_json_first(fq_json_get(w.result, "rows"));
  assert_string_equal(fq_json_str(r, "id"), a);
  assert_true(fq_json_int(r, "score", 0) >= 75);
  assert_true(fq_json_int(r, "distance_m", 0) > 40 && fq_json_int(r, "distance_m", 0) < 90);
  assert_int_equal(fq_json_int(r, "apart_ms", 0), 5 * MINUTE);
  assert_string_equal(fq_json_str(r, "same_category"), "same");
  /* far off, something else, another day, or over: no second telling */
  told("officer-a1", "后山冒烟起火", 110.5105, 27.1004, "fire");
  told("officer-a1", "垃圾没人清", 110.5005, 27.1004, "sanitation");
  assert_int_equal(entries("duplicate.suggested"), 1);
  at(24 * HOUR);
  told("officer-a1", "后山冒烟起火", 110.5005, 27.1004, "fire");
  assert_int_equal(entries("duplicate.suggested"), 1);
  if (*w.dir) rebuild_gives_the_same();
}

static void across_a_cell_border(void **state) {
  told("officer-a1", "路灯不亮", 110.5000, 27.0999, "utility");
  told("officer-a1", "路灯不亮", 110.4999, 27.1001, "utility"); /* other degrees on both sides */
  assert_int_equal(entries("duplicate.suggested"), 1);
}

static void only_open_ones(void **state) {
  char a[FQ_ID_MAX], b[FQ_ID_MAX];
  keep(a, told("officer-a1", "路灯不亮", 110.5001, 27.1001, "utility"));
  act("dispatcher", "incident.void", "{\"id\":\"%s\",\"reason\":\"误报\"}", a);
  keep(b, told("officer-a1", "路灯不亮", 110.5001, 27.1001, "utility"));
  assert_int_equal(entries("duplicate.suggested"), 0);
  act("dispatcher", "incident.reopen", "{\"id\":\"%s\",\"reason\":\"真的\"}", a);
  act("dispatcher", "incident.duplicates", "{\"id\":\"%s\"}", b);
  assert_int_equal(fq_json_size(fq_json_get(w.result, "rows")), 1);
  merge(a, b);
  act("dispatcher", "incident.duplicates", "{\"id\":\"%s\"}", b);
  assert_int_equal(fq_json_size(fq_json_get(w.result, "rows")), 0);
  split(a);
  act("dispatcher", "incident.duplicates", "{\"id\":\"%s\"}", b);
  assert_int_equal(fq_json_size(fq_json_get(w.result, "rows")), 1);
  assert_int_equal(fq_int(fq_kernel_db(w.kernel), 0, "SELECT count(*) FROM dup_cell", ""), 4);
}

static void while_it_is_written_down(void **state) {
  char a[FQ_ID_MAX];
  keep(a, told("officer-a1", "路灯不亮", 110.5001, 27.1001, "utility"));
  act("dispatcher", "incident.similar",
      "{\"category\":\"utility\",\"title\":\"路灯又不亮\",\"place\":{\"lon\":110.5002,\"lat\":27.1001}}");
  assert_string_equal(fq_json_str(fq_json_first(fq_json_get(w.result, "rows")), "id"), a);
  /* by the grid alone */
  act("dispatcher", "incident.similar", "{\"category\":\"utility\",\"title\":\"路灯不亮\",\"grid\":\"%s\"}",
      GRID_A1);
  assert_string_equal(fq_json_str(fq_json_first(fq_json_get(w.result, "rows")), "id"), a);
  act("dispatcher", "incident.similar", "{\"category\":\"utility\",\"title\":\"路灯不亮\",\"grid\":\"%s\"}",
      GRID_A2);
  assert_int_equal(fq_json_size(fq_json_get(w.result, "rows")), 0);
  refused("dispatcher", "incident.similar", FQ_E_PARAMS, "place.missing",
          "{\"category\":\"utility\",\"title\":\"路灯不亮\"}");
  /* nobody learns of what he may not see */
  act("officer-a1", "incident.similar", "{\"category\":\"utility\",\"title\":\"路灯不亮\",\"grid\":\"%s\"}",
      GRID_A1);
  assert_int_equal(fq_json_size(fq_json_get(w.result, "rows")), 1);
  act("officer-b1", "incident.similar", "{\"category\":\"utility\",\"title\":\"路灯不亮\",\"grid\":\"%s\"}",
      GRID_A1);
  assert_int_equal(fq_json_size(fq_json_get(w.result, "rows")), 0);
  refused("director-b", "incident.duplicates", FQ_E_FORBIDDEN, "incident.foreign", "{\"id\":\"%s\"}", a);
}

#define TEST(f)    cmocka_unit_test_setup_teardown(f, world_open, world_close)
#define ON_DISK(f) cmocka_unit_test_setup_teardown(f, world_open_on_disk, world_close)
int main(void) {
  const struct CMUnitTest tests[] = {ON_DISK(without_loss),
                                     TEST(at_once_nothing_changes),
                                     ON_DISK(its_reporter_hears),
                                     TEST(files_are_shown),
                                     ON_DISK(orders_go_over),
                                     ON_DISK(done_work_counts),
                                     TEST(failed_work_does_not),
                                     TEST(the_last_order_goes_back),
                                     TEST(an_order_lapses_where_it_is),
                                     TEST(refusals),
                                     TEST(rights),
                                     ON_DISK(suggested),
                                     TEST(across_a_cell_border),
                                     TEST(only_open_ones),
                                     TEST(while_it_is_written_down)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
