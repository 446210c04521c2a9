/*
 * stale.c - two at one thing: who comes second is told the revision that stands now and what the first one
 * did since: who, what, how long ago. Read from the journal by subject, newest first, only when a command is
 * refused. Kernel thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch.h"

enum { SHOWN = 3, LOOKED_AT = 64 };

/* The name people know: of an account, of a rule, of the server. */
static void called(fq_db *db, const char *actor, char zh[96], char en[96]) {
  dp_text(zh, 96, actor);
  dp_text(en, 96, actor);
  if (!strcmp(actor, "system")) dp_text(zh, 96, "系统");
  if (!strncmp(actor, "policy/", 7)) {
    snprintf(zh, 96, "规则 %.60s", actor + 7);
    snprintf(en, 96, "rule %.60s", actor + 7);
    return;
  }
  fq_stmt *q = fq_sql(db, "SELECT display FROM account WHERE name = ?1", "s", actor);
  if (!fq_row(q)) return;
  const char *display = fq_col_str(q, 0);
  if (display && *display) {
    dp_text(zh, 96, display);
    dp_text(en, 96, display);
  }
  fq_done(q);
}

/* "12 秒前", "12 s ago": the reader's clock and zone do not matter. */
static void ago(int64_t ms, char zh[48], char en[48]) {
  static const struct {
    int64_t ms;
    const char *zh, *en;
  } units[] = {{86400000, "天", "d"}, {3600000, "小时", "h"}, {60000, "分钟", "min"}, {1000, "秒", "s"}};
  for (size_t k = 0; k < sizeof units / sizeof *units; k++) {
    if (ms < units[k].ms) continue;
    snprintf(zh, 48, "%lld %s前", (long long)(ms / units[k].ms), units[k].zh);
    snprintf(en, 48, "%lld %s ago", (long long)(ms / units[k].ms), units[k].en);
    return;
  }
  snprintf(zh, 48, "刚才");
  snprintf(en, 48, "just now");
}

struct change {
  char actor[FQ_ID_MAX], kind[FQ_ID_MAX];
  int64_t at_ms;
};

/* The entries that raised the revision above `seen`, newest first. An incident's own say `rev`, those of its
 * tasks that moved it `incident_rev`; a task's say `task` and `rev`. */
static size_t changes(fq_db *db, const char *subject, const char *task, int64_t seen, struct change *out) {
  size_t n = 0;
  int looked = 0;
  fq_stmt *q = fq_sql(
      db,
      "SELECT kind, actor, at_ms, data FROM journal WHERE subject = ?1 AND subject <> '' ORDER BY seq DESC",
      "s", subject);
  while (fq_row(q)) {
    const char *data = fq_col_str(q, 3), *of;
    fq_json *d = data ? fq_json_parse(data, strlen(data), NULL) : NULL;
    of = fq_json_str(d, "task");
    bool tasks = !strncmp(fq_col_str(q, 0), "task.", 5);
    int64_t rev = task ? (tasks && of && !strcmp(of, task) ? fq_json_int(d, "rev", 0) : 0)
                       : fq_json_int(d, tasks ? "incident_rev" : "rev", 0);
    if (rev > seen) {
      dp_text(out[n].kind, FQ_ID_MAX, fq_col_str(q, 0));
      dp_text(out[n].actor, FQ_ID_MAX, fq_col_str(q, 1));
      out[n++].at_ms = fq_col_int(q, 2);
    }
    fq_json_free(d);
    bool before = rev && rev <= seen;
    if (before || n == SHOWN || ++looked == LOOKED_AT) {
      fq_done(q);
      break;
    }
  }
  return n;
}

static void more(char *to, size_t cap, const char *between, const char *text) {
  size_t used = strlen(to);
  if (used + strlen(between) + strlen(text) < cap)
    snprintf(to + used, cap - used, "%s%s", used ? between : "", text);
}

/* "张三 12 秒前:事件派遣;..." */
static void tell(struct fq_call *c, const char *subject, const char *task, int64_t seen, char zh[200],
                 char en[200]) {
  struct change list[SHOWN];
  size_t n = changes(c->db, subject, task, seen, list);
  zh[0] = en[0] = '\0';
  for (size_t x = 0; x < n; x++) {
    const struct fq_kind *k = dp_kind(list[x].kind);
    char who_zh[96], who_en[96], when_zh[48], when_en[48], line_zh[300], line_en[300];
    called(c->db, list[x].actor, who_zh, who_en);
    ago(c->now_ms - list[x].at_ms, when_zh, when_en);
    snprintf(line_zh, sizeof line_zh, "%s %s:%s", who_zh, when_zh, k ? k->zh : list[x].kind);
    snprintf(line_en, sizeof line_en, "%s, %s: %s", who_en, when_en, k ? k->en : list[x].kind);
    more(zh, 200, ";", line_zh);
    more(en, 200, "; ", line_en);
  }
}

enum fq_status dp_rev_check(struct fq_call *c, int64_t rev) {
  int64_t given = fq_json_int(c->params, "rev", rev);
  if (given == rev) return FQ_OK;
  const char *id = fq_json_str(c->params, "id"), *state_zh = "", *state_en = "";
  char zh[200] = "", en[200] = "", of[FQ_ID_MAX];
  struct dp_incident i;
  struct dp_task t;
  if (dp_incident_load(c->db, id, &i)) {
    tell(c, i.id, NULL, given, zh, en);
    state_zh = dp_state_zh(i.state);
    state_en = dp_state_name(i.state);
  } else if (dp_task_load(c->db, id, &t)) {
    dp_id_make(of, 'i', t.incident);
    tell(c, of, t.id, given, zh, en);
    state_en = dp_task_state_name(t.state);
    state_zh = dp_task_state_zh(t.state);
  }
  char text_zh[320], text_en[320];
  snprintf(text_zh, sizeof text_zh, "您看到的是第 %lld 版,现为第 %lld 版%s%s%s%s", (long long)given,
           (long long)rev, *state_zh ? ",状态" : "", state_zh, *zh ? "。此间 " : "", zh);
  snprintf(text_en, sizeof text_en, "you saw revision %lld, it is at %lld now%s%s%s%s", (long long)given,
           (long long)rev, *state_en ? ", " : "", state_en, *en ? ". Since then: " : "", en);
  enum fq_status s =
      fq_fail(c->error, FQ_E_CONFLICT, "rev.stale", "params.rev", "%s%.0s", "%.0s%s", text_zh, text_en);
  if (c->error) c->error->rev = rev;
  return s;
}
