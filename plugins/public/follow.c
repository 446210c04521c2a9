/*
 * follow.c - what became of it: by its number and the last digits of the telephone, or by its code. Commands,
 * though they write nothing: whoever guesses is counted. In plain words, with times; no names. Kernel thread.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "public.h"

enum { ADDRESS_TRIES = 4 }; /* times those of one report: a township sits behind an address */

/* K7QX-M3RT-9PAB as people write it. */
static void plain_code(const char *given, char out[16]) {
  size_t n = 0;
  for (const char *p = given; *p && n < 12; p++)
    if (isalnum((unsigned char)*p)) out[n++] = (char)toupper((unsigned char)*p);
  out[n] = '\0';
}

static bool fits(struct fq_call *c, const struct pub_report *r, const char *tail) {
  char *name, *phone, of[5] = "";
  pub_person(c->self, c->db, r->number, &name, &phone);
  if (phone) pub_tail(phone, of);
  bool right = phone && !strcmp(of, tail);
  free(name);
  free(phone);
  return right;
}

/* A number that there is not fails like a wrong tail, and is locked like one. */
static enum fq_status find(struct fq_call *c, struct pub_report *r) {
  struct pub *self = c->self;
  const char *code = fq_json_str(c->params, "code"), *tail = fq_json_str(c->params, "tail");
  int64_t number = fq_json_int(c->params, "number", 0);
  char address[48], key[32], plain[16];
  if (!code && !(number && tail))
    return fq_fail(c->error, FQ_E_PARAMS, "public.which", "params", "请填编号和手机号后四位,或查询码",
                   "give the number and the last four digits of the telephone, or the code");
  pub_address(c, address);
  snprintf(key, sizeof key, "%lld", (long long)number);
  enum fq_status s = pub_locked(c, "address", address);
  if (s == FQ_OK && !code) s = pub_locked(c, "number", key);
  if (s != FQ_OK) return s;
  if (code) {
    plain_code(code, plain);
    if (pub_find_code(c->db, plain, r)) return FQ_OK;
  } else {
    bool right = pub_find_number(c->db, number, r) && fits(c, r, tail);
    if (right) {
      pub_right(c, "number", key);
      return FQ_OK;
    }
    pub_wrong(c, "number", key, self->tries);
  }
  pub_wrong(c, "address", address, ADDRESS_TRIES * self->tries);
  return fq_fail(c->error, FQ_E_NOT_FOUND, "public.unknown", "params",
                 code ? "没有这个查询码,请核对" : "编号与手机号后四位不符,请核对",
                 code ? "there is no such code" : "the number and the digits do not belong together");
}

static void stage_json(fq_json *out, const char *stage) {
  const char *zh, *en;
  pub_stage_words(stage, &zh, &en);
  fq_json_set_str(out, "stage", stage);
  fq_json_set_str(out, "zh", zh);
  fq_json_set_str(out, "en", en);
}

static bool may_rate(const struct pub_report *r) {
  return r->closed_ms && !r->rated_ms;
}

enum fq_status pub_follow(struct fq_call *c) {
  struct pub_report r;
  char zh[96], en[96];
  enum fq_status s = find(c, &r);
  if (s != FQ_OK) return s;
  fq_term(c->db, "categories", r.category, zh, en);
  fq_json *category = fq_json_object(), *steps = fq_json_array();
  fq_json_set_str(category, "code", r.category);
  fq_json_set_str(category, "zh", zh);
  fq_json_set_str(category, "en", en);
  fq_json_set_int(c->result, "number", r.number);
  fq_json_set(c->result, "category", category);
  fq_json_set_str(c->result, "title", r.title);
  fq_json_set_time(c->result, "at", r.at_ms);
  stage_json(c->result, r.stage);
  fq_json_set_bool(c->result, "together", strcmp(r.incident, r.follows) != 0);
  fq_stmt *q = fq_sql(c->db, "SELECT at_ms, stage, text FROM public_step WHERE number = ?1 ORDER BY seq", "i",
                      r.number);
  while (fq_row(q)) {
    fq_json *one = fq_json_object();
    fq_json_set_time(one, "at", fq_col_int(q, 0));
    stage_json(one, fq_col_str(q, 1));
    if (fq_col_str(q, 2)) fq_json_set_str(one, "text", fq_col_str(q, 2));
    fq_json_push(steps, one);
  }
  fq_json_set(c->result, "steps", steps);
  fq_json_set_bool(c->result, "may_rate", may_rate(&r));
  if (r.rated_ms) fq_json_set_int(c->result, "score", r.score);
  return FQ_OK;
}

/* His own incident takes the rating as one of its reporter's; one that was merged has none of its own. */
static enum fq_status rate_incident(struct fq_call *c, const struct pub_report *r) {
  if (strcmp(r->incident, r->follows)) return FQ_OK;
  fq_json *p = fq_json_object();
  const char *text = fq_json_str(c->params, "text");
  fq_json_set_str(p, "id", r->incident);
  fq_json_set_int(p, "score", fq_json_int(c->params, "score", 0));
  if (text && *text) fq_json_set_str(p, "text", text);
  return fq_call_method(c, "incident.rate", p, NULL);
}

enum fq_status pub_rate(struct fq_call *c) {
  struct pub_report r;
  enum fq_status s = find(c, &r);
  if (s != FQ_OK) return s;
  if (r.rated_ms)
    return fq_fail(c->error, FQ_E_CONFLICT, "public.rated", "", "您已评价过这件事,谢谢",
                   "you have rated this already, thank you");
  if (!may_rate(&r))
    return fq_fail(c->error, FQ_E_CONFLICT, "public.not_closed", "", "办结之后才能评价",
                   "it can be rated once it is closed");
  if ((s = rate_incident(c, &r)) != FQ_OK) return s;
  fq_json *data = fq_json_object();
  const char *text = fq_json_str(c->params, "text");
  fq_json_set_int(data, "number", r.number);
  fq_json_set_int(data, "score", fq_json_int(c->params, "score", 0));
  if (text && *text) fq_json_set_str(data, "text", text);
  return fq_emit(
      c, (struct fq_draft){.kind = "public.rated", .subject = r.incident, .org = r.org, .data = data});
}
