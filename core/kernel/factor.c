/*
 * The second factor as a module: one-time passwords of an authenticator app. Whoever is signed in turns it on
 * for himself by showing that his app has the secret; a lost phone is the security administrator's to
 * forgive. The secret enters the journal sealed, in an entry that nobody hears. Kernel thread; queries on
 * reader threads.
 */
#include "kernel/factor.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/totp.h"
#include "kernel/internal.h"

static const char *const migrations[] = {
    "CREATE TABLE second_factor(name TEXT PRIMARY KEY, secret TEXT NOT NULL, since_ms INTEGER NOT NULL,"
    " last_step INTEGER NOT NULL) WITHOUT ROWID;",
    NULL};

bool fq_factor_has(fq_db *db, const char *name) {
  return fq_int(db, 0, "SELECT 1 FROM second_factor WHERE name = ?", "s", name) != 0;
}

static enum fq_status wrong(struct fq_error *e, const char *path) {
  return fq_fail(
      e, FQ_E_SIGNED_OUT, "login.otp_wrong", path, "动态口令不对,或已经用过;请等下一个,并核对手机时间",
      "the one-time password does not fit or has been used: wait for the next, and check the phone's clock");
}

enum fq_status fq_factor_check(fq_kernel *k, fq_db *db, const char *name, const char *otp, int64_t now_ms,
                               int64_t *step, struct fq_error *e) {
  fq_stmt *q = fq_sql(db, "SELECT secret, last_step FROM second_factor WHERE name = ?", "s", name);
  *step = 0;
  if (!fq_row(q)) return FQ_OK;
  char *secret = fq_unseal(k->key, fq_col_str(q, 0));
  int64_t last = fq_col_int(q, 1);
  fq_done(q);
  bool given = otp && *otp, fits = given && secret && fq_totp_fits(secret, otp, now_ms, last, step);
  free(secret);
  if (fits) return FQ_OK;
  return given ? wrong(e, "params.otp")
               : fq_fail(e, FQ_E_SIGNED_OUT, "login.otp", "params.otp", "请输入验证器应用里的 6 位动态口令",
                         "the six digits of the authenticator app are needed");
}

/* ---- apply */

static enum fq_status apply_set(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "INSERT OR REPLACE INTO second_factor(name, secret, since_ms, last_step) VALUES(?,?,?,?)",
          "ssii", e->subject, fq_json_str(e->data, "secret"), e->at_ms, fq_json_int(e->data, "step", 0));
  return FQ_OK;
}

static enum fq_status apply_removed(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "DELETE FROM second_factor WHERE name = ?", "s", e->subject);
  return FQ_OK;
}

/* For the auditor: the secret has an entry of its own. */
static enum fq_status apply_nothing(struct fq_apply *a, const struct fq_entry *e) {
  (void)a, (void)e;
  return FQ_OK;
}

/* One password opens once. */
static enum fq_status apply_signed_in(struct fq_apply *a, const struct fq_entry *e) {
  int64_t step = fq_json_int(e->data, "otp_step", 0);
  if (step) fq_exec(a->db, "UPDATE second_factor SET last_step = ? WHERE name = ?", "is", step, e->subject);
  return FQ_OK;
}

/* ---- methods */

static enum fq_status query_get(struct fq_query *q) {
  fq_stmt *s = fq_sql(q->db, "SELECT since_ms FROM second_factor WHERE name = ?", "s", q->actor->name);
  bool on = fq_row(s);
  fq_json_set_bool(q->result, "on", on);
  if (on) {
    fq_json_set_time(q->result, "since", fq_col_int(s, 0));
    fq_done(s);
  }
  return FQ_OK;
}

/* Nothing is kept yet: the secret comes back with its first password. */
static enum fq_status query_begin(struct fq_query *q) {
  char secret[FQ_TOTP_SECRET];
  fq_totp_secret(secret);
  fq_json_set_str(q->result, "secret", secret);
  char *uri = fq_printf("otpauth://totp/Fengqiao:%s?secret=%s&issuer=Fengqiao", q->actor->name, secret);
  fq_json_set_str(q->result, "uri", uri);
  free(uri);
  return FQ_OK;
}

static enum fq_status confirm(struct fq_call *c) {
  const char *secret = fq_json_str(c->params, "secret"), *name = c->actor->name;
  int64_t step = 0;
  char right[7];
  if (!fq_int(c->db, 0, "SELECT 1 FROM account WHERE name = ?", "s", name))
    return fq_fail(c->error, FQ_E_FORBIDDEN, "factor.account", "", "只有账号才能启用动态口令",
                   "only an account can have a second factor");
  if (fq_factor_has(c->db, name))
    return fq_fail(c->error, FQ_E_CONFLICT, "factor.on", "", "动态口令已经启用;要换手机,请先停用",
                   "a second factor is on: to change phones, turn it off first");
  if (!fq_totp_code(secret, 0, right))
    return fq_fail(c->error, FQ_E_PARAMS, "factor.secret", "params.secret",
                   "密钥应为 factor.begin 给的 32 个字符",
                   "expected the 32 characters that factor.begin gave");
  if (!fq_totp_fits(secret, fq_json_str(c->params, "otp"), c->now_ms, 0, &step)) {
    wrong(c->error, "params.otp");
    return c->error->status = FQ_E_PARAMS; /* he is signed in all the same */
  }
  fq_json *data = fq_json_object();
  char *sealed = fq_seal(c->tick->kernel->key, secret);
  fq_json_set_str(data, "secret", sealed);
  fq_json_set_int(data, "step", step);
  free(sealed);
  enum fq_status st =
      fq_emit(c, (struct fq_draft){
                     .kind = "account.factor_secret", .subject = name, .org = c->actor->org, .data = data});
  return st ? st
            : fq_emit(c,
                      (struct fq_draft){.kind = "account.factor_set", .subject = name, .org = c->actor->org});
}

static enum fq_status removed(struct fq_call *c, const char *name, const char *org) {
  fq_json *data = fq_json_object();
  const char *reason = fq_json_str(c->params, "reason");
  if (reason) fq_json_set_str(data, "reason", reason);
  return fq_emit(
      c, (struct fq_draft){.kind = "account.factor_removed", .subject = name, .org = org, .data = data});
}

static enum fq_status none(struct fq_call *c, const char *path) {
  return fq_fail(c->error, FQ_E_CONFLICT, "factor.off", path, "没有启用动态口令", "no second factor is on");
}

static enum fq_status turn_off(struct fq_call *c) {
  int64_t step;
  if (!fq_factor_has(c->db, c->actor->name)) return none(c, "");
  enum fq_status st = fq_factor_check(c->tick->kernel, c->db, c->actor->name, fq_json_str(c->params, "otp"),
                                      c->now_ms, &step, c->error);
  if (st) return c->error->status = FQ_E_PARAMS;
  return removed(c, c->actor->name, c->actor->org);
}

static enum fq_status target_reset(struct fq_call *c, struct fq_target *t) {
  const char *name = fq_json_str(c->params, "name");
  fq_stmt *q = fq_sql(c->db, "SELECT org FROM account WHERE name = ?", "s", name);
  if (!fq_row(q))
    return fq_fail(c->error, FQ_E_NOT_FOUND, "user.unknown", "params.name", "没有用户 %s", "no user %s",
                   name);
  fq_copy(t->org, sizeof t->org, fq_col_str(q, 0));
  fq_done(q);
  return FQ_OK;
}

/* A lost phone. Two people know of it: the one who asks and the one who forgives. */
static enum fq_status reset(struct fq_call *c) {
  struct fq_target t = {0};
  const char *name = fq_json_str(c->params, "name");
  if (!strcmp(name, c->actor->name))
    return fq_fail(c->error, FQ_E_FORBIDDEN, "user.own", "params.name",
                   "自己的动态口令由另一位安全管理员重置",
                   "one's own is reset by another security administrator");
  enum fq_status st = target_reset(c, &t);
  if (st) return st;
  return fq_factor_has(c->db, name) ? removed(c, name, t.org) : none(c, "params.name");
}

/* clang-format off */
#define OTP {.name = "otp", .type = FQ_T_STRING, .required = true, .min = 6, .max = 16, .zh = "现在的动态口令", .en = "the six digits shown now"}
static const struct fq_param confirm_params[] = {
    {.name = "secret", .type = FQ_T_STRING, .required = true, .min = 32, .max = 48, .zh = "密钥", .en = "the secret that factor.begin gave"}, OTP, {0}};
static const struct fq_param off_params[] = {OTP, {0}};
static const struct fq_param reset_params[] = {
    {.name = "name", .type = FQ_T_ID, .required = true, .zh = "用户名", .en = "user name"},
    {.name = "reason", .type = FQ_T_STRING, .required = true, .min = 1, .max = 200, .zh = "原因", .en = "why"}, {0}};
#define AUDITORS (FQ_ROLE_ADMIN_AUDIT | FQ_ROLE_ADMIN_SECURITY)
static const struct fq_kind kinds[] = {
    {.name = "account.factor_secret", .apply = apply_set, .flags = FQ_KIND_QUIET, .zh = "动态口令密钥", .en = "secret of a second factor"},
    {.name = "account.factor_set", .apply = apply_nothing, .roles = AUDITORS, .flags = FQ_KIND_QUIET, .zh = "启用动态口令", .en = "second factor turned on"},
    {.name = "account.factor_removed", .apply = apply_removed, .roles = AUDITORS, .flags = FQ_KIND_QUIET, .zh = "停用动态口令", .en = "second factor turned off"},
    {0}};
static const struct fq_kind also_applies[] = {{.name = "account.signed_in", .apply = apply_signed_in}, {0}};
static const struct fq_method methods[] = {
    {.name = "factor.get", .roles = FQ_ROLE_ALL, .query = query_get,
     .zh = "我的动态口令", .en = "is one's own second factor on", .result = "{on: boolean, since?}"},
    {.name = "factor.begin", .roles = FQ_ROLE_ALL, .flags = FQ_SECRET, .query = query_begin,
     .zh = "取动态口令密钥", .en = "a secret for the authenticator app; nothing is kept before factor.confirm", .result = "{secret, uri}"},
    {.name = "factor.confirm", .roles = FQ_ROLE_ALL, .flags = FQ_SECRET, .params = confirm_params, .run = confirm,
     .zh = "启用动态口令", .en = "turn on: the app shows its first password", .result = "{}"},
    {.name = "factor.remove", .roles = FQ_ROLE_ALL, .flags = FQ_SECRET, .params = off_params, .run = turn_off,
     .zh = "停用动态口令", .en = "turn off one's own", .result = "{}"},
    {.name = "factor.reset", .roles = FQ_ROLE_ADMIN_SECURITY, .params = reset_params, .target = target_reset, .run = reset,
     .zh = "重置他人的动态口令", .en = "turn off somebody's whose phone is lost", .result = "{}"},
    {0}};
const struct fq_plugin fq_factor_module = {FQ_PLUGIN_HEAD, .name = "factor", .version = "1", .zh = "动态口令", .en = "second factor",
    .migrations = migrations, .kinds = kinds, .also_applies = also_applies, .methods = methods};
/* clang-format on */
