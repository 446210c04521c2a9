/* Which incidents and emergencies go on: what policies that were deployed since may not touch. Kernel or
 * reader thread. */
#include "dispatch.h"

int64_t dp_alive(void *self, fq_db *db, int64_t from, int64_t to) {
  (void)self;
  return fq_int(
      db, 0,
      "SELECT (SELECT count(*) FROM incident INDEXED BY incident_open_n WHERE ended_ms IS NULL AND "
      "n > ?1 AND n <= ?2 AND began IS NULL) + (SELECT count(*) FROM incident INDEXED BY "
      "incident_open_again WHERE ended_ms IS NULL AND began > ?1 AND began <= ?2) + (SELECT count(*) "
      "FROM emergency WHERE ended_ms IS NULL AND n > ?1 AND n <= ?2)",
      "ii", from, to);
}
