/*
 * Rights: role x org subtree, for calling and for hearing. Reads the org tree through the given handle, so it
 * is right on either side of the tick. Kernel or reader thread.
 */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "kernel/internal.h"

static const char *const names[FQ_ROLE_BITS] = {
#define X(id, name, zh) name,
    FQ_ROLES(X)
#undef X
};

uint32_t fq_role_mask(const fq_json *list, const char **unknown) {
  uint32_t mask = 0;
  fq_json_each(m, list) {
    const char *s = fq_json_as_str(m);
    int bit = 0;
    while (bit < FQ_ROLE_BITS && (!s || strcmp(s, names[bit])))
      bit++;
    if (bit == FQ_ROLE_BITS) {
      if (unknown) *unknown = s ? s : "?";
      return 0;
    }
    mask |= 1u << bit;
  }
  return mask;
}

fq_json *fq_role_names(uint32_t mask) {
  fq_json *list = fq_json_array();
  for (int bit = 0; bit < FQ_ROLE_BITS; bit++)
    if (mask & 1u << bit) fq_json_push(list, fq_json_new_str(names[bit]));
  return list;
}

enum fq_status fq_role_check(const struct fq_actor *a, const struct fq_method *m, struct fq_error *e) {
  if (a->system || (m->flags & FQ_PUBLIC) || (a->roles & m->roles)) return FQ_OK;
  return fq_fail(e, FQ_E_FORBIDDEN, "role", m->name, "您的角色不能执行 %s", "your role may not call %s",
                 m->name);
}

bool fq_role_reaches(fq_db *db, const struct fq_actor *a, const char *org) {
  if (a->system) return true;
  if (!org[0]) /* the county as a whole */
    return fq_int(db, 0, "SELECT parent = '' FROM org WHERE id = ?", "s", a->org) != 0;
  return fq_org_within(db, org, a->org);
}

/* Is `token` one of the space-separated words? */
static bool has_word(const char *words, const char *prefix, const char *name) {
  size_t p = strlen(prefix), n = strlen(name);
  for (const char *w = words; *w;) {
    size_t len = strcspn(w, " ");
    if (len == p + n && !strncmp(w, prefix, p) && !strncmp(w + p, name, n)) return true;
    w += len + (w[len] == ' ');
  }
  return false;
}

bool fq_audience_has(const char *audience, const struct fq_actor *a) {
  if (!audience[0]) return false;
  return has_word(audience, "user/", a->name) ||
         ((a->roles & (FQ_ROLE_DESK | FQ_ROLE_DEPARTMENT)) && has_word(audience, "unit/", a->org));
}

bool fq_entry_visible(fq_db *db, const struct fq_actor *a, const struct fq_kind *kind, const char *org,
                      const char *audience) {
  if (a->system || fq_audience_has(audience, a)) return true;
  return (a->roles & kind->roles) && fq_role_reaches(db, a, org);
}
