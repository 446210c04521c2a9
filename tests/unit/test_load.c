/*
 * The load generator's instruments: a histogram that rounds by less than one per cent, and a view that
 * follows events and tells when it differs from a snapshot. Were they wrong, the fault tests would prove
 * nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "load.h"

static int by_value(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

static void histogram_keeps_percentiles(void **state) {
  enum { N = 20000 };
  static int64_t values[N];
  struct hist *h = fq_alloc(sizeof *h);
  uint64_t seed = 42;
  for (int i = 0; i < N; i++) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    values[i] = (int64_t)(seed >> 34) >> (seed >> 59); /* from microseconds to minutes */
    hist_add(h, values[i]);
  }
  qsort(values, N, sizeof values[0], by_value);
  static const double parts[] = {0.01, 0.5, 0.9, 0.99, 0.999, 1};
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    int64_t exact = values[(int)(parts[i] * N + 0.5) - 1], kept = hist_at(h, parts[i]);
    assert_true(kept >= exact && kept - exact <= exact / 100 + 1);
  }
  assert_int_equal(h->max_us, values[N - 1]);
  hist_add(h, INT64_MAX / 2); /* a clock gone mad lands in the last bucket, not outside */
  hist_add(h, -5);
  assert_int_equal(h->count, N + 2);
  free(h);
}

static const struct account dispatcher = {.name = "dispatcher", .org = "430525", .role = ROLE_DISPATCHER};
static const struct account officer = {.name = "officer-1", .org = "g1", .role = ROLE_OFFICER};

static fq_json *json(const char *text) {
  struct fq_error e = {0};
  fq_json *v = fq_json_parse(text, strlen(text), &e);
  assert_non_null(v);
  return v;
}

static void hear(struct view *v, int64_t n, const char *kind, const char *actor, const char *data) {
  char *text = fq_printf("{\"n\":%lld,\"kind\":\"%s\",\"subject\":\"i1\",\"actor\":\"%s\",\"data\":%s}",
                         (long long)n, kind, actor, data);
  fq_json *event = json(text);
  view_heard(v, n, kind, "i1", event);
  fq_json_free(event);
  free(text);
}

static bool agrees(struct view *v, const char *snapshot) {
  char difference[300];
  fq_json *s = json(snapshot);
  view_compare(v, s, difference, sizeof difference);
  fq_json_free(s);
  return !difference[0];
}

static void start(struct view *v, const char *snapshot) {
  fq_json *s = json(snapshot);
  view_load(v, s);
  fq_json_free(s);
  view_release(v);
}

#define EMPTY(n)     "{\"n\":" #n ",\"incident.open\":{\"rows\":[]},\"task.mine\":{\"rows\":[]}}"
#define TASK(s, rev) "{\"id\":\"t3\",\"to\":{\"user\":\"officer-1\"},\"state\":\"" s "\",\"rev\":" #rev "}"
#define OPEN(s, rev, t)                                                                                      \
  "{\"id\":\"i1\",\"state\":\"" s "\",\"rev\":" #rev ",\"reporter\":\"officer-2\",\"tasks\":[" t "]}"
#define SNAPSHOT(n, rows, mine)                                                                              \
  "{\"n\":" #n ",\"incident.open\":{\"rows\":[" rows "]},\"task.mine\":{\"rows\":[" mine "]}}"

static void desk_view_follows_events(void **state) {
  struct view *v = view_new(&dispatcher);
  start(v, EMPTY(0));
  assert_true(agrees(v, EMPTY(0)));
  hear(v, 1, "incident.reported", "officer-2", "{\"state\":\"reported\",\"rev\":1}");
  assert_false(agrees(v, EMPTY(1))); /* something too much */
  assert_true(agrees(v, SNAPSHOT(1, OPEN("reported", 1, ""), "")));
  assert_false(agrees(v, SNAPSHOT(1, OPEN("reported", 2, ""), "")));
  assert_false(agrees(v, SNAPSHOT(1, OPEN("accepted", 1, ""), "")));
  hear(v, 3, "task.created", "system",
       "{\"task\":\"t3\",\"to\":{\"user\":\"officer-1\"},\"state\":\"sent\",\"rev\":1}");
  hear(v, 4, "incident.dispatched", "system", "{\"state\":\"dispatched\",\"rev\":2}");
  assert_true(agrees(v, SNAPSHOT(4, OPEN("dispatched", 2, TASK("sent", 1)), "")));
  assert_false(agrees(v, SNAPSHOT(4, OPEN("dispatched", 2, TASK("seen", 2)), ""))); /* something missed */
  hear(v, 5, "incident.closed", "dispatcher", "{\"state\":\"closed\",\"rev\":3}");
  assert_true(agrees(v, EMPTY(5)));
  assert_false(agrees(v, SNAPSHOT(5, OPEN("dispatched", 2, ""), "")));
  view_free(v);
}

static void officer_sees_what_is_his(void **state) {
  struct view *v = view_new(&officer);
  start(v, EMPTY(0));
  hear(v, 3, "task.created", "system",
       "{\"task\":\"t3\",\"to\":{\"user\":\"officer-1\"},\"state\":\"sent\",\"rev\":1}");
  hear(v, 4, "incident.dispatched", "system", "{\"state\":\"dispatched\",\"rev\":2}");
  assert_true(agrees(v, SNAPSHOT(4, OPEN("dispatched", 2, TASK("sent", 1)), TASK("sent", 1))));
  assert_false(agrees(v, SNAPSHOT(4, OPEN("dispatched", 2, TASK("sent", 1)), "")));
  hear(
      v, 6, "task.expired", "system",
      "{\"task\":\"t3\",\"state\":\"expired\",\"rev\":2,\"incident_state\":\"accepted\",\"incident_rev\":3}");
  assert_true(agrees(v, EMPTY(6))); /* neither his report nor his task any more */
  view_free(v);
}

/* What is newer than the snapshot waits; what is older was in the base already. */
static void held_events_keep_their_order(void **state) {
  struct view *v = view_new(&dispatcher);
  hear(v, 1, "incident.reported", "officer-2", "{\"state\":\"reported\",\"rev\":1}");
  hear(v, 5, "incident.accepted", "dispatcher", "{\"state\":\"accepted\",\"rev\":3}");
  start(v, SNAPSHOT(4, OPEN("reported", 2, ""), ""));
  assert_true(agrees(v, SNAPSHOT(5, OPEN("accepted", 3, ""), "")));
  view_hold(v);
  hear(v, 7, "incident.dispatched", "dispatcher", "{\"state\":\"dispatched\",\"rev\":4}");
  hear(v, 8, "incident.handled", "officer-1", "{\"state\":\"handled\",\"rev\":5}");
  assert_true(agrees(v, SNAPSHOT(6, OPEN("accepted", 3, ""), "")));
  view_fold_to(v, 7);
  assert_true(agrees(v, SNAPSHOT(7, OPEN("dispatched", 4, ""), "")));
  view_release(v);
  assert_true(agrees(v, SNAPSHOT(8, OPEN("handled", 5, ""), "")));
  view_free(v);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(histogram_keeps_percentiles), cmocka_unit_test(desk_view_follows_events),
      cmocka_unit_test(officer_sees_what_is_his), cmocka_unit_test(held_events_keep_their_order)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
