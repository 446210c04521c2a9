/*
 * session.h - what the files of this part share: a conference, its members, and who may do what. Kernel
 * thread; queries on reader threads.
 */
#ifndef FQ_PLUGIN_CONFERENCE_SESSION_H
#define FQ_PLUGIN_CONFERENCE_SESSION_H

#include "conference.h"

#define CF_MEMBERS    200 /* in one conference */
#define CF_ROUNDS     3   /* rings before nobody is expected any more */
#define CF_FLOOR_MS   60000
#define CF_EMPTY_MS   300000
#define CF_CLOSING_MS 120000
#define CF_TITLE      324

/* ---- words and steps (states.c) -------------------------------------------------------------------------
 */

#define CF_STATES(X)                                                                                         \
  X(OPENING, "opening", "等人加入", "waiting for the first to join")                                         \
  X(ACTIVE, "active", "进行中", "under way")                                                                 \
  X(DEGRADED, "degraded", "降级进行", "under way, degraded")                                                 \
  X(ENDING, "ending", "收尾中", "ending")                                                                    \
  X(ENDED, "ended", "已结束", "ended")
#define CF_SEATS(X)                                                                                          \
  X(INVITED, "invited", "已邀请", "invited")                                                                 \
  X(RINGING, "ringing", "响铃中", "ringing")                                                                 \
  X(DECLINED, "declined", "已拒绝", "has declined")                                                          \
  X(TIMEOUT, "timeout", "无人接听", "has not answered")                                                      \
  X(JOINING, "joining", "正在加入", "joining")                                                               \
  X(CONNECTED, "connected", "已接通", "connected")                                                           \
  X(MEDIA_LOST, "media_lost", "画面中断", "without picture")                                                 \
  X(SIGNALLING_LOST, "signalling_lost", "断线", "off line")                                                  \
  X(LEFT, "left", "已离开", "has left")
#define CF_ROLES(X)                                                                                          \
  X(CHAIR, "chair", "主持人", "chair")                                                                       \
  X(SPEAKER, "speaker", "发言人", "speaker")                                                                 \
  X(VIEWER, "viewer", "观看者", "viewer")                                                                    \
  X(FAMILY, "family", "家属", "family")

#define X(id, name, zh, en) CF_##id,
enum cf_state { CF_NONE, CF_STATES(X) CF_STATE_COUNT };
enum cf_seat { CF_NO_SEAT, CF_SEATS(X) CF_SEAT_COUNT };
enum cf_role { CF_NO_ROLE, CF_ROLES(X) CF_ROLE_COUNT };
#undef X

/* What is done to a conference ... */
enum cf_verb {
  CF_V_TAKE_PART, /* invite, join, talk, control: whatever people do in one */
  CF_V_FILL,      /* the second person is there */
  CF_V_DEGRADE,
  CF_V_RECOVER,
  CF_V_END, /* while a recording runs */
  CF_V_CLOSE,
  CF_VERB_COUNT
};
/* ... and to a member. */
enum cf_act {
  CF_A_INVITE,
  CF_A_RING,
  CF_A_RINGING,
  CF_A_DECLINE,
  CF_A_TIME_OUT,
  CF_A_JOIN,
  CF_A_RESUME,
  CF_A_CONNECT,
  CF_A_LOSE_MEDIA,
  CF_A_LOSE_SIGNALLING,
  CF_A_SIT, /* what one does from a seat */
  CF_A_LEAVE,
  CF_A_PUT_OUT, /* kicked, or the end */
  CF_ACT_COUNT
};
enum cf_state cf_next(enum cf_verb verb, enum cf_state now); /* CF_NONE: not possible */
enum cf_seat cf_next_seat(enum cf_act act, enum cf_seat now);
bool cf_seated(enum cf_seat s);  /* has a seat, be it an empty one */
bool cf_present(enum cf_seat s); /* is in it, or is asked to come: hears what happens */
const char *cf_state_name(enum cf_state s);
const char *cf_seat_name(enum cf_seat s);
const char *cf_role_name(enum cf_role r);
enum cf_state cf_state_of(const char *name);
enum cf_seat cf_seat_of(const char *name);
enum cf_role cf_role_of(const char *name);
void cf_state_words(enum cf_state s, const char **zh, const char **en);
void cf_seat_words(enum cf_seat s, const char **zh, const char **en);

/* ---- rows (store.c) -------------------------------------------------------------------------------------
 */

int64_t cf_id_n(const char *id); /* "v17" -> 17; 0 when it is no such id */
void cf_id_make(char out[FQ_ID_MAX], int64_t n);
void cf_text(char *out, size_t cap, const char *s); /* copies, NULL as "" */
void cf_display(fq_db *db, const char *user, char out[96]);

struct cf_conf {
  int64_t n, rev, number, ring_ms, rotate_s, cap, created_ms, ended_ms, holder_priority, floor_until_ms;
  int64_t roll, roll_at_ms, roll_until_ms, roll_closed_ms;
  enum cf_state state;
  bool locked, recording, audio_only, degraded;
  char id[FQ_ID_MAX], org[FQ_ID_MAX], by[FQ_ID_MAX], by_name[96], incident[FQ_ID_MAX], title[CF_TITLE];
  char backend[8], layout[12], spotlight[FQ_ID_MAX], broadcast[FQ_ID_MAX], holder[FQ_ID_MAX];
  char why_zh[200], why_en[200], cannot[96], ended_why[16];
};
struct cf_member {
  char user[FQ_ID_MAX], name[96], session[32], desk[FQ_ID_MAX], left_why[16], quality[8];
  char sealed_name[400]; /* a guest's; he has no other */
  enum cf_role role;
  enum cf_seat state;
  int64_t priority, ring_round, ring_until_ms, seat_until_ms, hand_ms, since_ms;
  bool guest, hidden, banned, pulled, muted, silenced, may_unmute, camera, screen, audio_only;
};
bool cf_conf_load(fq_db *db, const char *id, struct cf_conf *out);
bool cf_member_load(fq_db *db, int64_t conf, const char *user, struct cf_member *out);
/* All of them; free(). Those who are hidden come last. */
struct cf_member *cf_members(fq_db *db, int64_t conf, size_t *count);
/* The unit's place in the tree, for subtrees; `out` holds 512 bytes. */
const char *cf_path(fq_db *db, const char *org, char *out);
int64_t cf_count_seated(fq_db *db, int64_t conf); /* whom others see */
bool cf_live(const struct cf_conf *v);

/* ---- entries (emit.c) -----------------------------------------------------------------------------------
 */

/* Heard by everybody who is in it or asked to come, and by `also`, a user, or NULL. Takes data. */
enum fq_status cf_emit(struct fq_call *c, const struct cf_conf *v, const char *kind, fq_json *data,
                       const char *also);
/* About a hidden member: heard by him alone, and by whoever hears the kind by role. */
enum fq_status cf_emit_hidden(struct fq_call *c, const struct cf_conf *v, const char *kind, fq_json *data,
                              const char *user);
fq_json *cf_about(const char *user); /* {user} */
void cf_answer(struct fq_call *c, const struct cf_conf *v);
void cf_set_opt(fq_json *to, const char *name, const fq_json *from);

/* ---- who may (rights.c) ---------------------------------------------------------------------------------
 */

#define CF_DESK  FQ_ROLE_DESK
#define CF_STAFF (FQ_ROLE_DESK | FQ_ROLE_DEPARTMENT | FQ_ROLE_OFFICER)
#define CF_ALL   (CF_STAFF | FQ_ROLE_FAMILY)

/* Each refuses with its own error. */
enum fq_status cf_need(struct fq_call *c, struct cf_conf *v); /* params.id, and it has not ended */
enum fq_status cf_need_seat(struct fq_call *c, struct cf_conf *v, struct cf_member *me); /* ... from a seat */
enum fq_status cf_need_chair(struct fq_call *c, struct cf_conf *v);
enum fq_status cf_need_other(struct fq_call *c, const struct cf_conf *v, const char *param, enum cf_act act,
                             struct cf_member *out); /* the member that a parameter names */
enum fq_status cf_refuse_seat(struct fq_call *c, const char *path, const struct cf_member *m);
/* Is it within reach of this desk? */
bool cf_desk_of(fq_db *db, const struct fq_actor *a, const char *org);
/* Has he a part in this incident: does one of its entries name him or his desk? */
bool cf_has_part(fq_db *db, const char *incident, const char *user, const char *org, uint32_t roles);
const char *cf_session(const struct fq_call *c); /* "" when there is none */

/* ---- people (people.c) ----------------------------------------------------------------------------------
 */

/* Those whom the targets at `path` of params mean, each once, who may be called and are not there already:
 * [{user, name, role, priority, desk?}]. An error names the target. */
enum fq_status cf_called(struct fq_call *c, const struct cf_conf *v, const fq_json *to, enum cf_role role,
                         fq_json **out);
int64_t cf_priority(fq_db *db, const struct cf_conf *v, const char *user, uint32_t roles, enum cf_role role);
/* Emits conf.invited and conf.rang. `people` as from cf_called(); taken. */
enum fq_status cf_invite(struct fq_call *c, const struct cf_conf *v, fq_json *people);
enum fq_status cf_ring(struct fq_call *c, const struct cf_conf *v, fq_json *users, int64_t round, bool pull);

/* ---- what leaving leads to (leave.c, floor.c) ------------------------------------------------------------
 */
enum fq_status cf_leave(struct fq_call *c, const struct cf_conf *v, const struct cf_member *m,
                        const char *why);
enum fq_status cf_end(struct fq_call *c, const struct cf_conf *v, const char *why, const char *reason);
/* He no longer holds the floor, nor waits for it; the next in line gets it. */
enum fq_status cf_floor_let_go(struct fq_call *c, const struct cf_conf *v, const char *user, const char *why);

/* ---- tables of the part ----------------------------------------------------------------------------------
 */
#define CF_COMMAND(name) enum fq_status name(struct fq_call *c)
#define CF_TARGET(name)  enum fq_status name(struct fq_call *c, struct fq_target *t)
#define CF_APPLY(name)   enum fq_status name(struct fq_apply *a, const struct fq_entry *e)
#define CF_QUERY(name)   enum fq_status name(struct fq_query *q)

CF_TARGET(cf_target_create);
CF_TARGET(cf_target_conf); /* a member's own, else the conference's unit */
CF_COMMAND(cf_conf_create);
CF_COMMAND(cf_conf_invite);
CF_COMMAND(cf_conf_invite_guest);
CF_COMMAND(cf_conf_ring);
CF_COMMAND(cf_conf_ringing);
CF_COMMAND(cf_conf_decline);
CF_COMMAND(cf_conf_pull);
CF_COMMAND(cf_ring_due);
CF_COMMAND(cf_conf_join);
CF_COMMAND(cf_conf_resume);
CF_COMMAND(cf_conf_monitor);
CF_COMMAND(cf_conf_leave);
CF_COMMAND(cf_conf_end);
CF_COMMAND(cf_conf_member_media);
CF_COMMAND(cf_seat_due);
CF_COMMAND(cf_empty_due);
CF_COMMAND(cf_closing_due);
CF_COMMAND(cf_session_gone);
CF_COMMAND(cf_restarted);
CF_COMMAND(cf_conf_kick);
CF_COMMAND(cf_conf_lock);
CF_COMMAND(cf_conf_role);
CF_COMMAND(cf_conf_mute);
CF_COMMAND(cf_conf_ask_unmute);
CF_COMMAND(cf_conf_quality);
CF_COMMAND(cf_conf_layout);
CF_COMMAND(cf_conf_broadcast);
CF_COMMAND(cf_conf_backend_set);
CF_COMMAND(cf_conf_recording_set);
CF_COMMAND(cf_conf_self);
CF_COMMAND(cf_conf_text);
CF_COMMAND(cf_floor_ask);
CF_COMMAND(cf_floor_release);
CF_COMMAND(cf_floor_take);
CF_COMMAND(cf_floor_due);
CF_COMMAND(cf_roll_call);
CF_COMMAND(cf_here);
CF_COMMAND(cf_roll_due);
CF_QUERY(cf_conf_get);
CF_QUERY(cf_conf_list);
CF_QUERY(cf_conf_mine);

CF_APPLY(cf_apply_created);
CF_APPLY(cf_apply_invited);
CF_APPLY(cf_apply_rang);
CF_APPLY(cf_apply_ringing);
CF_APPLY(cf_apply_declined);
CF_APPLY(cf_apply_timed_out);
CF_APPLY(cf_apply_hushed);
CF_APPLY(cf_apply_joined);
CF_APPLY(cf_apply_resumed);
CF_APPLY(cf_apply_left);
CF_APPLY(cf_apply_kicked);
CF_APPLY(cf_apply_media);
CF_APPLY(cf_apply_pulled);
CF_APPLY(cf_apply_monitored);
CF_APPLY(cf_apply_locked);
CF_APPLY(cf_apply_role_set);
CF_APPLY(cf_apply_muted);
CF_APPLY(cf_apply_unmute_asked);
CF_APPLY(cf_apply_self_set);
CF_APPLY(cf_apply_layout_set);
CF_APPLY(cf_apply_broadcast_set);
CF_APPLY(cf_apply_text);
CF_APPLY(cf_apply_floor_given);
CF_APPLY(cf_apply_floor_waits);
CF_APPLY(cf_apply_floor_released);
CF_APPLY(cf_apply_roll_called);
CF_APPLY(cf_apply_here);
CF_APPLY(cf_apply_roll_closed);
CF_APPLY(cf_apply_backend_set);
CF_APPLY(cf_apply_recording_set);
CF_APPLY(cf_apply_ended);

#endif
