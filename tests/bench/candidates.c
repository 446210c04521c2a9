/*
 * How long it takes to say who could be sent, with many officers: incident.candidates as a query, and
 * view.nearest_officer as a policy asks it with every report. In memory, on the real kernel.
 *
 *   make tests/bench/candidates && tests/bench/candidates [officers] [open tasks] [rounds]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../unit/dispatch_world.h"

extern const struct fq_plugin dp_people_part;

/* CPU time: what the machine does besides is not this program's matter. */
static double now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static void say(const char *what, double *us, int n) {
  qsort(us, (size_t)n, sizeof *us, by_size);
  printf("%-44s p50 %8.0f us   p99 %8.0f us   max %8.0f us\n", what, us[n / 2], us[n * 99 / 100], us[n - 1]);
}

static uint32_t seed = 1;
static double dice(void) {
  seed = seed * 1664525u + 1013904223u;
  return (double)(seed >> 8) / (double)(1 << 24);
}

static void people(int officers) {
  static const char *const skills[] = {"fire", "dispute", "flood", "traffic", "other"};
  static const char *const grids[] = {GRID_A1, GRID_A2, GRID_A3, GRID_B1, GRID_C1};
  for (int x = 0; x < officers; x++) {
    act("system", "user.add", "{\"name\":\"o-%05d\",\"org\":\"%s\",\"roles\":[\"officer\"]}", x,
        grids[x % 5]);
    act("system", "officer.set", "{\"user\":\"o-%05d\",\"skills\":[\"%s\",\"%s\"],\"capacity\":3}", x,
        skills[(int)(dice() * 5)], skills[(int)(dice() * 5)]);
    if (dice() < 0.8) act("system", "duty.start", "{\"user\":\"o-%05d\"}", x);
  }
}

static void busy(int tasks, int officers) {
  for (int x = 0; x < tasks;) {
    char id[FQ_ID_MAX], to[2048] = "";
    snprintf(id, sizeof id, "%s", report("dispatcher", GRID_A1, "fire"));
    int first = (int)(dice() * officers);
    for (int k = 0; k < 20 && x < tasks; k++, x++) {
      size_t n = strlen(to);
      snprintf(to + n, sizeof to - n, "%s{\"user\":\"o-%05d\"}", k ? "," : "", (first + k * 37) % officers);
    }
    act("dispatcher", "incident.dispatch", "{\"id\":\"%s\",\"to\":[%s]}", id, to);
  }
}

static void nearest(const char *incident) {
  const struct fq_view_fn *f = dp_people_part.views;
  while (strcmp(f->name, "nearest_officer"))
    f++;
  fq_json *args = fq_json_array(), *wish = fq_json_object();
  fq_json_push(args, fq_json_new_str(incident));
  fq_json_set_str(wish, "skill", "fire");
  fq_json_push(args, wish);
  struct fq_view v = {
      .db = fq_kernel_db(w.kernel), .self = w.self, .now_ms = w.t0_ms, .args = args, .error = &w.error};
  if (f->fn(&v) != FQ_OK || !v.answer) abort();
  fq_json_free(v.answer);
  fq_json_free(args);
}

int main(int argc, char **argv) {
  int officers = argc > 1 ? atoi(argv[1]) : 5000, tasks = argc > 2 ? atoi(argv[2]) : 3000;
  int rounds = argc > 3 ? atoi(argv[3]) : 500;
  if (officers < 1 || tasks < 0 || rounds < 1) return 2;
  double *us = calloc((size_t)rounds, sizeof *us), t;
  char id[FQ_ID_MAX];
  if (!us) return 2;
  world_open(NULL);
  people(officers);
  busy(tasks, officers);
  snprintf(id, sizeof id, "%s", report("dispatcher", GRID_A2, "fire"));
  printf("%d officers, %d open tasks, %d rounds\n", officers, tasks, rounds);

  t = now_us();
  act("dispatcher", "incident.candidates", "{\"id\":\"%s\"}", id);
  printf("%-44s     %8.0f us\n", "candidates, staff to be loaded", now_us() - t);
  static const char *const asked[][2] = {
      {"candidates, 20 rows, 500 reasons", "{\"id\":\"%s\"}"},
      {"candidates, 20 rows, every reason", "{\"id\":\"%s\",\"excluded\":10000}"},
      {"candidates, 200 rows, no reasons", "{\"id\":\"%s\",\"limit\":200,\"excluded\":0}"}};
  for (size_t k = 0; k < 3; k++) {
    for (int x = 0; x < rounds; x++) {
      char params[200];
      snprintf(params, sizeof params, asked[k][1], id);
      t = now_us();
      act("dispatcher", "incident.candidates", "%s", params);
      us[x] = now_us() - t;
    }
    say(asked[k][0], us, rounds);
  }
  nearest(id);
  for (int x = 0; x < rounds; x++) {
    t = now_us();
    nearest(id);
    us[x] = now_us() - t;
  }
  say("view.nearest_officer", us, rounds);
  world_close(NULL);
  free(us);
  return 0;
}
