/*
 * states.c - the step tables of a conference and of a member in it: what is possible in which state, and
 * where it leads. Nothing else compares states to decide what is allowed. Any thread.
 */
#include <string.h>

#include "session/session.h"

/* clang-format off */
#define NO CF_NONE
enum { Op = CF_OPENING, Ac = CF_ACTIVE, De = CF_DEGRADED, Eg = CF_ENDING, Ed = CF_ENDED };
static const unsigned char steps[CF_VERB_COUNT][CF_STATE_COUNT] = {
  /*                   -   opening active degraded ending ended */
  [CF_V_TAKE_PART] = {NO, Op,     Ac,    De,      NO,    NO},
  [CF_V_FILL]      = {NO, Ac,     Ac,    De,      NO,    NO},
  [CF_V_DEGRADE]   = {NO, Op,     De,    De,      NO,    NO},
  [CF_V_RECOVER]   = {NO, Op,     Ac,    Ac,      NO,    NO},
  [CF_V_END]       = {NO, Eg,     Eg,    Eg,      NO,    NO},
  [CF_V_CLOSE]     = {NO, Ed,     Ed,    Ed,      Ed,    NO},
};
#undef NO

/* Who has a seat and joins again does so from another page, which takes the seat over. A seat that is empty
 * is taken back by resuming; once it is gone one joins again. Machines report late and twice: what has
 * no effect is possible all the same and leads to where one is. */
#define NO CF_NO_SEAT
enum { In = CF_INVITED, Ri = CF_RINGING, Dc = CF_DECLINED, To = CF_TIMEOUT, Jo = CF_JOINING, Co = CF_CONNECTED,
       Ml = CF_MEDIA_LOST, Sl = CF_SIGNALLING_LOST, Le = CF_LEFT };
static const unsigned char acts[CF_ACT_COUNT][CF_SEAT_COUNT] = {
  /*                         -   invited ringing declined timeout joining connected media_lost signalling_lost left */
  [CF_A_INVITE]          = {In, In,     Ri,     In,      In,     NO,     NO,       NO,        NO,             In},
  [CF_A_RING]            = {NO, In,     Ri,     In,      In,     NO,     NO,       NO,        NO,             In},
  [CF_A_RINGING]         = {NO, Ri,     Ri,     NO,      NO,     NO,     NO,       NO,        NO,             NO},
  [CF_A_DECLINE]         = {NO, Dc,     Dc,     Dc,      Dc,     NO,     NO,       NO,        NO,             NO},
  [CF_A_TIME_OUT]        = {NO, To,     To,     NO,      NO,     NO,     NO,       NO,        NO,             NO},
  [CF_A_JOIN]            = {Jo, Jo,     Jo,     Jo,      Jo,     Jo,     Jo,       Jo,        Jo,             Jo},
  [CF_A_RESUME]          = {NO, NO,     NO,     NO,      NO,     Jo,     Jo,       Jo,        Jo,             NO},
  [CF_A_CONNECT]         = {NO, NO,     NO,     NO,      NO,     Co,     Co,       Co,        Sl,             NO},
  [CF_A_LOSE_MEDIA]      = {NO, NO,     NO,     NO,      NO,     Jo,     Ml,       Ml,        Sl,             NO},
  [CF_A_LOSE_SIGNALLING] = {NO, NO,     NO,     NO,      NO,     Sl,     Sl,       Sl,        Sl,             NO},
  [CF_A_SIT]             = {NO, NO,     NO,     NO,      NO,     Jo,     Co,       Ml,        NO,             NO},
  [CF_A_LEAVE]           = {NO, NO,     NO,     NO,      NO,     Le,     Le,       Le,        Le,             NO},
  [CF_A_PUT_OUT]         = {NO, Le,     Le,     Le,      Le,     Le,     Le,       Le,        Le,             Le},
};
#undef NO
/* clang-format on */

struct word {
  const char *name, *zh, *en;
};
#define X(id, name, zh, en) [CF_##id] = {name, zh, en},
static const struct word states[CF_STATE_COUNT] = {CF_STATES(X)};
static const struct word seats[CF_SEAT_COUNT] = {CF_SEATS(X)};
static const struct word roles[CF_ROLE_COUNT] = {CF_ROLES(X)};
#undef X

static int find(const struct word *words, int count, const char *name) {
  for (int k = 1; name && k < count; k++)
    if (!strcmp(words[k].name, name)) return k;
  return 0;
}

enum cf_state cf_next(enum cf_verb verb, enum cf_state now) {
  return steps[verb][now];
}
enum cf_seat cf_next_seat(enum cf_act act, enum cf_seat now) {
  return acts[act][now];
}
bool cf_seated(enum cf_seat s) {
  return acts[CF_A_LEAVE][s] != CF_NO_SEAT;
}
bool cf_present(enum cf_seat s) {
  return cf_seated(s) || acts[CF_A_TIME_OUT][s] != CF_NO_SEAT;
}
const char *cf_state_name(enum cf_state s) {
  return states[s].name;
}
const char *cf_seat_name(enum cf_seat s) {
  return seats[s].name;
}
const char *cf_role_name(enum cf_role r) {
  return roles[r].name;
}
enum cf_state cf_state_of(const char *name) {
  return (enum cf_state)find(states, CF_STATE_COUNT, name);
}
enum cf_seat cf_seat_of(const char *name) {
  return (enum cf_seat)find(seats, CF_SEAT_COUNT, name);
}
enum cf_role cf_role_of(const char *name) {
  return (enum cf_role)find(roles, CF_ROLE_COUNT, name);
}
void cf_state_words(enum cf_state s, const char **zh, const char **en) {
  *zh = states[s].zh;
  *en = states[s].en;
}
void cf_seat_words(enum cf_seat s, const char **zh, const char **en) {
  *zh = s ? seats[s].zh : "不在会商中";
  *en = s ? seats[s].en : "is not in it";
}
