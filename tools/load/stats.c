/* Counting, and telling: a line now and then, a table or JSON at the end. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

struct stats stats;

void stats_error(const fq_json *error) {
  int64_t code = fq_json_int(error, "code", 0);
  size_t i = 0;
  while (i < 15 && stats.code_counts[i] && stats.codes[i] != code)
    i++;
  stats.codes[i] = code;
  stats.code_counts[i]++;
  if (stats.first_error[0]) return;
  const fq_json *data = fq_json_get(error, "data");
  const char *zh = fq_json_str(data, "message_zh"), *en = fq_json_str(data, "message_en"),
             *message = fq_json_str(error, "message");
  snprintf(stats.first_error, sizeof stats.first_error, "%lld %s %s", (long long)code, zh ? zh : "",
           en        ? en
           : message ? message
                     : "");
}

/* What happened while terminals connected does not count. */
void stats_begin(void) {
  int64_t failures = stats.failures;
  char first[sizeof stats.first_error];
  struct hist *connect = fq_alloc(sizeof *connect);
  *connect = stats.connect;
  memcpy(first, stats.first_error, sizeof first);
  memset(&stats, 0, sizeof stats);
  stats.connect = *connect;
  stats.failures = failures;
  memcpy(stats.first_error, first, sizeof first);
  free(connect);
  stats.begun_us = net_now_us();
}

static double seconds(void) {
  int64_t to = stats.ended_us ? stats.ended_us : net_now_us();
  return stats.begun_us ? (double)(to - stats.begun_us) / 1e6 : 0;
}

bool stats_well(void) {
  return !stats.failures && !stats.views_wrong && !stats.losses;
}

/* ---- progress
 * ---------------------------------------------------------------------------------------------- */

static void print_line(fq_json *j) {
  char *text = fq_json_print(j);
  puts(text);
  fflush(stdout);
  free(text);
  fq_json_free(j);
}

static void progress(void *arg) {
  double s = seconds();
  if (opt.json) {
    fq_json *j = fq_json_object();
    fq_json_set_str(j, "event", "progress");
    fq_json_set_num(j, "seconds", s);
    fq_json_set_int(j, "open", terminals_open());
    fq_json_set_int(j, "reports", stats.reports);
    fq_json_set_int(j, "acked", stats.acked);
    fq_json_set_int(j, "steps", stats.steps);
    fq_json_set_int(j, "resumes", stats.resumes);
    fq_json_set_int(j, "events", stats.events);
    print_line(j);
    return;
  }
  printf("%7.1f s  终端 terminals %d  上报 reports %" PRId64 "/%" PRId64 "  动作 steps %" PRId64
         "  事件 events %" PRId64 "  续传 resumes %" PRId64 "  p50 %.1f p99 %.1f ms\n",
         s, terminals_open(), stats.acked, stats.reports, stats.steps, stats.events, stats.resumes,
         (double)hist_at(&stats.ack, 0.5) / 1e3, (double)hist_at(&stats.ack, 0.99) / 1e3);
  fflush(stdout);
}

void stats_progress_start(void) {
  if (opt.progress_s > 0 && !opt.quiet) net_every((int64_t)(opt.progress_s * 1e6), progress, NULL);
}

/* ---- the end
 * ----------------------------------------------------------------------------------------------- */

#define COUNTS(X)                                                                                            \
  X(reports, "已发上报", "reports made")                                                                     \
  X(acked, "已确认上报", "reports acknowledged")                                                             \
  X(refused, "被拒上报", "reports refused")                                                                  \
  X(dup, "重发后得到原结果", "answered again after a resend")                                                \
  X(steps, "处置动作", "steps done")                                                                         \
  X(steps_refused, "被拒动作", "steps refused")                                                              \
  X(events, "收到事件", "events heard")                                                                      \
  X(signals, "收到易失消息", "volatile messages heard")                                                      \
  X(notified, "已发位置", "positions sent")                                                                  \
  X(breaks, "断线", "connections lost")                                                                      \
  X(breaks_asked, "其中有意", "of them on purpose")                                                          \
  X(resumes, "续传", "sessions resumed")                                                                     \
  X(snapshots, "须取快照的续传", "resumes that needed a snapshot")                                           \
  X(resent, "重发请求", "requests sent again")                                                               \
  X(retried, "稍后重试", "asked to try later")                                                               \
  X(gaps, "序号断档(已续传补齐)", "gaps found, healed by resume")                                            \
  X(repeats, "重复事件(已忽略)", "events heard twice, ignored")                                              \
  X(losses, "已确认而未听到的上报", "acknowledged reports never heard")                                      \
  X(failures, "终端失败", "terminals that failed")                                                           \
  X(views_checked, "已核对视图", "views compared with a snapshot")                                           \
  X(views_wrong, "不一致的视图", "views that differ")

static void report_json(void) {
  fq_json *j = fq_json_object(), *codes = fq_json_object();
  fq_json_set_str(j, "event", "result");
  fq_json_set_int(j, "terminals", terminal_count);
  fq_json_set_num(j, "seconds", seconds());
  fq_json_set_num(j, "reports_per_s", seconds() > 0 ? (double)stats.ack.count / seconds() : 0);
#define X(name, zh, en) fq_json_set_int(j, #name, stats.name);
  COUNTS(X)
#undef X
  fq_json_set(j, "ack", hist_json(&stats.ack));
  fq_json_set(j, "task", hist_json(&stats.task));
  fq_json_set(j, "step", hist_json(&stats.step));
  fq_json_set(j, "resume", hist_json(&stats.resume));
  fq_json_set(j, "connect", hist_json(&stats.connect));
  for (int i = 0; i < 16 && stats.code_counts[i]; i++) {
    char name[24];
    snprintf(name, sizeof name, "%" PRId64, stats.codes[i]);
    fq_json_set_int(codes, name, stats.code_counts[i]);
  }
  fq_json_set(j, "errors", codes);
  if (stats.first_error[0]) fq_json_set_str(j, "first_error", stats.first_error);
  if (stats.first_view[0]) fq_json_set_str(j, "first_view", stats.first_view);
  fq_json_set_bool(j, "well", stats_well());
  print_line(j);
}

static void row(const char *what, const struct hist *h) {
  if (!h->count) return;
  printf("  %9" PRId64 " %9.2f %9.2f %9.2f %9.2f %9.2f   %s\n", h->count, (double)hist_at(h, 0.5) / 1e3,
         (double)hist_at(h, 0.9) / 1e3, (double)hist_at(h, 0.99) / 1e3, (double)hist_at(h, 0.999) / 1e3,
         (double)h->max_us / 1e3, what);
}

void stats_report(void) {
  if (opt.json) {
    report_json();
    return;
  }
  if (!stats.begun_us || (opt.quiet && stats_well())) return;
  printf("\n%d 个终端 terminals, %.1f s, %.1f 上报/秒 reports/s\n\n", terminal_count, seconds(),
         seconds() > 0 ? (double)stats.ack.count / seconds() : 0);
  printf("  %9s %9s %9s %9s %9s %9s\n", "count", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms");
  row("上报→确认 report → acknowledged", &stats.ack);
  row("上报→网格员收到任务 report → task on the officer's socket", &stats.task);
  row("动作→确认 step → acknowledged", &stats.step);
  row("重连→续传 connect → resumed", &stats.resume);
  row("连接→会话 connect → session open", &stats.connect);
  puts("");
#define X(name, zh, en)                                                                                      \
  if (stats.name) printf("  %9" PRId64 "   %s %s\n", stats.name, zh, en);
  COUNTS(X)
#undef X
  for (int i = 0; i < 16 && stats.code_counts[i]; i++)
    printf("  %9" PRId64 "   错误 errors %" PRId64 "\n", stats.code_counts[i], stats.codes[i]);
  if (stats.first_error[0]) printf("\n  首个错误 first error: %s\n", stats.first_error);
  if (stats.first_view[0]) printf("  首个不一致 first difference: %s\n", stats.first_view);
}
