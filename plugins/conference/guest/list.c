/*
 * list.c - links as people see them: those of a conference, for whoever gives them; what a page that holds
 * one may know of it, be it dead; and a guest's own. Reader threads.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest/guest.h"

static void put_opened(struct cf_self *s, fq_json *j, const char *name, const char *sealed) {
  char *text = sealed ? fq_open_sealed(s->kernel, sealed) : NULL;
  if (text) fq_json_set_str(j, name, text);
  free(text);
}

/* 138****5678 */
static void put_phone(struct cf_self *s, fq_json *j, const char *sealed) {
  char *phone = sealed ? fq_open_sealed(s->kernel, sealed) : NULL, masked[16];
  if (!phone) return;
  size_t n = strlen(phone);
  snprintf(masked, sizeof masked, "%.*s****%s", n > 8 ? 3 : 0, phone, phone + (n > 4 ? n - 4 : 0));
  fq_json_set_str(j, "phone", masked);
  free(phone);
}

static void put_time(fq_json *j, const char *name, fq_stmt *q, int column) {
  if (!fq_col_null(q, column)) fq_json_set_time(j, name, fq_col_int(q, column));
}

static fq_json *row(struct cf_self *s, fq_stmt *q) {
  char id[FQ_ID_MAX];
  fq_json *j = fq_json_object();
  snprintf(id, sizeof id, CG_PREFIX "%lld", (long long)fq_col_int(q, 0));
  fq_json_set_str(j, "guest", id);
  put_opened(s, j, "name", fq_col_str(q, 1));
  fq_json_set_str(j, "by", fq_col_str(q, 2));
  put_time(j, "created_at", q, 3);
  put_time(j, "until", q, 4);
  put_time(j, "ended_at", q, 5);
  if (!fq_col_null(q, 6)) fq_json_set_str(j, "why", fq_col_str(q, 6));
  fq_json_set_bool(j, "used", fq_col_int(q, 7) != 0);
  put_phone(s, j, fq_col_str(q, 8));
  return j;
}

enum fq_status cg_links(struct fq_query *q) {
  struct cg_conf v;
  enum fq_status s = cg_conf_need(q->db, fq_json_str(q->params, "id"), &v, q->error);
  if (s != FQ_OK) return s;
  if (!cg_may(q->db, q->actor, v.id, v.org) &&
      !(q->actor->roles & FQ_ROLE_ADMIN_AUDIT && fq_org_within(q->db, v.org, q->actor->org)))
    return fq_fail(q->error, FQ_E_FORBIDDEN, "conf.chair", "params.id", "会商 %s 的链接与您无关",
                   "the links of %s are no business of yours", v.id);
  fq_json *rows = fq_json_array();
  fq_stmt *st = fq_sql(q->db,
                       "SELECT n, name, by, created_ms, until_ms, ended_ms, why, used, phone FROM conf_guest"
                       " WHERE conf = ?1 ORDER BY n LIMIT 200",
                       "s", v.id);
  while (fq_row(st))
    fq_json_push(rows, row(q->self, st));
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}

/* A page whose link opens nothing tells its reader why. Nobody guesses a token to ask. */
enum fq_status cg_link_check(struct fq_query *q) {
  struct cg_guest g;
  bool known = cg_by_token(q->self, q->db, fq_json_str(q->params, "token"), &g);
  fq_json_set_str(q->result, "state", known ? cg_state(&g, q->now_ms) : "unknown");
  if (known) fq_json_set_time(q->result, "until", g.until_ms);
  return FQ_OK;
}

enum fq_status cg_guest_self(struct fq_query *q) {
  struct cg_guest g;
  struct cg_conf v;
  struct fq_unit u;
  fq_json_set_str(q->result, "user", q->actor->name);
  if (fq_org_unit(q->db, q->actor->org, &u)) fq_json_set_str(q->result, "org_name", u.name);
  if (!cg_load(q->db, q->actor->name, &g)) return FQ_OK; /* a relative with an account */
  fq_stmt *st = fq_sql(q->db, "SELECT name FROM conf_guest WHERE n = ?1", "i", g.n);
  if (fq_row(st)) {
    put_opened(q->self, q->result, "name", fq_col_str(st, 0));
    fq_done(st);
  }
  fq_json_set_str(q->result, "conf", g.conf);
  fq_json_set_time(q->result, "until", g.until_ms);
  if (cg_conf_need(q->db, g.conf, &v, q->error) == FQ_OK && *v.title)
    fq_json_set_str(q->result, "title", v.title);
  return FQ_OK;
}
