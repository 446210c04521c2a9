/* conf.c - what this part asks of the conference itself. Kernel thread; loading on any thread. */
#include <stdio.h>

#include "guest/guest.h"
#include "session/session.h"

enum fq_status cg_conf_need(fq_db *db, const char *id, struct cg_conf *out, struct fq_error *e) {
  struct cf_conf v;
  if (!cf_conf_load(db, id, &v))
    return fq_fail(e, FQ_E_NOT_FOUND, "conf.unknown", "params.id", "没有会商 %s", "no conference %s", id);
  cf_text(out->id, sizeof out->id, v.id);
  cf_text(out->org, sizeof out->org, v.org);
  cf_text(out->title, sizeof out->title, v.title);
  out->over = !cf_live(&v);
  return FQ_OK;
}

bool cg_is_chair(fq_db *db, const char *conf, const char *user) {
  struct cf_member m;
  return cf_member_load(db, cf_id_n(conf), user, &m) && m.role == CF_CHAIR;
}

bool cg_seated(fq_db *db, const char *conf, const char *user) {
  struct cf_member m;
  return cf_member_load(db, cf_id_n(conf), user, &m) && m.state != CF_LEFT;
}
