/*
 * Searching the journal, looking at one entry, and checking the chain of a stretch: for those who audit.
 * Reader threads. A search looks at so many entries at most and says how far it came: the journal grows for
 * years, and only its subjects have an index.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "kernel/internal.h"

#define LOOKED_MOST   50000  /* entries one search looks at: some 100 ms of a reader's time */
#define VERIFIED_MOST 100000 /* entries one verification recomputes: some 300 ms */
#define CAUSED_MOST   50     /* entries told that one has led to ... */
#define CAUSED_WITHIN 2000   /* ... of those that follow it */

/* The first entry at or after a time: times never go back, so they are found by halving. */
static int64_t first_at(fq_db *db, int64_t ms, int64_t head) {
  int64_t low = 1, high = head + 1;
  while (low < high) {
    int64_t middle = low + (high - low) / 2;
    if (fq_int(db, 0, "SELECT at_ms FROM journal WHERE seq = ?", "i", middle) < ms)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static int64_t time_param(const fq_json *p, const char *name) {
  const char *text = fq_json_str(p, name);
  return text ? fq_time_parse(text) : -1;
}

/* What nobody hears - sealed passwords, the server's own marks - is not shown either. */
static bool may_read(struct fq_query *q, const struct fq_row *r) {
  fq_kernel *k = q->self;
  const struct bound_kind *b = fq_map_get(k->kinds, r->kind);
  if (!b || (!b->kind->roles && !r->audience[0])) return false;
  return q->actor->system || fq_entry_visible(q->db, q->actor, b->kind, r->org, r->audience);
}

static fq_json *row_json(struct fq_query *q, const struct fq_row *r) {
  fq_kernel *k = q->self;
  const struct bound_kind *b = fq_map_get(k->kinds, r->kind);
  fq_json *o = fq_json_object();
  fq_json_set_int(o, "n", r->seq);
  fq_json_set_time(o, "at", r->at_ms);
  fq_json_set_str(o, "kind", r->kind);
  if (b && b->kind->zh) fq_json_set_str(o, "zh", b->kind->zh);
  if (b && b->kind->en) fq_json_set_str(o, "en", b->kind->en);
  if (r->subject[0]) fq_json_set_str(o, "subject", r->subject);
  if (r->org[0]) fq_json_set_str(o, "org", r->org);
  fq_json_set_str(o, "actor", r->actor);
  if (r->cause) fq_json_set_int(o, "cause", r->cause);
  if (!may_read(q, r)) {
    fq_json_set_bool(o, "hidden", true);
    return o;
  }
  fq_json *data = fq_json_parse(r->data, strlen(r->data), NULL);
  fq_json_set(o, "data", data ? data : fq_json_object());
  return o;
}

static bool kind_fits(const char *kind, const char *wanted) {
  size_t len = strlen(wanted);
  return wanted[len - 1] == '.' ? !strncmp(kind, wanted, len) : !strcmp(kind, wanted);
}

static bool fits(struct fq_query *q, const struct fq_row *r) {
  const char *kind = fq_json_str(q->params, "kind"), *actor = fq_json_str(q->params, "actor"),
             *org = fq_json_str(q->params, "org"), *text = fq_json_str(q->params, "text");
  if (kind && !kind_fits(r->kind, kind)) return false;
  if (actor && strcmp(r->actor, actor)) return false;
  if (text && !strstr(r->data, text)) return false;
  if (org && !fq_org_within(q->db, r->org, org)) return false;
  if (!fq_role_reaches(q->db, q->actor, r->org)) return false;
  return !text || may_read(q, r); /* what may not be read is not to be guessed by searching either */
}

static fq_stmt *newest_first(struct fq_query *q, int64_t from, int64_t before) {
#define COLUMNS                                                                                              \
  "SELECT seq, at_ms, kind, subject, org, actor, cause, audience, data, receipt FROM journal WHERE "
  const char *subject = fq_json_str(q->params, "subject");
  if (subject)
    return fq_sql(q->db,
                  COLUMNS "subject = ?1 AND subject <> '' AND seq >= ?2 AND seq < ?3 ORDER BY seq DESC",
                  "sii", subject, from, before);
  return fq_sql(q->db, COLUMNS "seq >= ?1 AND seq < ?2 ORDER BY seq DESC", "ii", from, before);
}

static enum fq_status search(struct fq_query *q) {
  int64_t limit = fq_json_int(q->params, "limit", 100), looked = 0, reached = 0, reached_ms = 0;
  int64_t from_ms = time_param(q->params, "from"), until_ms = time_param(q->params, "until");
  int64_t from = from_ms >= 0 ? first_at(q->db, from_ms, q->head) : 1;
  int64_t before = until_ms >= 0 ? first_at(q->db, until_ms, q->head) : q->head + 1;
  int64_t after = fq_json_int(q->params, "after", 0);
  if (after && after < before) before = after;
  fq_json *rows = fq_json_array();
  bool more = false;
  fq_stmt *s = newest_first(q, from, before);
  while (fq_row(s)) {
    struct fq_row r;
    fq_journal_get(s, &r);
    if (looked == LOOKED_MOST || (int64_t)fq_json_size(rows) == limit) {
      more = true;
      fq_done(s);
      break;
    }
    looked++;
    reached = r.seq;
    reached_ms = r.at_ms;
    if (fits(q, &r)) fq_json_push(rows, row_json(q, &r));
  }
  fq_json_set(q->result, "rows", rows);
  fq_json_set_int(q->result, "looked", looked);
  if (reached) fq_json_set_time(q->result, "reached_at", reached_ms);
  if (more) fq_json_set_int(q->result, "next", reached);
  fq_json_set_int(q->result, "head", q->head);
  return FQ_OK;
}

/* -- one entry, with what led to it and what it led to */

static enum fq_status entry(struct fq_query *q) {
  int64_t n = fq_json_int(q->params, "n", 0);
  fq_stmt *s = fq_journal_after(q->db, n - 1, n);
  char hex[FQ_SHA256_HEX];
  if (!fq_row(s))
    return fq_fail(q->error, FQ_E_NOT_FOUND, "journal.unknown", "params.n", "没有第 %lld 条",
                   "there is no entry %lld", (long long)n);
  struct fq_row r;
  fq_journal_get(s, &r);
  if (!fq_role_reaches(q->db, q->actor, r.org))
    return fq_done(s),
           fq_fail(q->error, FQ_E_FORBIDDEN, "scope", "params.n", "不在您的管辖范围内", "outside your area");
  fq_json *row = row_json(q, &r);
  fq_json_each(m, row) fq_json_set(q->result, fq_json_name(m), fq_json_dup(m));
  fq_json_free(row);
  const uint8_t *link = fq_col_blob(s, 11, FQ_SHA256);
  if (link) {
    fq_hex(link, FQ_SHA256, hex);
    fq_json_set_str(q->result, "link", hex);
  }
  if (r.audience[0] && may_read(q, &r)) fq_json_set_str(q->result, "audience", r.audience);
  fq_done(s);
  fq_json *led = fq_json_array();
  s = fq_sql(
      q->db,
      "SELECT seq, kind FROM journal WHERE seq > ?1 AND seq <= ?1 + ?2 AND cause = ?1 ORDER BY seq LIMIT ?3",
      "iii", n, (int64_t)CAUSED_WITHIN, (int64_t)CAUSED_MOST);
  while (fq_row(s)) {
    fq_json *o = fq_json_object();
    fq_json_set_int(o, "n", fq_col_int(s, 0));
    fq_json_set_str(o, "kind", fq_col_str(s, 1));
    fq_json_push(led, o);
  }
  fq_json_set(q->result, "led_to", led);
  return FQ_OK;
}

/* -- is the chain unbroken there? */

static enum fq_status verify(struct fq_query *q) {
  int64_t from = fq_json_int(q->params, "from", 1), until = fq_json_int(q->params, "until", q->head);
  if (until > q->head) until = q->head;
  if (until - from >= VERIFIED_MOST) until = from + VERIFIED_MOST - 1;
  struct fq_head head;
  struct fq_error e = {0};
  enum fq_status st = fq_journal_verify_range(q->db, from, until, &head, &e);
  if (st && strcmp(e.code, "journal.broken")) {
    *q->error = e;
    return st;
  }
  char hex[FQ_SHA256_HEX];
  fq_hex(head.link, sizeof head.link, hex);
  fq_json_set_bool(q->result, "ok", !st);
  fq_json_set_int(q->result, "from", from);
  fq_json_set_int(q->result, "until", head.seq);
  fq_json_set_str(q->result, "link", hex);
  if (st) {
    fq_json_set_str(q->result, "zh", e.zh);
    fq_json_set_str(q->result, "en", e.en);
  } else if (head.seq < q->head)
    fq_json_set_int(q->result, "next", head.seq + 1);
  fq_json_set_int(q->result, "head", q->head);
  return FQ_OK;
}

/* -- what there is */

static const struct fq_param search_params[] = {
    {.name = "from", .type = FQ_T_TIME, .zh = "自", .en = "from"},
    {.name = "until", .type = FQ_T_TIME, .zh = "至(不含)", .en = "until, exclusive"},
    {.name = "kind",
     .type = FQ_T_ID,
     .zh = "种类;以点结尾则为一族,如 incident.",
     .en = "a kind, or a family such as incident."},
    {.name = "actor", .type = FQ_T_STRING, .min = 1, .max = 80, .zh = "谁做的", .en = "by whom"},
    {.name = "subject", .type = FQ_T_ID, .zh = "关于谁、关于什么", .en = "about what"},
    {.name = "org", .type = FQ_T_ID, .zh = "辖区", .en = "within this unit"},
    {.name = "text",
     .type = FQ_T_STRING,
     .min = 1,
     .max = 100,
     .zh = "内容含有",
     .en = "what it says contains this"},
    {.name = "after",
     .type = FQ_T_INT,
     .min = 1,
     .max = 9e15,
     .zh = "续页",
     .en = "`next` of the page before"},
    {.name = "limit", .type = FQ_T_INT, .min = 1, .max = 500, .zh = "条数", .en = "rows"},
    {0}};
static const struct fq_param entry_params[] = {{.name = "n",
                                                .type = FQ_T_INT,
                                                .required = true,
                                                .min = 1,
                                                .max = 9e15,
                                                .zh = "第几条",
                                                .en = "its number"},
                                               {0}};
static const struct fq_param verify_params[] = {
    {.name = "from", .type = FQ_T_INT, .min = 1, .max = 9e15, .zh = "自第几条", .en = "from this entry"},
    {.name = "until", .type = FQ_T_INT, .min = 1, .max = 9e15, .zh = "至第几条", .en = "to this entry"},
    {0}};

#define AUDIT (FQ_ROLE_ADMIN_AUDIT | FQ_ROLE_ADMIN_SYSTEM)
#define ENTRY                                                                                                \
  "n: number, at, kind, zh?, en?, subject?, org?, actor, cause?: number, data?: object, hidden?: boolean"
static const struct fq_method methods[] = {
    {.name = "journal.search",
     .roles = AUDIT,
     .params = search_params,
     .query = search,
     .zh = "审计检索",
     .en =
         "entries, newest first; looks at 50,000 at most and says how far it came: `next` goes on from there",
     .result = "{rows: [{" ENTRY "}], looked: number, reached_at?, next?: number, head: number}"},
    {.name = "journal.entry",
     .roles = AUDIT,
     .params = entry_params,
     .query = entry,
     .zh = "一条日志",
     .en = "one entry, its link, and what it led to",
     .result = "{" ENTRY ", audience?, link?, led_to: [{n: number, kind}]}"},
    {.name = "journal.verify",
     .roles = AUDIT,
     .params = verify_params,
     .query = verify,
     .zh = "校验哈希链",
     .en = "is the chain unbroken there; 100,000 entries at most, `next` goes on from there",
     .result = "{ok: boolean, from: number, until: number, link, zh?, en?, next?: number, head: number}"},
    {0}};

const struct fq_plugin fq_audit_module = {FQ_PLUGIN_HEAD, .name = "audit", .version = "1",
                                          .zh = "审计",   .en = "audit",   .methods = methods};
