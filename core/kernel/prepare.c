/*
 * The slow part of a request, before its tick: see fq_kernel_prepare(). The kernel's own: scrypt takes tens
 * of milliseconds and an upload is read once more; neither may hold up anybody else, so helper threads do it.
 * Kernel thread, but for the work functions.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "kernel/account.h"
#include "kernel/internal.h"

struct preparer {
  fq_prepare_fn begin;
  void *self;
};
struct preparation {
  struct fq_preparing shown; /* first: a pointer to it is also this one */
  struct fq_request *request;
};

void fq_kernel_prepare(fq_kernel *k, const char *method, fq_prepare_fn begin, void *self) {
  struct preparer *p = fq_alloc(sizeof *p);
  *p = (struct preparer){begin, self};
  free(fq_map_take(&k->preparers, method));
  fq_map_put(&k->preparers, method, p);
}

bool fq_prepare(fq_kernel *k, struct fq_request *r) {
  const struct preparer *how = fq_map_get(k->preparers, r->method);
  if (!how) return false;
  struct preparation *p = fq_alloc(sizeof *p);
  *p = (struct preparation){
      .shown = {.kernel = k, .params = r->params, .remote = r->remote, .error = &r->error}, .request = r};
  k->preparing++;
  how->begin(how->self, &p->shown);
  return true;
}

void fq_prepared(struct fq_preparing *shown, fq_json *found) {
  struct preparation *p = (struct preparation *)shown;
  fq_kernel *k = shown->kernel;
  struct fq_request *r = p->request;
  free(p);
  k->preparing--;
  r->state->prepared = found;
  if (r->error.status)
    fq_answer(k, r);
  else
    fq_enqueue(k, r);
}

const fq_json *fq_call_prepared(const struct fq_call *c) {
  return c->tick->prepared;
}

/* -- the kernel's own
 * ------------------------------------------------------------------------------------------ */

struct slow {
  struct fq_preparing *p;
  char *secret; /* a password's hash, on its way to or from the helper; the data directory for an upload */
};

static void hand_over(struct fq_preparing *p, char *secret, void (*work)(void *arg),
                      void (*done)(fq_kernel *k, void *arg)) {
  struct slow *s = fq_alloc(sizeof *s);
  *s = (struct slow){p, secret};
  fq_work(p->kernel, work, done, s);
}

static void finish(struct slow *s) {
  struct fq_preparing *p = s->p;
  free(s->secret);
  free(s);
  fq_prepared(p, NULL);
}

/* The hash to verify against becomes the verdict: NULL for wrong. */
static void verify(void *arg) {
  struct slow *s = arg;
  bool right = fq_password_verify(fq_json_str(s->p->params, "password"), s->secret);
  free(s->secret);
  s->secret = right ? fq_strdup("ok") : NULL;
}

static void verified(fq_kernel *k, void *arg) {
  struct slow *s = arg;
  fq_login_end(k, s->p->params, s->p->remote, s->secret != NULL, s->p->error);
  finish(s);
}

static void login(void *self, struct fq_preparing *p) {
  char *secret = NULL;
  if (fq_login_begin(p->kernel, p->params, p->remote, &secret, p->error))
    fq_prepared(p, NULL);
  else
    hand_over(p, secret, verify, verified);
}

/* The old password's hash becomes the new one's; NULL when the old one was wrong. */
static void rehash(void *arg) {
  struct slow *s = arg;
  bool right = fq_password_verify(fq_json_str(s->p->params, "old"), s->secret);
  free(s->secret);
  s->secret = right ? fq_password_hash(fq_json_str(s->p->params, "password"), FQ_SCRYPT_LOG2_N) : NULL;
}

static void rehashed(fq_kernel *k, void *arg) {
  struct slow *s = arg;
  const struct fq_request *r = ((struct preparation *)s->p)->request;
  fq_json_remove(s->p->params, "old");
  if (!fq_password_end(k, r->state->actor.name, s->p->remote, s->secret != NULL, s->p->error))
    fq_json_set_str(s->p->params, "password", s->secret);
  finish(s);
}

static void own_password(void *self, struct fq_preparing *p) {
  const struct fq_request *r = ((struct preparation *)p)->request;
  char *secret = NULL;
  fq_json *who = fq_json_object();
  fq_json_set_str(who, "name", r->state->actor.name);
  if (!strcmp(fq_json_str(p->params, "old"), fq_json_str(p->params, "password")))
    fq_fail(p->error, FQ_E_PARAMS, "password.same", "params.password", "新密码应与原密码不同",
            "expected another password than the old one");
  if (p->error->status || fq_login_begin(p->kernel, who, p->remote, &secret, p->error))
    fq_prepared(p, NULL);
  else
    hand_over(p, secret, rehash, rehashed);
  fq_json_free(who);
}

static void hash(void *arg) {
  struct slow *s = arg;
  s->secret = fq_password_hash(fq_json_str(s->p->params, "password"), FQ_SCRYPT_LOG2_N);
}

static void hashed(fq_kernel *k, void *arg) {
  struct slow *s = arg;
  fq_json_set_str(s->p->params, "password", s->secret);
  finish(s);
}

static void password(void *self, struct fq_preparing *p) {
  if (fq_json_str(p->params, "password"))
    hand_over(p, NULL, hash, hashed);
  else
    fq_prepared(p, NULL);
}

/* Of a table of accounts: the hashes, a line each, an empty one for whoever has none. */
static void hash_many(void *arg) {
  struct slow *s = arg;
  struct fq_buf lines = {0};
  fq_json_each(u, fq_json_get(s->p->params, "users")) {
    const char *plain = fq_json_str(u, "password");
    char *one = plain ? fq_password_hash(plain, FQ_SCRYPT_LOG2_N) : NULL;
    fq_buf_fmt(&lines, "%s\n", one ? one : "");
    free(one);
  }
  s->secret = lines.data;
}

static void hashed_many(fq_kernel *k, void *arg) {
  struct slow *s = arg;
  char *rest = s->secret, *line;
  fq_json_each(u, fq_json_get(s->p->params, "users")) if ((line = strsep(&rest, "\n")) && *line)
      fq_json_set_str((fq_json *)u, "password", line);
  finish(s);
}

static void passwords(void *self, struct fq_preparing *p) {
  hand_over(p, NULL, hash_many, hashed_many);
}

static void take(void *arg) {
  struct slow *s = arg;
  const struct fq_request *r = ((struct preparation *)s->p)->request;
  fq_blob_take(s->secret, s->p->params, !strcmp(r->state->name, FQ_NOBODY), s->p->error);
}

static void taken(fq_kernel *k, void *arg) {
  finish(arg);
}

static void blob(void *self, struct fq_preparing *p) {
  hand_over(p, fq_strdup(fq_data_dir(p->kernel)), take, taken);
}

/* -- a plugin's */

struct plugins {
  struct fq_preparing *p;
  const struct fq_preparation *how;
};

static void plugins_work(void *arg) {
  struct plugins *w = arg;
  w->how->work(fq_data_dir(w->p->kernel), w->p->params, w->p->error);
}

static void plugins_done(fq_kernel *k, void *arg) {
  struct plugins *w = arg;
  struct fq_preparing *p = w->p;
  free(w);
  fq_prepared(p, NULL);
}

static void plugins_begin(void *self, struct fq_preparing *p) {
  struct plugins *w = fq_alloc(sizeof *w);
  *w = (struct plugins){p, self};
  fq_work(p->kernel, plugins_work, plugins_done, w);
}

void fq_prepare_add(fq_kernel *k, const struct fq_plugin *table) {
  if (table->size <= offsetof(struct fq_plugin, prepares)) return;
  for (const struct fq_preparation *x = table->prepares; x && x->method; x++)
    fq_kernel_prepare(k, x->method, plugins_begin, (void *)(uintptr_t)x);
}

void fq_prepare_init(fq_kernel *k) {
  fq_kernel_prepare(k, "session.login", login, NULL);
  fq_kernel_prepare(k, "session.password", own_password, NULL);
  fq_kernel_prepare(k, "user.add", password, NULL);
  fq_kernel_prepare(k, "user.add_many", passwords, NULL);
  fq_kernel_prepare(k, "user.password", password, NULL);
  fq_kernel_prepare(k, "blob.commit", blob, NULL);
}
