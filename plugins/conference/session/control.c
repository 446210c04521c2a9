/*
 * control.c - what the chair does to a conference and to its members, and what media/ says of how it is
 * carried. Kernel thread.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/session.h"

enum fq_status cf_conf_kick(struct fq_call *c) {
  struct cf_conf v;
  struct cf_member m;
  enum fq_status s = cf_need_chair(c, &v);
  if (s == FQ_OK) s = cf_need_other(c, &v, "user", CF_A_PUT_OUT, &m);
  if (s != FQ_OK) return s;
  if (!strcmp(m.user, c->actor->name))
    return fq_fail(c->error, FQ_E_PARAMS, "conf.self", "params.user", "不能移出自己,请挂断",
                   "nobody puts himself out: leave");
  fq_json *data = cf_about(m.user);
  if (fq_json_bool(c->params, "ban", false)) fq_json_set_bool(data, "ban", true);
  cf_set_opt(data, "reason", c->params);
  if ((s = cf_emit(c, &v, "conf.kicked", data, m.user)) != FQ_OK) return s;
  if ((s = cf_floor_let_go(c, &v, m.user, "left")) == FQ_OK) cf_answer(c, &v);
  return s;
}

enum fq_status cf_conf_lock(struct fq_call *c) {
  struct cf_conf v;
  bool locked = fq_json_bool(c->params, "locked", true);
  enum fq_status s = cf_need_chair(c, &v);
  if (s == FQ_OK && locked != v.locked) {
    fq_json *data = fq_json_object();
    fq_json_set_bool(data, "locked", locked);
    s = cf_emit(c, &v, "conf.locked", data, NULL);
  }
  if (s == FQ_OK) cf_answer(c, &v);
  return s;
}

/* A desk above it that sits in it makes itself the chair. */
static bool takes_the_chair(struct fq_call *c, const struct cf_conf *v, const struct cf_member *m) {
  const char *role = fq_json_str(c->params, "role");
  return role && cf_role_of(role) == CF_CHAIR && !strcmp(m->user, c->actor->name) && cf_seated(m->state) &&
         cf_desk_of(c->db, c->actor, v->org);
}

enum fq_status cf_conf_role(struct fq_call *c) {
  struct cf_conf v;
  struct cf_member m;
  const char *word = fq_json_str(c->params, "role");
  enum fq_status s = cf_need(c, &v);
  if (s == FQ_OK) s = cf_need_other(c, &v, "user", CF_A_PUT_OUT, &m);
  if (s == FQ_OK && !takes_the_chair(c, &v, &m)) s = cf_need_chair(c, &v);
  if (s != FQ_OK) return s;
  enum cf_role role = word ? cf_role_of(word) : m.role;
  if (m.role == CF_FAMILY && role != CF_FAMILY)
    return fq_fail(c->error, FQ_E_CONFLICT, "conf.family", "params.role", "家属的身份不能更改",
                   "a relative stays a relative");
  if (!word && !fq_json_get(c->params, "priority"))
    return fq_fail(c->error, FQ_E_PARAMS, "params.missing", "params.role", "写 role 或 priority",
                   "role or priority is wanted");
  uint32_t roles = (uint32_t)fq_int(c->db, 0, "SELECT roles FROM account WHERE name = ?1", "s", m.user);
  int64_t usual = role == m.role ? m.priority : cf_priority(c->db, &v, m.user, roles, role);
  int64_t priority = fq_json_int(c->params, "priority", usual);
  if (role != m.role || priority != m.priority) {
    fq_json *data = cf_about(m.user);
    fq_json_set_str(data, "role", cf_role_name(role));
    fq_json_set_int(data, "priority", priority);
    s = cf_emit(c, &v, "conf.role_set", data, m.user);
    if (s == FQ_OK && role == CF_VIEWER) s = cf_floor_let_go(c, &v, m.user, "taken");
  }
  if (s == FQ_OK) cf_answer(c, &v);
  return s;
}

/* The one named, else all who sit there but the chairs. `muted`: only those for whom it would change. */
static enum fq_status chosen(struct fq_call *c, const struct cf_conf *v,
                             bool (*wanted)(const struct cf_member *), fq_json **out) {
  fq_json *users = fq_json_array();
  *out = users;
  if (fq_json_str(c->params, "user")) {
    struct cf_member m;
    enum fq_status s = cf_need_other(c, v, "user", CF_A_LEAVE, &m);
    if (s == FQ_OK && wanted(&m)) fq_json_push(users, fq_json_new_str(m.user));
    return s;
  }
  size_t count;
  struct cf_member *list = cf_members(c->db, v->n, &count);
  for (size_t k = 0; k < count; k++)
    if (!list[k].hidden && cf_seated(list[k].state) && list[k].role != CF_CHAIR && wanted(&list[k]))
      fq_json_push(users, fq_json_new_str(list[k].user));
  free(list);
  return FQ_OK;
}

static bool not_silenced(const struct cf_member *m) {
  return !m->silenced;
}
static bool silenced(const struct cf_member *m) {
  return m->silenced;
}
static bool unheard(const struct cf_member *m) {
  return m->silenced || m->muted;
}

/* A media server enforces it; from page to page it is asked for, and the pages obey. What somebody has chosen
 * himself stands again when the chair's mute is lifted: nobody's microphone is opened from afar. */
enum fq_status cf_conf_mute(struct fq_call *c) {
  struct cf_conf v;
  fq_json *users = NULL;
  bool muted = fq_json_bool(c->params, "muted", true);
  enum fq_status s = cf_need_chair(c, &v);
  if (s == FQ_OK) s = chosen(c, &v, muted ? not_silenced : silenced, &users);
  if (s != FQ_OK || !fq_json_size(users)) {
    fq_json_free(users);
  } else {
    fq_json *data = fq_json_object();
    fq_json_set(data, "users", users);
    fq_json_set_bool(data, "muted", muted);
    fq_json_set_bool(data, "enforced", !strcmp(v.backend, "janus"));
    s = cf_emit(c, &v, "conf.muted", data, NULL);
  }
  if (s != FQ_OK) return s;
  cf_answer(c, &v);
  fq_json_set_bool(c->result, "enforced", !strcmp(v.backend, "janus"));
  return FQ_OK;
}

enum fq_status cf_conf_ask_unmute(struct fq_call *c) {
  struct cf_conf v;
  fq_json *users = NULL;
  enum fq_status s = cf_need_chair(c, &v);
  if (s == FQ_OK) s = chosen(c, &v, unheard, &users);
  if (s != FQ_OK || !fq_json_size(users)) {
    fq_json_free(users);
  } else {
    fq_json *data = fq_json_object();
    fq_json_set(data, "users", users);
    fq_json_set_str(data, "by", c->actor->name);
    s = cf_emit(c, &v, "conf.unmute_asked", data, NULL);
  }
  if (s == FQ_OK) cf_answer(c, &v);
  return s;
}

enum fq_status cf_conf_quality(struct fq_call *c) {
  struct cf_conf v;
  struct cf_member m;
  const char *quality = fq_json_str(c->params, "quality");
  enum fq_status s = cf_need_chair(c, &v);
  if (s == FQ_OK) s = cf_need_other(c, &v, "user", CF_A_LEAVE, &m);
  if (s == FQ_OK && strcmp(quality, m.quality) != 0) {
    fq_json *data = cf_about(m.user);
    fq_json_set_str(data, "quality", quality);
    s = cf_emit(c, &v, "conf.quality_set", data, NULL);
  }
  if (s == FQ_OK) cf_answer(c, &v);
  return s;
}

enum fq_status cf_conf_layout(struct fq_call *c) {
  struct cf_conf v;
  struct cf_member m;
  const char *layout = fq_json_str(c->params, "layout"), *user = fq_json_str(c->params, "spotlight");
  enum fq_status s = cf_need_chair(c, &v);
  if (s == FQ_OK && !strcmp(layout, "spotlight") && !user)
    s = fq_fail(c->error, FQ_E_PARAMS, "params.missing", "params.spotlight", "写明突出谁",
                "who stands in the spotlight?");
  if (s == FQ_OK && user) s = cf_need_other(c, &v, "spotlight", CF_A_LEAVE, &m);
  if (s != FQ_OK) return s;
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "layout", layout);
  if (!strcmp(layout, "spotlight")) fq_json_set_str(data, "spotlight", user);
  if (!strcmp(layout, "rotate")) fq_json_set_int(data, "rotate_s", fq_json_int(c->params, "rotate_s", 10));
  if ((s = cf_emit(c, &v, "conf.layout_set", data, NULL)) == FQ_OK) cf_answer(c, &v);
  return s;
}

enum fq_status cf_conf_broadcast(struct fq_call *c) {
  struct cf_conf v;
  struct cf_member m;
  const char *user = fq_json_str(c->params, "user");
  enum fq_status s = cf_need_chair(c, &v);
  if (s == FQ_OK && user) s = cf_need_other(c, &v, "user", CF_A_LEAVE, &m);
  if (s == FQ_OK && strcmp(v.broadcast, user ? user : "") != 0)
    s = cf_emit(c, &v, "conf.broadcast_set", user ? cf_about(user) : fq_json_object(), NULL);
  if (s == FQ_OK) cf_answer(c, &v);
  return s;
}

/* ---- told by media/ ------------------------------------------------------------------------------------ */

enum fq_status cf_conf_backend_set(struct fq_call *c) {
  static const char *const members[] = {"backend", "why_zh", "why_en", "degraded", "cap", "cannot"};
  struct cf_conf v;
  if (!cf_conf_load(c->db, fq_json_str(c->params, "id"), &v) || !cf_live(&v)) return FQ_OK;
  fq_json *data = fq_json_object();
  for (size_t k = 0; k < sizeof members / sizeof *members; k++)
    cf_set_opt(data, members[k], c->params);
  enum cf_state next =
      cf_next(fq_json_bool(c->params, "degraded", false) ? CF_V_DEGRADE : CF_V_RECOVER, v.state);
  if (next != v.state) fq_json_set_str(data, "state", cf_state_name(next));
  return cf_emit(c, &v, "conf.backend_set", data, NULL);
}

enum fq_status cf_conf_recording_set(struct fq_call *c) {
  static const char *const members[] = {"on", "by", "why_zh", "why_en"};
  struct cf_conf v;
  bool on = fq_json_bool(c->params, "on", false);
  if (!cf_conf_load(c->db, fq_json_str(c->params, "id"), &v) || v.recording == on || (on && !cf_live(&v)))
    return FQ_OK;
  fq_json *data = fq_json_object();
  for (size_t k = 0; k < sizeof members / sizeof *members; k++)
    cf_set_opt(data, members[k], c->params);
  if (v.state == CF_ENDING) fq_json_set_str(data, "state", cf_state_name(cf_next(CF_V_CLOSE, v.state)));
  return cf_emit(c, &v, "conf.recording_set", data, NULL);
}
