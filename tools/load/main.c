/*
 * fengqiao-load: terminals by the thousand against a server. This file is the course of a run: connect
 * everybody, load, wait for what is unanswered, compare views, report. Begin with load.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "load.h"

enum course { CONNECTING, LOADING, DRAINING, CHECKING };

static enum course course;
static int64_t seen_us, until_us;
static bool gave_up, settling;

static void finish(void) {
  net_stop();
}

static void check_views(void) {
  course = CHECKING;
  stats.losses = traffic_unheard();
  if (opt.views && !gave_up)
    views_check(finish);
  else
    finish();
}

static void drain(void) {
  if (course >= DRAINING) {
    gave_up |= course == DRAINING; /* asked twice: at once */
    net_stop();
    return;
  }
  bool begun = course == LOADING;
  course = DRAINING;
  stats.ended_us = net_now_us();
  until_us = stats.ended_us + (int64_t)(opt.drain_s * 1e6);
  traffic_stop();
  acts_stop();
  if (!begun || opt.demo) finish();
}

static void begin(void) {
  course = LOADING;
  stats_begin();
  until_us = opt.duration_s > 0 ? net_now_us() + (int64_t)(opt.duration_s * 1e6) : INT64_MAX;
  if (!opt.quiet && !opt.json)
    printf("%d 个终端已连接 / terminals connected, p99 %.1f ms\n", terminals_open(),
           (double)hist_at(&stats.connect, 0.99) / 1e3);
  traffic_start();
  demo_positions_start();
}

static bool all_ready(void) {
  int dead = 0;
  for (int i = 0; i < terminal_count; i++) {
    if (terminals[i].phase == PHASE_DEAD)
      dead++;
    else if (terminals[i].phase != PHASE_OPEN || !view_ready(&terminals[i]))
      return false;
  }
  return dead < terminal_count;
}

/* The demo begins with whoever is there: it is to be looked at. */
static bool enough(void) {
  return opt.demo ? terminals_open() > 0 : all_ready() && (!opt.stream || demo_ready());
}

static void give_up(void) {
  fprintf(stderr, "fengqiao load: 服务器 %.0f 秒没有应答,放弃 / no server for %.0f s, giving up: %s%s%s\n",
          opt.give_up_s, opt.give_up_s, opt.url, stats.first_error[0] ? "\n  " : "", stats.first_error);
  gave_up = true;
  stats.failures++;
  stats.losses = traffic_unheard();
  finish();
}

static bool all_dead(void) {
  for (int i = 0; i < terminal_count; i++)
    if (terminals[i].phase != PHASE_DEAD) return false;
  return true;
}

static void look(void *arg) {
  int64_t now = net_now_us();
  if (terminals_open() > 0) seen_us = now;
  if (now - seen_us > (int64_t)(opt.give_up_s * 1e6) || all_dead()) {
    give_up();
    return;
  }
  if (course == CONNECTING && enough()) begin();
  if (course == LOADING && traffic_over()) { /* what the last ones lead to, too */
    int64_t settled_us = now + (int64_t)(opt.settle_s * 1e6);
    if (!settling && settled_us < until_us) until_us = settled_us;
    settling = true;
  }
  if (course == LOADING && now >= until_us) drain();
  if (course == DRAINING && ((terminals_idle() && !traffic_unheard()) || now >= until_us)) check_views();
}

static void on_signal(int number) {
  drain();
}

static int fail(const struct fq_error *e) {
  fprintf(stderr, "fengqiao load: %s%s%s / %s\n", e->path, e->path[0] ? ": " : "", e->zh, e->en);
  return 1;
}

int main(int argc, char **argv) {
  struct fq_error e = {0};
  struct account *accounts = NULL;
  size_t count = 0;
  char why[300];
  int code = options_read(argc, argv);
  if (code >= 0) return code;
  chance_seed(opt.seed);
  if (!accounts_read(opt.tokens, &accounts, &count, &e)) return fail(&e);
  code = 1;
  if ((opt.csv && !demo_read(opt.csv, &e)) || (opt.stream && !stream_read(opt.stream, &e)) ||
      (opt.ledger && !ledger_open(opt.ledger, &e))) {
    fail(&e);
    goto out;
  }
  if (!net_start(opt.url, opt.insecure, &terminal_ears, why, sizeof why)) {
    fprintf(stderr, "fengqiao load: %s\n", why);
    goto out;
  }
  seen_us = net_now_us();
  terminals_make(accounts, count);
  desk_choose();
  net_each_turn(ledger_sync);
  net_on_signal(on_signal);
  net_every(20000, look, NULL);
  stats_progress_start();
  terminals_start();
  net_run();
  if (!stats.ended_us) stats.ended_us = net_now_us();
  if (!opt.demo || opt.json) stats_report();
  code = stats_well() ? 0 : 1;
  acts_stop();
  terminals_stop();
out:
  net_end();
  traffic_end();
  demo_end();
  stream_end();
  ledger_close();
  free(accounts);
  return code;
}
