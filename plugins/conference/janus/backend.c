/* backend.c - what media/ asks of Janus: conferences are rooms, people in them members with two legs each. */
#include "janus.h"

#include <stdio.h>
#include <string.h>

static bool ready(struct cf_self *s, char zh[200], char en[200]) {
  struct cf_janus *j = s->janus_state;
  bool up = j && j->state == JN_UP;
  jn_copy(zh, 200, up || !j ? "" : j->zh);
  jn_copy(en, 200, up || !j ? "" : j->en);
  return up;
}

static void room_open(struct cf_self *s, const char *conf) {
  jn_room_open(jn_room_get(s->janus_state, conf));
}

static void room_close(struct cf_self *s, const char *conf) {
  struct jn_room *r = jn_room_find(s->janus_state, conf);
  if (!r) return;
  if (r->record) jn_record_set(r, false);
  jn_room_drop(r);
}

static void enter(struct cf_self *s, const char *conf, const char *user, const char *session, bool hidden) {
  struct jn_room *r = jn_room_get(s->janus_state, conf);
  jn_room_open(r);
  jn_member_enter(r, user, session, hidden);
}

static struct jn_member *member(struct cf_self *s, const char *conf, const char *user) {
  struct jn_room *r = jn_room_find(s->janus_state, conf);
  return r ? jn_member_find(r, user) : NULL;
}

static void leave(struct cf_self *s, const char *conf, const char *user) {
  struct jn_member *m = member(s, conf, user);
  if (m) jn_member_leave(m, "left");
}

static void offer(struct cf_self *s, struct cf_leg *l, const char *sdp) {
  (void)s;
  if (l->backend_data) jn_link_offered(l->backend_data, sdp);
}

static void answer(struct cf_self *s, struct cf_leg *l, const char *sdp) {
  (void)s;
  if (l->backend_data) jn_link_answered(l->backend_data, sdp);
}

static void candidate(struct cf_self *s, struct cf_leg *l, const fq_json *candidate) {
  struct jn_link *link = l->backend_data;
  if (link) jn_trickle(s->janus_state, link->handle, candidate);
}

static void restart(struct cf_self *s, struct cf_leg *l) {
  (void)s;
  if (l->backend_data) jn_link_restart(l->backend_data);
}

/* Closed by the page or by media/: if he still sits in the room, another takes its place. */
static void closed(struct cf_self *s, struct cf_leg *l) {
  struct jn_link *link = l->backend_data;
  (void)s;
  if (!link) return;
  struct jn_member *m = link->member;
  link->leg = NULL;
  l->backend_data = NULL;
  jn_link_end(link, NULL);
  if (m) jn_member_soon(m);
}

static void mute(struct cf_self *s, const char *conf, const char *user, bool muted) {
  struct jn_member *m = member(s, conf, user);
  if (!m) return;
  m->muted = muted;
  jn_link_mute(m->send, muted);
}

static void quality(struct cf_self *s, const char *conf, const char *user, const char *quality) {
  struct jn_member *m = member(s, conf, user);
  if (!m) return;
  snprintf(m->quality, sizeof m->quality, "%s", quality);
  jn_link_quality(m);
}

static void record(struct cf_self *s, const char *conf, bool on) {
  struct jn_room *r = jn_room_find(s->janus_state, conf);
  if (r) jn_record_set(r, on);
}

const struct cf_backend cf_janus_backend = {
    .name = "janus",
    .ready = ready,
    .room_open = room_open,
    .room_close = room_close,
    .enter = enter,
    .leave = leave,
    .offer = offer,
    .answer = answer,
    .candidate = candidate,
    .restart = restart,
    .closed = closed,
    .mute = mute,
    .quality = quality,
    .record = record,
};
