/*
 * record.c - conf.record and what a recording passes through: recording, converting, done or failed, removed.
 * The switch itself is the conference's (conf.recording_set); media/ follows it. Kernel thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recording.h"

struct conf {
  char org[FQ_ID_MAX], title[160], incident[FQ_ID_MAX];
  bool live, recording;
};

static int64_t conf_n(const char *id) {
  return id && *id == 'v' ? strtoll(id + 1, NULL, 10) : -1;
}

static bool conf_load(fq_db *db, const char *id, struct conf *out) {
  fq_stmt *q = fq_sql(db,
                      "SELECT org, title, incident, state IN ('opening', 'active', 'degraded'), recording "
                      "FROM conference WHERE n = ?1",
                      "i", conf_n(id));
  if (!fq_row(q)) return false;
  rec_copy(out->org, sizeof out->org, fq_col_str(q, 0));
  rec_copy(out->title, sizeof out->title, fq_col_str(q, 1));
  rec_copy(out->incident, sizeof out->incident, fq_col_str(q, 2));
  out->live = fq_col_int(q, 3) != 0;
  out->recording = fq_col_int(q, 4) != 0;
  fq_done(q);
  return true;
}

static enum fq_status flag(struct fq_call *c, const char *conf, bool on, const char *why_zh,
                           const char *why_en) {
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "id", conf);
  fq_json_set_bool(params, "on", on);
  fq_json_set_str(params, "by", c->actor->name);
  if (why_en) {
    fq_json_set_str(params, "why_zh", why_zh);
    fq_json_set_str(params, "why_en", why_en);
  }
  return fq_call_method(c, "conf.recording_set", params, NULL);
}

static enum fq_status begin(struct fq_call *c, const char *conf_id, const struct conf *conf,
                            const char *operator, struct rec * r) {
  memset(r, 0, sizeof *r);
  r->n = fq_next_seq(c);
  snprintf(r->id, sizeof r->id, "r%lld", (long long)r->n);
  rec_copy(r->conf, sizeof r->conf, conf_id);
  rec_copy(r->org, sizeof r->org, conf->org);
  rec_copy(r->operator, sizeof r->operator, operator);
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "operator", operator);
  fq_json_set_str(data, "title", conf->title);
  if (*conf->incident) fq_json_set_str(data, "incident", conf->incident);
  return rec_emit(c, r, "conf.record_started", data);
}

/* ---- conf.record
 * -------------------------------------------------------------------------------------------- */

static enum fq_status may_record(struct fq_call *c, const char *id, const struct conf *conf) {
  const struct fq_actor *a = c->actor;
  bool desk = a->system || (a->roles & FQ_ROLE_COMMANDER && fq_org_within(c->db, conf->org, a->org));
  if (desk || fq_int(c->db, 0, "SELECT 1 FROM conf_member WHERE conf = ?1 AND user = ?2 AND role = 'chair'",
                     "is", conf_n(id), a->name))
    return FQ_OK;
  return fq_fail(c->error, FQ_E_FORBIDDEN, "conf.chair", "params.id", "只有主持人或指挥长能录制",
                 "the chair or a commander records");
}

static enum fq_status can_record(struct fq_call *c) {
  char zh[200] = "", en[200] = "";
  if (cf_janus_backend.ready(c->self, zh, en)) return FQ_OK;
  return fq_fail(c->error, FQ_E_CONFLICT, "conf.cannot_record", "params.on", "录制需要媒体服务器:%s%.0s",
                 "recording needs the media server: %.0s%s", zh, en);
}

struct note {
  struct cf_self *self;
  char conf[FQ_ID_MAX];
};
static void asked_to_stop(fq_kernel *k, void *arg) {
  struct note *n = arg;
  rec_late(n->self, n->conf);
  free(n);
}

static void watch_the_end(struct fq_call *c, const char *conf) {
  struct cf_self *self = c->self;
  struct note *n = calloc(1, sizeof *n);
  if (!n) abort();
  n->self = self;
  rec_copy(n->conf, sizeof n->conf, conf);
  fq_post(self->kernel, asked_to_stop, n);
}

static enum fq_status stop(struct fq_call *c, const struct rec *r) {
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "state", "stopping");
  enum fq_status s = rec_emit(c, r, "conf.record_state", data);
  return s == FQ_OK ? flag(c, r->conf, false, NULL, NULL) : s;
}

enum fq_status rec_on_switched(struct fq_call *c, const struct fq_entry *e) {
  if (!fq_json_bool(e->data, "on", true)) watch_the_end(c, fq_json_str(e->data, "conf"));
  return FQ_OK;
}

/* It waits for its recording, which may never have come as far as the media server. */
enum fq_status rec_on_ended(struct fq_call *c, const struct fq_entry *e) {
  const char *state = fq_json_str(e->data, "state");
  if (state && !strcmp(state, "ending")) watch_the_end(c, fq_json_str(e->data, "conf"));
  return FQ_OK;
}

enum fq_status rec_record_run(struct fq_call *c) {
  const char *id = fq_json_str(c->params, "id");
  bool on = fq_json_bool(c->params, "on", true);
  struct conf conf;
  struct rec r;
  if (!conf_load(c->db, id, &conf))
    return fq_fail(c->error, FQ_E_NOT_FOUND, "conf.unknown", "params.id", "没有会商 %s", "no conference %s",
                   id);
  enum fq_status s = may_record(c, id, &conf);
  if (s == FQ_OK && !conf.live)
    s = fq_fail(c->error, FQ_E_CONFLICT, "conf.over", "params.id", "会商 %s 已结束", "conference %s is over",
                id);
  if (s != FQ_OK) return s;
  bool runs = rec_of_conf(c->db, id, &r);
  if (on && runs && r.stopping_ms)
    return fq_fail(c->error, FQ_E_CONFLICT, "conf.record_stopping", "params.on",
                   "上一段录制正在收尾,请稍候几秒", "the recording before is being closed: a few seconds");
  fq_json_set_str(c->result, "id", id);
  fq_json_set_bool(c->result, "on", on);
  if (on && !runs) {
    s = can_record(c);
    if (s == FQ_OK) s = begin(c, id, &conf, c->actor->name, &r);
    if (s == FQ_OK) s = flag(c, id, true, NULL, NULL);
    runs = s == FQ_OK;
  } else if (!on && runs && !r.stopping_ms)
    s = stop(c, &r);
  if (runs) fq_json_set_str(c->result, "recording", r.id);
  return s;
}

/* ---- from the media server
 * ---------------------------------------------------------------------------------- */

/* One that came after the end belongs to the recording before, as long as that is not made yet. */
enum fq_status rec_track_run(struct fq_call *c) {
  static const char *const members[] = {"user", "kind", "codec", "file", "sha256", "size", "from", "until"};
  const char *conf = fq_json_str(c->params, "id");
  struct rec r;
  int64_t n = fq_int(c->db, 0,
                     "SELECT n FROM recording WHERE conf = ?1 AND state IN ('recording', 'converting', "
                     "'failed') AND from_ms <= ?2 + 60000 ORDER BY n DESC"
                     " LIMIT 1",
                     "si", conf, fq_time_parse(fq_json_str(c->params, "until")));
  char id[FQ_ID_MAX];
  snprintf(id, sizeof id, "r%lld", (long long)n);
  if (!n || !rec_load(c->db, id, &r))
    return fq_fail(c->error, FQ_E_NOT_FOUND, "recording.unknown", "params.id", "会商 %s 没有在录制",
                   "conference %s is not being recorded", conf);
  if (fq_int(c->db, 0, "SELECT count(*) FROM recording_track WHERE recording = ?1", "i", n) >= REC_TRACKS)
    return fq_fail(c->error, FQ_E_TOO_LARGE, "recording.tracks", "", "一次录制最多 %d 个文件",
                   "a recording has at most %d files", REC_TRACKS);
  fq_json *data = fq_json_object(), *files = fq_json_array();
  for (size_t x = 0; x < sizeof members / sizeof *members; x++)
    fq_json_set(data, members[x], fq_json_dup(fq_json_get(c->params, members[x])));
  fq_json_push(files, fq_json_new_str(fq_json_str(c->params, "sha256")));
  fq_json_set(data, "attachments", files);
  return rec_emit(c, &r, "conf.record_track", data);
}

static enum fq_status set_state(struct fq_call *c, const struct rec *r, const char *state, const char *why_zh,
                                const char *why_en) {
  const struct cf_self *self = c->self;
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "state", state);
  if (why_en && *why_en) {
    fq_json_set_str(data, "why_zh", why_zh);
    fq_json_set_str(data, "why_en", why_en);
  }
  if (!strcmp(state, "converting")) fq_json_set_time(data, "keep_until", c->now_ms + self->keep_ms);
  return rec_emit(c, r, "conf.record_state", data);
}

/* Nobody asked for the end of it, and the conference goes on: the server or its media server was away for a
 * moment. What was recorded until then is made ready, and another goes on in its place. */
enum fq_status rec_closed_run(struct fq_call *c) {
  const char *id = fq_json_str(c->params, "id"), *zh = fq_json_str(c->params, "why_zh"),
             *en = fq_json_str(c->params, "why_en");
  struct conf conf = {0};
  struct rec r, next;
  if (!rec_of_conf(c->db, id, &r)) return FQ_OK;
  bool known = conf_load(c->db, id, &conf);
  bool goes_on = known && conf.live && conf.recording && !r.stopping_ms && !en;
  enum fq_status s = set_state(c, &r, "converting", zh, en);
  if (s == FQ_OK && goes_on) return begin(c, id, &conf, r.operator, & next);
  return s == FQ_OK && known && conf.recording ? flag(c, id, false, zh, en) : s;
}

/* After a restart: one whose conference is not recorded any more, and of which nothing is left to come. */
enum fq_status rec_sweep_run(struct fq_call *c) {
  enum fq_status s = FQ_OK;
  for (int64_t n = 0;
       s == FQ_OK &&
       (n = fq_int(c->db, 0, "SELECT min(n) FROM recording WHERE state = 'recording' AND n > ?1", "i", n));) {
    char id[FQ_ID_MAX];
    struct conf conf;
    struct rec r;
    snprintf(id, sizeof id, "r%lld", (long long)n);
    if (!rec_load(c->db, id, &r)) continue;
    if (conf_load(c->db, r.conf, &conf) && conf.recording && !r.stopping_ms) continue;
    s = set_state(c, &r, "converting", NULL, NULL);
    if (s == FQ_OK) s = flag(c, r.conf, false, NULL, NULL);
  }
  return s;
}

/* ---- the playable file
 * -------------------------------------------------------------------------------------- */

enum fq_status rec_begin_run(struct fq_call *c) {
  int64_t n = fq_int(c->db, 0, "SELECT min(n) FROM recording WHERE state = 'converting'", "");
  if (!n) return FQ_OK;
  char id[FQ_ID_MAX];
  snprintf(id, sizeof id, "r%lld", (long long)n);
  fq_json *tracks = fq_json_array();
  fq_stmt *q = fq_sql(c->db,
                      "SELECT user, kind, codec, sha256, from_ms, until_ms FROM recording_track WHERE "
                      "recording = ?1 ORDER BY from_ms, sha256",
                      "i", n);
  while (fq_row(q)) {
    fq_json *t = fq_json_object();
    static const char *const members[] = {"user", "kind", "codec", "sha256"};
    for (int x = 0; x < 4; x++)
      fq_json_set_str(t, members[x], fq_col_str(q, x));
    fq_json_set_time(t, "from", fq_col_int(q, 4));
    fq_json_set_time(t, "until", fq_col_int(q, 5));
    fq_json_push(tracks, t);
  }
  fq_json_set_str(c->result, "id", id);
  fq_json_set(c->result, "tracks", tracks);
  return FQ_OK;
}

static fq_json *tracks_json(fq_db *db, int64_t n, fq_json *files) {
  fq_json *list = fq_json_array();
  fq_stmt *q = fq_sql(db,
                      "SELECT user, kind, file, size, sha256, from_ms, until_ms FROM recording_track WHERE "
                      "recording = ?1 ORDER BY from_ms, sha256",
                      "i", n);
  while (fq_row(q)) {
    fq_json *t = fq_json_object();
    fq_json_set_str(t, "user", fq_col_str(q, 0));
    fq_json_set_str(t, "kind", fq_col_str(q, 1));
    fq_json_set_str(t, "file", fq_col_str(q, 2));
    fq_json_set_int(t, "size", fq_col_int(q, 3));
    fq_json_set_str(t, "sha256", fq_col_str(q, 4));
    fq_json_set_time(t, "from", fq_col_int(q, 5));
    fq_json_set_time(t, "until", fq_col_int(q, 6));
    fq_json_push(files, fq_json_new_str(fq_col_str(q, 4)));
    fq_json_push(list, t);
  }
  return list;
}

enum fq_status rec_done_run(struct fq_call *c) {
  static const char *const members[] = {"sha256", "size", "from", "until", "broken"};
  struct rec r;
  enum fq_status s = rec_need(c, &r);
  if (s != FQ_OK || strcmp(r.state, "converting")) return s; /* removed meanwhile */
  fq_json *data = fq_json_object(), *files = fq_json_array();
  for (size_t x = 0; x < sizeof members / sizeof *members; x++)
    fq_json_set(data, members[x], fq_json_dup(fq_json_get(c->params, members[x])));
  fq_json_push(files, fq_json_new_str(fq_json_str(c->params, "sha256")));
  fq_json_set(data, "tracks", tracks_json(c->db, r.n, files));
  fq_json_set(data, "attachments", files);
  fq_json_set_str(data, "operator", r.operator);
  return rec_emit(c, &r, "conf.recorded", data);
}

enum fq_status rec_failed_run(struct fq_call *c) {
  struct rec r;
  enum fq_status s = rec_need(c, &r);
  if (s != FQ_OK || strcmp(r.state, "converting")) return s;
  return set_state(c, &r, "failed", fq_json_str(c->params, "why_zh"), fq_json_str(c->params, "why_en"));
}

static void convert(fq_kernel *k, void *arg) {
  rec_convert_next(arg);
}

enum fq_status rec_retry_run(struct fq_call *c) {
  struct cf_self *self = c->self;
  struct rec r;
  enum fq_status s = rec_need(c, &r);
  if (s != FQ_OK) return s;
  if (strcmp(r.state, "failed"))
    return fq_fail(c->error, FQ_E_CONFLICT, "recording.state", "params.id", "录制 %s 不是合成失败,不用重做",
                   "recording %s has not failed: nothing to do again", r.id);
  fq_json_set_str(c->result, "id", r.id);
  fq_post(self->kernel, convert, self);
  return set_state(c, &r, "converting", NULL, NULL);
}
