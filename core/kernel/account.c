/*
 * Accounts and tokens as a module. Password hashes enter the journal sealed with the county's key; of a token
 * only its digest is kept. Kernel thread; the hashing itself is in prepare.c's helper.
 */
#include "kernel/account.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "kernel/device.h"
#include "kernel/factor.h"
#include "kernel/internal.h"

#define DAY_MS             86400000LL
#define FREE_TRIES         5       /* wrong passwords before the lock-out begins */
#define FREE_TRIES_ADDRESS 50      /* ... of all names together, from one address */
#define LOCK_FIRST_MS      30000   /* doubles with each further failure ... */
#define LOCK_MOST_MS       3600000 /* ... up to an hour */

static const char *const migrations[] = {
    "CREATE TABLE account(name TEXT PRIMARY KEY, display TEXT NOT NULL, "
    "roles INTEGER NOT NULL, org TEXT NOT NULL,"
    " disabled INTEGER NOT NULL DEFAULT 0, password TEXT) WITHOUT ROWID;"
    "CREATE INDEX account_org ON account(org);"
    "CREATE TABLE token(digest TEXT PRIMARY KEY, name TEXT NOT NULL, "
    "device TEXT NOT NULL, expires_ms INTEGER NOT NULL)"
    " WITHOUT ROWID;"
    "CREATE INDEX token_name ON token(name);",
    /* Accounts that were there before: what the journal says of them. */
    "ALTER TABLE account ADD COLUMN rev INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE account ADD COLUMN signed_in_ms INTEGER;"
    "UPDATE account SET rev = coalesce((SELECT max(seq) FROM journal WHERE"
    " subject = account.name AND kind IN ('user.set', 'user.disabled')), 0),"
    " signed_in_ms = (SELECT max(at_ms) FROM journal WHERE"
    " subject = account.name AND kind = 'account.signed_in');"
    "ALTER TABLE token ADD COLUMN since_ms INTEGER;"
    "UPDATE token SET since_ms = expires_ms - 2592000000;", /* all held thirty days then */
    NULL};

static void digest_hex(const char *token, char hex[FQ_SHA256_HEX]) {
  uint8_t digest[FQ_SHA256];
  fq_sha256_text(token, digest);
  fq_hex(digest, sizeof digest, hex);
}

bool fq_account_token(fq_kernel *k, const char *token, struct fq_call_state *out, int64_t *expires_ms,
                      char device[80]) {
  char hex[FQ_SHA256_HEX];
  digest_hex(token ? token : "", hex);
  fq_stmt *q = fq_sql(
      k->db,
      "SELECT a.name, a.org, a.roles, t.expires_ms, t.device FROM token t JOIN account a ON a.name = t.name"
      " WHERE t.digest = ? AND t.expires_ms > ? AND a.disabled = 0",
      "si", hex, fq_clock_ms(&k->clock));
  bool found = fq_row(q);
  if (found) {
    fq_copy(out->name, sizeof out->name, fq_col_str(q, 0));
    fq_copy(out->org, sizeof out->org, fq_col_str(q, 1));
    out->actor = (struct fq_actor){.name = out->name, .org = out->org, .roles = (uint32_t)fq_col_int(q, 2)};
    if (expires_ms) *expires_ms = fq_col_int(q, 3);
    if (device) fq_copy(device, 80, fq_col_str(q, 4));
    fq_done(q);
  }
  fq_db_clear(k->db);
  return found || fq_guest_token(k, token, out, expires_ms);
}

bool fq_token_actor(fq_kernel *k, const char *token, struct fq_actor *out) {
  static struct fq_call_state last; /* "strings live as long as the tick": kernel thread only */
  if (!fq_account_token(k, token, &last, NULL, NULL)) return false;
  *out = last.actor;
  return true;
}

/* ---- lock-out: derived, in memory -----------------------------------------------------------------------
 *
 * Per name and address, so that nobody can lock another out from elsewhere; and per address, more generously
 * (a township sits behind one), so that one address cannot try every name.
 */

struct failures {
  int count;
  int64_t until_ms;
};

static const struct {
  bool named;
  int free_tries;
} watches[] = {{true, FREE_TRIES}, {false, FREE_TRIES_ADDRESS}};
#define WATCHES (sizeof watches / sizeof watches[0])

static void watch_key(char *out, size_t cap, size_t watch, const fq_json *params, const char *remote) {
  snprintf(out, cap, "%s %s", watches[watch].named ? fq_json_str(params, "name") : "", remote);
}

enum fq_status fq_login_begin(fq_kernel *k, const fq_json *params, const char *remote, char **hash,
                              struct fq_error *e) {
  int64_t now = fq_clock_ms(&k->clock);
  for (size_t i = 0; i < WATCHES; i++) {
    char key[160];
    watch_key(key, sizeof key, i, params, remote);
    struct failures *f = fq_map_get(k->login_failures, key);
    if (!f || f->until_ms <= now) continue;
    int64_t wait_s = (f->until_ms - now + 999) / 1000;
    fq_fail(e, FQ_E_OVERLOADED, "login.locked", "", "登录失败次数过多,请 %lld 秒后再试",
            "too many failed sign-ins, try again in %lld seconds", (long long)wait_s);
    e->retry_after_ms = f->until_ms - now;
    return FQ_E_OVERLOADED;
  }
  fq_stmt *q = fq_sql(k->db, "SELECT password FROM account WHERE name = ? AND disabled = 0", "s",
                      fq_json_str(params, "name"));
  if (fq_row(q)) {
    *hash = fq_unseal(k->key, fq_col_str(q, 0));
    fq_done(q);
  }
  fq_db_clear(k->db);
  if (!*hash) /* nobody's hash: an unknown name takes as long as a known one */
    *hash = fq_strdup("scrypt$14$8$1$00000000000000000000000000000000$"
                      "0000000000000000000000000000000000000000000000000000000000000000");
  return FQ_OK;
}

static int count_failure(fq_kernel *k, size_t watch, const fq_json *params, const char *remote) {
  char key[160];
  watch_key(key, sizeof key, watch, params, remote);
  struct failures *f = fq_map_get(k->login_failures, key);
  if (!f) {
    if (fq_map_size(k->login_failures) > 10000)
      fq_map_clear(&k->login_failures, free); /* a flood of names: start over */
    f = fq_alloc(sizeof *f);
    fq_map_put(&k->login_failures, key, f);
  }
  int over = ++f->count - watches[watch].free_tries;
  if (over >= 0) {
    int64_t lock = LOCK_FIRST_MS << (over > 7 ? 7 : over);
    f->until_ms = fq_clock_ms(&k->clock) + (lock > LOCK_MOST_MS ? LOCK_MOST_MS : lock);
  }
  return f->count;
}

static void forget_reply(struct fq_request *r) {
  fq_json_free(r->params);
  fq_json_free(r->result);
  free(r);
}

/* One more guess at this name from this address. */
static void note_wrong(fq_kernel *k, const fq_json *params, const char *remote) {
  int count = 0;
  for (size_t i = WATCHES; i-- > 0;)
    count = count_failure(k, i, params, remote); /* the named one's count is the audit's */
  /* The audit hears of it. The name is what somebody typed: kept as data, bounded by the schema. */
  struct fq_request *audit = fq_alloc(sizeof *audit);
  fq_copy(audit->method, sizeof audit->method, "account.note_failure");
  audit->params = fq_json_object();
  fq_json_set_str(audit->params, "name", fq_json_str(params, "name"));
  fq_json_set_str(audit->params, "remote", remote);
  fq_json_set_int(audit->params, "count", count);
  audit->reply = forget_reply;
  fq_submit_system(k, audit);
}

static void forgive(fq_kernel *k, const fq_json *params, const char *remote) {
  char key[160];
  watch_key(key, sizeof key, 0, params, remote);
  free(fq_map_take(&k->login_failures, key));
}

enum fq_status fq_login_end(fq_kernel *k, fq_json *params, const char *remote, bool right,
                            struct fq_error *e) {
  fq_json_remove(params, "password");
  if (right) {
    int64_t step;
    const char *otp = fq_json_str(params, "otp");
    enum fq_status st =
        fq_factor_check(k, k->db, fq_json_str(params, "name"), otp, fq_clock_ms(&k->clock), &step, e);
    fq_db_clear(k->db);
    if (st && otp && *otp) note_wrong(k, params, remote); /* six digits are guessed sooner than a password */
    if (st) return st;
    char token[64];
    forgive(k, params, remote);
    fq_random_token(token, 32);
    fq_json_set_str(params, "token", token);
    return FQ_OK;
  }
  note_wrong(k, params, remote);
  return fq_fail(e, FQ_E_SIGNED_OUT, "login.wrong", "", "用户名或密码不正确", "wrong name or password");
}

enum fq_status fq_password_end(fq_kernel *k, const char *name, const char *remote, bool right,
                               struct fq_error *e) {
  fq_json *who = fq_json_object();
  fq_json_set_str(who, "name", name);
  right ? forgive(k, who, remote) : note_wrong(k, who, remote);
  fq_json_free(who);
  return right ? FQ_OK
               : fq_fail(e, FQ_E_PARAMS, "password.wrong", "params.old", "原密码不正确",
                         "the old password is wrong");
}

/* ---- apply ------------------------------------------------------------------------------------------- */

static enum fq_status apply_set(struct fq_apply *a, const struct fq_entry *e) {
  const fq_json *d = e->data;
  fq_exec(a->db,
          "INSERT INTO account(name, display, roles, org, disabled, rev) VALUES(?1,?2,?3,?4,0,?5) ON "
          "CONFLICT(name) DO"
          " UPDATE SET display = ?2, roles = ?3, org = ?4, disabled = 0, rev = ?5",
          "ssisi", e->subject, fq_json_str(d, "display"),
          (int64_t)fq_role_mask(fq_json_get(d, "roles"), NULL), fq_json_str(d, "org"), e->seq);
  return FQ_OK;
}

static enum fq_status apply_password(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "UPDATE account SET password = ? WHERE name = ?", "ss", fq_json_str(e->data, "password"),
          e->subject);
  fq_exec(a->db, "DELETE FROM token WHERE name = ?", "s", e->subject); /* whoever had it must sign in again */
  return FQ_OK;
}

static enum fq_status apply_disabled(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "UPDATE account SET disabled = 1, rev = ? WHERE name = ?", "is", e->seq, e->subject);
  fq_exec(a->db, "DELETE FROM token WHERE name = ?", "s", e->subject);
  return FQ_OK;
}

static enum fq_status apply_signed_in(struct fq_apply *a, const struct fq_entry *e) {
  const char *device = fq_json_str(e->data, "device");
  fq_exec(a->db, "INSERT OR REPLACE INTO token(digest, name, device, expires_ms, since_ms) VALUES(?,?,?,?,?)",
          "sssii", fq_json_str(e->data, "token_digest"), e->subject, device ? device : "",
          fq_time_parse(fq_json_str(e->data, "expires")), e->at_ms);
  fq_exec(a->db, "DELETE FROM token WHERE name = ? AND expires_ms < ?", "si", e->subject, e->at_ms);
  fq_exec(a->db, "UPDATE account SET signed_in_ms = ? WHERE name = ?", "is", e->at_ms, e->subject);
  return FQ_OK;
}

static enum fq_status apply_signed_out(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "DELETE FROM token WHERE digest = ?", "s", fq_json_str(e->data, "token_digest"));
  return FQ_OK;
}

static enum fq_status apply_nothing(struct fq_apply *a, const struct fq_entry *e) {
  return FQ_OK;
}

/* After the commit: whoever lost the right to be connected is cut off at once. */
void fq_account_committed(fq_kernel *k, const struct fq_entry *e) {
  if (!strcmp(e->kind, "user.password_set"))
    fq_session_end_user(k, e->subject, 4001, "password changed");
  else if (!strcmp(e->kind, "user.disabled"))
    fq_session_end_user(k, e->subject, 4001, "account disabled");
  else if (!strcmp(e->kind, "user.set"))
    fq_session_refresh(k, e->subject);
  else if (!strcmp(e->kind, "account.sessions_ended"))
    fq_session_end_token(k, e->subject, fq_json_str(e->data, "id"), 4001,
                         "ended by the security administrator");
}

#define AUDITORS (FQ_ROLE_ADMIN_AUDIT | FQ_ROLE_ADMIN_SECURITY)
static const struct fq_kind kinds[] = {{.name = "user.set",
                                        .apply = apply_set,
                                        .roles = FQ_ROLE_ADMIN_SYSTEM | AUDITORS,
                                        .flags = FQ_KIND_QUIET,
                                        .zh = "账号设置",
                                        .en = "account set"},
                                       {.name = "user.password_set",
                                        .apply = apply_password,
                                        .roles = 0,
                                        .flags = FQ_KIND_QUIET,
                                        .zh = "密码修改",
                                        .en = "password set"},
                                       {.name = "user.disabled",
                                        .apply = apply_disabled,
                                        .roles = AUDITORS,
                                        .flags = FQ_KIND_QUIET,
                                        .zh = "账号停用",
                                        .en = "account disabled"},
                                       {.name = "account.signed_in",
                                        .apply = apply_signed_in,
                                        .roles = AUDITORS,
                                        .flags = FQ_KIND_QUIET,
                                        .zh = "登录",
                                        .en = "signed in"},
                                       {.name = "account.signed_out",
                                        .apply = apply_signed_out,
                                        .roles = AUDITORS,
                                        .flags = FQ_KIND_QUIET,
                                        .zh = "退出",
                                        .en = "signed out"},
                                       {.name = "account.sign_in_failed",
                                        .apply = apply_nothing,
                                        .roles = AUDITORS,
                                        .flags = FQ_KIND_QUIET,
                                        .zh = "登录失败",
                                        .en = "sign-in failed"},
                                       {.name = "account.sessions_ended",
                                        .apply = fq_account_apply_sessions_ended,
                                        .roles = AUDITORS,
                                        .flags = FQ_KIND_QUIET,
                                        .zh = "结束登录",
                                        .en = "sign-ins ended"},
                                       {0}};

/* ---- commands ---------------------------------------------------------------------------------------- */

/* A hash becomes part of an entry only sealed, and the entry is one of its own that nobody hears: the auditor
 * hears of the account, not of what opens it. */
static enum fq_status set_password(struct fq_call *c, const char *name, const char *org, const char *hash) {
  fq_json *data = fq_json_object();
  char *sealed = fq_seal(c->tick->kernel->key, hash);
  fq_json_set_str(data, "password", sealed);
  free(sealed);
  return fq_emit(c,
                 (struct fq_draft){.kind = "user.password_set", .subject = name, .org = org, .data = data});
}

/* Where the account sits: "" when there is none of that name. */
static void seat(fq_db *db, const char *name, char org[FQ_ID_MAX]) {
  fq_stmt *q = fq_sql(db, "SELECT org FROM account WHERE name = ?", "s", name);
  bool found = fq_row(q);
  fq_copy(org, FQ_ID_MAX, found ? fq_col_str(q, 0) : "");
  if (found) fq_done(q);
}

static enum fq_status no_such_user(struct fq_call *c, const char *name) {
  return fq_fail(c->error, FQ_E_NOT_FOUND, "user.unknown", "params.name", "没有用户 %s", "no user %s", name);
}

#define OFFICES (FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_SECURITY | FQ_ROLE_ADMIN_AUDIT)

static enum fq_status wrong(struct fq_error *e, enum fq_status st, const char *code, const char *path,
                            const char *member, const char *zh, const char *en, const char *name) {
  char where[80];
  snprintf(where, sizeof where, "%s%s%s", path, *path ? "." : "", member);
  return fq_fail(e, st, code, where, "%s%.0s%s%.0s", "%.0s%s%.0s%s", zh, en, name, name);
}

/* Three offices keep an eye on one another: nobody holds two, none is added to an account that others know,
 * and nobody sets his own rights. */
static enum fq_status separate(fq_db *db, const struct fq_actor *actor, const char *name, uint32_t roles,
                               const char *org, bool password, const char *path, struct fq_error *e) {
  uint32_t offices = roles & OFFICES;
  if (actor->system) return FQ_OK;
  if (offices & (offices - 1))
    return wrong(e, FQ_E_PARAMS, "user.duties", path, "roles", "系统、安全、审计管理员须分设,不能给同一账号:",
                 "system, security and audit administrators are three people, not one account: ", name);
  fq_stmt *q = fq_sql(db, "SELECT roles, org FROM account WHERE name = ?", "s", name);
  bool there = fq_row(q), moved = false;
  uint32_t was = 0;
  if (there) {
    was = (uint32_t)fq_col_int(q, 0);
    moved = was != roles || strcmp(org, fq_col_str(q, 1));
    fq_done(q);
  }
  if (there && moved && !strcmp(name, actor->name))
    return wrong(e, FQ_E_FORBIDDEN, "user.own", path, "roles",
                 "不能更改自己的角色和单位:", "nobody changes his own roles and unit: ", name);
  if (there && offices & ~was & (FQ_ROLE_ADMIN_SECURITY | FQ_ROLE_ADMIN_AUDIT))
    return wrong(e, FQ_E_FORBIDDEN, "user.duties", path, "roles",
                 "安全、审计管理员须另建账号,不能加给已有的 ",
                 "security and audit administrators get accounts of their own, not an existing one: ", name);
  if (!there && password && offices & FQ_ROLE_ADMIN_SECURITY)
    return wrong(e, FQ_E_FORBIDDEN, "user.password", path, "password",
                 "安全管理员的密码由另一位安全管理员设置:",
                 "a security administrator's password is set by another one: ", name);
  return FQ_OK;
}

enum fq_status fq_account_check(fq_db *db, const struct fq_actor *actor, const fq_json *u, const char *path,
                                struct fq_error *e) {
  const char *name = fq_json_str(u, "name"), *org = fq_json_str(u, "org"), *unknown = NULL;
  bool password = fq_json_str(u, "password");
  char at[FQ_ID_MAX];
  if (!strcmp(name, FQ_NOBODY) ||
      !strcmp(name, "system")) /* what such a one did would be everybody's doing */
    return fq_fail(e, FQ_E_PARAMS, "user.reserved", path, "用户名 %s 已保留,请换一个",
                   "the name %s is reserved, take another", name);
  uint32_t roles = fq_role_mask(fq_json_get(u, "roles"), &unknown);
  if (!roles)
    return fq_fail(e, FQ_E_PARAMS, "user.role", path, "用户 %s:没有角色 %s", "user %s: no role %s", name,
                   unknown ? unknown : "");
  fq_stmt *q = fq_sql(db, "SELECT valid_to FROM org WHERE id = ?", "s", org);
  if (!fq_row(q))
    return fq_fail(e, FQ_E_PARAMS, "org.unknown", path, "用户 %s:没有单位 %s", "user %s: no unit %s", name,
                   org);
  bool closed = !fq_col_null(q, 0);
  fq_done(q);
  seat(db, name, at);
  if (closed && strcmp(at, org))
    return fq_fail(e, FQ_E_CONFLICT, "org.closed", path, "用户 %s:单位 %s 已停用",
                   "user %s: unit %s is closed", name, org);
  if (!fq_role_reaches(db, actor, org) || (at[0] && !fq_role_reaches(db, actor, at)))
    return fq_fail(e, FQ_E_FORBIDDEN, "scope", path, "用户 %s:单位 %s 不在您的管辖范围内",
                   "user %s: unit %s is outside your area", name, at[0] ? at : org);
  /* Whoever makes accounts must not be able to take one over: a new password is another office's to give. */
  if (at[0] && password && !actor->system && !(actor->roles & FQ_ROLE_ADMIN_SECURITY))
    return wrong(e, FQ_E_FORBIDDEN, "user.password", path, "password", "用户已存在,改密码由安全管理员办理:",
                 "the account exists: its password is the security administrator's to set: ", name);
  return separate(db, actor, name, roles, org, password, path, e);
}

/* `u` is an account as user.add takes it; its password, if any, is a hash by now. */
static enum fq_status set_account(struct fq_call *c, const fq_json *u, const char *path) {
  const char *name = fq_json_str(u, "name"), *org = fq_json_str(u, "org"), *hash = fq_json_str(u, "password");
  enum fq_status st = fq_account_check(c->db, c->actor, u, path, c->error);
  if (st) return st;
  fq_json *data = fq_json_dup(u);
  fq_json_remove(data, "password");
  fq_json_remove(data, "name");
  fq_json_remove(data, "rev");
  if (!fq_json_str(data, "display")) fq_json_set_str(data, "display", name);
  st = fq_emit(c, (struct fq_draft){.kind = "user.set", .subject = name, .org = org, .data = data});
  return st || !hash ? st : set_password(c, name, org, hash);
}

/* Has the account changed since it was looked at? Without params.rev nobody has asked. */
static enum fq_status as_seen(struct fq_call *c, const char *name) {
  int64_t rev = fq_int(c->db, 0, "SELECT rev FROM account WHERE name = ?", "s", name);
  int64_t given = fq_json_int(c->params, "rev", rev);
  if (given == rev) return FQ_OK;
  if (!given)
    return fq_fail(c->error, FQ_E_CONFLICT, "user.taken", "params.name", "用户名 %s 已有人使用,换一个",
                   "the user name %s is taken", name);
  fq_fail(c->error, FQ_E_CONFLICT, "rev.stale", "params.rev", "账号 %s 此间已被修改,请看过现在的内容再改",
          "account %s has been changed meanwhile: look at it again", name);
  c->error->rev = rev;
  return FQ_E_CONFLICT;
}

static enum fq_status tell_rev(struct fq_call *c, const char *name) {
  fq_json_set_int(c->result, "rev", fq_int(c->db, 0, "SELECT rev FROM account WHERE name = ?", "s", name));
  return FQ_OK;
}

/* Both where the account goes and where it comes from must be within reach; the second is asked in add(). */
static enum fq_status target_added(struct fq_call *c, struct fq_target *t) {
  struct fq_unit unit;
  const char *org = fq_json_str(c->params, "org");
  if (!fq_org_unit(c->db, org, &unit))
    return fq_fail(c->error, FQ_E_PARAMS, "org.unknown", "params.org", "没有单位 %s", "no unit %s", org);
  fq_copy(t->org, sizeof t->org, org);
  return FQ_OK;
}

static enum fq_status target_named(struct fq_call *c, struct fq_target *t) {
  const char *name = fq_json_str(c->params, "name");
  seat(c->db, name, t->org);
  return t->org[0] ? FQ_OK : no_such_user(c, name);
}

static enum fq_status add(struct fq_call *c) {
  const char *name = fq_json_str(c->params, "name");
  enum fq_status st = as_seen(c, name);
  if (!st) st = set_account(c, c->params, "params");
  return st ? st : tell_rev(c, name);
}

/* Many at once, for whoever holds the data directory: passwords come as hashes. */
static enum fq_status import(struct fq_call *c) {
  int i = 0;
  fq_json_each(u, fq_json_get(c->params, "users")) {
    char path[48];
    snprintf(path, sizeof path, "params.users[%d]", i++);
    enum fq_status st = set_account(c, u, path);
    if (st) return st;
  }
  fq_json_set_int(c->result, "set", i);
  return FQ_OK;
}

/* A table of accounts, one part of it at a time: all of the part or nothing. */
static enum fq_status add_many(struct fq_call *c) {
  return import(c);
}

static enum fq_status password(struct fq_call *c) {
  char org[FQ_ID_MAX];
  const char *name = fq_json_str(c->params, "name");
  seat(c->db, name, org);
  if (!org[0]) return no_such_user(c, name);
  return set_password(c, name, org, fq_json_str(c->params, "password"));
}

static enum fq_status change_password(struct fq_call *c) {
  char org[FQ_ID_MAX];
  seat(c->db, c->actor->name, org);
  if (!org[0]) return no_such_user(c, c->actor->name);
  return set_password(c, c->actor->name, org, fq_json_str(c->params, "password"));
}

static enum fq_status disable(struct fq_call *c) {
  char org[FQ_ID_MAX];
  const char *name = fq_json_str(c->params, "name"), *reason = fq_json_str(c->params, "reason");
  seat(c->db, name, org);
  if (!org[0]) return no_such_user(c, name);
  if (!strcmp(name, c->actor->name) && !c->actor->system)
    return fq_fail(c->error, FQ_E_FORBIDDEN, "user.own", "params.name", "不能停用自己的账号",
                   "nobody disables his own account");
  enum fq_status st = as_seen(c, name);
  if (st) return st;
  fq_json *data = fq_json_object();
  if (reason) fq_json_set_str(data, "reason", reason);
  st = fq_emit(c, (struct fq_draft){.kind = "user.disabled", .subject = name, .org = org, .data = data});
  return st ? st : tell_rev(c, name);
}

/* Back as it was; who had the password still knows it, and signs in anew. */
static enum fq_status enable(struct fq_call *c) {
  const char *name = fq_json_str(c->params, "name");
  enum fq_status st = as_seen(c, name);
  if (st) return st;
  fq_stmt *q = fq_sql(c->db, "SELECT display, roles, org, disabled FROM account WHERE name = ?", "s", name);
  if (!fq_row(q)) return no_such_user(c, name);
  char org[FQ_ID_MAX];
  bool off = fq_col_int(q, 3) != 0;
  fq_json *data = fq_json_object();
  fq_copy(org, sizeof org, fq_col_str(q, 2));
  fq_json_set_str(data, "display", fq_col_str(q, 0));
  fq_json_set(data, "roles", fq_role_names((uint32_t)fq_col_int(q, 1)));
  fq_json_set_str(data, "org", org);
  fq_done(q);
  if (!off || fq_int(c->db, 0, "SELECT valid_to IS NOT NULL FROM org WHERE id = ?", "s", org)) {
    fq_json_free(data);
    return off ? fq_fail(c->error, FQ_E_CONFLICT, "org.closed", "params.name",
                         "%s 的单位 %s 已停用,先给他换单位",
                         "%s sits at %s, which is closed: give him another unit", name, org)
               : fq_fail(c->error, FQ_E_CONFLICT, "user.enabled", "params.name", "账号 %s 没有停用",
                         "account %s is not disabled", name);
  }
  st = fq_emit(c, (struct fq_draft){.kind = "user.set", .subject = name, .org = org, .data = data});
  return st ? st : tell_rev(c, name);
}

/* otp_step: of the one-time password that came with it; 0 for none. */
static enum fq_status sign_in(struct fq_call *c, const char *name, const char *token, const char *device,
                              int64_t otp_step, int64_t life_ms) {
  char hex[FQ_SHA256_HEX];
  fq_stmt *q =
      fq_sql(c->db, "SELECT display, roles, org FROM account WHERE name = ? AND disabled = 0", "s", name);
  if (!fq_row(q)) return no_such_user(c, name);
  if (fq_device_blocked(c->db, device)) return fq_done(q), fq_device_refused(c->error);
  fq_json *user = fq_json_object(), *data = fq_json_object();
  fq_json_set_str(user, "id", name);
  fq_json_set_str(user, "name", fq_col_str(q, 0));
  fq_json_set(user, "roles", fq_role_names((uint32_t)fq_col_int(q, 1)));
  fq_json_set_str(user, "org", fq_col_str(q, 2));
  fq_done(q);
  int64_t expires_ms = c->now_ms + life_ms;
  digest_hex(token, hex);
  fq_json_set_str(data, "token_digest", hex);
  if (device) fq_json_set_str(data, "device", device);
  if (otp_step) fq_json_set_int(data, "otp_step", otp_step);
  fq_json_set_time(data, "expires", expires_ms);
  fq_json_set_str(c->result, "token", token);
  fq_json_set_time(c->result, "expires", expires_ms);
  fq_json_set(c->result, "user", user);
  return fq_emit(
      c, (struct fq_draft){
             .kind = "account.signed_in", .subject = name, .org = fq_json_str(user, "org"), .data = data});
}

/* The one-time password is looked at again: two may have come with the same one. */
static enum fq_status login(struct fq_call *c) {
  int64_t step;
  const char *name = fq_json_str(c->params, "name");
  enum fq_status st = fq_factor_check(c->tick->kernel, c->db, name, fq_json_str(c->params, "otp"), c->now_ms,
                                      &step, c->error);
  if (st) return st;
  return sign_in(c, name, fq_json_str(c->params, "token"), fq_json_str(c->params, "device"), step,
                 FQ_TOKEN_LIFE_MS);
}

/* A token without a password: for the county's own services, by whoever holds the data directory. */
static enum fq_status mint(struct fq_call *c) {
  char token[64];
  fq_random_token(token, 32);
  int64_t days = fq_json_int(c->params, "days", FQ_TOKEN_LIFE_MS / DAY_MS);
  return sign_in(c, fq_json_str(c->params, "name"), token, NULL, 0, days * DAY_MS);
}

static enum fq_status logout(struct fq_call *c) {
  char hex[FQ_SHA256_HEX];
  digest_hex(fq_json_str(c->params, "token"), hex);
  if (!fq_int(c->db, 0, "SELECT 1 FROM token WHERE digest = ? AND name = ?", "ss", hex, c->actor->name))
    return fq_fail(c->error, FQ_E_NOT_FOUND, "token.unknown", "params.token", "没有这个令牌",
                   "no such token");
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "token_digest", hex);
  return fq_emit(
      c, (struct fq_draft){
             .kind = "account.signed_out", .subject = c->actor->name, .org = c->actor->org, .data = data});
}

static enum fq_status note_failure(struct fq_call *c) {
  return fq_emit(c, (struct fq_draft){.kind = "account.sign_in_failed", .data = fq_json_dup(c->params)});
}

#define NAME                                                                                                 \
  { .name = "name", .type = FQ_T_ID, .required = true, .zh = "用户名", .en = "user name" }
#define PASSWORD(must)                                                                                       \
  {                                                                                                          \
    .name = "password", .type = FQ_T_STRING, .required = must, .min = 8, .max = 128, .zh = "密码",           \
    .en = "password"                                                                                         \
  }
#define REV                                                                                                  \
  {                                                                                                          \
    .name = "rev", .type = FQ_T_INT, .min = 0, .max = 9e15, .zh = "所见版本",                                \
    .en = "the revision that was looked at (user.get); 0: there is none yet; left out: whatever it is"       \
  }
static const struct fq_param role_item[] = {{.type = FQ_T_ID}};
static const struct fq_param add_params[] = {
    NAME,
    {.name = "display", .type = FQ_T_STRING, .min = 1, .max = 60, .zh = "显示名", .en = "display name"},
    {.name = "roles",
     .type = FQ_T_ARRAY,
     .required = true,
     .members = role_item,
     .min = 1,
     .max = 11,
     .zh = "角色",
     .en = "roles"},
    {.name = "org", .type = FQ_T_ID, .required = true, .zh = "所属单位", .en = "unit"},
    PASSWORD(false),
    REV,
    {0}};
const struct fq_param fq_account_row[] = {
    NAME,
    {.name = "display", .type = FQ_T_STRING, .min = 1, .max = 60, .zh = "显示名", .en = "display name"},
    {.name = "roles",
     .type = FQ_T_ARRAY,
     .required = true,
     .members = role_item,
     .min = 1,
     .max = 11,
     .zh = "角色",
     .en = "roles"},
    {.name = "org", .type = FQ_T_ID, .required = true, .zh = "所属单位", .en = "unit"},
    PASSWORD(false),
    {0}};
static const struct fq_param many_item[] = {{.type = FQ_T_OBJECT, .members = fq_account_row}};
static const struct fq_param many_params[] = {{.name = "users",
                                               .type = FQ_T_ARRAY,
                                               .required = true,
                                               .members = many_item,
                                               .min = 1,
                                               .max = 50,
                                               .zh = "账号",
                                               .en = "accounts as user.add takes them: all of them or none"},
                                              {0}};
static const struct fq_param any_user[] = {{.type = FQ_T_ANY}};
static const struct fq_param known_user[] = {{.type = FQ_T_ID}};
static const struct fq_param check_params[] = {
    {.name = "users",
     .type = FQ_T_ARRAY,
     .required = true,
     .members = any_user,
     .min = 1,
     .max = 200,
     .zh = "账号",
     .en = "rows as user.add_many takes them; each is checked on its own"},
    {.name = "known",
     .type = FQ_T_ARRAY,
     .members = known_user,
     .max = 2000,
     .zh = "同一张表里在前的用户名",
     .en = "user names of the rows before these"},
    {0}};
static const struct fq_param import_item[] = {
    {.type = FQ_T_OBJECT,
     .members = (const struct fq_param[]){
         NAME,
         {.name = "display", .type = FQ_T_STRING, .min = 1, .max = 60},
         {.name = "roles", .type = FQ_T_ARRAY, .required = true, .members = role_item, .min = 1, .max = 11},
         {.name = "org", .type = FQ_T_ID, .required = true},
         {.name = "password", .type = FQ_T_STRING, .max = 200},
         {0}}}};
static const struct fq_param import_params[] = {
    {.name = "users", .type = FQ_T_ARRAY, .required = true, .members = import_item, .min = 1, .max = 200},
    {0}};
static const struct fq_param name_params[] = {NAME, {0}};
static const struct fq_param disable_params[] = {
    NAME, REV, {.name = "reason", .type = FQ_T_STRING, .min = 1, .max = 200, .zh = "原因", .en = "why"}, {0}};
static const struct fq_param enable_params[] = {NAME, REV, {0}};
static const struct fq_param session_list_params[] = {
    {.name = "user", .type = FQ_T_ID, .zh = "用户", .en = "only this user's"},
    {.name = "after", .type = FQ_T_STRING, .max = 90, .zh = "从何处继续", .en = "`next` of the page before"},
    {.name = "limit", .type = FQ_T_INT, .min = 1, .max = 200, .zh = "条数", .en = "rows"},
    {0}};
static const struct fq_param session_end_params[] = {
    {.name = "user", .type = FQ_T_ID, .zh = "用户:他的全部登录", .en = "user: all of his sign-ins"},
    {.name = "id", .type = FQ_T_ID, .zh = "一处登录,见 session.list", .en = "one sign-in, see session.list"},
    {.name = "reason", .type = FQ_T_STRING, .min = 1, .max = 200, .zh = "原因", .en = "why"},
    {0}};
/* A screen on a wall is signed in by nobody for years. */
static const struct fq_param mint_params[] = {NAME,
                                              {.name = "days",
                                               .type = FQ_T_INT,
                                               .min = 1,
                                               .max = 3650,
                                               .zh = "有效天数,默认 30",
                                               .en = "how long it holds; 30"},
                                              {0}};
static const struct fq_param password_params[] = {NAME, PASSWORD(true), {0}};
static const struct fq_param change_params[] = {{.name = "old",
                                                 .type = FQ_T_STRING,
                                                 .required = true,
                                                 .min = 1,
                                                 .max = 128,
                                                 .zh = "原密码",
                                                 .en = "the password so far"},
                                                PASSWORD(true),
                                                {0}};
static const struct fq_param login_params[] = {
    NAME,
    {.name = "password",
     .type = FQ_T_STRING,
     .required = true,
     .min = 1,
     .max = 128,
     .zh = "密码",
     .en = "password"},
    {.name = "otp", .type = FQ_T_STRING, .max = 16, .zh = "动态口令", .en = "one-time password"},
    {.name = "device", .type = FQ_T_STRING, .max = 79, .zh = "设备标识", .en = "stable id of the device"},
    {0}};
static const struct fq_param logout_params[] = {{.name = "token",
                                                 .type = FQ_T_STRING,
                                                 .required = true,
                                                 .max = 90,
                                                 .zh = "令牌",
                                                 .en = "the token to end"},
                                                {0}};
static const struct fq_param failure_params[] = {
    NAME, {.name = "remote", .type = FQ_T_STRING}, {.name = "count", .type = FQ_T_INT}, {0}};
static const struct fq_param list_params[] = {
    {.name = "text",
     .type = FQ_T_STRING,
     .max = 60,
     .zh = "用户名或姓名的一部分",
     .en = "part of the user name or the display name"},
    {.name = "role", .type = FQ_T_ID, .zh = "角色", .en = "who has this role"},
    {.name = "org", .type = FQ_T_ID, .zh = "单位", .en = "unit"},
    {.name = "below", .type = FQ_T_BOOL, .zh = "含下级单位", .en = "the units below it too"},
    {.name = "disabled",
     .type = FQ_T_BOOL,
     .zh = "是否停用;不写则都列",
     .en = "disabled ones, or the others; all by default"},
    {.name = "has_password",
     .type = FQ_T_BOOL,
     .zh = "是否设过密码;不写则都列",
     .en = "those with a password, or without; all by default"},
    {.name = "after", .type = FQ_T_STRING, .max = 63, .zh = "从何处继续", .en = "`next` of the page before"},
    {.name = "limit", .type = FQ_T_INT, .min = 1, .max = 1000, .zh = "条数", .en = "rows"},
    {0}};

#define OF_AN_ACCOUNT                                                                                        \
  "name, display, roles: [string], org, disabled: boolean, rev: number, org_name?, signed_in_at?, "          \
  "has_password?: boolean, second_factor?: boolean"

static const struct fq_method methods[] = {
    {.name = "session.login",
     .flags = FQ_PUBLIC | FQ_SECRET,
     .params = login_params,
     .run = login,
     .zh = "登录",
     .en = "sign in",
     .result = "{token, expires, user:{id,name,roles,org}}"},
    {.name = "session.logout",
     .roles = FQ_ROLE_ALL,
     .flags = FQ_SECRET,
     .params = logout_params,
     .run = logout,
     .zh = "退出登录",
     .en = "end a token",
     .result = "{}"},
    {.name = "user.add",
     .roles = FQ_ROLE_ADMIN_SYSTEM,
     .flags = FQ_SECRET,
     .params = add_params,
     .target = target_added,
     .run = add,
     .zh = "新增或修改账号",
     .en = "add or change an account",
     .result = "{rev: number}"},
    {.name = "user.add_many",
     .roles = FQ_ROLE_ADMIN_SYSTEM,
     .flags = FQ_SECRET,
     .params = many_params,
     .run = add_many,
     .zh = "批量新增或修改账号",
     .en = "add or change many accounts: all of them or none",
     .result = "{set: number}"},
    {.name = "user.check",
     .roles = FQ_ROLE_ADMIN_SYSTEM,
     .flags = FQ_SECRET,
     .params = check_params,
     .query = fq_account_check_rows,
     .zh = "试导入账号",
     .en = "what user.add_many would do, row by row, and all mistakes",
     .result = "{rows: [{i: number, name?, act, code?, path?, zh?, en?, changes?: [string], was?: object}],"
               " adds: number, changes: number, same: number, errors: number}"},
    {.name = "session.list",
     .roles = FQ_ROLE_ADMIN_SECURITY | FQ_ROLE_ADMIN_AUDIT,
     .flags = FQ_LIVE,
     .params = session_list_params,
     .query = fq_account_sessions,
     .zh = "登录列表",
     .en = "who is signed in where, and whether connected now",
     .result = "{rows: [{id, user, display, org, device, since, expires, online: boolean}], next?}"},
    {.name = "session.end",
     .roles = FQ_ROLE_ADMIN_SECURITY,
     .params = session_end_params,
     .target = fq_account_session_target,
     .run = fq_account_session_end,
     .zh = "结束登录",
     .en = "end sign-ins: the devices must sign in anew",
     .result = "{user, ended: number}"},
    {.name = "user.password",
     .roles = FQ_ROLE_ADMIN_SECURITY,
     .flags = FQ_SECRET,
     .params = password_params,
     .target = target_named,
     .run = password,
     .zh = "设置密码",
     .en = "set a password",
     .result = "{}"},
    {.name = "session.password",
     .roles = FQ_ROLE_ALL,
     .flags = FQ_SECRET,
     .params = change_params,
     .run = change_password,
     .zh = "修改自己的密码",
     .en = "change one's own password; every device signs in anew",
     .result = "{}"},
    {.name = "user.disable",
     .roles = FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_SECURITY,
     .params = disable_params,
     .target = target_named,
     .run = disable,
     .zh = "停用账号",
     .en = "disable an account; its devices are signed out",
     .result = "{rev: number}"},
    {.name = "user.enable",
     .roles = FQ_ROLE_ADMIN_SYSTEM,
     .params = enable_params,
     .target = target_named,
     .run = enable,
     .zh = "恢复账号",
     .en = "take a disabled account into use again",
     .result = "{rev: number}"},
    {.name = "user.get",
     .roles = FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_SECURITY | FQ_ROLE_ADMIN_AUDIT,
     .params = name_params,
     .query = fq_account_get,
     .zh = "账号详情",
     .en = "one account",
     .result = "{" OF_AN_ACCOUNT ", sessions: number, changed_by?, changed_at?}"},
    {.name = "user.token",
     .flags = FQ_INTERNAL | FQ_SECRET,
     .params = mint_params,
     .run = mint,
     .zh = "签发令牌",
     .en = "issue a token",
     .result = "{token, expires, user}"},
    {.name = "user.import",
     .flags = FQ_INTERNAL | FQ_SECRET,
     .params = import_params,
     .run = import,
     .zh = "导入账号",
     .en = "import accounts",
     .result = "{set}"},
    {.name = "user.list",
     .roles = FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_SECURITY | FQ_ROLE_ADMIN_AUDIT | FQ_ROLE_DESK,
     .params = list_params,
     .query = fq_account_list,
     .zh = "账号列表",
     .en = "accounts",
     .result = "{rows: [{" OF_AN_ACCOUNT "}], next?, total?: number}"},
    {.name = "account.note_failure",
     .flags = FQ_INTERNAL,
     .params = failure_params,
     .run = note_failure,
     .zh = "记录登录失败",
     .en = "note a failed sign-in"},
    {0}};

const struct fq_plugin fq_account_module = {FQ_PLUGIN_HEAD, .name = "account", .version = "1",
                                            .zh = "账号",   .en = "accounts",  .migrations = migrations,
                                            .kinds = kinds, .methods = methods};
