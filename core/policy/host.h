/*
 * The policy host: turns policy texts into versions and entries into decisions. It knows modules (kinds,
 * methods, views, words) as tables and nothing of the kernel that runs them. One thread at a time; a reader
 * makes a host of its own.
 *
 * ISOLATION. A version is the image of a whole Lua state, taken just after the policy was compiled. A
 * decision puts the image back into the arena, runs, and forgets: nothing a policy does can reach the next
 * decision, and the hash seed, the order of allocation and the addresses are the same each time. Measured by
 * tests/policy/bench_decision (2 vCPU, us of processor time):
 *     fresh state, words and policy from source        90
 *     fresh state, words and policy from bytecode      21
 *     image put back (45 KiB)                           0.9
 * and a whole decision, JSON of entry and context in and of commands out included: 13.
 */
#ifndef FQ_POLICY_HOST_H
#define FQ_POLICY_HOST_H

#include "kernel/kernel.h"
#include "policy/exit.h"

#define FQ_POLICY_TEXT_MAX                                                                                   \
  (256u << 10)              /* bytes of one policy file: bounds the compiler, which no hook stops */
#define FQ_COMMANDS_MAX 64  /* commands of one decision: design.md */
#define FQ_VIEWS_MAX    100 /* questions of one decision: they are recorded */

struct fq_host;
struct fq_host_limits {
  int64_t steps, cpu_ms; /* 0: the defaults of limits.h */
};

/* Modules must outlive the host. NULL when a module's words do not compile. */
struct fq_host *fq_host_new(const struct fq_module *modules, size_t count,
                            const struct fq_host_limits *limits, struct fq_error *e);
void fq_host_free(struct fq_host *h);

/* Everything found wrong with one or several files. */
struct fq_finding {
  char path[160];
  int line; /* 0: the whole file */
  enum fq_exit exit;
  char zh[320], en[320];
};
struct fq_findings {
  struct fq_finding *list;
  size_t count;
};
void fq_finding_put(struct fq_findings *f, const char *path, int line, enum fq_exit exit, const char *zh,
                    const char *en);
void fq_finding_add(struct fq_findings *f, const char *path, int line, enum fq_exit exit, const char *zh,
                    const char *en, ...) FQ_PRINTF(5, 7) FQ_PRINTF(6, 7);
void fq_findings_free(struct fq_findings *f);
/* [{path, line, exit, zh, en, lines: [{line, text}]}], the lines out of {path: text}. */
fq_json *fq_findings_json(const struct fq_findings *f, const fq_json *files);
/* A line of a text and its neighbours: [{line, text}]. */
fq_json *fq_lines_around(const char *text, int line);

/* A checked, compiled policy. Immutable. */
struct fq_version {
  char hash[65];  /* SHA-256 of the text */
  char name[64];  /* what the policy calls itself */
  char path[160]; /* "policies/three-limits.lua" */
  char *text;
  fq_json *kinds; /* names of the kinds it hears */
  struct fq_image *image;
};
/* NULL and findings when anything is wrong. `lenient`: kinds that no module declares are left out silently,
 * for the built-in default. The text is copied. */
struct fq_version *fq_version_compile(struct fq_host *h, const char *path, const char *text, bool lenient,
                                      struct fq_findings *f);
/* A text that another state will run, such as a scenario: a finding when it does not compile. */
void fq_text_compiles(struct fq_host *h, const char *path, const char *text, struct fq_findings *f);
void fq_version_free(struct fq_version *v);
bool fq_version_hears(const struct fq_version *v, const char *kind);

/* What is decided about. */
struct fq_question {
  const struct fq_entry *entry;
  const fq_json *context; /* object of what plugins add to the entry; NULL for none */
  fq_db *db;              /* for views */
  const fq_json *answers; /* recorded answers: views are not asked but answered from here */
  /* Recorded answers of this very moment: a fleeting view (fengqiao.h) asked the same again answers from
   * here; everything else is asked. */
  const fq_json *known;
  bool trace;             /* note which lines of the policy ran: costs a call a line */
  int handler;            /* only the policy's n-th handler of the kind; 0: all */
  struct fq_track *track; /* note what is looked at: track.h; NULL not */
  int64_t steps;          /* 0: the host's; what a decision that the clock ended had used */
};
struct fq_decision {
  enum fq_exit exit;
  fq_json *commands; /* [{method, params}], empty unless OK */
  fq_json *answers;  /* [[view, [arg ...], answer] ...], of a view that refused [view, args, null, {zh, en}];
                        an argument that is part of the entry: {"$e":  "incident"} */
  bool strayed;      /* a re-execution asked something else than was recorded */
  int fleeting;      /* questions to fleeting views that had to be asked */
  int line;          /* of the failure, 0 unknown */
  char zh[320], en[320];
  int64_t cpu_us, steps;
  int64_t clock_steps; /* steps after which the clock ended it, 0 when it did not: where to end it again */
  fq_json *lines;      /* with `trace`: numbers of the policy's own lines that ran, rising; else NULL */
};
void fq_decide(struct fq_host *h, const struct fq_version *v, const struct fq_question *q,
               struct fq_decision *out);
void fq_decision_clear(struct fq_decision *d);

/* Tests: the n-th request for memory during the next decisions fails, 0 never; how many the last one made. */
void fq_host_fail_at(struct fq_host *h, uint64_t n);
uint64_t fq_host_allocations(const struct fq_host *h);

/* What a decision's context is: asks every module. NULL when no module has anything. */
fq_json *fq_host_context(const struct fq_module *modules, size_t count, fq_db *db, const struct fq_entry *e);

#endif
