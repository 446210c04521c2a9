/* store.c - a recording as its row stands, and what entries leave behind. Loading on any thread. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recording.h"

void rec_copy(char *out, size_t cap, const char *s) {
  snprintf(out, cap, "%s", s ? s : "");
}

int64_t rec_n(const char *id) {
  if (!id || *id != 'r' || !id[1] || strspn(id + 1, "0123456789") != strlen(id + 1) || strlen(id) > 17)
    return -1;
  return strtoll(id + 1, NULL, 10);
}

static bool take(fq_stmt *q, struct rec *out) {
  memset(out, 0, sizeof *out);
  if (!fq_row(q)) return false;
  out->n = fq_col_int(q, 0);
  out->from_ms = fq_col_int(q, 1);
  out->until_ms = fq_col_int(q, 2);
  out->stopping_ms = fq_col_int(q, 3);
  rec_copy(out->conf, sizeof out->conf, fq_col_str(q, 4));
  rec_copy(out->org, sizeof out->org, fq_col_str(q, 5));
  rec_copy(out->operator, sizeof out->operator, fq_col_str(q, 6));
  rec_copy(out->state, sizeof out->state, fq_col_str(q, 7));
  snprintf(out->id, sizeof out->id, "r%lld", (long long)out->n);
  fq_done(q);
  return true;
}

#define COLUMNS "n, from_ms, until_ms, stopping_ms, conf, org, operator, state"
bool rec_load(fq_db *db, const char *id, struct rec *out) {
  return take(fq_sql(db, "SELECT " COLUMNS " FROM recording WHERE n = ?1", "i", rec_n(id)), out);
}

bool rec_of_conf(fq_db *db, const char *conf, struct rec *out) {
  return take(fq_sql(db,
                     "SELECT " COLUMNS
                     " FROM recording WHERE conf = ?1 AND state = 'recording' ORDER BY n DESC LIMIT 1",
                     "s", conf),
              out);
}

enum fq_status rec_need(struct fq_call *c, struct rec *out) {
  const char *id = fq_json_str(c->params, "id");
  if (rec_load(c->db, id, out)) return FQ_OK;
  return fq_fail(c->error, FQ_E_NOT_FOUND, "recording.unknown", "params.id", "没有录制 %s", "no recording %s",
                 id);
}

enum fq_status rec_target(struct fq_call *c, struct fq_target *t) {
  struct rec r;
  enum fq_status s = rec_need(c, &r);
  if (s == FQ_OK) rec_copy(t->org, sizeof t->org, r.org);
  return s;
}

enum fq_status rec_emit(struct fq_call *c, const struct rec *r, const char *kind, fq_json *data) {
  char audience[FQ_ID_MAX + 8];
  snprintf(audience, sizeof audience, "user/%s", r->operator);
  fq_json_set_str(data, "recording", r->id);
  fq_json_set_str(data, "conf", r->conf);
  return fq_emit(c, (struct fq_draft){
                        .kind = kind, .subject = r->conf, .org = r->org, .audience = audience, .data = data});
}

/* ---- apply ----------------------------------------------------------------------------------------------
 */

static int64_t key_of(const struct fq_entry *e) {
  return rec_n(fq_json_str(e->data, "recording"));
}

static int64_t time_of(const fq_json *o, const char *name) {
  const char *text = fq_json_str(o, name);
  return text ? fq_time_parse(text) : 0;
}

enum fq_status rec_apply_started(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  fq_exec(a->db,
          "INSERT INTO recording(n, conf, org, title, incident, operator, state, from_ms) "
          "VALUES(?1,?2,?3,?4,?5,?6,'recording',?7)",
          "isssssi", key_of(e), fq_json_str(d, "conf"), e->org, fq_json_str(d, "title"),
          fq_json_str(d, "incident"), fq_json_str(d, "operator"), e->at_ms);
  return FQ_OK;
}

enum fq_status rec_apply_track(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  fq_exec(a->db,
          "INSERT OR IGNORE INTO recording_track(recording, sha256, user, kind, codec, file, size, from_ms, "
          "until_ms) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9)",
          "isssssiii", key_of(e), fq_json_str(d, "sha256"), fq_json_str(d, "user"), fq_json_str(d, "kind"),
          fq_json_str(d, "codec"), fq_json_str(d, "file"), fq_json_int(d, "size", 0), time_of(d, "from"),
          time_of(d, "until"));
  return FQ_OK;
}

static void keep_until(struct fq_apply *a, const struct fq_entry *e) {
  char timer[48];
  int64_t until_ms = time_of(e->data, "keep_until");
  const char *id = fq_json_str(e->data, "recording");
  if (!until_ms) return;
  snprintf(timer, sizeof timer, "recording/%s", id);
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "id", id);
  fq_exec(a->db, "UPDATE recording SET keep_ms = ?2 WHERE n = ?1", "ii", key_of(e), until_ms);
  fq_timer_set(a, timer, until_ms, "recording.expire", id, params);
}

/* stopping: asked to; converting: every track is here; failed: why. */
enum fq_status rec_apply_state(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  const char *state = fq_json_str(d, "state");
  int64_t n = key_of(e);
  if (!strcmp(state, "stopping")) {
    fq_exec(a->db, "UPDATE recording SET stopping_ms = ?2 WHERE n = ?1", "ii", n, e->at_ms);
    return FQ_OK;
  }
  fq_exec(a->db,
          "UPDATE recording SET state = ?2, until_ms = coalesce(until_ms, ?3), why_zh = coalesce(?4, "
          "why_zh), why_en = coalesce(?5, why_en) WHERE n = ?1",
          "isiss", n, state, e->at_ms, fq_json_str(d, "why_zh"), fq_json_str(d, "why_en"));
  keep_until(a, e);
  return FQ_OK;
}

enum fq_status rec_apply_recorded(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  fq_exec(a->db,
          "UPDATE recording SET state = 'done', sha256 = ?2, size = ?3, from_ms = ?4, until_ms = ?5, broken "
          "= ?6 WHERE n = ?1",
          "isiiii", key_of(e), fq_json_str(d, "sha256"), fq_json_int(d, "size", 0), time_of(d, "from"),
          time_of(d, "until"), fq_json_int(d, "broken", 0));
  return FQ_OK;
}

enum fq_status rec_apply_verified(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "UPDATE recording SET verified_ms = ?2, intact = ?3 WHERE n = ?1", "iii", key_of(e),
          e->at_ms, (int64_t)fq_json_bool(e->data, "intact", false));
  return FQ_OK;
}

enum fq_status rec_apply_removed(struct fq_apply *a, const struct fq_entry *e) {
  char timer[48];
  snprintf(timer, sizeof timer, "recording/%s", fq_json_str(e->data, "recording"));
  fq_exec(a->db, "UPDATE recording SET state = 'removed', removed_ms = ?2 WHERE n = ?1", "ii", key_of(e),
          e->at_ms);
  fq_timer_clear(a, timer);
  return FQ_OK;
}
