/*
 * part.c - the media part: how entries of a conference reach what carries it. An entry asks for its room to
 * be settled: a command of the server's own reads the rows once they are committed, and what it finds is done
 * after that tick. Whoever is put out does not wait for it. Kernel thread.
 */
#include <stdlib.h>
#include <string.h>

#include "media/turn.h"
#include "media/wire.h"

struct news {
  struct cf_self *self;
  char conf[FQ_ID_MAX], user[FQ_ID_MAX];
  struct md_facts *facts;
};

static bool runs(const struct cf_self *s) {
  return s->media && s->media->running;
}

static void post(struct fq_call *c, void (*fn)(fq_kernel *k, void *arg), const char *conf, const char *user,
                 struct md_facts *facts) {
  struct cf_self *s = c->self;
  struct news *n = md_grab(sizeof *n);
  n->self = s;
  n->facts = facts;
  md_copy(n->conf, sizeof n->conf, conf);
  md_copy(n->user, sizeof n->user, user);
  fq_post(s->kernel, fn, n);
}

/* ---- settling
 * ------------------------------------------------------------------------------------------------ */

static void settle(fq_kernel *k, void *arg) {
  struct news *n = arg;
  (void)k;
  if (runs(n->self)) md_settle(n->self, n->facts);
  free(n->facts);
  free(n);
}

const struct fq_param md_settle_params[] = {{.name = "id", .type = FQ_T_ID, .required = true}, {0}};

enum fq_status md_run_settle(struct fq_call *c) {
  const char *conf = fq_json_str(c->params, "id");
  struct md_facts *f = runs(c->self) ? md_facts_read(c->db, conf) : NULL;
  if (f) post(c, settle, conf, NULL, f);
  return FQ_OK;
}

/* ---- entries
 * ------------------------------------------------------------------------------------------------- */

static void heard(fq_kernel *k, void *arg) {
  struct news *n = arg;
  (void)k;
  if (runs(n->self)) {
    if (*n->user) md_put_out(n->self, n->conf, n->user);
    md_settle_soon(n->self, n->conf);
  }
  free(n);
}

static enum fq_status changed(struct fq_call *c, const struct fq_entry *e) {
  const char *conf = fq_json_str(e->data, "conf");
  if (conf && runs(c->self)) post(c, heard, conf, NULL, NULL);
  return FQ_OK;
}

static enum fq_status out(struct fq_call *c, const struct fq_entry *e) {
  const char *conf = fq_json_str(e->data, "conf"), *user = fq_json_str(e->data, "user");
  if (conf && runs(c->self)) post(c, heard, conf, user, NULL);
  return FQ_OK;
}

static const struct fq_reaction reactions[] = {{"conf.invited", changed},
                                               {"conf.joined", changed},
                                               {"conf.resumed", changed},
                                               {"conf.monitored", changed},
                                               {"conf.left", out},
                                               {"conf.kicked", out},
                                               {"conf.unmonitored", out},
                                               {"conf.declined", changed},
                                               {"conf.timed_out", changed},
                                               {"conf.muted", changed},
                                               {"conf.self_set", changed},
                                               {"conf.quality_set", changed},
                                               {"conf.role_set", changed},
                                               {"conf.broadcast_set", changed},
                                               {"conf.floor_given", changed},
                                               {"conf.floor_released", changed},
                                               {"conf.recording_set", changed},
                                               {"conf.ended", changed},
                                               {0}};

/* ---- sessions
 * ------------------------------------------------------------------------------------------------ */

/* His seat is kept by session/; here he can be told nothing any more. Media from page to page goes on. */
static void session_gone(void *self, const char *session, const char *user) {
  struct cf_self *s = self;
  (void)user;
  if (!runs(s)) return;
  for (struct md_room *r = s->media->rooms; r; r = r->next) {
    bool any = false;
    for (struct md_seat *p = r->seats; p; p = p->next)
      if (!strcmp(p->session, session)) any = p->away = true;
    for (struct md_seat *p = any ? r->seats : NULL; p; p = p->next)
      md_judge(s, r->conf, p->user);
  }
  for (struct md_leg *l = md_legs(s), *next; l; l = next) {
    next = l->next;
    if (*l->leg.conf || strcmp(l->leg.session, session) != 0) continue;
    cf_leg_close(s, &l->leg, "gone");
    next = md_legs(s);
  }
}

/* ---- the part
 * ------------------------------------------------------------------------------------------------ */

static enum fq_status init(void *self, fq_kernel *k, struct fq_error *e) {
  struct cf_self *s = self;
  (void)k;
  (void)e;
  s->media = md_grab(sizeof *s->media);
  s->media->mesh = &cf_mesh;
  s->media->janus = &cf_janus_backend;
  return FQ_OK;
}

static enum fq_status start(void *self, fq_kernel *k, struct fq_error *e) {
  struct cf_self *s = self;
  const char *problem = cf_turn_problem(s);
  (void)e;
  s->kernel = k;
  s->media->running = true;
  if (problem) fq_log(FQ_LOG_WARN, "%s", problem);
  cf_backend_changed(s, s->media->janus); /* it is given a moment to come up */
  return FQ_OK;
}

static void stop(void *self, fq_kernel *k) {
  struct cf_self *s = self;
  (void)k;
  s->media->running = false;
  while (s->media->legs)
    cf_leg_close(s, &s->media->legs->leg, "stopping");
  while (s->media->rooms)
    md_room_close(s->media->rooms);
  fq_after_cancel(s->media->grace);
  s->media->grace = NULL;
}

static void fini(void *self) {
  struct cf_self *s = self;
  free(s->media);
  s->media = NULL;
}

static double legs(void *self) {
  double n = 0;
  for (struct md_leg *l = md_legs(self); l; l = l->next)
    n++;
  return n;
}
static double opened(void *self) {
  return ((struct cf_self *)self)->media->opened;
}
static double restarts(void *self) {
  return ((struct cf_self *)self)->media->restarts;
}
static double moves(void *self) {
  return ((struct cf_self *)self)->media->moves;
}
const struct fq_metric cf_media_metrics[] = {
    {"fengqiao_conference_legs", "peer connections of pages, now", false, legs},
    {"fengqiao_conference_legs_total", "peer connections opened", true, opened},
    {"fengqiao_conference_restarts_total", "connections that had to be mended", true, restarts},
    {"fengqiao_conference_moves_total", "live calls moved from one back end to another", true, moves},
    {0}};

const struct fq_plugin cf_media_part = {FQ_PLUGIN_HEAD,
                                        .name = "conference.media",
                                        .version = CF_VERSION,
                                        .zh = "媒体连接",
                                        .en = "the legs of a call",
                                        .methods = md_methods,
                                        .reactions = reactions,
                                        .init = init,
                                        .start = start,
                                        .stop = stop,
                                        .fini = fini,
                                        .session_gone = session_gone};
