/*
 * promote.c - a live call moves from one back end to the other: everybody enters the other one, too, and only
 * when media flows there does the first let go. Nobody hangs up, nobody is asked. A back end that is gone
 * cannot be waited for. Kernel thread.
 */
#include <string.h>

#include "media/media.h"

static bool is_up(struct cf_self *s, const struct cf_backend *b) {
  char zh[200], en[200];
  return b->ready(s, zh, en);
}

static void over(fq_kernel *k, void *arg) {
  struct md_room *r = arg;
  (void)k;
  r->move = NULL;
  bool any = false;
  for (struct md_leg *l = md_legs(r->self); l; l = l->next)
    any |= l->leg.backend == r->to && l->state == MD_UP && !strcmp(l->leg.conf, r->conf);
  /* Who has not come over by now is lost on both: he is the one to be mended, not those who have. */
  md_move_end(r, any && is_up(r->self, r->to));
}

#define MOST_FAILURES 3

void md_move_begin(struct md_room *r, const struct cf_backend *to) {
  if (r->failures >= MOST_FAILURES && is_up(r->self, r->at)) return;
  r->to = to;
  to->room_open(r->self, r->conf);
  if (!is_up(r->self, r->at)) {
    r->fell = true;
    md_move_end(r, true);
    return;
  }
  r->move = fq_after_ms(r->self->kernel, MD_MOVE_MS, over, r);
}

/* Has he a leg there that carries, and none that does not yet? */
static bool arrived(const struct md_seat *p) {
  const struct md_room *r = p->room;
  bool any = false;
  if (p->in != r->to && p->also != r->to) return false;
  for (struct md_leg *l = md_legs(r->self); l; l = l->next) {
    if (l->leg.backend != r->to || strcmp(l->leg.user, p->user) != 0 || strcmp(l->leg.conf, r->conf))
      continue;
    if (l->state != MD_UP) return false;
    any = true;
  }
  return any;
}

void md_move_look(struct md_room *r) {
  int64_t people = 0, waits = 0, most = r->to == r->self->media->mesh ? r->self->mesh_most : INT64_MAX;
  if (!r->to) return;
  for (struct md_seat *p = r->seats; p; p = p->next) {
    people += md_visible(p);
    if (!p->away && (p->in == r->to || p->also == r->to || most == INT64_MAX)) waits += !arrived(p);
  }
  if (!waits || (people <= 1 && r->to == r->self->media->mesh)) md_move_end(r, true);
}

/* The legs of the one that is left end here: whoever stays behind has none. */
void md_move_end(struct md_room *r, bool done) {
  struct cf_self *s = r->self;
  const struct cf_backend *left = done ? r->at : r->to, *stays = done ? r->to : r->at;
  fq_after_cancel(r->move);
  r->move = NULL;
  r->to = NULL;
  r->at = stays;
  if (done)
    s->media->moves++, r->failures = 0;
  else
    r->failures++;
  if (done) r->recording = false; /* what was recorded there ends there */
  if (stays != s->media->mesh) r->fell = false;
  for (struct md_seat *p = r->seats; p; p = p->next) {
    bool there = p->in == stays || p->also == stays;
    if (p->in != left && p->also != left) continue;
    p->in = there ? stays : NULL;
    p->also = NULL;
    left->leave(s, r->conf, p->user);
  }
  left->room_close(s, r->conf);
  for (struct md_seat *p = r->seats; p; p = p->next)
    md_judge(s, r->conf, p->user);
  md_settle_soon(s, r->conf);
}

static void settle_all(struct cf_self *s) {
  for (struct md_room *r = s->media->rooms; r; r = r->next) {
    r->failures = 0;
    md_settle_soon(s, r->conf);
  }
}

static void without(fq_kernel *k, void *arg) {
  struct cf_self *s = arg;
  (void)k;
  s->media->grace = NULL;
  settle_all(s);
}

void cf_backend_changed(struct cf_self *s, const struct cf_backend *b) {
  if (!s->media || !s->media->running) return;
  fq_after_cancel(s->media->grace);
  s->media->grace = is_up(s, b) ? NULL : fq_after_ms(s->kernel, MD_GRACE_MS, without, s);
  settle_all(s);
}
