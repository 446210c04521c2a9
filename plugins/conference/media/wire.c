/*
 * wire.c - media.leg.*: what pages say about their legs. A handler looks whether it may be said; what it
 * leads to happens after its tick, in the order in which it was said. Nothing of it is an entry. Kernel
 * thread.
 */
#include "media/wire.h"

#include <stdlib.h>
#include <string.h>

enum deed { OFFER, ANSWER, CANDIDATE, RESTART, STATE };
struct said {
  struct cf_self *self;
  char leg[24];
  enum deed what;
  fq_json *params;
};

/* A leg that its page has let go is no use to the other side either. */
static void state(struct cf_self *s, struct md_leg *l, const fq_json *params) {
  const char *now = fq_json_str(params, "state");
  if (!strcmp(now, "up")) {
    cf_leg_up(s, &l->leg);
    md_quality(s, &l->leg, params);
  } else if (!strcmp(now, "stalled"))
    cf_leg_stalled(s, &l->leg);
  else if (!strcmp(now, "failed"))
    md_leg_failed(s, l);
  else
    md_remake(s, l);
}

static void done(fq_kernel *k, void *arg) {
  struct said *d = arg;
  struct cf_self *s = d->self;
  (void)k;
  struct cf_leg *l = s->media && s->media->running ? cf_leg_find(s, d->leg) : NULL;
  const char *sdp = fq_json_str(d->params, "sdp");
  if (l && d->what == OFFER && md_leg_step(s, md_leg_of(l), MD_E_OFFER))
    l->backend->offer(s, l, sdp);
  else if (l && d->what == ANSWER && md_leg_step(s, md_leg_of(l), MD_E_ANSWER))
    l->backend->answer(s, l, sdp);
  else if (l && d->what == CANDIDATE)
    l->backend->candidate(s, l, fq_json_get(d->params, "candidate"));
  else if (l && d->what == RESTART) {
    md_leg_step(s, md_leg_of(l), MD_E_RESTART);
    l->backend->restart(s, l);
  } else if (l && d->what == STATE)
    state(s, md_leg_of(l), d->params);
  fq_json_free(d->params);
  free(d);
}

/* The leg that the parameters name, when it is this session's. Others have never heard of it. */
static enum fq_status need(struct fq_call *c, struct md_leg **out) {
  struct cf_self *s = c->self;
  const char *id = fq_json_str(c->params, "leg");
  struct cf_leg *l = cf_leg_find(s, id);
  int64_t wait_ms = 0;
  if (!l || !c->session || !*c->session || strcmp(l->session, c->session) != 0 ||
      strcmp(l->user, c->actor->name) != 0)
    return fq_fail(c->error, FQ_E_NOT_FOUND, "leg.unknown", "params.leg", "没有连接 %s",
                   "this session has no leg %s", id);
  *out = md_leg_of(l);
  if (md_leg_allow(*out, fq_now_ms(s->kernel), &wait_ms)) return FQ_OK;
  enum fq_status st =
      fq_fail(c->error, FQ_E_OVERLOADED, "leg.busy", "params.leg", "每个连接每秒最多 %d 条消息",
              "at most %d messages a second for a leg", MD_RATE);
  if (c->error) c->error->retry_after_ms = wait_ms;
  return st;
}

static enum fq_status later(struct fq_call *c, const struct md_leg *l, enum deed what) {
  struct cf_self *s = c->self;
  struct said *d = md_grab(sizeof *d);
  d->self = s;
  d->what = what;
  d->params = fq_json_dup(c->params);
  md_copy(d->leg, sizeof d->leg, l->leg.id);
  fq_post(s->kernel, done, d);
  return FQ_OK;
}

static enum fq_status out_of_turn(struct fq_call *c, const struct md_leg *l) {
  return fq_fail(c->error, FQ_E_CONFLICT, "leg.state", "params.leg", "连接 %s 现在(%s)不能这样做",
                 "leg %s is %s: this is not possible now", l->leg.id, md_state_name(l->state));
}

/* Offers of what the media server sends are the server's. */
static enum fq_status describe(struct fq_call *c, enum deed what, enum md_event event) {
  struct md_leg *l = NULL;
  enum fq_status st = need(c, &l);
  if (!st) st = md_sdp_check(fq_json_str(c->params, "sdp"), "params.sdp", c->error);
  if (st) return st;
  bool may = l->leg.kind == CF_LEG_PEER || (what == OFFER) == l->offers;
  if (!may || md_next(event, l->state) == MD_NO) return out_of_turn(c, l);
  return later(c, l, what);
}

static enum fq_status run_offer(struct fq_call *c) {
  return describe(c, OFFER, MD_E_OFFER);
}

static enum fq_status run_answer(struct fq_call *c) {
  return describe(c, ANSWER, MD_E_ANSWER);
}

static enum fq_status run_candidate(struct fq_call *c) {
  struct md_leg *l = NULL;
  const fq_json *candidate = fq_json_get(c->params, "candidate");
  enum fq_status st = need(c, &l);
  if (!st && candidate) st = md_candidate_check(candidate, "params.candidate", c->error);
  if (st) return st;
  if (candidate && l->candidates >= MD_CANDIDATES)
    return fq_fail(c->error, FQ_E_OVERLOADED, "leg.candidates", "params.candidate",
                   "每次协商最多 %d 个候选地址", "at most %d candidates for one description", MD_CANDIDATES);
  l->candidates += candidate != NULL;
  return later(c, l, CANDIDATE);
}

static enum fq_status run_state(struct fq_call *c) {
  struct md_leg *l = NULL;
  enum fq_status st = need(c, &l);
  return st ? st : later(c, l, STATE);
}

static enum fq_status run_restart(struct fq_call *c) {
  struct md_leg *l = NULL;
  enum fq_status st = need(c, &l);
  if (st) return st;
  return md_next(MD_E_RESTART, l->state) == MD_NO ? out_of_turn(c, l) : later(c, l, RESTART);
}

#define P_LEG                                                                                                \
  { .name = "leg", .type = FQ_T_ID, .required = true, .zh = "连接编号", .en = "the leg" }
#define P_SDP                                                                                                \
  {                                                                                                          \
    .name = "sdp", .type = FQ_T_STRING, .required = true, .min = 1, .max = MD_SDP_BYTES,                     \
    .zh = "会话描述(SDP),最多 32 KiB", .en = "the session description (SDP), at most 32 KiB"                 \
  }
static const struct fq_param sdp_params[] = {P_LEG, P_SDP, {0}};
static const struct fq_param leg_params[] = {P_LEG, {0}};
static const struct fq_param candidate_members[] = {
    {.name = "candidate",
     .type = FQ_T_STRING,
     .required = true,
     .max = MD_CANDIDATE_BYTES,
     .zh = "候选地址,一行",
     .en = "candidate:… in one line; empty: no more of this description"},
    {.name = "sdpMid",
     .type = FQ_T_ANY,
     .zh = "媒体标识,或 null",
     .en = "mid of the line it belongs to, or null"},
    {.name = "sdpMLineIndex",
     .type = FQ_T_ANY,
     .zh = "媒体行序号,或 null",
     .en = "number of that line, or null"},
    {.name = "usernameFragment",
     .type = FQ_T_ANY,
     .zh = "ICE 用户名片段,或 null",
     .en = "of the ICE session, or null"},
    {0}};
static const struct fq_param candidate_params[] = {
    P_LEG,
    {.name = "candidate",
     .type = FQ_T_OBJECT,
     .members = candidate_members,
     .zh = "候选地址;没有:已全部发完",
     .en = "as the browser gives it; left out: there are no more"},
    {0}};
static const struct fq_param state_params[] = {
    P_LEG,
    {.name = "state",
     .type = FQ_T_ENUM,
     .required = true,
     .values = "up stalled failed closed",
     .zh = "up 已通、stalled 停顿、failed 失败、closed 已关",
     .en = "what the page sees of it"},
    {.name = "rtt_ms",
     .type = FQ_T_NUMBER,
     .max = 600000,
     .zh = "往返时延,毫秒",
     .en = "round trip, milliseconds"},
    {.name = "loss", .type = FQ_T_NUMBER, .max = 1, .zh = "丢包率,0 到 1", .en = "packets lost, 0 to 1"},
    {.name = "kbps_in",
     .type = FQ_T_NUMBER,
     .max = 1e6,
     .zh = "收,千比特每秒",
     .en = "received, kilobits a second"},
    {.name = "kbps_out",
     .type = FQ_T_NUMBER,
     .max = 1e6,
     .zh = "发,千比特每秒",
     .en = "sent, kilobits a second"},
    {0}};

#define WHO (FQ_ROLE_DESK | FQ_ROLE_DEPARTMENT | FQ_ROLE_OFFICER | FQ_ROLE_FAMILY | FQ_ROLE_ADMIN_AUDIT)
#define LEG(method, parameters, fn, zh_, en_)                                                                \
  {                                                                                                          \
    .name = "media.leg." method, .roles = WHO, .flags = FQ_SECRET, .params = parameters, .run = fn,          \
    .zh = zh_, .en = en_, .result = "{}"                                                                     \
  }
const struct fq_method md_methods[] = {
    LEG("offer", sdp_params, run_offer, "提出会话描述", "the page's offer"),
    LEG("answer", sdp_params, run_answer, "应答会话描述", "the page's answer"),
    LEG("candidate", candidate_params, run_candidate, "一个候选地址",
        "an address at which the page may be reached"),
    LEG("state", state_params, run_state, "连接的状况",
        "how the leg is, when it changes and every ten seconds"),
    LEG("restart", leg_params, run_restart, "请求重新连通", "asks for new paths (an ICE restart)"),
    {.name = "media.settle",
     .flags = FQ_INTERNAL,
     .params = md_settle_params,
     .run = md_run_settle,
     .zh = "使连接与会商一致",
     .en = "brings the legs of a conference to what its rows say"},
    {0}};
