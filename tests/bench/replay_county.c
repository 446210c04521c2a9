/*
 * replay_county.c - a month of a county, for tests/bench/replay.mjs: goes on with a demo county's journal on
 * a fake clock as the demo's own history does, with a report every other minute, and without waiting for the
 * disk.
 *
 *   tests/bench/replay_county DIR REPORTS.csv DAYS
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "kernel/kernel.h"
#include "main/demo_history.h"
#include "main/main.h"
#include "plugin/options.h"
#include "policy/module.h"
#include "store/db.h"
#include "workshop/workshop.h"

extern const struct fq_plugin fq_plugin; /* dispatch */

#define DAY_MS        86400000LL
#define REPORTS_EVERY 2 /* minutes: 21,600 in thirty days */

/* The command line's own stands beside its main(). */
char *fq_read_file(const char *path, size_t *len, struct fq_error *e) {
  FILE *in = fopen(path, "rb");
  char *text = fq_alloc(1 << 20);
  *len = in ? fread(text, 1, (1 << 20) - 1, in) : 0;
  if (in) fclose(in);
  if (*len) return text;
  free(text);
  fq_fail(e, FQ_E_NOT_FOUND, "file", path, "无法读取", "cannot be read");
  return NULL;
}

static enum fq_status live(fq_kernel *k, const char *reports, int64_t days, struct fq_error *e) {
  int64_t now_ms = fq_int(fq_kernel_db(k), 0, "SELECT max(at_ms) FROM journal", "");
  fq_kernel_set_time(k, now_ms);
  return fq_demo_history(k, reports, REPORTS_EVERY, now_ms + days * DAY_MS, e);
}

int main(int argc, char **argv) {
  struct fq_error e = {0};
  struct fq_problem_list problems = {0};
  if (argc != 4) return fprintf(stderr, "usage: replay_county DIR REPORTS.csv DAYS\n"), 2;
  void *self = fq_alloc(fq_plugin.self_bytes);
  fq_options_parse(fq_plugin.options, "dispatch", NULL, NULL, self, &problems);
  fq_kernel *k = fq_kernel_open(&(struct fq_kernel_config){.data_dir = argv[1], .fake_clock = true}, &e);
  bool well = k && !fq_kernel_add(k, &fq_plugin, self, &e) && !fq_policy_add(k, &e) &&
              !fq_kernel_add(k, &fq_workshop_module, fq_workshop_new(), &e) && !fq_kernel_boot(k, &e) &&
              fq_db_run(fq_kernel_db(k), "PRAGMA synchronous=OFF") && !live(k, argv[2], atoll(argv[3]), &e);
  if (well)
    printf("%lld\n", (long long)fq_int(fq_kernel_db(k), 0, "SELECT max(seq) FROM journal", ""));
  else
    fprintf(stderr, "replay_county: %s %s\n", e.path, e.en);
  fq_kernel_close(k);
  fq_problems_free(&problems);
  free(self);
  return well ? 0 : 1;
}
