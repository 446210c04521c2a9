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

static enum fq_status foreign(struct fq_query *q, const char *org, const char *path) {
  return fq_fail(q->error, FQ_E_FORBIDDEN, "org.foreign", path, "%s 不在您的辖区内",
                 "%s is not within your unit", org);
}

enum fq_status dp_org_reach(struct fq_query *q, const char *org, const char *path) {
  if (q->actor->system || fq_org_within(q->db, org, q->actor->org)) return FQ_OK;
  return foreign(q, org, path);
}

enum fq_status dp_org_unknown(struct fq_query *q, const char *org) {
  return fq_fail(q->error, FQ_E_PARAMS, "org.unknown", "params.org", "没有机构 %s", "no unit %s", org);
}

enum fq_status dp_area_asked(struct fq_query *q, const char *org, struct dp_area *out) {
  if (!org) org = q->actor->system ? "" : q->actor->org;
  return dp_area_of(q->db, org, out) ? dp_org_reach(q, org, "params.org") : dp_org_unknown(q, org);
}

enum fq_status dp_reach(struct fq_query *q, char path[512], bool *area) {
  const char *org = fq_json_str(q->params, "org");
  struct dp_area of;
  path[0] = '\0';
  *area = dp_area_reach(q->actor);
  if (org && !*area) return foreign(q, org, "params.org");
  enum fq_status s = org ? dp_org_reach(q, org, "params.org") : FQ_OK;
  if (s != FQ_OK || !*area) return s;
  if (!org && !q->actor->system) org = q->actor->org;
  if (!dp_area_of(q->db, org, &of)) return dp_org_unknown(q, org);
  dp_text(path, sizeof of.path, of.path);
  return FQ_OK;
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
