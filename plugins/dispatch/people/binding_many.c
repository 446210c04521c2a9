/*
 * binding_many.c - a table of bindings: binding.check looks at each row and writes nothing, binding.set_many
 * sets all of them or none. Both ask what binding.set asks. Kernel thread; the query on a reader thread.
 */
#include <stdio.h>
#include <string.h>

#include "people/people.h"

static enum fq_status allowed(struct fq_call *c) {
  struct fq_target t = {.own = false};
  enum fq_status s = dp_target_binding(c, &t);
  if (s != FQ_OK || c->actor->system || fq_org_within(c->db, t.org, c->actor->org)) return s;
  return fq_fail(c->error, FQ_E_FORBIDDEN, "org.foreign", "params.subject", "%s 不在您的辖区内",
                 "%s is not within your unit", t.org);
}

/* "params.holder" of a row is "params.rows[3].holder". */
static void place(struct fq_error *e, size_t at) {
  char was[sizeof e->path];
  const char *dot = strchr(e->path, '.');
  dp_text(was, sizeof was, dot ? dot : "");
  snprintf(e->path, sizeof e->path, "params.rows[%zu]%.120s", at, was);
}

enum fq_status dp_binding_set_many(struct fq_call *c) {
  const fq_json *params = c->params, *rows = fq_json_get(params, "rows");
  enum fq_status s = FQ_OK;
  size_t at = 0;
  fq_json *whole = c->result, *each = fq_json_object(); /* what one says of itself is not the answer */
  c->result = each;
  fq_json_each(row, rows) {
    c->params = row;
    s = allowed(c);
    if (s == FQ_OK) s = dp_binding_set(c);
    if (s != FQ_OK) {
      place(c->error, at);
      break;
    }
    at++;
  }
  fq_json_free(each);
  c->params = params;
  c->result = whole;
  if (s == FQ_OK) fq_json_set_int(c->result, "set", (int64_t)at);
  return s;
}

static bool same(const fq_json *a, const fq_json *b, const char *member) {
  const char *x = fq_json_str(a, member), *y = fq_json_str(b, member);
  return x && y && !strcmp(x, y);
}

/* The same thing said twice, or one subject given to two. */
static enum fq_status alone(struct fq_call *c, const fq_json *rows, const fq_json *row) {
  char zh[96], en[96];
  bool exclusive = false;
  dp_binding_kind(c->db, fq_json_str(row, "kind"), zh, en, &exclusive);
  fq_json_each(other, rows) {
    if (other == row) return FQ_OK;
    if (same(other, row, "kind") && same(other, row, "subject") && (exclusive || same(other, row, "holder")))
      return fq_fail(c->error, FQ_E_PARAMS, "binding.twice", "params.subject", "%s 在表中已有同类的一行",
                     "%s has a row of that kind in the table already", fq_json_str(row, "subject"));
  }
  return FQ_OK;
}

/* The rows of a dry run have passed no schema: one mistake in one of them must not hide the others. */
static enum fq_status complete(struct fq_call *c) {
  static const char *const needed[] = {"kind", "holder", "subject"}, *const times[] = {"from", "until"};
  char path[32];
  for (size_t k = 0; k < 3; k++) {
    const char *s = fq_json_str(c->params, needed[k]);
    snprintf(path, sizeof path, "params.%s", needed[k]);
    if (!s || !*s || strlen(s) > 200)
      return fq_fail(c->error, FQ_E_PARAMS, "params.missing", path, "缺少 %s,或太长",
                     "%s is missing or too long", needed[k]);
  }
  for (size_t k = 0; k < 2; k++) {
    snprintf(path, sizeof path, "params.%s", times[k]);
    if (fq_json_get(c->params, times[k]) && fq_time_parse(fq_json_str(c->params, times[k])) < 0)
      return fq_fail(c->error, FQ_E_PARAMS, "params.time", path, "%s 应为时间,如 2026-11-22T00:00:00+08:00",
                     "%s: expected a time such as 2026-11-22T00:00:00+08:00", times[k]);
  }
  return FQ_OK;
}

static fq_json *said(struct fq_query *q, const fq_json *rows, const fq_json *row, int64_t i) {
  struct fq_error e = {0};
  struct fq_call c = {
      .db = q->db, .self = q->self, .actor = q->actor, .params = row, .now_ms = q->now_ms, .error = &e};
  fq_json *r = fq_json_object();
  fq_json_set_int(r, "i", i);
  if (complete(&c) == FQ_OK && allowed(&c) == FQ_OK && dp_binding_check(&c) == FQ_OK) alone(&c, rows, row);
  fq_json_set_str(r, "act", e.status ? "error" : "add");
  if (!e.status) return r;
  const char *member = strchr(e.path, '.');
  fq_json_set_str(r, "code", e.code);
  if (member) fq_json_set_str(r, "path", member + 1);
  fq_json_set_str(r, "zh", e.zh);
  fq_json_set_str(r, "en", e.en);
  return r;
}

enum fq_status dp_binding_check_rows(struct fq_query *q) {
  const fq_json *rows = fq_json_get(q->params, "rows");
  fq_json *answer = fq_json_array();
  int64_t i = 0, errors = 0;
  fq_json_each(row, rows) {
    fq_json *r = said(q, rows, row, i++);
    errors += !strcmp(fq_json_str(r, "act"), "error");
    fq_json_push(answer, r);
  }
  fq_json_set(q->result, "rows", answer);
  fq_json_set_int(q->result, "adds", i - errors);
  fq_json_set_int(q->result, "errors", errors);
  return FQ_OK;
}
