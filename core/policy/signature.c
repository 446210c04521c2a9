/* Signed packs and the keys a county trusts: see signature.h. */
#include "policy/signature.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/sign.h"
#include "policy/module_internal.h"

static char *message_of(const struct fq_pack *pack, const char *signer) {
  return fq_printf("fengqiao pack 1\n%s\n%s\n%s\n%s\n", pack->name, pack->version, pack->digest, signer);
}

void fq_signature_read(const struct fq_pack *pack, const fq_json *files, struct fq_signature *out) {
  *out = (struct fq_signature){0};
  const char *text = fq_json_str(files, FQ_PACK_SIGNATURE);
  if (!text) return;
  out->present = true;
  fq_json *o = fq_json_parse(text, strlen(text), NULL);
  const char *signer = fq_json_str(o, "signer"), *public = fq_json_str(o, "public");
  const char *signature = fq_json_str(o, "signature"), *algorithm = fq_json_str(o, "algorithm");
  if (signer && public && signature && algorithm && !strcmp(algorithm, "ed25519") &&
      fq_key_id(public, out->key)) {
    char *message = message_of(pack, signer);
    fq_copy(out->signer, sizeof out->signer, signer);
    out->fits = fq_signature_fits(public, message, signature);
    free(message);
  }
  fq_json_free(o);
}

char *fq_signature_make(const struct fq_pack *pack, const char *private_pem, const char *signer) {
  char *message = message_of(pack, signer), *public = fq_key_public(private_pem);
  char *signature = fq_sign(private_pem, message), *text = NULL;
  if (signature) {
    fq_json *o = fq_json_object();
    fq_json_set_str(o, "algorithm", "ed25519");
    fq_json_set_str(o, "signer", signer);
    fq_json_set_str(o, "public", public);
    fq_json_set_str(o, "signature", signature);
    text = fq_json_print(o);
    fq_json_free(o);
  }
  free(message);
  free(public);
  free(signature);
  return text;
}

bool fq_key_trusted(fq_db *db, const char *key, char name[96]) {
  fq_stmt *q = fq_sql(db, "SELECT name FROM pack_key WHERE key = ?", "s", key);
  bool found = fq_row(q);
  if (found) {
    fq_copy(name, 96, fq_col_str(q, 0));
    fq_done(q);
  }
  return found;
}

enum fq_status fq_signature_admit(struct fq_call *c, bool demanded, const struct fq_pack *pack,
                                  const fq_json *files, fq_json *data) {
  struct fq_signature s;
  char name[96] = "";
  fq_signature_read(pack, files, &s);
  bool trusted = s.fits && fq_key_trusted(c->db, s.key, name);
  if (demanded && !s.present)
    return fq_fail(c->error, FQ_E_FORBIDDEN, "pack.unsigned", FQ_PACK_SIGNATURE,
                   "本县只部署签过名的规则包(policy.signed):先 fengqiao pack sign",
                   "this county deploys signed packs only (policy.signed): fengqiao pack sign first");
  if (demanded && !trusted)
    return fq_fail(c->error, FQ_E_FORBIDDEN, "pack.untrusted", FQ_PACK_SIGNATURE,
                   "签名者 %s(密钥 %.16s…)不在本县信任之列:由安全管理员用 pack.trust 登记",
                   "signer %s (key %.16s...) is not trusted here: the security administrator does pack.trust",
                   s.signer, s.key);
  if (!s.present) return FQ_OK;
  fq_json *o = fq_json_object();
  fq_json_set_str(o, "signer", s.signer);
  fq_json_set_str(o, "key", s.key);
  fq_json_set_bool(o, "trusted", trusted);
  if (trusted) fq_json_set_str(o, "known_as", name);
  fq_json_set(data, "signed", o);
  return FQ_OK;
}

/* -- the keys
 * ------------------------------------------------------------------------------------------------
 */

static const char *const migrations[] = {
    "CREATE TABLE pack_key(key TEXT PRIMARY KEY, name TEXT NOT NULL, public TEXT NOT NULL, since_ms INTEGER "
    "NOT NULL, by TEXT NOT NULL) WITHOUT ROWID;",
    NULL};

static enum fq_status apply_trusted(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "INSERT OR REPLACE INTO pack_key(key, name, public, since_ms, by) VALUES(?, ?, ?, ?, ?)",
          "sssis", fq_json_str(e->data, "key"), fq_json_str(e->data, "name"), fq_json_str(e->data, "public"),
          e->at_ms, e->actor);
  return FQ_OK;
}

static enum fq_status apply_withdrawn(struct fq_apply *a, const struct fq_entry *e) {
  fq_exec(a->db, "DELETE FROM pack_key WHERE key = ?", "s", fq_json_str(e->data, "key"));
  return FQ_OK;
}

static enum fq_status trust(struct fq_call *c) {
  char key[FQ_SHA256_HEX];
  char *public = fq_key_public(fq_json_str(c->params, "public"));
  if (!public || strstr(fq_json_str(c->params, "public"), "PRIVATE")) {
    free(public);
    return fq_fail(c->error, FQ_E_PARAMS, "pack.key", "params.public",
                   "应为 Ed25519 公钥(PEM),即 fengqiao pack keygen 写出的 .pub 文件",
                   "expected an Ed25519 public key as PEM: the .pub file that fengqiao pack keygen writes");
  }
  fq_key_id(public, key);
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "key", key);
  fq_json_set_str(data, "name", fq_json_str(c->params, "name"));
  fq_json_set_str(data, "public", public);
  fq_json_set_str(c->result, "key", key);
  free(public);
  return fq_emit(c, (struct fq_draft){.kind = "pack.key_trusted", .data = data});
}

static enum fq_status distrust(struct fq_call *c) {
  const char *key = fq_json_str(c->params, "key");
  char name[96];
  if (!fq_key_trusted(c->db, key, name))
    return fq_fail(c->error, FQ_E_NOT_FOUND, "pack.key_unknown", "params.key", "没有登记过密钥 %s",
                   "no key %s is trusted", key);
  fq_json *data = fq_json_object();
  fq_json_set_str(data, "key", key);
  fq_json_set_str(data, "name", name);
  fq_json_set_str(data, "reason", fq_json_str(c->params, "reason"));
  return fq_emit(c, (struct fq_draft){.kind = "pack.key_withdrawn", .data = data});
}

static enum fq_status keys(struct fq_query *q) {
  fq_json *rows = fq_json_array();
  fq_stmt *s = fq_sql(q->db, "SELECT key, name, public, since_ms, by FROM pack_key ORDER BY name, key", "");
  while (fq_row(s)) {
    fq_json *o = fq_json_object();
    fq_json_set_str(o, "key", fq_col_str(s, 0));
    fq_json_set_str(o, "name", fq_col_str(s, 1));
    fq_json_set_str(o, "public", fq_col_str(s, 2));
    fq_json_set_time(o, "since", fq_col_int(s, 3));
    fq_json_set_str(o, "by", fq_col_str(s, 4));
    fq_json_push(rows, o);
  }
  fq_json_set(q->result, "rows", rows);
  return FQ_OK;
}

static enum fq_status whole_county(struct fq_call *c, struct fq_target *t) {
  (void)c;
  t->org[0] = '\0';
  return FQ_OK;
}

#define ADMINS (FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_SECURITY | FQ_ROLE_ADMIN_AUDIT)

static const struct fq_kind kinds[] = {{.name = "pack.key_trusted",
                                        .apply = apply_trusted,
                                        .roles = ADMINS,
                                        .flags = FQ_KIND_QUIET,
                                        .zh = "登记了签名密钥",
                                        .en = "a signing key is trusted"},
                                       {.name = "pack.key_withdrawn",
                                        .apply = apply_withdrawn,
                                        .roles = ADMINS,
                                        .flags = FQ_KIND_QUIET,
                                        .zh = "撤销了签名密钥",
                                        .en = "a signing key is trusted no more"},
                                       {0}};

static const struct fq_param trust_params[] = {{.name = "name",
                                                .type = FQ_T_STRING,
                                                .required = true,
                                                .min = 1,
                                                .max = 30,
                                                .zh = "谁的密钥,如“邻县政法委”",
                                                .en = "whose key it is"},
                                               {.name = "public",
                                                .type = FQ_T_STRING,
                                                .required = true,
                                                .min = 1,
                                                .max = 1000,
                                                .zh = "公钥(PEM)",
                                                .en = "the public key as PEM"},
                                               {0}};
static const struct fq_param distrust_params[] = {{.name = "key",
                                                   .type = FQ_T_STRING,
                                                   .required = true,
                                                   .min = 64,
                                                   .max = 64,
                                                   .zh = "密钥指纹",
                                                   .en = "the key's fingerprint"},
                                                  {.name = "reason",
                                                   .type = FQ_T_STRING,
                                                   .required = true,
                                                   .min = 1,
                                                   .max = 200,
                                                   .zh = "原因",
                                                   .en = "why"},
                                                  {0}};

static const struct fq_method methods[] = {{.name = "pack.trust",
                                            .roles = FQ_ROLE_ADMIN_SECURITY,
                                            .params = trust_params,
                                            .target = whole_county,
                                            .run = trust,
                                            .zh = "登记可信的签名密钥",
                                            .en = "trusts a key that signs packs",
                                            .result = "{key}"},
                                           {.name = "pack.distrust",
                                            .roles = FQ_ROLE_ADMIN_SECURITY,
                                            .params = distrust_params,
                                            .target = whole_county,
                                            .run = distrust,
                                            .zh = "撤销签名密钥",
                                            .en = "trusts a key no more",
                                            .result = "{}"},
                                           {.name = "pack.keys",
                                            .roles = ADMINS,
                                            .query = keys,
                                            .zh = "可信的签名密钥",
                                            .en = "keys that are trusted to sign packs",
                                            .result = "{rows:[{key, name, public, since, by}]}"},
                                           {0}};

const struct fq_plugin fq_policy_trust = {
    FQ_PLUGIN_HEAD,       .name = "policy.trust",   .version = "1", .zh = "规则包签名",
    .en = "signed packs", .migrations = migrations, .kinds = kinds, .methods = methods};
