/*
 * create.c - conf.create: somebody begins a conference, from an incident or for itself, and sits in it as its
 * chair. An incident has one at a time, so that two desks that press the key at once meet. Kernel thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/session.h"

static enum fq_status unknown_incident(struct fq_call *c, const char *id) {
  return fq_fail(c->error, FQ_E_NOT_FOUND, "incident.unknown", "params.incident", "没有事件 %s",
                 "no incident %s", id);
}

/* What it is about, by its entries: they are all this plugin knows of it. */
static bool about(fq_db *db, const char *incident, struct cf_conf *v) {
  fq_stmt *q = fq_sql(db,
                      "SELECT org, json_extract(data, '$.number'), json_extract(data, '$.title') FROM journal"
                      " WHERE subject = ?1 AND subject <> '' AND kind = 'incident.reported'",
                      "s", incident);
  if (!fq_row(q)) return false;
  cf_text(v->org, sizeof v->org, fq_col_str(q, 0));
  v->number = fq_col_int(q, 1);
  cf_text(v->title, sizeof v->title, fq_col_str(q, 2));
  fq_done(q);
  cf_text(v->incident, sizeof v->incident, incident);
  /* it may have been sent elsewhere since */
  q = fq_sql(db,
             "SELECT org FROM journal WHERE subject = ?1 AND subject <> '' AND kind LIKE 'incident.%'"
             " ORDER BY seq DESC LIMIT 1",
             "s", incident);
  if (fq_row(q)) {
    cf_text(v->org, sizeof v->org, fq_col_str(q, 0));
    fq_done(q);
  }
  return true;
}

/* The incident's unit, else the one named, else one's own. Who has a part in an incident may call about it
 * wherever it lies. */
enum fq_status cf_target_create(struct fq_call *c, struct fq_target *t) {
  struct cf_conf v = {0};
  const struct fq_actor *a = c->actor;
  const char *incident = fq_json_str(c->params, "incident"), *org = fq_json_str(c->params, "org");
  if (incident) {
    if (!about(c->db, incident, &v)) return unknown_incident(c, incident);
    cf_text(t->org, sizeof t->org, v.org);
    t->own = cf_has_part(c->db, incident, a->name, a->org, a->roles);
    return FQ_OK;
  }
  cf_text(t->org, sizeof t->org, org ? org : a->org);
  return FQ_OK;
}

static enum fq_status exists(struct fq_call *c, const char *incident) {
  char id[FQ_ID_MAX];
  int64_t n =
      fq_int(c->db, 0,
             "SELECT n FROM conference WHERE incident = ?1 AND incident <> '' AND ended_ms IS NULL LIMIT 1",
             "s", incident);
  if (!n) return FQ_OK;
  cf_id_make(id, n);
  return fq_fail(c->error, FQ_E_CONFLICT, "conf.exists", "params.incident", "此事件已有会商 %s,请加入",
                 "%s is about it already: join that one", id);
}

static enum fq_status describe(struct fq_call *c, struct cf_conf *v) {
  const struct cf_self *self = c->self;
  const char *incident = fq_json_str(c->params, "incident"), *org = fq_json_str(c->params, "org");
  const char *title = fq_json_str(c->params, "title");
  struct fq_unit u;
  if (incident) {
    if (!about(c->db, incident, v)) return unknown_incident(c, incident);
    enum fq_status s = exists(c, incident);
    if (s != FQ_OK) return s;
  } else {
    cf_text(v->org, sizeof v->org, org ? org : c->actor->org);
    if (!fq_org_unit(c->db, v->org, &u))
      return fq_fail(c->error, FQ_E_PARAMS, "org.unknown", "params.org", "没有机构 %s", "no unit %s", v->org);
  }
  v->n = fq_next_seq(c);
  cf_id_make(v->id, v->n);
  cf_display(c->db, c->actor->name, v->by_name);
  if (title)
    cf_text(v->title, sizeof v->title, title);
  else if (!incident)
    snprintf(v->title, sizeof v->title, "%s 发起的会商", v->by_name);
  cf_text(v->by, sizeof v->by, c->actor->name);
  cf_text(v->backend, sizeof v->backend, strcmp(self->backend, "janus") ? "mesh" : "janus");
  v->ring_ms = 1000 * fq_json_int(c->params, "ring_s", self->ring_ms / 1000);
  v->audio_only = fq_json_bool(c->params, "audio_only", false);
  return FQ_OK;
}

static enum fq_status begin(struct fq_call *c, const struct cf_conf *v) {
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "title", v->title);
  if (*v->incident) {
    fq_json_set_str(data, "incident", v->incident);
    fq_json_set_int(data, "number", v->number);
  }
  fq_json_set_str(data, "by", v->by);
  fq_json_set_str(data, "by_name", v->by_name);
  fq_json_set_str(data, "backend", v->backend);
  fq_json_set_int(data, "ring_ms", v->ring_ms);
  if (v->audio_only) fq_json_set_bool(data, "audio_only", true);
  fq_json_set_int(data, "priority", cf_priority(c->db, v, v->by, c->actor->roles, CF_CHAIR));
  fq_json_set_time(data, "empty_at", c->now_ms + CF_EMPTY_MS);
  fq_json_set_str(data, "state", cf_state_name(CF_OPENING));
  return cf_emit(c, v, "conf.created", data, v->by);
}

/* Without a session (over HTTP) nobody can be seen: the chair is kept for when he joins. */
static enum fq_status sit_down(struct fq_call *c, const struct cf_conf *v) {
  if (!*cf_session(c)) return FQ_OK;
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "id", v->id);
  fq_json_set_bool(params, "audio_only", v->audio_only);
  return fq_call_method(c, "conf.join", params, NULL);
}

enum fq_status cf_conf_create(struct fq_call *c) {
  struct cf_conf v = {0};
  fq_json *people = NULL, *invited = fq_json_array();
  enum fq_status s = describe(c, &v);
  if (s == FQ_OK) s = begin(c, &v);
  if (s == FQ_OK) s = cf_called(c, &v, fq_json_get(c->params, "to"), CF_SPEAKER, &people);
  if (s != FQ_OK) {
    fq_json_free(invited);
    return s;
  }
  fq_json_each(p, people) fq_json_push(invited, fq_json_new_str(fq_json_str(p, "user")));
  s = sit_down(c, &v);
  if (s == FQ_OK)
    s = cf_invite(c, &v, people);
  else
    fq_json_free(people);
  cf_answer(c, &v);
  fq_json_set_str(c->result, "backend", v.backend);
  fq_json_set(c->result, "invited", invited);
  return s;
}
