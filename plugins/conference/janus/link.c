/*
 * link.c - a peer connection between a page and Janus: what a member sends (the page offers, Janus answers),
 * what he receives (Janus offers whenever somebody comes or goes, the page answers), and the part that both
 * share with a camera watched.
 */
#include "janus.h"

#include <stdio.h>
#include <string.h>

enum { LOW_KBPS = 150, AUDIO_KBPS = 64 };

/* ---- tracks of an SDP -----------------------------------------------------------------------------------
 */

void jn_tracks_free(struct jn_track *t) {
  while (t) {
    struct jn_track *next = t->next;
    free(t);
    t = next;
  }
}

static bool begins(const char *line, const char *with) {
  return strncmp(line, with, strlen(with)) == 0;
}

struct jn_track *jn_tracks_of_sdp(const char *sdp) {
  struct jn_track *first = NULL, **last = &first, *t = NULL;
  int pictures = 0;
  for (const char *line = sdp; *line; line += strcspn(line, "\n"), line += *line == '\n') {
    if (begins(line, "m=")) {
      t = NULL;
      if (!begins(line, "m=audio ") && !begins(line, "m=video ")) continue;
      t = *last = jn_grab(sizeof *t);
      last = &t->next;
      t->video = line[2] == 'v';
      t->screen = t->video && ++pictures > 1;
      t->off = begins(line + 7, " 0 ");
    } else if (t && begins(line, "a=mid:")) {
      snprintf(t->mid, sizeof t->mid, "%.*s", (int)strcspn(line + 6, "\r\n"), line + 6);
    } else if (t && (begins(line, "a=inactive") || begins(line, "a=recvonly"))) {
      t->off = true;
    }
  }
  return first;
}

/* ---- life -----------------------------------------------------------------------------------------------
 */

static struct jn_link *new_link(struct jn_member *m, enum cf_leg_kind kind) {
  struct jn_link *l = jn_grab(sizeof *l);
  l->janus = m->room->janus;
  l->member = m;
  l->kind = kind;
  snprintf(l->user, sizeof l->user, "%s", m->user);
  snprintf(l->session, sizeof l->session, "%s", m->session);
  snprintf(l->conf, sizeof l->conf, "%s", m->room->conf);
  return l;
}

void jn_link_end(struct jn_link *l, const char *reason) {
  if (!l) return;
  struct cf_janus *j = l->janus;
  jn_detach(j, l->handle); /* from here on not one more frame */
  if (l->member && l->member->send == l) l->member->send = NULL;
  if (l->member && l->member->recv == l) l->member->recv = NULL;
  jn_stream_forget(l);
  if (l->leg) {
    struct cf_leg *leg = l->leg;
    leg->backend_data = NULL;
    cf_leg_close(j->self, leg, reason);
  }
  jn_tracks_free(l->tracks);
  fq_json_free(l->streams);
  fq_json_free(l->silent);
  free(l);
}

/* It broke: a new one takes its place. */
static void lost(struct jn_link *l, const char *reason) {
  struct jn_member *m = l->member;
  jn_link_end(l, reason);
  if (m) jn_member_soon(m);
}

static bool open_leg(struct jn_link *l, bool offerer) {
  if (l->leg) return true;
  l->leg = cf_leg_open(l->janus->self, &cf_janus_backend, l->conf, l->user, l->session, l->kind, l->camera,
                       offerer, false);
  if (l->leg) l->leg->backend_data = l;
  return l->leg != NULL; /* otherwise his page is gone, and comes back as another */
}

/* ---- what Janus tells of any of them --------------------------------------------------------------------
 */

/* Who is muted still sends silence, who put his camera out sends no picture: it is the sound that tells. */
static void media(struct jn_link *l, const fq_json *whole) {
  const char *mid = fq_json_str(whole, "mid"), *type = fq_json_str(whole, "type");
  bool comes = fq_json_bool(whole, "receiving", true), any = false, silent = false;
  if (!mid || !type || !l->leg) return;
  if (!l->silent) l->silent = fq_json_object();
  fq_json_set_str(l->silent, mid, comes ? "comes" : type);
  fq_json_each(s, l->silent) {
    any |= strcmp(fq_json_as_str(s), "comes") == 0;
    silent |= strcmp(fq_json_as_str(s), "audio") == 0;
  }
  if (any)
    cf_leg_up(l->janus->self, l->leg);
  else if (silent)
    cf_leg_stalled(l->janus->self, l->leg);
}

static void tell_offer(struct jn_link *l, const struct jn_message *m);

void jn_link_event(struct cf_janus *j, void *owner, const struct jn_message *m) {
  struct jn_link *l = owner;
  const char *left = fq_json_str(m->data, "leaving"), *why = fq_json_str(m->data, "reason");
  if (strcmp(m->what, "webrtcup") == 0) {
    if (l->leg) cf_leg_up(j->self, l->leg);
  } else if (strcmp(m->what, "media") == 0) {
    if (l->kind == CF_LEG_SEND) media(l, m->whole);
  } else if (strcmp(m->what, "hangup") == 0 || strcmp(m->what, "detached") == 0) {
    lost(l, "lost");
  } else if (left && strcmp(left, "ok") == 0 && why) { /* thrown out of the room, not by us */
    lost(l, "lost");
  } else if (m->offer) {
    tell_offer(l, m);
  }
}

/* ---- sending --------------------------------------------------------------------------------------------
 */

static void on_joined(struct cf_janus *j, void *owner, const struct jn_message *m) {
  struct jn_link *l = owner;
  if (m->code) {
    fq_log(FQ_LOG_WARN, "janus: %s cannot enter %s: %s", l->user, l->conf, m->reason ? m->reason : "");
    lost(l, "refused");
    return;
  }
  (void)j;
  l->joined = true;
  if (!open_leg(l, true)) jn_link_end(l, "gone");
}

static void send_ready(struct cf_janus *j, void *owner, const struct jn_message *m) {
  struct jn_link *l = owner;
  fq_json *b = jn_body("join");
  (void)m;
  snprintf(l->feed, sizeof l->feed, "%s~%llu", l->user, (unsigned long long)++j->feed_count);
  fq_json_set_str(b, "ptype", "publisher");
  fq_json_set_str(b, "room", l->conf);
  fq_json_set_str(b, "id", l->feed);
  jn_ask(j, l->handle, b, NULL, NULL, on_joined);
}

struct jn_link *jn_link_send(struct jn_member *m) {
  struct jn_link *l = new_link(m, CF_LEG_SEND);
  l->handle = jn_attach(l->janus, "videoroom", l, send_ready, jn_link_event);
  return l;
}

void jn_link_mute(struct jn_link *l, bool muted) {
  for (const struct jn_track *t = l && l->published ? l->tracks : NULL; t; t = t->next) {
    if (t->video) continue;
    fq_json *b = jn_body("moderate");
    fq_json_set_str(b, "id", l->feed);
    fq_json_set_str(b, "mid", t->mid);
    fq_json_set_bool(b, "mute", muted);
    jn_room_ask(l->member->room, b, NULL);
  }
}

static int64_t bits(const struct jn_member *m) {
  int64_t most = m->room->janus->self->max_kbps;
  int64_t kbps = strcmp(m->quality, "low") == 0     ? LOW_KBPS
                 : strcmp(m->quality, "audio") == 0 ? AUDIO_KBPS
                                                    : most;
  return (kbps < most ? kbps : most) * 1000;
}

static void on_published(struct cf_janus *j, void *owner, const struct jn_message *m) {
  struct jn_link *l = owner;
  if (m->code || !m->answer) {
    fq_log(FQ_LOG_WARN, "janus: what %s offers in %s is refused: %s", l->user, l->conf,
           m->reason ? m->reason : "");
    lost(l, "refused");
    return;
  }
  l->published = true;
  if (l->member->muted) jn_link_mute(l, true); /* before his page hears that it may send */
  cf_leg_answer(j->self, l->leg, m->answer);
}

static void publish(struct jn_link *l, const char *sdp) {
  fq_json *b = jn_body(l->published ? "configure" : "publish"), *descriptions = fq_json_array();
  jn_tracks_free(l->tracks);
  l->tracks = jn_tracks_of_sdp(sdp);
  fq_json_free(l->silent); /* streams that are no longer there are no longer silent */
  l->silent = NULL;
  for (const struct jn_track *t = l->tracks; t; t = t->next) {
    fq_json *d = fq_json_object();
    fq_json_set_str(d, "mid", t->mid);
    fq_json_set_str(d, "description", t->screen ? "screen" : t->video ? "camera" : "mic");
    fq_json_push(descriptions, d);
  }
  fq_json_set(b, "descriptions", descriptions);
  fq_json_set_int(b, "bitrate", bits(l->member));
  jn_ask(l->janus, l->handle, b, "offer", sdp, on_published);
}

/* ---- receiving ------------------------------------------------------------------------------------------
 */

static const struct jn_track *track_of(const struct jn_room *r, const char *feed, const char *mid,
                                       const char **user) {
  for (const struct jn_feed *f = r->feeds; f; f = f->next) {
    if (!feed || strcmp(f->id, feed) != 0) continue;
    if (user) *user = f->user;
    for (const struct jn_track *t = f->tracks; t; t = t->next)
      if (mid && strcmp(t->mid, mid) == 0) return t;
  }
  return NULL;
}

static bool is_subscribed(const struct jn_link *l, const char *feed, const char *mid) {
  fq_json_each(s, l->streams) {
    const char *f = fq_json_str(s, "feed_id"), *m = fq_json_str(s, "feed_mid");
    if (fq_json_bool(s, "active", false) && f && m && strcmp(f, feed) == 0 && strcmp(m, mid) == 0)
      return true;
  }
  return false;
}

static fq_json *stream(const char *feed, const char *mid) {
  fq_json *s = fq_json_object();
  fq_json_set_str(s, "feed", feed);
  fq_json_set_str(s, "mid", mid);
  return s;
}

static fq_json *wanted(const struct jn_link *l) {
  fq_json *list = fq_json_array();
  for (const struct jn_feed *f = l->member->room->feeds; f; f = f->next)
    for (const struct jn_track *t = f->tracks; t && strcmp(f->user, l->user) != 0; t = t->next)
      if (!t->off && !is_subscribed(l, f->id, t->mid)) fq_json_push(list, stream(f->id, t->mid));
  return list;
}

/* Streams that somebody who is still there has put out. Those of people who left Janus takes off itself. */
static fq_json *unwanted(const struct jn_link *l) {
  fq_json *list = fq_json_array();
  fq_json_each(s, l->streams) {
    const char *feed = fq_json_str(s, "feed_id"), *mid = fq_json_str(s, "feed_mid");
    const struct jn_track *t = track_of(l->member->room, feed, mid, NULL);
    if (fq_json_bool(s, "active", false) && t && t->off) fq_json_push(list, stream(feed, mid));
  }
  return list;
}

static fq_json *told_streams(const struct jn_link *l) {
  fq_json *list = fq_json_array();
  fq_json_each(s, l->streams) {
    const char *feed = fq_json_str(s, "feed_id"), *mid = fq_json_str(s, "mid"),
               *type = fq_json_str(s, "type");
    const struct jn_track *t = track_of(l->member->room, feed, fq_json_str(s, "feed_mid"), NULL);
    if (!fq_json_bool(s, "active", false) || !feed || !mid || !type) continue;
    char user[FQ_ID_MAX];
    jn_feed_user(feed, user);
    fq_json *o = fq_json_object();
    fq_json_set_str(o, "mid", mid);
    fq_json_set_str(o, "user", user);
    fq_json_set_str(o, "kind", type);
    fq_json_set_str(o, "source", type[0] == 'a' ? "mic" : t && t->screen ? "screen" : "camera");
    fq_json_push(list, o);
  }
  return list;
}

static fq_json *camera_streams(const struct jn_link *l) {
  fq_json *list = fq_json_array(), *o = fq_json_object();
  fq_json_set_str(o, "mid", "v");
  fq_json_set_str(o, "camera", l->camera);
  fq_json_set_str(o, "kind", "video");
  fq_json_set_str(o, "source", "camera");
  fq_json_push(list, o);
  return list;
}

static void tell_offer(struct jn_link *l, const struct jn_message *m) {
  const fq_json *streams = fq_json_get(m->data, "streams");
  if (streams) {
    fq_json_free(l->streams);
    l->streams = fq_json_dup(streams);
  }
  l->joined = l->asking = true; /* until the page has answered */
  if (!open_leg(l, false)) {
    jn_link_end(l, "gone");
    return;
  }
  cf_leg_offer(l->janus->self, l->leg, m->offer,
               l->kind == CF_LEG_CAMERA ? camera_streams(l) : told_streams(l));
}

static void settled(struct jn_link *l) {
  l->asking = false;
  if (l->dirty) jn_link_feeds(l);
}

static void on_subscribed(struct cf_janus *j, void *owner, const struct jn_message *m) {
  struct jn_link *l = owner;
  const char *what = fq_json_str(m->data, "videoroom");
  (void)j;
  if (m->offer) {
    tell_offer(l, m);
  } else if (m->code || !what || strcmp(what, "updating") != 0) { /* refused: somebody left meanwhile */
    settled(l);
  }
}

void jn_link_feeds(struct jn_link *l) {
  if (!l->handle) return;
  l->dirty = l->asking;
  if (l->asking) return;
  fq_json *in = wanted(l), *out = unwanted(l);
  if (!fq_json_size(in) && !fq_json_size(out)) {
    fq_json_free(in);
    fq_json_free(out);
    return;
  }
  fq_json *b = jn_body(l->joined ? "update" : "join");
  l->asking = true;
  if (!l->joined) {
    fq_json_set_str(b, "ptype", "subscriber");
    fq_json_set_str(b, "room", l->conf);
    fq_json_set_bool(b, "use_msid", true);
    fq_json_set_bool(b, "autoupdate", true);
    fq_json_set(b, "streams", in);
    fq_json_free(out);
  } else {
    if (fq_json_size(in))
      fq_json_set(b, "subscribe", in);
    else
      fq_json_free(in);
    if (fq_json_size(out))
      fq_json_set(b, "unsubscribe", out);
    else
      fq_json_free(out);
  }
  jn_ask(l->janus, l->handle, b, NULL, NULL, on_subscribed);
}

static void recv_ready(struct cf_janus *j, void *owner, const struct jn_message *m) {
  struct jn_link *l = owner;
  (void)j;
  (void)m;
  l->asking = false;
  jn_link_feeds(l);
}

struct jn_link *jn_link_recv(struct jn_member *m) {
  struct jn_link *l = new_link(m, CF_LEG_RECV);
  l->asking = true; /* to be attached */
  l->handle = jn_attach(l->janus, "videoroom", l, recv_ready, jn_link_event);
  return l;
}

/* ---- quality --------------------------------------------------------------------------------------------
 */

static void receive_quality(struct jn_link *l, const char *quality) {
  fq_json *b = jn_body("configure"), *streams = fq_json_array();
  fq_json_each(s, l->streams) {
    const char *type = fq_json_str(s, "type"), *mid = fq_json_str(s, "mid");
    if (!type || !mid || strcmp(type, "video") != 0 || !fq_json_bool(s, "active", false)) continue;
    fq_json *o = fq_json_object();
    fq_json_set_str(o, "mid", mid);
    fq_json_set_bool(o, "send", strcmp(quality, "audio") != 0);
    if (fq_json_get(s, "simulcast")) fq_json_set_int(o, "substream", strcmp(quality, "low") == 0 ? 0 : 2);
    fq_json_push(streams, o);
  }
  bool any = fq_json_size(streams) > 0;
  fq_json_set(b, "streams", streams);
  if (any)
    jn_ask(l->janus, l->handle, b, NULL, NULL, NULL);
  else
    fq_json_free(b);
}

void jn_link_quality(struct jn_member *m) {
  if (m->recv && m->recv->joined) receive_quality(m->recv, m->quality);
  if (!m->send || !m->send->published) return;
  fq_json *b = jn_body("configure");
  fq_json_set_int(b, "bitrate", bits(m));
  jn_ask(m->room->janus, m->send->handle, b, NULL, NULL, NULL);
}

/* ---- from the page --------------------------------------------------------------------------------------
 */

static void on_started(struct cf_janus *j, void *owner, const struct jn_message *m) {
  struct jn_link *l = owner;
  (void)j;
  if (m->code) {
    fq_log(FQ_LOG_WARN, "janus: what %s answers is refused: %s", l->user, m->reason ? m->reason : "");
    lost(l, "refused");
    return;
  }
  if (l->kind == CF_LEG_RECV && l->member->quality[0] && strcmp(l->member->quality, "normal") != 0)
    receive_quality(l, l->member->quality); /* who came meanwhile too */
  if (l->kind == CF_LEG_RECV) settled(l);
}

void jn_link_answered(struct jn_link *l, const char *sdp) {
  jn_ask(l->janus, l->handle, jn_body("start"), "answer", sdp, on_started);
}

void jn_link_offered(struct jn_link *l, const char *sdp) {
  if (l->kind == CF_LEG_SEND && l->joined) publish(l, sdp);
}

void jn_link_watched(struct cf_janus *j, void *owner, const struct jn_message *m) {
  (void)j;
  if (m->offer)
    tell_offer(owner, m);
  else if (m->code)
    jn_link_end(owner, "refused");
}

static void on_restarted(struct cf_janus *j, void *owner, const struct jn_message *m) {
  (void)j;
  if (m->offer) tell_offer(owner, m);
}

void jn_link_restart(struct jn_link *l) {
  if (l->kind == CF_LEG_SEND) { /* who offers restarts */
    cf_leg_restart(l->janus->self, l->leg);
  } else if (l->kind == CF_LEG_CAMERA) {
    jn_stream_restart(l);
  } else {
    fq_json *b = jn_body("configure");
    fq_json_set_bool(b, "restart", true);
    jn_ask(l->janus, l->handle, b, NULL, NULL, on_restarted);
  }
}
