/*
 * Sessions: connected actors, and the fan-out of committed entries to them. Derived state only: a restart
 * loses all of it and terminals resume. Kernel thread.
 */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "kernel/device.h"
#include "kernel/internal.h"

/* The reference count stands before the public part. */
struct shared_event {
  atomic_int references;
  struct fq_event event;
};

static struct shared_event *shared(struct fq_event *e) {
  return (struct shared_event *)((char *)e - offsetof(struct shared_event, event));
}

struct fq_event *fq_event_ref(struct fq_event *e) {
  atomic_fetch_add(&shared(e)->references, 1);
  return e;
}

void fq_event_unref(struct fq_event *e) {
  if (atomic_fetch_sub(&shared(e)->references, 1) == 1) free(shared(e));
}

/* Kind, subject, org and actor are ids: nothing in them needs escaping. */
struct fq_event *fq_event_new(int64_t seq, int64_t at_ms, const char *kind, const char *subject,
                              const char *org, const char *actor, int64_t cause, const char *data) {
  char at[32];
  fq_time_format(at_ms, at);
  size_t cap = strlen(data) + strlen(kind) + strlen(subject) + strlen(org) + strlen(actor) + 200;
  struct shared_event *s = fq_alloc(sizeof *s + cap);
  s->references = 1;
  s->event.seq = seq;
  s->event.len = (size_t)snprintf(
      s->event.text, cap,
      "\"n\":%lld,\"kind\":\"%s\",\"at\":\"%s\",\"subject\":\"%s\",\"org\":\"%s\",\"actor\":\"%s\","
      "\"cause\":%lld,\"data\":%s",
      (long long)seq, kind, at, subject, org, actor, (long long)cause, data);
  return &s->event;
}

void fq_session_send(struct fq_session *s, struct fq_event *e) {
  s->transport->event(s->peer, e, s->sent);
  s->sent = e->seq;
}

static void offer(struct fq_session *s, struct fq_event *e) {
  if (!s->catching_up && !s->dropped && s->sent < e->seq) fq_session_send(s, e);
}

/* Words of the audience: "user/x", "unit/y". */
static void offer_audience(fq_kernel *k, const char *audience, struct fq_event *e) {
  for (const char *w = audience; *w;) {
    size_t len = strcspn(w, " ");
    char name[FQ_ID_MAX + 8];
    if (len < sizeof name) {
      memcpy(name, w, len);
      name[len] = '\0';
      if (!strncmp(name, "user/", 5))
        for (struct fq_session *s = fq_map_get(k->by_user, name + 5); s; s = s->next_of_user)
          offer(s, e);
      else if (!strncmp(name, "unit/", 5))
        for (struct fq_session *s = fq_map_get(k->by_org, name + 5); s; s = s->next_of_org)
          if (s->roles & (FQ_ROLE_DESK | FQ_ROLE_DEPARTMENT)) offer(s, e);
    }
    w += len + (w[len] == ' ');
  }
}

void fq_session_fan_out(fq_kernel *k, const struct staged *s) {
  const struct fq_entry *e = &s->entry;
  if (!k->sessions || (!s->kind->kind->roles && !e->audience[0])) return;
  struct fq_event *event =
      fq_event_new(e->seq, e->at_ms, e->kind, e->subject, e->org, e->actor, e->cause, s->text);
  if (s->kind->kind->roles) {
    /* Every unit from the county down to the entry's own. */
    char path[512] = "";
    if (e->org[0]) {
      fq_org_path(k->db, e->org, path);
    } else {
      fq_stmt *q = fq_sql(k->db, "SELECT path FROM org WHERE parent = '' LIMIT 1", "");
      if (fq_row(q)) {
        fq_copy(path, sizeof path, fq_col_str(q, 0));
        fq_done(q);
      }
    }
    fq_db_clear(k->db);
    for (char *rest = path, *unit; (unit = strsep(&rest, "/"));)
      if (*unit)
        for (struct fq_session *to = fq_map_get(k->by_org, unit); to; to = to->next_of_org)
          if (to->roles & s->kind->kind->roles) offer(to, event);
  }
  offer_audience(k, e->audience, event);
  fq_event_unref(event);
}

void fq_publish(struct fq_call *c, const char *topic, const char *key, const char *org, fq_json *data) {
  fq_kernel *k = c->tick->kernel;
  char *json = NULL, path[512];
  fq_org_path(k->db, org, path);
  for (char *rest = path, *unit; (unit = strsep(&rest, "/"));)
    for (struct fq_session *s = *unit ? fq_map_get(k->by_org, unit) : NULL; s; s = s->next_of_org) {
      bool asked = false;
      fq_json_each(t, s->topics) asked |= !strcmp(fq_json_as_str(t) ? fq_json_as_str(t) : "", topic);
      if (!asked || s->dropped || !s->transport->signal) continue;
      if (!json) json = fq_json_print(data);
      s->transport->signal(s->peer, topic, key, json);
    }
  free(json);
  fq_json_free(data);
  fq_flush(k);
}

struct fq_session *fq_session_find(fq_kernel *k, const char *sid) {
  return sid && sid[0] ? fq_map_get(k->by_sid, sid) : NULL;
}

/* An empty key is what keeps the transport from merging it. */
bool fq_tell(fq_kernel *k, const char *session, const char *topic, fq_json *data) {
  struct fq_session *s = fq_session_find(k, session);
  bool there = s && s->transport->signal;
  if (there) {
    char *json = fq_json_print(data);
    s->transport->signal(s->peer, topic, "", json);
    free(json);
    fq_flush(k);
  }
  fq_json_free(data);
  return there;
}

static bool whole_county(fq_kernel *k, const struct fq_session *s) {
  struct fq_unit unit;
  return !s->org[0] || (fq_org_unit(k->db, s->org, &unit) && !unit.parent[0]);
}

void fq_kernel_signal(fq_kernel *k, const char *topic, const char *key, uint32_t roles, const fq_json *data) {
  char *json = NULL;
  for (struct fq_session *s = k->sessions; s; s = s->next) {
    bool asked = false;
    fq_json_each(t, s->topics) asked |= !strcmp(fq_json_as_str(t) ? fq_json_as_str(t) : "", topic);
    if (!asked || !(s->roles & roles) || s->dropped || !s->transport->signal) continue;
    if (!whole_county(k, s)) continue; /* it concerns all of it */
    if (!json) json = fq_json_print(data);
    s->transport->signal(s->peer, topic, key, json);
  }
  free(json);
  fq_flush(k);
}

struct fq_session *fq_session_new(fq_kernel *k, const struct fq_request *r, const struct fq_actor *a,
                                  const char *device, const fq_json *topics, int64_t expires_ms) {
  struct fq_session *s = fq_alloc(sizeof *s);
  fq_random_token(s->sid, 12);
  fq_copy(s->user, sizeof s->user, a->name);
  fq_copy(s->org, sizeof s->org, a->org);
  fq_copy(s->device, sizeof s->device, device);
  s->roles = a->roles;
  s->expires_ms = expires_ms;
  s->topics = fq_json_dup(topics);
  s->transport = r->transport;
  s->peer = r->peer;
  s->sent = k->head.seq;
  /* A newer session of the same device replaces the older: one phone, one stream. */
  for (struct fq_session *old = fq_map_get(k->by_user, s->user), *next; old; old = next) {
    next = old->next_of_user;
    if (device[0] && !strcmp(old->device, device))
      fq_session_end(k, old, 4010, "replaced by a newer session of this device");
  }
  s->next = k->sessions;
  k->sessions = s;
  s->next_of_user = fq_map_get(k->by_user, s->user);
  fq_map_put(&k->by_user, s->user, s);
  s->next_of_org = fq_map_get(k->by_org, s->org);
  fq_map_put(&k->by_org, s->org, s);
  fq_map_put(&k->by_sid, s->sid, s);
  return s;
}

static void unlink_from(struct fq_map **map, const char *key, struct fq_session *s, size_t offset) {
  struct fq_session *first = fq_map_get(*map, key), **at = &first;
  while (*at && *at != s)
    at = (struct fq_session **)((char *)*at + offset);
  if (*at) *at = *(struct fq_session **)((char *)s + offset);
  if (first)
    fq_map_put(map, key, first);
  else
    fq_map_take(map, key);
}

struct ended {
  char sid[32], user[FQ_ID_MAX];
};

static void tell_gone(fq_kernel *k, void *arg) {
  struct ended *e = arg;
  for (size_t i = 0; i < k->started; i++) {
    const struct fq_plugin *p = k->modules[i].table;
    if (p->size > offsetof(struct fq_plugin, session_gone) && p->session_gone)
      p->session_gone(k->modules[i].self, e->sid, e->user);
  }
  free(e);
}

/* Sessions are few enough (thousands) and ends rare enough that the one list is walked. */
static void forget(fq_kernel *k, struct fq_session *s) {
  struct fq_session **at = &k->sessions;
  while (*at && *at != s)
    at = &(*at)->next;
  if (*at) *at = s->next;
  unlink_from(&k->by_user, s->user, s, offsetof(struct fq_session, next_of_user));
  unlink_from(&k->by_org, s->org, s, offsetof(struct fq_session, next_of_org));
  fq_map_take(&k->by_sid, s->sid);
  if (!k->closing) { /* by the loop: a session may end in a tick, or while another is being opened */
    struct ended *e = fq_alloc(sizeof *e);
    memcpy(e->sid, s->sid, sizeof e->sid);
    memcpy(e->user, s->user, sizeof e->user);
    fq_post(k, tell_gone, e);
  }
  s->dropped = true;
  if (!s->catching_up) { /* else read.c frees it when its reader returns */
    fq_json_free(s->topics);
    free(s);
  }
}

void fq_session_drop(fq_kernel *k, fq_session *s) {
  if (s && !s->dropped) forget(k, s);
}

void fq_session_end(fq_kernel *k, struct fq_session *s, int code, const char *reason) {
  if (s->dropped) return;
  s->transport->close(s->peer, code, reason);
  forget(k, s);
}

void fq_session_end_user(fq_kernel *k, const char *user, int code, const char *reason) {
  fq_session_end_token(k, user, NULL, code, reason);
}

/* Those of one sign-in; NULL: of all. */
void fq_session_end_token(fq_kernel *k, const char *user, const char *token, int code, const char *reason) {
  for (struct fq_session *s = fq_map_get(k->by_user, user), *next; s; s = next) {
    next = s->next_of_user;
    if (!token || !strcmp(s->token, token)) fq_session_end(k, s, code, reason);
  }
}

/* An account was set: sessions with other rights than it has now must come back and be looked at anew. */
void fq_session_refresh(fq_kernel *k, const char *user) {
  fq_stmt *q = fq_sql(k->db, "SELECT roles, org FROM account WHERE name = ?", "s", user);
  if (fq_row(q)) {
    for (struct fq_session *s = fq_map_get(k->by_user, user), *next; s; s = next) {
      next = s->next_of_user;
      if (s->roles != (uint32_t)fq_col_int(q, 0) || strcmp(s->org, fq_col_str(q, 1)))
        fq_session_end(k, s, 1012, "your rights have changed");
    }
    fq_done(q);
  }
  fq_db_clear(k->db);
}

static const struct fq_param topic[] = {{.type = FQ_T_ID}};
#define P_TOKEN                                                                                              \
  {                                                                                                          \
    .name = "token", .type = FQ_T_STRING, .required = true, .min = 1, .max = 90, .zh = "令牌",               \
    .en = "from session.login"                                                                               \
  }
#define P_DEVICE                                                                                             \
  { .name = "device", .type = FQ_T_STRING, .max = 79, .zh = "设备标识", .en = "stable id of the device" }
#define P_TOPICS                                                                                             \
  {                                                                                                          \
    .name = "topics", .type = FQ_T_ARRAY, .members = topic, .max = 16, .zh = "要听的瞬时话题",               \
    .en = "volatile topics to hear"                                                                          \
  }
#define P_CLOCK                                                                                              \
  { .name = "clock", .type = FQ_T_TIME, .zh = "终端的时钟", .en = "the device's clock, as it stands now" }
#define P_VERSION                                                                                            \
  { .name = "version", .type = FQ_T_STRING, .max = 23, .zh = "页面版本", .en = "the page's version" }
static const struct fq_param open_params[] = {P_TOKEN, P_DEVICE, P_TOPICS, P_CLOCK, P_VERSION, {0}};
static const struct fq_param resume_params[] = {
    P_TOKEN,
    P_DEVICE,
    P_TOPICS,
    P_CLOCK,
    P_VERSION,
    {.name = "sid", .type = FQ_T_STRING, .max = 31, .zh = "原会话", .en = "the session before"},
    {.name = "epoch",
     .type = FQ_T_STRING,
     .max = 31,
     .zh = "日志纪元",
     .en = "whose numbers `last` belongs to"},
    {.name = "last",
     .type = FQ_T_INT,
     .min = 0,
     .max = 9e15,
     .zh = "最后收到的序号",
     .en = "n of the last event received"},
    {0}};

/* For rpc.discover: they hold a transport's end, touch no table, and so are no commands. */
const struct fq_method fq_session_methods[] = {
    {.name = "session.open",
     .flags = FQ_PUBLIC,
     .params = open_params,
     .zh = "打开会话,此后收到事件",
     .en = "opens a session on this connection: events follow",
     .result = "{sid, epoch, head}"},
    {.name = "session.resume",
     .flags = FQ_PUBLIC,
     .params = resume_params,
     .zh = "接着上次的会话",
     .en = "goes on after `last`; with resumed:false take a snapshot",
     .result = "{sid, epoch, resumed, head}"},
    {.name = "session.close",
     .flags = FQ_PUBLIC,
     .zh = "结束会话",
     .en = "ends this connection's session",
     .result = "{}"},
    {0}};

/* A token belongs to the device it was given to, and to the windows of it: "console-k3" and "console-k3#2".
 * Each window has a session of its own; one of the same name replaces it. */
static bool of_device(const char *bound_to, const char *device) {
  size_t len = strlen(bound_to);
  return !len || (!strncmp(device, bound_to, len) && (!device[len] || device[len] == '#'));
}

enum fq_status fq_session_request(fq_kernel *k, struct fq_request *r, bool *later) {
  bool resume = !strcmp(r->method, "session.resume"), open = !strcmp(r->method, "session.open");
  if (!strcmp(r->method, "session.close")) {
    if (!r->session)
      return fq_fail(&r->error, FQ_E_SIGNED_OUT, "session.none", "", "没有打开的会话", "no session is open");
    fq_session_drop(k, r->session);
    r->session = NULL;
    r->result = fq_json_object();
    return FQ_OK;
  }
  if (!resume && !open) return FQ_OK;
  if (!r->transport || !r->transport->event)
    return fq_fail(&r->error, FQ_E_METHOD, "session.transport", "method", "此通道不能打开会话",
                   "this transport cannot hold a session");
  if (r->session)
    return fq_fail(&r->error, FQ_E_CONFLICT, "session.open", "", "会话已打开", "a session is already open");
  enum fq_status st = fq_schema_check(resume ? resume_params : open_params, r->params, &r->error);
  if (st) return st;
  int64_t expires_ms = 0;
  char bound_to[80] = "";
  const char *device = fq_json_str(r->params, "device");
  if (!fq_account_token(k, fq_json_str(r->params, "token"), r->state, &expires_ms, bound_to) ||
      !of_device(bound_to, device ? device : ""))
    return fq_fail(&r->error, FQ_E_SIGNED_OUT, "token.invalid", "params.token", "令牌无效或已过期",
                   "the token is invalid or has expired");
  if (fq_device_blocked(k->db, device)) return fq_device_refused(&r->error);
  struct fq_session *s = fq_session_new(k, r, &r->state->actor, device ? device : "",
                                        fq_json_get(r->params, "topics"), expires_ms);
  const char *version = fq_json_str(r->params, "version"), *clock = fq_json_str(r->params, "clock");
  s->since_ms = fq_clock_ms(&k->clock);
  fq_copy(s->version, sizeof s->version, version ? version : "");
  s->told_clock = clock != NULL;
  if (clock) s->skew_ms = fq_time_parse(clock) - s->since_ms;
  uint8_t digest[FQ_SHA256];
  char hex[FQ_SHA256_HEX];
  fq_sha256_text(fq_json_str(r->params, "token"), digest);
  fq_hex(digest, sizeof digest, hex);
  fq_copy(s->token, sizeof s->token, hex);
  r->opened = s;
  const char *epoch = fq_json_str(r->params, "epoch");
  if (resume && epoch && !strcmp(epoch, k->epoch)) {
    fq_read_catch_up(k, s, r, fq_json_int(r->params, "last", 0));
    *later = true;
    return FQ_OK;
  }
  r->result = fq_json_object();
  fq_json_set_str(r->result, "sid", s->sid);
  fq_json_set_str(r->result, "epoch", k->epoch);
  if (resume) fq_json_set_bool(r->result, "resumed", false);
  fq_json_set_int(r->result, "head", k->head.seq);
  return FQ_OK;
}

void fq_transport_add(fq_kernel *k, const struct fq_transport *t, void *self) {
  if (k->transport_count == sizeof k->transports / sizeof k->transports[0]) abort();
  k->transports[k->transport_count++] = (struct transport){.ops = t, .self = self};
}

void fq_flush(fq_kernel *k) {
  for (size_t i = 0; i < k->transport_count; i++)
    if (k->transports[i].ops->flush) k->transports[i].ops->flush(k->transports[i].self);
}

/* A token that has run out stops hearing as well as speaking. Looked at now and then: the alarm comes at
 * least every few seconds. */
void fq_session_expire(fq_kernel *k) {
  int64_t now = fq_clock_ms(&k->clock);
  if (now < k->expire_next_ms && now > k->expire_next_ms - 60000) return;
  k->expire_next_ms = now + 5000;
  bool any = false;
  for (struct fq_session *s = k->sessions, *next; s; s = next) {
    next = s->next;
    if (s->expires_ms > now) continue;
    fq_session_end(k, s, 4001, "the sign-in has expired");
    any = true;
  }
  if (any) fq_flush(k); /* the tick's own flush is over, and there may be none for hours */
}
