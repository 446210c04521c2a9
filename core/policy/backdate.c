/*
 * Rules as they would have been: in a world of the workshop a pack is deployed at the start of a stretch of
 * somebody else's past, while what begins in that stretch keeps its number in the other journal. Kernel
 * thread.
 */
#include "policy/module_internal.h"
#include "store/db.h"

void fq_policy_backdate(fq_kernel *k, int64_t seq) {
  fq_db *db = fq_kernel_db(k);
  bool former = fq_db_allow_write(db, true);
  fq_exec(db, "UPDATE policy_generation SET seq = min(seq, ?) WHERE gen = ?", "ii", seq,
          fq_policy_current(db));
  fq_db_allow_write(db, former);
}
