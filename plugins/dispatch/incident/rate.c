/*
 * rate.c - what comes to an incident beside its way: the reporter's rating after it is closed, and files at
 * any time. Kernel thread.
 */
#include <stdlib.h>
#include <string.h>

#include "incident/incident.h"

enum { MOST_FILES = 200 };

enum fq_status dp_incident_rate(struct fq_call *c) {
  struct dp_incident i;
  enum dp_state next;
  enum fq_status s = dp_verb_begin(c, DP_V_RATE, &i, &next);
  if (s != FQ_OK) return s;
  bool reporter = !strcmp(i.reporter, c->actor->name), by_phone = fq_json_bool(c->params, "by_phone", false);
  if (!reporter && !by_phone)
    return fq_fail(c->error, FQ_E_FORBIDDEN, "rate.reporter", "params.by_phone",
                   "只有上报人可以评价;电话回访所得,请写明 by_phone",
                   "only the reporter rates it; say by_phone when he told you on the phone");
  fq_json *data = fq_json_object();
  fq_json_set_int(data, "score", fq_json_int(c->params, "score", 0));
  dp_set_opt(data, "text", c->params, "text");
  if (by_phone) fq_json_set_bool(data, "by_phone", true);
  return dp_verb_finish(c, &i, "incident.rated", next, data, NULL);
}

enum fq_status dp_target_reporter(struct fq_call *c, struct fq_target *t) {
  struct dp_incident i;
  const struct fq_actor *a = c->actor;
  enum fq_status s = dp_incident_need(c, "id", &i);
  if (s != FQ_OK) return s;
  dp_text(t->org, sizeof t->org, i.org);
  t->own = !strcmp(i.reporter, a->name);
  if (t->own || a->system || (a->roles & FQ_ROLE_DESK)) return FQ_OK;
  return fq_fail(c->error, FQ_E_FORBIDDEN, "incident.foreign", "", "事件 %s 不是您上报的",
                 "%s is not your report", i.id);
}

static int64_t files_of(fq_db *db, int64_t n) {
  return fq_int(db, 0, "SELECT json_array_length(attachments) FROM incident WHERE n = ?1", "i", n);
}

enum fq_status dp_incident_attach(struct fq_call *c) {
  struct dp_incident i;
  enum dp_state next;
  enum fq_status s = dp_verb_begin(c, DP_V_ATTACH, &i, &next);
  if (s != FQ_OK) return s;
  const fq_json *files = fq_json_get(c->params, "attachments");
  if (files_of(c->db, i.n) + (int64_t)fq_json_size(files) > MOST_FILES)
    return fq_fail(c->error, FQ_E_TOO_LARGE, "attachments.many", "params.attachments", "一件事最多 %d 个附件",
                   "an incident has at most %d files", MOST_FILES);
  fq_json *data = fq_json_object();
  dp_set_opt(data, "attachments", c->params, "attachments");
  dp_set_opt(data, "note", c->params, "note");
  return dp_verb_finish(c, &i, "incident.attached", next, data, NULL);
}

static fq_json *files_json(fq_db *db, int64_t n) {
  fq_json *list = NULL;
  fq_stmt *q = fq_sql(db, "SELECT attachments FROM incident WHERE n = ?1", "i", n);
  if (fq_row(q)) {
    const char *text = fq_col_str(q, 0);
    if (text) list = fq_json_parse(text, strlen(text), NULL);
    fq_done(q);
  }
  return list ? list : fq_json_array();
}

void dp_set_files(fq_db *db, fq_json *data, const struct dp_incident *i) {
  fq_json *files = files_json(db, i->n);
  if (fq_json_size(files))
    fq_json_set(data, "attachments", files);
  else
    fq_json_free(files);
}

/* Each file once, in the order they came. */
void dp_apply_files(struct fq_apply *a, int64_t incident, const fq_json *files) {
  fq_json *all = files_json(a->db, incident);
  fq_json_each(file, files) {
    const char *sha256 = fq_json_as_str(file);
    bool there = false;
    fq_json_each(old, all) there = there || !strcmp(fq_json_as_str(old), sha256);
    if (!there) fq_json_push(all, fq_json_new_str(sha256));
  }
  char *text = fq_json_print(all);
  fq_exec(a->db, "UPDATE incident SET attachments = ?2 WHERE n = ?1", "is", incident, text);
  free(text);
  fq_json_free(all);
}
