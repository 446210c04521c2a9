/*
 * Trying things out on a kernel in memory: see kernel.h. Rows go back with one transaction around everything;
 * the journal's head and the clock are put back by hand. Kernel thread.
 */
#include "kernel/internal.h"

enum fq_status fq_kernel_try(fq_kernel *k, struct fq_error *e) {
  k->tried.head = k->head;
  k->tried.now_ms = k->clock.fake_ms;
  return fq_db_try(k->db) ? FQ_OK : fq_db_error(k->db, e);
}

void fq_kernel_take_back(fq_kernel *k) {
  fq_db_clear(k->db);
  fq_db_take_back(k->db);
  k->head = k->tried.head;
  k->clock.fake_ms = k->tried.now_ms;
  fq_org_settled(k->db);
}
