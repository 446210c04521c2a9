/*
 * area.c - a unit as lists and counts are cut by it: its path for what lies below, its township for the
 * index. Reads only; any thread with a handle of its own.
 */
#include <string.h>

#include "dispatch.h"

bool dp_area_of(fq_db *db, const char *org, struct dp_area *out) {
  struct dp_ladder l;
  memset(out, 0, sizeof *out);
  if (!org || !*org) return true; /* the whole county: every path begins with nothing */
  fq_stmt *q = fq_sql(db, "SELECT path FROM org WHERE id = ?1", "s", org);
  if (!fq_row(q)) return false;
  dp_text(out->path, sizeof out->path, fq_col_str(q, 0));
  fq_done(q);
  dp_ladder_of(db, org, &l);
  for (size_t x = 0; x < l.count; x++)
    if (l.rungs[x].level == DP_L_TOWNSHIP) dp_text(out->township, sizeof out->township, l.rungs[x].org);
  return true;
}

enum fq_status dp_area_asked(struct fq_query *q, const char *org, struct dp_area *out) {
  const struct fq_actor *a = q->actor;
  if (!org) org = a->system ? "" : a->org;
  if (!dp_area_of(q->db, org, out))
    return fq_fail(q->error, FQ_E_PARAMS, "org.unknown", "params.org", "没有机构 %s", "no unit %s", org);
  if (a->system || fq_org_within(q->db, org, a->org)) return FQ_OK;
  return fq_fail(q->error, FQ_E_FORBIDDEN, "org.foreign", "params.org", "%s 不在您的辖区内",
                 "%s is not within your unit", org);
}

fq_stmt *dp_area_open(fq_db *db, const struct dp_area *area) {
  if (*area->township)
    return fq_sql(db,
                  "SELECT n FROM incident WHERE township = ?2 AND ended_ms IS NULL"
                  " AND substr(path, 1, length(?1)) = ?1 ORDER BY n",
                  "ss", area->path, area->township);
  return fq_sql(
      db, "SELECT n FROM incident WHERE ended_ms IS NULL AND substr(path, 1, length(?1)) = ?1 ORDER BY n",
      "s", area->path);
}
