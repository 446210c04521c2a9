/*
 * The desk: one dispatcher verifies what is handled, closes what is verified, and (in the demo) sends
 * somebody where nobody was sent. The others only listen.
 */
#include <stdlib.h>
#include <string.h>

#include "load.h"

static struct terminal *desk;

struct errand {
  char incident[FQ_ID_MAX];
  enum step step;
};

/* The last dispatcher of the file: a person who tries the demo sits down as the first. */
void desk_choose(void) {
  for (int i = 0; i < terminal_count; i++) {
    struct terminal *t = &terminals[i];
    if (!t->first || t->account->role == ROLE_OFFICER || t->account->role == ROLE_DEPARTMENT) continue;
    if (!desk || t->account->role < desk->account->role ||
        (t->account->role == desk->account->role && strcmp(t->account->name, desk->account->name) > 0))
      desk = t;
  }
}

bool desk_is(const struct terminal *t) {
  return t == desk;
}

static void do_errand(void *arg);

static void plan(const char *incident, enum step s) {
  if (acts_stopped() || !desk || !(opt.mix & 1u << s)) return;
  struct errand *e = fq_alloc(sizeof *e);
  fq_copy(e->incident, sizeof e->incident, incident);
  e->step = s;
  net_after(human_us(s), do_errand, e);
}

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

static void on_candidates(struct terminal *t, struct request *r, const fq_json *result,
                          const fq_json *error) {
  struct errand *e = r->arg;
  const fq_json *best = result ? fq_json_first(fq_json_get(result, "rows")) : NULL;
  if (best && !acts_stopped()) {
    fq_json *p = fq_json_object(), *to = fq_json_array(), *one = fq_json_object();
    fq_json_set_str(p, "id", e->incident);
    fq_json_set_str(one, "user", fq_json_str(best, "user"));
    fq_json_push(to, one);
    fq_json_set(p, "to", to);
    fq_json_set_str(p, "note", "请尽快到现场核实处理");
    terminal_ask(t, "incident.dispatch", p, true, net_now_us(), on_answer, NULL);
  }
  free(e);
}

/* Still nobody there? The policy, or a person at another desk, may have been faster. */
static void on_incident(struct terminal *t, struct request *r, const fq_json *result, const fq_json *error) {
  struct errand *e = r->arg;
  const char *state = result ? fq_json_str(result, "state") : NULL;
  if (state && (strcmp(state, "reported") == 0 || strcmp(state, "accepted") == 0)) {
    fq_json *p = fq_json_object();
    fq_json_set_str(p, "id", e->incident);
    fq_json_set_int(p, "limit", 3);
    if (terminal_ask(t, "incident.candidates", p, false, net_now_us(), on_candidates, e)) return;
  }
  free(e);
}

static void do_errand(void *arg) {
  struct errand *e = arg;
  fq_json *p = fq_json_object();
  fq_json_set_str(p, "id", e->incident);
  if (acts_stopped()) {
    fq_json_free(p);
  } else if (e->step == STEP_DISPATCH) {
    if (terminal_ask(desk, "incident.get", p, false, net_now_us(), on_incident, e)) return;
  } else if (e->step == STEP_VERIFY) {
    fq_json_set_bool(p, "pass", chance() >= opt.fail);
    terminal_ask(desk, "incident.verify", p, true, net_now_us(), on_answer, NULL);
  } else
    terminal_ask(desk, "incident.close", p, true, net_now_us(), on_answer, NULL);
  free(e);
}

static void by_state(const char *incident, const char *state) {
  if (strcmp(state, "handled") == 0)
    plan(incident, STEP_VERIFY);
  else if (strcmp(state, "verified") == 0)
    plan(incident, STEP_CLOSE);
  else if (strcmp(state, "reported") == 0 || strcmp(state, "accepted") == 0)
    plan(incident, STEP_DISPATCH);
}

void desk_heard(struct terminal *t, const char *kind, const char *subject, const fq_json *data) {
  if (t != desk) return;
  bool task = strncmp(kind, "task.", 5) == 0;
  if (!task && strcmp(kind, "incident.reported") != 0 && strcmp(kind, "incident.handled") != 0 &&
      strcmp(kind, "incident.verified") != 0)
    return;
  const char *state = fq_json_str(data, task ? "incident_state" : "state");
  if (state) by_state(subject, state);
}

static void on_open_ones(struct terminal *t, struct request *r, const fq_json *result, const fq_json *error) {
  if (result) fq_json_each(i, fq_json_get(result, "rows")) {
      const char *id = fq_json_str(i, "id"), *state = fq_json_str(i, "state");
      if (id && state) by_state(id, state);
    }
}

void desk_opened(struct terminal *t) {
  if (t == desk && (opt.demo || opt.stream) && !acts_stopped())
    terminal_ask(t, "incident.open", fq_json_object(), false, net_now_us(), on_open_ones, NULL);
}
