/*
 * Facts from elsewhere: what the workshop's kernels need to live a stretch of another county's past again. In
 * memory, on a fake clock. Kernel thread.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "kernel/internal.h"

static enum fq_status real(struct fq_error *e) {
  return fq_fail(e, FQ_E_INTERNAL, "fact.real", "", "只有内存中、假时钟的内核可以这样做",
                 "only a kernel in memory, on a fake clock, can do this");
}

enum fq_status fq_kernel_number_from(fq_kernel *k, int64_t seq, struct fq_error *e) {
  if (!k->config.memory || !k->config.fake_clock) return real(e);
  if (seq > k->head.seq) k->head.seq = seq;
  return FQ_OK;
}

enum fq_status fq_kernel_fact(fq_kernel *k, const struct fq_entry *fact, struct fq_error *e) {
  if (!k->config.memory || !k->config.fake_clock) return real(e);
  if (!fq_map_get(k->kinds, fact->kind))
    return fq_fail(e, FQ_E_NOT_FOUND, "entry.kind", fact->kind, "没有模块认识记录种类 %s",
                   "no module knows the kind %s", fact->kind);
  struct fq_error refused = {0};
  enum fq_status st = fq_tick_fact(k, fact, &refused);
  if (st && e) *e = refused;
  return st;
}

enum fq_status fq_kernel_recall(fq_kernel *k, const struct fq_entry *e, struct fq_error *error) {
  if (!k->config.memory || !k->config.fake_clock) return real(error);
  struct fq_head unchanged = k->head;
  struct fq_row r = {.seq = e->seq,
                     .at_ms = e->at_ms,
                     .kind = e->kind,
                     .subject = e->subject,
                     .org = e->org,
                     .actor = e->actor,
                     .cause = e->cause,
                     .audience = e->audience,
                     .data = "{}"};
  return fq_journal_append(k->db, &unchanged, &r) ? FQ_OK : fq_db_error(k->db, error);
}

void fq_kernel_listen(fq_kernel *k, fq_listen_fn fn, void *self) {
  k->listen = fn;
  k->listen_self = self;
}
