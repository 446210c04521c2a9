/*
 * STUN and TURN: see turn.h. coturn's `use-auth-secret`: the name says until when it is good and whose it is,
 * the credential proves that whoever knows the shared secret has said so. The secret itself never leaves the
 * server, and a credential that leaks is worth a relay until it expires, no more.
 */
#include "media/turn.h"

#include <stdio.h>
#include <string.h>

#define LIFE_S                                                                                               \
  INT64_C(43200) /* a relay is refreshed with the credential it began with: longer than any call */

static bool readable(const char *url, const char *scheme) {
  size_t n = strlen(scheme);
  if (strncmp(url, scheme, n)) return false;
  url += n + (url[n] == 's');
  return url[0] == ':' && url[1];
}

/* Calls `each` (or nothing, for NULL) for each of the addresses, parted by blanks or commas. One that a
 * browser cannot read would cost the whole connection: it is skipped, and false says so. */
static bool each_url(const char *list, const char *scheme, void (*each)(void *arg, const char *url),
                     void *arg) {
  bool all = true;
  for (const char *p = list + strspn(list, " ,\t"); *p; p += strspn(p, " ,\t")) {
    char url[256];
    size_t len = strcspn(p, " ,\t");
    snprintf(url, sizeof url, "%.*s", (int)(len < sizeof url ? len : 0), p);
    bool fits = readable(url, scheme);
    if (fits && each) each(arg, url);
    all = all && fits;
    p += len;
  }
  return all;
}

struct servers {
  fq_json *into;
  const char *username, *credential; /* NULL: it asks for none */
};

static void push(void *arg, const char *url) {
  const struct servers *s = arg;
  fq_json *server = fq_json_object();
  fq_json_set_str(server, "urls", url);
  if (s->username) {
    fq_json_set_str(server, "username", s->username);
    fq_json_set_str(server, "credential", s->credential);
  }
  fq_json_push(s->into, server);
}

void cf_ice_servers(struct cf_self *s, const char *conf, const char *user, int64_t now_ms, fq_json *into) {
  char username[2 * FQ_ID_MAX + 32], credential[29];
  struct servers list = {.into = into};
  each_url(s->stun_url, "stun", push, &list);
  if (!s->turn_secret[0]) return; /* a TURN server without a credential is an error to a browser */
  snprintf(username, sizeof username, "%lld:%s/%s", (long long)(now_ms / 1000 + LIFE_S),
           conf[0] ? conf : "camera", user);
  fq_hmac_sha1(s->turn_secret, username, credential);
  list.username = username;
  list.credential = credential;
  each_url(s->turn_url, "turn", push, &list);
}

const char *cf_turn_problem(const struct cf_self *s) {
  if (!each_url(s->stun_url, "stun", NULL, NULL))
    return "conference.stun_url: expected stun:HOST:PORT or stuns:HOST:PORT; what is not is left out";
  if (!each_url(s->turn_url, "turn", NULL, NULL))
    return "conference.turn_url: expected turn:HOST:PORT or turns:HOST:PORT; what is not is left out";
  if (s->turn_url[0] && !s->turn_secret[0])
    return "conference.turn_url without conference.turn_secret: no relay is offered";
  return NULL;
}
