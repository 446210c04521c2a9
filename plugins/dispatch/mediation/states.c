/*
 * states.c - the step table of a mediation, and the words built in for counties whose packs name none: the
 * six stages, the ten classes of disputes, the six ways to reason with people. Knows no database. Any thread.
 */
#include <stdio.h>
#include <string.h>

#include "mediation/mediation.h"

const struct dp_word dp_stages[] = {{"receive", "热情接待", "Received warmly"},
                                    {"listen", "请坐喝茶听说", "Seated with tea and heard"},
                                    {"study", "兼听细研判", "Both sides heard, studied"},
                                    {"guide", "循善诱", "Guided patiently"},
                                    {"joint", "多元联调", "Mediated jointly"},
                                    {"court", "诉调对接", "Joined with the court"},
                                    {0}};
const struct dp_word dp_disputes[] = {{"traffic", "交通安全", "Traffic safety"},
                                      {"drugs_gambling", "禁毒禁赌", "Drugs and gambling"},
                                      {"telecom_fraud", "电信诈骗", "Telecom fraud"},
                                      {"environment", "环境保护", "Environment"},
                                      {"health_care", "医疗卫生", "Health care"},
                                      {"labour", "劳动争议", "Labour"},
                                      {"family", "婚姻家庭", "Marriage and family"},
                                      {"online_shopping", "网络购物", "Online shopping"},
                                      {"food_drugs", "食药品安全", "Food and drug safety"},
                                      {"property", "物业管理", "Property management"},
                                      {"other", "其他", "Other"},
                                      {0}};
const struct dp_word dp_tags[] = {{"reason", "讲理", "By reason"},
                                  {"law", "讲法", "By law"},
                                  {"virtue", "讲德", "By virtue"},
                                  {"feeling", "讲情", "By feeling"},
                                  {"rules", "讲规", "By the rules"},
                                  {"love", "讲爱", "By love"},
                                  {0}};

/* clang-format off */
#define NO DP_MED_NO
enum { Op = DP_MED_OPEN, Se = DP_MED_SETTLED, Fa = DP_MED_FAILED, Wi = DP_MED_WITHDRAWN, Ct = DP_MED_TO_COURT };

/* A court may be asked at any stage, and still when mediating has failed. */
static const signed char steps[DP_MEDIATION_VERB_COUNT][DP_MEDIATION_STATE_COUNT] = {
  /*                 -   open settled failed withdrawn to_court */
  [DP_MV_STAGE]    = {NO, Op,  NO,     NO,    NO,       NO},
  [DP_MV_ASSIGN]   = {NO, Op,  NO,     NO,    NO,       NO},
  [DP_MV_PARTIES]  = {NO, Op,  NO,     NO,    NO,       NO},
  [DP_MV_SETTLE]   = {NO, Se,  NO,     NO,    NO,       NO},
  [DP_MV_FAIL]     = {NO, Fa,  NO,     NO,    NO,       NO},
  [DP_MV_WITHDRAW] = {NO, Wi,  NO,     NO,    NO,       NO},
  [DP_MV_TO_COURT] = {NO, Ct,  NO,     Ct,    NO,       NO},
};
#undef NO
/* clang-format on */

static const struct {
  const char *name, *zh;
} states[DP_MEDIATION_STATE_COUNT] =
    {
#define X(id, name, zh) [DP_MED_##id] = {name, zh},
        DP_MEDIATION_STATES(X)
#undef X
},
  verbs[DP_MEDIATION_VERB_COUNT] = {
#define X(id, name, zh) [DP_MV_##id] = {name, zh},
      DP_MEDIATION_VERBS(X)
#undef X
};

const char *dp_mediation_state_name(enum dp_mediation_state s) {
  return states[s].name;
}

enum dp_mediation_state dp_mediation_state_of(const char *name) {
  for (int s = 1; name && s < DP_MEDIATION_STATE_COUNT; s++)
    if (!strcmp(states[s].name, name)) return (enum dp_mediation_state)s;
  return DP_MED_NO;
}

enum dp_mediation_state dp_mediation_next(enum dp_mediation_verb v, enum dp_mediation_state from) {
  return (enum dp_mediation_state)steps[v][from];
}

enum fq_status dp_mediation_step(struct fq_call *c, const struct dp_mediation *m, enum dp_mediation_verb v,
                                 enum dp_mediation_state *next) {
  *next = dp_mediation_next(v, m->state);
  if (*next != DP_MED_NO) return FQ_OK;
  char zh[120] = "", en[100] = "", text_zh[300], text_en[300];
  for (int s = 1; s < DP_MEDIATION_STATE_COUNT; s++) {
    if (!steps[v][s]) continue;
    snprintf(zh + strlen(zh), sizeof zh - strlen(zh), "%s%s", *zh ? "、" : "", states[s].zh);
    snprintf(en + strlen(en), sizeof en - strlen(en), "%s%s", *en ? ", " : "", states[s].name);
  }
  snprintf(text_zh, sizeof text_zh, "调处%s,不能%s;可在%s时%s", states[m->state].zh, verbs[v].zh, zh,
           verbs[v].zh);
  snprintf(text_en, sizeof text_en, "the mediation is %s: %s is possible when %s", states[m->state].name,
           verbs[v].name, en);
  return fq_fail(c->error, FQ_E_CONFLICT, "mediation.state", "params.id", "%s%.0s", "%.0s%s", text_zh,
                 text_en);
}
