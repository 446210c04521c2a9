/*
 * steps.c - what may happen to a leg in which state, and where it leads. Nothing else compares states to
 * decide what is allowed. Any thread.
 */
#include "media/media.h"

/* clang-format off */
#define NO MD_NO
enum { Ne = MD_NEW, Of = MD_OFFERED, An = MD_ANSWERED, Up = MD_UP, St = MD_STALLED, Re = MD_RESTARTING, Cl = MD_CLOSED };
/* Media that flows goes on while a new description is agreed on: only a leg that is not up shows where the
 * talks stand. Both pages may offer at once; machines report late and twice. An answer to nothing is refused. */
static const signed char steps[MD_EVENTS][MD_STATES] = {
  /*                new offered answered up  stalled restarting closed */
  [MD_E_OFFER]   = {Of, Of,     Of,      Up, Re,     Re,        NO},
  [MD_E_ANSWER]  = {NO, An,     An,      Up, Re,     Re,        NO},
  [MD_E_UP]      = {NO, Up,     Up,      Up, Up,     Up,        NO},
  [MD_E_STALL]   = {St, St,     St,      St, St,     Re,        NO},
  [MD_E_RESTART] = {Re, Re,     Re,      Up, Re,     Re,        NO},
  [MD_E_CLOSE]   = {Cl, Cl,     Cl,      Cl, Cl,     Cl,        NO},
};
#undef NO
/* clang-format on */

static const char *const names[MD_STATES] = {"new",     "offered",    "answered", "up",
                                             "stalled", "restarting", "closed"};

int md_next(enum md_event event, enum md_state now) {
  return steps[event][now];
}

const char *md_state_name(enum md_state s) {
  return names[s];
}
