/*
 * stream.c - cameras: a mountpoint of Janus takes the pictures that ffmpeg sends it on this machine, and
 * gives them to whoever watches. Mountpoints are made anew with every life of Janus: their ports are told
 * again.
 */
#include "janus.h"

#include <stdio.h>
#include <string.h>

static struct jn_stream *find(struct cf_janus *j, const char *camera) {
  for (struct jn_stream *s = j->streams; s; s = s->next)
    if (strcmp(s->camera, camera) == 0) return s;
  return NULL;
}

static void ask_desk(struct cf_janus *j, struct jn_stream *s, fq_json *body, jn_message_fn fn) {
  fq_json_set_str(body, "id", s->camera);
  fq_json_set_str(body, "secret", s->secret);
  jn_ask(j, j->camera_desk, body, NULL, NULL, fn);
}

/* ---- making one -----------------------------------------------------------------------------------------
 */

static void on_created(struct cf_janus *j, void *owner, const struct jn_message *m) {
  const fq_json *stream = fq_json_get(m->data, "stream"), *port = fq_json_first(fq_json_get(stream, "ports"));
  const char *id = fq_json_str(stream, "id");
  struct jn_stream *s = id ? find(j, id) : NULL;
  (void)owner;
  if (m->code) fq_log(FQ_LOG_WARN, "janus: no mountpoint: %s", m->reason ? m->reason : "");
  if (!s) return; /* closed meanwhile, or refused: it stays without a port, and is asked for again */
  s->port = (int)fq_json_int(port, "port", 0);
  s->ready(j->self, s->camera, s->port);
}

static void make(struct cf_janus *j, struct jn_stream *s) {
  fq_json *b = jn_body("create"), *list = fq_json_array(), *v = fq_json_object();
  bool h264 = strcmp(s->codec, "h264") == 0;
  fq_hmac_sha1(j->plan.admin_secret, s->camera, s->secret);
  ask_desk(j, s, jn_body("destroy"), NULL); /* one of a session before this */
  fq_json_set_str(v, "type", "video");
  fq_json_set_str(v, "mid", "v");
  fq_json_set_str(v, "codec", s->codec);
  fq_json_set_int(v, "pt", 96);
  fq_json_set_int(v, "port", 0);
  fq_json_set_str(v, "iface", "127.0.0.1");
  if (h264) fq_json_set_str(v, "fmtp", "profile-level-id=42e01f;packetization-mode=1");
  fq_json_push(list, v);
  fq_json_set_str(b, "admin_key", j->plan.admin_key);
  fq_json_set_str(b, "type", "rtp");
  fq_json_set_str(b, "pin", s->secret);
  fq_json_set_bool(b, "is_private", true);
  fq_json_set_bool(b, "permanent", false);
  fq_json_set(b, "media", list);
  ask_desk(j, s, b, on_created);
}

static void desk_ready(struct cf_janus *j, void *owner, const struct jn_message *m) {
  (void)owner;
  (void)m;
  j->camera_desk_ready = true;
  for (struct jn_stream *s = j->streams; s; s = s->next)
    make(j, s);
}

static void desk_event(struct cf_janus *j, void *owner, const struct jn_message *m) {
  if (strcmp(m->what, "hangup") != 0 && strcmp(m->what, "detached") != 0) return;
  jn_streams_down(j);
  jn_streams_up(j);
}

void cf_stream_open(struct cf_self *self, const char *camera, const char *codec,
                    void (*ready)(struct cf_self *s, const char *camera, int port)) {
  struct cf_janus *j = self->janus_state;
  struct jn_stream *s = find(j, camera);
  if (!s) {
    s = jn_grab(sizeof *s);
    snprintf(s->camera, sizeof s->camera, "%s", camera);
    snprintf(s->codec, sizeof s->codec, "%s", codec);
    s->janus = j;
    s->next = j->streams;
    j->streams = s;
    s->ready = ready;
    if (j->camera_desk_ready)
      make(j, s);
    else
      jn_streams_up(j);
  }
  s->ready = ready;
  if (s->port || !j->session) ready(self, camera, s->port);
}

void cf_stream_close(struct cf_self *self, const char *camera) {
  struct cf_janus *j = self->janus_state;
  struct jn_stream *s = find(j, camera), **at = &j->streams;
  if (!s) return;
  while (*at != s)
    at = &(*at)->next;
  *at = s->next;
  for (struct jn_link *l; (l = s->watchers);) {
    s->watchers = l->next;
    jn_link_end(l, "ended");
  }
  ask_desk(j, s, jn_body("destroy"), NULL);
  free(s);
}

/* ---- watching -------------------------------------------------------------------------------------------
 */

void jn_stream_forget(struct jn_link *l) {
  struct jn_stream *s = l->camera[0] ? find(l->janus, l->camera) : NULL;
  for (struct jn_link **at = s ? &s->watchers : NULL; at && *at; at = &(*at)->next)
    if (*at == l) {
      *at = l->next;
      return;
    }
}

static void watch(struct jn_link *l, bool restart) {
  struct jn_stream *s = find(l->janus, l->camera);
  fq_json *b = jn_body("watch");
  fq_json_set_str(b, "id", l->camera);
  if (s) fq_json_set_str(b, "pin", s->secret);
  if (restart) fq_json_set_bool(b, "restart", true);
  jn_ask(l->janus, l->handle, b, NULL, NULL, jn_link_watched);
}

static void watch_ready(struct cf_janus *j, void *owner, const struct jn_message *m) {
  (void)j;
  (void)m;
  watch(owner, false);
}

void jn_stream_restart(struct jn_link *l) {
  watch(l, true);
}

struct cf_leg *cf_stream_watch(struct cf_self *self, const char *camera, const char *conf, const char *user,
                               const char *session) {
  struct cf_janus *j = self->janus_state;
  struct jn_stream *s = find(j, camera);
  if (!s || !s->port || !j->session) return NULL;
  struct cf_leg *leg =
      cf_leg_open(self, &cf_janus_backend, conf, user, session, CF_LEG_CAMERA, camera, false, false);
  if (!leg) return NULL;
  struct jn_link *l = jn_grab(sizeof *l);
  l->janus = j;
  l->kind = CF_LEG_CAMERA;
  l->leg = leg;
  leg->backend_data = l;
  snprintf(l->camera, sizeof l->camera, "%s", camera);
  snprintf(l->conf, sizeof l->conf, "%s", conf);
  snprintf(l->user, sizeof l->user, "%s", user);
  snprintf(l->session, sizeof l->session, "%s", session);
  l->next = s->watchers;
  s->watchers = l;
  l->handle = jn_attach(j, "streaming", l, watch_ready, jn_link_event);
  return leg;
}

/* ---- with Janus's lives ---------------------------------------------------------------------------------
 */

void jn_streams_up(struct cf_janus *j) {
  if (!j->session || j->camera_desk || !j->streams) return; /* without cameras, no desk */
  j->camera_desk = jn_attach(j, "streaming", j, desk_ready, desk_event);
}

void jn_streams_down(struct cf_janus *j) {
  jn_detach(j, j->camera_desk);
  j->camera_desk = NULL;
  j->camera_desk_ready = false;
  for (struct jn_stream *s = j->streams; s; s = s->next) {
    for (struct jn_link *l; (l = s->watchers);) {
      s->watchers = l->next;
      jn_link_end(l, "restart");
    }
    s->port = 0;
  }
  /* told last: whoever hears it may close or open some */
  for (struct jn_stream *s = j->streams, *next; s && !j->stopping; s = next) {
    next = s->next;
    s->ready(j->self, s->camera, 0);
  }
}

void jn_streams_free(struct cf_janus *j) {
  for (struct jn_stream *s; (s = j->streams);) {
    j->streams = s->next;
    free(s);
  }
}
