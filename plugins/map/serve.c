/*
 * serve.c - the map in memory and on the wire: GET /api/v1/map. It is read by a helper thread, at the start
 * and whenever another one is set; until then there is the one before. Kernel thread, but for load().
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "map.h"

struct loading {
  struct map_self *self;
  char data_dir[512], sha256[65], *notice;
  struct map_book *book;
  struct fq_error error;
};

static void refreshed(struct map_self *self) {
  self->asked = false;
  if (self->again) map_refresh(self);
}

static void load(void *arg) { /* helper thread */
  struct loading *l = arg;
  l->book = map_load(l->data_dir, l->sha256, &l->error);
}

static void loaded(fq_kernel *k, void *arg) {
  (void)k;
  struct loading *l = arg;
  struct map_self *self = l->self;
  if (l->book) {
    map_free(self->book);
    self->book = l->book;
    if (l->notice) free(l->book->notice), l->book->notice = l->notice;
  } else
    fq_log(FQ_LOG_WARN, "map: %s: %s", l->sha256, l->error.en), free(l->notice);
  free(l);
  refreshed(self);
}

static void answered(struct fq_request *r) {
  struct map_self *self = r->user;
  fq_json *parsed = r->result_text ? fq_json_parse(r->result_text, strlen(r->result_text), NULL) : NULL;
  const fq_json *stands = parsed ? parsed : r->result;
  const char *sha = fq_json_str(stands, "sha256"), *notice = fq_json_str(stands, "notice");
  struct loading *l = NULL;
  if (sha && (!self->book || strcmp(self->book->sha256, sha))) {
    l = calloc(1, sizeof *l);
    if (!l) abort();
    l->self = self;
    snprintf(l->data_dir, sizeof l->data_dir, "%s", fq_data_dir(self->kernel));
    snprintf(l->sha256, sizeof l->sha256, "%s", sha);
    l->notice = notice ? strdup(notice) : NULL;
  }
  fq_json_free(parsed);
  fq_json_free(r->params);
  fq_json_free(r->result);
  free(r->result_text);
  free(r);
  if (l)
    fq_work(self->kernel, load, loaded, l);
  else
    refreshed(self);
}

/* What stands is asked for as anybody would: after the commit, of a reader. */
void map_refresh(struct map_self *self) {
  if (!*fq_data_dir(self->kernel)) return; /* in memory: there are no files */
  self->again = self->asked;
  if (self->asked) return;
  self->asked = true;
  struct fq_request *r = calloc(1, sizeof *r);
  if (!r) abort();
  snprintf(r->method, sizeof r->method, "map.get");
  r->params = fq_json_object();
  r->reply = answered;
  r->user = self;
  fq_submit(self->kernel, r);
}

/* ---- the wire ------------------------------------------------------------------------------- */

static bool for_all(const struct map_area *a) {
  return !strcmp(a->kind, "county") || !strcmp(a->kind, "township");
}

static bool within(const struct map_book *m, int at, int top) {
  while (at >= 0 && at != top)
    at = m->areas[at].parent;
  return at == top;
}

/* The township around an area: what lies right below the top. -1 for the top itself. */
static int township(const struct map_book *m, int at) {
  while (at >= 0 && m->areas[at].parent >= 0 && m->areas[m->areas[at].parent].parent >= 0)
    at = m->areas[at].parent;
  return at >= 0 && m->areas[at].parent >= 0 ? at : -1;
}

static char *collection(const struct map_book *m, bool signed_in, int around, size_t *len) {
  fq_json *head = fq_json_object();
  fq_json_set_str(head, "type", "FeatureCollection");
  if (m->notice) fq_json_set_str(head, "notice", m->notice);
  if (m->attribution) fq_json_set_str(head, "attribution", m->attribution);
  char *text = fq_json_print(head);
  fq_json_free(head);
  size_t cap = strlen(text) + 32;
  for (int i = 0; i < m->count; i++)
    cap += strlen(m->areas[i].text) + 1;
  char *out = malloc(cap), *at = out;
  if (!out) abort();
  at += sprintf(at, "%.*s,\"features\":[", (int)strlen(text) - 1, text);
  free(text);
  bool first = true;
  for (int i = 0; i < m->count; i++) {
    if (around >= 0 ? !within(m, i, around) : !signed_in && !for_all(&m->areas[i])) continue;
    if (!first) *at++ = ',';
    at = stpcpy(at, m->areas[i].text);
    first = false;
  }
  at = stpcpy(at, "]}");
  *len = (size_t)(at - out);
  return out;
}

static void refuse(struct fq_http *h, int status, enum fq_status st, const char *code, const char *zh,
                   const char *en) {
  struct fq_error e = {0};
  fq_fail(&e, st, code, "", "%s%.0s", "%.0s%s", zh, en);
  fq_json *wrap = fq_json_object();
  fq_json_set(wrap, "error", fq_json_from_error(&e));
  h->answer = fq_json_print(wrap);
  h->answer_len = strlen(h->answer);
  h->status = status;
  fq_json_free(wrap);
}

/* "around=430525001001", as browsers write it. */
static void asked_around(const char *query, char out[FQ_ID_MAX]) {
  size_t n = 0;
  out[0] = '\0';
  const char *at = strncmp(query, "around=", 7) == 0 ? query + 7 : strstr(query, "&around=");
  if (!at) return;
  if (*at == '&') at += 8;
  for (; *at && *at != '&' && n + 1 < FQ_ID_MAX; at++) {
    unsigned c = (unsigned char)*at;
    if (c == '%' && sscanf(at + 1, "%2x", &c) == 1 && at[1] && at[2]) at += 2;
    out[n++] = (char)c;
  }
  out[n] = '\0';
}

void map_route(void *arg, struct fq_http *h) {
  struct map_self *self = arg;
  const struct map_book *m = self->book;
  char id[FQ_ID_MAX];
  if (*h->path) {
    refuse(h, 404, FQ_E_NOT_FOUND, "http.not_found", "没有这个地址", "nothing is at this address");
    return;
  }
  if (strcmp(h->verb, "GET") != 0 && strcmp(h->verb, "HEAD") != 0) {
    refuse(h, 405, FQ_E_REQUEST, "http.method", "此路径只接受 GET", "this path takes GET");
    return;
  }
  if (!m) {
    refuse(h, self->asked ? 503 : 404, self->asked ? FQ_E_OVERLOADED : FQ_E_NOT_FOUND,
           self->asked ? "map.loading" : "map.none",
           self->asked ? "地图正在载入，请稍后再试" : "本县还没有地图",
           self->asked ? "the map is being loaded, try again" : "this county has no map yet");
    return;
  }
  asked_around(h->query ? h->query : "", id);
  int around = h->actor && *id ? township(m, map_find(m, id)) : -1;
  bool all = h->actor && !*id; /* a unit that is not drawn has no surroundings: the outlines, then */
  snprintf(h->etag, sizeof h->etag, "\"%.20s-%s\"", m->sha256,
           around >= 0 ? m->areas[around].id
           : all       ? "all"
                       : "outline");
  snprintf(h->type, sizeof h->type, "application/geo+json; charset=utf-8");
  snprintf(h->cache, sizeof h->cache, "private, no-cache");
  if (h->if_none_match && strstr(h->if_none_match, h->etag)) {
    h->status = 304;
    return;
  }
  self->served++;
  h->answer = collection(m, all, around, &h->answer_len);
}
