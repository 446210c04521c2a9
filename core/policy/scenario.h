/*
 * fq_scenario_run - plays a pack's scenarios (<pack>/scenarios/x.lua) on a real kernel in memory with a fake
 * clock.
 *
 * Each file gets a kernel of its own, the small county of scripts/lib/scenario.lua, the pack deployed, and
 * its steps: scenario "五分钟未派单,镇里接手" at "08:00" { report { as = "officer-1", category = "fire",
 * title = "冒烟" } } at "08:05" { expect { owner = "township", clock = { dispatch = "breached" } } } Prints
 * one line a scenario, and below it what was not as expected, with file and line. Which plugins there are is
 * the caller's business. Any thread; milliseconds a scenario.
 *
 * RETURN VALUE: 0 everything as expected, 1 something was not, 2 the pack or a file could not be run.
 */
#ifndef FQ_POLICY_SCENARIO_H
#define FQ_POLICY_SCENARIO_H

#include <stdio.h>

#include "kernel/kernel.h"

struct fq_scenario_config {
  const char *pack; /* directory */
  const char *only; /* NULL, or a part of the file name */
  FILE *out;
  bool json; /* an object a line instead of text: {file, title, ok, steps, ms, wrong:[{line, zh, en}]} */
  /* Adds plugins to a kernel that has not booted, for each scenario anew; `gone` frees what add made, after
   * the kernel is closed. */
  enum fq_status (*add)(void *arg, fq_kernel *k, struct fq_error *e);
  void (*gone)(void *arg);
  void *arg;
};
int fq_scenario_run(const struct fq_scenario_config *c);

#endif
