/* Tells sessions what it is asked to, and has guests: what a plugin may do outside of ticks, over the real
 * socket. tests/integration/tell.test.mjs. */
#include <fengqiao.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct telling {
  char session[32];
  int64_t from, count, bytes;
};

struct teller {
  fq_kernel *kernel;
  char gone[160]; /* the last session that ended, and whose */
};

static enum fq_status apply(struct fq_apply *a, const struct fq_entry *e) {
  (void)a, (void)e;
  return FQ_OK;
}

static void tell(fq_kernel *k, void *arg) {
  struct telling *t = arg;
  char *filler = malloc((size_t)t->bytes + 1);
  memset(filler, 'x', (size_t)t->bytes);
  filler[t->bytes] = '\0';
  bool there = true;
  for (int64_t i = 0; i < t->count && there; i++) {
    fq_json *data = fq_json_object();
    fq_json_set_int(data, "i", t->from + i);
    fq_json_set_str(data, "filler", filler);
    there = fq_tell(k, t->session, "told", data);
  }
  free(filler);
  free(t);
}

static enum fq_status run(struct fq_call *c) {
  struct teller *self = c->self;
  struct telling *t = calloc(1, sizeof *t);
  const char *to = fq_json_str(c->params, "session");
  snprintf(t->session, sizeof t->session, "%s", to ? to : c->session);
  t->from = fq_json_int(c->params, "from", 0);
  t->count = fq_json_int(c->params, "count", 1);
  t->bytes = fq_json_int(c->params, "bytes", 0);
  fq_json_set_str(c->result, "session", t->session);
  fq_json *data = fq_json_object();
  fq_json_set_int(data, "from", t->from);
  char audience[FQ_ID_MAX + 8];
  snprintf(audience, sizeof audience, "user/%s", c->actor->name);
  fq_post(self->kernel, tell, t); /* after the commit */
  return fq_emit(c, (struct fq_draft){.kind = "teller.tells", .audience = audience, .data = data});
}

static enum fq_status gone(struct fq_query *q) {
  struct teller *self = q->self;
  fq_json_set_str(q->result, "gone", self->gone);
  return FQ_OK;
}

static void end(struct fq_call *c) {
  struct teller *self = c->self;
  fq_guest_end(self->kernel, fq_json_str(c->params, "user"));
}

static void session_gone(void *self, const char *session, const char *user) {
  struct teller *t = self;
  snprintf(t->gone, sizeof t->gone, "%s %s", session, user);
}

/* "g.<name>" is the guest of that name, for a minute. */
static bool guest(void *self, fq_db *db, const char *token, int64_t now_ms, struct fq_guest *out) {
  (void)self, (void)db;
  if (strncmp(token, "g.", 2) != 0) return false;
  snprintf(out->user, sizeof out->user, "%s", token + 2);
  snprintf(out->org, sizeof out->org, "430525");
  out->roles = FQ_ROLE_FAMILY;
  out->until_ms = now_ms + 60000;
  return true;
}

static enum fq_status init(void *arg, fq_kernel *k, struct fq_error *e) {
  (void)e;
  ((struct teller *)arg)->kernel = k;
  return FQ_OK;
}

static const struct fq_kind kinds[] = {{.name = "teller.tells",
                                        .apply = apply,
                                        .flags = FQ_KIND_QUIET,
                                        .zh = "要说了",
                                        .en = "is about to tell"},
                                       {0}};
static const struct fq_param tell_params[] = {
    {.name = "session", .type = FQ_T_STRING, .max = 31, .zh = "说给谁", .en = "whom; by itself: who asks"},
    {.name = "from", .type = FQ_T_INT, .zh = "起始号", .en = "number of the first"},
    {.name = "count", .type = FQ_T_INT, .min = 1, .max = 10000, .zh = "几句", .en = "how many"},
    {.name = "bytes", .type = FQ_T_INT, .min = 0, .max = 4096, .zh = "每句多长", .en = "how long each is"},
    {0}};
static const struct fq_param end_params[] = {
    {.name = "user", .type = FQ_T_ID, .required = true, .zh = "客人", .en = "the guest"}, {0}};
static const struct fq_method methods[] = {{.name = "teller.tell",
                                            .roles = FQ_ROLE_ALL,
                                            .params = tell_params,
                                            .run = run,
                                            .zh = "说",
                                            .en = "tells",
                                            .result = "{session}"},
                                           {.name = "teller.gone",
                                            .roles = FQ_ROLE_ALL,
                                            .flags = FQ_LIVE,
                                            .query = gone,
                                            .zh = "谁走了",
                                            .en = "who has gone",
                                            .result = "{gone}"},
                                           {.name = "teller.end",
                                            .roles = FQ_ROLE_DESK,
                                            .params = end_params,
                                            .volatile_run = end,
                                            .zh = "结束客人",
                                            .en = "ends a guest",
                                            .result = "{}"},
                                           {0}};

FQ_PLUGIN = {
    FQ_PLUGIN_HEAD,
    .name = "teller",
    .version = "0.1.0",
    .zh = "测试插件",
    .en = "a plugin for tests",
    .kinds = kinds,
    .methods = methods,
    .self_bytes = sizeof(struct teller),
    .init = init,
    .session_gone = session_gone,
    .guest = guest,
};
