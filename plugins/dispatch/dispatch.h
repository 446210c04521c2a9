/*
 * dispatch.h - what the files of this plugin share: the words of the domain, the loaded rows, the helpers.
 * It knows fengqiao.h and nothing of the server's insides. Kernel thread, except what takes part in queries
 * (wire.c, list.c, people/ ...), which also runs on reader threads and therefore only reads.
 */
#ifndef FQ_PLUGIN_DISPATCH_H
#define FQ_PLUGIN_DISPATCH_H

#include <pthread.h>

#include "fengqiao.h"

/* ---- words (states.c) --------------------------------------------------------------------------- */

#define DP_STATES(X)                                                                                         \
  X(REPORTED, "reported", "待受理")                                                                          \
  X(ACCEPTED, "accepted", "已受理")                                                                          \
  X(DISPATCHED, "dispatched", "已派遣")                                                                      \
  X(HANDLING, "handling", "处置中")                                                                          \
  X(HANDLED, "handled", "已反馈")                                                                            \
  X(VERIFIED, "verified", "已核查")                                                                          \
  X(CLOSED, "closed", "已结案")                                                                              \
  X(RETURNED, "returned", "已退回")                                                                          \
  X(SUSPENDED, "suspended", "已挂起")                                                                        \
  X(MERGED, "merged", "已并案")                                                                              \
  X(VOIDED, "voided", "已作废")

#define DP_VERBS(X)                                                                                          \
  X(ACCEPT, "accept", "受理")                                                                                \
  X(DISPATCH, "dispatch", "派遣")                                                                            \
  X(BEGIN, "begin", "开始处置")                                                                              \
  X(UNDISPATCH, "undispatch", "退回待派")                                                                    \
  X(HANDLE, "handle", "反馈")                                                                                \
  X(SOLVE, "solve", "采集并结案")                                                                            \
  X(PASS, "verify", "核查通过")                                                                              \
  X(FAIL, "verify", "核查退回")                                                                              \
  X(CLOSE, "close", "结案")                                                                                  \
  X(RETURN, "return", "退回")                                                                                \
  X(ESCALATE, "escalate", "上报")                                                                            \
  X(COMMENT, "comment", "批注")                                                                              \
  X(URGE, "urge", "催办")                                                                                    \
  X(SUPERVISE, "supervise", "督办")                                                                          \
  X(SUSPEND, "suspend", "挂起")                                                                              \
  X(RESUME, "resume", "恢复")                                                                                \
  X(REOPEN, "reopen", "重开")                                                                                \
  X(RECALL, "recall", "撤回")                                                                                \
  X(VOID, "void", "作废")                                                                                    \
  X(TRANSFER, "transfer", "移交")                                                                            \
  X(SEND_DOWN, "send_down", "下派")                                                                          \
  X(ASSIST, "assist", "协同")                                                                                \
  X(COUNTERSIGN, "countersign", "会签")                                                                      \
  X(EXTEND, "extend", "延期")                                                                                \
  X(ASK_SUSPEND, "ask_suspend", "申请挂起")                                                                  \
  X(RATE, "rate", "评价")                                                                                    \
  X(FOLLOW_UP, "follow_up", "回访")                                                                          \
  X(ATTACH, "attach", "附件")                                                                                \
  X(MERGE, "merge", "并案")                                                                                  \
  X(SPLIT, "split", "拆案")                                                                                  \
  X(JOIN, "join", "并入")                                                                                    \
  X(WHISTLE, "whistle", "吹哨")                                                                              \
  X(RESERVE, "reserve", "预留")                                                                              \
  X(MEDIATE, "mediate", "调处")                                                                              \
  X(CLIMB, "climb", "逐级询问")

#define DP_TASK_STATES(X)                                                                                    \
  X(SENT, "sent", "已下发")                                                                                  \
  X(DELIVERED, "delivered", "已送达")                                                                        \
  X(SEEN, "seen", "已查看")                                                                                  \
  X(ACCEPTED, "accepted", "已接单")                                                                          \
  X(ARRIVED, "arrived", "已到场")                                                                            \
  X(FED_BACK, "fed_back", "已反馈")                                                                          \
  X(FINISHED, "finished", "已完成")                                                                          \
  X(DECLINED, "declined", "已拒单")                                                                          \
  X(RECALLED, "recalled", "已撤回")                                                                          \
  X(EXPIRED, "expired", "已失效")

#define DP_TASK_VERBS(X)                                                                                     \
  X(DELIVERED, "delivered", "送达")                                                                          \
  X(SEEN, "seen", "查看")                                                                                    \
  X(ACCEPT, "accept", "接单")                                                                                \
  X(DECLINE, "decline", "拒单")                                                                              \
  X(ARRIVE, "arrive", "到场")                                                                                \
  X(FEEDBACK, "feedback", "反馈")                                                                            \
  X(FINISH, "finish", "完成")                                                                                \
  X(RECALL, "recall", "撤回")                                                                                \
  X(EXPIRE, "expire", "失效")                                                                                \
  X(RELEASE, "release", "撤下")                                                                              \
  X(REASSIGN, "reassign", "改派")                                                                            \
  X(LEAD, "lead", "改为主办")                                                                                \
  X(REMIND, "remind", "催接")                                                                                \
  X(UNREACHED, "undelivered", "报告未送达")                                                                  \
  X(WATCH, "checkin_start", "平安确认")                                                                      \
  X(CHECK_IN, "check_in", "报平安")

/* In the order an incident passes them: reaching one stops every clock that runs to it or to an earlier. */
#define DP_MILESTONES(X)                                                                                     \
  X(OCCURRED, "occurred")                                                                                    \
  X(REPORTED, "reported")                                                                                    \
  X(ACCEPTED, "accepted")                                                                                    \
  X(DISPATCHED, "dispatched")                                                                                \
  X(HANDLED, "handled")                                                                                      \
  X(VERIFIED, "verified")                                                                                    \
  X(CLOSED, "closed")

/* The rungs of the ladder, lowest first. Units have those from the grid up; a household and a courtyard are
 * addresses, a police post covers villages. */
#define DP_LEVELS(X)                                                                                         \
  X(HOUSEHOLD, "household", "户")                                                                            \
  X(COURTYARD, "courtyard", "院落")                                                                          \
  X(GRID, "grid", "网格")                                                                                    \
  X(VILLAGE, "village", "村")                                                                                \
  X(POLICE_POST, "police_post", "派出所")                                                                    \
  X(TOWNSHIP, "township", "镇")                                                                              \
  X(COUNTY, "county", "县")

enum dp_state {
  DP_NO = 0, /* in the step tables: refused */
#define X(id, name, zh) DP_##id,
  DP_STATES(X)
#undef X
      DP_STATE_COUNT
};
enum dp_verb {
#define X(id, name, zh) DP_V_##id,
  DP_VERBS(X)
#undef X
      DP_VERB_COUNT
};
enum dp_task_state {
  DP_T_NO = 0,
#define X(id, name, zh) DP_T_##id,
  DP_TASK_STATES(X)
#undef X
      DP_TASK_STATE_COUNT
};
enum dp_task_verb {
#define X(id, name, zh) DP_TV_##id,
  DP_TASK_VERBS(X)
#undef X
      DP_TASK_VERB_COUNT
};
enum dp_milestone {
#define X(id, name) DP_M_##id,
  DP_MILESTONES(X)
#undef X
      DP_MILESTONE_COUNT
};
enum dp_level {
#define X(id, name, zh) DP_L_##id,
  DP_LEVELS(X)
#undef X
      DP_LEVEL_COUNT
};

const char *dp_state_name(enum dp_state s);
const char *dp_state_zh(enum dp_state s);
enum dp_state dp_state_of(const char *name);               /* DP_NO when it is none */
enum dp_state dp_next(enum dp_verb v, enum dp_state from); /* DP_NO: not in this state */
enum dp_state dp_back(enum dp_verb v, enum dp_state from, enum dp_state before); /* resume: to `before` */
const char *dp_task_state_name(enum dp_task_state s);
const char *dp_task_state_zh(enum dp_task_state s);
enum dp_task_state dp_task_state_of(const char *name);
/* DP_T_NO: refused. The state it is in already: nothing to record. */
enum dp_task_state dp_task_next(enum dp_task_verb v, enum dp_task_state from);
bool dp_task_open(enum dp_task_state s);
const char *dp_milestone_name(enum dp_milestone m);
int dp_milestone_of(const char *name); /* -1 when it is none */
const char *dp_level_name(enum dp_level l);
const char *dp_level_zh(enum dp_level l);
int dp_level_of(const char *name); /* -1 when it is none: a department, a team */

/* ---- the plugin's own state -------------------------------------------------------------------- */

struct dp_staff_cache;
struct dp_positions;
struct dp_calendars;

struct dp_self {
  /* options */
  int64_t position_fresh_ms; /* a position older than this says nothing about where somebody is */
  int64_t load_m;            /* what one open task weighs in the ranking, as metres */
  int64_t unskilled_m;       /* what a missing skill weighs */
  int64_t future_ms;         /* how far ahead a phone's clock may be without remark */
  int64_t receipt_ms;        /* a phone that has not confirmed an order by then is not reached; 0: not told */
  bool officer_whistle;      /* grid officers may blow the whistle for their own incidents */
  int64_t dup_m;             /* how far apart two reports of one thing may be */
  int64_t dup_ms;            /* ... and how long */
  int64_t dup_score;         /* from which score on the desk is told */
  int64_t panic_ring_ms;     /* an alarm that nobody has answered rings again after this time */
  int64_t panic_rounds;      /* ... and goes a step up after so many rounds */
  /* volatile, never projected */
  struct dp_positions *positions; /* positions.c, locked: readers look too */
  struct dp_staff_cache *staff;   /* people/staff.c: who could be sent, shared with the readers */
  struct dp_calendars *calendars; /* clock/calendars.c: the kernel thread's cache of calendars read */
};

/* ---- loaded rows (store.c) ---------------------------------------------------------------------- */

struct dp_incident {
  int64_t n, number, rev, round; /* n: the seq of incident.reported; round: tasks before it do not count */
  char id[FQ_ID_MAX], org[FQ_ID_MAX], reporter[FQ_ID_MAX], category[FQ_ID_MAX], owner_org[FQ_ID_MAX];
  char title[832];             /* 200 characters of up to 4 bytes */
  enum dp_state state, before; /* before: what `resume` returns to */
  enum dp_level owner_level;
  int level;
  double lon, lat;                   /* NAN when unknown */
  int64_t at_ms[DP_MILESTONE_COUNT]; /* 0: not reached */
  int64_t merged_into, joined;       /* the one it stands for it (0: none), how many it stands for */
};
struct dp_task {
  int64_t n, incident, rev;
  char id[FQ_ID_MAX], user[FQ_ID_MAX], unit[FQ_ID_MAX], team[FQ_ID_MAX];
  char name[96], accepted_by[FQ_ID_MAX];
  enum dp_task_state state;
  bool lead;                                  /* 主办; otherwise 协办 */
  int64_t ended_ms;                           /* 0: open */
  int64_t remind_ms, remind_times, reminded;  /* every, at most, so far */
  int64_t every_ms, grace_ms, due_ms, missed; /* check-ins; every_ms 0: none asked for */
  int64_t seen_alive_ms, alarm_ms;            /* the last check-in; 0: no alarm is raised */
};

int64_t dp_id_n(const char *id, char letter); /* "i1024" -> 1024; 0 when it is no such id */
void dp_id_make(char out[FQ_ID_MAX], char letter, int64_t n);
bool dp_incident_load(fq_db *db, const char *id, struct dp_incident *out);
/* The key of the first incident reported at or after a time; one beyond the last, or 0, when there is none.
 */
int64_t dp_incident_since(fq_db *db, int64_t at_ms);
/* The same in a table of its own: `last` selects the greatest key, `next` key and time of the first row from
 * ?1 on. */
int64_t dp_first_since(fq_db *db, const char *last, const char *next, int64_t at_ms);
bool dp_task_load(fq_db *db, const char *id, struct dp_task *out);
/* The same for a handler: the id from params.<member>, FQ_E_NOT_FOUND otherwise. */
enum fq_status dp_incident_need(struct fq_call *c, const char *member, struct dp_incident *out);
enum fq_status dp_task_need(struct fq_call *c, struct dp_task *task, struct dp_incident *incident);

/* Emits an entry about the incident: subject, org and audience are the incident's. `also` ("user/x unit/y
 * ...", or NULL) hears it too. */
enum fq_status dp_emit(struct fq_call *c, const struct dp_incident *i, const char *kind, fq_json *data,
                       const char *also);
/* Who hears of it by name: reporter, those with an open task, an owner outside the line above it. */
char *dp_audience(fq_db *db, const struct dp_incident *i, const char *also); /* free() */

/* Is params.rev (when given) still the row's? Otherwise FQ_E_CONFLICT with the current one, and who did what
 * since, when params.id is the incident or its task (stale.c). */
enum fq_status dp_rev_check(struct fq_call *c, int64_t rev);
/* The step table's answer for a command, or FQ_E_CONFLICT "incident.state" saying which states allow it. */
enum fq_status dp_step(struct fq_call *c, const struct dp_incident *i, enum dp_verb v, enum dp_state *next);
enum fq_status dp_task_step(struct fq_call *c, const struct dp_task *t, enum dp_task_verb v,
                            enum dp_task_state *next);
enum fq_status dp_states(struct fq_query *q);       /* dispatch.states: the tables as data */
void dp_text(char *out, size_t cap, const char *s); /* copies, NULL as "" */
void dp_set_opt(fq_json *to, const char *name, const fq_json *from, const char *member); /* copies if there */
/* occurred.c: params.occurred_at, kept between believable bounds (what was claimed goes into data when it was
 * not); now when it was not said. dp_set_occurred: into data, when it was said. */
int64_t dp_occurred(struct fq_call *c, fq_json *data);
void dp_set_occurred(struct fq_call *c, fq_json *data);

/* ---- the parts ------------------------------------------------------------------------------------ */

#define DP_VERSION "0.2.0"
extern const struct fq_plugin dp_incident_part, dp_task_part, dp_clock_part, dp_people_part;
extern const struct fq_plugin dp_request_part, dp_countersign_part, dp_stats_part;
extern const struct fq_plugin dp_whistle_part, dp_mediation_part, dp_joint_part;
extern const struct fq_plugin dp_merge_part, dp_search_part, dp_form_part;
/* The words of a kind of this plugin ("事件派遣", "incident dispatched"); NULL when it is none of them. */
const struct fq_kind *dp_kind(const char *name);
extern const struct fq_plugin dp_emergency_part, dp_supervise_part, dp_panic_part;
extern const struct fq_proof_model dp_proof_model; /* proof/ */

/* Commands, targets, apply (the only writers of the tables), queries, views: each part declares its own. */
#define DP_COMMAND(name) enum fq_status name(struct fq_call *c)
#define DP_TARGET(name)  enum fq_status name(struct fq_call *c, struct fq_target *t)
#define DP_APPLY(name)   enum fq_status name(struct fq_apply *a, const struct fq_entry *e)
#define DP_QUERY(name)   enum fq_status name(struct fq_query *q)
#define DP_VIEW(name)    enum fq_status name(struct fq_view *v)

/* Which unit a command about an incident touches, and whether the thing is the actor's own
 * (incident/verbs.c). */
DP_TARGET(dp_target_desk);     /* params.id: a desk's verb; own where that desk owns the incident */
DP_TARGET(dp_target_parties);  /* params.id: also the reporter's, the assignees' and the owner's */
DP_TARGET(dp_target_involved); /* params.id: also theirs who were asked to sign */
enum fq_status dp_target_incident(struct fq_call *c, const char *member, bool may_involved,
                                  struct fq_target *t);

/* clock/clock.c, for the incident's apply */
void dp_clocks_reach(struct fq_apply *a, const char *incident, enum dp_milestone m, int64_t at_ms);
void dp_clocks_pause(struct fq_apply *a, const char *incident, const char *policy, const char *name,
                     int64_t at_ms);
void dp_clocks_resume(struct fq_apply *a, const char *incident, const char *policy, const char *name,
                      int64_t at_ms);
void dp_clocks_reopen(struct fq_apply *a, const char *incident, enum dp_milestone m, int64_t at_ms);
void dp_clocks_drop(struct fq_apply *a, const char *incident, int64_t at_ms);

/* Extensions (clock/extend.c). A clock as its row stands. */
struct dp_clock_now {
  char policy[FQ_ID_MAX], name[FQ_ID_MAX], title[128], state[16];
  int64_t due_ms;
};
/* How many clocks of the incident are called so (NULL: any); the first due is copied out. `open`: only those
 * that run or are paused. */
size_t dp_clocks_named(fq_db *db, const char *incident, const char *policy, const char *name, bool open,
                       struct dp_clock_now *out);
/* When it would be due with `by_ms` more, in the clock's own kind of time. */
int64_t dp_clock_extended(fq_db *db, const char *incident, const struct dp_clock_now *k, int64_t by_ms);
/* In apply: gives it that much more. One that was breached meanwhile is whole again. */
void dp_clocks_extend(struct fq_apply *a, const char *incident, const char *policy, const char *name,
                      int64_t by_ms, int64_t at_ms);

/* ---- what is asked of others (incident/suspend.c, request/, countersign/) ----------------------------- */

/* Suspends, until `until_ms` (0: until somebody resumes). `request`: what was granted by it, or NULL. */
enum fq_status dp_suspend(struct fq_call *c, const struct dp_incident *i, const char *reason,
                          int64_t until_ms, const char *request);
/* params.<member> as a time ahead; 0 when it is not given. */
enum fq_status dp_time_ahead(struct fq_call *c, const char *member, int64_t *out);
/* For every apply that ends an incident (closed, voided, merged): what was asked and not answered lapses. */
void dp_asked_lapse(struct fq_apply *a, int64_t incident, int64_t at_ms);
/* Those asked to sign who have not, named for a message; false when there are none. */
/* What has to end before the incident does: signatures, a whistle, a mediation (incident/unsettled.c). */
enum fq_status dp_unsettled(struct fq_call *c, const struct dp_incident *i);
bool dp_countersigns_open(fq_db *db, int64_t incident, char *names, size_t cap);
fq_json *dp_countersigns_json(fq_db *db, int64_t incident);
fq_json *dp_requests_json(fq_db *db, int64_t incident); /* the open ones */
/* The incident's files, for an entry that brings somebody new to it: who hears the entry may read them. */
void dp_set_files(fq_db *db, fq_json *data, const struct dp_incident *i);
/* `away` and the files, for an entry that gives it to a unit from where the place is not seen (owner.c). */
void dp_set_away(fq_db *db, fq_json *data, const struct dp_incident *i, const char *owner);
/* Has it as a task, or sits at the unit that owns it or has it as a task. */
bool dp_has_part(fq_db *db, const struct fq_actor *a, const struct dp_incident *i);

void dp_calendars_free(struct dp_calendars *all); /* clock/calendars.c */

/* task/, for what others decide: who sits where, who is kept free, what an incident's end means */
const char *dp_sits_at(const struct fq_actor *a);       /* the unit whose tasks are his to act on, or NULL */
const char *dp_team_of(const struct fq_actor *a);       /* the same for a team: its officers act, too */
fq_stmt *dp_team_officers(fq_db *db, const char *team); /* their names: a team's task is heard by each */
/* {user: number of the incident he is reserved for}, without those reserved for `incident`. */
fq_json *dp_reserved_users(fq_db *db, int64_t incident);
fq_json *dp_reserved_json(fq_db *db, const char *user,
                          const char *org);                 /* {incident, number, until?} or NULL */
fq_json *dp_reservations_json(fq_db *db, int64_t incident); /* NULL when there are none */

/* ---- whistle/, mediation/, joint/ for the others --------------------------------------------------- */

/* Is the unit called by a whistle about the incident; does the user mediate it? Then they may see it. */
bool dp_whistle_calls(fq_db *db, int64_t incident, const char *unit);
bool dp_mediates(fq_db *db, int64_t incident, const char *user);
/* Add to an incident's JSON what there is: whistles, mediations, joint. */
void dp_whistles_set(fq_db *db, int64_t incident, fq_json *j);
void dp_mediations_set(fq_db *db, int64_t incident, fq_json *j);
void dp_joint_set(fq_db *db, int64_t incident, fq_json *j);
/* Answers to a form, for an entry about an incident of that category: checked, and put into `data` with the
 * pictures among them. Without a form nothing happens. */
enum fq_status dp_form_take(struct fq_call *c, const fq_json *form, const char *category, fq_json *data);
/* `form`, the answers of late, and `forms` when several were filled in. */
void dp_forms_set(fq_db *db, int64_t incident, fq_json *j);

/* ---- codes that a county may name for itself (term.c) ---------------------------------------------- */

struct dp_word {
  const char *code, *zh, *en; /* built in, for counties whose packs have no such dictionary */
};
struct dp_term {
  char code[FQ_ID_MAX], zh[96], en[96];
};
enum { DP_TERMS_MAX = 40 };
size_t dp_terms(fq_db *db, const char *dictionary, const struct dp_word *builtin, struct dp_term *out,
                size_t cap);
int dp_term_find(const struct dp_term *terms, size_t count, const char *code); /* -1: none */
enum fq_status dp_term_refuse(struct fq_call *c, const char *dictionary, const char *path, const char *code,
                              const struct dp_term *terms, size_t count);
enum fq_status dp_term_need(struct fq_call *c, const char *dictionary, const struct dp_word *builtin,
                            const char *member, struct dp_term *out);
/* ---- merged incidents (merge/) -------------------------------------------------------------------- */

/* Sets `merged_into` and `merged` of an incident's JSON. */
void dp_merge_json(fq_db *db, int64_t n, int64_t merged_into, int64_t joined, fq_json *into);
bool dp_merge_reporter(fq_db *db, const struct dp_incident *i, const char *user); /* of one merged into it? */
/* Has somebody finished his task on one that was merged into it? That work counts for it. */
bool dp_merge_finished(fq_db *db, const struct dp_incident *i);

/* ---- the ladder (people/ladder.c) ---------------------------------------------------------------------- */

struct dp_rung {
  enum dp_level level;
  char org[FQ_ID_MAX], name[96]; /* the unit; "" when the rung has none here */
  char title[64];                /* 网格长; "" on the built-in ladder */
  char holder[FQ_ID_MAX];        /* named by a responsibility binding, or "" */
  uint32_t roles;                /* who at the unit may answer for it; 0: by level */
  int64_t wait_ms;               /* how long he is waited for; 0: nothing said */
  /* filled by dp_rung_find() */
  char asked[FQ_ID_MAX], display[96]; /* who answers for it now; "" when nobody does */
  char instead_of[FQ_ID_MAX];         /* ... as the deputy of */
  bool fallback;                      /* nobody is there: it answers all the same (兜底) */
};
struct dp_ladder {
  size_t count;
  int64_t at_ms; /* who is available then; 0: as of the journal's last entry */
  char place[FQ_ID_MAX];
  struct dp_rung rungs[DP_LEVEL_COUNT]; /* lowest first */
};
/* The built-in ladder of a place: grid, village, township, county, as far as the tree has them. */
void dp_ladder_of(fq_db *db, const char *org, struct dp_ladder *out);
bool dp_rung_staffed(fq_db *db, const struct dp_rung *r, int64_t at_ms);
/* The first staffed rung at `level` or above and above `beyond` (NULL: any). Empty ones on the way go to
 * `skipped` (an array or NULL), each with the reason. When all are empty the district's fallback owner
 * answers for it, or else the top rung. False: no rung is left. */
bool dp_rung_find(fq_db *db, const struct dp_ladder *l, enum dp_level level, const struct dp_incident *beyond,
                  struct dp_rung *out, fq_json *skipped);
fq_json *dp_rung_json(const struct dp_rung *r);

/* people/climb.c: a ladder that climbs by itself */
bool dp_climb_asks(fq_db *db, int64_t incident, const struct fq_actor *a); /* is it him it waits for? */
fq_json *dp_climb_json(fq_db *db, int64_t incident);                       /* NULL when none runs */

/* ---- who is available (people/available.c) ------------------------------------------------------------- */

struct dp_absence {
  enum {
    DP_HERE,
    DP_VACANT, /* of a rung: there is nobody */
    DP_NO_ACCOUNT,
    DP_ON_LEAVE,
    DP_REPLACED,   /* somebody else has his shift */
    DP_OFF_ROSTER, /* his unit keeps a roster and he is not on it now */
    DP_SIGNED_OFF,
  } why;
  int64_t until_ms;       /* of the leave */
  char deputy[FQ_ID_MAX]; /* who stands in during the leave, or "" */
};
/* Is he to be reached for work at that time? Why not, in `out` (may be NULL). Any thread. */
bool dp_available(fq_db *db, const char *user, int64_t at_ms, struct dp_absence *out);
void dp_absence_words(const struct dp_absence *a, char zh[128], char en[128]);
/* An order for somebody on leave goes nowhere: refused, naming the deputy. */
enum fq_status dp_may_send(struct fq_call *c, const char *user, const char *path);

/* ---- people (people/) ----------------------------------------------- */

struct dp_position {
  double lon, lat, acc_m;
  double battery, speed, heading; /* as the phone says; NAN: it does not */
  int64_t at_ms;
};
/* Who did something, by the name people know: the account stands beside it. */
void dp_set_person(fq_db *db, fq_json *j, const char *member, const char *user);
struct dp_positions *dp_positions_new(void);
void dp_positions_free(struct dp_positions *p);
void dp_position_put(struct dp_positions *p, const char *user, const struct dp_position *at);
bool dp_position_get(struct dp_positions *p, const char *user, struct dp_position *out);
/* Where this user's position stands, for looking it up but once; at_ms is 0 until one is known. Lives as long
 * as the positions. Any thread; the content is the kernel thread's, which alone writes it, or is read under
 * the lock (people.h). */
const struct dp_position *dp_position_slot(struct dp_positions *p, const char *user);
size_t dp_positions_count(struct dp_positions *p);
struct dp_staff_cache *dp_staff_new(void);
void dp_staff_free(struct dp_staff_cache *s);
void dp_load_moved(struct fq_apply *a, const char *user, int by); /* a task of `user` begins or ends */

/* Whose panic alarm the incident is; "" when it is none (panic/store.c). */
void dp_panic_in_need(fq_db *db, const struct dp_incident *i, char user[FQ_ID_MAX]);

/* ---- areas (area.c), emergencies (emergency/) ------------------------------------------------------- */

struct dp_area {
  char path[512], township[FQ_ID_MAX]; /* both empty: the whole county */
};
bool dp_area_of(fq_db *db, const char *org, struct dp_area *out); /* "" or NULL: the whole county */
/* Is that unit the actor's own or below it? Otherwise FQ_E_FORBIDDEN "org.foreign" at `path`. */
enum fq_status dp_org_reach(struct fq_query *q, const char *org, const char *path);
enum fq_status dp_org_unknown(struct fq_query *q, const char *org); /* FQ_E_PARAMS "org.unknown" */
/* The subtree a list or report is about (params.org, else the actor's own), as the start of an incident's
 * path. `area` false: the actor has none, only what names him. */
enum fq_status dp_reach(struct fq_query *q, char path[512], bool *area);
/* A query's area: `org` when given and in reach, else all that the actor has. */
enum fq_status dp_area_asked(struct fq_query *q, const char *org, struct dp_area *out);
fq_stmt *dp_area_open(fq_db *db, const struct dp_area *area); /* n of its open incidents, oldest first */

/* What limits started now at `org` are multiplied by: below 1 while an emergency is in force there. */
double dp_clock_factor(fq_db *db, const char *org);

/* ---- wire shapes (wire.c), views (view.c) ----------------------- */

enum {
  DP_WITH_TEXT = 1,
  DP_WITH_TASKS = 2,
  DP_WITH_CLOCKS = 4,
  DP_WITH_JOINT = 8,
  DP_WITH_ASKED = 16,
  DP_WITH_ALL = 31
};
fq_json *dp_incident_json(fq_db *db, int64_t n, int with); /* NULL when there is none */
void dp_where_set(fq_db *db, fq_json *j, const char *org); /* `where`: grid, village, township by name */
void dp_owner_set(fq_db *db, fq_json *j, const char *level, const char *org);
/* The same for whoever knows them already. */
void dp_where_on(const struct dp_ladder *l, fq_json *j);
void dp_owner_named(fq_json *j, const char *level, const char *org, const char *name);
fq_json *dp_task_json(fq_db *db, int64_t n);
fq_json *dp_tasks_json(fq_db *db, int64_t incident);
fq_json *dp_clocks_json(fq_db *db, const char *incident);
/* A column as a member: a time in ms as RFC 3339, a text that says something; else nothing. */
void dp_col_time(fq_json *j, const char *name, fq_stmt *q, int column);
void dp_col_text(fq_json *j, const char *name, fq_stmt *q, int column);
fq_json *dp_place_json(double lon, double lat, double acc_m); /* NULL when unknown */
bool dp_may_see(fq_db *db, const struct fq_actor *actor, const struct dp_incident *i);
bool dp_area_reach(const struct fq_actor *actor); /* sees a whole subtree, not only his own */

/* Kinds of this plugin, by all its parts (supervise/told.c): their words into zh and en; who may hear an
 * entry, by the kernel's rule (a kind of somebody else's is heard by name alone). */
void dp_kind_words(const char *kind, fq_json *into);
bool dp_may_hear(fq_db *db, const struct fq_actor *a, const char *kind, const char *org,
                 const char *audience);

/* A query's incident, from params.<member>, when its actor may see it. */
enum fq_status dp_incident_seen(struct fq_query *q, const char *member, struct dp_incident *i);
/* fq_plugin.alive */
int64_t dp_alive(void *self, fq_db *db, int64_t from, int64_t to);
void dp_context(void *self, fq_db *db, const struct fq_entry *e, fq_json *into);
/* The incident id in args[0], which may be the id or an incident object. */
const char *dp_view_subject(const struct fq_view *v);
const fq_json *dp_view_arg(const struct fq_view *v, int at); /* NULL: not given */

#endif
