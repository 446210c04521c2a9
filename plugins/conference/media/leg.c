/*
 * leg.c - the legs: each one RTCPeerConnection of a page, of one session, carried by one back end. What a leg
 * waits for is bounded by one alarm: one that does not come up, or stops, is restarted a few times, then made
 * anew, then left alone. Kernel thread.
 */
#include <stdlib.h>
#include <string.h>

#include "media/media.h"
#include "media/turn.h"

static const char *const kinds[] = {"peer", "send", "recv", "camera"};

void *md_grab(size_t bytes) {
  void *p = calloc(1, bytes);
  if (!p) abort();
  return p;
}

void md_copy(char *out, size_t cap, const char *s) {
  size_t n = s ? strnlen(s, cap - 1) : 0;
  if (n) memcpy(out, s, n);
  out[n] = '\0';
}

struct md_leg *md_leg_of(struct cf_leg *l) {
  return (struct md_leg *)l;
}

struct md_leg *md_legs(struct cf_self *s) {
  return s->media ? s->media->legs : NULL;
}

static struct md_leg **bucket(struct cf_self *s, const char *id) {
  unsigned hash = 5381;
  for (const char *c = id; *c; c++)
    hash = hash * 33 + (unsigned char)*c;
  return &s->media->by_id[hash % (sizeof s->media->by_id / sizeof *s->media->by_id)];
}

struct cf_leg *cf_leg_find(struct cf_self *s, const char *id) {
  if (!s->media || !id) return NULL;
  struct md_leg *l = *bucket(s, id);
  while (l && strcmp(l->leg.id, id) != 0)
    l = l->next_of_id;
  return l ? &l->leg : NULL;
}

/* ---- what the page is told ----------------------------------------------------------------------------- */

static fq_json *message(const struct cf_leg *l, const char *op) {
  fq_json *m = fq_json_object();
  if (*l->conf) fq_json_set_str(m, "conf", l->conf);
  fq_json_set_str(m, "leg", l->id);
  fq_json_set_str(m, "op", op);
  return m;
}

/* False when the session is over: it says so itself (session_gone), so nobody needs to look. */
static void tell(struct cf_self *s, const struct cf_leg *l, fq_json *m) {
  fq_tell(s->kernel, l->session, "leg", m);
}

/* Each page sends its picture as often as there are others; a phone has the weakest line of all. */
static int64_t kbps(struct cf_self *s, const struct cf_leg *l) {
  struct md_room *r = md_room_find(s, l->conf);
  int64_t people = 0, most = s->max_kbps;
  bool phone = false;
  for (struct md_seat *p = r ? r->seats : NULL; p; p = p->next) {
    people++;
    phone |= p->phone;
  }
  if (l->kind != CF_LEG_PEER || people <= 2) return most;
  most = most * 2 / people;
  return phone && people > 3 ? most / 2 : most;
}

static void tell_open(struct cf_self *s, const struct cf_leg *l, bool offerer, bool polite) {
  fq_json *m = message(l, "open"), *c = fq_json_object();
  fq_json_set_str(m, "kind", kinds[l->kind]);
  if (l->kind == CF_LEG_PEER) fq_json_set_str(m, "peer", l->peer);
  if (l->kind == CF_LEG_CAMERA) fq_json_set_str(m, "camera", l->peer);
  fq_json_set_bool(m, "offerer", offerer);
  if (l->kind == CF_LEG_PEER) fq_json_set_bool(m, "polite", polite);
  fq_json *servers = fq_json_array();
  cf_ice_servers(s, l->conf, l->user, fq_now_ms(s->kernel), servers);
  fq_json_set(m, "ice_servers", servers);
  fq_json_set_bool(c, "audio", l->kind != CF_LEG_CAMERA);
  fq_json_set_bool(c, "video", true);
  fq_json_set_int(c, "max_kbps", kbps(s, l));
  fq_json_set(m, "constraints", c);
  tell(s, l, m);
}

void md_leg_tell_restart(struct cf_self *s, struct cf_leg *l) {
  tell(s, l, message(l, "restart"));
}

/* ---- what a leg waits for --------------------------------------------------------------------------------
 */

static void due(fq_kernel *k, void *arg);

static void wait_for(struct md_leg *l, int64_t ms) {
  fq_after_cancel(l->due);
  l->due = ms ? fq_after_ms(l->self->kernel, ms, due, l) : NULL;
}

/* The connection does not stand: new paths; when those do not help, a new connection. */
static void mend(struct md_leg *l) {
  struct cf_self *s = l->self;
  if (l->tries++ >= MD_TRIES) {
    md_remake(s, l);
    return;
  }
  s->media->restarts++;
  md_leg_step(s, l, MD_E_RESTART);
  l->leg.backend->restart(s, &l->leg);
}

static void due(fq_kernel *k, void *arg) {
  struct md_leg *l = arg;
  (void)k;
  l->due = NULL;
  if (l->state == MD_NEW || l->state == MD_OFFERED || l->state == MD_ANSWERED) {
    char conf[FQ_ID_MAX], user[FQ_ID_MAX];
    md_copy(conf, sizeof conf, l->leg.conf);
    md_copy(user, sizeof user, l->leg.user);
    struct cf_self *s = l->self;
    md_leg_step(s, l, MD_E_STALL);
    mend(l);
    md_judge(s, conf, user);
  } else if (l->state != MD_UP)
    mend(l);
}

static const int64_t waits[MD_STATES] = {
    [MD_NEW] = MD_CONNECT_MS,   [MD_OFFERED] = MD_CONNECT_MS,  [MD_ANSWERED] = MD_CONNECT_MS,
    [MD_STALLED] = MD_STALL_MS, [MD_RESTARTING] = MD_AGAIN_MS,
};

/* Talking does not move the alarm of a leg that is not up: who talks for ever is as lost as who is silent. */
bool md_leg_step(struct cf_self *s, struct md_leg *l, enum md_event event) {
  (void)s;
  int next = md_next(event, l->state);
  if (next == MD_NO) return false;
  bool talks = l->state <= MD_ANSWERED && next <= MD_ANSWERED;
  bool moved = next != (int)l->state;
  l->state = (enum md_state)next;
  if (event == MD_E_OFFER) l->candidates = 0;
  if ((moved && !talks) || !l->due) wait_for(l, waits[next]);
  return true;
}

/* ---- their lives ------------------------------------------------------------------------------------------
 */

struct cf_leg *cf_leg_open(struct cf_self *s, const struct cf_backend *b, const char *conf, const char *user,
                           const char *session, enum cf_leg_kind kind, const char *peer, bool offerer,
                           bool polite) {
  struct md_leg *l = md_grab(sizeof *l), **in;
  l->self = s;
  l->leg.id[0] = 'L';
  fq_random_text(l->leg.id + 1, 12);
  md_copy(l->leg.conf, sizeof l->leg.conf, conf);
  md_copy(l->leg.user, sizeof l->leg.user, user);
  md_copy(l->leg.session, sizeof l->leg.session, session);
  md_copy(l->leg.peer, sizeof l->leg.peer, peer);
  l->leg.kind = kind;
  l->leg.backend = b;
  l->offers = offerer;
  l->tokens = MD_BURST;
  l->tokens_ms = fq_now_ms(s->kernel);
  in = bucket(s, l->leg.id);
  l->next_of_id = *in;
  *in = l;
  l->next = s->media->legs;
  if (l->next) l->next->at = &l->next;
  l->at = &s->media->legs;
  s->media->legs = l;
  s->media->opened++;
  wait_for(l, MD_CONNECT_MS);
  tell_open(s, &l->leg, offerer, polite);
  return &l->leg;
}

void cf_leg_close(struct cf_self *s, struct cf_leg *leg, const char *reason) {
  struct md_leg *l = md_leg_of(leg), **in;
  char conf[FQ_ID_MAX], user[FQ_ID_MAX];
  if (!leg || !md_leg_step(s, l, MD_E_CLOSE)) return;
  wait_for(l, 0);
  for (in = bucket(s, leg->id); *in != l; in = &(*in)->next_of_id) {
  }
  *in = l->next_of_id;
  *l->at = l->next;
  if (l->next) l->next->at = l->at;
  fq_json *m = message(leg, "close");
  fq_json_set_str(m, "reason", reason ? reason : "");
  tell(s, leg, m);
  if (leg->backend->closed) leg->backend->closed(s, leg);
  md_copy(conf, sizeof conf, leg->conf);
  md_copy(user, sizeof user, leg->user);
  free(l);
  md_judge(s, conf, user);
}

/* ---- from the back ends -----------------------------------------------------------------------------------
 */

static void describe(struct cf_self *s, struct cf_leg *l, const char *op, const char *sdp, fq_json *streams) {
  fq_json *m = message(l, op);
  fq_json_set_str(m, "sdp", sdp);
  if (streams) fq_json_set(m, "streams", streams);
  tell(s, l, m);
}

void cf_leg_offer(struct cf_self *s, struct cf_leg *l, const char *sdp, fq_json *streams) {
  md_leg_step(s, md_leg_of(l), MD_E_OFFER);
  describe(s, l, "offer", sdp, streams);
}

void cf_leg_answer(struct cf_self *s, struct cf_leg *l, const char *sdp) {
  md_leg_step(s, md_leg_of(l), MD_E_ANSWER);
  describe(s, l, "answer", sdp, NULL);
}

void cf_leg_candidate(struct cf_self *s, struct cf_leg *l, const fq_json *candidate) {
  fq_json *m = message(l, "candidate");
  fq_json_set(m, "candidate", candidate ? fq_json_dup(candidate) : fq_json_new_null());
  tell(s, l, m);
}

void cf_leg_restart(struct cf_self *s, struct cf_leg *l) {
  md_leg_step(s, md_leg_of(l), MD_E_RESTART);
  md_leg_tell_restart(s, l);
}

void cf_leg_up(struct cf_self *s, struct cf_leg *leg) {
  struct md_leg *l = md_leg_of(leg);
  char conf[FQ_ID_MAX], user[FQ_ID_MAX];
  bool was = l->state == MD_UP;
  if (!md_leg_step(s, l, MD_E_UP) || was) return;
  l->tries = 0;
  md_copy(conf, sizeof conf, leg->conf);
  md_copy(user, sizeof user, leg->user);
  if (leg->backend->up) leg->backend->up(s, leg); /* it may end an older one, and that one's other side */
  struct md_room *r = md_room_find(s, conf);
  struct md_seat *p = r ? md_seat_find(r, user) : NULL;
  if (p) p->remakes = 0;
  md_judge(s, conf, user);
  if (r) md_move_look(r);
}

/* Said at once to whoever asks, told to people after a moment (md_judge). */
void cf_leg_stalled(struct cf_self *s, struct cf_leg *leg) {
  struct md_leg *l = md_leg_of(leg);
  enum md_state was = l->state;
  if (!md_leg_step(s, l, MD_E_STALL) || was == l->state) return;
  md_judge(s, leg->conf, leg->user);
}

/* ---- from the page ----------------------------------------------------------------------------------------
 */

void md_leg_failed(struct cf_self *s, struct md_leg *l) {
  enum md_state was = l->state;
  char conf[FQ_ID_MAX], user[FQ_ID_MAX];
  if (!md_leg_step(s, l, MD_E_STALL) || was == MD_RESTARTING) return;
  md_copy(conf, sizeof conf, l->leg.conf);
  md_copy(user, sizeof user, l->leg.user);
  mend(l);
  md_judge(s, conf, user);
}

bool md_leg_allow(struct md_leg *l, int64_t now_ms, int64_t *wait_ms) {
  l->tokens += (double)(now_ms - l->tokens_ms) * MD_RATE / 1000;
  l->tokens_ms = now_ms;
  if (l->tokens > MD_BURST) l->tokens = MD_BURST;
  if (l->tokens < 1) {
    *wait_ms = 1000 / MD_RATE;
    return false;
  }
  l->tokens--;
  return true;
}
