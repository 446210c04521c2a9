/*
 * POST /api/v1/rpc, single and batch, and the plain questions: snapshot, readiness, metrics, the routes of
 * other plugins. Two halves each: the question on the I/O thread, the answer back on it; what runs on the
 * kernel thread in between is named ask_*.
 */
#include "terminal.h"

#include <stdio.h>

static const char json_type[] = "application/json; charset=utf-8";
static const char no_store[] = "Cache-Control: no-store\r\n";

/* ---- rpc ------------------------------------------------------------------------------------ */

static void answer_if_whole(struct http *h) {
  size_t len = 3;
  int there = 0;
  for (int i = 0; i < h->slots; i++)
    if (h->slot[i]) {
      len += strlen(h->slot[i]) + 1;
      there++;
    }
  if (!there) {
    http_answer(h, 204, "", no_store, NULL, 0);
    return;
  }
  if (!h->batch) {
    char *text = h->slot[0];
    h->slot[0] = NULL;
    http_answer(h, 200, json_type, no_store, text, strlen(text));
    return;
  }
  char *all = grab(len), *at = all; /* never empty: somebody is there */
  for (int i = 0; i < h->slots; i++) {
    if (!h->slot[i]) continue;
    *at = at == all ? '[' : ',';
    at++;
    size_t n = strlen(h->slot[i]);
    memcpy(at, h->slot[i], n);
    at += n;
  }
  *at++ = ']';
  http_answer(h, 200, json_type, no_store, all, (size_t)(at - all));
}

/* Puts the request on its way, or its error in its place. */
static void place(struct http *h, int slot, const struct message *m, enum fq_status s, struct fq_error *e) {
  struct term *t = h->io->term;
  if (!s && (strcmp(m->method, "session.open") == 0 || strcmp(m->method, "session.resume") == 0))
    s = fq_fail(e, FQ_E_REQUEST, "session.socket", "method", "会话请在 WebSocket 或 /api/v1/events 上打开",
                "a session is opened on the WebSocket or /api/v1/events");
  if (!s && strcmp(m->method, "hb") == 0)
    s = fq_fail(e, FQ_E_REQUEST, "session.socket", "method", "hb 只用于 WebSocket",
                "hb is for the WebSocket");
  if (!s && atomic_load(&t->backlog) >= t->max_backlog) {
    atomic_fetch_add(&t->overloads, 1);
    s = fq_fail(e, FQ_E_OVERLOADED, "overloaded", "", "请求过多，请稍后再试",
                "too many requests under way, try again");
    e->retry_after_ms = 250;
  }
  if (s) {
    h->slot[slot] = error_text(m->id, e);
    return;
  }
  struct call *c = call_new(h->io, m, h->token, h->remote);
  c->silent = false; /* over HTTP an id may be left out: the answer is the response */
  c->slot = slot;
  http_send(h, c);
}

static void read_body(struct http *h) {
  struct fq_error e = {0};
  fq_json *root = fq_json_parse(h->body ? h->body : "", h->body_len, &e);
  size_t n = root && fq_json_type(root) == FQ_JSON_ARRAY ? fq_json_size(root) : 1;
  h->batch = root && fq_json_type(root) == FQ_JSON_ARRAY;
  if (!root || n == 0 || n > BATCH_MAX) {
    if (root)
      fq_fail(&e, n ? FQ_E_TOO_LARGE : FQ_E_REQUEST, "request.batch", "", "一批应有 1 到 %d 个请求",
              "a batch should hold 1 to %d requests", BATCH_MAX);
    else
      e.status = FQ_E_PARSE;
    char *text = error_text("null", &e);
    http_answer(h, e.status == FQ_E_TOO_LARGE ? 413 : 400, json_type, no_store, text, strlen(text));
    fq_json_free(root);
    return;
  }
  h->slots = (int)n;
  h->slot = grab(n * sizeof *h->slot);
  int i = 0;
  const fq_json *one = h->batch ? fq_json_first(root) : root;
  for (; one; one = h->batch ? fq_json_next(one) : NULL, i++) {
    struct message m = {0};
    struct fq_error why = {0};
    enum fq_status s =
        message_from((fq_json *)(uintptr_t)one, h->batch ? NULL : h->body, h->body_len, &m, &why);
    place(h, i, &m, s, &why);
  }
  fq_json_free(root);
  if (!h->pending) answer_if_whole(h);
}

void rpc_post(struct http *h) {
  http_want_body(h, h->io->term->max_body, read_body);
}

void rpc_reply(struct call *c) {
  struct http *h = c->http;
  if (h->wsi) {
    if (h->slots) {
      h->slot[c->slot] = call_text(c);
      if (h->pending == 1) answer_if_whole(h);
    } else if (c->req.error.status) { /* snapshot */
      http_fail(h, &c->req.error);
    } else {
      char *text = c->req.result_text;
      c->req.result_text = NULL;
      if (!text) text = fq_json_print(c->req.result);
      http_answer(h, 200, json_type, no_store, text, strlen(text));
    }
  }
  http_done(h);
}

void rpc_snapshot(struct http *h) {
  if (!h->token[0]) {
    http_error(h, 401, FQ_E_SIGNED_OUT, "session.signed_out", "请先登录", "sign in first");
    return;
  }
  struct message m = {.method = "snapshot", .has_id = true, .id = "null"};
  http_send(h, call_new(h->io, &m, h->token, h->remote));
}

/* ---- readiness, metrics, routes ------------------------------------------------------------- */

static void ask_ready(struct job *j, fq_kernel *k) {
  char why[200] = "";
  j->flag = fq_ready(k, why, sizeof why);
  if (!j->flag) j->text = strdup(why);
}

static void ready_answered(struct job *j) {
  fq_json *out = fq_json_object();
  fq_json_set_bool(out, "ready", j->flag);
  if (!j->flag) fq_json_set_str(out, "why", j->text);
  char *text = fq_json_print(out);
  fq_json_free(out);
  http_answer(j->http, j->flag ? 200 : 503, json_type, no_store, text, strlen(text));
}

void rpc_ready(struct http *h) {
  http_ask(h, job_new(h, ask_ready, ready_answered));
}

/* Numbers about the county are for its operator: from the machine itself, or with an administrator's token.
 */
static bool loopback(const char *remote) {
  return strncmp(remote, "127.", 4) == 0 || strcmp(remote, "::1") == 0 ||
         strncmp(remote, "::ffff:127.", 11) == 0;
}

static void ask_metrics(struct job *j, fq_kernel *k) {
  struct fq_actor actor = {0};
  j->known = j->flag || (j->token[0] && fq_token_actor(k, j->token, &actor));
  j->flag = j->flag || (j->known && (actor.roles & (FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_SERVICE)));
  if (j->flag) j->text = fq_metrics(k);
}

static void metrics_answered(struct job *j) {
  if (!j->known)
    http_error(j->http, 401, FQ_E_SIGNED_OUT, "session.signed_out", "请先登录", "sign in first");
  else if (!j->flag)
    http_error(j->http, 403, FQ_E_FORBIDDEN, "forbidden", "无权查看", "not allowed");
  else {
    char *text = j->text ? j->text : strdup("");
    j->text = NULL;
    http_answer(j->http, 200, "text/plain; version=0.0.4; charset=utf-8", no_store, text, strlen(text));
  }
}

void rpc_metrics(struct http *h) {
  struct job *j = job_new(h, ask_metrics, metrics_answered);
  j->flag = loopback(h->remote);
  http_ask(h, j);
}

static void ask_route(struct job *j, fq_kernel *k) {
  struct fq_actor actor = {0};
  struct fq_http q = {.verb = j->verb,
                      .path = j->path,
                      .query = j->query,
                      .body = j->body,
                      .body_len = j->body_len,
                      .if_none_match = j->known_tag[0] ? j->known_tag : NULL,
                      .status = 200};
  if (j->token[0] && fq_token_actor(k, j->token, &actor)) q.actor = &actor;
  j->flag = fq_route(k, &q);
  j->status = q.status;
  snprintf(j->type, sizeof j->type, "%s", q.type[0] ? q.type : json_type);
  snprintf(j->etag, sizeof j->etag, "%s", q.etag);
  snprintf(j->cache, sizeof j->cache, "%s", q.cache);
  j->text = q.answer;
  j->len = q.answer_len;
}

static void route_answered(struct job *j) {
  if (!j->flag) {
    http_error(j->http, 404, FQ_E_NOT_FOUND, "http.not_found", "没有这个地址", "nothing is at this address");
    return;
  }
  if (strpbrk(j->type, "\r\n")) j->type[0] = 0;
  char *text = j->text, headers[300];
  j->text = NULL;
  if (j->etag[0] && !strpbrk(j->etag, "\r\n") && !strpbrk(j->cache, "\r\n"))
    snprintf(headers, sizeof headers, "Cache-Control: %s\r\nETag: %s\r\nVary: Authorization\r\n",
             j->cache[0] ? j->cache : "no-cache", j->etag);
  else
    snprintf(headers, sizeof headers, "%s", no_store);
  http_answer(j->http, j->status, j->status == 304 ? "" : j->type, headers, text, j->len);
}

void rpc_route(struct http *h) {
  static const char *const verbs[] = {"GET", "POST", "OPTIONS", "PUT", "PATCH", "DELETE", "CONNECT", "HEAD"};
  struct job *j = job_new(h, ask_route, route_answered);
  http_header(h->wsi, WSI_TOKEN_HTTP_IF_NONE_MATCH, j->known_tag, sizeof j->known_tag);
  snprintf(j->verb, sizeof j->verb, "%s", h->verb >= 0 && h->verb < 8 ? verbs[h->verb] : "");
  j->path = strdup(h->path);
  j->query = strdup(h->query);
  j->body = h->body;
  j->body_len = h->body_len;
  h->body = NULL;
  http_ask(h, j);
}
