/*
 * self.c - what a member does from his own seat: microphone, camera, hand, words. Kernel thread.
 */
#include <string.h>

#include "session/session.h"

/* Muted by the chair one stays so until one is asked to speak. */
enum fq_status cf_conf_self(struct fq_call *c) {
  static const char *const members[] = {"muted", "camera", "hand", "screen", "quality"};
  struct cf_conf v;
  struct cf_member me;
  enum fq_status s = cf_need_seat(c, &v, &me);
  if (s != FQ_OK) return s;
  const fq_json *muted = fq_json_get(c->params, "muted");
  bool opens = muted && !fq_json_bool(c->params, "muted", true);
  if (opens && me.silenced && !me.may_unmute)
    return fq_fail(c->error, FQ_E_CONFLICT, "conf.muted", "params.muted", "主持人已将您静音:请举手",
                   "the chair has muted you: raise your hand");
  if (fq_json_bool(c->params, "screen", false) && me.role == CF_VIEWER)
    return fq_fail(c->error, FQ_E_FORBIDDEN, "conf.viewer", "params.screen", "观看者不能共享屏幕",
                   "a viewer shows nothing");
  fq_json *data = cf_about(me.user);
  for (size_t k = 0; k < sizeof members / sizeof *members; k++)
    cf_set_opt(data, members[k], c->params);
  if (opens && me.silenced) fq_json_set_bool(data, "silenced", false);
  if (fq_json_size(data) == 1)
    fq_json_free(data);
  else
    s = cf_emit(c, &v, "conf.self_set", data, NULL);
  if (s == FQ_OK) cf_answer(c, &v);
  return s;
}

enum fq_status cf_conf_text(struct fq_call *c) {
  struct cf_conf v;
  struct cf_member me;
  enum fq_status s = cf_need_seat(c, &v, &me);
  if (s != FQ_OK) return s;
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "by", me.user);
  if (!me.guest) fq_json_set_str(data, "name", me.name);
  fq_json_set_str(data, "text", fq_json_str(c->params, "text"));
  if ((s = cf_emit(c, &v, "conf.text", data, NULL)) == FQ_OK) cf_answer(c, &v);
  return s;
}
