/*
 * What is known of shadows: how far they are from being promoted, and where they differ. fq_shadow_ready()
 * also on the kernel thread, the rest on reader threads.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "policy/module_internal.h"

bool fq_shadow_ready(fq_db *db, const char *pack, char zh[320], char en[320]) {
  fq_stmt *q = fq_sql(db,
                      "SELECT sum(m.decisions), sum(m.differences), sum(m.failures), s.share, s.at_least,"
                      " s.max_failures FROM policy_shadow s JOIN policy_shadow_member m USING(pack) WHERE"
                      " s.pack = ?",
                      "s", pack);
  if (!fq_row(q)) return false;
  int64_t decisions = fq_col_int(q, 0), differences = fq_col_int(q, 1), failures = fq_col_int(q, 2),
          at_least = fq_col_int(q, 4), max_failures = fq_col_int(q, 5);
  double share = decisions ? (double)differences / (double)decisions : 0, limit = fq_col_num(q, 3);
  fq_done(q);
  struct fq_buf a = {0}, b = {0};
  if (decisions < at_least) {
    fq_buf_fmt(&a, "已比对 %lld 次决定,须满 %lld 次", (long long)decisions, (long long)at_least);
    fq_buf_fmt(&b, "%lld of %lld decisions", (long long)decisions, (long long)at_least);
  }
  if (share > limit) {
    fq_buf_fmt(&a, "%s不同的占 %.3g,至多 %.3g", a.len ? ";" : "", share, limit);
    fq_buf_fmt(&b, "%sshare %.3g of at most %.3g", b.len ? ", " : "", share, limit);
  }
  if (failures > max_failures) {
    fq_buf_fmt(&a, "%s出错 %lld 次,至多 %lld 次", a.len ? ";" : "", (long long)failures,
               (long long)max_failures);
    fq_buf_fmt(&b, "%s%lld failures of at most %lld", b.len ? ", " : "", (long long)failures,
               (long long)max_failures);
  }
  bool ready = !a.len;
  fq_copy(zh, 320, ready ? "在限度之内,可以转正" : a.data);
  fq_copy(en, 320, ready ? "within its limits: it may be promoted" : b.data);
  fq_buf_free(&a);
  fq_buf_free(&b);
  return ready;
}

static void add_policies(fq_json *o, fq_db *db, const char *pack) {
  fq_json *list = fq_json_array();
  int64_t sum[3] = {0};
  fq_stmt *q = fq_sql(db,
                      "SELECT name, path, hash, decisions, differences, failures FROM policy_shadow_member"
                      " WHERE pack = ? ORDER BY pos",
                      "s", pack);
  static const char *const names[] = {"decisions", "differences", "failures"};
  while (fq_row(q)) {
    fq_json *m = fq_json_object();
    fq_json_set_str(m, "policy", fq_col_str(q, 0));
    if (fq_col_str(q, 2)[0]) fq_json_set_str(m, "path", fq_col_str(q, 1));
    if (fq_col_str(q, 2)[0]) fq_json_set_str(m, "version", fq_col_str(q, 2));
    for (int i = 0; i < 3; i++) {
      fq_json_set_int(m, names[i], fq_col_int(q, 3 + i));
      sum[i] += fq_col_int(q, 3 + i);
    }
    fq_json_push(list, m);
  }
  for (int i = 0; i < 3; i++)
    fq_json_set_int(o, names[i], sum[i]);
  fq_json_set_num(o, "share", sum[0] ? (double)sum[1] / (double)sum[0] : 0);
  fq_json_set(o, "policies", list);
}

enum fq_status fq_shadow_rows(struct fq_query *q) {
  fq_json *rows = fq_json_array();
  fq_stmt *s =
      fq_sql(q->db,
             "SELECT pack, version, digest, zh, en, at_ms, actor, note, share, at_least, max_failures"
             " FROM policy_shadow ORDER BY pack",
             "");
  while (fq_row(s)) {
    fq_json *o = fq_json_object(), *limits = fq_json_object();
    static const char *const names[] = {"pack", "version", "digest", "zh", "en"};
    for (int i = 0; i < 5; i++)
      fq_json_set_str(o, names[i], fq_col_str(s, i));
    fq_json_set_time(o, "since", fq_col_int(s, 5));
    fq_json_set_str(o, "author", fq_col_str(s, 6));
    fq_json_set_str(o, "note", fq_col_str(s, 7));
    fq_json_set_num(limits, "share", fq_col_num(s, 8));
    fq_json_set_int(limits, "at_least", fq_col_int(s, 9));
    fq_json_set_int(limits, "failures", fq_col_int(s, 10));
    add_policies(o, q->db, fq_col_str(s, 0));
    fq_json_set(o, "limits", limits);
    char zh[320] = "", en[320] = "";
    fq_json_set_bool(o, "ready", fq_shadow_ready(q->db, fq_col_str(s, 0), zh, en));
    fq_json_set_str(o, "why_zh", zh);
    fq_json_set_str(o, "why_en", en);
    fq_json_push(rows, o);
  }
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}

/* `lines` are had by executing it once more: the tick pays nothing for them. */
static fq_json *difference(struct fq_again *w, fq_stmt *s) {
  const char *text = fq_col_str(s, 3);
  fq_json *d = fq_json_parse(text, strlen(text), NULL), *o = fq_json_object();
  static const char *const kept[] = {"policy", "version", "was_version", "path",
                                     "was",    "now",     "differs",     "was_exit",
                                     "exit",   "line",    "message_zh",  "message_en"};
  fq_json_set_int(o, "n", fq_col_int(s, 0));
  fq_json_set_time(o, "at", fq_col_int(s, 1));
  fq_json_set_str(o, "subject", fq_col_str(s, 2));
  fq_json_set_int(o, "entry", fq_json_int(d, "entry", 0));
  for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
    const fq_json *m = fq_json_get(d, kept[i]);
    if (m) fq_json_set(o, kept[i], fq_json_dup(m));
  }
  fq_json *entry = fq_json_object();
  struct fq_decision again;
  if (fq_again_decide(w, d, entry, &again)) {
    fq_json_set(o, "lines", again.lines ? again.lines : fq_json_array());
    again.lines = NULL;
    fq_json_set_bool(o, "identical", fq_again_same(d, fq_json_get(d, "now"), &again));
    fq_decision_clear(&again);
  } else {
    fq_json_set(o, "lines", fq_json_array());
  }
  const char *kind = fq_json_str(entry, "kind");
  fq_json_set_str(o, "kind", kind ? kind : "");
  fq_json_free(entry);
  fq_json_free(d);
  return o;
}

enum fq_status fq_shadow_differences(struct fq_query *q) {
  struct fq_again w;
  if (fq_again_open(&w, q->db, q->self, q->error)) return q->error->status;
  int64_t limit = fq_json_int(q->params, "limit", 50), n = 0, last = 0;
  fq_json *rows = fq_json_array();
  fq_stmt *s =
      fq_sql(q->db,
             "SELECT j.seq, j.at_ms, j.subject, j.data, j.org FROM policy_divergence d JOIN journal j ON"
             " j.seq = d.seq WHERE d.pack = ? AND d.seq > ? ORDER BY d.seq",
             "si", fq_json_str(q->params, "pack"), fq_json_int(q->params, "after", 0));
  while (fq_row(s)) {
    const char *org = fq_col_str(s, 4); /* as in policy.why: of one's own area */
    if (!q->actor->system && org[0] && !fq_org_within(q->db, org, q->actor->org)) continue;
    if (n++ == limit) {
      fq_json_set_int(q->result, "next", last);
      fq_done(s);
      break;
    }
    last = fq_col_int(s, 0);
    fq_json_push(rows, difference(&w, s));
  }
  fq_json_set(q->result, "rows", rows);
  fq_again_close(&w);
  return FQ_OK;
}
