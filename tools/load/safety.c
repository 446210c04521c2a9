/*
 * safety.c - what people do about each other: an officer says that he is well when he is asked to, most of
 * the time; the desk finds out what is the matter when he did not, and clears the alarm; whoever an emergency
 * calls says whether he comes. Some do not answer: decided by the id, so that a restart of the load does not
 * change their mind.
 */
#include <stdlib.h>
#include <string.h>

#include "load.h"

#define WELL     0.9 /* how often an officer checks in when it is due */
#define COMING   0.85
#define WELL_S   12 /* medians, at the pace of people */
#define CLEAR_S  90
#define ANSWER_S 20

struct matter {
  struct terminal *terminal;
  char id[FQ_ID_MAX];
};

static struct matter *matter_of(struct terminal *t, const char *id) {
  struct matter *m = fq_alloc(sizeof *m);
  m->terminal = t;
  fq_copy(m->id, sizeof m->id, id);
  return m;
}

static void later(struct terminal *t, const char *id, double median_s, void (*act)(void *)) {
  if (id && !acts_stopped())
    net_after((int64_t)(chance_human(median_s) * 1e6 / opt.pace), act, matter_of(t, id));
}

/* Refused is no failure of the load: he has finished meanwhile, or another desk was faster. */
static void on_answer(struct terminal *t, struct request *r, const fq_json *result, const fq_json *error) {
  if (result) {
    stats.steps++;
    hist_add(&stats.step, net_now_us() - r->intended_us);
  }
  if (error) {
    stats.steps_refused++;
    stats_error(error);
  }
}

static void tell(struct matter *m, const char *method, fq_json *params) {
  fq_json_set_str(params, "id", m->id);
  terminal_ask(m->terminal, method, params, true, net_now_us(), on_answer, NULL);
}

/* ---- check-ins -------------------------------------------------------------------------------------- */

/* Everybody on the incident hears that somebody's check-in is due: is it his own? */
static void on_mine(struct terminal *t, struct request *r, const fq_json *result, const fq_json *error) {
  struct matter *m = r->arg;
  if (result) fq_json_each(task, fq_json_get(result, "rows")) {
      const char *id = fq_json_str(task, "id"), *user = fq_json_str(fq_json_get(task, "to"), "user");
      if (!id || strcmp(id, m->id) != 0 || !user || strcmp(user, t->account->name) != 0) continue;
      tell(m, "task.check_in", fq_json_object());
    }
  free(m);
}

static void check_in(void *arg) {
  struct matter *m = arg;
  if (acts_stopped() ||
      !terminal_ask(m->terminal, "task.mine", fq_json_object(), false, net_now_us(), on_mine, m))
    free(m);
}

static void clear_alarm(void *arg) {
  static const char *const found[] = {"电话已接通,平安。", "同组队员已见到本人,平安。",
                                      "山里没有信号,已到村口。"};
  struct matter *m = arg;
  if (!acts_stopped()) {
    fq_json *p = fq_json_object();
    fq_json_set_str(p, "note", found[chance_below(3)]);
    tell(m, "task.checkin_clear", p);
  }
  free(m);
}

/* ---- emergencies ------------------------------------------------------------------------------------ */

static void answer_call(void *arg) {
  struct matter *m = arg;
  if (!acts_stopped()) {
    fq_json *p = fq_json_object();
    bool coming = chance() < COMING;
    fq_json_set_bool(p, "coming", coming);
    if (coming) fq_json_set_int(p, "eta_ms", (5 + chance_below(25)) * 60000);
    tell(m, "emergency.answer", p);
  }
  free(m);
}

static bool called(const struct terminal *t, const fq_json *data) {
  fq_json_each(one, fq_json_get(data, "people")) {
    const char *user = fq_json_str(one, "user");
    if (user && strcmp(user, t->account->name) == 0) return true;
  }
  return false;
}

static bool answers(const struct terminal *t, const char *id) {
  char key[2 * FQ_ID_MAX + 16];
  snprintf(key, sizeof key, "call %s %s", id, t->account->name);
  return chance_of(key) >= opt.no_answer;
}

void safety_heard(struct terminal *t, const char *kind, const char *subject, const fq_json *data) {
  if (!t->first || !opt.demo) return;
  const char *task = fq_json_str(data, "task");
  if (strcmp(kind, "task.check_in_due") == 0) {
    if (t->account->role == ROLE_OFFICER && chance() < WELL) later(t, task, WELL_S, check_in);
  } else if (strcmp(kind, "task.check_in_missed") == 0) {
    if (desk_is(t)) later(t, task, CLEAR_S, clear_alarm);
  } else if (strcmp(kind, "emergency.called") == 0) {
    if (subject && called(t, data) && answers(t, subject)) later(t, subject, ANSWER_S, answer_call);
  }
}

static void on_alarms(struct terminal *t, struct request *r, const fq_json *result, const fq_json *error) {
  if (result)
    fq_json_each(alarm, fq_json_get(result, "rows"))
        later(t, fq_json_str(alarm, "task"), CLEAR_S, clear_alarm);
}

static void on_emergencies(struct terminal *t, struct request *r, const fq_json *result,
                           const fq_json *error) {
  if (result) fq_json_each(e, fq_json_get(result, "rows")) {
      const fq_json *mine = fq_json_get(e, "mine");
      const char *id = fq_json_str(e, "id");
      if (mine && id && !fq_json_get(mine, "coming") && answers(t, id)) later(t, id, ANSWER_S, answer_call);
    }
}

/* What was asked while nobody was connected. */
void safety_opened(struct terminal *t) {
  if (!t->first || !opt.demo || acts_stopped()) return;
  terminal_ask(t, "emergency.open", fq_json_object(), false, net_now_us(), on_emergencies, NULL);
  if (desk_is(t)) terminal_ask(t, "task.alarms", fq_json_object(), false, net_now_us(), on_alarms, NULL);
}
