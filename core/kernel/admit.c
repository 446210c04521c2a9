/*
 * Admission: who is asking, may he, is it well-formed; then on to the queue, a reader, a helper, or straight
 * back with an error. Kernel thread.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "kernel/internal.h"

#define QUEUE_MAX                                                                                            \
  20000 /* some seconds of work at the measured rate: beyond it an honest "later" is better                  \
         */
#define PREPARING_MAX                                                                                        \
  256 /* passwords and uploads in the helpers' hands: some seconds at 25 ms each on two                      \
       */

void fq_state_free(struct fq_request *r) {
  if (!r->state) return;
  fq_json_free(r->state->prepared);
  free(r->state);
  r->state = NULL;
}

void fq_answer(fq_kernel *k, struct fq_request *r) {
  if (r->error.status) k->stats.refused++;
  fq_state_free(r);
  r->reply(r);
}

void fq_request_refuse(fq_kernel *k, struct fq_request *r) {
  fq_fail(&r->error, FQ_E_STORAGE, "storage", "", "存储不可用,未作任何更改:%s",
          "storage unavailable, nothing was changed: %s", k->storage_why);
  fq_answer(k, r);
}

static struct fq_call_state *state_of(struct fq_request *r) {
  if (!r->state) {
    r->state = fq_alloc(sizeof *r->state);
    r->state->actor = (struct fq_actor){.name = r->state->name, .org = r->state->org};
  }
  return r->state;
}

static enum fq_status identify(fq_kernel *k, struct fq_request *r) {
  struct fq_call_state *s = r->state;
  bool public_method = s->bound->method->flags & FQ_PUBLIC;
  if (s->name[0]) return FQ_OK; /* the caller within the house said who: act_as() */
  if (r->session) {
    if (r->session->expires_ms > fq_clock_ms(&k->clock)) {
      fq_copy(s->name, sizeof s->name, r->session->user);
      fq_copy(s->org, sizeof s->org, r->session->org);
      fq_copy(s->sid, sizeof s->sid, r->session->sid);
      s->actor.roles = r->session->roles;
      return FQ_OK;
    }
  } else if (r->token[0]) {
    if (fq_account_token(k, r->token, s, NULL, NULL)) return FQ_OK;
    if (fq_blob_ticket_for(k, r)) { /* the one thing its bearer may do */
      fq_copy(s->name, sizeof s->name, FQ_NOBODY);
      s->actor.roles = FQ_ROLE_SERVICE;
      return FQ_OK;
    }
  } else if (public_method) {
    fq_copy(s->name, sizeof s->name, FQ_NOBODY);
    return FQ_OK;
  }
  return fq_fail(&r->error, FQ_E_SIGNED_OUT, "session.none", "", "未登录或登录已过期",
                 "not signed in, or the sign-in has expired");
}

/* Takes `idem` out of the parameters, so that schemas need not know it. */
static enum fq_status take_idem(struct fq_request *r) {
  fq_json *idem = fq_json_detach(r->params, "idem");
  if (!idem) return FQ_OK;
  const char *s = fq_json_as_str(idem);
  size_t n = s ? strlen(s) : 0;
  enum fq_status st = FQ_OK;
  if (n < 16 || n > 64)
    st = fq_fail(&r->error, FQ_E_PARAMS, "params.idem", "params.idem", "idem 应为 16–64 个字符",
                 "idem: expected 16 to 64 characters");
  else if (!(r->state->bound->method->flags & FQ_SECRET)) { /* a receipt is in the journal for ever */
    char *text = fq_json_print(r->params);
    fq_sha256((struct fq_piece[]){{r->method, strlen(r->method) + 1}, {text, strlen(text)}, {0}},
              r->state->digest);
    fq_copy(r->state->idem, sizeof r->state->idem, s);
    free(text);
  }
  fq_json_free(idem);
  return st;
}

void fq_enqueue(fq_kernel *k, struct fq_request *r) {
  r->next = NULL;
  *k->queue_tail = r;
  k->queue_tail = &r->next;
  k->queued++;
  fq_tick_soon(k);
}

static void run_volatile(fq_kernel *k, struct fq_request *r) {
  struct fq_tick t = {.kernel = k, .now_ms = fq_clock_ms(&k->clock)};
  struct frame f = {.call = {.db = k->db,
                             .self = r->state->bound->module->self,
                             .actor = &r->state->actor,
                             .params = r->params,
                             .now_ms = t.now_ms,
                             .error = &r->error,
                             .method = r->method,
                             .tick = &t,
                             .remote = r->remote,
                             .session = r->state->sid}};
  f.call.result = r->result = fq_json_object();
  r->state->bound->method->volatile_run(&f.call);
  fq_db_clear(k->db);
  if (r->error.status) {
    fq_json_free(r->result);
    r->result = NULL;
  }
}

static enum fq_status overloaded(struct fq_request *r) {
  fq_fail(&r->error, FQ_E_OVERLOADED, "overloaded", "", "服务器繁忙,请稍后重试",
          "the server is overloaded, try again later");
  r->error.retry_after_ms = 500;
  return FQ_E_OVERLOADED;
}

/* FQ_OK: it is on its way, or answered. Otherwise r->error says why not. */
static enum fq_status admit(fq_kernel *k, struct fq_request *r, bool *answer_now) {
  struct fq_call_state *s = state_of(r);
  enum fq_status st;
  *answer_now = false;
  if (!r->params) r->params = fq_json_object();
  if (fq_json_type(r->params) != FQ_JSON_OBJECT)
    return fq_fail(&r->error, FQ_E_PARAMS, "params.type", "params", "params 应为对象",
                   "params: expected an object");
  bool later = false;
  st = fq_session_request(k, r, &later);
  if (st || later) return st;
  if (r->result) return *answer_now = true, FQ_OK;

  s->bound = fq_map_get(k->methods, r->method);
  if (!s->bound || (s->bound->method->flags & FQ_INTERNAL && !s->actor.system))
    return fq_fail(&r->error, FQ_E_METHOD, "method.unknown", "method", "没有方法 %s", "no method %s",
                   r->method);
  if ((st = identify(k, r))) return st;
  const struct fq_method *m = s->bound->method;
  if ((st = fq_role_check(&s->actor, m, &r->error)) || (st = take_idem(r)) ||
      (st = fq_schema_check(m->params, r->params, &r->error)))
    return st;

  if (m->query) {
    k->stats.queries++;
    if (!(m->flags & FQ_LIVE)) {
      fq_read_query(k, r);
    } else {
      st = fq_query_run(k, k->db, r);
      fq_db_clear(k->db);
      return *answer_now = !st, st;
    }
  } else if (m->volatile_run) {
    run_volatile(k, r);
    return *answer_now = true, r->error.status;
  } else if (k->storage_down) {
    fq_request_refuse(k, r);
  } else if (k->queued >= QUEUE_MAX) {
    return overloaded(r);
  } else if (k->preparing >= PREPARING_MAX && fq_map_get(k->preparers, r->method)) {
    return overloaded(r);
  } else if (!fq_prepare(k, r))
    fq_enqueue(k, r);
  return FQ_OK;
}

enum fq_status fq_admit(fq_kernel *k, struct fq_request *r) {
  bool answer_now;
  enum fq_status st = admit(k, r, &answer_now);
  if (st || answer_now) fq_answer(k, r);
  return st;
}

void fq_submit(fq_kernel *k, struct fq_request *list) {
  while (list) {
    struct fq_request *r = list;
    list = r->next;
    r->next = NULL;
    fq_admit(k, r);
  }
}

static void act_as(struct fq_request *r, const struct fq_actor *a) {
  struct fq_call_state *s = state_of(r);
  fq_copy(s->name, sizeof s->name, a ? a->name : "system");
  fq_copy(s->org, sizeof s->org, a ? a->org : "");
  s->actor.roles = a ? a->roles : FQ_ROLE_ALL;
  s->actor.system = !a || a->system;
}

void fq_submit_system(fq_kernel *k, struct fq_request *r) {
  act_as(r, NULL);
  fq_admit(k, r);
}

static void keep(struct fq_request *r) {
  *(bool *)r->user = true;
}

enum fq_status fq_kernel_call(fq_kernel *k, const struct fq_actor *actor, const char *method, fq_json *params,
                              fq_json **result, struct fq_error *e) {
  bool answered = false;
  struct fq_request request = {0}, *r = &request;
  fq_copy(r->method, sizeof r->method, method);
  r->params = params;
  r->reply = keep;
  r->user = &answered;
  act_as(r, actor);
  fq_admit(k, r);
  while (!answered) {
    if (k->queue)
      fq_tick_queue(k);
    else
      fq_loop_wait(k->loop); /* a reader or helper has it */
  }
  enum fq_status st = r->error.status;
  if (e) *e = r->error;
  if (!st && result)
    *result = r->result;
  else
    fq_json_free(r->result);
  fq_json_free(r->params);
  free(r->result_text);
  return st;
}
