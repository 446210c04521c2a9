/*
 * Guests: people without an account who hold a token that a plugin has given out and knows again. To the rest
 * of the kernel a guest is an actor like any other; what keeps him small is checked here, once. Kernel
 * thread.
 */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "kernel/internal.h"

/* What a token that came by a text message never opens. */
#define NEVER                                                                                                \
  (FQ_ROLE_ADMIN_SYSTEM | FQ_ROLE_ADMIN_SECURITY | FQ_ROLE_ADMIN_AUDIT | FQ_ROLE_POLICY | FQ_ROLE_SERVICE)

static bool account_of(fq_kernel *k, const char *name) {
  return fq_int(k->db, 0, "SELECT 1 FROM account WHERE name = ?", "s", name) != 0;
}

static bool sound(fq_kernel *k, const struct fq_guest *g) {
  struct fq_unit unit;
  return fq_is_id(g->user) && strcmp(g->user, FQ_NOBODY) && strcmp(g->user, "system") &&
         !account_of(k, g->user) && fq_org_unit(k->db, g->org, &unit) && g->roles && !(g->roles & NEVER) &&
         !(g->roles & ~FQ_ROLE_ALL);
}

bool fq_guest_token(fq_kernel *k, const char *token, struct fq_call_state *out, int64_t *expires_ms) {
  int64_t now_ms = fq_clock_ms(&k->clock);
  for (size_t i = 0; token && token[0] && i < k->inited; i++) {
    const struct fq_plugin *p = k->modules[i].table;
    struct fq_guest g = {0};
    if (p->size <= offsetof(struct fq_plugin, guest) || !p->guest) continue;
    bool his = p->guest(k->modules[i].self, k->db, token, now_ms, &g) && g.until_ms > now_ms;
    bool may = his && sound(k, &g);
    fq_db_clear(k->db);
    if (his && !may) fq_log(FQ_LOG_WARN, "module %s: guest %s refused", p->name, g.user);
    if (!may) continue;
    fq_copy(out->name, sizeof out->name, g.user);
    fq_copy(out->org, sizeof out->org, g.org);
    out->actor = (struct fq_actor){.name = out->name, .org = out->org, .roles = g.roles};
    if (expires_ms) *expires_ms = g.until_ms;
    return true;
  }
  return false;
}

void fq_guest_end(fq_kernel *k, const char *user) {
  if (account_of(k, user)) return;
  fq_session_end_user(k, user, 4001, "the invitation has ended");
  fq_flush(k);
}
