/*
 * The slow part of a request, done on a helper thread before its tick: scrypt takes tens of milliseconds and
 * must not hold up anybody else. Begin and end run on the kernel thread, work on a helper.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "kernel/account.h"
#include "kernel/internal.h"

static bool is_login(const struct fq_request *r) {
  return !strcmp(r->method, "session.login");
}

static bool is_blob(const struct fq_request *r) {
  return !strcmp(r->method, "blob.commit");
}

bool fq_prepare_needed(const struct fq_request *r) {
  if (r->state->prepared) return false;
  if (is_blob(r)) return true;
  return is_login(r) || ((!strcmp(r->method, "user.add") || !strcmp(r->method, "user.password")) &&
                         fq_json_str(r->params, "password"));
}

enum fq_status fq_prepare_begin(fq_kernel *k, struct fq_request *r) {
  if (is_blob(r)) r->state->secret = fq_strdup(k->data_dir);
  if (!is_login(r)) return FQ_OK;
  return fq_login_begin(k, r->params, r->remote, &r->state->secret, &r->error);
}

/* Replaces a password by its hash, or a stored hash by the verdict: NULL for wrong. */
void fq_prepare_work(struct fq_request *r) {
  const char *password = fq_json_str(r->params, "password");
  char *out = NULL;
  if (is_blob(r)) {
    fq_blob_take(r->state->secret, r->params, &r->error);
    return;
  }
  if (!is_login(r))
    out = fq_password_hash(password, FQ_SCRYPT_LOG2_N);
  else if (fq_password_verify(password, r->state->secret))
    out = fq_strdup("ok");
  free(r->state->secret);
  r->state->secret = out;
}

enum fq_status fq_prepare_end(fq_kernel *k, struct fq_request *r) {
  r->state->prepared = true;
  if (is_blob(r)) return r->error.status;
  if (!is_login(r)) {
    fq_json_set_str(r->params, "password", r->state->secret);
    return FQ_OK;
  }
  return fq_login_end(k, r->params, r->remote, r->state->secret != NULL, &r->error);
}
