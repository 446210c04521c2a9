/*
 * states.c - the step tables: which verb is possible in which state, and where it leads.
 * Everything else asks here; nothing else may compare states to decide what is allowed. Knows no database.
 * Any thread.
 */
#include <stdio.h>
#include <string.h>

#include "dispatch.h"

/* clang-format off */
#define NO DP_NO
enum { Rp = DP_REPORTED, Ac = DP_ACCEPTED, Di = DP_DISPATCHED, Hg = DP_HANDLING, Hd = DP_HANDLED, Ve = DP_VERIFIED,
       Cl = DP_CLOSED, Rt = DP_RETURNED, Su = DP_SUSPENDED, Me = DP_MERGED, Vo = DP_VOIDED,
       Bk = -1 /* back to the state it was suspended in */ };

/* Nothing closes without feedback and verification: the only way to Cl is from Ve, to Ve from Hd. A failed
 * verification and a last task declined lead to Ac, where somebody has to be sent anew. */
static const signed char steps[DP_VERB_COUNT][DP_STATE_COUNT] = {
  /*                  -   reported accepted dispatched handling handled verified closed returned suspended merged voided */
  [DP_V_ACCEPT]     = {NO, Ac,     NO,      NO,        NO,      NO,     NO,      NO,    Ac,      NO,       NO,    NO},
  [DP_V_DISPATCH]   = {NO, Di,     Di,      Di,        Hg,      NO,     NO,      NO,    NO,      NO,       NO,    NO},
  [DP_V_BEGIN]      = {NO, NO,     NO,      Hg,        Hg,      NO,     NO,      NO,    NO,      NO,       NO,    NO},
  [DP_V_UNDISPATCH] = {NO, NO,     NO,      Ac,        Ac,      NO,     NO,      NO,    NO,      NO,       NO,    NO},
  [DP_V_HANDLE]     = {NO, NO,     NO,      Hd,        Hd,      NO,     NO,      NO,    NO,      NO,       NO,    NO},
  [DP_V_SOLVE]      = {NO, Hd,     NO,      NO,        NO,      NO,     NO,      NO,    NO,      NO,       NO,    NO},
  [DP_V_PASS]       = {NO, NO,     NO,      NO,        NO,      Ve,     NO,      NO,    NO,      NO,       NO,    NO},
  [DP_V_FAIL]       = {NO, NO,     NO,      NO,        NO,      Ac,     NO,      NO,    NO,      NO,       NO,    NO},
  [DP_V_CLOSE]      = {NO, NO,     NO,      NO,        NO,      NO,     Cl,      NO,    NO,      NO,       NO,    NO},
  [DP_V_RETURN]     = {NO, Rt,     Rt,      NO,        NO,      NO,     NO,      NO,    NO,      NO,       NO,    NO},
  [DP_V_ESCALATE]   = {NO, Rp,     Ac,      Di,        Hg,      Hd,     NO,      NO,    NO,      NO,       NO,    NO},
  [DP_V_COMMENT]    = {NO, Rp,     Ac,      Di,        Hg,      Hd,     Ve,      Cl,    Rt,      Su,       NO,    Vo},
  [DP_V_URGE]       = {NO, Rp,     Ac,      Di,        Hg,      Hd,     Ve,      NO,    NO,      NO,       NO,    NO},
  [DP_V_SUPERVISE]  = {NO, Rp,     Ac,      Di,        Hg,      Hd,     Ve,      NO,    Rt,      Su,       NO,    NO},
  [DP_V_SUSPEND]    = {NO, Su,     Su,      Su,        Su,      NO,     NO,      NO,    NO,      NO,       NO,    NO},
  [DP_V_RESUME]     = {NO, NO,     NO,      NO,        NO,      NO,     NO,      NO,    NO,      Bk,       NO,    NO},
  [DP_V_REOPEN]     = {NO, NO,     NO,      NO,        NO,      NO,     NO,      Ac,    NO,      NO,       NO,    Ac},
  [DP_V_RECALL]     = {NO, NO,     NO,      Ac,        NO,      NO,     NO,      NO,    NO,      NO,       NO,    NO},
  [DP_V_VOID]       = {NO, Vo,     Vo,      NO,        NO,      NO,     NO,      NO,    Vo,      NO,       NO,    NO},
  [DP_V_TRANSFER]   = {NO, Rp,     Ac,      Di,        Hg,      NO,     NO,      NO,    NO,      NO,       NO,    NO},
  [DP_V_SEND_DOWN]  = {NO, Rp,     Ac,      Di,        Hg,      NO,     NO,      NO,    NO,      NO,       NO,    NO},
  [DP_V_ASSIST]     = {NO, NO,     NO,      Di,        Hg,      NO,     NO,      NO,    NO,      NO,       NO,    NO},
  [DP_V_COUNTERSIGN]= {NO, Rp,     Ac,      Di,        Hg,      Hd,     NO,      NO,    NO,      NO,       NO,    NO},
  [DP_V_EXTEND]     = {NO, Rp,     Ac,      Di,        Hg,      NO,     NO,      NO,    NO,      NO,       NO,    NO},
  [DP_V_ASK_SUSPEND]= {NO, Rp,     Ac,      Di,        Hg,      NO,     NO,      NO,    NO,      NO,       NO,    NO},
  [DP_V_RATE]       = {NO, NO,     NO,      NO,        NO,      NO,     NO,      Cl,    NO,      NO,       NO,    NO},
  [DP_V_FOLLOW_UP]  = {NO, NO,     NO,      NO,        NO,      NO,     NO,      Cl,    NO,      NO,       NO,    NO},
  [DP_V_ATTACH]     = {NO, Rp,     Ac,      Di,        Hg,      Hd,     Ve,      Cl,    Rt,      Su,       NO,    NO},
  [DP_V_MERGE]      = {NO, Me,     Me,      Me,        Me,      NO,     NO,      NO,    Me,      NO,       NO,    NO},
  [DP_V_SPLIT]      = {NO, NO,     NO,      NO,        NO,      NO,     NO,      NO,    NO,      NO,       Bk,    NO},
  [DP_V_JOIN]       = {NO, Rp,     Ac,      Di,        Hg,      Hd,     Ve,      NO,    NO,      Su,       NO,    NO},
  [DP_V_WHISTLE]    = {NO, Rp,     Ac,      Di,        Hg,      NO,     NO,      NO,    NO,      NO,       NO,    NO},
  [DP_V_RESERVE]    = {NO, Rp,     Ac,      Di,        Hg,      NO,     NO,      NO,    NO,      NO,       NO,    NO},
  [DP_V_MEDIATE]    = {NO, Rp,     Ac,      Di,        Hg,      NO,     NO,      NO,    NO,      NO,       NO,    NO},
  [DP_V_CLIMB]      = {NO, Rp,     NO,      NO,        NO,      NO,     NO,      NO,    NO,      NO,       NO,    NO},
};
#undef NO

/* A machine's receipt may come late and twice: delivered and seen never fail, they only stop having an effect.
 * Arriving without having accepted is accepting. Finishing needs feedback. What nobody has accepted is recalled;
 * later the lead can only be replaced (reassign), while a helper may be released with a reason. Check-ins are for
 * those who are on their way or there. */
#define NO DP_T_NO
enum { Se = DP_T_SENT, De = DP_T_DELIVERED, Sn = DP_T_SEEN, At = DP_T_ACCEPTED, Ar = DP_T_ARRIVED, Fb = DP_T_FED_BACK,
       Fi = DP_T_FINISHED, Dc = DP_T_DECLINED, Rc = DP_T_RECALLED, Ex = DP_T_EXPIRED };
static const signed char task_steps[DP_TASK_VERB_COUNT][DP_TASK_STATE_COUNT] = {
  /*                    -   sent delivered seen accepted arrived fed_back finished declined recalled expired */
  [DP_TV_DELIVERED] = {NO, De,  De,       Sn,  At,      Ar,     Fb,      Fi,      Dc,      Rc,      Ex},
  [DP_TV_SEEN]      = {NO, Sn,  Sn,       Sn,  At,      Ar,     Fb,      Fi,      Dc,      Rc,      Ex},
  [DP_TV_ACCEPT]    = {NO, At,  At,       At,  NO,      NO,     NO,      NO,      NO,      NO,      NO},
  [DP_TV_DECLINE]   = {NO, Dc,  Dc,       Dc,  Dc,      NO,     NO,      NO,      NO,      NO,      NO},
  [DP_TV_ARRIVE]    = {NO, Ar,  Ar,       Ar,  Ar,      NO,     NO,      NO,      NO,      NO,      NO},
  [DP_TV_FEEDBACK]  = {NO, NO,  NO,       NO,  Fb,      Fb,     Fb,      NO,      NO,      NO,      NO},
  [DP_TV_FINISH]    = {NO, NO,  NO,       NO,  NO,      NO,     Fi,      NO,      NO,      NO,      NO},
  [DP_TV_RECALL]    = {NO, Rc,  Rc,       Rc,  NO,      NO,     NO,      NO,      NO,      NO,      NO},
  [DP_TV_EXPIRE]    = {NO, Ex,  Ex,       Ex,  NO,      NO,     NO,      NO,      NO,      NO,      NO},
  [DP_TV_RELEASE]   = {NO, Rc,  Rc,       Rc,  Rc,      Rc,     Rc,      NO,      NO,      NO,      NO},
  [DP_TV_REASSIGN]  = {NO, Rc,  Rc,       Rc,  Rc,      Rc,     Rc,      NO,      NO,      NO,      NO},
  [DP_TV_LEAD]      = {NO, Se,  De,       Sn,  At,      Ar,     Fb,      NO,      NO,      NO,      NO},
  [DP_TV_REMIND]    = {NO, Se,  De,       Sn,  NO,      NO,     NO,      NO,      NO,      NO,      NO},
  [DP_TV_UNREACHED] = {NO, Se,  NO,       NO,  NO,      NO,     NO,      NO,      NO,      NO,      NO},
  [DP_TV_WATCH]     = {NO, NO,  NO,       NO,  At,      Ar,     Fb,      NO,      NO,      NO,      NO},
  [DP_TV_CHECK_IN]  = {NO, NO,  NO,       NO,  At,      Ar,     Fb,      NO,      NO,      NO,      NO},
};
#undef NO
/* clang-format on */

struct word {
  const char *name, *zh;
};
static const struct word states[DP_STATE_COUNT] = {
#define X(id, name, zh) [DP_##id] = {name, zh},
    DP_STATES(X)
#undef X
};
static const struct word verbs[DP_VERB_COUNT] = {
#define X(id, name, zh) [DP_V_##id] = {name, zh},
    DP_VERBS(X)
#undef X
};
static const struct word task_states[DP_TASK_STATE_COUNT] = {
#define X(id, name, zh) [DP_T_##id] = {name, zh},
    DP_TASK_STATES(X)
#undef X
};
static const struct word task_verbs[DP_TASK_VERB_COUNT] = {
#define X(id, name, zh) [DP_TV_##id] = {name, zh},
    DP_TASK_VERBS(X)
#undef X
};
static const struct word milestones[DP_MILESTONE_COUNT] = {
#define X(id, name) [DP_M_##id] = {name, NULL},
    DP_MILESTONES(X)
#undef X
};
static const struct word levels[DP_LEVEL_COUNT] = {
#define X(id, name, zh) [DP_L_##id] = {name, zh},
    DP_LEVELS(X)
#undef X
};

static int find(const struct word *words, int count, const char *name) {
  for (int i = 0; name && i < count; i++)
    if (words[i].name && !strcmp(words[i].name, name)) return i;
  return -1;
}

const char *dp_state_name(enum dp_state s) {
  return (size_t)s < sizeof states / sizeof *states ? states[s].name : "";
}

const char *dp_state_zh(enum dp_state s) {
  return (size_t)s < sizeof states / sizeof *states ? states[s].zh : "";
}

enum dp_state dp_state_of(const char *name) {
  int i = find(states, DP_STATE_COUNT, name);
  return i < 0 ? DP_NO : (enum dp_state)i;
}

enum dp_state dp_back(enum dp_verb v, enum dp_state from, enum dp_state before) {
  int to = steps[v][from];
  return to == Bk ? before : (enum dp_state)to;
}

enum dp_state dp_next(enum dp_verb v, enum dp_state from) {
  return dp_back(v, from, DP_NO);
}

const char *dp_task_state_name(enum dp_task_state s) {
  return (size_t)s < sizeof task_states / sizeof *task_states ? task_states[s].name : "";
}

const char *dp_task_state_zh(enum dp_task_state s) {
  return (size_t)s < sizeof task_states / sizeof *task_states ? task_states[s].zh : "";
}

enum dp_task_state dp_task_state_of(const char *name) {
  int i = find(task_states, DP_TASK_STATE_COUNT, name);
  return i < 0 ? DP_T_NO : (enum dp_task_state)i;
}

enum dp_task_state dp_task_next(enum dp_task_verb v, enum dp_task_state from) {
  return (enum dp_task_state)task_steps[v][from];
}

bool dp_task_open(enum dp_task_state s) {
  return s >= DP_T_SENT && s < DP_T_FINISHED;
}

const char *dp_milestone_name(enum dp_milestone m) {
  return (size_t)m < sizeof milestones / sizeof *milestones ? milestones[m].name : "";
}

int dp_milestone_of(const char *name) {
  return find(milestones, DP_MILESTONE_COUNT, name);
}

const char *dp_level_name(enum dp_level l) {
  return (size_t)l < sizeof levels / sizeof *levels ? levels[l].name : "";
}

const char *dp_level_zh(enum dp_level l) {
  return (size_t)l < sizeof levels / sizeof *levels ? levels[l].zh : "";
}

int dp_level_of(const char *name) {
  return find(levels, DP_LEVEL_COUNT, name);
}

static void join(char *to, size_t cap, const char *between, const char *item) {
  size_t used = strlen(to);
  snprintf(to + used, cap - used, "%s%s", used ? between : "", item);
}

enum fq_status dp_step(struct fq_call *c, const struct dp_incident *i, enum dp_verb v, enum dp_state *next) {
  *next = dp_back(v, i->state, i->before);
  if (*next != DP_NO) return FQ_OK;
  char zh[200] = "", en[160] = "";
  for (int s = 1; s < DP_STATE_COUNT; s++) {
    if (!steps[v][s]) continue;
    join(zh, sizeof zh, "、", states[s].zh);
    join(en, sizeof en, ", ", states[s].name);
  }
  /* The two languages say different words in different order: each message is put together first. */
  char text_zh[320], text_en[320];
  snprintf(text_zh, sizeof text_zh, "事件%s,不能%s;可在%s时%s", states[i->state].zh, verbs[v].zh, zh,
           verbs[v].zh);
  snprintf(text_en, sizeof text_en, "the incident is %s: %s is possible when %s", states[i->state].name,
           verbs[v].name, en);
  return fq_fail(c->error, FQ_E_CONFLICT, "incident.state", "id", "%s%.0s", "%.0s%s", text_zh, text_en);
}

enum fq_status dp_task_step(struct fq_call *c, const struct dp_task *t, enum dp_task_verb v,
                            enum dp_task_state *next) {
  *next = dp_task_next(v, t->state);
  if (*next != DP_T_NO) return FQ_OK;
  char zh[200] = "", en[160] = "";
  for (int s = 1; s < DP_TASK_STATE_COUNT; s++) {
    if (!task_steps[v][s]) continue;
    join(zh, sizeof zh, "、", task_states[s].zh);
    join(en, sizeof en, ", ", task_states[s].name);
  }
  char text_zh[320], text_en[320];
  snprintf(text_zh, sizeof text_zh, "任务%s,不能%s;可在%s时%s", task_states[t->state].zh, task_verbs[v].zh,
           zh, task_verbs[v].zh);
  snprintf(text_en, sizeof text_en, "the task is %s: %s is possible when %s", task_states[t->state].name,
           task_verbs[v].name, en);
  return fq_fail(c->error, FQ_E_CONFLICT, "task.state", "id", "%s%.0s", "%.0s%s", text_zh, text_en);
}

/* ---- the tables as data ------------------------------------------------------------------------------ */

static fq_json *words_json(const struct word *words, int count) {
  fq_json *list = fq_json_array();
  for (int i = 0; i < count; i++) {
    if (!words[i].name) continue; /* the place of "refused" */
    fq_json *j = fq_json_object();
    fq_json_set_str(j, "name", words[i].name);
    fq_json_set_str(j, "zh", words[i].zh);
    fq_json_push(list, j);
  }
  return list;
}

/* One row of a table: {name, zh, steps: {from: to}}; to is "before" where a verb leads back. */
static fq_json *row_json(const struct word *verb, const signed char *row, const struct word *of, int count) {
  fq_json *j = fq_json_object(), *to = fq_json_object();
  fq_json_set_str(j, "name", verb->name);
  fq_json_set_str(j, "zh", verb->zh);
  for (int s = 1; s < count; s++)
    if (row[s]) fq_json_set_str(to, of[s].name, row[s] == Bk ? "before" : of[row[s]].name);
  fq_json_set(j, "steps", to);
  return j;
}

enum fq_status dp_states(struct fq_query *q) {
  fq_json *list = fq_json_array(), *tasks = fq_json_array();
  for (int v = 0; v < DP_VERB_COUNT; v++) {
    fq_json *row = row_json(&verbs[v], steps[v], states, DP_STATE_COUNT);
    if (v == DP_V_PASS || v == DP_V_FAIL) fq_json_set_bool(row, "pass", v == DP_V_PASS);
    fq_json_push(list, row);
  }
  for (int v = 0; v < DP_TASK_VERB_COUNT; v++)
    fq_json_push(tasks, row_json(&task_verbs[v], task_steps[v], task_states, DP_TASK_STATE_COUNT));
  fq_json_set(q->result, "states", words_json(states, DP_STATE_COUNT));
  fq_json_set(q->result, "verbs", list);
  fq_json_set(q->result, "task_states", words_json(task_states, DP_TASK_STATE_COUNT));
  fq_json_set(q->result, "task_verbs", tasks);
  return FQ_OK;
}
