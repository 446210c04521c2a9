/*
 * room.c - conferences as rooms of Janus. In each sits the desk, a member without a face who makes the room,
 * hears who sends and who speaks, mutes and records. Rooms outlive the session that made them, so one that is
 * there already is taken over: its secret follows from the conference and from this life of Janus.
 */
#include "janus.h"

#include <stdio.h>
#include <string.h>

enum { PUBLISHERS = 100, NO_ROOM = 426, ROOM_EXISTS = 427, AGAIN_MS = 5000, SOON_MS = 500 };

struct jn_room *jn_room_find(struct cf_janus *j, const char *conf) {
  for (struct jn_room *r = j->rooms; r; r = r->next)
    if (strcmp(r->conf, conf) == 0) return r;
  return NULL;
}

struct jn_room *jn_room_get(struct cf_janus *j, const char *conf) {
  struct jn_room *r = jn_room_find(j, conf);
  if (r) return r;
  r = jn_grab(sizeof *r);
  snprintf(r->conf, sizeof r->conf, "%s", conf);
  r->janus = j;
  r->next = j->rooms;
  j->rooms = r;
  return r;
}

struct jn_member *jn_member_find(struct jn_room *r, const char *user) {
  for (struct jn_member *m = r->members; m; m = m->next)
    if (strcmp(m->user, user) == 0) return m;
  return NULL;
}

void jn_feed_user(const char *feed, char out[FQ_ID_MAX]) {
  snprintf(out, FQ_ID_MAX, "%.*s", (int)strcspn(feed, "~"), feed);
}

void jn_room_ask(struct jn_room *r, fq_json *body, jn_message_fn fn) {
  fq_json_set_str(body, "room", r->conf);
  fq_json_set_str(body, "secret", r->secret);
  jn_ask(r->janus, r->desk, body, NULL, NULL, fn);
}

/* ---- feeds ----------------------------------------------------------------------------------------------
 */

static void free_feed(struct jn_feed *f) {
  jn_tracks_free(f->tracks);
  free(f);
}

static void drop_feeds(struct jn_room *r) {
  for (struct jn_feed *f; (f = r->feeds);) {
    r->feeds = f->next;
    free_feed(f);
  }
}

static void drop_feed(struct jn_room *r, const char *id) {
  for (struct jn_feed **at = &r->feeds; *at; at = &(*at)->next)
    if (strcmp((*at)->id, id) == 0) {
      struct jn_feed *f = *at;
      *at = f->next;
      free_feed(f);
      return;
    }
}

static void learn_feed(struct jn_room *r, const fq_json *publisher) {
  const char *id = fq_json_str(publisher, "id");
  if (!id) return;
  drop_feed(r, id);
  struct jn_feed *f = jn_grab(sizeof *f);
  struct jn_track **last = &f->tracks;
  snprintf(f->id, sizeof f->id, "%s", id);
  jn_feed_user(id, f->user);
  fq_json_each(s, fq_json_get(publisher, "streams")) {
    const char *type = fq_json_str(s, "type"), *mid = fq_json_str(s, "mid"),
               *text = fq_json_str(s, "description");
    if (!type || !mid || (strcmp(type, "audio") != 0 && strcmp(type, "video") != 0)) continue;
    struct jn_track *t = *last = jn_grab(sizeof *t);
    last = &t->next;
    snprintf(t->mid, sizeof t->mid, "%s", mid);
    t->video = type[0] == 'v';
    t->screen = text && strcmp(text, "screen") == 0;
    t->off = fq_json_bool(s, "disabled", false);
  }
  f->next = r->feeds;
  r->feeds = f;
}

static void learn_feeds(struct jn_room *r, const fq_json *publishers) {
  fq_json_each(p, publishers) learn_feed(r, p);
  for (struct jn_member *m = r->members; m; m = m->next)
    jn_member_links(m);
}

/* ---- the desk -------------------------------------------------------------------------------------------
 */

static void start_over(struct jn_room *r) {
  jn_detach(r->janus, r->desk);
  r->desk = NULL;
  r->state = JN_ROOM_WAITS;
  drop_feeds(r);
  for (struct jn_member *m = r->members; m; m = m->next) {
    jn_link_end(m->send, "restart");
    jn_link_end(m->recv, "restart");
  }
  jn_room_open(r);
}

static void desk_event(struct cf_janus *j, void *owner, const struct jn_message *m) {
  struct jn_room *r = owner;
  const char *what = fq_json_str(m->data, "videoroom"), *id = fq_json_str(m->data, "id");
  const char *gone = fq_json_str(m->data, "unpublished");
  if (!gone) gone = fq_json_str(m->data, "leaving");
  if (strcmp(m->what, "hangup") == 0 || strcmp(m->what, "detached") == 0 ||
      (what && strcmp(what, "destroyed") == 0)) {
    start_over(r);
  } else if (what && id && (strcmp(what, "talking") == 0 || strcmp(what, "stopped-talking") == 0)) {
    char user[FQ_ID_MAX];
    jn_feed_user(id, user);
    if (jn_member_find(r, user)) cf_talking(j->self, r->conf, user, what[0] == 't');
  } else if (fq_json_get(m->data, "publishers")) {
    learn_feeds(r, fq_json_get(m->data, "publishers"));
  } else if (gone) { /* comes twice: once for the pictures, once for the person */
    drop_feed(r, gone);
    learn_feeds(r, NULL);
  }
}

static void on_joined(struct cf_janus *j, void *owner, const struct jn_message *m) {
  struct jn_room *r = owner;
  if (m->code == NO_ROOM) {
    start_over(r);
    return;
  }
  if (m->code) {
    fq_log(FQ_LOG_WARN, "janus: room %s refused: %s", r->conf, m->reason ? m->reason : "");
    return;
  }
  (void)j;
  r->state = JN_ROOM_OPEN;
  if (r->record) jn_record_open(r);
  learn_feeds(r, fq_json_get(m->data, "publishers"));
}

static void on_created(struct cf_janus *j, void *owner, const struct jn_message *m) {
  struct jn_room *r = owner;
  char id[40];
  if (m->code && m->code != ROOM_EXISTS) {
    fq_log(FQ_LOG_WARN, "janus: no room for %s: %s", r->conf, m->reason ? m->reason : "");
    return;
  }
  fq_json *b = jn_body("join");
  snprintf(id, sizeof id, "~%llu", (unsigned long long)++j->feed_count);
  fq_json_set_str(b, "ptype", "publisher");
  fq_json_set_str(b, "id", id);
  jn_room_ask(r, b, on_joined);
}

static void desk_ready(struct cf_janus *j, void *owner, const struct jn_message *m) {
  struct jn_room *r = owner;
  char dir[160];
  (void)m;
  fq_json *b = jn_body("create");
  fq_hmac_sha1(j->plan.admin_secret, r->conf, r->secret);
  jn_record_dir(r, dir);
  fq_json_set_str(b, "admin_key", j->plan.admin_key);
  fq_json_set_bool(b, "is_private", true);
  fq_json_set_bool(b, "permanent", false);
  fq_json_set_int(b, "publishers", PUBLISHERS);
  fq_json_set_int(b, "bitrate", j->self->max_kbps * 1000);
  fq_json_set_bool(b, "bitrate_cap", true);
  fq_json_set_str(b, "audiocodec", "opus");
  fq_json_set_str(b, "videocodec", "vp8,h264");
  fq_json_set_bool(b, "opus_fec", true);
  fq_json_set_bool(b, "audiolevel_event", true);
  fq_json_set_int(b, "audio_active_packets", 25);
  fq_json_set_int(b, "audio_level_average", 50);
  fq_json_set_bool(b, "lock_record", true);
  fq_json_set_str(b, "rec_dir", dir);
  jn_room_ask(r, b, on_created);
}

void jn_room_open(struct jn_room *r) {
  struct cf_janus *j = r->janus;
  if (!j->session || r->state != JN_ROOM_WAITS) return;
  r->state = JN_ROOM_ASKED;
  r->desk = jn_attach(j, "videoroom", r, desk_ready, desk_event);
}

void jn_room_drop(struct jn_room *r) {
  struct cf_janus *j = r->janus;
  while (r->members)
    jn_member_leave(r->members, "ended");
  if (r->state == JN_ROOM_OPEN) jn_room_ask(r, jn_body("destroy"), NULL);
  jn_detach(j, r->desk);
  drop_feeds(r);
  struct jn_room **at = &j->rooms;
  while (*at != r)
    at = &(*at)->next;
  *at = r->next;
  free(r);
}

/* ---- members --------------------------------------------------------------------------------------------
 */

static void on_again(fq_kernel *k, void *arg) {
  struct jn_member *m = arg;
  (void)k;
  m->again = NULL;
  jn_member_links(m);
}

/* A page whose link dies again and again is given time between. */
void jn_member_soon(struct jn_member *m) {
  struct cf_janus *j = m->room->janus;
  int64_t now = fq_now_ms(j->kernel);
  bool just = now - m->again_ms < AGAIN_MS;
  m->again_ms = now;
  if (!m->again) m->again = fq_after_ms(j->kernel, just ? AGAIN_MS : SOON_MS, on_again, m);
}

static bool hears_somebody(const struct jn_member *m) {
  for (const struct jn_feed *f = m->room->feeds; f; f = f->next)
    if (strcmp(f->user, m->user) != 0) return true;
  return false;
}

void jn_member_links(struct jn_member *m) {
  if (m->room->state != JN_ROOM_OPEN || m->again) return;
  if (!m->send && !m->hidden) m->send = jn_link_send(m);
  if (m->recv)
    jn_link_feeds(m->recv);
  else if (hears_somebody(m))
    m->recv = jn_link_recv(m);
}

struct jn_member *jn_member_enter(struct jn_room *r, const char *user, const char *session, bool hidden) {
  struct jn_member *m = jn_member_find(r, user);
  if (m && (strcmp(m->session, session) != 0 || m->hidden != hidden)) {
    bool muted = m->muted;
    char quality[sizeof m->quality];
    memcpy(quality, m->quality, sizeof quality);
    jn_member_leave(m, "replaced");
    m = jn_member_enter(r, user, session, hidden);
    m->muted = muted; /* who is muted stays so, whatever page he comes back with */
    memcpy(m->quality, quality, sizeof quality);
    return m;
  }
  if (!m) {
    m = jn_grab(sizeof *m);
    snprintf(m->user, sizeof m->user, "%s", user);
    snprintf(m->session, sizeof m->session, "%s", session);
    m->room = r;
    m->hidden = hidden;
    m->next = r->members;
    r->members = m;
  }
  jn_member_links(m);
  return m;
}

/* Off the list first: closing his legs is heard by media/, which may look for him. */
void jn_member_leave(struct jn_member *m, const char *reason) {
  struct jn_member **at = &m->room->members;
  while (*at != m)
    at = &(*at)->next;
  *at = m->next;
  jn_link_end(m->send, reason);
  jn_link_end(m->recv, reason);
  fq_after_cancel(m->again);
  free(m);
}

/* ---- the whole of it ------------------------------------------------------------------------------------
 */

void jn_rooms_up(struct cf_janus *j) {
  for (struct jn_room *r = j->rooms; r; r = r->next)
    jn_room_open(r);
}

void jn_rooms_down(struct cf_janus *j) {
  for (struct jn_room *r = j->rooms; r; r = r->next) {
    for (struct jn_member *m = r->members; m; m = m->next) {
      jn_link_end(m->send, "restart");
      jn_link_end(m->recv, "restart");
    }
    jn_detach(j, r->desk);
    r->desk = NULL;
    r->state = JN_ROOM_WAITS;
    drop_feeds(r);
  }
}
