/*
 * What an officer does with a task: the phone confirms, he looks, accepts, goes there, feeds back, finishes,
 * each after as long as people take. Some do not answer at all: decided by the task's id, so that a restart
 * of the load does not change their mind.
 */
#include <stdlib.h>
#include <string.h>

#include "load.h"

static bool stopped;

void acts_stop(void) {
  stopped = true;
}

bool acts_stopped(void) {
  return stopped;
}

/* Medians in seconds at the pace of people. */
static const double medians_s[STEP_COUNT] = {
    [STEP_DELIVERED] = 0.3, [STEP_SEEN] = 5,    [STEP_ACCEPT] = 8, [STEP_ARRIVE] = 90,  [STEP_FEEDBACK] = 60,
    [STEP_FINISH] = 25,     [STEP_VERIFY] = 40, [STEP_CLOSE] = 20, [STEP_DISPATCH] = 30};

int64_t human_us(enum step s) {
  return (int64_t)(chance_human(medians_s[s]) * 1e6 / opt.pace);
}

struct duty {
  struct terminal *terminal;
  char task[FQ_ID_MAX];
  enum step next;
};

static void do_step(void *arg);

/* The next step of those that are played; false: there is none. */
static bool advance(struct duty *d, enum step from) {
  for (d->next = from; d->next <= STEP_FINISH; d->next++)
    if (opt.mix & 1u << d->next) return true;
  return false;
}

static void plan(struct duty *d, enum step from) {
  if (stopped || !advance(d, from)) {
    free(d);
    return;
  }
  net_after(human_us(d->next), do_step, d);
}

static void on_answer(struct terminal *t, struct request *r, const fq_json *result, const fq_json *error) {
  struct duty *d = r->arg;
  if (result) {
    stats.steps++;
    hist_add(&stats.step, net_now_us() - r->intended_us);
  }
  if (error) { /* somebody else was faster: recalled, expired, already done */
    stats.steps_refused++;
    stats_error(error);
  }
  if (result && d->next != STEP_REPORT)
    plan(d, d->next + 1);
  else
    free(d);
}

static void do_step(void *arg) {
  static const char *const methods[STEP_COUNT] = {
      [STEP_DELIVERED] = "task.delivered", [STEP_SEEN] = "task.seen",         [STEP_ACCEPT] = "task.accept",
      [STEP_ARRIVE] = "task.arrive",       [STEP_FEEDBACK] = "task.feedback", [STEP_FINISH] = "task.finish"};
  static const char *const words[] = {"已到现场,情况属实,正在处理。", "已劝导当事人,现场恢复正常。",
                                      "已清理完毕,拍照留存。", "已联系权属单位,临时处置到位。"};
  struct duty *d = arg;
  if (stopped) {
    free(d);
    return;
  }
  const char *method = methods[d->next];
  fq_json *p = fq_json_object();
  fq_json_set_str(p, "id", d->task);
  char key[FQ_ID_MAX + 16];
  snprintf(key, sizeof key, "decline %s", d->task);
  if (d->next == STEP_ACCEPT && chance_of(key) < opt.decline) {
    method = "task.decline";
    d->next = STEP_REPORT; /* nothing follows */
    fq_json_set_str(p, "reason", "正在处理另一起事件,走不开");
  } else if (d->next == STEP_FEEDBACK)
    fq_json_set_str(p, "text", words[chance_below(4)]);
  if (!terminal_ask(d->terminal, method, p, true, net_now_us(), on_answer, d)) free(d);
}

static void take_up(struct terminal *t, const char *task, enum step from) {
  char key[FQ_ID_MAX + 16];
  snprintf(key, sizeof key, "answer %s", task);
  /* Who does not answer still has a phone that confirms. */
  if (chance_of(key) < opt.no_answer && (from > STEP_DELIVERED || !(opt.mix & 1u << STEP_DELIVERED))) return;
  struct duty *d = fq_alloc(sizeof *d);
  d->terminal = t;
  fq_copy(d->task, sizeof d->task, task);
  if (chance_of(key) < opt.no_answer) {
    fq_json *p = fq_json_object();
    fq_json_set_str(p, "id", task);
    d->next = STEP_REPORT;
    if (!terminal_ask(t, "task.delivered", p, true, net_now_us(), on_answer, d)) free(d);
    return;
  }
  plan(d, from);
}

void officer_heard(struct terminal *t, const char *kind, const char *subject, const fq_json *data) {
  if (t->account->role != ROLE_OFFICER || strcmp(kind, "task.created") != 0) return;
  const char *user = fq_json_str(fq_json_get(data, "to"), "user"), *task = fq_json_str(data, "task");
  if (user && task && strcmp(user, t->account->name) == 0) take_up(t, task, STEP_DELIVERED);
}

static enum step after(const char *state) {
  static const struct {
    const char *state;
    enum step next;
  } table[] = {{"sent", STEP_DELIVERED},  {"delivered", STEP_SEEN},   {"seen", STEP_ACCEPT},
               {"accepted", STEP_ARRIVE}, {"arrived", STEP_FEEDBACK}, {"fed_back", STEP_FINISH}};
  for (size_t i = 0; i < sizeof table / sizeof *table; i++)
    if (strcmp(table[i].state, state) == 0) return table[i].next;
  return STEP_COUNT;
}

static void on_mine(struct terminal *t, struct request *r, const fq_json *result, const fq_json *error) {
  if (!result) return;
  fq_json_each(task, fq_json_get(result, "rows")) {
    const char *id = fq_json_str(task, "id"), *state = fq_json_str(task, "state");
    const char *user = fq_json_str(fq_json_get(task, "to"), "user");
    if (id && state && user && strcmp(user, t->account->name) == 0) take_up(t, id, after(state));
  }
}

/* Work goes on where an earlier run has left it. */
void officer_opened(struct terminal *t) {
  if (!t->first || stopped || t->account->role != ROLE_OFFICER || !opt.demo) return;
  terminal_ask(t, "task.mine", fq_json_object(), false, net_now_us(), on_mine, NULL);
}
