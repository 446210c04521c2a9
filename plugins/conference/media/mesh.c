/*
 * mesh.c - the back end without a server: each page is connected with each other one, and this only passes on
 * what the two say. Two legs make a pair. Both may offer (perfect negotiation): who was there first is the
 * impolite one and begins. Sessions of a pair may be replaced while the old connection still carries: then a
 * second pair is opened beside it, and the first ends when the second is up. Kernel thread.
 */
#include <stdlib.h>
#include <string.h>

#include "media/media.h"

struct pair {
  struct cf_leg *side[2];
};

static bool ready(struct cf_self *s, char zh[200], char en[200]) {
  (void)s;
  *zh = *en = '\0';
  return true;
}

static void nothing(struct cf_self *s, const char *conf) {
  (void)s;
  (void)conf;
}

static struct cf_leg *other(const struct cf_leg *l) {
  const struct pair *p = l->backend_data;
  return p ? p->side[p->side[0] == l] : NULL;
}

static bool carries(const struct cf_self *s, const struct md_seat *p) {
  return p->in == s->media->mesh || p->also == s->media->mesh;
}

/* The legs of one to another, or to anybody. */
static struct md_leg *leg_of(struct cf_self *s, const char *conf, const char *user, const char *peer,
                             bool passing) {
  for (struct md_leg *l = md_legs(s); l; l = l->next)
    if (l->leg.backend == s->media->mesh && l->passing == passing && !strcmp(l->leg.user, user) &&
        (!peer || !strcmp(l->leg.peer, peer)) && !strcmp(l->leg.conf, conf))
      return l;
  return NULL;
}

static void open_pair(struct cf_self *s, const struct md_seat *first, const struct md_seat *second) {
  const struct cf_backend *mesh = s->media->mesh;
  const char *conf = first->room->conf;
  struct pair *p = md_grab(sizeof *p);
  p->side[1] =
      cf_leg_open(s, mesh, conf, second->user, second->session, CF_LEG_PEER, first->user, false, true);
  p->side[1]->backend_data = p;
  p->side[0] =
      cf_leg_open(s, mesh, conf, first->user, first->session, CF_LEG_PEER, second->user, true, false);
  p->side[0]->backend_data = p;
}

/* What was agreed with a session that is over cannot be agreed anew: its pairs pass. The page that lost its
 * link still has them, and hears of their end on the session it has now. */
static void let_pass(struct cf_self *s, const char *conf, const char *user, const char *session) {
  struct md_leg *l;
  for (l = md_legs(s); l; l = l->next) {
    if (l->leg.backend != s->media->mesh || strcmp(l->leg.user, user) != 0 ||
        strcmp(l->leg.conf, conf) != 0 || !strcmp(l->leg.session, session))
      continue;
    struct cf_leg *far = other(&l->leg);
    md_copy(l->leg.session, sizeof l->leg.session, session);
    l->passing = true;
    if (far) md_leg_of(far)->passing = true;
  }
}

static void enter(struct cf_self *s, const char *conf, const char *user, const char *session, bool hidden) {
  struct md_room *r = md_room_find(s, conf);
  struct md_seat *me = r ? md_seat_find(r, user) : NULL;
  bool passed = false;
  if (!me || hidden) return;
  let_pass(s, conf, user, session);
  for (struct md_seat *p = r->seats; p; p = p->next) {
    passed |= p == me;
    if (p == me || !md_visible(p) || !carries(s, p) || leg_of(s, conf, user, p->user, false)) continue;
    if (passed)
      open_pair(s, me, p);
    else
      open_pair(s, p, me);
  }
}

static void leave(struct cf_self *s, const char *conf, const char *user) {
  struct md_leg *l;
  for (int passing = 0; passing < 2; passing++)
    while ((l = leg_of(s, conf, user, NULL, passing)))
      cf_leg_close(s, &l->leg, "left");
}

static void offer(struct cf_self *s, struct cf_leg *l, const char *sdp) {
  if (other(l)) cf_leg_offer(s, other(l), sdp, NULL);
}

static void answer(struct cf_self *s, struct cf_leg *l, const char *sdp) {
  if (other(l)) cf_leg_answer(s, other(l), sdp);
}

static void candidate(struct cf_self *s, struct cf_leg *l, const fq_json *c) {
  if (other(l)) cf_leg_candidate(s, other(l), c);
}

/* The impolite side makes the new offer, whoever noticed first. */
static void restart(struct cf_self *s, struct cf_leg *l) {
  struct cf_leg *far = other(l);
  if (md_leg_of(l)->offers)
    md_leg_tell_restart(s, l);
  else if (far && md_leg_of(far)->state != MD_RESTARTING)
    cf_leg_restart(s, far);
}

static void closed(struct cf_self *s, struct cf_leg *l) {
  struct pair *p = l->backend_data;
  struct cf_leg *far = other(l);
  l->backend_data = NULL;
  if (!p) return;
  p->side[p->side[1] == l] = NULL;
  if (far)
    cf_leg_close(s, far, "left");
  else
    free(p);
}

/* Both see each other over this pair: what carried before is no longer needed. */
static void up(struct cf_self *s, struct cf_leg *l) {
  struct cf_leg *far = other(l);
  struct md_leg *before;
  if (md_leg_of(l)->passing || !far || md_leg_of(far)->state != MD_UP) return;
  while ((before = leg_of(s, l->conf, l->user, l->peer, true)))
    cf_leg_close(s, &before->leg, "moved");
}

const struct cf_backend cf_mesh = {.name = "mesh",
                                   .ready = ready,
                                   .room_open = nothing,
                                   .room_close = nothing,
                                   .enter = enter,
                                   .leave = leave,
                                   .offer = offer,
                                   .answer = answer,
                                   .candidate = candidate,
                                   .restart = restart,
                                   .closed = closed,
                                   .up = up};
