/*
 * unsettled.c - what has to come to an end before an incident does, or goes up in another one: signatures
 * asked for, whistles, mediations, reports merged into it. Kernel thread.
 */
#include <stdio.h>

#include "incident/incident.h"

enum fq_status dp_unsettled(struct fq_call *c, const struct dp_incident *i) {
  char names[200];
  if (dp_countersigns_open(c->db, i->n, names, sizeof names))
    return fq_fail(c->error, FQ_E_CONFLICT, "countersign.open", "id", "会签未完:%s 尚未签署;可催签或撤回会签",
                   "not signed yet by %s; wait, or withdraw the countersign", names);
  int64_t n =
      fq_int(c->db, 0, "SELECT n FROM whistle WHERE incident = ?1 AND ended_ms IS NULL LIMIT 1", "i", i->n);
  if (n)
    return fq_fail(c->error, FQ_E_CONFLICT, "whistle.open", "id", "哨单 w%lld 未了:请先结哨或撤哨",
                   "whistle w%lld is still open: close or withdraw it first", (long long)n);
  n = fq_int(c->db, 0, "SELECT n FROM mediation WHERE incident = ?1 AND ended_ms IS NULL LIMIT 1", "i", i->n);
  if (n)
    return fq_fail(c->error, FQ_E_CONFLICT, "mediation.open", "id", "调处 m%lld 未了:请先办结、移交或撤回",
                   "mediation m%lld is still open: settle, hand over or withdraw it first", (long long)n);
  return FQ_OK;
}

/* A report merged into it is somebody's: it is not void because the other one is. */
enum fq_status dp_joined_by_none(struct fq_call *c, const struct dp_incident *i) {
  int64_t number =
      fq_int(c->db, 0,
             "SELECT s.number FROM merged m JOIN incident s ON s.n = m.source WHERE m.target = ?1"
             " ORDER BY m.source LIMIT 1",
             "i", i->n);
  if (!number) return FQ_OK;
  return fq_fail(c->error, FQ_E_CONFLICT, "merge.joined", "id", "事件 #%lld 已并入本案:请先拆案再作废",
                 "#%lld is merged into it: split it off before voiding this one", (long long)number);
}
