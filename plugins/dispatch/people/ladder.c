/*
 * ladder.c - the rungs above a place (grid, village, township, county) and who owns an incident: the first
 * rung somebody sits on. An empty rung is skipped at once, never waited out. Reads org, account and duty.
 * Kernel or reader thread.
 */
#include <string.h>

#include "people/people.h"

void dp_ladder_of(fq_db *db, const char *org, struct dp_ladder *out) {
  struct fq_unit u;
  char at[FQ_ID_MAX];
  out->count = 0;
  dp_text(at, sizeof at, org);
  /* 16: no real tree is deeper, and a damaged one must not hang the tick. */
  for (int depth = 0; depth < 16 && *at && fq_org_unit(db, at, &u); depth++) {
    int level = dp_level_of(u.kind);
    if (level >= 0 && out->count < DP_LEVEL_COUNT) {
      struct dp_rung *r = &out->rungs[out->count++];
      r->level = (enum dp_level)level;
      dp_text(r->org, sizeof r->org, u.id);
      dp_text(r->name, sizeof r->name, u.name);
    }
    dp_text(at, sizeof at, u.parent);
  }
}

/* Who can answer for a rung. */
static const uint32_t suitable[DP_LEVEL_COUNT] = {
    [DP_L_GRID] = FQ_ROLE_OFFICER,
    [DP_L_VILLAGE] = FQ_ROLE_OFFICER | FQ_ROLE_DIRECTOR,
    [DP_L_TOWNSHIP] = FQ_ROLE_DIRECTOR,
    [DP_L_COUNTY] = FQ_ROLE_DISPATCHER | FQ_ROLE_COMMANDER,
};

/* A rung is staffed when an enabled user with a suitable role sits exactly at that unit and is on duty.
 * An officer is on duty from duty.start to duty.end. A desk is on duty unless it has signed off with
 * duty.end: desks run day and night, and a township that keeps no roster must not count as empty. */
bool dp_rung_staffed(fq_db *db, const struct dp_rung *r) {
  return fq_int(db, 0,
                "SELECT 1 FROM account a LEFT JOIN duty d ON d.user = a.name"
                " WHERE a.org = ?1 AND a.disabled = 0 AND (a.roles & ?2) != 0"
                "   AND coalesce(d.on_duty, (a.roles & ?3) != 0) LIMIT 1",
                "sii", r->org, (int64_t)suitable[r->level], (int64_t)FQ_ROLE_DESK) != 0;
}

fq_json *dp_rung_json(const struct dp_rung *r) {
  fq_json *j = fq_json_object();
  fq_json_set_str(j, "level", dp_level_name(r->level));
  fq_json_set_str(j, "org", r->org);
  fq_json_set_str(j, "name", r->name);
  return j;
}

bool dp_rung_find(fq_db *db, const struct dp_ladder *l, enum dp_level level, const struct dp_incident *beyond,
                  struct dp_rung *out, fq_json *skipped) {
  const struct dp_rung *top = NULL;
  for (size_t i = 0; i < l->count; i++) {
    const struct dp_rung *r = &l->rungs[i];
    if (r->level < level || (beyond && r->level <= beyond->owner_level)) continue;
    if (dp_rung_staffed(db, r)) {
      *out = *r;
      if (top && skipped) fq_json_push(skipped, dp_rung_json(top));
      return true;
    }
    if (top && skipped) fq_json_push(skipped, dp_rung_json(top)); /* empty, and not the last */
    top = r;
  }
  /* Nobody anywhere: the top rung is the fallback owner (兜底), so that somebody's name stands on it. */
  if (top) *out = *top;
  return top != NULL;
}
