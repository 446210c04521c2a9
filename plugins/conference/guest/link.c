/*
 * link.c - links for relatives: given, taken back, run out. A link lost on its way is given again under the
 * same name, and the one before it opens nothing any more. Kernel thread.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest/guest.h"

#define HOUR_MS INT64_C(3600000)
#define HOURS   12.0 /* a link's life when nothing is said */
#define MOST    20   /* guests of one conference whose links open */

/* ---- whose it is to give --------------------------------------------------------------------------------
 */

static enum fq_status unknown_guest(struct fq_error *e, const char *id) {
  return fq_fail(e, FQ_E_NOT_FOUND, "conf.guest_unknown", "params.guest", "没有访客 %s", "no guest %s", id);
}

/* The chair's own, or a desk's in whose reach the conference lies. */
static void target(struct fq_call *c, const char *conf, const char *org, struct fq_target *t) {
  snprintf(t->org, sizeof t->org, "%s", org);
  t->own = cg_is_chair(c->db, conf, c->actor->name);
}

enum fq_status cg_target_conf(struct fq_call *c, struct fq_target *t) {
  struct cg_conf v;
  enum fq_status s = cg_conf_need(c->db, fq_json_str(c->params, "id"), &v, c->error);
  if (s == FQ_OK) target(c, v.id, v.org, t);
  return s;
}

enum fq_status cg_target_guest(struct fq_call *c, struct fq_target *t) {
  struct cg_guest g;
  const char *id = fq_json_str(c->params, "guest");
  if (!cg_load(c->db, id, &g)) return unknown_guest(c->error, id);
  target(c, g.conf, g.org, t);
  return FQ_OK;
}

bool cg_may(fq_db *db, const struct fq_actor *a, const char *conf, const char *org) {
  return a->system || cg_is_chair(db, conf, a->name) ||
         (a->roles & FQ_ROLE_DESK && fq_org_within(db, org, a->org));
}

static enum fq_status need_right(struct fq_call *c, const char *conf, const char *org) {
  if (cg_may(c->db, c->actor, conf, org)) return FQ_OK;
  return fq_fail(c->error, FQ_E_FORBIDDEN, "conf.chair", "params.id", "只有主持人或值班台可以发家属链接",
                 "links for relatives are the chair's or a desk's to give");
}

/* Heard by whoever gives links of it, not by those who sit in it. */
static enum fq_status tell(struct fq_call *c, const char *kind, const char *conf, const char *org,
                           const char *giver, fq_json *data) {
  char audience[FQ_ID_MAX + 8];
  snprintf(audience, sizeof audience, "user/%s", giver);
  return fq_emit(
      c, (struct fq_draft){.kind = kind, .subject = conf, .org = org, .audience = audience, .data = data});
}

/* ---- giving one -----------------------------------------------------------------------------------------
 */

/* 138 1234 5678, +86-138…: the digits alone, without the country's code. */
static enum fq_status phone_of(struct fq_call *c, char out[16]) {
  const char *given = fq_json_str(c->params, "phone");
  size_t n = 0;
  out[0] = '\0';
  if (!given) return FQ_OK;
  for (const char *p = given; *p; p++)
    if (isdigit((unsigned char)*p)) {
      if (n == 15) n = 16;
      if (n < 15) out[n++] = *p;
    } else if (!strchr(" -()+", *p)) {
      n = 16;
    }
  if (n >= 7 && n <= 15) {
    out[n] = '\0';
    if (n > 11 && !strncmp(out, "86", 2)) memmove(out, out + 2, n - 1);
    return FQ_OK;
  }
  return fq_fail(c->error, FQ_E_PARAMS, "conf.phone", "params.phone", "电话须为 7 至 15 位数字",
                 "a telephone number has 7 to 15 digits");
}

/* The guest to whom a link goes again: given under this name, and never opened. */
static int64_t unopened(struct fq_call *c, const char *conf, const char *whose) {
  return fq_int(c->db, 0,
                "SELECT n FROM conf_guest WHERE conf = ?1 AND whose = ?2 AND used = 0 AND ended_ms IS NULL"
                " AND until_ms > ?3 ORDER BY n DESC LIMIT 1",
                "ssi", conf, whose, c->now_ms);
}

static enum fq_status room_for_one(struct fq_call *c, const char *conf) {
  int64_t live =
      fq_int(c->db, 0, "SELECT count(*) FROM conf_guest WHERE conf = ?1 AND ended_ms IS NULL", "s", conf);
  if (live < MOST) return FQ_OK;
  return fq_fail(c->error, FQ_E_CONFLICT, "conf.guests_full", "params.id",
                 "本会商已有 %d 个有效的家属链接,请先收回不用的",
                 "%d links of this conference open already: take back what is not used", MOST);
}

static void put_sealed(fq_kernel *k, fq_json *j, const char *name, const char *text) {
  char *sealed = fq_seal_text(k, text);
  fq_json_set_str(j, name, sealed);
  free(sealed);
}

/* Who he is and how he is reached is sealed; the token is a mark. */
static fq_json *entry_data(struct fq_call *c, const char *conf, const char *user, const char *whose,
                           const char *token, const char *phone, int64_t until_ms) {
  fq_kernel *k = ((struct cf_self *)c->self)->kernel;
  char mark[33];
  fq_json *data = fq_json_object();
  fq_mark_text(k, CG_MARK, token, mark);
  fq_json_set_str(data, "conf", conf);
  fq_json_set_str(data, "user", user);
  put_sealed(k, data, "name", fq_json_str(c->params, "name"));
  fq_json_set_str(data, "whose", whose);
  fq_json_set_str(data, "mark", mark);
  fq_json_set_time(data, "until", until_ms);
  if (*phone) put_sealed(k, data, "phone", phone);
  return data;
}

enum fq_status cg_link(struct fq_call *c) {
  struct cg_conf v;
  char phone[16], token[sizeof CG_TOKEN + CG_RANDOM] = CG_TOKEN, user[FQ_ID_MAX], path[96], whose[33];
  const char *name = fq_json_str(c->params, "name");
  enum fq_status s = cg_conf_need(c->db, fq_json_str(c->params, "id"), &v, c->error);
  if (s == FQ_OK) s = need_right(c, v.id, v.org);
  if (s == FQ_OK && v.over)
    s = fq_fail(c->error, FQ_E_CONFLICT, "conf.over", "params.id", "会商 %s 已结束", "%s is over", v.id);
  if (s == FQ_OK) s = phone_of(c, phone);
  if (s != FQ_OK) return s;
  fq_mark_text(((struct cf_self *)c->self)->kernel, CG_WHOSE, name, whose);
  int64_t again = unopened(c, v.id, whose);
  if (!again && (s = room_for_one(c, v.id)) != FQ_OK) return s;
  int64_t until_ms = c->now_ms + (int64_t)(fq_json_num(c->params, "hours", HOURS) * HOUR_MS);
  snprintf(user, sizeof user, CG_PREFIX "%lld", (long long)(again ? again : fq_next_seq(c)));
  fq_random_text(token + strlen(CG_TOKEN), CG_RANDOM);
  fq_json *data = entry_data(c, v.id, user, whose, token, phone, until_ms);
  s = tell(c, "conf.linked", v.id, v.org, c->actor->name, data);
  if (s != FQ_OK) return s;
  if (!again) {
    fq_json *seat = fq_json_object();
    fq_json_set_str(seat, "id", v.id);
    fq_json_set_str(seat, "user", user);
    fq_json_set_str(seat, "name", name);
    if ((s = fq_call_method(c, "conf.invite_guest", seat, NULL)) != FQ_OK) return s;
  }
  snprintf(path, sizeof path, "/family/#t=%s", token);
  fq_json_set_str(c->result, "id", v.id);
  fq_json_set_str(c->result, "guest", user);
  fq_json_set_str(c->result, "token", token);
  fq_json_set_str(c->result, "url_path", path);
  fq_json_set_time(c->result, "until", until_ms);
  if (again) fq_json_set_bool(c->result, "again", true);
  return FQ_OK;
}

/* ---- and taking it back ---------------------------------------------------------------------------------
 */

static enum fq_status take_back(struct fq_call *c, const struct cg_guest *g, const char *why) {
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "conf", g->conf);
  fq_json_set_str(data, "user", g->id);
  fq_json_set_str(data, "why", why);
  return tell(c, "conf.unlinked", g->conf, g->org, g->by, data);
}

/* The link opens nothing any more; now its holder leaves, whoever took it back: a desk need not sit in the
 * conference for that. */
enum fq_status cg_show_out(struct fq_call *c, const struct fq_entry *e) {
  const char *conf = fq_json_str(e->data, "conf"), *user = fq_json_str(e->data, "user");
  if (!cg_seated(c->db, conf, user)) return FQ_OK;
  fq_json *kick = fq_json_object();
  fq_json_set_str(kick, "id", conf);
  fq_json_set_str(kick, "user", user);
  fq_json_set_str(kick, "reason", strcmp(fq_json_str(e->data, "why"), "expired") ? "链接已收回" : "链接到期");
  return fq_call_method(c, "conf.kick", kick, NULL);
}

enum fq_status cg_unlink(struct fq_call *c) {
  struct cg_guest g;
  const char *id = fq_json_str(c->params, "guest");
  if (!cg_load(c->db, id, &g)) return unknown_guest(c->error, id);
  enum fq_status s = need_right(c, g.conf, g.org);
  if (s != FQ_OK) return s;
  fq_json_set_str(c->result, "guest", g.id);
  return g.ended_ms ? FQ_OK : take_back(c, &g, "unlinked");
}

enum fq_status cg_link_due(struct fq_call *c) {
  struct cg_guest g;
  if (!cg_load(c->db, fq_json_str(c->params, "guest"), &g) || g.ended_ms) return FQ_OK;
  return take_back(c, &g, "expired");
}

/* ---- his sessions end -----------------------------------------------------------------------------------
 */

enum fq_status cg_gone(struct fq_call *c, const struct fq_entry *e) {
  const char *user = fq_json_str(e->data, "user");
  if (cg_n(user)) cf_end_guest(c, user);
  return FQ_OK;
}

enum fq_status cg_over(struct fq_call *c, const struct fq_entry *e) {
  char id[FQ_ID_MAX];
  fq_stmt *q = fq_sql(c->db, "SELECT n FROM conf_guest WHERE conf = ?1", "s", fq_json_str(e->data, "conf"));
  while (fq_row(q)) {
    snprintf(id, sizeof id, CG_PREFIX "%lld", (long long)fq_col_int(q, 0));
    cf_end_guest(c, id);
  }
  return FQ_OK;
}
