/*
 * Asking about accounts: the list with its filters, one of them, and what a table of accounts would change.
 * Reader threads.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "kernel/account.h"
#include "kernel/org.h"

#define ADMINS (FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_SECURITY | FQ_ROLE_ADMIN_AUDIT)
#define COLUMNS                                                                                              \
  "a.name, a.display, a.roles, a.org, a.disabled, a.rev, o.name, a.signed_in_ms, a.password IS NOT NULL, "   \
  "EXISTS(SELECT 1 FROM second_factor f WHERE f.name = a.name)"

static fq_json *account(fq_stmt *s, bool admin) {
  fq_json *u = fq_json_object();
  fq_json_set_str(u, "name", fq_col_str(s, 0));
  fq_json_set_str(u, "display", fq_col_str(s, 1));
  fq_json_set(u, "roles", fq_role_names((uint32_t)fq_col_int(s, 2)));
  fq_json_set_str(u, "org", fq_col_str(s, 3));
  fq_json_set_bool(u, "disabled", fq_col_int(s, 4));
  fq_json_set_int(u, "rev", fq_col_int(s, 5));
  if (!fq_col_null(s, 6)) fq_json_set_str(u, "org_name", fq_col_str(s, 6));
  if (!admin) return u; /* a desk needs to know who there is, not who signs in when */
  if (!fq_col_null(s, 7)) fq_json_set_time(u, "signed_in_at", fq_col_int(s, 7));
  fq_json_set_bool(u, "has_password", fq_col_int(s, 8));
  fq_json_set_bool(u, "second_factor", fq_col_int(s, 9));
  return u;
}

/* What somebody types is searched for as it is: % and _ are letters. */
static void like(const char *text, char out[200]) {
  size_t n = 0;
  out[n++] = '%';
  for (; text && *text && n < 190; text++) {
    if (strchr("%_\\", *text)) out[n++] = '\\';
    out[n++] = *text;
  }
  out[n++] = '%';
  out[n] = '\0';
}

#define WHERE                                                                                                \
  " FROM account a LEFT JOIN org o ON o.id = a.org WHERE a.name > ?1"                                        \
  " AND (?2 = '%%' OR a.name LIKE ?2 ESCAPE '\\' OR a.display LIKE ?2 ESCAPE '\\')"                          \
  " AND (?3 = 0 OR (a.roles & ?3) != 0) AND (?4 < 0 OR a.disabled = ?4)"                                     \
  " AND (?5 = '' OR a.org = ?5) AND (?6 = '' OR substr(o.path, 1, length(?6)) = ?6)"                         \
  " AND (?7 < 0 OR (a.password IS NOT NULL) = ?7)"

enum fq_status fq_account_list(struct fq_query *q) {
  const char *org = fq_json_str(q->params, "org"), *after = fq_json_str(q->params, "after"),
             *role = fq_json_str(q->params, "role");
  int64_t limit = fq_json_int(q->params, "limit", 100), n = 0;
  bool below = fq_json_bool(q->params, "below", false);
  char text[200], path[512] = "", last[FQ_ID_MAX] = "";
  uint32_t mask = 0;
  like(fq_json_str(q->params, "text"), text);
  if (role) {
    fq_json *one = fq_json_array();
    fq_json_push(one, fq_json_new_str(role));
    mask = fq_role_mask(one, NULL);
    fq_json_free(one);
    if (!mask)
      return fq_fail(q->error, FQ_E_PARAMS, "user.role", "params.role", "没有角色 %s", "no role %s", role);
  }
  if (org && !fq_role_reaches(q->db, q->actor, org))
    return fq_fail(q->error, FQ_E_FORBIDDEN, "scope", "params.org", "单位 %s 不在您的管辖范围内",
                   "unit %s is outside your area", org);
  if (org && below)
    fq_org_path(q->db, org, path);
  else if (!q->actor->system)
    fq_org_path(q->db, q->actor->org, path);
  const fq_json *disabled = fq_json_get(q->params, "disabled"),
                *able = fq_json_get(q->params, "has_password");
  int64_t off = disabled ? fq_json_bool(q->params, "disabled", false) : -1;
  int64_t key = able ? fq_json_bool(q->params, "has_password", false) : -1;
  const char *exact = org && !below ? org : "";
  fq_json *rows = fq_json_array();
  fq_stmt *s = fq_sql(q->db, "SELECT " COLUMNS WHERE " ORDER BY a.name LIMIT ?8", "ssiissii",
                      after ? after : "", text, (int64_t)mask, off, exact, path, key, limit + 1);
  while (fq_row(s)) {
    if (n++ == limit) {
      fq_json_set_str(q->result, "next", last);
      fq_done(s);
      break;
    }
    fq_copy(last, sizeof last, fq_col_str(s, 0));
    fq_json_push(rows, account(s, q->actor->system || (q->actor->roles & ADMINS)));
  }
  fq_json_set(q->result, "rows", rows);
  if (!after) /* of the first page alone: the pages that follow know it */
    fq_json_set_int(
        q->result, "total",
        fq_int(q->db, 0, "SELECT count(*)" WHERE, "ssiissi", "", text, (int64_t)mask, off, exact, path, key));
  return FQ_OK;
}

enum fq_status fq_account_get(struct fq_query *q) {
  const char *name = fq_json_str(q->params, "name");
  fq_stmt *s = fq_sql(
      q->db, "SELECT " COLUMNS " FROM account a LEFT JOIN org o ON o.id = a.org WHERE a.name = ?", "s", name);
  if (!fq_row(s))
    return fq_fail(q->error, FQ_E_NOT_FOUND, "user.unknown", "params.name", "没有用户 %s", "no user %s",
                   name);
  fq_json *u = account(s, true);
  fq_done(s);
  const char *org = fq_json_str(u, "org");
  enum fq_status st = FQ_OK;
  if (fq_role_reaches(q->db, q->actor, org)) {
    fq_json_each(m, u) fq_json_set(q->result, fq_json_name(m), fq_json_dup(m));
    fq_json_set_int(q->result, "sessions",
                    fq_int(q->db, 0, "SELECT count(*) FROM token WHERE name = ? AND expires_ms > ?", "si",
                           name, q->now_ms));
    s = fq_sql(q->db, "SELECT actor, at_ms FROM journal WHERE seq = ?", "i", fq_json_int(u, "rev", 0));
    if (fq_row(s)) {
      fq_json_set_str(q->result, "changed_by", fq_col_str(s, 0));
      fq_json_set_time(q->result, "changed_at", fq_col_int(s, 1));
      fq_done(s);
    }
  } else
    st = fq_fail(q->error, FQ_E_FORBIDDEN, "scope", "params.name", "单位 %s 不在您的管辖范围内",
                 "unit %s is outside your area", org);
  fq_json_free(u);
  return st;
}

/* ---- the dry run of an import -------------------------------------------------------------------------- */

static fq_json *changes(fq_stmt *was, const fq_json *row) {
  fq_json *list = fq_json_array();
  const char *display = fq_json_str(row, "display");
  if (display && strcmp(display, fq_col_str(was, 1))) fq_json_push(list, fq_json_new_str("display"));
  if (fq_role_mask(fq_json_get(row, "roles"), NULL) != (uint32_t)fq_col_int(was, 2))
    fq_json_push(list, fq_json_new_str("roles"));
  if (strcmp(fq_json_str(row, "org"), fq_col_str(was, 3))) fq_json_push(list, fq_json_new_str("org"));
  if (fq_col_int(was, 4)) fq_json_push(list, fq_json_new_str("disabled"));
  return list;
}

enum fq_status fq_account_check_rows(struct fq_query *q) {
  struct fq_map *seen = NULL;
  int64_t adds = 0, changed = 0, same = 0, errors = 0, i = 0;
  fq_json *rows = fq_json_array();
  fq_json_each(name, fq_json_get(q->params, "known")) fq_map_put(&seen, fq_json_as_str(name), rows);
  fq_json_each(row, fq_json_get(q->params, "users")) {
    struct fq_error e = {0};
    const char *name = fq_json_str(row, "name");
    fq_json *said = fq_json_object(), *what = NULL;
    fq_json_set_int(said, "i", i++);
    if (name) fq_json_set_str(said, "name", name);
    if (!fq_schema_check(fq_account_row, row, &e) && !fq_account_check(q->db, q->actor, row, "", &e) &&
        fq_map_get(seen, name))
      fq_fail(&e, FQ_E_PARAMS, "user.twice", "name", "用户名 %s 在表中出现两次",
              "the user name %s is in the table twice", name);
    if (e.status) {
      fq_json_set_str(said, "act", "error");
      fq_json_set_str(said, "code", e.code);
      if (e.path[0]) fq_json_set_str(said, "path", e.path + (!strncmp(e.path, "params.", 7) ? 7 : 0));
      fq_json_set_str(said, "zh", e.zh);
      fq_json_set_str(said, "en", e.en);
      errors++;
    } else {
      fq_stmt *s =
          fq_sql(q->db, "SELECT " COLUMNS " FROM account a LEFT JOIN org o ON o.id = a.org WHERE a.name = ?",
                 "s", name);
      if (fq_row(s)) {
        what = changes(s, row);
        if (fq_json_size(what)) fq_json_set(said, "was", account(s, true));
        fq_done(s);
      }
      fq_json_set_str(said, "act", !what ? "add" : fq_json_size(what) ? "change" : "same");
      *(!what ? &adds : fq_json_size(what) ? &changed : &same) += 1;
      if (what && fq_json_size(what))
        fq_json_set(said, "changes", what);
      else
        fq_json_free(what);
      fq_map_put(&seen, name, rows);
    }
    fq_json_push(rows, said);
  }
  fq_map_clear(&seen, NULL);
  fq_json_set(q->result, "rows", rows);
  fq_json_set_int(q->result, "adds", adds);
  fq_json_set_int(q->result, "changes", changed);
  fq_json_set_int(q->result, "same", same);
  fq_json_set_int(q->result, "errors", errors);
  return FQ_OK;
}
