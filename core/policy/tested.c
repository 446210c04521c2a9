/* What the gate (gate.h) has found, as commands see it: scenarios that failed keep a pack out, unless the one
 * who deploys gives a reason, which stays in the journal beside their titles. Kernel thread. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "policy/gate.h"
#include "policy/module_internal.h"

static enum fq_status refuse(struct fq_error *e, const fq_json *wrong, int64_t failed) {
  const fq_json *first = fq_json_first(wrong);
  const char *file = fq_json_str(first, "file"), *title = fq_json_str(first, "title"),
             *zh = fq_json_str(first, "zh"), *en = fq_json_str(first, "en");
  int line = (int)fq_json_int(first, "line", 0);
  char where[160], name[141];
  fq_copy(name, sizeof name, file ? file : "scenarios");
  snprintf(where, sizeof where, line ? "%s:%d" : "%s", name, line);
  fq_fail(e, FQ_E_POLICY, "pack.scenarios", where, "%lld 个情景没有通过", "%lld scenarios do not come true",
          (long long)failed);
  char *all_zh = fq_printf("%s,首先是 %s“%s”:%s。确要部署请在 override 写明理由", e->zh, where,
                           title ? title : "", zh ? zh : "");
  char *all_en = fq_printf("%s, first %s \"%s\": %s. To deploy all the same give a reason in override", e->en,
                           where, title ? title : "", en ? en : "");
  fq_copy(e->zh, sizeof e->zh, all_zh);
  fq_copy(e->en, sizeof e->en, all_en);
  free(all_zh);
  free(all_en);
  return e->status;
}

static fq_json *overridden(const char *reason, const fq_json *wrong) {
  fq_json *o = fq_json_object(), *titles = fq_json_array();
  fq_json_each(w, wrong) {
    const char *title = fq_json_str(w, "title");
    fq_json_push(titles, fq_json_new_str(title ? title : fq_json_str(w, "file")));
  }
  fq_json_set_str(o, "reason", reason);
  fq_json_set(o, "failed", titles);
  return o;
}

enum fq_status fq_policy_tested(struct fq_call *c, const char *digest, fq_json **tested, fq_json **override) {
  const fq_json *v = fq_policy_verdict(c), *wrong = fq_json_get(v, "wrong");
  const char *reason = fq_json_str(c->params, "override"), *of = fq_json_str(v, "digest");
  int64_t failed = fq_json_int(v, "failed", 0);
  *tested = *override = NULL;
  if (!v) return FQ_OK;
  if (of && strcmp(of, digest))
    return fq_fail(c->error, FQ_E_CONFLICT, "pack.changed", "", "演练情景期间内容变了:请再部署一次",
                   "the files changed while their scenarios were played: deploy again");
  if (failed && !reason) return refuse(c->error, wrong, failed);
  *tested = fq_json_object();
  fq_json_set_int(*tested, "played", fq_json_int(v, "played", 0));
  fq_json_set_int(*tested, "failed", failed);
  if (failed) *override = overridden(reason, wrong);
  return FQ_OK;
}
