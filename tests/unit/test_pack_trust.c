/* Packs from elsewhere: who has signed them, what they would change here, what the county demands. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/sign.h"
#include "dispatch_world.h"
#include "policy/module_internal.h"
#include "policy/signature.h"

static char *private_key, *public_key;

static fq_json *files_of(const char *version, const char *limit) {
  fq_json *files = fq_json_object();
  char *pack = fq_printf("name = 'guest'\nversion = '%s'\ntitle = { zh = '外来', en = 'guest' }\n"
                         "policies = { 'policies/p.lua' }\ndictionaries = { 'dictionaries/categories.csv' }\n"
                         "setup = { { 'calendar.set', 'setup/c.lua' } }\n",
                         version);
  char *policy =
      fq_printf("return policy {\n  name = 'guest-rule',\n  clocks = { handle = { from = 'reported', to = "
                "'handled', limit = %s } },\n  on = { ['incident.reported'] = function(e)\n"
                "    if e.incident.category == 'odd' then return transfer(e.incident, '%s', 'x') end\n"
                "  end },\n}\n",
                limit, "431999-D07");
  fq_json_set_str(files, "pack.lua", pack);
  fq_json_set_str(files, "policies/p.lua", policy);
  fq_json_set_str(files, "dictionaries/categories.csv", "code,zh,en\nodd,怪事,odd\n");
  fq_json_set_str(files, "setup/c.lua",
                  "return { name = 'office', title = '办公', week = { mon = { { '08:30', '17:30' } } } }");
  free(pack);
  free(policy);
  return files;
}

static void sign(fq_json *files, const char *version, const char *signer) {
  struct fq_pack pack = {0};
  snprintf(pack.name, sizeof pack.name, "guest");
  snprintf(pack.version, sizeof pack.version, "%s", version);
  fq_pack_digest(files, pack.digest);
  char *text = fq_signature_make(&pack, private_key, signer);
  assert_non_null(text);
  fq_json_set_str(files, FQ_PACK_SIGNATURE, text);
  free(text);
}

/* pack.deploy or pack.report of the files, which are taken. */
static enum fq_status call(const char *method, fq_json *files) {
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "pack", "guest");
  fq_json_set(params, "files", files);
  memset(&w.error, 0, sizeof w.error);
  fq_json_free(w.result);
  w.result = NULL;
  return fq_kernel_call(w.kernel, NULL, method, params, &w.result, &w.error);
}

static void said(enum fq_status st, const char *code) {
  if (!st || strcmp(w.error.code, code)) fail_msg("expected %s, got %d %s", code, st, w.error.code);
  assert_true(w.error.zh[0] && w.error.en[0]);
}

static void trust_us(void) {
  fq_json *params = fq_json_object();
  struct fq_actor security = {.name = "security", .org = "430525", .roles = FQ_ROLE_ADMIN_SECURITY};
  fq_json_set_str(params, "name", "邻县");
  fq_json_set_str(params, "public", public_key);
  if (fq_kernel_call(w.kernel, &security, "pack.trust", params, NULL, &w.error)) fail_msg("%s", w.error.en);
}

static void keys_and_signatures(void **state) {
  char id[FQ_SHA256_HEX], other[FQ_SHA256_HEX], *again, *second, *second_public;
  assert_true(fq_key_id(private_key, id) && fq_key_id(public_key, other));
  assert_string_equal(id, other);
  assert_string_equal(again = fq_key_public(private_key), public_key);
  assert_false(fq_key_id("no key", id));
  char *signature = fq_sign(private_key, "text");
  fq_key_make(&second, &second_public);
  assert_true(fq_signature_fits(public_key, "text", signature));
  assert_false(fq_signature_fits(public_key, "texT", signature));
  assert_false(fq_signature_fits(second_public, "text", signature));
  assert_false(fq_signature_fits(public_key, "text", "AAAA"));
  signature[3] = signature[3] == 'A' ? 'B' : 'A';
  assert_false(fq_signature_fits(public_key, "text", signature));
  assert_null(fq_sign(public_key, "text"));
  free(again);
  free(signature);
  free(second);
  free(second_public);
}

static void a_changed_file_breaks_it(void **state) {
  fq_json *files = files_of("1", "hours(2)");
  sign(files, "1", "张三");
  fq_json_set_str(files, "setup/c.lua", "return { name = 'office', title = '改', week = {} }");
  said(call("pack.deploy", files), "pack.invalid");
  assert_non_null(strstr(w.error.en, "the signature does not fit"));
}

/* Nor can a name, a version or a signer be put in afterwards. */
static void nothing_can_be_put_in(void **state) {
  fq_json *files = files_of("1", "hours(2)");
  sign(files, "1", "张三");
  char *text = fq_strdup(fq_json_str(files, FQ_PACK_SIGNATURE)), *at = strstr(text, "张三");
  memcpy(at, "李四", strlen("李四"));
  fq_json_set_str(files, FQ_PACK_SIGNATURE, text);
  free(text);
  said(call("pack.deploy", files), "pack.invalid");
}

static void what_the_county_demands(void **state) {
  fq_policy_of(w.kernel)->demand_signed = true;
  said(call("pack.deploy", files_of("1", "hours(2)")), "pack.unsigned");
  fq_json *files = files_of("1", "hours(2)");
  sign(files, "1", "张三");
  said(call("pack.deploy", fq_json_dup(files)), "pack.untrusted");
  trust_us();
  assert_int_equal(call("pack.deploy", files), FQ_OK);
  fq_json *data = fq_json_parse(entry("pack.deployed", "data"), strlen(entry("pack.deployed", "data")), NULL);
  const fq_json *who = fq_json_get(data, "signed");
  assert_string_equal(fq_json_str(who, "signer"), "张三");
  assert_string_equal(fq_json_str(who, "known_as"), "邻县");
  fq_json_free(data);
  const fq_json *row = fq_json_first(fq_json_get(act("admin", "pack.keys", "{}"), "rows"));
  char key[80];
  snprintf(key, sizeof key, "%s", fq_json_str(row, "key"));
  refused("admin", "pack.distrust", FQ_E_FORBIDDEN, "role", "{\"key\":\"%s\",\"reason\":\"丢了\"}", key);
  act("system", "pack.distrust", "{\"key\":\"%s\",\"reason\":\"私钥丢了\"}", key);
  files = files_of("2", "hours(2)");
  sign(files, "2", "张三");
  said(call("pack.deploy", files), "pack.untrusted");
  refused("system", "pack.distrust", FQ_E_NOT_FOUND, "pack.key_unknown", "{\"key\":\"%s\",\"reason\":\"x\"}",
          key);
  refused("system", "pack.trust", FQ_E_PARAMS, "pack.key", "{\"name\":\"x\",\"public\":\"nonsense\"}");
  rebuild_gives_the_same();
}

static enum fq_status report_at(int64_t generation) {
  fq_json *params = fq_json_object();
  fq_json_set_str(params, "pack", "guest");
  fq_json_set_int(params, "generation", generation);
  memset(&w.error, 0, sizeof w.error);
  fq_json_free(w.result);
  w.result = NULL;
  return fq_kernel_call(w.kernel, NULL, "pack.report", params, &w.result, &w.error);
}

static const fq_json *first_of(const char *list) {
  return fq_json_first(fq_json_get(w.result, list));
}

static void what_it_would_change(void **state) {
  assert_int_equal(call("pack.report", files_of("1", "hours(2)")), FQ_OK);
  assert_false(fq_json_bool(w.result, "installed", true));
  assert_false(fq_json_bool(fq_json_get(w.result, "signature"), "present", true));
  assert_string_equal(fq_json_str(first_of("policies"), "change"), "added");
  assert_string_equal(fq_json_str(first_of("setup"), "change"), "added");
  const fq_json *code = fq_json_first(fq_json_get(first_of("dictionaries"), "changes"));
  assert_string_equal(fq_json_str(code, "name"), "odd");
  assert_string_equal(fq_json_str(code, "change"), "added");
  const fq_json *unit = first_of("foreign_units"); /* ours begin with 430525 */
  assert_string_equal(fq_json_str(unit, "unit"), "431999-D07");
  assert_int_equal(fq_json_int(unit, "line", 0), 5);

  assert_int_equal(call("pack.deploy", files_of("1", "hours(2)")), FQ_OK);
  assert_int_equal(call("pack.report", files_of("1", "hours(2)")), FQ_OK);
  assert_true(fq_json_bool(w.result, "same", false));
  assert_string_equal(fq_json_str(first_of("policies"), "change"), "same");
  assert_int_equal(fq_json_size(fq_json_get(first_of("dictionaries"), "changes")), 0);
  /* and of what stands here already, without its files */
  fq_json_free(w.result);
  w.result = NULL;
  assert_int_equal(fq_kernel_call(w.kernel, NULL, "pack.list", fq_json_object(), &w.result, &w.error), FQ_OK);
  int64_t generation = fq_json_int(w.result, "generation", 0);
  assert_int_equal(report_at(generation), FQ_OK);
  assert_true(fq_json_bool(w.result, "same", false));
  assert_string_equal(fq_json_str(w.result, "version"), "1");
  said(report_at(generation + 1), "pack.unknown_generation");

  fq_json *files = files_of("2", "hours(3)");
  fq_json_set_str(files, "dictionaries/categories.csv", "code,zh,en\nstrange,异事,strange\n");
  sign(files, "2", "李四");
  assert_int_equal(call("pack.report", files), FQ_OK);
  assert_string_equal(fq_json_str(w.result, "was"), "1");
  assert_string_equal(fq_json_str(first_of("policies"), "change"), "changed");
  assert_string_equal(fq_json_str(first_of("setup"), "change"), "same");
  assert_int_equal(fq_json_size(fq_json_get(first_of("dictionaries"), "changes")), 2);
  assert_true(fq_json_bool(fq_json_get(w.result, "signature"), "fits", false));
  assert_false(fq_json_bool(fq_json_get(w.result, "signature"), "trusted", true));
}

static void a_bad_pack_is_reported_as_such(void **state) {
  fq_json *files = files_of("1", "nonsense(2)");
  assert_int_equal(call("pack.report", files), FQ_OK);
  assert_false(fq_json_bool(w.result, "ok", true));
  assert_int_equal(fq_json_int(first_of("findings"), "line", 0), 3);
}

static int make_keys(void **state) {
  fq_key_make(&private_key, &public_key);
  return 0;
}

static int free_keys(void **state) {
  free(private_key);
  free(public_key);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(keys_and_signatures),
      cmocka_unit_test_setup_teardown(a_changed_file_breaks_it, world_open_with_policies, world_close),
      cmocka_unit_test_setup_teardown(nothing_can_be_put_in, world_open_with_policies, world_close),
      cmocka_unit_test_setup_teardown(what_the_county_demands, world_open_on_disk_with_policies, world_close),
      cmocka_unit_test_setup_teardown(what_it_would_change, world_open_with_policies, world_close),
      cmocka_unit_test_setup_teardown(a_bad_pack_is_reported_as_such, world_open_with_policies, world_close)};
  return cmocka_run_group_tests(tests, make_keys, free_keys);
}
