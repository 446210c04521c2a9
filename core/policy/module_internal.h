/* What the files of the policy module share: module.c (tables, entries), react.c (deciding), deploy.c
 * (commands), why.c (queries, on reader threads). */
#ifndef FQ_POLICY_MODULE_INTERNAL_H
#define FQ_POLICY_MODULE_INTERNAL_H

#include "base/map.h"
#include "policy/candidate.h"
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
  bool demand_signed;
  bool four_eyes;
  bool owned;         /* made by fq_policy_new(): freed with the kernel */
  fq_draft_fn drafts; /* how a draft is read; NULL: there are none */
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

struct fq_policy *fq_policy_of(const fq_kernel *k); /* the module's state; NULL without the module */

/* The life of a version is a part of the module: life.c (tables, kinds, methods). */
extern const struct fq_plugin fq_policy_life;

/* deploy.c. Makes a pack's files decide from the next entry on, whoever has decided that they may: checked
 * anew, since what does not compile can never be active. Fills c->result as pack.deploy does. */
struct fq_activation {
  const char *pack;
  const fq_json *files;
  const char *digest; /* NULL, or what has been approved: other files are refused */
  const char *note;   /* NULL for none, as the next three */
  const char *author; /* who wrote it, when that is not who acts now */
  const char *approved_by;
  const char *proposal;
  const fq_json *tested;   /* {played, failed}; NULL: what the gate says now */
  const fq_json *override; /* with `tested`: NULL, or {reason, failed: [title]} */
  int64_t draft;           /* the revision of the draft it is, which then ends; 0: none */
  bool move;               /* open subjects come along */
  bool force;              /* also when nothing differs from what is active */
  bool promoted;           /* it has been a shadow */
};
enum fq_status fq_policy_activate(struct fq_call *c, const struct fq_activation *a);
/* The same refusals, changing nothing: `out` is to be cleared when it is FQ_OK. */
struct fq_pack;
enum fq_status fq_policy_check_pack(struct fq_call *c, const char *name, const fq_json *files,
                                    const char *digest, struct fq_pack *out);
/* Where the county wants two pairs of eyes, one person alone may not do it. */
enum fq_status fq_policy_alone(struct fq_call *c);
/* A draft that was begun before somebody deployed the pack would undo that. */
enum fq_status fq_policy_not_outdated(struct fq_call *c, const char *pack, const struct fq_candidate *from);
enum fq_status fq_policy_deploy(struct fq_call *c);

/* tested.c: what playing the candidate's scenarios has shown. Refuses when one failed and the call gives no
 * reason to go on. Both are the caller's to free; NULL when nobody has played them, or none failed. */
enum fq_status fq_policy_tested(struct fq_call *c, const char *digest, fq_json **tested, fq_json **override);

/* rollback.c */
enum fq_status fq_policy_rollback(struct fq_call *c);
/* The generation whose copy of the pack would come back; 0 when there is none. */
int64_t fq_policy_last_good(struct fq_policy *p, fq_db *db, const char *pack);
enum fq_status fq_policy_emit_rollback(struct fq_policy *p, struct fq_call *c, const char *pack, int64_t to,
                                       const char *zh, const char *en);

/* proposal.c */
enum fq_status fq_policy_propose(struct fq_call *c);
enum fq_status fq_policy_approve(struct fq_call *c);
enum fq_status fq_policy_reject(struct fq_call *c);
enum fq_status fq_policy_withdraw(struct fq_call *c);
enum fq_status fq_policy_proposals(struct fq_query *q);
enum fq_status fq_policy_proposal(struct fq_query *q);
enum fq_status fq_policy_apply_proposed(struct fq_apply *a, const struct fq_entry *e);
enum fq_status fq_policy_apply_settled(struct fq_apply *a, const struct fq_entry *e);

/* move.c */
enum fq_status fq_policy_move(struct fq_call *c);
enum fq_status fq_policy_generations(struct fq_query *q);
/* How many living subjects are decided by generations `first` to `last`. */
int64_t fq_policy_under(struct fq_policy *p, fq_db *db, int64_t first, int64_t last);
/* What these decide about is decided by `to` from now on. From apply only. */
void fq_policy_set_moved(fq_db *db, int64_t first, int64_t last, int64_t to);
enum fq_status fq_policy_apply_moved(struct fq_apply *a, const struct fq_entry *e);

/* history.c, diff.c */
fq_json *fq_policy_files(fq_db *db,
                         int64_t origin); /* as the entry `origin` brought them; the caller frees */
void fq_policy_keep_files(fq_db *db, int64_t origin, const fq_json *files); /* from apply only */
enum fq_status fq_policy_apply_act(struct fq_apply *a, const struct fq_entry *e);
enum fq_status fq_policy_open(struct fq_query *q);
enum fq_status fq_policy_history(struct fq_query *q);
enum fq_status fq_policy_source(struct fq_query *q);
enum fq_status fq_policy_diff(struct fq_query *q);

extern const struct fq_plugin fq_policy_api_part;         /* api.c */
extern const struct fq_plugin fq_policy_trust;            /* signature.c */
enum fq_status fq_policy_pack_report(struct fq_query *q); /* report.c */

/* why.c */
enum fq_status fq_policy_why(struct fq_query *q);
enum fq_status fq_policy_list(struct fq_query *q);
enum fq_status fq_policy_packs(struct fq_query *q);
enum fq_status fq_policy_check(struct fq_query *q);

fq_json *fq_findings_json(const struct fq_findings *f); /* [{path, line, exit, zh, en}] */

#endif
