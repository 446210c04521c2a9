/* What the files of the policy module share: module.c (tables, entries), react.c (deciding), deploy.c
 * (commands), why.c (queries, on reader threads). */
#ifndef FQ_POLICY_MODULE_INTERNAL_H
#define FQ_POLICY_MODULE_INTERNAL_H

#include "base/map.h"
#include "policy/gate.h"
#include "policy/host.h"
#include "policy/module.h"

#define FQ_POLICY_FAILURES                                                                                   \
  5 /* in a row, until the last good generation comes back: a burst of five reports */

/* A policy as a generation lists it. `version` is NULL when the text does not compile any more (another
 * plugin's words have changed): it then fails like a policy that raises. */
struct fq_active {
  struct fq_version *version;
  char pack[FQ_ID_MAX], hash[65], name[64], path[160];
};
struct fq_generation {
  int64_t number;
  struct fq_active *list;
  size_t count;
  struct fq_generation *next;
};

struct fq_policy {
  /* options */
  int64_t steps, cpu_ms, failures;
  bool owned; /* made by fq_policy_new(): freed with the kernel */
  /* memory: derived from the tables, thrown away when they change */
  fq_kernel *kernel;
  struct fq_host *host;
  const struct fq_module *modules;
  size_t modules_count;
  struct fq_version *fallback;       /* the built-in default */
  struct fq_map *compiled;           /* hash -> version: a text never changes */
  struct fq_generation *generations; /* few are in use at a time */
  struct fq_map *heard;              /* kinds that some stored policy hears */
  bool heard_known;
  int64_t unrecorded_at_ms; /* the tick that was last complained about */
  /* gate.c */
  fq_gate_fn gate;
  void *gate_arg;
  struct fq_gated *gated;
  /* metrics */
  double decisions, failed, refused, cpu_us;
};

int64_t fq_policy_current(fq_db *db); /* 0: nothing was ever deployed */
const struct fq_generation *fq_policy_generation(struct fq_policy *p, fq_db *db, int64_t number);
void fq_policy_forget(struct fq_policy *p); /* the tables have changed */

/* react.c */
void fq_policy_react(void *self, struct fq_call *c, const struct fq_entry *e);

/* gate.c */
fq_json *fq_gate_candidate(fq_kernel *k, const fq_json *params); /* the files in the parameters */
void fq_gate_fini(struct fq_policy *p);

/* deploy.c */
enum fq_status fq_policy_deploy(struct fq_call *c);
enum fq_status fq_policy_rollback(struct fq_call *c);
/* The generation whose copy of the pack would come back; 0 when there is none. */
int64_t fq_policy_last_good(fq_db *db, const char *pack);
enum fq_status fq_policy_emit_rollback(struct fq_call *c, const char *pack, int64_t to, const char *zh,
                                       const char *en);

extern const struct fq_plugin fq_policy_api_part; /* api.c */

/* why.c */
enum fq_status fq_policy_why(struct fq_query *q);
enum fq_status fq_policy_list(struct fq_query *q);
enum fq_status fq_policy_packs(struct fq_query *q);
enum fq_status fq_policy_check(struct fq_query *q);

fq_json *fq_findings_json(const struct fq_findings *f); /* [{path, line, exit, zh, en}] */

#endif
