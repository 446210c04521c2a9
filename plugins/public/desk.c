/*
 * desk.c - the other side: who reported, masked; who it is, for a reason that is written down; a reply that
 * the resident reads where he follows his report. Kernel thread; the query on reader threads.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "public.h"

static enum fq_status unknown(struct fq_error *e, const char *id) {
  return fq_fail(e, FQ_E_NOT_FOUND, "public.none", "params.id", "事件 %s 不是居民上报的",
                 "%s was not reported by a resident", id);
}

enum fq_status pub_target(struct fq_call *c, struct fq_target *t) {
  struct pub_report r;
  const char *id = fq_json_str(c->params, "id");
  if (!pub_find_incident(c->db, id, &r)) return unknown(c->error, id);
  snprintf(t->org, sizeof t->org, "%s", r.org);
  return FQ_OK;
}

enum fq_status pub_get(struct fq_query *q) {
  struct pub_report r;
  const char *id = fq_json_str(q->params, "id");
  char masked[16], *name, *phone;
  bool found = pub_find_incident(q->db, id, &r);
  if (!found || (!q->actor->system && !fq_org_within(q->db, r.org, q->actor->org)))
    return unknown(q->error, id); /* what is out of reach is not there */
  pub_person(q->self, q->db, r.number, &name, &phone);
  fq_json_set_str(q->result, "id", r.incident);
  fq_json_set_int(q->result, "number", r.number);
  fq_json_set_time(q->result, "at", r.at_ms);
  fq_json_set_str(q->result, "stage", r.stage);
  if (name) {
    pub_mask_name(name, masked);
    fq_json_set_str(q->result, "name", masked);
  }
  if (phone) {
    pub_mask_phone(phone, masked);
    fq_json_set_str(q->result, "phone", masked);
  }
  if (r.rated_ms) fq_json_set_int(q->result, "score", r.score);
  fq_json_set_int(q->result, "revealed", r.revealed);
  fq_json *replies = fq_json_array();
  fq_stmt *s = fq_sql(
      q->db, "SELECT at_ms, text FROM public_step WHERE number = ?1 AND stage = 'replied' ORDER BY seq", "i",
      r.number);
  while (fq_row(s)) {
    fq_json *one = fq_json_object();
    fq_json_set_time(one, "at", fq_col_int(s, 0));
    fq_json_set_str(one, "text", fq_col_str(s, 1));
    fq_json_push(replies, one);
  }
  fq_json_set(q->result, "replies", replies);
  free(name);
  free(phone);
  return FQ_OK;
}

static enum fq_status note(struct fq_call *c, const char *kind, const char *member) {
  struct pub_report r;
  const char *id = fq_json_str(c->params, "id");
  if (!pub_find_incident(c->db, id, &r)) return unknown(c->error, id);
  fq_json *data = fq_json_object();
  fq_json_set_int(data, "number", r.number);
  fq_json_set_str(data, member, fq_json_str(c->params, member));
  return fq_emit(c, (struct fq_draft){.kind = kind, .subject = id, .org = r.org, .data = data});
}

enum fq_status pub_reply(struct fq_call *c) {
  return note(c, "public.replied", "text");
}

/* The entry says who asked, when and why; what he was told is in the answer alone. */
enum fq_status pub_reveal(struct fq_call *c) {
  struct pub_report r;
  enum fq_status s = note(c, "public.revealed", "reason");
  if (s != FQ_OK || !pub_find_incident(c->db, fq_json_str(c->params, "id"), &r)) return s;
  char *name, *phone;
  pub_person(c->self, c->db, r.number, &name, &phone);
  if (name) fq_json_set_str(c->result, "name", name);
  if (phone) fq_json_set_str(c->result, "phone", phone);
  free(name);
  free(phone);
  return FQ_OK;
}
