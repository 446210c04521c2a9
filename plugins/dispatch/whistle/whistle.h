/*
 * whistle.h - what the files of this part share: a whistle calls named departments to an incident's place
 * (街乡吹哨、部门报到). Kernel thread; queries on reader threads.
 */
#ifndef FQ_PLUGIN_DISPATCH_WHISTLE_H
#define FQ_PLUGIN_DISPATCH_WHISTLE_H

#include "dispatch.h"

#define DP_WHISTLE_STATES(X)                                                                                 \
  X(BLOWN, "blown", "已吹哨")                                                                                \
  X(GATHERED, "gathered", "已到齐")                                                                          \
  X(OVERDUE, "overdue", "有部门未到")                                                                        \
  X(CONSULTING, "consulting", "会商中")                                                                      \
  X(AGREED, "agreed", "措施已定")                                                                            \
  X(FOLLOWED_UP, "followed_up", "已回访")                                                                    \
  X(CLOSED, "closed", "已办结")                                                                              \
  X(WITHDRAWN, "withdrawn", "已撤哨")

/* GATHER and AGREE are nobody's verbs: the last department is there, the last one has its measure. */
#define DP_WHISTLE_VERBS(X)                                                                                  \
  X(CHECK_IN, "check_in", "报到")                                                                            \
  X(GATHER, "check_in", "报到")                                                                              \
  X(LAPSE, "lapse", "到时")                                                                                  \
  X(EXCUSE, "excuse", "免除")                                                                                \
  X(MINUTES, "minutes", "会商")                                                                              \
  X(MEASURE, "measure", "定措施")                                                                            \
  X(AGREE, "measure", "定措施")                                                                              \
  X(FOLLOW_UP, "follow_up", "回访")                                                                          \
  X(FOLLOW_FAIL, "follow_up", "回访")                                                                        \
  X(CLOSE, "close", "办结")                                                                                  \
  X(WITHDRAW, "withdraw", "撤哨")

enum dp_whistle_state {
  DP_W_NO = 0,
#define X(id, name, zh) DP_W_##id,
  DP_WHISTLE_STATES(X)
#undef X
      DP_WHISTLE_STATE_COUNT
};
enum dp_whistle_verb {
#define X(id, name, zh) DP_WV_##id,
  DP_WHISTLE_VERBS(X)
#undef X
      DP_WHISTLE_VERB_COUNT
};

const char *dp_whistle_state_name(enum dp_whistle_state s);
enum dp_whistle_state dp_whistle_state_of(const char *name);
/* DP_W_NO: not in this state. */
enum dp_whistle_state dp_whistle_next(enum dp_whistle_verb v, enum dp_whistle_state from);

struct dp_whistle {
  int64_t n, rev, incident, radius_m, blown_ms, due_ms;
  char id[FQ_ID_MAX], by[FQ_ID_MAX];
  enum dp_whistle_state state;
  double lon, lat; /* NAN: there is no place to come to, only a time */
};
/* How far its departments are. */
struct dp_whistle_tally {
  int64_t present, missing; /* missing: neither there nor excused */
  int64_t measured, without,
      open; /* without: no measure, not excused; open: measures whose task is not done */
};

bool dp_whistle_load(fq_db *db, const char *id, struct dp_whistle *out);
/* For a handler: params.id's whistle, its incident, and the revision seen. */
enum fq_status dp_whistle_need(struct fq_call *c, struct dp_whistle *w, struct dp_incident *i);
enum fq_status dp_whistle_step(struct fq_call *c, const struct dp_whistle *w, enum dp_whistle_verb v,
                               enum dp_whistle_state *next);
void dp_whistle_count(fq_db *db, const struct dp_whistle *w, struct dp_whistle_tally *out);
/* Adds to a list of words who hears for a unit: its desk, and officers who are its members. free() */
char *dp_whistle_heard_by(fq_db *db, char *words, const char *unit);
/* Emits an entry that leads to `next`; the departments hear it, and `also`. Takes data. */
enum fq_status dp_whistle_emit(struct fq_call *c, struct dp_whistle *w, const struct dp_incident *i,
                               const char *kind, enum dp_whistle_state next, fq_json *data, const char *also);
/* What every verb answers: {id, state, rev}. */
enum fq_status dp_whistle_answer(struct fq_call *c, const struct dp_whistle *w);
bool dp_whistle_unit(fq_db *db, int64_t whistle, const char *unit, char name[96], char state[16]);
enum fq_status dp_whistle_unit_need(struct fq_call *c, const struct dp_whistle *w, const char *unit,
                                    char name[96], char state[16]);

/* "a、b" and "a, b" of the units that `sql` (?1 the whistle) selects the names of. */
void dp_whistle_names(fq_db *db, int64_t whistle, const char *sql, char zh[200], char en[200]);

DP_COMMAND(dp_whistle_blow);
DP_COMMAND(dp_whistle_check_in);
DP_COMMAND(dp_whistle_confirm);
DP_COMMAND(dp_whistle_excuse);
DP_COMMAND(dp_whistle_remind);
DP_COMMAND(dp_whistle_lapse);
DP_COMMAND(dp_whistle_minutes);
DP_COMMAND(dp_whistle_measure);
DP_COMMAND(dp_whistle_measure_lapse);
DP_COMMAND(dp_whistle_follow_up);
DP_COMMAND(dp_whistle_close);
DP_COMMAND(dp_whistle_withdraw);
DP_TARGET(dp_target_blow);
DP_TARGET(dp_target_whistle);  /* params.id: a desk's, over its incident */
DP_TARGET(dp_target_check_in); /* a named department's own */
DP_TARGET(dp_target_measure);  /* a desk's, or the department's own measure */
DP_APPLY(dp_apply_whistle_blown);
DP_APPLY(dp_apply_whistle);
DP_APPLY(dp_apply_whistle_task); /* task.recalled: somebody else does it instead */
DP_QUERY(dp_whistle_get);
DP_QUERY(dp_whistle_list);
DP_QUERY(dp_whistle_open);
DP_QUERY(dp_whistle_report);
DP_VIEW(dp_view_whistles);
DP_VIEW(dp_view_departments_for);
enum fq_status dp_whistle_voided(struct fq_call *c, const struct fq_entry *e);

#endif
