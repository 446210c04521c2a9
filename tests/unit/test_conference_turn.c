/* What pages are told of STUN and TURN servers: the credentials are those coturn computes. As a program,
 * "test_conference_turn SECRET URL CONF USER NOW_MS" prints them, for tests/unit/turn.sh to try on a real
 * one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/json.h"
#include "base/mem.h"
#include "media/turn.h"

#define T0 INT64_C(1795000000000)

static struct cf_self with(const char *stun, const char *turn, const char *secret) {
  struct cf_self s = {0};
  fq_copy(s.stun_url, sizeof s.stun_url, stun);
  fq_copy(s.turn_url, sizeof s.turn_url, turn);
  fq_copy(s.turn_secret, sizeof s.turn_secret, secret);
  return s;
}

static void told(const char *stun, const char *turn, const char *secret, const char *conf, const char *want,
                 const char *problem) {
  struct cf_self s = with(stun, turn, secret);
  fq_json *list = fq_json_array();
  cf_ice_servers(&s, conf, "zhang", T0, list);
  char *text = fq_json_print(list);
  assert_string_equal(text, want);
  free(text);
  fq_json_free(list);
  if (problem)
    assert_non_null(strstr(cf_turn_problem(&s), problem));
  else
    assert_null(cf_turn_problem(&s));
}

/* printf '1795043200:v12/zhang' | openssl dgst -sha1 -hmac fengqiao-secret -binary | base64 */
#define ZHANG "\"username\":\"1795043200:v12/zhang\",\"credential\":\"l+neTElikt+PL5cykSAcvh7x2IA=\"}"

static void servers(void **state) {
  (void)state;
  told("", "", "", "v12", "[]", NULL);
  told("stun:a:3478", "", "", "v12", "[{\"urls\":\"stun:a:3478\"}]", NULL);
  told("", "turn:a:3478", "fengqiao-secret", "v12", "[{\"urls\":\"turn:a:3478\"," ZHANG "]", NULL);
  told("stun:a stuns:b:5349", " turn:a:3478?transport=udp, turns:b:5349 ", "fengqiao-secret", "v12",
       "[{\"urls\":\"stun:a\"},{\"urls\":\"stuns:b:5349\"},{\"urls\":\"turn:a:3478?transport=udp\"," ZHANG
       ",{\"urls\":\"turns:b:5349\"," ZHANG "]",
       NULL);
  told("", "turn:a", "fengqiao-secret", "",
       "[{\"urls\":\"turn:a\",\"username\":\"1795043200:camera/zhang\",\"credential\":"
       "\"2BYzHy4h6LDTeWms94cxLm8s/bw=\"}]",
       NULL);
}

/* What a browser would refuse is left out, and said. */
static void problems(void **state) {
  (void)state;
  told("a:3478", "", "", "v12", "[]", "stun_url");
  told("stun:", "", "", "v12", "[]", "stun_url");
  told("http://a stun:b", "", "", "v12", "[{\"urls\":\"stun:b\"}]", "stun_url");
  told("turn:a", "", "", "v12", "[]", "stun_url");
  told("", "turnx:a", "fengqiao-secret", "v12", "[]", "turn_url");
  told("", "turn:a:3478", "", "v12", "[]", "turn_secret");
}

int main(int argc, char **argv) {
  if (argc == 6) {
    struct cf_self s = with("", argv[2], argv[1]);
    fq_json *list = fq_json_array();
    cf_ice_servers(&s, argv[3], argv[4], strtoll(argv[5], NULL, 10), list);
    fq_json_each(server, list)
        printf("%s %s\n", fq_json_str(server, "username"), fq_json_str(server, "credential"));
    fq_json_free(list);
    return 0;
  }
  const struct CMUnitTest tests[] = {cmocka_unit_test(servers), cmocka_unit_test(problems)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
