/*
 * The proof of a county of 25 townships and 350 villages, beside what really reporting and deciding each of
 * its situations would cost. Alone: make tests/bench/prove && tests/bench/prove
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/dispatch_world.h"
#include "base/clock.h"
#include "base/mem.h"
#include "policy/module.h"
#include "workshop/run.h"

#define TOWNSHIPS 25
#define VILLAGES  14 /* a township */
#define REPORTS   300

extern const struct fq_plugin fq_plugin;

static const char rules[] =
    "return policy { name = \"bench\", clocks = { dispatch = { from = \"reported\", to = \"dispatched\", "
    "limit = "
    "minutes(5), limit_at = { { \"22:00\", \"06:00\", minutes(8) } } } }, on = { [\"incident.reported\"] = "
    "function(e, "
    "view)\n  local o = view.nearest_officer(e.incident, { skill = e.incident.category }) or "
    "view.nearest_officer(e.incident, {})\n  if o then return dispatch(e.incident, o, \"\", { expires = "
    "minutes(10) "
    "}) end\nend } }";

static void fill(void) {
  for (int t = 0; t < TOWNSHIPS; t++) {
    struct fq_buf b = {0};
    fq_buf_fmt(&b,
               "{\"units\":[{\"id\":\"t%02d\",\"parent\":\"430525\",\"kind\":\"township\",\"name\":\"镇%d\"}",
               t, t);
    for (int v = 0; v < VILLAGES; v++)
      fq_buf_fmt(
          &b,
          ",{\"id\":\"t%02dv%02d\",\"parent\":\"t%02d\",\"kind\":\"village\",\"name\":\"村%d\"},{\"id\":"
          "\"t%02dv%02dg\",\"parent\":\"t%02dv%02d\",\"kind\":\"grid\",\"name\":\"格\",\"lon\":%f,\"lat\":%"
          "f}",
          t, v, t, v, t, v, t, v, 110.2 + t * 0.02, 26.9 + v * 0.03);
    fq_buf_str(&b, "]}");
    struct fq_error e = {0};
    fq_json *p = fq_json_parse(b.data, b.len, &e);
    if (!p || fq_kernel_call(w.kernel, NULL, "org.import", p, NULL, &e)) fail_msg("%s", e.en);
    fq_buf_free(&b);
    for (int v = 0; v < VILLAGES; v++) {
      act("system", "user.add", "{\"name\":\"o%02d%02d\",\"org\":\"t%02dv%02dg\",\"roles\":[\"officer\"]}", t,
          v, t, v);
      if (v % 3) act("system", "duty.start", "{\"user\":\"o%02d%02d\"}", t, v);
    }
    act("system", "user.add", "{\"name\":\"d%02d\",\"org\":\"t%02d\",\"roles\":[\"director\"]}", t, t);
  }
}

static fq_json *pack(void) {
  struct fq_buf csv = {0};
  fq_json *o = fq_json_object(), *files = fq_json_object();
  fq_buf_str(&csv, "code,zh,en\n");
  for (int i = 0; i < 29; i++)
    fq_buf_fmt(&csv, "c%d,类%d,kind %d\n", i, i, i);
  fq_json_set_str(o, "pack", "bench");
  fq_json_set(o, "files", files);
  fq_json_set_str(files, "pack.lua",
                  "name = \"bench\" version = \"1\" title = { zh = \"测\", en = \"B\" } policies = { "
                  "\"policies/b.lua\" } "
                  "dictionaries = { categories = \"dictionaries/categories.csv\" }");
  fq_json_set_str(files, "policies/b.lua", rules);
  fq_json_set_str(files, "dictionaries/categories.csv", csv.data);
  fq_buf_free(&csv);
  return o;
}

static void *world(void *unused) {
  (void)unused;
  char *self = calloc(1, fq_plugin.self_bytes);
  memcpy(self, w.self, fq_plugin.self_bytes);
  return self;
}
static enum fq_status add(void *self, fq_kernel *k, struct fq_error *e) {
  return fq_kernel_add(k, &fq_plugin, self, e);
}

static fq_json *told;
static void progress(void *arg, double share, const char *zh, const char *en) {
  (void)arg, (void)share, (void)zh, (void)en;
}
static void row(void *arg, const char *list, const fq_json *value) {
  (void)list, (void)value;
  ++*(int64_t *)arg;
}
static void summary(void *arg, const fq_json *value) {
  (void)arg;
  told = fq_json_dup(value);
}

/* One report with everything the policies decide about it, really, and taken back. */
static double raw_us(const struct fq_run *r) {
  struct fq_error e = {0};
  void *self;
  fq_kernel *k = fq_run_kernel(r, 1, &self, &e);
  static const char *const kinds[] = {"org.unit_set", "user.set", "officer.set", "duty.started"};
  fq_json *names = fq_json_array();
  char path[128];
  snprintf(path, sizeof path, "%s/county.db", w.dir);
  for (int i = 0; i < 4; i++)
    fq_json_push(names, fq_json_new_str(kinds[i]));
  if (!k || fq_kernel_learn(k, path, names, NULL, &e) ||
      fq_kernel_call(k, NULL, "pack.deploy", fq_json_dup(r->pack), NULL, &e))
    fail_msg("%s", e.en);
  fq_json_free(names);
  int64_t began_us = fq_thread_cpu_us();
  for (int i = 0; i < REPORTS; i++) {
    char text[128];
    snprintf(text, sizeof text, "{\"grid\":\"t%02dv%02dg\",\"category\":\"c%d\",\"level\":2,\"title\":\"x\"}",
             i % TOWNSHIPS, i % VILLAGES, i % 29);
    fq_json *p = fq_json_parse(text, strlen(text), &e);
    if (fq_kernel_try(k, &e) || fq_kernel_call(k, NULL, "incident.report", p, NULL, &e)) fail_msg("%s", e.en);
    fq_kernel_take_back(k);
  }
  double us = (double)(fq_thread_cpu_us() - began_us) / REPORTS;
  fq_kernel_close(k);
  free(self);
  return us;
}

static void bench(void **state) {
  (void)state;
  int64_t rows = 0;
  struct fq_error e = {0};
  fq_json *candidate = pack(), *options = fq_json_object();
  struct fq_run r = {.data_dir = w.dir,
                     .pack = candidate,
                     .options = options,
                     .world = world,
                     .add = add,
                     .world_free = free,
                     .out = {.arg = &rows, .progress = progress, .row = row, .summary = summary}};
  fill();
  int64_t began_us = fq_thread_cpu_us();
  if (fq_run_prove.run(&r, &e)) fail_msg("%s", e.en);
  double us = (double)(fq_thread_cpu_us() - began_us), raw = raw_us(&r);
  double situations = fq_json_num(told, "situations", 0);
  printf(
      "%.0f situations, %lld classes, %lld rows; %lld real decisions, %lld plays: %.2f s of processor time,\n"
      "%.1f million situations a second; each really reported and decided: %.0f us, so %.0f times as long\n",
      situations, (long long)fq_json_int(told, "classes", 0), (long long)rows,
      (long long)fq_json_int(told, "decisions", 0), (long long)fq_json_int(told, "played", 0), us / 1e6,
      situations / us, raw, situations * raw / us);
  fq_json_free(told);
  fq_json_free(candidate);
  fq_json_free(options);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(bench, world_open_on_disk, world_close)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
