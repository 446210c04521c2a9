/*
 * replay_raw.c - what a replay cannot go below on this machine, for tests/bench/replay.mjs: reading the rows
 * of a county's journal and parsing them; applying them to a kernel that hears everything, and to a lean one.
 * Prints milliseconds of processor time.
 *
 *   tests/bench/replay_raw DIR
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "kernel/kernel.h"
#include "plugin/options.h"
#include "policy/module.h"
#include "store/journal.h"
#include "workshop/workshop.h"

extern const struct fq_plugin fq_plugin; /* dispatch */

static int fail(const struct fq_error *e) {
  fprintf(stderr, "replay_raw: %s %s\n", e->path, e->en);
  return 1;
}

static int read_rows(const char *path, struct fq_error *e) {
  int64_t began_us = fq_thread_cpu_us(), rows = 0;
  fq_db *db = fq_db_open(path, FQ_DB_READER, e);
  if (!db) return fail(e);
  fq_stmt *q = fq_journal_after(db, 0, INT64_MAX);
  for (; fq_row(q); rows++) {
    struct fq_row r;
    fq_journal_get(q, &r);
    fq_json_free(fq_json_parse(r.data, strlen(r.data), NULL));
  }
  printf("{\"rows\":%lld,\"parse_ms\":%lld", (long long)rows,
         (long long)(fq_thread_cpu_us() - began_us) / 1000);
  int64_t us =
      fq_int(db, 0, "SELECT sum(json_extract(data, '$.us')) FROM journal WHERE kind = 'policy.decided'", "");
  printf(",\"decided_ms\":%lld", (long long)us / 1000);
  fq_db_close(db);
  return 0;
}

static int apply_rows(const char *path, bool lean, struct fq_error *e) {
  struct fq_problem_list problems = {0};
  void *self = fq_alloc(fq_plugin.self_bytes);
  fq_options_parse(fq_plugin.options, "dispatch", NULL, NULL, self, &problems);
  fq_kernel *k =
      fq_kernel_open(&(struct fq_kernel_config){.memory = true, .fake_clock = true, .lean = lean}, e);
  struct fq_past *p = NULL;
  int64_t began_us = fq_thread_cpu_us();
  if (k && !fq_kernel_add(k, &fq_plugin, self, e) && !fq_policy_add(k, e) &&
      !fq_kernel_add(k, &fq_workshop_module, fq_workshop_new(), e) && !fq_kernel_boot(k, e) &&
      (p = fq_past_open(k, path, e)))
    fq_past_run(p, INT64_MAX, NULL, e);
  printf(",\"%s_ms\":%lld", lean ? "lean" : "apply", (long long)(fq_thread_cpu_us() - began_us) / 1000);
  fq_past_close(p);
  fq_kernel_close(k);
  fq_problems_free(&problems);
  free(self);
  return e->status ? fail(e) : 0;
}

int main(int argc, char **argv) {
  struct fq_error e = {0};
  if (argc != 2) return fprintf(stderr, "usage: replay_raw DIR\n"), 2;
  char *path = fq_printf("%s/county.db", argv[1]);
  int code = read_rows(path, &e) || apply_rows(path, false, &e) || apply_rows(path, true, &e);
  printf("}\n");
  free(path);
  return code;
}
