/* Signing in with more than a password: one-time passwords against RFC 6238, turned on, asked for, used once,
 * lost; and one's own password changed. */
#include <stdio.h>
#include <string.h>

#include "base/totp.h"
#include "dispatch_world.h"

/* RFC 6238, appendix B, SHA-1; its last six digits of eight. */
static void the_standards_own_numbers(void **state) {
  (void)state;
  static const struct {
    int64_t s;
    const char *code;
  } vectors[] = {{59, "287082"},         {1111111109, "081804"}, {1111111111, "050471"},
                 {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"}};
  char code[7];
  for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
    assert_true(fq_totp_code("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", vectors[i].s / 30, code));
    assert_string_equal(code, vectors[i].code);
  }
  assert_true(fq_totp_code("gezd gnbv gy3t qojq gezd gnbv gy3t qojq", 1, code)); /* as people copy it */
  static const char *const strange[] = {"", "GEZDGNBVGY3TQOJQ", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJ1",
                                        "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBV"};
  for (size_t i = 0; i < sizeof strange / sizeof *strange; i++)
    assert_false(fq_totp_code(strange[i], 1, code));
  char secret[FQ_TOTP_SECRET], other[FQ_TOTP_SECRET];
  fq_totp_secret(secret);
  fq_totp_secret(other);
  assert_int_equal(strlen(secret), 32);
  assert_string_not_equal(secret, other);
  assert_true(fq_totp_code(secret, 1, code));
}

static void a_window_of_three_and_each_once(void **state) {
  (void)state;
  const char *secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
  int64_t step = 0, now = 1111111111000;
  for (int d = -2; d <= 2; d++) {
    char code[7];
    fq_totp_code(secret, now / FQ_TOTP_STEP_MS + d, code);
    assert_int_equal(fq_totp_fits(secret, code, now, 0, &step), d >= -1 && d <= 1);
    assert_false(fq_totp_fits(secret, code, now, now / FQ_TOTP_STEP_MS + 1, &step));
  }
  assert_true(fq_totp_fits(secret, "050 471", now, 0, &step));
  static const char *const strange[] = {"", "05047", "0504711", "05047x", "-50471", "０５０４７１"};
  for (size_t i = 0; i < sizeof strange / sizeof *strange; i++)
    assert_false(fq_totp_fits(secret, strange[i], now, 0, &step));
}

static char secret[FQ_TOTP_SECRET];

static int64_t noted(const char *kind, const char *subject) {
  return fq_int(fq_kernel_db(w.kernel), 0, "SELECT count(*) FROM journal WHERE kind = ? AND subject = ?",
                "ss", kind, subject);
}

static const char *shown(int later) {
  static char code[7];
  assert_true(fq_totp_code(secret, fq_now_ms(w.kernel) / FQ_TOTP_STEP_MS + later, code));
  return code;
}

static void turn_on(const char *user) {
  act("system", "user.password", "{\"name\":\"%s\",\"password\":\"a-long-password\"}", user);
  act(user, "factor.begin", "{}");
  snprintf(secret, sizeof secret, "%s", fq_json_str(w.result, "secret"));
  assert_non_null(strstr(fq_json_str(w.result, "uri"), secret));
  act(user, "factor.confirm", "{\"secret\":\"%s\",\"otp\":\"%s\"}", secret, shown(0));
}

static void a_second_factor(void **state) {
  (void)state;
  turn_on("dispatcher");
  assert_int_equal(noted("account.factor_set", "dispatcher"), 1);
  assert_int_equal(
      fq_int(fq_kernel_db(w.kernel), 0, "SELECT count(*) FROM journal WHERE instr(data, ?1)", "s", secret),
      0);
  refused("dispatcher", "factor.confirm", FQ_E_CONFLICT, "factor.on", "{\"secret\":\"%s\",\"otp\":\"%s\"}",
          secret, shown(0));
  act("dispatcher", "factor.get", "{}");
  assert_true(fq_json_bool(w.result, "on", false));
#define LOGIN "{\"name\":\"dispatcher\",\"password\":\"a-long-password\",\"otp\":\"%s\"}"
  refused("public", "session.login", FQ_E_SIGNED_OUT, "login.otp", LOGIN, "");
  refused("public", "session.login", FQ_E_SIGNED_OUT, "login.otp_wrong", LOGIN, "000000");
  refused("public", "session.login", FQ_E_SIGNED_OUT, "login.otp_wrong", LOGIN,
          shown(0)); /* it turned it on */
  act("public", "session.login", LOGIN, shown(1));
  refused("public", "session.login", FQ_E_SIGNED_OUT, "login.otp_wrong", LOGIN, shown(1));
  refused("public", "session.login", FQ_E_SIGNED_OUT, "login.wrong",
          "{\"name\":\"dispatcher\",\"password\":\"another password\",\"otp\":\"%s\"}", shown(1));
  act("admin", "user.get", "{\"name\":\"dispatcher\"}");
  assert_true(fq_json_bool(w.result, "second_factor", false));
  rebuild_gives_the_same();
}

static void guesses_are_counted(void **state) {
  (void)state;
  turn_on("dispatcher");
  for (int i = 0; i < 5; i++)
    refused("public", "session.login", FQ_E_SIGNED_OUT, "login.otp_wrong", LOGIN, "000000");
  refused("public", "session.login", FQ_E_OVERLOADED, "login.locked", LOGIN, shown(1));
}

static void turned_off(void **state) {
  (void)state;
  refused("dispatcher", "factor.remove", FQ_E_CONFLICT, "factor.off", "{\"otp\":\"000000\"}");
  refused("dispatcher", "factor.confirm", FQ_E_PARAMS, "factor.secret",
          "{\"secret\":\"11111111111111111111111111111111\",\"otp\":\"000000\"}");
  turn_on("dispatcher");
  refused("dispatcher", "factor.remove", FQ_E_PARAMS, "login.otp_wrong", "{\"otp\":\"000000\"}");
  act("dispatcher", "factor.remove", "{\"otp\":\"%s\"}", shown(1));
  act("public", "session.login", LOGIN, "");
  turn_on("dispatcher"); /* and a lost phone */
  refused("admin", "factor.reset", FQ_E_FORBIDDEN, "role",
          "{\"name\":\"dispatcher\",\"reason\":\"手机丢失\"}");
  act("system", "factor.reset", "{\"name\":\"dispatcher\",\"reason\":\"手机丢失\"}");
  refused("system", "factor.reset", FQ_E_CONFLICT, "factor.off",
          "{\"name\":\"dispatcher\",\"reason\":\"手机丢失\"}");
  assert_int_equal(noted("account.factor_removed", "dispatcher"), 2);
  act("public", "session.login", LOGIN, "");
  rebuild_gives_the_same();
}

static void ones_own_password(void **state) {
  (void)state;
  act("system", "user.password", "{\"name\":\"officer-a1\",\"password\":\"a-long-password\"}");
  refused("officer-a1", "session.password", FQ_E_PARAMS, "password.wrong",
          "{\"old\":\"guess\",\"password\":\"another-password\"}");
  refused("officer-a1", "session.password", FQ_E_PARAMS, "password.same",
          "{\"old\":\"a-long-password\",\"password\":\"a-long-password\"}");
  act("officer-a1", "session.password", "{\"old\":\"a-long-password\",\"password\":\"another-password\"}");
  refused("public", "session.login", FQ_E_SIGNED_OUT, "login.wrong",
          "{\"name\":\"officer-a1\",\"password\":\"a-long-password\"}");
  act("public", "session.login", "{\"name\":\"officer-a1\",\"password\":\"another-password\"}");
  for (int i = 0; i < 5; i++) /* a phone left on the table is no way to the password */
    refused("officer-a1", "session.password", FQ_E_PARAMS, "password.wrong",
            "{\"old\":\"guess\",\"password\":\"a-third-password\"}");
  refused("officer-a1", "session.password", FQ_E_OVERLOADED, "login.locked",
          "{\"old\":\"another-password\",\"password\":\"a-third-password\"}");
  rebuild_gives_the_same();
}

int main(void) {
#define T(f) cmocka_unit_test_setup_teardown(f, world_open_on_disk, world_close)
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_standards_own_numbers),
                                     cmocka_unit_test(a_window_of_three_and_each_once),
                                     T(a_second_factor),
                                     T(guesses_are_counted),
                                     T(turned_off),
                                     T(ones_own_password)};
  return cmocka_run_group_tests_name("factor", tests, NULL, NULL);
}
