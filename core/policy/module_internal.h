/* What the files of the policy module share: module.c (tables, entries), react.c (deciding), deploy.c
 * (commands), why.c (queries, on reader threads), shadow*.c (a pack that decides without effect). */
#ifndef FQ_POLICY_MODULE_INTERNAL_H
#define FQ_POLICY_MODULE_INTERNAL_H

#include "base/map.h"
#include "policy/candidate.h"
#include "policy/gate.h"
#include "policy/host.h"
#include "policy/module.h"
#include "policy/pack.h"

#define FQ_POLICY_FAILURES                                                                                   \
  5 /* in a row, until the last good generation comes back: a burst of five reports */
#define FQ_SHADOW_CPU_MS                                                                                     \
  10 /* a decision without effect may delay the tick by a fifth of what a real one may */
#define FQ_AGAIN_CPU_MS                                                                                      \
  2000 /* executing again: steps end what they ended then, the clock only what was never decided here */

/* A policy as a generation lists it. `version` is NULL when the text does not compile any more (another
 * plugin's words have changed): it then fails like a policy that raises. */
struct fq_active {
  struct fq_version *version;
  char pack[FQ_ID_MAX], hash[65], name[64], path[160];
};
/* Those of a generation that hear one kind: a tick enters no other. */
struct fq_hearers {
  size_t count;
  const struct fq_active *list[];
};
struct fq_generation {
  int64_t number;
  struct fq_active *list;
  size_t count;
  struct fq_map *hearers; /* kind -> fq_hearers, found out when first asked */
  struct fq_generation *next;
};

/* A shadow in memory: the policies in which it differs from the pack that is active. */
struct fq_shadow_member {
  struct fq_version *version; /* NULL: it does not compile with the plugins loaded now, or is gone */
  char hash[65], name[64], path[160];
  bool gone;     /* the active pack has it, the shadow has not */
  bool compared; /* in this turn, beside its active counterpart */
};
struct fq_shadow {
  char pack[FQ_ID_MAX], base[65]; /* the digest of the pack it is compared with; "" for none */
  struct fq_shadow_member *list;
  size_t count;
  bool listening; /* the generation of this turn has that very pack */
  struct fq_shadow *next;
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
  bool reacting;                     /* then what is thrown away is kept until the turn is over */
  struct fq_generation *old_generations;
  struct fq_host *aside; /* decides for shadows, within limits of their own; made for the first */
  struct fq_map *aside_compiled;
  struct fq_shadow *shadows, *old_shadows;
  int64_t shadows_mark; /* which shadows these are: see fq_policy_shadows() */
  bool shadows_known;
  struct fq_map *heard; /* kinds that some stored policy hears */
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
struct fq_generation *fq_policy_generation(struct fq_policy *p, fq_db *db, int64_t number);
const struct fq_hearers *fq_policy_hearers(struct fq_generation *g, const char *kind);
void fq_policy_forget(struct fq_policy *p); /* the tables have changed */
void fq_policy_sweep(struct fq_policy *p);  /* frees what was forgotten in a turn */
/* The version of a stored text, compiled by `host` once; NULL and a line in the log when it no longer
 * compiles. */
struct fq_version *fq_policy_compiled(struct fq_host *host, struct fq_map **known, const char *hash,
                                      const char *path, const char *text);

/* react.c */
/* What is decided about, by whom. */
struct fq_turn {
  struct fq_policy *policy;
  struct fq_call *call;
  const struct fq_entry *entry;
  fq_json *context;
  int64_t generation;
  bool fell_back; /* the default decides once an entry, however many policies have failed */
  char root[FQ_ID_MAX];
  struct fq_shadow *shadows; /* of all packs; those that are `listening` take part */
};
void fq_policy_react(void *self, struct fq_call *c, const struct fq_entry *e);
fq_json *fq_turn_facts(const struct fq_turn *t, const struct fq_active *a);
void fq_turn_emit(struct fq_turn *t, const char *kind, fq_json *data);

/* shadow.c: the part of the module; shadow_turn.c: inside a tick; shadow_list.c: queries */
extern const struct fq_plugin fq_policy_shadow;
struct fq_shadow *fq_policy_shadows(struct fq_policy *p, fq_db *db);
void fq_shadow_forget(struct fq_policy *p);
void fq_shadow_sweep(struct fq_policy *p); /* frees what was forgotten in a turn */
void fq_shadow_listen(struct fq_turn *t);  /* which of them hear this entry's subject */
/* The shadow's member of that name, when it takes part in this turn. */
struct fq_shadow_member *fq_shadow_beside(struct fq_turn *t, const struct fq_active *a,
                                          struct fq_shadow **of);
/* Decides on the state as it is, without effect. */
void fq_shadow_decide(struct fq_turn *t, const struct fq_shadow_member *m, struct fq_decision *out);
/* Records the difference from what the active one, or nobody (`a` NULL), has decided. */
void fq_shadow_compare(struct fq_turn *t, struct fq_shadow *s, const struct fq_shadow_member *m,
                       const struct fq_active *a, const struct fq_decision *was, struct fq_decision *now);
void fq_shadow_rest(struct fq_turn *t); /* those that no active policy of their name has decided beside */
enum fq_status fq_shadow_emit_stopped(struct fq_call *c, const char *pack, const char *reason, const char *zh,
                                      const char *en);
fq_json *fq_shadow_candidate(fq_kernel *k, const fq_json *params); /* the files it would be promoted with */
enum fq_status fq_shadow_rows(struct fq_query *q);
enum fq_status fq_shadow_differences(struct fq_query *q);
/* What stands in the way of promoting; true when nothing does. */
bool fq_shadow_ready(fq_db *db, const char *pack, char zh[320], char en[320]);

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
/* ... `failing`: NULL, or the hash of a text that it must not have. */
int64_t fq_policy_last_good(struct fq_policy *p, fq_db *db, const char *pack, const char *failing);
/* `refused` gets the commands of the pack's setup that were refused. */
enum fq_status fq_policy_emit_rollback(struct fq_policy *p, struct fq_call *c, const char *pack, int64_t to,
                                       const char *zh, const char *en, fq_json *refused);

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

/* again.c: deciding once more from what was recorded. Reader threads; a host of its own for each question,
 * because hosts belong to one thread. */
struct fq_again {
  fq_db *db;
  struct fq_host *host;
  struct fq_map *versions; /* hash -> version */
};
enum fq_status fq_again_open(struct fq_again *w, fq_db *db, const struct fq_policy *p, struct fq_error *e);
void fq_again_close(struct fq_again *w);
const struct fq_version *fq_again_version(struct fq_again *w, const char *hash, const char *name);
/* `made` is the data of policy.decided or policy.diverged, `entry` (may be NULL) gets {n, kind} of what it
 * was about. False when there is no such entry or version any more. Clear `out` when true. */
bool fq_again_decide(struct fq_again *w, const fq_json *made, fq_json *entry, struct fq_decision *out);
/* Does it come out as it was recorded? */
bool fq_again_same(const fq_json *made, const fq_json *commands, const struct fq_decision *d);

extern const struct fq_plugin fq_policy_api_part;         /* api.c */
extern const struct fq_plugin fq_policy_trust;            /* signature.c */
enum fq_status fq_policy_pack_report(struct fq_query *q); /* report.c */

/* why.c */
enum fq_status fq_policy_why(struct fq_query *q);
enum fq_status fq_policy_list(struct fq_query *q);
enum fq_status fq_policy_packs(struct fq_query *q);
enum fq_status fq_policy_check(struct fq_query *q);

#endif
