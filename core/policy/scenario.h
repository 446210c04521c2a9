/*
 * fq_scenario_play - plays a pack's scenarios (its files scenarios/x.lua) on a real kernel in memory with a
 * fake clock.
 *
 * Each file gets a kernel of its own, the small county of scripts/lib/scenario.lua, the pack deployed, and
 * its steps: scenario "五分钟未派单,镇里接手" at "08:00" { report { as = "officer-1", category = "fire",
 * title = "冒烟" } } at "08:05" { expect { owner = "township", clock = { dispatch = "breached" } } }
 * Which plugins there are is the caller's business. Any thread; milliseconds a scenario.
 */
#ifndef FQ_POLICY_SCENARIO_H
#define FQ_POLICY_SCENARIO_H

#include "kernel/kernel.h"

struct fq_scenario_config {
  const fq_json *pack; /* {pack, files: {path: text}} */
  const char *only;    /* NULL, or a part of the file name */
  /* Adds plugins to a kernel that has not booted, for each scenario anew; `gone` frees what add made, after
   * the kernel is closed. */
  enum fq_status (*add)(void *arg, fq_kernel *k, struct fq_error *e);
  void (*gone)(void *arg);
  /* One scenario, in the order of their files: {file, title, ok, steps, ms, wrong:[{line, zh, en,
   * lines:[{line, text}]}]}. `at` of `count`. False: enough. The row stays the caller's. */
  bool (*row)(void *arg, const fq_json *row, int at, int count);
  void *arg;
};
struct fq_scenario_count {
  int played, failed;
};
/* A failure is one of the pack itself - it cannot be deployed - or that there is nothing to play:
 * "scenario.none". A story that does not come true is a row with ok = false. */
enum fq_status fq_scenario_play(const struct fq_scenario_config *c, struct fq_scenario_count *count,
                                struct fq_error *e);

/* How many scenarios the files have. */
int fq_scenario_files(const fq_json *files);

#endif
