/*
 * room.c - a conference as it is carried: who is in it, over which session, and whether he hears anything.
 * Rooms follow the rows (md_settle); what pages and back ends report goes the other way, as commands.
 * Kernel thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "media/media.h"

struct md_room *md_room_find(struct cf_self *s, const char *conf) {
  struct md_room *r = s->media ? s->media->rooms : NULL;
  while (r && strcmp(r->conf, conf) != 0)
    r = r->next;
  return r;
}

struct md_seat *md_seat_find(struct md_room *r, const char *user) {
  struct md_seat *p = r->seats;
  while (p && strcmp(p->user, user) != 0)
    p = p->next;
  return p;
}

bool md_visible(const struct md_seat *p) {
  return !p->hidden && !p->away;
}

/* ---- is he connected?
 * -------------------------------------------------------------------------------------- */

static void say(struct md_seat *p, enum md_said now) {
  fq_json *params = fq_json_object();
  p->said = now;
  fq_json_set_str(params, "id", p->room->conf);
  fq_json_set_str(params, "user", p->user);
  fq_json_set_str(params, "state", now == MD_SAID_CONNECTED ? "connected" : "media_lost");
  fq_json_set_str(params, "session", p->session);
  fq_command(p->room->self->kernel, "conf.member_media", params, NULL, NULL);
}

/* Who sits there alone is connected: nothing is missing. Legs that are still being agreed on say nothing. */
static enum md_said hears(const struct md_seat *p) {
  bool company = false, lost = false;
  for (const struct md_seat *o = p->room->seats; o; o = o->next)
    company |= o != p && md_visible(o);
  for (struct md_leg *l = md_legs(p->room->self); l; l = l->next) {
    if (l->leg.kind == CF_LEG_CAMERA || strcmp(l->leg.user, p->user) != 0 ||
        strcmp(l->leg.conf, p->room->conf))
      continue;
    if (l->state == MD_UP) return MD_SAID_CONNECTED;
    lost |= l->state == MD_STALLED || l->state == MD_RESTARTING;
  }
  if (!company) return MD_SAID_CONNECTED;
  return lost || !p->in ? MD_SAID_LOST : MD_SAID_NOTHING;
}

static void still_lost(fq_kernel *k, void *arg) {
  struct md_seat *p = arg;
  (void)k;
  p->judge = NULL;
  if (!p->away && p->said != MD_SAID_LOST && hears(p) == MD_SAID_LOST) say(p, MD_SAID_LOST);
}

static void judge(struct md_seat *p) {
  if (p->away || p->hidden || !p->room->self->media->running) return;
  enum md_said now = hears(p);
  if (now == MD_SAID_LOST && p->said != MD_SAID_LOST) {
    if (!p->judge) p->judge = fq_after_ms(p->room->self->kernel, MD_JUDGE_MS, still_lost, p);
    return;
  }
  fq_after_cancel(p->judge);
  p->judge = NULL;
  if (now == MD_SAID_CONNECTED && p->said != now) say(p, now);
}

void md_judge(struct cf_self *s, const char *conf, const char *user) {
  struct md_room *r = *conf ? md_room_find(s, conf) : NULL;
  struct md_seat *p = r ? md_seat_find(r, user) : NULL;
  if (p) judge(p);
}

static void judge_all(struct md_room *r) {
  for (struct md_seat *p = r->seats; p; p = p->next)
    judge(p);
}

void md_remake(struct cf_self *s, struct md_leg *l) {
  struct md_room *r = md_room_find(s, l->leg.conf);
  struct md_seat *p = r ? md_seat_find(r, l->leg.user) : NULL;
  const struct cf_backend *b = l->leg.backend;
  if (l->passing || (p && p->remakes < MD_REMAKES)) {
    bool again = !l->passing;
    cf_leg_close(s, &l->leg, "remade");
    if (!again) return;
    p->remakes++;
    b->enter(s, r->conf, p->user, p->session, p->hidden);
  }
}

/* ---- coming and going
 * -------------------------------------------------------------------------------------- */

void md_enter(struct md_seat *p, const struct cf_backend *b) {
  struct cf_self *s = p->room->self;
  if (!p->in || p->in == b)
    p->in = b;
  else
    p->also = b;
  b->enter(s, p->room->conf, p->user, p->session, p->hidden);
  if (b->mute && p->silenced) b->mute(s, p->room->conf, p->user, true);
  if (b->quality && *p->quality && strcmp(p->quality, "normal") != 0)
    b->quality(s, p->room->conf, p->user, p->quality);
}

static void leave(struct md_seat *p) {
  struct md_room *r = p->room;
  const struct cf_backend *const in[] = {p->in, p->also};
  p->in = p->also = NULL;
  for (int k = 0; k < 2; k++)
    if (in[k]) in[k]->leave(r->self, r->conf, p->user);
}

static void close_legs(struct cf_self *s, const char *conf, const char *user, const char *reason) {
  for (struct md_leg *l = md_legs(s), *next; l; l = next) {
    next = l->next;
    if (strcmp(l->leg.conf, conf) != 0 || (user && strcmp(l->leg.user, user) != 0)) continue;
    cf_leg_close(s, &l->leg, reason);
    next = md_legs(s); /* its other side may have been the next */
  }
}

void md_put_out(struct cf_self *s, const char *conf, const char *of) {
  char user[FQ_ID_MAX]; /* his name may be the seat's own */
  md_copy(user, sizeof user, of);
  struct md_room *r = md_room_find(s, conf);
  struct md_seat **at = r ? &r->seats : NULL, *p;
  while (at && *at && strcmp((*at)->user, user) != 0)
    at = &(*at)->next;
  p = at ? *at : NULL;
  if (p) {
    leave(p);
    *at = p->next;
    fq_after_cancel(p->judge);
    free(p);
  }
  close_legs(s, conf, user, "left");
  if (r) judge_all(r);
}

void md_room_close(struct md_room *r) {
  struct cf_self *s = r->self;
  struct md_room **at = &s->media->rooms;
  const struct cf_backend *const in[] = {r->at, r->to};
  char conf[FQ_ID_MAX];
  md_copy(conf, sizeof conf, r->conf);
  if (r->recording && r->at->record) r->at->record(s, conf, false);
  fq_after_cancel(r->move);
  while (r->seats)
    md_put_out(s, conf, r->seats->user);
  for (int k = 0; k < 2; k++)
    if (in[k]) in[k]->room_close(s, conf);
  close_legs(s, conf, NULL, "ended");
  while (*at != r)
    at = &(*at)->next;
  *at = r->next;
  free(r);
}

/* ---- what the rows say
 * --------------------------------------------------------------------------------------- */

static const struct md_fact *fact_of(const struct md_facts *f, const char *user) {
  for (size_t k = 0; k < f->count; k++)
    if (!strcmp(f->members[k].user, user)) return &f->members[k];
  return NULL;
}

static struct md_room *open_room(struct cf_self *s, const char *conf) {
  struct md_room *r = md_grab(sizeof *r);
  r->self = s;
  md_copy(r->conf, sizeof r->conf, conf);
  r->next = s->media->rooms;
  return s->media->rooms = r;
}

static struct md_seat *sit(struct md_room *r, const struct md_fact *f) {
  struct md_seat *p = md_grab(sizeof *p), **at = &r->seats;
  p->room = r;
  md_copy(p->user, sizeof p->user, f->user);
  while (*at)
    at = &(*at)->next;
  return *at = p;
}

/* Another page of his has taken the seat: the one before ends at once. When only the link was lost, what it
 * agreed on still carries, until what the new session agrees on does. */
static void new_session(struct md_seat *p, const struct md_fact *f) {
  struct md_room *r = p->room;
  bool lost = p->away;
  const struct cf_backend *in = p->in, *also = p->also;
  if (!lost) {
    close_legs(r->self, r->conf, p->user, "replaced");
    leave(p);
    in = also = NULL;
  }
  md_copy(p->session, sizeof p->session, f->session);
  p->away = false;
  p->said = MD_SAID_NOTHING;
  p->remakes = 0;
  for (struct md_seat *o = r->seats; o; o = o->next)
    o->remakes = 0;
  if (in) md_enter(p, in);
  if (also) md_enter(p, also);
}

static void update(struct md_seat *p, const struct md_fact *f) {
  struct md_room *r = p->room;
  const struct cf_backend *const in[] = {p->in, p->also};
  bool mute = p->silenced != f->silenced, quality = strcmp(p->quality, f->quality) != 0;
  p->hidden = f->hidden;
  p->phone = f->phone;
  p->rank = f->rank;
  p->silenced = f->silenced;
  md_copy(p->quality, sizeof p->quality, f->quality);
  for (int k = 0; k < 2; k++) {
    if (mute && in[k] && in[k]->mute) in[k]->mute(r->self, r->conf, p->user, f->silenced);
    if (quality && in[k] && in[k]->quality) in[k]->quality(r->self, r->conf, p->user, f->quality);
  }
  if (!f->away && *f->session && strcmp(p->session, f->session) != 0) new_session(p, f);
}

static void seats(struct md_room *r, const struct md_facts *f) {
  for (struct md_seat *p = r->seats, *next; p; p = next) {
    next = p->next;
    if (!fact_of(f, p->user)) md_put_out(r->self, r->conf, p->user);
  }
  for (size_t k = 0; k < f->count; k++) {
    const struct md_fact *m = &f->members[k];
    struct md_seat *p = md_seat_find(r, m->user);
    if (!p && (m->away || !*m->session)) continue; /* he comes back by conf.resume */
    if (!p) {
      p = sit(r, m);
      md_copy(p->session, sizeof p->session, m->session);
    }
    update(p, m);
  }
}

/* Where there is place for a few only, the chair comes first, then those who speak, as they came. */
static struct md_seat *next_in(struct md_room *r, const struct cf_backend *b) {
  struct md_seat *best = NULL;
  for (struct md_seat *p = r->seats; p; p = p->next)
    if (p->in != b && p->also != b && !p->away && !(p->hidden && b == r->self->media->mesh) &&
        (!best || p->rank < best->rank))
      best = p;
  return best;
}

static void fill(struct md_room *r, const struct cf_backend *b) {
  int64_t place = b == r->self->media->mesh ? r->self->mesh_most : INT64_MAX;
  struct md_seat *p;
  for (p = r->seats; p; p = p->next)
    place -= p->in == b || p->also == b;
  while (place-- > 0 && (p = next_in(r, b)))
    md_enter(p, b);
}

static void tell_backend(struct md_room *r, const struct md_facts *f, const struct md_choice *c) {
  char told[sizeof r->told];
  snprintf(told, sizeof told, "%s %lld %d %s %s", c->backend->name, (long long)c->cap, c->degraded, c->cannot,
           c->zh);
  if (!strcmp(told, r->told)) return;
  bool stands = !*r->told && !strcmp(f->backend, c->backend->name) && f->cap == c->cap &&
                f->degraded == c->degraded && !strcmp(f->why_zh, c->zh);
  md_copy(r->told, sizeof r->told, told);
  if (stands) return; /* said before the server was started anew */
  fq_json *params = fq_json_object(), *cannot = fq_json_array();
  fq_json_set_str(params, "id", r->conf);
  fq_json_set_str(params, "backend", c->backend->name);
  fq_json_set_str(params, "why_zh", c->zh);
  fq_json_set_str(params, "why_en", c->en);
  fq_json_set_bool(params, "degraded", c->degraded);
  if (c->cap) fq_json_set_int(params, "cap", c->cap);
  for (const char *w = c->cannot; *w; w += strcspn(w, " "), w += *w == ' ') {
    char code[16];
    snprintf(code, sizeof code, "%.*s", (int)strcspn(w, " "), w);
    fq_json_push(cannot, fq_json_new_str(code));
  }
  fq_json_set(params, "cannot", cannot);
  fq_command(r->self->kernel, "conf.backend_set", params, NULL, NULL);
}

static void carry(struct md_room *r, const struct md_facts *f) {
  struct md_choice c = md_choose(r->self, f, r->to ? r->to : r->at, r->fell);
  if (!r->at) {
    r->at = c.backend;
    r->at->room_open(r->self, r->conf);
  } else if (r->to && c.backend == r->at) {
    md_move_end(r, false);
  } else if (!r->to && c.backend != r->at) {
    md_move_begin(r, c.backend);
  }
  fill(r, r->to ? r->to : r->at);
  if (r->to) {
    md_move_look(r);
    return; /* settled again when it has moved */
  }
  if (r->recording != f->recording && r->at->record) {
    r->recording = f->recording;
    r->at->record(r->self, r->conf, r->recording);
  }
  if (c.backend == r->at) tell_backend(r, f, &c);
}

void md_settle(struct cf_self *s, const struct md_facts *f) {
  struct md_room *r = md_room_find(s, f->conf);
  bool anybody = false;
  for (size_t k = 0; k < f->count; k++)
    anybody |= !f->members[k].away && *f->members[k].session;
  if (!f->live) {
    if (r) md_room_close(r);
    return;
  }
  if (!r && !anybody) return;
  if (!r) r = open_room(s, f->conf);
  seats(r, f);
  carry(r, f);
  judge_all(r);
}

void md_settle_soon(struct cf_self *s, const char *conf) {
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "id", conf);
  fq_command(s->kernel, "media.settle", params, NULL, NULL);
}
