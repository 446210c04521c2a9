/*
 * Who is signed in where, and ending that. A device that has signed in holds a token; the list is of tokens,
 * each with whether it is connected now, which only the kernel thread knows. A token is called by the first
 * digits of its digest: enough to tell them apart, nothing to sign in with.
 */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "kernel/account.h"
#include "kernel/internal.h"

static bool connected(fq_kernel *k, const char *user, const char *id) {
  for (struct fq_session *s = fq_map_get(k->by_user, user); s; s = s->next_of_user)
    if (!strcmp(s->token, id)) return true;
  return false;
}

/* Pages go by name and, of one name, by digest. */
enum fq_status fq_account_sessions(struct fq_query *q) {
  fq_kernel *k = q->self;
  const char *user = fq_json_str(q->params, "user"), *after = fq_json_str(q->params, "after");
  int64_t limit = fq_json_int(q->params, "limit", 100), n = 0;
  char path[512] = "", next[2 * FQ_ID_MAX] = "";
  if (!q->actor->system) fq_org_path(q->db, q->actor->org, path);
  fq_json *rows = fq_json_array();
  fq_stmt *s =
      fq_sql(q->db,
             "SELECT t.name, substr(t.digest, 1, 16), t.device, t.expires_ms, a.display, a.org, t.since_ms "
             "FROM token t"
             " JOIN account a ON a.name = t.name JOIN org o ON o.id = a.org"
             " WHERE t.expires_ms > ?1 AND (?2 IS NULL OR t.name = ?2)"
             " AND t.name || ' ' || substr(t.digest, 1, 16) > ?3 AND substr(o.path, 1, length(?4)) = ?4"
             " ORDER BY t.name, t.digest LIMIT ?5",
             "isssi", q->now_ms, user, after ? after : "", path, limit + 1);
  while (fq_row(s)) {
    static const char *const texts[] = {"user", "id", "device", NULL, "display", "org"};
    if (n++ == limit) {
      fq_json_set_str(q->result, "next", next);
      fq_done(s);
      break;
    }
    fq_json *r = fq_json_object();
    for (int c = 0; c < 6; c++)
      if (texts[c] && !fq_col_null(s, c)) fq_json_set_str(r, texts[c], fq_col_str(s, c));
    fq_json_set_time(r, "since", fq_col_int(s, 6));
    fq_json_set_time(r, "expires", fq_col_int(s, 3));
    fq_json_set_bool(r, "online", connected(k, fq_col_str(s, 0), fq_col_str(s, 1)));
    fq_copy(next, sizeof next, fq_col_str(s, 0));
    fq_copy(next + strlen(next), sizeof next - strlen(next), " ");
    fq_copy(next + strlen(next), sizeof next - strlen(next), fq_col_str(s, 1));
    fq_json_push(rows, r);
  }
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}

/* Whose: params.user, or whoever holds the token params.id. */
static bool whose(struct fq_call *c, char user[FQ_ID_MAX], char org[FQ_ID_MAX]) {
  const char *name = fq_json_str(c->params, "user"), *id = fq_json_str(c->params, "id");
  fq_stmt *q = name ? fq_sql(c->db, "SELECT name, org FROM account WHERE name = ?", "s", name)
                    : fq_sql(c->db,
                             "SELECT a.name, a.org FROM token t JOIN account a ON a.name = t.name"
                             " WHERE t.digest >= ?1 AND t.digest < ?1 || 'g'",
                             "s", id ? id : "g");
  if (!fq_row(q)) return false;
  fq_copy(user, FQ_ID_MAX, fq_col_str(q, 0));
  fq_copy(org, FQ_ID_MAX, fq_col_str(q, 1));
  fq_done(q);
  return true;
}

static enum fq_status nobody(struct fq_call *c) {
  const char *name = fq_json_str(c->params, "user"), *id = fq_json_str(c->params, "id");
  if (name)
    return fq_fail(c->error, FQ_E_NOT_FOUND, "user.unknown", "params.user", "没有用户 %s", "no user %s",
                   name);
  if (id)
    return fq_fail(c->error, FQ_E_NOT_FOUND, "session.unknown", "params.id", "没有登录 %s,可能已经结束",
                   "no sign-in %s: it may have ended", id);
  return fq_fail(c->error, FQ_E_PARAMS, "params.missing", "params", "请写 user(全部)或 id(一处)",
                 "give user (all of his) or id (one)");
}

enum fq_status fq_account_session_target(struct fq_call *c, struct fq_target *t) {
  char user[FQ_ID_MAX];
  return whose(c, user, t->org) ? FQ_OK : nobody(c);
}

enum fq_status fq_account_session_end(struct fq_call *c) {
  char user[FQ_ID_MAX], org[FQ_ID_MAX];
  const char *id = fq_json_str(c->params, "id"), *reason = fq_json_str(c->params, "reason");
  if (!whose(c, user, org)) return nobody(c);
  int64_t n = fq_int(c->db, 0,
                     "SELECT count(*) FROM token WHERE name = ?1 AND expires_ms > ?3 AND (?2 IS NULL OR"
                     " substr(digest, 1, 16) = ?2)",
                     "ssi", user, id, c->now_ms);
  fq_json_set_str(c->result, "user", user);
  fq_json_set_int(c->result, "ended", n);
  if (!n && !id) return FQ_OK; /* nobody is signed in: there is nothing to tell */
  if (!n) return nobody(c);
  fq_json *data = fq_json_object();
  if (id) fq_json_set_str(data, "id", id);
  fq_json_set_int(data, "ended", n);
  if (reason) fq_json_set_str(data, "reason", reason);
  return fq_emit(
      c, (struct fq_draft){.kind = "account.sessions_ended", .subject = user, .org = org, .data = data});
}

enum fq_status fq_account_apply_sessions_ended(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "DELETE FROM token WHERE name = ?1 AND (?2 IS NULL OR substr(digest, 1, 16) = ?2)", "ss",
          e->subject, fq_json_str(e->data, "id"));
  return FQ_OK;
}
