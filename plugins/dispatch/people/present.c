/*
 * present.c - duty.present: who is on duty at a unit, in a team, or where a circle was drawn on the map. A
 * command that does nothing: other plugins ask by it, within their own, whom they would reach. Kernel thread.
 */
#include "people/people.h"

#define THERE ((int64_t)(FQ_ROLE_DESK | FQ_ROLE_DEPARTMENT | FQ_ROLE_OFFICER))

struct circle {
  double lon, lat, radius_m;
  const struct dp_self *self;
  int64_t now_ms;
};

/* By what his phone has said lately; an old place is none. */
static bool inside(const struct circle *k, const char *user) {
  struct dp_position at;
  return dp_position_get(k->self->positions, user, &at) &&
         at.at_ms >= k->now_ms - k->self->position_fresh_ms &&
         fq_distance_m(k->lon, k->lat, at.lon, at.lat) <= k->radius_m;
}

static fq_json *present(struct fq_call *c, const char *unit, const struct circle *k) {
  fq_json *users = fq_json_array();
  fq_stmt *q = fq_sql(c->db,
                      "SELECT a.name, " DP_PRESENCE_COLUMNS DP_PRESENCE_FROM
                      " WHERE (?2 IS NULL OR a.org = ?2) AND (a.roles & ?3) != 0 ORDER BY a.name",
                      "isi", c->now_ms, unit, THERE);
  while (fq_row(q)) {
    struct dp_absence why;
    if (dp_presence_read(q, 1, &why) && (!k || inside(k, fq_col_str(q, 0))))
      fq_json_push(users, fq_json_new_str(fq_col_str(q, 0)));
  }
  return users;
}

enum fq_status dp_duty_present(struct fq_call *c) {
  const char *unit = fq_json_str(c->params, "unit"), *team = fq_json_str(c->params, "team");
  const fq_json *drawn = fq_json_get(c->params, "circle");
  struct circle k = {.self = c->self, .now_ms = c->now_ms};
  if (!!unit + !!team + !!drawn != 1)
    return fq_fail(c->error, FQ_E_PARAMS, "params.missing", "params", "写 unit、team、circle 之一",
                   "one of unit, team, circle");
  if (drawn) {
    k.lon = fq_json_num(drawn, "lon", 0);
    k.lat = fq_json_num(drawn, "lat", 0);
    k.radius_m = fq_json_num(drawn, "radius_m", 0);
  }
  fq_json_set(c->result, "users", present(c, unit ? unit : team, drawn ? &k : NULL));
  return FQ_OK;
}
