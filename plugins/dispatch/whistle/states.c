/*
 * states.c - the step table of a whistle: blown, the departments come, consult, agree on a measure each, are
 * followed up. What is not in the table is refused, saying what is possible. Knows no database. Any thread.
 */
#include <stdio.h>
#include <string.h>

#include "whistle/whistle.h"

/* clang-format off */
#define NO DP_W_NO
enum { Bl = DP_W_BLOWN, Ga = DP_W_GATHERED, Ov = DP_W_OVERDUE, Co = DP_W_CONSULTING, Ag = DP_W_AGREED,
       Fo = DP_W_FOLLOWED_UP, Cl = DP_W_CLOSED, Wi = DP_W_WITHDRAWN };

/* Consulting may begin before the last one is there; whoever comes later still checks in. Nothing closes
 * without a follow-up, and a follow-up that found it undone leads back to the measures. */
static const signed char steps[DP_WHISTLE_VERB_COUNT][DP_WHISTLE_STATE_COUNT] = {
  /*                     -   blown gathered overdue consulting agreed followed_up closed withdrawn */
  [DP_WV_CHECK_IN]    = {NO, Bl,   Ga,      Ov,     Co,        Ag,    NO,         NO,    NO},
  [DP_WV_GATHER]      = {NO, Ga,   Ga,      Ga,     NO,        NO,    NO,         NO,    NO},
  [DP_WV_LAPSE]       = {NO, Ov,   NO,      NO,     Co,        Ag,    NO,         NO,    NO},
  [DP_WV_EXCUSE]      = {NO, Bl,   Ga,      Ov,     Co,        Ag,    NO,         NO,    NO},
  [DP_WV_MINUTES]     = {NO, Co,   Co,      Co,     Co,        Ag,    Fo,         NO,    NO},
  [DP_WV_MEASURE]     = {NO, Co,   Co,      Co,     Co,        Ag,    NO,         NO,    NO},
  [DP_WV_AGREE]       = {NO, NO,   Ag,      Ag,     Ag,        Ag,    NO,         NO,    NO},
  [DP_WV_FOLLOW_UP]   = {NO, NO,   NO,      NO,     NO,        Fo,    Fo,         NO,    NO},
  [DP_WV_FOLLOW_FAIL] = {NO, NO,   NO,      NO,     NO,        Ag,    Ag,         NO,    NO},
  [DP_WV_CLOSE]       = {NO, NO,   NO,      NO,     NO,        NO,    Cl,         NO,    NO},
  [DP_WV_WITHDRAW]    = {NO, Wi,   Wi,      Wi,     Wi,        Wi,    Wi,         NO,    NO},
};
#undef NO
/* clang-format on */

struct word {
  const char *name, *zh;
};
static const struct word states[DP_WHISTLE_STATE_COUNT] = {
#define X(id, name, zh) [DP_W_##id] = {name, zh},
    DP_WHISTLE_STATES(X)
#undef X
};
static const struct word verbs[DP_WHISTLE_VERB_COUNT] = {
#define X(id, name, zh) [DP_WV_##id] = {name, zh},
    DP_WHISTLE_VERBS(X)
#undef X
};

const char *dp_whistle_state_name(enum dp_whistle_state s) {
  return states[s].name;
}

enum dp_whistle_state dp_whistle_state_of(const char *name) {
  for (int s = 1; name && s < DP_WHISTLE_STATE_COUNT; s++)
    if (!strcmp(states[s].name, name)) return (enum dp_whistle_state)s;
  return DP_W_NO;
}

enum dp_whistle_state dp_whistle_next(enum dp_whistle_verb v, enum dp_whistle_state from) {
  return (enum dp_whistle_state)steps[v][from];
}

static void join(char *to, size_t cap, const char *between, const char *item) {
  size_t used = strlen(to);
  snprintf(to + used, cap - used, "%s%s", used ? between : "", item);
}

enum fq_status dp_whistle_step(struct fq_call *c, const struct dp_whistle *w, enum dp_whistle_verb v,
                               enum dp_whistle_state *next) {
  *next = dp_whistle_next(v, w->state);
  if (*next != DP_W_NO) return FQ_OK;
  char zh[160] = "", en[120] = "", text_zh[300], text_en[300];
  for (int s = 1; s < DP_WHISTLE_STATE_COUNT; s++) {
    if (!steps[v][s]) continue;
    join(zh, sizeof zh, "、", states[s].zh);
    join(en, sizeof en, ", ", states[s].name);
  }
  snprintf(text_zh, sizeof text_zh, "哨单%s,不能%s;可在%s时%s", states[w->state].zh, verbs[v].zh, zh,
           verbs[v].zh);
  snprintf(text_en, sizeof text_en, "the whistle is %s: %s is possible when %s", states[w->state].name,
           verbs[v].name, en);
  return fq_fail(c->error, FQ_E_CONFLICT, "whistle.state", "params.id", "%s%.0s", "%.0s%s", text_zh, text_en);
}
