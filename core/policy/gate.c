/* Scenarios before a deployment: see gate.h. Kernel thread. */
#include "policy/gate.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/mem.h"
#include "policy/module_internal.h"
#include "policy/pack.h"
#include "policy/scenario.h"

struct fq_gated {
  struct fq_gated *next;
  struct fq_policy *policy;
  fq_candidate_fn candidate;
};
struct passing {
  struct fq_preparing *p;
  char digest[65];
};

void fq_policy_set_gate(fq_kernel *k, fq_gate_fn fn, void *arg) {
  struct fq_policy *p = fq_policy_of(k);
  p->gate = fn;
  p->gate_arg = arg;
}

static fq_json *with_digest(fq_json *verdict, const char *digest) {
  fq_json_set_str(verdict, "digest", digest);
  return verdict;
}

static void done(void *to, fq_json *verdict, const struct fq_error *e) {
  struct passing *x = to;
  if (!verdict) *x->p->error = *e;
  fq_prepared(x->p, verdict ? with_digest(verdict, x->digest) : NULL);
  free(x);
}

static fq_json *nothing_played(void) {
  fq_json *o = fq_json_object();
  fq_json_set_int(o, "played", 0);
  fq_json_set_int(o, "failed", 0);
  fq_json_set(o, "wrong", fq_json_array());
  return o;
}

static void begin(void *self, struct fq_preparing *p) {
  struct fq_gated *g = self;
  struct fq_policy *policy = g->policy;
  if (!policy->gate) {
    fq_prepared(p, NULL);
    return;
  }
  fq_json *candidate = g->candidate(p->kernel, p->params);
  const fq_json *files = fq_json_get(candidate, "files");
  /* The draft may be saved, or the shadow started, before the command's turn comes: it then finds files that
   * nobody has played. */
  if (fq_json_type(files) != FQ_JSON_OBJECT) {
    fq_json_free(candidate);
    fq_prepared(p, with_digest(nothing_played(), ""));
    return;
  }
  char digest[65];
  fq_pack_digest(files, digest);
  if (!fq_scenario_files(files)) {
    fq_json_free(candidate);
    fq_prepared(p, with_digest(nothing_played(), digest));
    return;
  }
  struct passing *x = fq_alloc(sizeof *x);
  x->p = p;
  fq_copy(x->digest, sizeof x->digest, digest);
  policy->gate(policy->gate_arg, p->kernel, candidate, done, x);
}

void fq_policy_gated(fq_kernel *k, const char *method, fq_candidate_fn candidate) {
  struct fq_policy *p = fq_policy_of(k);
  struct fq_gated *g = fq_alloc(sizeof *g);
  *g = (struct fq_gated){p->gated, p, candidate};
  p->gated = g;
  fq_kernel_prepare(k, method, begin, g);
}

const fq_json *fq_policy_verdict(const struct fq_call *c) {
  return fq_call_prepared(c);
}

fq_json *fq_gate_candidate(fq_kernel *k, const fq_json *params) {
  struct fq_candidate is;
  if (fq_candidate_read(k, fq_kernel_db(k), params, &is, NULL)) return NULL;
  fq_json *o = fq_json_object();
  fq_json_set(o, "pack", fq_json_dup(fq_json_get(params, "pack")));
  fq_json_set(o, "files", is.files);
  return o;
}

void fq_gate_fini(struct fq_policy *p) {
  while (p->gated) {
    struct fq_gated *next = p->gated->next;
    free(p->gated);
    p->gated = next;
  }
}
