/*
 * limits.c - how often something may be done under a key (an address, a report's number), and the lock-out of
 * those who guess. In memory, as for failed sign-ins: derived, never a fact. Kernel thread.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "public.h"

enum { PROBES = 8 };

/* An IPv6 subscriber has a whole /64 to ask from: that is one address here. */
void pub_address(const struct fq_call *c, char out[48]) {
  struct in6_addr a;
  const char *remote = c->remote ? c->remote : "";
  snprintf(out, 48, "%s", strncmp(remote, "::ffff:", 7) ? remote : remote + 7);
  if (!strchr(out, ':') || inet_pton(AF_INET6, out, &a) != 1) return;
  memset(a.s6_addr + 8, 0, 8);
  inet_ntop(AF_INET6, &a, out, 48);
}

static uint32_t hash(const char *s) {
  uint32_t h = 2166136261u;
  for (; *s; s++)
    h = (h ^ (unsigned char)*s) * 16777619u;
  return h;
}

/* Where the key is kept, or where it goes: the oldest of a few places, so that a flood forgets the oldest
 * first and takes no memory. */
static struct pub_watch *watch(struct fq_call *c, const char *what, const char *key) {
  struct pub *self = c->self;
  char name[56];
  snprintf(name, sizeof name, "%s %s", what, key);
  uint32_t h = hash(name);
  struct pub_watch *oldest = NULL;
  for (uint32_t p = 0; p < PROBES; p++) {
    struct pub_watch *w = &self->watches[(h + p) % PUB_WATCHES];
    if (!strcmp(w->key, name)) return w;
    if (!oldest || !w->key[0] || (oldest->key[0] && w->since_ms < oldest->since_ms)) oldest = w;
  }
  *oldest = (struct pub_watch){.since_ms = c->now_ms};
  strcpy(oldest->key, name);
  return oldest;
}

static enum fq_status later(struct fq_call *c, const char *code, int64_t wait_ms, const char *zh,
                            const char *en) {
  struct pub *self = c->self;
  long long minutes = (wait_ms + 59999) / 60000;
  self->refused++;
  fq_fail(c->error, FQ_E_OVERLOADED, code, "", "%s,请 %lld 分钟后再试", "%s: try again in %lld minutes", zh,
          minutes);
  if (!c->error) return FQ_E_OVERLOADED;
  snprintf(c->error->en, sizeof c->error->en, "%s: try again in %lld minutes", en, minutes);
  c->error->retry_after_ms = wait_ms;
  return FQ_E_OVERLOADED;
}

enum fq_status pub_often(struct fq_call *c, const char *what, const char *key, int64_t most,
                         int64_t span_ms) {
  if (!*key) return FQ_OK;
  struct pub_watch *w = watch(c, what, key);
  if (w->since_ms + span_ms <= c->now_ms) {
    w->since_ms = c->now_ms;
    w->count = 0;
  }
  if (w->count < most) {
    w->count++;
    return FQ_OK;
  }
  return later(c, "public.often", w->since_ms + span_ms - c->now_ms, "提交得太频繁了;紧急情况请直接拨打电话",
               "too many requests (in an emergency, telephone)");
}

enum fq_status pub_locked(struct fq_call *c, const char *what, const char *key) {
  struct pub_watch *w = *key ? watch(c, what, key) : NULL;
  if (!w || w->until_ms <= c->now_ms) return FQ_OK;
  return later(c, "public.locked", w->until_ms - c->now_ms, "输错次数太多", "too many wrong attempts");
}

/* Each further mistake doubles the wait, up to a day. */
void pub_wrong(struct fq_call *c, const char *what, const char *key, int64_t tries) {
  struct pub *self = c->self;
  if (!*key) return;
  struct pub_watch *w = watch(c, what, key);
  int over = ++w->count - (int)tries;
  w->since_ms = c->now_ms; /* still at it: not the first to be forgotten */
  if (over < 0) return;
  int64_t wait_ms = self->lock_ms << (over > 7 ? 7 : over), day_ms = 86400000;
  w->until_ms = c->now_ms + (wait_ms > day_ms ? day_ms : wait_ms);
}

void pub_right(struct fq_call *c, const char *what, const char *key) {
  if (*key) watch(c, what, key)->count = 0;
}

enum fq_status pub_photo_bytes(struct fq_call *c, int64_t bytes) {
  struct pub *self = c->self;
  const int64_t day_ms = 86400000;
  if (self->photo_since_ms + day_ms <= c->now_ms) {
    self->photo_since_ms = c->now_ms;
    self->photo_bytes = 0;
  }
  if (self->photo_bytes + bytes > self->photo_day)
    return later(c, "public.photos_full", self->photo_since_ms + day_ms - c->now_ms,
                 "今天收到的照片太多;可以不附照片先上报",
                 "too many pictures today, you can report without one");
  self->photo_bytes += bytes;
  return FQ_OK;
}
