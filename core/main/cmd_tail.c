/* fengqiao tail: the journal as it grows. Reads the database; needs no server and disturbs none. */
#include "main/main.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/journal.h"

static volatile sig_atomic_t stopped;
static void on_signal(int signo) {
  stopped = 1;
}

static void print_row(const struct fq_row *r, bool json) {
  char at[32];
  fq_time_format(r->at_ms, at);
  if (!json) {
    printf("%8lld  %s  %-22s %-12s %-18s %s  %s\n", (long long)r->seq, at, r->kind, r->subject, r->org,
           r->actor, r->data);
    return;
  }
  fq_json *o = fq_json_object(), *data = fq_json_parse(r->data, strlen(r->data), NULL);
  fq_json_set_int(o, "n", r->seq);
  fq_json_set_str(o, "at", at);
  fq_json_set_str(o, "kind", r->kind);
  fq_json_set_str(o, "subject", r->subject);
  fq_json_set_str(o, "org", r->org);
  fq_json_set_str(o, "actor", r->actor);
  fq_json_set_int(o, "cause", r->cause);
  fq_json_set_str(o, "audience", r->audience);
  fq_json_set(o, "data", data ? data : fq_json_object());
  char *text = fq_json_print(o);
  puts(text);
  free(text);
  fq_json_free(o);
}

static int run(int argc, char **argv) {
  struct common c;
  struct fq_error e = {0};
  int code = fq_common(&argc, argv, &c, &fq_command_tail);
  if (code >= 0) return code;
  if (argc > 2) return fq_usage(&fq_command_tail, stderr);
  char path[600];
  snprintf(path, sizeof path, "%s/county.db", c.data);
  fq_db *db = fq_db_open(path, FQ_DB_READER, &e);
  if (!db) return fq_complain(&e);
  int64_t head = fq_int(db, 0, "SELECT max(seq) FROM journal", "");
  int64_t after = argc == 2 ? strtoll(argv[1], NULL, 10) : head > 10 ? head - 10 : 0;
  signal(SIGINT, on_signal);
  signal(SIGTERM, on_signal);
  while (!stopped && !fq_failed(db)) {
    fq_stmt *q = fq_journal_after(db, after, INT64_MAX);
    while (fq_row(q)) {
      struct fq_row r;
      fq_journal_get(q, &r);
      print_row(&r, c.json);
      after = r.seq;
    }
    if (fflush(stdout)) break;
    if (c.quiet) break; /* what is there, without waiting */
    nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
  }
  code = fq_db_error(db, &e) ? fq_complain(&e) : EXIT_DONE;
  fq_db_close(db);
  return code;
}

const struct command fq_command_tail = {
    "tail", run, "跟随日志", "follow the journal",
    "usage: fengqiao tail [--data DIR] [--json] [--quiet] [AFTER]\n\n"
    "从第 AFTER 条之后(默认最后十条)开始逐条打印,直到 Ctrl-C;--quiet 打印完已有的就结束。\n"
    "Prints entries after AFTER (the last ten by default) and then as they come, until Ctrl-C; --quiet ends\n"
    "after what is there. --json prints one object a line.\n"};
