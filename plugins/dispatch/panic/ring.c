/*
 * ring.c - an alarm that nobody has answered rings again, and after some rounds climbs: it goes on until
 * somebody who can come and a desk have answered, or it is disposed of. What rings for hours rings less often
 * (up to ten minutes apart), never not at all. Kernel thread.
 */
#include <stdlib.h>

#include "panic/panic.h"

#define SLOWEST_MS 600000

int64_t dp_panic_pause(const struct dp_self *self, int64_t round) {
  int64_t pause_ms = self->panic_ring_ms, steady = self->panic_rounds * DP_PANIC_STEPS;
  for (int64_t k = steady; k < round && pause_ms < SLOWEST_MS; k++)
    pause_ms *= 2;
  return pause_ms < SLOWEST_MS || self->panic_ring_ms > SLOWEST_MS ? pause_ms : SLOWEST_MS;
}

/* Has anybody who can come answered? Not whether a desk has: that a desk knows does not bring help nearer. */
static bool helper_answered(fq_db *db, const struct dp_panic *p) {
  return fq_int(
             db, 0,
             "SELECT 1 FROM panic_told WHERE panic = ?1 AND answered_ms IS NOT NULL AND coalesce(coming, 1)"
             " AND why NOT IN ('relative', 'desk') LIMIT 1",
             "i", p->n) != 0;
}

enum fq_status dp_panic_ring(struct fq_call *c) {
  struct dp_panic p;
  struct dp_incident i;
  char of[FQ_ID_MAX];
  const struct dp_self *self = c->self;
  if (!dp_panic_load(c->db, fq_json_str(c->params, "id"), &p) || p.disposed_ms || p.settled) return FQ_OK;
  dp_id_make(of, 'i', p.incident);
  if (!dp_incident_load(c->db, of, &i)) return FQ_OK;
  int64_t round = p.round + 1;
  fq_json *to = dp_panic_silent(c->db, &p), *more = fq_json_array();
  int step = (int)p.step;
  if (round % self->panic_rounds == 0 && !helper_answered(c->db, &p))
    while (step + 1 < DP_PANIC_STEPS && !dp_panic_people(c, &p, (enum dp_panic_step)++ step, more)) {
    }
  char *audience = dp_panic_audience(more);
  fq_json *data = fq_json_object();
  fq_json_set_int(data, "round", round);
  fq_json_set_int(data, "step", step);
  fq_json_set(data, "silent", to);
  bool climbed = step > p.step;
  if (fq_json_size(more))
    fq_json_set(data, "to", more);
  else
    fq_json_free(more);
  fq_json_set_time(data, "ring_at", c->now_ms + dp_panic_pause(self, round));
  fq_json_set_int(data, "late_ms", fq_json_int(c->params, "late_ms", 0));
  enum fq_status s = dp_panic_emit(c, &p, &i, climbed ? "panic.climbed" : "panic.rang", data, audience);
  free(audience);
  return s;
}
